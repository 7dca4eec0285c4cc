"""Section 5 of the design, sentence by sentence: which rows fail which rule, and what is loaded."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import entas.validation.judge
from entas.registers.cells import BrokenCell
from entas.registers.reading import FileReading, RegisterReading
from entas.registers.schema import REGISTERS
from entas.validation import Rule, rules, validate
from tests.registers.files import OPENSID, person, read, table, write

CARD = "3216090101200001"
NIK = "3216091708850001"
LOST = "3.21601E+15"
FAILED = BrokenCell("#DIV/0!", "error")


def family(**cells: Any) -> dict[str, Any]:
    """A row of kesejahteraan without fault."""
    return {"no_kk": CARD, "penghasilan_bulanan": 1200000, **cells}


def p3ke(**cells: Any) -> dict[str, Any]:
    """A row of kesejahteraan without fault from a list that has no card numbers."""
    return {"ID Keluarga": "3216-1", "Desil Kesejahteraan": 1, "Kepala Keluarga": "SITI", "NIK": NIK, **cells}


def decision(**cells: Any) -> dict[str, Any]:
    """A row of verifikasi without fault."""
    return {"no_kk": CARD, "tanggal_musyawarah": "01/09/2023", "hasil": "layak", "alasan": None, **cells}


def payment(**cells: Any) -> dict[str, Any]:
    """A row of bantuan without fault."""
    return {"no_kk": CARD, "nik": NIK, "program": "BLT", "nilai": 300000, "tanggal_salur": "01/09/2023", **cells}


def activity(**cells: Any) -> dict[str, Any]:
    """A row of pemberdayaan without fault."""
    return {"no_kk": CARD, "nik": NIK, "jenis": "padat_karya", "tanggal_mulai": "01/09/2023", **cells}


MAKERS = {
    "penduduk": person,
    "kesejahteraan": family,
    "verifikasi": decision,
    "bantuan": payment,
    "pemberdayaan": activity,
}


class Judge:
    """Writes rows as an upload and judges it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()

    def read(self, rows: Sequence[Mapping[str, Any]], **more: Sequence[Mapping[str, Any]]) -> FileReading:
        """The reading of a workbook: the rows on the first sheet, others on further sheets."""
        sheets = {"Lembar 1": table(rows), **{name: table(content) for name, content in more.items()}}
        reading = read(write(self._folder / f"{next(self._numbers)}.xlsx", sheets))
        assert reading.error is None, reading.error
        return reading

    def __call__(self, rows: Sequence[Mapping[str, Any]], **more: Sequence[Mapping[str, Any]]) -> RegisterReading:
        """The judged register; the upload must hold one."""
        judged, _ = validate({0: self.read(rows, **more)})
        [register] = judged[0].registers.values()
        return register


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    return Judge(tmp_path)


def found(register: RegisterReading, position: int | None = None) -> list[str]:
    """Rule ids of the findings (of one row), without the register's name."""
    findings = register.findings
    if position is not None:
        findings = findings[findings["position"] == position]
    return [rule_id.partition(".")[2] for rule_id in findings["rule_id"]]


def loaded(register: RegisterReading) -> pd.DataFrame:
    """The rows without a critical finding."""
    critical = register.findings.loc[register.findings["severity"] == "critical", "position"]
    return register.rows[~register.rows["position"].isin(critical)]


