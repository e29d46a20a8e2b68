# SPDX-License-Identifier: EUPL-1.2
"""Communities that come later than the sessions of their members, and many members at once."""
import unittest

from charters import accept, community, decide, epoch, proposals
from scenario import Scenario, found_community, pair, report, wait_for, wait_until_synced


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

    def test_a_removed_country_gets_nothing_more_and_learns_why(self):
        nodes = self.federation("FR", "GB", "RO", "SE")
        fr, gb, ro, se = nodes
        for node in nodes:
            path = self.write(f"{node.country}.jsonl", report(1, "+33639981234", country=node.country)
                              + report(2, "+33639985678", country=node.country))
            node.run("report", "import", path)
        for node in (gb, ro, se):
            node.run("--yes", "publish", "--approver", "supervisor")
        wait_until_synced(nodes, 120)
        held = {peer["country"]: peer.get("feeds", []) for peer in se.json("status")["peers"]}
        decide([fr, gb, ro], "--remove", "SE")
        wait_for("SE learns that it was removed", lambda: community(se)["state"] == "removed")
        self.assertIn("epoch 2, proposed by FR", community(se)["state_detail"])
        self.assertTrue(any("removed at epoch 2" in warning for warning in se.json_of_status()["warnings"]))
        fr.run("--yes", "publish", "--approver", "supervisor")
        wait_until_synced([fr, gb, ro], 120)
        for node in (fr, gb, ro):
            found = {match["country"] for match in node.json("match", "list")["matches"]}
            self.assertEqual({"FR", "GB", "RO"} - {node.country}, found & {"FR", "GB", "RO"})
            self.assertEqual(2, int(community(node)["key_epoch"]))
        after = {peer["country"]: peer.get("feeds", []) for peer in se.json_of_status()["peers"]}
        self.assertEqual([feed["size"] for feed in held["GB"]], [feed["size"] for feed in after["GB"]])
        self.assertEqual([], after["FR"])
        self.assertFalse(any(match["country"] == "FR" for match in se.json("match", "list")["matches"]))
        self.refuses(se, 5, "--yes", "publish", "--approver", "supervisor")

    def test_a_country_is_admitted_and_meets_those_who_accepted(self):
        nodes = [self.node(country) for country in ("FR", "GB", "SE", "RO")]
        pair(nodes)
        fr, gb, se, ro = nodes
        found_community([fr, gb, se])
        decide([fr, gb, se], "--add", "RO", "--basis", "invented treaty, article 2")
        charter = self.write("demo.second.charter", fr.run("community", "show", "demo", "--charter").stdout)
        ro.run("community", "join", charter)
        accept([fr, gb, se])
        for node in nodes:
            path = self.write(f"{node.country}.jsonl", report(1, "+33639981234", country=node.country))
            node.run("report", "import", path)
            node.run("--yes", "publish", "--approver", "supervisor")
        wait_until_synced(nodes, 120)
        for node in nodes:
            wait_for(f"{node.country} finds all others", lambda: {match["country"] for match in node.json("match", "list")["matches"]}
                       == {"FR", "GB", "SE", "RO"} - {node.country})

    def test_a_test_of_a_peer_names_the_next_step_until_there_is_a_community(self):
        fr, gb = self.node("FR"), self.node("GB")
        pair([fr, gb])
        self.assertIn("bakhita community create", self.refuses(fr, 5, "--yes", "publish"))
        tested = fr.run("peer", "test", "GB", check=False)
        self.assertEqual(8, tested.returncode)
        self.assertRegex(tested.stdout, r"community +FAILED.*no community in common yet.*bakhita community create --member GB")
        found_community([fr, gb])
        self.assertEqual(0, fr.run("peer", "test", "GB").returncode)
        fr.run("--yes", "peer", "suspend", "GB")
        self.assertIn("bakhita peer resume GB", fr.run("peer", "test", "GB", check=False).stdout)

    def test_a_preview_shows_what_would_change_and_no_hash_that_nobody_signs(self):
        fr, gb, se = self.federation("FR", "GB", "SE")
        for change in (("--remove", "SE"), ("--renew-keys",), ("--rename", "other")):
            draft = fr.json("community", "propose", "demo", *change, "--dry-run")
            self.assertEqual("draft", draft["state"])
            self.assertEqual(["", "", "", []], [draft[key] for key in ("hash", "signed_charter", "proposed_at", "signed_by")])
        shown = fr.run("community", "propose", "demo", "--remove", "SE", "--dry-run").stdout
        self.assertRegex(shown, r"^demo  epoch 2  keys 2  draft\n  - member-removed: SE\n")
        signed = fr.json("--yes", "community", "propose", "demo", "--remove", "SE")["hash"]
        self.assertEqual([signed], [charter["hash"] for charter in proposals(fr)])

    def test_a_fork_is_settled_by_the_first_digits_of_a_hash(self):
        nodes = fr, gb, se = self.federation("FR", "GB", "SE")
        hashes = [fr.json("--yes", "community", "propose", "demo", "--rename", name, "--instead")["hash"] for name in ("one", "two")]
        for node in (gb, se):
            wait_for(f"{node.country} has both proposals", lambda: len(proposals(node)) == 2)
        # Each of the two signs another, and learns of the other's signature later.
        for node in nodes:
            node.stop()
        for node, charter in ((gb, hashes[0]), (se, hashes[1])):
            node.start()
            node.run("--yes", "community", "sign", "demo", "--hash", charter)
            self.assertEqual(2, int(node.json("community", "show")["communities"][0]["epoch"]))
            node.stop()
        for node in nodes:
            node.start()
        for node in nodes:
            wait_for(f"{node.country} is frozen", lambda: node.json("community", "show")["communities"][0]["state"] == "frozen")
        name = fr.json("community", "show")["communities"][0]["id"]
        self.assertTrue(any("bakhita community settle" in warning for warning in fr.json_of_status()["warnings"]))
        fork, = [charter for charter in fr.json("community", "history", name)["charters"] if charter["state"] == "fork"]
        self.assertEqual([("name-changed", "demo")], [(one["kind"], one["from"]) for one in fork["differences"]])
        self.assertIn("first 8 digits", self.refuses(fr, 2, "--yes", "community", "settle", name, "--keep", hashes[1][:7]))
        self.assertIn("none of the charters", self.refuses(fr, 4, "--yes", "community", "settle", name, "--keep", "0" * 64))
        for node in nodes:
            node.run("--yes", "community", "settle", name, "--keep", hashes[1][:8])
            self.assertEqual("two", node.json("community", "show")["communities"][0]["name"])
        self.assertIn("not frozen", self.refuses(fr, 9, "--yes", "community", "settle", name, "--keep", hashes[1][:8]))

    def test_a_country_that_leaves_is_seen_to_have_left(self):
        fr, gb, se = self.federation("FR", "GB", "SE")
        se.run("--yes", "community", "leave", "demo")
        self.assertEqual("left", community(se)["state"])

        def knows(node):
            return [member["country"] for member in community(node)["members"] if member.get("left")] == ["SE"]
        wait_for("FR and GB are told", lambda: knows(fr) and knows(gb))
        self.assertTrue(any("SE has left" in warning for warning in fr.json_of_status()["warnings"]))
        self.refuses(se, 9, "--yes", "community", "leave", "demo")
        self.assertIn("has left", self.refuses(se, 9, "--yes", "community", "sign", "demo"))
        decide([fr, gb], "--remove", "SE")
        decide([fr, gb], "--add", "SE", "--basis", "invented treaty, article 2")
        if epoch(se) < 3:  # or it came by itself
            se.run("community", "join", self.write("third.charter", fr.run("community", "show", "demo", "--charter").stdout))
        else:
            se.run("--yes", "community", "sign", "demo")
        wait_for(lambda: f"SE is back: {community(se)}", lambda: community(se)["state"] == "in force", seconds=30)

    def test_rules_come_from_a_file_and_without_a_legal_basis_nothing_is_exchanged(self):
        nodes = [self.node(country) for country in ("FR", "GB")]
        pair(nodes)
        fr, gb = nodes
        rules = self.write("rules.yaml", "purposes: [investigation]\nlegal_bases:\n"
                           "  - {from: [FR], to: [GB], basis: 'invented treaty', review: 2027-06-30}\n")
        charter = self.write("one.charter", fr.run("community", "create", "--name", "one", "--member", "GB",
                                                   "--rules", rules).stdout)
        self.refuses(fr, 9, "community", "create", "--name", "one", "--member", "GB", "--rules", rules)
        gb.run("community", "join", charter)
        for node in nodes:
            path = self.write(f"{node.country}.jsonl", report(1, "+33639981234", country=node.country))
            node.run("report", "import", path)
            node.run("--yes", "publish", "--approver", "supervisor")
        wait_for("GB finds what FR has", lambda: gb.json("match", "list").get("matches"))
        self.assertEqual([], fr.json("match", "list").get("matches", []))
        members = {member["country"]: member for member in community(fr, "one")["members"]}
        self.assertTrue(members["GB"]["receives"])
        self.assertFalse(members["GB"].get("sends", False))
        for text, place in (("purposes: [a]\nretention: 3\n", ":2:1: unknown key retention"),
                            ("legal_bases:\n  - {from: [FR], to: [GB]}\n", ":2:5: a legal basis needs"),
                            ("highest_tlp: PINK\n", ":1:14: PINK is no TLP")):
            wrong = self.write("wrong.yaml", text)
            self.assertIn(place, self.refuses(fr, 3, "--yes", "community", "propose", "one", "--rules", wrong))


if __name__ == "__main__":
    unittest.main()
