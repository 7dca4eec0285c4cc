"""What the project promises about itself: descriptions, contracts, comments, rights, and what staging may read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest

from entas.settings import PROJECT_ROOT
from entas.warehouse.dbt import dbt_arguments, run_dbt
from tests.dbt_project.conftest import Built

#: Design, section 7: "must hold". Other people's queries depend on these names and types.
MARTS = {
    "dim_village": "village_code village_name village_kind district_code district_name regency_code regency_name"
    " province_code province_name",
    "fct_household_status_monthly": "household_id period village_code status reason is_counted members monthly_amount"
    " per_capita poverty_line gap previous_status previous_village_code movement movement_reason students_smp"
    " students_sma verified_on register_period register_age_months evidence_upload_ids",
    "fct_assistance": "household_id person_id programme funding_source amount paid_on village_code",
    "fct_empowerment": "household_id person_id kind provider started_on finished_on outcome amount",
    "rpt_extreme_poverty_monthly": "area_level area_code period households persons opening entered exited"
    " entered_returned entered_newly_registered entered_verified_eligible entered_fell_below_line exited_died"
    " exited_moved_out exited_duplicate exited_not_found exited_missing_from_register exited_graduated"
    " exited_found_ineligible exited_unmeasured exited_other transferred_in transferred_out closing candidates"
    " unmeasured assisted_households assistance_amount trained_households capital_households"
    " households_with_students_smp households_with_students_sma headcount_ratio poverty_gap poverty_severity",
    "rpt_register_completeness_monthly": "village_code period register status received_at age_months rows_accepted"
    " rows_quarantined",
    "rpt_village_completeness_monthly": "village_code period status is_sent is_late is_missing due_before"
    " first_received_at last_received_at last_upload_at uploads registers_received rows_read rows_accepted"
    " rows_quarantined quarantine_rate register_age_months",
    "rpt_movement_detail": "area_level area_code period cell household_id village_code previous_village_code"
    " previous_status status reason members evidence_upload_ids",
    "rpt_extreme_poverty_by_term": "term_kind term_start term_end area_level area_code months is_complete last_period"
    " opening entered exited transferred_in transferred_out closing persons mean_households assistance_amount",
    "dim_household": "household_id valid_from valid_to months is_current village_code status reason is_counted members"
    " first_listed first_counted",
    "rpt_assistance_coverage_monthly": "area_level area_code period programme households counted_assisted"
    " counted_not_assisted assisted_not_counted payments amount_to_counted amount_to_others coverage",
    "rpt_programme_outcome": "area_level area_code programme_kind cohort months_after looked_at helped helped_counted"
    " helped_not_extreme_poor helped_unknown helped_left not_helped not_helped_counted not_helped_not_extreme_poor"
    " not_helped_unknown not_helped_left",
    "rpt_schooling_monthly": "area_level area_code period school_level students households",
    "rpt_line_sensitivity": "period line_id authority stated_basis basis poverty_line is_policy households persons"
    " verified below_line difference",
    "rpt_target_progress": "period households baseline_households target_households months_to_target_3"
    " months_to_target_6 months_to_target_12",
}
#: Columns of raw that tell who somebody is.
IDENTIFYING = (
    "no_kk nama nama_ayah nama_ibu nik_kepala nama_kepala tempatlahir tanggallahir alamat dusun rw rt petugas penyalur"
)


@pytest.fixture(scope="module")
def manifest(built: Built) -> dict[str, Any]:
    """dbt's manifest of the project."""
    run_dbt(built.settings, ["parse", *dbt_arguments(built.settings)])
    path = built.settings.home / "dbt" / "target" / "manifest.json"
    return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def models(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The models by name."""
    return {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}


def columns_of(built: Built, schema: str) -> dict[str, list[str]]:
    """Column names of the relations of a schema, in order."""
    found: dict[str, list[str]] = {}
    for row in built.rows(
        "select table_name, column_name from information_schema.columns"
        f" where table_schema = '{schema}' order by table_name, ordinal_position"
    ):
        found.setdefault(row["table_name"], []).append(row["column_name"])
    return found


def test_marts_hold_the_columns_of_the_design(built: Built) -> None:
    found = columns_of(built, "marts")
    assert set(found) == set(MARTS)
    for name, columns in MARTS.items():
        assert set(columns.split()) <= set(found[name]), name


def test_every_model_and_column_is_described(built: Built, models: dict[str, dict[str, Any]]) -> None:
    for schema in ("staging", "intermediate", "marts"):
        for name, columns in columns_of(built, schema).items():
            model = models[name]
            assert model["description"].startswith("One row per"), name
            assert [column for column in columns if not model["columns"].get(column, {}).get("description")] == [], name
            assert set(model["columns"]) == set(columns), name


def test_descriptions_are_comments_in_the_database(built: Built) -> None:
    without = built.rows(
        "select c.relname, a.attname from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace"
        " inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
        " where n.nspname = 'marts' and c.relkind = 'r'"
        " and (col_description(c.oid, a.attnum) is null or obj_description(c.oid, 'pg_class') is null)"
    )
    assert without == []


def test_every_mart_has_an_enforced_contract(models: dict[str, dict[str, Any]]) -> None:
    marts = [model for model in models.values() if model["schema"] == "marts"]
    assert len(marts) == len(MARTS)
    assert [model["name"] for model in marts if not model["contract"]["enforced"]] == []


def test_every_model_is_tested(manifest: dict[str, Any], models: dict[str, dict[str, Any]]) -> None:
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    tests += manifest["unit_tests"].values()
    tested = {model for test in tests for model in test["depends_on"]["nodes"]}
    assert [model["name"] for model in models.values() if model["unique_id"] not in tested] == []


def test_staging_alone_reads_what_the_package_loads(models: dict[str, dict[str, Any]]) -> None:
    for model in models.values():
        sources = [one for one in model["depends_on"]["nodes"] if one.startswith("source.")]
        assert bool(sources) == (model["schema"] == "staging"), model["name"]


def test_nothing_that_names_a_person_leaves_raw(built: Built) -> None:
    identifying = {*IDENTIFYING.split(), "nik"}
    for schema in ("staging", "intermediate", "marts"):
        for name, columns in columns_of(built, schema).items():
            assert identifying.isdisjoint(columns), name
    for path in sorted((PROJECT_ROOT / "dbt_project" / "models").rglob("*.sql")):
        text = re.sub(r"--.*", "", path.read_text(encoding="utf-8")).replace("nik is not null", "")
        assert identifying.isdisjoint(re.findall(r"\w+", text)), path.name


def test_analysts_read_the_marts_and_nothing_below(analyst: psycopg.Connection, built: Built) -> None:
    for name in MARTS:
        analyst.execute(f"select * from marts.{name} limit 1")
    for schema in ("staging", "intermediate", "seeds", "raw"):
        relation = sorted(columns_of(built, schema))[0]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            analyst.execute(f"select * from {schema}.{relation} limit 1")


def test_numbers_keep_their_full_precision(built: Built) -> None:
    scales = built.rows(
        "select column_name from information_schema.columns where table_schema = 'marts'"
        " and data_type = 'numeric' and numeric_scale is not null"
    )
    assert scales == []


@pytest.mark.parametrize("name", ["poverty_lines.csv", "policy.csv"])
def test_seeds_are_plain_utf_8(name: str) -> None:
    text = Path(PROJECT_ROOT / "dbt_project" / "seeds" / name).read_bytes().decode("utf-8")
    assert not text.startswith("\ufeff")
    assert text.endswith("\n")


def test_unit_tests_pass(built: Built) -> None:
    run_dbt(built.settings, ["test", *dbt_arguments(built.settings), "--select", "test_type:unit"])
