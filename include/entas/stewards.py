"""Stewards: the logins that may look identities up, each in its districts or in the whole regency.

Row-level security limits them (`warehouse/rights`); here their logins are made and taken away, and every change is a
row of `identity.steward_change`.
"""

from __future__ import annotations

import getpass
import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from entas import areas
from entas.errors import EntasError, UsageError
from entas.settings import Settings
from entas.warehouse import Warehouse, open_warehouse
from entas.warehouse.roles import STEWARD, STEWARD_CONNECTIONS, set_limits, set_password

_NAME = re.compile(r"[a-z][a-z0-9_]{2,39}")
#: PostgreSQL's own, and Entas's.
_RESERVED = ("pg_", "entas_")


@dataclass(frozen=True)
class Steward:
    """A login that may look identities up.

    Attributes:
        districts: Kemendagri code and name of each kecamatan; empty: the whole regency.
        can_log_in: whether the server lets the login in at all.
        added_at: when it was given the first of these.
        last_look_up: when it last looked somebody up, if ever.
    """

    name: str
    districts: dict[str, str]
    can_log_in: bool
    added_at: datetime
    last_look_up: datetime | None

    def to_dict(self) -> dict[str, Any]:
        """For JSON: as the attributes, moments in ISO 8601."""
        return asdict(self) | {
            "added_at": self.added_at.isoformat(),
            "last_look_up": self.last_look_up.isoformat() if self.last_look_up else None,
        }


def list_stewards(settings: Settings) -> list[Steward]:
    """All stewards, by name.

    Raises:
        EntasError: this warehouse works without roles.
    """
    names = {village.district_code: village.district_name for village in areas.villages(settings.regency).values()}
    with _with_roles(settings).connect() as connection:
        rows = connection.execute(
            """
            select
                s.role_name,
                array_remove(array_agg(s.district_code order by s.district_code), null),
                bool_or(s.district_code is null),
                coalesce(bool_or(r.rolcanlogin), false),
                min(s.added_at),
                (select max(l.looked_up_at) from identity.look_up as l where l.looked_up_by = s.role_name)
            from identity.steward as s
            left join pg_roles as r on r.rolname = s.role_name
            group by s.role_name
            order by s.role_name
            """
        ).fetchall()
    return [
        Steward(name, {} if whole else {code: names.get(code, "?") for code in codes}, login, added, last)
        for name, codes, whole, login, added, last in rows
    ]


def add_steward(settings: Settings, name: str, districts: Sequence[str], password: str | None = None) -> str | None:
    """Make a steward, or give one more districts.

    Args:
        name: of the login: lower-case letters, digits and `_`.
        districts: Kemendagri codes of kecamatan, with or without dots; empty: the whole regency.
        password: of the login. None: a new login gets one that is made here, an existing one keeps its own.

    Returns:
        The password that was made, to be told to the steward; None when none was.

    Raises:
        UsageError: a name or a code that cannot be, or the name of a role that is no steward.
        EntasError: this account may not make logins; says what an administrator can do.
    """
    _check_name(name)
    codes = [_district(code, settings.regency) for code in districts]
    warehouse = _with_roles(settings)
    made = None
    with psycopg.connect(warehouse.owner, application_name="entas stewards") as connection:
        by = _who(connection)
        # Roles are the server's: another database may know the same login.
        found = connection.execute(
            "select rolsuper or rolcreaterole or rolbypassrls, pg_has_role(rolname, %s, 'member') from pg_roles"
            " where rolname = %s",
            (STEWARD, name),
        ).fetchone()
        if found and (found[0] or not found[1]):
            raise UsageError(
                f"{name} is a role of this server already and no steward; choose another name, or let an administrator "
                f"run: grant {STEWARD} to {name} with inherit true, set false"
            )
        try:
            if not found:
                made = password or secrets.token_urlsafe(18)
                connection.execute(
                    sql.SQL("create role {} login connection limit {}").format(
                        sql.Identifier(name), sql.Literal(STEWARD_CONNECTIONS)
                    )
                )
                connection.execute(
                    sql.SQL("grant {} to {} with inherit true, set false").format(
                        sql.Identifier(STEWARD), sql.Identifier(name)
                    )
                )
                set_limits(connection, name, STEWARD_CONNECTIONS)
            if made or password:
                set_password(connection, name, made or str(password))
        except psycopg.errors.InsufficientPrivilege as error:
            raise EntasError(
                f"this account may not do that: {error.diag.message_primary}. Let an administrator run: create role "
                f"{name} login; grant {STEWARD} to {name} with inherit true, set false; and give it a password "
                "(\\password in psql). Then run this again without a password, for its districts"
            ) from error
        connection.execute("set local role entas_pipeline")
        known = {row[0] for row in _districts_of(connection, name)}
        if not codes and None not in known:
            _forget(connection, name, known, by)
            known = set()
        elif codes and None in known:
            _forget(connection, name, {None}, by)
        for code in codes or [None]:
            if code not in known:
                connection.execute(
                    "insert into identity.steward (role_name, district_code, added_by) values (%s, %s, %s)",
                    (name, code, by),
                )
                _log_change(connection, by, name, "added", code)
        if made or password:
            _log_change(connection, by, name, "password", None)
    return None if password else made


