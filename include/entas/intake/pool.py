"""Reading processes: as many as cores, and a file that kills its reader takes nobody with it."""

from __future__ import annotations

import logging
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.process import AuthenticationString
from types import ModuleType
from typing import Any, Protocol, TypeVar

from entas.discretion import for_log
from entas.errors import EntasError
from entas.intake.prepare import PreparedUpload, ReadJob, prepare
from entas.registers.limits import DEFAULT_LIMITS, Limits, MemoryBound, start_clock, stop_clock

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


# --- in a reading process ------------------------------------------------------------------------------------------


class _Call:
    """What a reading process may tell while it works: which job it starts, and what that may cost from then on."""

    def __init__(self, connection: Connection, limits: Limits) -> None:
        self._connection = connection
        self._limits = limits

    def starting(self, number: int | None) -> None:
        start_clock(self._limits.seconds)
        self._connection.send((_AT, number))


def _read_share(call: _Call, jobs: Sequence[ReadJob], pseudonym_key: str) -> list[PreparedUpload]:
    return prepare(jobs, pseudonym_key, call.starting)


def _do_one(call: _Call, function: Callable[[J], R], job: J) -> R:
    call.starting(0)
    return function(job)


_AT, _DONE, _RAISED = "at", "done", "raised"


def _be_silent() -> None:
    """Say nothing from here on: libraries warn, log and panic with what stands in the cells. Answers tell enough."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)


def _serve(connection: Connection) -> None:
    """Work off calls until the caller hangs up or is gone."""
    _end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at the terminal is the caller's to handle
    _be_silent()
    memory = MemoryBound()
    while True:
        try:
            function, arguments, bounds = connection.recv()
        except EOFError:
            return
        memory.bound(bounds.memory_bytes)
        try:
            answer = _DONE, function(_Call(connection, bounds), *arguments)
        except Exception as error:  # noqa: BLE001 - raised where the result is asked for
            answer = _RAISED, error
        stop_clock()
        memory.unbound()
        connection.send(answer)


# --- in the caller -------------------------------------------------------------------------------------------------


class _DiedError(Exception):
    """The process ended before it answered.

    Attributes:
        at: number of the job that it had last begun; None when it had begun none, or was past the last.
        too_slow: whether its clock ended it.
    """

    def __init__(self, at: int | None, too_slow: bool) -> None:
        super().__init__()
        self.at = at
        self.too_slow = too_slow


class _Task:
    """A call that waits for a process, is under way, or is done."""

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...], bounds: Limits, jobs: int) -> None:
        self.call = function, arguments, bounds
        self.at: int | None = None
        self.answer: tuple[str, Any] | None = None
        #: Should the process neither work nor end by its own clock (stopped by a signal, say).
        self.patience = bounds.seconds * (jobs + 1) + _PATIENCE

    def result(self) -> Any:
        """What the call returned; raises what it raised."""
        kind, value = self.answer
        if kind == _RAISED:
            raise value
        return value


class _Process:
    """One reading process and the pipe to it."""

    def __init__(self) -> None:
        context = _Readers()
        context.set_forkserver_preload(["entas.intake.prepare", "great_expectations"])
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), name="entas reader")
        self._process.start()
        theirs.close()
        self.task: _Task | None = None
        self._until = 0.0

    def begin(self, task: _Task) -> None:
        self.task = task
        self._until = time.monotonic() + task.patience
        # A process that has died meanwhile is noticed where its answer is read.
        with suppress(BrokenPipeError):
            self.connection.send(task.call)

    @property
    def seconds_left(self) -> float:
        return max(0.0, self._until - time.monotonic())

    def listen(self) -> bool:
        """Take what has come; whether the process goes on to live."""
        try:
            kind, value = self.connection.recv()
        except (EOFError, OSError, pickle.UnpicklingError):
            return self._bury()
        if kind == _AT:
            self.task.at = value
            self._until = time.monotonic() + self.task.patience
        else:
            self.task.answer = kind, value
            self.task = None
        return True

    def _bury(self) -> bool:
        self._process.join(5)
        code = self._process.exitcode
        self.close()
        if self.task:
            self.task.answer = _RAISED, _DiedError(self.task.at, code == -signal.SIGALRM)
            self.task = None
        return False

    def give_up(self) -> None:
        """End a process that is beyond its time and does not notice."""
        self._process.kill()
        self._process.join()
        self.close()
        self.task.answer = _RAISED, _DiedError(self.task.at, too_slow=True)
        self.task = None

    def close(self) -> None:
        """End the process: what it works on is lost."""
        self.connection.close()
        if self.task is None:
            self._process.join(_FAREWELL)  # it hangs up when we do
        self._process.kill()
        self._process.join()


#: Seconds that an idle process may take to end.
_FAREWELL = 5
#: Seconds beyond its own clock after which a process is given up: far more than the kernel needs to end it.
_PATIENCE = 60

#: A batch under way: the jobs of each share, and the call that reads them.
Started = list[tuple[Sequence[ReadJob], _Task]]


class ReaderPool:
    """Runs the reading of uploads in processes that import the libraries once.

    The processes are forked from a clean server process, which has imported Great Expectations (five seconds) before
    the first file comes; the caller's own threads and connections are not inherited. Each has a pipe of its own, a
    clock and a bound of memory (`entas.registers.limits`): one that dies or runs out of either costs what it was
    working on, and no other process notices.

    Args:
        pseudonym_key: for `prepare`.
        workers: processes at a time; as many as cores when None.
        limits: for `each`; reading is bounded by its jobs' own.
    """

    def __init__(self, pseudonym_key: str, workers: int | None = None, limits: Limits = DEFAULT_LIMITS) -> None:
        self._key = pseudonym_key
        self._limits = limits
        self.workers = workers or cores()
        self._processes: list[_Process] = []
        self._waiting: deque[_Task] = deque()

    def __enter__(self) -> ReaderPool:
        return self

    def __exit__(self, *_: object) -> None:
        self._waiting.clear()
        while self._processes:
            self._processes.pop().close()

    def submit(self, jobs: Sequence[ReadJob]) -> Started:
        """Start reading a batch; hand what this returns to `collect`."""
        shares = [share for share in (jobs[number :: self.workers] for number in range(self.workers)) if share]
        return [(share, self._read(share)) for share in shares]

    def collect(self, started: Started) -> dict[ReadJob, PreparedUpload]:
        """Wait for a batch. Where a reader died, its files are read again, the one that it died of alone.

        Raises:
            EntasError: readers die without any file.
        """
        done: dict[ReadJob, PreparedUpload] = {}
        shares = deque(started)
        suspects: list[ReadJob] = []
        while shares:
            share, task = shares.popleft()
            try:
                done.update(zip(share, self._wait(task), strict=True))
            except (_DiedError, MemoryError) as death:
                at = death.at if isinstance(death, _DiedError) else None
                slow = isinstance(death, _DiedError) and death.too_slow
                if slow and (at is not None or len(share) == 1):
                    guilty = share[at or 0]  # the clock was its own
                    done[guilty] = _too_slow(guilty)
                    rest = [job for job in share if job is not guilty]
                    shares.extend((part, self._read(part)) for part in [rest] if part)
                elif len(share) > 1:
                    shares.extend((part, self._read(part)) for part in _apart(share, at))
                else:
                    suspects.append(share[0])  # or a reader beside it took all the memory, or it was dead before
        for job in suspects:
            done[job] = self._read_alone(job)
        for job, prepared in done.items():
            if prepared.trouble:
                _log.error("%s cannot be read for an error of Entas: %s", for_log(job.file_name), prepared.trouble)
        return done

    def _read_alone(self, job: ReadJob) -> PreparedUpload:
        """Read a file whose reader died, once more when the other readers are done; should it die again, blame it."""
        self._check_health()
        try:
            return self._wait(self._read([job]))[0]
        except _DiedError as death:
            if death.too_slow:
                return _too_slow(job)
            self._check_health()
            _log.warning("the reader of %s died", for_log(job.file_name))
            return PreparedUpload(error=DIED)

    def _check_health(self) -> None:
        """A file is to blame for a dead reader only if a reader without a file lives."""
        try:
            self._wait(self._read([]))
        except _DiedError as error:
            raise EntasError(
                "the reading processes cannot run on this machine; look for lack of memory, "
                "and set up again with `make setup` if a package is missing"
            ) from error

    def each(self, function: Callable[[J], R], jobs: Sequence[J], when_died: Callable[[J], R]) -> Iterator[R]:
        """Run a function over jobs in the processes; results in the order of the jobs.

        Args:
            function: of a module that the processes can import; what it raises is raised here.
            when_died: gives the result, in this process, of a job that kills the process that does it, or takes too
                long.
        """
        started = [(job, self._start(_do_one, (function, job), self._limits, 1)) for job in jobs]
        for job, task in started:
            try:
                result = self._wait(task)
            except (_DiedError, MemoryError):
                result = when_died(job)
            yield result

    def _read(self, jobs: Sequence[ReadJob]) -> _Task:
        bounds = jobs[0].limits if jobs else self._limits
        return self._start(_read_share, (jobs, self._key), bounds, len(jobs))

    def _start(self, function: Callable[..., Any], arguments: tuple[Any, ...], bounds: Limits, jobs: int) -> _Task:
        task = _Task(function, arguments, bounds, jobs)
        self._waiting.append(task)
        self._hand_out()
        return task

    def _hand_out(self) -> None:
        idle = [process for process in self._processes if process.task is None]
        while self._waiting and (idle or len(self._processes) < self.workers):
            if idle:
                process = idle.pop()
            else:
                process = _Process()
                self._processes.append(process)
            process.begin(self._waiting.popleft())

    def _wait(self, task: _Task) -> Any:
        """The result of a call; works off what comes from the other processes meanwhile."""
        while task.answer is None:
            busy = {process.connection: process for process in self._processes if process.task}
            ready = wait(list(busy), timeout=min(process.seconds_left for process in busy.values()))
            for connection in ready:
                if not busy[connection].listen():
                    self._processes.remove(busy[connection])
            for connection, process in busy.items():
                if connection not in ready and process.seconds_left == 0:
                    process.give_up()
                    self._processes.remove(process)
            self._hand_out()
        return task.result()


def _too_slow(job: ReadJob) -> PreparedUpload:
    _log.warning("the reader of %s was stopped after %s seconds", for_log(job.file_name), job.limits.seconds)
    return PreparedUpload(error=job.limits.too_slow)


def _apart(share: Sequence[ReadJob], at: int | None) -> list[Sequence[ReadJob]]:
    """The shares in which the files of a dead reader are read again: the one that it had begun alone.

    Past the last (or before the first) it may be any: halves find it.
    """
    if at is None:
        middle = len(share) // 2
        return [share[:middle], share[middle:]]
    return [part for part in (share[at : at + 1], [*share[:at], *share[at + 1 :]]) if part]
