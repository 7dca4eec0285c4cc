"""The month's work on the report: the same steps for the command line and for the DAGs."""

from __future__ import annotations

from datetime import date, datetime

from entas.clock import jakarta_day, now, period_text
from entas.errors import EntasError, HeldError
from entas.publishing import Delivery, deliver
from entas.reporting import Figures, Release, check_gate, read_figures, release, releases
from entas.settings import Settings
from entas.warehouse import open_warehouse
from entas.warehouse.dbt import as_known, transform


def ensure_month(settings: Settings, period: date) -> bool:
    """Carry the marts on to `period` when no upload has reached it; returns whether they were built for that.

    Registers in force are carried forward, so a month without uploads still has a count; one that has not begun has
    none, and the gate holds it.
    """
    if period > jakarta_day(now()):
        return False
    with open_warehouse(settings).connect() as connection:
        if connection.execute("select to_regclass('marts.rpt_extreme_poverty_monthly')").fetchone()[0] is None:
            return False  # nothing was ever built: the gate says so
        latest = connection.execute("select max(period) from marts.rpt_extreme_poverty_monthly").fetchone()[0]
    if latest is None or latest >= period:
        return False
    transform(settings, through_period=period)
    return True


def report(settings: Settings, period: date, as_of: datetime | None = None) -> Figures:
    """The figures of a month as they stand, or as they were known at `as_of`. Writes nothing into `marts` for a past.

    Raises:
        HeldError: the gate holds the report.
    """
    if as_of is None:
        ensure_month(settings, period)
        return _gated(settings, period, "marts", None)
    with as_known(settings, period, as_of) as marts:
        return _gated(settings, period, marts, as_of)


def _gated(settings: Settings, period: date, marts: str, as_of: datetime | None) -> Figures:
    with open_warehouse(settings).connect() as connection, connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        reasons = check_gate(connection, settings, period, marts=marts, as_of=as_of)
        if reasons:
            raise HeldError(f"the report of {period_text(period)} is held: {' '.join(reasons)}", reasons)
        return read_figures(connection, settings, period, marts=marts, as_of=as_of)


def pass_gate(settings: Settings, period: date) -> None:
    """Bring the marts up to the month and see that nothing holds its report.

    Raises:
        HeldError: the gate holds the report; `reasons` says why.
    """
    ensure_month(settings, period)
    _gated(settings, period, "marts", None)


def release_month(settings: Settings, period: date) -> Release:
    """Release the report of a month, unless its figures are released already.

    Raises:
        HeldError: the gate holds the report.
    """
    with open_warehouse(settings).connect(autocommit=True) as connection:
        return release(connection, settings, period)


def deliver_month(settings: Settings, period: date, revision: int) -> list[Delivery]:
    """Deliver a revision of a month's report to every recipient who does not have it yet.

    Raises:
        EntasError: there is no such revision, or a recipient could not be served.
    """
    with open_warehouse(settings).connect(autocommit=True) as connection:
        for one in releases(connection, settings.regency, period):
            if one.revision == revision:
                return deliver(connection, settings, one)
    raise EntasError(f"{period_text(period)} r{revision} was never released")


def publish(settings: Settings, period: date) -> tuple[Release, list[Delivery]]:
    """Release the report of a month, unless its figures are released already, and deliver it.

    Raises:
        HeldError: the gate holds the report.
    """
    ensure_month(settings, period)
    made = release_month(settings, period)
    return made, deliver_month(settings, period, made.revision)
