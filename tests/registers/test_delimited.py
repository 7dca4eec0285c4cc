"""Text files as rows: encodings, separators, and quotes that do not match."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from entas.registers.cells import BrokenCell
from entas.registers.delimited import csv_rows, decoded, unpacked
from entas.registers.detect import known_headers
from entas.registers.limits import DEFAULT_LIMITS, Limits, UnreadableFileError
from entas.registers.sheets import read_sheets
from tests.registers.files import csv_text, person, table

HEADER = ["no_kk", "nik", "nama", "sex", "tanggallahir", "kk_level", "status_dasar"]
SITI = ["3216090101200001", "3216091708850001", "SITI", "2", "17/08/1985", "1", "1"]
BUDI = ["3216090101200002", "3216091708850002", "BUDI", "1", "17/08/1985", "1", "1"]


def rows_of(text: str | bytes) -> list[list[Any]]:
    content = text.encode() if type(text) is str else text
    return csv_rows(decoded(content), "x", known_headers, DEFAULT_LIMITS)


def lines(*rows: list[str], mark: str = ";") -> str:
    return "".join(mark.join(row) + "\r\n" for row in rows)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_separators(mark: str) -> None:
    assert rows_of(lines(HEADER, SITI, mark=mark)) == [HEADER, SITI]


@pytest.mark.parametrize(
    "text",
    [
        lines(HEADER, SITI, BUDI).replace("\r\n", "\n"),
        lines(HEADER, SITI, BUDI).replace("\r\n", "\r"),
        lines(HEADER, SITI, BUDI).rstrip(),
        lines(HEADER, SITI, BUDI) + ";;;;;;\r\n\r\n",
        lines(HEADER, SITI, BUDI) + "\x1a",  # DOS ends files so
        lines(HEADER, SITI, BUDI) + "\x00" * 4000,  # a disk that was full
        lines(HEADER, SITI, BUDI).replace("SITI", "S\x00ITI"),
        lines(HEADER, SITI, BUDI).replace(";", "; ").replace("SITI", '"SITI"'),
        lines(HEADER, SITI, BUDI).replace("SITI", '="SITI"').replace(SITI[1], f'="{SITI[1]}"'),
        lines(HEADER, SITI, BUDI).replace(SITI[1], f'"=""{SITI[1]}"""'),
        "".join(f'"{line}"\r\n' for line in lines(HEADER, SITI, BUDI).splitlines()),
        "\ufeff" + lines(HEADER, SITI, BUDI),
    ],
)
def test_spellings_of_the_same_rows(text: str) -> None:
    assert rows_of(text) == [HEADER, SITI, BUDI]


def test_titles_without_a_separator_stand_above() -> None:
    title = "DATA PENDUDUK DESA SUKA UJI, KECAMATAN UJI, KABUPATEN BEKASI, JAWA BARAT, TAHUN 2023"
    rows = rows_of(f"{title}\r\n\r\n" + lines(HEADER, SITI))
    assert rows == [[title], [], HEADER, SITI]


def test_commas_of_decimals_and_titles_do_not_decide() -> None:
    text = "no_kk;pengeluaran_bulanan;tanggal_pendataan\r\n3216090101200001;1.288.680,00;1,2\r\n"
    assert rows_of(text)[1] == ["3216090101200001", "1.288.680,00", "1,2"]


def test_a_quote_that_is_never_closed_swallows_no_row() -> None:
    text = lines(HEADER, [*SITI[:2], '"SITI', *SITI[3:]], BUDI, [*BUDI[:2], '"TONI"', *BUDI[3:]])
    assert rows_of(text) == [HEADER, SITI, BUDI, [*BUDI[:2], "TONI", *BUDI[3:]]]


def test_a_quote_that_is_never_closed_at_all() -> None:
    text = lines(HEADER, SITI, [*BUDI[:2], '"BUDI', *BUDI[3:]], SITI)
    assert rows_of(text) == [HEADER, SITI, BUDI, SITI]


def test_cells_of_several_lines_beside_a_stray_quote() -> None:
    text = lines(HEADER, [*SITI[:2], '"SITI\r\nAMINAH"', *SITI[3:]], [*BUDI[:2], '"BUDI', *BUDI[3:]], SITI)
    assert rows_of(text) == [HEADER, [*SITI[:2], "SITI\r\nAMINAH", *SITI[3:]], BUDI, SITI]


def test_quotes_inside_of_names_are_kept() -> None:
    text = lines(HEADER, [*SITI[:2], 'SITI "IBU" AMINAH', *SITI[3:]])
    assert rows_of(text)[1][2] == 'SITI "IBU" AMINAH'


