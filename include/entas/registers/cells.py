"""Reading single cells: repair of ids, dates, amounts, codes and text.

A cell is what the file gives: str, int, float, bool, date, datetime, time, timedelta, or a `BrokenCell` where the
workbook holds an error or a formula without a result; an empty cell is "" or None.
Every parser here returns `(value, state)` and never raises, whatever the cell. States:

- `blank`: nothing is written (for some kinds "-" is nothing, and `0` is no NIK);
- `ok`: read;
- `unreadable`: something is written and it cannot be read;
- for ids besides: `lost` (Excel has cut the digits), `not_16`, `impossible_date`, `serial_0000`.

The rules are those of section 5 of the design.
"""

from __future__ import annotations

import calendar
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any, Literal

from lokal import parse_rupiah

from entas.registers.schema import CodeList

BLANK = "blank"
OK = "ok"
UNREADABLE = "unreadable"
LOST = "lost"
NOT_16 = "not_16"
IMPOSSIBLE_DATE = "impossible_date"
SERIAL_0000 = "serial_0000"

#: All states a cell can be in; the prepared frames hold them as one categorical type.
STATES = (BLANK, OK, UNREADABLE, LOST, NOT_16, IMPOSSIBLE_DATE, SERIAL_0000)

#: Largest whole number up to which a float holds every whole number; beyond it the last digit is a guess.
EXACT_LIMIT = 9007199254740992

# Spaces of every script, and the characters that look like nothing: soft hyphen, zero-width and direction marks.
_INVISIBLE = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
_GAPS = re.compile(rf"[\s\u00a0{_INVISIBLE}]+")
_HIDDEN = re.compile(f"[{_INVISIBLE}]+")
_APOSTROPHES = "'’‘‚‛`´′‵＇ʹʻʼʽˈˊˋ\uff40\ua78c"
_QUOTES = _APOSTROPHES + '"“”„‟″＂«»'
_SCIENTIFIC = re.compile(r"[+-]?(\d+)(?:[.,](\d+))?[eE]([+-]?\d+)", re.ASCII)
_ZERO_TAIL = re.compile(r"[.,]0{1,2}$")
_NOT_WORD = re.compile(r"[\W_]+")
_DASHES = frozenset("-–—−‐‑‒―")

Value = tuple[Any, str]


@dataclass(frozen=True, slots=True)
class BrokenCell:
    """A cell that shows something and holds no value: an error, or a formula that was never calculated.

    It is no text, so no parser takes it for a name, and it is not blank, so it is reported and not passed over.

    Attributes:
        text: the error as the workbook shows it (`#DIV/0!`, `#N/A`), or the formula with its sign (`=A1*2`).
        kind: `error`, or `no_value` for a formula whose result the file does not hold.
    """

    text: str
    kind: Literal["error", "no_value"]

    def __str__(self) -> str:
        return self.text


_ERROR_TEXT = re.compile(
    r"#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|UNKNOWN!|BUSY!|ERROR!"
    r"|GETTING_DATA)|Err:\d{3}",
    re.ASCII,
)


def is_error(text: str) -> bool:
    """Whether a text is what Excel or LibreOffice shows in place of the result of a formula that failed."""
    return text[:1] in ("#", "E") and _ERROR_TEXT.fullmatch(text) is not None


def fold(text: Any) -> str:
    """A header or label for comparison: without case, spaces, punctuation and underscores."""
    return _NOT_WORD.sub("", _HIDDEN.sub("", str(text).casefold()))


def tidy(text: str) -> str:
    """Text without outer spaces, with repeated and no-break spaces as one."""
    return " ".join(_HIDDEN.sub("", text).split())


