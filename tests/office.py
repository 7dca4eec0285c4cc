"""LibreOffice, where it is installed: what it makes of our workbooks."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")

needs_office = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed here")


def converted(folder: Path, *books: Path, to: str = "xlsx") -> list[Path]:
    """Workbooks as LibreOffice writes them after it has opened them; its complaints fail the test.

    Args:
        folder: of the test, into which the results and a profile of LibreOffice's own go.
    """
    output = folder / "converted"
    done = subprocess.run(
        [
            str(SOFFICE),
            f"-env:UserInstallation={(folder / 'office').as_uri()}",
            "--headless",
            "--norestore",
            "--convert-to",
            to,
            "--outdir",
            str(output),
            *map(str, books),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    results = [output / f"{book.stem}.{to}" for book in books]
    missing = [path.name for path in results if not path.is_file()]
    assert not missing, f"LibreOffice wrote no {missing}: {done.stdout} {done.stderr}"
    return results
