"""The marts at the size of a regency: milliseconds of what analysts ask, seconds and bytes of what that costs.

`dbt build` makes the marts over an empty warehouse, so that tables, keys and indexes are the real ones; then they are
filled with invented families: 930,000 over 36 months with `--full`, a tenth of them otherwise. Every query is asked as
`entas_analyst`, once to warm up and seven times for the median.

    .venv/bin/python scripts/bench_marts.py --full                     # as reported: some 1,500 families counted
    .venv/bin/python scripts/bench_marts.py --full --counted 0.1       # a tenth of all families counted
    .venv/bin/python scripts/bench_marts.py --layout family            # rows lie family by family, not by month
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from rich.console import Console
from rich.table import Table

from entas.settings import PROJECT_ROOT, Settings
from entas.warehouse import Warehouse, open_warehouse
from entas.warehouse.dbt import transform
from entas.warehouse.embedded import EmbeddedServer

FAMILIES = 930_000
MONTHS = 36
FIRST_MONTH = "2022-01-01"
#: Of 930,000 families: between the 1,926 and the 1,160 of 2023.
COUNTED = 0.0016
RUNS = 7
FACT = "fct_household_status_monthly"
#: Milliseconds within which the three questions of the design's second stage answer.
TARGETS = {"regency's monthly series": 50.0, "a district's counted families": 200.0, "one family's history": 20.0}

# Every family's life on one row. Months are numbers from 1 on; `u(number, salt)` is the same number in each run.
# One in fifty moves, one in fifty leaves and stays listed, as many leave and are not listed any more. A family that is
# ever poor is so for 1 to 24 months, and one in three once more.
_WORLD = """
drop schema if exists bench cascade;
create schema bench;
create function bench.u(bigint, integer) returns double precision language sql immutable parallel safe
    return (hashint8extended($1, $2) & 1048575) / 1048576.0;
create table bench.village as
    select row_number() over (order by hashtext(village_code)) as place, village_code from marts.dim_village;
create table bench.month as
    select m, (date '{first}' + make_interval(months => m - 1))::date as period from generate_series(1, {months}) as m;

create unlogged table bench.family as
with drawn as (
    select
        n,
        encode(sha256(('kk:' || n)::bytea), 'hex') as household_id,
        1 + floor(187 * power(bench.u(n, 1), 1.4))::integer as home,
        1 + floor(187 * bench.u(n, 2))::integer as away,
        case when bench.u(n, 3) < 0.02 then 2 + floor(bench.u(n, 4) * {months})::integer else 999 end as moved,
        case when bench.u(n, 5) < 0.04 then 2 + floor(bench.u(n, 6) * {months})::integer else 999 end as gone,
        bench.u(n, 5) < 0.02 as stays_listed,
        case when bench.u(n, 7) < 0.03 then 1 + floor(bench.u(n, 8) * {months})::integer else 1 end as born,
        bench.u(n, 9) < {prone} as is_prone,
        floor(bench.u(n, 10) * 48)::integer - 12 as poor_from,
        1 + floor(bench.u(n, 11) * 24)::integer as poor_for,
        bench.u(n, 12) < 0.33 as again,
        bench.u(n, 13) as kind,
        1 + floor(bench.u(n, 14) * 6)::integer as members,
        bench.u(n, 15) as wealth
    from generate_series(1, {families}) as n
)
select
    drawn.*,
    home.village_code,
    away.village_code as other_village_code,
    case when is_prone then poor_from else 999 end as first_poor,
    case when is_prone then poor_from + poor_for else 999 end as first_well,
    case when is_prone and again then poor_from + poor_for + 3 else 999 end as second_poor,
    case when is_prone and again then poor_from + poor_for + 6 else 999 end as second_well,
    case when kind < 0.45 then 'unmeasured' when kind < 0.93 then 'not_extreme_poor' when kind < 0.95 then 'candidate'
        else 'not_extreme_poor' end as usual_status,
    case when kind < 0.45 then 'no_measure' when kind < 0.93 then 'above_line' when kind < 0.95 then 'decile_1'
        when kind < 0.98 then 'found_ineligible' else 'graduated' end as usual_reason
