"""Erasure: a person's or family's identity is destroyed wherever it stands; their rows stay, counted as before."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import psycopg

from entas.discretion import discreet
from entas.errors import EntasError
from entas.privacy import files
from entas.privacy.columns import ERASED, SENTENCE, SHOWN_TEXTS, TABLES
from entas.privacy.files import Doomed, Stores
from entas.privacy.finishing import changing_loaded_rows, finish, holding_uploads
from entas.privacy.notices import Notice
from entas.privacy.requests import Answer, begin, carried_out, record, require_reference
from entas.privacy.subjects import (
    MENTIONED,
    Subject,
    folded,
    identifiers,
    places_in_force,
    rename,
    select_rows,
    villages,
)
from entas.scratch import scratch_folder
from entas.settings import Settings
from entas.storage import StoredFile
from entas.warehouse import open_warehouse

Progress = Callable[[int, int], None]


@discreet
def erase(
    settings: Settings,
    subject: Subject,
    *,
    reference: str,
    requested_on: date,
    basis: str | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Answer:
    """Destroy the identity of a person, or of a family and of its persons whom no other card lists.

    Their rows stay, counted as before, under random ids that lead nowhere. What quotes them (quarantined rows,
    warnings, pairs of duplicates, worklists, feedback) goes, and so do the files that list them: bytes that were
    changed would be no evidence of what a village sent, so they are destroyed and the trace says so. A person's card
    goes with them when it lists nobody else. A full build of the marts follows.

    Args:
        dry_run: tell what would be destroyed, and change and record nothing.
        progress: called with (files looked into, files in all).

    Raises:
        EntasError: nothing is kept about the subject; or what follows cannot be finished now (keep_house finishes it).
    """
    require_reference(reference, requested_on)
    stores = Stores(settings)
    with open_warehouse(settings).connect(autocommit=True) as connection, holding_uploads(connection):
        with connection.transaction():
            select_rows(connection, subject)
            rename(connection, subject)
            numbers, names = identifiers(connection, subject)
            uploads = _uploads_listing(connection, subject, numbers, names)
            elsewhere = _listed_elsewhere(connection)
        doomed, unseen = _doomed(connection, settings, stores, uploads, numbers, names, progress)
        if not uploads and not doomed:
            raise EntasError("nothing is kept about this number; nothing was changed or recorded")
        with changing_loaded_rows(connection):
            select_rows(connection, subject)
            rename(connection, subject)
            notices = [Notice("erasure", reference, *place) for place in places_in_force(connection)]
            rows = _erase_rows(connection, subject, numbers, names)
            # Without their bytes no feedback can be made of them.
            connection.execute(
                "delete from raw.feedback_due due using raw.upload u "
                "where u.upload_id = due.upload_id and (u.upload_id = any(%s) or u.sha256 = any(%s))",
                (uploads, [file.path for file in doomed if file.place == "archive"]),
            )
            remarks = _erasure_remarks(elsewhere, unseen, doomed)
            if dry_run:
                answer = Answer(None, rows, files.count(doomed), remarks=remarks)
                raise psycopg.Rollback
            request_id = record(connection, "erasure", subject, reference, requested_on, basis)
            connection.execute("insert into raw.revision (request_id) values (%s)", (request_id,))
            begin(connection, request_id, rows, doomed, notices)
    if dry_run:
        return answer
    finish(settings)
    answer = carried_out(settings, request_id)
    answer.remarks += remarks
    return answer


def _uploads_listing(
    connection: psycopg.Connection, subject: Subject, numbers: Sequence[str], names: Sequence[str]
) -> list[int]:
    """Uploads that have a row about the subject, loaded or not."""
    found = {row[0] for row in connection.execute("select upload_id from subject_row")}
    for register, condition in _ERASED_ROWS.items():
        found |= {
            row[0]
            for row in connection.execute(
                f"select upload_id from raw.{register} t where {condition}", {"names": list(names)}
            )
        }
    for table, condition in MENTIONED.items():
        found |= {
            row[0]
            for row in connection.execute(
                f"select upload_id from quality.{table} t join raw.upload u using (upload_id) where {condition}",
                {"numbers": list(numbers), "names": list(names), "villages": villages(connection)},
            )
        }
    return sorted(found)


def _listed_elsewhere(connection: psycopg.Connection) -> int:
    """Persons of the card whom other cards list too."""
    row = connection.execute(
        "select count(distinct person_id) from subject_row where person_id not in (select old_id from renamed_person)"
    ).fetchone()
    return int(row[0])


def _doomed(
    connection: psycopg.Connection,
    settings: Settings,
    stores: Stores,
    uploads: Sequence[int],
    numbers: Sequence[str],
    names: Sequence[str],
    progress: Progress | None,
) -> tuple[list[Doomed], int]:
    """Files that list the subject, and the number of archived files that could not be looked into.

    Those of the uploads with a row about them, and whatever else holds one of their numbers: a rejected file, a sheet
    that was left out, a feedback workbook, a list.
    """
    known = {
        row[0] for row in connection.execute("select sha256 from raw.upload where upload_id = any(%s)", (uploads,))
    }
    archived = {file.path: file for file in stores["archive"].files()}
    feedback = list(stores["feedback"].files())
    groups: list[tuple[str, list[StoredFile], list[bytes]]] = [
        ("archive", [file for path, file in archived.items() if path not in known], files.needles(numbers)),
        ("feedback", [file for file in feedback if not files.is_list(file.path)], files.needles(numbers)),
        ("feedback", [file for file in feedback if files.is_list(file.path)], files.needles(numbers, names)),
    ]
    total = sum(len(group) for _, group, _ in groups)
    mentioned: dict[str, set[str]] = {"archive": set(), "feedback": set()}
    unseen = looked = 0
    with scratch_folder(settings.home, "privacy") as work:
        for place, group, wanted in groups:
            for file in group:
                answer = files.looked_into(stores[place], [file], wanted, work).get(file.path)
                if answer:
                    mentioned[place].add(file.path)
                elif answer is False and place == "archive":
                    unseen += 1
                looked += 1
                if progress:
                    progress(looked, total)
    contents = known | mentioned["archive"]
    listing = [
        row[0]
        for row in connection.execute(
            "select upload_id from raw.upload where sha256 = any(%s) order by upload_id", (sorted(contents),)
        )
    ]
    doomed = [Doomed("archive", sha256) for sha256 in sorted(contents & archived.keys())]
    for upload_id in listing:
        doomed += files.of_upload(connection, stores, upload_id, archive=False)
    doomed += [Doomed("feedback", path) for path in sorted(mentioned["feedback"])]
    return list(dict.fromkeys(doomed)), unseen


def _erasure_remarks(elsewhere: int, unseen: int, doomed: Sequence[Doomed]) -> list[str]:
    said = []
    if elsewhere:
        said.append(
            f"{elsewhere} persons of this card are listed in other cards too; their rows there stay. Ask for them by "
            "NIK where the request covers them."
        )
    if unseen:
        said.append(
            f"{unseen} archived files cannot be looked into (a password, damage); they were refused and none of their "
            "rows was loaded."
        )
    if any(file.place == "archive" for file in doomed):
        said.append("Reports that rest on the destroyed files can no longer be reproduced from the archive.")
    return said


# --- rows -------------------------------------------------------------------------------------------------------------

_RENAMED_PERSON = "in (select old_id from renamed_person)"
_RENAMED_HOUSEHOLD = "in (select old_id from renamed_household)"
_ERASED_ROWS = {
    "kesejahteraan": f"""
        t.head_person_id {_RENAMED_PERSON} or t.household_id {_RENAMED_HOUSEHOLD} or (
            t.household_id in (select household_id from subject_row) and {folded("t.nama_kepala")} = any(%(names)s)
        )
    """,
    "verifikasi": f"t.household_id {_RENAMED_HOUSEHOLD}",
    "bantuan": f"t.person_id {_RENAMED_PERSON} or t.household_id {_RENAMED_HOUSEHOLD}",
    "pemberdayaan": f"t.person_id {_RENAMED_PERSON} or t.household_id {_RENAMED_HOUSEHOLD}",
}
#: What becomes of the columns of such a row. The card of a family that stays is nobody's secret but its own.
_NEW_HOUSEHOLD = """
    household_id = coalesce((select new_id from renamed_household where old_id = t.household_id), t.household_id),
    no_kk = case when t.household_id in (select old_id from renamed_household) then null else t.no_kk end
