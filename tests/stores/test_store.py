"""What holds of every kind of store, and what is of one kind alone."""

from __future__ import annotations

import hashlib
import os
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from entas.errors import EntasError, UnreachableError
from entas.settings import StoreAccess
from entas.storage import Store, StoredFile, copy_hashing
from tests.stores.conftest import Place
from tests.stores.servers import SSHD, Cutter, S3Server, SshServer

#: Names as operators give them, and as they should not.
ODD = "Data Penduduk (1) #2 50% ?x=1&y;'\"[a]* ü 村 – salinan.xlsx"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.bin"
    path.write_bytes(os.urandom(100_000))
    return path


# -- every kind ----------------------------------------------------------------------------------------------------


def test_a_file_comes_back_as_it_went(place: Place, source: Path) -> None:
    store = place.store("dalam kotak")
    path = f"32.16.09.2003/2023-10/{ODD}"
    assert store.stat(path) is None
    store.put_file(source, path)
    assert place.read(f"dalam kotak/{path}") == store.read_bytes(path) == source.read_bytes()
    told = store.stat(path)
    assert told is not None
    assert (told.path, told.bytes) == (path, 100_000)
    assert list(store.files()) == list(store.files("32.16.09.2003/2023-10")) == [told]
    assert store.exists(path)
    assert store.again([told, replace(told, bytes=1), StoredFile("32.16.09.2003/2023-10/none", 1, 1)]) == [told]


def test_what_is_there_is_replaced_as_a_whole(place: Place, source: Path) -> None:
    store = place.store()
    store.put_file(source, "a/b.xlsx")
    source.write_bytes(b"short")
    store.put_file(source, "a/b.xlsx")
    assert store.read_bytes("a/b.xlsx") == b"short"
    assert place.names() == ["inbox/a/b.xlsx"]
    source.write_bytes(b"")
    store.put_file(source, "empty")
    assert store.read_bytes("empty") == b""


def test_a_folder_that_was_never_made_is_empty(place: Place) -> None:
    store = place.store("nowhere")
    assert list(store.files()) == []
    assert store.stat("a") is None
    store.remove("a")
    assert store.drop_leftovers(datetime.now(UTC)) == 0
    with pytest.raises(FileNotFoundError):
        store.open("a")


def test_a_folder_is_no_file(place: Place, source: Path) -> None:
    store = place.store()
    store.put_file(source, "a/b")
    assert store.stat("a") is None
    assert not store.exists("a")
    assert store.stat("a/b/c") is None
    with pytest.raises(FileNotFoundError):
        store.open("a")


def test_removing_takes_one_file(place: Place, source: Path) -> None:
    store = place.store()
    for name in ("a", "a b", "ab"):
        store.put_file(source, name)
    store.remove("a")
    store.remove("a")
    assert sorted(file.path for file in store.files()) == ["a b", "ab"]


def test_folders_are_looked_into_as_asked(place: Place) -> None:
    for path in ("top.xlsx", "v1/2023-09/a.xlsx", "v1/2023-10/b.xlsx", "v1/2023-10/deep/c.xlsx", "v2/2023-10/d.xlsx"):
        place.write(f"inbox/{path}", b"x")

    def enter(path: str, _: int | None) -> bool:
        return path != "v1/2023-09" and not path.startswith("v2")

    found = {folder.path: sorted(file.path for file in folder.files) for folder in place.store().walk("", enter)}
    assert {path: files for path, files in found.items() if files} == {
        "": ["top.xlsx"],
        "v1/2023-10": ["v1/2023-10/b.xlsx"],
        "v1/2023-10/deep": ["v1/2023-10/deep/c.xlsx"],
    }


