"""Text files with one row a line: csv in its many spellings.

What is taken apart here: the encoding (byte order marks, UTF-16 without one, UTF-8, cp1252), what separates the cells,
quotes that are never closed, and the `="…"` that programs write so that Excel keeps long numbers as text.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from entas.registers.cells import BrokenCell, is_blank, is_error, written
from entas.registers.kinds import NO_TEXT
from entas.registers.limits import Limits, UnreadableFileError

_DELIMITERS = (",", ";", "\t", "|")
_HEAD_ROWS = 60
_HEAD_TEXT = 65_536
#: How many lines a quoted cell may have in a file whose quotes do not match; beyond it the quote is a stray one.
_MOST_LINES = 20

HeaderScore = Callable[[list[list[Any]]], int]


# --- text ----------------------------------------------------------------------------------------------------------

_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\x0b\x0c\r")


def decoded(content: bytes) -> str:
    """The text of a file: by its byte order mark, else UTF-16 by its zero bytes, else UTF-8 if valid, else cp1252.

    Zero bytes that damaged or padded files have here and there are left out, as is the end mark of DOS.

    Raises:
        UnreadableFileError: it is no text.
    """
    if content.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        try:
            return content.decode("utf-32")
        except UnicodeDecodeError:
            raise UnreadableFileError(NO_TEXT) from None
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
    content = content.rstrip(b"\x00\x1a")
    head = content[:_HEAD_TEXT]
    # a tenth of the bytes of packed or compiled data are such; in a text they are stray
    if (len(head) - len(head.translate(None, _CONTROLS))) * 20 > len(head) or head.count(0) * 100 > len(head):
        raise UnreadableFileError(NO_TEXT)
    content = content.replace(b"\x00", b"")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # cp1252 leaves five bytes without a meaning; they become the replacement mark and are seen in the feedback
        return content.decode("cp1252", errors="replace")


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


# --- cells ---------------------------------------------------------------------------------------------------------


def csv_rows(text: str, name: str, header_score: HeaderScore, limits: Limits) -> list[list[Any]]:
    """The rows of a csv.

    Args:
        text: its content.
        name: what its one sheet is called.
        header_score: how many known headers some rows hold; decides what separates the cells.
        limits: what the file may cost.

    Raises:
        UnreadableFileError: a cell is larger than any register's, or the file exceeds the limits.
    """
    declared = text[:6].lower()
    if declared.startswith("sep=") and len(text) > 4 and text[4] not in "\r\n":
        # Excel's own declaration of the separator; the line stays, so that row numbers are those of the sheet
        delimiter = text[4]
    else:
        delimiter = _delimiter(text, header_score)
    rows = _bounded(_parsed(text, delimiter), name, limits)
    while rows and all(is_blank(cell) for cell in rows[-1]):
        rows.pop()
    rows = unpacked(rows, header_score)
    if '="' in text or "#" in text or "Err:" in text:
        for row in rows:
            row[:] = [_meant(cell) for cell in row]
    return rows


def _delimiter(text: str, header_score: HeaderScore) -> str:
    """What separates the cells: whatever makes the most known headers, then the most cells."""
    head = "\n".join(text[:_HEAD_TEXT].splitlines()[:_HEAD_ROWS])

    def score(candidate: str) -> tuple[int, int]:
        rows = list(_mended(head, candidate))
        return header_score(rows), sum(len(row) - 1 for row in rows if row)

    return max(_DELIMITERS, key=score)


def _bounded(parsed: Iterable[list[Any]], name: str, limits: Limits) -> list[list[Any]]:
    """The rows, as far as the limits go; only cells with content beyond them are too many."""
    rows: list[list[Any]] = []
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


def _parsed(text: str, delimiter: str) -> Iterator[list[Any]]:
    """Rows as quotes and separators make them; a file whose quotes do not match is read with care."""
    try:
        for _ in _reader(io.StringIO(text, newline=""), delimiter):
            pass
    except csv.Error:
        yield from _mended(text, delimiter)
        return
    yield from _reader(io.StringIO(text, newline=""), delimiter)


def _reader(lines: Iterable[str], delimiter: str, *, strict: bool = True) -> Iterator[list[Any]]:
    """As `csv.reader`; a quote after `, ` opens a cell too."""
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=strict)


def _mended(text: str, delimiter: str) -> Iterator[list[Any]]:
    """Rows of a text whose quotes may not match.

    A quote that is never closed would make one cell of all that follows, until the next quote, and the rows in it
    would be gone without a word. So a cell of several lines is taken only where its quotes match; everywhere else a
    line is a row, and a quote that does not match is a character like others.
    """
    lines = io.StringIO(text, newline="").readlines()
    at = 0
    while at < len(lines):
        found, count = _record(lines, at, delimiter)
        yield from found
        at += count


def _record(lines: list[str], at: int, delimiter: str) -> tuple[list[list[Any]], int]:
    """The rows that begin at a line, and how many lines they take."""
    for count in range(1, min(_MOST_LINES, len(lines) - at) + 1):
        try:
            return list(_reader(lines[at : at + count], delimiter)), count
        except csv.Error as error:
            if "field larger" in str(error):
                raise UnreadableFileError(
                    f"Berkas CSV tidak dapat dibaca pada baris {at + 1}: satu sel lebih panjang daripada 131.072 "
                    "karakter. Periksa tanda kutip yang tidak ditutup, atau simpan sebagai .xlsx, lalu unggah kembali."
                ) from None
            if "unexpected end" not in str(error):
                break
    line = lines[at].rstrip("\r\n")
    if line.count('"') % 2 == 0:
        return list(_reader([line], delimiter, strict=False)) or [[]], 1
    return [[cell.strip().strip('"') for cell in line.split(delimiter)]], 1


def unpacked(rows: list[list[Any]], header_score: HeaderScore) -> list[list[Any]]:
    """Rows whose cells all stand in the first column, taken apart; other rows as they are.

    So a csv looks that was opened in an Excel of another country and saved again: each line in one cell, or broken
    where a decimal comma stood. Rows keep their places.
    """
    head = rows[:_HEAD_ROWS]
    if not any(type(cell) is str and any(one in cell for one in _DELIMITERS) for row in head for cell in row[:1]):
        return rows
    plain = header_score(head)
    joined = [_joined(row) for row in head]
    scores = {one: header_score([_split(text, one) for text in joined]) for one in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda one: scores[one])
    if scores[best] < 3 or scores[best] <= 2 * plain:
        return rows
    return [_split(_joined(row), best) for row in rows]


def _joined(row: list[Any]) -> str:
    texts = [written(cell) or "" for cell in row]
    while texts and not texts[-1]:
        texts.pop()
    return ",".join(texts)


def _split(text: str, delimiter: str) -> list[Any]:
    if not text:
        return []
    return [cell for row in _mended(text, delimiter) for cell in row]


_KEPT_TEXT = re.compile(r'="([^"]*)"')


def _meant(cell: Any) -> Any:
    """What Excel shows for a cell of a csv: the text of `="…"`, and errors as errors."""
    if type(cell) is not str:
        return cell
    if match := _KEPT_TEXT.fullmatch(cell.strip()):
        return match[1]
    return BrokenCell(cell.strip(), "error") if is_error(cell.strip()) else cell
