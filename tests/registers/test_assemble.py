"""Cells as columns: codes of several answers, dates without a day, questions once a programme, rows that are one."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from entas.registers import cells
from entas.registers.assemble import _case, _date
from entas.registers.reading import RegisterReading
from tests.registers.files import read, table, write
from tests.registers.format_files.formats import FORMATS
from tests.registers.format_files.pages import Formula, write_book

CASES = [[1, "*", 10], [2, 1, 21], [2, "-", None], [2, "*", 29]]


@pytest.mark.parametrize(
    ("answers", "stored"),
    [
        ((1, None), (10, cells.OK)),
        ((1, "?"), (10, cells.OK)),
        ((2, 1), (21, cells.OK)),
        ((2, None), (None, cells.BLANK)),
        ((2, 5), (29, cells.OK)),
        ((3, 1), (None, cells.UNREADABLE)),
        (("?", 1), (None, cells.UNREADABLE)),
        ((None, 1), (None, cells.UNREADABLE)),
        ((None, None), (None, cells.BLANK)),
    ],
)
def test_several_answers_give_one_code(answers: tuple[Any, Any], stored: cells.Value) -> None:
    key = [
        (None, cells.BLANK) if one is None else (None, cells.UNREADABLE) if one == "?" else (one, cells.OK)
        for one in answers
    ]
    assert _case(key, CASES) == stored


@pytest.mark.parametrize(
    ("told", "stored"),
    [
        ((None, "3", "2022"), (date(2022, 3, 1), cells.OK)),
        (("17", "08", "2022"), (date(2022, 8, 17), cells.OK)),
        ((None, "Agustus", "2022"), (date(2022, 8, 1), cells.OK)),
        ((None, "nop", "2022"), (date(2022, 11, 1), cells.OK)),
        ((None, None, "2022"), (None, cells.BLANK)),
        ((None, "3", None), (None, cells.BLANK)),
        ((None, "0", "0"), (None, cells.BLANK)),
        ((None, "-", "-"), (None, cells.BLANK)),
        ((None, "13", "2022"), (None, cells.UNREADABLE)),
        ((None, "kemarau", "2022"), (None, cells.UNREADABLE)),
    ],
)
def test_a_month_and_a_year_are_a_date(told: tuple[str | None, ...], stored: cells.Value) -> None:
    assert _date(*told) == stored


# --- rows ----------------------------------------------------------------------------------------------------------


def individual_rows(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of a P3KE list of individuals."""
    return [
        {
            "ID Keluarga": "F1",
            "Desil Kesejahteraan": 1,
            "ID Individu": number,
            "Nama": f"WARGA {number}",
            "NIK": f"321609170885{number:04d}",
            "Hubungan Dengan Kpl. Keluarga": "Anak",
            **row,
        }
        for number, row in enumerate(rows, start=1)
    ]


def individuals(tmp_path: Path, *rows: dict[str, Any]) -> RegisterReading:
    """The families in a P3KE list of individuals."""
    path = write(tmp_path / "x.xlsx", {"x": table(individual_rows(*rows))})
    return read(path).registers["kesejahteraan"]


HEAD = {"Hubungan Dengan Kpl. Keluarga": "Kepala Keluarga"}


def test_the_head_stands_for_the_family_wherever_it_is_listed(tmp_path: Path) -> None:
    found = individuals(tmp_path, {}, HEAD, {}, {"ID Keluarga": "F2", **HEAD})
    assert found.rows["nama_kepala"].tolist() == ["WARGA 2", "WARGA 4"]
    assert found.rows["row_number"].tolist() == [3, 5]


def test_a_member_with_a_usable_nik_stands_in_for_a_head_without(tmp_path: Path) -> None:
    found = individuals(tmp_path, {"NIK": "1"}, {**HEAD, "NIK": "0"}, {})
    assert found.rows["nik_kepala"].tolist() == ["3216091708850003"]
    nobody = individuals(tmp_path, {"NIK": "1"}, {**HEAD, "NIK": "0"}, {"NIK": None})
    assert nobody.rows["row_number"].tolist() == [3]


