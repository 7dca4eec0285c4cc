"""Deliveries: each release goes to each recipient once, however often it is tried."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from entas.errors import EntasError, UnreachableError
from entas.publishing.channels import open_channel
from entas.publishing.recipients import Recipient, load_recipients
from entas.reporting.revisions import Release, read_files
from entas.settings import Settings

#: First of two keys of the advisory lock that lets one run at a time deliver a release.
_LOCK = 0x656E7462


@dataclass(frozen=True)
class Delivery:
    """A row of `publication.delivery`.

    Attributes:
        recipient: id in `recipients.yaml`.
        place: where the files were put.
        files: for each file name its `sha256` and `bytes`.
        created: whether this call made it; False when it was delivered before.
    """

    delivery_id: int
    release_id: int
    recipient: str
    recipient_name: str
    channel: str
    place: str
    formats: list[str]
    disclosure: str
    files: dict[str, dict[str, Any]]
    delivered_at: datetime
    created: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self) | {"delivered_at": self.delivered_at.isoformat()}


_COLUMNS = (
    "delivery_id", "release_id", "recipient", "recipient_name", "channel", "place", "formats", "disclosure",
    "files", "delivered_at",
)  # fmt: skip


def deliver(conn: psycopg.Connection, settings: Settings, release: Release) -> list[Delivery]:
    """Deliver a release to every recipient who does not have it yet.

    Files first, then the row: a run that is killed between them finds the files in place and adds the row. One
    recipient who cannot be served does not keep the others waiting.

    Args:
        conn: a connection without an open transaction, of the role that owns the warehouse.

    Returns:
        The deliveries of the release to the recipients of the configuration, old ones and new ones.

    Raises:
        EntasError: the configuration cannot be read, or some recipients could not be served (after all others were).
        UnreachableError: one of these could not be reached.
    """
    if conn.info.transaction_status != TransactionStatus.IDLE:
        raise ValueError("deliver() needs a connection without an open transaction")
    recipients = load_recipients(settings)
    key = (_LOCK, release.release_id % 2**31)
    found, failed = [], []
    kind = EntasError
    with conn.transaction():
        conn.execute("select pg_advisory_lock(%s, %s)", key)
    try:
        done = {delivery.recipient: delivery for delivery in deliveries(conn, release)}
        for recipient in recipients:
            if recipient.id in done:
                found.append(done[recipient.id])
                continue
            try:
                found.append(_deliver_one(conn, settings, release, recipient))
            except EntasError as error:
                failed.append(f"{recipient.id}: {error}")
                # A later attempt serves whom it can, and nobody twice.
                kind = UnreachableError if isinstance(error, UnreachableError) else kind
    finally:
        if not conn.closed and conn.info.transaction_status == TransactionStatus.IDLE:
            with conn.transaction():
                conn.execute("select pg_advisory_unlock(%s, %s)", key)
    if failed:
        raise kind(f"not delivered to {'; '.join(failed)} (delivered: {len(found)})")
    return found


def deliveries(conn: psycopg.Connection, release: Release) -> list[Delivery]:
    """What was delivered of a release, in order."""
    with conn.transaction(), conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            f"select {', '.join(_COLUMNS)} from publication.delivery where release_id = %s order by delivery_id",
            (release.release_id,),
        ).fetchall()
    return [Delivery(**row) for row in rows]


def _deliver_one(conn: psycopg.Connection, settings: Settings, release: Release, recipient: Recipient) -> Delivery:
    if recipient.disclosure != "full":
        raise EntasError(
            "disclosure 'public' needs small counts to be suppressed, which this version cannot do; "
            "remove the recipient, or set disclosure to full if it is a government recipient"
        )
    channel = open_channel(recipient.channel, settings)
    names = [name for name in release.files if name.rpartition(".")[2] in recipient.formats and name != "manifest.json"]
    channel.put(release.folder, read_files(settings, release, names))
    with conn.transaction(), conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            f"""
            insert into publication.delivery
                (release_id, recipient, recipient_name, channel, place, formats, disclosure, files)
            values (%s, %s, %s, %s, %s, %s, %s, %s) returning {", ".join(_COLUMNS)}
            """,
            (
                release.release_id,
                recipient.id,
                recipient.name,
                recipient.channel["type"],
                f"{channel.place.rstrip('/')}/{release.folder}",
                list(recipient.formats),
                recipient.disclosure,
                Jsonb({name: release.files[name] for name in names}),
            ),
        ).fetchone()
    assert row is not None
    return Delivery(**row, created=True)
