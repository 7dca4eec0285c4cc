"""The one way to files: a folder, an SFTP server, an S3 bucket, or what else fsspec knows."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

from entas.errors import EntasError
from entas.settings import StoreAccess
from entas.storage.files import After, Backend, Enter, Folder, StoredFile, is_part
from entas.storage.local import LocalFolder

_SECRET = re.compile(r"(?<=://)([^/@:]*):[^/@]*@")

#: Connections of this process, by what they connect to.
_open: dict[tuple[int, str, StoreAccess], Backend] = {}


class Store:
    """A folder on some store.

    Symbolic links in it are never followed: they may lead out of it.

    Args:
        url: a local path or `file://`; `sftp://[user@]host[:port]/path` (`/~/path` begins at the login folder);
            `s3://bucket/prefix`; or another URL of fsspec. `%20` and the like are decoded in `sftp://`.
        access: how to reach other machines.

    Raises:
        EntasError: the URL is malformed, holds a password, or is of a kind that nothing here knows.
    """

    def __init__(self, url: str, access: StoreAccess | None = None) -> None:
        access = access or StoreAccess()
        key = (os.getpid(), url, access)
        if key not in _open:
            _open[key] = _connect(url, access)
        self._backend = _open[key]
        #: Where the root is, without secrets.
        self.place = self._backend.place
        self.local = isinstance(self._backend, LocalFolder)
        #: Whether a folder's modification time tells that files came or went.
        self.folder_times = self._backend.folder_times
        #: Whether a file can be seen before its writer is done, and nobody tells.
        self.shows_unfinished = self._backend.shows_unfinished

    def full(self, path: str) -> str:
        """A path below the root as a person would look for it."""
        return f"{self.place.rstrip('/')}/{path}" if path else self.place

    def exists(self, path: str) -> bool:
        return self.stat(path) is not None

    def stat(self, path: str) -> StoredFile | None:
        """The regular file as it is now, or None when there is none."""
        return self._backend.stat(path)

    def open(self, path: str) -> BinaryIO:
        """A file's bytes as they are asked for; a connection that breaks meanwhile is made again.

        Raises:
            FileNotFoundError: there is no regular file, or it was replaced while it was read.
        """
        return self._backend.open(path)

    def read_bytes(self, path: str) -> bytes:
        with self.open(path) as file:
            return file.read()

    def put_file(self, source: Path, path: str) -> None:
        """Copy a local file to `path`, with the folders above it; a reader never sees a part of it."""
        self._backend.put(source, path)

    def remove(self, path: str) -> None:
        """Delete a file; nothing happens when there is none."""
        self._backend.remove(path)

    def drop_leftovers(self, before: datetime) -> int:
        """Delete what writers that were killed before that moment left half-written; returns how many."""
        return self._backend.drop_leftovers(before)

    def files(self, under: str = "") -> Iterator[StoredFile]:
        """Every regular file below `under`, in no order; none when there is no such folder."""
        try:
            for folder in self.walk(under):
                yield from (file for file in folder.files if not is_part(file.path))
        except FileNotFoundError:
            return

    def again(self, files: Iterable[StoredFile]) -> list[StoredFile]:
        """Those of some files that are as they were: there, of the same size and modification time."""
        by_folder: dict[str, list[StoredFile]] = {}
        for file in files:
            by_folder.setdefault(file.path.rpartition("/")[0], []).append(file)
        same: list[StoredFile] = []
        for known, found in zip(
            by_folder.values(), self._backend.listed([(path, None) for path in by_folder]), strict=True
        ):
            now = set(found.files) if isinstance(found, Folder) else set()
            same += [file for file in known if file in now]
        return same

    def walk(self, under: str = "", enter: Enter | None = None, after: After | None = None) -> Iterator[Folder]:
        """Look into a folder and those below it, parents first.

        A folder that goes away meanwhile is left out; so is, with a line in the log, one that we may not read.

        Args:
            enter: whether to look into a folder; without it, into all.
            after: where a store that has no folders (S3) may skip names; see `After`.

        Raises:
            FileNotFoundError, PermissionError: about `under` itself.
        """
        yield from self._backend.walk(under, enter, after)


def masked(url: str) -> str:
    """A URL without the password that somebody may have written into it."""
    return _SECRET.sub(r"\1:***@", url)


def _connect(url: str, access: StoreAccess) -> Backend:
    kind, separator, rest = url.partition("://")
    if not separator:
        return LocalFolder(url)
    if masked(url) != url:
        raise EntasError(
            f"{masked(url)} holds a password; take it out and set ENTAS_SSH_PASSWORD (S3: AWS_SECRET_ACCESS_KEY)"
        )
    if kind in ("file", "local"):
        return LocalFolder(rest)
    if kind in ("sftp", "ssh"):
        from entas.storage.sftp import Address, SftpFolder

        parts = re.fullmatch(r"(?:([^@/]+)@)?(\[[0-9A-Fa-f:.]+\]|[^:@/\[\]]+)(?::(\d{1,5}))?(?:/(.*))?", rest, re.S)
        if not parts:
            raise EntasError(f"{url} is no address of a folder; write sftp://user@host:22/path")
        user, host, port, path = parts.groups(default="")
        return SftpFolder(Address(host.strip("[]"), int(port or 0), unquote(user)), unquote(path), access)
    if kind == "s3":
        from entas.storage.s3 import Bucket

        bucket, _, prefix = rest.partition("/")
        if not re.fullmatch(r"[A-Za-z0-9._-]+", bucket):
            raise EntasError(f"{url} is no address of a bucket; write s3://bucket/prefix")
        return Bucket(bucket, prefix, access)
    from entas.storage.other import OtherFolder

    return OtherFolder(url)


def copy_hashing(source: BinaryIO, target: Path) -> tuple[str, int]:
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
