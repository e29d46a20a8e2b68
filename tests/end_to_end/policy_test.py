# SPDX-License-Identifier: EUPL-1.2
"""Who would get what, who got it, and whether every recorded decision is still the same."""
import json
import unittest

from scenario import Scenario, pair, report, wait_for, wait_until_synced

SHARED, VICTIMS = "+33639981234", "+33639985678"

RULES = """purposes: [investigation]
legal_bases:
  - {from: [FR], to: [GB], basis: 'invented treaty, article 1'}
  - {from: [GB, SE], to: [all], basis: 'invented treaty, article 2'}
"""


class Policy(Scenario):
    def three_nodes(self):
        """FR's indicators may go to GB alone."""
        nodes = [self.node(country) for country in ("FR", "GB", "SE")]
        pair(nodes)
        rules = self.write("rules.yaml", RULES)
        charter = self.write("demo.charter", nodes[0].run("community", "create", "--name", "demo", "--member", "GB",
                                                          "--member", "SE", "--rules", rules).stdout)
        for node in nodes[1:]:
            node.run("community", "join", charter)
        for node in nodes:
            path = self.write(f"{node.country}.jsonl", report(1, SHARED, country=node.country)
                              + report(2, VICTIMS, country=node.country, role="VICTIM"))
            node.run("report", "import", path)
        return nodes

    def simulated(self, node, *arguments):
        """(act, country) → rule."""
        answers = node.json("policy", "simulate", *arguments)["answers"]
        return {(answer["act"], country): answer["rule"] for answer in answers for country in answer["countries"]}

    def test_simulate_says_who_would_get_what_and_publishing_does_just_that(self):
        fr, gb, se = self.three_nodes()
        self.assertEqual({("release", "GB"): "allowed", ("release", "SE"): "no-legal-basis",
                          ("lookup-ask", "GB"): "allowed", ("lookup-ask", "SE"): "allowed"},
                         self.simulated(fr, "--report", "FR-1"))
        self.assertEqual({"shielded-role"}, set(self.simulated(fr, "--report", "FR-2").values()))
        self.assertEqual("no-sighting", self.simulated(fr, "--identifier", "phone", "+33639990000")["release", "GB"])
        said = fr.run("policy", "simulate", "--report", "FR-1").stdout
        self.assertIn("GB would hold phone (1)", said)
        self.assertIn("refused by rule no-legal-basis of charter epoch 1 (demo): the charter names no legal basis for it "
                      "from the one to the other; may be changed by the members, with the next charter", said)
        for node in (fr, gb, se):
            node.run("--yes", "publish", "--approver", "supervisor")
        wait_until_synced([fr, gb], 120)
        wait_for("GB finds both", lambda: {match["country"] for match in gb.json("match", "list").get("matches", [])} == {"FR", "SE"})
        wait_for("SE finds GB", lambda: {match["country"] for match in se.json("match", "list").get("matches", [])} == {"GB"})
        self.refuses(fr, 4, "policy", "simulate", "--report", "FR-9")
        self.refuses(fr, 2, "policy", "simulate")

    def test_every_decision_is_made_again_and_another_charter_would_have_decided_otherwise(self):
        fr, gb, se = self.three_nodes()
        for node in (fr, gb, se):
            node.run("--yes", "publish", "--approver", "supervisor")
        wait_until_synced([fr, gb], 120)
        for node in (fr, gb, se):
            replayed = node.json("policy", "replay")
            self.assertEqual("0", replayed["differing"], replayed)
            self.assertLess(3, int(replayed["decisions"]))
        everything = fr.json("policy", "replay")
        self.assertEqual("0", fr.json("policy", "replay", "--from", "2099-01-01")["records"])
        self.assertEqual(everything["problem"], "")
        self.refuses(fr, 2, "policy", "replay", "--from", "yesterday")

        rules = self.write("narrow.yaml", "purposes: [investigation]\nhighest_tlp: CLEAR\nidentifier_types: [iban]\n"
                           "legal_bases:\n  - {from: [GB, SE], to: [all], basis: 'invented treaty, article 2'}\n")
        proposed = fr.json("--yes", "community", "propose", "demo", "--rules", rules)["hash"]
        result = fr.run("--json", "policy", "replay", "--charter", proposed[:16], check=False)
        self.assertEqual(10, result.returncode, result.stderr)
        would = {(row["recorded"], row["recomputed"]) for row in json.loads(result.stdout)["differences"]}
        self.assertIn(("allowed", "no-legal-basis"), would)
        self.assertIn(("allowed", "tlp-over-charter"), would)
        self.assertIn("would be others", fr.run("policy", "replay", "--charter", proposed[:16], check=False).stdout)
        wait_for("GB knows the proposal", lambda: proposed in {charter["hash"] for charter
                                             in gb.json("community", "proposals").get("charters", [])})
        self.assertEqual({("release", "FR"): "tlp-over-charter", ("release", "SE"): "tlp-over-charter",
                          ("lookup-ask", "FR"): "no-legal-basis", ("lookup-ask", "SE"): "allowed"},
                         self.simulated(gb, "--report", "GB-1", "--charter", proposed[:16]))

        # In force, it decides from here on; what was decided before is still right under its own charter.
        gb.run("--yes", "community", "sign", "demo")
        wait_for("FR knows the new charter", lambda: fr.json("community", "show", "demo")["communities"][0]["epoch"] == 2)
        fr.run("--yes", "publish", "--approver", "supervisor")
        for node in (fr, gb):
            self.assertEqual("0", node.json("policy", "replay")["differing"])


if __name__ == "__main__":
    unittest.main()
