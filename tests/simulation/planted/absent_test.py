#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""absent_test.py SIMULATOR PROGRAM…: the simulator has the planted bugs and the stubs, no other program has a trace of them."""
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from bugs import BUGS  # noqa: E402

traces = [bug.name.encode() for bug in BUGS] + [b"planted", b"N7bakhita10simulation", b"bakhita10simulation"]
simulator, *programs = [pathlib.Path(name) for name in sys.argv[1:]]
content = simulator.read_bytes()
missing = [bug.name for bug in BUGS if bug.name.encode() not in content]
found = [f"{program.name}: {trace.decode()}" for program in programs for trace in traces
         if trace in program.read_bytes()]
for name in missing:
    print(f"{simulator.name} has no planted bug {name}: this search finds nothing")
for line in found:
    print(line)
sys.exit(1 if missing or found else 0)