#: For every rule of one row: cells that make a faultless row fail it and no other.
FAILING: dict[str, dict[str, Any]] = {
    "penduduk.no_kk.kosong": {"no_kk": None},
    "penduduk.no_kk.rusak_excel": {"no_kk": LOST},
    "penduduk.no_kk.bukan_16_digit": {"no_kk": "321609010120001"},
    "penduduk.nama.kosong": {"nama": " \u00a0"},
    "penduduk.status_dasar.tidak_dikenal": {"status_dasar": "5"},
    "penduduk.nik.kosong": {"nik": "0"},
    "penduduk.nik.rusak_excel": {"nik": LOST},
    "penduduk.nik.bukan_16_digit": {"nik": "321609170885001"},
    "penduduk.nik.tanggal_mustahil": {"nik": "3216093102850001"},
    "penduduk.nik.nomor_urut_0000": {"nik": "3216091708850000"},
    "penduduk.nik.tanggal_lahir_berbeda": {"tanggallahir": "17/08/1986"},
    "penduduk.nik.jenis_kelamin_berbeda": {"sex": "PEREMPUAN"},
    "penduduk.sex.tidak_terbaca": {"sex": "X"},
    "penduduk.tanggallahir.tidak_terbaca": {"tanggallahir": "31/02/1985"},
    "penduduk.pendidikan_kk_id.tidak_terbaca": {"pendidikan_kk_id": "11"},
    "penduduk.pendidikan_sedang_id.tidak_terbaca": {"pendidikan_sedang_id": "KULIAH"},
    "penduduk.pekerjaan_id.tidak_terbaca": {"pekerjaan_id": "90"},
    "penduduk.status_kawin.tidak_terbaca": {"status_kawin": "5"},
    "penduduk.cacat_id.tidak_terbaca": {"cacat_id": "8"},
    "penduduk.keluarga.kepala_bukan_satu": {"kk_level": "4"},
    "penduduk.tempatlahir.tidak_terbaca": {"tempatlahir": FAILED},
    "penduduk.alamat.tidak_terbaca": {"alamat": FAILED},
    "penduduk.dusun.tidak_terbaca": {"dusun": FAILED},
    "penduduk.rw.tidak_terbaca": {"rw": FAILED},
    "penduduk.rt.tidak_terbaca": {"rt": FAILED},
    "penduduk.nama_ayah.tidak_terbaca": {"nama_ayah": FAILED},
    "penduduk.nama_ibu.tidak_terbaca": {"nama_ibu": FAILED},
    "kesejahteraan.no_kk.kosong": {"no_kk": ""},
    "kesejahteraan.no_kk.rusak_excel": {"no_kk": 9007199254740994},
    "kesejahteraan.no_kk.bukan_16_digit": {"no_kk": "-"},
    "kesejahteraan.penghasilan_bulanan.tidak_terbaca": {"penghasilan_bulanan": "cukup"},
    "kesejahteraan.penghasilan_bulanan.negatif": {"penghasilan_bulanan": -1},
    "kesejahteraan.pengeluaran_bulanan.tidak_terbaca": {"pengeluaran_bulanan": "cukup"},
    "kesejahteraan.pengeluaran_bulanan.negatif": {"pengeluaran_bulanan": "(500.000)"},
    "kesejahteraan.desil.di_luar_1_sampai_10": {"desil": 11},
    "kesejahteraan.ukuran.tidak_ada": {"penghasilan_bulanan": "-"},
    "kesejahteraan.nik_kepala.tidak_sah": {"nik_kepala": "3216091708850000"},
    "kesejahteraan.nik_kepala.rusak_excel": {"nik_kepala": LOST},
    "kesejahteraan.kepala_tanpa_kk.nik_kosong": {"NIK": "0"},
    "kesejahteraan.kepala_tanpa_kk.nik_rusak_excel": {"NIK": LOST},
    "kesejahteraan.kepala_tanpa_kk.nik_tidak_sah": {"NIK": "3216093102850001"},
    "kesejahteraan.nama_kepala.tidak_terbaca": {"nama_kepala": FAILED},
    "kesejahteraan.id_keluarga_p3ke.tidak_terbaca": {"id_keluarga_p3ke": FAILED},
    "kesejahteraan.tanggal_pendataan.tidak_terbaca": {"tanggal_pendataan": "kemarin"},
    "kesejahteraan.tanggal_pendataan.setelah_diterima": {"tanggal_pendataan": "02/11/2023"},
    "verifikasi.no_kk.kosong": {"no_kk": None},
    "verifikasi.no_kk.rusak_excel": {"no_kk": LOST},
    "verifikasi.no_kk.bukan_16_digit": {"no_kk": "1"},
    "verifikasi.tanggal_musyawarah.kosong": {"tanggal_musyawarah": "-"},
    "verifikasi.tanggal_musyawarah.tidak_terbaca": {"tanggal_musyawarah": "32/01/2023"},
    "verifikasi.tanggal_musyawarah.setelah_diterima": {"tanggal_musyawarah": "2023-11-02"},
    "verifikasi.hasil.tidak_dikenal": {"hasil": "mungkin"},
    "verifikasi.alasan.tidak_dikenal": {"alasan": "entah"},
    "verifikasi.nomor_berita_acara.tidak_terbaca": {"nomor_berita_acara": FAILED},
    "verifikasi.petugas.tidak_terbaca": {"petugas": FAILED},
    "verifikasi.jabatan_petugas.tidak_terbaca": {"jabatan_petugas": FAILED},
    "bantuan.program.tidak_terbaca": {"program": FAILED},
    "bantuan.sumber_dana.tidak_terbaca": {"sumber_dana": FAILED},
    "bantuan.penyalur.tidak_terbaca": {"penyalur": FAILED},
    "bantuan.keterangan.tidak_terbaca": {"keterangan": FAILED},
    "bantuan.penerima.rusak_excel": {"no_kk": LOST, "nik": None},
    "bantuan.penerima.tidak_ada": {"no_kk": "1", "nik": "0"},
    "bantuan.no_kk.kosong": {"no_kk": None},
    "bantuan.no_kk.rusak_excel": {"no_kk": LOST},
    "bantuan.no_kk.bukan_16_digit": {"no_kk": "1"},
    "bantuan.nik.rusak_excel": {"nik": LOST},
    "bantuan.nik.tidak_sah": {"nik": "1"},
    "bantuan.nilai.kosong": {"nilai": None},
    "bantuan.nilai.tidak_terbaca": {"nilai": "banyak"},
    "bantuan.nilai.negatif": {"nilai": -300000},
    "bantuan.tanggal_salur.kosong": {"tanggal_salur": None},
    "bantuan.tanggal_salur.tidak_terbaca": {"tanggal_salur": "x"},
    "bantuan.tanggal_salur.setelah_diterima": {"tanggal_salur": date(2023, 11, 2)},
    "pemberdayaan.penerima.rusak_excel": {"no_kk": None, "nik": LOST},
    "pemberdayaan.penerima.tidak_ada": {"no_kk": None, "nik": "3216093102850001"},
    "pemberdayaan.no_kk.kosong": {"no_kk": None},
    "pemberdayaan.no_kk.rusak_excel": {"no_kk": LOST},
    "pemberdayaan.no_kk.bukan_16_digit": {"no_kk": "1"},
    "pemberdayaan.nik.rusak_excel": {"nik": LOST},
    "pemberdayaan.nik.tidak_sah": {"nik": "1"},
    "pemberdayaan.jenis.tidak_dikenal": {"jenis": None},
    "pemberdayaan.nilai.tidak_terbaca": {"nilai": "banyak"},
    "pemberdayaan.nilai.negatif": {"nilai": "-1"},
    "pemberdayaan.tanggal_mulai.kosong": {"tanggal_mulai": None},
    "pemberdayaan.tanggal_mulai.tidak_terbaca": {"tanggal_mulai": "x"},
    "pemberdayaan.tanggal_mulai.setelah_diterima": {"tanggal_mulai": "02-11-2023"},
    "pemberdayaan.tanggal_selesai.tidak_terbaca": {"tanggal_selesai": "x"},
    "pemberdayaan.nama_kegiatan.tidak_terbaca": {"nama_kegiatan": FAILED},
    "pemberdayaan.penyelenggara.tidak_terbaca": {"penyelenggara": FAILED},
    "pemberdayaan.hasil.tidak_terbaca": {"hasil": FAILED},
}
#: Rules that a single row cannot break alone have tests of their own below.
BETWEEN_ROWS = {
    "penduduk.kk_level.tidak_terbaca",
    "penduduk.nik.baris_ganda",
    "penduduk.nik.dipakai_dua_kali",
    "kesejahteraan.no_kk.ganda",
    "kesejahteraan.kepala_tanpa_kk.nik_ganda",
}

