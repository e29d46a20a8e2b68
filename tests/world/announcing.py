# SPDX-License-Identifier: EUPL-1.2
"""What a day of heads costs: every node signs its newest checkpoint again each hour and after each
publication, every node tells every peer each head that changed, at its next minute's work (protocol/session/serving.cpp,
node/desk/freshness.cpp). Played out, second by second, for a few nodes out of all."""
import bisect
import random
from typing import NamedTuple

COSIGN_EVERY = 3600
ON_THE_WAY = 0.5
PING_AFTER = 40  # a third of the silence that ends a session
TLS_RECORD, TLS_BLOCK, TLS_AROUND = 16384, 512, 21
CLOCK_MAX = 64 * 1024


def tls_size(size):
    """As node/peers/tls.cpp pads: each record is filled up to a multiple of 512 bytes."""
    out = 0
    while size > 0:
        piece = min(size, TLS_RECORD)
        out += int(piece + TLS_BLOCK) // TLS_BLOCK * TLS_BLOCK + TLS_AROUND
        size -= piece
    return out


class Announcing(NamedTuple):
    """Of one node, on average: in what it sends to all its peers."""
    works: float   # passes of the minute's work
    frames: float  # Clocks
    heads: float
    pings: float   # with as many pongs, half of them its own
    plain_bytes: float
    tls_bytes: float


def work_times(phase, interval, arrivals, length):
    """Each `interval`, and at once when records came."""
    ticks = []
    at = phase
    while at < length:
        ticks.append(at)
        at += interval
    return sorted(ticks + [a + 2 for a in arrivals if a + 2 < length])


def head_changes(works, publications):
    """When a node's own head becomes another: the hourly signature counts from the last."""
    out = []
    last = None
    for at in sorted(works + [p + 1 for p in publications]):
        published = bisect.bisect_left(publications, at) > bisect.bisect_left(publications, last or -1)
        if last is None or published or at - last >= COSIGN_EVERY:
            out.append(at)
            last = at
    return out


def pings_of_pair(told_a, told_b, start, length):
    """Pings between two ends that hear each other at these times."""
    heard, pings = [start, start], 0
    for at, to in sorted([(t, 1) for t in told_a if t >= start] + [(t, 0) for t in told_b if t >= start] + [(length, 0)]):
        while min(heard) + PING_AFTER < at:
            moment = min(heard) + PING_AFTER
            # Two ends that became silent together ping together, before they hear the other's.
            pings += 2 if max(heard) - min(heard) < ON_THE_WAY else 1
            heard = [moment, moment]  # the ping is heard there, the pong here
        heard[to] = at
    return pings


def announce(publications, costs, interval, start, length, seed, sample=16):
    """`publications`: for each node, sorted times in [0, length). Counts from `start` on."""
    nodes = len(publications)
    rng = random.Random(f"{seed}/phases")
    phases = [rng.uniform(0, interval) for _ in range(nodes)]
    arrivals = sorted(t for times in publications for t in times)
    works, own_changes, changes = {}, {}, []
    for i in range(nodes):
        own = work_times(phases[i], interval, arrivals, length)
        changed = head_changes(own, publications[i])
        changes += [(at + ON_THE_WAY, i) for at in changed]
        if i < sample:
            works[i], own_changes[i] = own, changed
    changes.sort()
    moments = [at for at, _ in changes]
    told, frames, heads, plain, tls, count = {}, 0, 0, 0, 0, 0
    for i, own in works.items():
        told[i] = []
        before = -1.0
        for at in own:
            news = {o for _, o in changes[bisect.bisect_right(moments, before):bisect.bisect_right(moments, at)]}
            news.discard(i)
            # Its own is told by the very work that made it.
            if bisect.bisect_right(own_changes[i], before) < bisect.bisect_right(own_changes[i], at):
                news.add(i)
            before = at
            if at < start:
                continue
            count += 1
            if not news:
                continue
            told[i].append(at)
            size = costs["head"] * len(news)
            clocks = 1 + int(size // CLOCK_MAX)
            frames += clocks
            heads += len(news)
            plain += size + clocks * costs["clock_around"]
            tls += clocks * tls_size(size / clocks + costs["clock_around"])
    pairs = [(a, b) for a in told for b in told if a < b][:40]
    pings = sum(pings_of_pair(told[a], told[b], start, length) for a, b in pairs) / max(1, len(pairs))
    share, peers = 1 / len(works), nodes - 1
    ping_plain = pings * (costs["ping"] + costs["pong"]) / 2
    return Announcing(works=count * share, frames=frames * share * peers, heads=heads * share * peers,
                      pings=pings * peers / 2,
                      plain_bytes=(plain * share + ping_plain) * peers,
                      tls_bytes=(tls * share + pings * tls_size(16)) * peers)
