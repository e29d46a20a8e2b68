# SPDX-License-Identifier: EUPL-1.2
"""What operators do all day, drawn from the seed: reports, publications, lookups, letters. Each answer goes into the ledger."""
import json
import random
import re
import threading
import time

from invented import accounts, links, money, phones
from invented.text import sprinkled
from ledger import SHIELDED, Mention

SUSPECTS = ("recruiter", "exploiter", "transporter", "facilitator", "business", "unknown")
MAKERS = (phones.Phones, accounts.Accounts, links.Emails, links.Urls, links.Domains, money.Ibans, money.Wallets)
SHARED = 120  # identifiers that countries draw from together
DOWN = (8, 22)  # exit codes: the daemon cannot be reached
WORK = {"import": 10, "rectify": 2, "erase": 2, "publish": 5, "lookup": 2, "request": 3, "reply": 6}


def invented(rng, countries, count):
    """So many identifiers, each with a meaning of its own."""
    makers = [maker(rng) for maker in MAKERS]
    out = {}
    while len(out) < count:
        one = rng.choice(makers).invent(rng.choice(countries))
        if one is not None:
            out[(one.kind, one.key)] = one
    return list(out.values())


def report_line(number, mentions):
    return json.dumps({
        "id": number, "received_at": "2026-10-01T08:00:00Z", "urgency": "URGENCY_ROUTINE",
        "exploitation_types": [{"code": "ForcedLabour"}], "source_evaluation": "A", "information_evaluation": "1", "handling": "H0",
        "identifiers": [{"type": f"IDENTIFIER_TYPE_{mention.kind.upper()}", "value": mention.value,
                         "role": f"SUBJECT_ROLE_{mention.role.upper()}"} for mention in mentions]}) + "\n"


