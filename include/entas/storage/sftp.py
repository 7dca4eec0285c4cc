"""A folder on an SFTP server, over asyncssh.

asyncssh and not paramiko: names that are not UTF-8 do not spoil the listing of their folder, and many requests share
one connection, so that a distant server's folders are listed side by side.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import errno
import io
import logging
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import asyncssh
from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from entas.errors import EntasError, UnreachableError
from entas.settings import StoreAccess
from entas.storage.files import Folder, FolderTree, StoredFile, part_of, tell_once

logging.getLogger("asyncssh").setLevel(logging.WARNING)
# One such line for each write after a connection broke; that it broke is told by the error.
logging.getLogger("asyncio").addFilter(lambda record: record.msg != "socket.send() raised exception.")

T = TypeVar("T")

#: Bytes that are read or written at a time; asyncssh asks for the parts of them side by side.
_BLOCK = 4 << 20
#: Folders listed at a time on one connection.
_AT_ONCE = 32
#: Seconds: to connect, to log in, and between questions whether the server is still there (it may miss three).
_CONNECT, _LOGIN, _ALIVE = 15, 30, 15
_ATTEMPTS = 3
#: Seconds for an operation: a folder of 100,000 files, or a block over a slow line.
_PATIENCE = 300
_SYSTEM_KNOWN_HOSTS = Path("/etc/ssh/ssh_known_hosts")

_LOST = (
    asyncssh.SFTPConnectionLost,
    asyncssh.SFTPNoConnection,
    asyncssh.DisconnectError,
    asyncssh.ChannelOpenError,
    ConnectionError,
    TimeoutError,
)


class _Lost(Exception):
    """The connection could not be made or broke; what was asked may be asked again."""


@dataclass(frozen=True)
class Address:
    """A server: its name, its port (0: what `~/.ssh/config` says, else 22), and the account (empty: likewise)."""

    host: str
    port: int
    user: str

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (f"{self.user}@" if self.user else "") + host + (f":{self.port}" if self.port else "")


class SftpFolder(FolderTree):
    """Files below a folder of an SFTP server.

    Connects when it is first asked for something. A connection that breaks is made again, and the operation begun
    anew, so that each is done or fails as a whole.

    Args:
        path: below `/`, or below the login folder when it begins with `~/`.
    """

    folder_times = True
    shows_unfinished = True

    def __init__(self, address: Address, path: str, access: StoreAccess) -> None:
        self._address, self._access = address, access
        path = path.rstrip("/")
        self._root = "." if path == "~" else path[2:] if path.startswith("~/") else f"/{path}"
        self.place = f"sftp://{address}/{path}"
        self._connection: asyncssh.SSHClientConnection | None = None
        self._client: asyncssh.SFTPClient | None = None
        self._lock = threading.RLock()

    # -- what a store does -------------------------------------------------------------------------------------

    def listed(self, folders: Sequence[tuple[str, int | None]]) -> Iterator[Folder | OSError]:
        async def work(client: asyncssh.SFTPClient) -> list[Folder | OSError]:
            gate = asyncio.Semaphore(_AT_ONCE)

            async def one(path: str, modified_ns: int | None) -> Folder | OSError:
                async with gate:
                    try:
                        return await self._list(client, path, modified_ns)
                    except asyncssh.SFTPError as error:
                        if isinstance(error, _LOST):
                            raise
                        return _os_error(error, path)

            return await asyncio.gather(*(one(*folder) for folder in folders))

        return iter(self._do(work))

    def stat(self, path: str) -> StoredFile | None:
        try:
            told = self._do(lambda client: client.lstat(self._name(path)), path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return _file(path, told) if told.type == asyncssh.FILEXFER_TYPE_REGULAR else None

    def open(self, path: str) -> BinaryIO:
        reader = _Reader(self, path)
        reader.begin()
        return io.BufferedReader(reader, _BLOCK)

    def put(self, source: Path, path: str) -> None:
        part, target = self._name(part_of(path)), self._name(path)

        async def work(client: asyncssh.SFTPClient) -> None:
            size = 0
            async with await _created(client, part) as file:
                with source.open("rb") as given:
                    while block := given.read(_BLOCK):
                        await file.write(block, size)
                        size += len(block)
                with contextlib.suppress(asyncssh.SFTPOpUnsupported):  # then it writes in its own time
                    await file.fsync()
            if (await client.stat(part)).size != size:
                raise OSError(errno.EIO, "the server kept another number of bytes than it was sent", path)
            try:
                await client.posix_rename(part, target)
            except asyncssh.SFTPOpUnsupported:  # no OpenSSH: it renames only to a name that is free
                if await client.exists(target):
                    await client.remove(target)
                await client.rename(part, target)

        self._do(work, path, limit=None)

    def remove(self, path: str) -> None:
        try:
            self._do(lambda client: client.remove(self._name(path)), path)
        except FileNotFoundError:
            return

    # -- how ---------------------------------------------------------------------------------------------------

    def _name(self, path: str) -> bytes:
        return os.fsencode(f"{self._root.rstrip('/')}/{path}" if path else self._root)

    async def _list(self, client: asyncssh.SFTPClient, path: str, modified_ns: int | None) -> Folder:
        found = Folder(path, modified_ns)
        below = f"{path}/" if path else ""
        async for entry in client.scandir(self._name(path)):
            name = os.fsdecode(entry.filename)
            if name in (".", "..") or "/" in name:
                continue
            told = entry.attrs
            if told.type == asyncssh.FILEXFER_TYPE_UNKNOWN or told.mtime is None or told.size is None:
                told = await client.lstat(self._name(below + name))
            if told.type == asyncssh.FILEXFER_TYPE_DIRECTORY:
                found.folders.append((below + name, _nanoseconds(told)))
            elif told.type == asyncssh.FILEXFER_TYPE_REGULAR:
                found.files.append(_file(below + name, told))
            else:
                tell_once(f"{self.place}/{below}{name}")
        return found

    def _do(
        self, work: Callable[[asyncssh.SFTPClient], Awaitable[T]], path: str = "", limit: float | None = _PATIENCE
    ) -> T:
        """Run an operation on the connection, which is made (again) when there is none.

        Args:
            limit: seconds after which a server that lives and does not answer counts as lost.
        """
        with self._lock:
            try:
                for attempt in Retrying(
                    retry=retry_if_exception_type(_Lost),
                    stop=stop_after_attempt(_ATTEMPTS),
                    wait=wait_exponential(multiplier=0.25, max=4),
                ):
                    with attempt:
                        return _run(self._attempt(work, path, limit))
            except RetryError as error:
                reason = error.last_attempt.exception()
                raise UnreachableError(
                    f"{self.place} does not answer: {reason}; see that the server runs and can be reached, "
                    "then run the same again"
                ) from reason
        raise AssertionError("tenacity returns or raises")

    async def _attempt(self, work: Callable[[asyncssh.SFTPClient], Awaitable[T]], path: str, limit: float | None) -> T:
        try:
            if self._client is None:
                await self._connect()
            async with asyncio.timeout(limit):
                return await work(self._client)
        except EntasError:
            raise
        except _LOST as error:
            self.close()
            raise _Lost(str(error) or type(error).__name__) from error
        except asyncssh.SFTPError as error:
            raise _os_error(error, self.place if not path else f"{self.place}/{path}") from error

    async def _connect(self) -> None:
        access, address = self._access, self._address
        options: dict[str, Any] = {"known_hosts": [str(path) for path in self._known_hosts()]}
        if address.port:
            options["port"] = address.port
        if address.user:
            options["username"] = address.user
        if access.ssh_password:
            options["password"] = access.ssh_password
        try:
            if access.ssh_key:
                options["client_keys"] = [asyncssh.read_private_key(access.ssh_key, access.ssh_key_passphrase)]
            self._connection = await asyncssh.connect(
                address.host,
                connect_timeout=_CONNECT,
                login_timeout=_LOGIN,
                keepalive_interval=_ALIVE,
                keepalive_count_max=3,
                **options,
            )
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
            raise EntasError(
                f"the key {access.ssh_key} cannot be used: {error}; look at ENTAS_SSH_KEY and ENTAS_SSH_KEY_PASSPHRASE"
            ) from error
        except asyncssh.HostKeyNotVerifiable as error:
            port = f"-p {address.port} " if address.port else ""
            raise EntasError(
                f"{self.place}: the server's host key is not the one in {self._known_hosts()[0]} ({error.reason}). "
                "Ask its administrator for the fingerprint; only when it agrees, "
                f"ssh-keyscan {port}{address.host} >> {self._known_hosts()[0]}"
            ) from error
        except asyncssh.PermissionDenied as error:
            raise EntasError(
                f"{self.place}: the server refuses the account; look at the user in the URL, and at ENTAS_SSH_KEY or "
                "ENTAS_SSH_PASSWORD"
            ) from error
        except (asyncssh.ProtocolNotSupported, asyncssh.KeyExchangeFailed) as error:
            raise EntasError(f"{self.place}: no common way to speak with the server: {error.reason}") from error
        except FileNotFoundError as error:
            raise EntasError(f"{error.filename} does not exist; look at ENTAS_SSH_KEY") from error
        except PermissionError as error:
            raise EntasError(f"{error.filename} may not be read by this account; look at ENTAS_SSH_KEY") from error
        except (OSError, TimeoutError) as error:
            raise _Lost(str(error) or "no answer in time") from error
        try:
            self._client = await self._connection.start_sftp_client()
        except (asyncssh.SFTPError, asyncssh.ChannelOpenError) as error:
            self.close()
            raise _Lost(f"it starts no SFTP ({error.reason})") from error

    def _known_hosts(self) -> list[Path]:
        """Files of host keys, ours first.

        Raises:
            EntasError: there is none, and so no server can be told from another that takes its place.
        """
        own = Path(self._access.ssh_known_hosts or "~/.ssh/known_hosts").expanduser()
        found = [path for path in (own, _SYSTEM_KNOWN_HOSTS) if path.is_file()]
        if not found or (self._access.ssh_known_hosts and found[0] != own):
            raise EntasError(
                f"{own}, the file of host keys, does not exist; ask the administrator of {self._address.host} for the "
                f"fingerprint, make the file with ssh-keyscan, and set ENTAS_SSH_KNOWN_HOSTS to it"
            )
        return found

    def close(self) -> None:
        """Let the connection go; the next operation makes another."""
        if self._connection is not None:
            self._connection.abort()
        self._connection = self._client = None


class _Reader(io.RawIOBase):
    """A file on the server, read block by block; after a lost connection it goes on where it was."""

    def __init__(self, folder: SftpFolder, path: str) -> None:
        super().__init__()
        self._folder, self._path, self._at = folder, path, 0
        self._version: tuple[int | None, int | None] | None = None
        self._client: asyncssh.SFTPClient | None = None
        self._file: asyncssh.SFTPClientFile[bytes] | None = None

    def begin(self) -> None:
        self._folder._do(self._opened, self._path)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        async def work(client: asyncssh.SFTPClient) -> bytes:
            file = await self._opened(client)
            return await file.read(len(buffer), self._at)

        block = self._folder._do(work, self._path)
        buffer[: len(block)] = block
        self._at += len(block)
        return len(block)

    async def _opened(self, client: asyncssh.SFTPClient) -> Any:
        if self._client is not client:
            name = self._folder._name(self._path)
            told = await client.lstat(name)
            # To open a pipe would block the server's process; a link may lead out of the folder.
            if told.type != asyncssh.FILEXFER_TYPE_REGULAR:
                raise FileNotFoundError(errno.ENOENT, "no regular file", self._path)
            version = (told.size, told.mtime)
            if self._version not in (None, version):
                raise FileNotFoundError(errno.ENOENT, "replaced while it was read", self._path)
            self._file = await client.open(name, "rb", encoding=None)
            self._client, self._version = client, version
        return self._file

    def close(self) -> None:
        if not self.closed and self._file is not None:
            file, self._file = self._file, None
            if self._folder._client is self._client:
                _run(_closed(file))
        super().close()


async def _closed(file: Any) -> None:
    try:
        await file.close()
    except (asyncssh.Error, OSError):
        return  # it was read to its end; the server closes it with the connection


async def _created(client: asyncssh.SFTPClient, name: bytes) -> Any:
    """A new file, with the folders above it."""
    try:
        return await client.open(name, "wb", encoding=None)
    except asyncssh.SFTPNoSuchFile:
        await _make_folder(client, os.path.dirname(name))  # noqa: PTH120 - bytes
        return await client.open(name, "wb", encoding=None)


async def _make_folder(client: asyncssh.SFTPClient, name: bytes) -> None:
    if not name or await client.isdir(name):
        return
    await _make_folder(client, os.path.dirname(name))  # noqa: PTH120 - bytes
    try:
        await client.mkdir(name)
    except (asyncssh.SFTPFailure, asyncssh.SFTPFileAlreadyExists):
        if not await client.isdir(name):  # else somebody was faster
            raise


def _nanoseconds(told: asyncssh.SFTPAttrs) -> int:
    return (told.mtime or 0) * 1_000_000_000 + (told.mtime_ns or 0)


def _file(path: str, told: asyncssh.SFTPAttrs) -> StoredFile:
    return StoredFile(path, told.size or 0, _nanoseconds(told))


def _os_error(error: asyncssh.SFTPError, path: str) -> OSError:
    if isinstance(error, asyncssh.SFTPNoSuchFile | asyncssh.SFTPNoSuchPath):
        return FileNotFoundError(errno.ENOENT, "no such file or folder", path)
    if isinstance(error, asyncssh.SFTPPermissionDenied):
        return PermissionError(errno.EACCES, "the server does not permit it to this account", path)
    if isinstance(error, asyncssh.SFTPNoSpaceOnFilesystem | asyncssh.SFTPQuotaExceeded):
        return OSError(errno.ENOSPC, "no room on the server", path)
    # "Failure" is all that version 3 of the protocol has to say of a full disk, among others.
    return OSError(errno.EIO, f"the server says {error.reason!r} (is its disk full?)", path)


# -- the event loop, in a thread of its own ------------------------------------------------------------------------

_starting = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def _run(work: Coroutine[Any, Any, T]) -> T:
    global _loop
    with _starting:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="entas sftp", daemon=True).start()
    future = asyncio.run_coroutine_threadsafe(work, _loop)
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise


def _forget_loop() -> None:
    global _loop
    _loop = None


# A forked process has the loop, but not the thread that runs it.
os.register_at_fork(after_in_child=_forget_loop)


@atexit.register
def _stop() -> None:
    if _loop is not None:
        _loop.call_soon_threadsafe(_loop.stop)
