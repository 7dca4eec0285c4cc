"""The feedback workbook: the uploaded sheets with the failing cells marked, and a first sheet that sums up.

Runs in a reading process: it opens the upload a second time, and what killed one reader may kill another.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from entas import clock
from entas.registers.cells import OK, fold, is_blank, numbers_are_cut, repair_id, written
from entas.registers.detect import Layout, Search, find_layout, known_headers
from entas.registers.own_sheets import FORMULA_STARTS, NOTES_HEADING, SUMMARY, is_own_sheet
from entas.registers.schema import REGISTERS, Kind
from entas.registers.sheets import Row, Sheet, UnreadableFileError, read_sheets
from entas.validation.rules import rules

CRITICAL, WARNING = "critical", "warning"

_SEVERITY_WORDS = {CRITICAL: "Wajib diperbaiki", WARNING: "Perlu diperiksa"}
_NOTE_WORDS = {CRITICAL: "PERBAIKI", WARNING: "PERIKSA"}
_STATUS_WORDS = {
    "accepted": "Diterima",
    "accepted_with_quarantine": "Diterima sebagian",
    "rejected": "Ditolak",
}
_FILLS = {CRITICAL: "#FFC7CE", WARNING: "#FFEB9C"}
_MONTHS = (
    "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember"
).split()  # fmt: skip

_LAST_ROW, _LAST_COLUMN, _LONGEST_TEXT = 1_048_576, 16_384, 32_767
_FIRST_EXCEL_DAY = date(1900, 1, 1)
_WIDTH_SAMPLE = 300
_NOTES_WIDTH = 100  # of the column, in digits of its font; of letters it holds more
_NOTES_LETTERS = 120
_LINE_HEIGHT = 15  # in points


@dataclass(frozen=True)
class Finding:
    """What a rule says about one row."""

    register: str
    severity: str
    sheet: str
    row_number: int
    rule_id: str
    column: str | None
    sentence: str


@dataclass(frozen=True)
class RegisterResult:
    """A row of raw.upload_register."""

    register: str
    status: str
    reason: str | None
    sheets: tuple[str, ...]
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    rows_warned: int


@dataclass(frozen=True)
class FeedbackJob:
    """One feedback workbook to write.

    Attributes:
        upload_id: of the upload.
        source: local copy of the uploaded bytes; None writes the summary alone.
        target: local file to write.
        village, folder, period, file_name: as the village knows them; `folder` is where corrections go.
        received_at, status, reason: of the upload.
        registers: results by register, in the order of the design.
        findings: by row.
        remarks: Indonesian remarks for the summary beside those found while writing.
    """

    upload_id: int
    source: Path | None
    target: Path
    village: str
    folder: str
    period: str
    file_name: str
    received_at: datetime
    status: str
    reason: str | None
    registers: tuple[RegisterResult, ...] = ()
    findings: tuple[Finding, ...] = field(default=(), repr=False)
    remarks: tuple[str, ...] = ()


def write_workbook(job: FeedbackJob) -> None:
    """Write the workbook of one upload to `job.target`. A file that cannot be read gets the summary alone."""
    options = {"constant_memory": True, "default_date_format": "dd/mm/yyyy"}
    with xlsxwriter.Workbook(str(job.target), options) as book:
        styles = _Styles(book)
        summary = book.add_worksheet(SUMMARY[0])
        remarks = list(job.remarks)
        if job.source is not None:
            by_sheet: dict[str, list[Finding]] = defaultdict(list)
            for finding in job.findings:
                by_sheet[finding.sheet].append(finding)
            taken = {SUMMARY[0].casefold()}
            try:
                for sheet in read_sheets(job.source, job.file_name, known_headers):
                    if is_own_sheet(sheet) and sheet.name == SUMMARY[0]:
                        continue  # a corrected feedback workbook: this upload gets a summary of its own
                    target = book.add_worksheet(_sheet_name(sheet.name, taken))
                    remarks += _write_sheet(target, styles, sheet, by_sheet.get(sheet.name, []))
            except UnreadableFileError as error:
                if job.status != "rejected":
                    remarks.append(str(error))
        _write_summary(summary, styles, job, remarks)
        summary.activate()


class _Styles:
    """Formats of a workbook, made at first use."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}
        self._cells: dict[tuple[str, str | None], Format | None] = {}

    def get(self, **properties: Any) -> Format:
        key = tuple(sorted(properties.items()))
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._book.add_format(properties)
        return made

    def cell(self, kind: str, mark: str | None) -> Format | None:
        """Format of a cell of the upload: `plain`, `quoted`, `id`, `day`, `moment` or `time`, and how it is marked."""
        key = (kind, mark)
        if key not in self._cells:
            properties: dict[str, Any] = {
                "plain": {},
                "quoted": {"quote_prefix": True},
                "id": {"num_format": "@"},
                "day": {"num_format": "dd/mm/yyyy"},
                "moment": {"num_format": "dd/mm/yyyy hh:mm:ss"},
                "time": {"num_format": "[hh]:mm:ss"},
            }[kind]
            if mark:
                properties = {**properties, "bg_color": _FILLS[mark], "border": 1, "border_color": "#BFBFBF"}
            self._cells[key] = self.get(**properties) if properties else None
        return self._cells[key]


