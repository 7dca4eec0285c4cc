"""Where the columns of a format stand in a sheet: headers of one to three lines, questions, near headers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

from rapidfuzz.distance import OSA

from entas.registers.catalogue import AreaHeaders, RegisterFormat, Slot, Source
from entas.registers.cells import fold, is_blank, tidy, written
from entas.registers.schema import REGISTERS
from entas.registers.sheets import Range, Row

_REMARK = re.compile(r"[(\[{][^)\]}]*[)\]}]?")
_RUNNING_NUMBER = re.compile(r"^\d{1,3}\s*[.)]?\s+(?=\D)|^\d{1,3}[.)]\s*(?=\D)", re.ASCII)
_QUESTION = re.compile(
    r"^\W*(?:(?:no|r|b|p|q)\W*)?(\d{3}[a-z](?![a-z])|\d{3}(?![a-z0-9]))\W*(.*)$", re.ASCII | re.IGNORECASE | re.DOTALL
)
#: The number behind the words: "Bulan 501a".
_QUESTION_BEHIND = re.compile(r"^\W*([a-z]+)\W+(\d{3}[a-z]?)\W*$", re.ASCII | re.IGNORECASE)
_WORD = re.compile(r"[a-z]+", re.ASCII | re.IGNORECASE)
_PLAIN_NUMBER = re.compile(r"\d{1,4}", re.ASCII)
_COLUMN_NUMBER = re.compile(r"[(\[-]?\s*(\d{1,3})\s*[.)\]]*", re.ASCII)
_LONG_NUMBER = re.compile(r"\d{9,}", re.ASCII)

#: Letters of the longest headings: a question in full, with its answers.
LONGEST_HEADING = 1_000

#: Length of a folded header from which one typing error is forgiven, and from which two in different words are.
_FORGIVE_ONE = 4
_FORGIVE_TWO = 10


@dataclass(frozen=True)
class Layout:
    """Where a register stands in a sheet.

    Attributes:
        format: the register and format.
        header_row: index of the first header row (0-based).
        data_row: index of the row below the header and the row that numbers its columns.
        slots: slot of the format -> index of the sheet's column.
        near: header as written -> column or helper that it was taken for, though it is spelled differently.
        unknown: headers that the format does not know, as written, left to right.
        repeated: headers that name a column found already, as written.
        numbering: indices of columns that only number the rows.
        area_code, area_name: index of the columns that name the village, or None.
        headings: for each line of the header its folded cells; a printed page repeats them.
    """

    format: RegisterFormat
    header_row: int
    data_row: int
    slots: dict[str, int]
    near: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    numbering: frozenset[int] = frozenset()
    area_code: int | None = None
    area_name: int | None = None
    headings: tuple[tuple[str, ...], ...] = ()

    @cached_property
    def columns(self) -> dict[str, int]:
        """Our column -> index of the sheet's column where its cells, or the first of those it is made of, stand.

        Columns that are asked once a programme have no one place.
        """
        sources = self.format.sources
        places = {name: self.place(source, sources) for name, source in sources.items()}
        return {name: place for name, place in places.items() if place is not None}

    def place(self, source: Source, sources: dict[str, Source]) -> int | None:
        """Index of the sheet's column where a source's cells, or the first of those it is made of, stand."""
        if source.slot is not None and source.slot in self.slots:
            return self.slots[source.slot]
        parts: Sequence[Source] = source.first_of
        if source.combine is not None:
            parts = [sources[name] for name in source.combine[0] if name in sources]
        elif source.date is not None:
            parts = [sources[name] for name in source.date.values() if name in sources]
        return next((place for part in parts if (place := self.place(part, sources)) is not None), None)


@dataclass
class Match:
    """How the headers from some row on fit a format.

    Attributes:
        slots: slot -> index of the sheet's column.
        known: how many headers the format knows.
        own: how many are spelled as the format itself spells them.
        excluded: whether there is a header which the format never has.
        taken: names by which columns were found.
    """

    slots: dict[str, int] = field(default_factory=dict)
    near: list[tuple[str, str]] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)
    numbering: set[int] = field(default_factory=set)
    area_code: int | None = None
    area_name: int | None = None
    known: int = 0
    own: int = 0
    excluded: bool = False
    taken: set[str] = field(default_factory=set)


class Header:
    """The cells from a header's first row to its last, and the names that each column goes by.

    Attributes:
        index: the first row; `lines`: how many.
        names: for each column the folded names it may be known by, the fullest first.
        shown: for each column its heading as written, lines joined.
    """

    def __init__(self, rows: Sequence[Row], index: int, lines: int, merged: Sequence[Range] = ()) -> None:
        self.index = index
        self.lines = lines
        block = rows[index : index + lines]
        width = max((len(row) for row in block), default=0)
        texts = [[heading(row[place]) if place < len(row) else "" for place in range(width)] for row in block]
        self.folded = tuple(tuple(map(fold, line)) for line in texts)
        self.texts = sum(1 for column in zip(*texts, strict=True) if any(column))
        carried = [_carried(line, texts[number + 1 :], index + number, merged) for number, line in enumerate(texts)]
        self.names: list[list[str]] = []
        self.shown: list[str] = []
        self.spelled: list[list[str]] = []
        for place in range(width):
            own = [line[place] for line in texts if line[place]]
            full = [line[place] for line in carried if line[place]] if own else []
            spelled = [" ".join(full), " ".join(own), *reversed(own)] if lines > 1 else own
            self.names.append(_names(spelled))
            self.shown.append(" ".join(own))
            self.spelled.append([" ".join(full), *own])

    @property
    def end(self) -> int:
        """Index of the row below."""
        return self.index + self.lines


def heading(cell: Any) -> str:
    """The text of a header cell, with spaces and line breaks as one space; questions may be numbers.

    A text of pages is no header, and is not looked at.
    """
    if type(cell) is str:
        return tidy(cell) if len(cell) <= LONGEST_HEADING else ""
    if type(cell) is int or (type(cell) is float and cell.is_integer()):
        return str(int(cell))
    return ""


def _carried(line: list[str], below: list[list[str]], row: int, merged: Sequence[Range]) -> list[str]:
    """A header line in which a group heading counts for all the columns below it."""
    if not below:
        return line
    ends = {first_column: last_column for first, first_column, _, last_column in merged if first == row}
    made = list(line)
    start: int | None = None
    for place, text in enumerate(line):
        if text:
            start = place
        elif start is not None and any(one[place] for one in below) and place <= ends.get(start, len(line)):
            made[place] = line[start]
    return made


def _names(spelled: Sequence[str]) -> list[str]:
    """Folded names a heading may be known by: whole, without a remark in brackets, without a number before it."""
    names: dict[str, None] = {}
    for text in spelled:
        bare = _REMARK.sub(" ", text)
        for variant in (text, bare, _RUNNING_NUMBER.sub("", text), _RUNNING_NUMBER.sub("", bare)):
            folded = fold(variant)
            if folded:
                names.setdefault(folded)
    return list(names)


def is_header_like(row: Row) -> bool:
    """Whether a row can be a line of a header: it holds text, and neither ids nor dates."""
    texts = 0
    for cell in row:
        kind = type(cell)
        if kind is str:
            if _LONG_NUMBER.search(cell):
                return False
            texts += not is_blank(cell)
        elif kind is int or kind is float:
            if not 0 <= abs(cell) < 10_000 or cell != int(cell):
                return False
            texts += 1
        elif isinstance(cell, date):
            return False
    return texts > 0


def numbers_columns(row: Row) -> bool:
    """Whether a row only numbers the columns above it: 1 2 3, (1) (2) (3), -1 -2 -3; a column may be put in between."""
    numbers = []
    for cell in row:
        if is_blank(cell):
            continue
        match_ = _COLUMN_NUMBER.fullmatch(tidy(written(cell) or ""))
        if match_ is None:
            return False
        numbers.append(int(match_[1]))
    steps = sum(after == before + 1 for before, after in pairwise(numbers))
    return len(numbers) >= 3 and numbers[0] <= 2 and 4 * steps >= 3 * (len(numbers) - 1)


def explains_columns(row: Row, form: RegisterFormat, slots: dict[str, int]) -> bool:
    """Whether a row below a header only explains it: numbers of columns or questions, or remarks in brackets."""
    filled = [tidy(written(cell) or "") for cell in row if not is_blank(cell)]
    if len(filled) < 2:
        return False
    if numbers_columns(row) or all(_REMARK.fullmatch(text) for text in filled):
        return True
    if not is_header_like(row):
        return False
    if form.questions_after is not None:
        # a family's row has at least its card or its head where the questionnaire says who it is
        who = [place for name, place in slots.items() if form.slots[name].question is None]
        return all(place >= len(row) or is_blank(row[place]) for place in who)
    # below a row of question numbers the questions may be told in words, and the other way round
    return form.by_number and (
        all(_QUESTION.match(text) for text in filled) or all(type(cell) is str for cell in row if not is_blank(cell))
    )


# --- matching ------------------------------------------------------------------------------------------------------


def match(header: Header, form: RegisterFormat, area: AreaHeaders) -> Match:
    """Find a format's columns under a header: by number of question, by name, by order, then nearly."""
    found = Match()
    after = _questions_start(header, form)
    open_places: list[int] = []
    asked: str | None = None
    for place, names in enumerate(header.names):
        if not names:
            continue
        if not form.not_with.isdisjoint(names):
            found.excluded = True
        if form.by_number:
            question = _take_question(found, form, header, place)
            if question is not None or _take_further(found, form, names, place, asked):
                found.known += 1
                asked = question or asked
                continue
            asked = None
        if not _take_name(found, form, area, names, place):
            open_places.append(place)
    if after is not None and form.questions:
        open_places = [place for place in open_places if not _take_plain_number(found, form, header, place, after)]
    if found.known >= 2:
        open_places = _take_near(found, form, header, open_places)
    found.unknown = [place for place in open_places if after is None or place < after]
    return found


