"""The search on invented registers: how much it finds, what it does not fall for, and that it is the same each time."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from entas import areas
from entas.duplicates.model import COMPARISONS, Model, prior_model
from entas.duplicates.search import COLUMNS, Found, FoundPair, search
from entas.ids import Pseudonymiser
from entas.sample.doubles import true_pairs, write_invented
from tests.conftest import REGENCY

_IDS = Pseudonymiser("a key")
_OTHER = ("32.16.09.2004", "32.16.01.2005")


@dataclass
class Register:
    """Rows for a search, each given by what matters in its test."""

    path: Path
    rows: list[tuple[Any, ...]]

    def add(self, nama: str, born: date | None, *, card: int, village: int = 1, **other: Any) -> tuple[int, int]:
        codes = ("32.16.09.2003", *_OTHER)
        at = (village, len(self.rows))
        values = {
            "upload_id": village, "position": at[1], "village_code": codes[village - 1], "standing": village,
            "household_id": f"card {card}", "name_birth_key": _IDS.name_birth_key(nama, born), "nama": nama, "sex": 1,
            "tanggallahir": born, "kk_level": 1,
        } | other  # fmt: skip
        self.rows.append(tuple(values.get(column) for column in COLUMNS))
        return at

    def search(self, **options: Any) -> Found:
        folder = self.path / f"search{len(list(self.path.iterdir()))}"
        folder.mkdir()
        file = folder / "rows.csv"
        with file.open("w", newline="", encoding="utf-8") as target:
            csv.writer(target).writerows(self.rows)
        return search(file, folder, year=2023, **options)

    def persons(self, **options: Any) -> set[tuple[tuple[int, int], tuple[int, int]]]:
        return {_sides(pair) for pair in self.search(**options).pairs if pair.kind == "person"}


def _sides(pair: FoundPair) -> tuple[tuple[int, int], tuple[int, int]]:
    left, right = sorted((pair.left, pair.right))
    return left, right


@pytest.fixture
def register(tmp_path: Path) -> Register:
    return Register(tmp_path, [])


BORN = date(1980, 4, 12)


def test_one_person_of_two_villages_without_a_nik(register: Register) -> None:
    here = register.add("SAEFUL ANWAR", BORN, card=1, nik="3216091204800001")
    there = register.add("H. Saipul Anwar, S.Pd", BORN, card=2, village=2)
    register.add("KARTA WIJAYA", date(1971, 1, 2), card=3, village=2)
    pair, family = register.search().pairs
    assert (pair.kind, _sides(pair)) == ("person", (here, there))
    assert (family.kind, _sides(family)) == ("family", (here, there))  # of one person each
    assert pair.score > 0.9
    assert pair.evidence["nama"] == pair.evidence["tanggal_lahir"] == pair.evidence["jenis_kelamin"] == "sama"
    assert pair.evidence["wilayah"] == "kecamatan_sama"
    assert pair.evidence["nik"] == pair.evidence["nama_ibu"] == "tidak_diketahui"


@pytest.mark.parametrize(
    ("other", "level"),
    [
        (date(1980, 12, 4), "hari_dan_bulan_tertukar"),
        (date(1980, 4, 15), "satu_angka_berbeda"),
        (date(1981, 4, 12), "satu_angka_berbeda"),
        (date(1963, 4, 12), "sebagian_sama"),
        (date(1980, 7, 1), "tahun_sama"),
    ],
)
def test_a_birth_date_that_was_written_wrong(register: Register, other: date, level: str) -> None:
    register.add("SAEFUL ANWAR", BORN, card=1, nama_ibu="MAESAROH")
    register.add("SAEFUL ANWAR", other, card=2, village=2, nama_ibu="MAISAROH")
    assert register.search().pairs[0].evidence["tanggal_lahir"] == level


def test_the_exact_rule_is_not_repeated_and_the_mistyped_nik_is_found(register: Register) -> None:
    nik = "3216091204800001"
    register.add("SAEFUL ANWAR", BORN, card=1, nik=nik)
    register.add("SAEFUL ANWAR", BORN, card=2, village=2, nik=nik)
    assert register.persons() == set()
    here = register.add("DEDE ROHMAT", BORN, card=3, nik="3216091204800002")
    there = register.add("DEDE ROHMAT K", BORN, card=4, village=2, nik="3216091204800002")  # the rule counts him twice
    assert register.persons() == {(here, there)}


def test_twins_fathers_and_strangers_are_left_alone(register: Register) -> None:
    parents = {"nama_ayah": "KARTA", "nama_ibu": "MAESAROH"}
    register.add("HASAN BASRI", BORN, card=1, kk_level=4, **parents)  # twins of one card
    register.add("HUSEN BASRI", BORN, card=1, kk_level=4, **parents)
    register.add("DINA MARLINA", date(1999, 8, 17), card=2, sex=2, **parents)  # and grown up in two
    register.add("DINI MARLENI", date(1999, 8, 17), card=3, sex=2, village=2, **parents)
    register.add("ENTIS SUTISNA", date(1955, 2, 3), card=4)  # father and son
    register.add("ENTIS SUTISNA", date(1984, 11, 20), card=4, kk_level=4)
    register.add("TATANG", date(1960, 1, 1), card=5)  # one birth date of an office's making
    register.add("UJANG", date(1960, 1, 1), card=6)
    register.add("NANI", date(1970, 5, 6), card=7, sex=2)
    register.add("NANI", date(1971, 9, 28), card=8, sex=2, village=2)
    assert register.search().pairs == []


def test_name_and_year_both_written_wrong_are_found_by_the_parents(register: Register) -> None:
    parents = {"nama_ayah": "KARTA WIJAYA", "nama_ibu": "MAESAROH"}
    here = register.add("ROKAYAH JULAEHA", date(1989, 2, 19), card=1, sex=2, **parents)
    there = register.add("RKAYAH JULAEHA", date(1988, 2, 19), card=2, sex=2, village=2, **parents)
    sister = register.add("NANI NUGRAHA", date(1992, 8, 5), card=3, sex=2, **parents)
    other = register.add("NENI NUGRAHA", date(1990, 3, 16), card=4, sex=2, village=2, **parents)
    found = register.persons()
    assert (here, there) in found
    assert (sister, other) not in found, "one letter and another birth date: sisters"


@pytest.mark.parametrize("slip", ["USHERMAN SETIADI", "SUHERMAN STEIADI", "SUHERMNA SETIADI"])
def test_letters_that_changed_places_are_one_slip(register: Register, slip: str) -> None:
    parents = {"nama_ayah": "KARTA", "nama_ibu": "MAESAROH"}
    here = register.add("SUHERMAN SETIADI", BORN, card=1, **parents)
    there = register.add(slip, BORN, card=2, village=2, **parents)
    assert register.persons() == {(here, there)}


def test_a_person_twice_in_one_card(register: Register) -> None:
    first = register.add("WAWAN KURNIAWAN", BORN, card=1, nik="3216091204800001")
    second = register.add("Wawan  Kurniawan", BORN, card=1, kk_level=4)
    assert register.persons() == {(first, second)}


def test_two_cards_of_one_family_and_of_twins_only_the_right_ones(register: Register) -> None:
    members = [
        ("SAEFUL ANWAR", BORN, 1, 1), ("SITI ROHMAH", date(1982, 9, 1), 2, 3),
        ("RINA ANGGRAENI", date(2010, 3, 3), 2, 4), ("RINI ANGGRAENI", date(2010, 3, 3), 2, 4),
    ]  # fmt: skip
    cards = [
        [
            register.add(nama, born, card=card, village=card, sex=sex, kk_level=level)
            for nama, born, sex, level in members
        ]
        for card in (1, 2)
    ]
    pairs = register.search().pairs
    assert {_sides(pair) for pair in pairs if pair.kind == "person"} == set(zip(*cards, strict=True))
    [family] = [pair for pair in pairs if pair.kind == "family"]
    assert _sides(family) == (cards[0][0], cards[1][0])
    assert family.evidence == {"anggota_cocok": 4, "anggota_kiri": 4, "anggota_kanan": 4}
    assert family.score > 0.95


def test_a_grown_child_is_a_person_twice_but_no_family(register: Register) -> None:
    register.add("KARTA WIJAYA", date(1960, 5, 5), card=1)
    child = register.add("SAEFUL ANWAR", BORN, card=1, kk_level=4)
    moved = register.add("SAEFUL ANWAR", BORN, card=2, village=2)
    assert [(pair.kind, _sides(pair)) for pair in register.search().pairs] == [("person", (child, moved))]


def test_whom_somebody_found_to_be_two_is_not_asked_again(register: Register) -> None:
    here = register.add("SAEFUL ANWAR", BORN, card=1)
    there = register.add("SAEFUL ANWAR", BORN, card=2, village=2)
    assert register.search(judged_different=[(there, here)]).pairs == []


def test_nothing_to_search_and_nobody_alike(register: Register) -> None:
    assert (register.search().persons, register.search().pairs) == (0, [])
    register.add("SAEFUL ANWAR", BORN, card=1)
    assert (register.search().persons, register.search().pairs) == (1, [])


def test_frequent_names_weigh_less(register: Register) -> None:
    for number in range(400):
        register.add("ASEP", date(1950 + number % 50, 1 + number % 12, 1 + number % 28), card=number, village=1)
    common = [register.add("ASEP", BORN, card=1000 + village, village=village) for village in (1, 2)]
    rare = [register.add("TUBAGUS WIRAKSONO", date(1980, 4, 13), card=2000 + v, village=v) for v in (1, 2)]
    weights = {_sides(pair): pair.weight for pair in register.search(least_score=0.001).pairs if pair.kind == "person"}
    assert weights[(rare[0], rare[1])] > weights[(common[0], common[1])] + 3


def test_a_model_says_what_it_is_made_of() -> None:
    model = prior_model(10)
    assert model.version == prior_model(99_999).version != prior_model(3_200_000).version
    assert set(model.to_dict()) == {"prior", *(one.name for one in COMPARISONS)}
    for one in COMPARISONS:
        assert abs(sum(level.m for level in one.levels) - 1) < 0.01 or one.name == "nik"
        assert one.levels[-1].condition == "ELSE"
    assert Model(0.5).version != model.version


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[Any]]:
    """25,000 invented persons of 25 villages, and which rows are of one person."""
    path = tmp_path_factory.mktemp("invented") / "rows.csv"
    rows = write_invented(path, 25_000, list(areas.villages(REGENCY)), seed=7, village_size=1_000)
    return path, true_pairs(rows)


def test_precision_and_recall_on_labelled_registers_and_the_same_again(
    invented: tuple[Path, set[Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entas.duplicates.model._RANDOM_PAIRS", 200_000)  # enough here, and quicker
    path, truth = invented
    found = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        found.append(search(path, tmp_path / name, year=2023))
    assert found[0] == found[1]
    persons = {_sides(pair) for pair in found[0].pairs if pair.kind == "person"}
    assert len(truth) > 150
    precision, recall = len(persons & truth) / len(persons), len(persons & truth) / len(truth)
    assert precision > 0.95, f"{precision=:.3f} {recall=:.3f}"
    assert recall > 0.75, f"{precision=:.3f} {recall=:.3f}"
    sure = {_sides(pair) for pair in found[0].pairs if pair.kind == "person" and pair.score >= 0.95}
    assert len(sure & truth) / len(sure) > 0.97
    # u was learnt from random pairs, m from the few with the same NIK; neither ran away from its prior.
    assert found[0].model.version != prior_model(25_000).version
    assert 0.5 < found[0].model.to_dict()["nama"]["sama"][0] < 0.9
