"""Which folders of a large inbox are looked into, and that nothing new in the others is lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from entas import clock
from entas.intake import scan
from entas.settings import Settings
from entas.storage import Store
from entas.storage.s3 import Bucket
from tests.stores.conftest import Place

VILLAGE, OTHER = "32.16.09.2003", "32.16.09.2002"
#: Folders bear the time at which a test makes them, so that the office lives later: a month in which nothing happened.
NOW = datetime.now(UTC).replace(day=15, microsecond=0) + timedelta(days=61)


def _month(back: int, moment: datetime = NOW) -> str:
    return clock.period_text(clock.add_months(clock.jakarta_day(moment).replace(day=1), -back))


OLD, RECENT = _month(9), _month(2)


class Inbox:
    """An inbox whose files are a year old, and a clock that the test sets.

    Attributes:
        looked: the folders that the last `receive` looked into.
    """

    def __init__(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings, self.root = settings, Path(settings.inbox)
        self.looked: set[str] = set()
        self.at(NOW)
        self._patch = monkeypatch
        walk = Store.walk

        def seen(store: Store, *arguments: Any) -> Any:
            for folder in walk(store, *arguments):
                self.looked.add(folder.path)
                yield folder

        monkeypatch.setattr(Store, "walk", seen)
        monkeypatch.setattr(clock, "now", lambda: self.now)

    def at(self, moment: datetime) -> None:
        self.now = moment

    def write(self, path: str, content: bytes = b"x", *, age: timedelta = timedelta(days=365)) -> None:
        """Write a file of that age, in place if it is there: then its folder's time stays."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        moment = (self.now - age).timestamp()
        os.utime(target, (moment, moment))

    def receive(self, **options: Any) -> list[str]:
        """What this run gives its receipt, in order."""
        self.looked.clear()
        with psycopg.connect(self.settings.warehouse_url, autocommit=True) as connection:
            query = "select coalesce(max(received_at), '-infinity') from raw.inbox_file"
            last = connection.execute(query).fetchone()[0] if self._any(connection) else None
            store = Store(self.settings.inbox, self.settings.access)
            waiting = scan.receive(connection, store, self.settings, **options)
        return [one.path for one in waiting if last is None or one.received_at > last]

    @staticmethod
    def _any(connection: psycopg.Connection) -> bool:
        return connection.execute("select exists (select from raw.inbox_file)").fetchone()[0]


