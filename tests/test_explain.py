"""Why a family has its status, told from the tables that decided."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from entas.errors import EntasError, UsageError
from entas.explain import LINE_SOURCES, explain, to_text
from entas.intake import run_intake
from entas.settings import PROJECT_ROOT, Settings
from entas.warehouse import open_warehouse
from entas.warehouse.dbt import transform
from tests.conftest import make_settings
from tests.workbooks import family, nik, no_kk, write_workbook

VILLAGE, OTHER = "32.16.09.2003", "32.16.09.2002"
AUGUST, SEPTEMBER, OCTOBER = date(2023, 8, 1), date(2023, 9, 1), date(2023, 10, 1)

BELOW, VERIFIED, SUPERSEDED, EXPIRED, PASSED, GONE, DECILE, DEAD, LEAVING, SHARED, OVER, GRADUATED = range(1, 13)
NEIGHBOUR, NEW = 90, 91


def _decision(number: int, day: str, hasil: str, alasan: str | None = None) -> dict[str, Any]:
    return {"no_kk": no_kk(number), "tanggal_musyawarah": day, "hasil": hasil, "alasan": alasan}


@pytest.fixture(scope="module")
def explained(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two villages and three months in which every row of the decision table decides about a family."""
    settings = make_settings(tmp_path_factory.mktemp("explained"), new_database())
    inbox = Path(settings.inbox)
    persons = [row for number in range(1, 13) if number != DEAD for row in family(number)]
    persons += family(DEAD, status_dasar="2")
    write_workbook(inbox / VILLAGE / "2023-08" / "agustus.xlsx", {
        "penduduk": persons,
        "kesejahteraan": [
            {"no_kk": no_kk(BELOW), "penghasilan_bulanan": 600_000, "tanggal_pendataan": "02/08/2023"},
            {"no_kk": no_kk(OVER), "penghasilan_bulanan": 644_340},
            {"no_kk": no_kk(SUPERSEDED), "penghasilan_bulanan": 2_000_000, "tanggal_pendataan": "20/08/2023"},
            {"no_kk": no_kk(DECILE), "desil": 1},
            {"no_kk": no_kk(LEAVING), "penghasilan_bulanan": 100_000},
        ],
        "verifikasi": [
            _decision(VERIFIED, "15/08/2023", "layak"),
            _decision(SUPERSEDED, "15/08/2023", "layak"),
            _decision(EXPIRED, "31/08/2022", "layak"),
            _decision(PASSED, "01/08/2023", "layak"),
            _decision(GONE, "15/08/2023", "tidak layak", "pindah"),
            _decision(GRADUATED, "15/08/2023", "tidak layak", "graduasi"),
        ],
        "bantuan": [
            {"no_kk": no_kk(SUPERSEDED), "program": "BLT", "nilai": 300_000, "tanggal_salur": "05/08/2023"},
            {"nik": nik(BELOW * 10 + 1), "program": "BLT", "nilai": 300_000, "tanggal_salur": "05/09/2023"},
        ],
        "pemberdayaan": [
            {"no_kk": no_kk(SUPERSEDED), "jenis": "bantuan_modal", "penyelenggara": "Dinas UMKM",
             "tanggal_mulai": "01/03/2023", "nilai": 2_500_000},
        ],
    })  # fmt: skip
    write_workbook(inbox / OTHER / "2023-08" / "lain.xlsx", {
        "penduduk": family(SHARED, members=3) + family(NEIGHBOUR) + [family(DECILE)[1] | {"no_kk": no_kk(NEIGHBOUR)}],
        "verifikasi": [_decision(PASSED, "20/08/2023", "tidak layak", "meninggal")],
    })  # fmt: skip
    write_workbook(
        inbox / VILLAGE / "2023-10" / "oktober.xlsx",
        {"penduduk": [row for row in persons if row["no_kk"] != no_kk(LEAVING)]},
    )
    heads = [(NEIGHBOUR, 1), (BELOW, 4)]
    write_workbook(inbox / OTHER / "2023-09" / "p3ke.xlsx", {
        "p3ke": [{"ID Keluarga": f"K{n}", "Desil Kesejahteraan": desil, "NIK": nik(n * 10)} for n, desil in heads],
    })  # fmt: skip
    write_workbook(inbox / OTHER / "2023-10" / "baru.xlsx", {"penduduk": family(SHARED, members=3) + family(NEW)})
    assert {one.status for one in run_intake(settings).uploads} == {"accepted"}
    transform(settings)
    return settings


