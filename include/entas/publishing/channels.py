"""Channels: how files reach a recipient. A new one is a class here and a line in `CHANNELS`.

A channel may be called again after a run was killed: it must leave a file that is already there and whole as it is,
and must never leave a part of a file under its final name.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Protocol

from entas.errors import EntasError
from entas.settings import Settings
from entas.storage import Store


class Channel(Protocol):
    """Puts the files of one release where the recipient gets them."""

    @property
    def place(self) -> str:
        """Where the files go, without secrets; kept in `publication.delivery`."""

    def put(self, folder: str, files: dict[str, bytes]) -> None:
        """Deliver files (name -> content) of the release that lies in `folder` (`<regency>/<period>/r<n>`).

        Raises:
            EntasError: it cannot be done; nothing is half there under a final name.
        """


class Directory:
    """A folder on any store (`entas.storage`), reached as our own are (`ENTAS_SSH_*`, `ENTAS_S3_ENDPOINT`).

    Args:
        options: `target`, a path or URL; `{home}` in it and relative paths are of `ENTAS_HOME`.
    """

    def __init__(self, options: dict[str, Any], settings: Settings) -> None:
        target = options.get("target")
        unknown = sorted(set(options) - {"type", "target"})
        if not isinstance(target, str) or not target.strip() or unknown:
            raise EntasError(
                "a channel of type directory needs `target`, a folder, and nothing else"
                + (f" (not {', '.join(unknown)})" if unknown else "")
            )
        target = target.replace("{home}", str(settings.home))
        if "://" not in target and not Path(target).is_absolute():
            target = str(settings.home / target)
        self._store = Store(target, settings.access)

    @property
    def place(self) -> str:
        return self._store.place

    def put(self, folder: str, files: dict[str, bytes]) -> None:
        try:
            for name, content in files.items():
                path = f"{folder}/{name}"
                if self._store.exists(path):
                    if self._store.read_bytes(path) != content:
                        raise EntasError(
                            f"{self._store.full(path)} is there already with another content; it is not overwritten: "
                            "find out who put it there and move it away"
                        )
                    continue
                with tempfile.TemporaryDirectory(prefix="entas-delivery-") as scratch:
                    local = Path(scratch, name)
                    local.write_bytes(content)
                    self._store.put_file(local, path)
        except OSError as error:
            raise EntasError(f"{self._store.full(folder)} cannot be written: {error}") from error


CHANNELS: dict[str, type[Directory]] = {"directory": Directory}


def open_channel(options: dict[str, Any], settings: Settings) -> Channel:
    """The channel of a recipient's configuration.

    Raises:
        EntasError: there is no such channel, or it lacks an option.
    """
    kind = options["type"]
    if kind not in CHANNELS:
        raise EntasError(f"there is no channel of type {kind!r}; known: {', '.join(CHANNELS)}")
    return CHANNELS[kind](options, settings)
