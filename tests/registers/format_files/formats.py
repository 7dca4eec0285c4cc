"""A clean file of each format, as its program writes it, with the rows that must be read from it.

The layouts are facts of the programs: OpenSID v2410 (population, DDK, aid programme, Regsosek), SIAK's export, the BIP
prints of 12 and 19 columns, the by-name-by-address lists of P3KE, and the decile lists of SIKS-NG. The people are
invented.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.registers.files import OPENSID
from tests.registers.format_files.cases import Case, Draft, Heading
from tests.registers.format_files.people import FAMILIES, PEOPLE, Person

NBSP = "\u00a0"
Codes = dict[str, dict[int, list[str]]]


@cache
def labels() -> dict[str, Codes]:
    """Program -> our column -> code -> labels as the program writes them."""
    return yaml.safe_load((Path(__file__).parent / "labels.yaml").read_text(encoding="utf-8"))


def label(program: str, column: str, code: int) -> str:
    """The first label of a code."""
    return labels()[program][column][code][0]


def _dmy(day: date, mark: str = "-") -> str:
    return f"{day:%d{mark}%m{mark}%Y}"


def _table(name: str, columns: list[tuple[str, str, list[Any]]], **others: Any) -> Draft:
    """A sheet of columns: header, kind, cells."""
    count = len(columns[0][2])
    return Draft(
        name,
        [[header for header, _, _ in columns]],
        [[cells[line] for _, _, cells in columns] for line in range(count)],
        {position: kind for position, (_, kind, _) in enumerate(columns)},
        **others,
    )


def _blank(header: str, count: int, cell: Any = None) -> tuple[str, str, list[Any]]:
    return header, "", [cell] * count


def _people(read: Callable[[Person], Any]) -> list[Any]:
    return [read(person) for person in PEOPLE]


# --- Entas's own -----------------------------------------------------------------------------------------------------


def entas_penduduk() -> Case:
    """Sheet penduduk of Entas's workbook, codes as numbers and dates as text."""
    kinds = {"no_kk": "card", "nik": "nik", "nama": "name", "tanggallahir": "date", "tempatlahir": "text"}
    names = list(PEOPLE[0].columns())
    columns = [
        (
            name,
            kinds.get(name, "code" if isinstance(getattr(PEOPLE[0], name), int) else "place"),
            _people(lambda p, name=name: _dmy(p.tanggallahir, "/") if name == "tanggallahir" else getattr(p, name)),
        )
        for name in names
    ]
    return Case(
        "entas",
        [_table("penduduk", columns)],
        {"penduduk": [person.columns() for person in PEOPLE]},
        typo=("tanggallahir", "tangallahir"),
        without=("tanggallahir",),
        missing="tanggallahir",
    )


def entas_kesejahteraan() -> Case:
    """Sheet kesejahteraan of Entas's workbook."""
    heads = [family[0] for family in FAMILIES]
    amounts = [(900000, 850000, 1), (1288680, 1000000, 2), (2500000, None, 4)]
    columns = [
        ("no_kk", "card", [head.no_kk for head in heads]),
        ("nik_kepala", "nik", [head.nik for head in heads]),
        ("nama_kepala", "name", [head.nama for head in heads]),
        ("penghasilan_bulanan", "amount", [income for income, _, _ in amounts]),
        ("pengeluaran_bulanan", "amount", [spending for _, spending, _ in amounts]),
        ("desil", "code", [decile for _, _, decile in amounts]),
        ("id_keluarga_p3ke", "text", ["P3KE-1", "P3KE-2", "P3KE-3"]),
        ("tanggal_pendataan", "date", [date(2023, 9, day) for day in (1, 2, 3)]),
    ]
    return Case(
        "entas",
        [_table("kesejahteraan", columns)],
        {
            "kesejahteraan": [
                {
                    "no_kk": head.no_kk,
                    "nik_kepala": head.nik,
                    "nama_kepala": head.nama,
                    "penghasilan_bulanan": Decimal(income),
                    "pengeluaran_bulanan": None if spending is None else Decimal(spending),
                    "desil": decile,
                    "id_keluarga_p3ke": f"P3KE-{number}",
                    "tanggal_pendataan": date(2023, 9, number),
                }
                for number, (head, (income, spending, decile)) in enumerate(zip(heads, amounts, strict=True), start=1)
            ]
        },
        typo=("penghasilan_bulanan", "pengasilan_bulanan"),
        without=("penghasilan_bulanan", "pengeluaran_bulanan", "desil"),
        missing="penghasilan_bulanan atau pengeluaran_bulanan atau desil",
    )


def entas_bantuan() -> Case:
    """Sheet bantuan of Entas's workbook."""
    people = [family[0] for family in FAMILIES]
    columns = [
        ("no_kk", "card", [p.no_kk for p in people]),
        ("nik", "nik", [p.nik for p in people]),
        ("program", "text", ["BLT Dana Desa", "PKH", "BPNT"]),
        ("sumber_dana", "text", ["Dana Desa", "Pusat", "Pusat"]),
        ("nilai", "amount", [300000, 750000, 200000]),
        ("tanggal_salur", "date", [date(2023, 9, 5)] * 3),
        ("penyalur", "text", ["PT Pos", "BNI", "BNI"]),
        ("keterangan", "text", ["tahap 1", None, None]),
    ]
    return Case(
        "entas",
        [_table("bantuan", columns)],
        {
            "bantuan": [
                {
                    "no_kk": person.no_kk,
                    "nik": person.nik,
                    "program": program,
                    "sumber_dana": fund,
                    "nilai": Decimal(amount),
                    "tanggal_salur": date(2023, 9, 5),
                    "penyalur": payer,
                    "keterangan": note,
                }
                for person, program, fund, amount, payer, note in zip(
                    people,
                    ["BLT Dana Desa", "PKH", "BPNT"],
                    ["Dana Desa", "Pusat", "Pusat"],
                    [300000, 750000, 200000],
                    ["PT Pos", "BNI", "BNI"],
                    ["tahap 1", None, None],
                    strict=True,
                )
            ]
        },
        typo=("tanggal_salur", "tangal_salur"),
        twice="text",
        without=("nilai",),
        missing="nilai",
    )


