# SPDX-License-Identifier: EUPL-1.2
"""Canary locks between real nodes: found, they prove that a pair works; not found, the pair is shown as late."""
import datetime
import unittest

from scenario import Scenario, report, wait_for


def days_until_canaries_are_late():
    """More than ten, and to a day on which those of its month are published by all."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return next(days for days in range(12, 60) if 5 <= (now + datetime.timedelta(days=days)).day <= 25)


class Canaries(Scenario):
    def row(self, node, country):
        return next(row for row in node.json_of_status()["pairs"] if row["country"] == country)

    def states(self, node, country):
        return {canary["group"]: canary["state"] for canary in self.row(node, country).get("canaries", [])}

    def late(self, node):
        return [warning for warning in node.json_of_status()["warnings"] if "the canary lock of FR" in warning]

    def test_a_peer_that_does_not_find_is_shown_as_late_until_it_does(self):
        fr, gb = self.federation("FR", "GB")
        fr.run("report", "import", self.write("fr.jsonl", report(1, "+33639981234")))
        fr.run("--yes", "publish", "--approver", "supervisor")
        size = fr.json_of_status()["own_feeds"][0]["size"]
        wait_for("GB holds the feed of FR", lambda: self.row(gb, "FR").get("feed", {}).get("size") == size)
        wait_for("GB waits for both canaries", lambda: self.states(gb, "FR") == {1: "unasked", 2: "unasked"})
        self.assertEqual([], self.late(gb))
        self.assertEqual("", self.row(fr, "GB")["asked_at"])
        days = days_until_canaries_are_late()
        fr.stop(), gb.stop()
        self.start_later(gb, days)
        wait_for("both are late while FR is away", lambda: len(self.late(gb)) == 2)
        self.assertTrue(all(canary["overdue"] for canary in self.row(gb, "FR")["canaries"]))
        shown = gb.run("status", check=False)
        self.assertIn(shown.returncode, (20, 21))
        self.assertIn("LATE: ", shown.stdout)
        self.start_later(fr, days)
        # Nobody reports or publishes anything: the canaries and their questions go alone.
        wait_for("GB finds both", lambda: self.states(gb, "FR") == {1: "found", 2: "found"}, seconds=120)
        self.assertEqual([], self.late(gb))
        self.assertNotIn("LATE: ", gb.run("status", check=False).stdout)
        self.assertTrue(all(canary["found_at"] for canary in self.row(gb, "FR")["canaries"]))
        self.assertNotEqual("", self.row(fr, "GB")["asked_at"])
        self.assertEqual([], gb.json("match", "list")["matches"])
        self.assertEqual("0", gb.json_of_status()["matches"])
        for node in (fr, gb):
            node.run("feed", "verify")
            replayed = node.json("policy", "replay")
            self.assertNotEqual("0", replayed["decisions"])
            self.assertEqual("0", replayed["differing"])


if __name__ == "__main__":
    unittest.main()
