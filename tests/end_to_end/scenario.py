# SPDX-License-Identifier: EUPL-1.2
"""What every scenario on the real programs shares: temporary nodes that are stopped and removed."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from federation import CommandFailed, Node, found_community, pair, wait_for, wait_until_synced  # noqa: F401

BIN = pathlib.Path(os.environ.get("BAKHITA_BIN", "build/release/node")).resolve()
SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "docs" / "samples"


class Scenario(unittest.TestCase):
    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="bakhita-"))
        self.nodes = []

    def tearDown(self):
        for node in self.nodes:
            node.stop()
        shutil.rmtree(self.work, ignore_errors=True)

    def node(self, country, start=True, options=()):
        """`options`: of init."""
        node = Node(BIN, self.work / country, country)
        self.nodes.append(node)
        node.init(options=options)
        if start:
            node.start()
        return node

    def start_later(self, node, days):
        """The daemon alone lives in the future; libfaketime moves its wall clock, not its timers."""
        library = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        later = {"LD_PRELOAD": str(library), "FAKETIME": f"+{days}d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        with open(node.log, "ab") as log:
            node.process = subprocess.Popen([BIN / "bakhitad", "--config", node.config], stdin=subprocess.DEVNULL, stderr=log,
                                            env=os.environ | later)
        node.wait_until_up()

    def federation(self, *countries):
        nodes = [self.node(country) for country in countries]
        pair(nodes)
        found_community(nodes)
        return nodes

    def write(self, name, text):
        path = self.work / name
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(text)
        return path

    def refuses(self, node, code, *arguments):
        """The command fails with the code and says why; returns the message."""
        result = node.run(*arguments, check=False)
        self.assertEqual(code, result.returncode, f"{arguments}: {result.stdout}{result.stderr}")
        self.assertIn("error", result.stderr)
        return result.stderr


def report(number, value, kind="PHONE", role="RECRUITER", country="FR"):
    """One line of JSON Lines."""
    return (f'{{"id":"{country}-{number}","received_at":"2026-10-01T08:00:00Z","urgency":"URGENCY_ROUTINE",'
            f'"exploitation_types":[{{"code":"ForcedLabour"}}],"source_evaluation":"A","information_evaluation":"1",'
            f'"handling":"H0","identifiers":[{{"type":"IDENTIFIER_TYPE_{kind}","value":"{value}",'
            f'"role":"SUBJECT_ROLE_{role}"}}]}}\n')
