# SPDX-License-Identifier: EUPL-1.2
"""The service unit is hard enough, and the daemon tells the service manager what it must know."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import unittest

from scenario import BIN, Scenario

UNIT = pathlib.Path(__file__).resolve().parents[2] / "config" / "bakhitad.service"
EXPOSURE_MAX = 1.5


class ServiceManager(Scenario):
    def setUp(self):
        super().setUp()
        self.fr = self.node("FR", start=False)
        self.inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.inbox.bind(str(self.work / "notify"))
        self.inbox.settimeout(60)

    def tearDown(self):
        self.inbox.close()
        super().tearDown()

    def start(self, **environment):
        log = open(self.fr.log, "ab")
        self.fr.process = subprocess.Popen([BIN / "bakhitad", "--config", self.fr.config], stdin=subprocess.DEVNULL, stderr=log,
                                           env=os.environ | {"NOTIFY_SOCKET": str(self.work / "notify")} | environment)
        log.close()

    def next_message(self):
        return self.inbox.recv(4096).decode()

    def test_it_says_when_it_serves_feeds_the_watchdog_and_says_when_it_stops(self):
        self.start(WATCHDOG_USEC="300000")
        self.assertEqual("READY=1", self.next_message())
        self.assertEqual("WATCHDOG=1", self.next_message())
        self.assertEqual("WATCHDOG=1", self.next_message())
        self.fr.process.send_signal(signal.SIGTERM)
        while (message := self.next_message()) == "WATCHDOG=1":
            pass
        self.assertEqual("STOPPING=1", message)
        self.assertEqual(0, self.fr.process.wait(60))

    def test_nobody_feeds_a_watchdog_that_is_not_asked_for(self):
        self.start()
        self.assertEqual("READY=1", self.next_message())
        self.fr.process.send_signal(signal.SIGTERM)
        self.assertEqual("STOPPING=1", self.next_message())

    def test_the_unit_exposes_little(self):
        result = subprocess.run(["systemd-analyze", "security", "--offline=yes", UNIT], capture_output=True, text=True, timeout=120)
        exposure = re.search(r"Overall exposure level for bakhitad.service: ([0-9.]+)", result.stdout)
        self.assertIsNotNone(exposure, result.stderr)
        self.assertLessEqual(float(exposure.group(1)), EXPOSURE_MAX)


if __name__ == "__main__":
    unittest.main()