def test_large_files_pass_through_little_memory(place: Place, tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        block = os.urandom(1 << 20)
        for _ in range(48):
            file.write(block)
    store = place.store()
    store.exists("x")  # connected
    tracemalloc.start()
    try:
        store.put_file(large, "large.bin")
        with store.open("large.bin") as stream:
            sha256, size = copy_hashing(stream, tmp_path / "copy.bin")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size == 48 << 20
    with large.open("rb") as file:
        assert sha256 == hashlib.file_digest(file, "sha256").hexdigest()
    assert peak < 40 << 20, f"{peak >> 20} MB"


@pytest.mark.parametrize("kind", ["folder", "sftp"])
def test_what_a_killed_writer_left_is_not_seen_and_goes(kind: str, place_of: Any) -> None:
    place = place_of(kind)
    place.write("inbox/v/.old.xlsx.part", b"half", modified=1_700_000_000)
    place.write("inbox/v/.new.xlsx.part", b"half")
    place.write("inbox/v/a.xlsx", b"whole", modified=1_700_000_000)
    store = place.store()
    assert [file.path for file in store.files()] == ["v/a.xlsx"]
    assert store.drop_leftovers(datetime.now(UTC) - timedelta(days=1)) == 1
    assert place.names() == ["inbox/v/.new.xlsx.part", "inbox/v/a.xlsx"]


@pytest.mark.parametrize("kind", ["folder", "sftp"])
def test_only_regular_files_of_the_folder_itself(kind: str, place_of: Any, tmp_path: Path) -> None:
    place = place_of(kind)
    place.write("inbox/v/a.xlsx", b"x")
    place.write("secret/b.xlsx", b"y")
    (place.folder / "inbox/v/link.xlsx").symlink_to(place.folder / "secret/b.xlsx")
    (place.folder / "inbox/v/folder").symlink_to(place.folder / "secret")
    os.mkfifo(place.folder / "inbox/v/pipe.xlsx")
    store = place.store()
    assert [file.path for file in store.files()] == ["v/a.xlsx"]
    for name in ("link.xlsx", "pipe.xlsx", "folder"):
        assert store.stat(f"v/{name}") is None
        with pytest.raises(FileNotFoundError):
            store.open(f"v/{name}")


@pytest.mark.parametrize("kind", ["folder", "sftp"])
def test_a_name_that_is_not_utf8_spoils_nothing(kind: str, place_of: Any) -> None:
    place = place_of(kind)
    place.write("inbox/v/a.xlsx", b"x")
    Path(os.fsdecode(os.fsencode(place.folder) + b"/inbox/v/caf\xe9.xlsx")).write_bytes(b"y")
    store = place.store()
    assert sorted(file.path for file in store.files()) == ["v/a.xlsx", "v/caf\udce9.xlsx"]
    assert store.read_bytes("v/caf\udce9.xlsx") == b"y"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sftp://dinsos:rahasia@host/inbox", r"sftp://dinsos:\*\*\*@host/inbox holds a password.*ENTAS_SSH_PASSWORD"),
        ("s3://AKIA:rahasia@bucket/x", r"s3://AKIA:\*\*\*@bucket/x holds a password.*AWS_SECRET_ACCESS_KEY"),
        ("sftp:///inbox", "sftp://user@host:22/path"),
        ("sftp://host:port/inbox", "sftp://user@host:22/path"),
        ("s3:///inbox", "s3://bucket/prefix"),
        ("nonsense://x/y", "'nonsense://x/y' cannot be used for files"),
    ],
)
def test_a_url_that_is_none_says_what_to_write(url: str, said: str) -> None:
    with pytest.raises(EntasError, match=said) as caught:
        Store(url)
    assert "rahasia" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("sftp://dinsos@berkas.bekasi.go.id:2222/data/inbox/", "sftp://dinsos@berkas.bekasi.go.id:2222/data/inbox"),
        ("sftp://berkas/~/in%20box", "sftp://berkas/~/in box"),
        ("s3://entas/", "s3://entas"),
        ("s3://entas/a/b/", "s3://entas/a/b"),
        ("file:///srv/a#b", "/srv/a#b"),
        ("/srv/a b", "/srv/a b"),
    ],
)
def test_where_a_store_is(url: str, place: str) -> None:
    store = Store(url, StoreAccess(s3_endpoint="http://127.0.0.1:9"))
    assert store.place == place
    assert store.full("x/y") == f"{place}/x/y"


# -- SFTP ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def sftp(place_of: Any) -> Place:
    return place_of("sftp")


def test_a_server_that_is_not_known_is_refused(sftp: Place, ssh: SshServer, tmp_path: Path) -> None:
    other = tmp_path / "known_hosts"
    unknown = replace(sftp.access, ssh_known_hosts=str(other))
    with pytest.raises(EntasError, match="known_hosts, the file of host keys, does not exist"):
        Store(sftp.url, unknown).exists("x")
    other.write_text("")
    with pytest.raises(EntasError, match=f"host key is not the one in {other}.*ssh-keyscan -p {ssh.port} 127.0.0.1"):
        Store(sftp.url, unknown).exists("x")
    # Another machine in its place shows another key.
    other.write_text(f"[127.0.0.1]:{ssh.port} {ssh.key.with_suffix('.pub').read_text()}")
    with pytest.raises(EntasError, match="host key is not the one"):
        Store(sftp.url, unknown).exists("x")


