"""The real system against the reference model, row for row, on hand-written and on random scenarios.

More seeds: `python -m tests.oracle --cases --seeds 1-50`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .hand_written import hand_written
from .scenarios import Scenario, scenario
from .system import System, differences, told

SEEDS = (2, 8, 25)


@pytest.mark.e2e
@pytest.mark.parametrize(
    "make",
    [pytest.param(hand_written, id="hand-written"), *(pytest.param(seed, id=f"seed-{seed}") for seed in SEEDS)],
)
def test_system_says_what_the_design_says(
    make: int | Callable[[], Scenario], tmp_path: Path, new_database: Callable[[], str]
) -> None:
    chosen = scenario(make) if isinstance(make, int) else make()
    found = differences(System(tmp_path / "home", new_database()), chosen)
    assert not found, told(found)
