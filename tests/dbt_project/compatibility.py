"""What readers of the marts rely on: relations, columns, types, and which columns are never null.

`marts.yml` beside this file keeps it. A column that disappears, changes its type or begins to hold nulls breaks the
queries of others, and a test fails. After adding a mart or a column:

    .venv/bin/python -m tests.dbt_project.compatibility

which enters what is new and nothing else. To take a column away, say so in `removed` of that file, with the day and
what to use instead, delete its line, and tell the analysts.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PATH = Path(__file__).with_name("marts.yml")
#: Names of types in contracts to those that PostgreSQL tells.
TYPES = {"timestamptz": "timestamp with time zone", "int": "integer", "varchar": "character varying"}
HEADER = """\
# What readers of the marts rely on; tests/dbt_project/compatibility.py says what it holds and how a line is added or
# taken away. One line a column: its type, and "not null" where it always has a value.
"""


@dataclass(frozen=True)
class Column:
    """Type of a column, as PostgreSQL names it, and whether it always has a value."""

    type: str
    not_null: bool

    def __str__(self) -> str:
        return f"{self.type} not null" if self.not_null else self.type

    @classmethod
    def parse(cls, text: str) -> Column:
        """The column that `str` wrote."""
        return cls(text.removesuffix(" not null"), text.endswith(" not null"))


Marts = dict[str, dict[str, Column]]


def promised(path: Path = PATH) -> Marts:
    """The marts as readers know them."""
    kept = yaml.safe_load(path.read_text(encoding="utf-8"))["marts"]
    return {mart: {name: Column.parse(text) for name, text in columns.items()} for mart, columns in kept.items()}


def removed(path: Path = PATH) -> list[dict[str, Any]]:
    """Columns and marts that were taken away: mart, column (null for the whole mart), on, instead."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))["removed"] or []


def contracts(manifest: dict[str, Any]) -> Marts:
    """The marts as their contracts have them."""
    found: Marts = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] != "model" or node["original_file_path"].split("/")[1] != "marts":
            continue
        keys = {name for one in node["constraints"] if one["type"] == "primary_key" for name in one["columns"]}
        keys |= {
            n for index in node["config"].get("indexes") or [] if index.get("primary_key") for n in index["columns"]
        }
        found[node["name"]] = {
            name: Column(
                TYPES.get(column["data_type"], column["data_type"]),
                name in keys or any(one["type"] in ("not_null", "primary_key") for one in column["constraints"]),
            )
            for name, column in node["columns"].items()
        }
    return found


def breaks(before: Marts, now: Marts) -> Iterator[str]:
    """What a query written for `before` would stumble over in `now`."""
    for mart, columns in before.items():
        if mart not in now:
            yield f"{mart} is gone"
            continue
        for name, column in columns.items():
            is_now = now[mart].get(name)
            if is_now is None:
                yield f"{mart}.{name} is gone"
            elif is_now.type != column.type:
                yield f"{mart}.{name} was {column.type} and is {is_now.type}"
            elif column.not_null and not is_now.not_null:
                yield f"{mart}.{name} was never null and may be now"


def additions(before: Marts, now: Marts) -> Iterator[str]:
    """What `now` promises beyond `before`."""
    for mart, columns in now.items():
        for name, column in columns.items():
            if before.get(mart, {}).get(name) != column:
                yield f"{mart}.{name} {column}"


def text_of(marts: Marts, taken_away: list[dict[str, Any]]) -> str:
    """The file that keeps these promises."""
    lines = [HEADER, "marts:"]
    for mart, columns in sorted(marts.items()):
        lines += [f"  {mart}:", *(f"    {name}: {column}" for name, column in columns.items())]
    kept = yaml.safe_dump(taken_away, sort_keys=False, allow_unicode=True, width=110).splitlines()
    lines += ["", "# - {mart, column (null: the whole mart), on: day, instead: what to use}"]
    lines += ["removed:", *(f"  {line}" for line in kept)] if taken_away else ["removed: []"]
    return "\n".join(lines) + "\n"


def update(now: Marts, path: Path = PATH) -> list[str]:
    """Enter what is new; returns what was entered.

    Raises:
        ValueError: something was taken away or changed, which only a person may decide.
    """
    before = promised(path)
    broken = list(breaks(before, now))
    if broken:
        raise ValueError("; ".join(broken))
    new = list(additions(before, now))
    path.write_text(text_of(now, removed(path)), encoding="utf-8")
    return new


def main() -> int:
    from entas.orchestration import ensure_manifest
    from entas.settings import Settings

    now = contracts(json.loads(ensure_manifest(Settings.from_env()).read_text(encoding="utf-8")))
    try:
        new = update(now)
    except ValueError as error:
        print(f"Not entered, for readers would break: {error}. See {Path(__file__).name}.", file=sys.stderr)
        return 1
    print("\n".join([*new, f"{len(new)} columns entered."]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
