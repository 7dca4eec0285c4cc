"""What may be said of data in a log, an error or a trace: where, and by which rule, but never what stands there.

Errors of libraries quote what they stumbled over: `could not convert string to float: '...'`, `Key (nik)=(...)`,
`COPY penduduk, line 3: ...`. Such a message would carry names and numbers of persons into logs, into Airflow's pages
and into the tickets that people paste traces into. So messages are kept only of errors that are about ourselves or the
machine; of all others the kind and the place in the code remain, and who needs the value opens the upload.

What still passes, such as names of files that others chose, goes through `masked` on its way to a log.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import psycopg
from lokal.samaran import mask_pii
from psycopg import Connection
from psycopg.abc import PQGen

from entas.errors import EntasError
from entas.text import shown

P = ParamSpec("P")
R = TypeVar("R")

#: A NIK or card number is 16 digits; one that was mistyped or damaged has some more or fewer. People group them by
#: spaces, dots or dashes. Digests and codes of villages are left alone.
_NUMBER = re.compile(
    r"(?P<kept>(?<![0-9a-f])[0-9a-f]{32,}(?![0-9a-f])"
    r"|(?<!\d)\d\d\.\d\d\.\d\d\.\d{4}(?![ .\-]?\d|\d)|(?<!\d)\d\d\.\d\d\.\d\d\.\d{4}(?= 20\d\d-))"
    r"|(?<!\d)\d(?:[ .\-'\u00a0]?\d){12,19}(?!\d)"
)
_PERSONAL = ("NIK", "KK", "NAME", "PHONE", "NPWP", "BPJS")

#: Errors whose messages are about ourselves or the machine, never about what stands in a cell.
_TOLD = (EntasError, OSError, ImportError, MemoryError, EOFError)


def masked(text: str) -> str:
    """The text without numbers of persons, and without the names that lokal-id recognises."""
    return masked_numbers(mask_pii(text, types=_PERSONAL).text)


def masked_numbers(text: str) -> str:
    """The text without numbers that may be a NIK or a card number, in whatever state."""
    return _NUMBER.sub(lambda found: found["kept"] or "[nomor]", text)


def for_log(name: str) -> str:
    """Name of a file or folder that others chose, fit for a log: one line, seen characters, nobody's number."""
    return masked(shown(name))


class Masking(logging.Filter):
    """Masks each record that passes a handler, whoever wrote it; its trace is made by `withhold` beforehand."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = masked(record.getMessage()), None
        if record.exc_info and record.exc_info[1] is not None:
            error = withhold(record.exc_info[1])
            record.exc_info = type(error), error, error.__traceback__
        return True


# --- errors --------------------------------------------------------------------------------------------------------


class WithheldError(Exception):
    """In the place of an error whose message cannot be taken from it; names the error's kind."""


def withhold(error: BaseException) -> BaseException:
    """Take the message from an error, and from those it came of, where it may quote what stands in a cell.

    The errors stay what they are, for whoever catches them by their kind, and so do their traces.

    Returns:
        The error; a `WithheldError` where its kind does not let its message be taken.
    """
    first, seen = _silenced(error), {id(error)}
    now = first
    while (nearest := _origin(now)) is not None and id(nearest) not in seen:
        seen.add(id(nearest))
        silent = _silenced(nearest)
        if silent is not nearest and now.__cause__ is not None:
            now.__cause__ = silent
        elif silent is not nearest:
            now.__context__ = silent
        now = silent
    return first


def _origin(error: BaseException) -> BaseException | None:
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _silenced(error: BaseException) -> BaseException:
    """The error without its message, or what is told instead of it."""
    if isinstance(error, psycopg.Error):
        _withhold_values(error)
    elif isinstance(error, UnicodeError):
        error.args = error.args[:1]  # its message tells of bytes and places; only these hold the text
    elif isinstance(error, Exception) and not isinstance(error, _TOLD):
        said = _place(error)
        # The trace of a group shows its errors, and that of a SyntaxError its text, whatever their messages are.
        if isinstance(error, ExceptionGroup | SyntaxError):
            return _instead(error, said)
        try:
            error.args = (said,)
            if hasattr(error, "__notes__"):
                del error.__notes__
            if said not in str(error):  # it makes its message of something else
                error.__class__ = _renamed(type(error))
        except (AttributeError, TypeError):  # of a class that is not Python's
            return _instead(error, said)
    return error


def _instead(error: BaseException, said: str) -> WithheldError:
    made = WithheldError(f"{type(error).__name__}: {said}").with_traceback(error.__traceback__)
    # As its cause, so that whoever raises it does not make the error it stands for its context.
    made.__cause__ = _origin(error)
    return made


def _place(error: BaseException) -> str:
    steps = [f"{Path(step.filename).name}:{step.lineno}" for step in traceback.extract_tb(error.__traceback__)]
    at = f" at {' > '.join(steps[-4:])}" if steps else ""
    return f"message withheld, it may hold contents of cells{at}"


def _renamed(kind: type[BaseException]) -> type[BaseException]:
    """The same kind of error, with the message that it is given."""
    return type(kind.__name__, (kind,), {"__str__": lambda self: str(self.args[0]), "__module__": kind.__module__})


def discreet(function: Callable[P, R]) -> Callable[P, R]:
    """What a function with rows in its hands raises says nothing of them (`withhold`): a task's trace is kept."""

    @wraps(function)
    def run(*arguments: P.args, **named: P.kwargs) -> R:
        try:
            return function(*arguments, **named)
        except Exception as error:
            if (silent := withhold(error)) is not error:
                raise silent from silent.__cause__
            raise

    return run


# --- the warehouse -------------------------------------------------------------------------------------------------

_COPY_PLACE = re.compile(r"^COPY \w+, line \d+(?:, column \w+)?")
#: Class 22 of SQLSTATE, data exceptions: "invalid input syntax for type date: ...".
_ABOUT_VALUES = "22"


class DiscreetConnection(Connection):
    """A connection whose errors name table, column and line, and no value.

    PostgreSQL puts rows into the details of a broken constraint (`Failing row contains ...`) and lines into the
    context of COPY, and psycopg all of it into the message.
    """

    def wait(self, gen: PQGen[R], *arguments: float, **named: float) -> R:
        """Every call to the server comes through here."""
        try:
            return super().wait(gen, *arguments, **named)
        except psycopg.Error as error:
            _withhold_values(error)
            raise


def _withhold_values(error: psycopg.Error) -> None:
    told = error.diag
    if error.sqlstate is None or told.message_primary is None:
        return  # libpq's own: the server does not answer
    if error.sqlstate.startswith(_ABOUT_VALUES):
        message = f"{type(error).__name__} {error.sqlstate} (a value is not shown)"
    else:
        message = told.message_primary
    place = _COPY_PLACE.match(told.context or "")
    names = (told.table_name, told.column_name, told.constraint_name)
    parts = [message, *(name for name in names if name and name not in message), *([place[0]] if place else [])]
    if told.statement_position:
        parts.append(f"at character {told.statement_position}")
    if told.message_hint:
        parts.append(told.message_hint)
    error.args = ("; ".join(parts),)
