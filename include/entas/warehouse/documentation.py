"""dbt's documentation of the warehouse as one web page, and how old what villages sent is (`dbt source freshness`).

Both describe the warehouse as it is, so both need it; neither writes into it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from entas.errors import EntasError
from entas.settings import Settings
from entas.warehouse.dbt import dbt_arguments, invoke_dbt, log_file, run_dbt


@dataclass(frozen=True)
class SourceAge:
    """When the youngest rows of a source came.

    Attributes:
        source: `raw.penduduk`.
        status: `pass`, `warn`, `error`, or `never` for one that nothing has come of yet.
        received_at: when the youngest came; None for `never`.
        days: whole days since then; None for `never`.
        limits: days after which dbt warns, and after which it fails; None where it never does.
    """

    source: str
    status: str
    received_at: datetime | None
    days: int | None
    limits: tuple[int | None, int | None]


def docs_page(settings: Settings) -> Path:
    """The web page that `write_docs` writes and Airflow's UI shows."""
    return settings.home / "docs" / "index.html"


def write_docs(settings: Settings, *, only_if_missing: bool = False) -> Path:
    """Write dbt's documentation of the warehouse as one web page that needs no other file and no network.

    Readers of the page see the old one or the new one, whole.

    Raises:
        EntasError: dbt cannot; names its log.
    """
    page = docs_page(settings)
    if only_if_missing and page.exists():
        return page
    run_dbt(settings, ["docs", "generate", "--static", *_arguments(settings)])
    page.parent.mkdir(parents=True, exist_ok=True)
    part = page.with_name(f".{page.name}.{os.getpid()}.part")
    part.write_bytes((_target(settings) / "static_index.html").read_bytes())
    part.replace(page)
    return page


def source_ages(settings: Settings) -> list[SourceAge]:
    """How old each watched source is, by the limits of dbt_project/models/staging/_sources.yml.

    Raises:
        EntasError: dbt cannot tell; names its log.
    """
    done = invoke_dbt(settings, ["source", "freshness", *_arguments(settings)])
    # What dbt_project.yml runs at the end of every command is in the result, too.
    results = [one for one in done.result or [] if str(one.node.resource_type) == "source"]
    untold = [one for one in results if str(one.status) == "runtime error"]
    if done.exception or untold or not results:
        reason = done.exception or (untold[0].message if untold else "no source is watched")
        raise EntasError(f"dbt cannot tell how old the sources are: {reason} (its log: {log_file(settings)})")
    ages = []
    for one in results:
        # dbt puts a table without any row into the year 1.
        came = one.max_loaded_at if one.max_loaded_at.year > 1 else None
        ages.append(
            SourceAge(
                source=f"{one.node.source_name}.{one.node.name}",
                status=str(one.status) if came else "never",
                received_at=came,
                days=int(one.age // 86400) if came else None,
                limits=(_days(one.node.freshness.warn_after), _days(one.node.freshness.error_after)),
            )
        )
    return sorted(ages, key=lambda age: age.source)


def _days(limit: object) -> int | None:
    return getattr(limit, "count", None)  # _sources.yml has all of them in days, which a test holds


def _target(settings: Settings) -> Path:
    return settings.home / "dbt" / "docs"


def _arguments(settings: Settings) -> list[str]:
    """As for a build, but with a folder of artefacts of its own: a build may run meanwhile."""
    arguments = dbt_arguments(settings)
    arguments[arguments.index("--target-path") + 1] = str(_target(settings))
    return arguments
