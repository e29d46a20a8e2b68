# SPDX-License-Identifier: EUPL-1.2
"""An operator who lost a way into the keystore gets back in; keys are replaced while a federation works."""
import json
import os
import subprocess
import unittest

from scenario import BIN, Scenario, found_community, pair, report, wait_for, wait_until_synced


class WaysIn(Scenario):
    def setUp(self):
        super().setUp()
        self.folder = self.work / "FR"
        self.config = self.folder / "bakhita.yaml"

    def bakhita(self, *arguments, passphrase=None, new=None, code=0):
        """Passphrases go through descriptors 3 and 4, as a script would hand them over."""
        options, inherited = [], []
        for option, text in (("--passphrase-fd", passphrase), ("--new-passphrase-fd", new)):
            if text is not None:
                reading, writing = os.pipe()
                os.write(writing, text.encode() + b"\n")
                os.close(writing)
                inherited.append(reading)
                options += [option, str(reading)]
        command = [BIN / "bakhita", "--config", self.config, *arguments, *options]
        result = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                pass_fds=inherited, timeout=120)
        for descriptor in inherited:
            os.close(descriptor)
        self.assertEqual(code, result.returncode, f"{arguments}: {result.stdout}{result.stderr}")
        for text in (passphrase, new):
            if text:
                self.assertNotIn(text, result.stdout + result.stderr)
        return result

    def init(self, *options, **secrets):
        self.bakhita("init", self.folder, "--country", "FR", "--authority", "A", "--listen", "127.0.0.1:0", *options, **secrets)

    def slots(self, *options, **secrets):
        shown = json.loads(self.bakhita("--json", "keys", "show", *options, **secrets).stdout)
        return [slot["kind"] for slot in shown["slots"]]

    def test_init_leaves_a_configuration_without_its_keystore_alone(self):
        self.init(passphrase="first")
        (self.folder / "keystore").rename(self.work / "elsewhere")
        self.config.write_text(self.config.read_text() + "# by hand\n")
        before = self.config.read_text()
        result = self.bakhita("init", self.folder, "--country", "FR", "--authority", "A", passphrase="second", code=9)
        self.assertIn("put the keystore back", result.stderr)
        self.assertEqual(before, self.config.read_text())
        self.assertFalse((self.folder / "keystore").exists())

    def test_init_that_fails_says_how_to_go_on_and_leaves_nothing_behind(self):
        result = self.bakhita("init", self.folder, "--country", "FR", "--authority", "A", code=2)
        self.assertIn("add --passphrase-fd N or --key-file FILE", result.stderr)
        self.assertFalse(self.folder.exists())
        result = self.bakhita("init", self.folder, "--country", "UK", "--authority", "A", code=2)
        self.assertIn("did you mean GB (United Kingdom)?", result.stderr)
        self.assertFalse(self.folder.exists())

    def test_a_missing_configuration_has_no_line_and_names_the_mend(self):
        result = self.bakhita("keys", "show", code=3)
        self.assertRegex(result.stderr, r"bakhita\.yaml: cannot be opened: No such file.*--config FILE")

    def test_a_lost_passphrase_is_replaced_by_the_recovery_key(self):
        recovery = self.work / "recovery"
        self.init(passphrase="forgotten")
        self.bakhita("keys", "export-recovery", recovery, passphrase="forgotten")
        self.bakhita("keys", "verify", passphrase="guessed", code=7)
        self.bakhita("keys", "change-passphrase", "--recovery-key", recovery, new="fresh")
        self.bakhita("keys", "verify", passphrase="forgotten", code=7)
        self.assertEqual(["recovery key", "passphrase"], self.slots(passphrase="fresh"))

    def test_a_lost_key_file_is_replaced_by_the_recovery_key_and_the_node_starts(self):
        recovery, lost, fresh = self.work / "recovery", self.work / "lost", self.work / "fresh"
        self.init("--key-file", lost)
        self.bakhita("keys", "export-recovery", recovery)
        lost.unlink()
        self.assertIn("--recovery-key", self.bakhita("keys", "verify", code=7).stderr)
        said = self.bakhita("keys", "change-key-file", fresh, "--recovery-key", recovery).stdout
        self.assertIn("keystore.key_file", said)
        self.config.write_text(self.config.read_text().replace(str(lost), str(fresh)))
        self.bakhita("keys", "verify")
        self.starts()

    def test_ways_in_are_added_and_removed_and_never_the_last(self):
        key = self.work / "key"
        self.init("--key-file", key)
        self.bakhita("--yes", "keys", "remove-slot", "1", code=1)
        self.assertIn("add-passphrase", self.bakhita("keys", "change-passphrase", new="x", code=5).stderr)
        self.bakhita("keys", "add-passphrase", new="second")
        self.assertEqual(["key file", "passphrase"], self.slots(passphrase="second"))
        self.bakhita("keys", "remove-slot", "1", passphrase="second", code=2)  # a script must say --yes
        self.bakhita("--yes", "keys", "remove-slot", "1", passphrase="second")
        self.bakhita("keys", "verify", code=7)
        self.bakhita("--yes", "keys", "remove-slot", "1", passphrase="second", code=1)
        self.bakhita("keys", "verify", passphrase="second")

    def test_the_service_managers_credential_and_a_descriptor_open_it_for_the_daemon(self):
        key = self.work / "bakhita-key"
        self.init("--key-file", key)
        self.bakhita("keys", "add-passphrase", new="typed")
        text = self.config.read_text().replace(f'key_file: "{key}"', "credential: bakhita-key")
        self.config.write_text(text)
        with self.daemon(environment={}) as refused:
            self.assertIn("no credentials here", refused.communicate(timeout=60)[1])
            self.assertEqual(7, refused.returncode)
        self.starts(environment={"CREDENTIALS_DIRECTORY": str(self.work)})
        reading, writing = os.pipe()
        os.write(writing, b"typed\n")
        os.close(writing)
        self.starts("--passphrase-fd", str(reading), pass_fds=[reading])
        os.close(reading)

    def daemon(self, *options, environment=None, pass_fds=()):
        env = {key: value for key, value in os.environ.items() if key != "CREDENTIALS_DIRECTORY"}
        return subprocess.Popen([BIN / "bakhitad", "--config", self.config, *options], env=env | (environment or {}),
                                stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, pass_fds=pass_fds)

    def starts(self, *options, **how):
        with self.daemon(*options, **how) as process:
            lines = []
            for line in process.stderr:
                lines.append(line)
                if " started " in line:
                    break
            process.terminate()
            self.assertEqual(0, process.wait(60), "".join(lines))
            self.assertTrue(any(" started " in line for line in lines), "".join(lines))


