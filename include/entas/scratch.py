"""Private folders below `ENTAS_HOME` for local copies: they may hold names and numbers of persons."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch_folder(home: Path, purpose: str, *, clear: bool = True) -> Iterator[Path]:
    """A folder that its owner alone can read, gone when the block ends.

    Args:
        home: `ENTAS_HOME`.
        purpose: how its name begins.
        clear: remove what killed runs left under names that begin so; for those who are alone at work.
    """
    parent = home / "work"
    parent.mkdir(exist_ok=True, mode=0o700)
    if clear:
        for left in parent.glob(f"{purpose}-*"):
            shutil.rmtree(left)
    with tempfile.TemporaryDirectory(dir=parent, prefix=f"{purpose}-") as folder:
        yield Path(folder)
