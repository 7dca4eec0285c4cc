"""A plain, slow reference model of Entas: sections 4 to 7 of the design, sentence by sentence.

Input is the ordered list of uploads (:class:`Upload`, in order of receipt). Output is what three relations must hold:

* ``raw.upload``, one :class:`UploadRow` an upload;
* ``marts.fct_household_status_monthly``, one dict a household and period, keyed by column name;
* ``marts.rpt_extreme_poverty_monthly``, one dict an area and period, keyed by column name.

The sentences quoted in the comments are the design's own; the code below each makes it true and nothing else. No
pandas, no SQL, no code of ``entas``: loops, dicts and fractions only, so that it can be checked by reading. Where the
design leaves a value open the model says ``None`` in :class:`UploadRow`, or reads it as "how we read it" says.

Money is in rupiah, periods are months counted from year 0 (:func:`month_number`) inside and ``YYYY-MM`` outside.
"""

from __future__ import annotations

import calendar
import csv
import hashlib
import hmac
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from . import cells
from .cells import Cell, Parsed

REGISTERS = ("penduduk", "kesejahteraan", "verifikasi", "bantuan", "pemberdayaan")
#: "`verifikasi`, `bantuan`, `pemberdayaan` list events".
EVENTS = ("verifikasi", "bantuan", "pemberdayaan")
IDENTIFIERS = ("no_kk", "nik", "nik_kepala")
_NO_CELL: tuple[Cell, bool] = (None, False)
#: "That the family is *gone* (tidak layak because meninggal, pindah, ganda, tidak ditemukan)" and its reasons.
GONE = {"meninggal": "died", "pindah": "moved_out", "ganda": "duplicate", "tidak_ditemukan": "not_found"}
#: "tidak layak otherwise": "`found_ineligible` (tidak layak sejak awal, mampu), `graduated` (graduasi), `other`".
INELIGIBLE = {"tidak_layak_sejak_awal": "found_ineligible", "graduasi": "graduated", "lainnya": "other"}
ENTERED = ("returned", "newly_registered", "verified_eligible", "fell_below_line")
EXITED = (
    "died", "moved_out", "not_found", "duplicate", "missing_from_register",
    "graduated", "found_ineligible", "unmeasured", "other",
)  # fmt: skip
MEASURES = ("penghasilan_bulanan", "pengeluaran_bulanan", "desil")
#: "per-capita above Rp50 million a month".
PER_CAPITA_CEILING = 50_000_000


# ------------------------------------------------------------------------------------------------ input


@dataclass(frozen=True)
class Sheet:
    """One sheet of a file: its header cells and the rows below them."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Upload:
    """A file as intake meets it; the order of a list of uploads is the order of receipt.

    ``content`` stands for the bytes (equal contents, equal bytes); ``received_on`` is the Jakarta day of receipt.
    """

    village: str
    period: str
    file_name: str
    sheets: tuple[Sheet, ...]
    content: str = ""
    received_on: date = date(2026, 1, 1)
    readable: bool = True

    @property
    def identity(self) -> str:
        """What tells one file's bytes from another's."""
        return self.content or repr((self.sheets, self.readable))


@dataclass(frozen=True)
class Area:
    """A village and the district it lies in, by Kemendagri code, and the village's name."""

    village: str
    district: str
    name: str = ""

    @property
    def regency(self) -> str:
        """Code of the regency: the first two parts of the village's."""
        return ".".join(self.village.split(".")[:2])


def bekasi() -> list[Area]:
    """The 187 villages of Kabupaten Bekasi."""
    with (Path(__file__).parent / "villages.csv").open(encoding="utf-8", newline="") as file:
        return [Area(row["village_code"], row["district_code"], row["village_name"]) for row in csv.DictReader(file)]


@dataclass(frozen=True)
class Policy:
    """The policy in force; the defaults are Bekasi's ("Rp10,739 a day of *income*", strict, every extreme poor)."""

    rupiah_per_day: Fraction = Fraction(10739)
    basis: str = "income"
    strict: bool = True
    count_rule: str = "measured_or_verified"

    @property
    def line(self) -> Fraction:
        """ "The *line* is rupiah per person per day x 30"."""
        return self.rupiah_per_day * 30

    @property
    def basis_column(self) -> str:
        """ "(`penghasilan_bulanan` for income, `pengeluaran_bulanan` for expenditure)"."""
        return {"income": "penghasilan_bulanan", "expenditure": "pengeluaran_bulanan"}[self.basis]


# ------------------------------------------------------------------------------------------------ output


@dataclass(frozen=True)
class UploadRow:
    """A row of ``raw.upload``; None where the design does not say what must stand there."""

    village_code: str
    period: str
    file_name: str
    status: str
    rows_read: int | None
    rows_accepted: int
    rows_quarantined: int | None
    rows_warned: int
    reason: str = field(default="", compare=False)


@dataclass
class Result:
    """Everything the model says about a list of uploads."""

    uploads: list[UploadRow]
    statuses: list[dict[str, Any]]
    report: list[dict[str, Any]]


# ------------------------------------------------------------------------------------------------ periods


def month_number(period: str | date) -> int:
    """Months since year 0, so that differences are ages."""
    if isinstance(period, date):
        return period.year * 12 + period.month - 1
    year, month = period.split("-")
    return int(year) * 12 + int(month) - 1


