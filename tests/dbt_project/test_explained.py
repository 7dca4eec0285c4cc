"""Every household and month of a random world can be explained, and by the uploads that dbt names as evidence."""

from __future__ import annotations

import pytest

from entas.explain import explain, to_text
from tests.dbt_project.conftest import Built

_FROM_THE_REGISTER = (1, 2)


@pytest.mark.parametrize("status", ["extreme_poor", "not_extreme_poor", "candidate", "unmeasured", "left"])
def test_the_sources_are_the_evidence(built: Built, status: str) -> None:
    rows = built.rows(
        "select household_id, period, reason, evidence_upload_ids from marts.fct_household_status_monthly "
        f"where status = '{status}' order by period, household_id limit 40"
    )
    assert rows
    for row in rows:
        answer = explain(built.settings, row["period"], household_id=row["household_id"])
        assert (answer["status"], answer["reason"]) == (status, row["reason"])
        assert to_text(answer)
        used = {
            source["upload_id"]
            for source in answer["sources"]
            if source.get("role", "decides") in ("decides", "superseded")
        }
        # A decision in force is evidence although the register alone decided.
        assert used <= set(row["evidence_upload_ids"])
        if answer["case"] not in _FROM_THE_REGISTER:
            assert used == set(row["evidence_upload_ids"])
