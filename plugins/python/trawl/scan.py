"""From a request to a plan and its token, and from a token to rows as JSON lines. Knows no remote API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Callable

from wit_world.imports import output, types

from .declare import Table
from .documents import parse_json, to_json
from .failure import Failure, quoted, text_of
from .filters import predicates, value_of
from .kinds import Child, Kind, tree_of
from .read import unexpected
from .values import select, writer

# Rows and characters after which a batch goes out: small enough for any instance, large enough that a push costs nothing.
BATCH_ROWS = 4_096
BATCH_CHARS = 1 << 20
# Columns whose misfits are told one by one.
MISFITS = 20
# What a token of another version of the SDK would be read as.
TOKEN = 1

_PUSHED = {"exact": types.Pushed.EXACT, "inexact": types.Pushed.INEXACT, None: types.Pushed.NOT_PUSHED}


def planned(table: Table, request: types.ScanRequest) -> types.ScanPlan:
    """Answers a request: which filters and which limit are the remote's, and one partition."""
    for column in request.projection:
        if column.name not in table.names:
            known = ", ".join(table.names)
            raise Failure("not-found", f"the table `{table.name}` has no column `{column.name}`; it has {known}")
    args = _arguments(table, request.arguments)
    ask: dict[str, Any] = {}
    filters = [_pushed(table, predicate, ask) for predicate in predicates(request)]
    exact = all(pushed == types.Pushed.EXACT for pushed in filters)
    first = not request.sort and request.aggregate is None and table.placement != "per-row"
    limited = request.limit is not None and exact and first
    token = to_json({
        "token": TOKEN,
        "table": table.path,
        "args": args,
        "ask": ask,
        "limit": request.limit if limited else None,
        "now": request.now_ns,
        "columns": [[column.name, [_step(step) for step in column.path], _packed(tree_of(column.output))]
                    for column in request.projection],
        "clusters": [[of.name, of.key] for of in request.clusters],
        "others": [[of.name, of.key] for of in request.others],
        "unplaced": request.unplaced,
    })
    return types.ScanPlan(
        schema=types.Schema([of for column in request.projection for of in column.output]),
        filters=filters,
        limit=types.Pushed.EXACT if limited else types.Pushed.NOT_PUSHED,
        sorted=False,
        aggregated=False,
        partitions=[token],
        estimated_rows=None,
        cost=None,
        explain=table.explain(ask) if table.explain else f"all rows of {table.name or 'the table'}",
    )


def _pushed(table: Table, predicate, ask: dict[str, Any]) -> types.Pushed:
    said = table.push(predicate, ask) if predicate is not None and table.push else None
    if said not in _PUSHED:
        raise Failure("internal", f"push of the table `{table.name}` gave {said!r}; expected 'exact', 'inexact' or None")
    return _PUSHED[said]


def _arguments(table: Table, given: list[types.Argument]) -> dict[str, Any]:
    escapes = {it.name: it.escape for it in table.arguments}
    args = {}
    for argument in given:
        if isinstance(argument.value, types.ArgumentValue_Scalar):
            args[argument.name] = value_of(argument.value.value)
            continue
        text = ""
        for part in argument.value.value:
            escape = escapes.get(argument.name)
            if isinstance(part, types.TextPart_Text):
                text += part.value
            elif escape is not None:
                text += escape(value_of(part.value))
            else:
                raise Failure("unsupported", f"the argument `{argument.name}` of `{table.name}` takes no values of the query (`@{{…}}`)",
                              hint="write the value into the text")
        args[argument.name] = text
    return args


def _step(step) -> Any:
    return ["*"] if isinstance(step, types.PathStep_Every) else step.value


def _packed(of: Child) -> list:
    """A field as JSON, without the words that a token need not carry: its size is limited."""
    data_type, value = of.kind.data_type, getattr(of.kind.data_type, "value", None)
    match value:
        case types.TimeUnit():
            value = value.name
        case types.TimestampType(unit, zone):
            value = [unit.name, zone]
        case types.DecimalType(precision, scale):
            value = [precision, scale]
    return [of.name, of.nullable, type(data_type).__name__, value, [_packed(child) for child in of.kind.children]]


def _unpacked(packed: list) -> Child:
    name, nullable, kind, value, children = packed
    if kind == "DataType_Timestamp":
        value = types.TimestampType(types.TimeUnit[value[0]], value[1])
    elif kind == "DataType_Decimal128":
        value = types.DecimalType(*value)
    elif value is not None:
        value = types.TimeUnit[value]
    data_type = getattr(types, kind)
    return Child(name, nullable, Kind(data_type() if value is None else data_type(value), [_unpacked(child) for child in children]))


@dataclass
class Cluster:
    """A cluster that the connection serves: its name, and what its entry gives for the plugin's `cluster_key`."""

    name: str
    key: str | None


