# SPDX-License-Identifier: EUPL-1.2
"""Files: SHA-256 by Python's hashlib, and the two examples of FIPS 180-4."""
import hashlib

from writing import File, decorated

EXAMPLES = {b"abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", b"": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}


def vectors():
    out = File()
    for contents, published in EXAMPLES.items():
        if hashlib.sha256(contents).hexdigest() != published:
            raise SystemExit("file: not the published hash")
    for contents in [*EXAMPLES, b"a", b"message digest", b"\x00", b"\xff"]:
        text = hashlib.sha256(contents).hexdigest()
        pairs = [text[i:i + 2] for i in range(0, 64, 2)]
        words = [text[i:i + 8] for i in range(0, 64, 8)]
        out.same(text, [text, text.upper(), "sha256:" + text, "SHA-256:" + text.upper(), "SHA256 " + text, ":".join(pairs).upper(), " ".join(words), "-".join(words), "sha256=" + text])
    out.same(hashlib.sha256(b"abc").hexdigest(), decorated(hashlib.sha256(b"abc").hexdigest()))
    more = []
    for i in range(50):
        a, b = hashlib.sha256(bytes([i])).hexdigest(), hashlib.sha256(bytes([i, 0])).hexdigest()
        more.append((a, b.upper() if i % 2 else b, ""))
    out.all_different(more)
    for written, reason in (("", "empty"), ("sha256:", "empty"), (hashlib.md5(b"abc").hexdigest(), "bad_length"), (hashlib.sha1(b"abc").hexdigest(), "bad_length"),
                            (hashlib.sha512(b"abc").hexdigest(), "bad_length"), ("0" * 63, "bad_length"), ("g" * 64, "not_hexadecimal"), ("md5:" + "0" * 64, "not_hexadecimal"),
                            ("photo.jpg", "not_hexadecimal"), ("0" * 257, "too_long")):
        out.refused(written, reason)
    return out
