"""Registers that stand below each other in one sheet, each under a header of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from entas.registers.cells import is_blank
from entas.registers.detect import Search, find_layout, known_headers
from entas.registers.layout import Layout
from entas.registers.sheets import Range, Row

#: Headers of one format that a row must hold to be looked at as the header of a further register.
_FEWEST_HEADERS = 3
#: Different rows that are looked at so; an honest sheet has few rows of known headers among its data.
_MOST_LOOKED_AT = 50
#: Rows that tell whether the first of them begins a header.
_HEADER_ROWS = 4


@dataclass(frozen=True)
class Table:
    """A register in a sheet.

    Attributes:
        search: its layout and those beside it; rows are counted from the sheet's first.
        end: index of the first row that belongs to the next register, or of the row below the last.
    """

    search: Search
    end: int


def tables(rows: Sequence[Row], merged: Sequence[Range], found: Search) -> list[Table]:
    """The registers of a sheet, from the top, given the one that `find_layout` found in it.

    A further one is another register with all its required columns: a header of the same register is a page's header
    printed again. Prints with headings of families, and sheets that pairs speak of, hold one register.
    """
    if found.layout is None:
        return []
    forms = [layout.format for layout in (found.layout, *found.beside)]
    if any(form.group_key is not None or form.about.texts for form in forms):
        return [Table(found, len(rows))]
    above = find_layout(rows[: found.layout.header_row], merged)
    searches = [found] if above.layout is None or _same(above, found) else [above, found]
    searches += _below(rows, merged, found)
    ends = [_title_row(rows, one.layout.header_row) for one in searches[1:] if one.layout] + [len(rows)]
    return [Table(search, end) for search, end in zip(searches, ends, strict=True)]


def _below(rows: Sequence[Row], merged: Sequence[Range], found: Search) -> Iterator[Search]:
    """Further registers below one."""
    looked_at: set[tuple[str, ...]] = set()
    index = found.layout.data_row if found.layout else len(rows)
    while index < len(rows):
        texts = tuple(map(str, rows[index])) if _may_be_header(rows[index]) else ()
        if texts and texts not in looked_at:
            looked_at.add(texts)
            if len(looked_at) > _MOST_LOOKED_AT:
                return
            next_one = _search_at(rows, merged, index)
            if next_one.layout is not None and next_one.layout.header_row == index and not _same(next_one, found):
                yield next_one
                found, index = next_one, next_one.layout.data_row
                continue
        index += 1


def _title_row(rows: Sequence[Row], header_row: int) -> int:
    """Where the titles above a header begin: rows of one text and no more."""
    while header_row and [type(cell) for cell in rows[header_row - 1] if not is_blank(cell)] in ([], [str]):
        header_row -= 1
    return header_row


def _may_be_header(row: Row) -> bool:
    """Whether a row is made of words, some of them known headers."""
    words = 0
    for cell in row:
        if is_blank(cell):
            continue
        if type(cell) is not str or cell.strip().isdigit():
            return False  # most rows of data hold a number, and soon
        words += 1
    return words >= _FEWEST_HEADERS and known_headers([row]) >= _FEWEST_HEADERS


def _search_at(rows: Sequence[Row], merged: Sequence[Range], index: int) -> Search:
    """What begins at a row, with rows counted from the sheet's first."""
    ranges = [(first - index, column, last - index, to) for first, column, last, to in merged if first >= index]
    search = find_layout(rows[index : index + _HEADER_ROWS], ranges)
    if search.layout is None:
        return search
    return replace(
        search, layout=_moved(search.layout, index), beside=tuple(_moved(one, index) for one in search.beside)
    )


def _moved(layout: Layout, by: int) -> Layout:
    return replace(layout, header_row=layout.header_row + by, data_row=layout.data_row + by)


def _same(one: Search, other: Search) -> bool:
    """Whether a register that the first gives is one that the second gives, too."""
    return not _registers(one).isdisjoint(_registers(other))


def _registers(search: Search) -> set[str]:
    return {layout.format.register for layout in (search.layout, *search.beside) if layout}
