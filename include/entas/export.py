"""A query's result as a file for other programs: a workbook, Parquet or CSV, however many rows it has."""

from __future__ import annotations

import csv
import json
import math
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Protocol

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter
from psycopg.types.string import TextLoader
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from entas import clock
from entas.errors import EntasError, UsageError
from entas.registers.own_sheets import FORMULA_STARTS
from entas.reporting.table import safe_text
from entas.warehouse import Warehouse
from entas.warehouse.connection import Role

#: Rows that a sheet of Excel takes; the first is the header.
SHEET_ROWS = 1_048_576
#: Rows that are in memory at once, and rows of a row group of Parquet.
FETCHED_ROWS = 5_000
GROUP_ROWS = 100_000

_LONGEST_TEXT = 32_767  # characters that a cell of Excel takes
_EXACT = 10**15  # Excel keeps 15 digits
_FIRST_DAY = date(1900, 3, 1)  # Excel has a 29 February 1900
_WIDEST, _NARROWEST = 60, 8

#: What a column holds, by the type's number in pg_type. Everything else is text, as the server spells it.
_KINDS = {
    16: "boolean", 20: "integer", 21: "integer", 23: "integer", 26: "integer", 700: "float", 701: "float",
    1700: "numeric", 1082: "date", 1114: "moment", 1184: "instant",
}  # fmt: skip
_ARROW_TYPES = {
    16: pa.bool_(), 20: pa.int64(), 21: pa.int16(), 23: pa.int32(), 26: pa.int64(), 700: pa.float32(),
    701: pa.float64(), 1082: pa.date32(), 1114: pa.timestamp("us"), 1184: pa.timestamp("us", tz="Asia/Jakarta"),
}  # fmt: skip

Row = tuple[Any, ...]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Column:
    """A column of the result.

    Attributes:
        type: name of its type as PostgreSQL shows it, such as `numeric(12,2)`.
        kind: how its values are written: boolean, integer, float, numeric, date, moment, instant (a timestamp with
            time zone) or text.
        origin: relation and column that it shows unchanged; empty where it is computed.
        comment: what that column means.
    """

    name: str
    oid: int
    type: str
    kind: str
    precision: int | None
    scale: int | None
    origin: str = ""
    comment: str = ""


@dataclass(frozen=True)
class Export:
    """A file that was written.

    Attributes:
        sheets: sheets that hold rows, of a workbook; 1 otherwise.
    """

    output: Path
    rows: int
    columns: tuple[Column, ...]
    sheets: int
    bytes: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        return {
            "output": str(self.output),
            "format": self.output.suffix.lower().lstrip("."),
            "rows": self.rows,
            "columns": [{"name": one.name, "type": one.type} for one in self.columns],
            "sheets": self.sheets,
            "bytes": self.bytes,
            "seconds": self.seconds,
        }


@dataclass
class _Task:
    """What is exported, and where the writer puts it."""

    query: str
    role: Role
    moment: datetime
    columns: tuple[Column, ...]
    folder: Path

    @property
    def part(self) -> Path:
        return self.folder / "part"


class _Writer(Protocol):
    sheets: int

    def write(self, rows: Sequence[Row]) -> None: ...

    def close(self) -> None: ...


def require_output(output: Path, *, force: bool = False) -> None:
    """Check that a result can be written there.

    Raises:
        UsageError: the suffix names no format, the folder is not there, or the file is and `force` is not set.
    """
    if output.suffix.lower() not in _WRITERS:
        raise UsageError(f"{output.name}: the suffix says the format; write {', '.join(_WRITERS)}")
    if not output.parent.is_dir():
        raise UsageError(f"the folder {output.parent} does not exist")
    if output.is_dir() or (output.exists() and not force):
        raise UsageError(f"{output} exists already; choose another name, or replace it with --force")


