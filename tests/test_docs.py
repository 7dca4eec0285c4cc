"""README and docs/ say what is so: links, commands, files, settings, rules and queries."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import psycopg
import pytest
import yaml

from entas.cli import main as command_line
from entas.intake import run_intake
from entas.registers.schema import REGISTERS, asked
from entas.settings import PROJECT_ROOT
from entas.validation.rules import load_rules
from entas.warehouse import open_warehouse
from entas.warehouse.dbt import transform
from tests import docs
from tests.conftest import make_settings
from tests.workbooks import family, no_kk, write_workbook

_PAGES = docs.documents()
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^(?:[A-Z_]+=\S+ )*(?:docker compose exec scheduler )?(?:\.venv/bin/)?entas (\w+)(.*)$")
#: Short names in the pages are of these folders.
_ROOTS = (PROJECT_ROOT, PROJECT_ROOT / "include" / "entas", PROJECT_ROOT / "dbt_project")

each_page = pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)


def code(page: Path) -> Iterator[str]:
    """The lines of a page's code blocks, and its code spans."""
    text = page.read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("    "):
            yield line.strip()
    for block in _FENCED.findall(text):
        yield from (line.strip() for line in block.splitlines()[1:-1])
    yield from re.findall(r"`([^`\n]+)`", _FENCED.sub("", text))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


# --- links, commands, files ----------------------------------------------------------------------------------------


@each_page
def test_relative_links_lead_somewhere(page: Path) -> None:
    text = _FENCED.sub("", page.read_text(encoding="utf-8"))
    broken = []
    for target in re.findall(r"\]\(([^)]+)\)", text):
        path, _, anchor = target.partition("#")
        if "://" in path:
            continue
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


@each_page
def test_commands_of_entas_exist_with_their_options(page: Path) -> None:
    wrong = []
    for line in code(page):
        found = _COMMAND.match(line)
        if not found:
            continue
        command = command_line.commands.get(found[1])
        if command is None:
            wrong.append(line)
            continue
        if isinstance(command, click.Group) and found[2].strip():
            command = command.commands.get(found[2].split()[0])
            if command is None:
                wrong.append(line)
                continue
        known = {name for parameter in command.params for name in parameter.opts} | {"--help"}
        given = re.findall(r"(?<!\S)--?[a-z][a-z-]*", re.sub(r'"[^"]*"?', "", found[2]))
        wrong += [f"{line}: {option}" for option in given if option not in known]
    assert wrong == []


@each_page
def test_targets_of_make_exist(page: Path) -> None:
    makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {target for line in code(page) for target in re.findall(r"^make ([a-z-]+)", line)}
    assert named - targets == set()


@each_page
def test_files_of_the_project_are_there(page: Path) -> None:
    tops = {path.name for root in _ROOTS for path in root.iterdir()}
    missing = []
    for span in code(page):
        name = span.rstrip("/")
        if not re.fullmatch(r"[\w.-]+(/[\w.-]+)+", name) or name.split("/")[0] not in tops:
            continue
        if not any((root / name).exists() for root in _ROOTS):
            missing.append(span)
    # the homes that `make demo` and `make up` make, and what a user copies into them
    assert [name for name in missing if not name.startswith(".entas/")] == []


def test_images_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in (docs.DOCS / "images").iterdir()}
    assert sizes
    assert {name: size for name, size in sizes.items() if size > 300 * 1024} == {}


# --- the README's tables -------------------------------------------------------------------------------------------


def test_the_readme_names_every_setting() -> None:
    package = PROJECT_ROOT / "include" / "entas"
    source = "".join((package / name).read_text(encoding="utf-8") for name in ("settings.py", "registers/limits.py"))
    settings = set(re.findall(r'"(ENTAS_[A-Z_]+)"', source))
    readme = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    assert settings
    assert settings - set(re.findall(r"`(ENTAS_[A-Z_]+)`", readme)) == set()


def test_the_readme_names_every_command() -> None:
    readme = PROJECT_ROOT / "README.md"
    named = {found[1] for line in code(readme) if (found := _COMMAND.match(line))}
    assert set(command_line.commands) - named == set()


def test_the_runbook_covers_every_dag() -> None:
    runbook = (docs.DOCS / "runbook.md").read_text(encoding="utf-8")
    for path in (PROJECT_ROOT / "dags").glob("*.py"):
        assert f"### `{path.stem}`" in runbook


# --- the runbook's example -----------------------------------------------------------------------------------------


def test_the_example_of_a_rule_is_a_rule(tmp_path: Path) -> None:
    text = (docs.DOCS / "runbook.md").read_text(encoding="utf-8").split("## Add a rule\n")[1]
    block = re.search(r"(?:^    .*\n)+", text, re.MULTILINE)
    assert block
    entries = [*docs.rules("bantuan"), *yaml.safe_load(textwrap.dedent(block[0]))]
    path = tmp_path / "bantuan.yaml"
    path.write_text(yaml.safe_dump({"expectations": entries}), encoding="utf-8")
    *known, added = load_rules(path, "bantuan")
    assert set(added.domain) <= {column for rule in known for column in rule.domain}


