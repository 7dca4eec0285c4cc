"""A connection to an empty warehouse, and a small regency whose report can be checked by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from entas.settings import Settings
from tests.conftest import make_settings
from tests.reporting.office import Office, small_office


@pytest.fixture(scope="module")
def kept_settings(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A deployment that the tests of a module share; they only read it."""
    return make_settings(tmp_path_factory.mktemp("kept"), new_database())


@pytest.fixture(scope="module")
def kept_conn(kept_settings: Settings) -> Iterator[psycopg.Connection]:
    with psycopg.connect(kept_settings.warehouse_url) as connection:
        small_office(connection)
        yield connection


@pytest.fixture
def conn(settings: Settings) -> Iterator[psycopg.Connection]:
    with psycopg.connect(settings.warehouse_url) as connection:
        yield connection


@pytest.fixture
def office(conn: psycopg.Connection) -> Office:
    return small_office(conn)
