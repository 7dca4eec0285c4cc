"""All hand-written cases as one scenario: they share no village and no family, so one run serves them all."""

from __future__ import annotations

from .cases import CASES, place_of
from .files import file_bytes
from .model import Upload
from .scenarios import Scenario, scenario_of_uploads


def hand_written() -> Scenario:
    """The uploads of all cases in their order of receipt, the first of each case before the second of any."""
    cases = [CASES[name](place_of(name)).uploads for name in CASES]
    uploads = [uploads[turn] for turn in range(max(map(len, cases))) for uploads in cases if turn < len(uploads)]
    return scenario_of_uploads("hand-written cases", uploads, [_bytes(upload) for upload in uploads])


def _bytes(upload: Upload) -> bytes:
    if not upload.readable:
        return upload.content.encode()
    return file_bytes(upload.file_name, upload.sheets)
