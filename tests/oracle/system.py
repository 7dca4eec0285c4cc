"""Runs the real system on a scenario and compares three relations with the model, row for row."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from .model import Result, UploadRow, run
from .scenarios import Scenario

KEY = "kunci-uji"
#: How many differing rows of a relation are told.
TOLD = 20
UPLOAD_COLUMNS = (
    "village_code", "period", "file_name", "status", "rows_read", "rows_accepted", "rows_quarantined", "rows_warned",
)  # fmt: skip
STATUS_COLUMNS = (
    "village_code", "status", "reason", "is_counted", "members", "monthly_amount", "per_capita", "poverty_line", "gap",
    "previous_status", "previous_village_code", "movement", "movement_reason", "students_smp", "students_sma",
    "verified_on", "register_period", "register_age_months",
)  # fmt: skip


class System:
    """Entas with a home of its own, driven by its command line as other people's scripts drive it."""

    def __init__(self, home: Path, warehouse_url: str | None = None) -> None:
        self.home = home
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ENTAS_")}
        self.environment = kept | {"ENTAS_HOME": str(home), "ENTAS_PSEUDONYM_KEY": KEY}
        if warehouse_url is not None:
            self.environment["ENTAS_WAREHOUSE_URL"] = warehouse_url

    @property
    def inbox(self) -> Path:
        """Where files are put."""
        return self.home / "inbox"

    def entas(self, *arguments: str) -> str:
        """Run a command of the command line; its standard output.

        Raises:
            AssertionError: it failed; with what it said.
        """
        command = [str(Path(sys.executable).with_name("entas")), *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
            raise AssertionError(f"entas {' '.join(arguments)} ended with {done.returncode}:\n{said}")
        return done.stdout

    def rows(self, relation: str, order: str) -> list[dict[str, Any]]:
        """All rows of a relation, numbers as decimals."""
        query = f"select row_to_json(t)::text as row from (select * from {relation} order by {order}) t"
        lines = self.entas("sql", "--json", "-c", query)
        return [json.loads(row["row"], parse_float=Decimal) for row in json.loads(lines)]

    def take_in(self, scenario: Scenario) -> None:
        """Put the files of each stage into the inbox and run intake after each."""
        for stage in range(len(scenario.stages)):
            scenario.write(stage, self.inbox)
            self.entas("intake")

    def transform(self) -> None:
        """Build the marts."""
        self.entas("transform")


@dataclass(frozen=True)
class Difference:
    """A row on which model and system differ; ``columns`` maps a column to (model, system)."""

    relation: str
    row: str
    columns: dict[str, tuple[Any, Any]]

    def __str__(self) -> str:
        cells = ", ".join(f"{name}: model {_shown(a)}, system {_shown(b)}" for name, (a, b) in self.columns.items())
        return f"{self.relation} [{self.row}] {cells}"


def _shown(value: Any) -> str:
    return f"{float(value):.6f}" if isinstance(value, Fraction | Decimal) else repr(value)


def same(expected: Any, found: Any) -> bool:
    """Whether the two say the same; numbers to one part in a billion."""
    if expected is None or found is None:
        return expected is found
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if isinstance(expected, date):
        return expected.isoformat() == str(found)[:10]
    if isinstance(expected, int | Fraction | Decimal):
        if not isinstance(found, int | float | Decimal | Fraction):
            return False
        return abs(Fraction(expected) - Fraction(found)) <= max(1, abs(Fraction(expected))) / 10**9
    return bool(expected == found)


def compare_uploads(expected: Sequence[UploadRow], found: Sequence[Mapping[str, Any]]) -> list[Difference]:
    """Rows of ``raw.upload`` in order of receipt; what the model leaves open is not compared."""
    differences = []
    for number in range(max(len(expected), len(found))):
        if number >= len(expected) or number >= len(found):
            side = "model" if number < len(expected) else "system"
            row = expected[number] if number < len(expected) else found[number]
            differences.append(
                Difference("raw.upload", f"{number}: {row}", {"row": (side == "model", side == "system")})
            )
            continue
        row = expected[number]
        columns = {
            column: (getattr(row, column), found[number][column])
            for column in UPLOAD_COLUMNS
            if getattr(row, column) is not None and getattr(row, column) != found[number][column]
        }
        if columns:
            name = f"{number}: {row.village_code}/{row.period}/{row.file_name} ({found[number].get('reason')})"
            differences.append(Difference("raw.upload", name, columns))
    return differences


def _compare_keyed(
    relation: str,
    key: Sequence[str],
    columns: Sequence[str],
    expected: Iterable[Mapping[str, Any]],
    found: Iterable[Mapping[str, Any]],
) -> list[Difference]:
    ours = {tuple(str(row[name])[:64] for name in key): row for row in expected}
    theirs: dict[tuple[str, ...], Mapping[str, Any]] = {}
    differences = []
    for row in found:
        row = {**row, "period": str(row["period"])[:7]}
        name = tuple(str(row[part]) for part in key)
        if name in theirs:
            differences.append(Difference(relation, " ".join(name), {"row": ("once", "twice")}))
        theirs[name] = row
    for name in sorted(ours.keys() | theirs.keys(), key=lambda name: (name[1], name)):
        if name not in ours or name not in theirs:
            row = ours.get(name) or theirs[name]
            told = {column: row[column] for column in ("status", "reason", "village_code") if column in row}
            label = f"{' '.join(name)} {row.get('no_kk', '')} {told}"
            differences.append(Difference(relation, label, {"row": (name in ours, name in theirs)}))
            continue
        different = {
            column: (ours[name][column], theirs[name].get(column, "no such column"))
            for column in columns
            if not same(ours[name][column], theirs[name].get(column, "no such column"))
        }
        if different:
            label = f"{' '.join(name)} {ours[name].get('no_kk', '')}".strip()
            differences.append(Difference(relation, label, different))
    return differences


def compare_statuses(
    expected: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]], upload_ids: Sequence[int]
) -> list[Difference]:
    """Rows of ``marts.fct_household_status_monthly``; ``upload_ids`` in order of receipt, to name the evidence.

    Of ``evidence_upload_ids`` the design says only that it is an array; the register in force must be among it, and
    the amounts or the decision when they decided.
    """
    found = [{**row, "register_period": str(row["register_period"])[:7]} for row in found]
    differences = _compare_keyed(
        "marts.fct_household_status_monthly", ("household_id", "period"), STATUS_COLUMNS, expected, found
    )
    theirs = {(row["household_id"], str(row["period"])[:7]): row for row in found}
    for row in expected:
        other = theirs.get((row["household_id"], row["period"]))
        if other is None:
            continue
        measure, decision = row["_evidence"]
        needed = [row["_register"]]
        if row["reason"] in ("below_line", "above_line", "decile_1"):
            needed.append(measure)
        elif row["reason"] in ("verified", "found_ineligible", "graduated", "other", "duplicate"):
            needed.append(decision)
        named = [upload_ids[order] for order in needed if order < len(upload_ids)]  # uploads that differ are told apart
        missing = [upload_id for upload_id in named if upload_id not in other["evidence_upload_ids"]]
        if missing:
            columns = {"evidence_upload_ids": (f"with {missing}", other["evidence_upload_ids"])}
            label = f"{row['household_id']} {row['period']} {row['no_kk']} {row['reason']}"
            differences.append(Difference("marts.fct_household_status_monthly", label, columns))
    return differences


