"""Whom a request is about, and where they stand: rows of population registers, and findings that quote them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import psycopg

from entas.errors import UsageError
from entas.ids import Pseudonymiser, fold_name
from entas.settings import Settings

Kind = Literal["person", "family"]


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


# --- rows -------------------------------------------------------------------------------------------------------------


def select_rows(connection: psycopg.Connection, subject: Subject) -> None:
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


def rename(connection: psycopg.Connection, subject: Subject) -> None:
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


def identifiers(connection: psycopg.Connection, subject: Subject) -> tuple[list[str], list[str]]:
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


def villages(connection: psycopg.Connection) -> list[str]:
    return [
        row[0]
        for row in connection.execute(
            "select distinct village_code from subject_row join raw.upload using (upload_id) order by 1"
        )
    ]


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


def places_in_force(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    return connection.execute(_IN_FORCE).fetchall()


# --- findings ---------------------------------------------------------------------------------------------------------


def folded(column: str) -> str:
    """A column as `fold_name` has it."""
    return rf"upper(regexp_replace(btrim({column}), '\s+', ' ', 'g'))"


def _digits(column: str) -> str:
    return rf"regexp_replace(coalesce({column}, ''), '\D', '', 'g')"


_IN_SENTENCE = "exists (select from unnest(%(numbers)s::text[]) n where position(n in t.sentence) > 0)"
#: Findings that quote a number of the subject; or, in villages that list them, their name.
MENTIONED = {
    "quarantined_row": f"""(
        {_digits("t.value")} = any(%(numbers)s) or {_IN_SENTENCE} or exists (
            select from jsonb_each_text(t.row_values) v
            where {_digits("v.value")} = any(%(numbers)s)
               or ({folded("v.value")} = any(%(names)s) and u.village_code = any(%(villages)s))
        )
    )""",
    "row_warning": f"""(
        {_digits("t.value")} = any(%(numbers)s) or {_IN_SENTENCE}
        or ({folded("t.value")} = any(%(names)s) and u.village_code = any(%(villages)s))
    )""",
}
