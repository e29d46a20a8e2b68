#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""The main job: one node for each country finds what they have in common, and shows nothing else."""
import argparse
import itertools
import json
import pathlib
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import afterwards
import matches
import plain_text
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
        phases.run("read matches", lambda: lists.update({node.country: matches.listed(node) for node in nodes}))
        feeds = plain_text.feed_names(nodes)
        views = []
        phases.run("read all reports", lambda: views.extend(view for node in nodes for view in plain_text.identifier_views(node)))
        followed = {}
        if lists[nodes[0].country]:
            phases.run("request and answer", lambda: followed.update(request=afterwards.ask_and_answer(nodes, lists)))
        if lists[nodes[-1].country]:
            phases.run("recall and receipts", lambda: followed.update(recall=afterwards.recall_and_receipts(nodes, lists)))
        for node in nodes:
            (work / f"{node.country}.matches.json").write_text(
                json.dumps({"v": 1, "matches": lists[node.country]}, indent=1))
    except BaseException:
        for node in nodes:
            node.stop()
        raise
    for node in nodes:
        code = node.stop()
        if code != 0:
            print(f"bakhitad of {node.country} ended with {code}")
    if len(nodes) > 1:
        phases.run("a split view", lambda: followed.update(split_view=afterwards.split_view(work / "split-view", nodes)))
    # Once more, so that a write-ahead log becomes table files, and both kinds are searched.
    for node in nodes if options.keep else nodes[:1]:
        node.start()
    if not options.keep:
        nodes[0].stop()
    searches = []
    phases.run("search for plain text", lambda: searches.append(
        plain_text.search_work(
            work, nodes, itertools.chain(plain_text.all_needles(views, truth, options.samples), afterwards.needles()), feeds)))
    findings, searched = searches[0]
    for path, needle in findings[:10]:
        print(f"  in plain: {needle!r} in {path}")
    published = plain_text.withheld_but_published(views, truth)

    expected, found = matches.expected(truth), matches.found(lists)
    result = {
        "countries": countries,
        "expected": sum(expected.values()),
        "found": sum((expected & found).values()),
        "missed": sum((expected - found).values()),
        "wrong": sum((found - expected).values()),
        "leaked": published + len(findings),
        "searched": searched,
        **followed,
        "phases": phases.seconds,
    }
    matches.print_differences("missed", expected - found)
    matches.print_differences("wrong", found - expected)
    (work / "result.json").write_text(json.dumps(result, indent=1) + "\n")
    print()
    matches.print_table(lists, 8)
    print("\n  {files} files, {0:.0f} MB, and in them all {frames} frames ({1:.1f} MB) that were sent or received, searched "
          "for\n  {identifiers} forms of identifiers in plain: {2} found".format(
              searched["bytes"] / 1e6, searched["frame_bytes"] / 1e6, len(findings), **searched))
    print("  expected {expected}  found {found}  missed {missed}  wrong {wrong}  leaked {leaked}".format(**result))
    if "request" in followed:
        print("  {asking} asked {asked} about {0} ({type}), was answered, and said what came of it".format(
            ", ".join(followed["request"]["reports"][:3]), **followed["request"]))
    if "recall" in followed:
        print("  {origin} took back what it published of {report}: {0} deleted it, and signed so; no file of theirs holds it".format(
            " and ".join(followed["recall"]["receipted_by"]), **followed["recall"]))
    if "split_view" in followed:
        print("  {cheat}, in a copy, signed two feeds: caught by {0}; the proof holds without a node: {evidence}".format(
            " and ".join(followed["split_view"]["caught_by"]), **followed["split_view"]))
    print("\n  Look around:")
    for node in nodes:
        print(f"    {node.country}: build/release/node/bakhita --config {node.config} status"
              + ("" if options.keep else "   (start it first: build/release/node/bakhitad --config …)"))
    sys.exit(1 if result["missed"] or result["wrong"] or result["leaked"] else 0)


if __name__ == "__main__":
    main()
