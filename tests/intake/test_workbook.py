"""The copy in a feedback workbook: it looks as the upload, holds what it held, and opens without a word."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
import xlwt
from openpyxl.worksheet.worksheet import Worksheet

from entas.intake import workbook
from entas.intake.answer import FeedbackJob, Finding, RegisterResult
from entas.intake.appearance import column_widths
from entas.intake.workbook import write_workbook
from entas.registers.detect import known_headers
from entas.registers.sheets import Sheet, read_sheets
from tests.intake.ooxml import problems
from tests.office import converted, needs_office
from tests.workbooks import no_kk

HEADER = ["no_kk", "nik", "nama", "sex", "tanggallahir", "kk_level", "alamat"]
#: Texts that a workbook may spoil: formulas, commands, what XML has no letter for, and what it escapes.
TEXTS = [
    '=HYPERLINK("http://x.example";"klik")',
    "+62 812",
    "-",
    "@rt",
    "\tdijorok",
    "  spasi  ",
    "dua\nbaris",
    "_x0041_",
    "bel\x07",
    "<b>&amp;</b>",
    "Nguyễn 𝔘 😀",
    "'kutip",
    "x" * 33_000,
    "00012",
    "1e5",
    "TRUE",
    "#N/A",
]
#: Where one sheet of the workbook has its header of two lines.
HEADINGS = {f"{column}4:{column}5" for column in "ABCDEFG"}
VALUES: list[Any] = [
    0,
    -1,
    1.5,
    1e300,
    3216090101230010,
    True,
    False,
    datetime(2023, 10, 1),
    datetime(1999, 12, 31, 23),
]


def _finding(row: int, column: str = "nama", sheet: str = "penduduk", severity: str = "critical") -> Finding:
    return Finding("penduduk", severity, sheet, row, "penduduk.nama.kosong", column, f"Contoh pada baris {row}.")


@pytest.fixture
def job(tmp_path: Path) -> FeedbackJob:
    return FeedbackJob(
        upload_id=1,
        source=tmp_path / "in.xlsx",
        target=tmp_path / "hasil.xlsx",
        village="Desa Contoh (32.16.09.2003), Kecamatan Contoh",
        folder="32.16.09.2003/2023-10",
        period="2023-10",
        file_name="=oktober.xlsx",
        received_at=datetime(2023, 11, 5, 17, 30, tzinfo=UTC),
        status="accepted_with_quarantine",
        reason="=alasan",
        registers=(RegisterResult("penduduk", "accepted", None, ("penduduk",), 9, 8, 1, 1),),
        notes=("=2+2", "Baris tersembunyi ikut dibaca."),
    )


def _written(job: FeedbackJob) -> openpyxl.Workbook:
    write_workbook(job)
    assert problems(job.target) == []
    return openpyxl.load_workbook(job.target)


def _nasty(path: Path) -> list[Finding]:
    """A workbook with everything that a copy may stumble over; returns findings about it."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        titled = book.add_worksheet("Desa 'A' & <B>")
        titled.merge_range("A1:G1", "PEMERINTAH DESA CONTOH")
        titled.merge_range("A2:C2", "=JUDUL")
        for column, name in enumerate(HEADER):
            titled.merge_range(3, column, 4, column, name)
        for number in range(40):
            titled.write_row(5 + number, 0, [no_kk(number // 4), f"321609110480{number:04d}", f"WARGA {number}", 1])
            titled.write_datetime(5 + number, 4, datetime(1980, 4, 11), day)
        titled.merge_range("G7:G9", "SATU ALAMAT")
        titled.set_row(20, None, None, {"hidden": True})
        titled.set_row(21, None, None, {"hidden": True})
        titled.set_column(0, 0, 23.5)
        titled.set_column(2, 2, 31, None, {"hidden": True})
        plain = book.add_worksheet("penduduk")
        plain.write_row(0, 0, HEADER)
        for number, text in enumerate(TEXTS, start=1):
            plain.write_string(number, 0, no_kk(number))
            plain.write_string(number, 2, f"WARGA {number}")
            plain.write_string(number, 6, text)
        for number, value in enumerate(VALUES, start=len(TEXTS) + 1):
            plain.write_string(number, 2, f"WARGA {number}")
            if isinstance(value, datetime):
                plain.write_datetime(number, 6, value, day)
            else:
                plain.write(number, 6, value)
        last = len(TEXTS) + len(VALUES) + 1
        plain.write_string(last, 2, "WARGA GALAT")
        plain.write_formula(last, 6, "=1/0", None, "#DIV/0!")
        plain.write_formula(last + 1, 6, "=1+1", None, 2)
        plain.write_string(last + 1, 2, "WARGA RUMUS")
        hidden = book.add_worksheet("Sembunyi")
        hidden.write_row(0, 0, HEADER)
        hidden.write_row(1, 0, [no_kk(90), "3216091104809990", "WARGA TERSEMBUNYI"])
        hidden.hide()
        other = book.add_worksheet("history.")
        other.write_string(0, 0, "Catatan: tidak ada register di sini")
        other.hide()
        titled.activate()
    many = [_finding(3, "sex", severity="warning") for _ in range(1)] + [
        replace(_finding(4, severity="warning"), sentence=f"Kalimat ke-{number} tentang baris ini. " * 9)
        for number in range(60)
    ]
    return [
        _finding(7, "nama", "Desa 'A' & <B>"),
        _finding(8, "alamat", "Desa 'A' & <B>", "warning"),
        _finding(21, "nik", "Desa 'A' & <B>"),
        _finding(2, "nik", "Sembunyi"),
        _finding(last + 1, "alamat"),
        *many,
    ]


def _values(sheet: Worksheet) -> dict[str, Any]:
    return {cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None}


def _like_office(value: Any) -> Any:
    """A value as any program gives it back: line ends of one kind, numbers without their kind, letters of XML only."""
    if isinstance(value, str):
        plain = value.replace("\r\n", "\n").replace("_x005F_", "_")  # which openpyxl leaves as it is
        return "".join(char for char in plain if char >= " " or char in "\t\n").strip()
    if isinstance(value, (bool, int, float)):
        return float(f"{float(value):.14g}")
    return value


@needs_office
def test_libreoffice_shows_every_cell_as_it_is_written(job: FeedbackJob, tmp_path: Path) -> None:
    book = _written(replace(job, findings=tuple(_nasty(job.source))))
    shown = openpyxl.load_workbook(converted(tmp_path, job.target)[0], data_only=True)
    assert shown.sheetnames == book.sheetnames
    values = openpyxl.load_workbook(job.target, data_only=True)
    for sheet in values:
        ours, theirs = _values(sheet), _values(shown[sheet.title])
        differing = {
            place: (ours.get(place), theirs.get(place))
            for place in ours.keys() | theirs.keys()
            if _like_office(ours.get(place) or "") != _like_office(theirs.get(place) or "")
        }
        assert differing == {}, sheet.title
        assert shown[sheet.title].sheet_state == book[sheet.title].sheet_state
        assert set(map(str, shown[sheet.title].merged_cells.ranges)) == set(map(str, sheet.merged_cells.ranges))
    links = [cell.hyperlink.location for row in shown["Ringkasan"].iter_rows() for cell in row if cell.hyperlink]
    assert len(links) == 2, "one a rule and severity"


def test_a_copy_holds_what_the_upload_held_and_looks_like_it(job: FeedbackJob) -> None:
    findings = _nasty(job.source)
    book = _written(replace(job, findings=tuple(findings)))
    assert book.sheetnames == ["Ringkasan", "Desa 'A' & <B>", "penduduk", "Sembunyi", "history."]
    titled, plain, hidden, other = book.worksheets[1:]
    assert set(map(str, titled.merged_cells.ranges)) == {"A1:G1", "A2:C2", "G7:G9"} | HEADINGS
    assert (titled["A1"].alignment.horizontal, titled["A1"].font.bold) == ("center", True)
    widths = [column_widths(path)["Desa 'A' & <B>"] for path in (job.source, job.target)]
    assert widths[0] == pytest.approx({0: 23.5, 2: 31.0}, abs=0.1)
    assert [widths[1][column] for column in (0, 2)] == pytest.approx([23.5, 31], abs=0.1), "they do not grow"
    assert [number for number, row in titled.row_dimensions.items() if row.hidden] == [22], "21 has a finding"
    assert titled["G7"].fill.start_color.rgb == "FFFFEB9C", "row 8 of a merged cell shows in its first row"
    assert (hidden.sheet_state, other.sheet_state) == ("visible", "hidden")
    assert (titled.print_title_rows, titled.page_setup.orientation) == ("$4:$5", "landscape")
    assert titled.sheet_properties.pageSetUpPr.fitToPage

    read = {sheet.name: sheet for sheet in read_sheets(job.target, "hasil.xlsx", known_headers)}["penduduk"]
    assert [row[6] for row in read.rows[1 : len(TEXTS) + 1]] == [text[:32_767] for text in TEXTS]
    assert {plain.cell(number, 7).data_type for number in range(2, len(TEXTS) + 2)} == {"s"}
    first = len(TEXTS) + 2
    assert [plain.cell(first + number, 7).value for number in range(len(VALUES))] == VALUES
    assert plain.cell(first + 4, 7).number_format == "0", "a long number is shown in full"
    error = plain.cell(first + len(VALUES), 7)
    assert (error.data_type, error.value) == ("f", "=#DIV/0!")
    assert plain.cell(first + len(VALUES) + 1, 7).value == 2, "a formula by its value"
    formulas = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert formulas == ["=#DIV/0!"]
    assert 400 < plain.row_dimensions[4].height <= 409

    places = [cell.hyperlink.location for row in book["Ringkasan"].iter_rows() for cell in row if cell.hyperlink]
    assert places == ["'Desa ''A'' & <B>'!C7", "'Desa ''A'' & <B>'!G7"], "the first of each severity"


def test_ranges_that_excel_takes_for_damage_are_left_out(job: FeedbackJob) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "penduduk"
    for row in (["REGISTER"], HEADER, [no_kk(1), None, "WARGA"], [None, None, "WARGA"], [None, None, "WARGA"]):
        sheet.append(row)
    for one in ("A1:G1", "C1:D1", "A3:A4", "A4:A5", "B3:B5", "A9:XFD900000", "F9:F9"):
        sheet.merged_cells.add(one)
    book.save(job.source)
    copy = _written(job)["penduduk"]
    kept = set(map(str, copy.merged_cells.ranges))
    assert kept in ({"A1:G1", "A3:A4", "B3:B5"}, {"A1:G1", "A4:A5", "B3:B5"}), "of two over each other the first"
    assert [cell.value for cell in copy["C"]] == [None, "nama", "WARGA", "WARGA", "WARGA"]


@pytest.mark.parametrize("suffix", ["xlsx", "xls"])
def test_widths_are_those_of_the_upload(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"in.{suffix}"
    if suffix == "xlsx":
        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet("Data Désa")
            sheet.set_column(1, 2, 30)
            sheet.set_column(5, 16_383, 12)  # the rest of the sheet, to its end
            book.add_worksheet("Kosong")
    else:
        book = xlwt.Workbook()
        sheet = book.add_sheet("Data Désa")
        sheet.write(0, 0, "x")
        sheet.col(1).width = sheet.col(2).width = 30 * 256
        book.add_sheet("Kosong").write(0, 0, "x")
        book.save(str(path))
    widths = column_widths(path)
    assert widths["Data Désa"] == pytest.approx({1: 30, 2: 30}, abs=0.8)
    assert widths["Kosong"] == {}


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"PK\x03\x04" + b"x" * 90, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 9]
)
def test_a_damaged_file_has_no_widths(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "in"
    path.write_bytes(content)
    assert column_widths(path) == {}


def test_times_before_and_beyond_excels_days_are_text(job: FeedbackJob) -> None:
    rows = [
        [
            time(7, 30),
            timedelta(hours=30),
            timedelta(hours=-1),
            date(1899, 12, 30),
            float("nan"),
            datetime(9999, 12, 31),
        ]
    ]
    with xlsxwriter.Workbook(str(job.target), {"constant_memory": True}) as book:
        workbook._Copy(book.add_worksheet(), workbook.Styles(book), Sheet("x", rows), [], {}, None).write()
    sheet = openpyxl.load_workbook(job.target).active
    assert [cell.value for cell in sheet[1]][2:5] == ["-1 day, 23:00:00", "30/12/1899", "nan"]
    assert problems(job.target) == []


def test_the_summary_calls_columns_as_the_upload_does(job: FeedbackJob) -> None:
    with xlsxwriter.Workbook(str(job.source)) as book:
        sheet = book.add_worksheet("penduduk")
        for line in range(20):
            sheet.write_string(line, 0, f"Kop surat baris {line}")
        header = ["Nomor KK", "NIK", "Nama Penduduk", "Kelamin", "Tanggal Lahir", "SHDK", "Status"]
        sheet.write_row(20, 0, header)
        sheet.write_row(21, 0, [f"({number})" for number in range(1, 8)])
        sheet.write_row(22, 0, [no_kk(1), "3216091104800001", "WARGA", "X", "11-04-1980", "Kepala Keluarga", "Hidup"])
    findings = (_finding(23, "kk_level"), _finding(23, "nik", severity="warning"))
    book = _written(replace(job, findings=findings))
    column = [cell.value for cell in book["Ringkasan"]["C"]]
    assert "SHDK (kk_level)" in column, "without the row that numbers the columns"
    assert "nik" in column, "no name twice"
    assert book["penduduk"].freeze_panes == "D1", "a letterhead of twenty rows is not kept in sight"
