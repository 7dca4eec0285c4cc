"""Whole files, whatever is in them: nothing raises, no row is lost, and everything that is read has its type."""

from __future__ import annotations

import tempfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entas.registers.catalogue import formats
from entas.registers.cells import is_blank, tidy
from entas.registers.schema import REGISTERS, Kind
from tests.registers.files import csv_text, person, read, table, write

cell = st.one_of(
    st.none(),
    st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
    st.sampled_from(
        ["3216091708850001", "-", "0", "17/08/1985", "1", "LAKI-LAKI", "###", "3.21601E+15", "Rp 1.000,00"]
    ),
    st.integers(-(10**6), 10**6),
    st.sampled_from([3216091708850010, 3216091708850001, 31266, 0.5]),
)
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def in_file(content: bytes, name: str = "x") -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x"
        path.write_bytes(content)
        return read(path, name)


@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe"]))
@quick
def test_no_bytes_raise(content: bytes, start: bytes) -> None:
    reading = in_file(start + content)
    assert (reading.error is None) != (not reading.registers)


@given(st.sampled_from(list(REGISTERS)), st.data())
@quick
def test_no_cells_raise_and_no_row_is_lost(register: str, data: st.DataObject) -> None:
    header = list(REGISTERS[register])
    rows = data.draw(st.lists(st.lists(cell, min_size=len(header), max_size=len(header)), min_size=1, max_size=6))
    with tempfile.TemporaryDirectory() as folder:
        reading = read(write(Path(folder) / "x.xlsx", {"x": [header, *rows]}))
    filled = [number for number, row in enumerate(rows, start=2) if not all(map(is_blank, row))]
    if not filled:
        assert reading.error
        return
    assert reading.error is None
    found = reading.registers[register]
    numbers = found.rows["row_number"].tolist()
    # a cell or two below a gap at the end are no row; that is said
    below = filled[len(numbers) :]
    assert [*numbers, *below] == filled
    assert all(sum(not is_blank(one) for one in rows[number - 2]) <= 2 for number in below)
    assert not below or any(f"{len(below)} baris catatan" in note for note in reading.notes)
    assert found.rows["position"].tolist() == list(range(len(found.rows)))
    assert len(found.cells) == len(found.prepared) == len(found.rows)
    for column, kind in REGISTERS[register].items():
        values = found.rows[column]
        if kind in (Kind.DATE, Kind.AMOUNT):
            wanted = date if kind is Kind.DATE else Decimal
            assert all(value is None or type(value) is wanted for value in values)
        elif kind in (Kind.CODE, Kind.DECILE):
            assert values.dtype == "Int16"
        else:
            assert values.dtype == "string"
        if kind in (Kind.CARD, Kind.NIK):
            assert values.dropna().str.fullmatch("[0-9]{16}").all()


words = st.sampled_from(
    sorted(
        {
            word
            for form in formats()
            for word in (
                *form.spellings.values(),
                *form.group.spelled,
                *form.about.spelled,
                *form.headers,
                *form.unused,
            )
        }
    )
)
dirt = st.sampled_from(
    ["No. KK : 3216090101200001", ":", "Jumlah", "Mengetahui", "(1)", "-1", "501a bulan", "Bekasi, 1 Mei 2023", "2022"]
)


@given(st.lists(st.lists(st.one_of(words, words, cell, dirt), max_size=12), max_size=14), st.sampled_from([",", ";"]))
@quick
def test_no_arrangement_of_known_words_raises(rows: list[list[Any]], delimiter: str) -> None:
    reading = in_file(csv_text(rows, delimiter).encode("utf-8"))
    assert (reading.error is None) != (not reading.registers)
    for found in reading.registers.values():
        assert len(found.rows) == len(found.cells) == len(found.prepared)
        for column in REGISTERS[found.register]:
            places = [found.place(position, column) for position in range(len(found.rows))]
            assert column in found.given or not any(places)


@given(st.sampled_from([",", ";", "\t"]), st.lists(st.text(max_size=20), min_size=1, max_size=5))
@quick
def test_csv_gives_back_the_names_that_were_written(delimiter: str, names: list[str]) -> None:
    rows = [person(n, nama=name) for n, name in enumerate(names)]
    text = csv_text(table(rows), delimiter)
    try:
        content = text.encode("utf-8-sig")
    except UnicodeEncodeError:  # half of a surrogate pair is no text
        return
    reading = in_file(content)
    if reading.error:  # so many control characters are in no text
        assert sum(char < " " and char not in "\t\n\v\f\r" for char in text) * 100 > len(text)
        return
    names = [tidy(name.replace("\x00", "")) for name in names]
    assert reading.registers["penduduk"].rows["nama"].fillna("").tolist() == names


def test_formulas_filled_down_below_the_last_person_are_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    header, *people = table([person(1), person(2)])
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("data")
        page.write_row(0, 0, ["No", *header, "umur"])
        for line in range(1, 6):
            page.write_row(line, 0, [line, *(people[line - 1] if line < 3 else [])])
            page.write_formula(line, len(header) + 1, f"=2023-YEAR(F{line + 1})")
        page.write_formula(6, header.index("no_kk") + 1, "=B2")  # a card number that was never calculated
    reading = read(path)
    found = reading.registers["penduduk"]
    assert found.rows["row_number"].tolist() == [2, 3, 7]
    assert found.cells["no_kk"].tolist()[-1] == "=B2"
    assert any("3 baris yang hanya berisi rumus tanpa hasil" in note for note in reading.notes)


def test_nobody_is_born_after_the_day_of_receipt(tmp_path: Path) -> None:
    # received on 1 November 2023
    rows = [person(n, tanggallahir=cell) for n, cell in enumerate(["31/10/23", "02/11/23", "7 Agustus 28"])]
    reading = read(write(tmp_path / "x.xlsx", {"x": table(rows)}))
    assert reading.registers["penduduk"].rows["tanggallahir"].tolist() == [
        date(2023, 10, 31),
        date(1923, 11, 2),
        date(1928, 8, 7),
    ]


def test_a_reader_that_panics_refuses_its_file(tmp_path: Path, monkeypatch: Any) -> None:
    class PanicException(BaseException):
        """As the workbook reader (Rust) raises when it meets what it never expected."""

    def panic(file: Any) -> None:
        raise PanicException("index out of range")

    monkeypatch.setattr("entas.registers.sheets.CalamineWorkbook.from_filelike", panic, raising=False)
    path = write(tmp_path / "x.xlsx", {"x": table([person()])})
    assert "rusak" in read(path).error
