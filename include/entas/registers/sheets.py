"""Files as sheets of cells, told by their content and never by their name: xlsx, xlsm, xls, ods and csv."""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from entas.registers.cells import is_blank
from entas.registers.limits import DEFAULT_LIMITS, Limits, UnreadableFileError, check_file

#: A row of cells; rows of one sheet may differ in length.
Row = list[Any]

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CSV_DELIMITERS = (",", ";", "\t")
_HEAD_ROWS = 60


#: First row, first column, last row, last column of merged cells, all counted from 0 and all included.
Range = tuple[int, int, int, int]


@dataclass
class Sheet:
    """One sheet: its name and all its rows from the first one on, empty ones included.

    Attributes:
        name: as its tab says; a csv's is the stem of the file's name.
        rows: its rows; they may differ in length. A merged range has its value in its upper left cell alone.
        hidden: whether the program that wrote it does not show the sheet.
        hidden_rows: indices (0-based) of `rows` that are not shown (hidden, filtered out, of no height).
        merged: the ranges of merged cells.
    """

    name: str
    rows: list[Row]
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    merged: tuple[Range, ...] = ()


def read_sheets(
    path: Path, file_name: str, header_score: Callable[[list[Row]], int], limits: Limits = DEFAULT_LIMITS
) -> Iterator[Sheet]:
    """The sheets of a file, in order, one in memory at a time.

    Hidden sheets and rows are read; wholly empty sheets are not given.

    Args:
        path: where the bytes lie.
        file_name: what the sender called the file; a csv's one sheet is called by its stem.
        header_score: how many known headers some rows hold; decides what separates the cells of a csv.
        limits: what the file may cost.

    Raises:
        UnreadableFileError: the file is none of the known kinds, is damaged, is protected by a password, or exceeds
            the limits.
    """
    check_file(path, limits)
    with path.open("rb") as file:
        start = file.read(4096)
    if not start.strip(b"\x00 \t\r\n"):
        raise UnreadableFileError("Berkas kosong. Simpan ulang berkas dari aplikasi asalnya, lalu unggah kembali.")
    if start.startswith((_ZIP, _OLE)):
        yield from _workbook_sheets(path, limits)
        return
    name = Path(file_name).stem
    sheet = Sheet(name, _csv_rows(path.read_bytes(), name, header_score, limits))
    if sheet.rows:
        yield sheet


# --- workbooks -----------------------------------------------------------------------------------------------------


def _workbook_sheets(path: Path, limits: Limits) -> Iterator[Sheet]:
    with path.open("rb") as file:
        workbook = _guarded(lambda: CalamineWorkbook.from_filelike(file))
        limits.check_sheets(len(workbook.sheet_names))
        before = 0
        for number, name in enumerate(workbook.sheet_names):
            rows = _guarded(lambda number=number: _sheet_rows(workbook, number))
            if rows:
                limits.check_extent(name, len(rows), max(map(len, rows)), rows_before=before)
                before += len(rows)
                yield Sheet(name, rows)


def _sheet_rows(workbook: CalamineWorkbook, number: int) -> list[Row]:
    sheet = workbook.get_sheet_by_index(number)
    if sheet.start is None:
        return []
    rows = sheet.to_python(skip_empty_area=False)
    return rows if any(not is_blank(cell) for row in rows for cell in row) else []


def _guarded(read: Callable[[], Any]) -> Any:
    """What `read` gives; whatever goes wrong in the workbook reader becomes the reason that the sender gets."""
    try:
        return read()
    except PasswordError:
        raise UnreadableFileError(
            "Buku kerja dilindungi kata sandi. Hapus kata sandinya di Excel (Berkas > Info > Proteksi Buku Kerja), "
            "simpan, lalu unggah kembali."
        ) from None
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise _damaged(error) from None
    except BaseException as error:
        # A panic of the reader (Rust) is no Exception; it concerns this file alone.
        if type(error).__name__ == "PanicException":
            raise _damaged(error) from None
        raise


