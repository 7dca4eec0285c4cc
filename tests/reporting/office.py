"""Marts of an invented regency, made by SQL to the columns of design section 7, for tests of the report.

Families are planted by hand or at random; the counts of `rpt_extreme_poverty_monthly` are worked out here by plain
Python from the families, independent of the dbt models.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import psycopg

from entas.clock import add_months, period_text
from entas.reporting.wording import ENTERED, EXITED

AUGUST, SEPTEMBER, OCTOBER = date(2023, 8, 1), date(2023, 9, 1), date(2023, 10, 1)
REGISTERS = ("penduduk", "kesejahteraan", "verifikasi", "bantuan", "pemberdayaan")
_START = datetime(2023, 8, 28, 2, 0, tzinfo=UTC)

_TABLES = """
create schema if not exists marts;
create schema if not exists seeds;
create table marts.dim_village as select * from reference.village;
create table marts.fct_household_status_monthly (
    household_id text, period date, village_code text, status text, reason text, is_counted boolean, members integer,
    monthly_amount numeric, per_capita numeric, poverty_line numeric, gap numeric, previous_status text,
    previous_village_code text, movement text, movement_reason text, students_smp integer, students_sma integer,
    verified_on date, register_period date, register_age_months integer, evidence_upload_ids bigint[]
);
create table marts.rpt_register_completeness_monthly (
    village_code text, period date, register text, status text, received_at timestamptz, age_months integer,
    rows_accepted integer, rows_quarantined integer
);
create table marts.rpt_target_progress (
    period date, households integer, baseline_households integer, target_households integer,
    months_to_target_3 numeric, months_to_target_6 numeric, months_to_target_12 numeric
);
create table seeds.policy (regency text, key text, value text, valid_from date);
create table seeds.poverty_lines (
    line_id text, authority text, basis text, rupiah_per_person_day numeric, rupiah_per_person_month numeric,
    valid_from date, valid_to date, source text
);
insert into seeds.policy values
    ('32.16', 'line', 'bekasi_sk_bupati', '2021-01-01'), ('32.16', 'basis', 'income', '2021-01-01'),
    ('32.16', 'strictness', 'strict', '2021-01-01'), ('32.16', 'count_rule', 'measured_or_verified', '2021-01-01'),
    ('32.16', 'target_households', '0', '2021-01-01'), ('32.16', 'small_cell', '5', '2021-01-01');
insert into seeds.poverty_lines values
    ('bekasi_sk_bupati', 'Bupati Bekasi', 'income', 10739, 322170, '2021-01-01', null, 'decree');
