# SPDX-License-Identifier: EUPL-1.2
"""Asks `bakhita identifier canon --batch`; BAKHITA_BIN is the folder of the programs."""
import os
import pathlib
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parents[2]
ESCAPED_SEPARATOR = "\\u{1f}"


def forms(questions):
    """(type, written, region) → (canonical form, None) or (None, reason), in order."""
    lines = "".join("\t".join((kind, written.replace("\\", "\\\\"), region)) + "\n" for kind, written, region in questions)
    program = pathlib.Path(os.environ["BAKHITA_BIN"], "bakhita")
    run = subprocess.run([program, "identifier", "canon", "--batch", "--tables", SOURCE / "protocol/identifier"],
                         input=lines.encode(), capture_output=True, check=True)
    answers = [line.split("\t") for line in run.stdout.decode().splitlines()]
    if len(answers) != len(questions):
        raise AssertionError(f"{len(questions)} questions, {len(answers)} answers")
    return [(text, None) if what == "form" else (None, text) for what, text in answers]
