#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""The main job: one node for each country finds what they have in common, and shows nothing else."""
import argparse
import collections
import csv
import itertools
import json
import pathlib
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import leaks
from federation import Node, found_community, pair, wait_until_synced

root = pathlib.Path(__file__).resolve().parents[2]


class Phases:
    """Times each phase and says what runs."""

    def __init__(self):
        self.seconds = {}

    def run(self, name, work):
        print(f"  {name} …", end="", flush=True)
        start = time.monotonic()
        work()
        self.seconds[name] = round(time.monotonic() - start, 3)
        print(f"\r  {name:<28} {self.seconds[name]:8.2f} s")


def expected_matches(truth):
    """(country, type, its reports, other country) for each identifier that two countries may both name."""
    expected = collections.Counter()
    for match in truth["matches"]:
        for country in match["countries"]:
            for other in match["countries"]:
                if other != country:
                    expected[(country, match["type"], tuple(sorted(match["reports"][country])), other)] += 1
    return expected


def found_matches(lists):
    found = collections.Counter()
    for country, matches in lists.items():
        for match in matches:
            found[(country, match["type"], tuple(sorted(match["report_ids"])), match["country"])] += 1
    return found


def print_differences(name, differences):
    """The first few, by report id: enough to look them up with the CLI."""
    for (country, kind, reports, other), count in list(sorted(differences.items()))[:5]:
        print(f"  {name}: {country} with {other}, {kind} of {', '.join(reports)}" + (f" ({count} times)" if count > 1 else ""))


def all_matches(node):
    matches, after = [], ""
    while True:
        page = node.json("match", "list", "--limit", "1000", *(["--after", after] if after else []))
        matches += page["matches"]
        after = page["next"]
        if not after:
            return matches


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


def captured_frames(nodes):
    """How many frames and bytes the captures hold; stops when any is missing or cannot be read."""
    total = collections.Counter()
    for node in nodes:
        if "capture_stopped" in node.log.read_text():
            sys.exit(f"the capture of {node.country} has a gap: see {node.log}")
        for row in node.json("capture", "show", "--totals", *node.captures())["totals"]:
            if row["kind"] == "undecodable":
                sys.exit(f"{node.country} {row['direction']} a frame that cannot be decoded")
            total.update(frames=row["frames"], frame_bytes=row["bytes"])
    return total


def search_work(work, nodes, needles, feeds):
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
                      **captured_frames(nodes), "identifiers": len(looked_for) - len(names)}


