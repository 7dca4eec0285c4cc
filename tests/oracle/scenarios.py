"""Random months of a few villages of Kabupaten Bekasi, dense with what makes registers disagree.

:func:`scenario` invents, from a seed alone, families and what becomes of them over some months, and the files in which
their villages tell of it: late, twice, in part, damaged, about families that another village lists too.
:meth:`Scenario.write` puts the files of a stage into an inbox; intake runs between the stages. All of it is invented.

What the design leaves open is not generated: blank sex, birth date or kk_level; a NIK of the head beside a card number.
Everything else in sections 4 to 6 is, lists of families without card numbers (P3KE) among it.
"""

from __future__ import annotations

import copy
import hashlib
import os
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from .cells import Cell
from .files import COLUMNS, csv_bytes, sheet, textual, xlsx_bytes
from .model import P3KE, Area, Sheet, Upload, bekasi, first_day, last_day, period_text

#: When the first file was written: long ago, so that no file looks as if it were being written still.
FIRST_WRITTEN = 1_700_000_000
LINE = 322_170
Row = dict[str, Cell]
#: a village's own list of families: no_kk to rows of penduduk
View = dict[str, list[Row]]


@dataclass(frozen=True)
class Drop:
    """A file put into the inbox: folder, bytes, time of writing (seconds since 1970), and what the model is told."""

    upload: Upload
    data: bytes
    written: int

    @property
    def path(self) -> str:
        """Path below the inbox."""
        return f"{self.upload.village}/{self.upload.period}/{self.upload.file_name}"


@dataclass
class Scenario:
    """Files in stages; intake runs after each."""

    name: str
    stages: list[list[Drop]] = field(default_factory=list)

    def write(self, stage: int, inbox: Path) -> None:
        """Put the files of a stage into an inbox."""
        for drop in self.stages[stage]:
            path = inbox / drop.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(drop.data)
            os.utime(path, (drop.written, drop.written))

    def uploads(self, received_on: date) -> list[Upload]:
        """All files in order of receipt: stage, then "modification time, then path"."""
        return [
            replace(drop.upload, received_on=received_on)
            for stage in self.stages
            for drop in sorted(stage, key=lambda drop: (drop.written, drop.path))
        ]


def scenario_of_uploads(name: str, uploads: Sequence[Upload], data: Sequence[bytes]) -> Scenario:
    """A scenario whose files come in the given order; a path that is taken opens the next stage."""
    made = Scenario(name, [[]])
    for number, (upload, content) in enumerate(zip(uploads, data, strict=True)):
        drop = Drop(replace(upload, content=hashlib.sha256(content).hexdigest()), content, FIRST_WRITTEN + 60 * number)
        if any(other.path == drop.path for other in made.stages[-1]):
            made.stages.append([])
        made.stages[-1].append(drop)
    return made


#: How many districts a scenario may lie in.
DISTRICTS = 3


def scenario(seed: int) -> Scenario:
    """The scenario of a seed."""
    return _Author(seed, sorted({area.district for area in bekasi()})).write()


def together(seeds: Sequence[int]) -> Scenario:
    """Scenarios of some seeds in one, side by side in districts of their own: they cost one run of everything.

    Raises:
        ValueError: more seeds than the regency has room for.
    """
    districts = sorted({area.district for area in bekasi()})
    if len(seeds) * DISTRICTS > len(districts):
        raise ValueError(f"{len(districts)} districts have room for {len(districts) // DISTRICTS} seeds at most")
    random.Random(f"districts of {seeds}").shuffle(districts)
    parts = [
        _Author(seed, districts[number * DISTRICTS : (number + 1) * DISTRICTS]).write()
        for number, seed in enumerate(seeds)
    ]
    stages = max(len(part.stages) for part in parts)
    return Scenario(
        f"seeds {'+'.join(map(str, seeds))}",
        [
            [drop for part in parts if stage < len(part.stages) for drop in part.stages[stage]]
            for stage in range(stages)
        ],
    )


