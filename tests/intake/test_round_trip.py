"""A feedback workbook that is uploaded as it is gives what the upload gave, in every format and spelling."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from entas import clock
from entas.intake.answer import FeedbackJob, Finding
from entas.intake.workbook import write_workbook
from entas.registers.cells import is_blank
from entas.registers.detect import known_headers
from entas.registers.reading import FileReading, read_upload
from entas.registers.sheets import read_sheets
from entas.validation import validate
from tests.intake.ooxml import problems
from tests.office import converted, needs_office
from tests.registers.files import VILLAGE
from tests.registers.format_files.formats import FORMATS
from tests.registers.format_files.spellings import SPELLINGS
from tests.registers.test_formats import changed, kinds_of, written

RECEIVED = datetime(2024, 11, 5, 3, tzinfo=UTC)


def judged(paths: dict[str, Path]) -> dict[str, FileReading]:
    """Files as intake reads and judges them, without the rules that need the warehouse."""
    received_on = clock.jakarta_day(RECEIVED)
    read = {
        name: read_upload(path, path.name, village=VILLAGE, received_on=received_on) for name, path in paths.items()
    }
    return validate(read)[0]


def findings_of(reading: FileReading) -> tuple[Finding, ...]:
    """The findings, as the feedback gets them from the warehouse."""
    found = []
    for register, one in reading.registers.items():
        for finding in one.findings.to_dict("records"):
            row = one.rows.iloc[finding["position"]]
            value = finding["value"]
            found.append(
                Finding(
                    register,
                    finding["severity"],
                    str(row["sheet"]),
                    int(row["row_number"]),
                    finding["rule_id"],
                    finding["column_name"],
                    finding["sentence"],
                    None if pd.isna(value) else str(value),
                )
            )
    return tuple(found)


def job_of(path: Path, name: str, target: Path, reading: FileReading, findings: tuple[Finding, ...]) -> FeedbackJob:
    return FeedbackJob(
        upload_id=1,
        source=path,
        target=target,
        village="Desa Contoh",
        folder="32.16.09.2003/2024-10",
        period="2024-10",
        file_name=name,
        received_at=RECEIVED,
        status="rejected" if reading.error else "accepted",
        reason=reading.error,
        findings=findings,
        notes=reading.notes,
        area=VILLAGE,
    )


def said(reading: FileReading) -> dict[str, Any]:
    """What matters of a reading: the rows, where they stand, and what is found wrong with them."""
    return {
        "error": reading.error,
        "rows": {
            name: one.rows.drop(columns="sheet").astype(object).where(one.rows.notna(), None).to_dict("records")
            for name, one in reading.registers.items()
        },
        "findings": {
            name: sorted(map(str, one.findings.drop(columns="value").to_dict("records")))
            for name, one in reading.registers.items()
        },
        "unknown": {name: one.unknown_columns for name, one in reading.registers.items()},
    }


def contents(path: Path) -> dict[str, list[list[Any]]]:
    """Every cell of every sheet but the summary."""
    return {
        sheet.name: [[None if is_blank(cell) else cell for cell in row] for row in sheet.rows]
        for sheet in read_sheets(path, path.name, known_headers)
        if sheet.name != "Ringkasan"
    }


def differing(before: dict[str, FileReading], after: dict[str, FileReading]) -> dict[str, Any]:
    """Where two readings of the same files do not say the same."""
    found = {}
    for name, reading in before.items():
        one, other = said(reading), said(after[name])
        if one != other:
            found[name] = {key: (one[key], other[key]) for key in one if one[key] != other[key]}
    return found


def chosen(format_number: int, spelling_number: int) -> bool:
    """Of the combinations of a format and a spelling every sixteenth, so that each format and each spelling is among
    them, and every format as its program writes it. ENTAS_EVERY_SPELLING=1 tries all (two minutes)."""
    if os.environ.get("ENTAS_EVERY_SPELLING"):
        return True
    return spelling_number == 0 or (format_number + spelling_number) % 16 == 0


@pytest.fixture(scope="module")
def uploads(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Invented files of the formats in their spellings, as xlsx, xls, ods and csv."""
    paths = {}
    for format_number, name in enumerate(FORMATS):
        for spelling_number, spelling in enumerate(SPELLINGS):
            case = changed(name, spelling) if chosen(format_number, spelling_number) else None
            if case is not None:
                kinds = kinds_of(case, spelling)
                kind = kinds[(format_number + spelling_number) % len(kinds)]
                folder = tmp_path_factory.mktemp("upload")
                paths[f"{name}, {spelling.name}, {kind}"] = written(folder, case, kind)
    return paths


