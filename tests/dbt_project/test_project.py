"""What a built warehouse shows of the project: columns that stay, comments, rights, and who reads what."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import psycopg
import pytest

from entas.reporting.figures import read_figures
from entas.reporting.gate import check_gate
from entas.settings import PROJECT_ROOT
from entas.warehouse.dbt import dbt_arguments, run_dbt
from entas.warehouse.documentation import source_ages
from tests.dbt_project.compatibility import Column, Marts, additions, breaks, contracts, promised
from tests.dbt_project.conftest import Built

#: What readers rely on (marts.yml): relations and columns of the design, section 7, and those added since.
MARTS = promised()
#: Columns of raw that tell who somebody is.
IDENTIFYING = (
    "no_kk nama nama_ayah nama_ibu nik_kepala nama_kepala tempatlahir tanggallahir alamat dusun rw rt petugas penyalur"
)


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
    # What a build leaves for the next one is written by macros/incremental.sql, and is no model.
    return {name: columns for name, columns in found.items() if not name.startswith("build_")}


def relations_of(built: Built, schema: str) -> Marts:
    """The relations of a schema as PostgreSQL has them."""
    found: Marts = {}
    for row in built.rows(
        "select c.relname, a.attname, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull"
        " from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace"
        " inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
        f" where n.nspname = '{schema}' and c.relkind in ('r', 'p', 'v', 'm') order by c.relname, a.attnum"
    ):
        found.setdefault(row["relname"], {})[row["attname"]] = Column(row["type"], row["attnotnull"])
    return found


def test_what_readers_rely_on_stays(built: Built, manifest: dict[str, Any]) -> None:
    for now in (contracts(manifest), relations_of(built, "marts")):
        assert list(breaks(MARTS, now)) == []


def test_what_is_new_is_entered(built: Built, manifest: dict[str, Any]) -> None:
    """Enter it with `python -m tests.dbt_project.compatibility`."""
    for now in (contracts(manifest), relations_of(built, "marts")):
        assert list(additions(MARTS, now)) == []


def test_the_exposure_of_the_report_has_all_that_gate_and_figures_read(built: Built, manifest: dict[str, Any]) -> None:
    """By the queries that they really send."""
    sent: list[str] = []

    class Recording(psycopg.Cursor[Any]):
        def execute(self, query: Any, *arguments: Any, **options: Any) -> Recording:
            sent.append(query if isinstance(query, str) else query.as_string(self))
            return super().execute(query, *arguments, **options)

    period = built.rows("select max(period) as period from marts.rpt_extreme_poverty_monthly")[0]["period"]
    with built.warehouse.connect() as connection:
        connection.cursor_factory = Recording
        assert check_gate(connection, built.settings, period) == []
        read_figures(connection, built.settings, period)
    read = set(re.findall(r'"?(?:marts|seeds)"?\."?(\w+)', "\n".join(sent)))
    assert {"fct_household_status_monthly", "rpt_target_progress", "policy"} <= read
    exposure = manifest["exposures"]["exposure.entas.monthly_report"]
    assert read == {node.split(".")[-1] for node in exposure["depends_on"]["nodes"]}


def test_every_column_is_told_of_in_the_yml(built: Built, models: dict[str, dict[str, Any]]) -> None:
    for schema in ("staging", "intermediate", "marts"):
        for name, columns in columns_of(built, schema).items():
            model = models[name]
            assert set(model["columns"]) == set(columns), name


def test_descriptions_are_comments_in_the_database(built: Built) -> None:
    without = built.rows(
        "select c.relname, a.attname from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace"
        " inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
        " where n.nspname = 'marts' and c.relkind = 'r'"
        " and (col_description(c.oid, a.attnum) is null or obj_description(c.oid, 'pg_class') is null)"
    )
    assert without == []


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


def test_every_mart_has_a_primary_key(built: Built) -> None:
    keyed = built.rows(
        "select conrelid::regclass::text as name from pg_constraint"
        " where contype = 'p' and connamespace = 'marts'::regnamespace"
    )
    assert {row["name"] for row in keyed} == {f"marts.{name}" for name in MARTS}


@pytest.mark.parametrize("name", ["poverty_lines.csv", "policy.csv"])
def test_seeds_are_plain_utf_8(name: str) -> None:
    text = Path(PROJECT_ROOT / "dbt_project" / "seeds" / name).read_bytes().decode("utf-8")
    assert not text.startswith("\ufeff")
    assert text.endswith("\n")


def test_unit_tests_pass(built: Built) -> None:
    run_dbt(built.settings, ["test", *dbt_arguments(built.settings), "--select", "test_type:unit"])


def test_the_age_of_every_watched_source_is_told(built: Built, manifest: dict[str, Any]) -> None:
    watched = {f"{one['source_name']}.{one['name']}": one for one in manifest["sources"].values() if one["freshness"]}
    ages = {age.source: age for age in source_ages(built.settings)}
    assert set(ages) == {name for name, one in watched.items() if one["freshness"]["warn_after"]["count"]}
    for name, age in ages.items():
        limits = [one for one in watched[name]["freshness"].values() if isinstance(one, dict) and one["count"]]
        assert {one["period"] for one in limits} == {"day"}
        assert [limit for limit in age.limits if limit] == [one["count"] for one in limits]
    assert ages["publication.report_release"].status == "never"
    youngest = built.rows("select max(received_at) as at from raw.upload")[0]["at"]
    assert ages["raw.upload"].received_at == youngest
    assert ages["raw.upload"].status == "error"  # the worlds of the tests lie years ago
