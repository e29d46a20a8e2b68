# SPDX-License-Identifier: EUPL-1.2
"""A world of members, each with its own feed: world.py --bin FOLDER [--members N] [--days D] [--seed S]. Measures what
one of each thing costs, checks the model against the simulator, prints what a node pays at each size, and writes
world.json and plots. docs/scale.md says what the figures rest on."""
import argparse
import json
import os
import random
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
# pylint: disable=wrong-import-position
import announcing
import calibration
import feeds
import model
import plots
import programs

SIZES = (10, 50, 100, 193, 500)
WORK = 60
ORIGINS = 2  # whose lookups are played out, of each size
YEAR = 365
# Members, hours and seconds between two passes of work, as much as a machine does in minutes.
VALIDATIONS = ((12, 6, 120), (20, 3, 300))


def say(text):
    print(f"… {text}", file=sys.stderr, flush=True)


def size_of(count, table, frames, units, options):
    say(f"{count} members")
    members = feeds.draw_members(table, count, options.seed)
    given = table.assumptions
    rng = random.Random(f"{options.seed}/origins/{count}")
    origins = [rng.randrange(count) for _ in range(ORIGINS)]
    asked = lambda i, days, **how: programs.lookups(
        options.bin + "/world_lookups", model.lookup_input(members, origins[i], **how), days, options.seed * 100 + i,
        ceiling=options.ceiling)
    steady = [asked(i, options.days) for i in range(ORIGINS)]
    year = asked(0, YEAR, standing=1)
    rekeying = asked(0, 2 * YEAR, standing=1, coming=0)
    looked_up = model.mean_of(steady, options.days)
    times = model.publication_times(members, given, 1, options.seed)
    spoken = announcing.announce(times, frames._asdict(), WORK, 0, model.DAY, options.seed)
    arriving = sum(model.publications_of(m, given).per_day for m in members)
    sizes = model.by_size(members)
    waits = steady[0]["waits"]
    single, everywhere = model.match_waits(count, frames, waits, given, options.seed)
    locks = sum(m.identifiers for m in members)
    charter = frames.charter_base + count * frames.charter_member
    rekey_elements = sum(rekeying["elements"])
    per_element = (units["ask_256_cpu_s"] + units["answer_256_cpu_s"]) / 256
    new_keys = {
        "standing": rekeying["evaluated"], "elements": rekey_elements,
        "cpu_s": rekey_elements * per_element + locks * (units["publish_lock_cpu_s"] / count + units["accept_record_cpu_s"]),
        "bytes": rekey_elements * 64 + rekeying["refused_256"] * announcing.tls_size(frames.evaluate(256))
        + 2 * locks * frames.record + (count - 1) * announcing.tls_size(charter),
        "refused": rekeying["refused_64"] + rekeying["refused_256"],
        "days": {"g1": [d / model.DAY if d >= 0 else None for d in year["standing_done"][0]],
                 "g2": [d / model.DAY if d >= 0 else None for d in year["standing_done"][1]]},
        "charter_bytes": charter}
    plain = model.bytes_per_day(members, given, frames, spoken, looked_up, tls=False)
    tls = model.bytes_per_day(members, given, frames, spoken, looked_up, tls=True)
    cpu = {name: model.cpu_per_day(m, count, units, spoken, looked_up, arriving) for name, m in sizes.items()}
    disk = {name: model.disk_after_year(m, members, given, units, looked_up) for name, m in sizes.items()}
    return {
        "members": count, "reports_a_year": sum(m.reports for m in members), "identifiers_a_year": locks,
        "identifiers": {name: m.identifiers for name, m in sizes.items()},
        "bytes_a_day": plain._asdict() | {"all": plain.all}, "tls_bytes_a_day": tls._asdict() | {"all": tls.all},
        "cpu_s_a_day": {k: v._asdict() | {"all": v.all} for k, v in cpu.items()},
        "disk_after_year": {k: v._asdict() | {"all": v.all} for k, v in disk.items()},
        "memory": model.memory(count, units), "announcing": spoken._asdict(),
        "lookups_a_day": looked_up, "identifiers_arriving_a_day": locks / 365,
        "waiting_at_the_end": [sum(r["left"][g] for r in steady) / ORIGINS for g in (0, 1)],
        "lookup_wait_s": {f"g{g + 1}": dict(zip(("p50", "p90", "p99", "max"), (waits[g][50], waits[g][90], waits[g][99], waits[g][100])))
                          for g in (0, 1) if waits[g]},
        "match_s": model.quantiles(single), "match_everywhere_s": model.quantiles(everywhere),
        "match_distribution": sorted(everywhere)[::40],
        "new_keys": new_keys,
        "year": {"evaluated": year["evaluated"], "left": year["left"],
                 "exhausted_after_days": [d / model.DAY if d >= 0 else None for d in year["exhausted_at"]]}}


