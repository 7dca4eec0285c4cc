"""The formats Entas knows, read from formats/*.yaml: a format is data, so that one can be added without Python.

Those of the folder that `ENTAS_FORMATS` names are read besides: one with the id of a built-in format replaces it, lists
in its `area.yaml` and `below.yaml` are added to ours, a code list in its `code_lists` comes before ours of that name.

Headers and labels are compared without case, spaces and punctuation; a remark in brackets behind a header
(`Tanggal Lahir (hh/bb/tttt)`) does not matter, and small typing errors are forgiven and said.

**A format file** holds

- `format`: its id; `title`: its name, as a village clerk reads it;
- `version`: of the shape described here, kept with every upload; or
- `versions`: version -> what differs from the rest of the file, of the same shape (a mapping is merged key by key, all
  else replaces, `null` takes a key away). The version that fits a sheet best is the one it is read by;
- `numbering`: headers of columns that only number the rows;
- `registers`: register -> its description, or a list of them when sheets of different kinds give the same register.

**A description** holds

- `columns`: our column -> its source (below);
- `helpers`: any other name -> a source that is read for the others' sake and not stored; `codes` are its own;
- `required`: columns (or helpers) that must be there; a list inside means one of them. A sheet that lacks one is
  rejected with the name of the column. A required column may not be left blank in a row; others may;
- `unused`: headers that are known and not loaded. All others are listed as unknown;
- `not_with`: headers that no such sheet has: a sheet with one of them is of another kind;
- `borrows`: a format whose headers of the same register are known here too, where this one does not use them itself.
  `borrows: entas` lets villages rename columns to what Entas calls them;
- `header_lines`: how many rows a header may span (3 unless told). Names may go on over the lines, and a group heading
  ("Orang Tua" over "Ayah | Ibu") is read before the names below it. Titles above and a row that numbers the columns
  below need no word here;
- `questions_after`: the header to whose right all columns are questions, known whether used or not;
- `end_marks`: beginnings of cells that end the data. Totals, notes and signatures are told by formats/below.yaml and
  need no word here;
- `group`: the rows that head a family's member rows (a print of the register):
    - `key`: the column (no_kk) without which a row is no such heading;
    - `unused`: labels that stand in those rows and are not loaded; each ends the value of the label before it;
- `unpivot`: questions asked once a programme, that give one row for each programme:
    - `gives`: the column that names it; `over`: question -> what is stored there;
    - `columns`, `helpers`: further sources, in which `question: each` is the question at hand;
    - `when`: helper -> values with which the answer is a row;
- `one_row_per`: columns (or helpers); rows in which all of them are equal are one row, over all sheets of the format.
  Cells that are blank in the row that stands are taken from the others. Rows in which one is blank (or an id that is
  not usable) stay by themselves;
- `joins`: id of a format whose rows of this register, in another sheet of the workbook, say what rows of this one say:
  where they agree in the columns of `one_row_per`, the other format's row stands and takes in this one's;
- `prefer`: which of such rows stands: a list of conditions, of which the first that a row meets decides; then the upper
  row. A condition is a mapping of helper or column -> value, and `usable: <id column>`;
- `beside`: true when a sheet in which another register of this format was found may hold this one too;
- `says`: sentences (Indonesian) for the village, whenever rows were read so; `{rows}` and `{members}` (rows that
  `one_row_per` took away) are filled in.

**A source** is a mapping that says where the cells of a column come from, one of

- `headers`: ways the column is headed, the format's own first; and, or, `question`: the number its header holds or
  begins with (`403`, `403. NIK`, `501a`), with `words` of which one follows it (`501a bulan`) when one question has
  several columns. Columns of one question without any words count from left to right in the order of the sources;
- `group`: labels in the row above the members (`No. KK : 3216…`, the value in the same cell, in the next cells or in
  the cell below); a label between slashes is a regular expression, tried on each cell, whose first group is the value;
- `about`: labels on a sheet of pairs (label, value) that speaks of the rows of another sheet. With `headers` besides,
  the column so headed tells which of several such descriptions a row belongs to;
- `value`: what is stored in every row;
- `combine`: several sources give one code: `of`, names of columns or helpers; `cases`, rows of their codes and, last,
  the code that is stored. `"*"` is anything, `"-"` nothing; the first case that fits counts, and null stores nothing;
- `date`: `year`, `month` and, when asked, `day`: names of helpers; without a day the first of the month is taken,
  and said;
- `first_of`: a list of sources, of which the first that has a value counts;

and, besides,

- `when`: helper -> values of it with which the source is asked; in other rows it has nothing;
- `codes`: `<list file>.<list>` of formats/code_lists. A column of text stores the label of a known code, and other text
  as it is; a column of deciles stores the code;
- `part`: a regular expression; its first group is the part of the cell that counts (`RT` out of `001/002`). Two columns
  may share a header when each takes its part.

**A code list** is code -> labels, or code -> `{stored: code that is stored, labels: […]}` where the form has codes of
its own. **formats/below.yaml** tells what stands below the data, **formats/area.yaml** which columns name the village.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

from entas.errors import EntasError
from entas.registers.cells import fold, tidy
from entas.registers.own_sheets import NOTES_HEADING
from entas.registers.schema import REGISTERS, CodeList, Kind
from entas.settings import formats_folder

FORMATS = Path(__file__).parent / "formats"

#: The same YAML by libyaml, where PyYAML was built with it, is read ten times as fast.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

#: Files in formats/ that are no formats.
_COMMON = frozenset({"area", "below"})
_SOURCES = frozenset({"headers", "question", "group", "about", "value", "combine", "date", "first_of"})
_BESIDES = frozenset({"words", "codes", "part", "when"})
_DESCRIPTION = frozenset(
    "columns helpers required unused borrows not_with header_lines questions_after end_marks group unpivot one_row_per "
    "joins prefer beside says".split()
)
_FILE = frozenset({"format", "title", "version", "versions", "numbering", "registers"})

#: Question of an unpivoted source that stands for the one at hand.
EACH = "each"


class FormatError(EntasError, ValueError):
    """A format file is wrong; the message names the file and the mistake."""


@dataclass(frozen=True)
class Slot:
    """A place in the sheet's header where cells of a source stand.

    Attributes:
        name: of the column or helper; alternatives of one are told apart by a number behind it.
        column: the column or helper itself.
        headers: folded, the format's own first.
        question: number that the header holds or begins with, or None.
        words: folded words of which one follows the number when a question has several columns.
    """

    name: str
    column: str
    headers: tuple[str, ...] = ()
    question: str | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """Where the cells of a column or helper come from; see the module's text. One kind of the first six is set.

    Attributes:
        slot: name of the slot for headers and questions.
        group, about: name under which the value is carried from a heading row or a sheet of pairs.
        value: constant, given that `constant`.
        combine: names, and cases.
        date: part of a date -> helper.
        first_of: sources, in order.
        when: helper -> values with which this source is asked.
        part: what counts of a cell.
    """

    slot: str | None = None
    group: str | None = None
    about: str | None = None
    constant: bool = False
    value: Any = None
    combine: tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]] | None = None
    date: Mapping[str, str] | None = None
    first_of: tuple[Source, ...] = ()
    when: Mapping[str, frozenset[Any]] = field(default_factory=dict)
    part: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Labels:
    """Labels of values that stand outside the table.

    Attributes:
        texts: folded label -> names of the values; none for labels that only end another's value.
        patterns: regular expression, tried on each cell -> name of the value.
        spelled: the labels as written in the format file.
    """

    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    patterns: tuple[tuple[re.Pattern[str], str], ...] = ()
    spelled: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unpivot:
    """Questions asked once a programme.

    Attributes:
        gives: the column that names the programme.
        entries: what is stored there -> sources of that entry.
        when: helper -> values with which the answer is a row.
    """

    gives: str
    entries: tuple[tuple[str, dict[str, Source]], ...]
    when: Mapping[str, frozenset[Any]]


@dataclass(frozen=True)
class RegisterFormat:
    """How one format writes one register, in one kind of sheet.

    Attributes:
        register: which register it is.
        format_id, version, title: of the format.
        required: groups of columns, of each of which at least one must be there.
        sources: column or helper -> where its cells come from.
        slots: places in the header, by name.
        headers: folded header -> names of the slots it stands for.
        questions: number of a question -> names of its slots, in order.
        codes: column or helper -> its code list.
        unused: folded headers that are known and not loaded.
        not_with: folded headers that no sheet of this kind has.
        numbering: folded headers of columns that only number the rows, or carry the notes of an earlier feedback.
        header_lines: how many rows the header may span.
        questions_after: folded header of the column to whose right the questions stand.
        end_marks: texts that end the data.
        group: labels in the rows that head member rows; group_key: the column that such a row must give.
        about: labels on sheets of pairs.
        unpivot, one_row_per, joins, prefer, beside, says: see the module's text.
    """

    register: str
    format_id: str
    version: str
    title: str
    required: tuple[tuple[str, ...], ...]
    sources: dict[str, Source]
    slots: dict[str, Slot]
    headers: dict[str, tuple[str, ...]]
    questions: dict[str, tuple[str, ...]]
    codes: dict[str, CodeList]
    unused: frozenset[str]
    not_with: frozenset[str]
    numbering: frozenset[str]
    header_lines: int
    questions_after: str | None
    end_marks: tuple[str, ...]
    group: Labels
    group_key: str | None
    about: Labels
    unpivot: Unpivot | None
    one_row_per: tuple[str, ...]
    joins: str | None
    prefer: tuple[Mapping[str, Any], ...]
    beside: bool
    says: tuple[str, ...]

    @property
    def known(self) -> int:
        """How many columns of the sheet the format has in all."""
        return len({slot.headers or slot.name for slot in self.slots.values()}) + len(self.unused)

    @cached_property
    def by_number(self) -> bool:
        """Whether columns are headed by numbers of questions (301a, 403)."""
        return any(len(question) >= 3 for question in self.questions)

    def missing(self, columns: set[str]) -> list[str]:
        """Required columns that are not among `columns`, with the format's own headers; alternatives by "atau"."""
        return [
            " atau ".join(self.shown(name) for name in group)
            for group in self.required
            if not columns.intersection(group)
        ]

    def shown(self, name: str) -> str:
        """A column as a village knows it: our name, and the header in its format where that differs."""
        own = self._own_header(name)
        if name not in REGISTERS[self.register]:
            return own or name
        return name if own is None or own == name else f'{name} ("{own}")'

    def _own_header(self, name: str) -> str | None:
        return self.spellings.get(name)

    #: column or helper -> its first header, as written in the format file.
    spellings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AreaHeaders:
    """Folded headers of the columns that name the village, by code and by name."""

    code: frozenset[str]
    name: frozenset[str]