# --- the uploaded sheets -------------------------------------------------------------------------------------------


def _sheet_name(name: str, taken: set[str]) -> str:
    """A name that Excel takes and no other sheet has: at most 31 characters, some of them never."""
    clean = "".join(" " if char in "[]:*?/\\" or not char.isprintable() else char for char in name).strip("' ")
    clean = clean[:31].rstrip("' ") or "Lembar"
    if clean.casefold() == "history":  # Excel keeps this name for itself
        clean = "History_"
    unique, number = clean, 2
    while unique.casefold() in taken:
        suffix = f" ({number})"
        unique, number = clean[: 31 - len(suffix)].rstrip() + suffix, number + 1
    taken.add(unique.casefold())
    return unique


def _write_sheet(target: Worksheet, styles: _Styles, sheet: Sheet, findings: Sequence[Finding]) -> list[str]:
    """Write one uploaded sheet in its own layout; returns remarks for the summary."""
    search = find_layout(sheet.rows)
    layout = search.layout
    remarks = _remarks(sheet, search)
    notes_column = None if layout is None else _notes_column(sheet.rows, layout, bool(findings))
    if len(sheet.rows) > _LAST_ROW or max(map(len, sheet.rows)) >= _LAST_COLUMN:
        remarks.append(f'Lembar "{sheet.name}" melampaui ukuran lembar Excel; di sini hanya sebagian yang ditampilkan.')
    ids = _id_columns(sheet.rows, layout)
    _set_columns(target, styles, sheet.rows, ids, notes_column)
    marks, notes = _marks(findings, layout)
    first = 0
    if layout is not None:
        first = layout.data_row
        target.freeze_panes(first, 0)
        if ids:
            target.ignore_errors({"number_stored_as_text": " ".join(map(_column_range, sorted(ids)))})
    header = styles.get(bold=True, bottom=1, text_wrap=True, valign="top")
    header_row = -1 if layout is None else layout.header_row
    for number, row in enumerate(sheet.rows[:_LAST_ROW]):
        below = number >= first and layout is not None
        row_marks = marks.get(number + 1) if below else None
        if below and notes_column is not None and number + 1 in notes:
            target.set_row(number, _LINE_HEIGHT * _lines(notes[number + 1][1], _NOTES_LETTERS))
        _write_row(target, styles, number, row, ids if below else {}, row_marks, notes_column if below else None)
        if number == header_row and notes_column is not None:
            target.write_string(number, notes_column, NOTES_HEADING, header)
        elif below and notes_column is not None and number + 1 in notes:
            severity, sentences = notes[number + 1]
            note = styles.get(bg_color=_FILLS[severity], text_wrap=True, valign="top")
            target.write_string(number, notes_column, "\n".join(sentences)[:_LONGEST_TEXT], note)
    if layout is not None and notes_column is not None and notes_column < _LAST_COLUMN and len(sheet.rows) > first:
        target.autofilter(first - 1, 0, min(len(sheet.rows), _LAST_ROW) - 1, notes_column)
    return remarks


