"""A warehouse with the uploads of a random world, built by dbt."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from entas.orchestration import ensure_manifest
from entas.settings import PROJECT_ROOT, Settings
from entas.warehouse import Warehouse, open_warehouse
from entas.warehouse.dbt import transform
from tests.conftest import make_settings
from tests.dbt_project.worlds import World

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Built:
    """A world in a warehouse of its own, after `dbt build`."""

    world: World
    settings: Settings
    #: order of receipt to upload_id
    upload_ids: dict[int, int]

    @property
    def warehouse(self) -> Warehouse:
        return open_warehouse(self.settings)

    def rows(self, query: str) -> Rows:
        """The rows of a query, as dicts."""
        with self.warehouse.connect(row_factory=dict_row) as connection:
            return connection.execute(query).fetchall()  # type: ignore[return-value]


BuildWorld = Callable[..., Built]


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """dbt's manifest of the project, which Airflow reads too."""
    path = ensure_manifest(make_settings(tmp_path_factory.mktemp("manifest"), None))
    return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def build_world(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> BuildWorld:
    """Loads a world into a new database and runs `dbt build`, data tests included."""

    def build(seed: int, uploads: int = 60, **policy: str) -> Built:
        home = tmp_path_factory.mktemp("world")
        settings = make_settings(home, new_database())
        if policy:
            settings = replace(settings, project_root=project_with_policy(home, policy))
        world = World(seed, uploads)
        with open_warehouse(settings).connect() as connection:
            upload_ids = world.load(connection)
        transform(settings)
        return Built(world, settings, upload_ids)

    return build


def project_with_policy(folder: Path, policy: dict[str, str]) -> Path:
    """A copy of the dbt project whose policy has other values for these keys; returns its root."""
    root = folder / "project"
    shutil.copytree(PROJECT_ROOT / "dbt_project", root / "dbt_project", ignore=shutil.ignore_patterns("target", "logs"))
    path = root / "dbt_project" / "seeds" / "policy.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=["regency", "key", "value", "valid_from"])
        writer.writeheader()
        for row in rows:
            writer.writerow(row | {"value": policy.get(row["key"], row["value"])})
    return root


@pytest.fixture(scope="session")
def built(build_world: BuildWorld) -> Built:
    """The world of seed 4, for tests that only read its marts."""
    return build_world(4)


@pytest.fixture
def analyst(built: Built, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """A connection as entas_analyst; the server of the tests trusts its socket and asks for no password."""
    monkeypatch.setenv("ENTAS_ANALYST_PASSWORD", "not asked for")
    with built.warehouse.connect("analyst", autocommit=True) as connection:
        yield connection
