"""docker-compose.yaml and what belongs to it, as far as that can be told without Docker.

docs/compose.md says how the stack itself is tried.
"""

from __future__ import annotations

import base64
import fnmatch
import importlib.util
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import pytest
import yaml
from psycopg.conninfo import make_conninfo

import entas
from entas.errors import EntasError
from entas.orchestration import airflow_environment
from entas.settings import PROJECT_ROOT, Settings
from entas.stewards import add_steward, remove_steward
from entas.warehouse.embedded import EmbeddedServer
from entas.warehouse.migrate import migrate

COMPOSE = (PROJECT_ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
DOCKERFILE = (PROJECT_ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
EXAMPLE = (PROJECT_ROOT / ".env.example").read_text(encoding="utf-8")
STACK: dict[str, Any] = yaml.safe_load(COMPOSE)
SERVICES: dict[str, dict[str, Any]] = STACK["services"]
AIRFLOW = {"api-server", "scheduler", "dag-processor", "triggerer", "worker"}
SECRET = re.compile(r"PASSWORD$|SECRET$|_KEY$")


def interpolations(text: str) -> dict[str, set[str]]:
    """Variable -> what follows its name in each `${...}`: "" alone, ":-default", ":?message"."""
    found: dict[str, set[str]] = {}
    for name, rest in re.findall(r"\$\{([A-Z0-9_]+)(:[-?][^}]*)?", re.sub(r"^\s*#.*", "", text, flags=re.M)):
        found.setdefault(name, set()).add(rest)
    return found


def load(name: str) -> ModuleType:
    """A script of docker/ as a module."""
    spec = importlib.util.spec_from_file_location(f"docker_{name}", PROJECT_ROOT / "docker" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# -- docker-compose.yaml -----------------------------------------------------------------------------------------


def test_it_has_the_services_and_only_workers_are_optional() -> None:
    assert set(SERVICES) == AIRFLOW | {"postgres", "init", "redis"}
    assert {name for name, service in SERVICES.items() if service.get("profiles") == ["scale"]} == {"redis", "worker"}
    assert all(service.get("profiles", ["scale"]) == ["scale"] for service in SERVICES.values())


def test_images_are_pinned_and_ours_is_of_this_version() -> None:
    images = {name: service["image"] for name, service in SERVICES.items()}
    assert images.pop("postgres") == "postgres:18"
    assert images.pop("redis") == "redis:7"
    assert set(images.values()) == {f"entas:{entas.__version__}"}
    assert [name for name, service in SERVICES.items() if "build" in service] == ["init"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_tells_its_health_or_ends(name: str) -> None:
    service = SERVICES[name]
    if name == "init":
        assert service["restart"] == "no"
        assert "healthcheck" not in service
    else:
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
        assert {"interval", "timeout", "retries", "start_period"} <= set(service["healthcheck"])


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_limits(name: str) -> None:
    assert SERVICES[name]["mem_limit"]
    assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]
    assert SERVICES[name]["logging"]["options"]["max-size"]
    assert not SERVICES[name].get("privileged")


def test_airflow_waits_for_the_init_job_and_that_for_postgres() -> None:
    for name in AIRFLOW:
        assert SERVICES[name]["depends_on"]["init"] == {"condition": "service_completed_successfully"}
    assert SERVICES["init"]["depends_on"]["postgres"] == {"condition": "service_healthy"}


def test_no_secret_has_a_default() -> None:
    found = interpolations(COMPOSE)
    secrets = {name: rests for name, rests in found.items() if SECRET.search(name)}
    optional = {name for name, rests in secrets.items() if rests == {":-"}}
    without_login = {"ENTAS_ANALYST_PASSWORD", "ENTAS_STEWARD_PASSWORD"}
    other_machines = {"ENTAS_SSH_KEY", "ENTAS_SSH_PASSWORD", "AWS_SECRET_ACCESS_KEY"}  # where files may be
    assert optional == without_login | other_machines
    for name in secrets.keys() - optional:
        assert any(rest.startswith(":?") for rest in secrets[name]), f"{name} is not required"
        assert not any(rest.startswith(":-") for rest in secrets[name]), f"{name} has a default"
    for service in SERVICES.values():
        for key, value in service.get("environment", {}).items():
            if SECRET.search(key) or key == "REDISCLI_AUTH":
                assert re.fullmatch(r"\$\{[A-Z0-9_]+(:[-?][^}]*)?\}", value), f"{key} is written out"
            for password in re.findall(r"://[^/@:]*:([^@]+)@", value):
                assert password.startswith("${"), f"{key} holds a password"


def test_the_example_names_every_variable_and_fills_in_no_secret() -> None:
    found = interpolations(COMPOSE)
    required = set(re.findall(r"^([A-Z0-9_]+)=$", EXAMPLE, flags=re.M))
    optional = dict(re.findall(r"^#([A-Z0-9_]+)=(.*)$", EXAMPLE, flags=re.M))
    assert required == {name for name, rests in found.items() if any(rest.startswith(":?") for rest in rests)}
    assert set(optional) == found.keys() - required
    assert re.findall(r"^[A-Z0-9_]+=.+", EXAMPLE, flags=re.M) == []
    for name, default in optional.items():
        if name != "ENTAS_UI_URL":  # made of another variable
            assert found[name] == {f":-{default}"}


def test_services_begin_with_the_defaults_of_the_code(tmp_path: Path) -> None:
    told = dict(re.findall(r"^#(ENTAS_[A-Z_]+)=([0-9.]+)$", EXAMPLE, flags=re.M))
    environment = {"ENTAS_HOME": str(tmp_path), "ENTAS_PSEUDONYM_KEY": "k"}
    assert {"ENTAS_MAX_ROWS", "ENTAS_SWEEP_HOURS", "ENTAS_REGENCY"} <= told.keys()
    assert Settings.from_env(environment | told) == Settings.from_env(environment)


def test_the_host_is_reached_by_the_ui_alone() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports == {"api-server": ["127.0.0.1:${ENTAS_UI_PORT:-8080}:8080"]}
    assert STACK["networks"]["data"]["internal"] is True
    assert SERVICES["postgres"]["networks"] == SERVICES["redis"]["networks"] == ["data"]
    assert all(service.get("network_mode") is None for service in SERVICES.values())


def test_what_must_outlive_a_container_is_on_volumes() -> None:
    kept = dict.fromkeys(STACK["volumes"])
    for name in AIRFLOW | {"init"}:
        mounts = [re.sub(r"\$\{[A-Z0-9_]+:-([a-z]+)\}", r"\1", mount).split(":") for mount in SERVICES[name]["volumes"]]
        assert {source for source, _ in mounts} == kept.keys() - {"postgres"}
        places = [target for _, target in mounts]
        environment = SERVICES[name]["environment"]
        for variable in ("ENTAS_HOME", "ENTAS_INBOX", "ENTAS_ARCHIVE", "ENTAS_FEEDBACK", "ENTAS_REPORTS"):
            assert re.sub(r"\$\{[A-Z0-9_]+:-(.*)\}", r"\1", environment[variable]) in places
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]


def test_services_share_the_environment_that_make_up_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What orchestration.airflow_environment sets is set here too, and alike where the place does not matter."""
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql+psycopg2://nowhere/airflow")
    local = airflow_environment(Settings.from_env({"ENTAS_HOME": str(tmp_path), "ENTAS_PSEUDONYM_KEY": "k"}))
    elsewhere = {"AIRFLOW__CORE__EXECUTOR"}  # in airflow.cfg, by the init job
    for name in AIRFLOW:
        environment = SERVICES[name]["environment"]
        assert local.keys() - elsewhere <= environment.keys()
        for key, value in local.items():
            here = environment.get(key, "")
            if key not in elsewhere | {"AIRFLOW__API__HOST"} and str(tmp_path) not in value and "/" not in str(here):
                assert "${" in str(here) or str(here) == value, key


def test_a_variable_of_the_environment_is_text() -> None:
    """YAML would make False and 1 of unquoted values; compose wants text and Airflow reads it."""
    for service in SERVICES.values():
        assert all(isinstance(value, str) for value in service.get("environment", {}).values())


# -- Dockerfile --------------------------------------------------------------------------------------------------


def test_the_image_installs_hashed_requirements_and_nothing_else() -> None:
    assert re.search(r"^FROM python:3\.12-slim-bookworm$", DOCKERFILE, flags=re.M)
    installs = re.findall(r"pip install ([^&]*)", DOCKERFILE)
    assert any("-r requirements.txt" in install for install in installs)
    for install in installs:
        assert "--require-hashes" in install or ("--offline" in install and "--no-deps" in install)
    assert not re.search(r"\b(apt|apt-get|curl|wget|git)\b", DOCKERFILE)
    assert "--compile-bytecode" in DOCKERFILE


def test_the_image_runs_as_an_ordinary_user() -> None:
    instructions = re.findall(r"^([A-Z]+)\b", DOCKERFILE, flags=re.M)
    assert re.search(r"^USER entas$", DOCKERFILE, flags=re.M)
    assert instructions.index("USER") < instructions.index("ENTRYPOINT")
    assert re.search(r"^RUN.*useradd --uid 10001 .*entas", DOCKERFILE, flags=re.M)


def test_the_build_sees_only_what_it_copies() -> None:
    lines = [line for line in (PROJECT_ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert lines[0] == "*"
    allowed = {line[1:] for line in lines if line.startswith("!")}
    copied = {word for words in re.findall(r"^COPY (.*) \S+$", DOCKERFILE, flags=re.M) for word in words.split()}
    assert not {".", ".env", ".entas", ".git"} & (allowed | copied)
    for name in allowed:
        assert any(fnmatch.fnmatch(name, pattern) for pattern in copied), f"{name} is sent but not copied"
    for pattern in copied:
        assert fnmatch.filter(allowed, pattern), f"{pattern} is copied but not sent"


# -- docker/ -----------------------------------------------------------------------------------------------------


def test_make_env_fills_in_every_secret_and_keeps_an_old_file(tmp_path: Path) -> None:
    (tmp_path / "docker").mkdir()
    script = shutil.copy(PROJECT_ROOT / "docker" / "make-env.sh", tmp_path / "docker")
    shutil.copy(PROJECT_ROOT / ".env.example", tmp_path)
    subprocess.run([script], check=True, capture_output=True)
    made = tmp_path / ".env"
    values = dict(line.split("=", 1) for line in made.read_text().splitlines() if re.match("[A-Z]", line))
    assert values.keys() == set(re.findall(r"^([A-Z0-9_]+)=$", EXAMPLE, flags=re.M))
    assert len(set(values.values())) == len(values)
    assert len(base64.urlsafe_b64decode(values["AIRFLOW_FERNET_KEY"])) == 32
    assert all(len(value) >= 64 for name, value in values.items() if name != "AIRFLOW_FERNET_KEY")
    load("init").check_passwords(values)
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    before = made.read_bytes()
    assert subprocess.run([script], check=False, capture_output=True).returncode == 1
    assert made.read_bytes() == before


def test_the_ui_password_goes_to_a_private_file_and_no_further(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "airflow").write_text('#!/bin/bash\necho "$@"; env\n')
    (programs / "airflow").chmod(0o755)
    (programs / "python").symlink_to(sys.executable)
    passwords = tmp_path / "passwords.json"
    done = subprocess.run(
        [PROJECT_ROOT / "docker" / "entrypoint.sh", "api-server"],
        env={
            "PATH": f"{programs}:{os.environ['PATH']}",
            "ENTAS_UI_USER": "admin",
            "ENTAS_UI_PASSWORD": 'with "quotes" and \\',
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        },
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines()[0] == "api-server"
    assert "quotes" not in done.stdout
    assert json.loads(passwords.read_text()) == {"admin": 'with "quotes" and \\'}
    assert stat.S_IMODE(passwords.stat().st_mode) == 0o600


@pytest.mark.parametrize("password", ["", "two words", "a@b", "50%", "path/like"])
def test_passwords_that_would_break_a_url_are_refused(password: str) -> None:
    init = load("init")
    good = dict.fromkeys(init._IN_URLS, "Aa0._~=-")
    init.check_passwords(good)
    with pytest.raises(EntasError, match="AIRFLOW_DB_PASSWORD"):
        init.check_passwords(good | {"AIRFLOW_DB_PASSWORD": password})


def test_celery_is_chosen_where_its_broker_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    init = load("init")

    def unknown(*_: Any) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert init.choose_executor(tmp_path / "airflow") == "LocalExecutor"
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [])
    assert init.choose_executor(tmp_path / "airflow") == "CeleryExecutor"
    assert "[core]\nexecutor = CeleryExecutor\n" in (tmp_path / "airflow" / "airflow.cfg").read_text()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"scheduler": {"status": "healthy"}}, 0),
        ({"scheduler": {"status": "unhealthy"}}, 1),
        ({"scheduler": {"status": None}}, 1),
        ({"triggerer": {"status": "healthy"}}, 1),
        (None, 1),  # nobody answers
    ],
)
def test_health_is_what_the_monitor_says(
    answer: dict[str, Any] | None, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthcheck = load("healthcheck")
    place = tmp_path / "health"
    if answer is not None:
        place.write_text(json.dumps(answer))
    monkeypatch.setattr(healthcheck, "_URL", place.as_uri())
    assert healthcheck.main("scheduler") == code


def test_the_pinned_celery_serves_airflow(tmp_path: Path) -> None:
    """The provider takes any Celery below 6, and does not work with all of them."""
    program = "from airflow.providers.celery.executors.celery_executor import CeleryExecutor"
    environment = os.environ | {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__UNIT_TEST_MODE": "True"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server of its own: accounts belong to a server, and other tests have theirs."""
    server = EmbeddedServer(tmp_path_factory.mktemp("compose")).hold()
    yield server
    server.release()


def test_init_keeps_the_two_databases_apart(own_server: EmbeddedServer, tmp_path: Path) -> None:
    init = load("init")
    passwords = {"ENTAS_PIPELINE_PASSWORD": "p", "AIRFLOW_DB_PASSWORD": "a", "ENTAS_ANALYST_PASSWORD": "n"}
    for _ in range(2):  # every `up` runs it again
        with psycopg.connect(own_server.url("postgres"), autocommit=True) as connection:
            init.prepare_server(connection, passwords)

    def enter(account: str, database: str) -> None:
        psycopg.connect(make_conninfo(own_server.url(database), user=account)).close()

    enter("airflow", "airflow")
    enter("entas_analyst", "entas")
    for account, database in (("airflow", "entas"), ("entas_pipeline", "airflow"), ("entas_analyst", "airflow")):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            enter(account, database)
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        enter("entas_steward", "entas")  # has no password

    with psycopg.connect(own_server.url("entas"), autocommit=True) as connection:
        init.harden_catalogue(connection)
    # An account without any right over the server, but for making logins of stewards, can migrate the warehouse.
    owner = own_server.url("entas", user="entas_pipeline")
    settings = Settings.from_env(
        {"ENTAS_HOME": str(tmp_path), "ENTAS_PSEUDONYM_KEY": "k", "ENTAS_WAREHOUSE_URL": owner}
    )
    assert migrate(owner, settings)
    with psycopg.connect(owner) as connection:
        assert connection.execute("select count(*) from reference.village").fetchone() == (187,)
        assert connection.execute("select usesuper, usecreatedb from pg_user where usename = user").fetchone() == (
            False,
            False,
        )
    with psycopg.connect(own_server.url("entas", user="entas_analyst")) as connection:
        assert connection.execute("show statement_timeout").fetchone() == ("10min",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select pg_advisory_lock(1)")

    assert add_steward(settings, "tksk_babelan", ["32.16.01"])
    with psycopg.connect(own_server.url("entas", user="tksk_babelan"), autocommit=True) as connection:
        (ticket,) = connection.execute("select identity.request(array[repeat('0', 64)], 'kunjungan')").fetchone()
        assert connection.execute("select * from identity.members(%s)", (ticket,)).fetchall() == []
    remove_steward(settings, "tksk_babelan")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        enter("tksk_babelan", "entas")


def test_init_takes_over_a_new_password(own_server: EmbeddedServer) -> None:
    init = load("init")
    query = "select rolpassword, rolcanlogin from pg_authid where rolname = 'entas_steward'"
    first = {"ENTAS_PIPELINE_PASSWORD": "p", "AIRFLOW_DB_PASSWORD": "a"}
    with psycopg.connect(own_server.url("postgres"), autocommit=True) as connection:
        init.prepare_server(connection, first)
        assert connection.execute(query).fetchone() == (None, False)
        init.prepare_server(connection, first | {"ENTAS_STEWARD_PASSWORD": "it's new"})
        kept, can_login = connection.execute(query).fetchone()
        assert kept.startswith("SCRAM-SHA-256$")
        assert can_login
        init.prepare_server(connection, first)
        assert connection.execute(query).fetchone() == (None, False)