def period_text(month: int) -> str:
    """``YYYY-MM`` of a month number."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def first_day(month: int) -> date:
    """First day of a month number."""
    return date(month // 12, month % 12 + 1, 1)


def last_day(month: int) -> date:
    """Last day of a month number."""
    return date(month // 12, month % 12 + 1, calendar.monthrange(month // 12, month % 12 + 1)[1])


def within_12_months(day: date, month: int) -> bool:
    """ "*Within 12 months* of m, here, is from the first day of m-11 to the last day of m." """
    return first_day(month - 11) <= day <= last_day(month)


# ------------------------------------------------------------------------------------------------ reading


@dataclass
class Row:
    """A row of a register with any content, its parsed cells, and what the rules say about it."""

    register: str
    position: int
    values: dict[str, Any]
    critical: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def __getitem__(self, column: str) -> Any:
        return self.values.get(column)


@dataclass
class Received:
    """An upload after intake: the register rows that it loaded, by register."""

    order: int
    upload: Upload
    village: str
    month: int | None
    status: str = "accepted"
    loaded: dict[str, list[Row]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    @property
    def taken(self) -> bool:
        """Whether anything of it counts."""
        return self.status in ("accepted", "accepted_with_quarantine")


def normal_header(header: str) -> str:
    """Headers are "compared without case, spaces and punctuation"."""
    return "".join(letter for letter in header.casefold() if letter.isalnum())


#: A P3KE list of families: "no family card number: the key is ID Keluarga and the head's NIK".
P3KE = {
    "ID Keluarga": "id_keluarga_p3ke",
    "Desil Kesejahteraan": "desil",
    "Kepala Keluarga": "nama_kepala",
    "NIK": "nik_kepala",
}


def is_p3ke(header: Sequence[str]) -> bool:
    """Whether a sheet is such a list, by its headers."""
    return {normal_header(name) for name in P3KE} <= {normal_header(name) for name in header}


def register_of(header: Sequence[str]) -> str | None:
    """ "What a file holds is told by its headers, never by its name".

    "Required: `penduduk` no_kk, nik, nama, sex, tanggallahir, kk_level; `kesejahteraan` no_kk and one of the two
    amounts or desil; `verifikasi` no_kk, tanggal_musyawarah, hasil; `bantuan` no_kk or nik, program, nilai,
    tanggal_salur; `pemberdayaan` no_kk or nik, jenis, tanggal_mulai."
    """
    found = {normal_header(name) for name in header}

    def has(*columns: str) -> bool:
        return all(normal_header(column) in found for column in columns)

    if has("no_kk", "nik", "nama", "sex", "tanggallahir", "kk_level"):
        return "penduduk"
    if has("no_kk", "tanggal_musyawarah", "hasil"):
        return "verifikasi"
    if (has("no_kk") or has("nik")) and has("program", "nilai", "tanggal_salur"):
        return "bantuan"
    if (has("no_kk") or has("nik")) and has("jenis", "tanggal_mulai"):
        return "pemberdayaan"
    if is_p3ke(header):
        return "kesejahteraan"
    if has("no_kk") and (has("penghasilan_bulanan") or has("pengeluaran_bulanan") or has("desil")):
        return "kesejahteraan"
    return None


def _rows_of(sheets: Iterable[Sheet]) -> dict[str, list[dict[str, tuple[Cell, bool]]]]:
    """Rows with any content by register, each cell with whether its column of the sheet is damaged.

    "A sheet with headers and no rows is no upload of that register": such a register is not in the result.
    """
    found: dict[str, list[dict[str, tuple[Cell, bool]]]] = defaultdict(list)
    for sheet in sheets:
        register = register_of(sheet.header)
        if register is None:
            continue
        columns = {name.strip().casefold(): index for index, name in enumerate(sheet.header)}
        if is_p3ke(sheet.header):
            columns = {P3KE[name]: index for index, name in enumerate(sheet.header)}
        damaged = {
            name: name in IDENTIFIERS
            and cells.column_is_damaged(row[index] if index < len(row) else None for row in sheet.rows)
            for name, index in columns.items()
        }
        for row in sheet.rows:
            if not any(cells.text_of(cell) for cell in row):
                continue
            found[register].append(
                {name: (row[index] if index < len(row) else None, damaged[name]) for name, index in columns.items()}
            )
    return dict(found)


class Intake:
    """Sections 4 and 5: receives uploads one by one and remembers what of them counts."""

    def __init__(self, areas: Iterable[Area], policy: Policy) -> None:
        self.policy = policy
        self.villages = {area.village: area.name for area in areas}
        self.received: list[Received] = []
        self.rows: list[UploadRow] = []

    # -------------------------------------------------------------------------------- one upload

    def receive(self, upload: Upload) -> UploadRow:
        """Judge an upload by the uploads received before it, and keep what it loads."""
        village = _dotted(upload.village)
        kept = Received(len(self.received), upload, village, _month_or_none(upload.period))
        row = self._judge(kept)
        self.received.append(kept)
        self.rows.append(row)
        return row

    def _judge(self, kept: Received) -> UploadRow:
        upload = kept.upload

        def refuse(reason: str, read: int | None, quarantined: int | None) -> UploadRow:
            kept.status = "rejected"
            kept.loaded = {}
            return self._row(kept, read, 0, quarantined, 0, reason)

        # "A village that is not one of the regency's, a malformed or future period, an unreadable file, a file
        # without a known register … are `rejected`, with the reason".
        # The design does not say whether the rows of a file in a wrong folder are read.
        if kept.village not in self.villages:
            return refuse("village", None, None)
        if kept.month is None or kept.month > month_number(upload.received_on):
            return refuse("period", None, None)

        # "The same bytes as an upload for that village and period of which nothing has been replaced or refused since
        # change nothing (`duplicate`)."
        for earlier in self.received:
            if (
                (earlier.village, earlier.month) == (kept.village, kept.month)
                and earlier.upload.identity == upload.identity
                and self._stands_whole(earlier)
            ):
                kept.status = "duplicate"
                return self._row(kept, 0, 0, 0, 0, "duplicate")

        found = _rows_of(upload.sheets) if upload.readable else {}
        if not found:
            # "and a file of such sheets alone holds no known register."
            return refuse("unreadable" if not upload.readable else "no register", 0, 0)

        # "and one whose area column names another village in most rows are `rejected`".
        named = [
            name for rows in found.values() for row in rows if (name := cells.text_of(row.get("desa", _NO_CELL)[0]))
        ]
        others = [name for name in named if name.casefold() != self.villages[kept.village].casefold()]
        if 2 * len(others) > len(named):
            return refuse("area", None, None)

        judged: dict[str, list[Row]] = {}
        for register in REGISTERS:
            if register in found:
                judged[register] = JUDGES[register](found[register], upload.received_on)
                if register == "penduduk":
                    _judge_repeated_niks(judged[register])
                    _judge_heads(judged[register])

        # "Rejection of a snapshot is by register".
        if "penduduk" in judged and not self._snapshot_can_be_taken(kept, judged["penduduk"]):
            kept.refused.append("penduduk")
        kept.loaded = {
            register: [row for row in rows if not row.critical]
            for register, rows in judged.items()
            if register not in kept.refused
        }
        everything = [row for rows in judged.values() for row in rows]
        quarantined = sum(1 for row in everything if row.critical)
        if not kept.loaded:
            return refuse("penduduk", len(everything), quarantined)

        self._warn_of_unlisted(kept)
        # "a workbook whose other registers are good is `accepted_with_quarantine`, and its reason names the register".
        kept.status = "accepted_with_quarantine" if quarantined or kept.refused else "accepted"
        loaded = [row for rows in kept.loaded.values() for row in rows]
        return self._row(
            kept,
            len(everything),
            len(loaded),
            quarantined,
            sum(1 for row in loaded if row.warnings),
            ", ".join(kept.refused),
        )

    def _row(
        self, kept: Received, read: int | None, accepted: int, quarantined: int | None, warned: int, reason: str
    ) -> UploadRow:
        upload = kept.upload
        return UploadRow(
            kept.village, upload.period, upload.file_name, kept.status, read, accepted, quarantined, warned, reason
        )

    def _stands_whole(self, earlier: Received) -> bool:
        """Whether an upload is one "of which nothing has been replaced or refused since"."""
        if not earlier.taken or earlier.refused:
            return False
        for later in self.received[earlier.order + 1 :]:
            if not later.taken or later.village != earlier.village:
                continue
            # "a decision listed again counts as received when last listed, with the alasan given then": how we read
            # it, the listing before is replaced, whatever folder the new one lies in.
            if not self._events_are_replaced(later) and {_decision(r) for r in earlier.loaded.get("verifikasi", [])} & {
                _decision(r) for r in later.loaded.get("verifikasi", [])
            }:
                return False
            if later.month != earlier.month:
                continue
            # "for a period the last one received replaces the earlier as a whole."
            if "penduduk" in earlier.loaded and "penduduk" in later.loaded:
                return False
            # "a file of the same name in the same folder replaces all events of the one before it".
            if any(e in earlier.loaded for e in EVENTS) and later.upload.file_name == earlier.upload.file_name:
                return False
            # `kesejahteraan`: "the row of the latest period counts, then the last received." A family's row that
            # a later upload of the same folder gives again is replaced: to send the older file again means something.
            if any(
                self._same_family(mine, theirs)
                for mine in earlier.loaded.get("kesejahteraan", [])
                for theirs in later.loaded.get("kesejahteraan", [])
            ):
                return False
        return True

    def _same_family(self, one: Row, other: Row) -> bool:
        """Whether two rows of `kesejahteraan` are about one family: of the same card; or, where one has no card number,
        how we read it, of the same head, or of a card on which some register lists that head."""
        if one["no_kk"] and other["no_kk"]:
            return bool(one["no_kk"] == other["no_kk"])
        if one["nik_kepala"] and one["nik_kepala"] == other["nik_kepala"]:
            return True
        return any(
            (person["no_kk"], person["nik"]) == (card["no_kk"], head["nik_kepala"])
            for card, head in ((one, other), (other, one))
            if card["no_kk"] and not head["no_kk"]
            for upload in self.received
            for person in upload.loaded.get("penduduk", [])
        )

    def _events_are_replaced(self, upload: Received) -> bool:
        """ "a file of the same name in the same folder replaces all events of the one before it"."""
        return any(
            later.taken
            and (later.village, later.month, later.upload.file_name)
            == (upload.village, upload.month, upload.upload.file_name)
            for later in self.received[upload.order + 1 :]
        )

    def _snapshot_can_be_taken(self, kept: Received, rows: list[Row]) -> bool:
        good = [row for row in rows if not row.critical]
        # "It is rejected when fewer than half of its rows can be accepted (the file is damaged, and must not empty a
        # village)".
        if 2 * len(good) < len(rows):
            return False
        # "and when it lists fewer than half as many families as the register in force that it would replace or follow
        # …, unless its file name contains `lengkap` in any case of letters, which excuses a part but never damage."
        if "lengkap" in kept.upload.file_name.casefold():
            return True
        assert kept.month is not None
        before = register_in_force(self.received, kept.village, kept.month)
        if before is None:
            return True
        return 2 * len({r["no_kk"] for r in good}) >= len({r["no_kk"] for r in before.loaded["penduduk"]})

    def _warn_of_unlisted(self, kept: Received) -> None:
        """Warnings that look at other registers.

        How we read "nobody lists": no register in force for the upload's period lists it, of those received before
        and the upload's own, whatever the village.
        """
        assert kept.month is not None
        members: dict[str, int] = {}
        niks: set[str] = set()
        villages = {r.village for r in self.received if r.taken} | {kept.village}
        everything = [*self.received, kept]
        for village in sorted(villages, key=lambda v: v == kept.village):
            register = register_in_force(everything, village, kept.month)
            if register is None:
                continue
            families: dict[str, int] = defaultdict(int)
            for person in register.loaded["penduduk"]:
                families[person["no_kk"]] += _alive(person)
                if person["nik"]:
                    niks.add(person["nik"])
            members.update(families)

        for row in kept.loaded.get("kesejahteraan", []):
            if row["no_kk"] is None:
                # A list without card numbers: "the head's NIK, found in `penduduk`".
                if row["nik_kepala"] not in niks:
                    row.warnings.append("unlisted head")
                continue
            # "Warning: a family that `penduduk` does not list; per-capita above Rp50 million a month".
            if row["no_kk"] not in members:
                row.warnings.append("unlisted family")
            elif members[row["no_kk"]]:
                highest = max(row["penghasilan_bulanan"] or 0, row["pengeluaran_bulanan"] or 0)
                if highest > PER_CAPITA_CEILING * members[row["no_kk"]]:
                    row.warnings.append("per-capita")
        for register in EVENTS:
            for row in kept.loaded.get(register, []):
                # "a family or person nobody lists."
                if row["no_kk"] and row["no_kk"] not in members:
                    row.warnings.append("unlisted family")
                if row["nik"] and row["nik"] not in niks:
                    row.warnings.append("unlisted person")


def _decision(row: Row) -> tuple[Any, ...]:
    """ "Same event …: equal family and person with equal date and hasil"."""
    return tuple(row[column] for column in SAME_EVENT["verifikasi"])


def _dotted(code: str) -> str:
    """ "village code as Kemendagri writes it (`32.16.09.2003`) or without dots"."""
    if len(code) == 10 and code.isdigit():
        return f"{code[:2]}.{code[2:4]}.{code[4:6]}.{code[6:]}"
    return code


def _month_or_none(period: str) -> int | None:
    year, dash, month = period.partition("-")
    well_formed = len(year) == 4 and len(month) == 2 and dash and (year + month).isdigit()
    return month_number(period) if well_formed and 1 <= int(month) <= 12 else None


def register_in_force(received: Iterable[Received], village: str, month: int) -> Received | None:
    """ "each village's latest `penduduk` of period <= m"; "for a period the last one received"."""
    candidates = [
        r
        for r in received
        if r.village == village and r.month is not None and r.month <= month and "penduduk" in r.loaded
    ]
    return max(candidates, key=lambda r: (r.month, r.order), default=None)


# ------------------------------------------------------------------------------------------------ rows


def _alive(person: Row) -> bool:
    """ "*Members* are persons with `status_dasar` 1 or blank"."""
    return person["status_dasar"] in (None, 1)


class _Judge:
    """Reads the cells of one row and collects what the rules say."""

    def __init__(self, register: str, position: int, written: dict[str, tuple[Cell, bool]]) -> None:
        self.row = Row(register, position, {})
        self.written = written

    def cell(self, column: str) -> Cell:
        return self.written.get(column, (None, False))[0]

    def parse(self, column: str, parser: Callable[[Cell], Parsed]) -> Parsed:
        parsed = parser(self.cell(column))
        self.row.values[column] = parsed.value
        return parsed

    def identifier(self, column: str, parser: Callable[[Cell, bool], Parsed]) -> Parsed:
        parsed = parser(*self.written.get(column, (None, False)))
        self.row.values[column] = parsed.value
        return parsed

    def critical(self, when: bool, rule: str) -> None:
        if when:
            self.row.critical.append(rule)

    def warn(self, when: bool, rule: str) -> None:
        if when:
            self.row.warnings.append(rule)


def _judge_penduduk(rows: list[dict[str, tuple[Cell, bool]]], _received_on: date) -> list[Row]:
    judged = []
    for position, written in enumerate(rows):
        j = _Judge("penduduk", position, written)
        # "**no_kk** (critical): not 16 digits after repair."
        j.critical(j.identifier("no_kk", cells.identifier).value is None, "no_kk")
        # "**NIK** (warning; the person is loaded *pending identity*, without the NIK)".
        nik = j.identifier("nik", cells.nik).value
        j.warn(nik is None, "nik")
        # "`penduduk`, critical: no name; unknown status_dasar."
        name = cells.one_spaced(cells.text_of(j.cell("nama")))
        j.row.values["nama"] = name
        j.critical(not name, "nama")
        j.critical(j.parse("status_dasar", lambda c: cells.code(c, cells.STATUS_DASAR)).unreadable, "status_dasar")
        # "Warning: sex, date or any other code unreadable (loaded empty)".
        sex = j.parse("sex", lambda c: cells.code(c, cells.SEX))
        born = j.parse("tanggallahir", cells.calendar_date)
        level = j.parse("kk_level", lambda c: cells.code(c, cells.KK_LEVEL))
        school = j.parse("pendidikan_sedang_id", lambda c: cells.code(c, cells.PENDIDIKAN_SEDANG))
        j.warn(any(parsed.unreadable for parsed in (sex, born, level, school)), "code")
        # "Birth date or sex that disagrees with the NIK: warning, NIK kept".
        if nik is not None:
            day, month, year, nik_sex = cells.nik_birth(str(nik)) or (0, 0, 0, 0)
            if isinstance(born.value, date):
                j.warn((born.value.day, born.value.month, born.value.year % 100) != (day, month, year), "birth date")
            if sex.value is not None:
                j.warn(sex.value != nik_sex, "sex")
        judged.append(j.row)
    return judged


def _name_and_birth(person: Row) -> tuple[str, date | None]:
    """ "the same name (without case and repeated spaces) and birth date (two empty ones agree)"."""
    return cells.name_key(person["nama"]), person["tanggallahir"]


def _judge_repeated_niks(rows: list[Row]) -> None:
    """ "**A NIK again** in the upload, on a row loaded before"."""
    loaded: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        nik = row["nik"]
        if row.critical or nik is None:
            continue
        if any(_name_and_birth(row) == _name_and_birth(before) for before in loaded[nik]):
            # "with the same name … and birth date … it is the same row twice (critical)".
            row.critical.append("same row twice")
            continue
        if loaded[nik]:
            # "otherwise one of the two is mistyped, and the later is loaded pending identity (warning …)."
            row.values["nik"] = None
            row.warnings.append("nik again")
        loaded[nik].append(row)


def _judge_heads(rows: list[Row]) -> None:
    """ "a family without exactly one living head": a warning, which sits on the first loaded row of the family."""
    families: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if not row.critical:
            families[row["no_kk"]].append(row)
    for family in families.values():
        if sum(1 for person in family if _alive(person) and person["kk_level"] == 1) != 1:
            family[0].warnings.append("heads")


def _judge_kesejahteraan(rows: list[dict[str, tuple[Cell, bool]]], received_on: date) -> list[Row]:
    judged: list[Row] = []
    for position, written in enumerate(rows):
        j = _Judge("kesejahteraan", position, written)
        with_card = "no_kk" in written
        no_kk = j.identifier("no_kk", cells.identifier)
        head = j.identifier("nik_kepala", cells.nik)
        if with_card:
            j.critical(no_kk.value is None, "no_kk")
        else:
            # Without a card number the head's NIK is what places the family: unusable, the row "cannot be placed".
            j.critical(head.value is None, "nik_kepala")
            j.critical(
                any(not b.critical and b["no_kk"] is None and b["nik_kepala"] == head.value for b in judged),
                "nik_kepala again",
            )
        # "critical: amount unreadable or negative; desil outside 1 to 10; neither amount nor desil".
        income = j.parse("penghasilan_bulanan", cells.amount)
        spending = j.parse("pengeluaran_bulanan", cells.amount)
        decile = j.parse("desil", cells.decile)
        j.critical(income.unreadable or spending.unreadable, "amount")
        j.critical(decile.unreadable, "desil")
        j.critical(income.blank and spending.blank and decile.blank, "nothing measured")
        # "a no_kk an earlier loaded row has."
        if with_card:
            j.critical(any(not b.critical and b["no_kk"] == no_kk.value for b in judged), "no_kk again")
        # "tanggal_pendataan unreadable or after receipt (loaded empty)."
        surveyed = j.parse("tanggal_pendataan", cells.calendar_date)
        if surveyed.unreadable or (isinstance(surveyed.value, date) and surveyed.value > received_on):
            j.row.values["tanggal_pendataan"] = None
            j.warn(True, "tanggal_pendataan")
        # How we read it: the NIK of the head is judged where it is written.
        j.warn(with_card and head.unreadable, "nik_kepala")
        judged.append(j.row)
    return judged


def _judge_date(j: _Judge, column: str, received_on: date) -> None:
    # "critical: date unreadable or after the day of receipt".
    day = j.parse(column, cells.calendar_date).value
    j.critical(not isinstance(day, date) or day > received_on, column)


def _judge_verifikasi(rows: list[dict[str, tuple[Cell, bool]]], received_on: date) -> list[Row]:
    judged = []
    for position, written in enumerate(rows):
        j = _Judge("verifikasi", position, written)
        j.critical(j.identifier("no_kk", cells.identifier).value is None, "no_kk")
        _judge_date(j, "tanggal_musyawarah", received_on)
        # "hasil or jenis unknown".
        j.critical(j.parse("hasil", lambda c: cells.code(c, cells.HASIL)).value is None, "hasil")
        # "Warning: unknown alasan (taken as lainnya)"; "A blank alasan is `lainnya`."
        reason = j.parse("alasan", lambda c: cells.code(c, cells.ALASAN))
        j.warn(reason.unreadable, "alasan")
        if reason.value is None:
            j.row.values["alasan"] = "lainnya"
        judged.append(j.row)
    return judged


def _judge_family_or_person(j: _Judge) -> None:
    no_kk = j.identifier("no_kk", cells.identifier)
    nik = j.identifier("nik", cells.nik)
    # "neither no_kk nor NIK usable" is critical; no_kk "In `bantuan` and `pemberdayaan` a warning when the NIK is
    # usable." How we read it: a NIK that is blank beside a usable no_kk needs no warning, an unusable one does; a sheet
    # that has no such column leaves nothing blank.
    j.critical(no_kk.value is None and nik.value is None, "nobody")
    j.warn("no_kk" in j.written and no_kk.value is None, "no_kk")
    j.warn(nik.unreadable, "nik")


def _judge_bantuan(rows: list[dict[str, tuple[Cell, bool]]], received_on: date) -> list[Row]:
    judged = []
    for position, written in enumerate(rows):
        j = _Judge("bantuan", position, written)
        _judge_family_or_person(j)
        j.row.values["program"] = cells.name_key(cells.text_of(j.cell("program")))
        # "amount unreadable or negative, or blank in Entas's own `bantuan`".
        j.critical(j.parse("nilai", cells.amount).value is None, "nilai")
        _judge_date(j, "tanggal_salur", received_on)
        judged.append(j.row)
    return judged


def _judge_pemberdayaan(rows: list[dict[str, tuple[Cell, bool]]], received_on: date) -> list[Row]:
    judged = []
    for position, written in enumerate(rows):
        j = _Judge("pemberdayaan", position, written)
        _judge_family_or_person(j)
        kinds = {kind.replace("_", " "): kind.casefold() for kind in cells.JENIS} | {
            kind: kind.casefold() for kind in cells.JENIS
        }
        j.critical(j.parse("jenis", lambda c, kinds=kinds: cells.code(c, kinds)).value is None, "jenis")
        j.critical(j.parse("nilai", cells.amount).unreadable, "nilai")
        _judge_date(j, "tanggal_mulai", received_on)
        # "(tanggal_selesai may lie ahead; unreadable it is loaded empty)".
        # How we read it: what is emptied is told, as a warning.
        j.warn(j.parse("tanggal_selesai", cells.calendar_date).unreadable, "tanggal_selesai")
        j.row.values["nama_kegiatan"] = cells.text_of(j.cell("nama_kegiatan"))
        judged.append(j.row)
    return judged


JUDGES: dict[str, Callable[[list[dict[str, tuple[Cell, bool]]], date], list[Row]]] = {
    "penduduk": _judge_penduduk,
    "kesejahteraan": _judge_kesejahteraan,
    "verifikasi": _judge_verifikasi,
    "bantuan": _judge_bantuan,
    "pemberdayaan": _judge_pemberdayaan,
}


# ------------------------------------------------------------------------------------------------ events


#: "Same event, as the row gives it after repair: equal family and person with equal date and hasil; program, date and
#: nilai; jenis, nama_kegiatan and date."
SAME_EVENT = {
    "verifikasi": ("no_kk", "nik", "tanggal_musyawarah", "hasil"),
    "bantuan": ("no_kk", "nik", "program", "tanggal_salur", "nilai"),
    "pemberdayaan": ("no_kk", "nik", "jenis", "nama_kegiatan", "tanggal_mulai"),
}


@dataclass(frozen=True)
class Event:
    """An event that counts, by its last listing."""

    village: str
    received: Received
    row: Row

    def __getitem__(self, column: str) -> Any:
        return self.row[column]


def events_in_force(received: list[Received], register: str) -> list[Event]:
    """The events of a register that count, once each."""
    listings: dict[tuple[Any, ...], Event] = {}
    for upload in received:
        # "a file of the same name in the same folder replaces all events of the one before it".
        replaced = any(
            later.taken
            and (later.village, later.month, later.upload.file_name)
            == (upload.village, upload.month, upload.upload.file_name)
            for later in received[upload.order + 1 :]
        )
        if replaced or not upload.taken:
            continue
        for row in upload.loaded.get(register, []):
            # "all add up, the same event counts once however often it is listed"; "How uploads of one village add up".
            key = (upload.village, *(row[column] for column in SAME_EVENT[register]))
            # "a decision listed again counts as received when last listed, with the alasan given then."
            listings[key] = Event(upload.village, upload, row)
    return list(listings.values())


# ------------------------------------------------------------------------------------------------ status


@dataclass
class Person:
    """A person as a kept family lists it; ``nik`` is None when pending identity."""

    row: Row
    nik: str | None


@dataclass
class Family:
    """A family card as the village that keeps it lists it in a month."""

    no_kk: str
    register: Received
    persons: list[Person]

    @property
    def village(self) -> str:
        return self.register.village

    def members(self) -> list[Person]:
        return [person for person in self.persons if _alive(person.row)]


def listed_families(received: list[Received], month: int) -> dict[str, Family]:
    """Section 6, **Claims**: the families listed in a month, each by the village that keeps it."""
    claims: dict[str, list[Family]] = defaultdict(list)
    for village in sorted({r.village for r in received}):
        # "each village's latest `penduduk` of period <= m (older months are carried forward …)".
        register = register_in_force(received, village, month)
        if register is None:
            continue
        families: dict[str, list[Person]] = defaultdict(list)
        for row in register.loaded["penduduk"]:
            families[row["no_kk"]].append(Person(row, row["nik"]))
        for no_kk, persons in families.items():
            claims[no_kk].append(Family(no_kk, register, persons))

    # "A family is listed by `penduduk` alone. If two villages list the same no_kk, one keeps it: a claim with a living
    # member first, then later register period, later receipt, lower village code."
    kept: dict[str, Family] = {}
    for no_kk, rivals in claims.items():
        best = rivals[0]
        for rival in rivals[1:]:
            if _claim_rank(bool(rival.members()), rival) > _claim_rank(bool(best.members()), best):
                best = rival
        kept[no_kk] = best

    # "Then, if two kept families list the same NIK, one keeps the person by the same order (a living row first), then
    # earlier row".
    holders: dict[str, tuple[Family, Person]] = {}
    rows = [(family, person) for family in kept.values() for person in family.persons if person.nik]
    for family, person in rows:
        assert person.nik is not None
        if person.nik not in holders:
            holders[person.nik] = (family, person)
            continue
        old_family, old = holders[person.nik]
        rank = (*_claim_rank(_alive(person.row), family), -person.row.position)
        if rank > (*_claim_rank(_alive(old.row), old_family), -old.row.position):
            holders[person.nik] = (family, person)
    for family, person in rows:
        assert person.nik is not None
        holder = holders[person.nik][1]
        if holder is person:
            continue
        # "on the losing row it is the same person when name and birth date agree (and counts nowhere), otherwise a
        # person pending identity (and counts)."
        if _name_and_birth(person.row) == _name_and_birth(holder.row):
            family.persons = [other for other in family.persons if other is not person]
        else:
            person.nik = None

    # "A family left without persons is not listed."
    return {no_kk: family for no_kk, family in kept.items() if family.persons}


def _claim_rank(living: bool, family: Family) -> tuple[bool, int, int, tuple[int, ...]]:
    assert family.register.month is not None
    lower_code_first = tuple(-ord(letter) for letter in family.village)
    return living, family.register.month, family.register.order, lower_code_first


@dataclass
class Measure:
    """The one `kesejahteraan` row that counts for a family in a month."""

    received: Received
    row: Row


def measure_of(received: list[Received], family: Family, month: int) -> Measure | None:
    """ "each family's amounts and desil from one `kesejahteraan` row of a period within 12 months (of the village that
    keeps the family before others, then the latest period, then the last received)".

    Formats without a card column ("no family card number: the key is ID Keluarga and the head's NIK, found in
    `penduduk`"): such a row is about the family that lists the head's NIK in the month. How we read it: of two rows of
    one upload the one with a card number counts, then the later row; a row with neither amount nor desil is none.
    """
    niks = {person.nik for person in family.persons if person.nik}
    best: Measure | None = None
    best_rank: tuple[Any, ...] | None = None
    for upload in received:
        if upload.month is None or not month - 11 <= upload.month <= month:
            continue
        for row in upload.loaded.get("kesejahteraan", []):
            if all(row[column] is None for column in MEASURES):
                continue
            if not (row["no_kk"] == family.no_kk if row["no_kk"] else row["nik_kepala"] in niks):
                continue
            rank = (
                upload.village == family.village,
                upload.month,
                upload.order,
                row["no_kk"] is not None,
                row.position,
            )
            if best_rank is None or rank > best_rank:
                best, best_rank = Measure(upload, row), rank
    return best


def latest_decision(decisions: list[Event], family: Family, month: int) -> Event | None:
    """The decision that is the latest about a family in a month, in force or not."""
    # "The latest decision about a family dated up to the end of m (same day: the last received, then the later row)."
    about = [
        event
        for event in decisions
        if event["no_kk"] == family.no_kk and event["tanggal_musyawarah"] <= last_day(month)
    ]
    about.sort(key=lambda e: (e["tanggal_musyawarah"], e.received.order, e.row.position), reverse=True)
    for event in about:
        # "That the family is *gone* … holds while the village that decided keeps the family, without end; elsewhere it
        # is passed over, and the decision before it is the latest."
        if not (_is_gone(event) and event.village != family.village):
            return event
    return None


def _is_gone(decision: Event) -> bool:
    """ "*gone* (tidak layak because meninggal, pindah, ganda, tidak ditemukan)"."""
    return decision["hasil"] == "tidak_layak" and decision["alasan"] in GONE


class Months:
    """Sections 6 and 7: the status of every household in every month, and the report."""

    def __init__(self, received: list[Received], areas: list[Area], policy: Policy, key: str) -> None:
        self.received = received
        self.areas = sorted(areas, key=lambda area: area.village)
        self.district = {area.village: area.district for area in areas}
        self.policy = policy
        self.key = key.encode()
        self.events = {register: events_in_force(received, register) for register in EVENTS}
        self.listed: dict[int, dict[str, Family]] = {}

    def months(self) -> list[int]:
        """ "Months run from the earliest period of an accepted upload to the latest or the reported one"."""
        periods = [r.month for r in self.received if r.taken and r.month is not None]
        return list(range(min(periods), max(periods) + 1)) if periods else []

    def household_id(self, no_kk: str) -> str:
        """ "the lower-case hex HMAC-SHA-256 of `kk:<no_kk>` … under `ENTAS_PSEUDONYM_KEY` (its UTF-8 bytes)"."""
        return hmac.new(self.key, f"kk:{no_kk}".encode(), hashlib.sha256).hexdigest()

    # -------------------------------------------------------------------------------- one household a month

    def statuses(self) -> list[dict[str, Any]]:
        """Rows of ``marts.fct_household_status_monthly``; ``no_kk`` besides, for the reader of differences."""
        every: list[dict[str, Any]] = []
        before: dict[str, dict[str, Any]] = {}
        #: no_kk to the months in which it was counted
        counted: dict[str, set[int]] = defaultdict(set)
        for month in self.months():
            families = self.listed[month] = listed_families(self.received, month)
            now: dict[str, dict[str, Any]] = {}
            # "One row a household and period, in the village that keeps it, for every period in which it is listed",
            for no_kk, family in families.items():
                now[no_kk] = self._listed_row(family, month)
            # "and one more in the period in which it is first no longer listed (its last village, 0 members, no
            # amount)."
            for no_kk, row in before.items():
                if no_kk not in families and row["reason"] != "missing_from_register":
                    now[no_kk] = self._unlisted_row(no_kk, row["village_code"], month)
            for no_kk, row in now.items():
                self._add_movement(row, before.get(no_kk), counted[no_kk], month)
                if row["is_counted"]:
                    counted[no_kk].add(month)
            every.extend(now[no_kk] for no_kk in sorted(now))
            before = now
        return every

    def _listed_row(self, family: Family, month: int) -> dict[str, Any]:
        members = len(family.members())
        measure = measure_of(self.received, family, month)
        amount: Decimal | None = measure.row[self.policy.basis_column] if measure else None
        # "*Per-capita* is the amount of the policy's basis … over members."
        per_capita = Fraction(amount) / members if amount is not None and members else None
        below = per_capita is not None and (
            per_capita < self.policy.line or (not self.policy.strict and per_capita == self.policy.line)
        )

        decision = latest_decision(self.events["verifikasi"], family, month)
        gone = decision is not None and _is_gone(decision)
        # "Any other is in force within 12 months,"
        in_force = decision is not None and (gone or within_12_months(decision["tanggal_musyawarah"], month))
        # "and is superseded by an amount of the policy's basis with a `tanggal_pendataan` after it; an amount without
        # that date never supersedes."
        superseded = (
            in_force
            and not gone
            and decision is not None
            and measure is not None
            and amount is not None
            and measure.row["tanggal_pendataan"] is not None
            and measure.row["tanggal_pendataan"] > decision["tanggal_musyawarah"]
        )
        stands = in_force and not superseded

        # "First match decides:"
        codes = {person.row["status_dasar"] for person in family.persons}
        if not members:
            # "`died` if all are 2 (mati), else `moved_out` if any is 3 (pindah), else `not_found` (4, 6, 9)".
            status, reason = "left", "died" if codes == {2} else "moved_out" if 3 in codes else "not_found"
        elif decision is not None and gone:
            status, reason = "left", GONE[decision["alasan"]]
        elif stands and decision is not None and decision["hasil"] == "tidak_layak":
            status, reason = "not_extreme_poor", INELIGIBLE[decision["alasan"]]
        elif stands and decision is not None and decision["hasil"] == "layak":
            status, reason = "extreme_poor", "verified"
        elif amount is not None:
            status, reason = ("extreme_poor", "below_line") if below else ("not_extreme_poor", "above_line")
        elif measure is not None and measure.row["desil"] == 1:
            status, reason = "candidate", "decile_1"
        else:
            status, reason = "unmeasured", "no_measure"

        # "`gap` is the line less per-capita in rupiah, 0 at or above it, null without an amount."
        gap = None if per_capita is None else max(self.policy.line - per_capita, Fraction(0))
        schooling = [person.row["pendidikan_sedang_id"] for person in family.members()]
        return self._row(
            family.no_kk,
            month,
            family.register,
            status,
            reason,
            members=members,
            monthly_amount=None if amount is None else Fraction(amount),
            per_capita=per_capita,
            gap=gap,
            # "`students_smp`, `students_sma`: members whose pendidikan_sedang_id is 6, 7."
            students_smp=schooling.count(6),
            students_sma=schooling.count(7),
            # "`verified_on` is the date of the latest decision in force."
            verified_on=decision["tanggal_musyawarah"] if in_force and decision is not None else None,
            _below=below,
            _evidence=(measure.received.order if measure else None, decision.received.order if decision else None),
        )

    def _unlisted_row(self, no_kk: str, village: str, month: int) -> dict[str, Any]:
        register = register_in_force(self.received, village, month)
        assert register is not None, "a village that had a register has one ever after"
        return self._row(
            no_kk,
            month,
            register,
            "left",
            "missing_from_register",
            members=0,
            monthly_amount=None,
            per_capita=None,
            gap=None,
            students_smp=0,
            students_sma=0,
            verified_on=None,
            _below=False,
            _evidence=(None, None),
        )

    def _row(self, no_kk: str, month: int, register: Received, status: str, reason: str, **rest: Any) -> dict[str, Any]:
        # "Policy `count_rule`: `measured_or_verified` (default) counts every `extreme_poor`; `verified_only` counts
        # reason `verified` alone."
        counts = status == "extreme_poor" and (self.policy.count_rule != "verified_only" or reason == "verified")
        assert register.month is not None
        return {
            "no_kk": no_kk,
            "household_id": self.household_id(no_kk),
            "period": period_text(month),
            "village_code": register.village,
            "status": status,
            "reason": reason,
            "is_counted": counts,
            "poverty_line": self.policy.line,
            "register_period": period_text(register.month),
            # "(older months are carried forward, and their age is shown)".
            "register_age_months": month - register.month,
            "_register": register.order,
        } | rest

    @staticmethod
    def _add_movement(row: dict[str, Any], previous: dict[str, Any] | None, counted: set[int], month: int) -> None:
        row["previous_status"] = previous["status"] if previous else None
        row["previous_village_code"] = previous["village_code"] if previous else None
        was, now = bool(previous and previous["is_counted"]), row["is_counted"]
        movement = reason = None
        if now and not was:
            movement = "entered"
            # "Entered, first match:"
            if any(earlier < month - 1 for earlier in counted):
                reason = "returned"  # "(counted in some month before m-1)"
            elif previous is None or previous["status"] == "left":
                reason = "newly_registered"  # "(no row in m-1, or `left` then)"
            elif row["reason"] == "verified":
                reason = "verified_eligible"  # "(reason `verified`)"
            else:
                reason = "fell_below_line"
        elif was and not now:
            movement = "exited"
            # "Exited, by the row of m:"
            if row["status"] == "left":
                reason = row["reason"]  # "the reason of a `left` row;"
            elif row["reason"] in ("graduated", "above_line"):
                reason = "graduated"  # "`graduated` (`graduated`, `above_line`);"
            elif row["reason"] == "found_ineligible":
                reason = "found_ineligible"
            elif row["status"] in ("candidate", "unmeasured"):
                reason = "unmeasured"  # "`unmeasured` (`candidate`, `unmeasured`);"
            else:
                reason = "other"
        elif was and now:
            # "Counted in both months in different villages: `transferred`".
            assert previous is not None
            movement = "remained" if previous["village_code"] == row["village_code"] else "transferred"
        row["movement"], row["movement_reason"] = movement, reason

    # -------------------------------------------------------------------------------- help received

    def _belongs_to(self, event: Event, month: int) -> str | None:
        """ "A payment or activity belongs to the family of its no_kk if listed in m, else to the one that lists its
        NIK."  The no_kk of that family, or None."""
        families = self.listed[month]
        if event["no_kk"] in families:
            return str(event["no_kk"])
        if event["nik"] is None:
            return None
        for no_kk, family in families.items():
            if any(person.nik == event["nik"] for person in family.persons):
                return no_kk
        return None

    def _paid(self, month: int) -> dict[str, Decimal]:
        """Rupiah paid to each family in a month, families paid nothing left out."""
        paid: dict[str, Decimal] = {}
        for event in self.events["bantuan"]:
            # A list of participants holds no day: such a row counts in no month.
            if event["tanggal_salur"] is not None and month_number(event["tanggal_salur"]) == month:
                no_kk = self._belongs_to(event, month)
                if no_kk is not None:
                    paid[no_kk] = paid.get(no_kk, Decimal(0)) + (event["nilai"] or 0)
        return paid

    def assistance(self) -> list[dict[str, Any]]:
        """Rows of ``marts.fct_assistance``, after :meth:`statuses`.

        "A payment or activity belongs to the family of its no_kk if listed in m, else to the one that lists its NIK",
        m being the month of payment, or how we read it without a day, the upload's. Where neither is listed, the card
        as the payment names it and the village that reported it.
        """
        rows = []
        for event in self.events["bantuan"]:
            month = month_number(event["tanggal_salur"]) if event["tanggal_salur"] else event.received.month
            no_kk = self._belongs_to(event, month) if month in self.listed else None
            named = no_kk or event["no_kk"]
            rows.append(
                {
                    "order": event.received.order,
                    "position": event.row.position,
                    "household_id": self.household_id(named) if named else None,
                    "amount": None if event["nilai"] is None else Fraction(event["nilai"]),
                    "paid_on": event["tanggal_salur"],
                    "period": period_text(month) if event["tanggal_salur"] else None,
                    "village_code": self.listed[month][no_kk].village if no_kk else event.village,
                    "is_of_listed_family": no_kk is not None,
                }
            )
        return rows

    def _with_activity(self, month: int, kind: str) -> set[str]:
        """Families with an activity of a kind "begun within 12 months of m"."""
        return {
            no_kk
            for event in self.events["pemberdayaan"]
            if event["jenis"] == kind and within_12_months(event["tanggal_mulai"], month)
            for no_kk in [self._belongs_to(event, month)]
            if no_kk is not None
        }

    # -------------------------------------------------------------------------------- the report

    def report(self, statuses: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Rows of ``marts.rpt_extreme_poverty_monthly``: every area in each month, zeros included."""
        levels: list[tuple[str, str, Callable[[str], str]]] = []
        for area in self.areas:
            levels.append(("village", area.village, lambda village: village))
        for district in sorted(set(self.district.values())):
            levels.append(("district", district, lambda village: self.district[village]))
        for regency in sorted({area.regency for area in self.areas}):
            levels.append(("regency", regency, lambda _village, regency=regency: regency))

        by_month: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in statuses:
            by_month[month_number(row["period"])].append(row)
        every: list[dict[str, Any]] = []
        for month in self.months():
            help_received = (
                self._paid(month),
                self._with_activity(month, "pelatihan_keterampilan"),
                self._with_activity(month, "bantuan_modal"),
            )
            for level, code, area_of in levels:
                every.append(self._report_row(level, code, area_of, month, by_month[month], *help_received))
        _check_identity(every)
        return every

    def _report_row(
        self,
        level: str,
        code: str,
        area_of: Callable[[str], str],
        month: int,
        statuses: list[dict[str, Any]],
        paid: dict[str, Decimal],
        trained: set[str],
        capital: set[str],
    ) -> dict[str, Any]:
        here = [row for row in statuses if area_of(row["village_code"]) == code]
        counted = [row for row in here if row["is_counted"]]
        out: dict[str, Any] = {
            "area_level": level,
            "area_code": code,
            "period": period_text(month),
            "households": len(counted),
            "persons": sum(row["members"] for row in counted),
            "opening": 0,
            "entered": 0,
            "exited": 0,
            "transferred_in": 0,
            "transferred_out": 0,
            "closing": len(counted),
        }
        out |= {f"entered_{reason}": 0 for reason in ENTERED} | {f"exited_{reason}": 0 for reason in EXITED}
        for row in statuses:
            now_here = area_of(row["village_code"]) == code
            before_here = row["previous_village_code"] is not None and area_of(row["previous_village_code"]) == code
            if row["movement"] in ("remained", "transferred", "exited") and before_here:
                out["opening"] += 1
            if row["movement"] == "entered" and now_here:
                out["entered"] += 1
                out[f"entered_{row['movement_reason']}"] += 1
            # "An exit belongs to the area that counted the family in m-1 (`previous_village_code`)."
            if row["movement"] == "exited" and before_here:
                out["exited"] += 1
                out[f"exited_{row['movement_reason']}"] += 1
            # "out of one area and into the other, and invisible at a level that holds both".
            if row["movement"] == "transferred" and now_here != before_here:
                out["transferred_in" if now_here else "transferred_out"] += 1

        out["candidates"] = sum(1 for row in here if row["status"] == "candidate")
        out["unmeasured"] = sum(1 for row in here if row["status"] == "unmeasured")
        # "`assisted_households`: counted in m and paid at least once in m; `assistance_amount`: what they were paid".
        assisted = [row for row in counted if row["no_kk"] in paid]
        out["assisted_households"] = len(assisted)
        out["assistance_amount"] = sum((Fraction(paid[row["no_kk"]]) for row in assisted), Fraction(0))
        out["trained_households"] = sum(1 for row in counted if row["no_kk"] in trained)
        out["capital_households"] = sum(1 for row in counted if row["no_kk"] in capital)
        # "`households_with_students_*` are of counted families."
        out["households_with_students_smp"] = sum(1 for row in counted if row["students_smp"])
        out["households_with_students_sma"] = sum(1 for row in counted if row["students_sma"])

        # "Headcount ratio, gap and severity are Foster-Greer-Thorbecke with alpha 0, 1, 2, persons as weights, over
        # families not `left` with a known per-capita; null where there is none."
        measured = [row for row in here if row["status"] != "left" and row["per_capita"] is not None]
        persons = sum(row["members"] for row in measured)
        for column, alpha in (("headcount_ratio", 0), ("poverty_gap", 1), ("poverty_severity", 2)):
            shortfall = sum(
                (row["members"] * (row["gap"] / row["poverty_line"]) ** alpha for row in measured if row["_below"]),
                Fraction(0),
            )
            out[column] = shortfall / persons if persons else None
        return out


def _check_identity(report: list[dict[str, Any]]) -> None:
    """ "`closing = opening + entered + transferred_in - exited - transferred_out`, always", and one month's closing is
    the next one's opening; the model that breaks it is wrong."""
    closings: dict[tuple[str, str], int] = {}
    for row in report:
        area = (row["area_level"], row["area_code"])
        total = row["opening"] + row["entered"] + row["transferred_in"] - row["exited"] - row["transferred_out"]
        if row["closing"] != total or row["opening"] != closings.get(area, 0):
            raise AssertionError(f"the model's movement does not add up: {row}")
        closings[area] = row["closing"]


def run(
    uploads: Iterable[Upload],
    areas: list[Area] | None = None,
    policy: Policy | None = None,
    key: str = "kunci-uji",
) -> Result:
    """What the design says about uploads in their order of receipt."""
    areas = bekasi() if areas is None else areas
    policy = policy or Policy()
    intake = Intake(areas, policy)
    for upload in uploads:
        intake.receive(upload)
    months = Months(intake.received, areas, policy, key)
    statuses = months.statuses()
    return Result(intake.rows, statuses, months.report(statuses))
