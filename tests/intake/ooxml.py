"""What Excel would call damage in a workbook: it repairs, or refuses, what other programs open without a word."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from openpyxl.utils import range_boundaries

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_ROWS, _COLUMNS = 1_048_576, 16_384
_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]*)")


def problems(path: Path) -> list[str]:
    """What is wrong with a workbook, as far as the limits and rules of Excel are known; empty when nothing is."""
    return list(_problems(path))


def _problems(path: Path) -> Iterator[str]:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        yield from (f"{name} is there twice" for name, count in Counter(names).items() if count > 1)
        parts = {name: ElementTree.fromstring(archive.read(name)) for name in names if name.endswith((".xml", ".rels"))}
    for name in parts:
        if name.endswith(".rels"):
            yield from _relations(name, parts[name], set(names))
    book = parts["xl/workbook.xml"]
    sheets = [one.get("name", "") for one in book.iter(f"{_MAIN}sheet")]
    yield from (f"two sheets are called {name}" for name, n in Counter(map(str.casefold, sheets)).items() if n > 1)
    for name in sheets:
        if not 0 < len(name.encode("utf-16-le")) // 2 <= 31 or set(name) & set("[]:*?/\\") or name != name.strip("'"):
            yield f"a sheet may not be called {name!r}"
    if all(one.get("state") in ("hidden", "veryHidden") for one in book.iter(f"{_MAIN}sheet")):
        yield "no sheet is shown"
    for one in book.iter(f"{_MAIN}definedName"):
        if "#REF!" in (one.text or ""):
            yield f"{one.get('name')} leads nowhere"
    styles = parts["xl/styles.xml"].find(f"{_MAIN}cellXfs")
    count = 0 if styles is None else len(styles)
    targets = {
        one.get("Id"): one.get("Target", "") for one in parts["xl/_rels/workbook.xml.rels"]
    }  # fmt: skip
    for sheet in book.iter(f"{_MAIN}sheet"):
        part = "xl/" + targets[sheet.get(_RELATION)].removeprefix("/xl/")
        yield from (f"{sheet.get('name')}: {said}" for said in _sheet(parts[part], count, sheets))


def _relations(name: str, relations: ElementTree.Element, names: set[str]) -> Iterator[str]:
    folder = name.replace("_rels/", "").rsplit("/", 1)[0] if "/" in name.replace("_rels/", "") else ""
    for one in relations:
        if one.get("TargetMode") == "External":
            yield f"{name} leads out of the workbook: {one.get('Target')}"
            continue
        target = one.get("Target", "")
        steps = [] if target.startswith("/") else folder.split("/") if folder else []
        for step in target.strip("/").split("/"):
            if step == "..":
                steps.pop()
            else:
                steps.append(step)
        if "/".join(steps) not in names:
            yield f"{name} names {target}, which is not there"


def _sheet(sheet: ElementTree.Element, styles: int, sheets: list[str]) -> Iterator[str]:
    yield from _cells(sheet, styles)
    for one in sheet.iter(f"{_MAIN}col"):
        if not 0 <= float(one.get("width", 8)) <= 255 or not 1 <= int(one.get("min", 0)) <= int(one.get("max", 0)):
            yield f"a column of width {one.get('width')} from {one.get('min')} to {one.get('max')}"
    merged: set[tuple[int, int]] = set()
    for one in sheet.iter(f"{_MAIN}mergeCell"):
        left, top, right, bottom = range_boundaries(one.get("ref"))
        area = {(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)}
        if len(area) < 2 or merged & area or bottom > _ROWS or right > _COLUMNS:
            yield f"merged cells {one.get('ref')}"
        merged |= area
    links = list(sheet.iter(f"{_MAIN}hyperlink"))
    if len(links) > 65_530:
        yield f"{len(links)} links"
    for one in links:
        location = one.get("location", "")
        name, _, cell = location.rpartition("!")
        if name.strip("'").replace("''", "'") not in sheets or not _CELL.fullmatch(cell):
            yield f"a link to {location!r}"
    for one in sheet.iter(f"{_MAIN}autoFilter"):
        if not _inside(one.get("ref", "")):
            yield f"a filter over {one.get('ref')}"
    validations = list(sheet.iter(f"{_MAIN}dataValidation"))
    if len(validations) > 65_534:
        yield f"{len(validations)} validations"
    for one in validations:
        lengths = {"promptTitle": 32, "errorTitle": 32, "prompt": 255, "error": 255}
        yield from (f"{key} is too long" for key, most in lengths.items() if len(one.get(key, "")) > most)
        for formula in (one.find(f"{_MAIN}formula1"), one.find(f"{_MAIN}formula2")):
            if formula is not None and len(formula.text or "") > 255:
                yield "the formula of a validation is too long"


def _inside(ref: str) -> bool:
    left, top, right, bottom = range_boundaries(ref)
    return 1 <= left <= right <= _COLUMNS and 1 <= top <= bottom <= _ROWS


def _cells(sheet: ElementTree.Element, styles: int) -> Iterator[str]:
    last_row = 0
    for row in sheet.iter(f"{_MAIN}row"):
        number = int(row.get("r", 0))
        if not last_row < number <= _ROWS:
            yield f"row {number} after row {last_row}"
        last_row = number
        if float(row.get("ht", 15)) > 409:
            yield f"row {number} is {row.get('ht')} points high"
        last_column = 0
        for cell in row:
            place = _CELL.fullmatch(cell.get("r", ""))
            column = range_boundaries(cell.get("r"))[0] if place else 0
            if not place or int(place[2]) != number or not last_column < column <= _COLUMNS:
                yield f"cell {cell.get('r')} in row {number}"
            last_column = column
            if int(cell.get("s", 0)) >= max(styles, 1):
                yield f"cell {cell.get('r')} has style {cell.get('s')} of {styles}"
            text = "".join(part.text or "" for part in cell.iter(f"{_MAIN}t"))
            if len(text) > 32_767:
                yield f"cell {cell.get('r')} holds {len(text)} characters"
            formula = cell.find(f"{_MAIN}f")
            if formula is not None and (cell.get("t") != "e" or formula.text != cell.findtext(f"{_MAIN}v")):
                yield f"cell {cell.get('r')} is a formula: {formula.text}"
