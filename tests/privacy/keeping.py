"""A small office with old and new uploads, copies of it for each test, and the search for what should be gone."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from psycopg import sql

from entas.ids import Pseudonymiser
from entas.intake import run_intake
from entas.settings import Settings
from entas.warehouse import open_warehouse
from tests.conftest import PSEUDONYM_KEY
from tests.workbooks import family, nik, no_kk, touch, write_workbook

VILLAGE, OTHER = "32.16.09.2003", "32.16.09.2004"
#: When the old uploads came; the new ones come now.
LONG_AGO = datetime(2023, 11, 5, 3, 0, tzinfo=UTC)
PSEUDONYMS = Pseudonymiser(PSEUDONYM_KEY)

#: Family 7 stands in old uploads alone, family 1 in old and new ones, family 2 is one person.
OLD_ONLY = ("Kuswantini", "Jatiwaringin Lama", "Pak Wiryosentono", "titip Marhaenis", no_kk(7), nik(70), nik(71))


def old_uploads(inbox: Path) -> None:
    """A register with all that can name somebody, what was held back of it, and a file that was refused."""
    folder = inbox / VILLAGE / "2023-10"
    gone = [row | {"nama": f"Kuswantini {n}", "alamat": "Jatiwaringin Lama"} for n, row in enumerate(family(7))]
    lost = family(7)[0] | {"no_kk": "3.21601E+15", "nama": "Kuswantini tanpa kartu"}
    odd = family(7)[1] | {"nik": "123", "nama": "Kuswantini tanpa NIK"}
    write_workbook(
        folder / "register.xlsx",
        {
            "penduduk": [*family(1), *family(2, 1), *family(3), *family(4), *gone, lost, odd],
            "kesejahteraan": [
                _welfare(1), _welfare(2), _welfare(7, nama_kepala="Kuswantini 0", amount=500_000), _welfare(3),
            ],
            "verifikasi": [
                {"no_kk": no_kk(7), "tanggal_musyawarah": "2023-10-01", "hasil": "layak",
                 "petugas": "Pak Wiryosentono"},
                {"no_kk": no_kk(2), "tanggal_musyawarah": "2023-10-01", "hasil": "layak"},
            ],
            "bantuan": [
                {"no_kk": no_kk(7), "nik": nik(70), "program": "BLT", "nilai": 300_000, "tanggal_salur": "2023-10-02",
                 "penyalur": "Pak Wiryosentono", "keterangan": "titip Marhaenis"},
                {"nik": nik(20), "program": "BLT", "nilai": 300_000, "tanggal_salur": "2023-10-03"},
            ],
            "pemberdayaan": [{"nik": nik(70), "jenis": "padat karya", "tanggal_mulai": "2023-10-04"}],
        },
    )  # fmt: skip
    write_workbook(folder / "bantuan.xlsx", {"bantuan": [_payment(3)]})
    refused = folder / "catatan.csv"
    refused.write_text(f"catatan;nomor\nKuswantini;{nik(70)}\n", encoding="utf-8")
    touch(refused)


def new_uploads(inbox: Path) -> None:
    """The next register, which lists family 7 no more, in two villages; and the same bytes as an old file."""
    write_workbook(
        inbox / VILLAGE / "2023-11" / "register.xlsx",
        {"penduduk": [*family(1), *family(2, 1), *family(3), *family(4)], "kesejahteraan": [_welfare(2)]},
    )
    write_workbook(inbox / OTHER / "2023-11" / "register.xlsx", {"penduduk": [*family(5), *family(6)]})
    copy = inbox / VILLAGE / "2023-11" / "bantuan.xlsx"
    shutil.copyfile(inbox / VILLAGE / "2023-10" / "bantuan.xlsx", copy)
    touch(copy)


def _welfare(number: int, amount: int = 900_000, **values: Any) -> dict[str, Any]:
    return {"no_kk": no_kk(number), "nik_kepala": nik(number * 10), "penghasilan_bulanan": amount} | values


def _payment(number: int) -> dict[str, Any]:
    return {"no_kk": no_kk(number), "program": "BLT", "nilai": 300_000, "tanggal_salur": "2023-10-05"}


@dataclass(frozen=True)
class Office:
    """A home and a warehouse."""

    settings: Settings

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with open_warehouse(self.settings).connect() as connection:
            return connection.execute(query, parameters).fetchall()

    def do(self, statement: str) -> None:
        with open_warehouse(self.settings).connect() as connection:
            connection.execute(statement)

    def take_in(self) -> list[str]:
        return [one.status for one in run_intake(self.settings).uploads]

    def archived(self) -> set[str]:
        return {path.name for path in Path(self.settings.archive).iterdir()}

    def where(self, *texts: str) -> dict[str, list[str]]:
        """For each text the tables and files that hold it; files are unpacked, letters' case does not matter."""
        found: dict[str, list[str]] = {}
        places = [*self._tables(), *self._files()]
        for text in texts:
            if hits := [name for name, content in places if text.lower() in content]:
                found[text] = hits
        return found

    def _tables(self) -> Iterator[tuple[str, str]]:
        with open_warehouse(self.settings).connect() as connection:
            for schema, table in connection.execute(
                "select schemaname, tablename from pg_tables where schemaname !~ '^(pg_|information_schema)'"
            ).fetchall():
                rows = connection.execute(sql.SQL("select t::text from {} t").format(sql.Identifier(schema, table)))
                yield f"{schema}.{table}", "\n".join(row[0] for row in rows).lower()

    def _files(self) -> Iterator[tuple[str, str]]:
        for path in sorted(self.settings.home.rglob("*")):
            if path.is_file():
                name = str(path.relative_to(self.settings.home))
                yield name, path.read_bytes().decode("utf-8", "ignore").lower()
                if zipfile.is_zipfile(path):
                    with zipfile.ZipFile(path) as archive:
                        for member in archive.namelist():
                            yield name, archive.read(member).decode("utf-8", "ignore").lower()
