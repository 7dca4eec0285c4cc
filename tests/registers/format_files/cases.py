"""What a file of some format is made of, before a spelling changes it and a program writes it."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from tests.registers.format_files.pages import Page


class Heading(list):
    """A row between the data that is no data: the family line of a BIP print."""


@dataclass
class Draft:
    """One sheet in the making.

    Attributes:
        name: of the sheet.
        header: its header lines.
        rows: below the header; a `Heading` is no data row.
        kinds: column -> what its cells are: card, nik, name, date, code, amount or text.
        fixed: columns that keep their place whatever the spelling (what stands to the left of the DDK's questions).
        end: how many rows of `rows` belong to the data (marks, totals and signatures are put below them).
    """

    name: str
    header: list[list[Any]]
    rows: list[list[Any]]
    kinds: dict[int, str] = field(default_factory=dict)
    fixed: int = 0
    above: list[list[Any]] = field(default_factory=list)
    below: list[list[Any]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden: bool = False

    @property
    def data(self) -> list[list[Any]]:
        """The data rows, which may be changed in place."""
        return [row for row in self.rows if row and not isinstance(row, Heading)]

    @property
    def first(self) -> int:
        """Index in the sheet of the first row below the header."""
        return len(self.above) + len(self.header)

    def page(self) -> Page:
        """The sheet as it is written; merged and hidden rows are told from the first row below the header."""
        first = self.first
        return Page(
            self.name,
            [list(row) for row in (*self.above, *self.header, *self.rows, *self.below)],
            [(top + first, left, bottom + first, right) for top, left, bottom, right in self.merged],
            {line + first for line in self.hidden_rows},
            self.hidden,
        )


@dataclass
class Case:
    """A file in the making, and what must be read from it.

    Attributes:
        format_id: the format that the reading must name.
        main: index of the sheet that spellings change (the one whose rows are people or families).
        expected: register -> its rows in order, each our column -> value; other columns must be empty.
        notes: texts each of which some note must hold.
        unknown: headers that must be told as unknown.
        error: texts that the reason of the refusal must hold; empty when the file must be read.
    """

    format_id: str
    drafts: list[Draft]
    expected: dict[str, list[dict[str, Any]]]
    main: int = 0
    notes: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    error: list[str] = field(default_factory=list)
    #: required header to be misspelt, misspelling; required headers to be taken away, and how the reason calls them
    typo: tuple[str, str] = ("", "")
    without: tuple[str, ...] = ()
    missing: str = ""
    #: kind of the cells whose column is there twice in `duplicate_header`
    twice: str = "name"

    @property
    def sheet(self) -> Draft:
        """The sheet that spellings change."""
        return self.drafts[self.main]

    def copy(self) -> Case:
        """An independent copy."""
        return deepcopy(self)

    def pages(self) -> list[Page]:
        """All sheets as they are written."""
        return [draft.page() for draft in self.drafts]