@pytest.fixture
def inbox(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Inbox:
    return Inbox(settings, monkeypatch)


@pytest.fixture
def known(inbox: Inbox) -> Inbox:
    """Two villages with an old and a recent month each, all received yesterday and found as they were since."""
    for village in (VILLAGE, OTHER):
        for month in (OLD, RECENT):
            for name in ("a", "b"):
                inbox.write(f"{village}/{month}/{name}.xlsx")
    inbox.at(NOW - timedelta(days=1))
    assert len(inbox.receive()) == 8
    inbox.at(NOW)
    assert inbox.receive() == []
    return inbox


def test_a_folder_is_not_quiet_before_it_was_found_the_same_for_a_while(inbox: Inbox) -> None:
    """Times can be made up: a copy of a whole inbox brings old ones."""
    inbox.write(f"{VILLAGE}/{OLD}/a.xlsx")
    assert inbox.receive() == [f"{VILLAGE}/{OLD}/a.xlsx"]
    for content in (b"another", b"and another"):
        inbox.write(f"{VILLAGE}/{OLD}/a.xlsx", content)
        assert inbox.receive() == [f"{VILLAGE}/{OLD}/a.xlsx"]
        inbox.at(inbox.now + timedelta(hours=5))


def test_quiet_folders_are_not_looked_into(known: Inbox) -> None:
    assert known.receive() == []
    assert known.looked == {"", VILLAGE, OTHER, f"{VILLAGE}/{RECENT}", f"{OTHER}/{RECENT}"}


@pytest.mark.parametrize("month", [OLD, RECENT, "2024-01", "2027-01", "salah"])
def test_a_new_file_is_found_at_once(known: Inbox, month: str) -> None:
    """However old it says it is: its folder is new, or has changed."""
    known.write(f"{VILLAGE}/{month}/baru.xlsx")
    assert known.receive() == [f"{VILLAGE}/{month}/baru.xlsx"]
    assert known.receive() == []


def test_files_in_no_village_or_month_are_found_too(known: Inbox) -> None:
    for path in ("a.xlsx", f"{VILLAGE}/a.xlsx", f"{VILLAGE}/{OLD}/dalam/sekali/a.xlsx"):
        known.write(path)
        assert known.receive() == [path]
    known.at(NOW + timedelta(hours=7))
    assert known.receive() == []
    assert known.receive() == []
    assert f"{VILLAGE}/{OLD}/dalam/sekali" not in known.looked
    known.write(f"{VILLAGE}/{OLD}/dalam/sekali/b.xlsx")
    assert known.receive() == [f"{VILLAGE}/{OLD}/dalam/sekali/b.xlsx"]


def test_a_file_replaced_by_renaming_is_found_at_once(known: Inbox) -> None:
    known.write(f"{VILLAGE}/{OLD}/.a.xlsx.part", b"another")
    (known.root / VILLAGE / OLD / ".a.xlsx.part").rename(known.root / VILLAGE / OLD / "a.xlsx")
    assert known.receive() == [f"{VILLAGE}/{OLD}/a.xlsx"]


def test_a_file_written_over_in_place_is_found_at_once_in_a_recent_month(known: Inbox) -> None:
    known.write(f"{VILLAGE}/{RECENT}/a.xlsx", b"another", age=timedelta(0))
    assert known.receive() == [f"{VILLAGE}/{RECENT}/a.xlsx"]


def test_a_file_written_over_in_place_in_a_quiet_folder_is_found_within_the_bound(known: Inbox) -> None:
    known.write(f"{VILLAGE}/{OLD}/a.xlsx", b"another", age=timedelta(0))
    assert known.receive() == []
    known.at(NOW + timedelta(hours=5, minutes=59))
    assert known.receive() == []
    known.at(NOW + timedelta(hours=6))
    assert known.receive() == [f"{VILLAGE}/{OLD}/a.xlsx"]
    # It is quiet no longer: the next change is seen at once, until nothing happened for a week.
    known.write(f"{VILLAGE}/{OLD}/a.xlsx", b"and another", age=timedelta(0))
    assert known.receive() == [f"{VILLAGE}/{OLD}/a.xlsx"]


def test_who_asks_for_a_village_or_a_month_sees_all_of_it(known: Inbox) -> None:
    known.write(f"{VILLAGE}/{OLD}/a.xlsx", b"another", age=timedelta(0))
    known.write(f"{OTHER}/{OLD}/a.xlsx", b"another", age=timedelta(0))
    assert known.receive(village=OTHER) == [f"{OTHER}/{OLD}/a.xlsx"]
    assert VILLAGE not in known.looked
    assert known.receive(period=RECENT) == []
    assert known.receive(period=OLD) == [f"{VILLAGE}/{OLD}/a.xlsx"]


def test_a_narrow_look_does_not_count_as_a_wide_one(inbox: Inbox) -> None:
    paths = ["a.xlsx", f"{VILLAGE}/b.xlsx", f"{VILLAGE}/{OLD}/c.xlsx", f"{OTHER}/{OLD}/d.xlsx"]
    for path in paths:
        inbox.write(path)
    assert inbox.receive(village=VILLAGE, period=OLD) == [f"{VILLAGE}/{OLD}/c.xlsx"]
    assert inbox.receive(village=VILLAGE) == [f"{VILLAGE}/b.xlsx"]
    assert inbox.receive(period=OLD) == [f"{OTHER}/{OLD}/d.xlsx"]
    assert inbox.receive() == ["a.xlsx"]


def test_sweeping_always_misses_nothing(known: Inbox) -> None:
    known.settings = replace(known.settings, sweep_hours=0)
    known.write(f"{VILLAGE}/{OLD}/a.xlsx", b"another", age=timedelta(0))
    assert known.receive() == [f"{VILLAGE}/{OLD}/a.xlsx"]


def test_a_file_that_is_still_written_keeps_its_folder_open(known: Inbox) -> None:
    known.write(f"{VILLAGE}/{OLD}/c.xlsx")
    with (known.root / VILLAGE / OLD / "c.xlsx").open("ab"):
        assert known.receive() == []
    assert known.receive() == [f"{VILLAGE}/{OLD}/c.xlsx"]


def test_a_version_that_was_gone_before_it_was_read_is_received_again(known: Inbox) -> None:
    """The receipt is dropped; the folder looks as it did, and is compared all the same."""
    with psycopg.connect(known.settings.warehouse_url, autocommit=True) as connection:
        store = Store(known.settings.inbox)
        one = scan.receive(connection, store, known.settings)[0]
        scan.forget(connection, one)
    known.at(NOW + timedelta(hours=1))
    assert known.receive() == [one.path]


def test_what_is_known_is_of_this_inbox_alone(known: Inbox, tmp_path: Path) -> None:
    known.root.rename(tmp_path / "moved")
    known.root = tmp_path / "moved"
    known.settings = replace(known.settings, inbox=str(known.root))
    known.write(f"{VILLAGE}/{OLD}/a.xlsx", b"another", age=timedelta(0))
    assert known.receive() == [f"{VILLAGE}/{OLD}/a.xlsx"]


def test_folders_that_are_gone_are_forgotten(known: Inbox) -> None:
    def rows() -> set[str]:
        with psycopg.connect(known.settings.warehouse_url) as connection:
            return {path for (path,) in connection.execute("select path from raw.inbox_folder")}

    for path in sorted((known.root / OTHER).rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (known.root / OTHER).rmdir()
    known.receive()
    assert OTHER in rows()
    known.at(NOW + timedelta(days=70))
    known.receive()
    known.receive()
    assert rows() == {"", VILLAGE, f"{VILLAGE}/{OLD}", f"{VILLAGE}/{RECENT}"}


# -- other stores --------------------------------------------------------------------------------------------------


def test_quiet_folders_of_a_server(inbox: Inbox, place_of: Callable[[str], Place]) -> None:
    place = place_of("sftp")
    inbox.settings = replace(inbox.settings, inbox=f"{place.url}/inbox", access=place.access, settle_seconds=0)
    assert place.folder
    inbox.root = place.folder / "inbox"
    for month in (OLD, RECENT):
        inbox.write(f"{VILLAGE}/{month}/a.xlsx")
    inbox.at(NOW - timedelta(days=1))
    assert len(inbox.receive()) == 2
    inbox.at(NOW)
    assert inbox.receive() == []
    assert inbox.looked == {"", VILLAGE, f"{VILLAGE}/{RECENT}", f"{VILLAGE}/{OLD}"}
    assert inbox.receive() == []
    assert inbox.looked == {"", VILLAGE, f"{VILLAGE}/{RECENT}"}
    inbox.write(f"{VILLAGE}/{OLD}/b.xlsx")
    # The protocol tells whole seconds; in the life of an office more than one goes by.
    os.utime(inbox.root / VILLAGE / OLD, ((NOW - timedelta(days=30)).timestamp(),) * 2)
    assert inbox.receive() == [f"{VILLAGE}/{OLD}/b.xlsx"]
    inbox.at(NOW + timedelta(hours=7))
    assert inbox.receive() == []
    inbox.write(f"{VILLAGE}/{OLD}/a.xlsx", b"another", age=timedelta(0))
    assert inbox.receive() == []
    inbox.at(NOW + timedelta(hours=13))
    assert inbox.receive() == [f"{VILLAGE}/{OLD}/a.xlsx"]


def test_a_bucket_is_listed_from_the_recent_months_on(
    inbox: Inbox, place_of: Callable[[str], Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An object bears the time at which it was put."""
    place = place_of("s3")
    inbox.settings = replace(inbox.settings, inbox=f"{place.url}/inbox", access=place.access)
    started: dict[str, str | None] = {}
    flat = Bucket._flat

    def seen(bucket: Bucket, name: str, after: str | None) -> Any:
        started[name] = after
        return flat(bucket, name, after)

    monkeypatch.setattr(Bucket, "_flat", seen)
    put = datetime.now(UTC)
    inbox.at(put)
    for month in (OLD, RECENT):
        place.write(f"inbox/{VILLAGE}/{month}/a.xlsx", b"x")
    place.write(f"inbox/{OTHER}/{OLD}/a.xlsx", b"x")
    assert len(inbox.receive()) == 3
    inbox.at(put + timedelta(days=1))
    assert inbox.receive() == []
    assert set(started.values()) == {None}  # six hours have passed
    assert inbox.receive() == []
    assert started == {VILLAGE: f"{VILLAGE}/{OLD}", OTHER: f"{OTHER}/{OLD}"}  # put within the week

    inbox.at(NOW)
    assert inbox.receive() == []
    assert set(started.values()) == {None}
    assert inbox.receive() == []
    assert started == {VILLAGE: f"{VILLAGE}/{_month(3)}", OTHER: f"{OTHER}/{_month(3)}"}

    place.write(f"inbox/{VILLAGE}/{RECENT}/b.xlsx", b"x")
    assert inbox.receive() == [f"{VILLAGE}/{RECENT}/b.xlsx"]
    place.write(f"inbox/{VILLAGE}/{OLD}/c.xlsx", b"x")
    assert inbox.receive() == []
    assert inbox.receive(village=VILLAGE) == [f"{VILLAGE}/{OLD}/c.xlsx"]
    place.write(f"inbox/{OTHER}/{_month(13)}/d.xlsx", b"x")
    place.write(f"inbox/{OTHER}/0.xlsx", b"x")
    assert inbox.receive() == []
    inbox.at(NOW + timedelta(hours=6))
    assert sorted(inbox.receive()) == [f"{OTHER}/0.xlsx", f"{OTHER}/{_month(13)}/d.xlsx"]
