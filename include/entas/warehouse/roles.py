"""The accounts of the warehouse: made here, and given the passwords of the environment here, wherever it runs.

Roles belong to a server and outlive a database; what they may do in this one is in `rights`. Passwords never leave
this process: the server is sent a SCRAM verifier, so that no statement, log or list of activity holds one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from collections.abc import Mapping

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

_log = logging.getLogger(__name__)

PIPELINE, ANALYST, STEWARD, IDENTITY = "entas_pipeline", "entas_analyst", "entas_steward", "entas_identity"
#: Owner of all; readers of marts; readers of identities too; and owner of the functions that show these.
ROLES = {PIPELINE: "login", ANALYST: "login", STEWARD: "login", IDENTITY: "nologin"}
#: Role -> variable of its password. Without one it cannot log in where the server asks for passwords.
PASSWORDS = {
    PIPELINE: "ENTAS_PIPELINE_PASSWORD",
    ANALYST: "ENTAS_ANALYST_PASSWORD",
    STEWARD: "ENTAS_STEWARD_PASSWORD",
}
#: One query that runs away must not hold up the month. Not security: a login may set other values for itself.
#: docs/access.md says how to change them; a value that somebody has set is left alone.
LIMITS = {
    "statement_timeout": "10min",
    "idle_in_transaction_session_timeout": "15min",
    "idle_session_timeout": "12h",
}
#: Connections of a reader's role at a time, and of a steward's own login.
CONNECTIONS = 40
STEWARD_CONNECTIONS = 5


def ensure_roles(connection: psycopg.Connection) -> bool:
    """Make the roles that are missing, and let this account work as the owner. Other databases may race us.

    Returns:
        Whether it can: an account that may neither create the roles nor is granted entas_pipeline works without.
        entas_identity alone may be missing: an administrator made the others for an earlier version.
    """
    for role, login in ROLES.items():
        if _exists(connection, role):
            continue
        try:
            connection.execute(sql.SQL("create role {} {}").format(sql.Identifier(role), sql.SQL(login)))
        except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
            continue
        except psycopg.errors.InsufficientPrivilege:
            if role == IDENTITY:
                _log.warning("This account may not create roles: nobody can look identities up without %s.", role)
                continue
            _log.warning("This account may not create roles: Entas works without entas_analyst and entas_steward.")
            return False
    if not _may_become(connection, sql.SQL("current_user"), PIPELINE):
        try:
            connection.execute(sql.SQL("grant {} to current_user").format(sql.Identifier(PIPELINE)))
        except psycopg.errors.InsufficientPrivilege:
            # The roles are another database's of this server, and this account is none of theirs.
            _log.warning("This account is not granted entas_pipeline: Entas works as the account itself.")
            return False
    return True


def ensure_identity(connection: psycopg.Connection) -> bool:
    """Let the owner make the functions that run as entas_identity; returns whether it may."""
    if not _exists(connection, IDENTITY):
        return False
    if _may_become(connection, sql.Literal(PIPELINE), IDENTITY):
        return True
    try:
        connection.execute(
            sql.SQL("grant {} to {} with inherit false, set true").format(
                sql.Identifier(IDENTITY), sql.Identifier(PIPELINE)
            )
        )
    except psycopg.errors.InsufficientPrivilege:
        _log.warning("%s is not granted to %s: nobody can look identities up.", IDENTITY, PIPELINE)
        return False
    return True


def _exists(connection: psycopg.Connection, role: str) -> bool:
    return connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone() is not None


def _may_become(connection: psycopg.Connection, member: sql.Composable, role: str) -> bool:
    query = sql.SQL("select pg_has_role({}, {}, 'SET')").format(member, sql.Literal(role))
    return bool(connection.execute(query).fetchone()[0])


def set_limits(connection: psycopg.Connection, role: str, connections: int) -> None:
    """Give a reader's role the limits that nobody has set for it yet; does nothing where this account may not."""
    row = connection.execute(
        "select rolconnlimit, coalesce(setconfig, '{}') from pg_roles left join pg_db_role_setting"
        " on setrole = pg_roles.oid and setdatabase = 0 where rolname = %s",
        (role,),
    ).fetchone()
    assert row is not None
    limit, kept = row[0], {setting.partition("=")[0] for setting in row[1]}
    name = sql.Identifier(role)
    try:
        with connection.transaction():
            for setting, value in LIMITS.items():
                if setting not in kept:
                    connection.execute(
                        sql.SQL("alter role {} set {} = {}").format(name, sql.Identifier(setting), sql.Literal(value))
                    )
            if limit == -1 and not LIMITS.keys() & kept:
                connection.execute(sql.SQL("alter role {} connection limit {}").format(name, sql.Literal(connections)))
    except psycopg.errors.InsufficientPrivilege:
        _log.info("This account may not limit %s.", role)


def set_passwords(connection: psycopg.Connection, owner: str, env: Mapping[str, str]) -> None:
    """Give the roles the passwords of the environment, where these are new.

    A role without a variable keeps what it has. An account that may not set passwords leaves them: where an
    administrator does, the variables are only what readers log in with.

    Args:
        owner: connection string of `connection`, to find out whether a password is the one in force.
    """
    me, superuser = connection.execute(
        "select current_user, rolsuper from pg_roles where rolname = current_user"
    ).fetchone()  # type: ignore[misc]
    for role, variable in PASSWORDS.items():
        password = env.get(variable)
        if not password or role == me or not _exists(connection, role):  # our own is in our URL
            continue
        if superuser:
            kept = connection.execute("select rolpassword from pg_authid where rolname = %s", (role,)).fetchone()
            if kept and is_password(password, kept[0] or ""):
                continue
        elif _logs_in(owner, role, password):
            continue
        try:
            set_password(connection, role, password)
        except psycopg.errors.InsufficientPrivilege:
            _log.warning("The password of %s is not the one in %s, and this account may not set it.", role, variable)


def set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    """Give a role a password, and let it log in.

    Raises:
        psycopg.errors.InsufficientPrivilege: the account may not.
    """
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    connection.execute(
        sql.SQL("alter role {} with login password {}").format(sql.Identifier(role), sql.Literal(verifier))
    )


def lock(connection: psycopg.Connection, role: str) -> None:
    """Take a role's password away, and do not let it log in."""
    connection.execute(sql.SQL("alter role {} with nologin password null").format(sql.Identifier(role)))


def is_password(password: str, verifier: str) -> bool:
    """Whether a SCRAM verifier of the server is that of a password (RFC 5803); False for one it cannot tell of."""
    try:
        kind, salting, keys = verifier.split("$")
        iterations, salt = salting.split(":")
        stored = base64.b64decode(keys.split(":")[0])
        if kind != "SCRAM-SHA-256":
            return False
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(iterations))
    except ValueError:
        return False
    client = hmac.digest(salted, b"Client Key", "sha256")
    return hmac.compare_digest(hashlib.sha256(client).digest(), stored)


def _logs_in(owner: str, role: str, password: str) -> bool:
    try:
        psycopg.connect(make_conninfo(owner, user=role, password=password), connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True
