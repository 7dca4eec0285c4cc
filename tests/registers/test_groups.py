"""Rows that head a family in a print, however its writer has spread them over cells and rows."""

from __future__ import annotations

from typing import Any

import pytest

from entas.registers.catalogue import formats
from entas.registers.groups import GroupCell, has_group, has_key_label, read_heading
from entas.registers.sheets import Row

BIP = next(form for form in formats() if form.format_id == "bip")
CARD = "3216090101200001"
NIK = 2  # where members have it


def heading(*rows: Row) -> dict[str, Any]:
    """What the first row (and the cells below its labels) say."""
    return {name: cell.value for name, cell in read_heading(BIP, rows, 0, NIK).cells.items()}


@pytest.mark.parametrize(
    "row",
    [
        [f"No. KK : {CARD}"],
        [f"NO.KK:{CARD}"],
        [f"Nomor KK = {CARD}"],
        ["No. KK", ":", CARD],
        ["No. KK :", None, CARD],
        ["No. KK", f": {CARD}"],
        [f"No. KK : {CARD}", None, "Alamat : MELATI"],
        [CARD],
        [f"KK : {CARD}"],
        [f"{CARD} / CONTOH"],
        [f"NO KK: {CARD} - CONTOH"],
        ["PROVINSI :", "JAWA BARAT", None, "NO. KK :", CARD],
    ],
)
def test_the_card_of_a_family_is_found_wherever_it_stands(row: Row) -> None:
    assert heading(row)["no_kk"] == CARD
    assert has_group(BIP, [row], NIK)


def test_a_card_that_is_a_number_stays_one() -> None:
    assert heading(["No. KK", ":", 3216090101200001.0])["no_kk"] == 3216090101200001.0
    alone = heading([3216090101200000, None, "CONTOH"])["no_kk"]
    assert (type(alone), alone) == (int, 3216090101200000)


def test_one_cell_may_hold_several_labels() -> None:
    found = heading(["No. KK : " + CARD, None, "Alamat : KP. MELATI NO. 3, Nama Dusun : MAWAR, RT/RW : 001/002"])
    assert found["alamat"] == "KP. MELATI NO. 3"
    assert found["dusun"] == "MAWAR"
    assert {value for name, value in found.items() if name.startswith("r")} == {"001/002"}


def test_labels_stand_beside_or_above_their_values() -> None:
    place = "DUSUN MAWAR, RT:001, RW:002, Kodepos:17000,-"
    beside = heading(["No. KK", ":", CARD, "Alamat", ":", "MELATI", "Kepala Keluarga", "CONTOH"])
    assert beside == {"no_kk": CARD, "alamat": "MELATI"}
    above = heading([None, "NO.KK", None, "NAMA KEPALA KELUARGA", "ALAMAT"], [None, CARD, None, "CONTOH", place])
    assert (above["no_kk"], above["alamat"]) == (CARD, "DUSUN MAWAR")


def test_a_label_with_a_colon_has_no_value_below() -> None:
    assert heading(["No. KK :"], [1, "WARGA"])["no_kk"] in (None, "")


def test_values_keep_their_place() -> None:
    found = read_heading(BIP, [[], ["No. KK", ":", CARD]], 1, NIK)
    assert found.cells["no_kk"] == GroupCell(CARD, 1, 2)


@pytest.mark.parametrize(
    "row",
    [
        [1, "WARGA", CARD, "BEKASI"],
        [1, "WARGA", "0", None, None, CARD],  # a parent's NIK is no card
        ["Kepala Desa"],
        ["Jumlah KK : 6"],
        ["KK : 6"],
        ["No", "Nama", "NIK"],
        [],
    ],
)
def test_members_and_titles_head_no_family(row: Row) -> None:
    assert not has_group(BIP, [row], NIK)


def test_the_label_of_the_card_is_known_at_the_beginning_of_a_cell_alone() -> None:
    assert has_key_label(BIP, [None, "NO. KK"])
    assert not has_key_label(BIP, ["Daftar per No. KK", CARD])
