"""What kind of file an upload is, told by its bytes; for kinds that hold no sheets, what its sender can do about it."""

from __future__ import annotations

import posixpath
import re
import zipfile
from enum import Enum
from pathlib import Path

import olefile

from entas.registers import limits
from entas.registers.limits import UnreadableFileError
from entas.text import shown


class FileKind(Enum):
    """Kinds of files that hold sheets of cells."""

    XLSX = "xlsx"  # and xlsm, xltx, xltm; transitional and strict
    XLSB = "xlsb"
    ODS = "ods"
    XLS = "xls"
    TEXT = "text"  # csv, or a web page or XML named .xls


_UPLOAD_AGAIN = "lalu unggah kembali."
_AS_XLSX = f"simpan sebagai Buku Kerja Excel (.xlsx), {_UPLOAD_AGAIN}"
PASSWORD = (
    "Buku kerja dilindungi kata sandi. Hapus kata sandinya di Excel (Berkas > Info > Proteksi Buku Kerja > Enkripsi "
    f"dengan Kata Sandi, kosongkan) atau LibreOffice (simpan tanpa kata sandi), {_UPLOAD_AGAIN}"
)
NO_TEXT = f"Berkas bukan buku kerja dan bukan CSV. Simpan sebagai .xlsx atau .csv, {_UPLOAD_AGAIN}"
_PICTURE = (
    "Berkas adalah gambar, bukan buku kerja dan bukan CSV. Ketik atau ekspor isi register ke lembar Excel, simpan "
    f"sebagai .xlsx, {_UPLOAD_AGAIN}"
)
_ARCHIVE = (
    "Berkas adalah arsip ({kind}), bukan buku kerja. Keluarkan isinya (klik kanan > Ekstrak), lalu unggah setiap buku "
    "kerja di dalamnya satu per satu."
)
_DOCUMENT = (
    "Berkas adalah dokumen {kind}, bukan buku kerja. Salin tabelnya ke lembar Excel atau LibreOffice Calc, simpan "
    f"sebagai .xlsx, {_UPLOAD_AGAIN}"
)
_DATABASE = (
    "Berkas adalah basis data {kind}, bukan buku kerja. Ekspor tabelnya dari aplikasi asalnya sebagai .xlsx atau .csv, "
    f"{_UPLOAD_AGAIN}"
)

#: How files begin that hold no sheets, or none that can be read, and what their sender reads.
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (
        b"%PDF",
        "Berkas adalah PDF, bukan buku kerja dan bukan CSV. Ekspor register dari aplikasi asalnya sebagai .xlsx atau "
        f".csv, {_UPLOAD_AGAIN}",
    ),
    (b"{\\rtf", _DOCUMENT.format(kind="RTF")),
    (b"Rar!", _ARCHIVE.format(kind="RAR")),
    (b"7z\xbc\xaf\x27\x1c", _ARCHIVE.format(kind="7z")),
    (b"\x1f\x8b", _ARCHIVE.format(kind="GZIP")),
    (b"BZh", _ARCHIVE.format(kind="BZIP2")),
    (b"\xfd7zXZ\x00", _ARCHIVE.format(kind="XZ")),
    (b"\x28\xb5\x2f\xfd", _ARCHIVE.format(kind="ZSTD")),
    (b"MSCF", _ARCHIVE.format(kind="CAB")),
    (b"\x89PNG", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"BM", _PICTURE),
    (b"II*\x00", _PICTURE),
    (b"MM\x00*", _PICTURE),
    (b"RIFF", _PICTURE),
    (b"SQLite format 3\x00", _DATABASE.format(kind="SQLite")),
    (b"\x00\x01\x00\x00Standard", _DATABASE.format(kind="Microsoft Access")),
    (b"$FL2@", _DATABASE.format(kind="SPSS")),
    (
        b"MIME-Version:",
        f"Berkas adalah halaman web tunggal (MHTML), bukan buku kerja. Buka di Excel, {_AS_XLSX}",
    ),
)
#: dBase: a version, a date of last change (year, month, day), and reserved zeros.
_DBASE = re.compile(rb"[\x03\x30\x83\x8b\xf5].[\x01-\x0c][\x01-\x1f].{8}\x00\x00", re.DOTALL)
#: Excel 2 to 4 wrote their records without the compound file around them.
_EXCEL_4 = re.compile(rb"\x09[\x00\x02\x04][\x04\x06\x08]\x00")

_OPENDOCUMENT = "application/vnd.oasis.opendocument."
_OPENDOCUMENT_KINDS = {
    "text": _DOCUMENT.format(kind="LibreOffice Writer"),
    "presentation": _DOCUMENT.format(kind="LibreOffice Impress"),
    "graphics": _DOCUMENT.format(kind="LibreOffice Draw"),
    "database": _DATABASE.format(kind="LibreOffice Base"),
}
_WORKBOOK_SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".csv")