def _damaged(error: BaseException) -> UnreadableFileError:
    detail = " ".join(str(error).split())[:200]
    if "password" in detail.lower() or "encrypt" in detail.lower():
        return UnreadableFileError(
            "Buku kerja dilindungi kata sandi. Hapus kata sandinya di Excel (Berkas > Info > Proteksi Buku Kerja), "
            "simpan, lalu unggah kembali."
        )
    return UnreadableFileError(
        "Berkas rusak atau bukan buku kerja Excel atau LibreOffice yang utuh. Buka di Excel atau LibreOffice, simpan "
        f"ulang sebagai .xlsx, lalu unggah kembali. (Rincian: {detail})"
    )


# --- csv -----------------------------------------------------------------------------------------------------------


def _csv_rows(content: bytes, name: str, header_score: Callable[[list[Row]], int], limits: Limits) -> list[Row]:
    text = _decoded(content)
    declared = text[:6].lower()
    if declared.startswith("sep=") and len(text) > 4 and text[4] not in "\r\n":
        # Excel's own declaration of the separator; the line stays, so that row numbers are those of the sheet
        delimiter = text[4]
    else:
        head = "\n".join(text[:65536].splitlines()[:_HEAD_ROWS])

        def score(candidate: str) -> tuple[int, int]:
            rows = list(_parsed(head, candidate, strict=False))
            return header_score(rows), sum(len(row) - 1 for row in rows if row)

        delimiter = max(_CSV_DELIMITERS, key=score)
    rows = _bounded(_parsed(text, delimiter), name, limits)
    while rows and all(is_blank(cell) for cell in rows[-1]):
        rows.pop()
    return rows


def _bounded(parsed: Iterator[Row], name: str, limits: Limits) -> list[Row]:
    """The rows, as far as the limits go; only cells with content beyond them are too many."""
    rows: list[Row] = []
    widest = 0
    for number, row in enumerate(parsed, start=1):
        if number > limits.rows or len(row) > limits.columns:
            last = max((column for column, cell in enumerate(row, start=1) if not is_blank(cell)), default=0)
            if last:
                limits.check_extent(name, number, last)
            del row[limits.columns :]
        if number <= limits.rows:
            widest = max(widest, len(row))
            rows.append(row)
            if number % 1000 == 0:
                limits.check_extent(name, number, widest)
    limits.check_extent(name, len(rows), widest)
    return rows


def _parsed(text: str, delimiter: str, *, strict: bool = True) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        yield from reader
    except csv.Error as error:
        if strict:
            raise UnreadableFileError(
                f"Berkas CSV tidak dapat dibaca setelah baris {reader.line_num}: {error}. Periksa tanda kutip yang "
                "tidak ditutup, atau simpan sebagai .xlsx, lalu unggah kembali."
            ) from None


def _utf16_without_mark(content: bytes) -> str | None:
    """Text in UTF-16 that lacks its byte order mark; None when it is none.

    Of the two bytes of a plain letter, digit or separator one is zero, always on the same side; no other file has that.
    """
    head = content[:4096]
    if len(content) % 2 or b"\x00" not in head:
        return None
    for side, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if head[side::2].count(0) * 4 >= len(head[side::2]) * 3 and 0 not in head[1 - side :: 2]:
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                return None
    return None


def _decoded(content: bytes) -> str:
    """Text of a csv: by its byte order mark, else UTF-16 by its zero bytes, else UTF-8 when it is valid, else cp1252.

    Raises:
        UnreadableFileError: it is no text.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError:
            raise UnreadableFileError(
                "Berkas teks UTF-16 rusak atau terpotong. Simpan ulang sebagai CSV UTF-8 atau .xlsx, lalu unggah "
                "kembali."
            ) from None
    if unmarked := _utf16_without_mark(content):
        return unmarked
    if b"\x00" in content or content.startswith((b"%PDF", b"{\\rtf")):
        raise UnreadableFileError(
            "Berkas bukan buku kerja dan bukan CSV. Simpan sebagai .xlsx atau .csv, lalu unggah kembali."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # cp1252 leaves five bytes without a meaning; they become the replacement mark and are seen in the feedback
        text = content.decode("cp1252", errors="replace")
    if text[:2000].lstrip().lower().startswith(("<html", "<!doctype", "<?xml", "<table", "<meta")):
        raise UnreadableFileError(
            "Berkas berisi halaman web (HTML/XML), bukan buku kerja. Buka di Excel, pilih Simpan Sebagai > Buku Kerja "
            "Excel (.xlsx), lalu unggah kembali."
        )
    return text
