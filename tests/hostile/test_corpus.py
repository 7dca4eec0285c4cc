"""Every broken file of the corpus ends as it has to: read by reading processes, and a part of it by a whole intake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import psycopg
import pytest

from entas import areas
from entas.intake import run_intake
from entas.intake.pool import ReaderPool
from entas.intake.prepare import PreparedUpload, ReadJob
from entas.settings import Settings
from tests.hostile.corpus import LIMITS, Case, corpus
from tests.workbooks import families, touch, write_workbook

VILLAGE = "32.16.09.2003"


def test_the_corpus_is_large_and_covers_every_kind() -> None:
    cases = corpus()
    assert len(cases) >= 300
    assert max(Counter(case.name for case in cases).values()) == 1
    refused = [case for case in cases if case.refused is not None]
    assert len(refused) >= 300, "files that have to be refused"
    assert len(cases) - len(refused) >= 100, "files that have to be read all the same"
    assert all(case.refused for case in refused), "each refusal names its reason"


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, PreparedUpload]:
    """What became of each case, read in two processes as an intake would."""
    folder = tmp_path_factory.mktemp("corpus")
    village = areas.villages("32.16")[VILLAGE]
    jobs = {}
    for number, case in enumerate(corpus()):
        path = folder / str(number)
        path.write_bytes(case.make())
        jobs[case.name] = ReadJob(path, case.file_name, village, date(2023, 11, 1), LIMITS)
    with ReaderPool("key", workers=2, limits=LIMITS) as pool:
        read = pool.collect(pool.submit(list(jobs.values())))
    return {name: read[job] for name, job in jobs.items()}


def _outcome(upload: PreparedUpload) -> tuple[int, int, int]:
    registers = upload.registers.values()
    return (
        sum(register.rows_good for register in registers),
        sum(register.rows_quarantined for register in registers),
        sum(len(register.warned) for register in registers),
    )


@pytest.mark.parametrize("case", [case for case in corpus() if case.refused is not None], ids=lambda case: case.name)
def test_refused_with_its_reason(case: Case, done: Mapping[str, PreparedUpload]) -> None:
    upload = done[case.name]
    assert upload.error is not None, _outcome(upload)
    assert case.refused in upload.error
    assert upload.error.isprintable()
    assert upload.trouble is None
    assert not upload.registers


@pytest.mark.parametrize("case", [case for case in corpus() if case.refused is None], ids=lambda case: case.name)
def test_read_whole(case: Case, done: Mapping[str, PreparedUpload]) -> None:
    upload = done[case.name]
    assert upload.error is None
    assert _outcome(upload) == (case.rows, case.quarantined, case.warned)
    assert all(note.isprintable() for note in upload.notes)
    if case.note:
        assert any(case.note in note for note in upload.notes), upload.notes


#: Of every kind of damage one, for a whole intake.
_THROUGH_INTAKE = 10


def test_a_whole_intake_of_broken_files(settings: Settings) -> None:
    """Each upload has its outcome, reason, bytes in the archive and feedback; the good one among them is taken in."""
    from dataclasses import replace

    settings = replace(settings, limits=LIMITS)
    folder = Path(settings.inbox) / VILLAGE / "2023-10"
    folder.mkdir(parents=True)
    taken = [case for case in corpus() if case.refused is not None][::_THROUGH_INTAKE]
    for number, case in enumerate(taken):
        path = folder / f"{number} {case.file_name}"
        path.write_bytes(case.make())
        touch(path)
    write_workbook(folder / "good.xlsx", {"penduduk": families([1, 2])})
    uploads = {one.file_name: one for one in run_intake(settings).uploads}
    assert uploads.pop("good.xlsx").status == "accepted"
    assert len(uploads) == len(taken)
    for number, case in enumerate(taken):
        upload = uploads[f"{number} {case.file_name}"]
        assert (upload.status, case.refused in upload.reason) == ("rejected", True), (case.name, upload.reason)
    with psycopg.connect(settings.warehouse_url) as connection:
        kept = {sha for (sha,) in connection.execute("select sha256 from raw.upload")}
        assert connection.execute("select count(*) from raw.feedback_due").fetchone() == (0,)
        assert connection.execute("select count(*) from raw.penduduk").fetchone() == (4,)
    assert kept == {path.name for path in Path(settings.archive).iterdir()}
    assert len(list(Path(settings.feedback).rglob("*.xlsx"))) == len(taken) + 1
    assert run_intake(settings).uploads == []
