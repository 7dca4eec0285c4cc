"""Entas's own workbook for a village and a month, empty or filled in with its register in force (design, section 4)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import Any

import psycopg
import xlsxwriter
from psycopg.rows import dict_row
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_range_abs
from xlsxwriter.worksheet import Worksheet

from entas import areas, clock
from entas.areas import Village
from entas.discretion import discreet
from entas.errors import EntasError, UsageError
from entas.intake.styles import row_height, text_lines
from entas.privacy.trace import identities_destroyed
from entas.registers.catalogue import RegisterFormat, formats
from entas.registers.own_sheets import CODE_LISTS, FAMILIES, FORMULA_STARTS, INSTRUCTIONS
from entas.registers.schema import NOT_ASKED, REGISTERS, Kind, asked
from entas.settings import Settings
from entas.warehouse import open_warehouse

_LAST_ROW = 1_048_575  # Excel's last row, counted from 0
_FIRST_EXCEL_DAY = date(1900, 1, 1)

#: What each column asks for, as a village clerk reads it; a register's own text goes before the common one.
_HELP: dict[str, str] = {
    "no_kk": "Nomor kartu keluarga, 16 angka.",
    "nik": "Nomor induk kependudukan, 16 angka. Kosongkan bila belum ada.",
    "nama": "Nama lengkap sesuai KTP atau kartu keluarga.",
    "sex": "Jenis kelamin.",
    "tempatlahir": "Kabupaten atau kota tempat lahir.",
    "tanggallahir": "Tanggal lahir: tanggal/bulan/tahun, misalnya 17/08/1985.",
    "kk_level": "Hubungan dengan kepala keluarga. Setiap keluarga memiliki tepat satu kepala keluarga.",
    "pendidikan_kk_id": "Pendidikan terakhir menurut kartu keluarga.",
    "pendidikan_sedang_id": "Pendidikan yang sedang ditempuh.",
    "pekerjaan_id": "Pekerjaan utama.",
    "status_kawin": "Status perkawinan.",
    "cacat_id": "Jenis disabilitas.",
    "status_dasar": "Keadaan penduduk; kosong berarti hidup. Warga yang meninggal atau pindah tetap dicantumkan.",
    "alamat": "Alamat rumah.",
    "dusun": "Dusun, kampung, atau lingkungan.",
    "rw": "Nomor RW.",
    "rt": "Nomor RT.",
    "nama_ayah": "Nama ayah kandung, seperti pada register asal.",
    "nama_ibu": "Nama ibu kandung, seperti pada register asal.",
    "nik_kepala": "NIK kepala keluarga, 16 angka.",
    "nama_kepala": "Nama kepala keluarga.",
    "penghasilan_bulanan": "Penghasilan seluruh keluarga sebulan, dalam rupiah. Kosongkan bila tidak diketahui.",
    "pengeluaran_bulanan": "Pengeluaran seluruh keluarga sebulan, dalam rupiah. Kosongkan bila tidak diketahui.",
    "desil": "Desil kesejahteraan, 1 sampai 10. Kosongkan bila tidak diketahui.",
    "id_keluarga_p3ke": "Nomor keluarga pada daftar P3KE, bila ada.",
    "tanggal_pendataan": "Tanggal penghasilan, pengeluaran, atau desil itu didata.",
    "tanggal_musyawarah": "Tanggal musyawarah yang memutuskan.",
    "verifikasi.hasil": "Keputusan musyawarah tentang keluarga ini.",
    "alasan": "Alasan bila tidak layak; kosong dibaca sebagai lainnya.",
    "nomor_berita_acara": "Nomor berita acara musyawarah.",
    "petugas": "Nama petugas.",
    "jabatan_petugas": "Jabatan petugas, misalnya TKSK, PSM, atau kepala dusun.",
    "program": "Nama program bantuan.",
    "sumber_dana": "Asal dana, misalnya APBD atau Dana Desa.",
    "bantuan.nilai": "Nilai yang dibayarkan, dalam rupiah.",
    "tanggal_salur": "Tanggal bantuan diterima.",
    "penyalur": "Lembaga yang menyalurkan.",
    "keterangan": "Keterangan lain.",
    "jenis": "Jenis kegiatan pemberdayaan.",
    "nama_kegiatan": "Nama kegiatan.",
    "penyelenggara": "Lembaga yang menyelenggarakan.",
    "tanggal_mulai": "Tanggal kegiatan dimulai.",
    "tanggal_selesai": "Tanggal kegiatan selesai; boleh di masa depan.",
    "pemberdayaan.hasil": "Hasil kegiatan.",
    "pemberdayaan.nilai": "Nilai bantuan atau upah, dalam rupiah.",
}

_ABOUT = {
    "penduduk": "Seluruh penduduk desa, satu baris per orang. Register ini menggantikan seluruh register sebelumnya.",
    "kesejahteraan": "Satu baris per keluarga: penghasilan, pengeluaran, atau desil. Minimal satu di antaranya diisi.",
    "verifikasi": "Keputusan musyawarah desa tentang keluarga, satu baris per keputusan.",
    "bantuan": "Bantuan yang sudah dibayarkan, satu baris per pembayaran. Isi no_kk atau nik.",
    "pemberdayaan": "Pelatihan, modal, pendampingan, dan padat karya, satu baris per kegiatan. Isi no_kk atau nik.",
}

_WIDTHS = {
    Kind.CARD: 20,
    Kind.NIK: 20,
    Kind.TEXT: 26,
    Kind.PLACE: 12,
    Kind.CODE: 26,
    Kind.WORD: 24,
    Kind.DATE: 14,
    Kind.AMOUNT: 18,
    Kind.DECILE: 8,
}
_COLUMN_WIDTHS = {"alamat": 30, "dusun": 20, "rw": 7, "rt": 7}
_COLUMN_FORMATS: dict[Kind, dict[str, Any]] = {
    Kind.CARD: {"num_format": "@"},
    Kind.NIK: {"num_format": "@"},
    Kind.PLACE: {"num_format": "@"},  # RT 001 is not 1
    Kind.DATE: {"num_format": "dd/mm/yyyy"},
    Kind.AMOUNT: {"num_format": "#,##0"},
}

Rows = Iterable[Mapping[str, Any]]


@discreet
def write_template(settings: Settings, village: str, period: date, *, prefill: bool, output: Path) -> None:
    """Write the workbook: instructions, the five registers, and the lists of codes.

    With `prefill` the sheet `penduduk` holds the village's population register in force in that month, to be corrected:
    it is a snapshot, and what is left as it is stays true. The other four registers add up, and what they list is said
    to be of this month; they are not filled in. An old income listed again would count for twelve more months though
    nobody asked the family, and last month's payments are no payments of this month. What was last known of each
    family stands on a sheet of its own, `Daftar Keluarga`, which is not read: its card number and head are copied from
    there when the family has been surveyed, decided on or helped, and its last amounts can be compared.

    Args:
        village: code with or without dots.
        period: first day of the month that the workbook is for.
        output: file to write (.xlsx); replaced when it is there.

    Raises:
        UsageError: the village is none of the regency's, or `output` is no .xlsx.
        EntasError: the file cannot be written, or there is no register to fill in.
    """
    code = areas.dotted(village)
    place = areas.villages(settings.regency).get(code)
    if place is None:
        raise UsageError(f"{village!r} is no village of regency {settings.regency}; write it as 32.16.09.2003")
    if output.suffix.lower() != ".xlsx":
        raise UsageError(f"{output.name!r} is no name of a workbook; let it end in .xlsx")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=".entas-") as folder:
            part = Path(folder) / output.name
            if prefill:
                with open_warehouse(settings).connect() as connection:
                    _write(part, place, period, _register_in_force(connection, place, period))
            else:
                _write(part, place, period, None)
            part.replace(output)
    except (OSError, FileCreateError) as error:
        raise EntasError(f"{output} cannot be written: {error}; choose a folder that you may write to") from error


# --- what is filled in ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Prefill:
    """What a workbook is filled in with.

    Attributes:
        period: of the population register in force.
        held_back: its rows that were quarantined, and are not among the persons.
        columns: of the persons: those that Entas asks for, and others that the register has.
        persons, families: rows by column name.
    """

    period: str
    held_back: int
    columns: tuple[str, ...]
    persons: Rows
    families: Rows


#: Columns of `Daftar Keluarga`: heading, column of the query, width, cell format.
_FAMILY_COLUMNS = (
    ("Nomor KK", "no_kk", 20, "@"),
    ("NIK kepala", "nik_kepala", 20, "@"),
    ("Nama kepala", "nama_kepala", 28, None),
    ("Anggota hidup", "members", 10, "0"),
    ("Dusun", "dusun", 18, "@"),
    ("RT", "rt", 7, "@"),
    ("RW", "rw", 7, "@"),
    ("Penghasilan terakhir (Rp sebulan)", "penghasilan_bulanan", 18, "#,##0"),
    ("Pengeluaran terakhir (Rp sebulan)", "pengeluaran_bulanan", 18, "#,##0"),
    ("Desil terakhir", "desil", 9, "0"),
    ("Nomor P3KE", "id_keluarga_p3ke", 20, "@"),
    ("Tanggal didata", "tanggal_pendataan", 12, "dd/mm/yyyy"),
    ("Dari register", "period", 11, "@"),
)


def _register_in_force(connection: psycopg.Connection, village: Village, period: date) -> _Prefill:
    """The population register in force in a month, and its families with their last amounts.

    Raises:
        EntasError: there is none, or its identities were destroyed by retention.
    """
    row = connection.execute(
        """
        select u.upload_id, u.period, r.rows_quarantined
        from raw.upload u join raw.upload_register r using (upload_id)
        where u.village_code = %s and u.period <= %s and u.status in ('accepted', 'accepted_with_quarantine')
          and r.register = 'penduduk' and r.status = 'accepted'
        order by u.period desc, u.received_at desc limit 1
        """,
        (village.village_code, clock.period_text(period)),
    ).fetchone()
    if row is None:
        raise EntasError(
            f"no population register of {village.village_code} is in force in {clock.period_text(period)}; "
            "leave out --prefill for an empty workbook"
        )
    upload_id, of_period, held_back = row
    if gone := identities_destroyed(connection, upload_id):
        raise EntasError(
            f"the register of {of_period} that is in force in {clock.period_text(period)} has no names any more: they "
            f"were {gone}; leave out --prefill, and have {village.village_code} send a new register"
        )
    columns = (*asked("penduduk"), *_not_asked_but_there(connection, upload_id))
    persons = connection.cursor("template_penduduk", row_factory=dict_row)  # on the server: memory stays small
    persons.execute(
        f"select {', '.join(columns)} from raw.penduduk where upload_id = %s order by position", (upload_id,)
    )
    families = connection.cursor(row_factory=dict_row).execute(
        """
        with persons as (select * from raw.penduduk where upload_id = %(upload_id)s),
        families as (
            select household_id, min(position) as position, count(*) as members from persons
            where coalesce(status_dasar, 1) = 1 group by household_id
        ),
        heads as (
            select distinct on (household_id) * from persons where coalesce(status_dasar, 1) = 1
            order by household_id, kk_level is distinct from 1, position
        ),
        latest as (
            select distinct on (household_id) coalesce(k.household_id, p.household_id) as household_id,
                k.penghasilan_bulanan, k.pengeluaran_bulanan, k.desil, k.id_keluarga_p3ke, k.tanggal_pendataan, u.period
            from raw.kesejahteraan k join raw.upload u using (upload_id)
            left join persons p on k.household_id is null and p.person_id = k.head_person_id
            where u.village_code = %(village)s and u.status in ('accepted', 'accepted_with_quarantine')
              and u.period between %(first)s and %(last)s
              and (k.penghasilan_bulanan is not null or k.pengeluaran_bulanan is not null or k.desil is not null)
            order by household_id, u.period desc, u.received_at desc, k.position desc
        )
        select h.no_kk, h.nik as nik_kepala, h.nama as nama_kepala, f.members, h.dusun, h.rt, h.rw,
               l.penghasilan_bulanan, l.pengeluaran_bulanan, l.desil, l.id_keluarga_p3ke, l.tanggal_pendataan, l.period
        from families f join heads h using (household_id) left join latest l using (household_id) order by f.position
        """,
        {
            "upload_id": upload_id,
            "village": village.village_code,
            "first": clock.period_text(clock.add_months(period, -11)),
            "last": clock.period_text(period),
        },
    )
    return _Prefill(of_period, held_back, columns, persons, families.fetchall())


def _not_asked_but_there(connection: psycopg.Connection, upload_id: int) -> list[str]:
    """Columns that the workbook does not ask for, and that this register has: a copy must not lose them."""
    columns = [column for register, column in sorted(NOT_ASKED) if register == "penduduk"]
    there = connection.execute(
        f"select {', '.join(f'bool_or({column} is not null)' for column in columns)} from raw.penduduk "
        "where upload_id = %s",
        (upload_id,),
    ).fetchone()
    return [column for column, has_some in zip(columns, there, strict=True) if has_some]


# --- the workbook --------------------------------------------------------------------------------------------------


def _write(path: Path, village: Village, period: date, prefill: _Prefill | None) -> None:
    own = {one.register: one for one in formats() if one.format_id == "entas"}
    names = [INSTRUCTIONS[0], *REGISTERS, *([FAMILIES[0]] if prefill else []), CODE_LISTS[0]]
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        book.set_properties({"title": f"Buku kerja Entas {village.village_code} {clock.period_text(period)}"})
        sheets = {name: book.add_worksheet(name) for name in names}
        lists = _write_code_lists(book, sheets[CODE_LISTS[0]], own)
        _write_instructions(book, sheets[INSTRUCTIONS[0]], own, village, period, prefill)
        for register in REGISTERS:
            columns, rows = tuple(asked(register)), ()
            if prefill and register == "penduduk":
                columns, rows = prefill.columns, prefill.persons
            _write_register(book, sheets[register], own[register], lists, columns, rows)
        sheets["penduduk"].print_across()
        sheets["penduduk"].repeat_columns(0, 2)  # who it is, on the second page as well
        if prefill:
            _write_families(book, sheets[FAMILIES[0]], prefill.families)
        for sheet in sheets.values():
            sheet.set_landscape()
            sheet.set_paper(9)
            sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
            sheet.fit_to_pages(2 if sheet is sheets["penduduk"] else 1, 0)
            sheet.set_footer("&L&A&RHalaman &P dari &N")
        sheets[INSTRUCTIONS[0]].activate()


def _write_register(
    book: xlsxwriter.Workbook,
    sheet: Worksheet,
    form: RegisterFormat,
    lists: Mapping[tuple[str, str], str],
    columns: Sequence[str],
    rows: Rows,
) -> None:
    kinds = [REGISTERS[form.register][column] for column in columns]
    formats_: list[Format | None] = []
    for number, (column, kind) in enumerate(zip(columns, kinds, strict=True)):
        made = book.add_format(_COLUMN_FORMATS[kind]) if kind in _COLUMN_FORMATS else None
        formats_.append(made)
        sheet.set_column(number, number, _COLUMN_WIDTHS.get(column, _WIDTHS[kind]), made)
        sheet.data_validation(1, number, _LAST_ROW, number, _validation(form.register, column, kind, lists))
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    ids = [number for number, kind in enumerate(kinds) if _COLUMN_FORMATS.get(kind) == {"num_format": "@"}]
    sheet.ignore_errors({"number_stored_as_text": " ".join(xl_range_abs(0, n, _LAST_ROW, n) for n in ids)})
    heads = {need: book.add_format(_head(need)) for need in ("required", "one_of", "optional")}
    for number, column in enumerate(columns):
        sheet.write_string(0, number, column, heads[_need(form, column)])
    labels = {name: codes.labels for name, codes in form.codes.items()}
    quoted = book.add_format({"quote_prefix": True})
    last = 0
    for last, row in enumerate(rows, start=1):
        for number, column in enumerate(columns):
            value = row[column]
            if value is None:
                continue
            if column in labels:
                value = labels[column].get(value, value)
            _write_cell(sheet, last, number, value, formats_[number], quoted)
    if last:
        sheet.autofilter(0, 0, last, len(columns) - 1)


def _write_families(book: xlsxwriter.Workbook, sheet: Worksheet, rows: Rows) -> None:
    """The families of the register in force with what was last known of them; nothing on it is read."""
    sheet.write_string(0, 0, FAMILIES[1], book.add_format({"bold": True, "font_size": 12}))
    sheet.write_string(
        1,
        0,
        "Salin nomor KK, NIK, dan nama kepala dari sini ke lembar kesejahteraan, verifikasi, bantuan, atau "
        "pemberdayaan bila keluarga itu didata, diputuskan, atau dibantu bulan ini.",
    )
    head = book.add_format(
        {"bold": True, "bg_color": "#E7ECF5", "border": 1, "text_wrap": True, "valign": "vcenter", "align": "center"}
    )
    sheet.set_row(2, 45)
    formats_ = []
    for number, (heading, _, width, shown) in enumerate(_FAMILY_COLUMNS):
        formats_.append(book.add_format({"num_format": shown}) if shown else None)
        sheet.set_column(number, number, width, formats_[-1])
        sheet.write_string(2, number, heading, head)
    sheet.freeze_panes(3, 3)
    sheet.repeat_rows(2)
    quoted = book.add_format({"quote_prefix": True})
    last = 2
    for last, row in enumerate(rows, start=3):
        for number, (_, column, _, _) in enumerate(_FAMILY_COLUMNS):
            if row[column] is not None:
                _write_cell(sheet, last, number, row[column], formats_[number], quoted)
    sheet.autofilter(2, 0, max(last, 3), len(_FAMILY_COLUMNS) - 1)
    texts = (number for number, one in enumerate(_FAMILY_COLUMNS) if one[3] == "@")
    sheet.ignore_errors({"number_stored_as_text": " ".join(xl_range_abs(0, n, _LAST_ROW, n) for n in texts)})


def _write_cell(sheet: Worksheet, row: int, column: int, value: Any, style: Format | None, quoted: Format) -> None:
    if isinstance(value, str):
        sheet.write_string(row, column, value, quoted if style is None and value.startswith(FORMULA_STARTS) else style)
    elif isinstance(value, date):
        if value >= _FIRST_EXCEL_DAY:
            sheet.write_datetime(row, column, value, style)
        else:  # Excel knows no day before 1900
            sheet.write_string(row, column, f"{value.day:02d}/{value.month:02d}/{value.year:04d}", style)
    elif isinstance(value, (int, Decimal)):
        sheet.write_number(row, column, value, style)
    else:
        raise TypeError(f"a register holds no {type(value).__name__}")


def _need(form: RegisterFormat, column: str) -> str:
    group = next((group for group in form.required if column in group), ())
    return "optional" if not group else "required" if len(group) == 1 else "one_of"


def _head(need: str) -> dict[str, Any]:
    colour = {"required": "#C00000", "one_of": "#C55A11", "optional": "#2F5597"}[need]
    return {"bold": True, "font_color": "#FFFFFF", "bg_color": colour, "border": 1, "num_format": "@"}


def _help(register: str, column: str) -> str:
    return _HELP.get(f"{register}.{column}") or _HELP[column]


def _validation(register: str, column: str, kind: Kind, lists: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "validate": "any",
        "input_title": column,
        "input_message": _help(register, column),
        "error_type": "warning",  # codes and other known spellings may be typed instead of the label
        "error_title": "Periksa isian",
    }
    if (register, column) in lists:
        told |= {
            "validate": "list",
            "source": f"={lists[register, column]}",
            "error_message": "Pilih salah satu isian dari daftar.",
        }
    elif kind is Kind.DECILE:
        told |= {
            "validate": "integer",
            "criteria": "between",
            "minimum": 1,
            "maximum": 10,
            "error_message": "Isi 1 sampai 10.",
        }
    elif kind is Kind.DATE:
        told |= {
            "validate": "date",
            "criteria": ">=",
            "value": _FIRST_EXCEL_DAY,
            "error_message": "Tulis tanggal sebagai tanggal/bulan/tahun, misalnya 17/08/1985.",
        }
    elif kind is Kind.AMOUNT:
        told |= {
            "validate": "decimal",
            "criteria": ">=",
            "value": 0,
            "error_message": "Tulis rupiah dengan angka saja.",
        }
    elif kind in (Kind.CARD, Kind.NIK):
        told |= {"validate": "length", "criteria": "==", "value": 16, "error_message": "Tulis tepat 16 angka."}
    return told


def _write_code_lists(
    book: xlsxwriter.Workbook, sheet: Worksheet, own: Mapping[str, RegisterFormat]
) -> dict[tuple[str, str], str]:
    """Write the labels of every code column; where each list stands, for the validation of cells."""
    places = {}
    titles: list[str] = []
    lists: list[list[str]] = []
    for register, form in own.items():
        for column, codes in form.codes.items():
            labels = list(codes.labels.values())
            first = xl_range_abs(2, len(lists), 1 + len(labels), len(lists))
            places[register, column] = f"'{CODE_LISTS[0]}'!{first}"
            titles.append(f"Isian kolom {column}")
            lists.append(labels)
    sheet.write_string(0, 0, CODE_LISTS[1], book.add_format({"bold": True}))
    head = book.add_format({"bold": True, "bottom": 1})
    for number, title in enumerate(titles):
        sheet.set_column(number, number, 34)
        sheet.write_string(1, number, title, head)
    for row, labels in enumerate(zip_longest(*lists), start=2):
        for number, label in enumerate(labels):
            if label is not None:
                sheet.write_string(row, number, label)
    sheet.freeze_panes(2, 0)
    return places


def _write_instructions(
    book: xlsxwriter.Workbook,
    sheet: Worksheet,
    own: Mapping[str, RegisterFormat],
    village: Village,
    period: date,
    prefill: _Prefill | None,
) -> None:
    sheet.hide_gridlines(2)
    for column, width in enumerate((24, 24, 26, 100)):
        sheet.set_column(column, column, width)
    bold = book.add_format({"bold": True, "valign": "top"})
    row = 0

    def line(*cells: str, style: Format | Sequence[Format] | None = None) -> None:
        nonlocal row
        for column, cell in enumerate(cells):
            if cell:
                sheet.write_string(row, column, cell, style[column] if isinstance(style, list) else style)
        row += 1

    line(INSTRUCTIONS[1], style=book.add_format({"bold": True, "font_size": 16, "font_color": "#1F3864"}))
    line()
    kind = village.village_kind.capitalize()
    line(
        kind, f"{village.village_name} ({village.village_code}), Kecamatan {village.district_name}", style=[bold, None]
    )
    line("Periode", clock.period_text(period), style=[bold, None])
    line()
    text = book.add_format({"text_wrap": True, "valign": "top"})
    for number, step in enumerate(_steps(village, period, prefill), start=1):
        sheet.set_row(row, row_height(text_lines([step], 175)))
        sheet.merge_range(row, 0, row, 3, "", text)
        line(f"{number}. {step}", style=text)
    line()
    line("Warna judul kolom", style=bold)
    for need, meaning in (
        (
            "required",
            "Kolom wajib ada. Selnya diisi untuk setiap baris, kecuali bila penjelasannya membolehkan kosong.",
        ),
        ("one_of", "Minimal satu dari kolom berwarna ini wajib diisi pada setiap baris."),
        ("optional", "Kolom tambahan; isi bila diketahui."),
    ):
        line("Contoh warna", meaning, style=[book.add_format(_head(need)), None])
    line()
    head = book.add_format({"bold": True, "bg_color": "#D9E2F3", "border": 1})
    cell = book.add_format({"border": 1, "border_color": "#BFBFBF", "text_wrap": True, "valign": "top"})
    needs = {"required": "Wajib", "one_of": "Wajib salah satu", "optional": "Tambahan"}
    for register, form in own.items():
        line(f"Lembar {register}", _ABOUT[register], style=[bold, None])
        line("Nama kolom", "Keharusan", "Cara mengisi", "Penjelasan", style=[head] * 4)
        for column, kind_ in asked(register).items():
            line(column, needs[_need(form, column)], _how(kind_), _help(register, column), style=[cell] * 4)
        line()


def _steps(village: Village, period: date, prefill: _Prefill | None) -> list[str]:
    steps = [
        "Isi lembar register yang ada datanya saja; lembar tanpa baris data tidak dihitung.",
        "Jangan mengubah judul kolom dan nama lembar. Lembar Petunjuk, Daftar Keluarga, dan Daftar Kode boleh "
        "dibiarkan.",
        "NIK dan nomor KK berformat teks. Bila menempel dari berkas lain, gunakan Tempel Khusus > Nilai (Paste "
        "Special > Values) agar formatnya tidak berubah.",
        "Kolom berpilihan diisi dari daftar pada selnya; kodenya (misalnya 1) juga diterima.",
    ]
    if prefill is not None:
        steps.append(
            f"Lembar penduduk sudah diisi dari register {prefill.period}. Ubah status_dasar warga yang meninggal atau "
            "pindah, tambahkan warga baru di bawahnya, dan perbaiki isian yang keliru. Jangan menghapus baris warga "
            "yang meninggal atau pindah."
        )
        if prefill.held_back:
            steps.append(
                f"{prefill.held_back} baris register {prefill.period} ditahan karena keliru dan tidak ada di lembar "
                "penduduk. Perbaiki menurut hasil periksa register itu, lalu tambahkan di sini."
            )
        steps.append(
            "Keempat lembar lain sengaja kosong: yang ditulis di sana berarti terjadi atau didata pada bulan ini. "
            "Untuk keluarga yang didata, diputuskan, atau dibantu bulan ini, salin nomor KK dan nama kepalanya dari "
            f"lembar {FAMILIES[0]}, yang juga memuat angka terakhirnya sebagai pembanding. Angka lama tetap berlaku "
            "dua belas bulan tanpa ditulis ulang."
        )
    steps.append(f"Simpan sebagai .xlsx, lalu unggah ke folder {village.village_code}/{clock.period_text(period)}.")
    return steps


def _how(kind: Kind) -> str:
    return {
        Kind.CARD: "16 angka",
        Kind.NIK: "16 angka",
        Kind.TEXT: "Teks",
        Kind.PLACE: "Teks",
        Kind.CODE: "Pilih dari daftar",
        Kind.WORD: "Pilih dari daftar",
        Kind.DATE: "Tanggal",
        Kind.AMOUNT: "Angka rupiah",
        Kind.DECILE: "Angka 1 sampai 10",
    }[kind]
