"""An inbox to which anybody may write: names, things that are no files, files that change, and a machine that fails."""

from __future__ import annotations

import errno
import json
import logging
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import psutil
import psycopg
import pytest

from entas import cli
from entas.errors import EntasError
from entas.intake import UploadOutcome, run, run_intake
from entas.registers.limits import DEFAULT_LIMITS
from entas.settings import Settings
from tests.workbooks import families, no_kk, touch, write_workbook

VILLAGE = "32.16.09.2003"


def _folder(settings: Settings) -> Path:
    folder = Path(settings.inbox) / VILLAGE / "2023-10"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _event(path: Path, number: int = 1) -> Path:
    """An upload that adds up with any other: one decision about one family."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"no_kk;tanggal_musyawarah;hasil\n{no_kk(number)};15/08/2023;layak\n", encoding="utf-8")
    return touch(path)


def _intake(settings: Settings) -> dict[str, UploadOutcome]:
    return {one.file_name: one for one in run_intake(settings).uploads}


def _environment(settings: Settings) -> dict[str, str]:
    return {
        "ENTAS_HOME": str(settings.home),
        "ENTAS_WAREHOUSE_URL": str(settings.warehouse_url),
        "ENTAS_PSEUDONYM_KEY": settings.pseudonym_key,
    }


def _left_in_work(settings: Settings) -> list[Path]:
    return list((settings.home / "work").glob("intake-*"))


# --- names ---------------------------------------------------------------------------------------------------------

NAMES = [
    "line\nend.csv",
    "carriage\rreturn.csv",
    "tab\there.csv",
    "\x1b[2J\x1b[31mred.csv",
    "\x1b]0;title\x07.csv",
    "bell\x07.csv",
    "delete\x7f.csv",
    "control\x9b1;31m.csv",
    "right\u202eto\u202cleft.csv",
    "isolate\u2066d\u2069.csv",
    "zero\u200bwidth\ufeff.csv",
    "separator\u2028line.csv",
    "..hidden up.csv",
    "up....csv",
    "...",
    " lead and trail ",
    "trailing dot.",
    "-rf",
    "--help",
    "$(reboot).csv",
    "`reboot`.csv",
    "a;reboot;b.csv",
    "a|b&c>d<e.csv",
    "*?[a-z]{1,2}.csv",
    "~root.csv",
    "'single'.csv",
    '"double".csv',
    "back\\slash.csv",
    "'; drop table raw.upload; --.csv",
    "%s%n%x.csv",
    "{0}{name}.csv",
    "{{7*7}}.csv",
    "[bold red]markup[].csv",
    "C:evil.csv",
    "CON.csv",
    "file:name.csv",
    "http:%2F%2Fx.csv",
    "a%2F..%2F..%2Fx.csv",
    "=cmd|' calc'!A0.csv",
    "RENÉ.csv",
    unicodedata.normalize("NFD", "RENÉE.csv"),
    "ꦱꦶꦠꦶ.csv",
    "村民登记.csv",
    "السكان.csv",
    "👩‍👩‍👧.csv",
    "a" * 251 + ".csv",
    "村" * 85,
    "\ue000private.csv",
]


def test_any_name_is_taken_as_it_is_and_shown_without_harm(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown_as_not_upload = "..."  # begins with a dot, as hidden files do
    for number, name in enumerate(NAMES, start=1):
        _event(_folder(settings) / name, number)
    for key, value in _environment(settings).items():
        monkeypatch.setenv(key, value)
    with pytest.raises(SystemExit) as ended:
        cli.main(["intake"])
    assert ended.value.code == 0
    printed = capsys.readouterr()
    for line in (printed.out + printed.err).split("\n"):
        assert not [char for char in line if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp")], line
    for written in (r"\x1b", r"\u202e", r"\x9b", "[bold", "red]markup[]"):
        assert written in printed.out
    with psycopg.connect(settings.warehouse_url) as connection:
        kept = dict(connection.execute("select file_name, coalesce(reason, status) from raw.upload").fetchall())
        decisions = connection.execute("select count(*) from raw.verifikasi").fetchone()
    expected = [name for name in NAMES if not name.startswith(".")]
    assert shown_as_not_upload not in expected
    assert kept == dict.fromkeys(expected, "accepted")
    assert decisions == (len(expected),)
    feedback = Path(settings.feedback) / VILLAGE / "2023-10"
    assert len(list(feedback.iterdir())) == len(expected)
    assert {path.name for path in Path(settings.feedback).iterdir()} == {VILLAGE}


def test_json_of_any_name_means_the_same_and_moves_no_cursor(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["\x1b[31mred\x9b.csv", "right\u202eleft.csv", "RENÉ\u2028.csv"]
    for number, name in enumerate(names, start=1):
        _event(_folder(settings) / name, number)
    for key, value in _environment(settings).items():
        monkeypatch.setenv(key, value)
    with pytest.raises(SystemExit):
        cli.main(["intake", "--json"])
    printed = capsys.readouterr().out
    assert not [char for char in printed if unicodedata.category(char) in ("Cc", "Cf", "Zl") and char != "\n"]
    assert "RENÉ" in printed
    assert sorted(one["file_name"] for one in json.loads(printed)["uploads"]) == sorted(names)


def test_a_name_forges_no_line_of_the_log(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    name = "x\nERROR entas: every register is lost\x1b[8m.csv"
    path = _event(_folder(settings) / name)
    with path.open("ab"), caplog.at_level(logging.INFO):
        assert run_intake(settings).uploads == []
    assert "being written" in caplog.text
    assert all(record.getMessage().isprintable() for record in caplog.records)


# --- what is no file -----------------------------------------------------------------------------------------------


def test_what_is_no_regular_file_is_never_opened_and_said_once(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder, inbox = _folder(settings), Path(settings.inbox)
    outside = _event(tmp_path / "outside" / "secret.csv", 50)
    (folder / "to a file.csv").symlink_to(outside)
    (folder / "to nothing.csv").symlink_to(tmp_path / "nothing")
    (folder / "to itself.csv").symlink_to(folder / "to itself.csv")
    (folder / "to a folder").symlink_to(outside.parent)
    (folder / "to the inbox").symlink_to(inbox)
    (inbox / "32.16.09.2002").symlink_to(outside.parent)
    os.mkfifo(folder / "pipe.csv")
    if os.geteuid() == 0:
        os.mknod(folder / "device.csv", 0o600 | 0o020000, os.makedev(1, 5))  # /dev/zero: it never ends
    listener = socket.socket(socket.AF_UNIX)
    here = os.open(folder, os.O_DIRECTORY)
    try:
        listener.bind(f"/proc/self/fd/{here}/socket.csv")  # the whole path is longer than a socket's may be
        _event(folder / "good.csv")
        assert {name: one.status for name, one in _intake(settings).items()} == {"good.csv": "accepted"}
        told = [record for record in caplog.records if "is left alone" in record.getMessage()]
        assert {record.levelno for record in told} == {logging.ERROR}, "shown by the command line too"
        said = [record.getMessage() for record in told]
        named = {message.split(" is left alone")[0].rpartition("/")[2] for message in said}
        assert named >= {"to a file.csv", "to nothing.csv", "to itself.csv", "to a folder", "pipe.csv", "socket.csv"}
        assert len(said) == len(set(said))
        caplog.clear()
        assert run_intake(settings).uploads == []
        assert "is left alone" not in caplog.text
    finally:
        listener.close()
        os.close(here)
    assert len(list(Path(settings.archive).iterdir())) == 1
    assert outside.read_text().startswith("no_kk")


def test_files_in_any_place_have_their_outcome(settings: Settings, tmp_path: Path) -> None:
    inbox, folder = Path(settings.inbox), _folder(settings)
    _event(folder / "a folder.xlsx" / "inside.csv", 1)
    _event(inbox / "in the inbox itself.csv", 2)
    _event(inbox.joinpath(VILLAGE, "2023-10", *(["deep"] * 60), "deep.csv"), 3)
    twin = _event(tmp_path / "twin.csv", 4)
    os.link(twin, folder / "hard link.csv")
    outcomes = {name: one.status for name, one in _intake(settings).items()}
    assert outcomes == {
        "a folder.xlsx/inside.csv": "rejected",
        "in the inbox itself.csv": "rejected",
        "deep/" * 60 + "deep.csv": "rejected",
        "hard link.csv": "accepted",
    }
    assert len(list(Path(settings.archive).iterdir())) == 4
    assert len(list(Path(settings.feedback).rglob("*.xlsx"))) == 4


# --- files that change, and large ones -----------------------------------------------------------------------------


def _grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\n" * 5000)


def _shrink(path: Path) -> None:
    os.truncate(path, 10)


def _swap_for_a_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/hostname")


def _swap_for_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _swap_for_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("moment", ["before it is opened", "while it is read"])
@pytest.mark.parametrize(
    "change",
    [_grow, _shrink, Path.unlink, _swap_for_a_link, _swap_for_a_pipe, _swap_for_a_folder],
    ids=["grows", "shrinks", "vanishes", "becomes a link", "becomes a pipe", "becomes a folder"],
)
def test_a_file_that_changes_is_not_taken_in_as_it_was(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], moment: str
) -> None:
    changing, steady = _event(_folder(settings) / "a.csv", 1), _event(_folder(settings) / "b.csv", 2)
    receive, copy = run.scan.receive, run.copy_hashing

    def received(*arguments, **named):
        pending = receive(*arguments, **named)
        if moment == "before it is opened":
            change(changing)
        return pending

    def copied(source, target):
        if moment == "while it is read" and not changing.is_symlink() and changing.is_file():
            monkeypatch.setattr(run, "copy_hashing", copy)
            change(changing)
        return copy(source, target)

    monkeypatch.setattr(run.scan, "receive", received)
    monkeypatch.setattr(run, "copy_hashing", copied)
    assert {name: one.status for name, one in _intake(settings).items()} == {steady.name: "accepted"}
    monkeypatch.undo()
    assert len(list(Path(settings.archive).iterdir())) == 1, "only the steady one's bytes are kept"
    again = _intake(settings)
    assert set(again) == ({"a.csv"} if change in (_grow, _shrink) else set())
    assert _left_in_work(settings) == []


def test_a_file_without_end_is_read_no_further_than_it_was_received(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _event(_folder(settings) / "a.csv")
    received = path.stat().st_size
    passed = []

    def copied(source, target):
        with path.open("ab") as file:
            file.truncate(1 << 40)  # a terabyte, sparse
        done = copy(source, target)
        passed.append(done[1])
        return done

    copy = run.copy_hashing
    monkeypatch.setattr(run, "copy_hashing", copied)
    try:
        assert run_intake(settings).uploads == []
    except OSError as error:  # a file system that holds no such file cannot show it
        if error.errno != errno.EFBIG:
            raise
        pytest.skip("no terabyte on this file system")
    assert passed == [received + 1]


def test_a_file_beyond_the_limit_is_kept_and_not_read(settings: Settings) -> None:
    settings = replace(settings, limits=replace(DEFAULT_LIMITS, upload_bytes=1_000_000))
    path = _folder(settings) / "large.xlsx"
    path.touch()
    os.truncate(path, 30_000_000)  # sparse: no disk
    _event(_folder(settings) / "good.csv")
    outcomes = _intake(settings)
    assert outcomes["good.csv"].status == "accepted"
    assert outcomes["large.xlsx"].status == "rejected"
    assert "30 MB melebihi batas 1 MB" in outcomes["large.xlsx"].reason
    assert sorted(one.stat().st_size for one in Path(settings.archive).iterdir())[-1] == 30_000_000
    assert (Path(settings.feedback) / VILLAGE / "2023-10" / "large.xlsx.hasil-periksa.xlsx").exists()


def test_what_the_warehouse_cannot_hold_is_refused_and_stops_nobody(settings: Settings) -> None:
    with psycopg.connect(settings.warehouse_url) as connection:
        connection.execute("alter table raw.verifikasi add constraint too_much check (petugas <> 'X') not valid")
    event = "no_kk;tanggal_musyawarah;hasil;petugas\n{};15/08/2023;layak;{}\n"
    (_folder(settings) / "a.csv").write_text(event.format(no_kk(1), "X"))
    (_folder(settings) / "b.csv").write_text(event.format(no_kk(2), "Y"))
    outcomes = _intake(settings)
    assert outcomes["a.csv"].status == "rejected"
    assert "tidak dapat disimpan" in outcomes["a.csv"].reason
    assert "too_much" in outcomes["a.csv"].reason
    assert outcomes["b.csv"].status == "accepted"


# --- a machine that fails ------------------------------------------------------------------------------------------


@contextmanager
def _largest_file(size: int) -> Iterator[None]:
    """As on a full disk, nothing beyond so many bytes can be written into a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_one_clear_line_and_the_next_run_goes_on(settings: Settings) -> None:
    path = _event(_folder(settings) / "a.csv")
    with path.open("ab") as file:
        file.write(b"\n" * 100_000)
    with _largest_file(50_000), pytest.raises(EntasError, match=r"cannot be written: .*Nothing is lost"):
        run_intake(settings)
    assert _left_in_work(settings) == []
    assert [one.status for one in _intake(settings).values()] == ["accepted"]


