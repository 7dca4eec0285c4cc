"""Why a family has its status in a month, down to the sheet rows that say so, in Indonesian (design, section 6).

Nothing is judged again here: figures and decisions are read from the tables of the dbt project that decided, and
only told. The answer holds no NIK and no name; of card numbers only the one that was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

from entas import clock
from entas.errors import EntasError, UsageError
from entas.ids import Pseudonymiser
from entas.privacy.trace import destroyed_days
from entas.reporting.wording import (
    BASIS,
    COUNT_RULE,
    ENTERED,
    EXITED,
    FIGURES,
    STRICTNESS,
    day_text,
    listing,
    moment_text,
    month_name,
    rupiah,
)
from entas.settings import Settings
from entas.warehouse import open_warehouse

#: Months before the asked one that are told.
HISTORY_MONTHS = 12

STATUS = {
    "extreme_poor": "miskin ekstrem",
    "not_extreme_poor": "tidak miskin ekstrem",
    "candidate": "calon (desil 1)",
    "unmeasured": "belum terukur",
    "left": "tidak lagi tercatat",
}
REASON = {
    "missing_from_register": "tidak tercantum lagi dalam register mana pun",
    "died": "meninggal",
    "moved_out": "pindah",
    "duplicate": "data ganda",
    "not_found": "tidak ditemukan",
    "found_ineligible": "dinyatakan tidak layak sejak awal",
    "graduated": "dinyatakan graduasi",
    "other": "dinyatakan tidak layak karena alasan lain",
    "verified": "dinyatakan layak melalui musyawarah",
    "below_line": "di bawah garis",
    "above_line": "tidak di bawah garis",
    "decile_1": "desil 1 tanpa ukuran lain",
    "no_measure": "tidak ada ukuran",
}
VERDICT = {"layak": "layak", "tidak_layak": "tidak layak"}
GROUND = {
    "meninggal": "meninggal",
    "pindah": "pindah",
    "ganda": "ganda",
    "tidak_ditemukan": "tidak ditemukan",
    "tidak_layak_sejak_awal": "tidak layak sejak awal",
    "graduasi": "graduasi",
    "lainnya": "lainnya",
}
LIFE = {1: "hidup", 2: "mati", 3: "pindah", 4: "hilang", 6: "pergi", 9: "tidak valid"}

#: The decision table of the design, row by row.
CASES = (
    "keluarga tidak lagi tercantum dalam register mana pun",
    "tidak ada anggota keluarga yang hidup",
    "keputusan terakhir: keluarga sudah tidak ada di desa",
    "keputusan berlaku: tidak layak",
    "keputusan berlaku: layak",
    "besar {basis} keluarga diketahui",
    "desil kesejahteraan 1",
    "tidak ada ukuran apa pun",
)

#: Why a family without a living member is gone: the rows of its persons tell.
_WITHOUT_LIVING = {
    "died": "semua berstatus mati",
    "moved_out": "ada yang berstatus pindah",
    "not_found": "ada yang tidak mati, dan tidak ada yang pindah",
}

_DECISION_ROLES = {
    "decides": "menentukan status bulan ini",
    "superseded": "masih dalam 12 bulan, tetapi digantikan oleh pendataan yang tanggalnya sesudah keputusan",
    "expired": "tidak berlaku lagi karena lebih dari 12 bulan",
    "passed_over": "dilewati, karena desa yang memutuskan keluarga ini tidak ada bukan desa yang mencatatnya",
    "earlier": "tidak dipakai, karena ada keputusan yang lebih baru",
    "not_needed": "tidak dipakai, karena status sudah ditentukan oleh register penduduk",
}

#: What `seeds/poverty_lines.csv` gives as sources, as an official reads them. A source that is not here is shown as it
#: stands there.
LINE_SOURCES = {
    "Decree of the regent as reported by radarbekasi.id 2023-12-06: family of 4 x 10,739 x 30 = Rp1,288,680 a month": (
        "Keputusan Bupati Bekasi, sebagaimana diberitakan radarbekasi.id pada 6 Desember 2023: keluarga dengan 4 "
        "anggota x Rp10.739 x 30 hari = Rp1.288.680 sebulan"
    ),
    "Press quoting the coordinating ministry (eranasional.com/52810)": (
        "Pemberitaan yang mengutip Kementerian Koordinator Bidang PMK (eranasional.com/52810)"
    ),
    "BPS March 2021, USD 1.90 PPP (press; a Kemendagri slide gives 11,941)": (
        "BPS Maret 2021, USD 1,90 PPP (pemberitaan; paparan Kemendagri menyebut Rp11.941)"
    ),
    "BPS March 2023, USD 1.90 PPP, headcount 1.12 percent (bisnis.com 2023-11-10); the day figure is the month divided "
    "by 30": (
        "BPS Maret 2023, USD 1,90 PPP, tingkat kemiskinan ekstrem 1,12 persen (bisnis.com, 10 November 2023); angka "
        "sehari adalah angka sebulan dibagi 30"
    ),
    "BPS January 2025, USD 2.15 PPP, about Rp391,000 a month (tempo.co 1200748); the day figure is the month divided "
    "by 30": (
        "BPS Januari 2025, USD 2,15 PPP, sekitar Rp391.000 sebulan (tempo.co 1200748); angka sehari adalah angka "
        "sebulan dibagi 30"
    ),
}

#: Kinds of help, as an official calls them.
KIND = {
    "pelatihan_keterampilan": "pelatihan keterampilan",
    "bantuan_modal": "bantuan modal",
    "pendampingan_usaha": "pendampingan usaha",
    "padat_karya": "padat karya",
    "lainnya": "kegiatan lain",
}

#: Why a village's claim on a family comes after the one that is kept: the first of these that differs.
_CLAIM_RULES = (
    ("has_living_member", "desa lain mencatat anggota yang hidup"),
    ("register_period", "register desa lain lebih baru"),
    ("received_at", "register desa lain diterima lebih akhir"),
    ("village_code", "kode desa lain lebih kecil"),
)


def explain(
    settings: Settings, period: date, *, no_kk: str | None = None, household_id: str | None = None
) -> dict[str, Any]:
    """What is known of a family in a month, and why it has its status.

    Args:
        period: first day of the month.
        no_kk: family card number, 16 digits; or else
        household_id: id of the family in the marts.

    Returns:
        period, household_id (and no_kk when it was given), village, status, reason, is_counted, case, steps, figures,
        decisions, claims, shared_persons, help, movement (with the report's cells that count the family), history,
        sources; texts are Indonesian, dates ISO 8601, amounts rupiah. `to_text` tells it to a person. Rows are told by
        file, sheet and number; names and NIKs are not.

    Raises:
        UsageError: neither or both ids, or one that cannot be.
        EntasError: the marts are not built, or the family has no row in that month (the message says in which).
    """
    household = _household(settings, no_kk, household_id)
    with open_warehouse(settings).connect(row_factory=dict_row) as connection:
        # One moment for all queries: a build may replace the tables meanwhile.
        connection.execute("set transaction isolation level repeatable read, read only")
        built = connection.execute(
            """
            select to_regclass('marts.fct_household_status_monthly') is not null
               and to_regclass('intermediate.int_household_status') is not null as built
            """
        ).fetchone()
        if not built["built"]:
            raise EntasError("the marts are not built yet; run entas transform first")
        asked = {"household_id": household, "period": period}
        row = connection.execute(_STATUS, asked).fetchone()
        if row is None:
            raise EntasError(_unknown(connection, household, period))
        figures = connection.execute(_FIGURES, asked).fetchone()
        decisions = _decisions(connection.execute(_DECISIONS, asked).fetchall(), row)
        claims = _claims(connection.execute(_CLAIMS, asked).fetchall())
        shared = connection.execute(_SHARED_PERSONS, asked).fetchall()
        helped = connection.execute(_HELP, asked).fetchall()
        cells = connection.execute(_CELLS, asked).fetchall()
        history = connection.execute(_HISTORY, asked | {"months": HISTORY_MONTHS}).fetchall()
        sources = _sources(connection, asked, figures, decisions, helped)
    case = _case(row)
    answer = {
        "period": clock.period_text(period),
        **({"no_kk": no_kk.strip()} if no_kk is not None else {}),
        "household_id": household,
        "village": _village(row),
        "status": row["status"],
        "status_text": STATUS[row["status"]],
        "reason": row["reason"],
        "reason_text": REASON[row["reason"]],
        "is_counted": row["is_counted"],
        "case": case,
        "case_text": CASES[case - 1].format(basis=BASIS[figures["basis"]]),
        "register_period": clock.period_text(row["register_period"]),
        "register_age_months": row["register_age_months"],
        "figures": {**figures, "members": row["members"], "monthly_amount": row["monthly_amount"],
                    "per_capita": row["per_capita"], "poverty_line": row["poverty_line"], "gap": row["gap"],
                    **_against_line(row)},
        "verified_on": row["verified_on"],
        "decisions": decisions,
        "claims": claims,
        "shared_persons": shared,
        "help": helped,
        "movement": {
            "movement": row["movement"],
            "reason": row["movement_reason"],
            "previous_status": row["previous_status"],
            "previous_village_code": row["previous_village_code"],
            "previous_village_name": row["previous_village_name"],
            "cells": cells,
        },
        "history": [one | {"period": clock.period_text(one["period"])} for one in history],
        "sources": sources,
    }  # fmt: skip
    answer["steps"] = _steps(answer)
    return _plain(answer)


def _household(settings: Settings, no_kk: str | None, household_id: str | None) -> str:
    if (no_kk is None) == (household_id is None):
        raise UsageError("name the family by its card number or by its household_id, one of the two")
    if no_kk is not None:
        if not re.fullmatch(r"\d{16}", no_kk.strip(), re.ASCII):
            raise UsageError("a family card number has 16 digits and nothing else")
        return Pseudonymiser(settings.pseudonym_key).household_id(no_kk.strip())
    assert household_id is not None
    household = household_id.strip().lower()
    if not re.fullmatch(r"[0-9a-f]{64}", household):
        raise UsageError("a household_id has 64 hexadecimal digits, as in marts.fct_household_status_monthly")
    return household


# --- queries -------------------------------------------------------------------------------------------------------

_STATUS = """
select f.*, v.village_name, v.village_kind, v.district_name, p.village_name as previous_village_name
from marts.fct_household_status_monthly f
left join marts.dim_village v using (village_code)
left join marts.dim_village p on p.village_code = f.previous_village_code
where f.household_id = %(household_id)s and f.period = %(period)s
"""

_FIGURES = """
select p.basis, p.strictness, p.count_rule, m.window_start, p.line_id, l.rupiah_per_person_day as line_per_day,
       l.authority as line_authority, l.source as line_source, a.decile, a.surveyed_on,
       s.upload_id as register_upload_id, a.upload_id as amount_upload_id, a.row_position as amount_row_position,
       a.found_by as amount_found_by
from intermediate.int_monthly_policy p
join intermediate.int_months m using (period)
left join lateral (
    select * from seeds.poverty_lines l
    where l.line_id = p.line_id and l.rupiah_per_person_day * 30 = p.poverty_line
      and m.month_end between l.valid_from and coalesce(l.valid_to, 'infinity')
    order by l.valid_from desc limit 1
) l on true
left join intermediate.int_family_amounts a on a.period = p.period and a.household_id = %(household_id)s
left join (
    select period, upload_id from intermediate.int_families_kept where household_id = %(household_id)s
    union all
    select period, upload_id from intermediate.int_families_no_longer_listed where household_id = %(household_id)s
) s on s.period = p.period
where p.period = %(period)s
"""

# Newest first, in the order in which the latest is looked for. `is_latest` is the one that was found.
_DECISIONS = """
select d.decided_on, d.verdict, d.ground, d.village_code, v.village_name, d.received_at, d.upload_id, d.row_position,
       d.is_gone, l.household_id is not null as is_latest, coalesce(l.is_in_force, false) as is_in_force
from intermediate.int_decisions d
join intermediate.int_months m on m.period = %(period)s and d.decided_on <= m.month_end
left join intermediate.int_latest_decisions l
    on l.period = m.period and l.household_id = d.household_id and l.village_code = d.village_code
    and l.decided_on = d.decided_on and l.verdict = d.verdict and l.upload_id = d.upload_id
left join marts.dim_village v on v.village_code = d.village_code
where d.household_id = %(household_id)s
order by d.decided_on desc, d.received_at desc, d.row_position desc
"""

_CLAIMS = """
select c.village_code, v.village_name, to_char(c.register_period, 'YYYY-MM') as register_period, c.received_at,
       c.has_living_member, c.is_kept
from intermediate.int_family_claims c left join marts.dim_village v using (village_code)
where c.household_id = %(household_id)s and c.period = %(period)s
order by c.is_kept desc, c.register_period desc, c.received_at desc, c.village_code
"""

# Persons whose NIK this family and another list: which row keeps it, and what became of the other.
_SHARED_PERSONS = """
select mine.upload_id, mine.row_position, r.sheet, r.row_number, mine.is_kept, mine.is_counted_elsewhere,
       other.household_id as other_household_id, other.village_code, v.village_name,
       other.upload_id as other_upload_id, o.sheet as other_sheet, o.row_number as other_row_number,
       other.is_counted_elsewhere as other_is_counted_here
from intermediate.int_person_claims mine
join intermediate.int_person_claims other
    on other.period = mine.period and other.person_id = mine.person_id
    and (other.upload_id, other.row_position) <> (mine.upload_id, mine.row_position)
    and (mine.is_kept or other.is_kept)
join raw.penduduk r on r.upload_id = mine.upload_id and r.position = mine.row_position
join raw.penduduk o on o.upload_id = other.upload_id and o.position = other.row_position
left join marts.dim_village v on v.village_code = other.village_code
where mine.household_id = %(household_id)s and mine.period = %(period)s
order by mine.upload_id, mine.row_position, other.village_code, other.upload_id, other.row_position
"""

# Payments of the month, and activities begun within the twelve months that end with it.
_HELP = """
select case h.help_type when 'payment' then 'bantuan' else 'pemberdayaan' end as input,
       split_part(h.help_id, '-', 1)::bigint as upload_id, split_part(h.help_id, '-', 2)::integer as row_position,
       h.found_by, p.programme, p.funding_source, a.kind, a.provider, coalesce(p.paid_on, a.started_on) as dated,
       a.finished_on, coalesce(p.amount, a.amount) as amount, coalesce(p.village_code, a.village_code) as village_code,
       v.village_name
from intermediate.int_help_families h
left join intermediate.int_payments p on h.help_type = 'payment' and p.payment_id = h.help_id
left join intermediate.int_activities a on h.help_type = 'activity' and a.activity_id = h.help_id
left join marts.dim_village v on v.village_code = coalesce(p.village_code, a.village_code)
where h.household_id = %(household_id)s and h.period = %(period)s
order by 1, dated, upload_id, row_position
"""

# Where the report counts the family: the way from a number to its families, gone backwards.
_CELLS = """
select area_level, area_code, cell from marts.rpt_movement_detail
where household_id = %(household_id)s and period = %(period)s
order by cell, length(area_code) desc, area_code
"""

_HISTORY = """
select f.period, f.village_code, v.village_name, f.status, f.reason, f.is_counted, f.movement, f.movement_reason
from marts.fct_household_status_monthly f left join marts.dim_village v using (village_code)
where f.household_id = %(household_id)s and f.period < %(period)s
order by f.period desc limit %(months)s
"""

_UPLOADS = """
select u.upload_id, u.village_code, v.village_name, u.period, u.file_name, u.sha256, u.received_at
from raw.upload u left join marts.dim_village v using (village_code) where u.upload_id = any(%s)
"""


def _unknown(connection: psycopg.Connection[Any], household: str, period: date) -> str:
    """Why the family has no row in the month."""
    month = clock.period_text(period)
    known = connection.execute(
        """
        select to_char(min(period), 'YYYY-MM') as first, to_char(max(period), 'YYYY-MM') as last,
               coalesce(bool_or(period = %s), false) as has_month
        from intermediate.int_months
        """,
        (period,),
    ).fetchone()
    if known["first"] is None:
        return "the marts hold no month yet: no upload was accepted before they were built; run entas transform again"
    if not known["has_month"]:
        return f"{month} is not in the marts, which hold {known['first']} to {known['last']}"
    rows = connection.execute(
        """
        select to_char(period, 'YYYY-MM') as month from marts.fct_household_status_monthly
        where household_id = %s order by period
        """,
        (household,),
    ).fetchall()
    if not rows:
        erased = connection.execute(
            "select reference from privacy.request where kind = 'erasure' and subject_id = %s limit 1", (household,)
        ).fetchone()
        if erased:
            return f"the identity of this family was erased on request ({erased['reference']}): no figure leads to it"
        return (
            "this family is in no month of the marts; look at its number, and whether its village's register was "
            "accepted since entas transform last ran"
        )
    months = [row["month"] for row in rows]
    return f"this family has no row in {month}; it has in {', '.join(months)}"


def _decisions(rows: Sequence[dict[str, Any]], status: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The decisions, each with what became of it in this month."""
    told = []
    latest_met = False
    case = _case(status)
    for row in rows:
        is_latest, in_force = row.pop("is_latest"), row.pop("is_in_force")
        if case <= 2:
            role = "not_needed"
        elif is_latest:
            latest_met = True
            # What is in force decides unless an amount superseded it, and then that amount decided.
            role = "decides" if case in (3, 4, 5) else "superseded" if in_force else "expired"
        else:
            role = "earlier" if latest_met else "passed_over"
        told.append(row | {"role": role, "role_text": _DECISION_ROLES[role]})
    return told


def _against_line(row: Mapping[str, Any]) -> dict[str, Any]:
    """The line for the whole family in rupiah, as dbt compares it, and how the amount stands to it."""
    if row["per_capita"] is None or row["poverty_line"] is None:
        return {"family_line": None, "amount_is": None}
    line = row["poverty_line"] * row["members"]
    amount = row["monthly_amount"]
    return {
        "family_line": line,
        "amount_is": "less" if amount < line else "equal" if amount == line else "greater",
    }


def _claims(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The claims of the villages, the kept one first, each other with the rule by which it came after it."""
    if not rows:
        return []
    kept = rows[0]
    told = [kept | {"lost_by": None}]
    for row in rows[1:]:
        rule = next((rule for rule, _ in _CLAIM_RULES if row[rule] != kept[rule]), None)
        told.append(row | {"lost_by": rule})
    return told


def _case(row: Mapping[str, Any]) -> int:
    """The row of the decision table (1 to 8) that gave this status and reason."""
    if row["status"] == "left":
        return 1 if row["reason"] == "missing_from_register" else 2 if row["members"] == 0 else 3
    return {
        "found_ineligible": 4,
        "graduated": 4,
        "other": 4,
        "verified": 5,
        "below_line": 6,
        "above_line": 6,
        "decile_1": 7,
        "no_measure": 8,
    }[row["reason"]]


def _sources(
    connection: psycopg.Connection[Any],
    asked: Mapping[str, Any],
    figures: Mapping[str, Any],
    decisions: Sequence[Mapping[str, Any]],
    helped: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """Upload, sheet and rows of every input: the register, the amounts, the decisions, the help received."""
    found: list[dict[str, Any]] = []
    if figures["register_upload_id"] is not None:
        persons = connection.execute(
            """
            select sheet, row_number, position, coalesce(status_dasar, 1) as life from raw.penduduk
            where upload_id = %s and household_id = %s order by position
            """,
            (figures["register_upload_id"], asked["household_id"]),
        ).fetchall()
        found.append({"input": "penduduk", "upload_id": figures["register_upload_id"], "rows": persons})
    if figures["amount_upload_id"] is not None:
        rows = connection.execute(
            "select sheet, row_number, position from raw.kesejahteraan where upload_id = %s and position = %s",
            (figures["amount_upload_id"], figures["amount_row_position"]),
        ).fetchall()
        found.append(
            {
                "input": "kesejahteraan",
                "upload_id": figures["amount_upload_id"],
                "found_by": figures["amount_found_by"],
                "rows": rows,
            }
        )
    for decision in decisions:
        rows = connection.execute(
            "select sheet, row_number, position from raw.verifikasi where upload_id = %s and position = %s",
            (decision["upload_id"], decision["row_position"]),
        ).fetchall()
        found.append(
            {
                "input": "verifikasi",
                "upload_id": decision["upload_id"],
                "decided_on": decision["decided_on"],
                "role": decision["role"],
                "rows": rows,
            }
        )
    for one in helped:
        rows = connection.execute(
            f"select sheet, row_number, position from raw.{one['input']} where upload_id = %s and position = %s",
            (one["upload_id"], one["row_position"]),
        ).fetchall()
        found.append(
            {
                "input": one["input"],
                "upload_id": one["upload_id"],
                "dated": one["dated"],
                "found_by": one["found_by"],
                "rows": rows,
            }
        )
    uploads = {
        row["upload_id"]: row
        for row in connection.execute(_UPLOADS, (list({source["upload_id"] for source in found}),)).fetchall()
    }
    for upload_id, day in destroyed_days(connection, uploads).items():
        uploads[upload_id]["destroyed_on"] = day
    return [uploads[source["upload_id"]] | source for source in found]


def _village(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "code": row["village_code"],
        "name": row["village_name"],
        "kind": row["village_kind"],
        "district_name": row["district_name"],
    }


def _plain(value: Any) -> Any:
    """The value as JSON has it: amounts as numbers, days and moments as ISO 8601."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.astimezone(clock.JAKARTA).isoformat()
    return value.isoformat() if isinstance(value, date) else value


# --- telling -------------------------------------------------------------------------------------------------------


def _steps(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of the decision table up to the one that decided, each with why it does or does not apply."""
    figures, decisions = answer["figures"], answer["decisions"]
    case = answer["case"]
    latest = next((one for one in decisions if one["role"] in ("decides", "superseded", "expired")), None)
    passed_over = any(one["role"] == "passed_over" for one in decisions)
    if latest is None:
        about_decision = (
            "semua keputusan yang ada dilewati" if passed_over else "tidak ada keputusan sampai akhir bulan ini"
        )
    elif latest["role"] == "superseded":
        surveyed = day_text(figures["surveyed_on"])
        about_decision = f"keputusan {day_text(latest['decided_on'])} sudah digantikan oleh pendataan {surveyed}"
    elif latest["role"] == "expired":
        about_decision = (
            f"keputusan {day_text(latest['decided_on'])} tidak berlaku lagi; yang berlaku hanya keputusan sejak "
            f"{day_text(figures['window_start'])}"
        )
    else:
        about_decision = f"keputusan {day_text(latest['decided_on'])} menyatakan {_verdict(latest)}"
    basis = BASIS[figures["basis"]]
    whys = (
        "register penduduk masih mencantumkannya",
        f"{figures['members']} anggota hidup",
        about_decision,
        about_decision,
        about_decision,
        f"tidak ada angka {basis} keluarga pada pendataan yang berlaku bulan ini",
        f"desil {figures['decile']}" if figures["decile"] is not None else "desil tidak diketahui",
    )
    decided = {
        1: "register yang berlaku bulan ini tidak mencantumkannya lagi",
        2: f"tidak seorang pun anggota berstatus hidup; {_WITHOUT_LIVING.get(answer['reason'])}",
        6: _comparison(figures, answer["reason_text"]),
        7: f"desil 1, sedangkan keputusan yang berlaku dan angka {basis} tidak ada",
        8: f"tidak ada keputusan yang berlaku, angka {basis}, maupun desil 1",
    }
    texts = [text.format(basis=basis) for text in CASES]
    told = [
        {"case": number, "text": texts[number - 1], "applies": False, "why": whys[number - 1]}
        for number in range(1, case)
    ]
    told.append({"case": case, "text": texts[case - 1], "applies": True, "why": decided.get(case, about_decision)})
    return told


def _comparison(figures: Mapping[str, Any], outcome: str) -> str:
    if figures["per_capita"] is None:
        return ""
    return (
        f"{BASIS[figures['basis']]} {_rupiah(figures['per_capita'])} per orang sebulan, garis "
        f"{_rupiah(figures['poverty_line'])}: {outcome}"
    )


def _verdict(decision: Mapping[str, Any]) -> str:
    ground = decision["ground"]
    return VERDICT[decision["verdict"]] + (f" ({GROUND[ground]})" if ground else "")


def _rupiah(value: float | Decimal | None) -> str:
    return rupiah(None if value is None else round(Decimal(str(value)), 2))


def _place(code: str | None, name: str | None) -> str:
    return f"{name} ({code})" if name else str(code)


def to_text(answer: Mapping[str, Any]) -> str:
    """The answer of `explain` as a page of Indonesian text, without NIKs and names."""
    lines: list[str] = []

    def section(title: str, *content: str) -> None:
        lines.extend(["", title, *(f"  {line}" for line in content if line)])

    month = month_name(_day(f"{answer['period']}-01"))
    who = f"Keluarga dengan nomor KK {answer['no_kk']}" if "no_kk" in answer else f"Keluarga {answer['household_id']}"
    village, figures = answer["village"], answer["figures"]
    lines.append(f"{who}, {month}")
    lines.append(f"Desa/kelurahan: {_place(village['code'], village['name'])}, Kecamatan {village['district_name']}")
    counted = "terhitung" if answer["is_counted"] else "tidak terhitung"
    lines.append(
        f"Status: {answer['status_text']}, karena {answer['reason_text']} ({counted} dalam angka yang dilaporkan)"
    )
    lines.append(f"Aturan penghitungan: {COUNT_RULE[figures['count_rule']]}")

    section(
        "Mengapa demikian (tabel keputusan; baris pertama yang cocok menentukan)", *map(_step_line, answer["steps"])
    )
    section("Angka yang dipakai", *_figure_lines(answer))
    section("Keputusan musyawarah", *_decision_lines(answer["decisions"]))
    section("Desa yang mencatat keluarga ini", *_claim_lines(answer))
    section("Bantuan bulan ini dan kegiatan 12 bulan terakhir (tidak memengaruhi status)", *_help_lines(answer["help"]))
    section("Perubahan sejak bulan sebelumnya", *_movement_lines(answer))
    section("Bulan-bulan sebelumnya", *_history_lines(answer["history"]))
    section("Sumber", *_source_lines(answer))
    lines.extend(
        ["", "Nama dan NIK tidak ditampilkan; yang berwenang dapat melihatnya pada berkas, lembar, dan baris di atas."]
    )
    return "\n".join(lines)


def _step_line(step: Mapping[str, Any]) -> str:
    mark, answer = ("=>", "ya") if step["applies"] else ("  ", "tidak")
    return f"{mark} {step['case']}. {step['text']}: {answer}; {step['why']}"


#: A row without the family's card does not name it; the NIK of a person of the family does.
_LED_TO = {
    ("kesejahteraan", "head"): ", dikenali dari NIK kepala keluarga",
    ("bantuan", "person"): ", dikenali dari NIK penerima",
    ("pemberdayaan", "person"): ", dikenali dari NIK peserta",
}
_RELATION = {"less": "lebih kecil dari", "equal": "sama dengan", "greater": "lebih besar dari"}


def _figure_lines(answer: Mapping[str, Any]) -> list[str]:
    figures = answer["figures"]
    basis = BASIS[figures["basis"]]
    members, amount = figures["members"], figures["monthly_amount"]
    lines = [f"Anggota yang dihitung: {members} jiwa"]
    if amount is None:
        lines.append(f"{basis.capitalize()} keluarga sebulan: tidak diketahui")
    else:
        surveyed = figures["surveyed_on"]
        when = f"didata {day_text(_day(surveyed))}" if surveyed else "tanpa tanggal pendataan"
        lines.append(f"{basis.capitalize()} keluarga sebulan: {_rupiah(amount)} ({when})")
    if figures["per_capita"] is not None:
        exact = Decimal(str(figures["per_capita"]))
        rounded = "" if exact == round(exact, 2) else " (dibulatkan)"
        lines.append(f"Per orang sebulan: {_rupiah(amount)} : {members} = {_rupiah(figures['per_capita'])}{rounded}")
    if figures["poverty_line"] is None:
        lines.append("Garis kemiskinan ekstrem: belum ada untuk bulan ini")
    else:
        lines.append(
            f"Garis kemiskinan ekstrem: {_rupiah(figures['line_per_day'])} sehari x 30 = "
            f"{_rupiah(figures['poverty_line'])} per orang sebulan, {figures['line_authority']}; aturan: "
            f"{STRICTNESS[figures['strictness']]}"
        )
        lines.append(f"Dasar garis: {LINE_SOURCES.get(figures['line_source'], figures['line_source'])}")
    if figures["amount_is"] is not None:
        lines.append(
            f"Garis bagi keluarga ini: {_rupiah(figures['poverty_line'])} x {members} = "
            f"{_rupiah(figures['family_line'])}; {basis} keluarga {_rupiah(amount)} "
            f"{_RELATION[figures['amount_is']]} garis itu"
        )
    if figures["gap"]:
        lines.append(
            f"Kekurangan terhadap garis: {_rupiah(figures['poverty_line'])} - {_rupiah(figures['per_capita'])} = "
            f"{_rupiah(figures['gap'])} per orang sebulan"
        )
    lines.append(f"Desil kesejahteraan: {'tidak diketahui' if figures['decile'] is None else figures['decile']}")
    return lines


def _decision_lines(decisions: Sequence[Mapping[str, Any]]) -> list[str]:
    if not decisions:
        return ["Tidak ada keputusan sampai akhir bulan ini."]
    return [
        f"{day_text(_day(one['decided_on']))}, {_place(one['village_code'], one['village_name'])}: {_verdict(one)}; "
        f"{one['role_text']}"
        for one in decisions
    ]


def _claim_lines(answer: Mapping[str, Any]) -> list[str]:
    village = answer["village"]
    keeper = _place(village["code"], village["name"])
    age = answer["register_age_months"]
    register = f"register {_month(answer['register_period'])}" + (f", berumur {age} bulan" if age else "")
    if answer["case"] == 1:
        lines = [f"Terakhir dicatat oleh {keeper}; {register} yang berlaku tidak mencantumkannya lagi."]
    else:
        lines = [f"Dicatat oleh {keeper} ({register})."]
    if answer["claims"]:
        lines.append(
            f"Keluarga ini tercantum dalam register {len(answer['claims'])} desa/kelurahan; satu yang dipakai:"
        )
    for claim in answer["claims"]:
        why = {**dict(_CLAIM_RULES), None: ""}[claim["lost_by"]]
        state = "dipakai" if claim["is_kept"] else f"tidak dipakai, karena {why}" if why else "tidak dipakai"
        living = "ada anggota hidup" if claim["has_living_member"] else "tanpa anggota hidup"
        lines.append(
            f"- {_place(claim['village_code'], claim['village_name'])}, register {_month(claim['register_period'])}, "
            f"diterima {moment_text(_moment(claim['received_at']))}, {living}: {state}"
        )
    for person in answer["shared_persons"]:
        where = (
            f"keluarga {person['other_household_id']} di {_place(person['village_code'], person['village_name'])} "
            f'(unggahan {person["other_upload_id"]}, lembar "{person["other_sheet"]}" baris '
            f"{person['other_row_number']})"
        )
        if person["is_counted_elsewhere"]:
            what = "orang yang sama dihitung pada keluarga itu, sehingga tidak dihitung di sini"
        elif not person["is_kept"]:
            what = "NIK dipakai di sana; di sini nama atau tanggal lahirnya berbeda, sehingga dihitung tanpa NIK"
        elif person["other_is_counted_here"]:
            what = "orang yang sama dihitung di sini, sehingga tidak dihitung pada keluarga itu"
        else:
            what = "NIK dipakai di sini; di sana nama atau tanggal lahirnya berbeda, sehingga dihitung tanpa NIK"
        lines.append(
            f'Anggota pada lembar "{person["sheet"]}" baris {person["row_number"]} ber-NIK sama dengan anggota '
            f"{where}: {what}."
        )
    return lines


def _help_lines(helped: Sequence[Mapping[str, Any]]) -> list[str]:
    if not helped:
        return ["Tidak ada bantuan pada bulan ini, maupun kegiatan yang dimulai dalam 12 bulan sampai bulan ini."]
    lines = []
    for one in helped:
        if one["input"] == "bantuan":
            what = f"program {one['programme']}" if one["programme"] else "bantuan tanpa nama program"
            if one["funding_source"]:
                what += f" ({one['funding_source']})"
            when = (
                day_text(_day(one["dated"]))
                if one["dated"]
                else "tanpa tanggal, sehingga tidak dihitung pada bulan apa pun"
            )
        else:
            what = KIND.get(one["kind"], one["kind"])
            if one["provider"]:
                what += f" oleh {one['provider']}"
            when = f"mulai {day_text(_day(one['dated']))}"
            if one["finished_on"]:
                when += f", selesai {day_text(_day(one['finished_on']))}"
        amount = "" if one["amount"] is None else f" senilai {_rupiah(one['amount'])}"
        lines.append(
            f"{what[0].upper()}{what[1:]}{amount}, {when}, dilaporkan "
            f"{_place(one['village_code'], one['village_name'])}" + _LED_TO.get((one["input"], one["found_by"]), "")
        )
    return lines


def _movement_lines(answer: Mapping[str, Any]) -> list[str]:
    movement = answer["movement"]
    reason = movement["reason"]
    before = movement["previous_status"]
    previous = _place(movement["previous_village_code"], movement["previous_village_name"])
    before_text = f"Bulan sebelumnya: {STATUS[before]}." if before else "Bulan sebelumnya: tidak tercatat."
    words = {
        "entered": f"Masuk hitungan: {ENTERED.get(reason, '')}.",
        "remained": "Tetap terhitung di desa yang sama.",
        "transferred": f"Tetap terhitung, berpindah dari {previous}.",
        "exited": f"Keluar dari hitungan {previous}: {EXITED.get(reason, '')}.",
        None: "Tidak terhitung pada bulan ini maupun bulan sebelumnya.",
    }
    lines = [before_text, words[movement["movement"]]]
    # Each number of the report opens into its families by area, month and cell; here are those that count this one.
    for cell in dict.fromkeys(one["cell"] for one in movement["cells"]):
        areas = [one["area_code"] for one in movement["cells"] if one["cell"] == cell]
        lines.append(f'Terhitung dalam angka laporan "{FIGURES[cell]}" ({cell}) wilayah {listing(areas)}')
    return lines


def _history_lines(history: Sequence[Mapping[str, Any]]) -> list[str]:
    if not history:
        return ["Tidak ada."]
    lines = []
    for one in history:
        moved = ""
        if one["movement"] == "entered":
            moved = f"; masuk hitungan: {ENTERED[one['movement_reason']]}"
        elif one["movement"] == "exited":
            moved = f"; keluar dari hitungan: {EXITED[one['movement_reason']]}"
        elif one["movement"] == "transferred":
            moved = "; berpindah desa"
        counted = "terhitung" if one["is_counted"] else "tidak terhitung"
        lines.append(
            f"{_month(one['period'])}: {STATUS[one['status']]} ({REASON[one['reason']]}), {counted}, "
            f"{_place(one['village_code'], one['village_name'])}{moved}"
        )
    return lines


#: Of a file that retention or an erasure took.
_DESTROYED = ". Berkas atau identitas di dalamnya telah dimusnahkan pada {} sesuai ketentuan pelindungan data pribadi"


def _source_lines(answer: Mapping[str, Any]) -> list[str]:
    lines = []
    for source in answer["sources"]:
        on = source.get("decided_on") or source.get("dated")
        what = {
            "penduduk": "Register penduduk",
            "kesejahteraan": "Angka kesejahteraan",
            "verifikasi": "Keputusan",
            "bantuan": "Bantuan",
            "pemberdayaan": "Kegiatan",
        }[source["input"]] + (f" {day_text(_day(on))}" if on else "")
        led = _LED_TO.get((source["input"], source.get("found_by")), "")
        lines.append(
            f'{what}: unggahan {source["upload_id"]}, berkas "{source["file_name"]}" dari '
            f"{_place(source['village_code'], source['village_name'])} untuk {_month(source['period'])}, diterima "
            f"{moment_text(_moment(source['received_at']))}; {_rows_text(source['rows'], answer['case'])}{led}"
            + (_DESTROYED.format(day_text(_day(source["destroyed_on"]))) if "destroyed_on" in source else "")
        )
    return lines


def _rows_text(rows: Sequence[Mapping[str, Any]], case: int) -> str:
    if not rows:
        return "tidak memuat keluarga ini" if case == 1 else "barisnya tidak disimpan lagi"
    sheets: dict[str, list[str]] = {}
    for row in rows:
        life = row.get("life")
        sheets.setdefault(row["sheet"], []).append(
            f"{row['row_number']}" + (f" ({LIFE.get(life, life)})" if life is not None else "")
        )
    return "; ".join(f'lembar "{sheet}" baris {listing(numbers)}' for sheet, numbers in sheets.items())


def _month(period: str) -> str:
    return month_name(_day(f"{period}-01"))


def _day(value: str | date) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _moment(value: str | datetime) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