class Rotation(Scenario):
    def exchange(self, number):
        """FR publishes a report, and GB gets it."""
        path = self.write("one.jsonl", report(number, f"+3363999{number:04d}"))
        self.nodes[0].run("report", "import", path)
        self.nodes[0].run("--yes", "publish", "--approver", "supervisor")
        wait_until_synced(self.nodes, 120)

    def test_every_key_but_the_identity_is_replaced_and_the_exchange_goes_on(self):
        fr, gb = self.federation("FR", "GB")
        self.exchange(1)
        size = int(fr.json("status")["own_feeds"][0]["size"])
        for turn, key in enumerate(("tls", "encryption", "log", "log"), 2):
            fr.stop()
            before = fr.json("keys", "show")
            fr.run("keys", "rotate", key)
            card = self.write("FR.card", fr.run("card", "export").stdout)
            fr.start()
            if key == "tls":
                wait_for("FR is told why GB hangs up",
                         lambda: "does not take this node's TLS key" in fr.json("peer", "list")["peers"][0]["last_error"])
            self.assertEqual(before["identity"], fr.json("card", "export")["node"])
            changed = gb.json("peer", "add", card)
            self.assertEqual([{"tls": "TLS pin", "encryption": "encryption key", "log": "log key"}[key]],
                             [field for field in changed["changed"] if field != "validity"])
            self.assertEqual("trusted", changed["state"])
            self.exchange(turn)
            for node in (fr, gb):
                verified = node.json("feed", "verify")["feeds"]
                self.assertEqual([], [feed["problem"] for feed in verified if not feed["ok"]])
        self.assertGreater(int(gb.json("status")["peers"][0]["feeds"][0]["size"]), size)
        self.assertEqual([], [warning for warning in gb.json("status")["warnings"]])
        folder = self.work / "exported"
        gb.run("feed", "export", folder)
        gb.run("feed", "verify", folder)

    def test_a_charter_sealed_to_the_former_encryption_key_still_opens(self):
        fr, gb = nodes = [self.node("FR"), self.node("GB")]
        pair(nodes)
        charter = self.write("c.charter", fr.run("community", "create", "--name", "c", "--purpose", "investigation",
                                                 "--member", "GB", "--basis", "invented treaty").stdout)
        gb.stop()
        gb.run("keys", "rotate", "encryption")
        gb.start()
        gb.run("community", "join", charter)
        found_community(nodes, "second")

    def test_the_identity_stays_and_the_reason_is_given(self):
        fr = self.node("FR", start=False)
        self.assertIn("a new one is a new node", self.refuses(fr, 5, "keys", "rotate", "identity"))
        fr.run("keys", "rotate", "intake")
        fr.start()
        self.assertIn("pid", self.refuses(fr, 9, "keys", "rotate", "tls"))


