"""Inbox, archive, feedback, reports and deliveries on an SFTP server and in an S3 bucket, from end to end."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pytest

from entas import housekeeping
from entas.errors import EntasError, UnreachableError
from entas.intake import UploadOutcome, run_intake, scan
from entas.intake.pool import ReaderPool
from entas.orchestration import TRANSIENT
from entas.publishing import deliver
from entas.reporting import release
from entas.settings import Settings
from entas.storage import Store
from entas.warehouse import open_warehouse
from tests.reporting.conftest import conn, office  # noqa: F401  fixtures
from tests.reporting.office import OCTOBER
from tests.stores.conftest import Place
from tests.stores.servers import SshServer
from tests.workbooks import families, write_workbook

VILLAGE, OTHER = "32.16.09.2003", "32.16.09.2002"


def _on(place: Place, settings: Settings) -> Settings:
    """The deployment with everything on a store."""
    names = ("inbox", "archive", "feedback", "reports")
    urls = {name: f"{place.url}/{name}" for name in names}
    if place.folder is not None:
        (place.folder / "inbox").mkdir(parents=True)
    return replace(settings, **urls, access=place.access, settle_seconds=0)


def _upload(place: Place, path: str, tmp_path: Path, numbers: list[int], modified: float | None = None) -> bytes:
    content = write_workbook(tmp_path / "made.xlsx", {"penduduk": families(numbers)}).read_bytes()
    place.write(f"inbox/{path}", content, modified)
    return content


def _intake(settings: Settings, **options: Any) -> dict[str, UploadOutcome]:
    return {one.file_name: one for one in run_intake(settings, **options).uploads}


def _query(settings: Settings, query: str) -> list[tuple]:
    with psycopg.connect(settings.warehouse_url) as connection:
        return connection.execute(query).fetchall()


def test_intake(remote: Place, settings: Settings, tmp_path: Path) -> None:
    settings = _on(remote, settings)
    name = "Data #1 (50%) ?.xlsx"
    content = _upload(remote, f"{VILLAGE}/2023-08/{name}", tmp_path, [1, 2, 3])
    _upload(remote, f"{OTHER}/2023-08/b.xlsx", tmp_path, [4])
    remote.write(f"inbox/{VILLAGE}/2023-08/rusak.xlsx", b"no workbook")
    remote.write(f"inbox/{VILLAGE}/2023-08/.a.xlsx.part", content[:100])
    remote.write(f"inbox/{VILLAGE}/2023-08/a.xlsx.filepart", content[:100])

    outcomes = _intake(settings)
    assert {name: one.status for name, one in outcomes.items()} == {
        name: "accepted",
        "b.xlsx": "accepted",
        "rusak.xlsx": "rejected",
    }
    assert remote.read(f"archive/{hashlib.sha256(content).hexdigest()}") == content
    assert len(remote.names("archive")) == 3
    assert remote.names("feedback") == [
        f"feedback/{OTHER}/2023-08/b.xlsx.hasil-periksa.xlsx",
        f"feedback/{VILLAGE}/2023-08/{name}.hasil-periksa.xlsx",
        f"feedback/{VILLAGE}/2023-08/rusak.xlsx.hasil-periksa.xlsx",
    ]
    feedback = remote.read(f"feedback/{VILLAGE}/2023-08/{name}.hasil-periksa.xlsx")
    assert len(openpyxl.load_workbook(io.BytesIO(feedback)).sheetnames) == 2
    assert housekeeping.storage(settings).missing == 0

    # Written over in place, under the same name: another version.
    _upload(remote, f"{OTHER}/2023-08/b.xlsx", tmp_path, [4, 5])
    assert {name: one.status for name, one in _intake(settings).items()} == {"b.xlsx": "accepted"}
    assert _query(settings, "select count(*) from raw.upload") == [(4,)]


def _received(settings: Settings) -> list[str]:
    """The names of the files that wait for being read, in order of receipt."""
    with open_warehouse(settings).connect(autocommit=True) as connection:
        inbox = Store(settings.inbox, settings.access)
        return [one.file_name for one in scan.receive(connection, inbox, settings)]


def test_receipts_follow_modification_time_then_path(place_of: Any, settings: Settings) -> None:
    place = place_of("sftp")
    settings = _on(place, settings)
    for name, moment in (("c", 1_700_000_001), ("b", 1_700_000_002), ("a", 1_700_000_002), ("d", 1_600_000_000)):
        place.write(f"inbox/{VILLAGE}/2023-08/{name}", b"x", moment)
    assert _received(settings) == ["d", "c", "a", "b"]
    place.write(f"inbox/{VILLAGE}/2023-08/e", b"x", 1_500_000_000)  # first seen now
    assert _received(settings) == ["d", "c", "a", "b", "e"]


def test_a_file_that_grows_on_the_server_waits_until_it_is_whole(
    place_of: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = place_of("sftp")
    settings = replace(_on(place, settings), settle_seconds=7)
    growing = f"inbox/{VILLAGE}/2023-08/a.xlsx"
    place.write(growing, b"half")
    place.write(f"inbox/{OTHER}/2023-08/b.xlsx", b"whole")
    place.write(f"inbox/{OTHER}/2023-08/old.xlsx", b"whole", 1_700_000_000)

    waited = []

    def meanwhile(seconds: float) -> None:
        waited.append(seconds)
        place.write(growing, b"half and half")

    monkeypatch.setattr(scan.time, "sleep", meanwhile)
    assert _received(settings) == ["old.xlsx", "b.xlsx"]
    assert waited == [7]
    monkeypatch.setattr(scan.time, "sleep", waited.append)
    assert _received(settings) == ["old.xlsx", "b.xlsx", "a.xlsx"]
    assert _received(settings) == ["old.xlsx", "b.xlsx", "a.xlsx"]
    assert waited == [7, 7]  # where nothing is new, nothing is waited for


def test_a_file_replaced_while_it_is_read_is_received_again(
    place_of: Any, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = place_of("sftp")
    settings = _on(remote, settings)
    path = f"{VILLAGE}/2023-08/a.xlsx"
    _upload(remote, path, tmp_path, [1])
    open_file = Store.open

    def replaced(store: Store, name: str) -> Any:
        file = open_file(store, name)
        if name == path:
            _upload(remote, path, tmp_path, [1, 2, 3])
        return file

    with monkeypatch.context() as patch:
        patch.setattr(Store, "open", replaced)
        assert _intake(settings) == {}
    assert _intake(settings)["a.xlsx"].rows_accepted == 6


def test_connections_that_break_do_not_stop_a_run(
    place_of: Any, ssh: SshServer, settings: Settings, tmp_path: Path
) -> None:
    place = place_of("sftp")
    settings = _on(place, settings)
    for number in range(1, 4):
        _upload(place, f"{VILLAGE}/2023-08/{number}.xlsx", tmp_path, list(range(1, number + 1)))
    before = ssh.connections
    assert len(_intake(settings, progress=lambda *_: ssh.cut())) == 3
    assert ssh.connections > before + 1
    assert len(place.names("archive")) == len(place.names("feedback")) == 3


def test_a_store_that_is_gone_is_tried_again_by_airflow(
    place_of: Any, ssh: SshServer, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the receipt and the bytes: the next run goes on with the same receipt."""
    place = place_of("sftp")
    settings = _on(place, settings)
    _upload(place, f"{VILLAGE}/2023-08/a.xlsx", tmp_path, [1])
    enter = ReaderPool.__enter__

    def gone(pool: ReaderPool) -> ReaderPool:
        ssh.answer(False)
        ssh.cut()
        return enter(pool)

    with monkeypatch.context() as patch:
        patch.setattr(ReaderPool, "__enter__", gone)
        with pytest.raises(UnreachableError, match="does not answer") as caught:
            run_intake(settings)
    ssh.answer(True)
    kind = type(caught.value)
    assert f"{kind.__module__}.{kind.__qualname__}" in TRANSIENT
    (receipt,) = _query(settings, "select received_at from raw.inbox_file where upload_id is null")
    assert {name: one.status for name, one in _intake(settings).items()} == {"a.xlsx": "accepted"}
    assert _query(settings, "select received_at from raw.upload") == [receipt]


