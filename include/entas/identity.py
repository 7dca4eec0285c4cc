"""Who a family of the marts is, for those who may know: asked for with a reason, logged, then shown.

The database does all of it (`warehouse/rights/identity.sql`); here are its two steps. The first commits the log, and
the second shows nobody whom the log does not name, so what was seen cannot be taken back with a transaction.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from entas import clock
from entas.errors import EntasError, UsageError
from entas.ids import Pseudonymiser
from entas.settings import Settings
from entas.warehouse import open_warehouse


@dataclass(frozen=True)
class Member:
    """A person as a village listed them last. Names and numbers: for the eyes of who asked.

    Attributes:
        period: month of the register, YYYY-MM.
        nik: None when pending identity; with `nama` None as well, the identity was destroyed when its time had come.
        kk_level: relation to the head, by OpenSID's codes (1 head).
        status_dasar: 1 living, 2 dead, 3 moved, 4 missing, 6 gone, 9 invalid; None as 1.
    """

    household_id: str
    village_code: str
    village_name: str | None
    period: str
    received_at: datetime
    no_kk: str | None
    nik: str | None
    nama: str | None
    sex: int | None
    tanggallahir: date | None
    kk_level: int | None
    status_dasar: int | None
    alamat: str | None
    dusun: str | None
    rw: str | None
    rt: str | None

    def to_dict(self) -> dict[str, Any]:
        """For JSON: as the attributes."""
        return asdict(self)


@dataclass(frozen=True)
class LookUp:
    """What a look showed.

    Attributes:
        ticket: its number in the log, `identity.look_up`.
    """

    ticket: int
    members: list[Member]


def look_up(
    settings: Settings,
    reason: str,
    *,
    no_kk: str | None = None,
    household_id: str | None = None,
    period: date | None = None,
    role: str = "entas_steward",
    password: str | None = None,
) -> LookUp:
    """Show the persons of a family, each as the villages that list it did last; the look is logged first.

    Args:
        reason: why; it stays in the log.
        no_kk: family card number, 16 digits; or else
        household_id: id of the family in the marts.
        period: as listed up to this month; None: as listed last.
        role: login of the steward.
        password: of the login, where the server asks for one; None for entas_steward is `ENTAS_STEWARD_PASSWORD`, for
            others what libpq finds (`PGPASSWORD`, `~/.pgpass`).

    Raises:
        UsageError: neither or both ids, one that cannot be, or a reason that the database refuses.
        EntasError: the warehouse has no stewards, or refuses the login.
    """
    if (no_kk is None) == (household_id is None):
        raise UsageError("name the family by its card number or by its household_id, one of the two")
    if no_kk is not None:
        if not re.fullmatch(r"\d{16}", no_kk.strip(), re.ASCII):
            raise UsageError("a family card number has 16 digits and nothing else")
        household_id = Pseudonymiser(settings.pseudonym_key).household_id(no_kk.strip())
    month = clock.period_text(period) if period else None
    asked = ([str(household_id).strip().lower()], reason, month)
    with open_warehouse(settings).connect_as(role, password, autocommit=True) as connection:
        try:
            # Autocommit: the log is there for good before the second statement begins.
            (ticket,) = connection.execute("select identity.request(%s, %s, %s)", asked).fetchone()  # type: ignore[misc]
            with connection.cursor(row_factory=class_row(Member)) as cursor:
                return LookUp(ticket, cursor.execute("select * from identity.members(%s)", (ticket,)).fetchall())
        except psycopg.errors.RaiseException as error:
            raise UsageError(str(error.diag.message_primary)) from error
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedFunction) as error:
            raise EntasError(
                f"{role} may not look identities up here: {error.diag.message_primary}; "
                "entas stewards list shows who may"
            ) from error
