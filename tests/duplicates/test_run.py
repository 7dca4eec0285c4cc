"""`entas duplicates` over real uploads: what is kept, who is told what, and what is never told."""

from __future__ import annotations

import csv
import json
import logging
import traceback
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import psycopg
import pytest

from entas.clock import require_period
from entas.duplicates import find_duplicates, judge_pair
from entas.duplicates.worklist import FILE_NAME
from entas.errors import EntasError, UsageError
from entas.intake import run_intake
from entas.settings import Settings
from entas.warehouse import open_warehouse
from tests.workbooks import no_kk, touch, write_workbook

HERE, THERE, QUIET = "32.16.09.2003", "32.16.09.2004", "32.16.01.2005"
PERIOD = require_period("2023-10")
KNOWN_LEVELS = {
    "sama", "nyaris_sama", "mirip", "beda", "tidak_diketahui", "hari_dan_bulan_tertukar", "satu_angka_berbeda",
    "sebagian_sama", "tahun_sama", "desa_sama", "kecamatan_sama",
}  # fmt: skip


def _person(card: int, nik: str | None, nama: str, born: str, level: str = "1", sex: str = "1") -> dict[str, Any]:
    return {"no_kk": no_kk(card), "nik": nik, "nama": nama, "sex": sex, "tanggallahir": born, "kk_level": level,
            "status_dasar": "1"}  # fmt: skip


#: A couple with a child; the other village lists the three without NIKs and spells them in its own way.
HERE_ROWS = [
    _person(1, "3216091204800001", "SAEFUL ANWAR", "12/04/1980"),
    _person(1, "3216094109820001", "SITI ROHMAH", "01/09/1982", "3", "2"),
    _person(1, "3216090303100001", "RIZKI RAMADAN", "03/03/2010", "4"),
    _person(2, "3216091508750001", "=HYPERLINK SANTOSA", "15/08/1975"),
    _person(3, "3216090107900001", "NANDANG KOSASIH", "01/07/1990"),
    _person(4, "3216090203610001", "KARTA WIJAYA", "02/03/1961"),
]
THERE_ROWS = [
    _person(11, None, "H. Saipul Anwar, S.Pd", "12/04/1980"),
    _person(11, None, "St. Rohmah", "01/09/1982", "3", "2"),
    _person(11, None, "M. Rizky Romadan", "03/03/2010", "4"),
    _person(12, None, "=Hyperlink Santosa", "15/08/1975"),
    _person(13, "3216090107900001", "NANDANG KOSASIH", "01/07/1990"),  # the exact rule's
    _person(14, "3216091010550001", "OMAN SUHERMAN", "10/10/1955"),
]


def _put(settings: Settings, village: str, rows: list[dict[str, Any]], name: str, period: str = "2023-10") -> None:
    write_workbook(Path(settings.inbox) / village / period / name, {"penduduk": rows})


def _take_in(settings: Settings) -> None:
    assert {one.status for one in run_intake(settings).uploads} == {"accepted"}


@pytest.fixture
def two_villages(settings: Settings) -> Settings:
    _put(settings, HERE, HERE_ROWS, "oktober.xlsx")
    _put(settings, THERE, THERE_ROWS, "penduduk.xlsx")
    _put(settings, QUIET, [_person(21, "3216010101700001", "UCOK LUBIS", "01/01/1970")], "a.xlsx")
    _take_in(settings)
    return settings


def _rows(settings: Settings, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(str(settings.warehouse_url)) as connection:
        return connection.execute(query, values).fetchall()


_NAMED = """
select d.kind, least(l.nama, r.nama), greatest(l.nama, r.nama) from quality.possible_duplicate d
join raw.penduduk l on (l.upload_id, l.position) = (d.left_upload_id, d.left_position)
join raw.penduduk r on (r.upload_id, r.position) = (d.right_upload_id, d.right_position) order by 1 desc, 2
"""


def _sheet(settings: Settings, folder: str, sheet: str, period: str = "2023-10") -> list[dict[str, Any]]:
    book = openpyxl.load_workbook(Path(settings.feedback) / folder / period / FILE_NAME)
    head, *rows = book[sheet].iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows if row[0]]


