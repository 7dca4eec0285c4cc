"""The month's steps that the command line and the DAGs share."""

from __future__ import annotations

from datetime import date

import pytest

from entas import monthly
from entas.clock import add_months, jakarta_day, now
from entas.settings import Settings
from entas.warehouse import open_warehouse


@pytest.fixture
def built_through(monkeypatch: pytest.MonkeyPatch) -> list[date | None]:
    """The months that dbt was asked to carry the marts on to; nothing is built."""
    asked: list[date | None] = []
    monkeypatch.setattr(monthly, "transform", lambda settings, through_period=None: asked.append(through_period))
    return asked


def test_the_marts_are_carried_on_to_a_month_that_has_begun_and_no_further(
    settings: Settings, built_through: list[date | None]
) -> None:
    this_month = jakarta_day(now()).replace(day=1)
    with open_warehouse(settings).connect() as connection:
        connection.execute("create table marts.rpt_extreme_poverty_monthly (period date)")
        connection.execute("insert into marts.rpt_extreme_poverty_monthly values (%s)", (add_months(this_month, -2),))

    assert not monthly.ensure_month(settings, add_months(this_month, -2))
    assert not monthly.ensure_month(settings, add_months(this_month, 1))
    assert built_through == []
    assert monthly.ensure_month(settings, this_month)
    assert built_through == [this_month]


def test_marts_that_were_never_built_are_left_to_the_gate(settings: Settings, built_through: list[date | None]) -> None:
    assert not monthly.ensure_month(settings, jakarta_day(now()).replace(day=1))
    assert built_through == []
