"""What a piece of work says: on the terminal, in Python's logs, and by its exit code."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from unittest.mock import patch

import pytest

from entas.cli import main

R = TypeVar("R")


class Recorder(logging.Handler):
    """Keeps everything that is printed or logged during some work.

    Attributes:
        said: (what was done, what it said), in order.
    """

    def __init__(self, config: pytest.Config) -> None:
        super().__init__(level=1)
        self.said: list[tuple[str, str]] = []
        self.config = config
        self._capture = config.pluginmanager.getplugin("capturemanager")
        self._records: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._records.append(self.format(record))

    @contextmanager
    def during(self, what: str) -> Iterator[None]:
        """Keep what is said from here on."""
        before = self._capture.read_global_capture()
        self._records.clear()
        logging.getLogger().addHandler(self)
        try:
            yield
        finally:
            logging.getLogger().removeHandler(self)
            now = self._capture.read_global_capture()
            self.said.append((what, "\n".join([*now, *self._records])))
            for stream, earlier, later in zip((sys.stdout, sys.stderr), before, now, strict=True):
                stream.write(earlier + later)  # for pytest's own report
                stream.flush()

    def work(self, what: str, function: Callable[[], R]) -> R:
        with self.during(what):
            return function()

    def command(self, *arguments: str) -> int:
        """Run `entas ...` in this process; its exit code."""
        with self.during(f"entas {' '.join(arguments)}"), patch.object(sys, "argv", ["entas", *arguments]):
            handlers, level = list(logging.root.handlers), logging.root.level
            try:
                main()
            except SystemExit as ended:
                return int(ended.code or 0)
            except Exception:  # noqa: BLE001 - with --debug Python shows it and ends
                sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
                return 1
            finally:  # --debug changes them for the rest of its process
                logging.root.handlers[:] = handlers
                logging.root.setLevel(level)
        raise AssertionError("a command ends by an exit code")
