//! Names of faults read back, and faults are counted by request.

use std::time::Duration;

use super::*;

#[test]
fn every_name_reads_back_as_it_was_written() {
    let counted = [
        "slow:200ms",
        "403-resource:applications.argoproj.io",
        "after:3:403-namespace:payments",
        "once:401",
        "after:2:503",
        "prometheus:slow:1500ms",
        "prometheus:once:500",
        "prometheus:partial",
        "prometheus:422",
        "cloudwatch:times:3:429",
        "cloudwatch:expired",
        "cloudwatch:empty-pages",
        "cloudwatch:after:1:partial",
    ];
    let plain = PLAIN.iter().map(|(name, _)| *name);
    for text in plain
        .filter(|name| !["partial", "422"].contains(name))
        .chain(counted)
    {
        let fault: Fault = text.parse().unwrap();
        assert_eq!(fault.to_string(), text);
    }
    assert_eq!("slow:2s".parse(), Ok(Fault::Slow(Duration::from_secs(2))));
}

#[test]
fn what_cannot_work_is_refused_with_the_list_of_names() {
    for text in [
        "",
        "flaky",
        "slow",
        "slow:",
        "slow:2",
        "slow:-1s",
        "after:x:500",
        "after:1",
        "once:refused",
        "once:once:401",
        "403-resource:",
        "prometheus:403-namespace:x",
        "prometheus:expired",
        "prometheus:untrusted",
        "prometheus:prometheus:500",
        "prometheus:once:expired",
        "cloudwatch:prometheus:500",
        "cloudwatch:403-namespace:x",
        "once:prometheus:500",
        "times:2",
        "times:x:500",
        "partial",
        "once:partial",
        "422",
        "cloudwatch:422",
    ] {
        let error = text.parse::<Fault>().unwrap_err().to_string();
        assert!(
            error.contains("is no fault") && error.contains("repeat-token"),
            "{text}: {error}"
        );
    }
}

#[test]
fn once_and_after_count_requests_since_the_fault_was_set() {
    let cell = FaultCell::new(Some("once:401".parse().unwrap()));
    assert_eq!(cell.next_request(), Some(Fault::Unauthorized));
    assert_eq!(cell.next_request(), None);
    cell.set(Some("after:2:503".parse().unwrap()));
    let met: Vec<bool> = (0..4).map(|_| cell.next_request().is_some()).collect();
    assert_eq!(met, [false, false, true, true]);
    cell.set(Some("times:2:503".parse().unwrap()));
    let met: Vec<bool> = (0..4).map(|_| cell.next_request().is_some()).collect();
    assert_eq!(met, [true, true, false, false]);
    cell.set(None);
    assert_eq!(cell.next_request(), None);
}