def test_an_account_that_is_refused_is_said_once(sftp: Place, ssh: SshServer, tmp_path: Path) -> None:
    key = tmp_path / "another key"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(key)
    before = ssh.connections
    with pytest.raises(EntasError, match=r"refuses the account.*ENTAS_SSH_KEY") as caught:
        Store(sftp.url, replace(sftp.access, ssh_key=str(key))).exists("x")
    assert not isinstance(caught.value, UnreachableError)
    assert ssh.connections == before + 1


def test_a_key_that_cannot_be_used_is_named(sftp: Place, tmp_path: Path) -> None:
    key = tmp_path / "key"
    with pytest.raises(EntasError, match=f"{key} does not exist; look at ENTAS_SSH_KEY"):
        Store(sftp.url, replace(sftp.access, ssh_key=str(key))).exists("x")
    key.write_text("no key")
    with pytest.raises(EntasError, match=f"the key {key} cannot be used"):
        Store(sftp.url, replace(sftp.access, ssh_key=str(key))).exists("x")
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(key, passphrase="kata sandi")
    with pytest.raises(EntasError, match="ENTAS_SSH_KEY_PASSPHRASE"):
        Store(sftp.url, replace(sftp.access, ssh_key=str(key))).exists("x")


def test_reading_goes_on_after_a_cut(sftp: Place, ssh: SshServer) -> None:
    content = os.urandom(9 << 20)
    sftp.write("inbox/a.xlsx", content)
    store = sftp.store()
    with store.open("a.xlsx") as file:
        first = file.read(1000)
        before = ssh.connections
        ssh.cut()
        assert first + file.read() == content
    assert ssh.connections == before + 1


def test_reading_does_not_mix_two_versions(sftp: Place, ssh: SshServer) -> None:
    sftp.write("inbox/a.xlsx", os.urandom(9 << 20), modified=1_700_000_000)
    with sftp.store().open("a.xlsx") as file:
        file.read(1000)
        sftp.write("inbox/a.xlsx", os.urandom(9 << 20), modified=1_700_000_001)
        ssh.cut()
        with pytest.raises(FileNotFoundError, match="replaced while it was read"):
            file.read()


