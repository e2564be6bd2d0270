"""JSON as the contract has it: no NaN, no infinities, whole numbers with all their digits. Knows no columns."""

from __future__ import annotations

import json
from datetime import datetime

from .failure import Failure


def parse_json(text: str, what: str = "the text"):
    """Reads a JSON text; `what` names it in the message when it is none."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Failure("protocol", f"expected {what} to be JSON, got something else: {error}") from error


def _no_constant(name: str):
    raise ValueError(f"JSON has no {name}")


def to_json(value) -> str:
    """Writes a value as JSON; what JSON cannot say (NaN, infinities) is null."""
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False, default=_plain)
    except ValueError:
        return json.dumps(_finite(value), separators=(",", ":"), default=_plain)


def _plain(value):
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)


def _finite(value):
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {key: _finite(it) for key, it in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(it) for it in value]
    return value
