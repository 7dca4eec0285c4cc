"""The promise to readers of the marts: what breaks it is found, what is added is entered, and nothing else is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.dbt_project.compatibility import Column, Marts, additions, breaks, promised, removed, text_of, update

BEFORE: Marts = {
    "dim_village": {"village_code": Column("text", True), "village_name": Column("text", False)},
    "fct_assistance": {"amount": Column("numeric", False)},
}


def _changed(**columns: Column | None) -> Marts:
    mart = {name: column for name, column in (BEFORE["dim_village"] | columns).items() if column is not None}
    return BEFORE | {"dim_village": mart}


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ({"dim_village": BEFORE["dim_village"]}, "fct_assistance is gone"),
        (_changed(village_name=None), "dim_village.village_name is gone"),
        (_changed(village_name=Column("integer", False)), "dim_village.village_name was text and is integer"),
        (_changed(village_code=Column("text", False)), "dim_village.village_code was never null and may be now"),
    ],
)
def test_what_readers_would_stumble_over_is_found(now: Marts, said: str, tmp_path: Path) -> None:
    assert list(breaks(BEFORE, now)) == [said]
    kept = tmp_path / "marts.yml"
    kept.write_text(text_of(BEFORE, []), encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        update(now, kept)
    assert promised(kept) == BEFORE


def test_what_is_added_breaks_nothing_and_is_entered(tmp_path: Path) -> None:
    now = _changed(village_name=Column("text", True), area=Column("bigint[]", False)) | {
        "rpt_new": BEFORE["dim_village"]
    }
    taken_away = [{"mart": "dim_old", "column": None, "on": date(2027, 1, 1), "instead": "dim_village"}]
    kept = tmp_path / "marts.yml"
    kept.write_text(text_of(BEFORE, taken_away), encoding="utf-8")
    assert list(breaks(BEFORE, now)) == []
    assert update(now, kept) == list(additions(BEFORE, now))
    assert promised(kept) == now
    assert removed(kept) == taken_away
    assert update(now, kept) == []


def test_what_was_taken_away_says_when_and_what_to_use_instead() -> None:
    for entry in removed():
        assert set(entry) == {"mart", "column", "on", "instead"}
        assert isinstance(entry["on"], date)
        assert len(str(entry["instead"])) > 3
        left = promised().get(entry["mart"], {})
        assert entry["column"] not in left if entry["column"] else not left
