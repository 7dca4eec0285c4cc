"""What calamine leaves out of a workbook: error cells, formulas without a result, hidden rows and columns.

calamine gives an error and a formula that was never calculated as an empty cell. Both would pass for "nothing is
written there", an amount among them. Reading a workbook a second time would cost more than calamine itself, so each
sheet's bytes are first searched for traces of such cells, and only the sheets that have some are read in full.
"""

from __future__ import annotations

import posixpath
import re
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

import olefile

from entas.registers.cells import BrokenCell, is_error
from entas.registers.kinds import PASSWORD, FileKind, damaged
from entas.registers.limits import UnreadableFileError, suspicious

_CHUNK = 1 << 20
#: Errors and formulas without a result that one file may have; beyond them it is a mistake of the file as a whole.
_MOST_BROKEN = 2_000_000
#: What a sheet of Excel may have.
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384

#: First row, first column, last row, last column of merged cells, all counted from 0 and all included.
Range = tuple[int, int, int, int]


@dataclass
class SheetFacts:
    """What calamine leaves out of one sheet.

    Attributes:
        broken: (row, column), from 0 -> the error, or the formula without a result.
        hidden_rows: rows, from 0, that are not shown: hidden by hand, by a filter, or of no height.
        hidden_columns: columns, from 0, that are not shown.
        merged: the ranges of merged cells, where calamine does not give them (ods).
        rows, columns: up to the last cell with content, where nobody has looked yet (xlsb).
    """

    broken: dict[tuple[int, int], BrokenCell] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[Range] = field(default_factory=list)
    rows: int = 0
    columns: int = 0

    def add_broken(self, row: int, column: int, cell: BrokenCell) -> None:
        """Note an error or a formula without a result."""
        if not (0 <= row < MOST_ROWS and 0 <= column < MOST_COLUMNS):
            raise ValueError(f"sel pada baris {row + 1}, kolom {column + 1}")
        if len(self.broken) >= _MOST_BROKEN:
            raise UnreadableFileError(
                "Lebih dari dua juta sel berisi galat atau rumus tanpa hasil. Buka berkas di Excel atau LibreOffice, "
                "ganti rumus dengan nilainya (Tempel Khusus > Nilai), simpan, lalu unggah kembali."
            )
        self.broken[row, column] = cell


_NO_FACTS = SheetFacts()


class WorkbookFacts:
    """The facts of a workbook's sheets, read as they are asked for."""

    def __init__(self, path: Path, kind: FileKind) -> None:
        """Open a workbook that is known to be of this kind.

        Raises:
            UnreadableFileError: its table of sheets is damaged.
        """
        self._read: Callable[[str, int], SheetFacts]
        self._package: _Package | None = None
        with _Reasons():
            if kind is FileKind.XLSX:
                self._package = _Package(path)
                self._read = _XlsxBook(self._package).facts
            elif kind is FileKind.XLSB:
                self._package = _Package(path)
                self._read = _XlsbBook(self._package).facts
            elif kind is FileKind.ODS:
                tables = _ods_facts(path)
                self._read = lambda name, number: tables.get(name, _NO_FACTS)
            else:
                sheets = _xls_facts(path)
                self._read = lambda name, number: sheets.get(number, _NO_FACTS)

    def __enter__(self) -> WorkbookFacts:
        return self

    def __exit__(self, *_: object) -> None:
        if self._package:
            self._package.close()

    def of_sheet(self, name: str, number: int) -> SheetFacts:
        """The facts of a sheet.

        Args:
            name: as its tab says.
            number: its place among all sheets, from 0.

        Raises:
            UnreadableFileError: the sheet is damaged.
        """
        with _Reasons():
            return self._read(name, number)


