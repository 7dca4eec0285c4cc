"""Which rows are data: totals, notes, signatures and headers printed again are not, and no real row is ever lost."""

from __future__ import annotations

from typing import Any

import pytest

from entas.registers.detect import find_layout
from entas.registers.rows import AFTER_END, HEADERS, NOTES, TOTALS, DataRows, data_rows
from entas.registers.sheets import Row, Sheet

HEADER = ["No", "Nomor KK", "NIK", "Nama Penduduk", "Kelamin", "Tanggal Lahir", "SHDK", "Alamat"]


def person(number: int, **cells: Any) -> Row:
    """A row without fault."""
    row = {
        "No": number,
        "Nomor KK": f"321609010120{number:04d}",
        "NIK": f"321609170885{number:04d}",
        "Nama Penduduk": f"WARGA {number}",
        "Kelamin": "L",
        "Tanggal Lahir": "17/08/1985",
        "SHDK": "KEPALA KELUARGA",
        "Alamat": "MELATI",
        **cells,
    }
    return [row[name] for name in HEADER]


def read(*below: Row, above: tuple[Row, ...] = (), **told: Any) -> DataRows:
    """The data rows of a sheet with these rows below its header."""
    rows = [*map(list, above), list(HEADER), *map(list, below)]
    sheet = Sheet("x", rows, **told)
    layout = find_layout(sheet.rows, sheet.merged).layout
    assert layout
    return data_rows(sheet, layout)


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (["", "JUMLAH", "", "", "", "", "", 12], TOTALS),
        (["Jumlah", None, None, 2], TOTALS),
        ([None, None, None, "Total", "2 ", "Rp 1.000.000", "jiwa"], TOTALS),
        (["Catatan: diperbarui bulan lalu"], NOTES),
        ([None, None, None, None, None, None, "Bekasi, 31 Oktober 2023"], NOTES),
        ([None, "Mengetahui,", None, None, "Kepala Desa Suka Uji"], NOTES),
        (["Halaman 2 dari 5"], NOTES),
        (HEADER, HEADERS),
        ([name.upper() for name in HEADER], HEADERS),
        (["DAFTAR PENDUDUK DESA"], HEADERS),
    ],
)
def test_what_is_no_data_is_left_out_and_counted_wherever_it_stands(row: Row, kind: str) -> None:
    found = read(person(1), row, person(2), above=(["DAFTAR PENDUDUK DESA"],))
    assert found.numbers == [3, 5]
    assert found.left_out == {kind: 1}


@pytest.mark.parametrize("column", HEADER[3:])
@pytest.mark.parametrize("words", ["JUMLAH", "Catatan: x", "Kepala Desa", "Bekasi, 31 Oktober 2023"])
def test_a_row_with_a_usable_id_is_always_a_row(column: str, words: str) -> None:
    row = [
        cell if name in ("NIK", column) else None
        for name, cell in zip(HEADER, person(1, **{column: words}), strict=True)
    ]
    found = read(row, person(2))
    assert found.numbers == [2, 3]
    assert not found.left_out


@pytest.mark.parametrize("lost", ["3.21601E+15", "321609170885", 3.21601e11, "3216-0917"])
def test_a_row_whose_ids_are_damaged_is_a_row(lost: Any) -> None:
    row = person(1, **{"Nomor KK": None, "NIK": lost, "Nama Penduduk": "Total", "Alamat": "Kepala Desa"})
    assert read(row, person(2)).numbers == [2, 3]


def test_a_row_without_any_id_is_a_row_and_is_judged() -> None:
    assert read(person(1), person(2, **{"Nomor KK": None, "NIK": None}), person(3)).numbers == [2, 3, 4]


def test_a_signature_goes_on_below_its_first_words() -> None:
    found = read(
        person(1),
        [],
        [None, None, None, None, None, None, "Mengetahui"],
        [None, None, None, None, None, None, "an. PETUGAS"],
        [None, None, None, None, None, None, "H. CONTOH"],
        [None, None, None, None, None, None, "NIP. 19700101 199003 1 001"],
    )
    assert found.numbers == [2]
    assert found.left_out == {NOTES: 4}


def test_a_name_below_a_gap_at_the_end_is_no_person() -> None:
    assert read(person(1), [], [None, None, None, "H. CONTOH"]).numbers == [2]
    # and is one where nothing parts it from the others, or something follows
    assert read(person(1), [None, None, None, "H. CONTOH"]).numbers == [2, 3]
    assert read(person(1), [], [None, None, None, "H. CONTOH"], person(3)).numbers == [2, 4, 5]


def test_a_running_number_alone_is_no_row() -> None:
    found = read(person(1), [2], [3, None, " ", "\u00a0"])
    assert found.numbers == [2]
    assert not found.left_out


def test_rows_below_the_mark_that_ends_the_data_are_counted() -> None:
    header = ["no_kk", "nik", "nama", "sex", "tanggallahir", "kk_level", "agama_id", "warganegara_id"]
    rows: list[Row] = [header, person(1)[1:], ["###"], person(2)[1:], [], ["contoh"]]
    sheet = Sheet("x", rows)
    found = data_rows(sheet, find_layout(rows).layout)
    assert found.numbers == [2]
    assert found.left_out == {AFTER_END: 2}


def test_a_merged_card_counts_for_every_row_it_covers() -> None:
    member = person(2, **{"Nomor KK": None})
    found = read(person(1), member, person(3), merged=((1, 1, 2, 1),))
    assert [row[1] for row in found.rows] == [person(1)[1], person(1)[1], person(3)[1]]


def test_a_merged_title_fills_nothing_and_blank_rows_stay_blank() -> None:
    found = read(person(1), [], person(3), above=(["DAFTAR", None, None],), merged=((0, 0, 0, 7), (2, 1, 3, 1)))
    assert found.numbers == [3, 5]


def test_hidden_rows_are_read_and_counted() -> None:
    found = read(person(1), person(2), person(3), hidden_rows=frozenset({2, 3, 40}))
    assert found.numbers == [2, 3, 4]
    assert found.hidden == 2


def test_columns_without_a_header_that_hold_something_are_told() -> None:
    assert read([*person(1), None, "x"], [*person(2), None, None]).untitled == [9]
