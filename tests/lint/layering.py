#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Keeps the arrows between the layers: who may include whom, and what protocol/ may not touch."""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parents[2]
allowed = {
    "protocol": {"protocol", "bakhita"},
    "keys": {"keys", "protocol", "bakhita"},
    "config": {"config", "protocol"},
    "node": {"node", "keys", "config", "protocol", "bakhita"},
}
ours = {"protocol", "keys", "config", "node", "tests", "bakhita"}
impure = re.compile(
    r"_clock::now|\bstd::time\(|\btime\(nullptr|\brand\(|random_device|randombytes|getrandom|std::thread|std::mutex"
    r"|<fstream>|<filesystem>|<sys/socket|<thread>|<mutex>|boost/asio|RAND_bytes|\bfopen\(|crypto_box_seal\("
)
asio = re.compile(r"#include <boost/(asio|beast)")
rocks = re.compile(r"#include <rocksdb/")
problems = []
for layer, may in allowed.items():
    for path in sorted((root / layer).rglob("*")):
        if path.suffix not in {".h", ".cpp"}:
            continue
        where = path.relative_to(root)
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'#include "([a-z_]+)/', line)
            if match and match.group(1) in ours and match.group(1) not in may:
                problems.append(f"{where}:{number}: {layer}/ may not include {match.group(1)}/")
            if layer == "protocol" and impure.search(line.split("//")[0]):
                problems.append(f"{where}:{number}: protocol/ is pure: no clock, randomness, file, socket or thread")
            if asio.search(line) and not str(where).startswith("node/peers/"):
                problems.append(f"{where}:{number}: Asio stays in node/peers/")
            if rocks.search(line) and str(where) != "node/store/database.cpp":
                problems.append(f"{where}:{number}: RocksDB is known in node/store/database.cpp alone")
for problem in problems:
    print(problem)
sys.exit(1 if problems else 0)
