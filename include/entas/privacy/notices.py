"""Notices to villages: which row of their own file is to be mended or taken out, since the register is theirs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import xlsxwriter

from entas.errors import EntasError
from entas.intake.styles import row_height, text_lines
from entas.registers.own_sheets import FORMULA_STARTS
from entas.storage import Store

_TITLE = {
    "correction": "Permohonan perbaikan data pribadi",
    "erasure": "Permohonan penghapusan data pribadi",
}
_WHAT = {
    "correction": (
        "Data pribadi pada baris di bawah ini telah diperbaiki di Dinas Sosial atas permohonan yang bersangkutan, "
        "tetapi sumbernya adalah register desa. Cocokkan dengan dokumen kependudukan, perbaiki register desa, lalu "
        "unggah register yang sudah benar. Selama belum diperbaiki, unggahan berikutnya membawa kembali isi yang lama."
    ),
    "erasure": (
        "Data pribadi pada baris di bawah ini telah dihapus di Dinas Sosial atas permohonan yang bersangkutan. "
        "Sumbernya adalah register desa: bila register desa masih memuatnya, unggahan berikutnya membawanya kembali. "
        "Putuskan menurut ketentuan yang berlaku apakah orang atau keluarga ini tetap harus tercantum; bila tidak, "
        "keluarkan barisnya dari register sebelum mengunggah."
    ),
}
_CLOSE = "Berkas ini dapat memuat data pribadi. Gunakan hanya untuk keperluan ini."
_COLUMNS = (("Berkas", 36), ("Lembar", 18), ("Baris", 8), ("Kolom", 16), ("Seharusnya", 30))


@dataclass(frozen=True)
class Notice:
    """A row that a village is told of.

    Attributes:
        kind: `correction` or `erasure`.
        reference: number of the request.
        village_code, period, file_name, sheet, row_number: where the row stands.
        column, value: corrections: what is to be mended, and how it should read.
    """

    kind: str
    reference: str
    village_code: str
    period: str
    file_name: str
    sheet: str
    row_number: int
    column: str = ""
    value: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def notice_path(village_code: str, period: str, request_id: int) -> str:
    """Where a notice goes, below the feedback folder."""
    return f"{village_code}/{period}/permohonan-data-pribadi-{request_id}.xlsx"


def write_notices(store: Store, request_id: int, notices: Sequence[Notice], work: Path) -> int:
    """Write a workbook for each village and month; returns how many. Written again, they replace themselves.

    Raises:
        EntasError: the feedback folder cannot be written.
    """
    by_folder: dict[tuple[str, str], list[Notice]] = defaultdict(list)
    for notice in notices:
        by_folder[notice.village_code, notice.period].append(notice)
    for (village_code, period), told in by_folder.items():
        local = work / "notice.xlsx"
        _write(local, told)
        try:
            store.put_file(local, notice_path(village_code, period, request_id))
        except OSError as error:
            raise EntasError(
                f"the notice to {village_code} cannot be written to {store.place}: {error.strerror or error}; look at "
                "ENTAS_FEEDBACK; keep_house writes it again"
            ) from error
        local.unlink()
    return len(by_folder)


def _write(path: Path, notices: Sequence[Notice]) -> None:
    kind, reference = notices[0].kind, notices[0].reference
    with xlsxwriter.Workbook(str(path)) as book:
        text = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        quoted = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@", "quote_prefix": True})
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#D9E2F3", "border": 1})
        sheet = book.add_worksheet("Pemberitahuan")
        columns = _COLUMNS if kind == "correction" else _COLUMNS[:3]
        for number, (_, width) in enumerate(_COLUMNS):
            sheet.set_column(number, number, width, text)
        sheet.write_string(0, 0, f"{_TITLE[kind]} nomor {reference}", book.add_format({"bold": True, "font_size": 14}))
        for number, line in enumerate((_WHAT[kind], _CLOSE), start=2):
            sheet.merge_range(number, 0, number, len(_COLUMNS) - 1, line, text)
            sheet.set_row(number, row_height(text_lines([line], 105)))
        for number, (heading, _) in enumerate(columns):
            sheet.write_string(5, number, heading, head)
        for number, one in enumerate(notices, start=6):
            cells = (one.file_name, one.sheet, str(one.row_number), one.column, one.value)
            for place, cell in enumerate(cells[: len(columns)]):
                sheet.write_string(number, place, cell, quoted if cell.startswith(FORMULA_STARTS) else text)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
