# SPDX-License-Identifier: EUPL-1.2
"""The main job on invented data with all types and written forms; and a search for plain text that can find something."""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

import generate
import leaks
from scenario import BIN

DEMO = pathlib.Path(generate.__file__).parent


class Generated(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="bakhita-generated-")
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)

    def generate(self, name, *arguments):
        subprocess.run([sys.executable, DEMO / "generate.py", "--out", self.path / name, *arguments], check=True, capture_output=True)
        return self.path / name

    def test_four_countries_find_all_and_show_nothing_else(self):
        samples = self.generate("samples", "--countries", "FR,NG,RO,US", "--reports", "150", "--seed", "41")
        ran = subprocess.run([sys.executable, DEMO / "demo.py", "--bin", BIN, "--samples", samples, "--work", self.path / "work"],
                             capture_output=True, text=True)
        self.assertEqual(0, ran.returncode, ran.stdout[-4000:] + ran.stderr[-4000:])
        result = json.loads((self.path / "work" / "result.json").read_text())
        self.assertEqual((result["expected"], 0, 0, 0),
                         (result["found"], result["missed"], result["wrong"], result["leaked"]))
        self.assertGreater(result["expected"], 200)

    def test_the_same_seed_writes_the_same_bytes_and_another_does_not(self):
        first, again, other = (self.generate(name, "--countries", "BR,SE", "--reports", "40", "--seed", seed)
                               for name, seed in (("a", "3"), ("b", "3"), ("c", "4")))
        for file in ("truth.json", "BR/reports.csv", "SE/identifiers.csv"):
            self.assertEqual((first / file).read_bytes(), (again / file).read_bytes(), file)
            self.assertNotEqual((first / file).read_bytes(), (other / file).read_bytes(), file)

    def test_every_type_is_shared_and_held_back_ones_never_match(self):
        samples = self.generate("d", "--reports", "400", "--seed", "8")
        truth = json.loads((samples / "truth.json").read_text())
        name = lambda entry: (entry["type"], entry["canonical"])
        self.assertEqual(set(generate.KINDS), {match["type"] for match in truth["matches"]})
        self.assertFalse(set(map(name, truth["matches"])) & set(map(name, truth["withheld"])))
        self.assertEqual({"victim", "witness", "reporter", "helpline", "benign"}, {entry["why"] for entry in truth["withheld"]})


class PlainText(unittest.TestCase):
    """What the demo's search must find, among random bytes as a database of sealed rows is made of."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="bakhita-leaks-")
        self.addCleanup(self.folder.cleanup)

    def search(self, needles, data):
        path = pathlib.Path(self.folder.name) / "file"
        path.write_bytes(data)
        return leaks.search_files(needles, [path])[path]

    def test_each_written_form_is_found_wherever_it_lies(self):
        rng = random.Random(5)
        world = generate.World(rng, ["FR", "SE"], 150, 0.4)
        world.make()
        values = {mention.value for mentions in world.mentions.values() for mention in mentions}
        needles = leaks.Needles(values)
        self.assertGreater(len(needles), 500)
        data = b"".join(os.urandom(40) + value.encode() for value in sorted(values))
        self.assertEqual(needles.needles, self.search(needles, data))
        self.assertEqual(set(), self.search(needles, os.urandom(len(data))))

    def test_a_form_on_the_border_of_two_chunks_and_in_capitals_is_found(self):
        needles = leaks.Needles(["ember.jobs77@amber.example", "+٣٣٦٣٩٩٨١٢٣٤"])
        for text in ("EMBER.Jobs77@Amber.example", "+٣٣٦٣٩٩٨١٢٣٤"):
            for before in range(leaks._CHUNK - 20, leaks._CHUNK + 2, 7):
                found = self.search(needles, b"\0" * before + text.encode() + b"\0" * 9)
                self.assertEqual({text.lower().encode()}, found, before)

    def test_phones_are_also_looked_for_as_bare_digits(self):
        forms = set(leaks.forms("phone", "+٣٣ ٦ ٣٩ ٩٨ ١٢ ٣٤"))
        self.assertIn("33639981234", forms)

    def test_compression_is_noticed(self):
        options = pathlib.Path(self.folder.name) / "OPTIONS-000007"
        options.write_text("  compression=kNoCompression\n  wal_compression=kNoCompression\n")
        self.assertEqual([], leaks.compressing_options(options.parent))
        options.write_text("  compression=kLZ4Compression\n")
        self.assertEqual(1, len(leaks.compressing_options(options.parent)))


if __name__ == "__main__":
    unittest.main()
