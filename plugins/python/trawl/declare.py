"""What an author declares, checked when the plugin is built: names, types, operations. Knows no requests."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable

from wit_world.imports import types

from .filters import Predicate
from .kinds import Kind, fields_of, parse_kind

_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")
_COLUMN = re.compile(r"[^\x00-\x1f\x7f`]{1,128}")
_OPERATION = re.compile(r"(GET|HEAD|POST) (/\S*)(?: (\S+))?")
_PLACEMENTS = {"cluster": types.Placement.CLUSTER, "per-row": types.Placement.PER_ROW, "connection": types.Placement.CONNECTION}


def mistake(where: str, expected: str, found: Any) -> TypeError:
    """A mistake in a declaration: it ends the build."""
    return TypeError(f"{where}: expected {expected}, got {found!r}")


def _kind(where: str, text: str) -> Kind:
    try:
        return parse_kind(text)
    except TypeError as error:
        raise TypeError(f"{where}: {error}") from None


@dataclass
class Column:
    """A column of a table."""

    name: str
    # As the query language writes it: bool, long, real, string, datetime, timespan, quantity, dynamic, list<T>, map<string, T>,
    # struct<name: T, …>.
    type: str
    # One sentence for the user.
    description: str | None = None
    # Promises that every row has a value: one that has none, or none that fits, is the error `protocol`.
    required: bool = False
    # What is known of a dynamic column's documents: `struct<phase: string>`. A struct lists every field.
    shape: str | None = None

    def __post_init__(self) -> None:
        where = f"column {self.name!r}"
        if not _COLUMN.fullmatch(self.name):
            raise mistake("a column", "a name", self.name)
        self.kind = _kind(where, self.type)
        if self.shape is not None:
            if self.type != "dynamic":
                raise mistake(where, "a shape on columns of type dynamic only", self.type)
            _kind(where, self.shape)

    def fields(self) -> list[types.Field]:
        """The contract's fields."""
        metadata = [] if self.shape is None else [("shape", self.shape)]
        return fields_of(self.name, self.kind, not self.required, self.description, metadata)


@dataclass
class Argument:
    """An argument of a table: `alerts(receiver = "team-a")`."""

    name: str
    # As of a column, without parts.
    type: str
    description: str | None = None
    required: bool = False
    # Whether it may be given without its name.
    positional: bool = False
    # Writes a value that the query binds into embedded text (`@{x}`) in the remote's language; without it such texts are refused.
    escape: Callable[[Any], str] | None = None

    def param(self) -> types.Param:
        """The contract's parameter."""
        kind = _kind(f"argument {self.name!r}", self.type)
        if kind.children:
            raise mistake(f"argument {self.name!r}", "a type without parts", self.type)
        return types.Param(self.name, kind.data_type, self.required, self.positional, self.description)


@dataclass
class Endpoint:
    """What the plugin calls, for the operator to approve."""

    name: str
    # `GET /api/v1/things/{id}`: `{x}` matches one segment, `{x...}` the rest.
    operations: list[str]
    kind: str = "http"
    description: str | None = None
    # Headers that may be sent, and headers that may be read.
    request_headers: list[str] = field(default_factory=list)
    response_headers: list[str] = field(default_factory=list)

    def declaration(self) -> types.EndpointDeclaration:
        """The contract's declaration."""
        if not _NAME.fullmatch(self.name):
            raise mistake("the name of an endpoint", "lower-case letters, digits and hyphens", self.name)
        return types.EndpointDeclaration(
            self.name, self.kind, self.description, [self._operation(text) for text in self.operations],
            [name.lower() for name in self.request_headers], [name.lower() for name in self.response_headers])

    def _operation(self, text: str) -> types.Operation:
        found = _OPERATION.fullmatch(text)
        if found is None:
            raise mistake(f"endpoint {self.name}", "operations like 'GET /api/v1/things/{id}'", text)
        return types.Operation(types.Method[found.group(1)], found.group(2), found.group(3))


@dataclass
class Table:
    """A table."""

    # Behind the plugin's name: `alerts`, `logs.stream`; "" is the plugin's default table.
    name: str
    columns: list[Column]
    # Gives the rows, one after the other, each a dict by columns.
    rows: Callable[[Any], Iterable[dict[str, Any]]]
    description: str | None = None
    aliases: list[str] = field(default_factory=list)
    arguments: list[Argument] = field(default_factory=list)
    # Whose rows they are: the one cluster's, the one in the column `cluster` ("per-row"), or nobody's ("connection").
    placement: str = "cluster"
    primary_key: list[str] = field(default_factory=list)
    # A query must filter on one column of each inner list.
    required_filters: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    # Takes one filter of the query over to the remote by noting it in `ask` (plain JSON). "exact": the rows are those and no
    # others, also for null. "inexact": more may come, never fewer. None: not at all.
    push: Callable[[Predicate, dict[str, Any]], str | None] | None = None
    # One line: what is asked of the remote.
    explain: Callable[[dict[str, Any]], str] | None = None

    def __post_init__(self) -> None:
        where = f"table {self.name!r}"
        self.path = self.name.split(".") if self.name else []
        self.names = {column.name: column for column in self.columns}
        if len(self.names) != len(self.columns):
            raise mistake(where, "columns with names of their own", [column.name for column in self.columns])
        if self.placement not in _PLACEMENTS:
            raise mistake(f"{where}: placement", ", ".join(_PLACEMENTS), self.placement)
        if self.placement == "per-row" and "cluster" not in self.names:
            raise mistake(where, "a column 'cluster' where rows name theirs", list(self.names))
        for name in self.primary_key + [name for names in self.required_filters for name in names]:
            if name not in self.names:
                raise mistake(where, "names of its columns in primary_key and required_filters", name)
        self.info = types.TableInfo(self.path, self.aliases, [it.param() for it in self.arguments], self.description)
        schema = types.Schema([of for column in self.columns for of in column.fields()])
        self.detail = types.TableDetail(schema, _PLACEMENTS[self.placement], self.primary_key, self.required_filters, None,
                                        self.notes, self.description, [])