class _Author:
    """Invents one scenario."""

    def __init__(self, seed: int, in_districts: Sequence[str]) -> None:
        self.seed = seed
        self.random = random.Random(f"entas {seed}")
        r = self.random
        districts: dict[str, list[Area]] = defaultdict(list)
        for area in bekasi():
            districts[area.district].append(area)
        chosen = r.sample(in_districts, r.choice([2, 2, DISTRICTS]))
        per_district = [r.sample(districts[code], r.randint(1, 3)) for code in chosen]
        self.villages = sorted(area.village for some in per_district for area in some)
        while len(self.villages) < 4:
            extra = r.choice(districts[chosen[0]]).village
            if extra not in self.villages:
                self.villages.append(extra)
        self.months = r.choice([3, 4, 5, 6, 8, 12, 16])
        self.first = r.randint(2021, 2024) * 12 + r.randint(0, 11)
        self.stage_count = r.randint(2, 4)
        self.stages: list[list[Drop]] = [[] for _ in range(self.stage_count + 1)]
        self.clock = FIRST_WRITTEN
        self.serial = 0
        self.views: dict[str, View] = {village: {} for village in self.villages}
        self.past: dict[int, dict[str, View]] = {}
        self.lost: list[list[Row]] = []
        self.told: dict[tuple[str, str], list[Row]] = defaultdict(list)
        self.every_kk: list[str] = []

    # -------------------------------------------------------------------------------- people

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def new_person(self, no_kk: str, level: str, family_name: str) -> Row:
        r = self.random
        self.serial += 1
        born = date(r.randint(1950, 2018), r.randint(1, 12), r.randint(1, 28))
        woman = self.chance(0.5)
        day = born.day + (40 if woman else 0)
        region = r.choice(["321601", "321609", "321616", "737101", "110203"])
        given = r.choice(["Sari", "Budi", "Tono", "Wati", "Agus", "Rina", "Joko", "Dewi"])
        return {
            "no_kk": no_kk,
            "nik": f"{region}{day:02d}{born:%m%y}{self.serial % 9999 + 1:04d}",
            "nama": f"{given} {family_name}",
            "sex": "P" if woman else "L",
            "tanggallahir": born,
            "kk_level": level,
            "pendidikan_sedang_id": r.choice(["", "4", "6", "6", "7", "7", "18"]),
            "status_dasar": r.choice(["1", "1", "1", ""]),
        }

    def new_family(self, village: str, size: int | None = None) -> str:
        r = self.random
        no_kk = f"3216{r.randint(10, 99)}{len(self.every_kk):06d}{r.randint(1, 9999):04d}"
        self.every_kk.append(no_kk)
        name = r.choice(["Santoso", "Hidayat", "Lestari", "Saputra", "Wijaya", "Nurjaman"])
        count = size or r.choice([1, 1, 2, 3, 4, 4, 5])
        self.views[village][no_kk] = [
            self.new_person(no_kk, "1" if number == 0 else r.choice(["3", "4", "4", "9"]), name)
            for number in range(count)
        ]
        return no_kk

    def some_family(self) -> tuple[str, str] | None:
        """(village, no_kk) of any family that any village lists."""
        every = [(village, no_kk) for village in self.villages for no_kk in self.views[village]]
        return self.random.choice(every) if every else None

    def happen(self) -> None:
        """One thing that happens to somebody, or to what a village writes of them."""
        r = self.random
        found = self.some_family()
        what = r.choice(
            ["born", "move", "move", "both", "vanish", "return", "die", "die", "die_out", "marry", "marry", "mistype",
             "split", "baby", "damage", "recover", "forget"]
        )  # fmt: skip
        if what == "born" or found is None:
            self.new_family(r.choice(self.villages))
            return
        village, no_kk = found
        rows = self.views[village][no_kk]
        person = r.choice(rows)
        other = r.choice(self.villages)
        if what in ("move", "both"):
            self.views[other][no_kk] = [self.respelt(row) for row in rows]
            if what == "move" and other != village and self.chance(0.6):
                del self.views[village][no_kk]
        elif what == "vanish":
            self.lost.append(self.views[village].pop(no_kk))
        elif what == "return" and self.lost:
            back = r.choice(self.lost)
            self.views[other][str(back[0]["no_kk"])] = copy.deepcopy(back)
        elif what == "die":
            person["status_dasar"] = r.choice(["2", "2", "3", "4", "6", "9", "MENINGGAL"])
        elif what == "die_out":
            code = r.choice(["2", "2", "3", "4", "mixed"])
            for row in rows:
                row["status_dasar"] = r.choice(["2", "3", "6"]) if code == "mixed" else code
        elif what == "marry":
            target = self.some_family()
            assert target is not None
            into = self.views[target[0]][target[1]]
            into.append(self.respelt(person) | {"no_kk": target[1], "kk_level": r.choice(["3", "5", "9"])})
            if self.chance(0.5) and len(rows) > 1:
                rows.remove(person)
        elif what == "mistype":
            target = self.some_family()
            assert target is not None
            victim = r.choice(self.views[target[0]][target[1]])
            victim["nik"] = person["nik"]
            if self.chance(0.2):
                victim |= {"nama": person["nama"], "tanggallahir": person["tanggallahir"]}
        elif what == "split" and len(rows) > 1:
            fresh = self.new_family(other, 1)
            leaver = self.respelt(rows[-1]) | {"no_kk": fresh, "kk_level": "1"}
            self.views[other][fresh] = [leaver]
            if self.chance(0.6):
                rows.pop()
        elif what == "baby":
            baby = self.new_person(no_kk, "4", "Bayi")
            baby["nik"] = r.choice(["", "0", baby["nik"]])
            rows.append(baby)
        elif what == "damage":
            person["nik"] = r.choice(["", "0", "321601", "3.21601E+15", str(person["nik"])[:12] + "0000",
                                      "3216019905800001", f"'{person['nik']}", f"{person['nik']}.00"])  # fmt: skip
        elif what == "recover":
            person["status_dasar"] = "1"
        elif what == "forget":
            person["tanggallahir"] = "tidak tahu"

    def respelt(self, row: Row) -> Row:
        """A copy of a row as another clerk writes it."""
        new = dict(row)
        if self.chance(0.3):
            new["nama"] = str(row["nama"]).upper().replace(" ", "  ")
        if self.chance(0.1):
            new["tanggallahir"] = date(1999, 9, 9)
        return new

    # -------------------------------------------------------------------------------- registers

    def penduduk(self, view: View, mode: str) -> Sheet | None:
        r = self.random
        families = list(view)
        if mode == "part":
            families = r.sample(families, len(families) // 2 - (len(families) > 2 and self.chance(0.7)))
        rows = [dict(row) for no_kk in families for row in view[no_kk]]
        if not rows:
            return None
        if self.chance(0.2):
            r.shuffle(rows)
        for row in rows:
            if self.chance(0.02):
                row |= r.choice([{"sex": "X"}, {"status_dasar": "entah"}, {"nama": ""}, {"no_kk": "123"},
                                 {"kk_level": "77"}, {"no_kk": f"{row['no_kk']}.00"},
                                 {"tanggallahir": "31/02/2000"}])  # fmt: skip
        if self.chance(0.15):
            rows.insert(r.randrange(len(rows) + 1), dict(r.choice(rows)))
        if mode == "damaged":
            for row in rows:
                if self.chance(0.7):
                    row["nama"] = ""
        elif mode == "cut_kk":
            for row in rows:
                row["no_kk"] = _number(row["no_kk"], cut=True) if self.chance(0.9) else row["no_kk"]
        elif mode in ("cut_nik", "exact"):
            for row in rows:
                row["nik"] = _number(row["nik"], cut=mode == "cut_nik")
                if mode == "exact":
                    row["no_kk"] = _number(row["no_kk"], cut=False)
        columns = COLUMNS["penduduk"] if self.chance(0.5) else [name for name in COLUMNS["penduduk"] if name in rows[0]]
        return sheet("penduduk", rows, columns)

    def any_kk(self, village: str) -> str:
        """Mostly a family of the village's own."""
        own = list(self.views[village])
        if own and self.chance(0.8):
            return self.random.choice(own)
        return self.random.choice(self.every_kk) if self.chance(0.9) else "3216990000009999"

    def kesejahteraan(self, village: str, month: int, view: View) -> Sheet | None:
        r = self.random
        wanted = [no_kk for no_kk in view if self.chance(0.7)]
        wanted += [self.any_kk(village) for _ in range(r.randint(0, 2))]
        rows: list[Row] = []
        for no_kk in wanted:
            listed = next((self.views[v][no_kk] for v in self.villages if no_kk in self.views[v]), [])
            listed = view.get(no_kk, listed)
            living = max(1, sum(1 for row in listed if row["status_dasar"] in ("1", "")))
            amount = r.choice([living * LINE, living * LINE - 1, living * LINE + 1, 100_000, 0,
                               living * LINE // 2, living * LINE // 3, 20_000_000, 2 * living * LINE])  # fmt: skip
            row: Row = {"no_kk": no_kk, "penghasilan_bulanan": self.money(amount)}
            kind = r.random()
            if kind < 0.15:
                row = {"no_kk": no_kk, "desil": r.choice([1, 1, 2, "1", 10])}
            elif kind < 0.25:
                row = {"no_kk": no_kk, "pengeluaran_bulanan": self.money(amount)}
            elif kind < 0.35:
                row |= {"desil": 1, "pengeluaran_bulanan": self.money(amount)}
            if self.chance(0.6):
                row["tanggal_pendataan"] = self.some_day(month)
            if self.chance(0.05):
                row |= r.choice([{"penghasilan_bulanan": "banyak"}, {"desil": 11}, {"no_kk": "3216"},
                                 {"penghasilan_bulanan": -5}, {"tanggal_pendataan": "kemarin"},
                                 {"tanggal_pendataan": date(2098, 1, 1)}])  # fmt: skip
            rows.append(row)
        return sheet("kesejahteraan", rows) if rows else None

    def p3ke(self, view: View) -> Sheet | None:
        """A list without card numbers, by heads, some of them no heads or nobody's."""
        r = self.random
        rows = []
        for family in [*view.values(), *r.sample(list(view.values()), min(len(view), 1))]:
            if self.chance(0.3):
                continue
            person = family[0] if self.chance(0.8) else r.choice(family)
            stranger = self.some_family()
            if stranger and self.chance(0.15):
                person = self.views[stranger[0]][stranger[1]][0]
            nik = "3216010101500077" if self.chance(0.05) else person["nik"]
            decile = "sebelas" if self.chance(0.03) else r.choice([1, 1, 1, 2, "1", 10])
            rows.append((f"K{r.randint(1, 999)}", decile, person["nama"], nik))
        return Sheet("p3ke", tuple(P3KE), tuple(rows)) if rows else None

    def money(self, amount: int) -> Cell:
        dotted = f"{amount:,}".replace(",", ".")
        return self.random.choice([amount, amount, float(amount), dotted, f"Rp {dotted},00"])

    def some_day(self, month: int) -> date:
        r = self.random
        other = month + r.choice([0, 0, 0, 0, -1, -1, -2, 1, -5, -11, -12, -13])
        return r.choice([first_day(other), first_day(other).replace(day=10), first_day(other).replace(day=10),
                         last_day(other)])  # fmt: skip

    def verifikasi(self, village: str, month: int) -> list[Row]:
        r = self.random
        rows: list[Row] = []
        for _ in range(r.randint(1, 5)):
            hasil = r.choice(["layak", "layak", "tidak layak"])
            alasan = r.choice(["meninggal", "pindah", "ganda", "tidak ditemukan", "tidak layak sejak awal", "mampu",
                               "graduasi", "lainnya", "", "entahlah", "PINDAH"])  # fmt: skip
            row: Row = {
                "no_kk": self.any_kk(village),
                "tanggal_musyawarah": self.some_day(month),
                "hasil": hasil,
                "alasan": alasan if hasil != "layak" else "",
            }
            if self.chance(0.04):
                row |= r.choice([{"hasil": "mungkin"}, {"tanggal_musyawarah": "lusa"}, {"no_kk": ""},
                                 {"tanggal_musyawarah": date(2097, 1, 1)}])  # fmt: skip
            rows.append(row)
        return rows

    def family_or_person(self, village: str) -> Row:
        r = self.random
        no_kk = self.any_kk(village)
        persons = [row for view in self.views.values() for row in view.get(no_kk, [])]
        nik = str(r.choice(persons)["nik"]) if persons else ""
        if self.chance(0.2):
            stranger = self.some_family()
            if stranger is not None:
                nik = str(r.choice(self.views[stranger[0]][stranger[1]])["nik"])
        kind = r.random()
        if kind < 0.4:
            return {"no_kk": no_kk}
        if kind < 0.7:
            return {"nik": nik}
        if kind < 0.9:
            return {"no_kk": no_kk, "nik": nik}
        return {"no_kk": r.choice(["12", "3216990000009999"]), "nik": nik}

    def bantuan(self, village: str, month: int) -> list[Row]:
        r = self.random
        rows: list[Row] = []
        for _ in range(r.randint(1, 5)):
            row = self.family_or_person(village) | {
                "program": r.choice(["BLT Dana Desa", "PKH"]),
                "nilai": self.money(r.choice([300_000, 300_000, 900_000])),
                "tanggal_salur": self.some_day(month),
            }
            if self.chance(0.04):
                row |= r.choice([{"nilai": ""}, {"nilai": "lima"}, {"tanggal_salur": ""}, {"nilai": -1}])
            rows.append(row)
        return rows

    def pemberdayaan(self, village: str, month: int) -> list[Row]:
        r = self.random
        rows: list[Row] = []
        for _ in range(r.randint(1, 3)):
            row = self.family_or_person(village) | {
                "jenis": r.choice(["pelatihan_keterampilan", "bantuan_modal", "padat_karya", "Bantuan Modal"]),
                "nama_kegiatan": r.choice(["Menjahit", "Bengkel"]),
                "tanggal_mulai": self.some_day(month),
                "tanggal_selesai": r.choice(["", date(2097, 5, 5), last_day(month), "nanti"]),
                "nilai": r.choice(["", 1_000_000]),
            }
            if self.chance(0.04):
                row |= r.choice([{"jenis": "berlibur"}, {"tanggal_mulai": "x"}, {"nilai": -1}])
            rows.append(row)
        return rows

    def events(self, register: str, village: str, month: int) -> Sheet:
        """New events, often with some that the village told before, the reason given anew."""
        makers: dict[str, Callable[[str, int], list[Row]]] = {
            "verifikasi": self.verifikasi,
            "bantuan": self.bantuan,
            "pemberdayaan": self.pemberdayaan,
        }
        rows = makers[register](village, month)
        told = self.told[village, register]
        if told and self.chance(0.4):
            again = [dict(row) for row in self.random.sample(told, min(len(told), self.random.randint(1, 4)))]
            for row in again:
                if register == "verifikasi" and row.get("hasil") != "layak" and self.chance(0.5):
                    row["alasan"] = self.random.choice(["pindah", "graduasi", "mampu"])
            rows = rows + again if self.chance(0.5) else again + rows
        told.extend(rows)
        if self.chance(0.1):
            rows.append(dict(rows[0]))
        return sheet(register, rows)

    # -------------------------------------------------------------------------------- files

    def put(self, stage: int, upload: Upload, data: bytes) -> None:
        """Put a file into the inbox at a stage, or at the first later one in which its path is free."""
        while stage < len(self.stages):
            drop = Drop(replace(upload, content=hashlib.sha256(data).hexdigest()), data, self.clock)
            # written again in the same second it would be the same file to anybody who looks at the clock
            if any(other.path == drop.path and other.written == drop.written for other in self.dropped()):
                self.clock += 1
                continue
            if all(other.path != drop.path for other in self.stages[stage]):
                self.stages[stage].append(drop)
                # now and then two files of the same second, or one that was written before others
                self.clock += self.random.choice([60, 60, 60, 0, 3_600, -30])
                return
            stage += 1

    def dropped(self) -> list[Drop]:
        """All files so far."""
        return [drop for stage in self.stages for drop in stage]

    def folder(self, village: str) -> str:
        return village.replace(".", "") if self.chance(0.1) else village

    def tell(self, stage: int, village: str, month: int, view: View, registers: Sequence[str]) -> None:
        """The files in which a village tells of a month."""
        r = self.random
        mode = r.choices(
            ["normal", "part", "damaged", "cut_kk", "cut_nik", "exact"], [80, 8, 4, 3, 3, 6]
        )[0]  # fmt: skip
        sheets: list[Sheet] = []
        for register in registers:
            made: Sheet | None
            if register == "penduduk":
                made = self.penduduk(view, mode)
            elif register == "kesejahteraan" and self.chance(0.3):
                made = self.p3ke(view)
                if made is not None and self.chance(0.3):
                    sheets.append(made)
                    made = self.kesejahteraan(village, month, view)
            elif register == "kesejahteraan":
                made = self.kesejahteraan(village, month, view)
            else:
                made = self.events(register, village, month)
            if made is not None:
                sheets.append(made)
        if not sheets:
            return
        suffix = r.choice(["", "", "", "", " (1)", " Lengkap" if mode in ("part", "damaged") else "-b"])
        if self.chance(0.5):
            if self.chance(0.1):
                sheets.append(sheet(r.choice(list(COLUMNS)), []))
            self.save(stage, village, month, f"data{suffix}.xlsx", sheets)
            return
        for one in sheets:
            self.save(stage, village, month, f"{one.name}{suffix}.{r.choice(['csv', 'csv', 'xlsx'])}", [one])

    def save(self, stage: int, village: str, month: int, name: str, sheets: list[Sheet]) -> None:
        r = self.random
        if name.endswith(".csv"):
            encoding = r.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252"])
            data = csv_bytes(sheets[0], r.choice([",", ";", "\t"]), encoding)
            sheets = [textual(sheets[0])]
        else:
            data = xlsx_bytes(sheets)
        self.put(stage, Upload(self.folder(village), period_text(month), name, tuple(sheets)), data)

    def spoil(self, stage: int, month: int) -> None:
        """A file that must be rejected."""
        r = self.random
        village = r.choice(self.villages)
        good = sheet("kesejahteraan", [{"no_kk": self.random.choice(self.every_kk), "penghasilan_bulanan": 5}])
        kind = r.choice(["village", "period", "future", "bytes", "register", "empty"])
        folder = "32.71.01.1001" if kind == "village" else village
        period = {"period": f"{month // 12}-13", "future": "2098-01"}.get(kind, period_text(month))
        name = f"buruk {self.seed}.xlsx" if kind == "village" else r.choice(["data.xlsx", "kesejahteraan.xlsx"])
        if kind == "bytes":
            self.put(stage, Upload(folder, period, name, (), readable=False), f"PK rusak {r.random()}".encode())
            return
        sheets = [good]
        if kind == "register":
            sheets = [Sheet("catatan", ("hari", "isi"), (("Senin", "rapat"),))]
        elif kind == "empty":
            sheets = [sheet("penduduk", []), sheet("bantuan", [])]
        self.put(stage, Upload(folder, period, name, tuple(sheets)), xlsx_bytes(sheets))

    def repeat(self, stage: int) -> None:
        """The bytes of a file that came before, in the same folder mostly."""
        before = [drop for drops in self.stages[: stage + 1] for drop in drops]
        if not before:
            return
        drop = self.random.choice(before[-12:])
        upload = drop.upload
        if self.chance(0.5):
            ending = upload.file_name.rpartition(".")[2]
            upload = replace(upload, file_name=f"{self.random.choice(['salinan', 'lengkap', 'data'])}.{ending}")
        if self.chance(0.1):
            upload = replace(upload, village=self.random.choice(self.villages))
        self.put(stage, upload, drop.data)

    def take_back(self, stage: int) -> None:
        """A file that was written over since is sent again, as it was."""
        latest = {drop.path: drop for drop in self.dropped()}
        old = [drop for drop in self.dropped() if drop.data != latest[drop.path].data]
        if old:
            drop = self.random.choice(old)
            self.put(stage, drop.upload, drop.data)

    def write(self) -> Scenario:
        """All months, then the stages."""
        r = self.random
        for village in self.villages:
            for _ in range(r.randint(2, 7)):
                self.new_family(village)
        for offset in range(self.months):
            month = self.first + offset
            for _ in range(r.randint(1, 3 + len(self.villages))):
                self.happen()
            self.past[month] = copy.deepcopy(self.views)
            stage = offset * self.stage_count // self.months
            for village in self.villages:
                if self.chance(0.25):
                    continue
                registers = [
                    register
                    for register, probability in zip(COLUMNS, (0.75, 0.45, 0.5, 0.4, 0.3), strict=True)
                    if self.chance(probability)
                ]
                late = r.choice([0, 0, 0, 0, 1, 2])
                self.tell(min(stage + late, self.stage_count - 1), village, month, self.views[village], registers)
            for _ in range(r.randint(0, 3)):
                # a correction of an earlier month, as it was known then or as it is known now
                village, earlier = r.choice(self.villages), r.choice(list(self.past))
                view = self.past[earlier][village] if self.chance(0.6) else self.views[village]
                self.tell(stage, village, earlier, view, r.sample(list(COLUMNS), r.randint(1, 2)))
            for _ in range(r.randint(0, 2)):
                self.repeat(stage + r.choice([0, 0, 1]))
            if self.chance(0.3):
                self.spoil(stage, month)
        for _ in range(r.randint(1, 6)):
            self.repeat(self.stage_count)
            self.take_back(self.stage_count)
        return Scenario(f"seed {self.seed}", [stage for stage in self.stages if stage])


def _number(cell: Any, cut: bool) -> Cell:
    """Sixteen written digits as a number, cut to Excel's 15 or exact; anything else as it is."""
    written = str(cell)
    if len(written) != 16 or not written.isdigit():
        return cell if isinstance(cell, str) else written
    return int(written[:15] + "0") if cut else int(written)
