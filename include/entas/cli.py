"""The command line: the same functions that the DAGs call (design, section 9)."""

from __future__ import annotations

import csv
import json
import logging
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

import click

from entas import __version__, clock
from entas.discretion import Masking, WithheldError, masked_numbers, withhold
from entas.errors import EntasError
from entas.settings import Settings
from entas.text import ShownFormatter, shown, shown_json, shown_lines


class _Group(click.Group):
    """Turns errors into one clear line and the exit codes that scripts rely on."""

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # let exit handlers stop the embedded server
        try:
            code = super().main(*args, standalone_mode=False, **kwargs)
            sys.exit(code if isinstance(code, int) else 0)
        except click.exceptions.Abort:
            _fail("stopped", 130)
        except click.ClickException as error:
            error.message = masked_numbers(error.message)  # it repeats what was typed
            error.show()
            sys.exit(error.exit_code)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader of our output has gone
            sys.exit(1)
        except EntasError as error:
            withhold(error)  # what it came of may quote a cell
            _debug(error)
            _fail(str(error), error.exit_code)
        except Exception as error:  # noqa: BLE001 - the last place: one line for people, the trace with --debug
            told = withhold(error)
            _debug(told)
            name = "" if isinstance(told, WithheldError) else f"{type(told).__name__}: "
            _fail(f"{name}{' '.join(str(told).split())} (entas --debug shows where)", 1)


def _debug(error: BaseException) -> None:
    """With `--debug` the error goes on, and Python shows where it comes from."""
    if "--debug" in sys.argv[1:]:
        raise error


def _fail(message: str, code: int) -> NoReturn:
    click.echo(f"entas: {masked_numbers(shown(message))}", err=True)
    sys.exit(code)


def _log_more(_: click.Context, __: click.Parameter, debug: bool) -> None:
    level = logging.INFO if debug else logging.ERROR
    if debug or not logging.root.handlers:
        handler = logging.StreamHandler()
        handler.addFilter(Masking())
        handler.setFormatter(ShownFormatter("%(levelname)s %(name)s: %(message)s"))
        logging.basicConfig(level=level, handlers=[handler], force=True)


#: Understood before and after the command's name.
_debug_option = click.option(
    "--debug",
    is_flag=True,
    expose_value=False,
    callback=_log_more,
    help="Show the trace of an error and what happens meanwhile.",
)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="entas")
@_debug_option
def main() -> None:
    """Entas: the monthly extreme-poverty pipeline of a regency's social office.

    Exit codes: 0 done; 2 wrong usage; 3 an upload was rejected (--strict) or a gate held the report; 1 anything else.
    """


def _period(_: click.Context, __: click.Parameter, value: str | None) -> Any:
    if value is None:
        return None
    try:
        return clock.require_period(value)
    except EntasError as error:
        raise click.BadParameter(str(error)) from error


def _moment(_: click.Context, __: click.Parameter, value: str | None) -> Any:
    if value is None:
        return None
    try:
        return clock.require_moment(value)
    except EntasError as error:
        raise click.BadParameter(str(error)) from error


_period_option = click.option(
    "--period", required=True, metavar="YYYY-MM", callback=_period, help="Month, such as 2023-10."
)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def _command(function: Callable[..., Any]) -> Callable[..., Any]:
    """A command of the group, given the settings of the environment first."""

    @wraps(function)
    def run(**arguments: Any) -> Any:
        return function(Settings.from_env(), **arguments)

    return main.command()(_debug_option(run))


def _print_json(value: Any) -> None:
    click.echo(shown_json(json.dumps(value, ensure_ascii=False, indent=2, default=str)))


def _console() -> Any:
    from rich.console import Console

    # Piped output is for grep and files: as wide as the content needs.
    return Console() if sys.stdout.isatty() else Console(width=240)


def _table(title: str | None, columns: list[str], rows: list[list[str]], right: tuple[int, ...] = ()) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(shown_lines(cell)) for cell in row))
    _console().print(table)


