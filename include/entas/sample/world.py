"""What an invented world is made of: persons, families, and what the villages wrote down about them.

Months are indexes into ``PERIODS``. A family carries both its records (what the uploads will say) and what
those records must come to (``expected``); the second is declared by the recipe that planted the family and is never
computed from the uploads.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import date

from entas.areas import Village

PERIODS = ("2023-08", "2023-09", "2023-10")
MONTHS = range(len(PERIODS))

#: The regent's line, Rp10,739 of income a person and day times 30 (dbt_project/seeds/poverty_lines.csv).
LINE_PER_PERSON = 10_739 * 30

LIVING, DEAD, MOVED, LOST, AWAY, INVALID = 1, 2, 3, 4, 6, 9


def first_day(period: str, months_back: int = 0) -> date:
    """First day of the month ``months_back`` months before the period."""
    year, month = divmod(int(period[:4]) * 12 + int(period[5:]) - 1 - months_back, 12)
    return date(year, month + 1, 1)


def last_day(period: str) -> date:
    """Last day of the period's month."""
    year, month = int(period[:4]), int(period[5:])
    return date(year, month, calendar.monthrange(year, month)[1])


@dataclass(slots=True)
class Person:
    """A person as the population register describes them.

    ``nik_written`` is what the village types, which for planted dirt is not the person's NIK. ``status`` is the
    status_dasar by month, ``since`` the month of the first register that lists the person.
    ``counts_elsewhere``: another family lists the same NIK, name and birth date and keeps the person. ``shares_nik``:
    somebody else's row carries this person's NIK by mistake.
    """

    nik: str
    nik_written: str
    name: str
    sex: int
    birth_place: str
    birth_date: date
    relation: int
    education: int
    schooling: int
    job: int
    marital: int
    disability: int
    parents: tuple[str, str]
    birth_written: str | None = None
    status: list[int] = field(default_factory=lambda: [LIVING] * len(PERIODS))
    since: int = 0
    counts_elsewhere: bool = False
    shares_nik: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether the register identifies this person beyond doubt, so that a payment may name them by NIK."""
        return self.nik_written == self.nik and not self.counts_elsewhere and not self.shares_nik


@dataclass(slots=True)
class Measure:
    """A row of `kesejahteraan`. Amounts in rupiah a month; ``flaw`` makes the row one that must be quarantined."""

    month: int
    village: str
    income: int | None = None
    spending: int | None = None
    desil: int | None = None
    surveyed: date | None = None
    flaw: str | None = None


@dataclass(slots=True)
class Decision:
    """A row of `verifikasi`, in the upload of ``month`` (which may be later than the month of its date)."""

    month: int
    village: str
    held_on: date
    result: str
    reason: str = ""


@dataclass(slots=True)
class Payment:
    """A row of `bantuan`. ``by``: `kk`, `nik` or `both`."""

    month: int
    village: str
    programme: str
    source: str
    amount: int
    paid_on: date
    by: str = "kk"
    times_listed: int = 1


@dataclass(slots=True)
class Activity:
    """A row of `pemberdayaan`."""

    month: int
    village: str
    kind: str
    title: str
    started_on: date
    finished_on: date | None
    outcome: str
    amount: int | None
    by: str = "kk"


@dataclass(frozen=True, slots=True)
class Expected:
    """What a family must come to in a month: a row of the decision table of design section 6."""

    status: str
    reason: str
    village: str

    @property
    def is_counted(self) -> bool:
        """Whether the family is in the count under `measured_or_verified`."""
        return self.status == "extreme_poor"


@dataclass(slots=True)
class Family:
    """A family card, where it is listed month by month, what was recorded about it, and what that comes to.

    ``listed`` holds, by month, the villages whose register lists the family. ``status_by`` overrides the status of
    all its persons in one village's register (a second village that lists the family as moved away).
    ``first_reported`` holds, by month, what the month's first report could know, where a later upload changed it.
    """

    no_kk: str
    home: str
    address: str
    hamlet: str
    rw: str
    rt: str
    persons: list[Person]
    listed: list[tuple[str, ...]]
    case: str = "ordinary"
    status_by: dict[str, int] = field(default_factory=dict)
    measures: list[Measure] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    expected: list[Expected | None] = field(default_factory=lambda: [None] * len(PERIODS))
    first_reported: dict[int, Expected | None] = field(default_factory=dict)
    forgotten_in: set[tuple[str, int]] = field(default_factory=set)
    special: bool = False

    def living(self, month: int) -> list[Person]:
        """The members: living persons the family keeps in the month. A row of a family that left has none."""
        expected = self.expected[month]
        if expected is None or expected.reason == "missing_from_register":
            return []
        return [p for p in self.persons if p.since <= month and p.status[month] == LIVING and not p.counts_elsewhere]

    @property
    def head(self) -> Person:
        """The head of the family: the first person on the card."""
        return self.persons[0]


@dataclass(slots=True)
class VillageOffice:
    """A village and its habits: the format it uploads, and which months it sends what.

    ``style``: `entas`, `entas_xlsm`, `entas_xls`, `entas_ods`, `entas_csv`, `opensid` (population from OpenSID beside
    an Entas workbook) or `ddk` (population and family data from OpenSID, events in an Entas file).
    """

    area: Village
    style: str
    room: int
    weight: float
    sends_register: list[bool] = field(default_factory=lambda: [True] * len(PERIODS))
    sends_events: list[bool] = field(default_factory=lambda: [True] * len(PERIODS))
    quirks: set[str] = field(default_factory=set)
    families: list[Family] = field(default_factory=list)

    @property
    def code(self) -> str:
        """Dotted Kemendagri code."""
        return self.area.village_code

    @property
    def is_regular(self) -> bool:
        """Sends everything every month, once."""
        return all(self.sends_register) and all(self.sends_events) and not self.quirks

    @property
    def dates_its_surveys(self) -> bool:
        """Whether its family data can hold a date of survey, a desil, or an expenditure alone: DDK cannot."""
        return self.style != "ddk"


@dataclass(slots=True)
class World:
    """Everything that was planted."""

    seed: int
    offices: dict[str, VillageOffice]
    families: list[Family]
    late_register: str  # village whose register of the second month is mended in the third

    def office(self, code: str) -> VillageOffice:
        """The office of a village code."""
        return self.offices[code]
