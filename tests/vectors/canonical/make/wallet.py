# SPDX-License-Identifier: EUPL-1.2
"""Wallets: published addresses of the standards, and addresses that chains.py computes."""
import hashlib

from chains import base58check, eip55, segwit
from writing import SEPARATOR, File, decorated

# EIP-55, section "Test Cases".
EIP55 = ["0x52908400098527886E0F7030069857D2E4169EE7", "0x8617E340B3D01FA5F11F306F4090FD50E238070D", "0xde709f2102306220921060314715629080e2fb77",
         "0x27b1fdb04752bbc536007a920d24acb045561c26", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
         "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb"]
# BIP-173 and BIP-350, sections "Test vectors": address, version and program.
SEGWIT = [("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", 0, "751e76e8199196d454941c45d1b3a323f1433bd6"),
          ("bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y", 1, "751e76e8199196d454941c45d1b3a323f1433bd6" * 2),
          ("BC1SW50QGDZ25J", 16, "751e"), ("bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", 2, "751e76e8199196d454941c45d1b3a323"),
          ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", 1, "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")]
# BIP-173 and BIP-350, invalid addresses; testnet's is of a chain that is none of ours.
SEGWIT_INVALID = ["bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "BC13W508D6QEJXTDG4Y5R3ZARVARY0C5XW7KN40WF2", "bc1rw5uspcuh", "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P", "bc1gmk9yu",
                  "bc10w508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kw5rljs90",
                  "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL",
                  "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh", "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4", "bc1pw5dgrnzv"]
CAIP = {"bitcoin": "bip122:000000000019d6689c085ae165831e93", "litecoin": "bip122:12a765e31ffd4059bada1e25190f6e98", "dogecoin": "bip122:1a91e3dace36e2be3bf030a65679fe82",
        "dash": "bip122:00000ffd590b1485b3caadc19b22e637", "tron": "tron:0x2b6653dc"}
VERSIONS = [("bitcoin", 0x00), ("bitcoin", 0x05), ("litecoin", 0x30), ("litecoin", 0x32), ("dogecoin", 0x1E), ("dogecoin", 0x16), ("dash", 0x4C), ("dash", 0x10), ("tron", 0x41)]
GENESIS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"  # the address of Bitcoin's first block


def payload(text):
    return hashlib.sha256(text.encode()).digest()[:20]


def bitcoin_like(out):
    addresses = [("bitcoin", GENESIS)] + [(chain, base58check(version, payload(f"{chain}{version}"))) for chain, version in VERSIONS]
    for chain, address in addresses:
        out.same(chain + SEPARATOR + address, [address, f"{chain}:{address}", f"{chain.upper()}:{address}?amount=20.3&label=Opal", f"{chain}://{address}", f"{CAIP[chain]}:{address}"])
    out.same("bitcoin" + SEPARATOR + GENESIS, decorated(GENESIS, other_digits=False))
    for published, version, program in SEGWIT:
        if segwit("bc", version, bytes.fromhex(program)) != published.lower():
            raise SystemExit(f"wallet: {published} is not what chains.py computes")
        address = published.lower()
        out.same("bitcoin" + SEPARATOR + address, [published, address, address.upper(), f"bitcoin:{address}?amount=1", f"BITCOIN:{address.upper()}", f"{CAIP['bitcoin']}:{address}"])
    address = segwit("ltc", 0, payload("ltc"))
    out.same("litecoin" + SEPARATOR + address, [address, address.upper(), f"litecoin:{address}?amount=1"])


def ethereum(out):
    for published in EIP55:
        if eip55(published) != published:
            raise SystemExit(f"wallet: {published} is not what chains.py computes")
        lower = published.lower()
        out.same("ethereum" + SEPARATOR + lower, [published, lower, "0x" + lower[2:].upper(), f"ethereum:{published}", f"ethereum:{published}@1", f"ethereum:pay-{lower}@0x1?value=1e18",
                                                  f"eip155:1:{published}", f"eip155:137:{lower}", f"0X{lower[2:].upper()}",
                                                  f"ethereum:{EIP55[7]}@1/transfer?address={published}&uint256=1"])
    out.same("ethereum" + SEPARATOR + EIP55[4].lower(), decorated(EIP55[4]))


def refused(out):
    mixed = EIP55[4]
    wrong_case = mixed[:3] + mixed[3].swapcase() + mixed[4:]
    last = "b" if GENESIS[-1] == "a" else "a"
    for address in SEGWIT_INVALID:
        out.refused(address, "bad_checksum")
    for written, reason in ((wrong_case, "bad_checksum"), (GENESIS[:-1] + last, "bad_checksum"), (GENESIS.lower(), "bad_checksum"), ("bc1QW508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "bad_checksum"),
                            ("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", "unknown_chain"), (base58check(0x6F, payload("testnet")), "unknown_chain"), (f"litecoin:{GENESIS}", "unknown_chain"),
                            (f"bitcoin:{mixed}", "unknown_chain"), (f"{CAIP['litecoin']}:{GENESIS}", "unknown_chain"), ("bip122:00000000000000000000000000000000:" + GENESIS, "unknown_chain"),
                            (mixed[:-1], "bad_length"), (mixed + "0", "bad_length"), (mixed[:-1] + "g", "not_hexadecimal"), (f"ethereum:{mixed}/approve?address={mixed}", "bad_form"),
                            (f"ethereum:{mixed}/transfer?uint256=1", "bad_form"), ("", "empty"), ("bitcoin:", "empty"), ("opal wallet", "space_inside"), ("1" * 513, "too_long")):
        out.refused(written, reason)


def vectors():
    out = File()
    bitcoin_like(out)
    ethereum(out)
    out.all_different()
    refused(out)
    return out
