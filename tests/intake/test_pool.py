"""Reading processes, as programs of every kind start them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
if __name__ != "__main__":
    raise RuntimeError("run again in a reader")  # as a task's main program does that sets up Airflow

import math

from entas.intake.pool import ReaderPool

with ReaderPool("key", workers=2) as pool:
    print(*pool.each(math.factorial, [3, 4, 5], lambda job: "died"))
"""


def test_readers_do_not_run_the_main_program_again(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text(PROGRAM)
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False)
    assert done.stdout == "6 24 120\n", done.stderr