@pytest.mark.parametrize(
    ("number", "period", "case", "status", "reason"),
    [
        (LEAVING, OCTOBER, 1, "left", "missing_from_register"),
        (DEAD, AUGUST, 2, "left", "died"),
        (GONE, AUGUST, 3, "left", "moved_out"),
        (GRADUATED, AUGUST, 4, "not_extreme_poor", "graduated"),
        (VERIFIED, AUGUST, 5, "extreme_poor", "verified"),
        (BELOW, AUGUST, 6, "extreme_poor", "below_line"),
        (OVER, AUGUST, 6, "not_extreme_poor", "above_line"),
        (DECILE, AUGUST, 7, "candidate", "decile_1"),
        (NEIGHBOUR, SEPTEMBER, 7, "candidate", "decile_1"),
        (EXPIRED, SEPTEMBER, 8, "unmeasured", "no_measure"),
    ],
)
def test_the_row_of_the_decision_table_is_named(
    explained: Settings, number: int, period: date, case: int, status: str, reason: str
) -> None:
    answer = explain(explained, period, no_kk=no_kk(number))
    assert (answer["case"], answer["status"], answer["reason"]) == (case, status, reason)
    assert [step["applies"] for step in answer["steps"]] == [False] * (case - 1) + [True]
    assert answer == explain(explained, period, household_id=answer["household_id"]) | {"no_kk": no_kk(number)}
    assert f"=> {case}. " in to_text(answer)
    json.dumps(answer)  # plain values alone


def test_the_figures_are_those_that_decided(explained: Settings) -> None:
    answer = explain(explained, AUGUST, no_kk=no_kk(BELOW))
    figures = answer["figures"]
    assert (figures["members"], figures["monthly_amount"], figures["per_capita"]) == (2, 600_000, 300_000)
    assert (figures["poverty_line"], figures["line_per_day"], figures["gap"]) == (322_170, 10_739, 22_170)
    assert (figures["line_id"], figures["surveyed_on"]) == ("bekasi_sk_bupati", "2023-08-02")
    text = to_text(answer)
    for said in (
        "2 Agustus 2023",
        "Rp600.000 : 2 = Rp300.000\n",
        "Rp10.739 sehari x 30 = Rp322.170 per orang sebulan, Bupati Bekasi",
        "Rp322.170 x 2 = Rp644.340; pendapatan keluarga Rp600.000 lebih kecil dari garis itu",
        "Rp322.170 - Rp300.000 = Rp22.170",
        "Keputusan Bupati Bekasi, sebagaimana diberitakan",
    ):
        assert said in text
    assert explain(explained, AUGUST, no_kk=no_kk(OVER))["figures"]["amount_is"] == "equal"


def test_a_row_without_card_number_is_told_with_what_led_to_it(explained: Settings) -> None:
    answer = explain(explained, SEPTEMBER, no_kk=no_kk(NEIGHBOUR))
    [source] = [one for one in answer["sources"] if one["input"] == "kesejahteraan"]
    assert (source["file_name"], source["found_by"]) == ("p3ke.xlsx", "head")
    assert source["rows"] == [{"sheet": "p3ke", "row_number": 2, "position": 0}]
    text = to_text(answer)
    assert 'lembar "p3ke" baris 2, dikenali dari NIK kepala keluarga' in text
    assert nik(NEIGHBOUR * 10) not in text
    # the village that keeps a family speaks before others
    answer = explain(explained, SEPTEMBER, no_kk=no_kk(BELOW))
    [source] = [one for one in answer["sources"] if one["input"] == "kesejahteraan"]
    assert (source["file_name"], source["found_by"]) == ("agustus.xlsx", "card")
    assert "dikenali dari NIK kepala" not in to_text(answer)


