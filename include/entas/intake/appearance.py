"""How an uploaded workbook looks, as far as its copy keeps it: the widths of its columns.

The readers of cells tell what stands in a sheet, which rows are hidden and which cells are merged; widths they do not
tell. A file whose widths cannot be told has none, and its copy takes those that fit what is written.
"""

from __future__ import annotations

import posixpath
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import ParseError

import olefile
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

#: Widths that a column may have in Excel, in digits of the standard font.
_NARROWEST, _WIDEST = 1.0, 255.0
_LAST_COLUMN = 16_384
#: Files count the room beside the digits in: five pixels, of which a digit takes seven.
_PADDING = 5 / 7

_RELATION_IDS = (
    "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id",
    "{http://purl.oclc.org/ooxml/officeDocument/relationships}id",
)

#: Records of an xls workbook: where a sheet begins, the width of columns, the end of a stream's part.
_BOUNDSHEET, _COLINFO, _EOF = 0x0085, 0x007D, 0x000A

Widths = dict[int, float]


def column_widths(path: Path) -> dict[str, Widths]:
    """Widths by sheet and column index (0-based), in digits of the standard font; of xlsx, xlsm and xls files.

    Columns that are hidden have the width that they would have; what the file does not say is absent.
    """
    with path.open("rb") as file:
        start = file.read(8)
    try:
        if start.startswith(b"PK\x03\x04"):
            return _of_xlsx(path)
        if start == olefile.MAGIC:
            return _of_xls(path)
    except (zipfile.BadZipFile, KeyError, ParseError, DefusedXmlException, struct.error, OSError, ValueError):
        return {}  # what is odd about the file has been told by its reader, or costs nothing but widths
    return {}


# --- xlsx ----------------------------------------------------------------------------------------------------------


def _of_xlsx(path: Path) -> dict[str, Widths]:
    with zipfile.ZipFile(path) as archive:
        names = {name.casefold(): name for name in archive.namelist()}
        book = names.get("xl/workbook.xml")
        relations = names.get("xl/_rels/workbook.xml.rels")
        if book is None or relations is None:
            return {}
        with archive.open(relations) as file:
            targets = {one.get("Id"): one.get("Target", "") for one in _elements(file, "Relationship")}
        widths = {}
        with archive.open(book) as file:
            sheets = [
                (one.get("name", ""), next((one.get(name) for name in _RELATION_IDS if one.get(name)), None))
                for one in _elements(file, "sheet")
            ]
        for name, relation in sheets:
            target = targets.get(relation, "")
            part = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
            stored = names.get(part.casefold())
            if stored is not None:
                with archive.open(stored) as file:
                    widths[name] = _columns_of_sheet(file)
        return widths


def _elements(file: IO[bytes], tag: str) -> Iterator:
    for _, element in iterparse(file, events=("end",)):
        if element.tag.rpartition("}")[2] == tag:
            yield element


def _columns_of_sheet(file: IO[bytes]) -> Widths:
    """What stands before the cells; reading stops there."""
    widths: Widths = {}
    for _, element in iterparse(file, events=("start",)):
        tag = element.tag.rpartition("}")[2]
        if tag == "sheetData":
            break
        if tag != "col" or element.get("width") is None:
            continue
        first, last = int(element.get("min", 0)) - 1, int(element.get("max", 0)) - 1
        if last - first < 1_000:  # programs give the rest of the sheet one width, to its very end
            _take(widths, first, last, float(element.get("width")))
    return widths


# --- xls -----------------------------------------------------------------------------------------------------------


def _of_xls(path: Path) -> dict[str, Widths]:
    with olefile.OleFileIO(str(path)) as container:
        name = next((one for one in ("Workbook", "Book") if container.exists(one)), None)
        if name is None:
            return {}
        with container.openstream(name) as stream:
            content = stream.read()
    widths = {}
    for kind, body in _records(content, 0):
        if kind == _BOUNDSHEET and len(body) >= 8:
            widths[_sheet_name(body)] = _columns_of_part(content, struct.unpack_from("<I", body)[0])
    return widths


def _sheet_name(body: bytes) -> str:
    length, wide = body[6], body[7] & 1
    return body[8 : 8 + length * (2 if wide else 1)].decode("utf-16-le" if wide else "latin-1", "replace")


def _columns_of_part(content: bytes, start: int) -> Widths:
    widths: Widths = {}
    for kind, body in _records(content, start):
        if kind == _COLINFO and len(body) >= 6:
            first, last, width = struct.unpack_from("<HHH", body)
            _take(widths, first, last, width / 256)
    return widths


def _records(content: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Records of one part of the stream, up to its end."""
    position = start
    while position + 4 <= len(content):
        kind, length = struct.unpack_from("<HH", content, position)
        if kind == _EOF:
            return
        yield kind, content[position + 4 : position + 4 + length]
        position += 4 + length


def _take(widths: Widths, first: int, last: int, width: float) -> None:
    if 0 <= first <= last and width >= _NARROWEST:
        for column in range(first, min(last + 1, _LAST_COLUMN)):
            widths[column] = min(max(width - _PADDING, _NARROWEST), _WIDEST)
