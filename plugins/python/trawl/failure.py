"""The contract's error, and what an HTTP status means. Knows no requests."""

from __future__ import annotations

import json
import re

from componentize_py_types import Err
from wit_world.imports import types

# Characters of a remote's words that a message quotes: an HTML page of an error helps nobody.
QUOTED = 300

CODES = {code.name.lower().replace("_", "-"): code for code in types.ErrorCode}


class Failure(Exception):
    """A failure, as the user will read it.

    `code` is one of invalid-config, unauthenticated, permission-denied, not-found, invalid-query, unsupported, rate-limited,
    unavailable, timeout, cancelled, protocol, expired and internal; the message says what was expected and what came, in one
    sentence, without credentials; the hint what the user can do about it.
    """

    def __init__(self, code: str, message: str, *, hint: str | None = None, http_status: int | None = None,
                 retry_after_ms: int | None = None):
        super().__init__(message)
        self.code = code if code in CODES else "internal"
        self.message = message
        self.hint = hint
        self.http_status = http_status
        self.retry_after_ms = retry_after_ms


def code_of_status(status: int) -> str:
    """The kind of failure that an HTTP status means when the API says nothing closer."""
    known = {400: "invalid-query", 422: "invalid-query", 401: "unauthenticated", 403: "permission-denied", 404: "not-found",
             408: "timeout", 504: "timeout", 410: "expired", 429: "rate-limited"}
    return known.get(status) or ("unavailable" if 500 <= status < 600 else "protocol")


def text_of(text: str) -> str:
    """A text that is UTF-8: half a surrogate pair, which JSON can hold, becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")


def quoted(text: str) -> str:
    """What a remote said, in a length that a message can carry and without control characters."""
    line = text_of(re.sub(r"[\x00-\x20\x7f\s]+", " ", text)).strip()
    return line if len(line) <= QUOTED else line[:QUOTED] + "…"


def words_of(body: str) -> str:
    """The words for people in an answer that reports an error: the usual members of a JSON body, else the body itself."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return quoted(body)
    if isinstance(found, dict):
        for name in ("message", "error", "detail", "errors"):
            words = found.get(name)
            if isinstance(words, list) and words:
                words = words[0]
            if isinstance(words, dict):
                words = words.get("message")
            if isinstance(words, str):
                return quoted(words)
    return quoted(found if isinstance(found, str) else body)


def record_of(thrown: BaseException) -> types.Error:
    """The record of the contract for whatever was raised; an exception that reached the host would trap and lose its text."""
    if isinstance(thrown, Failure):
        hint = None if thrown.hint is None else text_of(thrown.hint)
        return types.Error(CODES[thrown.code], text_of(thrown.message), hint, thrown.http_status, thrown.retry_after_ms)
    # What an import of the contract raised: the host's own error.
    if isinstance(thrown, Err) and isinstance(thrown.value, types.Error):
        return thrown.value
    # By hand: the module traceback would look for the source's file, and there are no files.
    at = thrown.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    place = "" if at is None else f" ({at.tb_frame.f_code.co_filename}:{at.tb_lineno})"
    message = f"the plugin failed: {type(thrown).__name__}: {quoted(str(thrown))}{place}"
    return types.Error(types.ErrorCode.INTERNAL, message, None, None, None)