def test_an_inbox_that_is_not_there_is_no_empty_one(place_of: Any, settings: Settings, tmp_path: Path) -> None:
    sftp, bucket = place_of("sftp"), place_of("s3")
    for url, access, said in (
        (f"{sftp.url}/salah", sftp.access, "there is no inbox sftp://.*/salah; create the folder, or mend ENTAS_INBOX"),
        ("s3://salah-tulis/inbox", bucket.access, "there is no bucket 'salah-tulis'"),
        (str(tmp_path / "salah"), sftp.access, "there is no inbox /.*/salah; create the folder, or mend ENTAS_INBOX"),
    ):
        with pytest.raises(EntasError, match=said):
            run_intake(replace(settings, inbox=url, access=access))
    assert run_intake(settings).uploads == []  # the home's own, before anybody put something there


def test_report_and_deliveries(remote: Place, settings: Settings, conn: Any, office: Any) -> None:  # noqa: F811
    settings = _on(remote, settings)
    target = f"{remote.url}/kiriman provinsi"
    (settings.home / "recipients.yaml").write_text(
        "recipients:\n"
        f'  - {{id: prov, name: Pemprov, channel: {{type: directory, target: "{target}"}}, formats: [pdf, json], '
        "disclosure: full}\n",
        encoding="utf-8",
    )
    puts: list[str] = []
    put = Store.put_file
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "put_file", lambda store, source, path: (puts.append(path), put(store, source, path))[1])
        made = release(conn, settings, OCTOBER)
    folder = "reports/32.16/2023-10/r1"
    assert puts[-1] == f"{made.folder}/manifest.json"
    assert remote.names("reports") == sorted(f"{folder}/{name}" for name in made.files)
    manifest = json.loads(remote.read(f"{folder}/manifest.json"))
    for name, told in manifest["files"].items():
        assert hashlib.sha256(remote.read(f"{folder}/{name}")).hexdigest() == told["sha256"]
    assert not release(conn, settings, OCTOBER).created

    (delivery,) = deliver(conn, settings, made)
    assert delivery.place == f"{target}/32.16/2023-10/r1"
    assert "password" not in delivery.place
    sent = remote.names("kiriman provinsi")
    assert [Path(name).suffix for name in sent] == [".json", ".pdf"]
    assert remote.read(sent[1]) == remote.read(f"{folder}/{Path(sent[1]).name}")
    assert not deliver(conn, settings, made)[0].created


