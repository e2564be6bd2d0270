"""Alerts, silences, receivers and the state of an Alertmanager, by its API v2.

The answers' shapes are those of api/v2/openapi.yaml in Alertmanager's repository (gettableAlerts, gettableSilences, receiver,
alertmanagerStatus). What `filter`, `active`, `silenced`, `inhibited` and `receiver` mean is that of api/v2/api.go there.
"""

import re

from trawl import Argument, Column, Endpoint, Failure, Table, http, plugin, read

ENDPOINT = "alertmanager"
# Names that every version takes in a matcher without quotes.
LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Columns that are a label of their own.
LABELS = {"alertname": "alertname", "severity": "severity"}
ANYTHING = "(?s:.*)"


def matcher(name: str, op: str, value: str) -> str:
    """A matcher as `filter` takes it: `severity=~"critical|warning"`; regular expressions match the whole value."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{name}{op}"{escaped}"'


def label_of(predicate) -> str | None:
    """The label that a filter is about."""
    if predicate.column == "labels" and len(predicate.path) == 1:
        name = predicate.path[0]
    else:
        name = None if predicate.path else LABELS.get(predicate.column)
    return name if isinstance(name, str) and LABEL.fullmatch(name) else None


def push_label(name: str, predicate) -> tuple[str, str] | None:
    """The matcher of a filter on a label, and how far it goes. To Alertmanager a label that is missing is the empty text."""
    values = predicate.one_of or predicate.none_of
    if values is not None and all(isinstance(it, str) and it for it in values):
        negation = "" if predicate.one_of else "!"
        if len(values) == 1:
            return matcher(name, "!=" if negation else "=", values[0]), "exact"
        return matcher(name, "!~" if negation else "=~", "|".join(re.escape(it) for it in values)), "exact"
    if predicate.op in ("is-null", "is-not-null"):
        return matcher(name, "=" if predicate.op == "is-null" else "!=", ""), "exact"
    if predicate.negated or predicate.ignore_case or not predicate.value:
        return None
    if predicate.op in ("prefix", "contains", "suffix"):
        before = "" if predicate.op == "prefix" else ANYTHING
        after = "" if predicate.op == "suffix" else ANYTHING
        return matcher(name, "=~", before + re.escape(predicate.value) + after), "exact"
    if predicate.op == "regex":
        # It may match the empty text, and so alerts without the label.
        return matcher(name, "=~", f"{ANYTHING}(?:{predicate.value}){ANYTHING}"), "inexact"
    return None


def push(predicate, ask: dict) -> str | None:
    """What of a filter Alertmanager takes over."""
    name = label_of(predicate)
    if name is not None:
        found = push_label(name, predicate)
        if found is None:
            return None
        ask.setdefault("filter", []).append(found[0])
        return found[1]
    if predicate.column in ("silenced", "inhibited"):
        if predicate.one_of == [False] or predicate.none_of == [True]:
            ask[predicate.column] = False
            return "exact"
        if predicate.one_of == [True]:
            ask["active"] = False
            return "inexact"
    if predicate.column == "state" and predicate.one_of == ["active"]:
        ask["silenced"] = ask["inhibited"] = False
        return "inexact"
    if predicate.column == "state" and predicate.one_of == ["suppressed"]:
        ask["active"] = False
        return "inexact"
    return None


def explain_alerts(ask: dict) -> str:
    flags = [f"{key}=false" for key in ("active", "silenced", "inhibited") if key in ask]
    asked = "&".join([f"filter={it}" for it in ask.get("filter", [])] + flags)
    return f"GET /api/v2/alerts{'?' if asked else ''}{asked}"


def alerts(scan):
    query = {**scan.ask, "receiver": scan.args.get("receiver")}
    for alert in read.objects(http.get_json(ENDPOINT, "/api/v2/alerts", query=query)):
        labels, annotations = read.object(alert, "labels"), read.object(alert, "annotations", optional=True)
        status = read.object(alert, "status")
        yield {
            "fingerprint": alert.get("fingerprint"),
            "alertname": labels.get("alertname"),
            "severity": labels.get("severity"),
            "state": status.get("state"),
            "summary": annotations.get("summary"),
            "starts_at": alert.get("startsAt"),
            "ends_at": alert.get("endsAt"),
            "updated_at": alert.get("updatedAt"),
            "labels": labels,
            "annotations": annotations,
            "receivers": [receiver.get("name") for receiver in read.objects(alert, "receivers", optional=True)],
            "silenced": bool(status.get("silencedBy")),
            "inhibited": bool(status.get("inhibitedBy")),
            "silenced_by": status.get("silencedBy"),
            "inhibited_by": status.get("inhibitedBy"),
            "generator_url": alert.get("generatorURL"),
        }


def readable(of: dict) -> str:
    """A matcher of a silence as people write it."""
    equal, regex = of.get("isEqual", True), of.get("isRegex")
    if not isinstance(equal, bool) or not isinstance(regex, bool):
        raise Failure("protocol", f"expected isEqual and isRegex of a matcher to be true or false, got {equal!r} and {regex!r}")
    op = {(True, False): "=", (False, False): "!=", (True, True): "=~", (False, True): "!~"}[equal, regex]
    return matcher(read.text(of, "name"), op, read.text(of, "value"))


def silences(scan):
    for silence in read.objects(http.get_json(ENDPOINT, "/api/v2/silences")):
        yield {
            "id": silence.get("id"),
            "state": read.object(silence, "status").get("state"),
            "created_by": silence.get("createdBy"),
            "comment": silence.get("comment"),
            "matchers": [readable(of) for of in read.objects(silence, "matchers")],
            "starts_at": silence.get("startsAt"),
            "ends_at": silence.get("endsAt"),
            "updated_at": silence.get("updatedAt"),
        }


def receivers(scan):
    for receiver in read.objects(http.get_json(ENDPOINT, "/api/v2/receivers")):
        yield {"name": receiver.get("name")}


def status(scan):
    of = http.get_json(ENDPOINT, "/api/v2/status")
    cluster, version = read.object(of, "cluster"), read.object(of, "versionInfo")
    yield {
        "version": version.get("version"),
        "revision": version.get("revision"),
        "go_version": version.get("goVersion"),
        "started_at": of.get("uptime"),
        "cluster_name": cluster.get("name"),
        "cluster_status": cluster.get("status"),
        # With its cluster switched off it lists no peers.
        "peers": cluster.get("peers") or [],
    }


Source, Session = plugin(
    name="alertmanager",
    version="0.1.0",
    description="Alerts, silences, receivers and the state of Alertmanager",
    endpoints=[Endpoint(
        ENDPOINT,
        description="An Alertmanager; the plugin reads, and cannot silence",
        operations=["GET /api/v2/alerts", "GET /api/v2/silences", "GET /api/v2/receivers", "GET /api/v2/status"],
    )],
    tables=[
        Table(
            "alerts",
            description="Alerts as Alertmanager has them: grouped, silenced, inhibited",
            columns=[
                Column("fingerprint", "string", "Its identifier, made of its labels", required=True),
                Column("alertname", "string", "The label alertname"),
                Column("severity", "string", "The label severity"),
                Column("state", "string", "unprocessed, active or suppressed", required=True),
                Column("summary", "string", "The annotation summary"),
                Column("starts_at", "datetime", "When it began"),
                Column("ends_at", "datetime", "When it ends, or ended, unless it is sent again"),
                Column("updated_at", "datetime", "When it was last sent"),
                Column("labels", "map<string, string>", "Its labels"),
                Column("annotations", "map<string, string>", "Its annotations"),
                Column("receivers", "list<string>", "Who is told"),
                Column("silenced", "bool", "Whether a silence matches it", required=True),
                Column("inhibited", "bool", "Whether another alert inhibits it", required=True),
                Column("silenced_by", "list<string>", "Identifiers of the silences"),
                Column("inhibited_by", "list<string>", "Fingerprints of the alerts that inhibit it"),
                Column("generator_url", "string", "Where it comes from"),
            ],
            arguments=[Argument("receiver", "string", "Only alerts of receivers whose name this regular expression matches as a whole",
                                escape=lambda value: re.escape(str(value)))],
            primary_key=["fingerprint"],
            push=push,
            explain=explain_alerts,
            rows=alerts,
        ),
        Table(
            "silences",
            description="Silences: active, pending, and expired ones as long as Alertmanager keeps them",
            columns=[
                Column("id", "string", "Its identifier", required=True),
                Column("state", "string", "pending, active or expired", required=True),
                Column("created_by", "string", "Who made it"),
                Column("comment", "string", "Why"),
                Column("matchers", "list<string>", "What it silences: all of these must match"),
                Column("starts_at", "datetime", "When it begins"),
                Column("ends_at", "datetime", "When it ends"),
                Column("updated_at", "datetime", "When it was last changed"),
            ],
            primary_key=["id"],
            explain=lambda ask: "GET /api/v2/silences",
            rows=silences,
        ),
        Table(
            "receivers",
            description="Whom Alertmanager tells",
            columns=[Column("name", "string", "Its name", required=True)],
            primary_key=["name"],
            explain=lambda ask: "GET /api/v2/receivers",
            rows=receivers,
        ),
        Table(
            "status",
            description="The Alertmanager itself",
            columns=[
                Column("version", "string", "Its version"),
                Column("revision", "string", "The commit that it was built from"),
                Column("go_version", "string", "The Go that it was built with"),
                Column("started_at", "datetime", "Since when it runs"),
                Column("cluster_name", "string", "Its name among its peers"),
                Column("cluster_status", "string", "ready, settling or disabled", required=True),
                Column("peers", "dynamic", "Its peers", shape="list<struct<name: string, address: string>>"),
            ],
            explain=lambda ask: "GET /api/v2/status",
            rows=status,
        ),
    ],
)
