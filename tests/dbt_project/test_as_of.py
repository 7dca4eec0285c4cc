"""Rebuilding a month as known at an earlier moment, beside the marts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from entas.errors import EntasError
from entas.warehouse.dbt import dbt_arguments, drop_schemas, run_dbt, transform
from tests.dbt_project.conftest import BuildWorld, Built, Rows
from tests.dbt_project.worlds import FIRST_RECEIPT

RELATIONS = (
    "fct_household_status_monthly",
    "fct_assistance",
    "fct_empowerment",
    "rpt_extreme_poverty_monthly",
    "rpt_register_completeness_monthly",
    "rpt_village_completeness_monthly",
    "rpt_target_progress",
)
SUFFIX = "_asof"


def marts(built: Built, suffix: str = "") -> dict[str, Rows]:
    """Every row of every mart as text, so that equal means bit for bit."""
    return {
        relation: built.rows(f"select t::text as line from marts{suffix}.{relation} as t order by 1")
        for relation in RELATIONS
    }


@pytest.fixture
def suffixed(built: Built) -> Iterator[str]:
    """A suffix for schemas of a build beside the marts, removed afterwards."""
    yield SUFFIX
    with built.warehouse.connect(autocommit=True) as connection:
        drop_schemas(connection, SUFFIX)
    assert built.rows(f"select nspname from pg_namespace where nspname like '%{SUFFIX}'") == []


def test_as_of_equals_a_warehouse_without_later_uploads(
    built: Built, build_world: BuildWorld, suffixed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENTAS_ANALYST_PASSWORD", "not asked for")
    now = marts(built)
    known = 36
    last_receipt = FIRST_RECEIPT + timedelta(minutes=known - 1)
    transform(built.settings, as_of=last_receipt, schema_suffix=suffixed)
    as_known = marts(built, suffixed)
    with built.warehouse.connect("analyst") as analyst, pytest.raises(psycopg.errors.InsufficientPrivilege):
        analyst.execute(f"select * from marts{suffixed}.rpt_target_progress")
    assert marts(built) == now
    assert as_known != now
    assert as_known == marts(build_world(built.world.seed, known))


def test_as_of_needs_schemas_of_its_own(built: Built) -> None:
    arguments = ["build", *dbt_arguments(built.settings), "--vars", '{"as_of": "2024-06-01T00:30:00+00:00"}']
    with pytest.raises(EntasError, match="schema_suffix"):
        run_dbt(built.settings, arguments)


def test_through_period_carries_the_months_on(built: Built, suffixed: str) -> None:
    last = built.rows("select max(period) as period from marts.rpt_target_progress")[0]["period"]
    reported = (last + timedelta(days=62)).replace(day=1)
    transform(built.settings, schema_suffix=suffixed, through_period=reported)
    months = built.rows(f"select max(period) as last from marts{suffixed}.rpt_target_progress")
    assert months == [{"last": reported}]
    carried = built.rows(
        f"select distinct status from marts{suffixed}.rpt_register_completeness_monthly"
        f" where period = '{reported}' and register = 'penduduk'"
    )
    assert {row["status"] for row in carried} == {"carried_forward", "missing"}


def test_a_malformed_reported_month_is_refused(built: Built) -> None:
    arguments = ["compile", *dbt_arguments(built.settings), "--vars", '{"through_period": "2023-13"}']
    with pytest.raises(EntasError, match="YYYY-MM"):
        run_dbt(built.settings, arguments)


def test_a_failed_test_says_what_must_hold_and_prints_nothing(built: Built, capfd: pytest.CaptureFixture[str]) -> None:
    unknown = replace(built.settings, regency="32.17")
    arguments = ["test", *dbt_arguments(unknown), "--select", "assert_the_regency_has_a_policy"]
    with pytest.raises(EntasError, match=r"assert_the_regency_has_a_policy failed: .*rows in seeds/policy\.csv"):
        run_dbt(unknown, arguments)
    assert capfd.readouterr().out == ""
