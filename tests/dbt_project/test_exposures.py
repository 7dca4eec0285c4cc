"""Who uses what: the exposures name all that the package and the guides read, and every recipient of the report."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from entas.publishing.recipients import load_recipients
from entas.settings import PROJECT_ROOT
from tests.conftest import make_settings

#: A relation as a query has it, in whichever schema stands in for `marts` in a query of the report.
RELATION = re.compile(
    r"\b(?:marts|intermediate|staging|seeds)\}{0,2}\.((?:dim|fct|rpt|int|stg)_\w+|policy|poverty_lines)\b"
)


def read_in(path: Path) -> set[str]:
    """Relations that the queries in a file name."""
    return set(RELATION.findall(path.read_text(encoding="utf-8")))


def readers() -> dict[str, set[str]]:
    """Files of the package and the guides that query what dbt builds, by path, with the relations they name."""
    paths = [*(PROJECT_ROOT / "include" / "entas").rglob("*.py"), *(PROJECT_ROOT / "docs").glob("*.md")]
    found = {str(path.relative_to(PROJECT_ROOT)): read_in(path) for path in sorted(paths)}
    return {path: relations for path, relations in found.items() if relations}


@pytest.fixture(scope="module")
def exposures(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The exposures by name."""
    return {exposure["name"]: exposure for exposure in manifest["exposures"].values()}


def relations_of(exposure: dict[str, Any]) -> set[str]:
    return {node.split(".")[-1] for node in exposure["depends_on"]["nodes"]}


def test_the_queries_are_found() -> None:
    found = readers()
    assert "rpt_target_progress" in found["include/entas/reporting/figures.py"]
    assert "policy" in found["include/entas/reporting/figures.py"]
    assert "int_family_claims" in found["include/entas/explain.py"]
    assert "dim_village" in found["docs/analyst-guide.md"]


def test_every_reader_is_in_an_exposure_with_all_that_it_reads(exposures: dict[str, dict[str, Any]]) -> None:
    by_reader: dict[str, set[str]] = {}
    for exposure in exposures.values():
        for path in exposure["config"]["meta"].get("read_by", []):
            by_reader.setdefault(path, set()).update(relations_of(exposure))
    lacking = {path: sorted(relations - by_reader.get(path, set())) for path, relations in readers().items()}
    assert {path: relations for path, relations in lacking.items() if relations} == {}


def test_readers_that_are_named_exist_and_read(exposures: dict[str, dict[str, Any]]) -> None:
    for exposure in exposures.values():
        for path in exposure["config"]["meta"].get("read_by", []):
            assert readers().get(path), f"{exposure['name']}: {path} reads nothing"


def test_every_recipient_is_an_exposure_of_what_the_report_reads(
    exposures: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    recipients = {one.id: one for one in load_recipients(make_settings(tmp_path, None))}
    found = {meta["recipient"]: one for one in exposures.values() if "recipient" in (meta := one["config"]["meta"])}
    assert set(found) == set(recipients)
    for recipient_id, exposure in found.items():
        recipient = recipients[recipient_id]
        assert exposure["name"] == f"recipient_{recipient_id.replace('-', '_')}"
        assert exposure["label"] == exposure["owner"]["name"] == recipient.name
        assert [form for form in recipient.formats if form not in exposure["description"]] == []
        assert relations_of(exposure) == relations_of(exposures["monthly_report"])