def test_what_the_row_that_stands_leaves_blank_is_taken_from_the_others_with_its_place(tmp_path: Path) -> None:
    found = individuals(tmp_path, {"Desil Kesejahteraan": 2}, {**HEAD, "Desil Kesejahteraan": None})
    assert found.rows["desil"].tolist() == [2]
    assert found.place(0, "desil") == ("x", 2, 1)
    assert found.place(0, "nik_kepala") == ("x", 3, 4)
    assert found.place(0, "no_kk") is None


def test_rows_whose_family_is_not_told_stay_by_themselves(tmp_path: Path) -> None:
    assert len(individuals(tmp_path, {"ID Keluarga": None}, {"ID Keluarga": " "}, {"ID Keluarga": "-1"}).rows) == 3


@pytest.mark.parametrize("families_first", [True, False])
def test_a_workbook_with_both_lists_names_each_family_once(tmp_path: Path, families_first: bool) -> None:
    families = [
        {"ID Keluarga": "F1", "Desil Kesejahteraan": None, "Kepala Keluarga": "WARGA 1", "NIK": "3216091708850001"},
        {"ID Keluarga": "F2", "Desil Kesejahteraan": 2, "Kepala Keluarga": "WARGA 8", "NIK": "3216091708850008"},
        {"ID Keluarga": "F2", "Desil Kesejahteraan": 2, "Kepala Keluarga": "WARGA 9", "NIK": "3216091708850009"},
    ]
    sheets = {
        "Keluarga": table(families),
        "Individu": table(individual_rows(HEAD, {}, {"ID Keluarga": "F2", **HEAD}, {"ID Keluarga": "F3", **HEAD})),
    }
    ordered = sheets if families_first else dict(reversed(sheets.items()))
    reading = read(write(tmp_path / "x.xlsx", ordered))
    rows = reading.registers["kesejahteraan"].rows.sort_values("id_keluarga_p3ke", kind="stable")
    # the two rows of F2 in the list of families stay: whether they repeat each other is for the rules to say
    assert rows["id_keluarga_p3ke"].tolist() == ["F1", "F2", "F2", "F3"]
    assert rows["sheet"].tolist() == ["Keluarga", "Keluarga", "Keluarga", "Individu"]
    assert rows["desil"].tolist() == [1, 2, 2, 1]
    assert any("3 baris anggota" in note for note in reading.notes)


@pytest.mark.parametrize("deciles", [(1, 1), (1, 2)])
def test_a_card_with_two_deciles_stays_two_rows(tmp_path: Path, deciles: tuple[int, int]) -> None:
    rows = [
        {"No KK": "3216090101200001", "NIK": f"321609170885000{n}", "Nama": "A", "Desil": decile}
        for n, decile in enumerate(deciles, start=1)
    ]
    reading = read(write(tmp_path / "x.xlsx", {"x": table(rows)}))
    assert len(reading.registers["kesejahteraan"].rows) == len(set(deciles))
    assert any("1 baris anggota" in note for note in reading.notes) is (len(set(deciles)) == 1)


# --- places --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_every_cell_is_where_its_reading_says(tmp_path: Path, name: str) -> None:
    case = FORMATS[name]()
    pages = {page.name: page.rows for page in case.pages()}
    reading = read(write_book(tmp_path / "x.xlsx", case.pages()))
    for register, found in reading.registers.items():
        seen = 0
        for position, row in enumerate(found.cells.to_dict("records")):
            for column, text in row.items():
                place = found.place(position, column)
                if place is None or not isinstance(text, str) or (name.startswith("regsosek") and column == "program"):
                    continue  # a programme is named by its question, and stands where that is answered
                sheet, row_number, index = place
                cell = pages[sheet][row_number - 1][index]
                there = cells.written(cell.value if isinstance(cell, Formula) else cell)
                assert there, (register, position, column, place)
                # a cell may hold more than the column takes from it, and a column be made of more cells than one
                parts = [part.strip() for part in text.split(" / ")]
                assert any(part in there or there in part for part in (text, *parts)), (register, column, text, there)
                seen += 1
        assert seen >= 2 * len(found.rows)
        assert found.given <= set(found.cells)


