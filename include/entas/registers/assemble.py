"""The cells of a sheet's data rows as columns of a register: sources, parsing, unpivoting and joining of rows.

One `Part` is what one sheet gives of one register. Its columns are made of the sources of the format (see
`entas.registers.catalogue`); what stands outside the row, such as a family's heading or a sheet of pairs, keeps its
place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from entas.registers import cells
from entas.registers.catalogue import RegisterFormat, Source
from entas.registers.groups import Heading
from entas.registers.layout import Layout
from entas.registers.pairs import Description
from entas.registers.rows import DataRows
from entas.registers.schema import BIRTHS, REGISTERS, CodeList, Kind
from entas.registers.sheets import Row

#: Sheet, row number (1-based) and index of the column (0-based) of a cell.
Place = tuple[str, int, int]

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januari jan", "februari pebruari feb peb", "maret mar", "april apr", "mei", "juni jun", "juli jul",
            "agustus agu agt ags", "september sep sept", "oktober okt", "november nopember nov nop", "desember des",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_NUMBER = re.compile(r"0*(\d{1,4})(?:[.,]0+)?", re.ASCII)


@dataclass
class Column:
    """One column of a part: for each row what was read, its state, the cell as written, and its place.

    `places` is None where every cell stands in the row itself, at the index that the layout tells.
    """

    values: list[Any]
    states: list[str]
    written: list[str | None]
    broken: list[int] = field(default_factory=list)
    places: list[Place | None] | None = None

    def take(self, rows: Sequence[int]) -> Column:
        """The column with some of its rows."""
        broken = set(self.broken)
        return Column(
            [self.values[row] for row in rows],
            [self.states[row] for row in rows],
            [self.written[row] for row in rows],
            [number for number, row in enumerate(rows) if row in broken],
            None if self.places is None else [self.places[row] for row in rows],
        )


@dataclass
class Part:
    """What one sheet gives of one register.

    Attributes:
        layout: where it stands in the sheet.
        sheet: name of the sheet.
        row_numbers: of its rows (1-based).
        columns: our columns and helpers.
        given: our columns that the sheet, its headings or its description have.
        members: how many rows were read with others as one.
        assumed_days: how many dates were given without a day.
    """

    layout: Layout
    sheet: str
    row_numbers: list[int]
    columns: dict[str, Column]
    given: frozenset[str]
    members: int = 0
    assumed_days: int = 0

    def keep(self, rows: Sequence[int]) -> None:
        """Keep some rows."""
        self.row_numbers = [self.row_numbers[row] for row in rows]
        self.columns = {name: column.take(rows) for name, column in self.columns.items()}


def read_part(sheet: str, layout: Layout, found: DataRows, about: Sequence[Description], received_on: date) -> Part:
    """The rows of a sheet as columns; the rows of an unpivoted sheet once for each programme answered with yes.

    Args:
        sheet: its name.
        layout: where the register stands in it.
        found: its data rows.
        about: what sheets of pairs say of the rows: one description, or several of which a column tells which counts.
        received_on: day of receipt; nobody is born after it, whatever a year of two digits might mean.
    """
    reader = _Reader(sheet, layout, found.rows, found.numbers, found.headings, about, received_on)
    if layout.format.unpivot is None:
        return reader.part()
    return _unpivoted(reader, layout.format)


class _Reader:
    """Reads the columns of one sheet, each once."""

    def __init__(
        self,
        sheet: str,
        layout: Layout,
        rows: Sequence[Row],
        numbers: Sequence[int],
        headings: Sequence[Heading | None],
        about: Sequence[Description],
        received_on: date,
    ) -> None:
        self.sheet = sheet
        self.layout = layout
        self.form = layout.format
        self.kinds = REGISTERS[self.form.register]
        self.rows = rows
        self.numbers = list(numbers)
        self.headings = headings
        self.about = about
        self.received_on = received_on
        self.sources: dict[str, Source] = dict(self.form.sources)
        self.done: dict[str, Column] = {}

    def part(self) -> Part:
        columns = {name: column for name in self.sources if (column := self.column(name)) is not None}
        given = frozenset(name for name in columns if name in self.kinds)
        part = Part(self.layout, self.sheet, self.numbers, columns, given)
        part.assumed_days = _assumed(part, self.sources)
        return part

    def column(self, name: str) -> Column | None:
        """A column or helper; None when the sheet does not have it."""
        if name not in self.done:
            source = self.sources.get(name)
            made = None if source is None else self._read(name, source)
            if made is None:
                return None
            self.done[name] = made
        return self.done[name]

    def _read(self, name: str, source: Source) -> Column | None:
        if source.combine is not None:
            return self._combined(*source.combine)
        if source.date is not None:
            return self._dated(source.date)
        if source.constant:
            count = len(self.rows)
            text = None if source.value is None else str(source.value)
            state = cells.BLANK if source.value is None else cells.OK
            return Column([source.value] * count, [state] * count, [text] * count, [], [None] * count)
        raw = self._raw(source, ids=self.kinds.get(name) in (Kind.NIK, Kind.CARD))
        if raw is None:
            return None
        found, places = raw
        values, states = parsed(
            found,
            self.kinds.get(name, Kind.TEXT),
            self.form.codes.get(name),
            name in self.kinds,
            latest=self.received_on if name in BIRTHS else None,
        )
        return Column(
            values,
            states,
            [cell if type(cell) is str and cell and not cell.isspace() else cells.written(cell) for cell in found],
            [number for number, cell in enumerate(found) if type(cell) is cells.BrokenCell],
            places,
        )

    def _raw(self, source: Source, *, ids: bool = False) -> tuple[list[Any], list[Place | None] | None] | None:
        """The cells of a source, and their places where those are not the row's own."""
        if source.first_of:
            return self._first(source.first_of, ids=ids)
        places: list[Place | None] | None = None
        if source.slot is not None and source.slot in self.layout.slots:
            position = self.layout.slots[source.slot]
            found = [row[position] if position < len(row) else "" for row in self.rows]
        elif source.group is not None:
            carried = [None if heading is None else heading.cells.get(source.group) for heading in self.headings]
            found = ["" if cell is None or cell.value is None else cell.value for cell in carried]
            places = [None if cell is None else (self.sheet, cell.row + 1, cell.column) for cell in carried]
        elif source.about is not None and self.about:
            told = [self._description(number) for number in range(len(self.rows))]
            pairs = [None if one is None else one.cells.get(source.about) for one in told]
            if not any(one and source.about in one.cells for one in self.about):
                return None
            found = ["" if pair is None else pair.value for pair in pairs]
            places = [None if pair is None else pair.place for pair in pairs]
        else:
            return None
        if source.when:
            asked = self._holds(source.when)
            if not any(asked):
                return None
            found = [cell if yes else "" for cell, yes in zip(found, asked, strict=True)]
        if source.part is not None:
            found = [_part(cell, source.part) for cell in found]
        return found, places

    def _first(
        self, sources: Sequence[Source], *, ids: bool = False
    ) -> tuple[list[Any], list[Place | None] | None] | None:
        """Of several sources the first that has a value in the row; of ids the first that can be used, if any can."""
        made: list[Any] = [""] * len(self.rows)
        usable = [False] * len(self.rows)
        places: list[Place | None] = [None] * len(self.rows)
        any_source = False
        outside = False
        first = next((source.slot for source in sources if source.slot in self.layout.slots), None)
        for source in sources:
            raw = self._raw(source)
            if raw is None:
                continue
            any_source = True
            found, theirs = raw
            outside = outside or theirs is not None or source.slot != first
            cut = ids and cells.numbers_are_cut(found)
            for number, cell in enumerate(found):
                if usable[number] or cells.is_blank(cell):
                    continue
                can_be_used = ids and cells.repair_id(cell, cut=cut)[1] == cells.OK
                if can_be_used or cells.is_blank(made[number]):
                    made[number], usable[number] = cell, can_be_used
                    places[number] = theirs[number] if theirs is not None else self._own(number, source)
        if not any_source:
            return None
        return made, places if outside else None

    def _own(self, number: int, source: Source) -> Place | None:
        position = self.layout.place(source, self.sources)
        return None if position is None else (self.sheet, self.numbers[number], position)

    def _description(self, number: int) -> Description | None:
        """Which description a row belongs to: the only one, or the one that the row names."""
        if len(self.about) == 1:
            return self.about[0]
        for source in self.form.sources.values():
            if source.about is None or source.slot not in self.layout.slots:
                continue
            position = self.layout.slots[source.slot]
            row = self.rows[number]
            named = cells.fold(cells.written(row[position]) or "") if position < len(row) else ""
            for one in self.about:
                pair = one.cells.get(source.about)
                if pair is not None and named and cells.fold(cells.written(pair.value) or "") == named:
                    return one
        return None

    def _holds(self, when: Mapping[str, frozenset[Any]]) -> list[bool]:
        """For each row whether all helpers have one of their values."""
        asked = [True] * len(self.rows)
        for helper, values in when.items():
            column = self.column(helper)
            if column is None:
                return [False] * len(self.rows)
            asked = [yes and value in values for yes, value in zip(asked, column.values, strict=True)]
        return asked

    def _combined(self, of: tuple[str, ...], cases: tuple[tuple[Any, ...], ...]) -> Column | None:
        """One code out of several; a row that no case fits is unreadable, or blank where nothing is written."""
        parts = [self.column(name) for name in of]
        if any(part is None for part in parts):
            return None
        known: dict[tuple[Any, ...], cells.Value] = {}
        values: list[Any] = []
        states: list[str] = []
        written: list[str | None] = []
        columns = [part for part in parts if part is not None]
        for number in range(len(self.rows)):
            key = tuple((column.values[number], column.states[number]) for column in columns)
            if key not in known:
                known[key] = _case(key, cases)
            value, state = known[key]
            values.append(value)
            states.append(state)
            texts = [text for column in columns if (text := column.written[number]) is not None]
            written.append(" / ".join(texts) or None)
        return Column(values, states, written, [], columns[0].places)

    def _dated(self, told: Mapping[str, str]) -> Column | None:
        """A date out of year, month and day; the first of the month where no day is given."""
        year, month = self.column(told["year"]), self.column(told["month"])
        day = self.column(told["day"]) if "day" in told else None
        if year is None or month is None:
            return None
        values: list[Any] = []
        states: list[str] = []
        written: list[str | None] = []
        for number in range(len(self.rows)):
            texts = [None if one is None else one.written[number] for one in (day, month, year)]
            value, state = _date(*texts)
            values.append(value)
            states.append(state)
            written.append("/".join(text for text in texts if text) or None)
        return Column(values, states, written, [], year.places)


