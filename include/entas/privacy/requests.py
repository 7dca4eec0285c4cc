"""Requests of persons about their data: access, correction, erasure (UU PDP 27/2022, articles 6 to 8).

A request is carried out on what is kept here; the register itself is the village's. So a correction and an erasure
tell the village which row of its file to mend, and later uploads are watched: what comes back is loaded as any other
row, for the count is a public task, and the village is told again.

The trace (privacy.request, privacy.request_outcome) holds the number of the request and a pseudonym, no identity.
"""

from __future__ import annotations

import getpass
import hmac
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from entas import clock
from entas.discretion import discreet, masked
from entas.duplicates.store import latest_period
from entas.duplicates.worklist import FILE_NAME as DUPLICATES
from entas.errors import EntasError, UsageError
from entas.ids import Pseudonymiser, fold_name
from entas.privacy import files
from entas.privacy.columns import ERASED, SENTENCE, SHOWN_TEXTS, TABLES
from entas.privacy.files import Doomed, Stores
from entas.privacy.finishing import changing_loaded_rows, finish
from entas.privacy.notices import Notice, write_notices
from entas.scratch import scratch_folder
from entas.settings import Settings
from entas.storage import StoredFile
from entas.warehouse import open_warehouse

Kind = Literal["person", "family"]

#: Columns of the population register that can be corrected here, and what they are called. NIK and card number are not
#: among them: with another number it is another person's row, and only the village can say so.
CORRECTABLE = ("nama", "sex", "tempatlahir", "tanggallahir", "alamat", "dusun", "rw", "rt")
_OF_A_FAMILY = ("alamat", "dusun", "rw", "rt")
#: Name and birth date make the pseudonym of who has no NIK, and tell namesakes apart.
_CHANGE_FIGURES = ("nama", "tanggallahir")

_BASIS = {
    "access": "Permintaan akses Subjek Data Pribadi. UU 27/2022 Pasal 7 dan Pasal 32.",
    "correction": "Permintaan perbaikan Subjek Data Pribadi. UU 27/2022 Pasal 6 dan Pasal 30.",
    "erasure": "Permintaan penghapusan Subjek Data Pribadi. UU 27/2022 Pasal 8, Pasal 43, dan Pasal 44.",
}

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Subject:
    """Whom a request is about.

    Attributes:
        kind: person (by NIK) or family (by card number).
        number: 16 digits.
        id: its pseudonym.
    """

    kind: Kind
    number: str = field(repr=False)
    id: str

    @classmethod
    def of(cls, settings: Settings, *, nik: str | None = None, no_kk: str | None = None) -> Subject:
        """The subject of a NIK or of a card number as a person typed it.

        Raises:
            UsageError: not exactly one is given, or it is not 16 digits.
        """
        if (nik is None) == (no_kk is None):
            raise UsageError("give either a NIK or a card number")
        text = "".join(char for char in (nik or no_kk or "") if char not in " .-'\u00a0")
        if len(text) != 16 or not text.isascii() or not text.isdecimal():
            raise UsageError(f"a {'NIK' if nik is not None else 'card number'} has 16 digits; write all of them")
        make = Pseudonymiser(settings.pseudonym_key)
        if nik is not None:
            return cls("person", text, make.person_id(text))
        return cls("family", text, make.household_id(text))


@dataclass
class Answer:
    """What a request found or did.

    Attributes:
        request_id: of privacy.request; None for a dry run.
        rows: rows concerned, by table.
        files: files concerned, by store; notices to villages under `notices`.
        found: access: every row in which the subject stands, with its place and all that is kept.
        remarks: what whoever answers the person should know, one English sentence each.
    """

    request_id: int | None
    rows: dict[str, int]
    files: dict[str, int] = field(default_factory=dict)
    found: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


# --- access ----------------------------------------------------------------------------------------------------------

#: Rows of each register that are about a person or family, beside those of `penduduk`.
_ABOUT = {
    "kesejahteraan": (
        "(%(kind)s = 'person' and head_person_id = %(id)s) or (%(kind)s = 'family' and household_id = %(id)s)"
    ),
    "verifikasi": "%(kind)s = 'family' and household_id = %(id)s",
    "bantuan": "(%(kind)s = 'person' and person_id = %(id)s) or (%(kind)s = 'family' and household_id = %(id)s)",
    "pemberdayaan": "(%(kind)s = 'person' and person_id = %(id)s) or (%(kind)s = 'family' and household_id = %(id)s)",
}
#: Columns of Entas's own that mean nothing to the person.
_INNER = frozenset({"upload_id", "position", "name_birth_key", "had_nik", "has_nik"})


