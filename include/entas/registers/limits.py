"""What an upload may cost: uploads are hostile until read.

`check_file` looks at a file before any reader of workbooks opens it: readers make room for what a file claims, a few
hundred bytes can claim thousands of gigabytes, and what runs out of memory in compiled code cannot be caught. What no
look can foresee is held by the process that reads: its memory and its time are bounded, and the kernel ends it (see
`entas.intake.pool`).
"""

from __future__ import annotations

import os
import re
import resource
import signal
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.parsers import expat

from entas.errors import EntasError
from entas.text import one_line, shown

_MB = 1_000_000
_RESAVE = "Buka berkas di Excel atau LibreOffice, simpan sebagai .xlsx baru, lalu unggah kembali."


class UnreadableFileError(Exception):
    """The file cannot be read; the message is the Indonesian reason that its sender gets."""


class LimitError(UnreadableFileError):
    """The file is larger than Entas reads; the message says which limit, and what to do."""


@dataclass(frozen=True)
class Limits:
    """What a file may cost (settings `ENTAS_MAX_*` and `ENTAS_READ_*`).

    The defaults leave a large village room: 20,000 persons take 2 MB as xlsx, 12 MB as csv in UTF-16, and 40 MB when a
    workbook is unpacked.

    Attributes:
        upload_bytes: of a file as uploaded. A workbook with photographs pasted in has tens of megabytes.
        unpacked_bytes: of all that is packed into a workbook, measured while unpacking and not as declared.
        ratio: unpacked to packed size of one part of a workbook that unpacks to more than 16 MB. Sheets pack 10 to 40
            times; 1,032 is the most that deflate can.
        sheets: of a workbook. A village of 150 RT may keep a sheet for each.
        rows: of all sheets together, up to the last cell with content: ten large villages.
        columns: of a sheet. The widest known form has fewer than 200.
        seconds: of reading one file, and of judging what was read together. A large village takes four, a file at the
            limit of rows forty; a machine may have other work.
        memory_bytes: that a reading process may take beyond what it has when it starts, virtual memory. A file at the
            limit of rows needs a fourth of it.
    """

    upload_bytes: int = 100 * _MB
    unpacked_bytes: int = 800 * _MB
    ratio: int = 200
    sheets: int = 500
    rows: int = 200_000
    columns: int = 1_000
    seconds: int = 300
    memory_bytes: int = 2_000 * _MB

    @property
    def cells(self) -> int:
        """Of a sheet, empty ones included: readers lay out the whole rectangle."""
        return self.rows * 50

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Limits:
        """Read the environment.

        Raises:
            EntasError: a setting is no whole number from 1.
        """
        values: dict[str, int] = {}
        for name, (field, unit) in _SETTINGS.items():
            text = (env.get(name) or "").strip()
            if not text:
                continue
            if not (text.isascii() and text.isdecimal()) or int(text) < 1:
                raise EntasError(f"{name}={text} is no limit; write a whole number from 1, or unset it for the default")
            values[field] = int(text) * unit
        return cls(**values)

    def refuse_size(self, size: int) -> str | None:
        """Why a file of so many bytes is not read; None when it may be."""
        if size <= self.upload_bytes:
            return None
        return (
            f"Ukuran berkas {_megabytes(size)} melebihi batas {_megabytes(self.upload_bytes)}, sehingga berkas "
            "disimpan tetapi tidak dibaca. Hapus gambar dan lembar yang bukan register, atau bagi berkas menjadi "
            "beberapa berkas, lalu unggah kembali."
        )

    def check_sheets(self, count: int) -> None:
        """Refuse a workbook by the number of its sheets."""
        if count > self.sheets:
            raise LimitError(
                f"Buku kerja memiliki {_number(count)} lembar, melebihi batas {_number(self.sheets)}. Hapus lembar "
                "yang bukan register, lalu unggah kembali."
            )

    def check_extent(self, sheet: str, rows: int, columns: int, *, rows_before: int = 0) -> None:
        """Refuse a sheet by its extent.

        Args:
            sheet: its name, or the name of the part that holds it.
            rows, columns: up to the last cell with content.
            rows_before: rows of the sheets before it.
        """
        if columns > self.columns:
            raise LimitError(
                f'Lembar "{shown(sheet)}" berisi sampai kolom ke-{_number(columns)}, melebihi batas '
                f"{_number(self.columns)} kolom. Hapus isi sel yang jauh di sebelah kanan tabel, lalu unggah kembali."
            )
        if rows_before + rows > self.rows:
            raise LimitError(
                f'Lembar "{shown(sheet)}" berisi sampai baris ke-{_number(rows)}'
                + (f" setelah {_number(rows_before)} baris di lembar sebelumnya" if rows_before else "")
                + f", melebihi batas {_number(self.rows)} baris sebuah berkas. Hapus isi sel yang jauh di bawah tabel, "
                "atau bagi berkas menjadi beberapa berkas, lalu unggah kembali."
            )
        if rows * columns > self.cells:
            raise LimitError(
                f'Lembar "{shown(sheet)}" terlalu besar: {_number(rows)} baris kali {_number(columns)} kolom, melebihi '
                f"batas {_number(self.cells)} sel. Hapus isi sel yang jauh dari tabel, lalu unggah kembali."
            )

    @property
    def too_slow(self) -> str:
        """What an operator reads when reading the file took too long."""
        return (
            f"Berkas tidak selesai dibaca dalam {_number(self.seconds)} detik, sehingga pembacaan dihentikan. Hapus "
            "lembar, gambar dan rumus yang tidak diperlukan, simpan ulang sebagai .xlsx, lalu unggah kembali."
        )