def _remarks(sheet: Sheet, search: Search) -> list[str]:
    if search.layout is not None:
        said = []
        if search.layout.unknown:
            names = ", ".join(search.layout.unknown)
            said.append(f'Lembar "{sheet.name}": kolom yang tidak dikenal dan tidak dipakai: {names}.')
        if search.layout.repeated:
            names = ", ".join(search.layout.repeated)
            said.append(
                f'Lembar "{sheet.name}": judul kolom {names} muncul lebih dari sekali; hanya kolom paling kiri dipakai.'
            )
        return said
    if is_own_sheet(sheet):
        return []
    if search.nearest is None or not search.likely:
        return [f'Lembar "{sheet.name}" tidak dibaca: judul kolomnya bukan judul kolom register yang dikenal.']
    return [
        f'Lembar "{sheet.name}" tidak dibaca: mirip register {search.nearest.register}, tetapi kolom wajib '
        f"{', '.join(search.missing)} tidak ada. Tambahkan kolom itu, lalu unggah kembali."
    ]


def _notes_column(rows: Sequence[Row], layout: Layout, has_findings: bool) -> int | None:
    """Where the sentences go: the column of an earlier feedback, else the first one right of the data."""
    for position, cell in enumerate(rows[layout.header_row]):
        if type(cell) is str and fold(cell) == fold(NOTES_HEADING):
            return position
    return _width(rows) if has_findings else None


def _width(rows: Sequence[Row]) -> int:
    """Columns up to the last one in which anything is written."""
    width = 0
    for row in rows:
        for position in range(len(row) - 1, width - 1, -1):
            if not is_blank(row[position]):
                width = position + 1
                break
    return width


def _id_columns(rows: Sequence[Row], layout: Layout | None) -> dict[int, bool]:
    """Sheet columns that hold NIKs or card numbers, and whether Excel has cut their numbers."""
    if layout is None:
        return {}
    kinds = REGISTERS[layout.format.register]
    return {
        position: numbers_are_cut([row[position] for row in rows[layout.data_row :] if position < len(row)])
        for column, position in layout.columns.items()
        if kinds[column] in (Kind.NIK, Kind.CARD)
    }


def _marks(
    findings: Sequence[Finding], layout: Layout | None
) -> tuple[dict[int, dict[int, str]], dict[int, tuple[str, list[str]]]]:
    """By row number: severity by sheet column; the worst severity and the sentences, worst first."""
    marks: dict[int, dict[int, str]] = defaultdict(dict)
    notes: dict[int, tuple[str, list[str]]] = {}
    for finding in sorted(findings, key=lambda one: one.severity != CRITICAL):
        position = layout.columns.get(finding.column) if layout and finding.column else None
        if position is not None:
            marks[finding.row_number].setdefault(position, finding.severity)
        _, sentences = notes.setdefault(finding.row_number, (finding.severity, []))
        sentences.append(f"{_NOTE_WORDS[finding.severity]}: {finding.sentence}")
    return marks, notes


def _lines(texts: Sequence[str], width: int) -> int:
    """Lines that wrapped texts take; not every program makes a row as high as its text when it opens a workbook."""
    return sum(math.ceil(len(text) / width) or 1 for text in texts)


def _set_columns(
    target: Worksheet, styles: _Styles, rows: Sequence[Row], ids: dict[int, bool], notes_column: int | None
) -> None:
    """Widths by what stands in the first rows; id columns as text to the very bottom, for rows typed in later."""
    widths: Counter[int] = Counter()
    for row in rows[:_WIDTH_SAMPLE]:
        for position, cell in enumerate(row[:_LAST_COLUMN]):
            length = len(cell) if type(cell) is str else 0 if cell is None else 11
            if length > widths[position]:
                widths[position] = length
    for position, length in widths.items():
        if position not in ids and position != notes_column:
            target.set_column(position, position, min(max(length, 6), 40) + 2)
    for position in ids:
        target.set_column(position, position, 20, styles.cell("id", None))
    if notes_column is not None:
        target.set_column(notes_column, notes_column, _NOTES_WIDTH)


