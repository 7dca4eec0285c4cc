"""The invented village of all format files: six persons in three families, under codes of OpenSID."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Person:
    """One invented person; the fields are the columns of `penduduk`, as they are loaded."""

    no_kk: str
    nik: str
    nama: str
    sex: int
    tempatlahir: str
    tanggallahir: date
    kk_level: int
    pendidikan_kk_id: int
    pendidikan_sedang_id: int
    pekerjaan_id: int
    status_kawin: int
    cacat_id: int
    status_dasar: int
    alamat: str
    dusun: str
    rw: str
    rt: str

    def columns(self, *without: str) -> dict[str, Any]:
        """The columns of `penduduk`, those that a format does not have as None."""
        return {name: None if name in without else value for name, value in asdict(self).items()}


def _nik(born: date, sex: int, serial: int) -> str:
    return f"321609{born.day + (40 if sex == 2 else 0):02d}{born:%m%y}{serial:04d}"


def _person(card: int, serial: int, nama: str, sex: int, born: date, level: int, **others: int) -> Person:
    place = {1: ("KP. UJI JAYA", "MAWAR", "001", "002"), 2: ("JL. COBA NO. 7", "MELATI", "003", "004")}
    alamat, dusun, rw, rt = place[1 if card < 13 else 2]
    told = {
        "pendidikan_kk_id": 3,
        "pendidikan_sedang_id": 18,
        "pekerjaan_id": 20,
        "status_kawin": 2,
        "cacat_id": 7,
        "status_dasar": 1,
        **others,
    }
    return Person(
        no_kk=f"321609010120{card:04d}",
        nik=_nik(born, sex, serial),
        nama=nama,
        sex=sex,
        tempatlahir="BEKASI",
        tanggallahir=born,
        kk_level=level,
        alamat=alamat,
        dusun=dusun,
        rw=rw,
        rt=rt,
        **told,
    )


PEOPLE: tuple[Person, ...] = (
    _person(11, 1, "WARGA UJI SATU", 1, date(1985, 8, 17), 1),
    _person(11, 2, "WARGA UJI DUA", 2, date(1988, 5, 3), 3, pekerjaan_id=2),
    _person(11, 3, "ANAK UJI TIGA", 2, date(2010, 12, 24), 4, pendidikan_sedang_id=6, pekerjaan_id=3, status_kawin=1),
    _person(12, 4, "WARGA UJI EMPAT", 2, date(1990, 2, 28), 1, status_kawin=4, pekerjaan_id=84, pendidikan_kk_id=5),
    _person(12, 5, "ANAK UJI LIMA", 1, date(2007, 7, 9), 4, pendidikan_sedang_id=7, pekerjaan_id=3, status_kawin=1),
    _person(13, 6, "WARGA UJI ENAM", 1, date(1948, 11, 1), 1, pendidikan_kk_id=1, pekerjaan_id=1, cacat_id=1),
)

#: Families in order: their persons, the head first.
FAMILIES: tuple[tuple[Person, ...], ...] = tuple(
    tuple(person for person in PEOPLE if person.no_kk == card) for card in dict.fromkeys(p.no_kk for p in PEOPLE)
)
