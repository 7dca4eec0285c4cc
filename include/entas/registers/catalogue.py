"""The formats Entas knows, read from formats/*.yaml: a format is data, so that one can be added without Python.

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
- `about`: labels on a sheet of pairs (label, value) that speaks of the rows of the sheet after it;
- `value`: what is stored in every row;
- `combine`: several sources give one code: `of`, names of columns or helpers; `cases`, rows of their codes and, last,
  the code that is stored. `"*"` is anything, `"-"` nothing; the first case that fits counts, and null stores nothing;
- `date`: `year`, `month` and, when asked, `day`: names of helpers; without a day the first of the month is taken and said;
- `first_of`: a list of sources, of which the first that has a value counts; in it `when`: helper -> values with which
  the source is asked at all;

and, besides,

- `codes`: `<list file>.<list>` of formats/code_lists. A column of text stores the label of a known code, and other text
  as it is;
- `part`: a regular expression; its first group is the part of the cell that counts (`RT` out of `001/002`). Two columns
  may share a header when each takes its part.

**A code list** is code -> labels, or code -> `{stored: code that is stored, labels: […]}` where the form has codes of its
own. **formats/below.yaml** tells what stands below the data, **formats/area.yaml** which columns name the village.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from entas.registers.cells import fold, tidy
from entas.registers.own_sheets import NOTES_HEADING
from entas.registers.schema import REGISTERS, CodeList, Kind

FORMATS = Path(__file__).parent / "formats"


@dataclass(frozen=True)
class RegisterFormat:
    """How one format writes one register.

    Attributes:
        register: which register it is.
        format_id, version, title: of the format.
        required: groups of columns, of each of which at least one must be there.
        headers: folded header -> our column.
        questions: number of a question -> our column.
        codes: our column -> its code list.
        unused: folded headers that are known and not loaded.
        numbering: folded headers of columns that only number the rows, or carry the notes of an earlier feedback.
        header_lines: how many rows the header may span.
        questions_after: folded header of the column to whose right the questions stand.
        end_marks: texts that end the data.
    """

    register: str
    format_id: str
    version: str
    title: str
    required: tuple[tuple[str, ...], ...]
    headers: dict[str, str]
    questions: dict[int, str]
    codes: dict[str, CodeList]
    unused: frozenset[str]
    numbering: frozenset[str]
    header_lines: int
    questions_after: str | None
    end_marks: tuple[str, ...]

    @property
    def known(self) -> int:
        """How many columns the format has in all."""
        return len(set(self.headers.values())) + len(self.unused)

    def missing(self, columns: set[str]) -> list[str]:
        """Required columns that are not among `columns`; alternatives joined by "atau"."""
        return [" atau ".join(group) for group in self.required if not columns.intersection(group)]


@dataclass(frozen=True)
class AreaHeaders:
    """Folded headers of the columns that name the village, by code and by name."""

    code: frozenset[str]
    name: frozenset[str]


@cache
def formats() -> tuple[RegisterFormat, ...]:
    """All registers of all formats, Entas's own first.

    Raises:
        ValueError: a format file is wrong; the message names the file and the mistake.
    """
    found: list[RegisterFormat] = []
    for path in sorted(FORMATS.glob("*.yaml"), key=lambda p: (p.stem != "entas", p.stem)):
        if path.stem in ("area", "below", "siak", "bip", "siks_ng", "regsosek", "opensid_program_bantuan") or (
            path.stem.startswith("p3ke")
        ):
            continue  # the new ones are read as soon as the whole language is
        content = _read(path)
        for register, description in content["registers"].items():
            found.append(_register_format(path, content, register, description))
    return tuple(found)


@cache
def area_headers() -> AreaHeaders:
    """The headers in formats/area.yaml."""
    content = _read(FORMATS / "area.yaml")
    return AreaHeaders(*(frozenset(map(fold, content[kind])) for kind in ("code", "name")))


def _read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _register_format(path: Path, content: dict[str, Any], register: str, description: dict[str, Any]) -> RegisterFormat:
    where = f"{path.name}, {register}"
    kinds = REGISTERS.get(register)
    if kinds is None:
        raise ValueError(f"{where}: no such register; known are {', '.join(REGISTERS)}")
    headers: dict[str, str] = {}
    questions: dict[int, str] = {}
    codes: dict[str, CodeList] = {}
    for column, told in description["columns"].items():
        if column not in kinds:
            raise ValueError(f"{where}: {column} is no column of this register")
        for header in told["headers"]:
            if headers.setdefault(fold(header), column) != column:
                raise ValueError(f"{where}: the header {header!r} stands for two columns")
        if "question" in told:
            questions[told["question"]] = column
        if kinds[column] in (Kind.CODE, Kind.WORD):
            if "codes" not in told:
                raise ValueError(f"{where}: {column} needs a code list (codes: file.list)")
            codes[column] = code_list(told["codes"])
    required = tuple(tuple(group) if isinstance(group, list) else (group,) for group in description["required"])
    unknown = {name for group in required for name in group} - set(kinds)
    if unknown:
        raise ValueError(f"{where}: required names {', '.join(sorted(unknown))}, which the register does not have")
    after = description.get("questions_after")
    return RegisterFormat(
        register=register,
        format_id=content["format"],
        version=str(content["version"]),
        title=content["title"],
        required=required,
        headers=headers,
        questions=questions,
        codes=codes,
        unused=frozenset(map(fold, description.get("unused", ()))),
        numbering=frozenset(map(fold, (*content.get("numbering", ()), NOTES_HEADING))),
        header_lines=description.get("header_lines", 1),
        questions_after=fold(after) if after else None,
        end_marks=tuple(description.get("end_marks", ())),
    )


@cache
def code_list(name: str) -> CodeList:
    """A list by `<file>.<list>`, such as `opensid.sex`; `1 - LAKI-LAKI` is known besides `1` and `LAKI-LAKI`.

    Raises:
        ValueError: two codes share a label.
    """
    file, _, key = name.partition(".")
    exact: dict[str, int | str] = {}
    folded: dict[str, int | str] = {}
    ambiguous: set[str] = set()
    chosen: dict[int | str, str] = {}
    for value, labels in _read(FORMATS / "code_lists" / f"{file}.yaml")[key].items():
        chosen[value] = labels[0]
        spellings = {str(value), *labels}
        if isinstance(value, int):
            spellings |= {f"{value} {label}" for label in labels}
        for label in spellings:
            if exact.setdefault(tidy(label).casefold(), value) != value:
                raise ValueError(f"code list {name}: the label {label!r} stands for two codes")
            if folded.setdefault(fold(label), value) != value:
                # "DIPLOMA I / II" and "DIPLOMA III" differ by their spaces alone: those have to be written exactly
                ambiguous.add(fold(label))
    return CodeList(exact, {label: value for label, value in folded.items() if label not in ambiguous}, chosen)