#: The limits where no setting says otherwise.
DEFAULT_LIMITS = Limits()

#: Setting -> field of `Limits`, and how many of its units the setting's unit has.
_SETTINGS = {
    "ENTAS_MAX_UPLOAD_MB": ("upload_bytes", _MB),
    "ENTAS_MAX_UNPACKED_MB": ("unpacked_bytes", _MB),
    "ENTAS_MAX_RATIO": ("ratio", 1),
    "ENTAS_MAX_SHEETS": ("sheets", 1),
    "ENTAS_MAX_ROWS": ("rows", 1),
    "ENTAS_MAX_COLUMNS": ("columns", 1),
    "ENTAS_READ_SECONDS": ("seconds", 1),
    "ENTAS_READ_MEMORY_MB": ("memory_bytes", _MB),
}


def _number(count: int) -> str:
    """As Indonesian writes it: 200.000."""
    return f"{count:,}".replace(",", ".")


def _megabytes(size: int) -> str:
    return f"{_number(-(-size // _MB))} MB"


# --- while it is read ----------------------------------------------------------------------------------------------


def start_clock(seconds: int) -> None:
    """From now on this process has so many seconds; then the kernel ends it, whatever it is doing.

    No handler: one of Python's would wait for compiled code to return, and a reader caught in a circle never does.
    """
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def stop_clock() -> None:
    """The time is no longer bounded."""
    signal.setitimer(signal.ITIMER_REAL, 0)


class MemoryBound:
    """Bounds the virtual memory that a process takes beyond what it had when this was made.

    On a machine without such a bound (macOS) nothing is held. No core is ever dumped: it would hold what villages
    sent.
    """

    def __init__(self) -> None:
        self._at_start = _virtual_bytes()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def bound(self, size: int) -> None:
        """From now on what asks for more fails: as MemoryError in Python, by the end of the process elsewhere."""
        if self._at_start is not None:
            self._set(self._at_start + size)

    def unbound(self) -> None:
        """The memory is no longer bounded."""
        self._set(resource.RLIM_INFINITY)

    @staticmethod
    def _set(size: int) -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        if hard != resource.RLIM_INFINITY and (size == resource.RLIM_INFINITY or size > hard):
            size = hard
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (size, hard))


def _virtual_bytes() -> int | None:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return None
    return pages * resource.getpagesize()


