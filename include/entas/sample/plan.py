"""Plants the world: which family is what in which month, by which records, and in which village.

The numbers of families by kind are in the tables ``STAYERS``, ``EXITS`` and ``ENTRIES``. They make 1,926 counted
families in 2023-08 and 1,160 in 2023-10, as Kabupaten Bekasi reported for 2023; everything else is invented.

Each recipe writes the records and declares beside them, in ``Family.expected``, what they must come to under design
section 6. Nothing here reads what the pipeline makes of them.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from datetime import date, timedelta
from functools import lru_cache

from entas import areas
from entas.sample.people import People
from entas.sample.world import (
    AWAY,
    DEAD,
    INVALID,
    LINE_PER_PERSON,
    LOST,
    MONTHS,
    MOVED,
    PERIODS,
    Activity,
    Decision,
    Expected,
    Family,
    Measure,
    Payment,
    Person,
    VillageOffice,
    World,
    first_day,
    last_day,
)

REGENCY = "32.16"

STYLES = {"entas": 111, "entas_xlsm": 7, "entas_xls": 9, "entas_ods": 4, "entas_csv": 10, "opensid": 28, "ddk": 18}

#: How families counted in the first month leave in the second (496) and third (487) month, by recipe.
EXITS: dict[str, tuple[int, int]] = {
    "ineligible": (266, 252),
    "ineligible_told_late": (5, 0),
    "graduated_by_decision": (40, 50),
    "graduated_after_correction": (3, 0),
    "income_rose": (30, 36),
    "income_rose_after_layak": (4, 4),
    "income_shared_by_fewer": (5, 5),
    "layak_expired_above_line": (2, 2),
    "died_by_decision": (15, 14),
    "died_in_register": (12, 10),
    "moved_by_decision": (18, 20),
    "moved_in_register": (12, 12),
    "moved_or_died_in_register": (4, 4),
    "duplicate_by_decision": (22, 19),
    "not_found_by_decision": (10, 13),
    "not_found_in_register": (8, 8),
    "missing": (14, 16),
    "new_card": (1, 0),
    "only_desil_1": (5, 5),
    "only_desil": (3, 3),
    "only_spending": (3, 2),
    "layak_expired": (3, 3),
    "other_by_decision": (11, 9),
}
#: How the 19 families return in the third month that left in the second, by the recipe that they left by.
RETURNS = {
    "ineligible": 5,
    "income_rose": 4,
    "only_desil": 3,
    "missing": 3,
    "moved_by_decision": 2,
    "other_by_decision": 2,
}
#: How families enter in the second (113) and third (97, besides the 19 that return) month, by recipe.
ENTRIES: dict[str, tuple[int, int]] = {
    "new_family_below": (21, 18),
    "new_family_layak": (10, 9),
    "back_from_away": (2, 1),
    "new_card": (1, 0),
    "candidate_layak": (16, 14),
    "unmeasured_layak": (13, 12),
    "above_line_layak": (12, 10),
    "income_fell": (24, 22),
    "income_shared_by_more": (5, 4),
    "measured_below": (6, 5),
    "graduation_expired": (3, 2),
}
#: How families that entered in the second month leave in the third (12 of 113).
ENTRANT_EXITS = {"ineligible": 10, "graduated_by_decision": 2}
#: Families counted in all three months of a kind of their own; the rest of the 943 are ordinary.
STAYERS = {
    "moved_village": 6,  # within a district, second month
    "moved_district": 8,
    "moved_village_later": 5,  # third month
    "moved_district_later": 7,
    "listed_twice": 6,
    "listed_twice_living_first": 3,
    "forgotten_then_mended": 4,
    "child_on_two_cards": 4,
    "income_by_one_rupiah": 12,
    "no_income": 9,
    "second_income_row": 8,
    "layak_superseded_below": 14,
}
#: Families never counted, besides those above the line.
NEVER_COUNTED = {
    "candidate": 118,
    "unmeasured": 96,
    "unreadable_income": 14,
    "only_spending": 12,
    "desil_above_1": 10,
    "exactly_on_the_line": 14,
    "never_eligible": 46,
    "graduated_before": 12,
    "left_before_by_register": 22,
    "left_before_by_decision": 14,
    "layak_superseded_above": 12,
    "layak_expired_before": 6,
    "child_on_two_cards_decides": 2,
}
COUNTED_FIRST_MONTH = 1926

BASES = {"below": 66, "verified_unmeasured": 12, "verified_above": 11, "verified_below": 11}

GONE_REASONS = {"died": "meninggal", "moved_out": "pindah", "duplicate": "ganda", "not_found": "tidak ditemukan"}
INELIGIBLE_REASONS = ("tidak layak sejak awal", "tidak layak sejak awal", "mampu", "Mampu", "TIDAK LAYAK SEJAK AWAL")
OTHER_REASONS = ("lainnya", "lainnya", "", "", "menolak didata")  # blank and unknown ones are `lainnya`


class Planner:
    """Builds a ``World`` from a seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rng = random.Random(f"{seed}:plan")
        self.people = People(seed)
        self.families: list[Family] = []
        self.offices = self._open_offices()
        self._by_district: dict[str, list[VillageOffice]] = {}
        for office in self.offices.values():
            self._by_district.setdefault(office.area.district_code, []).append(office)

    # ------------------------------------------------------------------ villages

    def _open_offices(self) -> dict[str, VillageOffice]:
        rng = self.rng
        villages = list(areas.villages(REGENCY).values())
        styles = [style for style, share in STYLES.items() for _ in range(share)]
        rng.shuffle(styles)
        offices = {
            village.village_code: VillageOffice(
                area=village, style=style, room=rng.randint(31, 44), weight=rng.choice((0.35, 0.7, 1.0, 1.0, 1.3, 1.9))
            )
            for village, style in zip(villages, styles, strict=True)
        }
        free = [code for code, office in offices.items() if office.style in ("entas", "opensid")]
        rng.shuffle(free)

        def take(count: int, style: str | None = None) -> list[VillageOffice]:
            found = [offices[code] for code in free if style in (None, offices[code].style)][:count]
            for office in found:
                free.remove(office.code)
            return found

        def quiet(office: VillageOffice, month: int, *, events: bool) -> None:
            office.sends_register[month] = False
            office.sends_events[month] = events

        for office in take(4):
            quiet(office, 1, events=False)
        for office in take(4):
            quiet(office, 1, events=True)
        for office in take(5):
            quiet(office, 2, events=False)
        for office in take(4):
            quiet(office, 2, events=True)
        for office in take(1):
            quiet(office, 1, events=False)
            quiet(office, 2, events=False)
        for office in take(1):
            office.quirks.add("unreadable_only")
            quiet(office, 1, events=False)
        for office in take(1, "entas"):
            office.quirks.add("part_beside_events")
            quiet(office, 2, events=True)
        for quirk, style in (
            ("late_register", "entas"),
            ("part_first", "opensid"),
            ("part_first", "entas"),
            ("damaged_card_numbers", "opensid"),
            ("damaged_niks", "opensid"),
            ("unreadable_first", "entas"),
            ("no_register", "entas"),
            ("malformed_period", "entas"),
            ("foreign_rows", "entas"),
            ("copy_1", "entas"),
            ("copy_2", "entas"),
            ("copy_3", "opensid"),
            ("undotted_folder", "entas"),
            ("undotted_folder", "opensid"),
            ("numeric_numbers", "opensid"),
            ("numeric_numbers", "opensid"),
            ("numeric_numbers", "entas"),
            ("numeric_numbers", "entas"),
            ("complete_by_name", "entas"),
        ):
            for office in take(1, style):
                office.quirks.add(quirk)
        return offices

    def _pick(
        self,
        *,
        registers: Collection[int] = (),
        events: Collection[int] = (),
        dated: bool = False,
        regular: bool = False,
    ) -> VillageOffice:
        """A village with room that sends what a recipe needs in the months in which it needs it."""
        fit = [
            office
            for office in self.offices.values()
            if office.room > 0
            and (not dated or office.dates_its_surveys)
            and (not regular or office.is_regular)
            and all(office.sends_register[m] for m in registers)
            and all(office.sends_events[m] for m in events)
        ]
        return self.rng.choices(fit, weights=[office.weight * office.room for office in fit])[0]

    def _settle(self, office: VillageOffice, case: str, size: int | None = None) -> Family:
        family = self.people.family(office.area, size)
        family.case = case
        office.room -= 1
        office.families.append(family)
        self.families.append(family)
        return family

    # ------------------------------------------------------------------ records

    def _day(self, month: int, earliest: int = 2, latest: int = 27) -> date:
        return first_day(PERIODS[month]) + timedelta(days=self.rng.randint(earliest, latest) - 1)

    def _earlier_day(self, first: date, last: date) -> date:
        return first + timedelta(days=self.rng.randint(0, (last - first).days))

    def _income(self, members: int, *, below: bool) -> int:
        """A round income that is clearly below, or clearly above, the line of so many members."""
        line = LINE_PER_PERSON * members
        share = self.rng.uniform(0.35, 0.97) if below else self.rng.uniform(1.04, 2.6)
        amount = max(50_000, round(line * share / 10_000) * 10_000)
        if (amount < line) != below:
            amount += -10_000 if below else 10_000
        return amount

    def _measure(
        self, family: Family, month: int, *, surveyed: date | None = None, village: str | None = None, **fields
    ) -> Measure:
        code = village or family.listed[month][0]
        if not self.offices[code].dates_its_surveys:
            surveyed = None
        measure = Measure(month=month, village=code, surveyed=surveyed, **fields)
        if measure.income is not None and measure.spending is None and self.rng.random() < 0.5:
            measure.spending = round(measure.income * self.rng.uniform(0.8, 1.15) / 10_000) * 10_000
        if measure.income is not None and self.offices[code].dates_its_surveys and self.rng.random() < 0.4:
            below = measure.income < LINE_PER_PERSON * len(family.persons)
            measure.desil = measure.desil or self.rng.choice((1, 1, 2) if below else (2, 3, 4, 5))
        family.measures.append(measure)
        return measure

    def _earn(self, family: Family, month: int, *, below: bool, surveyed: date | None = None) -> Measure:
        """A readable income row of the month; the survey is dated in the month unless told, and half of them not."""
        members = sum(1 for p in family.persons if p.since <= month and p.status[month] == 1)
        return self._measure(
            family, month, income=self._income(members, below=below), surveyed=surveyed or self._day(month)
        )

    def _decide(
        self,
        family: Family,
        month: int,
        result: str,
        reason: str = "",
        *,
        held_on: date | None = None,
        village: str | None = None,
    ) -> Decision:
        decision = Decision(
            month=month,
            village=village or family.listed[month][0],
            held_on=held_on or self._day(month),
            result=result,
            reason=reason,
        )
        family.decisions.append(decision)
        return decision

    def _expect(self, family: Family, months: Collection[int], status: str, reason: str) -> None:
        for month in months:
            village = family.listed[month][0] if family.listed[month] else ""
            family.expected[month] = Expected(status, reason, village)

    def _below(self, family: Family, months: Collection[int]) -> None:
        self._expect(family, months, "extreme_poor", "below_line")

    def _verified(self, family: Family, months: Collection[int]) -> None:
        self._expect(family, months, "extreme_poor", "verified")

    def _leave(self, family: Family, months: Collection[int], reason: str) -> None:
        self._expect(family, months, "left", reason)

    # ------------------------------------------------------------------ counted from the first month

    def _count_from_start(self, office: VillageOffice, case: str, basis: str | None = None) -> Family:
        """A family counted in the first month; as it stands it is counted in all three."""
        rng = self.rng
        basis = basis or rng.choices(list(BASES), weights=list(BASES.values()))[0]
        family = self._settle(office, case)
        if basis == "below":
            self._earn(family, 0, below=True, surveyed=self._earlier_day(date(2023, 6, 1), date(2023, 8, 27)))
            self._below(family, MONTHS)
            return family
        held_on = self._earlier_day(date(2022, 11, 1), date(2023, 8, 27))
        self._decide(family, 0, "layak", held_on=held_on)
        if basis != "verified_unmeasured":
            # On the day of the decision or before it, an amount does not supersede the decision.
            surveyed = held_on - timedelta(days=rng.choice((0, 1, 14, 45)))
            self._earn(family, 0, below=basis == "verified_below", surveyed=surveyed)
        self._verified(family, MONTHS)
        return family

    def exit(self, how: str, month: int) -> Family:
        """A family counted in the months before ``month`` that leaves the count in it."""
        needs = EXIT_NEEDS.get(how, {})
        office = self._pick(
            events=[0, month],
            registers=[0, month] if needs.get("register") else [0],
            dated=bool(needs.get("dated")),
            regular=how in ("new_card", "graduated_after_correction", "ineligible_told_late"),
        )
        if how.startswith("layak_expired"):
            family = self._settle(office, f"exit_{how}")
            # Valid from the first day of m-11 to the last day of m: it lasts to the month before `month`.
            first = first_day(PERIODS[month - 1], 11)
            self._decide(family, 0, "layak", held_on=self._earlier_day(first, last_day(f"{first:%Y-%m}")))
            self._verified(family, range(month))
        else:
            basis = needs.get("basis")
            family = self._count_from_start(office, f"exit_{how}", basis)
        self.leave_count(family, how, month)
        return family

    def leave_count(self, family: Family, how: str, month: int) -> None:
        """Writes the records by which a counted family leaves, and what is expected from then on."""
        rng = self.rng
        rest = range(month, len(PERIODS))
        match how:
            case "ineligible":
                self._decide(family, month, "tidak layak", rng.choice(INELIGIBLE_REASONS))
                self._expect(family, rest, "not_extreme_poor", "found_ineligible")
            case "ineligible_told_late":
                # Dated in the month, but it reaches the regency only in the upload of the month after.
                was = family.expected[month]
                self._decide(family, month + 1, "tidak layak", "mampu", held_on=self._day(month, 24, 29))
                self._expect(family, rest, "not_extreme_poor", "found_ineligible")
                family.first_reported[month] = was
            case "graduated_by_decision":
                self._decide(family, month, "tidak layak", rng.choice(("graduasi", "Graduasi")))
                self._expect(family, rest, "not_extreme_poor", "graduated")
            case "graduated_after_correction":
                # The same decision listed again a month later, with the alasan that was meant: that one counts.
                held_on = self._day(month)
                self._decide(family, month, "tidak layak", "lainnya", held_on=held_on)
                self._decide(family, month + 1, "tidak layak", "graduasi", held_on=held_on)
                self._expect(family, rest, "not_extreme_poor", "graduated")
                family.first_reported[month] = Expected("not_extreme_poor", "other", family.home)
            case "income_rose":
                self._earn(family, month, below=False)
                self._expect(family, rest, "not_extreme_poor", "above_line")
            case "income_rose_after_layak":
                self._earn(family, month, below=False, surveyed=self._day(month))
                self._expect(family, rest, "not_extreme_poor", "above_line")
            case "income_shared_by_fewer":
                self._lose_a_member(family, month)
                self._expect(family, rest, "not_extreme_poor", "above_line")
            case "layak_expired_above_line":
                # Found above the line before the decision, which outweighs it as long as it is in force.
                self._earn(family, 0, below=False, surveyed=date(2022, 8, 15))
                self._expect(family, rest, "not_extreme_poor", "above_line")
            case "layak_expired":
                self._expect(family, rest, "unmeasured", "no_measure")
            case "died_by_decision" | "moved_by_decision" | "duplicate_by_decision" | "not_found_by_decision":
                reason = {"died": "died", "moved": "moved_out"}.get(how.split("_")[0], how.removesuffix("_by_decision"))
                self._decide(family, month, "tidak layak", GONE_REASONS[reason])
                self._leave(family, rest, reason)
            case "died_in_register" | "moved_in_register" | "moved_or_died_in_register" | "not_found_in_register":
                self._empty_in_register(family, how, month)
            case "missing" | "new_card":
                for later in rest:
                    family.listed[later] = ()
                family.expected[month] = Expected("left", "missing_from_register", family.listed[month - 1][0])
                for later in range(month + 1, len(PERIODS)):
                    family.expected[later] = None
                if how == "new_card":
                    self._take_new_card(family, month)
            case "only_desil_1" | "only_desil" | "only_spending":
                self._lose_measure(family, how, month)
            case "other_by_decision":
                self._decide(family, month, "tidak layak", rng.choice(OTHER_REASONS))
                self._expect(family, rest, "not_extreme_poor", "other")
            case _:
                raise ValueError(how)

    def _lose_a_member(self, family: Family, month: int) -> None:
        """One member dies, and the same income is above the line of those who are left."""
        family.special = True
        members = len(family.persons)
        income = LINE_PER_PERSON * members - self.rng.choice((10_000, 20_000, 40_000))
        family.measures[0].income = income
        family.measures[0].desil = None
        for later in range(month, len(PERIODS)):
            family.persons[-1].status[later] = DEAD

    def _empty_in_register(self, family: Family, how: str, month: int) -> None:
        """The register keeps the family's rows but none of its persons lives there any more."""
        rng = self.rng
        count = len(family.persons)
        if how == "died_in_register":
            codes, reason = [DEAD] * count, "died"
        elif how == "moved_in_register":
            codes, reason = [MOVED] * count, "moved_out"
        elif how == "moved_or_died_in_register":
            codes, reason = [DEAD] + [MOVED] * (count - 1), "moved_out"
        else:
            codes, reason = [rng.choice((LOST, AWAY, INVALID)) for _ in range(count)], "not_found"
            if count > 2:
                codes[0] = DEAD
        for person, code in zip(family.persons, codes, strict=True):
            for later in range(month, len(PERIODS)):
                person.status[later] = code
        self._leave(family, range(month, len(PERIODS)), reason)

    def _lose_measure(self, family: Family, how: str, month: int) -> None:
        """A newer row of `kesejahteraan` counts instead of the old one, and holds no income."""
        desil = {"only_desil_1": 1, "only_desil": self.rng.choice((2, 3)), "only_spending": None}[how]
        spending = self._income(len(family.persons), below=True) if how == "only_spending" else None
        family.measures.append(
            Measure(month=month, village=family.home, desil=desil, spending=spending, surveyed=self._day(month))
        )
        rest = range(month, len(PERIODS))
        if desil == 1:
            self._expect(family, rest, "candidate", "decile_1")
        else:
            self._expect(family, rest, "unmeasured", "no_measure")

    def _take_new_card(self, old: Family, month: int) -> None:
        """The same persons under a new card in another village.

        The old village goes on listing the old card for a month. Its rows lose to the later receipt, which leaves
        the old card without persons, and so unlisted.
        """
        old_office = self.offices[old.home]
        old.special = True
        candidates = [o for o in self.offices.values() if o.is_regular and o.code > old_office.code and o.room > 0]
        office = self.rng.choice(candidates)
        new = self._settle(office, "entry_new_card", size=len(old.persons))
        new.persons = old.persons
        new.special = True
        new.listed = [() if m < month else (office.code,) for m in MONTHS]
        old.listed[month] = (old.home,)
        self._earn(new, month, below=True)
        self._below(new, range(month, len(PERIODS)))

    def returning(self, how: str) -> Family:
        """A family counted in the first month, not in the second, and again in the third."""
        needs = EXIT_NEEDS.get(how, {})
        office = self._pick(
            events=MONTHS, registers=MONTHS if needs.get("register") else [0], dated=bool(needs.get("dated"))
        )
        family = self._count_from_start(office, f"return_after_{how}", needs.get("basis"))
        self.leave_count(family, how, 1)
        match how:
            case "ineligible" | "moved_by_decision" | "other_by_decision":
                self._decide(family, 2, "layak")
                self._verified(family, [2])
            case "income_rose" | "only_desil":
                self._earn(family, 2, below=True)
                self._below(family, [2])
            case "missing":
                family.listed[2] = (family.home,)
                status = family.expected[0]
                family.expected[2] = Expected(status.status, status.reason, family.home)
            case _:
                raise ValueError(how)
        return family

    # ------------------------------------------------------------------ entering later

    def entry(self, how: str, month: int) -> Family:
        """A family not counted before ``month`` and counted from it on."""
        rng = self.rng
        before, rest = range(month), range(month, len(PERIODS))
        dated = how in ("candidate_layak", "measured_below", "graduation_expired")
        by_register = how in ("new_family_below", "new_family_layak", "back_from_away", "income_shared_by_more")
        office = self._pick(events=[0, month], registers=[0, month] if by_register else [0], dated=dated)
        family = self._settle(office, f"entry_{how}")
        match how:
            case "new_family_below" | "new_family_layak":
                family.listed = [() if m < month else (office.code,) for m in MONTHS]
                if how == "new_family_below":
                    self._earn(family, month, below=True)
                    self._below(family, rest)
                else:
                    self._decide(family, month, "layak")
                    self._verified(family, rest)
            case "back_from_away":
                for person in family.persons:
                    for earlier in before:
                        person.status[earlier] = MOVED
                self._leave(family, before, "moved_out")
                self._earn(family, month, below=True)
                self._below(family, rest)
            case "candidate_layak":
                self._measure(family, 0, desil=1, surveyed=self._earlier_day(date(2023, 6, 1), date(2023, 8, 25)))
                self._expect(family, before, "candidate", "decile_1")
                self._decide(family, month, "layak")
                self._verified(family, rest)
            case "unmeasured_layak":
                self._expect(family, before, "unmeasured", "no_measure")
                self._decide(family, month, "layak")
                self._verified(family, rest)
            case "above_line_layak":
                self._earn(family, 0, below=False, surveyed=self._earlier_day(date(2023, 6, 1), date(2023, 8, 25)))
                self._expect(family, before, "not_extreme_poor", "above_line")
                self._decide(family, month, "layak")
                self._verified(family, rest)
            case "income_fell":
                self._earn(family, 0, below=False, surveyed=self._earlier_day(date(2023, 6, 1), date(2023, 8, 25)))
                self._expect(family, before, "not_extreme_poor", "above_line")
                self._earn(family, month, below=True)
                self._below(family, rest)
            case "income_shared_by_more":
                self._gain_a_member(family, month)
                self._expect(family, before, "not_extreme_poor", "above_line")
                self._below(family, rest)
            case "measured_below":
                if rng.random() < 0.5:
                    self._measure(family, 0, desil=1)
                    self._expect(family, before, "candidate", "decile_1")
                else:
                    self._expect(family, before, "unmeasured", "no_measure")
                self._earn(family, month, below=True)
                self._below(family, rest)
            case "graduation_expired":
                # A graduation outweighs the undated amount for 12 months; then the amount speaks again.
                first = first_day(PERIODS[month - 1], 11)
                held_on = self._earlier_day(first, last_day(f"{first:%Y-%m}"))
                self._decide(family, 0, "tidak layak", "graduasi", held_on=held_on)
                self._earn(family, 0, below=True).surveyed = None
                self._expect(family, before, "not_extreme_poor", "graduated")
                self._below(family, rest)
            case _:
                raise ValueError(how)
        return family

    def _gain_a_member(self, family: Family, month: int) -> None:
        """A child is born, and the same income is below the line of the larger family."""
        family.special = True
        members = len(family.persons)
        self._measure(
            family, 0, income=LINE_PER_PERSON * members + self.rng.choice((5_000, 30_000, 60_000)), surveyed=None
        )
        village = self.offices[family.home].area
        family.persons.append(self.people.baby(village, family, self._day(month, 1, 20), month))

    # ------------------------------------------------------------------ counted throughout

    def stayer(self, case: str) -> Family:
        """A family counted in all three months, of one of the kinds in ``STAYERS``."""
        match case:
            case "moved_village" | "moved_district" | "moved_village_later" | "moved_district_later":
                return self._mover(case, 2 if case.endswith("later") else 1)
            case "listed_twice" | "listed_twice_living_first":
                return self._listed_twice(case)
            case "forgotten_then_mended":
                office = next(o for o in self.offices.values() if "late_register" in o.quirks)
                family = self._count_from_start(office, case)
                family.forgotten_in.add((office.code, 1))
                family.first_reported[1] = Expected("left", "missing_from_register", office.code)
                return family
            case "child_on_two_cards":
                return self._child_on_two_cards(case, decides=False)
        office = self._pick(events=[0], registers=[0], dated=case in ("layak_superseded_below", "second_income_row"))
        match case:
            case "income_by_one_rupiah":
                family = self._settle(office, case)
                self._measure(family, 0, income=LINE_PER_PERSON * len(family.persons) - 1)
            case "no_income":
                family = self._settle(office, case)
                self._measure(family, 0, income=0, spending=0)
            case "second_income_row":
                # The second row of one family in one sheet is quarantined: the first counts.
                family = self._settle(office, case)
                self._earn(family, 0, below=True)
                family.measures.append(
                    Measure(
                        month=0,
                        village=office.code,
                        income=self._income(len(family.persons), below=False),
                        flaw="listed_again",
                    )
                )
            case "layak_superseded_below":
                family = self._settle(office, case)
                self._decide(family, 0, "layak", held_on=self._earlier_day(date(2023, 2, 1), date(2023, 6, 30)))
                self._earn(family, 0, below=True, surveyed=self._earlier_day(date(2023, 7, 1), date(2023, 8, 27)))
            case _:
                raise ValueError(case)
        self._below(family, MONTHS)
        return family

    def _mover(self, case: str, month: int) -> Family:
        within = case.startswith("moved_village")
        while True:
            origin = self._pick(events=MONTHS, registers=[0])
            if within and len(self._by_district[origin.area.district_code]) < 3:
                continue
            others = [
                o
                for o in self.offices.values()
                if o.room > 0
                and o.code != origin.code
                and o.sends_register[month]
                and (o.area.district_code == origin.area.district_code) == within
            ]
            if others:
                break
        family = self._count_from_start(origin, case)
        target = self.rng.choice(others)
        target.room -= 1
        old = origin.code
        for later in range(month, len(PERIODS)):
            # A village that sends no register goes on listing whom it listed; the newer register keeps the family.
            still = (old,) if not any(origin.sends_register[month : later + 1]) else ()
            family.listed[later] = (target.code, *still)
        if origin.sends_register[month] and self.rng.random() < 0.4:
            # The old village's word that the family is gone is passed over where another village keeps it.
            self._decide(family, month, "tidak layak", "pindah", village=old)
        elif target.sends_events[month] and self.rng.random() < 0.4 and family.expected[0].reason == "below_line":
            self._measure(
                family, month, income=self._income(len(family.persons), below=True), surveyed=self._day(month)
            )
        status = family.expected[0]
        for later in range(month, len(PERIODS)):
            family.expected[later] = Expected(status.status, status.reason, target.code)
        return family

    def _listed_twice(self, case: str) -> Family:
        """Two villages list one family card in every month; one of them keeps it."""
        while True:
            one, other = sorted((self._pick(regular=True), self._pick(regular=True)), key=lambda o: o.code)
            if one.code != other.code:
                break
        # Both registers are of the same month: the later receipt keeps it, unless nobody lives there by that register.
        keeper, loser = (other, one) if case == "listed_twice" else (one, other)
        family = self._count_from_start(keeper, case)
        loser.room -= 1
        family.special = True
        family.listed = [(keeper.code, loser.code)] * len(PERIODS)
        if case == "listed_twice_living_first":
            family.status_by[loser.code] = MOVED
        elif family.measures:
            # The other village has another amount; that of the village that keeps the family comes first.
            self._measure(family, 0, village=loser.code, income=self._income(len(family.persons), below=False))
        return family

    def _child_on_two_cards(self, case: str, *, decides: bool) -> Family:
        """A child is listed on the cards of two families in two villages, and belongs to the later receipt's.

        Where it decides, the family that loses the child is above the line without it.
        """
        while True:
            one, other = sorted((self._pick(regular=True), self._pick(regular=True)), key=lambda o: o.code)
            if one.code != other.code:
                break
        keeper_family = self._settle(other, "child_on_two_cards_keeper", size=4)
        keeper_family.special = True
        self._earn(keeper_family, 0, below=False)
        self._expect(keeper_family, MONTHS, "not_extreme_poor", "above_line")
        family = self._settle(one, case, size=4)
        family.special = True
        child = keeper_family.persons[-1]
        same = self.people.person(
            one.area, sex=child.sex, born=child.birth_date, relation=child.relation, parents=child.parents
        )
        same.nik = same.nik_written = child.nik
        same.name, same.birth_place = child.name, child.birth_place
        same.counts_elsewhere = True
        family.persons[-1] = same
        if decides:
            self._measure(family, 0, income=LINE_PER_PERSON * 4 - 20_000)
            self._expect(family, MONTHS, "not_extreme_poor", "above_line")
        else:
            self._measure(family, 0, income=self._income(3, below=True))
            self._below(family, MONTHS)
        return family

    # ------------------------------------------------------------------ never counted

    def never(self, case: str) -> Family:
        """A family that is never counted, of one of the kinds in ``NEVER_COUNTED``."""
        rng = self.rng
        if case == "child_on_two_cards_decides":
            return self._child_on_two_cards(case, decides=True)
        dated = case in ("candidate", "desil_above_1", "only_spending", "layak_superseded_above", "unreadable_income")
        office = self._pick(events=[0], registers=[0], dated=dated)
        family = self._settle(office, case)
        members = len(family.persons)
        match case:
            case "candidate":
                self._measure(family, 0, desil=1, surveyed=self._earlier_day(date(2023, 5, 1), date(2023, 8, 25)))
                self._expect(family, MONTHS, "candidate", "decile_1")
            case "unmeasured":
                self._expect(family, MONTHS, "unmeasured", "no_measure")
            case "unreadable_income":
                family.measures.append(Measure(0, office.code, flaw=rng.choice(("unreadable", "negative"))))
                self._expect(family, MONTHS, "unmeasured", "no_measure")
            case "only_spending":
                self._measure(family, 0, spending=self._income(members, below=True))
                self._expect(family, MONTHS, "unmeasured", "no_measure")
            case "desil_above_1":
                self._measure(family, 0, desil=rng.randint(2, 5))
                self._expect(family, MONTHS, "unmeasured", "no_measure")
            case "exactly_on_the_line":
                self._measure(family, 0, income=LINE_PER_PERSON * members)
                self._expect(family, MONTHS, "not_extreme_poor", "above_line")
            case "never_eligible" | "graduated_before":
                held_on = self._earlier_day(date(2023, 3, 1), date(2023, 8, 27))
                graduated = case == "graduated_before"
                reason = "graduasi" if graduated else rng.choice(INELIGIBLE_REASONS)
                self._decide(family, 0, "tidak layak", reason, held_on=held_on)
                if rng.random() < 0.5:
                    self._earn(family, 0, below=True, surveyed=held_on)
                outcome = "graduated" if graduated else "found_ineligible"
                self._expect(family, MONTHS, "not_extreme_poor", outcome)
            case "left_before_by_register":
                code, reason = rng.choice(((DEAD, "died"), (MOVED, "moved_out"), (LOST, "not_found")))
                for person in family.persons:
                    person.status = [code] * len(PERIODS)
                self._leave(family, MONTHS, reason)
            case "left_before_by_decision":
                reason = rng.choice(list(GONE_REASONS))
                # Without end: this one is older than 12 months and holds all the same.
                self._decide(family, 0, "tidak layak", GONE_REASONS[reason], held_on=self._earlier_day(
                    date(2022, 3, 1), date(2023, 8, 20)))  # fmt: skip
                self._leave(family, MONTHS, reason)
            case "layak_superseded_above":
                self._decide(family, 0, "layak", held_on=self._earlier_day(date(2023, 1, 5), date(2023, 5, 30)))
                self._earn(family, 0, below=False, surveyed=self._earlier_day(date(2023, 6, 1), date(2023, 8, 25)))
                self._expect(family, MONTHS, "not_extreme_poor", "above_line")
            case "layak_expired_before":
                self._decide(family, 0, "layak", held_on=self._earlier_day(date(2022, 5, 1), date(2022, 8, 31)))
                self._earn(family, 0, below=False)
                self._expect(family, MONTHS, "not_extreme_poor", "above_line")
            case _:
                raise ValueError(case)
        return family

    def ordinary(self, office: VillageOffice) -> None:
        """A family above the line."""
        family = self._settle(office, "ordinary")
        self._earn(family, 0, below=False, surveyed=self._earlier_day(date(2023, 5, 1), date(2023, 8, 27)))
        self._expect(family, MONTHS, "not_extreme_poor", "above_line")

    # ------------------------------------------------------------------ everything

    def build(self) -> World:
        """Plants all families, then help received and harmless oddities."""
        for case, count in STAYERS.items():
            for _ in range(count):
                self.stayer(case)
        entrants = {how: counts[0] for how, counts in ENTRIES.items()}
        for how, (second, third) in EXITS.items():
            coming_back = RETURNS.get(how, 0)
            for _ in range(second - coming_back):
                self.exit(how, 1)
            for _ in range(coming_back):
                self.returning(how)
            for _ in range(third):
                self.exit(how, 2)
        stay = COUNTED_FIRST_MONTH - sum(sum(pair) for pair in EXITS.values()) - sum(STAYERS.values())
        for _ in range(stay):
            self._count_from_start(self._pick(events=[0], registers=[0]), "stays")
        leaving = [how for how, count in ENTRANT_EXITS.items() for _ in range(count)]
        for how, count in entrants.items():
            for _ in range(count if how != "new_card" else 0):  # planted with the old card
                family = self.entry(how, 1)
                office = self.offices[family.home]
                if leaving and office.sends_events[2] and how in ("income_fell", "unmeasured_layak"):
                    self.leave_count(family, leaving.pop(), 2)
                    family.case += "_then_exit"
        for how, (_, third) in ENTRIES.items():
            for _ in range(third):
                self.entry(how, 2)
        for case, count in NEVER_COUNTED.items():
            for _ in range(count):
                self.never(case)
        for office in self.offices.values():
            while office.room > 0:
                self.ordinary(office)
        self._write_oddities()
        self._give_help()
        late = next(o.code for o in self.offices.values() if "late_register" in o.quirks)
        return World(seed=self.seed, offices=self.offices, families=self.families, late_register=late)

    # ------------------------------------------------------------------ dirt that changes no count

    def _write_oddities(self) -> None:
        """NIKs and birth dates as they are mistyped: identity in doubt removes nobody, so no expectation changes."""
        rng = self.rng
        plain = [
            (family, person)
            for family in self.families
            if not family.special and len(set(family.listed)) == 1
            for person in family.persons
        ]
        rng.shuffle(plain)
        heads = {family.head.nik for family in self.families}

        def take(count: int, *, heads_too: bool = False) -> list[tuple[Family, Person]]:
            found = []
            while len(found) < count:
                family, person = plain.pop()
                if heads_too or person.nik not in heads:
                    found.append((family, person))
            return found

        for _, person in take(70):
            person.nik_written = "0"
        for _, person in take(60):
            person.nik_written = ""
        for _, person in take(35):
            person.nik_written = person.nik[:15]
        for _, person in take(25):
            person.nik_written = f"{person.nik[:8]}13{person.nik[10:]}"  # no thirteenth month
        for _, person in take(20):
            person.nik_written = f"{person.nik[:12]}0000"
        for _, person in take(8, heads_too=True):
            person.nik_written = "3.21601E+15"
        for _, person in take(60, heads_too=True):
            # Birth date disagrees with the NIK, which is not changed when a birth date is corrected.
            person.birth_date = person.birth_date.replace(year=person.birth_date.year - 1, day=1)
        for _, person in take(40, heads_too=True):
            person.birth_written = rng.choice(("31/02/1990", "tidak tahu", "00-00-0000", "tahun 1978"))
        for _, person in take(14):
            # Another person's NIK, mistyped: within one village or across two.
            _, other = plain.pop()
            person.nik_written = other.nik
            other.shares_nik = True
        for _, person in take(30):
            person.sex = 3 - person.sex  # disagrees with the NIK

    # ------------------------------------------------------------------ help received

    def _give_help(self) -> None:
        """Payments and activities, from the village that keeps the family in that month."""
        for family in self.families:
            for month in MONTHS:
                self._pay(family, month)
            self._empower(family)

    def _identified_by(self, family: Family) -> str:
        office = self.offices[family.home]
        plain = family.head.is_plain and not family.special and "damaged_niks" not in office.quirks
        stays = all(code == 1 for code in family.head.status) and len(set(family.listed)) == 1
        return self.rng.choices(("kk", "both", "nik"), weights=(70, 16, 14))[0] if plain and stays else "kk"

    def _pay(self, family: Family, month: int) -> None:
        rng = self.rng
        expected = family.expected[month]
        if expected is None or expected.reason == "missing_from_register":
            return
        if not self.offices[expected.village].sends_events[month]:
            return
        by = self._identified_by(family)
        once_counted = any(e is not None and e.is_counted for e in family.expected[:month])

        def pay(programme: str, source: str, amount: int, times_listed: int = 1) -> None:
            family.payments.append(
                Payment(month, expected.village, programme, source, amount, self._day(month, 10, 27), by, times_listed)
            )

        # Not all who are counted are reached, and some who no longer count are paid all the same.
        chance = 0.94 if expected.is_counted else 0.05 if once_counted else 0.0
        if month == 2 and rng.random() < chance:
            pay("BLT Kemiskinan Ekstrem", "APBD Kabupaten", 1_500_000, 2 if rng.random() < 0.01 else 1)
        if month < 2 and expected.is_counted and rng.random() < 0.2:
            pay("BLT Dana Desa", "Dana Desa", 300_000)
        if month == 1 and expected.is_counted and rng.random() < 0.08:
            pay("Bantuan Sembako", "APBN", 200_000)

    def _empower(self, family: Family) -> None:
        rng = self.rng
        if not any(e is not None and e.is_counted for e in family.expected) or rng.random() > 0.24:
            return
        kind = rng.choices(
            ("pelatihan_keterampilan", "bantuan_modal", "pendampingan_usaha", "padat_karya", "lainnya"),
            weights=(46, 30, 10, 10, 4),
        )[0]
        months = [
            m
            for m in MONTHS
            if family.expected[m] is not None
            and family.expected[m].is_counted
            and self.offices[family.expected[m].village].sends_events[m]
        ]
        if not months:
            return
        month = rng.choice(months)
        # Some began so long ago that they are within 12 months of the first month only, or of none.
        started = self._earlier_day(date(2022, 8, 1), date(2023, 8, 25)) if month == 0 else self._day(month, 3, 25)
        title, outcome = rng.choice(ACTIVITIES[kind])
        family.activities.append(
            Activity(
                month=month,
                village=family.expected[month].village,
                kind=kind,
                title=title,
                started_on=started,
                finished_on=started + timedelta(days=rng.choice((2, 5, 13, 30, 60))) if rng.random() < 0.8 else None,
                outcome=outcome,
                amount=rng.choice((1_000_000, 1_500_000, 2_500_000)) if kind == "bantuan_modal" else None,
                by=self._identified_by(family),
            )
        )