def _part(cell: Any, pattern: re.Pattern[str]) -> Any:
    """The part of a cell that counts; nothing when the cell is not of that shape."""
    if type(cell) is cells.BrokenCell or cells.is_blank(cell):
        return cell
    match = pattern.search(cells.written(cell) or "")
    return match[1] if match else ""


def _case(key: Sequence[tuple[Any, str]], cases: Sequence[Sequence[Any]]) -> cells.Value:
    if all(state == cells.BLANK for _, state in key):
        return None, cells.BLANK
    for *wanted, stored in cases:
        if all(
            want == "*" or (want == "-" and state == cells.BLANK) or (state == cells.OK and value == want)
            for want, (value, state) in zip(wanted, key, strict=True)
        ):
            return (None, cells.BLANK) if stored is None else (stored, cells.OK)
    return None, cells.UNREADABLE


def _date(day: str | None, month: str | None, year: str | None) -> cells.Value:
    blank = [cells.means_nothing(text) or not (text or "").strip("0 .") for text in (month, year)]
    if any(blank):
        return None, cells.BLANK
    numbers = [_number(text) for text in (year, month, day or "1")]
    if any(number is None for number in numbers):
        return None, cells.UNREADABLE
    try:
        return date(*(number or 0 for number in numbers)), cells.OK
    except ValueError:
        return None, cells.UNREADABLE