def test_errors_of_formulas_are_broken_cells() -> None:
    text = lines(HEADER, [*SITI[:2], "#N/A", *SITI[3:]], [*BUDI[:2], "#1 BUDI", *BUDI[3:]])
    assert [row[2] for row in rows_of(text)] == ["nama", BrokenCell("#N/A", "error"), "#1 BUDI"]


@pytest.mark.parametrize(
    "content",
    [
        b"\x01\x02\x03\x04\x05\x06\x07\x08" * 100,
        bytes(range(256)) * 20,
        lines(HEADER, SITI).encode("utf-32-be"),
        b"no_kk;nik\n" + b"\x00" * 400 + b"1;2\n",
    ],
)
def test_what_is_no_text(content: bytes) -> None:
    with pytest.raises(UnreadableFileError, match="bukan buku kerja dan bukan CSV"):
        decoded(content)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("RENÉ".encode("cp1252"), "RENÉ"),
        ("RENÉ “Ibu”".encode(), "RENÉ “Ibu”"),
        (b"\x81", "\ufffd"),
        ("a;b\n".encode("utf-16-le"), "a;b\n"),
        ("a;b\n".encode("utf-16-be"), "a;b\n"),
        ("é;b\n".encode("utf-16"), "é;b\n"),
    ],
)
def test_encodings(content: bytes, text: str) -> None:
    assert decoded(content) == text


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00\x1a")), min_size=2), min_size=1))
@settings(max_examples=100)
def test_what_a_csv_writer_writes_is_read(rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL).writerows(rows)
    read = csv_rows("sep=;\r\n" + text.getvalue(), "x", known_headers, DEFAULT_LIMITS)[1:]
    read = [[cell.text if type(cell) is BrokenCell else cell for cell in row] for row in read]
    wanted = [list(row) for row in rows]
    while wanted and not any(cell.strip() for cell in wanted[-1]):
        wanted.pop()
    for found, row in zip(read, wanted, strict=False):
        assert [cell.strip() for cell in found] == [cell.strip() for cell in row] or '="' in "".join(row)


@given(st.text(st.characters(codec="utf-8")), st.binary(max_size=400))
def test_any_bytes_are_rows_or_are_refused(text: str, content: bytes) -> None:
    for candidate in (text.encode(), content, f"no_kk;nik;nama\n{text}".encode()):
        with suppress(UnreadableFileError):
            assert all(type(row) is list for row in rows_of(candidate))


# --- a csv inside of a workbook -------------------------------------------------------------------------------------


def test_a_csv_that_excel_left_in_one_column_is_taken_apart(tmp_path: Path) -> None:
    text = csv_text(table([person(1, alamat="JL. A; B"), person(2)]), ";")
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("data")
        page.write(0, 0, "DATA PENDUDUK")
        for number, line in enumerate(text.splitlines(), start=2):
            page.write(number, 0, line)
    (sheet,) = read_sheets(path, "x.xlsx", known_headers)
    assert sheet.rows[:2] == [["DATA PENDUDUK"], []]
    assert sheet.rows[2] == [*person(), "alamat"]
    assert sheet.rows[3] == [*person(1).values(), "JL. A; B"]


def test_a_csv_that_excel_broke_at_its_decimal_commas_is_joined_again() -> None:
    rows = [["no_kk;pengeluaran_bulanan;tanggal_pendataan"], ["3216090101200001;1.288.680", "50;17/08/2023"]]
    assert unpacked(rows, known_headers)[1] == ["3216090101200001", "1.288.680,50", "17/08/2023"]


def test_rows_with_their_own_columns_stay_as_they_are() -> None:
    rows = [["nama; alamat, dusun", "no_kk", "nik", "sex"], ["A; B, C", "1", "2", "3"]]
    assert unpacked(rows, known_headers) is rows


def test_limits() -> None:
    few = Limits(rows=10, columns=8)
    with pytest.raises(UnreadableFileError, match="baris ke-11"):
        csv_rows(lines(HEADER, *[SITI] * 10), "x", known_headers, few)
    with pytest.raises(UnreadableFileError, match="kolom ke-9"):
        csv_rows(lines([*HEADER, "a", "b"]), "x", known_headers, few)
    # what is empty beyond them costs nothing
    assert csv_rows(lines(HEADER, SITI, *[[""] * 9] * 50), "x", known_headers, few) == [HEADER, SITI]
