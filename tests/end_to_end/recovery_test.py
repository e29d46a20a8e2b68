# SPDX-License-Identifier: EUPL-1.2
"""Old copies, lost machines, lost feeds: the node gets its feed back from its peers, and signs no size twice."""
import shutil
import time
import unittest

from federation import free_port
from scenario import Scenario, report, wait_until_synced


def wait_for(what, condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not in {seconds} s: {what()}")
        time.sleep(0.2)


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

    def test_a_lost_machine_comes_back_from_its_keystore_and_two_peers(self):
        fr, gb, se = self.three()
        gb.stop()
        shutil.copy2(gb.folder / "keystore", self.work / "keystore.copy")
        shutil.rmtree(gb.folder)
        address = f"127.0.0.1:{free_port()}"
        gb.run("init", gb.folder, "--restore", self.work / "keystore.copy", "--country", "GB", "--authority", "Authority of GB",
               "--desk", "desk-GB", "--listen", address, "--advertise", address, "--key-file", self.work / "GB.key")
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