class Cards(Scenario):
    def test_a_card_outlives_restarts_and_a_change_is_the_next(self):
        fr = self.node("FR", start=False)
        first = fr.json("card", "export")
        fr.start()
        self.assertEqual(first["signed_card"], fr.json("card", "export")["signed_card"])
        fr.stop()
        fr.config.write_text(fr.config.read_text().replace("desk-FR", "desk-2"))
        second = fr.json("card", "export")
        self.assertEqual("desk-2", second["desk"])
        self.assertGreater(int(second["serial"]), int(first["serial"]))

    def test_show_tells_every_field_and_the_verification_number(self):
        fr, gb = self.node("FR", start=False), self.node("GB", start=False)
        card = self.write("FR.card", fr.run("card", "export").stdout)
        seen, own = gb.json("card", "show", card), fr.json("card", "export")
        self.assertEqual(12, len(seen.pop("verification_number").split()))
        own.pop("verification_number")
        self.assertEqual(own, seen)
        shown = gb.run("card", "show", card).stdout
        for value in (own["node"], own["fingerprint"], own["valid_until"], "desk-FR"):
            self.assertIn(value, shown)
        text = card.read_text()
        forged = self.write("forged.card", text[:120] + ("A" if text[120] != "A" else "B") + text[121:])
        self.assertEqual(10, gb.run("card", "show", forged, check=False).returncode)


class CardsThatEnd(Scenario):
    def test_the_end_of_a_card_is_warned_of_and_ends_sessions(self):
        fr, gb = self.federation("FR", "GB")
        serial = int(fr.json("card", "export")["serial"])
        for days, word, state in ((600, None, "trusted"), (650, "ends in", "trusted"), (710, "soon: ", "trusted"),
                                  (727, "urgent: ", "trusted"), (731, "ended on", "expired")):
            fr.stop()
            self.start_later(fr, days)
            status = fr.json_of_status()
            warnings = [warning for warning in status["warnings"] if "card of GB" in warning]
            self.assertEqual(word is not None, bool(warnings), f"{days}: {status['warnings']}")
            if word:
                self.assertIn(word, warnings[0])
            self.assertEqual(state, status["peers"][0]["state"])
            self.assertFalse([warning for warning in status["warnings"] if "this node's card" in warning])
        steps = json.loads(fr.run("--json", "peer", "test", "GB", check=False).stdout)["steps"]
        self.assertEqual([("card", False)], [(step["step"], step["ok"]) for step in steps])
        self.assertIn("bakhita peer add", fr.json("peer", "list")["peers"][0]["last_error"])
        self.assertGreater(int(fr.json("card", "export")["serial"]), serial)  # its own was renewed in time


class TwoOfficers(Scenario):
    def test_a_second_officer_must_verify_where_the_config_says_so(self):
        fr, gb = self.node("FR"), self.node("GB", start=False)
        gb.configure("peers:\n  approvals: 2\n")
        gb.start()
        gb.run("peer", "add", self.write("FR.card", fr.run("card", "export").stdout))
        digits = gb.json("peer", "list")["peers"][0]["verification_number"]

        def verify(name):
            return subprocess.run([BIN / "bakhita", "--config", gb.config, "--json", "--as", name, "peer", "verify", "FR",
                                   "--expect", digits], capture_output=True, text=True, timeout=60)

        self.assertEqual("awaiting second officer", json.loads(verify("first.officer").stdout)["state"])
        self.refuses(gb, 5, "peer", "resume", "FR")
        again = verify("first.officer")
        self.assertEqual(5, again.returncode)
        self.assertIn("another officer", again.stderr)
        self.assertEqual("awaiting second officer", gb.json("peer", "list")["peers"][0]["state"])
        self.assertEqual("trusted", json.loads(verify("second.officer").stdout)["state"])
        peer = gb.json("peer", "list")["peers"][0]
        self.assertEqual(("first.officer", "second.officer"), (peer["verified_by"], peer["confirmed_by"]))
        self.assertTrue(gb.json("audit", "verify")["ok"])


if __name__ == "__main__":
    unittest.main()
