"""Entas's own workbook: what it holds, and that it is taken as it is."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import openpyxl
import psycopg
import pytest

from entas import areas
from entas.errors import EntasError, UsageError
from entas.intake import run_intake
from entas.registers.reading import read_upload
from entas.registers.schema import REGISTERS, asked
from entas.settings import Settings
from entas.template import write_template
from tests.intake.ooxml import problems
from tests.office import converted, needs_office
from tests.registers.format_files.formats import FORMATS
from tests.registers.format_files.pages import write_book
from tests.workbooks import families, family, nik, no_kk, write_workbook

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
    for register in ("kesejahteraan", "verifikasi", "bantuan", "pemberdayaan"):
        assert book[register].max_row == 1, "what is listed there is said to be of this month"
    known = [(*row[:4], row[7], row[9], row[12]) for row in book["Daftar Keluarga"].iter_rows(4, values_only=True)]
    assert known == [
        (no_kk(1), nik(10), "WARGA 1 0", 1, 1288680.5, None, "2023-08"),
        (no_kk(2), nik(20), "WARGA 2 0", 2, None, 2, "2023-09"),
        (no_kk(3), nik(30), "WARGA 3 0", 2, None, None, None),
    ]

    (outcome,) = run_intake(settings).uploads
    assert (outcome.status, outcome.reason, outcome.rows_quarantined) == ("accepted", None, 0)
    assert (outcome.rows_read, outcome.rows_accepted) == (6, 6)
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


VILLAGE_OF_CASES = "SUKA UJI"
#: Formats in which a village may have sent its population register.
POPULATION = [
    "entas_penduduk",
    "opensid_penduduk",
    "siak",
    "bip12",
    "bip19",
    "bip2012",
    "bip_kabupaten",
    "regsosek",
    "regsosek_opensid",
]


def test_a_register_of_any_format_comes_back_whole(settings: Settings) -> None:
    known = areas.villages(settings.regency)
    villages = dict(zip(POPULATION, known, strict=False))
    inbox = Path(settings.inbox)
    for name, village in villages.items():
        pages = FORMATS[name]().pages()
        for page in pages:  # a column of the area names the folder's village
            page.rows = [
                [known[village].village_name if cell == VILLAGE_OF_CASES else cell for cell in row] for row in page.rows
            ]
        (inbox / village / "2024-09").mkdir(parents=True)
        write_book(inbox / village / "2024-09" / "register.xlsx", pages)
    assert {one.village_code: one.reason for one in run_intake(settings).uploads if one.status == "rejected"} == {}
    for village in villages.values():
        output = inbox / village / "2024-10" / "oktober.xlsx"
        write_template(settings, village, date(2024, 10, 1), prefill=True, output=output)
        assert problems(output) == []
    outcomes = run_intake(settings).uploads
    assert {(one.status, one.rows_quarantined, one.rows_read - one.rows_accepted) for one in outcomes} == {
        ("accepted", 0, 0)
    }
    differing = _query(
        settings,
        """
        with said as (
            select u.village_code, u.period,
                to_jsonb(p) - 'upload_id' - 'row_number' - 'sheet' - 'position' as said, p.position
            from raw.penduduk p join raw.upload u using (upload_id)
        )
        select village_code, said, array_agg(period) from said group by village_code, said, position
        having count(*) <> 2
        """,
    )
    assert differing == []
    assert _query(settings, "select count(distinct village_code) from raw.upload where period = '2024-10'") == [
        (len(POPULATION),)
    ]


def test_a_filled_in_workbook_is_accepted_whole(settings: Settings) -> None:
    inbox = Path(settings.inbox) / VILLAGE
    persons = families([1, 2])
    persons[3] |= {"no_kk": "123"}  # held back: told, and not among the persons
    write_workbook(inbox / "2023-09" / "a.xlsx", {"penduduk": persons})
    run_intake(settings)
    path = inbox / "2023-10" / "oktober.xlsx"
    write_template(settings, VILLAGE, date(2023, 10, 1), prefill=True, output=path)
    book = openpyxl.load_workbook(path)
    said = "\n".join(str(cell.value) for row in book["Petunjuk"].iter_rows() for cell in row if cell.value)
    assert "1 baris register 2023-09 ditahan" in said
    sheet = book["penduduk"]
    assert sheet.max_row == 4
    sheet["M2"] = "PINDAH"
    columns = list(asked("penduduk"))
    newborn = {"no_kk": no_kk(2), "nama": "=WARGA BARU", "sex": "PEREMPUAN", "tanggallahir": date(2023, 9, 30)}
    newborn["kk_level"] = "ANAK"
    for column, value in newborn.items():
        sheet.cell(5, columns.index(column) + 1).value = value
        sheet.cell(5, columns.index(column) + 1).data_type = "d" if isinstance(value, date) else "s"
    lists = {name: openpyxl_list(book, name) for name in ("verifikasi", "pemberdayaan")}
    filled = {
        "kesejahteraan": [no_kk(2), None, "WARGA 2 0", "Rp 750.000", None, None, None, date(2023, 10, 3)],
        "verifikasi": [no_kk(2), date(2023, 10, 4), lists["verifikasi"]["hasil"][0]],
        "bantuan": [no_kk(2), None, "BLT Dana Desa", "Dana Desa", 300_000, date(2023, 10, 5)],
        "pemberdayaan": [no_kk(2), None, lists["pemberdayaan"]["jenis"][0], "Menjahit", None, date(2023, 10, 6)],
    }
    for register, cells in filled.items():
        for number, value in enumerate(cells, start=1):
            book[register].cell(2, number).value = value
    book.save(path)
    (outcome,) = run_intake(settings).uploads
    assert (outcome.status, outcome.reason, outcome.rows_read, outcome.rows_accepted) == ("accepted", None, 8, 8)
    read = _query(settings, "select nama, status_dasar from raw.penduduk where upload_id = 2 order by position")
    assert read == [("WARGA 1 0", 3), ("WARGA 1 1", 1), ("WARGA 2 0", 1), ("=WARGA BARU", None)]


def openpyxl_list(book: openpyxl.Workbook, register: str) -> dict[str, list[str]]:
    """The choices that the cells of a sheet offer, by column."""
    heads = {cell.column_letter: cell.value for cell in book[register][1]}
    return {
        heads[str(one.sqref).split(":")[0].rstrip("0123456789")]: [
            row[0].value for row in book["Daftar Kode"][one.formula1.split("!")[1].replace("$", "")]
        ]
        for one in book[register].data_validations.dataValidation
        if one.type == "list"
    }


@needs_office
def test_libreoffice_opens_it_and_what_it_saves_is_read_the_same(settings: Settings, tmp_path: Path) -> None:
    inbox = Path(settings.inbox) / VILLAGE
    persons = families([1, 2])
    persons[1] |= {"nik": None, "alamat": "-", "rt": "001", "tanggallahir": "31/12/1899"}
    write_workbook(inbox / "2023-09" / "a.xlsx", {"penduduk": persons})
    run_intake(settings)
    output = tmp_path / "oktober.xlsx"
    write_template(settings, VILLAGE, date(2023, 10, 1), prefill=True, output=output)
    assert problems(output) == []
    (saved,) = converted(tmp_path, output)
    village = areas.villages(settings.regency)[VILLAGE]
    ours, theirs = (
        read_upload(path, path.name, village=village, received_on=date(2023, 11, 1)) for path in (output, saved)
    )
    assert (ours.error, ours.notes) == (theirs.error, theirs.notes) == (None, ours.notes)
    assert ours.registers["penduduk"].rows.equals(theirs.registers["penduduk"].rows)
    assert openpyxl.load_workbook(saved).sheetnames == [*SHEETS[:-1], "Daftar Keluarga", SHEETS[-1]]


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
