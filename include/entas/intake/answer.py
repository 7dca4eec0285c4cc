"""What a village is told about an upload: the matter of its feedback workbook."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from entas.areas import Village
from entas.registers.limits import DEFAULT_LIMITS, Limits

CRITICAL, WARNING = "critical", "warning"


@dataclass(frozen=True)
class Finding:
    """What a rule says about one row; `value` is the cell as written."""

    register: str
    severity: str
    sheet: str
    row_number: int
    rule_id: str
    column: str | None
    sentence: str
    value: str | None = None


@dataclass(frozen=True)
class RegisterResult:
    """A row of raw.upload_register."""

    register: str
    status: str
    reason: str | None
    sheets: tuple[str, ...]
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    rows_warned: int


@dataclass(frozen=True)
class FeedbackJob:
    """One feedback workbook to write.

    Attributes:
        upload_id: of the upload.
        source: local copy of the uploaded bytes; None writes the summary alone.
        target: local file to write.
        village, folder, period, file_name: as the village knows them; `folder` is where corrections go.
        received_at, status, reason: of the upload.
        registers: results by register, in the order of the design.
        findings: by row.
        notes: Indonesian remarks made while the upload was read (raw.upload.notes).
        area: the village, where its folder is one of the regency's; without it only headers tell which cells to mark.
        limits: what reading the upload may cost.
    """

    upload_id: int
    source: Path | None
    target: Path
    village: str
    folder: str
    period: str
    file_name: str
    received_at: datetime
    status: str
    reason: str | None
    registers: tuple[RegisterResult, ...] = ()
    findings: tuple[Finding, ...] = field(default=(), repr=False)
    notes: tuple[str, ...] = ()
    area: Village | None = None
    limits: Limits = DEFAULT_LIMITS