@dataclass(frozen=True)
class BelowData:
    """What stands below the data: folded beginnings of totals and notes, and patterns of notes."""

    totals: tuple[str, ...]
    notes: tuple[str, ...]
    patterns: tuple[re.Pattern[str], ...]


class Formats(tuple[RegisterFormat, ...]):
    """All registers of all formats, with what is asked of them all at once."""

    @cached_property
    def by_header(self) -> dict[str, tuple[int, ...]]:
        """Folded header -> numbers of those that know it."""
        index: dict[str, list[int]] = {}
        for number, form in enumerate(self):
            for name in {*form.headers, *form.unused}:
                index.setdefault(name, []).append(number)
        return {name: tuple(numbers) for name, numbers in index.items()}

    @cached_property
    def by_question(self) -> frozenset[int]:
        """Numbers of those whose columns are headed by numbers of questions."""
        return frozenset(number for number, form in enumerate(self) if form.by_number)

    @cached_property
    def header_lines(self) -> int:
        """The most rows that a header may span."""
        return max(form.header_lines for form in self)


@dataclass(frozen=True)
class FormatFile:
    """A format file: where it lies, what it says, and whether it is one of Entas's own or of `ENTAS_FORMATS`."""

    path: Path
    content: dict[str, Any]
    built_in: bool