# --- OpenSID ---------------------------------------------------------------------------------------------------------

_KINDS = {"no_kk": "card", "nik": "nik", "nama": "name", "tanggallahir": "date", "tempatlahir": "text"}
_CODED = (
    "sex",
    "kk_level",
    "pendidikan_kk_id",
    "pendidikan_sedang_id",
    "pekerjaan_id",
    "status_kawin",
    "cacat_id",
    "status_dasar",
)


def opensid_penduduk() -> Case:
    """OpenSID's population workbook: 43 columns; codes as text, dates as dd/mm/yyyy."""

    def cells(name: str) -> list[Any]:
        if name == "tanggallahir":
            return _people(lambda p: _dmy(p.tanggallahir, "/"))
        if name in PEOPLE[0].columns():
            return _people(lambda p: str(getattr(p, name)))
        return ["1" if name in ("agama_id", "warganegara_id") else "-" if name == "akta_lahir" else None] * len(PEOPLE)

    return Case(
        "opensid_penduduk",
        [
            _table(
                "Data Penduduk",
                [(name, _KINDS.get(name) or ("code" if name in _CODED else "place"), cells(name)) for name in OPENSID],
            )
        ],
        {"penduduk": [person.columns() for person in PEOPLE]},
        typo=("tanggallahir", "tanggalahir"),
        without=("kk_level",),
        missing="kk_level",
    )


def opensid_ddk() -> Case:
    """OpenSID's family questionnaire: who the family is, then 74 questions with their names and numbers below."""
    heads = [family[0] for family in FAMILIES]
    income = [900000, 1288680, 650000]
    spending = [850000, 1000000, None]
    asked = ["Jumlah Penghasilan Perbulan", "Jumlah Pengeluaran Perbulan", "Status Kepemilikan Rumah"]
    asked += ["Sumber Air Minum", *(f"Pertanyaan {n}" for n in range(5, 75))]
    header = [
        ["No", "Nomor KK", "Kepala Keluarga", "L/P", "Dusun", "RW", "RT", "Batas", *[None] * 74],
        [*[None] * 8, *asked],
        [*[None] * 7, "KODE", *range(1, 75)],
    ]
    rows = [
        [n, p.no_kk, p.nama, "L" if p.sex == 1 else "P", p.dusun, p.rw, p.rt, n, money, spent, 1, 2, *[1] * 70]
        for n, (p, money, spent) in enumerate(zip(heads, income, spending, strict=True), start=1)
    ]
    return Case(
        "opensid_ddk",
        [Draft("DDK", header, rows, {1: "card", 2: "name", 8: "amount", 9: "amount"}, fixed=8)],
        {
            "kesejahteraan": [
                {
                    "no_kk": p.no_kk,
                    "nama_kepala": p.nama,
                    "penghasilan_bulanan": Decimal(money),
                    "pengeluaran_bulanan": None if spent is None else Decimal(spent),
                }
                for p, money, spent in zip(heads, income, spending, strict=True)
            ]
        },
        typo=("Nomor KK", "Nomer KK"),
        without=("Nomor KK",),
        missing="no_kk",
    )


def opensid_bantuan() -> Case:
    """OpenSID's aid programme for persons: sheet Program with fields and values, sheet Peserta."""
    programme = [
        ["ID Program", 12],
        ["Nama Program", "BLT Dana Desa 2023"],
        ["Sasaran Program", 1],
        ["Keterangan", "Tahap kedua"],
        ["Asal Dana", 4],
        ["Rentang Waktu Awal", "2023-01-01"],
        ["Rentang Waktu Akhir", "2023-12-31"],
    ]
    people = [family[0] for family in FAMILIES]
    columns = [
        ("Peserta", "nik", [p.nik for p in people]),
        ("No. Peserta", "text", ["0001", "0002", "0003"]),
        ("NIK", "nik", [p.nik for p in people]),
        ("Nama", "name", [p.nama for p in people]),
        ("Tempat Lahir", "text", [p.tempatlahir for p in people]),
        ("Tanggal Lahir", "date", [p.tanggallahir.isoformat() for p in people]),
        ("Alamat", "place", [p.alamat for p in people]),
    ]
    return Case(
        "opensid_program_bantuan",
        [Draft("Program", [], programme), _table("Peserta", columns)],
        {
            "bantuan": [
                {
                    "nik": p.nik,
                    "program": "BLT Dana Desa 2023",
                    "sumber_dana": "Dana Desa",
                    "keterangan": "Tahap kedua",
                }
                for p in people
            ]
        },
        main=1,
        typo=("Peserta", "Pesreta"),
        without=("Peserta",),
        missing="kolom wajib Peserta",
        twice="nik",
    )


