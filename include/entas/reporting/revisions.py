"""Releases: the report of a month as it left the office, revision by revision, never overwritten.

A release is a folder of files and a row of `publication.report_release`. The files come first, `manifest.json` last of
them, then the row: a folder without a manifest is a run that was killed and is written anew; a folder with one and
without a row is finished by adding the row.
"""

from __future__ import annotations

import base64
import hashlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from entas.clock import add_months, now, period_text
from entas.errors import EntasError, HeldError
from entas.reporting.figures import Figures, read_figures
from entas.reporting.forms import render_files
from entas.reporting.gate import check_gate
from entas.reporting.inputs import read_inputs
from entas.reporting.letterhead import Letterhead, load_letterhead
from entas.reporting.payload import changes_between, report_payload, restated_opening
from entas.reporting.wording import month_name
from entas.settings import Settings
from entas.storage import Store

MANIFEST = "manifest.json"

#: Of the manifest's shape. 2: it holds all that `entas reproduce` needs; manifests without a version name uploads only.
MANIFEST_VERSION = 2

#: First of two keys of the advisory lock that lets one run at a time work on a month's releases.
_LOCK = 0x656E7461


@dataclass(frozen=True)
class Release:
    """A row of `publication.report_release`.

    Attributes:
        folder: below `ENTAS_REPORTS`, `<regency_code>/<period>/r<revision>`.
        files: for each file name in the folder its `sha256` and `bytes`.
        changes: what changed since the revision before (`changes_between`).
        created: whether this call made it; False when the figures were those of the last revision.
    """

    release_id: int
    regency_code: str
    period: date
    revision: int
    status: str
    figures_sha256: str
    households: int
    persons: int
    as_of: datetime
    generated_at: datetime
    folder: str
    files: dict[str, dict[str, Any]]
    changes: list[dict[str, Any]]
    opening_restated: dict[str, Any] | None
    created: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self) | {
            "period": period_text(self.period),
            "as_of": self.as_of.isoformat(),
            "generated_at": self.generated_at.isoformat(),
        }


_COLUMNS = (
    "release_id", "regency_code", "period", "revision", "status", "figures_sha256", "households", "persons",
    "as_of", "generated_at", "folder", "files", "changes", "opening_restated",
)  # fmt: skip


def release(conn: psycopg.Connection, settings: Settings, period: date) -> Release:
    """Release the report of `period`, unless its last revision already says the same.

    Gate and figures are read from schema `marts` in one repeatable-read transaction, so that a build that ends
    meanwhile cannot mix two states.

    Args:
        conn: a connection without an open transaction, of the role that owns the warehouse.

    Raises:
        HeldError: the gate holds the report; `reasons` says why.
        EntasError: the reports folder cannot be written, or holds a release that this warehouse does not know.
    """
    if conn.info.transaction_status != TransactionStatus.IDLE:
        raise ValueError("release() needs a connection without an open transaction")
    letterhead = load_letterhead(settings)
    with _one_at_a_time(conn, settings.regency, period):
        with conn.transaction():
            conn.execute("set transaction isolation level repeatable read, read only")
            reasons = check_gate(conn, settings, period)
            if reasons:
                raise HeldError(f"Laporan {month_name(period)} ditahan: {' '.join(reasons)}", reasons)
            figures = read_figures(conn, settings, period)
            inputs = read_inputs(conn, settings, figures.as_of)
            last = latest_release(conn, settings.regency, period)
            before = _content(conn, last)
            previous = latest_release(conn, settings.regency, add_months(period, -1))
            restated = restated_opening(figures, _content(conn, previous), previous.revision if previous else None)
        if last and last.figures_sha256 == figures.sha256:
            return last
        return _write(
            conn,
            settings,
            figures,
            inputs,
            letterhead,
            revision=last.revision + 1 if last else 1,
            changes=changes_between(before, figures.content) if before else [],
            restated=restated,
        )


@contextmanager
def _one_at_a_time(conn: psycopg.Connection, regency: str, period: date) -> Iterator[None]:
    """Hold the month's releases; a session lock, for it must outlive the transactions inside."""
    key = (_LOCK, int(regency.replace(".", "")) * 100_000 + (period.year % 1000) * 12 + period.month)
    with conn.transaction():
        conn.execute("select pg_advisory_lock(%s, %s)", key)
    try:
        yield
    finally:
        if not conn.closed and conn.info.transaction_status == TransactionStatus.IDLE:
            with conn.transaction():
                conn.execute("select pg_advisory_unlock(%s, %s)", key)


