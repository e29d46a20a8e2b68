#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Real nodes behind a bad network, killed at random while people work; then the faults heal, and everything must be there.

The seed draws the work, the kills, the weather and who is cut off from whom; the machine's own timing is not repeated.
"""
import argparse
import json
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import governance
import oracle
import plain_text
from federation import Node, found_community, free_port, pair
from ledger import Ledger, truth_of
from proxy import Network, Weather
from work import SHARED, Worker, invented

import matches

root = pathlib.Path(__file__).resolve().parents[2]
COUNTRIES = ("FR", "GB", "SE", "RO", "NG", "BR", "DE", "IT", "ES", "PL")
CONVERGE_MAX = 300  # seconds after the faults have healed
PLENTY = (1_000_000, 1_000_000)  # burst and flow a day, of lookups
SCARCE = (1_024, 3_456_000)  # of the first node: 40 a second, so that askers have to wait
PER_EPOCH = 100_000_000


class Soaked(Node):
    """A node that others reach through the proxy alone. `life` counts its starts, `kills` its deaths."""
    life = kills = 0

    def start(self, wait=True):
        self.life += 1
        super().start(wait)

    def kill(self):
        self.kills += 1
        self.stop(signal.SIGKILL)

    def start_unless_killed(self):
        """False when it was killed before it was up: who did that brings it back."""
        kills = self.kills
        try:
            self.start()
            return True
        except Exception:
            if self.kills == kills:
                raise
            return False


def limits(country, _group):
    return SCARCE if country == COUNTRIES[0] else PLENTY


class Soak:
    def __init__(self, options, folder):
        self.options = options
        self.seconds = options.minutes * 60
        self.chance = random.Random(f"{options.seed} events")
        self.folder = folder
        self.inputs = folder / "inputs"
        self.inputs.mkdir()
        work = folder / "nodes"
        work.mkdir()
        countries = COUNTRIES[:options.nodes]
        self.nodes = [Soaked(options.bin, work / country, country, work / f"{country}.frames") for country in countries]
        self.ledgers = {country: Ledger(country) for country in countries}
        self.weather = Weather(options.seed)
        self.network = Network(self.weather, lambda: {node.country: node.process.pid for node in self.nodes if node.process})
        shared = invented(random.Random(f"{options.seed} shared"), countries, SHARED)
        self.workers = [Worker(node, self.ledgers[node.country], options.seed, shared, self.inputs) for node in self.nodes]
        self.kills = 0
        self.failures = []

    # --- before ---

    def found(self):
        self.since = time.time()
        for node in self.nodes:
            port = free_port()
            node.init(port, self.network.in_front_of(node.country, port))
            burst, per_day = limits(node.country, 0)
            quota = f"{{per_day: {per_day}, burst: {burst}, per_epoch: {PER_EPOCH}}}"
            node.configure(f"\nquotas: {{g1: {quota}, g2: {quota}}}\nlookups: {{interval: 2s}}\n")
            with open(node.config) as config:
                text = config.read()
            node.config.write_text(text.replace("network:\n", "network:\n  dial_interval: 1s\n", 1))
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda node: node.start(), self.nodes))
        pair(self.nodes)
        found_community(self.nodes)
        for node in self.nodes:
            node.run("--yes", "publish", "--approver", "supervisor")

    # --- faults ---

    def events(self):
        """(second, what) in order, until the faults heal."""
        out, at = [], 0.0
        while (at := at + self.chance.uniform(0.5, 3)) < self.seconds:
            out.append((at, self.draw()))
        return out

    def draw(self):
        pair_of_nodes = self.chance.sample(self.nodes, 2)
        for_seconds = self.chance.uniform(0.2, 8)
        luck = self.chance.random()
        if luck < 0.6:
            count = 2 if luck < 0.06 else 1
            return lambda: [self.kill(node, for_seconds / 2) for node in pair_of_nodes[:count]]
        ways = [tuple(node.country for node in pair_of_nodes)]
        if luck > 0.85:
            ways.append(ways[0][::-1])
        return lambda: self.cut_off(ways, for_seconds)

    def kill(self, node, down_for):
        if node.process is None or self.stopped(node):
            return
        node.kill()
        self.kills += 1
        threading.Thread(target=self.bring_back, args=(node, down_for), daemon=True).start()

    def stopped(self, node):
        """A node that ended by itself has failed."""
        if node.process.poll() is None:
            return False
        self.failures.append(f"bakhitad of {node.country} ended with {node.process.returncode}: {node.tail()}")
        node.process = None
        return True

    def bring_back(self, node, down_for):
        time.sleep(down_for)
        ledger = self.ledgers[node.country]
        with ledger.busy:  # a command that the kill has cut off has failed by now
            kills = node.kills
            try:
                if node.start_unless_killed():
                    self.failures += oracle.after_a_kill(node, ledger)
            except Exception as problem:
                if node.kills == kills:
                    self.failures.append(f"{node.country} after a kill: {problem}")

    def cut_off(self, ways, for_seconds):
        self.weather.faults["partition" if len(ways) == 2 else "one-way partition"] += 1
        for way in ways:
            self.weather.close_way(*way)
        threading.Timer(for_seconds, lambda: [self.weather.open_way(*way) for way in ways]).start()

    # --- the run ---

    def run(self):
        self.found()
        threads = [threading.Thread(target=worker.run, daemon=True) for worker in self.workers]
        governor = governance.Governor(self.nodes, self.seconds)
        threads.append(threading.Thread(target=governor.run, daemon=True))
        self.weather.calm = False
        start = time.monotonic()
        for thread in threads:
            thread.start()
        for at, event in self.events():
            time.sleep(max(0, start + at - time.monotonic()))
            event()
            self.say(start)
        time.sleep(max(0, start + self.seconds - time.monotonic()))
        for worker in (*self.workers, governor):
            worker.stopping.set()
        for thread in threads:
            thread.join(180)
        self.failures += [failure for worker in (*self.workers, governor) for failure in worker.failures]

    def say(self, start):
        if sys.stderr.isatty():
            print(f"\r{time.monotonic() - start:6.0f} s  {self.kills} kills  faults {dict(self.weather.faults)}  acknowledged "
                  f"{sum(ledger.acknowledged for ledger in self.ledgers.values())}", end="", file=sys.stderr, flush=True)

    def heal(self):
        """Seconds until everything has converged."""
        self.weather.calm = True
        start = time.monotonic()
        while any(node.process is None for node in self.nodes) and time.monotonic() < start + 60:
            time.sleep(0.1)
        for node in self.nodes:
            with self.ledgers[node.country].busy:
                if node.process is None or self.stopped(node):
                    node.start()
                self.failures += oracle.after_a_kill(node, self.ledgers[node.country])
        governance.finish(self.nodes)
        for node in self.nodes:
            node.run("--yes", "publish", "--approver", "supervisor")
        while waits := oracle.unsettled(self.nodes, self.ledgers.values()):
            if time.monotonic() > start + CONVERGE_MAX:
                self.failures.append(f"not converged after {CONVERGE_MAX} s: {'; '.join(waits[:8])}")
                break
            time.sleep(0.5)
        return round(time.monotonic() - start, 1)

    def judge(self, converged):
        """The last line."""
        ledgers = self.ledgers.values()
        missed, wrong = oracle.differences(self.nodes, ledgers)
        matches.print_differences("missed", missed)
        matches.print_differences("wrong", wrong)
        if missed or wrong:
            self.failures.append(f"{sum(missed.values())} matches missed, {sum(wrong.values())} wrong")
        self.failures += oracle.of_letters(self.nodes, ledgers)
        self.failures += oracle.of_feeds(self.nodes)
        self.failures += oracle.of_quotas(self.nodes, limits, self.since)
        feeds = plain_text.feed_names(self.nodes)
        private = [word for worker in self.workers for word in worker.private]
        findings, searched = oracle.leaked(self.folder / "nodes", self.nodes, ledgers, private, feeds)
        self.failures += findings
        expected = sum(matches.expected(truth_of(ledgers)).values())
        done = {name: sum(worker.done[name] for worker in self.workers) for name in self.workers[0].done}
        return {"minutes": self.options.minutes, "seed": self.options.seed, "nodes": len(self.nodes), "kills": self.kills,
                "faults": dict(sorted(self.weather.faults.items())), "work": done,
                "acknowledged": sum(ledger.acknowledged for ledger in ledgers), "lost": sum(ledger.lost for ledger in ledgers),
                "letters": sum(len(ledger.letters) for ledger in ledgers), "expected": expected,
                "found": expected - sum(missed.values()), "missed": sum(missed.values()), "wrong": sum(wrong.values()),
                "leaked": len(findings), "searched": searched, "converge_s": converged, "failures": self.failures}

    def stop(self):
        for node in self.nodes:
            node.stop(signal.SIGKILL)
        self.network.stop()


def main():
    parser = argparse.ArgumentParser(prog="./dev soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="of faults; then everything has five to converge")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--nodes", type=int, default=5, choices=range(2, len(COUNTRIES) + 1), metavar="N")
    parser.add_argument("--bin", default=root / "build/release/node", type=pathlib.Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bakhita-soak-"))
    soak = Soak(options, folder)
    result = {"failures": ["the soak itself broke off"]}
    try:
        soak.run()
        result = soak.judge(soak.heal())
    finally:
        soak.stop()
        if result["failures"]:
            print(f"everything is kept in {folder}\nagain: ./dev soak --minutes {options.minutes:g} --seed {options.seed} "
                  f"--nodes {options.nodes}", file=sys.stderr)
        else:
            shutil.rmtree(folder)
    print(json.dumps(result))
    sys.exit(1 if result["failures"] else 0)


if __name__ == "__main__":
    main()
