"""Reading processes: as many as cores, and a file that kills its reader takes nobody with it."""

from __future__ import annotations

import logging
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.process import AuthenticationString
from types import ModuleType
from typing import Any, Protocol, TypeVar

from entas.errors import EntasError
from entas.intake.prepare import PreparedUpload, ReadJob, prepare

_log = logging.getLogger(__name__)

J = TypeVar("J")
R = TypeVar("R")

#: A batch ends at either: memory is bounded by it whatever the number of villages.
_BATCH_BYTES = 24_000_000
_BATCH_FILES = 256


class _Sized(Protocol):
    @property
    def bytes(self) -> int: ...


S = TypeVar("S", bound=_Sized)


def batches(files: Iterable[S]) -> Iterator[list[S]]:
    """Files in their order, as many together as may be in memory at once (by their size as uploaded)."""
    batch: list[S] = []
    size = 0
    for one in files:
        if batch and (size + one.bytes > _BATCH_BYTES or len(batch) >= _BATCH_FILES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += one.bytes
    if batch:
        yield batch


#: What an operator reads when a file kills the process that reads it.
DIED = (
    "Berkas tidak dapat dibaca: program pembaca berhenti ketika membukanya. "
    "Simpan ulang berkas sebagai .xlsx dari Excel atau LibreOffice, lalu unggah kembali."
)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _end_with_parent() -> None:
    """A reader whose caller was killed would wait for its next share for ever."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _as_plain_program() -> Iterator[None]:
    """Let this process pass, while it starts another, for a program of its own and without a main file.

    Processes of multiprocessing run the caller's main program again: that of an Airflow task sets up Airflow, which
    fails where tasks may not know Airflow's database. And they take over the caller's configuration: in Celery's
    workers it says that the process is daemonic and may start none (a rule against processes left behind; readers
    end with their parent), and has a key that cannot be handed on. Readers need nothing of either.
    """
    main, current = sys.modules["__main__"], multiprocessing.current_process()
    configuration = current._config  # type: ignore[attr-defined]
    sys.modules["__main__"] = ModuleType("__main__")
    current._config = {  # type: ignore[attr-defined]
        "authkey": AuthenticationString(os.urandom(32)),
        "semprefix": configuration["semprefix"],
    }
    try:
        yield
    finally:
        sys.modules["__main__"] = main
        current._config = configuration  # type: ignore[attr-defined]


class _Reader(ForkServerProcess):
    """A process that Airflow's tasks can start, whichever executor runs them."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        with _as_plain_program():
            super().__init__(*arguments, **named)

    def start(self) -> None:
        with _as_plain_program():
            super().start()


class _Readers(ForkServerContext):
    Process = _Reader  # type: ignore[assignment]


class ReaderPool:
    """Runs the reading of uploads in processes that import the libraries once.

    The processes are forked from a clean server process, which has imported Great Expectations (five seconds) before
    the first file comes; the caller's own threads and connections are not inherited.
    """

    def __init__(self, pseudonym_key: str, workers: int | None = None) -> None:
        self._key = pseudonym_key
        self.workers = workers or cores()
        self._executor: ProcessPoolExecutor | None = None

    def __enter__(self) -> ReaderPool:
        return self

    def __exit__(self, *_: object) -> None:
        if self._executor:
            self._executor.shutdown(cancel_futures=True)

    def submit(self, jobs: Sequence[ReadJob]) -> list[tuple[Sequence[ReadJob], Future[list[PreparedUpload]]]]:
        """Start reading a batch; hand what this returns to `collect`."""
        shares = [share for share in (jobs[number :: self.workers] for number in range(self.workers)) if share]
        return [(share, self._start(prepare, share, self._key)) for share in shares]

    def collect(
        self, started: list[tuple[Sequence[ReadJob], Future[list[PreparedUpload]]]]
    ) -> dict[ReadJob, PreparedUpload]:
        """Wait for a batch. Where a reader died, its files are read again one by one to find the one that kills.

        Raises:
            EntasError: readers die without any file.
        """
        done: dict[ReadJob, PreparedUpload] = {}
        orphaned: list[ReadJob] = []
        for share, future in started:
            try:
                done.update(zip(share, future.result(), strict=True))
            except BrokenProcessPool:
                orphaned.extend(share)
        for job in orphaned:
            self._discard()
            try:
                done[job] = self._start(prepare, [job], self._key).result()[0]
            except BrokenProcessPool:
                self._check_health()
                _log.warning("the reader of %s died", job.file_name)
                done[job] = PreparedUpload(error=DIED)
        return done

    def _check_health(self) -> None:
        """A file is to blame for a dead reader only if a reader without a file lives."""
        self._discard()
        try:
            self._start(prepare, [], self._key).result()
        except BrokenProcessPool as error:
            raise EntasError(
                "the reading processes cannot run on this machine; look for lack of memory, "
                "and set up again with `make setup` if a package is missing"
            ) from error

    def each(self, function: Callable[[J], R], jobs: Sequence[J], when_died: Callable[[J], R]) -> Iterator[R]:
        """Run a function over jobs in the processes; results in the order of the jobs.

        Args:
            function: of a module that the processes can import; what it raises is raised here.
            when_died: gives the result, in this process, of a job that kills the process that does it.
        """
        started = [(job, self._start(function, job)) for job in jobs]
        for job, future in started:
            try:
                yield future.result()
                continue
            except BrokenProcessPool:
                pass  # by this job or one beside it: alone it shows
            try:
                yield self._start(function, job).result()
            except BrokenProcessPool:
                self._discard()
                yield when_died(job)

    def _start(self, function: Callable[..., R], *arguments: Any) -> Future[R]:
        if self._executor is None:
            context = _Readers()
            context.set_forkserver_preload(["entas.intake.prepare", "great_expectations"])
            self._executor = ProcessPoolExecutor(self.workers, mp_context=context, initializer=_end_with_parent)
        try:
            return self._executor.submit(function, *arguments)
        except BrokenProcessPool:
            self._discard()
            return self._start(function, *arguments)

    def _discard(self) -> None:
        if self._executor:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None
