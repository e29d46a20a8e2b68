# SPDX-License-Identifier: EUPL-1.2
"""Identifiers in plain, looked for in everything that nodes wrote, sent and received."""
import collections
import csv
import itertools
import json
import sys

import leaks


def identifier_views(node):
    """Each identifier of each report of a node, as the node has it: type, value as written, canonical, role, published."""
    for line in node.run("report", "export", "--reason", "demo: look for leaks").stdout.splitlines():
        for view in json.loads(line)["identifiers"]:
            identifier = view["identifier"]
            yield {"type": identifier["type"].removeprefix("IDENTIFIER_TYPE_").lower(), "value": identifier["value"],
                   "role": identifier.get("role", "").removeprefix("SUBJECT_ROLE_").lower(),
                   "canonical": view.get("canonical", ""), "benign": view.get("benign"), "published": view.get("published")}


def withheld_but_published(views, truth):
    """Identifiers in a shielded role or on a benign list that a node says it has published."""
    shielded_roles = {"victim", "witness", "reporter", "helpline"}
    shown = lambda kind, canonical: (kind, canonical.replace("\x1f", ":").removeprefix("https://"))
    withheld = {shown(entry["type"], entry["canonical"]) for entry in truth["withheld"]}
    return sum(1 for view in views if view["published"] and (
        view["role"] in shielded_roles or view["benign"] or shown(view["type"], view["canonical"]) in withheld))


def all_needles(views, truth, samples):
    """Every identifier as written, in its canonical form by the truth and by the nodes, and phones as bare digits."""
    for country_file in sorted(samples.glob("*/identifiers.csv")):
        with open(country_file, encoding="utf-8", newline="") as rows:
            for row in csv.DictReader(rows):
                yield from leaks.forms(row["type"], row["value"])
    for entry in truth["matches"] + truth["withheld"]:
        yield from leaks.forms(entry["type"], entry["canonical"])
    for view in views:
        yield from leaks.forms(view["type"], view["value"])
        yield from leaks.forms(view["type"], view["canonical"])


def feed_names(nodes):
    """country → the first line of its signed checkpoints: no secret, and in frames of every node."""
    return {node.country: f"bakhita.v1/{state['own_feeds'][0]['community']}/{state['node']}/1"
            for node in nodes for state in [node.json("status")]}


def captured_frames(nodes, killed=False):
    """How many frames and bytes the captures hold; stops when any is missing or cannot be read. A node that was killed leaves
    its last entry unfinished."""
    total = collections.Counter()
    for node in nodes:
        if "capture_stopped" in node.log.read_text():
            sys.exit(f"the capture of {node.country} has a gap: see {node.log}")
        for file in node.captures():
            shown = json.loads(node.run("--json", "capture", "show", "--totals", file, check=not killed).stdout)
            if shown["problem"] and not shown["problem"].endswith("cut short"):
                sys.exit(shown["problem"])
            for row in shown["totals"]:
                if row["kind"] == "undecodable":
                    sys.exit(f"{node.country} {row['direction']} a frame that cannot be decoded")
                total.update(frames=row["frames"], frame_bytes=row["bytes"])
    return total


def search_work(work, nodes, needles, feeds, killed=False):
    """Searches every file of the demo: data, logs, and the captures of all frames. Returns what it found in plain, and how
    much it has searched; stops when the search itself is shown to be blind: each node keeps the others' names and has sent
    and received the names of all feeds, which are no secret, and they must turn up."""
    planted = {node.country: leaks.usable(f"Authority of {node.country}") for node in nodes}
    feed_names = {country: leaks.usable(name) for country, name in feeds.items()}
    looked_for = leaks.Needles(itertools.chain(needles, (name.decode() for name in [*planted.values(), *feed_names.values()])))
    paths = sorted(path for path in work.rglob("*") if path.is_file())
    found = leaks.search_files(looked_for, paths)
    for node in nodes:
        hidden = leaks.compressing_options(node.folder)
        if hidden:
            sys.exit(f"the search for plain text proves nothing where files are compressed: {hidden[0]}")
        others = {name for country, name in planted.items() if country != node.country}
        data = [path for path in found if path.is_relative_to(node.folder / "data")]
        if not all(any(name in found[path] for path in data) for name in others):
            sys.exit(f"the search for plain text is blind: planted names were not found in {node.folder / 'data'}")
        if set(feed_names.values()) - set().union(*(found[path] for path in node.captures())):
            sys.exit(f"the search for plain text is blind: names of feeds were not found in {node.capture}")
    if not any(path.suffix == ".sst" for path in found):
        sys.exit("the search for plain text is blind: no planted name was found in a table file")
    names = {*planted.values(), *feed_names.values()}
    findings = [(path, needle) for path in sorted(found) for needle in sorted(found[path] - names)]
    return findings, {"files": len(paths), "bytes": sum(path.stat().st_size for path in paths),
                      **captured_frames(nodes, killed), "identifiers": len(looked_for) - len(names)}
