"""`python -m tests.oracle --seeds 1-20`: the differential over many seeds, outside the test suite.

Exit 0: no difference; 1: differences, told on standard output with the seed that repeats them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from .hand_written import hand_written
from .scenarios import Scenario, scenario, together
from .system import System, differences, told


def main() -> int:
    """Run the differential and tell what differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("--seeds", default="1-20", help="seeds, such as 1-20 or 3,7")
    parser.add_argument("--cases", action="store_true", help="the hand-written cases too")
    parser.add_argument("--keep", type=Path, help="keep the home of each scenario in this folder, to look into it")
    parser.add_argument("--together", type=int, default=1, help="how many seeds to run at once (7 at most)")
    given = parser.parse_args()
    failed = 0
    for chosen in _scenarios(given.seeds, given.cases, given.together):
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="entas-oracle-") as temporary:
            home = given.keep / chosen.name.replace(" ", "-") if given.keep else Path(temporary)
            found = differences(System(home), chosen)
        seconds = time.monotonic() - began
        files = sum(len(stage) for stage in chosen.stages)
        print(f"{chosen.name}: {files} files, {len(found)} rows differ, {seconds:.0f} s", flush=True)
        if found:
            failed += 1
            print(told(found), flush=True)
    return 1 if failed else 0


def _scenarios(text: str, cases: bool, at_once: int) -> Iterator[Scenario]:
    if cases:
        yield hand_written()
    seeds: list[int] = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        seeds += range(int(first), int(last or first) + 1)
    for start in range(0, len(seeds), at_once):
        some = seeds[start : start + at_once]
        yield scenario(some[0]) if at_once == 1 else together(some)


if __name__ == "__main__":
    sys.exit(main())
