"""Airflow from outside: its environment, its database, its processes. What the DAG files call without Airflow.

`python -m entas.orchestration up|down|env|manifest|docs`; `make up` and `make down` are the usual way.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import date, datetime
from pathlib import Path
from typing import Any

import fasteners
import psutil
import psycopg

from entas import clock
from entas.errors import EntasError, UsageError
from entas.settings import Settings
from entas.warehouse import open_warehouse
from entas.warehouse.connection import AIRFLOW_DATABASE
from entas.warehouse.documentation import write_docs
from entas.warehouse.embedded import EmbeddedServer

#: Name of the asset that intake emits and the transformation waits for.
ACCEPTED_REGISTERS = "accepted_registers"
#: Exceptions after which trying again can help: something did not answer. Everything else is for a person.
TRANSIENT = [
    "entas.errors.UnreachableError",
    "psycopg.OperationalError",
    "builtins.ConnectionError",
    "builtins.TimeoutError",
]
#: Airflow's processes, in the order of their start.
COMPONENTS = ("api-server", "dag-processor", "scheduler", "triggerer")
_ADMIN = "admin"
_LOCAL = "127.0.0.1"
#: Seconds until every process must have reported; a first start on a slow disk migrates a database.
_START_SECONDS = 300
_STOP_SECONDS = 30


# -- what DAG files call ---------------------------------------------------------------------------------------


def report_period(period: str | None, moment: datetime) -> date:
    """Month that a run of the monthly report is about.

    Args:
        period: `YYYY-MM` when a person asked for one, else empty.
        moment: when the run is due; the report is then about the month before (in Jakarta).

    Raises:
        UsageError: `period` is no month.
    """
    if period:
        return clock.require_period(period)
    return clock.add_months(clock.jakarta_day(moment).replace(day=1), -1)


def accepted_since(settings: Settings, moment: datetime) -> int:
    """Accepted uploads that were received at or after a moment.

    A run of intake that was killed and tried again counts here what its first attempt had loaded.
    """
    with open_warehouse(settings).connect() as connection:
        row = connection.execute(
            "select count(*) from raw.upload where received_at >= %s and status like 'accepted%%'", (moment,)
        ).fetchone()
    return int(row[0]) if row else 0


_building: psycopg.Connection | None = None


def begin_build(settings: Settings) -> None:
    """Let this process run dbt: say where the warehouse is, and wait until no other build runs in it."""
    global _building
    from entas.warehouse.dbt import BUILD_LOCK

    enter_dbt(settings)
    end_build()
    _building = open_warehouse(settings).connect(autocommit=True)
    _building.execute("select pg_advisory_lock(%s)", (BUILD_LOCK,))


def end_build() -> None:
    """Let the next build begin. The end of the process does the same."""
    global _building
    if _building is not None:
        _building.close()
        _building = None


def enter_dbt(settings: Settings) -> None:
    """Put what dbt_project/profiles.yml reads into this process's environment.

    By environment and not as an argument of the tasks: Airflow shows arguments, and one of them is a password.
    """
    from entas.warehouse.dbt import dbt_environment

    os.environ.update(dbt_environment(settings))


# -- the manifest ----------------------------------------------------------------------------------------------


def manifest_path(project_root: Path) -> Path:
    """The manifest that Cosmos reads while Airflow parses the DAGs."""
    return project_root / "dbt_project" / "target" / "manifest.json"


def ensure_manifest(settings: Settings) -> Path:
    """Write the manifest with `dbt parse` when it is missing or older than a file of the dbt project.

    Raises:
        EntasError: the project cannot be parsed; says what dbt says.
    """
    manifest = manifest_path(settings.project_root)
    project = manifest.parent.parent
    manifest.parent.mkdir(exist_ok=True)
    with fasteners.InterProcessLock(manifest.parent / ".manifest.lock"):
        sources = [project / "dbt_project.yml", project / "profiles.yml"]
        for folder in ("models", "seeds", "macros", "tests"):
            sources += [path for path in (project / folder).rglob("*") if path.is_file()]
        newest = max(path.stat().st_mtime_ns for path in sources)
        if manifest.exists() and manifest.stat().st_mtime_ns >= newest:
            return manifest
        done = subprocess.run(
            [
                *(_program("dbt"), "--no-use-colors", "parse"),
                *("--project-dir", str(project), "--profiles-dir", str(project)),
                *("--target-path", str(manifest.parent), "--log-path", str(settings.home / "logs" / "dbt")),
            ],
            env=os.environ | _silent(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = " ".join((done.stdout + done.stderr).split())[-600:]
            raise EntasError(f"dbt cannot parse {project}: {said}")
        os.utime(manifest)  # dbt leaves it alone when nothing in it would change
    return manifest


# -- the environment -------------------------------------------------------------------------------------------


def airflow_environment(settings: Settings) -> dict[str, str]:
    """All variables that Airflow's processes of this home need.

    The embedded server of the home keeps Airflow's metadata, also when the warehouse is elsewhere, unless the
    environment names another database (`AIRFLOW__DATABASE__SQL_ALCHEMY_CONN`). Secrets and the password of `admin`
    are made once and kept in `<home>/airflow`, readable by its owner only.
    """
    home = settings.home / "airflow"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept = _kept_secrets(home / "secrets.json")
    values = {
        "ENTAS_HOME": str(settings.home),
        "ENTAS_REGENCY": settings.regency,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(settings.project_root / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(settings.project_root / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(max(2, os.cpu_count() or 2)),
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Asia/Jakarta",
        "AIRFLOW__CORE__FERNET_KEY": kept["fernet_key"],
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{_ADMIN}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__API__SECRET_KEY": kept["api_secret"],
        "AIRFLOW__API_AUTH__JWT_SECRET": kept["jwt_secret"],
        "AIRFLOW__API__HOST": _LOCAL,
        "AIRFLOW__API__WORKERS": "1",
        # Seconds that a task waits for the API server before it asks again; a busy small machine takes more than 5.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(settings.home / "logs" / "airflow"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(
            settings.home / "logs" / "airflow" / "dag_processor"
        ),
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__COSMOS__CACHE_DIR": str(settings.home / "airflow" / "cosmos"),
        # The producer is never tried again, so nothing has to outlive it.
        "AIRFLOW__COSMOS__ENABLE_WATCHER_RELIABLE_RETRY": "False",
        **_silent(),
    }
    given = os.environ.get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN")
    if given:
        values["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = given
    else:
        server = EmbeddedServer(settings.home)
        for name, driver in (("SQL_ALCHEMY_CONN", "psycopg2"), ("SQL_ALCHEMY_CONN_ASYNC", "asyncpg")):
            values[f"AIRFLOW__DATABASE__{name}"] = _metadata_url(server, driver)
    return values


def _metadata_url(server: EmbeddedServer, driver: str) -> str:
    return server.url(AIRFLOW_DATABASE, driver=f"postgresql+{driver}")


def _silent() -> dict[str, str]:
    """Nothing calls home: neither Airflow, nor Cosmos, nor dbt, nor Great Expectations."""
    return {
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW__COSMOS__ENABLE_TELEMETRY": "False",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "GX_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "SCARF_NO_ANALYTICS": "true",
    }


def _kept_secrets(path: Path) -> dict[str, str]:
    with fasteners.InterProcessLock(path.with_suffix(".lock")):
        if not path.exists():
            made = {
                "fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
                "api_secret": secrets.token_urlsafe(32),
                "jwt_secret": secrets.token_urlsafe(48),
                "password": secrets.token_urlsafe(9),
            }
            _write_privately(path, json.dumps(made, indent=2))
            _write_privately(path.with_name("passwords.json"), json.dumps({_ADMIN: made["password"]}))
        return json.loads(path.read_text(encoding="utf-8"))


def _write_privately(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text + "\n")


def ensure_airflow_database(settings: Settings, environment: dict[str, str]) -> None:
    """Bring up the database of Airflow's metadata, made and migrated; this process holds the embedded server.

    Raises:
        EntasError: Airflow cannot migrate it; names the log.
    """
    environment = os.environ | environment
    server = EmbeddedServer(settings.home)
    if environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == _metadata_url(server, "psycopg2"):
        server.hold().ensure_database(AIRFLOW_DATABASE)
    log = _log_file(settings, "airflow-db-migrate.log")
    with log.open("w") as output:
        done = subprocess.run(
            [_program("airflow"), "db", "migrate"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise EntasError(f"Airflow cannot set up its database; see {log}")


def _program(name: str) -> str:
    """A program of this Python environment."""
    return str(Path(sys.executable).parent / name)


def _log_file(settings: Settings, name: str) -> Path:
    folder = settings.home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


# -- make up, make down ----------------------------------------------------------------------------------------


class Supervisor:
    """Airflow's four processes of one home, under one foreground process.

    Args:
        settings: whose home.
        port: of the UI; None for a free one.
    """

    def __init__(self, settings: Settings, port: int | None = None) -> None:
        self.settings = settings
        self.port = port or _free_port()
        self.state = settings.home / "airflow" / "up.json"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def address(self) -> str:
        return f"http://{_LOCAL}:{self.port}"

    def run(self) -> int:
        """Start, say where the UI is, and stay until a signal or until a process ends on its own.

        Returns:
            Exit code: 0 when it was stopped, 1 when a process ended on its own.

        Raises:
            EntasError: Airflow of this home is up already, or does not start; names the log.
        """
        if _living(self.state):
            raise EntasError(f"Airflow of {self.settings.home} is up already (stop it with: make down)")
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _raise_stop)
        try:
            self._start()
            self._say()
            return self._watch()
        except _Stop:
            print("Stopping ...", flush=True)
            return 0
        finally:
            self._stop()

    def _start(self) -> None:
        print("Starting Airflow ...", flush=True)
        environment = airflow_environment(self.settings) | {
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__BASE_URL": self.address,
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.address}/execution/",
        }
        ensure_manifest(self.settings)
        open_warehouse(self.settings)
        write_docs(self.settings, only_if_missing=True)
        ensure_airflow_database(self.settings, environment)
        # Tasks report to the API server, and one that cannot is failed until its retry: the others come after it.
        deadline = time.monotonic() + _START_SECONDS
        for name in COMPONENTS:
            self._launch(name, os.environ | environment)
            if name == COMPONENTS[0]:
                self._await({"metadatabase"}, deadline)
        self._await({"metadatabase", "scheduler", "dag_processor", "triggerer"}, deadline)

    def _launch(self, name: str, environment: dict[str, str]) -> None:
        with self._log_of(name).open("ab") as output:
            # Sessions of their own: Ctrl-C reaches this process alone, which then stops them in order.
            self.processes[name] = subprocess.Popen(
                [_program("airflow"), name],
                env=environment,
                cwd=self.settings.project_root,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        state = {
            "supervisor": _identity(os.getpid()),
            "processes": [_identity(process.pid) for process in self.processes.values()],
            "address": self.address,
        }
        self.state.write_text(json.dumps(state), encoding="utf-8")

    def _await(self, parts: set[str], deadline: float) -> None:
        """Wait until Airflow says that these parts of it are healthy."""
        waiting = ", ".join(sorted(parts))
        while time.monotonic() < deadline:
            if dead := self._dead():
                raise EntasError(f"Airflow's {dead} did not start; see {self._log_of(dead)}")
            try:
                with urllib.request.urlopen(f"{self.address}/api/v2/monitor/health", timeout=5) as answer:
                    health = json.load(answer)
                waiting = ", ".join(sorted(name for name in parts if health[name]["status"] != "healthy"))
                if not waiting:
                    return
            except (urllib.error.URLError, TimeoutError, ConnectionError):
                pass  # nobody listens yet
            time.sleep(0.5)
        raise EntasError(f"Airflow is not ready after {_START_SECONDS} s ({waiting}); see {self.settings.home}/logs")

    def _say(self) -> None:
        password = json.loads((self.settings.home / "airflow" / "secrets.json").read_text())["password"]
        print(
            f"Airflow is up:  {self.address}\n"
            f"  login         {_ADMIN}\n"
            f"  password      {password}\n"
            f"  inbox         {self.settings.inbox}/<village code>/<YYYY-MM>/<file>\n"
            f"  logs          {self.settings.home / 'logs'}\n"
            "Intake looks into the inbox every 15 minutes; to have it look at once, trigger intake_registers.\n"
            "Ctrl-C here, or make down elsewhere, stops everything.",
            flush=True,
        )

    def _watch(self) -> int:
        while not (dead := self._dead()):
            time.sleep(1)
        print(f"Airflow's {dead} ended on its own; see {self._log_of(dead)}", file=sys.stderr, flush=True)
        return 1

    def _dead(self) -> str | None:
        return next((name for name, process in self.processes.items() if process.poll() is not None), None)

    def _log_of(self, name: str) -> Path:
        return _log_file(self.settings, f"airflow-{name}.log")

    def _stop(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        # The API server goes last: tasks that are just ending still report to it.
        for names in (COMPONENTS[1:], COMPONENTS[:1]):
            running = [process for name in names if (process := self.processes.get(name)) and process.poll() is None]
            _terminate([psutil.Process(process.pid) for process in running])
        self.state.unlink(missing_ok=True)


class _Stop(BaseException):
    """A signal asks for the end."""


def _raise_stop(*_: Any) -> None:
    raise _Stop


def down(settings: Settings) -> bool:
    """Stop what `make up` of this home started, also when its supervisor was killed.

    Returns:
        Whether anything ran.
    """
    state = settings.home / "airflow" / "up.json"
    supervisor = _living(state)
    if supervisor:
        supervisor.terminate()
        with contextlib.suppress(psutil.TimeoutExpired):
            supervisor.wait(2 * _STOP_SECONDS + 15)
    left = _left_over(state)
    _terminate(left)
    state.unlink(missing_ok=True)
    return bool(supervisor or left)


def is_up(home: Path) -> bool:
    """Whether `make up` of a home runs."""
    return _living(home / "airflow" / "up.json") is not None


def _identity(pid: int) -> dict[str, float]:
    return {"pid": pid, "created": psutil.Process(pid).create_time()}


def _find(identity: dict[str, float]) -> psutil.Process | None:
    """The very process, not another that was given its number since."""
    try:
        process = psutil.Process(int(identity["pid"]))
    except psutil.NoSuchProcess:
        return None
    return process if abs(process.create_time() - identity["created"]) < 1 else None


def _living(state: Path) -> psutil.Process | None:
    return _find(json.loads(state.read_text(encoding="utf-8"))["supervisor"]) if state.exists() else None


def _left_over(state: Path) -> list[psutil.Process]:
    if not state.exists():
        return []
    told = json.loads(state.read_text(encoding="utf-8"))
    return [process for one in told["processes"] if (process := _find(one))]


def _terminate(processes: list[psutil.Process]) -> None:
    """Ask them to end; those that do not, and their children, are killed after a while."""
    family = list(processes)
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            family += process.children(recursive=True)
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(family, timeout=_STOP_SECONDS)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=5)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOCAL, 0))
        return int(probe.getsockname()[1])


def tell_ages(settings: Settings) -> None:
    """Print how old each source is, by the limits of the dbt project.

    Raises:
        EntasError: dbt cannot tell.
    """
    from entas.warehouse.documentation import source_ages

    words = {"pass": "", "warn": "older than it should be", "error": "too old: ask the villages", "never": ""}
    for age in source_ages(settings):
        came = f"{age.received_at:%Y-%m-%d}, {age.days} days ago" if age.received_at else "nothing came yet"
        print(f"  {age.source:<28} {came:<28} {words[age.status]}".rstrip())


def main(arguments: list[str] | None = None) -> int:
    """`python -m entas.orchestration COMMAND`."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        settings = Settings.from_env()
        match arguments:
            case ["up"]:
                port = os.environ.get("PORT")
                if port and not port.isdecimal():
                    raise UsageError(f"PORT={port} is no port number")
                return Supervisor(settings, int(port) if port else None).run()
            case ["down"]:
                print("Stopped." if down(settings) else f"Nothing of {settings.home} was running.")
            case ["env"]:
                for name, value in airflow_environment(settings).items():
                    print(f"export {name}={shlex.quote(value)}")
            case ["manifest"]:
                ensure_manifest(settings)
            case ["docs"]:
                print(f"Open {write_docs(settings)} in a browser. The youngest of what villages sent came:")
                tell_ages(settings)
            case _:
                raise UsageError("usage: python -m entas.orchestration up|down|env|manifest|docs")
    except EntasError as error:
        print(f"entas: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
