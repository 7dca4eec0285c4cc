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
FAMILIES = ("Daftar Keluarga", "Daftar keluarga dengan angka terakhir yang diketahui (tidak dibaca)")
WORKLIST_INSTRUCTIONS = ("Petunjuk", "Daftar Verifikasi Keluarga")
WORKLIST = ("Daftar Verifikasi", "Daftar keluarga yang perlu diverifikasi")

#: What a feedback workbook adds to the name of the upload it is about.
FEEDBACK_SUFFIX = ".hasil-periksa.xlsx"

_OWN = frozenset((SUMMARY, INSTRUCTIONS, CODE_LISTS, FAMILIES, WORKLIST_INSTRUCTIONS, WORKLIST))


def is_own_sheet(sheet: Sheet) -> bool:
    """Whether a sheet of an upload is one that Entas wrote beside the registers."""
    first = sheet.rows[0][0] if sheet.rows and sheet.rows[0] else None
    return (sheet.name, first) in _OWN


def without_suffix(file_name: str) -> str:
    """The name of the upload that a feedback workbook is about; any other name as it is.

    A feedback workbook that comes back, corrected, is an upload of the file it is about: it replaces what that one
    listed, and its own feedback takes the place of the earlier one.
    """
    name = file_name
    while name.lower().endswith(FEEDBACK_SUFFIX) and len(name) > len(FEEDBACK_SUFFIX):
        name = name[: -len(FEEDBACK_SUFFIX)]
    return name
