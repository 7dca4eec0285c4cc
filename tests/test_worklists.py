"""Worklists of a month: who is on them, in what words, and that a filled list comes back as decisions."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pytest
import yaml

from entas.cli import main as command_line
from entas.errors import EntasError, UsageError
from entas.intake import run_intake
from entas.settings import PROJECT_ROOT, Settings
from entas.warehouse.dbt import transform
from entas.worklists import Summary, write_worklists
from entas.worklists.tasks import wording
from tests.conftest import make_settings
from tests.intake.ooxml import problems
from tests.office import converted, needs_office
from tests.workbooks import family, nik, no_kk, touch, write_workbook

DISTRICT, OWN, OTHER = "32.16.09", "32.16.09.2003", "32.16.09.2004"
OCTOBER = date(2023, 10, 1)
#: Rows and columns of the village's list, as a reader counts them.
TOP = 5
CARD, FILLED = "C", "MNOPQR"


@dataclass(frozen=True)
class World:
    """Two villages of one kecamatan in October 2023, built."""

    settings: Settings
    summary: Summary

    @property
    def village_book(self) -> Path:
        [path] = (Path(self.settings.feedback) / OWN / "2023-10").glob("daftar-verifikasi-*.xlsx")
        return path

    @property
    def district_book(self) -> Path:
        return Path(self.settings.feedback) / DISTRICT / "2023-10" / f"daftar-verifikasi-{DISTRICT}-2023-10.xlsx"


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> World:
    settings = make_settings(tmp_path_factory.mktemp("worklists"), new_database())
    inbox = Path(settings.inbox)
    persons = [row for number in range(1, 7) for row in family(number, alamat="Kp. Asih", dusun="Dusun I", rt="001")]
    persons[0] |= {"nama": "=HYPERLINK(1)", "alamat": "-Kp. Baru"}
    poor, rich = {"penghasilan_bulanan": 400_000}, {"penghasilan_bulanan": 2_000_000}
    # It lists the card of family 2, and under the NIK of the head of family 6 somebody else; received first, it keeps
    # neither.
    twin = family(8, members=1, nik=nik(60), nama="WARGA KEMBAR")
    write_workbook(inbox / OTHER / "2023-10" / "register.xlsx", {"penduduk": [*family(2, members=1), *twin]})
    write_workbook(
        inbox / OWN / "2023-10" / "register.xlsx",
        {
            "penduduk": persons,
            "kesejahteraan": [
                {"no_kk": no_kk(1), **poor},
                {"no_kk": no_kk(3), **rich},
                {"no_kk": no_kk(4), **poor},
                {"no_kk": no_kk(5), "desil": 1},
                {"no_kk": no_kk(6), **rich},
            ],
            "verifikasi": [
                {"no_kk": no_kk(2), "tanggal_musyawarah": "20/11/2022", "hasil": "layak"},
                {"no_kk": no_kk(3), "tanggal_musyawarah": "05/09/2023", "hasil": "layak"},
                {"no_kk": no_kk(4), "tanggal_musyawarah": "05/09/2023", "hasil": "tidak layak", "alasan": "mampu"},
            ],
        },
    )
    run_intake(settings)
    transform(settings)
    return World(settings, write_worklists(settings, OCTOBER))


def families_of(path: Path) -> dict[str, dict[str, Any]]:
    """Rows of a village's list by card number, by heading."""
    sheet = openpyxl.load_workbook(path)["Daftar Verifikasi"]
    head, *rows = sheet.iter_rows(min_row=TOP - 1, values_only=True)
    return {row[2]: dict(zip(head, row, strict=True)) for row in rows}