def _number(text: str | None) -> int | None:
    """A number, or a month by its name."""
    told = cells.tidy(text or "").strip("'. ")
    match = _NUMBER.fullmatch(told)
    return int(match[1]) if match else _MONTHS.get(told.casefold())


# --- cells ---------------------------------------------------------------------------------------------------------


def parsed(
    raw: Sequence[Any],
    kind: Kind,
    codes: CodeList | None,
    is_column: bool = True,
    *,
    latest: date | None = None,
) -> tuple[list[Any], list[str]]:
    """Values and states of a column's cells. Equal cells are parsed once, but for ids, which hardly repeat.

    A helper with a code list is a code; a column of text with one stores the labels of the codes it knows, a column of
    deciles the codes themselves; what the list does not know is read as without it. `latest` is the last day that a
    date with a year of two digits can mean.
    """
    if kind in (Kind.CARD, Kind.NIK):
        cut = cells.numbers_are_cut(raw)
        judge = cells.repair_id if kind is Kind.CARD else cells.judge_nik
        pairs = [judge(cell, cut=cut) for cell in raw]
        return [value for value, _ in pairs], [state for _, state in pairs]
    parse = _parser(kind, codes, is_column)
    if kind is Kind.DATE and latest is not None:
        parse = partial(cells.parse_date, latest=latest)
    seen: dict[tuple[type, Any], cells.Value] = {}
    pairs = []
    for cell in raw:
        key = (type(cell), cell)  # 1, 1.0 and True are equal, and not the same to every parser
        pair = seen.get(key)
        if pair is None:
            pair = seen[key] = parse(cell)
        pairs.append(pair)
    return [value for value, _ in pairs], [state for _, state in pairs]