@pytest.mark.parametrize(
    ("number", "period", "roles"),
    [
        (VERIFIED, AUGUST, ["decides"]),
        (VERIFIED, OCTOBER, ["decides"]),
        (SUPERSEDED, AUGUST, ["superseded"]),
        (EXPIRED, AUGUST, ["expired"]),  # its twelve months ended with July
        (EXPIRED, SEPTEMBER, ["expired"]),
        (PASSED, AUGUST, ["passed_over", "decides"]),
        (GONE, AUGUST, ["decides"]),
        (LEAVING, AUGUST, []),
    ],
)
def test_what_became_of_each_decision(explained: Settings, number: int, period: date, roles: list[str]) -> None:
    answer = explain(explained, period, no_kk=no_kk(number))
    assert [one["role"] for one in answer["decisions"]] == roles
    for one in answer["decisions"]:
        assert one["role_text"] in to_text(answer)


def test_every_input_is_traced_to_its_row(explained: Settings) -> None:
    answer = explain(explained, AUGUST, no_kk=no_kk(SUPERSEDED))
    register, welfare, decision, payment, activity = answer["sources"]
    first = 2 + 2 * (SUPERSEDED - 1)
    assert (register["input"], register["file_name"], register["period"]) == ("penduduk", "agustus.xlsx", "2023-08")
    assert [(row["sheet"], row["row_number"]) for row in register["rows"]] == [
        ("penduduk", first),
        ("penduduk", first + 1),
    ]
    assert [(row["sheet"], row["row_number"]) for row in welfare["rows"]] == [("kesejahteraan", 4)]
    assert [(row["sheet"], row["row_number"]) for row in decision["rows"]] == [("verifikasi", 3)]
    assert [(row["sheet"], row["row_number"]) for row in payment["rows"]] == [("bantuan", 2)]
    assert [(row["sheet"], row["row_number"]) for row in activity["rows"]] == [("pemberdayaan", 2)]
    text = to_text(answer)
    assert f'lembar "penduduk" baris {first} (hidup) dan {first + 1} (hidup)' in text
    assert "WIB" in text


def test_help_is_told_for_the_months_it_counts_in(explained: Settings) -> None:
    august = explain(explained, AUGUST, no_kk=no_kk(SUPERSEDED))
    assert [(one["input"], one["found_by"], one["amount"]) for one in august["help"]] == [
        ("bantuan", "card", 300_000),
        ("pemberdayaan", "card", 2_500_000),
    ]
    text = to_text(august)
    assert "Program BLT senilai Rp300.000, 5 Agustus 2023, dilaporkan" in text
    assert "Bantuan modal oleh Dinas UMKM senilai Rp2.500.000, mulai 1 Maret 2023" in text
    september = explain(explained, SEPTEMBER, no_kk=no_kk(SUPERSEDED))
    assert [one["input"] for one in september["help"]] == ["pemberdayaan"]
    found = explain(explained, SEPTEMBER, no_kk=no_kk(BELOW))
    assert [(one["input"], one["found_by"]) for one in found["help"]] == [("bantuan", "person")]
    assert "dikenali dari NIK penerima" in to_text(found)
    assert "Tidak ada bantuan pada bulan ini" in to_text(explain(explained, AUGUST, no_kk=no_kk(BELOW)))


def test_the_numbers_of_the_report_that_count_the_family_are_named(explained: Settings) -> None:
    cells = explain(explained, AUGUST, no_kk=no_kk(BELOW))["movement"]["cells"]
    assert [(one["cell"], one["area_code"]) for one in cells] == [
        (cell, code) for cell in ("closing", "entered_newly_registered") for code in (VILLAGE, VILLAGE[:8], "32.16")
    ]
    with open_warehouse(explained).connect() as connection:
        families = connection.execute(
            "select count(*) from marts.rpt_movement_detail where period = %s and area_code = %s and cell = 'closing'",
            (AUGUST, VILLAGE),
        ).fetchone()[0]
        reported = connection.execute(
            "select closing from marts.rpt_extreme_poverty_monthly where period = %s and area_code = %s",
            (AUGUST, VILLAGE),
        ).fetchone()[0]
    assert families == reported
    assert not explain(explained, AUGUST, no_kk=no_kk(DECILE))["movement"]["cells"]