def _questions_start(header: Header, form: RegisterFormat) -> int | None:
    """Index of the first column of a questionnaire's questions."""
    if form.questions_after is None:
        return None
    return next((place + 1 for place, names in enumerate(header.names) if form.questions_after in names), None)


def _take_name(found: Match, form: RegisterFormat, area: AreaHeaders, names: Sequence[str], place: int) -> bool:
    """Whether a column is known by one of its names."""
    for name in names:
        slots = form.headers.get(name)
        if slots is not None:
            fresh = [slot for slot in slots if slot not in found.slots]
            for slot in fresh:
                found.slots[slot] = place
                found.taken.add(name)
            if fresh:
                found.known += 1
                found.own += any(form.slots[slot].headers[0] == name for slot in fresh)
            elif name in found.taken or (name not in form.unused and _is_stored(form, slots)):
                found.repeated.append(place)
            return True
        if name in form.numbering:
            found.numbering.add(place)
            return True
        if name in area.code:
            found.area_code = place if found.area_code is None else found.area_code
            return True
        if name in area.name:
            found.area_name = place if found.area_name is None else found.area_name
            return True
        if name in form.unused:
            found.known += 1
            found.own += 1
            return True
    return False


def _take_question(found: Match, form: RegisterFormat, header: Header, place: int) -> str | None:
    """The question by the number of which a column is headed; questions that are not used are known too."""
    told = _question(form, header.spelled[place])
    if told is None:
        return None
    number, words = told
    asked = [form.slots[name] for name in form.questions.get(number, ())]
    slot = _slot_by_words([slot for slot in asked if slot.name not in found.slots], words)
    rest = fold(words)
    if slot is not None:
        found.slots[slot.name] = place
        found.own += 1
        if rest not in slot.headers and _distance(rest, slot.headers) is not None:
            found.near.append((header.shown[place], slot.column))
    elif number not in form.unused and _is_stored(form, [slot.name for slot in asked]):
        found.repeated.append(place)
    return number


