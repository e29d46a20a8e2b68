# SPDX-License-Identifier: EUPL-1.2
"""The real daemon under peers that break TLS, the protocol and the proofs: each is refused with the right reason and one line
in the log, memory stays bounded, and the good peer goes on."""
import json
import os
import pathlib
import re
import subprocess
import unittest

from scenario import Scenario, found_community, pair, report, wait_for, wait_until_synced

HOSTILE = pathlib.Path(os.environ["HOSTILE_PEER"])


class Hostile(Scenario):
    """GB is the victim, FR its good peer; XX is a member gone bad, DE paired but in no community with GB."""

    @classmethod
    def setUpClass(cls):
        maker = cls("make")
        Scenario.setUp(maker)
        cls.addClassCleanup(Scenario.tearDown, maker)
        cls.maker, cls.work = maker, maker.work
        cls.gb, cls.fr, cls.xx, cls.de = nodes = [
            maker.node(country, start=False, options=options)
            for country, options in (("GB", ()), ("FR", ()), ("XX", ("--unlisted-country",)), ("DE", ()))]
        cls.gb.configure("\nquotas: {g1: {per_day: 128, burst: 128, per_epoch: 10000}}\n")
        for node in nodes:
            node.start()
        pair(nodes)
        found_community([cls.gb, cls.fr, cls.xx])
        for number, node in enumerate((cls.gb, cls.fr), 1):
            node.run("report", "import", maker.write("some.jsonl", "".join(
                report(n, f"+3363998{n:04d}", country=node.country) for n in range(number, number + 8))))
            node.run("--yes", "publish")
        wait_until_synced([cls.gb, cls.fr, cls.xx], 120)
        cls.xx.stop()
        cls.de.stop()

    def make(self):
        """Names the scenario that makes the nodes of this class."""

    def setUp(self):
        self.nodes = []
        self.log_begin = self.gb.log.stat().st_size
        self.attacker = None

    def tearDown(self):
        if self.attacker:
            self.attacker.stdin.close()
            self.attacker.wait(30)
            self.attacker.stdout.close()
        self.assertIsNone(self.gb.process.poll(), self.gb.tail())

    def log_lines(self, event):
        with open(self.gb.log) as log:
            log.seek(self.log_begin)
            return [line for line in log if f" {event} " in line]

    def attack(self, name, attacker=None):
        ran = subprocess.run([HOSTILE, (attacker or self.xx).config, "GB", name], capture_output=True, text=True, timeout=60)
        self.assertEqual("", ran.stderr)
        return ran.stdout.splitlines()

    def hold(self, name):
        self.attacker = subprocess.Popen([HOSTILE, self.xx.config, "GB", name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.assertIn(self.attacker.stdout.readline().strip(), ("stalled", "serving"))

    def wait_for(self, what, condition, seconds=60):
        wait_for(lambda: f"{what}\n{self.gb.tail()}", condition, seconds)

    def view(self, country="XX"):
        return next(peer for peer in self.gb.json("peer", "list")["peers"] if peer["country"] == country)

    def good_peer_goes_on(self):
        """FR publishes something new; GB holds it, however hard others try."""
        number = getattr(Hostile, "number", 100) + 1
        Hostile.number = number
        self.fr.run("report", "import", self.maker.write("new.jsonl", report(number, f"+3363997{number:04d}")))
        self.fr.run("--yes", "publish")
        size = int(self.fr.json_of_status()["own_feeds"][0]["size"])
        self.wait_for("FR's news", lambda: int(self.view("FR")["feeds"][0]["size"]) == size)

    def refused_once(self, event, reason, attack, attacker=None, answers=("closed",)):
        self.assertEqual(list(answers), self.attack(attack, attacker))
        self.wait_for(event, lambda: self.log_lines(event))
        lines = self.log_lines(event)
        self.assertEqual(1, len(lines), lines)
        self.assertRegex(lines[0], reason)
        self.assertNotRegex(lines[0], "33639|phone")

    def test_tls_that_is_not_ours_is_refused(self):
        self.assertEqual(["greeted"], self.attack("tls-alone"))
        self.wait_for("the end of it", lambda: self.log_lines("peer_closed") + self.log_lines("peer_refused"))
        for attack in ("unknown-key", "tls-1.2", "no-certificate"):
            with self.subTest(attack):
                self.log_begin = self.gb.log.stat().st_size
                self.refused_once("peer_refused", "pin is not known" if attack == "unknown-key" else "why=", attack, answers=["refused"])
        self.good_peer_goes_on()

    def test_a_paired_node_outside_the_community_is_refused(self):
        self.refused_once("peer_refused", "pin is not known", "tls-alone", self.de, answers=["refused"])

    def test_a_wrong_hello_is_refused(self):
        expected = {"clock-before-hello": "not allowed now", "hello-of-another": "another node", "hello-with-a-wrong-signature": "signature"}
        for attack, reason in expected.items():
            with self.subTest(attack):
                self.log_begin = self.gb.log.stat().st_size
                answers = self.attack(attack)
                self.assertEqual("closed", answers[-1])
                self.wait_for(attack, lambda: self.log_lines("peer_misbehaved") + self.log_lines("peer_refused"))
                lines = self.log_lines("peer_misbehaved") + self.log_lines("peer_refused")
                self.assertEqual(1, len(lines), lines)
                self.assertRegex(lines[0] + " ".join(answers), reason)
                self.assertFalse(self.log_lines("peer_connected"), "a session without a right Hello")

    def memory(self):
        return int(re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{self.gb.process.pid}/status").read_text()).group(1))

    def test_frames_that_no_correct_peer_sends_are_cut(self):
        before = self.memory()
        for attack in ("oversized", "four-mebibytes", "garbage", "empty-messages", "unknown-fields", "deep-nesting", "second-hello", "unasked-data"):
            with self.subTest(attack):
                self.log_begin = self.gb.log.stat().st_size
                answers = self.attack(attack)
                self.assertEqual("closed", answers[-1])
                self.wait_for(attack, lambda: self.log_lines("peer_misbehaved"))
                self.assertEqual(1, len(self.log_lines("peer_misbehaved")))
        self.good_peer_goes_on()
        self.assertLess(self.memory() - before, 32 * 1024, "kB more than before the bombs")

    def test_a_peer_that_stalls_holds_up_nobody(self):
        for attack in ("silent", "no-hello", "half-a-frame"):
            with self.subTest(attack):
                self.hold(attack)
                self.good_peer_goes_on()
                self.attacker.stdin.close()
                self.attacker.wait(30)
                self.attacker.stdout.close()
                self.attacker = None

    def test_wrong_questions_get_their_reason_and_no_evaluation(self):
        self.assertEqual(["evaluated"], self.attack("good-question"))
        expected = {"identity-point": "identity", "non-canonical-point": "not canonical", "duplicate-element": "repeats",
                    "wrong-public-key": "public key", "odd-batch": "malformed", "other-community": "not a member",
                    "want-behind-the-end": "not found", "want-backwards": "malformed"}
        for attack, reason in expected.items():
            with self.subTest(attack):
                answers = self.attack(attack)
                self.assertEqual(1, len(answers), answers)
                self.assertRegex(answers[0], reason)
                self.assertNotIn("evaluated", answers)

    def test_a_request_id_answers_one_question(self):
        answers = self.attack("replayed-id")
        self.assertEqual(["evaluated", "evaluated"], answers[:2])
        self.assertRegex(answers[2], "error: .*id")

    def test_z_an_exhausted_quota_answers_no_more(self):
        answers = self.attack("quota")
        self.assertTrue(answers[-1].startswith("busy: "), answers)
        self.assertLessEqual(answers.count("evaluated"), 128 // 16)
        self.assertTrue(self.log_lines("quota_exhausted"))

    def test_origin_1_a_feed_that_does_not_verify_is_not_taken(self):
        for attack, reason in {"forged-signature": "signature", "wrong-leaf": "root|proof", "wrong-body": "body|header"}.items():
            with self.subTest(attack):
                self.hold(attack)
                self.wait_for(attack, lambda: re.search(reason, self.view()["last_error"]))
                self.assertEqual([0], [int(feed["size"]) for feed in self.view()["feeds"]] or [0])
                self.attacker.stdin.close()
                self.attacker.wait(30)
                self.attacker.stdout.close()
                self.attacker = None
        self.good_peer_goes_on()

    def test_origin_2_an_answer_that_is_not_proven_is_not_used(self):
        for attack, reason in {"wrong-proof": "proof", "wrong-key": "proof", "identity-answer": "proof|point|canonical", "swapped-answer": "proof",
                               "non-canonical-answer": "proof|canonical", "short-answer": "malformed"}.items():
            with self.subTest(attack):
                self.gb.stop()
                self.gb.start()  # forgets how long it wanted to wait after the last lie
                self.log_begin = self.gb.log.stat().st_size
                self.hold(attack)
                event = "peer_misbehaved" if attack == "short-answer" else "lookup_failed"
                self.wait_for(attack, lambda: self.log_lines(event))
                self.assertRegex(self.log_lines(event)[0], reason)
                self.assertGreater(int(self.gb.json_of_status()["lookups_waiting"]), 0)
                self.attacker.stdin.close()
                self.attacker.wait(30)
                self.attacker.stdout.close()
                self.attacker = None

    def test_origin_3_right_answers_are_used_and_a_split_view_is_proven(self):
        self.gb.stop()
        self.gb.start()
        self.hold("split-view")
        self.wait_for("the feed", lambda: any(int(feed["size"]) == 32 for feed in self.view()["feeds"]))
        self.wait_for("the lookups", lambda: int(self.gb.json_of_status()["lookups_waiting"]) == 0)
        self.attacker.stdin.write("another feed of the same size\n")
        self.attacker.stdin.flush()
        self.wait_for("the split view", lambda: self.log_lines("split_view"))
        self.assertEqual(["frozen"], [feed["state"] for feed in self.view()["feeds"]])
        self.assertTrue(any("frozen" in warning for warning in self.gb.json_of_status()["warnings"]))
        self.assertTrue(any("frozen" in feed["problem"] for feed in json.loads(self.gb.run("--json", "feed", "verify", check=False).stdout)["feeds"]))
        self.good_peer_goes_on()
        self.gb.stop()
        self.gb.start()
        self.assertEqual(["frozen"], [feed["state"] for feed in self.view()["feeds"]])


if __name__ == "__main__":
    unittest.main()
