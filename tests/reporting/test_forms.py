"""The files of a report, read back by other libraries than those that wrote them."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime

import openpyxl
import pypdf
import pytest
from jsonschema import ValidationError

from entas.clock import JAKARTA
from entas.reporting import FORMATS, file_name, load_letterhead, read_figures, render, report_payload
from entas.reporting.figures import AREA_COLUMNS
from entas.reporting.payload import check_payload
from entas.reporting.table import safe_text
from tests.reporting.office import AUGUST, OCTOBER, large_office

GENERATED = datetime(2023, 11, 5, 6, 0, tzinfo=JAKARTA)


@pytest.fixture(scope="module")
def figures(kept_conn, kept_settings):
    return read_figures(kept_conn, kept_settings, OCTOBER)


@pytest.fixture
def payload(figures):
    return report_payload(figures, revision=1, generated_at=GENERATED)


@pytest.fixture(scope="module")
def files(figures, kept_settings):
    return render(report_payload(figures, revision=1, generated_at=GENERATED), load_letterhead(kept_settings))


def pdf_text(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages).split())


def test_the_json_has_what_the_design_asks_for(payload):
    for key in (
        "regency_code period revision status generated_at as_of policy households persons movement districts "
        "assistance empowerment education completeness target inputs"
    ).split():
        assert key in payload
    assert payload["generated_at"] == "2023-11-05T06:00:00+07:00"
    movement = payload["movement"]
    assert movement["opening"] + sum(movement["entered"].values()) - sum(movement["exited"].values()) == 5
    assert movement["closing"] == payload["households"] == 5
    assert sum(district["households"] for district in payload["districts"]) == 5
    assert payload["completeness"]["expected"] == payload["completeness"]["received"] == 187
    assert payload["inputs"]["uploads"] == len(payload["inputs"]["list"]) == 3 * 187


def test_the_schema_refuses_what_is_not_a_report(payload):
    for key, value in (("households", -1), ("period", "2023-13"), ("status", "draft"), ("extra", 1)):
        with pytest.raises(ValidationError):
            check_payload(payload | {key: value})
    with pytest.raises(ValidationError):
        check_payload({key: value for key, value in payload.items() if key != "movement"})


def test_the_json_file_is_the_payload(payload, files):
    assert json.loads(files["json"]) == payload


def test_equal_arguments_give_equal_bytes(payload, files, kept_settings):
    again = render(json.loads(json.dumps(payload)), load_letterhead(kept_settings))
    assert set(files) == set(FORMATS)
    assert {form: files[form] == again[form] for form in FORMATS} == dict.fromkeys(FORMATS, True)


def test_the_letter_says_the_count_in_families_and_persons(files):
    text = pdf_text(files["pdf"])
    assert "5 (lima) keluarga (KK) yang terdiri atas 20 (dua puluh) jiwa" in text
    assert "PEMERINTAH KABUPATEN BEKASI" in text
    assert "DINAS SOSIAL" in text
    assert "5 November 2023" in text
    assert "berkurang 1 KK (16,7%)" in text
    assert "alasan keluar terbanyak ialah graduasi (naik ke atas garis) (2 KK)" in text
    assert "bersifat final" in text
    assert "NIP." in text


def test_the_annex_has_every_district_and_reason(files, payload):
    text = pdf_text(files["pdf"])
    for district in payload["districts"]:
        assert district["name"] in text
    for label in ("Baru terdaftar", "Data ganda", "Tidak layak menurut hasil verifikasi", "Jumlah akhir bulan Oktober"):
        assert label in text
    assert "Rp10.739 per orang per hari" in text


def test_the_pdf_is_tagged_and_dated_by_the_report(files):
    reader = pypdf.PdfReader(io.BytesIO(files["pdf"]))
    assert reader.metadata.creation_date.astimezone(JAKARTA) == GENERATED
    assert reader.metadata.title == "Laporan Jumlah Keluarga Miskin Ekstrem Kabupaten Bekasi Bulan Oktober 2023"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"] == "id"


def test_the_workbook_holds_numbers(files, payload):
    book = openpyxl.load_workbook(io.BytesIO(files["xlsx"]))
    assert book.sheetnames == ["Ringkasan", "Pergerakan", "Kecamatan", "Desa", "Kelengkapan", "Metode"]
    summary = {row[0].value: row[1].value for row in book["Ringkasan"].iter_rows(min_row=5)}
    assert summary["Jumlah keluarga miskin ekstrem"] == 5
    assert summary["Jumlah jiwa"] == 20
    districts = book["Kecamatan"]
    assert districts.freeze_panes == "C5"
    assert districts.print_title_rows == "$4:$4"
    column = [cell.value for cell in districts[4]].index("Jumlah keluarga (KK)")
    assert sum(row[column].value for row in districts.iter_rows(min_row=5)) == 5
    assert book["Desa"].max_row == 4 + 187
    movement = {row[0].value.strip(): row[1].value for row in book["Pergerakan"].iter_rows(min_row=5)}
    assert movement["Graduasi (naik ke atas garis)"] == 2


def test_the_csv_has_one_row_per_area(files, payload):
    assert files["csv"].startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(files["csv"].decode("utf-8-sig"))))
    assert len(rows) == 1 + 23 + 187
    assert list(rows[0]) == ["area_level", "area_code", "area_name", "period", *AREA_COLUMNS]
    assert {row["period"] for row in rows} == {"2023-10"}
    for level in ("regency", "district", "village"):
        assert sum(int(row["households"]) for row in rows if row["area_level"] == level) == 5


@pytest.mark.parametrize("text", ["=1+1", "+62", "-x", "@sum", "\tx"])
def test_text_that_looks_like_a_formula_stays_text(text, payload, kept_settings):
    assert safe_text(text) == f"'{text}"
    payload["villages"][0]["name"] = text
    files = render(payload, load_letterhead(kept_settings))
    assert f"'{text}" in files["csv"].decode()
    cell = openpyxl.load_workbook(io.BytesIO(files["xlsx"]))["Desa"]["B5"]
    assert cell.data_type == "s"
    assert cell.value == text


def test_the_page_needs_nothing_else_and_escapes(payload, kept_settings):
    payload["districts"][0]["name"] = "<script>alert(1)</script>"
    page = render(payload, load_letterhead(kept_settings))["html"].decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    for outside in ("src=", "@import", "url(http", "<link"):
        assert outside not in page
    assert '<html lang="id">' in page
    assert "5 (lima) keluarga (KK)" in page


def test_the_first_month_has_no_month_before(kept_conn, kept_settings):
    payload = report_payload(read_figures(kept_conn, kept_settings, AUGUST), revision=1, generated_at=GENERATED)
    assert "bulan pertama pencatatan" in pdf_text(render(payload, load_letterhead(kept_settings))["pdf"])


def test_a_provisional_report_names_the_missing_villages(conn, settings):
    office = large_office(conn)
    payload = report_payload(read_figures(conn, settings, OCTOBER), revision=1, generated_at=GENERATED)
    names = conn.execute(
        "select village_name from reference.village where village_code = any(%s)", (office.villages[40:43],)
    ).fetchall()
    text = pdf_text(render(payload, load_letterhead(settings))["pdf"])

    assert [row["village_code"] for row in payload["completeness"]["missing"]] == office.villages[40:43]
    assert "bersifat sementara" in text
    for (name,) in names:
        assert f"Desa {name} (Kec." in text


def test_the_file_names_are_those_of_the_contract(payload):
    assert file_name(payload, "pdf") == "laporan-miskin-ekstrem-32.16-2023-10-r1.pdf"