def _question(form: RegisterFormat, spelled: Sequence[str]) -> tuple[str, str] | None:
    """The number of a question in a heading, and the words with it."""
    for text in spelled:
        if match_ := _QUESTION.match(text):
            return match_[1].lower(), match_[2]
        if (match_ := _QUESTION_BEHIND.match(text)) and match_[2].lower() in form.questions:
            return match_[2].lower(), match_[1]
    return None


def _take_further(found: Match, form: RegisterFormat, names: Sequence[str], place: int, asked: str | None) -> bool:
    """Whether a column has nothing but the word of a further column of the question to its left: 501a, Bulan, Tahun."""
    for name in form.questions.get(asked or "", ()):
        if name not in found.slots and not set(names).isdisjoint(form.slots[name].words):
            found.slots[name] = place
            found.own += 1
            return True
    return False


def _is_stored(form: RegisterFormat, slots: Sequence[str]) -> bool:
    """Whether a slot is that of a column; helpers may stand under one header and another."""
    return any(form.slots[name].column in REGISTERS[form.register] for name in slots)


def _slot_by_words(slots: Sequence[Slot], text: str) -> Slot | None:
    """Which column of a question a heading means, by the words with the number; without words the next in order.

    A word counts most where the heading begins or ends with it, for a question in full may hold it besides: "501a
    Menerima bantuan dalam satu tahun terakhir" asks for no year.
    """
    words = [word.casefold() for word in _WORD.findall(text)]
    for slot in slots:
        if any(word in (words[0], words[-1]) for word in slot.words if words):
            return slot
    for slot in slots:
        if not slot.words or not words:
            return slot
    return next((slot for slot in slots if any(word in fold(text) for word in slot.words)), None)


