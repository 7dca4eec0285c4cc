"""The tasks of a month with the families they are about, read from the marts and, for names, from the registers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import psycopg
import yaml
from lokal import partial_mask
from psycopg.rows import dict_row

from entas.areas import Village
from entas.clock import period_text
from entas.errors import EntasError
from entas.indonesian import day_text, listing
from entas.registers.catalogue import formats
from entas.reporting.wording import BASIS, rupiah

#: Of persons that another family lists, so many are named; the others are counted.
_NAMED = 3


@dataclass(frozen=True)
class Wording:
    """What `sentences.yaml` says: by kind of task, and by key of a sentence (why, do)."""

    kinds: dict[str, str]
    advice: dict[str, str]
    sentences: dict[str, dict[str, str]]


@lru_cache(maxsize=1)
def wording() -> Wording:
    """The sentences of the workbooks."""
    text = (Path(__file__).parent / "sentences.yaml").read_text(encoding="utf-8")
    return Wording(**yaml.safe_load(text))


@lru_cache(maxsize=4)
def labels(column: str) -> dict[str, str]:
    """What Entas's own register of decisions calls the codes of a column."""
    [form] = [one for one in formats() if one.format_id == "entas" and one.register == "verifikasi"]
    return dict(form.codes[column].labels)


@dataclass(frozen=True)
class Identity:
    """Who a family is, by its head; None where the register no longer tells, because retention destroyed it."""

    no_kk: str | None
    head: str | None
    address: str

    @property
    def masked_card(self) -> str:
        return partial_mask("KK", self.no_kk) if self.no_kk else ""


@dataclass(frozen=True)
class Task:
    """A row of the mart, in words.

    Attributes:
        why, what: sentences: why the family is on the list, and what is asked.
    """

    kind: str
    priority: int
    due_on: date
    why: str
    what: str


@dataclass(frozen=True)
class Listed:
    """A family on the list of a village, with all its tasks, the most urgent first.

    Attributes:
        per_capita: rupiah a person and month; None where it is not known.
        decision: the latest decision in words; empty without one.
    """

    village: Village
    household_id: str
    identity: Identity
    members: int
    per_capita: float | None
    decision: str
    is_counted: bool
    tasks: tuple[Task, ...]

    @property
    def priority(self) -> int:
        return min(task.priority for task in self.tasks)

    @property
    def due_on(self) -> date:
        return min(task.due_on for task in self.tasks)

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(task.kind for task in self.tasks)


@dataclass(frozen=True)
class Month:
    """The worklist of a month.

    Attributes:
        line: poverty line in rupiah a person and month; None before one was in force.
        families: in the order in which a village reads them: by priority, then by where they live.
    """

    period: date
    basis: str
    line: float | None
    families: tuple[Listed, ...]


_POLICY = """
select basis, poverty_line from intermediate.int_monthly_policy where period = %(period)s
"""
_TASKS = """
select * from marts.rpt_verification_worklist
where period = %(period)s and (%(district)s::text is null or district_code = %(district)s)
order by village_code, household_id, priority, due_on, kind
"""
#: The head as the village's register in force has it; of a family without one, its first member, the living before.
_IDENTITIES = """
with wanted as (
    select distinct village_code, household_id from marts.rpt_verification_worklist
    where period = %(period)s and (%(district)s::text is null or district_code = %(district)s)
)
select distinct on (w.village_code, w.household_id)
       w.village_code, w.household_id, p.no_kk, p.nama, p.alamat, p.dusun, p.rt, p.rw
from wanted w
join intermediate.int_registers_in_force r on r.period = %(period)s and r.village_code = w.village_code
join raw.penduduk p on p.upload_id = r.upload_id and p.household_id = w.household_id
order by w.village_code, w.household_id, coalesce(p.status_dasar, 1) <> 1, p.kk_level is distinct from 1, p.position
"""
#: Names of the persons whom another family lists as living too.
_CLAIMED = """
select c.village_code, c.household_id, p.nama
from intermediate.int_person_claims c
join raw.penduduk p on p.upload_id = c.upload_id and p.position = c.row_position
where c.period = %(period)s and c.is_member and p.nama is not null
  and exists (
      select from intermediate.int_person_claims o
      where o.period = c.period and o.person_id = c.person_id and o.household_id <> c.household_id and o.is_member
  )
order by c.village_code, c.household_id, p.position
"""