def format_files() -> list[FormatFile]:
    """The format files that count, Entas's own workbook first; the data team's replace built-in ones of the same id.

    Raises:
        FormatError: a file is no YAML, lacks its id, or two have the same.
    """
    found: dict[str, FormatFile] = {}
    for folder in _folders():
        built_in = folder == FORMATS
        for path in sorted(folder.glob("*.yaml")):
            if path.stem in _COMMON:
                continue
            content = _read(path)
            name = content.get("format")
            if not name:
                raise FormatError(f"{path.name}: a format needs its id (format: ...)")
            if name in found and found[name].built_in == built_in:
                raise FormatError(f"{path.name}: the format {name} is told in {found[name].path.name} already")
            found[name] = FormatFile(path, content, built_in)
    return sorted(found.values(), key=lambda file: (file.content["format"] != "entas", file.path.name))


@cache
def formats() -> Formats:
    """All registers of all versions of all formats, Entas's own first.

    Raises:
        FormatError: a format file is wrong; the message names the file and the mistake.
    """
    contents = {file.path: file.content for file in format_files()}
    by_id = {content["format"]: content for content in contents.values()}
    found: list[RegisterFormat] = []
    for path, content in contents.items():
        with _blaming(path):
            _known_keys(path.name, content, _FILE)
            for version, described in _versions(content):
                for register, descriptions in described["registers"].items():
                    for description in descriptions if isinstance(descriptions, list) else [descriptions]:
                        where = f"{path.name}, {register}"
                        found.append(_Reader(where, described, version, register, description, by_id).read())
    return Formats(found)