def written(cell: Any) -> str | None:
    """The cell as its author sees it, or None when nothing is written; whole numbers without decimals, dates d/m/y."""
    if cell is None or cell == "":
        return None
    kind = type(cell)
    if kind is str:
        return cell if cell.strip() and not cell.isspace() else None
    if kind is float:
        if math.isfinite(cell) and cell.is_integer():
            return str(int(cell))
        return repr(cell)
    if kind is bool:
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, datetime):
        day = f"{cell.day:02d}/{cell.month:02d}/{cell.year:04d}"
        return day if cell.time() == time(0) else f"{day} {cell:%H:%M:%S}"
    if isinstance(cell, date):
        return f"{cell.day:02d}/{cell.month:02d}/{cell.year:04d}"
    return str(cell)


def is_blank(cell: Any) -> bool:
    """Whether nothing visible stands in the cell."""
    if cell is None or cell == "":
        return True
    return type(cell) is str and not _HIDDEN.sub("", cell).strip()


def means_nothing(cell: Any) -> bool:
    """Blank, or nothing but dashes (`-`, `--`), which offices write for "none"."""
    if cell is None or cell == "":
        return True
    if type(cell) is not str:
        return False
    text = _GAPS.sub("", cell).lstrip(_APOSTROPHES)
    return len(text) <= 5 and all(char in _DASHES for char in text)


# --- ids -----------------------------------------------------------------------------------------------------------


def _whole(cell: Any) -> int | None:
    """The whole number in a numeric cell."""
    if type(cell) is float:
        return int(cell) if math.isfinite(cell) and cell.is_integer() else None
    return cell if type(cell) is int else None


def numbers_are_cut(cells: Sequence[Any]) -> bool:
    """Whether the numeric 16-digit ids of a sheet's column have lost their last digit to Excel.

    Excel keeps 15 digits, so every 16-digit number it has touched ends in 0; other programs write all 16. Hence:
    cut when there are such numbers and all end in 0.
    """
    seen = False
    for cell in cells:
        kind = type(cell)
        if kind is float or kind is int:
            number = _whole(cell)
            if number is not None and 10**15 <= number < 10**16:
                if number % 10:
                    return False
                seen = True
    return seen


def repair_id(cell: Any, *, cut: bool = False) -> Value:
    """NIK or family card number: digits after the repairs of section 5, and `ok`, `not_16`, `lost` or `blank`.

    Args:
        cell: the cell.
        cut: what `numbers_are_cut` says of the cell's column.

    Returns:
        The repaired text (16 digits when `ok`, None when `lost` or `blank`) and the state.
    """
    kind = type(cell)
    if kind is str:
        if len(cell) == 16 and cell.isascii() and cell.isdigit():
            return cell, OK
        text = _GAPS.sub("", cell).strip(_QUOTES)
        if not text:
            return None, BLANK
        if match := _SCIENTIFIC.fullmatch(text):
            return _from_scientific(match)
        head = _ZERO_TAIL.sub("", text).replace(".", "")
        digits = head if len(head) == 16 and head.isascii() and head.isdigit() else text.replace(".", "")
        return digits, OK if len(digits) == 16 and digits.isascii() and digits.isdigit() else NOT_16
    if kind is float or kind is int:
        number = _whole(cell)
        if number is None:
            return written(cell), NOT_16
        if number > EXACT_LIMIT:
            return None, LOST
        if 10**15 <= number < 10**16:
            return (None, LOST) if cut else (str(number), OK)
        return str(number), NOT_16
    text = written(cell)
    return (None, BLANK) if text is None else (text, NOT_16)


def _from_scientific(match: re.Match[str]) -> Value:
    """A number in scientific notation: lost, but for `3.216091708850001E15`, which holds all 16 digits.

    Java writes numbers so. Excel shows at most 15 digits; what it makes into 16 ends in 0, and is lost.
    """
    whole, decimals, power = match[1], match[2] or "", int(match[3][:4])
    digits = whole + decimals
    if power == 15 and len(whole) == 1 and len(digits) == 16 and digits[0] != "0" and digits[-1] != "0":
        return (digits, OK) if match[0][0] not in "+-" else (digits, NOT_16)
    return None, LOST


