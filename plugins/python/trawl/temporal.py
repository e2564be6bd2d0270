"""Times and spans as whole nanoseconds. Knows no columns."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone

SECOND = 1_000_000_000
LEAST = -(1 << 63)
GREATEST = (1 << 63) - 1
_RFC3339 = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII)
_SPAN = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h|d|w)", re.ASCII)
_UNITS = {"ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000, "s": SECOND, "m": 60 * SECOND, "h": 3_600 * SECOND,
          "d": 86_400 * SECOND, "w": 604_800 * SECOND}
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def seconds(n: int | float) -> int:
    """Nanoseconds of a number of seconds, such as a Unix time."""
    return _scaled(n, SECOND)


def milliseconds(n: int | float) -> int:
    """Nanoseconds of a number of milliseconds."""
    return _scaled(n, 1_000_000)


def _scaled(n: int | float, by: int) -> int:
    # The fraction apart: the product of a Unix time in nanoseconds has more digits than a float holds.
    whole = int(n // 1)
    return whole * by + round((n - whole) * by)


def parse_time(text: str) -> int | None:
    """Nanoseconds since the epoch of an RFC 3339 text; None when it is none. What 64 bits do not hold (before 1677, after 2262)
    is the nearest that they do, so that a certificate that expires in 9999 does not vanish."""
    found = _RFC3339.fullmatch(text) if len(text) <= 64 else None
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.group(1, 2, 3, 4, 5, 6))
    fraction, sign, away, away_minutes = found.group(7, 8, 9, 10)
    if hour > 23 or minute > 59 or second > 59 or int(away or 0) > 23 or int(away_minutes or 0) > 59:
        return None
    try:
        days = date(year, month, day).toordinal() - date(1970, 1, 1).toordinal()
    except ValueError:
        return None
    offset = (int(away or 0) * 60 + int(away_minutes or 0)) * (-1 if sign == "-" else 1)
    at = days * 86_400 + hour * 3_600 + (minute - offset) * 60 + second
    return max(LEAST, min(GREATEST, at * SECOND + int((fraction or "")[:9].ljust(9, "0"))))


def parse_span(text: str) -> int | None:
    """Nanoseconds of a span such as `1h30m`, `250ms` or `-1.5s`; None when it is none."""
    rest = text.removeprefix("-")
    if not rest or len(rest) > 64:
        return None
    total = at = 0
    while at < len(rest):
        found = _SPAN.match(rest, at)
        if found is None:
            return None
        whole, _, fraction = found.group(1).partition(".")
        total += int((whole or "0") + fraction[:9].ljust(9, "0")) * _UNITS[found.group(2)] // SECOND
        at = found.end()
    return None if total > GREATEST else -total if text.startswith("-") else total


def format_time(ns: int) -> str:
    """The RFC 3339 text of a time in whole seconds, for remotes that want one."""
    return (_EPOCH + timedelta(seconds=ns // SECOND)).strftime("%Y-%m-%dT%H:%M:%SZ")


def ns_of_datetime(value: datetime) -> int | None:
    """Nanoseconds since the epoch; None of a time without zone, which is no point in time."""
    if value.tzinfo is None:
        return None
    return ns_of_timedelta(value - _EPOCH)


def ns_of_timedelta(value: timedelta) -> int:
    """Nanoseconds of a span."""
    return ((value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds) * 1_000
