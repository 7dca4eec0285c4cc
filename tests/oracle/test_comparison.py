"""The comparison tells every difference: a system that repeats the model passes, one that errs anywhere does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from .model import Result, run
from .scenarios import scenario
from .system import STATUS_COLUMNS, UPLOAD_COLUMNS, compare_report, compare_statuses, compare_uploads

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def expected() -> Result:
    return run(scenario(8).uploads(date(2026, 1, 1)))


def uploads_of(result: Result) -> Rows:
    return [{column: getattr(row, column) for column in UPLOAD_COLUMNS} for row in result.uploads]


def statuses_of(result: Result) -> Rows:
    """The model's rows as a database gives them: upload ids are 100 and the order of receipt."""
    return [
        row
        | {
            "period": f"{row['period']}-01",
            "register_period": f"{row['register_period']}-01",
            "evidence_upload_ids": [
                100 + order for order in (row["_register"], *row["_evidence"]) if order is not None
            ],
        }
        for row in result.statuses
    ]


def report_of(result: Result) -> Rows:
    return [row | {"period": f"{row['period']}-01"} for row in result.report]


def find(result: Result, change: Callable[[Rows, Rows, Rows], object]) -> list[str]:
    """Columns that are told to differ when a system's answer is changed."""
    uploads, statuses, report = uploads_of(result), statuses_of(result), report_of(result)
    change(uploads, statuses, report)
    found = [
        *compare_uploads(result.uploads, uploads),
        *compare_statuses(result.statuses, statuses, range(100, 100 + len(result.uploads))),
        *compare_report(result.report, report),
    ]
    return [column for difference in found for column in difference.columns]


def test_what_repeats_the_model_passes(expected: Result) -> None:
    assert find(expected, lambda uploads, statuses, report: None) == []


@pytest.mark.parametrize("column", [*STATUS_COLUMNS, "evidence_upload_ids"])
def test_every_column_of_a_status_is_compared(expected: Result, column: str) -> None:
    assert find(expected, lambda uploads, statuses, report: statuses[5].update({column: []})) == [column]


def test_every_column_of_the_report_is_compared(expected: Result) -> None:
    columns = [name for name in expected.report[0] if name not in ("area_level", "area_code", "period")]
    assert find(expected, lambda u, s, report: report[9].update(dict.fromkeys(columns, -1))) == columns


def test_rows_that_one_side_lacks_are_told(expected: Result) -> None:
    assert find(expected, lambda uploads, statuses, report: statuses.pop(3)) == ["row"]
    assert find(expected, lambda uploads, statuses, report: report.append(report[0])) == ["row"]
    assert find(expected, lambda uploads, statuses, report: uploads.pop()) == ["row"]


def test_rows_of_an_upload_are_compared(expected: Result) -> None:
    assert find(expected, lambda uploads, statuses, report: uploads[0].update(rows_warned=-1)) == ["rows_warned"]
