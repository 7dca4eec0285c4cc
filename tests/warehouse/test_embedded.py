"""The embedded server: as root or not, killed, shared, side by side."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from sqlalchemy import make_url

from entas.warehouse.embedded import EmbeddedServer


def _postmaster(server: EmbeddedServer) -> psutil.Process:
    return psutil.Process(int((server.data / "postmaster.pid").read_text().split("\n", 1)[0]))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A temporary folder that another user may pass through, unlike pytest's own."""
    made = Path(tempfile.mkdtemp(prefix="entas-tests-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def own_server(folder: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(folder / "home").hold()
    yield server
    server.stop()


def test_a_killed_server_recovers_what_was_committed(own_server: EmbeddedServer) -> None:
    with psycopg.connect(own_server.url("postgres"), autocommit=True) as connection:
        connection.execute("create table kept as select generate_series(1, 1000) as n")
    process = _postmaster(own_server)
    children = process.children(recursive=True)
    process.send_signal(signal.SIGKILL)
    psutil.wait_procs([process, *children], timeout=30)
    again = EmbeddedServer(own_server.folder.parent).hold()
    with psycopg.connect(again.url("postgres")) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (1000,)


def test_a_pid_file_that_names_another_program_is_no_running_server(own_server: EmbeddedServer) -> None:
    own_server.stop()
    (own_server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{own_server.data}\n0\n5432\n\n\n\nready\n")
    again = EmbeddedServer(own_server.folder.parent).hold()
    with psycopg.connect(again.url("postgres")) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_the_last_holder_stops_it_and_a_killed_holder_does_not_count(folder: Path) -> None:
    home = folder / "home"
    hold = (
        "import sys, pathlib; from entas.warehouse.embedded import EmbeddedServer;"
        f"EmbeddedServer(pathlib.Path({str(home)!r})).hold(); print('held', flush=True); sys.stdin.read()"
    )
    first, second = (
        subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    )
    assert first.stdout.readline() == second.stdout.readline() == "held\n"
    process = _postmaster(EmbeddedServer(home))
    first.kill()
    first.wait()
    assert process.is_running()
    second.communicate(timeout=60)
    assert second.returncode == 0
    process.wait(timeout=30)


def test_two_homes_side_by_side_do_not_meet(own_server: EmbeddedServer, folder: Path) -> None:
    other = EmbeddedServer(folder / "other").hold()
    try:
        with psycopg.connect(own_server.url("postgres"), autocommit=True) as connection:
            connection.execute("create table here (n int)")
        with psycopg.connect(other.url("postgres")) as connection:
            assert connection.execute("select to_regclass('here')").fetchone() == (None,)
    finally:
        other.release()


@pytest.mark.parametrize("name", ["very-long-folder-name-" * 6, "Data, 2023", "O'Neil"])
def test_a_home_with_an_awkward_path_works(folder: Path, name: str) -> None:
    server = EmbeddedServer(folder / name).hold()
    try:
        with psycopg.connect(server.url("postgres")) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        assert server.socket_folder != server.folder
    finally:
        server.release()


@pytest.mark.parametrize("name", ["Data Dinas Sosial", "50%+1 = a&b#c?d"])
def test_a_path_is_the_same_to_psycopg_and_to_sqlalchemy(folder: Path, name: str) -> None:
    server = EmbeddedServer(folder / name)
    told = [
        psycopg.conninfo.conninfo_to_dict(server.url("entas"))["host"],
        make_url(server.url("entas", driver="postgresql+psycopg")).query["host"],
    ]
    assert told == [str(server.socket_folder)] * 2


def test_a_home_with_a_space_in_its_path_works(folder: Path) -> None:
    server = EmbeddedServer(folder / "Data Dinas Sosial").hold()
    try:
        with psycopg.connect(server.url("postgres")) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
    finally:
        server.release()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user; every other run is by one")
def test_it_works_for_an_ordinary_user(folder: Path) -> None:
    # This Python itself may be closed to other users, so the child is a fork of it.
    home = folder / "home"
    home.mkdir()
    nobody = pwd.getpwnam("nobody")
    folder.chmod(0o755)
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups([])
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)
            server = EmbeddedServer(home).hold()
            with psycopg.connect(server.url("postgres")) as connection:
                status = 0 if connection.execute("select 42").fetchone() == (42,) else 2
            server.release()
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="as another user the server is the user's own")
def test_a_folder_above_that_was_closed_to_others_is_opened_again(folder: Path) -> None:
    server = EmbeddedServer(folder / "home").hold()
    folder.chmod(0o700)
    server.release()
    assert not (server.data / "postmaster.pid").exists()


def test_the_socket_is_closed_to_other_users(own_server: EmbeddedServer) -> None:
    socket = own_server.socket_folder / ".s.PGSQL.5432"
    assert stat.S_IMODE(socket.stat().st_mode) == 0o700