@dataclass
class Scan:
    """What a scan is asked for."""

    # The connection's configuration.
    config: Any
    # The arguments that were given.
    args: dict[str, Any]
    # What `push` noted.
    ask: dict[str, Any]
    # Rows that are wanted, where the limit is this table's to keep; the SDK stops there by itself.
    limit: int | None
    # The query's now(): nanoseconds since the epoch.
    now: int
    # Whose rows are wanted, the other clusters that the connection serves, and whether rows of no cluster are wanted.
    clusters: list[Cluster]
    others: list[Cluster]
    unplaced: bool
    _wanted: set[str]
    _sink: output.Sink

    def wants(self, *names: str) -> bool:
        """Whether one of these columns goes out: the others need not be fetched."""
        return any(name in self._wanted for name in names)

    def report(self, kind: str, message: str, cluster: str | None = None) -> None:
        """Says what is missing (note, truncated, partial, inconsistent or absent); it turns up in the completeness of the answer."""
        self._sink.report(output.Gap[kind.upper()], cluster, text_of(message))


def scanned(find: Callable[[list[str]], Table], token: str, sink: output.Sink, config: Any) -> None:
    """Reads the partition of a token into the sink."""
    of = parse_json(token, "the partition token")
    if not isinstance(of, dict) or of.get("token") != TOKEN:
        raise Failure("internal", "expected a partition token of this plugin and version", hint="run the query again")
    table = find(of["table"])
    lines = _Lines(table, of["columns"], sink)
    clusters, others = ([Cluster(*it) for it in of[key]] for key in ("clusters", "others"))
    scan = Scan(config, of["args"], of["ask"], of["limit"], of["now"], clusters, others, of["unplaced"],
                {name for name, _, _ in of["columns"]}, sink)
    if scan.limit != 0:
        rows = iter(table.rows(scan))
        try:
            for row in rows:
                lines.add(row)
                if lines.stopped or lines.count == scan.limit:
                    break
        finally:
            # A generator's requests end with it, and rows that came before a failure are rows.
            getattr(rows, "close", lambda: None)()
            lines.flush()
            lines.tell()


@dataclass
class _Out:
    """A column that goes out."""

    name: str
    path: list
    key: str
    write: Callable[[Any], str | None]
    # Whether misfits are told: a part of a document that does not fit is null, since the query chose the type.
    tell: bool
    required: bool
    misfits: int = 0
    first: str = ""


class _Lines:
    """Rows as JSON lines, in batches of bounded size."""

    def __init__(self, table: Table, columns: list, sink: output.Sink):
        self.table = table
        self.sink = sink
        self.lines: list[str] = []
        self.chars = 0
        self.count = 0
        self.stopped = False
        self.columns = []
        for name, path, packed in columns:
            of = _unpacked(packed)
            own, column = not path, table.names[name]
            tell = own and not isinstance(column.kind.data_type, types.DataType_Json)
            self.columns.append(_Out(name, path, json.dumps(of.name), writer(of.kind, own), tell, own and column.required))

    def add(self, row: dict[str, Any]) -> None:
        """Adds a row."""
        if not isinstance(row, dict):
            raise Failure("internal", f"the table `{self.table.name}` gave {quoted(repr(row))} as a row; expected its columns by name")
        # A misspelt column would be null for ever.
        if self.count == 0 and not row.keys() <= self.table.names.keys():
            odd = sorted(row.keys() - self.table.names.keys())[0]
            raise Failure("internal", f"a row of the table `{self.table.name}` has the member `{odd}`, which is none of its columns")
        members = []
        for column in self.columns:
            value = row.get(column.name)
            text = column.write(select(value, column.path) if column.path else value)
            if column.required and (text is None or text == "null"):
                raise self._misfit(column.name, value)
            if text is None:
                text = "null"
                if column.tell:
                    column.misfits += 1
                    column.first = column.first or quoted(to_json(value))
            members.append(f"{column.key}:{text}")
        line = "{" + ",".join(members) + "}"
        self.lines.append(line)
        self.chars += len(line)
        self.count += 1
        if len(self.lines) >= BATCH_ROWS or self.chars >= BATCH_CHARS:
            self.flush()

    def _misfit(self, name: str, value: Any) -> Failure:
        """Values come from answers: what a required column cannot take is the remote's."""
        place = f"the required column `{name}` of the table `{self.table.name}`"
        return unexpected(place, f"of type {self.table.names[name].type}", ... if value is None else value)

    def flush(self) -> None:
        """Pushes what there is."""
        if not self.lines:
            return
        text = "\n".join(self.lines) + "\n"
        self.lines, self.chars = [], 0
        if self.sink.push(types.Payload_JsonText(text)) == output.Flow.STOP:
            self.stopped = True

    def tell(self) -> None:
        """Says which values became null because they do not fit."""
        for column in [column for column in self.columns if column.misfits][:MISFITS]:
            message = (f"values that do not fit the type of the column `{column.name}` are null: {column.misfits}, "
                       f"the first of them {column.first}")
            self.sink.report(output.Gap.PARTIAL, None, message)
