"""Take in, once more, uploads that a warehouse once took in: their bytes from the archive, their receipts as told.

It is the way of any upload (reading, judging, deciding, loading), so that a report is reproduced by what made it. What
an upload became then is not told to it; the caller compares.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from entas.errors import EntasError
from entas.intake.pool import ReaderPool
from entas.intake.run import Fetched, UploadOutcome, take_in, to_read
from entas.intake.scan import Pending
from entas.registers.catalogue import formats
from entas.settings import Settings
from entas.storage import Store, copy_hashing
from entas.text import shown


@dataclass(frozen=True)
class Receipt:
    """An upload as it was received, and what became of it then (a status of `raw.upload`).

    Attributes:
        file: its name, or what stands for it (`entas.reporting.inputs.file_token`).
    """

    upload_id: int
    village_code: str
    period: str
    file: str
    sha256: str
    received_at: datetime
    status: str

    def __str__(self) -> str:
        """For messages: without the file's name, which is the sender's and may name a person."""
        place = f"{shown(self.village_code) or 'no village'}, {shown(self.period) or 'no period'}"
        return f"upload {self.upload_id} ({place}, SHA-256 {self.sha256})"


class ArchiveError(EntasError):
    """The archive does not hold what it must; the message names the uploads and says what to do."""


def archived_sizes(archive: Store, receipts: Sequence[Receipt]) -> dict[str, int]:
    """Bytes of each content that the uploads name, by SHA-256.

    Raises:
        ArchiveError: the archive lacks some.
    """
    sizes: dict[str, int] = {}
    lost = []
    for one in receipts:
        if one.sha256 in sizes:
            continue
        found = archive.stat(one.sha256)
        if found is None:
            lost.append(one)
        else:
            sizes[one.sha256] = found.bytes
    if lost:
        more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
        raise ArchiveError(
            f"the archive {archive.place} does not hold {', '.join(map(str, lost[:3]))}{more}. Bytes that retention "
            "or an erasure destroyed are gone for good, and with them this proof: the released files and their "
            "hashes remain. Otherwise restore the archive from its backup"
        )
    return sizes


def replay(
    connection: psycopg.Connection,
    settings: Settings,
    receipts: Sequence[Receipt],
    work: Path,
    progress: Callable[[int, int], None] | None = None,
) -> list[UploadOutcome]:
    """Take uploads of the archive into an empty warehouse, under the ids and at the moments they once had.

    Args:
        connection: pipeline connection to that warehouse, in autocommit mode.
        settings: of the deployment whose archive it is.
        receipts: in any order.
        work: private folder for local copies.
        progress: called with (uploads done, uploads in all).

    Returns:
        What became of each, in order of receipt.

    Raises:
        ArchiveError: the archive lacks the bytes of an upload, or holds others.
        FormatError: a format file is wrong.
    """
    formats()  # a mistake in a format file is no upload's
    archive = Store(settings.archive, settings.access)
    sizes = archived_sizes(archive, receipts)
    ordered = sorted(receipts, key=lambda one: one.received_at)
    by_moment = {one.received_at: one for one in ordered}
    pending = [
        # Those that lay outside of a folder of a village and month have no such parts in their path.
        Pending(one.received_at, "/".join(filter(None, (one.village_code, one.period, one.file))),
                sizes[one.sha256], 0)
        for one in ordered
    ]  # fmt: skip

    def fetch(one: Pending) -> Fetched:
        told = by_moment[one.received_at]
        copy = work / f"{told.upload_id}"
        try:
            with archive.open(told.sha256) as source:
                sha256, _ = copy_hashing(source, copy)
        except FileNotFoundError:
            archived_sizes(archive, [told])  # says so
            raise
        if sha256 != told.sha256:
            raise ArchiveError(
                f"the archive {archive.place} is damaged: the bytes of {told} have the SHA-256 {sha256}; restore "
                "that file from the archive's backup"
            )
        return to_read(settings, one, sha256, copy)

    outcomes: list[UploadOutcome] = []
    with ReaderPool(settings.pseudonym_key, limits=settings.limits) as pool:
        taken = take_in(connection, pool, pending, fetch)
        for one in ordered:
            # Each is loaded when it is asked for, and takes the next number of this sequence.
            connection.execute(
                "select setval(pg_get_serial_sequence('raw.upload', 'upload_id'), %s, false)", (one.upload_id,)
            )
            outcomes.append(next(taken))
            if progress:
                progress(len(outcomes), len(ordered))
        for _ in taken:  # nothing is left, but its last step is
            raise AssertionError("more was taken in than was received")
    return outcomes
