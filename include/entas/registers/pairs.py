"""Sheets of pairs, label and value, that speak of the rows of another sheet (an aid programme and its participants)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from entas.registers.catalogue import RegisterFormat
from entas.registers.cells import OK, fold, is_blank, parse_code, tidy
from entas.registers.sheets import Sheet

_REMARK = re.compile(r"[(\[{].*$", re.DOTALL)
#: A sheet of pairs stands on its own: labels are looked for this far down.
_ROWS = 60


@dataclass(frozen=True)
class Pair:
    """A value, and its place: sheet, row number (1-based), index of the column (0-based)."""

    value: Any
    place: tuple[str, int, int]


@dataclass(frozen=True)
class Description:
    """What a sheet of pairs says of one programme: name of the value -> its cell."""

    cells: dict[str, Pair]


def read_descriptions(sheet: Sheet, form: RegisterFormat) -> list[Description]:
    """The descriptions in a sheet; none when it is no sheet of pairs of this format.

    Labels stand in one column and values to their right, one programme a column or, where labels come again, one below
    the other; or labels stand in one row and each row below is a programme.
    """
    labels = form.about.texts
    if not labels:
        return []
    found = _down(sheet, labels) or _across(sheet, labels)
    needed = {name for group in form.required for name in group if _is_about(form, name)}
    complete = [one for one in found if needed <= one.cells.keys() and len(one.cells) >= 2]
    return complete[:1] + [one for one in complete[1:] if _makes_sense(one, form)]


def _is_about(form: RegisterFormat, name: str) -> bool:
    source = form.sources.get(name)
    return source is not None and source.about is not None


def _makes_sense(one: Description, form: RegisterFormat) -> bool:
    """Whether codes are codes: beside the values an explanation may stand, which is no programme."""
    return all(
        parse_code(pair.value, form.codes[name])[1] == OK for name, pair in one.cells.items() if name in form.codes
    )


def _named(cell: Any, labels: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """What a label names; a remark in brackets behind it does not matter."""
    if type(cell) is not str:
        return ()
    text = tidy(cell)
    return labels.get(fold(text)) or labels.get(fold(_REMARK.sub("", text))) or ()


def _down(sheet: Sheet, labels: dict[str, tuple[str, ...]]) -> list[Description]:
    """Labels one below the other."""
    made: list[Description] = []
    block: list[dict[str, Pair]] = []
    seen: set[str] = set()
    for number, row in enumerate(sheet.rows[:_ROWS], start=1):
        filled = [place for place, cell in enumerate(row) if not is_blank(cell)]
        at = next((place for place in filled[:2] if _named(row[place], labels)), None)
        if at is None:
            continue
        names = _named(row[at], labels)
        if seen.intersection(names):
            made += [Description(one) for one in block]
            block, seen = [], set()
        seen.update(names)
        values = [place for place in filled if place > at and fold(row[place])]
        if any(_named(row[place], labels) for place in values):
            return []
        for order, place in enumerate(values):
            while len(block) <= order:
                block.append({})
            value = row[place].lstrip(": ") if type(row[place]) is str else row[place]
            for name in names:
                block[order][name] = Pair(value, (sheet.name, number, place))
    return made + [Description(one) for one in block]


def _across(sheet: Sheet, labels: dict[str, tuple[str, ...]]) -> list[Description]:
    """Labels in one row, a programme in each row below."""
    for number, row in enumerate(sheet.rows[:_ROWS]):
        columns = {place: names for place, cell in enumerate(row) if (names := _named(cell, labels))}
        if len(columns) < 2:
            continue
        return [
            Description(
                {
                    name: Pair(below[place], (sheet.name, line, place))
                    for place, names in columns.items()
                    if place < len(below) and not is_blank(below[place])
                    for name in names
                }
            )
            for line, below in enumerate(sheet.rows[number + 1 : number + 1 + _ROWS], start=number + 2)
        ]
    return []


def belonging(
    found: Sequence[tuple[int, Sequence[Description]]], sheet: int, rows_sheets: Sequence[int]
) -> list[Description]:
    """Which descriptions speak of a sheet of rows.

    Args:
        found: number of the sheet of pairs in the file, and what it says.
        sheet: number of the sheet of rows.
        rows_sheets: numbers of all sheets of rows, ascending.

    Returns:
        One description where a sheet of pairs stands for each sheet of rows, in order; else all of them.
    """
    everything = [one for _, descriptions in found for one in descriptions]
    if len(everything) == len(rows_sheets):
        return [everything[rows_sheets.index(sheet)]]
    return everything
