"""Which rows of a sheet are data, and which are headers printed again, totals, notes and signatures.

A row with a usable card number or NIK is always a row, whatever else stands in it. What is left out is counted, and
said in the notes of the upload.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from entas.registers.catalogue import below_data
from entas.registers.cells import OK, BrokenCell, fold, is_blank, repair_id, tidy, written
from entas.registers.groups import Heading, has_key_label, is_key, read_heading
from entas.registers.layout import Layout, numbers_columns
from entas.registers.schema import REGISTERS, Kind
from entas.registers.sheets import Row, Sheet

#: What rows are left out as.
HEADERS = "headers"
TOTALS = "totals"
NOTES = "notes"
AFTER_END = "after_end"
FORMULAS = "formulas"

_FIGURE = re.compile(r"[-+(]?\s*(?:rp\.?)?\s*[\d.,]+\s*\)?\s*%?|-", re.IGNORECASE)
_UNITS = frozenset({"jiwa", "orang", "kk", "keluarga", "rupiah", "l", "p", "lk", "pr", "laki", "lakilaki", "perempuan"})
_DIGITS = re.compile(r"\d[\d.\s]{4,}\d")
#: A signature or a footnote fills few cells of its row; persons and families fill more.
_FEW_CELLS = 3
#: Ranges of an honest sheet do not overlap, and are few columns wide.
_MOST_FILLED = 2_000_000


@dataclass
class DataRows:
    """The data rows of a sheet.

    Attributes:
        rows: their cells; numbers: where they stand (1-based); headings: of the family they stand under, if the format
            has such.
        left_out: how many rows are no data, by what they are.
        hidden: how many of the rows the sheet does not show.
        untitled: columns (0-based) that hold something in these rows and have no header.
    """

    rows: list[Row] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    headings: list[Heading | None] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    hidden: int = 0
    untitled: list[int] = field(default_factory=list)


def data_rows(sheet: Sheet, layout: Layout) -> DataRows:
    """The data rows below a header, with merged cells filled downward."""
    return _Selection(sheet, layout).select()


class _Selection:
    def __init__(self, sheet: Sheet, layout: Layout) -> None:
        self.sheet = sheet
        self.layout = layout
        kinds = REGISTERS[layout.format.register]
        self.ids = sorted(
            {
                place
                for slot, place in layout.slots.items()
                if kinds.get(layout.format.slots[slot].column) in (Kind.CARD, Kind.NIK)
            }
        )
        self.mapped = frozenset(layout.slots.values())
        self.required = {
            place
            for name in {name for group in layout.format.required for name in group}
            if (place := layout.columns.get(name)) is not None
        }
        self.nik = layout.columns.get("nik")
        self.above = {_texts(row) for row in sheet.rows[: layout.header_row]} - {()}
        self.numbered = any(map(numbers_columns, sheet.rows[: layout.data_row]))
        self.found = DataRows()
        self.heading: Heading | None = None
        self.members = 0
        self.in_notes = False
        self.gap = False
        self.after_gap = 0  # how many of the last kept rows follow a gap and hold next to nothing

    def select(self) -> DataRows:
        layout, rows = self.layout, self.sheet.rows
        grouped = layout.format.group_key is not None
        marks = layout.format.end_marks
        merged = self._merged()
        skip: set[int] = set()
        if grouped:
            for index in range(layout.header_row):
                self._take_heading(index, skip)
        for index in range(layout.data_row, len(rows)):
            row = rows[index]
            if self._is_usable(row) and not (grouped and has_key_label(layout.format, row)):
                self._keep(index, row, merged, sure=True)
                continue
            if marks and any(type(cell) is str and cell.strip().startswith(marks) for cell in row):
                self._count_after(index)
                break
            # a row that holds nothing but its running number is no row
            empty = all(is_blank(cell) or place in layout.numbering for place, cell in enumerate(row))
            if empty and not any(_texts(row)):
                self.gap = True
                continue
            reason = self._reason(index, row, skip, grouped=grouped)
            if empty and reason is None:
                continue
            if reason is None:
                self._keep(index, row, merged, sure=False)
            elif reason:
                self.found.left_out[reason] += 1
        self._drop_trailing()
        self.found.untitled = self._untitled()
        if self.sheet.hidden_rows:
            self.found.hidden = sum(number - 1 in self.sheet.hidden_rows for number in self.found.numbers)
        return self.found

    def _is_usable(self, row: Row) -> bool:
        """Whether an id column of the row holds 16 digits."""
        for place in self.ids:
            if place >= len(row):
                continue
            cell = row[place]
            if type(cell) is str:
                if (len(cell) == 16 and cell.isascii() and cell.isdigit()) or repair_id(cell)[1] == OK:
                    return True
            elif type(cell) in (int, float) and 10**15 <= cell < 10**16:
                return True
        return False

    def _keep(self, index: int, row: Row, merged: dict[int, list[tuple[int, Any]]], *, sure: bool) -> None:
        for column, value in merged.get(index, ()):
            row.extend([""] * (column + 1 - len(row)))
            if is_blank(row[column]):
                row[column] = value
        self.found.rows.append(row)
        self.found.numbers.append(index + 1)
        self.found.headings.append(self.heading)
        self.members += 1
        if sure:
            self.in_notes = self.gap = False
            self.after_gap = 0
        elif self.gap and sum(not is_blank(cell) for cell in row) <= 2 and not self._has_id_text(row):
            self.after_gap += 1
        else:
            self.gap = False
            self.after_gap = 0

    def _drop_trailing(self) -> None:
        """Below the data, after a gap: a name, a place; no row of a register holds so little."""
        count = self.after_gap
        if count and count < len(self.found.rows):
            del self.found.rows[-count:], self.found.numbers[-count:], self.found.headings[-count:]
            self.found.left_out[NOTES] += count

    def _reason(self, index: int, row: Row, skip: set[int], *, grouped: bool) -> str | None:
        """What a row without a usable id is left out as; "" for headings of families, None for a row of data."""
        if self._is_header(row):
            self.in_notes = False
            return HEADERS
        if grouped and self._take_heading(index, skip):
            return ""
        if _texts(row) in self.above:
            return HEADERS
        if self._is_note(row):
            self.in_notes = True
            return NOTES
        if self._has_id_text(row):
            return None
        numbering = self.layout.numbering
        broken = {place for place, cell in enumerate(row) if type(cell) is BrokenCell}
        if broken and all(is_blank(cell) or place in broken or place in numbering for place, cell in enumerate(row)):
            return FORMULAS  # filled down beyond the last person
        if self._is_total(row):
            return TOTALS
        filled = sum(not is_blank(cell) for cell in row)
        if self.in_notes and filled <= _FEW_CELLS:
            return NOTES
        if grouped and sum(place < len(row) and not is_blank(row[place]) for place in self.required) < 2:
            # a page's footer, or the end of a cell that the print broke over two pages
            return NOTES
        self.in_notes = False
        return None

    def _has_id_text(self, row: Row) -> bool:
        """Whether something like an id, though no usable one, stands in an id column."""
        for place in self.ids:
            if place < len(row):
                cell = row[place]
                if type(cell) is BrokenCell or (not is_blank(cell) and _DIGITS.search(written(cell) or "")):
                    return True
        return False

    def _is_header(self, row: Row) -> bool:
        """Whether a row is a line of the header printed again on a new page."""
        folded = [fold(cell) if type(cell) is str else (written(cell) or "") for cell in row]
        for line in self.layout.headings:
            filled = sum(1 for text in line if text)
            same = sum(1 for text, other in zip(line, folded, strict=False) if text and text == other)
            if same >= 2 and 2 * same >= filled:
                return True
        return self.numbered and numbers_columns(row)

    def _take_heading(self, index: int, skip: set[int]) -> bool:
        """Whether the row belongs to the heading of a family; the rows below are then its members."""
        form = self.layout.format
        row = self.sheet.rows[index]
        if index >= self.layout.data_row and 2 * sum(not _is_blank_at(row, place) for place in self.mapped) > len(
            self.mapped
        ):
            # a member without a usable NIK: "KEPALA KELUARGA" in it is an answer, and no label
            return False
        made = read_heading(form, self.sheet.rows, index, self.nik)
        skip |= made.rows - {index}
        if index in skip and self.heading is not None:
            # values below their labels; they may hold further labels
            for name, cell in made.cells.items():
                self.heading.cells.setdefault(name, cell)
            return True
        if not made.rows:
            return False
        if is_key(form, made):
            self.heading = made
            self.members = 0
        elif self.heading is not None and self.members == 0:
            for name, cell in made.cells.items():
                self.heading.cells.setdefault(name, cell)
        else:
            return bool(made.cells) or index < self.layout.header_row
        return True

    def _is_total(self, row: Row) -> bool:
        """Whether the first words of a row say that it adds up, and the rest are figures."""
        texts = [tidy(cell) for cell in row if type(cell) is str and not is_blank(cell)]
        if not texts or not fold(texts[0]).startswith(below_data().totals):
            return False
        return all(_FIGURE.fullmatch(text) or fold(text) in _UNITS or not fold(text) for text in texts[1:])

    def _is_note(self, row: Row) -> bool:
        """Whether a row begins with the words of a note or a signature."""
        texts = [tidy(cell) for cell in row if type(cell) is str and not is_blank(cell)]
        if not texts or len(texts) > _FEW_CELLS:
            return False
        below = below_data()
        return fold(texts[0]).startswith(below.notes) or any(
            pattern.search(text) for pattern in below.patterns for text in texts
        )

    def _untitled(self) -> list[int]:
        """Columns without a header that hold something in a data row."""
        lines = self.layout.headings
        width = max(map(len, self.found.rows), default=0)
        titled = {place for line in lines for place, text in enumerate(line) if text} | self.mapped
        # a heading over several columns counts for all of them
        last = max(titled, default=0)
        open_places = [place for place in range(width) if place not in titled and (len(lines) == 1 or place > last)]
        if self.layout.format.questions_after is not None or self.layout.format.group_key is not None:
            return []
        return [
            place
            for place in open_places
            if any(place < len(row) and not is_blank(row[place]) for row in self.found.rows)
        ]

    def _count_after(self, index: int) -> None:
        """Count the rows below the mark that ends the data."""
        for row in self.sheet.rows[index + 1 :]:
            if any(not is_blank(cell) for cell in row):
                self.found.left_out[AFTER_END] += 1

    def _merged(self) -> dict[int, list[tuple[int, Any]]]:
        """Row -> columns and values of merged cells that began above it."""
        made: dict[int, list[tuple[int, Any]]] = {}
        rows = self.sheet.rows
        filled = 0
        for first, column, last, _ in self.sheet.merged:
            if last == first or first < self.layout.data_row or first >= len(rows) or column >= len(rows[first]):
                continue
            value = rows[first][column]
            if is_blank(value):
                continue
            below = range(first + 1, min(last + 1, len(rows)))
            filled += len(below)
            if filled > _MOST_FILLED:
                break
            for index in below:
                made.setdefault(index, []).append((column, value))
        return made


def _is_blank_at(row: Row, place: int) -> bool:
    """Whether nothing stands at that place of a row, which may be shorter."""
    return place >= len(row) or is_blank(row[place])


def _texts(row: Sequence[Any]) -> tuple[str, ...]:
    """The folded texts of a row; empty when it has none."""
    return tuple(text for cell in row if type(cell) is str and (text := fold(cell)))
