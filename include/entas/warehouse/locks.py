"""Work that one process at a time may do in a warehouse."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

_log = logging.getLogger(__name__)

# Any fixed numbers, one for each kind of work.
#: Intake: the outcome of an upload depends on those received before. Also held while files or identities are destroyed.
INTAKE_LOCK = 0x656E7461735F31
#: The search for duplicates, and whatever takes away rows that it lists.
SEARCH_LOCK = 0x64757061


@contextmanager
def alone(connection: psycopg.Connection, lock: int, work: str) -> Iterator[None]:
    """Hold an advisory lock for as long as the block lasts; waits for another holder, and says so in the log.

    Args:
        connection: in autocommit mode, for the lock belongs to the session.
        lock: number of the lock.
        work: what is done under it, as the log calls it.
    """
    if not connection.execute("select pg_try_advisory_lock(%s)", (lock,)).fetchone()[0]:
        _log.warning("another %s is running in this warehouse; waiting until it is done", work)
        connection.execute("select pg_advisory_lock(%s)", (lock,))
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("select pg_advisory_unlock(%s)", (lock,))
