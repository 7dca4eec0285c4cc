"""Entas's own workbook: what it holds, and that it is taken as it is."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import openpyxl
import psycopg
import pytest

from entas.errors import EntasError, UsageError
from entas.intake import run_intake
from entas.registers.schema import REGISTERS, asked
from entas.settings import Settings
from entas.template import write_template
from tests.workbooks import families, family, no_kk, write_workbook

VILLAGE = "32.16.09.2003"
SHEETS = ["Petunjuk", *REGISTERS, "Daftar Kode"]


def _query(settings: Settings, query: str) -> list[tuple]:
    with psycopg.connect(settings.warehouse_url) as connection:
        return connection.execute(query).fetchall()


def _rows(sheet) -> list[dict]:
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_an_empty_workbook_asks_for_every_column(settings: Settings, tmp_path: Path) -> None:
    output = tmp_path / "new" / "kosong.xlsx"
    write_template(settings, "3216092003", date(2023, 10, 1), prefill=False, output=output)
    book = openpyxl.load_workbook(output)
    assert book.sheetnames == SHEETS
    for register in REGISTERS:
        sheet, columns = book[register], asked(register)
        assert [cell.value for cell in sheet[1]] == list(columns)
        assert sheet.max_row == 1
        assert sheet.freeze_panes == "A2"
        assert len(sheet.data_validations.dataValidation) == len(columns)
    penduduk = book["penduduk"]
    assert penduduk.column_dimensions["A"].number_format == "@"
    required = {cell.value for cell in penduduk[1] if cell.fill.start_color.rgb == penduduk["A1"].fill.start_color.rgb}
    assert required == {"no_kk", "nik", "nama", "sex", "tanggallahir", "kk_level"}
    said = [cell.value for row in book["Petunjuk"].iter_rows() for cell in row]
    assert any("32.16.09.2003/2023-10" in str(text) for text in said)


def test_the_lists_offer_the_labels_of_the_codes(settings: Settings, tmp_path: Path) -> None:
    output = tmp_path / "a.xlsx"
    write_template(settings, VILLAGE, date(2023, 10, 1), prefill=False, output=output)
    book = openpyxl.load_workbook(output)
    lists = {
        str(one.sqref).split(":")[0]: one.formula1
        for one in book["penduduk"].data_validations.dataValidation
        if one.type == "list"
    }
    where = lists["D2"].split("!")[1].replace("$", "")
    assert [row[0].value for row in book["Daftar Kode"][where]] == ["LAKI-LAKI", "PEREMPUAN"]
    where = lists["J2"].split("!")[1].replace("$", "")
    assert len(book["Daftar Kode"][where]) == 89


def test_an_empty_workbook_uploaded_says_that_it_is_empty(settings: Settings) -> None:
    output = Path(settings.inbox) / VILLAGE / "2023-10" / "kosong.xlsx"
    write_template(settings, VILLAGE, date(2023, 10, 1), prefill=False, output=output)
    (outcome,) = run_intake(settings).uploads
    assert outcome.status == "rejected"
    assert "hanya berisi judul kolom" in outcome.reason


def test_the_register_in_force_comes_back_whole(settings: Settings) -> None:
    inbox = Path(settings.inbox) / VILLAGE
    persons = families([1, 2, 3])
    persons[0] |= {"rt": "001", "rw": "-", "pendidikan_kk_id": "DIPLOMA I / II", "pekerjaan_id": "9", "alamat": "=1+1"}
    persons[1] |= {"nik": "0", "status_dasar": "MATI", "tanggallahir": None}
    persons[3] |= {"tanggallahir": "01/02/1899"}
    welfare = [
        {"no_kk": no_kk(1), "penghasilan_bulanan": "Rp 1.288.680,50", "tanggal_pendataan": "01/08/2023"},
        {"no_kk": no_kk(2), "desil": 1},
        {"no_kk": no_kk(9), "desil": 1},  # a family that the register does not list
    ]
    write_workbook(inbox / "2023-08" / "a.xlsx", {"penduduk": persons, "kesejahteraan": welfare})
    write_workbook(inbox / "2023-09" / "b.xlsx", {"kesejahteraan": [{"no_kk": no_kk(2), "desil": 2}]})
    write_workbook(
        inbox / "2023-11" / "later.xlsx", {"penduduk": family(8, nama="BUKAN BULAN INI"), "kesejahteraan": []}
    )
    run_intake(settings)

    output = inbox / "2023-10" / "oktober.xlsx"
    write_template(settings, VILLAGE, date(2023, 10, 1), prefill=True, output=output)
    book = openpyxl.load_workbook(output)
    first, second, *_ = _rows(book["penduduk"])
    assert (first["sex"], first["kk_level"], first["pendidikan_kk_id"]) == (
        "LAKI-LAKI",
        "KEPALA KELUARGA",
        "DIPLOMA I / II",
    )
    assert (first["rt"], first["rw"], first["alamat"], first["tanggallahir"]) == (
        "001",
        None,
        "=1+1",
        datetime(1980, 4, 11),
    )
    assert (second["nik"], second["status_dasar"], second["tanggallahir"]) == (None, "MATI", None)
    assert book["penduduk"]["N2"].data_type == "s"
    assert [(row["no_kk"], row["penghasilan_bulanan"], row["desil"]) for row in _rows(book["kesejahteraan"])] == [
        (no_kk(1), 1288680.5, None),
        (no_kk(2), None, 2),
    ]
    assert _rows(book["kesejahteraan"])[0]["nama_kepala"] == "WARGA 1 0"

    (outcome,) = run_intake(settings).uploads
    assert (outcome.status, outcome.reason, outcome.rows_quarantined) == ("accepted", None, 0)
    assert (outcome.rows_read, outcome.rows_accepted) == (8, 8)
    differing = _query(
        settings,
        """
        with said as (
            select u.period, to_jsonb(p) - 'upload_id' - 'row_number' as said
            from raw.penduduk p join raw.upload u using (upload_id)
            where u.period in ('2023-08', '2023-10')
        )
        select said, array_agg(period) from said group by said having count(*) <> 2
        """,
    )
    assert differing == []


def test_what_cannot_be_written_is_said(settings: Settings, tmp_path: Path) -> None:
    month = date(2023, 10, 1)
    with pytest.raises(UsageError, match="no village of regency"):
        write_template(settings, "32.17.01.2001", month, prefill=False, output=tmp_path / "a.xlsx")
    with pytest.raises(UsageError, match="xlsx"):
        write_template(settings, VILLAGE, month, prefill=False, output=tmp_path / "a.xls")
    with pytest.raises(EntasError, match="leave out --prefill"):
        write_template(settings, VILLAGE, month, prefill=True, output=tmp_path / "a.xlsx")
    (tmp_path / "file").write_text("")
    with pytest.raises(EntasError, match="cannot be written"):
        write_template(settings, VILLAGE, month, prefill=False, output=tmp_path / "file" / "a.xlsx")
    assert [path.name for path in tmp_path.rglob("*") if path.suffix == ".xlsx"] == []
