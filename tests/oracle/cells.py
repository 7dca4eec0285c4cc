"""How the reference model understands the cells of Entas's own workbook (DESIGN.md, sections 4 and 5).

Deliberately separate from ``entas.registers``: the two are compared with each other, so they share no code.
A *blank* cell and an *unreadable* one are told apart everywhere, because the rules judge them differently.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

Cell = str | int | float | date | datetime | None

#: "Numbers above 9007199254740992 are lost."
LARGEST_EXACT_NUMBER = 9007199254740992


class Reading(Enum):
    """What became of a cell."""

    BLANK = "blank"
    UNREADABLE = "unreadable"
    VALUE = "value"


@dataclass(frozen=True)
class Parsed:
    """A cell after repair: how it could be read, and the value when it could."""

    reading: Reading
    value: object = None

    @property
    def blank(self) -> bool:
        """Whether nothing was written."""
        return self.reading is Reading.BLANK

    @property
    def unreadable(self) -> bool:
        """Whether something was written that cannot be understood."""
        return self.reading is Reading.UNREADABLE


BLANK = Parsed(Reading.BLANK)
UNREADABLE = Parsed(Reading.UNREADABLE)


def _value(value: object) -> Parsed:
    return Parsed(Reading.VALUE, value)


def text_of(cell: Cell) -> str:
    """The written text without outer space, ordinary or no-break; numbers as integers where they are whole."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell).replace("\u00a0", " ").strip()


def column_is_damaged(cells: Iterable[Cell]) -> bool:
    """Whether the numeric cells of an identifier column were cut to 15 digits.

    "Excel keeps 15 digits, so numeric cells are lost when all 16-digit numbers in that column of the sheet end in 0;
    when any ends otherwise they are exact (other programs write all 16)."
    """
    long_numbers = [
        int(cell) for cell in cells if isinstance(cell, int | float) and 10**15 <= cell < 10**16 and cell == int(cell)
    ]
    return bool(long_numbers) and all(number % 10 == 0 for number in long_numbers)


def identifier(cell: Cell, damaged_column: bool) -> Parsed:
    """A NIK or no_kk as 16 digits after repair.

    "Excel damage in either: leading apostrophes, spaces, no-break spaces, dots, `.00` are repaired. `3.21601E+15` as
    text is lost. … Text cells are exact. Numbers above 9007199254740992 are lost."
    """
    if isinstance(cell, int | float):
        if cell != int(cell):
            return UNREADABLE
        number = int(cell)
        if number > LARGEST_EXACT_NUMBER or len(str(number)) != 16 or damaged_column:
            return UNREADABLE
        return _value(str(number))
    written = text_of(cell).lstrip("'")
    written = re.sub(r"\s", "", written)
    if not written:
        return BLANK
    for candidate in (written.removesuffix(".00"), written):
        digits = candidate.replace(".", "")
        if re.fullmatch(r"[0-9]{16}", digits):
            return _value(digits)
    return UNREADABLE


def nik(cell: Cell, damaged_column: bool) -> Parsed:
    """A NIK that may be used.

    "not 16 digits, impossible date (DDMMYY after the six region digits, DD+40 for women), serial 0000, blank or `0`;
    this list decides, not a library's."
    """
    if text_of(cell) in ("", "0"):
        return BLANK
    parsed = identifier(cell, damaged_column)
    if parsed.reading is not Reading.VALUE:
        return parsed
    digits = str(parsed.value)
    if digits[12:] == "0000" or nik_birth(digits) is None:
        return UNREADABLE
    return parsed


def nik_birth(digits: str) -> tuple[int, int, int, int] | None:
    """(day, month, two-digit year, sex) that a NIK states, or None when no calendar has that day."""
    day, month, year = int(digits[6:8]), int(digits[8:10]), int(digits[10:12])
    sex = 1
    if day > 40:
        day, sex = day - 40, 2
    try:
        date(2000 + year, month, day)
    except ValueError:
        return None
    return day, month, year, sex


