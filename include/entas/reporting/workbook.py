"""The report as a workbook: numbers that can be summed and filtered, ready to print."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from entas.clock import JAKARTA, parse_period
from entas.reporting import wording as w
from entas.reporting.figures import AREA_COLUMNS

_INK, _BAND = "#1F3A5F", "#EEF2F7"
_RATIOS = ("headcount_ratio", "poverty_gap", "poverty_severity")


@dataclass
class _Book:
    """A workbook under way, with its cell formats by name."""

    book: xlsxwriter.Workbook
    title: str
    edition: str
    formats: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        base = {"font_name": "Calibri", "font_size": 10, "valign": "top", "bottom": 4, "bottom_color": "#B8C2CC"}
        number = {"num_format": "#,##0", "align": "right"}
        kinds: dict[str, dict[str, Any]] = {
            "text": {},
            "wrap": {"text_wrap": True},
            "strong": {"bold": True, "bg_color": _BAND},
            "number": number,
            "strong_number": {**number, "bold": True, "bg_color": _BAND},
            "ratio": {"num_format": "0.00%", "align": "right"},
            "amount": number,
            "moment": {"num_format": "dd/mm/yyyy hh:mm", "align": "left"},
            "unit": {"indent": 1},
            "strong_unit": {"bold": True, "bg_color": _BAND, "indent": 1},
            "title": {"bold": True, "font_size": 14, "font_color": _INK, "bottom": 0},
            "quiet": {"font_color": "#5A6570", "bottom": 0},
            "header": {
                "bold": True,
                "font_color": "#FFFFFF",
                "bg_color": _INK,
                "text_wrap": True,
                "valign": "vcenter",
                "align": "center",
                "border": 1,
                "border_color": "#FFFFFF",
            },
        }
        self.formats = {name: self.book.add_format({**base, **extra}) for name, extra in kinds.items()}

    def sheet(self, name: str, caption: str, *, pages_wide: int = 1) -> Worksheet:
        """A sheet that starts with the report's title and prints on A4, so many pages wide, with page numbers."""
        sheet = self.book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_paper(9)
        if pages_wide > 1:
            sheet.set_landscape()
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        sheet.fit_to_pages(pages_wide, 0)
        sheet.set_footer(f"&L&8{self.edition}&C&8&A&R&8Halaman &P dari &N")
        sheet.set_row(0, 21)
        self.write(sheet, 0, 0, self.title, "title")
        self.write(sheet, 1, 0, f"{caption} · {self.edition}", "quiet")
        return sheet

    def write(self, sheet: Worksheet, row: int, column: int, value: Any, kind: str) -> None:
        """Write a value by its type. Text stays text, also where it looks like a formula or a link."""
        cell = self.formats[kind]
        if value is None:
            sheet.write_blank(row, column, None, cell)
        elif isinstance(value, str):
            sheet.write_string(row, column, value, cell)
        elif isinstance(value, datetime):  # Excel knows no zones: the clock in Jakarta
            sheet.write_datetime(row, column, value.astimezone(JAKARTA).replace(tzinfo=None), cell)
        else:
            sheet.write_number(row, column, value, cell)

    def table(
        self,
        sheet: Worksheet,
        top: int,
        header: Sequence[str],
        rows: Iterable[tuple[str, Sequence[Any]]],
        kinds: Sequence[str],
    ) -> int:
        """A table at row `top`; rows come with `plain` or `strong`. Returns the row after it."""
        sheet.set_row(top, 15 * max(1, *(1 + text.count("\n") for text in header)))
        for column, text in enumerate(header):
            self.write(sheet, top, column, text, "header")
        row = top
        for row, (weight, values) in enumerate(rows, start=top + 1):
            for column, (value, kind) in enumerate(zip(values, kinds, strict=True)):
                if weight == "strong" and kind in ("number", "amount"):
                    kind = "strong_number"
                elif weight == "strong":
                    kind = "strong_unit" if kind == "unit" else "strong"
                self.write(sheet, row, column, value, kind)
        return row + 1

    def main_table(
        self, sheet: Worksheet, header: Sequence[str], rows: list, kinds: Sequence[str], frozen: int
    ) -> None:
        """The table a sheet consists of: header frozen and repeated in print, filter on."""
        end = self.table(sheet, 3, header, rows, kinds)
        sheet.freeze_panes(4, frozen)
        sheet.repeat_rows(3)
        if frozen:
            sheet.repeat_columns(0, frozen - 1)
        if rows:
            sheet.autofilter(3, 0, end - 1, len(header) - 1)


