"""House keeping removes what is old and kept nowhere else, and nothing more."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import psycopg
import pytest

from entas import housekeeping, privacy
from entas.clock import JAKARTA
from entas.errors import EntasError
from entas.reporting import Release
from entas.settings import Settings
from entas.warehouse import open_warehouse
from entas.warehouse.documentation import SourceAge
from tests.publishing.conftest import conn, office, released  # noqa: F401  fixtures


def _file(path: Path, days_old: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    moment = time.time() - days_old * 86_400
    os.utime(path, (moment, moment))
    return path


def test_old_feedback_and_logs_go_and_everything_else_stays(settings: Settings) -> None:
    settings = replace(settings, feedback_days=30, log_days=7)
    gone = [
        _file(Path(settings.feedback) / "32.16.09.2003/2022-01/a.xlsx.hasil-periksa.xlsx", 31),
        _file(settings.home / "logs/airflow/dag_id=x/attempt=1.log", 8),
    ]
    kept = [
        _file(Path(settings.feedback) / "32.16.09.2003/2023-10/a.xlsx.hasil-periksa.xlsx", 29),
        _file(settings.home / "logs/demo.log", 6),
        _file(Path(settings.archive) / "00ff", 4000),
        _file(Path(settings.reports) / "32.16/2020-01/r1/manifest.json", 4000),
        _file(Path(settings.inbox) / "32.16.09.2003/2020-01/a.xlsx", 4000),
    ]
    assert housekeeping.sweep(settings) == housekeeping.Swept(feedback=1, logs=1)
    assert [path.exists() for path in gone] == [False, False]
    assert all(path.exists() for path in kept)


def test_storage_tells_of_bytes_that_the_archive_lacks(settings: Settings) -> None:
    assert housekeeping.storage(settings).missing == 0
    with open_warehouse(settings).connect(autocommit=True) as connection:
        connection.execute(
            "insert into raw.upload (village_code, period, file_name, sha256, bytes, received_at, status, rows_read, "
            "rows_accepted, rows_quarantined, rows_warned) "
            "values ('32.16.09.2003', '2023-10', 'a.xlsx', '00ff', 1, now(), 'rejected', 0, 0, 0, 0)"
        )
    with pytest.raises(EntasError, match="lacks the bytes of 1 upload"):
        housekeeping.storage(settings)
    _file(Path(settings.archive) / "00ff", 0)
    report = housekeeping.storage(settings)
    assert (report.uploads, report.archived, report.archived_bytes) == (1, 1, 1)


def test_a_delivery_that_is_missing_is_made_and_no_other(settings: Settings, released: Release) -> None:  # noqa: F811
    first = housekeeping.retry_deliveries(settings)
    assert first["months"] == 1
    assert first["delivered"] > 0
    assert housekeeping.retry_deliveries(settings) == {"months": 1, "delivered": 0}


def test_a_report_is_overdue_from_the_6th_on(settings: Settings, released: Release) -> None:  # noqa: F811
    """October is released and is the only one."""

    def at(text: str) -> str | None:
        return housekeeping.check_punctuality(settings, datetime.fromisoformat(text).replace(tzinfo=JAKARTA))

    assert at("2023-11-06T02:30") == "2023-10"
    assert at("2023-12-05T23:59") == "2023-10"  # November's is made today
    with pytest.raises(EntasError, match="2023-11 is overdue"):
        at("2023-12-06T00:00")
    assert at("2024-01-06T00:00") is None  # two months without a report: not a slip but another way of work


def test_vacuum_reaches_the_tables_of_the_load(settings: Settings, conn: psycopg.Connection) -> None:  # noqa: F811
    assert housekeeping.vacuum(settings) > 10
    query = "select vacuum_count from pg_stat_user_tables where schemaname = 'raw' and relname = 'penduduk'"
    assert conn.execute(query).fetchone() == (1,)


def test_what_a_killed_as_of_report_left_is_dropped_and_a_live_one_is_not(settings: Settings) -> None:
    open_warehouse(settings)
    with psycopg.connect(settings.warehouse_url, autocommit=True) as other:
        for schema in ("marts_asof_202310_4711", "seeds_asof_202310_4711", "marts_asof_202310_4712", "marts_of_mine"):
            other.execute(f"create schema {schema} authorization entas_pipeline")
        other.execute("select pg_advisory_lock(hashtext('_asof_202310_4712'))")
        housekeeping.vacuum(settings)
        found = other.execute(
            "select nspname from pg_namespace where nspname ~ '^(marts|seeds)_' order by 1"
        ).fetchall()
    assert found == [("marts_asof_202310_4712",), ("marts_of_mine",)]


def _age(source: str, status: str, days: int | None) -> SourceAge:
    return SourceAge(source, status, None, days, (36, 67))


def test_sources_that_grow_old_are_warned_of(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ages = [_age("raw.bantuan", "never", None), _age("raw.penduduk", "warn", 40), _age("raw.verifikasi", "pass", 3)]
    monkeypatch.setattr(housekeeping, "source_ages", lambda _: ages)
    assert housekeeping.check_sources(settings) == {"raw.bantuan": None, "raw.penduduk": 40, "raw.verifikasi": 3}
    assert "raw.penduduk (40 days)" in caplog.text
    assert "raw.verifikasi" not in caplog.text


def test_sources_that_are_too_old_fail_and_are_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    ages = [_age("raw.penduduk", "error", 70), _age("raw.upload", "pass", 3)]
    monkeypatch.setattr(housekeeping, "source_ages", lambda _: ages)
    with pytest.raises(EntasError, match=r"nothing new came for too long: raw\.penduduk \(70 days\); see whether"):
        housekeeping.check_sources(settings)


def test_a_notice_that_cannot_be_written_does_not_keep_identities(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Settings) -> dict[str, int]:
        raise EntasError("the notice cannot be written")

    ran = []
    monkeypatch.setattr(privacy, "follow_up", fail)
    monkeypatch.setattr(privacy, "destroy_old", ran.append)
    with pytest.raises(EntasError, match="the notice cannot be written"):
        housekeeping.keep_privacy(settings)
    assert ran == [settings]
