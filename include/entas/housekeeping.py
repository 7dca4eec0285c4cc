"""Keeping house: what grows is bounded, what waits is tried again, and what runs short is said in time.

Nothing of the archive, the reports or the warehouse is ever deleted here, but identities past their retention where an
office has set one (`ENTAS_IDENTITY_MONTHS`).
"""

from __future__ import annotations

import logging
import shutil
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg import sql

from entas.clock import add_months, jakarta_day, now, period_text
from entas.errors import EntasError, UnreachableError
from entas.publishing import deliver
from entas.reporting import latest_release
from entas.settings import Settings
from entas.storage import Store
from entas.warehouse import open_warehouse
from entas.warehouse.dbt import drop_leftovers
from entas.warehouse.documentation import source_ages, write_docs
from entas.warehouse.temporary import drop_temporary

_log = logging.getLogger(__name__)

#: Schemas whose tables are vacuumed. The others are small, or made anew by every build.
_VACUUMED = ("raw", "quality", "marts", "publication", "privacy")
#: Share of a disk below which the storage report warns.
_LOW = 0.10
#: Day of a month on which the report of the month before is made.
_DUE_DAY = 5
#: What dbt says of a source that is older than it should be, and of one that is too old.
_AGED = ("warn", "error")


@dataclass(frozen=True)
class Swept:
    """Files removed because they were older than their retention.

    Attributes:
        leftovers: half-written files that killed runs left in the archive, the feedback and the reports.
    """

    feedback: int
    logs: int
    leftovers: int = 0


def sweep(settings: Settings) -> Swept:
    """Remove feedback workbooks and logs that are older than their retention (`feedback_days`, `log_days`).

    And what runs that were killed more than a day ago left half-written.
    """
    return Swept(
        feedback=_sweep_store(Store(settings.feedback, settings.access), settings.feedback_days),
        logs=_sweep_logs(settings.home / "logs", settings.log_days),
        leftovers=sum(
            _drop_leftovers(Store(url, settings.access))
            for url in (settings.archive, settings.feedback, settings.reports)
        ),
    )


def _drop_leftovers(store: Store) -> int:
    try:
        return store.drop_leftovers(now() - timedelta(days=1))
    except OSError as error:  # they do no harm but fill the store
        _log.warning("what killed runs left in %s cannot be removed: %s", store.place, error)
        return 0


def _sweep_store(store: Store, days: int) -> int:
    oldest = (now() - timedelta(days=days)).timestamp() * 1e9
    old = [file.path for file in store.files() if file.modified_ns < oldest]
    for path in old:
        store.remove(path)
    return len(old)


def _sweep_logs(folder: Path, days: int) -> int:
    oldest = (now() - timedelta(days=days)).timestamp()
    # A file that a process writes to now has a fresh time; folders that become empty go with their files.
    old = [path for path in folder.rglob("*") if path.is_file() and path.lstat().st_mtime < oldest]
    for path in old:
        path.unlink(missing_ok=True)
    for path in sorted((p for p in folder.rglob("*") if p.is_dir()), reverse=True):
        if path.lstat().st_mtime < oldest and not any(path.iterdir()):
            path.rmdir()
    return len(old)


def keep_privacy(settings: Settings) -> dict[str, Any]:
    """Destroy identities past their retention, finish requests that a killed run began, watch those that are done.

    Returns:
        What was destroyed (`entas.privacy.Destroyed`), and `confirmed` and `returned` (`entas.privacy.follow_up`).

    Raises:
        EntasError: a file cannot be removed or a notice not written; all else was done, and the next run tries again.
    """
    from entas import privacy

    try:
        # First: the right value for a notice is told by rows whose time may have come.
        told = privacy.follow_up(settings)
    finally:
        done = privacy.destroy_old(settings)
    return done.to_dict() | told


def retry_deliveries(settings: Settings) -> dict[str, int]:
    """Deliver the last revision of every month to the recipients who do not have it.

    Earlier revisions are not sent any more: the last one stands for them.

    Returns:
        Number of months looked at, and of deliveries made.

    Raises:
        EntasError: a recipient could not be served, after all others were.
        UnreachableError: one of these could not be reached.
    """
    made, failed = 0, []
    kind = EntasError
    with open_warehouse(settings).connect(autocommit=True) as connection:
        months = connection.execute(
            "select distinct period from publication.report_release where regency_code = %s order by period",
            (settings.regency,),
        ).fetchall()
        for (period,) in months:
            release = latest_release(connection, settings.regency, period)
            assert release is not None
            try:
                made += sum(delivery.created for delivery in deliver(connection, settings, release))
            except EntasError as error:
                failed.append(f"{period:%Y-%m} r{release.revision}: {error}")
                kind = UnreachableError if isinstance(error, UnreachableError) else kind
    if failed:
        raise kind("; ".join(failed))
    return {"months": len(months), "delivered": made}


