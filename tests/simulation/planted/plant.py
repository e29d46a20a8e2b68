#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Copies product sources with the planted bugs in them, each behind a switch.

plant.py SOURCE_FOLDER OUTPUT_FOLDER [--list]: `--list` prints the files that are copied. A bug whose rule is no
longer found in its file is left out, with a warning: `--planted all` then reports it as not caught.
"""
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from bugs import BUGS  # noqa: E402


def main():
    source, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    files = sorted({bug.file for bug in BUGS})
    if "--list" in sys.argv:
        print(";".join(files), end="")
        return
    texts = {file: (source / file).read_text() for file in files}
    for number, bug in enumerate(BUGS):
        if texts[bug.file].count(bug.rule) != 1:
            print(f"planted bug {bug.name}: its rule is not found in {bug.file}, or more than once: "
                  "mend tests/simulation/planted/bugs.py", file=sys.stderr)
            continue
        texts[bug.file] = texts[bug.file].replace(
            bug.rule, bug.bug.replace("PLANTED", f"::bakhita::simulation::planted({number})"))
    for file, text in texts.items():
        write(output / file, '#include "tests/simulation/planted/planted.h"\n' + text)
    names = ", ".join(f'"{bug.name}"' for bug in BUGS)
    write(output / "planted_names.h", "#include <string>\n#include <vector>\n"
          f"inline const std::vector<std::string> planted_name_list{{{names}}};\n")


def write(path, text):
    """Only what changed, so that nothing is compiled again for nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


main()
