"""Small random worlds for the reference model and for dbt: the same uploads, as records and as rows of `raw`.

Families, persons and villages are few and the dates lie close to every boundary of the design, so that the rules meet
each other: shared cards and NIKs, replaced files, decisions that expire or are superseded, families that come back.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg

from entas.ids import Pseudonymiser
from tests.oracle import model

KEY = "kunci-uji"
#: Two villages of one district, and one each of two others: transfers visible at some levels only.
VILLAGES = ("32.16.01.2001", "32.16.01.2002", "32.16.02.2001", "32.16.09.2003")
FIRST_MONTH = model.month_number("2022-11")
MONTHS = 17
LINE = 322170
FIRST_RECEIPT = datetime(2024, 6, 1, tzinfo=UTC)

Values = dict[str, Any]


class World:
    """Uploads of a seed, in order of receipt."""

    def __init__(self, seed: int, uploads: int = 60) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.cards = [f"32160101010{number:05d}" for number in range(14)]
        self.niks = [f"32160141010{number:05d}" for number in range(30)]
        self.received = [self._upload(order) for order in range(uploads)]

    # ------------------------------------------------------------------------------------------ uploads

    def _upload(self, order: int) -> model.Received:
        choose = self.random
        village = choose.choice(VILLAGES)
        # Uploads come roughly in the order of their months, with late ones among them.
        month = FIRST_MONTH + min(MONTHS - 1, max(0, order * MONTHS // 60 + choose.choice([0, 0, 0, 0, -1, -3, -9, 1])))
        upload = model.Upload(
            village=village,
            period=model.period_text(month),
            file_name=choose.choice(["januari.xlsx", "data.xlsx", f"unggah-{order}.xlsx"]),
            sheets=(),
            content=str(order),
        )
        status = choose.choices(["accepted", "accepted_with_quarantine", "rejected", "duplicate"], [80, 10, 6, 4])[0]
        received = model.Received(order, upload, village, month, status)
        makers: dict[str, Callable[[int], list[Values]]] = {
            "penduduk": self._penduduk,
            "kesejahteraan": self._kesejahteraan,
            "verifikasi": self._verifikasi,
            "bantuan": self._bantuan,
            "pemberdayaan": self._pemberdayaan,
        }
        registers = [register for register in makers if choose.random() < (0.75 if register == "penduduk" else 0.5)]
        for register in registers or ["penduduk"]:
            if status == "accepted_with_quarantine" and register == "penduduk" and choose.random() < 0.4:
                received.refused.append(register)
            elif received.taken:
                rows = makers[register](month)
                received.loaded[register] = [model.Row(register, at, values) for at, values in enumerate(rows)]
        return received

    def _day(self, month: int, earliest: int, latest: int) -> date:
        """A day of a month near this one, often its first or last."""
        chosen = month + self.random.randint(earliest, latest)
        first, last = model.first_day(chosen), model.last_day(chosen)
        return self.random.choice([first, last, first + timedelta(days=self.random.randrange(28))])

    def _penduduk(self, _month: int) -> list[Values]:
        choose = self.random
        niks = choose.sample(self.niks, len(self.niks))
        rows = []
        for no_kk in choose.sample(self.cards, choose.randint(3, 9)):
            kind = choose.choices(["living", "mixed", "dead", "gone"], [70, 20, 5, 5])[0]
            codes = {
                "living": [None, 1],
                "mixed": [None, 1, 2, 3, 4],
                "dead": [2],
                "gone": [2, 3, 4, 6, 9],
            }[kind]
            for _ in range(choose.choice([1, 1, 2, 3])):
                nik = niks.pop() if choose.random() < 0.85 else None
                # The name mostly follows the NIK, so that the same person is met again under another card.
                person = int(nik[-5:]) if nik and choose.random() < 0.7 else choose.randrange(30)
                rows.append(
                    {
                        "no_kk": no_kk,
                        "nik": nik,
                        "nama": f"WARGA {person % 7}",
                        "tanggallahir": None if person % 3 == 0 else date(1980 + person % 3, 1, 1),
                        "status_dasar": choose.choice(codes),
                        "pendidikan_sedang_id": choose.choice([None, 4, 6, 7, 18]),
                    }
                )
        choose.shuffle(rows)
        return rows

    def _amount(self) -> Decimal | None:
        """An amount at, just below or just above the line of one to three members, or none."""
        members = self.random.randint(1, 3)
        edge = self.random.choice([Decimal(0), Decimal("-0.01"), Decimal("0.01"), Decimal(-90000), Decimal(400000)])
        return None if self.random.random() < 0.25 else LINE * members + edge

    def _kesejahteraan(self, month: int) -> list[Values]:
        """With card numbers as Entas's own format, without as P3KE, both as a workbook of two such lists; and now and
        then a form without any measure."""
        choose = self.random
        with_card = self._with_card(month)
        if choose.random() < 0.2:
            for row in with_card:
                row |= dict.fromkeys(model.MEASURES)
        kind = choose.random()
        if kind < 0.5:
            return with_card
        without_card = [
            {
                "no_kk": None,
                "nik_kepala": nik,
                "penghasilan_bulanan": self._amount() if choose.random() < 0.4 else None,
                "pengeluaran_bulanan": None,
                "desil": choose.choice([1, 1, 2, 10]),
                "tanggal_pendataan": None if choose.random() < 0.3 else self._day(month, -2, 1),
            }
            for nik in choose.sample([*self.niks, "3216014101099999"], choose.randint(2, 12))
        ]
        return without_card if kind < 0.8 else choose.sample([*with_card, *without_card], len(with_card + without_card))

    def _with_card(self, month: int) -> list[Values]:
        return [
            {
                "no_kk": no_kk,
                "nik_kepala": self.random.choice([*self.niks, None]),
                "penghasilan_bulanan": self._amount(),
                "pengeluaran_bulanan": self._amount(),
                "desil": self.random.choice([None, 1, 1, 2, 10]),
                "tanggal_pendataan": None if self.random.random() < 0.3 else self._day(month, -2, 1),
            }
            for no_kk in self.random.sample(self.cards, self.random.randint(2, 10))
        ]

    def _verifikasi(self, month: int) -> list[Values]:
        grounds = ["meninggal", "pindah", "ganda", "tidak_ditemukan", "tidak_layak_sejak_awal", "graduasi", "lainnya"]
        return [
            {
                "no_kk": self.random.choice(self.cards),
                "tanggal_musyawarah": self._day(month, -13, 1),
                "hasil": self.random.choice(["layak", "tidak_layak"]),
                "alasan": self.random.choice(grounds),
            }
            for _ in range(self.random.randint(1, 4))
        ]

    def _card_and_nik(self) -> Values:
        no_kk = self.random.choice([*self.cards, None, None, "3216010101099999"])
        nik = self.random.choice([*self.niks, None, None])
        return {"no_kk": no_kk, "nik": nik} if no_kk or nik else {"no_kk": self.cards[0], "nik": None}

    def _bantuan(self, month: int) -> list[Values]:
        return [
            self._card_and_nik()
            | {
                "program": self.random.choice(["BLT DD", "PKH"]),
            }
            # One in four is a participant of a programme, without day and mostly without amount.
            | (
                {"tanggal_salur": None, "nilai": self.random.choice([None, None, Decimal(300000)])}
                if self.random.random() < 0.25
                else {
                    "tanggal_salur": self._day(month, -2, 1),
                    "nilai": self.random.choice([Decimal(300000), Decimal(900000), None]),
                }
            )
            for _ in range(self.random.randint(1, 6))
        ]

    def _pemberdayaan(self, month: int) -> list[Values]:
        return [
            self._card_and_nik()
            | {
                "jenis": self.random.choice(["pelatihan_keterampilan", "bantuan_modal", "padat_karya"]),
                "nama_kegiatan": self.random.choice(["menjahit", None]),
                "tanggal_mulai": self._day(month, -12, 1),
            }
            for _ in range(self.random.randint(1, 4))
        ]

    # ------------------------------------------------------------------------------------------ warehouse

    def load(self, connection: psycopg.Connection) -> dict[int, int]:
        """Put the uploads into an empty `raw`; returns the upload_id of each order of receipt."""
        ids = {received.order: self.load_upload(connection, received) for received in self.received}
        connection.commit()
        return ids

    def load_upload(self, connection: psycopg.Connection, received: model.Received) -> int:
        upload = received.upload
        row = connection.execute(
            "insert into raw.upload (village_code, period, file_name, sha256, bytes, received_at, status)"
            " values (%s, %s, %s, %s, 1, %s, %s) returning upload_id",
            (
                received.village,
                upload.period,
                upload.file_name,
                f"{received.order:064x}",
                FIRST_RECEIPT + timedelta(minutes=received.order),
                received.status,
            ),
        ).fetchone()
        assert row is not None
        upload_id: int = row[0]
        for register in [*received.loaded, *received.refused]:
            rows = received.loaded.get(register, [])
            connection.execute(
                "insert into raw.upload_register (upload_id, register, status, format_id, format_version, sheets,"
                " rows_read, rows_accepted, rows_quarantined, rows_warned) values (%s, %s, %s, 'entas', '1', '{}',"
                " %s, %s, 0, 0)",
                (
                    upload_id,
                    register,
                    "refused" if register in received.refused else "accepted",
                    len(rows),
                    len(rows),
                ),
            )
            for each in rows:
                _insert(connection, register, upload_id, each)
        return upload_id


def _insert(connection: psycopg.Connection, register: str, upload_id: int, row: model.Row) -> None:
    pseudonyms = Pseudonymiser(KEY)
    values = dict(row.values)
    no_kk, nik = values["no_kk"], values.get("nik")
    values |= {"upload_id": upload_id, "position": row.position, "sheet": register, "row_number": row.position + 2}
    values["household_id"] = pseudonyms.household_id(no_kk) if no_kk else None
    if register == "penduduk":
        name, born = values["nama"], values["tanggallahir"]
        values["person_id"] = pseudonyms.person_id(nik) if nik else pseudonyms.person_id_without_nik(no_kk, name, born)
        values["name_birth_key"] = pseudonyms.name_birth_key(name, born)
    elif register == "kesejahteraan":
        head = values["nik_kepala"]
        values["head_person_id"] = pseudonyms.person_id(head) if head else None
    elif register in ("bantuan", "pemberdayaan"):
        values["person_id"] = pseudonyms.person_id(nik) if nik else None
    columns = ", ".join(values)
    places = ", ".join(["%s"] * len(values))
    connection.execute(f"insert into raw.{register} ({columns}) values ({places})", list(values.values()))
