"""Identities of old uploads are destroyed, and the figures remain (`ENTAS_IDENTITY_MONTHS`).

For each upload one transaction takes the names and numbers from its rows and writes down which files are to follow;
then the files go, and only then the trace says that all of it is gone. A run that is killed in between leaves a row in
privacy.unfinished, which the next run finishes.
"""

from __future__ import annotations

import getpass
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, time
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from entas import clock
from entas.privacy import files
from entas.privacy.columns import TABLES
from entas.privacy.files import Doomed, Stores
from entas.privacy.finishing import complain, finish, holding_uploads, vacuum
from entas.scratch import scratch_folder
from entas.settings import Settings
from entas.warehouse import open_warehouse

_BASIS = (
    "Masa simpan identitas {months} bulan (ENTAS_IDENTITY_MONTHS) berakhir: berkas diterima sebelum {day}. "
    "UU 27/2022 Pasal 16 ayat (2) huruf g dan Pasal 44."
)


@dataclass
class Destroyed:
    """What a run destroyed; counts only.

    Attributes:
        before: identities of uploads received before this moment are destroyed; None: kept for ever.
        uploads: uploads that were dealt with.
        rows: rows that lost their identities, by table.
        files: files removed, by store.
        requests: requests of persons that a killed run had begun and this one finished.
    """

    before: datetime | None = None
    uploads: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    requests: int = 0

    def to_dict(self) -> dict[str, Any]:
        """For JSON and XCom."""
        return asdict(self) | {"before": self.before.isoformat() if self.before else None}


def cutoff(settings: Settings, moment: datetime | None = None) -> datetime | None:
    """Uploads received before this moment lose their identities; None where they are kept for ever.

    The beginning of the day (Asia/Jakarta) so many months ago; of a shorter month the last day counts.
    """
    if not settings.identity_months:
        return None
    today = clock.jakarta_day(moment or clock.now())
    month = clock.add_months(today, -settings.identity_months)
    last = (clock.add_months(month, 1) - month).days
    return datetime.combine(month.replace(day=min(today.day, last)), time.min, clock.JAKARTA)


_EXPIRED = """
select upload_id from raw.upload u
where received_at < %s
  and not exists (select from privacy.destruction d where d.upload_id = u.upload_id and d.cause = 'retention')
  and not exists (select from privacy.unfinished f where f.upload_id = u.upload_id)
order by received_at
"""


