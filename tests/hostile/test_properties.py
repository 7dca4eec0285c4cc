"""What holds of every reader, whatever the bytes; of every table, whatever its cells; of every name that is shown."""

from __future__ import annotations

import csv
import io
import json
import logging
import unicodedata
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entas.areas import villages
from entas.errors import EntasError
from entas.intake.pool import ReaderPool
from entas.registers.limits import DEFAULT_LIMITS, Limits, UnreadableFileError, check_file
from entas.registers.reading import FileReading, read_upload
from entas.text import ShownFormatter, one_line, shown, shown_json
from tests.hostile import containers as c
from tests.hostile.fuzz import LIMITS, TARGETS, Round, play_all
from tests.workbooks import nik, no_kk

_few = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _read(path: Path, content: bytes, name: str) -> FileReading:
    path.write_bytes(content)
    village = villages("32.16")["32.16.09.2003"]
    return read_upload(path, name, village=village, received_on=date(2023, 11, 1), limits=LIMITS)


def test_five_hundred_files_near_good_ones_end_as_they_must() -> None:
    """The fuzz target's own loop, for a moment: no exception, no death, no hang, no row without its reason."""
    rounds = [Round(target, range(75)) for target in TARGETS]
    with ReaderPool("key", workers=2, limits=LIMITS) as pool:
        assert play_all(pool, rounds) == []


@_few
@given(content=st.binary(max_size=400))
def test_any_bytes_are_refused_with_a_reason(tmp_path: Path, content: bytes) -> None:
    assert _read(tmp_path / "x", content, "a.xlsx").error


@_few
@given(head=st.sampled_from([b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]), rest=st.binary())
def test_any_bytes_that_say_they_are_a_workbook_are_refused(tmp_path: Path, head: bytes, rest: bytes) -> None:
    (tmp_path / "x").write_bytes(head + rest)
    with pytest.raises(UnreadableFileError):
        check_file(tmp_path / "x", DEFAULT_LIMITS)


#: Texts as anybody may type or paste them; half characters can be in no file.
_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
#: What XML can hold.
_written = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)


def _table(names: list[str]) -> list[tuple[str, ...]]:
    rows = [
        (no_kk(number), nik(number), name, "1", "11/04/1980", "1", "1") for number, name in enumerate(names, start=1)
    ]
    return [c.HEADERS, *rows]


def _all_there(reading: FileReading, names: list[str]) -> None:
    """Every row is there, at its place, with its name as written."""
    assert reading.error is None
    register = reading.registers["penduduk"]
    assert register.rows["no_kk"].tolist() == [no_kk(number) for number in range(1, len(names) + 1)]
    for name, cell in zip(names, register.cells["nama"], strict=True):
        if name.strip() and name.isprintable():
            assert cell.strip() == name.strip()


@_few
@given(
    names=st.lists(_texts.filter(lambda text: "\x00" not in text and "\x1a" not in text), min_size=1, max_size=6),
    delimiter=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_no_row_of_a_csv_is_lost(tmp_path: Path, names: list[str], delimiter: str, encoding: str, quoting: int) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=quoting).writerows(_table(names))
    content = text.getvalue()
    if sum(unicodedata.category(char) == "Cc" for char in content) * 20 > len(content):
        return  # so many controls are no text
    _all_there(_read(tmp_path / "x", content.encode(encoding), "a.csv"), names)


@_few
@given(names=st.lists(_written, min_size=1, max_size=6))
def test_no_row_of_a_workbook_is_lost(tmp_path: Path, names: list[str]) -> None:
    table = _table(names)
    for content in (
        c.packed(c.xlsx_parts({"p": table})),
        c.packed(c.xlsx_parts({"p": table}, shared=True)),
        c.packed(c.xlsb_parts(c.xlsb_sheet(table))),
        c.packed(c.ods_parts(c.ods_content(c.ods_rows(table)))),
        c.xls(table),
    ):
        _all_there(_read(tmp_path / "x", content, "a"), names)


# --- what is shown -------------------------------------------------------------------------------------------------


@_few
@given(st.text())
def test_what_is_shown_moves_no_cursor_and_turns_no_direction(text: str) -> None:
    for made in (shown(text), one_line(text)):
        assert not {unicodedata.category(char) for char in made} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    told = shown_json(json.dumps({"a": text}, ensure_ascii=False))
    assert json.loads(told) == {"a": text}
    assert not {unicodedata.category(char) for char in told} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Data RT 01.xlsx", "Data RT 01.xlsx"),
        ("René 村 ꦱꦶ 👩.csv", "René 村 ꦱꦶ 👩.csv"),
        ("a\nERROR b", r"a\nERROR b"),
        ("\x1b[2J", r"\x1b[2J"),
        ("a\u202eb", r"a\u202eb"),
        ("a\x9bb\x7f", r"a\x9bb\x7f"),
    ],
)
def test_only_what_is_not_seen_is_escaped(text: str, made: str) -> None:
    assert shown(text) == made


def test_a_record_of_the_log_is_one_line() -> None:
    record = logging.LogRecord("entas", logging.ERROR, "", 1, "%s is bad", ("x\nERROR entas: forged\x1b[8m",), None)
    assert ShownFormatter("%(levelname)s %(message)s").format(record) == r"ERROR x\nERROR entas: forged\x1b[8m is bad"


# --- settings ------------------------------------------------------------------------------------------------------


def test_limits_are_settings() -> None:
    assert Limits.from_env({}) == DEFAULT_LIMITS
    made = Limits.from_env(
        {
            "ENTAS_MAX_UPLOAD_MB": "1", "ENTAS_MAX_UNPACKED_MB": "2", "ENTAS_MAX_RATIO": "3", "ENTAS_MAX_SHEETS": "4",
            "ENTAS_MAX_ROWS": "5", "ENTAS_MAX_COLUMNS": " 6 ", "ENTAS_READ_SECONDS": "7", "ENTAS_READ_MEMORY_MB": "8",
        }
    )  # fmt: skip
    assert made == Limits(1_000_000, 2_000_000, 3, 4, 5, 6, 7, 8_000_000)


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "banyak", "1e6", "١٠"])
def test_a_limit_that_is_none_is_one_clear_error(text: str) -> None:
    with pytest.raises(EntasError, match=r"ENTAS_MAX_ROWS=.*whole number"):
        Limits.from_env({"ENTAS_MAX_ROWS": text})
