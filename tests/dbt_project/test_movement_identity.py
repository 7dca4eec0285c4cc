"""closing = opening + entered + transferred_in - exited - transferred_out, for whatever families do (section 6)."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, example, given, settings
from psycopg.rows import dict_row

from entas.clock import add_months
from entas.warehouse.dbt import dbt_arguments, run_dbt
from tests.dbt_project.conftest import Built

#: Two villages in each of two districts.
VILLAGES = ("32.16.01.2001", "32.16.01.2002", "32.16.09.2003", "32.16.09.2004")
REASONS = {
    "verified": "extreme_poor",
    "below_line": "extreme_poor",
    "above_line": "not_extreme_poor",
    "found_ineligible": "not_extreme_poor",
    "graduated": "not_extreme_poor",
    "other": "not_extreme_poor",
    "decile_1": "candidate",
    "no_measure": "unmeasured",
    "died": "left",
    "moved_out": "left",
    "duplicate": "left",
    "not_found": "left",
}
FIRST = date(2023, 1, 1)

Month = tuple[str, str, bool] | None  # village, reason, whether the count rule counts an extreme-poor family
Life = list[Month]

_months = st.one_of(
    st.none(), st.tuples(st.sampled_from(VILLAGES), st.sampled_from([*REASONS, *["below_line"] * 8]), st.just(True)),
    st.tuples(st.sampled_from(VILLAGES), st.just("below_line"), st.booleans()),
)  # fmt: skip
_lives = st.lists(st.lists(_months, min_size=6, max_size=6), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def movements(built: Built) -> str:
    """The project's own query of the movements, for all families and months."""
    run_dbt(built.settings, ["compile", *dbt_arguments(built.settings), "--select", "int_movements", "--full-refresh"])
    compiled = built.settings.home / "dbt" / "target" / "compiled"
    (path,) = compiled.rglob("int_movements.sql")
    return path.read_text(encoding="utf-8")


def _rows(life: Life, household: int) -> list[tuple[Any, ...]]:
    """A family's rows: those of its listed months, and one in the first month in which it is no longer listed."""
    rows: list[tuple[Any, ...]] = []
    before: Month = None
    for number, month in enumerate(life):
        if month is not None:
            village, reason, counts = month
            status = REASONS[reason]
            rows.append(
                (
                    f"{household:064x}",
                    add_months(FIRST, number),
                    village,
                    status,
                    reason,
                    status == "extreme_poor" and counts,
                )
            )
        elif before is not None:
            rows.append(
                (f"{household:064x}", add_months(FIRST, number), before[0], "left", "missing_from_register", False)
            )
        before = month
    return rows


@given(lives=_lives)
@example(
    lives=[[(VILLAGES[0], "below_line", True), (VILLAGES[1], "below_line", True), (VILLAGES[2], "below_line", True)]]
)
@example(lives=[[(VILLAGES[0], "below_line", True), None, None, (VILLAGES[3], "verified", True)]])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_movement_adds_up_in_every_area(built: Built, movements: str, lives: list[Life]) -> None:
    with built.warehouse.connect(row_factory=dict_row) as connection:
        # Only the statuses are made up, in a transaction that is taken back.
        connection.execute("truncate intermediate.int_household_status")
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into intermediate.int_household_status "
                "(household_id, period, village_code, status, reason, is_counted) values (%s, %s, %s, %s, %s, %s)",
                [row for number, life in enumerate(lives) for row in _rows(life, number)],
            )
        moves = connection.execute(
            "select period, village_code, previous_village_code, is_counted, movement, movement_reason "
            f"from ({movements}) as moves"
        ).fetchall()
        connection.rollback()
    for length in (13, 8, 5):  # characters of a village's, a district's and a regency's code
        counted, change = Counter[tuple[str, date]](), Counter[tuple[str, date]]()
        for move in moves:
            here, period = move["village_code"][:length], move["period"]
            before = (move["previous_village_code"] or "")[:length]
            counted[here, period] += move["is_counted"]
            if move["movement"] == "entered":
                change[here, period] += 1
            elif move["movement"] == "exited":
                change[before, period] -= 1
            elif move["movement"] == "transferred":
                change[here, period] += 1
                change[before, period] -= 1
            assert (move["movement_reason"] is not None) == (move["movement"] in ("entered", "exited"))
        for area in {area for area, _ in [*counted, *change]}:
            opening = 0
            for number in range(max(map(len, lives))):
                period = add_months(FIRST, number)
                assert counted[area, period] == opening + change[area, period], (area, period)
                opening = counted[area, period]
