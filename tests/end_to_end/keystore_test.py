# SPDX-License-Identifier: EUPL-1.2
"""A keystore that is damaged, careless or not ours is refused before anything else happens."""
import os
import subprocess
import unittest

from scenario import BIN, Scenario


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


if __name__ == "__main__":
    unittest.main()
