# SPDX-License-Identifier: EUPL-1.2
"""`./dev soak`, shortened: real nodes that are killed behind a bad network lose, leak and invent nothing."""
import json
import pathlib
import subprocess
import sys
import unittest

from scenario import BIN

SOAK = pathlib.Path(__file__).resolve().parents[1] / "soak" / "soak.py"


class Soak(unittest.TestCase):
    def test_nodes_that_are_killed_and_cut_off_keep_their_word(self):
        ran = subprocess.run([sys.executable, SOAK, "--bin", BIN, "--minutes", "0.4", "--nodes", "4"], capture_output=True, text=True)
        self.assertEqual(0, ran.returncode, ran.stdout[-4000:] + ran.stderr[-4000:])
        result = json.loads(ran.stdout.splitlines()[-1])
        self.assertGreater(result["kills"], 3)
        self.assertGreater(result["expected"], 10)
        self.assertEqual((0, 0, 0, 0), tuple(result[name] for name in ("missed", "wrong", "lost", "leaked")))


if __name__ == "__main__":
    unittest.main()
