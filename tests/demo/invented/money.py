# SPDX-License-Identifier: EUPL-1.2
"""IBANs and bank accounts of made-up banks, and wallets, all with right checksums."""
from .checksums import base58check, eip55, iban, segwit
from .identifier import Invented
from .text import SPACES, full_width, grouped, other_digits

# ISO 13616: what stands behind the check digits; n digits, a capitals, c either.
_BBAN = {
    "AD": "8n12c", "AE": "19n", "AL": "8n16c", "AT": "16n", "AZ": "4a20c", "BA": "16n", "BE": "12n", "BG": "4a6n8c", "BH": "4a14c",
    "BR": "23n1a1c", "CH": "5n12c", "CR": "18n", "CY": "8n16c", "CZ": "20n", "DE": "18n", "DK": "14n", "DO": "4c20n", "EE": "16n",
    "EG": "25n", "ES": "20n", "FI": "14n", "FO": "14n", "FR": "10n11c2n", "GB": "4a14n", "GE": "2a16n", "GI": "4a15c", "GL": "14n",
    "GR": "7n16c", "GT": "24c", "HR": "17n", "HU": "24n", "IE": "4a14n", "IL": "19n", "IS": "22n", "IT": "1a10n12c", "JO": "4a4n18c",
    "KW": "4a22c", "KZ": "3n13c", "LB": "4n20c", "LI": "5n12c", "LT": "16n", "LU": "3n13c", "LV": "4a13c", "MC": "10n11c2n",
    "MD": "20c", "ME": "18n", "MK": "3n10c2n", "MR": "23n", "MT": "4a5n18c", "MU": "4a19n3a", "NL": "4a10n", "NO": "11n", "PK": "4a16c",
    "PL": "24n", "PS": "4a21c", "PT": "21n", "QA": "4a21c", "RO": "4a16c", "RS": "18n", "SA": "2n18c", "SE": "20n", "SI": "15n",
    "SK": "20n", "SM": "1a10n12c", "TN": "20n", "TR": "6n16c", "UA": "6n19c", "VA": "18n", "VG": "4a16n", "XK": "16n"}
_often = ("FR", "GB", "SE", "DE", "ES", "NL", "BE", "RO", "IT", "PL", "BG", "PT")
_bank_codes = {"GB": 6, "SE": 4, "US": 9, "NG": 3, "BR": 4}


def _bban(rng, pattern):
    out, count = "", ""
    for c in pattern:
        if c.isdigit():
            count += c
            continue
        out += "".join(rng.choice({"n": "0123456789", "a": "QXYZ", "c": "0123456789QXYZ"}[c]) for _ in range(int(count)))
        count = ""
    return out


class Ibans:
    def __init__(self, rng):
        self.rng = rng

    def invent(self, country):
        chosen = self.rng.choice(_often) if self.rng.random() < 0.6 else self.rng.choice(list(_BBAN))
        return account_number(iban(chosen, _bban(self.rng, _BBAN[chosen])))

    def near(self, invented):
        """The account next door, with its own check digits."""
        country, bban = invented.key[:2], invented.key[4:]
        return account_number(iban(country, bban[:-1] + str((int(bban[-1]) + 1) % 10))) if bban[-1].isdigit() else None


def account_number(number):
    def write(rng, country):
        fours = lambda separator: separator.join(number[i:i + 4] for i in range(0, len(number), 4))
        return rng.choice([number, number.lower(), fours(" "), fours("-"), fours("."), fours(rng.choice(SPACES)), fours(" ").lower(),
                           "IBAN" + number, "IBAN: " + fours(" "), "IBAN " + number, "iban: " + number.lower(), "IBAN-" + fours("-"),
                           other_digits(rng, number), other_digits(rng, fours(" ")), full_width(number)])

    return Invented("iban", number, write)


class BankAccounts:
    def __init__(self, rng):
        self.rng = rng

    def invent(self, country):
        where = country if self.rng.random() < 0.6 else self.rng.choice(list(_bank_codes))
        digits = lambda count: "".join(self.rng.choice("0123456789") for _ in range(count))
        return bank_account(where, digits(_bank_codes.get(where, 5)), digits(self.rng.choice((8, 9, 10))))

    def near(self, invented):
        where, clearing, number = invented.key.split(":")
        return bank_account(where, number[:len(clearing)], number)


def bank_account(where, clearing, number):
    def write(rng, country):
        code = grouped(rng, clearing, "-", (2,)) if rng.random() < 0.4 else clearing
        digits = rng.choice([number, grouped(rng, number, " ", (3,)), grouped(rng, number, "-", (3, 4))])
        text = code + rng.choice([":", "/", " ", ": "]) + digits
        if country != where or rng.random() < 0.3:
            text = rng.choice([f"{where}:{text}", f"{where} {text}", f"{where.lower()}: {text}"])
        return other_digits(rng, text) if rng.random() < 0.15 else text

    return Invented("bank_account", f"{where}:{clearing}:{number}", write)


_versions = {"bitcoin": (0, 5), "litecoin": (0x30, 0x32), "dogecoin": (0x1E, 0x16), "dash": (0x4C, 0x10), "tron": (0x41,)}


class Wallets:
    def __init__(self, rng):
        self.rng = rng

    def invent(self, country):
        rng = self.rng
        random_bytes = lambda count: bytes(rng.randrange(256) for _ in range(count))
        luck = rng.random()
        if luck < 0.3:
            return evm(random_bytes(20).hex())
        if luck < 0.55:
            prefix, chain = rng.choice((("bc", "bitcoin"), ("bc", "bitcoin"), ("ltc", "litecoin")))
            version, size = rng.choice(((0, 20), (0, 20), (0, 32), (1, 32)))
            return segwit_wallet(chain, segwit(prefix, version, random_bytes(size)))
        chain = rng.choice(("bitcoin", "bitcoin", "tron", "tron", "litecoin", "dogecoin", "dash"))
        return base58_wallet(chain, base58check(rng.choice(_versions[chain]), random_bytes(20)))

    def broken(self):
        """One character off: the checksum says so."""
        address = base58check(0, bytes(self.rng.randrange(256) for _ in range(20)))
        return address[:-2] + ("11" if address[-2:] != "11" else "22")

    def broken_case(self):
        address = "0x" + eip55(bytes(self.rng.randrange(256) for _ in range(20)).hex())
        at = next(i for i, c in enumerate(address) if i > 1 and c.isalpha())
        return address[:at] + address[at].swapcase() + address[at + 1:]


def evm(address):
    mixed = eip55(address)

    def write(rng, country):
        return rng.choice([f"0x{address}", f"0x{mixed}", f"0x{mixed}", f"0x{address.upper()}", f"0X{address.upper()}", f"ethereum:0x{mixed}@1",
                           f"ethereum:0x{address}", f"ethereum:pay-0x{mixed}@1", f"Ethereum:0x{mixed}?value=2.014e18"])

    return Invented("wallet", f"ethereum:0x{address}", write)


def segwit_wallet(chain, address):
    def write(rng, country):
        return rng.choice([address, address.upper(), f"{chain}:{address}", f"{chain}:{address}?amount=0.05&label=visa",
                           f"{chain.upper()}:{address.upper()}?AMOUNT=0.1"])

    return Invented("wallet", f"{chain}:{address}", write)


def base58_wallet(chain, address):
    def write(rng, country):
        return rng.choice([address, address, f"{chain}:{address}", f"{chain}:{address}?amount=0.05&label=visa", f"{chain.capitalize()}: {address}"])

    return Invented("wallet", f"{chain}:{address}", write)