# --- the operators' guide ------------------------------------------------------------------------------------------


def test_the_operators_guide_has_every_rule_as_it_is() -> None:
    guide = docs.OPERATORS_GUIDE.read_text(encoding="utf-8")
    assert docs.registers_with_rules(guide) == list(REGISTERS)
    assert docs.with_rules(guide) == guide, "write the tables again: python -m tests.docs"


def test_the_operators_guide_has_every_column() -> None:
    guide = docs.OPERATORS_GUIDE.read_text(encoding="utf-8")
    for register in REGISTERS:
        section = re.search(rf"^### `{register}`.*?(?=^#)", guide, re.MULTILINE | re.DOTALL)
        assert section, register
        assert set(asked(register)) - set(re.findall(r"\w+", section[0])) == set()


# --- the analysts' guide -------------------------------------------------------------------------------------------

_QUERIES = list(docs.queries(docs.ANALYSTS_GUIDE.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def analyst(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection]:
    """A small warehouse in which something of everything happened, as an analyst reads it."""
    settings = make_settings(tmp_path_factory.mktemp("docs"), new_database())
    inbox = Path(settings.inbox)
    stays, returns, verified, well_off, moves, leaves, quiet = range(1, 8)
    pupils = family(stays, 3)
    pupils[1]["pendidikan_sedang_id"], pupils[2]["pendidikan_sedang_id"] = "6", "7"
    here = [*pupils, *(row for one in (returns, verified, well_off, leaves) for row in family(one))]

    def decision(number: int, day: str, result: str, reason: str = "") -> dict[str, str]:
        return {"no_kk": no_kk(number), "tanggal_musyawarah": day, "hasil": result, "alasan": reason}

    incomes = [(stays, 300_000), (returns, 400_000), (well_off, 4_000_000), (moves, 600_000), (leaves, 500_000)]
    write_workbook(
        inbox / "32.16.09.2003" / "2023-08" / "register.xlsx",
        {
            "penduduk": [*here, *family(moves)],
            "kesejahteraan": [{"no_kk": no_kk(one), "penghasilan_bulanan": amount} for one, amount in incomes],
            "verifikasi": [decision(verified, "15/08/2023", "layak")],
            "pemberdayaan": [{"no_kk": no_kk(stays), "jenis": "pelatihan keterampilan", "tanggal_mulai": "07/08/2023"}],
        },
    )
    write_workbook(inbox / "32.16.09.2002" / "2023-08" / "register.xlsx", {"penduduk": family(8)})
    write_workbook(
        inbox / "32.16.01.2002" / "2023-08" / "register.xlsx",
        {"penduduk": family(quiet), "kesejahteraan": [{"no_kk": no_kk(quiet), "penghasilan_bulanan": 100_000}]},
    )
    write_workbook(
        inbox / "32.16.09.2003" / "2023-09" / "register.xlsx",
        {
            "penduduk": [*here, *family(moves)],
            "verifikasi": [decision(returns, "12/09/2023", "tidak layak", "mampu")],
        },
    )
    write_workbook(
        inbox / "32.16.09.2003" / "2023-10" / "register.xlsx",
        {
            "penduduk": here,
            "verifikasi": [
                decision(returns, "10/10/2023", "layak"),
                decision(leaves, "10/10/2023", "tidak layak", "graduasi"),
            ],
            "bantuan": [
                {"no_kk": no_kk(one), "program": "BLT", "nilai": 300_000, "tanggal_salur": "20/10/2023"}
                for one in (stays, well_off)
            ],
        },
    )
    write_workbook(inbox / "32.16.09.2002" / "2023-10" / "register.xlsx", {"penduduk": [*family(8), *family(moves)]})
    statuses = {one.status for one in run_intake(settings).uploads}
    assert statuses == {"accepted"}
    transform(settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENTAS_ANALYST_PASSWORD", "not asked for")  # the tests' server trusts its socket
        with open_warehouse(settings).connect("analyst", autocommit=True) as connection:
            yield connection


def test_the_analysts_guide_has_a_dozen_queries_and_every_mart() -> None:
    guide = docs.ANALYSTS_GUIDE.read_text(encoding="utf-8")
    assert len(_QUERIES) >= 12
    for path in (PROJECT_ROOT / "dbt_project" / "models" / "marts").glob("*.sql"):
        assert f"| `{path.stem}` |" in guide


@pytest.mark.parametrize("query", _QUERIES, ids=lambda query: query.title)
def test_queries_of_the_analysts_guide_run(query: docs.Query, analyst: psycopg.Connection) -> None:
    cursor = analyst.execute(query.sql)
    assert cursor.description is not None
    rows = cursor.fetchall()
    if query.columns is not None:
        assert tuple(column.name for column in cursor.description) == query.columns
        assert rows or not query.rows
