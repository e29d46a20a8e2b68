# SPDX-License-Identifier: EUPL-1.2
"""The members and how much each puts in: docs/scale-feeds.tsv, drawn by a seed."""
import math
import random
from typing import NamedTuple


class Assumptions(NamedTuple):
    spread: float
    identifiers_per_report: float
    enumerable_share: float
    abroad_share: float
    holders: float
    publications_per_day: float
    down_share: float
    down_hours: float
    restart_days: float


class Member(NamedTuple):
    code: str
    reports: float  # a year
    g1: float       # new identifiers a year, by quota group
    g2: float

    @property
    def identifiers(self):
        return self.g1 + self.g2


class Table(NamedTuple):
    assumptions: Assumptions
    medians: dict  # group → reports a year
    groups: dict   # ISO code → group


def read_table(path):
    values, medians, groups = {}, {}, {}
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            words = line.rstrip("\n").split("\t")
            if line.startswith("#"):
                continue
            if words[0] == "group" and len(words) == 4:
                medians[words[1]] = float(words[3])
            elif words[0] == "member" and len(words) == 3 and words[2] in medians:
                groups[words[1]] = words[2]
            elif words[0] in Assumptions._fields:
                values[words[0]] = float(words[1])
            else:
                raise SystemExit(f"{path}:{number}: neither an assumption, nor a group, nor a member of one")
    return Table(Assumptions(**values), medians, groups)


def draw_members(table, count, seed):
    """`count` members. Up to as many as the table has: a choice of them; above, all of them again as
    further authorities of the same countries (FR, FR2, …)."""
    rng = random.Random(f"{seed}/members")
    codes = sorted(table.groups)
    rng.shuffle(codes)
    out = []
    for i in range(count):
        lap, place = divmod(i, len(codes))
        code = codes[place]
        reports = table.medians[table.groups[code]] * math.exp(rng.gauss(0, table.assumptions.spread))
        identifiers = reports * table.assumptions.identifiers_per_report
        g1 = identifiers * table.assumptions.enumerable_share
        out.append(Member(code + (str(lap + 1) if lap else ""), reports, g1, identifiers - g1))
    return out
