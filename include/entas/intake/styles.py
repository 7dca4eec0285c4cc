"""Formats of the cells of a feedback workbook."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format

from entas.intake.answer import CRITICAL, WARNING

#: Colour of a marked cell, by severity.
FILLS = {CRITICAL: "#FFC7CE", WARNING: "#FFEB9C"}

LONGEST_TEXT = 32_767
LINE_HEIGHT = 15  # in points
_HIGHEST_ROW = 409  # in points; Excel calls a workbook with a higher one damaged

#: What the cells of a sheet are written as.
_KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "quoted": {"quote_prefix": True},
    "id": {"num_format": "@"},
    "long": {"num_format": "0"},
    "amount": {"num_format": "#,##0"},
    "cents": {"num_format": "#,##0.00"},
    "day": {"num_format": "dd/mm/yyyy"},
    "moment": {"num_format": "dd/mm/yyyy hh:mm:ss"},
    "time": {"num_format": "[hh]:mm:ss"},
}
#: How a cell is marked, or which part of a sheet it belongs to.
_LOOKS: dict[str | None, dict[str, Any]] = {
    None: {},
    **{
        severity: {"bg_color": fill, "border": 1, "border_color": "#BFBFBF", "valign": "top"}
        for severity, fill in FILLS.items()
    },
    "header": {
        "bold": True,
        "text_wrap": True,
        "align": "center",
        "valign": "vcenter",
        "bg_color": "#E7ECF5",
        "border": 1,
        "border_color": "#8EA2C6",
    },
    "title": {"bold": True},
    "centred": {"bold": True, "align": "center", "valign": "vcenter"},
    "noted": {"valign": "top"},
    "joined": {"valign": "vcenter"},
}


class Styles:
    """Formats of a workbook, made at first use."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}
        self._cells: dict[tuple[str, str | None], Format | None] = {}

    def get(self, **properties: Any) -> Format:
        """The format with these properties."""
        key = tuple(sorted(properties.items()))
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._book.add_format(properties)
        return made

    def cell(self, kind: str, look: str | None) -> Format | None:
        """Format of a cell of the upload: what it is written as, and how it looks; None for an ordinary cell."""
        key = (kind, look)
        if key not in self._cells:
            properties = {**_KINDS[kind], **_LOOKS[look]}
            self._cells[key] = self.get(**properties) if properties else None
        return self._cells[key]


def text_lines(texts: Sequence[str], width: int) -> int:
    """Lines that wrapped texts take; not every program makes a row as high as its text when it opens a workbook."""
    return sum(math.ceil(len(line) / width) or 1 for text in texts for line in text.split("\n"))


def row_height(lines: int) -> int:
    """Height of a row of so many lines, in points."""
    return min(LINE_HEIGHT * lines, _HIGHEST_ROW)
