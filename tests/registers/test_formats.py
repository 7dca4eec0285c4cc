"""Every format in every spelling and kind of file: each gives exactly the rows that were written into it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from entas.cli import main as command_line
from entas.errors import EntasError
from entas.registers import catalogue
from entas.registers.reading import FileReading
from entas.registers.schema import REGISTERS
from entas.settings import PROJECT_ROOT, Settings
from tests.registers.files import read
from tests.registers.format_files.cases import Case, Heading
from tests.registers.format_files.formats import FORMATS, NBSP, labels
from tests.registers.format_files.pages import csv_bytes, write_book
from tests.registers.format_files.people import PEOPLE
from tests.registers.format_files.spellings import SPELLINGS, Spelling

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


#: Formats and spellings, as far as they go together.
COMBINATIONS = [(name, spelling) for name in FORMATS for spelling in SPELLINGS if changed(name, spelling) is not None]


def kinds_of(case: Case, spelling: Spelling) -> list[str]:
    """The kinds of file in which the case can be written in that spelling."""
    one_sheet = len(case.drafts) == 1
    return [kind for kind in spelling.kinds if kind != "csv" or one_sheet]


def coverage() -> dict[str, int]:
    """How much is tried: formats, spellings, those of their combinations that have a meaning, and files read."""
    files = sum(len(kinds_of(changed(name, spelling), spelling)) for name, spelling in COMBINATIONS)
    shapes = sum(len(CSV_SHAPES) for name in FORMATS if len(FORMATS[name]().drafts) == 1)
    return {
        "formats": len(FORMATS),
        "spellings": len(SPELLINGS) + len(CSV_SHAPES),
        "formats x spellings": len(COMBINATIONS) + shapes,
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


@pytest.mark.parametrize(("name", "spelling"), COMBINATIONS, ids=[f"{name}-{one.name}" for name, one in COMBINATIONS])
def test_every_format_in_every_spelling(tmp_path: Path, name: str, spelling: Spelling) -> None:
    case = changed(name, spelling)
    assert case is not None
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


def test_the_older_print_with_short_headings_keeps_the_state_of_marriage(tmp_path: Path) -> None:
    case = FORMATS["bip2012"]()
    short = {
        "G.DRH": "GDR",
        "HUB.KEL": "SHDK",
        "AKTA LAHIR": "AKTA",
        "TMPT LHR": "TEMPAT LAHIR",
        "TGL LHR": "TGL LAHIR",
    }
    for line in (*case.sheet.header, *case.sheet.rows):
        line[:] = [short.get(cell, cell) for cell in line]
    found = read(written(tmp_path, case, "xlsx")).registers["penduduk"]
    assert (found.format_version, found.unknown_columns) == ("2012", ())
    assert found.rows["status_kawin"].notna().all()


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


@pytest.mark.parametrize("name", FORMATS)
def test_a_clean_file_needs_no_remark_on_its_headers(tmp_path: Path, name: str) -> None:
    case = FORMATS[name]()
    reading = read(written(tmp_path, case, "xlsx"))
    remarks = ("lebih dari sekali", "tidak dikenal", "dilewati", "dibaca sebagai kolom", "tersembunyi", "tidak dibaca")
    if name.startswith("bip"):  # prints repeat their headers by themselves
        remarks = remarks[:-1]
    assert [note for note in reading.notes if any(remark in note for remark in remarks)] == []
    assert reading.left_out == ()


def test_a_misspelt_header_on_the_first_page_of_a_print_loses_no_row(tmp_path: Path) -> None:
    case = FORMATS["siak"]()
    [header] = case.sheet.header
    again = Heading(header)
    header[header.index("Tanggal Lahir")] = "Tangal Lahir"
    case.sheet.rows[3:3] = [again]
    assert_read(read(written(tmp_path, case, "xlsx")), case, "misspelt first header")


# --- formats of the data team's own ----------------------------------------------------------------------------------

PAGE = PROJECT_ROOT / "docs" / "formats.md"


def blocks(language: str) -> list[str]:
    """The examples of a language on the page about formats."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def own_formats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder of formats that `ENTAS_FORMATS` names; what is written there counts once `forget()` is called."""
    folder = tmp_path / "formats"
    (folder / "code_lists").mkdir(parents=True)
    monkeypatch.setenv("ENTAS_FORMATS", str(folder))
    forget()
    yield folder
    monkeypatch.undo()
    forget()


def forget() -> None:
    """Read the format files anew."""
    for kept in (catalogue.formats, catalogue.area_headers, catalogue.below_data, catalogue.code_list):
        kept.cache_clear()


