"""Names and numbers of persons in texts that reach the marts: a programme, a provider, an outcome.

These columns are to say what was given and by whom, and are read by analysts and in reports. Villages also write for
whom: `BLT DD a.n. ...`. Such a part is covered when the row is loaded; the upload itself stays in the archive as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import psycopg
from psycopg import sql

from entas.discretion import masked_numbers

#: Register -> its columns of free text that dbt selects (staging selects no other).
SHOWN_TEXTS = {
    "bantuan": ("program", "sumber_dana"),
    "pemberdayaan": ("nama_kegiatan", "penyelenggara", "hasil"),
}
NAME = "[nama]"
#: Shorter names are parts of too many words, and tell nobody apart.
_SHORTEST_NAME = 3

# Names that any register ever gave to persons of the row's family, and to the row's person.
_SUSPECTS = """
select mine.position, {texts}, coalesce(named.names, '{{}}')
from raw.{register} mine
cross join lateral (select upper(concat_ws(' | ', {texts})) as written) shown
cross join lateral (
    select array_agg(distinct p.nama) as names from (
        select nama from raw.penduduk where household_id = mine.household_id
        union all
        select nama from raw.penduduk where person_id = mine.person_id and nik is not null
    ) p
    where length(p.nama) >= {shortest} and position(upper(p.nama) in shown.written) > 0
) named
where mine.upload_id = {upload_id} and (named.names is not null or shown.written ~ '[0-9]([ .''-]?[0-9]){{12}}')
"""


def cover_identities(connection: psycopg.Connection, upload_id: int, register: str) -> int:
    """Cover numbers, and names of the family that a row is about, in the loaded rows of an upload.

    Returns:
        How many cells held one.
    """
    columns = SHOWN_TEXTS.get(register)
    if columns is None:
        return 0
    texts = sql.SQL(", ").join(sql.SQL("mine.{}").format(sql.Identifier(name)) for name in columns)
    suspects = connection.execute(
        sql.SQL(_SUSPECTS).format(
            texts=texts,
            register=sql.Identifier(register),
            shortest=sql.Literal(_SHORTEST_NAME),
            upload_id=sql.Literal(upload_id),
        )
    ).fetchall()
    changed = sql.SQL("update raw.{} set {} where upload_id = %s and position = %s").format(
        sql.Identifier(register),
        sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in columns),
    )
    cells = 0
    for position, *written, names in suspects:
        covered = [None if text is None else covered_text(text, names) for text in written]
        if covered != written:
            cells += sum(one != other for one, other in zip(covered, written, strict=True))
            connection.execute(changed, (*covered, upload_id, position))
    return cells


def covered_text(text: str, names: Iterable[str]) -> str:
    """The text without numbers as long as a NIK, and without these names where they stand as words."""
    for name in sorted(names, key=len, reverse=True):
        words = r"\s+".join(map(re.escape, name.split()))
        text = re.sub(rf"(?<!\w){words}(?!\w)", NAME, text, flags=re.IGNORECASE)
    return masked_numbers(text)


def note(register: str, cells: int) -> str:
    """What the village is told (Indonesian)."""
    columns = " atau ".join(SHOWN_TEXTS[register])
    return (
        f"Register {register}: {cells} isian kolom {columns} memuat NIK, nomor KK, atau nama penerima; bagian itu "
        "ditutup dan tidak ikut ke laporan. Tulis siapa penerimanya hanya pada kolom no_kk dan nik."
    )
