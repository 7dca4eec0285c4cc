"""Errors, traces and logs say where and by which rule, never what stands in a cell.

The search through everything that the DAGs and the commands leave behind is in `tests/dags/test_runs.py`, where they
run; here is what keeps it empty, piece by piece, and that the search can find.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import logging
import sys
import traceback
import zipfile
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from pydantic import BaseModel

from entas.discretion import Masking, WithheldError, discreet, for_log, masked, withhold
from entas.errors import EntasError
from entas.intake.cover import SHOWN_TEXTS, cover_identities, covered_text, note
from entas.settings import Settings
from entas.warehouse import open_warehouse
from entas.warehouse.embedded import EmbeddedServer
from tests.privacy.marks import Marks

NIK = "3216091104800017"
NAME = "Zqmarkaaaa Wulandari"


# --- errors of the warehouse ---------------------------------------------------------------------------------------


@pytest.fixture
def connection(settings: Settings) -> Any:
    with open_warehouse(settings).connect(autocommit=True) as connection:
        connection.execute(
            "create temporary table person (position integer primary key, nik text unique, nilai numeric(6), "
            f"born date, constraint known check (nik <> '{NIK}x'))"
        )
        yield connection


def _copy(*rows: tuple[object, ...]) -> Callable[[psycopg.Connection], None]:
    def work(connection: psycopg.Connection) -> None:
        with connection.cursor().copy("copy person from stdin") as copy:
            for row in rows:
                copy.write_row(row)

    return work


def _execute(statement: str, *values: object) -> Callable[[psycopg.Connection], None]:
    return lambda connection: connection.execute(statement, values)


@pytest.mark.parametrize(
    ("work", "kind", "told"),
    [
        (_copy((1, NIK, NAME, None)), psycopg.errors.InvalidTextRepresentation, "COPY person, line 1, column nilai"),
        (_copy((1, "a", 1, NIK)), psycopg.errors.DatetimeFieldOverflow, "COPY person, line 1, column born"),
        (_copy((1, NIK, 1, None), (2, NIK, 1, None)), psycopg.errors.UniqueViolation, "person_nik_key"),
        (_copy((1, f"{NIK}x", 1, None)), psycopg.errors.CheckViolation, "known"),
        (_copy((None, NIK, 1, None)), psycopg.errors.NotNullViolation, "position"),
        (_execute("select %s::integer", NAME), psycopg.errors.InvalidTextRepresentation, "22P02"),
        (_execute("insert into person values (1, %s, 10000000)", NIK), psycopg.errors.NumericValueOutOfRange, "22003"),
        (_execute("select * from nothing_of_this_name"), psycopg.errors.UndefinedTable, "nothing_of_this_name"),
    ],
)
def test_an_error_of_the_warehouse_names_the_place_and_no_value(
    connection: psycopg.Connection, work: Any, kind: type[psycopg.Error], told: str
) -> None:
    with pytest.raises(kind) as error:
        work(connection)
    trace = "".join(traceback.format_exception(error.value))
    assert told in trace
    assert NIK not in trace
    assert NAME not in trace
    assert error.value.sqlstate  # whoever handles it still knows which it is


def test_the_log_of_the_server_holds_no_statement_and_no_value(
    server: EmbeddedServer, connection: psycopg.Connection
) -> None:
    for statement in (f"select '{NAME}'::integer", f"insert into person values (1, '{NIK}x')"):
        with pytest.raises(psycopg.Error):
            connection.execute(statement)
    with pytest.raises(psycopg.errors.RaiseException):
        connection.execute(f"do $$ begin raise exception 'row of {NAME}'; end $$")
    said = server.log.read_text(encoding="utf-8", errors="replace")
    assert "database system is ready" in said  # it is the log, and tells about the server
    assert NAME not in said
    assert NIK not in said


def test_what_the_server_logs_is_not_left_to_its_file(settings: Settings) -> None:
    with open_warehouse(settings).connect() as connection:
        found = dict(
            connection.execute(
                "select name, setting from pg_settings where name like 'log\\_%%' and source = 'command line'"
            )
        )
    assert found["log_min_messages"] == "log"
    assert found["log_error_verbosity"] == "terse"
    assert found["log_min_error_statement"] == "panic"
    assert found["log_statement"] == "none"
    assert found["log_parameter_max_length_on_error"] == "0"


# --- errors of anybody ---------------------------------------------------------------------------------------------


def _of_the_reader() -> None:
    float(NAME)


def _chained() -> None:
    try:
        _of_the_reader()
    except ValueError as error:
        raise EntasError("a sentence of ours") from error


def _noted() -> None:
    error = TypeError("no text")
    error.add_note(f"row: {NIK}")
    raise error


class _OwnWordsError(Exception):
    def __str__(self) -> str:
        return f"row of {NAME}"


def _own_words() -> None:
    raise _OwnWordsError


def _bytes() -> None:
    (NAME.encode() + b"\xff").decode("utf-8")


@pytest.mark.parametrize("function", [_of_the_reader, _chained, _noted, _own_words, _bytes, lambda: {}[NAME]])
def test_an_error_keeps_its_kind_and_its_trace_and_loses_its_message(function: Callable[[], None]) -> None:
    with pytest.raises(Exception) as plain:  # noqa: PT011 - of any kind
        function()
    kind = type(plain.value)
    with pytest.raises(kind) as error:
        discreet(function)()
    trace = "".join(traceback.format_exception(error.value)) + repr(error.value)
    assert kind.__name__ in trace
    assert "test_marked_data.py" in trace  # where it was
    assert NAME not in trace
    assert NIK not in trace
    if kind is EntasError:
        assert "a sentence of ours" in trace


def test_errors_about_the_machine_are_told() -> None:
    error = FileNotFoundError(2, "No such file or directory", "/srv/inbox")
    withhold(error)
    assert str(error) == "[Errno 2] No such file or directory: '/srv/inbox'"


def _of_a_group() -> None:
    raise ExceptionGroup(NAME, [ValueError(NIK)])


def _of_pydantic() -> None:
    class Row(BaseModel):
        nilai: int

    Row(nilai=NIK + NAME)


@pytest.mark.parametrize("function", [_of_a_group, _of_pydantic, lambda: compile(f"{NAME} {NIK}", "x", "exec")])
@pytest.mark.parametrize("nested", [False, True])
def test_another_error_stands_for_one_that_keeps_its_message(function: Callable[[], None], nested: bool) -> None:
    def raise_it() -> None:
        try:
            function()
        except Exception as error:
            if nested:
                raise EntasError("a sentence of ours") from error
            raise

    with pytest.raises(EntasError if nested else WithheldError) as error:
        discreet(raise_it)()
    trace = "".join(traceback.format_exception(error.value))
    assert any(kind in trace for kind in ("ExceptionGroup", "ValidationError", "SyntaxError"))
    assert "test_marked_data.py" in trace
    assert NAME not in trace
    assert NIK not in trace


def test_an_error_that_is_its_own_cause_is_read_once() -> None:
    first, second = ValueError(NAME), ValueError(NAME)
    first.__context__, second.__context__ = second, first
    withhold(first)
    assert NAME not in f"{first} {second}"


def test_airflow_writes_traces_without_the_values_of_variables() -> None:
    """Its log of a task is JSON; a trace with local variables would hold the rows of every frame."""
    from airflow.sdk._shared.logging.structlog import structlog_processors

    processors, _, write = structlog_processors(json_output=True)
    row = f"{NAME} {NIK}"
    try:
        int("a")
    except ValueError:
        event: Any = {"event": "Task failed with exception", "level": "error", "exc_info": sys.exc_info(),
                      "timestamp": ""}  # fmt: skip
        for processor in processors[-2:]:
            event = processor(None, "error", event)
    said = str(write(None, "error", event))
    assert "test_marked_data.py" in said
    assert row not in said


# --- names that others chose ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"{NIK}.xlsx",
        f"NIK_{NIK}_a",
        "3216.0911.0480.0017",
        "3216 0911 0480 0017",
        "32.16.09.11.04.80.0017",
        "321609110480001",
        "3216091104800017000",
        f"kk{NIK}kk",
    ],
)
def test_a_number_of_a_person_is_masked(text: str) -> None:
    digits = "".join(char for char in masked(text) if char.isdecimal())
    assert "32160911" not in digits
    assert "0017" not in digits


@pytest.mark.parametrize(
    "text",
    [
        "32.16.09.2003/2023-10/data 2023-10-05.csv",
        "penduduk 32.16.09.2003 2023-10.xlsx",
        "2023-10-05 06:00:00.123456+07:00",
        hashlib.sha256(b"an upload").hexdigest(),
        "Rp 1.288.680,00",
        "upload 12345 of 930000",
        "PENDUDUK OKTOBER LENGKAP.xlsx",
    ],
)
def test_what_is_no_number_of_a_person_is_left_alone(text: str) -> None:
    assert masked(text) == text


def test_a_file_that_is_named_after_a_person_is_masked_in_logs() -> None:
    assert for_log(f"32.16.09.2003/2023-10/BLT a.n. Siti Aminah {NIK}.xlsx\n") == (
        "32.16.09.2003/2023-10/BLT a.n. [NAME_1] [NIK_1].xlsx\\n"
    )


def test_a_log_that_is_masked_holds_neither_arguments_nor_messages_of_errors() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(Masking())
    log = logging.Logger("any library")
    log.addHandler(handler)
    try:
        float(NAME)
    except ValueError:
        log.exception("row %s", NIK)
    assert "row [NIK_1]" in stream.getvalue()
    assert NIK not in stream.getvalue()
    assert NAME not in stream.getvalue()


# --- texts that reach the marts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "covered"),
    [
        ("BLT DD a.n. siti  aminah", "BLT DD a.n. [nama]"),
        ("BLT DD 2023 tahap 1", "BLT DD 2023 tahap 1"),
        (f"PKH {NIK}", "PKH [nomor]"),
        ("PKH 3216-0911-0480-0017", "PKH [nomor]"),
        ("Koperasi Siti Aminahku", "Koperasi Siti Aminahku"),
        ("ADI", "[nama]"),
        ("Dinas Sosial Mandiri", "Dinas Sosial Mandiri"),
    ],
)
def test_texts_are_covered_where_they_name_a_person(written: str, covered: str) -> None:
    assert covered_text(written, ["SITI AMINAH", "ADI"]) == covered


def test_rows_are_covered_by_the_names_of_their_own_family(settings: Settings) -> None:
    """Also by those of an earlier register; a name of another family is a word like any other."""
    with open_warehouse(settings).connect() as connection:
        uploads = [
            connection.execute(
                "insert into raw.upload (village_code, period, file_name, sha256, bytes, received_at, status) "
                "values ('32.16.09.2003', '2023-10', 'a', 'a', 1, clock_timestamp(), 'accepted') returning upload_id"
            ).fetchone()[0]
            for _ in range(2)
        ]
        for position, (family, name) in enumerate([("f1", "SITI AMINAH"), ("f2", "HARAPAN")]):
            connection.execute(
                "insert into raw.penduduk (upload_id, position, sheet, row_number, no_kk, nik, nama, household_id, "
                "person_id, name_birth_key) values (%s, %s, 's', 1, 'k', 'n', %s, %s, %s, gen_random_uuid())",
                (uploads[0], position, name, family, f"p{family}"),
            )
        payments = [
            ("f1", None, "BLT a.n. Siti Aminah", "Yayasan Harapan"),
            (None, "pf1", f"BLT {NIK}", "Siti Aminah"),
            ("f2", None, "BLT", "Dana Desa"),
        ]
        for position, (family, person, program, source) in enumerate(payments):
            connection.execute(
                "insert into raw.bantuan (upload_id, position, sheet, row_number, household_id, person_id, program, "
                "sumber_dana) values (%s, %s, 's', 1, %s, %s, %s, %s)",
                (uploads[1], position, family, person, program, source),
            )
        assert cover_identities(connection, uploads[1], "bantuan") == 3
        assert cover_identities(connection, uploads[1], "bantuan") == 0, "what is covered is left alone"
        assert cover_identities(connection, uploads[0], "penduduk") == 0
        rows = connection.execute("select program, sumber_dana from raw.bantuan order by position").fetchall()
    assert rows == [("BLT a.n. [nama]", "Yayasan Harapan"), ("BLT [nomor]", "[nama]"), ("BLT", "Dana Desa")]
    assert "3 isian kolom program atau sumber_dana" in note("bantuan", 3)


def test_staging_selects_no_text_that_is_not_covered(settings: Settings) -> None:
    """Every text of a register that dbt reads is one of a code list, a pseudonym, or covered when it is loaded."""
    models = settings.project_root / "dbt_project" / "models" / "staging"
    with open_warehouse(settings).connect() as connection:
        columns = connection.execute(
            "select table_name, column_name from information_schema.columns where table_schema = 'raw' "
            "and table_name = any (%s) and data_type = 'text'",
            (["penduduk", "kesejahteraan", "verifikasi", "bantuan", "pemberdayaan"],),
        ).fetchall()
    words = {"household_id", "person_id", "head_person_id", ("verifikasi", "hasil"), "alasan", "jenis"}
    for register, column in columns:
        selected = (
            column
            in (models / f"stg_{register}.sql").read_text(encoding="utf-8").replace("nik is not null", "").split()
        )
        expected = bool({column, (register, column)} & words) or column in SHOWN_TEXTS.get(register, ())
        assert not selected or expected, f"stg_{register} selects {column}"


# --- the search ----------------------------------------------------------------------------------------------------


def _zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", content)
    return packed.getvalue()


_FORMS: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "in capitals": lambda mark: mark.upper().encode(),
    "grouped by dots": lambda mark: ".".join((mark[:4], mark[4:8], mark[8:])).encode(),
    "grouped by spaces": lambda mark: " ".join((mark[:6], mark[6:])).encode(),
    "as a number": lambda mark: f"{mark}.0".encode(),
    "without its last digit": lambda mark: f"{mark[:15]}0".encode(),
    "among digits": lambda mark: f"000{mark}".encode(),
    "utf-16": lambda mark: mark.encode("utf-16"),
    "gzip": lambda mark: gzip.compress(mark.encode()),
    "workbook": lambda mark: _zipped(mark.encode()),
    "workbook in an archive": lambda mark: _zipped(_zipped(mark.encode())),
    "base64": lambda mark: base64.b64encode(mark.encode()),
    "base64 of a row": lambda mark: base64.b64encode(f"1;{mark};1".encode()),
    "base64 of another row": lambda mark: base64.b64encode(f"12;{mark};1".encode()),
    "hex": lambda mark: mark.encode().hex().encode(),
    "md5": lambda mark: hashlib.md5(mark.encode()).hexdigest().encode(),
    "sha256": lambda mark: hashlib.sha256(mark.encode()).hexdigest().encode(),
    "integer in hex": lambda mark: f"{int(mark):x}".encode(),
}
_OF_NUMBERS = {"grouped by dots", "grouped by spaces", "as a number", "without its last digit", "among digits",
               "integer in hex"}  # fmt: skip


@pytest.mark.parametrize("form", _FORMS)
def test_the_search_finds_a_mark_in_every_form(form: str) -> None:
    marks = Marks()
    for mark in (marks.name("a name"), marks.nik("a number"))[form in _OF_NUMBERS :]:
        hidden = _FORMS[form](mark)
        assert marks.search("here", hidden), mark
        if form not in ("utf-16", "gzip") and "workbook" not in form:
            assert marks.search("here", b"words before " + hidden + b" and after"), mark
        assert marks.search("here", _FORMS[form]("3275011201990001")) == []
