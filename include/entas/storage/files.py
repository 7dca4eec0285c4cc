"""What a store tells of its files and folders, and what every kind of store can do."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from entas.discretion import for_log

_log = logging.getLogger(__name__)

#: Folders that are asked for at once: a distant server answers them side by side.
_AT_ONCE = 256


@dataclass(frozen=True)
class StoredFile:
    """A file below a store's root.

    Attributes:
        path: below the root, with `/`. Bytes of a name that are not UTF-8 are surrogates, as in `os.fsdecode`.
        bytes: its size.
        modified_ns: modification time in nanoseconds since 1970 (as exact as the store tells: nanoseconds on a
            folder, seconds over SFTP, milliseconds or seconds on S3).
    """

    path: str
    bytes: int
    modified_ns: int


@dataclass(frozen=True)
class Folder:
    """A folder that was looked at.

    Attributes:
        path: below the root; empty is the root.
        modified_ns: when files last came or went in it, as of before it was looked at; None where the store has no such
            times.
        files: its regular files.
        folders: the folders right below it, with these times.
    """

    path: str
    modified_ns: int | None
    files: list[StoredFile] = field(default_factory=list)
    folders: list[tuple[str, int | None]] = field(default_factory=list)


#: Whether to look into a folder, given its path and modification time.
Enter = Callable[[str, int | None], bool]

#: The path from which on to look at a folder of the root and all below it; None: all of it.
After = Callable[[str], str | None]


class Backend(Protocol):
    """One kind of store. Paths are below the root and end up there whatever characters they hold.

    Raises (all operations):
        FileNotFoundError, PermissionError, OSError: something about one path.
        UnreachableError: the store does not answer, after it was tried again.
        EntasError: the store refuses us, or is not what the URL says; the message tells what to do.
    """

    #: Where the root is, without secrets.
    place: str
    #: Whether a folder's modification time tells that files came or went.
    folder_times: bool
    #: Whether a file can be seen before its writer is done, and nobody tells.
    shows_unfinished: bool

    def walk(self, under: str, enter: Enter | None, after: After | None) -> Iterator[Folder]:
        """See `Store.walk`."""

    def listed(self, folders: Sequence[tuple[str, int | None]]) -> Iterator[Folder | OSError]:
        """Look into folders (path, modification time), in this order. Symbolic links are left out."""

    def stat(self, path: str) -> StoredFile | None:
        """A regular file as it is now; None when there is none."""

    def open(self, path: str) -> BinaryIO:
        """A regular file's bytes, read as they are asked for."""

    def put(self, source: Path, path: str) -> None:
        """Copy a local file to `path`, replacing what is there; a reader never sees a part of it."""

    def remove(self, path: str) -> None:
        """Delete a file; nothing happens when there is none."""

    def drop_leftovers(self, before: datetime) -> int:
        """Delete what writers that were killed before that moment left; returns how many."""


_told: set[str] = set()


def tell_once(place: str) -> None:
    """Tell of something that is neither a file nor a folder; a link may lead out, a pipe wait for ever."""
    if place not in _told:
        _told.add(place)
        text = place.encode("utf-8", "backslashreplace").decode()
        _log.error("%s is left alone: it is a link, a pipe or a device, and no file", for_log(text))


class FolderTree:
    """What stores with real folders, and files that are renamed when they are whole, have in common."""

    def walk(self: Backend, under: str, enter: Enter | None, after: After | None) -> Iterator[Folder]:
        level: list[tuple[str, int | None]] = [(under, None)]
        while level:
            below: list[tuple[str, int | None]] = []
            for start in range(0, len(level), _AT_ONCE):
                batch = level[start : start + _AT_ONCE]
                for (path, _), found in zip(batch, self.listed(batch), strict=True):
                    if isinstance(found, Folder):
                        below += [one for one in found.folders if enter is None or enter(*one)]
                        yield found
                    elif path == under:
                        raise found
                    elif isinstance(found, PermissionError):
                        _log.error("%s/%s may not be read by this account; it is left alone", self.place, for_log(path))
                    elif not isinstance(found, FileNotFoundError | NotADirectoryError):  # these went away meanwhile
                        raise found
            level = below

    def drop_leftovers(self: Backend, before: datetime) -> int:
        moment, dropped = before.timestamp() * 1e9, 0
        try:
            for folder in self.walk("", None, None):
                for file in folder.files:
                    if is_part(file.path) and file.modified_ns < moment:
                        self.remove(file.path)
                        dropped += 1
        except FileNotFoundError:
            return 0  # the store was never written to
        return dropped


def part_of(path: str) -> str:
    """The name under which a file is written until it is whole."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/.{name}.part" if folder else f".{name}.part"


def is_part(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith(".") and name.endswith(".part")