def test_a_recipient_out_of_reach_is_tried_again_later(
    place_of: Any,
    ssh: SshServer,
    settings: Settings,
    conn: Any,  # noqa: F811
    office: Any,  # noqa: F811
) -> None:
    place = place_of("sftp")
    settings = replace(settings, access=place.access)
    (settings.home / "recipients.yaml").write_text(
        "recipients:\n"
        f'  - {{id: prov, name: P, channel: {{type: directory, target: "{place.url}/k"}}, formats: [json], '
        "disclosure: full}\n"
        '  - {id: pusat, name: K, channel: {type: directory, target: "keluar"}, formats: [json], disclosure: full}\n',
        encoding="utf-8",
    )
    made = release(conn, settings, OCTOBER)
    ssh.answer(False)
    ssh.cut()
    with pytest.raises(UnreachableError, match=r"2023-10 r1: not delivered to prov: .* does not answer"):
        housekeeping.retry_deliveries(settings)
    ssh.answer(True)
    assert housekeeping.retry_deliveries(settings) == {"months": 1, "delivered": 1}
    assert {one.recipient for one in deliver(conn, settings, made)} == {"prov", "pusat"}


def test_old_feedback_and_leftovers_go(remote: Place, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _on(remote, settings)
    feedback = f"feedback/{VILLAGE}/2023-08/a.xlsx.hasil-periksa.xlsx"
    kept = [f"archive/{'0' * 64}", "reports/32.16/2023-08/r1/manifest.json", f"inbox/{VILLAGE}/2023-08/a.xlsx"]
    for path in [feedback, *kept]:
        remote.write(path, b"x")
    left = 0
    if remote.folder is not None:
        left = 3
        for folder in ("archive", f"feedback/{VILLAGE}/2023-08", "reports/32.16/2023-08/r1"):
            remote.write(f"{folder}/.x.part", b"half")
    assert housekeeping.sweep(settings) == housekeeping.Swept(feedback=0, logs=0, leftovers=0)
    later = housekeeping.now() + timedelta(days=500)
    monkeypatch.setattr(housekeeping, "now", lambda: later)
    assert housekeeping.sweep(settings) == housekeeping.Swept(feedback=1, logs=0, leftovers=left)
    assert remote.names() == sorted(kept)