def test_writing_begins_anew_after_a_cut(
    sftp: Place, ssh: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source"
    source.write_bytes(os.urandom(9 << 20))
    store = sftp.store()
    sftp.write("inbox/a.xlsx", b"the version before")
    write, seen = asyncssh.SFTPClientFile.write, []

    async def cut_once(file: Any, data: bytes, offset: int) -> int:
        if offset and not seen:
            seen.append(sftp.read("inbox/a.xlsx"))
            ssh.cut()
        return await write(file, data, offset)

    monkeypatch.setattr(asyncssh.SFTPClientFile, "write", cut_once)
    store.put_file(source, "a.xlsx")
    assert seen == [b"the version before"]
    assert sftp.read("inbox/a.xlsx") == source.read_bytes()
    assert sftp.names() == ["inbox/a.xlsx"]


def test_a_server_that_went_is_unreachable_and_used_again_when_it_is_back(sftp: Place, ssh: SshServer) -> None:
    sftp.write("inbox/a.xlsx", b"x")
    store = sftp.store()
    assert store.exists("a.xlsx")
    ssh.answer(False)
    ssh.cut()
    try:
        with pytest.raises(UnreachableError, match=r"^sftp://.*/inbox does not answer: .*run the same again$"):
            store.exists("a.xlsx")
    finally:
        ssh.answer(True)
    assert store.exists("a.xlsx")


@pytest.mark.skipif(SSHD is None, reason="no sshd on this machine")
def test_a_server_that_only_gives_says_so(tmp_path: Path) -> None:
    server = SshServer(tmp_path / "ssh", options="-R")
    try:
        (tmp_path / "room").mkdir()
        access = StoreAccess(ssh_known_hosts=str(server.known_hosts), ssh_key=str(server.key))
        store = Store(f"{server.url}{tmp_path}/room", access)
        with pytest.raises(PermissionError, match="does not permit it to this account"):
            store.put_file(server.key, "a.xlsx")
    finally:
        server.stop()


# -- S3 ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def bucket(place_of: Any) -> Place:
    return place_of("s3")


def test_a_bucket_that_is_not_there_is_named(bucket: Place, s3: S3Server, tmp_path: Path) -> None:
    store = Store("s3://salah-tulis/inbox", bucket.access)
    said = f"there is no bucket 'salah-tulis' at {s3.endpoint}; create it, or mend the URL s3://salah-tulis/inbox"
    (tmp_path / "x").write_bytes(b"x")
    for operation in (
        lambda: list(store.files()),
        lambda: store.stat("x"),
        lambda: store.open("x"),
        lambda: store.put_file(tmp_path / "x", "x"),
    ):
        with pytest.raises(EntasError, match=said):
            operation()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("InvalidAccessKeyId", "refuses the credentials.*AWS_ACCESS_KEY_ID"),
        ("SignatureDoesNotMatch", "refuses the credentials.*AWS_SECRET_ACCESS_KEY"),
        ("AccessDenied", "may not list it; grant it s3:ListBucket"),
        ("SlowDown", "does not answer: SlowDown"),
    ],
)
def test_what_the_server_refuses_says_what_to_do(
    bucket: Place, code: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import ClientError

    store = Store(f"{bucket.url}/{code}", bucket.access)

    def refuse(*_: Any, **__: Any) -> Any:
        raise ClientError({"Error": {"Code": code, "Message": "told by the server"}}, "ListObjectsV2")

    monkeypatch.setattr(store._backend._s3, "get_paginator", refuse)
    with pytest.raises(EntasError, match=said) as caught:
        list(store.files())
    assert isinstance(caught.value, UnreachableError) == (code == "SlowDown")


def test_no_credentials(bucket: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(EntasError, match="no credentials; set AWS_ACCESS_KEY_ID"):
        Store(f"{bucket.url}/elsewhere", bucket.access).stat("x")


def test_a_server_that_does_not_answer_is_unreachable(bucket: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    store = Store("s3://entas/inbox", replace(bucket.access, s3_endpoint="http://127.0.0.1:9"))
    with pytest.raises(UnreachableError, match=r"^s3://entas/inbox does not answer: .*run the same again$"):
        store.stat("x")


@pytest.fixture
def cutter(s3: S3Server) -> Any:
    cutter = Cutter(s3.endpoint)
    yield cutter
    cutter.stop()


def test_reading_an_object_goes_on_after_a_cut(bucket: Place, cutter: Cutter) -> None:
    content = os.urandom(9 << 20)
    bucket.write("inbox/a.xlsx", content)
    store = Store(f"{bucket.url}/inbox", replace(bucket.access, s3_endpoint=cutter.url))
    cutter.cut_after(6 << 20)
    with store.open("a.xlsx") as file:
        assert file.read() == content
    assert cutter.cuts == 1


def test_reading_an_object_does_not_mix_two_versions(bucket: Place, cutter: Cutter) -> None:
    bucket.write("inbox/a.xlsx", os.urandom(9 << 20))
    store = Store(f"{bucket.url}/inbox", replace(bucket.access, s3_endpoint=cutter.url))
    cutter.cut_after(6 << 20)
    with store.open("a.xlsx") as file:
        file.read(1000)
        bucket.write("inbox/a.xlsx", os.urandom(9 << 20))
        with pytest.raises(FileNotFoundError):
            file.read()


def test_parts_that_were_never_put_together_go(bucket: Place) -> None:
    for key in ("inbox/half.xlsx", "elsewhere/half.xlsx"):
        bucket.client.create_multipart_upload(Bucket=bucket.bucket, Key=key)
    store = bucket.store()
    assert list(store.files()) == []
    assert store.drop_leftovers(datetime(2009, 1, 1, tzinfo=UTC)) == 0
    assert store.drop_leftovers(datetime.now(UTC)) == 1  # moto dates them all 2010
    left = bucket.client.list_multipart_uploads(Bucket=bucket.bucket)["Uploads"]
    assert [one["Key"] for one in left] == ["elsewhere/half.xlsx"]


def test_marks_of_folders_are_no_files(bucket: Place) -> None:
    for key in ("inbox/", "inbox/v/", "inbox/v/2023-10/"):
        bucket.write(key, b"")
    bucket.write("inbox/v/2023-10/a.xlsx", b"x")
    assert [file.path for file in bucket.store().files()] == ["v/2023-10/a.xlsx"]
