"""Which folders of the inbox to look into, and which of them are not as they were (an inbox grows for years).

A folder that is as it was when all its files had their receipt needs no comparison with the warehouse. One that is
*quiet* is not even looked into, so that a run costs what is new and not what is there. Quiet is a folder of files

- whose own time of change is the one it had (a file that comes, goes or is replaced by renaming changes it),
- none of whose files was modified within `_CALM_DAYS`,
- of a month before the last `_RECENT_MONTHS`, unless it is in no month at all,
- that was found as it is for `ENTAS_SWEEP_HOURS`, whatever times its files bear,
- and that was looked into within `ENTAS_SWEEP_HOURS`.

So what a quiet folder can hide is a file that was written over in place or (over SFTP) came by a copy that sets the
folder's old time again, and that for `ENTAS_SWEEP_HOURS` at most. S3 has no folders and no times of them: there a
village is listed from its first folder that is not quiet on, and whole every `ENTAS_SWEEP_HOURS`; a new file of an old
month waits as long.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass, replace
from datetime import datetime, timedelta

import psycopg

from entas import areas, clock
from entas.storage import Store, StoredFile

_CALM_DAYS = 7
_RECENT_MONTHS = 3
#: Rows of folders that are gone, or of an inbox that is no longer ours, are dropped so long after the last look.
_FORGET_DAYS = 60


@dataclass(frozen=True)
class _Known:
    """A row of raw.inbox_folder."""

    modified_ns: int | None
    leaf: bool
    newest_ns: int | None
    digest: bytes | None
    since: datetime
    looked_at: datetime

    def is_like(self, other: _Known) -> bool:
        return (self.modified_ns, self.leaf, self.newest_ns, self.digest) == (
            other.modified_ns,
            other.leaf,
            other.newest_ns,
            other.digest,
        )


class Listing:
    """The inbox as it is now beside how it was.

    Args:
        village, period: look into these folders only, and into them whether they are quiet or not.
        sweep_hours: look into a quiet folder at least so often; 0: always.
    """

    def __init__(
        self,
        connection: psycopg.Connection,
        inbox: Store,
        *,
        village: str | None = None,
        period: str | None = None,
        sweep_hours: float = 0,
    ) -> None:
        self._inbox, self._village, self._period = inbox, village, period
        self._sweep = timedelta(hours=0 if village or period else sweep_hours)
        self._refresh = max(timedelta(hours=sweep_hours) / 2, timedelta(hours=1))
        self._now = clock.now()
        self._calm_ns = int((self._now - timedelta(days=_CALM_DAYS)).timestamp()) * 1_000_000_000
        today = clock.jakarta_day(self._now).replace(day=1)
        self._recent = clock.period_text(clock.add_months(today, -_RECENT_MONTHS))
        self._known: dict[str, _Known] = {
            path: _Known(*row)
            for path, *row in connection.execute(
                "select path, modified_ns, leaf, newest_ns, digest, since, looked_at from raw.inbox_folder "
                "where inbox = %s",
                (inbox.place,),
            )
        }
        self._below: dict[str, dict[str, _Known]] = defaultdict(dict)
        for path, known in self._known.items():
            self._below[path.partition("/")[0]][path] = known
        self._looked: dict[str, _Known] = {}
        self._listed_in_part: set[str] = set()

    def changed(self, uploads: Callable[[list[StoredFile]], list[StoredFile]]) -> Iterator[list[StoredFile]]:
        """The uploads of every folder that is not as it was; some may have their receipt.

        Args:
            uploads: which of a folder's files are uploads.

        Raises:
            FileNotFoundError, PermissionError: about the inbox itself.
        """
        for folder in self._inbox.walk("", self._enter, None if self._inbox.folder_times else self._after):
            files = uploads(folder.files)
            digest = _digest(files)
            known = self._known.get(folder.path)
            if self._covers(folder.path):
                leaf = all(_is_hidden(path) for path, _ in folder.folders)
                newest = max((file.modified_ns for file in files), default=None)
                self._looked[folder.path] = _Known(folder.modified_ns, leaf, newest, digest, self._now, self._now)
            if known is None or known.digest != digest:
                yield files

    def save(self, connection: psycopg.Connection, unreceived: Iterable[StoredFile]) -> None:
        """Keep how the folders are; those of files that have no receipt yet are looked into again."""
        open_folders = {_folder_of(file.path) for file in unreceived}
        rows = []
        for path, now in self._looked.items():
            if path in open_folders:
                now = replace(now, digest=None)
            before = self._known.get(path)
            if before and now.is_like(before):
                if self._now - before.looked_at < self._refresh:
                    continue
                now = replace(now, since=before.since)
            rows.append((self._inbox.place, path, *astuple(now)))
        if rows:
            connection.execute("create temporary table looked (like raw.inbox_folder) on commit drop")
            with connection.cursor().copy("copy looked from stdin") as copy:
                for row in rows:
                    copy.write_row(row)
            connection.execute(
                """
                insert into raw.inbox_folder select * from looked
                on conflict (inbox, path) do update set modified_ns = excluded.modified_ns, leaf = excluded.leaf,
                    newest_ns = excluded.newest_ns, digest = excluded.digest, since = excluded.since,
                    looked_at = excluded.looked_at
                """
            )
        if self._village is None and self._period is None:
            last = self._now - self._sweep - timedelta(days=_FORGET_DAYS)
            connection.execute("delete from raw.inbox_folder where looked_at < %s", (last,))

    def _covers(self, path: str) -> bool:
        """Whether all of a folder's uploads are asked for and seen, so that it is known from now on."""
        parts = path.split("/") if path else []
        if path in self._listed_in_part or (self._village is not None and not parts):
            return False
        return self._period is None or len(parts) > 1

    def _wanted(self, path: str) -> bool:
        """Whether a folder may hold uploads that are asked for."""
        parts = path.split("/")
        if _is_hidden(path):
            return False
        if self._village is not None and areas.dotted(parts[0]) != self._village:
            return False
        return len(parts) < 2 or self._period is None or parts[1] == self._period

    def _enter(self, path: str, modified_ns: int | None) -> bool:
        return self._wanted(path) and not self._is_quiet(path, modified_ns)

    def _is_quiet(self, path: str, modified_ns: int | None) -> bool:
        known = self._known.get(path)
        return (
            known is not None
            and modified_ns is not None
            and modified_ns == known.modified_ns
            and known.leaf
            and self._is_calm(path, known)
            and not self._is_due(known)
        )

    def _is_calm(self, path: str, known: _Known) -> bool:
        parts = path.split("/")
        recent = len(parts) > 1 and clock.parse_period(parts[1]) is not None and parts[1] >= self._recent
        return (
            not recent
            and known.digest is not None
            and (known.newest_ns or 0) < self._calm_ns
            and self._now - known.since >= self._sweep
        )

    def _is_due(self, known: _Known) -> bool:
        return self._now - known.looked_at >= self._sweep

    def _after(self, village: str) -> str | None:
        """Where to begin in a folder of a store without folders: `Store.walk`'s `after`."""
        whole = self._known.get(village)
        if whole is None or self._is_due(whole) or not self._is_calm(village, whole):
            return None
        below = f"{village}/"
        start = below + self._recent
        for path, known in self._below[village].items():
            if path != village and path < start and not self._is_calm(path, known):
                start = path
        self._listed_in_part.add(village)
        return start


def forget_folder(connection: psycopg.Connection, file: str) -> None:
    """Compare a file's folder with the warehouse in the next run, whatever it looks like."""
    connection.execute("update raw.inbox_folder set digest = null where path = %s", (_folder_of(file),))


def _is_hidden(path: str) -> bool:
    return path.rpartition("/")[2].startswith(".")


def _folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def _digest(files: list[StoredFile]) -> bytes:
    told = hashlib.blake2b(digest_size=16)
    for file in sorted(files, key=lambda file: file.path):
        told.update(f"{file.path}\0{file.bytes}\0{file.modified_ns}\0".encode())
    return told.digest()
