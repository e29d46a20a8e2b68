# SPDX-License-Identifier: EUPL-1.2
"""How operators change a community: one proposes, the others sign, whoever is new is accepted."""
from scenario import wait_for


def community(node, name="demo"):
    return node.json("community", "show", name)["communities"][0]


def epoch(node, name="demo"):
    return int(community(node, name)["epoch"])


def proposals(node):
    return node.json("community", "proposals").get("charters", [])


def decide(nodes, *change, name="demo"):
    """The first node proposes, the others sign until it is in force; then all of them know."""
    before = epoch(nodes[0], name)
    nodes[0].run("--yes", "community", "propose", name, *change)
    for node in nodes[1:]:
        wait_for(f"{node.country} sees the proposal", lambda: proposals(node) or epoch(node, name) > before)
        if epoch(node, name) == before:
            node.run("--yes", "community", "sign", name)
    for node in nodes:
        wait_for(f"{node.country} knows the new charter", lambda: epoch(node, name) > before)


def accept(nodes, name="demo"):
    for node in nodes:
        if community(node, name)["state"] == "to be accepted":
            node.run("--yes", "community", "sign", name)
