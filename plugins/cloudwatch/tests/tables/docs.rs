//! Owns `docs/cloudwatch.md`: what stands at its beginning, and the tables as the plugin declares them. Made with
//! `UPDATE_EXPECT=1`, compared otherwise. Refuses what else there is to say of a table: that belongs into the plugin.

use std::fmt::Write;
use std::path::Path;

use trawl_plugin_cloudwatch::CloudWatch;
use trawl_sdk::testing::{Recorded, type_of};
use trawl_sdk::types::{DataType, Param, Placement, TableDetail};
use trawl_sdk::{Session, Source};

/// What stands above the generated part.
const HEAD: &str = r#"# CloudWatch
The tables of the `cloudwatch` plugin: metrics, alarms and logs of an AWS account in a region. This page is made from the plugin
(`UPDATE_EXPECT=1 cargo test -p trawl-plugin-cloudwatch --test tables`); change the plugin, not the page.

```yaml
clusters:
  - name: prod-ap
    region: ap-southeast-1
    cloudwatch:
      log_group: /eks/prod-ap        # short: cloudwatch_group: /eks/prod-ap
```
`log_group` is the plugin's only key; region, credentials, a role to assume and other addresses are keys of every AWS connection
([inventory.md](inventory.md)). Clusters whose entries differ in their `log_group` alone are one connection: an alarm comes once, with
`cluster` null, `region` and `account`. Events of a log group that one cluster names are that cluster's; those of a log group that none
or several name are nobody's, whichever clusters a query wants. A log group that is given by its ARN is no cluster's either: it may be
another account's. It is an error to give one by its name and by its ARN, since that may be the same one twice. Several that
`group` gives to `logs_insights` are one query, whatever else is asked: a row is a cluster's where the query asks for `@log`.

**Time.** `metrics`, `logs` and `logs_insights` need the beginning of a time range: `where timestamp > ago(1h)`. A value of a metric has the
time at which its period begins, and periods begin at multiples of themselves: of a range of an hour from 12:07 on in periods of 15
minutes the first one begins at 12:15. Without `period` it is 1m, 5m, 15m, 1h, 6h or 1d: the first that AWS keeps for the range (minutes for
15 days, 5 minutes for 63, hours for 455) and that gives at most 1,440 points a series. For one value per bin give `period`;
`summarize … by bin(timestamp, …)` is computed by trawl, from those values. In `metrics`, `namespace` and `metric` can be arguments or
conditions. Logs Insights is asked in whole seconds; a row that stands for several events has the time of its bin or the beginning of the
range, but none outside of the range.

**What is sent.** Names, namespaces, states, types, dimensions, streams and times are sent where the API has words for them and checked
again by the plugin, so that they are exact and a limit ends the reading. Conditions that ignore case (`startswith`, `has`) are not: AWS
minds case. A condition on `message` becomes a regular expression as filter pattern, of the letters in either case, that finds at least
the wanted events (`has "timeout"` sends `%[Tt][Ii][Mm][Ee][Oo][Uu][Tt]%`); `explain` shows it.

**Cost.** `explain` shows what AWS will charge, by the price list of US East (N. Virginia) and without the free tier: $0.01 for 1,000 metrics
of `metrics`, $0.01 for 1,000 requests of ListMetrics, $0.005 for a GB that Logs Insights scans. The GB are those that the log groups
store, uncompressed by AWS' own rule of thumb (0.15) and whatever the range: seldom as little as it will be, but not less. AWS renews
that number with a delay of hours, so that it says little of a log group that is new. To tell it, `explain` asks ListMetrics and
DescribeLogGroups; where they may not be asked for the size of a log group, no cost is told. Nothing else costs anything. A query that is
given up while Logs Insights runs is stopped there where the plugin still can (`StopQuery`); where the deadline has ended the scan, it
runs to its end.

**Permissions** that the credentials need, of what is used: `cloudwatch:GetMetricData`, `cloudwatch:ListMetrics`,
`cloudwatch:DescribeAlarms`, `cloudwatch:DescribeAlarmHistory`, `logs:FilterLogEvents`, `logs:DescribeLogGroups`, `logs:DescribeLogStreams`,
`logs:StartQuery`, `logs:GetQueryResults`, `logs:StopQuery`.
"#;

/// `` `name` string ``, with a description where it has one.
fn columns(detail: &TableDetail) -> Vec<String> {
    let mut fields = detail.schema.fields.clone().into_iter().peekable();
    let mut columns = Vec::new();
    while let Some(root) = fields.peek() {
        let (name, description) = (
            root.name.clone(),
            root.description.clone().unwrap_or_default(),
        );
        let of = type_of(&mut fields);
        columns.push(format!("| `{name}` | {of} | {description} |"));
    }
    columns
}

fn argument(param: &Param) -> String {
    let of = match param.data_type {
        DataType::Boolean => "bool",
        DataType::Duration(_) => "timespan",
        DataType::Int64 => "long",
        DataType::Utf8 => "string",
        ref other => panic!("no name for {other:?}"),
    };
    let needed = if param.required { ", required" } else { "" };
    let description = param.description.clone().unwrap_or_default();
    format!("- `{}` {of}{needed}: {description}", param.name)
}

/// The page, as the plugin has it.
fn page() -> String {
    let connection = CloudWatch::open("{}", Recorded::in_order([])).unwrap();
    let mut page = HEAD.to_owned();
    for table in connection.tables(None, None).unwrap().tables {
        let detail = connection.table_schema(&table.path, &[]).unwrap();
        let name = table.path.concat();
        write!(page, "\n## {name}\n{}.", table.description.unwrap()).unwrap();
        match detail.placement {
            Placement::PerRow => page.push_str(" Each row says its cluster."),
            Placement::Connection => page.push_str(" Its rows are no cluster's."),
            Placement::Cluster => panic!("an account is no cluster"),
        }
        let needed: Vec<_> = detail
            .required_filters
            .iter()
            .map(|names| format!("`{}`", names.join("` or `")))
            .collect();
        if !needed.is_empty() {
            write!(page, " Must be filtered by {}.", needed.join(", ")).unwrap();
        }
        page.push_str("\n\n");
        if !table.params.is_empty() {
            let arguments: Vec<_> = table.params.iter().map(argument).collect();
            write!(page, "{}\n\n", arguments.join("\n")).unwrap();
        }
        let own: Vec<_> = columns(&detail)
            .into_iter()
            .filter(|column| !column.starts_with("| `cluster` "))
            .collect();
        write!(
            page,
            "| column | type | |\n|---|---|---|\n{}\n",
            own.join("\n")
        )
        .unwrap();
    }
    page
}

#[test]
fn the_page_is_the_plugins() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cloudwatch.md");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, page()).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(kept, page(), "run again with UPDATE_EXPECT=1");
}
