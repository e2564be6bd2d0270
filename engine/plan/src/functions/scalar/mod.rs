//! Functions of one row, one file each; what several of them share is in `support/`.

use super::Scalar;

mod abs;
mod ago;
mod array_concat;
mod array_length;
mod array_slice;
mod array_sort;
mod array_sum;
mod bag_keys;
mod base64_decode;
mod bin;
mod case;
mod ceiling;
mod coalesce;
mod datetime_part;
mod extract;
mod extract_all;
mod floor;
mod format_datetime;
mod hash;
mod iequals;
mod iff;
mod indexof;
mod ip_in_cidr;
mod isempty;
mod isnotempty;
mod isnotnull;
mod isnull;
mod label_match;
mod log;
mod max_of;
mod min_of;
mod now;
mod pack;
mod parse_image;
mod parse_json;
mod parse_version;
mod pick;
mod pow;
mod quantity;
mod replace;
mod replace_regex;
mod round;
mod set_difference;
mod set_intersect;
mod set_union;
mod split;
mod startofday;
mod startofmonth;
mod startofweek;
mod strcat;
mod strcat_array;
mod strlen;
mod substring;
mod tobool;
mod todatetime;
mod tolong;
mod tolower;
mod toreal;
mod tostring;
mod totimespan;
mod toupper;
mod trim;
mod typeof_;
mod unixtime;

/// All of them, by name.
pub const ALL: &[&Scalar] = &[
    &abs::FUNCTION,
    &ago::FUNCTION,
    &array_concat::FUNCTION,
    &array_length::FUNCTION,
    &array_slice::FUNCTION,
    &array_sort::FUNCTION,
    &array_sum::FUNCTION,
    &bag_keys::FUNCTION,
    &base64_decode::FUNCTION,
    &bin::FUNCTION,
    &case::FUNCTION,
    &ceiling::FUNCTION,
    &coalesce::FUNCTION,
    &datetime_part::FUNCTION,
    &extract::FUNCTION,
    &extract_all::FUNCTION,
    &floor::FUNCTION,
    &format_datetime::FUNCTION,
    &hash::FUNCTION,
    &iequals::FUNCTION,
    &iff::FUNCTION,
    &indexof::FUNCTION,
    &ip_in_cidr::FUNCTION,
    &isempty::FUNCTION,
    &isnotempty::FUNCTION,
    &isnotnull::FUNCTION,
    &isnull::FUNCTION,
    &label_match::FUNCTION,
    &log::FUNCTION,
    &max_of::FUNCTION,
    &min_of::FUNCTION,
    &now::FUNCTION,
    &pack::FUNCTION,
    &parse_image::FUNCTION,
    &parse_json::FUNCTION,
    &parse_version::FUNCTION,
    &pick::FUNCTION,
    &pow::FUNCTION,
    &quantity::FUNCTION,
    &replace::FUNCTION,
    &replace_regex::FUNCTION,
    &round::FUNCTION,
    &set_difference::FUNCTION,
    &set_intersect::FUNCTION,
    &set_union::FUNCTION,
    &split::FUNCTION,
    &startofday::FUNCTION,
    &startofmonth::FUNCTION,
    &startofweek::FUNCTION,
    &strcat::FUNCTION,
    &strcat_array::FUNCTION,
    &strlen::FUNCTION,
    &substring::FUNCTION,
    &tobool::FUNCTION,
    &todatetime::FUNCTION,
    &tolong::FUNCTION,
    &tolower::FUNCTION,
    &toreal::FUNCTION,
    &tostring::FUNCTION,
    &totimespan::FUNCTION,
    &toupper::FUNCTION,
    &trim::FUNCTION,
    &typeof_::FUNCTION,
    &unixtime::FUNCTION,
];