def read_month(
    connection: psycopg.Connection, period: date, known: dict[str, Village], district: str | None = None
) -> Month:
    """The worklist of a month, of one district or of all.

    Names and card numbers come from the population registers in force, as the villages wrote them.

    Raises:
        EntasError: the marts are not built, or do not reach that month.
    """
    [(built,)] = connection.execute("select to_regclass('marts.rpt_verification_worklist') is not null").fetchall()
    if not built:
        raise EntasError("the marts are not built yet; run entas transform first")
    cursor = connection.cursor(row_factory=dict_row)
    given = {"period": period, "district": district}
    policy = cursor.execute(_POLICY, given).fetchone()
    if policy is None:
        raise EntasError(
            f"the marts have no month {period_text(period)}: it lies before the first accepted upload, or has not begun"
        )
    identities = {
        (row["village_code"], row["household_id"]): Identity(row["no_kk"], row["nama"], _address(row))
        for row in cursor.execute(_IDENTITIES, given)
    }
    claimed: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in cursor.execute(_CLAIMED, given):
        claimed[row["village_code"], row["household_id"]].append(row["nama"])
    by_family: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in cursor.execute(_TASKS, given):
        by_family[row["village_code"], row["household_id"]].append(row)
    nobody = Identity(None, None, "")
    families = []
    for key, rows in by_family.items():
        first = rows[0]
        tasks = tuple(_task(row, policy["basis"], known, claimed[key]) for row in rows)
        families.append(
            Listed(
                village=known[first["village_code"]],
                household_id=first["household_id"],
                identity=identities.get(key, nobody),
                members=first["members"],
                per_capita=None if first["per_capita"] is None else float(first["per_capita"]),
                decision=_decision(first),
                is_counted=first["is_counted"],
                tasks=tasks,
            )
        )
    families.sort(key=_reading_order)
    line = policy["poverty_line"]
    return Month(period, BASIS[policy["basis"]], None if line is None else float(line), tuple(families))


def _reading_order(one: Listed) -> tuple[Any, ...]:
    return one.village.village_code, one.priority, one.identity.address, one.identity.head or "", one.household_id


def _address(row: dict[str, Any]) -> str:
    """Street, hamlet and neighbourhood in one cell, as an envelope has them."""
    place = " / ".join(f"{name} {row[column]}" for name, column in (("RT", "rt"), ("RW", "rw")) if row[column])
    return ", ".join(part for part in (row["alamat"], row["dusun"], place) if part)


def _decision(row: dict[str, Any]) -> str:
    return "" if row["last_decided_on"] is None else f"{_verdict(row)}, {day_text(row['last_decided_on'])}"


def _verdict(row: dict[str, Any]) -> str:
    ground = row["last_ground"]
    return labels("hasil")[row["last_verdict"]] + (f" ({labels('alasan')[ground]})" if ground else "")


def _task(
    row: dict[str, Any],
    basis: str,
    known: dict[str, Village],
    claimed: Sequence[str],
) -> Task:
    texts = wording().sentences[row["sentence_key"]]
    decided = row["last_decided_on"] is not None
    other = known.get(row["other_village_code"] or "")
    values = {
        "basis": BASIS[basis],
        "per_capita": _rupiah(row["per_capita"]),
        "line": _rupiah(row["poverty_line"]),
        "decided": day_text(row["last_decided_on"]) if decided else "",
        "verdict": _verdict(row) if decided else "",
        "decider": known[row["last_decided_by"]].title if decided else "",
        "ends": day_text(row["ends_on"]) if row["ends_on"] else "",
        "now": _now(row, BASIS[basis]),
        "other": other.title if other else "",
        "persons": _persons(claimed),
    }
    return Task(
        kind=row["kind"],
        priority=row["priority"],
        due_on=row["due_on"],
        why=_sentence(texts["why"], values),
        what=_sentence(texts["do"], values),
    )


def _sentence(text: str, values: dict[str, str]) -> str:
    made = text.format_map(values)
    return made[:1].upper() + made[1:]


def _now(row: dict[str, Any], basis: str) -> str:
    if row["status"] != "extreme_poor":
        return "Keluarga ini sekarang tidak terhitung miskin ekstrem"
    if row["is_counted"]:
        return f"Terhitung miskin ekstrem hanya menurut {basis}"
    return f"Miskin ekstrem menurut {basis}, dan baru terhitung setelah diputuskan layak"


def _persons(names: Sequence[str]) -> str:
    if not names:
        return "seorang anggota keluarga ini"
    more = len(names) - _NAMED
    return listing([*names[:_NAMED], *([f"{more} orang lain"] if more > 0 else [])])


def _rupiah(value: Any) -> str:
    return "" if value is None else rupiah(round(value, 2))