def _parser(kind: Kind, codes: CodeList | None, is_column: bool) -> Callable[[Any], cells.Value]:
    if codes is None:
        return _PARSERS[kind]
    if kind in (Kind.CODE, Kind.WORD) or not is_column:
        return lambda cell: cells.parse_code(cell, codes)
    plain = _PARSERS[kind]

    def labelled(cell: Any) -> cells.Value:
        value, state = cells.parse_code(cell, codes)
        if state != cells.OK:
            return plain(cell)
        return plain(value) if kind is Kind.DECILE else (codes.labels[value], state)

    return labelled


_PARSERS: dict[Kind, Callable[[Any], cells.Value]] = {
    Kind.TEXT: cells.parse_text,
    Kind.PLACE: cells.parse_place,
    Kind.DATE: cells.parse_date,
    Kind.AMOUNT: cells.parse_amount,
    Kind.DECILE: cells.parse_decile,
}


# --- rows ----------------------------------------------------------------------------------------------------------


def _unpivoted(reader: _Reader, form: RegisterFormat) -> Part:
    """Each row once for each programme whose answer counts; the programmes of a row stand together."""
    unpivot = form.unpivot
    assert unpivot is not None
    shared = reader.part()
    entries: list[tuple[str, _Reader, list[bool]]] = []
    for stored, sources in unpivot.entries:
        one = _Reader(
            reader.sheet,
            reader.layout,
            reader.rows,
            reader.numbers,
            reader.headings,
            reader.about,
            reader.received_on,
        )
        one.sources = sources
        if not any(source.slot in reader.layout.slots for source in sources.values()):
            continue
        entries.append((stored, one, one._holds(unpivot.when)))
    chosen = [
        (row, number) for row in range(len(reader.rows)) for number, (_, _, holds) in enumerate(entries) if holds[row]
    ]
    rows = [row for row, _ in chosen]
    part = Part(reader.layout, reader.sheet, reader.numbers, shared.columns, shared.given)
    part.keep(rows)
    columns: dict[str, list[Column | None]] = {}
    for name in dict.fromkeys(name for _, one, _ in entries for name in one.sources):
        columns[name] = [one.column(name) if name in one.sources else None for _, one, _ in entries]
    for name, theirs in columns.items():
        if any(column is not None for column in theirs):
            part.columns[name] = _picked(
                [_with_places(column, one, name) for column, (_, one, _) in zip(theirs, entries, strict=True)], chosen
            )
    programmes = [entries[number][0] for _, number in chosen]
    answers = next((one for name, one in part.columns.items() if name in unpivot.when), None)
    part.columns[unpivot.gives] = Column(
        list(programmes),
        [cells.OK] * len(chosen),
        list(programmes),
        [],
        answers.places if answers else [None] * len(chosen),
    )
    part.given = frozenset(name for name in part.columns if name in reader.kinds)
    part.assumed_days = _assumed(part, unpivot.entries[0][1])
    return part


def _assumed(part: Part, sources: Mapping[str, Source]) -> int:
    """How many dates are the first of a month because no day is asked for."""
    return sum(
        part.columns[name].states.count(cells.OK)
        for name, source in sources.items()
        if source.date is not None and "day" not in source.date and name in part.columns
    )


def _with_places(column: Column | None, reader: _Reader, name: str) -> Column | None:
    """The column with the place of every cell."""
    if column is None or column.places is not None:
        return column
    position = reader.layout.place(reader.sources[name], reader.sources)
    places: list[Place | None] = [
        None if position is None else (reader.sheet, number, position) for number in reader.numbers
    ]
    return Column(column.values, column.states, column.written, column.broken, places)


