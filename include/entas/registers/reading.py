"""An uploaded file as registers: typed rows, and what the rules of validation need to judge them.

`read_upload` reads one file; `entas.validation.validate` then fills in the findings of many files at once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from entas.areas import Village
from entas.registers import cells, notes
from entas.registers.assemble import Column, Part, Place, join_rows, place_of, read_part
from entas.registers.catalogue import RegisterFormat, formats
from entas.registers.detect import Layout, Search, find_layout, known_headers
from entas.registers.limits import DEFAULT_LIMITS, Limits
from entas.registers.own_sheets import is_own_sheet
from entas.registers.pairs import Description, belonging, read_descriptions
from entas.registers.prepared import prepare
from entas.registers.rows import DataRows, data_rows
from entas.registers.schema import EMPTY_WHEN_LATE, REGISTERS, WORD_DEFAULTS, Kind
from entas.registers.sheets import Row, Sheet, UnreadableFileError, read_sheets
from entas.registers.stacked import tables
from entas.registers.village import AreaCount

_ID = re.compile(r"(?:\d[. ]?){16}", re.ASCII)

#: Columns of `RegisterReading.findings`.
FINDING_COLUMNS = ("position", "rule_id", "severity", "column_name", "value", "sentence")


def no_findings() -> pd.DataFrame:
    """An empty frame of findings."""
    return pd.DataFrame(
        {name: pd.Series(dtype="int64" if name == "position" else "object") for name in FINDING_COLUMNS}
    )


@dataclass(frozen=True)
class RegisterReading:
    """One register found in a file, over all the sheets that hold it.

    Attributes:
        register: `penduduk`, `kesejahteraan`, `verifikasi`, `bantuan` or `pemberdayaan`.
        format_id, format_version: the format it came in; `+` joins them when its sheets differ.
        sheets: names of the sheets (csv: the stem of the file's name).
        unknown_columns: headers that the format does not know, as written.
        rows: every row with content: position (0.. over all sheets), sheet, row_number (1-based, as in the sheet), then
            the columns of `raw.<register>`: text as `string`, codes and deciles as `Int16`, dates as `datetime.date`
            or None, rupiah as `Decimal` with two decimals or None. What cannot be read is null.
        findings: position, rule_id, severity (`critical`, `warning`), column_name, value (as written in the cell),
            sentence (Indonesian). Empty until `validate`. A row with a critical finding is not loaded.
        cells: position's order, our columns: the cells as written (text), null when empty.
        prepared: position's order: what the rules of expectations/<register>.yaml judge (`entas.registers.prepared`).
        given: columns that the sheets, in their formats, have; a column that none has was not asked for.
        places: sheet -> our column -> index (0-based) of the sheet's column; `place` knows of cells elsewhere, too.
        elsewhere: our column -> for each position the place of its cell, for columns that do not, or not all, stand in
            the row itself: the heading of a family, a sheet of pairs, a sheet joined to another, one of many questions.
        header_rows: sheet -> number (1-based) of the header's last row.
        broken: our column -> positions of rows whose cell there is a formula that failed (`cells.BrokenCell`).
    """

    register: str
    format_id: str
    format_version: str
    sheets: tuple[str, ...]
    unknown_columns: tuple[str, ...]
    rows: pd.DataFrame
    findings: pd.DataFrame = field(default_factory=no_findings)
    cells: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    prepared: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    places: dict[str, dict[str, int]] = field(default_factory=dict, repr=False)
    header_rows: dict[str, int] = field(default_factory=dict, repr=False)
    broken: dict[str, frozenset[int]] = field(default_factory=dict, repr=False)
    given: frozenset[str] = frozenset()
    elsewhere: dict[str, list[Place | None]] = field(default_factory=dict, repr=False)

    def place(self, position: int, column: str) -> Place | None:
        """Where the cell of a row and column stands: sheet, row number (1-based), index of the column (0-based).

        None when the sheet does not have the column.
        """
        if column in self.elsewhere:
            return self.elsewhere[column][position]
        sheet = str(self.rows["sheet"].iloc[position])
        index = self.places.get(sheet, {}).get(column)
        return None if index is None else (sheet, int(self.rows["row_number"].iloc[position]), index)


@dataclass(frozen=True)
class FileReading:
    """What a file holds.

    Attributes:
        error: the reason (Indonesian) when the file as a whole is refused: unreadable, no known register, or its area
            column names another village in most rows.
        registers: by name.
        notes: Indonesian remarks: sheets left out and why, unknown and repeated columns.
        left_out: those of the notes that name a register which was not taken, because its sheet lacks a required
            column.
        rows_left_out: register -> how many rows with an id stand in those sheets.
    """

    error: str | None
    registers: dict[str, RegisterReading] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    rows_left_out: dict[str, int] = field(default_factory=dict)


def read_upload(
    path: Path, file_name: str, *, village: Village | None, received_on: date, limits: Limits = DEFAULT_LIMITS
) -> FileReading:
    """Read an uploaded file. A bad file never raises: its reason is in `error`.

    Args:
        path: where the bytes lie.
        file_name: what the village called the file.
        village: the village whose inbox folder it lay in; None for a file of whatever village.
        received_on: day of receipt in Jakarta.
        limits: what the file may cost.
    """
    file = _File(AreaCount(village) if village else None, received_on)
    try:
        for number, sheet in enumerate(read_sheets(path, file_name, known_headers, limits)):
            file.read_sheet(number, sheet)
    except UnreadableFileError as error:
        return FileReading(error=str(error), notes=tuple(file.notes))
    file.read_described_rows()
    left_out = file.missing_sheets()
    parts = file.parts()
    if not parts:
        return FileReading(error=_nothing_known(file), notes=tuple(file.notes))
    if file.area and file.area.names_another():
        return FileReading(error=file.area.reason(), notes=tuple(file.notes))
    return FileReading(
        error=None,
        registers={
            register: _combined(register, parts[register], received_on) for register in REGISTERS if register in parts
        },
        notes=tuple(file.notes),
        left_out=tuple(one.note for one in left_out),
        rows_left_out=dict(sum((Counter({one.form.register: one.rows}) for one in left_out if one.form), Counter())),
    )


@dataclass
class _Waiting:
    """Rows of a sheet that a sheet of pairs speaks of, wherever in the file that stands."""

    number: int
    sheet: str
    layout: Layout
    found: DataRows


@dataclass
class _Missing:
    """A sheet that was left out: where its note belongs, what it says, which register the sheet is most like, and
    whether it is meant as one; how many of its rows hold an id."""

    place: int
    note: str
    form: RegisterFormat | None
    likely: bool
    rows: int = 0


class _File:
    """What is found in a file, sheet by sheet.

    Attributes:
        notes: Indonesian remarks.
        any_sheet: whether there is a sheet with content.
        headers_only: whether there is a sheet with the headers of a register and no row.
    """

    def __init__(self, area: AreaCount | None, received_on: date) -> None:
        self.area = area
        self._received_on = received_on
        self.notes: list[str] = []
        self.any_sheet = False
        self.headers_only = False
        self._parts: list[Part] = []
        self._waiting: list[_Waiting] = []
        self._described: dict[str, list[tuple[int, list[Description]]]] = {}
        self._missing: list[_Missing] = []

    def read_sheet(self, number: int, sheet: Sheet) -> None:
        """Take what a sheet holds."""
        self.any_sheet = True
        if is_own_sheet(sheet):
            return
        search = find_layout(sheet.rows, sheet.merged)
        if search.layout is None:
            if not self._describes(number, sheet):
                note = notes.left_out(sheet.name, search.nearest, search.missing)
                rows = _with_ids(sheet.rows) if search.likely else 0
                self._missing.append(_Missing(len(self.notes), note, search.nearest, search.likely, rows))
            return
        for table in tables(sheet.rows, sheet.merged, search):
            self._read_table(number, replace(sheet, rows=sheet.rows[: table.end]), table.search)

    def _read_table(self, number: int, sheet: Sheet, search: Search) -> None:
        """Take a register of a sheet that ends where the register does."""
        assert search.layout is not None
        found = data_rows(sheet, search.layout)
        self._count_areas(search.layout, found)
        self.notes += notes.of_sheet(sheet, search.layout, found)
        if not found.rows:
            self.headers_only = True
            self.notes.append(notes.headers_only(sheet.name))
            return
        for layout in (search.layout, *search.beside):
            if layout.format.about.texts:
                # a csv has no second sheet: its pairs stand above the rows
                above = replace(sheet, rows=sheet.rows[: layout.header_row])
                if described := read_descriptions(above, layout.format):
                    self._described.setdefault(layout.format.format_id, []).append((number, described))
                self._waiting.append(_Waiting(number, sheet.name, layout, found))
            else:
                self._parts.append(read_part(sheet.name, layout, found, (), self._received_on))

    def _describes(self, number: int, sheet: Sheet) -> bool:
        """Whether a sheet holds no rows, and speaks of those of another."""
        known = False
        for form in formats():
            described = read_descriptions(sheet, form) if form.about.texts else []
            if described:
                self._described.setdefault(form.format_id, []).append((number, described))
                known = True
        return known

    def _count_areas(self, layout: Layout, found: DataRows) -> None:
        if self.area is None or (layout.area_code is None and layout.area_name is None):
            return

        def cells_at(place: int | None) -> list[Any]:
            return ["" if place is None or place >= len(row) else row[place] for row in found.rows]

        self.area.add(cells_at(layout.area_code), cells_at(layout.area_name))

    def read_described_rows(self) -> None:
        """Read the rows that sheets of pairs speak of, now that all of those are known."""
        for waiting in self._waiting:
            form = waiting.layout.format
            described = self._described.get(form.format_id, [])
            numbers = sorted({one.number for one in self._waiting if one.layout.format.format_id == form.format_id})
            about = belonging(described, waiting.number, numbers)
            tells = any(
                source.about is not None and source.slot in waiting.layout.slots for source in form.sources.values()
            )
            if not about or (len(about) > 1 and not tells):
                note = notes.undescribed(waiting.sheet, form, several=bool(about))
                self._missing.append(_Missing(len(self.notes), note, form, likely=True))
                continue
            self._parts.append(read_part(waiting.sheet, waiting.layout, waiting.found, about, self._received_on))

    def missing_sheets(self) -> list[_Missing]:
        """Say which sheets were left out, each where it stands; those of them that were meant as a register."""
        meant: list[_Missing] = []
        described = self._described.keys() | {one.layout.format.format_id for one in self._waiting}
        for shift, missing in enumerate(self._missing):
            self.notes.insert(missing.place + shift, missing.note)
            form = missing.form
            # a list of participants is none of OpenSID's where no sheet says of which programme
            if missing.likely and (form is None or not form.about.texts or form.format_id in described):
                meant.append(missing)
        return meant

    @property
    def near_notes(self) -> list[str]:
        """What is said of sheets that are like a register."""
        return [missing.note for missing in self._missing if missing.form is not None]

    def parts(self) -> dict[str, list[Part]]:
        """The parts of each register, rows of a family joined where the format says so."""
        found: dict[str, list[Part]] = {}
        for part in self._parts:
            found.setdefault(part.layout.format.register, []).append(part)
        for register, parts in found.items():
            by_format: dict[tuple[str, str], list[Part]] = {}
            for part in parts:
                by_format.setdefault((part.layout.format.format_id, part.layout.format.version), []).append(part)
            for theirs in by_format.values():
                form = theirs[0].layout.format
                if form.one_row_per:
                    join_rows(theirs, [part for part in parts if part.layout.format.format_id == form.joins])
                self.notes += notes.of_format(register, theirs)
        return {register: parts for register, parts in found.items() if any(part.row_numbers for part in parts)}


def _with_ids(rows: Sequence[Row]) -> int:
    """How many rows hold something like a card number or NIK."""

    def is_id(cell: Any) -> bool:
        if type(cell) is str:
            return _ID.search(cell) is not None
        return (type(cell) is int or type(cell) is float) and cell >= 10**15

    return sum(any(map(is_id, row)) for row in rows)


def _nothing_known(file: _File) -> str:
    if not file.any_sheet:
        return "Berkas tidak berisi data. Isi register pada berkas, lalu unggah kembali."
    if file.headers_only:
        return "Berkas hanya berisi judul kolom tanpa baris data. Isi baris datanya, lalu unggah kembali."
    near = file.near_notes
    titles = list(dict.fromkeys(form.title for form in formats()))
    return " ".join(
        [
            "Tidak ada register yang dikenal di berkas ini. Gunakan judul kolom salah satu bentuk yang dikenal: "
            f"{', '.join(titles[:-1])}, atau {titles[-1]}.",
            *near,
        ]
    )


# --- frames --------------------------------------------------------------------------------------------------------

_STATE_CODES = {state: code for code, state in enumerate(cells.STATES)}
STATE_TYPE = pd.CategoricalDtype(list(cells.STATES))


def _combined(register: str, parts: Sequence[Part], received_on: date) -> RegisterReading:
    """The sheets of a register, one under the other."""
    sizes = [len(part.row_numbers) for part in parts]
    count = sum(sizes)
    rows: dict[str, Any] = {
        "position": np.arange(count),
        "sheet": pd.array([part.sheet for part in parts for _ in part.row_numbers], dtype="string"),
        "row_number": np.array([number for part in parts for number in part.row_numbers], dtype="int64"),
    }
    found: dict[str, Any] = {}
    states: dict[str, pd.Categorical] = {}
    written: dict[str, Any] = {}
    broken: dict[str, frozenset[int]] = {}
    elsewhere: dict[str, list[Place | None]] = {}
    for name, kind in REGISTERS[register].items():
        column = _stacked(parts, name)
        codes = np.fromiter((_STATE_CODES[one] for one in column.states), dtype="int8", count=count)
        states[name] = pd.Categorical.from_codes(codes, dtype=STATE_TYPE)
        written[name] = pd.array(column.written, dtype="string")
        found[name] = values = column.values
        if column.broken:
            broken[name] = frozenset(column.broken)
        if column.places is not None:
            elsewhere[name] = column.places
        if kind is Kind.NIK or kind is Kind.CARD:
            ok = codes == _STATE_CODES[cells.OK]
            rows[name] = pd.array(np.where(ok, np.array(values, dtype=object), None), dtype="string")
        else:
            default = WORD_DEFAULTS.get((register, name))
            if default:
                values = [default if value is None else value for value in values]
            elif (register, name) in EMPTY_WHEN_LATE:
                values = [None if value is None or value > received_on else value for value in values]
            rows[name] = _typed(values, kind)
    forms = [part.layout.format for part in parts]
    frame = pd.DataFrame(rows)

    def by_row(facts: Sequence[bool]) -> np.ndarray:
        """What is true of a sheet, for each of its rows."""
        return np.repeat(np.array(facts, dtype=bool), sizes)

    return RegisterReading(
        register=register,
        format_id="+".join(dict.fromkeys(one.format_id for one in forms)),
        format_version="+".join(dict.fromkeys(one.version for one in forms)),
        sheets=tuple(dict.fromkeys(part.sheet for part in parts)),
        unknown_columns=tuple(dict.fromkeys(name for part in parts for name in part.layout.unknown)),
        rows=frame,
        cells=pd.DataFrame(written),
        prepared=prepare(
            register,
            frame,
            found,
            states,
            received_on,
            given={name: by_row([name in part.given for part in parts]) for name in REGISTERS[register]},
            due={name: by_row([(name,) in one.required for one in forms]) for name in REGISTERS[register]},
        ),
        places={
            part.sheet: {name: place for name, place in part.layout.columns.items() if name in REGISTERS[register]}
            for part in parts
        },
        header_rows={part.sheet: part.layout.data_row for part in parts},
        broken=broken,
        given=frozenset().union(*(part.given for part in parts)),
        elsewhere=elsewhere,
    )


def _stacked(parts: Sequence[Part], name: str) -> Column:
    """A column over all parts; with the place of every cell when a part has some that stand elsewhere."""
    if len(parts) == 1 and name in parts[0].columns:
        return parts[0].columns[name]
    column = Column([], [], [])
    outside = any(name in part.columns and part.columns[name].places is not None for part in parts)
    column.places = [] if outside else None
    for part in parts:
        count = len(part.row_numbers)
        theirs = part.columns.get(name)
        start = len(column.values)
        column.values += theirs.values if theirs else [None] * count
        column.states += theirs.states if theirs else [cells.BLANK] * count
        column.written += theirs.written if theirs else [None] * count
        column.broken += [start + row for row in theirs.broken] if theirs else []
        if column.places is not None:
            column.places += [place_of(part, name, row) for row in range(count)]
    return column


def _typed(values: list[Any], kind: Kind) -> Any:
    if kind in (Kind.CODE, Kind.DECILE):
        return pd.array(values, dtype="Int16")
    if kind in (Kind.DATE, Kind.AMOUNT):
        return pd.Series(values, dtype="object")
    return pd.array(values, dtype="string")
