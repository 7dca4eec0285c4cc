"""An uploaded file as registers: typed rows, and what the rules of validation need to judge them.

`read_upload` reads one file; `entas.validation.validate` then fills in the findings of many files at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from entas.areas import Village
from entas.registers import cells
from entas.registers.catalogue import RegisterFormat
from entas.registers.detect import Layout, find_layout, known_headers
from entas.registers.limits import DEFAULT_LIMITS, Limits
from entas.registers.prepared import prepare
from entas.registers.schema import EMPTY_WHEN_LATE, REGISTERS, WORD_DEFAULTS, Kind
from entas.registers.sheets import Row, Sheet, UnreadableFileError, read_sheets
from entas.registers.village import AreaCount

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
        places: sheet -> our column -> index (0-based) of the sheet's column.
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
    """

    error: str | None
    registers: dict[str, RegisterReading] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass
class _Part:
    """One sheet of a register, read; `broken` holds indexes of rows by column."""

    layout: Layout
    sheet: str
    row_numbers: list[int]
    values: dict[str, list[Any]]
    states: dict[str, list[str]]
    written: dict[str, list[str | None]]
    broken: dict[str, list[int]] = field(default_factory=dict)


def read_upload(
    path: Path, file_name: str, *, village: Village, received_on: date, limits: Limits = DEFAULT_LIMITS
) -> FileReading:
    """Read an uploaded file. A bad file never raises: its reason is in `error`.

    Args:
        path: where the bytes lie.
        file_name: what the village called the file.
        village: the village whose inbox folder it lay in.
        received_on: day of receipt in Jakarta.
        limits: what the file may cost.
    """
    parts: dict[str, list[_Part]] = {}
    notes: list[str] = []
    area = AreaCount(village)
    headers_only: list[str] = []
    left_out: list[str] = []
    any_sheet = False
    try:
        for sheet in read_sheets(path, file_name, known_headers, limits):
            any_sheet = True
            search = find_layout(sheet.rows)
            if search.layout is None:
                notes.append(_left_out(sheet, search.nearest, search.missing))
                if search.likely:
                    left_out.append(notes[-1])
                continue
            part = _read_part(sheet, search.layout, area)
            notes.extend(_header_notes(sheet.name, search.layout))
            if not part.row_numbers:
                headers_only.append(sheet.name)
                notes.append(f'Lembar "{sheet.name}" hanya berisi judul kolom tanpa baris data, jadi tidak dihitung.')
                continue
            parts.setdefault(search.layout.format.register, []).append(part)
    except UnreadableFileError as error:
        return FileReading(error=str(error), notes=tuple(notes))
    if not parts:
        return FileReading(error=_nothing_known(any_sheet, headers_only, notes), notes=tuple(notes))
    if area.names_another():
        return FileReading(error=area.reason(), notes=tuple(notes))
    return FileReading(
        error=None,
        registers={
            register: _combined(register, parts[register], received_on) for register in REGISTERS if register in parts
        },
        notes=tuple(notes),
        left_out=tuple(left_out),
    )


# --- remarks -------------------------------------------------------------------------------------------------------


def _left_out(sheet: Sheet, nearest: RegisterFormat | None, missing: Sequence[str]) -> str:
    if nearest is None:
        return f'Lembar "{sheet.name}" dilewati: judul kolomnya bukan judul kolom register yang dikenal.'
    return (
        f'Lembar "{sheet.name}" dilewati: mirip register {nearest.register} ({nearest.title}), tetapi kolom wajib '
        f"{', '.join(missing)} tidak ada. Tambahkan kolom itu, lalu unggah kembali."
    )


def _header_notes(sheet: str, layout: Layout) -> list[str]:
    notes = []
    if layout.unknown:
        notes.append(f'Lembar "{sheet}": kolom yang tidak dikenal dan tidak dipakai: {", ".join(layout.unknown)}.')
    if layout.repeated:
        notes.append(
            f'Lembar "{sheet}": judul kolom {", ".join(layout.repeated)} muncul lebih dari sekali; yang dipakai hanya '
            "kolom paling kiri."
        )
    return notes


def _nothing_known(any_sheet: bool, headers_only: Sequence[str], notes: Sequence[str]) -> str:
    if not any_sheet:
        return "Berkas tidak berisi data. Isi register pada berkas, lalu unggah kembali."
    if headers_only:
        return "Berkas hanya berisi judul kolom tanpa baris data. Isi baris datanya, lalu unggah kembali."
    near = [note for note in notes if "kolom wajib" in note]
    return " ".join(
        [
            "Tidak ada register yang dikenal di berkas ini. Gunakan judul kolom buku kerja Entas, ekspor penduduk "
            "OpenSID, atau DDK OpenSID.",
            *near,
        ]
    )


# --- cells ---------------------------------------------------------------------------------------------------------