def opensid_bantuan_keluarga() -> Case:
    """The same for families: Peserta is the card, NIK the head's; the export writes Asal Dana in words."""
    case = opensid_bantuan()
    case.drafts[0].rows[2][1] = 2
    case.drafts[0].rows[4][1] = "Provinsi"
    people = [family[0] for family in FAMILIES]
    for row, person in zip(case.sheet.rows, people, strict=True):
        row[0] = person.no_kk
    case.sheet.kinds[0] = "card"
    for row, person in zip(case.expected["bantuan"], people, strict=True):
        row |= {"no_kk": person.no_kk, "sumber_dana": "Provinsi"}
    return case


# --- SIAK and its prints ---------------------------------------------------------------------------------------------

SIAK_HEADERS = (
    "Nomor KK|NIK|Nama Penduduk|Status|Tempat Lahir|Tanggal Lahir|Kelamin|NIK Ayah|Ayah|NIK Ibu|Ibu|Status Kawin|SHDK|"
    "Agama|Kecamatan|Desa/Kel|Alamat|RW|RT|Pendidikan|Pekerjaan|Deskripsi Pekerjaan|Gol. Darah|Cacat|Cetak KTP|"
    "Ganti KTP|KTP Berakhir|Nomor Paspor|Nomor Akta Lahir|Nomor Akta Kawin|Tanggal Kwn|Nomor Akta Cerai|Tgl Cerai|"
    "Petugas Registrasi|Tgl Ubah|Petugas Entri|Tgl Entri"
).split("|")


def siak() -> Case:
    """SIAK's export: 37 columns, labels throughout, dates as dd-mm-yyyy."""
    told: dict[str, tuple[str, Callable[[Person], Any]]] = {
        "Nomor KK": ("card", lambda p: p.no_kk),
        "NIK": ("nik", lambda p: p.nik),
        "Nama Penduduk": ("name", lambda p: p.nama),
        "Status": ("code", lambda p: label("siak", "status_dasar", p.status_dasar)),
        "Tempat Lahir": ("text", lambda p: p.tempatlahir),
        "Tanggal Lahir": ("date", lambda p: _dmy(p.tanggallahir)),
        "Kelamin": ("code", lambda p: label("siak", "sex", p.sex)),
        "Status Kawin": ("code", lambda p: label("siak", "status_kawin", p.status_kawin)),
        "SHDK": ("code", lambda p: label("siak", "kk_level", p.kk_level)),
        "Agama": ("", lambda p: "Islam"),
        "Kecamatan": ("", lambda p: "UJI"),
        "Desa/Kel": ("", lambda p: "SUKA UJI"),
        "Alamat": ("place", lambda p: p.alamat),
        "RW": ("place", lambda p: p.rw),
        "RT": ("place", lambda p: p.rt),
        "Pendidikan": ("code", lambda p: label("siak", "pendidikan_kk_id", p.pendidikan_kk_id)),
        "Pekerjaan": ("code", lambda p: label("siak", "pekerjaan_id", p.pekerjaan_id)),
        "Cacat": ("code", lambda p: label("siak", "cacat_id", p.cacat_id)),
        "Ibu": ("", lambda p: "IBU UJI"),
        "Tgl Entri": ("", lambda p: "01-02-2012"),
    }
    columns = [
        (header, told[header][0], _people(told[header][1])) if header in told else _blank(header, len(PEOPLE))
        for header in SIAK_HEADERS
    ]
    return Case(
        "siak",
        [_table("Sheet1", columns)],
        {"penduduk": [{**person.columns("dusun", "pendidikan_sedang_id"), "nama_ibu": "IBU UJI"} for person in PEOPLE]},
        typo=("Tanggal Lahir", "Tangal Lahir"),
        without=("SHDK",),
        missing="kolom wajib kk_level",
    )


def _bip(format_id: str, title: list[list[Any]], header: list[list[Any]], parts: dict[str, Any]) -> Case:
    rows: list[list[Any]] = []
    for family in FAMILIES:
        rows.append(Heading(parts["family"](family[0])))
        rows += [parts["person"](number, person) for number, person in enumerate(family, start=1)]
    return Case(
        format_id,
        [Draft("BIP", header, rows, parts["kinds"], above=title)],
        {
            "penduduk": [
                {**person.columns(*parts["without"]), "nama_ibu": "IBU UJI", "nama_ayah": "AYAH UJI"}
                for person in PEOPLE
            ]
        },
        **parts["changes"],
    )


def bip12() -> Case:
    """BIP print of 12 columns: family lines `No. KK : …`, two-line header, columns numbered -1 -2 … below it."""
    header = [
        [
            *("No", "Nama Lengkap", "NIK", "Tempat", "Tanggal", "JK", "SHDK", "Agama", "Pendidikan", "Pekerjaan"),
            "Nama Orang Tua",
            None,
        ],
        [None, None, None, "Lahir", "Lahir", None, None, None, None, None, "Ibu", "Ayah"],
        [-number for number in range(1, 13)],
    ]

    def person(number: int, p: Person) -> list[Any]:
        return [
            number,
            p.nama,
            p.nik + NBSP,
            p.tempatlahir,
            _dmy(p.tanggallahir),
            "L" if p.sex == 1 else "P",
            label("siak", "kk_level", p.kk_level).upper(),
            "ISLAM",
            label("siak", "pendidikan_kk_id", p.pendidikan_kk_id).upper(),
            label("siak", "pekerjaan_id", p.pekerjaan_id).upper(),
            "IBU UJI",
            "AYAH UJI",
        ]

    return _bip(
        "bip",
        [["BUKU INDUK PENDUDUK WNI"], ["DESA SUKA UJI KECAMATAN UJI KABUPATEN BEKASI"], []],
        header,
        {
            "family": lambda p: [
                f"No. KK : {p.no_kk}",
                None,
                f"Alamat : {p.alamat}, Nama Dusun : {p.dusun}, RT/RW : {p.rt}/{p.rw}",
                *[None] * 9,
            ],
            "person": person,
            "kinds": {1: "name", 2: "nik", 3: "text", 4: "date", 5: "code", 6: "code", 8: "code", 9: "code"},
            "without": ("pendidikan_sedang_id", "status_kawin", "cacat_id", "status_dasar"),
            "changes": {
                "typo": ("Nama Lengkap", "Nama Lenkap"),
                "without": ("SHDK",),
                "missing": "kolom wajib kk_level",
            },
        },
    )


