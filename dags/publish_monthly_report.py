"""Release the month's report and deliver it."""

from datetime import timedelta

from airflow.sdk import (
    DAG,
    CronTriggerTimetable,
    ExceptionRetryPolicy,
    Param,
    RetryAction,
    RetryRule,
    get_current_context,
    task,
)
from airflow.sdk.exceptions import AirflowFailException
from dateutil.relativedelta import relativedelta

from entas.orchestration import TRANSIENT

MANUAL = """
### What it does

On the 5th of each month at 06:00 (Asia/Jakarta), about the month before. For any other month trigger it with
`period` set, for example `2023-10`.

1. **gate** brings the marts up to the month and checks that the number may leave the office: the marts know every
   accepted register, and the arithmetic of the movement holds at every level.
2. **release** renders the report and adds a revision. When the figures are those of the last revision nothing is
   added, so a second run does no harm.
3. **deliver** gives the release to every recipient who does not have it yet, each once.
4. **worklists**, beside it, writes the lists of families to verify into the feedback folders of the kecamatan and
   villages (`daftar-verifikasi-*.xlsx`), for the social workers. No figure depends on them.

Missing villages do not hold a report: it is then *provisional* and names them. Run it again when they are in; the
next revision lists what changed.

### When something is wrong

| you see | do |
| --- | --- |
| `gate` failed: *the report is held* | the reasons are in its log, each with its remedy; mend, let `build_household_status` succeed, then clear `gate` |
| a task up for retry | the warehouse or a store does not answer; it tries again 3 times, 10 minutes apart |
| `deliver` failed: *not delivered to ...* | the others have theirs; mend that recipient in `recipients.yaml` or its place, then clear `deliver`; `keep_house` also tries once a day |
| `worklists` failed | its log says why; the report is released all the same: mend, then clear `worklists` |
| `keep_house` says a report is overdue | look at the last run here; when there is none, trigger one with `period` |

A released file is never changed. By hand: `entas report --period 2023-10` looks, `entas publish` does all three.
"""

with DAG(
    dag_id="publish_monthly_report",
    description="The month's report: gate, render, release, deliver",
    doc_md=MANUAL,
    # A data interval of the month that ends with the run. A run that was missed because the machine was off is made
    # up for. A system that is new has its first run on the next 5th, unless the last one is less than a week ago; for
    # that there must be no start_date, which would make the last run due at once.
    schedule=CronTriggerTimetable(
        "0 6 5 * *",
        timezone="Asia/Jakarta",
        interval=relativedelta(months=1),
        run_immediately=timedelta(days=7),
    ),
    catchup=False,
    max_active_runs=1,
    params={
        "period": Param(
            None,
            type=["null", "string"],
            pattern=r"^\d{4}-(0[1-9]|1[0-2])$",
            title="Period",
            description="Month to report, YYYY-MM. Empty: the month before.",
        )
    },
    # No deadline alert: with one, Airflow 3.3.2 can neither clear a run (apache/airflow issue 70368), which is what
    # an operator does after a held report, nor test the DAG (73428). keep_house tells of a report that is overdue.
    tags=["entas"],
    default_args={
        "owner": "tim-data",
        "retries": 3,
        "retry_delay": timedelta(minutes=10),
        "retry_policy": ExceptionRetryPolicy([RetryRule(TRANSIENT, RetryAction.RETRY)], default=RetryAction.FAIL),
    },
):

    @task
    def gate() -> str:
        from entas.clock import period_text
        from entas.errors import HeldError
        from entas.monthly import pass_gate
        from entas.orchestration import report_period
        from entas.settings import Settings

        context = get_current_context()
        period = report_period(context["params"]["period"], context["dag_run"].run_after)
        try:
            pass_gate(Settings.from_env(), period)
        except HeldError as held:
            reasons = [f"The report of {period_text(period)} is held:", *held.reasons]
            raise AirflowFailException("\n- ".join(reasons)) from None
        return period_text(period)

    @task
    def release(period: str) -> dict[str, str | int | bool]:
        from entas.clock import require_period
        from entas.monthly import release_month
        from entas.settings import Settings

        made = release_month(Settings.from_env(), require_period(period))
        return {"period": period, "revision": made.revision, "status": made.status, "created": made.created}

    @task
    def deliver(released: dict[str, str | int | bool]) -> dict[str, int]:
        from entas.clock import require_period
        from entas.monthly import deliver_month
        from entas.settings import Settings

        period = require_period(str(released["period"]))
        done = deliver_month(Settings.from_env(), period, int(released["revision"]))
        return {"recipients": len(done), "delivered_now": sum(one.created for one in done)}

    @task
    def worklists(released: dict[str, str | int | bool]) -> dict[str, str | int | dict[str, int]]:
        from entas.clock import require_period
        from entas.settings import Settings
        from entas.worklists import write_worklists

        return write_worklists(Settings.from_env(), require_period(str(released["period"]))).to_dict()

    released = release(gate())
    deliver(released)
    worklists(released)
