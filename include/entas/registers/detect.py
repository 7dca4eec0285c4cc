"""Which register a sheet holds, in which format, and where: told by its headers alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from entas.registers.catalogue import RegisterFormat, area_headers, formats
from entas.registers.cells import fold, is_blank
from entas.registers.groups import has_group
from entas.registers.layout import Header, Layout, Match, explains_columns, heading, is_header_like, match
from entas.registers.sheets import Range, Row

__all__ = ["SEARCH_ROWS", "Layout", "Search", "find_layout", "known_headers"]

#: Header rows are looked for this far down; titles, letterheads and notes may stand above.
SEARCH_ROWS = 40

#: Rows in which the heading of the first family must stand, from the header on.
_GROUP_ROWS = 200


@dataclass
class Search:
    """What was found in a sheet: a layout, or the nearest register and the required columns it lacks.

    Attributes:
        layout: the register that the sheet holds.
        beside: other registers of the same format that the same sheet gives.
        nearest: the register that the sheet is most like when it holds none; `missing`: what it lacks.
        likely: whether the sheet is meant as the nearest register: it lacks one required column, and at least half of
            its headers are that register's. Other sheets only share some headers with it (a list of participants).
    """

    layout: Layout | None = None
    beside: tuple[Layout, ...] = ()
    nearest: RegisterFormat | None = None
    missing: list[str] = field(default_factory=list)
    likely: bool = False


@dataclass
class _Candidate:
    form: RegisterFormat
    header: Header
    match: Match
    given: set[str]

    @property
    def rank(self) -> tuple[int, int, float, int, int]:
        """Of complete registers the greatest wins: headers known, those spelled as the format itself spells them, the
        share of the format's columns that are there, the shorter header, the upper row.

        A further line has to add more than one header: a word of a title may stand above any column.
        """
        return (
            self.match.known - (self.header.lines - 1),
            self.match.own,
            self.match.known / self.form.known,
            -self.header.lines,
            -self.header.index,
        )


def find_layout(rows: Sequence[Row], merged: Sequence[Range] = ()) -> Search:
    """The register of a sheet.

    Of the formats whose required columns are all there, the one that knows most of the headers wins (see
    `_Candidate.rank`). A row that has some required columns of a register, and not all, is remembered as the nearest:
    the one that lacks least, and of those a print with headings of families where the sheet has such headings.

    Args:
        rows: of the sheet.
        merged: its merged ranges, which tell how far a heading over several columns reaches.
    """
    search = Search()
    complete: list[_Candidate] = []
    nearest: tuple[int, bool, int, int] | None = None
    for candidate in _candidates(rows, merged):
        missing = _missing(candidate)
        group_is_there = _group_is_there(candidate, rows)
        if not missing and group_is_there:
            complete.append(candidate)
            continue
        missing = missing or [candidate.form.shown(candidate.form.group_key or "")]
        met = len(candidate.form.required) - len(missing)
        columns = {candidate.form.slots[name].column for name in candidate.match.slots}
        printed = group_is_there and candidate.form.group_key is not None
        near = (-len(missing), printed, len(columns), candidate.match.known)
        alike = 2 * met >= len(candidate.form.required) and (met >= 2 or len(columns) >= 3)
        if alike and (nearest is None or near > nearest):
            nearest, search.nearest, search.missing = near, candidate.form, missing
            search.likely = len(missing) == 1 and 2 * len(columns) >= candidate.header.texts
    if complete:
        best = _first_of_its_kind(max(complete, key=lambda candidate: candidate.rank), complete)
        if best.form.beside:
            # a register that another one may have beside it stands for the sheet
            others = [other for other in complete if _same_header(other, best) and not other.form.beside]
            best = max(others, key=lambda candidate: candidate.rank, default=best)
        beside = [
            other
            for other in complete
            if other.form.beside and other.form is not best.form and _same_header(other, best)
        ]
        # what one register of a sheet knows is not unknown to the others
        unknown = [place for place in best.match.unknown if all(place in other.match.unknown for other in beside)]
        search.layout, *others = [_layout(one, rows, merged, unknown) for one in (best, *beside)]
        search.beside = tuple(others)
    return search


def _first_of_its_kind(best: _Candidate, complete: Sequence[_Candidate]) -> _Candidate:
    """The uppermost header of a register that a print repeats: the rows below a misspelt first one are rows too."""
    above = [
        other
        for other in complete
        if other.header.end < best.header.index
        and (other.form.register, other.form.format_id) == (best.form.register, best.form.format_id)
    ]
    if not above:
        return best
    return _first_of_its_kind(max(above, key=lambda candidate: candidate.rank), above)


def _same_header(one: _Candidate, other: _Candidate) -> bool:
    """Whether two registers of one format stand under the same header."""
    return (one.form.format_id, one.form.version) == (other.form.format_id, other.form.version) and (
        one.header.index,
        one.header.lines,
    ) == (other.header.index, other.header.lines)


def known_headers(rows: Sequence[Row]) -> int:
    """The most known headers that any row holds, of any one format: tells how a csv is separated."""
    best = 0
    for row in rows[:SEARCH_ROWS]:
        texts = {fold(cell) for cell in row if type(cell) is str}
        hits = Counter(number for text in texts for number in formats().by_header.get(text, ()))
        best = max(best, *hits.values(), 0)
    return best


# --- candidates ----------------------------------------------------------------------------------------------------


def _candidates(rows: Sequence[Row], merged: Sequence[Range]) -> list[_Candidate]:
    """For each row that may begin a header, the formats that it shares headers with; the header as long as it adds."""
    found: list[_Candidate] = []
    area = area_headers()
    for index, row in enumerate(rows[:SEARCH_ROWS]):
        if len(row) < 2 or not is_header_like(row):
            continue
        best: dict[int, _Candidate] = {}
        lines = 0
        while lines < formats().header_lines and index + lines < len(rows) and is_header_like(rows[index + lines]):
            lines += 1
            if lines == 1 and sum(not is_blank(cell) for cell in row) < 2 and not _may_go_on(rows, index):
                break
            header = Header(rows, index, lines, merged)
            for number in _sharing(header):
                form = formats()[number]
                if form.header_lines < lines:
                    continue
                made = match(header, form, area)
                given = _given(form, made)
                if given and not made.excluded and (number not in best or made.known > best[number].match.known):
                    best[number] = _Candidate(form, header, made, given)
        found.extend(best.values())
    return found


def _may_go_on(rows: Sequence[Row], index: int) -> bool:
    """Whether a row of one cell may be the first line of a header: the next row has more."""
    return index + 1 < len(rows) and sum(not is_blank(cell) for cell in rows[index + 1]) >= 2


def _sharing(header: Header) -> list[int]:
    """Formats that share at least two headers with this one, or one and questions."""
    index = formats().by_header
    hits: Counter[int] = Counter()
    for names in header.names:
        hits.update({number for name in names for number in index.get(name, ())})
    shared = {number for number, count in hits.items() if count >= 2}
    return sorted(shared | formats().by_question)


def _given(form: RegisterFormat, made: Match) -> set[str]:
    """Columns and helpers that the sheet gives by itself."""
    given = {form.slots[name].column for name in made.slots if "@" not in name}
    if form.unpivot:
        for _, sources in form.unpivot.entries:
            if any(source.slot in made.slots for source in sources.values()):
                given |= {form.unpivot.gives, *sources}
                break
    if not given:
        return given
    for name, source in form.sources.items():
        if (
            source.constant
            or (source.combine is not None and all(one in given for one in source.combine[0]))
            or (source.date is not None and all(one in given for one in source.date.values()))
        ):
            given.add(name)
    return given


def _missing(candidate: _Candidate) -> list[str]:
    """Required columns that neither the sheet nor what stands outside its table can give."""
    form = candidate.form
    elsewhere = {
        name
        for name, source in form.sources.items()
        for one in (source, *source.first_of)
        if one.group is not None or one.about is not None
    }
    missing = form.missing(candidate.given | elsewhere)
    if form.unpivot and form.unpivot.gives not in candidate.given:
        missing.append(next(iter(form.questions), form.unpivot.gives))
    return missing


def _group_is_there(candidate: _Candidate, rows: Sequence[Row]) -> bool:
    if candidate.form.group_key is None:
        return True
    nik = candidate.match.slots.get("nik")
    return has_group(candidate.form, rows[: candidate.header.end + _GROUP_ROWS], nik)


def _layout(candidate: _Candidate, rows: Sequence[Row], merged: Sequence[Range], unknown: Sequence[int]) -> Layout:
    header, made = candidate.header, candidate.match
    places = set(made.slots.values())
    data_row = header.end
    # merged down over several rows, the cells of a header tell where it ends
    ends = [last for first, column, last, _ in merged if header.index <= first < header.end and column in places]
    if sum(last >= header.end for last in ends) >= 2:
        data_row = min(max(ends), header.index + candidate.form.header_lines - 1, len(rows) - 1) + 1
    while data_row < len(rows) and explains_columns(rows[data_row], candidate.form, made.slots):
        data_row += 1
    return Layout(
        format=candidate.form,
        header_row=header.index,
        data_row=data_row,
        slots=made.slots,
        near=tuple(made.near),
        unknown=tuple(header.shown[place] for place in unknown),
        repeated=tuple(header.shown[place] for place in made.repeated),
        numbering=frozenset(made.numbering),
        area_code=made.area_code,
        area_name=made.area_name,
        headings=tuple(tuple(fold(heading(cell)) for cell in row) for row in rows[header.index : data_row]),
    )
