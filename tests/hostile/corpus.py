"""Files that are broken, or made to break their reader, each with what has to become of it.

All are made by code and the same each time; all persons are invented. A case is *refused*, with a reason whose key
phrase is told, or *read*, with so many rows accepted and quarantined. Nothing else may happen: no crash, no hang, and
no row that is gone without a word.
"""

from __future__ import annotations

import codecs
import functools
import gzip
import struct
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from entas.registers.limits import Limits
from tests.hostile import containers as c
from tests.hostile.containers import GOOD_ROWS, HEADERS, TABLE, Entry

#: Smaller than a village needs, so that what exceeds them is quickly made.
LIMITS = Limits(
    upload_bytes=6_000_000,
    unpacked_bytes=40_000_000,
    ratio=200,
    sheets=100,
    rows=20_000,
    columns=500,
    seconds=20,
    memory_bytes=1_500_000_000,
)

# Key phrases of the reasons.
DAMAGED = "rusak"
PASSWORD = "kata sandi"
SUSPICIOUS = "tidak wajar"
ENTITIES = "DOCTYPE atau ENTITY"
BURSTING = "setelah dibuka melebihi batas"
RATIO = "dimampatkan lebih dari"
TOO_LARGE = "melebihi batas 6 MB"
SHEETS = "lembar, melebihi batas 100"
ROWS = "melebihi batas 20.000 baris"
COLUMNS = "melebihi batas 500 kolom"
CELLS = "terlalu besar"
UNKNOWN = "Tidak ada register yang dikenal"
NO_DATA = "tidak berisi data"
HEADERS_ONLY = "hanya berisi judul kolom"
EMPTY = "Berkas kosong"
DIED = "program pembaca berhenti"


@dataclass(frozen=True)
class Case:
    """One file.

    Attributes:
        name: what is wrong with it; unique.
        file_name: as its sender called it.
        make: gives its bytes.
        refused: key phrase of the reason; None when it is read.
        rows, quarantined: of all its registers, when it is read.
        warned: rows with a warning, when it is read.
        note: key phrase of a note that has to be there.
    """

    name: str
    file_name: str
    make: Callable[[], bytes]
    refused: str | None = None
    rows: int = GOOD_ROWS
    quarantined: int = 0
    warned: int = 0
    note: str | None = None


# --- the five kinds of containers, and what can be done to any of them ---------------------------------------------

_WHOLE: dict[str, Callable[[], bytes]] = {
    "xlsx": lambda: c.packed(c.xlsx_parts(shared=True)),
    "xlsm": lambda: c.packed(c.xlsm_parts()),
    "xlsb": lambda: c.packed(c.xlsb_parts()),
    "ods": lambda: c.packed(c.ods_parts()),
    "xls": c.xls,
    "csv": lambda: c.csv_text().encode(),
}
_PARTS: dict[str, Callable[[], c.Parts]] = {
    "xlsx": lambda: c.xlsx_parts(shared=True),
    "xlsm": c.xlsm_parts,
    "xlsb": c.xlsb_parts,
    "ods": c.ods_parts,
}
_MAIN_PART = {
    "xlsx": "xl/worksheets/sheet1.xml",
    "xlsm": "xl/worksheets/sheet1.xml",
    "xlsb": "xl/worksheets/sheet1.bin",
    "ods": "content.xml",
}


def _whole() -> Iterator[Case]:
    """The undamaged files: what is refused below is refused for its damage."""
    for kind, make in _WHOLE.items():
        yield Case(f"{kind}: nothing is wrong", f"a.{kind}", make)