"""
_INTEGERS = (
    "households", "persons", "opening", "entered", *(f"entered_{key}" for key in ENTERED),
    "exited", *(f"exited_{key}" for key in EXITED), "transferred_in", "transferred_out", "closing",
    "candidates", "unmeasured", "assisted_households", "trained_households", "capital_households",
    "households_with_students_smp", "households_with_students_sma",
)  # fmt: skip
_RATIOS = ("headcount_ratio", "poverty_gap", "poverty_severity")


@dataclass
class Family:
    """A family in one month: where, how it stands, and how it moved since the month before."""

    village: str
    status: str = "extreme_poor"
    reason: str = "below_line"
    members: int = 4
    smp: int = 0
    sma: int = 0
    paid: int = 0  # rupiah in the month
    trained: bool = False
    capital: bool = False
    entered: str | None = None  # reason, when it is not counted in the month before
    exited: str | None = None  # reason, when it was

    @property
    def counted(self) -> bool:
        return self.status == "extreme_poor"


@dataclass
class Office:
    """A regency whose marts can be planted and built again.

    Attributes:
        families: month -> household id -> family.
        uploads: how many were received.
    """

    conn: psycopg.Connection
    families: dict[date, dict[str, Family]] = field(default_factory=dict)
    uploads: int = 0

    def __post_init__(self) -> None:
        with self.conn.transaction():
            self.conn.execute(_TABLES)
            columns = ", ".join([*(f"{name} integer" for name in _INTEGERS), *(f"{name} numeric" for name in _RATIOS)])
            self.conn.execute(
                "create table marts.rpt_extreme_poverty_monthly "
                f"(area_level text, area_code text, period date, assistance_amount numeric, {columns})"
            )
            rows = self.conn.execute("select village_code from reference.village order by 1").fetchall()
        self.villages = [row[0] for row in rows]

    # -- what the villages sent ----------------------------------------------------------------------

    def receive(self, month: date, *villages: str, registers: tuple[str, ...] = ("penduduk",)) -> None:
        """An accepted upload of each of the villages for the month; the marts do not know it until `build`."""
        with self.conn.transaction():
            self.conn.execute(
                """
                with uploads as (
                    insert into raw.upload (
                        village_code, period, file_name, sha256, bytes, received_at, status, rows_read, rows_accepted
                    )
                    select village, %(period)s, 'register.xlsx',
                        encode(sha256((place + %(before)s)::text::bytea), 'hex'), 1,
                        %(start)s + make_interval(secs => place + %(before)s), 'accepted', 10, 10
                    from unnest(%(villages)s::text[]) with ordinality as villages (village, place)
                    returning upload_id
                )
                insert into raw.upload_register (
                    upload_id, register, status, format_id, format_version, sheets, rows_read, rows_accepted,
                    rows_quarantined, rows_warned
                )
                select upload_id, register, 'accepted', 'entas', '1', '{x}', 10, 10, 0, 0
                from uploads cross join unnest(%(registers)s::text[]) as registers (register)
                """,
                {
                    "period": period_text(month),
                    "before": self.uploads,
                    "start": _START + timedelta(days=31 * (month.month - 8)),
                    "villages": list(villages),
                    "registers": list(registers),
                },
            )
        self.uploads += len(villages)

    def receive_all(self, month: date, *, without: tuple[str, ...] = ()) -> None:
        """Every village but some sends all registers of the month."""
        self.receive(month, *(one for one in self.villages if one not in without), registers=REGISTERS)

    # -- the build ------------------------------------------------------------------------------------

    def build(self) -> None:
        """Write the marts for all months planted, as a build would."""
        with self.conn.transaction():
            for table in ("fct_household_status_monthly", "rpt_extreme_poverty_monthly", "rpt_target_progress"):
                self.conn.execute(f"truncate marts.{table}")
            self.conn.execute("truncate marts.rpt_register_completeness_monthly")
            for month in sorted(self.families):
                self._families(month)
                self._areas(month)
                self._completeness(month)
            self._target()

    def _families(self, month: date) -> None:
        before = self.families.get(add_months(month, -1), {})
        with self.conn.cursor().copy(
            "copy marts.fct_household_status_monthly (household_id, period, village_code, status, reason, is_counted, "
            "members, per_capita, poverty_line, previous_status, previous_village_code, students_smp, students_sma) "
            "from stdin"
        ) as copy:
            for household, family in self.families[month].items():
                was = before.get(household)
                copy.write_row(
                    (
                        sha256(household.encode()).hexdigest(), month, family.village, family.status, family.reason,
                        family.counted, family.members, None, 322170, was and was.status, was and was.village,
                        family.smp, family.sma,
                    )
                )  # fmt: skip

    def _areas(self, month: date) -> None:
        now, before = self.families[month], self.families.get(add_months(month, -1), {})
        numbers: dict[str, Counter[str]] = defaultdict(Counter)
        for village in self.villages:
            for area in _levels(village):
                numbers[area].update({})

        def add(village: str, name: str, count: int = 1, *, outside: str | None = None) -> None:
            for area in _levels(village):
                if outside is None or area not in _levels(outside):
                    numbers[area][name] += count

        for household in {*now, *before}:
            family, was = now.get(household), before.get(household)
            counted, was_counted = bool(family and family.counted), bool(was and was.counted)
            if was_counted:
                add(was.village, "opening")
            if counted:
                add(family.village, "closing")
                add(family.village, "persons", family.members)
                add(family.village, "assisted_households", int(family.paid > 0))
                add(family.village, "assistance_amount", family.paid)
                add(family.village, "trained_households", int(family.trained))
                add(family.village, "capital_households", int(family.capital))
                add(family.village, "households_with_students_smp", int(family.smp > 0))
                add(family.village, "households_with_students_sma", int(family.sma > 0))
            if counted and not was_counted:
                add(family.village, "entered")
                add(family.village, f"entered_{family.entered or 'fell_below_line'}")
            if was_counted and not counted:
                add(was.village, "exited")
                add(was.village, f"exited_{(family and family.exited) or 'missing_from_register'}")
            if counted and was_counted and family.village != was.village:
                add(family.village, "transferred_in", outside=was.village)
                add(was.village, "transferred_out", outside=family.village)
            if family and family.status in ("candidate", "unmeasured"):
                add(family.village, "candidates" if family.status == "candidate" else "unmeasured")
        columns = ("area_level", "area_code", "period", "assistance_amount", *_INTEGERS, *_RATIOS)
        with self.conn.cursor().copy(
            f"copy marts.rpt_extreme_poverty_monthly ({', '.join(columns)}) from stdin"
        ) as copy:
            for area, counts in numbers.items():
                level = {2: "regency", 3: "district", 4: "village"}[len(area.split("."))]
                counts["households"] = counts["closing"]
                ratio = counts["closing"] / 10000
                copy.write_row(
                    (
                        level, area, month, counts["assistance_amount"], *(counts[name] for name in _INTEGERS),
                        ratio, ratio / 4, ratio / 10,
                    )
                )  # fmt: skip

    def _completeness(self, month: date) -> None:
        self.conn.execute(
            """
            insert into marts.rpt_register_completeness_monthly
            select v.village_code, %(month)s, r.register,
                case when now.received_at is not null then 'received' when old.received_at is not null
                    then 'carried_forward' else 'missing' end,
                coalesce(now.received_at, old.received_at),
                case when now.received_at is not null then 0 when old.received_at is not null then 1 end,
                10, 0
            from reference.village v cross join unnest(%(registers)s::text[]) r (register)
            left join lateral (
                select max(u.received_at) as received_at from raw.upload u join raw.upload_register ur using (upload_id)
                where u.village_code = v.village_code and ur.register = r.register and u.status <> 'rejected'
                    and u.period = to_char(%(month)s::date, 'YYYY-MM')
            ) now on true
            left join lateral (
                select max(u.received_at) as received_at from raw.upload u join raw.upload_register ur using (upload_id)
                where u.village_code = v.village_code and ur.register = r.register and u.status <> 'rejected'
                    and u.period < to_char(%(month)s::date, 'YYYY-MM') and r.register in ('penduduk', 'kesejahteraan')
            ) old on true
            """,
            {"month": month, "registers": list(REGISTERS)},
        )

    def _target(self) -> None:
        self.conn.execute(
            """
            insert into marts.rpt_target_progress
            select period, households, first_value(households) over (order by period), 0, null, null, null
            from marts.rpt_extreme_poverty_monthly where area_level = 'regency'
            """
        )


def _levels(village: str) -> tuple[str, str, str]:
    return village, village.rsplit(".", 1)[0], village.rsplit(".", 2)[0]


def small_office(conn: psycopg.Connection) -> Office:
    """August to October with a dozen families: every number can be counted by hand.

    August opens with 6 families (24 persons). September: one more newly registered, one found ineligible, one moved to
    another district, still counted: 6. October: two graduate, one returns: 5 (20 persons). All villages are in.
    """
    office = Office(conn)
    one, two = office.villages[0], office.villages[-1]
    new = {"entered": "newly_registered"}
    office.families[AUGUST] = {f"h{i}": Family(one, **new) for i in range(6)}
    september = {f"h{i}": Family(one, paid=1_500_000 if i < 2 else 0, smp=i % 2) for i in range(6)}
    september["h0"] = Family(one, "not_extreme_poor", "found_ineligible", exited="found_ineligible")
    september["h1"] = Family(two, reason="verified")
    september["h6"] = Family(two, entered="newly_registered")
    september["h7"] = Family(two, "candidate", "decile_1")
    office.families[SEPTEMBER] = september
    october = {key: Family(family.village, family.status, family.reason) for key, family in september.items()}
    for key in ("h2", "h3"):
        october[key] = Family(one, "not_extreme_poor", "above_line", exited="graduated")
    october["h0"] = Family(one, reason="verified", entered="returned", sma=2, trained=True)
    office.families[OCTOBER] = october
    for month in (AUGUST, SEPTEMBER, OCTOBER):
        office.receive_all(month)
    office.build()
    return office


def large_office(conn: psycopg.Connection, *, months: int = 3, seed: int = 7) -> Office:
    """A regency in which some two thousand families move for every reason; for looking at, and for long tables."""
    draw = random.Random(seed)
    office = Office(conn)
    month = AUGUST
    families = {
        f"h{i}": Family(draw.choice(office.villages), members=draw.randint(1, 6), entered="newly_registered")
        for i in range(1926)
    }
    families |= {f"c{i}": Family(draw.choice(office.villages), "candidate", "decile_1") for i in range(140)}
    families |= {f"u{i}": Family(draw.choice(office.villages), "unmeasured", "no_measure") for i in range(420)}
    fates = [(name, weight) for name, weight in zip(EXITED, (3, 5, 4, 4, 3, 20, 50, 5, 2), strict=True)]
    for step in range(months):
        office.families[month] = families
        office.receive_all(month, without=tuple(office.villages[40:43]) if step == months - 1 else ())
        families = {key: Family(**vars(family)) for key, family in families.items()}
        for key, family in list(families.items()):
            family.entered = family.exited = None
            family.paid = draw.choice((0, 0, 1_500_000)) if family.counted else 0
            family.trained, family.capital = draw.random() < 0.1, draw.random() < 0.05
            family.smp, family.sma = int(draw.random() < 0.3), int(draw.random() < 0.2)
            chance = draw.random()
            if family.status == "left":
                del families[key]
            elif family.counted and chance < 0.26:
                family.exited = draw.choices([name for name, _ in fates], [weight for _, weight in fates])[0]
                left = family.exited in ("died", "moved_out", "duplicate", "not_found", "missing_from_register")
                family.status = "left" if left else "not_extreme_poor"
                family.reason = family.exited if left else "above_line"
                if family.exited == "unmeasured":
                    family.status, family.reason = "unmeasured", "no_measure"
            elif family.counted and chance < 0.3:
                family.village = draw.choice(office.villages)
            elif family.status == "not_extreme_poor" and chance < 0.1:
                family.status, family.reason, family.entered = "extreme_poor", "below_line", "returned"
            elif family.status == "candidate" and chance < 0.3:
                family.status, family.reason, family.entered = "extreme_poor", "verified", "verified_eligible"
            elif family.status == "unmeasured" and chance < 0.04:
                family.status, family.reason, family.entered = "extreme_poor", "below_line", "fell_below_line"
        month = add_months(month, 1)
    office.build()
    return office