def test_the_worked_example_of_the_page_is_read_as_it_says(tmp_path: Path, own_formats: Path) -> None:
    [sample] = blocks("csv")
    told, codes, versions = blocks("yaml")
    (own_formats / "simpus.yaml").write_text(told, encoding="utf-8")
    (own_formats / "code_lists" / "simpus.yaml").write_text(codes, encoding="utf-8")
    forget()
    path = tmp_path / "contoh.csv"
    path.write_text(sample, encoding="utf-8")
    reading = read(path)
    assert (reading.error, list(reading.registers)) == (None, ["kesejahteraan"])
    [got] = reading.registers.values()
    assert (got.format_id, got.format_version, got.unknown_columns) == ("simpus", "1", ())
    cards = ["3216090101200011", "3216090101200012", "3216090101200013"]
    assert [
        (row["no_kk"], row["pengeluaran_bulanan"], row["desil"], row["tanggal_pendataan"])
        for row in found(reading, "kesejahteraan")
    ] == [
        (cards[0], 1150000, 1, date(2023, 9, 12)),
        (cards[1], 900000, 2, date(2023, 9, 3)),
        (cards[2], None, 1, None),
    ]

    later = sample.replace(";Kartu;", ";Nomor Kartu;").replace(";Wilayah", ";Wilayah;Petugas")
    path.write_text(later, encoding="utf-8")
    assert 'kolom wajib no_kk ("Kartu")' in (read(path).error or "")

    (own_formats / "simpus.yaml").write_text(told.replace('version: "1"\n', "") + versions, encoding="utf-8")
    forget()
    [got] = read(path).registers.values()
    assert (got.format_version, got.unknown_columns) == ("2", ())
    path.write_text(sample, encoding="utf-8")
    [got] = read(path).registers.values()
    assert got.format_version == "1"


def test_a_format_of_ones_own_replaces_the_built_in_one_of_its_id(tmp_path: Path, own_formats: Path) -> None:
    told = yaml.safe_load((catalogue.FORMATS / "siks_ng.yaml").read_text(encoding="utf-8"))
    told["registers"]["kesejahteraan"]["columns"]["desil"]["headers"].append("Tingkat")
    (own_formats / "desil.yaml").write_text(yaml.safe_dump(told), encoding="utf-8")
    forget()
    case = FORMATS["siks_ng"]()
    header = case.sheet.header[0]
    header[header.index("Desil")] = "Tingkat"
    assert_read(read(written(tmp_path, case, "xlsx")), case, "own format")
    assert [file.path.name for file in catalogue.format_files() if not file.built_in] == ["desil.yaml"]


def test_code_lists_and_area_headers_of_ones_own_come_besides(tmp_path: Path, own_formats: Path) -> None:
    (own_formats / "code_lists" / "siak.yaml").write_text("sex: {1: [JAKA], 2: [DARA]}", encoding="utf-8")
    (own_formats / "area.yaml").write_text("name: [Nagari]", encoding="utf-8")
    forget()
    case = FORMATS["siak"]()
    header = case.sheet.header[0]
    for row, person in zip(case.sheet.rows, PEOPLE, strict=True):
        row[header.index("Kelamin")] = "Jaka" if person.sex == 1 else "Dara"
    header[header.index("Desa/Kel")] = "Nagari"
    assert_read(read(written(tmp_path, case, "xlsx")), case, "own code list")
    for row in case.sheet.rows:
        row[header.index("Nagari")] = "LAIN SEKALI"
    assert "LAIN SEKALI" in (read(written(tmp_path, case, "xlsx")).error or "")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("format: [", "cannot be read"),
        ("", "empty"),
        ("title: x", "needs its id"),
        ("format: x\ntitle: y", "registers is missing|version is missing"),
        ("format: x\ntitle: y\nversion: 1\nregisters: 3", "not as a format file has to be"),
        ("format: x\ntitle: y\nversion: 1\nregisters: {penduduk: {kolom: {}}}", "no such key: kolom"),
        (
            "format: x\ntitle: y\nversion: 1\nregisters: {bantuan: {columns: {program: {headers: [P], part: '('}}}}",
            "x.yaml",
        ),
    ],
)
def test_a_mistake_in_a_format_of_ones_own_is_told_in_one_line(own_formats: Path, wrong: str, says: str) -> None:
    (own_formats / "x.yaml").write_text(wrong, encoding="utf-8")
    forget()
    with pytest.raises(EntasError, match=says) as caught:
        catalogue.formats()
    assert "x.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_of_formats_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ENTAS_FORMATS", str(tmp_path / "nowhere"))
    with pytest.raises(EntasError, match="nowhere is no folder"):
        Settings.from_env({"ENTAS_HOME": str(tmp_path), "ENTAS_FORMATS": str(tmp_path / "nowhere")})


def test_entas_formats_lists_them_and_tries_a_file(tmp_path: Path) -> None:
    listed = CliRunner().invoke(command_line, ["formats", "--json"])
    assert listed.exit_code == 0, listed.output
    told = {one["format_id"]: one for one in json.loads(listed.output)}
    assert {FORMATS[name]().format_id for name in FORMATS} == set(told)
    assert told["bip"]["versions"] == ["12", "19", "2012"]
    path = written(tmp_path, FORMATS["siak"](), "xlsx")
    tried = CliRunner().invoke(command_line, ["formats", str(path), "--json"])
    assert tried.exit_code == 0, tried.output
    [register] = json.loads(tried.output)["registers"]
    assert (register["format_id"], register["rows"], register["unknown"]) == ("siak", len(PEOPLE), [])
    columns = {column["column"]: column for column in register["columns"]}
    assert columns["nik"] == {"column": "nik", "places": ["B"], "filled": len(PEOPLE), "read": len(PEOPLE)}
    assert "B" in CliRunner().invoke(command_line, ["formats", str(path)]).output


