# SPDX-License-Identifier: EUPL-1.2
"""All benchmarks one after the other: bench.py --bin FOLDER [--out FILE] [--quick]. Prints a table;
FILE gets every figure as JSON. All ratios are of two figures of the same run: the machine may be slow
or shared, the ratio means the same."""
import argparse
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def figures_of(name, command):
    print(f"… {name}", file=sys.stderr, flush=True)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{name} failed: {' '.join(command)}")
    return [json.loads(line) | {"bench": name} for line in done.stdout.splitlines()]


def beside_postgresql(figures):
    """The ratios that need figures of two programs."""
    by_name = {f["figure"]: f["value"] for f in figures}
    for figure, rate in by_name.items():
        if figure.startswith("PostgreSQL"):
            yield {"bench": "postgresql", "figure": f"sync / {figure}",
                   "value": round(by_name["sync"] / rate, 2), "unit": "ratio"}


def table(figures):
    width = max(len(f["figure"]) for f in figures)
    bench = None
    for figure in figures:
        if figure["bench"] != bench:
            bench = figure["bench"]
            print(f"\n{bench}")
        value = figure["value"]
        shown = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
        print(f"  {figure['figure']:<{width}}  {shown:>12} {figure['unit']}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--out", default="build/bench.json")
    parser.add_argument("--quick", action="store_true", help="a tenth of the sizes")
    options = parser.parse_args()
    scale = 10 if options.quick else 1
    million = str(1_000_000 // scale)
    figures = figures_of("sync", [options.bin + "/sync_bench", million])
    figures += figures_of("postgresql",
                          [sys.executable, os.path.join(HERE, "postgresql.py"), million])
    figures += beside_postgresql(figures)
    figures += figures_of("lookup", [options.bin + "/lookup_bench", str(10_000_000 // scale)])
    figures += figures_of("desk", [options.bin + "/desk_bench", million])
    with open(options.out, "w", encoding="utf-8") as out:
        json.dump(figures, out, indent=1)
    table(figures)
    print(f"\n{options.out}")


if __name__ == "__main__":
    main()
