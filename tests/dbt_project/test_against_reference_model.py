"""The marts hold, row for row, what a plain reference model of the design says about the same uploads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Any

from tests.dbt_project import worklist
from tests.dbt_project.conftest import BuildWorld, Built
from tests.dbt_project.worklist import Worklist
from tests.dbt_project.worlds import KEY, World
from tests.oracle import model

#: dbt's numeric quotients have at least 16 significant digits; the model's fractions are exact.
TOLERANCE = Fraction(1, 10**12)
NUMBERS = {
    "amount",
    "monthly_amount",
    "per_capita",
    "poverty_line",
    "gap",
    "assistance_amount",
    "headcount_ratio",
    "poverty_gap",
    "poverty_severity",
}
Row = dict[str, Any]


def plain(column: str, value: Any) -> Any:
    """A value as the model writes it: months as YYYY-MM, numbers as fractions."""
    if column in ("period", "register_period") and isinstance(value, date):
        return value.strftime("%Y-%m")
    return Fraction(value) if column in NUMBERS and value is not None else value


def equal(column: str, expected: Any, found: Any) -> bool:
    """Whether two plain values agree; quotients up to their last digits."""
    if column in NUMBERS and expected is not None and found is not None:
        return abs(expected - found) <= TOLERANCE * max(1, abs(expected))
    return bool(expected == found)


def differences(expected: Iterable[Row], found: Iterable[Row], key: tuple[str, ...]) -> list[str]:
    """Rows and values that only one side has; columns that the model does not name are not compared."""

    def keyed(rows: Iterable[Row]) -> dict[tuple[Any, ...], Row]:
        plain_rows = [{column: plain(column, value) for column, value in row.items()} for row in rows]
        return {tuple(row[column] for column in key): row for row in plain_rows}

    wanted, given = keyed(expected), keyed(found)
    lines = [f"missing {row}" for at, row in wanted.items() if at not in given]
    lines += [f"not expected {row}" for at, row in given.items() if at not in wanted]
    for at in wanted.keys() & given.keys():
        for column, value in wanted[at].items():
            if column in given[at] and not equal(column, value, given[at][column]):
                lines.append(f"{at} {column}: {value} expected, {given[at][column]} found")
    return sorted(lines)


def assert_equals_model(built: Built, policy: model.Policy) -> None:
    """Compare statuses, evidence and report of a built world with the model's."""
    months = model.Months(built.world.received, model.bekasi(), policy, KEY)
    statuses = months.statuses()
    report = months.report(statuses)
    for row in statuses:
        measure, decision = row["_evidence"]
        # An expired decision is no evidence: it had no part in the row.
        orders = {row["_register"], measure, decision if row["verified_on"] else None} - {None}
        row["evidence_upload_ids"] = sorted(built.upload_ids[order] for order in orders)
    found = built.rows("select * from marts.fct_household_status_monthly")
    assert found, "the world has families"
    assert differences(statuses, found, ("household_id", "period")) == []
    found = built.rows("select * from marts.rpt_extreme_poverty_monthly")
    assert differences(report, found, ("area_level", "area_code", "period")) == []
    assistance = months.assistance()
    for row in assistance:
        row["payment_id"] = f"{built.upload_ids[row['order']]}-{row['position']}"
    found = built.rows("select * from marts.fct_assistance")
    assert differences(assistance, found, ("payment_id",)) == []
    found = built.rows("select * from marts.rpt_verification_worklist")
    assert differences(Worklist(months, statuses).rows(), found, worklist.KEY) == []


def test_marts_equal_the_reference_model(built: Built) -> None:
    assert_equals_model(built, model.Policy())


def test_marts_of_another_world_equal_the_reference_model(build_world: BuildWorld) -> None:
    assert_equals_model(build_world(7), model.Policy())


def test_marts_equal_the_reference_model_under_another_policy(build_world: BuildWorld) -> None:
    built = build_world(3, basis="expenditure", strictness="inclusive", count_rule="verified_only")
    assert_equals_model(built, model.Policy(basis="expenditure", strict=False, count_rule="verified_only"))


def test_before_its_line_exists_no_amount_can_be_judged(build_world: BuildWorld) -> None:
    found = build_world(8, line="bps_2025_01").rows("select * from marts.fct_household_status_monthly")
    assert {row["poverty_line"] for row in found} == {None}
    assert {"below_line", "above_line"}.isdisjoint(row["reason"] for row in found)
    assert any(row["monthly_amount"] is not None and row["status"] == "unmeasured" for row in found)


def test_the_worlds_meet_every_reason_and_movement() -> None:
    """Without these the worlds would be too tame to prove anything."""
    reasons: set[str] = set()
    movements: set[str] = set()
    causes: set[str] = set()
    for seed in (4, 7):
        months = model.Months(World(seed).received, model.bekasi(), model.Policy(), KEY)
        statuses = months.statuses()
        causes |= {row["sentence_key"] for row in Worklist(months, statuses).rows()}
        for row in statuses:
            reasons.add(row["reason"])
            movements.add(row["movement_reason"] or row["movement"])
        undated = [row for row in months.assistance() if row["paid_on"] is None]
        assert {row["is_of_listed_family"] for row in undated} == {True, False}
        by_head = Counter(
            measure.row["no_kk"] is None
            for month, families in months.listed.items()
            for family in families.values()
            if (measure := model.measure_of(months.received, family, month))
        )
        assert min(by_head[True], by_head[False]) > 20
    assert len(reasons) == 13
    assert len(causes) == 16
    assert {*model.ENTERED, *model.EXITED, "remained", "transferred"} <= movements


def test_evidence_of_the_worklist_names_the_uploads_behind_a_row(built: Built) -> None:
    """What the status rests on, and of another village that is concerned what it says."""
    village_of = {built.upload_ids[one.order]: one.village for one in built.world.received}
    statuses = {
        (row["household_id"], row["period"]): row["evidence_upload_ids"]
        for row in built.rows("select * from marts.fct_household_status_monthly")
    }
    found = built.rows("select * from marts.rpt_verification_worklist")
    assert any(row["other_village_code"] for row in found)
    for row in found:
        ids = row["evidence_upload_ids"]
        assert ids == sorted(set(ids))
        assert set(statuses.get((row["household_id"], row["period"]), [])) <= set(ids)
        assert row["other_village_code"] in {None, *(village_of[one] for one in ids)}
