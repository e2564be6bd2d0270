//! What a query may cost where remotes charge for being asked: told by the plugins' plans, and refused before anything is read. Owns
//! how a cost is written; what a remote charges is known to its plugin alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use trawl_host::types;

use crate::completeness::TargetError;
use crate::context::Purpose;
use crate::error::Error;
use crate::fetch::Fetch;

/// Why a target is not asked: the query would cost too much there.
const TOO_EXPENSIVE: &str = "too-expensive";

/// Millionths of a US dollar in a cent's hundredth: costs are written to that place.
const WRITTEN_MICRO_USD: u64 = 100;

/// What remotes charge.
#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Cost {
    /// Requests that they charge for.
    pub requests: u64,
    /// What else they charge for, and how much of it.
    pub units: Vec<CostUnit>,
    /// All of it in millionths of a US dollar.
    pub micro_usd: u64,
}

/// Something that a remote charges for besides requests.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct CostUnit {
    /// What: `metrics`, `GB scanned`.
    pub name: String,
    /// How much of it.
    pub amount: f64,
}

impl From<&types::Cost> for Cost {
    fn from(cost: &types::Cost) -> Self {
        let units = cost.units.iter();
        Self {
            requests: cost.requests,
            units: units
                .map(|(name, amount)| CostUnit {
                    name: name.clone(),
                    amount: *amount,
                })
                .collect(),
            micro_usd: cost.micro_usd,
        }
    }
}

impl Cost {
    /// Adds another cost.
    pub fn add(&mut self, other: &Self) {
        self.requests = self.requests.saturating_add(other.requests);
        self.micro_usd = self.micro_usd.saturating_add(other.micro_usd);
        for unit in &other.units {
            match self.units.iter_mut().find(|own| own.name == unit.name) {
                // Each is finite; JSON has no infinity for their sum.
                Some(own) => own.amount = (own.amount + unit.amount).min(f64::MAX),
                None => self.units.push(unit.clone()),
            }
        }
    }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut parts: Vec<String> = self
            .units
            .iter()
            .map(|unit| format!("{} {}", unit.amount, unit.name))
            .collect();
        match self.requests {
            0 => {}
            1 => parts.push("1 request".to_owned()),
            more => parts.push(format!("{more} requests")),
        }
        write!(f, "about {}", dollars(self.micro_usd))?;
        if parts.is_empty() {
            return Ok(());
        }
        write!(f, " ({})", parts.join(", "))
    }
}

/// `$0.0125`: with a dollar's hundredths, and as many more places as it takes to say something.
pub fn dollars(micro_usd: u64) -> String {
    let mut text = format!("${}.", micro_usd / 1_000_000);
    let fraction = micro_usd % 1_000_000;
    let places = if !fraction.is_multiple_of(WRITTEN_MICRO_USD) {
        6
    } else if !fraction.is_multiple_of(10_000) {
        4
    } else {
        2
    };
    let digits = format!("{fraction:06}");
    // Writing to a text cannot fail.
    let _ = write!(text, "{}", digits.get(..places).unwrap_or_default());
    text
}

/// Refuses the fetches of each connection that together cost more than it allows, and a query that costs more than it may.
///
/// # Errors
/// [`Error::Limit`] when the query as a whole costs more than the request allows; where it is only explained that is a warning.
pub fn keep(fetches: &mut [Fetch]) -> Result<(), Error> {
    let cost = |fetch: &Fetch| {
        let plan = fetch.plan.as_ref().ok();
        plan.and_then(|plan| plan.cost.as_ref())
            .map_or(0, |cost| cost.micro_usd)
    };
    let mut by_connection: BTreeMap<(String, String), u64> = BTreeMap::new();
    let of = |fetch: &Fetch| {
        (
            fetch.record.source.clone(),
            fetch.connection.name().to_owned(),
        )
    };
    let mut total = 0_u64;
    for fetch in fetches.iter() {
        let sum = by_connection.entry(of(fetch)).or_default();
        *sum = sum.saturating_add(cost(fetch));
        total = total.saturating_add(cost(fetch));
    }
    if let Some(context) = fetches.first().map(|fetch| fetch.context.clone())
        && let Some(limit) = context.max_cost.filter(|limit| total > *limit)
    {
        let message = format!(
            "the query would cost about {}, more than the {} that it may: narrow it, or raise `--max-cost` (`max_cost_usd`)",
            dollars(total),
            dollars(limit)
        );
        if context.purpose == Purpose::Run {
            return Err(Error::Limit(message));
        }
        context.warn(message);
    }
    for fetch in fetches.iter_mut().filter(|fetch| cost(fetch) > 0) {
        let sum = by_connection.get(&of(fetch)).copied().unwrap_or_default();
        if sum > fetch.max_cost {
            fetch.refuse(too_expensive(&fetch.record.connection, sum, fetch.max_cost));
        }
    }
    Ok(())
}

fn too_expensive(connection: &str, cost: u64, limit: u64) -> TargetError {
    TargetError {
        code: TOO_EXPENSIVE.to_owned(),
        message: format!(
            "the remote would charge about {} for this query, more than the {} that it may cost on {connection}; nothing was read",
            dollars(cost),
            dollars(limit)
        ),
        hint: Some("narrow it, or raise `limits: {max_cost_usd: …}` of the connection".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_say_as_much_as_there_is_to_say() {
        for (micro_usd, text) in [
            (0, "$0.00"),
            (12_500, "$0.0125"),
            (1, "$0.000001"),
            (500_000, "$0.50"),
            (1_000_000, "$1.00"),
            (2_345_678, "$2.345678"),
            (1_000_100, "$1.0001"),
            (u64::MAX, "$18446744073709.551615"),
        ] {
            assert_eq!(dollars(micro_usd), text);
        }
    }

    #[test]
    fn costs_add_up_by_their_units() {
        let cost = |requests, name: &str, amount| Cost {
            requests,
            units: vec![CostUnit {
                name: name.to_owned(),
                amount,
            }],
            micro_usd: 5_000,
        };
        let mut sum = cost(2, "metrics", 500.0);
        sum.add(&cost(0, "GB scanned", 1.25));
        sum.add(&cost(u64::MAX, "metrics", 1.0));
        assert_eq!(
            sum.to_string(),
            format!(
                "about $0.0150 (501 metrics, 1.25 GB scanned, {} requests)",
                u64::MAX
            )
        );
        sum.add(&cost(0, "metrics", f64::MAX));
        sum.add(&cost(0, "metrics", f64::MAX));
        assert!(sum.units.iter().all(|unit| unit.amount.is_finite()));
        assert_eq!(Cost::default().to_string(), "about $0.00");
    }
}
