"""Old identities are destroyed, the figures remain, and what is killed in between is finished."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psycopg
import pytest

from entas import privacy
from entas.clock import jakarta_day, now
from entas.errors import EntasError
from entas.explain import explain, to_text
from entas.housekeeping import storage
from entas.privacy import files, retention
from entas.privacy.columns import TABLES
from entas.privacy.trace import destroyed
from entas.settings import PROJECT_ROOT
from entas.template import write_template
from entas.warehouse import open_warehouse
from entas.warehouse.dbt import transform
from tests.privacy.keeping import OLD_ONLY, PSEUDONYMS, VILLAGE, Office
from tests.workbooks import family, nik, no_kk, write_workbook

_TODAY = date(2026, 1, 5)


def _marts(office: Office, old_ids: Mapping[str, str] = MappingProxyType({})) -> dict[str, list[str]]:
    """Every row of every mart as text, with ids as they were."""
    names = [row[0] for row in office.rows("select tablename from pg_tables where schemaname = 'marts' order by 1")]
    return {
        name: sorted(
            re.sub("[0-9a-f]{64}", lambda found: old_ids.get(found[0], found[0]), row)
            for (row,) in office.rows(f"select t::text from marts.{name} t")
        )
        for name in names
    }


def test_identities_go_and_the_figures_stay_row_for_row(office: Office) -> None:
    """Retention, and then the erasure of a family whose old rows it had dealt with: one build shows both."""
    transform(office.settings)
    before = _marts(office)
    ids = _ids(office)
    assert before["rpt_extreme_poverty_monthly"]
    assert set(office.where(*OLD_ONLY)) == set(OLD_ONLY)  # the search finds what is there

    done = privacy.destroy_old(office.settings)
    assert office.where(*OLD_ONLY) == {}
    assert (done.uploads, done.requests) == (3, 0)
    assert done.rows["raw.penduduk"] == 10
    assert done.files == {"archive": 2, "feedback": 3, "inbox": 3}

    subject = privacy.Subject.of(office.settings, no_kk=no_kk(2))
    answer = privacy.erase(office.settings, subject, reference="470/12", requested_on=_TODAY)
    assert office.where(nik(20), no_kk(2), "WARGA 2 0") == {}
    assert answer.rows["raw.penduduk"] == 2

    old_ids = {new: old for old, new in zip(ids, _ids(office), strict=True) if new != old}
    after = _marts(office, old_ids)
    assert [name for name in before if before[name] != after.get(name)] == []
    # Whoever asks why is told that the source is gone, and that the erased family is nobody's any more.
    told = explain(office.settings, date(2023, 10, 1), no_kk=no_kk(7))
    assert {source["destroyed_on"] for source in told["sources"]} == {jakarta_day(now()).isoformat()}
    assert "telah dimusnahkan" in to_text(told)
    with pytest.raises(EntasError, match=r"erased on request \(470/12\)"):
        explain(office.settings, date(2023, 10, 1), no_kk=no_kk(2))
    erased = {PSEUDONYMS.person_id(nik(20)), PSEUDONYMS.household_id(no_kk(2))}
    assert erased <= set(old_ids.values())
    assert erased.isdisjoint(old_ids)
    assert office.where(*erased) == {PSEUDONYMS.household_id(no_kk(2)): ["privacy.request"]}


def _ids(office: Office) -> list[str]:
    rows = office.rows("select household_id, person_id from raw.penduduk order by upload_id, position")
    return [one for row in rows for one in row]


def test_the_columns_of_every_table_are_decided_about(office: Office) -> None:
    for (schema, table), columns in TABLES.items():
        there = {
            row[0]
            for row in office.rows(
                "select column_name from information_schema.columns where table_schema = %s and table_name = %s",
                schema,
                table,
            )
        }
        decided = [*columns.emptied, *columns.replaced, *columns.kept]
        assert sorted(decided) == sorted(there), (schema, table)
    # What dbt reads is what is kept: figures cannot rest on what is destroyed.
    for register in ("penduduk", "kesejahteraan", "verifikasi", "bantuan", "pemberdayaan"):
        model = (PROJECT_ROOT / "dbt_project/models/staging" / f"stg_{register}.sql").read_text(encoding="utf-8")
        words = set(re.findall(r"\w+", re.sub(r"--.*|\{\{.*?\}\}", "", model)))
        columns = TABLES["raw", register]
        assert words.isdisjoint({*columns.emptied, *columns.replaced} - {"nik"}), register


@pytest.mark.parametrize(
    ("module", "step"),
    [
        (retention, "_forget_pairs"),
        (files, "of_upload"),
        (files, "remove"),
        (files, "renew_lists"),
        (retention, "_write_destruction"),
        (retention, "vacuum"),
    ],
)
def test_killed_in_between_the_next_run_finishes(
    office: Office, monkeypatch: pytest.MonkeyPatch, module: Any, step: str
) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, step, killed)
        with pytest.raises(KeyboardInterrupt):
            privacy.destroy_old(office.settings)
    # Nothing half-said: an upload that the trace knows has nothing left.
    told = [row[0] for row in office.rows("select upload_id from privacy.destruction")]
    assert len(told) == (3 if step == "vacuum" else 0)
    assert office.rows("select count(*) from privacy.unfinished") == [
        (1 if step in ("remove", "renew_lists", "_write_destruction") else 0,)
    ]
    privacy.destroy_old(office.settings)
    assert office.where(*OLD_ONLY) == {}
    assert office.rows("select upload_id, rows ->> 'raw.penduduk', files from privacy.destruction order by 1") == [
        (1, "10", {"archive": 1, "feedback": 1, "inbox": 1}),
        (2, None, {"feedback": 1, "inbox": 1}),
        (3, None, {"archive": 1, "feedback": 1, "inbox": 1}),
    ]
    assert office.rows("select count(*) from privacy.unfinished") == [(0,)]
    again = privacy.destroy_old(office.settings)
    assert (again.uploads, again.rows, again.files) == (0, {}, {})


def test_what_is_destroyed_is_neither_damage_nor_a_new_upload(office: Office, tmp_path: Path) -> None:
    [(shared,)] = office.rows("select sha256 from raw.upload where file_name = 'bantuan.xlsx' limit 1")
    privacy.destroy_old(office.settings)
    assert shared in office.archived()  # a younger upload has the same bytes
    assert storage(office.settings).missing == 0
    assert office.take_in() == []
    with open_warehouse(office.settings).connect() as connection:
        assert destroyed(connection, [1, 5]).keys() == {1}
    with pytest.raises(EntasError, match="destroyed by retention"):
        write_template(office.settings, VILLAGE, date(2023, 10, 1), prefill=True, output=tmp_path / "a.xlsx")
    # The same file once more is a new upload, with a time of its own.
    write_workbook(Path(office.settings.inbox) / VILLAGE / "2023-10" / "register.xlsx", {"penduduk": family(7)})
    assert office.take_in() == ["rejected"]  # less than half of the families that are still known to have been listed
    assert privacy.destroy_old(office.settings).uploads == 0


def test_a_file_that_cannot_be_removed_is_said_and_nothing_else_waits(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove, refused = files.Store.remove, []

    def refuse(store: Any, path: str) -> None:
        if path.endswith("register.xlsx") and store.place.endswith("inbox"):
            refused.append(path)
            raise PermissionError(13, "Permission denied")
        remove(store, path)

    with monkeypatch.context() as patch:
        patch.setattr(files.Store, "remove", refuse)
        with pytest.raises(EntasError, match=r"register\.xlsx.*Permission denied"):
            privacy.destroy_old(office.settings)
    assert len(refused) == 1  # not again with every upload that follows
    assert [row[0] for row in office.rows("select upload_id from privacy.destruction order by 1")] == [2, 3]
    assert privacy.destroy_old(office.settings).uploads == 1


def test_a_later_version_in_the_inbox_stays(office: Office) -> None:
    path = Path(office.settings.inbox) / VILLAGE / "2023-10" / "register.xlsx"
    write_workbook(path, {"penduduk": family(1)})
    privacy.destroy_old(office.settings)
    assert path.exists()
    assert office.rows("select files ? 'inbox' from privacy.destruction where upload_id = 1") == [(False,)]


def test_without_the_setting_all_is_kept(office: Office) -> None:
    done = privacy.destroy_old(replace(office.settings, identity_months=0))
    assert (done.before, done.uploads) == (None, 0)
    assert privacy.destroy_old(office.settings, dry_run=True).uploads == 3
    assert set(office.where(*OLD_ONLY)) == set(OLD_ONLY)


def test_the_trace_is_append_only(office: Office) -> None:
    privacy.destroy_old(office.settings)
    for statement in ("delete from privacy.destruction", "update privacy.destruction set basis = ''",
                      "truncate privacy.request cascade"):  # fmt: skip
        with pytest.raises(psycopg.errors.RestrictViolation):
            office.do(statement)