OURS: dict[str, Rule] = {rule.rule_id: rule for register in REGISTERS for rule in rules(register) if rule.query is None}


def test_every_rule_has_a_test() -> None:
    assert set(FAILING) | BETWEEN_ROWS == set(OURS)


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, FileReading], pd.DataFrame]:
    """One upload for each rule, all judged as one batch."""
    judge = Judge(tmp_path_factory.mktemp("uploads"))
    return validate(
        {
            rule_id: judge.read([(p3ke if "tanpa_kk" in rule_id else MAKERS[rule_id.split(".")[0]])(**cells)])
            for rule_id, cells in FAILING.items()
        }
    )


@pytest.mark.parametrize("rule_id", FAILING)
def test_a_row_fails_the_rule_it_breaks_and_no_other(
    failing: tuple[dict[str, FileReading], pd.DataFrame], rule_id: str
) -> None:
    judged, checks = failing
    rule = OURS[rule_id]
    [register] = judged[rule_id].registers.values()
    [finding] = register.findings.to_dict("records")
    assert (finding["position"], finding["rule_id"]) == (0, rule_id)
    assert (finding["severity"], finding["column_name"]) == (rule.severity, rule.column)
    assert finding["sentence"].endswith(".")
    assert "{" not in finding["sentence"]
    written = FAILING[rule_id].get(rule.column)
    if isinstance(written, str) and written.strip():
        assert finding["value"] == written
        assert "{value}" not in rule.sentence or written in finding["sentence"]
    counted = checks[checks["key"] == rule_id].set_index("rule_id")["rows_failed"]
    assert set(counted.index) == {one.rule_id for one in rules(rule.register) if one.query is None}
    assert counted.sum() == counted[rule_id] == 1


def test_rows_without_fault_pass_every_rule(judge: Judge) -> None:
    uploads = {register: judge.read([make()]) for register, make in MAKERS.items()}
    judged, checks = validate(uploads)
    for register in MAKERS:
        assert len(judged[register].registers[register].findings) == 0
    assert checks["rows_failed"].sum() == 0
    assert set(checks["rule_id"]) == set(OURS)
    assert (checks.loc[checks["rule_id"].str.endswith("no_kk.bukan_16_digit"), "rows_checked"] == 1).all()


