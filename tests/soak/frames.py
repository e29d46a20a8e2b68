# SPDX-License-Identifier: EUPL-1.2
"""What nodes told each other, from the files of `bakhitad --capture` (node/capture/format.h): notes and lookups."""
import collections
import re

_MAGIC = b"bakhita frames 1\n"
_SENT, _WHOLE = 1, 1
_NOTE = re.compile(rb"(bakhita\.v1/[0-9a-f]{32}/[0-9a-f]{64}/\d+)\n(\d+)\n([A-Za-z0-9+/]{43}=)\n")
_EVALUATE, _EVALUATED = 5, 6  # fields of bakhita.v1.Frame


def entries(file):
    """(microseconds, sent, peer, content) of each frame that is whole: what a cut left is none, and a node that was killed leaves
    its last entry unfinished."""
    data = file.read_bytes()
    at = len(_MAGIC)
    while at + 54 <= len(data):
        size = int.from_bytes(data[at:at + 4], "big")
        if at + 54 + size > len(data):
            return
        time, sent = int.from_bytes(data[at + 4:at + 12], "big"), data[at + 12] == _SENT
        if data[at + 13] == _WHOLE:
            yield time, sent, data[at + 22:at + 54].hex(), data[at + 54:at + 54 + size]
        at += 54 + size


def fields(message):
    """field → value of a Protobuf message: bytes or an integer; of repeated fields the last."""
    at, out = 0, {}

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        tag = varint()
        kind = tag & 7
        if kind == 0:
            out[tag >> 3] = varint()
        elif kind == 2:
            size = varint()
            out[tag >> 3] = message[at:at + size]
            at += size
        else:
            at += 8 if kind == 1 else 4
            out[tag >> 3] = None
    return out


def notes(files):
    """{(feed, size): root} of every signed checkpoint that was ever sent or received, and those of which there are two."""
    roots, twice = {}, []
    for file in files:
        for feed, size, root in _NOTE.findall(file.read_bytes()):
            if roots.setdefault((feed, size), root) != root:
                twice.append(f"{feed.decode()} at {size.decode()}")
    return roots, twice


def answered_elements(files):
    """(peer, group) → how many elements of different requests this node has answered, by its own capture, in all and by
    the microsecond of each answer."""
    asked, answered = {}, {}
    for time, sent, peer, content in sorted(entry for file in files for entry in entries(file)):
        frame = fields(content)
        if not sent and isinstance(frame.get(_EVALUATE), bytes):
            request = fields(frame[_EVALUATE])
            asked[(peer, request[1])] = (request[4], len(request[5]) // 32)
        elif sent and isinstance(frame.get(_EVALUATED), bytes):
            answered.setdefault((peer, fields(frame[_EVALUATED])[1]), time)
    out = collections.defaultdict(list)
    for (peer, request), time in answered.items():
        group, elements = asked[(peer, request)]
        out[(peer, group)].append((time, elements))
    return out
