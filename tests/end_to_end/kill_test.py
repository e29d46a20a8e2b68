# SPDX-License-Identifier: EUPL-1.2
"""200 kills at any moment of import, publishing and sync: what was acknowledged is there, and no size is signed twice.

Half of the kills come after a random time, half when a random number of bytes has reached the database. BAKHITA_SEED
chooses other moments; a failure names the seed.
"""
import json
import os
import random
import re
import signal
import subprocess
import time
import unittest

from scenario import Scenario, found_community, pair, report, wait_until_synced

SEED = int(os.environ.get("BAKHITA_SEED", "1"))
IMPORTS, PUBLICATIONS, SYNCS = 70, 65, 65
BATCH = 300  # reports an import


def written_bytes(node):
    return sum(file.stat().st_size for file in (node.folder / "data").glob("*.log"))


class Killed(Scenario):
    def setUp(self):
        super().setUp()
        self.chance = random.Random(SEED)
        self.roots = {}  # (origin, community, generation, size) → root, of every signed note that was seen

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            print(f"replay: BAKHITA_SEED={SEED} python3 tests/end_to_end/kill_test.py {self.id().removeprefix('__main__.')}")

    def kill(self, node, seconds, size):
        """Somewhere within so many seconds, or so many bytes, from now."""
        deadline = time.monotonic() + self.chance.uniform(0, seconds)
        wanted = written_bytes(node) + self.chance.uniform(0, size) if self.chance.random() < 0.5 else None
        limit = time.monotonic() + 3 * seconds if wanted else deadline
        while time.monotonic() < limit and (wanted is None or written_bytes(node) < wanted):
            time.sleep(0.0005)
        node.stop(signal.SIGKILL)

    def start(self, node):
        node.start()
        status = node.json_of_status()
        self.assertEqual(("serving", ""), (status["state"], status["state_reason"]))
        return status

    def begin(self, node, *arguments):
        return subprocess.Popen([node.binaries / "bakhita", "--config", node.config, "--json", "--yes", *arguments],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def collect_notes(self, *nodes):
        """Every signed note that a node shows: one size of a feed has one root, for ever."""
        for node in nodes:
            folder = self.work / f"notes-{node.country}-{self.chance.random()}"
            node.run("feed", "export", folder)
            for note in folder.glob("*/checkpoint"):
                origin, size, root = note.read_text().split("\n")[:3]
                self.assertEqual(root, self.roots.setdefault((origin, size), root), f"{origin} at {size} was signed twice")

    def verify(self, *nodes):
        for node in nodes:
            audit = node.json("audit", "verify")
            self.assertTrue(audit["ok"], audit)
            for feed in node.json("feed", "verify")["feeds"]:
                self.assertTrue(feed["ok"], feed)

    def test_import(self):
        fr = self.node("FR", start=False)
        acknowledged, sent = set(), set()
        for round_number in range(IMPORTS):
            self.start(fr)
            numbers = range(round_number * BATCH, (round_number + 1) * BATCH)
            path = self.write("batch.jsonl", "".join(report(n, f"+3363998{n % 10_000:04d}") for n in numbers))
            importing = self.begin(fr, "report", "import", path)
            self.kill(fr, 0.25, 250_000)
            out, told = importing.communicate()
            if importing.returncode == 0:
                count = int(json.loads(out)["created"])
            else:
                found = re.search(r"acknowledged before that: (.+?) new", told)
                count = int(re.sub(r"\D", "", found.group(1))) if found else 0
            sent.update(f"FR-{n}" for n in numbers)
            acknowledged.update(f"FR-{n}" for n in list(numbers)[:count])
        self.start(fr)
        held = [json.loads(line)["report"] for line in fr.run("report", "export", "--reason", "test").stdout.splitlines()]
        ids = {entry["id"] for entry in held}
        self.assertEqual(len(held), len(ids))
        self.assertEqual(set(), acknowledged - ids)
        self.assertEqual(set(), ids - sent)
        for entry in held:
            number = int(entry["id"].removeprefix("FR-"))
            self.assertEqual(f"+3363998{number % 10_000:04d}", entry["identifiers"][0]["value"])
        self.assertGreater(len(acknowledged), BATCH)
        self.assertGreater(len(sent), len(ids), "no kill ever hit an import")
        self.verify(fr)

    def test_publishing(self):
        fr, gb = self.federation("FR", "GB")
        promised = 0
        for round_number in range(PUBLICATIONS):
            fr.run("report", "import", self.write("one.jsonl", report(round_number, f"+33639985{round_number:03d}")))
            publishing = self.begin(fr, "publish")
            self.kill(fr, 0.08, 30_000)
            out, _ = publishing.communicate()
            if publishing.returncode == 0:
                promised = int(json.loads(out)["feeds"][0]["size"])
            own = self.start(fr)["own_feeds"]
            self.assertGreaterEqual(int(own[0]["size"]) if own else 0, promised)
            self.collect_notes(fr, gb)
        fr.run("--yes", "publish")
        wait_until_synced([fr, gb], 120)
        self.collect_notes(fr, gb)
        self.assertGreater(len(self.roots), PUBLICATIONS // 3)
        self.verify(fr, gb)

    def test_sync(self):
        fr, gb = nodes = [self.node(country, start=False) for country in ("FR", "GB")]
        for node in nodes:
            node.configure("\nquotas: {g1: {per_day: 100000, burst: 100000, per_epoch: 1000000}}\n")
            node.start()
        pair(nodes)
        found_community(nodes)
        shared = 0
        for round_number in range(SYNCS):
            lines = "".join(report(round_number * 40 + n, f"+336399{round_number * 40 + n:05d}") for n in range(40))
            fr.run("report", "import", self.write("some.jsonl", lines))
            if round_number % 4 == 0:
                gb.run("report", "import", self.write("one.jsonl", report(round_number, f"+336399{round_number * 40:05d}", country="GB")))
                shared += 1
            fr.run("--yes", "publish")
            killed = self.chance.choice(nodes)
            self.kill(killed, 0.3, 40_000)
            self.start(killed)
            self.collect_notes(killed)
        gb.run("--yes", "publish")
        wait_until_synced(nodes, 240)
        self.collect_notes(*nodes)
        self.verify(*nodes)
        for node in nodes:
            matches = node.json("match", "list", "--limit", "1000")["matches"]
            self.assertEqual(shared, len(matches))


if __name__ == "__main__":
    unittest.main()
