"""Every format in every spelling and kind of file: each gives exactly the rows that were written into it."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from entas.registers.reading import FileReading
from entas.registers.schema import REGISTERS
from tests.registers.files import read
from tests.registers.format_files.cases import Case
from tests.registers.format_files.formats import FORMATS, labels
from tests.registers.format_files.pages import csv_bytes, write_book
from tests.registers.format_files.spellings import SPELLINGS, Spelling

BY_NAME = {spelling.name: spelling for spelling in SPELLINGS}

#: How a csv may be written besides: separator, encoding.
CSV_SHAPES = [
    (";", "utf-8"),
    ("\t", "utf-8"),
    (",", "utf-8-sig"),
    (";", "utf-16"),
    (";", "utf-16-le"),
    (";", "cp1252"),
]


def changed(name: str, spelling: Spelling) -> Case | None:
    """A fresh case of the format in that spelling, or None where it has no meaning."""
    return spelling.change(FORMATS[name]())


def kinds_of(case: Case, spelling: Spelling) -> list[str]:
    """The kinds of file in which the case can be written in that spelling."""
    one_sheet = len(case.drafts) == 1
    return [kind for kind in spelling.kinds if kind != "csv" or one_sheet]


def coverage() -> dict[str, int]:
    """How much is tried: formats, spellings, those of their combinations that have a meaning, and files read."""
    combinations = [(name, spelling) for name in FORMATS for spelling in SPELLINGS]
    cases = [(changed(name, spelling), spelling) for name, spelling in combinations]
    files = sum(len(kinds_of(case, spelling)) for case, spelling in cases if case is not None)
    shapes = sum(len(CSV_SHAPES) for name in FORMATS if len(FORMATS[name]().drafts) == 1)
    return {
        "formats": len(FORMATS),
        "spellings": len(SPELLINGS) + len(CSV_SHAPES),
        "formats x spellings": sum(case is not None for case, _ in cases) + shapes,
        "files": files + shapes,
        "labels of codes": sum(
            len(words) for program in labels().values() for codes in program.values() for words in codes.values()
        ),
    }


def written(folder: Path, case: Case, kind: str) -> Path:
    """The case as a file of that kind."""
    path = folder / f"x.{kind}"
    if kind == "csv":
        path.write_bytes(csv_bytes(case.sheet.page()))
        return path
    return write_book(path, case.pages())


def found(reading: FileReading, register: str) -> list[dict[str, Any]]:
    """Rows of a register as plain values."""
    columns = list(REGISTERS[register])
    rows = reading.registers[register].rows[columns].astype(object)
    return [{name: _plain(value) for name, value in row.items()} for row in rows.to_dict("records")]


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return None
    return int(value) if isinstance(value, Decimal) and value == int(value) else value


def assert_read(reading: FileReading, case: Case, where: str) -> None:
    """The reading says exactly what the case expects."""
    if case.error:
        assert reading.error is not None, f"{where}: read, and should be refused"
        for word in case.error:
            assert word in reading.error, f"{where}: {reading.error}"
        return
    assert reading.error is None, f"{where}: {reading.error}"
    assert sorted(reading.registers) == sorted(case.expected), f"{where}: {reading.notes}"
    for register, expected in case.expected.items():
        got = reading.registers[register]
        assert got.format_id == case.format_id, where
        wanted = [{name: _plain(row.get(name)) for name in REGISTERS[register]} for row in expected]
        rows = found(reading, register)
        assert len(rows) == len(wanted), f"{where}, {register}: {len(rows)} rows, {len(wanted)} written"
        for number, (row, want) in enumerate(zip(rows, wanted, strict=True)):
            differing = {name: (row[name], want[name]) for name in want if row[name] != want[name]}
            assert not differing, f"{where}, {register}, row {number}: (read, written) {differing}"
    unknown = [name for got in reading.registers.values() for name in got.unknown_columns]
    assert Counter(unknown) == Counter(case.unknown), where
    for word in case.notes:
        assert any(word in note for note in reading.notes), f"{where}: no note with {word!r} in {reading.notes}"


@pytest.mark.parametrize("spelling", SPELLINGS, ids=lambda spelling: spelling.name)
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_in_every_spelling(tmp_path: Path, name: str, spelling: Spelling) -> None:
    case = changed(name, spelling)
    if case is None:
        return
    for kind in kinds_of(case, spelling):
        assert_read(read(written(tmp_path, case, kind)), case, f"{name}, {spelling.name}, {kind}")


@pytest.mark.parametrize(("delimiter", "encoding"), CSV_SHAPES)
@pytest.mark.parametrize("name", [name for name in FORMATS if len(FORMATS[name]().drafts) == 1])
def test_every_format_in_every_shape_of_csv(tmp_path: Path, name: str, delimiter: str, encoding: str) -> None:
    case = FORMATS[name]()
    # a letter outside ASCII, so that the encoding matters
    for row in case.sheet.data:
        for place, kind in case.sheet.kinds.items():
            if kind == "name":
                row[place] = row[place].replace("WARGA", "WARGÁ")
    for rows in case.expected.values():
        for row in rows:
            for column in ("nama", "nama_kepala"):
                if row.get(column):
                    row[column] = row[column].replace("WARGA", "WARGÁ")
    path = tmp_path / "x.csv"
    path.write_bytes(csv_bytes(case.sheet.page(), delimiter=delimiter, encoding=encoding))
    assert_read(read(path), case, f"{name}, {encoding} {delimiter!r}")


# --- labels ----------------------------------------------------------------------------------------------------------

#: Program whose labels are meant -> formats that hold them.
LABELLED = {
    "opensid": ("opensid_penduduk", "entas_penduduk"),
    "siak": ("siak", "bip12", "bip19"),
    "regsosek": ("regsosek",),
}
#: Our columns that stand under another header; entas and OpenSID call them as we do.
HEADED = {
    "siak": {
        "sex": "Kelamin",
        "pendidikan_kk_id": "Pendidikan",
        "pekerjaan_id": "Pekerjaan",
        "status_kawin": "Status Kawin",
        "kk_level": "SHDK",
        "cacat_id": "Cacat",
        "status_dasar": "Status",
    },
    "bip12": {"sex": "JK", "pendidikan_kk_id": "Pendidikan", "pekerjaan_id": "Pekerjaan", "kk_level": "SHDK"},
    "bip19": {
        "sex": "JK",
        "pendidikan_kk_id": "Pendidikan Terakhir",
        "pekerjaan_id": "Pekerjaan",
        "kk_level": "SHDK",
        "status_kawin": "Stat Kwn",
    },
    "regsosek": {"sex": "405", "status_dasar": "404", "status_kawin": "408", "kk_level": "409"},
}


@pytest.mark.parametrize(
    ("name", "program", "column"),
    [
        (name, program, column)
        for program, names in LABELLED.items()
        for name in names
        for column in labels()[program]
        if column in HEADED.get(name, {column: column})
    ],
)
def test_every_label_that_the_programs_write_is_known(tmp_path: Path, name: str, program: str, column: str) -> None:
    case = FORMATS[name]()
    told = [(word, code) for code, words in labels()[program][column].items() for word in (*words, str(code))]
    if program != "opensid":
        told = [(word, code) for word, code in told if word in labels()[program][column][code]]
    header = HEADED.get(name, {}).get(column, column)
    place = next(row.index(header) for row in case.sheet.header if header in row)
    [first, *_] = case.sheet.data
    case.sheet.rows = [*case.sheet.rows[: case.sheet.rows.index(first)]]
    for word, _ in told:
        row = list(first)
        row[place] = word
        case.sheet.rows.append(row)
    rows = found(read(written(tmp_path, case, "xlsx")), "penduduk")
    wrong = {word: row[column] for (word, code), row in zip(told, rows, strict=True) if row[column] != code}
    assert not wrong


def test_wife_or_husband_is_told_by_sex_where_the_form_has_one_code_for_both(tmp_path: Path) -> None:
    case = FORMATS["regsosek"]()
    header = case.sheet.header[0]
    for row, sex in zip(case.sheet.rows, (1, 2, "1. Laki-laki", "2. Perempuan", 1, 2), strict=True):
        row[header.index("405")] = sex
        row[header.index("409")] = 2 if isinstance(sex, int) else "2. Istri/suami"
    rows = found(read(written(tmp_path, case, "xlsx")), "penduduk")
    assert [row["kk_level"] for row in rows] == [2, 3, 2, 3, 2, 3]


@pytest.mark.parametrize(
    ("answer", "level", "stored"),
    [
        (1, None, 3),
        (1, 8, 3),
        (3, 13, 18),
        (2, None, None),
        *((2, level, 4) for level in range(1, 6)),
        *((2, level, 6) for level in range(6, 11)),
        *((2, level, 7) for level in range(11, 18)),
        (2, 18, 10),
        (2, 19, 11),
        (2, 20, 11),
        (2, 21, 12),
        (2, 22, 13),
        ("2. Masih sekolah", "08. SMP", 6),
        ("2. Masih sekolah", "13. SMA", 7),
        ("3. Tidak bersekolah lagi", "03. SD", 18),
        (None, None, None),
    ],
)
def test_schooling_of_regsosek(tmp_path: Path, answer: Any, level: Any, stored: int | None) -> None:
    case = FORMATS["regsosek"]()
    header = case.sheet.header[0]
    for row in case.sheet.rows:
        row[header.index("412")] = answer
        row[header.index("413")] = level
    rows = found(read(written(tmp_path, case, "xlsx")), "penduduk")
    assert {row["pendidikan_sedang_id"] for row in rows} == {stored}


# --- versions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("opensid_penduduk", "2410"),
        ("bip12", "12"),
        ("bip19", "19"),
        ("bip2012", "2012"),
        ("p3ke_keluarga", "2021"),
        ("p3ke_keluarga_2023", "2023"),
        ("siks_ng", "1"),
        ("siks_ng_keluarga", "dtsen"),
        ("regsosek", "2022-K"),
    ],
)
def test_the_version_of_a_format_is_told_by_its_headers(tmp_path: Path, name: str, version: str) -> None:
    case = FORMATS[name]()
    reading = read(written(tmp_path, case, "xlsx"))
    assert {found.format_version for found in reading.registers.values()} == {version}
    assert {found.unknown_columns for found in reading.registers.values()} == {()}


def test_a_column_that_a_new_version_of_a_program_adds_is_listed(tmp_path: Path) -> None:
    for name in ("opensid_penduduk", "siak", "p3ke_keluarga", "siks_ng"):
        case = FORMATS[name]()
        case.sheet.header[0].append("Kolom Baru 2027")
        for row in case.sheet.rows:
            row.append("x")
        reading = read(written(tmp_path, case, "xlsx"))
        [got] = reading.registers.values()
        assert got.unknown_columns == ("Kolom Baru 2027",), name
        assert any("Kolom Baru 2027" in note for note in reading.notes), name


# --- what single formats do ------------------------------------------------------------------------------------------


def test_families_of_p3ke_whose_nik_excel_has_cut_are_kept_apart(tmp_path: Path) -> None:
    for name in ("p3ke_keluarga", "p3ke_individu"):
        case = FORMATS[name]()
        place = next(place for place, kind in case.sheet.kinds.items() if kind == "nik")
        for row in case.sheet.rows:
            row[place] = int(row[place]) // 10 * 10
        rows = found(read(written(tmp_path, case, "xlsx")), "kesejahteraan")
        assert [row["id_keluarga_p3ke"] for row in rows] == ["122237091", "122237092", "122237093"], name
        assert {row["nik_kepala"] for row in rows} == {None}


def test_where_the_heads_nik_is_not_usable_the_first_member_with_one_stands_for_the_family(tmp_path: Path) -> None:
    case = FORMATS["p3ke_individu"]()
    [header] = case.sheet.header
    niks = [row[header.index("NIK")] for row in case.sheet.rows]
    case.sheet.rows[0][header.index("NIK")] = "3216"
    reading = read(written(tmp_path, case, "xlsx"))
    rows = found(reading, "kesejahteraan")
    assert [row["nik_kepala"] for row in rows] == [niks[1], niks[3], niks[5]]
    assert any("3 baris anggota" in note and "penduduk" in note for note in reading.notes)
    assert "penduduk" not in reading.registers


def test_a_family_with_two_deciles_gives_two_rows_to_judge(tmp_path: Path) -> None:
    case = FORMATS["siks_ng"]()
    case.sheet.rows[1][case.sheet.header[0].index("Desil")] = 5
    rows = found(read(written(tmp_path, case, "xlsx")), "kesejahteraan")
    assert [(row["no_kk"][-2:], row["desil"]) for row in rows] == [("11", 1), ("11", 5), ("12", 2), ("13", 1)]


@pytest.mark.parametrize(
    ("target", "card"), [(1, False), ("Penduduk", False), (2, True), ("Keluarga", True), (3, None), (4, None)]
)
def test_whom_an_aid_programme_is_for_tells_what_peserta_is(tmp_path: Path, target: Any, card: bool | None) -> None:
    case = FORMATS["opensid_bantuan_keluarga" if card else "opensid_bantuan"]()
    case.drafts[0].rows[2][1] = target
    if card is None:  # a household's or a group's own number
        for number, row in enumerate(case.sheet.rows):
            row[0] = f"RTM-{number}"
    rows = found(read(written(tmp_path, case, "xlsx")), "bantuan")
    assert [row["nik"] for row in rows] == [row["nik"] for row in case.expected["bantuan"]]
    assert [row["no_kk"] for row in rows] == [row.get("no_kk") for row in case.expected["bantuan"]]
    assert {(row["nilai"], row["tanggal_salur"]) for row in rows} == {(None, None)}


@pytest.mark.parametrize(
    ("written_as", "stored"),
    [(1, "Pusat"), ("2", "Provinsi"), (3, "Kab/Kota"), (4, "Dana Desa"), ("Dana Desa", "Dana Desa"), ("CSR", "CSR")],
)
def test_where_the_money_of_an_aid_programme_comes_from(tmp_path: Path, written_as: Any, stored: str) -> None:
    case = FORMATS["opensid_bantuan"]()
    case.drafts[0].rows[4][1] = written_as
    rows = found(read(written(tmp_path, case, "xlsx")), "bantuan")
    assert {row["sumber_dana"] for row in rows} == {stored}


def test_participants_without_their_programme_are_no_payments(tmp_path: Path) -> None:
    case = FORMATS["opensid_bantuan"]()
    reading = read(write_book(tmp_path / "x.xlsx", case.pages()[1:]))
    assert reading.registers == {}
    assert "Nama Program" in reading.error or "program" in reading.error


def test_an_aid_programme_without_card_numbers_of_its_own_is_read(tmp_path: Path) -> None:
    case = FORMATS["opensid_bantuan"]()
    for row in case.sheet.rows:
        row[1] = None
    assert_read(read(written(tmp_path, case, "xlsx")), case, "no participant numbers")


def test_a_print_is_read_by_its_families_whatever_stands_between_them(tmp_path: Path) -> None:
    """Footers, continued cells and page numbers of a print are no persons; every person keeps the card above it."""
    for name in ("bip12", "bip19"):
        case = FORMATS[name]()
        rows: list[list[Any]] = []
        for number, row in enumerate(case.sheet.rows):
            rows.append(row)
            if number % 3 == 1:
                last = len(case.sheet.header[0]) - 1
                rows += [[], ["Hal. 1 dari 3", None, None, None, "Dicetak: 01-09-2023"], [*[None] * last, "SHIPPED"]]
        case.sheet.rows = rows
        case.sheet.below = [
            ["Keterangan:"],
            ["JK: L = Laki-laki, P = Perempuan"],
            ["SHDK: status hubungan dalam keluarga"],
        ]
        assert_read(read(written(tmp_path, case, "xls")), case, name)
