"""Files that hold identities, beside the warehouse: the archive, the feedback folder, the inbox."""

from __future__ import annotations

import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal
from xml.sax.saxutils import escape

import psycopg

from entas.duplicates.worklist import FILE_NAME as DUPLICATES
from entas.errors import EntasError
from entas.intake.feedback import feedback_path
from entas.registers.own_sheets import FEEDBACK_SUFFIX
from entas.settings import Settings
from entas.storage import Store, StoredFile

Place = Literal["archive", "feedback", "inbox"]


@dataclass(frozen=True)
class Doomed:
    """A file that is to go.

    Attributes:
        place: which store it is in.
        path: below its root.
        bytes, modified_ns: the version that is meant, in the inbox; a village may put another in its place.
    """

    place: Place
    path: str
    bytes: int | None = None
    modified_ns: int | None = None

    def to_json(self) -> list[Any]:
        return [self.place, self.path, self.bytes, self.modified_ns]


@dataclass(frozen=True)
class Stores:
    """The stores of a deployment, by place."""

    settings: Settings
    _made: dict[Place, Store] = field(default_factory=dict)

    def __getitem__(self, place: Place) -> Store:
        if place not in self._made:
            self._made[place] = Store(getattr(self.settings, place), self.settings.access)
        return self._made[place]


def count(files: Iterable[Doomed]) -> dict[str, int]:
    """Number of files by place."""
    counts: dict[str, int] = {}
    for file in files:
        counts[file.place] = counts.get(file.place, 0) + 1
    return counts


def of_upload(
    connection: psycopg.Connection, stores: Stores, upload_id: int, *, archive: bool = True
) -> Iterator[Doomed]:
    """The files of an upload that are there: its bytes, its feedback workbook, the file in the inbox.

    Bytes that another upload still needs stay. So does the feedback on a later file of the same name, and a file in the
    inbox that is another version by now.

    Args:
        archive: False leaves the bytes out.
    """
    village, period, file_name, sha256 = connection.execute(
        "select village_code, period, file_name, sha256 from raw.upload where upload_id = %s", (upload_id,)
    ).fetchone()
    if archive and not _needed_by_others(connection, upload_id, sha256) and stores["archive"].exists(sha256):
        yield Doomed("archive", sha256)
    [last] = connection.execute(
        """
        select not exists (
            select from raw.upload later join raw.upload this on this.upload_id = %(id)s
            where later.village_code = %(village)s and later.period = %(period)s and later.file_name = %(name)s
              and later.status <> 'duplicate' and later.received_at > this.received_at
        )
        """,
        {"id": upload_id, "village": village, "period": period, "name": file_name},
    ).fetchone()
    path = feedback_path(village, period, file_name)
    if last and stores["feedback"].exists(path):
        yield Doomed("feedback", path)
    for path, size, modified_ns in connection.execute(
        """
        select f.path, f.bytes, f.modified_ns from raw.inbox_file f
        where f.upload_id = %s and not exists (
            select from raw.inbox_file later where later.path = f.path and later.received_at > f.received_at
        )
        """,
        (upload_id,),
    ):
        if stores["inbox"].stat(path) == StoredFile(path, size, modified_ns):
            yield Doomed("inbox", path, size, modified_ns)


def _needed_by_others(connection: psycopg.Connection, upload_id: int, sha256: str) -> bool:
    row = connection.execute(
        """
        select exists (
            select from raw.upload u where u.sha256 = %(sha256)s and u.upload_id <> %(id)s
              and not exists (select from privacy.unfinished f where f.upload_id = u.upload_id)
              and not exists (
                  select from privacy.destruction d where d.upload_id = u.upload_id and d.cause = 'retention'
              )
        )
        """,
        {"sha256": sha256, "id": upload_id},
    ).fetchone()
    return bool(row[0])


def is_list(path: str) -> bool:
    """Whether a file of the feedback folder is a list or notice made from many uploads, and no upload's feedback."""
    return not path.endswith(FEEDBACK_SUFFIX)


