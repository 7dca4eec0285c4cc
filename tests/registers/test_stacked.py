"""Registers below each other in one sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.registers.files import person, read, table, write

Rows = list[list[Any]]

PAYMENT = {
    "no_kk": "3216090101200001",
    "nik": "3216091708850001",
    "program": "BLT Dana Desa",
    "nilai": 300000,
    "tanggal_salur": "15/08/2023",
}
AMOUNT = {"no_kk": "3216090101200001", "penghasilan_bulanan": 900000, "pengeluaran_bulanan": 800000, "desil": 1}


def persons(count: int) -> Rows:
    return table([person(number) for number in range(1, count + 1)])


def counts(tmp_path: Path, rows: Rows) -> dict[str, list[int]]:
    """Numbers of the rows read, by register."""
    reading = read(write(tmp_path / "x.xlsx", {"Data": rows}))
    assert reading.error is None
    return {name: register.rows["row_number"].tolist() for name, register in reading.registers.items()}


@pytest.mark.parametrize("people", [2, 60])
@pytest.mark.parametrize("gap", [0, 2])
def test_each_register_has_its_own_rows(tmp_path: Path, people: int, gap: int) -> None:
    between: Rows = [[] for _ in range(gap)]
    rows = [
        ["DATA DESA"],
        *persons(people),
        *between,
        ["DAFTAR PENERIMA BANTUAN"],
        *table([PAYMENT]),
        *between,
        *table([AMOUNT, AMOUNT | {"no_kk": "3216090101200002"}]),
    ]
    payment = people + gap + 5
    assert counts(tmp_path, rows) == {
        "penduduk": list(range(3, people + 3)),
        "kesejahteraan": [payment + gap + 2, payment + gap + 3],
        "bantuan": [payment],
    }


def test_findings_lead_to_the_cells_of_the_lower_register(tmp_path: Path) -> None:
    rows = [*persons(2), [], *table([AMOUNT])]
    reading = read(write(tmp_path / "x.xlsx", {"Data": rows}))
    assert reading.registers["kesejahteraan"].place(0, "desil") == ("Data", 6, 3)
    assert reading.registers["penduduk"].place(1, "nama") == ("Data", 3, 2)


def test_a_header_of_the_same_register_is_a_page_printed_again(tmp_path: Path) -> None:
    assert counts(tmp_path, [*persons(2), *table([person(3)])]) == {"penduduk": [2, 3, 5]}


def test_a_person_called_as_a_header_is_a_person(tmp_path: Path) -> None:
    rows = table([person(1), person(2, nama="Program", alamat="Nilai", dusun="Keterangan", tempatlahir="Desil")])
    assert counts(tmp_path, rows) == {"penduduk": [2, 3]}
