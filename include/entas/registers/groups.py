"""Rows that head the rows of a family in printed registers: `No. KK : 3216…`, its address beside it, its members below.

Label and value stand in one cell, in neighbouring cells (with or without a cell of `:` between them), or one above the
other; a heading may go on over several rows; one cell may hold several labels
(`Alamat : MELATI 3, Nama Dusun : MAWAR, RT/RW : 001/002`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from entas.registers.catalogue import Labels, RegisterFormat
from entas.registers.cells import OK, fold, is_blank, repair_id, tidy, written
from entas.registers.layout import LONGEST_HEADING
from entas.registers.sheets import Row

_EDGES = " \t\u00a0:;,="
_NO_WORDS: re.Pattern[str] = re.compile(r"(?!)")


@dataclass(frozen=True)
class GroupCell:
    """A value of a heading: the cell as it stands or the part of it that counts, and where (0-based)."""

    value: Any
    row: int
    column: int


@dataclass
class Heading:
    """What the heading rows of one family say.

    Attributes:
        cells: name of the value -> its cell.
        rows: indices of the rows that hold the heading.
    """

    cells: dict[str, GroupCell]
    rows: set[int]


def has_group(form: RegisterFormat, rows: Sequence[Row], nik: int | None) -> bool:
    """Whether one of the rows heads a family."""
    return any(
        is_key(form, read_heading(form, rows, index, nik))
        for index, row in enumerate(rows)
        if has_key_label(form, row) or not _is_member(row, nik)
    )


def _is_member(row: Row, nik: int | None) -> bool:
    """Whether a row holds a usable id where members have their NIK."""
    return nik is not None and nik < len(row) and repair_id(row[nik])[1] == OK


def has_key_label(form: RegisterFormat, row: Row) -> bool:
    """Whether a cell of a row begins with a label of the key; its number may stand where members have their NIK."""
    labels = _key_labels(form)
    return any(
        type(cell) is str and len(cell) <= LONGEST_HEADING and labels.match(cell.strip(_EDGES)) is not None
        for cell in row
    )


@cache
def _compiled_keys(texts: tuple[tuple[str, tuple[str, ...]], ...], spelled: tuple[str, ...], keys: frozenset[str]):
    known = {text for text, names in texts if not keys.isdisjoint(names)}
    return _compiled(tuple(label for label in spelled if fold(label) in known))


def _key_labels(form: RegisterFormat) -> re.Pattern[str]:
    return _compiled_keys(tuple(form.group.texts.items()), form.group.spelled, _key_names(form))


def is_key(form: RegisterFormat, heading: Heading) -> bool:
    """Whether a heading gives the key, so that a new family begins."""
    return not _key_names(form).isdisjoint(heading.cells)


def _key_names(form: RegisterFormat) -> frozenset[str]:
    source = form.sources[form.group_key or ""]
    return frozenset(one.group for one in (source, *source.first_of) if one.group is not None)


def read_heading(form: RegisterFormat, rows: Sequence[Row], index: int, nik: int | None) -> Heading:
    """The labelled values in a row, and those that stand in the cells below their labels.

    Patterns of the key are tried to the left of the members' NIK alone: the 16 digits of a parent's NIK are no card.
    """
    keys = _key_names(form)
    row = rows[index]
    labels = _pattern(form.group)
    found = Heading({}, set())
    for column, cell in enumerate(row):
        if is_blank(cell) or (type(cell) is str and len(cell) > LONGEST_HEADING):
            continue
        text = written(cell) or ""
        for pattern, name in form.group.patterns:
            match = pattern.search(text) if name not in keys or nik is None or column < nik else None
            if match and name not in found.cells:
                # whether Excel has cut a number is judged by the cell, not by its text
                found.cells[name] = GroupCell(match[1] if type(cell) is str else cell, index, column)
                found.rows.add(index)
        if type(cell) is str:
            _read_cell(form, labels, rows, index, column, text, found)
    return found


def _read_cell(
    form: RegisterFormat,
    labels: re.Pattern[str],
    rows: Sequence[Row],
    index: int,
    column: int,
    text: str,
    found: Heading,
) -> None:
    """The labels within one cell; the value of the last may stand in the next cells or below."""
    matches = [match for match in labels.finditer(text) if _counts(match, text)]
    for number, match in enumerate(matches):
        after = matches[number + 1] if number + 1 < len(matches) else None
        value: Any = text[match.end() : after.start() if after else len(text)].strip(_EDGES)
        place = (index, column)
        if not value and after is None:
            value, place = _beside_or_below(labels, rows, index, column, colon=match[0].rstrip()[-1:] in ":=")
        found.rows.add(index)
        if value is not None:
            found.rows.add(place[0])
        for name in form.group.texts[fold(match[1])]:
            found.cells.setdefault(name, GroupCell(value, *place))


def _counts(match: re.Match[str], text: str) -> bool:
    """Whether a label found in a text is meant as one: it begins the cell, or a colon follows it."""
    return not text[: match.start()].strip(_EDGES) or match[0].rstrip()[-1:] in ":="


def _beside_or_below(
    labels: re.Pattern[str], rows: Sequence[Row], index: int, column: int, *, colon: bool
) -> tuple[Any, tuple[int, int]]:
    """The value of a label that fills its cell: the next cell that holds more than a colon; without any colon, the cell
    below."""
    row = rows[index]
    for place in range(column + 1, len(row)):
        cell = row[place]
        if is_blank(cell) or (type(cell) is str and not cell.strip(_EDGES)):
            colon = colon or not is_blank(cell)
            continue
        if _is_label(labels, cell):
            break
        return _before_labels(labels, cell), (index, place)
    if not colon:
        below = next((at for at, row in enumerate(rows[index + 1 : index + 4], index + 1) if not _is_empty(row)), None)
        if below is not None and column < len(rows[below]):
            cell = rows[below][column]
            if not is_blank(cell) and not _is_label(labels, cell):
                return _before_labels(labels, cell), (below, column)
    return None, (index, column)


def _is_empty(row: Row) -> bool:
    return all(is_blank(cell) for cell in row)


def _is_label(labels: re.Pattern[str], cell: Any) -> bool:
    """Whether a cell begins with a label that a colon follows, or holds a label alone."""
    if type(cell) is not str:
        return False
    text = cell.strip(_EDGES)
    match = labels.match(text)
    return match is not None and (match.end() == len(text) or match[0].rstrip()[-1:] in ":=")


def _before_labels(labels: re.Pattern[str], cell: Any) -> Any:
    """A cell up to the first label in it that a colon follows: `DUSUN MAWAR, RT:001` is `DUSUN MAWAR`."""
    if type(cell) is not str:
        return cell
    first = next((match for match in labels.finditer(cell) if match[0].rstrip()[-1:] in ":="), None)
    return cell[: first.start() if first else len(cell)].strip(_EDGES)


@cache
def _compiled(spelled: tuple[str, ...]) -> re.Pattern[str]:
    if not spelled:
        return _NO_WORDS
    # letters and digits of a label in their order, with any spaces and punctuation where the label has some
    words = sorted({tuple(re.findall(r"\w+", tidy(label))) for label in spelled}, key=lambda one: -sum(map(len, one)))
    return re.compile(
        r"(?<!\w)(" + "|".join(r"[\s\W]*".join(map(re.escape, one)) for one in words) + r")(?!\w)\.?\s*[:=]*",
        re.IGNORECASE,
    )


def _pattern(labels: Labels) -> re.Pattern[str]:
    return _compiled(labels.spelled)
