"""Results of queries as workbooks, Parquet and CSV: types, limits, and that no half of a file stays."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from entas import export as exporting
from entas.errors import EntasError, UsageError
from entas.export import export
from entas.warehouse import Warehouse, open_warehouse
from tests.conftest import make_settings
from tests.intake.ooxml import problems

#: One column of every kind, and what is hard about it.
EVERY_KIND = """
select
    n as whole,
    (n * 1000000000000000)::bigint as long,
    n / 7.0 as quotient,
    (n / 7.0)::numeric(12, 2) as rupiah,
    n::float4 / 3 as ratio,
    n = 1 as yes,
    date '2023-10-01' + n as day,
    timestamp '2023-10-01 23:30' as moment,
    timestamptz '2023-10-01 23:30+00' as instant,
    (array['=1+1', '+62', '-5', '@x', E'\\t', '007', E'a\\nb'])[n] as text,
    array[n, 2] as list,
    null::text as nothing
from generate_series(1, 7) as n
"""
AN_INSTANT = datetime(2023, 10, 1, 23, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def warehouse(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = open_warehouse(make_settings(tmp_path_factory.mktemp("export"), new_database()))
    with warehouse.connect() as connection:
        connection.execute("create table marts.told (village_code text, amount numeric)")
        connection.execute("comment on column marts.told.amount is 'Rupiah.'")
        connection.execute("insert into marts.told values ('32.16.01.2001', 1288680.5)")
    return warehouse


def cells(path: Path, sheet: str = "Data") -> list[tuple[object, ...]]:
    """The values of a sheet."""
    assert problems(path) == []
    return list(openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True))


def test_a_workbook_holds_values_of_their_types(warehouse: Warehouse, tmp_path: Path) -> None:
    made = export(warehouse, EVERY_KIND, tmp_path / "a.xlsx")
    assert (made.rows, made.sheets, made.bytes) == (7, 1, (tmp_path / "a.xlsx").stat().st_size)
    header, first, second, *_ = cells(tmp_path / "a.xlsx")
    assert header == tuple(column.name for column in made.columns)
    assert first == (
        1,
        "1000000000000000",  # Excel would keep 15 of its digits
        pytest.approx(1 / 7),
        0.14,
        pytest.approx(1 / 3, rel=1e-6),
        True,
        datetime(2023, 10, 2),
        datetime(2023, 10, 1, 23, 30),
        datetime(2023, 10, 2, 6, 30),
        "=1+1",
        "{1,2}",
        None,
    )
    assert second[5] is False
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Data"]
    assert sheet.freeze_panes == "A2"
    assert sheet["I2"].number_format == 'yyyy-mm-dd hh:mm:ss "WIB"'
    texts = [sheet.cell(row, 10) for row in range(2, 9)]
    assert [one.value for one in texts] == ["=1+1", "+62", "-5", "@x", "\t", "007", "a\nb"]
    assert [one.data_type for one in texts] == ["s"] * 7
    assert [one.quotePrefix for one in texts] == [True] * 5 + [False] * 2, "stays text when somebody edits it"


def test_a_second_sheet_says_what_the_columns_mean(warehouse: Warehouse, tmp_path: Path) -> None:
    query = "with t as (select * from marts.told)\n\nselect amount as rupiah, amount * 2 as twice from t"
    export(warehouse, query, tmp_path / "a.xlsx", role="pipeline")
    told = cells(tmp_path / "a.xlsx", "Kolom")
    assert told[:3] == [
        ("Waktu ekspor", told[0][1], None, None),
        ("Peran", "entas_pipeline", None, None),
        ("Jumlah baris", "1", None, None),
    ]
    assert told[4:7] == [
        ("Kolom", "Tipe", "Asal", "Keterangan"),
        ("rupiah", "numeric", "marts.told.amount", "Rupiah."),
        ("twice", "numeric", "(dihitung)", ""),
    ]
    assert [row[0] for row in told[8:]] == ["Kueri", *query.splitlines()]


def test_rows_beyond_a_sheet_go_on_the_next(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "SHEET_ROWS", 4)
    monkeypatch.setattr(exporting, "FETCHED_ROWS", 2)
    made = export(warehouse, "select n from generate_series(1, 7) as n", tmp_path / "a.xlsx")
    assert (made.rows, made.sheets) == (7, 3)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["Data", "Kolom", "Data 2", "Data 3"]
    found = [[row[0] for row in book[name].iter_rows(values_only=True)] for name in ("Data", "Data 2", "Data 3")]
    assert found == [["n", 1, 2, 3], ["n", 4, 5, 6], ["n", 7]]


def test_parquet_keeps_types_and_comments(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "FETCHED_ROWS", 2)
    monkeypatch.setattr(exporting, "GROUP_ROWS", 4)
    export(warehouse, EVERY_KIND, tmp_path / "a.parquet")
    table = pq.read_table(tmp_path / "a.parquet")
    assert [one.type for one in table.schema] == [
        pa.int32(), pa.int64(), pa.float64(), pa.decimal128(12, 2), pa.float64(), pa.bool_(), pa.date32(),
        pa.timestamp("us"), pa.timestamp("us", tz="Asia/Jakarta"), pa.string(), pa.string(), pa.string(),
    ]  # fmt: skip
    last = table.to_pylist()[-1]
    assert last | {"quotient": 0, "ratio": 0} == {
        "whole": 7, "long": 7 * 10**15, "quotient": 0, "rupiah": Decimal("1.00"), "ratio": 0, "yes": False,
        "day": date(2023, 10, 8), "moment": datetime(2023, 10, 1, 23, 30), "instant": AN_INSTANT, "text": "a\nb",
        "list": "{7,2}", "nothing": None,
    }  # fmt: skip
    assert pq.ParquetFile(tmp_path / "a.parquet").num_row_groups == 2
    export(warehouse, "select * from marts.told", tmp_path / "b.parquet")
    schema = pq.read_schema(tmp_path / "b.parquet")
    assert schema.field("amount").metadata == {b"comment": b"Rupiah.", b"origin": b"marts.told.amount"}
    assert json.loads(schema.metadata[b"entas"])["query"] == "select * from marts.told"


def test_csv_is_spelled_as_the_server_does(warehouse: Warehouse, tmp_path: Path) -> None:
    export(warehouse, EVERY_KIND, tmp_path / "a.csv")
    content = (tmp_path / "a.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(content.decode("utf-8-sig").splitlines(keepends=True)))
    assert rows[1][5:] == [
        "t", "2023-10-02", "2023-10-01 23:30:00", "2023-10-01 23:30:00+00", "'=1+1", "{1,2}", "",
    ]  # fmt: skip
    assert rows[3][9] == "'-5"
    export(warehouse, "select -5 as n", tmp_path / "b.csv")
    assert (tmp_path / "b.csv").read_text(encoding="utf-8-sig").splitlines() == ["n", "-5"]


@pytest.mark.parametrize("name", ["a.xlsx", "a.parquet", "a.csv"])
def test_no_rows_is_a_file_with_a_header(name: str, warehouse: Warehouse, tmp_path: Path) -> None:
    made = export(warehouse, "select 1 as n, 'x' as t where false;  -- none", tmp_path / name)
    assert (made.rows, [column.name for column in made.columns]) == (0, ["n", "t"])
    assert made.bytes > 0


@pytest.mark.parametrize(
    ("query", "name", "said"),
    [
        ("insert into marts.told values (1)", "a.xlsx", "one query that returns rows"),
        ("select 1; drop table marts.told", "a.csv", "one query that returns rows"),
        ("", "a.csv", "one query"),
        ("select * from marts.nowhere", "a.csv", 'relation "marts.nowhere" does not exist'),
        ("select 10 / (n - 8000) from generate_series(1, 9000) as n", "a.csv", "DivisionByZero"),
        ("select 10 / (n - 8000) from generate_series(1, 9000) as n", "a.parquet", "DivisionByZero"),
        ("select 10 / (n - 8000) from generate_series(1, 9000) as n", "a.xlsx", "DivisionByZero"),
        ("select date 'infinity' as d", "a.xlsx", "cast that column to text"),
        ("select repeat('x', 32768) as t", "a.xlsx", "t in row 1 has 32,768 characters"),
        ("select 1 as n, 2 as n", "a.parquet", "two columns are named n"),
        ("select 'NaN'::numeric(3, 1) as n", "a.parquet", "n cannot be written as decimal128(3, 1)"),
    ],
)
def test_what_fails_says_why_and_leaves_nothing(
    query: str, name: str, said: str, warehouse: Warehouse, tmp_path: Path
) -> None:
    with pytest.raises(EntasError) as raised:
        export(warehouse, query, tmp_path / name)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_only_when_asked_and_only_by_a_whole_one(warehouse: Warehouse, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("mine")
    with pytest.raises(UsageError, match="--force"):
        export(warehouse, "select 1", path)
    with pytest.raises(EntasError):
        export(warehouse, "select 1 / (n - 8000) from generate_series(1, 9000) as n", path, force=True)
    assert path.read_text() == "mine"
    export(warehouse, "select 1 as n", path, force=True)
    assert path.read_text(encoding="utf-8-sig") == "n\n1\n"
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]


def test_a_file_that_appears_meanwhile_stays(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    monkeypatch.setattr(exporting, "FETCHED_ROWS", 1)
    with pytest.raises(UsageError, match="exists already"):
        export(warehouse, "select 1 as n", path, progress=lambda *_: path.write_text("theirs") and None)
    assert path.read_text() == "theirs"


def test_what_is_wrong_is_said_before_the_query_runs(warehouse: Warehouse, tmp_path: Path) -> None:
    for output, said in [("a.txt", ".xlsx, .parquet, .csv"), ("none/a.csv", "does not exist")]:
        with pytest.raises(UsageError, match=said):
            export(warehouse, "select pg_sleep(3600)", tmp_path / output)


def test_rows_pass_through_a_cursor_of_the_server(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one, all rows would be here before the first is written."""
    in_memory = []

    class Watched(exporting._CsvWriter):
        def write(self, rows: list[exporting.Row]) -> None:  # type: ignore[override]
            in_memory.append(len(rows))
            super().write(rows)

    monkeypatch.setitem(exporting._WRITERS, ".csv", Watched)
    monkeypatch.setattr(exporting, "FETCHED_ROWS", 1000)
    assert export(warehouse, "select n from generate_series(1, 10500) as n", tmp_path / "a.csv").rows == 10_500
    assert in_memory == [1000] * 10 + [500]


def test_copies_of_those_who_may_read_identities_are_their_own(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENTAS_ANALYST_PASSWORD", "not asked for")
    before = os.umask(0o022)
    try:
        export(warehouse, "select 1", tmp_path / "a.csv")
        export(warehouse, "select 1", tmp_path / "b.csv", role="analyst")
    finally:
        os.umask(before)
    assert (tmp_path / "a.csv").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "b.csv").stat().st_mode & 0o777 == 0o644


def test_what_a_query_does_is_kept(warehouse: Warehouse, tmp_path: Path) -> None:
    """A function that logs who looked at a person has logged it once the file is there."""
    with warehouse.connect() as connection:
        connection.execute("create sequence marts.looks")
    export(warehouse, "select nextval('marts.looks') as n", tmp_path / "a.csv")
    with warehouse.connect() as connection:
        connection.execute("create table marts.looked (n bigint)")
        connection.execute(
            "create function marts.look() returns bigint language sql"
            " as 'insert into marts.looked values (1) returning n'"
        )
    export(warehouse, "select marts.look() as n", tmp_path / "b.csv")
    with warehouse.connect() as connection:
        assert connection.execute("select count(*) from marts.looked").fetchone() == (1,)
