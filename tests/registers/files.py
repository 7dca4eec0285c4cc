"""Small files in every kind that villages send, written for tests, and the reading of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from entas.areas import Village
from entas.registers.cells import BrokenCell
from entas.registers.reading import FileReading, read_upload
from tests.registers.format_files.pages import Formula, Page, write_book

RECEIVED_ON = date(2023, 11, 1)

VILLAGE = Village(
    village_code="32.16.09.2003",
    village_name="Suka Uji",
    village_kind="desa",
    district_code="32.16.09",
    district_name="Kecamatan Uji",
    regency_code="32.16",
    regency_name="Kabupaten Bekasi",
    province_code="32",
    province_name="Jawa Barat",
)

#: The 43 headers of OpenSID's population workbook.
OPENSID = (
    "alamat dusun rw rt nama no_kk nik sex tempatlahir tanggallahir agama_id pendidikan_kk_id pendidikan_sedang_id "
    "pekerjaan_id status_kawin kk_level warganegara_id ayah_nik nama_ayah ibu_nik nama_ibu golongan_darah_id "
    "akta_lahir dokumen_pasport tanggal_akhir_paspor dokumen_kitas akta_perkawinan tanggalperkawinan akta_perceraian "
    "tanggalperceraian cacat_id cara_kb_id hamil ktp_el status_rekam alamat_sekarang status_dasar suku tag_id_card "
    "id_asuransi no_asuransi lat lng"
).split()

Sheets = Mapping[str, Sequence[Sequence[Any]]]


def write(path: Path, sheets: Sheets) -> Path:
    """Write sheets as the kind of workbook that the suffix names: .xlsx, .xls or .ods; None leaves a cell empty."""
    return write_book(path, [Page(name, [list(map(_formula, row)) for row in rows]) for name, rows in sheets.items()])


def _formula(cell: Any) -> Any:
    return Formula("=1/0", cell.text) if isinstance(cell, BrokenCell) else cell


def csv_text(rows: Sequence[Sequence[Any]], delimiter: str = ",") -> str:
    """Rows as CSV with the line ends of Windows."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([["" if cell is None else cell for cell in row] for row in rows])
    return text.getvalue()


def read(path: Path, name: str | None = None) -> FileReading:
    """Read a file as the upload of the test village."""
    return read_upload(path, name or path.name, village=VILLAGE, received_on=RECEIVED_ON)


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> list[list[Any]]:
    """Header and rows of mappings, with the columns in the order in which they first appear."""
    header = list(columns or dict.fromkeys(name for row in rows for name in row))
    return [header, *([row.get(name) for name in header] for row in rows)]


def person(number: int = 1, **cells: Any) -> dict[str, Any]:
    """A row of penduduk without fault: a man born 17 August 1985, head of a family of his own."""
    return {
        "no_kk": f"321609010120{number:04d}",
        "nik": f"321609170885{number:04d}",
        "nama": f"WARGA {number}",
        "sex": "1",
        "tanggallahir": "17/08/1985",
        "kk_level": "1",
        "status_dasar": "1",
        **cells,
    }
