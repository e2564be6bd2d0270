"""What the SDK for Python does with types, conditions, pages, errors and the cache, for a test of the host; ../typed-js is the same in
JavaScript, and both must give the same rows."""

from datetime import datetime, timedelta, timezone

from trawl import Argument, Column, Endpoint, Failure, Table, cached, http, log, plugin, read, seconds, to_json

GREATEST = (1 << 63) - 1

OWN = [
    {"text": 'Zürich 🚀\n"\\', "whole": GREATEST, "real": float("nan"), "at": "2026-11-21T08:30:00.123456789+01:00", "span": "1h30m",
     "amount": "1.5Gi", "flag": True, "list": ["a", None, "b"], "map": {"b": 1, "a": 2}, "parts": {"name": "x", "size": 3},
     "doc": {"big": 9007199254740993, "deep": [{"x": [1, 2]}, {"x": []}]}},
    {"text": "", "whole": -GREATEST - 1, "real": float("inf"), "at": seconds(1), "span": -1,
     "amount": -3, "flag": False, "list": [], "map": {}, "parts": {}, "doc": "text"},
    {"text": None, "whole": 7, "real": -0.5, "at": datetime(1970, 1, 1, 0, 0, 1, 234000, timezone.utc), "span": timedelta(), "amount": 0.1,
     "doc": [float("nan"), 0.5]},
    {},
]


def numbers_push(condition, ask):
    ask.setdefault("seen", []).append([condition.column, condition.path, condition.op, condition.value, condition.negated])
    return {"exact": "exact", "inexact": "inexact"}.get(condition.value) if isinstance(condition.value, str) \
        else "exact" if condition.op == "gt" else None


def numbers(scan):
    for n in range(scan.args["count"]):
        yield {"n": n, "args": to_json({**scan.args, "limit": scan.limit})}


def paged(scan):
    pages = http.pages("api", [scan.args["path"]], query={"size": 2, "tag": ["a", "b"], "none": None},
                       following=lambda page, answer: {"page": page["next"]})
    for page in pages:
        for item in page["items"]:
            yield {"item": item}


def fails(scan):
    yield {"n": 1}
    match scan.args["how"]:
        case "throw":
            [].missing
        case "typed":
            raise Failure("expired", "the page is over", hint="again", retry_after_ms=1500)
        case "misfit":
            yield {"n": "abc"}
        case "missing":
            yield {}
        case "row":
            yield 7
        case "object":
            read.object(http.get_json("api", "/shapes"), "list")
        case "objects":
            read.objects(http.get_json("api", "/shapes"), ["a", "b"])
        case "item":
            read.objects(http.get_json("api", "/shapes"), "list")
        case "text":
            read.text(read.object(http.get_json("api", "/shapes"), "a"), "flag")
        case "nothing":
            read.text(read.objects(http.get_json("api", "/documents")[:1])[0], "y")
        case "way":
            read.object(http.get_json("api", "/shapes"), ["n", "x"], optional=True)
        case "optional":
            shapes = http.get_json("api", "/shapes")
            found = [read.object(shapes, "z", optional=True), read.objects(shapes, ["a", "b"], optional=True),
                     read.objects(shapes, ["z", "z"], optional=True)]
            raise Failure("expired", f"{to_json(found)} {read.text(shapes, 'z', optional=True) or 'no text'} {read.text(shapes, 'n')}")
        case "endpoint":
            http.get("nowhere", "/")
        case "large":
            http.get("api", "/documents", max_bytes=3)
        case "deep":
            http.get_json("api", "/deep")
        case path:
            http.get_json("api", [path])


def notes(scan):
    scan.report("truncated", "there is more", "lab")
    log("a line", "warn")
    made = cached("key", 60_000, lambda: http.post("api", "/search", json={"q": 1}).json())
    yield {"n": made["n"], "when": "yesterday"}
    yield {"n": "x", "when": "never"}
    yield {"n": int(http.get("api", "/documents").headers.get("x-count", -1))}


def configure(config):
    if config.get("word") == "wrong":
        raise Failure("invalid-config", "expected another word, got `wrong`", hint="write another")
    return config


def documents(scan):
    for document in http.get_json("api", "/documents"):
        yield {"v": document}


Source, Session = plugin(
    name="typed",
    version="0.1.0",
    config={"properties": {"word": {"type": "string"}}},
    configure=configure,
    endpoints=[Endpoint("api", ["GET /{rest...}", "POST /search"], response_headers=["X-Count"])],
    tables=[
        Table("documents", [Column("v", "dynamic")], documents),
        Table("own", [
            Column("text", "string"), Column("whole", "long"), Column("real", "real"), Column("at", "datetime"),
            Column("span", "timespan"), Column("amount", "quantity"), Column("flag", "bool"), Column("list", "list<string>"),
            Column("map", "map<string, long>"), Column("parts", "struct<name: string, size: long>"),
            Column("doc", "dynamic", shape="struct<big: long, deep: list<struct<x: list<long>>>>"),
        ], lambda scan: OWN),
        Table("numbers", [Column("n", "long", required=True), Column("args", "string")], numbers,
              arguments=[Argument("count", "long", required=True, positional=True), Argument("since", "datetime"),
                         Argument("text", "string", escape=lambda value: f"<{value}>")],
              push=numbers_push, explain=to_json),
        Table("pages", [Column("item", "string")], paged, arguments=[Argument("path", "string", required=True)]),
        Table("fails", [Column("n", "long", required=True)], fails, arguments=[Argument("how", "string", required=True)]),
        Table("notes", [Column("n", "long"), Column("when", "datetime")], notes),
    ],
)
