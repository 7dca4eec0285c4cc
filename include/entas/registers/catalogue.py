"""The formats Entas knows, read from formats/*.yaml: a format is data, so that one can be added without Python.

A format file holds `format`, `title`, `version`, `registers` and, optionally, `numbering` (headers of columns that
only number the rows). A register of a format holds:

- `columns`: our column -> `headers` (ways it is headed; compared without case, spaces and punctuation), `codes`
  (`<list file>.<list>` in formats/code_lists) and, in questionnaires, `question` (its number);
- `required`: columns that must be there; a list inside means one of them;
- `unused`: headers that are known and not loaded;
- `header_lines`: how many rows the header may span (1 unless told);
- `questions_after`: the column to whose right the questions stand;
- `end_marks`: cells that end the data.
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
        if path.stem == "area":
            continue
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
