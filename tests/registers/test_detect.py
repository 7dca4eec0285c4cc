"""What a sheet holds is told by its headers, never by its name."""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from entas.registers.catalogue import formats
from entas.registers.cells import fold
from entas.registers.reading import FileReading
from entas.registers.schema import REGISTERS
from tests.registers.files import OPENSID, csv_text, person, read, table, write
from tests.registers.format_files.formats import FORMATS

CARD = "3216090101200001"
EXAMPLES = {
    "penduduk": person(),
    "kesejahteraan": {"no_kk": CARD, "penghasilan_bulanan": 1200000},
    "verifikasi": {"no_kk": CARD, "tanggal_musyawarah": "01/09/2023", "hasil": "layak"},
    "bantuan": {
        "no_kk": CARD,
        "nik": "3216091708850001",
        "program": "BLT",
        "nilai": 300000,
        "tanggal_salur": "01/09/2023",
    },
    "pemberdayaan": {"no_kk": CARD, "jenis": "padat karya", "tanggal_mulai": "01/09/2023"},
}
REQUIRED = {
    "penduduk": ["no_kk", "nik", "nama", "sex", "tanggallahir", "kk_level"],
    "kesejahteraan": ["no_kk"],
    "verifikasi": ["no_kk", "tanggal_musyawarah", "hasil"],
    "bantuan": ["program", "nilai", "tanggal_salur"],
    "pemberdayaan": ["jenis", "tanggal_mulai"],
}


def book(tmp_path: Path, **sheets: list) -> FileReading:
    """The reading of a workbook with these sheets."""
    return read(write(tmp_path / "x.xlsx", sheets))


def test_one_workbook_holds_all_five_registers_whatever_its_sheets_are_called(tmp_path: Path) -> None:
    reading = book(tmp_path, **{f"Sheet{n}": table([row]) for n, row in enumerate(EXAMPLES.values())})
    assert list(reading.registers) == list(EXAMPLES)
    for register, found in reading.registers.items():
        assert found.format_id == "entas"
        assert list(found.rows.columns) == ["position", "sheet", "row_number", *REGISTERS[register]]
        assert len(found.rows) == 1


@pytest.mark.parametrize("register", EXAMPLES)
def test_columns_may_stand_in_any_order_and_only_the_required_ones_be_there(tmp_path: Path, register: str) -> None:
    row = EXAMPLES[register]
    found = book(tmp_path, x=table([row], list(row)[::-1])).registers
    assert list(found) == [register]
    assert list(
        book(tmp_path, x=table([row], [*row, *(c for c in REGISTERS[register] if c not in row)])).registers
    ) == [register]


@pytest.mark.parametrize(("register", "column"), [(r, c) for r, columns in REQUIRED.items() for c in columns])
def test_a_missing_required_column_leaves_the_sheet_out_and_is_named(
    tmp_path: Path, register: str, column: str
) -> None:
    row = {name: cell for name, cell in EXAMPLES[register].items() if name != column}
    if register == "kesejahteraan":
        row["desil"] = 1
    others = table([EXAMPLES["penduduk" if register != "penduduk" else "verifikasi"]])
    reading = book(tmp_path, lain=others, rusak=table([row]))
    assert register not in reading.registers
    assert reading.error is None
    [note] = [note for note in reading.notes if "rusak" in note]
    if len(row) > 2:
        assert column in note
    alone = book(tmp_path, rusak=table([row]))
    assert alone.registers == {}
    assert alone.error is not None


def test_a_sheet_that_only_shares_headers_with_a_register_is_not_taken_for_one(tmp_path: Path) -> None:
    people = table([person()])
    meant = table([{name: cell for name, cell in person(2).items() if name != "sex"}])
    participants = table(
        [{"Peserta": 1, "NIK": "1", "Nama": "A", "Tempat Lahir": "B", "Tanggal Lahir": "C", "Hadir": 1}]
    )
    budget = table([{"Nomor KK": CARD, "Kepala Keluarga": "A", "Tgl Pendataan": "01/01/2023"}])
    reading = book(tmp_path, a=people, b=meant, c=participants, d=budget)
    assert [name for name in "bcd" if any(f'"{name}"' in note for note in reading.left_out)] == ["b", "d"]
    assert "penghasilan_bulanan atau pengeluaran_bulanan atau desil" in reading.left_out[1]
    assert any('"c"' in note for note in reading.notes)


