# SPDX-License-Identifier: EUPL-1.2
"""Sizes of frames as the simulator counts them, and the same model beside the simulator's own count."""
import math
import random

import announcing
import model
import programs

QUIET = 900  # seconds until all are connected and know each other


def schedule(nodes, length, work, count_from, steps, seed):
    head = f"nodes {nodes}\nseed {seed}\nwork {work}\nlength {length}\ncount_from {count_from}\n"
    return head + "".join(f"{step}\n" for step in sorted(steps, key=lambda s: int(s.split()[1])))


def value(rng, enumerable):
    return f"+336{rng.randrange(10**8):08d}" if enumerable else f"x{rng.randrange(10**9)}@mail.example.com"


def calibrate(folder, seed):
    """Few nodes that publish much and ask little, then new keys."""
    rng = random.Random(f"{seed}/calibration")
    nodes, sizes = 6, {}
    steps = [f"publish 60 {i}" for i in range(nodes)]
    for i in range(nodes):
        steps += [f"report {1000 + i} {i} {value(rng, k % 2)}" for k in range(64)]
        steps += [f"publish {2000 + 300 * i} {i}"]
    counted = programs.counts(folder, schedule(nodes, 7200, 60, 0, steps, seed))
    for members in (4, 12):
        sizes[members] = programs.counts(folder, schedule(members, 60, 60, 0, [], seed))["charter_bytes"]
    slope = (sizes[12] - sizes[4]) / 8
    frames = counted["frames"]
    kind = {name: frame["bytes"] / frame["frames"] for name, frame in frames.items()}
    contents = (counted["head_bytes"] + 3 * counted["heads"] + counted["card_bytes"] + 3 * counted["cards"] +
                counted["acceptance_bytes"] + 3 * counted["acceptances"])
    record = 48 + counted["body_bytes"] / counted["records"]
    asked = counted["asked"]["64"]
    return model.Frames(
        head=counted["head_bytes"] / counted["heads"] + 3,
        clock_around=(frames["clock"]["bytes"] - contents) / frames["clock"]["frames"],
        ping=kind["ping"], pong=kind["pong"], want=kind["want"], hello=kind["hello"],
        data_around=kind["data"] - record * counted["records"] / frames["data"]["frames"],
        record=record, evaluate_64=asked["bytes"] / asked["frames"], evaluated_64=kind["evaluated"],
        busy=32.0,  # 4 + request id, seconds and code with their tags; refusals do not come up in this run
        card=counted["card_bytes"] / counted["cards"] + 3,
        acceptance=counted["acceptance_bytes"] / counted["acceptances"] + 3,
        charter_base=sizes[4] - 4 * slope, charter_member=slope)


