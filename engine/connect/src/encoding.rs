//! Whether bodies are asked for packed: beyond loopback, where the wire costs more than gzip does. The clients
//! unpack what comes; what is still packed then is noticed here.

use http::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};
use url::Host;

/// What goes out as `Accept-Encoding` to this host of a URL. `wanted` is a choice over the address's.
pub(crate) fn accepted(host: &str, proxied: bool, wanted: Option<bool>) -> HeaderValue {
    // Behind a proxy is another machine, whatever it is called there.
    let packed = wanted.unwrap_or(proxied || !is_loopback(host));
    HeaderValue::from_static(if packed { "gzip" } else { "identity" })
}

/// Whether the address is this machine's by itself. Names are not resolved.
pub(crate) fn is_loopback(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Ipv4(address)) => address.is_loopback(),
        Ok(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        Ok(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Err(_) => false,
    }
}

/// The encoding that is left on a body after the client unpacked what it knows; none where the body is plain.
pub(crate) fn left(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_ENCODING)?;
    let name: String = value
        .to_str()
        .unwrap_or("something unprintable")
        .chars()
        .take(40)
        .collect();
    (!name.trim().is_empty() && !name.trim().eq_ignore_ascii_case("identity")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_packed_beyond_loopback() {
        for (host, packed) in [
            ("127.0.0.1", false),
            ("127.8.8.8", false),
            ("[::1]", false),
            ("[::ffff:127.0.0.1]", false),
            ("LOCALHOST", false),
            ("localhost.", false),
            ("api.localhost", false),
            ("10.0.0.1", true),
            ("[2001:db8::1]", true),
            ("localhost.example.com", true),
            ("notlocalhost", true),
            ("", true),
        ] {
            let header = |proxied, wanted| accepted(host, proxied, wanted);
            let name = if packed { "gzip" } else { "identity" };
            assert_eq!(header(false, None), name, "{host}");
            assert_eq!(header(true, None), "gzip", "{host}");
            assert_eq!(header(true, Some(false)), "identity", "{host}");
            assert_eq!(header(false, Some(true)), "gzip", "{host}");
        }
    }

    #[test]
    fn what_is_still_packed_is_noticed() {
        for (value, found) in [
            ("br", Some("br")),
            ("gzip, gzip", Some("gzip, gzip")),
            ("identity", None),
            ("Identity", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(value));
            assert_eq!(left(&headers).as_deref(), found, "{value}");
        }
        assert_eq!(left(&HeaderMap::new()), None);
    }
}