def bip19() -> Case:
    """BIP print of 19 columns (with KTP-el): the family line holds the card alone, the head's name and the address."""
    names = (
        "NO|Nama Lengkap|NIK|Tempat Lahir|Tanggal Lahir|JK|Stat Kwn|Gol. Drh|SHDK|Agama|Pendidikan Terakhir|"
        "No Akta Lahir|Pekerjaan|Nama Ibu|Nama Ayah|Wjb KTP|KTP-eL|Status|Stat Rkm"
    ).split("|")

    def person(number: int, p: Person) -> list[Any]:
        return [
            number,
            p.nama,
            p.nik + NBSP,
            p.tempatlahir,
            _dmy(p.tanggallahir),
            "Lk" if p.sex == 1 else "Pr",
            labels()["siak"]["status_kawin"][p.status_kawin][1],
            "-",
            label("siak", "kk_level", p.kk_level).upper(),
            "ISLAM",
            label("opensid", "pendidikan_kk_id", p.pendidikan_kk_id),
            "-",
            "BELUM / TIDAK BEKERJA" if p.pekerjaan_id == 1 else label("siak", "pekerjaan_id", p.pekerjaan_id).upper(),
            "IBU UJI",
            "AYAH UJI",
            "WAJIB",
            "KTP-eL",
            "SDH DPT",
            "CARD SHIPPED",
        ]

    return _bip(
        "bip",
        [],
        [names, list(range(1, 20))],
        {
            "family": lambda p: [
                p.no_kk,
                None,
                p.nama,
                *[None] * 8,
                f"DESA SUKA UJI RT/RW : {p.rt}/{p.rw} DUSUN : {p.dusun}",
                *[None] * 7,
            ],
            "person": person,
            "kinds": {
                1: "name",
                2: "nik",
                3: "text",
                4: "date",
                5: "code",
                6: "code",
                8: "code",
                10: "code",
                12: "code",
            },
            "without": ("pendidikan_sedang_id", "cacat_id", "status_dasar", "alamat"),
            "changes": {
                "typo": ("Tanggal Lahir", "Tangal Lahir"),
                "without": ("SHDK",),
                "missing": "kolom wajib kk_level",
            },
        },
    )


def _members_of_older_print(family: Sequence[Person], blood: str) -> list[list[Any]]:
    """A family's rows under the 15 columns of the older prints, in the sheet's second column and on."""
    return [
        [
            None,
            number,
            p.nik,
            p.nama,
            "L" if p.sex == 1 else "P",
            p.tempatlahir,
            _dmy(p.tanggallahir),
            blood,
            "Islam",
            label("siak", "status_kawin", p.status_kawin),
            label("siak", "kk_level", p.kk_level),
            label("siak", "pendidikan_kk_id", p.pendidikan_kk_id),
            label("siak", "pekerjaan_id", p.pekerjaan_id),
            "IBU UJI",
            "AYAH UJI",
            None,
        ]
        for number, p in enumerate(family, start=1)
    ]


def _older_print(header: list[str], above: list[list[Any]], rows: list[list[Any]], alamat: str) -> Case:
    """An older print as a case; `alamat` is what its headings say of a person's address."""
    kinds = {2: "nik", 3: "name", 4: "code", 5: "text", 6: "date", 9: "code", 10: "code", 11: "code", 12: "code"}
    return Case(
        "bip",
        [Draft("Sheet1", [[None, *header]], rows, kinds, fixed=2, above=above)],
        {
            "penduduk": [
                {
                    **person.columns("pendidikan_sedang_id", "cacat_id", "status_dasar"),
                    "alamat": alamat.format(person),
                    "nama_ibu": "IBU UJI",
                    "nama_ayah": "AYAH UJI",
                }
                for person in PEOPLE
            ]
        },
        typo=("TGL LHR", "TGL LHRR"),
        without=("HUB.KEL",),
        missing="kk_level",
    )


def bip2012() -> Case:
    """The older print: for each family a line of labels, the line of its answers, and the header once more."""
    header = (
        "NO|NIK|NAMA|JK|TMPT LHR|TGL LHR|G.DRH|AGAMA|STATUS|HUB.KEL|PENDIDIKAN|PEKERJAAN|NAMA IBU|NAMA AYAH|AKTA LAHIR"
    ).split("|")
    rows: list[list[Any]] = []
    above: list[list[Any]] = [["BUKU INDUK PENDUDUK"], []]
    for family in FAMILIES:
        head = family[0]
        place = f"DUSUN {head.dusun}, RT:{head.rt}, RW:{head.rw}, Kodepos:17000,-"
        block = [
            [None, "NO.KK", None, "NAMA KEPALA KELUARGA", None, None, "ALAMAT", *[None] * 9],
            [None, head.no_kk, None, head.nama, None, None, place, *[None] * 9],
            [None, *header],
        ]
        if head is FAMILIES[0][0]:
            above += block[:2]
        else:
            rows += map(Heading, block)
        rows += _members_of_older_print(family, "-")
    return _older_print(header, above, rows, "DUSUN {0.dusun}")


