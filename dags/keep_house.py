"""Keep what grows bounded, and try again what waits."""

from datetime import timedelta

from airflow.sdk import DAG, ExceptionRetryPolicy, RetryAction, RetryRule, task
from pendulum import datetime

from entas.orchestration import TRANSIENT

MANUAL = """
### What it does

Every night at 02:30 (Asia/Jakarta), nine things that do not wait for each other:

- **sweep** removes feedback workbooks older than `ENTAS_FEEDBACK_DAYS` (400), logs older than `ENTAS_LOG_DAYS` (90), and
  what runs that were killed more than a day ago left half-written in archive, feedback and reports.
- **retry_deliveries** gives the last revision of each month to recipients who still lack it.
- **storage** counts what is kept, compares the archive with the uploads, and warns when less than a tenth of the disk
  is free. Its numbers are in its XCom.
- **punctuality** fails from the 6th of a month on while the report of the month before is not released although its
  predecessor was.
- **duplicates** searches the registers in force for persons and families who may be listed twice, when a register
  came since the last search or somebody judged a pair, and writes the worklists `kemungkinan-ganda.xlsx` of the
  regency and the villages. It decides nothing, and no report waits for it.
- **privacy** destroys the identities of uploads received more than `ENTAS_IDENTITY_MONTHS` months ago (unset: none),
  finishes requests of persons that a killed run had begun, and tells villages whose later registers bring back what was
  corrected or erased. The figures stay; what was done is in the schema `privacy`, and its counts are in the XCom.
- **sources** asks dbt how old the youngest of each register is, warns where nothing came for longer than a month, and
  fails where nothing came for two (amounts and decisions: half a year, a year). Ages in days are in its XCom.
- **document** writes dbt's documentation of the warehouse anew: Browse > dbt docs.
- **vacuum** drops what a killed `entas report --as-of` left, then vacuums and analyses the tables of the warehouse.

Nothing of the archive, the reports or the registers is ever deleted, but identities past that retention.

### When something is wrong

| you see | do |
| --- | --- |
| `storage` failed: *lacks the bytes* | the archive was damaged: restore it from its backup; the warehouse itself is whole |
| `storage` warns of little room | make room or move `ENTAS_ARCHIVE` before the next month's uploads |
| `retry_deliveries` failed | the log names the recipient: mend its entry in `recipients.yaml` or its place; the others have theirs |
| `privacy` failed: *cannot be removed* | let this account remove the files that it names, or remove them; the next run goes on |
| `punctuality` failed | the month's report is overdue: look at the last run of `publish_monthly_report` |
| `sources` failed: *nothing new came* | see whether `intake_registers` runs and the inbox is reached; then remind the villages |
| `document` failed | dbt's log is named; the page stays as it was, and nothing waits for it |
| `duplicates` failed | its log says why; the worklists of the last search stand, and the count is not concerned |
| a task up for retry | the warehouse or a store does not answer; it tries again 3 times, 10 minutes apart |
"""

with DAG(
    dag_id="keep_house",
    description="Retention, stale deliveries, storage, vacuum/analyse",
    doc_md=MANUAL,
    schedule="30 2 * * *",
    start_date=datetime(2023, 1, 1, tz="Asia/Jakarta"),
    catchup=False,
    max_active_runs=1,
    tags=["entas"],
    default_args={
        "owner": "tim-data",
        "retries": 3,
        "retry_delay": timedelta(minutes=10),
        "retry_policy": ExceptionRetryPolicy([RetryRule(TRANSIENT, RetryAction.RETRY)], default=RetryAction.FAIL),
    },
):

    @task
    def sweep() -> dict[str, int]:
        from dataclasses import asdict

        from entas import housekeeping
        from entas.settings import Settings

        return asdict(housekeeping.sweep(Settings.from_env()))

    @task
    def retry_deliveries() -> dict[str, int]:
        from entas import housekeeping
        from entas.settings import Settings

        return housekeeping.retry_deliveries(Settings.from_env())

    @task
    def storage() -> dict[str, int | float]:
        from entas import housekeeping
        from entas.settings import Settings

        return housekeeping.storage(Settings.from_env()).to_dict()

    @task
    def punctuality() -> str | None:
        from entas import housekeeping
        from entas.settings import Settings

        return housekeeping.check_punctuality(Settings.from_env())

    @task
    def duplicates() -> dict[str, int | float | str | None]:
        from entas.duplicates import find_duplicates
        from entas.settings import Settings

        return find_duplicates(Settings.from_env(), only_if_changed=True).to_dict()

    @task
    def privacy() -> dict[str, int | str | dict[str, int] | None]:
        from entas import housekeeping
        from entas.settings import Settings

        return housekeeping.keep_privacy(Settings.from_env())

    @task
    def sources() -> dict[str, int | None]:
        from entas import housekeeping
        from entas.settings import Settings

        return housekeeping.check_sources(Settings.from_env())

    @task
    def document() -> str:
        from entas import housekeeping
        from entas.settings import Settings

        return housekeeping.document(Settings.from_env())

    @task
    def vacuum() -> int:
        from entas import housekeeping
        from entas.settings import Settings

        return housekeeping.vacuum(Settings.from_env())

    sweep()
    retry_deliveries()
    storage()
    punctuality()
    duplicates()
    privacy()
    sources()
    document()
    vacuum()
