"""Reading processes, as programs of every kind start them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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
