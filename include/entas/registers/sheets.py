"""Files as sheets of cells, told by their content and never by their name.

Read are xlsx, xlsm, xlsb, xls, ods, csv, and two that web applications name .xls: web pages with a table, and XML of
Excel 2003. Macros are never run: nothing here can run them.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from entas.registers.cells import is_blank
from entas.registers.delimited import HeaderScore, csv_rows, decoded, unpacked
from entas.registers.facts import Range, SheetFacts, WorkbookFacts, with_known_errors
from entas.registers.kinds import PASSWORD, FileKind, damaged, file_kind
from entas.registers.limits import DEFAULT_LIMITS, Limits, UnreadableFileError, check_file
from entas.registers.markup import markup_sheets
from entas.registers.protection import opened

__all__ = ["Range", "Row", "Sheet", "UnreadableFileError", "read_sheets"]

#: A row of cells; rows of one sheet may differ in length.
Row = list[Any]


@dataclass
class Sheet:
    """One sheet: its name and all its rows from the first one on, empty ones included.

    Attributes:
        name: as its tab says; a csv's is the stem of the file's name.
        rows: its rows; they may differ in length. A merged range has its value in its upper left cell alone. Errors
            and formulas without a result are `entas.registers.cells.BrokenCell`.
        hidden: whether the program that wrote it does not show the sheet.
        hidden_rows: indices (0-based) of `rows` that are not shown (hidden, filtered out, of no height).
        merged: the ranges of merged cells.
        hidden_columns: indices (0-based) of columns that are not shown.
    """

    name: str
    rows: list[Row]
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    merged: tuple[Range, ...] = ()
    hidden_columns: frozenset[int] = frozenset()


def read_sheets(
    path: Path, file_name: str, header_score: HeaderScore, limits: Limits = DEFAULT_LIMITS
) -> Iterator[Sheet]:
    """The sheets of a file, in order, one in memory at a time.

    Hidden sheets and rows are read; wholly empty sheets and charts are not given.

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
    with opened(path, limits) as readable:
        kind = file_kind(readable)
        if kind is FileKind.TEXT:
            found = _text_sheets(readable, Path(file_name).stem, header_score, limits)
        else:
            found = _workbook_sheets(readable, kind, header_score, limits)
        before = 0
        for sheet in found:
            if sheet.rows:
                limits.check_extent(sheet.name, len(sheet.rows), max(map(len, sheet.rows)), rows_before=before)
                before += len(sheet.rows)
                yield sheet


# --- workbooks -----------------------------------------------------------------------------------------------------


def _workbook_sheets(path: Path, kind: FileKind, header_score: HeaderScore, limits: Limits) -> Iterator[Sheet]:
    # the facts come first: they know an xls under a password, which calamine takes for no workbook at all
    with WorkbookFacts(path, kind) as facts_of, ExitStack() as files:
        workbook = _guarded(CalamineWorkbook.from_filelike, files.enter_context(path.open("rb")))
        limits.check_sheets(len(workbook.sheet_names))
        for number, metadata in enumerate(workbook.sheets_metadata):
            facts = facts_of.of_sheet(metadata.name, number)
            limits.check_extent(metadata.name, facts.rows, facts.columns)
            try:
                cells = _guarded(workbook.get_sheet_by_index, number)
            except UnreadableFileError as error:
                if kind is not FileKind.XLSX or "Unsupported cell error value" not in str(error):
                    raise
                plain = with_known_errors(path, files.enter_context(tempfile.TemporaryFile()))
                workbook = _guarded(CalamineWorkbook.from_filelike, plain)
                cells = _guarded(workbook.get_sheet_by_index, number)
            rows = _guarded(_rows, cells, limits)
            _put_broken(rows, facts)
            merged = cells.merged_cell_ranges or ()
            yield Sheet(
                metadata.name,
                unpacked(rows, header_score),
                hidden=metadata.visible != SheetVisibleEnum.Visible,
                hidden_rows=frozenset(row for row in facts.hidden_rows if row < len(rows)),
                merged=(*((*first, *last) for first, last in merged), *facts.merged),
                hidden_columns=frozenset(facts.hidden_columns),
            )


#: From this many rows on a sheet is read row by row, so that empty ones cost nothing.
_MANY_ROWS = 50_000


def _rows(sheet: CalamineSheet, limits: Limits) -> list[Row]:
    """The rows up to the last one with content; none when nothing is written in the sheet.

    Formulas that give an empty text, filled down to the end of a sheet, make a million rows that nobody sees.
    """
    if sheet.start is None:
        return []
    if sheet.total_height < _MANY_ROWS:
        rows = sheet.to_python(skip_empty_area=False)
    else:
        rows = []
        waiting = 0
        left = [""] * sheet.start[1]
        for row in sheet.iter_rows():  # from the first row, but only from the first column with content
            if all(cell == "" or is_blank(cell) for cell in row):
                waiting += 1
                continue
            rows.extend([] for _ in range(waiting))
            waiting = 0
            rows.append(left + row)
            if len(rows) > limits.rows:
                limits.check_extent(sheet.name, len(rows), 1)
    while rows and all(cell == "" or is_blank(cell) for cell in rows[-1]):
        rows.pop()
    return rows


def _put_broken(rows: list[Row], facts: SheetFacts) -> None:
    """Put errors and formulas without a result where the workbook has them."""
    if not facts.broken:
        return
    last = max(row for row, _ in facts.broken)
    rows.extend([] for _ in range(last + 1 - len(rows)))
    for (number, column), cell in facts.broken.items():
        row = rows[number]
        if column >= len(row):
            row.extend([""] * (column + 1 - len(row)))
        row[column] = cell


def _guarded(read: Callable[..., Any], *given: Any) -> Any:
    """What `read` gives; whatever goes wrong in the workbook reader becomes the reason that the sender gets."""
    try:
        return read(*given)
    except PasswordError:
        raise UnreadableFileError(PASSWORD) from None
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise damaged(error) from None
    except BaseException as error:
        # A panic of the reader (Rust) is no Exception; it concerns this file alone.
        if type(error).__name__ == "PanicException":
            raise damaged(error) from None
        raise


# --- texts ---------------------------------------------------------------------------------------------------------


def _text_sheets(path: Path, name: str, header_score: HeaderScore, limits: Limits) -> Iterator[Sheet]:
    text = decoded(path.read_bytes())
    marked = markup_sheets(text, limits)
    if marked is None:
        yield Sheet(name, csv_rows(text, name, header_score, limits))
        return
    limits.check_sheets(len(marked))
    for sheet in marked:
        yield Sheet(
            sheet.name or name,
            sheet.rows,
            hidden=sheet.hidden,
            hidden_rows=frozenset(sheet.hidden_rows),
            merged=tuple(sheet.merged),
            hidden_columns=frozenset(sheet.hidden_columns),
        )
