"""Build the marts with dbt when registers were accepted."""

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Asset, ExceptionRetryPolicy, RetryAction, RetryRule, TriggerRule, task
from cosmos import DbtTaskGroup, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import ExecutionMode, InvocationMode, LoadMode, TestBehavior
from pendulum import datetime

from entas.orchestration import ACCEPTED_REGISTERS, TRANSIENT, begin_build, end_build, enter_dbt, manifest_path
from entas.settings import PROJECT_ROOT, Settings

MANUAL = """
### What it does

Starts when `intake_registers` announces accepted registers (asset `accepted_registers`); trigger it by hand after
editing a seed (`policy.csv`, `poverty_lines.csv`) or a model.

1. **prepare** sees that the warehouse answers and is migrated, and that dbt's manifest is fresh.
2. **dbt.dbt_producer_watcher** runs one `dbt build`: seeds, models and data tests in order. A test that fails stops
   everything that depends on its model. One build runs at a time, whoever starts it; another waits.
3. The other tasks of **dbt** show what became of each seed, model and its tests. They run nothing themselves.

### When something is wrong

| you see | do |
| --- | --- |
| `prepare` up for retry | the warehouse does not answer; it tries again 3 times, 5 minutes apart |
| a `test` task failed | the log of `dbt_producer_watcher` names the test and the rows; the marts below that model were not replaced and the gate holds the report until a build succeeds |
| a `run` task failed | the same log has the database's message; mend the model or the seed |
| `dbt_producer_watcher` failed, nothing below it ran | dbt could not start: its log says why |

After mending, trigger a new run. Do not clear single `dbt` tasks: a cleared task builds its one model by itself.
By hand: `entas transform`.
"""

project = PROJECT_ROOT / "dbt_project"


def _enter_again(context: Any) -> None:
    """A node reports what the producer did. One that a person cleared builds itself, and must know the warehouse."""
    if context["ti"].try_number > 1:
        enter_dbt(Settings.from_env())


with DAG(
    dag_id="build_household_status",
    description="dbt: from accepted registers to household status, movements and the count",
    doc_md=MANUAL,
    schedule=[Asset(ACCEPTED_REGISTERS)],
    start_date=datetime(2023, 1, 1, tz="Asia/Jakarta"),
    catchup=False,
    max_active_runs=1,
    tags=["entas", "dbt"],
    default_args={"owner": "tim-data"},
):

    @task(
        retries=3,
        retry_delay=timedelta(minutes=5),
        retry_policy=ExceptionRetryPolicy([RetryRule(TRANSIENT, RetryAction.RETRY)], default=RetryAction.FAIL),
    )
    def prepare() -> None:
        from entas.orchestration import ensure_manifest
        from entas.settings import Settings
        from entas.warehouse import open_warehouse

        open_warehouse(Settings.from_env()).connect().close()
        ensure_manifest(Settings.from_env())

    dbt = DbtTaskGroup(
        group_id="dbt",
        project_config=ProjectConfig(
            dbt_project_path=project, manifest_path=manifest_path(PROJECT_ROOT), install_dbt_deps=False
        ),
        profile_config=ProfileConfig(
            profile_name="entas", target_name="warehouse", profiles_yml_filepath=project / "profiles.yml"
        ),
        execution_config=ExecutionConfig(
            execution_mode=ExecutionMode.WATCHER,
            invocation_mode=InvocationMode.DBT_RUNNER,
            setup_operator_args={
                # Unit tests prove the SQL and belong to `make test`; a build proves the data.
                "dbt_cmd_flags": ["--exclude-resource-type", "unit_test"],
                "pre_execute": lambda context: begin_build(Settings.from_env()),
                "post_execute": lambda context, result: end_build(),
                "on_failure_callback": lambda context: end_build(),
            },
        ),
        render_config=RenderConfig(
            load_method=LoadMode.DBT_MANIFEST, test_behavior=TestBehavior.AFTER_EACH, emit_datasets=False
        ),
        operator_args={"pre_execute": _enter_again, "retries": 0},
    )
    prepare() >> dbt

    # The nodes are shown after the build and whatever came of it: while it runs they would wait in processes of
    # their own, which on two cores costs more than the build, and `dag.test()` would wait for them for ever.
    producer = dbt.children["dbt.dbt_producer_watcher"]
    for node in dbt.roots:
        if node is not producer:
            producer >> node
            for first in node.roots if hasattr(node, "roots") else [node]:
                first.trigger_rule = TriggerRule.ALL_DONE_MIN_ONE_SUCCESS  # unless `prepare` failed