def test_from_uploads_to_worklists(two_villages: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings = two_villages
    with caplog.at_level(logging.DEBUG):
        summary = find_duplicates(settings)
    assert (summary.period, summary.searched, summary.registers, summary.workbooks) == ("2023-10", True, 3, 3)
    assert (summary.person_pairs, summary.family_pairs) == (4, 2)
    assert _rows(settings, _NAMED) == [
        ("person", "=HYPERLINK SANTOSA", "=Hyperlink Santosa"),
        ("person", "H. Saipul Anwar, S.Pd", "SAEFUL ANWAR"),
        ("person", "M. Rizky Romadan", "RIZKI RAMADAN"),
        ("person", "SITI ROHMAH", "St. Rohmah"),
        ("family", "=HYPERLINK SANTOSA", "=Hyperlink Santosa"),
        ("family", "H. Saipul Anwar, S.Pd", "SAEFUL ANWAR"),
    ]

    # No identity in the table, in the record of the search, or in the log; nothing left in the work folder.
    kept = [*_rows(settings, "select row_to_json(d)::text, d.evidence from quality.possible_duplicate d")]
    kept += _rows(settings, "select row_to_json(s)::text, '{}'::jsonb from quality.duplicate_search s")
    everything = "\n".join([*(str(text) for text, _ in kept), caplog.text]).upper()
    for row in (*HERE_ROWS, *THERE_ROWS):
        for secret in (row["nama"], row["nik"], row["no_kk"], row["nama"].split()[-1]):
            assert secret is None or str(secret).upper() not in everything
    for _, evidence in kept:
        assert {value for value in evidence.values() if isinstance(value, str)} <= KNOWN_LEVELS
    assert not list((settings.home / "work").glob("duplicates-*"))

    # The village sees its own rows whole, and of the other's only what it needs to ask there.
    told = {row["Nama di desa Anda"]: row for row in _sheet(settings, HERE, "Orang")}
    assert set(told) == {"SAEFUL ANWAR", "SITI ROHMAH", "RIZKI RAMADAN", "=HYPERLINK SANTOSA"}
    saeful = told["SAEFUL ANWAR"]
    assert (saeful["NIK"], saeful["Nomor KK"], saeful["Tanggal lahir"]) == ("3216091204800001", no_kk(1), "12/04/1980")
    assert saeful["Letak di berkas Anda"] == "oktober.xlsx, lembar penduduk, baris 2"
    assert (saeful["Nama di sana"], saeful["NIK di sana (disamarkan)"]) == ("H. Saipul Anwar, S.Pd", "(tidak ada)")
    assert THERE in saeful["Tercantum juga di"]
    assert THERE in saeful["Yang perlu dilakukan"]
    assert "nama, tanggal lahir, jenis kelamin" in saeful["Kesamaan"]
    theirs = {row["Nama di desa Anda"]: row for row in _sheet(settings, THERE, "Orang")}
    assert theirs["St. Rohmah"]["NIK di sana (disamarkan)"] == "3216********0001"
    [family, _] = _sheet(settings, THERE, "Keluarga")
    assert family["Kesamaan"] == "3 anggota cocok, dari 3 di sini dan 3 di sana"
    whole = json.dumps([_sheet(settings, THERE, name) for name in ("Orang", "Keluarga")])
    for row in HERE_ROWS:
        assert row["nik"] not in whole
        assert row["no_kk"] not in whole
    assert not (Path(settings.feedback) / QUIET / "2023-10" / FILE_NAME).exists()

    # The regency sees every pair once, no number in full, and no cell is a formula.
    assert len(_sheet(settings, "32.16", "Orang")) == 4
    book = openpyxl.load_workbook(Path(settings.feedback) / "32.16" / "2023-10" / FILE_NAME)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.quotePrefix for cell in cells if str(cell.value).startswith("=")] == [True] * 4
    assert not any(row["nik"] and row["nik"] in str(cell.value) for row in HERE_ROWS for cell in cells)


def test_pairs_keep_their_id_and_judgements_stay(two_villages: Settings) -> None:
    settings = two_villages
    find_duplicates(settings, PERIOD)
    assert not find_duplicates(settings, only_if_changed=True).searched
    before = _rows(
        settings, "select pair_id, score, evidence, first_seen_at from quality.possible_duplicate order by 1"
    )
    [same] = [row for row in _sheet(settings, HERE, "Orang") if row["Nama di desa Anda"] == "SITI ROHMAH"]
    [other] = [row for row in _sheet(settings, HERE, "Orang") if row["Nama di desa Anda"] == "=HYPERLINK SANTOSA"]
    judge_pair(settings, same["Kode pasangan"], "sama", "musyawarah")
    judge_pair(settings, other["Kode pasangan"], "berbeda")
    with pytest.raises(UsageError, match="there is no pair"):
        judge_pair(settings, "0" * 16, "sama")

    # Judged: asked for no more, or told to be mended; the rest is as it was.
    assert find_duplicates(settings, only_if_changed=True).searched
    after = _rows(settings, "select pair_id, score, evidence, first_seen_at from quality.possible_duplicate order by 1")
    gone = [row for row in before if row not in after]
    assert len(gone) == 1  # the families that stood on the pair found to be two persons
    assert after == [row for row in before if row not in gone]
    told = {row["Nama di desa Anda"]: row for row in _sheet(settings, HERE, "Orang")}
    assert set(told) == {"SAEFUL ANWAR", "SITI ROHMAH", "RIZKI RAMADAN"}
    assert told["SITI ROHMAH"]["Yang perlu dilakukan"].startswith("Sudah dipastikan sama.")
    assert [row["Nama di desa Anda"] for row in _sheet(settings, HERE, "Keluarga")] == ["SAEFUL ANWAR"]

    # The other village mends its register: the pairs are forgotten, those that were judged are not.
    mended = [*THERE_ROWS[4:], _person(15, "3216090101990001", "DADANG", "1/1/1999")]
    _put(settings, THERE, mended, "penduduk-lengkap.xlsx", "2023-11")
    _take_in(settings)
    summary = find_duplicates(settings)
    assert (summary.period, summary.person_pairs, summary.family_pairs, summary.forgotten) == ("2023-11", 0, 0, 3)
    assert sorted(_rows(settings, "select decision, period, decision_note from quality.possible_duplicate")) == [
        ("berbeda", "2023-10", None), ("sama", "2023-10", "musyawarah"),
    ]  # fmt: skip
    # The month before can be searched again, and is as it was then.
    assert find_duplicates(settings, PERIOD).person_pairs == 3
    assert len(_sheet(settings, THERE, "Orang")) == 3


