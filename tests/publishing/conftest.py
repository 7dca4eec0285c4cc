"""The small regency of the report's tests, with October released."""

from __future__ import annotations

import psycopg
import pytest

from entas.reporting import Release, release
from entas.settings import Settings
from tests.reporting.conftest import conn, office  # noqa: F401  fixtures
from tests.reporting.office import OCTOBER, Office


@pytest.fixture
def released(conn: psycopg.Connection, settings: Settings, office: Office) -> Release:  # noqa: F811
    return release(conn, settings, OCTOBER)
