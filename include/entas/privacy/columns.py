"""Which columns can name a person, and what is written where a value was destroyed.

What the figures need (the columns that dbt's staging reads) is kept; all else of a loaded row goes. A test compares
both lists with the tables, so that a new column cannot be forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

#: Where a column must hold something.
DESTROYED = "(dimusnahkan)"
#: In a text that is kept, instead of a number or a name.
ERASED = "(dihapus)"
#: Instead of a finding's sentence, which may quote the value.
SENTENCE = "Isi baris ini telah dimusnahkan sesuai ketentuan pelindungan data pribadi."


@dataclass(frozen=True)
class Identities:
    """Columns of a table.

    Attributes:
        emptied: become null.
        replaced: become a fixed SQL expression.
        kept: stay: pseudonyms, keys and what figures need.
    """

    emptied: tuple[str, ...]
    replaced: dict[str, str]
    kept: tuple[str, ...]

    def assignments(self) -> sql.Composable:
        """The SET list of an update that destroys the identities of a row."""
        parts = [sql.SQL("{} = null").format(sql.Identifier(column)) for column in self.emptied]
        parts += [
            sql.SQL("{} = {}").format(sql.Identifier(column), sql.SQL(expression))
            for column, expression in self.replaced.items()
        ]
        return sql.SQL(", ").join(parts)


_SHEET = {"sheet": f"'{DESTROYED}'"}

#: Tables with a row per row of an upload, and the lists of an upload itself.
TABLES: dict[tuple[str, str], Identities] = {
    ("raw", "penduduk"): Identities(
        emptied=(
            "no_kk", "nik", "nama", "sex", "tempatlahir", "tanggallahir", "kk_level", "pendidikan_kk_id",
            "pekerjaan_id", "status_kawin", "cacat_id", "alamat", "dusun", "rw", "rt", "nama_ayah", "nama_ibu",
        ),
        replaced=_SHEET | {"had_nik": "has_nik"},
        kept=(
            "upload_id", "position", "row_number", "household_id", "person_id", "name_birth_key", "has_nik",
            "status_dasar", "pendidikan_sedang_id",
        ),
    ),
    ("raw", "kesejahteraan"): Identities(
        emptied=("no_kk", "nik_kepala", "nama_kepala", "id_keluarga_p3ke"),
        replaced=_SHEET,
        kept=(
            "upload_id", "position", "row_number", "household_id", "head_person_id", "penghasilan_bulanan",
            "pengeluaran_bulanan", "desil", "tanggal_pendataan",
        ),
    ),
    ("raw", "verifikasi"): Identities(
        emptied=("no_kk", "nomor_berita_acara", "petugas", "jabatan_petugas"),
        replaced=_SHEET,
        kept=("upload_id", "position", "row_number", "household_id", "tanggal_musyawarah", "hasil", "alasan"),
    ),
    ("raw", "bantuan"): Identities(
        emptied=("no_kk", "nik", "penyalur", "keterangan"),
        replaced=_SHEET,
        kept=(
            "upload_id", "position", "row_number", "household_id", "person_id", "program", "sumber_dana", "nilai",
            "tanggal_salur",
        ),
    ),
    ("raw", "pemberdayaan"): Identities(
        emptied=("no_kk", "nik"),
        replaced=_SHEET,
        kept=(
            "upload_id", "position", "row_number", "household_id", "person_id", "jenis", "nama_kegiatan",
            "penyelenggara", "tanggal_mulai", "tanggal_selesai", "hasil", "nilai",
        ),
    ),
    ("raw", "upload"): Identities(
        emptied=(),
        replaced={"notes": "'{}'"},
        kept=(
            "upload_id", "village_code", "period", "file_name", "sha256", "bytes", "received_at", "status", "reason",
            "rows_read", "rows_accepted", "rows_quarantined", "rows_warned",
        ),
    ),
    ("raw", "upload_register"): Identities(
        emptied=(),
        replaced={"sheets": "'{}'", "unknown_columns": "'{}'"},
        kept=(
            "upload_id", "register", "status", "reason", "format_id", "format_version", "families", "rows_read",
            "rows_accepted", "rows_quarantined", "rows_warned",
        ),
    ),
    ("quality", "quarantined_row"): Identities(
        emptied=("value",),
        replaced=_SHEET | {"sentence": f"'{SENTENCE}'", "row_values": "'{}'"},
        kept=("upload_id", "register", "row_number", "rule_id", "column_name"),
    ),
    ("quality", "row_warning"): Identities(
        emptied=("value",),
        replaced=_SHEET | {"sentence": f"'{SENTENCE}'"},
        kept=("upload_id", "register", "row_number", "rule_id", "column_name"),
    ),
}  # fmt: skip

#: Texts that figures show as they are (programme, provider, ...): kept, unless a number or name in them is erased.
SHOWN_TEXTS: dict[tuple[str, str], tuple[str, ...]] = {
    ("raw", "bantuan"): ("program", "sumber_dana"),
    ("raw", "pemberdayaan"): ("nama_kegiatan", "penyelenggara", "hasil"),
    ("raw", "upload"): ("reason",),
    ("raw", "upload_register"): ("reason",),
}