# --- penduduk ------------------------------------------------------------------------------------------------------


def test_opensid_sample_shape_one_warning_a_row_and_all_loaded(tmp_path: Path) -> None:
    people = [
        person(
            n, no_kk=f"321609010120{n // 3:04d}", kk_level="1" if n % 3 == 0 else "4", tanggallahir="1986-08-17", rw="-"
        )
        for n in range(1, 98)
    ]
    people[0]["kk_level"], people[1]["kk_level"] = "1", "4"
    reading = read(write(tmp_path / "x.xlsx", {"Sheet1": table(people, OPENSID)}))
    judged, _ = validate({0: reading})
    register = judged[0].registers["penduduk"]
    assert found(register) == ["nik.tanggal_lahir_berbeda"] * 97
    assert len(loaded(register)) == 97
    assert register.findings["position"].tolist() == list(range(97))


def test_persons_without_a_usable_nik_are_loaded_without_it(judge: Judge) -> None:
    niks = ["0", None, LOST, "123", "3216093102850001", "3216091708850000"]
    register = judge([person(n, nik=nik) for n, nik in enumerate(niks)])
    assert len(loaded(register)) == len(niks)
    assert register.rows["nik"].isna().all()
    assert set(register.findings["severity"]) == {"warning"}


def test_what_disagrees_with_the_nik_keeps_it(judge: Judge) -> None:
    register = judge([person(1, sex="2", tanggallahir="01/01/1990")])
    assert sorted(found(register)) == ["nik.jenis_kelamin_berbeda", "nik.tanggal_lahir_berbeda"]
    assert register.rows["nik"].tolist() == ["3216091708850001"]


def test_women_and_other_regions_agree_with_their_nik(judge: Judge) -> None:
    assert found(judge([person(1, nik="7371095708850001", sex="2")])) == []


def test_blank_or_unreadable_cells_do_not_disagree_with_the_nik(judge: Judge) -> None:
    register = judge([person(1, sex=None, tanggallahir="-"), person(2, nik="0", sex="2", tanggallahir="01/01/1990")])
    assert found(register) == ["nik.kosong"]
    assert found(judge([person(1, sex="X", tanggallahir="x")])) == ["sex.tidak_terbaca", "tanggallahir.tidak_terbaca"]


def test_blank_cells_give_no_warning(judge: Judge) -> None:
    blank = dict.fromkeys(
        ("sex", "tanggallahir", "status_dasar", "pendidikan_kk_id", "pekerjaan_id", "alamat", "rw"), "-"
    )
    register = judge([person(1, **blank)])
    assert found(register) == []
    assert register.rows[list(blank)].isna().all(axis=None)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"nama": "Siti  Aminah"}, {"nama": "SITI AMINAH "}),
        ({"tanggallahir": "17/08/1985"}, {"tanggallahir": date(1985, 8, 17)}),
        ({"tanggallahir": None}, {"tanggallahir": "-"}),
        ({"tanggallahir": None}, {"tanggallahir": "x"}),
        ({"no_kk": CARD}, {"no_kk": "3216090101200002"}),
        ({"nik": NIK}, {"nik": f"'{NIK[:6]}.{NIK[6:]}"}),
    ],
)
def test_the_same_nik_name_and_birth_date_is_the_same_row_twice(
    judge: Judge, first: dict[str, Any], second: dict[str, Any]
) -> None:
    register = judge([person(1, nama="SITI AMINAH") | first, person(1, nama="SITI AMINAH") | second])
    assert "nik.baris_ganda" in found(register, 1)
    assert "nik.baris_ganda" not in found(register, 0)
    assert len(loaded(register)) == 1
    [sentence] = register.findings.loc[register.findings["rule_id"].str.endswith("baris_ganda"), "sentence"]
    assert 'baris 2 pada lembar "Lembar 1"' in sentence


@pytest.mark.parametrize("other", [{"nama": "ORANG LAIN"}, {"tanggallahir": "17/08/1986"}, {"tanggallahir": None}])
def test_the_same_nik_on_another_person_is_loaded_without_it(judge: Judge, other: dict[str, Any]) -> None:
    register = judge([person(1)], **{"Lembar 2": [person(1, no_kk="3216090101200002") | other]})
    assert "nik.dipakai_dua_kali" in found(register, 1)
    assert register.rows["nik"].tolist()[0] == NIK
    assert register.rows["nik"].isna().tolist() == [False, True]
    assert len(loaded(register)) == 2
    [sentence] = register.findings.loc[register.findings["rule_id"].str.endswith("dua_kali"), "sentence"]
    assert 'baris 2 pada lembar "Lembar 1"' in sentence


