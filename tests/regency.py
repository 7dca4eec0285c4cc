"""A small invented regency for the pages of docs/: three districts, 18 villages, 15 months, some 420 families.

The same in every run, and small enough to be built in seconds; in it something of everything happens that analysts
ask about. Uploads go straight into `raw`, as intake would have loaded them. `python -m tests.docs` writes the results
of the cookbook from it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql

from entas import areas
from entas.clock import JAKARTA, add_months, period_text
from entas.ids import Pseudonymiser

#: The same on every machine: household_id and person_id stand in the results.
KEY = "a key for the pages of docs, known to everybody"
#: Muaragembong, Cikarang Pusat and Bojongmangu.
DISTRICTS = ("32.16.17", "32.16.20", "32.16.23")
FIRST = date(2022, 8, 1)
MONTHS = 15
LINE = 322_170
FAMILIES = 420
#: Months in which the village meetings decide about more families than in others.
BIG_MEETINGS = (4, 9, 13, 14)

Values = dict[str, Any]


@dataclass
class Family:
    """A family as the months go by.

    Attributes:
        share: monthly income per person, as a share of the line; None where nobody has asked.
        measured: month in which the income was asked last.
        decile: of the national register; None where it does not know the family.
        until: month from which no village lists it any more.
        dead_from, gone_from: month from which all members are listed as dead, or as moved.
    """

    number: int
    village: str
    members: int
    share: float | None
    decile: int | None
    since: int = 0
    until: int = MONTHS
    dead_from: int = MONTHS
    gone_from: int = MONTHS
    measured: int | None = None
    asked_again: int = MONTHS
    schooling: tuple[int, ...] = ()
    decisions: list[tuple[int, int, str, str]] = field(default_factory=list)

    @property
    def card(self) -> str:
        return f"321617010108{self.number:04d}"

    def persons(self, month: int) -> list[Values]:
        """Rows of the population register."""
        status = 2 if month >= self.dead_from else 3 if month >= self.gone_from else 1
        return [
            {
                "no_kk": self.card,
                "nik": f"321617{1 + place % 28:02d}0180{self.number * 8 + place:04d}",
                "nama": f"WARGA {self.number}-{place}",
                "tanggallahir": date(1980, 1, 1 + place % 28),
                "status_dasar": status,
                "pendidikan_sedang_id": self.schooling[place],
            }
            for place in range(self.members)
        ]


class Regency:
    """The uploads of all months, village by village."""

    def __init__(self, seed: int = 32_16) -> None:
        self.random = random.Random(seed)
        self.villages = [code for code in areas.villages("32.16") if code[:8] in DISTRICTS]
        self.families = [self._family(number) for number in range(FAMILIES)]
        #: (month, village) to the rows of its registers
        self.uploads: dict[tuple[int, str], dict[str, list[Values]]] = {}
        for month in range(MONTHS):
            self._live(month)

    def _family(self, number: int) -> Family:
        choose = self.random
        # The coast has more poor families than the new town.
        village = choose.choices(self.villages, [3] * 6 + [1.5] * 6 + [2.2] * 6)[0]
        poor, near = {"32.16.17": (0.5, 0.1), "32.16.20": (0.2, 0.2), "32.16.23": (0.35, 0.15)}[village[:8]]
        kind = choose.random()
        share: float | None = None
        decile: int | None = choose.choice([1, 1, 2, 3])
        if kind < poor:
            share = round(choose.uniform(0.35, 0.99), 2)
        elif kind < poor + near:
            share = round(choose.uniform(1.0, 1.3), 2)
        elif kind < 0.8:
            share, decile = round(choose.uniform(1.4, 6), 2), choose.choice([4, 5, 7, None])
        elif kind > 0.9:
            decile = choose.choice([None, 3])
        members = choose.choices([1, 2, 3, 4, 5, 6], [1, 2, 4, 5, 3, 1])[0]
        children = [choose.choices([18, 2, 4, 6, 7, 8], [4, 1, 4, 3, 2, 0.3])[0] for _ in range(max(0, members - 2))]
        return Family(
            number,
            village,
            members,
            share,
            decile,
            since=0 if choose.random() < 0.9 else choose.randrange(1, MONTHS),
            schooling=(*[18] * (members - len(children)), *children),
        )

    def _live(self, month: int) -> None:
        choose = self.random
        rows: dict[str, dict[str, list[Values]]] = {
            village: {name: [] for name in ("penduduk", "kesejahteraan", "verifikasi", "bantuan", "pemberdayaan")}
            for village in self.villages
        }
        for family in self.families:
            if not family.since <= month < family.until:
                continue
            if month > family.since and min(family.dead_from, family.gone_from) > month:
                self._change(family, month)
                if month >= family.until:
                    continue
            of = rows[family.village]
            of["penduduk"] += family.persons(month)
            of["kesejahteraan"] += self._measure(family, month)
            of["verifikasi"] += self._decide(family, month)
            self._help(family, month, of)
        for place, (village, registers) in enumerate(rows.items()):
            # Two villages miss a month, one misses two; of each, the events come with the next file.
            if (place, month) in {(3, 5), (10, 13), (15, 13), (15, 14)}:
                continue
            sent = {name: found for name, found in registers.items() if found}
            self.uploads[month, village] = sent
            choose.random()

    def _change(self, family: Family, month: int) -> None:
        """What happens to a family in a month: it moves, dies out, leaves without a word, earns more or less."""
        choose = self.random.random()
        if choose < 0.007:
            family.village = self.random.choice([one for one in self.villages if one != family.village])
        elif choose < 0.0095:
            family.until = month
        elif choose < 0.0115:
            family.dead_from = month
        elif choose < 0.014:
            family.gone_from = month
        elif family.share is not None and choose < 0.045:
            family.share = round(family.share * self.random.uniform(1.05, 1.6), 2)
            family.asked_again = month
        elif family.share is not None and choose < 0.058:
            family.share = round(family.share * self.random.uniform(0.5, 0.9), 2)
            family.asked_again = month

    def _measure(self, family: Family, month: int) -> list[Values]:
        """A row of the welfare register when the family is met first, after a change, and mostly once a year."""
        if family.share is None and family.decile is None:
            return []
        due = family.measured is None or family.asked_again == month
        yearly = family.measured is not None and month - family.measured >= 11 and self.random.random() < 0.8
        if not (due or yearly):
            return []
        family.measured = month
        day = add_months(FIRST, month) + timedelta(days=self.random.randrange(1, 25))
        income = None if family.share is None else Decimal(round(family.share * LINE * family.members / 1000) * 1000)
        return [
            {
                "no_kk": family.card,
                "penghasilan_bulanan": income,
                "pengeluaran_bulanan": None if income is None else income * Decimal("0.94").quantize(Decimal("0.01")),
                "desil": family.decile,
                "tanggal_pendataan": day,
            }
        ]

    def _decide(self, family: Family, month: int) -> list[Values]:
        choose = self.random
        poor = family.share is not None and family.share < 1
        chance = (0.25 if month in BIG_MEETINGS else 0.03) * (1 if poor else 0.3)
        before = family.decisions[-1][3] if family.decisions else ""
        if before in ("tidak_layak_sejak_awal", "graduasi") and poor:
            chance = 0.05  # the family objects
        if before in ("meninggal", "pindah", "ganda", "tidak_ditemukan") or choose.random() >= chance:
            return []
        unasked = not poor and not before and family.share is None
        if (poor and (before or choose.random() < 0.55)) or (unasked and choose.random() < 0.4):
            result, ground = "layak", ""
        else:
            grounds = ["tidak_layak_sejak_awal", "graduasi", "pindah", "ganda", "tidak_ditemukan", "lainnya"]
            result, ground = "tidak_layak", choose.choices(grounds, [8, 5, 1.2, 0.8, 0.8, 1])[0]
        family.decisions.append((month, 0, result, ground))
        day = add_months(FIRST, month) + timedelta(days=choose.randrange(1, 27))
        return [{"no_kk": family.card, "tanggal_musyawarah": day, "hasil": result, "alasan": ground or "lainnya"}]

    def _help(self, family: Family, month: int, of: dict[str, list[Values]]) -> None:
        choose = self.random
        first = add_months(FIRST, month)
        poor = family.share is not None and family.share < 1.05
        # One in eight poor families is never reached.
        reached = poor and family.number % 8 != 0

        def paid(programme: str, source: str, amount: int, day: int) -> None:
            of["bantuan"].append(
                {
                    "no_kk": family.card,
                    "program": programme,
                    "sumber_dana": source,
                    "nilai": Decimal(amount),
                    "tanggal_salur": first + timedelta(days=day),
                }
            )

        if reached and family.number % 3 == 0:
            paid("BLT Dana Desa", "Dana Desa", 300_000, 9)
        if month in (8, 13, 14) and reached and choose.random() < 0.9:
            paid("BLT Kemiskinan Ekstrem", "APBD Kabupaten", 1_500_000, 17)
        if (family.decile or 9) <= 2 and family.number % 4 == 1:
            paid("Bantuan Sembako", "APBN", 200_000, 12)

        def joined(kind: str, name: str, provider: str, amount: int | None) -> None:
            of["pemberdayaan"].append(
                {
                    "no_kk": family.card,
                    "jenis": kind,
                    "nama_kegiatan": name,
                    "penyelenggara": provider,
                    "tanggal_mulai": first + timedelta(days=6),
                    "nilai": None if amount is None else Decimal(amount),
                }
            )

        if month in (1, 7) and poor and choose.random() < 0.2:
            joined("pelatihan_keterampilan", "Pelatihan menjahit", "BLK Kabupaten", None)
        if month in (3, 10) and poor and choose.random() < 0.15:
            joined("bantuan_modal", "Modal usaha warung", "Dinas Koperasi", 2_500_000)

    # ------------------------------------------------------------------------------------------ warehouse

    def load(self, connection: psycopg.Connection) -> None:
        """Put the uploads into an empty `raw`."""
        rows: dict[str, list[Values]] = {}
        for (month, village), registers in self.uploads.items():
            place = self.villages.index(village)
            period = add_months(FIRST, month)
            upload_id = self._upload(connection, village, period, place, registers)
            for register, found in registers.items():
                key = {"upload_id": upload_id, "sheet": register}
                rows.setdefault(register, []).extend(
                    key | {"position": at, "row_number": at + 2} | _with_pseudonyms(register, values)
                    for at, values in enumerate(found)
                )
        self._refused(connection)
        for register, found in rows.items():
            _copy(connection, register, found)
        connection.commit()

    def _upload(
        self, connection: psycopg.Connection, village: str, period: date, place: int, registers: dict[str, list[Values]]
    ) -> int:
        # On the 2nd of the next month; every seventh village some days too late, each month another.
        late = timedelta(days=5) if (place + period.month) % 7 == 0 else timedelta()
        received = datetime.combine(add_months(period, 1), datetime.min.time(), JAKARTA) + timedelta(days=1, hours=9)
        held = {name: (place * 3 + period.month) % 11 == 0 and name == "penduduk" for name in registers}
        accepted = sum(map(len, registers.values()))
        row = connection.execute(
            "insert into raw.upload (village_code, period, file_name, sha256, bytes, received_at, status, rows_read,"
            " rows_accepted, rows_quarantined) values (%s, %s, 'register.xlsx', %s, 1, %s, %s, %s, %s, %s)"
            " returning upload_id",
            (
                village,
                period_text(period),
                f"{place:032x}{period:%Y%m%d}{0:024x}",
                received + late + timedelta(minutes=place),
                "accepted_with_quarantine" if any(held.values()) else "accepted",
                accepted + 3 * sum(held.values()),
                accepted,
                3 * sum(held.values()),
            ),
        ).fetchone()
        assert row is not None
        for name, found in registers.items():
            quarantined = 3 * held[name]
            connection.execute(
                "insert into raw.upload_register (upload_id, register, status, format_id, format_version, sheets,"
                " rows_read, rows_accepted, rows_quarantined, rows_warned)"
                " values (%s, %s, 'accepted', 'entas', '1', '{}', %s, %s, %s, 0)",
                (row[0], name, len(found) + quarantined, len(found), quarantined),
            )
        return int(row[0])

    def _refused(self, connection: psycopg.Connection) -> None:
        """The village that missed September 2023 had sent a file that could not be read."""
        connection.execute(
            "insert into raw.upload (village_code, period, file_name, sha256, bytes, received_at, status, reason)"
            " values (%s, '2023-09', 'rusak.xlsx', %s, 1, '2023-10-03 10:00+07', 'rejected', 'Berkas rusak.')",
            (self.villages[10], "f" * 64),
        )


def _with_pseudonyms(register: str, values: Values) -> Values:
    pseudonyms = Pseudonymiser(KEY)
    made: Values = {"household_id": pseudonyms.household_id(values["no_kk"])}
    if register == "penduduk":
        made["person_id"] = pseudonyms.person_id(values["nik"])
        made["name_birth_key"] = pseudonyms.name_birth_key(values["nama"], values["tanggallahir"])
    return values | made


def _copy(connection: psycopg.Connection, register: str, rows: Sequence[Values]) -> None:
    columns = list(rows[0])
    target = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier("raw", register), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(target) as copy:
        for row in rows:
            copy.write_row([row[column] for column in columns])