def calendar_date(cell: Cell) -> Parsed:
    """ "Dates: real dates, `dd/mm/yyyy`, `dd-mm-yyyy`, ISO." """
    if isinstance(cell, datetime):
        return _value(cell.date())
    if isinstance(cell, date):
        return _value(cell)
    written = text_of(cell).lstrip("'").strip()
    if not written:
        return BLANK
    for pattern, order in (
        (r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})", (3, 2, 1)),
        (r"(\d{4})-(\d{2})-(\d{2})", (1, 2, 3)),
    ):
        match = re.fullmatch(pattern, written)
        if match:
            try:
                return _value(date(*(int(match.group(part)) for part in order)))
            except ValueError:
                return UNREADABLE
    return UNREADABLE


def amount(cell: Cell) -> Parsed:
    """ "Amounts: numbers, `1.288.680`, `Rp 1.288.680,00`."  A negative amount is unreadable ("or negative")."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        number = Decimal(str(cell))
        return _value(number) if number >= 0 else UNREADABLE
    written = text_of(cell).lstrip("'").strip()
    if not written:
        return BLANK
    match = re.fullmatch(r"(?:[Rr][Pp]\.?\s*)?((?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?)", written)
    if match is None:
        return UNREADABLE
    return _value(Decimal(match.group(1).replace(".", "").replace(",", ".")))


def decile(cell: Cell) -> Parsed:
    """A desil; "desil outside 1 to 10" is not one."""
    written = text_of(cell)
    if not written:
        return BLANK
    if re.fullmatch(r"\d{1,2}", written) and 1 <= int(written) <= 10:
        return _value(int(written))
    return UNREADABLE


SEX = {
    "1": 1, "L": 1, "LK": 1, "LAKI-LAKI": 1,
    "2": 2, "P": 2, "PR": 2, "PEREMPUAN": 2,
}  # fmt: skip
STATUS_DASAR = {
    "1": 1, "HIDUP": 1,
    "2": 2, "MATI": 2, "MENINGGAL": 2,
    "3": 3, "PINDAH": 3, "PINDAH KELUAR": 3,
    "4": 4, "HILANG": 4,
    "6": 6, "PERGI": 6,
    "9": 9, "TIDAK VALID": 9,
}  # fmt: skip
KK_LEVEL = {str(code): code for code in range(1, 12)} | {
    "KEPALA KELUARGA": 1, "SUAMI": 2, "ISTRI": 3, "ANAK": 4, "MENANTU": 5, "CUCU": 6, "ORANGTUA": 7, "MERTUA": 8,
    "FAMILI LAIN": 9, "PEMBANTU": 10, "LAINNYA": 11,
}  # fmt: skip
PENDIDIKAN_SEDANG = {str(code): code for code in range(1, 19)} | {
    "SEDANG SD/SEDERAJAT": 4, "SEDANG SLTP/SEDERAJAT": 6, "SEDANG SLTA/SEDERAJAT": 7, "TIDAK SEDANG SEKOLAH": 18,
}  # fmt: skip
#: "`hasil` of verifikasi: `layak`, `tidak layak`."
HASIL = {"LAYAK": "layak", "TIDAK LAYAK": "tidak_layak"}
#: "`alasan`: meninggal, pindah, ganda, tidak ditemukan, tidak layak sejak awal (also `mampu`), graduasi, lainnya."
ALASAN = {
    "MENINGGAL": "meninggal", "PINDAH": "pindah", "GANDA": "ganda", "TIDAK DITEMUKAN": "tidak_ditemukan",
    "TIDAK LAYAK SEJAK AWAL": "tidak_layak_sejak_awal", "MAMPU": "tidak_layak_sejak_awal", "GRADUASI": "graduasi",
    "LAINNYA": "lainnya",
}  # fmt: skip
#: "(kinds: those two, `pendampingan_usaha`, `padat_karya`, `lainnya`)".
JENIS = {
    "PELATIHAN_KETERAMPILAN", "BANTUAN_MODAL", "PENDAMPINGAN_USAHA", "PADAT_KARYA", "LAINNYA",
}  # fmt: skip


def code(cell: Cell, values: dict[str, int] | dict[str, str]) -> Parsed:
    """ "Cells may hold a code or its label (`1` or `LAKI-LAKI` or `L`)." """
    written = one_spaced(text_of(cell).lstrip("'")).upper()
    if not written:
        return BLANK
    return _value(values[written]) if written in values else UNREADABLE


def one_spaced(written: str) -> str:
    """Text with every run of spaces made one."""
    return " ".join(written.split())


def name_key(written: str) -> str:
    """A name "without case and repeated spaces"."""
    return one_spaced(written).upper()
