"""What calamine leaves out of workbooks, in files as Excel, LibreOffice and the usual libraries write them."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
import xlwt

from entas.registers.cells import BrokenCell
from entas.registers.detect import known_headers
from entas.registers.limits import LimitError, UnreadableFileError
from entas.registers.sheets import Sheet, read_sheets
from tests.office import converted, needs_office
from tests.registers.files import person, read, table

DIV, NA = BrokenCell("#DIV/0!", "error"), BrokenCell("#N/A", "error")


def sheets_of(path: Path) -> list[Sheet]:
    return list(read_sheets(path, path.name, known_headers))


def uncalculated(formula: str) -> BrokenCell:
    return BrokenCell(formula, "no_value")


# --- xlsx by hand: what Excel and others write, to the byte --------------------------------------------------------

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def xlsx(
    path: Path,
    rows: str = "",
    *,
    sheet: str | bytes | None = None,
    before: str = "",
    after: str = "",
    book: str = "",
    styles: str = "",
    strings: str = "",
    main: str = _MAIN,
    relations: str = _RELATIONS,
    part: str = "worksheets/sheet1.xml",
    target: str | None = None,
    state: str = "",
) -> Path:
    """Write an xlsx of one sheet from pieces of XML."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
            '<Override PartName="/xl/workbook.xml" '
            'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{relations}">{book}<sheets>'
            f'<sheet name="data" sheetId="1" {state} r:id="rId1"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships">'
            f'<Relationship Id="rId1" Type="{relations}/worksheet" Target="{target or part}"/>'
            f'<Relationship Id="rId2" Type="{relations}/styles" Target="styles.xml"/>'
            f'<Relationship Id="rId3" Type="{relations}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        )
        if styles:
            archive.writestr("xl/styles.xml", f'<styleSheet xmlns="{main}">{styles}</styleSheet>')
        if strings:
            archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{main}">{strings}</sst>')
        whole = f'<worksheet xmlns="{main}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'
        archive.writestr(f"xl/{part}", whole if sheet is None else sheet)
    return path


def one_row(path: Path, cells: str, **pieces: Any) -> list[Any]:
    (sheet,) = sheets_of(xlsx(path / "x.xlsx", f'<row r="1">{cells}</row>', **pieces))
    return sheet.rows[0]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('<c r="A1" t="e"><v>#DIV/0!</v></c>', DIV),
        ("<c r='A1' t='e'><v>#DIV/0!</v></c>", DIV),
        ('<c r="A1" t="e"><f>1/0</f><v>#DIV/0!</v></c>', DIV),
        ('<c t="e"><v>#N/A</v></c>', NA),
        ('<c r="A1" t="e"><f>A2</f><v>0</v></c>', NA),
        ('<c r="A1" t="e"><f>A2</f><v>#ERROR!</v></c>', BrokenCell("#ERROR!", "error")),
        ('<c t="e" r="A1"><f t="shared" si="0"/><v>#SPILL!</v></c>', BrokenCell("#SPILL!", "error")),
        ('<c r="A1"><f>B1*2</f></c>', uncalculated("=B1*2")),
        ('<c r="A1"><f>B1*2</f><v/></c>', uncalculated("=B1*2")),
        ('<c r="A1"><f>B1*2</f><v></v></c>', uncalculated("=B1*2")),
        ('<c r="A1"><f>B1*2</f>\n<v>\n</v></c>', uncalculated("=B1*2")),
        ('<c r="A1"><f>IF(B1&lt;2,"a","b")</f></c>', uncalculated('=IF(B1<2,"a","b")')),
        ('<c r="A1"><f t="shared" ref="A1:A2" si="0"/></c>', uncalculated("=")),
        ('<c r="A1"><f>B1*2</f><v>8</v></c>', 8.0),
        ('<c r="A1"><f>B1*2</f><v>0</v></c>', 0.0),
        ('<c r="A1" t="str"><f>"a"</f><v>a</v></c>', "a"),
        ('<c r="A1" t="str"><f>""</f><v></v></c>', ""),
        ('<c r="A1" t="b"><f>1=1</f><v>1</v></c>', True),
        ('<c r="A1"><v>3.2160917088500009E+15</v></c>', 3216091708850001.0),
        ('<c r="A1"><v>3216091708850001</v></c>', 3216091708850001.0),
        ('<c r="A1" t="b"><v>1</v></c>', True),
        ('<c r="A1" t="d"><v>1985-08-07</v></c>', date(1985, 8, 7)),
        ('<c r="A1" t="inlineStr"><is><t xml:space="preserve"> a </t></is></c>', " a "),
        ('<c r="A1" t="inlineStr"><is><r><t>te</t></r><r><rPr><b/></rPr><t>bal</t></r></is></c>', "tebal"),
        ('<c r="A1" t="str"><v>a_x000D_&#10;b &amp; c</v></c>', "a\r\nb & c"),
        ('<c r="A1" t="s"><v>0</v></c>', "a\r\nb"),
        ('<c r="A1" t="s"><v>1</v></c>', "東京"),
        ('<c r="A1" t="s"><v>2</v></c>', " x y"),
    ],
)
def test_cells(tmp_path: Path, cell: str, value: Any) -> None:
    strings = (
        "<si><t>a_x000D_\nb</t></si>"
        '<si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si>'
        '<si><r><t xml:space="preserve"> x </t></r><r><rPr><b/></rPr><t>y</t></r></si>'
    )
    row = one_row(tmp_path, cell + '<c r="B1"><v>4</v></c>', strings=strings)
    assert row == [value, 4.0]
    assert type(row[0]) is type(value)


