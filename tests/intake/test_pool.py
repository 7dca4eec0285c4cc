"""Reading processes, as programs of every kind start them."""

from __future__ import annotations

import logging
import math
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from entas import areas
from entas.errors import EntasError
from entas.intake import pool as pools
from entas.intake.pool import DIED, ReaderPool
from entas.intake.prepare import NO_ROOM, ReadJob
from entas.registers.limits import DEFAULT_LIMITS, Limits
from tests.hostile import containers
from tests.workbooks import families, write_workbook

REIMPORTED = """
if __name__ != "__main__":
    raise RuntimeError("run again in a reader")  # as a task's main program does that sets up Airflow

import math

from entas.intake.pool import ReaderPool

with ReaderPool("key", workers=2) as pool:
    print(*pool.each(math.factorial, [3, 4, 5], lambda job: "died"))
"""


IN_CELERY = """
import math
import multiprocessing

import billiard  # Celery's multiprocessing

from entas.intake.pool import ReaderPool

def work():
    with ReaderPool("key", workers=2) as pool:
        print(*pool.each(math.factorial, [3, 4, 5], lambda job: "died"), flush=True)
    assert multiprocessing.current_process().daemon

process = billiard.get_context("fork").Process(target=work, daemon=True)
process.start()
process.join()
raise SystemExit(process.exitcode)
"""


@pytest.mark.parametrize("text", [REIMPORTED, IN_CELERY], ids=["under a main program", "in a worker of Celery"])
def test_readers_start_wherever_tasks_run(text: str, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text(text)
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False)
    assert done.stdout == "6 24 120\n", done.stderr
    assert done.returncode == 0, done.stderr


class Deadly(str):
    """Kills the process that receives it, as a file can that breaks the library which reads it."""

    def __reduce__(self) -> tuple[Callable[[int], None], tuple[int]]:
        return os._exit, (9,)


def _job(path: Path, name: str = "a.xlsx", limits: Limits = DEFAULT_LIMITS) -> ReadJob:
    village = next(iter(areas.villages("32.16").values()))
    return ReadJob(path=path, file_name=name, village=village, received_on=date(2023, 9, 4), limits=limits)


def _good(folder: Path, count: int, limits: Limits = DEFAULT_LIMITS) -> list[ReadJob]:
    return [
        _job(write_workbook(folder / f"{number}.xlsx", {"penduduk": families([number])}), limits=limits)
        for number in range(1, count + 1)
    ]


def test_a_file_that_kills_its_reader_is_refused_and_no_other(tmp_path: Path) -> None:
    good = _good(tmp_path, 3)
    deadly = _job(tmp_path / "4.xlsx", Deadly("d.xlsx"))
    with ReaderPool("key", workers=2) as pool:
        done = pool.collect(pool.submit([good[0], deadly, *good[1:]]))
    assert done[deadly].error == DIED
    assert [done[job].registers["penduduk"].rows_good for job in good] == [2, 2, 2]


def test_readers_that_die_without_a_file_are_nobodys_fault(tmp_path: Path) -> None:
    job = _job(write_workbook(tmp_path / "1.xlsx", {"penduduk": families([1])}))
    with ReaderPool(Deadly("key"), workers=1) as pool:
        started = pool.submit([job])
        with pytest.raises(EntasError, match="cannot run on this machine"):
            pool.collect(started)


def test_a_file_that_is_read_without_end_is_refused_and_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bounds = replace(DEFAULT_LIMITS, seconds=2)
    os.mkfifo(tmp_path / "endless")  # nobody ever writes: its reader waits in the kernel, where no Python is heard
    endless = _job(tmp_path / "endless", "e\x1b[2J.xlsx", bounds)
    good = _good(tmp_path, 4, bounds)
    with ReaderPool("key", workers=1) as pool:
        pool.collect(pool.submit(_good(tmp_path / "first", 1)))  # the process has started
        began = time.monotonic()
        done = pool.collect(pool.submit([*good[:2], endless, *good[2:]]))
        seconds = time.monotonic() - began
    assert done[endless].error == bounds.too_slow
    assert "2 detik" in bounds.too_slow
    assert [done[job].registers["penduduk"].rows_good for job in good] == [2, 2, 2, 2]
    assert seconds < 90
    assert "e\\x1b[2J.xlsx was stopped" in caplog.text