def export(
    warehouse: Warehouse,
    query: str,
    output: Path,
    *,
    role: Role = "pipeline",
    force: bool = False,
    progress: Progress | None = None,
) -> Export:
    """Write the rows of one query to a file, in the format that its suffix names.

    Rows are fetched through a cursor of the server, so memory does not grow with them. The file is written beside its
    place and renamed when it is whole.

    - `.xlsx`: sheet `Data` (`Data 2`, … beyond 1,048,575 rows) and a sheet `Kolom` with what the columns mean, the
      query and the time. Timestamps with time zone are shown in Jakarta's (WIB). Numbers have Excel's 15 digits;
      longer whole numbers are text.
    - `.parquet`: `numeric(p,s)` is an exact decimal. A numeric without declared digits (a quotient, a sum) is a double
      whatever its values, so that the type of a column never depends on its rows; cast it where it must be exact.
    - `.csv`: as the report's: RFC 4180, UTF-8 with byte order mark, values as the server spells them, an apostrophe
      before text that a spreadsheet would take for a formula.

    Raises:
        UsageError: as `require_output`.
        EntasError: the query fails or returns no rows at all, or a value does not go into the format.
    """
    require_output(output, force=force)
    make = _WRITERS[output.suffix.lower()]
    began = time.monotonic()
    with warehouse.connect(role) as connection, _folder_beside(output) as folder:
        _spell_as_text(connection, everything=make is _CsvWriter)
        with _sentences(), connection.cursor(name="entas_export") as cursor:
            cursor.execute(query)  # type: ignore[call-overload]
            task = _Task(query, role, clock.now(), _columns(connection, cursor), folder)
            # Who may read identities answers for the copy: nobody else on this machine reads it.
            os.close(os.open(task.part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666 if role == "analyst" else 0o600))
            writer = make(task)
            rows = 0
            while fetched := cursor.fetchmany(FETCHED_ROWS):
                writer.write(fetched)
                rows += len(fetched)
                if progress:
                    progress(rows, 0)
        writer.close()
        with _sentences():
            connection.commit()  # a function that logs who looked has logged it before the file is there
        size = _put(task.part, output, force)
    return Export(output, rows, task.columns, writer.sheets, size, round(time.monotonic() - began, 1))


@contextmanager
def _folder_beside(output: Path) -> Iterator[Path]:
    """A folder on the file system of the output, gone with all that is in it when the block ends."""
    try:
        folder = tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}-", ignore_cleanup_errors=True)
    except OSError as error:
        raise EntasError(f"{output.parent} cannot be written to: {error.strerror}") from error
    with folder as path:
        yield Path(path)


def _put(part: Path, output: Path, force: bool) -> int:
    with part.open("rb") as file:
        os.fsync(file.fileno())
    size = part.stat().st_size
    require_output(output, force=force)  # it may have appeared meanwhile
    part.replace(output)
    return size


@contextmanager
def _sentences() -> Iterator[None]:
    """Errors of the database as one sentence that says what to do."""
    try:
        yield
    except psycopg.Error as error:
        # The position counts the words that make a cursor of the query, too.
        said = re.sub(r";? (?:at character \d+|LINE \d+:.*)", "", " ".join(str(error).split()))
        if isinstance(error, psycopg.errors.SyntaxError):
            said += ": an export takes one query that returns rows (select, with, values or table)"
        elif isinstance(error, psycopg.DataError) and error.sqlstate is None:  # raised here, by a value that came
            said = "a date or time of the result is beyond the year 9999 or before the year 1: cast that column to text"
        raise EntasError(said) from error


def _spell_as_text(connection: psycopg.Connection, *, everything: bool) -> None:
    """Let all types but those in `_KINDS` be text as the server spells it: arrays, intervals, json, …"""
    for known in connection.adapters.types:
        if everything or known.oid not in _KINDS:
            connection.adapters.register_loader(known.oid, TextLoader)
        if known.array_oid:
            connection.adapters.register_loader(known.array_oid, TextLoader)


