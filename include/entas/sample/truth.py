"""What the sample must come to, told from what was planted.

Every figure here is added up from ``Family.expected``, which the recipes of ``plan`` declared when they planted a
family. Nothing is read back from the files, and nothing of the pipeline takes part.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from entas.sample.people import SCHOOL_SMA, SCHOOL_SMP
from entas.sample.plan import REGENCY
from entas.sample.uploads import NO_UPLOADS, Upload
from entas.sample.world import LINE_PER_PERSON, MONTHS, PERIODS, Expected, Family, World, first_day, last_day

ENTERED = ("returned", "newly_registered", "verified_eligible", "fell_below_line")
EXITED = (
    "died", "moved_out", "duplicate", "not_found", "missing_from_register", "graduated", "found_ineligible",
    "unmeasured", "other",
)  # fmt: skip

CASES = {
    "ordinary": "above the line throughout",
    "stays": "counted in all three months",
    "moved_village": "moves within its district in 2023-09; counted before and after: transferred",
    "moved_district": "moves to another district in 2023-09; counted before and after: transferred",
    "moved_village_later": "moves within its district in 2023-10; counted before and after: transferred",
    "moved_district_later": "moves to another district in 2023-10; counted before and after: transferred",
    "listed_twice": "two villages list the card; the later receipt of the same month keeps it, and its amount comes "
    "first",
    "listed_twice_living_first": "two villages list the card; the one where somebody lives keeps it",
    "forgotten_then_mended": "missing from its village's first register of 2023-09, listed in the correction of it",
    "child_on_two_cards": "a child of the same NIK, name and birth date belongs to another family: one member less",
    "child_on_two_cards_keeper": "keeps the child that another village's family lists too",
    "child_on_two_cards_decides": "above the line because a child it lists belongs to another family",
    "income_by_one_rupiah": "one rupiah below the line",
    "no_income": "an income of 0 is an amount",
    "second_income_row": "listed twice in one sheet: the second row is quarantined, the first counts",
    "layak_superseded_below": "layak, then a later survey below the line: below_line",
    "layak_superseded_above": "layak, then a later survey above the line: not counted",
    "layak_expired_before": "layak more than 12 months ago, above the line",
    "exactly_on_the_line": "per-capita equal to the line is not below it",
    "candidate": "desil 1 and no amount",
    "unmeasured": "no amount and no desil",
    "unreadable_income": "its only amount cannot be read or is negative: quarantined, so unmeasured",
    "only_spending": "expenditure alone measures nothing where the policy's basis is income",
    "desil_above_1": "desil 2 to 5 and no amount",
    "never_eligible": "found ineligible before the first month",
    "graduated_before": "graduated before the first month",
    "left_before_by_register": "nobody lives there by the register",
    "left_before_by_decision": "gone by a decision, which holds without end",
    "entry_new_card": "persons of a family of another village under a new card; the old card is left without persons",
    "exit_new_card": "its persons are listed under a new card by a later receipt: no longer listed",
    "exit_ineligible_told_late": "found ineligible in 2023-09 by a decision uploaded with 2023-10",
    "exit_graduated_after_correction": "decision of 2023-09 listed again with 2023-10, then with alasan graduasi",
    "exit_income_rose_after_layak": "a survey after the layak decision is above the line",
    "exit_income_shared_by_fewer": "a member died: the same income is above the line of those left",
    "entry_income_shared_by_more": "a child was born: the same income is below the line of all",
    "exit_layak_expired": "the layak decision is older than 12 months and there is no amount",
    "exit_layak_expired_above_line": "the layak decision is older than 12 months; the amount is above the line",
    "entry_graduation_expired": "the graduation is older than 12 months; the amount is below the line",
    "entry_back_from_away": "moved away by the register, then living there again",
}


def tell(world: World, uploads: list[Upload]) -> dict[str, Any]:
    """The whole truth, as `truth.json` holds it."""
    return {
        "about": "What was planted in this sample and what it must come to. All persons and figures are invented; "
        "no part of the pipeline reads this file.",
        "seed": world.seed,
        "regency_code": REGENCY,
        "line_rupiah_per_person_month": LINE_PER_PERSON,
        "months": {PERIODS[month]: _month(world, month) for month in MONTHS},
        "first_reported": {PERIODS[month]: _first_report(world, month) for month in MONTHS},
        "uploads": [_upload(upload) for upload in uploads],
        "no_uploads": list(NO_UPLOADS),
        "cases": CASES,
        "families": [_family(family) for family in world.families if family.case != "ordinary"],
        "ordinary_families": sum(1 for family in world.families if family.case == "ordinary"),
    }


def movement(sequence: list[Expected | None], month: int) -> tuple[str | None, str | None]:
    """Movement of a family between the month before and ``month``, and its reason, by design section 6."""
    now = sequence[month]
    before = sequence[month - 1] if month else None
    counted_now = now is not None and now.is_counted
    counted_before = before is not None and before.is_counted
    if counted_now and counted_before:
        return ("remained", None) if now.village == before.village else ("transferred", None)
    if counted_now:
        if any(e is not None and e.is_counted for e in sequence[: max(0, month - 1)]):
            return "entered", "returned"
        if before is None or before.status == "left":
            return "entered", "newly_registered"
        return "entered", "verified_eligible" if now.reason == "verified" else "fell_below_line"
    if counted_before:
        if now is None:
            raise ValueError("a counted family has a row in the month after, if only to say that it is missing")
        if now.status == "left" or now.reason in ("graduated", "found_ineligible", "other"):
            return "exited", now.reason
        return "exited", {"above_line": "graduated"}.get(now.reason, "unmeasured")
    return None, None


def _month(world: World, month: int) -> dict[str, Any]:
    districts = {office.area.district_code: office.area.district_name for office in world.offices.values()}
    whole = _Tally()
    by_district = {code: _Tally() for code in sorted(districts)}
    by_village = {code: _Tally() for code in world.offices}
    within = between = 0
    for family in world.families:
        now = family.expected[month]
        before = family.expected[month - 1] if month else None
        moved, reason = movement(family.expected, month)
        if now is not None:
            for tally in (whole, by_district[now.village[:8]], by_village[now.village]):
                tally.add(family, month)
        if moved == "transferred":
            crosses = now.village[:8] != before.village[:8]
            between, within = between + crosses, within + (not crosses)
            by_village[before.village].transferred_out += 1
            by_village[now.village].transferred_in += 1
            if crosses:
                by_district[before.village[:8]].transferred_out += 1
                by_district[now.village[:8]].transferred_in += 1
        elif moved in ("entered", "exited"):
            place = now.village if moved == "entered" else before.village
            for tally in (whole, by_district[place[:8]], by_village[place]):
                (tally.entered if moved == "entered" else tally.exited)[reason] += 1
        if before is not None and before.is_counted:
            for tally in (whole, by_district[before.village[:8]], by_village[before.village]):
                tally.opening += 1
    registers = [office.sends_register[month] for office in world.offices.values()]
    return whole.told() | {
        "transferred_within_districts": within,
        "transferred_between_districts": between,
        "registers": {"received": sum(registers), "carried_forward": len(registers) - sum(registers)},
        "carried_forward": [o.code for o in world.offices.values() if not o.sends_register[month]],
        "districts": {code: {"name": districts[code]} | tally.told() for code, tally in by_district.items()},
        "villages": {code: tally.told(brief=True) for code, tally in by_village.items()},
    }


def _first_report(world: World, month: int) -> dict[str, Any]:
    """The count and movement as known when the month's uploads were in and no later ones.

    Differs from ``months`` where a later upload restated the month.
    """
    entered: Counter[str] = Counter()
    exited: Counter[str] = Counter()
    opening = closing = 0
    for family in world.families:
        sequence = list(family.expected)
        if month in family.first_reported:
            sequence[month] = family.first_reported[month]
        moved, reason = movement(sequence, month)
        closing += sequence[month] is not None and sequence[month].is_counted
        opening += month > 0 and sequence[month - 1] is not None and sequence[month - 1].is_counted
        if moved == "entered":
            entered[reason] += 1
        elif moved == "exited":
            exited[reason] += 1
    return {
        "households": closing,
        "opening": opening,
        "entered": {reason: entered[reason] for reason in ENTERED},
        "exited": {reason: exited[reason] for reason in EXITED},
        "closing": closing,
    }


class _Tally:
    """Figures of one area and month."""

    def __init__(self) -> None:
        self.households = self.persons = self.candidates = self.unmeasured = self.opening = 0
        self.transferred_in = self.transferred_out = 0
        self.entered: Counter[str] = Counter()
        self.exited: Counter[str] = Counter()
        self.assisted = self.amount = self.trained = self.capital = self.smp = self.sma = 0

    def add(self, family: Family, month: int) -> None:
        expected = family.expected[month]
        self.candidates += expected.status == "candidate"
        self.unmeasured += expected.status == "unmeasured"
        if not expected.is_counted:
            return
        period = PERIODS[month]
        members = family.living(month)
        self.households += 1
        self.persons += len(members)
        paid = [p.amount for p in family.payments if f"{p.paid_on:%Y-%m}" == period]
        self.assisted += bool(paid)
        self.amount += sum(paid)
        window = (first_day(period, 11), last_day(period))
        begun = {a.kind for a in family.activities if window[0] <= a.started_on <= window[1]}
        self.trained += "pelatihan_keterampilan" in begun
        self.capital += "bantuan_modal" in begun
        self.smp += any(p.schooling == SCHOOL_SMP for p in members)
        self.sma += any(p.schooling == SCHOOL_SMA for p in members)

    def told(self, *, brief: bool = False) -> dict[str, Any]:
        if brief:
            return {
                "households": self.households,
                "persons": self.persons,
                "opening": self.opening,
                "entered": sum(self.entered.values()),
                "exited": sum(self.exited.values()),
                "transferred_in": self.transferred_in,
                "transferred_out": self.transferred_out,
            }
        return {
            "households": self.households,
            "persons": self.persons,
            "opening": self.opening,
            "entered": {reason: self.entered[reason] for reason in ENTERED},
            "exited": {reason: self.exited[reason] for reason in EXITED},
            "transferred_in": self.transferred_in,
            "transferred_out": self.transferred_out,
            "closing": self.households,
            "candidates": self.candidates,
            "unmeasured": self.unmeasured,
            "assisted_households": self.assisted,
            "assistance_amount": self.amount,
            "trained_households": self.trained,
            "capital_households": self.capital,
            "households_with_students_smp": self.smp,
            "households_with_students_sma": self.sma,
        }


def _family(family: Family) -> dict[str, Any]:
    months: dict[str, Any] = {}
    for month, expected in enumerate(family.expected):
        if expected is None:
            continue
        moved, reason = movement(family.expected, month)
        months[PERIODS[month]] = {
            "village": expected.village,
            "status": expected.status,
            "reason": expected.reason,
            "members": len(family.living(month)),
            "movement": moved,
            "movement_reason": reason,
        }
    told: dict[str, Any] = {"no_kk": family.no_kk, "case": family.case, "months": months}
    if family.first_reported:
        told["first_reported"] = {
            PERIODS[month]: {"status": e.status, "reason": e.reason} for month, e in family.first_reported.items()
        }
    return told


def _upload(upload: Upload) -> dict[str, Any]:
    folder, period, name = upload.path.split("/")
    told = {
        "path": upload.path,
        "village_folder": folder,
        "period": period,
        "file_name": name,
        "arrives_with": PERIODS[upload.batch],
        "status": upload.status,
        "rows_quarantined": upload.quarantined,
        "registers": list(upload.registers),
    }
    if upload.status == "rejected":
        del told["rows_quarantined"]
    return told | ({"why": upload.why} if upload.why else {})
