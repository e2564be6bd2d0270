"""How a value becomes the JSON of a column's type: the cast table. Knows no tables and no requests.

| from \\ to | bool | integer | real | string, dynamic | datetime | timespan | quantity |
|---|---|---|---|---|---|---|---|
| bool | itself | – | – | `true`, `false` | – | – | – |
| number | – | when integral and in range | itself | its digits | – | – | itself |
| str | `true`, `false` | digits | digits | itself; quoted in dynamic | RFC 3339 | `1h30m` | `1.5`, `500m`, `1Gi` |

– is null. A plugin's own value can also be an `int` of nanoseconds, a `datetime` with a zone or a `timedelta`; a number in a
document is no time, as for every other source.
"""

from __future__ import annotations

import base64
import json
import math
import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Callable

from wit_world.imports import types

from .documents import to_json
from .kinds import Kind
from .temporal import LEAST, GREATEST, ns_of_datetime, ns_of_timedelta, parse_span, parse_time

# Gives None for what does not fit.
Writer = Callable[[Any], "str | None"]

_TICKS = {types.TimeUnit.SECOND: 1_000_000_000, types.TimeUnit.MILLISECOND: 1_000_000, types.TimeUnit.MICROSECOND: 1_000,
          types.TimeUnit.NANOSECOND: 1}
_DAY = 86_400 * 1_000_000_000
_INTEGER = re.compile(r"[+-]?\d{1,40}", re.ASCII)
_REAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,5})?", re.ASCII)
_REALS = {"nan": '"NaN"', "inf": '"inf"', "+inf": '"inf"', "infinity": '"inf"', "-inf": '"-inf"', "-infinity": '"-inf"'}
_QUANTITY = re.compile(r"([+-]?)(\d*)\.?(\d*)(?:([KMGTPE]i|[numkMGTPE])|[eE]([+-]?\d{1,9}))?", re.ASCII)
_TIME = re.compile(r"\d\d:\d\d:\d\d(\.\d{1,9})?", re.ASCII)
_POWERS = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_INTEGERS = {types.DataType_Int8: (True, 8), types.DataType_Int16: (True, 16), types.DataType_Int32: (True, 32),
             types.DataType_Int64: (True, 64), types.DataType_Uint8: (False, 8), types.DataType_Uint16: (False, 16),
             types.DataType_Uint32: (False, 32), types.DataType_Uint64: (False, 64)}


def writer(kind: Kind, own: bool) -> Writer:
    """A writer of one field's values as JSON; `own` says that they are the plugin's, and not parts of a document."""
    write = _of_kind(kind, own)
    return lambda value: "null" if value is None else write(value)


def _of_kind(kind: Kind, own: bool) -> Writer:
    of, children = kind.data_type, kind.children
    if type(of) in _INTEGERS:
        return _integer(*_INTEGERS[type(of)])
    match of:
        case types.DataType_Null():
            return lambda value: None
        case types.DataType_Boolean():
            return _boolean
        case types.DataType_Float32() | types.DataType_Float64():
            return _real
        case types.DataType_Utf8():
            return _string
        case types.DataType_Binary():
            return _binary
        case types.DataType_Json():
            return to_json
        case types.DataType_Date32():
            return lambda value: _ticks(_time(value, own), _DAY)
        case types.DataType_Timestamp(timestamp):
            return lambda value: _ticks(_time(value, own), _TICKS[timestamp.unit])
        case types.DataType_Duration(unit):
            return lambda value: _ticks(_span(value, own), _TICKS[unit])
        case types.DataType_Time64():
            return lambda value: json.dumps(value) if isinstance(value, str) and _TIME.fullmatch(value) else None
        case types.DataType_Decimal128(decimal):
            return lambda value: _decimal(value, decimal.precision, decimal.scale)
        case types.DataType_Array():
            return _list(writer(children[0].kind, own))
        case types.DataType_Dictionary():
            return _dictionary(writer(children[1].kind, own))
        case types.DataType_Object():
            return _object([(child.name, writer(child.kind, own)) for child in children])
    raise TypeError(f"this SDK knows no type {of!r}")


def _boolean(value) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value in ("true", "false") else None


def _integer(signed: bool, bits: int) -> Writer:
    least, greatest = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)

    def write(value) -> str | None:
        if isinstance(value, bool):
            return None
        if isinstance(value, float):
            # Beyond 2^53 a float is no longer one integer; its digits would lie.
            value = int(value) if value.is_integer() and abs(value) <= 1 << 53 else None
        elif isinstance(value, str):
            value = int(value) if _INTEGER.fullmatch(value) else None
        return str(value) if isinstance(value, int) and least <= value <= greatest else None

    return write


