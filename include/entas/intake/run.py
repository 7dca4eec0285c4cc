"""One run of intake over the inbox: receive, archive, read and judge in batches, load one by one, answer."""

from __future__ import annotations

import errno
import io
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import psycopg

from entas import areas, clock
from entas.discretion import discreet, for_log
from entas.errors import EntasError, UsageError
from entas.intake import load, scan
from entas.intake.feedback import write_due_feedback
from entas.intake.pool import ReaderPool, batches
from entas.intake.prepare import PreparedUpload, ReadJob
from entas.intake.scan import Pending
from entas.registers.catalogue import formats
from entas.scratch import scratch_folder
from entas.settings import Settings
from entas.storage import Store, copy_hashing
from entas.warehouse import open_warehouse
from entas.warehouse.locks import INTAKE_LOCK, alone

_log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class UploadOutcome:
    """What became of one upload; `notes` is what reading it assumed, left out or could not know (Indonesian)."""

    upload_id: int
    village_code: str
    period: str
    file_name: str
    status: str
    reason: str | None
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    rows_warned: int
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class IntakeSummary:
    """What became of the uploads of one run, in order of receipt."""

    uploads: list[UploadOutcome] = field(default_factory=list)

    @property
    def accepted(self) -> bool:
        """Whether any upload changed what the warehouse knows."""
        return any(upload.status.startswith("accepted") for upload in self.uploads)

    @property
    def rejected(self) -> bool:
        return any(upload.status == "rejected" for upload in self.uploads)

    def to_dict(self) -> dict[str, Any]:
        return {"accepted": self.accepted, "uploads": [asdict(upload) for upload in self.uploads]}


@dataclass(frozen=True)
class Fetched:
    """A received file, its bytes in the archive and (when it is to be read) in a local copy."""

    one: Pending
    sha256: str
    rejection: str | None
    job: ReadJob | None


@discreet
def run_intake(
    settings: Settings, *, village: str | None = None, period: str | None = None, progress: Progress | None = None
) -> IntakeSummary:
    """Take in every new file of the inbox, in order of receipt.

    Waits while another intake runs in the same warehouse. A run that is killed leaves every upload wholly in or not
    at all; the next run goes on with it.

    Args:
        village: only this village (code with or without dots).
        period: only this month, `YYYY-MM`.
        progress: called with (uploads done, uploads received).

    Raises:
        UsageError: `village` is none of the regency's, or `period` no month.
        FormatError: a format file is wrong.
        EntasError: the warehouse or a store cannot be reached.
    """
    if village is not None:
        village = areas.dotted(village)
        if village not in areas.villages(settings.regency):
            raise UsageError(f"{village!r} is no village of regency {settings.regency}; write it as 32.16.09.2003")
    if period is not None:
        period = clock.period_text(clock.require_period(period))
    formats()  # a mistake in a format file shows before an upload is taken, let alone blamed
    warehouse = open_warehouse(settings)
    with warehouse.connect(autocommit=True) as connection, alone(connection, INTAKE_LOCK, "intake"):
        inbox = Store(settings.inbox, settings.access)
        pending = scan.receive(connection, inbox, settings, village=village, period=period)
        outcomes: list[UploadOutcome] = []
        report = progress or (lambda done, total: None)
        report(0, len(pending))
        with (
            ReaderPool(settings.pseudonym_key, limits=settings.limits) as pool,
            scratch_folder(settings.home, "intake") as work,
        ):

            def fetch(one: Pending) -> Fetched | None:
                return _fetch(connection, settings, inbox, one, work)

            for outcome in take_in(connection, pool, pending, fetch):
                outcomes.append(outcome)
                report(len(outcomes), len(pending))
            write_due_feedback(connection, settings, pool)
    return IntakeSummary(outcomes)


def take_in(
    connection: psycopg.Connection,
    pool: ReaderPool,
    pending: Sequence[Pending],
    fetch: Callable[[Pending], Fetched | None],
) -> Iterator[UploadOutcome]:
    """Read files in batches and load them one by one, each when its outcome is asked for.

    Args:
        connection: pipeline connection in autocommit mode, the only one that takes in.
        pending: oldest receipt first.
        fetch: brings a file's bytes; None leaves it for another run.
    """
    taken = 0
    reading = None
    for batch in [*batches(pending), None]:
        started = None
        if batch is not None:
            fetched = [item for one in batch if (item := fetch(one))]
            started = fetched, pool.submit([item.job for item in fetched if item.job])
        if reading is not None:  # the batch before is loaded while this one is being read
            done = pool.collect(reading[1])
            for item in reading[0]:
                yield _take(connection, item, done.get(item.job) if item.job else None)
                taken += 1
                if _is_power_of_two(taken):
                    _refresh_statistics(connection)
                if item.job:
                    item.job.path.unlink()
            _refresh_statistics(connection)
        reading = started


def _is_power_of_two(number: int) -> bool:
    return number & (number - 1) == 0


def _refresh_statistics(connection: psycopg.Connection) -> None:
    """Tables that grow from nothing within a run: with old statistics a look for listed families scans registers."""
    connection.execute("analyze raw.penduduk, raw.kesejahteraan, raw.verifikasi")