#: What a recipe needs of its village: a register in the month, dated surveys; and of its family: the basis.
EXIT_NEEDS: dict[str, dict[str, object]] = {
    "income_rose": {"basis": "below"},
    "income_rose_after_layak": {"basis": "verified_below", "dated": True},
    "income_shared_by_fewer": {"basis": "below", "register": True},
    "layak_expired_above_line": {"dated": True},
    "died_in_register": {"register": True},
    "moved_in_register": {"register": True},
    "moved_or_died_in_register": {"register": True},
    "not_found_in_register": {"register": True},
    "missing": {"register": True},
    "new_card": {"basis": "below", "register": True},
    "only_desil_1": {"basis": "below", "dated": True},
    "only_desil": {"basis": "below", "dated": True},
    "only_spending": {"basis": "below", "dated": True},
}

ACTIVITIES: dict[str, tuple[tuple[str, str], ...]] = {
    "pelatihan_keterampilan": (
        ("Pelatihan menjahit", "Lulus, bersertifikat"),
        ("Pelatihan tata boga", "Lulus"),
        ("Pelatihan servis sepeda motor", "Lulus"),
        ("Pelatihan las dasar", "Mengikuti sampai selesai"),
    ),
    "bantuan_modal": (
        ("Modal usaha warung kelontong", "Usaha berjalan"),
        ("Modal ternak ayam", "Usaha berjalan"),
        ("Gerobak dan modal jajanan", "Diterima"),
    ),
    "pendampingan_usaha": (("Pendampingan UMKM", "Berjalan"),),
    "padat_karya": (("Padat karya tunai desa: saluran irigasi", "Selesai"),),
    "lainnya": (("Bimbingan sosial", "Selesai"),),
}


@lru_cache(maxsize=2)
def plan(seed: int) -> World:
    """The world of a seed. Treat it as read-only: it is cached."""
    return Planner(seed).build()
