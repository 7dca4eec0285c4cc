"""The feedback workbook: the uploaded sheets with the failing cells marked, and a first sheet that sums up.

The copy keeps the place of every cell, so that row numbers in sentences are those of the upload, and a corrected copy
is read as a corrected original would be. It keeps what shows: titles, merged cells, widths, hidden rows and sheets;
only a row or sheet that a finding speaks of is shown. Formulas are not kept: a cell holds what it showed.

Runs in a reading process: it opens the upload a second time, and what killed one reader may kill another.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from entas import clock
from entas.intake.answer import CRITICAL, WARNING, FeedbackJob, Finding
from entas.intake.appearance import Widths, column_widths
from entas.intake.styles import FILLS, LONGEST_TEXT, Styles, row_height, text_lines
from entas.intake.summary import Place, write_summary
from entas.registers.cells import OK, BrokenCell, fold, is_blank, numbers_are_cut, repair_id, tidy, written
from entas.registers.detect import find_layout, known_headers
from entas.registers.layout import numbers_columns
from entas.registers.own_sheets import FORMULA_STARTS, NOTES_HEADING, SUMMARY, is_own_sheet
from entas.registers.reading import RegisterReading, read_upload
from entas.registers.schema import REGISTERS, Kind, to_mend
from entas.registers.sheets import Range, Row, Sheet, UnreadableFileError, read_sheets

_NOTE_WORDS = {CRITICAL: "PERBAIKI", WARNING: "PERIKSA"}

_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_FIRST_EXCEL_DAY = date(1900, 1, 1)
#: Errors that a cell may hold; another is shown as the last of them.
_ERRORS = frozenset({"#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#N/A"})
_NO_VALUE = "#N/A"
#: Numbers from here on are shown in full: by itself Excel writes them as 3,2E+15.
_LONG_NUMBER = 10**11

_WIDTH_SAMPLE = 300  # rows that widths are made of, where the upload does not tell them
_NOTES_WIDTH = 80  # of the column, in digits of its font
_NOTES_LETTERS = 92  # that fit a line of it
_LEAST_WIDTHS = {Kind.CARD: 19, Kind.NIK: 19, Kind.DATE: 12, Kind.AMOUNT: 14}
_FROZEN_WIDTH = 75  # columns up to the name stay in sight when they take no more than this
_FROZEN_ROWS = 15  # a header below a longer letterhead would leave no room for the rows
_PAGE_WIDTH = 260  # digits on a landscape page that can still be read
_MERGED_CELLS = 200_000  # of a sheet, all its merged ranges together


def write_workbook(job: FeedbackJob) -> None:
    """Write the workbook of one upload to `job.target`. A file that cannot be read gets the summary alone."""
    options = {"constant_memory": True, "default_date_format": "dd/mm/yyyy"}
    with xlsxwriter.Workbook(str(job.target), options) as book:
        book.set_properties({"title": f"{SUMMARY[1]}: {job.file_name}"[:255], "author": "Entas"})
        styles = Styles(book)
        summary = book.add_worksheet(SUMMARY[0])
        remarks: list[str] = []
        marks = _read_marks(job)
        copies: dict[str, _Copy] = {}
        if job.source is not None:
            by_sheet: dict[str, list[Finding]] = defaultdict(list)
            for finding in job.findings:
                by_sheet[finding.sheet].append(finding)
            taken = {SUMMARY[0].casefold()}
            try:
                widths: dict[str, Widths] | None = None
                for sheet in read_sheets(job.source, job.file_name, known_headers, job.limits):
                    if widths is None:  # only of a file that its reader takes
                        widths = column_widths(job.source)
                    if is_own_sheet(sheet) and sheet.name == SUMMARY[0]:
                        continue  # a corrected feedback workbook: this upload gets a summary of its own
                    target = book.add_worksheet(_sheet_name(sheet.name, taken))
                    copy = _Copy(
                        target,
                        styles,
                        sheet,
                        by_sheet.get(sheet.name, []),
                        widths.get(sheet.name, {}),
                        None if marks is None else marks.get(sheet.name, {}),
                    )
                    remarks += copy.write()
                    copies.setdefault(sheet.name, copy)
            except UnreadableFileError as error:
                if job.status != "rejected":
                    remarks.append(str(error))

        def place(finding: Finding) -> Place:
            copy = copies.get(finding.sheet)
            return Place() if copy is None else copy.place(finding)

        write_summary(summary, styles, job, remarks, place)
        summary.activate()


def _sheet_name(name: str, taken: set[str]) -> str:
    """A name that Excel takes and no other sheet has: at most 31 characters, some of them never."""
    clean = "".join(" " if char in "[]:*?/\\" or not char.isprintable() else char for char in name).strip("' ")
    clean = _cut(clean, 31).rstrip("' ") or "Lembar"
    if clean.casefold() == "history":  # Excel keeps this name for itself
        clean = "History_"
    unique, number = clean, 2
    while unique.casefold() in taken:
        suffix = f" ({number})"
        unique, number = _cut(clean, 31 - len(suffix)).rstrip() + suffix, number + 1
    taken.add(unique.casefold())
    return unique


def _cut(text: str, length: int) -> str:
    """Text cut to so many characters as Excel counts them: those beyond the basic plane are two."""
    while len(text.encode("utf-16-le", "replace")) > 2 * length:
        text = text[:-1]
    return text


# --- where the registers stand -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Plan:
    """Where the registers of a sheet stand.

    Attributes:
        header_row, data_row: indices (0-based) of the header's first row and of the row below the header.
        columns: register -> our column -> index of the sheet's column.
    """

    header_row: int
    data_row: int
    columns: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def column(self, register: str, column: str | None) -> str | None:
        """The column that a finding names, or one that will do as well; None when this sheet has none of them."""
        here = self.columns.get(register, {})
        return next((one for one in to_mend(register, column) if one in here), None) if column else None

    def position(self, register: str, column: str | None) -> int | None:
        """Index of that column."""
        here = self.column(register, column)
        return None if here is None else self.columns[register][here]

    def kinds(self) -> dict[int, Kind]:
        """What the sheet's columns hold."""
        return {
            position: REGISTERS[register][column]
            for register, places in self.columns.items()
            for column, position in places.items()
            if column in REGISTERS[register]
        }