def validate(folder, nodes, hours, work, frames, seed, reports_per_day=24):
    """The simulator plays a schedule, the model foretells its counts: [(what, foretold, counted)]."""
    rng = random.Random(f"{seed}/validation/{nodes}")
    length = QUIET + int(hours * 3600)
    steps = [f"publish 60 {i}" for i in range(nodes)]
    publications = [[60.0] for _ in range(nodes)]
    records, batches = 0, 0
    held = {}  # (value, node) → when it was reported, when its lock was published
    known = [value(rng, k % 2) for k in range(nodes)]  # to several of them
    for i in range(nodes):
        arrivals, at, own = [], QUIET + rng.expovariate(reports_per_day / 86_400), list(known)
        rng.shuffle(own)
        while at < length - 60:
            what = own.pop() if own and rng.random() < 0.3 else value(rng, rng.random() < 0.6)
            arrivals.append((int(at), what))
            held[what, i] = [int(at), None]
            at += rng.expovariate(reports_per_day / 86_400)
        steps += [f"report {at} {i} {what}" for at, what in arrivals]
        batches += len(arrivals)
        publish, before = QUIET + rng.randrange(10_800), 0
        while publish < length - 60:
            new = sum(before < at < publish for at, _ in arrivals)
            if new:
                steps.append(f"publish {publish} {i}")
                publications[i].append(float(publish))
                records += -(-new // model.LOCK_BATCH) * model.LOCK_BATCH
                for at, what in arrivals:
                    if before < at < publish:
                        held[what, i][1] = publish
            before, publish = publish, publish + 10_800
    counted = programs.counts(folder, schedule(nodes, length, work, QUIET, steps, seed))
    costs = frames._asdict()
    spoken = announcing.announce(publications, costs, work, QUIET, length, seed, sample=nodes)
    # Each import is asked about at every other member at once: one batch of 64 for each.
    asked = batches * (nodes - 1)
    matches = matches_of(held, nodes)
    told = [len([t for t in times if t >= QUIET]) for times in publications]
    lookups = asked * (frames.evaluate_64 + frames.evaluated_64)
    data = (nodes - 1) * (records * frames.record + sum(told) * (frames.data_around + frames.want))
    heads = nodes * spoken.plain_bytes
    seen = counted["frames"]
    waits = [seconds - matches[key] for key, seconds in found(counted).items() if key in matches]
    count = lambda kind: seen.get(kind, {"frames": 0})["frames"]
    return [
        ("heads told", nodes * spoken.heads, counted["heads"]),
        ("Clock frames", nodes * spoken.frames, count("clock")),
        ("pings", nodes * spoken.pings, count("ping")),
        ("records fetched", records * (nodes - 1), counted["records"]),
        ("batches asked", asked, count("evaluate")),
        ("matches", len(matches), len(waits)),
        ("slowest match, seconds", 4 * 0.08 + 2, max(waits, default=0)),
        ("bytes of frames", heads + lookups + data, sum(f["bytes"] for f in seen.values())),
        ("bytes with TLS", nodes * spoken.tls_bytes + asked * (announcing.tls_size(frames.evaluate_64) +
                                                             announcing.tls_size(frames.evaluated_64)) +
         (nodes - 1) * sum(told) * announcing.tls_size(frames.want) +
         (nodes - 1) * sum(told) * announcing.tls_size(frames.data_around + frames.record * records / max(1, sum(told))),
         counted["tls_bytes"]),
    ]


def matches_of(held, nodes):
    """(asker, origin, value) → from when both the lock and the asker's report are there."""
    return {(a, o, what): max(held[what, o][1], held[what, a][0]) for what, o in held if held[what, o][1]
            for a in range(nodes) if a != o and (what, a) in held}


def found(counted):
    """The simulator's matches, by the same key: in which second each was found."""
    number = lambda code: (ord(code[0]) - 65) * 26 + ord(code[1]) - 65
    return {(number(asker), number(origin), report.split("/")[1]): seconds
            for asker, origin, report, seconds in counted["matches"]}


def removal(folder, seed):
    """Eight nodes, one of which is removed: bytes that it gets before, and from two minutes after."""
    nodes, rng = 8, random.Random(f"{seed}/removal")
    steps = [f"publish 60 {i}" for i in range(nodes)]
    steps += [f"report {1000 + i} {i} {value(rng, True)}" for i in range(nodes)]
    steps += [f"publish 1500 {i}" for i in range(nodes)]
    before = programs.counts(folder, schedule(nodes, 3600 + 120, 60, 120, steps, seed))
    steps.append(f"remove 3600 {nodes - 1}")
    after = programs.counts(folder, schedule(nodes, 3720 + 3600, 60, 3720, steps, seed))
    return {"members": nodes, "bytes_to_it_before": before["received"][-1],
            "bytes_to_it_after_two_minutes": after["received"][-1],
            "frames_after": {k: v["frames"] for k, v in after["frames"].items()},
            "records_republished": sum(after["feed_sizes"]) - sum(before["feed_sizes"])}


def error_of(foretold, counted):
    if counted == 0:
        return 0.0 if foretold == 0 else math.inf
    return foretold / counted - 1
