"""A bucket of S3 or of a server that speaks its protocol (MinIO, Ceph, Garage, ...), over boto3.

An object is seen when it is whole and not before, so that nothing is renamed. boto3 and not s3fs: listing begins at a
given name, and neither an event loop nor whole blocks of a large file stand in memory.
"""

from __future__ import annotations

import errno
import io
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import boto3
from boto3.exceptions import S3UploadFailedError
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)
from urllib3.exceptions import HTTPError

from entas.errors import EntasError, UnreachableError
from entas.settings import StoreAccess
from entas.storage.files import After, Enter, Folder, StoredFile

#: Folders listed at a time.
_AT_ONCE = 16
#: Files beyond this size are sent in parts of it, two at a time; 10,000 parts are the most that S3 takes.
_PART = 16 << 20
_BLOCK = 4 << 20

_GONE = {"NoSuchKey", "404", "NotFound", "412", "PreconditionFailed"}
_REFUSED = {
    "AuthorizationHeaderMalformed", "ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "RequestTimeTooSkewed",
    "SignatureDoesNotMatch", "TokenRefreshRequired", "UnrecognizedClientException",
}  # fmt: skip
_BUSY = {"InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown", "Throttling", "ThrottlingException"}


class Bucket:
    """Objects whose names begin with a prefix, as files below a root.

    Args:
        prefix: without the `/` that follows it; empty for the whole bucket.
    """

    folder_times = False
    shows_unfinished = False

    def __init__(self, bucket: str, prefix: str, access: StoreAccess) -> None:
        self._bucket, self._root = bucket, prefix.strip("/")
        self._endpoint = access.s3_endpoint
        self.place = f"s3://{bucket}/{self._root}".rstrip("/")
        config = Config(
            connect_timeout=15,
            read_timeout=60,
            max_pool_connections=_AT_ONCE,
            retries={"mode": "standard", "max_attempts": 3},
            # Servers that are not Amazon's know neither its newest checksums nor bucket names as host names.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path"} if access.s3_endpoint else {},
        )
        session = boto3.session.Session()
        # Every signature names a region; Amazon tells boto3 when it is another, other servers have none.
        region = session.region_name or "us-east-1"
        self._s3 = session.client("s3", endpoint_url=access.s3_endpoint, region_name=region, config=config)

    # -- what a store does -------------------------------------------------------------------------------------

    def walk(self, under: str, enter: Enter | None, after: After | None) -> Iterator[Folder]:
        """`Store.walk`. Names are listed folder by folder of the root, several at a time, each in one flat listing."""
        top, names = self._top(under)
        yield top
        wanted = [name for name in names if enter is None or enter(name, None)]
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            try:
                listed = threads.map(lambda name: self._flat(name, after(name) if after else None), wanted)
                for name, files in zip(wanted, listed, strict=True):
                    yield from _by_folder(name, files, enter)
            finally:
                threads.shutdown(wait=False, cancel_futures=True)

    def listed(self, folders: Sequence[tuple[str, int | None]]) -> Iterator[Folder | OSError]:
        for path, _ in folders:
            yield self._top(path)[0]

    def stat(self, path: str) -> StoredFile | None:
        # Of a listing, because some servers tell a finer time there than with the object itself.
        key = self._key(path)
        with self._explained(path):
            told = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=key, MaxKeys=1).get("Contents", [])
        return self._file(told[0]) if told and told[0]["Key"] == key else None

    def open(self, path: str) -> BinaryIO:
        return io.BufferedReader(_Reader(self, path), _BLOCK)

    def put(self, source: Path, path: str) -> None:
        size = source.stat().st_size
        config = TransferConfig(
            multipart_threshold=_PART, multipart_chunksize=max(_PART, size // 9_000), max_concurrency=2
        )
        with self._explained(path):
            self._s3.upload_file(str(source), self._bucket, self._key(path), Config=config)

    def remove(self, path: str) -> None:
        with self._explained(path):
            self._s3.delete_object(Bucket=self._bucket, Key=self._key(path))

    def drop_leftovers(self, before: datetime) -> int:
        """Parts of files that were sent and never put together: they are not seen, and paid for."""
        dropped = 0
        with self._explained("(parts of uploads)"):
            pages = self._s3.get_paginator("list_multipart_uploads").paginate(Bucket=self._bucket, Prefix=self._key(""))
            for page in pages:
                for one in page.get("Uploads", []):
                    if one["Initiated"] < before:
                        self._s3.abort_multipart_upload(Bucket=self._bucket, Key=one["Key"], UploadId=one["UploadId"])
                        dropped += 1
        return dropped

    # -- how ---------------------------------------------------------------------------------------------------

    def _key(self, path: str) -> str:
        return f"{self._root}/{path}" if self._root else path

    def _file(self, told: dict[str, Any]) -> StoredFile:
        path = told["Key"][len(self._key("")) :]
        moment: datetime = told["LastModified"]
        return StoredFile(path, told["Size"], int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000)

    def _pages(self, **options: Any) -> Iterator[dict[str, Any]]:
        with self._explained(""):
            yield from self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, **options)

    def _top(self, under: str) -> tuple[Folder, list[str]]:
        """A folder with its own files, and the names of the folders right below it."""
        prefix, names = self._key(f"{under}/" if under else ""), []
        found = Folder(under, None)
        for page in self._pages(Prefix=prefix, Delimiter="/"):
            found.files.extend(self._file(one) for one in page.get("Contents", []) if not one["Key"].endswith("/"))
            names += [one["Prefix"][len(self._key("")) : -1] for one in page.get("CommonPrefixes", [])]
        found.folders.extend((name, None) for name in names)
        return found, names

    def _flat(self, name: str, after: str | None) -> list[StoredFile]:
        """Every file below a folder, from a name on; in order of names."""
        options = {"Prefix": self._key(f"{name}/")}
        if after:
            options["StartAfter"] = self._key(after)
        return [
            self._file(one)
            for page in self._pages(**options)
            for one in page.get("Contents", [])
            if not one["Key"].endswith("/")  # a mark that some programs leave for a folder
        ]

    @contextmanager
    def _explained(self, path: str) -> Iterator[None]:
        """Errors of the server as those that `Backend` names."""
        try:
            yield
        except S3UploadFailedError as error:
            if isinstance(error.__context__, Exception):
                raise self._as_ours(error.__context__, path) from error
            raise OSError(errno.EIO, str(error), path) from error
        except (BotoCoreError, ClientError, HTTPError) as error:
            raise self._as_ours(error, path) from error

    def _as_ours(self, error: Exception, path: str) -> Exception:
        where = f"{self.place}/{path}" if path else self.place
        if isinstance(error, ClientError):
            told = error.response.get("Error", {})
            code, reason = str(told.get("Code", "")), str(told.get("Message", ""))
            if code == "NoSuchBucket":
                server = f" at {self._endpoint}" if self._endpoint else ""
                return EntasError(
                    f"there is no bucket {self._bucket!r}{server}; create it, or mend the URL {self.place}"
                )
            if code in _GONE:
                return FileNotFoundError(errno.ENOENT, "no such object, or another by now", where)
            if code in _REFUSED:
                return EntasError(
                    f"{self.place}: the server refuses the credentials ({code}); look at AWS_ACCESS_KEY_ID, "
                    "AWS_SECRET_ACCESS_KEY, AWS_DEFAULT_REGION and the clock of this machine"
                )
            if code in ("AccessDenied", "403", "AllAccessDisabled"):
                if not path:
                    return EntasError(f"{self.place}: this account may not list it; grant it s3:ListBucket")
                return PermissionError(errno.EACCES, "the server does not permit it to this account", where)
            if code in _BUSY or code.startswith("5"):
                return self._unreachable(f"{code} {reason}")
            return OSError(errno.EIO, f"the server says {code} {reason}".strip(), where)
        if isinstance(error, NoCredentialsError | PartialCredentialsError):
            return EntasError(f"{self.place}: no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        if isinstance(error, HTTPClientError | HTTPError) or "Connect" in type(error).__name__:
            return self._unreachable(str(error))
        return OSError(errno.EIO, str(error), where)

    def _unreachable(self, reason: str) -> UnreachableError:
        return UnreachableError(
            f"{self.place} does not answer: {' '.join(reason.split())}; see that the server runs and can be reached, "
            "then run the same again"
        )


def _by_folder(top: str, files: list[StoredFile], enter: Enter | None) -> Iterator[Folder]:
    folders = {top: Folder(top, None)}
    for file in files:
        path = file.path.rpartition("/")[0]
        if path not in folders:
            folders[path] = Folder(path, None)
        folders[path].files.append(file)
    for path, folder in folders.items():
        if path == top or enter is None or enter(path, None):
            yield folder


class _Reader(io.RawIOBase):
    """An object, read as it comes; after a broken connection it goes on where it was, in the same version."""

    def __init__(self, bucket: Bucket, path: str) -> None:
        super().__init__()
        self._of, self._path, self._at, self._tag = bucket, path, 0, ""
        self._body = self._request()

    def _request(self) -> Any:
        options = {"Range": f"bytes={self._at}-", "IfMatch": self._tag} if self._tag else {}
        with self._of._explained(self._path):
            told = self._of._s3.get_object(Bucket=self._of._bucket, Key=self._of._key(self._path), **options)
        self._tag, self._size = self._tag or told["ETag"], self._at + told["ContentLength"]
        return told["Body"]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._at == self._size:
            return 0
        try:
            block = self._body.read(len(buffer))
        except (BotoCoreError, HTTPError, OSError):
            block = b""
        if not block:  # broken, or ended too early
            self._body.close()
            self._body = self._request()
            with self._of._explained(self._path):
                block = self._body.read(len(buffer))
            if not block:
                raise self._of._unreachable(f"it ends {self._path} too early")
        buffer[: len(block)] = block
        self._at += len(block)
        return len(block)

    def close(self) -> None:
        if not self.closed:
            self._body.close()
        super().close()
