"""What each village sends in which month: the rows of its registers, in its own format, with the dirt real files have.

Two kinds of dirt. Harmless: apostrophes, no-break spaces, dots, labels for codes, blank rows, title rows, end marks;
intake mends it and nothing is lost. Harmful: rows that must be quarantined and files that must be rejected; they are
extra rows or stand beside a good file, so that no planted count depends on them (``Upload.quarantined``, ``status``).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

from entas.sample import forms, names, writers
from entas.sample.people import NO_DISABILITY
from entas.sample.world import LIVING, MONTHS, PERIODS, Family, Measure, Person, VillageOffice, World
from entas.sample.writers import Cell, CsvStyle, Rows, Sheet

JAKARTA = timezone(timedelta(hours=7))
#: When the uploads of a month begin to come in; each next file comes ``STEP`` later.
ARRIVAL = (
    datetime(2023, 9, 4, 8, 0, tzinfo=JAKARTA),
    datetime(2023, 10, 2, 8, 0, tzinfo=JAKARTA),
    datetime(2023, 11, 1, 8, 0, tzinfo=JAKARTA),
)
STEP = timedelta(seconds=97)

MONTH_NAMES = ("Agustus", "September", "Oktober")
ROMAN = {8: "VIII", 9: "IX", 10: "X"}

Row = dict[str, Cell]


@dataclass(slots=True)
class Upload:
    """A file of the inbox, and what intake must make of it.

    Attributes:
        path: below the inbox, `<folder>/<period>/<file name>`.
        batch: month (index) in whose round the file arrives; a late correction arrives after its own month.
        arrived: modification time of the file, strictly increasing over the sample.
        status: as in `raw.upload`; None for a file that is no upload at all.
        why: what was planted, where it is out of the ordinary.
        quarantined: rows that must go to quarantine, of an upload that is not rejected.
    """

    path: str
    batch: int
    kind: str
    sheets: list[Sheet] = field(default_factory=list)
    csv_style: CsvStyle = field(default_factory=CsvStyle)
    raw: Callable[[], bytes] | None = None
    status: str | None = "accepted"
    why: str = ""
    quarantined: int = 0
    registers: tuple[str, ...] = ()
    arrived: datetime = ARRIVAL[0]

    def content(self) -> bytes:
        """The bytes of the file."""
        if self.raw is not None:
            return self.raw()
        stamp = ARRIVAL[self.batch].replace(tzinfo=None)
        match self.kind:
            case "xlsx":
                return writers.xlsx(self.sheets, stamp)
            case "xlsm":
                return writers.xlsm(self.sheets, stamp)
            case "xls":
                return writers.xls(self.sheets)
            case "ods":
                return writers.ods(self.sheets)
            case "csv":
                return writers.csv_file(self.sheets[0].rows, self.csv_style)
        raise ValueError(self.kind)


@dataclass(slots=True)
class Habits:
    """How a village fills its forms; the same in every month."""

    codes: str  # code | number | label | words
    dates: str  # real | slashes | dashes | iso | quoted
    amounts: str  # number | dotted | rupiah
    headers: str  # plain | upper | spaced
    title_case: bool
    dirty: bool
    title_rows: int
    rw_dash: bool
    end_mark: bool
    blank_rows: bool
    file_kind: str


class VillageFiles:
    """Makes the uploads of one village."""

    def __init__(
        self, world: World, office: VillageOffice, listed: dict[int, list[Family]], recorded: list[Family]
    ) -> None:
        """Args: the families that the village lists by month, and those it has recorded anything about."""
        self.world, self.office, self.listed, self.recorded = world, office, listed, recorded
        self.rng = rng = random.Random(f"{world.seed}:uploads:{office.code}")
        self.place = office.area.village_name
        opensid = office.style in ("opensid", "ddk")
        self.habits = Habits(
            codes=rng.choice(("code", "code", "number", "label") if opensid else ("code", "number", "label", "words")),
            dates=rng.choice(("real", "slashes", "quoted", "iso") if opensid else ("real", "slashes", "dashes", "iso")),
            amounts=rng.choice(("number", "number", "dotted", "rupiah")),
            headers=rng.choice(("plain", "plain", "upper", "spaced")),
            title_case=rng.random() < 0.1,
            dirty=rng.random() < 0.5,
            title_rows=rng.choice((0, 0, 2, 3)) if opensid else 0,
            rw_dash=opensid and rng.random() < 0.35,
            end_mark=opensid and rng.random() < 0.35,
            blank_rows=rng.random() < 0.25,
            file_kind=_file_kind(office.style, rng),
        )
        self._numbers = 0

    # ------------------------------------------------------------------ cells

    def _number(self, text: str) -> str:
        """A NIK or card number as people and programs write it; all of these are repaired without loss."""
        if not self.habits.dirty or len(text) != 16 or self.rng.random() > 0.06:
            return text
        match self.rng.randrange(6):
            case 0:
                return f"'{text}"
            case 1:
                return f"{text}\u00a0"
            case 2:
                return f" {text} "
            case 3:
                return f"{text[:2]}.{text[2:6]}.{text[6:12]}.{text[12:]}"
            case 4:
                return f"{text}.00"
            case _:
                return f"{text[:6]} {text[6:12]} {text[12:]}"

    def _code(self, column: str, value: int) -> Cell:
        match self.habits.codes:
            case "code":
                return str(value)
            case "number":
                return value
            case "words" if column in forms.OTHER_WORDS:
                return forms.OTHER_WORDS[column][value]
            case _:
                return forms.LABELS[column][value]

    def _date(self, value: date | None, written: str | None = None) -> Cell:
        if written is not None:
            return written
        if value is None:
            return None
        match self.habits.dates:
            case "slashes":
                return f"{value:%d/%m/%Y}"
            case "dashes":
                return f"{value:%d-%m-%Y}"
            case "iso":
                return value.isoformat()
            case "quoted":
                return f"'{value.isoformat()}"
            case _:
                return value

    def _amount(self, value: int | None) -> Cell:
        if value is None:
            return None
        match self.habits.amounts:
            case "dotted":
                return f"{value:,}".replace(",", ".")
            case "rupiah":
                return f"Rp {value:,}".replace(",", ".") + ",00"
            case _:
                return value

    def _name(self, name: str) -> str:
        written = name.title() if self.habits.title_case else name
        return written.replace(" ", "  ", 1) if self.habits.dirty and self.rng.random() < 0.01 else written

    def _heading(self, column: str) -> str:
        match self.habits.headers:
            case "upper":
                return column.upper()
            case "spaced":
                return column.replace("_", " ").title()
            case _:
                return column

    # ------------------------------------------------------------------ penduduk

    def _families(self, month: int, *, mended: bool = False) -> list[Family]:
        code = self.office.code
        found = [f for f in self.listed[month] if mended or (code, month) not in f.forgotten_in]
        return sorted(found, key=lambda f: (f.rw, f.rt))

    def _person_row(self, family: Family, person: Person, month: int) -> Row:
        status = family.status_by.get(self.office.code, person.status[month])
        nik: Cell = self._number(person.nik_written)
        card: Cell = self._number(family.no_kk)
        if "numeric_numbers" in self.office.quirks:
            card = int(family.no_kk)
            nik = int(nik) if isinstance(nik, str) and nik.isdigit() else nik
        if "damaged_niks" in self.office.quirks and len(person.nik_written) == 16 and person.nik_written.isdigit():
            nik = int(person.nik_written[:15] + "0")
        return {
            "no_kk": card,
            "nik": nik,
            "nama": self._name(person.name),
            "sex": self._code("sex", person.sex),
            "tempatlahir": person.birth_place,
            "tanggallahir": self._date(person.birth_date, person.birth_written),
            "kk_level": self._code("kk_level", person.relation),
            "pendidikan_kk_id": self._code("pendidikan_kk_id", person.education),
            "pendidikan_sedang_id": self._code("pendidikan_sedang_id", person.schooling),
            "pekerjaan_id": self._code("pekerjaan_id", person.job),
            "status_kawin": self._code("status_kawin", person.marital),
            "cacat_id": None if person.disability == NO_DISABILITY else self._code("cacat_id", person.disability),
            # A blank status is a living person.
            "status_dasar": None
            if status == LIVING and self.rng.random() < 0.01
            else self._code("status_dasar", status),
            "alamat": family.address,
            "dusun": family.hamlet,
            "rw": "-" if self.habits.rw_dash else family.rw,
            "rt": family.rt,
            "agama_id": self._code("agama_id", 1),
            "warganegara_id": self._code("warganegara_id", 1),
            "nama_ayah": person.parents[0] or None,
            "nama_ibu": person.parents[1] or None,
            "golongan_darah_id": self._code("golongan_darah_id", 13),
        }

    def _population(self, families: list[Family], month: int) -> list[Row]:
        return [
            self._person_row(family, person, month)
            for family in families
            for person in family.persons
            if person.since <= month
        ]

    def _lost_rows(self, month: int, families: list[Family]) -> list[Row]:
        """Rows that must be quarantined: they are of nobody who counts."""
        rng = self.rng
        if rng.random() > 0.14:
            return []
        rows = []
        for _ in range(rng.choice((1, 1, 2, 3))):
            family = rng.choice(families)
            row = self._person_row(family, family.head, month)
            kind = rng.choice(("short_card", "lost_card", "no_name", "no_such_status", "same_row"))
            if kind == "same_row" and (family.special or not family.head.is_plain or self.office.quirks):
                kind = "no_name"
            if kind != "same_row":
                self._numbers += 1
                row["nik"] = f"321699{rng.randint(1, 28):02d}0175{self._numbers:04d}"
                row["nama"] = f"{rng.choice(names.MALE_FIRST)} {rng.choice(names.MALE_SECOND)}"
            match kind:
                case "short_card":
                    row["no_kk"] = family.no_kk[:12]
                case "lost_card":
                    row["no_kk"] = "3.21601E+15"
                case "no_name":
                    row["nama"] = None
                case "no_such_status":
                    row["status_dasar"] = "TIDAK JELAS"
            rows.append(row)
        return rows

    # ------------------------------------------------------------------ the other registers

    def _welfare(self, month: int) -> tuple[list[Row], int]:
        rng, code = self.rng, self.office.code
        rows, lost = [], 0
        for family in self.recorded:
            for measure in family.measures:
                if measure.month == month and measure.village == code:
                    rows.append(self._welfare_row(family, measure))
                    lost += measure.flaw is not None
        unmeasured = [f for f in self.listed[month] if f.case == "unmeasured"]
        if rows and unmeasured and rng.random() < 0.12:
            family = rng.choice(unmeasured)
            row = self._welfare_row(family, Measure(month, code))
            match rng.randrange(4):
                case 0:
                    row["desil"] = 11
                case 1:
                    row["penghasilan_bulanan"] = "belum didata"
                case 2:
                    row["penghasilan_bulanan"], row["no_kk"] = 900_000, family.no_kk[:13]
                case _:
                    pass  # neither amount nor desil
            rows.append(row)
            lost += 1
        return rows, lost

    def _welfare_row(self, family: Family, measure: Measure) -> Row:
        income = self._amount(measure.income)
        if measure.flaw == "unreadable":
            income = "kurang lebih sejuta"
        elif measure.flaw == "negative":
            income = -750_000
        return {
            "no_kk": self._number(family.no_kk),
            "nik_kepala": family.head.nik_written,
            "nama_kepala": self._name(family.head.name),
            "penghasilan_bulanan": income,
            "pengeluaran_bulanan": self._amount(measure.spending),
            "desil": measure.desil,
            "id_keluarga_p3ke": None,
            "tanggal_pendataan": self._date(measure.surveyed),
        }

    def _decisions(self, month: int) -> tuple[list[Row], int]:
        rng, code = self.rng, self.office.code
        found = [
            (decision, family)
            for family in self.recorded
            for decision in family.decisions
            if decision.month == month and decision.village == code
        ]
        found.sort(key=lambda pair: pair[0].held_on)
        officers = [(f"{rng.choice(names.FEMALE_FIRST)} {rng.choice(names.FEMALE_SECOND)}", "TKSK"),
                    (f"{rng.choice(names.MALE_FIRST)} {rng.choice(names.MALE_SECOND)}", "PSM")]  # fmt: skip
        rows, lost = [], 0
        for number, (decision, family) in enumerate(found, start=1):
            officer, office = officers[number % 2]
            day = decision.held_on
            shown = decision.result.upper() if self.habits.headers == "upper" else decision.result
            rows.append(
                {
                    "no_kk": self._number(family.no_kk),
                    "tanggal_musyawarah": self._date(day),
                    "hasil": shown,
                    "alasan": decision.reason or None,
                    "nomor_berita_acara": f"470/{number:03d}/Ds/{ROMAN.get(day.month, 'I')}/{day.year}",
                    "petugas": officer,
                    "jabatan_petugas": office,
                }
            )
        if rows and rng.random() < 0.1:
            bad = dict(rows[-1])
            match rng.randrange(3):
                case 0:
                    bad["tanggal_musyawarah"] = "30 Februari 2023"
                case 1:
                    bad["hasil"] = "ditunda"
                case _:
                    bad["no_kk"] = "belum ada"
            rows.append(bad)
            lost += 1
        if rows and rng.random() < 0.06:
            # A decision on a family that no register lists is loaded with a warning and moves nothing.
            district = self.office.area.district_code.replace(".", "")
            rows.append(rows[-1] | {"no_kk": f"{district}310299{rng.randint(1, 99):04d}", "hasil": "layak"})
            if lost:
                rows[-1]["tanggal_musyawarah"] = self._date(found[-1][0].held_on)
        return rows, lost

    def _person_keys(self, family: Family, by: str) -> Row:
        return {
            "no_kk": self._number(family.no_kk) if by in ("kk", "both") else None,
            "nik": self._number(family.head.nik) if by in ("nik", "both") else None,
        }

    def _payments(self, month: int) -> tuple[list[Row], int]:
        rng, code = self.rng, self.office.code
        rows, lost = [], 0
        for family in self.recorded:
            for payment in family.payments:
                if payment.month != month or payment.village != code:
                    continue
                row = self._person_keys(family, payment.by) | {
                    "program": payment.programme,
                    "sumber_dana": payment.source,
                    "nilai": self._amount(payment.amount),
                    "tanggal_salur": self._date(payment.paid_on),
                    "penyalur": "Kantor Pos",
                    "keterangan": None,
                }
                rows.extend([row] * payment.times_listed)
        if rows and rng.random() < 0.08:
            bad = dict(rows[0])
            if rng.random() < 0.5:
                bad["nilai"] = None
            else:
                bad["tanggal_salur"] = "32/10/2023"
            rows.append(bad)
            lost += 1
        return rows, lost

    def _activities(self, month: int) -> tuple[list[Row], int]:
        rng, code = self.rng, self.office.code
        rows, lost = [], 0
        for family in self.recorded:
            for activity in family.activities:
                if activity.month != month or activity.village != code:
                    continue
                kind = activity.kind
                if self.habits.codes in ("label", "words"):
                    kind = kind.replace("_", " ").title()
                rows.append(
                    self._person_keys(family, activity.by)
                    | {
                        "jenis": kind,
                        "nama_kegiatan": activity.title,
                        "penyelenggara": "Dinas Sosial Kabupaten Bekasi",
                        "tanggal_mulai": self._date(activity.started_on),
                        "tanggal_selesai": self._date(activity.finished_on),
                        "hasil": activity.outcome,
                        "nilai": self._amount(activity.amount),
                    }
                )
        if rows and rng.random() < 0.06:
            rows.append(dict(rows[0]) | {"jenis": "rapat koordinasi"})
            lost += 1
        return rows, lost

    # ------------------------------------------------------------------ sheets

    def _with_blanks(self, rows: Rows) -> Rows:
        if not self.habits.blank_rows or len(rows) < 12:
            return rows
        gap = self.rng.randint(4, len(rows) - 4)
        return [*rows[:gap], [None] * len(rows[0]), *rows[gap:]]

    def _entas_sheet(self, register: str, rows: list[Row]) -> Sheet:
        columns = forms.ENTAS_COLUMNS[register]
        body = self._with_blanks([[row.get(column) for column in columns] for row in rows])
        return Sheet(register, [[self._heading(column) for column in columns], *body])

    def _opensid_sheet(self, rows: list[Row], month: int) -> Sheet:
        kind = "KELURAHAN" if self.office.area.village_kind == "kelurahan" else "DESA"
        titles = [
            [f"DATA PENDUDUK {kind} {self.place.upper()}"],
            [f"KECAMATAN {self.office.area.district_name.upper()} KABUPATEN BEKASI"],
            [f"KEADAAN BULAN {MONTH_NAMES[month].upper()} 2023"],
        ][: self.habits.title_rows]
        head: Rows = [*titles, []] if titles else []
        body = self._with_blanks([[row.get(column) for column in forms.OPENSID_COLUMNS] for row in rows])
        tail: Rows = [["###"], ["JANGAN MENGISI DI BAWAH BARIS INI"]] if self.habits.end_mark else []
        return Sheet("Data Penduduk", [*head, [self._heading(c) for c in forms.OPENSID_COLUMNS], *body, *tail])

    def _ddk_sheet(self, month: int) -> Sheet:
        """DDK lists the families again every month, with the newest answers known to the village."""
        groups: list[Cell] = []
        questions: list[Cell] = []
        for group, asked in forms.DDK_QUESTIONS:
            groups += [group, *[None] * (len(asked) - 1)]
            questions += asked
        blank: list[Cell] = [None] * len(forms.DDK_IDENTITY)
        rows: Rows = [
            [*forms.DDK_IDENTITY, *groups],
            [*blank, *questions],
            [*blank, *(str(number) for number in range(1, len(questions) + 1))],
        ]
        for family in self._families(month):
            known = [m for m in family.measures if m.month <= month and m.income is not None and m.flaw is None]
            own = [m for m in known if m.village == self.office.code] or known
            if not own:
                continue
            newest = max(own, key=lambda m: m.month)
            answers: list[Cell] = [None] * len(questions)
            answers[0], answers[1] = self._amount(newest.income), self._amount(newest.spending)
            answers[2] = self.rng.choice(("169", "170", "172"))
            answers[48:51] = [self.rng.choice(("1", "2", "3")) for _ in range(3)]
            head = family.head
            rows.append(
                [
                    len(rows) - 2,
                    self._number(family.no_kk),
                    self._name(head.name),
                    "LP"[head.sex - 1],
                    family.hamlet,
                    "-" if self.habits.rw_dash else family.rw,
                    family.rt,
                    None,
                    *answers,
                ]
            )
        return Sheet("Data", [*rows, ["###"]] if self.habits.end_mark else rows)

    # ------------------------------------------------------------------ files

    def _path(self, month: int, name: str) -> str:
        folder = self.office.code.replace(".", "") if "undotted_folder" in self.office.quirks else self.office.code
        return f"{folder}/{PERIODS[month]}/{name}"

    def _file(
        self, month: int, name: str, kind: str, sheets: list[Sheet], *, batch: int | None = None, **fields
    ) -> Upload:
        lost = fields.pop("quarantined", 0)
        status = fields.pop("status", None) or ("accepted_with_quarantine" if lost else "accepted")
        return Upload(
            path=self._path(month, f"{name}.{kind}"),
            batch=month if batch is None else batch,
            kind=kind,
            sheets=sheets,
            quarantined=lost if status != "rejected" else 0,
            status=status,
            **fields,
        )

    def files(self) -> Iterator[Upload]:
        """All uploads of the village, in the order in which they arrive within a month's round."""
        for month in MONTHS:
            yield from self._beside(month, before=True)
            main = list(self._month(month))
            yield from main
            yield from self._beside(month, before=False, main=main)

    def _month(self, month: int) -> Iterator[Upload]:
        office, habits = self.office, self.habits
        population: list[Row] = []
        lost: dict[str, int] = {}
        if office.sends_register[month]:
            families = self._families(month)
            population = self._population(families, month)
            extra = self._lost_rows(month, families)
            population += extra
            lost["penduduk"] = len(extra)
        rows: dict[str, list[Row]] = {}
        if office.sends_events[month]:
            if office.style != "ddk":
                rows["kesejahteraan"], lost["kesejahteraan"] = self._welfare(month)
            rows["verifikasi"], lost["verifikasi"] = self._decisions(month)
            rows["bantuan"], lost["bantuan"] = self._payments(month)
            rows["pemberdayaan"], lost["pemberdayaan"] = self._activities(month)
        if not population and not any(rows.values()):
            return
        if office.style in ("opensid", "ddk") and population:
            name = f"Data Penduduk {self.place} {MONTH_NAMES[month]} 2023"
            sheets = [self._opensid_sheet(population, month)]
            if habits.file_kind == "xlsm":
                sheets.append(_code_sheet())
            yield self._file(
                month, name, habits.file_kind, sheets, quarantined=lost.pop("penduduk"), registers=("penduduk",)
            )
            population = []
            if office.style == "ddk":
                name, kind = f"DDK {self.place} {PERIODS[month]}", "xls" if habits.file_kind == "xls" else "xlsx"
                yield self._file(month, name, kind, [self._ddk_sheet(month)], registers=("kesejahteraan",))
        if population:
            rows = {"penduduk": population, **rows}
        filled = {register: found for register, found in rows.items() if found}
        if not filled:
            return
        if office.style == "entas_csv":
            for register, found in filled.items():
                yield self._file(
                    month,
                    f"{register}-{PERIODS[month]}",
                    "csv",
                    [self._entas_sheet(register, found)],
                    csv_style=self._csv_style(),
                    quarantined=lost.get(register, 0),
                    registers=(register,),
                )
            return
        yield self._workbook(month, filled, sum(lost.values()), has_register=bool(population))

    def _workbook(self, month: int, filled: dict[str, list[Row]], lost: int, *, has_register: bool) -> Upload:
        """Entas's own workbook; registers without rows keep their empty sheets."""
        office = self.office
        fields: dict = {}
        if "part_beside_events" in office.quirks and not office.sends_register[month]:
            families = self._families(month)
            part = families[: max(2, len(families) // 5)]
            filled = {"penduduk": self._population(part, month), **filled}
            fields = {
                "status": "accepted_with_quarantine",
                "why": "penduduk lists fewer than half of the families in force: that register is not taken",
            }
        order = [r for r in forms.ENTAS_COLUMNS if r != "penduduk" or has_register or "penduduk" in filled]
        sheets = [self._entas_sheet(register, filled.get(register, [])) for register in order]
        if self.habits.title_case:
            sheets.insert(0, Sheet("Petunjuk", [["Isi setiap lembar. Jangan mengubah judul kolom."]]))
        label = "LENGKAP " if "complete_by_name" in office.quirks else ""
        events = "Kejadian " if not has_register else ""
        name = f"Entas {label}{events}{self.place} {PERIODS[month]}"
        kind = {"entas_xlsm": "xlsm", "entas_xls": "xls", "entas_ods": "ods"}.get(office.style, "xlsx")
        return self._file(month, name, kind, sheets, quarantined=lost, registers=tuple(filled), **fields)

    def _csv_style(self) -> CsvStyle:
        styles = (
            CsvStyle(";", "utf-8-sig"),
            CsvStyle(",", "utf-8"),
            CsvStyle("\t", "utf-16"),
            CsvStyle(";", "cp1252"),
            CsvStyle(",", "utf-8-sig"),
        )
        return styles[int(self.office.code[-2:]) % len(styles)]

    # ------------------------------------------------------------------ what comes beside the monthly files

    def _beside(self, month: int, *, before: bool, main: list[Upload] = ()) -> Iterator[Upload]:
        quirks = self.office.quirks
        stem = f"Data Penduduk {MONTH_NAMES[month]}"
        if before:
            if month == 1 and quirks & {"unreadable_only", "unreadable_first"}:
                yield self._file(month, stem, "xlsx", [], raw=self._broken, status="rejected",
                                 why="a workbook cut off in its upload cannot be read")  # fmt: skip
            if month == 1 and "part_first" in quirks:
                families = self._families(month)
                part = families[: len(families) // 4]
                rows = self._population(part, month)
                sheet = (
                    self._opensid_sheet(rows, month)
                    if self.office.style == "opensid"
                    else self._entas_sheet("penduduk", rows)
                )
                yield self._file(month, "Penduduk RT 003", "xlsx", [sheet], status="rejected",
                                 registers=("penduduk",),
                                 why="lists fewer than half of the families in force: a part")  # fmt: skip
            if month == 1 and "damaged_card_numbers" in quirks:
                rows = self._population(self._families(month), month)
                for row, number in zip(rows, range(len(rows)), strict=True):
                    row["no_kk"] = 3_216_010_000_000_000 + number * 10
                yield self._file(month, f"{stem} (Excel)", "xlsx", [self._opensid_sheet(rows, month)],
                                 status="rejected", registers=("penduduk",),
                                 why="Excel kept 15 digits of every card number: no row can be accepted")  # fmt: skip
            if month == 1 and "foreign_rows" in quirks:
                yield self._foreign_rows(month)
            return
        for number in MONTHS:
            if f"copy_{number + 1}" in quirks and month == number and main:
                original = main[0]
                yield Upload(
                    path=original.path.replace(f".{original.kind}", f" (1).{original.kind}"),
                    batch=month,
                    kind=original.kind,
                    sheets=original.sheets,
                    status="duplicate",
                    why="the same bytes under another name",
                    registers=original.registers,
                )
        if month == 0 and "no_register" in quirks:
            rows: Rows = [["No", "Nama Peserta", "Tanda Tangan"], ["1", "AAN", ""], ["2", "UUM", ""]]
            yield self._file(month, "Daftar Hadir Rapat", "csv", [Sheet("", rows)], status="rejected",
                             why="holds no register")  # fmt: skip
        if month == 1 and "malformed_period" in quirks:
            for period in ("2023-13", "2099-01"):
                rows = self._population(self._families(month)[:3], month)
                yield Upload(
                    path=f"{self.office.code}/{period}/Penduduk.xlsx",
                    batch=month,
                    kind="xlsx",
                    sheets=[self._entas_sheet("penduduk", rows)],
                    status="rejected",
                    why="no such month" if period == "2023-13" else "a month in the future",
                    registers=("penduduk",),
                )
        if month == 2 and "late_register" in quirks:
            rows = self._population(self._families(1, mended=True), 1)
            yield self._file(1, "Perbaikan Penduduk September 2023", "xlsx", [self._entas_sheet("penduduk", rows)],
                             batch=2, registers=("penduduk",),
                             why="a correction of the month before: lists the families then forgotten")  # fmt: skip

    def _broken(self) -> bytes:
        whole = writers.xlsx([self._entas_sheet("penduduk", [])], ARRIVAL[1].replace(tzinfo=None))
        return whole[: len(whole) * 6 // 10]

    def _foreign_rows(self, month: int) -> Upload:
        """Rows of a neighbour, by the column that names the village."""
        neighbour = next(
            o
            for o in self.world.offices.values()
            if o.code != self.office.code and o.area.district_code == self.office.area.district_code
        )
        rows = self._population(self._families(month), month)
        columns = forms.ENTAS_COLUMNS["penduduk"]
        table: Rows = [[*columns, "Desa/Kel"]]
        table += [[*(row.get(column) for column in columns), neighbour.area.village_name] for row in rows]
        return self._file(month, "Penduduk kiriman", "xlsx", [Sheet("Sheet1", table)], status="rejected",
                          registers=("penduduk",), why="its area column names another village")  # fmt: skip


def _file_kind(style: str, rng: random.Random) -> str:
    return rng.choice(("xlsx", "xlsx", "xlsm", "xls")) if style in ("opensid", "ddk") else "xlsx"


def _code_sheet() -> Sheet:
    """OpenSID's template carries its codes on a second sheet."""
    rows: Rows = [["KODE", "KETERANGAN"]]
    rows += [[str(code), label] for labels in forms.LABELS.values() for code, label in labels.items()]
    return Sheet("Kode Data", rows)


def make_uploads(world: World) -> list[Upload]:
    """All uploads in order of arrival: by round, then village, then file."""
    listed: dict[str, dict[int, list[Family]]] = {code: {month: [] for month in MONTHS} for code in world.offices}
    recorded: dict[str, list[Family]] = {code: [] for code in world.offices}
    for family in world.families:
        for month, codes in enumerate(family.listed):
            for code in codes:
                listed[code][month].append(family)
        records = (*family.measures, *family.decisions, *family.payments, *family.activities)
        for code in sorted({record.village for record in records}):
            recorded[code].append(family)
    found: list[tuple[int, str, Upload]] = []
    for code, office in world.offices.items():
        files = VillageFiles(world, office, listed[code], recorded[code]).files()
        found += [(upload.batch, code, upload) for upload in files]
    found.append((0, "32.16.99", _of_another_regency()))
    found.sort(key=lambda item: item[:2])  # stable: the files of one village stay in their order
    arrived = {month: ARRIVAL[month] for month in MONTHS}
    uploads = []
    for batch, _, upload in found:
        upload.arrived = arrived[batch]
        arrived[batch] += STEP
        uploads.append(upload)
    return uploads


def _of_another_regency() -> Upload:
    columns = forms.ENTAS_COLUMNS["penduduk"]
    row: list[Cell] = ["3215010101010001", "3215010101800001", "UJANG KARTA", "1", "KARAWANG", "01/01/1980", "1"]
    return Upload(
        path="32.15.01.2001/2023-08/Penduduk.xlsx",
        batch=0,
        kind="xlsx",
        sheets=[Sheet("penduduk", [list(columns), row])],
        status="rejected",
        why="a village of another regency",
        registers=("penduduk",),
    )


#: Files that lie in the inbox and are no uploads: a lock file, a system file, and one still being sent.
NO_UPLOADS = ("~$Entas.xlsx", ".DS_Store", "Data Penduduk.xlsx.part")
