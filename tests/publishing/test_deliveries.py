"""Each release reaches each recipient once."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from entas.errors import EntasError
from entas.publishing import deliver, deliveries
from entas.reporting import release
from entas.storage import Store
from tests.reporting.office import OCTOBER, SEPTEMBER

NAME = "laporan-miskin-ekstrem-32.16-2023-10-r1"


def recipients(settings, *lines: str) -> None:
    text = "recipients:\n" + "".join(f"  - {line}\n" for line in lines)
    (settings.home / "recipients.yaml").write_text(text, encoding="utf-8")


def one(name: str, *, target: str | None = None, disclosure: str = "full", kind: str = "directory") -> str:
    channel = f'{{type: {kind}, target: "{target or "{home}/deliveries/" + name}"}}'
    return f"{{id: {name}, name: {name}, channel: {channel}, formats: [pdf, json], disclosure: {disclosure}}}"


def delivered(settings, recipient: str) -> dict[str, bytes]:
    folder = settings.home / "deliveries" / recipient / "32.16/2023-10/r1"
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def test_every_recipient_gets_the_formats_of_the_configuration(conn, settings, released):
    found = deliver(conn, settings, released)

    assert [(one.recipient, one.created) for one in found] == [
        ("pemprov", True),
        ("kemenko-pmk", True),
        ("kemensos", True),
    ]
    assert set(delivered(settings, "pemprov")) == {f"{NAME}.{form}" for form in ("pdf", "xlsx", "csv", "json")}
    assert set(delivered(settings, "kemensos")) == {f"{NAME}.{form}" for form in ("pdf", "csv", "json", "html")}
    for name, content in delivered(settings, "pemprov").items():
        assert content == Path(settings.reports, released.folder, name).read_bytes()
        assert found[0].files[name] == released.files[name]
    assert found[0].place == str(settings.home / "deliveries/pemprov/32.16/2023-10/r1")


def test_a_delivery_happens_once(conn, settings, released):
    first = deliver(conn, settings, released)
    folder = settings.home / "deliveries/pemprov/32.16/2023-10/r1"
    for path in folder.iterdir():  # what the recipient does with the files is the recipient's affair
        path.unlink()
    second = deliver(conn, settings, released)

    assert [one.delivery_id for one in second] == [one.delivery_id for one in first]
    assert not any(one.created for one in second)
    assert list(folder.iterdir()) == []


def test_a_new_recipient_gets_what_the_others_have(conn, settings, released):
    recipients(settings, one("a"))
    deliver(conn, settings, released)
    recipients(settings, one("a"), one("b"))

    assert [(each.recipient, each.created) for each in deliver(conn, settings, released)] == [("a", False), ("b", True)]


def test_every_revision_is_delivered(conn, settings, released, office):
    recipients(settings, one("a"))
    deliver(conn, settings, released)
    family = office.families[OCTOBER]["h4"]
    family.status, family.reason, family.exited = "not_extreme_poor", "above_line", "graduated"
    office.build()
    second = release(conn, settings, OCTOBER)

    assert [each.created for each in deliver(conn, settings, second)] == [True]
    assert (settings.home / "deliveries/a/32.16/2023-10/r2").is_dir()
    assert set(delivered(settings, "a")) == {f"{NAME}.pdf", f"{NAME}.json"}


class Killed(BaseException):
    """Stands for a kill: nothing in the code under test catches it."""


def test_killed_between_the_files_and_the_row(conn, settings, released, monkeypatch):
    recipients(settings, one("a"))
    put = Store.put_file

    def stop(self, source, path):
        put(self, source, path)
        if path.endswith(".json"):
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Store, "put_file", stop)
        with pytest.raises(Killed):
            deliver(conn, settings, released)
    assert deliveries(conn, released) == []
    before = {path: path.stat().st_mtime_ns for path in (settings.home / "deliveries/a").rglob("*.*")}

    assert [each.created for each in deliver(conn, settings, released)] == [True]
    assert {path: path.stat().st_mtime_ns for path in (settings.home / "deliveries/a").rglob("*.*")} == before
    assert len(deliveries(conn, released)) == 1


def test_one_who_cannot_be_served_does_not_keep_the_others_waiting(conn, settings, released):
    (settings.home / "afile").write_text("")
    recipients(settings, one("a", target="{home}/afile"), one("b"))
    with pytest.raises(EntasError, match=r"not delivered to a: .* cannot be written"):
        deliver(conn, settings, released)
    assert [each.recipient for each in deliveries(conn, released)] == ["b"]
    assert set(delivered(settings, "b")) == {f"{NAME}.pdf", f"{NAME}.json"}


def test_public_disclosure_is_refused(conn, settings, released):
    recipients(settings, one("umum", disclosure="public"))
    with pytest.raises(EntasError, match="umum: disclosure 'public' needs small counts to be suppressed"):
        deliver(conn, settings, released)
    assert delivered(settings, "umum") == {}
    assert deliveries(conn, released) == []


def test_an_unknown_channel_is_named(conn, settings, released):
    recipients(settings, one("a", kind="fax"))
    with pytest.raises(EntasError, match="no channel of type 'fax'; known: directory"):
        deliver(conn, settings, released)


def test_another_file_of_that_name_is_not_overwritten(conn, settings, released):
    recipients(settings, one("a"))
    there = settings.home / "deliveries/a/32.16/2023-10/r1" / f"{NAME}.pdf"
    there.parent.mkdir(parents=True)
    there.write_bytes(b"something else")
    with pytest.raises(EntasError, match="not overwritten"):
        deliver(conn, settings, released)
    assert there.read_bytes() == b"something else"


def test_a_file_that_is_not_what_was_released_is_not_delivered(conn, settings, released):
    recipients(settings, one("a"))
    Path(settings.reports, released.folder, f"{NAME}.pdf").write_bytes(b"changed")
    with pytest.raises(EntasError, match="SHA-256 differs"):
        deliver(conn, settings, released)
    Path(settings.reports, released.folder, f"{NAME}.pdf").unlink()
    with pytest.raises(EntasError, match="is gone"):
        deliver(conn, settings, released)
    assert delivered(settings, "a") == {}


def test_a_path_without_home_lies_in_the_home(conn, settings, released):
    recipients(settings, one("a", target="keluar/a"))
    assert deliver(conn, settings, released)[0].place == str(settings.home / "keluar/a/32.16/2023-10/r1")


def test_deliveries_are_append_only(conn, settings, released):
    deliver(conn, settings, released)
    with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
        conn.execute("delete from publication.delivery")


def test_another_month_is_another_delivery(conn, settings, released):
    recipients(settings, one("a"))
    deliver(conn, settings, released)
    assert [each.created for each in deliver(conn, settings, release(conn, settings, SEPTEMBER))] == [True]
