"""A remote's documents, read honestly: a member that is not as the plugin expects is the error `protocol`, which says where it is, what
was expected and what came. Knows no requests and no columns.

A path is the name of a member, a list of names that lead to one, or `[]` for the document itself. Where `optional` says so, a member
may be absent or null.
"""

from __future__ import annotations

from typing import Any

from .documents import to_json
from .failure import Failure, quoted

Path = "str | list[str]"


class _Object(dict):
    """A JSON object that knows its place."""

    __slots__ = ("place",)


class _List(list):
    """A JSON list that knows its place."""

    __slots__ = ("place",)


def placed(document: Any, place: str) -> Any:
    """The document, knowing what it is: `the answer to GET /api/items`."""
    if isinstance(document, (dict, list)):
        document = (_Object if isinstance(document, dict) else _List)(document)
        document.place = place
    return document


def unexpected(place: str, expected: str, found: Any) -> Failure:
    """The error for what is not as expected; `...` is what is not there."""
    got = "nothing" if found is ... else quoted(to_json(found))
    return Failure("protocol", f"expected {place} to be {expected}, got {got}")


def _found(document: Any, path: Path, optional: bool) -> tuple[Any, str]:
    """What a path leads to, `...` where nothing is, and its place. What is optional is None where it is not there."""
    value, place = document, getattr(document, "place", "the document")
    for name in path if isinstance(path, list) else [path]:
        if optional and value is None and value is not document:
            break
        if not isinstance(value, dict):
            raise unexpected(place, "an object", value)
        value = value.get(name, None if optional else ...)
        place = f"`{name}` of {place}"
    return value, place


def object(document: Any, path: Path = [], *, optional: bool = False) -> dict[str, Any]:  # noqa: A001, B006: never changed.
    """An object; an empty one where it is optional and absent."""
    value, place = _found(document, path, optional)
    if optional and value is None:
        return {}
    if not isinstance(value, dict):
        raise unexpected(place, "an object", value)
    return placed(value, place)


def objects(document: Any, path: Path = [], *, optional: bool = False) -> list[dict[str, Any]]:  # noqa: B006: never changed.
    """A list of objects; an empty one where it is optional and absent."""
    value, place = _found(document, path, optional)
    if optional and value is None:
        return []
    if not isinstance(value, list):
        raise unexpected(place, "a list of objects", value)
    return [_item(item, f"item {index} of {place}") for index, item in enumerate(value)]


def _item(item: Any, place: str) -> dict[str, Any]:
    if isinstance(item, dict):
        return placed(item, place)
    raise unexpected(place, "an object", item)


def text(document: Any, path: Path, *, optional: bool = False) -> str | None:
    """A text, or a number as its digits; None where it is optional and absent."""
    value, place = _found(document, path, optional)
    if optional and value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise unexpected(place, "a text", value)
    return str(value)
