#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""g++ 12 miscompiles awaits inside larger expressions: an await has a statement of its own."""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parents[2]
alone = re.compile(r"^\s*((const )?(auto|[\w:<>]+)[&*]? \w+ = |\w+(\.\w+)* = |co_return )?co_await\b")
bad_form = re.compile(r"\b(if|while|switch|for)\s*\(.*co_await|\?.*co_await|\{[^}]*co_await|co_await[^;]*\[[^\]]*[a-z=]")
problems = []
for path in sorted((root / "node").rglob("*")) + sorted((root / "tests").rglob("*")):
    if path.suffix not in {".h", ".cpp"}:
        continue
    for number, line in enumerate(path.read_text().splitlines(), 1):
        code = line.split("//")[0]
        if "co_await" not in code:
            continue
        if not alone.match(code) or bad_form.search(code):
            problems.append(f"{path.relative_to(root)}:{number}: await alone: {code.strip()}")
for problem in problems:
    print(problem)
sys.exit(1 if problems else 0)
