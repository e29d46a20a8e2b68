# SPDX-License-Identifier: EUPL-1.2
"""A new member of an old community: it takes what lives, from relays alone, and not the years before."""
import unittest

from charters import accept, decide
from scenario import Scenario, found_community, pair, report, wait_for

RETENTION_DAYS = 30
ENDED = 1_100  # more than the ended records that a floor must spare


class Floor(Scenario):
    def feed_of(self, node, origin):
        feeds = [feed for peer in node.json_of_status()["peers"] if peer["country"] == origin for feed in peer["feeds"]]
        return feeds[0] if feeds else {"size": "0", "first": "0"}

    def give(self, node, name, numbers):
        lines = "".join(report(number, f"+3363{number:07}", country=node.country) for number in numbers)
        node.run("report", "import", self.write(name, lines))

    def publish(self, node):
        node.run("--yes", "publish", "--approver", "supervisor")
        return self.own_size(node)

    def own_size(self, node):
        return int(node.json_of_status()["own_feeds"][0]["size"])

    def holds(self, node, origin, size):
        wait_for(f"{node.country} holds {size} records of {origin}",
                 lambda: int(self.feed_of(node, origin)["size"]) >= size)

    def later(self, node):
        node.stop()
        self.start_later(node, RETENTION_DAYS + 2)

    def test_it_begins_at_the_floor_that_a_relay_shows_and_follows_the_origin_from_there(self):
        nodes = fr, gb, ro = [self.node(country) for country in ("FR", "GB", "RO")]
        pair(nodes)
        found_community([fr, gb])
        fr.stop()
        fr.configure(f"\npublishing: {{retention_days: {RETENTION_DAYS}}}\n")
        fr.start()
        self.give(fr, "ended.jsonl", range(1, ENDED + 1))
        whole = self.publish(fr)
        self.holds(gb, "FR", whole)
        for node in nodes:
            self.later(node)
        wait_for("FR sets its floor", lambda: self.own_size(fr) > whole)
        self.give(fr, "living.jsonl", [ENDED + 1])
        size = self.publish(fr)
        self.holds(gb, "FR", size)
        self.assertEqual("0", self.feed_of(gb, "FR")["first"], "who holds a feed from its beginning goes on")
        decide([fr, gb], "--add", "RO", "--basis", "invented treaty, article 2")
        charter = self.write("second.charter", fr.run("community", "show", "demo", "--charter").stdout)
        fr.stop()
        self.give(ro, "asked.jsonl", [ENDED + 1])
        ro.run("community", "join", charter)
        accept([gb])
        self.holds(ro, "FR", size)
        first = int(self.feed_of(ro, "FR")["first"])
        self.assertGreaterEqual(first, 1_024)
        self.assertEqual(0, first % 256)
        self.assertEqual([], ro.json("match", "list")["matches"])
        for node in (gb, ro):
            verified = node.json("feed", "verify")["feeds"]
            self.assertTrue(verified and all(feed["ok"] for feed in verified), verified)
        self.start_later(fr, RETENTION_DAYS + 2)
        accept([fr])
        wait_for("RO finds what FR seeks", lambda: [match["country"] for match in ro.json("match", "list")["matches"]] == ["FR"])
        self.give(fr, "newer.jsonl", [ENDED + 2])
        self.holds(ro, "FR", self.publish(fr))
        self.assertEqual(first, int(self.feed_of(ro, "FR")["first"]))


if __name__ == "__main__":
    unittest.main()
