"""The report as data: design section 8's JSON, from which every other form of the report is made."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from entas.clock import JAKARTA, add_months, period_text
from entas.reporting.figures import AREA_COLUMNS, REGISTER_ORDER, Area, Figures

SCHEMA_VERSION = 1


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema that every report JSON keeps; it ships with the package as `report.schema.json`."""
    return json.loads(resources.files(__package__).joinpath("report.schema.json").read_text(encoding="utf-8"))


def check_payload(payload: dict[str, Any]) -> None:
    """Check a report JSON against the schema.

    Raises:
        jsonschema.ValidationError: it does not keep its promise, which is a fault of this package.
    """
    Draft202012Validator(schema(), format_checker=FormatChecker()).validate(payload)


def report_payload(
    figures: Figures,
    *,
    revision: int,
    generated_at: datetime,
    changes: Sequence[dict[str, Any]] = (),
    opening_restated: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The report JSON of a release.

    Args:
        revision: 1, 2, ... of a release; 0 for a report that is none (a month as known at some other moment).
        generated_at: the letter's date; it and the figures fix every byte of the report.
        changes: what changed since the revision before (`changes_between`).
        opening_restated: where the opening differs from what was released for the month before (`restated_opening`).
    """
    regency, missing = figures.regency, figures.missing
    payload = {
        "schema_version": SCHEMA_VERSION,
        "regency_code": figures.regency_code,
        "regency_name": figures.regency_name,
        "province_code": figures.province_code,
        "province_name": figures.province_name,
        "period": period_text(figures.period),
        "revision": revision,
        "status": figures.status,
        "generated_at": _moment(generated_at),
        "as_of": _moment(figures.as_of),
        "policy": asdict(figures.policy),
        "households": regency.households,
        "persons": regency.persons,
        "counted_as": {
            "verified": figures.counted_for("verified"),
            "below_line": figures.counted_for("below_line"),
        },
        "beside_the_count": {"candidates": regency.candidates, "unmeasured": regency.unmeasured},
        "listed": {"households": figures.listed.households, "persons": figures.listed.persons},
        "movement": _movement(regency),
        "opening_restated": opening_restated and _ordered(opening_restated, _RESTATED),
        "poverty": {
            "headcount_ratio": regency.headcount_ratio,
            "poverty_gap": regency.poverty_gap,
            "poverty_severity": regency.poverty_severity,
        },
        "districts": [_area(area) for area in figures.districts],
        "villages": [_area(area) | {"district_code": area.district_code} for area in figures.villages],
        "assistance": {
            "assisted_households": regency.assisted_households,
            "assistance_amount": regency.assistance_amount,
        },
        "empowerment": {
            "trained_households": regency.trained_households,
            "capital_households": regency.capital_households,
        },
        "education": {
            "households_with_students_smp": regency.households_with_students_smp,
            "households_with_students_sma": regency.households_with_students_sma,
            "students_smp": figures.students_smp,
            "students_sma": figures.students_sma,
        },
        "completeness": {
            "expected": len(figures.village_names),
            "received": len(figures.village_names) - len(missing),
            "missing": [
                {
                    "village_code": village.code,
                    "village_name": village.name,
                    "village_kind": village.kind,
                    "district_code": village.district_code,
                    "district_name": village.district_name,
                    "status": receipt.status if receipt else "missing",
                    "age_months": receipt.age_months if receipt else None,
                }
                for village, receipt in missing
            ],
            "registers": _registers(figures),
        },
        "target": asdict(figures.target) if figures.target else None,
        "history": [asdict(month) for month in figures.history],
        "inputs": {
            "uploads": len(figures.uploads),
            "last_upload_id": max((upload.upload_id for upload in figures.uploads), default=None),
            "list": [{"upload_id": upload.upload_id, "sha256": upload.sha256} for upload in figures.uploads],
        },
        "figures_sha256": figures.sha256,
        "changes": [_ordered(change, _CHANGE) for change in changes],
    }
    check_payload(payload)
    return payload


#: Order of keys in the report JSON: the database does not keep it, and equal reports must have equal bytes.
_CHANGE = ("scope", "code", "name", "figure", "before", "after")
_RESTATED = ("period", "revision", "released_closing", "opening", "difference", "areas")
_RESTATED_AREA = ("level", "code", "name", "released_closing", "opening")


def _ordered(values: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    ordered = {key: values[key] for key in keys}
    if "areas" in ordered:
        ordered["areas"] = [_ordered(area, _RESTATED_AREA) for area in ordered["areas"]]
    return ordered


def _moment(moment: datetime) -> str:
    """ISO 8601 in Jakarta's time, whatever zone the value came in."""
    return moment.astimezone(JAKARTA).isoformat()


def _movement(area: Area) -> dict[str, Any]:
    return {
        "opening": area.opening,
        "entered": area.entered_by_reason,
        "entered_total": area.entered,
        "exited": area.exited_by_reason,
        "exited_total": area.exited,
        "transferred_in": area.transferred_in,
        "transferred_out": area.transferred_out,
        "closing": area.closing,
    }


def _area(area: Area) -> dict[str, Any]:
    return {"code": area.code, "name": area.name} | {column: getattr(area, column) for column in AREA_COLUMNS}


def _registers(figures: Figures) -> dict[str, dict[str, int]]:
    """For each register, villages by how it stands (received, carried_forward, missing, rejected)."""
    counts = Counter((receipt.register, receipt.status) for receipt in figures.receipts)
    statuses = ("received", "carried_forward", "missing", "rejected")
    return {register: {status: counts[register, status] for status in statuses} for register in REGISTER_ORDER}


def changes_between(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    """What differs between the figures of two revisions (`Figures.content`), most important first.

    Returns:
        One dict for each difference: `scope` (status, policy, regency, district, village, students, statuses, target,
        completeness, history), `code` and `name` of the area or None, `figure`, `before`, `after`.
    """
    found: list[dict[str, Any]] = []

    def compare(scope: str, code: str | None, name: str | None, old: dict[str, Any], new: dict[str, Any]) -> None:
        for figure in dict.fromkeys([*new, *old]):
            if old.get(figure) != new.get(figure):
                found.append(
                    {
                        "scope": scope,
                        "code": code,
                        "name": name,
                        "figure": figure,
                        "before": old.get(figure),
                        "after": new.get(figure),
                    }
                )

    compare("status", None, None, {"status": before["status"]}, {"status": after["status"]})
    compare("policy", None, None, before["policy"], after["policy"])

    def areas(scope: str, old: list[dict[str, Any]], new: list[dict[str, Any]]) -> None:
        earlier, later = ({area["code"]: area for area in side} for side in (old, new))
        for code in sorted({*earlier, *later}):
            was, now = earlier.get(code, {}), later.get(code, {})
            columns = [column for column in AREA_COLUMNS if column in was or column in now]
            compare(
                scope,
                code,
                (now or was).get("name"),
                {column: was.get(column) for column in columns},
                {column: now.get(column) for column in columns},
            )

    areas("regency", [before["regency"]], [after["regency"]])
    areas("district", before["districts"], after["districts"])
    areas("village", before["villages"], after["villages"])
    compare("students", None, None, before["students"], after["students"])
    compare("statuses", None, None, _statuses(before), _statuses(after))
    compare("target", None, None, before["target"] or {}, after["target"] or {})
    names = {area["code"]: area["name"] for area in after["villages"]}
    old_receipts, new_receipts = (
        {(row["village_code"], row["register"]): row["status"] for row in side["receipts"]} for side in (before, after)
    )
    for village, register in sorted({*old_receipts, *new_receipts}):
        key = (village, register)
        compare(
            "completeness",
            village,
            names.get(village),
            {register: old_receipts.get(key)},
            {register: new_receipts.get(key)},
        )
    old_months, new_months = ({row["period"]: row for row in side["history"]} for side in (before, after))
    for month in sorted({*old_months, *new_months} - {after["period"]}):
        compare("history", month, None, old_months.get(month, {}), new_months.get(month, {}))
    return found


def _statuses(content: dict[str, Any]) -> dict[str, int]:
    return {f"{row['status']}/{row['reason']}": row["households"] for row in content["statuses"]}


def restated_opening(figures: Figures, released: dict[str, Any] | None, revision: int | None) -> dict[str, Any] | None:
    """Where the opening differs from the closing released for the month before: late uploads restate history.

    Args:
        released: `Figures.content` of the last release of the month before, None when there is none.
        revision: that release's revision.

    Returns:
        None when nothing differs or nothing was released before; else the regency's two numbers and every area
        whose opening is another than the closing that was released.
    """
    if released is None:
        return None
    closings = {area["code"]: area["closing"] for area in (*released["districts"], *released["villages"])}
    areas = [
        {
            "level": area.level,
            "code": area.code,
            "name": area.name,
            "released_closing": closings[area.code],
            "opening": area.opening,
        }
        for area in (*figures.districts, *figures.villages)
        if area.code in closings and closings[area.code] != area.opening
    ]
    closing = released["regency"]["closing"]
    if closing == figures.regency.opening and not areas:
        return None
    return {
        "period": period_text(add_months(figures.period, -1)),
        "revision": revision,
        "released_closing": closing,
        "opening": figures.regency.opening,
        "difference": figures.regency.opening - closing,
        "areas": areas,
    }
