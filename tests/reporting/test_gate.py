"""Each thing that holds a report, and that nothing holds a good one."""

from __future__ import annotations

from datetime import date

import pytest

from entas.clock import add_months, now
from entas.reporting import check_gate
from tests.reporting.office import AUGUST, OCTOBER, Office


def test_nothing_holds_a_good_month(conn, settings, office):
    for month in (AUGUST, add_months(AUGUST, 1), OCTOBER):
        assert check_gate(conn, settings, month) == []


def test_a_month_that_has_not_begun_is_held(conn, settings, office):
    coming = add_months(now().date().replace(day=1), 2)
    assert "belum berjalan" in check_gate(conn, settings, coming)[0]


def test_marts_that_were_never_built_are_named(conn, settings):
    reasons = check_gate(conn, settings, OCTOBER)
    assert len(reasons) == 1
    assert "marts.rpt_extreme_poverty_monthly" in reasons[0]
    assert "entas transform" in reasons[0]


def test_no_accepted_penduduk_at_all_holds(conn, settings):
    office = Office(conn)
    office.receive(OCTOBER, office.villages[0], registers=("bantuan",))
    office.build()
    assert "Belum ada register penduduk" in check_gate(conn, settings, OCTOBER)[0]


def test_a_period_without_figures_is_held(conn, settings, office):
    assert "2023-11" in check_gate(conn, settings, date(2023, 11, 1))[0]


@pytest.mark.parametrize("register", ["penduduk", "bantuan"])
def test_marts_older_than_an_accepted_register_are_held(conn, settings, office, register):
    office.receive(AUGUST, office.villages[5], registers=(register,))
    reasons = check_gate(conn, settings, OCTOBER)
    assert len(reasons) == 1
    assert f"({register} 1)" in reasons[0]

    office.build()
    assert check_gate(conn, settings, OCTOBER) == []


def test_events_that_a_later_file_of_that_name_replaced_need_not_be_in_the_marts(conn, settings, office):
    village = office.villages[5]
    office.receive(OCTOBER, village, registers=("bantuan", "verifikasi"))
    office.receive(OCTOBER, village, registers=("verifikasi",))  # the same file name, now without bantuan
    office.build()
    conn.execute(
        "update marts.rpt_register_completeness_monthly set status = 'missing', received_at = null "
        "where village_code = %s and register = 'bantuan' and period = %s",
        (village, OCTOBER),
    )
    assert check_gate(conn, settings, OCTOBER) == []


def test_an_upload_received_after_as_of_does_not_hold(conn, settings, office):
    moment = conn.execute("select max(received_at) from raw.upload").fetchone()[0]
    office.receive(OCTOBER, office.villages[5])
    assert check_gate(conn, settings, OCTOBER)
    assert check_gate(conn, settings, OCTOBER, as_of=moment) == []


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        ("set opening = opening + 1 where area_level = 'district'", "akhir = awal"),
        ("set opening = opening + 1, closing = closing + 1 where area_level = 'village'", "awal = akhir bulan sebelum"),
        ("set households = households + 1 where area_level = 'regency'", "jumlah keluarga = akhir bulan"),
        ("set entered_returned = entered_returned + 1 where area_code = '32.16.01'", "masuk = jumlah"),
        ("set exited_graduated = null where area_code = '32.16'", "keluar = jumlah"),
        ("set persons = persons + 1 where area_code = '32.16.01'", "Jumlah kecamatan"),
        ("set persons = persons + 1", "keluarga yang terhitung"),
    ],
)
def test_arithmetic_that_does_not_hold_is_held(conn, settings, office, damage, rule):
    where = " and period = '2023-10-01'" if " where " in damage else " where period = '2023-10-01'"
    conn.execute(f"update marts.rpt_extreme_poverty_monthly {damage}{where}")
    assert any(rule in reason for reason in check_gate(conn, settings, OCTOBER))


def test_the_first_month_opens_at_nought(conn, settings, office):
    conn.execute(
        "update marts.rpt_extreme_poverty_monthly set opening = 1, entered = entered - 1, "
        "entered_newly_registered = entered_newly_registered - 1 where area_code = '32.16' and period = %s",
        (AUGUST,),
    )
    reasons = check_gate(conn, settings, AUGUST)
    assert any("awal bulan pertama = 0" in reason for reason in reasons)


def test_missing_areas_are_held(conn, settings, office):
    conn.execute(
        "delete from marts.rpt_extreme_poverty_monthly where area_code = %s and period = %s",
        (office.villages[50], OCTOBER),
    )
    assert any("186 dari 187 desa/kelurahan" in reason for reason in check_gate(conn, settings, OCTOBER))


def test_no_valid_line_is_held(conn, settings, office):
    conn.execute("update seeds.poverty_lines set valid_to = '2023-09-30'")
    assert any("garis kemiskinan bekasi_sk_bupati" in reason for reason in check_gate(conn, settings, OCTOBER))
