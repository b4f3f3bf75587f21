"""Remake the bundled elections: python -m data.compile [--reference FOLDER] [ID ...]."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from data.compile import bolivia_2019, france_2012, peru_2021, peru_2026, peru_press, turkey_2023

COMPILERS = {
    "peru-2021-runoff": peru_2021.compile_runoff,
    "peru-2021-first-round": peru_2021.compile_first_round,
    "peru-2026-first-round": peru_2026.compile_first_round,
    **peru_press.COMPILERS,
    "bolivia-2019": bolivia_2019.compile_election,
    "france-2012-runoff": france_2012.compile_runoff,
    "turkey-2023-runoff": turkey_2023.compile_runoff,
}


def main() -> None:
    """Compile the elections named on the command line, or all whose files are there."""
    parser = argparse.ArgumentParser(prog="python -m data.compile", description=main.__doc__)
    parser.add_argument("--reference", type=Path, default=Path("../shared/data"), help="folder of the offices' files")
    parser.add_argument("ids", nargs="*", metavar="ID", help=f"one of {', '.join(COMPILERS)}")
    arguments = parser.parse_args()
    unknown = set(arguments.ids) - set(COMPILERS)
    if unknown:
        parser.error(f"unknown election {', '.join(sorted(unknown))}")
    for election in arguments.ids or COMPILERS:
        try:
            COMPILERS[election](arguments.reference)
        except FileNotFoundError as missing:
            if arguments.ids:
                parser.error(f"{election}: there is no {missing.filename}")
            sys.stderr.write(f"{election}: left as it is, there is no {missing.filename}\n")
        else:
            sys.stderr.write(f"{election}\n")


if __name__ == "__main__":
    main()
