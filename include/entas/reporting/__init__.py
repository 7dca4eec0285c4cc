"""The monthly report: figures from the marts, the gate, the files, the releases.

`release` is what the DAG and `entas publish` call; `read_figures`, `report_payload` and `render` are its steps.
"""

from entas.reporting.figures import Figures, MissingFigures, read_figures
from entas.reporting.forms import FORMATS, file_name, render, render_files
from entas.reporting.gate import check_gate
from entas.reporting.letterhead import Letterhead, load_letterhead
from entas.reporting.payload import report_payload
from entas.reporting.revisions import (
    Release,
    latest_release,
    release,
    released_otherwise,
    releases,
    reproduce,
)

__all__ = [
    "FORMATS",
    "Figures",
    "Letterhead",
    "MissingFigures",
    "Release",
    "check_gate",
    "file_name",
    "latest_release",
    "load_letterhead",
    "read_figures",
    "release",
    "released_otherwise",
    "releases",
    "render",
    "render_files",
    "report_payload",
    "reproduce",
]