class _Reasons:
    """Whatever is wrong with the parts of a workbook becomes the reason that the sender gets."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        if isinstance(
            error,
            expat.ExpatError
            | zipfile.BadZipFile
            | OSError
            | ValueError
            | LookupError  # of encodings too, which a part may name as it likes
            | struct.error
            | EOFError
            | NotImplementedError
            | RuntimeError,
        ):
            raise damaged(error) from None


# --- XML -----------------------------------------------------------------------------------------------------------


class XmlReader:
    """An expat parser that takes no document type, hence no entity of its own and nothing from elsewhere.

    Subclasses define `start(name, attributes)`, `end(name)` and `text(data)`; names are without their prefix, for
    writers choose it freely.
    """

    def __init__(self) -> None:
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self.text

    def parse(self, file: IO[bytes]) -> None:
        """Read a whole part."""
        while piece := file.read(_CHUNK):
            self._parser.Parse(piece)
        self._parser.Parse(b"", True)

    def parse_text(self, text: str) -> None:
        """Read a document that is decoded already."""
        self._parser.Parse(text.encode("utf-8", "replace"), True)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, data: str) -> None:
        """Text between tags, in whatever pieces."""

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.start(name.rpartition(":")[2] if ":" in name else name, attributes)

    def _end(self, name: str) -> None:
        self.end(name.rpartition(":")[2] if ":" in name else name)

    @staticmethod
    def _refuse(*_: Any) -> None:
        raise suspicious("memuat deklarasi DOCTYPE atau ENTITY")


def _local(attributes: Mapping[str, str], name: str) -> str | None:
    """An attribute by its name without prefix."""
    return next((value for key, value in attributes.items() if key.rpartition(":")[2] == name), None)


def _true(value: str | None) -> bool:
    return value in ("1", "true")


# --- xlsx ----------------------------------------------------------------------------------------------------------


class _Relations(XmlReader):
    def __init__(self) -> None:
        super().__init__()
        self.targets: dict[str, str] = {}
        self.kinds: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            self.targets[attributes["Id"]] = attributes["Target"]
            self.kinds.setdefault(attributes.get("Type", "").rpartition("/")[2], attributes["Target"])


class _Workbook(XmlReader):
    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[tuple[str, str]] = []
        self.uncalculated = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            self.sheets.append((attributes.get("name", ""), _local(attributes, "id") or ""))
        elif name == "calcPr":
            self.uncalculated = _true(attributes.get("fullCalcOnLoad"))


class _Package:
    """The parts of an Office Open XML file, by name without regard to case or the direction of slashes."""

    def __init__(self, path: Path) -> None:
        self._archive = zipfile.ZipFile(path)
        self._names = {name.replace("\\", "/").lower().lstrip("/"): name for name in self._archive.namelist()}

    def open(self, name: str) -> IO[bytes]:
        return self._archive.open(self._names[name.lower()])

    def close(self) -> None:
        self._archive.close()

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._names

    def relations(self, name: str) -> _Relations:
        """What a part refers to; targets are names of parts."""
        folder, base = posixpath.split(name)
        found = _Relations()
        of_part = posixpath.join(folder, "_rels", f"{base}.rels")
        if of_part in self:
            with self.open(of_part) as file:
                found.parse(file)
        for table in (found.targets, found.kinds):
            for key, target in table.items():
                target = target.replace("\\", "/")
                joined = target if target.startswith("/") else posixpath.join(folder, target)
                table[key] = posixpath.normpath(joined).lstrip("/")
        return found


#: Traces of a formula that is followed by no value, or by an empty one.
_NO_VALUE = re.compile(rb"</(?:\w+:)?f>(?:</|<(?:\w+:)?v\s*/>|<(?:\w+:)?v></|\s)")
_NO_VALUE_SHORT = re.compile(rb"<(?:\w+:)?f\b[^<>]*/>(?:</|<(?:\w+:)?v\s*/>|<(?:\w+:)?v></|\s)")
#: ... or by 0 in a workbook that says of itself that nothing was calculated (XlsxWriter, PhpSpreadsheet).
_ZERO_VALUE = re.compile(rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f\b[^<>]*/>)<(?:\w+:)?v>0</")
#: A row or column that is not shown. LibreOffice writes hidden="false" on every row.
_HIDDEN = re.compile(rb"""hidden=["'](?:1|true)["']""")
_ALL_HIDDEN = re.compile(rb"""zeroHeight=["'](?:1|true)["']""")
_NO_HEIGHT = (b'ht="0"', b"ht='0'")
_ROW_OR_COLUMN = re.compile(rb"<(?:\w+:)?(?:row|col)\b[^<>]*>")
_ATTRIBUTE = re.compile(rb"""\s(\w+)=["']([^"'<>]*)["']""")


class _XlsxBook:
    def __init__(self, package: _Package) -> None:
        self._package = package
        at = self._package.relations("").kinds.get("officeDocument", "xl/workbook.xml")
        if at not in self._package:
            at = "xl/workbook.xml"
        workbook = _Workbook()
        with self._package.open(at) as file:
            workbook.parse(file)
        self._uncalculated = workbook.uncalculated
        targets = self._package.relations(at).targets
        self._parts = {name: targets[key] for name, key in workbook.sheets if key in targets}

    def facts(self, name: str, number: int) -> SheetFacts:
        part = self._parts.get(name)
        if part is None or part not in self._package:
            return _NO_FACTS
        with self._package.open(part) as file:
            broken, hidden = self._traces(file)
        if not broken and not hidden:
            return _NO_FACTS
        with self._package.open(part) as file:
            facts = None if broken else _hidden_only(file)
        if facts is None:
            reader = _XlsxSheet(uncalculated=self._uncalculated)
            with self._package.open(part) as file:
                reader.parse(file)
            facts = reader.facts
        return facts

    def _traces(self, file: IO[bytes]) -> tuple[bool, bool]:
        """Whether a sheet may have broken cells, and whether it may hide rows or columns."""
        before = b""
        hidden = False
        while piece := file.read(_CHUNK):
            if not before:
                if piece.startswith((b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")):
                    # calamine takes such a sheet for an empty one
                    raise damaged("lembar tersimpan dalam UTF-16")
                hidden = _ALL_HIDDEN.search(piece) is not None
            data = before + piece
            if b't="e"' in data or (b"='" in data and b"t='e'" in data):
                return True, True
            if (b"<f" in data or b":f" in data) and (
                _NO_VALUE.search(data)
                or _NO_VALUE_SHORT.search(data)
                or (self._uncalculated and _ZERO_VALUE.search(data))
            ):
                return True, True
            hidden = hidden or any(trace in data for trace in _NO_HEIGHT) or _HIDDEN.search(data) is not None
            before = data[-256:]
        return False, hidden


def _hidden_only(file: IO[bytes]) -> SheetFacts | None:
    """What a sheet hides, read from the tags of its rows and columns alone; None when they do not say their number."""
    facts = SheetFacts()
    before = b""
    while piece := file.read(_CHUNK):
        data = before + piece
        if _ALL_HIDDEN.search(data):
            return None
        end = data.rfind(b"<")
        for tag in _ROW_OR_COLUMN.findall(data, 0, end):
            given = {name: value.decode("ascii", "replace") for name, value in _ATTRIBUTE.findall(tag)}
            hidden = _true(given.get(b"hidden"))
            if b"min" in given:
                if hidden:
                    last = min(int(given.get(b"max", given[b"min"])), MOST_COLUMNS)
                    facts.hidden_columns.update(range(int(given[b"min"]) - 1, last))
            elif b"r" not in given:
                return None
            elif hidden or _zero(given.get(b"ht")):
                facts.hidden_rows.add(int(given[b"r"]) - 1)
        before = data[end:] if end >= 0 else data[-256:]
    return facts


class _XlsxSheet(XmlReader):
    """Error cells, formulas without a result, and what is hidden, of one sheet of xlsx."""

    def __init__(self, *, uncalculated: bool) -> None:
        super().__init__()
        self.facts = SheetFacts()
        self._uncalculated = uncalculated
        self._row = self._column = -1
        self._type = ""
        self._formula: str | None = None
        self._shared: dict[str, str] = {}
        self._shared_number: str | None = None
        self._value = ""
        self._into = ""
        self._rows_hidden = False
        self._texts: dict[tuple[str, bool], BrokenCell] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            reference = attributes.get("r")
            if reference:
                self._row, self._column = _position(reference)
            else:
                self._column += 1
            self._type = attributes.get("t", "n")
            self._formula, self._value, self._shared_number = None, "", None
        elif name == "v":
            self._into = "v"
        elif name == "f":
            self._into = "f"
            self._formula = ""
            self._shared_number = attributes.get("si")
        elif name == "row":
            self._row = int(attributes["r"]) - 1 if "r" in attributes else self._row + 1
            self._column = -1
            hidden = attributes.get("hidden")
            if _true(hidden) or (self._rows_hidden and hidden is None) or _zero(attributes.get("ht")):
                self.facts.hidden_rows.add(self._row)
        elif name == "col" and _true(attributes.get("hidden")):
            first, last = int(attributes["min"]), int(attributes["max"])
            self.facts.hidden_columns.update(range(first - 1, min(last, MOST_COLUMNS)))
        elif name == "sheetFormatPr":
            self._rows_hidden = _true(attributes.get("zeroHeight"))

    def text(self, data: str) -> None:
        if self._into == "v":
            self._value += data
        elif self._into == "f":
            self._formula = (self._formula or "") + data

    def end(self, name: str) -> None:
        if name in ("v", "f"):
            self._into = ""
        elif name == "c":
            if self._type == "e":
                error = self._value.strip()
                # PhpSpreadsheet gives 0 as what an error shows
                self._broken(error if error.startswith("#") else "#N/A", error=True)
            elif self._formula is not None:
                if self._shared_number is not None:
                    if self._formula:
                        self._shared[self._shared_number] = self._formula
                    else:
                        self._formula = self._shared.get(self._shared_number, "")
                value = self._value.strip()
                # an empty text is a result, and formulas of texts have it
                if (not value and self._type != "str") or (self._uncalculated and value == "0" and self._type != "b"):
                    self._broken(f"={self._formula.strip()}", error=False)

    def _broken(self, text: str, *, error: bool) -> None:
        cell = self._texts.get((text, error))
        if cell is None:
            cell = self._texts[text, error] = BrokenCell(text, "error" if error else "no_value")
        self.facts.add_broken(self._row, self._column, cell)


_REFERENCE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")


def _position(reference: str) -> tuple[int, int]:
    """Row and column, from 0, of a cell such as `AB12`."""
    match = _REFERENCE.fullmatch(reference.replace("$", ""))
    if not match:
        raise ValueError(f"alamat sel {reference!r}")
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - 64
    return int(match[2]) - 1, column - 1


def _zero(size: str | None) -> bool:
    """Whether a height or width is given, and is nothing."""
    try:
        return size is not None and float(size) == 0
    except ValueError:
        return False


#: Error cells up to their value. calamine knows seven errors and refuses a workbook with another (`#ERROR!` of Google).
_ERROR_CELL = re.compile(
    rb"""(<(?:\w+:)?c\b[^<>]*\bt=["']e["'][^<>]*>\s*"""
    rb"""(?:<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*)?<(?:\w+:)?v>)([^<]*)(?=<)"""
)
_KNOWN_ERRORS = (b"#DIV/0!", b"#N/A", b"#NAME?", b"#NULL!", b"#NUM!", b"#REF!", b"#VALUE!")


def with_known_errors(path: Path, copy: IO[bytes]) -> IO[bytes]:
    """Write an xlsx to `copy` with `#N/A` for every error that calamine does not know."""
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for entry in archive.infolist():
            content = archive.read(entry)
            if entry.filename.lower().endswith(".xml"):
                content = _ERROR_CELL.sub(
                    lambda found: found[1] + (found[2] if found[2] in _KNOWN_ERRORS else b"#N/A"), content
                )
            target.writestr(entry.filename, content)
    copy.seek(0)
    return copy


# --- xlsb ----------------------------------------------------------------------------------------------------------

#: What [MS-XLSB] calls BErr, and [MS-XLS] too.
_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
_ERROR_CELLS = {code: BrokenCell(text, "error") for code, text in _ERRORS.items()}
_UNKNOWN_ERROR = BrokenCell("#N/A", "error")


class _XlsbBook:
    """The same parts as xlsx, in records instead of XML ([MS-XLSB])."""

    _ROW, _CELL_ERROR, _FORMULA_ERROR, _COLUMN, _SHEET = 0, 3, 11, 60, 156
    _FIRST_CELL, _LAST_CELL = 2, 11  # 1 is an empty one

    def __init__(self, package: _Package) -> None:
        self._package = package
        at = self._package.relations("").kinds.get("officeDocument", "xl/workbook.bin")
        targets = self._package.relations(at).targets
        self._parts: dict[str, str] = {}
        with self._package.open(at) as file:
            for kind, data in _xlsb_records(file.read()):
                if kind == self._SHEET:
                    key, end = _wide_string(data, 8)
                    name, _ = _wide_string(data, end)
                    if key in targets:
                        self._parts[name] = targets[key]

    def facts(self, name: str, number: int) -> SheetFacts:
        part = self._parts.get(name)
        if part is None or part not in self._package:
            return _NO_FACTS
        facts = SheetFacts()
        row = 0
        with self._package.open(part) as file:
            for kind, data in _xlsb_records(file.read()):
                if kind == self._ROW:
                    (row,) = struct.unpack_from("<I", data)
                    if data[11] & 0x10:
                        facts.hidden_rows.add(row)
                elif self._FIRST_CELL <= kind <= self._LAST_CELL:
                    (column,) = struct.unpack_from("<I", data)
                    facts.rows, facts.columns = max(facts.rows, row + 1), max(facts.columns, column + 1)
                    if kind in (self._CELL_ERROR, self._FORMULA_ERROR):
                        facts.add_broken(row, column, _ERROR_CELLS.get(data[8], _UNKNOWN_ERROR))
                elif kind == self._COLUMN and data[16] & 0x01:
                    first, last = struct.unpack_from("<II", data)
                    facts.hidden_columns.update(range(first, min(last + 1, MOST_COLUMNS)))
        return facts


def _xlsb_records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and content of each record; both kind and length are numbers of seven bits a byte."""
    at, end = 0, len(data)
    while at < end:
        kind = data[at]
        at += 1
        if kind & 0x80:
            kind = (kind & 0x7F) | (data[at] << 7)
            at += 1
        length = shift = 0
        while True:
            byte = data[at]
            at += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80 or shift > 21:
                break
        yield kind, data[at : at + length]
        at += length


def _wide_string(data: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<I", data, at)
    end = at + 4 + 2 * length
    return data[at + 4 : end].decode("utf-16-le"), end


# --- xls -----------------------------------------------------------------------------------------------------------

_BOF, _BOUNDSHEET, _WRITE_ACCESS, _PASSWORD = 0x0809, 0x0085, 0x005C, 0x002F
_ROW, _ERROR, _FORMULA, _COLUMN = 0x0208, 0x0205, 0x0006, 0x007D
_MANY_NUMBERS, _EXTENT = 0x00BD, 0x0200
#: Records of one cell with content: formula (three versions), number, text (three kinds), error, number in short.
_XLS_CELLS = frozenset((0x0006, 0x0206, 0x0406, 0x0203, 0x0204, 0x00FD, 0x00D6, 0x0205, 0x027E))
_UNCALCULATED = BrokenCell("=…", "no_value")


def _xls_facts(path: Path) -> dict[int, SheetFacts]:
    """Facts by the place of the sheet. A walk over the records ([MS-XLS]), of which most are passed over.

    xlwt calculates nothing and writes each formula with an empty text as its result; it is known by the name it gives
    as the last user. (Excel itself writes that for `=""`, which is a result.)
    """
    with olefile.OleFileIO(str(path)) as compound:
        stream = "Workbook" if compound.exists("Workbook") else "Book"
        data = compound.openstream(stream).read()
    starts: list[int] = []
    sheets: dict[int, SheetFacts] = {}
    facts = SheetFacts()
    uncalculated = False
    unpack = struct.Struct("<HH").unpack_from
    at, end = 0, len(data) - 3
    while at < end:
        kind, length = unpack(data, at)
        body = at + 4
        if kind in _XLS_CELLS or kind == _MANY_NUMBERS:
            # the format has 256 columns, and two bytes for them: a reader would make room for 65,536
            row, column = unpack(data, body) if length >= 4 else (0, 0)
            last = column + (length - 6) // 6 - 1 if kind == _MANY_NUMBERS else column
            if last > 255:
                raise ValueError(f"sel pada kolom {last + 1}")
        if kind == _ROW:
            if length >= 16 and data[body + 12] & 0x20:
                facts.hidden_rows.add(data[body] | data[body + 1] << 8)
        elif kind == _FORMULA:
            # the result is a number unless it ends in FFFF; then its first byte tells: 2 an error, 3 an empty text
            if length >= 14 and data[body + 12 : body + 14] == b"\xff\xff":
                row, column = unpack(data, body)
                if data[body + 6] == 2:
                    facts.add_broken(row, column, _ERROR_CELLS.get(data[body + 8], _UNKNOWN_ERROR))
                elif data[body + 6] == 3 and uncalculated:
                    facts.add_broken(row, column, _UNCALCULATED)
        elif kind == _ERROR:
            if length >= 8 and data[body + 7]:
                row, column = unpack(data, body)
                facts.add_broken(row, column, _ERROR_CELLS.get(data[body + 6], _UNKNOWN_ERROR))
        elif kind == _COLUMN:
            if length >= 10 and data[body + 8] & 0x01:
                first, last = unpack(data, body)
                facts.hidden_columns.update(range(first, min(last + 1, 256)))
        elif kind == _BOUNDSHEET:
            starts.append(struct.unpack_from("<I", data, body)[0])
        elif kind == _EXTENT and length >= 14:
            # readers make room for what this claims, whatever cells follow
            above, rows, left, columns = struct.unpack_from("<IIHH", data, body)
            if not (above <= rows <= 65_536 and left <= columns <= 256):
                raise ValueError(f"{rows} baris dan {columns} kolom dinyatakan")
        elif kind == _PASSWORD:
            raise UnreadableFileError(PASSWORD)
        elif kind == _WRITE_ACCESS:
            uncalculated = data[body : body + length].rstrip(b" ") == b"None"
        elif kind == _BOF and at in starts:
            # charts inside a sheet begin so as well; they have no place of their own and no cells
            facts = sheets[starts.index(at)] = SheetFacts()
        at = body + length
    return sheets


# --- ods -----------------------------------------------------------------------------------------------------------

_ODS_TRACES = (
    b'table:visibility="collapse"',
    b'table:visibility="filter"',
    b'calcext:value-type="error"',
    b"-spanned=",
    b">#",
    b">Err:",
)
_ODS_NO_VALUE = re.compile(rb"table:formula=\"[^\"]*\"(?![^<>]*office:value)")


def _ods_facts(path: Path) -> dict[str, SheetFacts]:
    """Facts by the name of the sheet."""
    package = _Package(path)
    try:
        return _ods_tables(package)
    finally:
        package.close()


def _ods_tables(package: _Package) -> dict[str, SheetFacts]:
    with package.open("content.xml") as file:
        before, found = b"", False
        while not found and (piece := file.read(_CHUNK)):
            data = before + piece
            found = any(trace in data for trace in _ODS_TRACES) or _ODS_NO_VALUE.search(data) is not None
            before = data[-1024:]
    if not found:
        return {}
    reader = _OdsContent()
    with package.open("content.xml") as file:
        reader.parse(file)
    return reader.tables


class _OdsContent(XmlReader):
    """Errors, formulas without a result, hidden rows and columns, and merged ranges of the tables of an ods."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, SheetFacts] = {}
        self._facts: SheetFacts | None = None
        self._depth = 0
        self._row = self._column = self._across = 0
        self._rows = self._columns = 1
        self._formula: str | None = None
        self._type: str | None = None
        self._error = False
        self._shown = ""
        self._has_text = False
        self._in_text = self._in_note = 0
        self._elsewhere = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "p":
            self._in_text += 1
            self._has_text = True
        elif name == "annotation":
            self._in_note += 1
        elif name in ("dde-links", "tracked-changes"):
            self._elsewhere += 1
        elif self._elsewhere:
            return
        elif name == "table":
            self._depth += 1
            if self._depth == 1:
                self._facts = self.tables[_local(attributes, "name") or ""] = SheetFacts()
                self._row = self._across = 0
                self._rows = 0
        elif self._facts is None or self._depth != 1:
            return
        elif name == "table-row":
            self._rows = _times(attributes, "number-rows-repeated")
            self._column = 0
            if attributes.get("table:visibility") in ("collapse", "filter"):
                # whole regions below the data may be hidden; what stands there decides nothing
                self._facts.hidden_rows.update(range(self._row, self._row + min(self._rows, 65_536)))
        elif name in ("table-cell", "covered-table-cell"):
            self._columns = _times(attributes, "number-columns-repeated")
            self._formula = attributes.get("table:formula")
            self._type = attributes.get("office:value-type")
            self._error = attributes.get("calcext:value-type") == "error"
            self._shown = ""
            self._has_text = False
            down = _times(attributes, "number-rows-spanned")
            right = _times(attributes, "number-columns-spanned")
            if down > 1 or right > 1:
                self._facts.merged.append((self._row, self._column, self._row + down - 1, self._column + right - 1))
        elif name == "table-column":
            count = min(_times(attributes, "number-columns-repeated"), MOST_COLUMNS)
            if attributes.get("table:visibility") in ("collapse", "filter"):
                self._facts.hidden_columns.update(range(self._across, self._across + count))
            self._across += count

    def text(self, data: str) -> None:
        if self._in_text and not self._in_note and len(self._shown) < 64:
            self._shown += data

    def end(self, name: str) -> None:
        if name == "p":
            self._in_text -= 1
        elif name == "annotation":
            self._in_note -= 1
        elif name in ("dde-links", "tracked-changes"):
            self._elsewhere -= 1
        elif self._elsewhere:
            return
        elif name == "table":
            self._depth -= 1
            if not self._depth:
                self._facts = None
        elif self._facts is None or self._depth != 1:
            return
        elif name == "table-row":
            self._row += self._rows
        elif name in ("table-cell", "covered-table-cell"):
            cell = self._cell()
            if cell:
                for row in range(self._row, self._row + self._rows):
                    for column in range(self._column, self._column + self._columns):
                        self._facts.add_broken(row, column, cell)
            self._column += self._columns

    def _cell(self) -> BrokenCell | None:
        shown = self._shown.strip()
        # LibreOffice before 4.1 gave errors as the number 0 or a text, and the error as what is shown
        if self._error or (self._formula is not None and is_error(shown)):
            return BrokenCell(shown or "#N/A", "error")
        # LibreOffice writes an empty text for the result ""
        if self._formula is not None and self._type is None and not self._has_text:
            formula = self._formula.partition(":")[2] or self._formula
            return BrokenCell(formula if formula.startswith("=") else f"={formula}", "no_value")
        return None


def _times(attributes: Mapping[str, str], name: str) -> int:
    return max(1, int(attributes.get(f"table:{name}", "1")))