def test_a_later_row_is_compared_with_every_earlier_loaded_one(judge: Judge) -> None:
    rows = [person(1), person(1, nama="DUA"), person(1, nama="dua"), person(1, nama="TIGA"), person(1)]
    for number, row in enumerate(rows):
        row["no_kk"] = f"32160901012000{number:02d}"
    register = judge(rows)
    assert [found(register, position) for position in range(5)] == [
        [],
        ["nik.dipakai_dua_kali"],
        ["nik.baris_ganda"],
        ["nik.dipakai_dua_kali"],
        ["nik.baris_ganda"],
    ]
    sentences = register.findings.set_index("position")["sentence"]
    assert "baris 3 pada" in sentences[2]
    assert "baris 2 pada" in sentences[3]
    assert "baris 2 pada" in sentences[4]


def test_an_unreadable_place_in_the_family_is_loaded_empty(judge: Judge) -> None:
    register = judge([person(1, no_kk=CARD), person(2, no_kk=CARD, kk_level="PAMAN")])
    assert found(register) == ["kk_level.tidak_terbaca"]
    assert register.rows["kk_level"].isna().tolist() == [False, True]


def test_quarantined_rows_are_no_earlier_rows(judge: Judge) -> None:
    rows = [person(1, no_kk="1"), person(1), person(1, status_dasar="x", nama="LAIN"), person(1, nama="LAIN")]
    for number, row in enumerate(rows[1:]):
        row["no_kk"] = f"32160901012000{number:02d}"
    register = judge(rows)
    assert [found(register, position) for position in range(4)] == [
        ["no_kk.bukan_16_digit"],
        [],
        ["status_dasar.tidak_dikenal"],
        ["nik.dipakai_dua_kali"],
    ]
    assert "baris 3 pada" in register.findings["sentence"].iloc[-1]


def test_unusable_niks_do_not_repeat(judge: Judge) -> None:
    register = judge([person(1, nik=nik) for nik in ("0", "0", "3216091708850000", "3216091708850000")])
    assert set(found(register)) <= {"nik.kosong", "nik.nomor_urut_0000", "keluarga.kepala_bukan_satu"}
    assert len(loaded(register)) == 4


def test_the_same_nik_in_two_uploads_is_no_repeat(judge: Judge) -> None:
    judged, _ = validate({"a": judge.read([person(1)]), "b": judge.read([person(1)])})
    assert all(found(reading.registers["penduduk"]) == [] for reading in judged.values())


@pytest.mark.parametrize(
    ("members", "warned"),
    [
        ([{"kk_level": "1"}, {"kk_level": "4"}], False),
        ([{"kk_level": "3"}, {"kk_level": "4"}], True),
        ([{"kk_level": "1"}, {"kk_level": "1"}], True),
        ([{"kk_level": "1", "status_dasar": "2"}, {"kk_level": "3"}], True),
        ([{"kk_level": "1", "status_dasar": "2"}, {"kk_level": "1"}], False),
        ([{"kk_level": "1", "status_dasar": None}, {"kk_level": None}], False),
        ([{"kk_level": "1", "status_dasar": "3"}], True),
    ],
)
def test_a_family_has_exactly_one_living_head(judge: Judge, members: list[dict[str, Any]], warned: bool) -> None:
    register = judge([person(9), *(person(n, no_kk=CARD, **cells) for n, cells in enumerate(members, start=1))])
    assert [rule for rule in found(register) if "keluarga" in rule] == ["keluarga.kepala_bukan_satu"] * warned
    if warned:
        [finding] = register.findings.to_dict("records")
        assert finding["position"] == 1
        assert CARD in finding["sentence"]


def test_heads_are_counted_over_loaded_rows_and_said_on_the_first_of_them(judge: Judge) -> None:
    register = judge(
        [
            person(1, no_kk=CARD, nama=None),
            person(2, no_kk=CARD, kk_level="4"),
            person(3, no_kk=CARD, kk_level="4"),
        ]
    )
    assert found(register, 0) == ["nama.kosong"]
    assert found(register, 1) == ["keluarga.kepala_bukan_satu"]
    assert f"pada nomor KK {CARD}: 0; seharusnya tepat satu" in register.findings["sentence"].iloc[1]
    # a head listed twice is one head
    assert found(judge([person(1), person(1)])) == ["nik.baris_ganda"]


# --- excel damage --------------------------------------------------------------------------------------------------


def test_a_numeric_column_whose_ids_all_end_in_0_is_lost(judge: Judge) -> None:
    rows = [person(n, nik=3216091708850000 + n, no_kk=3216090101200000 + 10 * n) for n in range(1, 4)]
    register = judge(rows)
    assert [found(register, position) for position in range(3)] == [["no_kk.rusak_excel"]] * 3
    assert register.rows["nik"].notna().all()


