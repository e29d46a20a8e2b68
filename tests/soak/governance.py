# SPDX-License-Identifier: EUPL-1.2
"""The community's charter changes while nodes come and go: first a legal basis more, later new keys for all."""
import threading
import time

CHANGES = ((0.25, ("--basis", "invented treaty, article 2")), (0.55, ("--renew-keys",)))  # after this share of the time


def shown(node):
    return node.json("community", "show", "demo")["communities"][0]


class Governor:
    """The first node proposes, all sign. Whoever is down signs later: a command that fails is tried again."""

    def __init__(self, nodes, seconds):
        self.nodes = nodes
        self.seconds = seconds
        self.failures = []
        self.stopping = threading.Event()

    def run(self):
        start = time.monotonic()
        for share, change in CHANGES:
            if self.stopping.wait(max(0, start + share * self.seconds - time.monotonic())):
                return
            self.decide(change)

    def decide(self, change):
        before = None
        while not self.stopping.wait(0.3):
            try:
                views = {node.country: shown(node) for node in self.nodes}
                before = before or int(views[self.nodes[0].country]["epoch"])
                if all(int(view["epoch"]) > before for view in views.values()):
                    return
                proposer = self.nodes[0]
                if int(views[proposer.country]["epoch"]) == before and not proposals(proposer):
                    proposer.run("--yes", "community", "propose", "demo", *change)
                for node in self.nodes[1:]:
                    sign(node)
            except Exception:
                continue  # a node is down: again


def proposals(node):
    return node.json("community", "proposals").get("charters", [])


def sign(node):
    """What waits for this node: a proposal that it has not signed, or its own acceptance of what a charter widens."""
    waits = [charter for charter in proposals(node) if node.country not in charter["signed_by"]]
    if waits or shown(node)["state"] == "to be accepted":
        node.run("--yes", "community", "sign", "demo")


def finish(nodes, seconds=120):
    """No faults any more: what was proposed is signed by all, and accepted."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for node in nodes:
            sign(node)
        if not any(proposals(node) or shown(node)["state"] != "in force" for node in nodes):
            return
        time.sleep(0.3)