def test_every_line_of_the_seed_has_its_source_in_indonesian() -> None:
    with (PROJECT_ROOT / "dbt_project" / "seeds" / "poverty_lines.csv").open(encoding="utf-8", newline="") as file:
        sources = {row["source"] for row in csv.DictReader(file)}
    assert sources == set(LINE_SOURCES)


def test_competing_claims_and_persons_are_told(explained: Settings) -> None:
    answer = explain(explained, AUGUST, no_kk=no_kk(SHARED))
    kept = {claim["village_code"]: claim["is_kept"] for claim in answer["claims"]}
    assert kept == {VILLAGE: False, OTHER: True}
    assert [claim["lost_by"] for claim in answer["claims"]] == [None, "received_at"]
    assert "tidak dipakai, karena register desa lain diterima lebih akhir" in to_text(answer)
    assert answer["village"]["code"] == OTHER
    assert answer["figures"]["members"] == 3

    answer = explain(explained, AUGUST, no_kk=no_kk(DECILE))
    (person,) = answer["shared_persons"]
    assert (person["is_counted_elsewhere"], person["village_code"], answer["figures"]["members"]) == (True, OTHER, 1)
    assert (person["sheet"], person["row_number"]) == ("penduduk", 2 + 2 * (DECILE - 1) + 1)
    assert "orang yang sama dihitung pada keluarga itu, sehingga tidak dihitung di sini" in to_text(answer)
    winner = explain(explained, AUGUST, household_id=person["other_household_id"])
    (told,) = winner["shared_persons"]
    assert (told["is_kept"], told["other_is_counted_here"], told["other_household_id"]) == (
        True,
        True,
        answer["household_id"],
    )
    assert (told["other_sheet"], told["other_row_number"]) == (person["sheet"], person["row_number"])
    assert "orang yang sama dihitung di sini, sehingga tidak dihitung pada keluarga itu" in to_text(winner)


def test_the_months_before_and_the_movement_are_told(explained: Settings) -> None:
    answer = explain(explained, OCTOBER, no_kk=no_kk(LEAVING))
    assert answer["movement"] | {"cells": len(answer["movement"]["cells"])} == {
        "movement": "exited",
        "reason": "missing_from_register",
        "previous_status": "extreme_poor",
        "previous_village_code": VILLAGE,
        "previous_village_name": "Karangasih",
        "cells": 6,
    }
    assert [(one["period"], one["status"]) for one in answer["history"]] == [
        ("2023-09", "extreme_poor"),
        ("2023-08", "extreme_poor"),
    ]
    text = to_text(answer)
    assert "Tidak lagi tercantum dalam register" in text
    assert "tidak memuat keluarga ini" in text


def test_neither_niks_nor_names_are_printed(explained: Settings) -> None:
    for number in range(1, 13):
        for period in (AUGUST, OCTOBER):
            answer = explain(explained, period, no_kk=no_kk(number))
            told = to_text(answer) + json.dumps(answer)
            assert set(re.findall(r"(?<![0-9a-f])\d{16}(?![0-9a-f])", told)) == {no_kk(number)}
            assert "WARGA" not in told


def test_who_is_not_there_is_said(explained: Settings) -> None:
    with pytest.raises(EntasError, match=r"no row in 2023-08; it has in 2023-10") as raised:
        explain(explained, AUGUST, no_kk=no_kk(NEW))
    assert raised.value.exit_code == 1
    with pytest.raises(EntasError, match="in no month"):
        explain(explained, AUGUST, no_kk="3216000000000000")
    with pytest.raises(EntasError, match="2023-08 to 2023-10"):
        explain(explained, date(2024, 1, 1), no_kk=no_kk(BELOW))


def test_wrong_questions_are_refused(settings: Settings) -> None:
    for arguments in ({}, {"no_kk": no_kk(1), "household_id": "a" * 64}, {"no_kk": "123"}, {"household_id": "xyz"}):
        with pytest.raises(UsageError):
            explain(settings, AUGUST, **arguments)
    open_warehouse(settings)
    with pytest.raises(EntasError, match="run entas transform first"):
        explain(settings, AUGUST, no_kk=no_kk(1))
