"""The report as a PDF letter, set by typst with the fonts it carries: PDF/A-2a and PDF/UA-1, no network."""

from __future__ import annotations

import json
from datetime import datetime
from importlib import resources
from typing import Any

from entas.reporting.charts import series_chart
from entas.reporting.letterhead import Letterhead

#: One of the fonts inside typst, so that a letter looks the same on every machine.
_FONT = "Libertinus Serif"

#: Archives keep PDF/A; PDF/UA lets screen readers follow tables and charts.
_STANDARDS = ["a-2a", "ua-1"]


def render_pdf(payload: dict[str, Any], view: dict[str, Any], letterhead: Letterhead) -> bytes:
    """The letter and its annex; equal bytes for equal arguments."""
    import typst

    files = {
        "main.typ": resources.files(__package__).joinpath("letter.typ").read_bytes(),
        "view.json": json.dumps(view, ensure_ascii=False).encode(),
        "series.svg": series_chart(payload, font=_FONT).encode(),
    }
    if letterhead.logo:
        suffix, content = letterhead.logo
        files[f"logo{suffix}"] = content
    moment = int(datetime.fromisoformat(payload["generated_at"]).timestamp())
    return typst.compile(files, ignore_system_fonts=True, pdf_standards=_STANDARDS, timestamp=moment)
