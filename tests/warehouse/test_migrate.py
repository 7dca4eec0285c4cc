"""Setting up a warehouse under accounts that may do more or less."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from tests.conftest import make_settings

from entas.errors import EntasError
from entas.settings import Settings
from entas.warehouse import open_warehouse
from entas.warehouse.embedded import EmbeddedServer
from entas.warehouse.migrate import migrate


@pytest.fixture(params=["", "createrole"])
def ordinary(server: EmbeddedServer, settings: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    """An account that owns its database, on a server where another database's Entas has made the roles."""
    name = f"office_{request.param or 'plain'}"
    with psycopg.connect(settings.warehouse_url, autocommit=True) as connection:
        connection.execute(f"create role {name} login {request.param}")
        connection.execute(f"create database {name} owner {name} template template0 encoding 'UTF8'")
    return make_settings(tmp_path / "ordinary", server.url(name, user=name))


def test_an_owner_who_is_not_granted_the_roles_of_another_database_works_without_them(ordinary: Settings) -> None:
    warehouse = open_warehouse(ordinary)
    assert not warehouse.roles
    with warehouse.connect() as connection:
        assert connection.execute("select current_user = session_user").fetchone() == (True,)
        assert connection.execute("select count(*) > 0 from reference.village").fetchone() == (True,)
        assert connection.execute("select count(*) from raw.upload").fetchone() == (0,)


def test_a_server_that_is_too_old_is_told_so(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entas.warehouse.migrate._OLDEST_SERVER", 1_000_000)
    with pytest.raises(EntasError, match="the warehouse runs PostgreSQL 18; Entas needs 100 or newer"):
        open_warehouse(settings)


def test_a_warehouse_of_a_later_version_is_left_alone(settings: Settings) -> None:
    with open_warehouse(settings).connect() as connection:
        connection.execute("update raw.entas_version set version_num = '9999'")
    with pytest.raises(EntasError, match=r"of a later version of Entas \(migration 9999; this one knows \d{4}\)"):
        migrate(settings.warehouse_url, settings)