def test_formulas_that_share_one_text(tmp_path: Path) -> None:
    rows = "".join(
        f'<row r="{number}"><c r="A{number}"><f t="shared" {more} si="3">{text}</f></c>'
        f'<c r="B{number}"><v>1</v></c></row>'
        for number, more, text in ((1, 'ref="A1:A3"', "B1*2"), (2, "", ""), (3, "", ""))
    )
    (sheet,) = sheets_of(xlsx(tmp_path / "x.xlsx", rows))
    assert [row[0] for row in sheet.rows] == [uncalculated("=B1*2")] * 3


def test_cells_without_an_address(tmp_path: Path) -> None:
    rows = '<row><c><v>1</v></c><c t="e"><v>#N/A</v></c></row><row><c t="e"><v>#N/A</v></c><c><v>2</v></c></row>'
    (sheet,) = sheets_of(xlsx(tmp_path / "x.xlsx", rows))
    assert sheet.rows == [[1.0, NA], [NA, 2.0]]


@pytest.mark.parametrize("claims", [True, False])
def test_zeros_of_a_workbook_that_was_never_calculated(tmp_path: Path, claims: bool) -> None:
    """XlsxWriter writes 0 for a formula whose result nobody gave, and says that all is to be calculated.

    A zero that nobody calculated would be an income of nothing.
    """
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, [0, 5])
        page.write_formula(0, 2, "=B1*2")
        page.write_formula(0, 3, "=B1*2", None, 10)
        page.write_formula(0, 4, "=B1&B1", None, "55")
        if not claims:
            book.set_calc_mode("auto", 0)
    if not claims:
        content = {name: zipfile.ZipFile(path).read(name) for name in zipfile.ZipFile(path).namelist()}
        content["xl/workbook.xml"] = content["xl/workbook.xml"].replace(b' fullCalcOnLoad="1"', b"")
        with zipfile.ZipFile(path, "w") as archive:
            for name, part in content.items():
                archive.writestr(name, part)
    (sheet,) = sheets_of(path)
    assert sheet.rows == [[0.0, 5.0, uncalculated("=B1*2") if claims else 0.0, 10.0, "55"]]