def latest_release(conn: psycopg.Connection, regency: str, period: date) -> Release | None:
    """The last revision released for the month, None before the first."""
    found = releases(conn, regency, period)
    return found[-1] if found else None


def releases(conn: psycopg.Connection, regency: str, period: date) -> list[Release]:
    """All revisions released for the month, in order."""
    with conn.transaction(), conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            f"select {', '.join(_COLUMNS)} from publication.report_release "
            "where regency_code = %s and period = %s order by revision",
            (regency, period),
        ).fetchall()
    return [Release(**row) for row in rows]


def _content(conn: psycopg.Connection, release: Release | None) -> dict[str, Any] | None:
    """The figures of a release as it kept them."""
    if release is None:
        return None
    row = conn.execute(
        "select figures from publication.report_release where release_id = %s", (release.release_id,)
    ).fetchone()
    return row[0] if row else None


def reproduce(conn: psycopg.Connection, figures: Figures) -> dict[str, Any]:
    """The report JSON of figures that were rebuilt as of some moment (or are merely looked at).

    When a release was made of these figures and of the same uploads it is that release's JSON again, with its revision,
    date and changes; `render_files` makes the same bytes of it under the same versions and letterhead. Otherwise it is
    a report that is no release: revision 0, dated at `as_of`.
    """
    known = _released_as(conn, figures)
    if known is None:
        return report_payload(figures, revision=0, generated_at=figures.as_of)
    return report_payload(
        replace(figures, as_of=known.as_of),
        revision=known.revision,
        generated_at=known.generated_at,
        changes=known.changes,
        opening_restated=known.opening_restated,
    )


def _released_as(conn: psycopg.Connection, figures: Figures) -> Release | None:
    """The last release of these figures and uploads; its `as_of` may be earlier than the moment asked for."""
    row = conn.execute(
        "select max(revision) from publication.report_release where regency_code = %s and period = %s "
        "and figures_sha256 = %s and upload_ids = %s::bigint[] and as_of <= %s",
        (
            figures.regency_code,
            figures.period,
            figures.sha256,
            [upload.upload_id for upload in figures.uploads],
            figures.as_of,
        ),
    ).fetchone()
    if not row or row[0] is None:
        return None
    return next(made for made in releases(conn, figures.regency_code, figures.period) if made.revision == row[0])


def released_otherwise(conn: psycopg.Connection, figures: Figures) -> int | None:
    """The last revision that was released of the very uploads of these figures, when it says something else.

    Policy, lines or code have changed since: as-of builds take today's. `entas.reproduce` takes those of the release.
    """
    row = conn.execute(
        "select max(revision) from publication.report_release where regency_code = %(regency)s and period = %(period)s "
        "and upload_ids = %(uploads)s::bigint[] and as_of <= %(as_of)s and not exists ("
        "  select from publication.report_release same where same.regency_code = %(regency)s "
        "  and same.period = %(period)s and same.figures_sha256 = %(sha256)s)",
        {
            "regency": figures.regency_code,
            "period": figures.period,
            "uploads": [upload.upload_id for upload in figures.uploads],
            "as_of": figures.as_of,
            "sha256": figures.sha256,
        },
    ).fetchone()
    return row[0] if row else None


