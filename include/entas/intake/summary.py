"""The first sheet of a feedback workbook: what became of the upload, and what to do about each rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from entas import clock
from entas.indonesian import moment_text, month_name
from entas.intake.answer import CRITICAL, WARNING, FeedbackJob, Finding
from entas.intake.styles import FILLS, LINE_HEIGHT, LONGEST_TEXT, Styles, row_height, text_lines
from entas.registers.cells import fold
from entas.registers.own_sheets import SUMMARY
from entas.registers.schema import REGISTERS
from entas.validation.rules import rules

_SEVERITY_WORDS = {CRITICAL: "Wajib diperbaiki", WARNING: "Perlu diperiksa"}
_STATUS_WORDS = {
    "accepted": "Diterima",
    "accepted_with_quarantine": "Diterima sebagian",
    "rejected": "Ditolak",
}
#: Widths of the columns, in digits of their font; of letters they hold about a fifth more.
_WIDTHS = (19, 16, 22, 12, 12, 12, 13, 24, 74)
_LAST = len(_WIDTHS) - 1
_SHOW, _EXPLANATION = 7, 8  # columns of the link, and of the sentence
_WIDE_LETTERS = int(sum(_WIDTHS[1:]) * 1.1)


@dataclass(frozen=True)
class Place:
    """Where a finding is shown: the address of its cell for a link, its column, and what the upload calls that."""

    address: str | None = None
    heading: str | None = None
    column: str | None = None


def write_summary(
    sheet: Worksheet,
    styles: Styles,
    job: FeedbackJob,
    remarks: Sequence[str],
    place: Callable[[Finding], Place],
) -> None:
    """Write the first sheet.

    Args:
        remarks: said beside the notes of the upload.
        place: tells where a finding is shown, for the links.
    """
    sheet.hide_gridlines(2)
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    lines = _Lines(sheet, styles)
    label = styles.get(bold=True, valign="top")

    sheet.set_row(0, 24)
    sheet.write_string(lines.next(), 0, SUMMARY[1], styles.get(bold=True, font_size=16, font_color="#1F3864"))
    lines.skip()
    told = [
        ("Desa/Kelurahan", job.village),
        ("Periode", _period_words(job.period)),
        ("Nama berkas", job.file_name),
        ("Diterima", moment_text(job.received_at)),
        ("Status", _status_words(job)),
    ]
    if job.reason:
        told.append(("Alasan", job.reason))
    for name, value in told:
        lines.wide(name, value, label)
    lines.skip()

    lines.heading("Langkah selanjutnya")
    for number, step in enumerate(_steps(job), start=1):
        lines.wide(f"{number}.", step, styles.get(valign="top", align="right"))
    lines.skip()

    if job.registers:
        _write_registers(lines, styles, job)
    if job.findings:
        _write_rules(lines, styles, job, place)
        _write_colours(lines, styles)
    notes = list(dict.fromkeys((*job.notes, *remarks)))
    if notes:
        lines.heading("Catatan pembacaan berkas")
        for number, note in enumerate(notes, start=1):
            lines.wide(f"{number}.", note, styles.get(valign="top", align="right"))
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&A&RHalaman &P dari &N")


class _Lines:
    """Writes a sheet from top to bottom."""

    def __init__(self, sheet: Worksheet, styles: Styles) -> None:
        self.sheet = sheet
        self._styles = styles
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

    def heading(self, text: str) -> None:
        self.sheet.write_string(self.next(), 0, text, self._styles.get(bold=True, font_size=12, font_color="#1F3864"))

    def wide(self, name: str, value: str, style: Format) -> None:
        """A label and a text over the other columns; merged cells do not grow by themselves."""
        row = self.next()
        text = self._styles.get(text_wrap=True, valign="top")
        self.sheet.set_row(row, row_height(text_lines([value], _WIDE_LETTERS)))
        self.sheet.write_string(row, 0, name, style)
        _write_merged(self.sheet, row, 1, _LAST, value, text)


def _write_merged(sheet: Worksheet, row: int, first: int, last: int, value: str, style: Format) -> None:
    # merge_range would take text that begins with "=" for a formula: the text is written by itself
    sheet.merge_range(row, first, row, last, "", style)
    sheet.write_string(row, first, value[:LONGEST_TEXT], style)


def _heading(styles: Styles) -> Format:
    return styles.get(bold=True, bg_color="#D9E2F3", border=1, border_color="#8EA2C6", text_wrap=True, valign="vcenter")


def _table_cell(styles: Styles, **more: Any) -> Format:
    return styles.get(border=1, border_color="#BFBFBF", text_wrap=True, valign="top", num_format="#,##0_ ", **more)


def _write_cells(sheet: Worksheet, row: int, values: Sequence[str | int], style: Format) -> None:
    for column, value in enumerate(values):
        if isinstance(value, str):
            sheet.write_string(row, column, value[:LONGEST_TEXT], style)
        else:
            sheet.write_number(row, column, value, style)


def _write_registers(lines: _Lines, styles: Styles, job: FeedbackJob) -> None:
    sheet, head, cell = lines.sheet, _heading(styles), _table_cell(styles)
    lines.heading("Hasil per register")
    row = lines.next()
    sheet.set_row(row, 2 * LINE_HEIGHT)
    _write_cells(
        sheet,
        row,
        ("Nama register", "Keadaan", "Lembar", "Baris dibaca", "Baris dimuat", "Baris ditahan", "Dengan peringatan"),
        head,
    )
    _write_merged(sheet, row, _SHOW, _LAST, "Alasan bila register tidak diterima", head)
    for one in job.registers:
        taken = one.status == "accepted" and job.status != "rejected"
        words = "Diterima" if taken else "Tidak diterima"
        counts = (one.rows_read, one.rows_accepted, one.rows_quarantined, one.rows_warned)
        sheets, reason = ", ".join(one.sheets), one.reason or ""
        row = lines.next()
        sheet.set_row(row, row_height(max(text_lines([sheets], 24), text_lines([reason], 105))))
        _write_cells(sheet, row, (one.register, words, sheets, *counts), cell)
        _write_merged(sheet, row, _SHOW, _LAST, reason, cell)
    if len(job.registers) > 1:
        sums = (
            sum(one.rows_read for one in job.registers),
            sum(one.rows_accepted for one in job.registers),
            sum(one.rows_quarantined for one in job.registers),
            sum(one.rows_warned for one in job.registers),
        )
        bold = _table_cell(styles, bold=True)
        row = lines.next()
        _write_cells(sheet, row, ("Jumlah", "", "", *sums), bold)
        _write_merged(sheet, row, _SHOW, _LAST, "", bold)
    lines.skip()


def _write_rules(lines: _Lines, styles: Styles, job: FeedbackJob, place: Callable[[Finding], Place]) -> None:
    sheet, head, cell = lines.sheet, _heading(styles), _table_cell(styles)
    lines.heading("Yang perlu diperbaiki atau diperiksa")
    row = lines.next()
    sheet.set_row(row, 2 * LINE_HEIGHT)
    _write_cells(sheet, row, ("Tingkat", "Nama register", "Kolom", "Jumlah baris"), head)
    _write_merged(sheet, row, 4, 6, "Yang harus dilakukan", head)
    sheet.write_string(row, _SHOW, "Baris pertama (klik untuk membuka)", head)
    sheet.write_string(row, _EXPLANATION, "Penjelasan baris pertama itu", head)
    titles = {rule.rule_id: rule.title for register in REGISTERS for rule in rules(register)}
    groups: dict[tuple[str, str, str], list[Finding]] = defaultdict(list)
    for finding in job.findings:
        groups[finding.severity, finding.register, finding.rule_id].append(finding)
    link = _table_cell(styles, font_color="#0563C1", underline=1)
    for (severity, register, rule_id), found in sorted(groups.items(), key=lambda item: (item[0][0], -len(item[1]))):
        row, first = lines.next(), found[0]
        rows = len({(one.sheet, one.row_number) for one in found})
        title = titles.get(rule_id, "Perbaiki menurut penjelasan")
        where = place(first)
        shown, column = (
            f"{first.sheet}, baris {first.row_number}",
            _column_words(where.column or first.column, where.heading),
        )
        needed = (text_lines([title], 36), text_lines([shown], 26), text_lines([column], 23))
        sheet.set_row(row, row_height(max(text_lines([first.sentence], 82), *needed)))
        marked = _table_cell(styles, bg_color=FILLS[severity])
        sheet.write_string(row, 0, _SEVERITY_WORDS[severity], marked)
        sheet.write_string(row, 1, register, cell)
        sheet.write_string(row, 2, column, cell)
        sheet.write_number(row, 3, rows, cell)
        _write_merged(sheet, row, 4, 6, title, cell)
        if where.address is None or sheet.write_url(row, _SHOW, where.address, link, shown) != 0:
            sheet.write_string(row, _SHOW, shown, cell)
        sheet.write_string(row, _EXPLANATION, first.sentence[:LONGEST_TEXT], cell)
    lines.skip()


def _column_words(column: str | None, heading: str | None) -> str:
    """A column as the village calls it, with the name that the rules use where that differs."""
    if not column or not heading or fold(heading) == fold(column):
        return column or ""
    return f"{heading[:60]} ({column})"


def _write_colours(lines: _Lines, styles: Styles) -> None:
    lines.heading("Arti warna")
    for severity, meaning in (
        (CRITICAL, "Wajib diperbaiki: baris ini tidak dimuat sampai sel merahnya diperbaiki dan diunggah kembali."),
        (WARNING, "Perlu diperiksa: baris ini sudah dimuat; perbaiki bila isinya memang keliru."),
    ):
        row = lines.next()
        lines.sheet.write_string(row, 0, "Merah" if severity == CRITICAL else "Kuning", styles.cell("plain", severity))
        lines.sheet.write_string(row, 1, meaning)
    lines.skip()


# --- words ---------------------------------------------------------------------------------------------------------


def _period_words(period: str) -> str:
    month = clock.parse_period(period)
    return month_name(month) if month else period or "(tidak ada)"


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
    steps.append(
        "Jangan mengubah judul kolom. Warna, lembar Ringkasan, dan kolom Catatan Entas boleh dibiarkan: semuanya tidak "
        "dibaca dan dibuat baru pada pemeriksaan berikutnya."
    )
    steps.append(
        f'Simpan buku kerja ini tanpa mengganti namanya, lalu unggah ke folder "{job.folder}". Buku kerja ini dikenali '
        f'sebagai perbaikan dari "{job.file_name}" dan menggantikannya.'
    )
    return steps
