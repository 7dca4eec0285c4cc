"""Tables in markup that are named .xls: web pages, which many web applications export, and XML of Excel 2003.

Excel opens both with a warning, so an office takes them for workbooks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time
from html.parser import HTMLParser
from typing import Any
from xml.parsers import expat

from entas.registers.cells import BrokenCell, is_blank, is_error
from entas.registers.facts import MOST_COLUMNS, MOST_ROWS, Range, XmlReader
from entas.registers.kinds import damaged
from entas.registers.limits import Limits, UnreadableFileError

_SPREADSHEET_2003 = "urn:schemas-microsoft-com:office:spreadsheet"
_LOOKS_LIKE_HTML = re.compile(r"<table[\s>].*?<t[rdh][\s>]", re.IGNORECASE | re.DOTALL)
_HEAD_TEXT = 65_536


@dataclass
class MarkedSheet:
    """One sheet of a markup file; see `entas.registers.sheets.Sheet`. `name` is None when the file gives none."""

    name: str | None = None
    rows: list[list[Any]] = field(default_factory=list)
    hidden: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[Range] = field(default_factory=list)


def markup_sheets(text: str, limits: Limits) -> list[MarkedSheet] | None:
    """The sheets of a web page or of XML of Excel 2003; None when the text is neither.

    Raises:
        UnreadableFileError: it is markup without a table, is damaged, or exceeds the limits.
    """
    head = text[:_HEAD_TEXT].lstrip("\ufeff \t\r\n")
    if head.startswith("<?xml") and _SPREADSHEET_2003 in head:
        return _spreadsheet_2003(text.lstrip("\ufeff \t\r\n"), limits)
    if head.startswith("<") or _LOOKS_LIKE_HTML.search(head[:4096]):
        if _LOOKS_LIKE_HTML.search(text):
            return [_web_page(text, limits)]
        if re.match(r"<(?:[a-z]|!--|!doctype|\?)", head, re.IGNORECASE):
            raise UnreadableFileError(
                "Berkas berisi halaman web (HTML/XML) tanpa tabel, bukan buku kerja. Buka di Excel, pilih Simpan "
                "Sebagai > Buku Kerja Excel (.xlsx), lalu unggah kembali."
            )
    return None


# --- web pages -----------------------------------------------------------------------------------------------------

_SPACES = re.compile(r"[ \t\r\n\f]+")
_NUMBER_LOST = re.compile(r"[+-]?\d(?:[.,]\d+)?[eE][+-]?\d+|#+")
#: Begin a new line of text inside a cell, and a new row outside of tables.
_BLOCKS = frozenset(
    "address article aside blockquote br center dd div dl dt h1 h2 h3 h4 h5 h6 header hr li ol p pre section ul".split()
)
_UNSEEN = frozenset(("script", "style", "title", "head", "select", "xml"))


def _web_page(text: str, limits: Limits) -> MarkedSheet:
    page = _Page(limits)
    page.feed(text)
    page.close()
    page.finish()
    return page.sheet


@dataclass
class _Table:
    """A table that is open: its row, the cell being read, and the cells that reach down from rows above."""

    row: list[Any] | None = None
    texts: list[str] | None = None
    across: int = 1
    down: int = 1
    number: str | None = None
    hidden: bool = False
    from_above: dict[int, int] = field(default_factory=dict)


class _Page(HTMLParser):
    """The tables of a page, one below the other as Excel lays them, and the text between them a row a block.

    A table inside a cell of another (for layout) gives rows of its own. What spans columns stands in the first of
    them. Text is kept as it is: digits in a page are exact.
    """

    def __init__(self, limits: Limits) -> None:
        super().__init__(convert_charrefs=True)
        self.sheet = MarkedSheet()
        self._limits = limits
        self._tables: list[_Table] = []
        self._outside: list[str] = []
        self._unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen.append(tag)
        if self._unseen:
            if tag not in ("table", "body"):
                return
            self._unseen.clear()  # an element that was never closed
        attributes = dict(attrs)
        table = self._tables[-1] if self._tables else None
        if tag == "table":
            self._end_text()
            self._tables.append(_Table())
        elif tag == "tr" and table:
            self._end_row(table)
            table.row = []
            table.hidden = "display:none" in (attributes.get("style") or "").replace(" ", "").lower()
        elif tag in ("td", "th") and table:
            self._end_cell(table)
            if table.row is None:
                table.row = []
            table.texts = []
            table.across = _span(attributes.get("colspan"), 1000)
            table.down = _span(attributes.get("rowspan"), 65_534)
            table.number = attributes.get("x:num")
        elif tag in _BLOCKS:
            if table is None:
                self._end_text()
            elif table.texts is not None:
                table.texts.append("\n")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _UNSEEN:
            self.handle_starttag(tag, attrs)
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            if tag in self._unseen:
                del self._unseen[self._unseen.index(tag) :]
            return
        table = self._tables[-1] if self._tables else None
        if table is None:
            if tag in _BLOCKS:
                self._end_text()
        elif tag in ("td", "th"):
            self._end_cell(table)
        elif tag in ("tr", "thead", "tbody", "tfoot"):
            self._end_row(table)
        elif tag == "table":
            self._end_row(table)
            self._tables.pop()

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        if not self._tables:
            self._outside.append(data)
        elif self._tables[-1].texts is not None:
            self._tables[-1].texts.append(_SPACES.sub(" ", data))

    def finish(self) -> None:
        """End what the page left open."""
        while self._tables:
            self._end_row(self._tables.pop())
        self._end_text()
        rows = self.sheet.rows
        while rows and all(is_blank(cell) for cell in rows[-1]):
            rows.pop()

    def _end_text(self) -> None:
        text = _SPACES.sub(" ", "".join(self._outside)).strip()
        self._outside.clear()
        if text:
            self._add_row([text])

    def _end_cell(self, table: _Table) -> None:
        if table.texts is None or table.row is None:
            return
        text = "\n".join(line.strip(" ") for line in "".join(table.texts).split("\n")).strip("\n")
        table.texts = None
        if table.number and _NUMBER_LOST.fullmatch(text):
            text = table.number  # Excel's own page keeps the whole number beside what a narrow column shows
        row = table.row
        while table.from_above.get(len(row)):
            row.append("")
        first = len(row)
        row.append(BrokenCell(text, "error") if is_error(text) else text)
        row.extend([""] * (table.across - 1))
        if len(row) > 2 * self._limits.columns:
            self._limits.check_extent(self.sheet.name or "", len(self.sheet.rows) + 1, len(row))
        if table.down > 1 or table.across > 1:
            top = len(self.sheet.rows)
            self.sheet.merged.append((top, first, top + table.down - 1, first + table.across - 1))
        if table.down > 1:
            for column in range(first, first + table.across):
                table.from_above[column] = table.down

    def _end_row(self, table: _Table) -> None:
        self._end_cell(table)
        if table.row is None:
            return
        if table.hidden:
            self.sheet.hidden_rows.add(len(self.sheet.rows))
        self._add_row(table.row)
        table.row = None
        table.from_above = {column: left - 1 for column, left in table.from_above.items() if left > 1}

    def _add_row(self, row: list[Any]) -> None:
        self.sheet.rows.append(row)
        if len(self.sheet.rows) % 1000 == 0:
            self._limits.check_extent("", len(self.sheet.rows), 1)


def _span(text: str | None, most: int) -> int:
    """How many columns or rows a cell takes."""
    text = (text or "").strip()
    return min(max(int(text), 1), most) if text.isascii() and text.isdecimal() and len(text) < 9 else 1


# --- XML of Excel 2003 ---------------------------------------------------------------------------------------------


def _spreadsheet_2003(text: str, limits: Limits) -> list[MarkedSheet]:
    reader = _Spreadsheet2003(limits)
    try:
        # the text is decoded already, whatever its declaration says
        reader.parse_text(re.sub(r"^<\?xml[^>]*\?>", "", text, count=1))
    except (expat.ExpatError, ValueError, OverflowError) as error:
        raise damaged(error) from None
    return reader.sheets


class _Spreadsheet2003(XmlReader):
    """Workbook > Worksheet > Table > Row > Cell > Data; rows and cells may say their place."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self.sheets: list[MarkedSheet] = []
        self._limits = limits
        self._row = self._column = -1
        self._skip = 0
        self._across = 0
        self._in_cell = self._in_data = self._in_comment = self._in_visible = False
        self._type = ""
        self._formula: str | None = None
        self._data: str | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        given = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        if name == "Worksheet":
            self.sheets.append(MarkedSheet(given.get("Name")))
            self._row, self._skip, self._across = -1, 0, 0
        elif not self.sheets:
            return
        elif name == "Row":
            self._row = _place(given.get("Index"), self._row + self._skip, MOST_ROWS)
            self._skip = _count(given.get("Span"), MOST_ROWS)
            self._column = -1
            if given.get("Hidden") == "1":
                self.sheets[-1].hidden_rows.update(range(self._row, self._row + self._skip + 1))
        elif name == "Column":
            first = _place(given.get("Index"), self._across - 1, MOST_COLUMNS)
            self._across = min(first + _count(given.get("Span"), MOST_COLUMNS) + 1, MOST_COLUMNS)
            if given.get("Hidden") == "1":
                self.sheets[-1].hidden_columns.update(range(first, self._across))
        elif name == "Cell":
            self._column = _place(given.get("Index"), self._column, MOST_COLUMNS)
            self._in_cell, self._data, self._type = True, None, ""
            self._formula = given.get("Formula")
            right = _count(given.get("MergeAcross"), MOST_COLUMNS)
            down = _count(given.get("MergeDown"), MOST_ROWS)
            if right or down:
                self.sheets[-1].merged.append((self._row, self._column, self._row + down, self._column + right))
            self._right = right
        elif name == "Comment":
            self._in_comment = True
        elif name == "Data" and self._in_cell and not self._in_comment:
            self._in_data, self._data, self._type = True, "", given.get("Type", "String")
        elif name == "Visible":
            self._in_visible = True

    def text(self, data: str) -> None:
        if self._in_data:
            self._data = (self._data or "") + data
        elif self._in_visible and self.sheets and data.strip() in ("SheetHidden", "SheetVeryHidden"):
            self.sheets[-1].hidden = True

    def end(self, name: str) -> None:
        if name == "Data":
            self._in_data = False
        elif name == "Comment":
            self._in_comment = False
        elif name == "Visible":
            self._in_visible = False
        elif name == "Cell" and self._in_cell:
            self._in_cell = False
            cell = self._cell()
            if not is_blank(cell):
                self._put(cell)
            self._column += self._right

    def _cell(self) -> Any:
        if self._data is None:
            return "" if self._formula is None else BrokenCell(self._formula, "no_value")
        text = self._data
        if self._type == "Number":
            # Excel keeps numbers as floats, and so does everything that reads its workbooks
            return float(text)
        if self._type == "Boolean":
            return text.strip() in ("1", "true")
        if self._type == "Error":
            return BrokenCell(text.strip() or "#N/A", "error")
        if self._type == "DateTime":
            moment = datetime.fromisoformat(text.strip())
            if moment.date() <= date(1899, 12, 31):
                return moment.time()
            return moment.date() if moment.time() == time(0) else moment
        return text

    def _put(self, cell: Any) -> None:
        sheet = self.sheets[-1]
        if self._column >= self._limits.columns or self._row >= len(sheet.rows):
            self._limits.check_extent(sheet.name or "", self._row + 1, self._column + 1)
        while len(sheet.rows) <= self._row:
            sheet.rows.append([])
        row = sheet.rows[self._row]
        row.extend([""] * (self._column - len(row)))
        row.append(cell)


def _place(index: str | None, before: int, most: int) -> int:
    """A place from 0: what the file says, counted from 1, or the one after the last."""
    place = before + 1 if index is None else int(index) - 1
    if not before < place < most:
        raise ValueError(f"urutan baris atau kolom {place + 1}")
    return place


def _count(text: str | None, most: int) -> int:
    return min(max(int(text), 0), most) if text else 0