def test_a_print_with_headings_of_families_is_told_what_the_print_lacks(tmp_path: Path) -> None:
    """Not that it lacks a column with the card number, which stands in the headings."""
    members = [
        ["No", "Nama Lengkap", "NIK", "Tempat Lahir", "Tanggal Lahir", "JK", "Kedudukannya", "Pekerjaan"],
        [f"No. KK : {CARD}"],
        ["1", "UJI SATU", "3216091708850001", "BEKASI", "17-08-1985", "LAKI-LAKI", "KEPALA KELUARGA", "PETANI"],
    ]
    reading = book(tmp_path, cetakan=[*members])
    assert reading.registers == {}
    assert reading.error is not None
    assert "Buku Induk Penduduk" in reading.error.split('Lembar "cetakan"')[1]
    assert '"SHDK"' in reading.error
    assert "no_kk" not in reading.error


def test_the_card_or_the_nik_will_do_where_the_design_says_so(tmp_path: Path) -> None:
    for register in ("bantuan", "pemberdayaan"):
        row = {**EXAMPLES[register], "no_kk": CARD, "nik": "3216091708850001"}
        for absent in ("no_kk", "nik"):
            assert list(book(tmp_path, x=table([row], [c for c in row if c != absent])).registers) == [register]
        assert book(tmp_path, x=table([row], [c for c in row if c not in ("no_kk", "nik")])).error


@pytest.mark.parametrize("measure", ["penghasilan_bulanan", "pengeluaran_bulanan", "desil"])
def test_one_measure_is_enough(tmp_path: Path, measure: str) -> None:
    assert list(book(tmp_path, x=table([{"no_kk": CARD, measure: 3}])).registers) == ["kesejahteraan"]


def test_headers_are_compared_without_case_spaces_and_punctuation(tmp_path: Path) -> None:
    row = person()
    header = ["NO. KK", "N I K", " Nama\u00a0", "Sex:", "Tanggal Lahir", "KK-LEVEL", "Status Dasar"]
    assert list(book(tmp_path, x=[header, list(row.values())]).registers) == ["penduduk"]


def test_titles_stand_above_and_blank_rows_between(tmp_path: Path) -> None:
    rows = [
        ["PEMERINTAH KABUPATEN BEKASI"],
        ["Register penduduk", None, "Agustus 2023"],
        [],
        *table([person(1)]),
        [],
        [" ", "\u00a0"],
        *table([person(2)])[1:],
    ]
    found = book(tmp_path, x=rows).registers["penduduk"].rows
    assert found["row_number"].tolist() == [5, 8]
    assert found["position"].tolist() == [0, 1]


def test_several_sheets_of_a_register_add_up(tmp_path: Path) -> None:
    found = book(tmp_path, rt1=table([person(1)]), kosong=[], rt2=table([person(2), person(3)])).registers["penduduk"]
    assert found.sheets == ("rt1", "rt2")
    assert found.rows["position"].tolist() == [0, 1, 2]
    assert found.rows["sheet"].tolist() == ["rt1", "rt2", "rt2"]
    assert found.rows["row_number"].tolist() == [2, 2, 3]


def test_headers_without_rows_are_no_upload_of_that_register(tmp_path: Path) -> None:
    header = table([EXAMPLES["verifikasi"]])[:1]
    reading = book(tmp_path, a=table([person()]), b=header)
    assert list(reading.registers) == ["penduduk"]
    assert any('"b"' in note for note in reading.notes)
    alone = book(tmp_path, b=header, c=table([person()])[:1])
    assert alone.registers == {}
    assert "tanpa baris data" in alone.error


def test_a_workbook_of_empty_sheets_holds_nothing(tmp_path: Path) -> None:
    assert "tidak berisi data" in book(tmp_path, a=[], b=[[" "]]).error


def test_unknown_columns_are_listed_and_count_as_content(tmp_path: Path) -> None:
    rows = table([person(1, hobi="memancing", **{"No.": 1}), {"hobi": "x", "No.": 2}, {"No.": 3}])
    reading = book(tmp_path, x=rows)
    found = reading.registers["penduduk"]
    assert found.unknown_columns == ("hobi",)
    assert any("hobi" in note for note in reading.notes)
    # a row that holds nothing but its running number is no row
    assert found.rows["row_number"].tolist() == [2, 3]


def test_of_two_equal_headers_the_left_one_counts(tmp_path: Path) -> None:
    header, row = table([person()])
    reading = book(tmp_path, x=[[*header, "Nama"], [*row, "ORANG LAIN"]])
    assert reading.registers["penduduk"].rows["nama"].tolist() == ["WARGA 1"]
    assert any("lebih dari sekali" in note for note in reading.notes)


def test_places_tell_where_the_columns_stand(tmp_path: Path) -> None:
    header, row = table([person()])
    found = book(tmp_path, x=[["judul"], ["", *header], ["", *row]]).registers["penduduk"]
    assert found.places == {"x": {name: n for n, name in enumerate(header, start=1)}}
    assert found.header_rows == {"x": 2}


