"""`make demo`: what it compares, what it may delete, and that it finds what was planted."""

from __future__ import annotations

import copy
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from entas.errors import EntasError
from entas.settings import PROJECT_ROOT

sys.path.insert(0, str(PROJECT_ROOT / "scripts"))
import demo

TRUTH = {
    "2023-08": {
        **{"households": 5, "persons": 20, "opening": 0, "closing": 5, "candidates": 1, "unmeasured": 2},
        "entered": {"newly_registered": 5},
        "exited": {"died": 0},
    }
}


def _found() -> dict[str, dict[str, Any]]:
    figures = {name: TRUTH["2023-08"][name] for name in demo.FIGURES}
    return {"2023-08": figures | {"entered_newly_registered": 5, "exited_died": 0}}


def test_equal_figures_are_no_difference() -> None:
    assert demo.differences(_found(), TRUTH) == []


@pytest.mark.parametrize("figure", [*demo.FIGURES, "entered_newly_registered", "exited_died"])
def test_every_figure_is_compared(figure: str) -> None:
    found = copy.deepcopy(_found())
    found["2023-08"][figure] += 1
    value = found["2023-08"][figure]
    assert demo.differences(found, TRUTH) == [demo.Difference("2023-08", figure, value, value - 1)]


def test_a_month_that_is_missing_is_a_difference() -> None:
    assert [one.period for one in demo.differences({}, TRUTH)] == ["2023-08"]


def test_files_are_uploaded_in_the_month_they_arrived(tmp_path: Path) -> None:
    arrived = {
        "32.16.01.2001/2023-08/a.xlsx": 1_693_500_000,  # 2023-08-31 23:40 in Jakarta: before August is due
        "32.16.01.2001/2023-08/b.xlsx": 1_693_503_600,  # an hour later, in September
        "32.16.01.2001/2023-08/late.xlsx": 1_698_800_400,  # in November
    }
    for name, moment in arrived.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (moment, moment))
    found = {month: [path.name for path in files] for month, files in demo.batches(tmp_path).items()}
    assert found == {"2023-07": ["a.xlsx"], "2023-08": ["b.xlsx"], "2023-10": ["late.xlsx"]}


def test_it_stays_in_a_home_of_its_own(tmp_path: Path) -> None:
    assert demo.demo_home({"ENTAS_HOME": str(tmp_path)}) == tmp_path / "demo"
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "precious").touch()
    with pytest.raises(EntasError, match="was not made by the demo"):
        demo.demo_home({"ENTAS_HOME": str(tmp_path)})
    (tmp_path / "demo" / demo.MARKER).touch()
    assert demo.demo_home({"ENTAS_HOME": str(tmp_path)}) == tmp_path / "demo"
    assert demo.demo_home({"ENTAS_HOME": str(tmp_path / "demo")}) == tmp_path / "demo"


@pytest.mark.e2e
def test_the_demo_finds_what_was_planted() -> None:
    home = Path(tempfile.mkdtemp(prefix="entas-demo-"))  # not in pytest's folder, which its next run closes
    (home / "inbox").mkdir()  # a real home: it must be left alone
    done = subprocess.run(
        [sys.executable, str(PROJECT_ROOT / "scripts" / "demo.py")],
        env=os.environ | {"ENTAS_HOME": str(home), "ENTAS_WAREHOUSE_URL": "postgresql://nowhere.invalid/entas"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every count and every reason is what was planted." in done.stdout
    rows = {line.split("│")[1].strip(): line.split("│") for line in done.stdout.splitlines() if "│ 2023-" in line}
    assert [rows[month][2].strip() for month in ("2023-08", "2023-10")] == ["1,926", "1,160"]
    assert sorted(path.name for path in home.iterdir()) == ["demo", "inbox"]
    assert list((home / "demo" / "reports").rglob("*2023-10-r1.pdf"))
    shutil.rmtree(home)
