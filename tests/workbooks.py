"""Small uploads for tests, written as a village's office program would."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

#: Columns of Entas's own workbook (design, section 4), and of lists that villages have from others.
COLUMNS = {
    "penduduk": (
        "no_kk nik nama sex tempatlahir tanggallahir kk_level pendidikan_kk_id pendidikan_sedang_id pekerjaan_id "
        "status_kawin cacat_id status_dasar alamat dusun rw rt"
    ).split(),
    "kesejahteraan": (
        "no_kk nik_kepala nama_kepala penghasilan_bulanan pengeluaran_bulanan desil id_keluarga_p3ke tanggal_pendataan"
    ).split(),
    # A P3KE list of families, which holds no card numbers.
    "p3ke": ["ID Keluarga", "Desil Kesejahteraan", "Kepala Keluarga", "NIK"],
    "verifikasi": "no_kk tanggal_musyawarah hasil alasan nomor_berita_acara petugas jabatan_petugas".split(),
    "bantuan": "no_kk nik program sumber_dana nilai tanggal_salur penyalur keterangan".split(),
    "pemberdayaan": ("no_kk nik jenis nama_kegiatan penyelenggara tanggal_mulai tanggal_selesai hasil nilai").split(),
}

_seconds = itertools.count(1_700_000_000)

Rows = Sequence[Mapping[str, Any]]


def write_workbook(path: Path, registers: Mapping[str, Rows]) -> Path:
    """Write a workbook with one sheet a register; text stays text, numbers numbers. Later calls are newer files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path, {"strings_to_numbers": False, "strings_to_formulas": False}) as book:
        for register, rows in registers.items():
            sheet = book.add_worksheet(register)
            sheet.write_row(0, 0, COLUMNS[register])
            for number, row in enumerate(rows, start=1):
                for column, name in enumerate(COLUMNS[register]):
                    if row.get(name) is not None:
                        sheet.write(number, column, row[name])
    return touch(path)


def touch(path: Path) -> Path:
    """Give a file a modification time after every earlier one's."""
    moment = next(_seconds)
    os.utime(path, (moment, moment))
    return path


def no_kk(number: int) -> str:
    """An invented family card number."""
    return f"321609010123{number:04d}"


def nik(number: int, day: int = 11) -> str:
    """An invented NIK of a man born on that day of April 1980."""
    return f"321609{day:02d}0480{number:04d}"


def family(number: int, members: int = 2, **values: Any) -> list[dict[str, Any]]:
    """Rows of `penduduk`: a head and others, all men born 11 April 1980; their NIKs follow from the number."""
    return [
        {
            "no_kk": no_kk(number),
            "nik": nik(number * 10 + member),
            "nama": f"WARGA {number} {member}",
            "sex": "1",
            "tanggallahir": "11/04/1980",
            "kk_level": "1" if member == 0 else "4",
            "status_dasar": "1",
            **values,
        }
        for member in range(members)
    ]


def families(numbers: Sequence[int], members: int = 2) -> list[dict[str, Any]]:
    """Rows of `penduduk` of several families."""
    return [row for number in numbers for row in family(number, members)]
