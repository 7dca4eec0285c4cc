"""Months, moments and lists as an Indonesian sentence has them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from entas.clock import JAKARTA

MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)  # fmt: skip


def month_name(month: date) -> str:
    """`Oktober 2023`."""
    return f"{MONTHS[month.month - 1]} {month.year}"


def day_text(day: date) -> str:
    """`5 November 2023`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def moment_text(moment: datetime) -> str:
    """`5 November 2023 pukul 06.00 WIB`."""
    local = moment.astimezone(JAKARTA)
    return f"{day_text(local.date())} pukul {local:%H.%M} WIB"


def listing(words: Sequence[str]) -> str:
    """`a`, `a dan b`, `a, b, dan c`."""
    if len(words) < 3:
        return " dan ".join(words)
    return f"{', '.join(words[:-1])}, dan {words[-1]}"
