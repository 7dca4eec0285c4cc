"""What a reading process does with its share of a batch: read, judge, and lay the rows ready for COPY.

It runs in processes of its own, so that reading uses every core and a file that kills its reader harms no other.
It returns bytes and small tuples: frames of a regency's registers would cost more to hand over than to make.
"""

from __future__ import annotations

import errno
import json
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd

from entas.areas import Village
from entas.errors import EntasError
from entas.ids import Pseudonymiser
from entas.registers.catalogue import area_headers, formats
from entas.registers.limits import DEFAULT_LIMITS, Limits
from entas.registers.reading import FileReading, RegisterReading, read_upload
from entas.registers.schema import REGISTERS
from entas.text import one_line
from entas.validation import validate
from entas.validation.rules import rules

#: (sheet, row_number, rule_id, column_name, value, sentence)
Finding = tuple[str, int, str, str | None, str | None, str]


@dataclass(frozen=True)
class ReadJob:
    """A local copy of an upload to read.

    Attributes:
        received_on: day of receipt in Jakarta; no event may lie after it.
        limits: what the file may cost.
    """

    path: Path
    file_name: str
    village: Village
    received_on: date
    limits: Limits = DEFAULT_LIMITS


@dataclass(frozen=True)
class PreparedRegister:
    """One register of an upload, judged and ready to load.

    Attributes:
        columns: columns of `raw.<register>` without upload_id, in the order of `csv`.
        csv: the rows that may be loaded, CSV for COPY (an empty field is null).
        families: distinct card numbers among them.
        warned: positions of rows in `csv` that have a warning.
        quarantined: critical findings with the row's values as JSON.
        warnings: warnings on rows in `csv`.
        checks: (rule_id, severity, rows_checked, rows_failed).
    """

    register: str
    format_id: str
    format_version: str
    sheets: tuple[str, ...]
    unknown_columns: tuple[str, ...]
    rows_read: int
    rows_good: int
    rows_quarantined: int
    families: int
    columns: tuple[str, ...]
    csv: bytes
    warned: frozenset[int]
    quarantined: list[tuple[Finding, str]]
    warnings: list[Finding]
    checks: list[tuple[str, str, int, int]]


@dataclass(frozen=True)
class PreparedUpload:
    """What reading an upload found.

    Attributes:
        error: the reason (Indonesian) when the whole file is refused.
        left_out: sheets that look like a register and lack a required column (Indonesian, one sentence each).
        rows_left_out: register -> how many rows stand in those sheets.
        notes: everything else that reading has to say (Indonesian, one sentence each), `left_out` among it.
        trouble: where our own code stumbled over the file, for the log.
    """

    error: str | None
    left_out: tuple[str, ...] = ()
    rows_left_out: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    registers: dict[str, PreparedRegister] = field(default_factory=dict)
    trouble: str | None = None


#: What an operator reads when a file, read alone, needs more memory than a reading process may take.
NO_ROOM = (
    "Berkas memerlukan memori melebihi batas, sehingga tidak dapat dibaca. Hapus lembar dan isi sel yang bukan "
    "register, atau bagi berkas menjadi beberapa berkas, lalu unggah kembali."
)


def prepare(
    jobs: Sequence[ReadJob], pseudonym_key: str, starting: Callable[[int | None], None] = lambda _: None
) -> list[PreparedUpload]:
    """Read and judge a share of a batch; results in the order of the jobs. A bad file never raises.

    Args:
        starting: called with a job's number before its file is read, and with None before all are judged.

    Raises:
        EntasError, OSError, ImportError: the machine or the installation is to blame, and no file.
        Exception: what the data team wrote (formats, rules) cannot be read.
        MemoryError: not all of them fit into memory together; each alone may.
    """
    _read_what_files_are_read_by()
    done: dict[int, PreparedUpload] = {}
    readings: dict[int, FileReading] = {}
    for number, job in enumerate(jobs):
        starting(number)
        try:
            readings[number] = read_upload(
                job.path, job.file_name, village=job.village, received_on=job.received_on, limits=job.limits
            )
        except Exception as error:  # noqa: BLE001 - of whatever kind: it concerns this file alone
            done[number] = _failed(error, alone=len(jobs) == 1)
    starting(None)
    done |= _judge(readings, Pseudonymiser(pseudonym_key))
    return [done[number] for number in range(len(jobs))]


def _read_what_files_are_read_by() -> None:
    """Once a process: an error in a format or a rule is no file's, and has to show before a file is blamed for it."""
    formats()
    area_headers()
    for register in REGISTERS:
        rules(register)


def _judge(readings: Mapping[int, FileReading], pseudonymiser: Pseudonymiser) -> dict[int, PreparedUpload]:
    """Judge readings together; should one of them break the rules' machinery, each alone."""
    try:
        judged, checks = validate(readings)
        by_reading = dict(tuple(checks.groupby(["key", "register"]))) if len(checks) else {}
        return {
            number: _prepare_upload(
                reading,
                {register: by_reading.get((number, register)) for register in reading.registers},
                pseudonymiser,
            )
            for number, reading in judged.items()
        }
    except Exception as error:  # noqa: BLE001 - as above
        if len(readings) > 1 and not isinstance(error, MemoryError):
            return {
                number: upload
                for one, reading in readings.items()
                for number, upload in _judge({one: reading}, pseudonymiser).items()
            }
        return dict.fromkeys(readings, _failed(error, alone=len(readings) == 1))


#: What goes wrong with the machine and not with a file.
_MACHINE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.EACCES, errno.ENOENT}


