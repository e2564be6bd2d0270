"""Requests to the plugin's endpoints, JSON answers and pages. Knows no tables.

A path is a text such as `/api/v2/alerts`, or a list of segments when a value stands in it; the host encodes them. `query` holds the
parameters: None is left out, a list gives one for each of its items.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Iterator

from wit_world.imports import http as host
from wit_world.imports import types

from .documents import parse_json, to_json
from .failure import Failure, code_of_status, quoted, words_of
from .read import placed, unexpected

# The largest answer that is read, unless `max_bytes` says otherwise: a page of a paged API is far smaller.
ANSWER_BYTES = 16 << 20
# Of an answer that reports an error, no more is read.
ERROR_BYTES = 64 << 10
# Pages of one listing; a remote that never ends its pages is stopped here.
PAGES = 10_000

Query = "dict[str, Any] | list[tuple[str, Any]] | None"


class Answer:
    """An answer, its body read."""

    def __init__(self, what: str, head: host.ResponseHead, text: str):
        self.what = what
        # The status.
        self.status = head.status
        # Headers that the endpoint declares to be readable, and content-type and retry-after; names in lower case.
        self.headers = dict(head.headers)
        # The body.
        self.text = text

    def json(self) -> Any:
        """The body as JSON, whatever it is."""
        place = f"the answer to {self.what}"
        return placed(parse_json(self.text, place), place)

    def document(self) -> Any:
        """The body as JSON: an object or a list."""
        document = self.json()
        if isinstance(document, (dict, list)):
            return document
        raise unexpected(f"the answer to {self.what}", "an object or a list", document)


class Pending:
    """A request that runs while the plugin goes on."""

    def __init__(self, what: str, exchange: host.Exchange, max_bytes: int, accept: tuple[int, ...]):
        self.what = what
        self._exchange: host.Exchange | None = exchange
        self._max_bytes = max_bytes
        self._accept = accept

    def answer(self) -> Answer:
        """Waits for the answer."""
        exchange = self._exchange
        if exchange is None:
            raise Failure("internal", f"the answer to {self.what} was read before")
        try:
            head = exchange.head()
            if head.status >= 400 and head.status not in self._accept:
                raise self._refusal(exchange, head)
            if not (200 <= head.status < 300 or head.status >= 400):
                raise Failure("protocol", f"{self.what} answered with the status {head.status}; expected an answer",
                              http_status=head.status)
            return Answer(self.what, head, exchange.read_text(self._max_bytes))
        finally:
            self.cancel()

    def _refusal(self, exchange: host.Exchange, head: host.ResponseHead) -> Failure:
        try:
            words = words_of((exchange.read(ERROR_BYTES) or b"").decode("utf-8", "replace"))
        except Exception:  # The status says enough.
            words = ""
        after = dict(head.headers).get("retry-after", "")
        return Failure(
            code_of_status(head.status),
            f"{self.what} answered with the status {head.status}" + (f": {words}" if words else ""),
            http_status=head.status,
            retry_after_ms=int(after) * 1000 if re.fullmatch(r"[0-9]{1,9}", after) else None,
        )

    def cancel(self) -> None:
        """Ends the request if it still runs."""
        if self._exchange is not None:
            self._exchange.__exit__(None, None, None)
            self._exchange = None


def start(endpoint: str, path: str | list[str], *, query: Query = None, headers: dict[str, str] | None = None, json: Any = None,
          method: str = "GET", max_bytes: int = ANSWER_BYTES, timeout_ms: int | None = None, accept: tuple[int, ...] = ()) -> Pending:
    """Starts a request and returns at once. `accept` lists statuses of errors that are answers here, such as 404."""
    segments = [str(part) for part in path] if isinstance(path, list) else path.removeprefix("/").split("/")
    body = None if json is None else to_json(json).encode("utf-8")
    sent = [(name.lower(), str(value)) for name, value in (headers or {}).items()]
    if body is not None:
        sent.append(("content-type", "application/json"))
    request = host.Request(types.Method[method], segments, _parameters(query), sent, body, timeout_ms)
    return Pending(f"{method} /{'/'.join(segments)}", host.start(endpoint, request), max_bytes, accept)


def _parameters(query: Query) -> list[tuple[str, str]]:
    pairs = query.items() if isinstance(query, dict) else query or []
    listed = ((key, value if isinstance(value, (list, tuple)) else [value]) for key, value in pairs)
    return [(str(key), _text(value)) for key, values in listed for value in values if value is not None]


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def get(endpoint: str, path: str | list[str], **options) -> Answer:
    """GET and its answer; options as of `start`."""
    return start(endpoint, path, **options).answer()


def get_json(endpoint: str, path: str | list[str], **options) -> Any:
    """GET and the JSON of its answer, an object or a list; `get(…).json()` takes anything. Options as of `start`."""
    return get(endpoint, path, **options).document()


def post(endpoint: str, path: str | list[str], **options) -> Answer:
    """POST, for APIs that read by it; options as of `start`."""
    return start(endpoint, path, method="POST", **options).answer()


def pages(endpoint: str, path: str | list[str], *, following: Callable[[Any, Answer], dict[str, Any] | None],
          query: Query = None, ahead: bool = True, **options) -> Iterator[Any]:
    """The JSON of each page. `following` gives the parameters that differ for the next one
    (`{"cursor": read.text(page, "next", optional=True)}`); where none of them has a value, this page is the last. A page is an object
    or a list before `following` sees it. The next page is on its way while this one's rows are read, unless `ahead` is False: where
    the rows of a limit may all be on this one."""
    seen: set[str] = set()
    pending = start(endpoint, path, query=query, **options)
    try:
        while True:
            answer = pending.answer()
            page = answer.document()
            more = following(page, answer) or {}
            if _is_last(more, pending.what):
                yield page
                return
            key = to_json(more)
            if key in seen:
                raise Failure("protocol", f"{pending.what} gave the same next page twice ({quoted(key)}): its pages never end")
            if len(seen) >= PAGES:
                raise Failure("protocol", f"{pending.what} has more than {PAGES} pages")
            seen.add(key)
            pairs = query.items() if isinstance(query, dict) else query or []
            kept = [(name, value) for name, value in pairs if name not in more]
            if not ahead:
                yield page
            pending = start(endpoint, path, query=kept + list(more.items()), **options)
            if ahead:
                yield page
    finally:
        pending.cancel()


def _is_last(more: dict[str, Any], what: str) -> bool:
    """Whether the parameters of the next page have no value. A remote's object in the place of one is no parameter."""
    listed = (value if isinstance(value, (list, tuple)) else [value] for value in more.values())
    values = [value for values in listed for value in values if value is not None and value != ""]
    if any(isinstance(value, (dict, list)) for value in values):
        raise Failure("protocol", f"expected the next page of {what} to be told by texts or numbers, got {quoted(to_json(more))}")
    return not values