def test_zeros_of_phpspreadsheet_without_calculation(tmp_path: Path) -> None:
    cells = '<c r="A1" t="str"><f>B1*2</f><v>0</v></c><c r="B1" t="b"><f>1=2</f><v>0</v></c><c r="C1"><v>0</v></c>'
    assert one_row(tmp_path, cells, book='<calcPr calcId="999999" fullCalcOnLoad="1"/>') == [
        uncalculated("=B1*2"),
        False,
        0.0,
    ]


@pytest.mark.parametrize(
    ("row", "hidden"),
    [
        ('<row r="2" hidden="1"><c r="A2"><v>1</v></c></row>', True),
        ("<row r='2' hidden='true'><c r='A2'><v>1</v></c></row>", True),
        ('<row hidden="1"><c><v>1</v></c></row>', True),
        ('<row r="2" ht="0" customHeight="1"><c r="A2"><v>1</v></c></row>', True),
        (f'<x:row xmlns:x="{_MAIN}" r="2" hidden="1"><x:c r="A2"><x:v>1</x:v></x:c></x:row>', True),
        ('<row r="2" hidden="1"><c r="A2" t="e"><v>#N/A</v></c></row>', True),
        ('<row r="2" hidden="false"><c r="A2"><v>1</v></c></row>', False),
        ('<row r="2" ht="0.75"><c r="A2"><v>1</v></c></row>', False),
        ('<row r="2" hidden="0"><c r="A2" t="e"><v>#N/A</v></c></row>', False),
    ],
)
def test_hidden_rows(tmp_path: Path, row: str, hidden: bool) -> None:
    rows = f'<row r="1"><c r="A1"><v>1</v></c></row>{row}<row r="3"><c r="A3"><v>1</v></c></row>'
    (sheet,) = sheets_of(xlsx(tmp_path / "x.xlsx", rows))
    assert sheet.hidden_rows == ({1} if hidden else frozenset())
    assert len(sheet.rows) == 3


def test_rows_are_hidden_unless_they_say_otherwise(tmp_path: Path) -> None:
    rows = '<row r="1" hidden="0"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>'
    (sheet,) = sheets_of(
        xlsx(tmp_path / "x.xlsx", rows, before='<sheetFormatPr defaultRowHeight="15" zeroHeight="1"/>')
    )
    assert sheet.hidden_rows == {1}


def test_hidden_columns_and_merged_cells(tmp_path: Path) -> None:
    (sheet,) = sheets_of(
        xlsx(
            tmp_path / "x.xlsx",
            '<row r="1"><c r="A1"><v>1</v></c></row>',
            before='<cols><col min="2" max="3" hidden="1" width="9"/><col min="5" max="5" width="0.7"/></cols>',
            after='<mergeCells count="1"><mergeCell ref="A1:B4"/></mergeCells>',
        )
    )
    assert sheet.hidden_columns == {1, 2}
    assert sheet.merged == ((0, 0, 3, 1),)


@pytest.mark.parametrize("state", ['state="hidden"', 'state="veryHidden"'])
def test_hidden_sheets(tmp_path: Path, state: str) -> None:
    (sheet,) = sheets_of(xlsx(tmp_path / "x.xlsx", '<row r="1"><c r="A1"><v>1</v></c></row>', state=state))
    assert sheet.hidden


def test_a_strict_workbook(tmp_path: Path) -> None:
    row = one_row(
        tmp_path,
        '<c r="A1" t="e"><v>#N/A</v></c><c r="B1" t="d"><v>1985-08-07T00:00:00</v></c>',
        main="http://purl.oclc.org/ooxml/spreadsheetml/main",
        relations="http://purl.oclc.org/ooxml/officeDocument/relationships",
    )
    assert row == [NA, datetime(1985, 8, 7)]


@pytest.mark.parametrize("target", ["/xl/worksheets/sheet1.xml", "worksheets/sheet1.xml"])
def test_addresses_of_parts(tmp_path: Path, target: str) -> None:
    assert one_row(tmp_path, '<c r="A1" t="e"><v>#N/A</v></c>', target=target) == [NA]