def _failed(error: Exception, *, alone: bool) -> PreparedUpload:
    """The refusal of a file that our own code stumbles over: an error of ours, which the data team has to see."""
    if isinstance(error, (EntasError, ImportError)) or (isinstance(error, OSError) and error.errno in _MACHINE):
        raise error
    if isinstance(error, MemoryError):
        if not alone:
            raise error
        return PreparedUpload(error=NO_ROOM)
    steps = [f"{Path(step.filename).name}:{step.lineno}" for step in traceback.extract_tb(error.__traceback__)]
    place = f"{type(error).__name__}, {steps[-1]}"
    return PreparedUpload(
        error=(
            "Berkas tidak dapat diperiksa karena kesalahan program. Simpan ulang sebagai .xlsx lalu unggah kembali; "
            f"jika tetap gagal, sampaikan keterangan ini kepada tim data: {place}."
        ),
        # without the error's message, which may hold what stands in the cells
        trouble=f"{type(error).__name__} in {' > '.join(steps[-8:])}",
    )


def _prepare_upload(
    reading: FileReading, checks: dict[str, pd.DataFrame | None], pseudonymiser: Pseudonymiser
) -> PreparedUpload:
    # they hold names of sheets and columns, which are the sender's
    notes = tuple(one_line(note) for note in reading.notes)
    if reading.error:
        return PreparedUpload(error=one_line(reading.error), notes=notes)
    return PreparedUpload(
        error=None,
        left_out=tuple(one_line(note) for note in reading.left_out),
        rows_left_out=reading.rows_left_out,
        notes=notes,
        registers={
            name: _prepare_register(register, checks[name], pseudonymiser)
            for name, register in reading.registers.items()
        },
    )


def _prepare_register(
    reading: RegisterReading, checks: pd.DataFrame | None, pseudonymiser: Pseudonymiser
) -> PreparedRegister:
    rows, findings = reading.rows, reading.findings
    critical = findings[findings["severity"] == "critical"]
    is_bad = rows["position"].isin(critical["position"])
    good = rows[~is_bad]
    warned = findings[(findings["severity"] == "warning") & findings["position"].isin(good["position"])]
    place = rows.set_index("position")[["sheet", "row_number"]]
    # As the village wrote it: what could not be parsed is just what it looks for.
    written = reading.cells[is_bad.to_numpy()].to_dict("records")
    bad_values = {
        position: json.dumps({name: _text(cell) for name, cell in cells.items()}, ensure_ascii=False)
        for position, cells in zip(rows.loc[is_bad, "position"], written, strict=True)
    }
    loadable = _with_ids(good, reading.register, pseudonymiser)
    return PreparedRegister(
        register=reading.register,
        format_id=reading.format_id,
        format_version=reading.format_version,
        sheets=tuple(reading.sheets),
        unknown_columns=tuple(reading.unknown_columns),
        rows_read=len(rows),
        rows_good=len(good),
        rows_quarantined=int(is_bad.sum()),
        families=int(good["no_kk"].nunique()),
        columns=tuple(loadable.columns),
        # A NUL is no character of PostgreSQL's text; nobody types one.
        # With these line ends the writer quotes either of their characters, wherever it stands.
        csv=loadable.to_csv(index=False, header=False, lineterminator="\r\n")
        .replace("\x00", "")
        .encode("utf-8", "replace"),
        warned=frozenset(int(position) for position in warned["position"]),
        quarantined=[
            (finding, bad_values[position])
            for position, finding in zip(critical["position"], _findings(critical, place), strict=True)
        ],
        warnings=list(_findings(warned, place)),
        checks=[]
        if checks is None
        else [
            (str(rule), str(severity), int(checked), int(failed))
            for rule, severity, checked, failed in checks[
                ["rule_id", "severity", "rows_checked", "rows_failed"]
            ].itertuples(index=False)
        ],
    )


def _findings(findings: pd.DataFrame, place: pd.DataFrame) -> Iterable[Finding]:
    located = findings.join(place, on="position")
    for sheet, row_number, rule, column, value, sentence in zip(
        located["sheet"],
        located["row_number"],
        located["rule_id"],
        located["column_name"],
        located["value"],
        located["sentence"],
        strict=True,
    ):
        yield str(sheet), int(row_number), str(rule), _text(column), _text(value), str(sentence)


def _text(value: object) -> str | None:
    return None if pd.isna(value) else str(value).replace("\x00", "")


def _with_ids(rows: pd.DataFrame, register: str, ids: Pseudonymiser) -> pd.DataFrame:
    """The rows with the pseudonyms that `raw.<register>` holds."""
    rows = rows.copy()
    numbers = [None if pd.isna(value) else str(value) for value in rows["no_kk"]]
    rows["household_id"] = [None if number is None else ids.household_id(number) for number in numbers]
    if register == "penduduk":
        born = [None if pd.isna(value) else pd.Timestamp(value).date() for value in rows["tanggallahir"]]
        rows["person_id"] = [
            ids.person_id_without_nik(no_kk, nama, day) if pd.isna(nik) else ids.person_id(str(nik))
            for no_kk, nik, nama, day in zip(numbers, rows["nik"], rows["nama"], born, strict=True)
        ]
        rows["name_birth_key"] = [
            str(ids.name_birth_key(nama, day)) for nama, day in zip(rows["nama"], born, strict=True)
        ]
    elif register == "kesejahteraan":
        rows["head_person_id"] = _person_ids(rows["nik_kepala"], ids)
    elif register in ("bantuan", "pemberdayaan"):
        rows["person_id"] = _person_ids(rows["nik"], ids)
    return rows


def _person_ids(niks: pd.Series, ids: Pseudonymiser) -> list[str | None]:
    return [None if pd.isna(nik) else ids.person_id(str(nik)) for nik in niks]
