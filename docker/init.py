"""The init job of docker-compose.yaml: accounts, databases, migrations, dbt's docs. Runs at every `docker compose up`.

Everything here may run again: what is there stays, and passwords become those of the environment. Reads the
variables of docker-compose.yaml; `POSTGRES_PASSWORD`, the server's own account, is given to this job alone.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import psycopg
from psycopg import sql

from entas.errors import EntasError
from entas.settings import Settings
from entas.warehouse import open_warehouse
from entas.warehouse.documentation import write_docs
from entas.warehouse.rights import harden_catalogue
from entas.warehouse.roles import (
    ANALYST,
    CONNECTIONS,
    IDENTITY,
    PASSWORDS,
    PIPELINE,
    STEWARD,
    ensure_roles,
    lock,
    set_limits,
    set_password,
)

_HOST = "postgres"
_BROKER = "redis"
#: Database -> account that owns it. Analysts and stewards may enter the first.
_DATABASES = {"entas": "entas_pipeline", "airflow": "airflow"}
#: Account -> variable of its password; without a password an account cannot log in.
_ACCOUNTS = PASSWORDS | {"airflow": "AIRFLOW_DB_PASSWORD"}
#: These stand in URLs as they are.
_IN_URLS = ("ENTAS_PIPELINE_PASSWORD", "AIRFLOW_DB_PASSWORD", "ENTAS_REDIS_PASSWORD")


def check_passwords(env: dict[str, str]) -> None:
    """Refuse passwords that would break the URLs they are part of.

    Raises:
        EntasError: one holds other characters than letters, digits and `. _ ~ = -`.
    """
    for name in _IN_URLS:
        if not re.fullmatch(r"[A-Za-z0-9._~=-]+", env.get(name, "")):
            raise EntasError(f"{name} may hold letters, digits and . _ ~ = - only; choose another in .env")


def prepare_server(connection: psycopg.Connection, env: dict[str, str]) -> None:
    """Make accounts and databases, set the passwords, and let nobody into a database who has no business there."""
    ensure_roles(connection)
    if not connection.execute("select 1 from pg_roles where rolname = 'airflow'").fetchone():
        connection.execute("create role airflow")
    for account, variable in _ACCOUNTS.items():
        password = env.get(variable)
        if password:
            set_password(connection, account, password)
        else:
            lock(connection, account)
    for role in (ANALYST, STEWARD):
        set_limits(connection, role, CONNECTIONS)
    # What `entas stewards` needs: make logins, and stewards of them, and no more than that.
    connection.execute(sql.SQL("alter role {} createrole").format(sql.Identifier(PIPELINE)))
    for role, options in ((STEWARD, "admin true, inherit false, set false"), (IDENTITY, "inherit false, set true")):
        connection.execute(
            sql.SQL("grant {} to {} with {}").format(sql.Identifier(role), sql.Identifier(PIPELINE), sql.SQL(options))
        )
    for database, owner in _DATABASES.items():
        names = {"database": sql.Identifier(database), "owner": sql.Identifier(owner)}
        if not connection.execute("select 1 from pg_database where datname = %s", (database,)).fetchone():
            connection.execute(
                sql.SQL(
                    "create database {database} owner {owner} template template0 encoding 'UTF8' locale 'C.UTF-8'"
                ).format(**names)
            )
        connection.execute(sql.SQL("revoke all on database {database} from public").format(**names))
    connection.execute("grant connect on database entas to entas_analyst, entas_steward")
    for database in ("postgres", "template1"):
        connection.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(database)))


def choose_executor(airflow_home: Path) -> str:
    """Write Airflow's configuration file: the executor, and nothing else, as all else is in the environment.

    Celery's where `--profile scale` has started the broker (compose starts it before this job), else local ones.
    """
    try:
        socket.getaddrinfo(_BROKER, None)
        executor = "CeleryExecutor"
    except socket.gaierror:
        executor = "LocalExecutor"
    airflow_home.mkdir(parents=True, exist_ok=True)
    (airflow_home / "airflow.cfg").write_text(
        f"# Written by the init job at every `docker compose up`.\n[core]\nexecutor = {executor}\n", encoding="utf-8"
    )
    return executor


def main() -> int:
    env = dict(os.environ)
    try:
        check_passwords(env)
        try:
            server = psycopg.connect(
                host=_HOST, user="postgres", password=env["POSTGRES_PASSWORD"], dbname="postgres", autocommit=True
            )
        except psycopg.OperationalError as error:
            raise EntasError(
                f"PostgreSQL refuses: {' '.join(str(error).split())}. The password of its own account is kept from "
                "the first start; POSTGRES_PASSWORD in .env must stay the same (or be changed there with ALTER ROLE)"
            ) from error
        with server:
            prepare_server(server, env)
        with psycopg.connect(
            host=_HOST, user="postgres", password=env["POSTGRES_PASSWORD"], dbname="entas", autocommit=True
        ) as warehouse:
            harden_catalogue(warehouse)
        del os.environ["POSTGRES_PASSWORD"]
        print("Accounts and databases are there.", flush=True)
        settings = Settings.from_env()
        open_warehouse(settings)
        print("The warehouse is migrated.", flush=True)
        try:
            print(f"Its documentation is {write_docs(settings)}.", flush=True)
        except EntasError as error:  # no reason to keep Airflow from starting
            print(f"Its documentation is not written; keep_house tries again each night. {error}", file=sys.stderr)
        print(f"Airflow runs tasks with {choose_executor(Path(env['AIRFLOW_HOME']))}.", flush=True)
    except EntasError as error:
        print(f"entas: {error}", file=sys.stderr)
        return error.exit_code
    return subprocess.run(["airflow", "db", "migrate"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
