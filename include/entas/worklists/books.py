"""The workbooks: of a kecamatan, to plan and print; of a village, to fill in and send back.

The village's has two sheets for the same families. On `Daftar Verifikasi` they stand with name, address and reason, and
the decision is written beside them. `verifikasi` is the register of decisions: formulas take over the rows that were
decided, and leave the others empty, so that a list may be sent back however much of it is done.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from entas.areas import Village
from entas.clock import add_months, period_text
from entas.indonesian import day_text, month_name
from entas.intake.styles import LONGEST_TEXT, Styles, row_height, text_lines
from entas.registers.own_sheets import FORMULA_STARTS, WORKLIST, WORKLIST_INSTRUCTIONS
from entas.registers.schema import asked
from entas.reporting.wording import rupiah
from entas.worklists.tasks import Listed, Month, labels, wording

PRIORITIES = {1: "1 (segera)", 2: "2", 3: "3"}
_GONE = "(identitasnya sudah dihapus menurut masa simpan)"
_EARLIEST = date(2000, 1, 1)

_FACE: dict[str, Any] = {"font_name": "Calibri", "font_size": 11}
_BODY: dict[str, Any] = {**_FACE, "text_wrap": True, "valign": "top", "border": 1, "border_color": "#BFBFBF"}
_HEAD: dict[str, Any] = {
    **_FACE, "bold": True, "text_wrap": True, "align": "center", "valign": "vcenter", "border": 1,
    "border_color": "#8EA2C6", "bg_color": "#D9E2F3",
}  # fmt: skip
_TO_FILL = "#FFF8DC"
_KINDS: dict[str, dict[str, Any]] = {
    "text": {"num_format": "@"},
    "count": {"num_format": "0", "align": "right"},
    "amount": {"num_format": "#,##0", "align": "right"},
    "day": {"num_format": "dd/mm/yyyy", "align": "left"},
}


@dataclass(frozen=True)
class _Column:
    """A column of a list: heading, width in characters, what its cells are, and whether people fill it in."""

    heading: str
    width: int
    kind: str = "text"
    to_fill: bool = False


#: Headings are none that a register is known by: nothing of this sheet must be read, even under another name.
_VILLAGE: tuple[_Column, ...] = (
    _Column("No.", 5, "count"),
    _Column("Kepala keluarga", 24),
    _Column("Nomor KK (16 angka)", 19),
    _Column("Tempat tinggal", 28),
    _Column("Prioritas", 9),
    _Column("Jenis tugas", 17),
    _Column("Jiwa", 6, "count"),
    _Column("{basis} per orang sebulan (Rp)", 13, "amount"),
    _Column("Keputusan terakhir", 17),
    _Column("Mengapa ada di daftar ini", 38),
    _Column("Yang perlu dilakukan", 38),
    _Column("Batas waktu", 12, "day"),
    _Column("Diputuskan pada (tanggal musyawarah)", 14, "day", to_fill=True),
    _Column("Keputusan (layak atau tidak layak)", 13, to_fill=True),
    _Column("Alasannya, bila tidak layak", 18, to_fill=True),
    _Column("Nomor BA", 18, to_fill=True),
    _Column("Diverifikasi oleh", 20, to_fill=True),
    _Column("Jabatannya", 16, to_fill=True),
)
#: Columns that are filled in, by the column of the register that takes them over.
_FILLED = dict(
    zip(
        ("tanggal_musyawarah", "hasil", "alasan", "nomor_berita_acara", "petugas", "jabatan_petugas"),
        (number for number, column in enumerate(_VILLAGE) if column.to_fill),
        strict=True,
    )
)
_CARD = 2
_WHO = 2  # name and card are repeated on the second page across
_VILLAGE_TOP = 4  # row of the first family, from 0

_DISTRICT: tuple[_Column, ...] = (
    _Column("Desa/Kelurahan", 18),
    _Column("Prioritas", 9),
    _Column("Batas waktu", 12, "day"),
    _Column("Jenis tugas", 17),
    _Column("Kepala keluarga", 24),
    _Column("Nomor KK (disamarkan)", 19),
    _Column("Tempat tinggal", 28),
    _Column("Jiwa", 6, "count"),
    _Column("{basis} per orang sebulan (Rp)", 13, "amount"),
    _Column("Keputusan terakhir", 17),
    _Column("Mengapa ada di daftar ini", 42),
    _Column("Yang perlu dilakukan", 42),
    _Column("Dikunjungi pada", 12, "day", to_fill=True),
    _Column("Catatan pendamping", 26, to_fill=True),
)
_DISTRICT_TOP = 3


def write_village_book(path: Path, month: Month, village: Village, families: Sequence[Listed], code: str) -> None:
    """Write the workbook of a village.

    Args:
        code: of the list, which its file name bears.
    """
    with xlsxwriter.Workbook(str(path)) as book:
        book.set_properties({"title": f"Daftar verifikasi {village.title}, {month_name(month.period)}"})
        styles = Styles(book)
        told = book.add_worksheet(WORKLIST_INSTRUCTIONS[0])
        listed = book.add_worksheet(WORKLIST[0])
        register = book.add_worksheet("verifikasi")
        _write_instructions(told, styles, month, village, families, code)
        _write_village_list(listed, styles, month, village, families)
        _write_register(register, styles, len(families))
        told.activate()


def write_district_book(path: Path, month: Month, families: Sequence[Listed]) -> None:
    """Write the workbook of a kecamatan, whose families are given; at least one."""
    place = families[0].village
    with xlsxwriter.Workbook(str(path)) as book:
        book.set_properties({"title": f"Daftar verifikasi Kecamatan {place.district_name}, {month_name(month.period)}"})
        styles = Styles(book)
        summary, listed = book.add_worksheet("Ringkasan"), book.add_worksheet("Daftar")
        _write_district_summary(summary, styles, month, families)
        _write_district_list(listed, styles, month, families)
        summary.activate()


# --- the village's workbook ----------------------------------------------------------------------------------------


def _write_instructions(
    sheet: Worksheet, styles: Styles, month: Month, village: Village, families: Sequence[Listed], code: str
) -> None:
    page = _Page(sheet, styles, (5, 34, 16, 16, 46))
    page.title(WORKLIST_INSTRUCTIONS[1])
    page.line(
        f"{village.title}, Kecamatan {village.district_name}, {month_name(month.period)} (daftar {code})", bold=True
    )
    page.skip()
    page.heading("Yang perlu diverifikasi")
    page.table(
        (1, 2, 3), ("Jenis tugas", "Keluarga", "Prioritas 1"),
        [
            (wording().kinds[kind], sum(kind in one.kinds for one in families),
             sum(any(task.kind == kind and task.priority == 1 for task in one.tasks) for one in families))
            for kind in wording().kinds
        ],
    )  # fmt: skip
    page.line(
        f"Seluruhnya {len(families)} keluarga; satu keluarga dapat memiliki beberapa tugas. Prioritas 1: angka yang "
        "dilaporkan mungkin keliru, atau akan keliru bulan depan."
    )
    page.skip()
    page.heading("Cara mengisi")
    steps = [
        "Buka lembar Daftar Verifikasi. Kunjungi keluarganya, mulai dari prioritas 1, dan bawa hasilnya ke musyawarah.",
        "Setelah diputuskan, isi kolom kuning pada baris keluarga itu: tanggal musyawarah, keputusan (layak atau tidak "
        "layak), alasan bila tidak layak, nomor berita acara, petugas, dan jabatannya. Yang belum diputuskan "
        "dikosongkan.",
        "Lembar verifikasi terisi sendiri dari kolom kuning dan tidak perlu diketik. Jangan diubah atau dihapus.",
        f"Simpan sebagai .xlsx dengan nama yang sama, lalu unggah ke folder {village.village_code}/"
        f"{period_text(add_months(month.period, 1))} (bulan yang sedang dilaporkan). Daftar boleh dikirim "
        "sebagian; lengkapi berkas yang sama lalu unggah lagi ke folder yang sama: isinya yang terakhir berlaku.",
        "Yang tercatat ganda tidak selalu memerlukan keputusan. Lakukan yang tertulis di sampingnya; perubahannya "
        "dibaca dari register penduduk berikutnya.",
        "Keluarga yang tidak ada di daftar ini diputuskan melalui lembar verifikasi pada buku kerja Entas.",
        "Berkas ini memuat data pribadi. Gunakan hanya untuk verifikasi, jangan diteruskan, dan musnahkan cetakannya "
        "setelah selesai.",
    ]
    for number, step in enumerate(steps, start=1):
        page.numbered(number, step)
    page.finish()


def _write_village_list(
    sheet: Worksheet, styles: Styles, month: Month, village: Village, families: Sequence[Listed]
) -> None:
    title = styles.get(**_FACE | {"bold": True, "font_size": 14, "font_color": "#1F3864"})
    sheet.write_string(0, 0, WORKLIST[1], title)
    sheet.write_string(
        1, 0,
        f"{village.title}, Kecamatan {village.district_name}, {month_name(month.period)}."
        f"{_line_text(month)} Isi kolom kuning setelah diputuskan dalam musyawarah.",
        styles.get(**_FACE),
    )  # fmt: skip
    sheet.write_string(2, 0, "Data pribadi: gunakan hanya untuk verifikasi.", styles.get(**_FACE | {"italic": True}))
    rows = [
        (number, one.identity.head or _GONE, one.identity.no_kk, *_common(one, ("address", "priority", "kinds")),
         *_common(one, ("members", "per_capita", "decision", "why", "what", "due_on")))
        for number, one in enumerate(families, start=1)
    ]  # fmt: skip
    _write_list(sheet, styles, _VILLAGE, month, rows, _VILLAGE_TOP)
    last = _VILLAGE_TOP + len(families) - 1
    for column, source in (("hasil", list(labels("hasil").values())), ("alasan", list(labels("alasan").values()))):
        sheet.data_validation(
            _VILLAGE_TOP, _FILLED[column], last, _FILLED[column],
            {"validate": "list", "source": source, "error_title": "Periksa isian",
             "error_message": "Pilih salah satu isian dari daftar."},
        )  # fmt: skip
    sheet.data_validation(
        _VILLAGE_TOP, _FILLED["tanggal_musyawarah"], last, _FILLED["tanggal_musyawarah"],
        {"validate": "date", "criteria": ">=", "value": _EARLIEST, "error_title": "Periksa isian",
         "error_message": "Tulis tanggal sebagai tanggal/bulan/tahun, misalnya 17/08/2023."},
    )  # fmt: skip
    sheet.freeze_panes(_VILLAGE_TOP, _WHO)
    # Two pages across, each with name and card: one for both would be too small to read.
    sheet.fit_to_pages(2, 0)
    sheet.repeat_columns(0, _CARD)
    sheet.print_across()


def _write_register(sheet: Worksheet, styles: Styles, families: int) -> None:
    """The register of decisions: a row is empty until its family is decided on the list."""
    columns = list(asked("verifikasi"))
    head = styles.get(bold=True, font_color="#FFFFFF", bg_color="#2F5597", border=1, num_format="@")
    for number, column in enumerate(columns):
        sheet.write_string(0, number, column, head)
    text, day = styles.get(num_format="@"), styles.get(num_format="dd/mm/yyyy")
    sheet.set_column(0, len(columns) - 1, 20)
    for row in range(1, families + 1):
        from_row = _VILLAGE_TOP + row - 1

        def there(column: int, from_row: int = from_row) -> str:
            cell = xl_rowcol_to_cell(from_row, column, row_abs=True, col_abs=True)
            return f"'{WORKLIST[0]}'!{cell}"

        undecided = f'AND({there(_FILLED["tanggal_musyawarah"])}="",{there(_FILLED["hasil"])}="")'
        for number, column in enumerate(columns):
            source = there(_CARD if column == "no_kk" else _FILLED[column])
            # A row that was deleted on the list has no source any more: it is empty too. An empty cell would become 0.
            formula = f'=IFERROR(IF(OR({undecided},{source}=""),"",{source}),"")'
            # XlsxWriter stores an empty text as no result, for which an upload would be asked; a blank is one.
            sheet.write_formula(row, number, formula, day if column == "tanggal_musyawarah" else text, " ")
    sheet.freeze_panes(1, 0)
    sheet.protect("", {"format_columns": True, "autofilter": True})
    sheet.ignore_errors({"number_stored_as_text": f"A1:A{families + 1}"})
    _paper(sheet)
    sheet.fit_to_pages(1, 0)


# --- the kecamatan's workbook --------------------------------------------------------------------------------------


def _write_district_summary(sheet: Worksheet, styles: Styles, month: Month, families: Sequence[Listed]) -> None:
    place = families[0].village
    kinds = wording().kinds
    page = _Page(sheet, styles, (30, 13, 13, 13, 13, 13, 13, 13, 16))
    page.title(f"Daftar Verifikasi Kecamatan {place.district_name}, {month_name(month.period)}")
    page.line(f"{place.regency_name}. Untuk TKSK dan PSM.{_line_text(month)}")
    page.skip()
    page.heading("Keluarga menurut desa dan jenis tugas")
    by_village: dict[Village, list[Listed]] = defaultdict(list)
    for one in families:
        by_village[one.village].append(one)
    rows = [
        (village.title, *_counts(listed), day_text(min(one.due_on for one in listed)))
        for village, listed in sorted(by_village.items(), key=lambda item: item[0].village_code)
    ]
    page.table(
        range(9),
        ("Desa/Kelurahan", *kinds.values(), "Keluarga", "Prioritas 1", "Batas waktu pertama"),
        [*rows, ("Jumlah", *_counts(families), "")],
    )
    page.line(
        "Satu keluarga dapat memiliki beberapa tugas; pada kolom Keluarga ia dihitung satu kali. Prioritas 1: angka "
        "yang dilaporkan mungkin keliru, atau akan keliru bulan depan. Prioritas 2: terhitung miskin ekstrem tanpa "
        "keputusan yang berlaku, atau keputusannya berakhir atau bertentangan. Prioritas 3: yang lain."
    )
    page.skip()
    page.heading("Yang dilakukan")
    for number, (kind, advice) in enumerate(wording().advice.items(), start=1):
        page.numbered(number, f"{kinds[kind]}: {advice}")
    page.skip()
    page.heading("Pengembalian")
    page.numbered(
        1,
        "Setiap desa menerima daftar verifikasinya sendiri pada folder hasil periksanya, lengkap dengan nomor KK dan "
        "kolom isian. Keputusan dicatat di sana dan diunggah oleh operator desa; buku kerja kecamatan ini tidak "
        "diunggah.",
    )
    page.numbered(
        2,
        "Pada lembar Daftar nomor KK disamarkan dan NIK tidak dicantumkan; kolom kuning untuk catatan pendamping. "
        "Berkas ini memuat data pribadi: gunakan hanya untuk verifikasi, jangan diteruskan, dan musnahkan cetakannya "
        "setelah selesai.",
    )
    page.finish()


def _counts(families: Sequence[Listed]) -> list[int]:
    kinds = Counter(kind for one in families for kind in one.kinds)
    urgent = sum(one.priority == 1 for one in families)
    return [*(kinds[kind] for kind in wording().kinds), len(families), urgent]


def _write_district_list(sheet: Worksheet, styles: Styles, month: Month, families: Sequence[Listed]) -> None:
    place = families[0].village
    sheet.write_string(
        0, 0, f"Daftar verifikasi Kecamatan {place.district_name}, {month_name(month.period)}",
        styles.get(**_FACE | {"bold": True, "font_size": 14, "font_color": "#1F3864"}),
    )  # fmt: skip
    sheet.write_string(
        1,
        0,
        f"Data pribadi: gunakan hanya untuk verifikasi.{_line_text(month)}",
        styles.get(**_FACE | {"italic": True}),
    )
    rows = [
        (one.village.village_name, *_common(one, ("priority", "due_on", "kinds")), one.identity.head or _GONE,
         one.identity.masked_card, *_common(one, ("address", "members", "per_capita", "decision", "why", "what")))
        for one in families
    ]  # fmt: skip
    _write_list(sheet, styles, _DISTRICT, month, rows, _DISTRICT_TOP)
    sheet.freeze_panes(_DISTRICT_TOP, 0)
    sheet.fit_to_pages(1, 0)


# --- what both have ------------------------------------------------------------------------------------------------


def _common(one: Listed, names: Sequence[str]) -> list[Any]:
    cells = {
        "address": one.identity.address,
        "priority": PRIORITIES[one.priority],
        "kinds": "\n".join(wording().kinds[kind] for kind in dict.fromkeys(one.kinds)),
        "members": one.members,
        "per_capita": one.per_capita,
        "decision": one.decision or "belum ada",
        "why": "\n".join(task.why for task in one.tasks),
        "what": "\n".join(dict.fromkeys(task.what for task in one.tasks)),
        "due_on": one.due_on,
    }
    return [cells[name] for name in names]


def _line_text(month: Month) -> str:
    return "" if month.line is None else f" Garis kemiskinan ekstrem {rupiah(month.line)} per orang sebulan."


def _write_list(
    sheet: Worksheet, styles: Styles, columns: Sequence[_Column], month: Month, rows: Sequence[Sequence[Any]], top: int
) -> None:
    """Headings above `top` and rows from there on; columns that rows do not reach are to be filled in."""
    for number, column in enumerate(columns):
        sheet.set_column(number, number, column.width)
        fill = {"bg_color": "#FFE699"} if column.to_fill else {}
        heading = column.heading.format(basis=month.basis.capitalize())
        sheet.write_string(top - 1, number, heading, styles.get(**_HEAD | fill))
    sheet.set_row(top - 1, row_height(3))
    for at, row in enumerate(rows, start=top):
        lines = [
            text_lines([cell], column.width) for cell, column in zip(row, columns, strict=False) if type(cell) is str
        ]
        sheet.set_row(at, row_height(max(lines)))
        for number, column in enumerate(columns):
            style = _BODY | _KINDS[column.kind]
            if column.to_fill:
                sheet.write_blank(at, number, None, styles.get(**style | {"bg_color": _TO_FILL}))
            else:
                _write_cell(sheet, at, number, row[number], style, styles)
    last = top + max(len(rows), 1) - 1
    sheet.autofilter(top - 1, 0, last, len(columns) - 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:{xl_rowcol_to_cell(last, len(columns) - 1)}"})
    sheet.repeat_rows(top - 1)
    _paper(sheet)


def _write_cell(sheet: Worksheet, row: int, column: int, value: Any, style: dict[str, Any], styles: Styles) -> None:
    if value is None or value == "":
        sheet.write_blank(row, column, None, styles.get(**style))
    elif isinstance(value, str):
        if value.startswith(FORMULA_STARTS):
            style = style | {"quote_prefix": True}
        sheet.write_string(row, column, value[:LONGEST_TEXT], styles.get(**style))
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, styles.get(**style))
    else:
        sheet.write_number(row, column, value, styles.get(**style))


def _paper(sheet: Worksheet) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer("&L&A&RHalaman &P dari &N")


class _Page:
    """A sheet of text and small tables, written from top to bottom; all of it is Entas's own words."""

    def __init__(self, sheet: Worksheet, styles: Styles, widths: Sequence[int]) -> None:
        self.sheet, self.styles = sheet, styles
        self.last = len(widths) - 1
        self.wide = sum(widths)
        self.first = widths[0]
        self.row = 0
        sheet.hide_gridlines(2)
        for number, width in enumerate(widths):
            sheet.set_column(number, number, width)

    def skip(self) -> None:
        self.row += 1

    def title(self, text: str) -> None:
        self.sheet.set_row(self.row, 24)
        style = self.styles.get(**_FACE | {"bold": True, "font_size": 16, "font_color": "#1F3864"})
        self.sheet.write_string(self.row, 0, text, style)
        self.row += 1

    def heading(self, text: str) -> None:
        style = self.styles.get(**_FACE | {"bold": True, "font_size": 12, "font_color": "#1F3864"})
        self.sheet.write_string(self.row, 0, text, style)
        self.row += 1

    def line(self, text: str, *, bold: bool = False) -> None:
        self._merged(0, text, self.wide, {"bold": bold})

    def numbered(self, number: int, text: str) -> None:
        if self.first > 10:  # no narrow column for the numbers
            self._merged(0, f"{number}. {text}", self.wide, {})
            return
        self.sheet.write_string(
            self.row, 0, f"{number}.", self.styles.get(**_FACE | {"valign": "top", "align": "right"})
        )
        self._merged(1, text, self.wide - self.first, {})

    def _merged(self, first: int, text: str, width: int, look: dict[str, Any]) -> None:
        style = self.styles.get(**_FACE | {"text_wrap": True, "valign": "top"} | look)
        self.sheet.set_row(self.row, row_height(text_lines([text], int(width * 1.05))))
        self.sheet.merge_range(self.row, first, self.row, self.last, "", style)
        self.sheet.write_string(self.row, first, text, style)
        self.row += 1

    def table(self, columns: Sequence[int], heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        self.sheet.set_row(self.row, row_height(2))
        for column, text in zip(columns, heads, strict=True):
            self.sheet.write_string(self.row, column, text, self.styles.get(**_HEAD))
        for row in rows:
            self.row += 1
            total = {"bold": True} if row[0] == "Jumlah" else {}
            for column, value in zip(columns, row, strict=True):
                style = _BODY | ({} if isinstance(value, str) else _KINDS["count"]) | total
                _write_cell(self.sheet, self.row, column, value, style, self.styles)
        self.row += 1

    def finish(self) -> None:
        _paper(self.sheet)
        self.sheet.fit_to_pages(1, 0)
