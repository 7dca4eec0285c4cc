"""Requests of persons about their data: access, correction, erasure (UU PDP 27/2022, articles 6 to 8).

A request is carried out on what is kept here; the register itself is the village's. So a correction and an erasure
tell the village which row of its file to mend, and later uploads are watched: what comes back is loaded as any other
row, for the count is a public task, and the village is told again.

The trace (privacy.request, privacy.request_outcome) holds the number of the request and a pseudonym, no identity.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from entas import clock
from entas.discretion import masked
from entas.errors import UsageError
from entas.privacy.files import Doomed
from entas.privacy.notices import Notice
from entas.privacy.subjects import Subject
from entas.settings import Settings
from entas.warehouse import open_warehouse

_BASIS = {
    "access": "Permintaan akses Subjek Data Pribadi. UU 27/2022 Pasal 7 dan Pasal 32.",
    "correction": "Permintaan perbaikan Subjek Data Pribadi. UU 27/2022 Pasal 6 dan Pasal 30.",
    "erasure": "Permintaan penghapusan Subjek Data Pribadi. UU 27/2022 Pasal 8, Pasal 43, dan Pasal 44.",
}


@dataclass
class Answer:
    """What a request found or did.

    Attributes:
        request_id: of privacy.request; None for a dry run.
        rows: rows concerned, by table.
        files: files concerned, by store; notices to villages under `notices`.
        found: access: every row in which the subject stands, with its place and all that is kept.
        remarks: what whoever answers the person should know, one English sentence each.
    """

    request_id: int | None
    rows: dict[str, int]
    files: dict[str, int] = field(default_factory=dict)
    found: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def requests(settings: Settings) -> list[dict[str, Any]]:
    """All requests with their state, newest first: begun, answered, corrected, erased, confirmed or returned."""
    with open_warehouse(settings).connect() as connection:
        return (
            connection.cursor(row_factory=dict_row)
            .execute(
                """
            select r.request_id, r.kind, r.reference, r.requested_on, r.subject_kind, r.column_name, r.recorded_by,
                   r.recorded_at, coalesce(o.outcome, 'begun') as state, o.done_at, coalesce(o.rows, '{}') as rows,
                   coalesce(o.files, '{}') as files
            from privacy.request r left join lateral (
                select outcome, done_at, rows, files from privacy.request_outcome
                where request_id = r.request_id order by outcome_id desc limit 1
            ) o on true
            order by r.request_id desc
            """
            )
            .fetchall()
        )


def require_reference(reference: str, requested_on: date) -> None:
    if not reference.strip() or len(reference) > 100:
        raise UsageError("give the number of the request in the office's register of letters (at most 100 characters)")
    if masked(reference) != reference:
        raise UsageError("the reference holds a number or name of a person; give the number of the letter")
    if requested_on > clock.jakarta_day(clock.now()):
        raise UsageError(f"{requested_on} lies ahead; give the day on which the request came in")


def record(
    connection: psycopg.Connection,
    kind: str,
    subject: Subject,
    reference: str,
    requested_on: date,
    basis: str | None,
    column: str | None = None,
    value_key: str | None = None,
) -> int:
    return connection.execute(
        """
        insert into privacy.request (kind, reference, requested_on, subject_kind, subject_id, column_name, value_key,
                                     basis, recorded_by)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s) returning request_id
        """,
        (kind, reference, requested_on, subject.kind, subject.id, column, value_key, basis or _BASIS[kind],
         getpass.getuser()),
    ).fetchone()[0]  # fmt: skip


def begin(
    connection: psycopg.Connection,
    request_id: int,
    rows: dict[str, int],
    doomed: Iterable[Doomed],
    notices: Iterable[Notice],
) -> None:
    connection.execute(
        """
        insert into privacy.unfinished (request_id, basis, rows, files, notices, begun_by)
        select request_id, basis, %s, %s, %s, recorded_by from privacy.request where request_id = %s
        """,
        (
            Jsonb(rows),
            Jsonb([file.to_json() for file in doomed]),
            Jsonb([notice.to_json() for notice in notices]),
            request_id,
        ),
    )


def write_outcome(
    connection: psycopg.Connection, request_id: int, outcome: str, rows: dict[str, int], upload_id: int | None = None
) -> None:
    connection.execute(
        "insert into privacy.request_outcome (request_id, outcome, upload_id, rows, done_by) "
        "values (%s, %s, %s, %s, %s)",
        (request_id, outcome, upload_id, Jsonb(rows), getpass.getuser()),
    )


def carried_out(settings: Settings, request_id: int) -> Answer:
    with open_warehouse(settings).connect() as connection:
        rows, counts = connection.execute(
            "select rows, files from privacy.request_outcome where request_id = %s order by outcome_id limit 1",
            (request_id,),
        ).fetchone()
    return Answer(request_id, rows, counts)
