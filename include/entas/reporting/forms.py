"""All forms of the report from its JSON: pdf, xlsx, csv, json, html."""

from __future__ import annotations

import json
from typing import Any

from entas.reporting.letterhead import Letterhead
from entas.reporting.page import render_html
from entas.reporting.pdf import render_pdf
from entas.reporting.table import render_csv
from entas.reporting.view import build_view
from entas.reporting.workbook import render_xlsx

FORMATS = ("pdf", "xlsx", "csv", "json", "html")


def file_name(payload: dict[str, Any], form: str) -> str:
    """`laporan-miskin-ekstrem-<regency_code>-<period>-r<revision>.<form>`."""
    return f"laporan-miskin-ekstrem-{payload['regency_code']}-{payload['period']}-r{payload['revision']}.{form}"


def render(payload: dict[str, Any], letterhead: Letterhead) -> dict[str, bytes]:
    """The files of a report by form (see `FORMATS`); equal bytes for equal arguments.

    Args:
        payload: a report JSON (`report_payload`).
        letterhead: `load_letterhead(settings)`.
    """
    view = build_view(payload, letterhead)
    return {
        "pdf": render_pdf(payload, view, letterhead),
        "xlsx": render_xlsx(payload, view),
        "csv": render_csv(payload),
        "json": render_json(payload),
        "html": render_html(payload, view),
    }


def render_files(payload: dict[str, Any], letterhead: Letterhead) -> dict[str, bytes]:
    """As `render`, by file name."""
    return {file_name(payload, form): content for form, content in render(payload, letterhead).items()}


def render_json(payload: dict[str, Any]) -> bytes:
    """The report JSON as a file: UTF-8, indented for people who look into it."""
    return (json.dumps(payload, ensure_ascii=False, indent=1) + "\n").encode()