def test_a_file_that_needs_more_memory_than_there_is_is_refused_and_no_other(tmp_path: Path) -> None:
    bounds = replace(DEFAULT_LIMITS, memory_bytes=90_000_000)
    far = _job(tmp_path / "far.xlsx", "far.xlsx", bounds)  # compiled code asks for it: the process ends
    rows = containers.rows_xml(containers.TABLE) + '<row r="200000"><c r="AX200000"><v>1</v></c></row>'
    far.path.write_bytes(containers.packed(containers.xlsx_parts({"penduduk": containers.sheet_xml(rows)})))
    wide = _job(tmp_path / "wide.csv", "wide.csv", bounds)  # Python asks for it: an error that can be told
    wide.path.write_bytes(containers.csv_text().encode() + (b";" * 49 + b"\n") * 190_000 + b"x\n")
    good = _good(tmp_path, 3, bounds)
    with ReaderPool("key", workers=2) as pool:
        done = pool.collect(pool.submit([good[0], far, good[1], wide, good[2]]))
    assert {done[far].error, done[wide].error} <= {DIED, NO_ROOM}
    assert [done[job].registers["penduduk"].rows_good for job in good] == [2, 2, 2]
    roomy = [replace(job, limits=DEFAULT_LIMITS) for job in (far, wide)]
    with ReaderPool("key", workers=1) as pool:
        done = pool.collect(pool.submit(roomy))
    assert [done[job].error for job in roomy] == [None, None]


def test_many_deadly_files_in_one_batch(tmp_path: Path) -> None:
    good = _good(tmp_path, 6)
    deadly = [_job(tmp_path / str(number), Deadly(f"{number}.xlsx")) for number in range(4)]
    mixed = [good[0], deadly[0], deadly[1], good[1], good[2], deadly[2], good[3], good[4], deadly[3], good[5]]
    with ReaderPool("key", workers=2) as pool:
        done = pool.collect(pool.submit(mixed))
    assert [done[job].error for job in deadly] == [DIED] * 4
    assert all(done[job].registers["penduduk"].rows_good == 2 for job in good)


def test_work_that_never_ends_or_dies_costs_its_own_result_alone() -> None:
    bounds = replace(DEFAULT_LIMITS, seconds=2)
    with ReaderPool("key", workers=2, limits=bounds) as pool:
        assert list(pool.each(math.factorial, [3, 4], lambda job: None)) == [6, 24]
        assert list(pool.each(time.sleep, [0, 600, 0], lambda job: f"{job} given up")) == [None, "600 given up", None]
        assert list(pool.each(os._exit, [9, 9], lambda job: "died")) == ["died", "died"]
        assert list(pool.each(math.factorial, [5], lambda job: None)) == [120]
        with pytest.raises(ValueError, match="factorial"):
            list(pool.each(math.factorial, [-1], lambda job: None))


def test_a_reader_says_nothing_but_its_answer(capfd: pytest.CaptureFixture[str]) -> None:
    """Libraries print, warn, log and panic with what stands in the cells."""
    with ReaderPool("key", workers=1) as pool:
        assert list(pool.each(print, ["SITI AMINAH"], lambda job: "died")) == [None]
        assert list(pool.each(warnings.warn, ["SITI AMINAH"], lambda job: "died")) == [None]
        assert list(pool.each(logging.critical, ["SITI AMINAH"], lambda job: "died")) == [None]
        assert list(pool.each(os.system, ["echo SITI AMINAH; echo SITI AMINAH >&2"], lambda job: "died")) == [0]
    assert capfd.readouterr() == ("", "")


def test_a_process_that_neither_works_nor_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "_PATIENCE", 1)
    with ReaderPool("key", workers=1, limits=replace(DEFAULT_LIMITS, seconds=1)) as pool:
        stopped = pool.each(signal.raise_signal, [signal.SIGSTOP], lambda job: "given up")
        assert list(stopped) == ["given up"]


def test_leaving_in_the_middle_ends_the_processes(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "endless")
    with pytest.raises(KeyboardInterrupt), ReaderPool("key", workers=2) as pool:  # noqa: PT012 - the way out matters
        pool.submit([_job(tmp_path / "endless")])
        readers = [process._process for process in pool._processes]
        raise KeyboardInterrupt
    assert readers
    assert not any(reader.is_alive() for reader in readers)