def test_one_number_that_ends_otherwise_shows_that_all_are_exact(judge: Judge) -> None:
    register = judge([person(1, nik=3216091708850010), person(2, nik=3216091708850011)])
    assert register.rows["nik"].tolist() == ["3216091708850010", "3216091708850011"]


def test_damage_is_judged_by_sheet(judge: Judge) -> None:
    rows = [person(1, nik=3216091708850010)]
    register = judge(rows, dua=[person(2, nik=3216091708850020), person(3, nik=3216091708850021)])
    assert found(register) == ["nik.rusak_excel"]
    assert register.rows["nik"].isna().tolist() == [True, False, False]
    [finding] = register.findings.to_dict("records")
    assert finding["value"] == "3216091708850010"


# --- kesejahteraan -------------------------------------------------------------------------------------------------


def test_amounts_are_kept_to_the_sen(judge: Judge) -> None:
    register = judge([family(penghasilan_bulanan="Rp 1.288.680,50", pengeluaran_bulanan=0, desil="Desil 3")])
    assert found(register) == []
    assert register.rows["penghasilan_bulanan"].tolist() == [Decimal("1288680.50")]
    assert register.rows["pengeluaran_bulanan"].tolist() == [Decimal("0.00")]
    assert register.rows["desil"].tolist() == [3]


def test_a_family_listed_twice_is_loaded_once(judge: Judge) -> None:
    rows = [family(penghasilan_bulanan="x"), family(), family(desil=1), family(no_kk="3216090101200002")]
    register = judge(rows, dua=[family()])
    assert [found(register, position) for position in range(5)] == [
        ["penghasilan_bulanan.tidak_terbaca"],
        [],
        ["no_kk.ganda"],
        [],
        ["no_kk.ganda"],
    ]
    assert all('baris 3 pada lembar "Lembar 1"' in text for text in register.findings["sentence"].iloc[1:])


def test_a_head_without_nik_is_no_finding(judge: Judge) -> None:
    register = judge([family(nik_kepala=None), family(no_kk="3216090101200002", nik_kepala="0")])
    assert found(register) == []
    assert register.rows["nik_kepala"].isna().all()


def test_a_late_or_unreadable_survey_date_is_loaded_empty(judge: Judge) -> None:
    dates = ["01/11/2023", "02/11/2023", "x", None]
    register = judge([family(no_kk=f"321609010120000{n}", tanggal_pendataan=day) for n, day in enumerate(dates)])
    assert register.rows["tanggal_pendataan"].tolist() == [date(2023, 11, 1), None, None, None]
    assert len(loaded(register)) == 4


def test_a_list_without_card_numbers_is_known_by_its_heads(judge: Judge) -> None:
    other = f"{NIK[:-1]}2"
    rows = [p3ke(), p3ke(NIK="-"), p3ke(), p3ke(NIK=other), p3ke(NIK=other, **{"Desil Kesejahteraan": 11})]
    judged, checks = validate({0: judge.read(rows, dua=[family(nik_kepala=NIK), family(no_kk="1", nik_kepala=other)])})
    register = judged[0].registers["kesejahteraan"]
    # a row with a card number is about the family of that card, whoever its head is
    assert [found(register, position) for position in range(7)] == [
        [],
        ["kepala_tanpa_kk.nik_tidak_sah"],
        ["kepala_tanpa_kk.nik_ganda"],
        [],
        ["desil.di_luar_1_sampai_10"],
        [],
        ["no_kk.bukan_16_digit"],
    ]
    assert 'baris 2 pada lembar "Lembar 1"' in register.findings["sentence"].iloc[1]
    checked = checks.set_index("rule_id")["rows_checked"]
    assert checked["kesejahteraan.no_kk.kosong"] == checked["kesejahteraan.nik_kepala.tidak_sah"] == 2
    assert checked["kesejahteraan.kepala_tanpa_kk.nik_kosong"] == 5
    assert checked["kesejahteraan.kepala_tanpa_kk.nik_ganda"] == 3


def test_what_a_format_does_not_hold_cannot_be_left_blank(judge: Judge) -> None:
    _, checks = validate({0: judge.read([family(desil=2)])})
    checked = checks.set_index("rule_id")["rows_checked"]
    assert checked["kesejahteraan.ukuran.tidak_ada"] == 1
    assert checked["kesejahteraan.penghasilan_bulanan.tidak_terbaca"] == 1
    assert checked["kesejahteraan.pengeluaran_bulanan.tidak_terbaca"] == 0
    assert checked["kesejahteraan.tanggal_pendataan.tidak_terbaca"] == 0
    assert checked["kesejahteraan.nik_kepala.tidak_sah"] == 0