# --- before a reader opens the file --------------------------------------------------------------------------------

ZIP = b"PK\x03\x04"
#: Archives that begin otherwise: an empty one, and one that was cut into pieces.
_ODD_ZIP = (b"PK\x05\x06", b"PK\x07\x08")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

#: Parts of a workbook beside its sheets: a dozen, and one for each picture or comment.
_PARTS_BESIDE_SHEETS = 5_000
#: Below this a part may pack as well as it likes: an empty table of a thousand equal rows packs a hundred times.
_RATIO_FROM = 16 * _MB
_CHUNK = 1 << 20
#: The longest tag that is looked at whole across two pieces of a part.
_LONGEST_TAG = 1 << 16


def check_file(path: Path, limits: Limits) -> None:
    """Refuse what could harm its reader: too large, packed to burst, or no archive that an office program writes.

    Raises:
        UnreadableFileError: with the reason for the sender.
    """
    if reason := limits.refuse_size(path.stat().st_size):
        raise LimitError(reason)
    with path.open("rb") as file:
        start = file.read(8)
        if start.startswith(ZIP):
            _check_zip(file, limits)
        elif start.startswith(_ODD_ZIP):
            raise damaged("arsip kosong atau terbagi")
        elif start == OLE:
            _check_ole(file)


def damaged(detail: object) -> UnreadableFileError:
    """The reason for a file that is cut or broken, with what its reader said of it."""
    return UnreadableFileError(
        "Berkas rusak atau bukan buku kerja Excel atau LibreOffice yang utuh. Buka di Excel atau LibreOffice, simpan "
        f"ulang sebagai .xlsx, lalu unggah kembali. (Rincian: {told(detail)})"
    )


def told(detail: object) -> str:
    """What an error says, as one line of no great length; the name of its kind where it says nothing."""
    return one_line(str(detail))[:200] or type(detail).__name__


def suspicious(detail: str) -> UnreadableFileError:
    """The reason for a file that no office program would write."""
    return UnreadableFileError(f"Susunan berkas tidak wajar dan tidak dibaca demi keamanan: {detail}. {_RESAVE}")


def _check_zip(file: IO[bytes], limits: Limits) -> None:
    _check_directory_size(file, limits)
    try:
        archive = zipfile.ZipFile(file)
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        OSError,
        ValueError,
        struct.error,
        UnicodeError,
        NotImplementedError,
    ) as error:
        raise damaged(error) from None
    entries = archive.infolist()
    if len(entries) > _PARTS_BESIDE_SHEETS + 2 * limits.sheets:
        raise suspicious(f"berisi {_number(len(entries))} bagian")
    seen: set[str] = set()
    for entry in entries:
        _check_entry(entry, seen)
    declared = sum(entry.file_size for entry in entries)
    if declared > limits.unpacked_bytes:
        raise _bursting(limits)
    if sum(entry.compress_size for entry in entries) > os.fstat(file.fileno()).st_size:
        raise suspicious("bagian-bagiannya saling tumpang tindih")
    unpacked = 0
    for entry in entries:
        unpacked += _check_part(file, entry, limits, unpacked)


def _check_directory_size(file: IO[bytes], limits: Limits) -> None:
    """The archive's own directory is read whole into memory: it may not be most of a large file."""
    size = file.seek(0, os.SEEK_END)
    tail_at = max(0, size - (1 << 16) - 22)
    file.seek(tail_at)
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    file.seek(0)
    if end < 0 or len(tail) < end + 22:
        raise damaged("direktori arsip tidak ditemukan; berkas mungkin terpotong ketika dikirim")
    (directory,) = struct.unpack_from("<I", tail, end + 12)
    # a directory entry has 46 bytes, a name, and a few bytes of extras
    if directory != 0xFFFFFFFF and directory > 200 * (_PARTS_BESIDE_SHEETS + 2 * limits.sheets):
        raise suspicious("direktori arsipnya terlalu besar")


