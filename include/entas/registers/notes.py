"""What is said about the reading of a file, in the village's language."""

from __future__ import annotations

from collections.abc import Sequence

from entas.indonesian import listing
from entas.registers.assemble import Part
from entas.registers.catalogue import RegisterFormat, formats
from entas.registers.detect import Layout
from entas.registers.rows import AFTER_END, FORMULAS, HEADERS, NOTES, TOTALS, DataRows
from entas.registers.schema import REGISTERS
from entas.registers.sheets import Sheet

#: What rows that are no data are called.
_LEFT_OUT = {
    HEADERS: "{} baris judul yang tercetak berulang",
    TOTALS: "{} baris jumlah",
    NOTES: "{} baris catatan atau tanda tangan",
    AFTER_END: "{} baris di bawah tanda akhir data",
    FORMULAS: "{} baris yang hanya berisi rumus tanpa hasil",
}


def column_letter(place: int) -> str:
    """A column (0-based) as a spreadsheet calls it: A, B, …, Z, AA."""
    letters = ""
    number = place + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def left_out(sheet: str, nearest: RegisterFormat | None, missing: Sequence[str]) -> str:
    """A sheet that holds no register, and what it lacks of the nearest."""
    if nearest is None:
        return f'Lembar "{sheet}" dilewati: judul kolomnya bukan judul kolom register yang dikenal.'
    return (
        f'Lembar "{sheet}" dilewati: mirip register {nearest.register} ({nearest.title}), tetapi kolom wajib '
        f"{', '.join(missing)} tidak ada. Tambahkan kolom itu, lalu unggah kembali."
    )


def undescribed(sheet: str, form: RegisterFormat, *, several: bool) -> str:
    """Rows that a sheet of pairs should speak of."""
    names = [
        label
        for name, source in form.sources.items()
        if source.about is not None and name in REGISTERS[form.register] and (label := form.spellings.get(name))
    ]
    start = f'Lembar "{sheet}" ({form.title}) dilewati: '
    if several:
        return (
            f"{start}berkas menerangkan lebih dari satu program, dan lembar ini tidak menyebut baris mana milik "
            "program mana. Buat satu lembar peserta untuk setiap lembar program dengan urutan yang sama, lalu unggah "
            "kembali."
        )
    return (
        f"{start}lembar yang menerangkannya ({listing(names)}) tidak ada. Sertakan lembar itu dalam berkas yang sama, "
        "lalu unggah kembali."
    )


def headers_only(sheet: str) -> str:
    """A sheet with headers and no rows."""
    return f'Lembar "{sheet}" hanya berisi judul kolom tanpa baris data, jadi tidak dihitung.'


def of_sheet(sheet: Sheet, layout: Layout, found: DataRows) -> list[str]:
    """How the headers and rows of a sheet were taken."""
    said = []
    start = f'Lembar "{sheet.name}"'
    if sheet.hidden:
        said.append(f"{start} tersembunyi; isinya tetap dibaca.")
    for heading, name in layout.near:
        said.append(
            f'{start}: judul kolom "{heading}" dibaca sebagai {layout.format.shown(name)}. Perbaiki ejaannya bila '
            "bukan itu maksudnya."
        )
    if layout.unknown:
        said.append(f"{start}: kolom yang tidak dikenal dan tidak dipakai: {', '.join(layout.unknown)}.")
    if found.untitled:
        columns = listing([column_letter(place) for place in found.untitled])
        said.append(f"{start}: kolom {columns} berisi data tanpa judul kolom, jadi tidak dipakai.")
    if layout.repeated:
        said.append(
            f"{start}: judul kolom {', '.join(layout.repeated)} muncul lebih dari sekali; yang dipakai hanya kolom "
            "paling kiri."
        )
    if found.hidden:
        said.append(f"{start}: {found.hidden} baris yang tersembunyi tetap dibaca.")
    kinds = [text.format(found.left_out[kind]) for kind, text in _LEFT_OUT.items() if found.left_out[kind]]
    if kinds:
        said.append(f"{start}: {listing(kinds)} tidak dibaca sebagai data.")
    return said


def of_format(register: str, parts: Sequence[Part]) -> list[str]:
    """What a format cannot give, and what was assumed or joined while reading a register in it."""
    form = parts[0].layout.format
    said = []
    given = frozenset[str]().union(*(part.given for part in parts))
    absent = [group for group in _asked(register) if not given.intersection(group)]
    if absent:
        names = listing(
            [", ".join(map(_called, group[:-1])) + " atau " * (len(group) > 1) + _called(group[-1]) for group in absent]
        )
        told = f"Register {register} dari {form.title} tidak memuat {names}"
        if absent == [("no_kk",)] and "nik_kepala" in given:
            said.append(f"{told}; keluarga dicari melalui NIK kepala keluarga.")
        else:
            said.append(f"{told}; yang tidak diketahui dibiarkan kosong.")
    assumed = sum(part.assumed_days for part in parts)
    if assumed:
        said.append(
            f"Register {register}: {assumed} tanggal hanya memuat bulan dan tahun, jadi dimuat sebagai tanggal 1 bulan "
            "itu."
        )
    rows = sum(len(part.row_numbers) for part in parts)
    members = sum(part.members for part in parts)
    for sentence in dict.fromkeys(sentence for part in parts for sentence in part.layout.format.says):
        if members or "{members}" not in sentence:
            said.append(sentence.format(rows=rows, members=members))
    return said


def _called(column: str) -> str:
    """One of our columns as a sentence calls it."""
    return " ".join({"no": "nomor", "kk": "KK", "nik": "NIK"}.get(word, word) for word in column.split("_"))


def _asked(register: str) -> tuple[tuple[str, ...], ...]:
    """What Entas's own workbook asks for in a register."""
    return next(form.required for form in formats() if form.format_id == "entas" and form.register == register)
