"""Sheets that say in pairs what the rows of another sheet are about."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from entas.registers.catalogue import formats
from entas.registers.pairs import belonging, read_descriptions
from entas.registers.reading import read_upload
from entas.registers.sheets import Row, Sheet

FORM = next(form for form in formats() if form.format_id == "opensid_program_bantuan")
PAIRS: list[Row] = [["Nama Program", "PKH"], ["Sasaran Program", 2], ["Asal Dana", 1], ["Keterangan", "Tahap I"]]


def told(*rows: Row) -> list[dict[str, object]]:
    """What the descriptions in a sheet say."""
    sheet = Sheet("Program", [list(row) for row in rows])
    return [{name: pair.value for name, pair in one.cells.items()} for one in read_descriptions(sheet, FORM)]


def test_labels_stand_one_below_the_other() -> None:
    assert told(*PAIRS) == [{"program": "PKH", "sasaran": 2, "sumber_dana": 1, "keterangan": "Tahap I"}]


@pytest.mark.parametrize(
    "change",
    [
        lambda row: [None, *row],
        lambda row: [row[0], ":", row[1]],
        lambda row: [f"{row[0]} (wajib diisi)", row[1]],
        lambda row: [str(row[0]).upper(), row[1]],
        lambda row: [1, *row],
        lambda row: [*row, "1 = penduduk, 2 = keluarga"],
    ],
)
def test_however_they_are_set(change: object) -> None:
    [one] = told(["Data Program"], [], *(change(row) for row in PAIRS))
    assert one["program"] == "PKH"
    assert one["sasaran"] == 2


def test_several_programmes_stand_beside_or_below_each_other_or_in_rows() -> None:
    second: list[Row] = [["Nama Program", "BLT"], ["Sasaran Program", 1], ["Asal Dana", "Dana Desa"]]
    wanted = [("PKH", 2), ("BLT", 1)]
    beside = [[*one, two[1]] for one, two in zip(PAIRS[:3], second, strict=True)]
    turned = [list(row) for row in zip(*beside, strict=True)]
    for rows in (beside, [*PAIRS[:3], [], *second], turned):
        assert [(one["program"], one["sasaran"]) for one in told(*rows)] == wanted


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [["Nama Program", None], ["Sasaran", 1]],
        [["Sasaran", 1], ["Asal Dana", 2]],
        [["Peserta", "NIK", "Nama"], ["1", "2", "3"]],
    ],
)
def test_other_sheets_describe_nothing(rows: list[Row]) -> None:
    assert told(*rows) == []


def test_as_many_descriptions_as_lists_belong_together_in_order() -> None:
    one, two = read_descriptions(Sheet("a", PAIRS), FORM), read_descriptions(Sheet("b", PAIRS), FORM)
    assert belonging([(0, one), (2, two)], 3, [1, 3]) == two
    assert belonging([(0, one)], 1, [1, 3]) == one
    assert belonging([(0, one), (2, two)], 1, [1]) == [*one, *two]


def test_a_csv_has_its_pairs_above_the_rows(tmp_path: Path) -> None:
    path = tmp_path / "program.csv"
    path.write_text(
        "Nama Program;PKH\nSasaran Program;2\nAsal Dana;1\n\nPeserta;No. Peserta;NIK;Nama\n"
        "3216090101200011;1;3216091708850001;WARGA UJI\n"
    )
    rows = read_upload(path, path.name, village=None, received_on=date(2026, 9, 30)).registers["bantuan"].rows
    assert rows[["no_kk", "nik", "program", "sumber_dana"]].to_numpy().tolist() == [
        ["3216090101200011", "3216091708850001", "PKH", "Pusat"]
    ]
