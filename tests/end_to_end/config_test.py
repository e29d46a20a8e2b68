# SPDX-License-Identifier: EUPL-1.2
"""The JSON Schema for editors agrees with the loader: what one accepts the other does, and the same for mistakes."""
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

import jsonschema
import yaml

from scenario import BIN

CONFIG = pathlib.Path(__file__).resolve().parents[2] / "config"
SOUND = (CONFIG / "example.yaml").read_text()
REFERENCE = CONFIG.parent / "docs" / "reference" / "config.md"
SCHEMA = json.loads((CONFIG / "bakhita.schema.json").read_text())

BAD = (
    "cuontry: FR\n",
    "logging: {level: inof}\n",
    "logging: {colour: red}\n",
    "limits: {block_cache: 64MB}\n",
    "limits: {block_cache: 0KiB}\n",
    "lookups: {interval: 5 minutes}\n",
    "lookups: {interval: 0s}\n",
    "publishing: {approvals: 3}\n",
    "peers: {approvals: 0}\n",
    "publishing: {retention_days: 4000}\n",
    "quotas: {g1: {per_day: 0}}\n",
    "quotas: {g3: {per_day: 1}}\n",
    "quotas: {onboarding: {g1: -1}}\n",
)
GOOD = (
    "",
    "logging: {level: debug, format: json}\n",
    "limits: {block_cache: 1GiB, write_buffer: 64KiB}\n",
    "lookups: {interval: 12h}\n",
    "peers: {approvals: 2}\n",
    "quotas: {g1: {per_day: 5, burst: 6, per_epoch: 7}, onboarding: {g1: 0, g2: 9}}\n",
)


class Schema(unittest.TestCase):
    def setUp(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)
        self.validator = jsonschema.Draft202012Validator(SCHEMA)

    def loads(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            return subprocess.run([BIN / "bakhita", "config", "check", file.name], capture_output=True, timeout=60).returncode == 0

    def agrees(self, text, good):
        self.assertEqual(good, self.loads(text), f"loader: {text}")
        self.assertEqual(good, self.validator.is_valid(yaml.safe_load(text)), f"schema: {text}")

    def test_both_accept_what_is_sound(self):
        for text in GOOD:
            self.agrees(SOUND + text, True)

    def test_both_refuse_what_is_wrong(self):
        for text in BAD:
            self.agrees(SOUND + text, False)
        for key in ("country", "authority", "data_folder", "admin_socket", "network"):
            lines = SOUND.splitlines(keepends=True)
            start = next(i for i, line in enumerate(lines) if line.startswith(f"{key}:"))
            end = start + 1
            while end < len(lines) and lines[end][0] in " \n":
                end += 1
            self.agrees("".join(lines[:start] + lines[end:]), False)
        self.agrees(SOUND.replace("country: FR", "country: France"), False)
        self.agrees(SOUND.replace('["0.0.0.0:7440"]', '["0.0.0.0"]'), False)

    def test_every_key_of_the_schema_stands_in_the_example_and_in_the_reference(self):
        shown = json.loads(subprocess.run([BIN / "bakhita", "--json", "config", "show", "--effective", CONFIG / "example.yaml"],
                                          capture_output=True, text=True, check=True).stdout)["values"]

        def leaves(schema, path=()):
            for name, child in schema.get("properties", {}).items():
                if "properties" in child:
                    yield from leaves(child, (*path, name))
                else:
                    yield ".".join((*path, name))

        self.assertEqual(sorted(leaves(SCHEMA)), sorted(value["key"] for value in shown))
        table = dict(re.findall(r"^\| `([a-z0-9_.]+)` \|.*\| ([^|]+) \|$", REFERENCE.read_text(), re.MULTILINE))
        self.assertEqual(sorted(leaves(SCHEMA)), sorted(table))
        for value in shown:
            if value["origin"] == "default" and value["values"] and value["key"] != "tables_folder":
                self.assertEqual(value["values"], [table[value["key"]]], value["key"])
        set_here = {value["key"] for value in shown if value["origin"] != "default"}
        self.assertEqual({"country", "authority", "desk", "data_folder", "keystore.file", "admin_socket", "network.listen",
                          "network.advertise"}, set_here)


if __name__ == "__main__":
    unittest.main()
