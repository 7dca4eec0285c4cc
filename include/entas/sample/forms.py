"""The columns, labels and questions of the forms that the invented villages fill in.

Kept apart from ``entas.registers``: a sample that took its headers from the reader could not show that the reader knows
the real ones. Sources: design section 4 (Entas), OpenSID v2410 `assets/import` and its DDK analysis (Prodeskel).
"""

from __future__ import annotations

ENTAS_COLUMNS: dict[str, tuple[str, ...]] = {
    "penduduk": (
        "no_kk", "nik", "nama", "sex", "tempatlahir", "tanggallahir", "kk_level", "pendidikan_kk_id",
        "pendidikan_sedang_id", "pekerjaan_id", "status_kawin", "cacat_id", "status_dasar", "alamat", "dusun", "rw",
        "rt",
    ),
    "kesejahteraan": (
        "no_kk", "nik_kepala", "nama_kepala", "penghasilan_bulanan", "pengeluaran_bulanan", "desil",
        "id_keluarga_p3ke", "tanggal_pendataan",
    ),
    "verifikasi": (
        "no_kk", "tanggal_musyawarah", "hasil", "alasan", "nomor_berita_acara", "petugas", "jabatan_petugas",
    ),
    "bantuan": ("no_kk", "nik", "program", "sumber_dana", "nilai", "tanggal_salur", "penyalur", "keterangan"),
    "pemberdayaan": (
        "no_kk", "nik", "jenis", "nama_kegiatan", "penyelenggara", "tanggal_mulai", "tanggal_selesai", "hasil", "nilai",
    ),
}  # fmt: skip

OPENSID_COLUMNS = (
    "alamat", "dusun", "rw", "rt", "nama", "no_kk", "nik", "sex", "tempatlahir", "tanggallahir", "agama_id",
    "pendidikan_kk_id", "pendidikan_sedang_id", "pekerjaan_id", "status_kawin", "kk_level", "warganegara_id",
    "ayah_nik", "nama_ayah", "ibu_nik", "nama_ibu", "golongan_darah_id", "akta_lahir", "dokumen_pasport",
    "tanggal_akhir_paspor", "dokumen_kitas", "akta_perkawinan", "tanggalperkawinan", "akta_perceraian",
    "tanggalperceraian", "cacat_id", "cara_kb_id", "hamil", "ktp_el", "status_rekam", "alamat_sekarang",
    "status_dasar", "suku", "tag_id_card", "id_asuransi", "no_asuransi", "lat", "lng",
)  # fmt: skip

DDK_IDENTITY = ("No", "Nomor KK", "Kepala Keluarga", "L/P", "Dusun", "RW", "RT", "Batas")
#: Groups of DDK questions as they stand in the first header row, each with its questions of the second row; the
#: third row numbers them through, 1 to 74.
_HARVEST = ("Jenis Komoditas", "Produksi", "Satuan", "Nilai (Rp)", "Pemasaran Hasil")
DDK_QUESTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "PENGHASILAN DAN PENGELUARAN KELUARGA",
        ("Jumlah Penghasilan Perbulan", "Jumlah Pengeluaran Perbulan", "Status Kepemilikan Rumah"),
    ),
    ("SUMBER AIR MINUM KELUARGA", ("Sumber Air Minum", "Keterangan")),
    ("KEPEMILIKAN LAHAN KELUARGA", ("Jenis Lahan", "Luas Lahan")),
    ("PRODUKSI TANAMAN PANGAN", _HARVEST),
    ("PRODUKSI BUAH-BUAHAN", ("Jenis Komoditas", "Jumlah Pohon", *_HARVEST[1:])),
    ("PRODUKSI TANAMAN OBAT", _HARVEST),
    ("PRODUKSI PERKEBUNAN", _HARVEST),
    ("PRODUKSI HASIL HUTAN", _HARVEST),
    ("JENIS TERNAK", _HARVEST),
    ("PRODUKSI PERIKANAN", _HARVEST),
    (
        "PEMANFAATAN AIR, ASET RUMAH DLL",
        (
            "Pemanfaatan Sungai/Waduk DLL", "Lembaga Pendidikan", "Penguasaan Aset Tanah",
            "Aset Sarana Transportasi Umum", "Aset Sarana Produksi", "Aset Rumah (Dinding)", "Aset Rumah (Lantai)",
            "Aset Rumah (Atap)", "Aset Lainnya", "Kualitas Ibu Hamil", "Kualitas Bayi", "Tempat Persalinan",
            "Pertolongan Persalinan", "Cakupan Imunisasi", "Penderita Sakit Kelainan", "Perilaku Hidup Bersih",
            "Pola Makan", "Kebiasaan Berobat", "Status Gizi Balita", "Jenis Penyakit", "Kerukunan", "Perkelahian",
            "Pencurian", "Penjarahan", "Perjudian", "Pemakaian Miras dan Narkoba", "Pembunuhan", "Penculikan",
            "Kejahatan Seksual", "Kekerasan Dalam Rumah Tangga", "Masalah Kesejahteraan Keluarga",
        ),
    ),
)  # fmt: skip

