"""One search: the registers in force, the pairs in the warehouse, the worklists in the feedback folder."""

from __future__ import annotations

import getpass
import time
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from entas.clock import parse_period, period_text
from entas.discretion import discreet
from entas.errors import EntasError
from entas.scratch import scratch_folder
from entas.settings import Settings
from entas.storage import Store
from entas.warehouse import open_warehouse
from entas.warehouse.locks import SEARCH_LOCK, alone

if TYPE_CHECKING:
    from entas.duplicates.search import Found
    from entas.duplicates.store import Decision


@dataclass(frozen=True)
class Summary:
    """What a search found; counts only, no identities.

    Attributes:
        period: month whose registers were searched (`YYYY-MM`), or None when no register was ever accepted.
        searched: whether it was searched now; else nothing has changed since the last search, and nothing was done.
        registers: population registers in force.
        persons: living rows that were compared.
        pairs_compared: pairs that were scored.
        blocks_left_out: keys that too many rows share to compare them all.
        person_pairs, family_pairs: pairs in quality.possible_duplicate that were found now.
        forgotten: pairs of earlier searches that were not found any more and that nobody had judged.
        workbooks: worklists written, the regency's included.
        seconds: of the search, without the worklists.
    """

    period: str | None
    searched: bool = False
    registers: int = 0
    persons: int = 0
    pairs_compared: int = 0
    blocks_left_out: int = 0
    person_pairs: int = 0
    family_pairs: int = 0
    forgotten: int = 0
    workbooks: int = 0
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """For JSON and XCom."""
        return asdict(self)


@discreet
def find_duplicates(settings: Settings, period: date | None = None, *, only_if_changed: bool = False) -> Summary:
    """Search the registers in force in a month, keep the pairs, and write the worklists.

    Nothing is merged and no figure changes. A run that is killed leaves the pairs of the search before it; worklists
    that it wrote are written again by the next.

    Args:
        period: first day of the month; None for the latest month with an accepted population register.
        only_if_changed: do nothing when the last search of the month saw these very registers, by the same method, and
            nobody has judged a pair since.

    Raises:
        EntasError: the search failed, or a worklist cannot be written.
    """
    from entas.duplicates import store
    from entas.duplicates.model import METHOD
    from entas.duplicates.worklist import write_worklists

    with open_warehouse(settings).connect(autocommit=True) as connection, alone(connection, SEARCH_LOCK, "search"):
        if period is None:
            latest = store.latest_period(connection)
            period = parse_period(latest) if latest else None
            if period is None:
                return Summary(None)
        uploads = store.registers_in_force(connection, period)
        if only_if_changed and store.is_searched(connection, period, uploads, METHOD):
            return Summary(period_text(period), registers=len(uploads))
        began = time.monotonic()
        with scratch_folder(settings.home, "duplicates") as folder:
            found = _search(connection, period, uploads, folder)
            seconds = time.monotonic() - began
            with connection.transaction():
                stored = store.store(connection, period, uploads, found, seconds)
                # Within the transaction: pairs that are in the warehouse have been reported.
                workbooks = write_worklists(
                    connection, settings, Store(settings.feedback, settings.access), period, folder
                )
    return Summary(
        period=period_text(period),
        searched=True,
        registers=len(uploads),
        persons=found.persons,
        pairs_compared=found.pairs_compared,
        blocks_left_out=found.blocks_left_out,
        person_pairs=stored.persons,
        family_pairs=stored.families,
        forgotten=stored.forgotten,
        workbooks=workbooks,
        seconds=round(seconds, 1),
    )


def judge_pair(settings: Settings, pair_id: str, decision: Decision, note: str | None = None) -> str:
    """Write down what somebody found out about a pair; returns in whose name (the account's of this process).

    Raises:
        UsageError: there is no such pair.
    """
    from entas.duplicates.store import judge

    by = getpass.getuser()
    with open_warehouse(settings).connect() as connection:
        judge(connection, pair_id, decision, by, note)
    return by


def _search(connection: psycopg.Connection, period: date, uploads: list[int], folder: Path) -> Found:
    import duckdb
    from splink.internals.exceptions import SplinkException

    from entas.duplicates import store
    from entas.duplicates.search import search

    file = folder / "rows.csv"
    with connection.transaction():
        # One moment for both reads: intake may load a register meanwhile.
        connection.execute("set transaction isolation level repeatable read, read only")
        store.write_rows(connection, period, file)
        different = store.judged_different(connection, uploads)
    try:
        return search(file, folder, year=period.year, judged_different=different)
    except (duckdb.Error, SplinkException) as error:
        # Its message may hold what stands in a row, and logs hold no identities.
        reason = type(error).__name__
    raise EntasError(
        f"the search for duplicates failed ({reason}); the pairs of the last search stand. Look at the room on the "
        "disk of ENTAS_HOME and at the memory of the machine, and run entas duplicates again"
    )