FORMATS = (
    "[$-421]dd mmmm yyyy",
    "[$-421]dddd, dd mmmm yyyy;@",
    "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy",
    "dd\\-mm\\-yyyy",
    "yyyy/mm/dd;@",
    "[$-13809]dd/mm/yyyy",
)


@pytest.mark.parametrize("kept", FORMATS)
def test_dates_in_formats_of_ones_own(tmp_path: Path, kept: str) -> None:
    styles = (
        f'<numFmts count="1"><numFmt numFmtId="164" formatCode="{kept}"/></numFmts>'
        '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs>'
    )
    assert one_row(tmp_path, '<c r="A1" s="1"><v>31266</v></c>', styles=styles) == [date(1985, 8, 7)]


@pytest.mark.parametrize(
    "kept", ["&quot;Rp&quot;#,##0", "[$Rp-421]#,##0.00;[Red]\\-[$Rp-421]#,##0.00", "#,##0\\ &quot;hari&quot;", "@", "0"]
)
def test_amounts_in_formats_of_ones_own_are_no_dates(tmp_path: Path, kept: str) -> None:
    styles = (
        f'<numFmts count="1"><numFmt numFmtId="164" formatCode="{kept}"/></numFmts>'
        '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs>'
    )
    assert one_row(tmp_path, '<c r="A1" s="1"><v>31266</v></c>', styles=styles) == [31266.0]


@pytest.mark.parametrize("says", ['date1904="1"', 'date1904="true"'])
def test_days_that_count_from_1904(tmp_path: Path, says: str) -> None:
    styles = '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    row = one_row(tmp_path, '<c r="A1" s="1"><v>29804</v></c>', styles=styles, book=f"<workbookPr {says}/>")
    assert row == [date(1985, 8, 7)]


def test_times(tmp_path: Path) -> None:
    styles = '<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="20"/><xf numFmtId="22"/></cellXfs>'
    row = one_row(tmp_path, '<c r="A1" s="1"><v>0.5</v></c><c r="B1" s="2"><v>31266.5</v></c>', styles=styles)
    assert row == [time(12), datetime(1985, 8, 7, 12)]


@pytest.mark.parametrize(
    ("sheet", "says"),
    [
        ('<worksheet><sheetData><row r="1"><c r="A1" t="e"><v>#N/A</v></row></sheetData></worksheet>', "rusak"),
        ('<worksheet><sheetData><row r="99999999"><c t="e"/></row></sheetData></worksheet>', "rusak"),
        ('<worksheet><sheetData><row r="1"><c r="?1" t="e"><v>#N/A</v></c></row></sheetData></worksheet>', "rusak"),
        (
            '<?xml version="1.0" encoding="UTF-16"?><worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
            "</sheetData></worksheet>".encode("utf-16"),
            "UTF-16",
        ),
        (
            '<!DOCTYPE x [<!ENTITY a "b">]><worksheet><sheetData><row r="1"><c r="A1" t="e"><v>&a;</v></c></row>'
            "</sheetData></worksheet>",
            "DOCTYPE",
        ),
    ],
)
def test_sheets_that_are_broken_get_a_reason(tmp_path: Path, sheet: str | bytes, says: str) -> None:
    with pytest.raises(UnreadableFileError, match=says):
        sheets_of(xlsx(tmp_path / "x.xlsx", sheet=sheet))


