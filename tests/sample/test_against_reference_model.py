"""The planted truth against the reference model of the design: two tellings that share no code."""

from __future__ import annotations

from collections import defaultdict

import pytest

from entas.sample import forms, truth
from entas.sample.plan import plan
from entas.sample.uploads import Upload, make_uploads
from entas.sample.world import PERIODS, Family
from entas.sample.writers import Sheet
from tests.oracle import files, model

WORLD = plan(2023)
#: The model knows Entas's own headers only, and no area column.
NOT_FOR_THE_MODEL = "its area column names another village"


def as_entas(sheet: Sheet, *, textual: bool) -> model.Sheet | None:
    """A written sheet as one of Entas's own workbook; None when it holds no register."""
    rows = [row for row in sheet.rows if any(cell not in (None, "") for cell in row)]
    for index, row in enumerate(rows):
        heads = [str(cell).lower().replace(" ", "_") for cell in row]
        if heads[: len(forms.DDK_IDENTITY)] == [h.lower().replace(" ", "_") for h in forms.DDK_IDENTITY]:
            columns: dict[str, int] = {"no_kk": 1, "penghasilan_bulanan": 8, "pengeluaran_bulanan": 9}
            register, first = "kesejahteraan", index + 3
            break
        if set(heads) == set(forms.OPENSID_COLUMNS):
            columns = {name: heads.index(name) for name in forms.ENTAS_COLUMNS["penduduk"]}
            register, first = "penduduk", index + 1
            break
        if "no_kk" in heads:
            columns = {name: heads.index(name) for name in heads}
            register, first = sheet.name, index + 1
            break
    else:
        return None
    body = []
    for row in rows[first:]:
        if row[0] == "###":
            break
        cells = [row[at] if at < len(row) else None for at in columns.values()]
        if "jenis" in columns and isinstance(cells[2], str):
            cells[2] = cells[2].replace(" ", "_")
        body.append(tuple(files.as_text(cell) if textual else cell for cell in cells))
    return model.Sheet(register, tuple(columns), tuple(body))


def for_model(upload: Upload) -> model.Upload:
    folder, period, name = upload.path.split("/")
    sheets = [as_entas(sheet, textual=upload.kind == "csv") for sheet in upload.sheets]
    return model.Upload(
        village=folder,
        period=period,
        file_name=name,
        sheets=tuple(sheet for sheet in sheets if sheet is not None),
        readable=upload.raw is None,
    )


def villages_of(family: Family) -> set[str]:
    """All villages that say anything about a family."""
    records = (*family.measures, *family.decisions, *family.payments, *family.activities)
    return {code for codes in family.listed for code in codes} | {record.village for record in records}


def links() -> dict[str, set[str]]:
    """NIK as written to the villages whose registers hold it, for those that more than one holds."""
    holders: dict[str, set[str]] = defaultdict(set)
    for family in WORLD.families:
        for person in family.persons:
            holders[person.nik_written] |= villages_of(family)
    return {nik: codes for nik, codes in holders.items() if len(codes) > 1 and len(nik) == 16}


@pytest.fixture(scope="module")
def chosen() -> set[str]:
    """Villages enough to hold every case and every quirk: the model is slow by design, and takes minutes for all."""
    villages = {office.code for office in WORLD.offices.values() if office.quirks}
    shared = links()
    for case in {family.case for family in WORLD.families}:
        needs = [
            villages_of(family).union(*(shared.get(p.nik_written, set()) for p in family.persons))
            for family in WORLD.families
            if family.case == case
        ]
        villages |= min(needs, key=lambda codes: (len(codes - villages), sorted(codes)))
    return villages


@pytest.fixture(scope="module")
def families(chosen: set[str]) -> list[Family]:
    """The families about which only the chosen villages have a say."""
    foreign = {nik for nik, codes in links().items() if not codes <= chosen}
    return [
        family
        for family in WORLD.families
        if villages_of(family) <= chosen and not any(person.nik_written in foreign for person in family.persons)
    ]


@pytest.fixture(scope="module")
def uploads(chosen: set[str]) -> list[Upload]:
    folders = chosen | {code.replace(".", "") for code in chosen} | {"32.15.01.2001"}
    every = make_uploads(WORLD)
    return [u for u in every if u.path.partition("/")[0] in folders and u.why != NOT_FOR_THE_MODEL]


@pytest.fixture(scope="module")
def result(uploads: list[Upload]) -> model.Result:
    return model.run([for_model(upload) for upload in uploads])


def test_every_case_is_compared(families: list[Family]) -> None:
    assert {family.case for family in families} == {family.case for family in WORLD.families}


def test_every_upload_has_the_planted_outcome(uploads: list[Upload], result: model.Result) -> None:
    different = [
        (upload.path, upload.status, upload.quarantined, row.status, row.rows_quarantined, row.reason)
        for upload, row in zip(uploads, result.uploads, strict=True)
        if upload.status != row.status or (upload.status != "rejected" and upload.quarantined != row.rows_quarantined)
    ]
    assert not different


def test_every_family_is_what_was_planted(families: list[Family], result: model.Result) -> None:
    found = {(row["no_kk"], row["period"]): row for row in result.statuses}
    different = []
    for family in families:
        for month, expected in enumerate(family.expected):
            row = found.get((family.no_kk, PERIODS[month]))
            planted = expected and (
                expected.village,
                expected.status,
                expected.reason,
                *truth.movement(family.expected, month),
                len(family.living(month)) if expected.is_counted else None,
            )
            modelled = row and (
                row["village_code"],
                row["status"],
                row["reason"],
                row["movement"],
                row["movement_reason"],
                row["members"] if row["is_counted"] else None,
            )
            if planted != modelled:
                different.append((family.no_kk, family.case, PERIODS[month], planted, modelled))
    assert not different