class Worker:
    """One country's operators. A command that fails while its node is down may have done its work or not; one that fails
    beside a node that is up has to have said why."""

    def __init__(self, node, ledger, seed, shared, inputs):
        self.node = node
        self.ledger = ledger
        self.rng = random.Random(f"{seed} work {node.country}")
        self.shared = shared
        self.file = inputs / f"{node.country}.jsonl"
        self.numbers = 0
        self.private = []  # words that only letters hold
        self.done = {name: 0 for name in WORK}
        self.failures = []
        self.stopping = threading.Event()

    def run(self):
        while not self.stopping.wait(self.rng.uniform(0.1, 0.7)):
            with self.ledger.busy:
                self.one()

    def one(self):
        name = self.rng.choices(list(WORK), list(WORK.values()))[0]
        try:
            getattr(self, f"do_{name}")()
            self.done[name] += 1
        except Exception as problem:  # anything else would end the work unseen
            self.failures.append(f"{self.node.country}: {name}: {problem!r}")

    def ask(self, *arguments, refusals=()):
        """The command's JSON; None when the node did not answer, or refused by one of these codes."""
        life = self.node.life
        ran = self.node.run("--json", "--yes", *arguments, check=False, timeout=120)
        if ran.returncode == 0:
            self.ledger.acknowledged += 1
            return json.loads(ran.stdout)
        if ran.returncode not in (*refusals, *DOWN) and not self.died(life):
            self.failures.append(f"{self.node.country}: {' '.join(map(str, arguments[:3]))}: exit {ran.returncode}: {ran.stderr.strip()}")
        self.said = ran.stderr
        return None

    def died(self, life):
        """Was the node killed while it was asked? A kill that is being done is waited for."""
        for _ in range(20):
            process = self.node.process
            if self.node.life != life or process is None or process.poll() is not None:
                return True
            time.sleep(0.05)
        return False

    # --- reports ---

    def mention(self, role=None):
        if self.rng.random() < 0.7:
            one = self.rng.choice(self.shared)
        else:
            one = invented(self.rng, [self.node.country], 1)[0]
        return Mention(one.kind, one.key, sprinkled(self.rng, one.write(self.rng, self.node.country)),
                       role or self.rng.choice(SUSPECTS))

    def content(self):
        mentions = {mention.key: mention for mention in (self.mention() for _ in range(self.rng.choice((1, 1, 2, 3))))}
        return tuple(mentions.values())

    def do_import(self):
        reports = []
        for _ in range(self.rng.randint(1, 4)):
            self.numbers += 1
            reports.append((f"{self.node.country}-{self.numbers}", self.content()))
        self.give(reports)

    def give(self, reports):
        self.file.write_text("".join(report_line(*report) for report in reports))
        for number, content in reports:
            self.ledger.reports[number].tried.append(content)
        answer = self.ask("report", "import", self.file)
        if answer is None:
            # What the daemon had made durable before it died, in the order of the file.
            told = re.search(r"acknowledged before that: (\d+) new", self.said)
            reports = reports[:int(told.group(1))] if told else []
        elif answer["invalid"] not in (0, "0"):
            self.failures.append(f"{self.node.country}: an invented identifier was refused: {answer['invalid_identifiers']}")
        for number, content in reports:
            self.ledger.reports[number].acknowledge(content)

    def known(self):
        """A report that certainly is there."""
        there = [number for number, entry in self.ledger.reports.items() if entry.is_certain() and entry.kept]
        return self.rng.choice(there) if there else None

    def do_rectify(self):
        number = self.known()
        if number is None:
            return
        content = list(self.ledger.reports[number].kept)
        at = self.rng.randrange(len(content))
        if self.rng.random() < 0.4:
            content[at] = content[at]._replace(role=self.rng.choice(SHIELDED))
        else:
            changed = self.mention()
            if changed.key not in [mention.key for mention in content]:
                content[at] = changed
        self.ledger.reports[number].tried.append(tuple(content))
        self.file.write_text(report_line(number, content))
        if self.ask("report", "import", self.file) is not None:
            self.ledger.reports[number].acknowledge(tuple(content))

    def do_erase(self):
        number = self.known()
        if number is None:
            return
        self.ledger.reports[number].tried.append(None)
        if self.ask("report", "erase", number, "--reason", "soak") is not None:
            self.ledger.reports[number].acknowledge(None)

    # --- the exchange ---

    def do_publish(self):
        answer = self.ask("publish", "--approver", f"{self.node.country.lower()}.supervisor")
        if answer and answer["feeds"]:
            self.ledger.published = max(self.ledger.published, int(answer["feeds"][0]["size"]))

    def do_lookup(self):
        mention = self.mention()
        self.ask("lookup", mention.kind, mention.value.strip(), "--case", "soak-1", "--purpose", "investigation", refusals=(5,))

    # --- letters ---

    def word(self):
        """That nothing but a letter, sealed, may hold."""
        self.private.append(f"private-{self.node.country}-{self.rng.randrange(10**12):012d}")
        return self.private[-1]

    def write(self, *arguments, refusals=(5,)):
        answer = self.ask("request", *arguments, refusals=refusals)
        if answer:
            self.ledger.letters[answer["id"]] = answer["thread"]

    def do_request(self):
        answer = self.ask("match", "list", "--limit", "40")
        if answer and answer["matches"]:
            # 4: taken back by its origin since the list was read.
            self.write("new", "--match", self.rng.choice(answer["matches"])["id"], "--facts", self.word(), refusals=(4, 5))

    def do_reply(self):
        answer = self.ask("request", "list")
        for thread in (answer or {}).get("threads", []):
            asking, state = thread["side"] == "asking", thread["state"]
            if not asking and state in ("acknowledged", "partial"):
                return self.answer(thread["id"])
            if asking and state == "clarifying":
                return self.write("clarify", thread["id"], "--answer", self.word())
            if asking and state == "feedback-due" and self.rng.random() < 0.5:
                return self.write("feedback", thread["id"], "--outcome", "victim-found")

    def answer(self, thread):
        luck = self.rng.random()
        if luck < 0.2:
            return self.write("clarify", thread, "--ask", self.word())
        if luck < 0.35:
            return self.write("refuse", thread, "--ground", "impairs-investigation")
        partial = ["--partial"] if luck < 0.5 else []
        self.write("answer", thread, *partial, "--statement", self.word())