def _plan(sheet: Sheet) -> _Plan | None:
    search = find_layout(sheet.rows, sheet.merged)
    if search.layout is None or is_own_sheet(sheet):
        return None
    columns = {one.format.register: one.columns for one in (search.layout, *search.beside)}
    return _Plan(search.layout.header_row, search.layout.data_row, columns)


#: Cells to mark in a sheet: (row, column), counted from 0 -> severity.
_Marks = dict[tuple[int, int], str]


def _read_marks(job: FeedbackJob) -> dict[str, _Marks] | None:
    """The cells that the findings are about, by sheet; None when only the sheets' headers can tell.

    The upload is read once more: a cell may stand in the heading of a family, on another sheet, or be one of many
    answers in its row, and only reading tells where.
    """
    if job.source is None or job.area is None or not job.findings:
        return None
    reading = read_upload(
        job.source,
        job.file_name,
        village=job.area,
        received_on=clock.jakarta_day(job.received_at),
        limits=job.limits,
    )
    marks: dict[str, _Marks] = defaultdict(dict)
    for register, findings in _by_register(job.findings).items():
        if register not in reading.registers:
            return None  # it was found when the upload was taken in: the formats have changed since
        found = reading.registers[register]
        wanted = {(finding.sheet, finding.row_number) for finding in findings}
        positions: dict[tuple[str, int], list[int]] = defaultdict(list)
        for position, place in enumerate(zip(found.rows["sheet"], found.rows["row_number"], strict=True)):
            if place in wanted:
                positions[place].append(position)
        for finding in findings:
            if finding.column is None or finding.column not in REGISTERS[register]:
                continue
            for position in _meant(found, positions[finding.sheet, finding.row_number], finding):
                places = (found.place(position, one) for one in to_mend(register, finding.column))
                place = next((one for one in places if one is not None), None)
                if place is not None:
                    sheet, row_number, column = place
                    marked = marks[sheet]
                    if marked.get((row_number - 1, column)) != CRITICAL:
                        marked[row_number - 1, column] = finding.severity
    return marks


