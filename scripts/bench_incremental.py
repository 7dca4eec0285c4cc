"""What one village's correction costs dbt, with 1, 12 and 36 months in the warehouse, beside making everything anew.

Invented registers go straight into `raw`. The correction is a population register of the latest month. The time that
dbt takes when nothing has changed is told apart: starting it, its connections and its tests are the same at any size.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from pathlib import Path

import psycopg
from rich.console import Console
from rich.table import Table

from entas import areas
from entas.settings import Settings
from entas.warehouse import open_warehouse
from entas.warehouse.dbt import transform
from entas.warehouse.embedded import EmbeddedServer

#: A register of so many families of three persons, in numbers of which nobody can be known.
_REGISTER = """
with made as (
    insert into raw.upload (village_code, period, file_name, sha256, bytes, received_at, status)
    values (%(village)s, %(period)s, 'penduduk.xlsx', md5(random()::text), 1, clock_timestamp(), 'accepted')
    returning upload_id
), register as (
    insert into raw.upload_register (upload_id, register, status, format_id, format_version, sheets, rows_read,
        rows_accepted, rows_quarantined, rows_warned)
    select upload_id, 'penduduk', 'accepted', 'entas', '1', '{}', 0, 0, 0, 0 from made
)
insert into raw.penduduk (upload_id, position, sheet, row_number, no_kk, nik, nama, status_dasar, household_id,
    person_id, name_birth_key)
select made.upload_id, n, 'penduduk', n + 2, '0', '0', 'WARGA', case when n %% 97 = %(turn)s then 2 else 1 end,
    md5(%(village)s || n / 3) || md5('kk' || n / 3), md5(%(village)s || n) || md5('nik' || n), md5(n::text)::uuid
from made cross join generate_series(0, %(families)s * 3 - 1) as n
"""
_WELFARE = """
with made as (
    insert into raw.upload (village_code, period, file_name, sha256, bytes, received_at, status)
    values (%(village)s, %(period)s, 'kesejahteraan.xlsx', md5(random()::text), 1, clock_timestamp(), 'accepted')
    returning upload_id
), register as (
    insert into raw.upload_register (upload_id, register, status, format_id, format_version, sheets, rows_read,
        rows_accepted, rows_quarantined, rows_warned)
    select upload_id, 'kesejahteraan', 'accepted', 'entas', '1', '{}', 0, 0, 0, 0 from made
)
insert into raw.kesejahteraan (upload_id, position, sheet, row_number, no_kk, household_id, penghasilan_bulanan)
select made.upload_id, n, 'kesejahteraan', n + 2, '0', md5(%(village)s || n) || md5('kk' || n),
    500000 + n * 7919 %% 4000000
from made cross join generate_series(0, %(families)s - 1) as n
"""


def fill(connection: psycopg.Connection, villages: list[str], families: int, months: list[str]) -> None:
    """A population register for each village and month, and a welfare register a year."""
    for at, month in enumerate(months):
        for village in villages:
            values = {"village": village, "period": month, "families": families, "turn": at}
            connection.execute(_REGISTER, values)
            if at % 12 == 0:
                connection.execute(_WELFARE, values)
    connection.execute("analyze")


def seconds_of_build(settings: Settings, *, expect_whole: bool) -> float:
    """Time a build, and see that it did what is measured."""
    began = time.monotonic()
    transform(settings)
    seconds = time.monotonic() - began
    with open_warehouse(settings).connect() as connection:
        row = connection.execute("select full_refresh_reason from intermediate.int_build").fetchone()
    if row is None or (row[0] is not None) != expect_whole:
        raise SystemExit(f"the build was not the kind that is measured: {row}")
    return seconds


def measure(villages: int, families: int, months: int) -> tuple[float, float, float]:
    """Seconds of making everything anew, of a build without changes, and of one village's correction."""
    home = Path(tempfile.mkdtemp(prefix="entas-bench-"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ENTAS_")}
    settings = Settings.from_env(environment | {"ENTAS_HOME": str(home)})
    codes = list(areas.villages(settings.regency))[:villages]
    periods = [f"{2021 + at // 12}-{at % 12 + 1:02}" for at in range(months)]
    with open_warehouse(settings).connect(autocommit=True) as connection:
        fill(connection, codes, families, periods)
        whole = seconds_of_build(settings, expect_whole=True)
        idle = seconds_of_build(settings, expect_whole=False)
        connection.execute(
            _REGISTER, {"village": codes[0], "period": periods[-1], "families": families, "turn": months}
        )
        corrected = seconds_of_build(settings, expect_whole=False)
    EmbeddedServer(home).stop()
    shutil.rmtree(home)
    return whole, idle, corrected


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--villages", type=int, default=10, help="villages that send registers (default 10)")
    parser.add_argument("--families", type=int, default=1000, help="families of a village (default 1000)")
    parser.add_argument("--months", type=int, nargs="+", default=[1, 12, 36], help="months (default 1 12 36)")
    options = parser.parse_args()
    table = Table(title=f"dbt: one village of {options.villages} corrected, {options.families:,} families each")
    for name in (
        "months",
        "all anew (s)",
        "no change (s)",
        "correction (s)",
        "above no change (s)",
        "of the first row",
    ):
        table.add_column(name, justify="right")
    first = 0.0
    for months in options.months:
        whole, idle, corrected = measure(options.villages, options.families, months)
        first = first or corrected
        cells = (f"{whole:.1f}", f"{idle:.1f}", f"{corrected:.1f}", f"{corrected - idle:.1f}")
        table.add_row(str(months), *cells, f"{corrected / first:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
