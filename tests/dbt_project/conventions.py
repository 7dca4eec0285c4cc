"""The conventions of the dbt project: each a query over dbt's manifest that returns what violates it.

What they are for is told in dbt_project/models/_overview.md. `python -m tests.dbt_project.conventions` tells the
violations of the checkout, after `dbt parse`.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import takewhile
from pathlib import PurePosixPath
from typing import Any

Node = dict[str, Any]

#: Folder of models to the prefixes of their names.
PREFIXES = {"staging": ("stg_",), "intermediate": ("int_",), "marts": ("dim_", "fct_", "rpt_")}
#: Joins of one select, and relations that one model reads, those of the grid apart.
MAX_JOINS = 7
MAX_PARENTS = 7
#: Models that read one model.
MAX_CHILDREN = 10
#: Airflow keeps the outcome of each node under its id, in a key of at most 512 characters.
MAX_NAME = 450
#: Schemas that a model names only through ref() and source().
SCHEMAS = "raw reference quality publication identity privacy seeds staging intermediate marts".split()


class Project:
    """The nodes of a manifest, by what a convention asks for."""

    def __init__(self, manifest: Node) -> None:
        self.manifest = manifest
        self.nodes: dict[str, Node] = manifest["nodes"]
        self.sources: dict[str, Node] = manifest["sources"]
        self.exposures: list[Node] = list(manifest["exposures"].values())
        self.unit_tests: list[Node] = list(manifest["unit_tests"].values())
        self.groups: dict[str, Node] = {group["name"]: group for group in manifest["groups"].values()}

    def of_type(self, resource_type: str) -> list[Node]:
        """The nodes of a type, by name."""
        found = [node for node in self.nodes.values() if node["resource_type"] == resource_type]
        return sorted(found, key=lambda node: node["name"])

    @cached_property
    def models(self) -> list[Node]:
        return self.of_type("model")

    @cached_property
    def tests(self) -> list[Node]:
        return self.of_type("test")

    @cached_property
    def children(self) -> dict[str, list[Node]]:
        """Models that read a node, by its id."""
        found: dict[str, list[Node]] = defaultdict(list)
        for model in self.models:
            for parent in model["depends_on"]["nodes"]:
                found[parent].append(model)
        return found

    @cached_property
    def exposed(self) -> set[str]:
        """Ids of what an exposure reads."""
        return {node for exposure in self.exposures for node in exposure["depends_on"]["nodes"]}

    @cached_property
    def shared_columns(self) -> set[str]:
        """Names of columns that more than one model has."""
        names = Counter(name for model in self.models for name in model["columns"])
        return {name for name, times in names.items() if times > 1}

    def tests_of(self, model: Node) -> list[Node]:
        """Generic tests of a model."""
        return [test for test in self.tests if test.get("attached_node") == model["unique_id"]]


def is_grid(node: Node) -> bool:
    """Whether a model is of those that all others are laid out by (meta: grid): the calendar, the areas."""
    return bool(node["config"].get("meta", {}).get("grid"))


def layer(node: Node) -> str:
    """Folder below models/ that a model lies in."""
    return PurePosixPath(node["original_file_path"]).parts[1]


def code_of(node: Node) -> str:
    """The SQL of a node without its comments."""
    return re.sub(r"--[^\n]*|\{#.*?#\}", "", node["raw_code"], flags=re.DOTALL)


def comment_at_the_head(node: Node) -> str:
    """What the comment at the head of a node's SQL says, after its config."""
    code = re.sub(r"^\s*\{\{\s*config\(.*?\)\s*\}\}", "", node["raw_code"], flags=re.DOTALL).lstrip()
    lines = takewhile(lambda line: line.startswith("--"), code.splitlines())
    return " ".join(line.removeprefix("--").strip() for line in lines)


Convention = Callable[[Project], Iterator[str]]
CONVENTIONS: list[Convention] = []


