# SPDX-License-Identifier: EUPL-1.2
"""What was published is taken back from real nodes, with receipts; and members object."""
import signal
import time
import unittest

from scenario import Scenario, report, wait_for, wait_until_synced

NUMBER = "+33639981234"


class Recall(Scenario):
    def setUp(self):
        super().setUp()
        self.fr, self.gb, self.se = self.federation("FR", "GB", "SE")
        for node in self.nodes:
            self.give(node, 1)
        self.fr.run("--yes", "publish", "--approver", "supervisor")
        wait_until_synced(self.nodes, 120)
        for node in (self.gb, self.se):
            wait_for("a match", lambda: len(self.matches(node)) == 1)

    def give(self, node, number):
        node.run("report", "import", self.write(f"{node.country}-{number}.jsonl",
                                                report(number, NUMBER, country=node.country)))

    def matches(self, node):
        return node.json("match", "list")["matches"]

    def recall(self, kind, *more):
        ordered = self.fr.json("recall", "new", "--report", "FR-1", "--kind", kind, "--reason", "court order", *more)
        self.assertEqual(1, len(ordered["recalls"]))
        return ordered["recalls"][0]["id"]

    def states(self, recall):
        return {member["country"]: member["state"] for member in self.fr.json("recall", "show", recall)["holders"]}

    def test_a_recall_is_receipted_by_all_and_proven_to_an_auditor(self):
        self.se.stop()
        recall = self.recall("erase")
        wait_for("GB receipts", lambda: self.states(recall) == {"GB": "complete", "SE": "waiting"})
        self.assertEqual([], self.matches(self.gb))
        for node in (self.fr, self.gb):
            node.stop(signal.SIGKILL)
            node.start()
        self.se.start()  # it was away: what it owes it owes still
        wait_for("SE receipts", lambda: self.states(recall) == {"GB": "complete", "SE": "complete"})
        self.assertEqual([], self.matches(self.se))
        for node in self.nodes:
            self.assertTrue(all(feed["ok"] for feed in node.json("feed", "verify")["feeds"]))

        proof, card = self.work / "recalls.proof", self.work / "FR.card"
        self.fr.run("recall", "export", proof)
        for node in self.nodes:
            node.stop()
        proven = self.gb.json("recall", "verify", proof, "--card", card)["recalls"][0]
        self.assertEqual({"GB": "complete", "SE": "complete"},
                         {member["country"]: member["state"] for member in proven["members"]})
        told = self.refuses(self.gb, 10, "recall", "verify", proof, "--card", self.work / "GB.card")
        self.assertIn("is about another node than the card of GB", told)

    def test_a_member_that_stays_away_is_overdue_in_the_lists_and_in_status(self):
        self.gb.stop()
        today = time.strftime("%Y-%m-%d", time.gmtime())
        recall = self.recall("erase", "--by", today)
        wait_for("SE receipts", lambda: self.states(recall)["SE"] == "complete")
        self.assertEqual("waiting", self.states(recall)["GB"])
        owed = {peer["country"]: peer["waiting"] for peer in self.fr.json("recall", "list")["peers"]}
        self.assertEqual({"GB": "1", "SE": "0"}, owed)
        self.refuses(self.fr, 5, "recall", "new", "--report", "FR-1", "--kind", "erase", "--reason", "x",
                     "--by", "2020-01-01")

    def test_what_was_taken_back_for_good_does_not_come_again(self):
        recall = self.recall("victim")
        wait_for("all receipt", lambda: set(self.states(recall).values()) == {"complete"})
        shown = self.fr.json("recall", "show", recall)
        self.assertEqual(("erased", "victim"), (shown["reason"], shown["cause"]))
        self.give(self.fr, 2)
        published = self.fr.json("--yes", "publish", "--approver", "supervisor")["feeds"][0]
        self.assertEqual("0", published["locks"])
        wait_until_synced(self.nodes, 120)
        self.assertEqual([], self.matches(self.gb))

    def test_an_objection_shows_with_the_match_until_it_ends(self):
        match = self.matches(self.gb)[0]["id"]
        self.refuses(self.gb, 5, "--yes", "challenge", "new", match, "--ground", "because")
        self.gb.run("--yes", "challenge", "new", match, "--ground", "outdated")
        for node in (self.gb, self.se):
            wait_for(f"{node.country} sees the objection",
                     lambda: [dispute["country"] for dispute in self.matches(node)[0]["disputes"]] == ["GB"])
            self.assertEqual("medium", self.matches(node)[0]["confidence"])
        self.assertIn("GB: outdated", self.se.run("match", "show", self.matches(self.se)[0]["id"]).stdout)
        wait_for("the origin sees it", lambda: "disputed" in " ".join(self.fr.json_of_status()["warnings"]))
        against = self.fr.json("challenge", "list", "--against-us")["challenges"]
        self.assertEqual([("GB", ["FR-1"], "phone")], [(one["by"], one["report_ids"], one["type"]) for one in against])
        self.gb.run("challenge", "end", self.gb.json("challenge", "list")["challenges"][0]["id"])
        wait_for("the objection ends", lambda: self.matches(self.se)[0]["disputes"] == [])

    def test_what_was_objected_to_and_taken_back_is_disputed_no_more(self):
        disputed = lambda: "disputed" in " ".join(self.fr.json_of_status()["warnings"])  # noqa: E731
        self.gb.run("--yes", "challenge", "new", self.matches(self.gb)[0]["id"], "--ground", "outdated")
        wait_for("the origin sees it", disputed)
        recall = self.recall("dispute")
        self.assertEqual([], self.fr.json("challenge", "list", "--against-us").get("challenges", []))
        self.assertFalse(disputed())
        wait_for("all receipt", lambda: set(self.states(recall).values()) == {"complete"})
        self.assertEqual([], self.gb.json("challenge", "list").get("challenges", []))


if __name__ == "__main__":
    unittest.main()
