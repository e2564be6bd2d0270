"""Types as the query language writes them (`map<string, long>`), and the contract's fields made of them. Knows no values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from wit_world.imports import types

# Levels a type may be nested; the host allows 32.
LEVELS = 16

SCALARS = {
    "bool": types.DataType_Boolean(),
    "long": types.DataType_Int64(),
    "real": types.DataType_Float64(),
    "string": types.DataType_Utf8(),
    "dynamic": types.DataType_Json(),
    "datetime": types.DataType_Timestamp(types.TimestampType(types.TimeUnit.NANOSECOND, "UTC")),
    "timespan": types.DataType_Duration(types.TimeUnit.NANOSECOND),
    "quantity": types.DataType_Decimal128(types.DecimalType(38, 9)),
}


@dataclass
class Kind:
    """A type with its parts."""

    data_type: object
    children: list[Child] = field(default_factory=list)


@dataclass
class Child:
    """A part of a type."""

    name: str
    nullable: bool
    kind: Kind


def parse_kind(text: str) -> Kind:
    """Reads a type: bool, long, real, string, datetime, timespan, quantity, dynamic, list<T>, map<string, T> or struct<name: T, …>."""
    reader = _Reader(text)
    kind = reader.kind(LEVELS)
    if reader.rest():
        raise reader.expected("the end of the type")
    return kind


class _Reader:
    def __init__(self, text: str):
        self.text = text
        self.at = 0

    def rest(self) -> str:
        return self.text[self.at:].lstrip()

    def expected(self, what: str) -> TypeError:
        return TypeError(f'expected {what} at "{self.rest()[:12]}" in the type "{self.text}"')

    def take(self, pattern: str) -> str | None:
        """Takes what the pattern matches here, white space before it skipped."""
        rest = self.rest()
        found = re.match(pattern, rest)
        if found is None:
            return None
        self.at = len(self.text) - len(rest) + found.end()
        return found.group()

    def sign(self, sign: str) -> None:
        if self.take(re.escape(sign)) is None:
            raise self.expected(f'"{sign}"')

    def kind(self, levels: int) -> Kind:
        if levels == 0:
            raise self.expected(f"a type of at most {LEVELS} levels")
        before = self.at
        word = self.take(r"[A-Za-z_]\w*")
        if word in SCALARS:
            return Kind(SCALARS[word])
        if word == "list":
            self.sign("<")
            item = self.kind(levels - 1)
            self.sign(">")
            return Kind(types.DataType_Array(), [Child("item", True, item)])
        if word == "map":
            self.sign("<")
            if self.take(r"string\b") is None:
                raise self.expected('"string" as the key of a map')
            self.sign(",")
            value = self.kind(levels - 1)
            self.sign(">")
            return Kind(types.DataType_Dictionary(), [Child("key", False, Kind(SCALARS["string"])), Child("value", True, value)])
        if word == "struct":
            return Kind(types.DataType_Object(), self.members(levels - 1))
        self.at = before
        raise self.expected("bool, long, real, string, datetime, timespan, quantity, dynamic, list<T>, map<string, T> or struct<name: T>")

    def members(self, levels: int) -> list[Child]:
        members: list[Child] = []
        self.sign("<")
        while self.take(">") is None:
            if members:
                self.sign(",")
            quoted = self.take(r"`[^`]*`")
            name = quoted[1:-1] if quoted is not None else self.take(r"[A-Za-z_]\w*")
            if name is None:
                raise self.expected("the name of a field")
            self.sign(":")
            members.append(Child(name, True, self.kind(levels)))
        return members


def fields_of(name: str, kind: Kind, nullable: bool = True, description: str | None = None, metadata=()) -> list[types.Field]:
    """The contract's fields of a type, in pre-order."""
    fields = [types.Field(name, kind.data_type, nullable, len(kind.children), description, list(metadata))]
    for child in kind.children:
        fields += fields_of(child.name, child.kind, child.nullable)
    return fields


def tree_of(fields: list[types.Field]) -> Child:
    """The tree of one root field of the contract's pre-order list."""
    rest = iter(fields)

    def following() -> Child:
        of = next(rest)
        return Child(of.name, of.nullable, Kind(of.data_type, [following() for _ in range(of.children)]))

    return following()
