# SPDX-License-Identifier: EUPL-1.2
"""What must hold, as far as it can be seen from outside: of one node after each kill, and of all when the faults have healed.

Each function returns what is wrong, in sentences; nothing when all is well.
"""
import collections
import json

import frames
import leaks
import matches
import plain_text
from ledger import truth_of


def held_reports(node):
    """id → (type, value, role) of each of its identifiers, as the node has them."""
    out = {}
    for line in node.run("report", "export", "--reason", "soak").stdout.splitlines():
        report = json.loads(line)["report"]
        out[report["id"]] = tuple(sorted(
            (identifier["type"].removeprefix("IDENTIFIER_TYPE_").lower(), identifier["value"],
             identifier["role"].removeprefix("SUBJECT_ROLE_").lower()) for identifier in report["identifiers"]))
    return out


def after_a_kill(node, ledger):
    """Nothing that was acknowledged is gone, and the node serves."""
    faults = []
    status = node.json_of_status()
    if status["state"] != "serving":
        faults.append(f"{node.country} is in {status['state']} after a kill: {status['state_reason']}")
    faults += ledger.compare(held_reports(node))
    size = int(status["own_feeds"][0]["size"]) if status["own_feeds"] else 0
    if size < ledger.published:
        ledger.lost += 1
        faults.append(f"{node.country} has published {size} records, but acknowledged {ledger.published}")
    if int(status["audit_size"]) < ledger.audited:
        ledger.lost += 1
        faults.append(f"{node.country} has {status['audit_size']} audit records, and has shown {ledger.audited}")
    ledger.audited = int(status["audit_size"])
    return faults


# --- when the faults have healed ---------------------------------------------------------------------------------------------

def unsettled(nodes, ledgers):
    """What still has to come to rest, in a few words; nothing when all have converged."""
    states = {node.country: node.json_of_status() for node in nodes}
    own = {country: {(feed["community"], feed["generation"]): int(feed["size"]) for feed in state["own_feeds"]}
           for country, state in states.items()}
    waits = []
    for country, state in states.items():
        if state["working"] or int(state["lookups_waiting"]):
            waits.append(f"{country} has {state['lookups_waiting']} lookups to ask")
        for peer in state["peers"]:
            there = {(feed["community"], feed["generation"]): int(feed["size"]) for feed in peer["feeds"]}
            waits += [f"{country} is behind {peer['country']}" for feed, size in own[peer["country"]].items()
                      if there.get(feed, 0) < size]
    views = [node.json("community", "show", "demo")["communities"][0] for node in nodes]
    if len({view["hash"] for view in views}) > 1 or any(view["state"] != "in force" for view in views):
        waits.append("charters: " + ", ".join(f"{node.country} {view['epoch']} {view['state']}" for node, view in zip(nodes, views)))
    if not waits:
        threads = {node.country: correspondence(node) for node in nodes}
        waits += [f"letter {letter[:8]} of {country} is {delivery}" for country, letters in threads.items()
                  for letter, (_, delivery, _) in letters.items() if delivery == "on its way"]
    if not waits:
        missed, wrong = differences(nodes, ledgers)
        waits += [f"{sum(missed.values())} matches missed, {sum(wrong.values())} wrong"] if missed or wrong else []
    return waits


def differences(nodes, ledgers):
    """Missed, and wrong. What somebody looked up by hand matches without a report of ours, and is not compared."""
    expected = matches.expected(truth_of(ledgers))
    found = matches.found({node.country: [match for match in matches.listed(node) if match["report_ids"]] for node in nodes})
    return expected - found, found - expected


def correspondence(node):
    """letter → (thread, delivery, how often the node keeps it)."""
    out = {}
    for thread in node.json("request", "list")["threads"]:
        for letter in node.json("request", "show", thread["id"])["letters"]:
            times = out[letter["id"]][2] + 1 if letter["id"] in out else 1
            out[letter["id"]] = (thread["id"], letter["delivery"], times)
    return out


def of_letters(nodes, ledgers):
    """What was acknowledged is there, at both ends, once; and each end keeps the same letters of a correspondence."""
    faults = []
    kept = {node.country: correspondence(node) for node in nodes}
    for ledger in ledgers:
        for letter, thread in ledger.letters.items():
            place = kept[ledger.country].get(letter)
            if place is None:
                ledger.lost += 1
                faults.append(f"{ledger.country} has lost letter {letter} of {thread}, which it said it sent")
    holders = collections.defaultdict(list)
    for country, letters in kept.items():
        for letter, (_, delivery, times) in letters.items():
            holders[letter].append(country)
            if times != 1:
                faults.append(f"{country} keeps letter {letter} {times} times")
            if delivery not in ("delivered", "received"):
                faults.append(f"letter {letter} of {country} never came: {delivery}")
    faults += [f"letter {letter} is kept by {', '.join(where)} alone" for letter, where in holders.items() if len(where) != 2]
    return faults


def of_feeds(nodes):
    """Feeds and audit trails verify; nobody is accused; and every note ever seen names one root for a size."""
    faults = []
    for node in nodes:
        audit = node.json("audit", "verify")
        if not audit["ok"]:
            faults.append(f"{node.country}: audit trail: {audit['problem']}")
        feeds = json.loads(node.run("--json", "feed", "verify", check=False).stdout)["feeds"]
        faults += [f"{node.country}: feed of {feed['feed']['origin'][:8]}: {feed['problem']}" for feed in feeds if not feed["ok"]]
        faults += [f"{node.country} accuses {proof['country']} of two feeds" for proof in node.json("evidence", "list")["proofs"]]
        warnings = [warning for warning in node.json_of_status()["warnings"] if "frozen" in warning or "without" in warning]
        faults += [f"{node.country}: {warning}" for warning in warnings]
    roots, twice = frames.notes(file for node in nodes for file in node.captures())
    if not roots:
        faults.append("no signed note was seen in any frame: the search for split views is blind")
    return faults + [f"two roots were signed: {note}" for note in twice]


def of_quotas(nodes, limits, since):
    """By the frames that left: no peer had more evaluations than the bucket and its flow since `since` (Unix seconds)."""
    faults = []
    for node in nodes:
        for (peer, group), answers in frames.answered_elements(node.captures()).items():
            burst, per_day = limits(node.country, group)
            total, last = sum(elements for _, elements in answers), max(time for time, _ in answers) / 1e6
            if total > burst + per_day * (last - since) / 86_400:
                faults.append(f"{node.country} answered {total} elements of group {group} to {peer[:8]} within {last - since:.0f} s")
        for peer in node.json_of_status()["peers"]:
            faults += [f"{node.country} let {peer['country']} ask {quota['used_epoch']} of {quota['per_epoch']}"
                       for quota in peer["quotas"] if int(quota["used_epoch"]) > int(quota["per_epoch"])]
    return faults


def leaked(folder, nodes, ledgers, private, feeds):
    """Files of the nodes that hold in plain what a node was told: identifiers, and words of letters."""
    needles = [form for ledger in ledgers for mention in ledger.values()
               for text in (mention.value, mention.key) for form in leaks.forms(mention.kind, text)]
    views = (form for node in nodes for view in plain_text.identifier_views(node) for form in leaks.forms(view["type"], view["canonical"]))
    needles += [*views, *private]
    for node in nodes:
        node.stop()
    findings, searched = plain_text.search_work(folder, nodes, needles, feeds, killed=True)
    return [f"in plain: {needle!r} in {path}" for path, needle in findings], searched
