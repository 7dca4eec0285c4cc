"""Invented persons and family cards.

Nobody here exists. Names are random combinations (``names``); a NIK is a plausible district of registration, the
birth date (day + 40 for women) and a serial counted from 0001; a card number is the district, a date of issue and a
serial. No number is handed out twice.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta

from lokal import wilayah

from entas.areas import Village
from entas.sample import names
from entas.sample.world import PERIODS, Family, Person, first_day

TODAY = first_day(PERIODS[0])

MALE, FEMALE = 1, 2
HEAD, WIFE, CHILD, GRANDCHILD, PARENT = 1, 3, 4, 6, 7
SCHOOL_SMP, SCHOOL_SMA = 6, 7
NO_DISABILITY = 7

# Regencies and cities where people of Bekasi were often first registered, beside Bekasi itself.
OTHER_REGENCIES = ("32.75", "32.15", "32.01", "31.75", "31.72", "33.28", "33.29", "32.13")
HEAD_JOBS = (19, 19, 19, 20, 20, 9, 15, 15, 84, 88, 81, 26, 13, 1, 12, 11)
FEMALE_HEAD_JOBS = (2, 19, 20, 84, 23, 88, 1)
HEAD_SCHOOLING = (2, 3, 3, 3, 4, 4, 5, 5, 1)


class People:
    """Makes persons and families; all randomness comes from one seeded stream."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(f"{seed}:people")
        self._nik_serials: Counter[str] = Counter()
        self._card_serials: Counter[str] = Counter()
        self._elsewhere = [
            district.code.replace(".", "") for code in OTHER_REGENCIES for district in wilayah.list_wilayah(code)
        ]

    def _nik(self, district: str, born: date, sex: int) -> str:
        region = district if self._random.random() < 0.86 else self._random.choice(self._elsewhere)
        day = born.day + (40 if sex == FEMALE else 0)
        stem = f"{region}{day:02d}{born.month:02d}{born.year % 100:02d}"
        self._nik_serials[stem] += 1
        return f"{stem}{self._nik_serials[stem]:04d}"

    def card_number(self, village: Village) -> str:
        """A new family card number of the village's district."""
        issued = date(2008, 1, 1) + timedelta(days=self._random.randrange(15 * 365))
        stem = f"{village.district_code.replace('.', '')}{issued:%d%m%y}"
        self._card_serials[stem] += 1
        return f"{stem}{self._card_serials[stem]:04d}"

    def name(self, sex: int) -> str:
        """A full name; one in two hundred carries an awkward apostrophe."""
        choose = self._random.choice
        first, second, awkward = (
            (names.MALE_FIRST, names.MALE_SECOND, names.AWKWARD_MALE)
            if sex == MALE
            else (names.FEMALE_FIRST, names.FEMALE_SECOND, names.AWKWARD_FEMALE)
        )
        draw = self._random.random()
        if draw < 0.005:
            return f"{choose(awkward)} {choose(second)}"
        if draw < 0.12:
            return choose(first)
        return f"{choose(first)} {choose(second)}"

    def person(
        self,
        village: Village,
        *,
        sex: int,
        born: date,
        relation: int,
        parents: tuple[str, str] = ("", ""),
        **known: int,
    ) -> Person:
        """A person of the village; ``known`` overrides job, marital state, schooling and education codes."""
        age = (TODAY - born).days // 365
        nik = self._nik(village.district_code.replace(".", ""), born, sex)
        return Person(
            nik=nik,
            nik_written=nik,
            name=self.name(sex),
            sex=sex,
            birth_place=self._random.choice(names.BIRTH_PLACES),
            birth_date=born,
            relation=relation,
            education=known.get("education", _education_at(age)),
            schooling=known.get("schooling", _schooling_at(age)),
            job=known.get("job", 1 if age < 7 or age > 18 else 3),
            marital=known.get("marital", 1),
            disability=NO_DISABILITY if self._random.random() > 0.02 else self._random.randint(1, 6),
            parents=parents,
        )

    def _born(self, youngest: int, oldest: int) -> date:
        return TODAY - timedelta(days=self._random.randint(youngest * 365 + 10, oldest * 365 + 350))

    def baby(self, village: Village, family: Family, born: date, month: int) -> Person:
        """A child born into a family, listed from ``month`` on."""
        parents = (family.head.name, family.persons[1].name if len(family.persons) > 1 else "")
        child = self.person(
            village, sex=self._random.choice((MALE, FEMALE)), born=born, relation=CHILD, parents=parents
        )
        child.since = month
        return child

    def family(self, village: Village, size: int | None = None) -> Family:
        """A family of two to six persons, its head first."""
        rng = self._random
        size = size or rng.choices((2, 3, 4, 5, 6), weights=(20, 30, 30, 14, 6))[0]
        female_head = rng.random() < 0.18
        head_age = rng.randint(28, 66)
        adult_parents = (self.name(MALE), self.name(FEMALE))
        head = self.person(
            village,
            sex=FEMALE if female_head else MALE,
            born=self._born(head_age, head_age),
            relation=HEAD,
            parents=adult_parents,
            job=rng.choice(FEMALE_HEAD_JOBS if female_head else HEAD_JOBS),
            marital=rng.choice((3, 4)) if female_head else 2,
            education=rng.choice(HEAD_SCHOOLING),
            schooling=18,
        )
        persons = [head]
        if not female_head:
            wife_age = max(20, head_age - rng.randint(0, 7))
            persons.append(
                self.person(
                    village,
                    sex=FEMALE,
                    born=self._born(wife_age, wife_age),
                    relation=WIFE,
                    parents=(self.name(MALE), self.name(FEMALE)),
                    job=rng.choice((2, 2, 2, 19, 84)),
                    marital=2,
                    education=rng.choice(HEAD_SCHOOLING),
                    schooling=18,
                )
            )
        mother = head if female_head else persons[1]
        mother_age = (TODAY - mother.birth_date).days // 365
        while len(persons) < size:
            if len(persons) == size - 1 and head_age < 50 and rng.random() < 0.08:
                persons.append(
                    self.person(
                        village,
                        sex=FEMALE,
                        born=self._born(head_age + 20, head_age + 26),
                        relation=PARENT,
                        job=2,
                        marital=4,
                        education=2,
                        schooling=18,
                    )
                )
                continue
            oldest = max(0, min(mother_age - 19, 24))
            persons.append(
                self.person(
                    village,
                    sex=rng.choice((MALE, FEMALE)),
                    born=self._born(max(0, oldest - 16), oldest),
                    relation=CHILD if mother_age < 60 else GRANDCHILD,
                    parents=("" if female_head else head.name, mother.name),
                )
            )
        return Family(
            no_kk=self.card_number(village),
            home=village.village_code,
            address=f"{rng.choice(names.STREET_WORDS)} NO {rng.randint(1, 180)}",
            hamlet=f"DUSUN {rng.choice(names.HAMLET_WORDS)}",
            rw=f"{rng.randint(1, 6):03d}",
            rt=f"{rng.randint(1, 9):03d}",
            persons=persons,
            listed=[(village.village_code,)] * len(PERIODS),
        )


def _schooling_at(age: int) -> int:
    """pendidikan_sedang_id by age in years: OpenSID's codes."""
    for below, code in ((5, 1), (7, 2), (13, 4), (16, SCHOOL_SMP), (19, SCHOOL_SMA)):
        if age < below:
            return code
    return 18


def _education_at(age: int) -> int:
    """pendidikan_kk_id by age in years, of those who never left school early: OpenSID's codes."""
    for below, code in ((7, 1), (13, 2), (16, 3), (19, 4)):
        if age < below:
            return code
    return 5
