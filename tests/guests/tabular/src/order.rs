//! The order of a request: null where it says, NaN behind every number.

use std::cmp::Ordering;

use trawl_sdk::types::{ScanRequest, SortKey};

use crate::referred;
use crate::value::{Row, Value};

/// Puts rows in the request's order.
pub fn sort(rows: &mut [Row], request: &ScanRequest) {
    let order = |a: &Row, b: &Row| {
        let keys = request.sort.iter().map(|key| {
            let of =
                |row: &Row| referred(request, key.column).map_or(Value::Null, |it| row.get(it));
            by(key, &of(a), &of(b))
        });
        keys.fold(Ordering::Equal, Ordering::then)
    };
    rows.sort_by(order);
}

fn by(key: &SortKey, a: &Value, b: &Value) -> Ordering {
    let nulls = a.is_null().cmp(&b.is_null());
    let nulls = if key.nulls_first {
        nulls.reverse()
    } else {
        nulls
    };
    let values = a.order(b);
    let values = if key.descending {
        values.reverse()
    } else {
        values
    };
    nulls.then(a.is_nan().cmp(&b.is_nan())).then(values)
}
