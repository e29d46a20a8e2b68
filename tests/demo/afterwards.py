# SPDX-License-Identifier: EUPL-1.2
"""What follows a match: a request and its answer, a recall and its receipts; and what follows when an origin signs two feeds."""
import itertools
import shutil

import matches
from federation import Node, wait_for

STATEMENT = "The person was seen at a border crossing in May."
STATE_OF_A_NODE = ("data", "data.anchor", "data.written")  # what a copy of the whole machine would bring back


def state_of(node, thread):
    return next((row["state"] for row in node.json("request", "list")["threads"] if row["id"] == thread), "not there")


def ask_and_answer(nodes, lists):
    """The first match of the first country becomes a request; the other country answers, and is told what came of it."""
    asking = nodes[0]
    match = lists[asking.country][0]
    asked = next(node for node in nodes if node.country == match["country"])
    thread = asking.json("request", "new", "--match", match["id"])["thread"]
    wait_for("the request arrives", lambda: state_of(asked, thread) == "acknowledged")
    asked.run("request", "answer", thread, "--statement", STATEMENT, "--basis", "fact")
    wait_for("the answer arrives", lambda: state_of(asking, thread) == "feedback-due")
    asking.run("request", "feedback", thread, "--outcome", "victim-found")
    wait_for("the feedback arrives", lambda: state_of(asked, thread) == "closed")
    told = asking.json("request", "show", thread)
    answers = [statement["text"] for letter in told["letters"] if letter["kind"] == "reply"
               for statement in letter["letter"]["reply"]["statements"]]
    if answers != [STATEMENT]:
        raise RuntimeError(f"{asking.country} was answered {answers}")
    return {"asking": asking.country, "asked": asked.country, "type": match["type"], "reports": told["thread"]["report_ids"],
            "request": thread, "state": told["thread"]["state"], "letters": len(told["letters"])}


# --- a recall and its receipts -------------------------------------------------------------------------------------------------

def about(origin, rows):
    return sum(row["country"] == origin.country for row in rows)


def recall_and_receipts(nodes, lists):
    """The last country takes back the report of its last match; the others delete, and sign that they did; an auditor without a
    node reads what they signed."""
    origin = nodes[-1]
    match = lists[origin.country][-1]
    report = match["report_ids"][0]
    ordered = [recall["id"] for recall in origin.json("recall", "new", "--report", report, "--kind", "erase",
                                                      "--reason", "invented court order")["recalls"]]

    def complete():
        holders = [holder for recall in ordered for holder in origin.json("recall", "show", recall)["holders"]]
        return holders and all(holder["state"] == "complete" for holder in holders)

    wait_for("all members receipt the recall", complete)
    partner = next(node for node in nodes if node.country == match["country"])
    if about(origin, matches.listed(partner)) >= about(origin, lists[partner.country]):
        raise RuntimeError(f"{partner.country} still shows what {origin.country} took back")
    proof = origin.folder.parent / f"{origin.country}.recalls"
    origin.run("recall", "export", proof)
    proven = nodes[0].json("recall", "verify", proof, "--card", origin.folder.parent / f"{origin.country}.card")["recalls"]
    return {"origin": origin.country, "report": report, "recalls": ordered, "evidence": str(proof),
            "receipted_by": sorted({member["country"] for recall in proven for member in recall["members"]
                                    if member["state"] == "complete"})}


# --- a split view --------------------------------------------------------------------------------------------------------------

def copy_of(node, folder):
    """The same node once more, in another folder: keys, data, address. Both must not run at once."""
    folder.mkdir(exist_ok=True)
    copy = Node(node.binaries, folder / node.country, node.country, folder / f"{node.country}.frames")
    shutil.copytree(node.folder, copy.folder, ignore=shutil.ignore_patterns("admin.sock"))
    copy.config.write_text(node.config.read_text().replace(f"{node.folder}/", f"{copy.folder}/"))
    return copy


def keep_aside(node):
    for part in STATE_OF_A_NODE:
        copy = shutil.copytree if part == "data" else shutil.copy2
        copy(node.folder / part, node.folder / f"kept-{part}")


def put_back(node):
    shutil.rmtree(node.folder / "data")
    for part in STATE_OF_A_NODE:
        (node.folder / f"kept-{part}").rename(node.folder / part)


def publish_something(node, number):
    node.run("report", "add", "-", stdin=(
        f'{{"id":"{node.country}-{number}","received_at":"2026-11-01T09:00:00Z","urgency":"URGENCY_ROUTINE",'
        '"exploitation_types":[{"code":"ForcedLabour"}],"source_evaluation":"B","information_evaluation":"2","handling":"H1",'
        f'"identifiers":[{{"type":"IDENTIFIER_TYPE_PHONE","value":"{new_number(number)}","role":"SUBJECT_ROLE_RECRUITER"}}]}}'))
    node.run("--yes", "publish", "--approver", f"{node.country.lower()}.supervisor")
    return int(node.json_of_status()["own_feeds"][0]["size"])


def new_number(number):
    return f"+3363998{number:04d}"


def feed_of(node, origin):
    feeds = [feed for peer in node.json_of_status()["peers"] if peer["country"] == origin for feed in peer["feeds"]]
    return feeds[0] if feeds else {"size": "0", "state": "none"}


def show_to(victim, cheat, number):
    """The cheat publishes while this victim alone listens."""
    victim.start()
    cheat.start()
    size = publish_something(cheat, number)
    wait_for(f"{victim.country} has the feed", lambda: int(feed_of(victim, cheat.country)["size"]) >= size)
    cheat.stop()


def split_view(folder, nodes):
    """In copies of the nodes, which are not running: the last country publishes, is set back as a whole, publishes something else
    under the same size, and shows the two feeds to different peers. They catch it when they meet."""
    cheat, *victims = copies = [copy_of(node, folder) for node in (nodes[-1], *nodes[:2][:len(nodes) - 1])]
    try:
        keep_aside(cheat)
        show_to(victims[0], cheat, 1)
        victims[0].stop()
        put_back(cheat)
        if len(victims) > 1:
            show_to(victims[1], cheat, 2)
        else:  # one that is shown two over time knows, too
            cheat.start()
            publish_something(cheat, 2)
        victims[0].start()
        for victim in victims:
            wait_for(f"{victim.country} freezes the feed", lambda: feed_of(victim, cheat.country)["state"] == "frozen")  # noqa: B023
        proof = folder / f"{cheat.country}.proof"
        victims[0].run("evidence", "export", cheat.country, proof)
    finally:
        for copy in copies:
            copy.stop()
    verdict = victims[0].run("evidence", "verify", proof, "--card", folder.parent / f"{cheat.country}.card").stdout.strip()
    return {"cheat": cheat.country, "caught_by": [victim.country for victim in victims], "evidence": str(proof), "verdict": verdict}


def needles():
    """What was written here, and may stand nowhere in plain."""
    return itertools.chain([STATEMENT], (new_number(number) for number in (1, 2)))
