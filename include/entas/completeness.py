"""Who has sent the registers of a month, and how good they were (design, section 7; `entas completeness`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg.rows import dict_row

from entas import clock
from entas.errors import EntasError
from entas.monthly import ensure_month
from entas.settings import Settings
from entas.warehouse import open_warehouse

#: Statuses of a village in a month, worst first.
STATUSES = ("missing", "rejected", "late", "in_time")


@dataclass(frozen=True)
class VillageMonth:
    """A village in a month: a row of `marts.rpt_village_completeness_monthly`, with the village's names.

    Attributes:
        status: one of `STATUSES`, about the population register, which every village owes every month.
        first_received_at, last_received_at: of the month's accepted population registers; None where there is none.
        last_upload_at: of any file for the month; None without any.
        uploads: files of the month, rejected ones included.
        registers_received: how many of the five registers came.
        rows_read, rows_accepted, rows_quarantined: of the month's files that stand.
        register_age_months: of the population register in force; None where the village never sent one.
    """

    village_code: str
    village_name: str
    district_code: str
    district_name: str
    status: str
    first_received_at: datetime | None
    last_received_at: datetime | None
    last_upload_at: datetime | None
    uploads: int
    registers_received: int
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    register_age_months: int | None

    @property
    def quarantine_rate(self) -> float | None:
        """Rows held back over rows read, 0 to 1; None where nothing was read."""
        return self.rows_quarantined / self.rows_read if self.rows_read else None


@dataclass(frozen=True)
class Totals:
    """Villages of an area by what they sent."""

    area_code: str
    area_name: str
    villages: int
    sent: int
    late: int
    missing: int
    rejected: int
    rows_read: int
    rows_quarantined: int
    oldest_register_months: int | None

    @property
    def quarantine_rate(self) -> float | None:
        """Rows held back over rows read, 0 to 1; None where nothing was read."""
        return self.rows_quarantined / self.rows_read if self.rows_read else None

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return vars(self) | {"quarantine_rate": self.quarantine_rate}


@dataclass(frozen=True)
class Completeness:
    """A month of the regency.

    Attributes:
        due_before: a register received from this moment on is late.
        villages: all of the regency's, worst first.
        districts: their totals, worst first.
        regency: the totals of all.
        behind: villages with files that the marts do not know yet; `entas transform` tells them.
    """

    period: date
    due_before: datetime
    villages: tuple[VillageMonth, ...]
    districts: tuple[Totals, ...]
    regency: Totals
    behind: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON: moments are ISO 8601, rates 0 to 1."""
        return {
            "period": clock.period_text(self.period),
            "due_before": _iso(self.due_before),
            "regency": self.regency.to_dict(),
            "districts": [one.to_dict() for one in self.districts],
            "villages": [
                vars(one)
                | {
                    "first_received_at": _iso(one.first_received_at),
                    "last_received_at": _iso(one.last_received_at),
                    "last_upload_at": _iso(one.last_upload_at),
                    "quarantine_rate": one.quarantine_rate,
                }
                for one in self.villages
            ],
            "behind": list(self.behind),
        }


def completeness(settings: Settings, period: date) -> Completeness:
    """Who has sent the registers of a month, as the marts know it.

    The marts are carried on to a month that has begun and that no upload has reached yet.

    Raises:
        EntasError: the marts do not hold the month.
    """
    ensure_month(settings, period)
    with open_warehouse(settings).connect(row_factory=dict_row) as connection:
        if connection.execute("select to_regclass('marts.rpt_village_completeness_monthly') as mart").fetchone() == {
            "mart": None
        }:
            raise EntasError("the marts were not built yet: run entas transform")
        rows = connection.execute(
            """
            select c.village_code, v.village_name, v.district_code, v.district_name, c.status, c.first_received_at,
                   c.last_received_at, c.last_upload_at, c.uploads, c.registers_received, c.rows_read,
                   c.rows_accepted, c.rows_quarantined, c.register_age_months, c.due_before, v.regency_name
            from marts.rpt_village_completeness_monthly c join marts.dim_village v using (village_code)
            where c.period = %s
            """,
            (period,),
        ).fetchall()
        if not rows:
            raise EntasError(
                f"the marts hold no {clock.period_text(period)}: it lies before the first accepted upload, or has not "
                "begun"
            )
        behind = connection.execute(
            """
            select u.village_code from raw.upload u
            join marts.rpt_village_completeness_monthly c on c.village_code = u.village_code and c.period = %s
            where u.period = %s and u.status <> 'duplicate'
            group by u.village_code, c.last_upload_at
            having max(u.received_at) is distinct from c.last_upload_at
            order by u.village_code
            """,
            (period, clock.period_text(period)),
        ).fetchall()
    due_before, regency_name = rows[0]["due_before"], rows[0]["regency_name"]
    for row in rows:
        del row["due_before"], row["regency_name"]
    villages = tuple(sorted((VillageMonth(**row) for row in rows), key=_worst_village_first))
    districts: dict[tuple[str, str], list[VillageMonth]] = {}
    for one in villages:
        districts.setdefault((one.district_code, one.district_name), []).append(one)
    return Completeness(
        period=period,
        due_before=due_before.astimezone(clock.JAKARTA),
        villages=villages,
        districts=tuple(
            sorted((_totals(*area, of_area) for area, of_area in districts.items()), key=_worst_district_first)
        ),
        regency=_totals(settings.regency, regency_name, villages),
        behind=tuple(row["village_code"] for row in behind),
    )


def _totals(code: str, name: str, villages: Sequence[VillageMonth]) -> Totals:
    counts = {status: sum(one.status == status for one in villages) for status in STATUSES}
    return Totals(
        area_code=code,
        area_name=name,
        villages=len(villages),
        sent=counts["in_time"] + counts["late"],
        late=counts["late"],
        missing=counts["missing"] + counts["rejected"],
        rejected=counts["rejected"],
        rows_read=sum(one.rows_read for one in villages),
        rows_quarantined=sum(one.rows_quarantined for one in villages),
        oldest_register_months=_oldest(one.register_age_months for one in villages),
    )


def _oldest(ages: Iterable[int | None]) -> int | None:
    return max((age for age in ages if age is not None), default=None)


def _worst_village_first(one: VillageMonth) -> tuple[Any, ...]:
    """Missing before rejected before late; then who never sent, the older register, the more rows held back."""
    never = one.register_age_months is None
    return (
        STATUSES.index(one.status),
        not never,
        -(one.register_age_months or 0),
        -(one.quarantine_rate or 0),
        one.village_code,
    )


def _worst_district_first(one: Totals) -> tuple[Any, ...]:
    return -one.missing / one.villages, -one.late / one.villages, -(one.quarantine_rate or 0), one.area_code


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(clock.JAKARTA).isoformat()
