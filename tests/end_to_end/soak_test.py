# SPDX-License-Identifier: EUPL-1.2
"""`./dev soak`, shortened: real nodes that are killed behind a bad network lose, leak and invent nothing."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from scenario import BIN

SOAK = pathlib.Path(__file__).resolve().parents[1] / "soak" / "soak.py"
sys.path.append(str(SOAK.parent))
import frames  # noqa: E402
from ledger import Ledger, Mention, truth_of  # noqa: E402


class Soak(unittest.TestCase):
    def test_nodes_that_are_killed_and_cut_off_keep_their_word(self):
        ran = subprocess.run([sys.executable, SOAK, "--bin", BIN, "--minutes", "0.4", "--nodes", "4"], capture_output=True, text=True)
        self.assertEqual(0, ran.returncode, ran.stdout[-4000:] + ran.stderr[-4000:])
        result = json.loads(ran.stdout.splitlines()[-1])
        self.assertGreater(result["kills"], 3)
        self.assertGreater(result["expected"], 3)  # how many depends on the machine
        self.assertEqual((0, 0, 0, 0), tuple(result[name] for name in ("missed", "wrong", "lost", "leaked")))


class Oracles(unittest.TestCase):
    """They see what they are for."""

    def setUp(self):
        self.ledger = Ledger("FR")
        self.content = (Mention("phone", "+33639981234", "06 39 98 12 34", "recruiter"),)
        self.shown = (("phone", "06 39 98 12 34", "recruiter"),)

    def test_what_was_acknowledged_and_is_gone_or_changed_is_lost(self):
        self.ledger.reports["FR-1"].acknowledge(self.content)
        self.assertEqual([], self.ledger.compare({"FR-1": self.shown}))
        self.assertEqual(1, len(self.ledger.compare({})))
        self.assertEqual(1, len(self.ledger.compare({"FR-1": (("phone", "06 39 98 12 34", "victim"),)})))
        self.assertEqual(2, self.ledger.lost)

    def test_what_was_tried_may_be_there_and_what_was_seen_stays(self):
        self.ledger.reports["FR-1"].tried.append(self.content)
        self.assertEqual([], self.ledger.compare({}))
        self.ledger.reports["FR-1"].tried.append(self.content)
        self.assertEqual([], self.ledger.compare({"FR-1": self.shown}))
        self.assertEqual(1, len(self.ledger.compare({})))

    def test_what_came_back_after_its_erasure_is_wrong(self):
        self.ledger.reports["FR-1"].acknowledge(None)
        self.assertEqual(1, len(self.ledger.compare({"FR-1": self.shown})))
        self.assertEqual(1, len(self.ledger.compare({"FR-2": self.shown, "FR-1": None})))

    def test_a_number_that_one_country_names_as_a_victims_matches_among_the_others(self):
        others = [Ledger("GB"), Ledger("SE")]
        for ledger, role in ((self.ledger, "victim"), (others[0], "recruiter"), (others[1], "business")):
            ledger.reports[f"{ledger.country}-1"].acknowledge((self.content[0]._replace(role=role),))
        match, = truth_of([self.ledger, *others])["matches"]
        self.assertEqual(["GB", "SE"], match["countries"])

    def file_of(self, *contents):
        folder = tempfile.TemporaryDirectory(prefix="bakhita-")
        self.addCleanup(folder.cleanup)
        file = pathlib.Path(folder.name) / "1.frames"
        file.write_bytes(b"bakhita frames 1\n" + b"".join(
            len(content).to_bytes(4, "big") + bytes(8) + bytes([direction, 1]) + bytes(8) + bytes(32) + content
            for direction, content in contents))
        return [file]

    def test_two_roots_for_one_size_are_seen(self):
        def note(size, root):
            return 1, f"bakhita.v1/{'0' * 32}/{'1' * 64}/1\n{size}\n{root * 43}=\n\n".encode()
        self.assertEqual([], frames.notes(self.file_of(note(5, "a"), note(6, "b"), note(5, "a")))[1])
        self.assertEqual(1, len(frames.notes(self.file_of(note(5, "a"), note(6, "b"), note(5, "c")))[1]))

    def test_an_answer_that_is_repeated_counts_once(self):
        def field(number, value):
            return bytes([number << 3 | 2, *(len(value).to_bytes(1, "big") if len(value) < 128
                                              else (len(value) & 0x7F | 0x80, len(value) >> 7))]) + value
        ask = 2, field(5, field(1, b"request") + b"\x20\x01" + field(5, bytes(16 * 32)))
        answer = 1, field(6, field(1, b"request"))
        answered = frames.answered_elements(self.file_of(ask, answer, ask, answer))
        self.assertEqual([[(0, 16)]], list(answered.values()))


if __name__ == "__main__":
    unittest.main()
