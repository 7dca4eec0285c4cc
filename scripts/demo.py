"""`make demo`: three months of an invented regency through the real DAGs, and the counts beside what was planted.

Everything happens in a home of its own, `<ENTAS_HOME>/demo`, which each run begins anew; the sample in it is kept.
The DAG runs are recorded in the Airflow of that home: `make up ENTAS_HOME=.entas/demo` shows them.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fasteners
from rich.console import Console
from rich.table import Table

from entas import clock, orchestration
from entas.errors import EntasError
from entas.settings import Settings
from entas.storage import Store
from entas.warehouse import open_warehouse

#: A home with this file in it was made by the demo, and may be made anew by it.
MARKER = "made-by-make-demo"
#: What a home of the demo keeps from run to run.
KEPT = {MARKER, "sample", "pseudonym.key", ".demo.lock"}
#: The figures that are compared with the truth, besides movements by reason.
FIGURES = ("households", "persons", "opening", "closing", "candidates", "unmeasured")


@dataclass(frozen=True)
class Difference:
    """A figure that is not what was planted."""

    period: str
    figure: str
    found: Any
    planted: Any


class Screen:
    """What the person who runs the demo sees; everything else that is printed goes to a log.

    Attributes:
        log: the file.
        seconds: how long each step took, by (month or None, name of the step).
    """

    def __init__(self, log: Path) -> None:
        self.log = log
        self.seconds: dict[tuple[str | None, str], float] = {}
        self.console = Console(file=os.fdopen(os.dup(1), "w"), highlight=False)
        sys.stdout.flush()
        sys.stderr.flush()
        with log.open("ab") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)

    @contextlib.contextmanager
    def step(self, month: str | None, name: str) -> Iterator[Callable[[str], None]]:
        """A step that takes a while; the function it yields says in a few words what came of it."""
        said: list[str] = []
        label = f"{month or '':8} {name:<28}"
        began = time.monotonic()
        moving = self.console.status(label) if self.console.is_terminal else contextlib.nullcontext()
        try:
            with moving:
                yield said.append
        except BaseException:
            self.console.print(f"{label} [red]failed[/red]")
            raise
        self.seconds[month, name] = time.monotonic() - began
        self.console.print(f"{label} {self.seconds[month, name]:5.1f} s  {'; '.join(said)}", soft_wrap=True)


def demo_home(env: dict[str, str]) -> Path:
    """Folder of the demo's own state, below `ENTAS_HOME`; other settings of the environment do not reach the demo.

    Raises:
        EntasError: something else is there, or Airflow of that home is up.
    """
    home = Path(env.get("ENTAS_HOME") or ".entas").expanduser().absolute()
    if not (home / MARKER).exists():
        home /= "demo"
    if home.exists() and {path.name for path in home.iterdir()} - KEPT and not (home / MARKER).exists():
        raise EntasError(f"{home} was not made by the demo; move it away, or choose another ENTAS_HOME")
    if (home / "airflow" / "up.json").exists() and orchestration.is_up(home):
        raise EntasError(f"Airflow of {home} is up; stop it first: make down ENTAS_HOME={home}")
    return home


def begin_anew(home: Path) -> Settings:
    """Empty the demo's home except for the sample, and read settings that point into it."""
    from entas.warehouse.embedded import EmbeddedServer

    (home / MARKER).touch()
    EmbeddedServer(home).stop()
    for path in home.iterdir():
        if path.name not in KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name in [name for name in os.environ if name.startswith(("ENTAS_", "AIRFLOW_"))]:
        del os.environ[name]
    os.environ["ENTAS_HOME"] = str(home)
    return Settings.from_env()


def batches(inbox: Path) -> dict[str, list[Path]]:
    """The sample's files by the month that was due when they arrived: the one before their modification time."""
    found: dict[str, list[Path]] = {}
    for path in sorted(path for path in inbox.rglob("*") if path.is_file()):
        arrived = clock.jakarta_day(datetime.fromtimestamp(path.stat().st_mtime, UTC)).replace(day=1)
        found.setdefault(clock.period_text(clock.add_months(arrived, -1)), []).append(path)
    return dict(sorted(found.items()))


def upload(files: list[Path], source: Path, inbox: Path) -> None:
    """Put files into the inbox with their modification times, in which their order lies."""
    for file in files:
        target = inbox / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, target)


