"""Writes the worklists of a month into the feedback folder."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from entas import areas
from entas.areas import Village
from entas.clock import period_text
from entas.discretion import discreet
from entas.errors import EntasError, UsageError
from entas.scratch import scratch_folder
from entas.settings import Settings
from entas.storage import Store
from entas.warehouse import open_warehouse
from entas.worklists.books import write_district_book, write_village_book
from entas.worklists.tasks import Listed, Month, read_month, wording

_PREFIX = "daftar-verifikasi"


@dataclass(frozen=True)
class Summary:
    """What was written; counts only, no identities.

    Attributes:
        period: the month, YYYY-MM.
        districts, villages: workbooks of each.
        families: on the lists; a family that two villages list stands on both.
        tasks: by kind.
        priority_1: families with a task of the first priority.
        removed: workbooks of earlier runs that do not hold any more.
    """

    period: str
    districts: int
    villages: int
    families: int
    tasks: dict[str, int]
    priority_1: int
    removed: int

    def to_dict(self) -> dict[str, Any]:
        """For JSON and XCom."""
        return asdict(self)


@discreet
def write_worklists(settings: Settings, period: date, district: str | None = None) -> Summary:
    """Write the workbooks of a month: one a kecamatan, one a village, into their feedback folders.

    `<feedback>/<district_code>/<YYYY-MM>/daftar-verifikasi-<district_code>-<YYYY-MM>.xlsx` and
    `<feedback>/<village_code>/<YYYY-MM>/daftar-verifikasi-<village_code>-<YYYY-MM>-<code>.xlsx`. The code is one of the
    families on the list: an upload replaces one of the same name, so a list with other families must have another name,
    or the decisions sent with the first would be lost. Lists of earlier runs that do not hold any more are removed.

    Args:
        period: first day of the month.
        district: Kemendagri code of a kecamatan; None for all.

    Raises:
        UsageError: the regency has no such kecamatan.
        EntasError: the marts do not reach the month, or the feedback folder cannot be written.
    """
    known = areas.villages(settings.regency)
    districts = {one.district_code for one in known.values()}
    if district is not None:
        district = _dotted(district)
        if district not in districts:
            raise UsageError(f"{district!r} is no kecamatan of regency {settings.regency}; write it as 32.16.09")
    with open_warehouse(settings).connect() as connection:
        # One moment for all that is read: a build may end meanwhile.
        connection.execute("set transaction isolation level repeatable read, read only")
        month = read_month(connection, period, known, district)
    by_village: dict[str, list[Listed]] = defaultdict(list)
    by_district: dict[str, list[Listed]] = defaultdict(list)
    for one in month.families:
        by_village[one.village.village_code].append(one)
        by_district[one.village.district_code].append(one)
    store = Store(settings.feedback, settings.access)
    removed = 0
    try:
        with scratch_folder(settings.home, "worklists", clear=False) as folder:
            for code in sorted(districts if district is None else {district}):
                removed += _put_district(store, folder, month, code, by_district[code])
            for code, village in known.items():
                if district in (None, village.district_code):
                    removed += _put_village(store, folder, month, village, by_village[code])
    except OSError as error:
        reason = error.strerror or error
        raise EntasError(
            f"the worklists cannot be written to {store.place}: {reason}; look at ENTAS_FEEDBACK and run entas "
            "worklists again"
        ) from error
    kinds = Counter(kind for one in month.families for kind in one.kinds)
    return Summary(
        period=period_text(period),
        districts=sum(bool(found) for found in by_district.values()),
        villages=sum(bool(found) for found in by_village.values()),
        families=len(month.families),
        tasks={kind: kinds[kind] for kind in wording().kinds},
        priority_1=sum(one.priority == 1 for one in month.families),
        removed=removed,
    )


def _put_district(store: Store, folder: Path, month: Month, code: str, families: Sequence[Listed]) -> int:
    name = f"{_PREFIX}-{code}-{period_text(month.period)}.xlsx"
    path = f"{code}/{period_text(month.period)}/{name}"
    if families:
        write_district_book(folder / name, month, families)
        store.put_file(folder / name, path)
        (folder / name).unlink()
        return 0
    if store.exists(path):
        store.remove(path)
        return 1
    return 0


def _put_village(store: Store, folder: Path, month: Month, village: Village, families: Sequence[Listed]) -> int:
    place = f"{village.village_code}/{period_text(month.period)}"
    stem = f"{_PREFIX}-{village.village_code}-{period_text(month.period)}"
    name = None
    if families:
        code = _code(families)
        name = f"{stem}-{code}.xlsx"
        write_village_book(folder / name, month, village, families, code)
        store.put_file(folder / name, f"{place}/{name}")
        (folder / name).unlink()
    ours = re.compile(rf"{re.escape(place)}/{re.escape(stem)}-[0-9a-f]{{6}}\.xlsx")
    stale = [file.path for file in store.files(place) if ours.fullmatch(file.path) and file.path != f"{place}/{name}"]
    for path in stale:
        store.remove(path)
    return len(stale)


def _code(families: Sequence[Listed]) -> str:
    """Six digits that tell one set of families from another."""
    ids = "\n".join(sorted(one.household_id for one in families))
    return hashlib.sha256(ids.encode()).hexdigest()[:6]


def _dotted(district: str) -> str:
    """`321609` as `32.16.09`; anything else as it is."""
    text = district.strip()
    return f"{text[:2]}.{text[2:4]}.{text[4:]}" if len(text) == 6 and text.isdigit() else text