from drawn
inner join bench.village as home on drawn.home = home.place
inner join bench.village as away on drawn.away = away.place
order by {order};

create function bench.poor(f bench.family, m integer) returns boolean language sql immutable parallel safe
    return (m >= f.first_poor and m < f.first_well) or (m >= f.second_poor and m < f.second_well);
create function bench.status(f bench.family, m integer) returns text language sql immutable parallel safe
    return case when m >= f.gone then 'left' when bench.poor(f, m) then 'extreme_poor' else f.usual_status end;
create function bench.reason(f bench.family, m integer) returns text language sql immutable parallel safe
    return case when m >= f.gone then case when not f.stays_listed then 'missing_from_register'
        when f.kind < 0.5 then 'died' else 'moved_out' end
        when bench.poor(f, m) then case when f.kind < 0.35 then 'verified' else 'below_line' end
        else f.usual_reason end;
create function bench.place(f bench.family, m integer) returns text language sql immutable parallel safe
    return case when m >= f.moved then f.other_village_code else f.village_code end;
"""

_STATUS = """
insert into marts.fct_household_status_monthly
select
    household_id, period, village_code, status, reason, is_counted, members, amount, per_capita, 322170,
    greatest(322170 - per_capita, 0), previous_status, previous_village_code, movement,
    case
        when movement = 'entered' and m >= second_poor then 'returned'
        when movement = 'entered' and previous_status is null then 'newly_registered'
        when movement = 'entered' and reason = 'verified' then 'verified_eligible'
        when movement = 'entered' then 'fell_below_line'
        when movement = 'exited' and status = 'left' then reason
        when movement = 'exited' and reason = 'found_ineligible' then 'found_ineligible'
        when movement = 'exited' and status = 'not_extreme_poor' then 'graduated'
        when movement = 'exited' then 'unmeasured'
    end,
    (wealth * 100)::integer %% 2, (wealth * 1000)::integer %% 2,
    case when reason in ('verified', 'found_ineligible', 'graduated') then (period - 40 - (wealth * 200)::integer) end,
    period, 0,
    case when amount is null then array[village_place * 100 + m] else array[village_place * 100 + m, 20000 + m] end
from (
    select
        *,
        case
            when is_counted and was_counted then case when village_code = previous_village_code then 'remained'
                else 'transferred' end
            when is_counted then 'entered'
            when was_counted then 'exited'
        end as movement,
        amount / nullif(members, 0) as per_capita
    from (
        select
            f.household_id, month.m, month.period, bench.place(f, month.m) as village_code,
            f.home::bigint as village_place,
            bench.status(f, month.m) as status, bench.reason(f, month.m) as reason,
            bench.status(f, month.m) = 'extreme_poor' as is_counted,
            case when month.m < f.gone then f.members else 0 end as members,
            case when month.m >= f.gone or bench.reason(f, month.m) in ('no_measure', 'decile_1') then null
                when bench.poor(f, month.m) then round((322170 * f.members * (0.3 + 0.69 * f.wealth))::numeric, -3)
                else round((322170 * f.members * (1 + 9 * f.wealth))::numeric, -3) end as amount,
            case when month.m > f.born then bench.status(f, month.m - 1) end as previous_status,
            case when month.m > f.born then bench.place(f, month.m - 1) end as previous_village_code,
            month.m > f.born and bench.status(f, month.m - 1) = 'extreme_poor' as was_counted,
            f.second_poor, f.wealth
        from bench.family as f
        inner join bench.month on month.m >= f.born and (month.m <= f.gone or f.stays_listed)
        where month.m between %s and %s
    ) as lived
) as moved
"""

# What the other marts need of the fact, once for all of them.
_FIGURES = """
create table bench.figures as
select
    area_level, area_code, period,
    count(*) filter (where is_counted) as households,
    coalesce(sum(s.members) filter (where is_counted), 0) as persons,
    count(*) filter (where status = 'candidate') as candidates,
    count(*) filter (where status = 'unmeasured') as unmeasured,
    count(*) filter (where movement = 'entered') as entered,
    count(*) filter (where movement = 'exited') as exited
