"""Reading processes, as programs of every kind start them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from entas import areas
from entas.errors import EntasError
from entas.intake.pool import DIED, ReaderPool
from entas.intake.prepare import ReadJob
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


def _job(path: Path, name: str = "a.xlsx") -> ReadJob:
    village = next(iter(areas.villages("32.16").values()))
    return ReadJob(path=path, file_name=name, village=village, received_on=date(2023, 9, 4))


def test_a_file_that_kills_its_reader_is_refused_and_no_other(tmp_path: Path) -> None:
    good = [_job(write_workbook(tmp_path / f"{number}.xlsx", {"penduduk": families([number])})) for number in (1, 2, 3)]
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
