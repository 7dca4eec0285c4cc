"""Intake as a whole: what becomes of files in an inbox (design, section 4)."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

import psycopg
import pytest
import xlsxwriter

from entas.errors import UsageError
from entas.ids import Pseudonymiser
from entas.intake import UploadOutcome, run_intake
from entas.settings import Settings
from entas.storage import Store
from tests.workbooks import families, family, nik, no_kk, touch, write_workbook

VILLAGE, OTHER = "32.16.09.2003", "32.16.09.2002"


def _folder(settings: Settings, village: str = VILLAGE, period: str = "2023-08") -> Path:
    return Path(settings.inbox) / village / period


def _intake(settings: Settings) -> dict[str, UploadOutcome]:
    return {one.file_name: one for one in run_intake(settings).uploads}


def _query(settings: Settings, query: str) -> list[tuple]:
    with psycopg.connect(settings.warehouse_url) as connection:
        return connection.execute(query).fetchall()


def _income(*numbers: int, amount: int = 500_000, **values) -> list[dict]:
    return [{"no_kk": no_kk(number), "penghasilan_bulanan": amount, **values} for number in numbers]


def _decision(number: int, hasil: str = "layak", alasan: str | None = None, day: str = "15/08/2023") -> dict:
    return {"no_kk": no_kk(number), "tanggal_musyawarah": day, "hasil": hasil, "alasan": alasan}


def _payment(number: int, nilai: int = 1_500_000, day: str = "20/08/2023") -> dict:
    return {"no_kk": no_kk(number), "nik": nik(number * 10), "program": "BLT", "nilai": nilai, "tanggal_salur": day}


def test_a_workbook_of_all_registers_is_in_the_warehouse_and_the_archive(settings: Settings) -> None:
    path = write_workbook(
        _folder(settings) / "agustus.xlsx",
        {
            "penduduk": families([1, 2, 3]),
            "kesejahteraan": _income(1, 2),
            "verifikasi": [_decision(1)],
            "bantuan": [_payment(1)],
            "pemberdayaan": [{"no_kk": no_kk(2), "jenis": "padat karya", "tanggal_mulai": "2023-08-01"}],
        },
    )
    outcome = _intake(settings)["agustus.xlsx"]
    assert (outcome.status, outcome.reason) == ("accepted", None)
    assert (outcome.rows_read, outcome.rows_accepted, outcome.rows_quarantined, outcome.rows_warned) == (11, 11, 0, 0)
    assert (Path(settings.archive) / hashlib.sha256(path.read_bytes()).hexdigest()).read_bytes() == path.read_bytes()
    assert _query(settings, "select register, families from raw.upload_register order by 1") == [
        ("bantuan", None), ("kesejahteraan", None), ("pemberdayaan", None), ("penduduk", 3), ("verifikasi", None),
    ]  # fmt: skip
    assert _query(settings, "select count(*), count(distinct household_id), count(nik) from raw.penduduk") == [
        (6, 3, 6)
    ]
    assert (Path(settings.feedback) / VILLAGE / "2023-08" / "agustus.xlsx.hasil-periksa.xlsx").exists()


def test_a_second_run_changes_nothing(settings: Settings) -> None:
    write_workbook(_folder(settings) / "a.xlsx", {"penduduk": families([1])})
    assert len(_intake(settings)) == 1
    assert _intake(settings) == {}
    assert _query(settings, "select count(*) from raw.upload") == [(1,)]


def test_receipts_follow_modification_time_then_path(settings: Settings) -> None:
    names = ["c.xlsx", "a.xlsx", "b.xlsx"]
    for name in names:
        write_workbook(_folder(settings) / name, {"kesejahteraan": _income(1, amount=ord(name[0]))})
    for name in ("a.xlsx", "b.xlsx"):
        os.utime(_folder(settings) / name, (1_800_000_000, 1_800_000_000))
    _intake(settings)
    rows = _query(settings, "select file_name from raw.upload order by received_at")
    assert [name for (name,) in rows] == ["c.xlsx", "a.xlsx", "b.xlsx"]
    write_workbook(_folder(settings) / "z.xlsx", {"kesejahteraan": _income(9)})
    _intake(settings)
    assert _query(settings, "select file_name from raw.upload order by received_at desc limit 1") == [("z.xlsx",)]


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("32.16.99.2001/2023-08/a.xlsx", "bukan desa"),
        ("33.01.01.2001/2023-08/a.xlsx", "bukan desa"),
        ("desa-kami/2023-08/a.xlsx", "bukan desa"),
        (f"{VILLAGE}/2023-13/a.xlsx", "Periode"),
        (f"{VILLAGE}/agustus/a.xlsx", "Periode"),
        (f"{VILLAGE}/2999-01/a.xlsx", "belum tiba"),
        (f"{VILLAGE}/a.xlsx", "folder"),
        (f"{VILLAGE}/2023-08/lama/a.xlsx", "folder"),
        ("a.xlsx", "folder"),
    ],
)
def test_a_file_in_the_wrong_place_is_rejected_and_kept(settings: Settings, place: str, says: str) -> None:
    path = write_workbook(Path(settings.inbox) / place, {"penduduk": families([1])})
    (outcome,) = run_intake(settings).uploads
    assert outcome.status == "rejected"
    assert says in outcome.reason
    assert (Path(settings.archive) / hashlib.sha256(path.read_bytes()).hexdigest()).exists()
    assert _query(settings, "select count(*) from raw.penduduk") == [(0,)]


def test_a_folder_without_dots_is_the_same_village(settings: Settings) -> None:
    write_workbook(_folder(settings, VILLAGE.replace(".", "")) / "a.xlsx", {"penduduk": families([1])})
    (outcome,) = run_intake(settings).uploads
    assert (outcome.village_code, outcome.status) == (VILLAGE, "accepted")


def test_what_is_no_upload_is_left_alone(settings: Settings) -> None:
    for name in (".a.xlsx", "~$a.xlsx", "a.xlsx.part"):
        write_workbook(_folder(settings) / name, {"penduduk": families([1])})
    (_folder(settings) / "link.xlsx").symlink_to("/etc/hostname")
    assert run_intake(settings).uploads == []


def test_a_file_that_is_being_written_is_left_for_the_next_run(settings: Settings) -> None:
    path = write_workbook(_folder(settings) / "a.xlsx", {"penduduk": families([1])})
    with path.open("ab"):
        assert run_intake(settings).uploads == []
    assert [one.status for one in run_intake(settings).uploads] == ["accepted"]


def test_a_bad_file_never_fails_another(settings: Settings) -> None:
    write_workbook(_folder(settings) / "good.xlsx", {"penduduk": families([1])})
    bad = _folder(settings, OTHER) / "bad.xlsx"
    bad.parent.mkdir(parents=True)
    bad.write_bytes(b"PK\x03\x04 no workbook at all")
    touch(bad)
    outcomes = _intake(settings)
    assert outcomes["good.xlsx"].status == "accepted"
    assert outcomes["bad.xlsx"].status == "rejected"
    assert outcomes["bad.xlsx"].reason


def test_a_name_that_is_no_text_keeps_nobody_waiting(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    write_workbook(_folder(settings) / "a.xlsx", {"penduduk": families([1, 2])})
    named = os.fsencode(_folder(settings)) + b"/caf\xe9.xlsx"  # as Windows packs it
    Path(os.fsdecode(named)).write_bytes(b"whatever")
    assert {name: one.status for name, one in _intake(settings).items()} == {"a.xlsx": "accepted"}
    assert "caf\\udce9.xlsx is left alone" in caplog.text


def test_a_file_or_folder_that_may_not_be_read_keeps_nobody_waiting(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("a", "closed"):
        write_workbook(_folder(settings) / f"{name}.xlsx", {"penduduk": families([1, 2])})
    write_workbook(_folder(settings, OTHER) / "b.xlsx", {"penduduk": families([3, 4])})
    open_file, scan_folder = Store.open, os.scandir

    def closed_file(store: Store, path: str) -> IO[bytes]:
        if path.endswith("closed.xlsx"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return open_file(store, path)

    def closed_folder(path: Any) -> Any:
        if str(path).endswith(OTHER):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scan_folder(path)

    with monkeypatch.context() as denied:
        denied.setattr(Store, "open", closed_file)
        denied.setattr(os, "scandir", closed_folder)
        assert {name: one.status for name, one in _intake(settings).items()} == {"a.xlsx": "accepted"}
    assert "closed.xlsx may not be read" in caplog.text
    assert f"{OTHER} may not be read" in caplog.text
    assert set(_intake(settings)) == {"b.xlsx", "closed.xlsx"}


def test_a_correction_replaces_the_snapshot_as_a_whole(settings: Settings) -> None:
    write_workbook(_folder(settings) / "a.xlsx", {"penduduk": families([1, 2])})
    write_workbook(_folder(settings) / "b.xlsx", {"penduduk": families([2, 3])})
    assert {one.status for one in _intake(settings).values()} == {"accepted"}


def test_a_part_of_the_village_is_refused_unless_its_name_says_that_it_is_whole(settings: Settings) -> None:
    write_workbook(_folder(settings) / "semua.xlsx", {"penduduk": families(range(1, 10))})
    write_workbook(_folder(settings) / "rt1.xlsx", {"penduduk": families([1, 2, 3, 4])})
    write_workbook(_folder(settings, period="2023-09") / "rt2.xlsx", {"penduduk": families([1, 2, 3, 4])})
    write_workbook(_folder(settings, period="2023-09") / "half.xlsx", {"penduduk": families([1, 2, 3, 4, 5])})
    write_workbook(_folder(settings, period="2023-07") / "earlier.xlsx", {"penduduk": families([1])})
    write_workbook(_folder(settings, period="2023-10") / "Data LENGKAP.xlsx", {"penduduk": families([1])})
    outcomes = _intake(settings)
    assert {name: one.status for name, one in outcomes.items()} == {
        "semua.xlsx": "accepted",
        "rt1.xlsx": "rejected",  # 4 of 9 would replace
        "rt2.xlsx": "rejected",  # 4 of 9 would follow
        "half.xlsx": "accepted",  # 5 of 9
        "earlier.xlsx": "accepted",  # nothing in force in July
        "Data LENGKAP.xlsx": "accepted",
    }
    assert "lengkap" in outcomes["rt1.xlsx"].reason


def test_a_damaged_register_is_refused_whatever_its_name(settings: Settings) -> None:
    nameless = [row | {"nama": None} for row in families([3, 4])]
    write_workbook(_folder(settings) / "separuh.xlsx", {"penduduk": [*families([1, 2]), *nameless]})
    write_workbook(_folder(settings) / "lengkap.xlsx", {"penduduk": [*families([1]), *nameless]})
    write_workbook(
        _folder(settings, OTHER) / "campur.xlsx",
        {"penduduk": [*families([1]), *nameless], "kesejahteraan": _income(1)},
    )
    outcomes = _intake(settings)
    half, damaged, mixed = (outcomes[name] for name in ("separuh.xlsx", "lengkap.xlsx", "campur.xlsx"))
    assert (half.status, half.rows_read, half.rows_accepted, half.rows_quarantined) == (
        "accepted_with_quarantine",
        8,
        4,
        4,
    )
    assert (damaged.status, damaged.rows_accepted) == ("rejected", 0)
    assert (mixed.status, mixed.rows_accepted) == ("accepted_with_quarantine", 1)
    assert "penduduk" in mixed.reason
    assert _query(settings, "select count(*) from raw.penduduk join raw.upload using (upload_id) "
                            "where file_name <> 'separuh.xlsx'") == [(0,)]  # fmt: skip


def test_the_sheet_of_one_rt_does_not_stand_for_those_that_lack_a_column(settings: Settings) -> None:
    def write(name: str, whole: list[int], columnless: list[int]) -> None:
        with xlsxwriter.Workbook(folder / name) as book:
            for title, numbers in (("RT 1", whole), ("RT 2", columnless)):
                rows = families(numbers)
                names = [one for one in rows[0] if title == "RT 1" or one != "kk_level"]
                sheet = book.add_worksheet(title)
                for at, cells in enumerate([names, *([row[one] for one in names] for row in rows)]):
                    sheet.write_row(at, 0, cells)

    folder = _folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    write("satu.xlsx", [1], [2, 3])
    touch(folder / "satu.xlsx")
    write("dua.xlsx", [1, 2], [3, 4])
    touch(folder / "dua.xlsx")
    outcomes = _intake(settings)
    one, two = outcomes["satu.xlsx"], outcomes["dua.xlsx"]
    assert (one.status, one.rows_accepted) == ("rejected", 0)
    assert "2 dari 6 baris yang dapat diterima (4 baris ada pada lembar yang dilewati)" in one.reason
    assert '"RT 2"' in one.reason
    assert "kk_level" in one.reason
    assert (two.status, two.rows_read, two.rows_accepted) == ("accepted_with_quarantine", 4, 4)


def test_the_same_bytes_change_nothing_while_all_they_say_holds(settings: Settings) -> None:
    first = write_workbook(_folder(settings) / "a.xlsx", {"penduduk": families([1, 2]), "verifikasi": [_decision(1)]})
    again = _folder(settings) / "salinan.xlsx"
    shutil.copy(first, again)
    touch(again)
    outcomes = _intake(settings)
    assert outcomes["salinan.xlsx"].status == "duplicate"
    assert outcomes["salinan.xlsx"].rows_read == 0
    # Elsewhere the same bytes say something new.
    other = _folder(settings, period="2023-09") / "a.xlsx"
    other.parent.mkdir()
    shutil.copy(first, other)
    touch(other)
    assert _intake(settings)["a.xlsx"].status == "accepted"


@pytest.mark.parametrize(
    ("between", "name"),
    [
        ({"penduduk": families([1, 2, 3])}, "b.xlsx"),  # the snapshot is replaced
        ({"kesejahteraan": _income(9)}, "a.xlsx"),  # a file of the same name replaces the events
        ({"kesejahteraan": _income(1, amount=900_000)}, "b.xlsx"),  # the family's amount is replaced
        ({"verifikasi": [_decision(1, alasan="graduasi")]}, "b.xlsx"),  # the decision was listed again
    ],
)
def test_the_same_bytes_count_again_once_something_of_them_was_replaced(settings: Settings, between, name) -> None:
    content = {"penduduk": families([1, 2]), "kesejahteraan": _income(1), "verifikasi": [_decision(1)]}
    first = write_workbook(_folder(settings) / "a.xlsx", content)
    kept = first.read_bytes()
    _intake(settings)
    write_workbook(_folder(settings) / name, between)
    _intake(settings)
    again = _folder(settings) / "lagi.xlsx"
    again.write_bytes(kept)
    touch(again)
    assert _intake(settings)["lagi.xlsx"].status == "accepted"


def test_the_same_bytes_are_judged_again_when_they_were_refused(settings: Settings) -> None:
    write_workbook(_folder(settings) / "a.xlsx", {"penduduk": families(range(1, 6))})
    part = write_workbook(_folder(settings) / "b.xlsx", {"penduduk": families([1])})
    assert _intake(settings)["b.xlsx"].status == "rejected"
    whole = _folder(settings) / "b lengkap.xlsx"
    shutil.copy(part, whole)
    touch(whole)
    assert _intake(settings)["b lengkap.xlsx"].status == "accepted"


def test_families_and_persons_that_nobody_lists_are_warned_of(settings: Settings) -> None:
    write_workbook(_folder(settings, OTHER) / "lain.xlsx", {"penduduk": family(5, status_dasar=None)})
    write_workbook(
        _folder(settings) / "a.xlsx",
        {
            "penduduk": families([1]),
            "kesejahteraan": [*_income(1), *_income(2), *_income(5, amount=200_000_000)],
            "verifikasi": [_decision(1), _decision(2)],
            "bantuan": [_payment(1), _payment(2), _payment(5)],
            "pemberdayaan": [{"nik": nik(77), "jenis": "lainnya", "tanggal_mulai": "2023-08-01"}],
        },
    )
    outcome = _intake(settings)["a.xlsx"]
    assert outcome.status == "accepted"
    warned = _query(
        settings, "select register, row_number from quality.row_warning join raw.upload using (upload_id) "
        "where file_name = 'a.xlsx' group by 1, 2 order by 1, 2"
    )  # fmt: skip
    assert warned == [
        ("bantuan", 3),
        ("kesejahteraan", 3),
        ("kesejahteraan", 4),
        ("pemberdayaan", 2),
        ("verifikasi", 3),
    ]
    assert outcome.rows_warned == 5
    results = _query(
        settings,
        "select register, rule_id, rows_checked, rows_failed from quality.check_result "
        "join raw.upload using (upload_id) where file_name = 'a.xlsx' and rows_failed > 0",
    )
    assert ("verifikasi", "verifikasi.no_kk.tidak_terdaftar", 2, 1) in results
    assert ("kesejahteraan", "kesejahteraan.per_kapita.terlalu_tinggi", 3, 1) in results


def _heads(*numbers: int) -> list[dict]:
    """Rows of a list without card numbers, by the heads of families."""
    return [
        {"ID Keluarga": f"K{n}", "Desil Kesejahteraan": 1, "Kepala Keluarga": f"KEPALA {n}", "NIK": nik(n * 10)}
        for n in numbers
    ]


def test_a_list_without_card_numbers_is_compared_with_the_heads_that_villages_list(settings: Settings) -> None:
    write_workbook(_folder(settings) / "a.xlsx", {"penduduk": families([1, 2])})
    write_workbook(
        _folder(settings, OTHER) / "b.xlsx",
        {"p3ke": [*_heads(1, 7), {"ID Keluarga": "K9"}], "kesejahteraan": _income(2, 8)},
    )
    outcome = _intake(settings)["b.xlsx"]
    assert (outcome.status, outcome.rows_accepted, outcome.rows_quarantined) == ("accepted_with_quarantine", 4, 1)
    pseudonyms = Pseudonymiser(settings.pseudonym_key)
    assert _query(
        settings,
        "select no_kk, nik_kepala, household_id, head_person_id from raw.kesejahteraan order by position limit 2",
    ) == [(None, nik(n * 10), None, pseudonyms.person_id(nik(n * 10))) for n in (1, 7)]
    results = _query(
        settings,
        "select rule_id, rows_checked, rows_failed from quality.check_result join raw.upload using (upload_id) "
        "where file_name = 'b.xlsx' and (rule_id like '%terdaftar' or rows_failed > 0) order by 1",
    )
    assert results == [
        ("kesejahteraan.kepala_tanpa_kk.nik_kosong", 3, 1),
        ("kesejahteraan.kepala_tanpa_kk.nik_tidak_terdaftar", 2, 1),
        ("kesejahteraan.no_kk.tidak_terdaftar", 2, 1),
        ("kesejahteraan.ukuran.tidak_ada", 5, 1),
    ]
    sentences = _query(
        settings,
        "select sentence from quality.row_warning where rule_id = 'kesejahteraan.kepala_tanpa_kk.nik_tidak_terdaftar'",
    )
    assert len(sentences) == 1
    assert nik(70) in sentences[0][0]


@pytest.mark.parametrize(
    ("first", "between", "again"),
    [
        ({"p3ke": _heads(1)}, {"p3ke": _heads(2)}, "duplicate"),
        ({"p3ke": _heads(1)}, {"p3ke": _heads(1, 2)}, "accepted"),
        ({"p3ke": _heads(1)}, {"kesejahteraan": _income(1)}, "accepted"),
        ({"p3ke": _heads(1)}, {"kesejahteraan": _income(2)}, "duplicate"),
        ({"kesejahteraan": _income(1)}, {"p3ke": _heads(1)}, "accepted"),
        ({"kesejahteraan": _income(1)}, {"p3ke": _heads(2)}, "duplicate"),
        ({"kesejahteraan": _income(1)}, {"bantuan": [_payment(1)]}, "duplicate"),
    ],
)
def test_the_same_list_counts_again_once_a_family_of_it_was_listed_anew(
    settings: Settings, first: dict, between: dict, again: str
) -> None:
    folder = _folder(settings)
    write_workbook(folder / "penduduk.xlsx", {"penduduk": families([1, 2])})
    original = write_workbook(folder / "a.xlsx", first)
    write_workbook(folder / "b.xlsx", between)
    touch(Path(shutil.copy(original, folder / "c.xlsx")))
    assert [one.status for one in run_intake(settings).uploads] == ["accepted", "accepted", "accepted", again]


def test_notes_of_reading_are_kept_with_the_upload(settings: Settings) -> None:
    path = _folder(settings) / "a.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Keluarga")
        page.write_row(0, 0, ["no_kk", "desil", "Warna Rumah"])
        page.write_row(1, 0, [no_kk(1), 1, "hijau"])
    touch(path)
    outcome = _intake(settings)["a.xlsx"]
    assert any("Warna Rumah" in note for note in outcome.notes)
    assert _query(settings, "select notes from raw.upload") == [(outcome.notes,)]


def test_only_the_village_and_month_that_are_asked_for(settings: Settings) -> None:
    write_workbook(_folder(settings) / "a.xlsx", {"penduduk": families([1])})
    write_workbook(_folder(settings, period="2023-09") / "b.xlsx", {"penduduk": families([1])})
    write_workbook(_folder(settings, OTHER) / "c.xlsx", {"penduduk": families([2])})
    assert [
        one.file_name for one in run_intake(settings, village=VILLAGE.replace(".", ""), period="2023-09").uploads
    ] == ["b.xlsx"]
    assert [one.file_name for one in run_intake(settings, village=OTHER).uploads] == ["c.xlsx"]
    assert [one.file_name for one in run_intake(settings).uploads] == ["a.xlsx"]
    with pytest.raises(UsageError, match="32\\.16"):
        run_intake(settings, village="33.01.01.2001")


def _content(settings: Settings) -> list[list[tuple]]:
    """All that intake wrote, without ids and times."""
    upload = "(select village_code || period || file_name from raw.upload u where u.upload_id = t.upload_id)"
    return [
        _query(settings, f"select {upload}, to_jsonb(t) - 'upload_id' - 'received_at' from {table} t order by 1, 2")
        for table in (
            "raw.upload", "raw.upload_register", "raw.penduduk", "raw.kesejahteraan", "raw.verifikasi", "raw.bantuan",
            "quality.quarantined_row", "quality.row_warning", "quality.check_result",
        )
    ]  # fmt: skip


def test_killed_in_the_middle_of_a_load_the_next_run_finishes_it(settings: Settings, new_database, tmp_path) -> None:
    for number, village in enumerate([VILLAGE, OTHER, "32.16.09.2001", "32.16.09.2004"]):
        bad = [row | {"nama": None} for row in family(100 + number)]
        write_workbook(
            _folder(settings, village) / "a.xlsx",
            {
                "penduduk": [*families(range(number * 10 + 1, number * 10 + 9)), *bad],
                "kesejahteraan": _income(*range(number * 10 + 1, number * 10 + 5)),
                "verifikasi": [_decision(number * 10 + 1)],
                "bantuan": [_payment(number * 10 + 1)],
            },
        )
    environment = os.environ | {
        "ENTAS_HOME": str(settings.home),
        "ENTAS_WAREHOUSE_URL": settings.warehouse_url,
        "ENTAS_PSEUDONYM_KEY": settings.pseudonym_key,
    }
    with psycopg.connect(settings.warehouse_url) as blocker:
        # The third upload's load stops between its persons and its decisions: the tables' order of loading.
        blocker.execute("create function stop() returns trigger language plpgsql as $$ begin "
                        "if (select count(*) from raw.upload) = 3 then perform pg_advisory_xact_lock(42); end if; "
                        "return null; end $$")  # fmt: skip
        blocker.execute(
            "create trigger stop before insert on raw.verifikasi for each statement execute function stop()"
        )
        blocker.commit()
        blocker.execute("select pg_advisory_lock(42)")
        process = subprocess.Popen(
            [sys.executable, "-m", "entas.cli", "intake"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        killer = threading.Timer(120, process.kill)  # should it never get there, the assertion below says so
        killer.start()
        with psycopg.connect(settings.warehouse_url, autocommit=True) as watcher:
            while (
                process.poll() is None
                and not watcher.execute(
                    "select 1 from pg_locks where locktype = 'advisory' and objid = 42 and not granted"
                ).fetchone()
            ):
                watcher.execute("select pg_sleep(0.05)")
        killer.cancel()
        assert process.poll() is None, process.stdout.read().decode()
        process.send_signal(signal.SIGKILL)
        process.wait()
        blocker.execute("select pg_advisory_unlock(42)")
        blocker.execute("drop trigger stop on raw.verifikasi")
        blocker.commit()
    with psycopg.connect(settings.warehouse_url, autocommit=True) as watcher:
        while watcher.execute(
            "select 1 from pg_stat_activity where datname = current_database() and application_name = 'entas pipeline'"
        ).fetchone():
            watcher.execute("select pg_sleep(0.05)")
    assert _query(settings, "select count(*) from raw.upload") == [(2,)]
    assert _query(settings, "select count(distinct upload_id) from raw.penduduk") == [(2,)]
    assert len(run_intake(settings).uploads) == 2

    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(settings.inbox, undisturbed / "inbox")
    from tests.conftest import make_settings

    other = make_settings(undisturbed, new_database())
    run_intake(other)
    assert _content(settings) == _content(other)
    feedback = sorted(path.relative_to(settings.feedback) for path in Path(settings.feedback).rglob("*.xlsx"))
    assert len(feedback) == 4
