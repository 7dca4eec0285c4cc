"""What a village gets back: the feedback workbook (design, section 5)."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pytest
import xlsxwriter
from openpyxl.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from entas.errors import EntasError
from entas.intake import run_intake
from entas.intake.answer import FeedbackJob, Finding
from entas.intake.feedback import feedback_path, write_due_feedback
from entas.intake.pool import ReaderPool
from entas.intake.workbook import write_workbook
from entas.registers.reading import read_upload
from entas.settings import Settings
from tests.workbooks import COLUMNS, families, family, no_kk, touch
from tests.workbooks import write_workbook as write_upload

VILLAGE = "32.16.09.2003"
RED, YELLOW = "FFFFC7CE", "FFFFEB9C"


def _fill(cell: Cell) -> str | None:
    return cell.fill.start_color.rgb if cell.fill.fill_type == "solid" else None


def _texts(sheet: Worksheet) -> str:
    return "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None)


def _notes(sheet: Worksheet, header_row: int = 1) -> dict[int, str]:
    """Sentences by row number, from the column headed Catatan Entas."""
    column = next(cell.column for cell in sheet[header_row] if cell.value == "Catatan Entas")
    return {
        row: str(value)
        for row in range(header_row + 1, sheet.max_row + 1)
        if (value := sheet.cell(row, column).value) is not None
    }


@pytest.fixture
def job(tmp_path: Path) -> FeedbackJob:
    """An accepted upload without findings; tests replace what they are about."""
    return FeedbackJob(
        upload_id=1,
        source=None,
        target=tmp_path / "out.xlsx",
        village="Desa Contoh (32.16.09.2003), Kecamatan Contoh",
        folder="32.16.09.2003/2023-10",
        period="2023-10",
        file_name="oktober.xlsx",
        received_at=datetime(2023, 11, 5, 17, 30, tzinfo=UTC),
        status="accepted",
        reason=None,
    )


def _written(job: FeedbackJob) -> openpyxl.Workbook:
    write_workbook(job)
    return openpyxl.load_workbook(job.target)


def _upload(path: Path, rows: list[list[Any]], name: str = "penduduk") -> Path:
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet(name)
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write(number, column, cell, day if isinstance(cell, date) else None)
    return path


# --- through intake ------------------------------------------------------------------------------------------------


def test_the_marked_copy_is_mended_and_uploaded_as_it_is(settings: Settings) -> None:
    inbox = Path(settings.inbox) / VILLAGE / "2023-08"
    rows = families([1, 2, 3])
    rows[1]["no_kk"] = "12345"
    rows[2]["sex"] = "X"
    rows[4]["nama"] = None
    income = [{"no_kk": no_kk(number), "penghasilan_bulanan": 500_000} for number in (1, 2)]
    income[1]["penghasilan_bulanan"] = "sedikit"
    write_upload(inbox / "agustus.xlsx", {"penduduk": rows, "kesejahteraan": income})
    assert run_intake(settings).uploads[0].status == "accepted_with_quarantine"

    path = Path(settings.feedback) / VILLAGE / "2023-08" / "agustus.xlsx.hasil-periksa.xlsx"
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Ringkasan", "penduduk", "kesejahteraan"]
    summary = _texts(book["Ringkasan"])
    for said in ("Agustus 2023", "agustus.xlsx", "Diterima sebagian", "WIB", "Perbaiki nomor KK yang bukan 16 angka"):
        assert said in summary
    sheet = book["penduduk"]
    assert [cell.value for cell in sheet[1]] == [*COLUMNS["penduduk"], "Catatan Entas"]
    assert (_fill(sheet["A3"]), _fill(sheet["D4"]), _fill(sheet["C6"])) == (RED, YELLOW, RED)
    marked = {cell.coordinate for row in sheet.iter_rows(max_col=17) for cell in row if _fill(cell)}
    assert {"A3", "D4", "C6"} <= marked
    notes = _notes(sheet)
    assert '"12345" bukan 16 angka' in notes[3]
    assert notes[3].startswith("PERBAIKI")
    assert '"X" tidak terbaca' in notes[4]
    assert "Nama kosong" in notes[6]
    assert _fill(book["kesejahteraan"]["D3"]) == RED
    assert (sheet["B2"].value, sheet["B2"].number_format) == (rows[0]["nik"], "@")
    assert sheet.freeze_panes == "D2", "the header, and the columns up to the name"

    sheet["A3"], sheet["D4"], sheet["C6"] = no_kk(1), "1", "WARGA 3 0"
    book["kesejahteraan"]["D3"] = 750_000
    book.save(inbox / "agustus.xlsx")
    outcome = run_intake(settings).uploads[0]
    assert (outcome.status, outcome.reason, outcome.rows_read, outcome.rows_accepted) == ("accepted", None, 8, 8)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Ringkasan", "penduduk", "kesejahteraan"]
    assert _notes(book["penduduk"]) == {}
    assert "Semua baris dimuat dan tidak ada yang perlu diperbaiki" in _texts(book["Ringkasan"])
    assert "Catatan Entas" not in _texts(book["Ringkasan"])  # no unknown column


def test_where_any_of_several_columns_will_do_the_one_that_the_sheet_has_is_marked(settings: Settings) -> None:
    inbox = Path(settings.inbox) / VILLAGE / "2023-08"
    welfare = [{"no_kk": no_kk(1), "desil": 1, "id_keluarga_p3ke": "A"}, {"no_kk": no_kk(2), "id_keluarga_p3ke": "B"}]
    payments = [
        {"nik": nik, "program": "BLT", "nilai": 300_000, "tanggal_salur": date(2023, 8, 1)}
        for nik in ("3216091708850001", "12345")
    ]
    headers = {
        "kesejahteraan": ("no_kk", "desil", "id_keluarga_p3ke"),
        "bantuan": ("nik", "program", "nilai", "tanggal_salur"),
    }
    inbox.mkdir(parents=True)
    with xlsxwriter.Workbook(str(inbox / "x.xlsx"), {"default_date_format": "dd/mm/yyyy"}) as book:
        for (name, header), rows in zip(headers.items(), (welfare, payments), strict=True):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, header)
            for line, row in enumerate(rows, start=1):
                sheet.write_row(line, 0, [row.get(column) for column in header])
    assert run_intake(settings).uploads[0].status == "accepted_with_quarantine"
    book = openpyxl.load_workbook(Path(settings.feedback) / VILLAGE / "2023-08" / "x.xlsx.hasil-periksa.xlsx")
    assert _fill(book["kesejahteraan"]["B3"]) == RED
    assert _fill(book["bantuan"]["A3"]) == RED
    columns = [row[2].value for row in book["Ringkasan"].iter_rows() if row[0].value == "Wajib diperbaiki"]
    assert sorted(columns) == ["desil", "nik"]


def test_what_cannot_be_read_gets_the_reason_and_odd_places_a_safe_one(settings: Settings) -> None:
    folder = Path(settings.inbox) / VILLAGE / "2023-08"
    folder.mkdir(parents=True)
    (folder / "rusak.xlsx").write_bytes(b"PK\x03\x04 not a workbook at all")
    write_upload(Path(settings.inbox) / "..desa" / "2023-08" / "a.xlsx", {"penduduk": family(1)})
    write_upload(Path(settings.inbox) / VILLAGE / "salah" / "dalam" / "b.xlsx", {"penduduk": family(1)})
    write_upload(Path(settings.inbox) / "lepas.xlsx", {"penduduk": family(1)})
    assert {one.status for one in run_intake(settings).uploads} == {"rejected"}

    root = Path(settings.feedback)
    found = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    assert f"{VILLAGE}/2023-08/rusak.xlsx.hasil-periksa.xlsx" in found
    assert f"{VILLAGE}/salah/dalam_b.xlsx.hasil-periksa.xlsx" in found
    assert "_/_/lepas.xlsx.hasil-periksa.xlsx" in found
    assert len(found) == 3  # hidden folders are no uploads
    book = openpyxl.load_workbook(root / VILLAGE / "2023-08" / "rusak.xlsx.hasil-periksa.xlsx")
    assert book.sheetnames == ["Ringkasan"]
    assert "Berkas rusak" in _texts(book["Ringkasan"])
    assert "Ditolak" in _texts(book["Ringkasan"])


def test_what_could_not_be_written_stays_owed_and_only_the_last_version_is_answered(settings: Settings) -> None:
    path = Path(settings.inbox) / VILLAGE / "2023-08" / "a.xlsx"
    blocked = Path(settings.feedback)
    blocked.write_text("a file where the feedback folder should be")
    write_upload(path, {"penduduk": family(1)})
    with pytest.raises(EntasError, match="ENTAS_FEEDBACK"):
        run_intake(settings)
    write_upload(path, {"penduduk": family(1, nama=None)})
    with pytest.raises(EntasError, match="ENTAS_FEEDBACK"):
        run_intake(settings)
    with psycopg.connect(settings.warehouse_url, autocommit=True) as connection:
        assert connection.execute("select upload_id from raw.feedback_due").fetchall() == [(2,)]
        blocked.unlink()
        with ReaderPool(settings.pseudonym_key) as pool:
            write_due_feedback(connection, settings, pool)
        assert connection.execute("select count(*) from raw.feedback_due").fetchone() == (0,)
    (only,) = (path for path in blocked.rglob("*") if path.is_file())
    assert only.name == "a.xlsx.hasil-periksa.xlsx"
    assert "Isi nama yang kosong" in _texts(openpyxl.load_workbook(only)["Ringkasan"])
    assert not list((settings.home / "work").iterdir())


# --- processes -----------------------------------------------------------------------------------------------------


def _double(number: int) -> int:
    if number == 3:
        os._exit(9)
    return 2 * number


def test_a_job_that_kills_its_process_harms_no_other() -> None:
    with ReaderPool("key", workers=2) as pool:
        assert list(pool.each(_double, range(6), lambda number: -number)) == [0, 2, 4, -3, 8, 10]


# --- the workbook --------------------------------------------------------------------------------------------------


def test_cells_keep_their_kind_and_text_never_becomes_a_formula(job: FeedbackJob, tmp_path: Path) -> None:
    header = ["no_kk", "nik", "nama", "sex", "tanggallahir", "kk_level", "alamat"]
    texts = ['=HYPERLINK("http://x")', "+62812", "-", "@rt", "\tx"]
    rows = [
        [no_kk(1), f"321609110480{n:04d}", "WARGA", 1, date(1980, 4, 11), 1.5, text] for n, text in enumerate(texts)
    ]
    sheet = _written(replace(job, source=_upload(tmp_path / "in.xlsx", [header, *rows])))["penduduk"]
    assert [sheet.cell(row, 7).value for row in range(2, 7)] == texts
    assert {sheet.cell(row, 7).data_type for row in range(2, 7)} == {"s"}
    assert sheet["G2"].quotePrefix
    assert (sheet["D2"].value, sheet["F2"].value, sheet["E2"].value) == (1, 1.5, datetime(1980, 4, 11))
    assert sheet["E2"].number_format == "dd/mm/yyyy"


@pytest.mark.parametrize(
    ("numbers", "kept_as"), [((3216091104800012, 3216091104800027), str), ((3216091104800010, 3216091104800020), int)]
)
def test_numeric_ids_become_text_only_when_their_digits_are_sure(
    job: FeedbackJob, tmp_path: Path, numbers: tuple[int, int], kept_as: type
) -> None:
    header = ["no_kk", "nik", "nama", "sex", "tanggallahir", "kk_level"]
    rows = [[no_kk(1), number, "WARGA", 1, "11/04/1980", 1] for number in numbers]
    sheet = _written(replace(job, source=_upload(tmp_path / "in.xlsx", [header, *rows])))["penduduk"]
    assert [type(sheet.cell(row, 2).value) for row in (2, 3)] == [kept_as, kept_as]
    assert [int(sheet.cell(row, 2).value) for row in (2, 3)] == list(numbers)


def test_titles_above_the_header_and_an_earlier_feedback_stay_in_place(job: FeedbackJob, tmp_path: Path) -> None:
    rows = [
        ["REGISTER DESA CONTOH"],
        [],
        ["no_kk", "nik", "nama", "sex", "tanggallahir", "kk_level", "Catatan Entas", "keterangan desa"],
        [no_kk(1), "3216091104800001", "WARGA", "X", "11/04/1980", 1, "PERIKSA: yang lama", "baru"],
        [no_kk(1), "3216091104800002", "WARGA", 1, "11/04/1980", 4, "PERIKSA: yang lama", "baru"],
    ]
    found = Finding("penduduk", "warning", "penduduk", 4, "penduduk.sex.tidak_terbaca", "sex", "Jenis kelamin keliru.")
    source = _upload(tmp_path / "in.xlsx", rows)
    sheet = _written(replace(job, source=source, findings=(found,)))["penduduk"]
    assert sheet["A1"].value == "REGISTER DESA CONTOH"
    assert [cell.value for cell in sheet[3]] == rows[2]
    assert _notes(sheet, header_row=3) == {4: "PERIKSA: Jenis kelamin keliru."}
    assert (_fill(sheet["D4"]), _fill(sheet["D5"]), sheet["H5"].value) == (YELLOW, None, "baru")
    assert sheet.freeze_panes == "D4"
    assert sheet.auto_filter.ref == "A3:G5"


def test_a_blank_cell_is_marked_and_critical_outranks_warning(job: FeedbackJob, tmp_path: Path) -> None:
    rows = [["no_kk", "nik", "nama", "sex", "tanggallahir", "kk_level"], [no_kk(1), "1"]]
    findings = (
        Finding("penduduk", "warning", "penduduk", 2, "penduduk.nik.bukan_16_digit", "nik", "NIK keliru."),
        Finding("penduduk", "critical", "penduduk", 2, "penduduk.nama.kosong", "nama", "Nama kosong."),
    )
    job = replace(job, source=_upload(tmp_path / "in.xlsx", rows), findings=findings)
    job = replace(job, status="accepted_with_quarantine")
    book = _written(job)
    sheet = book["penduduk"]
    assert (_fill(sheet["B2"]), _fill(sheet["C2"])) == (YELLOW, RED)
    assert _notes(sheet)[2] == "PERBAIKI: Nama kosong.\nPERIKSA: NIK keliru."
    column = [cell.value for cell in book["Ringkasan"]["A"]]
    assert column.index("Wajib diperbaiki") < column.index("Perlu diperiksa")


def test_a_csv_becomes_one_sheet_and_sheet_names_are_made_fit(job: FeedbackJob, tmp_path: Path) -> None:
    name = "penduduk [desa] bulan: sepuluh tahun dua ribu.csv"
    source = tmp_path / "in"
    source.write_text(f"no_kk;nik;nama;sex;tanggallahir;kk_level\n{no_kk(1)};1;=1+1;1;11/04/1980;1\n", encoding="utf-8")
    finding = Finding("penduduk", "warning", Path(name).stem, 2, "penduduk.nik.bukan_16_digit", "nik", "NIK keliru.")
    book = _written(replace(job, source=source, file_name=name, findings=(finding,)))
    assert len(book.sheetnames) == 2
    sheet = book.worksheets[1]
    assert len(sheet.title) <= 31
    assert not set(sheet.title) & set("[]:*?/\\")
    assert (sheet["C2"].value, sheet["C2"].data_type, _fill(sheet["B2"])) == ("=1+1", "s", YELLOW)
    assert '"penduduk [desa] bulan: sepuluh tahun dua ribu.csv"' in _texts(book["Ringkasan"])


def test_the_summary_tells_the_day_in_jakarta_and_the_notes_of_reading(job: FeedbackJob, tmp_path: Path) -> None:
    source = _upload(tmp_path / "in.xlsx", [["Kepala desa", "Tahun"], ["a", "b"]], name="Catatan kami")
    said = ('Lembar "Catatan kami" dilewati.', "=2 baris tersembunyi ikut dibaca.")
    summary = _written(replace(job, source=source, notes=said))["Ringkasan"]
    assert "6 November 2023 pukul 00.30 WIB" in _texts(summary)
    assert {cell.value: cell.data_type for row in summary.iter_rows() for cell in row if cell.value in said} == {
        said[0]: "s",
        said[1]: "s",
    }


def test_the_summary_is_no_register(job: FeedbackJob) -> None:
    write_workbook(replace(job, status="rejected", reason="Contoh."))
    village = next(iter(_villages().values()))
    reading = read_upload(job.target, "x.xlsx", village=village, received_on=date(2023, 11, 5))
    assert reading.registers == {}
    assert "mirip register" not in (reading.error or "")


def _villages() -> dict[str, Any]:
    from entas.areas import villages

    return villages("32.16")


def test_paths_lead_nowhere_else() -> None:
    assert feedback_path(VILLAGE, "2023-10", "a.xlsx") == f"{VILLAGE}/2023-10/a.xlsx.hasil-periksa.xlsx"
    assert feedback_path("..", "../..", "../a\x00b") == "_./_._../_._a_b.hasil-periksa.xlsx"
    longest = feedback_path(VILLAGE, "2023-10", "é" * 127 + "x").rsplit("/", 1)[1]
    assert len(longest.encode()) <= 255 - len("..part")
    assert longest.endswith("é.hasil-periksa.xlsx")


@pytest.mark.parametrize("name", ["register.xls", "register.csv", "lengkap.xlsx"])
def test_a_feedback_workbook_comes_back_as_it_is_in_place_of_what_it_is_about(settings: Settings, name: str) -> None:
    inbox = Path(settings.inbox) / VILLAGE / "2023-08"
    inbox.mkdir(parents=True)
    rows = [[no_kk(1), "45/45/2023", "layak"], [no_kk(2), "15/08/2023", "tidak layak"]]
    if name.endswith(".xlsx"):
        _upload(inbox / name, [["no_kk", "tanggal_musyawarah", "hasil"], *rows], name="verifikasi")
    else:
        lines = ["no_kk;tanggal_musyawarah;hasil", *map(";".join, rows)]
        (inbox / name).write_text("\n".join(lines), encoding="utf-8")
    touch(inbox / name)
    run_intake(settings)
    path = Path(settings.feedback) / VILLAGE / "2023-08" / f"{name}.hasil-periksa.xlsx"
    book = openpyxl.load_workbook(path)
    assert f'dikenali sebagai perbaikan dari "{name}"' in _texts(book["Ringkasan"])
    sheet = book.worksheets[1]
    sheet["B2"], sheet["B3"] = "14/08/2023", "16/08/2023"
    book.save(inbox / path.name)
    touch(inbox / path.name)

    (outcome,) = run_intake(settings).uploads
    assert (outcome.status, outcome.file_name, outcome.rows_accepted) == ("accepted", name, 2)
    assert [one.name for one in path.parent.iterdir()] == [path.name], "one feedback, of the last version"
    notes = _notes(openpyxl.load_workbook(path).worksheets[1])
    assert {row: note.count("PERIKSA") for row, note in notes.items()} == {2: 1, 3: 1}, "families nobody lists, once"
