"""Web pages and XML of Excel 2003 that are named .xls, as web applications and old offices make them."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entas.registers.cells import BrokenCell
from entas.registers.detect import known_headers
from entas.registers.limits import Limits, UnreadableFileError
from entas.registers.sheets import Sheet, read_sheets
from tests.registers.files import person, read

PERSON = person(1, nama="SITI AMINAH")


def sheets_of(tmp_path: Path, content: str | bytes, limits: Limits | None = None) -> list[Sheet]:
    path = tmp_path / "data.xls"
    path.write_bytes(content.encode() if type(content) is str else content)
    return list(read_sheets(path, "data.xls", known_headers, limits or Limits()))


def page(*rows: str) -> str:
    return f"<html><head><title>x</title></head><body><table>{''.join(rows)}</table></body></html>"


def html_row(*cells: Any, tag: str = "td") -> str:
    return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"


# --- web pages -----------------------------------------------------------------------------------------------------


def as_php_exports_it() -> str:
    """A page with Excel's namespaces, styles, titles above, and numbers kept as text by a style."""
    cells = "".join(f"<td style='mso-number-format:\"\\@\"'>{cell}</td>" for cell in PERSON.values())
    return (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel">'
        '<head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"><style>td { color: red }</style>'
        "<!--[if gte mso 9]><xml><x:ExcelWorkbook><x:Name>Sheet1</x:Name></x:ExcelWorkbook></xml><![endif]--></head>"
        "<body><center><h3>DATA PENDUDUK &amp; KELUARGA</h3></center><br/>"
        f'<table border="1"><thead>{html_row(*PERSON, tag="th")}</thead><tbody><tr>{cells}</tr></tbody></table>'
        "<script>alert('<td>x</td>')</script></body></html>"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_page_is_read_as_a_register(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "Data Penduduk.xls"
    path.write_bytes(as_php_exports_it().encode(encoding))
    reading = read(path)
    assert reading.error is None
    rows = reading.registers["penduduk"].rows
    assert rows[["no_kk", "nik", "nama"]].values.tolist() == [[PERSON["no_kk"], PERSON["nik"], "SITI AMINAH"]]
    assert rows["row_number"].tolist() == [3]  # the title takes the first row, as it does in Excel
    assert reading.registers["penduduk"].sheets == ("Data Penduduk",)


def test_what_browsers_forgive(tmp_path: Path) -> None:
    # no closing tags, no body, capitals, a warning of PHP above, no end of the table
    text = "<br />\n<b>Warning</b>: include()\n<TABLE><TR><TH>no_kk<TH>nik<TR><TD>1<TD>2\n<TR><TD>3"
    (sheet,) = sheets_of(tmp_path, text)
    assert sheet.rows[-3:] == [["no_kk", "nik"], ["1", "2"], ["3"]]


def test_texts_of_cells(tmp_path: Path) -> None:
    row = html_row(
        "A &amp; B&nbsp;C",
        " <b>tebal</b>\n  <i>miring</i> ",
        "baris 1<br>baris 2",
        "<p>a</p><p>b</p>",
        "&lt;bukan tag&gt;",
        "<select><option>L</option></select>P",
        "#DIV/0!",
    )
    (sheet,) = sheets_of(tmp_path, page(row))
    assert sheet.rows == [
        [
            "A & B\u00a0C",
            "tebal miring",
            "baris 1\nbaris 2",
            "a\nb",
            "<bukan tag>",
            "P",
            BrokenCell("#DIV/0!", "error"),
        ]
    ]


def test_numbers_that_a_narrow_column_hides(tmp_path: Path) -> None:
    row = (
        "<tr><td x:num='3216091708850001'>3,21609E+15</td><td x:num='31266'>07/08/1985</td>"
        "<td x:num='1288680'>####</td><td x:num>5</td></tr>"
    )
    (sheet,) = sheets_of(tmp_path, page(row))
    assert sheet.rows == [["3216091708850001", "07/08/1985", "1288680", "5"]]


def test_cells_that_span(tmp_path: Path) -> None:
    (sheet,) = sheets_of(
        tmp_path,
        page(
            "<tr><th rowspan=2>no_kk</th><th colspan=2>orang</th><th rowspan=2>ket</th></tr>",
            html_row("nik", "nama", tag="th"),
            "<tr><td rowspan=2>1</td><td>2</td><td>A</td><td>x</td></tr>",
            html_row("3", "B", "y"),
            html_row("4", "5", "C", "z"),
        ),
    )
    assert sheet.rows == [
        ["no_kk", "orang", "", "ket"],
        ["", "nik", "nama"],
        ["1", "2", "A", "x"],
        ["", "3", "B", "y"],
        ["4", "5", "C", "z"],
    ]
    assert set(sheet.merged) == {(0, 0, 1, 0), (0, 1, 0, 2), (0, 3, 1, 3), (2, 0, 3, 0)}


def test_tables_stand_one_below_the_other(tmp_path: Path) -> None:
    inner = f"<table>{html_row('no_kk', 'nik')}{html_row('1', '2')}</table>"
    text = f"<table><tr><td>KOP SURAT</td></tr></table>catatan<table><tr><td>{inner}</td></tr></table>"
    (sheet,) = sheets_of(tmp_path, f"<html>{text}</html>")
    assert [row for row in sheet.rows if any(row)] == [["KOP SURAT"], ["catatan"], ["no_kk", "nik"], ["1", "2"]]


def test_rows_that_are_not_shown(tmp_path: Path) -> None:
    (sheet,) = sheets_of(tmp_path, page(html_row("no_kk"), '<tr style="display: none"><td>1</td></tr>', html_row("2")))
    assert sheet.hidden_rows == {1}
    assert sheet.rows == [["no_kk"], ["1"], ["2"]]


def test_hostile_spans_end_in_a_reason(tmp_path: Path) -> None:
    wide = "<td colspan=999999999>x</td><td colspan=1000>x</td>" * 300
    with pytest.raises(UnreadableFileError, match=r"melebihi batas 1\.000 kolom"):
        sheets_of(tmp_path, page(f"<tr>{wide}</tr>"))
    with pytest.raises(UnreadableFileError, match="melebihi batas"):
        sheets_of(tmp_path, page(html_row("x") * 5000), Limits(rows=1000))


@pytest.mark.parametrize(
    "text",
    [
        "<html><body>Silakan masuk kembali</body></html>",
        '<html><frameset><frame src="sheet001.htm"></frameset></html>',
        "<?xml version='1.0'?><office:document xmlns:office='x'/>",
        "<!DOCTYPE html><p>x",
    ],
)
def test_pages_without_a_table_get_a_reason(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableFileError, match="tanpa tabel"):
        sheets_of(tmp_path, text)


def test_a_csv_may_begin_with_a_bracket(tmp_path: Path) -> None:
    (sheet,) = sheets_of(tmp_path, "<5 tahun;no_kk;nik;nama\n1;2;3;4\n")
    assert sheet.rows[0] == ["<5 tahun", "no_kk", "nik", "nama"]


@given(st.text(alphabet="<>/=\"'tabledrhx !-&;0919 \n", max_size=200))
def test_no_page_raises(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "page.xls"
    path.write_text(f"<table><tr><td>{text}")
    assert len(list(read_sheets(path, "page.xls", known_headers))) <= 1


# --- XML of Excel 2003 ---------------------------------------------------------------------------------------------


def workbook_2003(*sheets: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<?mso-application progid="Excel.Sheet"?>\n'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:x="urn:schemas-microsoft-com:office:excel" '
        f'xmlns:html="http://www.w3.org/TR/REC-html40">{"".join(sheets)}</Workbook>'
    )


def sheet_2003(rows: str, name: str = "data", more: str = "") -> str:
    return f'<Worksheet ss:Name="{name}"><Table>{rows}</Table>{more}</Worksheet>'


def row_2003(*cells: Any, **attributes: Any) -> str:
    given = "".join(f' ss:{key}="{value}"' for key, value in attributes.items())
    return f"<Row{given}>" + "".join(f'<Cell><Data ss:Type="String">{one}</Data></Cell>' for one in cells) + "</Row>"


def test_a_workbook_of_2003_is_read_as_a_register(tmp_path: Path) -> None:
    path = tmp_path / "x.xls"
    path.write_text(workbook_2003(sheet_2003(row_2003(*PERSON) + row_2003(*PERSON.values()), "Penduduk")))
    reading = read(path)
    assert reading.error is None
    assert reading.registers["penduduk"].rows["nama"].tolist() == ["SITI AMINAH"]
    assert reading.registers["penduduk"].sheets == ("Penduduk",)


def test_kinds_of_cells_of_2003(tmp_path: Path) -> None:
    cells = (
        '<Cell><Data ss:Type="Number">3.2160917088500009E+15</Data></Cell>'
        '<Cell><Data ss:Type="DateTime">1985-08-07T00:00:00.000</Data></Cell>'
        '<Cell><Data ss:Type="DateTime">1985-08-07T13:30:00.000</Data></Cell>'
        '<Cell><Data ss:Type="DateTime">1899-12-31T13:30:00.000</Data></Cell>'
        '<Cell><Data ss:Type="Boolean">1</Data></Cell>'
        '<Cell ss:Formula="=1/0"><Data ss:Type="Error">#DIV/0!</Data></Cell>'
        '<Cell ss:Formula="=R[1]C"/>'
        '<Cell ss:Formula="=R[1]C"><Data ss:Type="Number">5</Data></Cell>'
        '<Cell><ss:Data ss:Type="String"><html:B>te</html:B>bal</ss:Data><Comment><ss:Data>catatan</ss:Data></Comment>'
        "</Cell>"
    )
    (sheet,) = sheets_of(tmp_path, workbook_2003(sheet_2003(f"<Row>{cells}</Row>")))
    assert sheet.rows == [
        [
            3216091708850001.0,
            date(1985, 8, 7),
            datetime(1985, 8, 7, 13, 30),
            time(13, 30),
            True,
            BrokenCell("#DIV/0!", "error"),
            BrokenCell("=R[1]C", "no_value"),
            5.0,
            "tebal",
        ]
    ]


def test_places_of_2003(tmp_path: Path) -> None:
    rows = (
        '<Column ss:Width="5"/><Column ss:Index="3" ss:Hidden="1" ss:Span="1"/>'
        '<Row ss:Index="3"><Cell ss:Index="2"><Data ss:Type="String">a</Data></Cell>'
        '<Cell ss:MergeAcross="1" ss:MergeDown="2"><Data ss:Type="String">b</Data></Cell>'
        '<Cell><Data ss:Type="String">c</Data></Cell></Row>'
        '<Row ss:Span="1" ss:Hidden="1"/>'
        '<Row><Cell><Data ss:Type="String">d</Data></Cell></Row>'
    )
    hidden = "<WorksheetOptions><Visible>SheetVeryHidden</Visible></WorksheetOptions>"
    first, second = sheets_of(
        tmp_path, workbook_2003(sheet_2003(rows), sheet_2003(row_2003("x"), "日本語", hidden), sheet_2003("", "kosong"))
    )
    assert first.rows == [[], [], ["", "a", "b", "", "c"], [], [], ["d"]]
    assert first.merged == ((2, 2, 4, 3),)
    assert first.hidden_rows == {3, 4}
    assert first.hidden_columns == {2, 3}
    assert (first.hidden, second.hidden, second.name) == (False, True, "日本語")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (workbook_2003(sheet_2003(row_2003("x")))[:-20], "rusak"),
        (workbook_2003(sheet_2003(row_2003("x", Index=0))), "rusak"),
        (workbook_2003(sheet_2003(row_2003("x", Index="99999999999"))), "rusak"),
        (workbook_2003(sheet_2003(row_2003("x", Index=900_000))), "baris ke-900.000"),
        (workbook_2003(sheet_2003('<Row><Cell ss:Index="9000"><Data ss:Type="String">x</Data></Cell></Row>')), "kolom"),
        (workbook_2003(sheet_2003('<Row><Cell><Data ss:Type="Number">x</Data></Cell></Row>')), "rusak"),
        (
            workbook_2003(sheet_2003(row_2003("&a;"))).replace(
                "<Workbook", '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa">]><Workbook', 1
            ),
            "DOCTYPE",
        ),
    ],
)
def test_workbooks_of_2003_that_are_broken_get_a_reason(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UnreadableFileError, match=says):
        sheets_of(tmp_path, text)