def _write(
    conn: psycopg.Connection,
    settings: Settings,
    figures: Figures,
    inputs: dict[str, Any],
    letterhead: Letterhead,
    *,
    revision: int,
    changes: list[dict[str, Any]],
    restated: dict[str, Any] | None,
) -> Release:
    """Write a revision's files, then its row."""
    store = Store(settings.reports, settings.access)
    folder = f"{figures.regency_code}/{period_text(figures.period)}/r{revision}"
    manifest = _kept_manifest(store, folder, figures)
    if manifest is None:
        generated = now().replace(microsecond=0)
        payload = report_payload(
            figures, revision=revision, generated_at=generated, changes=changes, opening_restated=restated
        )
        files = render_files(payload, letterhead)
        manifest = _manifest(payload, figures, inputs, letterhead, files)
        _put(store, folder, {**files, MANIFEST: manifest})
    told = json.loads(manifest)
    files = {**told["files"], MANIFEST: _told(manifest)}
    with conn.transaction(), conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            f"""
            insert into publication.report_release (
                regency_code, period, revision, status, figures_sha256, figures, households, persons, as_of,
                generated_at, opening_restated, changes, upload_ids, folder, files, code_version
            ) values (
                %(regency_code)s, %(period)s, %(revision)s, %(status)s, %(figures_sha256)s, %(figures)s, %(households)s,
                %(persons)s, %(as_of)s, %(generated_at)s, %(opening_restated)s, %(changes)s, %(upload_ids)s, %(folder)s,
                %(files)s, %(code_version)s
            ) returning {", ".join(_COLUMNS)}
            """,
            {
                "regency_code": figures.regency_code,
                "period": figures.period,
                "revision": revision,
                "status": figures.status,
                "figures_sha256": figures.sha256,
                "figures": Jsonb(figures.content),
                "households": figures.regency.households,
                "persons": figures.regency.persons,
                "as_of": datetime.fromisoformat(told["as_of"]),
                "generated_at": datetime.fromisoformat(told["generated_at"]),
                "opening_restated": Jsonb(told["opening_restated"]) if told["opening_restated"] else None,
                "changes": Jsonb(told["changes"]),
                "upload_ids": [upload["upload_id"] for upload in told["uploads"]],
                "folder": folder,
                "files": Jsonb(files),
                "code_version": told["versions"]["entas"],
            },
        ).fetchone()
    assert row is not None
    return Release(**row, created=True)


def _told(content: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def _manifest(
    payload: dict[str, Any],
    figures: Figures,
    inputs: dict[str, Any],
    letterhead: Letterhead,
    files: dict[str, bytes],
) -> bytes:
    """What went into a release and what came out: files, figures, uploads, policy, versions."""
    head = asdict(letterhead)
    if letterhead.logo:
        suffix, content = letterhead.logo
        head["logo"] = _told(content) | {"suffix": suffix, "content": base64.b64encode(content).decode()}
    told = {
        "manifest_version": MANIFEST_VERSION,
        **{key: payload[key] for key in ("regency_code", "period", "revision", "status", "generated_at", "as_of")},
        "households": payload["households"],
        "persons": payload["persons"],
        "figures_sha256": payload["figures_sha256"],
        "files": {name: _told(content) for name, content in files.items()},
        "policy": payload["policy"],
        "opening_restated": payload["opening_restated"],
        "changes": payload["changes"],
        "letterhead": head,
        **inputs,
        "figures": figures.content,
    }
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def _kept_manifest(store: Store, folder: str, figures: Figures) -> bytes | None:
    """The manifest of a complete folder that a killed run left without its row; None when there is none.

    Raises:
        EntasError: the folder holds a complete report of other figures. It may be a release of a warehouse that was
            lost, and is not overwritten.
    """
    path = f"{folder}/{MANIFEST}"
    if not store.exists(path):
        return None
    manifest = store.read_bytes(path)
    try:
        told = json.loads(manifest)
        same = told["figures_sha256"] == figures.sha256 and datetime.fromisoformat(told["as_of"]) == figures.as_of
        whole = all(_told(store.read_bytes(f"{folder}/{name}")) == info for name, info in told["files"].items())
    except (ValueError, KeyError, TypeError, FileNotFoundError):
        same = whole = False
    if same and whole:
        return manifest
    raise EntasError(
        f"{store.full(folder)} holds a report that this warehouse has not released; "
        "it is not overwritten: move the folder away, then publish again"
    )


def _put(store: Store, folder: str, files: dict[str, bytes]) -> None:
    """Write the files in order, each whole or not at all; the last is the manifest."""
    try:
        with tempfile.TemporaryDirectory(prefix="entas-release-") as scratch:
            for name, content in files.items():
                local = Path(scratch, name)
                local.write_bytes(content)
                store.put_file(local, f"{folder}/{name}")
    except OSError as error:
        raise EntasError(f"the report cannot be written to {store.full(folder)}: {error}") from error


def read_files(settings: Settings, release: Release, names: Sequence[str]) -> dict[str, bytes]:
    """Files of a release as they were released.

    Raises:
        EntasError: one is gone or not what it was.
    """
    store = Store(settings.reports, settings.access)
    found = {}
    for name in names:
        path = f"{release.folder}/{name}"
        try:
            content = store.read_bytes(path)
        except FileNotFoundError:
            raise EntasError(f"{store.full(path)} is gone; restore it from a backup, then deliver again") from None
        if _told(content) != release.files[name]:
            raise EntasError(
                f"{store.full(path)} is not what was released (its SHA-256 differs); restore it from a backup"
            )
        found[name] = content
    return found