def bip_kabupaten() -> Case:
    """A print with a page a family: its title, place and card in cells beside their labels, then header and members."""
    header = (
        "NO|NIK|NAMA|JK|TMPT LHR|TGL LHR|G.DRH|AGAMA|STATUS|HUB.KEL|PENDIDIKAN|PEKERJAAN|NAMA IBU|NAMA AYAH|KET"
    ).split("|")
    rows: list[list[Any]] = []
    above: list[list[Any]] = []
    for family in FAMILIES:
        head = family[0]
        told = [
            ("PROVINSI :", "JAWA BARAT", "NO. KK :", head.no_kk),
            ("KABUPATEN :", "BEKASI", "NAMA. KK :", head.nama),
            ("KECAMATAN :", "UJI", "ALAMAT :", f"DSN. {head.dusun},Kodepos :17000,Telp :,-"),
            ("DESA :", "SUKA UJI", "NO.RT/RW :", f"{head.rt}/{head.rw}"),
        ]
        block: list[list[Any]] = [
            [None, "BUKU INDUK KEPENDUDUKAN KABUPATEN BEKASI (DAFTAR  KELUARGA)"],
            [],
            *([None, a, b, *[None] * 7, c, d] for a, b, c, d in told),
            [],
        ]
        if head is FAMILIES[0][0]:
            above += block
        else:
            rows += [Heading(row) for row in [*block, [None, *header]]]
        rows += _members_of_older_print(family, "O")
    return _older_print(header, above, rows, "DSN. {0.dusun}")


def daftar_warga() -> Case:
    """A list that an RT made itself: place and date of birth in one column, RT and RW in one column."""
    columns = [
        ("No. KK", "card", _people(lambda p: p.no_kk)),
        ("NIK", "nik", _people(lambda p: p.nik)),
        ("Nama Lengkap", "name", _people(lambda p: p.nama)),
        ("L/P", "code", _people(lambda p: "L" if p.sex == 1 else "P")),
        ("Tempat, Tanggal Lahir", "", _people(lambda p: f"{p.tempatlahir}, {_dmy(p.tanggallahir)}")),
        ("Hubungan Keluarga", "code", _people(lambda p: label("siak", "kk_level", p.kk_level))),
        ("Pendidikan", "code", _people(lambda p: label("siak", "pendidikan_kk_id", p.pendidikan_kk_id))),
        ("Pekerjaan", "code", _people(lambda p: label("siak", "pekerjaan_id", p.pekerjaan_id))),
        ("Agama", "", ["Islam"] * len(PEOPLE)),
        ("Alamat", "place", _people(lambda p: p.alamat)),
        ("RT/RW", "", _people(lambda p: f"{p.rt}/{p.rw}")),
    ]
    without = ("pendidikan_sedang_id", "status_kawin", "cacat_id", "status_dasar", "dusun")
    return Case(
        "daftar_warga",
        [_table("RT 02", columns)],
        {"penduduk": [person.columns(*without) for person in PEOPLE]},
        typo=("Tempat, Tanggal Lahir", "Tempat, Tangal Lahir"),
        without=("Hubungan Keluarga",),
        missing="kolom wajib kk_level",
    )


# --- P3KE and SIKS-NG ------------------------------------------------------------------------------------------------

_P3KE_HOUSING = (
    "Kepemilikan Rumah|Memiliki Simpanan Uang/Perhiasan/Ternak/Lainnya|Jenis Atap|Jenis Dinding|Jenis Lantai|"
    "Sumber Penerangan|Bahan Bakar Memasak|Sumber Air Minum|Memiliki Fasilitas Buang Air Besar|Penerima BPNT|"
    "Penerima BPUM|Penerima BST|Penerima PKH|Penerima SEMBAKO|Resiko Stunting|Pensasaran"
).split("|")
_P3KE_ABOUT = (
    "Usia dibawah 7 tahun|Usia 7-12|Usia 13-15|Usia 16-18|Usia 19-21|Usia 22-59|Usia 60 tahun keatas|Penerima BPNT|"
    "Penerima BPUM|Penerima BST|Penerima PKH|Penerima SEMBAKO|Resiko Stunting|Pensasaran"
).split("|")
_P3KE_IDS = ["122237091", "122237092", "122237093"]
_DECILES = [1, 2, 1]


def _p3ke_place(code: str, people: list[Person], numbers: list[int]) -> list[tuple[str, str, list[Any]]]:
    count = len(people)
    return [
        ("ID Keluarga", "text", [_P3KE_IDS[n] for n in numbers]),
        _blank("Provinsi", count, "JAWA BARAT"),
        _blank("Kabupaten", count, "BEKASI"),
        _blank("Kecamatan", count, "UJI"),
        _blank("Desa", count, "SUKA UJI"),
        _blank(code, count, "32.16.09.2003"),
        ("Desil Kesejahteraan", "code", [_DECILES[n] for n in numbers]),
        ("Alamat", "place", [p.alamat for p in people]),
    ]


