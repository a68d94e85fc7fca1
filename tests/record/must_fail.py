#!/usr/bin/env python3
"""Checks that the Cerbos PDP refuses what tests/data/must_fail says must be refused, and loads what
tests/data/must_load.txt says must load.

    tests/record/must_fail.py PATH_OF_PDP
"""

import pathlib
import subprocess
import sys
import tempfile

DATA = pathlib.Path(__file__).parent.parent / "data"
# 3: refused. 2: an alias within its own anchor crashes the PDP.
REFUSED = (2, 3)


def cases():
    for path in [*sorted(DATA.glob("must_fail/*.txt")), DATA / "must_load.txt"]:
        for case in ("\n" + path.read_text()).split("\n== ")[1:]:
            title, *parts = case.split("\n-- ")
            files = {name: text for name, _, text in (part.partition("\n") for part in parts)}
            refused = files.pop("refused", None) is not None
            yield f"{path.name}: {title}", files, refused


def main():
    wrong = 0
    for title, files, refused in cases():
        with tempfile.TemporaryDirectory() as root:
            for name, text in files.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text + "\n")
            run = subprocess.run([sys.argv[1], "compile", root], capture_output=True)
            if (run.returncode in REFUSED) != refused:
                wrong += 1
                print(f"not {'refused' if refused else 'loaded'} ({run.returncode}): {title}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
