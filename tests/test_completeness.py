"""Which village and which kecamatan comes first, and how rates add up."""

from __future__ import annotations

from dataclasses import replace

from entas.completeness import VillageMonth, _totals, _worst_district_first, _worst_village_first

SENT = VillageMonth(
    village_code="32.16.01.2001",
    village_name="Contoh",
    district_code="32.16.01",
    district_name="Contoh",
    status="in_time",
    first_received_at=None,
    last_received_at=None,
    last_upload_at=None,
    uploads=1,
    registers_received=1,
    rows_read=100,
    rows_accepted=100,
    rows_quarantined=0,
    register_age_months=0,
)


def test_villages_come_worst_first() -> None:
    never = replace(SENT, status="missing", register_age_months=None, rows_read=0)
    old = replace(SENT, status="missing", register_age_months=3, rows_read=0)
    recent = replace(SENT, status="missing", register_age_months=1, rows_read=0)
    refused = replace(SENT, status="rejected", register_age_months=9, rows_read=0)
    late = replace(SENT, status="late")
    dirty = replace(SENT, rows_quarantined=20)
    other = replace(SENT, village_code="32.16.01.2002")
    worst_first = [never, old, recent, refused, late, dirty, SENT, other]
    best_first = worst_first[::-1]
    assert sorted(best_first, key=_worst_village_first) == worst_first


def test_totals_count_rows_rather_than_rates() -> None:
    small = replace(SENT, rows_read=10, rows_quarantined=10, register_age_months=4, status="late")
    missing = replace(SENT, status="missing", register_age_months=None, rows_read=0, rows_quarantined=0)
    refused = replace(missing, status="rejected", register_age_months=7)
    total = _totals("32.16", "Contoh", [SENT, small, missing, refused])
    assert (total.villages, total.sent, total.late, total.missing, total.rejected) == (4, 2, 1, 2, 1)
    assert total.quarantine_rate == 10 / 110
    assert total.oldest_register_months == 7
    assert _totals("32.16", "Contoh", [missing]).quarantine_rate is None


def test_districts_come_by_their_share_of_missing_villages() -> None:
    missing = replace(SENT, status="missing", rows_read=0)
    half_of_two = _totals("a", "A", [SENT, missing])
    third_of_six = _totals("b", "B", [SENT, SENT, SENT, SENT, missing, missing])
    late = _totals("c", "C", [replace(SENT, status="late")])
    good = _totals("d", "D", [SENT])
    assert sorted([good, late, third_of_six, half_of_two], key=_worst_district_first) == [
        half_of_two,
        third_of_six,
        late,
        good,
    ]
