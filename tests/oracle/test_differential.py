"""The real system against the reference model, row for row, on hand-written and on random scenarios.

More seeds: `python -m tests.oracle --cases --seeds 1-50 --together 5`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from .hand_written import hand_written
from .scenarios import Scenario, together
from .system import System, differences, told

SEEDS = (2, 8, 19, 25, 33)


@pytest.mark.e2e
@pytest.mark.parametrize(
    "make", [pytest.param(hand_written, id="hand-written"), pytest.param(partial(together, SEEDS), id="random")]
)
def test_system_says_what_the_design_says(
    make: Callable[[], Scenario], tmp_path: Path, new_database: Callable[[], str]
) -> None:
    found = differences(System(tmp_path / "home", new_database()), make())
    assert not found, told(found)
