"""The report in words: Indonesian sentences and table cells, shared by the letter (PDF) and the page (HTML).

Made from the report JSON and the letterhead alone, so that a report can be written again from what was released.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from entas.clock import JAKARTA, add_months, parse_period
from entas.reporting import wording as w
from entas.reporting.letterhead import Letterhead

#: Villages named in the letter's body; more are named in the annex only.
_NAMED_IN_BODY = 6


def build_view(payload: dict[str, Any], letterhead: Letterhead) -> dict[str, Any]:
    """Everything the templates print, as strings and lists of strings (JSON values only).

    Args:
        payload: a report JSON (`report_payload`).
        letterhead: as configured, with its placeholders.
    """
    period = _period(payload["period"])
    generated = datetime.fromisoformat(payload["generated_at"]).astimezone(JAKARTA)
    month = w.month_name(period)
    head = letterhead.filled(
        regency=payload["regency_name"],
        province=payload["province_name"],
        month=w.MONTHS[generated.month - 1],
        year=str(generated.year),
    )
    first = len(payload["history"]) == 1
    before = w.month_name(add_months(period, -1))
    return {
        "regency": payload["regency_name"],
        "regency_code": payload["regency_code"],
        "province": payload["province_name"],
        "period": payload["period"],
        "month": month,
        "month_before": before,
        "first_month": first,
        "revision": payload["revision"],
        "edition": _edition(payload),
        "provisional": payload["status"] == "provisional",
        "status": w.STATUS[payload["status"]],
        "subject": f"Laporan Jumlah Keluarga Miskin Ekstrem {payload['regency_name']} Bulan {month}",
        "date": w.day_text(generated.date()),
        "as_of": w.moment_text(datetime.fromisoformat(payload["as_of"])),
        "letterhead": {
            "government": head.government.upper(),
            "office": head.office.upper(),
            "address": head.address,
            "place": head.place,
            "number": head.number,
            "classification": head.classification,
            "recipient": list(head.recipient),
            "recipient_place": head.recipient_place,
            "copies": list(head.copies),
            "position": head.signatory.position,
            "name": head.signatory.name,
            "rank": head.signatory.rank,
            "nip": head.signatory.nip,
            "logo": f"logo{head.logo[0]}" if head.logo else None,
        },
        "households": w.number(payload["households"]),
        "persons": w.number(payload["persons"]),
        "points": _points(payload, month, before, first),
        "movement": _movement(payload, month, before),
        "restated": _restated(payload),
        "districts": _districts(payload),
        "villages": _villages(payload),
        "help": _help(payload),
        "schooling": _schooling(payload),
        "poverty": _poverty(payload),
        "completeness": _completeness(payload, month),
        "target": _target(payload),
        "method": _method(payload),
        "changes": _changes(payload),
        "history": [
            [w.month_name(_period(row["period"])), *(w.number(row[key]) for key in ("households", "persons"))]
            for row in payload["history"]
        ],
        "fingerprint": payload["figures_sha256"],
    }


def _period(text: str) -> date:
    month = parse_period(text)
    assert month is not None, f"the schema lets no such period through: {text!r}"
    return month


def _edition(payload: dict[str, Any]) -> str:
    kind = f"Laporan {w.STATUS[payload['status']].lower()}"
    return f"{kind}, revisi {payload['revision']}" if payload["revision"] else f"{kind}, bukan rilis"


def _place(row: dict[str, Any]) -> str:
    return f"{row['village_kind'].capitalize()} {row['village_name']} (Kec. {row['district_name']})"


def _points(payload: dict[str, Any], month: str, before: str, first: bool) -> list[str]:
    """The numbered statements of the letter."""
    movement, households = payload["movement"], payload["households"]
    points = [
        f"Jumlah keluarga miskin ekstrem pada akhir bulan {month} adalah "
        f"{w.spelled(households, 'keluarga (KK)')} yang terdiri atas {w.spelled(payload['persons'], 'jiwa')}."
    ]
    if first:
        points.append(
            f"Bulan {month} merupakan bulan pertama pencatatan, sehingga seluruh {w.number(households)} KK tercatat "
            "sebagai keluarga masuk dan jumlah awal bulan adalah 0 KK."
        )
    else:
        points.append(_change(movement, households, before) + _restated_sentence(payload))
    aid, empowerment, school = payload["assistance"], payload["empowerment"], payload["education"]
    points.append(
        f"Dalam bulan laporan, {w.number(aid['assisted_households'])} KK miskin ekstrem "
        f"({w.percent(aid['assisted_households'], households)}) menerima bantuan dengan nilai "
        f"{w.rupiah(aid['assistance_amount'])}. Dalam dua belas bulan terakhir, "
        f"{w.number(empowerment['trained_households'])} KK mengikuti pelatihan keterampilan dan "
        f"{w.number(empowerment['capital_households'])} KK menerima bantuan modal."
    )
    points.append(
        f"Anak yang sedang bersekolah pada jenjang SMP/sederajat terdapat pada "
        f"{w.number(school['households_with_students_smp'])} KK ({w.number(school['students_smp'])} siswa) dan pada "
        f"jenjang SMA/sederajat pada {w.number(school['households_with_students_sma'])} KK "
        f"({w.number(school['students_sma'])} siswa)."
    )
    beside = payload["beside_the_count"]
    points.append(
        f"Di luar jumlah tersebut terdapat {w.number(beside['candidates'])} KK calon (desil 1 yang belum terukur) dan "
        f"{w.number(beside['unmeasured'])} KK yang belum terukur."
    )
    points.append(_completeness_sentence(payload, month))
    target = payload["target"]
    if target and target["target_households"] is not None:
        points.append(_target_sentence(target))
    return points


def _change(movement: dict[str, Any], households: int, before: str) -> str:
    opening = movement["opening"]
    difference = households - opening
    if difference:
        share = f" ({w.percent(abs(difference), opening)})" if opening else ""
        verb = "berkurang" if difference < 0 else "bertambah"
        change = f"jumlah tersebut {verb} {w.number(abs(difference))} KK{share}"
    else:
        change = "jumlah tersebut tidak berubah"
    sentence = (
        f"Dibandingkan dengan akhir {before} sebanyak {w.number(opening)} KK, {change}. Dalam bulan laporan "
        f"{w.number(movement['entered_total'])} KK masuk dan {w.number(movement['exited_total'])} KK keluar"
    )
    largest = max(movement["exited"].items(), key=lambda item: item[1])
    if largest[1]:
        label = w.EXITED[largest[0]]
        sentence += f"; alasan keluar terbanyak ialah {label[0].lower()}{label[1:]} ({w.number(largest[1])} KK)"
    return sentence + "."


def _restated_sentence(payload: dict[str, Any]) -> str:
    restated = payload["opening_restated"]
    if not restated:
        return ""
    month = w.month_name(_period(restated["period"]))
    if not restated["difference"]:
        return (
            f" Jumlah awal bulan sama dengan angka akhir {month} yang telah dilaporkan, tetapi berbeda di "
            f"{w.number(len(restated['areas']))} wilayah karena data susulan (lihat Lampiran)."
        )
    more = "lebih banyak" if restated["difference"] > 0 else "lebih sedikit"
    return (
        f" Jumlah awal bulan {w.number(abs(restated['difference']))} KK {more} daripada angka akhir {month} yang telah "
        f"dilaporkan ({w.number(restated['released_closing'])} KK, revisi {restated['revision']}) karena data susulan."
    )


def _completeness_sentence(payload: dict[str, Any], month: str) -> str:
    completeness = payload["completeness"]
    expected, missing = w.number(completeness["expected"]), completeness["missing"]
    if not missing:
        return (
            f"Laporan ini bersifat final karena register penduduk bulan {month} telah diterima dari seluruh "
            f"{expected} desa/kelurahan."
        )
    sentence = (
        f"Laporan ini bersifat sementara karena dari {expected} desa/kelurahan register penduduk bulan {month} baru "
        f"diterima dari {w.number(completeness['received'])} desa/kelurahan"
    )
    if len(missing) <= _NAMED_IN_BODY:
        return f"{sentence}; yang belum ialah {w.listing([_place(row) for row in missing])}."
    return f"{sentence}; {w.number(len(missing))} desa/kelurahan lainnya tercantum dalam tabel kelengkapan data."


def _target_sentence(target: dict[str, Any]) -> str:
    goal = w.number(target["target_households"])
    if target["households"] <= target["target_households"]:
        return f"Sasaran {goal} KK telah tercapai."
    months = target["months_to_target_3"]
    if months is None:
        return (
            f"Sasaran ialah {goal} KK; dari perkembangan tiga bulan terakhir waktu tercapainya belum dapat "
            "diperkirakan."
        )
    return (
        f"Sasaran ialah {goal} KK; pada laju tiga bulan terakhir sasaran itu diperkirakan tercapai dalam "
        f"{w.months_text(months)}."
    )


def _movement(payload: dict[str, Any], month: str, before: str) -> list[dict[str, Any]]:
    """Rows of the movement table: kind (opening, entry, total, exit, closing), label, families, bar.

    The bars lead from opening to closing, each beginning where the one before ended: start and length in percent of
    the widest point, None where there is nothing to draw.
    """
    movement = payload["movement"]
    widest = max(movement["opening"] + movement["entered_total"], 1)
    level = 0
    rows = []

    def add(kind: str, label: str, value: int, step: int | None) -> None:
        nonlocal level
        bar = None
        if step:
            start = min(level, level + step)
            bar = [round(start * 100 / widest, 2), round(abs(step) * 100 / widest, 2)]
            level += step
        rows.append({"kind": kind, "label": label, "value": w.number(value), "bar": bar})

    add("opening", f"Jumlah awal bulan (akhir {before})", movement["opening"], movement["opening"])
    for key, label in w.ENTERED.items():
        add("entry", label, movement["entered"][key], movement["entered"][key])
    add("total", "Jumlah masuk", movement["entered_total"], None)
    for key, label in w.EXITED.items():
        add("exit", label, movement["exited"][key], -movement["exited"][key])
    add("total", "Jumlah keluar", movement["exited_total"], None)
    level = 0
    add("closing", f"Jumlah akhir bulan {month}", movement["closing"], movement["closing"])
    return rows


def _restated(payload: dict[str, Any]) -> dict[str, Any] | None:
    restated = payload["opening_restated"]
    if not restated:
        return None
    kinds = {"district": "Kecamatan", "village": "Desa/Kelurahan"}
    return {
        "text": f"Jumlah awal bulan dibandingkan dengan angka akhir {w.month_name(_period(restated['period']))} yang "
        f"telah dilaporkan (revisi {restated['revision']}). Perbedaan timbul karena data yang diterima kemudian "
        "mengubah angka bulan sebelumnya.",
        "rows": [
            [
                payload["regency_name"],
                w.number(restated["released_closing"]),
                w.number(restated["opening"]),
                w.signed(restated["difference"]),
            ],
            *(
                [
                    f"{kinds[area['level']]} {area['name']} ({area['code']})",
                    w.number(area["released_closing"]),
                    w.number(area["opening"]),
                    w.signed(area["opening"] - area["released_closing"]),
                ]
                for area in restated["areas"]
            ),
        ],
    }


#: Figures of the table by kecamatan, in its order.
_DISTRICT_FIGURES = (
    "opening", "entered", "exited", "transferred_in", "transferred_out", "closing",
    "persons", "candidates", "assisted_households",
)  # fmt: skip


def _districts(payload: dict[str, Any]) -> dict[str, Any]:
    movement = payload["movement"]
    total = {
        "opening": movement["opening"],
        "entered": movement["entered_total"],
        "exited": movement["exited_total"],
        "transferred_in": None,
        "transferred_out": None,
        "closing": movement["closing"],
        "persons": payload["persons"],
        "candidates": payload["beside_the_count"]["candidates"],
        "assisted_households": payload["assistance"]["assisted_households"],
    }
    most = max((area["households"] for area in payload["districts"]), default=0)
    return {
        "rows": [
            {
                "code": area["code"],
                "name": area["name"],
                "share": area["households"] / most if most else 0,
                "cells": [w.number(area[figure]) for figure in _DISTRICT_FIGURES],
            }
            for area in payload["districts"]
        ],
        "total": [w.number(total[figure]) for figure in _DISTRICT_FIGURES],
    }


def _villages(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """Villages by kecamatan, for the page only (the letter's annex stops at the kecamatan)."""
    missing = {row["village_code"] for row in payload["completeness"]["missing"]}
    groups = []
    for district in payload["districts"]:
        rows = [
            {
                "name": area["name"],
                "code": area["code"],
                "missing": area["code"] in missing,
                "cells": [w.number(area[figure]) for figure in _DISTRICT_FIGURES],
            }
            for area in payload["villages"]
            if area["district_code"] == district["code"]
        ]
        groups.append({"name": district["name"], "households": w.number(district["households"]), "rows": rows})
    return groups


def _help(payload: dict[str, Any]) -> list[list[str]]:
    aid, empowerment, households = payload["assistance"], payload["empowerment"], payload["households"]
    share = [aid["assisted_households"], empowerment["trained_households"], empowerment["capital_households"]]
    first, trained, capital = (f"{w.number(value)} KK ({w.percent(value, households)})" for value in share)
    return [
        ["Keluarga penerima bantuan dalam bulan laporan", first],
        ["Nilai bantuan yang diterima dalam bulan laporan", w.rupiah(aid["assistance_amount"])],
        ["Keluarga peserta pelatihan keterampilan (dua belas bulan terakhir)", trained],
        ["Keluarga penerima bantuan modal (dua belas bulan terakhir)", capital],
    ]


def _schooling(payload: dict[str, Any]) -> list[list[str]]:
    school = payload["education"]
    return [
        [label, f"{w.number(school[f'households_with_students_{level}'])} KK", w.number(school[f"students_{level}"])]
        for level, label in (("smp", "SMP/sederajat"), ("sma", "SMA/sederajat"))
    ]


def _poverty(payload: dict[str, Any]) -> list[list[str]]:
    poverty = payload["poverty"]

    def ratio(value: float | None) -> str:
        return w.NOTHING if value is None else f"{w.number(value * 100, 2)}%"

    return [
        ["Proporsi penduduk di bawah garis (P0)", ratio(poverty["headcount_ratio"])],
        ["Indeks kedalaman kemiskinan (P1)", ratio(poverty["poverty_gap"])],
        ["Indeks keparahan kemiskinan (P2)", ratio(poverty["poverty_severity"])],
    ]


def _completeness(payload: dict[str, Any], month: str) -> dict[str, Any]:
    completeness = payload["completeness"]
    groups: dict[str, list[str]] = {}
    for row in completeness["missing"]:
        how = {"rejected": "ditolak"}.get(row["status"], "")
        if row["age_months"]:
            how += f"{', ' if how else ''}memakai data {row['age_months']} bulan lalu"
        how = how or "belum ada data"
        groups.setdefault(row["district_name"], []).append(f"{row['village_name']} ({how})")
    return {
        "text": _completeness_sentence(payload, month),
        "registers": [
            [
                w.REGISTERS[register],
                *(w.number(counts[status]) for status in ("received", "carried_forward", "missing", "rejected")),
            ]
            for register, counts in completeness["registers"].items()
        ],
        "missing": [[district, ", ".join(villages)] for district, villages in groups.items()],
    }


def _target(payload: dict[str, Any]) -> list[list[str]] | None:
    target = payload["target"]
    if not target:
        return None
    baseline, goal, now = target["baseline_households"], target["target_households"], target["households"]
    rows = [["Jumlah saat ini", f"{w.number(now)} KK"]]
    if baseline is not None:
        gone = f"{w.number(baseline)} KK"
        if baseline:
            gone += f" (perubahan {w.signed(now - baseline)} KK, {w.percent(abs(now - baseline), baseline)})"
        rows.insert(0, ["Jumlah dasar", gone])
    if goal is not None:
        rows.append(["Sasaran", f"{w.number(goal)} KK"])
        if now <= goal:
            rows.append(["Sisa menuju sasaran", "telah tercapai"])
        else:
            rows.append(["Sisa menuju sasaran", f"{w.number(now - goal)} KK"])
            rows += [
                [f"Perkiraan waktu pada laju {span} bulan terakhir", w.months_text(target[f"months_to_target_{span}"])]
                for span in (3, 6, 12)
            ]
    return rows


def _method(payload: dict[str, Any]) -> list[list[str]]:
    policy, counted = payload["policy"], payload["counted_as"]
    listed, inputs = payload["listed"], payload["inputs"]
    return [
        [
            "Garis",
            f"{w.rupiah(policy['rupiah_per_person_day'])} per orang per hari × 30 hari = "
            f"{w.rupiah(policy['rupiah_per_person_month'])} per orang per bulan, ditetapkan oleh {policy['authority']} "
            f"({policy['line_id']}); keluarga dengan empat anggota: "
            f"{w.rupiah(policy['rupiah_per_person_month'] * 4)} per bulan.",
        ],
        [
            "Ukuran",
            f"{w.BASIS[policy['basis']].capitalize()} keluarga per bulan dibagi jumlah anggota yang hidup; dihitung "
            f"bila {w.STRICTNESS[policy['strictness']]}.",
        ],
        [
            "Yang dihitung",
            f"{w.COUNT_RULE[policy['count_rule']].capitalize()}. Bulan ini {w.number(counted['verified'])} KK "
            f"terhitung melalui verifikasi dan {w.number(counted['below_line'])} KK melalui ukuran.",
        ],
        [
            "Keluarga",
            f"Satu kartu keluarga (KK) ialah satu keluarga. Terdaftar {w.number(listed['households'])} KK dengan "
            f"{w.number(listed['persons'])} jiwa; pergerakan dinyatakan dalam keluarga.",
        ],
        [
            "Data",
            f"{w.number(inputs['uploads'])} berkas desa/kelurahan yang diterima sampai dengan "
            f"{w.moment_text(datetime.fromisoformat(payload['as_of']))}. Register yang belum diterima memakai data "
            "terakhir; data susulan menghasilkan revisi tanpa menghapus laporan terdahulu.",
        ],
    ]


def _changes(payload: dict[str, Any]) -> dict[str, Any]:
    """What changed since the revision before, as the letter shows it: all of the regency, the counts of the areas."""
    shown, hidden = [], 0
    for change in payload["changes"]:
        row = _change_row(change, payload["regency_name"])
        if row:
            shown.append(row)
        else:
            hidden += 1
    return {"rows": shown, "hidden": w.number(hidden) if hidden else None}


def _change_row(change: dict[str, Any], regency: str) -> list[str] | None:
    """Area, figure, before, after; None for what only the JSON and the workbook list."""
    scope, figure = change["scope"], change["figure"]
    before, after = change["before"], change["after"]
    if scope == "status":
        return [regency, "Status laporan", w.STATUS[before], w.STATUS[after]]
    if scope == "policy":
        return [regency, f"Kebijakan: {figure}", _raw(before), _raw(after)]
    if scope == "regency":
        return [regency, w.FIGURES.get(figure, figure), _cell(figure, before), _cell(figure, after)]
    if figure in {"district": ("households", "persons"), "village": ("households",)}.get(scope, ()):
        kind = "Kec." if scope == "district" else "Desa/Kel."
        return [f"{kind} {change['name']}", w.FIGURES[figure], _cell(figure, before), _cell(figure, after)]
    if scope == "completeness" and figure == "penduduk":
        words = [w.RECEIPT.get(value, w.NOTHING) for value in (before, after)]
        return [f"Desa/Kel. {change['name']}", "Register penduduk", *words]
    if scope == "history" and figure == "households":
        month = w.month_name(_period(change["code"]))
        return [regency, f"Jumlah keluarga (KK) {month}", _cell(figure, before), _cell(figure, after)]
    return None


def _cell(figure: str, value: Any) -> str:
    if figure == "assistance_amount":
        return w.rupiah(value)
    if isinstance(value, float):
        return w.number(value, 4)
    return w.number(value) if isinstance(value, int) else _raw(value)


def _raw(value: Any) -> str:
    return w.NOTHING if value is None else str(value)