def _check_entry(entry: zipfile.ZipInfo, seen: set[str]) -> None:
    """Nothing of an upload is ever unpacked into a folder; but no office program writes such names either."""
    name = entry.orig_filename  # zipfile's own `filename` is already mended
    if entry.flag_bits & 0x1:
        raise UnreadableFileError(
            "Arsip berkas dilindungi kata sandi. Simpan tanpa kata sandi dari Excel atau LibreOffice, lalu unggah "
            "kembali."
        )
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name) or "\x00" in name:
        raise suspicious(f'nama bagian "{shown(name)}" menunjuk ke luar berkas')
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise suspicious(f'bagian "{shown(name)}" adalah tautan simbolis')
    key = name.casefold()
    if key in seen:
        raise suspicious(f'bagian "{shown(name)}" ada lebih dari sekali')
    seen.add(key)


def _bursting(limits: Limits) -> LimitError:
    return LimitError(
        f"Isi berkas setelah dibuka melebihi batas {_megabytes(limits.unpacked_bytes)}, sehingga tidak dibaca. Hapus "
        "lembar, format dan isi sel yang bukan register, simpan sebagai .xlsx baru, lalu unggah kembali."
    )


def _check_part(file: IO[bytes], entry: zipfile.ZipInfo, limits: Limits, before: int) -> int:
    """Unpack one part to see its true size and what could harm its reader; returns the size in bytes."""
    watch: _Watch | None = _watch(entry, limits)
    found: UnreadableFileError | None = None
    size = crc = 0
    for piece in _unpacked(file, entry):
        size += len(piece)
        crc = zlib.crc32(piece, crc)
        if before + size > limits.unpacked_bytes:
            raise _bursting(limits)
        if size > _RATIO_FROM and size > limits.ratio * max(entry.compress_size, 1):
            raise LimitError(
                f'Bagian "{shown(entry.filename)}" dimampatkan lebih dari {_number(limits.ratio)} kali, tidak wajar '
                f"bagi buku kerja, sehingga tidak dibaca. {_RESAVE}"
            )
        try:
            if watch:
                watch.feed(piece)
        except UnreadableFileError as error:
            found, watch = error, None
    if size != entry.file_size or crc != entry.CRC:
        raise damaged(f'bagian "{shown(entry.filename)}" rusak: isinya bukan yang dicatat arsip')
    # only now: what a damaged part says of itself is no reason
    if found:
        raise found
    if watch:
        watch.finish()
    return size


