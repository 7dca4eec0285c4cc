"""Who receives the report: the file of the package and the one in the home."""

from __future__ import annotations

import pytest

from entas.errors import EntasError
from entas.publishing import load_recipients

ONE = "{id: a, name: A, channel: {type: directory, target: x}, formats: [pdf], disclosure: full}"


def write(settings, text: str) -> None:
    (settings.home / "recipients.yaml").write_text(text, encoding="utf-8")


def test_the_default_serves_province_and_ministries(settings):
    found = load_recipients(settings)
    assert [one.id for one in found] == ["pemprov", "kemenko-pmk", "kemensos"]
    assert {one.disclosure for one in found} == {"full"}


def test_the_file_in_the_home_stands_instead(settings):
    write(settings, f"recipients: [{ONE}]")
    assert [(one.id, one.formats) for one in load_recipients(settings)] == [("a", ("pdf",))]


def test_no_recipients_is_allowed(settings):
    write(settings, "recipients: []")
    assert load_recipients(settings) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is not of type 'object'"),
        ("recipients: [", "cannot be read as YAML"),
        (f"recipients: [{ONE.replace('pdf', 'docx')}]", r"recipients\.0\.formats\.0: 'docx' is not one of"),
        (f"recipients: [{ONE.replace('full', 'secret')}]", r"disclosure: 'secret'"),
        (f"recipients: [{ONE.replace('id: a', 'id: ../a')}]", r"recipients\.0\.id"),
        (f"recipients: [{ONE}, {ONE}]", "the id a is used twice"),
        ("recipients: [{id: a}]", "required"),
    ],
)
def test_a_mistake_is_named(settings, text, told):
    write(settings, text)
    with pytest.raises(EntasError, match=told):
        load_recipients(settings)