def remove_steward(settings: Settings, name: str, districts: Sequence[str] = ()) -> None:
    """Take districts from a steward; without districts, or with its last ones, the login altogether. It ends at once.

    Raises:
        UsageError: there is no such steward, or it does not have such a district.
        EntasError: the login cannot be dropped; it has no rights here any more then.
    """
    codes: set[str | None] = {_district(code, settings.regency) for code in districts}
    warehouse = _with_roles(settings)
    if name == STEWARD and not codes:
        raise UsageError(f"{STEWARD} is Entas's own; without a password nobody can log in as it")
    with psycopg.connect(warehouse.owner, application_name="entas stewards") as connection:
        by = _who(connection)
        connection.execute("set local role entas_pipeline")
        known = {row[0] for row in _districts_of(connection, name)}
        if not known:
            raise UsageError(f"there is no steward {name!r}; entas stewards list shows them")
        if not codes <= known:
            raise UsageError(f"{name} has not been given {', '.join(sorted(str(code) for code in codes - known))}")
        _forget(connection, name, codes or known, by)
        if codes and codes != known:
            return
        connection.execute("set local role none")
    # What it may see is gone already. The login goes where this account made it and no other database uses it.
    with psycopg.connect(warehouse.owner, application_name="entas stewards") as connection:
        try:
            with connection.transaction():
                connection.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(name)))
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.DependentObjectsStillExist) as error:
            raise EntasError(
                f"{name} may see nothing here any more, but its login stays: {error.diag.message_primary}. "
                f"Let an administrator run: drop role {name}"
            ) from error


def _forget(connection: psycopg.Connection, name: str, codes: set[str | None], by: str) -> None:
    for code in sorted(codes, key=str):
        connection.execute(
            "delete from identity.steward where role_name = %s and district_code is not distinct from %s", (name, code)
        )
        _log_change(connection, by, name, "removed", code)


def _districts_of(connection: psycopg.Connection, name: str) -> list[tuple[str | None]]:
    return connection.execute("select district_code from identity.steward where role_name = %s", (name,)).fetchall()


def _log_change(connection: psycopg.Connection, by: str, name: str, change: str, code: str | None) -> None:
    connection.execute(
        "insert into identity.steward_change (changed_by, role_name, change, district_code) values (%s, %s, %s, %s)",
        (by, name, change, code),
    )


def _with_roles(settings: Settings) -> Warehouse:
    warehouse = open_warehouse(settings)
    if not warehouse.roles:
        raise EntasError(
            "this warehouse works without roles, so it has no stewards; have an administrator make them "
            "(docs/access.md), or give ENTAS_WAREHOUSE_URL an account that may"
        )
    return warehouse


def _who(connection: psycopg.Connection) -> str:
    """Account of the machine, and of the database."""
    return f"{getpass.getuser()} ({connection.info.user})"


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or name.startswith(_RESERVED) or name in ("airflow", "postgres", "public", "none"):
        raise UsageError(
            f"{name!r} cannot be a steward's login; take 3 to 40 lower-case letters, digits and _, beginning with a "
            "letter and not with pg_ or entas_, such as tksk_cikarang_barat"
        )


def _district(code: str, regency: str) -> str:
    """The code with dots.

    Raises:
        UsageError: no kecamatan of the regency has it.
    """
    digits = code.strip().replace(".", "")
    dotted = f"{digits[:2]}.{digits[2:4]}.{digits[4:]}"
    if dotted not in {village.district_code for village in areas.villages(regency).values()}:
        raise UsageError(f"{code!r} is no kecamatan of {regency}; write its Kemendagri code, such as {regency}.09")
    return dotted