def _real(value) -> str | None:
    if isinstance(value, str):
        special = _REALS.get(value.lower())
        return special or (_real(float(value)) if _REAL.fullmatch(value) else None)
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    if isinstance(value, int):
        return str(value) if abs(value) < 10**300 else None
    # JSON has no NaN and no infinities; the host reads them as strings.
    if math.isfinite(value):
        return repr(float(value))
    return '"NaN"' if math.isnan(value) else '"inf"' if value > 0 else '"-inf"'


def _string(value) -> str | None:
    if isinstance(value, str):
        # Half a surrogate pair is no text.
        return json.dumps(value) if value.isascii() or _is_text(value) else None
    if isinstance(value, bool):
        return '"true"' if value else '"false"'
    if isinstance(value, (int, Decimal)):
        return f'"{value}"'
    if isinstance(value, float):
        return json.dumps(repr(value).replace("e+", "e"))
    if isinstance(value, (datetime, bytes)):
        return to_json(value) if isinstance(value, datetime) else None
    return json.dumps(to_json(value)) if isinstance(value, (dict, list, tuple)) else None


def _is_text(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _binary(value) -> str | None:
    if isinstance(value, str) and _is_text(value):
        value = value.encode("utf-8")
    return f'"{base64.b64encode(value).decode("ascii")}"' if isinstance(value, (bytes, bytearray)) else None


def _time(value, own: bool) -> int | None:
    """Nanoseconds since the epoch."""
    if isinstance(value, str):
        return parse_time(f"{value}T00:00:00Z" if len(value) == 10 else value)
    if isinstance(value, datetime):
        return ns_of_datetime(value)
    return value if own and isinstance(value, int) and not isinstance(value, bool) else None


def _span(value, own: bool) -> int | None:
    if isinstance(value, str):
        return parse_span(value)
    if isinstance(value, timedelta):
        return ns_of_timedelta(value)
    return value if own and isinstance(value, int) and not isinstance(value, bool) else None


def _ticks(ns: int | None, tick: int) -> str | None:
    return str(ns // tick) if ns is not None and LEAST <= ns <= GREATEST else None


def _decimal(value, precision: int, scale: int) -> str | None:
    """A number or a Kubernetes quantity with `scale` digits behind the point, rounded half away from zero."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    text = repr(value) if isinstance(value, float) else str(value)
    found = _QUANTITY.fullmatch(text) if len(text) <= 64 else None
    if found is None or not found.group(2) + found.group(3):
        return None
    sign, whole, fraction, suffix, exponent = found.groups()
    digits = int(whole + fraction) << _BINARY.get(suffix, 0)
    shift = 0 if digits == 0 else scale - len(fraction) + _POWERS.get(suffix, int(exponent or 0))
    # Nothing beyond this many digits can be within the precision.
    if shift > 80:
        return None
    if shift < 0:
        divisor = 10 ** min(-shift, 200)
        unscaled = digits // divisor + (1 if 2 * (digits % divisor) >= divisor else 0)
    else:
        unscaled = digits * 10**shift
    if unscaled >= 10**precision:
        return None
    padded = str(unscaled).rjust(scale + 1, "0")
    minus = "-" if sign == "-" else ""
    return f'"{minus}{padded[:-scale]}.{padded[-scale:]}"' if scale > 0 else f'"{minus}{padded}{"0" * -scale}"'


def _part(write: Writer, value) -> str:
    """A part that does not fit is null, as the whole would be."""
    text = write(value)
    return "null" if text is None else text


def _list(item: Writer) -> Writer:
    return lambda value: "[" + ",".join(_part(item, it) for it in value) + "]" if isinstance(value, (list, tuple)) else None


def _dictionary(member: Writer) -> Writer:
    def write(value) -> str | None:
        if not isinstance(value, dict):
            return None
        named = ((key if isinstance(key, str) else str(key), it) for key, it in value.items())
        return "{" + ",".join(f"{json.dumps(key)}:{_part(member, it)}" for key, it in named if _is_text(key)) + "}"

    return write


def _object(members: list[tuple[str, Writer]]) -> Writer:
    def write(value) -> str | None:
        if not isinstance(value, dict):
            return None
        return "{" + ",".join(f"{json.dumps(name)}:{_part(member, value.get(name))}" for name, member in members) + "}"

    return write


def select(value, path: list, at: int = 0):
    """What a path selects in a value: keys, indices and "*" for every item; None where there is nothing."""
    for index, step in enumerate(path[at:], at):
        if step == ["*"]:
            return [select(it, path, index + 1) for it in value] if isinstance(value, (list, tuple)) else None
        if isinstance(step, int):
            value = value[step] if isinstance(value, (list, tuple)) and step < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
        if value is None:
            return None
    return value
