"""A file of every format through intake and dbt: what was written into it stands in the warehouse and counts."""

from __future__ import annotations

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from entas import areas
from entas.ids import Pseudonymiser
from entas.intake import run_intake
from entas.registers.schema import REGISTERS
from entas.settings import Settings
from entas.warehouse.dbt import transform
from tests.conftest import make_settings
from tests.registers.format_files.formats import FORMATS
from tests.registers.format_files.pages import write_book
from tests.registers.format_files.people import FAMILIES

#: The village that the files' area columns name.
VILLAGE = "32.16.09.2003"
#: One month a format, in the order in which the formats are told.
PERIODS = {name: f"{2022 + (number + 2) // 12}-{(number + 2) % 12 + 1:02d}" for number, name in enumerate(FORMATS)}

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def loaded(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One village that sends another format each month, and the marts of it."""
    settings = make_settings(tmp_path_factory.mktemp("formats"), new_database())
    real_name = areas.villages(settings.regency)[VILLAGE].village_name
    for number, (name, make) in enumerate(FORMATS.items()):
        folder = Path(settings.inbox) / VILLAGE / PERIODS[name]
        folder.mkdir(parents=True)
        pages = make().pages()
        for page in pages:  # the files are of an invented village, the folder is of one that is
            page.rows[:] = [
                [real_name if str(cell).upper() == "SUKA UJI" else cell for cell in row] for row in page.rows
            ]
        written = write_book(folder / f"{name}.xlsx", pages)
        os.utime(written, (1_700_000_000 + number, 1_700_000_000 + number))
    run_intake(settings)
    transform(settings)
    return settings


def _query(settings: Settings, query: str, *values: Any) -> list[dict[str, Any]]:
    with psycopg.connect(settings.warehouse_url, row_factory=dict_row) as connection:
        return connection.execute(query, values).fetchall()


def _amount(value: Any) -> Any:
    return Decimal(value).quantize(Decimal("0.01")) if isinstance(value, Decimal) else value


@pytest.mark.parametrize("name", FORMATS)
def test_every_row_is_loaded_as_it_was_written(loaded: Settings, name: str) -> None:
    case = FORMATS[name]()
    [upload] = _query(loaded, "select * from raw.upload where file_name = %s", f"{name}.xlsx")
    assert (upload["status"], upload["reason"]) == ("accepted", None)
    registers = _query(loaded, "select * from raw.upload_register where upload_id = %s", upload["upload_id"])
    assert {one["register"]: one["format_id"] for one in registers} == dict.fromkeys(case.expected, case.format_id)
    for register, expected in case.expected.items():
        rows = _query(
            loaded, f"select * from raw.{register} where upload_id = %s order by position", upload["upload_id"]
        )
        assert [{column: row[column] for column in REGISTERS[register]} for row in rows] == [
            {column: _amount(row.get(column)) for column in REGISTERS[register]} for row in expected
        ]


def test_families_without_card_numbers_are_measured_through_their_heads(loaded: Settings) -> None:
    statuses = _query(
        loaded,
        "select to_char(period, 'YYYY-MM') as period, household_id, status, evidence_upload_ids "
        "from marts.fct_household_status_monthly",
    )
    pseudonyms = Pseudonymiser(loaded.pseudonym_key)
    households = [pseudonyms.household_id(family[0].no_kk) for family in FAMILIES]
    for name in ("p3ke_keluarga", "p3ke_individu"):
        [upload] = _query(loaded, "select upload_id from raw.upload where file_name = %s", f"{name}.xlsx")
        of_month = {row["household_id"]: row for row in statuses if row["period"] == PERIODS[name]}
        assert [of_month[one]["status"] for one in households] == ["candidate", "unmeasured", "candidate"]
        assert all(upload["upload_id"] in of_month[one]["evidence_upload_ids"] for one in households)


def test_a_form_without_measures_displaces_none(loaded: Settings) -> None:
    [upload] = _query(loaded, "select upload_id from raw.upload where file_name = 'regsosek.xlsx'")
    [counted] = _query(
        loaded,
        "select bool_or(amount.upload_id = %s) as is_asked, count(*) as families "
        "from intermediate.int_family_amounts amount where to_char(period, 'YYYY-MM') = %s",
        upload["upload_id"],
        PERIODS["regsosek"],
    )
    assert counted == {"is_asked": False, "families": len(FAMILIES)}
    checked = _query(
        loaded,
        "select rule_id, rows_checked from quality.check_result where upload_id = %s and rule_id = any(%s) order by 1",
        upload["upload_id"],
        ["kesejahteraan.ukuran.tidak_ada", "kesejahteraan.no_kk.kosong", "bantuan.tanggal_salur.kosong"],
    )
    assert [tuple(one.values()) for one in checked] == [
        ("bantuan.tanggal_salur.kosong", 0),
        ("kesejahteraan.no_kk.kosong", len(FAMILIES)),
        ("kesejahteraan.ukuran.tidak_ada", 0),
    ]


def test_participants_are_shown_with_their_family_and_count_in_no_month(loaded: Settings) -> None:
    pseudonyms = Pseudonymiser(loaded.pseudonym_key)
    for name in ("opensid_bantuan", "opensid_bantuan_keluarga"):
        [upload] = _query(loaded, "select upload_id, notes from raw.upload where file_name = %s", f"{name}.xlsx")
        rows = _query(
            loaded,
            "select household_id, amount, paid_on, period, is_of_listed_family from marts.fct_assistance "
            "where payment_id like %s order by payment_id",
            f"{upload['upload_id']}-%",
        )
        assert [tuple(row.values()) for row in rows] == [
            (pseudonyms.household_id(family[0].no_kk), None, None, None, True) for family in FAMILIES
        ]
        assert any("tidak memuat nilai dan tanggal" in note for note in upload["notes"])
        [reported] = _query(
            loaded,
            "select sum(assisted_households) as households from marts.rpt_extreme_poverty_monthly "
            "where to_char(period, 'YYYY-MM') = %s",
            PERIODS[name],
        )
        assert reported["households"] == 0
