"""A folder of this machine (or one that is mounted)."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from entas.storage.files import Folder, FolderTree, StoredFile, part_of, tell_once


class LocalFolder(FolderTree):
    """Files below a folder of this machine.

    Args:
        root: its path; relative to where the process runs.
    """

    folder_times = True
    shows_unfinished = False  # Linux tells who writes to a local file (`intake.scan`)

    def __init__(self, root: str) -> None:
        self._root = Path(root).expanduser().absolute()
        self.place = str(self._root)

    def listed(self, folders: Sequence[tuple[str, int | None]]) -> Iterator[Folder | OSError]:
        for path, modified_ns in folders:
            try:
                yield self._listed(path, modified_ns)
            except OSError as error:
                yield error

    def _listed(self, path: str, modified_ns: int | None) -> Folder:
        place = f"{self.place}/{path}" if path else self.place
        found = Folder(path, modified_ns)
        below = f"{path}/" if path else ""
        with os.scandir(place) as entries:
            for entry in entries:
                try:
                    if entry.is_dir(follow_symlinks=False):
                        # Not the time of modification, which a copy (rsync -t) may set back.
                        found.folders.append((below + entry.name, entry.stat(follow_symlinks=False).st_ctime_ns))
                    elif entry.is_file(follow_symlinks=False):
                        told = entry.stat(follow_symlinks=False)
                        found.files.append(StoredFile(below + entry.name, told.st_size, told.st_mtime_ns))
                    else:
                        tell_once(entry.path)
                except FileNotFoundError:
                    continue  # it went away meanwhile
        return found

    def stat(self, path: str) -> StoredFile | None:
        try:
            told = (self._root / path).lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return StoredFile(path, told.st_size, told.st_mtime_ns) if stat.S_ISREG(told.st_mode) else None

    def open(self, path: str) -> BinaryIO:
        try:
            # Not blocking: a pipe that took the file's place would wait for a writer for ever.
            descriptor = os.open(self._root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENXIO, errno.ENOTDIR):
                raise FileNotFoundError(errno.ENOENT, "no regular file", path) from error
            raise
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise FileNotFoundError(errno.ENOENT, "no regular file", path)
        return os.fdopen(descriptor, "rb")

    def put(self, source: Path, path: str) -> None:
        target, part = self._root / path, self._root / part_of(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as given, part.open("wb") as file:
            shutil.copyfileobj(given, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)

    def remove(self, path: str) -> None:
        (self._root / path).unlink(missing_ok=True)
