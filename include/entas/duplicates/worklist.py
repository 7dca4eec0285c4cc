"""The worklists: what each village and the regency are to look into, as workbooks in the feedback folder.

A village sees its own rows as it wrote them; of another village's person the name, the village and a NIK of which the
middle is hidden, which is what it needs to ask there and no more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import xlsxwriter
from lokal import partial_mask
from psycopg.rows import dict_row

from entas import areas
from entas.areas import Village
from entas.clock import period_text
from entas.errors import EntasError
from entas.indonesian import month_name
from entas.intake.styles import LONGEST_TEXT, row_height, text_lines
from entas.registers.own_sheets import FORMULA_STARTS
from entas.settings import Settings
from entas.storage import Store

FILE_NAME = "kemungkinan-ganda.xlsx"

#: From this score on a pair is called strong; of the invented pairs above it 99 of 100 were one person.
STRONG = 0.95

_LAST_ROW = 1_000_000

_COMPARED = {
    "nama": "nama",
    "tanggal_lahir": "tanggal lahir",
    "jenis_kelamin": "jenis kelamin",
    "tempat_lahir": "tempat lahir",
    "nama_ayah": "nama ayah",
    "nama_ibu": "nama ibu",
    "nama_pasangan": "nama pasangan",
    "nik": "NIK",
}
_AGREES = {
    "sama": "sama",
    "nyaris_sama": "nyaris sama",
    "mirip": "mirip",
    "hari_dan_bulan_tertukar": "hari dan bulan tertukar",
    "satu_angka_berbeda": "satu angka berbeda",
    "sebagian_sama": "sebagian sama",
    "tahun_sama": "tahun sama",
    "beda": "berbeda",
}

_PERSON_ELSEWHERE = (
    "Tanyakan kepada {there} dan kepada keluarganya. Bila orangnya sama, desa yang ditinggalkannya mengubah "
    "status_dasar menjadi pindah pada register berikutnya, dan desa tempat tinggalnya melengkapi NIK. Bila berbeda, "
    "lengkapi NIK masing-masing."
)
_PERSON_HERE = (
    "Periksa kedua kartu keluarga. Bila orangnya sama, hapus barisnya dari kartu keluarga yang tidak berlaku lagi pada "
    "register berikutnya. Bila berbeda, lengkapi NIK masing-masing."
)
_PERSON_IN_CARD = (
    "Periksa kartu keluarganya. Bila satu orang tertulis dua kali, hapus baris yang NIK-nya kosong atau salah pada "
    "register berikutnya. Bila berbeda (misalnya kembar), lengkapi NIK masing-masing."
)
_FAMILY_ELSEWHERE = (
    "Tanyakan kepada {there} di mana keluarga ini tinggal dan kartu keluarga mana yang berlaku. Desa yang "
    "ditinggalkannya mengubah status_dasar seluruh anggotanya menjadi pindah pada register berikutnya."
)
_FAMILY_HERE = (
    "Periksa kartu keluarga mana yang berlaku, lalu hapus baris kartu keluarga yang tidak berlaku pada register "
    "berikutnya."
)
_SUSPICION = (
    "Orang dan keluarga di bawah ini mungkin tercantum dua kali dalam register penduduk yang berlaku. Ini dugaan dari "
    "kemiripan nama, tanggal lahir, dan keluarganya, bukan kepastian;"
)
_CONFIRMED = "Sudah dipastikan sama. "


@dataclass(frozen=True)
class _Side:
    """A row of a village's register; for families the head's."""

    village: Village
    nama: str
    nik: str | None
    no_kk: str
    born: date | None
    household_id: str
    place: str

    @property
    def masked(self) -> str:
        return partial_mask("NIK", self.nik) if self.nik else "(tidak ada)"


@dataclass(frozen=True)
class _Pair:
    pair_id: str
    kind: str
    score: float
    decision: str | None
    evidence: dict[str, Any]
    left: _Side
    right: _Side
    counted: int | None

    @property
    def villages(self) -> set[str]:
        return {self.left.village.village_code, self.right.village.village_code}


def write_worklists(
    connection: psycopg.Connection, settings: Settings, store: Store, period: date, folder: Path
) -> int:
    """Write the worklist of the regency, and one for each village that has a pair; those of no pair are removed.

    Pairs that somebody found to be different are left out; those found to be the same stay until the registers say so.

    Args:
        connection: sees the pairs of the search.
        store: the feedback folder.
        folder: private local folder to write in.

    Returns:
        Number of workbooks.

    Raises:
        EntasError: the feedback folder cannot be written.
    """
    known = areas.villages(settings.regency)
    pairs = _pairs(connection, period, known)
    by_village: dict[str, list[_Pair]] = defaultdict(list)
    for pair in pairs:
        for village in pair.villages:
            by_village[village].append(pair)
    month = period_text(period)
    local = folder / FILE_NAME
    try:
        _write_regency(local, period, pairs, next(iter(known.values())).regency_name)
        store.put_file(local, f"{settings.regency}/{month}/{FILE_NAME}")
        for code, village in known.items():
            path = f"{code}/{month}/{FILE_NAME}"
            if by_village[code]:
                _write_village(local, period, village, by_village[code])
                store.put_file(local, path)
            elif store.exists(path):
                store.remove(path)
    except OSError as error:
        reason = error.strerror or error
        raise EntasError(
            f"the worklists cannot be written to {store.place}: {reason}; look at ENTAS_FEEDBACK and run entas "
            "duplicates again"
        ) from error
    return 1 + sum(bool(found) for found in by_village.values())


_PAIRS = """
select d.pair_id, d.kind, d.score, d.decision, d.evidence, {counted} as counted,
       lu.village_code as left_village, l.nama as left_nama, l.nik as left_nik, l.no_kk as left_no_kk,
       l.tanggallahir as left_born, l.household_id as left_household, lu.file_name as left_file, l.sheet as left_sheet,
       l.row_number as left_row,
       ru.village_code as right_village, r.nama as right_nama, r.nik as right_nik, r.no_kk as right_no_kk,
       r.tanggallahir as right_born, r.household_id as right_household, ru.file_name as right_file,
       r.sheet as right_sheet, r.row_number as right_row
