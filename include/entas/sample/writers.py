"""Sheets of cells to the bytes of a file, in the formats that villages use; equal sheets give equal bytes.

Programs stamp their files with the time of writing. Here the stamp is the one that is asked for, so that a sample can
be compared with another to the byte.
"""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass
from datetime import date, datetime

import xlsxwriter
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

Cell = str | int | float | date | None
Rows = list[list[Cell]]

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_XLSX_MAIN = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_XLSM_MAIN = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A named sheet; ``rows`` from the top, ``None`` where a cell is empty."""

    name: str
    rows: Rows


@dataclass(frozen=True, slots=True)
class CsvStyle:
    """How a program writes csv: separator and encoding (`utf-8`, `utf-8-sig`, `utf-16`, `cp1252`)."""

    delimiter: str = ","
    encoding: str = "utf-8"


def xlsx(sheets: list[Sheet], created: datetime) -> bytes:
    """An Excel workbook. 16-digit integers keep all their digits, as in LibreOffice and unlike in Excel."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": created})
    as_date = book.add_format({"num_format": "dd/mm/yyyy"})
    whole = book.add_format({"num_format": "0"})
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        for row, cells in enumerate(sheet.rows):
            for column, cell in enumerate(cells):
                if cell is None or cell == "":
                    continue
                if isinstance(cell, str):
                    page.write_string(row, column, cell)
                elif isinstance(cell, date):
                    page.write_datetime(row, column, datetime(cell.year, cell.month, cell.day), as_date)
                else:
                    page.write_number(row, column, cell, whole)
    book.close()
    return buffer.getvalue()


def xlsm(sheets: list[Sheet], created: datetime) -> bytes:
    """A workbook of the macro-enabled kind, without a macro: OpenSID's template is one."""
    return _rewrite_zip(xlsx(sheets, created), {"[Content_Types].xml": lambda b: b.replace(_XLSX_MAIN, _XLSM_MAIN)})


def xls(sheets: list[Sheet]) -> bytes:
    """An Excel 97 workbook."""
    book = xlwt.Workbook(encoding="utf-8")
    as_date = xlwt.easyxf(num_format_str="dd/mm/yyyy")
    for sheet in sheets:
        page = book.add_sheet(sheet.name, cell_overwrite_ok=False)
        for row, cells in enumerate(sheet.rows):
            for column, cell in enumerate(cells):
                if cell is None or cell == "":
                    continue
                if isinstance(cell, date):
                    page.write(row, column, cell, as_date)
                else:
                    page.write(row, column, cell)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def ods(sheets: list[Sheet]) -> bytes:
    """An OpenDocument spreadsheet."""
    book = OpenDocumentSpreadsheet()
    for sheet in sheets:
        table = Table(name=sheet.name)
        for cells in sheet.rows:
            row = TableRow()
            for cell in cells:
                row.addElement(_ods_cell(cell))
            table.addElement(row)
        book.spreadsheet.addElement(table)
    buffer = io.BytesIO()
    book.write(buffer)
    return _rewrite_zip(buffer.getvalue(), {})


def _ods_cell(cell: Cell) -> TableCell:
    if cell is None or cell == "":
        return TableCell()
    if isinstance(cell, date):
        made = TableCell(valuetype="date", datevalue=cell.isoformat())
        text = cell.strftime("%d/%m/%Y")
    elif isinstance(cell, str):
        made, text = TableCell(valuetype="string"), cell
    else:
        made, text = TableCell(valuetype="float", value=str(cell)), str(cell)
    made.addElement(P(text=text))
    return made


def csv_file(rows: Rows, style: CsvStyle) -> bytes:
    """A csv file. A date becomes `dd/mm/yyyy`."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=style.delimiter, lineterminator="\r\n")
    for cells in rows:
        writer.writerow(
            "" if cell is None else f"{cell:%d/%m/%Y}" if isinstance(cell, date) else cell for cell in cells
        )
    encoding = style.encoding
    if encoding == "utf-16":  # with a byte order mark, whatever machine writes it
        return b"\xff\xfe" + text.getvalue().encode("utf-16-le")
    return text.getvalue().encode(encoding)


def _rewrite_zip(content: bytes, changes: dict) -> bytes:
    """The same archive with fixed times, and some members changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, _ZIP_TIME)
            # An OpenDocument file begins with its type in the clear.
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            content_of = old.read(name)
            new.writestr(info, changes[name](content_of) if name in changes else content_of)
    return buffer.getvalue()