@cache
def area_headers() -> AreaHeaders:
    """The headers in formats/area.yaml, and in that of `ENTAS_FORMATS` if there is one."""
    content = _common("area")
    return AreaHeaders(*(frozenset(map(fold, content[kind])) for kind in ("code", "name")))


@cache
def below_data() -> BelowData:
    """What formats/below.yaml, and that of `ENTAS_FORMATS`, tell of totals, notes and signatures."""
    content = _common("below")
    return BelowData(
        totals=tuple(map(fold, content["totals"])),
        notes=tuple(map(fold, content["notes"])),
        patterns=tuple(re.compile(pattern) for pattern in content["patterns"]),
    )


def _folders() -> list[Path]:
    """Where format files lie: Entas's own, then the data team's."""
    folder = formats_folder()
    return [FORMATS] if folder is None else [FORMATS, folder]


def _common(stem: str) -> dict[str, list[str]]:
    """The lists of a file that is no format; those of `ENTAS_FORMATS` are added to Entas's own."""
    lists: dict[str, list[str]] = {}
    for folder in _folders():
        path = folder / f"{stem}.yaml"
        if path.exists():
            with _blaming(path):
                for key, entries in _read(path).items():
                    if lists and folder != FORMATS and key not in lists:
                        raise FormatError(f"{path.name}: no such key: {key}; known are {', '.join(lists)}")
                    lists.setdefault(key, []).extend(entries)
    return lists