def _p3ke_expected() -> dict[str, list[dict[str, Any]]]:
    return {
        "kesejahteraan": [
            {
                "nik_kepala": family[0].nik,
                "nama_kepala": family[0].nama,
                "desil": _DECILES[n],
                "id_keluarga_p3ke": _P3KE_IDS[n],
            }
            for n, family in enumerate(FAMILIES)
        ]
    }


def p3ke_keluarga() -> Case:
    """P3KE's family list: no card number; the head's NIK is the key."""
    heads = [family[0] for family in FAMILIES]
    columns = [
        *_p3ke_place("Kode Kemdagri", heads, [0, 1, 2]),
        ("Kepala Keluarga", "name", [p.nama for p in heads]),
        ("NIK", "nik", [p.nik for p in heads]),
        _blank("Padan Dukcapil", 3, "Ya"),
        ("Jenis Kelamin", "", ["Laki-laki" if p.sex == 1 else "Perempuan" for p in heads]),
        ("Tanggal Lahir", "", [p.tanggallahir.isoformat() for p in heads]),
        _blank("Pekerjaan", 3, "Buruh"),
        _blank("Pendidikan", 3, "SD/Sederajat"),
        *(_blank(header, 3, "Tidak") for header in _P3KE_HOUSING),
    ]
    return Case(
        "p3ke_keluarga",
        [_table("Keluarga", columns)],
        _p3ke_expected(),
        typo=("Desil Kesejahteraan", "Desil Kesejahteran"),
        without=("NIK",),
        missing="kolom wajib nik_kepala",
    )


def p3ke_individu() -> Case:
    """P3KE's list of individuals: one family row for each ID Keluarga."""
    people = list(PEOPLE)
    numbers = [n for n, family in enumerate(FAMILIES) for _ in family]
    relation = {1: "Kepala Keluarga", 2: "Suami", 3: "Istri", 4: "Anak"}
    columns = [
        *_p3ke_place("Kode Kemendagri", people, numbers),
        ("ID Individu", "text", [str(90000 + n) for n in range(len(people))]),
        ("Nama", "name", [p.nama for p in people]),
        ("NIK", "nik", [p.nik for p in people]),
        _blank("Padan Dukcapil", len(people), "Ya"),
        ("Jenis Kelamin", "", ["Laki-laki" if p.sex == 1 else "Perempuan" for p in people]),
        ("Hubungan Dengan Kpl. Keluarga", "code", [relation[p.kk_level] for p in people]),
        ("Tanggal Lahir", "", [p.tanggallahir.isoformat() for p in people]),
        ("Status Kawin", "", ["Kawin"] * len(people)),
        _blank("Pekerjaan", len(people), "Buruh"),
        _blank("Pendidikan", len(people), "SD/Sederajat"),
        *(_blank(header, len(people), "Tidak") for header in _P3KE_ABOUT),
    ]
    return Case(
        "p3ke_individu",
        [_table("Individu", columns)],
        _p3ke_expected(),
        typo=("Desil Kesejahteraan", "Desil Kesejahteran"),
        without=("NIK",),
        missing="kolom wajib nik_kepala",
    )


def siks_ng() -> Case:
    """SIKS-NG's decile list: a row a person; the rows of a family say the same decile."""
    deciles = [_DECILES[n] for n, family in enumerate(FAMILIES) for _ in family]
    columns = [
        ("No", "", list(range(1, len(PEOPLE) + 1))),
        ("No KK", "card", _people(lambda p: p.no_kk)),
        ("NIK", "nik", _people(lambda p: p.nik)),
        ("Nama", "name", _people(lambda p: p.nama)),
        ("Desil", "code", deciles),
    ]
    return Case(
        "siks_ng",
        [_table("Sheet1", columns)],
        {
            "kesejahteraan": [
                {
                    "no_kk": family[0].no_kk,
                    "nik_kepala": family[0].nik,
                    "nama_kepala": family[0].nama,
                    "desil": _DECILES[n],
                }
                for n, family in enumerate(FAMILIES)
            ]
        },
        typo=("Desil", "Desill"),
        without=("Desil",),
        missing="kolom wajib desil",
    )


def p3ke_keluarga_2023() -> Case:
    """The family list of later years: other words for the place, the year of the last update, more programmes."""
    case = p3ke_keluarga()
    renamed = {
        "ID Keluarga": "ID Keluarga P3KE",
        "Kabupaten": "Kabupaten/Kota",
        "Desa": "Desa/Kelurahan",
        "Kode Kemdagri": "Kode Kemendagri",
        "Memiliki Simpanan Uang/Perhiasan/Ternak/Lainnya": "Memiliki Simpanan",
    }
    [header] = case.sheet.header
    header[:] = [renamed.get(name, name) for name in header]
    header += ["Dimuktakhirkan Tahun", "Penerima Prakerja", "Penerima KUR"]
    for row in case.sheet.rows:
        row += [2023, "Tidak", "Tidak"]
    return case


def siks_ng_keluarga() -> Case:
    """A decile list with a row a family, as DTSEN heads it."""
    heads = [family[0] for family in FAMILIES]
    columns = [
        ("NO", "", [1, 2, 3]),
        ("PROVINSI", "", ["JAWA BARAT"] * 3),
        ("KABUPATEN/KOTA", "", ["KAB. BEKASI"] * 3),
        ("KECAMATAN", "", ["UJI"] * 3),
        ("KELURAHAN/DESA", "", ["SUKA UJI"] * 3),
        ("ALAMAT", "place", [p.alamat for p in heads]),
        ("NO_KK", "card", [p.no_kk for p in heads]),
        ("NIK", "nik", [p.nik for p in heads]),
        ("NAMA_KEPALA_KELUARGA", "name", [p.nama for p in heads]),
        ("JUMLAH ANGGOTA KELUARGA", "", [len(family) for family in FAMILIES]),
        ("DESIL_NASIONAL", "code", [str(decile) for decile in _DECILES]),
    ]
    case = siks_ng()
    return Case(
        "siks_ng",
        [_table("DTSEN", columns)],
        case.expected,
        typo=("DESIL_NASIONAL", "DESIL_NASONAL"),
        without=("DESIL_NASIONAL",),
        missing="desil",
    )


