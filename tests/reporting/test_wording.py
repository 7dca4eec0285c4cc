"""Indonesian forms of numbers, dates and amounts."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from entas.reporting import wording as w


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(0, 0, "0"), (1160, 0, "1.160"), (1234567, 0, "1.234.567"), (-766, 0, "−766"), (18.25, 1, "18,3"), (None, 0, "–")],
)
def test_number(value, digits, text):
    assert w.number(value, digits) == text


def test_signed():
    assert [w.signed(value) for value in (12, 0, -3)] == ["+12", "0", "−3"]


def test_percent_of_nothing_is_a_dash():
    assert w.percent(766, 1926) == "39,8%"
    assert w.percent(1, 0) == "–"


def test_rupiah_shows_sen_only_where_there_are_any():
    assert w.rupiah(1_500_000) == "Rp1.500.000"
    assert w.rupiah(11941.12) == "Rp11.941,12"


def test_dates_are_those_of_jakarta():
    assert w.month_name(date(2023, 10, 1)) == "Oktober 2023"
    assert w.moment_text(datetime(2023, 11, 4, 23, 0, tzinfo=UTC)) == "5 November 2023 pukul 06.00 WIB"


def test_listing():
    assert w.listing(["a"]) == "a"
    assert w.listing(["a", "b"]) == "a dan b"
    assert w.listing(["a", "b", "c"]) == "a, b, dan c"


def test_spelled():
    assert w.spelled(1160, "keluarga (KK)") == "1.160 (seribu seratus enam puluh) keluarga (KK)"
