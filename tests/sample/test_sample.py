"""The sample: what was planted agrees with itself, and the files are what they are said to be."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineError, CalamineWorkbook

from entas import areas
from entas.errors import EntasError
from entas.sample import truth, write_sample
from entas.sample.plan import plan
from entas.sample.uploads import Upload, make_uploads
from entas.sample.world import LINE_PER_PERSON, MONTHS, PERIODS

WORLD = plan(2023)


@pytest.fixture(scope="module")
def uploads() -> list[Upload]:
    return make_uploads(WORLD)


@pytest.fixture(scope="module")
def told(uploads: list[Upload]) -> dict[str, Any]:
    return truth.tell(WORLD, uploads)


# ---------------------------------------------------------------------------------------------------- the counts


@pytest.mark.parametrize("seed", [2023, 7])
def test_the_reported_counts_are_planted_for_every_seed(seed: int) -> None:
    families = plan(seed).families
    counts = [sum(1 for f in families if f.expected[m] is not None and f.expected[m].is_counted) for m in MONTHS]
    assert (counts[0], counts[2]) == (1926, 1160)
    assert 1160 < counts[1] < 1926


def test_closing_is_opening_and_what_came_and_went(told: dict[str, Any]) -> None:
    before: dict[str, int] = defaultdict(int)
    for month in told["months"].values():
        for code, area in {"32.16": month, **month["districts"], **month["villages"]}.items():
            entered, exited = (
                sum(area[side].values()) if isinstance(area[side], dict) else area[side]
                for side in ("entered", "exited")
            )
            closing = area["opening"] + entered + area["transferred_in"] - exited - area["transferred_out"]
            assert (closing, area["opening"]) == (area["households"], before[code])
            before[code] = closing


def test_every_reason_of_the_design_moves_somebody(told: dict[str, Any]) -> None:
    for period in PERIODS[1:]:
        month = told["months"][period]
        assert all(month["exited"].values())
        assert max(month["exited"], key=month["exited"].get) == "found_ineligible"
        assert month["transferred_within_districts"]
        assert month["transferred_between_districts"]
    assert all(told["months"]["2023-10"]["entered"].values())


def test_families_add_up_to_the_months(told: dict[str, Any]) -> None:
    for period, month in told["months"].items():
        rows = [f["months"][period] for f in told["families"] if period in f["months"]]
        counted = [row for row in rows if row["status"] == "extreme_poor"]
        assert len(counted) == month["households"]
        assert sum(row["members"] for row in counted) == month["persons"]
        moved = Counter((row["movement"], row["movement_reason"]) for row in rows)
        for side in ("entered", "exited"):
            assert {reason: moved[side, reason] for reason in month[side]} == month[side]
        for status in ("candidate", "unmeasured"):
            planted = sum(1 for row in rows if row["status"] == status)
            assert planted == month["candidates" if status == "candidate" else status]


def test_every_district_counts_somebody_in_every_month(told: dict[str, Any]) -> None:
    for month in told["months"].values():
        assert len(month["districts"]) == 23
        assert all(district["households"] for district in month["districts"].values())


def test_only_the_month_that_was_told_late_is_restated(told: dict[str, Any]) -> None:
    restated = [p for p in PERIODS if told["first_reported"][p]["households"] != told["months"][p]["households"]]
    assert restated == ["2023-09"]


def test_payments_of_the_last_month_go_to_most_counted_families(told: dict[str, Any]) -> None:
    month = told["months"]["2023-10"]
    assert month["assistance_amount"] == 1_500_000 * month["assisted_households"]
    assert 0.8 * month["households"] < month["assisted_households"] < month["households"]


def test_every_case_is_explained(told: dict[str, Any]) -> None:
    cases = {family["case"] for family in told["families"]} | {"ordinary"}
    unexplained = {case for case in cases - told["cases"].keys() if not case.startswith(("exit_", "entry_", "return_"))}
    assert not unexplained
    assert told["cases"].keys() <= cases


# ---------------------------------------------------------------------------------------------------- the persons


def test_a_nik_says_when_its_person_was_born_and_belongs_to_one() -> None:
    owners: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for family in WORLD.families:
        for person in family.persons:
            owners[person.nik].add((person.name, person.birth_date.isoformat()))
            assert len(person.nik) == 16
            assert person.nik[12:] != "0000"
    assert all(len(names) == 1 for names in owners.values())
    agree = sum(
        person.nik[6:12] == f"{person.birth_date.day + 40 * (person.sex == 2):02d}{person.birth_date:%m%y}"
        for family in WORLD.families
        for person in family.persons
    )
    total = sum(len(family.persons) for family in WORLD.families)
    assert total - agree == 90  # 60 corrected birth dates and 30 mistyped sexes are planted


def test_a_written_nik_is_shared_only_where_it_was_planted() -> None:
    holders: dict[str, list[str]] = defaultdict(list)
    for family in WORLD.families:
        for person in family.persons:
            if len(person.nik_written) == 16:
                holders[person.nik_written].append(family.case)
    shared = {nik: cases for nik, cases in holders.items() if len(cases) > 1}
    on_two_cards = [cases for cases in shared.values() if any("card" in case for case in cases)]
    assert len(shared) - len(on_two_cards) == 14  # mistyped
    assert all(len(cases) == 2 for cases in shared.values())


def test_card_numbers_are_16_digits_and_unique() -> None:
    cards = [family.no_kk for family in WORLD.families]
    assert len(set(cards)) == len(cards)
    assert all(card.isdigit() and len(card) == 16 for card in cards)


def test_a_family_counted_by_its_amount_is_below_the_line() -> None:
    for family in WORLD.families:
        for month, expected in enumerate(family.expected):
            if expected is None or expected.reason not in ("below_line", "above_line"):
                continue
            rows = [m for m in family.measures if m.month <= month and m.flaw is None]
            own = [m for m in rows if m.village == expected.village] or rows
            amount = max(own, key=lambda m: m.month).income
            below = amount < LINE_PER_PERSON * len(family.living(month))
            assert below == (expected.reason == "below_line"), family.case


# ---------------------------------------------------------------------------------------------------- the files


def test_every_village_of_the_regency_sends_a_register_at_first(uploads: list[Upload]) -> None:
    sent = {
        areas.dotted(u.path.partition("/")[0])
        for u in uploads
        if u.batch == 0 and "penduduk" in u.registers and u.status.startswith("accepted")
    }
    assert sent == set(areas.villages("32.16"))


def test_files_arrive_one_after_another(uploads: list[Upload]) -> None:
    moments = [upload.arrived for upload in uploads]
    assert moments == sorted(set(moments))
    assert [u.batch for u in uploads] == sorted(u.batch for u in uploads)
    assert len({u.path for u in uploads}) == len(uploads)


def test_every_outcome_and_format_occurs(uploads: list[Upload]) -> None:
    assert {u.status for u in uploads} == {"accepted", "accepted_with_quarantine", "rejected", "duplicate"}
    assert {u.kind for u in uploads} == {"xlsx", "xlsm", "xls", "ods", "csv"}
    assert {u.csv_style.encoding for u in uploads if u.kind == "csv"} == {"utf-8", "utf-8-sig", "utf-16", "cp1252"}


@pytest.mark.parametrize("kind", ["xlsx", "xlsm", "xls", "ods"])
def test_calamine_reads_what_was_written(uploads: list[Upload], kind: str) -> None:
    for upload in [u for u in uploads if u.kind == kind and u.raw is None][:6]:
        book = CalamineWorkbook.from_filelike(io.BytesIO(upload.content()))
        assert book.sheet_names == [sheet.name for sheet in upload.sheets]
        for sheet in upload.sheets:
            rows = book.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False)
            assert len(rows) == len(sheet.rows)
            for read, written in zip(rows, sheet.rows, strict=True):
                width = max((at + 1 for at, cell in enumerate(written) if cell not in (None, "")), default=0)
                for cell, meant in zip(read[:width], written[:width], strict=True):
                    assert cell == ("" if meant is None else meant), (upload.path, sheet.name)


def test_a_broken_workbook_is_broken(uploads: list[Upload]) -> None:
    broken = [upload for upload in uploads if upload.raw is not None]
    assert broken
    for upload in broken:
        with pytest.raises(CalamineError):
            CalamineWorkbook.from_filelike(io.BytesIO(upload.content()))


def test_a_copy_has_the_bytes_of_its_original(uploads: list[Upload]) -> None:
    by_path = {upload.path: upload for upload in uploads}
    copies = [upload for upload in uploads if upload.status == "duplicate"]
    assert len(copies) == 3
    for copy in copies:
        assert copy.content() == by_path[copy.path.replace(" (1)", "")].content()


def test_equal_seeds_give_equal_bytes_whatever_the_hash_seed(uploads: list[Upload]) -> None:
    program = (
        "import hashlib\n"
        "from entas.sample.plan import plan\n"
        "from entas.sample.uploads import make_uploads\n"
        "every = make_uploads(plan(2023))\n"
        "picked = every[::60] + [u for u in every if u.kind in ('ods', 'xlsm', 'xls')][:8]\n"
        "print(hashlib.sha256(b''.join(u.path.encode() + u.content() for u in picked)).hexdigest())\n"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_another_seed_gives_other_people() -> None:
    assert {f.no_kk for f in plan(7).families} != {f.no_kk for f in WORLD.families}


# ---------------------------------------------------------------------------------------------------- write_sample


def test_write_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uploads: list[Upload]) -> None:
    few = uploads[:3] + uploads[-2:]
    monkeypatch.setattr("entas.sample.generate._uploads", lambda seed: few)
    monkeypatch.setattr("entas.sample.generate.ProcessPoolExecutor", _InThisProcess)
    steps: list[tuple[int, int]] = []
    write_sample(tmp_path / "contoh", progress=lambda done, total: steps.append((done, total)))

    assert steps[-1] == (5, 5)
    inbox = tmp_path / "contoh" / "inbox"
    for upload in few:
        path = inbox / upload.path
        assert path.read_bytes() == upload.content()
        assert path.stat().st_mtime == int(upload.arrived.timestamp())
    told = json.loads((tmp_path / "contoh" / "truth.json").read_text(encoding="utf-8"))
    assert told["months"]["2023-08"]["households"] == 1926
    assert [u["path"] for u in told["uploads"]] == [u.path for u in few]
    assert "rekaan" in (tmp_path / "contoh" / "BACA-SAYA.md").read_text(encoding="utf-8")
    with pytest.raises(EntasError, match="exists already"):
        write_sample(tmp_path / "contoh")


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "berkas").write_text("")
    with pytest.raises(EntasError, match="cannot write the sample"):
        write_sample(tmp_path / "berkas")


class _InThisProcess:
    """Stands in for the process pool, so that the test can choose the uploads."""

    def __init__(self, *_: object) -> None: ...

    def __enter__(self) -> _InThisProcess:
        return self

    def __exit__(self, *_: object) -> None: ...

    def submit(self, function: Any, *arguments: Any) -> Any:
        value = function(*arguments)
        return type("Done", (), {"result": lambda self: value})()
