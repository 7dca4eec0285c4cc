"""Running dbt over the warehouse, in this process."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from entas import clock
from entas.errors import EntasError
from entas.settings import Settings
from entas.warehouse.connection import open_warehouse

#: One build at a time in a warehouse: two would replace each other's tables half-way.
BUILD_LOCK = 0x656E7461735F32
#: Schemas that dbt writes (`seeds` holds policy and poverty lines).
SCHEMAS = ("seeds", "staging", "intermediate", "marts")

Progress = Callable[[str, int, int], None]


def dbt_environment(settings: Settings) -> dict[str, str]:
    """What dbt's own process needs: where the warehouse is, and that nothing calls home."""
    return {
        **open_warehouse(settings).dbt_environment(),
        "ENTAS_REGENCY": settings.regency,
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def dbt_arguments(settings: Settings) -> list[str]:
    """Options that say where the project is and where its artefacts go, outside the project."""
    project = str(settings.project_root / "dbt_project")
    return [
        *("--project-dir", project, "--profiles-dir", project),
        *("--target-path", str(settings.home / "dbt" / "target"), "--log-path", str(settings.home / "logs" / "dbt")),
    ]


def transform(
    settings: Settings,
    *,
    full_refresh: bool = False,
    as_of: datetime | None = None,
    schema_suffix: str = "",
    through_period: date | None = None,
    data_tests: bool = True,
    progress: Progress | None = None,
) -> None:
    """Build seeds and models and run the data tests.

    Args:
        full_refresh: rebuild incremental models from nothing.
        as_of: build as known at this moment; needs `schema_suffix`, so that nothing is written into `marts`.
        schema_suffix: appended to every schema that dbt writes.
        through_period: carry the months on to this one although no upload has reached it.
        data_tests: without them where the outcome is compared with another, as a whole.
        progress: called with (name of the node, nodes done, nodes in all).

    Raises:
        EntasError: a model could not be built or a test failed; names the first and the log.
    """
    variables: dict[str, Any] = {}
    if as_of is not None:
        if not schema_suffix:
            raise ValueError("an as_of build must not write into marts: give it a schema_suffix")
        variables["as_of"] = as_of.isoformat()
    if schema_suffix:
        variables["schema_suffix"] = schema_suffix
    if through_period is not None:
        variables["through_period"] = clock.period_text(through_period)
    arguments = [
        "build",
        *dbt_arguments(settings),
        *("--exclude-resource-type", "unit_test", *([] if data_tests else ["test"]), "--vars", json.dumps(variables)),
        *(["--full-refresh"] if full_refresh else []),
    ]
    warehouse = open_warehouse(settings)
    with warehouse.connect(autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (BUILD_LOCK,))
        run_dbt(settings, arguments, progress)


def run_dbt(settings: Settings, arguments: list[str], progress: Progress | None = None) -> None:
    """Run one dbt command in this process, without output of its own.

    Raises:
        EntasError: it failed; names the first failed node and dbt's log.
    """
    done = 0

    def listen(event: Any) -> None:
        nonlocal done
        if progress and event.info.name == "NodeFinished":
            done += 1
            info = event.data.node_info
            progress(str(info.node_name), done, 0)

    result = invoke_dbt(settings, arguments, listen)
    if result.success:
        return
    log = log_file(settings)
    if result.exception is not None:
        reason = " ".join(str(result.exception).split())
        raise EntasError(f"dbt stopped: {reason} (its log: {log})") from result.exception
    failed = [one for one in result.result if str(one.status) in ("error", "fail", "runtime error")]
    first = failed[0]
    said = " ".join([*str(first.message or "").split(), *_headed(first.node)])
    more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
    raise EntasError(f"dbt: {first.node.name}{more} failed: {said} (its log: {log})")


def invoke_dbt(settings: Settings, arguments: list[str], listen: Callable[[Any], None] = lambda event: None) -> Any:
    """Run one dbt command in this process, without output of its own; returns dbt's `dbtRunnerResult`, good or bad."""
    from dbt.cli.main import dbtRunner

    with _environment(dbt_environment(settings)):
        # "quiet" alone lets errors through, into the output of our caller.
        quiet = ["--quiet", "--log-level", "none", "--log-level-file", "info"]
        return dbtRunner(callbacks=[listen]).invoke([*quiet, *arguments])


def log_file(settings: Settings) -> Path:
    """Where dbt tells all that it does."""
    return settings.home / "logs" / "dbt" / "dbt.log"


def _headed(node: Any) -> Iterator[str]:
    """What must hold and what to mend, in brackets: the comment at the head of a test's SQL, and its description."""
    if str(node.resource_type) != "test":
        return
    code = str(getattr(node, "raw_code", None) or "").lstrip()
    lines = takewhile(lambda line: line.startswith("--"), code.splitlines())
    comment = " ".join(line.removeprefix("--").strip() for line in lines)
    if said := " ".join([comment, *str(node.description or "").split()]).strip():
        yield f"({said})"


@contextmanager
def as_known(settings: Settings, period: date, as_of: datetime) -> Iterator[str]:
    """Name of the schema with the marts as known at a moment, for as long as the block lasts.

    A lock tells that the build is in use, so that `drop_leftovers` knows those of processes that were killed.
    """
    suffix = f"_asof_{period:%Y%m}_{os.getpid()}"
    with open_warehouse(settings).connect(autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(hashtext(%s))", (suffix,))
        try:
            transform(settings, as_of=as_of, schema_suffix=suffix, through_period=period)
            yield f"marts{suffix}"
        finally:
            drop_schemas(connection, suffix)


def drop_leftovers(settings: Settings) -> list[str]:
    """Remove the schemas of as-of builds whose process was killed.

    Returns:
        The suffixes of their schemas.
    """
    left = []
    with open_warehouse(settings).connect(autocommit=True) as connection:
        rows = connection.execute(
            "select distinct substring(nspname from '_asof_[0-9]{6}_[0-9]+$') as suffix from pg_namespace "
            "where nspname ~ '^(seeds|staging|intermediate|marts)_asof_[0-9]{6}_[0-9]+$' order by 1"
        ).fetchall()
        for (suffix,) in rows:
            if not connection.execute("select pg_try_advisory_lock(hashtext(%s))", (suffix,)).fetchone()[0]:
                continue
            drop_schemas(connection, suffix)
            connection.execute("select pg_advisory_unlock(hashtext(%s))", (suffix,))
            left.append(suffix)
    return left


def drop_schemas(connection: psycopg.Connection, suffix: str) -> None:
    """Remove what a build with this suffix made."""
    if not suffix:
        raise ValueError("only schemas of a build with a suffix may be dropped")
    for schema in SCHEMAS:
        connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema + suffix)))


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
