# SPDX-License-Identifier: EUPL-1.2
"""Old copies, lost machines, lost feeds: the node gets its feed back from its peers, and signs no size twice."""
import shutil
import time
import unittest

from federation import free_port
from scenario import Scenario, report, wait_for, wait_until_synced


class Recovery(Scenario):
    def setUp(self):
        super().setUp()
        self.roots = {}  # (feed, generation, size) → root, of all notes that any peer ever held

    def publish(self, node, number, value):
        node.run("report", "import", self.write(f"{node.country}-{number}.jsonl", report(number, value, country=node.country)))
        node.run("--yes", "publish", "--approver", "supervisor")

    def collect_notes(self, *nodes):
        for number, node in enumerate(nodes):
            folder = self.work / f"feeds-{node.country}-{len(self.roots)}-{time.monotonic_ns()}"
            node.run("feed", "export", folder)
            for checkpoint in folder.glob("*/checkpoint"):
                line, size, root = checkpoint.read_text().splitlines()[:3]
                self.assertEqual(root, self.roots.setdefault((line, size), root), "two roots were signed for one size")

    def recovery(self, node):
        return node.json("recover", "status")

    def finish(self, node):
        wait_for(lambda: f"recovery can be finished: {self.recovery(node)}", lambda: not self.recovery(node)["obstacle"])
        # A peer's head may come between the two: then it is fetched first, and finishing is refused until then.
        wait_for(lambda: f"recovery is finished: {self.recovery(node)}",
                 lambda: node.run("--yes", "recover", "finish", check=False).returncode == 0)
        self.assertEqual("serving", node.json_of_status()["state"])

    def expect_matches(self, *nodes):
        """Each finds the number that all have, at each other, once."""
        for node in nodes:
            others = sorted(other.country for other in nodes if other is not node)
            found = lambda: sorted(match["country"] for match in node.json("match", "list")["matches"])  # noqa: B023, E731
            wait_for(lambda: f"{node.country} matches {others}, not {found()}", lambda: found() == others)  # noqa: B023

    def three(self):
        nodes = self.federation("FR", "GB", "SE")
        for node in nodes:
            self.publish(node, 1, "+33639981234")
        wait_until_synced(nodes, 60)
        self.expect_matches(*nodes)
        self.collect_notes(*nodes)
        return nodes

    def put_back(self, node, copy):
        node.stop()
        shutil.rmtree(node.folder / "data")
        shutil.copytree(copy, node.folder / "data")
        node.start()
        wait_for(lambda: "recovery mode", lambda: node.json_of_status()["state"] == "recovery")

    def copy_of(self, node):
        node.stop()
        shutil.copytree(node.folder / "data", self.work / "copy")
        node.start()
        return self.work / "copy"

    def test_an_old_copy_beside_a_running_federation_publishes_on(self):
        fr, gb, se = self.three()
        copy = self.copy_of(fr)
        self.publish(fr, 2, "+33639981234")
        self.publish(fr, 3, "+33639985678")
        wait_until_synced([fr, gb, se], 60)
        self.collect_notes(fr, gb, se)
        self.put_back(fr, copy)
        self.assertEqual(21, fr.run("status", check=False).returncode)
        self.refuses(fr, 7, "--yes", "publish", "--approver", "supervisor")
        self.finish(fr)
        self.publish(fr, 4, "+33639981234")
        wait_until_synced([fr, gb, se], 60)
        self.collect_notes(fr, gb, se)
        self.expect_matches(fr, gb, se)
        for node in (gb, se):
            node.run("feed", "verify")
            self.assertEqual([], node.json("evidence", "list")["proofs"])

    def take_in(self, node, number, value):
        node.run("report", "import", self.write(f"{node.country}-{number}.jsonl", report(number, value, country=node.country)))

    def own_size(self, node):
        return sum(int(feed["size"]) for feed in node.json_of_status()["own_feeds"])

    def expect_match_of(self, node, *ids):
        found = lambda: sorted(match["report_ids"] for match in node.json("match", "list")["matches"])  # noqa: E731
        wait_for(lambda: f"{node.country} has matches of {ids}, not {found()}", lambda: found() == [[each] for each in ids])

    def test_a_copy_from_before_an_erasure_comes_back_without_the_erased_report_and_without_a_second_lock(self):
        fr, gb = nodes = self.federation("FR", "GB")
        for node in nodes:
            self.publish(node, 1, "+33639981234")
            self.publish(node, 2, "+33639985678")
        wait_until_synced(nodes, 60)
        for node in nodes:
            self.expect_match_of(node, f"{node.country}-1", f"{node.country}-2")
        copy = self.copy_of(fr)
        self.assertTrue(fr.json("--yes", "report", "erase", "FR-1", "--reason", "court order")["complete"])
        self.publish(fr, 3, "+33639987777")
        wait_until_synced(nodes, 60)
        self.collect_notes(*nodes)
        self.expect_match_of(gb, "GB-2")
        size = self.own_size(fr)

        self.put_back(fr, copy)
        told = self.recovery(fr)
        self.assertEqual((2, "2026-10-01", "2026-10-01"), (int(told["dropped_reports"]), told["dropped_from"], told["dropped_to"]))
        self.assertIn("2 reports of the old copy were dropped", fr.run("recover", "status").stdout)
        self.finish(fr)
        self.assertEqual(2, int(self.recovery(fr)["dropped_reports"]))
        self.assertIn("recover settle", self.refuses(fr, 5, "--yes", "publish", "--approver", "supervisor"))
        for number in ("FR-1", "FR-2"):
            self.refuses(fr, 4, "report", "show", number, "--reason", "test")
        self.take_in(fr, 2, "+33639985678")
        self.take_in(fr, 3, "+33639987777")
        fr.run("--yes", "recover", "settle")
        self.assertEqual(0, int(self.recovery(fr)["dropped_reports"]))
        fr.run("--yes", "publish", "--approver", "supervisor")
        self.assertEqual(size, self.own_size(fr), "each report found its lock")
        wait_until_synced(nodes, 60)
        self.collect_notes(*nodes)
        self.expect_match_of(gb, "GB-2")
        self.expect_match_of(fr, "FR-2")
        self.refuses(fr, 4, "report", "show", "FR-1", "--reason", "test")
        fr.run("audit", "verify")
        # Nothing of it hinders the next start, nor what comes later.
        fr.stop(), fr.start()
        self.publish(fr, 4, "+33639981234")
        wait_until_synced(nodes, 60)
        self.expect_match_of(gb, "GB-1", "GB-2")
        self.expect_match_of(fr, "FR-2", "FR-4")

    def test_a_lost_machine_comes_back_from_its_keystore_and_two_peers(self):
        fr, gb, se = self.three()
        gb.stop()
        gb.run("keys", "export-recovery", self.work / "GB.recovery")
        self.refuses(gb, 9, "keys", "export-recovery", self.work / "GB.recovery")
        shutil.copy2(gb.folder / "keystore", self.work / "keystore.copy")
        shutil.rmtree(gb.folder)
        (self.work / "GB.key").rename(self.work / "lost.key")  # with the machine
        address = f"127.0.0.1:{free_port()}"
        self.assertIn("give a new one", self.refuses(gb, 1, "init", gb.folder, "--restore", self.work / "keystore.copy", "--country", "GB",
                      "--authority", "A", "--key-file", self.work / "lost.key", "--recovery-key", self.work / "GB.recovery"))
        self.assertFalse(gb.folder.exists(), "what was refused leaves nothing")
        gb.run("init", gb.folder, "--restore", self.work / "keystore.copy", "--country", "GB", "--authority", "Authority of GB",
               "--desk", "desk-GB", "--listen", address, "--advertise", address, "--key-file", self.work / "GB.key",
               "--recovery-key", self.work / "GB.recovery")
        gb.run("keys", "verify")
        self.assertIn("wrong key file", self.refuses(gb, 7, "keys", "verify", "--key-file", self.work / "lost.key"))
        gb.configure("recovery:\n  peers: 2\n")
        gb.start()
        self.assertEqual("recovery", gb.json_of_status()["state"])
        self.refuses(gb, 9, "--yes", "recover", "finish")
        for other in (fr, se):
            gb.run("peer", "add", self.work / f"{other.country}.card")
            number = {peer["country"]: peer["verification_number"] for peer in gb.json("peer", "list")["peers"]}[other.country]
            gb.run("--yes", "peer", "verify", other.country, "--expect", "".join(filter(str.isdigit, number)))
        gb.run("community", "join", self.work / "demo.charter")
        self.finish(gb)
        self.publish(gb, 1, "+33639981234")
        self.publish(gb, 2, "+33639985678")
        wait_until_synced([fr, gb, se], 60)
        self.collect_notes(fr, gb, se)
        self.expect_matches(fr, gb, se)

    def test_a_copy_of_the_keystore_from_before_the_first_community_begins_in_recovery_as_well(self):
        fr = self.node("FR", start=False)
        again = self.work / "again"
        call = ("init", again, "--restore", fr.folder / "keystore", "--country", "FR", "--authority", "A", "--key-file", self.work / "FR.key")
        (again / "keystore").mkdir(parents=True)  # as if another had been there first
        self.refuses(fr, 9, *call)
        (again / "keystore").rmdir()
        (again / "bakhita.yaml").write_text("country: XX\n")
        self.assertIn("configuration without a keystore", self.refuses(fr, 9, *call))
        (again / "bakhita.yaml").unlink()
        fr.run(*call)
        (again / "keystore").unlink()  # as if it had been cut short: the keystore comes last
        fr.run(*call)
        self.refuses(fr, 9, *call)
        fr.folder, fr.config = again, again / "bakhita.yaml"
        fr.start()
        self.assertEqual("recovery", fr.json_of_status()["state"])
        self.assertIn("restored without it", fr.json_of_status()["state_reason"])

    def test_a_feed_that_nobody_holds_whole_goes_on_in_a_new_generation(self):
        fr, gb, se = self.three()
        copy = self.copy_of(fr)
        gb.stop(), se.stop()
        self.publish(fr, 2, "+33639985678")
        self.put_back(fr, copy)
        gb.start(), se.start()
        wait_for(lambda: f"peers have answered: {self.recovery(fr)}", lambda: self.recovery(fr)["answered"] == 2)
        self.assertIn("no peer that answered holds the rest", self.recovery(fr)["obstacle"])
        self.refuses(fr, 9, "--yes", "recover", "finish")
        fr.run("--yes", "recover", "new-generation")
        self.publish(fr, 3, "+33639985678")
        wait_until_synced([fr, gb, se], 60)
        self.collect_notes(fr, gb, se)
        self.expect_matches(fr, gb, se)
        generations = {feed["generation"] for peer in gb.json("status")["peers"] if peer["country"] == "FR" for feed in peer["feeds"]}
        self.assertEqual({1, 2}, generations)


if __name__ == "__main__":
    unittest.main()