@discreet
def find(
    settings: Settings, subject: Subject, *, reference: str, requested_on: date, basis: str | None = None
) -> Answer:
    """All that is kept about a person or family, with upload, sheet and row; the look is recorded.

    Of a person: their rows in all registers, also those without a NIK in the same card under the same name and birth
    date, and what was not loaded or was warned about. Of a family: all rows of the card.

    Args:
        reference: number of the request; never a name or number of a person.
        requested_on: when the office received it.
        basis: reason and legal basis, other than the usual.

    Raises:
        UsageError: the reference is empty or holds a number of a person, or the day lies ahead.
    """
    _require_reference(reference, requested_on)
    with open_warehouse(settings).connect(autocommit=True) as connection, connection.transaction():
        _select_rows(connection, subject)
        found = _found(connection, subject)
        rows = _counted(one["table"] for one in found)
        request_id = _record(connection, "access", subject, reference, requested_on, basis)
        _outcome(connection, request_id, "answered", rows)
    return Answer(request_id, rows, found=found, remarks=_remarks(found))


def _found(connection: psycopg.Connection, subject: Subject) -> list[dict[str, Any]]:
    place = "u.village_code, u.period, u.file_name, u.received_at, t.upload_id, t.sheet, t.row_number"
    found: list[dict[str, Any]] = []
    conditions = {"penduduk": "(upload_id, position) in (select upload_id, position from subject_row)"} | _ABOUT
    for register, condition in conditions.items():
        cursor = connection.cursor(row_factory=dict_row)
        for row in cursor.execute(
            f"select {place}, to_jsonb(t) as kept from raw.{register} t join raw.upload u using (upload_id) "
            f"where {condition} order by u.received_at, t.position",
            {"kind": subject.kind, "id": subject.id},
        ):
            kept = {name: value for name, value in row.pop("kept").items() if value is not None and name not in _INNER}
            found.append(_placed(f"raw.{register}", row, kept))
    for table, values in (("quarantined_row", "row_values"), ("row_warning", "null::jsonb")):
        cursor = connection.cursor(row_factory=dict_row)
        for row in cursor.execute(
            f"select {place}, jsonb_build_object('rule_id', t.rule_id, 'value', t.value, 'sentence', t.sentence, "
            f"'row', {values}) as kept from quality.{table} t join raw.upload u using (upload_id) "
            f"where {_MENTIONED[table]} order by u.received_at, t.row_number",
            {"numbers": [subject.number], "names": [], "villages": []},
        ):
            found.append(_placed(f"quality.{table}", row, {k: v for k, v in row.pop("kept").items() if v is not None}))
    return found


def _placed(table: str, row: dict[str, Any], kept: dict[str, Any]) -> dict[str, Any]:
    for name in ("sheet", "row_number"):
        kept.pop(name, None)
    return {
        "table": table,
        **row,
        "received_at": row["received_at"].astimezone(clock.JAKARTA).isoformat(),
        "kept": kept,
    }


def _remarks(found: Sequence[dict[str, Any]]) -> list[str]:
    said = []
    if not found:
        said.append("Nothing is kept in the warehouse under this number.")
    gone = sum(one["table"] == "raw.penduduk" and "nama" not in one["kept"] for one in found)
    if gone:
        said.append(f"{gone} rows of population registers are kept without identity (retention or erasure).")
    if found:
        said.append("The files in which these rows came are in the archive until retention takes them.")
    return said


