"""Workbooks that are encrypted and that anyone can open.

Excel encrypts a workbook whose structure is protected ("Proteksi Buku Kerja") although nobody is asked for a password
when it is opened: it does so with a password of its own, the same everywhere ([MS-OFFCRYPTO] 2.4.2.3 names it).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msoffcrypto

from entas.registers.limits import OLE, ZIP, Limits, check_file

_EXCELS_OWN = "VelvetSweatshop"


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[Path]:
    """The file, decrypted where Excel's own password does it; any other file is given as it is.

    What is decrypted lies in a file without a name, gone with the process.

    Raises:
        UnreadableFileError: what is inside exceeds the limits.
    """
    with path.open("rb") as file:
        if file.read(len(OLE)) != OLE:
            yield path
            return
        file.seek(0)
        with tempfile.TemporaryFile() as plain:
            if not _decrypt(file, plain):
                yield path
                return
            inside = Path(f"/dev/fd/{plain.fileno()}")
            check_file(inside, limits)
            yield inside


def _decrypt(file: IO[bytes], plain: IO[bytes]) -> bool:
    """Write what an encrypted workbook holds; False when Excel's own password does not open it."""
    try:
        office = msoffcrypto.OfficeFile(file)
        if not office.is_encrypted():
            return False
        office.load_key(password=_EXCELS_OWN)
        office.decrypt(plain)
    except MemoryError:
        raise  # no fault of the key
    except Exception:  # noqa: BLE001 - another password, no workbook, or a broken one: its reader tells which
        return False
    plain.seek(0)
    start = plain.read(len(OLE))  # a wrong key may go unnoticed, and make noise
    return start == OLE or start.startswith(ZIP)