def convention(query: Convention) -> Convention:
    """Enter a query into the list of conventions."""
    CONVENTIONS.append(query)
    return query


# -- names and places -----------------------------------------------------------------------------------------


@convention
def the_folder_gives_the_prefix(project: Project) -> Iterator[str]:
    for model in project.models:
        if layer(model) not in PREFIXES:
            yield f"{model['name']}: no layer has the folder {layer(model)}"
        elif not model["name"].startswith(PREFIXES[layer(model)]):
            yield f"{model['name']}: models of {layer(model)} begin with {' or '.join(PREFIXES[layer(model)])}"


@convention
def a_yml_of_the_same_name_lies_beside_each_model(project: Project) -> Iterator[str]:
    for model in project.models:
        beside = str(PurePosixPath(model["original_file_path"]).with_suffix(".yml"))
        if (model["patch_path"] or "").partition("://")[2] != beside:
            yield f"{model['name']}: {beside} does not describe it"


@convention
def names_fit_into_a_key_of_airflow(project: Project) -> Iterator[str]:
    for node in project.nodes.values():
        if len(node["unique_id"]) > MAX_NAME:
            yield f"{node['name'][:60]}...: {len(node['unique_id'])} characters; give the test a name"


@convention
def singular_tests_are_named_after_what_they_assert(project: Project) -> Iterator[str]:
    for test in project.tests:
        if not test.get("test_metadata") and not test["name"].startswith("assert_"):
            yield f"{test['name']}: begin its name with assert_"


# -- described ------------------------------------------------------------------------------------------------


@convention
def models_tell_what_a_row_is(project: Project) -> Iterator[str]:
    for node in project.models + project.of_type("seed"):
        if not node["description"].startswith("One row per "):
            yield f"{node['name']}: begin its description with 'One row per'"
        if not node["columns"]:
            yield f"{node['name']}: its yml names no column"


@convention
def columns_are_described(project: Project) -> Iterator[str]:
    for node in project.models + project.of_type("seed"):
        for name, column in node["columns"].items():
            if not column["description"].strip():
                yield f"{node['name']}.{name}: describe it"


@convention
def shared_columns_have_one_doc_block(project: Project) -> Iterator[str]:
    for model in project.models:
        for name in project.shared_columns & set(model["columns"]):
            blocks = [block.split(".")[-1] for block in model["columns"][name]["doc_blocks"]]
            if len(blocks) != 1:
                yield f"{model['name']}.{name}: other models have it too; describe it by one block of _vocabulary.md"
            elif not (blocks[0] == name or blocks[0].startswith(f"{name}_of_") or blocks[0].endswith(f"_{name}")):
                yield f"{model['name']}.{name}: the block {blocks[0]} is of another column"


@convention
def doc_blocks_are_used(project: Project) -> Iterator[str]:
    used = {
        block
        for node in [*project.nodes.values(), *project.sources.values()]
        for part in [node, *node.get("columns", {}).values()]
        for block in part.get("doc_blocks", [])
    }
    for key, block in project.manifest["docs"].items():
        if block["package_name"] != "dbt" and block["name"] != "__overview__" and key not in used:
            yield f"{block['name']}: no column is described by this block"


@convention
def sources_are_described_and_their_age_is_watched(project: Project) -> Iterator[str]:
    for source in project.sources.values():
        name = f"{source['source_name']}.{source['name']}"
        if not (source["description"].strip() and source["source_description"].strip()):
            yield f"{name}: describe the table and its source"
        watched = (source["freshness"] or {}).get("warn_after") or {}
        dated = source["loaded_at_field"] or source["loaded_at_query"]
        if not (watched.get("count") and dated) and not source["meta"].get("freshness"):
            yield f"{name}: say when it was loaded and how old it may be, or in meta.freshness why it does not age"


