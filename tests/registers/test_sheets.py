"""Files are told by their content: workbooks of four kinds, csv however separated and encoded, and what is neither."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from tests.registers.files import csv_text, person, read, table, write

PEOPLE = table([person(1, nama="SITI AMINAH"), person(2, nama="BUDI SANTOSO")])
EVENTS = table([{"no_kk": "3216090101200001", "tanggal_musyawarah": date(2023, 8, 17), "hasil": "layak"}])


def names(reading) -> list[str]:
    """The names read, in order; the reading must have no error."""
    assert reading.error is None
    return reading.registers["penduduk"].rows["nama"].tolist()


@pytest.mark.parametrize("suffix", [".xlsx", ".xls", ".ods"])
@pytest.mark.parametrize("called", ["data.xlsx", "data.csv", "data", "laporan.txt"])
def test_workbooks_are_told_by_their_content(tmp_path: Path, suffix: str, called: str) -> None:
    reading = read(write(tmp_path / f"x{suffix}", {"Lembar Satu": PEOPLE, "b": EVENTS}), called)
    assert names(reading) == ["SITI AMINAH", "BUDI SANTOSO"]
    assert reading.registers["penduduk"].sheets == ("Lembar Satu",)
    assert reading.registers["verifikasi"].rows["tanggal_musyawarah"].tolist() == [date(2023, 8, 17)]


def test_macro_workbooks_are_read(tmp_path: Path) -> None:
    # an xlsm differs from an xlsx by a part that is never run
    path = write(tmp_path / "x.xlsx", {"x": PEOPLE}).rename(tmp_path / "x.xlsm")
    assert names(read(path)) == ["SITI AMINAH", "BUDI SANTOSO"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_csv(tmp_path: Path, delimiter: str, encoding: str) -> None:
    text = csv_text(table([person(1, nama="RENÉ, S.H.; “Ibu”"), person(2)]), delimiter)
    content = {
        "utf-16-le-bom": lambda: b"\xff\xfe" + text.encode("utf-16-le"),
        "utf-16-be-bom": lambda: b"\xfe\xff" + text.encode("utf-16-be"),
    }.get(encoding, lambda: text.encode(encoding))()
    path = tmp_path / "Data RT 01.csv"
    path.write_bytes(content)
    reading = read(path)
    assert names(reading) == ["RENÉ, S.H.; “Ibu”", "WARGA 2"]
    assert reading.registers["penduduk"].sheets == ("Data RT 01",)
    assert reading.registers["penduduk"].rows["row_number"].tolist() == [2, 3]


def test_csv_numbers_are_exact_text(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(csv_text(table([person(1, no_kk="3216090101200010"), person(2, no_kk="9999999999999990")])))
    assert read(path).registers["penduduk"].rows["no_kk"].tolist() == ["3216090101200010", "9999999999999990"]


def test_csv_names_its_own_separator(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("sep=|\r\n" + csv_text(PEOPLE, "|"))
    reading = read(path)
    assert names(reading) == ["SITI AMINAH", "BUDI SANTOSO"]
    assert reading.registers["penduduk"].rows["row_number"].tolist() == [3, 4]


def test_csv_separator_is_the_one_that_makes_known_headers(tmp_path: Path) -> None:
    # titles and addresses are full of commas
    text = "Data penduduk, desa, kecamatan, kabupaten, provinsi, tahun, bulan, hari\n" * 3
    path = tmp_path / "x.csv"
    path.write_text(text + csv_text(table([person(1, alamat="Jl. A, B, C, D, E, F, G, H, I")]), ";"))
    assert read(path).registers["penduduk"].rows["alamat"].tolist() == ["Jl. A, B, C, D, E, F, G, H, I"]


def test_csv_cells_may_hold_line_ends_and_rows_may_be_ragged(tmp_path: Path) -> None:
    rows = table([person(1, alamat="baris 1\nbaris 2"), person(2)])
    path = tmp_path / "x.csv"
    path.write_text(csv_text(rows) + "3216090101200003,3216091708850003,TIGA,1,17/08/1985,1\n\n")
    registers = read(path).registers["penduduk"].rows
    assert registers["row_number"].tolist() == [2, 3, 4]
    assert registers["alamat"].iloc[0] == "baris 1 baris 2"
    assert registers["nama"].iloc[2] == "TIGA"


def test_hidden_rows_and_sheets_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, hide in (("satu", "hide"), ("dua", "very_hidden"), ("tiga", None)):
            page = book.add_worksheet(name)
            for line, row in enumerate(PEOPLE):
                page.write_row(line, 0, row)
            page.set_row(2, None, None, {"hidden": True})
            if hide:
                getattr(page, hide)()
        book.worksheets()[2].activate()
        book.worksheets()[2].set_first_sheet()
    reading = read(path).registers["penduduk"]
    assert reading.sheets == ("satu", "dua", "tiga")
    assert len(reading.rows) == 6


def test_charts_are_no_sheets_of_cells(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("data")
        for line, row in enumerate(PEOPLE):
            page.write_row(line, 0, row)
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=data!$A$1:$A$3"})
        book.add_chartsheet("grafik").set_chart(chart)
    assert len(names(read(path))) == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "kosong"),
        (b"\x00" * 100, "kosong"),
        (b"  \r\n \n", "kosong"),
        (b"PK\x03\x04 no zip at all", "rusak"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 2000, "rusak"),
        (b"%PDF-1.7 ...", "bukan buku kerja"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "bukan buku kerja"),
        (b"<html><table><tr><td>no_kk</td></tr></table></html>", "Tidak ada register"),
        (b"<html><body>Sesi Anda telah berakhir</body></html>", "HTML"),
        (b"\xff\xfeA", "UTF-16"),
        ("nama\tumur\nA\t5\n".encode("utf-32-le"), "bukan buku kerja"),
        ("nama\tumur\nA\t5\n".encode("utf-16-be"), "Tidak ada register"),
        (b"apa saja\nisi\n", "Tidak ada register"),
        (b"no_kk,nik\n" + b"x" * 200_000, "tidak dapat dibaca"),
    ],
)
def test_files_that_cannot_be_read_get_a_reason(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    reading = read(path)
    assert reading.error is not None
    assert says in reading.error
    assert reading.registers == {}


@pytest.mark.parametrize("suffix", [".xlsx", ".ods"])
def test_truncated_workbooks_get_a_reason(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"x{suffix}", {"x": PEOPLE})
    whole = path.read_bytes()
    for part in (10, len(whole) // 3, len(whole) - 30):
        path.write_bytes(whole[:part])
        assert read(path).error
