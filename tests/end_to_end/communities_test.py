# SPDX-License-Identifier: EUPL-1.2
"""Communities that come later than the sessions of their members, and many members at once."""
import unittest

from scenario import Scenario, found_community, pair, report, wait_until_synced


class Communities(Scenario):
    def test_nodes_that_are_connected_already_meet_in_a_second_community(self):
        nodes = self.federation("FR", "GB")
        for node in nodes:
            path = self.write(f"{node.country}.jsonl", report(1, "+33639981234", country=node.country))
            node.run("report", "import", path)
            node.run("--yes", "publish", "--approver", "supervisor")
        wait_until_synced(nodes, 60)
        found_community(nodes, "second")
        for node in nodes:
            node.run("--yes", "publish", "--approver", "supervisor")
        wait_until_synced(nodes, 60)
        for node in nodes:
            self.assertEqual(2, len({match["community"] for match in node.json("match", "list")["matches"]}))

    def test_six_members_that_join_at_once_all_find_each_other(self):
        countries = ("BR", "FR", "GB", "NG", "RO", "SE")
        nodes = [self.node(country) for country in countries]
        pair(nodes)
        found_community(nodes)
        for node in nodes:
            path = self.write(f"{node.country}.jsonl", report(1, "+33639981234", country=node.country))
            node.run("report", "import", path)
            node.run("--yes", "publish", "--approver", "supervisor")
        wait_until_synced(nodes, 120)
        for node in nodes:
            found = {match["country"] for match in node.json("match", "list")["matches"]}
            self.assertEqual(set(countries) - {node.country}, found)


if __name__ == "__main__":
    unittest.main()
