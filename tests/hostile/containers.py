"""Workbooks of every kind from their parts, so that a test can damage any one of them. All persons are invented."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape, quoteattr

import xlwt

from tests.workbooks import families

HEADERS = ("no_kk", "nik", "nama", "sex", "tanggallahir", "kk_level", "status_dasar")

#: A header and the six persons of three families, all of them good.
TABLE: tuple[tuple[str, ...], ...] = (
    HEADERS,
    *(tuple(row[name] for name in HEADERS) for row in families([1, 2, 3])),
)
GOOD_ROWS = len(TABLE) - 1

Table = Sequence[Sequence[object]]
Parts = dict[str, bytes]


# --- zip -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One part of an archive, written as told, true or not.

    Attributes:
        method, flags, attributes: as they go into both headers (attributes: of the file, upper half is Unix's mode).
        size, crc: as declared; None for the true ones.
        packed: the bytes as they lie in the archive; None: `content`, deflated when the method says so.
        offset: where the directory says that it lies; None for where it does.
        body: whether it lies in the archive at all, or in the directory alone.
    """

    name: bytes
    content: bytes
    method: int = zipfile.ZIP_DEFLATED
    flags: int = 0
    attributes: int = 0
    size: int | None = None
    crc: int | None = None
    packed: bytes | None = None
    offset: int | None = None
    body: bool = True


def deflated(content: bytes) -> bytes:
    """Bare deflate, as in zip."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def zeros(megabytes: int) -> bytes:
    """So many megabytes of spaces, deflated, without ever having them in memory."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = b" " * 1_000_000
    return b"".join(packer.compress(block) for _ in range(megabytes)) + packer.flush()


def archive(entries: Sequence[Entry], *, comment: bytes = b"", count: int | None = None) -> bytes:
    """A zip with these entries, one after the other."""
    body, directory = io.BytesIO(), io.BytesIO()
    for entry in entries:
        packed = entry.packed
        if packed is None:
            packed = deflated(entry.content) if entry.method == zipfile.ZIP_DEFLATED else entry.content
        crc = zlib.crc32(entry.content) if entry.crc is None else entry.crc
        size = len(entry.content) if entry.size is None else entry.size
        told = struct.pack(
            "<HHHHHIIIHH", 20, entry.flags, entry.method, 0, 0x21, crc, len(packed), size, len(entry.name), 0
        )
        at = body.tell() if entry.offset is None else entry.offset
        if entry.body:
            body.write(b"PK\x03\x04" + told + entry.name + packed)
        directory.write(
            b"PK\x01\x02" + struct.pack("<H", 0x031E) + told + struct.pack("<HHHII", 0, 0, 0, entry.attributes, at)
            + entry.name
        )  # fmt: skip
    start, told = body.tell(), directory.getvalue()
    number = len(entries) if count is None else count
    end = struct.pack("<HHHHIIH", 0, 0, number & 0xFFFF, number & 0xFFFF, len(told), start, len(comment))
    return body.getvalue() + told + b"PK\x05\x06" + end + comment


def packed(parts: Mapping[str, bytes], **options: object) -> bytes:
    """A zip of honest parts."""
    return archive([Entry(name.encode(), content) for name, content in parts.items()], **options)


def damaged(parts: Mapping[str, bytes], name: str, change: Callable[[Entry], Entry]) -> bytes:
    """A zip in which one part's entry is not honest."""
    entries = [Entry(key.encode(), content) for key, content in parts.items()]
    return archive([change(entry) if entry.name == name.encode() else entry for entry in entries])


def with_entry(parts: Mapping[str, bytes], *more: Entry) -> bytes:
    """A zip with entries beside those of a workbook."""
    return archive([*(Entry(name.encode(), content) for name, content in parts.items()), *more])


def flipped(parts: Mapping[str, bytes], name: str, where: float) -> bytes:
    """A zip in which one bit of a part's packed bytes is turned."""

    def change(entry: Entry) -> Entry:
        body = bytearray(deflated(entry.content))
        body[int((len(body) - 1) * where)] ^= 0x10
        return replace(entry, packed=bytes(body))

    return damaged(parts, name, change)