def render_xlsx(payload: dict[str, Any], view: dict[str, Any]) -> bytes:
    """Sheets Ringkasan, Pergerakan, Kecamatan, Desa, Kelengkapan, Metode, and Perubahan from revision 2 on.

    Equal bytes for equal arguments: the creation date is the report's.
    """
    memory = io.BytesIO()
    book = xlsxwriter.Workbook(
        memory,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    generated = datetime.fromisoformat(payload["generated_at"]).astimezone(JAKARTA).replace(tzinfo=None)
    book.set_properties(
        {
            "title": view["subject"],
            "subject": view["edition"],
            "author": f"{view['letterhead']['office']} {view['regency']}",
            "created": generated.replace(microsecond=0),
        }
    )
    maker = _Book(book, view["subject"], view["edition"])
    _summary(maker, payload, view)
    _movement(maker, payload, view)
    _districts(maker, payload)
    _villages(maker, payload)
    _completeness(maker, payload)
    _method(maker, view)
    if payload["changes"]:
        _changes(maker, payload, view)
    book.close()
    return memory.getvalue()


def _summary(maker: _Book, payload: dict[str, Any], view: dict[str, Any]) -> None:
    sheet = maker.sheet("Ringkasan", f"Data sampai dengan {view['as_of']}")
    sheet.set_column(0, 0, 50)
    sheet.set_column(1, 4, 17)
    aid, empowerment, school = payload["assistance"], payload["empowerment"], payload["education"]
    completeness, movement = payload["completeness"], payload["movement"]
    families, beside = "keluarga (KK)", payload["beside_the_count"]
    lines: list[tuple[str, Any, str]] = [
        ("Jumlah keluarga miskin ekstrem", payload["households"], families),
        ("Jumlah jiwa", payload["persons"], "jiwa"),
        ("Jumlah awal bulan", movement["opening"], families),
        ("Masuk", movement["entered_total"], families),
        ("Keluar", movement["exited_total"], families),
        ("Terhitung melalui verifikasi", payload["counted_as"]["verified"], families),
        ("Terhitung melalui ukuran di bawah garis", payload["counted_as"]["below_line"], families),
        ("Calon: desil 1 belum terukur (di luar jumlah)", beside["candidates"], families),
        ("Belum terukur (di luar jumlah)", beside["unmeasured"], families),
        ("Seluruh keluarga terdaftar", payload["listed"]["households"], families),
        ("Penerima bantuan dalam bulan laporan", aid["assisted_households"], families),
        ("Nilai bantuan dalam bulan laporan", aid["assistance_amount"], "rupiah"),
        ("Peserta pelatihan keterampilan (12 bulan)", empowerment["trained_households"], families),
        ("Penerima bantuan modal (12 bulan)", empowerment["capital_households"], families),
        ("Keluarga dengan siswa SMP/sederajat", school["households_with_students_smp"], families),
        ("Siswa SMP/sederajat", school["students_smp"], "siswa"),
        ("Keluarga dengan siswa SMA/sederajat", school["households_with_students_sma"], families),
        ("Siswa SMA/sederajat", school["students_sma"], "siswa"),
        ("Desa/kelurahan yang register penduduknya diterima", completeness["received"], "desa/kelurahan"),
        ("Desa/kelurahan seluruhnya", completeness["expected"], "desa/kelurahan"),
    ]
    rows = [("strong" if place < 2 else "plain", line) for place, line in enumerate(lines)]
    row = maker.table(sheet, 3, ["Uraian", "Jumlah", "Satuan"], rows, ["text", "number", "unit"])
    for key, label in zip(_RATIOS, (row[0] for row in view["poverty"]), strict=True):
        maker.write(sheet, row, 0, label, "text")
        maker.write(sheet, row, 1, payload["poverty"][key], "ratio")
        row += 1
    if view["target"]:
        row = maker.table(
            sheet,
            row + 1,
            ["Kemajuan menuju sasaran", "Nilai"],
            [("plain", line) for line in view["target"]],
            ["text"] * 2,
        )
    months = [
        ("plain", [w.month_name(month), line["households"], line["persons"]])
        for line in payload["history"]
        if (month := parse_period(line["period"]))
    ]
    row = maker.table(
        sheet, row + 1, ["Jumlah pada akhir bulan", "Keluarga (KK)", "Jiwa"], months, ["text", "number", "number"]
    )
    receipts = [
        ("plain", [w.REGISTERS[register], *(counts[status] for status in w.RECEIPT)])
        for register, counts in completeness["registers"].items()
    ]
    header = ["Register (desa/kelurahan)", *w.RECEIPT.values()]
    maker.table(sheet, row + 1, header, receipts, ["text", *["number"] * len(w.RECEIPT)])
    sheet.set_row(row + 1, 30)
    sheet.freeze_panes(4, 1)


def _movement(maker: _Book, payload: dict[str, Any], view: dict[str, Any]) -> None:
    sheet = maker.sheet("Pergerakan", "Dalam keluarga (KK)")
    sheet.set_column(0, 0, 58)
    sheet.set_column(1, 3, 18)
    movement = payload["movement"]
    values = [
        movement["opening"], *movement["entered"].values(), movement["entered_total"],
        *movement["exited"].values(), movement["exited_total"], movement["closing"],
    ]  # fmt: skip
    rows = []
    for line, value in zip(view["movement"], values, strict=True):
        inner = line["kind"] in ("entry", "exit")
        rows.append(("plain" if inner else "strong", [f"    {line['label']}" if inner else line["label"], value]))
    end = maker.table(sheet, 3, ["Uraian", "Keluarga (KK)"], rows, ["text", "number"])
    sheet.freeze_panes(4, 1)
    restated = payload["opening_restated"]
    if restated:
        maker.write(sheet, end + 1, 0, view["restated"]["text"], "text")
        areas = [
            (payload["regency_name"], restated["released_closing"], restated["opening"]),
            *(
                (f"{area['name']} ({area['code']})", area["released_closing"], area["opening"])
                for area in restated["areas"]
            ),
        ]
        maker.table(
            sheet,
            end + 2,
            ["Wilayah", "Dilaporkan (KK)", "Awal bulan (KK)", "Selisih"],
            [("plain", [name, old, new, new - old]) for name, old, new in areas],
            ["text", "number", "number", "number"],
        )


def _kind(column: str) -> str:
    return "ratio" if column in _RATIOS else "number"


def _districts(maker: _Book, payload: dict[str, Any]) -> None:
    sheet = maker.sheet("Kecamatan", "Satu baris setiap kecamatan", pages_wide=3)
    sheet.set_column(0, 0, 10)
    sheet.set_column(1, 1, 22)
    sheet.set_column(2, 1 + len(AREA_COLUMNS), 12.5)
    rows = [
        ("plain", [area["code"], area["name"], *(area[column] for column in AREA_COLUMNS)])
        for area in payload["districts"]
    ]
    header = ["Kode", "Kecamatan", *(w.FIGURES[column] for column in AREA_COLUMNS)]
    maker.main_table(sheet, header, rows, ["text", "text", *map(_kind, AREA_COLUMNS)], frozen=2)
    sheet.set_row(3, 80)


def _villages(maker: _Book, payload: dict[str, Any]) -> None:
    sheet = maker.sheet("Desa", "Satu baris setiap desa/kelurahan", pages_wide=3)
    sheet.set_column(0, 0, 14)
    sheet.set_column(1, 2, 20)
    sheet.set_column(3, 2 + len(AREA_COLUMNS), 12.5)
    districts = {area["code"]: area["name"] for area in payload["districts"]}
    rows = [
        (
            "plain",
            [
                area["code"],
                area["name"],
                districts.get(area["district_code"], area["district_code"]),
                *(area[column] for column in AREA_COLUMNS),
            ],
        )
        for area in payload["villages"]
    ]
    header = ["Kode", "Desa/Kelurahan", "Kecamatan", *(w.FIGURES[column] for column in AREA_COLUMNS)]
    maker.main_table(sheet, header, rows, ["text", "text", "text", *map(_kind, AREA_COLUMNS)], frozen=2)
    sheet.set_row(3, 80)


def _completeness(maker: _Book, payload: dict[str, Any]) -> None:
    counts = payload["completeness"]
    caption = f"Diterima dari {w.number(counts['received'])} dari {w.number(counts['expected'])} desa/kelurahan"
    sheet = maker.sheet("Kelengkapan", caption)
    sheet.set_column(0, 0, 14)
    sheet.set_column(1, 2, 24)
    sheet.set_column(3, 3, 30)
    sheet.set_column(4, 4, 14)
    missing = {row["village_code"]: row for row in payload["completeness"]["missing"]}
    districts = {area["code"]: area["name"] for area in payload["districts"]}
    rows = [
        (
            "strong" if area["code"] in missing else "plain",
            [
                area["code"],
                area["name"],
                districts.get(area["district_code"], area["district_code"]),
                w.RECEIPT[missing[area["code"]]["status"] if area["code"] in missing else "received"],
                missing[area["code"]]["age_months"] if area["code"] in missing else 0,
            ],
        )
        for area in payload["villages"]
    ]
    header = ["Kode", "Desa/Kelurahan", "Kecamatan", "Register penduduk", "Umur register (bulan)"]
    maker.main_table(sheet, header, rows, ["text", "text", "text", "text", "number"], frozen=2)
    sheet.set_row(3, 30)


def _method(maker: _Book, view: dict[str, Any]) -> None:
    sheet = maker.sheet("Metode", "Cara penghitungan")
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 100)
    rows = [("plain", line) for line in view["method"]]
    rows.append(("plain", ["Sidik angka", f"SHA-256 {view['fingerprint']}"]))
    maker.table(sheet, 3, ["Perihal", "Keterangan"], rows, ["wrap", "wrap"])
    for row in range(len(rows)):
        sheet.set_row(4 + row, 32)