def damaged(error: object) -> UnreadableFileError:
    """The reason for a workbook that its reader does not take: cut or broken, or under a password."""
    detail = limits.told(error).lower()
    return UnreadableFileError(PASSWORD) if "password" in detail or "encrypt" in detail else limits.damaged(error)


def file_kind(path: Path) -> FileKind:
    """The kind of a file by its content, whatever its name.

    Raises:
        UnreadableFileError: it is empty, holds no sheets, is protected by a password, or is damaged.
    """
    with path.open("rb") as file:
        start = file.read(4096)
    if not start.strip(b"\x00 \t\r\n") and path.stat().st_size <= len(start):
        raise UnreadableFileError("Berkas kosong. Simpan ulang berkas dari aplikasi asalnya, lalu unggah kembali.")
    if start.startswith(b"PK\x03\x04"):
        return _zip_kind(path)
    if start.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _compound_kind(path)
    if _EXCEL_4.match(start):
        raise UnreadableFileError(f"Berkas ditulis Excel 4 atau yang lebih lama. Buka di LibreOffice, {_AS_XLSX}")
    if _DBASE.match(start):
        raise UnreadableFileError(_DATABASE.format(kind="dBase (DBF)"))
    for signature, reason in _SIGNATURES:
        # "BM" and "RIFF" may begin a text as well; a picture has bytes that no text has
        if start.startswith(signature) and (not signature.isalpha() or b"\x00" in start):
            raise UnreadableFileError(reason)
    if start[4:8] == b"ftyp":
        raise UnreadableFileError(_PICTURE)
    return FileKind.TEXT


def _zip_kind(path: Path) -> FileKind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.replace("\\", "/") for name in archive.namelist()]
            lower = {name.lower() for name in names}
            if any(re.fullmatch(r"(?:.*/)?workbook\d*\.xml", name) for name in lower):
                return FileKind.XLSX
            if "mimetype" in lower or "content.xml" in lower:
                return _opendocument_kind(archive, lower)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError) as error:
        raise damaged(error) from None
    if "xl/workbook.bin" in lower:
        return FileKind.XLSB
    if any(name.startswith("word/") for name in lower):
        raise UnreadableFileError(_DOCUMENT.format(kind="Word"))
    if any(name.startswith("ppt/") for name in lower):
        raise UnreadableFileError(_DOCUMENT.format(kind="PowerPoint"))
    if any(name.endswith(".iwa") for name in lower) or "index.zip" in lower:
        raise UnreadableFileError(
            f"Berkas adalah lembar Apple Numbers. Di Numbers pilih Berkas > Ekspor Ke > Excel (.xlsx), {_UPLOAD_AGAIN}"
        )
    if "[content_types].xml" in lower:
        raise damaged("bagian workbook.xml tidak ada")
    inside = sorted(
        name for name in names if name.lower().endswith(_WORKBOOK_SUFFIXES) and "__macosx" not in name.lower()
    )
    reason = _ARCHIVE.format(kind="ZIP")
    if inside:
        listed = ", ".join(shown(posixpath.basename(name)) for name in inside[:5])
        reason += f" Isinya antara lain: {listed}."
    raise UnreadableFileError(reason)


def _opendocument_kind(archive: zipfile.ZipFile, lower: set[str]) -> FileKind:
    kind = archive.read("mimetype")[:200].decode("ascii", "replace").strip() if "mimetype" in lower else ""
    family = kind.removeprefix(_OPENDOCUMENT).removesuffix("-template")
    if kind.startswith(_OPENDOCUMENT) and family != "spreadsheet":
        raise UnreadableFileError(_OPENDOCUMENT_KINDS.get(family, _DOCUMENT.format(kind="OpenDocument")))
    if "meta-inf/manifest.xml" in lower:
        manifest = next(name for name in archive.namelist() if name.lower() == "meta-inf/manifest.xml")
        if b"encryption-data" in archive.read(manifest):
            raise UnreadableFileError(PASSWORD)
    if "encrypted-package" in lower:  # LibreOffice 24.2 and later wrap the whole document
        raise UnreadableFileError(PASSWORD)
    if "content.xml" not in lower:
        raise damaged("bagian content.xml tidak ada")
    return FileKind.ODS


def _compound_kind(path: Path) -> FileKind:
    try:
        with olefile.OleFileIO(str(path)) as compound:
            top = {entry[0].lower() for entry in compound.listdir() if entry}
    except (OSError, ValueError, IndexError, TypeError, OverflowError, RecursionError) as error:
        raise damaged(error) from None
    if "encryptedpackage" in top:
        raise UnreadableFileError(PASSWORD)
    if top & {"workbook", "book"}:
        return FileKind.XLS
    if "worddocument" in top:
        raise UnreadableFileError(_DOCUMENT.format(kind="Word"))
    if "powerpoint document" in top:
        raise UnreadableFileError(_DOCUMENT.format(kind="PowerPoint"))
    raise damaged("tidak ada lembar kerja di dalamnya")
