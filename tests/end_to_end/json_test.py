# SPDX-License-Identifier: EUPL-1.2
"""Every command of the table prints, with --json, one document with "v":1; and the documents about the table are true."""
import json
import pathlib
import subprocess
import unittest

from scenario import BIN, Scenario, report

ROOT = pathlib.Path(__file__).resolve().parents[2]


def table():
    return subprocess.run([BIN / "bakhita", "__commands"], capture_output=True, text=True, check=True).stdout.splitlines()


class EveryCommand(Scenario):
    """How each command is called, in an order in which all succeed: a new command needs a line here."""

    def off_line(self, fr):
        card = self.write("FR.card", fr.run("card", "export").stdout)
        yield "init", self.work / "XX", "--country", "XX", "--unlisted-country", "--authority", "A", \
            "--key-file", self.work / "XX.key"
        yield "keys show",
        yield "keys verify",
        yield "keys add-key-file", self.work / "second.key"
        yield "keys remove-slot", "2"
        yield "keys change-key-file", self.work / "FR.key"
        yield "keys export-recovery", self.work / "recovery"
        yield "keys rotate", "intake"
        yield "config check",
        yield "config show",
        yield "config schema",
        yield "card export",
        yield "card show", card
        yield "identifier canon", "phone", "+33639980001"
        yield "vectors check", ROOT / "tests/vectors/bakhita/known-answers.json"
        yield "capture show", self.write("none.frames", "bakhita frames 1\n")
        yield "completion", "bash"
        yield "version",

    def with_passphrase(self):
        yield "keys add-passphrase", "--new-passphrase-fd", "0"
        yield "keys change-passphrase", "--new-passphrase-fd", "0"

    def with_daemons(self, fr, gb):
        other = self.write("GB.card", gb.run("card", "export").stdout)
        yield "peer add", other
        digits = fr.json("peer", "list")["peers"][0]["verification_number"]
        yield "peer verify", "GB", "--expect", digits
        gb.run("peer", "add", self.write("FR.card", fr.run("card", "export").stdout))
        gb.run("peer", "verify", "FR", "--expect", digits)
        yield "peer list",
        yield "peer release-onboarding", "GB"
        yield "peer suspend", "GB"
        yield "peer resume", "GB"
        yield "community create", "--name", "north", "--member", "GB", "--purpose", "investigation", \
            "--basis", "invented treaty"
        founded = fr.json("community", "show", "north")["communities"][0]["signed_charter"]
        gb.run("community", "join", self.write("north.charter", "-----BEGIN BAKHITA CHARTER-----\n" + founded +
                                               "\n-----END BAKHITA CHARTER-----\n"))
        yield "community show",
        yield "community propose", "north", "--rename", "south"
        yield "community proposals",
        yield "community sign", "north"
        yield "community history", "north"
        yield "peer test", "GB"
        yield "report import", self.write("one.jsonl", report(1, "+33639980001"))
        yield "report add", self.write("two.json", report(2, "+33639980002").strip())
        yield "report show", "FR-1", "--reason", "test"
        yield "report list",
        yield "report search", "+33639980001"
        yield "report export", "--reason", "test"
        yield "report erase", "FR-2", "--reason", "test"
        yield "policy simulate", "--report", "FR-1"
        yield "publish",
        yield "policy replay",
        yield "lookup", "phone", "+33639980001", "--case", "1", "--purpose", "investigation"
        yield "match list",
        told = ("--peer", "GB", "--statement", "Seen twice.", "--tlp", "amber", "--pap", "red",
                "--purpose", "investigation", "--legal-basis", "agreement", "--draft")
        yield "request inform", *told
        yield "request drafts",
        yield "request discard", fr.json("request", "drafts")["drafts"][0]["id"]
        fr.run("request", "inform", *told)
        yield "request send", fr.json("request", "drafts")["drafts"][0]["id"]
        yield "request list",
        yield "request stats",
        yield "request show", fr.json("request", "list")["threads"][0]["id"]
        yield "recall new", "--report", "FR-1", "--kind", "rectify", "--reason", "test"
        yield "recall list", "--all"
        yield "recall show", fr.json("recall", "list", "--all")["recalls"][0]["id"]
        yield "recall export", self.work / "recalls"
        yield "recall verify", self.work / "recalls", "--card", self.work / "FR.card"
        yield "challenge list",
        fr.run("report", "add", self.write("three.json", report(3, "agency.example", "DOMAIN").strip()))
        yield "indicator open", "domain", "agency.example", "--reason", "test"
        yield "indicator list",
        yield "indicator close", "domain", "agency.example", "--reason", "test"
        yield "advisory new", "--kind", "helpline", "--title", "Line", "--language", "en", "--value", "phone:+33612345699"
        yield "advisory list",
        advisory = fr.json("advisory", "list")["advisories"][0]["id"]
        yield "advisory show", advisory
        yield "advisory adopt", advisory, "--reason", "test"
        yield "advisory drop", advisory, "--reason", "test"
        yield "advisory end", advisory, "--reason", "test"
        yield "sync",
        yield "status",
        yield "doctor",
        yield "audit verify",
        yield "audit list", "--what", "report.", "--limit", "5"
        yield "feed verify",
        yield "recover status",
        yield "recover settle",
        yield "evidence list",
        yield "feed export", self.work / "feeds"
        yield "community leave", "north"
        yield "peer remove", "GB"

    # What cannot succeed on a healthy node of this test: needs a match, a charter of another, a fork, a loss, a
    # correspondence (requests_test.py), a cheat, an objection (recall_test.py).
    ELSEWHERE = {"match show", "community join", "community settle", "recover fetch", "recover finish",
                 "recover new-generation", "evidence export", "evidence verify", "request new", "request answer",
                 "request refuse", "request clarify", "request feedback", "request cancel", "request use", "request save",
                 "challenge new", "challenge end", "request consent ask", "request consent grant", "request consent deny", "request consent withdraw"}

    def test_prints_one_document(self):
        fr, gb = self.node("FR", start=False), self.node("GB")
        seen = set(self.ELSEWHERE)

        def check(call, stdin=None):
            name, *arguments = call
            seen.add(name)
            result = fr.run("--json", "--yes", *name.split(), *arguments, stdin=stdin, check=False)
            self.assertIn(result.returncode, (0, 20, 21), f"{call}: {result.stderr}")
            document = json.loads(result.stdout)
            self.assertEqual(1, document["v"], call)

        for call in self.off_line(fr):
            check(call)
        for call in self.with_passphrase():
            check(call, stdin="a passphrase\n")
        fr.start()
        for call in self.with_daemons(fr, gb):
            check(call)
        self.assertEqual(set(table()), seen, "the command table and this test differ")


class Documents(unittest.TestCase):
    def ask(self, what):
        return subprocess.run([BIN / "bakhita", what], capture_output=True, text=True, check=True).stdout

    def test_the_reference_is_the_command_table(self):
        self.assertEqual(self.ask("__reference"), (ROOT / "docs/reference/commands.md").read_text(),
                         "write it anew: bakhita __reference > docs/reference/commands.md")

    def test_the_manual_page_has_every_command(self):
        page = self.ask("__man")
        for name in table():
            self.assertIn(f".SS {name}".replace("-", "\\-"), page)


if __name__ == "__main__":
    unittest.main()