def _changes(maker: _Book, payload: dict[str, Any], view: dict[str, Any]) -> None:
    sheet = maker.sheet("Perubahan", f"Terhadap revisi {view['revision'] - 1}")
    sheet.set_column(0, 1, 16)
    sheet.set_column(2, 2, 24)
    sheet.set_column(3, 3, 44)
    sheet.set_column(4, 5, 20)
    rows = [
        (
            "plain",
            [
                SCOPES[change["scope"]],
                change["code"],
                change["name"],
                w.FIGURES.get(change["figure"], change["figure"]),
                change["before"],
                change["after"],
            ],
        )
        for change in payload["changes"]
    ]
    header = ["Lingkup", "Kode", "Wilayah", "Uraian", "Semula", "Menjadi"]
    maker.main_table(sheet, header, rows, ["text", "text", "text", "text", "number", "number"], frozen=0)


#: What a change is about (`scope` in the report JSON).
SCOPES = {
    "status": "Status laporan",
    "policy": "Kebijakan",
    "regency": "Kabupaten",
    "district": "Kecamatan",
    "village": "Desa/Kelurahan",
    "students": "Pendidikan",
    "statuses": "Keadaan keluarga",
    "target": "Sasaran",
    "completeness": "Kelengkapan",
    "history": "Bulan terdahulu",
}
