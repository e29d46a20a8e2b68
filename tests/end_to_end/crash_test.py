# SPDX-License-Identifier: EUPL-1.2
"""A node that is killed at any moment has everything that it acknowledged, and never signs two feeds of one size."""
import random
import shutil
import signal
import subprocess
import time
import unittest

from scenario import Scenario, report

ROUNDS = 15


class Killed(Scenario):
    def test_import_keeps_what_was_acknowledged(self):
        fr = self.node("FR", start=False)
        chance = random.Random(1)
        acknowledged = 0
        for round_number in range(ROUNDS):
            fr.start()
            numbers = range(round_number * 200, round_number * 200 + 200)
            lines = "".join(report(n, f"+3363998{n:04d}") for n in numbers)
            path = self.write("batch.jsonl", lines)
            importing = subprocess.Popen([fr.binaries / "bakhita", "--config", fr.config, "report", "import", path],
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            time.sleep(chance.uniform(0, 0.08))
            fr.stop(signal.SIGKILL)
            importing.communicate()
            if importing.returncode == 0:
                acknowledged += 200
        fr.start()
        held = int(fr.json("status")["reports"])
        self.assertGreaterEqual(held, acknowledged)
        self.assertTrue(fr.json("audit", "verify")["ok"])

    def test_publishing_never_signs_a_size_twice(self):
        nodes = self.federation("FR", "GB")
        fr, gb = nodes
        chance = random.Random(2)
        for round_number in range(ROUNDS):
            fr.run("report", "import", self.write("one.jsonl", report(round_number, f"+33639985{round_number:03d}")))
            publishing = subprocess.Popen([fr.binaries / "bakhita", "--config", fr.config, "--yes", "publish"],
                                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            time.sleep(chance.uniform(0, 0.03))
            fr.stop(signal.SIGKILL)
            publishing.communicate()
            fr.start()
        fr.run("--yes", "publish")
        size = int(fr.json("status")["own_feeds"][0]["size"])
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            feeds = gb.json("peer", "list")["peers"][0]["feeds"]
            if feeds and int(feeds[0]["size"]) == size:
                break
            time.sleep(0.2)
        self.assertEqual(size, int(feeds[0]["size"]), gb.tail())
        self.assertEqual("current", feeds[0]["state"])
        for node in nodes:
            for feed in node.json("feed", "verify")["feeds"]:
                self.assertTrue(feed["ok"], feed["problem"])


class OldCopy(Scenario):
    def test_an_old_copy_of_the_database_signs_nothing(self):
        fr, gb = self.federation("FR", "GB")
        fr.run("report", "import", self.write("one.jsonl", report(1, "+33639980001")))
        fr.run("--yes", "publish")
        fr.stop()
        shutil.copytree(fr.folder / "data", self.work / "copy")
        fr.start()
        fr.run("report", "import", self.write("two.jsonl", report(2, "+33639980002")))
        fr.run("--yes", "publish")
        fr.stop()
        shutil.rmtree(fr.folder / "data")
        (self.work / "copy").rename(fr.folder / "data")
        fr.start()
        self.assertEqual(21, fr.run("status", check=False).returncode)
        self.assertEqual("recovery", fr.json_of_status()["state"])
        self.refuses(fr, 7, "--yes", "publish")

    def test_a_flipped_bit_in_the_anchor_is_found(self):
        fr = self.node("FR")
        fr.stop()
        anchor = fr.folder / "data.anchor"
        content = bytearray(anchor.read_bytes())
        content[len(content) // 2] ^= 1
        anchor.write_bytes(content)
        with self.assertRaisesRegex(RuntimeError, "anchor"):
            fr.start()


if __name__ == "__main__":
    unittest.main()
