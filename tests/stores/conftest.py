"""The three kinds of store: a folder, a real OpenSSH server, an S3-compatible server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from entas.settings import StoreAccess
from entas.storage import Store
from tests.stores.servers import SSHD, S3Server, SshServer

KINDS = ("folder", "sftp", "s3")
REMOTE = ("sftp", "s3")


@pytest.fixture(scope="session")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    if SSHD is None:
        pytest.skip("no sshd on this machine (Debian: apt-get install openssh-server)")
    server = SshServer(tmp_path_factory.mktemp("ssh"))
    yield server
    server.stop()


@pytest.fixture
def ssh_access(ssh: SshServer) -> StoreAccess:
    return StoreAccess(ssh_known_hosts=str(ssh.known_hosts), ssh_key=str(ssh.key))


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    server = S3Server()
    names = {"AWS_ACCESS_KEY_ID": "invented", "AWS_SECRET_ACCESS_KEY": "invented", "AWS_DEFAULT_REGION": "us-east-1"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in names.items():
            patch.setenv(name, value)
        yield server
    server.stop()


@dataclass
class Place:
    """Room of a test on one kind of store, seen past the code under test.

    Attributes:
        kind: one of `KINDS`.
        url: of the room; `/name` may be added.
    """

    kind: str
    url: str
    access: StoreAccess
    folder: Path | None = None
    client: Any = None
    bucket: str = ""

    def store(self, name: str = "inbox") -> Store:
        return Store(f"{self.url}/{name}", self.access)

    def write(self, path: str, content: bytes, modified: float | None = None) -> None:
        """Put a file there as a village would, in place."""
        if self.folder is None:
            self.client.put_object(Bucket=self.bucket, Key=path, Body=content)
            return
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        if modified is not None:
            os.utime(target, (modified, modified))

    def read(self, path: str) -> bytes:
        if self.folder is None:
            return self.client.get_object(Bucket=self.bucket, Key=path)["Body"].read()
        return (self.folder / path).read_bytes()

    def names(self, under: str = "") -> list[str]:
        """Every file, hidden and half-written ones too."""
        if self.folder is None:
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=under)
            return sorted(one["Key"] for page in pages for one in page.get("Contents", []))
        return sorted(
            path.relative_to(self.folder).as_posix() for path in (self.folder / under).rglob("*") if path.is_file()
        )


@pytest.fixture
def place_of(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Place]:
    def make(kind: str) -> Place:
        folder = tmp_path / "room"
        if kind == "folder":
            return Place(kind, str(folder), StoreAccess(), folder)
        if kind == "sftp":
            server: SshServer = request.getfixturevalue("ssh")
            return Place(kind, f"{server.url}{folder}", request.getfixturevalue("ssh_access"), folder)
        moto: S3Server = request.getfixturevalue("s3")
        client = boto3.client("s3", endpoint_url=moto.endpoint)
        bucket = "".join(char if char.isalnum() else "-" for char in tmp_path.name.lower())[:60].strip("-")
        client.create_bucket(Bucket=bucket)
        return Place(kind, f"s3://{bucket}", StoreAccess(s3_endpoint=moto.endpoint), None, client, bucket)

    return make


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, place_of: Callable[[str], Place]) -> Place:
    return place_of(request.param)


@pytest.fixture(params=REMOTE)
def remote(request: pytest.FixtureRequest, place_of: Callable[[str], Place]) -> Place:
    return place_of(request.param)
