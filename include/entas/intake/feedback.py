"""Feedback workbooks that are due: what they are made of, and where they go (design, section 5)."""

from __future__ import annotations

import logging
import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import psycopg
from psycopg import sql

from entas import areas
from entas.errors import EntasError
from entas.intake.answer import CRITICAL, WARNING, FeedbackJob, Finding, RegisterResult
from entas.intake.pool import ReaderPool, batches
from entas.intake.workbook import write_workbook
from entas.registers.own_sheets import FEEDBACK_SUFFIX
from entas.registers.schema import REGISTERS
from entas.scratch import scratch_folder
from entas.settings import Settings
from entas.storage import Store

_log = logging.getLogger(__name__)

#: The longest name of a file in bytes; a store adds `.` and `.part` while it writes.
_LONGEST_NAME = 255 - len(".") - len(".part")

_NOT_SHOWN = "Lembar unggahan tidak dapat ditampilkan kembali di sini; gunakan berkas asli Anda untuk memperbaikinya."


@dataclass(frozen=True)
class _Due:
    """An upload whose feedback is owed, as in raw.upload."""

    upload_id: int
    village_code: str
    period: str
    file_name: str
    sha256: str
    bytes: int
    received_at: datetime
    status: str
    reason: str | None
    notes: list[str]


def write_due_feedback(connection: psycopg.Connection, settings: Settings, pool: ReaderPool) -> None:
    """Write every feedback workbook that is owed, oldest upload first, and strike it off when it is in place.

    A run that is killed leaves the rest owed; the next run writes it. Of uploads with the same name in the same
    folder only the last has a workbook, so that earlier ones are struck off without.

    Args:
        connection: pipeline connection in autocommit mode.
        pool: processes that read and write the workbooks.

    Raises:
        EntasError: the feedback folder cannot be written.
    """
    _strike_off_replaced(connection)
    archive, feedback = Store(settings.archive, settings.access), Store(settings.feedback, settings.access)
    for batch in batches(_due(connection)):
        # what a killed run left here, the next intake clears away
        with scratch_folder(settings.home, "intake-feedback", clear=False) as work:
            jobs = [
                (due, job)
                for due, job in zip(batch, _jobs(connection, settings, archive, batch, work), strict=True)
                if job is not None
            ]
            written = pool.each(_write, [job for _, job in jobs], _write_summary_alone)
            for (due, job), trouble in zip(jobs, written, strict=True):
                if trouble:
                    _log.error("the feedback workbook of upload %s shows no sheets: %s", due.upload_id, trouble)
                path = feedback_path(due.village_code, due.period, due.file_name)
                try:
                    feedback.put_file(job.target, path)
                except OSError as error:
                    reason = error.strerror or error
                    raise EntasError(
                        f"the feedback workbooks cannot be written to {feedback.place}: {reason}; "
                        "look at ENTAS_FEEDBACK and run entas intake again"
                    ) from error
                connection.execute("delete from raw.feedback_due where upload_id = %s", (due.upload_id,))
                job.target.unlink()


def feedback_path(village_code: str, period: str, file_name: str) -> str:
    """Where the workbook of an upload goes, below the feedback folder.

    Folders and names are those of the upload. What could lead elsewhere, or no file system takes, becomes `_`: the
    uploads in wrong places, which are rejected, get their workbook too.
    """
    folder = "/".join((_safe(village_code, 100), _safe(period, 100)))
    return f"{folder}/{_safe(file_name, _LONGEST_NAME - len(FEEDBACK_SUFFIX))}{FEEDBACK_SUFFIX}"


def _safe(name: str, longest: int) -> str:
    """A name of one folder or file, at most so many bytes long."""
    clean = "".join("_" if char in "/\\\x7f" or ord(char) < 32 else char for char in name)
    if clean.startswith("."):  # no way up, and nothing hidden
        clean = "_" + clean[1:]
    encoded = clean.encode("utf-8", "replace")
    if len(encoded) > longest:
        clean = encoded[:longest].decode("utf-8", "ignore")
    return clean or "_"


