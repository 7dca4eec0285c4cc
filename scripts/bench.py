"""`make bench`: seconds and peak memory of taking in OpenSID workbooks of a whole village.

A workbook of 17,000 persons and 43 columns is what one village of a regency sends each month. The persons are
invented and the same in every village; reading, judging and loading do not depend on that.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from datetime import date, timedelta
from pathlib import Path

import psutil
import xlsxwriter
from rich.console import Console
from rich.table import Table

from entas import areas
from entas.settings import Settings
from entas.warehouse import open_warehouse

PERIOD = "2023-10"
#: The header of OpenSID's population export, in its order.
COLUMNS = (
    "alamat", "dusun", "rw", "rt", "nama", "no_kk", "nik", "sex", "tempatlahir", "tanggallahir", "agama_id",
    "pendidikan_kk_id", "pendidikan_sedang_id", "pekerjaan_id", "status_kawin", "kk_level", "warganegara_id",
    "nama_ayah", "nama_ibu", "golongan_darah_id", "akta_lahir", "dokumen_pasport", "tanggal_akhir_paspor",
    "dokumen_kitas", "ayah_nik", "ibu_nik", "akta_perkawinan", "tanggalperkawinan", "akta_perceraian",
    "tanggalperceraian", "cacat_id", "cara_kb_id", "hamil", "ktp_el", "status_rekam", "alamat_sekarang",
    "status_dasar", "suku", "tag_id_card", "id_asuransi", "no_asuransi", "lat", "lng",
)  # fmt: skip


def write_workbook(path: Path, persons: int) -> None:
    """An OpenSID export of `persons` invented persons in families of four."""
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Data Penduduk")
        sheet.write_row(0, 0, COLUMNS)
        for number in range(persons):
            family, place = divmod(number, 4)
            born = date(1950, 1, 1) + timedelta(days=number * 37 % 25_000)
            woman = number % 2
            day = born.day + 40 * woman
            values = {
                "alamat": f"JL. MELATI NO. {family}",
                "dusun": f"DUSUN {family % 6 + 1}",
                "rw": f"{family % 12 + 1:03}",
                "rt": f"{family % 40 + 1:03}",
                "nama": f"WARGA NOMOR {number}",
                "no_kk": f"321609010123{family + 1:04}",
                "nik": f"321609{day:02}{born:%m%y}{number % 9999 + 1:04}",
                "sex": woman + 1,
                "tempatlahir": "BEKASI",
                "tanggallahir": f"{born:%Y-%m-%d}",
                "agama_id": 1,
                "pendidikan_kk_id": number % 10 + 1,
                "pendidikan_sedang_id": 18,
                "pekerjaan_id": number % 80 + 1,
                "status_kawin": 2 if place < 2 else 1,
                "kk_level": (1, 3, 4, 4)[place],
                "warganegara_id": 1,
                "nama_ayah": f"AYAH {family}",
                "nama_ibu": f"IBU {family}",
                "golongan_darah_id": 13,
                "cacat_id": 7,
                "ktp_el": 2,
                "status_rekam": 3,
                "status_dasar": 1,
                "lat": -6.3,
                "lng": 107.1,
            }
            sheet.write_row(number + 1, 0, [values.get(name, "") for name in COLUMNS])


class PeakMemory:
    """Samples the memory of a process and its children while it runs.

    Attributes:
        peak: the most that they held at once, in bytes; memory they share is counted once where the system tells.
    """

    def __init__(self, process: psutil.Process) -> None:
        self.peak = 0
        self._process = process
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._end.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._end.wait(0.1):
            total = 0
            try:
                family = [self._process, *self._process.children(recursive=True)]
            except psutil.NoSuchProcess:
                return
            for one in family:
                try:
                    memory = one.memory_full_info()
                    total += getattr(memory, "pss", memory.rss)
                except (psutil.NoSuchProcess, psutil.AccessDenied):
                    continue  # it ended between the two questions
            self.peak = max(self.peak, total)


def measure(workbook: Path, copies: int) -> tuple[float, int]:
    """Take in so many copies, each of another village, with `entas intake` in an empty home.

    Returns:
        Seconds and peak bytes of the intake and its readers; the server is not counted.
    """
    home = Path(tempfile.mkdtemp(prefix="entas-bench-"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ENTAS_")}
    environment["ENTAS_HOME"] = str(home)
    settings = Settings.from_env(environment)
    open_warehouse(settings)  # the server is up and migrated before the clock starts
    for village in list(areas.villages(settings.regency))[:copies]:
        folder = Path(settings.inbox) / village / PERIOD
        folder.mkdir(parents=True)
        shutil.copy(workbook, folder / "penduduk.xlsx")
    old = time.time() - 3600
    for path in Path(settings.inbox).rglob("*.xlsx"):
        os.utime(path, (old, old))
    began = time.monotonic()
    entas = str(Path(sys.executable).parent / "entas")
    process = subprocess.Popen([entas, "intake", "--strict"], env=environment, stdout=subprocess.DEVNULL)
    memory = PeakMemory(psutil.Process(process.pid))
    code = process.wait()
    seconds = time.monotonic() - began
    memory.stop()
    if code:
        raise SystemExit(f"entas intake ended with {code}; its home is {home}")
    with open_warehouse(settings).connect() as connection:
        loaded = connection.execute("select count(distinct upload_id) from raw.penduduk").fetchone()
    if loaded != (copies,):
        raise SystemExit(f"{loaded} of {copies} workbooks were loaded; their home is {home}")
    from entas.warehouse.embedded import EmbeddedServer

    EmbeddedServer(home).stop()
    shutil.rmtree(home)
    return seconds, memory.peak


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=17_000, help="rows of a workbook (default 17000)")
    parser.add_argument("--workbooks", type=int, nargs="+", default=[1, 20], help="how many at once (default 1 20)")
    options = parser.parse_args()
    table = Table(title=f"Intake of OpenSID workbooks, {options.persons:,} persons x {len(COLUMNS)} columns each")
    for name in ("workbooks", "seconds", "persons a second", "peak memory (MB)"):
        table.add_column(name, justify="right")
    with tempfile.TemporaryDirectory() as folder:
        workbook = Path(folder) / "penduduk.xlsx"
        write_workbook(workbook, options.persons)
        for copies in options.workbooks:
            seconds, peak = measure(workbook, copies)
            rate = options.persons * copies / seconds
            table.add_row(str(copies), f"{seconds:.1f}", f"{rate:,.0f}", f"{peak / 1e6:,.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
