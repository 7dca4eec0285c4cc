"""The figures of one period, read from the marts: all that a report shows, and nothing it works out again.

The relations are those of design section 7. Everything is read by a handful of set queries; only areas (some two
hundred) and the completeness rows (five a village) come over, never households.
"""

from __future__ import annotations

import calendar
import hashlib
import json
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from entas.clock import period_text
from entas.errors import EntasError
from entas.reporting.wording import ENTERED, EXITED
from entas.settings import Settings

#: Policy keys that decide what the count means; others do not belong into a report.
POLICY_KEYS = ("line", "basis", "strictness", "count_rule", "target_households", "baseline_period")

#: Registers whose receipt the report shows, in its order.
REGISTER_ORDER = ("penduduk", "kesejahteraan", "verifikasi", "bantuan", "pemberdayaan")


#: Statuses of `raw.upload` whose rows are in the warehouse, as an SQL list.
ACCEPTED = "('accepted', 'accepted_with_quarantine')"


class MissingFigures(EntasError):
    """The marts hold nothing for the period; the gate turns it into a reason."""


@dataclass(frozen=True)
class Area:
    """One row of `rpt_extreme_poverty_monthly` with the area's name.

    Families (KK) except: `persons` (jiwa), `assistance_amount` (rupiah), and the three Foster-Greer-Thorbecke
    measures (ratios, null without a known per-capita).
    """

    level: str  # village | district | regency
    code: str
    name: str
    district_code: str | None  # of a village and of the district itself
    households: int
    persons: int
    opening: int
    entered: int
    entered_returned: int
    entered_newly_registered: int
    entered_verified_eligible: int
    entered_fell_below_line: int
    exited: int
    exited_died: int
    exited_moved_out: int
    exited_duplicate: int
    exited_not_found: int
    exited_missing_from_register: int
    exited_graduated: int
    exited_found_ineligible: int
    exited_unmeasured: int
    exited_other: int
    transferred_in: int
    transferred_out: int
    closing: int
    candidates: int
    unmeasured: int
    assisted_households: int
    assistance_amount: float
    trained_households: int
    capital_households: int
    households_with_students_smp: int
    households_with_students_sma: int
    headcount_ratio: float | None
    poverty_gap: float | None
    poverty_severity: float | None

    @property
    def entered_by_reason(self) -> dict[str, int]:
        """Families that entered, by reason; they add up to `entered`."""
        return {reason: getattr(self, f"entered_{reason}") for reason in ENTERED}

    @property
    def exited_by_reason(self) -> dict[str, int]:
        """Families that exited, by reason; they add up to `exited`."""
        return {reason: getattr(self, f"exited_{reason}") for reason in EXITED}


#: Columns of `rpt_extreme_poverty_monthly` that are figures, in the report's order.
AREA_COLUMNS = tuple(field.name for field in fields(Area))[4:]


@dataclass(frozen=True)
class Month:
    """The regency in one month of the series that ends with the period (families; `persons` in jiwa)."""

    period: str
    households: int
    persons: int
    opening: int
    entered: int
    exited: int


@dataclass(frozen=True)
class Receipt:
    """How one village's register stands in the period (a row of `rpt_register_completeness_monthly`)."""

    village_code: str
    register: str
    status: str  # received | carried_forward | missing | rejected
    age_months: int | None
    # What follows is context: it is shown, but a file sent again with the same content makes no new revision.
    received_at: datetime | None
    rows_accepted: int | None
    rows_quarantined: int | None


@dataclass(frozen=True)
class Village:
    """Code, name and kind (desa, kelurahan) of a village and the district it lies in."""

    code: str
    name: str
    kind: str
    district_code: str
    district_name: str


@dataclass(frozen=True)
class StatusCount:
    """Families (and their members) of one status and reason in the period."""

    status: str
    reason: str
    households: int
    persons: int
    counted_households: int


@dataclass(frozen=True)
class Target:
    """Progress to the target: families, and months to it at the pace of the last 3, 6 and 12 months."""

    households: int
    baseline_households: int | None
    target_households: int | None
    months_to_target_3: float | None
    months_to_target_6: float | None
    months_to_target_12: float | None


