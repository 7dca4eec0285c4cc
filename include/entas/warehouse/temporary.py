"""An empty warehouse for as long as it is needed, beside the one of the deployment."""

from __future__ import annotations

import hashlib
import logging
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import compress

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import tuple_row

from entas.settings import Settings
from entas.warehouse.embedded import EmbeddedServer
from entas.warehouse.locks import alone

_log = logging.getLogger(__name__)

#: One temporary warehouse at a time beside a warehouse: what else has such a name was left by a killed run.
_LOCK = 0x656E7461735F33

#: How folders begin, below `work` of `ENTAS_HOME`, in which uploads lie while they are taken into such a warehouse.
SCRATCH = "reproduce"


@contextmanager
def temporary_warehouse(settings: Settings) -> Iterator[str]:
    """Connection string of a new, empty database, dropped when the block ends; so is one that a killed run left.

    It is made on the server of the warehouse. Where that does not answer, or its account may not create databases, it
    is made on the embedded server of `ENTAS_HOME`. Others may not connect to it.
    """
    place = _place(settings)
    with psycopg.connect(place, autocommit=True) as connection, alone(connection, _LOCK, "reproduction"):
        _drop_all(connection)
        name = f"{_prefix(connection)}{secrets.token_hex(4)}"
        _create(connection, name)
        try:
            yield make_conninfo(place, dbname=name)
        finally:
            _drop(connection, name)


def drop_temporary(settings: Settings) -> list[str]:
    """Drop databases that killed runs left, and their copies of uploads, unless one is in use; returns the names."""
    embedded = EmbeddedServer(settings.home)
    places = [settings.warehouse_url] if settings.warehouse_url else []
    if (embedded.data / "PG_VERSION").exists():
        places.append(embedded.hold().url("postgres"))
    dropped: list[str] = []
    with ExitStack() as connections:
        opened = [connections.enter_context(psycopg.connect(place, autocommit=True)) for place in places]
        free = [one.execute("select pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()[0] for one in opened]
        for connection in compress(opened, free):
            dropped += _drop_all(connection)
        if all(free):
            for left in (settings.home / "work").glob(f"{SCRATCH}-*"):
                shutil.rmtree(left)
    return dropped


def _place(settings: Settings) -> str:
    """Where a database may be made: connection URL of an account and a database to be connected to meanwhile."""
    if settings.warehouse_url:
        try:
            with psycopg.connect(settings.warehouse_url, autocommit=True) as connection:
                if connection.execute(
                    "select rolcreatedb or rolsuper from pg_roles where rolname = current_user"
                ).fetchone()[0]:
                    return settings.warehouse_url
            _log.info("the account of ENTAS_WAREHOUSE_URL may not create databases; the embedded server is used")
        except psycopg.OperationalError:
            _log.info("the warehouse of ENTAS_WAREHOUSE_URL does not answer; the embedded server is used")
    return EmbeddedServer(settings.home).hold().url("postgres")


def _prefix(connection: psycopg.Connection) -> str:
    """Of the names of temporary databases that belong to this one; other warehouses of the server have others."""
    database = connection.execute("select current_database()").fetchone()[0]
    return f"entas_reproduce_{hashlib.sha256(database.encode()).hexdigest()[:8]}_"


def _create(connection: psycopg.Connection, name: str) -> None:
    """Make it with the collation of the warehouse, so that texts are in the same order."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        collate, ctype = cursor.execute(
            "select datcollate, datctype from pg_database where datname = current_database()"
        ).fetchone()
    connection.execute(
        sql.SQL("create database {} template template0 encoding 'UTF8' lc_collate {} lc_ctype {}").format(
            sql.Identifier(name), sql.Literal(collate), sql.Literal(ctype)
        )
    )
    connection.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(name)))


def _drop_all(connection: psycopg.Connection) -> list[str]:
    names = [
        row[0]
        for row in connection.execute(
            "select datname from pg_database where starts_with(datname, %s) order by 1", (_prefix(connection),)
        )
    ]
    for name in names:
        _drop(connection, name)
    return names


def _drop(connection: psycopg.Connection, name: str) -> None:
    connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
