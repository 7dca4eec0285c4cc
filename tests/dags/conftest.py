"""One deployment of Airflow for all tests of the DAGs: a home of its own with its embedded server."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from entas import orchestration
from entas.settings import Settings
from entas.warehouse.embedded import EmbeddedServer


@pytest.fixture(scope="session")
def deployment() -> Iterator[Settings]:
    """Settings of a home whose Airflow is ready. The environment is Airflow's until the end of the run of pytest."""
    home = Path(tempfile.mkdtemp(prefix="entas-dags-"))
    own = {name: value for name, value in os.environ.items() if not name.startswith(("ENTAS_", "AIRFLOW_"))}
    with patch.dict(os.environ, own | {"ENTAS_HOME": str(home)}, clear=True):
        settings = Settings.from_env()
        environment = orchestration.airflow_environment(settings)
        orchestration.ensure_manifest(settings)
        orchestration.ensure_airflow_database(settings, environment)
        os.environ.update(environment)
        yield settings
        from airflow.settings import dispose_orm

        dispose_orm(do_log=False)
        from entas.warehouse.connection import _open

        _open.cache_clear()
        EmbeddedServer(home).stop()
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def dags(deployment: Settings) -> dict[str, Any]:
    """The DAGs by id, none of which may fail to import."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(deployment.project_root / "dags"))
    assert bag.import_errors == {}
    return bag.dags