def _unpacked(file: IO[bytes], entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of a part as the archive really holds them: readers do not stop at the declared size."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise damaged(f"cara pemampatan {entry.compress_type} tidak dikenal")
    file.seek(max(0, entry.header_offset))
    header = file.read(30)
    if entry.header_offset < 0 or len(header) < 30 or not header.startswith(ZIP):
        raise damaged(f'bagian "{shown(entry.filename)}" tidak ditemukan; berkas mungkin terpotong')
    name_length, extra_length = struct.unpack_from("<HH", header, 26)
    file.seek(name_length + extra_length, os.SEEK_CUR)
    left = entry.compress_size
    inflate = zlib.decompressobj(-15) if entry.compress_type == zipfile.ZIP_DEFLATED else None
    while left > 0:
        packed = file.read(min(left, _CHUNK))
        if not packed:
            raise damaged(f'bagian "{shown(entry.filename)}" terpotong')
        left -= len(packed)
        if inflate is None:
            yield packed
            continue
        try:
            while packed:
                yield inflate.decompress(packed, _CHUNK)
                packed = inflate.unconsumed_tail
        except zlib.error as error:
            raise damaged(f'bagian "{shown(entry.filename)}" rusak: {told(error)}') from None
    if inflate is not None:
        while piece := inflate.decompress(b"", _CHUNK):
            yield piece
        if not inflate.eof and entry.file_size:
            raise damaged(f'bagian "{shown(entry.filename)}" terpotong')


# --- what stands in the parts --------------------------------------------------------------------------------------

_DECLARATION = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


class _Watch:
    """Looks at a part of XML as it is unpacked, piece by piece."""

    def __init__(self, name: str, limits: Limits) -> None:
        self._name = name
        self._limits = limits
        self._rest = b""
        self._is_xml = name.lower().endswith((".xml", ".rels", ".vml"))

    def feed(self, piece: bytes) -> None:
        data = self._rest + piece
        # UTF-16 has a zero beside each byte of a tag; pictures in SVG declare their type rightly
        if self._is_xml and _DECLARATION.search(data.replace(b"\x00", b"") if b"\x00" in data else data):
            raise suspicious(f'bagian "{shown(self._name)}" memuat deklarasi DOCTYPE atau ENTITY')
        cut = data.rfind(b"<")
        whole, rest = (data[:cut], data[cut:]) if cut >= 0 else (data, b"")
        self._rest = rest if len(rest) <= _LONGEST_TAG else b""
        self.look(whole)

    def look(self, data: bytes) -> None:
        """Whole tags, each given once."""

    def finish(self) -> None:
        """The part is at its end."""


#: A cell of xlsx with content: neither `<c .../>` nor `<c ...></c>`.
_CELL = re.compile(rb"""\sr=["']([A-Za-z]{1,4})([0-9]{1,10})["'][^<>]*(?<!/)>(?!\s*</)""")
#: Cells that do not begin as every program writes them, `<c r="A1"`; readers take their place from the row.
_ODD_CELL = re.compile(rb"""<(?:\w+:)?c(?=[\s>])(?!\s+r=["'])[^<>]*(?<!/)>""")
_ROW_NUMBER = re.compile(rb"""<(?:\w+:)?row\b[^<>]*?\sr\s*=\s*["']\s*([0-9]+)""")
_ADDRESS = re.compile(rb"""\sr\s*=\s*["']\s*([A-Za-z]{1,9})([0-9]+)""")


class _XlsxSheet(_Watch):
    def __init__(self, name: str, limits: Limits) -> None:
        super().__init__(name, limits)
        self._rows = self._columns = 0
        self._letters: dict[bytes, int] = {}
        self._last_row = 0

    def feed(self, piece: bytes) -> None:
        super().feed(piece)
        self._limits.check_extent(self._name, self._rows, self._columns)

    def look(self, data: bytes) -> None:
        for letters, number in _CELL.findall(data):
            self._place(letters, number)
        if data.count(b"<c") != data.count(b"<c r=") + data.count(b"<col") or b":c" in data:
            self._look_at_odd_cells(data)
        # a row may end in the next piece
        if last := _ROW_NUMBER.search(data, max(0, data.rfind(b"row") - 20)):
            self._last_row = int(last[1][:20])

    def _place(self, letters: bytes, number: bytes) -> None:
        column = self._letters.get(letters)
        if column is None:
            column = 0
            for letter in letters.upper():
                column = column * 26 + letter - 64
            self._letters[letters] = column
            self._columns = max(self._columns, column)
        if len(number) >= 5 or self._limits.rows < 10_000:
            self._rows = max(self._rows, int(number[:20]))

    def _look_at_odd_cells(self, data: bytes) -> None:
        """Cells without an address, or with one in another spelling, count as far as their rows say they are."""
        addresses = [_ADDRESS.search(cell) for cell in _ODD_CELL.findall(data)]
        for address in addresses:
            if address:
                self._place(*address.groups())
        if not all(addresses):
            numbers = (int(number[:20]) for number in _ROW_NUMBER.findall(data))
            self._rows = max(self._rows, self._last_row, *numbers)


class _XlsbSheet(_Watch):
    """Extents of a sheet of xlsb: records of a kind, a size and so many bytes ([MS-XLSB] 2.1.4)."""

    _ROW, _FIRST_CELL, _LAST_CELL = 0, 2, 11  # 1 is a cell without content

    def __init__(self, name: str, limits: Limits) -> None:
        super().__init__(name, limits)
        self._row = self._rows = self._columns = self._skip = 0

    def feed(self, piece: bytes) -> None:
        data = self._rest + piece
        # kind and size take six bytes at most, and of the content the first four tell
        at = self._walk(data, len(data) - 10)
        self._rest = data[at:]
        self._limits.check_extent(self._name, self._rows, self._columns)

    def finish(self) -> None:
        self._walk(self._rest + bytes(10), len(self._rest))
        self._limits.check_extent(self._name, self._rows, self._columns)

    def _walk(self, data: bytes, end: int) -> int:
        """Look at the records that begin before `end`; returns where the next one begins."""
        at = min(self._skip, len(data))
        self._skip -= at
        while at < end and not self._skip:
            kind = data[at]
            at += 1
            if kind & 0x80:
                kind |= data[at] << 8
                at += 1
            size = shift = 0
            for _ in range(4):
                part = data[at]
                at += 1
                size |= (part & 0x7F) << shift
                shift += 7
                if part < 0x80:
                    break
            if kind <= self._LAST_CELL and size >= 4:
                number = int.from_bytes(data[at : at + 4], "little") + 1
                if kind == self._ROW:
                    self._row = number
                elif kind >= self._FIRST_CELL:
                    self._rows = max(self._rows, self._row)
                    self._columns = max(self._columns, number)
            at += size
            if at > len(data):
                self._skip, at = at - len(data), len(data)
        return at


#: Readers make room for `uniqueCount`; `count` is how often the strings are used, which may be any number.
_COUNT = re.compile(rb"""<(?:\w+:)?sst\b[^<>]*?\suniqueCount=["']([0-9]+)["']""")
_SHORTEST_STRING = len("<si/>")


class _SharedStrings(_Watch):
    """The table of strings says how many it holds, and a reader makes room for them all."""

    def __init__(self, name: str, limits: Limits, size: int) -> None:
        super().__init__(name, limits)
        self._most = size // _SHORTEST_STRING

    def look(self, data: bytes) -> None:
        if (found := _COUNT.search(data)) and int(found[1][:20]) > self._most:
            raise suspicious(f"menyatakan memuat {found[1][:20].decode()} teks, lebih banyak daripada isinya")


_ODS_TAG = re.compile(
    rb"<(/?)table:(table|table-row|table-cell|covered-table-cell)(?=[\s/>])([^<>]*)>(\s*</table:table-cell>)?"
)
_ODS_REPEATED = re.compile(rb'table:number-(?:rows|columns)-repeated="([0-9]+)"')


class _OdsContent(_Watch):
    """Extents of the tables of an ods: a row or cell may say that it stands there a million times.

    And every element has to end: calamine looks for the end of a table for ever.
    """

    def __init__(self, name: str, limits: Limits) -> None:
        super().__init__(name, limits)
        self._parser = expat.ParserCreate()
        self._row = self._repeat = self._column = self._last = 0

    def look(self, data: bytes) -> None:
        for tag in _ODS_TAG.finditer(data):
            closing, kind, attributes, empty = tag.groups()
            if kind == b"table":
                self._row = self._repeat = self._column = self._last = 0
            elif kind == b"table-row":
                if self._last:
                    self._limits.check_extent(self._name, self._row, self._last)
                self._column = self._last = 0
                if not closing:
                    self._row += self._times(attributes)
            elif not closing:
                self._column += self._times(attributes)
                if (not attributes.endswith(b"/") and empty is None) or b"office:value-type=" in attributes:
                    self._last = self._column

    def feed(self, piece: bytes) -> None:
        super().feed(piece)
        self._parse(piece, end=False)

    def finish(self) -> None:
        self._parse(b"", end=True)

    def _parse(self, piece: bytes, *, end: bool) -> None:
        try:
            self._parser.Parse(piece, end)
        except (expat.ExpatError, LookupError, ValueError) as error:
            raise damaged(f'bagian "{shown(self._name)}" rusak: {told(error)}') from None

    @staticmethod
    def _times(attributes: bytes) -> int:
        found = _ODS_REPEATED.search(attributes)
        return int(found[1][:12]) if found else 1


def _watch(entry: zipfile.ZipInfo, limits: Limits) -> _Watch:
    name = entry.filename
    lower = name.lower()
    if lower.startswith("xl/worksheets/") and lower.endswith(".bin"):
        return _XlsbSheet(name, limits)
    if lower == "content.xml":
        return _OdsContent(name, limits)
    if lower.endswith("sharedstrings.xml"):
        return _SharedStrings(name, limits, entry.file_size)
    # the workbook may call any part a sheet, whatever its name
    return _XlsxSheet(name, limits)


# --- xls -----------------------------------------------------------------------------------------------------------

_END_OF_CHAIN, _LAST_SECTOR = 0xFFFFFFFE, 0xFFFFFFFA
_DIRECTORY_ENTRY = 128
_MINI_STREAM_BELOW = 4096


def _check_ole(file: IO[bytes]) -> None:
    """Walk the chains of sectors of a compound file: in a circle, a reader would follow them for ever.

    The layout is that of [MS-CFB]: a header, sectors, a table (FAT) that names each sector's follower, and a directory
    of streams with their first sector and size.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    header = file.read(512)
    if len(header) < 512:
        raise damaged("kepala berkas xls terpotong")
    shift, mini_shift = struct.unpack_from("<HH", header, 30)
    if shift not in (9, 12) or mini_shift != 6:
        raise damaged("ukuran sektor berkas xls tidak dikenal")
    sector = 1 << shift
    count = max(0, -(-size // sector) - 1)

    def read(number: int) -> bytes:
        if number >= count:
            raise damaged(f"sektor {number} berkas xls tidak ada; berkas mungkin terpotong")
        file.seek((number + 1) * sector)
        return file.read(sector)

    (directory_at,) = struct.unpack_from("<I", header, 48)
    mini_fat_at, _, difat_at, _ = struct.unpack_from("<IIII", header, 60)
    tables = [number for number in struct.unpack_from("<109I", header, 76) if number <= _LAST_SECTOR]
    passed = 0
    while difat_at <= _LAST_SECTOR:
        passed += 1
        if passed > count:
            raise suspicious("rantai sektor berkas xls berputar")
        *numbers, difat_at = struct.unpack_from(f"<{sector // 4}I", read(difat_at).ljust(sector, b"\xff"))
        tables += [number for number in numbers if number <= _LAST_SECTOR]
    if len(tables) > count:
        raise suspicious("tabel sektor berkas xls lebih besar daripada berkasnya")
    fat: list[int] = []
    for number in tables:
        fat.extend(struct.unpack(f"<{sector // 4}I", read(number).ljust(sector, b"\xff")))

    def chain(first: int, table: list[int], bound: int) -> list[int]:
        numbers, next_one = [], first
        while next_one != _END_OF_CHAIN:
            if next_one >= bound or next_one >= len(table):
                raise damaged(f"sektor {next_one} berkas xls tidak ada; berkas mungkin terpotong")
            if len(numbers) > bound:
                raise suspicious("rantai sektor berkas xls berputar")
            numbers.append(next_one)
            next_one = table[next_one]
        return numbers

    directory = b"".join(read(number) for number in chain(directory_at, fat, count))
    mini_fat: list[int] = []
    if mini_fat_at <= _LAST_SECTOR:
        for number in chain(mini_fat_at, fat, count):
            mini_fat.extend(struct.unpack(f"<{sector // 4}I", read(number).ljust(sector, b"\xff")))
    for at in range(0, len(directory) - _DIRECTORY_ENTRY + 1, _DIRECTORY_ENTRY):
        kind = directory[at + 66]
        first, length = struct.unpack_from("<II", directory, at + 116)
        if kind not in (2, 5) or length == 0:
            continue
        if length > size:
            raise suspicious("sebuah aliran berkas xls menyatakan diri lebih besar daripada berkasnya")
        if kind == 2 and length < _MINI_STREAM_BELOW:
            chain(first, mini_fat, len(mini_fat))
        else:
            chain(first, fat, count)
