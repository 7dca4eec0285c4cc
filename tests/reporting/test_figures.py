"""What `read_figures` reads, against the small regency of `office.py`."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import psycopg
import pytest

from entas.reporting import MissingFigures, read_figures
from tests.reporting.office import AUGUST, OCTOBER, SEPTEMBER, Family, Office


def test_counts_of_the_regency_are_those_of_its_families(conn, settings, office):
    figures = read_figures(conn, settings, OCTOBER)

    assert (figures.regency.households, figures.regency.persons) == (5, 20)
    assert (figures.regency.opening, figures.regency.entered, figures.regency.exited) == (6, 1, 2)
    assert figures.regency.entered_by_reason["returned"] == 1
    assert figures.regency.exited_by_reason["graduated"] == 2
    assert figures.regency.candidates == 1
    assert figures.counted_for("verified") == 2
    assert figures.counted_for("below_line") == 3
    assert figures.students_sma == 2
    assert figures.listed.households == 8
    assert [month.households for month in figures.history] == [6, 6, 5]


def test_every_area_is_there_with_its_name(conn, settings, office):
    figures = read_figures(conn, settings, OCTOBER)

    assert len(figures.districts) == 23
    assert len(figures.villages) == 187
    assert figures.districts[0].name == "Tarumajaya"
    assert figures.regency.name == "Kabupaten Bekasi"
    assert {village.district_code for village in figures.villages} == {district.code for district in figures.districts}


def test_final_when_every_village_is_in_and_provisional_otherwise(conn, settings):
    office = Office(conn)
    late = office.villages[3]
    office.families[AUGUST] = {"h": Family(office.villages[0], entered="newly_registered")}
    office.receive_all(AUGUST, without=(late,))
    office.build()
    assert read_figures(conn, settings, AUGUST).status == "provisional"
    assert [village.code for village, _ in read_figures(conn, settings, AUGUST).missing] == [late]

    office.receive(AUGUST, late)
    office.build()
    assert read_figures(conn, settings, AUGUST).status == "final"


def test_a_month_carried_forward_is_not_in(conn, settings, office):
    office.families[date(2023, 11, 1)] = office.families[OCTOBER]
    office.build()
    figures = read_figures(conn, settings, date(2023, 11, 1))

    assert figures.status == "provisional"
    assert len(figures.missing) == 187
    assert {receipt.status for _, receipt in figures.missing} == {"carried_forward"}


def test_as_of_is_the_receipt_of_the_last_upload(conn, settings, office):
    last = conn.execute("select max(received_at) from raw.upload").fetchone()[0]
    figures = read_figures(conn, settings, OCTOBER)

    assert figures.as_of == last
    assert len(figures.uploads) == 3 * 187


def test_as_of_names_only_uploads_received_by_then(conn, settings, office):
    moment = conn.execute("select max(received_at) from raw.upload where period = '2023-09'").fetchone()[0]
    figures = read_figures(conn, settings, SEPTEMBER, as_of=moment)

    assert figures.as_of == moment
    assert {upload.period for upload in figures.uploads} == {"2023-08", "2023-09"}


def test_a_rejected_upload_moves_as_of_only_when_the_marts_show_it(conn, settings, office):
    village = office.villages[0]
    before = read_figures(conn, settings, OCTOBER).as_of
    conn.execute(
        "insert into raw.upload (village_code, period, file_name, sha256, bytes, received_at, status) "
        "values (%s, '2023-10', 'x.xlsx', 'f', 1, %s + interval '1 day', 'rejected')",
        (village, before),
    )
    assert read_figures(conn, settings, OCTOBER).as_of == before

    conn.execute(
        "update marts.rpt_register_completeness_monthly set status = 'rejected' "
        "where village_code = %s and register = 'penduduk' and period = %s",
        (village, OCTOBER),
    )
    assert read_figures(conn, settings, OCTOBER).as_of > before


def test_the_fingerprint_follows_the_figures_and_not_the_files(conn, settings, office):
    figures = read_figures(conn, settings, OCTOBER)
    office.receive(OCTOBER, office.villages[0])
    office.build()
    again = read_figures(conn, settings, OCTOBER)

    assert again.uploads != figures.uploads
    assert again.sha256 == figures.sha256
    assert replace(figures, students_smp=99).sha256 != figures.sha256


def test_the_policy_is_the_one_valid_on_the_last_day_of_the_month(conn, settings, office):
    conn.execute("insert into seeds.policy values ('32.16', 'count_rule', 'verified_only', '2023-10-31')")
    conn.execute("insert into seeds.policy values ('32.16', 'strictness', 'inclusive', '2023-11-01')")

    assert read_figures(conn, settings, SEPTEMBER).policy.count_rule == "measured_or_verified"
    policy = read_figures(conn, settings, OCTOBER).policy
    assert (policy.count_rule, policy.strictness) == ("verified_only", "strict")
    assert (policy.rupiah_per_person_day, policy.rupiah_per_person_month) == (10739, 322170)


def test_another_schema_of_marts_can_be_read(conn, settings, office):
    conn.execute("alter schema marts rename to marts_asof")
    conn.execute("alter schema seeds rename to seeds_asof")
    assert read_figures(conn, settings, OCTOBER, marts="marts_asof").regency.households == 5
    with pytest.raises(psycopg.errors.UndefinedTable):
        read_figures(conn, settings, OCTOBER)


def test_nothing_for_the_period_is_said_plainly(conn, settings, office):
    with pytest.raises(MissingFigures, match="2022-01"):
        read_figures(conn, settings, date(2022, 1, 1))
