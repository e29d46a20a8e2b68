# SPDX-License-Identifier: EUPL-1.2
"""What a node was told, and what it has acknowledged: what must be there, whatever happens to it."""
import collections
import dataclasses
import threading

SHIELDED = ("victim", "witness", "reporter")

# An identifier in a report. `key` is equal for two only if they mean the same.
Mention = collections.namedtuple("Mention", "kind key value role")


@dataclasses.dataclass
class Entry:
    """A report: what was acknowledged last (None: that it is not there), and what was tried since without an answer."""
    kept: tuple | None = None
    tried: list = dataclasses.field(default_factory=list)

    def is_certain(self):
        return not self.tried

    def acknowledge(self, content):
        self.kept, self.tried = content, []


class Ledger:
    """Of one country. Held (`busy`) while a command runs or the node is examined."""

    def __init__(self, country):
        self.country = country
        self.busy = threading.RLock()
        self.reports = collections.defaultdict(Entry)
        self.letters = {}  # id → thread, of letters that the node said it sent
        self.published = 0  # size of the feed that the node said it has
        self.audited = 0  # size of the audit trail that the node has shown
        self.acknowledged = 0  # answers of the node that must hold
        self.lost = 0

    def compare(self, held):
        """`held`: id → (type, value, role) of each identifier, as the node has it now. What it shows, it must keep."""
        faults = []
        for number, entry in self.reports.items():
            now = held.get(number)
            allowed = [entry.kept, *entry.tried]
            match = [content for content in allowed if shown(content) == now]
            if not match:
                self.lost += 1
                faults.append(f"{self.country}: {number} is {now}, not one of {[shown(content) for content in allowed]}")
            else:
                entry.acknowledge(match[0])
        faults += [f"{self.country}: {number} was never imported" for number in set(held) - set(self.reports)]
        return faults

    def content(self):
        """id → mentions, of what is there."""
        return {number: entry.kept for number, entry in self.reports.items() if entry.kept is not None}

    def values(self):
        """All identifiers that the node was ever told."""
        return {mention for entry in self.reports.values() for content in (entry.kept, *entry.tried)
                for mention in content or ()}


def shown(content):
    """As a node shows it."""
    return None if content is None else tuple(sorted((mention.kind, mention.value, mention.role) for mention in content))


def truth_of(ledgers):
    """The matches that follow from what all hold, in the form of docs/samples/truth.json."""
    holders = collections.defaultdict(lambda: collections.defaultdict(list))
    for ledger in ledgers:
        for number, mentions in ledger.content().items():
            for mention in mentions:
                holders[(mention.kind, mention.key)][ledger.country].append((number, mention.role))
    matches = []
    for (kind, key), by_country in sorted(holders.items()):
        open_in = {country: sorted({number for number, _ in named}) for country, named in sorted(by_country.items())
                   if not any(role in SHIELDED for _, role in named)}
        if len(open_in) > 1:
            matches.append({"type": kind, "canonical": key, "countries": list(open_in), "reports": open_in})
    return {"matches": matches}
