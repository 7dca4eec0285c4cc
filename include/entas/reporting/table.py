"""The report as CSV: one row per area, for programs and for whoever opens it in Excel."""

from __future__ import annotations

import csv
import io
from typing import Any

from entas.reporting.figures import AREA_COLUMNS

HEADER = ("area_level", "area_code", "area_name", "period", *AREA_COLUMNS)


def render_csv(payload: dict[str, Any]) -> bytes:
    """One row per regency, district and village with the columns of `rpt_extreme_poverty_monthly`.

    RFC 4180: comma, CRLF, decimal point; UTF-8 with a byte order mark, without which Excel reads names as cp1252.
    Where Windows is set to Indonesian, Excel expects semicolons: open the workbook instead, or import the file by
    Data > From Text/CSV.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for level, code, name, figures in area_rows(payload):
        cells = (level, code, name, payload["period"], *(figures[column] for column in AREA_COLUMNS))
        writer.writerow(safe_text(cell) if isinstance(cell, str) else cell for cell in cells)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def area_rows(payload: dict[str, Any]) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Level, code, name and figures of every area: the regency, then each district before its villages."""
    movement = payload["movement"]
    regency = {
        "households": payload["households"],
        "persons": payload["persons"],
        "opening": movement["opening"],
        "entered": movement["entered_total"],
        **{f"entered_{reason}": count for reason, count in movement["entered"].items()},
        "exited": movement["exited_total"],
        **{f"exited_{reason}": count for reason, count in movement["exited"].items()},
        **{key: movement[key] for key in ("transferred_in", "transferred_out", "closing")},
        **payload["beside_the_count"],
        **payload["assistance"],
        **payload["empowerment"],
        **payload["education"],
        **payload["poverty"],
    }
    rows = [("regency", payload["regency_code"], payload["regency_name"], regency)]
    for district in payload["districts"]:
        rows.append(("district", district["code"], district["name"], district))
        rows += [
            ("village", village["code"], village["name"], village)
            for village in payload["villages"]
            if village["district_code"] == district["code"]
        ]
    return rows


def safe_text(text: str) -> str:
    """Text that a spreadsheet will not take for a formula: an apostrophe before `= + - @` and tabs."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text
