"""Headers as offices write them: over several lines, in any order, with typing errors, under numbers of questions."""

from __future__ import annotations

import pytest

from entas.registers.catalogue import RegisterFormat, area_headers, formats
from entas.registers.detect import find_layout
from entas.registers.layout import Header, Match, explains_columns, is_header_like, match, numbers_columns
from entas.registers.sheets import Range, Row

ROW = ["3216090101200001", "3216091708850001", "WARGA", "L", "17/08/1985", "KEPALA KELUARGA"]
NAMES = ["Nomor KK", "NIK", "Nama Penduduk", "Kelamin", "Tanggal Lahir", "SHDK"]


def form(format_id: str, register: str = "penduduk") -> RegisterFormat:
    """The first description of a register in a format."""
    return next(one for one in formats() if (one.format_id, one.register) == (format_id, register))


def matched(rows: list[Row], format_id: str, register: str = "penduduk", merged: tuple[Range, ...] = ()) -> Match:
    """How the rows, taken as a header, fit a format."""
    return match(Header(rows, 0, len(rows), merged), form(format_id, register), area_headers())


def test_a_name_may_go_on_over_the_lines() -> None:
    rows = [["Nomor", "NIK", "Nama", "Kelamin", "Tanggal", "SHDK"], ["KK", None, "Penduduk", None, "Lahir", None]]
    layout = find_layout([["DAFTAR PENDUDUK"], *rows, ROW]).layout
    assert layout
    assert layout.slots == {"no_kk": 0, "nik": 1, "nama": 2, "sex": 3, "tanggallahir": 4, "kk_level": 5}
    assert (layout.header_row, layout.data_row) == (1, 3)


@pytest.mark.parametrize("merged", [(), ((0, 6, 0, 7), (0, 0, 1, 0))])
def test_a_group_heading_is_read_before_the_names_below_it(merged: tuple[Range, ...]) -> None:
    rows = [[*NAMES, "NIK", None, "Agama"], [*[None] * 6, "Ayah", "Ibu", None]]
    found = matched(rows, "siak", merged=merged)
    assert found.slots["nik"] == 1
    assert found.unknown == []
    assert 6 not in found.slots.values()


def test_a_merged_heading_reaches_no_farther_than_its_range() -> None:
    rows = [["Ayah", None, None], ["NIK", "Nama", "Alamat"]]
    assert Header(rows, 0, 2, ((0, 0, 0, 1),)).shown == ["Ayah NIK", "Nama", "Alamat"]
    assert Header(rows, 0, 2, ((0, 0, 0, 1),)).names[1][0] == "ayahnama"
    assert Header(rows, 0, 2, ((0, 0, 0, 1),)).names[2][0] == "alamat"
    assert Header(rows, 0, 2).names[2][0] == "ayahalamat"


def test_cells_merged_down_tell_where_a_header_ends() -> None:
    rows = [[*NAMES, "Catatan"], [*[None] * 6, "(diisi bila ada)"], ROW]
    merged = tuple((0, place, 1, place) for place in range(6))
    assert find_layout(rows, merged).layout.data_row == 2


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("Tangal Lahir", "tanggallahir"),
        ("TANGGAL LAHIRR", "tanggallahir"),
        ("Tanggal Lahri", "tanggallahir"),
        ("Tangal Lahirr", "tanggallahir"),  # two errors, in different words
        ("Kelmain", "sex"),
        ("Tanggal Lapor", None),  # two in one word: another thing
        ("Tanggal Hadir", None),
        ("NlK", None),  # too short to tell
    ],
)
def test_typing_errors_are_forgiven_where_no_other_column_is_meant(heading: str, column: str | None) -> None:
    right = {"tanggallahir": "Tanggal Lahir", "sex": "Kelamin"}.get(column or "", "NIK" if heading == "NlK" else "")
    names = [heading if name == (right or "Tanggal Lahir") else name for name in NAMES]
    found = matched([names], "siak")
    assert found.near == ([(heading, column)] if column else [])


def test_a_column_that_is_there_is_not_taken_twice_for_a_typing_error() -> None:
    found = matched([[*NAMES, "Tanggal Lahirr"]], "siak")
    assert found.slots["tanggallahir"] == 4
    assert found.unknown == [6]


def test_two_headers_as_near_to_a_column_are_both_left_alone() -> None:
    names = [*NAMES[:4], "Tangal Lahir", "SHDK", "Tanggal Lahr"]
    found = matched([names], "siak")
    assert "tanggallahir" not in found.slots
    assert found.unknown == [4, 6]


