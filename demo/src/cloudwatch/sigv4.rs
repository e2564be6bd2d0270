//! Owns checking AWS Signature Version 4 of a request, from AWS's documentation ("Create a signed AWS API request"). It is
//! written on its own, so that it shares no mistake with the signer it is used against. It takes headers, not presigned
//! addresses.

use hmac::{Hmac, Mac};
use http::StatusCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::credentials::Credentials;
use super::refusal::{Refusal, Service};
use crate::clock;
use crate::serve::Call;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// AWS refuses requests whose date is further from its own clock than this.
const MAX_SKEW_S: i64 = 15 * 60;
/// What RFC 3986 leaves as it is, and with it AWS's `UriEncode`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// The parts of an `Authorization` header.
struct Authorization<'a> {
    access_key_id: &'a str,
    /// `DATE/REGION/SERVICE/aws4_request`.
    scope: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

/// Whether a request was signed with the credentials, for this region and service, at about `now_s`.
pub(crate) fn check(
    call: &Call,
    credentials: &Credentials,
    region: &str,
    service: Service,
    now_s: i64,
) -> Result<(), Refusal> {
    let header = call.header(http::header::AUTHORIZATION).ok_or_else(|| {
        forbidden(
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        )
    })?;
    let authorization = read(header)?;
    if authorization.access_key_id != credentials.access_key_id {
        return Err(forbidden(
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ));
    }
    let date = named(call, "x-amz-date");
    let signed_s = instant(&date).ok_or_else(|| {
        incomplete("Date must be in ISO-8601 'basic format', in the header X-Amz-Date.")
    })?;
    if signed_s.abs_diff(now_s) > MAX_SKEW_S.unsigned_abs() {
        let message =
            format!("Signature not current: {date} is not within 15 minutes of the server's time.");
        return Err(forbidden("InvalidSignatureException", message));
    }
    let day = date.get(..8).unwrap_or_default();
    let scope = format!("{day}/{region}/{}/aws4_request", service.name());
    if authorization.scope != scope {
        let message = format!(
            "Credential should be scoped to {scope}, not {}.",
            authorization.scope
        );
        return Err(forbidden("InvalidSignatureException", message));
    }
    let signed: Vec<&str> = authorization.signed_headers.split(';').collect();
    for needed in ["host", "x-amz-date"] {
        if !signed.contains(&needed) {
            let message = format!("'{needed}' must be a 'SignedHeader' in the AWS Authorization.");
            return Err(forbidden("InvalidSignatureException", message));
        }
    }
    let canonical = canonical_request(call, &signed, authorization.signed_headers);
    let digest = hex(&Sha256::digest(canonical.as_bytes()));
    let to_sign = format!("{ALGORITHM}\n{date}\n{scope}\n{digest}");
    let mut key = format!("AWS4{}", credentials.secret_access_key).into_bytes();
    for part in [
        day,
        region,
        service.name(),
        "aws4_request",
        to_sign.as_str(),
    ] {
        key = hmac(&key, part.as_bytes());
    }
    if hex(&key) == authorization.signature {
        return Ok(());
    }
    Err(forbidden(
        "InvalidSignatureException",
        format!(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
             Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this \
             request should have been\n'{canonical}'\n\nThe String-to-Sign should have been\n'{to_sign}'\n"
        ),
    ))
}

fn read(header: &str) -> Result<Authorization<'_>, Refusal> {
    let rest = header.strip_prefix(ALGORITHM).ok_or_else(|| {
        incomplete("Authorization header requires the algorithm 'AWS4-HMAC-SHA256'.")
    })?;
    let part = |name: &str| {
        rest.split(',')
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
            .ok_or_else(|| incomplete(format!("Authorization header requires '{name}' parameter.")))
    };
    let (access_key_id, scope) = part("Credential")?.split_once('/').ok_or_else(|| {
        incomplete("Credential must have the form KEY/DATE/REGION/SERVICE/aws4_request.")
    })?;
    Ok(Authorization {
        access_key_id,
        scope,
        signed_headers: part("SignedHeaders")?,
        signature: part("Signature")?,
    })
}

fn canonical_request(call: &Call, signed: &[&str], signed_headers: &str) -> String {
    let encode = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
    let mut query: Vec<(String, String)> = call
        .query
        .iter()
        .map(|(name, value)| (encode(name), encode(value)))
        .collect();
    query.sort();
    let query: Vec<String> = query
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut headers = String::new();
    for name in signed {
        let value = named(call, name);
        let words: Vec<&str> = value.split_whitespace().collect();
        headers.push_str(&format!("{name}:{}\n", words.join(" ")));
    }
    let payload = hex(&Sha256::digest(&call.body));
    format!(
        "{}\n{}\n{}\n{headers}\n{signed_headers}\n{payload}",
        call.method,
        call.path,
        query.join("&")
    )
}

/// A header's values, joined as the canonical form has them; none is the empty text.
fn named(call: &Call, name: &str) -> String {
    let values: Vec<&str> = call
        .headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    values.join(",")
}

/// `20261121T081640Z` in seconds since 1970.
fn instant(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (year, month, day) = (date.get(..4)?, date.get(4..6)?, date.get(6..)?);
    let (hour, minute, second) = (time.get(..2)?, time.get(2..4)?, time.get(4..)?);
    clock::parse_s(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
}

/// HMAC-SHA256; a key of any length is taken, so there is nothing that could fail.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mac| mac.chain_update(message).finalize().into_bytes().to_vec())
        .unwrap_or_default()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn forbidden(kind: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::with_status(StatusCode::FORBIDDEN, kind, message)
}

fn incomplete(message: impl Into<String>) -> Refusal {
    forbidden("IncompleteSignatureException", message)
}

#[cfg(test)]
mod tests;