# --- xlsx ----------------------------------------------------------------------------------------------------------

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def column(number: int) -> str:
    """`A` of 1, `XFD` of 16,384."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def sheet_xml(rows: str, *, before: str = "", after: str = "") -> bytes:
    """A sheet of xlsx around its rows."""
    return f'{_XML}<worksheet xmlns="{_MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'.encode()


def rows_xml(table: Table, *, first: int = 1) -> str:
    """Rows of inline strings; a number stays a number."""
    lines = []
    for number, row in enumerate(table, start=first):
        cells = []
        for position, value in enumerate(row, start=1):
            place = f"{column(position)}{number}"
            if isinstance(value, int | float):
                cells.append(f'<c r="{place}"><v>{value!r}</v></c>')
            elif value is not None:
                cells.append(
                    f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'
                )
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    return "".join(lines)


def xlsx_parts(sheets: Mapping[str, Table | bytes] | None = None, *, shared: bool = False) -> Parts:
    """The parts of an xlsx.

    Args:
        sheets: name -> table, or the XML of the sheet.
        shared: the one sheet's strings are in a table of their own, as Excel writes them.
    """
    sheets = {"penduduk": TABLE} if sheets is None else sheets
    numbered = list(enumerate(sheets.items(), start=1))
    parts: Parts = {
        "[Content_Types].xml": (
            f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/></Types>'
        ).encode(),
        "_rels/.rels": (
            f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ).encode(),
        "xl/workbook.xml": (
            f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
            + "".join(
                f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"/>'
                for number, (name, _) in numbered
            )
            + "</sheets></workbook>"
        ).encode(),
        "xl/_rels/workbook.xml.rels": (
            f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
            + "".join(
                f'<Relationship Id="rId{number}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
                for number, _ in numbered
            )
            + f'<Relationship Id="rIdS" Type="{_OFFICE}/styles" Target="styles.xml"/>'
            + (f'<Relationship Id="rIdT" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>' if shared else "")
            + "</Relationships>"
        ).encode(),
        "xl/styles.xml": (
            f'{_XML}<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/>'
            '</numFmts><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="164" applyNumberFormat="1"/></cellXfs>'
            "</styleSheet>"
        ).encode(),
    }
    for number, (_, content) in numbered:
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            content if isinstance(content, bytes) else sheet_xml(rows_xml(content))
        )
    if shared:
        table = next(iter(sheets.values()))
        strings = list(dict.fromkeys(str(value) for row in table for value in row))
        parts["xl/sharedStrings.xml"] = shared_xml(strings)
        parts["xl/worksheets/sheet1.xml"] = sheet_xml(
            "".join(
                f'<row r="{line}">'
                + "".join(
                    f'<c r="{column(position)}{line}" t="s"><v>{strings.index(str(value))}</v></c>'
                    for position, value in enumerate(row, start=1)
                )
                + "</row>"
                for line, row in enumerate(table, start=1)
            )
        )
    return parts


def shared_xml(strings: Sequence[str], *, count: int | None = None) -> bytes:
    """A table of shared strings; `count` is what it says of itself."""
    told = len(strings) if count is None else count
    items = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in strings)
    return f'{_XML}<sst xmlns="{_MAIN}" count="{told}" uniqueCount="{told}">{items}</sst>'.encode()


def xlsm_parts() -> Parts:
    """A workbook with macros: they are a part that nobody runs."""
    return xlsx_parts(shared=True) | {"xl/vbaProject.bin": bytes(range(256)) * 20}


# --- xlsb ----------------------------------------------------------------------------------------------------------


def record(kind: int, content: bytes = b"") -> bytes:
    """A record of BIFF12."""
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0xFF, kind >> 8])
    size = len(content)
    length = bytearray()
    while True:
        length.append(size & 0x7F | (0x80 if size > 0x7F else 0))
        size >>= 7
        if not size:
            break
    return head + bytes(length) + content


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text.encode("utf-16-le")) // 2) + text.encode("utf-16-le")


def xlsb_sheet(table: Table) -> bytes:
    """A sheet of xlsb, all its cells strings."""
    rows = [record(0x0181), record(0x0194, struct.pack("<IIII", 0, len(table) - 1, 0, len(table[0]) - 1))]
    rows.append(record(0x0191))
    for line, row in enumerate(table):
        rows.append(record(0x00, struct.pack("<IIHHBI", line, 0, 300, 0, 0, 0)))
        rows += [record(0x06, struct.pack("<II", at, 0) + _wide(str(value))) for at, value in enumerate(row)]
    return b"".join([*rows, record(0x0192), record(0x0182)])


def xlsb_parts(sheet: bytes | None = None) -> Parts:
    """The parts of an xlsb with one sheet."""
    bundle = struct.pack("<II", 0, 1) + _wide("rId1") + _wide("penduduk")
    return {
        "[Content_Types].xml": xlsx_parts()["[Content_Types].xml"],
        "_rels/.rels": xlsx_parts()["_rels/.rels"].replace(b"workbook.xml", b"workbook.bin"),
        "xl/workbook.bin": b"".join(
            [record(0x0183), record(0x018F), record(0x019C, bundle), record(0x0190), record(0x0184)]
        ),
        "xl/_rels/workbook.bin.rels": (
            f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.bin"/></Relationships>'
        ).encode(),
        "xl/worksheets/sheet1.bin": xlsb_sheet(TABLE) if sheet is None else sheet,
    }


# --- ods -----------------------------------------------------------------------------------------------------------

_ODS = "urn:oasis:names:tc:opendocument:xmlns:"


def ods_content(rows: str, *, name: str = "penduduk", before: str = "") -> bytes:
    """content.xml around the rows of one table."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<office:document-content xmlns:office="{_ODS}office:1.0" '
        f'xmlns:table="{_ODS}table:1.0" xmlns:text="{_ODS}text:1.0" office:version="1.2"><office:body>'
        f"<office:spreadsheet><table:table table:name={quoteattr(name)}>{rows}</table:table></office:spreadsheet>"
        "</office:body></office:document-content>"
    ).encode()


