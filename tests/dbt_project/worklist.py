"""The verification worklist in plain Python: what its definitions say about the reference model's families."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from entas.clock import add_months
from tests.oracle import model

NOTICE_MONTHS = 3
DUE_DAY = 4
#: What a row is one of.
KEY = ("period", "village_code", "household_id", "kind")
Row = dict[str, Any]


def last_day_in_force(decided: date) -> date:
    """The end of the eleventh month after the month of the decision."""
    return add_months(decided.replace(day=1), 12) - timedelta(days=1)


class Worklist:
    """The worklist of the months of a world.

    Args:
        months: after its `statuses`, which are the second argument.
    """

    def __init__(self, months: model.Months, statuses: list[Row]) -> None:
        self.months = months
        self.received = months.received
        self.statuses = {(row["no_kk"], model.month_number(row["period"])): row for row in statuses}
        self.decisions = self.months.events["verifikasi"]

    def rows(self) -> list[Row]:
        """Every row, without its evidence."""
        return [row for month in self.months.months() for row in (*self._decided(month), *self._claimed(month))]

    # -------------------------------------------------------------------------------- what a meeting decides

    def _decided(self, month: int) -> Iterator[Row]:
        #: by whether the decision that ended was layak
        ended = {True: ("extreme_poor", "candidate", "unmeasured"), False: ("extreme_poor",)}
        for no_kk, family in self.months.listed[month].items():
            row = self.statuses[no_kk, month]
            if row["status"] == "left":
                continue
            latest = model.latest_decision(self.decisions, family, month)
            in_force = latest is not None and model.within_12_months(latest["tanggal_musyawarah"], month)
            decides = row["reason"] in ("verified", "found_ineligible", "graduated", "other")
            superseded = in_force and not decides
            eligible = latest is not None and latest["hasil"] == "layak"
            below, known = row["_below"], row["per_capita"] is not None
            if row["status"] == "candidate":
                yield self._row(month, family.village, no_kk, "decile_1", "decile_1")
            if row["status"] == "extreme_poor" and latest is None:
                yield self._row(month, family.village, no_kk, "never_verified", "never_decided")
            cause = None
            if decides and eligible and self._ends_soon(latest, month):
                cause = "ends_soon"
            elif superseded and eligible and row["status"] == "extreme_poor":
                cause = "superseded"
            elif latest is not None and not in_force and row["status"] in ended[eligible]:
                cause = "ended"
            if cause:
                yield self._row(month, family.village, no_kk, "expiring", cause)
            against = self._contradiction(family, month, latest if in_force else None)
            gone = self._found_gone_elsewhere(family, month, latest)
            other = None
            if against:
                cause, other = "villages_disagree", against
            elif gone:
                cause, other = "gone_elsewhere", gone
            elif decides and known and eligible != below:
                cause = "eligible_above_line" if eligible else "ineligible_below_line"
            elif superseded and eligible != below:
                cause = "eligible_superseded" if eligible else "ineligible_superseded"
            else:
                continue
            yield self._row(month, family.village, no_kk, "conflicting", cause, other)

    @staticmethod
    def _ends_soon(latest: model.Event | None, month: int) -> bool:
        assert latest is not None
        return last_day_in_force(latest["tanggal_musyawarah"]) <= model.last_day(month + NOTICE_MONTHS - 1)

    def _contradiction(self, family: model.Family, month: int, latest: model.Event | None) -> str | None:
        """The village whose last word within twelve months is the opposite of the decision in force."""
        if latest is None:
            return None
        words = defaultdict(list)
        for event in self.decisions:
            if event["no_kk"] == family.no_kk and model.within_12_months(event["tanggal_musyawarah"], month):
                words[event.village].append(event)
        last_words = [max(events, key=_order) for village, events in words.items() if village != latest.village]
        against = [
            word
            for word in last_words
            if word["hasil"] != latest["hasil"] and (word.village == family.village or not model._is_gone(word))
        ]
        return max(against, key=_order).village if against else None

    def _found_gone_elsewhere(self, family: model.Family, month: int, latest: model.Event | None) -> str | None:
        """The village that found the family gone, and not moved away, on the day of the latest decision or later."""
        found = [
            event
            for event in self.decisions
            if event["no_kk"] == family.no_kk
            and event.village != family.village
            and model._is_gone(event)
            and event["alasan"] != "pindah"
            and event["tanggal_musyawarah"] <= model.last_day(month)
            and (latest is None or event["tanggal_musyawarah"] >= latest["tanggal_musyawarah"])
        ]
        return max(found, key=_order).village if found else None

    # -------------------------------------------------------------------------------- what two registers list

    def _claimed(self, month: int) -> Iterator[Row]:
        keepers = {no_kk: family.village for no_kk, family in self._keepers(month).items()}
        families = self._listings(month)
        living = defaultdict(list)
        for family in families:
            if family.members():
                living[family.no_kk].append(family)
        cards = {no_kk: [one.village for one in claims] for no_kk, claims in living.items() if len(claims) > 1}

        # Of kept families, who lists a NIK as living; who keeps it is read from what the model left of them.
        holders = defaultdict(list)
        for family in families:
            if keepers[family.no_kk] == family.village:
                for person in family.members():
                    if person.nik:
                        holders[person.nik].append((family, person))
        listed = self.months.listed[month]
        causes: dict[tuple[str, str], list[tuple[int, int, str, str, str]]] = defaultdict(list)
        names = {1: "person_not_kept", 2: "person_in_doubt", 3: "person_kept"}
        persons: dict[tuple[str, str], set[str]] = defaultdict(set)
        for nik, claims in holders.items():
            ranks = {family.no_kk: self._side(listed.get(family.no_kk), person, nik) for family, person in claims}
            for family, _ in claims:
                for other, _ in claims:
                    if other is not family:
                        own = (family.village, family.no_kk)
                        persons[own].add(nik)
                        other_first = 0 if ranks[other.no_kk] == 3 else 1
                        household = self.months.household_id(other.no_kk)
                        causes[own].append((ranks[family.no_kk], other_first, other.village, household, other.no_kk))
        for no_kk, villages in cards.items():
            keeper = keepers[no_kk]
            for village in villages:
                kept = village == keeper
                other = min(v for v in villages if v != village) if kept else keeper
                cause = "card_kept" if kept else "card_not_kept"
                count = len(persons.get((village, no_kk), ()))
                yield self._row(month, village, no_kk, "duplicate_claimed", cause, other, no_kk, count)
        for (village, no_kk), found in causes.items():
            if no_kk in cards:
                continue
            rank, _, other, _, other_card = min(found)
            count = len(persons[village, no_kk])
            yield self._row(month, village, no_kk, "duplicate_claimed", names[rank], other, other_card, count)

    @staticmethod
    def _side(family: model.Family | None, person: model.Person, nik: str) -> int:
        """3: the family keeps the person; 2: keeps a person without the NIK; 1: the person counts elsewhere."""
        for one in family.persons if family else ():
            if one.row is person.row:
                return 3 if one.nik == nik else 2
        return 1

    def _listings(self, month: int) -> list[model.Family]:
        found = []
        for village in sorted({one.village for one in self.received}):
            register = model.register_in_force(self.received, village, month)
            if register is not None:
                families = defaultdict(list)
                for row in register.loaded["penduduk"]:
                    families[row["no_kk"]].append(model.Person(row, row["nik"]))
                found += [model.Family(no_kk, register, persons) for no_kk, persons in families.items()]
        return found

    def _keepers(self, month: int) -> dict[str, model.Family]:
        kept: dict[str, model.Family] = {}
        for family in self._listings(month):
            rival = kept.get(family.no_kk)
            if rival is None or model._claim_rank(bool(family.members()), family) > model._claim_rank(
                bool(rival.members()), rival
            ):
                kept[family.no_kk] = family
        return kept

    # -------------------------------------------------------------------------------- a row

    def _row(
        self, month: int, village: str, no_kk: str, kind: str, cause: str, other: str | None = None,
        other_card: str | None = None, persons: int = 0,
    ) -> Row:  # fmt: skip
        row = self.statuses.get((no_kk, month), {})
        family = self.months.listed[month].get(no_kk)
        latest = model.latest_decision(self.decisions, family, month) if family else None
        ends_on = last_day_in_force(latest["tanggal_musyawarah"]) if latest and not model._is_gone(latest) else None
        due_on = model.first_day(month + 2) + timedelta(days=DUE_DAY - 1)
        counted = row.get("is_counted", False)
        priority = 2 if row.get("status") == "extreme_poor" or kind in ("expiring", "conflicting") else 3
        if (counted and kind in ("conflicting", "duplicate_claimed")) or cause == "ineligible_below_line":
            priority = 1
        if cause == "ends_soon":
            assert ends_on is not None
            priority = 1 if ends_on <= model.last_day(month + 1) else priority
            due_on = max(due_on, ends_on)
        return {
            "period": model.period_text(month),
            "district_code": village[:8],
            "village_code": village,
            "household_id": self.months.household_id(no_kk),
            "kind": kind,
            "cause": cause,
            "sentence_key": f"{kind}.{cause}",
            "priority": priority,
            "due_on": due_on,
            "status": row.get("status"),
            "reason": row.get("reason"),
            "is_counted": counted,
            "members": row.get("members", 0),
            "monthly_amount": row.get("monthly_amount"),
            "per_capita": row.get("per_capita"),
            "last_decided_on": latest["tanggal_musyawarah"] if latest else None,
            "last_verdict": latest["hasil"] if latest else None,
            "last_decided_by": latest.village if latest else None,
            "ends_on": ends_on,
            "other_village_code": other,
            "other_household_id": self.months.household_id(other_card) if other_card else None,
            "persons_claimed": persons,
        }


def _order(event: model.Event) -> tuple[date, int, int]:
    return event["tanggal_musyawarah"], event.received.order, event.row.position
