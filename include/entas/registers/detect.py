"""Which register a sheet holds, in which format, and where: told by its headers alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from entas.registers.catalogue import RegisterFormat, area_headers, formats
from entas.registers.cells import fold, is_blank, tidy, written
from entas.registers.sheets import Row

#: Header rows are looked for this far down; titles, letterheads and notes may stand above.
SEARCH_ROWS = 40

_PLAIN_NUMBER = re.compile(r"\d{1,4}", re.ASCII)
_QUESTION_NUMBER = re.compile(r"^\d+\s*[.)]?\s*")


@dataclass(frozen=True)
class Layout:
    """Where a register stands in a sheet.

    Attributes:
        format: the register and format.
        header_row: index of the first header row (0-based).
        data_row: index of the row below the header.
        columns: our column -> index of the sheet's column.
        unknown: headers that the format does not know, as written, left to right.
        repeated: headers that name a column found already, as written.
        numbering: indices of columns that only number the rows.
        area_code, area_name: index of the columns that name the village, or None.
    """

    format: RegisterFormat
    header_row: int
    data_row: int
    columns: dict[str, int]
    unknown: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    numbering: frozenset[int] = frozenset()
    area_code: int | None = None
    area_name: int | None = None


@dataclass
class Search:
    """What was found in a sheet: a layout, or the nearest register and the required columns it lacks.

    Attributes:
        likely: whether the sheet is meant as the nearest register: it lacks one required column, and at least half of
            its headers are that register's. Other sheets only share some headers with it (a list of participants).
    """

    layout: Layout | None = None
    nearest: RegisterFormat | None = None
    missing: list[str] = field(default_factory=list)
    likely: bool = False


def find_layout(rows: Sequence[Row]) -> Search:
    """The register of a sheet.

    Of the formats whose required columns are all there, the one that knows most of the headers wins; then the one
    with fewest columns besides; then the upper row. A row that has some required columns of a register, and not all,
    is remembered as the nearest.
    """
    search = Search()
    best: tuple[int, float, int] | None = None
    nearest: tuple[int, int] | None = None
    folded = [[fold(cell) if type(cell) is str else "" for cell in row] for row in rows[: SEARCH_ROWS + 3]]
    for index in range(min(len(folded), SEARCH_ROWS)):
        texts = sum(1 for text in folded[index] if text)
        if texts < 2:
            continue
        for candidate in formats():
            columns = _named_columns(candidate, folded, index)
            if not columns:
                continue
            data_row = index + 1
            if candidate.header_lines > 1:
                data_row = _header_end(candidate, rows, folded, index, columns)
            missing = candidate.missing(set(columns))
            if missing:
                met = len(candidate.required) - len(missing)
                rank_near = (met, len(columns))
                if (met >= 2 or (met and len(columns) >= 3)) and (nearest is None or rank_near > nearest):
                    nearest, search.nearest, search.missing = rank_near, candidate, missing
                    search.likely = len(missing) == 1 and 2 * len(columns) >= texts
                continue
            known = sum(1 for text in folded[index] if text in candidate.headers or text in candidate.unused)
            known = max(known, len(columns))
            rank = (known, known / candidate.known, -index)
            if best is None or rank > best:
                best = rank
                search.layout = _layout(candidate, rows, folded, index, data_row, columns)
    return search


def known_headers(rows: Sequence[Row]) -> int:
    """The most known headers that any row holds, of any one format: tells how a csv is separated."""
    best = 0
    for row in rows[:SEARCH_ROWS]:
        texts = {fold(cell) for cell in row if type(cell) is str}
        for candidate in formats():
            best = max(best, sum(1 for text in texts if text in candidate.headers or text in candidate.unused))
    return best


def _named_columns(candidate: RegisterFormat, folded: list[list[str]], index: int) -> dict[str, int]:
    """Our columns by the names in the header row; the first of equal headers counts."""
    columns: dict[str, int] = {}
    for position, text in enumerate(folded[index]):
        column = candidate.headers.get(text)
        if column is not None:
            columns.setdefault(column, position)
    return columns


def _header_end(
    candidate: RegisterFormat, rows: Sequence[Row], folded: list[list[str]], index: int, columns: dict[str, int]
) -> int:
    """Index of the first row below a header of several lines; adds the columns found in its lower lines.

    A questionnaire's questions are found by their name in any line, with or without the number before it, else by
    their number alone. A lower line belongs to the header while the cells under the upper line's names
    are empty: a family's row has at least its card or its head there.
    """
    if "no_kk" not in columns:
        return index + 1
    named = tuple(columns.values())
    below = index + 1
    while (
        below < min(len(rows), index + candidate.header_lines)
        and all(is_blank_at(rows[below], position) for position in named)
        and not all(is_blank(cell) for cell in rows[below])
    ):
        below += 1
    start = folded[index].index(candidate.questions_after) + 1 if candidate.questions_after in folded[index] else 0
    taken = set(named)
    lines = range(index, below)
    width = max((len(rows[line]) for line in lines), default=0)
    for position in range(start, width):
        if position in taken:
            continue
        for line in lines:
            text = written(rows[line][position]) if position < len(rows[line]) else None
            column = candidate.headers.get(fold(_QUESTION_NUMBER.sub("", tidy(text)))) if text else None
            if column is not None and column not in columns:
                columns[column] = position
                taken.add(position)
                break
    for position in range(start, width):
        if position in taken:
            continue
        for line in lines[1:]:
            text = written(rows[line][position]) if position < len(rows[line]) else None
            if text and _PLAIN_NUMBER.fullmatch(text.strip()):
                column = candidate.questions.get(int(text))
                if column is not None and column not in columns:
                    columns[column] = position
                    taken.add(position)
                    break
    return below


def is_blank_at(row: Row, position: int) -> bool:
    """Whether the row has nothing at that column."""
    return position >= len(row) or is_blank(row[position])


def _layout(
    candidate: RegisterFormat,
    rows: Sequence[Row],
    folded: list[list[str]],
    index: int,
    data_row: int,
    columns: dict[str, int],
) -> Layout:
    area = area_headers()
    taken = set(columns.values())
    unknown: list[str] = []
    repeated: list[str] = []
    numbering: set[int] = set()
    area_code: int | None = None
    area_name: int | None = None
    questions = folded[index].index(candidate.questions_after) if candidate.questions_after in folded[index] else None
    for position, cell in enumerate(rows[index]):
        if position in taken or is_blank(cell):
            continue
        text = fold(cell)
        heading = tidy(written(cell) or "")
        if text in candidate.numbering or not text:
            numbering.add(position)
        elif text in candidate.unused:
            continue
        elif text in candidate.headers:
            repeated.append(heading)
        elif text in area.code:
            area_code = position if area_code is None else area_code
        elif text in area.name:
            area_name = position if area_name is None else area_name
        elif questions is None or position < questions:
            unknown.append(heading)
    return Layout(
        format=candidate,
        header_row=index,
        data_row=data_row,
        columns=columns,
        unknown=tuple(unknown),
        repeated=tuple(repeated),
        numbering=frozenset(numbering),
        area_code=area_code,
        area_name=area_name,
    )