# --- Regsosek 2022-K -------------------------------------------------------------------------------------------------

_KK_LEVEL = {1: 1, 3: 2, 4: 3}  # kepala, istri/suami, anak
_AID = [[("501a", 8, 2023), ("501c", 7, 2023)], [("501b", 6, 2023)], []]
_AID_NAMES = {"501a": "BPNT/Sembako", "501b": "PKH", "501c": "BLT Dana Desa"}
#: What is read from 412 and 413, by person: SMP (8) while at school, SMA (13), else out of school.
_SCHOOLING = {6: (2, 8), 7: (2, 13), 18: (3, None)}


def _regsosek_expected() -> dict[str, list[dict[str, Any]]]:
    people = [
        {**person.columns("pendidikan_kk_id", "pekerjaan_id", "cacat_id", "tempatlahir", "alamat", "dusun", "rw", "rt")}
        for person in PEOPLE
    ]
    return {
        "penduduk": people,
        "kesejahteraan": [
            {"no_kk": family[0].no_kk, "tanggal_pendataan": date(2022, 11, 1 + n)} for n, family in enumerate(FAMILIES)
        ],
        "bantuan": [
            {"no_kk": family[0].no_kk, "program": _AID_NAMES[question], "tanggal_salur": date(year, month, 1)}
            for family, answers in zip(FAMILIES, _AID, strict=True)
            for question, month, year in answers
        ],
    }


def _regsosek_members() -> list[tuple[str, str, list[Any]]]:
    numbers = [n for family in FAMILIES for n in range(1, len(family) + 1)]
    return [
        ("401", "", numbers),
        ("402", "name", _people(lambda p: p.nama)),
        ("403", "nik", _people(lambda p: p.nik)),
        ("404", "code", [1] * len(PEOPLE)),
        ("405", "code", _people(lambda p: p.sex)),
        ("406", "date", _people(lambda p: p.tanggallahir)),
        ("407", "", _people(lambda p: 2022 - p.tanggallahir.year)),
        ("408", "code", _people(lambda p: p.status_kawin)),
        ("409", "code", _people(lambda p: _KK_LEVEL[p.kk_level])),
        ("410", "", [2] * len(PEOPLE)),
        ("411", "", [5] * len(PEOPLE)),
        ("412", "code", _people(lambda p: _SCHOOLING[p.pendidikan_sedang_id][0])),
        ("413", "code", _people(lambda p: _SCHOOLING[p.pendidikan_sedang_id][1])),
        *(_blank(header, len(PEOPLE)) for header in ("414", "415", "416a", "416b", "417", "418", "419", "420a")),
        ("426", "", [3] * len(PEOPLE)),
        ("431a", "", [1] * len(PEOPLE)),
        ("431f", "", [0] * len(PEOPLE)),
    ]


def _regsosek_aid() -> list[tuple[str, str, list[Any]]]:
    columns = []
    for letter in "abcdefg":
        question = f"501{letter}"
        told = [{asked: (month, year) for asked, month, year in answers}.get(question) for answers in _AID]
        columns += [
            (question, "code", [1 if one else 2 for one in told]),
            (f"{question} bulan", "", [one[0] if one else None for one in told]),
            (f"{question} tahun", "", [one[1] if one else None for one in told]),
        ]
    return columns


_HOUSING = "301a 301b 302 303 304 305 306a 306b 307a 307b1 307b2 307b3 308 309a 309b 310".split()


def regsosek() -> Case:
    """Regsosek 2022-K in five sheets: place, officers, housing, members, programmes and assets."""
    heads = [family[0] for family in FAMILIES]
    card = ("no kartu keluarga", "card", [p.no_kk for p in heads])
    drafts = [
        _table(
            "1. Keterangan Tempat",
            [
                card,
                _blank("101", 3, "32"),
                _blank("102", 3, "16"),
                _blank("103", 3, "090"),
                _blank("104", 3, "003"),
                _blank("108", 3, "KP. UJI JAYA"),
                ("109", "", [p.nama for p in heads]),
            ],
        ),
        _table(
            "2. Keterangan Petugas",
            [
                card,
                ("tanggal pendataan", "date", [date(2022, 11, 1 + n) for n in range(3)]),
                _blank("nama ppl", 3, "PETUGAS UJI"),
                _blank("kode ppl", 3, "A01"),
                _blank("tanggal pemeriksaan", 3, date(2022, 11, 10)),
                _blank("hasil pendataan keluarga", 3, 1),
            ],
        ),
        _table("3. Perumahan", [card, *(_blank(question, 3, 1) for question in _HOUSING)]),
        _table("4. Anggota", [("no kartu keluarga", "card", _people(lambda p: p.no_kk)), *_regsosek_members()]),
        _table("5. Program dan Aset", [card, *_regsosek_aid(), _blank("502a", 3, 2), _blank("506", 3, 1)]),
    ]
    return Case(
        "regsosek",
        drafts,
        _regsosek_expected(),
        main=3,
        typo=("no kartu keluarga", "no kartu kelurga"),
        without=("403",),
        missing="kolom wajib nik",
    )


