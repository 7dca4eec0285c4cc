"""The chart of the report as SVG: the count month by month."""

from __future__ import annotations

import re
from typing import Any

from entas.clock import parse_period
from entas.reporting import wording as w

_INK, _QUIET = "#1f3a5f", "#6b7684"

#: Months of the series that fit into the width of a page.
_MONTHS_SHOWN = 13


def series_chart(payload: dict[str, Any], *, font: str) -> str:
    """Families at the end of each of the last months, as columns with their numbers (SVG)."""
    import altair as alt

    rows = [
        {
            "place": place,
            "month": w.short_month(month),
            "households": row["households"],
            "text": w.number(row["households"]),
        }
        for place, row in enumerate(payload["history"][-_MONTHS_SHOWN:])
        if (month := parse_period(row["period"]))
    ]
    top = max(row["households"] for row in rows) or 1
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X(
            "month:N",
            sort=alt.EncodingSortField("place"),
            title=None,
            axis=alt.Axis(labelAngle=0, labelExpr="split(datum.label, ' ')"),
        ),
        y=alt.Y("households:Q", title=None, axis=None, scale=alt.Scale(domain=[0, top * 1.12])),
    )
    last = alt.condition(f"datum.place == {len(rows) - 1}", alt.value(_INK), alt.value("#a9b8cb"))
    columns = base.mark_bar(cornerRadiusTopLeft=2, cornerRadiusTopRight=2).encode(color=last)
    labels = base.mark_text(dy=-7, fontSize=11, color=_INK).encode(text="text:N")
    # A lone month must not become a column as wide as the page.
    return _svg((columns + labels).properties(width={"step": 80} if len(rows) < 6 else 480, height=180), font)


def _svg(chart: Any, font: str) -> str:
    import vl_convert

    specification = chart.configure(
        font=font,
        background="transparent",
        padding=4,
        view={"stroke": None},
        axis={
            "domainColor": _QUIET,
            "ticks": False,
            "labelColor": "#2b333d",
            "labelFontSize": 11,
            "labelPadding": 6,
            "grid": False,
        },
    ).to_dict()
    svg = vl_convert.vegalite_to_svg(specification)
    # vl-convert numbers clip paths on through the life of the process; equal charts must have equal bytes.
    numbers: dict[str, str] = {}
    return re.sub(r"\bclip\d+\b", lambda found: numbers.setdefault(found[0], f"clip{len(numbers)}"), svg)