def _write_row(
    target: Worksheet,
    styles: _Styles,
    number: int,
    row: Row,
    ids: dict[int, bool],
    marks: dict[int, str] | None,
    notes_column: int | None,
) -> None:
    for position, cell in enumerate(row):
        mark = marks.get(position) if marks else None
        if cell is None or cell == "":
            if mark:
                target.write_blank(number, position, None, styles.cell("id" if position in ids else "plain", mark))
            continue
        if position == notes_column:
            continue  # the sentences of an earlier feedback
        kind = type(cell)
        if position in ids and kind is not str:
            _write_id(target, styles, number, position, cell, ids[position], mark)
        elif kind is str:
            style = "id" if position in ids else "quoted" if cell.startswith(FORMULA_STARTS) else "plain"
            target.write_string(number, position, cell[:_LONGEST_TEXT], styles.cell(style, mark))
        else:
            _write_value(target, styles, number, position, cell, mark)
    if marks:
        for position in sorted(marks):
            if position >= len(row):
                target.write_blank(number, position, None, styles.cell("plain", marks[position]))


def _write_id(
    target: Worksheet, styles: _Styles, number: int, position: int, cell: Any, cut: bool, mark: str | None
) -> None:
    """An id in a cell that is not text: as text when its digits are sure, so that Excel cannot cut them.

    One that Excel has cut stays the number it is: as text its last digit would look sure when the file comes back.
    """
    digits, state = repair_id(cell, cut=cut)
    if state == OK and digits is not None:
        target.write_string(number, position, digits, styles.cell("id", mark))
    else:
        _write_value(target, styles, number, position, cell, mark)


def _write_value(target: Worksheet, styles: _Styles, number: int, position: int, cell: Any, mark: str | None) -> None:
    """A cell that is no text, in its own kind; what Excel has no kind for is written as text."""
    plain = styles.cell("plain", mark)
    kind = type(cell)
    if kind is float or kind is int:
        if math.isfinite(cell):
            target.write_number(number, position, cell, plain)
            return
    elif kind is bool:
        target.write_boolean(number, position, cell, plain)
        return
    elif isinstance(cell, (datetime, date)):
        day = cell.date() if isinstance(cell, datetime) else cell
        if day >= _FIRST_EXCEL_DAY:
            whole = not isinstance(cell, datetime) or cell.time() == time(0)
            value = cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell
            target.write_datetime(number, position, value, styles.cell("day" if whole else "moment", mark))
            return
    elif isinstance(cell, (time, timedelta)) and not (isinstance(cell, timedelta) and cell < timedelta(0)):
        target.write_datetime(number, position, cell, styles.cell("time", mark))
        return
    target.write_string(number, position, written(cell) or "", plain)


def _column_range(column: int) -> str:
    name = xl_col_to_name(column)
    return f"{name}1:{name}{_LAST_ROW}"


# --- the summary ---------------------------------------------------------------------------------------------------


def _write_summary(sheet: Worksheet, styles: _Styles, job: FeedbackJob, remarks: Sequence[str]) -> None:
    sheet.hide_gridlines(2)
    for column, width in enumerate((22, 20, 24, 12, 13, 13, 13, 80)):
        sheet.set_column(column, column, width)
    title = styles.get(bold=True, font_size=16, font_color="#1F3864")
    label = styles.get(bold=True, valign="top")
    text = styles.get(text_wrap=True, valign="top")
    lines = _Lines(sheet, text)

    sheet.write_string(lines.next(), 0, SUMMARY[1], title)
    lines.skip()
    told = [
        ("Desa/Kelurahan", job.village),
        ("Periode", _period_words(job.period)),
        ("Nama berkas", job.file_name),
        ("Diterima", _moment_words(job.received_at)),
        ("Status", _status_words(job)),
    ]
    if job.reason:
        told.append(("Alasan", job.reason))
    for name, value in told:
        lines.wide(name, value, label)
    for number, remark in enumerate(remarks):
        lines.wide("" if number else "Keterangan", remark, label)
    lines.skip()

    sheet.write_string(lines.next(), 0, "Langkah selanjutnya", styles.get(bold=True, font_size=12))
    for number, step in enumerate(_steps(job), start=1):
        lines.wide(f"{number}.", step, styles.get(valign="top", align="right"))
    lines.skip()

    if job.registers:
        _write_registers(lines, styles, job)
    if job.findings:
        _write_rules(lines, styles, job)
        sheet.write_string(lines.next(), 0, "Arti warna", styles.get(bold=True, font_size=12))
        for severity, meaning in (
            (CRITICAL, "Wajib diperbaiki: baris ini tidak dimuat sampai sel merahnya diperbaiki dan diunggah kembali."),
            (WARNING, "Perlu diperiksa: baris ini sudah dimuat; perbaiki bila isinya memang keliru."),
        ):
            row = lines.next()
            sheet.write_string(row, 0, "Merah" if severity == CRITICAL else "Kuning", styles.cell("plain", severity))
            sheet.write_string(row, 1, meaning)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


