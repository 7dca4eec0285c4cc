"""The conventions hold for the dbt project, and each finds a violation planted in a small one."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.dbt_project.conventions import CONVENTIONS, Convention, Project

Manifest = dict[str, Any]


@pytest.mark.parametrize("query", CONVENTIONS, ids=lambda query: query.__name__)
def test_the_project_keeps_the_convention(manifest: Manifest, query: Convention) -> None:
    assert list(query(Project(manifest))) == []


def _column(block: str | None = None, **more: Any) -> Manifest:
    blocks = [f"doc.small.{block}"] if block else []
    return {"description": "What it is.", "doc_blocks": blocks, "data_type": "text", "constraints": [], **more}


def _model(folder: str, name: str, code: str, *parents: str, **more: Any) -> Manifest:
    return {
        "resource_type": "model",
        "name": name,
        "unique_id": f"model.small.{name}",
        "original_file_path": f"models/{folder}/{name}.sql",
        "patch_path": f"small://models/{folder}/{name}.yml",
        "description": "One row per village.",
        "columns": {"village_code": _column("village_code")},
        "raw_code": code,
        "depends_on": {"nodes": list(parents)},
        "config": {"meta": {"key": "village_code: as in the source"}},
        "constraints": [],
        "contract": {"enforced": folder == "marts"},
        "access": "public" if folder == "marts" else "protected",
        "group": "all",
        **more,
    }


def _test(name: str, **more: Any) -> Manifest:
    return {
        "resource_type": "test",
        "name": name,
        "unique_id": f"test.small.{name}",
        "description": "A village has one row; where it has two, mend the join with areas.",
        "raw_code": "",
        "unrendered_config": {"severity": "error"},
        **more,
    }


def _small() -> Manifest:
    """A manifest with one of everything, that keeps all conventions."""
    nodes = [
        _model(
            "staging", "stg_villages", "select code from {{ source('raw', 'village') }}", "source.small.raw.village"
        ),
        _model(
            "intermediate",
            "int_areas",
            "with\n\nfinal as (\n\n    select case when true then 1 end from {{ ref('stg_villages') }}\n\n)\n",
            "model.small.stg_villages",
            "seed.small.policy",
        ),
        _model("marts", "dim_village", "select * from {{ ref('int_areas') }}", "model.small.int_areas"),
        _test("unique_dim_village", test_metadata={"name": "unique"}, attached_node="model.small.dim_village"),
        _test(
            "assert_it_holds", raw_code="-- Every village lies in one district. Mend int_areas.\nselect 1 where false"
        ),
        {
            "resource_type": "seed",
            "name": "policy",
            "unique_id": "seed.small.policy",
            "description": "One row per key.",
            "columns": {"key": _column()},
            "config": {"meta": {}},
        },
    ]
    return {
        "nodes": {node["unique_id"]: node for node in nodes},
        "sources": {
            "source.small.raw.village": {
                "source_name": "raw",
                "name": "village",
                "description": "One row per village.",
                "source_description": "What was loaded.",
                "freshness": {"warn_after": {"count": 36, "period": "day"}},
                "loaded_at_field": "received_at",
                "loaded_at_query": None,
                "meta": {},
            }
        },
        "exposures": {
            "exposure.small.map": {
                "name": "map",
                "description": "A map of the villages.",
                "label": "Map",
                "owner": {"name": "The office"},
                "depends_on": {"nodes": ["model.small.dim_village"]},
            }
        },
        "unit_tests": {
            "unit_test.small.a": {"name": "areas_of_a_village", "model": "int_areas", "description": "Each has one."}
        },
        "groups": {"group.small.all": {"name": "all", "owner": {"name": "Data team"}}},
        "docs": {
            "doc.small.village_code": {"package_name": "small", "name": "village_code"},
            "doc.small.__overview__": {"package_name": "small", "name": "__overview__"},
        },
    }


STAGING, STEP, MART = "model.small.stg_villages", "model.small.int_areas", "model.small.dim_village"
GENERIC, SINGULAR = "test.small.unique_dim_village", "test.small.assert_it_holds"
SOURCE = "source.small.raw.village"


def _many_children(manifest: Manifest) -> None:
    for number in range(11):
        model = _model("marts", f"rpt_{number}", "", STEP)
        manifest["nodes"][model["unique_id"]] = model


def _planted(path: str, value: Any) -> Callable[[Manifest], None]:
    """Sets one value: `nodes|model.small.dim_village|access`."""

    def plant(manifest: Manifest) -> None:
        *way, last = path.split("|")
        for part in way:
            manifest = manifest[part]
        manifest[last] = value

    return plant


#: Violations by the convention that must find them.
VIOLATIONS: dict[str, list[Callable[[Manifest], None]]] = {
    "the_folder_gives_the_prefix": [
        _planted(f"nodes|{MART}|name", "villages"),
        _planted(f"nodes|{STEP}|original_file_path", "models/staging/int_areas.sql"),
        _planted(f"nodes|{STEP}|original_file_path", "models/elsewhere/int_areas.sql"),
    ],
    "a_yml_of_the_same_name_lies_beside_each_model": [
        _planted(f"nodes|{MART}|patch_path", "small://models/marts/_all.yml"),
        _planted(f"nodes|{MART}|patch_path", None),
    ],
    "names_fit_into_a_key_of_airflow": [_planted(f"nodes|{GENERIC}|unique_id", "x" * 451)],
    "singular_tests_are_named_after_what_they_assert": [_planted(f"nodes|{SINGULAR}|name", "villages_add_up")],
    "models_tell_what_a_row_is": [
        _planted(f"nodes|{MART}|description", "The villages."),
        _planted("nodes|seed.small.policy|description", ""),
        _planted(f"nodes|{STEP}|columns", {}),
    ],
    "columns_are_described": [
        _planted(f"nodes|{MART}|columns|village_code|description", " "),
        _planted("nodes|seed.small.policy|columns|key|description", ""),
    ],
    "shared_columns_have_one_doc_block": [
        _planted(f"nodes|{MART}|columns|village_code|doc_blocks", []),
        _planted(f"nodes|{MART}|columns|village_code|doc_blocks", ["doc.small.period"]),
        _planted(f"nodes|{MART}|columns|village_code|doc_blocks", ["doc.small.village_code", "doc.small.period"]),
    ],
    "doc_blocks_are_used": [_planted("docs|doc.small.period", {"package_name": "small", "name": "period"})],
    "sources_are_described_and_their_age_is_watched": [
        _planted(f"sources|{SOURCE}|description", ""),
        _planted(f"sources|{SOURCE}|freshness", None),
        _planted(f"sources|{SOURCE}|loaded_at_field", None),
    ],
    "unit_tests_are_described": [
        _planted("unit_tests|unit_test.small.a|description", ""),
        _planted("unit_tests|unit_test.small.a|name", "Test 1"),
    ],
    "exposures_say_who_and_what": [
        _planted("exposures|exposure.small.map|owner", {}),
        _planted("exposures|exposure.small.map|label", None),
        _planted("exposures|exposure.small.map|description", ""),
    ],
    "data_tests_say_what_must_hold_and_what_to_mend": [
        _planted(f"nodes|{GENERIC}|description", "One row."),
        _planted(f"nodes|{SINGULAR}|raw_code", "-- It adds up.\nselect 1 where false"),
        _planted(f"nodes|{SINGULAR}|raw_code", "{{ config(severity='warn') }}\nselect 1 where false"),
    ],
    "data_tests_have_a_severity": [_planted(f"nodes|{GENERIC}|unrendered_config", {})],
    "keys_are_tested": [_planted(f"nodes|{STEP}|config|meta", {})],
    "what_decides_has_a_unit_test": [
        _planted("unit_tests", {}),
        _planted(f"nodes|{MART}|raw_code", "select distinct on (village_code) * from {{ ref('int_areas') }}"),
    ],
    "staging_alone_reads_sources_and_reads_nothing_else": [
        _planted(f"nodes|{STEP}|depends_on|nodes", [SOURCE]),
        _planted(f"nodes|{STAGING}|depends_on|nodes", [SOURCE, "seed.small.policy"]),
    ],
    "a_source_is_read_by_one_model": [
        _planted(f"nodes|{STEP}|depends_on|nodes", [STAGING, SOURCE]),
        _planted(f"nodes|{STAGING}|depends_on|nodes", []),
    ],
    "what_is_built_reads_downwards": [_planted(f"nodes|{STEP}|depends_on|nodes", [STAGING, MART])],
    "everything_is_used": [
        _planted("exposures", {}),
        _planted(f"nodes|{STEP}|depends_on|nodes", [STAGING]),  # nobody reads the seed any more
        _planted(f"nodes|{MART}|depends_on|nodes", [STAGING]),
    ],
    "everything_comes_from_a_source_or_seed": [_planted(f"nodes|{MART}|depends_on|nodes", [])],
    "models_read_few_relations": [
        _planted(f"nodes|{MART}|depends_on|nodes", [f"model.small.int_{number}" for number in range(8)])
    ],
    "selects_join_few_relations": [
        _planted(f"nodes|{MART}|raw_code", "select 1 from a " + " ".join(f"left join t{n} using (x)" for n in range(8)))
    ],
    "models_are_read_by_few": [_many_children],
    "relations_are_named_by_ref_and_source": [
        _planted(f"nodes|{MART}|raw_code", "select * from intermediate.int_areas"),
        _planted(f"nodes|{SINGULAR}|raw_code", 'select 1 from x left join "marts"."dim_village" using (y)'),
    ],
    "every_model_has_a_group_with_an_owner": [
        _planted(f"nodes|{MART}|group", None),
        _planted("groups|group.small.all|owner", {}),
    ],
    "marts_are_public_and_nothing_below_is": [
        _planted(f"nodes|{MART}|access", "protected"),
        _planted(f"nodes|{STEP}|access", "public"),
    ],
    "marts_have_a_contract": [
        _planted(f"nodes|{MART}|contract", {"enforced": False}),
        _planted(f"nodes|{MART}|columns|village_code|data_type", None),
    ],
}


@pytest.mark.parametrize("query", CONVENTIONS, ids=lambda query: query.__name__)
def test_a_planted_violation_is_found(query: Convention) -> None:
    assert list(query(Project(_small()))) == []
    for plant in VIOLATIONS[query.__name__]:
        manifest = copy.deepcopy(_small())
        plant(manifest)
        assert list(query(Project(manifest))), plant


def test_comments_and_a_wide_file_of_small_selects_violate_nothing() -> None:
    """What would be found by counting words: joins of several selects, a relation named in a comment."""
    manifest = _small()
    steps = ",\n\n".join(
        f"step_{number} as (\n\n    select 1 from a left join b using (x) left join c using (y)\n\n)"
        for number in range(5)
    )
    manifest["nodes"][MART]["raw_code"] = f"-- Not from raw.village.\nwith\n\n{steps}\n\nselect * from step_4"
    assert [violation for query in CONVENTIONS for violation in query(Project(manifest))] == []


def test_a_grid_may_be_read_by_all() -> None:
    manifest = _small()
    _many_children(manifest)
    manifest["nodes"][STEP]["config"]["meta"]["grid"] = True
    found = {query.__name__: list(query(Project(manifest))) for query in CONVENTIONS}
    assert found["models_are_read_by_few"] == []