def judge_nik(cell: Any, *, cut: bool = False) -> Value:
    """A NIK: as `repair_id`, and besides `impossible_date` and `serial_0000`; `0` is blank.

    The list of section 5 decides, not a library's: 16 digits, a possible birth date (DDMMYY after the six digits of
    the region, DD+40 for women), a serial other than 0000. The region may be any.
    """
    digits, state = repair_id(cell, cut=cut)
    if state == NOT_16 and digits == "0":
        return None, BLANK
    if state != OK:
        return digits, state
    if not nik_date_exists(digits[6:12]):
        return digits, IMPOSSIBLE_DATE
    if digits[12:] == "0000":
        return digits, SERIAL_0000
    return digits, OK


_DAY_EXISTS: dict[str, bool] = {}


def nik_date_exists(ddmmyy: str) -> bool:
    """Whether six digits of a NIK are a date of 19YY or 20YY, 40 taken off the day of a woman."""
    found = _DAY_EXISTS.get(ddmmyy)
    if found is None:
        day, month, year = int(ddmmyy[:2]), int(ddmmyy[2:4]), int(ddmmyy[4:])
        if day > 40:
            day -= 40
        found = 1 <= month <= 12 and any(
            1 <= day <= calendar.monthrange(century + year, month)[1] for century in (1900, 2000)
        )
        _DAY_EXISTS[ddmmyy] = found
    return found


# --- dates ---------------------------------------------------------------------------------------------------------

#: Years that a register can mean; a text or cell with another is a slip of the keyboard.
_FIRST_YEAR, _LAST_YEAR = 1850, 2100
#: 1 January 1901, and 31 December 2100.
_FIRST_SERIAL = 367
_LAST_SERIAL = 73415  # 31 December 2100

# A month is known by these beginnings and spellings, besides its whole name (Indonesian and English, with the
# spellings of before 1972 and of everyday).
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januari january jan djanuari",
            "februari february feb pebruari peb febr pebr",
            "maret march mar mrt",
            "april apr apl",
            "mei may mai me",
            "juni june jun djuni",
            "juli july jul djuli",
            "agustus august agu ags agt agst agus aug",
            "september sept sep",
            "oktober october okt oct",
            "november nopember nov nop",
            "desember december des dec",
        ),
        start=1,
    )
    for name in names.split()
}
_ROMAN = {name: number for number, name in enumerate("I II III IV V VI VII VIII IX X XI XII".split(), start=1)}
_WHOLE_MONTHS = [name for name in _MONTHS if len(name) >= 5]
_WEEKDAY = re.compile(
    r"(?:sen(?:in)?|sel(?:asa)?|rab(?:u)?|kam(?:is)?|jum(?:[’']?at)?|sab(?:tu)?|min(?:ggu)?|ahad"
    r"|mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
    r"(?:[,.] *| +)",
    re.IGNORECASE,
)
_TIME_OF_DAY = re.compile(
    r"(?:T|,? )\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?(?: ?(?:[ap]\.?m\.?|wib|wita|wit|z|[+-]\d{2}:?\d{2}))?$",
    re.ASCII | re.IGNORECASE,
)
_SPACED = re.compile(r" ?([/.,-]) ?")
_DAY_FIRST = re.compile(r"(\d{1,2})([/. -])(\d{1,2})\2(\d{4}|\d{2})", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})([/. -])(\d{1,2})\2(\d{1,2})", re.ASCII)
_DAY_MONTH_NAME = re.compile(r"(\d{1,2})[/., -]?([a-z]+)[/., -]{0,2}(\d{4}|\d{2})", re.ASCII | re.IGNORECASE)
_MONTH_NAME_DAY = re.compile(r"([a-z]+)[. -]?(\d{1,2})(?:, ?| |-)(\d{4}|\d{2})", re.ASCII | re.IGNORECASE)
_YEAR_MONTH_NAME = re.compile(r"(\d{4})[/. -]([a-z]+)[/. -](\d{1,2})", re.ASCII | re.IGNORECASE)
_EIGHT_DIGITS = re.compile(r"\d{8}", re.ASCII)
_SERIAL_TEXT = re.compile(r"\d{5}(?:[.,]\d+)?", re.ASCII)