class _Lines:
    """Writes a sheet from top to bottom."""

    def __init__(self, sheet: Worksheet, text: Format) -> None:
        self.sheet = sheet
        self._text = text
        self._row = 0

    @property
    def row(self) -> int:
        """The row that is written next."""
        return self._row

    def next(self) -> int:
        self._row += 1
        return self._row - 1

    def skip(self) -> None:
        self._row += 1

    def wide(self, name: str, value: str, style: Format) -> None:
        """A label and a text over the other columns; merged cells do not grow by themselves."""
        row = self.next()
        self.sheet.set_row(row, _LINE_HEIGHT * _lines(value.split("\n"), 180))
        self.sheet.write_string(row, 0, name, style)
        # merge_range would take text that begins with "=" for a formula: the text is written by itself
        self.sheet.merge_range(row, 1, row, 7, "", self._text)
        self.sheet.write_string(row, 1, value[:_LONGEST_TEXT], self._text)


def _heading(styles: _Styles) -> Format:
    return styles.get(bold=True, bg_color="#D9E2F3", border=1, text_wrap=True, valign="top")


def _write_registers(lines: _Lines, styles: _Styles, job: FeedbackJob) -> None:
    sheet = lines.sheet
    sheet.write_string(lines.next(), 0, "Hasil per register", styles.get(bold=True, font_size=12))
    sheet.set_row(lines.row, 2 * _LINE_HEIGHT)
    _write_cells(
        sheet,
        lines.next(),
        ("Nama register", "Keadaan", "Lembar", "Baris dibaca", "Baris dimuat", "Baris ditahan", "Dengan peringatan",
         "Alasan bila register tidak diterima"),
        _heading(styles),
    )  # fmt: skip
    cell = _table_cell(styles)
    for one in job.registers:
        taken = one.status == "accepted" and job.status != "rejected"
        words = "Diterima" if taken else "Tidak diterima"
        counts = (one.rows_read, one.rows_accepted, one.rows_quarantined, one.rows_warned)
        _write_cells(sheet, lines.next(), (one.register, words, ", ".join(one.sheets), *counts, one.reason or ""), cell)
    if len(job.registers) > 1:
        sums = (
            sum(one.rows_read for one in job.registers),
            sum(one.rows_accepted for one in job.registers),
            sum(one.rows_quarantined for one in job.registers),
            sum(one.rows_warned for one in job.registers),
        )
        _write_cells(sheet, lines.next(), ("Jumlah", "", "", *sums, ""), _table_cell(styles, bold=True))
    lines.skip()


