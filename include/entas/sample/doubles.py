"""Invented registers in which some persons and families are listed twice, and the truth about them.

Beside the doubles there are the pairs that a search must not fall for: twins, fathers and sons of one name, strangers
of one name and birth date, birth dates that an office made up. How doubles differ is drawn from what clerks do, not
from what the search forgives: letters are also lost, swapped and mistyped at random. All persons are invented.
"""

from __future__ import annotations

import csv
import random
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate, combinations, count
from pathlib import Path
from typing import Any

from entas.ids import Pseudonymiser
from entas.sample import names as words

_LAST_DAY = date(2023, 10, 31)
_PLACES = (("BEKASI", 60), ("KARAWANG", 7), ("JAKARTA", 12), ("BOGOR", 3), ("SUBANG", 2), ("PURWAKARTA", 2),
           ("TEGAL", 2), ("BREBES", 2), ("CIREBON", 2), ("INDRAMAYU", 2), ("KEBUMEN", 1), ("GARUT", 1),
           ("SUMEDANG", 1), ("KUNINGAN", 1), ("MEDAN", 1), ("PADANG", 1))  # fmt: skip
_PLACE_SPELLINGS = {
    "BEKASI": ("KAB. BEKASI", "KAB BEKASI", "BKS", "KOTA BEKASI", "CIKARANG"),
    "JAKARTA": ("JAKARTA TIMUR", "DKI JAKARTA", "JKT", "JAKARTA UTARA"),
}
_SPELLINGS = (("F", "P"), ("P", "F"), ("V", "P"), ("Z", "J"), ("J", "Z"), ("AI", "AE"), ("AE", "AI"), ("KH", "H"),
              ("SY", "S"), ("U", "OE"), ("I", "Y"), ("J", "DJ"), ("O", "U"), ("U", "O"), ("A", "O"), ("T", "D"),
              ("S", "SY"), ("L", "LL"), ("N", "NN"), ("M", "MM"), ("AH", "A"), ("H", ""), ("D", "T"))  # fmt: skip
_SYLLABLES = tuple(
    "SU DAR NA WA TI RI JA KAR SO LE HA MU NIN TA RO MI YA GI BA DI RA LI WI KA SA PUR TO NO JO MAN DO SIH NAH".split()
)


#: Who a row is of, and for a row with a NIK what the exact rule takes for the same.
Truth = tuple[int, str | None]


@dataclass(slots=True)
class Person:
    """A row of an invented register, in the columns of `entas.duplicates.search`, and whose it is."""

    upload_id: int
    position: int
    village_code: str
    household: int
    nik: str | None
    nama: str
    sex: int
    tempatlahir: str | None
    tanggallahir: date | None
    kk_level: int
    nama_ayah: str | None
    nama_ibu: str | None
    identity: int


