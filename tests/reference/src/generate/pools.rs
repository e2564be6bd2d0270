//! The values that tables and literals are made of: few, so that they meet; and those at which mistakes are made.

/// Keys, with case and ties.
pub const KEYS: [&str; 6] = ["a", "b", "A", "prod", "Prod-ap", ""];

/// Plain texts: terms, case, characters of several bytes, white space, quotes.
pub const TEXTS: [&str; 16] = [
    "",
    "a",
    "A",
    "alpha beta",
    "Alpha-Beta",
    "alpha,beta,,gamma",
    "  padded\t",
    "héllo wörld",
    "ÀÉÎ straße",
    "日本語 テスト",
    "e\u{301}😀x",
    "pod web-7 took 15ms",
    "pod db-x took 2h",
    "say \"hi\" \\ now",
    "aaa",
    "line\nbreak",
];

/// Texts that mean something to a function: numbers, truths, times, spans, quantities, documents, references.
pub const NUMBERS: [&str; 12] = [
    "1",
    " 42 ",
    "-7",
    "+3",
    "0",
    "9223372036854775807",
    "9223372036854775808",
    "1.5",
    "-0.25",
    "1e5",
    "x",
    "",
];
/// Truth values and what only looks like one.
pub const TRUTHS: [&str; 6] = ["true", "FALSE", " True ", "1", "yes", ""];
/// Times as text.
pub const TIMES: [&str; 10] = [
    "2026-01-31",
    "2026-03-29T01:30:00Z",
    "2026-10-25T02:30:00+02:00",
    "2026-02-30",
    "1969-12-31T23:59:59.5Z",
    "9999-12-31T23:59:59Z",
    "yesterday",
    "2026-07-31T12:00:00.123456789Z",
    "2024-02-29T00:00:00-05:30",
    "",
];
/// Spans as text.
pub const SPANS: [&str; 9] = ["1h30m", "-5m", "1.5h", "250ms", "5", "h", "2d", "0s", ""];
/// Quantities as text.
pub const QUANTITIES: [&str; 14] = [
    "500m", "0.5", "1Ki", "2Gi", "-1", "1e3", "1E", "100n", "5u", "1.5k", "", "x", "+2", "1.25Mi",
];
/// Documents as text.
pub const DOCUMENTS: [&str; 14] = [
    "{\"a\":1,\"b\":\"x\",\"c\":[1,2,3]}",
    "{\"a\":\"2\",\"d\":{\"e\":true}}",
    "{}",
    "[]",
    "[1,\"a\",null,true]",
    "[3,1,2.5]",
    "[{\"t\":\"a\",\"v\":1},{\"t\":\"b\",\"v\":2},{\"v\":3}]",
    "\"text\"",
    "7",
    "2.5",
    "true",
    "null",
    "{bad",
    "",
];
/// Images.
pub const IMAGES: [&str; 12] = [
    "nginx",
    "nginx:1.25",
    "localhost:5000/team/app:v1",
    "registry.k8s.io/kube-proxy:v1.29.1",
    "ghcr.io/a/b/c",
    "quay.io/x/y@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "docker.io/library/redis:7",
    "docker.io/redis",
    "Nginx",
    "a//b",
    "",
    "user/app:tag@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
];
/// Versions.
pub const VERSIONS: [&str; 11] = [
    "v1.29.3",
    "1.2",
    "3",
    "29+",
    "1.2.3-rc.1",
    "1.2.3-rc.10+build.5",
    "v2.0.0+meta",
    "1.2.3.4",
    "x",
    "",
    "10.0.1-alpha",
];
/// Addresses.
pub const ADDRESSES: [&str; 8] = [
    "10.1.2.3",
    "192.168.0.1",
    "10.255.0.0",
    "2001:db8::1",
    "::1",
    "10.1.2",
    "x",
    "",
];
/// Networks.
pub const NETWORKS: [&str; 6] = [
    "10.0.0.0/8",
    "192.168.0.0/24",
    "0.0.0.0/0",
    "2001:db8::/32",
    "10.1.2.3",
    "10.1.2.3/31",
];
/// Base 64, good and bad.
pub const BASE64: [&str; 7] = [
    "aGk=",
    "aGk",
    " aMOpbGxv ",
    "a",
    "/w==",
    "",
    "aGVsbG8gd29ybGQ=",
];
/// Selectors.
pub const SELECTORS: [&str; 9] = [
    "app=web",
    "app==db,tier",
    "app!=web",
    "!tier",
    "tier in (front, back)",
    "app notin (web, db)",
    "app",
    "app=web,tier!=front",
    "x.y/z=1",
];
/// Regular expressions.
pub const REGEXES: [&str; 9] = [
    "[a-z]+",
    "^pod (\\S+)",
    "([a-z])([0-9])?",
    "\\bbeta\\b",
    "(?i)ALPHA",
    "^$",
    "[0-9]+(ms|h)",
    "(é|ö)",
    "a",
];
/// Zones whose clocks change, at different times of the day and year, and some that never do.
pub const ZONES: [&str; 8] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Pacific/Apia",
];
/// Moments, most of them around changes of clocks and the ends of days, weeks, months and years.
pub const MOMENTS: [&str; 22] = [
    "2026-03-29T00:59:59.999999999Z",
    "2026-03-29T01:00:00Z",
    "2026-03-28T23:30:00Z",
    "2026-10-25T00:30:00Z",
    "2026-10-25T01:30:00Z",
    "2026-03-08T07:00:00Z",
    "2026-11-01T05:30:00Z",
    "2026-11-01T06:30:00Z",
    "2018-11-04T02:59:59Z",
    "2018-11-04T03:00:00Z",
    "2018-02-18T01:30:00Z",
    "2011-12-30T09:59:59Z",
    "2011-12-30T10:00:00Z",
    "2026-04-04T15:00:00Z",
    "2023-04-27T22:00:00Z",
    "1970-01-01T00:00:00Z",
    "1969-12-31T23:59:59.5Z",
    "2024-02-29T12:00:00.123456789Z",
    "2026-12-31T23:59:59.001Z",
    "2027-01-01T00:00:00Z",
    "2026-07-31T11:00:00Z",
    "2026-07-31T11:45:00.000001Z",
];
/// Timespans as literals.
pub const SPAN_LITERALS: [&str; 10] = [
    "5m", "1h30m", "250ms", "1d", "0s", "1us", "2w", "90s", "1h", "7ns",
];
/// Widths of bins of time.
pub const WIDTHS: [&str; 6] = ["1m", "15m", "1h", "1d", "7h", "1w"];
/// Formats of times.
pub const FORMATS: [&str; 9] = [
    "yyyy-MM-dd HH:mm:ss",
    "d/M/yy",
    "hh:mm tt",
    "h:m:s.f",
    "HH:mm:ss.fffffffff zzz",
    "yyyy'T'ss.fff",
    "yy.MM.dd H",
    "'at' HH 'h'",
    "ss.ffffff",
];
/// Parts of a time.
pub const PARTS: [&str; 13] = [
    "year",
    "quarter",
    "month",
    "week",
    "day",
    "dayofyear",
    "dayofweek",
    "hour",
    "minute",
    "second",
    "millisecond",
    "microsecond",
    "nanosecond",
];
/// Longs that are near each other.
pub const SMALL: [i64; 10] = [0, 1, 2, 3, -1, 5, 7, 10, -4, 12];
/// Longs at the ends.
pub const EXTREME: [i64; 8] = [
    i64::MAX,
    i64::MIN,
    i64::MAX - 1,
    i64::MIN + 1,
    1 << 53,
    (1 << 53) + 1,
    3_000_000_000,
    -86_400,
];
/// Reals whose sums are exact.
pub const TAME: [f64; 9] = [0.0, 0.25, 1.5, -2.75, 3.0, 10.5, -1.0, 100.0, 2.5];
/// All other reals.
pub const WILD: [f64; 12] = [
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    -0.0,
    0.0,
    1e300,
    -1e300,
    3.25159,
    0.1,
    2.5e-7,
    9_223_372_036_854_775_808.0,
    1.5,
];