def _truncated() -> Iterator[Case]:
    for kind in ("xlsx", "xlsm", "xlsb", "ods", "xls"):
        for percent in (2, 10, 25, 50, 75, 90, 97, 99.5):
            yield Case(
                f"{kind}: only the first {percent} percent",
                f"a.{kind}",
                lambda kind=kind, percent=percent: (whole := _WHOLE[kind]())[: int(len(whole) * percent / 100)],
                DAMAGED,
            )
        yield Case(
            f"{kind}: the last byte is missing",
            f"a.{kind}",
            lambda kind=kind: _WHOLE[kind]()[:-1],
            None if kind == "xls" else DAMAGED,  # it fills up a sector
        )
        yield Case(f"{kind}: only its first 8 bytes", f"a.{kind}", lambda kind=kind: _WHOLE[kind]()[:8], DAMAGED)
        yield Case(
            f"{kind}: the first half twice",
            f"a.{kind}",
            lambda kind=kind: (whole := _WHOLE[kind]())[: len(whole) // 2] * 2,
            DAMAGED,
        )
        yield Case(
            f"{kind}: a hole of zeros in the middle",
            f"a.{kind}",
            lambda kind=kind: c.patched(whole := _WHOLE[kind](), len(whole) // 3, bytes(len(whole) // 3)),
            DAMAGED,
        )


def _bits() -> Iterator[Case]:
    for kind, parts in _PARTS.items():
        for part in parts():
            if part.endswith(("mimetype", "vbaProject.bin")):
                continue
            for where in (0.2, 0.8):
                yield Case(
                    f"{kind}: a bit of {part} is turned at {where:.0%}",
                    f"a.{kind}",
                    lambda parts=parts, part=part, where=where: c.flipped(parts(), part, where),
                    DAMAGED,
                )


# --- the archive around a workbook ---------------------------------------------------------------------------------


def _zips() -> Iterator[Case]:
    evil = {
        "leads up": b"../../etc/cron.d/x",
        "leads up with backslashes": b"..\\..\\x.xml",
        "leads up in the middle": b"xl/../../x.xml",
        "is absolute": b"/etc/passwd",
        "has a drive letter": b"C:\\Windows\\x.xml",
        "is a network share": b"\\\\server\\share\\x",
        "holds a zero": b"xl/a\x00.xml",
    }
    for what, name in evil.items():
        yield Case(
            f"zip: a name {what}",
            "a.xlsx",
            lambda name=name: c.with_entry(c.xlsx_parts(), Entry(name, b"x")),
            SUSPICIOUS,
        )
    yield Case(
        "zip: a name with an escape sequence is nothing to fear",
        "a.xlsx",
        lambda: c.with_entry(c.xlsx_parts(), Entry(b"xl/\x1b[31m.bin", b"x")),
    )
    for kind, parts in _PARTS.items():
        main = _MAIN_PART[kind]

        def entry(change: Callable[[Entry], Entry], parts: Callable[[], c.Parts] = parts, main: str = main) -> bytes:
            return c.damaged(parts(), main, change)

        def case(what: str, phrase: str, make: Callable[[], bytes], kind: str = kind) -> Case:
            return Case(f"zip: {kind} {what}", f"a.{kind}", make, phrase)

        yield case(
            "with its main part twice",
            SUSPICIOUS,
            lambda parts=parts, main=main: c.with_entry(parts(), Entry(main.encode(), b"<other/>")),
        )
        yield case(
            "with its main part twice, in other letters",
            SUSPICIOUS,
            lambda parts=parts, main=main: c.with_entry(parts(), Entry(main.upper().encode(), b"<other/>")),
        )
        yield case(
            "whose main part is a symbolic link",
            SUSPICIOUS,
            lambda entry=entry: entry(lambda e: replace(e, attributes=0o120777 << 16)),
        )
        yield case("with a password of zip", PASSWORD, lambda entry=entry: entry(lambda e: replace(e, flags=1)))
        yield case(
            "packed in an unknown way", DAMAGED, lambda entry=entry: entry(lambda e: replace(e, method=99, packed=b"x"))
        )
        yield case(
            "packed by bzip2", DAMAGED, lambda entry=entry: entry(lambda e: replace(e, method=zipfile.ZIP_BZIP2))
        )
        yield case("with a wrong checksum", DAMAGED, lambda entry=entry: entry(lambda e: replace(e, crc=1)))
        yield case("that declares less than it holds", DAMAGED, lambda entry=entry: entry(lambda e: replace(e, size=9)))
        yield case("that declares 4 GB", BURSTING, lambda entry=entry: entry(lambda e: replace(e, size=0xFFFFFFF0)))
        yield case("whose main part lies elsewhere", DAMAGED, lambda entry=entry: entry(lambda e: replace(e, offset=3)))
        yield case(
            "whose main part lies beyond the end",
            DAMAGED,
            lambda entry=entry: entry(lambda e: replace(e, offset=0x7FFFFFFF)),
        )
        yield case(
            "whose main part is not deflate at all",
            DAMAGED,
            lambda entry=entry: entry(lambda e: replace(e, packed=b"\xff" * 500)),
        )
        yield case(
            "that bursts and says so",
            BURSTING,
            lambda entry=entry: entry(lambda e: replace(e, packed=c.zeros(50), size=50_000_000)),
        )
        yield case(
            "that bursts and says nothing",
            RATIO,
            lambda entry=entry: entry(lambda e: replace(e, packed=c.zeros(30), size=1000)),
        )
    yield Case("zip: without any part", "a.xlsx", lambda: c.archive([]), DAMAGED)
    yield Case(
        "zip: three more parts than it counts",
        "a.xlsx",
        lambda: c.packed(c.xlsx_parts(), count=2),
        DAMAGED,
    )
    yield Case("zip: a long comment", "a.xlsx", lambda: c.packed(c.xlsx_parts(), comment=b"halo" * 9000))
    yield Case(
        "zip: a comment of false ends",
        "a.xlsx",
        lambda: c.packed(c.xlsx_parts(), comment=b"PK\x05\x06" * 9000),
        DAMAGED,
    )
    yield Case("zip: bytes after the end", "a.xlsx", lambda: c.packed(c.xlsx_parts()) + b"\n" * 30)
    yield Case(
        "zip: another zip after the end",
        "a.xlsx",
        lambda: c.packed(c.xlsx_parts()) + c.packed({"a.txt": b"x"}),
        "arsip",
    )
    yield Case(
        "zip: a program before it", "a.xlsx", lambda: b"MZ\x90\x00" + bytes(60) + c.packed(c.xlsx_parts()), "bukan CSV"
    )
    yield Case(
        "zip: six thousand parts",
        "a.xlsx",
        lambda: c.with_entry(c.xlsx_parts(), *(Entry(b"xl/m/%d" % n, b"") for n in range(6000))),
        SUSPICIOUS,
    )
    yield Case(
        "zip: a directory of megabytes",
        "a.xlsx",
        lambda: c.with_entry(c.xlsx_parts(), *(Entry(b"xl/%d/" % n + b"n" * 60_000, b"") for n in range(30))),
        SUSPICIOUS,
    )
    yield Case(
        "zip: parts that lie over each other",
        "a.xlsx",
        lambda: c.archive(
            [Entry(b"xl/%d" % n, bytes(20_000), method=zipfile.ZIP_STORED, offset=0, body=n == 0) for n in range(9)]
        ),
        "tumpang tindih",
    )
    yield Case(
        "zip: a workbook in a zip", "a.zip", lambda: c.packed({"data/a.xlsx": c.packed(c.xlsx_parts())}), "arsip"
    )
    yield Case("zip: a text in a zip", "a.xlsx", lambda: c.packed({"readme.txt": b"halo"}), "arsip")
    yield Case("zip: a document of Word", "a.xlsx", lambda: c.packed({"word/document.xml": b"<w/>"}), "dokumen Word")
    yield Case(
        "zip: slides of PowerPoint", "a.xlsx", lambda: c.packed({"ppt/presentation.xml": b"<p/>"}), "dokumen PowerPoint"
    )
    yield Case("zip: a program of Java", "a.xlsx", lambda: c.packed({"META-INF/MANIFEST.MF": b"x"}), "arsip")
    yield Case(
        "zip: a text of LibreOffice",
        "a.ods",
        lambda: c.packed(c.ods_parts() | {"mimetype": b"application/vnd.oasis.opendocument.text"}),
        "Writer",
    )


# --- XML -----------------------------------------------------------------------------------------------------------

_LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]><worksheet>&j;</worksheet>"
)


