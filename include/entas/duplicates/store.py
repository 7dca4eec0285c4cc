"""What a search reads from the warehouse and what it leaves there: quality.possible_duplicate."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import psycopg
from psycopg import sql

from entas.clock import period_text
from entas.duplicates.search import COLUMNS, Found
from entas.errors import UsageError

Decision = Literal["sama", "berbeda"]

#: Living rows of the registers in force; of a family that several villages list, those of the one that keeps it
#: (design, section 6: a claim with a living member first, then later period, later receipt, lower village code).
_ROWS = """
copy (
    with
    in_force as (
        select upload_id, village_code,
               row_number() over (order by period desc, received_at desc, village_code) as standing
        from (
            select distinct on (u.village_code) u.upload_id, u.village_code, u.period, u.received_at
            from raw.upload u join raw.upload_register r using (upload_id)
            where r.register = 'penduduk' and r.status = 'accepted' and u.period <= {period}
            order by u.village_code, u.period desc, u.received_at desc
        ) latest
    ),
    families as (
        select distinct on (household_id) household_id, upload_id
        from (
            select p.household_id, p.upload_id, f.standing from raw.penduduk p join in_force f using (upload_id)
            where coalesce(p.status_dasar, 1) = 1 group by p.household_id, p.upload_id, f.standing
        ) claims
        order by household_id, standing
    )
    select {columns}
    from raw.penduduk p join families using (household_id, upload_id) join in_force f using (upload_id)
    -- A row whose identity was destroyed can be compared with nobody.
    where coalesce(p.status_dasar, 1) = 1 and p.nama is not null
) to stdout (format csv)
"""

_IN_FORCE = """
select distinct on (u.village_code) u.upload_id
from raw.upload u join raw.upload_register r using (upload_id)
where r.register = 'penduduk' and r.status = 'accepted' and u.period <= %s
order by u.village_code, u.period desc, u.received_at desc
"""


def registers_in_force(connection: psycopg.Connection, period: date) -> list[int]:
    """Uploads whose population register is in force in a month, in order."""
    return sorted(upload_id for (upload_id,) in connection.execute(_IN_FORCE, (period_text(period),)))


def latest_period(connection: psycopg.Connection) -> str | None:
    """The latest month, YYYY-MM, for which a population register was accepted; None where there is none."""
    row = connection.execute(
        "select max(u.period) from raw.upload u join raw.upload_register r using (upload_id) "
        "where r.register = 'penduduk' and r.status = 'accepted'"
    ).fetchone()
    return row[0] if row else None


def is_searched(connection: psycopg.Connection, period: date, uploads: list[int], method: str) -> bool:
    """Whether the last search of a month saw these registers, by this method, and nobody has judged a pair since."""
    row = connection.execute(
        """
        select upload_ids = %(uploads)s::bigint[] and model_version like %(method)s
           and not exists (select from quality.possible_duplicate where decided_at > computed_at_of_search)
        from (
            select upload_ids, model_version, computed_at as computed_at_of_search
            from quality.duplicate_search where period = %(period)s order by search_id desc limit 1
        ) last
        """,
        {"uploads": uploads, "method": f"{method}-%", "period": period_text(period)},
    ).fetchone()
    return bool(row and row[0])


def write_rows(connection: psycopg.Connection, period: date, file: Path) -> None:
    """Write the rows that are searched to a file, readable by its owner alone."""
    file.touch(mode=0o600)
    # In the order that the search reads; two of them are of the village and its standing.
    columns = [sql.Identifier("f" if name in ("village_code", "standing") else "p", name) for name in COLUMNS]
    statement = sql.SQL(_ROWS).format(period=sql.Literal(period_text(period)), columns=sql.SQL(", ").join(columns))
    with file.open("wb") as target, connection.cursor().copy(statement) as copy:
        for block in copy:
            target.write(block)


def judged_different(
    connection: psycopg.Connection, uploads: list[int]
) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Rows of these registers whose persons somebody found to be two."""
    rows = connection.execute(
        """
        select l.upload_id, l.position, r.upload_id, r.position
        from quality.possible_duplicate d
        join raw.penduduk l on l.household_id = d.left_household_id and l.person_id = d.left_person_id
        join raw.penduduk r on r.household_id = d.right_household_id and r.person_id = d.right_person_id
        where d.kind = 'person' and d.decision = 'berbeda' and l.upload_id = any(%(uploads)s::bigint[])
          and r.upload_id = any(%(uploads)s::bigint[]) and (l.upload_id, l.position) <> (r.upload_id, r.position)
        """,
        {"uploads": uploads},
    )
    return [((left, at), (right, there)) for left, at, right, there in rows]


