# SPDX-License-Identifier: EUPL-1.2
"""Encodings with checksums, written from their specifications: IBAN, Base58Check, BIP-173, BIP-350, EIP-55."""
import hashlib

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def iban(country, bban):
    digits = "".join(str(int(c, 36)) for c in bban + country + "00")
    return f"{country}{98 - int(digits) % 97:02d}{bban}"


def base58check(version, payload):
    data = bytes([version]) + payload
    data += hashlib.sha256(hashlib.sha256(data).digest()).digest()[:4]
    number, out = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        out = _BASE58[digit] + out
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + out


def _polymod(values):
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, constant in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            if top >> bit & 1:
                check ^= constant
    return check


def segwit(prefix, version, program):
    """Bech32 for version 0, Bech32m for later ones."""
    number, bits = int.from_bytes(program, "big"), len(program) * 8
    padding = -bits % 5
    number <<= padding
    count = (bits + padding) // 5
    data = [version] + [number >> 5 * (count - 1 - i) & 31 for i in range(count)]
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = _polymod(expanded + data + [0] * 6) ^ (1 if version == 0 else 0x2BC830A3)
    data += [check >> 5 * (5 - i) & 31 for i in range(6)]
    return prefix + "1" + "".join(_BECH32[value] for value in data)


def _round_constants():
    constants, state = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            if state & 1:
                constant |= 1 << (1 << j) - 1
            state = state << 1 ^ (0x171 if state & 0x80 else 0)
        constants.append(constant)
    return constants


_ROUNDS = _round_constants()
_MASK = (1 << 64) - 1


def _rotate(value, by):
    by %= 64
    return (value << by | value >> (64 - by)) & _MASK


def keccak256(message):
    """With Keccak's own padding, as Ethereum has it; for messages shorter than one block."""
    assert len(message) < 135
    block = message + b"\x01" + b"\0" * (134 - len(message)) + b"\x80"
    lanes = [[0] * 5 for _ in range(5)]
    for i in range(17):
        lanes[i % 5][i // 5] = int.from_bytes(block[8 * i:8 * i + 8], "little")
    for constant in _ROUNDS:
        parity = [a[0] ^ a[1] ^ a[2] ^ a[3] ^ a[4] for a in lanes]
        for x in range(5):
            mix = parity[x - 1] ^ _rotate(parity[(x + 1) % 5], 1)
            lanes[x] = [lane ^ mix for lane in lanes[x]]
        x, y, current = 1, 0, lanes[1][0]
        for step in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            current, lanes[x][y] = lanes[x][y], _rotate(current, (step + 1) * (step + 2) // 2)
        rows = [[lanes[x][y] for x in range(5)] for y in range(5)]
        for y, row in enumerate(rows):
            for x in range(5):
                lanes[x][y] = row[x] ^ (~row[(x + 1) % 5] & _MASK & row[(x + 2) % 5])
        lanes[0][0] ^= constant
    return b"".join(lanes[i % 5][i // 5].to_bytes(8, "little") for i in range(4))


def eip55(address):
    """The mixed-case form of 40 lower-case hex digits."""
    digest = keccak256(address.encode()).hex()
    return "".join(c.upper() if int(nibble, 16) >= 8 else c for c, nibble in zip(address, digest))