class Airflow:
    """The DAGs of this checkout, run one by one in this process and recorded like any other run."""

    def __init__(self, settings: Settings) -> None:
        environment = orchestration.airflow_environment(settings)
        orchestration.ensure_manifest(settings)
        orchestration.ensure_airflow_database(settings, environment)
        os.environ.update(environment)
        from airflow.dag_processing.dagbag import DagBag

        self.bag = DagBag(str(settings.project_root / "dags"))
        if self.bag.import_errors:
            raise EntasError(f"a DAG cannot be imported: {next(iter(self.bag.import_errors.values()))}")

    def run(self, dag_id: str, **conf: Any) -> Any:
        """Run a DAG to its end.

        Raises:
            EntasError: it failed; names the first task that did.
        """
        run = self.bag.dags[dag_id].test(run_conf=conf)
        if run.state != "success":
            failed = sorted(
                (one for one in run.get_task_instances() if one.state == "failed"),
                key=lambda one: (one.end_date or one.start_date, one.task_id),
            )
            raise EntasError(f"{dag_id} is {run.state} at {failed[0].task_id if failed else 'an unknown task'}")
        return run

    @staticmethod
    def result(run: Any, task_id: str) -> Any:
        """What a task returned."""
        from airflow.models.xcom import XComModel
        from airflow.utils.session import create_session

        with create_session() as session:
            row = session.scalars(
                XComModel.get_many(run_id=run.run_id, key="return_value", dag_ids=run.dag_id, task_ids=task_id)
            ).first()
            return XComModel.deserialize_value(row) if row else None

    @staticmethod
    def announced(run: Any) -> bool:
        """Whether the run emitted the asset that starts the build."""
        return any(one.task_id == "announce" and one.state == "success" for one in run.get_task_instances())

    @staticmethod
    def close() -> None:
        """Let go of the database before the embedded server stops."""
        from airflow import settings

        settings.dispose_orm(do_log=False)


def run_month(screen: Screen, airflow: Airflow, settings: Settings, month: str, files: list[Path]) -> dict[str, Any]:
    """One month as it happens: uploads, intake, build, report. Returns the report as released."""
    upload(files, settings.home / "sample" / "inbox", Path(settings.inbox))
    with screen.step(month, "intake_registers") as say:
        run = airflow.run("intake_registers")
        counts = airflow.result(run, "take_in")
        say(", ".join(f"{count} {status.replace('_', ' ')}" for status, count in counts.items()))
        if not airflow.announced(run):
            raise EntasError(f"no upload of {month} was accepted")
    with screen.step(month, "build_household_status") as say:
        run = airflow.run("build_household_status")
        say(f"{len(run.get_task_instances())} tasks succeeded")
    with screen.step(month, "publish_monthly_report") as say:
        run = airflow.run("publish_monthly_report", period=month)
        made = airflow.result(run, "release")
        folder = f"{settings.regency}/{month}/r{made['revision']}"
        name = f"laporan-miskin-ekstrem-{settings.regency}-{month}-r{made['revision']}"
        report = json.loads(Store(settings.reports, settings.access).read_bytes(f"{folder}/{name}.json"))
        say(f"r{made['revision']} {made['status']}: {report['households']:,} families (KK)")
    return {"report": report, "pdf": f"{settings.reports}/{folder}/{name}.pdf"}


def marts(settings: Settings) -> dict[str, dict[str, Any]]:
    """The regency's months as an analyst reads them."""
    from psycopg.rows import dict_row

    with open_warehouse(settings).connect("analyst", row_factory=dict_row) as connection:
        rows = connection.execute(
            "select * from marts.rpt_extreme_poverty_monthly where area_level = 'regency' order by period"
        ).fetchall()
    return {clock.period_text(row["period"]): row for row in rows}


def differences(found: dict[str, dict[str, Any]], planted: dict[str, dict[str, Any]]) -> list[Difference]:
    """Figures of the marts that are not what was planted."""
    wrong = [
        Difference(month, "month", sorted(found), sorted(planted)) for month in sorted(found.keys() ^ planted.keys())
    ]
    for month in sorted(found.keys() & planted.keys()):
        truth = planted[month]
        expected = {name: truth[name] for name in FIGURES}
        for way in ("entered", "exited"):
            expected |= {f"{way}_{reason}": count for reason, count in truth[way].items()}
        wrong += [
            Difference(month, name, found[month][name], count)
            for name, count in expected.items()
            if found[month][name] != count
        ]
    return wrong


def late_differences(reports: dict[str, dict[str, Any]], planted: dict[str, dict[str, Any]]) -> list[Difference]:
    """Counts that were reported at first and are not what was planted for that moment."""
    return [
        Difference(month, "households, as first reported", reports[month]["report"]["households"], truth["households"])
        for month, truth in planted.items()
        if reports[month]["report"]["households"] != truth["households"]
    ]


def show_counts(console: Console, found: dict[str, Any], planted: dict[str, Any], reports: dict[str, Any]) -> None:
    table = Table(title="Extreme-poor families (KK) and persons (jiwa), found beside planted", title_justify="left")
    for name in ("month", "KK found", "KK planted", "jiwa found", "jiwa planted", "KK first told"):
        table.add_column(name, justify="left" if name == "month" else "right")
    for month, row in found.items():
        truth = planted[month]
        table.add_row(
            month,
            *(f"{n:,}" for n in (row["households"], truth["households"], row["persons"], truth["persons"])),
            f"{reports[month]['report']['households']:,}",
        )
    console.print(table)