# --- correction ------------------------------------------------------------------------------------------------------


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
    _require_reference(reference, requested_on)
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
        changing_loaded_rows(connection),
        connection.transaction(),
    ):
        _select_rows(connection, subject)
        rows = _correct_rows(connection, settings, subject, column, right)
        if not rows:
            raise EntasError("nothing is kept about this number that reads otherwise; nothing was changed or recorded")
        key = _value_key(settings, column, right)
        request_id = _record(connection, "correction", subject, reference, requested_on, basis, column, key)
        if column in _CHANGE_FIGURES:
            connection.execute("insert into raw.revision (request_id) values (%s)", (request_id,))
        shown = f"{right:%d/%m/%Y}" if isinstance(right, date) else str(right)
        notices = [
            Notice("correction", reference, *place, column=column, value=shown)
            for place in _places_in_force(connection)
        ]
        # They show the name as it was; those of the latest month are written again.
        current = f"/{latest_period(connection)}/{DUPLICATES}"
        doomed = [
            Doomed("feedback", file.path)
            for file in Stores(settings)["feedback"].files()
            if file.path.endswith(current)
        ]
        _begin(connection, request_id, rows, doomed, notices)
    finish(settings)
    return _done(settings, request_id)


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


def _value_key(settings: Settings, column: str, value: str | int | date) -> str:
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


#: Rows of the subject in the registers that are in force now, one a village at the most times over.
_IN_FORCE = """
select u.village_code, u.period, u.file_name, p.sheet, p.row_number
from subject_row s join raw.penduduk p on (p.upload_id, p.position) = (s.upload_id, s.position)
join raw.upload u on u.upload_id = s.upload_id
where u.upload_id in (
    select distinct on (l.village_code) l.upload_id
    from raw.upload l join raw.upload_register r using (upload_id)
    where r.register = 'penduduk' and r.status = 'accepted'
    order by l.village_code, l.period desc, l.received_at desc
)
order by u.village_code, p.position
"""


