# SPDX-License-Identifier: EUPL-1.2
"""What all members read: a fake agency's site, a helpline; on real nodes, over kills."""
import signal
import unittest

from scenario import Scenario, report, wait_for, wait_until_synced

SITE = "opal-agency.example"
LINE = "+33639980077"


class OpenRecords(Scenario):
    def setUp(self):
        super().setUp()
        self.fr, self.gb = self.federation("FR", "GB")

    def give(self, node, number, value, kind):
        node.run("report", "import", self.write(f"{node.country}-{number}.jsonl",
                                                report(number, value, kind, country=node.country)))

    def indicators(self, node):
        return node.json("indicator", "list")["indicators"]

    def advisories(self, node):
        return node.json("advisory", "list")["advisories"]

    def publish(self, node):
        return node.json("--yes", "publish", "--approver", "supervisor")["feeds"][0]

    def test_a_site_is_read_by_all_matches_later_reports_and_is_taken_back(self):
        self.give(self.fr, 1, "https://www.Opal-Agency.example/", "DOMAIN")
        self.refuses(self.fr, 4, "--yes", "indicator", "open", "domain", "other.example", "--reason", "x")
        self.fr.run("--yes", "indicator", "open", "domain", SITE, "--reason", "warn travellers")
        self.assertEqual([], self.indicators(self.gb))
        published = self.publish(self.fr)
        self.assertEqual(("1", "1"), (published["locks"], published["open"]))
        wait_until_synced(self.nodes, 120)
        wait_for("GB reads it", lambda: [one["value"] for one in self.indicators(self.gb)] == [SITE])
        for node in self.nodes:
            node.stop(signal.SIGKILL)
            node.start()
        self.give(self.gb, 1, SITE, "DOMAIN")
        wait_for("a match", lambda: self.gb.json("match", "list")["matches"])
        match = self.gb.json("match", "list")["matches"][0]
        self.assertEqual((True, ["GB-1"]), (match["open"], match["report_ids"]))
        self.assertEqual(match["id"], self.indicators(self.gb)[0]["id"])
        self.assertIn("all members", self.gb.run("match", "show", match["id"]).stdout)
        self.fr.run("indicator", "close", "domain", SITE, "--reason", "its owner has it back")
        wait_for("GB reads it no more", lambda: not self.indicators(self.gb))
        self.assertEqual([], self.gb.json("match", "list")["matches"])
        for node in self.nodes:
            self.assertTrue(all(feed["ok"] for feed in node.json("feed", "verify")["feeds"]))
            self.assertTrue(node.json("audit", "verify")["ok"])
            self.assertEqual("0", node.json("policy", "replay")["differing"])

    def test_a_helpline_is_flagged_no_more_where_a_person_adopts_it(self):
        self.give(self.gb, 1, LINE, "PHONE")
        self.publish(self.gb)
        text = self.write("line.txt", "Jour et nuit.\nGratuit.\n")
        self.fr.run("--yes", "advisory", "new", "--kind", "helpline", "--title", "Ligne d'urgence", "--language", "fr",
                    "--value", f"phone:{LINE}", "--text", text, "--approver", "supervisor")
        self.refuses(self.fr, 5, "--yes", "advisory", "new", "--kind", "hotline", "--title", "x", "--language", "fr")
        self.refuses(self.fr, 2, "--yes", "advisory", "new", "--kind", "helpline", "--title", "x", "--language", "fr",
                     "--value", LINE)
        wait_for("GB reads it", lambda: self.advisories(self.gb))
        advisory = self.advisories(self.gb)[0]["id"]
        shown = self.gb.run("advisory", "show", advisory[:20]).stdout
        self.assertIn("Jour et nuit.\nGratuit.\n", shown)
        self.assertIn("GB-1", shown)
        self.assertEqual("1", self.publish(self.gb)["unchanged"])
        self.refuses(self.gb, 5, "--yes", "advisory", "adopt", advisory, "--reason", "called them")
        self.gb.run("--yes", "advisory", "adopt", advisory, "--reason", "report was wrong", "--despite-reports")
        self.gb.stop(signal.SIGKILL)
        self.gb.start()
        self.assertEqual("benign", self.publish(self.gb)["held_back"][0]["rule"])
        self.assertTrue(self.advisories(self.gb)[0]["adopted"])
        self.fr.run("advisory", "end", advisory, "--reason", "another number now")
        wait_for("GB reads it no more", lambda: not self.advisories(self.gb))
        wait_for("the adoption ends", lambda: self.publish(self.gb)["locks"] == "1")

    def test_an_advisory_goes_when_a_report_says_that_its_number_is_a_victims(self):
        self.fr.run("--yes", "advisory", "new", "--kind", "helpline", "--title", "Ligne", "--language", "fr",
                    "--value", f"phone:{LINE}", "--approver", "supervisor")
        wait_for("GB reads it", lambda: self.advisories(self.gb))
        self.fr.run("report", "import", self.write("FR-1.jsonl", report(1, LINE, role="VICTIM")))
        self.fr.stop(signal.SIGKILL)
        self.fr.start()
        wait_for("FR has it no more", lambda: not self.advisories(self.fr))
        wait_for("GB reads it no more", lambda: not self.advisories(self.gb))
        self.assertEqual("shielded-role", self.fr.json("recall", "list", "--all")["recalls"][0]["cause"])
        for node in self.nodes:
            self.assertTrue(all(feed["ok"] for feed in node.json("feed", "verify")["feeds"]))
            self.assertTrue(node.json("audit", "verify")["ok"])
            self.assertEqual("0", node.json("policy", "replay")["differing"])


if __name__ == "__main__":
    unittest.main()
