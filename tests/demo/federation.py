# SPDX-License-Identifier: EUPL-1.2
"""Runs real nodes as processes on loopback: used by the demo, the end-to-end tests and the benchmarks."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class CommandFailed(RuntimeError):
    def __init__(self, command, result):
        super().__init__(f"{' '.join(map(str, command))}: exit {result.returncode}\n{result.stderr.strip()}")
        self.code = result.returncode
        self.stderr = result.stderr


class Node:
    """One country's node: its folder, its process, and its command line."""

    def __init__(self, binaries, folder, country, capture=None):
        self.binaries = pathlib.Path(binaries).resolve()
        self.folder = pathlib.Path(folder).resolve()
        self.country = country
        self.config = self.folder / "bakhita.yaml"
        self.log = self.folder.parent / f"{self.folder.name}.log"
        self.capture = capture  # folder for every frame, or None
        self.process = None

    def run(self, *arguments, stdin=None, check=True, timeout=3600):
        command = [self.binaries / "bakhita", "--config", self.config, "--as", f"{self.country.lower()}.analyst", *arguments]
        result = subprocess.run(list(map(str, command)), input=stdin, capture_output=True, text=True, timeout=timeout)
        if check and result.returncode != 0:
            raise CommandFailed(command, result)
        return result

    def json(self, *arguments):
        return json.loads(self.run("--json", *arguments).stdout)

    def json_of_status(self):
        """Status has an exit code of its own for a node that is unwell."""
        return json.loads(self.run("--json", "status", check=False).stdout)

    def init(self, listen=None, advertise=None, options=()):
        """`advertise`: the port that others are told, when it is another than the node's own."""
        address = f"127.0.0.1:{listen or free_port()}"
        told = f"127.0.0.1:{advertise}" if advertise else address
        self.run("init", self.folder, "--country", self.country, "--authority", f"Authority of {self.country}",
                 "--desk", f"desk-{self.country}", "--listen", address, "--advertise", told,
                 "--key-file", self.folder.parent / f"{self.folder.name}.key", *options)

    def configure(self, lines):
        """Appends top-level YAML."""
        with open(self.config, "a") as out:
            out.write(lines)

    def start(self, wait=True, options=()):
        command = [self.binaries / "bakhitad", "--config", self.config, *options]
        if self.capture:
            command += ["--capture", self.capture, "--capture-limit", "64GiB"]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if wait:
            self.wait_until_up()

    def wait_until_up(self, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"bakhitad of {self.country} ended with {self.process.returncode}: {self.tail()}")
            if self.run("status", check=False).returncode in (0, 20, 21):
                return
            time.sleep(0.05)
        raise RuntimeError(f"bakhitad of {self.country} did not come up: {self.tail()}")

    def captures(self):
        return sorted(self.capture.glob("*.frames"))

    def tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])

    def stop(self, how=signal.SIGTERM, seconds=30):
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process = None
        return code


def wait_for(what, condition, seconds=120):
    """`what` may be a function: it is said when the time is over, with what is known then."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not in {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.05)


def pair(nodes):
    """Every node learns and verifies every other: cards, then the number both operators read out."""
    cards = {}
    for node in nodes:
        cards[node.country] = node.folder.parent / f"{node.country}.card"
        cards[node.country].write_text(node.run("card", "export").stdout)
    for node in nodes:
        for other in nodes:
            if other is not node:
                node.run("peer", "add", cards[other.country])
    numbers = {node.country: {peer["country"]: peer["verification_number"] for peer in node.json("peer", "list")["peers"]}
               for node in nodes}
    for node in nodes:
        for other in nodes:
            if other is not node:
                assert numbers[node.country][other.country] == numbers[other.country][node.country]
                digits = "".join(filter(str.isdigit, numbers[other.country][node.country]))
                node.run("--yes", "peer", "verify", other.country, "--expect", digits)


def found_community(nodes, name="demo"):
    """The first node is the steward; its signed charter is carried to the others as a file."""
    steward = nodes[0]
    members = [argument for other in nodes[1:] for argument in ("--member", other.country)]
    charter = steward.folder.parent / f"{name}.charter"
    charter.write_text(steward.run("community", "create", "--name", name, "--purpose", "investigation",
                                 "--basis", "invented treaty, article 1", *members).stdout)
    for other in nodes[1:]:
        other.run("community", "join", charter)


def wait_until_synced(nodes, seconds=3600, progress=None, patience=300):
    """Until each node holds all of each other's feed and no lookup waits; fails when nothing moves for so many seconds."""
    start = moved = time.monotonic()
    last = None
    while True:
        states = {node.country: node.json("status") for node in nodes}
        own = {country: {feed["community"]: int(feed["size"]) for feed in state["own_feeds"]}
               for country, state in states.items()}
        behind = []
        waiting = sum(int(state["lookups_waiting"]) for state in states.values())
        working = [f"{country} works" for country, state in states.items() if state.get("working")]
        for country, state in states.items():
            for peer in state["peers"]:
                held = {feed["community"]: int(feed["size"]) for feed in peer["feeds"]}
                behind += [f"{country} behind {peer['country']}" for community, size in own.get(peer["country"], {}).items()
                           if held.get(community, 0) < size]
        if progress:
            progress(len(behind), waiting)
        if not behind and not working and waiting == 0:
            return
        now = time.monotonic()
        if (behind, waiting) != last:
            last, moved = (behind, waiting), now
        if now - start > seconds or now - moved > patience:
            raise RuntimeError(f"not synced after {now - start:.0f} s: {', '.join((behind + working)[:8]) or 'no feed behind'}; "
                               f"{waiting} lookups waiting")
        time.sleep(min(1, 0.2 + (now - start) / 100))