from marts.fct_household_status_monthly as s
inner join intermediate.int_areas using (village_code)
group by area_level, area_code, period
"""

#: Mart to (columns and their expressions, where they come from); other columns are 0, '' or null.
_OTHERS: dict[str, tuple[dict[str, str], str]] = {
    "dim_household": (
        {
            "household_id": "f.household_id",
            "valid_from": "opened.period",
            "valid_to": "closed.period",
            "months": "span.till - span.since + 1",
            "is_current": f"span.till = {MONTHS}",
            "village_code": "bench.place(f, span.since)",
            "status": "bench.status(f, span.since)",
            "reason": "bench.reason(f, span.since)",
            "is_counted": "bench.status(f, span.since) = 'extreme_poor'",
            "members": "case when span.since < f.gone then f.members else 0 end",
            "first_listed": "born.period",
            "first_counted": "poor.period",
        },
        f"""
        bench.family as f
        cross join lateral (
            select since, coalesce(lead(since) over (order by since) - 1, {MONTHS}) as till
            from (
                select distinct greatest(change, f.born) as since
                from unnest(array[f.born, f.first_poor, f.first_well, f.second_poor, f.second_well, f.moved, f.gone])
                    as change
                where change <= {MONTHS}
            ) as changes
        ) as span
        inner join bench.month as opened on opened.m = span.since
        inner join bench.month as closed on closed.m = span.till
        inner join bench.month as born on born.m = f.born
        left join bench.month as poor on poor.m = greatest(f.first_poor, f.born)
        """,
    ),
    "rpt_movement_detail": (
        {
            "area_level": "area_level",
            "area_code": "case when cell in ('opening', 'transferred_out') or cell like 'exited%' then before.area_code"
            " else now.area_code end",
            "period": "s.period",
            "cell": "cell",
            "household_id": "s.household_id",
            "village_code": "s.village_code",
            "previous_village_code": "s.previous_village_code",
            "previous_status": "s.previous_status",
            "status": "s.status",
            "reason": "s.reason",
            "members": "s.members",
            "evidence_upload_ids": "s.evidence_upload_ids",
        },
        """
        marts.fct_household_status_monthly as s
        inner join intermediate.int_areas as now on s.village_code = now.village_code
        left join intermediate.int_areas as before using (area_level)
        cross join lateral unnest(array[
            case when s.movement <> 'entered' then 'opening' end,
            case when s.movement in ('entered', 'exited') then s.movement || '_' || s.movement_reason end,
            case when s.movement = 'transferred' and now.area_code <> before.area_code then 'transferred_in' end,
            case when s.movement = 'transferred' and now.area_code <> before.area_code then 'transferred_out' end,
            case when s.is_counted then 'closing' end
        ]) as cell
        where
            s.movement is not null and cell is not null
            and before.village_code = coalesce(s.previous_village_code, s.village_code)
        """,
    ),
    "rpt_extreme_poverty_monthly": (
        {
            **{name: name for name in "area_level area_code period households persons candidates unmeasured".split()},
            **{name: name for name in ("entered", "exited")},
            "entered_fell_below_line": "entered",
            "exited_graduated": "exited",
            "closing": "households",
            "assisted_households": "households * 9 / 10",
            "assistance_amount": "households * 1350000",
            "headcount_ratio": "0.012",
            "poverty_gap": "0.004",
            "poverty_severity": "0.001",
        },
        "bench.figures",
    ),
    "rpt_extreme_poverty_by_term": (
        {
            "term_kind": "kind",
            "term_start": "start",
            "term_end": "(start + make_interval(months => size) - interval '1 day')::date",
            "area_level": "area_level",
            "area_code": "area_code",
            "months": "size",
            "is_complete": "true",
            "last_period": "(start + make_interval(months => size - 1))::date",
            "entered": "entered * size",
            "closing": "households",
            "persons": "persons",
            "mean_households": "households",
        },
        """
        bench.figures
        inner join (values ('quarter', 3), ('semester', 6)) as term (kind, size)
            on (extract(month from period)::integer - 1) % size = 0
        cross join lateral (select period as start) as starts
        """,
    ),
    "fct_assistance": (
        {
            "payment_id": "row_number() over () || ':1'",
            "household_id": "s.household_id",
            "programme": "case when s.is_counted then 'BLT Kemiskinan Ekstrem' else 'Bantuan Sembako' end",
            "funding_source": "case when s.is_counted then 'APBD Kabupaten' else 'APBN' end",
            "amount": "case when s.is_counted then 1500000 else 200000 end",
            "paid_on": "s.period + 9",
            "period": "s.period",
            "village_code": "s.village_code",
            "is_of_listed_family": "true",
        },
        # nine of ten counted families, and one of thirty others
        """
        marts.fct_household_status_monthly as s
        where s.status <> 'left'
            and hashtextextended(s.household_id, s.period - date '2000-01-01') % 90 between -80 and case
                when s.is_counted then 80 else -78 end
        """,
    ),
    "fct_empowerment": (
        {
            "activity_id": "row_number() over () || ':1'",
            "household_id": "s.household_id",
            "kind": "(array['pelatihan_keterampilan', 'bantuan_modal', 'padat_karya'])"
            "[1 + abs(hashtext(s.household_id)) % 3]",
            "started_on": "s.period + 4",
            "period": "s.period",
            "village_code": "s.village_code",
            "is_of_listed_family": "true",
        },
        """
        marts.fct_household_status_monthly as s
        where s.is_counted and s.movement = 'entered' and hashtext(s.household_id) % 2 = 0
        """,
    ),
    "rpt_assistance_coverage_monthly": (
        {
            **{name: name for name in ("area_level", "area_code", "period", "programme", "households")},
            "counted_assisted": "households * 9 / 10",
            "counted_not_assisted": "households - households * 9 / 10",
            "coverage": "0.9",
        },
        "bench.figures cross join unnest(array['(semua)', 'BLT Kemiskinan Ekstrem', 'Bantuan Sembako']) as programme",
    ),
    "rpt_programme_outcome": (
        {
            **{name: name for name in ("area_level", "area_code", "programme_kind", "months_after")},
            "cohort": "period",
            "looked_at": "(period + make_interval(months => months_after))::date",
            "helped": "households",
            "helped_counted": "households / 2",
        },
        """
        bench.figures
        cross join unnest(array['blt', 'pelatihan_keterampilan', 'bantuan_modal']) as programme_kind
        cross join unnest(array[3, 6, 12]) as months_after
        where area_level <> 'village'
        """,
    ),
    "rpt_schooling_monthly": (
        {
            **{name: name for name in ("area_level", "area_code", "period", "school_level")},
            "students": "households / 3",
            "households": "households / 4",
        },
        "bench.figures cross join unnest(array['tk', 'sd', 'smp', 'sma', 'perguruan_tinggi', 'slb']) as school_level",
    ),
    "rpt_line_sensitivity": (
        {
            "period": "period",
            "line_id": "line_id",
            "authority": "'BPS'",
            "stated_basis": "'expenditure'",
            "basis": "basis",
            "poverty_line": "351957",
            "is_policy": "basis = 'income' and line_id = 'bekasi_sk_bupati'",
            "households": "households",
        },
        """
        bench.figures
        cross join unnest(array['bekasi_sk_bupati', 'bps_2021_03', 'bps_2023_03']) as line_id
        cross join unnest(array['income', 'expenditure']) as basis
        where area_level = 'regency'
        """,
    ),
    "rpt_register_completeness_monthly": (
        {
            "village_code": "village_code",
            "period": "period",
            "register": "register",
            "status": "case when hashtext(village_code || period::text) % 9 = 0 then 'carried_forward'"
            " else 'received' end",
            "received_at": "period + interval '33 days'",
            "age_months": "0",
            "rows_accepted": "17000",
        },
        """
        bench.village cross join bench.month
        cross join unnest(array['penduduk', 'kesejahteraan', 'verifikasi', 'bantuan', 'pemberdayaan']) as register
        """,
    ),
    "rpt_village_completeness_monthly": (
        {
            "village_code": "village_code",
            "period": "period",
            "status": "case when hashtext(village_code || period::text) % 9 = 0 then 'missing' else 'in_time' end",
            "is_sent": "hashtext(village_code || period::text) % 9 <> 0",
            "is_late": "false",
            "is_missing": "hashtext(village_code || period::text) % 9 = 0",
            "due_before": "period + interval '35 days'",
            "rows_read": "17000",
            "rows_accepted": "16990",
            "rows_quarantined": "10",
            "quarantine_rate": "0.0006",
        },
        "bench.village cross join bench.month",
    ),
    "rpt_target_progress": (
        {"period": "period", "households": "households", "baseline_households": "1926"},
        "bench.figures where area_level = 'regency'",
    ),
}


@dataclass
class Bench:
    """A warehouse being filled, and what that took.

    Attributes:
        seconds: of each step.
        lines: rows of the table of sizes: (what, rows or definition, seconds, bytes).
    """

    connection: psycopg.Connection
    families: int
    counted: float
    layout: str
    lines: list[tuple[str, str, float, int]] = field(default_factory=list)

    def fill(self, console: Console) -> None:
        """Fill the marts; keys and indexes are made after the rows, as a build does."""
        order = "household_id" if self.layout == "family" else "village_code, n"
        # A spell of 12.5 months on the mean, begun in one of 48 months, and a third of them once more for three.
        prone = self.counted / ((12.5 + 1) / 48)
        script = _WORLD.format(first=FIRST_MONTH, months=MONTHS, families=self.families, prone=prone, order=order)
        with self.connection.transaction():
            self.connection.execute(script)  # type: ignore[call-overload]
            self.connection.execute("analyze bench.family, bench.month, bench.village")
        with self._refilled(FACT):
            # By month is how months are added; by family is how a window over each family's months leaves them.
            parts = [(1, MONTHS)] if self.layout == "family" else [(month, month) for month in range(1, MONTHS + 1)]
            ordered = " order by household_id, m" if self.layout == "family" else " order by village_code, household_id"
            for part in parts:
                self.connection.execute(_STATUS + ("" if self.layout == "family" else ordered), part)  # type: ignore[arg-type]
                if console.is_terminal:
                    console.print(f"  month {part[1]} of {MONTHS}", end="\r", highlight=False)
        self.connection.execute(_FIGURES)
        for mart, (columns, source) in _OTHERS.items():
            with self._refilled(mart):
                self.connection.execute(self._insert(mart, columns, source))

    def _insert(self, mart: str, columns: dict[str, str], source: str) -> Any:
        types = self.connection.execute(
            "select attname, format_type(atttypid, null), attnotnull from pg_attribute"
            " where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum",
            (f"marts.{mart}",),
        ).fetchall()
        unset = {"text": "''", "integer": "0", "numeric": "0", "boolean": "false", "bigint[]": "'{}'"}
        missing = set(columns) - {name for name, _, _ in types}
        if missing:
            raise SystemExit(f"marts.{mart} has no column {', '.join(sorted(missing))}: look at _OTHERS")
        values = [
            f"({columns.get(name, unset.get(kind, 'null') if required else 'null')})::{kind}"
            for name, kind, required in types
        ]
        return f"insert into marts.{mart} select {', '.join(values)} from {source}"

    @contextmanager
    def _refilled(self, mart: str) -> Iterator[None]:
        """Empty a table and take off its keys and indexes; afterwards make them again, each timed."""
        with self.connection.transaction():
            self.connection.execute("set local work_mem = '128MB'")  # as dbt's models have it
            table = sql.Identifier("marts", mart)
            made = self.connection.execute(
                "select indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisprimary from pg_index"
                " where indrelid = %s::regclass order by indexrelid",
                (f"marts.{mart}",),
            ).fetchall()
            self.connection.execute(sql.SQL("truncate {}").format(table))
            for name, _, primary in made:
                constraint = sql.Identifier(name.split(".")[-1].strip('"'))
                self.connection.execute(
                    sql.SQL("alter table {} drop constraint {}").format(table, constraint)
                    if primary
                    else sql.SQL("drop index marts.{}").format(constraint)
                )
            began = time.monotonic()
            yield
            seconds = time.monotonic() - began
            self.connection.execute(sql.SQL("analyze {}").format(table))
            rows = self._value("select reltuples::bigint from pg_class where oid = %s::regclass", f"marts.{mart}")
            size = self._value("select pg_table_size(%s)", f"marts.{mart}")
            self.lines.append((mart, f"{rows:,} rows", seconds, size))
            for name, definition, primary in made:
                began = time.monotonic()
                self.connection.execute(definition)
                if primary:
                    index = sql.Identifier(name.split(".")[-1].strip('"'))
                    self.connection.execute(
                        sql.SQL("alter table {} add primary key using index {}").format(table, index)
                    )
                told = definition.split(" USING ")[1]
                kind = "unique " if definition.startswith("CREATE UNIQUE") else ""
                size = self._value("select pg_relation_size(%s)", name)
                self.lines.append(("", kind + told, time.monotonic() - began, size))

    def _value(self, query: str, *parameters: Any) -> Any:
        row = self.connection.execute(query, parameters).fetchone()  # type: ignore[arg-type]
        assert row is not None
        return row[0]

    def sizes(self) -> Table:
        """Seconds and bytes of tables and indexes above a megabyte."""
        table = Table(title="Filling the marts: tables, and below each its indexes, those of over 1 MB")
        for name, right in (("mart", False), ("holds", False), ("seconds", True), ("MB", True)):
            table.add_column(name, justify="right" if right else "left")
        for mart, holds, seconds, size in self.lines:
            if size > 1e6:
                table.add_row(mart, holds, f"{seconds:.1f}", f"{size / 1e6:,.0f}")
        return table


@dataclass(frozen=True)
class Measured:
    """A query's figures: the median and the worst of the runs, rows, and how the plan reads the largest tables."""

    title: str
    milliseconds: float
    worst: float
    rows: int
    plan: str


