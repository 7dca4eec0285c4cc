"""Time as the office lives it: days and months are those of Asia/Jakarta."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from entas.errors import UsageError

JAKARTA = ZoneInfo("Asia/Jakarta")
_PERIOD = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def now() -> datetime:
    """The present moment, with its time zone (UTC)."""
    return datetime.now(UTC)


def jakarta_day(moment: datetime) -> date:
    """The calendar day in Jakarta at `moment`."""
    return moment.astimezone(JAKARTA).date()


def parse_period(text: str) -> date | None:
    """First day of the month that `YYYY-MM` names, or None when it names none (years 2000 to 2999)."""
    match = _PERIOD.fullmatch(text)
    if not match or not "2000" <= match[1] <= "2999":
        return None
    return date(int(match[1]), int(match[2]), 1)


def require_period(text: str) -> date:
    """As `parse_period`, for a period a person typed.

    Raises:
        UsageError: it is not YYYY-MM.
    """
    period = parse_period(text)
    if period is None:
        raise UsageError(f"{text!r} is not a period; write it as YYYY-MM, for example 2023-10")
    return period


def require_moment(text: str) -> datetime:
    """An ISO 8601 date or timestamp that a person typed; without a zone it is Jakarta's.

    A date alone means the whole of that day: its last microsecond.

    Raises:
        UsageError: it is not an ISO 8601 date or timestamp.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a moment; write it as 2023-11-05 or 2023-11-05T06:00:00+07:00") from None
    if len(text) <= 10:
        moment += timedelta(days=1, microseconds=-1)
    return moment if moment.tzinfo else moment.replace(tzinfo=JAKARTA)


def add_months(month: date, count: int) -> date:
    """The first day of the month `count` months after (or, negative, before) `month`."""
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def period_text(month: date) -> str:
    """`YYYY-MM` of a month."""
    return f"{month:%Y-%m}"