def remove(stores: Stores, files: Iterable[Doomed]) -> list[str]:
    """Remove files; those that are gone, or another version by now, are no matter.

    Returns:
        What could not be removed, one clause each.
    """
    stuck = []
    for file in files:
        store = stores[file.place]
        meant = StoredFile(file.path, file.bytes or 0, file.modified_ns or 0)
        try:
            if file.place == "inbox" and store.stat(file.path) != meant:
                continue
            store.remove(file.path)
        except OSError as error:
            stuck.append(f"{store.full(file.path)} ({error.strerror or type(error).__name__})")
    return stuck


def renew_lists(connection: psycopg.Connection, settings: Settings, removed: Iterable[Doomed], work: Path) -> None:
    """Write the lists of possible duplicates of the latest month again, where some of them were removed."""
    from entas.clock import parse_period
    from entas.duplicates.store import latest_period
    from entas.duplicates.worklist import write_worklists

    latest = latest_period(connection)
    if latest and any(one.path.endswith(f"/{latest}/{DUPLICATES}") for one in removed):
        write_worklists(connection, settings, Store(settings.feedback, settings.access), parse_period(latest), work)


# --- looking into files ----------------------------------------------------------------------------------------------

_BLOCK = 1 << 20
#: More than this, unpacked, is no register: a rejected file may be made to fill a disk.
_LARGEST = 4 << 30


def needles(numbers: Iterable[str], names: Iterable[str] = ()) -> list[bytes]:
    """How numbers of 16 digits, and names, stand in the bytes of workbooks and texts.

    As text in one and in two bytes a character, with XML's escapes, and numbers also as binary fractions (xls, xlsb)
    and with an exponent (xlsx).
    """
    found: set[bytes] = set()
    for number in numbers:
        found |= {number.encode(), number.encode("utf-16-le"), struct.pack("<d", float(number))}
        digits = number.rstrip("0")
        found.add(f"{digits[0]}.{digits[1:]}E+15".encode())
        found.add(f"{digits[0]}.{digits[1:]}E15".encode())
    for name in names:
        found |= {name.encode(), escape(name).encode(), name.encode("utf-16-le")}
    return sorted(found)


def mentions(path: Path, wanted: Sequence[bytes]) -> bool | None:
    """Whether a local file holds one of these strings of bytes, unpacked where it is packed.

    Returns:
        None: it cannot be looked into as a whole (a password, damage, too large).
    """
    whole = True
    try:
        with path.open("rb") as file:
            if _holds(file, wanted):
                return True
        if zipfile.is_zipfile(path):
            left = _LARGEST
            with zipfile.ZipFile(path) as archive:
                for member in archive.infolist():
                    left -= member.file_size
                    if left < 0:
                        return None
                    try:
                        with archive.open(member) as part:
                            if _holds(part, wanted):
                                return True
                    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError):
                        whole = False
    except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError):
        whole = False
    return False if whole else None


def _holds(file: BinaryIO | Any, wanted: Sequence[bytes]) -> bool:
    longest = max(map(len, wanted), default=1)
    tail, seen = b"", 0
    while block := file.read(_BLOCK):
        seen += len(block)
        if seen > _LARGEST:
            raise ValueError("it unpacks to more than it says")
        block = tail + block
        if any(one in block for one in wanted):
            return True
        tail = block[-longest:]
    return False


def looked_into(store: Store, files: Iterable[StoredFile], wanted: Sequence[bytes], work: Path) -> dict[str, bool]:
    """Which files of a store hold one of these, and (False) which could not be looked into.

    Raises:
        EntasError: a file cannot be read.
    """
    found: dict[str, bool] = {}
    copy = work / "looked-into"
    for file in files:
        try:
            with store.open(file.path) as source, copy.open("wb") as target:
                shutil.copyfileobj(source, target, _BLOCK)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise EntasError(
                f"{store.full(file.path)} cannot be read: {error.strerror or error}; mend that and run this again"
            ) from error
        answer = mentions(copy, wanted)
        if answer is not False:
            found[file.path] = bool(answer)
    copy.unlink(missing_ok=True)
    return found
