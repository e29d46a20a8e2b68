# SPDX-License-Identifier: EUPL-1.2
"""An old copy of a node that is put back beside a running federation signs nothing and answers no lookup, whether its own
anchor, its watermark or only a peer can tell."""
import shutil
import unittest

from scenario import Scenario, report, wait_for, wait_until_synced


class OldCopy(Scenario):
    def setUp(self):
        super().setUp()
        self.fr, self.gb = self.federation("FR", "GB")
        self.report(1)
        self.fr.run("--yes", "publish")
        wait_until_synced([self.fr, self.gb], 60)

    def report(self, number):
        self.fr.run("report", "import", self.write("one.jsonl", report(number, f"+3363998000{number}")))

    def copy(self, *parts):
        self.fr.stop()
        for part in parts:
            (shutil.copytree if (self.fr.folder / part).is_dir() else shutil.copy2)(self.fr.folder / part, self.work / f"old-{part}")
        self.fr.start()

    def put_back(self, *parts):
        self.fr.stop()
        for part in parts:
            there = self.fr.folder / part
            shutil.rmtree(there) if there.is_dir() else there.unlink()
            (self.work / f"old-{part}").rename(there)
        self.fr.start()

    def wait_for_recovery(self):
        wait_for(self.fr.tail, lambda: self.fr.json_of_status()["state"] == "recovery")
        self.assertEqual(21, self.fr.run("status", check=False).returncode)

    def signs_and_answers_nothing(self):
        size = self.gb.json("peer", "list")["peers"][0]["feeds"][0]["size"]
        self.refuses(self.fr, 7, "--yes", "publish")
        path = self.write("gb.jsonl", report(9, "+33639980009", country="GB"))
        self.gb.run("report", "import", path)
        answers = self.gb.json("lookup", "phone", "+33639980009", "--case", "c-1", "--purpose", "investigation")["answers"]
        self.assertEqual(["waiting"], [answer["state"] for answer in answers])
        self.assertEqual(size, self.gb.json("peer", "list")["peers"][0]["feeds"][0]["size"])

    def test_after_a_publication_the_anchor_tells(self):
        self.copy("data")
        self.report(2)
        self.fr.run("--yes", "publish")
        wait_until_synced([self.fr, self.gb], 60)
        self.put_back("data")
        self.wait_for_recovery()
        self.signs_and_answers_nothing()

    def test_after_an_import_alone_the_watermark_tells(self):
        self.copy("data", "data.anchor")
        self.report(2)
        self.put_back("data", "data.anchor")
        self.wait_for_recovery()
        self.signs_and_answers_nothing()

    def test_a_copy_of_everything_is_told_by_the_peer(self):
        parts = ("data", "data.anchor", "data.written", "keystore")
        self.copy(*parts)
        self.report(2)
        self.fr.run("--yes", "publish")
        wait_until_synced([self.fr, self.gb], 60)
        self.put_back(*parts)
        self.wait_for_recovery()
        self.assertIn("a peer holds", self.fr.json_of_status()["state_reason"])
        self.signs_and_answers_nothing()


if __name__ == "__main__":
    unittest.main()
