# SPDX-License-Identifier: EUPL-1.2
"""Bad configuration and bad files get an error that says where and what, and lose nothing."""
import subprocess
import unittest

from scenario import BIN, Scenario, report

REPORTS = "report_id,received_at,language,urgency,exploitation_types,source_evaluation,information_evaluation,handling\n"
IDENTIFIERS = "report_id,type,value,subject_role,first_seen,last_seen\n"


def row(number):
    return f"FR-{number},2026-10-01T08:00:00Z,fr,routine,ForcedLabour,A,1,H0\n"


class Configuration(Scenario):
    def check(self, change):
        node = self.node("FR", start=False)
        node.config.write_text(change(node.config.read_text()))
        result = node.run("config", "check", node.config, check=False)
        self.assertEqual(3, result.returncode, result.stdout + result.stderr)
        self.assertRegex(result.stderr, r"bakhita\.yaml:\d+:\d+: ")
        return result.stderr

    def test_tab(self):
        self.assertIn("tab", self.check(lambda text: text + "\nlimits:\n\tblock_cache: 1MiB\n").lower())

    def test_duplicate_key(self):
        self.assertIn("country", self.check(lambda text: text + "\ncountry: GB\n"))

    def test_unknown_key_names_the_nearest(self):
        self.assertIn("country", self.check(lambda text: text.replace("\ncountry:", "\ncuontry:", 1)))


class Import(Scenario):
    def setUp(self):
        super().setUp()
        self.fr = self.node("FR")

    def count(self):
        return int(self.fr.json("status")["reports"])

    def import_csv(self, reports, identifiers=IDENTIFIERS, *options):
        a = self.write("reports.csv", reports)
        b = self.write("identifiers.csv", identifiers)
        return self.fr.run("report", "import", a, b, *options, check=False)

    def test_the_good_rows_of_a_bad_file_arrive_and_the_bad_are_named(self):
        bad = "FR-2,2026-10-01T08:00:00Z,fr,routine,No\0thing,A,1,H0\n"
        result = self.import_csv(REPORTS + row(1) + bad + row(3))
        self.assertEqual(2, self.count(), result.stderr)
        self.assertRegex(result.stderr, r"reports\.csv:3:\d+: .*NUL")

    def test_an_identifier_without_a_form_is_named_where_it_stands(self):
        identifiers = IDENTIFIERS + "FR-1,phone,+33639980001,recruiter,,\nFR-2,phone,12,recruiter,,\nFR-2,iban,FR00,exploiter,,\n"
        result = self.import_csv(REPORTS + row(1) + row(2), identifiers)
        self.assertEqual(2, self.count(), result.stderr)
        self.assertRegex(result.stderr, r"identifiers\.csv:3:12: kept, but never compared: FR-2: phone: ")
        self.assertRegex(result.stderr, r"identifiers\.csv:4:11: kept, but never compared: FR-2: iban: ")
        self.assertNotIn("reports.csv:", result.stderr)
        line = report(4, "12").replace('"identifiers":[', '"identifiers":[{"type":"IDENTIFIER_TYPE_PHONE","value":"+33639980001",'
                                       '"role":"SUBJECT_ROLE_RECRUITER"},')
        result = self.fr.run("report", "import", self.write("four.jsonl", line))
        self.assertRegex(result.stderr, r"four\.jsonl:1:1: identifiers\[1\]: kept, but never compared: FR-4: phone: ")

    def test_strict_imports_nothing(self):
        bad = "FR-2,yesterday,fr,routine,ForcedLabour,A,1,H0\n"
        result = self.import_csv(REPORTS + row(1) + bad, IDENTIFIERS, "--strict")
        self.assertNotEqual(0, result.returncode)
        self.assertEqual(0, self.count())

    def test_strict_imports_nothing_that_only_the_node_knows_to_be_wrong(self):
        good, bad = report(1, "+33639980001"), report(2, "+33639980002").replace("ForcedLabour", "NoSuchCode")
        path = self.write("reports.jsonl", good + bad)
        result = self.fr.run("report", "import", path, "--strict", check=False)
        self.assertEqual(1, result.returncode, result.stderr)
        self.assertIn("reports.jsonl:2:1: exploitation_types", result.stderr)
        self.assertEqual(0, self.count())
        self.assertEqual(bad, (self.work / "reports.jsonl.rejects.jsonl").read_text())
        self.fr.run("report", "import", self.write("good.jsonl", good), "--strict")
        self.assertEqual(1, self.count())

    def test_wrong_encoding_is_named(self):
        result = self.import_csv((REPORTS + row(1)).encode("utf-16"))
        self.assertNotEqual(0, result.returncode)
        self.assertIn("UTF-16", result.stderr)

    def test_ten_megabyte_field(self):
        huge = f"FR-2,2026-10-01T08:00:00Z,fr,{'x' * 10_000_000},ForcedLabour,A,1,H0\n"
        result = self.import_csv(REPORTS + row(1) + huge + row(3))
        self.assertEqual(2, self.count())
        self.assertRegex(result.stderr, r"reports\.csv:3:\d+: .*(long|large|limit|over)")
        self.assertLess(len(result.stderr), 2_000, "the field itself is not repeated")

    def test_missing_column(self):
        result = self.import_csv("report_id,language\nFR-1,fr\n")
        self.assertNotEqual(0, result.returncode)
        self.assertIn("received_at", result.stderr)

    def test_json_nested_ten_thousand_deep(self):
        deep = '{"id":' + "[" * 10_000 + "]" * 10_000 + "}\n"
        path = self.write("deep.jsonl", deep + report(1, "+33639980001"))
        result = self.fr.run("report", "import", path, check=False)
        self.assertEqual(1, self.count())
        self.assertEqual(1, result.returncode)
        self.assertRegex(result.stderr, r"deep\.jsonl:1:\d+: .*(deep|nest)")

    def test_the_same_file_twice_changes_nothing_and_a_change_is_the_next_version(self):
        path = self.write("one.jsonl", report(1, "+33639980001"))
        self.fr.run("report", "import", path)
        again = self.fr.json("report", "import", path)
        self.assertEqual(("0", "0", "1"), tuple(str(again[k]) for k in ("created", "changed", "unchanged")))
        path.write_text(report(1, "+33639980002"))
        self.fr.run("report", "import", path)
        shown = self.fr.json("report", "show", "FR-1", "--reason", "test")
        self.assertEqual(2, shown["report"]["version"])

    def test_search_finds_every_written_form(self):
        self.fr.run("report", "import", self.write("one.jsonl", report(1, "+33 (0)6 39 98 00 01")))
        for written in ("0639980001", "0033639980001", "tel:+33-639-980-001", "+٣٣٦٣٩٩٨٠٠٠١"):
            hits = self.fr.json("report", "search", written)["hits"]
            self.assertEqual(["FR-1"], [hit["report_id"] for hit in hits], written)

    def test_an_erased_report_is_gone(self):
        self.fr.run("report", "import", self.write("one.jsonl", report(1, "+33639980001")))
        self.fr.run("--yes", "report", "erase", "FR-1", "--reason", "withdrawn")
        self.assertEqual(4, self.fr.run("report", "show", "FR-1", "--reason", "test", check=False).returncode)
        self.assertEqual([], self.fr.json("report", "search", "+33639980001")["hits"])

    def test_a_second_instance_names_the_first(self):
        second = subprocess.run([BIN / "bakhitad", "--config", self.fr.config], capture_output=True, text=True, timeout=60)
        self.assertNotEqual(0, second.returncode)
        self.assertIn(str(self.fr.process.pid), second.stderr)


if __name__ == "__main__":
    unittest.main()