# --- OpenSID -------------------------------------------------------------------------------------------------------


def test_opensid_population_export(tmp_path: Path) -> None:
    row = person(
        1, sex="2", rw="-", rt="004", tanggallahir="'17/08/1985", pekerjaan_id="BURUH TANI/PERKEBUNAN", agama_id="1"
    )
    reading = book(tmp_path, Sheet1=table([row], OPENSID))
    found = reading.registers["penduduk"]
    assert (found.format_id, found.format_version, found.unknown_columns) == ("opensid_penduduk", "2410", ())
    assert reading.notes == ()
    [record] = found.rows.to_dict("records")
    assert record["rt"] == "004"
    assert record["pekerjaan_id"] == 20
    assert found.rows["rw"].isna().all()
    assert record["tanggallahir"].isoformat() == "1985-08-17"


def test_marks_end_the_data_of_opensid_and_of_nobody_else(tmp_path: Path) -> None:
    rows = table([person(1), {"nama": "###"}, person(2)], OPENSID)
    assert len(book(tmp_path, x=rows).registers["penduduk"].rows) == 1
    rows = table([person(1), {"nama": "###"}, person(2)])
    assert len(book(tmp_path, x=rows).registers["penduduk"].rows) == 3


def ddk(amounts: list[tuple], questions: int = 74) -> list[list]:
    """The three header lines of OpenSID's DDK and one row a family."""
    names = [
        "Jumlah Penghasilan Perbulan",
        "Jumlah Pengeluaran Perbulan",
        "Status Kepemilikan Rumah",
        "Sumber Air Minum",
    ]
    names += [f"Pertanyaan {n}" for n in range(len(names) + 1, questions + 1)]
    return [
        ["No", "Nomor KK", "Kepala Keluarga", "L/P", "Dusun", "RW", "RT", "Batas"],
        [*[None] * 8, *names],
        [*[None] * 7, "KODE", *range(1, questions + 1)],
        *(
            [n, f"321609010120{n:04d}", f"WARGA {n}", "L", "MAWAR", "01", "002", n, income, spending, 1, 2]
            for n, (income, spending) in enumerate(amounts, start=1)
        ),
    ]


def test_opensid_ddk(tmp_path: Path) -> None:
    reading = book(tmp_path, DDK=[*ddk([("Rp 900.000", 850000), (None, "-")]), ["###"], [9, CARD]])
    found = reading.registers["kesejahteraan"]
    assert (found.format_id, found.format_version, found.unknown_columns) == ("opensid_ddk", "2410", ())
    assert [note for note in reading.notes if "1 baris di bawah tanda akhir data" not in note] == []
    rows = found.rows
    assert rows["row_number"].tolist() == [4, 5]
    assert rows["no_kk"].tolist() == ["3216090101200001", "3216090101200002"]
    assert rows["nama_kepala"].tolist() == ["WARGA 1", "WARGA 2"]
    assert [str(x) for x in rows["penghasilan_bulanan"]] == ["900000.00", "None"]
    assert [str(x) for x in rows["pengeluaran_bulanan"]] == ["850000.00", "None"]


def test_opensid_ddk_by_question_numbers_alone(tmp_path: Path) -> None:
    rows = ddk([(900000, 850000)])
    del rows[1]
    found = book(tmp_path, DDK=rows).registers["kesejahteraan"].rows
    assert found["row_number"].tolist() == [3]
    assert [int(x) for x in found["penghasilan_bulanan"]] == [900000]
    one_line = [[*rows[0], *range(1, 75)], *rows[2:]]
    assert [int(x) for x in book(tmp_path, DDK=one_line).registers["kesejahteraan"].rows["penghasilan_bulanan"]] == [
        900000
    ]


def test_opensid_ddk_as_its_analysis_module_writes_it(tmp_path: Path) -> None:
    first, names, numbers, *families = ddk([(900000, 850000), (100000, None)])
    joined = [*first, *(f"{n}\n{name}" for n, name in enumerate(names[8:], start=1))]
    found = book(tmp_path, x=[joined, numbers, *families]).registers["kesejahteraan"]
    assert found.format_id == "opensid_ddk"
    assert found.rows["row_number"].tolist() == [3, 4]
    assert [int(x) for x in found.rows["penghasilan_bulanan"]] == [900000, 100000]


def test_opensid_ddk_as_csv(tmp_path: Path) -> None:
    path = tmp_path / "ddk.csv"
    path.write_text(csv_text(ddk([(900000, 850000)]), ";"))
    assert len(read(path).registers["kesejahteraan"].rows) == 1