def destroy_old(
    settings: Settings,
    *,
    moment: datetime | None = None,
    dry_run: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Destroyed:
    """Destroy the identities of all uploads that are older than the setting; finish what a killed run began.

    Waits while an intake or a search for duplicates runs. Marts do not change: no build is needed.

    Args:
        moment: now, or another moment to judge at.
        dry_run: count the uploads and their files, and change nothing.
        progress: called with (uploads done, uploads in all).

    Raises:
        EntasError: a file cannot be removed; everything else was done, and the next run tries it again.
    """
    before = cutoff(settings, moment)
    done = Destroyed(before)
    with open_warehouse(settings).connect(autocommit=True) as connection, holding_uploads(connection):
        expired = [row[0] for row in connection.execute(_EXPIRED, (before,))] if before else []
        stores = Stores(settings)
        if dry_run:
            done.uploads = len(expired)
            _add(
                done.files,
                files.count(file for upload in expired for file in files.of_upload(connection, stores, upload)),
            )
            return done
        stuck = _finish_uploads(connection, settings, stores, done)
        lists = _Lists(stores) if expired else None
        for number, upload_id in enumerate(expired, start=1):
            _begin(connection, settings, stores, upload_id, before, lists)
            stuck += _finish_uploads(connection, settings, stores, done, upload_id)
            if progress:
                progress(number, len(expired))
        if done.uploads:
            vacuum(connection)
    done.requests = finish(settings)
    complain(stuck)
    return done


class _Lists:
    """Worklists in the feedback folder by the month of their folder: they show rows of the registers in force then."""

    def __init__(self, stores: Stores) -> None:
        self._by_period: dict[str, list[str]] = defaultdict(list)
        for file in stores["feedback"].files():
            parts = file.path.split("/")
            if files.is_list(file.path) and len(parts) == 3:
                self._by_period[parts[1]].append(file.path)

    def showing(self, connection: psycopg.Connection, upload_id: int) -> list[Doomed]:
        """Those of the months in which the upload's population register was in force, whichever area they are of."""
        row = connection.execute(
            """
            select u.period, (
                select min(n.period) from raw.upload n join raw.upload_register r using (upload_id)
                where n.village_code = u.village_code and n.period > u.period
                  and r.register = 'penduduk' and r.status = 'accepted'
            )
            from raw.upload u join raw.upload_register r using (upload_id)
            where u.upload_id = %s and r.status = 'accepted' and r.register = 'penduduk'
            """,
            (upload_id,),
        ).fetchone()
        if row is None:
            return []
        first, following = row
        return [
            Doomed("feedback", path)
            for period, paths in sorted(self._by_period.items())
            if first <= period and (following is None or period < following)
            for path in paths
        ]


def _begin(
    connection: psycopg.Connection,
    settings: Settings,
    stores: Stores,
    upload_id: int,
    before: datetime,
    lists: _Lists,
) -> None:
    """Take the identities from an upload's rows, and write down what is to follow, in one transaction."""
    with connection.transaction():
        rows = {}
        for (schema, table), columns in TABLES.items():
            statement = sql.SQL("update {} set {} where upload_id = %s").format(
                sql.Identifier(schema, table), columns.assignments()
            )
            if changed := connection.execute(statement, (upload_id,)).rowcount:
                rows[f"{schema}.{table}"] = changed
        rows |= _forget_pairs(connection, upload_id)
        connection.execute("delete from raw.feedback_due where upload_id = %s", (upload_id,))
        doomed = [*files.of_upload(connection, stores, upload_id), *lists.showing(connection, upload_id)]
        basis = _BASIS.format(months=settings.identity_months, day=clock.jakarta_day(before).isoformat())
        connection.execute(
            "insert into privacy.unfinished (upload_id, basis, rows, files, begun_by) values (%s, %s, %s, %s, %s)",
            (upload_id, basis, Jsonb(rows), Jsonb([file.to_json() for file in doomed]), getpass.getuser()),
        )


def _forget_pairs(connection: psycopg.Connection, upload_id: int) -> dict[str, int]:
    """Pairs of possible duplicates that nobody can look into any more; judged ones stay, without their note."""
    gone = connection.execute(
        "delete from quality.possible_duplicate where decision is null and %s in (left_upload_id, right_upload_id)",
        (upload_id,),
    ).rowcount
    noted = connection.execute(
        "update quality.possible_duplicate set decision_note = null "
        "where decision_note is not null and %s in (left_upload_id, right_upload_id)",
        (upload_id,),
    ).rowcount
    return {"quality.possible_duplicate": gone + noted} if gone + noted else {}


def _finish_uploads(
    connection: psycopg.Connection, settings: Settings, stores: Stores, done: Destroyed, only: int | None = None
) -> list[str]:
    """Remove the files of uploads whose rows are done, and write the trace; what could not be removed is returned.

    Args:
        only: of this upload; None: of all that runs before have begun.
    """
    stuck: list[str] = []
    for unfinished_id, rows, doomed in connection.execute(
        "select unfinished_id, rows, files from privacy.unfinished "
        "where upload_id is not null and coalesce(upload_id = %s, true) order by 1",
        (only,),
    ).fetchall():
        going = [Doomed(*one) for one in doomed]
        if left := files.remove(stores, going):
            stuck += left
            continue
        with scratch_folder(settings.home, "lists") as work:
            files.renew_lists(connection, settings, going, work)
        counts = files.count(going)
        _write_destruction(connection, unfinished_id, counts)
        done.uploads += 1
        _add(done.rows, rows)
        _add(done.files, counts)
    return stuck


def _write_destruction(connection: psycopg.Connection, unfinished_id: int, counts: dict[str, int]) -> None:
    """Say that all of it is gone."""
    with connection.transaction():
        connection.execute(
            """
            insert into privacy.destruction (upload_id, sha256, cause, basis, rows, files, destroyed_by, begun_at)
            select u.upload_id, u.sha256, 'retention', f.basis, f.rows, %s, f.begun_by, f.begun_at
            from privacy.unfinished f join raw.upload u using (upload_id) where f.unfinished_id = %s
            """,
            (Jsonb(counts), unfinished_id),
        )
        connection.execute("delete from privacy.unfinished where unfinished_id = %s", (unfinished_id,))


def _add(total: dict[str, int], more: dict[str, int]) -> None:
    for name, number in more.items():
        total[name] = total.get(name, 0) + number
