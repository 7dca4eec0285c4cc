"""The five registers and their columns (design, section 4), independent of any file format."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """How the cells of a column are read; see `entas.registers.cells`."""

    NIK = "nik"  # 16 digits of a person, with a birth date in them
    CARD = "card"  # 16 digits of a family card
    TEXT = "text"  # trimmed, repeated and no-break spaces as one
    PLACE = "place"  # text in which "-" means nothing
    CODE = "code"  # number of a code list, or its label
    WORD = "word"  # word of a code list
    DATE = "date"
    AMOUNT = "amount"  # rupiah
    DECILE = "decile"  # whole number 1 to 10


#: Columns of each register, in the order of raw.<register>.
REGISTERS: dict[str, dict[str, Kind]] = {
    "penduduk": {
        "no_kk": Kind.CARD,
        "nik": Kind.NIK,
        "nama": Kind.TEXT,
        "sex": Kind.CODE,
        "tempatlahir": Kind.TEXT,
        "tanggallahir": Kind.DATE,
        "kk_level": Kind.CODE,
        "pendidikan_kk_id": Kind.CODE,
        "pendidikan_sedang_id": Kind.CODE,
        "pekerjaan_id": Kind.CODE,
        "status_kawin": Kind.CODE,
        "cacat_id": Kind.CODE,
        "status_dasar": Kind.CODE,
        "alamat": Kind.PLACE,
        "dusun": Kind.PLACE,
        "rw": Kind.PLACE,
        "rt": Kind.PLACE,
        "nama_ayah": Kind.TEXT,
        "nama_ibu": Kind.TEXT,
    },
    "kesejahteraan": {
        "no_kk": Kind.CARD,
        "nik_kepala": Kind.NIK,
        "nama_kepala": Kind.TEXT,
        "penghasilan_bulanan": Kind.AMOUNT,
        "pengeluaran_bulanan": Kind.AMOUNT,
        "desil": Kind.DECILE,
        "id_keluarga_p3ke": Kind.TEXT,
        "tanggal_pendataan": Kind.DATE,
    },
    "verifikasi": {
        "no_kk": Kind.CARD,
        "tanggal_musyawarah": Kind.DATE,
        "hasil": Kind.WORD,
        "alasan": Kind.WORD,
        "nomor_berita_acara": Kind.TEXT,
        "petugas": Kind.TEXT,
        "jabatan_petugas": Kind.TEXT,
    },
    "bantuan": {
        "no_kk": Kind.CARD,
        "nik": Kind.NIK,
        "program": Kind.TEXT,
        "sumber_dana": Kind.TEXT,
        "nilai": Kind.AMOUNT,
        "tanggal_salur": Kind.DATE,
        "penyalur": Kind.TEXT,
        "keterangan": Kind.TEXT,
    },
    "pemberdayaan": {
        "no_kk": Kind.CARD,
        "nik": Kind.NIK,
        "jenis": Kind.WORD,
        "nama_kegiatan": Kind.TEXT,
        "penyelenggara": Kind.TEXT,
        "tanggal_mulai": Kind.DATE,
        "tanggal_selesai": Kind.DATE,
        "hasil": Kind.TEXT,
        "nilai": Kind.AMOUNT,
    },
}

#: Columns that are read where a file has them, and that Entas's own workbook does not ask for. Only the search for
#: persons listed twice uses them.
NOT_ASKED = frozenset({("penduduk", "nama_ayah"), ("penduduk", "nama_ibu")})


def asked(register: str) -> dict[str, Kind]:
    """Columns of a register that Entas's own workbook asks for (design, section 4), in their order."""
    return {column: kind for column, kind in REGISTERS[register].items() if (register, column) not in NOT_ASKED}


#: Columns of which any will do (design, section 4). A rule about all of them names the first.
ANY_WILL_DO: dict[str, tuple[str, ...]] = {
    "kesejahteraan": ("penghasilan_bulanan", "pengeluaran_bulanan", "desil"),
    "bantuan": ("no_kk", "nik"),
    "pemberdayaan": ("no_kk", "nik"),
}


def to_mend(register: str, column: str) -> tuple[str, ...]:
    """The column that a finding names, and those to mend in its place in a sheet that does not have it."""
    group = ANY_WILL_DO.get(register, ())
    return (column, *(other for other in group if other != column)) if column in group[:1] else (column,)


#: Where an unknown word is taken as another (with a warning); a blank one too (without).
WORD_DEFAULTS: dict[tuple[str, str], str] = {("verifikasi", "alasan"): "lainnya"}

#: Dates that are loaded empty when they lie after the day of receipt; other late dates cost the row.
EMPTY_WHEN_LATE = frozenset({("kesejahteraan", "tanggal_pendataan")})

#: Dates that never lie after the day of receipt; their years of two digits are read so.
BIRTHS = frozenset({"tanggallahir"})


@dataclass(frozen=True)
class CodeList:
    """Codes of one column in one format, and what is stored for them (a number for codes, a word for words).

    Attributes:
        exact: label without case, or code as text.
        folded: label without case, spaces and punctuation; labels that would then be equal are left out.
        labels: what is stored, to the label that Entas itself writes.
    """

    exact: dict[str, int | str]
    folded: dict[str, int | str]
    labels: dict[int | str, str] = field(default_factory=dict)
