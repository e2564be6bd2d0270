"""{{name}}: items of an HTTP API, as a table of trawl. Replace the endpoint, the columns and the rows by those of your source."""

from trawl import Column, Endpoint, Table, http, plugin, read

STATES = ("open", "closed")


def push(condition, ask):
    """One condition of a query after the other: what the remote takes over is noted in `ask`. Say "exact" only when the remote
    gives those rows and no others; trawl checks every other condition itself."""
    if condition.column != "state" or condition.one_of not in ([state] for state in STATES):
        return None
    state = condition.one_of[0]
    if ask.setdefault("state", state) != state:
        return None
    return "exact"


def items(scan):
    """The rows, one after the other."""
    pages = http.pages(
        "api", "/api/items",
        query={"limit": scan.config.get("page_size", 100), "state": scan.ask.get("state")},
        following=lambda page, answer: {"cursor": read.text(page, "next", optional=True)},
        ahead=scan.limit is None,
    )
    for page in pages:
        # `read` gives what is there, or says which answer is not as it should be, and what came instead.
        for item in read.objects(page, "items"):
            yield {
                "id": item.get("id"),
                "title": item.get("title"),
                "state": item.get("state"),
                "created_at": item.get("created_at"),
                "labels": item.get("labels"),
                "details": item,
            }


Source, Session = plugin(
    name="{{name}}",
    version="0.1.0",
    description="Items of an HTTP API",
    # Keys of a connection in clusters.yaml that are the plugin's own, as JSON Schema.
    config={"properties": {"page_size": {"type": "integer", "minimum": 1, "maximum": 1000}}},
    # All that the plugin may ever ask; the operator grants each of them.
    endpoints=[Endpoint("api", ["GET /api/items"], description="The API that the items are read from")],
    tables=[
        Table(
            "items",
            description="Items, the latest first",
            columns=[
                Column("id", "long", "Its number", required=True),
                Column("title", "string", "Its headline", required=True),
                Column("state", "string", "open or closed", required=True),
                Column("created_at", "datetime", "When it was made"),
                Column("labels", "map<string, string>", "Its labels"),
                Column("details", "dynamic", "All that the API says of it"),
            ],
            primary_key=["id"],
            push=push,
            explain=lambda ask: "GET /api/items" + (f"?state={ask['state']}" if ask else ""),
            rows=items,
        ),
    ],
)
