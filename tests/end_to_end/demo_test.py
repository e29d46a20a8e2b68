# SPDX-License-Identifier: EUPL-1.2
"""The main job on the samples: nothing missed, nothing wrong, nothing leaked."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from scenario import BIN

DEMO = pathlib.Path(__file__).resolve().parents[1] / "demo" / "demo.py"


class Demo(unittest.TestCase):
    def test_finds_all_and_shows_nothing_else(self):
        with tempfile.TemporaryDirectory(prefix="bakhita-demo-") as work:
            ran = subprocess.run([sys.executable, DEMO, "--bin", BIN, "--work", work], capture_output=True, text=True)
            self.assertEqual(0, ran.returncode, ran.stdout[-4000:] + ran.stderr[-4000:])
            result = json.loads((pathlib.Path(work) / "result.json").read_text())
        self.assertEqual((result["expected"], 0, 0, 0),
                         (result["found"], result["missed"], result["wrong"], result["leaked"]))
        self.assertGreater(result["expected"], 100)


if __name__ == "__main__":
    unittest.main()