#: What PostgreSQL says of values and not of itself: impossible for a type, against a constraint, too long for an index.
_CANNOT_HOLD = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)

_NOT_HELD = (
    "Berkas terbaca, tetapi isinya memuat nilai yang tidak dapat disimpan (misalnya teks yang sangat panjang), "
    "sehingga tidak ada yang diterima. Periksa isi selnya, lalu unggah kembali; jika tetap gagal, sampaikan keterangan "
    "ini kepada tim data: {place}."
)


def _take(connection: psycopg.Connection, item: Fetched, prepared: PreparedUpload | None) -> UploadOutcome:
    """Decide and load one upload. What the warehouse cannot hold is refused: it may not stop the uploads after it."""
    try:
        return _load(connection, item, prepared)
    except _CANNOT_HOLD as error:
        told = error.diag
        parts = (error.sqlstate, told.table_name, told.column_name or told.constraint_name)
        place = " ".join(part for part in parts if part)
        # without the error's message, which may hold what stands in the cells
        _log.error("the warehouse cannot hold what %s says: %s", for_log(item.one.path), place)
        return _load(connection, replace(item, rejection=_NOT_HELD.format(place=place)), None)


def _load(connection: psycopg.Connection, item: Fetched, prepared: PreparedUpload | None) -> UploadOutcome:
    """Decide about one upload and write it, in one transaction."""
    one = item.one
    with connection.transaction():
        if item.rejection:
            decision, prepared = load.Decision("rejected", item.rejection), None
        elif same := load.find_duplicate(connection, one, item.sha256):
            decision = load.Decision(
                "duplicate",
                f"Isi berkas sama dengan {same[1]!r} yang sudah diterima untuk desa dan bulan ini; "
                "tidak ada yang berubah.",
            )
            prepared = None
        else:
            assert prepared is not None
            decision = load.decide(connection, one, prepared)
        written = load.write(connection, one, item.sha256, decision, prepared)
    return UploadOutcome(
        village_code=one.village_code,
        period=one.period,
        file_name=one.file_name,
        status=decision.status,
        reason=decision.reason,
        **asdict(written),
    )


def _fetch(
    connection: psycopg.Connection, settings: Settings, inbox: Store, one: Pending, work: Path
) -> Fetched | None:
    """Bring a received file's bytes into the archive; None when it is no longer the version that was received."""
    copy = work / f"{one.received_at:%Y%m%dT%H%M%S%f}"
    try:
        source = inbox.open(one.path)
    except FileNotFoundError:
        scan.forget(connection, one)
        return None
    except PermissionError:
        _log.error(
            "%s may not be read by this account; it keeps its receipt and is tried again by the next run",
            for_log(one.path),
        )
        return None
    try:
        with source, _writing(str(settings.home), "ENTAS_HOME"):
            # One that grows while it is read might never end.
            sha256, size = copy_hashing(_UpTo(source, one.bytes + 1), copy)
    except _Unreadable as error:
        copy.unlink()
        if isinstance(error.__cause__, FileNotFoundError):
            scan.forget(connection, one)
        else:
            _log.error(
                "%s cannot be read: %s; it keeps its receipt and is tried again by the next run",
                for_log(one.path),
                error.__cause__,
            )
        return None
    if size != one.bytes or scan.has_changed(inbox, one):
        copy.unlink()
        scan.forget(connection, one)
        return None
    archive = Store(settings.archive, settings.access)
    if not archive.exists(sha256):
        with _writing(archive.place, "ENTAS_ARCHIVE"):
            archive.put_file(copy, sha256)
    return to_read(settings, one, sha256, copy)


def to_read(settings: Settings, one: Pending, sha256: str, copy: Path) -> Fetched:
    """What to do with a received file, given a local copy of it: read it, or refuse it for its place or size."""
    rejection = load.reject_by_place(one, settings.regency) or settings.limits.refuse_size(one.bytes)
    if rejection:
        copy.unlink()
        return Fetched(one, sha256, rejection, None)
    job = ReadJob(
        path=copy,
        file_name=one.file_name,
        village=areas.villages(settings.regency)[one.village_code],
        received_on=clock.jakarta_day(one.received_at),
        limits=settings.limits,
    )
    return Fetched(one, sha256, None, job)


class _Unreadable(Exception):
    """The inbox does not give all of a file, for the cause of this; the disk that it is copied to is not to blame."""


class _UpTo(io.RawIOBase):
    """The first bytes of a stream, and no more.

    Raises:
        _Unreadable: the stream breaks off.
    """

    def __init__(self, source: BinaryIO, size: int) -> None:
        self._source = source
        self._left = size

    def read(self, size: int = -1) -> bytes:
        try:
            block = self._source.read(self._left if size < 0 else min(size, self._left))
        except OSError as error:
            raise _Unreadable from error
        self._left -= len(block)
        return block


@contextmanager
def _writing(place: str, setting: str) -> Iterator[None]:
    """One clear line where a full or a read-only disk stops the run; what was received is taken in by the next."""
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK:
            raise
        raise EntasError(
            f"{place} cannot be written: {error.strerror}. Nothing is lost: make room or mend its rights "
            f"({setting}), and run entas intake again"
        ) from error


_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.ENOTDIR}