def test_each_family_is_told_once_with_why_and_what(world: World) -> None:
    found = families_of(world.village_book)
    assert [(row["Prioritas"], row["Jenis tugas"]) for row in found.values()] == [
        ("1 (segera)", "Tercatat ganda\nKeputusan berakhir"),
        ("1 (segera)", "Bertentangan"),
        ("1 (segera)", "Bertentangan"),
        ("2", "Belum pernah diverifikasi"),
        ("3", "Calon desil 1"),
        ("3", "Tercatat ganda"),
    ]
    assert len(found) == 6
    first = found[no_kk(1)]
    assert first["Kepala keluarga"] == "=HYPERLINK(1)"
    assert first["Tempat tinggal"] == "-Kp. Baru, Dusun I, RT 001"
    assert (first["Jiwa"], first["Pendapatan per orang sebulan (Rp)"]) == (2, 200_000)
    assert first["Keputusan terakhir"] == "belum ada"
    assert first["Mengapa ada di daftar ini"] == (
        "Terhitung miskin ekstrem hanya menurut pendapatan: pendapatan per orang sebulan Rp200.000, di bawah garis "
        "Rp322.170. Musyawarah belum pernah memutuskannya."
    )
    assert first["Batas waktu"] == datetime(2023, 12, 4)
    doubled = found[no_kk(2)]
    assert doubled["Keputusan terakhir"] == "layak, 20 November 2022"
    assert "hanya berlaku sampai 31 Oktober 2023." in doubled["Mengapa ada di daftar ini"]
    assert "juga tercantum pada register Desa Waluya (32.16.09.2004)" in doubled["Mengapa ada di daftar ini"]
    assert (
        "Diputuskan tidak layak (tidak layak sejak awal) pada 5 September 2023, padahal"
        in (found[no_kk(4)]["Mengapa ada di daftar ini"])
    )
    assert found[no_kk(6)]["Mengapa ada di daftar ini"] == (
        "NIK WARGA 6 0 juga tercantum pada sebuah keluarga di Desa Waluya (32.16.09.2004); orangnya dihitung pada "
        "keluarga ini."
    )


