"""The reference model against values worked out by hand."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from .cases import CASES, place_of
from .model import Months, Policy, bekasi, period_text, run


def close(found: Any, expected: Any) -> bool:
    """Equal, numbers to a billionth."""
    if isinstance(expected, bool) or expected is None or found is None or isinstance(expected, str):
        return bool(found == expected)
    if isinstance(expected, int | float | Fraction):
        return abs(float(found) - float(expected)) <= 1e-9 * max(1.0, abs(float(expected)))
    return bool(found == expected)


def assert_columns(found: dict[str, Any], expected: dict[str, Any], what: object) -> None:
    """Fail with the columns that differ."""
    different = {
        column: (found[column], value) for column, value in expected.items() if not close(found[column], value)
    }
    assert not different, f"{what}: (model, expected by hand) {different}"


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    place = place_of(name)
    case = CASES[name](place)
    result = run(case.uploads)

    for number, (row, expected) in enumerate(zip(result.uploads, case.uploads_are, strict=True)):
        found = (row.status, row.rows_read, row.rows_accepted, row.rows_quarantined, row.rows_warned)
        if isinstance(expected, str):
            assert row.status == expected, f"upload {number}"
        else:
            assert found == expected, f"upload {number}"

    statuses = {(row["no_kk"], row["period"]): row for row in result.statuses}
    assert len(statuses) == len(result.statuses), "one row a household and period"
    for (family, period), expected in case.statuses.items():
        row = statuses.get((place.no_kk(family), period))
        if expected is None:
            assert row is None, f"family {family} in {period}"
        else:
            assert row is not None, f"no row of family {family} in {period}"
            assert_columns(row, expected, f"family {family} in {period}")

    report = {(row["area_code"], row["period"]): row for row in result.report}
    for (letter, period), expected in case.report.items():
        assert_columns(report[place.code(letter), period], expected, f"{letter} in {period}")


def test_every_area_has_a_row_in_every_month() -> None:
    place = place_of("months_run_without_gaps")
    result = run(CASES["months_run_without_gaps"](place).uploads)
    assert len(result.report) == 3 * (187 + 23 + 1)
    assert {row["period"] for row in result.report} == {"2023-06", "2023-07", "2023-08"}


def test_verified_only_counts_reason_verified_alone() -> None:
    place = place_of("decisions_decide")
    result = run(CASES["decisions_decide"](place).uploads, policy=Policy(count_rule="verified_only"))
    counted = [(row["period"], row["reason"]) for row in result.statuses if row["is_counted"]]
    assert counted == [("2023-09", "verified")]


def test_inclusive_counts_a_family_at_the_line() -> None:
    place = place_of("members_and_the_line")
    result = run(CASES["members_and_the_line"](place).uploads, policy=Policy(strict=False))
    at_the_line = next(row for row in result.statuses if row["no_kk"] == place.no_kk(1))
    assert (at_the_line["status"], at_the_line["gap"]) == ("extreme_poor", 0)


def test_household_id_is_the_hmac_of_the_card() -> None:
    """`printf kk:3216010101010001 | openssl dgst -sha256 -hmac kunci-uji`."""
    months = Months([], bekasi(), Policy(), "kunci-uji")
    assert months.household_id("3216010101010001") == (
        "166351cc8f8d247eb106d6d80c709fa5106d8fbac63f346efc746e9ab42f460d"
    )


def test_months_are_counted_from_year_0() -> None:
    assert [period_text(month) for month in (2023 * 12, 2023 * 12 + 11)] == ["2023-01", "2023-12"]