def test_an_archive_that_cannot_be_written_is_one_clear_line(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "no folder").touch()
    _event(_folder(settings) / "a.csv")
    closed = replace(settings, archive=str(tmp_path / "no folder" / "archive"))
    with pytest.raises(EntasError, match="ENTAS_ARCHIVE"):
        run_intake(closed)
    assert [one.status for one in _intake(settings).values()] == ["accepted"]


def _start(settings: Settings) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "entas.cli", "intake", "--json"],
        env=os.environ | _environment(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_runs_at_once_take_in_each_file_once(settings: Settings) -> None:
    for number in range(1, 13):
        _event(_folder(settings) / f"{number}.csv", number)
    runs = [_start(settings) for _ in range(2)]
    printed = [one.communicate(timeout=300) for one in runs]
    assert [one.returncode for one in runs] == [0, 0], printed
    taken = [upload["file_name"] for out, _ in printed for upload in json.loads(out)["uploads"]]
    assert sorted(taken) == sorted(f"{number}.csv" for number in range(1, 13))
    with psycopg.connect(settings.warehouse_url) as connection:
        assert connection.execute("select count(*) from raw.upload").fetchone() == (12,)


def test_a_run_that_is_told_to_stop_leaves_nothing_behind(settings: Settings) -> None:
    write_workbook(_folder(settings) / "a.xlsx", {"penduduk": families([1, 2])})
    with psycopg.connect(settings.warehouse_url, autocommit=True) as blocker:
        blocker.execute(
            "create function stop() returns trigger language plpgsql as $$ begin "
            "perform pg_advisory_xact_lock(42); return null; end $$"
        )
        blocker.execute("create trigger stop before insert on raw.upload for each statement execute function stop()")
        blocker.execute("select pg_advisory_lock(42)")  # the run waits here, its readers at hand
        process = _start(settings)
        timer = threading.Timer(240, process.kill)
        timer.start()
        with psycopg.connect(settings.warehouse_url, autocommit=True) as watcher:
            while (
                process.poll() is None
                and not watcher.execute(
                    "select 1 from pg_locks where locktype = 'advisory' and objid = 42 and not granted"
                ).fetchone()
            ):
                watcher.execute("select pg_sleep(0.05)")
        family = _descendants(process.pid)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
        timer.cancel()
        assert process.returncode == 143, err
        assert len(family) >= 2, "the readers and what starts them"
        blocker.execute("drop trigger stop on raw.upload")
    assert out == ""
    assert "Traceback" not in err
    assert _left_in_work(settings) == []
    with psycopg.connect(settings.warehouse_url) as connection:
        assert connection.execute("select count(*) from raw.upload").fetchone() == (0,)
    for pid in family:
        _wait_until_gone(pid)
    assert [one.status for one in _intake(settings).values()] == ["accepted"]


def _descendants(pid: int) -> list[int]:
    return [one.pid for one in psutil.Process(pid).children(recursive=True)]


def _wait_until_gone(pid: int) -> None:
    with suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(timeout=30)


def test_the_inbox_may_be_emptied_by_others_at_any_time(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    _event(_folder(settings) / "a.csv")
    receive = run.scan.receive

    def received(*arguments, **named):
        pending = receive(*arguments, **named)
        shutil.rmtree(settings.inbox)
        return pending

    monkeypatch.setattr(run.scan, "receive", received)
    assert run_intake(settings).uploads == []
    monkeypatch.undo()
    assert run_intake(settings).uploads == []
