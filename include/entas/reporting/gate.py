"""The gate: what must hold before a number leaves the office.

Each reason is one Indonesian sentence that says what is wrong and what to do about it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import psycopg
from psycopg import sql

from entas.clock import add_months, jakarta_day, now, period_text
from entas.reporting.figures import ACCEPTED, MissingFigures, read_figures, seeds_of
from entas.reporting.wording import ENTERED, EXITED, LEVELS, REGISTERS, month_name, number
from entas.settings import Settings

#: Areas named in one reason; the rest is counted.
_NAMED = 5


def check_gate(
    conn: psycopg.Connection,
    settings: Settings,
    period: date,
    *,
    marts: str = "marts",
    as_of: datetime | None = None,
) -> list[str]:
    """Why the report of `period` must not be released now; empty when nothing holds it.

    Looked at are the marts in schema `marts`, built as of `as_of` (None: of everything received), in the caller's
    transaction.
    """
    month = month_name(period)
    if period > jakarta_day(now()).replace(day=1):
        return [f"Bulan {month} belum berjalan; laporan hanya dapat dibuat untuk bulan yang sudah ada."]
    wanting = _missing_relations(conn, marts)
    if wanting:
        return [f"Tabel {', '.join(wanting)} belum dibangun; jalankan `entas transform` lebih dahulu."]
    if not _any_register(conn, period, as_of):
        return [
            f"Belum ada register penduduk yang diterima dari desa/kelurahan mana pun sampai dengan {month}; "
            "muat register dengan `entas intake` lebih dahulu."
        ]
    try:
        read_figures(conn, settings, period, marts=marts, as_of=as_of)
    except MissingFigures as missing:
        return [str(missing)]
    return [
        *_behind(conn, marts, as_of),
        *_broken_areas(conn, settings, period, marts),
        *_broken_sums(conn, settings, period, marts),
    ]


def _rows(conn: psycopg.Connection, query: str, marts: str, **parameters: Any) -> list[tuple[Any, ...]]:
    return conn.execute(sql.SQL(query).format(marts=sql.Identifier(marts)), parameters).fetchall()


def _missing_relations(conn: psycopg.Connection, marts: str) -> list[str]:
    """Relations of the report that are not there, as `schema.name`."""
    needed = [
        (marts, "dim_village"),
        (marts, "fct_household_status_monthly"),
        (marts, "rpt_extreme_poverty_monthly"),
        (marts, "rpt_register_completeness_monthly"),
        (marts, "rpt_target_progress"),
        (seeds_of(marts), "policy"),
        (seeds_of(marts), "poverty_lines"),
    ]
    found = conn.execute(
        "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "where n.nspname = any(%s)",
        ([marts, seeds_of(marts)],),
    ).fetchall()
    return [".".join(name) for name in needed if name not in set(found)]


def _any_register(conn: psycopg.Connection, period: date, as_of: datetime | None) -> bool:
    row = conn.execute(
        f"select exists (select from raw.upload u join raw.upload_register r using (upload_id) "
        f"where u.status in {ACCEPTED} and r.register = 'penduduk' and r.status = 'accepted' "
        f"and u.period <= %s and (%s::timestamptz is null or u.received_at <= %s))",
        (period_text(period), as_of, as_of),
    ).fetchone()
    return bool(row and row[0])


def _behind(conn: psycopg.Connection, marts: str, as_of: datetime | None) -> list[str]:
    """Accepted registers that the marts do not know yet.

    `rpt_register_completeness_monthly` gives, for each village, period and register, when the last one was received;
    a later one in `raw` means that the marts were built before it came.
    """
    rows = _rows(
        conn,
        f"""
        with accepted as (
            select u.village_code, u.period, r.register, max(u.received_at) as received_at
            from raw.upload u join raw.upload_register r using (upload_id)
            where u.status in {ACCEPTED} and r.status = 'accepted'
                and (%(as_of)s::timestamptz is null or u.received_at <= %(as_of)s)
                -- events of a file are replaced by the next file of that name, whatever registers that one holds
                and (r.register in ('penduduk', 'kesejahteraan') or not exists (
                    select from raw.upload later
                    where later.village_code = u.village_code and later.period = u.period
                        and later.file_name = u.file_name and later.received_at > u.received_at
                        and later.status in {ACCEPTED}
                        and (%(as_of)s::timestamptz is null or later.received_at <= %(as_of)s)
                ))
            group by u.village_code, u.period, r.register
        )
        select a.register, count(*)
        from accepted a
        left join {{marts}}.rpt_register_completeness_monthly c
            on c.village_code = a.village_code
            and to_char(c.period, 'YYYY-MM') = a.period
            and c.register = a.register
            and c.status = 'received'
        where c.received_at is null or c.received_at < a.received_at
        group by a.register order by a.register
        """,
        marts,
        as_of=as_of,
    )
    if not rows:
        return []
    what = ", ".join(f"{REGISTERS.get(register, register).lower()} {number(count)}" for register, count in rows)
    return [f"Angka lebih lama daripada register yang sudah diterima ({what}); jalankan `entas transform` lagi."]


def _broken_areas(conn: psycopg.Connection, settings: Settings, period: date, marts: str) -> list[str]:
    """Areas in which the month's arithmetic does not hold, rule by rule (design, section 6)."""
    entered = " + ".join(f"now.entered_{reason}" for reason in ENTERED)
    exited = " + ".join(f"now.exited_{reason}" for reason in EXITED)
    first = _rows(conn, "select min(period) from {marts}.rpt_extreme_poverty_monthly", marts)[0][0]
    rules = {
        "akhir = awal + masuk + pindah masuk − keluar − pindah keluar": (
            "now.closing is distinct from "
            "now.opening + now.entered + now.transferred_in - now.exited - now.transferred_out"
        ),
        "jumlah keluarga = akhir bulan": "now.households is distinct from now.closing",
        "masuk = jumlah masuk menurut alasan": f"now.entered is distinct from {entered}",
        "keluar = jumlah keluar menurut alasan": f"now.exited is distinct from {exited}",
        "awal = akhir bulan sebelumnya": "now.opening is distinct from coalesce(before.closing, 0)",
    }
    if first == period:  # nothing before the first month: it opens at 0
        rules["awal bulan pertama = 0"] = "now.opening is distinct from 0"
    reasons = []
    for rule, broken in rules.items():
        rows = _rows(
            conn,
            f"""
            select now.area_level, now.area_code
            from {{marts}}.rpt_extreme_poverty_monthly now
            left join {{marts}}.rpt_extreme_poverty_monthly before
                on before.area_level = now.area_level and before.area_code = now.area_code
                and before.period = %(before)s
            where now.period = %(period)s and {broken}
                and (now.area_code = %(regency)s or starts_with(now.area_code, %(regency)s || '.'))
            order by now.area_code
            """,
            marts,
            before=add_months(period, -1),
            period=period,
            regency=settings.regency,
        )
        if rows:
            named = ", ".join(f"{LEVELS.get(level, level)} {code}" for level, code in rows[:_NAMED])
            more = f" dan {number(len(rows) - _NAMED)} wilayah lain" if len(rows) > _NAMED else ""
            reasons.append(
                f"Hitungan tidak cocok ({rule}) di {named}{more}; bangun ulang dengan `entas transform --full-refresh` "
                "dan laporkan kepada tim data bila masih sama."
            )
    return reasons


