//! Owns the price list: what is charged for, and how much. Refuses to know who asks what.
//!
//! <https://aws.amazon.com/cloudwatch/pricing/>, US East (N. Virginia), as of November 2026 and without the free tier. Other regions
//! ask up to about twice as much for a scanned GB. DescribeAlarms, DescribeAlarmHistory, FilterLogEvents and what lists log groups
//! and streams cost nothing.

use trawl_sdk::types::Cost;

/// GetMetricData: $0.01 per 1,000 metrics requested. It has no free tier.
const MICRO_USD_A_METRIC: u64 = 10;

/// ListMetrics: $0.01 per 1,000 requests beyond a million a month.
const MICRO_USD_A_LISTING: u64 = 10;

/// Logs Insights: $0.005 per GB of log data scanned.
const MICRO_USD_A_GB: f64 = 5_000.0;

/// A GB is taken as the smaller of its two meanings, so that it is never less than what AWS counts.
const BYTES_A_GB: f64 = 1e9;

/// What is scanned for each byte that is stored: AWS compresses what it stores, to 0.15 of what it was by its own price examples,
/// while a scan is charged by what the events were.
const SCANNED_A_STORED_BYTE: f64 = 1.0 / 0.15;

/// The cost of reading `metrics`, found by `listings` requests, with `calls` requests.
pub(crate) fn metrics(metrics: u64, listings: u64, calls: u64) -> Cost {
    let listing = listings.saturating_mul(MICRO_USD_A_LISTING);
    Cost {
        requests: listings.saturating_add(calls),
        units: vec![("metrics".to_owned(), metrics as f64)],
        micro_usd: metrics
            .saturating_mul(MICRO_USD_A_METRIC)
            .saturating_add(listing),
    }
}

/// The cost of scanning log groups that store so many bytes with `queries` queries. All that is stored is the most that a time range
/// can have in it.
pub(crate) fn scan(stored_bytes: u64, queries: u64) -> Cost {
    let gigabytes = stored_bytes as f64 * SCANNED_A_STORED_BYTE / BYTES_A_GB;
    Cost {
        requests: queries,
        units: vec![("GB scanned".to_owned(), gigabytes)],
        // A real beyond what 64 bits hold becomes the most they hold, and no bytes are negative.
        micro_usd: (gigabytes * MICRO_USD_A_GB).ceil() as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices() {
        assert_eq!(metrics(1_000, 0, 2).micro_usd, 10_000);
        assert_eq!(metrics(0, 3, 0).micro_usd, 30);
        assert_eq!(metrics(1, 2, 3).requests, 5);
        let scan = scan(150_000_000, 1);
        assert_eq!(scan.micro_usd, 5_000);
        assert_eq!(scan.units, [("GB scanned".to_owned(), 1.0)]);
    }
}
