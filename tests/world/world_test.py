# SPDX-License-Identifier: EUPL-1.2
"""The arithmetic of ./dev world: world_test.py WORLD_LOOKUPS."""
import os
import sys
import tempfile
import unittest
import xml.dom.minidom

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
# pylint: disable=wrong-import-position
import announcing
import feeds
import model
import plots
import programs

PROGRAM = sys.argv.pop()
TABLE = feeds.read_table(os.path.join(HERE, "../../docs/scale-feeds.tsv"))
COSTS = {"head": 686, "clock_around": 7, "ping": 8, "pong": 8}


def lookups(peers, days, seed=1, **how):
    return programs.lookups(PROGRAM, peers, days, seed, **how)


class Members(unittest.TestCase):
    def test_the_table_has_193_members_in_five_groups(self):
        self.assertEqual(len(TABLE.groups), 193)
        self.assertEqual(len(TABLE.medians), 5)

    def test_a_seed_draws_the_same_members_again(self):
        self.assertEqual(feeds.draw_members(TABLE, 50, 7), feeds.draw_members(TABLE, 50, 7))
        self.assertNotEqual(feeds.draw_members(TABLE, 50, 7), feeds.draw_members(TABLE, 50, 8))

    def test_five_hundred_members_have_names_of_their_own(self):
        self.assertEqual(len({m.code for m in feeds.draw_members(TABLE, 500, 1)}), 500)


class Announcing(unittest.TestCase):
    def spoken(self, nodes, publications=()):
        times = [list(publications) for _ in range(nodes)]
        return announcing.announce(times, COSTS, 60, 0, model.DAY, seed=1, sample=nodes)

    def test_every_node_tells_every_peer_every_head_each_hour(self):
        for nodes in (10, 30):
            each = self.spoken(nodes).heads / nodes / (nodes - 1)
            self.assertGreater(each, 23)
            self.assertLessEqual(each, 25)

    def test_heads_grow_with_the_square_of_the_members(self):
        self.assertAlmostEqual(self.spoken(40).heads / self.spoken(20).heads, 40 * 39 / (20 * 19), delta=0.05)

    def test_a_publication_is_told_beside_the_hourly_signature(self):
        self.assertGreater(self.spoken(10, [30_000.0, 31_000.0, 32_000.0]).heads, self.spoken(10).heads)

    def test_what_is_said_is_more_behind_tls(self):
        spoken = self.spoken(10)
        self.assertGreater(spoken.tls_bytes, spoken.plain_bytes)

    def test_a_record_is_padded_to_512_bytes(self):
        self.assertEqual([announcing.tls_size(n) for n in (0, 1, 511, 512)], [0, 533, 533, 1045])
        self.assertEqual(announcing.tls_size(16384 + 1), announcing.tls_size(16384) + 533)

    def test_two_silent_ends_ping_every_forty_seconds(self):
        self.assertEqual(announcing.pings_of_pair([], [], 0, 4001), 200)
        self.assertEqual(announcing.pings_of_pair(range(0, 4000, 30), range(0, 4000, 30), 0, 4000), 0)


class Lookups(unittest.TestCase):
    def test_a_seed_gives_the_same_history_again(self):
        peers = [(5, 3, 100, 50)] * 30
        self.assertEqual(lookups(peers, 20), lookups(peers, 20))
        self.assertNotEqual(lookups(peers, 20), lookups(peers, 20, seed=2))

    def test_no_identifier_is_lost_or_asked_twice(self):
        peers = [(5 + i, 3, 100 * i, 50) for i in range(60)]
        out = lookups(peers, 20)
        for g in (0, 1):
            standing = sum(p[2 + g] for p in peers)
            self.assertEqual(out["evaluated"][g] + out["left"][g], out["arrived"][g] + standing)

    def test_elements_are_those_of_the_batches(self):
        out = lookups([(5, 3, 1000, 50)] * 10, 20)
        self.assertEqual(sum(out["elements"]), 64 * out["answered_64"] + 256 * out["answered_256"])

    def test_all_peers_together_stay_under_the_ceiling(self):
        days = 30
        out = lookups([(20, 0, 0, 0)] * 300, days)
        per_day, burst, _ = programs.QUOTAS[1]
        self.assertLessEqual(out["elements"][0], programs.CEILING * (burst + per_day * days))
        self.assertGreater(out["elements"][0], programs.CEILING * per_day * (days - 2))

    def test_one_peer_waits_for_its_own_quota(self):
        per_day, burst, _ = programs.QUOTAS[1]
        out = lookups([(0, 0, burst + 2 * per_day, 0)], 5)
        self.assertAlmostEqual(out["standing_done"][0][2] / model.DAY, 2, delta=0.05)

    def test_an_onboarding_grant_is_beside_the_quota(self):
        out = lookups([(0, 0, 20_000, 0)], 5, onboarding=(20_224, 0))
        self.assertLess(out["standing_done"][0][2], 3600)

    def test_an_epoch_s_allowance_ends(self):
        out = lookups([(2, 0, 0, 0)], 60, quotas={1: (1024, 2048, 640), 2: (1, 1, 1)})
        self.assertEqual(out["elements"][0], 640)


class Costs(unittest.TestCase):
    def test_a_line_goes_through_both_measurements_and_never_falls(self):
        line = model.line_of({"x@6": 10, "x@18": 34}, "x")
        self.assertEqual((line.base, line.slope, line.at(100)), (0, 2, 200))
        falling = model.line_of({"x@6": 10, "x@18": 4}, "x")
        self.assertEqual(falling.at(100), 4)

    def test_locks_are_filled_up_to_a_multiple_of_32(self):
        sizes = [model.records_of(model.Publications(1, new)) for new in (0.2, 1, 32, 33)]
        self.assertEqual(sizes, [32, 32, 32, 64])

    def test_publications_carry_all_that_is_new(self):
        for member in feeds.draw_members(TABLE, 20, 1):
            each = model.publications_of(member, TABLE.assumptions)
            self.assertAlmostEqual(each.per_day * each.new, member.identifiers / 365)


class Plots(unittest.TestCase):
    def test_a_plot_is_xml(self):
        with tempfile.TemporaryDirectory() as folder:
            plots.lines(folder + "/a.svg", "t", "x", "y", {"one": [(1, 2), (10, 300)]}, x_log=True, y_log=True)
            self.assertEqual(xml.dom.minidom.parse(folder + "/a.svg").documentElement.tagName, "svg")


if __name__ == "__main__":
    unittest.main()