def regsosek_opensid() -> Case:
    """The same answers as OpenSID exports them: sheets Keluarga and Anggota, headers in several lines."""
    heads = [family[0] for family in FAMILIES]
    family = [
        ("Terakhir diubah", "", "", ["2023-01-01 08:00:00"] * 3),
        ("I. KETERANGAN TEMPAT", "101", "", ["32"] * 3),
        ("", "104", "", ["003"] * 3),
        ("", "105a Kode Sub SLS", "", ["00"] * 3),
        ("", "109", "", [p.nama for p in heads]),
        ("", "114", "card", [p.no_kk for p in heads]),
        ("", "115", "", [0] * 3),
        ("II. KETERANGAN PETUGAS", "201", "date", [f"2022-11-0{1 + n}" for n in range(3)]),
        ("", "202", "", ["PETUGAS UJI"] * 3),
        ("", "205", "", [1] * 3),
        *(("III. KETERANGAN PERUMAHAN" if n == 0 else "", q, "", [1] * 3) for n, q in enumerate(_HOUSING)),
        *(
            ("V. KEIKUTSERTAAN PROGRAM, KEPEMILIKAN ASET, DAN LAYANAN" if n == 0 else "", header.title(), kind, cells)
            for n, (header, kind, cells) in enumerate(_regsosek_aid())
        ),
        ("", "502a", "", [2] * 3),
        ("VI. CATATAN", "Catatan", "", [None] * 3),
    ]
    keluarga = Draft(
        "Keluarga",
        [[one[0] or None for one in family], [_odd(one[1]) or None for one in family]],
        [[one[3][n] for one in family] for n in range(3)],
        {position: one[2] for position, one in enumerate(family)},
    )
    titles = {"402": "402 Nama", "403": "403 NIK"}
    members = [("No KK", "card", _people(lambda p: p.no_kk)), *_regsosek_members()]
    anggota = Draft(
        "Anggota",
        [
            ["IV. KETERANGAN SOSIAL EKONOMI ANGGOTA KELUARGA", *[None] * (len(members) - 1)],
            ["A. KETERANGAN DEMOGRAFI", *[None] * (len(members) - 1)],
            [titles.get(header, header) for header, _, _ in members],
        ],
        [[cells[n] for _, _, cells in members] for n in range(len(PEOPLE))],
        {position: kind for position, (_, kind, _) in enumerate(members)},
    )
    return Case(
        "regsosek",
        [keluarga, anggota],
        _regsosek_expected(),
        main=1,
        typo=("No KK", "No KKK"),
        without=("403 NIK",),
        missing="kolom wajib nik",
    )


def _odd(header: str) -> str:
    """`501A Bulan` as OpenSID writes it: `501a Bulan`."""
    return header[:4].lower() + header[4:] if header[:3].isdigit() else header


def regsosek_bertingkat() -> Case:
    """The five sheets with the questions in words, and 501a to 501g merged over three columns each."""
    case = regsosek()
    words = {"402": "402. Nama", "403": "403. NIK", "404": "404. Keberadaan", "405": "405. Jenis Kelamin"}
    words |= {"406": "406. Tanggal Lahir", "408": "408. Status Perkawinan", "409": "409. Hubungan dengan KK"}
    words |= {"412": "412. Partisipasi sekolah", "413": "413. Jenjang"}
    [members] = case.drafts[3].header
    members[:] = [words.get(header, header) for header in members]
    aid = case.drafts[4]
    [questions] = aid.header
    aid.header = [
        [None if "bulan" in name or "tahun" in name else name for name in questions],
        [
            "Menerima" if name.startswith("501") and len(name) == 4 else name.split()[1] if " " in name else None
            for name in questions[:-2]
        ],
    ]
    aid.header[0][0], aid.header[1][0] = questions[0], None
    aid.merged = [(-2, place, -2, place + 2) for place in range(1, 22, 3)]
    for draft in case.drafts:
        draft.header[0][0] = "No Kartu Keluarga"
    return Case(
        case.format_id,
        case.drafts,
        case.expected,
        main=3,
        typo=("No Kartu Keluarga", "No Kartu Kelurga"),
        without=("403. NIK",),
        missing="kolom wajib nik",
    )


FORMATS: dict[str, Callable[[], Case]] = {
    "entas_penduduk": entas_penduduk,
    "entas_kesejahteraan": entas_kesejahteraan,
    "entas_bantuan": entas_bantuan,
    "opensid_penduduk": opensid_penduduk,
    "opensid_ddk": opensid_ddk,
    "opensid_bantuan": opensid_bantuan,
    "opensid_bantuan_keluarga": opensid_bantuan_keluarga,
    "siak": siak,
    "daftar_warga": daftar_warga,
    "bip12": bip12,
    "bip19": bip19,
    "bip2012": bip2012,
    "bip_kabupaten": bip_kabupaten,
    "p3ke_keluarga": p3ke_keluarga,
    "p3ke_keluarga_2023": p3ke_keluarga_2023,
    "p3ke_individu": p3ke_individu,
    "siks_ng": siks_ng,
    "siks_ng_keluarga": siks_ng_keluarga,
    "regsosek": regsosek,
    "regsosek_bertingkat": regsosek_bertingkat,
    "regsosek_opensid": regsosek_opensid,
}
