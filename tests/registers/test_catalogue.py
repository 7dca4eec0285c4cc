"""Formats are data: what a data team may write in them, and what is said when they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from entas.registers import catalogue
from entas.registers.cells import fold
from entas.registers.schema import REGISTERS


def test_entas_formats_hold_every_column_of_every_register_under_its_own_name() -> None:
    ours = {one.register: one for one in catalogue.formats() if one.format_id == "entas"}
    assert list(ours) == list(REGISTERS)
    for register, one in ours.items():
        for column in REGISTERS[register]:
            assert one.headers[fold(column)] == (column,)


def test_the_required_columns_are_those_of_the_design() -> None:
    required = {one.register: one.required for one in catalogue.formats() if one.format_id == "entas"}
    assert required == {
        "penduduk": (("no_kk",), ("nik",), ("nama",), ("sex",), ("tanggallahir",), ("kk_level",)),
        "kesejahteraan": (("no_kk",), ("penghasilan_bulanan", "pengeluaran_bulanan", "desil")),
        "verifikasi": (("no_kk",), ("tanggal_musyawarah",), ("hasil",)),
        "bantuan": (("no_kk", "nik"), ("program",), ("nilai",), ("tanggal_salur",)),
        "pemberdayaan": (("no_kk", "nik"), ("jenis",), ("tanggal_mulai",)),
    }


def test_opensid_population_has_43_columns() -> None:
    [opensid, *_] = [one for one in catalogue.formats() if one.format_id == "opensid_penduduk"]
    assert opensid.known == 43


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("opensid.sex", 2),
        ("opensid.pendidikan_kk_id", 10),
        ("opensid.pendidikan_sedang_id", 18),
        ("opensid.pekerjaan_id", 89),
        ("opensid.status_kawin", 4),
        ("opensid.kk_level", 11),
        ("opensid.cacat_id", 7),
        ("opensid.status_dasar", 6),
        ("entas.hasil", 2),
        ("entas.alasan", 7),
        ("entas.jenis", 5),
    ],
)
def test_code_lists_are_whole(name: str, size: int) -> None:
    assert len(set(catalogue.code_list(name).exact.values())) == size


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("penduduk:", "warga:"), "no such register"),
        (("columns:", "columns:\n      hobi: {headers: [hobi]}"), "no column of this register"),
        (("[nik]", "[nik, No KK]"), "stands for two columns"),
        ((", codes: opensid.sex", ""), "needs a code list"),
        (("required: [no_kk", "required: [agama, no_kk"), "required names agama"),
        (("nik: {headers: [nik]}", "nik: {headers: [nik], when: {agama: [1]}}"), "a source names agama"),
        (("nik: {headers: [nik]}", "nik: {headers: [nik], value: 1}"), "a source has one of"),
        (("nik: {headers: [nik]}", "nik: {headers: [nik], part: '(['}"), "baru.yaml"),
        (("required: [no_kk, nik]", "required: [no_kk, nik]\n    joins: baru"), "joins needs one_row_per"),
        (("required: [no_kk, nik]", "required: [no_kk, nik]\n    joins: lama"), "joins names lama, which is no format"),
    ],
)
def test_a_wrong_format_is_told_with_its_file_and_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: tuple[str, str], says: str
) -> None:
    right = """
format: baru
title: Format baru
version: 1
registers:
  penduduk:
    required: [no_kk, nik]
    columns:
      no_kk: {headers: [No KK]}
      nik: {headers: [nik]}
      sex: {headers: [JK], codes: opensid.sex}
"""
    lists = catalogue.FORMATS / "code_lists"
    (tmp_path / "code_lists").mkdir()
    for path in lists.glob("*.yaml"):
        (tmp_path / "code_lists" / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(catalogue, "FORMATS", tmp_path)
    (tmp_path / "baru.yaml").write_text(right)
    [added] = catalogue.formats.__wrapped__()
    assert added.headers == {"nokk": ("no_kk",), "nik": ("nik",), "jk": ("sex",)}
    assert change[0] in right
    (tmp_path / "baru.yaml").write_text(right.replace(*change, 1))
    with pytest.raises(ValueError, match=says) as caught:
        catalogue.formats.__wrapped__()
    assert "baru.yaml" in str(caught.value)
