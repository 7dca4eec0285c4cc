"""A real OpenSSH server and an S3-compatible one, each on a port that the system chose."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

SSHD = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")

_CONFIG = """
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/key.pub
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
PidFile none
LogLevel ERROR
Subsystem sftp internal-sftp {options}
"""


class SshServer:
    """OpenSSH's sshd, one process a connection, as inetd would start it: so we hold the port and can cut any of them.

    Attributes:
        url: `sftp://user@127.0.0.1:port`, to be followed by an absolute path.
        known_hosts, key: files for `ENTAS_SSH_KNOWN_HOSTS` and `ENTAS_SSH_KEY`.
        connections: how many were made so far.
    """

    def __init__(self, folder: Path, options: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, parents=True, exist_ok=True)  # sshd of root wants it
        for name in ("host_key", "key"):
            if not (folder / name).exists():
                subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        (folder / "sshd_config").write_text(_CONFIG.format(folder=folder, options=options))
        self._folder = folder
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"sftp://{getpass.getuser()}@127.0.0.1:{self.port}"
        self.key, self.known_hosts = folder / "key", folder / f"known_hosts_{self.port}"
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {(folder / 'host_key.pub').read_text()}")
        self.connections = 0
        self._processes: list[subprocess.Popen[bytes]] = []
        self._answering = True
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        assert SSHD
        with (self._folder / "sshd.log").open("ab") as log:
            while True:
                try:
                    connection, _ = self._listener.accept()
                except OSError:
                    return  # closed
                with connection:
                    if not self._answering:
                        continue
                    self.connections += 1
                    command = [SSHD, "-i", "-e", "-f", str(self._folder / "sshd_config")]
                    self._processes.append(
                        subprocess.Popen(command, stdin=connection, stdout=connection, stderr=log, process_group=0)
                    )

    def cut(self) -> None:
        """Kill the servers of all connections, as a network or a machine that fails would."""
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            process.wait()
        self._processes.clear()

    def answer(self, yes: bool) -> None:
        """Whether new connections are served; else they are closed at once."""
        self._answering = yes

    def stop(self) -> None:
        # Unlike close(), this wakes the thread that waits in accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()


_MOTO = """
import datetime, json, sys
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer
old = json.loads(sys.stdin.readline())
if old is not None:
    s3 = s3_backends["123456789012"]["aws"]
    s3.create_bucket("bench", "us-east-1")
    for path in old:
        s3.put_object("bench", "inbox/" + path, b"x").last_modified = datetime.datetime(2020, 1, 1)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()  # until our parent closes it or dies
"""


class S3Server:
    """moto's server of S3 in a process of its own.

    Attributes:
        endpoint: its URL for `ENTAS_S3_ENDPOINT`; it takes any credentials.

    Args:
        old: paths of old files in `s3://bench/inbox`, for the benchmark; None: no bucket.
    """

    def __init__(self, old: Iterable[str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _MOTO],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(None if old is None else list(old)) + "\n")
        self._process.stdin.flush()
        self.endpoint = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


class Cutter:
    """Passes connections on to a server; those of one kind it cuts after so many bytes, once.

    Attributes:
        url: where it listens.
        cuts: how many connections were cut.
    """

    def __init__(self, endpoint: str) -> None:
        host, port = endpoint.removeprefix("http://").split(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.cuts = 0
        self._after: int | None = None
        threading.Thread(target=self._serve, daemon=True).start()

    def cut_after(self, size: int) -> None:
        """Cut the next connection over which the server sends that many bytes."""
        self._after = size

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._target)
            threading.Thread(target=self._pass, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, True), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while block := source.recv(1 << 16):
                passed += len(block)
                if answers and self._after is not None and passed > self._after:
                    self._after = None
                    self.cuts += 1
                    break
                target.sendall(block)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
