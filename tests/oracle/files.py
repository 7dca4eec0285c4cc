"""Writes the sheets of the reference model as real files, the same bytes for the same sheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime

import xlsxwriter

from .cells import Cell
from .model import Sheet

#: Every header of Entas's own workbook, by register, in the order of the design.
COLUMNS: dict[str, tuple[str, ...]] = {
    "penduduk": (
        "no_kk", "nik", "nama", "sex", "tempatlahir", "tanggallahir", "kk_level", "pendidikan_kk_id",
        "pendidikan_sedang_id", "pekerjaan_id", "status_kawin", "cacat_id", "status_dasar", "alamat", "dusun", "rw",
        "rt",
    ),
    "kesejahteraan": (
        "no_kk", "nik_kepala", "nama_kepala", "penghasilan_bulanan", "pengeluaran_bulanan", "desil",
        "id_keluarga_p3ke", "tanggal_pendataan",
    ),
    "verifikasi": (
        "no_kk", "tanggal_musyawarah", "hasil", "alasan", "nomor_berita_acara", "petugas", "jabatan_petugas",
    ),
    "bantuan": ("no_kk", "nik", "program", "sumber_dana", "nilai", "tanggal_salur", "penyalur", "keterangan"),
    "pemberdayaan": (
        "no_kk", "nik", "jenis", "nama_kegiatan", "penyelenggara", "tanggal_mulai", "tanggal_selesai", "hasil", "nilai",
    ),
}  # fmt: skip


def sheet(register: str, rows: Sequence[dict[str, Cell]], columns: Sequence[str] | None = None) -> Sheet:
    """A sheet of a register from rows keyed by column; columns left out of a row are blank."""
    header = tuple(columns or COLUMNS[register])
    unknown = {name for row in rows for name in row} - set(header)
    if unknown:
        raise ValueError(f"columns that the sheet {register} has no place for: {sorted(unknown)}")
    return Sheet(register, header, tuple(tuple(row.get(name) for name in header) for row in rows))


def as_text(cell: Cell) -> str:
    """A cell as a CSV file holds it."""
    if cell is None:
        return ""
    if isinstance(cell, date):
        return cell.strftime("%d/%m/%Y")
    if isinstance(cell, float):
        return f"{cell:f}".rstrip("0").rstrip(".").replace(".", ",")
    return str(cell)


def textual(written: Sheet) -> Sheet:
    """The sheet as a reader of its CSV file meets it: text in every cell."""
    return Sheet(written.name, written.header, tuple(tuple(as_text(cell) for cell in row) for row in written.rows))


def csv_bytes(written: Sheet, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """A CSV file of one sheet."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(written.header)
    writer.writerows([as_text(cell) for cell in row] for row in written.rows)
    return buffer.getvalue().encode(encoding)


def xlsx_bytes(sheets: Sequence[Sheet]) -> bytes:
    """A workbook; text stays text, numbers keep all their digits, dates are real dates."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as workbook:
        workbook.set_properties({"created": datetime(2023, 1, 1)})
        day = workbook.add_format({"num_format": "dd/mm/yyyy"})
        for number, written in enumerate(sheets):
            page = workbook.add_worksheet(written.name if number == 0 else f"{written.name[:25]} {number + 1}")
            for column, name in enumerate(written.header):
                page.write_string(0, column, name)
            for line, row in enumerate(written.rows, start=1):
                for column, cell in enumerate(row):
                    if isinstance(cell, date):
                        page.write_datetime(line, column, cell, day)
                    elif isinstance(cell, str):
                        page.write_string(line, column, cell)
                    elif cell is not None:
                        page.write_number(line, column, cell)
    return buffer.getvalue()


def file_bytes(file_name: str, sheets: Sequence[Sheet]) -> bytes:
    """The bytes of a file by its ending."""
    if file_name.casefold().endswith(".csv"):
        (only,) = sheets
        return csv_bytes(only)
    return xlsx_bytes(sheets)
