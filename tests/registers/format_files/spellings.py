"""The ways in which people and programs change such files: each spelling turns a clean case into another.

A spelling gives None where it has no meaning (there are no dates, no merged cells in a csv).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tests.registers.format_files.cases import Case, Draft, Heading
from tests.registers.format_files.pages import Formula

BOOKS = ("xlsx", "xls", "ods")
KINDS = (*BOOKS, "csv")
#: What changes texts alone is the same to every workbook.
TEXTS = ("xlsx", "csv")
NBSP = "\u00a0"
MONTHS = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember".split()

Change = Callable[[Case], Case | None]


@dataclass(frozen=True)
class Spelling:
    """One way to write a file.

    Attributes:
        name: of it.
        change: what it does to a clean case.
        kinds: kinds of file in which it can be written.
    """

    name: str
    change: Change
    kinds: tuple[str, ...] = KINDS


def _cells(case: Case, kinds: Iterable[str], change: Callable[[Any], Any]) -> Case | None:
    """Change the written cells of these kinds in the sheet of people or families; None when there are none."""
    wanted = set(kinds)
    changed = False
    for row in case.sheet.data:
        for position, kind in case.sheet.kinds.items():
            if kind in wanted and position < len(row) and row[position] not in (None, ""):
                row[position] = change(row[position])
                changed = True
    return case if changed else None


def _each_text(draft: Draft, change: Callable[[str], str]) -> None:
    for row in (*draft.header, *draft.rows):
        for position, cell in enumerate(row):
            if isinstance(cell, str) and cell:
                row[position] = change(cell)


# --- around the data -------------------------------------------------------------------------------------------------


def clean(case: Case) -> Case:
    """As the program writes it."""
    return case


def titles(case: Case) -> Case:
    """A letterhead and titles stand above the header."""
    case.sheet.above = [
        ["PEMERINTAH KABUPATEN BEKASI"],
        ["KECAMATAN UJI"],
        [None, "KANTOR DESA SUKA UJI"],
        ["Jl. Raya Suka Uji No. 1 Kode Pos 17000"],
        [],
        ["Data bulan September 2023", None, "Lembar ke-1"],
        [],
        *case.sheet.above,
    ]
    return case


def merged_title(case: Case) -> Case:
    """A title is merged over the whole width, as Excel's "Merge & Center" does."""
    width = max(len(row) for row in case.sheet.header) if case.sheet.header else 2
    case.sheet.above = [["DATA DESA SUKA UJI TAHUN 2023", *[None] * (width - 1)], [], *case.sheet.above]
    first = case.sheet.first
    case.sheet.merged.append((-first, 0, -first, width - 1))
    return case


def numbered_columns(case: Case) -> Case | None:
    """A row below the header numbers the columns: 1 2 3 …"""
    return _numbered(case, lambda number: number)


def bracketed_columns(case: Case) -> Case | None:
    """A row below the header numbers the columns in brackets: (1) (2) (3) …"""
    return _numbered(case, lambda number: f"({number})")


def negative_columns(case: Case) -> Case | None:
    """The same after Excel took the brackets for a minus: -1 -2 -3 …"""
    return _numbered(case, lambda number: -number)


def _numbered(case: Case, write: Callable[[int], Any]) -> Case | None:
    if case.sheet.fixed:  # the numbers under a DDK are those of its questions
        return None
    width = max(len(row) for row in case.sheet.header)
    numbers = [write(number) for number in range(1, width + 1)]
    header = case.sheet.header
    if all(isinstance(cell, int) for cell in header[-1]):
        header[-1] = numbers
    else:
        header.append(numbers)
    return case


def totals_below(case: Case) -> Case:
    """A total row, a remark and the signatures stand below the data."""
    width = max(len(row) for row in case.sheet.rows)
    case.sheet.below = [
        ["JUMLAH", *[None] * (width - 2), len(case.sheet.data)],
        [],
        ["Catatan: data dikumpulkan oleh kader RT"],
        [],
        [None, None, "Bekasi, 30 September 2023"],
        [None, "Mengetahui,", "Kepala Desa Suka Uji"],
        [],
        [None, None, "( NAMA CONTOH )"],
        [None, None, "NIP. 19700101 199003 1 001"],
    ]
    return case