def human(value, unit):
    for limit, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.3g} {sign}{unit}"
    return f"{value:.3g} {unit}"


def span(seconds):
    for limit, name in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= limit:
            return f"{seconds / limit:.3g} {name}"
    return f"{seconds:.2g} s"


def days(value):
    return "not in a year" if value is None else span(value * model.DAY)


def rows(results):
    """The table: a line a figure, a column a size."""
    one = lambda name, of: (name, [of(r) for r in results])
    yield one("members", lambda r: str(r["members"]))
    yield one("identifiers a year, all members", lambda r: f"{r['identifiers_a_year']:,.0f}")
    yield one("bytes sent a day, with TLS", lambda r: human(r["tls_bytes_a_day"]["all"], "B"))
    for part in model.Bytes._fields:
        yield one(f"  {part}", lambda r, p=part: human(r["tls_bytes_a_day"][p], "B"))
    yield one("bytes sent a day, frames alone", lambda r: human(r["bytes_a_day"]["all"], "B"))
    for who in ("median", "largest"):
        yield one(f"CPU a day, {who} member", lambda r, w=who: human(r["cpu_s_a_day"][w]["all"], "s"))
        for part in model.Cpu._fields:
            yield one(f"  {part.replace('_', ' ')}", lambda r, w=who, p=part: human(r["cpu_s_a_day"][w][p], "s"))
    for who in ("median", "largest"):
        yield one(f"disk after a year, {who} member", lambda r, w=who: human(r["disk_after_year"][w]["all"], "B"))
    yield one("memory, beside the node's own", lambda r: human(r["memory"], "B"))
    for group in ("g1", "g2"):
        for share in ("p50", "p90", "p99"):
            yield one(f"a lookup waits, {group}, {share}",
                      lambda r, g=group, s=share: span(r["lookup_wait_s"].get(g, {}).get(s, 0)))
    for g in (0, 1):
        yield one(f"  g{g + 1} still waiting when the days were over", lambda r, k=g: f"{r['waiting_at_the_end'][k]:,.0f}")
    yield one("asked in vain a day, of an origin",
              lambda r: f"{r['lookups_a_day']['refused_64'] + r['lookups_a_day']['refused_256']:,.0f}")
    for share in ("p50", "p90", "p99"):
        yield one(f"lock matched everywhere, {share}", lambda r, s=share: span(r["match_everywhere_s"][s]))
    for group in ("g1", "g2"):
        for i, share in enumerate(("half", "90 %", "all")):
            yield one(f"new keys: {share} of {group} asked again", lambda r, g=group, k=i: days(r["new_keys"]["days"][g][k]))
    yield one("new keys: bytes of a node", lambda r: human(r["new_keys"]["bytes"], "B"))
    yield one("new keys: CPU of a node", lambda r: human(r["new_keys"]["cpu_s"], "s"))
    yield one("g1 of an origin used up for the key epoch after", lambda r: days(r["year"]["exhausted_after_days"][0]))
    yield one("charter", lambda r: human(r["new_keys"]["charter_bytes"], "B"))


