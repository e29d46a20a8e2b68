# SPDX-License-Identifier: EUPL-1.2
"""Feeds through neighbours: relays, members known through the charter alone, and origins that sign two feeds."""
import shutil
import unittest

from scenario import Scenario, found_community, pair, report, wait_for


class Relay(Scenario):
    def publish(self, node, number, value):
        node.run("report", "import", self.write(f"{node.country}-{number}.jsonl", report(number, value, country=node.country)))
        node.run("--yes", "publish", "--approver", "supervisor")

    def feed_of(self, node, origin):
        """What `node` holds of the origin's feed, as `status` shows it."""
        peers = node.json_of_status()["peers"]
        feeds = [feed for peer in peers if peer["country"] == origin for feed in peer["feeds"]]
        return feeds[0] if feeds else {"size": "0", "state": "none"}

    def holds(self, node, origin, size):
        wait_for(f"{node.country} holds {size} records of {origin}", lambda: int(self.feed_of(node, origin)["size"]) >= size)

    def own_size(self, node):
        return int(node.json_of_status()["own_feeds"][0]["size"])

    def test_a_member_gets_the_feed_of_an_origin_that_is_away_and_meets_it_later(self):
        gb, fr, se = self.node("GB"), self.node("FR"), self.node("SE")
        pair([gb, fr])
        pair([gb, se])
        found_community([gb, fr, se])
        self.publish(fr, 1, "+33639981234")
        size = self.own_size(fr)
        self.holds(gb, "FR", size)
        fr.stop()
        se.stop()
        se.start()
        self.holds(se, "FR", size)
        self.assertEqual("vouched", {peer["country"]: peer["state"] for peer in se.json("status")["peers"]}["FR"])
        se.run("feed", "verify")
        se.run("report", "import", self.write("se.jsonl", report(1, "0033639981234", country="SE")))
        fr.start()
        wait_for("SE asks FR directly and finds the match",
                 lambda: [match["country"] for match in se.json("match", "list")["matches"]] == ["FR"])
        row = next(row for row in se.json_of_status()["pairs"] if row["country"] == "FR")
        canaries = {canary["group"]: canary["state"] for canary in row["canaries"]}
        self.assertEqual({1: "found", 2: "unasked"}, canaries, "it went with the question about the phone")
        self.assertIn("unasked", se.run("status", check=False).stdout)

    def test_a_node_with_a_nearly_full_disk_leaves_records_with_its_peers_until_there_is_room(self):
        fr, gb = self.federation("FR", "GB")
        roomy = gb.config.read_text()
        notice = ("--yes", "advisory", "new", "--kind", "prevention", "--title", "Beware", "--language", "en")
        gb.run(*notice)
        gb.stop()
        gb.configure("\nlimits: {free_space_min: 1048576GiB}\n")
        gb.start()
        self.assertIn("limits.free_space_min", self.refuses(gb, 75, *notice))
        (advisory,) = gb.json("advisory", "list")["advisories"]
        gb.run("advisory", "end", advisory["id"], "--reason", "taking back needs no room")
        self.publish(fr, 1, "+33639981234")
        size = self.own_size(fr)
        wait_for("GB knows what FR has", lambda: int(self.feed_of(gb, "FR").get("known_size", 0)) == size)
        self.assertIn("limits.free_space_min", " ".join(gb.json_of_status()["warnings"]))
        self.assertEqual("0", self.feed_of(gb, "FR")["size"])
        gb.stop()
        gb.config.write_text(roomy)
        gb.start()
        self.holds(gb, "FR", size)

    def test_a_split_view_is_proven_by_two_members_and_by_a_file(self):
        fr, gb, se = self.federation("FR", "GB", "SE")
        self.publish(fr, 1, "+33639981234")
        first = self.own_size(fr)
        for node in (gb, se):
            self.holds(node, "FR", first)
        for node in (fr, gb, se):
            node.stop()
        for part in ("data", "data.anchor", "data.written"):
            copy = shutil.copytree if part == "data" else shutil.copy2
            copy(fr.folder / part, fr.folder / f"twin-{part}")
        fr.start(), gb.start()
        self.publish(fr, 2, "+33639981235")
        second = self.own_size(fr)
        self.holds(gb, "FR", second)
        fr.stop(), gb.stop()
        shutil.rmtree(fr.folder / "data")
        for part in ("data.anchor", "data.written"):
            (fr.folder / part).unlink()
        for part in ("data", "data.anchor", "data.written"):
            (fr.folder / f"twin-{part}").rename(fr.folder / part)
        fr.start(), se.start()
        self.publish(fr, 3, "+33639981236")
        self.holds(se, "FR", second)
        fr.stop()
        gb.start()
        for node in (gb, se):
            wait_for(f"{node.country} freezes the feed of FR", lambda: self.feed_of(node, "FR")["state"] == "frozen")
            self.assertEqual(20, node.run("status", check=False).returncode)
            self.assertIn("evidence", " ".join(node.json_of_status()["warnings"]))
        proof = self.work / "fr.proof"
        gb.run("evidence", "export", "FR", proof)
        for node in (gb, se):
            node.stop()
        card, other = self.work / "FR.card", self.work / "GB.card"
        self.assertIn("proven: FR", gb.run("evidence", "verify", proof, "--card", card).stdout)
        self.refuses(gb, 10, "evidence", "verify", proof, "--card", other)
        lines = proof.read_text().splitlines()
        lines[2] = ("B" if lines[2][0] != "B" else "C") + lines[2][1:]
        broken = self.write("broken.proof", "\n".join(lines) + "\n")
        self.assertNotEqual(0, gb.run("evidence", "verify", broken, "--card", card, check=False).returncode)
        fr.start(), gb.start()
        wait_for("the origin is told", lambda: fr.json_of_status()["state"] == "recovery")


if __name__ == "__main__":
    unittest.main()
