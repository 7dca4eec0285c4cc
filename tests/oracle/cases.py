"""Hand-written cases: the sentences of sections 4 to 6 of the design, with what must come of them.

A case is a function that is given a :class:`Place` (four villages and any number of invented families, different ones
for each case) and returns a :class:`Case`: uploads in order of receipt and the values expected of them, worked out by
hand. ``test_model.py`` holds the model to them; ``test_differential.py`` runs all of them through the real system at
once, which is why no two cases share a village or a family.

The line is Rp322,170 a person and month: Rp1,288,680 for a family of four.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from .cells import Cell
from .files import sheet, textual
from .model import P3KE, Area, Sheet, Upload, bekasi

Row = dict[str, Cell]


@dataclass
class Case:
    """Uploads in order of receipt and what must come of them.

    ``uploads_are``: for each upload (status, rows read, accepted, quarantined, warned), None where anything may stand.
    ``statuses``: columns of ``fct_household_status_monthly`` by (family number, period); None: no such row.
    ``report``: columns of ``rpt_extreme_poverty_monthly`` by (village letter, `AB`, `CD` for the districts or `*` for
    the regency, period).
    """

    uploads: list[Upload]
    uploads_are: list[tuple[str, int | None, int, int | None, int] | str]
    statuses: dict[tuple[int, str], dict[str, Any] | None] = field(default_factory=dict)
    report: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Villages A and B of one district, C and D of another, and families by number."""

    slot: int

    @property
    def villages(self) -> dict[str, Area]:
        """The four villages by letter."""
        pairs = _pairs()
        first, second = pairs[self.slot], pairs[self.slot + len(pairs) // 2]
        assert first[0].district != second[0].district
        return dict(zip("ABCD", (*first, *second), strict=True))

    def code(self, letter: str) -> str:
        """Code of a village by letter, of the districts by `AB` and `CD`, of the regency by `*`."""
        if letter == "*":
            return self.villages["A"].regency
        if letter in ("AB", "CD"):
            return self.villages[letter[0]].district
        return self.villages[letter].village

    def no_kk(self, family: int) -> str:
        """The card number of a family."""
        return f"32165{self.slot:03d}{family:04d}0001"

    def nik(self, family: int, person: int = 1) -> str:
        """The NIK of the n-th person of a family, a man born on 5 May 1980 plus that many years."""
        return f"3216{self.slot:02d}0505{80 + person:02d}{family * 10 + person:04d}"

    def person(self, family: int, number: int = 1, **other: Cell) -> Row:
        """A row of `penduduk` without fault: the first person is the head, the others are children."""
        return {
            "no_kk": self.no_kk(family),
            "nik": self.nik(family, number),
            "nama": f"Warga {_letters(family)} {_letters(number)}",
            "sex": "L",
            "tanggallahir": date(1980 + number, 5, 5),
            "kk_level": "1" if number == 1 else "4",
            "status_dasar": "1",
        } | other

    def family(self, number: int, size: int = 4, **other: Cell) -> list[Row]:
        """The rows of a family, ``other`` cells in each of them."""
        return [self.person(number, person, **other) for person in range(1, size + 1)]

    def penduduk(self, *families: int, size: int = 4) -> Sheet:
        """A `penduduk` sheet of whole families."""
        return sheet("penduduk", [row for number in families for row in self.family(number, size)])

    def income(self, family: int, rupiah: Cell, **other: Cell) -> Row:
        """A row of `kesejahteraan`."""
        return {"no_kk": self.no_kk(family), "penghasilan_bulanan": rupiah} | other

    def head(self, family: int, desil: Cell = 1, **other: Cell) -> Row:
        """A row of a P3KE list."""
        return {"ID Keluarga": f"K-{self.slot}-{family}", "Desil Kesejahteraan": desil, "NIK": self.nik(family)} | other

    def decision(self, family: int, day: Cell, hasil: str, alasan: str | None = None, **other: Cell) -> Row:
        """A row of `verifikasi`."""
        return {"no_kk": self.no_kk(family), "tanggal_musyawarah": day, "hasil": hasil, "alasan": alasan} | other

    def payment(self, family: int | None, day: Cell, nilai: Cell, **other: Cell) -> Row:
        """A row of `bantuan`."""
        return {
            "no_kk": None if family is None else self.no_kk(family),
            "program": "BLT Dana Desa",
            "nilai": nilai,
            "tanggal_salur": day,
        } | other

    def activity(self, family: int | None, day: Cell, jenis: str = "pelatihan_keterampilan", **other: Cell) -> Row:
        """A row of `pemberdayaan`."""
        return {
            "no_kk": None if family is None else self.no_kk(family),
            "jenis": jenis,
            "nama_kegiatan": "Menjahit",
            "tanggal_mulai": day,
        } | other

    def upload(self, letter: str, period: str, *sheets: Sheet, name: str = "data.xlsx", **other: Any) -> Upload:
        """A file in a village's folder; the sheets of a CSV file are text."""
        if name.casefold().endswith(".csv"):
            sheets = tuple(textual(one) for one in sheets)
        return Upload(self.code(letter), period, name, sheets, **other)


def _pairs() -> list[tuple[Area, Area]]:
    """Villages in pairs, both of a pair in the same district."""
    by_district: dict[str, list[Area]] = {}
    for area in sorted(bekasi(), key=lambda area: area.village):
        by_district.setdefault(area.district, []).append(area)
    return [(villages[i], villages[i + 1]) for villages in by_district.values() for i in range(0, len(villages) - 1, 2)]


def _letters(number: int) -> str:
    return "".join("ABCDEFGHIJ"[int(digit)] for digit in str(number))


CASES: dict[str, Callable[[Place], Case]] = {}


def case(function: Callable[[Place], Case]) -> Callable[[Place], Case]:
    """Enter a case under its name."""
    CASES[function.__name__] = function
    return function


def place_of(name: str) -> Place:
    """The place that belongs to a case."""
    return Place(list(CASES).index(name))


def welfare(*rows: Row) -> Sheet:
    """A `kesejahteraan` sheet."""
    return sheet("kesejahteraan", rows)


def p3ke(*rows: Row) -> Sheet:
    """A P3KE list of families, which holds no card numbers."""
    return Sheet("p3ke", tuple(P3KE), tuple(tuple(row.get(name) for name in P3KE) for row in rows))


def decisions(*rows: Row) -> Sheet:
    """A `verifikasi` sheet."""
    return sheet("verifikasi", rows)


def payments(*rows: Row) -> Sheet:
    """A `bantuan` sheet."""
    return sheet("bantuan", rows)


def activities(*rows: Row) -> Sheet:
    """A `pemberdayaan` sheet."""
    return sheet("pemberdayaan", rows)


def accepted(rows: int, warned: int = 0) -> tuple[str, int, int, int, int]:
    """An upload of which everything was loaded."""
    return ("accepted", rows, rows, 0, warned)


DUPLICATE = ("duplicate", 0, 0, 0, 0)
POOR = {"status": "extreme_poor", "reason": "below_line", "is_counted": True}
ABOVE = {"status": "not_extreme_poor", "reason": "above_line", "is_counted": False}
UNMEASURED = {"status": "unmeasured", "reason": "no_measure", "is_counted": False}
MISSING = {"status": "left", "reason": "missing_from_register", "members": 0, "monthly_amount": None}


# ------------------------------------------------------------------------------------------------ 4, the inbox


@case
def folders_name_villages_and_periods(p: Place) -> Case:
    """ "village code as Kemendagri writes it (`32.16.09.2003`) or without dots"; "A village that is not one of the
    regency's, a malformed or future period … are `rejected`"."""
    good = p.upload("A", "2023-08", p.penduduk(1))
    undotted = Upload(p.code("B").replace(".", ""), "2023-08", "data.xlsx", (p.penduduk(2),))
    elsewhere = Upload("32.17.01.2001", "2023-08", f"{p.slot}.xlsx", (p.penduduk(3),))
    no_month = p.upload("A", "2023-13", p.penduduk(4))
    no_dash = p.upload("A", "202308", p.penduduk(4))
    future = p.upload("A", "2099-01", p.penduduk(4))
    return Case(
        [good, undotted, elsewhere, no_month, no_dash, future],
        [accepted(4), accepted(4), "rejected", "rejected", "rejected", "rejected"],
        {
            (1, "2023-08"): {"village_code": p.code("A")},
            (2, "2023-08"): {"village_code": p.code("B")},
            (3, "2023-08"): None,
            (4, "2023-08"): None,
        },
    )


@case
def files_without_a_register(p: Place) -> Case:
    """ "an unreadable file, a file without a known register"; "A sheet with headers and no rows is no upload of that
    register, and a file of such sheets alone holds no known register."; "a rejected upload replaces nothing"."""
    notes = Sheet("catatan", ("tanggal", "isi"), (("01/08/2023", "rapat"),))
    return Case(
        [
            p.upload("A", "2023-08", p.penduduk(1), decisions(p.decision(1, date(2023, 8, 2), "layak"))),
            p.upload("A", "2023-08", notes),
            p.upload("A", "2023-08", sheet("penduduk", []), decisions(), name="kosong.xlsx"),
            p.upload("A", "2023-08", name="rusak.xlsx", content="not a workbook", readable=False),
            p.upload("B", "2023-08", p.penduduk(2), decisions(), welfare(p.income(2, 100_000)), name="sebagian.xlsx"),
        ],
        [
            accepted(5),
            ("rejected", 0, 0, 0, 0),
            ("rejected", 0, 0, 0, 0),
            ("rejected", 0, 0, 0, 0),
            accepted(5),
        ],
        {(1, "2023-08"): {"reason": "verified"}, (2, "2023-08"): POOR},
    )


@case
def same_bytes_again(p: Place) -> Case:
    """ "The same bytes as an upload for that village and period of which nothing has been replaced or refused since
    change nothing (`duplicate`)."  For another village or period they are no duplicate."""
    one = p.penduduk(1, 2)
    return Case(
        [
            p.upload("A", "2023-08", one),
            p.upload("A", "2023-08", one, name="salinan.xlsx"),
            p.upload("A", "2023-08", one),
            p.upload("A", "2023-09", one),
            p.upload("B", "2023-08", one),
        ],
        [accepted(8), DUPLICATE, DUPLICATE, accepted(8), accepted(8)],
        {
            # August is claimed by both with the same period: the later receipt, B. September: A's later period.
            (1, "2023-08"): {"village_code": p.code("B")},
            (1, "2023-09"): {"village_code": p.code("A"), "register_age_months": 0},
        },
    )


@case
def same_bytes_after_replacement(p: Place) -> Case:
    """A snapshot or events that were replaced since may be sent again, under any name; once again they are
    duplicates."""
    old, new = p.penduduk(1, 2), p.penduduk(1, 3)
    layak, not_layak = (
        decisions(p.decision(1, date(2023, 8, 3), hasil, alasan))
        for hasil, alasan in (("layak", None), ("tidak layak", "mampu"))
    )
    return Case(
        [
            p.upload("A", "2023-08", old),
            p.upload("A", "2023-08", new),
            p.upload("A", "2023-08", old, name="lama.xlsx"),
            p.upload("A", "2023-08", old),
            p.upload("A", "2023-08", layak, name="verifikasi.csv"),
            p.upload("A", "2023-08", not_layak, name="verifikasi.csv"),
            p.upload("A", "2023-08", layak, name="verifikasi.csv"),
            p.upload("A", "2023-08", layak, name="lain.csv"),
        ],
        [accepted(8), accepted(8), accepted(8), DUPLICATE, accepted(1), accepted(1), accepted(1), DUPLICATE],
        {
            (1, "2023-08"): {"status": "extreme_poor", "reason": "verified"},
            (2, "2023-08"): UNMEASURED,
            (3, "2023-08"): None,
        },
    )


@case
def same_amounts_after_replacement(p: Place) -> Case:
    """`kesejahteraan`: "then the last received" - a row given again since is replaced, so the older file means
    something when it comes again."""
    return Case(
        [
            p.upload("A", "2023-08", p.penduduk(1, 2)),
            p.upload("A", "2023-08", welfare(p.income(1, 100_000)), name="k1.csv"),
            p.upload("A", "2023-08", welfare(p.income(2, 100_000)), name="k2.csv"),
            p.upload("A", "2023-08", welfare(p.income(1, 100_000)), name="k1-lagi.csv"),
            p.upload("A", "2023-08", welfare(p.income(1, 9_000_000)), name="k3.csv"),
            p.upload("A", "2023-08", welfare(p.income(1, 100_000)), name="k1.csv"),
            # a later month adds to this one and replaces nothing in it
            p.upload("A", "2023-09", welfare(p.income(2, 9_000_000)), name="k4.csv"),
            p.upload("A", "2023-08", welfare(p.income(2, 100_000)), name="k2.csv"),
        ],
        [accepted(8), accepted(1), accepted(1), DUPLICATE, accepted(1), accepted(1), accepted(1), DUPLICATE],
        {(1, "2023-08"): POOR | {"monthly_amount": 100_000}, (2, "2023-08"): POOR},
    )


@case
def snapshot_replaces_the_earlier_as_a_whole(p: Place) -> Case:
    """ "`penduduk` is a snapshot: for a period the last one received replaces the earlier as a whole."  A late file
    for an older month changes only the months that it is in force in."""
    return Case(
        [
            p.upload("A", "2023-08", p.penduduk(1, 2, 3)),
            p.upload("A", "2023-10", p.penduduk(1, 2, 3)),
            p.upload("A", "2023-08", p.penduduk(1, 4), name="koreksi.xlsx"),
        ],
        [accepted(12), accepted(12), accepted(8)],
        {
            (2, "2023-08"): None,
            (4, "2023-08"): {"register_period": "2023-08", "register_age_months": 0},
            (4, "2023-09"): {"register_period": "2023-08", "register_age_months": 1},
            (4, "2023-10"): MISSING | {"village_code": p.code("A"), "previous_status": "unmeasured"},
            (2, "2023-09"): None,
            (2, "2023-10"): UNMEASURED | {"previous_status": None, "register_age_months": 0},
        },
    )


@case
def damaged_snapshot(p: Place) -> Case:
    """ "It is rejected when fewer than half of its rows can be accepted …, unless its file name contains `lengkap` …,
    which excuses a part but never damage."  Half is enough."""
    half = [*p.family(1, 2), *p.family(2, 2, nama="  ")]
    worse = [*p.family(1, 2), *p.family(2, 3, nama="")]
    return Case(
        [
            p.upload("A", "2023-08", p.penduduk(1, 2)),
            p.upload("A", "2023-09", sheet("penduduk", worse)),
            p.upload("A", "2023-09", sheet("penduduk", worse), name="LENGKAP.xlsx"),
            p.upload("A", "2023-10", sheet("penduduk", half)),
        ],
        [
            accepted(8),
            ("rejected", 5, 0, 3, 0),
            ("rejected", 5, 0, 3, 0),
            ("accepted_with_quarantine", 4, 2, 2, 0),
        ],
        {
            (2, "2023-09"): UNMEASURED | {"register_period": "2023-08", "register_age_months": 1, "members": 4},
            (1, "2023-10"): {"members": 2, "register_period": "2023-10"},
            (2, "2023-10"): MISSING,
        },
    )


@case
def part_of_a_register(p: Place) -> Case:
    """ "and when it lists fewer than half as many families as the register in force that it would replace or follow …,
    unless its file name contains `lengkap` in any case of letters".  Half is enough. Refused bytes are judged again."""
    part, half = p.penduduk(1, size=5), p.penduduk(1, 2, size=1)
    return Case(
        [
            p.upload("A", "2023-08", p.penduduk(1, 2, 3, 4, size=1)),
            p.upload("A", "2023-09", part, name="rt01.xlsx"),
            p.upload("A", "2023-09", part, name="rt01.xlsx"),
            p.upload("A", "2023-10", half),
            # it would follow October's two, not August's four
            p.upload("A", "2023-11", part, name="rt01.xlsx"),
            # it would replace nothing in July, and follow nothing
            p.upload("A", "2023-07", part, name="rt01.xlsx"),
            p.upload("A", "2023-09", part, name="data LengKAP.xlsx"),
        ],
        [
            accepted(4),
            ("rejected", 5, 0, 0, 0),
            ("rejected", 5, 0, 0, 0),
            accepted(2),
            accepted(5),
            accepted(5),
            accepted(5),
        ],
        {
            (1, "2023-07"): {"members": 5},
            (2, "2023-07"): None,
            (2, "2023-08"): UNMEASURED,
            (2, "2023-09"): MISSING,
            (2, "2023-10"): {"members": 1},
            (2, "2023-11"): MISSING,
        },
    )


@case
def part_is_measured_against_what_it_would_replace(p: Place) -> Case:
    """The register "that it would replace" is the one of its own period, though an older one is larger."""
    return Case(
        [
            p.upload("A", "2023-08", p.penduduk(1, 2, 3, 4, 5, 6, size=1)),
            p.upload("A", "2023-09", p.penduduk(1, 2, 3, 4, size=1)),
            p.upload("A", "2023-09", p.penduduk(1, 2, size=1), name="b.xlsx"),
            p.upload("A", "2023-08", p.penduduk(1, 2, size=1), name="c.xlsx"),
            p.upload("A", "2023-08", p.penduduk(1, 2, 3, size=1), name="d.xlsx"),
        ],
        [accepted(6), accepted(4), accepted(2), ("rejected", 2, 0, 0, 0), accepted(3)],
        {(3, "2023-08"): UNMEASURED, (4, "2023-08"): None, (3, "2023-09"): MISSING, (4, "2023-09"): None},
    )


@case
def refused_snapshot_in_a_good_workbook(p: Place) -> Case:
    """ "Rejection of a snapshot is by register: a workbook whose other registers are good is
    `accepted_with_quarantine`, and its reason names the register that was not taken."  Refused before, the same bytes
    are judged again."""
    mixed = (p.penduduk(1), welfare(p.income(1, 200_000)))
    return Case(
        [
            p.upload("A", "2023-08", p.penduduk(1, 2, 3)),
            p.upload("A", "2023-09", *mixed),
            p.upload("A", "2023-09", *mixed),
            p.upload("A", "2023-09", *mixed, name="lengkap.xlsx"),
        ],
        [
            accepted(12),
            ("accepted_with_quarantine", 5, 1, 0, 0),
            ("accepted_with_quarantine", 5, 1, 0, 0),
            accepted(5),
        ],
        {(1, "2023-09"): POOR | {"register_age_months": 0}, (2, "2023-09"): MISSING},
    )


@case
def latest_period_then_last_received(p: Place) -> Case:
    """ "`kesejahteraan` adds up by family: the row of the latest period counts, then the last received."; "a file of
    the same name in the same folder replaces all events", and amounts not."""
    return Case(
        [
            p.upload("A", "2023-08", p.penduduk(1, 2, 3)),
            p.upload("A", "2023-09", welfare(p.income(1, 5_000_000), p.income(2, 5_000_000)), name="k.csv"),
            p.upload("A", "2023-08", welfare(p.income(1, 100_000), p.income(3, 100_000)), name="k.csv"),
            p.upload("A", "2023-09", welfare(p.income(2, 100_000)), name="k.csv"),
        ],
        [accepted(12), accepted(2), accepted(2), accepted(1)],
        {
            (1, "2023-08"): POOR,
            (1, "2023-09"): ABOVE,
            (2, "2023-08"): UNMEASURED,
            (2, "2023-09"): POOR,
            (3, "2023-09"): POOR,
        },
    )


@case
def same_name_replaces_all_events(p: Place) -> Case:
    """ "a file of the same name in the same folder replaces all events of the one before it": of every kind; not in
    another folder, not under another name, and a rejected one replaces nothing."""
    day = date(2023, 8, 10)
    return Case(
        [
            p.upload("A", "2023-08", p.penduduk(1, 2, 3)),
            p.upload(
                "A",
                "2023-08",
                decisions(p.decision(1, day, "layak"), p.decision(2, day, "layak"), p.decision(3, day, "layak")),
                payments(p.payment(1, day, 300_000)),
                activities(p.activity(1, day)),
                name="peristiwa.xlsx",
            ),
            p.upload("A", "2023-08", decisions(p.decision(1, day, "layak")), name="peristiwa.xlsx"),
            p.upload("A", "2023-08", decisions(p.decision(2, day, "layak")), name="Peristiwa.xlsx"),
            p.upload("A", "2023-07", decisions(p.decision(3, day, "layak")), name="peristiwa.xlsx"),
            p.upload("A", "2023-08", Sheet("x", ("x",), (("x",),)), name="peristiwa.xlsx"),
        ],
        # July's file is received when no register of July or before lists the family
        [accepted(12), accepted(5), accepted(1), accepted(1), accepted(1, 1), ("rejected", 0, 0, 0, 0)],
        {
            (1, "2023-08"): {"reason": "verified"},
            (2, "2023-08"): {"reason": "verified"},
            (3, "2023-08"): {"reason": "verified"},
        },
        {("A", "2023-08"): {"households": 3, "assisted_households": 0, "trained_households": 0}},
    )


@case
def decision_listed_again(p: Place) -> Case:
    """ "a decision listed again counts as received when last listed, with the alasan given then"."""
    day = date(2023, 8, 10)
    return Case(
        [
            p.upload("A", "2023-08", p.penduduk(1, 2)),
            p.upload(
                "A",
                "2023-08",
                decisions(p.decision(1, day, "layak"), p.decision(2, day, "tidak layak", "graduasi")),
                name="1.csv",
            ),
            p.upload("A", "2023-08", decisions(p.decision(1, day, "tidak layak", "mampu")), name="2.csv"),
            p.upload(
                "A",
                "2023-09",
                decisions(p.decision(1, day, "layak"), p.decision(2, day, "tidak layak", "tidak layak sejak awal")),
                name="3.csv",
            ),
        ],
        [accepted(8), accepted(2), accepted(1), accepted(2)],
        {
            (1, "2023-08"): {"reason": "verified", "verified_on": day},
            (2, "2023-08"): {"reason": "found_ineligible", "verified_on": day},
        },
    )


@case
def same_event_counts_once(p: Place) -> Case:
    """ "all add up, the same event counts once however often it is listed": equal family and person with "program,
    date and nilai"."""
    day = date(2023, 8, 10)
    return Case(
        [
            p.upload("A", "2023-08", p.penduduk(1, 2), welfare(p.income(1, 100_000), p.income(2, 100_000))),
            p.upload(
                "A",
                "2023-08",
                payments(
                    p.payment(1, day, 300_000),
                    p.payment(1, day, "Rp 300.000,00", nik=""),
                    p.payment(1, day, 300_000, nik=p.nik(1)),
                    p.payment(1, day, 300_000, program="PKH"),
                    p.payment(1, day, 200_000),
                ),
                name="b1.xlsx",
            ),
            p.upload("A", "2023-08", payments(p.payment(1, day, 300_000)), name="b2.xlsx"),
            p.upload("A", "2023-09", payments(p.payment(1, day, 300_000), p.payment(2, day, 1)), name="b3.xlsx"),
            # "How uploads of one village add up": another village's payment is another one
            p.upload("B", "2023-08", payments(p.payment(2, day, 1)), name="b4.xlsx"),
        ],
        [accepted(10), accepted(5), accepted(1), accepted(2), accepted(1)],
        {},
        {
            ("A", "2023-08"): {"assisted_households": 2, "assistance_amount": 1_100_002, "households": 2},
            ("A", "2023-09"): {"assisted_households": 0, "assistance_amount": 0},
        },
    )


@case
def decision_listed_again_replaces_its_listing(p: Place) -> Case:
    """An upload is no duplicate when a decision of it was listed again since, with another alasan perhaps: "nothing has
    been replaced"; with a payment it is one, because a payment listed again says nothing new."""
    day = date(2023, 8, 10)
    moved, graduated = (decisions(p.decision(1, day, "tidak layak", alasan)) for alasan in ("pindah", "graduasi"))
    paid = payments(p.payment(2, day, 300_000))
    return Case(
        [
            p.upload("A", "2023-08", p.penduduk(1, 2)),
            p.upload("A", "2023-08", moved, name="1.csv"),
            p.upload("A", "2023-09", graduated, name="2.csv"),
            p.upload("A", "2023-08", moved, name="3.csv"),
            p.upload("A", "2023-08", paid, name="b1.csv"),
            p.upload("A", "2023-08", payments(p.payment(2, day, 300_000), p.payment(1, day, 1)), name="b2.csv"),
            p.upload("A", "2023-08", paid, name="b3.csv"),
        ],
        [accepted(8), *[accepted(1)] * 4, accepted(2), DUPLICATE],
        {(1, "2023-08"): {"status": "left", "reason": "moved_out"}, (1, "2023-09"): {"reason": "moved_out"}},
    )


@case
def area_column_of_another_village(p: Place) -> Case:
    """ "one whose area column names another village in most rows are `rejected`"."""
    own, other = p.villages["A"].name, p.villages["B"].name
    columns = [*p.person(1), "desa"]

    def village(family: int, *names: str) -> Sheet:
        rows = [p.person(family, number) | {"desa": name} for number, name in enumerate(names, start=1)]
        return sheet("penduduk", rows, columns)

    return Case(
        [
            p.upload("A", "2023-08", village(1, own, own.upper(), other, other)),
            p.upload("A", "2023-09", village(2, own, other, other)),
        ],
        [accepted(4), "rejected"],
        {(1, "2023-08"): UNMEASURED, (2, "2023-09"): None},
    )


# ------------------------------------------------------------------------------------------------ 5, validation


@case
def unusable_niks(p: Place) -> Case:
    """ "**NIK** (warning; the person is loaded *pending identity*, without the NIK): not 16 digits, impossible date
    (DDMMYY after the six region digits, DD+40 for women), serial 0000, blank or `0`"; "two rows without a usable NIK
    are two persons"."""
    bad = ["", "0", "321601050581001", "3216013205810011", "3216010513810011", "3216017205810011", "3216010505810000",
           "3216012902810011", "3.21601E+15", "tidak ada"]  # fmt: skip
    rows = [p.person(1, 1), *(p.person(1, 2, nik=nik, nama="Sama") for nik in bad)]
    rows.append(p.person(1, 3, nik="9101012902800011", tanggallahir=date(1980, 2, 29)))
    rows.append(p.person(1, 4, nik="3216014505840011", sex="P"))
    return Case(
        [p.upload("A", "2023-08", sheet("penduduk", rows))],
        [accepted(13, 10)],
        {(1, "2023-08"): {"members": 13}},
    )


@case
def nik_that_disagrees(p: Place) -> Case:
    """ "Birth date or sex that disagrees with the NIK: warning, NIK kept"; "A NIK from another regency is normal"."""
    rows = [
        p.person(1, 1, tanggallahir="05/05/1990"),
        p.person(1, 2, sex="P"),
        p.person(1, 3, nik="7371010505830001"),
    ]
    return Case(
        [
            p.upload("A", "2023-08", sheet("penduduk", rows), welfare(p.income(1, 100_000))),
            p.upload(
                "A", "2023-08", payments(p.payment(None, date(2023, 8, 1), 50_000, nik=p.nik(1, 1))), name="b.xlsx"
            ),
        ],
        # the payment names no card
        [accepted(4, 2), accepted(1, 1)],
        {(1, "2023-08"): {"members": 3}},
        {("A", "2023-08"): {"assistance_amount": 50_000}},
    )


@case
def nik_again(p: Place) -> Case:
    """ "**A NIK again** in the upload, on a row loaded before: with the same name (without case and repeated spaces)
    and birth date (two empty ones agree) it is the same row twice (critical); otherwise … the later is loaded pending
    identity (warning …)."  A row that was not loaded is not before."""
    rows = [
        p.person(1, 1),
        p.person(1, 1, nama="warga  b B "),  # the same row twice
        p.person(2, 1, nik=p.nik(1, 1), nama="Orang Lain"),  # another, pending identity
        p.person(3, 1, nik=p.nik(1, 1), nama="ORANG LAIN"),  # the same row as the one before
        p.person(3, 2, nik=p.nik(1, 1), tanggallahir=date(1970, 1, 1)),  # another birth date: another person
        p.person(4, 1, nama=""),
        p.person(5, 1, nik=p.nik(4, 1), tanggallahir="tidak tahu"),
        p.person(5, 2, nik=p.nik(4, 1), nama=p.person(5, 1)["nama"], tanggallahir="tidak tahu"),
    ]
    return Case(
        [p.upload("A", "2023-08", sheet("penduduk", rows))],
        # warned: family 2 (NIK), family 3 (NIK; no head besides), family 5 (birth date)
        [("accepted_with_quarantine", 8, 4, 4, 3)],
        {
            (1, "2023-08"): {"members": 1},
            (2, "2023-08"): {"members": 1},
            (3, "2023-08"): {"members": 1},
            (4, "2023-08"): None,
            (5, "2023-08"): {"members": 1},
        },
    )


@case
def repaired_identifiers(p: Place) -> Case:
    """ "leading apostrophes, spaces, no-break spaces, dots, `.00` are repaired. `3.21601E+15` as text is lost."; "Text
    cells are exact."; "**no_kk** (critical): not 16 digits after repair."."""
    no_kk, nik = p.no_kk(1), p.nik(1)
    rows = [
        p.person(1, 1, no_kk="'" + no_kk, nik=nik + "\u00a0"),
        p.person(1, 2, no_kk=f" {no_kk[:4]} {no_kk[4:]}", nik=p.nik(1, 2) + ".00"),
        p.person(1, 3, no_kk=f"{no_kk[:2]}.{no_kk[2:6]}.{no_kk[6:]}"),
        p.person(1, 4, no_kk=f"{no_kk[:8]}\u00a0{no_kk[8:]}"),
        p.person(1, 5, no_kk="3.21601E+15"),
        p.person(1, 6, no_kk=no_kk[:15]),
        p.person(1, 7, no_kk=""),
        p.person(2, 1, no_kk="3216010101010010"),
    ]
    return Case(
        [p.upload("A", "2023-08", sheet("penduduk", rows))],
        [("accepted_with_quarantine", 8, 5, 3, 0)],
        {(1, "2023-08"): {"members": 4}},
    )


@case
def numeric_identifiers(p: Place) -> Case:
    """ "numeric cells are lost when all 16-digit numbers in that column of the sheet end in 0; when any ends otherwise
    they are exact (other programs write all 16). Text cells are exact. Numbers above 9007199254740992 are lost."."""
    cut = [p.person(f, 1, nik=int(p.nik(f, 1)[:15] + "0")) for f in (1, 2)] + [p.person(3, 1)]
    exact = [p.person(f, 1, nik=int(p.nik(f, 1)), no_kk=int(p.no_kk(f))) for f in (1, 2, 3)]
    exact += [p.person(4, 1, nik=9171010505810012), p.person(5, 1, nik=int(p.nik(5, 1)[:15] + "0"))]
    lost = [p.person(f, 1, no_kk=int(p.no_kk(f)[:15] + "0")) for f in (1, 2)] + [p.person(3, 1)]
    paid = {"program": "PKH", "nilai": 75_000, "tanggal_salur": date(2023, 8, 2)}
    return Case(
        [
            p.upload("A", "2023-08", sheet("penduduk", cut)),
            p.upload("B", "2023-08", sheet("penduduk", exact), welfare(p.income(2, 1_000))),
            p.upload("C", "2023-08", sheet("penduduk", lost)),
            p.upload("B", "2023-08", payments({"no_kk": int(p.no_kk(2)), "nik": int(p.nik(2))} | paid), name="b.xlsx"),
        ],
        [accepted(3, 2), accepted(6, 1), ("rejected", 3, 0, 2, 0), accepted(1)],
        {(1, "2023-08"): {"village_code": p.code("B")}, (5, "2023-08"): {"members": 1}},
        {("B", "2023-08"): {"assistance_amount": 75_000, "households": 1}},
    )


@case
def penduduk_rows(p: Place) -> Case:
    """ "`penduduk`, critical: no name; unknown status_dasar. Warning: sex, date or any other code unreadable (loaded
    empty); a family without exactly one living head."; codes or labels, and synonyms."""
    rows = [
        p.person(1, 1, sex="LAKI-LAKI", kk_level="KEPALA KELUARGA", status_dasar="HIDUP"),
        p.person(1, 2, sex="1", status_dasar=""),
        p.person(1, 3, status_dasar="MENINGGAL"),
        p.person(1, 4, status_dasar="entah"),
        p.person(1, 5, nama=None),
        p.person(1, 6, sex="X"),
        p.person(1, 7, tanggallahir="31/02/1987"),
        p.person(1, 8, kk_level="99"),
        p.person(1, 9, pendidikan_sedang_id="SEDANG SLTP/SEDERAJAT", nik=p.nik(9, 9), tanggallahir="1989-05-05"),
        p.person(2, 1, kk_level="4"),
        p.person(3, 1),
        p.person(3, 2, kk_level="1"),
        p.person(4, 1, status_dasar="2"),
        p.person(4, 2),
        p.person(5, 1, status_dasar="2"),
        p.person(5, 2, kk_level="1"),
    ]
    return Case(
        [p.upload("A", "2023-08", sheet("penduduk", rows))],
        [("accepted_with_quarantine", 16, 14, 2, 6)],
        {
            (1, "2023-08"): {"members": 6, "students_smp": 1, "students_sma": 0},
            (4, "2023-08"): {"members": 1},
        },
    )


@case
def kesejahteraan_rows(p: Place) -> Case:
    """ "`kesejahteraan`, critical: amount unreadable or negative; desil outside 1 to 10; neither amount nor desil; a
    no_kk an earlier loaded row has. Warning: a family that `penduduk` does not list; per-capita above Rp50 million a
    month; tanggal_pendataan unreadable or after receipt (loaded empty)."."""
    rows = [
        p.income(1, "Rp 1.288.679,00"),
        p.income(1, 5),  # given before
        p.income(2, "banyak"),
        p.income(2, -1),
        p.income(2, 1_000, desil=11),
        p.income(2, None, desil=0),
        p.income(2, None, desil=None),
        p.income(2, "1.288.680"),  # the first of family 2 that is loaded
        p.income(3, 800_000_000),
        p.income(4, 10, tanggal_pendataan="kemarin"),
        p.income(5, 10, tanggal_pendataan=date(2098, 1, 1)),
        p.income(6, None, desil="1"),
        p.income(77, 10),
        {"no_kk": "12", "penghasilan_bulanan": 10},
        p.income(7, None, pengeluaran_bulanan=100),
    ]
    return Case(
        [
            p.upload("A", "2023-08", p.penduduk(1, 2, 3, 4, 5, 6, 7)),
            p.upload("A", "2023-08", welfare(*rows), name="k.xlsx"),
        ],
        [accepted(28), ("accepted_with_quarantine", 15, 8, 7, 4)],
        {
            (1, "2023-08"): POOR | {"monthly_amount": 1_288_679},
            (2, "2023-08"): ABOVE | {"gap": 0},
            (3, "2023-08"): ABOVE,
            (4, "2023-08"): POOR,
            (5, "2023-08"): POOR,
            (6, "2023-08"): {"status": "candidate", "reason": "decile_1", "monthly_amount": None, "gap": None},
            (7, "2023-08"): UNMEASURED,
            (77, "2023-08"): None,
        },
        {("A", "2023-08"): {"households": 3, "persons": 12, "candidates": 1, "unmeasured": 1}},
    )


@case
def event_rows(p: Place) -> Case:
    """ "`verifikasi`, `bantuan`, `pemberdayaan`, critical: date unreadable or after the day of receipt (tanggal_selesai
    may lie ahead; unreadable it is loaded empty); hasil or jenis unknown; amount unreadable or negative, or blank in
    Entas's own `bantuan`; neither no_kk nor NIK usable. Warning: unknown alasan (taken as lainnya); a family or person
    nobody lists."."""
    day = date(2023, 8, 10)
    verified = [
        p.decision(1, day, "tidak layak", "kurang jelas"),
        p.decision(2, day, "TIDAK LAYAK", ""),
        p.decision(3, "31/04/2023", "layak"),
        p.decision(3, date(2098, 1, 1), "layak"),
        p.decision(3, "", "layak"),
        p.decision(3, day, "mungkin"),
        p.decision(3, day, ""),
        p.decision(77, day, "layak"),
        p.decision(3, day, "layak") | {"no_kk": "123"},
    ]
    paid = [
        p.payment(3, day, 1_000),
        p.payment(3, day, ""),
        p.payment(3, day, -5),
        p.payment(3, day, "lima"),
        p.payment(3, "besok", 1_000),
        p.payment(None, day, 1_000),
        p.payment(None, day, 2_000, nik="0"),
        p.payment(None, day, 4_000, nik=p.nik(3, 2)),
        p.payment(3, day, 8_000, nik="123"),
        p.payment(77, day, 16_000),
    ]
    active = [
        p.activity(3, day, tanggal_selesai=date(2098, 1, 1)),
        p.activity(3, day, "bantuan_modal", tanggal_selesai="nanti", nilai=""),
        p.activity(3, day, "berlibur"),
        p.activity(3, day, ""),
        p.activity(3, date(2098, 1, 1)),
        p.activity(3, day, "padat_karya", nilai=-1),
        p.activity(None, day, "padat_karya"),
    ]
    return Case(
        [
            p.upload("A", "2023-08", p.penduduk(1, 2, 3), welfare(p.income(3, 1_000))),
            p.upload("A", "2023-08", decisions(*verified), name="v.xlsx"),
            p.upload("A", "2023-08", payments(*paid), name="b.xlsx"),
            p.upload("A", "2023-08", activities(*active), name="p.xlsx"),
        ],
        [
            accepted(13),
            ("accepted_with_quarantine", 9, 3, 6, 2),
            ("accepted_with_quarantine", 10, 4, 6, 3),
            ("accepted_with_quarantine", 7, 2, 5, 1),
        ],
        {
            (1, "2023-08"): {"status": "not_extreme_poor", "reason": "other", "verified_on": day},
            (2, "2023-08"): {"status": "not_extreme_poor", "reason": "other"},
            (3, "2023-08"): POOR | {"verified_on": None},
        },
        {
            ("A", "2023-08"): {
                "assisted_households": 1,
                "assistance_amount": 13_000,
                "trained_households": 1,
                "capital_households": 1,
            }
        },
    )


# ------------------------------------------------------------------------------------------------ 6, status


@case
def one_village_keeps_a_family(p: Place) -> Case:
    """ "If two villages list the same no_kk, one keeps it: a claim with a living member first, then later register
    period, later receipt, lower village code."."""
    dead = sheet("penduduk", [*p.family(1, 2, status_dasar="3"), *p.family(2, 2), *p.family(3, 2)])
    return Case(
        [
            p.upload("A", "2023-09", dead),
            p.upload("B", "2023-08", p.penduduk(1, 2, size=2), p.penduduk(9)),
            p.upload("C", "2023-09", p.penduduk(3, size=2)),
        ],
        [accepted(6, 1), accepted(8), accepted(2)],
        {
            (1, "2023-08"): UNMEASURED | {"village_code": p.code("B")},
            (1, "2023-09"): UNMEASURED | {"village_code": p.code("B"), "register_age_months": 1},
            (2, "2023-08"): {"village_code": p.code("B")},
            (2, "2023-09"): {"village_code": p.code("A"), "previous_village_code": p.code("B")},
            (3, "2023-08"): None,
            (3, "2023-09"): {"village_code": p.code("C")},
        },
    )


@case
def one_family_keeps_a_person(p: Place) -> Case:
    """ "if two kept families list the same NIK, one keeps the person by the same order (a living row first), then
    earlier row; on the losing row it is the same person when name and birth date agree (and counts nowhere), otherwise
    a person pending identity (and counts). A family left without persons is not listed."."""
    moved = [
        p.person(2, 1),
        p.person(2, 2, nik=p.nik(1, 2), nama="WARGA B  C", tanggallahir=date(1982, 5, 5)),  # the same person
        p.person(2, 3, nik=p.nik(1, 3), nama="Orang Lain"),  # mistyped: another person
        p.person(4, 1, nik=p.nik(3, 1), nama="Warga D B", tanggallahir=date(1981, 5, 5)),
    ]
    first = [*p.family(1, 3), *p.family(3, 1)]
    dead = [p.person(5, 1, status_dasar="2"), p.person(9, 1)]
    alive = [p.person(6, 1, nik=p.nik(5, 1), nama="Warga F B", tanggallahir=date(1981, 5, 5))]
    paid = payments(p.payment(None, date(2023, 9, 5), 7, nik=p.nik(1, 3)), p.payment(3, date(2023, 9, 5), 9))
    return Case(
        [
            p.upload("A", "2023-08", sheet("penduduk", first)),
            p.upload("B", "2023-09", sheet("penduduk", moved), welfare(p.income(2, 1_000))),
            p.upload("C", "2023-08", sheet("penduduk", alive)),
            p.upload("D", "2023-09", sheet("penduduk", dead)),
            p.upload("A", "2023-09", welfare(p.income(1, 1_000)), paid, name="k.xlsx"),
        ],
        [accepted(4), accepted(5), accepted(1), accepted(2, 1), "accepted"],
        {
            (1, "2023-08"): {"members": 3},
            # the later period keeps them: one is the same person (away), one counts pending identity, and the payment
            # by NIK goes to family 2
            (1, "2023-09"): POOR | {"members": 2},
            (2, "2023-09"): POOR | {"members": 3},
            (3, "2023-08"): {"members": 1},
            (3, "2023-09"): MISSING | {"village_code": p.code("A")},
            (4, "2023-09"): {"members": 1},
            (5, "2023-09"): None,
            (6, "2023-09"): {"members": 1},
            (9, "2023-09"): {"members": 1},
        },
        {
            ("A", "2023-09"): {"assistance_amount": 0, "households": 1},
            ("B", "2023-09"): {"assistance_amount": 7, "households": 1},
        },
    )


@case
def members_and_the_line(p: Place) -> Case:
    """ "*Members* are persons with `status_dasar` 1 or blank"; "a family of four is below it under Rp1,288,680 a
    month. *Below* is strict"; Foster-Greer-Thorbecke "persons as weights"."""
    rows = [
        *p.family(1),
        *p.family(2),
        *p.family(3, 3),
        p.person(3, 4, status_dasar="2", pendidikan_sedang_id="7"),
        p.person(3, 5, status_dasar="", pendidikan_sedang_id="6"),
        *p.family(4, 2),
        *p.family(5, 1, pendidikan_sedang_id="6"),
        *p.family(6, 1, pendidikan_sedang_id="7"),
    ]
    amounts = [
        p.income(1, 1_288_680),
        p.income(2, 1_288_679.5),
        p.income(3, 644_340),
        p.income(4, None, desil=1),
        p.income(5, 0),
        p.income(6, None, desil=2),
    ]
    return Case(
        [p.upload("A", "2023-08", sheet("penduduk", rows), welfare(*amounts))],
        [accepted(23)],
        {
            (1, "2023-08"): ABOVE | {"per_capita": 322_170, "gap": 0, "poverty_line": 322_170},
            (2, "2023-08"): POOR | {"gap": 0.125, "movement": "entered", "movement_reason": "newly_registered"},
            (3, "2023-08"): POOR
            | {"members": 4, "per_capita": 161_085, "gap": 161_085, "students_smp": 1, "students_sma": 0},
            (4, "2023-08"): {"status": "candidate", "per_capita": None, "gap": None},
            (5, "2023-08"): POOR | {"per_capita": 0, "gap": 322_170, "students_smp": 1},
            (6, "2023-08"): UNMEASURED | {"students_sma": 1},
        },
        {
            ("A", "2023-08"): {
                "households": 3,
                "persons": 9,
                "candidates": 1,
                "unmeasured": 1,
                "headcount_ratio": 9 / 13,
                "poverty_gap": (4 * 0.125 / 322_170 + 4 * 0.5 + 1) / 13,
                "poverty_severity": (4 * (0.125 / 322_170) ** 2 + 4 * 0.25 + 1) / 13,
                "households_with_students_smp": 2,
                "households_with_students_sma": 0,
                "opening": 0,
                "entered": 3,
                "entered_newly_registered": 3,
            },
            ("C", "2023-08"): {"households": 0, "headcount_ratio": None, "assistance_amount": 0},
            ("AB", "2023-08"): {"households": 3, "persons": 9},
        },
    )


@case
def decisions_decide(p: Place) -> Case:
    """The decision table: gone, tidak layak otherwise and layak come before an amount."""
    outcomes = {
        1: ("meninggal", "left", "died"),
        2: ("pindah", "left", "moved_out"),
        3: ("GANDA", "left", "duplicate"),
        4: ("tidak ditemukan", "left", "not_found"),
        5: ("tidak layak sejak awal", "not_extreme_poor", "found_ineligible"),
        6: ("Mampu", "not_extreme_poor", "found_ineligible"),
        7: ("graduasi", "not_extreme_poor", "graduated"),
        8: ("lainnya", "not_extreme_poor", "other"),
    }
    day = date(2023, 9, 4)
    families = (*outcomes, 9)
    return Case(
        [
            p.upload("A", "2023-08", p.penduduk(*families), welfare(*(p.income(f, 1_000) for f in outcomes))),
            p.upload(
                "A",
                "2023-09",
                welfare(p.income(9, 90_000_000)),
                decisions(*(p.decision(f, day, "tidak layak", o[0]) for f, o in outcomes.items())),
                decisions(p.decision(9, day, "layak")),
                name="v.xlsx",
            ),
        ],
        [accepted(44), accepted(10)],
        {
            (f, "2023-09"): {
                "status": status,
                "reason": reason,
                "verified_on": day,
                "members": 4,
                "monthly_amount": 1_000,
                "movement": "exited",
                "movement_reason": reason,
                "previous_status": "extreme_poor",
            }
            for f, (_, status, reason) in outcomes.items()
        }
        | {
            (9, "2023-09"): {
                "status": "extreme_poor",
                "reason": "verified",
                "movement": "entered",
                "movement_reason": "verified_eligible",
                "gap": 0,
            }
        },
        {
            ("A", "2023-09"): {
                "opening": 8,
                "closing": 1,
                "exited": 8,
                "entered_verified_eligible": 1,
                "exited_died": 1,
                "exited_moved_out": 1,
                "exited_duplicate": 1,
                "exited_not_found": 1,
                "exited_found_ineligible": 2,
                "exited_graduated": 1,
                "exited_other": 1,
                "exited_missing_from_register": 0,
                # of the families that are not left: 5 to 8 lie below the line by their amount, 9 above it
                "headcount_ratio": 0.8,
            }
        },
    )


@case
def decisions_expire(p: Place) -> Case:
    """ "Any other is in force within 12 months": to the end of the month eleven months on. "The latest decision":
    one that has expired hides the older ones. A decision is "dated up to the end of m"."""
    return Case(
        [
            p.upload(
                "A",
                "2022-08",
                p.penduduk(1, 2),
                decisions(
                    p.decision(1, date(2022, 9, 1), "layak"),
                    p.decision(2, date(2022, 9, 30), "tidak layak", "pindah"),
                ),
            ),
            p.upload("A", "2023-10", p.penduduk(1, 2)),
        ],
        [accepted(10), accepted(8)],
        {
            (1, "2022-08"): UNMEASURED | {"verified_on": None},
            (1, "2022-09"): {"reason": "verified"},
            (1, "2023-08"): {"reason": "verified", "verified_on": date(2022, 9, 1)},
            (1, "2023-09"): UNMEASURED | {"verified_on": None, "movement": "exited", "movement_reason": "unmeasured"},
            (2, "2022-09"): {"status": "left", "reason": "moved_out"},
            (2, "2023-10"): {"status": "left", "reason": "moved_out", "verified_on": date(2022, 9, 30)},
        },
    )


@case
def decisions_are_superseded(p: Place) -> Case:
    """ "and is superseded by an amount of the policy's basis with a `tanggal_pendataan` after it; an amount without
    that date never supersedes."  Being gone is not superseded, and what is superseded hides the older decisions."""
    day, later = date(2023, 8, 10), date(2023, 8, 11)
    return Case(
        [
            p.upload(
                "A",
                "2023-08",
                p.penduduk(1, 2, 3, 4, 5, 6),
                welfare(
                    p.income(1, 9_000_000, tanggal_pendataan=later),
                    p.income(2, 9_000_000, tanggal_pendataan=day),
                    p.income(3, 9_000_000),
                    p.income(4, 1_000, tanggal_pendataan=later),
                    p.income(5, None, pengeluaran_bulanan=9_000_000, tanggal_pendataan=later),
                    p.income(6, 9_000_000, tanggal_pendataan=later),
                ),
                decisions(
                    p.decision(1, day, "layak"),
                    p.decision(2, day, "layak"),
                    p.decision(3, day, "layak"),
                    p.decision(4, day, "tidak layak", "pindah"),
                    p.decision(5, day, "layak"),
                    p.decision(6, date(2023, 7, 1), "layak"),
                    p.decision(6, day, "tidak layak", "mampu"),
                ),
            ),
        ],
        [accepted(37)],
        {
            (1, "2023-08"): ABOVE | {"verified_on": day},
            (2, "2023-08"): {"reason": "verified"},
            (3, "2023-08"): {"reason": "verified"},
            (4, "2023-08"): {"status": "left", "reason": "moved_out"},
            (5, "2023-08"): {"reason": "verified"},
            (6, "2023-08"): ABOVE,
        },
    )


@case
def gone_holds_while_the_village_keeps_the_family(p: Place) -> Case:
    """ "That the family is *gone* … holds while the village that decided keeps the family, without end; elsewhere it is
    passed over, and the decision before it is the latest."."""
    return Case(
        [
            p.upload(
                "A",
                "2023-08",
                p.penduduk(1, 2, 8),
                decisions(
                    p.decision(1, date(2023, 8, 1), "layak"),
                    p.decision(1, date(2023, 8, 9), "tidak layak", "pindah"),
                    p.decision(2, date(2023, 8, 9), "tidak layak", "mampu"),
                ),
            ),
            p.upload("C", "2023-09", p.penduduk(1, 2)),
            p.upload("A", "2023-10", p.penduduk(1, 2, 8)),
        ],
        [accepted(15), accepted(8), accepted(12)],
        {
            (1, "2023-08"): {"status": "left", "reason": "moved_out", "village_code": p.code("A")},
            (1, "2023-09"): {
                "status": "extreme_poor",
                "reason": "verified",
                "village_code": p.code("C"),
                "verified_on": date(2023, 8, 1),
                "movement_reason": "newly_registered",
            },
            (1, "2023-10"): {"status": "left", "reason": "moved_out", "village_code": p.code("A")},
            # found ineligible is no matter of who keeps the family
            (2, "2023-09"): {"reason": "found_ineligible", "village_code": p.code("C")},
        },
        {
            ("C", "2023-09"): {"entered_newly_registered": 1, "closing": 1},
            # the exit belongs to the area that counted the family, though A keeps it now
            ("C", "2023-10"): {"opening": 1, "exited": 1, "exited_moved_out": 1, "closing": 0},
            ("A", "2023-10"): {"opening": 0, "exited": 0, "closing": 0},
            ("AB", "2023-10"): {"exited": 0},
            ("CD", "2023-10"): {"exited": 1},
        },
    )


@case
def decisions_of_one_day(p: Place) -> Case:
    """ "(same day: the last received, then the later row)"."""
    day = date(2023, 8, 9)
    return Case(
        [
            p.upload(
                "A",
                "2023-08",
                p.penduduk(1, 2),
                decisions(
                    p.decision(1, day, "layak"),
                    p.decision(1, day, "tidak layak", "mampu"),
                    p.decision(2, day, "tidak layak", "mampu"),
                ),
            ),
            p.upload("B", "2023-08", p.penduduk(8), decisions(p.decision(2, day, "layak"))),
        ],
        [accepted(11), accepted(5)],
        {(1, "2023-08"): {"reason": "found_ineligible"}, (2, "2023-08"): {"reason": "verified"}},
    )


@case
def families_without_a_living_member(p: Place) -> Case:
    """ "no living member: `left`: `died` if all are 2 (mati), else `moved_out` if any is 3 (pindah), else `not_found`
    (4, 6, 9)", whatever a decision says."""
    codes = {1: "22", 2: "23", 3: "24", 4: "69"}
    rows = [p.person(f, n, status_dasar=code) for f, both in codes.items() for n, code in enumerate(both, start=1)]
    return Case(
        [
            p.upload(
                "A",
                "2023-08",
                sheet("penduduk", [*rows, *p.family(5)]),
                decisions(
                    p.decision(1, date(2023, 8, 1), "layak"), p.decision(4, date(2023, 8, 1), "tidak layak", "ganda")
                ),
                welfare(p.income(2, 1_000)),
            )
        ],
        [accepted(15, 4)],
        {
            (1, "2023-08"): {"status": "left", "reason": "died", "members": 0, "verified_on": date(2023, 8, 1)},
            (2, "2023-08"): {"reason": "moved_out", "monthly_amount": 1_000, "per_capita": None, "gap": None},
            (3, "2023-08"): {"reason": "not_found"},
            (4, "2023-08"): {"reason": "not_found", "verified_on": date(2023, 8, 1)},
        },
        {("A", "2023-08"): {"households": 0, "headcount_ratio": None}},
    )


@case
def families_vanish_and_return(p: Place) -> Case:
    """ "and one more in the period in which it is first no longer listed (its last village, 0 members, no amount)";
    "`returned` (counted in some month before m-1)"."""
    both, one = p.penduduk(1, 2), p.penduduk(2)
    return Case(
        [
            p.upload("A", "2023-01", both, welfare(p.income(1, 1_000))),
            p.upload("A", "2023-02", one),
            p.upload("A", "2023-04", both),
            p.upload("A", "2023-05", one, name="x.xlsx"),
            p.upload("A", "2023-06", one, name="y.xlsx"),
        ],
        [accepted(9), accepted(4), accepted(8), accepted(4), accepted(4)],
        {
            (1, "2023-01"): POOR | {"previous_status": None, "movement_reason": "newly_registered"},
            (1, "2023-02"): MISSING
            | {"movement": "exited", "movement_reason": "missing_from_register", "verified_on": None},
            (1, "2023-03"): None,
            (1, "2023-04"): POOR | {"movement": "entered", "movement_reason": "returned", "previous_status": None},
            (1, "2023-05"): MISSING | {"previous_village_code": p.code("A")},
            (1, "2023-06"): None,
        },
        {
            ("*", "2023-01"): {"closing": 1},
            ("*", "2023-02"): {"opening": 1, "exited_missing_from_register": 1, "closing": 0},
            ("*", "2023-03"): {"opening": 0, "closing": 0, "entered": 0},
            ("*", "2023-04"): {"entered_returned": 1, "closing": 1},
        },
    )


@case
def counted_families_move(p: Place) -> Case:
    """ "Counted in both months in different villages: `transferred`, out of one area and into the other, and invisible
    at a level that holds both, so it does not add up across levels."."""
    return Case(
        [
            p.upload("A", "2023-08", p.penduduk(1, 2, 8), welfare(p.income(1, 1_000), p.income(2, 1_000))),
            p.upload("B", "2023-09", p.penduduk(1)),
            p.upload("C", "2023-09", p.penduduk(2)),
        ],
        [accepted(14), accepted(4), accepted(4)],
        {
            (1, "2023-09"): {"movement": "transferred", "movement_reason": None, "village_code": p.code("B")},
            (2, "2023-09"): {"movement": "transferred", "previous_village_code": p.code("A")},
        },
        {
            ("A", "2023-09"): {"opening": 2, "transferred_out": 2, "transferred_in": 0, "closing": 0, "exited": 0},
            ("B", "2023-09"): {"opening": 0, "transferred_in": 1, "closing": 1, "entered": 0},
            ("C", "2023-09"): {"opening": 0, "transferred_in": 1, "closing": 1},
            ("AB", "2023-09"): {"opening": 2, "transferred_out": 1, "transferred_in": 0, "closing": 1},
            ("CD", "2023-09"): {"opening": 0, "transferred_in": 1, "transferred_out": 0, "closing": 1},
            ("*", "2023-09"): {"opening": 2, "transferred_in": 0, "transferred_out": 0, "closing": 2},
        },
    )


@case
def reasons_of_entering_and_leaving(p: Place) -> Case:
    """ "`newly_registered` (no row in m-1, or `left` then), `verified_eligible` (reason `verified`),
    `fell_below_line`"; "`graduated` (`graduated`, `above_line`)"; "`unmeasured` (`candidate`, `unmeasured`)"."""
    dead = [row | {"status_dasar": "2"} for row in p.family(4)]
    return Case(
        [
            p.upload(
                "A",
                "2023-08",
                sheet("penduduk", [*p.family(1), *p.family(2), *p.family(3), *dead, *p.family(5)]),
                welfare(p.income(1, 9_000_000), p.income(2, 1_000), p.income(3, 1_000), p.income(4, 1_000)),
            ),
            p.upload(
                "A",
                "2023-09",
                p.penduduk(1, 2, 3, 4, 5, 6),
                welfare(
                    p.income(1, 1_000),
                    p.income(2, 9_000_000),
                    p.income(3, None, desil="1"),
                    p.income(6, 1_000),
                ),
            ),
        ],
        [accepted(24, 1), accepted(28)],
        {
            (1, "2023-09"): {"movement": "entered", "movement_reason": "fell_below_line"},
            (2, "2023-09"): ABOVE | {"movement": "exited", "movement_reason": "graduated"},
            (3, "2023-09"): {"status": "candidate", "movement": "exited", "movement_reason": "unmeasured"},
            (4, "2023-09"): {"movement_reason": "newly_registered", "previous_status": "left"},
            (5, "2023-09"): UNMEASURED | {"movement": None, "movement_reason": None},
            (6, "2023-09"): {"movement_reason": "newly_registered", "previous_status": None},
        },
    )


@case
def amounts_grow_old(p: Place) -> Case:
    """ "each family's amounts and desil from one `kesejahteraan` row of a period within 12 months (of the village that
    keeps the family before others, then the latest period, then the last received)"."""
    return Case(
        [
            p.upload("A", "2022-08", p.penduduk(1, 2, 3), welfare(p.income(1, 1_000), p.income(2, 1_000))),
            p.upload("B", "2022-10", p.penduduk(9), welfare(p.income(2, 9_000_000), p.income(3, 1_000))),
            p.upload("A", "2023-10", welfare(p.income(3, None, desil=1))),
        ],
        [accepted(14), accepted(6), accepted(1)],
        {
            (1, "2023-07"): POOR,
            (1, "2023-08"): UNMEASURED | {"movement_reason": "unmeasured", "monthly_amount": None},
            # A keeps family 2, so its older row counts while it lasts; then B's
            (2, "2022-10"): POOR,
            (2, "2023-07"): POOR,
            (2, "2023-08"): ABOVE,
            (2, "2023-10"): UNMEASURED,
            (3, "2023-09"): POOR,
            # one row counts, and that one holds no amount
            (3, "2023-10"): {"status": "candidate", "monthly_amount": None},
        },
    )


@case
def lists_without_card_numbers(p: Place) -> Case:
    """P3KE: "no family card number: the key is ID Keluarga and the head's NIK, found in `penduduk`". Family 2 moves to
    another card, and its list follows the head; the list replaces an amount of its month, an older one it does not."""
    moved = [p.person(2, **{"no_kk": p.no_kk(9)})]
    listed = p3ke(
        p.head(1),
        p.head(2),
        p.head(3, 2),
        p.head(77),  # nobody lists that head
        p.head(1, 5),  # again
        p.head(4, NIK="0"),
        p.head(4, 11),
    )
    return Case(
        [
            p.upload("A", "2023-08", p.penduduk(1, 2, 3, 4), name="warga.xlsx"),
            p.upload("A", "2023-08", listed, name="p3ke.xlsx"),
            p.upload("B", "2023-08", welfare(p.income(2, 5_000_000)), name="b.xlsx"),
            p.upload("A", "2023-09", sheet("penduduk", [*p.family(1), *moved, *p.family(3)]), name="lengkap.xlsx"),
            p.upload("A", "2023-09", p3ke(p.head(2, 3)), name="p3ke.csv"),
            p.upload("A", "2023-09", welfare(p.income(1, 5_000_000)), name="a.xlsx"),
            p.upload("A", "2023-08", listed, name="p3ke lagi.xlsx"),
            p.upload("A", "2023-08", welfare(p.income(3, 5_000_000)), name="a.xlsx"),
            p.upload("A", "2023-08", listed, name="p3ke lagi 2.xlsx"),
        ],
        [
            accepted(16),
            ("accepted_with_quarantine", 7, 4, 3, 1),
            accepted(1),
            accepted(9),
            accepted(1),
            accepted(1),
            "duplicate",
            accepted(1),
            ("accepted_with_quarantine", 7, 4, 3, 1),
        ],
        {
            (1, "2023-08"): {"status": "candidate", "reason": "decile_1"},
            # another village's amount comes after the list of the village that keeps the family
            (2, "2023-08"): {"status": "candidate", "reason": "decile_1", "monthly_amount": None},
            (3, "2023-08"): {"status": "unmeasured"},  # listed again after the amount, and then decile 2
            (4, "2023-08"): {"status": "unmeasured"},
            (1, "2023-09"): {"status": "not_extreme_poor", "monthly_amount": 5_000_000},
            (2, "2023-09"): {"status": "left", "reason": "missing_from_register"},
            (9, "2023-09"): {"status": "unmeasured", "members": 1},  # decile 3 by now
        },
    )


@case
def help_received(p: Place) -> Case:
    """ "A payment or activity belongs to the family of its no_kk if listed in m, else to the one that lists its NIK.";
    "begun within 12 months of m"; only counted families, paid in m."""
    return Case(
        [
            p.upload(
                "A",
                "2022-08",
                p.penduduk(1, 2, 3),
                welfare(p.income(1, 1_000), p.income(2, 1_000), p.income(3, 9_000_000)),
                activities(
                    p.activity(1, date(2022, 9, 30)),
                    p.activity(2, date(2022, 9, 1), "bantuan modal"),
                    p.activity(3, date(2022, 9, 1), "bantuan_modal"),
                ),
                payments(
                    p.payment(1, date(2022, 8, 31), 100, nik=p.nik(3)),
                    p.payment(77, date(2022, 9, 1), 1_000, nik=p.nik(2, 3)),
                    p.payment(None, date(2022, 9, 2), 10_000, nik=p.nik(1, 2)),
                    p.payment(3, date(2022, 9, 2), 100_000),
                    p.payment(77, date(2022, 9, 2), 1_000_000),
                ),
            ),
            p.upload("A", "2023-09", welfare(p.income(1, 1_000), p.income(2, 1_000))),
        ],
        [accepted(23, 3), accepted(2)],
        {},
        {
            ("A", "2022-08"): {"assisted_households": 1, "assistance_amount": 100, "trained_households": 0},
            ("A", "2022-09"): {
                "assisted_households": 2,
                "assistance_amount": 11_000,
                "trained_households": 1,
                "capital_households": 1,
            },
            ("*", "2023-07"): {"trained_households": 1, "capital_households": 1, "assisted_households": 0},
            ("A", "2023-09"): {"households": 2, "trained_households": 0, "capital_households": 0},
        },
    )


@case
def months_run_without_gaps(p: Place) -> Case:
    """ "Months run from the earliest period of an accepted upload to the latest …; every area has a row in each, zeros
    included."  Any register opens them, before any family is listed."""
    return Case(
        [
            p.upload("A", "2023-06", welfare(p.income(1, 1_000))),
            p.upload("A", "2023-08", p.penduduk(1)),
            p.upload("A", "2023-05", Sheet("x", ("x",), (("x",),))),
        ],
        [accepted(1, 1), accepted(4), ("rejected", 0, 0, 0, 0)],
        {(1, "2023-07"): None, (1, "2023-08"): POOR},
        {
            ("A", "2023-06"): {"households": 0, "opening": 0, "headcount_ratio": None},
            ("D", "2023-07"): {"households": 0},
            ("*", "2023-08"): {"households": 1, "entered_newly_registered": 1},
        },
    )