def draw(results, folder):
    curve = lambda of: [(r["members"], of(r)) for r in results]
    marks = [r["members"] for r in results]
    plots.lines(f"{folder}/bytes.svg", "Bytes that a node sends in a day, with TLS", "members", "bytes", {
        part: curve(lambda r, p=part: r["tls_bytes_a_day"][p]) for part in ("all",) + model.Bytes._fields},
        x_log=True, y_log=True, x_marks=marks)
    plots.lines(f"{folder}/cpu.svg", "CPU of the median member in a day", "members", "seconds of one core", {
        part.replace("_", " "): curve(lambda r, p=part: r["cpu_s_a_day"]["median"][p]) for part in ("all",) + model.Cpu._fields[:-1]},
        x_log=True, y_log=True, x_marks=marks)
    plots.lines(f"{folder}/disk-and-memory.svg", "Disk after a year, and memory", "members", "bytes", {
        "disk, largest": curve(lambda r: r["disk_after_year"]["largest"]["all"]),
        "disk, median": curve(lambda r: r["disk_after_year"]["median"]["all"]),
        "memory": curve(lambda r: r["memory"])}, x_log=True, y_log=True, x_marks=marks)
    plots.lines(f"{folder}/matching.svg", "Until a lock is matched by all who hold its identifier", "hours", "share of locks", {
        f"{r['members']} members": [(max(t, 3.6) / 3600, i / len(r["match_distribution"]))
                                    for i, t in enumerate(r["match_distribution"])] for r in results}, x_log=True)
    renewed = {}
    for i, share in enumerate((0.5, 0.9, 1)):
        for group in ("g1", "g2"):
            line = [(r["members"], r["new_keys"]["days"][group][i]) for r in results if r["new_keys"]["days"][group][i]]
            if line and share != 0.9:
                renewed[f"{group}, {'half' if i == 0 else 'all'}"] = line
    if renewed:
        plots.lines(f"{folder}/new-keys.svg", "New keys: until identifiers are asked again", "members", "days", renewed,
                    x_log=True, y_log=True, x_marks=marks)


def main():
    parser = argparse.ArgumentParser(prog="./dev world", description="What a community of many members costs each of them")
    parser.add_argument("--bin", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--members", type=int, help=f"one size; else {', '.join(map(str, SIZES))}")
    parser.add_argument("--days", type=int, default=60, help="of lookups that are played out (default 60)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ceiling", type=int, default=programs.CEILING,
                        help="all peers together may ask an origin so many times what one may (default 10, as in the source)")
    parser.add_argument("--units", help="unit costs of an earlier run: build/world/units.json")
    parser.add_argument("--no-validation", action="store_true", help="do not play the model against the simulator")
    parser.add_argument("--out", default="build/world")
    options = parser.parse_args()
    if options.members is not None and not 2 <= options.members <= 1000 or options.days < 1:
        parser.error("2 to 1000 members, and a day at least")
    os.makedirs(options.out, exist_ok=True)
    started = time.time()
    table = feeds.read_table(os.path.join(HERE, "../../docs/scale-feeds.tsv"))
    if options.units:
        with open(options.units, encoding="utf-8") as file:
            units = json.load(file)
    else:
        say("measuring unit costs")
        units = programs.units(options.bin)
        with open(f"{options.out}/units.json", "w", encoding="utf-8") as file:
            json.dump(units, file, indent=1)
    say("counting frames in the simulator")
    frames = calibration.calibrate(options.bin, options.seed)
    print("sizes of frames, bytes: " + "  ".join(f"{k} {v:.0f}" for k, v in frames._asdict().items()))
    checks = []
    if not options.no_validation:
        for members, hours, work in VALIDATIONS:
            say(f"the model beside the simulator: {members} members, {hours} hours")
            lines = calibration.validate(options.bin, members, hours, work, frames, options.seed)
            checks.append({"members": members, "hours": hours, "work_s": work, "lines": lines})
            print(f"\n{members} members for {hours} hours:{'':>14}model    simulator   difference")
            for name, foretold, counted in lines:
                print(f"  {name:<26}{foretold:>12,.0f} {counted:>12,.0f} {calibration.error_of(foretold, counted):>+11.1%}")
        say("a member's removal, in the simulator")
        removed = calibration.removal(options.bin, options.seed)
        print("\na member is removed: " + json.dumps(removed))
        checks.append({"removal": removed})
    results = [size_of(n, table, frames, units, options) for n in ([options.members] if options.members else SIZES)]
    print()
    for name, cells in rows(results):
        print(f"{name:<48}" + "".join(f"{cell:>15}" for cell in cells))
    with open(f"{options.out}/world.json", "w", encoding="utf-8") as file:
        json.dump({"seed": options.seed, "days": options.days, "ceiling": options.ceiling, "units": units, "frames": frames._asdict(), "checks": checks,
                   "sizes": results}, file, indent=1)
    draw(results, options.out)
    print(f"\n{options.out}/world.json, and plots beside it; {time.time() - started:.0f} s")


if __name__ == "__main__":
    main()