from quality.possible_duplicate d
join raw.penduduk l on l.upload_id = d.left_upload_id and l.position = d.left_position
join raw.upload lu on lu.upload_id = d.left_upload_id
join raw.penduduk r on r.upload_id = d.right_upload_id and r.position = d.right_position
join raw.upload ru on ru.upload_id = d.right_upload_id
where d.computed_at = (select max(computed_at) from quality.duplicate_search where period = %(month)s)
  and d.decision is distinct from 'berbeda'
  and l.nama is not null and r.nama is not null  -- nobody can look into a row whose identity was destroyed
order by counted desc nulls last, d.score desc, d.pair_id
"""
#: Of the families of the pair, how many the month counts as extremely poor: two of them are money paid twice.
_COUNTED = """(
    select count(*) from marts.fct_household_status_monthly f
    where f.period = %(period)s and f.is_counted
      and f.household_id in (d.left_household_id, d.right_household_id)
)"""


def _pairs(connection: psycopg.Connection, period: date, known: dict[str, Village]) -> list[_Pair]:
    [(built,)] = connection.execute("select to_regclass('marts.fct_household_status_monthly') is not null").fetchall()
    query = _PAIRS.format(counted=_COUNTED if built else "null::integer")
    cursor = connection.cursor(row_factory=dict_row).execute(query, {"month": period_text(period), "period": period})
    made = []
    for row in cursor:
        left, right = (
            _Side(
                village=known[row[f"{side}_village"]],
                nama=row[f"{side}_nama"],
                nik=row[f"{side}_nik"],
                no_kk=row[f"{side}_no_kk"],
                born=row[f"{side}_born"],
                household_id=row[f"{side}_household"],
                place=f"{row[f'{side}_file']}, lembar {row[f'{side}_sheet']}, baris {row[f'{side}_row']}",
            )
            for side in ("left", "right")
        )
        made.append(
            _Pair(row["pair_id"], row["kind"], float(row["score"]), row["decision"], row["evidence"], left, right,
                  row["counted"])
        )  # fmt: skip
    return made


def _what_to_do(pair: _Pair, there: Village) -> str:
    here = pair.left.village == pair.right.village
    if pair.kind == "family":
        text = _FAMILY_HERE if here else _FAMILY_ELSEWHERE
    elif not here:
        text = _PERSON_ELSEWHERE
    else:
        text = _PERSON_IN_CARD if pair.left.household_id == pair.right.household_id else _PERSON_HERE
    return (_CONFIRMED if pair.decision == "sama" else "") + text.format(there=there.title)


def _evidence(pair: _Pair, own_is_left: bool) -> str:
    """What agrees and what does not; what nobody knows is left out."""
    if pair.kind == "family":
        left, right = pair.evidence["anggota_kiri"], pair.evidence["anggota_kanan"]
        own, other = (left, right) if own_is_left else (right, left)
        return f"{pair.evidence['anggota_cocok']} anggota cocok, dari {own} di sini dan {other} di sana"
    by_agreement: dict[str, list[str]] = defaultdict(list)
    for name, words in _COMPARED.items():
        level = pair.evidence.get(name)
        if level in _AGREES:
            by_agreement[_AGREES[level]].append(words)
    return "; ".join(f"{', '.join(what)} {agreement}" for agreement, what in by_agreement.items())


def _strength(pair: _Pair) -> str:
    return f"{'Kuat' if pair.score >= STRONG else 'Sedang'} ({min(pair.score, 0.999):.1%})".replace(".", ",")


# --- workbooks -----------------------------------------------------------------------------------------------------

#: Heading and width of each column.
_Columns = Sequence[tuple[str, int]]

_ANSWER: _Columns = (("Hasil pemeriksaan (sama/berbeda)", 18), ("Keterangan", 30))
_VILLAGE: _Columns = (
    ("Kode pasangan", 19), ("Kemungkinan", 15), ("Nama di desa Anda", 26), ("NIK", 19), ("Nomor KK", 19),
    ("Tanggal lahir", 13), ("Letak di berkas Anda", 34), ("Tercantum juga di", 36), ("Nama di sana", 26),
    ("NIK di sana (disamarkan)", 19), ("Kesamaan", 44), ("Yang perlu dilakukan", 60), *_ANSWER,
)  # fmt: skip
_REGENCY: _Columns = (
    ("Kode pasangan", 19), ("Kemungkinan", 15), ("Keluarga terhitung miskin ekstrem", 16), ("Kecamatan A", 18),
    ("Desa A", 34), ("Nama A", 26), ("NIK A (disamarkan)", 19), ("Letak A", 34), ("Kecamatan B", 18), ("Desa B", 34),
    ("Nama B", 26), ("NIK B (disamarkan)", 19), ("Letak B", 34), ("Kesamaan", 44), ("Yang perlu dilakukan", 60),
    *_ANSWER,
)  # fmt: skip


def _write_village(path: Path, period: date, village: Village, pairs: Sequence[_Pair]) -> None:
    def rows(kind: str) -> list[list[str]]:
        made = []
        for pair in sorted((one for one in pairs if one.kind == kind), key=lambda one: (-one.score, one.pair_id)):
            is_left = pair.left.village == village
            own, other = (pair.left, pair.right) if is_left else (pair.right, pair.left)
            where = other.village.title
            if other.village == village:
                where = f"desa Anda sendiri: {other.place}"
            made.append(
                [pair.pair_id, _strength(pair), own.nama, own.nik or "", own.no_kk,
                 f"{own.born:%d/%m/%Y}" if own.born else "", own.place, where, other.nama, other.masked,
                 _evidence(pair, is_left), _what_to_do(pair, other.village)]
            )  # fmt: skip
        return made

    _write(
        path,
        f"Kemungkinan tercatat ganda: {village.title}, Kecamatan {village.district_name}, {month_name(period)}",
        [
            f"{_SUSPICION} tidak ada yang digabung atau dihapus.",
            "Periksa tiap pasangan, mulai dari yang kuat, lalu lakukan yang tertulis pada kolom Yang perlu dilakukan.",
            "Isi kolom Hasil pemeriksaan dengan sama atau berbeda, beri keterangan, lalu kirimkan berkas ini kepada "
            "Dinas Sosial. Jangan mengunggahnya ke folder register. Pasangan yang dinyatakan berbeda tidak ditanyakan "
            "lagi.",
            "Berkas ini memuat data pribadi. Gunakan hanya untuk pemeriksaan ini.",
        ],
        _VILLAGE,
        {"Orang": rows("person"), "Keluarga": rows("family")},
    )


def _write_regency(path: Path, period: date, pairs: Sequence[_Pair], regency: str) -> None:
    def row(pair: _Pair) -> list[str]:
        counted = {None: "belum diketahui", 0: "tidak ada", 1: "satu"}.get(pair.counted, "keduanya")
        if pair.counted and pair.left.household_id == pair.right.household_id:
            counted = "ya"
        sides = [
            text
            for side in (pair.left, pair.right)
            for text in (side.village.district_name, side.village.title, side.nama, side.masked, side.place)
        ]
        evidence = _evidence(pair, own_is_left=True).replace("di sini", "di A").replace("di sana", "di B")
        return [pair.pair_id, _strength(pair), counted, *sides, evidence, _what_to_do(pair, pair.right.village)]

    _write(
        path,
        f"Kemungkinan tercatat ganda: {regency}, {month_name(period)}",
        [
            f"{_SUSPICION} tidak ada yang digabung, dan tidak ada angka laporan yang berubah karenanya.",
            "Di atas berada pasangan yang kedua keluarganya terhitung miskin ekstrem pada bulan ini, sebab di situ "
            "bantuan dapat terbayar dua kali.",
            "Setiap desa yang terkait menerima daftarnya sendiri. Catat hasilnya dengan: entas duplicates --judge KODE "
            'sama (atau berbeda) --note "keterangan". Pasangan yang dinyatakan berbeda tidak ditanyakan lagi.',
            "Berkas ini memuat data pribadi. Gunakan hanya untuk pemeriksaan ini.",
        ],
        _REGENCY,
        {
            "Orang": [row(pair) for pair in pairs if pair.kind == "person"],
            "Keluarga": [row(pair) for pair in pairs if pair.kind == "family"],
        },
    )


def _write(path: Path, title: str, notes: Sequence[str], columns: _Columns, sheets: dict[str, list[list[str]]]) -> None:
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        book.set_properties({"title": title})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        text = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        quoted = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@", "quote_prefix": True})
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#D9E2F3", "border": 1})
        summary = book.add_worksheet("Petunjuk")
        summary.set_column(0, 0, 110)
        summary.set_paper(9)
        summary.fit_to_pages(1, 0)
        summary.write_string(0, 0, title, book.add_format({"bold": True, "font_size": 14}))
        lines = [*notes, *(f"Lembar {name}: {len(rows)} pasangan." for name, rows in sheets.items())]
        for number, line in enumerate(lines, start=2):
            summary.set_row(number, row_height(text_lines([line], 115)))
            summary.write_string(number, 0, line, wrap)
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.set_row(0, row_height(3))
            for number, (heading, width) in enumerate(columns):
                sheet.set_column(number, number, width, text)
                sheet.write_string(0, number, heading, head)
            sheet.freeze_panes(1, 3)
            sheet.ignore_errors({"number_stored_as_text": f"A1:Q{len(rows) + 1}"})
            answer = len(columns) - len(_ANSWER)
            choice = {"validate": "list", "source": ["sama", "berbeda"]}
            sheet.data_validation(1, answer, max(1, len(rows)), answer, choice)
            sheet.set_landscape()
            sheet.set_paper(9)
            sheet.fit_to_pages(1, 0)
            sheet.repeat_rows(0)
            for number, row in enumerate(rows[:_LAST_ROW], start=1):
                longest = max(text_lines([cell], width + 2) for cell, (_, width) in zip(row, columns, strict=False))
                sheet.set_row(number, row_height(longest))
                for place, cell in enumerate(row):
                    if cell:
                        style = quoted if cell.startswith(FORMULA_STARTS) else text
                        sheet.write_string(number, place, cell[:LONGEST_TEXT], style)
            sheet.autofilter(0, 0, max(1, len(rows)), len(columns) - 1)
        summary.activate()
