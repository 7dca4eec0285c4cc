"""What follows once rows have changed: files, notices, marts, and last the trace. Begun by requests, finished here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from entas.errors import EntasError
from entas.privacy import files
from entas.privacy.columns import TABLES
from entas.privacy.files import Doomed, Stores
from entas.privacy.notices import Notice, write_notices
from entas.scratch import scratch_folder
from entas.settings import Settings
from entas.warehouse import open_warehouse
from entas.warehouse.dbt import BUILD_LOCK, transform
from entas.warehouse.locks import INTAKE_LOCK, SEARCH_LOCK, alone


@contextmanager
def holding_uploads(connection: psycopg.Connection) -> Iterator[None]:
    """Wait for the intake and the search for duplicates, and let none begin while identities and files go."""
    with alone(connection, INTAKE_LOCK, "intake"), alone(connection, SEARCH_LOCK, "search"):
        yield


@contextmanager
def changing_loaded_rows(connection: psycopg.Connection) -> Iterator[None]:
    """One transaction, while no build of the marts runs: its models would see ids of before and after."""
    with alone(connection, BUILD_LOCK, "build"), connection.transaction():
        yield


def vacuum(connection: psycopg.Connection) -> None:
    """Have PostgreSQL reuse the room of the versions of rows that were changed; they are read by nobody any more."""
    for schema, table in (*TABLES, ("quality", "possible_duplicate"), ("privacy", "unfinished")):
        connection.execute(sql.SQL("vacuum {}").format(sql.Identifier(schema, table)))


def complain(stuck: list[str]) -> None:
    """Raise an error that names files that could not be removed; nothing when there are none."""
    if stuck:
        shown = "; ".join(stuck[:3]) + (f"; and {len(stuck) - 3} more" if len(stuck) > 3 else "")
        raise EntasError(
            f"identities are destroyed in the warehouse, but files that hold them cannot be removed: {shown}. Let this "
            "account remove them, or remove them yourself, then run entas retention again; until then no trace says "
            "that they are gone"
        )


def finish(settings: Settings) -> int:
    """Finish corrections and erasures whose rows are done: files, notices, marts, and last the trace.

    Returns:
        How many were finished.

    Raises:
        EntasError: a file cannot be removed, or the marts cannot be built; the next run tries again.
    """
    stuck: list[str] = []
    ready: list[tuple[int, dict[str, int]]] = []
    rebuild = False
    stores = Stores(settings)
    warehouse = open_warehouse(settings)
    with warehouse.connect(autocommit=True) as connection:
        with holding_uploads(connection):
            for unfinished_id, request_id, doomed, notices in connection.execute(
                "select unfinished_id, request_id, files, notices from privacy.unfinished "
                "where request_id is not null order by 1"
            ).fetchall():
                going = [Doomed(*one) for one in doomed]
                if left := files.remove(stores, going):
                    stuck += left
                    continue
                with scratch_folder(settings.home, "lists") as work:
                    files.renew_lists(connection, settings, going, work)
                    told = write_notices(stores["feedback"], request_id, [Notice(**one) for one in notices], work)
                counts = files.count(going) | ({"notices": told} if told else {})
                ready.append((unfinished_id, counts))
                rebuild |= _changes_figures(connection, request_id)
            if ready:
                vacuum(connection)
        if rebuild and _built(connection):
            transform(settings, full_refresh=True)
        for unfinished_id, counts in ready:
            _write_outcome(connection, unfinished_id, counts)
    complain(stuck)
    return len(ready)


def _changes_figures(connection: psycopg.Connection, request_id: int) -> bool:
    row = connection.execute("select exists (select from raw.revision where request_id = %s)", (request_id,)).fetchone()
    return bool(row[0])


def _built(connection: psycopg.Connection) -> bool:
    row = connection.execute("select to_regclass('marts.fct_household_status_monthly') is not null").fetchone()
    return bool(row[0])


def _write_outcome(connection: psycopg.Connection, unfinished_id: int, counts: dict[str, int]) -> None:
    """Say what was done, and of which uploads the bytes are gone (all that had the same bytes)."""
    with connection.transaction():
        if not connection.execute(
            "select 1 from privacy.unfinished where unfinished_id = %s for update", (unfinished_id,)
        ).fetchone():
            return  # another process has finished it meanwhile
        connection.execute(
            """
            insert into privacy.destruction
                (upload_id, sha256, cause, request_id, basis, files, destroyed_by, begun_at)
            select u.upload_id, u.sha256, 'erasure', f.request_id, f.basis, '{"archive": 1}', f.begun_by, f.begun_at
            from privacy.unfinished f
            cross join lateral jsonb_array_elements(f.files) doomed
            join raw.upload u on u.sha256 = doomed ->> 1
            where f.unfinished_id = %s and doomed ->> 0 = 'archive' and u.received_at <= f.begun_at
            """,
            (unfinished_id,),
        )
        connection.execute(
            """
            insert into privacy.request_outcome (request_id, outcome, rows, files, done_by)
            select f.request_id, case r.kind when 'erasure' then 'erased' else 'corrected' end, f.rows, %s, f.begun_by
            from privacy.unfinished f join privacy.request r using (request_id) where f.unfinished_id = %s
            """,
            (Jsonb(counts), unfinished_id),
        )
        connection.execute("delete from privacy.unfinished where unfinished_id = %s", (unfinished_id,))
