# SPDX-License-Identifier: EUPL-1.2
"""One flipped bit, a lost or a cut file: found before a wrong answer and before a signature.

Each case starts from the same node, damages one file, starts the node, and asks it everything. Every answer is the right
one or an error that says so. BAKHITA_SEED chooses other bits; a failure names file, byte and bit.
"""
import json
import os
import random
import shutil
import signal
import subprocess
import time
import unittest

from scenario import BIN, Scenario, report, wait_until_synced

SEED = int(os.environ.get("BAKHITA_SEED", "1"))
REPORTS = 700
LOG_BLOCK, LOG_HEADER = 32_768, 7


def log_records(data):
    """Offsets of the records of a write-ahead log or manifest: blocks of u32 checksum, u16 length, u8 type, payload."""
    at, found = 0, []
    while at + LOG_HEADER <= len(data):
        length = int.from_bytes(data[at + 4:at + 6], "little")
        if LOG_BLOCK - at % LOG_BLOCK < LOG_HEADER:
            at += LOG_BLOCK - at % LOG_BLOCK
            continue
        if length == 0 and data[at + 6] == 0:
            break
        found.append(at)
        at += LOG_HEADER + length
    return found


class BitRot(Scenario):
    """A node whose reports and feed lie in table and blob files, with newer ones in the write-ahead log alone."""

    @classmethod
    def setUpClass(cls):
        maker = cls("make")
        Scenario.setUp(maker)
        cls.addClassCleanup(Scenario.tearDown, maker)
        cls.maker = maker
        fr, gb = maker.federation("FR", "GB")
        cls.fr = fr
        fr.run("report", "import", maker.write("many.jsonl", "".join(report(n, f"+336399{n:05d}") for n in range(REPORTS))))
        gb.run("report", "import", maker.write("few.jsonl", "".join(report(n, f"+336399{n:05d}", country="GB") for n in range(20))))
        for node in (fr, gb):
            node.run("--yes", "publish")
        wait_until_synced([fr, gb], 120)
        gb.stop()
        fr.stop()  # flushes: all is in table and blob files
        fr.start()
        fr.run("report", "import", maker.write("new.jsonl", "".join(report(n, f"+336399{n:05d}") for n in range(REPORTS, REPORTS + 40))))
        fr.run("--yes", "publish")
        fr.run("report", "import", maker.write("newest.jsonl", report(REPORTS + 40, "+33639999999")))
        cls.right = cls.ask_everything(fr)
        if any(answer is None for answer in cls.right.values()):
            raise RuntimeError(f"the undamaged node fails: {cls.right}")
        fr.run("feed", "export", maker.work / "right")
        cls.headers = {feed.name: (feed / "headers").read_bytes() for feed in (maker.work / "right").iterdir()}
        fr.stop(signal.SIGKILL)
        cls.good = maker.work / "good"
        shutil.copytree(fr.folder, cls.good, symlinks=True, ignore=shutil.ignore_patterns("*.sock"))

    def make(self):
        """Names the scenario that makes the node of this class."""

    def setUp(self):
        self.chance = random.Random(SEED)
        self.nodes = []
        self.work = self.maker.work

    def tearDown(self):
        self.fr.stop(signal.SIGKILL)

    @staticmethod
    def ask_everything(node):
        """What → the answer, or nothing where the node reported an error."""
        answers = {}

        def ask(what, *arguments, pick):
            result = node.run(*([] if what == "reports" else ["--json"]), *arguments, check=False)
            if result.returncode != 0 and not result.stderr.strip() and '"ok":false' not in result.stdout:
                raise AssertionError(f"{what}: exit {result.returncode} without a word")
            answers[what] = pick(result.stdout) if result.returncode == 0 else None

        ask("reports", "report", "export", "--reason", "test", pick=lambda text: sorted(json.loads(line)["report"]["id"] + line for line in text.splitlines()))
        for n in (0, REPORTS // 2, REPORTS + 39):
            ask(f"search {n}", "report", "search", f"+336399{n:05d}", pick=lambda text: [hit["report_id"] for hit in json.loads(text)["hits"]])
        ask("matches", "match", "list", "--limit", "1000",
            pick=lambda text: sorted(match["id"] for match in json.loads(text)["matches"]))
        ask("peers", "peer", "list", pick=lambda text: [peer["node"] for peer in json.loads(text)["peers"]])
        ask("feeds", "feed", "verify", pick=lambda text: [(feed["ok"], feed["feed"]["size"]) for feed in json.loads(text)["feeds"]])
        ask("audit", "audit", "verify", pick=lambda text: json.loads(text)["ok"])
        return answers

    def restore(self):
        self.fr.stop(signal.SIGKILL)
        shutil.rmtree(self.fr.folder)
        shutil.copytree(self.good, self.fr.folder, symlinks=True)

    def files(self, pattern):
        found = [file for file in sorted(self.good.glob(pattern)) if file.stat().st_size > 0]
        self.assertTrue(found, pattern)
        return found

    def start(self):
        """True when the node is up; what it says and how it ends otherwise is checked here."""
        with open(self.fr.log, "wb"):
            pass
        self.fr.start(wait=False)
        deadline = time.monotonic() + 60
        while self.fr.process.poll() is None:
            if self.fr.run("status", check=False).returncode in (0, 20, 21):
                return True
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        self.assertIn(self.fr.process.returncode, (1, 7), self.fr.tail())
        self.assertRegex(self.fr.tail(), "error: |error storage_failed")
        return False

    def never_answers_wrongly(self, what):
        """Returns how the damage was noticed: at start, by recovery mode, by an answer, or not at all."""
        if not self.start():
            return "start"
        status = self.fr.run("--json", "status", check=False)
        if not status.stdout:  # it read the damage before it answered, and stops
            self.fr.process.wait(30)
            self.assertIn("storage_failed", self.fr.tail(), what)
            return "status"
        if json.loads(status.stdout)["state"] == "recovery":
            self.refuses(self.fr, 7, "--yes", "publish")
            self.refuses(self.fr, 7, "report", "search", "+33639900000")
            return "recovery"
        noticed = ""
        for question, answer in self.ask_everything(self.fr).items():
            if answer is None:
                noticed = question
            else:
                self.assertEqual(self.right[question], answer, f"{what}: wrong answer to {question}")
            if self.fr.process.poll() is not None:
                break
        if not noticed:
            self.signs_only_what_is_right(what)
        elif self.fr.process.poll() is None and noticed not in ("feeds", "audit"):
            self.fail(f"{what}: the node goes on after a storage error in {noticed}: {self.fr.tail()}")
        return noticed

    def signs_only_what_is_right(self, what):
        published = self.fr.run("--json", "--yes", "publish", check=False)
        if published.returncode != 0:
            if "storage" not in published.stderr:  # it stopped by itself, before it was asked
                self.fr.process.wait(30)
                self.assertIn("storage_failed", self.fr.tail(), what)
            return
        folder = self.fr.folder / "exported"
        self.fr.run("feed", "export", folder)
        for feed in folder.iterdir():
            subprocess.run([BIN / "bakhita", "feed", "verify", feed], check=True, capture_output=True)
            self.assertTrue((feed / "headers").read_bytes().startswith(self.headers[feed.name]), f"{what}: another feed was signed")

    def flip(self, file, at, bit):
        damaged = self.fr.folder / file.relative_to(self.good)
        content = bytearray(damaged.read_bytes())
        content[at] ^= 1 << bit
        damaged.write_bytes(content)

    def flip_some(self, pattern, count, offsets=None):
        """`count` bits of each file of the pattern; returns how each was noticed."""
        noticed = []
        for file in self.files(pattern):
            size = file.stat().st_size
            places = offsets(file.read_bytes()) if offsets else [self.chance.randrange(size) for _ in range(count)]
            for at in places:
                bit = self.chance.randrange(8) if not offsets else 7
                what = f"{file.name} byte {at} of {size} bit {bit} (BAKHITA_SEED={SEED})"
                with self.subTest(what):
                    self.restore()
                    self.flip(file, at, bit)
                    noticed.append(self.never_answers_wrongly(what))
        return noticed

    def test_undamaged_nothing_is_noticed(self):
        self.restore()
        self.assertEqual("", self.never_answers_wrongly("undamaged"))

    def test_write_ahead_log(self):
        self.assertNotIn("", self.flip_some("data/*.log", 5))

    def test_a_length_in_the_write_ahead_log_that_hides_its_end(self):
        lengths = self.flip_some("data/*.log", 0, lambda data: [at + 5 for at in log_records(data)[-2:]])
        self.assertNotIn("", lengths)

    def test_manifest(self):
        self.assertNotIn("", self.flip_some("data/MANIFEST-*", 5))

    def test_a_length_in_the_manifest_that_hides_its_end(self):
        self.flip_some("data/MANIFEST-*", 0, lambda data: [log_records(data)[-1] + 5])

    def test_current(self):
        self.assertNotIn("", self.flip_some("data/CURRENT", 4))

    def test_table_files(self):
        noticed = self.flip_some("data/*.sst", 2)
        self.assertGreater(sum(map(bool, noticed)), len(noticed) // 2)

    def test_blob_files(self):
        noticed = self.flip_some("data/*.blob", 4)
        self.assertTrue(any(noticed))

    def test_anchor(self):
        self.assertNotIn("", self.flip_some("data.anchor", 4))

    def test_keystore(self):
        self.assertEqual({"start"}, set(self.flip_some("keystore", 4)))

    def test_watermark_is_only_a_safeguard(self):
        self.assertEqual({""}, set(self.flip_some("data.written", 2)))

    def lost(self, pattern, change):
        file = self.files(pattern)[-1]
        self.restore()
        change(self.fr.folder / file.relative_to(self.good))
        return self.never_answers_wrongly(f"lost {file.name}")

    def test_lost_write_ahead_log(self):
        for file in (True, False):
            with self.subTest(deleted=file):
                change = (lambda path: path.unlink()) if file else (lambda path: os.truncate(path, 0))
                self.assertIn(self.lost("data/*.log", change), ("start", "recovery"))

    def test_cut_write_ahead_log(self):
        half = lambda path: os.truncate(path, path.stat().st_size // 2)
        self.assertIn(self.lost("data/*.log", half), ("start", "recovery"))
        last = lambda path: os.truncate(path, path.stat().st_size - 1)
        self.assertIn(self.lost("data/*.log", last), ("start", "recovery"))

    def test_lost_files_of_the_database(self):
        for pattern in ("data/*.sst", "data/*.blob", "data/MANIFEST-*", "data/CURRENT"):
            with self.subTest(pattern):
                noticed = self.lost(pattern, lambda path: path.unlink())
                self.assertIn(noticed, ("start", "recovery") if "blob" not in pattern else ("start", "recovery", "feeds"))

    def test_lost_anchor(self):
        self.assertIn(self.lost("data.anchor", lambda path: path.unlink()), ("start", "recovery"))

    def test_lost_data_folder(self):
        self.restore()
        shutil.rmtree(self.fr.folder / "data")
        self.assertIn(self.never_answers_wrongly("lost data folder"), ("start", "recovery"))


if __name__ == "__main__":
    unittest.main()