class Invented:
    """A stream of invented rows.

    Args:
        persons: about so many rows.
        villages: codes of the villages, in order; as many are used as give each `village_size` persons.
        seed: the same seed gives the same rows.
        doubles: share of the persons who are listed once more.
    """

    def __init__(
        self, persons: int, villages: list[str], *, seed: int = 1, village_size: int = 17_000, doubles: float = 0.01
    ) -> None:
        self._random = random.Random(seed)
        self._persons = persons
        self._villages = villages[: max(2, min(len(villages), round(persons / village_size)))]
        self._doubles = doubles
        self._positions = [count() for _ in self._villages]
        self._households = count(1)
        self._identities = count(1)
        self._serials: dict[str, int] = {}
        self._has_parents = [self._random.random() < 0.6 for _ in self._villages]
        pools = (words.MALE_FIRST, words.MALE_SECOND, words.FEMALE_FIRST, words.FEMALE_SECOND)
        self._pools = [self._zipf(pool) for pool in pools]
        self._places = [place for place, _ in _PLACES]
        self._place_weights = list(accumulate(weight for _, weight in _PLACES))

    def rows(self) -> Iterator[Person]:
        """The rows; those with the same `identity` are of one person."""
        made = 0
        kept: list[list[Person]] = []
        while made < self._persons:
            village = made * len(self._villages) // self._persons
            family = self._family(village)
            made += len(family)
            yield from family
            if self._random.random() < 0.02:
                kept.append(family)
            for row in self._listed_again(family, kept):
                made += 1
                yield row
            for row in self._like_somebody(family):
                made += 1
                yield row

    # --- persons -----------------------------------------------------------------------------------------------

    def _zipf(self, pool: tuple[str, ...]) -> tuple[list[str], list[float]]:
        """Common words of a pool and many rare ones: about a third of all words are of no list."""
        rare = sorted(
            {"".join(self._random.choices(_SYLLABLES, k=self._random.choice((2, 3, 3)))) for _ in range(4000)}
        )
        common = self._random.sample(pool, len(pool))
        weights = [1 / (rank + 6) for rank in range(len(common))]
        each = sum(weights) / 2 / len(rare)
        return [*common, *rare], list(accumulate([*weights, *([each] * len(rare))]))

    def _word(self, pool: int) -> str:
        values, weights = self._pools[pool]
        return values[bisect(weights, self._random.random() * weights[-1])]

    def _name(self, sex: int) -> str:
        first, second = (0, 1) if sex == 1 else (2, 3)
        made = [self._word(first)]
        draw = self._random.random()
        if draw > 0.2:
            made.append(self._word(second))
        if draw > 0.85:
            made.append(self._word(second))
        if draw < 0.35 and self._random.random() < 0.3:
            made.insert(0, "MUHAMMAD" if sex == 1 else "SITI")
        return " ".join(made)

    def _birthday(self, youngest: int, oldest: int) -> date:
        if oldest > 25 and self._random.random() < 0.04:
            return date(_LAST_DAY.year - self._random.randint(youngest, oldest), *self._random.choice([(1, 1), (7, 1)]))
        return _LAST_DAY - timedelta(days=self._random.randint(youngest * 365 + 1, oldest * 365))

    def _nik(self, village: int, born: date, sex: int) -> str:
        day = born.day + 40 * (sex == 2)
        begin = f"{self._villages[village].replace('.', '')[:6]}{day:02}{born:%m%y}"
        serial = self._serials[begin] = self._serials.get(begin, 0) + 1
        return f"{begin}{serial:04}"

    def _person(self, village: int, household: int, sex: int, born: date, kk_level: int, parents: tuple[str, str],
                name: str | None = None) -> Person:  # fmt: skip
        place = self._places[bisect(self._place_weights, self._random.random() * self._place_weights[-1])]
        has_parents = self._has_parents[village]
        return Person(
            upload_id=village + 1,
            position=next(self._positions[village]),
            village_code=self._villages[village],
            household=household,
            nik=None if self._random.random() < 0.06 else self._nik(village, born, sex),
            nama=name or self._name(sex),
            sex=sex,
            tempatlahir=place,
            tanggallahir=born,
            kk_level=kk_level,
            nama_ayah=parents[0] if has_parents else None,
            nama_ibu=parents[1] if has_parents else None,
            identity=next(self._identities),
        )

    def _family(self, village: int) -> list[Person]:
        household = next(self._households)
        age = self._random.randint(22, 75)
        made: list[Person] = []

        def add(sex: int, born: date, level: int, of: tuple[str, str] | None = None, name: str | None = None) -> str:
            parents = of or (self._name(1), self._name(2))
            made.append(self._person(village, household, sex, born, level, parents, name))
            return made[-1].nama

        man = self._random.random() < 0.85
        head = add(1 if man else 2, self._birthday(age, age + 3), 1)
        if not man:
            parents = (self._name(1), head)
        elif self._random.random() < 0.85:
            parents = (head, add(2, self._birthday(max(17, age - 6), age + 1), 3))
        else:
            parents = (head, self._name(2))
        for _ in range(self._random.choice((0, 1, 1, 2, 2, 3, 4)) if age < 65 else 0):
            born = self._birthday(0, max(1, age - 20))
            sex = self._random.choice((1, 2))
            # Some sons are called as their fathers are.
            child = add(sex, born, 4, parents, parents[0] if sex == 1 and self._random.random() < 0.01 else None)
            if self._random.random() < 0.012:  # a twin, often with a name that rhymes
                first, *others = child.split()
                rhyme = self._rhyme(first) if self._random.random() < 0.3 else self._name(sex).split()[0]
                if rhyme != first:
                    add(sex, born, 4, parents, " ".join((rhyme, *others)))
        return made

    def _rhyme(self, word: str) -> str:
        """Dina and Dini, Hasan and Husen: one or two letters become others of their kind."""
        letters = list(word)
        for _ in range(self._random.choice((1, 2))):
            at = self._random.randrange(len(letters))
            kind = "AEIOU" if letters[at] in "AEIOU" else "BDGKLMNRST"
            letters[at] = self._random.choice([one for one in kind if one != letters[at]])
        return "".join(letters)

    # --- listed again -------------------------------------------------------------------------------------------

    def _listed_again(self, family: list[Person], kept: list[list[Person]]) -> Iterator[Person]:
        draw = self._random.random()
        # Of 100 doubles about 40 come with their whole family, 40 alone, 20 in the same village or card.
        if draw < self._doubles * 0.40:
            village, household = self._elsewhere(family[0]), next(self._households)
            for person in family:
                yield self._copy(person, village, household, person.kk_level)
        elif draw < self._doubles * (0.40 + 0.40 * len(family)):
            person = self._random.choice(family)
            village = self._elsewhere(person)
            if kept and self._random.random() < 0.5:  # lives with others
                host = self._random.choice(kept)
                yield self._copy(person, host[0].upload_id - 1, host[0].household, 11)
            else:
                yield self._copy(person, village, next(self._households), 1)
        elif draw < self._doubles * (0.40 + 0.60 * len(family)):
            person = self._random.choice(family)
            same_card = self._random.random() < 0.4
            household = person.household if same_card else next(self._households)
            yield self._copy(person, person.upload_id - 1, household, person.kk_level if same_card else 1)

    def _elsewhere(self, person: Person) -> int:
        return (person.upload_id - 1 + self._random.randrange(1, len(self._villages))) % len(self._villages)

    def _copy(self, person: Person, village: int, household: int, kk_level: int) -> Person:
        """The person as another clerk lists it."""
        has_parents = self._has_parents[village]
        born = self._other_birth_date(person.tanggallahir)
        father, mother = person.nama_ayah or self._name(1), person.nama_ibu or self._name(2)
        return replace(
            person,
            upload_id=village + 1,
            position=next(self._positions[village]),
            village_code=self._villages[village],
            household=household,
            kk_level=kk_level,
            nik=self._other_nik(person, village, household),
            nama=self._other_name(person.nama),
            tempatlahir=self._other_place(person.tempatlahir),
            tanggallahir=born,
            # A clerk who has no column for them cannot know them.
            nama_ayah=self._other_name(father) if has_parents and person.nama_ayah else None,
            nama_ibu=self._other_name(mother) if has_parents and person.nama_ibu else None,
        )

    def _other_nik(self, person: Person, village: int, household: int) -> str | None:
        draw = self._random.random()
        if draw < 0.25 and household != person.household and village != person.upload_id - 1:
            return person.nik
        if draw < 0.65 or person.nik is None:
            return None
        if draw < 0.80:  # one digit of the place or number, so that it is still a NIK
            at = self._random.choice((3, 4, 5, 13, 14, 15))
            digit = self._random.choice([one for one in "123456789" if one != person.nik[at]])
            return person.nik[:at] + digit + person.nik[at + 1 :]
        assert person.tanggallahir is not None
        return self._nik(village, person.tanggallahir, person.sex)

    def _other_birth_date(self, born: date | None) -> date | None:
        if born is None:
            return None
        draw = self._random.random()
        try:
            if draw < 0.74:
                return born
            if draw < 0.80:
                return born.replace(month=born.day, day=born.month)
            if draw < 0.87:
                return born.replace(day=born.day // 10 * 10 + self._random.randrange(10))
            if draw < 0.92:
                return born.replace(year=born.year + self._random.choice((-10, -2, -1, 1, 2)))
            if draw < 0.95:
                return date(born.year, *self._random.choice([(1, 1), (7, 1), (12, 31)]))
        except ValueError:
            return born
        return None

    def _other_place(self, place: str | None) -> str | None:
        draw = self._random.random()
        if place is None or draw < 0.05:
            return None
        if draw < 0.20:
            return self._random.choice(_PLACE_SPELLINGS.get(place, (place,)))
        return self._typed(place) if draw < 0.23 else place

    def _other_name(self, name: str) -> str:
        draw = self._random.random()
        *before, last = name.split()
        if draw < 0.45:
            return name
        if draw < 0.65:
            return self._spelt(name)
        if draw < 0.77:
            return self._typed(name)
        if draw < 0.83:
            return " ".join(before) or name
        if draw < 0.89:
            return " ".join((*before, last[0])) if before else name
        if draw < 0.93:
            return self._random.choice(("H. ", "HJ. ", "DRS. ")) + name
        if draw < 0.95:
            return f"{name}, S.PD"
        if draw < 0.98 and "MUHAMMAD" in name:
            return name.replace("MUHAMMAD", self._random.choice(("M.", "MOCH", "MUHAMAD")))
        if draw < 0.98:
            return self._random.choice(("M. ", "SITI ")) + name
        return self._typed(self._spelt(name))

    def _spelt(self, name: str) -> str:
        possible = [(old, new) for old, new in _SPELLINGS if old in name]
        for old, new in self._random.sample(possible, min(len(possible), self._random.choice((1, 1, 2)))):
            name = name.replace(old, new, 1)
        return name

    def _typed(self, name: str) -> str:
        """With a slip of the keyboard."""
        at = self._random.randrange(max(1, len(name) - 1))
        kind = self._random.randrange(4)
        letter = self._random.choice("AEIOUNRSTKLM")
        if kind == 0:
            return name[:at] + name[at + 1 :] or name
        if kind == 1:
            return name[:at] + letter + name[at:]
        if kind == 2:
            return name[:at] + letter + name[at + 1 :]
        return name[:at] + name[at : at + 2][::-1] + name[at + 2 :]

    # --- like somebody ------------------------------------------------------------------------------------------

    def _like_somebody(self, family: list[Person]) -> Iterator[Person]:
        """Other persons who look like one of the family: a stranger of the same name, or a twin who lives elsewhere."""
        if self._random.random() > 0.004:
            return
        person = self._random.choice(family)
        assert person.tanggallahir is not None
        village = self._elsewhere(person)
        born, name, parents = person.tanggallahir, person.nama, (self._name(1), self._name(2))
        kind = self._random.randrange(3)
        if kind == 0:  # the same name and year
            born = self._birthday(1, 70).replace(year=born.year, day=1 + born.day % 27)
        elif kind == 1:  # the same birth date and a name that begins alike
            name = " ".join((name.split()[0], self._word(1 if person.sex == 1 else 3)))
        else:
            name = " ".join((self._name(person.sex).split()[0], *name.split()[1:]))
            parents = (person.nama_ayah or parents[0], person.nama_ibu or parents[1])
        yield self._person(village, next(self._households), person.sex, born, 1, parents, name)


def write_invented(path: Path, persons: int, villages: list[str], **options: Any) -> dict[tuple[int, int], Truth]:
    """Write invented rows as a file for `entas.duplicates.search`.

    Args:
        path: file to write.
        persons, villages, options: as of `Invented`.

    Returns:
        For each row (upload and position) whose it is, and what the exact rule goes by.
    """
    ids = Pseudonymiser("invented")
    rows = {}
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        for row in Invented(persons, villages, **options).rows():
            key = ids.name_birth_key(row.nama, row.tanggallahir).hex
            writer.writerow(
                (row.upload_id, row.position, row.village_code, row.upload_id, row.household, row.nik, key, row.nama,
                 row.sex, row.tempatlahir, row.tanggallahir, row.kk_level, row.nama_ayah, row.nama_ibu)
            )  # fmt: skip
            rows[(row.upload_id, row.position)] = (row.identity, row.nik and f"{row.nik}|{key}")
    return rows


def true_pairs(rows: dict[tuple[int, int], Truth]) -> set[tuple[tuple[int, int], tuple[int, int]]]:
    """Pairs of rows of one person, without those that the exact rule settles (same NIK, name and birth date)."""
    by_identity: dict[int, list[tuple[int, int]]] = {}
    for at, (identity, _) in rows.items():
        by_identity.setdefault(identity, []).append(at)
    return {
        (left, right)
        for places in by_identity.values()
        for left, right in combinations(sorted(places), 2)
        if rows[left][1] is None or rows[left][1] != rows[right][1]
    }
