"""What a reading process does with its share of a batch: read, judge, and lay the rows ready for COPY.

It runs in processes of its own, so that reading uses every core and a file that kills its reader harms no other.
It returns bytes and small tuples: frames of a regency's registers would cost more to hand over than to make.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd

from entas.areas import Village
from entas.ids import Pseudonymiser
from entas.registers.reading import FileReading, RegisterReading, read_upload
from entas.validation import validate

#: (sheet, row_number, rule_id, column_name, value, sentence)
Finding = tuple[str, int, str, str | None, str | None, str]


@dataclass(frozen=True)
class ReadJob:
    """A local copy of an upload to read.

    Attributes:
        received_on: day of receipt in Jakarta; no event may lie after it.
    """

    path: Path
    file_name: str
    village: Village
    received_on: date


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
        notes: everything else that reading has to say (Indonesian, one sentence each), `left_out` among it.
    """

    error: str | None
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    registers: dict[str, PreparedRegister] = field(default_factory=dict)


def prepare(jobs: Sequence[ReadJob], pseudonym_key: str) -> list[PreparedUpload]:
    """Read and judge a share of a batch; results in the order of the jobs. A bad file never raises."""
    readings = {
        number: read_upload(job.path, job.file_name, village=job.village, received_on=job.received_on)
        for number, job in enumerate(jobs)
    }
    judged, checks = validate(readings)
    by_reading = dict(tuple(checks.groupby(["key", "register"]))) if len(checks) else {}
    pseudonymiser = Pseudonymiser(pseudonym_key)
    return [
        _prepare_upload(
            judged[number],
            {register: by_reading.get((number, register)) for register in judged[number].registers},
            pseudonymiser,
        )
        for number in range(len(jobs))
    ]


def _prepare_upload(
    reading: FileReading, checks: dict[str, pd.DataFrame | None], pseudonymiser: Pseudonymiser
) -> PreparedUpload:
    notes = tuple(note.replace("\x00", "") for note in reading.notes)
    if reading.error:
        return PreparedUpload(error=reading.error, notes=notes)
    return PreparedUpload(
        error=None,
        left_out=reading.left_out,
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
        csv=loadable.to_csv(index=False, header=False).replace("\x00", "").encode("utf-8", "replace"),
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