def test_programmes_lead_to_the_question_they_come_from(tmp_path: Path) -> None:
    header = ["no kartu keluarga", "501a", "501a bulan", "501a tahun", "501b", "501b bulan", "501b tahun"]
    rows = [["3216090101200001", 2, None, None, 1, 3, 2022], ["3216090101200002", 1, None, None, 1, 4, 2022]]
    reading = read(write(tmp_path / "x.xlsx", {"5": [header, *rows]}))
    found = reading.registers["bantuan"]
    assert found.rows["row_number"].tolist() == [2, 3, 3]
    assert [found.place(position, "program") for position in range(3)] == [("5", 2, 4), ("5", 3, 1), ("5", 3, 4)]
    assert [found.place(position, "tanggal_salur") for position in range(3)] == [("5", 2, 6), ("5", 3, 3), ("5", 3, 6)]
    assert [str(day) for day in found.rows["tanggal_salur"]] == ["2022-03-01", "None", "2022-04-01"]
    assert any("2 tanggal hanya memuat bulan dan tahun" in note for note in reading.notes)


def test_order_of_sheets_does_not_matter_to_what_is_joined(tmp_path: Path) -> None:
    case = FORMATS["regsosek"]()
    wanted = {row["no_kk"]: row["tanggal_pendataan"] for row in case.expected["kesejahteraan"]}
    for seed in range(4):
        pages = case.pages()
        random.Random(seed).shuffle(pages)
        found = read(write_book(tmp_path / "x.xlsx", pages)).registers["kesejahteraan"].rows
        assert dict(zip(found["no_kk"], found["tanggal_pendataan"], strict=True)) == wanted


def test_of_two_columns_with_ids_the_one_counts_that_excel_has_not_cut(tmp_path: Path) -> None:
    about = [["Nama Program", "PKH"], ["Sasaran Program", 1], ["Asal Dana", 1]]
    niks = ["3216091708850001", "3216096802900004"]
    rows = [[int(nik) // 10 * 10, number, nik, "WARGA"] for number, nik in enumerate(niks)]
    sheets = {"Program": about, "Peserta": [["Peserta", "No. Peserta", "NIK", "Nama"], *rows]}
    found = read(write(tmp_path / "x.xlsx", sheets)).registers["bantuan"]
    assert found.rows["nik"].tolist() == niks
    assert found.place(1, "nik") == ("Peserta", 3, 2)
    both_cut = {**sheets, "Peserta": [sheets["Peserta"][0], *([row[0], row[1], row[0], row[3]] for row in rows)]}
    assert read(write(tmp_path / "y.xlsx", both_cut)).registers["bantuan"].rows["nik"].isna().all()


def test_siak_by_the_names_of_its_database(tmp_path: Path) -> None:
    header = (
        "NO_KK NIK NAMA_LGKP TMPT_LHR TGL_LHR JENIS_KLMIN STAT_KWN STAT_HBKEL PDDK_AKH JENIS_PKRJN NO_RT NO_RW".split()
    )
    row = ["3216090101200001", "3216091708850001", "WARGA", "BEKASI", "17-08-1985", "LAKI-LAKI", "KAWIN"]
    row += ["KEPALA KELUARGA", "SLTA/SEDERAJAT", "WIRASWASTA", "001", "002"]
    found = read(write(tmp_path / "x.xlsx", {"x": [header, row]})).registers["penduduk"]
    assert (found.format_id, found.unknown_columns) == ("siak", ())
    [person] = found.rows.to_dict("records")
    assert [person[name] for name in ("sex", "kk_level", "status_kawin", "pendidikan_kk_id", "pekerjaan_id", "rt")] == [
        1,
        1,
        2,
        5,
        88,
        "001",
    ]
