"""Every format in every spelling and kind of file: each gives exactly the rows that were written into it."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from entas.registers.reading import FileReading
from entas.registers.schema import REGISTERS
from tests.registers.files import read
from tests.registers.format_files.cases import Case
from tests.registers.format_files.formats import FORMATS, labels
from tests.registers.format_files.pages import csv_bytes, write_book
from tests.registers.format_files.spellings import SPELLINGS, Spelling

BY_NAME = {spelling.name: spelling for spelling in SPELLINGS}

#: How a csv may be written besides: separator, encoding.
CSV_SHAPES = [
    (";", "utf-8"),
    ("\t", "utf-8"),
    (",", "utf-8-sig"),
    (";", "utf-16"),
    (";", "utf-16-le"),
    (";", "cp1252"),
]


def changed(name: str, spelling: Spelling) -> Case | None:
    """A fresh case of the format in that spelling, or None where it has no meaning."""
    return spelling.change(FORMATS[name]())


def kinds_of(case: Case, spelling: Spelling) -> list[str]:
    """The kinds of file in which the case can be written in that spelling."""
    one_sheet = len(case.drafts) == 1
    return [kind for kind in spelling.kinds if kind != "csv" or one_sheet]


def coverage() -> dict[str, int]:
    """How much is tried: formats, spellings, those of their combinations that have a meaning, and files read."""
    combinations = [(name, spelling) for name in FORMATS for spelling in SPELLINGS]
    cases = [(changed(name, spelling), spelling) for name, spelling in combinations]
    files = sum(len(kinds_of(case, spelling)) for case, spelling in cases if case is not None)
    shapes = sum(len(CSV_SHAPES) for name in FORMATS if len(FORMATS[name]().drafts) == 1)
    return {
        "formats": len(FORMATS),
        "spellings": len(SPELLINGS) + len(CSV_SHAPES),
        "formats x spellings": sum(case is not None for case, _ in cases) + shapes,
        "files": files + shapes,
        "labels of codes": sum(
            len(words) for program in labels().values() for codes in program.values() for words in codes.values()
        ),
    }


def written(folder: Path, case: Case, kind: str) -> Path:
    """The case as a file of that kind."""
    path = folder / f"x.{kind}"
    if kind == "csv":
        path.write_bytes(csv_bytes(case.sheet.page()))
        return path
    return write_book(path, case.pages())


def found(reading: FileReading, register: str) -> list[dict[str, Any]]:
    """Rows of a register as plain values."""
    columns = list(REGISTERS[register])
    rows = reading.registers[register].rows[columns].astype(object)
    return [{name: _plain(value) for name, value in row.items()} for row in rows.to_dict("records")]


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return None
    return int(value) if isinstance(value, Decimal) and value == int(value) else value


def assert_read(reading: FileReading, case: Case, where: str) -> None:
    """The reading says exactly what the case expects."""
    if case.error:
        assert reading.error is not None, f"{where}: read, and should be refused"
        for word in case.error:
            assert word in reading.error, f"{where}: {reading.error}"
        return
    assert reading.error is None, f"{where}: {reading.error}"
    assert sorted(reading.registers) == sorted(case.expected), f"{where}: {reading.notes}"
    for register, expected in case.expected.items():
        got = reading.registers[register]
        assert got.format_id == case.format_id, where
        wanted = [{name: _plain(row.get(name)) for name in REGISTERS[register]} for row in expected]
        rows = found(reading, register)
        assert len(rows) == len(wanted), f"{where}, {register}: {len(rows)} rows, {len(wanted)} written"
        for number, (row, want) in enumerate(zip(rows, wanted, strict=True)):
            differing = {name: (row[name], want[name]) for name in want if row[name] != want[name]}
            assert not differing, f"{where}, {register}, row {number}: (read, written) {differing}"
    unknown = [name for got in reading.registers.values() for name in got.unknown_columns]
    assert Counter(unknown) == Counter(case.unknown), where
    for word in case.notes:
        assert any(word in note for note in reading.notes), f"{where}: no note with {word!r} in {reading.notes}"


@pytest.mark.parametrize("spelling", SPELLINGS, ids=lambda spelling: spelling.name)
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_in_every_spelling(tmp_path: Path, name: str, spelling: Spelling) -> None:
    case = changed(name, spelling)
    if case is None:
        return
    for kind in kinds_of(case, spelling):
        assert_read(read(written(tmp_path, case, kind)), case, f"{name}, {spelling.name}, {kind}")