def _strike_off_replaced(connection: psycopg.Connection) -> None:
    connection.execute(
        """
        delete from raw.feedback_due due using raw.upload u
        where u.upload_id = due.upload_id and exists (
            select from raw.upload later join raw.feedback_due using (upload_id)
            where later.village_code = u.village_code and later.period = u.period and later.file_name = u.file_name
              and later.received_at > u.received_at
        )
        """
    )


def _due(connection: psycopg.Connection) -> list[_Due]:
    rows = connection.execute(
        """
        select u.upload_id, u.village_code, u.period, u.file_name, u.sha256, u.bytes, u.received_at, u.status, u.reason,
               u.notes
        from raw.feedback_due join raw.upload u using (upload_id) order by u.received_at
        """
    )
    return [_Due(*row) for row in rows]


def _jobs(
    connection: psycopg.Connection, settings: Settings, archive: Store, batch: Sequence[_Due], work: Path
) -> Iterator[FeedbackJob | None]:
    """For each upload what its workbook is made of; None where the archive lacks its bytes (it stays owed)."""
    ids = [due.upload_id for due in batch]
    registers: dict[int, list[RegisterResult]] = defaultdict(list)
    for upload_id, register, status, reason, sheets, *counts in connection.execute(
        """
        select upload_id, register, status, reason, sheets, rows_read, rows_accepted, rows_quarantined, rows_warned
        from raw.upload_register where upload_id = any(%s)
        """,
        (ids,),
    ):
        registers[upload_id].append(RegisterResult(register, status, reason, tuple(sheets), *counts))
    findings = _findings(connection, ids)
    known = areas.villages(settings.regency)
    order = list(REGISTERS)
    for due in batch:
        source: Path | None = work / f"{due.upload_id}"
        try:
            if settings.limits.refuse_size(due.bytes):
                source = None  # it was not read, nor is it now
            else:
                with archive.open(due.sha256) as stored, source.open("wb") as copy:
                    shutil.copyfileobj(stored, copy, 1 << 20)
        except FileNotFoundError:
            _log.error(
                "the archive lacks %s (upload %s): restore it, and its feedback is written by the next run",
                due.sha256,
                due.upload_id,
            )
            yield None
            continue
        village = known.get(due.village_code)
        yield FeedbackJob(
            upload_id=due.upload_id,
            source=source,
            target=work / f"{due.upload_id}{FEEDBACK_SUFFIX}",
            village=(
                f"{village.title}, Kecamatan {village.district_name}" if village else due.village_code or "(tidak ada)"
            ),
            folder=f"{due.village_code}/{due.period}",
            period=due.period,
            file_name=due.file_name,
            received_at=due.received_at,
            status=due.status,
            reason=due.reason,
            registers=tuple(sorted(registers[due.upload_id], key=lambda one: order.index(one.register))),
            findings=tuple(findings[due.upload_id]),
            notes=tuple(due.notes),
            area=village,
            limits=settings.limits,
        )


def _findings(connection: psycopg.Connection, ids: Sequence[int]) -> dict[int, list[Finding]]:
    found: dict[int, list[Finding]] = defaultdict(list)
    for table, severity in (("quarantined_row", CRITICAL), ("row_warning", WARNING)):
        statement = sql.SQL(
            """
            select upload_id, register, sheet, row_number, rule_id, column_name, sentence, value from {}
            where upload_id = any(%s) order by upload_id, register, sheet, row_number
            """
        ).format(sql.Identifier("quality", table))
        for upload_id, register, *rest in connection.execute(statement, (list(ids),)):
            found[upload_id].append(Finding(register, severity, *rest))
    return found


def _write(job: FeedbackJob) -> str | None:
    """In a reading process: write a workbook; what stood in the way of its sheets, or None.

    A sheet that the writer stumbles over must not cost the village its summary, nor others their feedback. The error
    is named by its kind alone: its message may hold what stands in the cells.
    """
    try:
        write_workbook(job)
    except Exception as error:  # noqa: BLE001 - said in the workbook and in the log
        _write_summary_alone(job)
        return type(error).__name__
    return None


def _write_summary_alone(job: FeedbackJob) -> str:
    write_workbook(replace(job, source=None, notes=(*job.notes, _NOT_SHOWN)))
    return "its reader died"
