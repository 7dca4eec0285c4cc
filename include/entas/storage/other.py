"""Any other file system of fsspec whose package is installed (`gs://`, `abfs://`, `memory://`, ...)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import fsspec

from entas.errors import EntasError
from entas.storage.files import Folder, FolderTree, StoredFile, part_of


class OtherFolder(FolderTree):
    """Files below an fsspec URL. How to log in there is told to that file system by its own means.

    Raises:
        EntasError: no file system of that kind is installed.
    """

    folder_times = False
    shows_unfinished = True

    def __init__(self, url: str) -> None:
        try:
            self._fs, root = fsspec.core.url_to_fs(url, use_listings_cache=False)
        except (ImportError, ValueError) as error:
            raise EntasError(f"{url!r} cannot be used for files: {error}; use a folder, sftp:// or s3://") from error
        self._root = root.rstrip("/")
        self.place = url.rstrip("/")

    def _name(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root

    def listed(self, folders: Sequence[tuple[str, int | None]]) -> Iterator[Folder | OSError]:
        for path, _ in folders:
            try:
                entries = self._fs.ls(self._name(path), detail=True)
            except OSError as error:
                yield error
                continue
            found = Folder(path, None)
            for info in entries:
                name = info["name"].removeprefix(f"{self._root}/")
                if info["type"] == "directory":
                    found.folders.append((name, None))
                elif info["type"] == "file":
                    found.files.append(_file(name, info))
            yield found

    def stat(self, path: str) -> StoredFile | None:
        try:
            info = self._fs.info(self._name(path))
        except FileNotFoundError:
            return None
        return _file(path, info) if info["type"] == "file" else None

    def open(self, path: str) -> BinaryIO:
        return self._fs.open(self._name(path), "rb")

    def put(self, source: Path, path: str) -> None:
        self._fs.makedirs(self._name(path.rpartition("/")[0]), exist_ok=True)
        part = self._name(part_of(path))
        self._fs.put_file(str(source), part)
        self._fs.mv(part, self._name(path))

    def remove(self, path: str) -> None:
        if self._fs.exists(self._name(path)):
            self._fs.rm_file(self._name(path))


def _file(path: str, info: dict[str, Any]) -> StoredFile:
    keys = ("mtime", "LastModified", "modified", "last_modified", "created")
    moment = next((info[key] for key in keys if info.get(key)), 0)
    seconds = moment.timestamp() if hasattr(moment, "timestamp") else float(moment)
    return StoredFile(path, int(info["size"]), int(seconds * 1_000_000) * 1000)