# --- cells whose formula failed ------------------------------------------------------------------------------------


def test_a_failed_formula_is_told_with_its_error_and_the_remedy(judge: Judge) -> None:
    register = judge([person(1, tempatlahir=FAILED), person(2, tempatlahir="Bekasi"), person(3, nama=FAILED)])
    warning, critical = register.findings["sentence"]
    assert warning == (
        "Sel kolom tempatlahir berisi rumus yang gagal dan menampilkan #DIV/0!, sehingga sel itu dimuat kosong. Ketik "
        "isi yang benar langsung di sel itu, tanpa rumus, lalu unggah kembali."
    )
    assert "sehingga baris ini belum dimuat" in critical
    assert found(register) == ["tempatlahir.tidak_terbaca", "nama.kosong"]
    assert register.rows["tempatlahir"].tolist() == [pd.NA, "Bekasi", pd.NA]


def test_an_amount_that_is_an_error_is_quarantined_though_a_decile_stands_beside_it(judge: Judge) -> None:
    register = judge([family(penghasilan_bulanan=FAILED, desil=1)])
    assert found(register) == ["penghasilan_bulanan.tidak_terbaca"]
    assert len(loaded(register)) == 0
    assert "#DIV/0!" in register.findings["sentence"][0]


def test_an_unknown_word_beside_a_failed_formula_keeps_its_own_sentence(judge: Judge) -> None:
    register = judge([decision(alasan="entah"), decision(alasan=FAILED)], dua=[decision(alasan=FAILED)])
    sentences = register.findings["sentence"].tolist()
    assert sentences[0].startswith('Alasan "entah" tidak dikenal')
    assert all("dimuat sebagai lainnya. Ketik isi yang benar" in one for one in sentences[1:])
    assert register.rows["alasan"].tolist() == ["lainnya"] * 3


def test_ids_whose_formula_failed(judge: Judge) -> None:
    register = judge([person(1, nik=FAILED), person(2, no_kk=FAILED), person(3, kk_level=FAILED)])
    assert [found(register, position) for position in range(3)] == [
        ["nik.bukan_16_digit"],
        ["no_kk.bukan_16_digit"],
        ["kk_level.tidak_terbaca", "keluarga.kepala_bukan_satu"],
    ]
    assert ["rumus yang gagal" in one for one in register.findings["sentence"]] == [True, True, True, False]
    register = judge([payment(no_kk=FAILED, nik=None), payment(nilai=FAILED), payment(tanggal_salur=FAILED)])
    assert found(register) == ["penerima.tidak_ada", "nilai.tidak_terbaca", "tanggal_salur.tidak_terbaca"]
    assert all("baris ini belum dimuat" in one for one in register.findings["sentence"])


# --- events --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("meninggal", "meninggal"),
        ("MENINGGAL DUNIA", "meninggal"),
        ("Pindah", "pindah"),
        ("pindah keluar", "pindah"),
        ("Data Ganda", "ganda"),
        ("tidak ditemukan", "tidak_ditemukan"),
        ("tidak_ditemukan", "tidak_ditemukan"),
        ("Tidak layak sejak awal", "tidak_layak_sejak_awal"),
        ("mampu", "tidak_layak_sejak_awal"),
        ("graduasi", "graduasi"),
        ("lainnya", "lainnya"),
        (None, "lainnya"),
        ("-", "lainnya"),
    ],
)
def test_reasons(judge: Judge, written: str | None, stored: str) -> None:
    register = judge([decision(hasil="tidak layak", alasan=written)])
    assert found(register) == []
    assert register.rows["alasan"].tolist() == [stored]


def test_an_unknown_reason_is_another_and_a_missing_column_too(judge: Judge) -> None:
    assert judge([decision(alasan="entah")]).rows["alasan"].tolist() == ["lainnya"]
    without = {name: cell for name, cell in decision().items() if name != "alasan"}
    register = judge([without])
    assert found(register) == []
    assert register.rows["alasan"].tolist() == ["lainnya"]


@pytest.mark.parametrize(
    ("written", "stored"),
    [("layak", "layak"), ("LAYAK", "layak"), ("tidak layak", "tidak_layak"), ("Tidak_Layak", "tidak_layak")],
)
def test_outcomes(judge: Judge, written: str, stored: str) -> None:
    assert judge([decision(hasil=written)]).rows["hasil"].tolist() == [stored]


def test_a_blank_outcome_is_unknown(judge: Judge) -> None:
    assert found(judge([decision(hasil=None)])) == ["hasil.tidak_dikenal"]


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("pelatihan_keterampilan", "pelatihan_keterampilan"),
        ("Pelatihan Keterampilan", "pelatihan_keterampilan"),
        ("BANTUAN MODAL", "bantuan_modal"),
        ("pendampingan usaha", "pendampingan_usaha"),
        ("Padat Karya", "padat_karya"),
        ("lainnya", "lainnya"),
    ],
)
def test_kinds_of_activity(judge: Judge, written: str, stored: str) -> None:
    assert judge([activity(jenis=written)]).rows["jenis"].tolist() == [stored]