def _broken_sums(conn: psycopg.Connection, settings: Settings, period: date, marts: str) -> list[str]:
    """Levels that do not add up to the regency, or lack areas; and the count against the households themselves."""
    rows = {
        level: (areas, households, persons)
        for level, areas, households, persons in _rows(
            conn,
            "select area_level, count(*), sum(households), sum(persons) from {marts}.rpt_extreme_poverty_monthly "
            "where period = %(period)s and (area_code = %(regency)s or starts_with(area_code, %(regency)s || '.')) "
            "group by area_level",
            marts,
            period=period,
            regency=settings.regency,
        )
    }
    expected = _rows(
        conn,
        "select count(*), count(distinct district_code) from {marts}.dim_village where regency_code = %(regency)s",
        marts,
        regency=settings.regency,
    )[0]
    households, persons = rows["regency"][1:]
    reasons = []
    for level, count in zip(("village", "district"), expected, strict=True):
        found = rows.get(level, (0, 0, 0))
        if found[0] != count:
            reasons.append(
                f"Angka tersedia untuk {number(found[0])} dari {number(count)} {LEVELS[level]}; "
                "bangun ulang dengan `entas transform --full-refresh`."
            )
        elif found[1:] != (households, persons):
            reasons.append(
                f"Jumlah {LEVELS[level]} ({number(found[1])} KK, {number(found[2])} jiwa) tidak sama dengan angka "
                f"kabupaten ({number(households)} KK, {number(persons)} jiwa); bangun ulang dengan "
                "`entas transform --full-refresh`."
            )
    counted = _rows(
        conn,
        "select count(*), coalesce(sum(members), 0) from {marts}.fct_household_status_monthly "
        "where period = %(period)s and is_counted",
        marts,
        period=period,
    )[0]
    if counted != (households, persons):
        reasons.append(
            f"Angka kabupaten ({number(households)} KK, {number(persons)} jiwa) tidak sama dengan keluarga yang "
            f"terhitung ({number(counted[0])} KK, {number(counted[1])} jiwa); bangun ulang dengan "
            "`entas transform --full-refresh`."
        )
    return reasons
