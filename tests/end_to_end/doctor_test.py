# SPDX-License-Identifier: EUPL-1.2
"""`bakhita doctor` finds what is wrong, and the command that it names mends it."""
import json
import os
import subprocess
import unittest

from scenario import Scenario


class Doctor(Scenario):
    def findings(self, node):
        result = node.run("--json", "doctor", check=False)
        found = {row["id"]: row for row in json.loads(result.stdout)["findings"]}
        worst = {row["result"] for row in found.values()}
        self.assertEqual(21 if "fail" in worst else 20 if "warn" in worst else 0, result.returncode)
        for row in found.values():
            self.assertTrue(row["measured"] and row["why"], row)
        return found

    def test_a_healthy_federation_has_no_failure(self):
        fr, _ = self.federation("FR", "GB")
        found = self.findings(fr)
        for check in ("config", "config.permissions", "keystore.permissions", "key-file.permissions", "data-folder.permissions",
                      "process.core-dumps", "node", "peer.GB"):
            self.assertEqual("ok", found[check]["result"], found[check])
        self.assertRegex(found["disk.sync"]["measured"], r"^[0-9.]+ ms")

    def test_permissions_are_mended_by_the_command_that_it_names(self):
        fr = self.node("FR")
        key = self.work / "FR.key"
        for path, check in ((fr.folder / "keystore", "keystore.permissions"), (key, "key-file.permissions"),
                            (fr.folder / "data", "data-folder.permissions"), (fr.config, "config.permissions")):
            os.chmod(path, 0o777)
            row = self.findings(fr)[check]
            self.assertEqual("fail", row["result"], row)
            subprocess.run(["sh", "-c", row["mend"]], check=True)
            self.assertEqual("ok", self.findings(fr)[check]["result"])

    def test_a_node_and_a_peer_that_do_not_run_are_named(self):
        fr, gb = self.federation("FR", "GB")
        gb.stop()
        row = self.findings(fr)["peer.GB"]
        self.assertEqual("fail", row["result"])
        self.assertIn("tcp", row["measured"])
        fr.stop()
        found = self.findings(fr)
        self.assertEqual("fail", found["node"]["result"])
        self.assertEqual("skip", found["process.core-dumps"]["result"])


if __name__ == "__main__":
    unittest.main()
