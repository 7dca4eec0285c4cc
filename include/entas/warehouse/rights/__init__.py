"""Who may do what in the warehouse: the one place, applied by `migrate` whenever it has changed.

The statements are in the SQL files beside this one; each says who runs it. docs/access.md says what comes of them.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import psycopg
from psycopg import sql

from entas.warehouse import roles

FOLDER = Path(__file__).parent


def settle(connection: psycopg.Connection, revision: str, *, with_roles: bool) -> None:
    """Give everybody the rights they have, and nobody any other. Does nothing where that was done.

    Args:
        connection: of the account of the warehouse, in autocommit.
        revision: the migrations that were applied: each may have made objects.
        with_roles: whether entas_pipeline owns the tables, and the readers exist.
    """
    superuser = bool(
        connection.execute("select rolsuper from pg_roles where rolname = current_user").fetchone()[0]  # type: ignore[index]
    )
    identity = with_roles and roles.ensure_identity(connection)
    digest = _digest(revision, superuser, with_roles, identity)
    if _settled(connection, digest, with_roles):
        return
    with connection.transaction():
        if with_roles:
            if superuser:
                harden_catalogue(connection)
            connection.execute("set local role entas_pipeline")
        _run(connection, "owner")
        if with_roles:
            _run(connection, "readers")
        if identity:
            _run(connection, "identity_owner")
            connection.execute("set local role entas_identity")
            _run(connection, "identity")
            connection.execute("set local role entas_pipeline")
        connection.execute(
            "insert into identity.settled_rights (digest) values (%s)"
            " on conflict (only_row) do update set digest = excluded.digest, settled_at = clock_timestamp()",
            (digest,),
        )
        connection.execute("reset role")
    if with_roles:
        for role in (roles.ANALYST, roles.STEWARD):
            roles.set_limits(connection, role, roles.CONNECTIONS)


def close_database(connection: psycopg.Connection) -> None:
    """Let nobody into this database or make temporary tables by default, and let the roles in.

    Rights on a database are not part of its dump, nor of a copy made of it, so each time is looked at. An account that
    does not own the database leaves what others may do, and gives the owner of Entas's tables what it needs.
    """
    name, is_owner, is_open, readers_enter, may_create = connection.execute(
        """
        select
            datname,
            pg_has_role(datdba, 'usage'),
            exists (
                select from aclexplode(coalesce(datacl, acldefault('d', datdba))) as a where a.grantee = 0
            ) or coalesce(has_schema_privilege('public', to_regnamespace('public')::oid, 'usage'), false),
            has_database_privilege('entas_analyst', oid, 'connect')
            and has_database_privilege('entas_steward', oid, 'connect'),
            has_database_privilege('entas_pipeline', oid, 'create')
        from pg_database
        where datname = current_database()
        """
    ).fetchone()  # type: ignore[misc]
    database = sql.Identifier(name)
    if is_owner and (is_open or not readers_enter):
        with connection.transaction():
            connection.execute(sql.SQL("revoke all on database {} from public").format(database))
            if connection.execute("select to_regnamespace('public')").fetchone()[0]:  # type: ignore[index]
                connection.execute("revoke all on schema public from public")
            connection.execute(
                sql.SQL("grant connect on database {} to entas_pipeline, entas_analyst, entas_steward").format(database)
            )
    if not may_create or (is_owner and is_open):
        connection.execute(sql.SQL("grant create, temporary on database {} to entas_pipeline").format(database))


def harden_catalogue(connection: psycopg.Connection) -> None:
    """Take from every login what PostgreSQL gives by default and no reader needs; only a superuser can."""
    _run(connection, "catalogue")


def _run(connection: psycopg.Connection, name: str) -> None:
    connection.execute((FOLDER / f"{name}.sql").read_text(encoding="utf-8"))  # type: ignore[arg-type]


@lru_cache(maxsize=8)
def _digest(revision: str, superuser: bool, with_roles: bool, identity: bool) -> str:
    content = hashlib.sha256(f"{revision} {superuser} {with_roles} {identity}".encode())
    for file in sorted(FOLDER.glob("*.sql")):
        content.update(file.read_bytes())
    return content.hexdigest()


def _settled(connection: psycopg.Connection, digest: str, with_roles: bool) -> bool:
    """Whether these rights were given here and the readers still have them (a login may drop its own)."""
    query = "select exists (select from identity.settled_rights where digest = %s)"
    if with_roles:
        query += (
            " and has_schema_privilege('entas_analyst', 'marts', 'usage')"
            " and has_schema_privilege('entas_steward', 'marts', 'usage')"
            " and has_schema_privilege('entas_steward', 'identity', 'usage')"
        )
    with connection.transaction():
        if with_roles:
            connection.execute("set local role entas_pipeline")
        return bool(connection.execute(query, (digest,)).fetchone()[0])  # type: ignore[arg-type, index]