#: Labels of the codes that occur in the sample.
LABELS: dict[str, dict[int, str]] = {
    "sex": {1: "LAKI-LAKI", 2: "PEREMPUAN"},
    "agama_id": {1: "ISLAM"},
    "warganegara_id": {1: "WNI"},
    "golongan_darah_id": {13: "TIDAK TAHU"},
    "pendidikan_kk_id": {
        1: "TIDAK / BELUM SEKOLAH",
        2: "BELUM TAMAT SD/SEDERAJAT",
        3: "TAMAT SD / SEDERAJAT",
        4: "SLTP/SEDERAJAT",
        5: "SLTA / SEDERAJAT",
    },
    "pendidikan_sedang_id": {
        1: "BELUM MASUK TK/KELOMPOK BERMAIN",
        2: "SEDANG TK/KELOMPOK BERMAIN",
        4: "SEDANG SD/SEDERAJAT",
        6: "SEDANG SLTP/SEDERAJAT",
        7: "SEDANG SLTA/SEDERAJAT",
        18: "TIDAK SEDANG SEKOLAH",
    },
    "pekerjaan_id": {
        1: "BELUM/TIDAK BEKERJA",
        2: "MENGURUS RUMAH TANGGA",
        3: "PELAJAR/MAHASISWA",
        9: "PETANI/PEKEBUN",
        11: "NELAYAN/PERIKANAN",
        12: "INDUSTRI",
        13: "KONSTRUKSI",
        15: "KARYAWAN SWASTA",
        19: "BURUH HARIAN LEPAS",
        20: "BURUH TANI/PERKEBUNAN",
        23: "PEMBANTU RUMAH TANGGA",
        26: "TUKANG BATU",
        81: "SOPIR",
        84: "PEDAGANG",
        88: "WIRASWASTA",
    },
    "status_kawin": {1: "BELUM KAWIN", 2: "KAWIN", 3: "CERAI HIDUP", 4: "CERAI MATI"},
    "kk_level": {1: "KEPALA KELUARGA", 3: "ISTRI", 4: "ANAK", 6: "CUCU", 7: "ORANGTUA"},
    "cacat_id": {
        1: "CACAT FISIK",
        2: "CACAT NETRA/BUTA",
        3: "CACAT RUNGU/WICARA",
        4: "CACAT MENTAL/JIWA",
        5: "CACAT FISIK DAN MENTAL",
        6: "CACAT LAINNYA",
        7: "TIDAK CACAT",
    },
    "status_dasar": {1: "HIDUP", 2: "MATI", 3: "PINDAH", 4: "HILANG", 6: "PERGI", 9: "TIDAK VALID"},
}
#: Other words for the same, as people write them.
OTHER_WORDS: dict[str, dict[int, str]] = {
    "sex": {1: "L", 2: "P"},
    "status_kawin": {1: "BK", 2: "K", 3: "CH", 4: "CM"},
}
