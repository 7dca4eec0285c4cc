"""Which files of the inbox are new uploads, and when each was received (design, section 4)."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import signal
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

import psycopg

from entas import areas, clock
from entas.discretion import for_log
from entas.errors import EntasError
from entas.intake.listing import Listing, forget_folder
from entas.registers.own_sheets import without_suffix
from entas.settings import Settings
from entas.storage import Store, StoredFile

_log = logging.getLogger(__name__)

_NO_MOMENT = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Pending:
    """A file that was received and is not yet an upload.

    Attributes:
        received_at: its receipt, unique over all uploads.
        path, bytes, modified_ns: the version of the file that was received.
    """

    received_at: datetime
    path: str
    bytes: int
    modified_ns: int

    @property
    def _parts(self) -> tuple[str, ...]:
        return PurePosixPath(self.path).parts

    @property
    def in_place(self) -> bool:
        """Whether it lies in `<village>/<period>/`."""
        return len(self._parts) == 3

    @property
    def village_code(self) -> str:
        """The village folder, dotted where it is a code; empty where there is none."""
        return areas.dotted(self._parts[0]) if len(self._parts) > 1 else ""

    @property
    def period(self) -> str:
        """The period folder as written; empty where there is none."""
        return self._parts[1] if len(self._parts) > 2 else ""

    @property
    def file_name(self) -> str:
        """The path below `<village>/<period>/`: the file's name, when it is in place.

        A feedback workbook that comes back is called by the upload it is about, whose place it takes.
        """
        return without_suffix("/".join(self._parts[min(2, len(self._parts) - 1) :]))

    @property
    def stored(self) -> StoredFile:
        return StoredFile(self.path, self.bytes, self.modified_ns)


def is_upload(path: str) -> bool:
    """Whether a path below the inbox can be an upload: no dot file, no `~$...` of an open Office, no `*.part`.

    WinSCP writes into `*.filepart` and renames it when it is whole.
    """
    parts = PurePosixPath(path).parts
    name = parts[-1]
    return not (
        any(part.startswith(".") for part in parts)
        or name.startswith("~$")
        or name.lower().endswith((".part", ".filepart"))
    )


def receive(
    connection: psycopg.Connection,
    inbox: Store,
    settings: Settings,
    *,
    village: str | None = None,
    period: str | None = None,
) -> list[Pending]:
    """Give new files their receipt and return all that are received and not yet uploads, oldest receipt first.

    Receipts rise strictly in order of modification time, then path, and lie after every earlier receipt. They are
    committed before anything is read, so that a file keeps its own though the run is killed. A file that is still
    being written is left for the next run. Which folders are looked into: `entas.intake.listing`.

    Args:
        connection: pipeline connection in autocommit mode, the only one that receives at this time.
        village: dotted village code; other villages' files are left alone.
        period: `YYYY-MM`; other periods' files are left alone.

    Raises:
        EntasError: there is no inbox, or we may not look into it.
    """
    listing = Listing(connection, inbox, village=village, period=period, sweep_hours=settings.sweep_hours)
    new = _new(connection, inbox, settings, listing, village, period)
    whole = _whole(inbox, new, settings.settle_seconds)
    fresh = sorted(whole, key=lambda file: (file.modified_ns, file.path))
    with connection.transaction():
        last = connection.execute("select max(received_at) from raw.inbox_file").fetchone()[0]
        moment = clock.now()
        if last is not None and last >= moment:
            moment = last + timedelta(microseconds=1)
        with connection.cursor().copy("copy raw.inbox_file (received_at, path, bytes, modified_ns) from stdin") as copy:
            for number, file in enumerate(fresh):
                copy.write_row((moment + timedelta(microseconds=number), file.path, file.bytes, file.modified_ns))
        listing.save(connection, unreceived=set(new).difference(whole))
    waiting = [
        Pending(*row)
        for row in connection.execute(
            """
            select received_at, path, bytes, modified_ns from raw.inbox_file
            where upload_id is null order by received_at
            """
        )
    ]
    return [one for one in waiting if _wanted(one, village, period)]


def _new(
    connection: psycopg.Connection,
    inbox: Store,
    settings: Settings,
    listing: Listing,
    village: str | None,
    period: str | None,
) -> list[StoredFile]:
    """The uploads without a receipt: of a path not seen before, or not the version that was received last."""
    try:
        seen = [
            file
            for files in listing.changed(_uploads)
            for file in files
            if _wanted(Pending(_NO_MOMENT, file.path, 0, 0), village, period)
        ]
    except FileNotFoundError as error:
        if inbox.place == str(settings.home / "inbox"):
            return []  # a home in which nothing was ever put
        raise EntasError(f"there is no inbox {inbox.place}; create the folder, or mend ENTAS_INBOX") from error
    except PermissionError as error:
        raise EntasError(
            f"the inbox {inbox.place} may not be looked into by this account; grant it, or mend ENTAS_INBOX"
        ) from error
    if not seen:
        return []
    with connection.transaction():
        connection.execute("create temporary table seen (path text, bytes bigint, modified_ns bigint) on commit drop")
        with connection.cursor().copy("copy seen from stdin") as copy:
            for file in seen:
                copy.write_row((file.path, file.bytes, file.modified_ns))
        rows = connection.execute(
            """
            select seen.path, seen.bytes, seen.modified_ns
            from seen left join lateral (
                select bytes, modified_ns from raw.inbox_file
                where inbox_file.path = seen.path order by received_at desc limit 1
            ) last on true
            where (last.bytes, last.modified_ns) is distinct from (seen.bytes, seen.modified_ns)
            """
        ).fetchall()
    return [StoredFile(*row) for row in rows]


def _whole(inbox: Store, files: list[StoredFile], settle_seconds: float) -> list[StoredFile]:
    """Those whose writer is done.

    On this machine the system tells. An object of S3 is not seen before. An SFTP server shows a file that grows: one
    that was written lately must stay as it is for a while.
    """
    if inbox.local:
        return [file for file in files if not _is_being_written(inbox, file)]
    if not inbox.shows_unfinished:
        return files
    # An hour, because the clocks of two machines may differ.
    long_ago = (clock.now() - timedelta(hours=1)).timestamp() * 1e9
    late = [file for file in files if file.modified_ns > long_ago]
    if not late:
        return files
    time.sleep(settle_seconds)
    settled = set(inbox.again(late))
    for file in late:
        if file not in settled:
            _log.info("%s is still being written; left for the next run", for_log(file.path))
    return [file for file in files if file.modified_ns <= long_ago or file in settled]


def _wanted(one: Pending, village: str | None, period: str | None) -> bool:
    return (village is None or one.village_code == village) and (period is None or one.period == period)


def _uploads(files: list[StoredFile]) -> list[StoredFile]:
    found = []
    for file in files:
        if not _is_text(file.path):
            name = file.path.encode("utf-8", "backslashreplace").decode()
            _log.error("%s is left alone: its name is not UTF-8; rename it and run entas intake again", for_log(name))
        elif is_upload(file.path):
            found.append(file)
    return found


def _is_text(path: str) -> bool:
    """Whether the name is UTF-8: the bytes of any other cannot be kept as text, nor shown to its sender."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _is_being_written(inbox: Store, file: StoredFile) -> bool:
    """Whether a process of this machine holds the file open for writing.

    Linux grants a read lease only on a file that nobody writes. Elsewhere, and for files of another owner, nobody
    can tell; then a file that changes while it is read is noticed by `has_changed`.
    """
    if not inbox.local or not hasattr(fcntl, "F_SETLEASE"):
        return False
    try:
        descriptor = os.open(inbox.full(file.path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False  # gone, or not ours to read: reading it will say so
    try:
        # Should a writer come just now, the kernel tells us by this signal, which is ignored by default.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        if error.errno == errno.EAGAIN:
            _log.info("%s is still being written; left for the next run", for_log(file.path))
            return True
    finally:
        os.close(descriptor)
    return False


def has_changed(inbox: Store, one: Pending) -> bool:
    """Whether the file is no longer the version that was received (written again, moved away or deleted)."""
    return inbox.stat(one.path) != one.stored


def forget(connection: psycopg.Connection, one: Pending) -> None:
    """Drop the receipt of a version that is gone before it was read; what is there now is received anew."""
    _log.warning("%s changed before it was read; it is received again by the next run", for_log(one.path))
    with connection.transaction():
        connection.execute(
            "delete from raw.inbox_file where received_at = %s and upload_id is null", (one.received_at,)
        )
        forget_folder(connection, one.path)
