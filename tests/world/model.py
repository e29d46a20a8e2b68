# SPDX-License-Identifier: EUPL-1.2
"""What a node sends, computes, keeps and holds, from the members, the measured unit costs and the waits of lookups.
Arithmetic only: everything measured comes in as an argument."""
import math
import random
import statistics
from typing import NamedTuple

from announcing import tls_size

DAY = 86_400
LOCK_BATCH = 32  # a publication's locks are filled up to a multiple of it
PEER_FEED_BYTES = 340  # a session's memory of one feed: estimated from the containers, not measured
MONTHS = 12


class Frames(NamedTuple):
    """Bytes of frames, as the simulator counted them, and what goes around their contents."""
    head: float
    clock_around: float
    ping: float
    pong: float
    want: float
    data_around: float   # of a Data frame: note, proof, numbers
    record: float        # header and body of a lock
    evaluate_64: float
    evaluated_64: float
    busy: float
    hello: float
    card: float
    acceptance: float
    charter_base: float
    charter_member: float

    def evaluate(self, elements):
        return self.evaluate_64 + 32 * (elements - 64)

    def evaluated(self, elements):
        return self.evaluated_64 + 32 * (elements - 64)


class Line(NamedTuple):
    """A cost that grows with the members."""
    base: float
    slope: float

    def at(self, members):
        return self.base + self.slope * members


def line_of(units, name):
    """Through the two sizes at which it was measured; never falling."""
    sizes = sorted(int(key.split("@")[1]) for key in units if key.startswith(name + "@"))
    low, high = sizes[0], sizes[-1]
    a, b = units[f"{name}@{low}"], units[f"{name}@{high}"]
    slope = max(0.0, (b - a) / (high - low))
    return Line(max(0.0, b - slope * high), slope)


class Publications(NamedTuple):
    per_day: float
    new: float  # identifiers in each


def publications_of(member, assumptions):
    """So often a day, when there is something new: a person approves each."""
    new = member.identifiers / 365 / assumptions.publications_per_day
    share = 1 - math.exp(-new)
    return Publications(assumptions.publications_per_day * share, new / share if share > 0 else 0)


