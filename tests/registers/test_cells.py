"""Single cells: every spelling that section 5 of the design names, and none that raises."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entas.registers import cells
from entas.registers.catalogue import code_list
from entas.registers.cells import BrokenCell

NIK = "3216091708850001"

#: Whatever a reader may hand over.
anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.text(alphabet="0123456789 .,-/'+eERpT:()\u00a0\u200b"),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
    st.builds(BrokenCell, st.text(), st.sampled_from(("error", "no_value"))),
)


@pytest.mark.parametrize(
    "cell",
    [
        NIK,
        "'" + NIK,
        "’" + NIK,
        "''" + NIK,
        f"  {NIK} ",
        f"\u00a0{NIK}\u00a0",
        f"{NIK}\u200b",
        "3216 0917 0885 0001",
        "3216\u00a00917\u202f0885\u20090001",
        "3216.0917.0885.0001",
        "32.16.09.170885.0001",
        "'3216.0917.0885.0001 ",
        NIK + ".0",
        NIK + ".00",
        NIK + ",00",
        "' 32.16.09.170885.0001.00",
        "`" + NIK,
        f"ʼ{NIK}",
        f"'{NIK}'",
        f'"{NIK}"',
        f"“{NIK}”",
        f"\t{NIK}",
        "3216.09.1708850001",
        "3.216091708850001E15",  # as Java writes it, with all 16 digits
        "3,216091708850001E+15",
        3216091708850001,
        3216091708850001.0,
    ],
)
def test_damaged_ids_are_repaired(cell: Any) -> None:
    assert cells.repair_id(cell) == (NIK, cells.OK)


@pytest.mark.parametrize(
    ("cell", "state"),
    [
        ("3.21601E+15", cells.LOST),
        ("3,21601E+15", cells.LOST),
        ("'3.21601e+15", cells.LOST),
        ("3E15", cells.LOST),
        ("3.21609170885E15", cells.LOST),
        ("3.216091708850000E+15", cells.LOST),  # the sixteenth digit of Excel's fifteen
        ("3.216091708850001E16", cells.LOST),
        ("-3.216091708850001E15", cells.NOT_16),
        (f"NIK: {NIK}", cells.NOT_16),
        (f"{NIK} (alm)", cells.NOT_16),
        (BrokenCell("#N/A", "error"), cells.NOT_16),
        (9007199254740994, cells.LOST),
        (9.3e15, cells.LOST),
        (1e20, cells.LOST),
        ("321609170885000", cells.NOT_16),
        ("32160917088500011", cells.NOT_16),
        ("321609170885000A", cells.NOT_16),
        ("3216-0917-0885-0001", cells.NOT_16),
        ("٣٢١٦٠٩١٧٠٨٨٥٠٠٠١", cells.NOT_16),
        ("-", cells.NOT_16),
        (321609170885.5, cells.NOT_16),
        (321609, cells.NOT_16),
        (float("nan"), cells.NOT_16),
        (True, cells.NOT_16),
        ("", cells.BLANK),
        (None, cells.BLANK),
        (" \u00a0", cells.BLANK),
        ("'", cells.BLANK),
    ],
)
def test_ids_that_cannot_be_repaired(cell: Any, state: str) -> None:
    assert cells.repair_id(cell)[1] == state


def test_the_largest_exact_number_is_kept() -> None:
    assert cells.repair_id(9007199254740992) == ("9007199254740992", cells.OK)


@pytest.mark.parametrize(
    ("column", "cut"),
    [
        ([3216091708850000, 3216091708850010.0], True),
        ([3216091708850000], True),
        ([3216091708850000, 3216091708850001], False),
        ([3216091708850000, "3216091708850001"], True),  # text says nothing of what Excel did to numbers
        ([3216091708850000, 12345], True),
        ([12345, 0, None, "x"], False),
        ([], False),
        ([True, float("nan"), float("inf")], False),
    ],
)
def test_a_column_is_cut_when_all_its_16_digit_numbers_end_in_0(column: list[Any], cut: bool) -> None:
    assert cells.numbers_are_cut(column) is cut


def test_numbers_of_a_cut_column_are_lost_and_its_texts_are_not() -> None:
    assert cells.repair_id(3216091708850010, cut=True) == (None, cells.LOST)
    assert cells.repair_id("3216091708850010", cut=True) == ("3216091708850010", cells.OK)


@pytest.mark.parametrize(
    ("cell", "state"),
    [
        (NIK, cells.OK),
        ("3216095708850001", cells.OK),  # a woman
        ("7371092902000001", cells.OK),  # 29 February 2000, another region
        ("3216092902000001", cells.OK),
        ("3216096902960001", cells.OK),
        ("3216092902010001", cells.IMPOSSIBLE_DATE),
        ("3216093104850001", cells.IMPOSSIBLE_DATE),
        ("3216090008850001", cells.IMPOSSIBLE_DATE),
        ("3216093208850001", cells.IMPOSSIBLE_DATE),
        ("3216094008850001", cells.IMPOSSIBLE_DATE),
        ("3216097208850001", cells.IMPOSSIBLE_DATE),
        ("3216091713850001", cells.IMPOSSIBLE_DATE),
        ("3216091700850001", cells.IMPOSSIBLE_DATE),
        ("3216091708850000", cells.SERIAL_0000),
        ("0", cells.BLANK),
        (0, cells.BLANK),
        (0.0, cells.BLANK),
        ("'0", cells.BLANK),
        ("", cells.BLANK),
        (None, cells.BLANK),
        ("00", cells.NOT_16),
        ("3.21601E+15", cells.LOST),
    ],
)
def test_niks(cell: Any, state: str) -> None:
    assert cells.judge_nik(cell)[1] == state


@pytest.mark.parametrize(
    "cell",
    [
        date(1985, 8, 7),
        datetime(1985, 8, 7, 13, 30),
        "07/08/1985",
        "7/8/1985",
        "07-08-1985",
        "7-8-1985",
        "7.8.1985",
        "07.08.1985",
        "07 08 1985",
        "7 8 1985",
        "07 / 08 / 1985",
        "7/8/85",
        "07-08-85",
        "1985-08-07",
        "1985-8-7",
        "1985/08/07",
        "1985.08.07",
        "1985-08-07T00:00:00",
        "1985-08-07 00:00:00",
        "1985-08-07T13:30:00.000Z",
        "1985-08-07T13:30:00+07:00",
        "07/08/1985 00:00:00",
        "07/08/1985 00.00",
        "07/08/1985 12:00:00 AM",
        "07/08/1985, 10.30 WIB",
        "19850807",
        "07081985",
        19850807,
        "7 Agustus 1985",
        "07 AGUSTUS 1985",
        "7 Agst 85",
        "7-Agt-1985",
        "07-Aug-85",
        "7 Ags. 1985",
        "7/Agu/1985",
        "7 August 1985",
        "7Agustus1985",
        "7 Agutsus 1985",
        "7 Agustuss 1985",
        "7 Agustus, 1985",
        "7-VIII-1985",
        "Rabu, 7 Agustus 1985",
        "Rabu,7 Agustus 1985",
        "rabu 07-08-1985",
        "Wednesday, August 7, 1985",
        "Aug 7, 1985",
        "1985-Aug-07",
        "7 Agustus 1985 10.30 WIB",
        "7 Agustus 1985.",
        "'07/08/1985",
        " 07/08/1985\u00a0",
        "7\u00a0Agustus\u00a01985",
        31266,
        31266.75,
        "31266",
        "31266,75",
    ],
)
def test_dates(cell: Any) -> None:
    assert cells.parse_date(cell) == (date(1985, 8, 7), cells.OK)


@pytest.mark.parametrize(
    ("name", "month"),
    [
        ("Jan", 1),
        ("Pebruari", 2),
        ("Peb", 2),
        ("Febuari", 2),
        ("Mrt", 3),
        ("Maret", 3),
        ("Apr", 4),
        ("Mei", 5),
        ("May", 5),
        ("Juni", 6),
        ("June", 6),
        ("Juli", 7),
        ("Agt", 8),
        ("Agustus", 8),
        ("Sept", 9),
        ("Septermber", 9),
        ("Okt", 10),
        ("Oktober", 10),
        ("Oct", 10),
        ("Nopember", 11),
        ("Nop", 11),
        ("Des", 12),
        ("Dec", 12),
        ("Desember", 12),
        ("IX", 9),
    ],
)
def test_months_as_they_are_written(name: str, month: int) -> None:
    assert cells.parse_date(f"12 {name} 1980") == (date(1980, month, 12), cells.OK)


@pytest.mark.parametrize(
    "cell",
    [
        "31/02/1985",
        "08/17/1985",
        "0000-00-00",
        "1985",
        1985,  # a year; as a day number it would be a day of 1905
        "Agustus 1985",
        "Agt-85",
        "abc",
        "07/08-1985",
        "7-x-1985",
        "31 Juni 1985",
        "7 Agustus",
        "7 Bulan 1985",
        "7/8/985",
        "07/08/0985",
        "07/08/19855",
        "85-08-07",
        "19851340",
        "tidak tahu",
        "07/08/1985 s.d. 08/08/1985",
        "٠٧/٠٨/١٩٨٥",
        "７/８/１９８５",
        0,
        -5,
        73416,
        7081985,
        60,
        float("nan"),
        float("inf"),
        True,
        time(1, 2),
        timedelta(3),
        datetime(985, 8, 7),
        BrokenCell("#VALUE!", "error"),
        BrokenCell("=A1", "no_value"),
    ],
)
def test_unreadable_dates(cell: Any) -> None:
    assert cells.parse_date(cell) == (None, cells.UNREADABLE)


@pytest.mark.parametrize(
    ("cell", "latest", "year"),
    [
        ("07/08/23", date(2023, 11, 1), 2023),
        ("07/08/23", date(2023, 8, 7), 2023),
        ("07/08/23", date(2023, 8, 6), 1923),  # nobody is born after the day of receipt
        ("7 Agustus 45", date(2023, 11, 1), 1945),
        ("07/08/00", date(2023, 11, 1), 2000),
        ("29/02/04", date(2003, 11, 1), 1904),
        ("07/08/29", None, 2029),  # without a day of receipt, as Excel reads it
        ("07/08/30", None, 1930),
    ],
)
def test_years_of_two_digits(cell: str, latest: date | None, year: int) -> None:
    found, state = cells.parse_date(cell, latest=latest)
    assert (found.year, state) == (year, cells.OK)


def test_years_of_four_digits_may_lie_ahead() -> None:
    assert cells.parse_date("07/08/2024", latest=date(2023, 11, 1))[0] == date(2024, 8, 7)


_MONTH_NAMES = (
    "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember".split(),
    "January February March April May June July August September October November December".split(),
    "Jan Feb Mar Apr Mei Jun Jul Agt Sep Okt Nop Des".split(),
    "JAN PEB MRT APR MEI JUN JUL AGS SEPT OKT NOV DES".split(),
    "I II III IV V VI VII VIII IX X XI XII".split(),
)


@given(st.dates(date(1900, 3, 1), date(2099, 12, 31)), st.data())
def test_a_date_in_any_spelling_is_that_date(day: date, data: st.DataObject) -> None:
    d, m, y = day.day, day.month, day.year
    names = data.draw(st.sampled_from(_MONTH_NAMES))
    mark = data.draw(st.sampled_from("/-. "))
    serial = (day - date(1899, 12, 30)).days
    spellings = [
        day,
        datetime(y, m, d, 12),
        f"{d}{mark}{m}{mark}{y}",
        f"{d:02d}{mark}{m:02d}{mark}{y}",
        f"{y}{mark}{m:02d}{mark}{d:02d}",
        f"{day:%Y%m%d}",
        f"{day:%d%m%Y}",
        f"{day.isoformat()}T00:00:00",
        f"{d}{mark}{names[m - 1]}{mark}{y}",
        f"{d} {names[m - 1]} {y}",
        f"{'Senin Selasa Rabu Kamis Jumat Sabtu Minggu'.split()[day.weekday()]}, {d} {names[m - 1]} {y}",
        f"{names[m - 1]} {d}, {y}",
    ]
    if serial >= 367 and not 1900 <= serial <= 2100:
        spellings += [serial, serial + 0.5]
    if serial >= 10_000:
        spellings.append(str(serial))
    for spelling in spellings:
        assert cells.parse_date(spelling) == (day, cells.OK), spelling


@given(st.dates(date(1924, 1, 1), date(2023, 12, 31)))
def test_births_of_two_digits_are_never_after_receipt(day: date) -> None:
    latest = date(2023, 12, 31)
    assert cells.parse_date(f"{day:%d/%m/%y}", latest=latest) == (day, cells.OK)
    assert cells.parse_date(f"{day:%d-%b-%y}", latest=latest) == (day, cells.OK)


def test_excel_day_numbers_at_their_edges() -> None:
    assert cells.parse_date(367)[0] == date(1901, 1, 1)
    for day_month_or_age in (0, 1, 31, 60, 366):
        assert cells.parse_date(day_month_or_age) == (None, cells.UNREADABLE)
    assert cells.parse_date(73415)[0] == date(2100, 12, 31)


@pytest.mark.parametrize(
    ("cell", "rupiah"),
    [
        (1288680, "1288680"),
        (1288680.0, "1288680"),
        (1288680.25, "1288680.25"),
        (0, "0"),
        ("0", "0"),
        ("1288680", "1288680"),
        ("1.288.680", "1288680"),
        ("1.288.680,00", "1288680"),
        ("1.288.680,5", "1288680.5"),
        ("Rp 1.288.680,00", "1288680"),
        ("Rp. 1.288.680", "1288680"),
        ("rp1.288.680,-", "1288680"),
        ("Rp1.288.680.-", "1288680"),
        ("RP\u00a01.288.680", "1288680"),
        ("IDR 1.288.680", "1288680"),
        ("1,288,680", "1288680"),
        ("1,288,680.50", "1288680.5"),
        ("1288680.50", "1288680.5"),
        ("1288680,333", "1288680.33"),
        ("1288680.3349", "1288680.33"),
        ("1 288 680", "1288680"),
        ("1.500", "1500"),
        ("1,500", "1500"),
        ("500", "500"),
        ("'1.288.680", "1288680"),
        ("Rp1,288,680.00", "1288680"),
        ("Rp 1.288.680 ,-", "1288680"),
        ("Rp. 1.288.680,--", "1288680"),
        ("1.288.680,-", "1288680"),
        ("1.288.680.", "1288680"),
        ("1.288.680 rupiah", "1288680"),
        ("1.288.680 Rp", "1288680"),
        ("1 288 680,50", "1288680.5"),
        ("1\u202f288\u202f680", "1288680"),
        ("Rp 0,-", "0"),
        ("1,5jt", "1500000"),
        ("1.5 Juta", "1500000"),
        ("1,25 jt.", "1250000"),
        ("500 ribu rupiah", "500000"),
        ("1 juta 250 ribu", "1250000"),
        ("1jt 250rb", "1250000"),
        ("(1,2 juta)", "-1200000"),
        ("1,2 juta", "1200000"),
        ("Rp 1,2 jt", "1200000"),
        ("500 ribu", "500000"),
        ("750rb", "750000"),
        (-500000, "-500000"),
        ("-500000", "-500000"),
        ("−500.000", "-500000"),
        ("Rp -500.000", "-500000"),
        ("-Rp 500.000", "-500000"),
        ("(500.000)", "-500000"),
    ],
)
def test_amounts(cell: Any, rupiah: str) -> None:
    assert cells.parse_amount(cell) == (Decimal(rupiah), cells.OK)


@pytest.mark.parametrize(
    "cell",
    [
        "banyak",
        "1.28.680",
        "1.288.680.00",
        "12 34",
        "Rp",
        "1-2",
        "--5",
        "1e6",
        "1.288.680 per bulan",
        "Rp.500.000/bulan",
        "500.000 - 1.000.000",
        "500.000 s/d 1.000.000",
        "< 500.000",
        "± 500.000",
        "tidak ada",
        "nihil",
        "5OO.000",
        "1.250 juta",  # a thousand millions, or one and a quarter?
        "2.500 ribu",
        "1.29E+06",
        "١٬٢٨٨",
        BrokenCell("#REF!", "error"),
        BrokenCell("=B2*3", "no_value"),
        "xxx",
        "#REF!",
        True,
        date(2023, 1, 1),
        float("nan"),
        float("-inf"),
        1e16,
        "99999999999999999999",
    ],
)
def test_unreadable_amounts(cell: Any) -> None:
    assert cells.parse_amount(cell) == (None, cells.UNREADABLE)


@given(st.decimals(min_value=0, max_value=10**12, places=2))
def test_an_amount_in_any_spelling_is_that_amount(amount: Decimal) -> None:
    whole, sen = f"{amount:.2f}".split(".")
    dots = f"{int(whole):,}".replace(",", ".")
    spellings = [f"{whole}.{sen}", f"{whole},{sen}", f"{dots},{sen}", f"Rp {dots},{sen}", f"Rp.{dots},{sen}"]
    spellings += [f"{int(whole):,}.{sen}", f"IDR {int(whole):,}.{sen}", f"{dots.replace('.', ' ')},{sen}"]
    if sen == "00":
        spellings += [int(whole), float(whole), whole, dots, f"Rp{dots},-", f"Rp. {dots}.-", f"{dots} rupiah"]
    for spelling in spellings:
        assert cells.parse_amount(spelling) == (amount, cells.OK), spelling
        if type(spelling) is str:
            assert cells.parse_amount(f"({spelling})") == (-amount, cells.OK), spelling


@pytest.mark.parametrize(
    "cell", [NIK, int(NIK), float(NIK), f"{NIK}.00", "3.216.091.708.850.001", "32160917088500", -int(NIK)]
)
def test_a_number_of_a_person_is_no_amount(cell: Any) -> None:
    assert cells.parse_amount(cell) == (None, cells.UNREADABLE)


@given(st.integers(1, 999), st.integers(0, 99), st.sampled_from(["juta", "jt", "ribu", "rb", "miliar"]))
def test_amounts_in_words_are_those_amounts(whole: int, part: int, word: str) -> None:
    times = {"ribu": 10**3, "rb": 10**3, "juta": 10**6, "jt": 10**6, "miliar": 10**9}[word]
    for text in (f"{whole},{part:02d} {word}", f"Rp {whole}.{part:02d}{word.upper()}"):
        assert cells.parse_amount(text) == (Decimal(f"{whole}.{part:02d}") * times, cells.OK)


@given(st.integers(10**15, 9 * 10**15), st.data())
def test_an_id_survives_its_decorations(number: int, data: st.DataObject) -> None:
    digits = str(number)
    cut = sorted(data.draw(st.lists(st.integers(1, 15), max_size=4, unique=True)))
    pieces = [digits[start:end] for start, end in zip([0, *cut], [*cut, 16], strict=True)]
    joined = data.draw(st.sampled_from([".", " ", "\u00a0", "\u200b", ""])).join(pieces)
    around = data.draw(
        st.sampled_from(["{}", "'{}", "’{}", "`{}", "'{}'", '"{}"', " {} ", "\t{}", "{}\u00a0", "{}.00"])
    )
    assert cells.repair_id(around.format(joined)) == (digits, cells.OK)


@pytest.mark.parametrize("text", ["#N/A", "#DIV/0!", "#REF!", "#NAME?", "#VALUE!", "Err:502", "#NUM!", "#NULL!"])
def test_errors_of_formulas_are_no_text(text: str) -> None:
    for cell in (text, f" {text}", BrokenCell(text, "error"), BrokenCell("=A1&B1", "no_value")):
        assert cells.parse_text(cell) == (None, cells.UNREADABLE)
        assert cells.parse_place(cell) == (None, cells.UNREADABLE)
        assert cells.parse_decile(cell) == (None, cells.UNREADABLE)
        assert cells.parse_code(cell, code_list("opensid.sex")) == (None, cells.UNREADABLE)
        assert cells.repair_id(cell)[1] == cells.NOT_16
        assert not cells.is_blank(cell)
        assert not cells.means_nothing(cell)
    assert cells.written(BrokenCell(text, "error")) == text


@pytest.mark.parametrize("text", ["#1", "N/A", "Error", "# catatan", "###", "Err: 502 B"])
def test_other_texts_are_no_errors(text: str) -> None:
    assert cells.parse_text(text) == (text, cells.OK)


@pytest.mark.parametrize("cell", ["Rp -", "Rp. -", "IDR –", "Rp-"])
def test_the_dash_of_an_accounting_format_is_blank(cell: str) -> None:
    assert cells.parse_amount(cell) == (None, cells.BLANK)


@pytest.mark.parametrize("cell", ["", None, " ", "-", " - ", "–", "--", "---", "'", "\u00a0"])
def test_nothing_and_a_lone_dash_are_blank(cell: Any) -> None:
    sex = code_list("opensid.sex")
    for parse in (cells.parse_date, cells.parse_amount, cells.parse_decile, cells.parse_place):
        assert parse(cell) == (None, cells.BLANK)
    assert cells.parse_code(cell, sex) == (None, cells.BLANK)


@pytest.mark.parametrize("cell", ["1", 1, 1.0, "01", "1.0", "1,00", "'1", " 1 ", "LAKI-LAKI", "laki laki", "L", "lk"])
def test_codes_and_their_labels(cell: Any) -> None:
    assert cells.parse_code(cell, code_list("opensid.sex")) == (1, cells.OK)


@pytest.mark.parametrize("cell", ["3", 3, 1.5, "X", "LP", True, date(2023, 1, 1), float("nan"), "0"])
def test_unreadable_codes(cell: Any) -> None:
    assert cells.parse_code(cell, code_list("opensid.sex")) == (None, cells.UNREADABLE)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("HIDUP", 1),
        ("Mati", 2),
        ("MENINGGAL", 2),
        ("Meninggal Dunia", 2),
        ("PINDAH KELUAR", 3),
        ("HILANG", 4),
        ("PERGI", 6),
        ("TIDAK VALID", 9),
        ("Tidak_Valid", 9),
        ("2 - MATI", 2),
    ],
)
def test_status_dasar(cell: str, code: int) -> None:
    assert cells.parse_code(cell, code_list("opensid.status_dasar")) == (code, cells.OK)


def test_labels_that_differ_by_spaces_alone_are_not_mixed_up() -> None:
    schooling = code_list("opensid.pendidikan_kk_id")
    assert cells.parse_code("DIPLOMA I / II", schooling)[0] == 6
    assert cells.parse_code("Diploma III", schooling)[0] == 7
    assert cells.parse_code("DIPLOMAIII", schooling)[1] == cells.UNREADABLE


@pytest.mark.parametrize(
    ("cell", "decile"), [(1, 1), ("10", 10), (3.0, 3), ("Desil 1", 1), ("desil ke-4", 4), ("1.0", 1)]
)
def test_deciles(cell: Any, decile: int) -> None:
    assert cells.parse_decile(cell) == (decile, cells.OK)


@pytest.mark.parametrize("cell", [0, 11, 1.5, "0", "11", "satu", "1-2", True, -1, "desil"])
def test_unreadable_deciles(cell: Any) -> None:
    assert cells.parse_decile(cell) == (None, cells.UNREADABLE)


def test_text_is_tidied() -> None:
    assert cells.parse_text("  SITI \u00a0 AMINAH\t") == ("SITI AMINAH", cells.OK)
    assert cells.parse_text(5.0) == ("5", cells.OK)
    assert cells.parse_text("-") == ("-", cells.OK)
    assert cells.parse_place("004") == ("004", cells.OK)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (3216091708850001.0, NIK),
        (1.5, "1.5"),
        (date(1985, 8, 7), "07/08/1985"),
        (" a ", " a "),
        ("  ", None),
        (True, "TRUE"),
        (datetime(1985, 8, 7, 1, 2, 3), "07/08/1985 01:02:03"),
        (datetime(1985, 8, 7), "07/08/1985"),
    ],
)
def test_cells_as_written(cell: Any, text: str | None) -> None:
    assert cells.written(cell) == text


# --- properties ----------------------------------------------------------------------------------------------------


@given(anything, st.booleans())
def test_no_cell_raises(cell: Any, cut: bool) -> None:
    codes = code_list("opensid.kk_level")
    for value, state in (
        cells.repair_id(cell, cut=cut),
        cells.judge_nik(cell, cut=cut),
        cells.parse_date(cell),
        cells.parse_amount(cell),
        cells.parse_decile(cell),
        cells.parse_text(cell),
        cells.parse_place(cell),
        cells.parse_code(cell, codes),
    ):
        assert state in cells.STATES
        if state == cells.BLANK:
            assert value is None
        if state == cells.OK:
            assert value is not None
    cells.written(cell)


@given(st.lists(anything))
def test_no_column_raises(column: list[Any]) -> None:
    cells.numbers_are_cut(column)


@given(st.integers(0, 10**16 - 1), st.text(alphabet=" .\u00a0\u200b'", max_size=3), st.data())
def test_ids_survive_spaces_and_dots_anywhere(number: int, dirt: str, data: st.DataObject) -> None:
    digits = f"{number:016d}"
    at = data.draw(st.integers(0, 15))
    between = dirt.replace("'", "")
    assert cells.repair_id(dirt.replace(".", "") + digits[:at] + between + digits[at:]) == (digits, cells.OK)


@given(st.integers(-(10**12), 10**12), st.integers(0, 99))
def test_amounts_come_back_from_every_spelling(whole: int, cents: int) -> None:
    sign = "-" if whole < 0 else ""
    grouped = f"{abs(whole):,}".replace(",", ".")
    amount = Decimal(f"{whole}.{cents:02d}")
    for text in (f"{sign}{grouped},{cents:02d}", f"{sign}Rp {grouped},{cents:02d}", f"{sign}{abs(whole)},{cents:02d}"):
        assert cells.parse_amount(text) == (amount, cells.OK)
    assert cells.parse_amount(whole) == (Decimal(whole), cells.OK)
    assert cells.parse_amount(f"{sign}{grouped}") == (Decimal(whole), cells.OK)


@given(st.text())
def test_folding_is_stable(text: str) -> None:
    assert cells.fold(cells.fold(text)) == cells.fold(text)
    assert cells.fold(f" {text}.") == cells.fold(text)


@given(
    st.sampled_from(["no_kk", "tanggal_musyawarah", "Nomor KK"]), st.text(alphabet=" ._-/\u00a0", max_size=3), st.data()
)
def test_headers_match_without_case_spaces_and_punctuation(header: str, dirt: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(header)))
    assert cells.fold((header[:at] + dirt + header[at:]).upper()) == cells.fold(header)