def test_families_that_are_both_counted_stand_first_in_the_regencys_worklist(two_villages: Settings) -> None:
    settings = two_villages
    with open_warehouse(settings).connect() as connection:  # as a build leaves it, for these columns
        connection.execute(
            """
            create table marts.fct_household_status_monthly as
            select distinct date '2023-10-01' as period, household_id, nama ilike '%hyperlink%' as is_counted
            from raw.penduduk where nama ilike '%hyperlink%' or nama = 'SITI ROHMAH'
            """
        )
    find_duplicates(settings)
    told = [
        (row["Nama A"].upper(), row["Keluarga terhitung miskin ekstrem"]) for row in _sheet(settings, "32.16", "Orang")
    ]
    assert told[0] == ("=HYPERLINK SANTOSA", "keduanya")
    assert {counted for _, counted in told[1:]} == {"tidak ada"}


def test_what_fails_in_the_search_names_nobody(two_villages: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = two_villages
    find_duplicates(settings)

    def fail(*_: Any, **__: Any) -> None:
        raise duckdb.ConversionException("Could not convert string 'SAEFUL ANWAR' to INT32")

    monkeypatch.setattr("entas.duplicates.search.make_linker", fail)
    with pytest.raises(EntasError, match=r"the search for duplicates failed \(ConversionException\)") as raised:
        find_duplicates(settings)
    assert "SAEFUL" not in "".join(traceback.format_exception(raised.value))
    assert _rows(settings, "select count(*) from quality.possible_duplicate") == [(6,)]
    assert not list((settings.home / "work").glob("duplicates-*"))


def test_a_worklist_without_pairs_goes_away(two_villages: Settings) -> None:
    settings = two_villages
    find_duplicates(settings)
    path = Path(settings.feedback) / THERE / "2023-10" / FILE_NAME
    assert path.exists()
    _put(settings, THERE, THERE_ROWS[4:], "penduduk-lengkap.xlsx")
    _take_in(settings)
    assert find_duplicates(settings, only_if_changed=True).workbooks == 1
    assert not path.exists()


def test_names_of_parents_are_read_and_compared(settings: Settings) -> None:
    header = ["no_kk", "nik", "nama", "sex", "tanggallahir", "kk_level", "nama_ayah", "nama_ibu"]
    for village, card, mother in ((HERE, 1, "MAESAROH"), (THERE, 2, "Hj. Maisaroh"), (QUIET, 3, "WIWIN")):
        path = Path(settings.inbox) / village / "2023-10" / "warga.csv"
        path.parent.mkdir(parents=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, [no_kk(card), "", "ASEP", "1", "12/04/1980", "1", "KARTA", mother]])
        touch(path)
    assert [one.status for one in run_intake(settings).uploads] == ["accepted"] * 3
    assert _rows(settings, "select distinct nama_ayah from raw.penduduk") == [("KARTA",)]
    find_duplicates(settings)
    pairs = _rows(
        settings,
        "select left_village_code, right_village_code, evidence ->> 'nama_ibu' from quality.possible_duplicate "
        "where kind = 'person' order by score desc",
    )
    assert {pairs[0][0], pairs[0][1]} == {HERE, THERE}
    assert pairs[0][2] == "sama"
    assert all(mother == "beda" for *_, mother in pairs[1:])


def test_a_month_without_registers_and_a_folder_that_cannot_be_written(settings: Settings) -> None:
    assert find_duplicates(settings).period is None
    empty = find_duplicates(settings, PERIOD)
    assert (empty.searched, empty.persons, empty.person_pairs, empty.workbooks) == (True, 0, 0, 1)
    _put(settings, HERE, HERE_ROWS, "a.xlsx")
    _take_in(settings)
    for file in sorted(Path(settings.feedback).rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    Path(settings.feedback).rmdir()
    Path(settings.feedback).write_text("a file where the feedback folder should be")
    with pytest.raises(EntasError, match="ENTAS_FEEDBACK"):
        find_duplicates(settings)
    assert _rows(settings, "select count(*) from quality.duplicate_search") == [(1,)]  # nothing is kept untold
