"""Access: all that is kept about a person or family, for whoever answers them; the look is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import psycopg
from psycopg.rows import dict_row

from entas import clock
from entas.discretion import discreet
from entas.privacy.requests import Answer, record, require_reference, write_outcome
from entas.privacy.subjects import MENTIONED, Subject, select_rows
from entas.settings import Settings
from entas.warehouse import open_warehouse

#: Rows of each register that are about a person or family, beside those of `penduduk`.
_ABOUT = {
    "kesejahteraan": (
        "(%(kind)s = 'person' and head_person_id = %(id)s) or (%(kind)s = 'family' and household_id = %(id)s)"
    ),
    "verifikasi": "%(kind)s = 'family' and household_id = %(id)s",
    "bantuan": "(%(kind)s = 'person' and person_id = %(id)s) or (%(kind)s = 'family' and household_id = %(id)s)",
    "pemberdayaan": "(%(kind)s = 'person' and person_id = %(id)s) or (%(kind)s = 'family' and household_id = %(id)s)",
}
#: Columns of Entas's own that mean nothing to the person.
_INNER = frozenset({"upload_id", "position", "name_birth_key", "had_nik", "has_nik"})


@discreet
def find(
    settings: Settings, subject: Subject, *, reference: str, requested_on: date, basis: str | None = None
) -> Answer:
    """All that is kept about a person or family, with upload, sheet and row; the look is recorded.

    Of a person: their rows in all registers, also those without a NIK in the same card under the same name and birth
    date, and what was not loaded or was warned about. Of a family: all rows of the card.

    Args:
        reference: number of the request; never a name or number of a person.
        requested_on: when the office received it.
        basis: reason and legal basis, other than the usual.

    Raises:
        UsageError: the reference is empty or holds a number of a person, or the day lies ahead.
    """
    require_reference(reference, requested_on)
    with open_warehouse(settings).connect(autocommit=True) as connection, connection.transaction():
        select_rows(connection, subject)
        found = _found(connection, subject)
        rows = _counted(one["table"] for one in found)
        request_id = record(connection, "access", subject, reference, requested_on, basis)
        write_outcome(connection, request_id, "answered", rows)
    return Answer(request_id, rows, found=found, remarks=_remarks(found))


def _found(connection: psycopg.Connection, subject: Subject) -> list[dict[str, Any]]:
    place = "u.village_code, u.period, u.file_name, u.received_at, t.upload_id, t.sheet, t.row_number"
    found: list[dict[str, Any]] = []
    conditions = {"penduduk": "(upload_id, position) in (select upload_id, position from subject_row)"} | _ABOUT
    for register, condition in conditions.items():
        cursor = connection.cursor(row_factory=dict_row)
        for row in cursor.execute(
            f"select {place}, to_jsonb(t) as kept from raw.{register} t join raw.upload u using (upload_id) "
            f"where {condition} order by u.received_at, t.position",
            {"kind": subject.kind, "id": subject.id},
        ):
            kept = {name: value for name, value in row.pop("kept").items() if value is not None and name not in _INNER}
            found.append(_placed(f"raw.{register}", row, kept))
    for table, values in (("quarantined_row", "row_values"), ("row_warning", "null::jsonb")):
        cursor = connection.cursor(row_factory=dict_row)
        for row in cursor.execute(
            f"select {place}, jsonb_build_object('rule_id', t.rule_id, 'value', t.value, 'sentence', t.sentence, "
            f"'row', {values}) as kept from quality.{table} t join raw.upload u using (upload_id) "
            f"where {MENTIONED[table]} order by u.received_at, t.row_number",
            {"numbers": [subject.number], "names": [], "villages": []},
        ):
            found.append(_placed(f"quality.{table}", row, {k: v for k, v in row.pop("kept").items() if v is not None}))
    return found


def _placed(table: str, row: dict[str, Any], kept: dict[str, Any]) -> dict[str, Any]:
    for name in ("sheet", "row_number"):
        kept.pop(name, None)
    return {
        "table": table,
        **row,
        "received_at": row["received_at"].astimezone(clock.JAKARTA).isoformat(),
        "kept": kept,
    }


def _remarks(found: Sequence[dict[str, Any]]) -> list[str]:
    said = []
    if not found:
        said.append("Nothing is kept in the warehouse under this number.")
    gone = sum(one["table"] == "raw.penduduk" and "nama" not in one["kept"] for one in found)
    if gone:
        said.append(f"{gone} rows of population registers are kept without identity (retention or erasure).")
    if found:
        said.append("The files in which these rows came are in the archive until retention takes them.")
    return said


def _counted(names: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return counts