@convention
def unit_tests_are_described(project: Project) -> Iterator[str]:
    for test in project.unit_tests:
        if not (test["description"] or "").strip():
            yield f"{test['name']}: say which rule it shows"
        if not re.fullmatch(r"[a-z][a-z0-9_]+", test["name"]):
            yield f"{test['name']}: write its name in lower case with underscores"


@convention
def exposures_say_who_and_what(project: Project) -> Iterator[str]:
    for exposure in project.exposures:
        if not (exposure["description"].strip() and exposure["label"] and exposure["owner"].get("name")):
            yield f"{exposure['name']}: give it a description, a label and an owner"


# -- tested ---------------------------------------------------------------------------------------------------


@convention
def data_tests_say_what_must_hold_and_what_to_mend(project: Project) -> Iterator[str]:
    for test in project.tests:
        generic = bool(test.get("test_metadata"))
        if len((test["description"] if generic else comment_at_the_head(test)).split()) < 8:
            where = "in its description" if generic else "in a comment at its head"
            yield f"{test['name']}: say {where} what must hold, and what to mend where it does not"


@convention
def data_tests_have_a_severity(project: Project) -> Iterator[str]:
    for test in project.tests:
        if test["unrendered_config"].get("severity") not in ("error", "warn"):
            yield f"{test['name']}: give it a severity, error or warn"


@convention
def keys_are_tested(project: Project) -> Iterator[str]:
    for model in project.models:
        tested = any(test["test_metadata"]["name"] in ("unique", "unique_together") for test in project.tests_of(model))
        constraints = list(model["constraints"])
        for column in model["columns"].values():
            constraints += column["constraints"]
        constrained = any(one["type"] in ("primary_key", "unique") for one in constraints)
        indexes = model["config"].get("indexes") or []
        indexed = any(index.get("unique") or index.get("primary_key") for index in indexes)
        if not (tested or constrained or indexed or model["config"]["meta"].get("key")):
            yield f"{model['name']}: test its key, or say in meta.key why it need not be"


@convention
def what_decides_has_a_unit_test(project: Project) -> Iterator[str]:
    tested = {test["model"] for test in project.unit_tests}
    for model in project.models:
        decides = re.search(r"\bcase\b|\bdistinct on\b|\bover\s*\(|\bfilter\s*\(", code_of(model), flags=re.IGNORECASE)
        if decides and model["name"] not in tested:
            yield f"{model['name']}: it decides ({decides[0]}); show what by a unit test"


# -- lineage --------------------------------------------------------------------------------------------------


@convention
def staging_alone_reads_sources_and_reads_nothing_else(project: Project) -> Iterator[str]:
    for model in project.models:
        parents = model["depends_on"]["nodes"]
        sources = [parent for parent in parents if parent.startswith("source.")]
        if layer(model) == "staging" and (len(sources) != 1 or len(parents) != 1):
            yield f"{model['name']}: a model of staging reads one source and nothing else"
        if layer(model) != "staging" and sources:
            yield f"{model['name']}: read {', '.join(sources)} through a model of staging"


@convention
def a_source_is_read_by_one_model(project: Project) -> Iterator[str]:
    for key in project.sources:
        readers = [model["name"] for model in project.children[key]]
        if len(readers) != 1:
            yield f"{key}: read by {', '.join(readers) or 'no model'}; one model of staging reads a source"


@convention
def what_is_built_reads_downwards(project: Project) -> Iterator[str]:
    for model in project.models:
        for parent in model["depends_on"]["nodes"]:
            if layer(model) == "intermediate" and parent in project.nodes:
                above = project.nodes[parent]
                if above["resource_type"] == "model" and layer(above) == "marts":
                    yield f"{model['name']}: reads the mart {above['name']}"


@convention
def everything_is_used(project: Project) -> Iterator[str]:
    for node in project.models + project.of_type("seed"):
        key = node["unique_id"]
        if node["resource_type"] == "model" and layer(node) == "marts":
            if key not in project.exposed:
                yield f"{node['name']}: no exposure says who uses this mart"
        elif not project.children[key] and key not in project.exposed:
            yield f"{node['name']}: no model and no exposure reads it"


