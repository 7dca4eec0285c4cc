"""How a file would be read, for those who write format files: nothing is loaded and nothing is judged."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from entas.registers.catalogue import format_files, formats
from entas.registers.notes import column_letter
from entas.registers.reading import RegisterReading, read_upload


@dataclass(frozen=True)
class KnownFormat:
    """One format: its id, its title, its versions and registers, and the file that tells it."""

    format_id: str
    title: str
    versions: tuple[str, ...]
    registers: tuple[str, ...]
    path: Path
    built_in: bool

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self) | {"path": str(self.path)}


@dataclass(frozen=True)
class ColumnRead:
    """What was made of one of our columns.

    Attributes:
        column: our name.
        places: columns of the sheets where its cells stand ("Anggota C"); empty when they stand outside the rows.
        filled: rows in which something is written; read: rows in which it could be read.
    """

    column: str
    places: tuple[str, ...]
    filled: int
    read: int


@dataclass(frozen=True)
class RegisterTrial:
    """One register of the file: its format, how many rows it has, its columns, and headers that nobody knows."""

    register: str
    format_id: str
    version: str
    rows: int
    columns: tuple[ColumnRead, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class Trial:
    """What a file would give: why it would be refused, or its registers; the remarks are those that a village gets."""

    error: str | None
    registers: tuple[RegisterTrial, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


def known_formats() -> list[KnownFormat]:
    """All formats, Entas's own workbook first.

    Raises:
        FormatError: a format file is wrong.
    """
    told = formats()
    return [
        KnownFormat(
            format_id=file.content["format"],
            title=file.content["title"],
            versions=tuple(dict.fromkeys(one.version for one in told if one.format_id == file.content["format"])),
            registers=tuple(dict.fromkeys(one.register for one in told if one.format_id == file.content["format"])),
            path=file.path,
            built_in=file.built_in,
        )
        for file in format_files()
    ]


def try_file(path: Path, today: date) -> Trial:
    """Read a file as an upload of any village would be.

    Raises:
        FormatError: a format file is wrong.
    """
    formats()
    reading = read_upload(path, path.name, village=None, received_on=today)
    return Trial(reading.error, tuple(_register(one) for one in reading.registers.values()), reading.notes)


def _register(reading: RegisterReading) -> RegisterTrial:
    several = len(reading.places) > 1
    columns = [
        ColumnRead(
            name,
            tuple(
                f"{sheet} {column_letter(places[name])}" if several else column_letter(places[name])
                for sheet, places in reading.places.items()
                if name in places
            ),
            int(reading.cells[name].notna().sum()),
            int(reading.rows[name].notna().sum()),
        )
        for name in reading.cells.columns
        if name in reading.given
    ]
    return RegisterTrial(
        reading.register,
        reading.format_id,
        reading.format_version,
        len(reading.rows),
        tuple(columns),
        reading.unknown_columns,
    )
