"""The DAGs themselves, from a file in the inbox to a delivered report."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from entas.settings import Settings
from entas.warehouse import open_warehouse

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
def month(deployment: Settings, dags: dict[str, Any]) -> dict[str, Any]:
    """One month through the three DAGs, in the order of the month."""
    _write_register(deployment)
    return {
        "intake": dags["intake_registers"].test(),
        "build": dags["build_household_status"].test(),
        "publish": dags["publish_monthly_report"].test(run_conf={"period": PERIOD}),
    }


def test_uploads_become_a_released_and_delivered_count(deployment: Settings, month: dict[str, Any]) -> None:
    assert {name: str(run.state) for name, run in month.items()} == dict.fromkeys(month, "success")
    assert set(_states(month["build"]).values()) == {"success"}
    assert _rows(
        deployment,
        "select households, persons from marts.rpt_extreme_poverty_monthly "
        f"where area_level = 'regency' and period = '{PERIOD}-01'",
    ) == [(1, 4)]
    released = "select revision, status, households, persons from publication.report_release"
    assert _rows(deployment, released) == [(1, "provisional", 1, 4)]  # the other villages are missing
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
    assert _states(run) == {"gate": "failed", "release": "upstream_failed", "deliver": "upstream_failed"}


def test_keeping_house_keeps_every_upload(deployment: Settings, dags: dict[str, Any], month: dict[str, Any]) -> None:
    archived = sorted(path.name for path in Path(deployment.archive).rglob("*") if path.is_file())
    run = dags["keep_house"].test()
    assert set(_states(run).values()) == {"success"}
    assert sorted(path.name for path in Path(deployment.archive).rglob("*") if path.is_file()) == archived
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


def test_a_failed_test_of_dbt_is_shown_at_its_model(
    deployment: Settings, dags: dict[str, Any], month: dict[str, Any]
) -> None:
    """What a damaged table of the load would do: the build fails, and what stands above it is not replaced."""
    with open_warehouse(deployment).connect(autocommit=True) as connection:
        connection.execute("alter table raw.penduduk alter column household_id drop not null")
        connection.execute("update raw.penduduk set household_id = null where position = 0")
    before = _rows(deployment, "select pg_relation_filenode('marts.fct_household_status_monthly')")
    try:
        run = dags["build_household_status"].test()
    finally:
        with open_warehouse(deployment).connect(autocommit=True) as connection:
            connection.execute(
                "update raw.penduduk set household_id = other.household_id from raw.penduduk other "
                "where penduduk.household_id is null and other.upload_id = penduduk.upload_id "
                "and other.no_kk = penduduk.no_kk and other.household_id is not null"
            )
            connection.execute("alter table raw.penduduk alter column household_id set not null")
    states = _states(run)
    assert str(run.state) == "failed"
    assert states["dbt.dbt_producer_watcher"] == "failed"
    assert states["dbt.stg_uploads.run"] == "success"  # nodes tell their own outcome, not the producer's
    assert [task for task, state in states.items() if task.endswith(".test") and state == "failed"]
    assert states["dbt.fct_household_status_monthly.run"] in ("failed", "upstream_failed")
    assert _rows(deployment, "select pg_relation_filenode('marts.fct_household_status_monthly')") == before