@contextmanager
def _progress(label: str, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on a terminal's error stream; nothing where nobody looks."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)


@_command
@click.option("--village", metavar="CODE", help="Only this village, such as 32.16.09.2003.")
@click.option("--period", metavar="YYYY-MM", callback=_period, help="Only this month.")
@click.option("--strict", is_flag=True, help="Exit 3 when an upload was rejected.")
@_json_option
def intake(settings: Settings, village: str | None, period: Any, strict: bool, as_json: bool) -> int:
    """Take in every new file of the inbox: archive, read, validate, load, write feedback."""
    from entas.intake import run_intake

    with _progress("intake", as_json) as progress:
        summary = run_intake(
            settings, village=village, period=clock.period_text(period) if period else None, progress=progress
        )
    if as_json:
        _print_json(summary.to_dict())
    elif not summary.uploads:
        click.echo("No new uploads.")
    else:
        columns = ["village", "period", "file", "status", "read", "accepted", "quarantined", "warned", "reason"]
        rows = [
            [
                one.village_code,
                one.period,
                one.file_name,
                one.status,
                *(str(n) for n in (one.rows_read, one.rows_accepted, one.rows_quarantined, one.rows_warned)),
                one.reason or "",
            ]
            for one in summary.uploads
        ]
        _table(None, columns, rows, right=(4, 5, 6, 7))
        counts = {status: sum(one.status == status for one in summary.uploads) for status in
                  ("accepted", "accepted_with_quarantine", "rejected", "duplicate")}  # fmt: skip
        click.echo(f"{len(summary.uploads)} uploads: " + ", ".join(f"{n} {s}" for s, n in counts.items() if n))
        click.echo(f"Feedback workbooks: {settings.feedback}")
    return 3 if strict and summary.rejected else 0


@_command
@click.option("--full-refresh", is_flag=True, help="Rebuild incremental models from nothing.")
@_json_option
def transform(settings: Settings, full_refresh: bool, as_json: bool) -> None:
    """Build the marts with dbt and test them."""
    from entas.warehouse import open_warehouse
    from entas.warehouse.dbt import transform as build

    with _progress("dbt", as_json) as progress:
        build(
            settings,
            full_refresh=full_refresh,
            progress=(lambda name, done, total: progress(done, total)) if progress else None,
        )
    with open_warehouse(settings).connect() as connection:
        rows = connection.execute(
            """
            select to_char(period, 'YYYY-MM'), households, persons from marts.rpt_extreme_poverty_monthly
            where area_level = 'regency' order by period
            """
        ).fetchall()
    if as_json:
        _print_json({"months": [{"period": p, "households": h, "persons": n} for p, h, n in rows]})
    elif not rows:
        click.echo("The marts are built; no upload was accepted yet.")
    else:
        _table("Extreme-poor families", ["period", "families (KK)", "persons (jiwa)"],
               [[p, str(h), str(n)] for p, h, n in rows], right=(1, 2))  # fmt: skip


@_command
@_period_option
@click.option("--as-of", metavar="TIMESTAMP", callback=_moment, help="As known at this moment (ISO 8601).")
@click.option(
    "--output", type=click.Path(file_okay=False, path_type=Path), help="Also write the files there, unreleased."
)
@_json_option
def report(settings: Settings, period: Any, as_of: Any, output: Path | None, as_json: bool) -> None:
    """Show the report of a month, without releasing it."""
    from entas import reporting
    from entas.monthly import report as read
    from entas.warehouse import open_warehouse

    figures = read(settings, period, as_of)
    with open_warehouse(settings).connect() as connection:
        payload = reporting.reproduce(connection, figures)
        otherwise = reporting.released_otherwise(connection, figures) if as_of and not payload["revision"] else None
    if output:
        output.mkdir(parents=True, exist_ok=True)
        for name, content in reporting.render_files(payload, reporting.load_letterhead(settings)).items():
            (output / name).write_bytes(content)
    if otherwise:
        click.echo(
            f"r{otherwise} was released of the same uploads and says something else: policy, lines or code differ. "
            f"entas reproduce --period {clock.period_text(period)} --revision {otherwise} takes those of then",
            err=True,
        )
    if as_json:
        _print_json(payload)
        return
    _show_report(payload)
    if output:
        click.echo(f"Files: {output}")


def _show_report(payload: dict[str, Any]) -> None:
    movement = payload["movement"]
    count = f"{payload['households']} families (KK), {payload['persons']} persons (jiwa)"
    click.echo(f"{payload['period']} {payload['status']}: {count}")
    rows = [["opening", "", str(movement["opening"])]]
    rows += [["entered", reason, str(n)] for reason, n in movement["entered"].items()]
    rows += [["exited", reason, str(-n)] for reason, n in movement["exited"].items()]
    rows += [["closing", "", str(movement["closing"])]]
    _table("Movement (families)", ["", "reason", "families"], rows, right=(2,))
    _table(
        "Districts",
        ["code", "kecamatan", "families (KK)", "persons (jiwa)"],
        [[d["code"], d["name"], str(d["households"]), str(d["persons"])] for d in payload["districts"]],
        right=(2, 3),
    )
    completeness = payload["completeness"]
    click.echo(f"Villages in: {completeness['received']} of {completeness['expected']}")


@_command
@_period_option
@_json_option
def publish(settings: Settings, period: Any, as_json: bool) -> None:
    """Release the report of a month and deliver it; a release whose figures have not changed is not made again."""
    from entas.monthly import publish as run

    release, deliveries = run(settings, period)
    if as_json:
        _print_json(
            {
                "period": clock.period_text(period),
                "revision": release.revision,
                "status": release.status,
                "created": release.created,
                "households": release.households,
                "persons": release.persons,
                "folder": release.folder,
                "deliveries": [one.to_dict() for one in deliveries],
            }
        )
        return
    made = "released" if release.created else "unchanged, released before"
    click.echo(f"{clock.period_text(period)} r{release.revision} ({release.status}): {made}")
    click.echo(f"{release.households} families (KK), {release.persons} persons (jiwa)")
    click.echo(f"Files: {settings.reports.rstrip('/')}/{release.folder}")
    for one in deliveries:
        click.echo(f"Delivered to {one.recipient}" + ("" if one.created else " before"))


@_command
@_period_option
@click.option("--revision", required=True, type=click.IntRange(min=1), metavar="N", help="Revision, such as 1.")
@_json_option
def reproduce(settings: Settings, period: Any, revision: int, as_json: bool) -> int:
    """Make a released report again from the archive and its manifest alone, and compare every value.

    Exit 1 when a value differs, or an input is missing or not what it was.
    """
    from entas.reproduce import reproduce as run

    with _progress("reproduce", as_json) as progress:
        result = run(
            settings,
            period,
            revision,
            progress=(lambda what, done, total: progress(done, total)) if progress else None,
        )
    if as_json:
        _print_json(result.to_dict())
    else:
        _show_reproduction(result)
    if not result.agrees:
        raise EntasError(result.verdict)
    return 0


#: Differences that are printed; --json has all.
_SHOWN_DIFFERENCES = 50


def _show_reproduction(result: Any) -> None:
    click.echo(f"{result.folder}: {result.uploads} uploads of the archive taken in again")
    if result.differences:
        rows = [
            [one.path, *(json.dumps(value, ensure_ascii=False) for value in (one.released, one.reproduced))]
            for one in result.differences[:_SHOWN_DIFFERENCES]
        ]
        _table(None, ["value", "released", "reproduced"], rows)
        if len(result.differences) > len(rows):
            click.echo(f"{len(result.differences) - len(rows):,} more (--json shows all)")
    _table(
        None,
        ["compared", "outcome"],
        [
            [f"{result.compared:,} values", f"{result.compared - len(result.differences):,} agree"],
            *([name, state] for name, state in result.files.items()),
        ],
    )
    for note in result.notes:
        click.echo(f"- {shown(note)}")
    if result.agrees:
        click.echo(result.verdict)


@_command
@_period_option
@click.option("--kk", "no_kk", metavar="NO_KK", help="Family card number, 16 digits.")
@click.option("--household", "household_id", metavar="ID", help="household_id of the marts.")
@_json_option
def explain(settings: Settings, period: Any, no_kk: str | None, household_id: str | None, as_json: bool) -> None:
    """Tell, in Indonesian, why a family has its status in a month, down to the rows that say so."""
    if (no_kk is None) == (household_id is None):
        raise click.UsageError("give either --kk or --household")
    from entas.explain import explain as tell
    from entas.explain import to_text

    answer = tell(settings, period, no_kk=no_kk, household_id=household_id)
    if as_json:
        _print_json(answer)
    else:
        click.echo(shown_lines(to_text(answer)))


@_command
@_period_option
@_json_option
def completeness(settings: Settings, period: Any, as_json: bool) -> None:
    """Show which villages have sent their registers of a month, in time or late, and how good they were."""
    from entas.completeness import completeness as read

    with _progress("completeness", as_json):
        month = read(settings, period)
    if as_json:
        _print_json(month.to_dict())
    else:
        _show_completeness(month)
    if month.behind:
        count = len(month.behind)
        click.echo(
            f"{count} {'village has' if count == 1 else 'villages have'} files that the marts do not know yet "
            f"({', '.join(month.behind[:5])}{', …' if count > 5 else ''}): run entas transform",
            err=True,
        )


def _show_completeness(month: Any) -> None:
    def rate(one: Any) -> str:
        return "" if one.quarantine_rate is None else f"{one.quarantine_rate:.1%}"

    def age(months: int | None) -> str:
        return "never sent" if months is None else f"{months} mo" if months else "current"

    def moment(value: Any) -> str:
        return "" if value is None else f"{value.astimezone(clock.JAKARTA):%Y-%m-%d %H:%M}"

    _table(
        f"Villages, worst first; in time before {moment(month.due_before)} WIB",
        ["code", "village", "kecamatan", "status", "first received", "last file", "registers", "read", "quarantined",
         "rate", "register in force"],
        [
            [one.village_code, one.village_name, one.district_name, one.status.replace("_", " "),
             moment(one.first_received_at), moment(one.last_upload_at), f"{one.registers_received} of 5",
             f"{one.rows_read:,}", f"{one.rows_quarantined:,}", rate(one), age(one.register_age_months)]
            for one in month.villages
        ],
        right=(6, 7, 8, 9, 10),
    )  # fmt: skip
    _table(
        "Kecamatan, worst first",
        ["code", "kecamatan", "villages", "sent", "late", "missing", "rejected", "read", "quarantined", "rate",
         "oldest register"],
        [
            [one.area_code, one.area_name, *map(str, (one.villages, one.sent, one.late, one.missing, one.rejected)),
             f"{one.rows_read:,}", f"{one.rows_quarantined:,}", rate(one), age(one.oldest_register_months)]
            for one in (*month.districts, month.regency)
        ],
        right=(2, 3, 4, 5, 6, 7, 8, 9, 10),
    )  # fmt: skip
    total = month.regency
    click.echo(
        f"{clock.period_text(month.period)}: {total.sent} of {total.villages} villages sent, {total.late} of them late;"
        f" {total.missing} missing, {total.rejected} of them rejected"
    )


@_command
@click.option("--period", metavar="YYYY-MM", callback=_period, help="Month whose registers in force are searched.")
@click.option(
    "--judge",
    nargs=2,
    type=(str, click.Choice(["sama", "berbeda"])),
    metavar="PAIR sama|berbeda",
    help="Write down what was found out about a pair.",
)
@click.option("--note", metavar="TEXT", help="What the judgement rests on; no names or numbers of persons.")
@_json_option
def duplicates(settings: Settings, period: Any, judge: tuple[str, Any] | None, note: str | None, as_json: bool) -> None:
    """Find persons and families who may be listed twice, and write the worklists; nothing is merged."""
    if (judge is None) == (period is None):
        raise click.UsageError("give either --period or --judge")
    if note is not None and judge is None:
        raise click.UsageError("--note belongs to --judge")
    from entas.duplicates import find_duplicates, judge_pair

    if judge is not None:
        by = judge_pair(settings, *judge, note=note)
        if as_json:
            _print_json({"pair": judge[0], "decision": judge[1], "decided_by": by})
        else:
            click.echo(f"{judge[0]}: {judge[1]}, decided by {by}")
        return
    with _progress("duplicates", as_json):
        summary = find_duplicates(settings, period)
    if as_json:
        _print_json(summary.to_dict())
        return
    click.echo(
        f"{summary.period}: {summary.persons:,} persons of {summary.registers} registers, "
        f"{summary.pairs_compared:,} pairs compared in {summary.seconds} s"
    )
    click.echo(
        f"{summary.person_pairs:,} pairs of persons and {summary.family_pairs:,} of families may be listed twice"
    )
    if summary.blocks_left_out:
        click.echo(f"{summary.blocks_left_out:,} keys are shared by too many rows to compare them all")
    click.echo(f"Worklists: {summary.workbooks} in {settings.feedback} (kemungkinan-ganda.xlsx)")


@_command
@_period_option
@click.option("--district", metavar="CODE", help="One kecamatan only, such as 32.16.09.")
@_json_option
def worklists(settings: Settings, period: Any, district: str | None, as_json: bool) -> None:
    """Write the lists of families to verify, for the social workers of kecamatan and villages."""
    from entas.worklists import write_worklists

    with _progress("worklists", as_json):
        summary = write_worklists(settings, period, district)
    if as_json:
        _print_json(summary.to_dict())
        return
    click.echo(f"{summary.period}: {summary.families:,} families to verify, {summary.priority_1:,} of them at once")
    _table("Tasks", ["kind", "families"], [[kind, f"{n:,}"] for kind, n in summary.tasks.items()], right=(1,))
    click.echo(
        f"Workbooks: {summary.districts} of kecamatan and {summary.villages} of villages in {settings.feedback} "
        "(daftar-verifikasi-*.xlsx)"
    )


@_command
@click.option("--village", required=True, metavar="CODE", help="Village, such as 32.16.09.2003.")
@_period_option
@click.option("--prefill", is_flag=True, help="Fill in the village's register in force.")
@click.option(
    "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Workbook to write (.xlsx)."
)
@_json_option
def template(settings: Settings, village: str, period: Any, prefill: bool, output: Path, as_json: bool) -> None:
    """Write Entas's own workbook for a village and month."""
    from entas.template import write_template

    write_template(settings, village, period, prefill=prefill, output=output)
    if as_json:
        _print_json({"output": str(output)})
    else:
        click.echo(f"Wrote {output}")


@_command
@click.option("--kk", "no_kk", metavar="NO_KK", help="Family card number, 16 digits.")
@click.option("--household", "household_id", metavar="ID", help="household_id of the marts.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; kept in the log. No names or numbers in it.")
@click.option("--period", metavar="YYYY-MM", callback=_period, help="As listed up to this month; else as listed last.")
@click.option(
    "--role",
    metavar="LOGIN",
    default="entas_steward",
    show_default=True,
    help="The steward's own login, if there is one.",
)
@_json_option
def identity(
    settings: Settings,
    no_kk: str | None,
    household_id: str | None,
    reason: str,
    period: Any,
    role: str,
    as_json: bool,
) -> None:
    """Show who the persons of a family are, to a steward who may know; the look is logged."""
    if (no_kk is None) == (household_id is None):
        raise click.UsageError("give either --kk or --household")
    from entas.identity import look_up

    role = "entas_steward" if role == "steward" else role
    seen = look_up(settings, reason, no_kk=no_kk, household_id=household_id, period=period, role=role)
    if as_json:
        _print_json({"ticket": seen.ticket, "members": [one.to_dict() for one in seen.members]})
        return
    if not seen.members:
        click.echo("Keluarga ini tidak tercatat di desa/kelurahan yang datanya boleh dilihat akun ini.")
    else:
        _table(
            f"Kartu keluarga {', '.join(sorted({one.no_kk or '(dihapus)' for one in seen.members}))}",
            ["desa/kelurahan", "register", "NIK", "nama", "lahir", "hubungan", "status", "alamat"],
            [
                [
                    f"{one.village_name or ''} ({one.village_code})",
                    one.period,
                    one.nik or "",
                    one.nama or "(dihapus)",
                    f"{one.tanggallahir:%d-%m-%Y}" if one.tanggallahir else "",
                    "" if one.kk_level is None else _RELATION.get(one.kk_level, str(one.kk_level)),
                    _LIFE.get(one.status_dasar or 1, ""),
                    " ".join(filter(None, [one.alamat, one.dusun, *_neighbourhood(one.rt, one.rw)])),
                ]
                for one in seen.members
            ],
        )
    click.echo(f"Penelusuran ini dicatat dengan nomor {seen.ticket}.")


_RELATION = {
    1: "kepala keluarga",
    2: "suami",
    3: "istri",
    4: "anak",
    5: "menantu",
    6: "cucu",
    7: "orang tua",
    8: "mertua",
    9: "famili lain",
    10: "pembantu",
    11: "lainnya",
}
_LIFE = {1: "hidup", 2: "mati", 3: "pindah", 4: "hilang", 6: "pergi", 9: "tidak valid"}


def _neighbourhood(rt: str | None, rw: str | None) -> list[str]:
    return [f"{title} {value}" for title, value in (("RT", rt), ("RW", rw)) if value]


@main.group()
def stewards() -> None:
    """Logins that may look identities up, each in its districts: list, add, remove."""


_districts_option = click.option(
    "--district", "districts", multiple=True, metavar="CODE", help="Kecamatan, such as 32.16.09; may be repeated."
)


@stewards.command("list")
@_debug_option
@_json_option
def stewards_list(as_json: bool) -> None:
    """Show the stewards, what each may see, and when each last looked."""
    from entas.stewards import list_stewards

    found = list_stewards(Settings.from_env())
    if as_json:
        _print_json([one.to_dict() for one in found])
        return
    _table(
        None,
        ["login", "may see", "can log in", "since", "last look-up"],
        [
            [
                one.name,
                ", ".join(f"{name} ({code})" for code, name in one.districts.items()) or "whole regency",
                "yes" if one.can_log_in else "no",
                f"{one.added_at.astimezone(clock.JAKARTA):%Y-%m-%d}",
                f"{one.last_look_up.astimezone(clock.JAKARTA):%Y-%m-%d %H:%M}" if one.last_look_up else "never",
            ]
            for one in found
        ],
    )


@stewards.command("add")
@click.argument("name")
@_districts_option
@click.option("--regency", is_flag=True, help="The whole regency.")
@click.option("--password-env", metavar="VARIABLE", help="Environment variable that holds the password.")
@click.option("--ask-password", is_flag=True, help="Ask for the password.")
@_debug_option
@_json_option
def stewards_add(
    name: str, districts: tuple[str, ...], regency: bool, password_env: str | None, ask_password: bool, as_json: bool
) -> None:
    """Make the login NAME a steward of districts or of the regency, or give it more, or a new password.

    Without a password a new login gets one that is shown here once.
    """
    if regency == bool(districts):
        raise click.UsageError("give either --district or --regency")
    if password_env and ask_password:
        raise click.UsageError("give either --password-env or --ask-password")
    password = None
    if password_env:
        password = os.environ.get(password_env)
        if not password:
            raise click.UsageError(f"{password_env} is not set")
    elif ask_password:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    from entas.stewards import add_steward

    made = add_steward(Settings.from_env(), name, districts, password)
    if as_json:
        _print_json({"name": name, "districts": list(districts), "password": made})
        return
    click.echo(f"{name} may look up families of {', '.join(districts) or 'the whole regency'}.")
    if made:
        click.echo(f"Password, shown this once: {made}")


@stewards.command("remove")
@click.argument("name")
@_districts_option
@_debug_option
@_json_option
def stewards_remove(name: str, districts: tuple[str, ...], as_json: bool) -> None:
    """Take districts from the login NAME; without --district, or with its last one, remove the login."""
    from entas.stewards import remove_steward

    remove_steward(Settings.from_env(), name, districts)
    if as_json:
        _print_json({"name": name, "removed": list(districts) or "login"})
    else:
        click.echo(
            f"{name} may not look up families of {', '.join(districts)} any more."
            if districts
            else f"{name} is removed."
        )


@_command
@click.option("--role", type=click.Choice(["analyst", "steward", "pipeline"]), default="pipeline", show_default=True)
@click.option("-c", "command", metavar="SQL", help="Statements to run; without it they are read from standard input.")
@click.option(
    "-f",
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read the statements from this file (UTF-8).",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV with a header.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="Write the rows of one query to this file: .xlsx, .parquet or .csv, however many they are.",
)
@click.option("--force", is_flag=True, help="Replace the file of --output if it is there.")
@_json_option
def sql(
    settings: Settings,
    role: Any,
    command: str | None,
    file: Path | None,
    as_csv: bool,
    output: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Query the warehouse under a role; on a terminal and without a query, interactively (psql).

    With --json, one array for each statement that returns rows; with --output, what was written.
    """
    from entas.warehouse import open_warehouse

    if command is not None and file is not None:
        raise click.UsageError("give either -c or -f")
    if output is not None and as_csv:
        raise click.UsageError("--csv prints; with --output the suffix says the format: FILE.csv")
    if force and output is None:
        raise click.UsageError("--force belongs to --output")
    if file is not None:
        try:
            command = file.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise click.UsageError(f"{file} is not UTF-8: save it as UTF-8 and try again") from error
    if output is not None:
        if command is None and sys.stdin.isatty():
            raise click.UsageError("--output needs a query: give it with -c or -f")
        _export(settings, role, command if command is not None else sys.stdin.read(), output, force, as_json)
        return
    warehouse = open_warehouse(settings)
    if command is None and sys.stdin.isatty():
        _psql(warehouse.conninfo(role))
        return
    import psycopg

    with warehouse.connect(role, autocommit=True) as connection:
        try:
            cursor = connection.execute(command if command is not None else sys.stdin.read())
        except psycopg.Error as error:
            raise EntasError(" ".join(str(error).split())) from error
        while True:
            if cursor.description:
                _show_result(cursor, as_csv, as_json)
            elif cursor.statusmessage and not (as_csv or as_json):
                click.echo(cursor.statusmessage)
            if not cursor.nextset():
                break


def _export(settings: Settings, role: Any, query: str, output: Path, force: bool, as_json: bool) -> None:
    from entas.export import export, require_output
    from entas.warehouse import open_warehouse

    require_output(output, force=force)
    with _progress("rows", as_json) as progress:
        made = export(open_warehouse(settings), query, output, role=role, force=force, progress=progress)
    if as_json:
        _print_json(made.to_dict())
        return
    sheets = f" on {made.sheets} sheets" if made.sheets > 1 else ""
    click.echo(
        f"Wrote {output}: {made.rows:,} row{'' if made.rows == 1 else 's'} of {len(made.columns)} "
        f"column{'' if len(made.columns) == 1 else 's'}{sheets}, {made.bytes / 1e6:,.1f} MB, {made.seconds} s"
    )


def _show_result(cursor: Any, as_csv: bool, as_json: bool) -> None:
    names = [column.name for column in cursor.description]
    if as_json:
        _print_json([dict(zip(names, row, strict=True)) for row in cursor.fetchall()])
        return
    # The server's own spelling of values, as psql prints them (t, f, {1,2}, 2023-10-01 00:00:00+00).
    result = cursor.pgresult
    rows = (
        [
            None if (value := result.get_value(row, column)) is None else value.decode()
            for column in range(result.nfields)
        ]
        for row in range(result.ntuples)
    )
    if as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
    else:
        numeric = tuple(
            n for n, column in enumerate(cursor.description) if column.type_code in (20, 21, 23, 700, 701, 1700)
        )
        _table(None, names, [["" if cell is None else cell for cell in row] for row in rows], right=numeric)
        click.echo(f"({result.ntuples} row{'' if result.ntuples == 1 else 's'})")


def _psql(conninfo: str) -> NoReturn:
    import subprocess

    from entas.warehouse.embedded import binaries

    program = shutil.which("psql") or str(binaries() / "psql")

    # A child, not exec: this process holds the embedded server meanwhile.
    sys.exit(subprocess.run([program, conninfo], check=False).returncode)


@_command
@click.option("--dry-run", is_flag=True, help="Only count what would be destroyed.")
@_json_option
def retention(settings: Settings, dry_run: bool, as_json: bool) -> None:
    """Destroy the identities of uploads older than ENTAS_IDENTITY_MONTHS, as keep_house does daily; figures stay."""
    from entas.privacy import destroy_old

    with _progress("retention", as_json) as progress:
        done = destroy_old(settings, dry_run=dry_run, progress=progress)
    if as_json:
        _print_json(done.to_dict())
        return
    if done.before is None:
        click.echo("ENTAS_IDENTITY_MONTHS is not set: identities and the archive are kept for ever.")
    else:
        verb = "would lose" if dry_run else "lost"
        day = f"{done.before.astimezone(clock.JAKARTA):%Y-%m-%d}"
        click.echo(
            f"{done.uploads} uploads received before {day} {verb} their identities.{_counts(done.rows, done.files)}"
        )
    if done.requests:
        click.echo(f"{done.requests} requests that a killed run had begun are finished.")


def _counts(rows: dict[str, int], files: dict[str, int]) -> str:
    """` Rows: raw.penduduk 3. Files: archive 1.`"""
    parts = [("Rows", rows), ("Files", files)]
    return "".join(
        f" {label}: {', '.join(f'{name} {number:,}' for name, number in counts.items())}."
        for label, counts in parts
        if counts
    )


@main.group()
def subject() -> None:
    """Carry out what a person asks about their data (UU PDP 27/2022): find, correct, erase; list shows the trace."""


def _typed(_: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """A number; `-` asks for it, so that it stays out of the shell's history."""
    if value != "-":
        return value
    return click.prompt(str(option.metavar), hide_input=sys.stdin.isatty(), err=True)


def _day(_: click.Context, __: click.Parameter, value: Any) -> Any:
    return value.date()


def _subject_command(function: Callable[..., Any]) -> Callable[..., Any]:
    """A command of `entas subject` about one person or family: given the settings, whom, and what is recorded."""

    @wraps(function)
    def run(nik: str | None, no_kk: str | None, **arguments: Any) -> Any:
        from entas.privacy import Subject

        settings = Settings.from_env()
        return function(settings, Subject.of(settings, nik=nik, no_kk=no_kk), **arguments)

    for option in (
        _debug_option,
        _json_option,
        click.option("--basis", metavar="TEXT", help="Reason and legal basis, where it is not the usual one."),
        click.option(
            "--requested-on", required=True, type=click.DateTime(["%Y-%m-%d"]), callback=_day, metavar="YYYY-MM-DD",
            help="Day on which the office received the request.",
        ),
        click.option(
            "--reference", required=True, metavar="NUMBER", help="Number of the request's letter; never a name or NIK."
        ),
        click.option("--kk", "no_kk", metavar="NO_KK", callback=_typed, help="Family card number; - asks for it."),
        click.option("--nik", metavar="NIK", callback=_typed, help="NIK of the person; - asks for it."),
    ):  # fmt: skip
        run = option(run)
    return subject.command()(run)


@_subject_command
def find(settings: Settings, subject: Any, as_json: bool, **recorded: Any) -> None:
    """Show every row in which a person or family stands, with what is kept; the look is recorded."""
    from entas import privacy

    answer = privacy.find(settings, subject, **recorded)
    if as_json:
        _print_json(answer.to_dict())
        return
    _table(
        None,
        ["table", "village", "period", "file", "sheet", "row", "kept"],
        [
            [one["table"], one["village_code"], one["period"], one["file_name"], one["sheet"], str(one["row_number"]),
             ", ".join(f"{name}: {value}" for name, value in one["kept"].items())]
            for one in answer.found
        ],
        right=(5,),
    )  # fmt: skip
    _show_answer("Recorded", answer)


@_subject_command
@click.option(
    "--column", required=True, metavar="COLUMN", help="nama, sex, tempatlahir, tanggallahir, alamat, dusun, …"
)
@click.option("--value", required=True, metavar="TEXT", callback=_typed, help="How it should read; - asks for it.")
def correct(settings: Settings, subject: Any, as_json: bool, **asked: Any) -> None:
    """Correct what is kept about a person, or a family's address; the village is told to mend its register."""
    from entas import privacy

    answer = privacy.correct(settings, subject, **asked)
    if as_json:
        _print_json(answer.to_dict())
    else:
        _show_answer("Corrected", answer)


@_subject_command
@click.option("--dry-run", is_flag=True, help="Only count what would be destroyed.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(settings: Settings, subject: Any, dry_run: bool, yes: bool, as_json: bool, **recorded: Any) -> None:
    """Destroy the identity of a person or family wherever it stands, files included; figures stay."""
    from entas import privacy

    if not (dry_run or yes):
        click.confirm(
            f"The {subject.kind}'s identity and all files that list it are destroyed; this cannot be undone. Go on?",
            abort=True,
        )
    with _progress("erase", as_json) as progress:
        answer = privacy.erase(settings, subject, dry_run=dry_run, progress=progress, **recorded)
    if as_json:
        _print_json(answer.to_dict())
    else:
        _show_answer("Would be erased" if dry_run else "Erased", answer)


def _show_answer(what: str, answer: Any) -> None:
    number = f" as request {answer.request_id}" if answer.request_id else ""
    click.echo(f"{what}{number}.{_counts(answer.rows, answer.files)}")
    for remark in answer.remarks:
        click.echo(f"- {remark}")


@subject.command(name="list")
@_json_option
@_debug_option
def list_requests(as_json: bool) -> None:
    """List the requests that were recorded, and what became of them."""
    from entas.privacy import requests

    rows = requests(Settings.from_env())
    if as_json:
        _print_json(rows)
        return
    _table(
        None,
        ["request", "kind", "reference", "received", "about", "column", "state", "since", "by"],
        [
            [str(one["request_id"]), one["kind"], one["reference"], f"{one['requested_on']:%Y-%m-%d}",
             one["subject_kind"], one["column_name"] or "", one["state"],
             f"{(one['done_at'] or one['recorded_at']).astimezone(clock.JAKARTA):%Y-%m-%d %H:%M}", one["recorded_by"]]
            for one in rows
        ],
    )  # fmt: skip


@main.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=False)
@_json_option
@_debug_option
def formats(file: Path | None, as_json: bool) -> None:
    """List the formats of registers that are read, or say how FILE would be read. Nothing is loaded."""
    from entas.registers.trial import known_formats, try_file

    if file is None:
        known = known_formats()
        if as_json:
            _print_json([one.to_dict() for one in known])
            return
        rows = [
            [
                one.format_id,
                one.title,
                ", ".join(one.versions),
                ", ".join(one.registers),
                "built in" if one.built_in else str(one.path),
            ]
            for one in known
        ]
        _table(None, ["format", "title", "versions", "registers", "told in"], rows)
        return
    trial = try_file(file, clock.jakarta_day(clock.now()))
    if as_json:
        _print_json(trial.to_dict())
        return
    for one in trial.registers:
        title = f"{one.register}: {one.format_id}, version {one.version}, {one.rows} rows"
        rows = [
            [column.column, ", ".join(column.places), str(column.filled), str(column.read)] for column in one.columns
        ]
        _table(title, ["column", "stands in", "filled", "read"], rows, right=(2, 3))
        if one.unknown:
            click.echo(f"Unknown headers: {', '.join(one.unknown)}")
    for note in trial.notes:
        click.echo(f"- {note}")
    if trial.error:
        click.echo(f"The file would be refused: {trial.error}")


@main.command()
@_debug_option
@click.option("--output", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write into.")
@_json_option
def sample(output: Path, as_json: bool) -> None:
    """Write an invented regency: three months of uploads and the truth that was planted in them."""
    from entas.sample import write_sample

    with _progress("sample", as_json) as progress:
        write_sample(output, progress=progress)
    if as_json:
        _print_json({"inbox": str(output / "inbox"), "truth": str(output / "truth.json")})
    else:
        click.echo(f"Wrote {output}/inbox and {output}/truth.json (all persons are invented)")


if __name__ == "__main__":
    main()
