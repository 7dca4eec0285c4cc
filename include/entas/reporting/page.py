"""The report as one HTML file that needs nothing else: readable on a phone, by a screen reader, on paper, offline."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from entas.reporting.charts import series_chart

_FONT = "system-ui, sans-serif"


def render_html(payload: dict[str, Any], view: dict[str, Any]) -> bytes:
    """The page; equal bytes for equal arguments."""
    environment = Environment(
        loader=PackageLoader("entas.reporting", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = environment.get_template("page.html.j2").render(
        view=view,
        series=Markup(series_chart(payload, font=_FONT)),  # made by vl-convert, which escapes what it writes
    )
    return text.encode()