def records_of(publication):
    """With the dummies."""
    return -(-max(1, round(publication.new)) // LOCK_BATCH) * LOCK_BATCH


def publication_times(members, assumptions, days, seed):
    rng = random.Random(f"{seed}/publications")
    slots = int(days * assumptions.publications_per_day)
    out = []
    for member in members:
        share = publications_of(member, assumptions).per_day / assumptions.publications_per_day
        out.append([(slot + rng.random()) / assumptions.publications_per_day * DAY for slot in range(slots)
                    if rng.random() < share])
    return out


def lookup_input(members, origin, standing=0, coming=1):
    """The peers of one origin, as world_lookups wants them: a year's identifiers `standing` times, and
    `coming` times."""
    return [(coming * m.g1 / 365, coming * m.g2 / 365, round(standing * m.g1), round(standing * m.g2))
            for i, m in enumerate(members) if i != origin]


class Bytes(NamedTuple):
    """What one node sends in a day, before and behind TLS; it receives as much on average."""
    heads: float
    records: float
    lookups: float
    refused: float
    restarts: float

    @property
    def all(self):
        return sum(self)


def restart_bytes(count, frames):
    """What the two ends of one new connection say to each other before there is anything new."""
    return 2 * (frames.hello + count * (frames.card + frames.acceptance + frames.head))


def bytes_per_day(members, assumptions, frames, spoken, looked_up, tls):
    """On average over the nodes. `looked_up`: what one origin answered in a day; a node asks as much as it is
    asked."""
    count = len(members)
    size = tls_size if tls else float
    heads = spoken.tls_bytes if tls else spoken.plain_bytes
    records = 0.0
    for member in members:
        each = publications_of(member, assumptions)
        data = frames.data_around + records_of(each) * frames.record
        records += each.per_day * (size(data) + size(frames.want))
    records *= (count - 1) / count
    lookups = sum(looked_up[f"answered_{n}"] * (size(frames.evaluate(n)) + size(frames.evaluated(n)))
                  for n in (64, 256))
    refused = sum(looked_up[f"refused_{n}"] * (size(frames.evaluate(n)) + size(frames.busy)) for n in (64, 256))
    restarts = (count - 1) * size(restart_bytes(count, frames)) / assumptions.restart_days
    return Bytes(heads, records, lookups, refused, restarts)


class Cpu(NamedTuple):
    """Seconds of one core a day."""
    hearing_heads: float
    listing_heads: float
    planning: float
    lookups: float
    records: float
    own: float

    @property
    def all(self):
        return sum(self)


def cpu_per_day(member, count, units, spoken, looked_up, arriving):
    """`arriving`: publications of others a day."""
    heads_new = count * 25
    return Cpu(
        hearing_heads=(spoken.heads - heads_new) * line_of(units, "known_head_cpu_s").at(count)
        + heads_new * line_of(units, "new_head_cpu_s").at(count),
        listing_heads=spoken.works * (count - 1) * count * line_of(units, "list_head_cpu_s").at(count),
        planning=spoken.works * (count * line_of(units, "work_feed_cpu_s").at(count) +
                                 member.identifiers * (count - 1) * line_of(units, "work_identifier_feed_cpu_s").at(count)),
        lookups=looked_up["answered_64"] * (units["ask_64_cpu_s"] + units["answer_64_cpu_s"])
        + looked_up["answered_256"] * (units["ask_256_cpu_s"] + units["answer_256_cpu_s"])
        + (looked_up["refused_256"] + looked_up["refused_64"] / 4) * units["blind_256_cpu_s"],
        records=arriving * units["small_accept_cpu_s"]
        + member.identifiers * (count - 1) * units["token_cpu_s"] * MONTHS / 365,
        own=member.reports / 365 * units["import_cpu_s"] + units["small_publication_cpu_s"]
        + (count - 1) * units["small_read_cpu_s"] + 24 * line_of(units, "cosign_cpu_s").at(count))


class Disk(NamedTuple):
    """Bytes after a year."""
    reports: float
    feeds: float
    evaluations: float
    tokens: float
    audit: float

    @property
    def all(self):
        return sum(self)


def disk_after_year(member, members, assumptions, units, looked_up):
    count = len(members)
    each = [publications_of(m, assumptions) for m in members if m is not member]
    records = sum(365 * p.per_day * records_of(p) for p in each)
    return Disk(reports=member.reports * units["report_disk_bytes"] + member.identifiers * units["own_lock_disk_bytes"],
                feeds=records * units["record_disk_bytes"],
                evaluations=member.identifiers * (count - 1) * units["evaluation_disk_bytes"],
                tokens=member.identifiers * (count - 1) * (MONTHS - 1) * units["token_disk_bytes"],
                audit=(looked_up["answered_64"] + looked_up["answered_256"]) * 365 * units["answer_disk_bytes"])


def memory(count, units):
    """Beside what a node of its size holds alone: caches, write buffers, code."""
    peers = count - 1
    return (line_of(units, "node_memory_bytes").at(count) + peers * line_of(units, "connection_memory_bytes").base
            + peers * count * PEER_FEED_BYTES)


def by_size(members):
    ordered = sorted(members, key=lambda m: m.identifiers)
    return {"median": ordered[len(ordered) // 2], "largest": ordered[-1]}


def propagation(count, frames, rng, publication_records=LOCK_BATCH):
    """Seconds until a publication is in another node: head, want, records; the origin serves its peers one
    after the other on a line of 100 Mbit/s."""
    line, latency = 100e6 / 8, rng.uniform(0.001, 0.08)
    served = rng.random() * (count - 1) * tls_size(frames.data_around + publication_records * frames.record) / line
    return 3 * latency + served


def match_waits(count, frames, waits, assumptions, seed, publications=4000):
    """From when a lock is published and its identifier is held by another member, to the match there; and until
    all its holders have it. `waits`: percentiles of how long a lookup waits, by group."""
    rng = random.Random(f"{seed}/matches")
    shares = [assumptions.enumerable_share, 1 - assumptions.enumerable_share]
    single, everywhere = [], []
    for _ in range(publications):
        holders = 1
        while rng.random() < 1 - 1 / (assumptions.holders - 1) and holders < count - 1:
            holders += 1
        group = 0 if rng.random() < shares[0] else 1
        last = 0.0
        for _ in range(holders):
            arrives = propagation(count, frames, rng)
            # Half of the holders had it before: asked long ago. The others came later and must ask first.
            asked = 0.0
            if rng.random() < 0.5 and waits[group]:
                place = rng.random() * 100
                below = int(place)
                above = min(100, below + 1)
                asked = waits[group][below] + (place - below) * (waits[group][above] - waits[group][below])
            wait = max(arrives, asked)
            if rng.random() < assumptions.down_share:
                wait += rng.random() * assumptions.down_hours * 3600
            single.append(wait)
            last = max(last, wait)
        everywhere.append(last)
    return single, everywhere


def quantiles(values):
    ordered = sorted(values)
    return {name: ordered[min(len(ordered) - 1, int(share * len(ordered)))]
            for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1))}


def mean_of(runs, days):
    """Counts of a day at one origin, over the sample."""
    names = ("answered_64", "answered_256", "refused_64", "refused_256")
    return {name: statistics.mean(r[name] for r in runs) / days for name in names}
