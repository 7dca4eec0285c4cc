"""Take in what the villages uploaded."""

from datetime import timedelta

from airflow.sdk import DAG, Asset, ExceptionRetryPolicy, RetryAction, RetryRule, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException
from pendulum import datetime

from entas.orchestration import ACCEPTED_REGISTERS, TRANSIENT

MANUAL = """
### What it does

Every 15 minutes, and at once when you trigger it:

1. **take_in** receives every new file of the inbox (`<inbox>/<village code>/<YYYY-MM>/<file>`), keeps its bytes in the
   archive, reads and judges it, loads it in one transaction, and writes the feedback workbook for the village.
   All new files are one batch; a bad file is *rejected* with a reason and never fails the others.
2. **announce** emits the asset `accepted_registers`, which starts `build_household_status`. When nothing was accepted
   it is *skipped*: that is normal, most runs find an empty inbox.

### When something is wrong

| you see | do |
| --- | --- |
| a village says its file was refused | nothing failed here: its feedback workbook says why, and so does `select reason from raw.upload` |
| `take_in` up for retry | the warehouse or a store does not answer; it tries again 3 times, 5 minutes apart |
| `take_in` failed: *does not answer* | bring the server or the store back, then clear the task; nothing is lost or loaded twice |
| `take_in` failed otherwise | the last line of its log says what to mend; retries would not help and are not made |
| a file stays in the inbox untouched | it is still being written, or its name begins with a dot or `~$`, or ends in `.part`; one that was written over in place in a folder of an old month waits up to `ENTAS_SWEEP_HOURS` (6) |

A run that was killed leaves every upload wholly in or not at all; the next run goes on. By hand: `entas intake`.
"""

ACCEPTED = Asset(ACCEPTED_REGISTERS)

with DAG(
    dag_id="intake_registers",
    description="New inbox files: archive, read, validate, load, write feedback",
    doc_md=MANUAL,
    schedule="*/15 * * * *",
    start_date=datetime(2023, 1, 1, tz="Asia/Jakarta"),
    catchup=False,
    max_active_runs=1,
    tags=["entas"],
    default_args={
        "owner": "tim-data",
        "retries": 3,
        "retry_delay": timedelta(minutes=5),
        "retry_policy": ExceptionRetryPolicy([RetryRule(TRANSIENT, RetryAction.RETRY)], default=RetryAction.FAIL),
    },
):

    @task
    def take_in() -> dict[str, int]:
        from entas.intake import run_intake
        from entas.settings import Settings

        statuses = [upload.status for upload in run_intake(Settings.from_env()).uploads]
        return {status: statuses.count(status) for status in sorted(set(statuses))}

    @task(outlets=[ACCEPTED])
    def announce(counts: dict[str, int]) -> None:
        from entas.orchestration import accepted_since
        from entas.settings import Settings

        accepted = sum(count for status, count in counts.items() if status.startswith("accepted"))
        run_began = get_current_context()["dag_run"].start_date
        if not accepted and not accepted_since(Settings.from_env(), run_began):
            raise AirflowSkipException("No upload was accepted; the marts stay as they are.")

    announce(take_in())
