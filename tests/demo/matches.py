# SPDX-License-Identifier: EUPL-1.2
"""What each country should know by the truth, and what its node says it knows."""
import collections


def expected(truth):
    """(country, type, its reports, other country) for each identifier that two countries may both name."""
    out = collections.Counter()
    for match in truth["matches"]:
        for country in match["countries"]:
            for other in match["countries"]:
                if other != country:
                    out[(country, match["type"], tuple(sorted(match["reports"][country])), other)] += 1
    return out


def found(lists):
    out = collections.Counter()
    for country, matches in lists.items():
        for match in matches:
            out[(country, match["type"], tuple(sorted(match["report_ids"])), match["country"])] += 1
    return out


def print_differences(name, differences):
    """The first few, by report id: enough to look them up with the CLI."""
    for (country, kind, reports, other), count in list(sorted(differences.items()))[:5]:
        print(f"  {name}: {country} with {other}, {kind} of {', '.join(reports)}" + (f" ({count} times)" if count > 1 else ""))


def listed(node):
    matches, after = [], ""
    while True:
        page = node.json("match", "list", "--limit", "1000", *(["--after", after] if after else []))
        matches += page["matches"]
        after = page["next"]
        if not after:
            return matches


def print_table(lists, limit):
    columns = ("country", "report", "also in", "kind", "exploitation there", "urgency", "ask")
    rows = []
    for country in sorted(lists):
        shown = sorted(lists[country], key=lambda match: (match["report_ids"], match["country"]))
        for match in shown[:limit]:
            reports = match["report_ids"]
            more = f" +{len(reports) - 1}" if len(reports) > 1 else ""
            rows.append((country, sorted(reports)[0] + more, match["country"], match["type"],
                         ", ".join(match["exploitation"])[:36],
                         match["summary"]["urgency"].removeprefix("URGENCY_").lower(),
                         f"{match['desk']} ref {match['ref'][:8]}"))
        if len(shown) > limit:
            rows.append((country, f"… {len(shown) - limit} more", "", "", "", "", "bakhita match list"))
    widths = [max(len(str(row[i])) for row in [columns, *rows]) for i in range(len(columns))]
    for row in [columns, tuple("─" * width for width in widths), *rows]:
        print("  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths)).rstrip())
