"""Indonesian words and number forms of the report: one place, so that PDF, HTML and workbook say the same.

Forms follow PUEBI: dot for thousands, comma for decimals, `Rp1.500.000` without a space.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from lokal.rupiah import format_rupiah
from lokal.terbilang import terbilang

from entas.indonesian import MONTHS as MONTHS
from entas.indonesian import day_text as day_text
from entas.indonesian import listing as listing
from entas.indonesian import moment_text as moment_text
from entas.indonesian import month_name as month_name

SHORT_MONTHS = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agt", "Sep", "Okt", "Nov", "Des")

#: What stands where there is no value: null is not zero.
NOTHING = "–"

STATUS = {"final": "Final", "provisional": "Sementara"}

#: Entry reasons of design section 6, in its order of matching.
ENTERED = {
    "returned": "Kembali terhitung (pernah terhitung sebelumnya)",
    "newly_registered": "Baru terdaftar",
    "verified_eligible": "Dinyatakan layak melalui musyawarah/verifikasi",
    "fell_below_line": "Turun ke bawah garis kemiskinan ekstrem",
}
#: Exit reasons of design section 6; those of `left` rows first.
EXITED = {
    "died": "Meninggal dunia",
    "moved_out": "Pindah",
    "duplicate": "Data ganda",
    "not_found": "Tidak ditemukan",
    "missing_from_register": "Tidak lagi tercantum dalam register",
    "graduated": "Graduasi (naik ke atas garis)",
    "found_ineligible": "Tidak layak menurut hasil verifikasi",
    "unmeasured": "Belum terukur (ukuran tidak lagi tersedia)",
    "other": "Alasan lain",
}
REGISTERS = {
    "penduduk": "Penduduk",
    "kesejahteraan": "Kesejahteraan",
    "verifikasi": "Verifikasi",
    "bantuan": "Bantuan",
    "pemberdayaan": "Pemberdayaan",
}
RECEIPT = {
    "received": "Diterima",
    "carried_forward": "Memakai data bulan sebelumnya",
    "missing": "Belum ada data",
    "rejected": "Ditolak",
}
BASIS = {"income": "pendapatan", "expenditure": "pengeluaran"}
STRICTNESS = {
    "strict": "di bawah garis (lebih kecil dari garis)",
    "inclusive": "sama dengan atau di bawah garis",
}
COUNT_RULE = {
    "measured_or_verified": "keluarga yang terukur berada di bawah garis atau dinyatakan layak melalui verifikasi",
    "verified_only": "hanya keluarga yang dinyatakan layak melalui verifikasi",
}
LEVELS = {"village": "desa/kelurahan", "district": "kecamatan", "regency": "kabupaten"}

#: Labels of the figures of an area (columns of `rpt_extreme_poverty_monthly`), with their unit.
FIGURES = {
    "households": "Jumlah keluarga (KK)",
    "persons": "Jumlah jiwa",
    "opening": "Keluarga awal bulan",
    "entered": "Keluarga masuk",
    **{f"entered_{key}": f"Masuk: {label}" for key, label in ENTERED.items()},
    "exited": "Keluarga keluar",
    **{f"exited_{key}": f"Keluar: {label}" for key, label in EXITED.items()},
    "transferred_in": "Pindah masuk antarwilayah (KK)",
    "transferred_out": "Pindah keluar antarwilayah (KK)",
    "closing": "Keluarga akhir bulan",
    "candidates": "Calon, desil 1 belum terukur (KK)",
    "unmeasured": "Belum terukur (KK)",
    "assisted_households": "Keluarga penerima bantuan",
    "assistance_amount": "Nilai bantuan (rupiah)",
    "trained_households": "Keluarga peserta pelatihan keterampilan",
    "capital_households": "Keluarga penerima bantuan modal",
    "households_with_students_smp": "Keluarga dengan siswa SMP/sederajat",
    "households_with_students_sma": "Keluarga dengan siswa SMA/sederajat",
    "headcount_ratio": "Proporsi penduduk di bawah garis (P0)",
    "poverty_gap": "Indeks kedalaman (P1)",
    "poverty_severity": "Indeks keparahan (P2)",
}


def short_month(month: date) -> str:
    """`Okt 2023`."""
    return f"{SHORT_MONTHS[month.month - 1]} {month.year}"


def number(value: float | Decimal | None, digits: int = 0) -> str:
    """`1.160`, `18,3`; a dash for nothing; a true minus sign."""
    if value is None:
        return NOTHING
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    text = f"{abs(exact):,.{digits}f}".translate(str.maketrans(",.", ".,"))
    return f"−{text}" if exact < 0 else text


def signed(value: int) -> str:
    """`+12`, `−766`, `0`."""
    return f"+{number(value)}" if value > 0 else number(value)


def percent(part: float, whole: float, digits: int = 1) -> str:
    """`39,8%` of `part` in `whole`; a dash when there is no whole."""
    return NOTHING if not whole else f"{number(Decimal(str(part)) * 100 / Decimal(str(whole)), digits)}%"


def rupiah(value: float | Decimal | None) -> str:
    """`Rp1.500.000`, with sen only where there are any; a dash for nothing."""
    if value is None:
        return NOTHING
    exact = Decimal(str(value))
    return format_rupiah(exact, decimals=exact != exact.to_integral_value())


def spelled(value: int, unit: str) -> str:
    """`1.160 (seribu seratus enam puluh) keluarga`: how an official letter writes a number."""
    return f"{number(value)} ({terbilang(value)}) {unit}"


def months_text(months: float | None) -> str:
    """Months to the target in words; without a value the count does not fall, or so many months are not known yet."""
    if months is None:
        return "belum dapat diperkirakan"
    if months <= 0:
        return "target telah tercapai"
    return f"{number(months, 0 if float(months).is_integer() else 1)} bulan"