@pytest.mark.parametrize(
    "row",
    [
        '<row r="4294967295"><c><v>1</v></c></row>',
        '<row r="4294967295"><c r="A2"><v>1</v></c><c t="n"><v>1</v></c></row>',
        "<row r='2'><c r='XFD1048576'><v>1</v></c></row>",
        '<row r="2"><c r="xfd1048576"><v>1</v></c></row>',
        '<row r="2"><c r = "XFD1048576"><v>1</v></c></row>',
        '<row r="2"><c s="0" r="XFD1048576"><v>1</v></c></row>',
        '<x:row xmlns:x="x" r="2"><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>',
    ],
)
def test_far_cells_are_refused_before_anyone_makes_room_for_them(tmp_path: Path, row: str) -> None:
    # calamine would ask for more memory than there is, and take the process with it
    path = xlsx(tmp_path / "x.xlsx", f'<row r="1"><c r="A1"><v>1</v></c></row>{row}')
    with pytest.raises(LimitError, match="melebihi batas"):
        sheets_of(path)


@pytest.mark.parametrize("part", ["other/page.xml", "worksheets/sheet1.dat"])
def test_far_cells_are_refused_in_whatever_part_they_stand(tmp_path: Path, part: str) -> None:
    with pytest.raises(LimitError, match="melebihi batas"):
        sheets_of(xlsx(tmp_path / "x.xlsx", '<row r="2"><c r="XFD1048576"><v>1</v></c></row>', part=part))


def test_a_million_formatted_rows_cost_nothing(tmp_path: Path) -> None:
    empty = "".join(f'<row r="{number}" s="1"><c r="A{number}" s="1"/></row>' for number in range(3, 300_000))
    far = '<row r="1048576"><c r="XFD1048576" s="1"/></row>'
    text = '<row r="1048575"><c r="A1048575" t="str"><f>""</f><v></v></c></row>'
    filled = '<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="B2"><v>2</v></c></row>'
    path = xlsx(tmp_path / "x.xlsx", filled + empty + far)
    (sheet,) = sheets_of(path)
    assert sheet.rows == [[1.0, ""], ["", 2.0]]
    # a formula that gives an empty text is a cell to calamine, and nothing to whoever looks
    path = xlsx(tmp_path / "y.xlsx", filled + text.replace("1048575", "150000"))
    (sheet,) = sheets_of(path)
    assert sheet.rows == [[1.0, ""], ["", 2.0]]