def test_the_page_names_every_format() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for file in catalogue.format_files():
        assert f"`{file.content['format']}`" in page


@pytest.mark.parametrize("name", ["bip12", "bip19", "bip2012", "bip_kabupaten"])
@pytest.mark.parametrize("nik", [None, NBSP, "0", "3216", "-"])
def test_every_member_of_a_print_is_a_row_with_or_without_a_nik(tmp_path: Path, name: str, nik: str | None) -> None:
    case = FORMATS[name]()
    place = next(place for place, kind in case.sheet.kinds.items() if kind == "nik")
    for row, expected in zip(case.sheet.data, case.expected["penduduk"], strict=True):
        row[place] = nik
        expected["nik"] = None
    assert_read(read(written(tmp_path, case, "xlsx")), case, f"{name}, NIK {nik!r}")


@pytest.mark.parametrize("name", ["siak", "bip12", "bip19", "entas_penduduk"])
@pytest.mark.parametrize("with_ids", [True, False])
def test_people_called_as_totals_notes_and_labels_are_people(tmp_path: Path, name: str, with_ids: bool) -> None:
    case = FORMATS[name]()
    kinds = {kind: place for place, kind in case.sheet.kinds.items()}
    called = ("JUMLAH", "TOTAL NURHADI", "CATATAN", "LURAH SURYA", "ALAMAT SARI", "DESA WARGA")
    for row, expected, person in zip(case.sheet.data, case.expected["penduduk"], called, strict=True):
        row[kinds["name"]] = expected["nama"] = person
        if not with_ids:
            row[kinds["nik"]] = expected["nik"] = None
            if "card" in kinds:
                row[kinds["card"]] = expected["no_kk"] = None
    assert_read(read(written(tmp_path, case, "xlsx")), case, name)


def _with_headers(change: Any) -> Case:
    """Regsosek's five sheets, their headers changed."""
    case = FORMATS["regsosek"]()
    for draft in case.drafts:
        draft.header = change(draft.header[0])
    return case


@pytest.mark.parametrize(
    "change",
    [
        lambda header: [[int(name) if name.isdigit() else name for name in header]],
        lambda header: [header, [f"Uraian pertanyaan {n}" for n in range(len(header))]],
        lambda header: [[f"Uraian {n}" for n in range(len(header))], header],
        lambda header: [
            [f"{name}_dapat" if re.fullmatch("501[a-g]", name) else name.replace(" ", "_") for name in header]
        ],
        lambda header: [[name.upper() for name in header]],
    ],
    ids=["numbers", "words below", "words above", "as OpenSID calls its fields", "capitals"],
)
def test_the_questions_of_regsosek_however_they_are_headed(tmp_path: Path, change: Any) -> None:
    case = _with_headers(change)
    assert_read(read(written(tmp_path, case, "xlsx")), case, "regsosek")


def test_the_sheets_of_regsosek_may_come_alone(tmp_path: Path) -> None:
    members = FORMATS["regsosek"]()
    members.drafts, members.main = [members.drafts[3]], 0
    members.expected = {"penduduk": members.expected["penduduk"]}
    assert_read(read(written(tmp_path, members, "csv")), members, "members alone")
    aid = FORMATS["regsosek"]()
    aid.drafts, aid.main = [aid.drafts[4]], 0
    aid.expected.pop("penduduk")
    for row in aid.expected["kesejahteraan"]:
        row["tanggal_pendataan"] = None
    assert_read(read(written(tmp_path, aid, "xlsx")), aid, "programmes alone")


def test_the_sheet_that_says_what_a_programme_is_may_hold_more_and_stand_anywhere(tmp_path: Path) -> None:
    hints = FORMATS["opensid_bantuan"]()
    for row in hints.drafts[0].rows:
        row.append("Isi dengan kode: 1 = penduduk, 2 = keluarga")
    assert_read(read(written(tmp_path, hints, "xlsx")), hints, "hints beside")
    titled = FORMATS["opensid_bantuan"]()
    titled.drafts[0].rows = [["PROGRAM BANTUAN"], [], ["Kolom", "Isian"], *titled.drafts[0].rows, ["###", "###"]]
    assert_read(read(written(tmp_path, titled, "xlsx")), titled, "title above")
    turned = FORMATS["opensid_bantuan"]()
    turned.drafts, turned.main = turned.drafts[::-1], 0
    assert_read(read(written(tmp_path, turned, "xlsx")), turned, "after the participants")
    bare = FORMATS["opensid_bantuan"]()
    for row in bare.sheet.rows:
        row[1:] = [None] * 6
    assert_read(read(written(tmp_path, bare, "xlsx")), bare, "nothing but Peserta")
