# SPDX-License-Identifier: EUPL-1.2
"""What a node does without being asked: it takes back, forgets, and confirms its feed."""
import json
import unittest

from scenario import Scenario, report, wait_for, wait_until_synced

NUMBER = "+33639980001"


class Upkeep(Scenario):
    def setUp(self):
        super().setUp()
        self.fr, self.gb = self.federation("FR", "GB")
        self.give(self.fr, report(1, NUMBER))
        self.give(self.gb, report(1, NUMBER, country="GB"))
        self.fr.run("--yes", "publish", "--approver", "fr.supervisor")
        wait_until_synced(self.nodes)
        self.assertEqual(1, len(self.matches()))

    def give(self, node, lines):
        node.run("report", "import", self.write("reports.jsonl", lines))

    def matches(self):
        return self.gb.json("match", "list").get("matches", [])

    def test_a_victims_number_is_taken_back_and_never_asked(self):
        self.give(self.fr, report(2, NUMBER, role="VICTIM"))
        wait_for("the match goes", lambda: not self.matches())
        message = self.refuses(self.fr, 5, "lookup", "phone", NUMBER, "--case", "C1", "--purpose", "investigation")
        self.assertNotIn("639980001", message)

    def test_an_erasure_is_complete_and_taken_back(self):
        erased = self.fr.json("--yes", "report", "erase", "FR-1", "--reason", "court order")
        self.assertEqual((True, 1), (erased["complete"], erased["withdrawn"]))
        wait_for("the match goes", lambda: not self.matches())
        self.fr.stop()
        self.fr.start()
        self.assertEqual([], self.fr.json("report", "search", NUMBER)["hits"])
        self.assertTrue(self.fr.json("audit", "verify")["ok"])

    def test_a_peer_sees_when_the_feed_was_confirmed(self):
        def is_confirmed():
            # A record says the hour, a cosignature the second.
            confirmed = self.gb.json_of_status()["peers"][0]["feeds"][0]["confirmed"]
            return confirmed and not confirmed.endswith(":00:00Z")
        wait_for("a cosignature comes", is_confirmed)

    def test_a_number_that_stands_twice_in_a_file_is_named_with_both_lines(self):
        path = self.write("twice.jsonl", report(7, "+33639980007") + "\n" + report(7, "+33639980008"))
        result = self.fr.run("report", "import", path, check=False)
        self.assertEqual(1, result.returncode)
        self.assertIn("on line 1 and on line 3", result.stderr)
        self.assertEqual(1, self.fr.json("report", "show", "FR-7", "--reason", "test")["report"]["version"])


if __name__ == "__main__":
    unittest.main()
