"""Files on any fsspec file system (folder, S3, SFTP): written whole or not at all."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from entas.errors import EntasError

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StoredFile:
    """A file below a store's root.

    Attributes:
        path: below the root, with `/`.
        bytes: its size.
        modified_ns: modification time in nanoseconds since 1970 (as exact as the file system tells).
    """

    path: str
    bytes: int
    modified_ns: int


class Store:
    """A folder on some file system.

    Args:
        url: an fsspec URL or a local path, such as `s3://bucket/inbox` or `.entas/inbox`.

    Raises:
        EntasError: no file system of that kind is installed.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            self.fs, self.root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise EntasError(f"{url!r} cannot be used for files: {error}") from error
        self.local = isinstance(self.fs, LocalFileSystem)

    def full(self, path: str) -> str:
        """The file system's own name of a path below the root."""
        return f"{self.root.rstrip('/')}/{path}" if path else self.root

    def exists(self, path: str) -> bool:
        return self.fs.exists(self.full(path))

    def open(self, path: str, mode: str = "rb") -> IO[Any]:
        return self.fs.open(self.full(path), mode)

    def read_bytes(self, path: str) -> bytes:
        return self.fs.cat_file(self.full(path))

    def put_file(self, source: Path, path: str) -> None:
        """Copy a local file to `path`; a reader never sees a part of it."""
        self._make_folder(path)
        part = self.full(f"{PurePosixPath(path).parent}/.{PurePosixPath(path).name}.part")
        self.fs.put_file(str(source), part)
        if self.local:
            with Path(part).open("rb") as file:
                os.fsync(file.fileno())
            Path(part).replace(self.full(path))
        else:
            self.fs.mv(part, self.full(path))

    def _make_folder(self, path: str) -> None:
        self.fs.makedirs(self.full(str(PurePosixPath(path).parent)), exist_ok=True)

    def files(self, under: str = "") -> Iterator[StoredFile]:
        """Every regular file below `under`, in no order. Symbolic links are not followed: they may leave the root."""
        if self.local:
            yield from self._local_files(Path(self.full(under)))
            return
        if not self.fs.exists(self.full(under)):
            return
        base = self.root.rstrip("/") + "/"
        for name, info in self.fs.find(self.full(under), detail=True).items():
            moment = info.get("mtime") or info.get("LastModified") or info.get("modified") or info.get("last_modified")
            seconds = moment.timestamp() if hasattr(moment, "timestamp") else float(moment or 0)
            yield StoredFile(name.removeprefix(base), int(info["size"]), int(seconds * 1_000_000) * 1000)

    def _local_files(self, top: Path) -> Iterator[StoredFile]:
        folders = [str(top)]
        while folders:
            folder = folders.pop()
            try:
                entries = list(os.scandir(folder))
            except FileNotFoundError:
                continue
            except PermissionError:
                if folder == str(top):
                    raise
                _log.error("%s may not be read by this account; what is in it is left alone", folder)
                continue
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    told = entry.stat(follow_symlinks=False)
                    path = Path(entry.path).relative_to(self.root).as_posix()
                    yield StoredFile(path, told.st_size, told.st_mtime_ns)

    def stat(self, path: str) -> StoredFile | None:
        """The file as it is now, or None when it is gone."""
        if self.local:
            try:
                told = Path(self.full(path)).lstat()
            except (FileNotFoundError, NotADirectoryError):
                return None
            return StoredFile(path, told.st_size, told.st_mtime_ns)
        self.fs.invalidate_cache()
        return next((file for file in self.files(path) if file.path == path), None)


def copy_hashing(source: IO[bytes], target: Path) -> tuple[str, int]:
    """Copy a stream to a local file and force it to disk.

    Returns:
        SHA-256 as lower-case hex, and the number of bytes.
    """
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as file:
        while block := source.read(1 << 20):
            digest.update(block)
            size += len(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest(), size
