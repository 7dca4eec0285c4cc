"""Parts of docs/ that are made from the product, for tests/test_docs.py to hold and for a maintainer to write again.

`python -m tests.docs` writes all of them; a name writes one:

- `rules`: the operators' table of rules, from expectations/*.yaml;
- `guide`: the results below the queries of the analysts' guide, from the warehouse of `ENTAS_HOME` (where `make demo`
  has put the sample);
- `cookbook`: the results of the cookbook, from the small regency of tests/regency.py, in a warehouse made for it.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import yaml

from entas.registers.schema import REGISTERS
from entas.settings import PROJECT_ROOT, Settings
from entas.warehouse import Warehouse, open_warehouse
from entas.warehouse.dbt import transform
from entas.warehouse.embedded import EmbeddedServer
from tests.regency import KEY, Regency

DOCS = PROJECT_ROOT / "docs"
OPERATORS_GUIDE = DOCS / "panduan-operator-desa.md"
ANALYSTS_GUIDE = DOCS / "analyst-guide.md"
COOKBOOK = DOCS / "cookbook.md"

_SEVERITIES = {"critical": "Wajib diperbaiki", "warning": "Perlu diperiksa", "info": "Keterangan"}
_RULES = re.compile(r"(<!-- aturan: (\w+) -->\n).*?(<!-- akhir aturan -->)", re.DOTALL)
_QUERY = re.compile(r"```sql\n(?P<sql>.*?)```\n(?P<result>\n(?:\|[^\n]*\n)+)?", re.DOTALL)
_NUMBERS = (20, 21, 23, 700, 701, 1700)


def documents() -> list[Path]:
    """README and every page of docs/ and below."""
    return [PROJECT_ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


# --- the table of rules --------------------------------------------------------------------------------------------


def rules(register: str) -> list[dict[str, Any]]:
    """The expectations of a register, as its YAML file has them."""
    path = PROJECT_ROOT / "expectations" / f"{register}.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))["expectations"]


def rules_table(register: str) -> str:
    """The register's rules as a Markdown table in Indonesian: what must be mended first."""
    order = list(_SEVERITIES)
    lines = ["| Kolom | Tingkat | Yang harus dilakukan | Penjelasan | Kode aturan |", "| --- | --- | --- | --- | --- |"]
    for rule in sorted(rules(register), key=lambda one: order.index(one["severity"])):
        meta = rule["meta"]
        # The words in braces are the cell, or the earlier row, of the upload at hand.
        sentence = re.sub(r"\{\w+\}", "…", " ".join(meta["sentence"].split()))
        cells = f"`{meta['column']}`", _SEVERITIES[rule["severity"]], meta["title"], sentence, f"`{meta['rule_id']}`"
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def with_rules(text: str) -> str:
    """The operators' guide with its tables of rules made anew."""
    return _RULES.sub(lambda found: f"{found[1]}{rules_table(found[2])}{found[3]}", text)


def registers_with_rules(text: str) -> list[str]:
    """Registers whose table stands in the guide."""
    return [found[2] for found in _RULES.finditer(text)]


# --- the queries ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Query:
    """A query of the analysts' guide, under its nearest heading.

    Attributes:
        columns: headings of the result that the guide shows; None where it shows none.
        rows: number of rows that it shows.
    """

    title: str
    sql: str
    columns: tuple[str, ...] | None
    rows: int


def queries(text: str) -> Iterator[Query]:
    """The SQL blocks of a page, with the results that stand below them."""
    for found in _QUERY.finditer(text):
        headings = re.findall(r"^#+ (.+)$", text[: found.start()], re.MULTILINE)
        lines = (found["result"] or "").strip().splitlines()
        columns = tuple(cell.strip() for cell in lines[0].strip("|").split("|")) if lines else None
        yield Query(headings[-1], found["sql"], columns, max(0, len(lines) - 2))


def result_table(cursor: psycopg.Cursor) -> str:
    """A result as a Markdown table, values as the server spells them."""
    result, description = cursor.pgresult, cursor.description
    assert result is not None
    assert description is not None
    lines = [
        [column.name for column in description],
        ["---:" if column.type_code in _NUMBERS else "---" for column in description],
    ]
    for row in range(result.ntuples):
        values = (result.get_value(row, column) for column in range(result.nfields))
        lines.append(["" if value is None else value.decode() for value in values])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def with_results(text: str, run: Callable[[str], str]) -> str:
    """A page whose shown results are made anew; `run` gives the table of a query."""
    return _QUERY.sub(
        lambda found: f"```sql\n{found['sql']}```\n" + ("\n" + run(found["sql"]) if found["result"] else ""), text
    )


def write_rules() -> None:
    """Write the operators' tables of rules again."""
    text = OPERATORS_GUIDE.read_text(encoding="utf-8")
    assert set(registers_with_rules(text)) == set(REGISTERS)
    OPERATORS_GUIDE.write_text(with_rules(text), encoding="utf-8")


def write_results(page: Path, warehouse: Warehouse) -> None:
    """Write the results of a page's queries again, as an analyst sees them."""
    with warehouse.connect("analyst", autocommit=True) as connection:
        text = with_results(page.read_text(encoding="utf-8"), lambda sql: result_table(connection.execute(sql)))
    page.write_text(text, encoding="utf-8")


def write_cookbook() -> None:
    """Build the small regency in a warehouse of its own and write the cookbook's results."""
    with tempfile.TemporaryDirectory(prefix="entas-cookbook-", ignore_cleanup_errors=True) as home:
        settings = Settings.from_env({"ENTAS_HOME": home, "ENTAS_REGENCY": "32.16", "ENTAS_PSEUDONYM_KEY": KEY})
        warehouse = open_warehouse(settings)
        try:
            with warehouse.connect() as connection:
                Regency().load(connection)
            transform(settings)
            write_results(COOKBOOK, warehouse)
        finally:
            EmbeddedServer(settings.home).stop()


PARTS: dict[str, Callable[[], None]] = {
    "rules": write_rules,
    "guide": lambda: write_results(ANALYSTS_GUIDE, open_warehouse(Settings.from_env())),
    "cookbook": write_cookbook,
}


def main(names: Sequence[str]) -> None:
    """Write the made parts of the pages again: all, or those named."""
    for name in names or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
