# SPDX-License-Identifier: EUPL-1.2
"""Searches files for identifiers in plain: many needles, much data, and a proof that it would have found them."""
import collections
import concurrent.futures
import multiprocessing
import os
import re

WINDOW = 7  # bytes of each needle that are looked up by hash; shorter needles are not looked for
_CHUNK = 4 << 20
_NEEDLE_MAX = 4096

# Sealed bytes hardly ever look like text for long, so hashes are only taken where a needle could lie: in runs of ASCII
# (0x1f stands between the parts of canonical forms), and where a character beyond ASCII begins, or a little before.
_ASCII = rb"[\x20-\x7e\t\x1f]"
_ASCII_RUN = re.compile(_ASCII + rb"{%d,}" % WINDOW)
_BEYOND_ASCII = re.compile(rb"[\xc2-\xf4](?=[\x80-\xbf])")


class Needles:
    """What is looked for, in any case of its ASCII letters. Each needle is found by one window of its bytes: of those
    that a run or a character beyond ASCII leads to, the one that fewest others have."""

    def __init__(self, texts):
        self.needles = {needle for text in texts if (needle := usable(text)) is not None}
        places = {needle: list(_window_places(needle)) for needle in self.needles}
        self.without_window = [needle for needle, at in places.items() if not at]
        windows = collections.Counter(needle[at:at + WINDOW] for needle, where in places.items() for at in where)
        self.by_window = collections.defaultdict(list)
        for needle, where in places.items():
            if where:
                at = min(where, key=lambda at: windows[needle[at:at + WINDOW]])
                self.by_window[needle[at:at + WINDOW]].append((at, needle))

    def __len__(self):
        return len(self.needles)

    def in_bytes(self, data):
        """Which of the needles the bytes hold."""
        data = data.lower()
        found = {needle for needle in self.without_window if needle in data}
        for at in _places(data):
            for offset, needle in self.by_window.get(data[at:at + WINDOW], ()):
                if at >= offset and data.startswith(needle, at - offset):
                    found.add(needle)
        return found


def _places(data):
    """Where windows begin that may belong to a needle."""
    for run in _ASCII_RUN.finditer(data):
        yield from range(run.start(), run.end() - WINDOW + 1)
    for character in _BEYOND_ASCII.finditer(data):
        yield character.start()
        if character.start() >= 3:
            yield character.start() - 3


def _window_places(needle):
    return (at for at in _places(needle) if at + WINDOW <= len(needle))


def usable(text):
    """The bytes to look for, or None for what is too short to say anything."""
    needle = text.strip().encode().lower()
    if not WINDOW <= len(needle) <= _NEEDLE_MAX or needle in (b"http://", b"https://"):
        return None
    return needle


def forms(kind, value):
    """A value as it stands, and the parts of it that would betray it alone."""
    yield value
    if "\x1f" in value:
        yield value.replace("\x1f", ":")
    if kind in ("account", "wallet") and (":" in value or "\x1f" in value):
        yield re.split("[:\x1f]", value, maxsplit=1)[1]
    if kind == "url":
        yield re.sub("^https?://", "", value, flags=re.IGNORECASE)
    if kind == "phone":
        yield "".join(str(int(c)) for c in value if c.isdecimal())


# --- files -----------------------------------------------------------------------------------------------------------------

_searched_for = None  # set before the workers are forked, so that the needles are not copied to them


def _search_chunk(task):
    path, start = task
    with open(path, "rb") as source:
        source.seek(start)
        data = source.read(_CHUNK + _NEEDLE_MAX)
    return path, _searched_for.in_bytes(data)


def search_files(needles, paths):
    """path → needles found in it. All cores."""
    global _searched_for
    _searched_for = needles
    tasks = [(path, start) for path in paths for start in range(0, path.stat().st_size, _CHUNK)]
    found = collections.defaultdict(set)
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        for path, needles_in_it in pool.map(_search_chunk, tasks, chunksize=4):
            if needles_in_it:
                found[path] |= needles_in_it
    return found


def compressing_options(folder):
    """Lines of RocksDB's OPTIONS files that would hide text from a search."""
    setting = re.compile(r"\s*(compression|compression_per_level|bottommost_compression|blob_compression_type|wal_compression)=(\S*)")
    return [f"{path}: {line.strip()}" for path in sorted(folder.rglob("OPTIONS-*")) for line in path.read_text().splitlines()
            if (match := setting.fullmatch(line)) and match[2] not in ("kNoCompression", "kDisableCompressionOption", "")]
