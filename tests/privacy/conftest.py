"""An office that took in uploads long ago and now; each test works on a copy of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from entas import clock
from entas.settings import Settings
from entas.warehouse.embedded import EmbeddedServer
from tests.conftest import make_settings
from tests.privacy.keeping import LONG_AGO, Office, new_uploads, old_uploads


@pytest.fixture(scope="module")
def first_office(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, str]:
    """An office that took in the old uploads long ago and the new ones now; tests work on copies of it."""
    url = new_database()
    home = tmp_path_factory.mktemp("office") / "home"
    office = Office(make_settings(home, url))
    inbox = Path(office.settings.inbox)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: LONG_AGO)
        old_uploads(inbox)
        assert office.take_in() == ["accepted_with_quarantine", "accepted", "rejected"]
    new_uploads(inbox)
    assert set(office.take_in()) == {"accepted"}
    return office.settings, url


@pytest.fixture
def office(first_office: tuple[Settings, str], server: EmbeddedServer, tmp_path: Path) -> Iterator[Office]:
    """A copy of the office, which keeps identities for 24 months."""
    settings, url = first_office
    name = f"{conninfo_to_dict(url)['dbname']}_copy"
    original = sql.Identifier(str(conninfo_to_dict(url)["dbname"]))
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("create database {} template {}").format(sql.Identifier(name), original))
    home = tmp_path / "home"
    shutil.copytree(settings.home, home)
    yield Office(replace(make_settings(home, server.url(name)), identity_months=24))
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
