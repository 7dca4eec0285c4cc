"""Correction: what is kept reads as it should, and the village is told to mend its register, the source."""

from __future__ import annotations

import hmac
from datetime import date

import psycopg
from psycopg import sql

from entas import clock
from entas.discretion import discreet
from entas.duplicates.store import latest_period
from entas.duplicates.worklist import FILE_NAME as DUPLICATES
from entas.errors import EntasError, UsageError
from entas.ids import Pseudonymiser, fold_name
from entas.privacy.files import Doomed, Stores
from entas.privacy.finishing import changing_loaded_rows, finish, holding_uploads
from entas.privacy.notices import Notice
from entas.privacy.requests import Answer, begin, carried_out, record, require_reference
from entas.privacy.subjects import Subject, places_in_force, select_rows
from entas.settings import Settings
from entas.warehouse import open_warehouse

#: Columns of the population register that can be corrected here, and what they are called. NIK and card number are not
#: among them: with another number it is another person's row, and only the village can say so.
CORRECTABLE = ("nama", "sex", "tempatlahir", "tanggallahir", "alamat", "dusun", "rw", "rt")
_OF_A_FAMILY = ("alamat", "dusun", "rw", "rt")
#: Name and birth date make the pseudonym of who has no NIK, and tell namesakes apart.
_CHANGE_FIGURES = ("nama", "tanggallahir")


@discreet
def correct(
    settings: Settings,
    subject: Subject,
    *,
    column: str,
    value: str,
    reference: str,
    requested_on: date,
    basis: str | None = None,
) -> Answer:
    """Correct what is kept about a person (or the address of a family) in every upload; tell the village.

    The bytes of the files stay as they were received, and so does what each upload was answered. A corrected name or
    birth date is followed by a full build of the marts.

    Args:
        column: one of `CORRECTABLE`; for a family, of its address.
        value: how it should read; `tanggallahir` as YYYY-MM-DD, `sex` as L or P.

    Raises:
        UsageError: a column that cannot be corrected here, or a value that is none.
        EntasError: nothing is kept about the subject, or all of it reads so already; or what follows cannot be
            finished now (keep_house finishes it).
    """
    require_reference(reference, requested_on)
    allowed = CORRECTABLE if subject.kind == "person" else _OF_A_FAMILY
    if column not in allowed:
        raise UsageError(
            f"{column!r} cannot be corrected here; of a {subject.kind} {', '.join(allowed)} can. Another NIK or card "
            "number comes with the village's next register"
        )
    right = _value(column, value)
    warehouse = open_warehouse(settings)
    with (
        warehouse.connect(autocommit=True) as connection,
        holding_uploads(connection),
        changing_loaded_rows(connection),
    ):
        select_rows(connection, subject)
        rows = _correct_rows(connection, settings, subject, column, right)
        if not rows:
            raise EntasError("nothing is kept about this number that reads otherwise; nothing was changed or recorded")
        key = value_key(settings, column, right)
        request_id = record(connection, "correction", subject, reference, requested_on, basis, column, key)
        if column in _CHANGE_FIGURES:
            connection.execute("insert into raw.revision (request_id) values (%s)", (request_id,))
        shown = f"{right:%d/%m/%Y}" if isinstance(right, date) else str(right)
        notices = [
            Notice("correction", reference, *place, column=column, value=shown) for place in places_in_force(connection)
        ]
        # They show the name as it was; those of the latest month are written again.
        current = f"/{latest_period(connection)}/{DUPLICATES}"
        doomed = [
            Doomed("feedback", file.path)
            for file in Stores(settings)["feedback"].files()
            if file.path.endswith(current)
        ]
        begin(connection, request_id, rows, doomed, notices)
    finish(settings)
    return carried_out(settings, request_id)


def _value(column: str, text: str) -> str | int | date:
    text = " ".join(text.split())
    if column == "sex":
        code = {"1": 1, "L": 1, "LAKI-LAKI": 1, "2": 2, "P": 2, "PEREMPUAN": 2}.get(text.upper())
        if code is None:
            raise UsageError("the sex is L or P")
        return code
    if column == "tanggallahir":
        try:
            born = date.fromisoformat(text)
        except ValueError:
            raise UsageError("write the birth date as YYYY-MM-DD") from None
        if born > clock.jakarta_day(clock.now()):
            raise UsageError("the birth date lies ahead")
        return born
    if not text:
        raise UsageError("the right value is empty; write how it should read")
    return text


def value_key(settings: Settings, column: str, value: str | int | date) -> str:
    """By which the corrected value is known again, without being kept."""
    text = f"correction:{column}:{fold_name(str(value))}"
    return hmac.new(settings.pseudonym_key.encode("utf-8"), text.encode("utf-8"), "sha256").hexdigest()


def _correct_rows(
    connection: psycopg.Connection, settings: Settings, subject: Subject, column: str, right: str | int | date
) -> dict[str, int]:
    make = Pseudonymiser(settings.pseudonym_key)
    changed = connection.execute(
        sql.SQL(
            """
            update raw.penduduk p set {column} = %s from subject_row s
            where (p.upload_id, p.position) = (s.upload_id, s.position) and p.had_nik is null
              and p.{column} is distinct from %s
            returning p.upload_id, p.position, p.no_kk, p.nama, p.tanggallahir, p.has_nik
            """
        ).format(column=sql.Identifier(column)),
        (right, right),
    ).fetchall()
    rows = {"raw.penduduk": len(changed)} if changed else {}
    if column in _CHANGE_FIGURES:
        for upload_id, position, no_kk, nama, born, has_nik in changed:
            connection.execute(
                """
                update raw.penduduk set name_birth_key = %s, person_id = coalesce(%s, person_id)
                where (upload_id, position) = (%s, %s)
                """,
                (
                    make.name_birth_key(nama, born),
                    None if has_nik else make.person_id_without_nik(no_kk, nama, born),
                    upload_id,
                    position,
                ),
            )
    if column == "nama":
        heads = connection.execute(
            "update raw.kesejahteraan set nama_kepala = %s where head_person_id = %s and nama_kepala is not null "
            "and nama_kepala <> %s",
            (right, subject.id, right),
        ).rowcount
        rows |= {"raw.kesejahteraan": heads} if heads else {}
    return rows
