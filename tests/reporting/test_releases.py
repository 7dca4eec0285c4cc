"""Releases and revisions: what makes one, what it leaves alone, and what a killed run leaves behind."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from entas.clock import now
from entas.errors import EntasError, HeldError
from entas.reporting import (
    FORMATS,
    latest_release,
    load_letterhead,
    read_figures,
    release,
    released_otherwise,
    releases,
    render,
    render_files,
    reproduce,
)
from entas.storage import Store
from tests.reporting.office import AUGUST, OCTOBER, SEPTEMBER, Family


def folder_of(settings, made) -> Path:
    return Path(settings.reports, made.folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def graduate(office, month, household="h4"):
    """A late file: a family counted in the month is not."""
    family = office.families[month][household]
    family.status, family.reason, family.exited = "not_extreme_poor", "above_line", "graduated"
    office.receive(month, family.village)
    office.build()


def test_a_release_is_a_folder_and_a_row(conn, settings, office):
    made = release(conn, settings, OCTOBER)

    assert (made.created, made.revision, made.status) == (True, 1, "final")
    assert (made.households, made.persons) == (5, 20)
    assert made.folder == "32.16/2023-10/r1"
    found = contents(folder_of(settings, made))
    assert set(found) == {f"laporan-miskin-ekstrem-32.16-2023-10-r1.{form}" for form in FORMATS} | {"manifest.json"}
    for name, content in found.items():
        assert made.files[name] == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    row = conn.execute(
        "select period, revision, households, cardinality(upload_ids), as_of, changes, code_version "
        "from publication.report_release"
    ).fetchall()
    assert row == [(OCTOBER, 1, 5, 3 * 187, made.as_of, [], "0.1.0")]


def test_the_manifest_says_what_went_in(conn, settings, office):
    made = release(conn, settings, OCTOBER)
    manifest = json.loads((folder_of(settings, made) / "manifest.json").read_text())
    uploads = conn.execute("select upload_id, sha256 from raw.upload order by 1").fetchall()

    assert [(upload["upload_id"], upload["sha256"]) for upload in manifest["uploads"]] == uploads
    assert manifest["policy"]["line_id"] == "bekasi_sk_bupati"
    assert set(manifest["versions"]) >= {"entas", "typst", "XlsxWriter"}
    assert manifest["figures_sha256"] == made.figures_sha256


def test_equal_figures_make_no_revision(conn, settings, office):
    first = release(conn, settings, OCTOBER)
    before = contents(folder_of(settings, first))
    office.receive(OCTOBER, office.villages[9])  # another file, which changes no figure
    office.build()
    again = release(conn, settings, OCTOBER)

    assert (again.created, again.release_id) == (False, first.release_id)
    assert contents(folder_of(settings, first)) == before
    assert len(releases(conn, "32.16", OCTOBER)) == 1


def test_changed_figures_make_a_revision_with_its_changes(conn, settings, office):
    first = release(conn, settings, OCTOBER)
    before = contents(folder_of(settings, first))
    graduate(office, OCTOBER)
    second = release(conn, settings, OCTOBER)

    assert (second.created, second.revision, second.households) == (True, 2, 4)
    assert contents(folder_of(settings, first)) == before
    changes = {
        (change["scope"], change["code"], change["figure"]): (change["before"], change["after"])
        for change in second.changes
    }
    village = office.villages[0]
    assert changes["regency", "32.16", "households"] == (5, 4)
    assert changes["regency", "32.16", "persons"] == (20, 16)
    assert changes["district", "32.16.01", "exited_graduated"] == (2, 3)
    assert changes["village", village, "closing"] == (3, 2)
    assert changes["statuses", None, "not_extreme_poor/above_line"] == (2, 3)
    assert not [key for key in changes if key[0] == "history"]
    report = json.loads((folder_of(settings, second) / "laporan-miskin-ekstrem-32.16-2023-10-r2.json").read_text())
    assert report["changes"] == second.changes
    assert [made.revision for made in releases(conn, "32.16", OCTOBER)] == [1, 2]


def test_a_village_that_comes_in_late_makes_the_report_final(conn, settings, office):
    late = office.villages[7]
    conn.execute("delete from raw.upload_register using raw.upload u where upload_register.upload_id = u.upload_id "
                 "and u.village_code = %s and u.period = '2023-10'", (late,))  # fmt: skip
    conn.commit()
    office.build()
    first = release(conn, settings, OCTOBER)
    office.receive(OCTOBER, late)
    office.build()
    second = release(conn, settings, OCTOBER)

    assert (first.status, second.status) == ("provisional", "final")
    assert {
        "scope": "status",
        "code": None,
        "name": None,
        "figure": "status",
        "before": "provisional",
        "after": "final",
    } in (second.changes)
    assert any(change["scope"] == "completeness" and change["code"] == late for change in second.changes)


def test_history_restated_by_late_uploads_is_told(conn, settings, office):
    assert release(conn, settings, SEPTEMBER).opening_restated is None
    assert release(conn, settings, OCTOBER).opening_restated is None
    office.families[OCTOBER]["h4"] = Family(office.villages[0], "not_extreme_poor", "above_line")
    graduate(office, SEPTEMBER)
    restated = release(conn, settings, OCTOBER)

    assert restated.revision == 2
    assert restated.opening_restated == {
        "period": "2023-09",
        "revision": 1,
        "released_closing": 6,
        "opening": 5,
        "difference": -1,
        "areas": [
            {"level": "district", "code": "32.16.01", "name": "Tarumajaya", "released_closing": 4, "opening": 3},
            {
                "level": "village",
                "code": office.villages[0],
                "name": "Setia Asih",
                "released_closing": 4,
                "opening": 3,
            },
        ],
    }
    assert any(change["scope"] == "history" and change["code"] == "2023-09" for change in restated.changes)

    # Releasing September again makes its closing agree; October's figures are the same and need no third revision.
    assert release(conn, settings, SEPTEMBER).households == 5
    assert release(conn, settings, OCTOBER).created is False


def test_the_gate_holds_and_leaves_nothing(conn, settings, office):
    office.receive(OCTOBER, office.villages[0])
    with pytest.raises(HeldError, match="ditahan") as held:
        release(conn, settings, OCTOBER)

    assert len(held.value.reasons) == 1
    assert held.value.exit_code == 3
    assert not Path(settings.reports).exists()
    assert latest_release(conn, "32.16", OCTOBER) is None


class Killed(BaseException):
    """Stands for a kill: nothing in the code under test catches it."""


@pytest.mark.parametrize("written", range(6))
def test_killed_while_writing_files(conn, settings, office, monkeypatch, written):
    put, calls = Store.put_file, []

    def stop(self, source, path):
        if len(calls) == written:
            raise Killed
        calls.append(path)
        put(self, source, path)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "put_file", stop)
        with pytest.raises(Killed):
            release(conn, settings, OCTOBER)
    assert latest_release(conn, "32.16", OCTOBER) is None

    made = release(conn, settings, OCTOBER)
    assert (made.created, made.revision) == (True, 1)
    assert {
        name: hashlib.sha256(content).hexdigest() for name, content in contents(folder_of(settings, made)).items()
    } == {name: told["sha256"] for name, told in made.files.items()}


def test_killed_between_the_files_and_the_row(conn, settings, office, monkeypatch):
    def stop(self, source, path):
        put(self, source, path)
        if path.endswith("manifest.json"):
            raise Killed

    put = Store.put_file
    with monkeypatch.context() as patch:
        patch.setattr(Store, "put_file", stop)
        with pytest.raises(Killed):
            release(conn, settings, OCTOBER)
    folder = Path(settings.reports, "32.16/2023-10/r1")
    before = contents(folder)
    assert "manifest.json" in before
    assert latest_release(conn, "32.16", OCTOBER) is None

    made = release(conn, settings, OCTOBER)
    assert (made.created, made.revision) == (True, 1)
    assert contents(folder) == before
    assert made.generated_at.isoformat() <= now().isoformat()


def test_a_complete_report_of_another_warehouse_is_not_overwritten(conn, settings, office):
    made = release(conn, settings, OCTOBER)
    graduate(office, OCTOBER)
    folder_of(settings, made).rename(folder_of(settings, made).with_name("r2"))
    before = contents(folder_of(settings, made).with_name("r2"))
    with pytest.raises(EntasError, match="not overwritten"):
        release(conn, settings, OCTOBER)
    assert contents(folder_of(settings, made).with_name("r2")) == before


@pytest.mark.parametrize(
    "statement",
    [
        "update publication.report_release set households = 0",
        "delete from publication.report_release",
        "truncate publication.report_release cascade",
    ],
)
def test_rows_are_append_only(conn, settings, office, statement):
    release(conn, settings, OCTOBER)
    with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
        conn.execute(statement)


def test_a_release_can_be_written_again_byte_for_byte(conn, settings, office):
    release(conn, settings, OCTOBER)
    graduate(office, OCTOBER)
    made = release(conn, settings, OCTOBER)
    figures = read_figures(conn, settings, OCTOBER, as_of=made.as_of + timedelta(minutes=1))
    again = render_files(reproduce(conn, figures), load_letterhead(settings))

    kept = contents(folder_of(settings, made))
    kept.pop("manifest.json")
    assert again == kept


def test_figures_of_no_release_are_no_revision(conn, settings, office):
    figures = read_figures(conn, settings, AUGUST)
    payload = reproduce(conn, figures)
    assert (payload["revision"], payload["households"]) == (0, 6)
    assert "bukan rilis" in render(payload, load_letterhead(settings))["html"].decode()


def test_what_was_released_of_the_same_uploads_under_another_policy_is_told(conn, settings, office):
    made = release(conn, settings, OCTOBER)
    assert released_otherwise(conn, read_figures(conn, settings, OCTOBER, as_of=made.as_of)) is None
    conn.execute("update seeds.policy set value = '7' where key = 'target_households'")
    conn.commit()
    changed = read_figures(conn, settings, OCTOBER, as_of=made.as_of)
    assert reproduce(conn, changed)["revision"] == 0
    assert released_otherwise(conn, changed) == 1
    office.receive(OCTOBER, office.villages[3])
    assert released_otherwise(conn, read_figures(conn, settings, OCTOBER, as_of=now() + timedelta(days=1))) is None


def test_two_runs_at_a_time_make_one_release(conn, settings, office):
    conn.commit()

    def run(_):
        with psycopg.connect(settings.warehouse_url) as own:
            return release(own, settings, OCTOBER)

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(run, range(2)))
    assert sorted(one.created for one in made) == [False, True]
    assert len({one.release_id for one in made}) == 1


def test_reports_may_lie_on_any_file_system(conn, settings, office):
    elsewhere = replace(settings, reports=f"memory://{settings.home.parent.name}/reports")
    made = release(conn, elsewhere, OCTOBER)
    store = Store(elsewhere.reports)
    for name, told in made.files.items():
        assert hashlib.sha256(store.read_bytes(f"{made.folder}/{name}")).hexdigest() == told["sha256"]
    assert not Path(settings.reports).exists()


def test_an_open_transaction_is_refused(conn, settings, office):
    conn.execute("select 1")
    with pytest.raises(ValueError, match="open transaction"):
        release(conn, settings, OCTOBER)
    conn.rollback()
