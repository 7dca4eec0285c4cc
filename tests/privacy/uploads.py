"""Uploads in which every identity is a mark: rows that are good, rows that break every rule, files that cannot be read.

All persons are invented.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import xlsxwriter

from entas import clock
from entas.registers.schema import REGISTERS
from tests.privacy.marks import Marks
from tests.workbooks import touch

HOME_VILLAGE = "32.16.09.2004"
OTHER_VILLAGE = "32.16.09.2005"
THIRD_VILLAGE = "32.16.09.2006"
PERIOD = "2023-10"

Row = dict[str, Any]


class MarkedUploads:
    """Writes marked uploads into an inbox.

    Attributes:
        card: card number of a counted family, whose persons every register names.
        labels: marks in names of files, folders, sheets and columns. They are shown to whoever took the upload in.
    """

    def __init__(self, inbox: Path, marks: Marks) -> None:
        self.inbox = inbox
        self.marks = marks
        self.labels: set[str] = set()
        self.card = marks.no_kk("card of the family in every register")
        self.head = self._person("head of the family in every register", no_kk=self.card)

    def write(self) -> None:
        """All of them."""
        home = self.inbox / HOME_VILLAGE / PERIOD
        whole = _workbook(home / "semua register lengkap.xlsx", self._all_registers())
        touch(_copied(whole, home / "salinan.xlsx"))
        self._write_other_village()
        self._write_unreadable()
        self._write_misplaced()

    def write_correction(self) -> Path:
        """One more good upload, for a run that is made to fail."""
        rows = [self._good("verifikasi", "a correction", no_kk=self.card)]
        return _workbook(self.inbox / THIRD_VILLAGE / PERIOD / "susulan.xlsx", {"verifikasi": rows})

    def label(self, origin: str, *, number: bool = False) -> str:
        """A mark for the name of something."""
        mark = self.marks.nik(origin) if number else self.marks.name(origin)
        self.labels.add(origin)
        return mark

    # -- rows ------------------------------------------------------------------------------------------------------

    def _person(self, origin: str, **values: Any) -> Row:
        """A row of `penduduk`, each of whose texts is a mark."""
        return self._row("penduduk", origin, values)

    def _good(self, register: str, origin: str, **values: Any) -> Row:
        """A row of another register with marks wherever it may name somebody."""
        return self._row(register, origin, values)

    def _row(self, register: str, origin: str, values: Row) -> Row:
        """The given values, and for the other columns what is good there: a mark where it may name somebody."""
        row: Row = {}
        for column in REGISTERS[register]:
            if column in values:
                row[column] = values[column]
            elif column == "no_kk":
                row[column] = self.marks.no_kk(f"{origin}: {column}")
            elif column in ("nik", "nik_kepala"):
                row[column] = self.marks.nik(f"{origin}: {column}")
            elif column == "keterangan":
                row[column] = f"{self.marks.name(f'{origin}: {column}')} {self.marks.nik(f'{origin}: NIK in {column}')}"
            elif column in _NAMING[register]:
                row[column] = self.marks.name(f"{origin}: {column}")
            else:
                row[column] = _PLAIN[register].get(column)
        return row

    def _all_registers(self) -> dict[str, list[Row]]:
        marks, card, head = self.marks, self.card, self.head
        nik = str(head["nik"])
        spouse = self._person("spouse", no_kk=card, kk_level="3", nik=marks.nik("spouse: nik"))
        good = [head, spouse, *(self._person(f"good person {number}") for number in range(40))]
        wrong = {column: marks.name(f"a name in the column {column}") for column in _CODES["penduduk"]}
        persons = [
            *good,
            self._person("blank no_kk", no_kk=None),
            self._person("damaged no_kk", no_kk="3.21609E+15"),
            self._person("15 digits", no_kk=marks.number("321609991299555", "15 digits")),
            self._person("a name for a card", no_kk=marks.name("a name for a card")),
            self._person("blank name", nama=None),
            self._person("an error for a name", nama="#N/A"),
            self._person("unknown status", status_dasar=marks.name("a name in status_dasar")),
            self._person("blank nik", nik="0"),
            self._person("lost nik", nik="3.21609E+15"),
            self._person("15 digits of nik", nik=marks.number("321609110480777", "15 digits of a NIK")),
            self._person("a name for a nik", nik=marks.name("a name for a nik")),
            self._person("impossible date", nik=marks.nik("impossible date", born="993980")),
            self._person("serial 0000", nik=marks.number("3216091211910000", "serial 0000")),
            self._person("other date", tanggallahir="12/05/1981"),
            self._person("other sex", sex="2"),
            # Names where codes and dates belong, and a NIK for a date.
            self._person("names for codes", **wrong),
            self._person("nik for a date", tanggallahir=marks.nik("a NIK for tanggallahir")),
            self._person("errors of formulas", **dict.fromkeys(_TEXTS["penduduk"], "#REF!")),
            dict(good[3]),
            self._person("nik of another", nik=good[4]["nik"]),
            self._person("grouped nik", nik=_grouped(marks.nik("a NIK grouped by dots"))),
            self._person("apostrophe", nik="'" + marks.nik("a NIK after an apostrophe")),
            self._person("no head", kk_level="4"),
            self._person("formula", alamat=f'=HYPERLINK("{marks.name("a formula")}")'),
        ]

        def welfare(origin: str, **values: Any) -> Row:
            return self._good("kesejahteraan", origin, **values)

        families = [
            welfare("measured", no_kk=card, nik_kepala=nik),
            welfare("too rich", no_kk=good[5]["no_kk"], penghasilan_bulanan=90_000_000),
            welfare("blank card", no_kk=None),
            welfare("lost card", no_kk="3.21609E+15"),
            welfare("15 digits of card", no_kk=marks.number("321609991299666", "15 digits of a card")),
            welfare("name for amount", penghasilan_bulanan=marks.name("a name for an amount")),
            welfare("nik for amount", no_kk=good[6]["no_kk"], penghasilan_bulanan=marks.nik("a NIK for an amount")),
            welfare("name for expenditure", pengeluaran_bulanan=marks.name("a name for expenditure")),
            welfare("negative", penghasilan_bulanan=-1),
            welfare("negative expenditure", pengeluaran_bulanan=-1),
            welfare("nik for desil", desil=marks.nik("a NIK for desil")),
            welfare("no measure", penghasilan_bulanan=None, desil=None),
            welfare("bad head", nik_kepala=marks.number("321609110480888", "15 digits of a head")),
            welfare("lost head", nik_kepala="3.21609E+15"),
            welfare("name for date", tanggal_pendataan=marks.name("a name for tanggal_pendataan")),
            welfare("late", tanggal_pendataan=_LATE),
            welfare("errors", no_kk=good[7]["no_kk"], nama_kepala="#N/A", id_keluarga_p3ke="#N/A"),
            welfare("again", no_kk=card),
        ]

        def decision(origin: str, **values: Any) -> Row:
            return self._good("verifikasi", origin, **values)

        decisions = [
            decision("decided", no_kk=card),
            decision("unlisted"),
            decision("blank card of decision", no_kk=None),
            decision("lost card of decision", no_kk="3.21609E+15"),
            decision("bad card of decision", no_kk=marks.name("a name for the card of a decision")),
            decision("blank date", tanggal_musyawarah=None),
            decision("name for date of decision", tanggal_musyawarah=marks.name("a name for tanggal_musyawarah")),
            decision("late decision", tanggal_musyawarah=_LATE),
            decision("name for verdict", hasil=marks.name("a name for hasil")),
            decision("name for ground", hasil="tidak layak", alasan=marks.name("a name for alasan")),
            decision("errors of decision", **dict.fromkeys(_TEXTS["verifikasi"], "#N/A")),
        ]

        def payment(origin: str, **values: Any) -> Row:
            return self._good("bantuan", origin, **values)

        payments = [
            payment("paid", no_kk=card, nik=nik),
            # Whom a payment is for, where only what it is belongs.
            payment("for whom", no_kk=card, nik=nik, program=f"BLT DD a.n. {head['nama']}"),
            payment("for whose number", no_kk=card, nik=nik, program=f"BLT {nik} tahap 1", sumber_dana=_grouped(card)),
            payment("for the spouse", no_kk=card, nik=None, sumber_dana=f"DD ({spouse['nama'].upper()})"),
            payment("unlisted recipient"),
            payment("nobody", no_kk=None, nik=None),
            payment("lost recipient", no_kk="3.21609E+15", nik=None),
            payment("blank card of payment", no_kk=None, nik=nik),
            payment("lost card of payment", no_kk="3.21609E+15", nik=nik),
            payment("short card of payment", no_kk=marks.number("321609991299777", "short card"), nik=nik),
            payment("lost nik of payment", no_kk=card, nik="3.21609E+15"),
            payment("name for nik of payment", no_kk=card, nik=marks.name("a name for the NIK of a payment")),
            payment("blank amount", nilai=None),
            payment("name for amount of payment", nilai=marks.name("a name for nilai")),
            payment("negative payment", nilai=-1),
            payment("blank day", tanggal_salur=None),
            payment("nik for day", tanggal_salur=marks.nik("a NIK for tanggal_salur")),
            payment("late payment", tanggal_salur=_LATE),
            payment("errors of payment", no_kk=card, nik=nik, **dict.fromkeys(_TEXTS["bantuan"], "#N/A")),
        ]

        def activity(origin: str, **values: Any) -> Row:
            return self._good("pemberdayaan", origin, **values)

        activities = [
            activity("trained", no_kk=card, nik=nik),
            activity("whose outcome", no_kk=card, nik=nik, hasil=f"{head['nama']} membuka warung, NIK {nik}"),
            activity("whose training", no_kk=card, nik=None, penyelenggara=f"Ibu {spouse['nama']}",
                     nama_kegiatan=f"Menjahit {_grouped(nik)}"),
            activity("unlisted trainee"),
            activity("nobody trained", no_kk=None, nik=None),
            activity("lost trainee", no_kk="3.21609E+15", nik=None),
            activity("blank card of trainee", no_kk=None, nik=nik),
            activity("lost card of trainee", no_kk="3.21609E+15", nik=nik),
            activity("short card of trainee", no_kk=marks.number("321609991299888", "short card of trainee"), nik=nik),
            activity("lost nik of trainee", no_kk=card, nik="3.21609E+15"),
            activity("name for nik of trainee", no_kk=card, nik=marks.name("a name for the NIK of a trainee")),
            activity("name for kind", jenis=marks.name("a name for jenis")),
            activity("name for value", nilai=marks.name("a name for nilai of an activity")),
            activity("negative value", nilai=-1),
            activity("blank start", tanggal_mulai=None),
            activity("name for start", tanggal_mulai=marks.name("a name for tanggal_mulai")),
            activity("late start", tanggal_mulai=_LATE),
            activity("name for end", no_kk=card, nik=nik, tanggal_selesai=marks.name("a name for tanggal_selesai")),
            activity("errors of activity", no_kk=card, nik=nik, **dict.fromkeys(_TEXTS["pemberdayaan"], "#N/A")),
        ]  # fmt: skip
        return {
            "penduduk": persons,
            "kesejahteraan": families,
            "verifikasi": decisions,
            "bantuan": payments,
            "pemberdayaan": activities,
        }

    # -- files -----------------------------------------------------------------------------------------------------

    def _write_other_village(self) -> None:
        """A village that lists the same persons: claims, a transfer, pairs for the search for duplicates."""
        twin = {**self.head, "nik": None, "nama": self.head["nama"] + "a", "no_kk": self.marks.no_kk("twin: no_kk")}
        persons = [{**self.head, "status_dasar": "3"}, twin, *(self._person(f"neighbour {n}") for n in range(4))]
        sheet, column = self.label("name of a sheet"), self.label("name of a column")
        rows = [row | {column: self.marks.name("a column nobody knows")} for row in persons]
        folder = self.inbox / OTHER_VILLAGE / PERIOD
        name = f"{self.label('number in the name of a file', number=True)} {self.label('name in the name of a file')}"
        _workbook(folder / f"{name}.xlsx", {sheet: rows}, {sheet: [*REGISTERS["penduduk"], column]})
        # A list of families without card numbers, by the numbers of their heads (P3KE).
        columns = ["ID Keluarga", "Desil Kesejahteraan", "Kepala Keluarga", "NIK"]
        niks = [self.head["nik"], self.head["nik"], None, "3.21609E+15", self.marks.nik("head of nobody"),
                self.marks.number("321609110480999", "15 digits of a head")]  # fmt: skip
        heads = [
            dict(zip(columns, (self.marks.name("P3KE: ID"), 1, self.marks.name("P3KE: head"), nik), strict=True))
            for nik in niks
        ]
        _workbook(folder / "p3ke.xlsx", {"p3ke": heads}, {"p3ke": columns})

    def _write_unreadable(self) -> None:
        """Files of which nothing, or little, is read: each with marks in its bytes."""
        folder = self.inbox / THIRD_VILLAGE / PERIOD
        marks = self.marks
        folder.mkdir(parents=True)
        line = f"{marks.no_kk('csv: card')};{marks.nik('csv: nik')};{marks.name('csv: name')}"
        whole = "no_kk;nik;nama;sex;tanggallahir;kk_level\n" + f"{line};1;11/04/1980;1\n" * 3

        def put(name: str, content: bytes) -> None:
            (folder / name).write_bytes(content)
            touch(folder / name)

        put("tanpa judul.csv", (line + "\n").encode() * 5)
        put("rusak.csv", whole.encode() + b"\xff\xfe\x81\x8d" + line.encode())
        put("utf16.csv", whole.replace("nama", "nama_").encode("utf-16"))
        put("sel besar.csv", whole.encode() + b";" + marks.name("a huge cell").encode() * 20_000)
        put("rusak.xlsx", b"PK\x03\x04" + whole.encode())
        put("gambar.xlsx", b"\x89PNG\r\n\x1a\n" + whole.encode())
        put("halaman.html", f"<table><tr><td>{line}</td></tr>".encode())
        put(".tersembunyi.csv", whole.encode())
        # What the warehouse cannot hold: the caller adds the constraint.
        rows = [self._good("verifikasi", "not held", no_kk=self.card, jabatan_petugas=REFUSED + marks.name("not held"))]
        _workbook(folder / "tidak muat.xlsx", {"verifikasi": rows})
        # No file at all, of which the log tells.
        (folder / f"{self.label('number of a link', number=True)}.xlsx").symlink_to("tanpa judul.csv")

    def _write_misplaced(self) -> None:
        """A person's number where a village's code, a name where a month belongs."""
        for folder in (
            f"{self.label('number of a folder', number=True)}/{PERIOD}",
            f"{HOME_VILLAGE}/{self.label('name of a folder')}",
        ):
            rows = [self._good("verifikasi", f"misplaced in {folder[:4]}")]
            _workbook(self.inbox / folder / "a.xlsx", {"verifikasi": rows})


#: Columns whose text may name somebody.
_NAMING = {
    "penduduk": ("nama", "tempatlahir", "alamat", "dusun", "rw", "rt", "nama_ayah", "nama_ibu"),
    "kesejahteraan": ("nama_kepala", "id_keluarga_p3ke"),
    "verifikasi": ("nomor_berita_acara", "petugas", "jabatan_petugas"),
    "bantuan": ("penyalur",),
    "pemberdayaan": (),
}
#: What stands in the others.
_PLAIN: dict[str, Row] = {
    "penduduk": {"sex": "1", "tanggallahir": "11/04/1980", "kk_level": "1", "status_dasar": "1"},
    "kesejahteraan": {"penghasilan_bulanan": 100_000, "desil": 1, "tanggal_pendataan": "01/10/2023"},
    "verifikasi": {"tanggal_musyawarah": "12/10/2023", "hasil": "layak"},
    "bantuan": {"program": "BLT DD", "sumber_dana": "Dana Desa", "nilai": 300_000, "tanggal_salur": "15/10/2023"},
    "pemberdayaan": {
        "jenis": "pelatihan_keterampilan",
        "nama_kegiatan": "Menjahit",
        "penyelenggara": "BLK Cikarang",
        "tanggal_mulai": "02/10/2023",
        "hasil": "membuka usaha",
    },
}
#: A day after receipt.
_LATE = f"{clock.jakarta_day(clock.now()) + timedelta(days=40):%d/%m/%Y}"

#: How the text of a cell begins that the warehouse is made to refuse.
REFUSED = "TOLAK "

#: Columns of codes, of words and of dates, and of texts.
_CODES = {"penduduk": ("sex", "kk_level", "pendidikan_kk_id", "pendidikan_sedang_id", "pekerjaan_id", "status_kawin",
                       "cacat_id", "tanggallahir")}  # fmt: skip
_TEXTS = {
    "penduduk": ("tempatlahir", "alamat", "dusun", "rw", "rt", "nama_ayah", "nama_ibu"),
    "verifikasi": ("nomor_berita_acara", "petugas", "jabatan_petugas"),
    "bantuan": ("program", "sumber_dana", "penyalur", "keterangan"),
    "pemberdayaan": ("nama_kegiatan", "penyelenggara", "hasil"),
}


def _grouped(number: str) -> str:
    return ".".join((number[:4], number[4:8], number[8:12], number[12:]))


def _workbook(
    path: Path, sheets: Mapping[str, Sequence[Row]], columns: Mapping[str, Sequence[str]] | None = None
) -> Path:
    """A workbook of texts and numbers; a sheet without columns is named after its register."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_numbers": False}) as book:
        for name, rows in sheets.items():
            names = columns[name] if columns else list(REGISTERS[name])
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, names)
            for number, row in enumerate(rows, start=1):
                for place, column in enumerate(names):
                    if row.get(column) is not None:
                        sheet.write(number, place, row[column])
    return touch(path)


def _copied(source: Path, target: Path) -> Path:
    target.write_bytes(source.read_bytes())
    return target
