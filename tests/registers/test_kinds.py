"""Kinds of files: what holds sheets is told by its bytes; whatever else comes gets a reason with a remedy."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest
import xlwt
from msoffcrypto.format.ooxml import OOXMLFile

from entas.registers.kinds import FileKind, file_kind
from entas.registers.limits import UnreadableFileError
from tests.registers.files import person, read, table, write

ROWS = {"data": table([person(1)])}


def zipped(**parts: str | bytes) -> bytes:
    """A zip of parts; `__` in a name is a dot, `_` a slash."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name.replace("__", ".").replace("_", "/"), part)
    return content.getvalue()


def opendocument(kind: str, manifest: str = "<manifest/>") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        archive.writestr("content.xml", "<x/>")
        archive.writestr("META-INF/manifest.xml", manifest)
    return content.getvalue()


@pytest.mark.parametrize(("suffix", "kind"), [(".xlsx", FileKind.XLSX), (".xls", FileKind.XLS), (".ods", FileKind.ODS)])
def test_kinds_that_hold_sheets(tmp_path: Path, suffix: str, kind: FileKind) -> None:
    path = write(tmp_path / f"x{suffix}", ROWS).rename(tmp_path / "apa saja.pdf")
    assert file_kind(path) is kind


@pytest.mark.parametrize(
    "content", [b"no_kk;nik\n", b"<table><tr><td>x", b"BMI;no_kk\n1;2\n", b"RIFF;x\n", b"\xef\xbb\xbfx"]
)
def test_texts(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    assert file_kind(path) is FileKind.TEXT


@pytest.mark.parametrize(
    ("content", "says", "remedy"),
    [
        (b"", "Berkas kosong", "Simpan ulang"),
        (b" \r\n\t\n", "Berkas kosong", "Simpan ulang"),
        (b"\x00" * 4000, "Berkas kosong", "Simpan ulang"),
        (b"%PDF-1.7\n...", "PDF", "Ekspor register"),
        (b"{\\rtf1\\ansi", "dokumen RTF", "Salin tabelnya"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "gambar", "Ketik atau ekspor"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "gambar", "Ketik atau ekspor"),
        (b"BM\x36\x00\x00\x00\x00\x00", "gambar", "Ketik atau ekspor"),
        (b"RIFF\x24\x00\x00\x00WEBP", "gambar", "Ketik atau ekspor"),
        (b"\x00\x00\x00\x18ftypheic\x00", "gambar", "Ketik atau ekspor"),
        (b"Rar!\x1a\x07\x01\x00", "arsip (RAR)", "Ekstrak"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "arsip (7z)", "Ekstrak"),
        (gzip.compress(b"no_kk,nik"), "arsip (GZIP)", "Ekstrak"),
        (b"SQLite format 3\x00\x10\x00", "basis data SQLite", "Ekspor tabelnya"),
        (b"\x03\x7b\x0b\x01\x05\x00\x00\x00\x41\x00\x21\x00" + b"\x00" * 20 + b"NIK", "dBase", "Ekspor tabelnya"),
        (b"$FL2@(#) SPSS DATA FILE", "SPSS", "Ekspor tabelnya"),
        (b"\x00\x01\x00\x00Standard Jet DB\x00", "Microsoft Access", "Ekspor tabelnya"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "MHTML", "Buka di Excel"),
        (b"\x09\x04\x06\x00\x00\x00\x10\x00", "Excel 4", "Buka di LibreOffice"),
        (zipped(word_document__xml="<w/>"), "dokumen Word", "Salin tabelnya"),
        (zipped(ppt_presentation__xml="<p/>"), "dokumen PowerPoint", "Salin tabelnya"),
        (zipped(Index_Document__iwa=b"x"), "Apple Numbers", "Ekspor Ke > Excel"),
        (zipped(data_Penduduk__xlsx=b"x", foto__jpg=b"x"), "Penduduk.xlsx", "satu per satu"),
        (zipped(foto__jpg=b"x"), "arsip (ZIP)", "Ekstrak"),
        (opendocument("text"), "LibreOffice Writer", "Salin tabelnya"),
        (opendocument("presentation"), "LibreOffice Impress", "Salin tabelnya"),
        (opendocument("formula"), "OpenDocument", "Salin tabelnya"),
        (opendocument("spreadsheet", "<manifest:encryption-data/>"), "kata sandi", "Hapus kata sandinya"),
        (zipped(mimetype="application/vnd.oasis.opendocument.spreadsheet"), "rusak", "simpan ulang"),
        (b"PK\x03\x04 no zip at all", "rusak", "simpan ulang"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 2000, "rusak", "simpan ulang"),
    ],
)
def test_other_kinds_get_a_reason_with_a_remedy(tmp_path: Path, content: bytes, says: str, remedy: str) -> None:
    path = tmp_path / "data.xlsx"
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError) as refused:
        file_kind(path)
    assert says in str(refused.value)
    assert remedy in str(refused.value)
    assert read(path).error, "the upload as a whole is refused as well"


def test_an_xlsx_under_a_password(tmp_path: Path) -> None:
    plain = write(tmp_path / "x.xlsx", ROWS)
    path = tmp_path / "y.xlsx"
    with plain.open("rb") as source, path.open("wb") as target:
        OOXMLFile(source).encrypt("rahasia", target)
    assert "kata sandi" in read(path).error


def test_an_xlsx_that_excel_encrypts_and_opens_without_asking(tmp_path: Path) -> None:
    # so Excel keeps a workbook whose structure is protected
    plain = write(tmp_path / "x.xlsx", ROWS)
    path = tmp_path / "y.xlsx"
    with plain.open("rb") as source, path.open("wb") as target:
        OOXMLFile(source).encrypt("VelvetSweatshop", target)
    assert read(path).registers["penduduk"].rows["nama"].tolist() == ["WARGA 1"]


def test_an_xls_under_a_password(tmp_path: Path) -> None:
    # xlwt writes none; a record that matters to nobody becomes the one that says "all that follows is encrypted"
    book = xlwt.Workbook()
    book.add_sheet("data").write(0, 0, "x")
    path = tmp_path / "x.xls"
    book.save(str(path))
    interface, encrypted = b"\xe1\x00\x02\x00", b"\x2f\x00\x02\x00"
    content = path.read_bytes()
    assert content.count(interface) == 1
    path.write_bytes(content.replace(interface, encrypted))
    assert "kata sandi" in read(path).error


def test_a_document_of_word_in_the_old_format(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    book.add_sheet("data").write(0, 0, "x")
    path = tmp_path / "x.xls"
    book.save(str(path))
    name = "Workbook".encode("utf-16-le") + b"\x00\x00"
    other = "WordDocument".encode("utf-16-le") + b"\x00\x00"
    content = path.read_bytes()
    at = content.index(name)
    entry = bytearray(content[at : at + 128])
    entry[: len(other)] = other
    entry[64:66] = len(other).to_bytes(2, "little")
    path.write_bytes(content[:at] + bytes(entry) + content[at + 128 :])
    assert "dokumen Word" in read(path).error