def test_places_in_a_long_sheet(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        page = book.add_worksheet()
        for number in range(4, 60_005, 20_000):
            page.write(number, 2, number)
        page.write(60_004, 4, "x")
    (sheet,) = sheets_of(path)
    assert len(sheet.rows) == 60_005
    assert [(number, row[2:]) for number, row in enumerate(sheet.rows) if any(cell != "" for cell in row)] == [
        (4, [4.0, "", ""]),
        (20_004, [20_004.0, "", ""]),
        (40_004, [40_004.0, "", ""]),
        (60_004, [60_004.0, "", "x"]),
    ]


# --- xlsx, xls and ods as programs write them ----------------------------------------------------------------------


def by_openpyxl(path: Path) -> Path:
    """A register with everything that offices do to one, formulas without results included."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = "penduduk"
    page.append(["no_kk", "nik", "nama", "nilai", "rumus"])
    page.append(["3216090101200001", "3216091708850001", "SITI", "=1/0", "=NA()"])
    page.append([None, "3216091708850002", "BUDI", "=100*2", '="a"&"b"'])
    page.append(["3216090101200002", "3216091708850003", "TONI", 5, '=""'])
    page.merge_cells("A2:A3")
    page.row_dimensions[3].hidden = True
    page.column_dimensions["E"].hidden = True
    book.create_sheet("Rahasia").sheet_state = "hidden"
    book["Rahasia"]["B2"] = "a"
    book.create_sheet("日本語 العربية")["A1"] = "x"
    book.create_sheet("kosong")
    book.save(path)
    return path


def assert_is_that_register(sheets: Sequence[Sheet], formulas: Sequence[Any]) -> None:
    assert [(sheet.name, sheet.hidden) for sheet in sheets] == [
        ("penduduk", False),
        ("Rahasia", True),
        ("日本語 العربية", False),
    ]
    first = sheets[0]
    assert [row[:3] for row in first.rows] == [
        ["no_kk", "nik", "nama"],
        ["3216090101200001", "3216091708850001", "SITI"],
        ["", "3216091708850002", "BUDI"],
        ["3216090101200002", "3216091708850003", "TONI"],
    ]
    assert [cell for row in first.rows[1:] for cell in row[3:]] == list(formulas)
    assert first.hidden_rows == {2}
    assert first.hidden_columns == {4}
    assert first.merged == ((1, 0, 2, 0),)


def test_a_workbook_of_openpyxl(tmp_path: Path) -> None:
    formulas = [*map(uncalculated, ("=1/0", "=NA()", "=100*2", '="a"&"b"')), 5.0, uncalculated('=""')]
    assert_is_that_register(sheets_of(by_openpyxl(tmp_path / "x.xlsx")), formulas)


@needs_office
def test_workbooks_of_libreoffice(tmp_path: Path) -> None:
    """The same register, opened, calculated and saved by LibreOffice in its three formats."""
    source = by_openpyxl(tmp_path / "register.xlsx")
    for suffix in ("xlsx", "xls", "ods"):
        (path,) = converted(tmp_path, source, to=suffix)
        assert_is_that_register(sheets_of(path), [DIV, NA, 200.0, "ab", 5.0, ""])


def test_an_xls_of_xlwt(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    page = book.add_sheet("data")
    for number, code in enumerate((0x00, 0x07, 0x0F, 0x17, 0x1D, 0x24, 0x2A)):
        page.row(0).set_cell_error(number, code)
    page.row(1).set_cell_boolean(0, True)
    page.write(1, 1, xlwt.Formula("1+1"))
    page.write(1, 2, "x")
    page.write_merge(2, 4, 0, 0, "gabung")
    page.row(3).hidden = True
    page.write(3, 1, 5)
    page.col(2).hidden = True
    second = book.add_sheet("tersembunyi")
    second.visibility = 2
    second.row(0).set_cell_error(1, "#N/A!")
    second.row(0).hidden = True
    path = tmp_path / "x.xls"
    book.save(str(path))
    first, second = sheets_of(path)
    assert first.rows[0] == [
        BrokenCell(text, "error") for text in ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A")
    ]
    # xlwt calculates nothing
    assert first.rows[1][:3] == [True, uncalculated("=…"), "x"]
    assert first.hidden_rows == {3}
    assert first.hidden_columns == {2}
    assert first.merged == ((2, 0, 4, 0),)
    assert (first.hidden, second.hidden, second.hidden_rows, second.rows) == (False, True, {0}, [["", NA]])


def test_columns_that_xls_does_not_have(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    page = book.add_sheet("data")
    page.write(0, 0, "x")
    page.write(0xFFFE, 255, "y")
    path = tmp_path / "x.xls"
    book.save(str(path))
    last = struct.pack("<HH", 0xFFFE, 255)
    content = path.read_bytes()
    at = content.rindex(last)
    path.write_bytes(content[:at] + struct.pack("<HH", 0xFFFE, 0xFFFF) + content[at + 4 :])
    # calamine would make room for four thousand million cells
    with pytest.raises(UnreadableFileError, match="rusak"):
        sheets_of(path)


@pytest.mark.parametrize("at", [4, 8])
def test_an_xls_that_claims_more_rows_than_there_are(tmp_path: Path, at: int) -> None:
    book = xlwt.Workbook()
    book.add_sheet("data").write(0, 0, "x")
    path = tmp_path / "x.xls"
    book.save(str(path))
    content = path.read_bytes()
    found = content.rindex(b"\x00\x02\x0e\x00") + at
    path.write_bytes(content[:found] + struct.pack("<I", 0xE5000004) + content[found + 4 :])
    with pytest.raises(UnreadableFileError, match="dinyatakan"):
        sheets_of(path)


@pytest.mark.parametrize("from_1904", [False, True])
def test_dates_of_xls(tmp_path: Path, from_1904: bool) -> None:
    book = xlwt.Workbook()
    book.dates_1904 = from_1904
    page = book.add_sheet("data")
    for column, kept in enumerate(("DD/MM/YYYY", "[$-421]dd mmmm yyyy", "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy")):
        page.write(0, column, date(1985, 8, 7), xlwt.easyxf(num_format_str=kept))
    page.write(0, 3, 31266, xlwt.easyxf(num_format_str='"Rp"#,##0'))
    path = tmp_path / "x.xls"
    book.save(str(path))
    (sheet,) = sheets_of(path)
    assert sheet.rows == [[date(1985, 8, 7)] * 3 + [31266]]


ODS = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">'
    '<office:body><office:spreadsheet><table:table table:name="data">{}</table:table></office:spreadsheet>'
    "</office:body></office:document-content>"
)


def ods(path: Path, rows: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", ODS.format(rows))
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    return path


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        # LibreOffice today, and before 4.1
        (
            '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="" '
            'calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>',
            [DIV],
        ),
        (
            '<table:table-cell table:formula="of:=1/0" office:value-type="float" office:value="0">'
            "<text:p>#DIV/0!</text:p></table:table-cell>",
            [DIV],
        ),
        (
            '<table:table-cell table:number-columns-repeated="2" table:formula="of:=X" office:value-type="string" '
            'office:string-value="" calcext:value-type="error"><text:p>Err:508</text:p></table:table-cell>',
            [BrokenCell("Err:508", "error")] * 2,
        ),
        ('<table:table-cell table:formula="of:=[.B1]*2"/>', [uncalculated("=[.B1]*2")]),
        ('<table:table-cell table:formula="of:=&quot;&quot;"><text:p/></table:table-cell>', [""]),
        (
            '<table:table-cell table:formula="of:=2" office:value-type="float" office:value="2"><text:p>2</text:p>'
            "</table:table-cell>",
            [2.0],
        ),
        (
            '<table:table-cell office:value-type="string"><office:annotation><text:p>#N/A</text:p></office:annotation>'
            "<text:p>isi</text:p></table:table-cell>",
            ["isi"],
        ),
        ('<table:table-cell office:value-type="date" office:date-value="1985-08-07"/>', [date(1985, 8, 7)]),
    ],
)
def test_cells_of_ods(tmp_path: Path, cell: str, values: list[Any]) -> None:
    last = '<table:table-cell office:value-type="float" office:value="9"/>'
    (sheet,) = sheets_of(ods(tmp_path / "x.ods", f"<table:table-row>{cell}{last}</table:table-row>"))
    assert sheet.rows == [[*values, 9.0]]


def test_rows_of_ods(tmp_path: Path) -> None:
    cell = '<table:table-cell office:value-type="float" office:value="1"/>'
    error = (
        '<table:table-cell office:value-type="string" calcext:value-type="error"><text:p>#N/A</text:p>'
        "</table:table-cell>"
    )
    rows = (
        '<table:table-column/><table:table-column table:visibility="collapse" table:number-columns-repeated="2"/>'
        f"<table:table-header-rows><table:table-row>{cell}{cell}</table:table-row></table:table-header-rows>"
        f'<table:table-row table:number-rows-repeated="2" table:visibility="filter">{cell}{error}</table:table-row>'
        f'<table:table-row-group><table:table-row><table:table-cell table:number-rows-spanned="2" '
        'office:value-type="float" office:value="7"/><table:table-cell/></table:table-row></table:table-row-group>'
        f"<table:table-row><table:covered-table-cell/>{cell}</table:table-row>"
        '<table:table-row table:number-rows-repeated="1048570" table:visibility="collapse">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    (sheet,) = sheets_of(ods(tmp_path / "x.ods", rows))
    assert sheet.rows == [[1.0, 1.0], [1.0, NA], [1.0, NA], [7.0, ""], ["", 1.0]]
    assert sheet.hidden_rows == {1, 2}
    assert sheet.hidden_columns == {1, 2}
    assert sheet.merged == ((3, 0, 4, 0),)


# --- xlsb, for which no library here has a writer -------------------------------------------------------------------


def record(kind: int, data: bytes = b"") -> bytes:
    """A record of [MS-XLSB]: its kind and its length in seven bits a byte, then its content."""
    head = bytes([kind]) if kind < 0x80 else bytes([(kind & 0x7F) | 0x80, kind >> 7])
    length = len(data)
    assert length < 128
    return head + bytes([length]) + data


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def xlsb(path: Path, rows: bytes, columns: bytes = b"") -> Path:
    """Write an xlsb of one hidden sheet from its records."""
    sheet = (
        record(129)
        + record(148, struct.pack("<IIII", 0, 1, 0, 1))
        + (record(390) + columns + record(391) if columns else b"")
        + record(145)
        + rows
        + record(146)
        + record(130)
    )
    book = (
        record(131)
        + record(143)
        + record(156, struct.pack("<II", 1, 1) + wide("rId1") + wide("data"))
        + record(144)
        + record(132)
    )
    relation = f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_RELATIONS}/{{}}"/>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{_PACKAGE}/content-types"/>')
        archive.writestr("_rels/.rels", relation.format('officeDocument" Target="xl/workbook.bin') + "</Relationships>")
        archive.writestr("xl/workbook.bin", book)
        archive.writestr(
            "xl/_rels/workbook.bin.rels",
            relation.format('worksheet" Target="worksheets/sheet1.bin') + "</Relationships>",
        )
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
    return path


def xlsb_row(number: int, flags: int = 0) -> bytes:
    return record(0, struct.pack("<IIHBBB", number, 0, 300, 0, flags, 0) + struct.pack("<I", 0))


def xlsb_cell(kind: int, column: int, value: bytes) -> bytes:
    return record(kind, struct.pack("<II", column, 0) + value)


def test_an_xlsb(tmp_path: Path) -> None:
    rows = (
        xlsb_row(0)
        + xlsb_cell(6, 0, wide("nama"))
        + xlsb_cell(3, 1, b"\x2a")
        + xlsb_row(1, 0x10)
        + xlsb_cell(5, 0, struct.pack("<d", 3216091708850001.0))
        + xlsb_cell(11, 1, b"\x07" + struct.pack("<HII", 0, 0, 0))
    )
    (found,) = sheets_of(xlsb(tmp_path / "x.xlsb", rows, record(60, struct.pack("<IIIIH", 1, 1, 2560, 0, 1))))
    assert found.rows == [["nama", NA], [3216091708850001.0, DIV]]
    assert (found.hidden, found.hidden_rows, found.hidden_columns) == (True, {1}, {1})


@pytest.mark.parametrize(("row", "column"), [(1_048_575, 0), (4_294_967_295, 0), (1, 16_383)])
def test_far_cells_of_xlsb(tmp_path: Path, row: int, column: int) -> None:
    rows = xlsb_row(0) + xlsb_cell(6, 0, wide("nama")) + xlsb_row(row) + xlsb_cell(6, column, wide("x"))
    with pytest.raises(LimitError, match="melebihi batas"):
        sheets_of(xlsb(tmp_path / "x.xlsb", rows))


def test_errors_reach_the_findings(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    rows = table([person(1), person(2), person(3)])
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("data")
        for line, row in enumerate(rows):
            page.write_row(line, 0, row)
        page.write_formula(1, rows[0].index("nama"), "=NA()", None, "#N/A")
        page.write_formula(2, rows[0].index("tanggallahir"), "=1+1")
    found = read(path).registers["penduduk"]
    assert found.rows["nama"].isna().tolist() == [True, False, False]
    assert found.cells["nama"].tolist() == ["#N/A", "WARGA 2", "WARGA 3"]
    assert found.rows["tanggallahir"].isna().tolist() == [False, True, False]
    assert found.cells["tanggallahir"].tolist()[1] == "=1+1"