@contextmanager
def _blaming(path: Path) -> Iterator[None]:
    """Whatever is wrong in a format file is told with its name; those who write them need no trace."""
    try:
        yield
    except FormatError as error:
        if path.name in str(error):
            raise
        raise FormatError(f"{path.name}: {error}") from error
    except KeyError as error:
        raise FormatError(f"{path.name}: {error.args[0]} is missing") from error
    except (AttributeError, TypeError, ValueError, re.error) as error:
        raise FormatError(f"{path.name} is not as a format file has to be: {error}") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise FormatError(f"{path.name} cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise FormatError(f"{path.name} is empty or no mapping of keys to values")
    return content


def _versions(content: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    if "versions" not in content:
        return [(str(content["version"]), content)]
    base = {key: value for key, value in content.items() if key != "versions"}
    return [(str(version), _merged(base, other or {})) for version, other in content["versions"].items()]


def _merged(base: Any, other: Any) -> Any:
    """`other` over `base`: mappings key by key, null takes a key away, all else replaces."""
    if not isinstance(base, dict) or not isinstance(other, dict):
        return other
    merged = {key: value for key, value in base.items() if key not in other}
    merged |= {key: _merged(base.get(key), value) for key, value in other.items() if value is not None}
    return merged


def _known_keys(where: str, told: Mapping[str, Any], known: frozenset[str]) -> None:
    unknown = set(told) - known
    if unknown:
        raise FormatError(
            f"{where}: no such key: {', '.join(sorted(map(str, unknown)))}; known are {', '.join(sorted(known))}"
        )


def _named(source: Source) -> set[str]:
    """The columns and helpers that a source is made of, or asks."""
    own = {*(source.combine[0] if source.combine else ()), *(source.date or {}).values(), *source.when}
    return own.union(*map(_named, source.first_of))


class _Reader:
    """Reads the description of one register in one version of a format."""

    def __init__(
        self,
        where: str,
        content: dict[str, Any],
        version: str,
        register: str,
        description: dict[str, Any],
        by_id: Mapping[str, dict[str, Any]],
    ) -> None:
        if register not in REGISTERS:
            raise FormatError(f"{where}: no such register; known are {', '.join(REGISTERS)}")
        self.where = where
        self.content = content
        self.version = version
        self.register = register
        self.told = description
        self.by_id = by_id
        self.kinds = REGISTERS[register]
        self.slots: dict[str, Slot] = {}
        self.sources: dict[str, Source] = {}
        self.codes: dict[str, CodeList] = {}
        self.spellings: dict[str, str] = {}
        self.plain: dict[str, str] = {}
        self.group: dict[str, tuple[str, ...]] = {}
        self.group_patterns: list[tuple[re.Pattern[str], str]] = []
        self.group_spelled: list[str] = []
        self.about: dict[str, tuple[str, ...]] = {}
        self.about_spelled: list[str] = []

    def read(self) -> RegisterFormat:
        _known_keys(self.where, self.told, _DESCRIPTION)
        columns = self.told["columns"]
        helpers = self.told.get("helpers", {})
        for name, told in columns.items():
            if name not in self.kinds:
                raise FormatError(f"{self.where}: {name} is no column of this register")
            self.sources[name] = self._source(name, name, told)
        for name, told in helpers.items():
            if name in self.kinds:
                raise FormatError(f"{self.where}: the helper {name} is called as a column is")
            self.sources[name] = self._source(name, name, told)
        unpivot = self._unpivot()
        names = {*self.sources, *(name for _, sources in (unpivot.entries if unpivot else ()) for name in sources)}
        if unpivot:
            names.add(unpivot.gives)
        required = tuple(
            tuple(group) if isinstance(group, list) else (group,) for group in self.told.get("required", ())
        )
        self._known_names("required names", {name for group in required for name in group}, {*names, *self.kinds})
        one_row_per = tuple(self.told.get("one_row_per", ()))
        self._known_names("one_row_per names", set(one_row_per), names)
        joins = self.told.get("joins")
        if joins is not None and joins not in self.by_id:
            raise FormatError(f"{self.where}: joins names {joins}, which is no format")
        if joins is not None and not one_row_per:
            raise FormatError(f"{self.where}: joins needs one_row_per, which tells the rows that are the same")
        prefer = tuple(self.told.get("prefer", ()))
        for condition in prefer:
            used = {value if name == "usable" else name for name, value in condition.items()}
            self._known_names("prefer names", used, names)
        for source in self.sources.values():
            self._known_names("a source names", _named(source), set(self.sources))
        for _, entry in unpivot.entries if unpivot else ():
            for source in entry.values():
                self._known_names("a source names", _named(source), set(entry))
            self._known_names("unpivot names", set(unpivot.when), set(entry))
        self._borrow()
        group = self.told.get("group", {})
        _known_keys(f"{self.where}, group", group, frozenset({"key", "unused"}))
        for label in group.get("unused", ()):
            self.group.setdefault(fold(label), ())
            self.group_spelled.append(label)
        if bool(group) != bool(self.group or self.group_patterns):
            raise FormatError(
                f"{self.where}: labels of a heading row need a group with its key, and the other way round"
            )
        headers: dict[str, tuple[str, ...]] = {}
        questions: dict[str, tuple[str, ...]] = {}
        for slot in self.slots.values():
            for header in slot.headers:
                headers[header] = (*headers.get(header, ()), slot.name)
            if slot.question is not None:
                questions[slot.question] = (*questions.get(slot.question, ()), slot.name)
        after = self.told.get("questions_after")
        says = self.told.get("says", ())
        return RegisterFormat(
            register=self.register,
            format_id=self.content["format"],
            version=self.version,
            title=self.content["title"],
            required=required,
            sources=self.sources,
            slots=self.slots,
            headers=headers,
            questions=questions,
            codes=self.codes,
            unused=frozenset(map(fold, self.told.get("unused", ()))),
            not_with=frozenset(map(fold, self.told.get("not_with", ()))),
            numbering=frozenset(map(fold, (*self.content.get("numbering", ()), NOTES_HEADING))),
            header_lines=self.told.get("header_lines", 3),
            questions_after=fold(after) if after else None,
            end_marks=tuple(self.told.get("end_marks", ())),
            group=Labels(self.group, tuple(self.group_patterns), tuple(self.group_spelled)),
            group_key=group.get("key"),
            about=Labels(self.about, (), tuple(self.about_spelled)),
            unpivot=unpivot,
            one_row_per=one_row_per,
            joins=joins,
            prefer=prefer,
            beside=bool(self.told.get("beside", False)),
            says=(says,) if isinstance(says, str) else tuple(says),
            spellings=self.spellings,
        )

    def _known_names(self, what: str, used: set[str], known: set[str]) -> None:
        unknown = used - known
        if unknown:
            raise FormatError(f"{self.where}: {what} {', '.join(sorted(unknown))}, which the register does not have")

    def _source(self, name: str, slot_name: str, told: dict[str, Any], question: str | None = None) -> Source:
        """The source of a column; `slot_name` tells alternatives and entries of one column apart."""
        where = f"{self.where}, {name}"
        _known_keys(where, told, _SOURCES | _BESIDES)
        kinds = _SOURCES.intersection(told) - ({"headers"} if "about" in told or "question" in told else set())
        if len(kinds) != 1:
            raise FormatError(f"{where}: a source has one of {', '.join(sorted(_SOURCES))}")
        self._read_codes(name, told, where)
        made: dict[str, Any] = {
            "when": {helper: frozenset(values) for helper, values in told.get("when", {}).items()},
            "part": re.compile(told["part"]) if "part" in told else None,
        }
        if "headers" in told or "question" in told:
            made["slot"] = slot_name
            self._add_slot(name, slot_name, told, question)
        if "group" in told:
            made["group"] = slot_name
            self._add_group(slot_name, told["group"])
        if "about" in told:
            made["about"] = slot_name
            for label in told["about"]:
                self.about[fold(label)] = (*self.about.get(fold(label), ()), slot_name)
                self.about_spelled.append(label)
                self.spellings.setdefault(name, label)
        if "value" in told:
            made |= {"constant": True, "value": told["value"]}
        if "combine" in told:
            of = tuple(told["combine"]["of"])
            cases = tuple(tuple(case) for case in told["combine"]["cases"])
            if any(len(case) != len(of) + 1 for case in cases):
                raise FormatError(
                    f"{where}: a case of combine has a code for each of {', '.join(of)} and the code stored"
                )
            made["combine"] = (of, cases)
        if "date" in told:
            made["date"] = dict(told["date"])
        if "first_of" in told:
            made["first_of"] = tuple(
                self._source(name, f"{slot_name}/{number}", other, question)
                for number, other in enumerate(told["first_of"])
            )
        return Source(**made)

    def _read_codes(self, name: str, told: dict[str, Any], where: str) -> None:
        if "codes" in told:
            if self.kinds.get(name) not in (None, Kind.CODE, Kind.WORD, Kind.TEXT, Kind.PLACE, Kind.DECILE):
                raise FormatError(f"{where}: {name} is no column of codes, words, text or deciles; leave its codes out")
            self.codes[name] = code_list(told["codes"])
        elif (
            self.kinds.get(name) in (Kind.CODE, Kind.WORD)
            and name not in self.codes
            and not {"combine", "value", "first_of"}.intersection(told)
        ):
            raise FormatError(f"{where}: {name} needs a code list (codes: file.list)")

    def _add_slot(self, name: str, slot_name: str, told: dict[str, Any], question: str | None) -> None:
        headers = tuple(dict.fromkeys(fold(header) for header in told.get("headers", ())))
        if told.get("headers"):
            number = told.get("question")
            own = told["headers"][0]
            self.spellings.setdefault(name, own if number in (None, EACH) else f"{number} {own}")
        asked = told.get("question")
        if asked is not None:
            asked = question if asked == EACH and question is not None else str(asked).lower()
            self.spellings.setdefault(name, asked)
        if not {"part", "when"}.intersection(told) and name in self.kinds:
            for header in headers:
                if self.plain.setdefault(header, name) != name:
                    raise FormatError(f"{self.where}: the header {header!r} stands for two columns")
        self.slots[slot_name] = Slot(slot_name, name, headers, asked, tuple(map(fold, told.get("words", ()))))

    def _add_group(self, slot_name: str, labels: list[str]) -> None:
        for label in labels:
            if label.startswith("/") and label.endswith("/"):
                self.group_patterns.append((re.compile(label[1:-1], re.IGNORECASE), slot_name))
            else:
                named = self.group.get(fold(label), ())
                self.group[fold(label)] = named if slot_name in named else (*named, slot_name)
                self.group_spelled.append(label)

    def _unpivot(self) -> Unpivot | None:
        told = self.told.get("unpivot")
        if told is None:
            return None
        where = f"{self.where}, unpivot"
        _known_keys(where, told, frozenset({"gives", "over", "columns", "helpers", "when"}))
        if told["gives"] not in self.kinds:
            raise FormatError(f"{where}: {told['gives']} is no column of this register")
        entries = []
        for question, stored in told["over"].items():
            number = str(question).lower()
            entries.append(
                (
                    stored,
                    {
                        name: self._source(name, f"{name}@{number}", other, number)
                        for name, other in {**told.get("columns", {}), **told.get("helpers", {})}.items()
                    },
                )
            )
        when = {helper: frozenset(values) for helper, values in told.get("when", {}).items()}
        return Unpivot(told["gives"], tuple(entries), when)

    def _borrow(self) -> None:
        lender = self.told.get("borrows")
        if lender is None:
            return
        if lender not in self.by_id:
            raise FormatError(f"{self.where}: borrows {lender}, which is no format")
        taken = {header for slot in self.slots.values() for header in slot.headers}
        taken |= set(map(fold, self.told.get("unused", ())))
        for name, told in self.by_id[lender]["registers"].get(self.register, {}).get("columns", {}).items():
            slot = self.slots.get(name)
            if slot is None or slot.column not in self.sources:
                continue
            more = [fold(header) for header in told.get("headers", ()) if fold(header) not in taken]
            self.slots[name] = Slot(name, name, tuple(dict.fromkeys((*slot.headers, *more))), slot.question, slot.words)
            taken |= set(more)


@cache
def code_list(name: str) -> CodeList:
    """A list by `<file>.<list>`, such as `opensid.sex`; `1 - LAKI-LAKI` is known besides `1` and `LAKI-LAKI`.

    Raises:
        FormatError: there is no such list, or two of its codes share a label.
    """
    file, _, key = name.partition(".")
    content: dict[str, Any] = {}
    for folder in reversed(_folders()):
        path = folder / "code_lists" / f"{file}.yaml"
        if path.exists() and key in (content := _read(path)):
            break
    else:
        raise FormatError(f"code list {name}: code_lists/{file}.yaml has no list {key}")
    exact: dict[str, int | str] = {}
    folded: dict[str, int | str] = {}
    ambiguous: set[str] = set()
    chosen: dict[int | str, str] = {}
    for code, told in content[key].items():
        value, labels = (told["stored"], told["labels"]) if isinstance(told, dict) else (code, told)
        chosen.setdefault(value, labels[0])
        spellings = {str(code), *labels}
        if isinstance(code, int):
            spellings |= {f"{code} {label}" for label in labels}
        for label in spellings:
            if exact.setdefault(tidy(label).casefold(), value) != value:
                raise FormatError(f"code list {name}: the label {label!r} stands for two codes")
            if folded.setdefault(fold(label), value) != value:
                # "DIPLOMA I / II" and "DIPLOMA III" differ by their spaces alone: those have to be written exactly
                ambiguous.add(fold(label))
    return CodeList(exact, {label: value for label, value in folded.items() if label not in ambiguous}, chosen)
