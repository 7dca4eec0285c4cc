"""`make bench`: seconds and peak memory of taking in OpenSID workbooks of a whole village; seconds of a large inbox;
what the search for persons listed twice finds.

A workbook of 17,000 persons and 43 columns is what one village of a regency sends each month. The persons are
invented and the same in every village; reading, judging and loading do not depend on that.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from datetime import date, datetime, timedelta
from pathlib import Path

import psutil
import xlsxwriter
from rich.console import Console
from rich.table import Table

from entas import areas
from entas.clock import JAKARTA, add_months, period_text
from entas.duplicates.search import search
from entas.intake import scan
from entas.sample.doubles import true_pairs, write_invented
from entas.settings import PROJECT_ROOT, Settings
from entas.storage import Store
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


#: Kinds of store whose listing is measured.
KINDS = ("folder", "sftp", "s3")


def listing(kind: str, files: int) -> tuple[float, float]:
    """Take in ten small workbooks from an inbox that holds so many files of past years, all of them received.

    The old files lie in 187 villages and 48 months. `sftp` is OpenSSH's server, `s3` is moto's (whose own work grows
    with what it holds), both on this machine.

    Returns:
        Seconds of `entas intake`, and of listing the inbox and finding the new files alone.
    """
    sys.path.insert(0, str(PROJECT_ROOT))
    from tests.stores.servers import S3Server, SshServer

    home = Path(tempfile.mkdtemp(prefix="entas-bench-"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ENTAS_")}
    environment |= {"ENTAS_HOME": str(home), "ENTAS_SETTLE_SECONDS": "0"}
    now = datetime.now(JAKARTA)
    villages = list(areas.villages("32.16"))
    months = [period_text(add_months(now.date().replace(day=1), -back)) for back in range(60, 12, -1)]
    old = {f"{villages[i % 187]}/{months[i // 187 % 48]}/{i // (187 * 48)}.xlsx" for i in range(files)}
    workbook = home / "new.xlsx"
    write_workbook(workbook, 20)
    new = [f"{village}/{period_text(add_months(now.date().replace(day=1), -1))}/new.xlsx" for village in villages[:10]]
    server: SshServer | S3Server | None = None
    if kind == "s3":
        server = S3Server(old=old)
        credentials = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}
        os.environ.update(credentials)
        environment |= credentials | {"ENTAS_INBOX": "s3://bench/inbox", "ENTAS_S3_ENDPOINT": server.endpoint}
    else:
        inbox = home / "inbox"
        inbox.mkdir()
        year_ago = time.time() - 365 * 86_400
        for path in old:
            place = inbox / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(b"x")
            os.utime(place, (year_ago, year_ago))
        for folder in [inbox, *inbox.glob("*"), *inbox.glob("*/*")]:
            os.utime(folder, (year_ago, year_ago))
        if kind == "sftp":
            server = SshServer(home / "ssh")
            environment |= {
                "ENTAS_INBOX": f"{server.url}{inbox}",
                "ENTAS_SSH_KNOWN_HOSTS": str(server.known_hosts),
                "ENTAS_SSH_KEY": str(server.key),
            }
    settings = Settings.from_env(environment)
    store = Store(settings.inbox, settings.access)
    with open_warehouse(settings).connect(autocommit=True) as connection:
        scan.receive(connection, store, settings)
        connection.execute(
            """
            insert into raw.upload (village_code, period, file_name, sha256, bytes, received_at, status)
            select split_part(path, '/', 1), split_part(path, '/', 2), split_part(path, '/', 3), md5(path), bytes,
                received_at, 'rejected'
            from raw.inbox_file;
            update raw.inbox_file set upload_id = upload.upload_id from raw.upload
            where upload.received_at = inbox_file.received_at;
            """
        )
        connection.execute("update raw.inbox_folder set since = since - interval '1 day'")  # known for long
        connection.execute("vacuum analyze raw.inbox_file, raw.upload, raw.inbox_folder")
        for path in new:
            store.put_file(workbook, path)
        began = time.monotonic()
        with connection.transaction(force_rollback=True):
            found = scan.receive(connection, store, settings)
        seconds_of_listing = time.monotonic() - began
    if len(found) != len(new):
        raise SystemExit(f"{len(found)} of {len(new)} new files were found; their home is {home}")
    began = time.monotonic()
    entas = str(Path(sys.executable).parent / "entas")
    done = subprocess.run([entas, "intake", "--json"], env=environment, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - began
    if done.returncode or len(json.loads(done.stdout)["uploads"]) != len(new):
        raise SystemExit(f"entas intake ended with {done.returncode}: {done.stderr}; its home is {home}")
    if server:
        server.stop()
    from entas.warehouse.embedded import EmbeddedServer

    EmbeddedServer(home).stop()
    shutil.rmtree(home)
    return seconds, seconds_of_listing


def measure_listing(files: int) -> Table:
    """Ten new files among many old ones, beside ten in an empty inbox."""
    table = Table(title="entas intake of 10 new files, with no old ones in the inbox and with many")
    for name in ("store", "old files", "none old (s)", "many old (s)", "ratio", "of which listing (s)"):
        table.add_column(name, justify="right")
    for kind in KINDS:
        old = min(files, 20_000) if kind == "s3" else files  # moto looks at all it holds for each question
        alone, _ = listing(kind, 0)
        seconds, listed = listing(kind, old)
        table.add_row(kind, f"{old:,}", f"{alone:.1f}", f"{seconds:.1f}", f"{seconds / alone:.2f}", f"{listed:.2f}")
    return table


#: Scores from which pairs are judged: that from which they are kept, and that from which a worklist calls them strong.
THRESHOLDS = (0.5, 0.8, 0.95, 0.99)


def duplicates(persons: int) -> Table:
    """Search invented registers of the whole regency for persons listed twice, and judge what is found by the truth.

    Returns:
        For each score precision and recall of the pairs from it on. Pairs that the exact rule settles are not among
        them. Seconds and peak memory are of the search, without reading the warehouse and writing to it.
    """
    with tempfile.TemporaryDirectory() as folder:
        file, answer = Path(folder) / "rows.csv", Path(folder) / "found.json"
        villages = list(areas.villages("32.16"))
        rows = write_invented(file, persons, villages, seed=20231005, village_size=max(200, persons // len(villages)))
        truth, count = true_pairs(rows), len(rows)
        del rows
        process = multiprocessing.get_context("spawn").Process(target=_search, args=(file, Path(folder), answer))
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        before = used.ru_utime + used.ru_stime
        began = time.monotonic()
        process.start()
        assert process.pid
        memory = PeakMemory(psutil.Process(process.pid))
        process.join()
        seconds = time.monotonic() - began
        memory.stop()
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = used.ru_utime + used.ru_stime - before
        if process.exitcode:
            raise SystemExit(f"the search ended with {process.exitcode}")
        found = json.loads(answer.read_text())
    table = Table(
        title=f"Possible duplicates among {count:,} invented persons of {len(villages)} villages, "
        f"{len(truth):,} pairs to be found: {seconds:.0f} s ({processor:.0f} s of processor time), "
        f"{memory.peak / 1e6:,.0f} MB, {found['compared']:,} pairs compared"
    )
    for name in ("score from", "pairs found", "precision", "recall"):
        table.add_column(name, justify="right")
    for least in THRESHOLDS:
        pairs = {((a, b), (c, d)) for a, b, c, d, score in found["pairs"] if score >= least}
        right = len(pairs & truth)
        table.add_row(f"{least}", f"{len(pairs):,}", f"{right / max(1, len(pairs)):.3f}", f"{right / len(truth):.3f}")
    return table


def _search(file: Path, folder: Path, answer: Path) -> None:
    """In a process of its own, so that its memory can be measured."""
    found = search(file, folder, year=2023)
    pairs = [(*min(p.left, p.right), *max(p.left, p.right), p.score) for p in found.pairs if p.kind == "person"]
    answer.write_text(json.dumps({"compared": found.pairs_compared, "pairs": pairs}))


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=17_000, help="rows of a workbook (default 17000)")
    parser.add_argument("--workbooks", type=int, nargs="+", default=[1, 20], help="how many at once (default 1 20)")
    parser.add_argument("--files", type=int, default=100_000, help="old files in the inbox (default 100000; 0: skip)")
    parser.add_argument(
        "--invented", type=int, default=200_000, help="persons among whom doubles are sought (default 200000; 0: skip)"
    )
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
    if options.files:
        Console().print(measure_listing(options.files))
    if options.invented:
        Console().print(duplicates(options.invented))


if __name__ == "__main__":
    main()