def compare_report(expected: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]) -> list[Difference]:
    """Rows of ``marts.rpt_extreme_poverty_monthly``, every column that the design lists."""
    key = ("area_code", "period", "area_level")
    columns = [column for column in (expected[0] if expected else {}) if column not in key]
    return _compare_keyed("marts.rpt_extreme_poverty_monthly", key, columns, expected, found)


def differences(system: System, scenario: Scenario) -> list[Difference]:
    """Run a scenario through a system that has taken in nothing yet, and tell where it differs from the model."""
    today = datetime.now(ZoneInfo("Asia/Jakarta")).date()
    expected = run(scenario.uploads(today), key=KEY)
    system.take_in(scenario)
    uploads = system.rows("raw.upload", "received_at")
    found = compare_uploads(expected.uploads, uploads)
    system.transform()
    return found + compare_marts(system, expected, [row["upload_id"] for row in uploads])


def compare_marts(system: System, expected: Result, upload_ids: Sequence[int]) -> list[Difference]:
    """The differences in the two marts."""
    statuses = system.rows("marts.fct_household_status_monthly", "household_id, period")
    report = system.rows("marts.rpt_extreme_poverty_monthly", "area_level, area_code, period")
    return compare_statuses(expected.statuses, statuses, upload_ids) + compare_report(expected.report, report)


def told(found: Sequence[Difference]) -> str:
    """The first differences of each relation, a line each, for people."""
    lines = []
    for relation in sorted({difference.relation for difference in found}):
        here = [difference for difference in found if difference.relation == relation]
        lines.append(f"{relation}: {len(here)} rows differ")
        lines += [f"  {difference}" for difference in here[:TOLD]]
    return "\n".join(lines)