def _picked(columns: Sequence[Column | None], chosen: Sequence[tuple[int, int]]) -> Column:
    """Cells by row and number of the column."""
    made = Column([], [], [], [], [])
    assert made.places is not None
    broken = [set() if column is None else set(column.broken) for column in columns]
    for place, (row, number) in enumerate(chosen):
        column = columns[number]
        made.values.append(None if column is None else column.values[row])
        made.states.append(cells.BLANK if column is None else column.states[row])
        made.written.append(None if column is None else column.written[row])
        made.places.append(None if column is None or column.places is None else column.places[row])
        if row in broken[number]:
            made.broken.append(place)
    return made


def join_rows(parts: Sequence[Part], joined: Sequence[Part] = ()) -> None:
    """Make one row of those that agree in the columns of `one_row_per`, over all sheets of a format.

    Args:
        parts: of the format.
        joined: of the format that this one joins; their rows stand.
    """
    form = parts[0].layout.format
    parts = [*joined, *parts]
    groups: dict[tuple[Any, ...], list[tuple[int, int]]] = {}
    for number, part in enumerate(parts):
        for row, key in enumerate(_keys(part, form.one_row_per)):
            if key is not None:
                groups.setdefault(key, []).append((number, row))
    dropped: list[set[int]] = [set() for _ in parts]
    for group in groups.values():
        if len(group) < 2:
            continue
        stands = group[0] if group[0][0] < len(joined) else _standing(parts, group, form.prefer)
        for other in group:
            # rows of the joined format that repeat each other are for the rules to judge
            if other == stands or other[0] < len(joined):
                continue
            _fill(parts, stands, other)
            dropped[other[0]].add(other[1])
    for part, gone in zip(parts, dropped, strict=True):
        if gone:
            part.members = len(gone)
            part.keep([row for row in range(len(part.row_numbers)) if row not in gone])


def _keys(part: Part, names: Sequence[str]) -> Iterable[tuple[Any, ...] | None]:
    """For each row what tells which row it is; None when it cannot be told."""
    columns = [part.columns.get(name) for name in names]
    for row in range(len(part.row_numbers)):
        if all(column is not None and column.states[row] == cells.OK for column in columns):
            yield tuple(column.values[row] for column in columns if column is not None)
        else:
            yield None


def _standing(
    parts: Sequence[Part], group: Sequence[tuple[int, int]], prefer: Sequence[Mapping[str, Any]]
) -> tuple[int, int]:
    """Which of some rows stands for them all."""
    for condition in prefer:
        for number, row in group:
            if all(_meets(parts[number], row, name, wanted) for name, wanted in condition.items()):
                return number, row
    return group[0]


def _meets(part: Part, row: int, name: str, wanted: Any) -> bool:
    column = part.columns.get(wanted if name == "usable" else name)
    if column is None or column.states[row] != cells.OK:
        return False
    return name == "usable" or column.values[row] == wanted


def _fill(parts: Sequence[Part], stands: tuple[int, int], other: tuple[int, int]) -> None:
    """Take what is blank in the row that stands from another; it keeps the place it comes from."""
    (number, row), (from_number, from_row) = stands, other
    target, source = parts[number], parts[from_number]
    names = REGISTERS[target.layout.format.register]
    for name, theirs in source.columns.items():
        if name not in names or theirs.states[from_row] == cells.BLANK:
            continue
        mine = target.columns.get(name)
        if mine is None:
            count = len(target.row_numbers)
            mine = target.columns[name] = Column(
                [None] * count, [cells.BLANK] * count, [None] * count, [], [None] * count
            )
            target.given |= {name}
        if mine.states[row] != cells.BLANK:
            continue
        if mine.places is None:
            position = target.layout.columns.get(name)
            mine.places = [None if position is None else (target.sheet, line, position) for line in target.row_numbers]
        mine.values[row] = theirs.values[from_row]
        mine.states[row] = theirs.states[from_row]
        mine.written[row] = theirs.written[from_row]
        mine.places[row] = place_of(source, name, from_row)


def place_of(part: Part, name: str, row: int) -> Place | None:
    """Where the cell of a column stands."""
    column = part.columns.get(name)
    if column is not None and column.places is not None:
        return column.places[row]
    position = part.layout.columns.get(name)
    return None if position is None else (part.sheet, part.row_numbers[row], position)