def parse_date(cell: Any, *, latest: date | None = None) -> Value:
    """A day, in whatever spelling.

    - Real date cells, and Excel's day numbers from 367 (1901) to the end of 2100, as a number or as text of five
      digits. Smaller ones are a day, a month or an age, and a whole number from 1900 to 2100 is a year without a day:
      they are not read.
    - Day first, with `/`, `-`, `.` or spaces: `7/8/1985`, `07-08-85`, `7.8.1985`, `07 08 1985`. What cannot be day
      first (`08/17/1985`) is not turned round, for then `08/07/1985` would mean one thing or another by its
      neighbours.
    - Year first: `1985-08-07`, also with a time and a zone; eight digits, `19850807` or `07081985`.
    - Names of months, Indonesian or English, in full or short, as they are often misspelt, or Roman: `7 Agustus 1985`,
      `7-Agt-85`, `Rabu, 7 Agustus 1985`, `August 7, 1985`, `7-VIII-1985`.

    A year of two digits is the last such year that ends no later than `latest`; without `latest` it is what Excel
    takes: 1930 to 2029.

    Args:
        cell: the cell.
        latest: the last day that the column can hold, the day of receipt for births and payments; only years of two
            digits are read by it.
    """
    kind = type(cell)
    if kind is str:
        if means_nothing(cell):
            return None, BLANK
        found = _date_of_text(tidy(cell).strip(_APOSTROPHES).strip(), latest)
    elif cell is None:
        return None, BLANK
    elif isinstance(cell, datetime):
        found = cell.date()
    elif isinstance(cell, date):
        found = cell
    elif kind is float or kind is int:
        found = _date_of_number(cell)
    else:
        found = None
    if found is None or not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        return None, UNREADABLE
    return found, OK


def _date_of_number(number: float) -> date | None:
    if not math.isfinite(number):
        return None
    if 10_000_000 <= number < 100_000_000 and number == int(number):
        return _date_of_digits(str(int(number)))
    if not _FIRST_SERIAL <= number < _LAST_SERIAL + 1 or (1900 <= number <= 2100 and number == int(number)):
        return None
    # Excel believes in a 29 February 1900, so its numbers run one ahead after it.
    return date(1899, 12, 30) + timedelta(days=int(number))


def _date_of_digits(digits: str) -> date | None:
    """`yyyymmdd` or `ddmmyyyy`; never both, for no month is 19 or 20."""
    for year, month, day in (
        (digits[:4], digits[4:6], digits[6:]),
        (digits[4:], digits[2:4], digits[:2]),
    ):
        if year[:2] in ("19", "20") and "01" <= month <= "12":
            return _day(year, int(month), day, None)
    return None


def _date_of_text(text: str, latest: date | None) -> date | None:
    text = _TIME_OF_DAY.sub("", _WEEKDAY.sub("", text, count=1))
    text = _SPACED.sub(r"\1", text).rstrip(".,")
    if match := _DAY_FIRST.fullmatch(text):
        return _day(match[4], int(match[3]), match[1], latest)
    if match := _YEAR_FIRST.fullmatch(text):
        return _day(match[1], int(match[3]), match[4], latest)
    if match := _DAY_MONTH_NAME.fullmatch(text):
        return _day(match[3], _month(match[2]), match[1], latest)
    if match := _MONTH_NAME_DAY.fullmatch(text):
        return _day(match[3], _month(match[1]), match[2], latest)
    if match := _YEAR_MONTH_NAME.fullmatch(text):
        return _day(match[1], _month(match[2]), match[3], latest)
    if _EIGHT_DIGITS.fullmatch(text):
        return _date_of_digits(text)
    if _SERIAL_TEXT.fullmatch(text):
        return _date_of_number(float(text.replace(",", ".")))
    return None