def _after_declaration(content: bytes, more: bytes) -> bytes:
    head, mark, rest = content.partition(b"?>")
    return head + mark + more + rest


#: What is done to a part -> how.
_XML_DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "no XML": lambda _: b"\x00\x01\x02 not XML at all \xff" * 50,
    "a web page": lambda _: b"<html><body>500 Internal Server Error</body></html>",
    "cut in the middle": lambda content: content[: len(content) * 2 // 3],
    "with wrong ends of elements": lambda content: content.replace(b"</", b"</x", 1),
    "with a billion laughs": lambda _: _LAUGHS,
    "with an entity from outside": lambda content: _after_declaration(
        content, b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    ),
    "with a document type": lambda content: _after_declaration(content, b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">'),
    "with a document type in UTF-16": lambda content: _after_declaration(content, b"<!DOCTYPE x>").decode()
    .replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16"),
    "nested a hundred thousand deep": lambda content: content.replace(
        b"</", b"<a>" * 100_000 + b"</a>" * 100_000 + b"</", 1
    ),
}  # fmt: skip
_XML_PARTS = {
    "xlsx": (
        "[Content_Types].xml",
        "_rels/.rels",
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "xl/styles.xml",
        "xl/sharedStrings.xml",
        "xl/worksheets/sheet1.xml",
    ),
    "ods": ("content.xml", "META-INF/manifest.xml"),
}
_MISSING = "missing"
#: Where it is neither the entities that are refused nor the damage: readers need nothing of the part, or look for their
#: own elements and pass over the rest. None: it is read whole.
_XML_OUTCOME: dict[tuple[str, str], str | None] = {
    **{
        ("[Content_Types].xml", what): None
        for what in ("empty", "no XML", "a web page", "cut in the middle", "with wrong ends of elements", _MISSING)
    },
    ("xl/styles.xml", _MISSING): None,
    ("xl/worksheets/sheet1.xml", "a web page"): NO_DATA,
    ("content.xml", "a web page"): NO_DATA,
    ("META-INF/manifest.xml", "empty"): None,
    ("META-INF/manifest.xml", "a web page"): None,
    ("META-INF/manifest.xml", "with wrong ends of elements"): None,
}


def _xml_outcome(name: str, what: str) -> str | None:
    if any(word in what for word in ("laughs", "entity", "document type")):
        return ENTITIES
    return None if "deep" in what else _XML_OUTCOME.get((name, what), DAMAGED)


def _xml() -> Iterator[Case]:
    for kind, names in _XML_PARTS.items():
        for name in names:
            for what, damage in _XML_DAMAGE.items():
                yield Case(
                    f"xml: {kind}, {name} {what}",
                    f"a.{kind}",
                    lambda kind=kind, name=name, damage=damage: c.packed(
                        {key: damage(part) if key == name else part for key, part in _PARTS[kind]().items()}
                    ),
                    _xml_outcome(name, what),
                )
            yield Case(
                f"xml: {kind} without {name}",
                f"a.{kind}",
                lambda kind=kind, name=name: c.packed(
                    {key: part for key, part in _PARTS[kind]().items() if key != name}
                ),
                _xml_outcome(name, _MISSING),
            )


# --- sheets that claim or hold too much ----------------------------------------------------------------------------


def _xlsx(rows: str | bytes, **more: str) -> bytes:
    return c.packed(c.xlsx_parts({"penduduk": rows if isinstance(rows, bytes) else c.sheet_xml(rows, **more)}))


def _beside(cell: str) -> bytes:
    """The table, and one more row with one more cell."""
    return _xlsx(c.rows_xml(TABLE) + f"<row>{cell}</row>")


def _sheets() -> Iterator[Case]:
    text = ' t="inlineStr"><is><t>x</t></is></c>'
    far = {
        "the last cell of all": ("XFD1048576", COLUMNS),
        "the last column": ("XFD8", COLUMNS),
        "one column too many": ("SG8", COLUMNS),
        "the last row": ("A1048576", ROWS),
        "one row too many": ("A20001", ROWS),
        "a row of ten digits": ("A9999999999", ROWS),
        "a column of four letters": ("ZZZZ9", COLUMNS),
        "a rectangle of ten million cells": ("SF20000", CELLS),
    }
    for what, (place, phrase) in far.items():
        yield Case(f"sheet: xlsx, something in {what}", "a.xlsx", lambda p=place: _beside(f'<c r="{p}"{text}'), phrase)
        yield Case(f"sheet: xlsx, a mere format in {what}", "a.xlsx", lambda p=place: _beside(f'<c r="{p}" s="1"/>'))
        yield Case(
            f"sheet: xlsx, an error in {what}", "a.xlsx", lambda p=place: _beside(f'<c r="{p}" t="e"><v>#REF!</v></c>'),
            phrase,
        )  # fmt: skip
    for what, reference in {"row 0": "A0", "no row": "A", "no column": "9", "words": "hello", "a minus": "A-5"}.items():
        yield Case(
            f"sheet: xlsx, a cell in {what}", "a.xlsx", lambda r=reference: _beside(f'<c r="{r}"{text}'), DAMAGED
        )
    for told in ("A1:XFD1048576", "A1", "B2:C3", "nonsense", "A1:A99999999999", ""):
        yield Case(
            f"sheet: xlsx that says it reaches {told!r}",
            "a.xlsx",
            lambda told=told: _xlsx(c.rows_xml(TABLE), before=f'<dimension ref="{told}"/>'),
            DAMAGED if told in ("nonsense", "") else None,
        )
    for ref in ("A1:XFD1048576", "A2:A1048576", "nonsense", "A9:A2", "A2:A4 B2", "XFE1:XFF2"):
        yield Case(
            f"sheet: xlsx with merged cells {ref!r}",
            "a.xlsx",
            lambda ref=ref: _xlsx(
                c.rows_xml(TABLE), after=f'<mergeCells count="1"><mergeCell ref="{ref}"/></mergeCells>'
            ),
            DAMAGED if ref in ("nonsense", "A2:A4 B2") else None,
        )
    for index in ("99", "4294967295", "99999999999999999999", "-1", "x", ""):
        yield Case(
            f"sheet: xlsx with a shared string {index!r}",
            "a.xlsx",
            lambda index=index: c.packed(
                (parts := c.xlsx_parts(shared=True))
                | {
                    "xl/worksheets/sheet1.xml": parts["xl/worksheets/sheet1.xml"].replace(
                        b'"s"><v>8</v>', f'"s"><v>{index}</v>'.encode(), 1
                    )
                }
            ),
            DAMAGED if index in ("99", "4294967295") else None,
            warned=1,
        )
    for count in (0, 1, 2**31, 2**63):
        yield Case(
            f"sheet: xlsx that counts {count} shared strings",
            "a.xlsx",
            lambda count=count: c.packed(
                (parts := c.xlsx_parts(shared=True))
                | {
                    "xl/sharedStrings.xml": parts["xl/sharedStrings.xml"]
                    .replace(b'ount="', b'ount="%d" x="' % count, 1)
                    .replace(b'uniqueCount="', b'uniqueCount="%d" y="' % count, 1)
                }
            ),
            SUSPICIOUS if count > 1 else None,
        )
    yield Case(
        "sheet: xlsx whose shared strings hold sheets",
        "a.xlsx",
        lambda: c.packed(
            (parts := c.xlsx_parts(shared=True)) | {"xl/sharedStrings.xml": parts["xl/worksheets/sheet1.xml"]}
        ),
        DAMAGED,
    )
    for what, target in {
        "nothing": "worksheets/none.xml",
        "a folder above": "../../../etc/passwd",
        "a web address": "http://127.0.0.1:9/sheet.xml",
        "a file of the machine": "file:///etc/passwd",
    }.items():
        yield Case(
            f"sheet: xlsx whose sheet is {what}",
            "a.xlsx",
            lambda target=target: c.packed(
                (parts := c.xlsx_parts())
                | {
                    "xl/_rels/workbook.xml.rels": parts["xl/_rels/workbook.xml.rels"].replace(
                        b"worksheets/sheet1.xml", target.encode()
                    )
                }
            ),
            DAMAGED,
        )
    yield Case("sheet: xlsx with 10,000 sheets", "a.xlsx", lambda: _many_sheets(10_000), SHEETS)
    yield Case("sheet: xlsx with one sheet too many", "a.xlsx", lambda: _many_sheets(101), SHEETS)
    yield Case(
        "sheet: xlsx that is the same sheet 100 times", "a.xlsx", lambda: _many_sheets(100), rows=6, quarantined=594
    )
    yield Case(
        "sheet: ods with 10,000 sheets",
        "a.ods",
        lambda: c.packed(
            c.ods_parts(
                c.ods_content(c.ods_rows(TABLE)).replace(
                    b"</office:spreadsheet>", b'<table:table table:name="x"/>' * 10_000 + b"</office:spreadsheet>"
                )
            )
        ),
        SHEETS,
    )
    yield Case("sheet: xls with 150 sheets", "a.xls", lambda: c.xls(sheets=150), SHEETS)
    yield Case(
        "sheet: xlsx with 100,000 rows that do not say their number",
        "a.xlsx",
        lambda: _xlsx(c.rows_xml(TABLE) + "".join(f"<row><c><v>{n * 7919}</v></c></row>" for n in range(100_000))),
        ROWS,
    )
    yield Case(
        "sheet: xlsx with a million rows of nothing",
        "a.xlsx",
        lambda: _xlsx(
            c.rows_xml(TABLE) + "".join(f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in range(8, 300_000))
        ),
    )
    yield Case(
        "sheet: xlsx with a row of 100,000 cells without place",
        "a.xlsx",
        lambda: _xlsx(c.rows_xml(TABLE) + "<row>" + "<c><v>1</v></c>" * 100_000 + "</row>"),
        COLUMNS,
    )
    yield Case("sheet: csv with a million rows", "a.csv", lambda: c.csv_text().encode() + b"x\n" * 1_000_000, ROWS)
    yield Case("sheet: csv with a million empty lines", "a.csv", lambda: c.csv_text().encode() + b"\n" * 1_000_000)
    yield Case(
        "sheet: csv with a million rows of separators", "a.csv", lambda: c.csv_text().encode() + b";;;\n" * 1_000_000
    )
    yield Case("sheet: csv with a million columns", "a.csv", lambda: c.csv_text().encode() + b"x;" * 1_000_000, COLUMNS)
    yield Case("sheet: csv with a million separators", "a.csv", lambda: c.csv_text().encode() + b";" * 1_000_000)
    yield Case(
        "sheet: csv with a cell of a million letters",
        "a.csv",
        lambda: c.csv_text().encode() + b"x" * 1_000_000,
        "131.072",
    )
    yield Case("sheet: xls to its last row", "a.xls", lambda: c.xls([*TABLE, *([[None]] * 65_528), ["x"]]), ROWS)
    yield Case("sheet: too large", "a.xlsx", lambda: c.packed(c.xlsx_parts()) + bytes(6_000_000), TOO_LARGE)
    yield Case("sheet: too large and no workbook", "a.csv", lambda: bytes(7_000_000), TOO_LARGE)


def _xlsb_sheets() -> Iterator[Case]:
    def sheet(row: int, column: int, kind: int = 0x06) -> bytes:
        """The table, and one more cell."""
        content = struct.pack("<II", column, 0) + (b"\x01\x00\x00\x00x\x00" if kind == 0x06 else b"")
        more = c.record(0x00, struct.pack("<IIHHBI", row, 0, 300, 0, 0, 0)) + c.record(kind, content)
        body = c.xlsb_sheet(TABLE)
        end = c.record(0x0192) + c.record(0x0182)
        return c.packed(c.xlsb_parts(body.removesuffix(end) + more + end))

    for what, row, column, phrase in (
        ("the last cell of all", 1_048_575, 16_383, COLUMNS),
        ("the last row", 1_048_575, 0, ROWS),
        ("a row of ten digits", 0xFFFFFFFE, 0, ROWS),
        ("a column of ten digits", 9, 0xFFFFFFFE, COLUMNS),
        ("a rectangle of ten million cells", 19_999, 499, CELLS),
    ):
        yield Case(f"sheet: xlsb, something in {what}", "a.xlsb", lambda r=row, k=column: sheet(r, k), phrase)
        yield Case(f"sheet: xlsb, a mere format in {what}", "a.xlsb", lambda r=row, k=column: sheet(r, k, 0x01))
    yield Case(
        "sheet: xlsb, a record that is larger than its sheet",
        "a.xlsb",
        lambda: c.packed(c.xlsb_parts(c.xlsb_sheet(TABLE)[:-6] + b"\x06\xff\xff\xff\x7f")),
        DAMAGED,
    )


def _many_sheets(count: int) -> bytes:
    parts = c.xlsx_parts()
    names = "".join(f'<sheet name="s{n}" sheetId="{n}" r:id="rId1"/>' for n in range(1, count + 1))
    head, _, rest = parts["xl/workbook.xml"].partition(b"<sheets>")
    return c.packed(parts | {"xl/workbook.xml": head + b"<sheets>" + names.encode() + rest[rest.index(b"</sheets>") :]})


def _ods_sheets() -> Iterator[Case]:
    row = c.ods_row(["x"])

    def repeated(times: int, attribute: str, content: str = row) -> bytes:
        tag = "<table:table-row" if attribute == "rows" else "<table:table-cell"
        told = content.replace(tag, f'{tag} table:number-{attribute}-repeated="{times}"', 1)
        return c.packed(c.ods_parts(c.ods_content(c.ods_rows(TABLE) + told)))

    empty = "<table:table-row><table:table-cell/></table:table-row>"
    for times in (20_000, 1_048_576, 4_000_000_000, 10**30):
        yield Case(f"ods: a row {times} times", "a.ods", lambda t=times: repeated(t, "rows"), ROWS)
    for times in (501, 16_384, 4_000_000_000, 10**30):
        yield Case(f"ods: a cell {times} times", "a.ods", lambda t=times: repeated(t, "columns"), COLUMNS)
    yield Case("ods: a million empty rows at the end", "a.ods", lambda: repeated(1_048_000, "rows", empty))
    yield Case("ods: empty cells to the last column", "a.ods", lambda: repeated(16_384, "columns", empty))
    yield Case("ods: an empty row four thousand million times", "a.ods", lambda: repeated(4_000_000_000, "rows", empty))
    yield Case(
        "ods: something after a million empty rows",
        "a.ods",
        lambda: c.packed(
            c.ods_parts(
                c.ods_content(
                    c.ods_rows(TABLE) + empty.replace("-row>", '-row table:number-rows-repeated="1048000">', 1) + row
                )
            )
        ),
        ROWS,
    )
    for times in ("-5", "x", ""):
        yield Case(f"ods: a row {times!r} times", "a.ods", lambda t=times: repeated(t, "rows"), DAMAGED)
    yield Case(
        "ods: merged over everything",
        "a.ods",
        lambda: c.packed(
            c.ods_parts(
                c.ods_content(
                    c.ods_rows(TABLE[:1])
                    + c.ods_row(
                        TABLE[1],
                        cell_attributes=' table:number-rows-spanned="1048576" table:number-columns-spanned="16384"',
                    )
                    + c.ods_rows(TABLE[2:])
                )
            )
        ),
    )
    yield Case(
        "ods: encrypted",
        "a.ods",
        lambda: c.packed(
            c.ods_parts()
            | {
                "META-INF/manifest.xml": c.ods_parts()["META-INF/manifest.xml"].replace(
                    b"</manifest:manifest>", b"<manifest:encryption-data/></manifest:manifest>"
                )
            }
        ),
        PASSWORD,
    )


# --- xls -----------------------------------------------------------------------------------------------------------

_FREE, _END = 0xFFFFFFFF, 0xFFFFFFFE


def _ole() -> Iterator[Case]:
    def header(at: int, form: str, *values: int) -> Callable[[], bytes]:
        return lambda: c.patched(c.xls(), at, struct.pack(form, *values))

    for what, make, phrase in (
        ("sectors of one byte", header(30, "<H", 0), DAMAGED),
        ("sectors of a megabyte", header(30, "<H", 20), DAMAGED),
        ("sectors of 4096 bytes that it has not", header(30, "<H", 12), DAMAGED),
        ("small sectors of 2 GB", header(32, "<H", 31), DAMAGED),
        ("a directory beyond its end", header(48, "<I", 0x00FFFFFF), DAMAGED),
        ("no directory", header(48, "<I", _END), DAMAGED),
        ("a table of sectors beyond its end", header(76, "<I", 0x00FFFFFF), DAMAGED),
        ("no table of sectors", header(76, "<I", _FREE), DAMAGED),
        ("a list of tables that is none", header(68, "<II", 0, 0x7FFFFFFF), DAMAGED),
        ("small sectors beyond its end", header(60, "<I", 0x00FFFFFF), DAMAGED),
        ("the wrong byte order", header(28, "<H", 0xFFFE), None),
        ("a version of 99", header(26, "<H", 99), DAMAGED),
    ):
        yield Case(f"xls: {what}", "a.xls", make, phrase)
    for what, follower, phrase in (
        ("to itself", lambda at: at, SUSPICIOUS),
        ("back to its begin", lambda _: 0, SUSPICIOUS),
        ("to nowhere", lambda _: 0x00FFFFFF, DAMAGED),
        ("to a free sector", lambda _: _FREE, DAMAGED),
    ):
        yield Case(f"xls: a chain of sectors leads {what}", "a.xls", lambda f=follower: _rechained(f), phrase)
    for what, change, phrase in (
        ("says it has 4 GB", lambda at: (at + 120, struct.pack("<I", 0xFFFFFFFF)), SUSPICIOUS),
        ("says it has 20 bytes", lambda at: (at + 120, struct.pack("<I", 20)), DAMAGED),
        ("begins beyond the end", lambda at: (at + 116, struct.pack("<I", 0x00FFFFFF)), DAMAGED),
        ("has another name", lambda at: (at, "Worxbook".encode("utf-16-le")), DAMAGED),
        ("is called Book", lambda at: (at, "Book\0\0\0\0".encode("utf-16-le")), DAMAGED),
        ("is a folder", lambda at: (at + 66, b"\x01"), DAMAGED),
    ):
        yield Case(f"xls: the stream of the workbook {what}", "a.xls", lambda ch=change: _restreamed(ch), phrase)
    yield Case("xls: a document of Word", "a.xls", lambda: _restreamed(lambda at: (at, _WORD), 26), "dokumen Word")
    for kind, name in {
        0x0809: "its begin", 0x0085: "a sheet's place", 0x00FC: "the table of strings", 0x0042: "the code page",
        0x00E0: "a format", 0x000A: "its end", 0x0031: "a font", 0x0022: "the day it counts from",
    }.items():  # fmt: skip
        for what, length in (("is longer than all", 0xFFFF), ("is empty", 0)):
            yield Case(
                f"xls: the record of {name} {what}",
                "a.xls",
                lambda kind=kind, length=length: c.patched(
                    book := c.xls(), c.biff_record(book, kind) + 2, struct.pack("<H", length)
                ),
                _BIFF_OUTCOME.get((kind, length), DAMAGED),
            )
    for count in (0, 1, 0x7FFFFFFF, 0xFFFFFFFF):
        yield Case(
            f"xls: {count} strings in a table of fewer",
            "a.xls",
            lambda count=count: c.patched(
                book := c.xls(), c.biff_record(book, 0x00FC) + 4, struct.pack("<II", count, count)
            ),
            _BIFF_OUTCOME.get((0x00FC, f"{count} strings"), DAMAGED),
        )
    for place in (0, 0x7FFFFFFF, 0xFFFFFFFF):
        yield Case(
            f"xls: a sheet at {place:#x}",
            "a.xls",
            lambda place=place: c.patched(book := c.xls(), c.biff_record(book, 0x0085) + 4, struct.pack("<I", place)),
            _BIFF_OUTCOME.get((0x0085, f"at {place:#x}"), DAMAGED),
        )
    yield Case("xls: protected", "a.xls", lambda: _protected(), PASSWORD)


#: Where damage to a record is not refused: (record, what). None: it is read whole.
_BIFF_OUTCOME: dict[tuple[int, int | str], str | None] = {
    (0x000A, 0): None,  # as it has to be
    **{(0x00FC, f"{count} strings"): None for count in (0, 1, 0x7FFFFFFF, 0xFFFFFFFF)},
    (0x0085, "at 0x0"): NO_DATA,
}
_WORD = "WordDocument".encode("utf-16-le")


def _rechained(follower: Callable[[int], int]) -> bytes:
    """The second sector of the workbook's stream is followed by another."""
    book = c.xls()
    (table,) = struct.unpack_from("<I", book, 76)
    return c.patched(book, (table + 1) * 512 + 4, struct.pack("<I", follower(1)))


def _restreamed(change: Callable[[int], tuple[int, bytes]], name_length: int | None = None) -> bytes:
    """The directory tells something else of the workbook's stream."""
    book = c.xls()
    entry = book.index("Workbook".encode("utf-16-le"))
    at, content = change(entry)
    book = c.patched(book, at, content)
    return book if name_length is None else c.patched(book, entry + 64, struct.pack("<H", name_length))


def _protected() -> bytes:
    """The first record after the begin asks for a password."""
    book = c.xls()
    at = c.workbook_stream(book) + 4 + 16
    return c.patched(book, at, struct.pack("<HHH", 0x002F, 6, 0) + b"\x12\x34\x56\x78")


# --- what is no workbook, and texts --------------------------------------------------------------------------------


def _others() -> Iterator[Case]:
    noise = bytes((n * 7919 + n // 3) % 256 for n in range(3000))
    for what, content, phrase in (
        ("a PDF", b"%PDF-1.7\n" + noise, "PDF"),
        ("RTF", rb"{\rtf1\ansi no_kk;nik}", "dokumen RTF"),
        ("RAR", b"Rar!\x1a\x07\x01\x00" + noise, "arsip (RAR)"),
        ("7z", b"7z\xbc\xaf\x27\x1c" + noise, "arsip (7z)"),
        ("gzip", gzip.compress(c.csv_text().encode(), mtime=0), "arsip (GZIP)"),
        ("bzip2", b"BZh91AY&SY" + noise, "arsip (BZIP2)"),
        ("xz", b"\xfd7zXZ\x00" + noise, "arsip (XZ)"),
        ("zstd", b"\x28\xb5\x2f\xfd" + noise, "arsip (ZSTD)"),
        ("PNG", b"\x89PNG\r\n\x1a\n" + noise, "gambar"),
        ("JPEG", b"\xff\xd8\xff\xe0" + noise, "gambar"),
        ("GIF", b"GIF89a" + noise, "gambar"),
        ("HEIC", b"\x00\x00\x00\x18ftypheic" + noise, "gambar"),
        ("WebP", b"RIFF\x00\x00\x00\x00WEBP" + noise, "gambar"),
        ("SQLite", b"SQLite format 3\x00" + noise, "basis data"),
        ("Access", b"\x00\x01\x00\x00Standard Jet DB\x00" + noise, "basis data"),
        ("a program of Linux", b"\x7fELF\x02\x01\x01\x00" + noise, "bukan buku kerja"),
        ("a program of Windows", b"MZ\x90\x00\x03\x00" + noise, "bukan buku kerja"),
        ("a shell script", b"#!/bin/sh\nrm -rf /\n", UNKNOWN),
        ("JSON", b'{"no_kk": "3216090101230001", "nik": "1"}', UNKNOWN),
        ("SQL", b"drop table raw.penduduk; -- '\n", UNKNOWN),
        ("a web page without a table", b"<!DOCTYPE html><html><body>404</body></html>", "halaman web"),
        ("XML", b'<?xml version="1.0"?><rows><row no_kk="1"/></rows>', "halaman web"),
        ("XML with a billion laughs", _LAUGHS, "halaman web"),
        ("SVG", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "halaman web"),
        ("MHTML", b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n", "MHTML"),
        ("an old Excel", b"\x09\x04\x06\x00\x00\x00\x10\x00" + noise, "Excel 4"),
        ("noise", noise[5:], "bukan"),
        ("one byte", b"x", UNKNOWN),
        ("one zero", b"\x00", EMPTY),
        ("nothing", b"", EMPTY),
        ("zeros", bytes(5000), NO_DATA),
        ("spaces", b" " * 5000, NO_DATA),
        ("line ends", b"\r\n" * 5000, NO_DATA),
        ("separators", b";;;;\n" * 50, NO_DATA),
        ("a mark of UTF-8", b"\xef\xbb\xbf", NO_DATA),
        ("a mark of UTF-16", b"\xff\xfe", NO_DATA),
        ("a mark of UTF-32", b"\xff\xfe\x00\x00", NO_DATA),
        ("a signature of zip", b"PK\x03\x04", DAMAGED),
        ("a signature of an empty zip", b"PK\x05\x06" + bytes(18), DAMAGED),
        ("a signature of a part of a zip", b"PK\x07\x08" + noise, DAMAGED),
        ("a signature of a compound file", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", DAMAGED),
    ):
        for ending in ("xlsx", "xls", "csv"):
            if ending == "xlsx" or what in ("nothing", "noise", "a PDF", "zeros"):
                yield Case(f"other: {what}, called .{ending}", f"a.{ending}", lambda content=content: content, phrase)
    for kind, make in _WHOLE.items():
        for ending in ("xlsx", "xls", "csv", "pdf", "exe", ""):
            if ending != kind:
                yield Case(f"name: {kind}, called {ending or 'nothing'}", f"a.{ending}".rstrip("."), make)


def _texts() -> Iterator[Case]:
    text = c.csv_text()
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "ascii"):
        yield Case(f"csv: in {encoding}", "a.csv", lambda e=encoding: text.encode(e))
    for encoding, phrase in (
        ("utf-32", None),
        ("utf-32-le", "bukan CSV"),
        ("utf-7", None),
        ("cp500", UNKNOWN),
        ("cp037", UNKNOWN),
    ):
        yield Case(f"csv: in {encoding}", "a.csv", lambda e=encoding: text.encode(e), phrase)
    yield Case("csv: UTF-16 cut within a letter", "a.csv", lambda: text.encode("utf-16")[:-1], "UTF-16 rusak")
    yield Case(
        "csv: UTF-16 with half a letter",
        "a.csv",
        lambda: codecs.BOM_UTF16_LE + text.encode("utf-16-le") + b"\x00\xd8",
        "UTF-16 rusak",
    )
    yield Case("csv: overlong UTF-8", "a.csv", lambda: text.encode().replace(b"WARGA", b"W\xc0\xafARGA"))
    yield Case("csv: half letters in UTF-8", "a.csv", lambda: text.encode().replace(b"WARGA", b"W\xed\xa0\x80ARGA"))
    yield Case("csv: two marks of UTF-8", "a.csv", lambda: codecs.BOM_UTF8 * 2 + text.encode())
    yield Case("csv: a mark of UTF-8 in each cell", "a.csv", lambda: text.replace(";", ";\ufeff").encode())
    yield Case("csv: zeros after each line", "a.csv", lambda: text.replace("\r\n", "\r\n\0").encode(), "bukan CSV")
    yield Case("csv: zeros at its end", "a.csv", lambda: text.encode() + bytes(4000))
    yield Case("csv: an end mark of DOS", "a.csv", lambda: text.encode() + b"\x1a")
    for what, end in {"of old Macs": "\r", "of Unix": "\n", "doubled": "\r\n\r\n", "turned": "\n\r"}.items():
        yield Case(f"csv: line ends {what}", "a.csv", lambda end=end: c.csv_text(end=end).encode())
    for delimiter in (",", "\t", "|"):
        yield Case(f"csv: separated by {delimiter!r}", "a.csv", lambda d=delimiter: c.csv_text(delimiter=d).encode())
    for delimiter in (":", " ", "~"):
        yield Case(
            f"csv: separated by {delimiter!r}", "a.csv", lambda d=delimiter: c.csv_text(delimiter=d).encode(), UNKNOWN
        )
    yield Case("csv: a quote that is not closed", "a.csv", lambda: text.replace("WARGA 1 0", '"WARGA 1 0').encode())
    yield Case("csv: a quote within a name", "a.csv", lambda: text.replace("WARGA 1 0", 'WARGA "1" 0').encode())
    yield Case("csv: a quote at its end", "a.csv", lambda: (text + '"').encode())
    yield Case("csv: only quotes", "a.csv", lambda: b'"' * 5001, NO_DATA)
    yield Case("csv: cut within a row", "a.csv", lambda: text.encode()[:-40], rows=5, quarantined=1)
    yield Case("csv: every row of another length", "a.csv", lambda: "".join(
        line + ";" * n + "\r\n" for n, line in enumerate(text.split("\r\n"))).encode())  # fmt: skip
    yield Case("csv: names itself the separator, falsely", "a.csv", lambda: ("sep=#\r\n" + text).encode())


# --- cells ---------------------------------------------------------------------------------------------------------

_CELLS = {
    "a formula that starts a program": "=cmd|' /C calc'!A0",
    "a formula with a plus": "+cmd|' /C calc'!A0",
    "a formula with a minus": "-2+3+cmd|' /C calc'!A0",
    "a formula with an at": "@SUM(1+9)*cmd|' /C calc'!A0",
    "a link that tells": '=HYPERLINK("http://127.0.0.1:9/?x="&A1,"klik")',
    "a web service": '=WEBSERVICE("http://127.0.0.1:9/")',
    "a tab before a formula": "\t=1+1",
    "SQL": "'); drop table raw.penduduk; --",
    "a template": "{{7*7}} ${7*7} %s %n {0} {value}",
    "a script": "<script>alert(1)</script>",
    "an escape sequence": "\x1b]0;owned\x07\x1b[31mMERAH",
    "a turned reading direction": "WARGA \u202eGNUJU",
    "unseen letters": "WAR\u200bGA\u2060\ufeff",
    "a line end": "WARGA\n32.16.09.2003 accepted",
    "emoji": "👩‍👩‍👧 SITI",
    "Javanese": "ꦱꦶꦠꦶ",
    "Arabic": "سيتي",
    "accents apart from letters": "R\u0065\u0301NE\u0301",
    "a thousand accents": "A" + "\u0301" * 1000,
    "thirty thousand letters": "A" * 30_000,
    "a null word": "NULL",
    "a copy mark": "\\N",
    "an end of copy": "\\.",
    "quotes": "\"'`",
}


def _cells() -> Iterator[Case]:
    """Names (and only names) that are meant for somebody else than a register."""
    for what, value in _CELLS.items():
        table = [*TABLE[:-1], (*TABLE[-1][:2], value, *TABLE[-1][3:])]
        quoted = [[f'"{str(cell).replace(chr(34), chr(34) * 2)}"' for cell in row] for row in table]
        escaped = value.replace("\x1b", "_x001B_").replace("\x07", "_x0007_")
        excel = [*TABLE[:-1], (*TABLE[-1][:2], escaped, *TABLE[-1][3:])]
        yield Case(f"cell: {what}, csv", "a.csv", lambda q=quoted: c.csv_text(q).encode())
        yield Case(f"cell: {what}, xlsx", "a.xlsx", lambda t=excel: c.packed(c.xlsx_parts({"p": t}, shared=True)))
        yield Case(f"cell: {what}, xls", "a.xls", lambda t=table: c.xls(t))
        if "\x1b" not in value:
            yield Case(
                f"cell: {what}, ods",
                "a.ods",
                lambda t=table: c.packed(c.ods_parts(c.ods_content(c.ods_rows(t)))),
            )
    for what, written in {
        "infinity": "<v>INF</v>", "no number": "<v>NaN</v>", "far too large": "<v>1e999</v>", "words": "<v>x</v>",
        "four hundred digits": f"<v>{'9' * 400}</v>", "a date of the year 9999999": '<v>3e9</v>" s="1',
        "a negative date": "<v>-99999</v>", "nothing": "<v/>", "a truth": "<v>1</v>",
    }.items():  # fmt: skip
        yield Case(
            f"number: {what} as birth date",
            "a.xlsx",
            lambda w=written: _xlsx(
                c.rows_xml(TABLE[:-1])
                + c.rows_xml([[*TABLE[-1][:4], None, *TABLE[-1][5:]]], first=7).replace(
                    '<c r="F7"', f'<c r="E7" s="1">{w.split(chr(34))[0]}</c><c r="F7"'
                )
            ),
            None,
            warned=0 if what == "nothing" else 1,
        )


# --- headers -------------------------------------------------------------------------------------------------------


def _headers() -> Iterator[Case]:
    def table(header: Sequence[str], rows: Sequence[Sequence[object]] = TABLE[1:]) -> Callable[[], bytes]:
        return lambda: c.packed(c.xlsx_parts({"penduduk": [header, *rows]}))

    yield Case("header: none", "a.xlsx", lambda: c.packed(c.xlsx_parts({"penduduk": TABLE[1:]})), UNKNOWN)
    yield Case("header: alone", "a.xlsx", table(HEADERS, []), HEADERS_ONLY)
    for name in ("no_kk", "nik", "nama", "sex", "tanggallahir", "kk_level"):
        at = HEADERS.index(name)
        rows = [[*row[:at], *row[at + 1 :]] for row in TABLE]
        yield Case(f"header: without {name}", "a.xlsx", lambda r=rows: c.packed(c.xlsx_parts({"penduduk": r})), name)
    yield Case(
        "header: in the last row", "a.xlsx", lambda: c.packed(c.xlsx_parts({"p": [*TABLE[1:], HEADERS]})), HEADERS_ONLY
    )
    yield Case(
        "header: twice the same column",
        "a.xlsx",
        table((*HEADERS, "nama"), [(*r, "X") for r in TABLE[1:]]),
        note="nama",
    )
    yield Case(
        "header: with an escape sequence",
        "a.csv",
        lambda: c.csv_text([(*HEADERS, "\x1b[2Jx"), *((*row, "y") for row in TABLE[1:])]).encode(),
        note="\\x1b[2Jx",
    )
    yield Case("header: with spaces and line ends", "a.xlsx", table([f" {h.upper()}\n\u00a0" for h in HEADERS]))
    yield Case(
        "header: of ten thousand letters", "a.xlsx", table((*HEADERS, "x" * 10_000), [(*r, "1") for r in TABLE[1:]])
    )
    yield Case("header: 400 unknown columns", "a.xlsx", table((*HEADERS, *(f"k{n}" for n in range(400)))), note="k399")
    yield Case("header: every cell no_kk", "a.xlsx", table(["no_kk"] * 7), UNKNOWN)
    yield Case(
        "header: five hundred times",
        "a.xlsx",
        lambda: c.packed(c.xlsx_parts({"p": [HEADERS] * 500 + list(TABLE[1:])})),
        note="499 baris judul",
    )


@functools.cache
def corpus() -> tuple[Case, ...]:
    """All cases."""
    makers = (
        _whole,
        _truncated,
        _bits,
        _zips,
        _xml,
        _sheets,
        _xlsb_sheets,
        _ods_sheets,
        _ole,
        _others,
        _texts,
        _cells,
        _headers,
    )
    return tuple(case for maker in makers for case in maker())