# --- area columns --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("Desa", "Suka Uji"),
        ("KELURAHAN", "SUKAUJI"),
        ("Desa/Kel", "Desa Suka Uji"),
        ("Kode Kemdagri", "32.16.09.2003"),
        ("Kode Kemendagri", "3216092003"),
        ("Kode Desa", 3216092003),
        ("Kode Desa", "3216090003"),  # a code of BPS, which numbers otherwise
        ("Desa", "-"),
    ],
)
def test_area_columns_that_name_the_village(tmp_path: Path, header: str, cell: object) -> None:
    reading = book(tmp_path, x=table([person(n, **{header: cell}) for n in range(1, 4)]))
    assert reading.error is None
    assert reading.registers["penduduk"].unknown_columns == ()


@pytest.mark.parametrize(
    ("header", "cell"),
    [("Desa", "Lain Uji"), ("Kode Kemdagri", "32.16.09.2004"), ("Kode Desa", "3216092004"), ("Desa/Kel", "Kel. Lain")],
)
def test_area_columns_that_name_another_village_refuse_the_file(tmp_path: Path, header: str, cell: str) -> None:
    rows = [person(1, **{header: cell}), person(2, **{header: cell}), person(3, **{header: "Suka Uji"})]
    reading = book(tmp_path, x=table(rows))
    assert reading.registers == {}
    assert str(cell).removeprefix("Kel. ") in reading.error
    assert "Suka Uji (32.16.09.2003)" in reading.error


def test_half_of_the_filled_area_cells_is_not_most(tmp_path: Path) -> None:
    rows = [person(1, Desa="Lain"), person(2, Desa="Suka Uji"), person(3), person(4)]
    assert book(tmp_path, x=table(rows)).error is None
    assert book(tmp_path, x=table([*rows, person(5, Desa="Lain")])).error is not None


def test_readings_pickle(tmp_path: Path) -> None:
    reading = book(tmp_path, x=table([person()]))
    again = pickle.loads(pickle.dumps(reading))
    assert again.registers["penduduk"].rows.equals(reading.registers["penduduk"].rows)
    assert again.registers["penduduk"].prepared.equals(reading.registers["penduduk"].prepared)


# --- whatever villages do to a header --------------------------------------------------------------------------------

#: Formats of one sheet under one header line, whose columns may stand in any order.
FREE = [
    name
    for name, make in FORMATS.items()
    if len((case := make()).drafts) == 1
    and len(case.sheet.header) == 1
    and not case.sheet.fixed
    and not name.startswith("bip")
]


def mistyped(name: str, data: st.DataObject) -> str:
    """A header with one typing error: a letter doubled, left out, or changed with the next."""
    place = data.draw(st.integers(1, len(name) - 2), label="where")
    kind = data.draw(st.sampled_from(["doubled", "left out", "turned"]), label="how")
    if kind == "doubled":
        return name[:place] + name[place] + name[place:]
    if kind == "left out":
        return name[:place] + name[place + 1 :]
    return name[:place] + name[place + 1] + name[place] + name[place + 2 :]


@given(st.sampled_from(FREE), st.data())
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def test_any_order_more_columns_titles_and_a_typing_error_give_the_same_rows(name: str, data: st.DataObject) -> None:
    draft = FORMATS[name]().sheet
    [header], rows = draft.header, draft.data
    wanted = table_of(header, rows)
    order = data.draw(st.permutations(range(len(header))), label="order")
    added = data.draw(st.integers(0, 3), label="columns added")
    titles = data.draw(
        st.lists(st.sampled_from([[], ["DAFTAR"], ["Desa", "UJI"], ["PEMERINTAH", "", "KABUPATEN"]]), max_size=4)
    )
    changed = [*(header[place] for place in order), *(f"Isian Lain {number}" for number in range(added))]
    typo = data.draw(st.none() | st.sampled_from(range(len(header))), label="typing error")
    if typo is not None:
        right = changed[typo]
        assume(len(fold(right)) >= 7)
        changed[typo] = mistyped(right, data)
        known = {one for form in formats() for one in (*form.headers, *form.unused)}
        assume(fold(changed[typo]) not in known - {fold(right)})
    moved = [[*(row[place] for place in order), *["x"] * added] for row in rows]
    found = table_of(changed, moved, titles)
    assert found == wanted


def table_of(header: list, rows: list, titles: list = ()) -> dict:
    """What a csv of these rows gives: register -> format and rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        day = [[f"{cell:%d/%m/%Y}" if hasattr(cell, "strftime") else cell for cell in row] for row in rows]
        path.write_text(csv_text([*titles, header, *day]), encoding="utf-8", newline="")
        reading = read(path)
    assert reading.error is None, reading.error
    return {
        register: (found.format_id, found.rows[list(REGISTERS[register])].astype(str).to_dict("records"))
        for register, found in reading.registers.items()
    }