def _take_plain_number(found: Match, form: RegisterFormat, header: Header, place: int, after: int) -> bool:
    """Whether a line of the header holds nothing but the number of a question."""
    if place < after:
        return False
    for line in header.folded:
        if _PLAIN_NUMBER.fullmatch(line[place]):
            for slot in form.questions.get(str(int(line[place])), ()):
                if slot not in found.slots:
                    found.slots[slot] = place
                    found.known += 1
                    return True
    return False


def _take_near(found: Match, form: RegisterFormat, header: Header, places: list[int]) -> list[int]:
    """Take headers that are nearly those of columns not found otherwise; the places that are still open.

    A header is taken when it is near to one column alone, and no other header is as near to that column.
    """
    had = {form.slots[name].column for name in found.slots}
    missing = [slot for slot in form.slots.values() if slot.name not in found.slots and slot.column not in had]
    nearest: dict[int, tuple[int, list[Slot], set[str]]] = {}
    for place in places:
        text = header.names[place][0]
        near = [(one, slot) for slot in missing if (one := _distance(text, slot.headers)) is not None]
        if near:
            least = min(distance for (distance, _), _ in near)
            best = [(known, slot) for (distance, known), slot in near if distance == least]
            nearest[place] = least, [slot for _, slot in best], {known for known, _ in best}
    taken: set[int] = set()
    for place, (distance, slots, names) in nearest.items():
        rivals = [
            other
            for other, (least, theirs, _) in nearest.items()
            if other != place and least <= distance and slots[0] in theirs
        ]
        # columns that each take their part of the cells may share a header
        if len(names) > 1 or rivals:
            continue
        for slot in slots:
            found.slots[slot.name] = place
        found.near.append((header.shown[place], slots[0].column))
        found.known += 1
        found.own += 1
        taken.add(place)
    return [place for place in places if place not in taken]


@lru_cache(maxsize=100_000)
def _distance(text: str, headers: tuple[str, ...]) -> tuple[int, str] | None:
    """How many typing errors part a heading from the nearest of some headers, and which; None when they are too many.

    One is forgiven (a letter too much, too few, wrong, or two that changed places); two when they fall into different
    words of a long header: "Tanggal Lapor" is not "Tanggal Lahir".
    """
    best: tuple[int, str] | None = None
    for known in headers:
        if min(len(text), len(known)) < _FORGIVE_ONE or abs(len(text) - len(known)) > 2:
            continue
        distance = OSA.distance(text, known, score_cutoff=2)
        allowed = 1
        if distance == 2 and min(len(text), len(known)) >= _FORGIVE_TWO:
            allowed = 2 if _in_different_words(text, known) else 1
        if distance <= allowed and (best is None or distance < best[0]):
            best = distance, known
    return best


def _in_different_words(text: str, known: str) -> bool:
    """Whether two typing errors lie apart: one in the first half of the header, one in the second."""
    middle = len(known) // 2
    return any(
        OSA.distance(text[:cut], known[:middle], score_cutoff=1) <= 1
        and OSA.distance(text[cut:], known[middle:], score_cutoff=1) <= 1
        for cut in (middle - 1, middle, middle + 1)
    )
