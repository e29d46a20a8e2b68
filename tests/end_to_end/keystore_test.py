# SPDX-License-Identifier: EUPL-1.2
"""A keystore that is damaged, careless or not ours is refused before anything else happens."""
import os
import pty
import shutil
import signal
import subprocess
import termios
import unittest

from scenario import BIN, Scenario, report


class KeystoreFaults(Scenario):
    def starts_not(self, node, word):
        result = subprocess.run([BIN / "bakhitad", "--config", node.config], capture_output=True, text=True, timeout=60)
        self.assertNotEqual(0, result.returncode)
        self.assertIn(word, result.stderr)
        return result.stderr

    def setUp(self):
        super().setUp()
        self.fr = self.node("FR", start=False)
        self.keystore = next(self.fr.folder.rglob("*keystore*"))

    def test_wrong_key_file(self):
        key = self.work / "FR.key"
        os.chmod(key, 0o600)
        key.write_bytes(bytes(32))
        self.starts_not(self.fr, "keystore")

    def test_group_readable(self):
        os.chmod(self.keystore, 0o640)
        self.assertIn("chmod", self.starts_not(self.fr, "keystore"))

    def test_symlink(self):
        moved = self.keystore.with_name("elsewhere")
        self.keystore.rename(moved)
        self.keystore.symlink_to(moved)
        self.starts_not(self.fr, "symbolic link")

    def test_truncated(self):
        data = self.keystore.read_bytes()
        for size in (0, 10, len(data) // 2, len(data) - 1):
            self.keystore.write_bytes(data[:size])
            self.starts_not(self.fr, "keystore")

    def test_flipped_bit_anywhere(self):
        data = self.keystore.read_bytes()
        for at in range(0, len(data), max(1, len(data) // 12)):
            damaged = bytearray(data)
            damaged[at] ^= 1
            self.keystore.write_bytes(damaged)
            self.starts_not(self.fr, "keystore")

    def test_wrong_passphrase(self):
        folder = self.work / "GB"
        subprocess.run([BIN / "bakhita", "init", folder, "--country", "GB", "--authority", "A", "--passphrase-fd", "0"],
                       input="right horse\n", text=True, check=True, capture_output=True)
        result = subprocess.run([BIN / "bakhita", "--config", folder / "bakhita.yaml", "keys", "verify",
                                 "--passphrase-fd", "0"], input="wrong horse\n", text=True, capture_output=True)
        self.assertNotEqual(0, result.returncode)
        self.assertIn("passphrase", result.stderr)
        self.assertNotIn("horse", result.stderr)


class KeystoreChanges(Scenario):
    def setUp(self):
        super().setUp()
        self.fr = self.node("FR")
        self.keystore = self.fr.folder / "keystore"

    def take_in(self, number):
        path = self.write("one.jsonl", report(number, f"+3363998000{number}"))
        return self.fr.run("report", "import", path, check=False)

    def ids(self):
        return sorted(row["id"] for row in self.fr.json("report", "list")["rows"])

    def without_a_writable_keystore(self, command):
        """The name of the temporary file is taken: no write of the keystore succeeds, not even root's."""
        (self.fr.folder / "keystore.new" / "in the way").mkdir(parents=True)
        result = command()
        self.assertEqual(1, result.returncode, result.stdout + result.stderr)
        self.assertIn("keystore", result.stderr)
        self.assertEqual(1, self.fr.process.wait(30))
        self.assertIn("storage_failed", self.fr.tail())
        shutil.rmtree(self.fr.folder / "keystore.new")
        self.fr.start()

    def test_an_import_that_the_keystore_cannot_follow_stops_the_node_and_is_not_acknowledged(self):
        self.without_a_writable_keystore(lambda: self.take_in(1))
        self.assertEqual([], self.ids())
        self.assertEqual(0, self.take_in(2).returncode)
        self.fr.stop(), self.fr.start()
        self.assertEqual(["FR-2"], self.ids())
        self.fr.run("report", "show", "FR-2", "--reason", "test")

    def test_an_erasure_that_the_keystore_cannot_follow_erases_nothing(self):
        self.assertEqual([0, 0], [self.take_in(number).returncode for number in (1, 2)])
        self.without_a_writable_keystore(
            lambda: self.fr.run("--yes", "report", "erase", "FR-1", "--reason", "court order", check=False))
        self.assertEqual(["FR-1", "FR-2"], self.ids())
        self.fr.run("--yes", "report", "erase", "FR-1", "--reason", "court order")
        self.assertEqual(["FR-2"], self.ids())

    def test_an_old_copy_is_refused_until_it_is_accepted_on_purpose(self):
        self.assertEqual(0, self.take_in(1).returncode)
        self.fr.stop()
        shutil.copy2(self.keystore, self.work / "older")
        self.fr.run("keys", "rotate", "tls")
        self.fr.start(), self.fr.stop()
        newest = self.keystore.read_bytes()
        shutil.copy2(self.work / "older", self.keystore)
        for _ in range(2):
            result = subprocess.run([BIN / "bakhitad", "--config", self.fr.config], capture_output=True, text=True, timeout=60)
            self.assertEqual(7, result.returncode, result.stderr)
            self.assertIn("is an old copy", result.stderr)
            self.assertIn("--accept-older-keystore", result.stderr)
        self.keystore.write_bytes(newest)
        self.fr.start(), self.fr.stop()
        shutil.copy2(self.work / "older", self.keystore)
        self.fr.start(options=["--accept-older-keystore"])
        self.assertIn("older_keystore", self.fr.log.read_text())
        self.assertEqual(["FR-1"], self.ids())
        self.fr.run("audit", "verify")
        self.fr.stop(), self.fr.start()
        self.assertEqual("serving", self.fr.json_of_status()["state"])


class Prompt(Scenario):
    def test_a_signal_at_the_passphrase_prompt_brings_the_echo_back(self):
        fr = self.node("FR", start=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            child, terminal = pty.fork()
            if child == 0:
                os.execv(BIN / "bakhita", ["bakhita", "--config", str(fr.config), "keys", "verify", "--ask-passphrase"])
            shown = b""
            while b"Passphrase" not in shown:
                shown += os.read(terminal, 100)
            while termios.tcgetattr(terminal)[3] & termios.ECHO:
                pass  # the prompt comes just before
            os.kill(child, number)
            self.assertEqual(number, os.WTERMSIG(os.waitpid(child, 0)[1]))
            self.assertTrue(termios.tcgetattr(terminal)[3] & termios.ECHO)
            os.close(terminal)


if __name__ == "__main__":
    unittest.main()
