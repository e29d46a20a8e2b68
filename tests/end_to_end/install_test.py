# SPDX-License-Identifier: EUPL-1.2
"""What is installed works where it was put."""
import gzip
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from federation import Node
from scenario import BIN

BUILD = BIN.parent


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="bakhita-")
        cls.root = pathlib.Path(cls.folder.name)
        subprocess.run(["cmake", "--install", BUILD, "--prefix", "/usr"], check=True, capture_output=True, timeout=300,
                       env=os.environ | {"DESTDIR": str(cls.root)})
        cls.usr = cls.root / "usr"

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_a_node_of_the_installed_programs_serves(self):
        node = Node(self.usr / "bin", self.root / "FR", "FR")
        node.init()
        node.start()
        try:
            self.assertEqual("serving", node.json("status")["state"])
            canonical = node.json("identifier", "canon", "phone", "+33 6 39 98 00 01")
            self.assertEqual("", canonical["refused"])
        finally:
            self.assertEqual(0, node.stop())

    def test_everything_that_a_system_needs_is_there(self):
        for path in ("etc/bakhita/bakhita.yaml", "usr/lib/systemd/system/bakhitad.service", "usr/lib/sysusers.d/bakhita.conf",
                     "usr/lib/tmpfiles.d/bakhita.conf", "usr/share/bakhita/bakhita.schema.json",
                     "usr/share/doc/bakhita/copyright", "usr/share/zsh/vendor-completions/_bakhita",
                     "usr/share/fish/vendor_completions.d/bakhita.fish"):
            self.assertTrue((self.root / path).is_file(), path)
        for page in ("man1/bakhita.1.gz", "man8/bakhitad.8.gz"):
            self.assertIn(b".SH SYNOPSIS", gzip.decompress((self.usr / "share/man" / page).read_bytes()))

    def test_the_programs_carry_their_hardening(self):
        for program in ("bakhita", "bakhitad"):
            facts = subprocess.run(["readelf", "--wide", "--file-header", "--program-headers", "--dynamic", "--dyn-syms",
                                    self.usr / "bin" / program], capture_output=True, text=True, check=True).stdout
            self.assertRegex(facts, r"Type:\s+DYN", f"{program} is no position-independent executable")
            self.assertRegex(facts, r"GNU_STACK .* RW ", f"{program}: executable stack")
            self.assertIn("GNU_RELRO", facts)
            self.assertRegex(facts, r"FLAGS_1\).*NOW", f"{program}: symbols are bound late, so tables stay writable")
            self.assertNotIn("TEXTREL", facts)
            self.assertIn("__stack_chk_fail", facts)
            self.assertRegex(facts, r"__mem(cpy|move|set)_chk", f"{program}: not fortified")

    def test_bash_completes_commands(self):
        script = ('source "$1"; PATH="$2:$PATH"; COMP_WORDS=(bakhita keys ro); COMP_CWORD=2; _bakhita; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        result = subprocess.run(["bash", "-c", script, "bash", self.usr / "share/bash-completion/completions/bakhita",
                                 self.usr / "bin"], capture_output=True, text=True, check=True)
        self.assertEqual("rotate\n", result.stdout)

    def test_the_example_configuration_is_sound(self):
        result = subprocess.run([self.usr / "bin/bakhita", "--json", "config", "check", self.root / "etc/bakhita/bakhita.yaml"],
                                capture_output=True, text=True, check=True)
        self.assertEqual(1, json.loads(result.stdout)["v"])


if __name__ == "__main__":
    unittest.main()
