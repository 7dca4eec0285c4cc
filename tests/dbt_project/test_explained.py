"""Every household and month of a random world can be explained, and by the uploads that dbt names as evidence."""

from __future__ import annotations

import pytest

from entas.explain import explain, to_text
from tests.dbt_project.conftest import Built

_FROM_THE_REGISTER = (1, 2)


_OF_THE_STATUS = {"penduduk", "kesejahteraan", "verifikasi"}

#: Every reason of the decision table, with the row of it that gives the reason.
REASONS = {
    "missing_from_register": {1},
    "died": {2, 3},
    "moved_out": {2, 3},
    "duplicate": {3},
    "not_found": {2, 3},
    "found_ineligible": {4},
    "graduated": {4},
    "other": {4},
    "verified": {5},
    "below_line": {6},
    "above_line": {6},
    "decile_1": {7},
    "no_measure": {8},
}


@pytest.mark.parametrize(("reason", "cases"), REASONS.items())
def test_the_sources_are_the_evidence(built: Built, reason: str, cases: set[int]) -> None:
    rows = built.rows(
        "select household_id, period, status, evidence_upload_ids from marts.fct_household_status_monthly "
        f"where reason = '{reason}' order by period, household_id limit 16"
    )
    assert rows
    for row in rows:
        answer = explain(built.settings, row["period"], household_id=row["household_id"])
        assert (answer["status"], answer["reason"]) == (row["status"], reason)
        assert answer["case"] in cases
        text = to_text(answer)
        assert "None" not in text
        for source in answer["sources"]:
            assert source["rows"] or (source["input"], answer["case"]) == ("penduduk", 1)
            assert f"unggahan {source['upload_id']}, " in text
        used = {
            source["upload_id"]
            for source in answer["sources"]
            if source["input"] in _OF_THE_STATUS and source.get("role", "decides") in ("decides", "superseded")
        }
        # A decision in force is evidence although the register alone decided.
        assert used <= set(row["evidence_upload_ids"])
        if answer["case"] not in _FROM_THE_REGISTER:
            assert used == set(row["evidence_upload_ids"])
