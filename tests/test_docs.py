"""README and docs/ say what is so: links, commands, files, settings, rules and queries."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import psycopg
import pytest
import yaml

from entas.cli import main as command_line
from entas.registers.schema import REGISTERS, asked
from entas.settings import PROJECT_ROOT
from entas.validation.rules import load_rules
from entas.warehouse import open_warehouse
from entas.warehouse.dbt import transform
from tests import docs
from tests.conftest import make_settings
from tests.regency import Regency

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
_COOKBOOK = docs.COOKBOOK.read_text(encoding="utf-8")
_QUESTIONS = list(docs.queries(_COOKBOOK))


@pytest.fixture(scope="module")
def analyst(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection]:
    """The small regency, in which something of everything happened, as an analyst reads it."""
    settings = make_settings(tmp_path_factory.mktemp("docs"), new_database())
    with open_warehouse(settings).connect() as connection:
        Regency().load(connection)
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


# --- the cookbook --------------------------------------------------------------------------------------------------


def test_the_cookbook_answers_thirty_questions() -> None:
    assert [query.title.split(".")[0] for query in _QUESTIONS] == [str(number) for number in range(1, 31)]
    for section in re.split(r"^### ", _COOKBOOK, flags=re.MULTILINE)[1:]:
        title, _, rest = section.partition("\n")
        asked, result = re.match(r"\n\*[A-Z].*\?\*\n\n```sql\n", rest), rest.split("```")[-1]
        assert asked, f"{title}: in Indonesian, then the query"
        assert re.search(r"\|\n\n[A-Z`].+\.\n", result, re.DOTALL), f"{title}: how to read it"


def test_the_cookbook_reads_the_marts_alone_and_well() -> None:
    for query in _QUESTIONS:
        relations = set(re.findall(r"(?:from|join) (?!\()(\w+(?:\.\w+)?)", query.sql))
        named = set(re.findall(r"^(\w+) as \(", query.sql, re.MULTILINE))
        assert {one for one in relations - named if not one.startswith("marts.")} == set(), query.title
    done = subprocess.run(
        [Path(sys.executable).parent / "sqlfluff", "lint", "--config", PROJECT_ROOT / ".sqlfluff", "-"],
        input="\n".join(query.sql for query in _QUESTIONS),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("query", _QUESTIONS, ids=lambda query: query.title)
def test_results_of_the_cookbook_are_those_of_the_queries(query: docs.Query, analyst: psycopg.Connection) -> None:
    assert f"{query.sql}```\n\n{docs.result_table(analyst.execute(query.sql))}\n" in _COOKBOOK, (
        "write the results again: python -m tests.docs cookbook"
    )