def show_movement(console: Console, found: dict[str, dict[str, Any]]) -> None:
    table = Table(title="Movement of families", title_justify="left")
    table.add_column("")
    for month in found:
        table.add_column(month, justify="right")

    def add(label: str, column: str, sign: int = 1, **options: Any) -> None:
        table.add_row(label, *(f"{sign * row[column]:+,}" if sign else f"{row[column]:,}" for row in found.values()),
                      **options)  # fmt: skip

    columns = list(next(iter(found.values())))
    add("opening", "opening", 0, end_section=True)
    for way, sign in (("entered", 1), ("exited", -1)):
        for column in columns:
            if column.startswith(f"{way}_"):
                add(f"{way}: {column.removeprefix(f'{way}_').replace('_', ' ')}", column, sign)
    table.add_section()
    add("closing", "closing", 0)
    console.print(table)


def show_times(console: Console, seconds: dict[tuple[str | None, str], float], total: float) -> None:
    names = list(dict.fromkeys(name for month, name in seconds if month))
    months = list(dict.fromkeys(month for month, _ in seconds if month))
    table = Table(title=f"Seconds (everything together: {total:.0f})", title_justify="left")
    table.add_column("step")
    for month in months:
        table.add_column(month, justify="right")
    for name in names:
        table.add_row(name, *(f"{seconds[month, name]:.1f}" for month in months))
    console.print(table)


def run(env: dict[str, str]) -> int:
    """Run the demo; returns the exit code: 1 when a count is not what was planted."""
    began = time.monotonic()
    home = demo_home(env)
    home.mkdir(parents=True, exist_ok=True)
    alone = fasteners.InterProcessLock(home / ".demo.lock")
    if not alone.acquire(blocking=False):
        raise EntasError(f"the demo is running in {home} already")
    settings = begin_anew(home)
    (settings.home / "logs").mkdir()
    screen = Screen(settings.home / "logs" / "demo.log")
    console = screen.console
    try:
        wrong = _run(screen, settings, began)
    except EntasError as error:
        console.print(f"[red]The demo failed:[/red] {error}", soft_wrap=True)
        console.print(f"What happened: {screen.log}", soft_wrap=True)
        return error.exit_code
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 130
    except BaseException as error:
        console.print(f"[red]The demo broke:[/red] {type(error).__name__}; see {screen.log}", soft_wrap=True)
        raise
    for one in wrong:
        console.print(f"[red]{one.period} {one.figure}: found {one.found}, planted {one.planted}[/red]")
    return 1 if wrong else 0


def _run(screen: Screen, settings: Settings, began: float) -> list[Difference]:
    console, sample = screen.console, settings.home / "sample"
    console.print(f"Three months of an invented regency, in {settings.home} (log: logs/demo.log)", soft_wrap=True)
    if not (sample / "truth.json").exists():
        from entas.sample import write_sample

        with screen.step(None, "writing the sample") as say:
            shutil.rmtree(sample, ignore_errors=True)
            write_sample(sample)
            say(f"{sum(len(files) for files in batches(sample / 'inbox').values())} files")
    with screen.step(None, "starting PostgreSQL, Airflow"):
        open_warehouse(settings)
        airflow = Airflow(settings)
    try:
        reports = {
            month: run_month(screen, airflow, settings, month, files)
            for month, files in batches(sample / "inbox").items()
        }
    finally:
        airflow.close()
    found = marts(settings)
    truth = json.loads((sample / "truth.json").read_text(encoding="utf-8"))  # read here for the first time
    console.print()
    show_counts(console, found, truth["months"], reports)
    show_movement(console, found)
    show_times(console, screen.seconds, time.monotonic() - began)
    wrong = differences(found, truth["months"]) + late_differences(reports, truth["first_reported"])
    home = _short(settings.home)
    if not wrong:
        console.print("[green]Every count and every reason is what was planted.[/green]")
    console.print(f"The report as PDF:   {_short(Path(reports[max(reports)]['pdf']))}", soft_wrap=True)
    console.print(f"Feedback to villages: {_short(Path(settings.feedback))}", soft_wrap=True)
    console.print(f"Look around:         make up ENTAS_HOME={home}", soft_wrap=True)
    console.print(
        f"                     ENTAS_HOME={home} .venv/bin/entas sql --role analyst "
        '-c "select * from marts.rpt_target_progress"',
        soft_wrap=True,
    )
    return wrong


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def main() -> int:
    """Run the demo for the shell."""
    try:
        return run(dict(os.environ))
    except EntasError as error:
        print(f"entas: {error}", file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
