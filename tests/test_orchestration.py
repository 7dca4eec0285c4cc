"""Airflow's environment and processes, with a stand-in for the `airflow` program where only the processes matter."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from entas import orchestration
from entas.errors import EntasError
from entas.settings import PROJECT_ROOT, Settings

#: Does what the supervisor needs of `airflow`: the API server tells its health, the others stay. A component named in
#: STAND_IN_DIES ends on its own as soon as that file exists.
STAND_IN = """#!{python}
import http.server, json, os, sys, threading, time
name = sys.argv[1]
if name == "db":
    sys.exit(0)
def watch():
    while not os.path.exists(os.environ["STAND_IN_DIES"]) or open(os.environ["STAND_IN_DIES"]).read() != name:
        time.sleep(0.05)
    os._exit(7)
threading.Thread(target=watch, daemon=True).start()
if name != "api-server":
    threading.Event().wait()
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        parts = ("metadatabase", "scheduler", "dag_processor", "triggerer")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({{part: {{"status": "healthy"}} for part in parts}}).encode())
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(os.environ["AIRFLOW__API__PORT"])), Health).serve_forever()
"""

SUPERVISOR = """
import sys
from entas import orchestration
orchestration._program = lambda name: {program!r}
orchestration.ensure_manifest = lambda settings: None
orchestration.write_docs = lambda settings, **options: None
sys.exit(orchestration.main(["up"]))
"""


def _eventually(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@pytest.fixture
def up(settings: Settings, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """`make up` of the home of `settings` with the stand-in, from the moment it says that it is up."""
    program = tmp_path / "airflow"
    program.write_text(STAND_IN.format(python=sys.executable))
    program.chmod(0o755)
    assert settings.warehouse_url
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ENTAS_", "AIRFLOW_"))} | {
        "ENTAS_HOME": str(settings.home),
        "ENTAS_WAREHOUSE_URL": settings.warehouse_url,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql+psycopg2://nobody@/nothing",  # no server of its own
        "STAND_IN_DIES": str(tmp_path / "dies"),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR.format(program=str(program))],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout
        said = ""
        while "Airflow is up" not in said:
            said = process.stdout.readline()
            assert said, process.communicate()[1]
        yield process
    finally:
        orchestration.down(settings)
        process.kill()
        process.communicate()


def _components(settings: Settings) -> list[psutil.Process]:
    told = json.loads((settings.home / "airflow" / "up.json").read_text())
    return [psutil.Process(one["pid"]) for one in told["processes"]]


def _gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_ctrl_c_stops_everything(up: subprocess.Popen[str], settings: Settings) -> None:
    components = _components(settings)
    assert len(components) == len(orchestration.COMPONENTS)
    assert orchestration.is_up(settings.home)
    up.send_signal(signal.SIGINT)
    assert up.wait(60) == 0
    assert all(_gone(component) for component in components)
    assert not orchestration.is_up(settings.home)
    assert not (settings.home / "airflow" / "up.json").exists()


def test_down_stops_it_from_elsewhere(up: subprocess.Popen[str], settings: Settings) -> None:
    components = _components(settings)
    assert orchestration.down(settings) is True
    assert up.wait(60) == 0
    assert all(_gone(component) for component in components)
    assert orchestration.down(settings) is False


def test_down_finds_what_a_killed_supervisor_left(up: subprocess.Popen[str], settings: Settings) -> None:
    components = _components(settings)
    up.kill()
    up.wait(60)
    assert not any(_gone(component) for component in components)
    assert orchestration.down(settings) is True
    _eventually(lambda: all(_gone(component) for component in components), "components are still there")


def test_a_process_that_ends_on_its_own_ends_all_and_is_named(
    up: subprocess.Popen[str], settings: Settings, tmp_path: Path
) -> None:
    components = _components(settings)
    (tmp_path / "dies").write_text("triggerer")
    assert up.wait(60) == 1
    assert up.stderr
    assert "triggerer ended on its own; see" in up.stderr.read()
    assert all(_gone(component) for component in components)


def test_two_of_one_home_do_not_start(up: subprocess.Popen[str], settings: Settings) -> None:
    with pytest.raises(EntasError, match="is up already"):
        orchestration.Supervisor(settings).run()
    assert not any(_gone(component) for component in _components(settings))


def test_secrets_are_made_once_and_for_nobody_else(settings: Settings) -> None:
    first = orchestration.airflow_environment(settings)
    assert orchestration.airflow_environment(settings) == first
    for name in ("secrets.json", "passwords.json"):
        assert (settings.home / "airflow" / name).stat().st_mode & 0o077 == 0
    kept = json.loads((settings.home / "airflow" / "secrets.json").read_text())
    assert json.loads((settings.home / "airflow" / "passwords.json").read_text()) == {"admin": kept["password"]}
    assert len(set(kept.values())) == 4
    assert kept["password"] not in first.values()


def test_homes_have_secrets_of_their_own(settings: Settings, tmp_path: Path) -> None:
    other = replace(settings, home=tmp_path / "other")
    secret = "AIRFLOW__API_AUTH__JWT_SECRET"
    assert orchestration.airflow_environment(settings)[secret] != orchestration.airflow_environment(other)[secret]


def test_nothing_calls_home(settings: Settings) -> None:
    environment = orchestration.airflow_environment(settings)
    assert environment["AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"] == "False"
    assert environment["AIRFLOW__COSMOS__ENABLE_TELEMETRY"] == "False"
    assert environment["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "false"
    assert environment["GX_ANALYTICS_ENABLED"] == "false"


def test_the_database_that_the_environment_names_is_used(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
    monkeypatch.delenv(name, raising=False)
    assert str(settings.home / "postgres") in orchestration.airflow_environment(settings)[name].replace("%2F", "/")
    monkeypatch.setenv(name, "postgresql+psycopg2://airflow@db/airflow")
    assert orchestration.airflow_environment(settings)[name] == "postgresql+psycopg2://airflow@db/airflow"


def test_the_manifest_follows_the_project(settings: Settings, tmp_path: Path) -> None:
    project = tmp_path / "checkout" / "dbt_project"
    shutil.copytree(PROJECT_ROOT / "dbt_project", project, ignore=shutil.ignore_patterns("target", "logs"))
    settings = replace(settings, project_root=project.parent)
    manifest = orchestration.ensure_manifest(settings)
    made = manifest.stat().st_mtime_ns
    assert json.loads(manifest.read_text())["nodes"]
    assert orchestration.ensure_manifest(settings).stat().st_mtime_ns == made
    (project / "models" / "staging" / "stg_uploads.sql").write_text("select * from {{ ref('no_such_model') }}")
    later = time.time() + 5
    os.utime(project / "models" / "staging" / "stg_uploads.sql", (later, later))
    with pytest.raises(EntasError, match="no_such_model"):
        orchestration.ensure_manifest(settings)
