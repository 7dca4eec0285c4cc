"""Pages of cells, and the writing of them as the programs of village offices write: xlsx, xls, ods and csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Style, TableProperties
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from odf.text import P


@dataclass(frozen=True)
class Formula:
    """A cell with a formula, and the value that the program which wrote it left beside it."""

    text: str
    value: Any


@dataclass
class Page:
    """A sheet as it is written.

    Attributes:
        name: of the sheet.
        rows: cells, None where nothing is.
        merged: first row, first column, last row, last column (0-based); the first cell holds the value.
        hidden_rows: 0-based.
        hidden: whether the sheet is.
    """

    name: str
    rows: list[list[Any]]
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden: bool = False


def write_book(path: Path, pages: Sequence[Page]) -> Path:
    """Write pages as the kind of workbook that the suffix names."""
    {".xlsx": _xlsx, ".xls": _xls, ".ods": _ods}[path.suffix](path, pages)
    return path


def csv_bytes(page: Page, *, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """A page as csv with the line ends of Windows; dates as dd/mm/yyyy."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([[_as_text(cell) for cell in row] for row in page.rows])
    return text.getvalue().encode(encoding)


def _as_text(cell: Any) -> Any:
    if cell is None:
        return ""
    if isinstance(cell, Formula):
        return _as_text(cell.value)
    return f"{cell:%d/%m/%Y}" if isinstance(cell, date) else cell


def _covered(page: Page) -> set[tuple[int, int]]:
    """Cells under a merged range, but for its first."""
    return {
        (row, column)
        for top, left, bottom, right in page.merged
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
    } - {(top, left) for top, left, _, _ in page.merged}


def _xlsx(path: Path, pages: Sequence[Page]) -> None:
    # without checks for formulas and links: a cell is written as it stands
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for page in pages:
            sheet = book.add_worksheet(page.name)
            if page.hidden:
                sheet.hide()
            for line in page.hidden_rows:
                sheet.set_row(line, None, None, {"hidden": True})
            covered = _covered(page)
            for line, row in enumerate(page.rows):
                for column, cell in enumerate(row):
                    if cell is None or (line, column) in covered:
                        continue
                    if isinstance(cell, Formula):
                        sheet.write_formula(line, column, cell.text, None, cell.value)
                    elif isinstance(cell, date):
                        sheet.write_datetime(line, column, cell, day)
                    else:
                        sheet.write(line, column, cell)
            for top, left, bottom, right in page.merged:
                sheet.merge_range(top, left, bottom, right, page.rows[top][left])


def _xls(path: Path, pages: Sequence[Page]) -> None:
    book = xlwt.Workbook()
    day = xlwt.easyxf(num_format_str="DD/MM/YYYY")
    for page in pages:
        sheet = book.add_sheet(page.name, cell_overwrite_ok=True)
        sheet.visibility = int(page.hidden)
        covered = _covered(page)
        for line, row in enumerate(page.rows):
            for column, cell in enumerate(row):
                if cell is None or (line, column) in covered:
                    continue
                if isinstance(cell, date):
                    sheet.write(line, column, cell, day)
                else:
                    sheet.write(line, column, cell)
        for top, left, bottom, right in page.merged:
            sheet.write_merge(top, bottom, left, right, page.rows[top][left])
        for line in page.hidden_rows:
            sheet.row(line).hidden = True
    book.save(str(path))


def _ods(path: Path, pages: Sequence[Page]) -> None:
    book = OpenDocumentSpreadsheet()
    unseen = Style(name="unseen", family="table")
    unseen.addElement(TableProperties(display="false"))
    book.automaticstyles.addElement(unseen)
    for page in pages:
        table = Table(name=page.name, stylename=unseen) if page.hidden else Table(name=page.name)
        covered = _covered(page)
        spans = {(top, left): (bottom - top + 1, right - left + 1) for top, left, bottom, right in page.merged}
        for line, row in enumerate(page.rows):
            written = TableRow(visibility="collapse") if line in page.hidden_rows else TableRow()
            for column, cell in enumerate(row):
                written.addElement(
                    CoveredTableCell() if (line, column) in covered else _ods_cell(cell, spans.get((line, column)))
                )
            table.addElement(written)
        book.spreadsheet.addElement(table)
    book.save(str(path))


def _ods_cell(cell: Any, span: tuple[int, int] | None) -> TableCell:
    told: dict[str, Any] = {}
    if span:
        told |= {"numberrowsspanned": span[0], "numbercolumnsspanned": span[1]}
    if isinstance(cell, Formula):
        told["formula"] = f"of:{cell.text}"
        cell = cell.value
    if cell is None:
        return TableCell(**told)
    if isinstance(cell, date):
        day = cell.date() if isinstance(cell, datetime) else cell
        return TableCell(valuetype="date", datevalue=day.isoformat(), **told)
    if isinstance(cell, int | float):
        return TableCell(valuetype="float", value=repr(cell), **told)
    made = TableCell(valuetype="string", **told)
    made.addElement(P(text=cell))
    return made