def end_mark(case: Case) -> Case | None:
    """`###` ends the data of OpenSID's templates; rows below it are not read."""
    if not case.format_id.startswith("opensid"):
        return None
    width = len(case.sheet.rows[0])
    case.sheet.below = [["###"] * min(width, 3), list(case.sheet.rows[0])]
    return case


def blank_rows(case: Case) -> Case:
    """Blank rows, and rows of blanks, stand between the rows."""
    spread: list[list[Any]] = []
    for number, row in enumerate(case.sheet.rows):
        spread.append(row)
        if number % 2 == 0:
            spread += [[], [" ", NBSP, ""]]
    case.sheet.rows = spread
    return case


def repeated_header(case: Case) -> Case | None:
    """A printed list repeats its header on every page, below a page footer."""
    if not case.sheet.header:
        return None
    half = len(case.sheet.rows) // 2
    footer = ["Halaman 1 dari 2"]
    case.sheet.rows = [
        *case.sheet.rows[:half],
        Heading(footer),
        *(Heading(row) for row in case.sheet.header),
        *case.sheet.rows[half:],
    ]
    return case


# --- header ----------------------------------------------------------------------------------------------------------


def upper_header(case: Case) -> Case:
    """Headers in capitals."""
    _headers(case, str.upper)
    return case


def lower_header(case: Case) -> Case:
    """Headers in small letters."""
    _headers(case, str.lower)
    return case


def spaced_header(case: Case) -> Case:
    """Headers with spaces around, no-break spaces and line breaks inside, and a colon behind."""
    _headers(case, lambda text: f"  {text.replace(' ', chr(10), 1).replace(' ', NBSP)} : ")
    return case


def underscored_header(case: Case) -> Case:
    """Headers as a database calls its columns: words joined by underscores."""
    _headers(case, lambda text: text.replace(" ", "_").replace("/", "_"))
    return case


def _headers(case: Case, change: Callable[[str], str]) -> None:
    for row in case.sheet.header:
        for position, cell in enumerate(row):
            if isinstance(cell, str) and cell:
                row[position] = change(cell)


def two_line_header(case: Case) -> Case | None:
    """Headers of two words are broken over two rows."""
    if len(case.sheet.header) != 1 or _prints_header_again(case):
        return None
    words = [str(cell).split(" ", 1) if cell else [None] for cell in case.sheet.header[0]]
    if all(len(word) == 1 for word in words):
        return None
    case.sheet.header = [[word[0] for word in words], [word[1] if len(word) > 1 else None for word in words]]
    return case


def grouped_header(case: Case) -> Case | None:
    """A heading is merged over several columns, above their names."""
    if len(case.sheet.header) != 1 or len(case.sheet.header[0]) < 4:
        return None
    width = len(case.sheet.header[0])
    case.sheet.header = [["DATA KELUARGA", None, "KETERANGAN", *[None] * (width - 3)], case.sheet.header[0]]
    case.sheet.merged += [(-2, 0, -2, 1), (-2, 2, -2, width - 1)]
    return case


def _prints_header_again(case: Case) -> bool:
    """Whether the clean file repeats its header by itself, for each family."""
    return any(row in case.sheet.rows for row in case.sheet.header)


def reordered(case: Case) -> Case | None:
    """The columns in reverse order (those that must stand first stay first)."""
    if (len(case.sheet.header) > 1 and not case.sheet.fixed) or _prints_header_again(case):
        return None  # group headings span neighbours
    _arrange(case, lambda width, fixed: [*range(fixed), *range(width - 1, fixed - 1, -1)])
    return case


def _arrange(case: Case, order: Callable[[int, int], list[int]]) -> None:
    draft = case.sheet
    width = max(len(row) for row in (*draft.header, *draft.rows))
    places = order(width, draft.fixed)
    for row in (*draft.header, *draft.data):
        row[:] = [row[place] if place is not None and place < len(row) else None for place in places]
    draft.kinds = {now: draft.kinds[was] for now, was in enumerate(places) if was in draft.kinds}


def extra_columns(case: Case) -> Case | None:
    """Two columns that the format does not have, one in the middle and one at the end."""
    if case.sheet.fixed or len(case.sheet.header) > 2:
        return None
    draft = case.sheet
    middle = 3
    for number, row in enumerate(draft.header):
        top = number == 0
        row.insert(middle, "Paraf Petugas" if top else None)
        row.append("Warna Rumah" if top else None)
    for row in draft.rows:
        row.insert(middle, None if isinstance(row, Heading) else "ada")
        row.append(None if isinstance(row, Heading) else "hijau")
    draft.kinds = {place + (place >= middle): kind for place, kind in draft.kinds.items()}
    case.unknown = ["Paraf Petugas", "Warna Rumah"]
    return case