@convention
def everything_comes_from_a_source_or_seed(project: Project) -> Iterator[str]:
    roots = [*project.sources, *(seed["unique_id"] for seed in project.of_type("seed"))]
    reached: set[str] = set()
    while roots:
        key = roots.pop()
        reached.add(key)
        roots += [child["unique_id"] for child in project.children[key] if child["unique_id"] not in reached]
    for model in project.models:
        if model["unique_id"] not in reached:
            yield f"{model['name']}: nothing that was loaded leads to it"


@convention
def models_read_few_relations(project: Project) -> Iterator[str]:
    for model in project.models:
        parents = sum(not is_grid(project.nodes.get(key, model)) for key in model["depends_on"]["nodes"])
        if parents > MAX_PARENTS:
            yield f"{model['name']}: reads {parents} relations, of at most {MAX_PARENTS}; take a step of it out"


@convention
def selects_join_few_relations(project: Project) -> Iterator[str]:
    for model in project.models:
        # A step of the house style is `name as (`; every union in it begins another select.
        for step in re.split(r"\bas\s+(?:not\s+)?(?:materialized\s+)?\(\s*\n|\bunion\b", code_of(model)):
            joins = len(re.findall(r"\bjoin\b", step, flags=re.IGNORECASE))
            if joins > MAX_JOINS:
                yield f"{model['name']}: a select of {joins} joins, of at most {MAX_JOINS}; make two steps of it"


@convention
def models_are_read_by_few(project: Project) -> Iterator[str]:
    for model in project.models:
        readers = len(project.children[model["unique_id"]])
        if readers > MAX_CHILDREN and not is_grid(model):
            yield f"{model['name']}: {readers} models read it, of at most {MAX_CHILDREN}; let some read each other"


@convention
def relations_are_named_by_ref_and_source(project: Project) -> Iterator[str]:
    named = re.compile(rf"\b(?:from|join)\s+(?:\"?(?:{'|'.join(SCHEMAS)})\"?\.\"?\w+)", flags=re.IGNORECASE)
    for node in project.models + project.tests:
        for found in named.findall(code_of(node)):
            yield f"{node['name']}: '{found}' is written out; use ref() or source()"


# -- access ---------------------------------------------------------------------------------------------------


@convention
def every_model_has_a_group_with_an_owner(project: Project) -> Iterator[str]:
    for model in project.models:
        if model["group"] not in project.groups:
            yield f"{model['name']}: it belongs to no group"
    for name, group in project.groups.items():
        if not group["owner"].get("name"):
            yield f"{name}: the group has no owner"


@convention
def marts_are_public_and_nothing_below_is(project: Project) -> Iterator[str]:
    for model in project.models:
        if (layer(model) == "marts") != (model["access"] == "public"):
            yield f"{model['name']}: its access is {model['access']}"


@convention
def marts_have_a_contract(project: Project) -> Iterator[str]:
    for model in project.models:
        if layer(model) != "marts":
            continue
        if not model["contract"]["enforced"]:
            yield f"{model['name']}: its contract is not enforced"
        for name, column in model["columns"].items():
            if not column["data_type"]:
                yield f"{model['name']}.{name}: the contract gives it no type"


def main() -> int:
    from entas.orchestration import ensure_manifest
    from entas.settings import Settings

    project = Project(json.loads(ensure_manifest(Settings.from_env()).read_text(encoding="utf-8")))
    found = 0
    for query in CONVENTIONS:
        for violation in query(project):
            found += 1
            print(f"{query.__name__}: {violation}")
    print(f"{found} violations of {len(CONVENTIONS)} conventions")
    return min(found, 1)


if __name__ == "__main__":
    sys.exit(main())