def _by_register(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    grouped: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        grouped[finding.register].append(finding)
    return grouped


def _meant(found: RegisterReading, positions: Sequence[int], finding: Finding) -> Sequence[int]:
    """Of the rows that one row of the sheet gives, those with the value that the finding names."""
    if len(positions) < 2:
        return positions
    cells = found.cells[finding.column]
    same = [one for one in positions if (None if cells.isna().iloc[one] else cells.iloc[one]) == finding.value]
    return same or positions


# --- one sheet -----------------------------------------------------------------------------------------------------


class _Copy:
    """The copy of one uploaded sheet."""

    def __init__(
        self,
        target: Worksheet,
        styles: Styles,
        sheet: Sheet,
        findings: Sequence[Finding],
        widths: Widths,
        marks: _Marks | None,
    ) -> None:
        self._target = target
        self._styles = styles
        self._sheet = sheet
        self._rows = sheet.rows[:_LAST_ROW]
        self._plan = _plan(sheet)
        self._first = 0 if self._plan is None else self._plan.data_row
        kinds = {} if self._plan is None else self._plan.kinds()
        self._kinds = kinds
        self._ids = _id_columns(self._rows[self._first :], kinds)
        self._width = _width(self._rows)
        self._merged = _mergeable(sheet.merged)
        for _, _, last_row, last_column in self._merged:
            if self._plan is not None and last_row >= self._plan.header_row:
                self._width = max(self._width, last_column + 1)
        self._notes_column = self._find_notes_column(bool(findings))
        self._covered = {
            (row, column): (first_row, first_column)
            for first_row, first_column, last_row, last_column in self._merged
            for row in range(first_row, last_row + 1)
            for column in range(first_column, last_column + 1)
        }
        self._marks: dict[int, dict[int, str]] = defaultdict(dict)
        self._notes: dict[int, tuple[str, list[str]]] = {}
        self._take(findings, marks)
        self._given = _chosen(widths)

    def place(self, finding: Finding) -> Place:
        """Where a link leads to a finding: its cell, else the first marked cell of its row, else the row's first."""
        row = finding.row_number - 1
        position = None if self._plan is None else self._plan.position(finding.register, finding.column)
        column = finding.column
        heading = None
        if self._plan is None or position is None:
            position = min(self._marks.get(row, {0: ""}), default=0)
        else:
            column = self._plan.column(finding.register, column)
            heading = self._heading(position)
        name = self._target.get_name().replace("'", "''")
        return Place(f"internal:'{name}'!{xl_rowcol_to_cell(*self._shown(row, position))}", heading, column)

    def _heading(self, column: int) -> str | None:
        """What the upload calls a column."""
        if self._plan is None:
            return None
        rows = [row for row in self._rows[self._plan.header_row : self._first] if not numbers_columns(row)]
        lines = (row[column] for row in rows if column < len(row))
        return " ".join(tidy(cell) for cell in lines if type(cell) is str and not is_blank(cell)) or None

    def write(self) -> list[str]:
        """Write the sheet; returns remarks for the summary."""
        sheet, target = self._sheet, self._target
        remarks = []
        if len(sheet.rows) > _LAST_ROW or self._width >= _LAST_COLUMN:
            remarks.append(
                f'Lembar "{sheet.name}" melampaui ukuran lembar Excel; di sini hanya sebagian yang ditampilkan.'
            )
        if sheet.hidden and not self._notes and not self._marks:
            target.hide()
        self._set_columns()
        if self._plan is not None:
            target.freeze_panes(self._first if self._first <= _FROZEN_ROWS else 0, self._frozen_columns())
            if self._ids:
                ranges = " ".join(_column_range(column) for column in sorted(self._ids))
                target.ignore_errors({"number_stored_as_text": ranges})
        # merge_range writes cells as well, row by row over the range, which a book of constant memory does not take:
        # the ranges are told as it tells them, after the same checks (_mergeable).
        target.merge.extend(map(list, self._merged))
        for number, row in enumerate(self._rows):
            self._set_row(number)
            self._write_row(number, row)
        self._finish()
        return remarks

    # .................................................................................................. where things go

    def _find_notes_column(self, has_findings: bool) -> int | None:
        """Where the sentences go: the column of an earlier feedback, else the first one right of the data."""
        if self._plan is None:
            return None
        for row in self._rows[self._plan.header_row : self._plan.data_row]:
            for position, cell in enumerate(row):
                if type(cell) is str and fold(cell) == fold(NOTES_HEADING):
                    return position
        return self._width if has_findings and self._width < _LAST_COLUMN else None

    def _take(self, findings: Iterable[Finding], marks: _Marks | None) -> None:
        """Marks and sentences of each row, the worst first."""
        for (row, column), severity in sorted((marks or {}).items(), key=lambda item: item[1] != CRITICAL):
            row, column = self._shown(row, column)
            self._marks[row].setdefault(column, severity)
        for finding in sorted(findings, key=lambda one: one.severity != CRITICAL):
            row = finding.row_number - 1
            position = None if self._plan is None else self._plan.position(finding.register, finding.column)
            if position is not None and marks is None:
                marked_row, marked_column = self._shown(row, position)
                self._marks[marked_row].setdefault(marked_column, finding.severity)
            sentence = f"{_NOTE_WORDS[finding.severity]}: {finding.sentence}"
            _, sentences = self._notes.setdefault(row, (finding.severity, []))
            if sentence not in sentences:
                sentences.append(sentence)

    def _shown(self, row: int, column: int) -> tuple[int, int]:
        """The cell in which this one shows: itself, or the first of the merged cells that it belongs to."""
        return self._covered.get((row, column), (row, column))

    def _look(self, row: int, column: int) -> str | None:
        """How a cell looks: as it is marked, else by the part of the sheet in which it stands."""
        mark = self._marks.get(row, {}).get(column)
        if mark or self._plan is None:
            return mark
        if row >= self._first:
            return "joined" if (row, column) in self._covered else "noted" if row in self._notes else None
        if row >= self._plan.header_row:
            return "header"
        return "centred" if (row, column) in self._covered else "title"

    # ................................................................................................. columns and rows

    def _set_columns(self) -> None:
        """Widths of the upload, else by what stands in the first rows; never so narrow that a date shows as ####.

        Columns of ids are text to the very bottom, for rows that are typed in later.
        """
        fitting = self._fitting_widths()
        self._widths = {}
        for position in range(min(self._width, _LAST_COLUMN)):
            if position == self._notes_column:
                continue
            width = self._given.get(position, fitting.get(position, 8.43))
            self._widths[position] = max(width, _LEAST_WIDTHS.get(self._kinds.get(position), 0))
        for position, width in self._widths.items():
            style = self._styles.cell("id", None) if position in self._ids else None
            self._target.set_column(position, position, width, style)
        if self._notes_column is not None:
            self._target.set_column(self._notes_column, self._notes_column, _NOTES_WIDTH)

    def _fitting_widths(self) -> dict[int, float]:
        top = 0 if self._plan is None else self._plan.header_row
        longest: Counter[int] = Counter()
        for number, row in enumerate(self._rows[top : top + _WIDTH_SAMPLE], start=top):
            for position, cell in enumerate(row[:_LAST_COLUMN]):
                if (number, position) in self._covered:
                    continue
                length = _length(cell)
                if number < self._first:
                    length = min(length, 22)  # headings wrap
                if length > longest[position]:
                    longest[position] = length
        return {position: min(max(length, 5), 40) + 2 for position, length in longest.items()}

    def _frozen_columns(self) -> int:
        """Columns that stay in sight: those up to the person's name, when they leave room for the others."""
        names = [position for register in self._plan.columns.values() for column, position in register.items()
                 if column in ("nama", "nama_kepala")]  # fmt: skip
        if not names or sum(self._widths.get(position, 8.43) for position in range(min(names) + 1)) > _FROZEN_WIDTH:
            return 0
        return min(names) + 1

    def _heading_lines(self, row: int, column: int) -> int:
        """Lines that a heading takes in its column; one over merged cells is not counted."""
        cells = self._rows[row]
        if column >= len(cells) or type(cells[column]) is not str or (row, column) in self._covered:
            return 1
        return text_lines([cells[column]], max(int(self._widths[column]) - 2, 3))

    def _set_row(self, number: int) -> None:
        note = self._notes.get(number) if self._notes_column is not None else None
        hidden = number in self._sheet.hidden_rows and number not in self._notes and number not in self._marks
        if note:
            self._target.set_row(number, row_height(text_lines(note[1], _NOTES_LETTERS)), None, {"hidden": hidden})
        elif hidden:
            self._target.set_row(number, None, None, {"hidden": True})
        elif self._plan is not None and self._plan.header_row <= number < self._first:
            lines = max((self._heading_lines(number, column) for column in self._widths), default=1)
            self._target.set_row(number, row_height(min(lines, 6)) + 4)

    def _finish(self) -> None:
        """What concerns the sheet as a whole: filter, print, colour of its tab."""
        target, plan = self._target, self._plan
        last_column = max(self._width - 1, self._notes_column or 0)
        if plan is not None and self._notes_column is not None and len(self._rows) > self._first:
            target.autofilter(self._first - 1, 0, len(self._rows) - 1, self._notes_column)
        target.set_landscape()
        target.set_paper(9)
        target.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        target.set_footer("&L&A&RHalaman &P dari &N")
        target.hide_gridlines(0)  # of a register also on paper
        total = sum(self._widths.values()) + (_NOTES_WIDTH if self._notes_column is not None else 0)
        target.fit_to_pages(max(1, math.ceil(total / _PAGE_WIDTH)), 0)
        target.print_across()  # the pages of a row, one after the other
        if plan is not None:
            target.repeat_rows(plan.header_row, self._first - 1)
            if total > _PAGE_WIDTH and (frozen := self._frozen_columns()):
                target.repeat_columns(0, frozen - 1)
        if self._rows and last_column < _LAST_COLUMN:
            target.print_area(0, 0, len(self._rows) - 1, last_column)
        severities = {severity for severity, _ in self._notes.values()}
        if severities:
            target.set_tab_color(FILLS[min(severities)])  # critical before warning

    # ........................................................................................................... cells

    def _write_row(self, number: int, row: Row) -> None:
        below = self._plan is None or number >= self._first
        notes_column = self._notes_column if below and self._plan is not None else None
        marks = self._marks.get(number, {})
        plain = self._plan is not None and below and number not in self._notes and not marks
        for position, cell in enumerate(row[:_LAST_COLUMN]):
            if position == notes_column:
                continue  # the sentences of an earlier feedback
            look = self._look(number, position) if not plain or self._merged else None
            if cell is None or cell == "":
                if look in (CRITICAL, WARNING, "header"):
                    kind = "id" if below and position in self._ids else "plain"
                    self._target.write_blank(number, position, None, self._styles.cell(kind, look))
            elif below and position in self._ids:
                self._write_id(number, position, cell, look)
            else:
                self._write_cell(number, position, cell, look)
        for position in sorted(marks):
            if position >= len(row):
                self._target.write_blank(number, position, None, self._styles.cell("plain", marks[position]))
        if self._notes_column is None or self._plan is None:
            return
        if number == self._plan.header_row:
            self._target.write_string(
                number, self._notes_column, NOTES_HEADING, self._styles.cell("plain", "header")
            )  # fmt: skip
        elif number in self._notes and below:
            severity, sentences = self._notes[number]
            style = self._styles.get(bg_color=FILLS[severity], text_wrap=True, valign="top")
            self._target.write_string(number, self._notes_column, "\n".join(sentences)[:LONGEST_TEXT], style)

    def _write_id(self, number: int, position: int, cell: Any, look: str | None) -> None:
        """An id: as text when its digits are sure, so that Excel cannot cut them.

        One that Excel has cut stays the number it is: as text its last digit would look sure when the file comes back.
        """
        if type(cell) is str:
            self._target.write_string(number, position, cell[:LONGEST_TEXT], self._styles.cell("id", look))
            return
        digits, state = repair_id(cell, cut=self._ids[position])
        if state == OK and digits is not None:
            self._target.write_string(number, position, digits, self._styles.cell("id", look))
        else:
            self._write_cell(number, position, cell, look)

    def _number_kind(self, row: int, column: int, cell: float) -> str:
        if self._kinds.get(column) is Kind.AMOUNT and row >= self._first:
            return "amount" if cell == int(cell) else "cents"
        return "long" if abs(cell) >= _LONG_NUMBER else "plain"

    def _write_cell(self, number: int, position: int, cell: Any, look: str | None) -> None:
        """A cell in its own kind; what Excel has no kind for is written as text."""
        target, style = self._target, self._styles.cell
        kind = type(cell)
        if kind is str:
            quoted = "quoted" if cell.startswith(FORMULA_STARTS) else "plain"
            target.write_string(number, position, cell[:LONGEST_TEXT], style(quoted, look))
            return
        if kind is float or kind is int:
            if math.isfinite(cell):
                target.write_number(number, position, cell, style(self._number_kind(number, position, cell), look))
                return
        elif kind is bool:
            target.write_boolean(number, position, cell, style("plain", look))
            return
        elif kind is BrokenCell:
            # An error is no text: as text it would be read as a name when the file comes back. It is written as the
            # formula that is nothing but that error, which is how workbooks hold errors that nothing calculates.
            error = cell.text if cell.text in _ERRORS else _NO_VALUE
            target.write_formula(number, position, f"={error}", style("plain", look), error)
            return
        elif isinstance(cell, (datetime, date)):
            day = cell.date() if isinstance(cell, datetime) else cell
            if day >= _FIRST_EXCEL_DAY:
                whole = not isinstance(cell, datetime) or cell.time() == time(0)
                value = cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell
                target.write_datetime(number, position, value, style("day" if whole else "moment", look))
                return
        elif isinstance(cell, (time, timedelta)) and not (isinstance(cell, timedelta) and cell < timedelta(0)):
            target.write_datetime(number, position, cell, style("time", look))
            return
        target.write_string(number, position, written(cell) or "", style("plain", look))


def _length(cell: Any) -> int:
    """About how many characters a cell shows."""
    if type(cell) is str:
        return len(cell)
    if type(cell) in (int, float) and math.isfinite(cell) and abs(cell) >= _LONG_NUMBER:
        return len(str(int(cell))) + 1
    return 0 if cell is None else 11


def _id_columns(rows: Sequence[Row], kinds: Mapping[int, Kind]) -> dict[int, bool]:
    """Sheet columns that hold NIKs or card numbers, and whether Excel has cut their numbers."""
    return {
        position: numbers_are_cut([row[position] for row in rows if position < len(row)])
        for position, kind in kinds.items()
        if kind in (Kind.NIK, Kind.CARD)
    }


def _width(rows: Sequence[Row]) -> int:
    """Columns up to the last one in which anything is written."""
    width = 0
    for row in rows:
        for position in range(len(row) - 1, width - 1, -1):
            if not is_blank(row[position]):
                width = position + 1
                break
    return width


def _mergeable(merged: Sequence[Range]) -> list[Range]:
    """The merged ranges that a workbook may have: of several cells, inside the sheet, none over another."""
    kept: list[Range] = []
    taken: set[tuple[int, int]] = set()
    for first_row, first_column, last_row, last_column in merged:
        size = (last_row - first_row + 1) * (last_column - first_column + 1)
        if not (0 <= first_row <= last_row < _LAST_ROW and 0 <= first_column <= last_column < _LAST_COLUMN):
            continue
        if size < 2 or size + len(taken) > _MERGED_CELLS:
            continue
        area = {
            (row, column)
            for row in range(first_row, last_row + 1)
            for column in range(first_column, last_column + 1)
        }  # fmt: skip
        if taken.isdisjoint(area):
            taken |= area
            kept.append((first_row, first_column, last_row, last_column))
    return kept


def _chosen(widths: Widths) -> Widths:
    """The widths of an upload, unless all are equal: then a program gave them, and nobody looked at them."""
    return widths if len(set(widths.values())) > 1 else {}


def _column_range(column: int) -> str:
    name = xl_col_to_name(column)
    return f"{name}1:{name}{_LAST_ROW}"