def test_the_list_is_safe_to_open_and_print(world: World) -> None:
    for path in (world.village_book, world.district_book):
        assert [one for one in problems(path) if "is a formula: IFERROR(" not in one] == []
        for sheet in openpyxl.load_workbook(path):
            assert sheet.page_setup.orientation == "landscape", sheet.title
            typed = [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
            assert bool(typed) == (sheet.title == "verifikasi")
    sheet = openpyxl.load_workbook(world.village_book)["Daftar Verifikasi"]
    assert sheet.print_title_rows == f"${TOP - 1}:${TOP - 1}"
    assert {one.type for one in sheet.data_validations.dataValidation} == {"list", "date"}
    choices = [one.formula1 for one in sheet.data_validations.dataValidation if one.type == "list"]
    assert choices[0] == '"layak,tidak layak"'
    assert "tidak layak sejak awal" in choices[1]


def test_a_kecamatan_plans_by_village_and_sees_no_whole_card_number(world: World) -> None:
    book = openpyxl.load_workbook(world.district_book)
    texts = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert not [text for text in texts if re.search(r"\d{16}", text)]
    assert "3216********0001" in texts
    summary = [row for row in book["Ringkasan"].iter_rows(values_only=True) if row[0]]
    [head] = [row for row in summary if row[0] == "Desa/Kelurahan"]
    counts = {row[0]: dict(zip(head, row, strict=True)) for row in summary if row[6] is not None and row is not head}
    assert set(counts) == {"Desa Karangasih (32.16.09.2003)", "Desa Waluya (32.16.09.2004)", "Jumlah"}
    assert counts["Jumlah"]["Keluarga"] == 8
    assert counts["Jumlah"]["Tercatat ganda"] == 4
    assert counts["Desa Waluya (32.16.09.2004)"]["Prioritas 1"] == 1
    assert len(list(book["Daftar"].iter_rows(min_row=4))) == 8


def test_the_summary_counts_and_names_nobody(world: World) -> None:
    assert world.summary.to_dict() == {
        "period": "2023-10",
        "districts": 1,
        "villages": 2,
        "families": 8,
        "tasks": {"never_verified": 1, "expiring": 1, "conflicting": 2, "duplicate_claimed": 4, "decile_1": 1},
        "priority_1": 4,
        "removed": 0,
    }


def test_every_sentence_of_the_mart_has_words() -> None:
    contract = yaml.safe_load(
        (PROJECT_ROOT / "dbt_project/models/marts/rpt_verification_worklist.yml").read_text(encoding="utf-8")
    )
    accepted = {
        column["name"]: test["accepted_values"]["arguments"]["values"]
        for column in contract["models"][0]["columns"]
        for test in column.get("data_tests", [])
        if "accepted_values" in test
    }
    words = wording()
    assert list(words.sentences) == accepted["sentence_key"]
    assert list(words.kinds) == list(words.advice) == accepted["kind"]


def test_a_second_run_replaces_the_lists_and_removes_what_does_not_hold(world: World) -> None:
    path = world.village_book
    stale = path.with_name(path.name[: -len("abcdef.xlsx")] + "abcdef.xlsx")
    shutil.copy(path, stale)
    kept = path.with_name(f"{path.name}.hasil-periksa.xlsx")
    kept.write_bytes(b"the feedback on the list that came back")
    gone = Path(world.settings.feedback) / "32.16.01" / "2023-10" / "daftar-verifikasi-32.16.01-2023-10.xlsx"
    gone.parent.mkdir(parents=True)
    gone.write_bytes(b"")
    assert write_worklists(world.settings, OCTOBER).removed == 2
    assert path.exists()
    assert kept.exists()
    assert not stale.exists()
    kept.unlink()
    assert write_worklists(world.settings, OCTOBER, "321609").removed == 0


def test_wrong_months_and_kecamatan_are_told(world: World) -> None:
    with pytest.raises(EntasError, match="the marts have no month 2021-01"):
        write_worklists(world.settings, date(2021, 1, 1))
    with pytest.raises(UsageError, match="is no kecamatan of regency"):
        write_worklists(world.settings, OCTOBER, "32.16.99")


def test_the_command_tells_what_it_wrote(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Settings, "from_env", classmethod(lambda _: world.settings))
    with pytest.raises(SystemExit) as left:
        command_line(["worklists", "--period", "2023-10", "--district", DISTRICT, "--json"])
    assert left.value.code == 0
    assert json.loads(capsys.readouterr().out) == world.summary.to_dict()
    with pytest.raises(SystemExit) as left:
        command_line(["worklists", "--period", "2023-10", "--district", "32.16.99"])
    assert left.value.code == 2


def test_marts_that_are_not_built_are_told(settings: Settings) -> None:
    with pytest.raises(EntasError, match="run entas transform first"):
        write_worklists(settings, OCTOBER)


# --- the list comes back -------------------------------------------------------------------------------------------

#: What is written beside families 1 and 2: the third column stays empty for a family that is eligible.
ANSWERS = {
    no_kk(1): (date(2023, 11, 3), "layak", None, "BA/07", "SITI", "PSM"),
    no_kk(2): (date(2023, 11, 3), "tidak layak", "graduasi", "BA/07", "SITI", "PSM"),
}


def filled_as_excel_would(source: Path, target: Path, answers: Mapping[str, tuple[Any, ...]]) -> Path:
    """A copy with answers, and with the results of the formulas that Excel stores beside them."""
    rows = {card: row for row, card in enumerate(families_of(source), start=TOP)}
    typed: dict[str, Any] = {}
    results: dict[str, Any] = {}
    for card, cells in answers.items():
        typed |= dict(zip((f"{column}{rows[card]}" for column in FILLED), cells, strict=True))
        results |= dict(zip((f"{column}{rows[card] - TOP + 2}" for column in "ABCDEFG"), (card, *cells), strict=True))
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/worksheets/sheet2.xml":
                content = re.sub(rb'<c r="(\w+)" s="(\d+)"/>', lambda m: _cell(m, typed, b""), content)
            elif name == "xl/worksheets/sheet3.xml":
                content = re.sub(
                    rb'<c r="(\w+)" s="(\d+)" t="str">(<f>.*?</f>)<v> </v></c>',
                    lambda m: _cell(m, results, m[3]),
                    content,
                )
            new.writestr(name, content)
    return touch(target)


def _cell(found: re.Match[bytes], values: Mapping[str, Any], formula: bytes) -> bytes:
    value = values.get(found[1].decode())
    if value is None:
        return found[0]
    if isinstance(value, date):
        return b'<c r="%b" s="%b">%b<v>%d</v></c>' % (found[1], found[2], formula, (value - date(1899, 12, 30)).days)
    return b'<c r="%b" s="%b" t="str">%b<v>%b</v></c>' % (found[1], found[2], formula, value.encode())


@pytest.fixture
def decisions(world: World) -> Iterator[Callable[[], list[tuple[Any, ...]]]]:
    """Decisions of uploads of November, with their upload's status; those uploads are forgotten afterwards."""

    def read() -> list[tuple[Any, ...]]:
        with psycopg.connect(world.settings.warehouse_url) as connection:
            return connection.execute(
                "select no_kk, tanggal_musyawarah, hasil, alasan, nomor_berita_acara, petugas, jabatan_petugas"
                " from raw.verifikasi join raw.upload using (upload_id) where period = '2023-11' order by position"
            ).fetchall()

    yield read
    shutil.rmtree(Path(world.settings.inbox) / OWN / "2023-11", ignore_errors=True)


def as_loaded(rows: list[tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    return {no_kk: (day, hasil.replace("_", " "), *rest) for no_kk, day, hasil, *rest in rows}


def test_a_list_that_is_partly_filled_in_loads_what_was_decided(
    world: World, decisions: Callable[[], list[tuple[Any, ...]]]
) -> None:
    target = Path(world.settings.inbox) / OWN / "2023-11" / world.village_book.name
    filled_as_excel_would(world.village_book, target, ANSWERS)
    (outcome,) = run_intake(world.settings).uploads
    assert (outcome.status, outcome.rows_read, outcome.rows_warned) == ("accepted", 2, 0)
    found = as_loaded(decisions())
    assert set(found) == set(ANSWERS)
    assert found[no_kk(2)] == ANSWERS[no_kk(2)]
    assert found[no_kk(1)][:2] == ANSWERS[no_kk(1)][:2]


def test_a_decision_without_its_day_is_asked_for(world: World, decisions: object) -> None:
    target = Path(world.settings.inbox) / OWN / "2023-11" / "tanpa-tanggal.xlsx"
    filled_as_excel_would(world.village_book, target, {**ANSWERS, no_kk(5): (None, "layak", None, None, None, None)})
    (outcome,) = run_intake(world.settings).uploads
    assert (outcome.status, outcome.rows_read, outcome.rows_quarantined) == ("accepted_with_quarantine", 3, 1)


def test_a_list_that_nobody_filled_in_says_so(world: World, decisions: object) -> None:
    target = Path(world.settings.inbox) / OWN / "2023-11" / "kosong.xlsx"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(world.village_book, target)
    touch(target)
    (outcome,) = run_intake(world.settings).uploads
    assert outcome.status == "rejected"
    assert "hanya berisi judul kolom" in outcome.reason


@needs_office
def test_libreoffice_takes_the_answers_over_as_excel_does(
    world: World, decisions: Callable[[], list[tuple[Any, ...]]], tmp_path: Path
) -> None:
    """Filled in by a program that calculates nothing, and then opened and saved by one that does."""
    book = openpyxl.load_workbook(world.village_book)
    sheet = book["Daftar Verifikasi"]
    rows = {card: row for row, card in enumerate(families_of(world.village_book), start=TOP)}
    for card, cells in ANSWERS.items():
        for column, value in zip(FILLED, cells, strict=True):
            sheet[f"{column}{rows[card]}"] = value
    sheet.delete_rows(rows[no_kk(5)])  # a row taken out is no error
    book.save(tmp_path / "diisi.xlsx")
    [saved] = converted(tmp_path, tmp_path / "diisi.xlsx")
    target = Path(world.settings.inbox) / OWN / "2023-11" / "libreoffice.xlsx"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(saved, target)
    touch(target)
    (outcome,) = run_intake(world.settings).uploads
    assert (outcome.status, outcome.rows_read, outcome.rows_warned) == ("accepted", 2, 0)
    assert as_loaded(decisions()).keys() >= ANSWERS.keys()
