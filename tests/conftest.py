"""One PostgreSQL for the whole run, one fresh database and home for each test that asks for `settings`."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from entas.settings import Settings
from entas.warehouse.embedded import EmbeddedServer
from entas.warehouse.migrate import migrate

REGENCY = "32.16"
PSEUDONYM_KEY = "a key for tests, known to everybody"

#: The same examples in each run, however slow the machine: what fails on one fails on all. For others:
#: `--hypothesis-profile=default`.
hypothesis.settings.register_profile("entas", derandomize=True, deadline=None)
hypothesis.settings.load_profile("entas")

_numbers = itertools.count(1)

#: Files that run for minutes. They go first, so that the other processes of `pytest -n` have work until they are done.
LONGEST = (
    "test_demo.py",
    "test_differential.py",
    "test_runs.py",
    "test_against_reference_model.py",
    "test_incremental.py",
    "test_reproduce.py",
    "test_cli.py",
    "test_rights.py",
    "test_worklists.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    rank = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.name, len(rank)))


def make_settings(home: Path, url: str | None) -> Settings:
    """Settings as `Settings.from_env` would make them, without the machine's environment."""
    environment = {"ENTAS_HOME": str(home), "ENTAS_PSEUDONYM_KEY": PSEUDONYM_KEY, "ENTAS_REGENCY": REGENCY}
    return Settings.from_env(environment | ({"ENTAS_WAREHOUSE_URL": url} if url else {}))


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """An embedded server; the tests kill processes, never the machine, so it need not wait for the disk."""
    # Not in pytest's own folder: as root the server is another user's, and each run of pytest closes that folder.
    home = Path(tempfile.mkdtemp(prefix="entas-tests-"))
    server = EmbeddedServer(home).hold()
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"alter system set {setting} = off")
        connection.execute("select pg_reload_conf()")
    yield server
    server.release()
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def new_database(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Makes a migrated, empty database and returns its URL."""
    server.ensure_database("entas_template")
    migrate(server.url("entas_template"), make_settings(tmp_path_factory.mktemp("template"), None))

    def make() -> str:
        name = f"entas_{next(_numbers)}"
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute(f"create database {name} template entas_template")
        return server.url(name)

    return make


@pytest.fixture
def settings(server: EmbeddedServer, new_database: Callable[[], str], tmp_path: Path) -> Iterator[Settings]:
    """A deployment of its own: empty inbox, empty warehouse."""
    url = new_database()
    yield make_settings(tmp_path / "home", url)
    # Hundreds of them would be a gigabyte to write to the disk, and files to delete for a minute at the end.
    name = sql.Identifier(conninfo_to_dict(url)["dbname"])
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(name))
