"""The DAGs themselves, from a file in the inbox to a delivered report."""

from __future__ import annotations

import csv
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from entas.ids import Pseudonymiser
from entas.intake import load
from entas.settings import PROJECT_ROOT, Settings
from entas.validation.rules import rules
from entas.warehouse import open_warehouse
from entas.warehouse.embedded import EmbeddedServer, binaries
from tests.privacy.marks import Leak, Marks, dump, files
from tests.privacy.recorder import Recorder
from tests.privacy.uploads import REFUSED, MarkedUploads

pytestmark = pytest.mark.e2e

VILLAGE = "32.16.09.2003"
PERIOD = "2023-10"


def _write_register(settings: Settings, period: str = PERIOD, income: int = 1_000_000) -> None:
    """Two invented families of one village: four persons on `income` a month, and one on ten times as much."""
    folder = Path(settings.inbox) / VILLAGE / period
    folder.mkdir(parents=True, exist_ok=True)
    families = {"3216090101230001": 4, "3216090101230002": 1}
    with (folder / "penduduk.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["no_kk", "nik", "nama", "sex", "tanggallahir", "kk_level", "status_dasar"])
        serial = 0
        for no_kk, members in families.items():
            for member in range(members):
                serial += 1
                writer.writerow(
                    [no_kk, f"321609{10 + serial}0190{serial:04}", f"WARGA {serial}", "1", f"{10 + serial}/01/1990",
                     "1" if member == 0 else "4", "1"]
                )  # fmt: skip
    with (folder / "kesejahteraan.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["no_kk", "penghasilan_bulanan", "tanggal_pendataan"])
        writer.writerow(["3216090101230001", income, "01/10/2023"])
        writer.writerow(["3216090101230002", income * 10, "01/10/2023"])


def _states(run: Any) -> dict[str, str]:
    return {one.task_id: str(one.state) for one in run.get_task_instances()}


def _rows(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with open_warehouse(settings).connect() as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def marks() -> Marks:
    return Marks()


@pytest.fixture(scope="module")
def marked(deployment: Settings, marks: Marks) -> MarkedUploads:
    """Uploads of three more villages, whose persons are found again wherever they should not be."""
    uploads = MarkedUploads(Path(deployment.inbox), marks)
    uploads.write()
    with open_warehouse(deployment).connect() as connection:
        connection.execute(
            "alter table raw.verifikasi add constraint too_much "
            f"check (jabatan_petugas not like '{REFUSED}%') not valid"
        )
    return uploads


@pytest.fixture(scope="module")
def recorder(request: pytest.FixtureRequest) -> Recorder:
    return Recorder(request.config)


@pytest.fixture(scope="module")
def month(deployment: Settings, dags: dict[str, Any], marked: MarkedUploads, recorder: Recorder) -> dict[str, Any]:
    """One month through the three DAGs, in the order of the month."""
    _write_register(deployment)
    return {
        "intake": recorder.work("intake_registers", dags["intake_registers"].test),
        "build": recorder.work("build_household_status", dags["build_household_status"].test),
        "publish": recorder.work(
            "publish_monthly_report", lambda: dags["publish_monthly_report"].test(run_conf={"period": PERIOD})
        ),
    }


@pytest.fixture(scope="module")
def house_kept(deployment: Settings, dags: dict[str, Any], month: dict[str, Any], recorder: Recorder) -> Any:
    """The run of keep_house, duplicates among it."""
    return recorder.work("keep_house", dags["keep_house"].test)


@pytest.fixture(scope="module")
def failed_build(deployment: Settings, dags: dict[str, Any], month: dict[str, Any], recorder: Recorder) -> Any:
    """A build of what a damaged table of the load would be, and which table of households stood before it."""
    with open_warehouse(deployment).connect(autocommit=True) as connection:
        connection.execute("alter table raw.penduduk alter column household_id drop not null")
        connection.execute("update raw.penduduk set household_id = null where position = 0")
    before = _rows(deployment, _HOUSEHOLDS)
    try:
        return recorder.work("build_household_status, failing", dags["build_household_status"].test), before
    finally:
        pseudonyms = Pseudonymiser(deployment.pseudonym_key)
        with open_warehouse(deployment).connect(autocommit=True) as connection:
            for (card,) in connection.execute("select no_kk from raw.penduduk where household_id is null").fetchall():
                connection.execute(
                    "update raw.penduduk set household_id = %s where household_id is null and no_kk = %s",
                    (pseudonyms.household_id(card), card),
                )
            connection.execute("alter table raw.penduduk alter column household_id set not null")


_HOUSEHOLDS = "select pg_relation_filenode('marts.fct_household_status_monthly')"


def test_uploads_become_a_released_and_delivered_count(deployment: Settings, month: dict[str, Any]) -> None:
    assert {name: str(run.state) for name, run in month.items()} == dict.fromkeys(month, "success")
    assert set(_states(month["build"]).values()) == {"success"}
    assert _rows(
        deployment,
        "select households, persons from marts.rpt_extreme_poverty_monthly "
        f"where area_level = 'regency' and period = '{PERIOD}-01'",
    ) == [(3, 7)]
    released = "select revision, status, households, persons from publication.report_release"
    assert _rows(deployment, released) == [(1, "provisional", 3, 7)]  # the other villages are missing
    assert _rows(deployment, "select count(*) > 0, bool_and(revision = 1) from publication.delivery "
                             "join publication.report_release using (release_id)") == [(True, True)]  # fmt: skip


def test_accepted_uploads_emit_the_asset(month: dict[str, Any]) -> None:
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        emitted = session.scalars(select(AssetEvent).where(AssetEvent.source_run_id == month["intake"].run_id)).all()
        assert [event.source_task_id for event in emitted] == ["announce"]


def test_nothing_new_announces_nothing_and_releases_nothing(
    deployment: Settings, dags: dict[str, Any], month: dict[str, Any]
) -> None:
    before = _rows(deployment, "select release_id from publication.report_release order by 1")
    intake = dags["intake_registers"].test()
    assert _states(intake) == {"take_in": "success", "announce": "skipped"}
    publish = dags["publish_monthly_report"].test(run_conf={"period": PERIOD})
    assert str(publish.state) == "success"
    assert _rows(deployment, "select release_id from publication.report_release order by 1") == before


def test_a_held_report_fails_where_an_operator_sees_it(dags: dict[str, Any], month: dict[str, Any]) -> None:
    run = dags["publish_monthly_report"].test(run_conf={"period": "2999-01"})
    assert _states(run) == {
        "gate": "failed",
        "release": "upstream_failed",
        "deliver": "upstream_failed",
        "worklists": "upstream_failed",
    }


def test_keeping_house_keeps_every_upload(deployment: Settings, house_kept: Any) -> None:
    assert set(_states(house_kept).values()) == {"success"}
    archived = sorted(path.name for path in Path(deployment.archive).rglob("*") if path.is_file())
    assert archived == sorted(row[0] for row in _rows(deployment, "select distinct sha256 from raw.upload"))


def test_airflow_keeps_neither_personal_data_nor_secrets(deployment: Settings, month: dict[str, Any]) -> None:
    from airflow.models.renderedtifields import RenderedTaskInstanceFields
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        kept = [str(value) for value in session.scalars(select(XComModel.value))]
        kept += [str(value) for value in session.scalars(select(RenderedTaskInstanceFields.rendered_fields))]
    assert len(kept) > 50
    everything = "\n".join(kept)
    for secret in (deployment.pseudonym_key, "3216090101230001", "WARGA 1", "ENTAS_DBT_PASSWORD"):
        assert secret not in everything
    assert max(len(value) for value in kept) < 50_000


def test_a_failed_test_of_dbt_is_shown_at_its_model(deployment: Settings, failed_build: Any) -> None:
    """The build fails, and what stands above it is not replaced."""
    run, before = failed_build
    states = _states(run)
    assert str(run.state) == "failed"
    assert states["dbt.dbt_producer_watcher"] == "failed"
    assert states["dbt.stg_uploads.run"] == "success"  # nodes tell their own outcome, not the producer's
    assert [task for task, state in states.items() if task.endswith(".test") and state == "failed"]
    assert states["dbt.fct_household_status_monthly.run"] in ("failed", "upstream_failed")
    assert _rows(deployment, _HOUSEHOLDS) == before


# --- identities stay where they may be ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def everything_done(
    deployment: Settings,
    dags: dict[str, Any],
    marks: Marks,
    marked: MarkedUploads,
    house_kept: Any,
    failed_build: Any,
    recorder: Recorder,
    tmp_path_factory: pytest.TempPathFactory,
) -> Recorder:
    """All that was said: of the DAGs, of a task and of commands that fail over a row, and of the commands."""
    folder = tmp_path_factory.mktemp("told")
    household = Pseudonymiser(deployment.pseudonym_key).household_id(marked.card)
    for done in (
        ("explain", "--period", PERIOD, "--household", household),
        ("explain", "--period", PERIOD, "--household", household, "--json"),
        ("report", "--period", PERIOD, "--json", "--output", str(folder / "report")),
        ("publish", "--period", PERIOD),
        ("completeness", "--period", PERIOD),
        ("sql", "--role", "analyst", "--csv", "-c", "select * from marts.fct_empowerment"),
        ("template", "--village", VILLAGE, "--period", PERIOD, "--output", str(folder / "kosong.xlsx")),
    ):
        assert recorder.command(*done) == 0, done
    marked.write_correction()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(load, "write", _stumble_over(marked.card, str(marked.head["nama"])))
        run = recorder.work("intake_registers, failing", dags["intake_registers"].test)
        assert _states(run) == {"take_in": "failed", "announce": "upstream_failed"}
    assert recorder.command("--debug", "intake", "--json") == 0
    assert recorder.command("--debug", "transform", "--json") == 0
    for refused in (
        ("explain", "--period", PERIOD, "--kk", marks.no_kk("card of a family nobody lists")),
        ("explain", "--period", PERIOD, "--kk", marks.no_kk("card with a letter") + "x"),
        ("explain", "--period", marks.nik("number for a period"), "--household", household),
        ("intake", marks.nik("an argument too many")),
        ("duplicates", "--judge", marks.nik("number of a pair"), "sama"),
        ("--debug", "sql", "--role", "steward", "-c", "select * from raw.penduduk"),
        ("--debug", "sql", "--role", "pipeline", "-c", "select nama::integer from raw.penduduk where nama like 'Zq%'"),
    ):
        assert recorder.command(*refused) in (1, 2), refused
    recorder.said += [(f"files of {name}", content.decode("latin-1")) for name, content in files(folder)]
    return recorder


def _stumble_over(number: str, name: str) -> Any:
    """An error of ours over a row, which came of the warehouse's over the same."""

    def write(connection: psycopg.Connection, *_: Any) -> None:
        try:
            with connection.cursor().copy("copy quality.row_warning (upload_id, value) from stdin") as copy:
                copy.write_row((name, number))
        except psycopg.Error as error:
            row = {"nama": name, "no_kk": number}
            raise KeyError(json.dumps(row)) from error

    return write


#: What holds identities by design, below ENTAS_HOME.
_MAY_HOLD = ("inbox", "archive", "feedback", "postgres/data")
#: Schemas that do; in the warehouse.
_IDENTITIES = ("raw", "quality", "identity")
#: Commands that tell whoever took an upload in what it says of itself: names of its file, sheets and columns.
_TELL_LABELS = ("entas --debug intake", "entas explain")


def _warehouse(settings: Settings) -> Iterator[tuple[str, bytes]]:
    """The warehouse but for what holds identities: all definitions, all rows, and what the views give."""
    server = EmbeddedServer(settings.home)
    options = [f"--exclude-table-data={schema}.*" for schema in _IDENTITIES]
    yield "warehouse", dump(binaries() / "pg_dump", server.url("entas"), *options)
    with open_warehouse(settings).connect() as connection:
        views = connection.execute(
            "select format('%%I.%%I', schemaname, viewname) from pg_views where schemaname = any (%s)",
            (["staging", "intermediate", "marts"],),
        ).fetchall()
        assert len(views) >= 8
        for (view,) in views:
            with connection.cursor().copy(f"copy (select * from {view}) to stdout") as copy:
                yield f"view {view}", b"".join(copy)


def test_the_marked_uploads_meet_every_rule(deployment: Settings, month: dict[str, Any]) -> None:
    """Else the search below would say less than it seems to."""
    met = {rule for (rule,) in _rows(deployment, "select rule_id from quality.check_result where rows_failed > 0")}
    known = {rule.rule_id for register in load._LOAD_ORDER for rule in rules(register)}
    assert known - met == set()
    statuses = _rows(deployment, "select status, count(*) from raw.upload group by 1")
    assert {status for status, _ in statuses} == {"accepted", "accepted_with_quarantine", "rejected", "duplicate"}
    [(pairs,)] = _rows(deployment, "select count(*) from quality.possible_duplicate")
    assert pairs > 0


def test_identities_are_nowhere_but_where_they_may_be(
    deployment: Settings, marks: Marks, marked: MarkedUploads, everything_done: Recorder
) -> None:
    leaks: list[Leak] = []
    for place, content in _warehouse(deployment):
        found = marks.search(place, content)
        # Names of files are there to tell uploads of one name apart; the marts have none.
        leaks += [leak for leak in found if leak.origin not in marked.labels or "marts" in place]
    leaks += marks.search(
        "Airflow's database", dump(binaries() / "pg_dump", EmbeddedServer(deployment.home).url("airflow"))
    )
    found = dict(files(deployment.home, but=[deployment.home / folder for folder in _MAY_HOLD]))
    kinds = (
        "/dbt.log",
        "/run_results.json",
        "/server.log",
        "/airflow-db-migrate.log",
        "r1/manifest.json",
        ".pdf",
        ".html",
    )
    for kind in kinds:
        assert any(place.endswith(kind) for place in found), (kind, sorted(found))
    for place, content in found.items():
        leaks += marks.search(place, content)
    for place, content in files(PROJECT_ROOT / "dbt_project"):
        leaks += marks.search(place, content)
    for what, said in everything_done.said:
        told = marked.labels if what.startswith(_TELL_LABELS) else set()
        leaks += [leak for leak in marks.search(what, said.encode()) if leak.origin not in told]
    assert not (deployment.home / "work").exists() or not list((deployment.home / "work").iterdir())
    assert leaks == [], "\n".join(map(str, leaks[:40]))


def test_the_search_finds_what_is_there(deployment: Settings, marks: Marks, everything_done: Recorder) -> None:
    """The control: where identities may be each is found, and so is one that a log, a print or a mart would let out."""
    server = EmbeddedServer(deployment.home)
    raw = dump(binaries() / "pg_dump", server.url("entas"), *(f"--schema={schema}" for schema in _IDENTITIES))
    found = {leak.origin for leak in marks.search("raw", raw)}
    for place, content in files(Path(deployment.archive)):
        found |= {leak.origin for leak in marks.search(place, content)}
    elsewhere = {"card of a family nobody lists", "card with a letter", "number for a period", "number of a pair",
                 "an argument too many", "number of a link"}  # fmt: skip
    assert set(marks.origins.values()) - found == elsewhere

    said = dict(everything_done.said)
    assert "KeyError" in said["intake_registers, failing"]  # the trace of the task is among what is searched
    assert "message withheld" in said["intake_registers, failing"]
    secret = next(iter(marks.origins))
    control = Recorder(everything_done.config)
    control.work("a print", lambda: print(secret))
    control.work("a log", lambda: logging.getLogger("any.library").warning("row %s", secret))
    control.work("a line of a program", lambda: os.write(2, secret.encode()))
    assert [what for what, text in control.said if marks.search(what, text.encode())] == [
        "a print",
        "a log",
        "a line of a program",
    ]
    with open_warehouse(deployment).connect() as connection:
        connection.execute("update marts.fct_assistance set programme = %s", (secret,))
        with connection.cursor().copy("copy marts.fct_assistance to stdout") as copy:
            assert marks.search("a mart", b"".join(copy))
        connection.rollback()