def measure(connection: psycopg.Connection, title: str, queries: list[str], runs: int = RUNS) -> Measured:
    """Run a query warm; of several (one a family) each is warmed up and run, and the median is of them all."""
    taken, rows = [], 0
    for query in queries:
        connection.execute(query).fetchall()  # type: ignore[call-overload]
        for _ in range(runs):
            began = time.perf_counter()
            rows = len(connection.execute(query).fetchall())  # type: ignore[call-overload]
            taken.append((time.perf_counter() - began) * 1000)
    row = connection.execute(f"explain (format json) {queries[0]}").fetchone()  # type: ignore[call-overload]
    assert row is not None
    scans = sorted({told for told in _scans(row[0][0]["Plan"]) if "dim_village" not in told})
    return Measured(title, statistics.median(taken), max(taken), rows, "; ".join(scans))


def _scans(node: dict[str, Any]) -> Iterator[str]:
    if "Relation Name" in node:
        conditions = node.get("Index Cond", node.get("Recheck Cond", ""))
        yield f"{node['Node Type']} {node['Relation Name']} {conditions}".strip()
    for child in node.get("Plans", []):
        yield from _scans(child)


def questions(connection: psycopg.Connection) -> Iterator[tuple[str, list[str]]]:
    """The three questions with a target, as they are asked of this warehouse."""
    yield (
        "regency's monthly series",
        ["select * from marts.rpt_extreme_poverty_monthly where area_level = 'regency' order by period"],
    )
    largest = connection.execute(
        "select area_code, period from marts.rpt_extreme_poverty_monthly where area_level = 'district'"
        " order by households desc limit 1"
    ).fetchone()
    assert largest is not None
    yield (
        "a district's counted families",
        [
            "select s.* from marts.fct_household_status_monthly as s"
            " inner join marts.dim_village as v on v.village_code = s.village_code"
            f" where v.district_code = '{largest[0]}' and s.period = '{largest[1]}' and s.is_counted"
        ],
    )
    families = connection.execute(
        "select household_id from marts.dim_household where valid_from > '2022-06-01'"
        " order by md5(household_id) limit 20"
    ).fetchall()
    yield (
        "one family's history",
        [
            f"select * from marts.fct_household_status_monthly where household_id = '{one}' order by period"
            for (one,) in families
        ],
    )


