# SPDX-License-Identifier: EUPL-1.2
"""Runs what measures: world_units, world_counts, world_lookups."""
import json
import os
import subprocess
import sys
import tempfile

# The defaults of config/example.yaml, and of node/desk/answering.cpp: all peers together may ask ten times what one may.
QUOTAS = {1: (1024, 2048, 250_000), 2: (4096, 16384, 1_000_000)}
CEILING = 10


def run(program, text):
    with tempfile.TemporaryDirectory(prefix="bakhita-world-") as scratch:
        done = subprocess.run([program], input=text, stdout=subprocess.PIPE, text=True, check=False,
                              env=os.environ | {"TMPDIR": scratch, "TEST_TMPDIR": scratch})
    if done.returncode != 0:
        sys.exit(f"{program} failed")
    return json.loads(done.stdout)


def units(folder):
    return run(f"{folder}/world_units", "")


def counts(folder, schedule):
    return run(f"{folder}/world_counts", schedule)


def lookups(program, peers, days, seed, onboarding=(0, 0), ceiling=CEILING, quotas=None):
    """One origin and its `peers`: (g1 a day, g2 a day, g1 standing, g2 standing) each."""
    lines = [f"seed {seed}", f"days {days}", f"ceiling {ceiling}", f"onboarding {onboarding[0]} {onboarding[1]}"]
    lines += [f"quota {group} {a} {b} {c}" for group, (a, b, c) in (quotas or QUOTAS).items()]
    lines += ["peer {:.6f} {:.6f} {:d} {:d}".format(*peer) for peer in peers]
    return run(program, "\n".join(lines) + "\n")