def numbered_rows(case: Case) -> Case | None:
    """A column that only numbers the rows stands first."""
    if case.sheet.fixed or len(case.sheet.header) != 1 or str(case.sheet.header[0][0]).lower() == "no":
        return None
    case.sheet.header[0].insert(0, "No.")
    for number, row in enumerate(case.sheet.rows, start=1):
        row.insert(0, None if isinstance(row, Heading) else number)
    case.sheet.kinds = {place + 1: kind for place, kind in case.sheet.kinds.items()}
    return case


def typing_error(case: Case) -> Case:
    """A required header is misspelt: it is taken, and said."""
    right, wrong = case.typo
    _headers(case, lambda text: wrong if text == right else text)
    assert any(wrong in row for row in case.sheet.header), f"{case.format_id} has no header {right}"
    case.notes = [wrong]
    return case


def missing_column(case: Case) -> Case | None:
    """A required column is not there: the sheet is rejected, and the column named."""
    if _prints_header_again(case):
        return None
    for name in case.without:
        [place] = [row.index(name) for row in case.sheet.header if name in row]
        for row in (*case.sheet.header, *case.sheet.data):
            if place < len(row):
                del row[place]
        case.sheet.kinds = {p - (p > place): kind for p, kind in case.sheet.kinds.items() if p != place}
    case.drafts = [draft for draft in case.drafts if draft is case.sheet or not draft.header]
    case.main = next(n for n, draft in enumerate(case.drafts) if draft.header)
    case.error = [case.missing]
    return case


def duplicate_header(case: Case) -> Case | None:
    """A header stands twice; the left column counts, and it is said."""
    if case.sheet.fixed:
        return None
    draft = case.sheet
    place = next(place for place, kind in sorted(draft.kinds.items()) if kind == case.twice)
    for row in draft.header:
        row.append(row[place] if isinstance(row[place], str) else None)
    for row in draft.rows:
        row.append(None if isinstance(row, Heading) else "ORANG LAIN")
    case.notes = ["lebih dari sekali"]
    return case


# --- cells -----------------------------------------------------------------------------------------------------------


def spaced_cells(case: Case) -> Case | None:
    """Spaces before and behind every text, and doubled inside."""
    return _cells(
        case,
        ("card", "nik", "name", "code", "place", "text"),
        lambda cell: f"  {cell} " if isinstance(cell, str) else cell,
    )


def nbsp_ids(case: Case) -> Case | None:
    """A no-break space behind card numbers and NIKs."""
    return _cells(case, ("card", "nik"), lambda cell: f"{cell}{NBSP}")


def exact_numbers(case: Case) -> Case | None:
    """Card numbers and NIKs as numbers, written by a program that keeps all 16 digits."""
    return _cells(case, ("card", "nik"), _digits)


def _digits(cell: Any) -> int:
    return int("".join(filter(str.isdigit, str(cell))))


