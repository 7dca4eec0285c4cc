"""What Entas itself writes into workbooks that come back as uploads: names that no register may be mistaken for."""

from __future__ import annotations

from entas.registers.sheets import Sheet

#: Heading of the column in which a feedback workbook explains its rows; an upload may carry it along.
NOTES_HEADING = "Catatan Entas"

#: Beginnings by which a spreadsheet program takes a cell for a formula or a command (design, section 5).
FORMULA_STARTS = ("=", "+", "-", "@", "\t")

#: Sheets that accompany the registers, by name, with the text of their first cell, by which they are known again.
SUMMARY = ("Ringkasan", "Hasil Periksa Register")
INSTRUCTIONS = ("Petunjuk", "Petunjuk Pengisian Buku Kerja Entas")
CODE_LISTS = ("Daftar Kode", "Daftar kode untuk pilihan sel")

_OWN = frozenset((SUMMARY, INSTRUCTIONS, CODE_LISTS))


def is_own_sheet(sheet: Sheet) -> bool:
    """Whether a sheet of an upload is one that Entas wrote beside the registers."""
    first = sheet.rows[0][0] if sheet.rows and sheet.rows[0] else None
    return (sheet.name, first) in _OWN
