"""The rules of expectations/<register>.yaml: Great Expectations' own shape, with what an operator reads in meta."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from entas.registers.schema import REGISTERS
from entas.settings import PROJECT_ROOT

#: Entries of this type need the warehouse: intake runs their query over the loaded rows.
SQL_TYPE = "unexpected_rows_expectation"

SEVERITIES = ("critical", "warning", "info")

#: In what order rules are judged: each stage sees only rows that no critical rule of a stage before has taken.
STAGES = ("rows", "repeats", "families")

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Rule:
    """A rule of validation.

    Attributes:
        rule_id: stable name, such as `penduduk.nik.bukan_16_digit`.
        register: whose rows it judges.
        severity: `critical` (the row is quarantined), `warning` (loaded and reported) or `info` (counted).
        column: the sheet's column to mend.
        title: what to do, as a heading (Indonesian).
        sentence: for the operator (Indonesian), with `{value}` and other placeholders.
        type, kwargs: the expectation.
        stage: when it is judged; see `STAGES`.
        query: SQL of a rule that needs the warehouse, else None.
        applies: SQL condition on the rows of `batch` that such a rule looks at; None is all.
    """

    rule_id: str
    register: str
    severity: str
    column: str | None
    title: str
    sentence: str
    type: str
    kwargs: dict[str, Any]
    stage: str = "rows"
    query: str | None = None
    applies: str | None = None

    @property
    def placeholders(self) -> tuple[str, ...]:
        """Names in braces in the sentence, in order."""
        return tuple(_PLACEHOLDER.findall(self.sentence))

    def pieces(self) -> list[str]:
        """The sentence split at its placeholders: text, name, text, name, ..., text."""
        return _PLACEHOLDER.split(self.sentence)

    def expectation(self) -> dict[str, Any]:
        """The entry as GX takes it."""
        return {
            "type": self.type,
            "kwargs": dict(self.kwargs),
            "severity": self.severity,
            "meta": {"rule_id": self.rule_id},
        }

    @property
    def domain(self) -> tuple[str, ...]:
        """Prepared columns that the expectation looks at."""
        return tuple(
            self.kwargs[key] for key in ("column", "column_A", "column_B") if isinstance(self.kwargs.get(key), str)
        )


@cache
def rules(register: str) -> list[Rule]:
    """All rules of a register, in the order of its file; do not change the list.

    Raises:
        ValueError: the file is wrong; the message names the entry and the mistake.
    """
    return load_rules(PROJECT_ROOT / "expectations" / f"{register}.yaml", register)


def sql_rules(register: str) -> list[Rule]:
    """The rules of a register whose `query` runs in the warehouse."""
    return [rule for rule in rules(register) if rule.query is not None]


def load_rules(path: Path, register: str) -> list[Rule]:
    """Read a file of rules; see `rules`."""
    if register not in REGISTERS:
        raise ValueError(f"{register} is no register; known are {', '.join(REGISTERS)}")
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    loaded: list[Rule] = []
    for number, entry in enumerate(content["expectations"], start=1):
        meta = entry.get("meta") or {}
        where = f"{path.name}, entry {number} ({meta.get('rule_id', 'no rule_id')})"
        absent = [name for name in ("rule_id", "title", "sentence") if not meta.get(name)]
        if absent:
            raise ValueError(f"{where}: meta lacks {', '.join(absent)}")
        if entry.get("severity") not in SEVERITIES:
            raise ValueError(f"{where}: severity must be one of {', '.join(SEVERITIES)}")
        stage = meta.get("stage", "rows")
        if stage not in STAGES:
            raise ValueError(f"{where}: stage must be one of {', '.join(STAGES)}")
        if any(rule.rule_id == meta["rule_id"] for rule in loaded):
            raise ValueError(f"{where}: the rule_id is taken by an entry above")
        kwargs = entry.get("kwargs") or {}
        query = kwargs.get("unexpected_rows_query") if entry["type"] == SQL_TYPE else None
        if entry["type"] == SQL_TYPE and not query:
            raise ValueError(f"{where}: kwargs lacks unexpected_rows_query")
        loaded.append(
            Rule(
                rule_id=meta["rule_id"],
                register=register,
                severity=entry["severity"],
                column=meta.get("column"),
                title=meta["title"],
                sentence=meta["sentence"],
                type=entry["type"],
                kwargs=kwargs,
                stage=stage,
                query=query,
                applies=meta.get("applies"),
            )
        )
    return loaded
