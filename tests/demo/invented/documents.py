# SPDX-License-Identifier: EUPL-1.2
"""Vehicle plates, travel documents, files and internet addresses."""
import ipaddress

from .identifier import Invented
from .text import SPACES, full_width, other_digits

# L a letter, D a digit: how plates of a country look.
_PLATES = {"FR": "LL-DDD-LL", "GB": "LLDD LLL", "SE": "LLL DDD", "RO": "LL DD LLL", "NG": "LLL-DDD LL", "BR": "LLLDLDD", "DE": "L-LL DDDD",
           "IT": "LL DDD LL", "ES": "DDDD LLL", "PL": "LL DDDDD", "US": "DLLLDDD"}
_OTHERS = "LL-DDDD"
_DOCUMENTS = {"FR": "DDLLDDDDD", "GB": "DDDDDDDDD", "SE": "LLDDDDDDD", "RO": "DDDDDDDDD", "NG": "LDDDDDDDD", "BR": "LLDDDDDD", "PH": "LDDDDDDDL",
              "VN": "LDDDDDDD", "PL": "LL DDDDDDD"}
_TYPES = {"P": ("P", "Passport", "passport"), "I": ("I", "ID", "Identity"), "R": ("R", "Residence"), "V": ("V", "Visa")}


def _filled(rng, pattern):
    return "".join({"L": rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ"), "D": rng.choice("0123456789")}.get(c, c) for c in pattern)


def _bare(text):
    return text.replace(" ", "").replace("-", "")


def _separated(rng, text):
    """The same with other signs between its parts, or none."""
    separator = rng.choice(["", " ", "-", *SPACES[:3], ".", "\u2013"])
    return text.replace("-", separator).replace(" ", separator)


class Plates:
    def __init__(self, rng):
        self.rng = rng

    def invent(self, country):
        where = country if self.rng.random() < 0.7 else self.rng.choice(list(_PLATES))
        return plate(where, _filled(self.rng, _PLATES.get(where, _OTHERS)))

    def near(self, text, other):
        """The same signs on another country's plate."""
        return plate(other, text)


def plate(where, text):
    def write(rng, country):
        shown = _separated(rng, text)
        shown = rng.choice([shown, shown, shown.lower(), full_width(shown), other_digits(rng, shown)])
        if country != where or rng.random() < 0.2:
            shown = rng.choice([f"{where}:{shown}", f"{where}: {shown}", f"{where.lower()}:{shown}", f"{where}/{shown}"])
        return shown

    return Invented("vehicle_plate", f"{where}:{_bare(text)}", write)


class TravelDocuments:
    def __init__(self, rng):
        self.rng = rng

    def invent(self, country):
        issuer = country if self.rng.random() < 0.4 else self.rng.choice(list(_DOCUMENTS))
        kind = self.rng.choice("PPPPIRV")
        return travel_document(issuer, kind, _filled(self.rng, _DOCUMENTS.get(issuer, "LDDDDDDDD")))

    def near(self, invented):
        """The same number on a paper of another kind."""
        issuer, kind, number = invented.key.split(":")
        return travel_document(issuer, "R" if kind == "P" else "P", number)


def travel_document(issuer, kind, text):
    def write(rng, country):
        shown = _separated(rng, text) if " " in text else text
        shown = rng.choice([shown, shown, shown.lower(), full_width(shown), other_digits(rng, shown)])
        if kind != "P" or rng.random() < 0.4:
            shown = rng.choice(_TYPES[kind]) + rng.choice([" ", ":", ": "]) + shown
        if country != issuer or rng.random() < 0.3:
            shown = rng.choice([f"{issuer}:", f"{issuer}: ", f"{issuer.lower()}:"]) + shown
        return shown

    return Invented("travel_document", f"{issuer}:{kind}:{_bare(text)}", write)


class Files:
    def __init__(self, rng):
        self.rng = rng

    def invent(self, country):
        return file_hash("".join(self.rng.choice("0123456789abcdef") for _ in range(64)))

    def near(self, invented):
        return file_hash(invented.key[:-1] + ("0" if invented.key[-1] != "0" else "1"))


def file_hash(digits):
    def write(rng, country):
        grouped = " ".join(digits[i:i + 8] for i in range(0, 64, 8))
        return rng.choice([digits, digits, digits.upper(), f"sha256:{digits}", f"SHA-256: {digits.upper()}", f"SHA256 {digits}", grouped,
                           ":".join(digits[i:i + 2].upper() for i in range(0, 64, 2)), full_width(digits), other_digits(rng, digits)])

    return Invented("file", digits, write)


class IpAddresses:
    """Of the ranges kept for documentation and for benchmarks."""

    def __init__(self, rng):
        self.rng = rng

    def invent(self, country):
        rng = self.rng
        if rng.random() < 0.6:
            return ip_address(ipaddress.ip_address(rng.choice((0xC0000200, 0xC6336400, 0xCB007100)) + rng.randrange(1, 255)
                                                   if rng.random() < 0.3 else 0xC6120000 + rng.randrange(1, 1 << 17)))
        tail = rng.getrandbits(64) if rng.random() < 0.6 else rng.randrange(1, 1 << 16)
        return ip_address(ipaddress.IPv6Address((0x20010DB8 << 96) + (rng.randrange(1 << 16) << 64) + tail))

    def near(self, invented):
        return ip_address(ipaddress.ip_address(invented.key) + 1)


def ip_address(address):
    def write_4(rng, country):
        text = str(address)
        low = int(address)
        return rng.choice([text, text, text.replace(".", "[.]"), text.replace(".", "(.)"), text.replace(".", "[dot]"), f"::ffff:{text}",
                           f"::FFFF:{low >> 16:x}:{low & 0xFFFF:x}", f"0:0:0:0:0:ffff:{text}", f"[::ffff:{text}]", other_digits(rng, text),
                           full_width(text), text.replace(".", "\u3002")])

    def write_6(rng, country):
        text = str(address)
        return rng.choice([text, text.upper(), address.exploded, address.exploded.upper(), f"[{text}]", full_width(text),
                           ":".join(f"{int(part, 16):x}" for part in address.exploded.split(":")), text.replace(":", "[:]")])

    return Invented("ip_address", str(address), write_4 if address.version == 4 else write_6)
