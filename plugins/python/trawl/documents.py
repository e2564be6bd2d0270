"""JSON as the contract has it: no NaN, no infinities, whole numbers with all their digits. Knows no columns."""

from __future__ import annotations

import json
import re
from datetime import datetime
from itertools import accumulate

from .failure import Failure

# Levels that a document may be nested, as the host's own reader has it: deeper ones would use up the stack.
LEVELS = 128
# Strings, and what is between them and brackets.
_NO_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[^][{}"]+', re.DOTALL)
_STEPS = {ord("["): 1, ord("{"): 1}


def _levels(text: str) -> int:
    """How deep a text's brackets are nested."""
    if text.count("[") + text.count("{") <= LEVELS:
        return 0
    brackets = _NO_BRACKETS.sub("", text)
    return max(accumulate(_STEPS.get(ord(bracket), -1) for bracket in brackets), default=0)


def parse_json(text: str, what: str = "the text"):
    """Reads a JSON text; `what` names it in the message when it is none."""
    if _levels(text) > LEVELS:
        raise Failure("protocol", f"expected {what} to be JSON of at most {LEVELS} levels, got more")
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Failure("protocol", f"expected {what} to be JSON, got something else: {error}") from error


def _no_constant(name: str):
    raise ValueError(f"JSON has no {name}")


def to_json(value) -> str:
    """Writes a value as JSON; what JSON cannot say (NaN, infinities) is null."""
    try:
        return _written(value)
    except ValueError:
        return _written(_finite(value))


def _written(value) -> str:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain)
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            # Half a surrogate pair has no UTF-8: it is escaped, as it came.
            return json.dumps(value, separators=(",", ":"), allow_nan=False, default=_plain)
    return text


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