def _places_in_force(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    return connection.execute(_IN_FORCE).fetchall()


# --- erasure ---------------------------------------------------------------------------------------------------------


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
    _require_reference(reference, requested_on)
    stores = Stores(settings)
    with open_warehouse(settings).connect(autocommit=True) as connection, changing_loaded_rows(connection):
        with connection.transaction():
            _select_rows(connection, subject)
            _rename(connection, subject)
            numbers, names = _identifiers(connection, subject)
            uploads = _uploads_listing(connection, subject, numbers, names)
            elsewhere = _listed_elsewhere(connection)
        doomed, unseen = _doomed(connection, settings, stores, uploads, numbers, names, progress)
        if not uploads and not doomed:
            raise EntasError("nothing is kept about this number; nothing was changed or recorded")
        with connection.transaction() as changes:
            _select_rows(connection, subject)
            _rename(connection, subject)
            notices = [Notice("erasure", reference, *place) for place in _places_in_force(connection)]
            rows = _erase_rows(connection, subject, numbers, names)
            connection.execute("delete from raw.feedback_due where upload_id = any(%s)", (uploads,))
            remarks = _erasure_remarks(elsewhere, unseen, doomed)
            if dry_run:
                answer = Answer(None, rows, files.count(doomed), remarks=remarks)
                raise psycopg.Rollback(changes)
            request_id = _record(connection, "erasure", subject, reference, requested_on, basis)
            connection.execute("insert into raw.revision (request_id) values (%s)", (request_id,))
            _begin(connection, request_id, rows, doomed, notices)
    if dry_run:
        return answer
    finish(settings)
    answer = _done(settings, request_id)
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
    for table, condition in _MENTIONED.items():
        found |= {
            row[0]
            for row in connection.execute(
                f"select upload_id from quality.{table} t join raw.upload u using (upload_id) where {condition}",
                {"numbers": list(numbers), "names": list(names), "villages": _villages(connection)},
            )
        }
    return sorted(found)


def _villages(connection: psycopg.Connection) -> list[str]:
    return [
        row[0]
        for row in connection.execute(
            "select distinct village_code from subject_row join raw.upload using (upload_id) order by 1"
        )
    ]


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
    unseen = done = 0
    with scratch_folder(settings.home, "privacy") as work:
        for place, group, wanted in groups:
            for file in group:
                answer = files.looked_into(stores[place], [file], wanted, work).get(file.path)
                if answer:
                    mentioned[place].add(file.path)
                elif answer is False and place == "archive":
                    unseen += 1
                done += 1
                if progress:
                    progress(done, total)
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


# --- the rows of a subject -------------------------------------------------------------------------------------------


def _select_rows(connection: psycopg.Connection, subject: Subject) -> None:
    """Make `subject_row`: the rows of population registers that list the subject, until the transaction ends.

    Of a person also the rows without NIK in the same card, under the same name and birth date: so one mistyped NIK is
    not left behind.
    """
    connection.execute(_SUBJECT_ROWS[subject.kind], {"id": subject.id})


_OWN = "select upload_id, position, household_id, person_id, name_birth_key, has_nik from raw.penduduk"
_SUBJECT_ROWS: dict[Kind, str] = {
    "person": f"""
        create temporary table subject_row on commit drop as
        with own as ({_OWN} where person_id = %(id)s and has_nik)
        select * from own
        union
        select p.upload_id, p.position, p.household_id, p.person_id, p.name_birth_key, p.has_nik
        from own join raw.penduduk p using (household_id, name_birth_key) where not p.has_nik
    """,
    "family": f"create temporary table subject_row on commit drop as {_OWN} where household_id = %(id)s",
}

_RANDOM_ID = "encode(sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')), 'hex')"


def _rename(connection: psycopg.Connection, subject: Subject) -> None:
    """Make `renamed_person`, `renamed_household` and `renamed_key`: a random id for each that leads to the subject.

    Persons whom another card lists too keep theirs (they did not ask), and so does a card that lists others.
    """
    for statement in (
        f"""
        create temporary table renamed_person on commit drop as
        select old_id, {_RANDOM_ID} as new_id from (
            select distinct person_id as old_id from subject_row s
            where not exists (
                select from raw.penduduk p where p.person_id = s.person_id and p.has_nik and s.has_nik
                  and (p.upload_id, p.position) not in (select upload_id, position from subject_row)
            )
            union
            select %(id)s where %(kind)s = 'person'
        ) persons
        """,
        f"""
        create temporary table renamed_household on commit drop as
        select old_id, {_RANDOM_ID} as new_id from (
            select distinct household_id as old_id from subject_row s
            where %(kind)s = 'person' and not exists (
                select from raw.penduduk p where p.household_id = s.household_id
                  and (p.upload_id, p.position) not in (select upload_id, position from subject_row)
            )
            union
            select %(id)s where %(kind)s = 'family'
        ) households
        """,
        """
        create temporary table renamed_key on commit drop as
        select old_key, gen_random_uuid() as new_key from (
            select distinct name_birth_key as old_key from subject_row
            where person_id in (select old_id from renamed_person)
        ) keys
        """,
    ):
        connection.execute(statement, {"id": subject.id, "kind": subject.kind})


def _identifiers(connection: psycopg.Connection, subject: Subject) -> tuple[list[str], list[str]]:
    """Numbers that lead to the subject alone, and their names in upper case, as far as the warehouse still has them."""
    numbers = {subject.number} | {
        row[0]
        for row in connection.execute(
            """
            select nik from subject_row join raw.penduduk p using (upload_id, position)
            where p.nik is not null and p.person_id in (select old_id from renamed_person)
            union
            select no_kk from subject_row join raw.penduduk p using (upload_id, position)
            where p.no_kk is not null and p.household_id in (select old_id from renamed_household)
            """
        )
    }
    names = {
        fold_name(row[0])
        for row in connection.execute(
            """
            select nama from subject_row join raw.penduduk using (upload_id, position)
            union
            select nama_kepala from raw.kesejahteraan where head_person_id in (select old_id from renamed_person)
            """
        )
    }
    return sorted(numbers), sorted(names - {""})


# --- destroying them -------------------------------------------------------------------------------------------------


def _folded(column: str) -> str:
    """A column as `fold_name` has it."""
    return rf"upper(regexp_replace(btrim({column}), '\s+', ' ', 'g'))"


def _digits(column: str) -> str:
    return rf"regexp_replace(coalesce({column}, ''), '\D', '', 'g')"


_IN_SENTENCE = "exists (select from unnest(%(numbers)s::text[]) n where position(n in t.sentence) > 0)"
#: Findings that quote a number of the subject; or, in villages that list them, their name.
_MENTIONED = {
    "quarantined_row": f"""(
        {_digits("t.value")} = any(%(numbers)s) or {_IN_SENTENCE} or exists (
            select from jsonb_each_text(t.row_values) v
            where {_digits("v.value")} = any(%(numbers)s)
               or ({_folded("v.value")} = any(%(names)s) and u.village_code = any(%(villages)s))
        )
    )""",
    "row_warning": f"""(
        {_digits("t.value")} = any(%(numbers)s) or {_IN_SENTENCE}
        or ({_folded("t.value")} = any(%(names)s) and u.village_code = any(%(villages)s))
    )""",
}

_RENAMED_PERSON = "in (select old_id from renamed_person)"
_RENAMED_HOUSEHOLD = "in (select old_id from renamed_household)"
_ERASED_ROWS = {
    "kesejahteraan": f"""
        t.head_person_id {_RENAMED_PERSON} or t.household_id {_RENAMED_HOUSEHOLD} or (
            t.household_id in (select household_id from subject_row) and {_folded("t.nama_kepala")} = any(%(names)s)
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
    given = {"numbers": list(numbers), "names": list(names), "villages": _villages(connection)}
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
            from raw.upload u where u.upload_id = t.upload_id and ({_MENTIONED[table]} or {own})
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
            where household_id in (select household_id from subject_row) and {_folded(parent)} = any(%(names)s)
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
        pattern = r"\s+".join(re.escape(part) for part in name.split())
        for register in ("bantuan", "pemberdayaan"):
            for column in SHOWN_TEXTS["raw", register]:
                connection.execute(
                    f"update raw.{register} t set {column} = regexp_replace({column}, %(pattern)s, '{ERASED}', 'gi') "
                    f"where ({_ERASED_ROWS[register]}) and {column} ~* %(pattern)s",
                    given | {"pattern": pattern},
                )


# --- what becomes of requests ----------------------------------------------------------------------------------------


@discreet
def follow_up(settings: Settings) -> dict[str, int]:
    """See what later uploads say of corrected and erased persons, and tell the villages whose registers bring it back.

    Returns:
        `confirmed`: corrections that a village's register has now. `returned`: uploads with the old value, or with an
        erased person or family; each is told once.

    Raises:
        EntasError: a notice cannot be written; the next run does.
    """
    counts = {"confirmed": 0, "returned": 0}
    stores = Stores(settings)
    with open_warehouse(settings).connect(autocommit=True) as connection:
        for one in connection.cursor(row_factory=dict_row).execute(_WATCHED).fetchall():
            with connection.transaction(), scratch_folder(settings.home, "notices", clear=False) as work:
                subject = Subject(one["subject_kind"], "", one["subject_id"])
                _select_rows(connection, subject)
                later = connection.cursor(row_factory=dict_row).execute(_LATER, one).fetchall()
                for upload_id in dict.fromkeys(row["upload_id"] for row in later):
                    rows = [row for row in later if row["upload_id"] == upload_id]
                    right = one["kind"] == "correction" and all(_reads_right(settings, one, row) for row in rows)
                    if not right:
                        notices = [_notice(connection, settings, one, row) for row in rows]
                        write_notices(stores["feedback"], one["request_id"], notices, work)
                    outcome = "confirmed" if right else "returned"
                    _outcome(connection, one["request_id"], outcome, {"raw.penduduk": len(rows)}, upload_id)
                    counts[outcome] += 1
                    if right:
                        break
    return counts


#: Requests whose subject later uploads may bring back: erasures for ever, corrections until a register has the value.
_WATCHED = """
select r.request_id, r.kind, r.reference, r.subject_kind, r.subject_id, r.column_name, r.value_key, r.recorded_at
from privacy.request r
where r.kind in ('correction', 'erasure')
  and exists (
      select from privacy.request_outcome o where o.request_id = r.request_id and o.outcome in ('corrected', 'erased')
  )
  and not exists (
      select from privacy.request_outcome o where o.request_id = r.request_id and o.outcome = 'confirmed'
  )
order by r.request_id
"""
_LATER = """
select u.upload_id, u.village_code, u.period, u.file_name, p.sheet, p.row_number, to_jsonb(p) as kept
from subject_row s join raw.penduduk p using (upload_id, position) join raw.upload u using (upload_id)
where u.received_at > %(recorded_at)s and p.had_nik is null and not exists (
    select from privacy.request_outcome o where o.request_id = %(request_id)s and o.upload_id = u.upload_id
)
order by u.received_at, p.position
"""


def _reads_right(settings: Settings, request: dict[str, Any], row: dict[str, Any]) -> bool:
    value = row["kept"][request["column_name"]]
    return value is not None and _value_key(settings, request["column_name"], value) == request["value_key"]


def _notice(connection: psycopg.Connection, settings: Settings, request: dict[str, Any], row: dict[str, Any]) -> Notice:
    """What the village is told of a row; the right value is one that an older, corrected row still has."""
    column, value = request["column_name"] or "", ""
    if column:
        for (kept,) in connection.execute(
            "select distinct to_jsonb(p) ->> %s from subject_row join raw.penduduk p using (upload_id, position)",
            (column,),
        ):
            if kept is not None and _value_key(settings, column, kept) == request["value_key"]:
                value = f"{date.fromisoformat(kept):%d/%m/%Y}" if column == "tanggallahir" else kept
    place = (row["village_code"], row["period"], row["file_name"], row["sheet"], row["row_number"])
    return Notice(request["kind"], request["reference"], *place, column=column, value=value)


def requests(settings: Settings) -> list[dict[str, Any]]:
    """All requests with their state, newest first: begun, answered, corrected, erased, confirmed or returned."""
    with open_warehouse(settings).connect() as connection:
        return (
            connection.cursor(row_factory=dict_row)
            .execute(
                """
            select r.request_id, r.kind, r.reference, r.requested_on, r.subject_kind, r.column_name, r.recorded_by,
                   r.recorded_at, coalesce(o.outcome, 'begun') as state, o.done_at, coalesce(o.rows, '{}') as rows,
                   coalesce(o.files, '{}') as files
            from privacy.request r left join lateral (
                select outcome, done_at, rows, files from privacy.request_outcome
                where request_id = r.request_id order by outcome_id desc limit 1
            ) o on true
            order by r.request_id desc
            """
            )
            .fetchall()
        )


def _require_reference(reference: str, requested_on: date) -> None:
    if not reference.strip() or len(reference) > 100:
        raise UsageError("give the number of the request in the office's register of letters (at most 100 characters)")
    if masked(reference) != reference:
        raise UsageError("the reference holds a number or name of a person; give the number of the letter")
    if requested_on > clock.jakarta_day(clock.now()):
        raise UsageError(f"{requested_on} lies ahead; give the day on which the request came in")


def _record(
    connection: psycopg.Connection,
    kind: str,
    subject: Subject,
    reference: str,
    requested_on: date,
    basis: str | None,
    column: str | None = None,
    value_key: str | None = None,
) -> int:
    return connection.execute(
        """
        insert into privacy.request (kind, reference, requested_on, subject_kind, subject_id, column_name, value_key,
                                     basis, recorded_by)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s) returning request_id
        """,
        (kind, reference, requested_on, subject.kind, subject.id, column, value_key, basis or _BASIS[kind],
         getpass.getuser()),
    ).fetchone()[0]  # fmt: skip


def _begin(
    connection: psycopg.Connection,
    request_id: int,
    rows: dict[str, int],
    doomed: Iterable[Doomed],
    notices: Iterable[Notice],
) -> None:
    connection.execute(
        """
        insert into privacy.unfinished (request_id, basis, rows, files, notices, begun_by)
        select request_id, basis, %s, %s, %s, recorded_by from privacy.request where request_id = %s
        """,
        (
            Jsonb(rows),
            Jsonb([file.to_json() for file in doomed]),
            Jsonb([notice.to_json() for notice in notices]),
            request_id,
        ),
    )


def _outcome(
    connection: psycopg.Connection, request_id: int, outcome: str, rows: dict[str, int], upload_id: int | None = None
) -> None:
    connection.execute(
        "insert into privacy.request_outcome (request_id, outcome, upload_id, rows, done_by) "
        "values (%s, %s, %s, %s, %s)",
        (request_id, outcome, upload_id, Jsonb(rows), getpass.getuser()),
    )


def _done(settings: Settings, request_id: int) -> Answer:
    with open_warehouse(settings).connect() as connection:
        rows, counts = connection.execute(
            "select rows, files from privacy.request_outcome where request_id = %s order by outcome_id limit 1",
            (request_id,),
        ).fetchone()
    return Answer(request_id, rows, counts)


def _counted(names: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return counts
