"""Connections to the warehouse, each under the role its work needs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from entas.discretion import DiscreetConnection
from entas.errors import EntasError, UnreachableError
from entas.settings import Settings
from entas.warehouse.embedded import EmbeddedServer

Role = Literal["pipeline", "analyst", "steward"]
DATABASE = "entas"
AIRFLOW_DATABASE = "airflow"


@dataclass(frozen=True)
class Warehouse:
    """A warehouse that is up and migrated.

    Attributes:
        owner: libpq connection string of the account Entas was given.
        embedded: whether it is the server in `ENTAS_HOME`.
        roles: whether the roles entas_pipeline, entas_analyst and entas_steward exist here.
    """

    owner: str
    embedded: bool
    roles: bool

    def conninfo(self, role: Role = "pipeline") -> str:
        """libpq connection string for work under a role.

        The pipeline works as owner of everything. Analysts and stewards log in as themselves: on the embedded
        server, whose socket only its own user can open, without a password; elsewhere with
        `ENTAS_ANALYST_PASSWORD` or `ENTAS_STEWARD_PASSWORD`.

        Raises:
            EntasError: the role or its password is not there.
        """
        if role == "pipeline":
            return make_conninfo(self.owner, options="-c role=entas_pipeline") if self.roles else self.owner
        if not self.roles:
            raise EntasError(
                f"the role entas_{role} does not exist in this warehouse; have an administrator create it, "
                "or give ENTAS_WAREHOUSE_URL an account that may create roles"
            )
        name = f"entas_{role}"
        if self.embedded:
            return make_conninfo(self.owner, user=name)
        password = os.environ.get(f"ENTAS_{role.upper()}_PASSWORD")
        if not password:
            raise EntasError(f"set ENTAS_{role.upper()}_PASSWORD to work as {name} in this warehouse")
        return make_conninfo(self.owner, user=name, password=password)

    def connect(self, role: Role = "pipeline", **options: Any) -> psycopg.Connection:
        """A new connection under the role; `options` go to `psycopg.connect`.

        Raises:
            UnreachableError: the server does not answer or refuses.
        """
        return _connect(self.conninfo(role), role, options)

    def connect_as(self, login: str, password: str | None = None, **options: Any) -> psycopg.Connection:
        """A new connection of a login of its own, such as a district's steward; `options` as in `connect`.

        Raises:
            UnreachableError: the server does not answer or refuses.
            EntasError: entas_analyst or entas_steward, and the role or its password is not there.
        """
        if password is None and login in ("entas_analyst", "entas_steward"):
            return self.connect(login.removeprefix("entas_"), **options)  # type: ignore[arg-type]
        # Without a password libpq looks for one (PGPASSWORD, ~/.pgpass); the owner's is not this login's.
        parts = {**conninfo_to_dict(self.owner), "user": login, "password": password}
        return _connect(make_conninfo("", **parts), login, options)

    def dbt_environment(self) -> dict[str, str]:
        """The variables that dbt_project/profiles.yml reads."""
        parts = conninfo_to_dict(self.owner)
        return {
            "ENTAS_DBT_HOST": str(parts.get("host", "localhost")),
            "ENTAS_DBT_PORT": str(parts.get("port", 5432)),
            "ENTAS_DBT_USER": str(parts.get("user", "postgres")),
            "ENTAS_DBT_PASSWORD": str(parts.get("password", "") or os.environ.get("PGPASSWORD", "")),
            "ENTAS_DBT_DBNAME": str(parts.get("dbname", DATABASE)),
            "ENTAS_DBT_ROLE": "entas_pipeline" if self.roles else "",
        }


def _connect(conninfo: str, role: str, options: dict[str, Any]) -> psycopg.Connection:
    try:
        return DiscreetConnection.connect(conninfo, application_name=f"entas {role}", **options)
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split())
        raise UnreachableError(f"the warehouse does not answer: {reason}; look at ENTAS_WAREHOUSE_URL") from error


def open_warehouse(settings: Settings) -> Warehouse:
    """The warehouse of these settings: started if embedded, migrated to this version, held by this process.

    Raises:
        EntasError: it does not answer, is older than PostgreSQL 16, or cannot be migrated.
    """
    return _open(settings, os.getpid())


@lru_cache(maxsize=8)
def _open(settings: Settings, process: int) -> Warehouse:  # a forked child opens its own
    from entas.warehouse.migrate import migrate

    if settings.warehouse_url:
        owner, embedded = settings.warehouse_url, False
    else:
        server = EmbeddedServer(settings.home).hold()
        server.ensure_database(DATABASE)
        owner, embedded = server.url(DATABASE), True
    roles = migrate(owner, settings)
    return Warehouse(owner=owner, embedded=embedded, roles=roles)
