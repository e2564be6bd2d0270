"""A request's filters as simple predicates: one column against constants. Decides nothing; a table's `push` does."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from wit_world.imports import types

# How deep `not` and `or` are followed; deeper expressions are left to the host.
DEPTH = 16

_FLIPPED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}
_OPPOSITE = {"eq": "ne", "ne": "eq", "in": "not-in", "not-in": "in", "is-null": "is-not-null", "is-not-null": "is-null"}
_TEXT = {"has", "contains", "prefix", "suffix", "regex"}


@dataclass
class Predicate:
    """One column against constants. Every test is two-valued: null is never equal, and always unequal."""

    # The column.
    column: str
    # The path below it: keys and indices, "*" for every item; empty for the column itself.
    path: list[str | int]
    # eq, ne, lt, le, gt, ge, in, not-in, is-null, is-not-null, has, contains, prefix, suffix or regex.
    op: str
    # The constant; of `in` and `not-in` a list of them; None of the null tests. Datetimes and timespans are nanoseconds.
    value: Any = None
    # Of a text test: whether letters match regardless of case.
    ignore_case: bool = False
    # Of a text test: the opposite.
    negated: bool = False
    _ref: Any = field(default=None, repr=False)

    @property
    def one_of(self) -> list | None:
        """For `eq` and `in`: the values of which the column has one."""
        return [self.value] if self.op == "eq" else self.value if self.op == "in" else None

    @property
    def none_of(self) -> list | None:
        """For `ne` and `not-in`: the values of which it has none (null passes)."""
        return [self.value] if self.op == "ne" else self.value if self.op == "not-in" else None


def value_of(literal) -> Any:
    """A literal of the contract as a value of Python."""
    return getattr(literal, "value", None)


def predicates(request: types.ScanRequest) -> list[Predicate | None]:
    """One entry for each filter of the request: the predicate, or None when it has no simple form."""
    reader = _Reader(request.filters.nodes, request.refs)
    return [reader.predicate(root, DEPTH) for root in request.filters.roots]


def _step(step) -> str | int:
    return "*" if isinstance(step, types.PathStep_Every) else step.value


class _Reader:
    def __init__(self, nodes: list, refs: list[types.Column]):
        self.nodes = nodes
        self.refs = refs

    def column(self, index: int) -> types.Column | None:
        node = self.nodes[index]
        return self.refs[node.value] if isinstance(node, types.Expr_ColumnRef) else None

    def made(self, column: types.Column | None, op: str, value: Any = None, **more) -> Predicate | None:
        if column is None:
            return None
        return Predicate(column.name, [_step(step) for step in column.path], op, value, _ref=column, **more)

    def predicate(self, index: int, depth: int) -> Predicate | None:
        if depth == 0:
            return None
        match self.nodes[index]:
            case types.Expr_Compare(of):
                return self.compare(of)
            case types.Expr_InSet(of):
                return self.made(self.column(of.value), "not-in" if of.negated else "in", [value_of(item) for item in of.items])
            case types.Expr_TextMatch(of):
                return self.made(self.column(of.value), of.op.name.lower(), of.pattern, ignore_case=of.ignore_case, negated=of.negated)
            case types.Expr_IsNull(of):
                return self.made(self.column(of), "is-null")
            case types.Expr_IsNotNull(of):
                return self.made(self.column(of), "is-not-null")
            case types.Expr_Negate(of):
                return _opposite(self.predicate(of, depth - 1))
            case types.Expr_AllOf([only]):
                return self.predicate(only, depth - 1)
            case types.Expr_AnyOf(parts):
                return self.any_of(parts, depth - 1)
            # A boolean column by itself.
            case types.Expr_ColumnRef(_):
                return self.made(self.column(index), "eq", True)
        return None

    def compare(self, of: types.CompareExpr) -> Predicate | None:
        straight = self.column(of.left) is not None
        column = self.column(of.left if straight else of.right)
        constant = self.nodes[of.right if straight else of.left]
        if column is None or not isinstance(constant, types.Expr_Value):
            return None
        op = of.op.name.lower()
        if not straight:
            op = _FLIPPED.get(op, op)
        if not isinstance(constant.value, types.Literal_Null):
            return self.made(column, op, value_of(constant.value))
        return self.made(column, {"eq": "is-null", "ne": "is-not-null"}[op]) if op in ("eq", "ne") else None

    def any_of(self, parts: list[int], depth: int) -> Predicate | None:
        """`a == 1 or a == 2` is `a in (1, 2)`."""
        found = [self.predicate(part, depth) for part in parts]
        if not found or any(it is None or it.one_of is None or it._ref != found[0]._ref for it in found):
            return None
        return replace(found[0], op="in", value=[value for it in found for value in it.one_of])


def _opposite(of: Predicate | None) -> Predicate | None:
    """The exact complement. The order comparisons have none: with null both `a < b` and `a >= b` are false."""
    if of is None:
        return None
    if of.op in _TEXT:
        return replace(of, negated=not of.negated)
    return replace(of, op=_OPPOSITE[of.op]) if of.op in _OPPOSITE else None