def _read_part(sheet: Sheet, layout: Layout, area: AreaCount) -> _Part:
    """The data rows of one sheet, column by column."""
    marks = layout.format.end_marks
    numbering = layout.numbering
    kept: list[Row] = []
    row_numbers: list[int] = []
    for row_number, row in enumerate(sheet.rows[layout.data_row :], start=layout.data_row + 1):
        if marks and any(type(cell) is str and cell.strip().startswith(marks) for cell in row):
            break
        if any(not cells.is_blank(cell) and position not in numbering for position, cell in enumerate(row)):
            kept.append(row)
            row_numbers.append(row_number)

    def column(position: int) -> list[Any]:
        return [row[position] if position < len(row) else "" for row in kept]

    part = _Part(layout, sheet.name, row_numbers, {}, {}, {})
    register = layout.format.register
    for name, kind in REGISTERS[register].items():
        position = layout.columns.get(name)
        if position is None:
            continue
        raw = column(position)
        part.written[name] = [cells.written(cell) for cell in raw]
        part.values[name], part.states[name] = _parsed(raw, kind, layout, name)
        part.broken[name] = [number for number, cell in enumerate(raw) if type(cell) is cells.BrokenCell]
    if layout.area_code is not None or layout.area_name is not None:
        nothing = [""] * len(kept)
        area.add(
            nothing if layout.area_code is None else column(layout.area_code),
            nothing if layout.area_name is None else column(layout.area_name),
        )
    return part


def _parsed(raw: list[Any], kind: Kind, layout: Layout, name: str) -> tuple[list[Any], list[str]]:
    """Values and states of a column's cells. Equal cells are parsed once, but for ids, which hardly repeat."""
    if kind in (Kind.CARD, Kind.NIK):
        cut = cells.numbers_are_cut(raw)
        judge = cells.repair_id if kind is Kind.CARD else cells.judge_nik
        pairs = [judge(cell, cut=cut) for cell in raw]
        return [value for value, _ in pairs], [state for _, state in pairs]
    if kind in (Kind.CODE, Kind.WORD):
        codes = layout.format.codes[name]

        def parse(cell: Any) -> cells.Value:
            return cells.parse_code(cell, codes)

    else:
        parse = _PARSERS[kind]
    seen: dict[tuple[type, Any], cells.Value] = {}
    pairs = []
    for cell in raw:
        key = (type(cell), cell)  # 1, 1.0 and True are equal, and not the same to every parser
        pair = seen.get(key)
        if pair is None:
            pair = seen[key] = parse(cell)
        pairs.append(pair)
    return [value for value, _ in pairs], [state for _, state in pairs]


_PARSERS = {
    Kind.TEXT: cells.parse_text,
    Kind.PLACE: cells.parse_place,
    Kind.DATE: cells.parse_date,
    Kind.AMOUNT: cells.parse_amount,
    Kind.DECILE: cells.parse_decile,
}


# --- frames --------------------------------------------------------------------------------------------------------

_STATE_CODES = {state: code for code, state in enumerate(cells.STATES)}
STATE_TYPE = pd.CategoricalDtype(list(cells.STATES))


def _combined(register: str, parts: Sequence[_Part], received_on: date) -> RegisterReading:
    """The sheets of a register, one under the other."""
    count = sum(len(part.row_numbers) for part in parts)
    rows: dict[str, Any] = {
        "position": np.arange(count),
        "sheet": pd.array([part.sheet for part in parts for _ in part.row_numbers], dtype="string"),
        "row_number": np.array([number for part in parts for number in part.row_numbers], dtype="int64"),
    }
    found: dict[str, Any] = {}
    states: dict[str, pd.Categorical] = {}
    written: dict[str, Any] = {}
    for name, kind in REGISTERS[register].items():
        values: list[Any] = []
        state: list[str] = []
        texts: list[str | None] = []
        for part in parts:
            length = len(part.row_numbers)
            values += part.values.get(name) or [None] * length
            state += part.states.get(name) or [cells.BLANK] * length
            texts += part.written.get(name) or [None] * length
        codes = np.fromiter((_STATE_CODES[one] for one in state), dtype="int8", count=count)
        states[name] = pd.Categorical.from_codes(codes, dtype=STATE_TYPE)
        written[name] = pd.array(texts, dtype="string")
        found[name] = values
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
    formats = [part.layout.format for part in parts]
    frame = pd.DataFrame(rows)
    sizes = [len(part.row_numbers) for part in parts]

    def by_row(facts: Sequence[bool]) -> np.ndarray:
        """What is true of a sheet, for each of its rows."""
        return np.repeat(facts, sizes)

    return RegisterReading(
        register=register,
        format_id="+".join(dict.fromkeys(one.format_id for one in formats)),
        format_version="+".join(dict.fromkeys(one.version for one in formats)),
        sheets=tuple(part.sheet for part in parts),
        unknown_columns=tuple(dict.fromkeys(name for part in parts for name in part.layout.unknown)),
        rows=frame,
        cells=pd.DataFrame(written),
        prepared=prepare(
            register,
            frame,
            found,
            states,
            received_on,
            given={name: by_row([name in part.layout.columns for part in parts]) for name in REGISTERS[register]},
            due={name: by_row([(name,) in one.required for one in formats]) for name in REGISTERS[register]},
        ),
        places={part.sheet: dict(part.layout.columns) for part in parts},
        header_rows={part.sheet: part.layout.data_row for part in parts},
        broken={
            name: found
            for name in REGISTERS[register]
            if (
                found := frozenset(
                    start + number
                    for part, start in zip(parts, np.cumsum([0, *sizes[:-1]]).tolist(), strict=True)
                    for number in part.broken.get(name, ())
                )
            )
        },
    )


def _typed(values: list[Any], kind: Kind) -> Any:
    if kind in (Kind.CODE, Kind.DECILE):
        return pd.array(values, dtype="Int16")
    if kind in (Kind.DATE, Kind.AMOUNT):
        return pd.Series(values, dtype="object")
    return pd.array(values, dtype="string")