@dataclass(frozen=True)
class Storage:
    """What is kept, and how much room is left.

    Attributes:
        uploads: rows of `raw.upload`.
        archived: files in the archive, one for each content ever received.
        archived_bytes: their size.
        missing: contents of uploads that the archive does not hold although nothing destroyed them; anything but 0 is
            damage.
        warehouse_bytes: size of the warehouse's database.
        free_bytes: room on the disk of `ENTAS_HOME`.
        free_share: the same as a share of the disk, 0 to 1.
    """

    uploads: int
    archived: int
    archived_bytes: int
    missing: int
    warehouse_bytes: int
    free_bytes: int
    free_share: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def storage(settings: Settings) -> Storage:
    """Count what is kept, compare the archive with the uploads, and warn when room runs short.

    Raises:
        EntasError: the archive lacks the bytes of an upload.
    """
    store = Store(settings.archive, settings.access)
    archive = {file.path: file.bytes for file in store.files()}
    with open_warehouse(settings).connect(autocommit=True) as connection:
        # What retention or an erasure destroyed is no damage, unless another upload of the same bytes still needs it.
        contents = {
            row[0]
            for row in connection.execute(
                """
                select distinct sha256 from raw.upload u
                where not exists (select from privacy.destruction d where d.upload_id = u.upload_id)
                  and not exists (select from privacy.unfinished f where f.upload_id = u.upload_id)
                  and not exists (select from privacy.unfinished f where f.files @> jsonb_build_array(
                      jsonb_build_array('archive', u.sha256, null, null)
                  ))
                """
            )
        }
        uploads, size = connection.execute(
            "select (select count(*) from raw.upload), pg_database_size(current_database())"
        ).fetchone()
    disk = shutil.disk_usage(settings.home)
    report = Storage(
        uploads=uploads,
        archived=len(archive),
        archived_bytes=sum(archive.values()),
        missing=len(contents - archive.keys()),
        warehouse_bytes=size,
        free_bytes=disk.free,
        free_share=round(disk.free / disk.total, 3),
    )
    if report.free_share < _LOW:
        _log.warning(
            "Only %.1f GB (%.0f%%) are free on the disk of %s; make room before the next month's uploads.",
            report.free_bytes / 1e9,
            report.free_share * 100,
            settings.home,
        )
    if report.missing:
        raise EntasError(
            f"{store.place} lacks the bytes of {report.missing} uploads; restore it from its backup at once"
        )
    return report


def check_punctuality(settings: Settings, moment: datetime | None = None) -> str | None:
    """See that the report that is due was released: the month before's, from the 6th of a month on.

    An office that did not report the month before that is not in its routine yet (or any more), and nothing is due.

    Args:
        moment: now, or another moment to judge at.

    Returns:
        The month that is due (`YYYY-MM`) and was released, or None when nothing is due.

    Raises:
        EntasError: it was not released.
    """
    today = jakarta_day(moment or now())
    due = add_months(today.replace(day=1), -1 if today.day > _DUE_DAY else -2)
    with open_warehouse(settings).connect(autocommit=True) as connection:
        if latest_release(connection, settings.regency, due):
            return period_text(due)
        if not latest_release(connection, settings.regency, add_months(due, -1)):
            return None
    raise EntasError(
        f"the report of {period_text(due)} is overdue; look at the last run of publish_monthly_report, or trigger it "
        f"with period {period_text(due)}"
    )


def document(settings: Settings) -> str:
    """Write dbt's documentation of the warehouse anew, which Airflow's UI shows; returns its path."""
    return str(write_docs(settings))


def check_sources(settings: Settings) -> dict[str, int | None]:
    """Whether what villages send still comes: warns of sources that grow old, and fails for those that are too old.

    Returns:
        For each source the days since its youngest rows came; None where none has come yet.

    Raises:
        EntasError: a source is older than the days after which dbt_project/models/staging/_sources.yml says error.
    """
    ages = source_ages(settings)
    told = {status: [f"{age.source} ({age.days} days)" for age in ages if age.status == status] for status in _AGED}
    if told["warn"]:
        _log.warning("nothing new came for longer than it should: %s", ", ".join(told["warn"]))
    if told["error"]:
        raise EntasError(
            f"nothing new came for too long: {', '.join(told['error'])}; see whether intake_registers runs and the "
            "inbox is reached, then remind the villages (entas completeness)"
        )
    return {age.source: age.days for age in ages}


def vacuum(settings: Settings) -> int:
    """Drop what killed as-of reports and reproductions left; vacuum and analyse the tables of intake, dbt and reports.

    Returns:
        Number of tables.
    """
    for suffix in drop_leftovers(settings):
        _log.warning("dropped the schemas *%s of a report --as-of that was killed", suffix)
    for name in drop_temporary(settings):
        _log.warning("dropped the database %s of a reproduction that was killed", name)
    with open_warehouse(settings).connect(autocommit=True) as connection:
        tables = connection.execute(
            "select schemaname, tablename from pg_tables where schemaname = any(%s) order by 1, 2", (list(_VACUUMED),)
        ).fetchall()
        for schema, table in tables:
            connection.execute(sql.SQL("vacuum (analyze) {}").format(sql.Identifier(schema, table)))
    return len(tables)
