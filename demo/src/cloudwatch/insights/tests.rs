//! What queries of Logs Insights are read as; what they give is in the tests of the API.

use super::parse;

#[test]
fn the_part_that_is_answered_is_read() {
    for query in [
        "fields @timestamp, @message",
        "fields @timestamp | filter @message like /time(out)?/ | sort @timestamp desc | limit 20",
        "filter kubernetes.namespace_name = 'payments' and @message not like \"a \\\"b\\\"\"",
        "filter a in [1, \"x\"] and b >= 2.5 and c != \"d\" # a comment",
        "stats count(*) as hits by kubernetes.pod_name, bin(5m) | sort hits desc",
        "STATS COUNT(*) BY `@logStream`",
        "display @message",
    ] {
        assert!(parse(query).is_ok(), "{query}: {:?}", parse(query));
    }
}

#[test]
fn the_rest_is_malformed() {
    for query in [
        "",
        "parse @message \"*\" as a",
        "filter a = 1 or b = 2",
        "filter a",
        "filter a like b",
        "filter a < \"x\"",
        "stats avg(a)",
        "stats count(*) by bin(5)",
        "stats count(*) by bin(0m)",
        "stats count(*) | filter a = 1",
        "limit 0",
        "limit 10001",
        "sort",
        "fields @timestamp @message",
        "filter a = \"open",
        "filter a like /(/",
        "fields ;",
    ] {
        assert!(parse(query).is_err(), "{query}");
    }
}
