"""What the warehouse says of destroyed uploads; for whoever needs their bytes or names and finds them gone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from entas.clock import jakarta_day

_DESTROYED = """
select upload_id, cause, destroyed_at, reference, cause = 'retention' as identities, files ? 'archive' as bytes
from (
    select d.upload_id, d.cause, d.destroyed_at, r.reference, d.files
    from privacy.destruction d left join privacy.request r using (request_id)
    union all
    select upload_id, 'retention', begun_at, null, '{"archive": 1}' from privacy.unfinished where upload_id is not null
) gone
where upload_id = any(%s) order by upload_id, destroyed_at
"""


def destroyed_days(connection: psycopg.Connection[Any], upload_ids: Iterable[int]) -> dict[int, date]:
    """Which of these uploads lost their identities or the bytes of their file, and when last (day in Jakarta)."""
    rows = connection.cursor(row_factory=tuple_row).execute(_DESTROYED, (list(upload_ids),))
    return {upload_id: jakarta_day(moment) for upload_id, _, moment, *_ in rows}


def destroyed(connection: psycopg.Connection[Any], upload_ids: Iterable[int]) -> dict[int, str]:
    """Which of these uploads lost their identities or the bytes of their file, each with one clause that says so.

    Args:
        connection: pipeline connection.

    Returns:
        Upload id to a clause such as `destroyed by retention on 2025-11-30`.
    """
    found: dict[int, str] = {}
    rows = connection.cursor(row_factory=tuple_row).execute(_DESTROYED, (list(upload_ids),))
    for upload_id, cause, moment, reference, *_ in rows:
        found[upload_id] = _clause(cause, jakarta_day(moment), reference)
    return found


def identities_destroyed(connection: psycopg.Connection[Any], upload_id: int) -> str | None:
    """As `destroyed`, of one upload and only when all its names and numbers are gone (retention)."""
    rows = connection.cursor(row_factory=tuple_row).execute(_DESTROYED, ([upload_id],)).fetchall()
    for _, cause, moment, reference, identities, _ in rows:
        if identities:
            return _clause(cause, jakarta_day(moment), reference)
    return None


def _clause(cause: str, day: date, reference: str | None) -> str:
    if cause == "retention":
        return f"destroyed by retention (ENTAS_IDENTITY_MONTHS) on {day}"
    return f"destroyed on {day} at a person's request ({reference})"