def ods_row(row: Sequence[object], *, row_attributes: str = "", cell_attributes: str = "") -> str:
    """A row of ods, all its cells strings."""
    cells = "".join(
        f'<table:table-cell office:value-type="string"{cell_attributes}><text:p>{escape(str(value))}</text:p>'
        "</table:table-cell>"
        for value in row
    )
    return f"<table:table-row{row_attributes}>{cells}</table:table-row>"


def ods_rows(table: Table) -> str:
    return "".join(map(ods_row, table))


def ods_parts(content: bytes | None = None) -> Parts:
    """The parts of an ods with one table."""
    return {
        "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
        "META-INF/manifest.xml": (
            f'<?xml version="1.0" encoding="UTF-8"?><manifest:manifest xmlns:manifest="{_ODS}manifest:1.0" '
            'manifest:version="1.2"><manifest:file-entry manifest:full-path="/" '
            'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/><manifest:file-entry '
            'manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
        ).encode(),
        "content.xml": ods_content(ods_rows(TABLE)) if content is None else content,
    }


# --- xls -----------------------------------------------------------------------------------------------------------


def xls(table: Table = TABLE, *, name: str = "penduduk", sheets: int = 1) -> bytes:
    """A workbook of Excel 97."""
    book = xlwt.Workbook()
    for number in range(sheets):
        page = book.add_sheet(name if number == 0 else f"{name} {number}")
        for line, row in enumerate(table if number == 0 else ()):
            for position, value in enumerate(row):
                if value is not None:
                    page.write(line, position, value)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def patched(content: bytes, at: int, change: bytes) -> bytes:
    """The same bytes but for some."""
    return content[:at] + change + content[at + len(change) :]


def workbook_stream(content: bytes) -> int:
    """Where the stream of BIFF records begins in a small xls: its first record is the only such BOF before sheets'."""
    return content.index(b"\x09\x08\x10\x00\x00\x06\x05\x00")


def biff_record(content: bytes, kind: int) -> int:
    """Where the first record of a kind lies (its header) in the stream of BIFF records."""
    at = workbook_stream(content)
    while at + 4 <= len(content):
        found, length = struct.unpack_from("<HH", content, at)
        if found == kind:
            return at
        at += 4 + length
    raise ValueError(f"no record {kind:#x}")


# --- csv -----------------------------------------------------------------------------------------------------------


def csv_text(table: Table = TABLE, delimiter: str = ";", end: str = "\r\n") -> str:
    """Plain cells between delimiters; what has to be quoted is, by the caller."""
    return "".join(delimiter.join("" if cell is None else str(cell) for cell in row) + end for row in table)