def _month(name: str) -> int:
    """The number of a month, 0 when there is none of that name; one letter too few, too many or wrong does no harm."""
    number = _ROMAN.get(name)  # in capitals: `7-x-1985` is a month that is not known
    name = name.lower()
    number = number or _MONTHS.get(name)
    if number is None and len(name) >= 4:
        number = _MONTHS[near[0]] if (near := get_close_matches(name, _WHOLE_MONTHS, n=1, cutoff=0.85)) else 0
    return number or 0


def _day(year: str, month: int, day: str, latest: date | None) -> date | None:
    try:
        if len(year) == 4:
            return date(int(year), month, int(day))
        if latest is None:
            return date(int(year) + (2000 if int(year) < 30 else 1900), month, int(day))
        century = latest.year // 100 * 100
        found = date(century + int(year), month, int(day)) if _exists(century + int(year), month, int(day)) else None
        return found if found and found <= latest else date(century - 100 + int(year), month, int(day))
    except ValueError:
        return None


def _exists(year: int, month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


# --- amounts -------------------------------------------------------------------------------------------------------

_MINUS = re.compile("[–—−‐‑]")
_CURRENCY = re.compile(r"^(?:rp|idr)[.:]?|(?<=\S) ?(?:rupiah|rp|idr)\.?$", re.IGNORECASE)
#: What follows the last digit when there are no sen: `,-`, `.--`, a full stop.
_NO_SEN = re.compile(r"(?<=\w) ?[.,;][-=]*$")
_AMOUNT_FORMS = (
    # 1288680 | 1.288.680 | 1.288.680,00 | 1288680,5
    (re.compile(r"(\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d{1,2}))?", re.ASCII), "."),
    # 1,288,680 | 1,288,680.00
    (re.compile(r"(\d{1,3}(?:,\d{3})+)(?:\.(\d{1,2}))?", re.ASCII), ","),
    # 1288680.00
    (re.compile(r"(\d+)\.(\d{1,2})", re.ASCII), "."),
    # 1.288.680,3333 | 1288680,3333 | 1288680.3333: longer tails are decimals where they cannot be thousands
    (re.compile(r"(\d{1,3}(?:\.\d{3})+|\d{4,}),(\d+)", re.ASCII), "."),
    (re.compile(r"(\d{4,})\.(\d+)", re.ASCII), "."),
)
_GROUPED_BY_SPACE = re.compile(r"\d{1,3}(?: \d{3})+(?:,\d{1,2})?", re.ASCII)
#: Three decimals would be thousands as likely (`1.250 juta`), so at most two are read.
_IN_WORDS = re.compile(
    r"\d+(?:[.,]\d{1,2})? ?(?:ribu|rb|juta|jt|miliar|milyar)|\d+ ?(?:juta|jt) \d{1,3} ?(?:ribu|rb)",
    re.ASCII | re.IGNORECASE,
)
_CENT = Decimal("0.01")
#: Anything as large is no family's and no payment's. It is a NIK or a card number in the wrong column, also where a
#: digit or two are missing, and as an amount it would stand in the marts.
_AMOUNT_LIMIT = Decimal(10) ** 13


def parse_amount(cell: Any) -> Value:
    """Rupiah as Decimal with two decimals: numbers, `1.288.680`, `Rp 1.288.680,00`, `Rp1.288.680,-`, `1,2 juta`.

    `-500000` and `(500.000)` are negative; `1.500` is 1500. Figures are read here rather than by lokal-id, which
    drops the sign and adds up whatever numbers it finds; amounts with a word (`1,2 juta`) are read by lokal-id.

    `Rp -`, which Excel shows in an accounting format, is blank as `-` is: whether it stands for nothing known or for
    no rupiah cannot be told. Not read are ranges, `tidak ada` or `nihil`, and amounts for a period (`500.000/bulan`,
    `per hari`): how often that is paid is not known.
    """
    kind = type(cell)
    if kind is float or kind is int:
        if not math.isfinite(cell):
            return None, UNREADABLE
        return _amount(Decimal(repr(cell)))
    if kind is not str:
        return (None, BLANK) if cell is None else (None, UNREADABLE)
    if means_nothing(cell):
        return None, BLANK
    text = _MINUS.sub("-", tidy(cell)).lstrip(_APOSTROPHES).strip()
    negative = False
    if text.startswith("(") and text.endswith(")"):
        negative, text = True, text[1:-1].strip()
    elif text.startswith("-"):
        negative, text = True, text[1:].strip()
    text = _CURRENCY.sub("", text).strip()
    if means_nothing(text):
        return (None, UNREADABLE) if not text else (None, BLANK)
    if not negative and text.startswith("-"):
        negative, text = True, text[1:].strip()
    text = _NO_SEN.sub("", text).strip()
    if _GROUPED_BY_SPACE.fullmatch(text):
        text = text.replace(" ", "")
    number: Decimal | None = None
    for form, group in _AMOUNT_FORMS:
        match = form.fullmatch(text)
        if match:
            number = Decimal(f"{match[1].replace(group, '')}.{match[2] or 0}")
            break
    else:
        if _IN_WORDS.fullmatch(text):
            spoken = parse_rupiah(text)
            number = Decimal(str(spoken.amount)) if spoken else None
    if number is None:
        return None, UNREADABLE
    return _amount(-number if negative else number)


def _amount(number: Decimal) -> Value:
    try:
        number = number.quantize(_CENT, ROUND_HALF_UP)
    except InvalidOperation:
        return None, UNREADABLE
    return (number, OK) if abs(number) < _AMOUNT_LIMIT else (None, UNREADABLE)


# --- codes, words, deciles, text -----------------------------------------------------------------------------------

_CODE = re.compile(r"0*(\d{1,4})(?:[.,]0+)?", re.ASCII)
_DECILE = re.compile(r"(?:desil(?: ke)?[ :.-]*)?0*(\d{1,4})(?:[.,]0+)?", re.ASCII | re.IGNORECASE)


def parse_code(cell: Any, codes: CodeList) -> Value:
    """What a code or its label stands for in a code list; "-" is blank."""
    kind = type(cell)
    if kind is str:
        if means_nothing(cell):
            return None, BLANK
        text = tidy(cell).lstrip(_APOSTROPHES).strip()
        match = _CODE.fullmatch(text)
        if match:
            found = codes.exact.get(str(int(match[1])))
        else:
            found = codes.exact.get(text.casefold())
            if found is None:
                found = codes.folded.get(fold(text))
    elif kind is float or kind is int:
        number = _whole(cell)
        found = None if number is None else codes.exact.get(str(number))
    else:
        if cell is None:
            return None, BLANK
        found = None
    return (None, UNREADABLE) if found is None else (found, OK)


def parse_decile(cell: Any) -> Value:
    """A decile of welfare, a whole number from 1 to 10; also `Desil 1`."""
    kind = type(cell)
    if kind is str:
        if means_nothing(cell):
            return None, BLANK
        match = _DECILE.fullmatch(tidy(cell).lstrip(_APOSTROPHES).strip())
        number = int(match[1]) if match else None
    elif kind is float or kind is int:
        number = _whole(cell)
    else:
        if cell is None:
            return None, BLANK
        number = None
    return (number, OK) if number is not None and 1 <= number <= 10 else (None, UNREADABLE)


def parse_text(cell: Any) -> Value:
    """Text, trimmed, with repeated and no-break spaces as one; an error of the workbook is no text."""
    kind = type(cell)
    if kind is str:
        text = tidy(cell)
        if not text:
            return None, BLANK
        return (None, UNREADABLE) if is_error(text) else (text, OK)
    if kind is BrokenCell:
        return None, UNREADABLE
    text = written(cell)
    return (None, BLANK) if text is None else (text, OK)


def parse_place(cell: Any) -> Value:
    """As `parse_text`, but "-" means nothing (OpenSID writes it for "no RW")."""
    return (None, BLANK) if means_nothing(cell) else parse_text(cell)
