"""What later uploads say of persons whose data were corrected or erased; villages that bring it back are told."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg
from psycopg.rows import dict_row

from entas.discretion import discreet
from entas.privacy.correction import value_key
from entas.privacy.files import Stores
from entas.privacy.notices import Notice, write_notices
from entas.privacy.requests import write_outcome
from entas.privacy.subjects import Subject, select_rows
from entas.scratch import scratch_folder
from entas.settings import Settings
from entas.warehouse import open_warehouse


@discreet
def follow_up(settings: Settings) -> dict[str, int]:
    """See what later uploads say of corrected and erased persons, and tell the villages whose registers bring it back.

    Returns:
        `confirmed`: corrections that a village's register has now. `returned`: uploads with the old value, or with an
        erased person or family; each is told once.

    Raises:
        EntasError: a notice cannot be written; the next run does.
    """
    counts = {"confirmed": 0, "returned": 0}
    stores = Stores(settings)
    with open_warehouse(settings).connect(autocommit=True) as connection:
        for one in connection.cursor(row_factory=dict_row).execute(_WATCHED).fetchall():
            with connection.transaction(), scratch_folder(settings.home, "notices", clear=False) as work:
                subject = Subject(one["subject_kind"], "", one["subject_id"])
                select_rows(connection, subject)
                later = connection.cursor(row_factory=dict_row).execute(_LATER, one).fetchall()
                for upload_id in dict.fromkeys(row["upload_id"] for row in later):
                    rows = [row for row in later if row["upload_id"] == upload_id]
                    right = one["kind"] == "correction" and all(_reads_right(settings, one, row) for row in rows)
                    if not right:
                        notices = [_notice(connection, settings, one, row) for row in rows]
                        write_notices(stores["feedback"], one["request_id"], notices, work)
                    outcome = "confirmed" if right else "returned"
                    write_outcome(connection, one["request_id"], outcome, {"raw.penduduk": len(rows)}, upload_id)
                    counts[outcome] += 1
                    if right:
                        break
    return counts


#: Requests whose subject later uploads may bring back: erasures for ever, corrections until a register has the value.
_WATCHED = """
select r.request_id, r.kind, r.reference, r.subject_kind, r.subject_id, r.column_name, r.value_key, r.recorded_at
from privacy.request r
where r.kind in ('correction', 'erasure')
  and exists (
      select from privacy.request_outcome o where o.request_id = r.request_id and o.outcome in ('corrected', 'erased')
  )
  and not exists (
      select from privacy.request_outcome o where o.request_id = r.request_id and o.outcome = 'confirmed'
  )
order by r.request_id
"""
_LATER = """
select u.upload_id, u.village_code, u.period, u.file_name, p.sheet, p.row_number, to_jsonb(p) as kept
from subject_row s join raw.penduduk p using (upload_id, position) join raw.upload u using (upload_id)
where u.received_at > %(recorded_at)s and p.had_nik is null and not exists (
    select from privacy.request_outcome o where o.request_id = %(request_id)s and o.upload_id = u.upload_id
)
order by u.received_at, p.position
"""


def _reads_right(settings: Settings, request: dict[str, Any], row: dict[str, Any]) -> bool:
    value = row["kept"][request["column_name"]]
    return value is not None and value_key(settings, request["column_name"], value) == request["value_key"]


def _notice(connection: psycopg.Connection, settings: Settings, request: dict[str, Any], row: dict[str, Any]) -> Notice:
    """What the village is told of a row; the right value is one that an older, corrected row still has."""
    column, value = request["column_name"] or "", ""
    if column:
        for (kept,) in connection.execute(
            "select distinct to_jsonb(p) ->> %s from subject_row join raw.penduduk p using (upload_id, position)",
            (column,),
        ):
            if kept is not None and value_key(settings, column, kept) == request["value_key"]:
                value = f"{date.fromisoformat(kept):%d/%m/%Y}" if column == "tanggallahir" else kept
    place = (row["village_code"], row["period"], row["file_name"], row["sheet"], row["row_number"])
    return Notice(request["kind"], request["reference"], *place, column=column, value=value)