@pytest.mark.parametrize(
    "heading", ["403", 403, 403.0, "403.", "403 NIK", "403. NIK Anggota Keluarga", "R403", "403\nNIK", "No. 403"]
)
def test_a_column_is_known_by_the_number_of_its_question(heading: object) -> None:
    assert matched([["no kartu keluarga", "401", "402", heading, "404"]], "regsosek").slots["nik"] == 3


def test_columns_of_one_question_are_told_by_their_words_or_by_their_order() -> None:
    wanted = {"menerima@501b": 1, "bulan@501b": 2, "tahun@501b": 3}
    for rows in (
        [["no kartu keluarga", "501b", "501b Bulan", "501b Tahun"]],
        [["no kartu keluarga", "501b", "501b", "501b"]],
        [["no kartu keluarga", "501b PKH", None, None], [None, "Menerima", "Bln", "Thn"]],
        [["no kartu keluarga", "501b whether", "501b month", "501b year"]],
        [["no kartu keluarga", "501b", "Bulan", "Tahun"]],
        [["no kartu keluarga", "501b1", "501b2", "501b3"]],
        [["no kartu keluarga", "501b", "Bulan 501b", "Tahun 501b"]],
        [["no kartu keluarga", "501b Menerima PKH dalam satu tahun terakhir", "501b bulan terakhir", "501b thn"]],
        [["no kartu keluarga", "501b PKH", "501b PKH, bulan terakhir menerima", "501b PKH, tahun terakhir menerima"]],
    ):
        found = matched(rows, "regsosek", "bantuan")
        assert {name: place for name, place in found.slots.items() if "@" in name} == wanted
    turned = matched([["no kartu keluarga", "501b", "501b Tahun", "501b Bulan"]], "regsosek", "bantuan")
    assert (turned.slots["tahun@501b"], turned.slots["bulan@501b"]) == (2, 3)


def test_a_word_alone_belongs_to_the_question_beside_it_and_to_no_other() -> None:
    found = matched([["no kartu keluarga", "501b", "Catatan", "Bulan", "Tahun"]], "regsosek", "bantuan")
    assert "bulan@501b" not in found.slots
    assert found.unknown == [3, 4]


def test_what_one_register_of_a_sheet_knows_is_not_unknown_to_the_others() -> None:
    rows = [["no kartu keluarga", "301a", "501b", "Bulan", "Tahun", "Warna"], [ROW[0], 1, 1, 9, 2025, "biru"]]
    search = find_layout(rows)
    assert search.layout
    assert [one.format.register for one in (search.layout, *search.beside)] == ["kesejahteraan", "bantuan"]
    assert [one.unknown for one in (search.layout, *search.beside)] == [("Warna",), ("Warna",)]


@pytest.mark.parametrize(
    ("row", "numbers"),
    [
        ([1, 2, 3, 4], True),
        ([1.0, 2.0, 3.0], True),
        (["(1)", "(2)", "(3)"], True),
        ([-1, -2, -3, -4], True),
        (["1.", "2.", "3."], True),
        ([None, 2, 3, 4, 5], True),
        ([1, 2, 3, 4, 5, 2], True),  # a column put in between
        ([1, 2], False),
        ([1, "3216090101200001", 3], False),
        ([1, 1, 2, 4], False),
        ([12, 13, 14], False),
        (["L", "P", "L"], False),
    ],
)
def test_rows_that_number_the_columns(row: Row, numbers: bool) -> None:
    assert numbers_columns(row) is numbers


def test_rows_that_explain_a_header() -> None:
    siak = form("siak")
    assert explains_columns(["(16 angka)", None, "(sesuai KTP)"], siak, {})
    assert not explains_columns(["3216090101200001", "NIK", "(A)"], siak, {})
    assert explains_columns(["Nomor urut", "Nama", "NIK"], form("regsosek"), {})


@pytest.mark.parametrize(
    ("row", "header"),
    [
        (["NIK", "Nama"], True),
        (["NIK", 403, 404.0], True),
        (["3216091708850001", "Nama"], False),
        ([3216091708850001, "Nama"], False),
        ([None, " "], False),
    ],
)
def test_ids_stand_in_no_header(row: Row, header: bool) -> None:
    assert is_header_like(row) is header


def test_numbers_before_headers_and_remarks_behind_them_do_not_matter() -> None:
    names = [
        "1. Nomor KK",
        "2 NIK",
        "3) Nama Penduduk (lengkap)",
        "4. Kelamin",
        "5. Tanggal Lahir (hh/bb/tttt)",
        "6.SHDK",
    ]
    layout = find_layout([names, ROW]).layout
    assert layout
    assert layout.columns == {"no_kk": 0, "nik": 1, "nama": 2, "sex": 3, "tanggallahir": 4, "kk_level": 5}
    assert (layout.near, layout.unknown) == ((), ())
