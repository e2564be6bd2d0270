"""The SDK of trawl's plugins in Python: tables are declared, rows are yielded, and everything else of the contract is done here.
Knows no remote API.

    from trawl import Column, Endpoint, Table, http, plugin

    Source, Session = plugin(name=…, version=…, endpoints=[Endpoint(…)], tables=[Table(…, columns=[Column(…)], rows=function)])
"""

from __future__ import annotations

import json
from typing import Any, Callable

from componentize_py_types import Err
from wit_world.imports import clock, state, types
from wit_world.imports import logging as host_logging

from . import http, read
from .declare import Argument, Column, Endpoint, Table, mistake, _NAME
from .documents import parse_json, to_json
from .failure import Failure, record_of, text_of
from .filters import Predicate
from .scan import Scan, planned, scanned
from .temporal import format_time, milliseconds, parse_span, parse_time, seconds

__all__ = ["Argument", "Column", "Endpoint", "Failure", "Predicate", "Scan", "Table", "cached", "format_time", "http", "log",
           "milliseconds", "now", "parse_json", "parse_span", "parse_time", "plugin", "read", "seconds", "to_json"]


def plugin(*, name: str, version: str, tables: list[Table], endpoints: list[Endpoint], description: str | None = None,
           config: dict[str, Any] | None = None, cluster_key: str | None = None, metadata: dict[str, str] | None = None,
           configure: Callable[[Any], Any] | None = None):
    """A plugin: its classes `Source` and `Session`, under which names the module must have them.

    `config` is the JSON Schema of the connection's configuration (`{"properties": {…}, "required": […]}`), `cluster_key` the key of
    it that only tells the clusters of one connection apart; `configure` checks a configuration and gives what `scan.config` shall
    be.
    """
    if not _NAME.fullmatch(name):
        raise mistake("name", "lower-case letters, digits and hyphens", name)
    schema = {"type": "object", "additionalProperties": False, **(config or {})}
    described = types.Description(name, version, description, json.dumps(schema), cluster_key,
                                  [endpoint.declaration() for endpoint in endpoints], list((metadata or {}).items()))

    def find(path: list[str]) -> Table:
        for table in tables:
            if table.path == path:
                return table
        known = ", ".join(table.name or "(the default table)" for table in tables)
        raise Failure("not-found", f"{name} has no table `{'.'.join(path)}`; it has {known}")

    class Session:
        """One connection's view."""

        def __init__(self, config: Any):
            self._config = config

        def tables(self, cursor: str | None, prefix: str | None) -> types.TablePage:
            wanted = [table.info for table in tables if prefix is None or "".join(table.path[:1]).startswith(prefix)]
            return types.TablePage(wanted, None)

        def table_schema(self, path: list[str], arguments: list[types.Argument]) -> types.TableDetail:
            return _guarded(lambda: find(path).detail)

        def plan(self, req: types.ScanRequest) -> types.ScanPlan:
            return _guarded(lambda: planned(find(req.table), req))

        def scan(self, token: str, into) -> None:
            with into:
                _guarded(lambda: scanned(find, token, into, self._config))

    class Source:
        """What the plugin is."""

        def describe(self) -> types.Description:
            return described

        def open(self, config: str) -> Session:
            return _guarded(lambda: Session(configured(config)))

    def configured(text: str) -> Any:
        found = parse_json(text, "the configuration") if text.strip() else {}
        return found if configure is None else configure(found)

    return Source, Session


def _guarded(run: Callable[[], Any]) -> Any:
    """Turns whatever is raised into the contract's error, since an exception would trap and lose its text."""
    try:
        return run()
    except BaseException as error:  # noqa: B036: an exit, too, would be a trap.
        record = record_of(error)
    raise Err(record)


def log(message: str, level: str = "info") -> None:
    """Writes a line for the operator's log (trace, debug, info, warn, error); what the user should know is `scan.report`."""
    host_logging.log(host_logging.Level[level.upper()], text_of(message))


def now() -> int:
    """The time: nanoseconds since the epoch. What a query calls now() is `scan.now`."""
    return clock.now_us() * 1000


def cached(key: str, ttl_ms: int, make: Callable[[], Any]) -> Any:
    """A small JSON value of the connection's cache, made and kept when it is not there."""
    found = state.get(key)
    if found is not None:
        return json.loads(found)
    value = make()
    state.put(key, to_json(value).encode("utf-8"), ttl_ms)
    return value
