"""Text that others chose (names of files, sheets and columns), made fit to be shown.

A name may hold whatever bytes its sender likes: an escape sequence that moves the cursor of a terminal, a line end
that makes a second, forged line of a log, a mark that turns the reading direction of what follows.
"""

from __future__ import annotations

import json
import logging
import re
import unicodedata

_UNSAFE = re.compile(r"[^\x20-\x7e]")
_ESCAPED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # controls, formats (direction marks), half characters, line ends


def shown(text: str) -> str:
    """The text with everything that is not seen written as Python would (`\\n`, `\\x1b`, `\\u202e`)."""
    return _UNSAFE.sub(_escape, text)


def one_line(text: str) -> str:
    """The text as one line: spaces and line ends become single spaces, other unseen characters are escaped."""
    return shown(" ".join(text.split()))


def shown_lines(text: str) -> str:
    """The same, of a text whose lines are ours."""
    return "\n".join(map(shown, text.split("\n")))


def shown_json(text: str) -> str:
    """A JSON text that means the same, with everything that is not seen written as JSON's own escapes."""
    return _UNSAFE.sub(lambda found: found[0] if found[0] == "\n" else _escape_as_json(found), text)


def _escape_as_json(found: re.Match[str]) -> str:
    char = found[0]
    return json.dumps(char)[1:-1] if unicodedata.category(char) in _ESCAPED else char


def _escape(found: re.Match[str]) -> str:
    char = found[0]
    return ascii(char)[1:-1] if unicodedata.category(char) in _ESCAPED else char


class ShownFormatter(logging.Formatter):
    """Writes each record's message as one line, whatever names it holds; traces keep their lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = shown(record.message)
        return super().formatMessage(record)