def print_table(lists, limit):
    columns = ("country", "report", "also in", "kind", "exploitation there", "urgency", "ask")
    rows = []
    for country in sorted(lists):
        shown = sorted(lists[country], key=lambda match: (match["report_ids"], match["country"]))
        for match in shown[:limit]:
            reports = match["report_ids"]
            more = f" +{len(reports) - 1}" if len(reports) > 1 else ""
            rows.append((country, sorted(reports)[0] + more, match["country"], match["type"],
                         ", ".join(match["exploitation"])[:36],
                         match["summary"]["urgency"].removeprefix("URGENCY_").lower(),
                         f"{match['desk']} ref {match['ref'][:8]}"))
        if len(shown) > limit:
            rows.append((country, f"… {len(shown) - limit} more", "", "", "", "", "bakhita match list"))
    widths = [max(len(str(row[i])) for row in [columns, *rows]) for i in range(len(columns))]
    for row in [columns, tuple("─" * width for width in widths), *rows]:
        print("  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths)).rstrip())


def main():
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__)
    parser.add_argument("--bin", default=root / "build/release/node", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--samples", default=root / "docs/samples", type=pathlib.Path,
                        help="folder with truth.json and a folder for each country")
    parser.add_argument("--work", default=root / "build/demo", type=pathlib.Path,
                        help="where data folders, logs and result.json go")
    parser.add_argument("--keep", action="store_true", help="leave the nodes running")
    options = parser.parse_args()

    truth = json.loads((options.samples / "truth.json").read_text())
    countries = sorted(path.parent.name for path in options.samples.glob("*/reports.csv"))
    work = options.work.resolve()
    marker = work / ".bakhita-demo"
    if work.exists() and any(work.iterdir()) and not marker.exists():
        sys.exit(f"{work} is not empty and was not made by a demo; name another with --work")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    marker.touch()

    nodes = [Node(options.bin, work / country, country, work / f"{country}.frames") for country in countries]
    phases = Phases()

    def each(action):
        with ThreadPoolExecutor(len(nodes)) as pool:
            list(pool.map(action, nodes))

    def start(node):
        node.init()
        node.start()

    def do_import(node):
        folder = options.samples / node.country
        node.run("report", "import", folder / "reports.csv", folder / "identifiers.csv",
                 "--rejects", node.folder.parent / f"{node.country}.rejects")

    def publish(node):
        node.run("--yes", "publish", "--approver", f"{node.country.lower()}.supervisor")

    def release_onboarding(node):
        for other in nodes:
            if other is not node:
                node.run("--yes", "peer", "release-onboarding", other.country)

    print(f"{len(nodes)} nodes: {', '.join(countries)}")
    try:
        phases.run("keys and start", lambda: each(start))
        phases.run("import", lambda: each(do_import))
        phases.run("pairing", lambda: pair(nodes))
        phases.run("community", lambda: found_community(nodes))
        phases.run("onboarding quota", lambda: each(release_onboarding))
        phases.run("publish", lambda: each(publish))
        phases.run("sync, lookups, matches", lambda: wait_until_synced(nodes))
        lists = {}
        phases.run("read matches", lambda: lists.update({node.country: all_matches(node) for node in nodes}))
        feeds = feed_names(nodes)
        views = []
        phases.run("read all reports", lambda: views.extend(view for node in nodes for view in identifier_views(node)))
        for node in nodes:
            (work / f"{node.country}.matches.json").write_text(
                json.dumps({"v": 1, "matches": lists[node.country]}, indent=1))
    except BaseException:
        for node in nodes:
            node.stop()
        raise
    if not options.keep:
        for node in nodes:
            code = node.stop()
            if code != 0:
                print(f"bakhitad of {node.country} ended with {code}")
    # Once more, so that a write-ahead log becomes table files, and both kinds are searched.
    again = nodes[0]
    again.stop()
    again.start()
    if not options.keep:
        again.stop()
    searches = []
    phases.run("search for plain text", lambda: searches.append(
        search_work(work, nodes, all_needles(views, truth, options.samples), feeds)))
    findings, searched = searches[0]
    for path, needle in findings[:10]:
        print(f"  in plain: {needle!r} in {path}")
    published = withheld_but_published(views, truth)

    expected, found = expected_matches(truth), found_matches(lists)
    result = {
        "countries": countries,
        "expected": sum(expected.values()),
        "found": sum((expected & found).values()),
        "missed": sum((expected - found).values()),
        "wrong": sum((found - expected).values()),
        "leaked": published + len(findings),
        "searched": searched,
        "phases": phases.seconds,
    }
    print_differences("missed", expected - found)
    print_differences("wrong", found - expected)
    (work / "result.json").write_text(json.dumps(result, indent=1) + "\n")
    print()
    print_table(lists, 8)
    print("\n  {files} files, {0:.0f} MB, and in them all {frames} frames ({1:.1f} MB) that were sent or received, searched "
          "for\n  {identifiers} forms of identifiers in plain: {2} found".format(
              searched["bytes"] / 1e6, searched["frame_bytes"] / 1e6, len(findings), **searched))
    print("  expected {expected}  found {found}  missed {missed}  wrong {wrong}  leaked {leaked}".format(**result))
    print("\n  Look around:")
    for node in nodes:
        print(f"    {node.country}: build/release/node/bakhita --config {node.config} status"
              + ("" if options.keep else "   (start it first: build/release/node/bakhitad --config …)"))
    sys.exit(1 if result["missed"] or result["wrong"] or result["leaked"] else 0)


if __name__ == "__main__":
    main()