def test_an_activity_may_end_later_and_cost_nothing(judge: Judge) -> None:
    register = judge([activity(tanggal_selesai="31/12/2023", nilai=None)])
    assert found(register) == []
    assert register.rows["tanggal_selesai"].tolist() == [date(2023, 12, 31)]
    assert judge([activity(tanggal_selesai="x")]).rows["tanggal_selesai"].tolist() == [None]


def test_events_of_the_day_of_receipt_have_happened(judge: Judge) -> None:
    assert found(judge([decision(tanggal_musyawarah="01/11/2023")])) == []
    assert found(judge([payment(tanggal_salur="01/11/2023")])) == []


@pytest.mark.parametrize("make", [payment, activity])
def test_either_id_will_do(judge: Judge, make: Any) -> None:
    register = judge([make(no_kk="1"), make(nik=None), make(nik="1"), make(no_kk=None)])
    assert [found(register, position) for position in range(4)] == [
        ["no_kk.bukan_16_digit"],
        [],
        ["nik.tidak_sah"],
        ["no_kk.kosong"],
    ]
    assert register.rows["no_kk"].isna().tolist() == [True, False, False, True]
    assert register.rows["nik"].isna().tolist() == [False, True, True, False]
    assert len(loaded(register)) == 4


@pytest.mark.parametrize("make", [payment, activity])
def test_a_sheet_without_card_numbers_leaves_none_blank(judge: Judge, make: Any) -> None:
    row = make()
    del row["no_kk"]
    register = judge([row, {**row, "nik": "1"}])
    assert found(register, 0) == []
    assert "penerima.tidak_ada" in found(register, 1)


# --- batches -------------------------------------------------------------------------------------------------------


def test_a_batch_is_judged_as_its_files_are_one_by_one(judge: Judge) -> None:
    uploads = {
        "a": judge.read([person(1), person(1, nama="LAIN"), person(2, nik="0")], keluarga=[family(), family()]),
        "b": judge.read([person(1, no_kk="1"), person(3, sex="X")]),
        ("c", 1): judge.read([decision(), decision(hasil="?")], bantuan=[payment(nilai="x")], kegiatan=[activity()]),
    }
    together, checks = validate(uploads)
    for key, upload in uploads.items():
        alone, own = validate({key: upload})
        for register, reading in alone[key].registers.items():
            pd.testing.assert_frame_equal(reading.findings, together[key].registers[register].findings)
            pd.testing.assert_frame_equal(reading.rows, together[key].registers[register].rows)
        mine = checks[[one == key for one in checks["key"]]].reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, own)
    assert Counter(checks["key"])["b"] == len([rule for rule in rules("penduduk") if rule.query is None])


def test_readings_are_not_changed(judge: Judge) -> None:
    reading = judge.read([person(1), person(1, nama="LAIN")])
    before = reading.registers["penduduk"].rows.copy()
    validate({0: reading})
    pd.testing.assert_frame_equal(reading.registers["penduduk"].rows, before)
    assert len(reading.registers["penduduk"].findings) == 0


def test_files_with_an_error_come_back_as_they_are() -> None:
    refused = FileReading(error="rusak")
    judged, checks = validate({"x": refused})
    assert judged == {"x": refused}
    assert len(checks) == 0
    assert list(checks.columns) == ["key", "register", "rule_id", "severity", "rows_checked", "rows_failed"]


def test_upload_with_every_row_quarantined_still_has_all_its_results(judge: Judge) -> None:
    _, checks = validate({0: judge.read([person(1, no_kk="1")])})
    checks = checks.set_index("rule_id")
    assert checks.loc["penduduk.keluarga.kepala_bukan_satu", ["rows_checked", "rows_failed"]].tolist() == [0, 0]
    assert checks.loc["penduduk.no_kk.bukan_16_digit", ["rows_checked", "rows_failed"]].tolist() == [1, 1]


def test_a_rule_that_cannot_be_judged_stops_the_batch(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Rule(
        rule_id="penduduk.x.y",
        register="penduduk",
        severity="warning",
        column="nik",
        title="x",
        sentence="x.",
        type="expect_column_values_to_be_between",
        kwargs={"column": "nama_state", "min_value": 1},
    )
    monkeypatch.setattr(entas.validation.judge, "rules", lambda register: [broken])
    with pytest.raises(RuntimeError, match=r"penduduk\.x\.y cannot be judged"):
        validate({0: judge.read([person()])})