def cookbook() -> Iterator[tuple[str, list[str]]]:
    """The questions of docs/cookbook.md."""
    sys.path.insert(0, str(PROJECT_ROOT))
    from tests import docs

    for query in docs.queries(docs.COOKBOOK.read_text(encoding="utf-8")):
        yield query.title, [query.sql]


def ask(warehouse: Warehouse, runs: int) -> Iterator[Measured]:
    """Measure everything that is asked, as an analyst."""
    with warehouse.connect("analyst", autocommit=True) as connection:
        for title, queries in questions(connection):
            yield measure(connection, title, queries, runs)
        for title, queries in cookbook():
            yield measure(connection, title, queries, runs)


def main() -> None:
    """Fill, ask, and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", type=int, default=FAMILIES // 10, help="families (default 93000)")
    parser.add_argument("--full", action="store_true", help="930,000 families: 15 GB of disk and some ten minutes")
    parser.add_argument("--counted", type=float, default=COUNTED, help=f"share of families counted (default {COUNTED})")
    parser.add_argument("--layout", choices=["month", "family"], default="month", help="in what order rows are written")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"runs of each query (default {RUNS})")
    parser.add_argument("--home", type=Path, help="keep the warehouse in this folder; ask again if it is there")
    options = parser.parse_args()
    families = FAMILIES if options.full else options.families
    console = Console(width=None if sys.stdout.isatty() else 200)
    home = options.home or Path(tempfile.mkdtemp(prefix="entas-bench-"))
    home.mkdir(parents=True, exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ENTAS_")}
    settings = Settings.from_env(environment | {"ENTAS_HOME": str(home.resolve())})
    warehouse = open_warehouse(settings)
    try:
        with warehouse.connect("pipeline", autocommit=True) as connection:
            bench = Bench(connection, families, options.counted, options.layout)
            row = connection.execute("select to_regclass('bench.figures') is not null").fetchone()
            if row == (False,):
                transform(settings)
                bench.fill(console)
        with psycopg.connect(warehouse.owner, autocommit=True) as connection:
            connection.execute("vacuum")  # as keep_house does each day
        if bench.lines:
            console.print(bench.sizes())
        table = Table(title=f"{families:,} families over {MONTHS} months, {options.counted:.2%} counted, warm")
        for name in ("question", "target (ms)", "median (ms)", "worst (ms)", "rows"):
            table.add_column(name, justify="left" if name == "question" else "right")
        table.add_column("how the fact and the reports are read", overflow="fold")
        over = []
        for one in ask(warehouse, options.runs):
            target = TARGETS.get(one.title)
            if target is not None and one.milliseconds > target:
                over.append(one.title)
            table.add_row(
                one.title,
                "" if target is None else f"{target:.0f}",
                f"{one.milliseconds:.1f}",
                f"{one.worst:.1f}",
                f"{one.rows:,}",
                one.plan,
            )
        console.print(table)
        if over:
            raise SystemExit(f"slower than the target: {', '.join(over)}")
    finally:
        if not options.home:
            EmbeddedServer(home).stop()
            shutil.rmtree(home)


if __name__ == "__main__":
    main()
