# SPDX-License-Identifier: EUPL-1.2
"""From a match to its answer, between real nodes."""
import signal
import unittest

from scenario import Scenario, report, wait_for, wait_until_synced

PHONE = "+33639981234"


class Requests(Scenario):
    def federation_with_a_match(self):
        fr, se = self.federation("FR", "SE")
        for node in (fr, se):
            path = self.write(f"{node.country}.jsonl", report(1, PHONE, country=node.country))
            node.run("report", "import", path)
            node.run("--yes", "publish", "--approver", "supervisor")
        wait_until_synced([fr, se], 60)
        return fr, se, fr.json("match", "list")["matches"][0]["id"]

    def thread_in_state(self, node, thread, state):
        def found():
            return [row for row in node.json("request", "list")["threads"] if row["id"] == thread and row["state"] == state]
        wait_for(lambda: f"{node.country}: request {thread} is {state}: {node.json('request', 'list')}", found)
        return found()[0]

    def test_a_request_is_answered_with_a_file_and_fed_back(self):
        fr, se, match = self.federation_with_a_match()
        thread = fr.json("request", "new", "--match", match, "--class", "urgent-accessible")["thread"]
        self.thread_in_state(fr, thread, "acknowledged")
        asked = self.thread_in_state(se, thread, "acknowledged")
        self.assertEqual("us", asked["due_by"])
        self.assertEqual(["SE-1"], se.json("request", "show", thread)["thread"]["report_ids"])
        for filters, count in ((("--report", "SE-1"), 1), (("--report", "SE-2"), 0), (("--side", "asking"), 0)):
            self.assertEqual(count, len(se.json("request", "list", *filters)["threads"]), filters)

        se.run("request", "clarify", thread, "--ask", "Which year?")
        self.thread_in_state(fr, thread, "clarifying")
        fr.run("request", "clarify", thread, "--answer", "Since 2025.")
        self.thread_in_state(se, thread, "acknowledged")

        content = bytes(range(256)) * 1500  # three pieces
        photo = self.write("photo.jpg", content)
        se.run("request", "answer", thread, "--statement", "Seen at a border crossing.", "--basis", "fact",
               "--handling", "H2", "--attach", photo)
        self.thread_in_state(fr, thread, "feedback-due")
        letters = fr.json("request", "show", thread)["letters"]
        answer = [letter for letter in letters if letter["kind"] == "reply"][0]
        self.assertEqual("Seen at a border crossing.", answer["letter"]["reply"]["statements"][0]["text"])
        out = self.work / "received.jpg"
        wait_for("the file comes whole",
                 lambda: fr.run("request", "save", answer["id"], "photo.jpg", "--out", out, check=False).returncode == 0)
        self.assertEqual(content, out.read_bytes())
        self.assertEqual(0o600, out.stat().st_mode & 0o777)
        planted = self.work / "planted.jpg"
        planted.symlink_to(self.work / "elsewhere")
        self.refuses(fr, 2, "request", "save", answer["id"], "photo.jpg", "--out", planted)
        self.assertFalse((self.work / "elsewhere").exists())
        self.assertEqual([], list(self.work.glob("*.part")) + list(self.work.glob("received.jpg.*")))

        self.assertIn("h2-dissemination",
                      self.refuses(fr, 5, "request", "use", answer["id"], "--as", "pass-on", "--recipient", "DE"))
        asked = {}
        for country in ("DE", "IT"):
            asked[country] = fr.json("request", "consent", "ask", thread, "--letter", answer["id"][:12], "--recipient", country,
                                     "--for", "investigation", "--reasons", "The suspect moved.")["id"]
        self.wait_for_letter(se, thread, "consent_request", 2)
        open_ones = self.refuses(se, 4, "request", "consent", "grant", thread, "--until", "2099-01-01")
        for country, letter in asked.items():
            self.assertIn(f"{letter}: to {country} for investigation", open_ones)
        se.run("request", "consent", "grant", thread, "--request", asked["DE"], "--until", "2099-01-01")
        self.wait_for_letter(fr, thread, "consent_decision")
        fr.run("request", "use", answer["id"], "--as", "pass-on", "--recipient", "DE")
        self.refuses(fr, 5, "request", "use", answer["id"], "--as", "pass-on", "--recipient", "IT")
        shown = fr.run("request", "show", thread).stdout
        self.assertRegex(shown, rf"answers\s+{asked['DE'][:12]}\n\s+decision\s+granted until 2099-01-01")
        self.assertRegex(shown, rf"about letter\s+{answer['id'][:12]}")
        se.run("request", "consent", "deny", thread, "--ground", "out-of-scope")  # the only one that is open
        se.run("request", "consent", "deny", thread, "--request", asked["DE"][:8], "--ground", "out-of-scope")
        self.wait_for_letter(fr, thread, "consent_decision", 3)
        self.refuses(fr, 5, "request", "use", answer["id"], "--as", "pass-on", "--recipient", "DE")
        self.assertRegex(fr.run("request", "show", thread).stdout, r"decision\s+denied: out-of-scope")

        granted = se.json("request", "consent", "grant", thread, "--request", asked["IT"][:8], "--until", "2099-01-01")["id"]
        self.wait_for_letter(fr, thread, "consent_decision", 4)
        fr.run("request", "use", answer["id"], "--as", "pass-on", "--recipient", "IT")
        se.run("request", "consent", "withdraw", thread, "--decision", granted[:8], "--reason", "The court said no.")
        self.wait_for_letter(fr, thread, "consent_withdrawal")
        self.refuses(fr, 5, "request", "use", answer["id"], "--as", "pass-on", "--recipient", "IT")
        self.assertRegex(fr.run("request", "show", thread).stdout, rf"takes back\s+{granted[:12]}")
        use = fr.json("audit", "list", "--what", "letter.use.pass-on", "--limit", "1")["records"][0]
        self.assertEqual(("h2-dissemination", answer["id"]), (use["rule"], use["object"]))

        fr.run("request", "feedback", thread, "--outcome", "victim-found")
        self.thread_in_state(se, thread, "closed")
        for node, side in ((fr, "asking"), (se, "asked")):
            tally, = node.json("request", "stats")["tallies"]
            self.assertEqual(side, tally["side"])
            self.assertEqual(["1"] * 5, [tally[name] for name in ("requests", "answered", "in_time", "feedback_given", "useful")])

    def wait_for_letter(self, node, thread, kind, count=1):
        wait_for(f"{node.country} has {count} of {kind}",
                 lambda: [letter["kind"] for letter in node.json("request", "show", thread)["letters"]].count(kind) >= count)

    def test_a_request_waits_for_a_peer_that_is_away(self):
        fr, se, match = self.federation_with_a_match()
        se.stop()
        thread = fr.json("request", "new", "--match", match)["thread"]
        again = fr.run("request", "new", "--match", match).stderr
        self.assertIn(f"request {thread[:12]} about the same match waits already", again)
        self.assertEqual("on its way", fr.json("request", "show", thread)["letters"][0]["delivery"])
        fr.stop(signal.SIGKILL)
        fr.start()
        se.start()
        self.thread_in_state(fr, thread, "acknowledged")
        self.assertEqual("delivered", fr.json("request", "show", thread)["letters"][0]["delivery"])

    def test_a_refusal_has_a_ground(self):
        fr, se, match = self.federation_with_a_match()
        thread = fr.json("request", "new", "--match", match)["thread"]
        self.thread_in_state(se, thread, "acknowledged")
        self.refuses(se, 2, "request", "refuse", thread)
        self.refuses(se, 2, "request", "list", "--state", "aknowledged")
        se.run("request", "refuse", thread, "--ground", "impairs-investigation")
        self.thread_in_state(fr, thread, "refused")
        self.assertIn("wrong-state",
                      self.refuses(se, 5, "request", "answer", thread, "--statement", "Too late."))


if __name__ == "__main__":
    unittest.main()