@dataclass(frozen=True)
class Policy:
    """What the count means: the line, what is measured against it, and which families count."""

    line_id: str
    authority: str
    basis: str
    strictness: str
    count_rule: str
    rupiah_per_person_day: float
    rupiah_per_person_month: float
    target_households: int | None
    baseline_period: str | None
    line_source: str


@dataclass(frozen=True)
class Upload:
    """One accepted upload that the marts were built from."""

    upload_id: int
    village_code: str
    period: str
    sha256: str


@dataclass(frozen=True)
class Figures:
    """Everything a report shows for one period of one regency.

    Attributes:
        as_of: the last upload that went in was received then; the marts rebuilt as of it give these figures.
        uploads: the accepted uploads received up to `as_of`.
    """

    period: date
    regency_code: str
    regency_name: str
    province_code: str
    province_name: str
    policy: Policy
    regency: Area
    districts: tuple[Area, ...]
    villages: tuple[Area, ...]
    village_names: tuple[Village, ...]
    history: tuple[Month, ...]
    statuses: tuple[StatusCount, ...]
    students_smp: int
    students_sma: int
    receipts: tuple[Receipt, ...]
    target: Target | None
    as_of: datetime
    uploads: tuple[Upload, ...]

    @property
    def missing(self) -> tuple[tuple[Village, Receipt | None], ...]:
        """Villages whose `penduduk` of this very period is not in, with how they stand."""
        found = {receipt.village_code: receipt for receipt in self.receipts if receipt.register == "penduduk"}
        return tuple(
            (village, found.get(village.code))
            for village in self.village_names
            if village.code not in found or found[village.code].status != "received"
        )

    @property
    def status(self) -> str:
        """`final` when every village's `penduduk` of the period is in, else `provisional`."""
        return "provisional" if self.missing else "final"

    @property
    def listed(self) -> StatusCount:
        """All families that a village keeps in the period, and their members."""
        kept = [count for count in self.statuses if count.status != "left"]
        return StatusCount(
            "listed",
            "",
            sum(count.households for count in kept),
            sum(count.persons for count in kept),
            sum(count.counted_households for count in kept),
        )

    def counted_for(self, reason: str) -> int:
        """Counted families whose status has this reason (`verified`, `below_line`)."""
        return sum(count.counted_households for count in self.statuses if count.reason == reason)

    @cached_property
    def content(self) -> dict[str, Any]:
        """The figures as plain JSON values: what two revisions are compared by, and what a release keeps.

        Left out is what may differ without the report saying anything else: moments of receipt, row counts of
        files, the list of uploads.
        """
        return {
            "period": period_text(self.period),
            "regency_code": self.regency_code,
            "status": self.status,
            "policy": asdict(self.policy),
            "regency": asdict(self.regency),
            "districts": [asdict(area) for area in self.districts],
            "villages": [asdict(area) for area in self.villages],
            "history": [asdict(month) for month in self.history],
            "statuses": [asdict(count) for count in self.statuses],
            "students": {"smp": self.students_smp, "sma": self.students_sma},
            "receipts": [
                {key: getattr(receipt, key) for key in ("village_code", "register", "status", "age_months")}
                for receipt in self.receipts
            ],
            "target": asdict(self.target) if self.target else None,
        }

    @cached_property
    def sha256(self) -> str:
        """Hash of `content` in canonical JSON; equal for equal figures."""
        text = json.dumps(self.content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def last_day(month: date) -> date:
    """The last day of a month."""
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def _plain(value: Any) -> Any:
    """A database value as JSON has it: whole numerics as int, others as float rounded to 9 digits."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else round(float(value), 9)
    if isinstance(value, float):
        return int(value) if value.is_integer() else round(value, 9)
    return value


def seeds_of(marts: str) -> str:
    """Schema of the seeds that a build's marts were made with: both names end in the build's suffix."""
    return f"seeds{marts.removeprefix('marts')}"


class _Reader:
    """Runs queries against the marts of one build (schema `marts`, or another for a month as known earlier)."""

    def __init__(self, conn: psycopg.Connection, marts: str) -> None:
        self._conn = conn
        self._schemas = {"marts": sql.Identifier(marts), "seeds": sql.Identifier(seeds_of(marts))}

    def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """Rows of a query in which `{marts}` and `{seeds}` stand for the schemas."""
        statement = sql.SQL(query).format(**self._schemas)
        with self._conn.cursor(row_factory=dict_row) as cursor:
            found = cursor.execute(statement, parameters).fetchall()
        return [{key: _plain(value) for key, value in row.items()} for row in found]


def read_figures(
    conn: psycopg.Connection,
    settings: Settings,
    period: date,
    *,
    marts: str = "marts",
    as_of: datetime | None = None,
) -> Figures:
    """The figures of `period` from the marts, in the caller's transaction (make it repeatable read to get one truth).

    Args:
        conn: a connection that may read `marts`, `seeds` and `raw`.
        period: first day of the month.
        marts: schema of the relations of design section 7; `marts<suffix>`, with its `seeds<suffix>`, holds a month as
            known earlier.
        as_of: the moment that build was made for; None for the marts as they are now.

    Raises:
        MissingFigures: the marts hold nothing of the regency for the period, or no policy was valid then.
    """
    reader = _Reader(conn, marts)
    areas = _areas(reader, settings.regency, period)
    names = _names(reader, settings.regency)
    regency = [row for row in areas if row["area_level"] == "regency"]
    if not names or not regency:
        raise MissingFigures(f"Belum ada angka untuk periode {period_text(period)}; muat register lalu jalankan build.")
    villages = tuple(
        Village(
            row["village_code"], row["village_name"], row["village_kind"], row["district_code"], row["district_name"]
        )
        for row in names
    )
    labels = {village.code: (village.name, village.district_code) for village in villages}
    labels |= {village.district_code: (village.district_name, village.district_code) for village in villages}
    labels[settings.regency] = (names[0]["regency_name"], None)

    def pick(level: str) -> tuple[Area, ...]:
        found = []
        for row in areas:
            if row["area_level"] == level:
                name, district = labels.get(row["area_code"], (row["area_code"], None))
                values = {column: row[column] for column in AREA_COLUMNS}
                found.append(Area(level=level, code=row["area_code"], name=name, district_code=district, **values))
        return tuple(found)

    receipts = _receipts(reader, period)
    counts, students = _statuses(reader, period)
    moment = as_of or _last_seen(reader, period)
    return Figures(
        period=period,
        regency_code=settings.regency,
        regency_name=names[0]["regency_name"],
        province_code=names[0]["province_code"],
        province_name=names[0]["province_name"],
        policy=_policy(reader, settings.regency, period),
        regency=pick("regency")[0],
        districts=pick("district"),
        villages=pick("village"),
        village_names=villages,
        history=_history(reader, settings.regency, period),
        statuses=counts,
        students_smp=students[0],
        students_sma=students[1],
        receipts=receipts,
        target=_target(reader, period),
        as_of=moment,
        uploads=_uploads(reader, moment),
    )


def _areas(reader: _Reader, regency: str, period: date) -> list[dict[str, Any]]:
    columns = ", ".join(AREA_COLUMNS)  # names of dataclass fields, not input
    return reader.rows(
        f"select area_level, area_code, {columns} from {{marts}}.rpt_extreme_poverty_monthly "
        "where period = %(period)s and (area_code = %(regency)s or starts_with(area_code, %(regency)s || '.')) "
        "order by area_code",
        period=period,
        regency=regency,
    )


def _names(reader: _Reader, regency: str) -> list[dict[str, Any]]:
    return reader.rows(
        "select village_code, village_name, village_kind, district_code, district_name, regency_name, "
        "province_code, province_name from {marts}.dim_village where regency_code = %(regency)s order by village_code",
        regency=regency,
    )


def _history(reader: _Reader, regency: str, period: date) -> tuple[Month, ...]:
    rows = reader.rows(
        "select period, households, persons, opening, entered, exited from {marts}.rpt_extreme_poverty_monthly "
        "where area_level = 'regency' and area_code = %(regency)s and period <= %(period)s order by period",
        period=period,
        regency=regency,
    )
    return tuple(Month(**(row | {"period": period_text(row["period"])})) for row in rows)


def _statuses(reader: _Reader, period: date) -> tuple[tuple[StatusCount, ...], tuple[int, int]]:
    rows = reader.rows(
        "select status, reason, count(*) as households, coalesce(sum(members), 0) as persons, "
        "count(*) filter (where is_counted) as counted_households, "
        "coalesce(sum(students_smp) filter (where is_counted), 0) as smp, "
        "coalesce(sum(students_sma) filter (where is_counted), 0) as sma "
        "from {marts}.fct_household_status_monthly where period = %(period)s "
        "group by status, reason",
        period=period,
    )
    # Here and not by the server, whose collation may be another when the report is made again.
    rows.sort(key=lambda row: (row["status"], row["reason"]))
    students = sum(row.pop("smp") for row in rows), sum(row.pop("sma") for row in rows)
    return tuple(StatusCount(**row) for row in rows), students


def _receipts(reader: _Reader, period: date) -> tuple[Receipt, ...]:
    rows = reader.rows(
        "select village_code, register, status, age_months, received_at, rows_accepted, rows_quarantined "
        "from {marts}.rpt_register_completeness_monthly where period = %(period)s",
        period=period,
    )
    order = {register: place for place, register in enumerate(REGISTER_ORDER)}
    rows.sort(key=lambda row: (row["village_code"], order.get(row["register"], len(order))))
    return tuple(Receipt(**row) for row in rows)


def _target(reader: _Reader, period: date) -> Target | None:
    columns = ", ".join(field.name for field in fields(Target))
    rows = reader.rows(
        f"select {columns} from {{marts}}.rpt_target_progress where period = %(period)s",
        period=period,
    )
    return Target(**rows[0]) if rows else None


def _policy(reader: _Reader, regency: str, period: date) -> Policy:
    day = last_day(period)
    values = {
        row["key"]: row["value"]
        for row in reader.rows(
            "select distinct on (key) key, value::text from {seeds}.policy "
            "where regency::text = %(regency)s and valid_from::date <= %(day)s order by key, valid_from::date desc",
            regency=regency,
            day=day,
        )
        if row["key"] in POLICY_KEYS
    }
    lines = reader.rows(
        "select line_id, authority, rupiah_per_person_day::numeric as day_amount, source from {seeds}.poverty_lines "
        "where line_id = %(line)s and valid_from::date <= %(day)s "
        "and (valid_to is null or valid_to::date >= %(day)s) order by valid_from::date desc limit 1",
        line=values.get("line"),
        day=day,
    )
    wanting = [key for key in ("line", "basis", "strictness", "count_rule") if not values.get(key)]
    if wanting or not lines:
        what = f"kebijakan {', '.join(wanting)}" if wanting else f"garis kemiskinan {values['line']}"
        raise MissingFigures(
            f"Tidak ada {what} yang berlaku untuk {regency} pada {day:%d-%m-%Y}; lengkapi dbt_project/seeds/policy.csv "
            "dan poverty_lines.csv."
        )
    target = (values.get("target_households") or "").strip()
    return Policy(
        line_id=values["line"],
        authority=lines[0]["authority"],
        basis=values["basis"],
        strictness=values["strictness"],
        count_rule=values["count_rule"],
        rupiah_per_person_day=lines[0]["day_amount"],
        rupiah_per_person_month=_plain(Decimal(str(lines[0]["day_amount"])) * 30),
        target_households=int(target) if target else None,
        baseline_period=(values.get("baseline_period") or "").strip() or None,
        line_source=lines[0]["source"],
    )


def _last_seen(reader: _Reader, period: date) -> datetime:
    """When the last upload that these figures show was received: the marts rebuilt as of then are the same.

    That the marts are not behind the accepted uploads is the gate's business. A rejected upload changes only what
    completeness says, and does not start a build; it counts here when the marts know of it.
    """
    rows = reader.rows(
        f"""
        select max(u.received_at) as received_at from raw.upload u
        where u.status in {ACCEPTED} or (u.status = 'rejected' and exists (
            select from {{marts}}.rpt_register_completeness_monthly c
            where c.village_code = u.village_code and c.period = %(period)s and c.status = 'rejected'
                and to_char(c.period, 'YYYY-MM') = u.period
        ))
        """,
        period=period,
    )
    if rows[0]["received_at"] is None:
        raise MissingFigures("Belum ada register yang diterima dari desa/kelurahan mana pun.")
    return rows[0]["received_at"]


def _uploads(reader: _Reader, as_of: datetime) -> tuple[Upload, ...]:
    rows = reader.rows(
        "select upload_id, village_code, period, sha256 from raw.upload "
        f"where status in {ACCEPTED} and received_at <= %(as_of)s order by upload_id",
        as_of=as_of,
    )
    return tuple(Upload(**row) for row in rows)