def _columns(connection: psycopg.Connection, cursor: psycopg.ServerCursor[Any]) -> tuple[Column, ...]:
    """The columns of the result; where they show a column of a relation unchanged, with its comment."""
    result, description = cursor.pgresult, cursor.description
    if not result or not description:
        raise EntasError("the query returns no columns: an export takes one query that returns rows")
    places = [(result.ftable(number), result.ftablecol(number)) for number in range(result.nfields)]
    told = connection.execute(
        """
        select attrelid::bigint, attnum::integer, attrelid::regclass::text || '.' || attname,
            coalesce(col_description(attrelid, attnum), '')
        from pg_catalog.pg_attribute
        where attrelid = any(%s::oid[]) and attnum > 0
        """,
        (sorted({table for table, _ in places if table}),),
    ).fetchall()
    known = {(table, number): (origin, comment) for table, number, origin, comment in told}
    return tuple(
        Column(
            one.name,
            one.type_code,
            one.type_display,
            _KINDS.get(one.type_code, "text"),
            one.precision,
            one.scale,
            *known.get(place, ("", "")),
        )
        for one, place in zip(description, places, strict=True)
    )


# --- workbooks -----------------------------------------------------------------------------------------------------


@dataclass
class _XlsxWriter:
    """A workbook, row by row: XlsxWriter keeps one row in memory and the rest in files of its own."""

    task: _Task
    sheets: int = 0
    _row: int = 0
    _total: int = 0
    _sheet: Worksheet = field(init=False)
    _cells: list[Callable[[int, int, Any], None]] = field(init=False, default_factory=list)
    _widths: list[int] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        options = {"constant_memory": True, "tmpdir": str(self.task.folder), "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(str(self.task.part), options)
        self._book.use_zip64()
        self._book.set_properties({"title": "Entas", "created": self.task.moment.replace(tzinfo=None, microsecond=0)})
        make = self._book.add_format
        self._head = make({"bold": True, "bg_color": "#D9E2F3", "border": 1, "num_format": "@"})
        self._wrapped = make({"text_wrap": True, "valign": "top", "num_format": "@"})
        self._quoted = make({"num_format": "@", "quote_prefix": True})
        self._text = make({"num_format": "@"})
        self._formats: dict[str, Format | None] = {
            "boolean": None,
            "integer": make({"num_format": "0"}),
            "whole": make({"num_format": "#,##0"}),
            "cents": make({"num_format": "#,##0.00"}),
            "float": None,
            "numeric": None,
            "date": make({"num_format": "yyyy-mm-dd"}),
            "moment": make({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            "instant": make({"num_format": 'yyyy-mm-dd hh:mm:ss "WIB"'}),
        }

    def write(self, rows: Sequence[Row]) -> None:
        if not self._widths:
            self._look_at(rows)
        for row in rows:
            if not self.sheets or self._row == SHEET_ROWS:
                self._begin()
            for place, value in enumerate(row):
                if value is not None:
                    self._cells[place](self._row, place, value)
            self._row += 1
            self._total += 1

    def close(self) -> None:
        if not self.sheets:  # no rows: a header all the same
            self._look_at([])
            self._begin()
        self._finish()
        self._tell()
        try:
            self._book.close()
        except xlsxwriter.exceptions.FileCreateError as error:
            raise EntasError(f"{self.task.folder.parent} cannot be written to: {error}") from error

    def _begin(self) -> None:
        if self.sheets:
            self._finish()
        self.sheets += 1
        self._sheet = self._book.add_worksheet("Data" if self.sheets == 1 else f"Data {self.sheets}")
        if self.sheets == 1:
            self._about = self._book.add_worksheet("Kolom")
        self._sheet.freeze_panes(1, 0)
        for place, column in enumerate(self.task.columns):
            self._sheet.set_column(place, place, self._widths[place])
            self._sheet.write_string(0, place, column.name, self._head)
        self._row = 1

    def _finish(self) -> None:
        last = len(self.task.columns) - 1
        self._sheet.autofilter(0, 0, max(1, self._row - 1), last)
        self._sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{SHEET_ROWS}"})

    def _look_at(self, rows: Sequence[Row]) -> None:
        """Settle the width of every column, and how numbers are shown, by its first rows."""
        for place, column in enumerate(self.task.columns):
            values = [row[place] for row in rows if row[place] is not None]
            kind = column.kind
            if kind == "numeric":
                finite = [value for value in values if value.is_finite()]
                if all(value == value.to_integral_value() for value in finite):
                    kind = "whole"
                elif all(value == round(value, 2) for value in finite):
                    kind = "cents"
            self._cells.append(self._cell(column, kind))
            longest = {"date": 10, "moment": 19, "instant": 23, "boolean": 7}.get(
                column.kind, max((len(str(value)) for value in values), default=0)
            )
            if column.kind in ("float", "numeric"):
                longest = min(longest, 20)
            self._widths.append(max(_NARROWEST, min(_WIDEST, max(longest, len(column.name) + 2) + 2)))

    def _cell(self, column: Column, kind: str) -> Callable[[int, int, Any], None]:
        """What writes a value of a column into a cell of the present sheet."""
        shown = self._formats.get(kind)

        def text(row: int, place: int, value: Any) -> None:
            spelled = str(value)
            if len(spelled) > _LONGEST_TEXT:
                raise EntasError(
                    f"{column.name} in row {self._total + 1:,} has {len(spelled):,} characters, and a cell of Excel "
                    f"takes {_LONGEST_TEXT:,}: export to .parquet or .csv, or shorten it in the query"
                )
            style = self._quoted if spelled.startswith(FORMULA_STARTS) else self._text
            self._sheet.write_string(row, place, spelled, style)

        def number(row: int, place: int, value: Any) -> None:
            if not math.isfinite(value) or (abs(value) >= _EXACT and value == int(value)):
                text(row, place, value)
            else:
                self._sheet.write_number(row, place, float(value), shown)

        def boolean(row: int, place: int, value: Any) -> None:
            self._sheet.write_boolean(row, place, value)

        def moment(row: int, place: int, value: Any) -> None:
            local = value.astimezone(clock.JAKARTA).replace(tzinfo=None) if kind == "instant" else value
            if (local.date() if isinstance(local, datetime) else local) < _FIRST_DAY:
                text(row, place, value.isoformat(*([" "] if isinstance(value, datetime) else [])))
            else:
                self._sheet.write_datetime(row, place, local, shown)

        if column.kind in ("date", "moment", "instant"):
            return moment
        if column.kind in ("integer", "float", "numeric"):
            return number
        return boolean if column.kind == "boolean" else text

    def _tell(self) -> None:
        """The sheet about the columns: for people, in Indonesian; the comments are the warehouse's own."""
        sheet, lines = self._about, self.task.query.strip().splitlines()
        local = self.task.moment.astimezone(clock.JAKARTA)
        facts = [
            ("Waktu ekspor", f"{local:%Y-%m-%d %H:%M:%S} WIB"),
            ("Peran", f"entas_{self.task.role}"),
            ("Jumlah baris", f"{self._total}"),
        ]
        for place, width in enumerate((32, 24, 52, 100)):
            sheet.set_column(place, place, width)
        row = 0
        for label, value in facts:
            sheet.write_string(row, 0, label, self._head)
            sheet.write_string(row, 1, value, self._text)
            row += 1
        row += 1
        for place, label in enumerate(("Kolom", "Tipe", "Asal", "Keterangan")):
            sheet.write_string(row, place, label, self._head)
        for column in self.task.columns:
            row += 1
            told = (column.name, column.type, column.origin or "(dihitung)", column.comment)
            for place, value in enumerate(told):
                sheet.write_string(row, place, value[:_LONGEST_TEXT], self._wrapped)
        row += 2
        sheet.write_string(row, 0, "Kueri", self._head)
        for line in lines:
            for begin in range(0, max(1, len(line)), _LONGEST_TEXT):
                row += 1
                part = line[begin : begin + _LONGEST_TEXT]
                sheet.write_string(row, 0, part, self._quoted if part.startswith(FORMULA_STARTS) else self._text)


# --- Parquet -------------------------------------------------------------------------------------------------------


@dataclass
class _ParquetWriter:
    """Row groups of `GROUP_ROWS`; the comments of the columns and the query are in its metadata."""

    task: _Task
    sheets: int = 1
    _batches: list[pa.RecordBatch] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        names = [column.name for column in self.task.columns]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise EntasError(f"two columns are named {twice}: give one of them another name (as …)")
        about = {
            "query": self.task.query.strip(),
            "exported_at": self.task.moment.isoformat(timespec="seconds"),
            "role": f"entas_{self.task.role}",
        }
        fields = [
            pa.field(
                column.name,
                _arrow_type(column),
                metadata={"comment": column.comment, "origin": column.origin} if column.origin else None,
            )
            for column in self.task.columns
        ]
        self._schema = pa.schema(fields, metadata={"entas": json.dumps(about, ensure_ascii=False)})
        self._file = pq.ParquetWriter(self.task.part, self._schema, compression="zstd")

    def write(self, rows: Sequence[Row]) -> None:
        arrays = []
        for one, values in zip(self._schema, zip(*rows, strict=True), strict=True):
            try:
                arrays.append(pa.array(_as_arrow(one.type, values), one.type))
            except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
                said = " ".join(str(error).split())
                raise EntasError(f"{one.name} cannot be written as {one.type}: {said}") from error
        self._batches.append(pa.record_batch(arrays, schema=self._schema))
        if sum(batch.num_rows for batch in self._batches) >= GROUP_ROWS:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._file.close()

    def _flush(self) -> None:
        table = pa.Table.from_batches(self._batches, self._schema)
        if table.num_rows:
            self._file.write_table(table, row_group_size=GROUP_ROWS)
        self._batches.clear()


def _arrow_type(column: Column) -> pa.DataType:
    if column.kind != "numeric":
        return _ARROW_TYPES.get(column.oid, pa.string())
    precision, scale = column.precision, column.scale
    declared = precision is not None and scale is not None and precision <= 38 and 0 <= scale <= precision
    return pa.decimal128(precision, scale) if declared else pa.float64()


def _as_arrow(kind: pa.DataType, values: Sequence[Any]) -> Sequence[Any]:
    if pa.types.is_floating(kind):
        return [float(value) if isinstance(value, Decimal) else value for value in values]
    return values


# --- CSV -----------------------------------------------------------------------------------------------------------


@dataclass
class _CsvWriter:
    """All values arrive as the server spells them."""

    task: _Task
    sheets: int = 1
    _file: IO[str] = field(init=False)

    def __post_init__(self) -> None:
        self._file = self.task.part.open("w", encoding="utf-8-sig", newline="")
        self._csv = csv.writer(self._file)
        self._csv.writerow(safe_text(column.name) for column in self.task.columns)

    def write(self, rows: Sequence[Row]) -> None:
        texts = [place for place, column in enumerate(self.task.columns) if column.kind == "text"]
        for row in rows:
            cells = list(row)
            for place in texts:
                if cells[place] is not None:
                    cells[place] = safe_text(cells[place])
            self._csv.writerow(cells)

    def close(self) -> None:
        self._file.close()


_WRITERS: dict[str, Callable[[_Task], _Writer]] = {
    ".xlsx": _XlsxWriter,
    ".parquet": _ParquetWriter,
    ".csv": _CsvWriter,
}
