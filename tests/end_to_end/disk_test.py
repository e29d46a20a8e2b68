# SPDX-License-Identifier: EUPL-1.2
"""A data folder that is full, read-only or not ours: the error names it and the remedy, nothing acknowledged is lost, and
the node works again once it is mended. Root mounts a small file system; others get a limit on file size and modes."""
import os
import re
import resource
import subprocess
import unittest

from scenario import BIN, Scenario, report

ROOT = os.geteuid() == 0


def many_reports(count):
    return "".join(report(n, f"+3363998{n % 10_000:04d}") for n in range(count))


class DiskFaults(Scenario):
    def setUp(self):
        super().setUp()
        self.mounts = []
        self.fr = self.node("FR", start=False)
        self.data = self.fr.folder / "data"

    def tearDown(self):
        for node in self.nodes:
            node.stop()
        for folder in self.mounts:
            subprocess.run(["umount", folder], check=True)
        super().tearDown()

    def mount(self, size):
        self.data.mkdir(mode=0o700)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", self.data], check=True)
        self.mounts.append(self.data)

    def remount(self, options):
        subprocess.run(["mount", "-o", f"remount,{options}", self.data], check=True)

    def starts_not(self, *words):
        result = subprocess.run([BIN / "bakhitad", "--config", self.fr.config], capture_output=True, text=True, timeout=60)
        self.assertEqual(1, result.returncode, result.stderr)
        for word in (str(self.data), *words):
            self.assertRegex(result.stderr, word)

    def held(self):
        return int(self.fr.json("status")["reports"])

    def exported(self):
        return len(self.fr.run("report", "export", "--reason", "test").stdout.splitlines())

    def test_full_while_importing(self):
        self.fr.configure("\nlimits: {write_buffer: 1MiB, free_space_min: 1KiB}\n")
        if ROOT:
            self.mount("12m")
        self.fr.start()
        if not ROOT:
            resource.prlimit(self.fr.process.pid, resource.RLIMIT_FSIZE, (2 << 20, resource.RLIM_INFINITY))
        path = self.write("many.jsonl", many_reports(30_000))
        told = self.refuses(self.fr, 1, "report", "import", path)
        self.assertRegex(told, "No space left|File too large")
        self.assertIn(str(self.data), told)
        self.assertIn("make room", told)
        acknowledged = int(re.sub(r"\D", "", re.search(r"acknowledged before that: (.+?) new", told).group(1)))
        self.assertGreater(acknowledged, 0)
        self.assertEqual(1, self.fr.process.wait(30))
        self.assertIn("storage_failed", self.fr.log.read_text())
        if ROOT:
            self.remount("size=256m")
        self.fr.start()
        self.assertGreaterEqual(self.exported(), acknowledged)
        self.fr.run("report", "import", path)
        self.assertEqual(30_000, self.exported())
        self.assertTrue(self.fr.json("audit", "verify")["ok"])

    def test_a_limit_on_file_size_stops_the_node_as_a_full_disk_does(self):
        self.fr.start()
        resource.prlimit(self.fr.process.pid, resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
        self.refuses(self.fr, 1, "report", "import", self.write("many.jsonl", many_reports(5_000)))
        self.assertEqual(1, self.fr.process.wait(30))
        self.fr.start()
        self.assertEqual("serving", self.fr.json_of_status()["state"])

    def test_too_little_free_space_refuses_before_anything_is_promised(self):
        self.fr.configure(f"\nlimits: {{free_space_min: {'60MiB' if ROOT else '1048576GiB'}}}\n")
        if ROOT:
            self.mount("64m")
        self.fr.start()
        path = self.write("many.jsonl", many_reports(20_000))
        told = self.refuses(self.fr, 75, "report", "import", path)
        self.assertIn(str(self.data), told)
        self.assertIn("limits.free_space_min", told)
        held = self.exported()
        self.assertLess(held, 20_000)
        self.assertTrue(self.fr.json("audit", "verify")["ok"])
        if ROOT:
            self.remount("size=256m")
            self.fr.run("report", "import", path)
            self.assertEqual(20_000, self.exported())

    def test_read_only(self):
        self.fr.configure("\nlimits: {free_space_min: 1KiB}\n")
        if ROOT:
            self.mount("64m")
        self.fr.start()
        self.fr.run("report", "import", self.write("one.jsonl", report(1, "+33639980001")))
        self.fr.stop()
        if ROOT:
            self.remount("ro")
        else:
            os.chmod(self.data, 0o500)
        self.starts_not("[Rr]ead-only|Permission denied", "remount|node's user")
        if ROOT:
            self.remount("rw")
        else:
            os.chmod(self.data, 0o700)
        self.fr.start()
        self.assertEqual(1, self.exported())

    def test_not_ours_or_open_to_others(self):
        self.fr.start()
        self.fr.run("report", "import", self.write("one.jsonl", report(1, "+33639980001")))
        self.fr.stop()
        for mode in (0o750, 0o705, 0o777):
            os.chmod(self.data, mode)
            self.starts_not("chmod 0700")
        if ROOT:
            os.chmod(self.data, 0o700)
            os.chown(self.data, 65534, 65534)
            self.starts_not("chown")
            os.chown(self.data, 0, 0)
        else:
            os.chmod(self.data, 0)
            self.starts_not("Permission denied", "node's user")
        os.chmod(self.data, 0o700)
        self.fr.start()
        self.assertEqual(1, self.exported())

    def test_a_link_or_a_file_in_its_place(self):
        self.fr.start()
        self.fr.stop()
        moved = self.fr.folder / "elsewhere"
        self.data.rename(moved)
        self.data.symlink_to(moved)
        self.starts_not("symbolic link")
        self.data.unlink()
        self.data.write_text("no folder")
        self.starts_not("not a folder")
        self.data.unlink()
        moved.rename(self.data)
        self.fr.start()
        self.assertEqual("serving", self.fr.json_of_status()["state"])


if __name__ == "__main__":
    unittest.main()