def _write_rules(lines: _Lines, styles: _Styles, job: FeedbackJob) -> None:
    sheet = lines.sheet
    sheet.write_string(lines.next(), 0, "Yang perlu diperbaiki atau diperiksa", styles.get(bold=True, font_size=12))
    headings = ("Tingkat", "Nama register", "Kolom", "Jumlah baris", "Yang harus dilakukan", "", "",
                "Penjelasan, dengan baris pertama sebagai contoh")  # fmt: skip
    row = lines.next()
    _write_cells(sheet, row, headings, _heading(styles))
    sheet.merge_range(row, 4, row, 6, headings[4], _heading(styles))
    titles = {rule.rule_id: rule.title for register in REGISTERS for rule in rules(register)}
    groups: dict[tuple[str, str, str], list[Finding]] = defaultdict(list)
    for finding in job.findings:
        groups[finding.severity, finding.register, finding.rule_id].append(finding)
    cell = _table_cell(styles)
    for (severity, register, rule_id), found in sorted(groups.items(), key=lambda item: (item[0][0], -len(item[1]))):
        row, first = lines.next(), found[0]
        rows = len({(one.sheet, one.row_number) for one in found})
        example = f'Lembar "{first.sheet}" baris {first.row_number}: {first.sentence}'
        title = titles.get(rule_id, "Perbaiki menurut penjelasan")
        sheet.set_row(row, _LINE_HEIGHT * max(_lines([example], 85), _lines([title], 40)))
        words = (_SEVERITY_WORDS[severity], register, first.column or "", rows, title, "", "", example)
        _write_cells(sheet, row, words, cell)
        sheet.write_string(row, 0, _SEVERITY_WORDS[severity], _table_cell(styles, bg_color=_FILLS[severity]))
        sheet.merge_range(row, 4, row, 6, "", cell)
        sheet.write_string(row, 4, title, cell)
    lines.skip()


def _table_cell(styles: _Styles, **more: Any) -> Format:
    return styles.get(border=1, border_color="#BFBFBF", text_wrap=True, valign="top", num_format="#,##0_ ", **more)


def _write_cells(sheet: Worksheet, row: int, values: Sequence[str | int], style: Format) -> None:
    for column, value in enumerate(values):
        if isinstance(value, str):
            sheet.write_string(row, column, value[:_LONGEST_TEXT], style)
        else:
            sheet.write_number(row, column, value, style)


def _period_words(period: str) -> str:
    month = clock.parse_period(period)
    return f"{_MONTHS[month.month - 1]} {month.year}" if month else period or "(tidak ada)"


def _moment_words(moment: datetime) -> str:
    local = moment.astimezone(clock.JAKARTA)
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year} pukul {local:%H.%M} WIB"


def _status_words(job: FeedbackJob) -> str:
    words = _STATUS_WORDS[job.status]
    if job.status == "rejected":
        return f"{words}. Tidak ada isi berkas ini yang dipakai; data yang diterima sebelumnya tetap berlaku."
    severities = {finding.severity for finding in job.findings}
    if job.status == "accepted_with_quarantine":
        return f"{words}. Sebagian isi berkas belum dipakai dan perlu diperbaiki."
    if WARNING in severities:
        return f"{words}. Semua baris dimuat; ada isi yang perlu diperiksa."
    return f"{words}. Semua baris dimuat dan tidak ada yang perlu diperbaiki."


def _steps(job: FeedbackJob) -> list[str]:
    severities = {finding.severity for finding in job.findings}
    if not severities:
        if job.status == "accepted":
            return ["Tidak ada. Berkas ini tidak perlu diunggah kembali."]
        return ["Perbaiki menurut alasan di atas.", f'Unggah kembali ke folder "{job.folder}".']
    steps = []
    if CRITICAL in severities:
        steps.append(
            "Perbaiki setiap sel merah menurut kalimat di kolom Catatan Entas pada baris itu. Gunakan saringan (filter)"
            " pada kolom Catatan Entas untuk menampilkan baris yang bercatatan saja."
        )
    if WARNING in severities:
        steps.append("Periksa setiap sel kuning; perbaiki bila isinya keliru, biarkan bila sudah benar.")
    steps.append("Jangan mengubah judul kolom. Lembar Ringkasan dan kolom Catatan Entas boleh dibiarkan.")
    steps.append(f'{_how_to_save(job.file_name)} Lalu unggah ke folder "{job.folder}".')
    return steps


def _how_to_save(file_name: str) -> str:
    """How the correction gets the uploaded name: only a file of the same name replaces what that one listed."""
    path = PurePosixPath(file_name)
    if path.suffix.lower() in (".xlsx", ".xlsm", ".xls", ".ods"):
        return f'Simpan buku kerja ini dengan nama berkas semula, "{path.name}".'
    return (
        f'Buka lembar datanya, pilih Simpan Sebagai, jenis "CSV UTF-8", dengan nama berkas semula, "{path.name}", '
        "supaya berkas yang lama digantikan."
    )