_STORE = """
insert into quality.possible_duplicate as kept (
    pair_id, kind, left_household_id, left_person_id, left_village_code, left_upload_id, left_position,
    right_household_id, right_person_id, right_village_code, right_upload_id, right_position,
    score, match_weight, evidence, period, model_version, first_seen_at, computed_at
)
with
sides as (
    select found.*, side, p.household_id, case when kind = 'person' then p.person_id end as person_id, u.village_code,
           p.upload_id, p.position,
           row_number() over (
               partition by number order by p.household_id, case when kind = 'person' then p.person_id end, p.upload_id,
               p.position
           ) = 1 as is_left
    from found
    cross join lateral (values (1, left_upload, left_position), (2, right_upload, right_position)) s (side, upload, at)
    join raw.penduduk p on p.upload_id = s.upload and p.position = s.at
    join raw.upload u on u.upload_id = p.upload_id
),
pairs as (
    select
        left(encode(sha256(convert_to(concat_ws('|', l.kind, l.household_id, l.person_id, r.household_id, r.person_id),
                                      'UTF8')), 'hex'), 16) as pair_id,
        l.kind, l.household_id as left_household_id, l.person_id as left_person_id, l.village_code as left_village_code,
        l.upload_id as left_upload_id, l.position as left_position, r.household_id as right_household_id,
        r.person_id as right_person_id, r.village_code as right_village_code, r.upload_id as right_upload_id,
        r.position as right_position, l.score, l.match_weight,
        case when l.side = 1 or l.kind = 'person' then l.evidence else l.evidence || jsonb_build_object(
            'anggota_kiri', l.evidence -> 'anggota_kanan', 'anggota_kanan', l.evidence -> 'anggota_kiri'
        ) end as evidence
    from sides l join sides r using (number) where l.is_left and not r.is_left
)
-- Rows that agree in everything have one pseudonym, and so have their pairs.
select distinct on (pair_id) pairs.*, %(period)s, %(version)s, %(now)s, %(now)s from pairs
order by pair_id, score desc, left_position, right_position
on conflict (pair_id) do update set
    left_village_code = excluded.left_village_code, left_upload_id = excluded.left_upload_id,
    left_position = excluded.left_position, right_village_code = excluded.right_village_code,
    right_upload_id = excluded.right_upload_id, right_position = excluded.right_position, score = excluded.score,
    match_weight = excluded.match_weight, evidence = excluded.evidence, period = excluded.period,
    model_version = excluded.model_version, computed_at = excluded.computed_at
-- A month that is searched again after a later one says nothing about now.
where kept.period <= excluded.period
"""


@dataclass(frozen=True)
class Stored:
    """Rows that a search has left in quality.possible_duplicate, by kind."""

    persons: int
    families: int
    forgotten: int


def store(connection: psycopg.Connection, period: date, uploads: list[int], found: Found, seconds: float) -> Stored:
    """Write what was found, within the caller's transaction; pairs found no more are forgotten unless somebody judged.

    Pairs that were found in the registers of a later month stay as they are.
    """
    month = period_text(period)
    (now,) = connection.execute("select clock_timestamp()").fetchone()  # type: ignore[misc]
    connection.execute(
        """
        create temporary table found (
            number integer, kind text, left_upload bigint, left_position integer, right_upload bigint,
            right_position integer, score numeric(6, 4), match_weight numeric(8, 2), evidence jsonb
        ) on commit drop
        """
    )
    with connection.cursor().copy("copy found from stdin") as copy:
        for number, pair in enumerate(found.pairs):
            copy.write_row(
                (number, pair.kind, *pair.left, *pair.right, round(pair.score, 4), round(pair.weight, 2),
                 json.dumps(pair.evidence))
            )  # fmt: skip
    connection.execute("analyze found")
    version = found.model.version
    connection.execute(_STORE, {"period": month, "version": version, "now": now})
    forgotten = connection.execute(
        "delete from quality.possible_duplicate where period <= %s and computed_at < %s and decision is null",
        (month, now),
    ).rowcount
    counts = dict(
        connection.execute(
            "select kind, count(*) from quality.possible_duplicate where computed_at = %s group by kind", (now,)
        ).fetchall()
    )
    persons, families = counts.get("person", 0), counts.get("family", 0)
    connection.execute(
        """
        insert into quality.duplicate_search (period, computed_at, model_version, model, upload_ids, persons,
            pairs_compared, blocks_left_out, person_pairs, family_pairs, seconds)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (month, now, version, json.dumps(found.model.to_dict()), uploads, found.persons, found.pairs_compared,
         found.blocks_left_out, persons, families, round(seconds, 1)),
    )  # fmt: skip
    return Stored(persons, families, forgotten)


def judge(connection: psycopg.Connection, pair_id: str, decision: Decision, by: str, note: str | None) -> None:
    """Write down what somebody found out about a pair; a later judgement replaces it. Nothing else changes.

    Raises:
        UsageError: there is no such pair.
    """
    done = connection.execute(
        """
        update quality.possible_duplicate
        set decision = %s, decided_by = %s, decided_at = clock_timestamp(), decision_note = %s where pair_id = %s
        """,
        (decision, by, note, pair_id),
    )
    if not done.rowcount:
        raise UsageError(f"there is no pair {pair_id!r}; its code stands in the worklist kemungkinan-ganda.xlsx")