"""
_NEW_PERSON = "{0} = coalesce((select new_id from renamed_person where old_id = t.{0}), t.{0})"
_ERASED_VALUES = {
    "kesejahteraan": f"""
        nik_kepala = null, nama_kepala = null, id_keluarga_p3ke = null, {_NEW_PERSON.format("head_person_id")},
        {_NEW_HOUSEHOLD}
    """,
    "verifikasi": _NEW_HOUSEHOLD,
    "bantuan": f"nik = null, penyalur = null, keterangan = null, {_NEW_PERSON.format('person_id')}, {_NEW_HOUSEHOLD}",
    "pemberdayaan": f"nik = null, {_NEW_PERSON.format('person_id')}, {_NEW_HOUSEHOLD}",
}


def _erase_rows(
    connection: psycopg.Connection, subject: Subject, numbers: Sequence[str], names: Sequence[str]
) -> dict[str, int]:
    """Destroy identities in the warehouse; number of rows by table. What quotes goes first, while ids still tell."""
    given = {"numbers": list(numbers), "names": list(names), "villages": villages(connection)}
    rows: dict[str, int] = {}

    def change(table: str, statement: str) -> None:
        if count := connection.execute(statement, given).rowcount:
            rows[table] = rows.get(table, 0) + count

    own = """(t.upload_id, t.register, t.sheet, t.row_number) in (
        select p.upload_id, 'penduduk', p.sheet, p.row_number
        from subject_row join raw.penduduk p using (upload_id, position)
    )"""
    for table, extra in (("quarantined_row", ", row_values = '{}'"), ("row_warning", "")):
        change(
            f"quality.{table}",
            f"""
            update quality.{table} t set value = null, sentence = '{SENTENCE}'{extra}
            from raw.upload u where u.upload_id = t.upload_id and ({MENTIONED[table]} or {own})
            """,
        )
    change(
        "quality.possible_duplicate",
        f"""
        delete from quality.possible_duplicate
        where left_person_id {_RENAMED_PERSON} or right_person_id {_RENAMED_PERSON}
           or left_household_id {_RENAMED_HOUSEHOLD} or right_household_id {_RENAMED_HOUSEHOLD}
           or (left_upload_id, left_position) in (select upload_id, position from subject_row)
           or (right_upload_id, right_position) in (select upload_id, position from subject_row)
        """,
    )
    _erase_in_texts(connection, numbers, names, given)
    for register, condition in _ERASED_ROWS.items():
        change(f"raw.{register}", f"update raw.{register} t set {_ERASED_VALUES[register]} where {condition}")
    for parent in ("nama_ayah", "nama_ibu"):
        change(
            "raw.penduduk",
            f"""
            update raw.penduduk t set {parent} = null
            where household_id in (select household_id from subject_row) and {folded(parent)} = any(%(names)s)
              and (upload_id, position) not in (select upload_id, position from subject_row)
            """,
        )
    emptied = ", ".join(f"{column} = null" for column in TABLES["raw", "penduduk"].emptied)
    change(
        "raw.penduduk",
        f"""
        update raw.penduduk t set {emptied}, had_nik = t.has_nik, {_NEW_PERSON.format("person_id")},
            household_id =
                coalesce((select new_id from renamed_household where old_id = t.household_id), t.household_id),
            name_birth_key = case when t.person_id {_RENAMED_PERSON}
                then (select new_key from renamed_key where old_key = t.name_birth_key) else t.name_birth_key end
        where (upload_id, position) in (select upload_id, position from subject_row)
        """,
    )
    return rows


def _erase_in_texts(
    connection: psycopg.Connection, numbers: Sequence[str], names: Sequence[str], given: dict[str, Any]
) -> None:
    """Take numbers out of every text that is kept, and names out of the texts of the subject's own rows."""
    for number in numbers:
        for (schema, table), columns in SHOWN_TEXTS.items():
            for column in columns:
                connection.execute(
                    f"update {schema}.{table} set {column} = replace({column}, %(number)s, '{ERASED}') "
                    f"where position(%(number)s in {column}) > 0",
                    {"number": number},
                )
        for table, column in (
            ("upload", "notes"),
            ("upload_register", "sheets"),
            ("upload_register", "unknown_columns"),
        ):
            connection.execute(
                f"""
                update raw.{table}
                set {column} = array(select replace(n, %(number)s, '{ERASED}') from unnest({column}) n)
                where position(%(number)s in array_to_string({column}, ' ')) > 0
                """,
                {"number": number},
            )
    for name in names:
        words = r"\s+".join(re.escape(part) for part in name.split())
        pattern = rf"(?<!\w){words}(?!\w)"  # not the "ani" of "panitia", which a figure may stand under
        for register in ("bantuan", "pemberdayaan"):
            for column in SHOWN_TEXTS["raw", register]:
                connection.execute(
                    f"update raw.{register} t set {column} = regexp_replace({column}, %(pattern)s, '{ERASED}', 'gi') "
                    f"where ({_ERASED_ROWS[register]}) and {column} ~* %(pattern)s",
                    given | {"pattern": pattern},
                )