def cut_numbers(case: Case) -> Case | None:
    """Card numbers and NIKs typed into Excel as numbers: the last digit is gone, and none of them is usable."""
    changed = _cells(case, ("nik",), lambda cell: _digits(cell) // 10 * 10)
    if changed is None:
        return None
    for rows in changed.expected.values():
        for row in rows:
            for column in ("nik", "nik_kepala"):
                if row.get(column):
                    row[column] = None
    if changed.format_id.startswith(("p3ke", "siks")) or changed.format_id.startswith("opensid_program"):
        return None  # families are told by that NIK: `test_families_told_by_a_lost_nik`
    return changed


def apostrophes(case: Case) -> Case | None:
    """An apostrophe before ids and dates, as people force text."""
    return _cells(case, ("card", "nik", "date"), lambda cell: f"'{cell}" if isinstance(cell, str) else cell)


def dotted_ids(case: Case) -> Case | None:
    """Ids with dots, and with the `.00` of a number format."""
    return _cells(case, ("card", "nik"), lambda cell: f"{str(cell)[:2]}.{str(cell)[2:6]}.{str(cell)[6:]}.00")


def upper_labels(case: Case) -> Case | None:
    """Labels of codes in capitals."""
    return _cells(case, ("code",), lambda cell: cell.upper() if isinstance(cell, str) else cell)


def lower_labels(case: Case) -> Case | None:
    """Labels of codes in small letters."""
    return _cells(case, ("code",), lambda cell: cell.lower() if isinstance(cell, str) else cell)


def codes_as_numbers(case: Case) -> Case | None:
    """Codes as numbers where they were text, and as text where they were numbers."""

    def other(cell: Any) -> Any:
        if isinstance(cell, str) and cell.isdigit():
            return int(cell)
        return str(cell) if isinstance(cell, int) else cell

    return _cells(case, ("code",), other)


def dashes_for_nothing(case: Case) -> Case | None:
    """A dash where nothing is known: the places are empty then."""
    changed = _cells(case, ("place",), lambda cell: "-")
    if changed is None:
        return None
    for rows in changed.expected.values():
        for row in rows:
            for column in ("alamat", "dusun", "rw", "rt"):
                if column in row:
                    row[column] = None
    if changed.format_id == "daftar_warga":
        return None  # RT and RW stand in one cell there
    return changed if any("rt" in row for rows in changed.expected.values() for row in rows) else None


def _day(cell: Any) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    for pattern in ("%d/%m/%Y", "%d-%m-%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(cell, pattern).date()
        except ValueError:
            continue
    raise ValueError(cell)


def _dates(write: Callable[[date], Any]) -> Change:
    return lambda case: _cells(case, ("date",), lambda cell: write(_day(cell)))


def _serial(day: date) -> int:
    return (day - date(1899, 12, 30)).days


real_dates = _dates(lambda day: day)
serial_dates = _dates(_serial)
slashed_dates = _dates(lambda day: f"{day:%d/%m/%Y}")
dashed_dates = _dates(lambda day: f"{day.day}-{day.month}-{day.year}")
dotted_dates = _dates(lambda day: f"{day:%d.%m.%Y}")
iso_dates = _dates(lambda day: day.isoformat())
iso_moments = _dates(lambda day: f"{day.isoformat()} 00:00:00")
month_names = _dates(lambda day: f"{day.day} {MONTHS[day.month - 1]} {day.year}")
short_months = _dates(lambda day: f"{day:%d}-{MONTHS[day.month - 1][:3]}-{day.year}")
short_years = _dates(lambda day: f"{day:%d/%m/%y}")


def rupiah(case: Case) -> Case | None:
    """Amounts as people write them: Rp 1.288.680,-"""
    return _cells(case, ("amount",), lambda cell: f"Rp {_grouped(cell)},-")


def rupiah_decimals(case: Case) -> Case | None:
    """Amounts with decimals: 1.288.680,00"""
    return _cells(case, ("amount",), lambda cell: f"{_grouped(cell)},00")


def _grouped(amount: int) -> str:
    return f"{amount:,}".replace(",", ".")


def formulas(case: Case) -> Case | None:
    """Names, ids and codes are results of formulas, of which the program left the value."""
    return _cells(
        case,
        ("card", "nik", "name", "code", "amount"),
        lambda cell: Formula('=""&"x"' if isinstance(cell, str) else "=1+0", cell),
    )


# --- hidden and merged -----------------------------------------------------------------------------------------------


def hidden_rows(case: Case) -> Case:
    """Some rows are hidden (an autofilter was left on): they are read, and it is said."""
    case.sheet.hidden_rows = {line for line, row in enumerate(case.sheet.rows) if line % 2 and row}
    case.notes = ["tersembunyi"]
    return case


def hidden_sheet(case: Case) -> Case:
    """The sheet is hidden behind another one: it is read, and it is said."""
    case.drafts.insert(0, Draft("Sampul", [], [["Data desa, lihat lembar berikut"]]))
    case.main += 1
    case.sheet.hidden = True
    case.notes = ["tersembunyi"]
    return case


def merged_cards(case: Case) -> Case | None:
    """The family's card number is merged over the rows of its members."""
    draft = case.sheet
    cards = [place for place, kind in draft.kinds.items() if kind == "card"]
    if not cards or any(isinstance(row, Heading) for row in draft.rows):
        return None
    [card] = cards[:1]
    start = 0
    for line in range(1, len(draft.rows) + 1):
        if line == len(draft.rows) or draft.rows[line][card] != draft.rows[start][card]:
            if line - start > 1:
                draft.merged.append((start, card, line - 1, card))
            start = line
    return case if draft.merged else None


def empty_sheets(case: Case) -> Case:
    """Empty sheets that Excel adds by itself, and one with a word in it."""
    case.drafts += [
        Draft("Sheet2", [], []),
        Draft("Sheet3", [], [[" "]]),
        Draft("Petunjuk", [], [["Isi dengan benar"]]),
    ]
    return case


def two_sheets(case: Case) -> Case | None:
    """The rows stand on two sheets of the same shape (one for each RT)."""
    draft = case.sheet
    data = draft.rows
    cut = next((n for n, row in enumerate(data) if n >= len(data) // 2 and _starts_family(draft, n)), None)
    if len(case.drafts) > 1 or cut is None:
        return None
    other = Draft(
        f"{draft.name} RT 2",
        [list(r) for r in draft.header],
        data[cut:],
        dict(draft.kinds),
        draft.fixed,
        list(draft.above),
    )
    draft.rows = data[:cut]
    case.drafts.append(other)
    return case


def _starts_family(draft: Draft, line: int) -> bool:
    row = draft.rows[line]
    if any(isinstance(one, Heading) for one in draft.rows):
        return isinstance(row, Heading)
    return True


SPELLINGS: tuple[Spelling, ...] = (
    Spelling("clean", clean),
    Spelling("titles", titles),
    Spelling("merged_title", merged_title, BOOKS),
    Spelling("numbered_columns", numbered_columns),
    Spelling("bracketed_columns", bracketed_columns, TEXTS),
    Spelling("negative_columns", negative_columns, TEXTS),
    Spelling("totals_below", totals_below),
    Spelling("end_mark", end_mark, TEXTS),
    Spelling("blank_rows", blank_rows),
    Spelling("repeated_header", repeated_header),
    Spelling("upper_header", upper_header, TEXTS),
    Spelling("lower_header", lower_header, TEXTS),
    Spelling("spaced_header", spaced_header, TEXTS),
    Spelling("underscored_header", underscored_header, TEXTS),
    Spelling("two_line_header", two_line_header, TEXTS),
    Spelling("grouped_header", grouped_header, BOOKS),
    Spelling("reordered", reordered, TEXTS),
    Spelling("extra_columns", extra_columns, TEXTS),
    Spelling("numbered_rows", numbered_rows, TEXTS),
    Spelling("typing_error", typing_error, TEXTS),
    Spelling("missing_column", missing_column, TEXTS),
    Spelling("duplicate_header", duplicate_header, TEXTS),
    Spelling("spaced_cells", spaced_cells),
    Spelling("nbsp_ids", nbsp_ids),
    Spelling("exact_numbers", exact_numbers, BOOKS),
    Spelling("cut_numbers", cut_numbers, BOOKS),
    Spelling("apostrophes", apostrophes),
    Spelling("dotted_ids", dotted_ids, TEXTS),
    Spelling("upper_labels", upper_labels, TEXTS),
    Spelling("lower_labels", lower_labels, TEXTS),
    Spelling("codes_as_numbers", codes_as_numbers, BOOKS),
    Spelling("dashes_for_nothing", dashes_for_nothing, TEXTS),
    Spelling("real_dates", real_dates, BOOKS),
    Spelling("serial_dates", serial_dates, BOOKS),
    Spelling("slashed_dates", slashed_dates, TEXTS),
    Spelling("dashed_dates", dashed_dates, TEXTS),
    Spelling("dotted_dates", dotted_dates, TEXTS),
    Spelling("iso_dates", iso_dates, TEXTS),
    Spelling("iso_moments", iso_moments, TEXTS),
    Spelling("month_names", month_names, TEXTS),
    Spelling("short_months", short_months, TEXTS),
    Spelling("short_years", short_years, TEXTS),
    Spelling("rupiah", rupiah, TEXTS),
    Spelling("rupiah_decimals", rupiah_decimals, TEXTS),
    Spelling("formulas", formulas, ("xlsx", "ods")),
    Spelling("hidden_rows", hidden_rows, BOOKS),
    Spelling("hidden_sheet", hidden_sheet, BOOKS),
    Spelling("merged_cards", merged_cards, BOOKS),
    Spelling("empty_sheets", empty_sheets, BOOKS),
    Spelling("two_sheets", two_sheets, BOOKS),
)