@pytest.fixture(scope="module")
def readings(uploads: dict[str, Path]) -> dict[str, FileReading]:
    return judged(uploads)


@pytest.fixture(scope="module")
def feedback(
    uploads: dict[str, Path], readings: dict[str, FileReading], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """The feedback workbook of each upload."""
    folder = tmp_path_factory.mktemp("feedback")
    paths = {name: folder / f"{number}.xlsx" for number, name in enumerate(uploads)}
    for name, path in uploads.items():
        reading = readings[name]
        write_workbook(job_of(path, path.name, paths[name], reading, findings_of(reading)))
    return paths


def test_feedback_that_comes_back_gives_what_the_upload_gave(
    readings: dict[str, FileReading], feedback: dict[str, Path], tmp_path: Path
) -> None:
    assert {name: found for name, path in feedback.items() if (found := problems(path))} == {}
    again = judged(feedback)
    assert differing(readings, again) == {}
    for name, path in feedback.items():
        write_workbook(job_of(path, path.name, tmp_path / path.name, again[name], findings_of(again[name])))
        assert contents(tmp_path / path.name) == contents(path), f"{name}: marks or sentences pile up"


@pytest.mark.parametrize("name", FORMATS)
def test_the_cell_that_a_finding_is_about_is_marked_wherever_it_stands(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, FORMATS[name](), "xlsx")
    reading = read_upload(path, path.name, village=VILLAGE, received_on=clock.jakarta_day(RECEIVED))
    findings, expected = [], set()
    for register, one in reading.registers.items():
        for column in one.cells.columns:
            for position, row in enumerate(one.rows.itertuples()):
                value = one.cells[column].iloc[position]
                place = one.place(position, column)
                if place is None or (position + len(column)) % 2 or pd.isna(value):
                    continue
                sentence = f"Contoh tentang {column}."
                severity = "critical" if position % 2 else "warning"
                findings.append(
                    Finding(register, severity, row.sheet, row.row_number, "x.y.z", column, sentence, str(value))
                )
                expected.add((place[0], place[1], place[2] + 1))
    assert expected
    target = tmp_path / "hasil.xlsx"
    write_workbook(job_of(path, path.name, target, reading, tuple(findings)))
    marked = set()
    for sheet in openpyxl.load_workbook(target).worksheets[1:]:
        notes = {cell.column for row in sheet.iter_rows() for cell in row if cell.value == "Catatan Entas"}
        marked |= {
            (sheet.title, cell.row, cell.column)
            for row in sheet.iter_rows()
            for cell in row
            if cell.fill.start_color.rgb in ("FFFFC7CE", "FFFFEB9C") and cell.column not in notes
        }
    assert marked == expected


@needs_office
def test_what_libreoffice_saves_is_read_the_same(
    uploads: dict[str, Path], feedback: dict[str, Path], tmp_path: Path
) -> None:
    ours = {name: path for name, path in feedback.items() if f", {SPELLINGS[0].name}, " in name}
    assert len(ours) == len(FORMATS)
    saved = dict(zip(ours, converted(tmp_path, *ours.values()), strict=True))
    received_on = clock.jakarta_day(RECEIVED)
    before, after = (
        {name: read_upload(path, "x.xlsx", village=VILLAGE, received_on=received_on) for name, path in paths.items()}
        for paths in (ours, saved)
    )
    assert differing(before, after) == {}
    for name, path in ours.items():
        book, theirs = openpyxl.load_workbook(path), openpyxl.load_workbook(saved[name])
        assert book.sheetnames == theirs.sheetnames
        for sheet in book:
            assert set(map(str, sheet.merged_cells.ranges)) == set(map(str, theirs[sheet.title].merged_cells.ranges))
