//! Where an AWS service is: by region and service, or where the inventory says. Both become part of a host
//! name, hence what they may be.

use trawl_fleet::{AwsAuth, AwsSpec, is_aws_label};

use crate::error::{Error, ErrorKind};

/// The domains of AWS's partitions by how their regions begin (AWS SDKs, `partitions.json`); any other region is
/// of the partition `aws`.
const PARTITIONS: &[(&str, &str)] = &[
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
];
const COMMERCIAL: &str = "amazonaws.com";

/// One service in one region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Without a slash at its end where we made it.
    pub(crate) url: String,
    /// As signatures name it; empty where nothing is signed and the address is given.
    pub(crate) region: String,
    /// As signatures name it.
    pub(crate) service: String,
}

/// The place that a connection means.
///
/// # Errors
/// No region is known, or region or service could be more than a part of a host name.
pub(crate) fn place(spec: &AwsSpec) -> Result<Place, Error> {
    let wrong =
        |words: String, hint: &str| Err(Error::new(ErrorKind::InvalidConfig, words).hint(hint));
    let service = spec.service.as_deref().unwrap_or_default();
    if !is_aws_label(service) {
        let shown: String = service
            .chars()
            .filter(char::is_ascii_graphic)
            .take(40)
            .collect();
        return wrong(
            format!(
                "the endpoint `{shown}` of kind aws: expected AWS's name of a service, such as `logs`"
            ),
            "this is a fault of the plugin: report it to its author",
        );
    }
    let region = spec.region.as_deref().unwrap_or_default();
    if region.is_empty() {
        if let (Some(url), AwsAuth::None) = (&spec.url, &spec.auth) {
            return Ok(Place {
                url: url.clone(),
                region: String::new(),
                service: service.to_owned(),
            });
        }
        return wrong(
            "this connection to AWS has no region: expected `region` in it, or in the cluster it serves".to_owned(),
            "write `region: ap-southeast-1`; a connection of clusters in several regions takes none of theirs",
        );
    }
    if !is_aws_label(region) {
        let shown: String = region
            .chars()
            .filter(char::is_ascii_graphic)
            .take(40)
            .collect();
        return wrong(
            format!("`{shown}` is no region of AWS: expected one such as `ap-southeast-1`"),
            "write the `region` of AWS into the connection, where its cluster's is another word",
        );
    }
    let domain = PARTITIONS
        .iter()
        .find(|(prefix, _)| region.starts_with(prefix))
        .map_or(COMMERCIAL, |(_, domain)| domain);
    Ok(Place {
        url: spec
            .url
            .clone()
            .unwrap_or_else(|| format!("https://{service}.{region}.{domain}")),
        region: region.to_owned(),
        service: service.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(region: &str, service: &str) -> AwsSpec {
        AwsSpec {
            region: (!region.is_empty()).then(|| region.to_owned()),
            ..AwsSpec::default().of_service(service)
        }
    }

    #[test]
    fn a_place_is_its_service_in_its_region() {
        for (region, service, url) in [
            (
                "eu-central-1",
                "logs",
                "https://logs.eu-central-1.amazonaws.com",
            ),
            (
                "us-gov-west-1",
                "monitoring",
                "https://monitoring.us-gov-west-1.amazonaws.com",
            ),
            (
                "cn-north-1",
                "logs",
                "https://logs.cn-north-1.amazonaws.com.cn",
            ),
            (
                "eusc-de-east-1",
                "logs",
                "https://logs.eusc-de-east-1.amazonaws.eu",
            ),
            (
                "us-isob-east-1",
                "logs",
                "https://logs.us-isob-east-1.sc2s.sgov.gov",
            ),
        ] {
            assert_eq!(place(&spec(region, service)).unwrap().url, url);
        }
    }

    #[test]
    fn an_address_in_the_inventory_wins_and_the_region_is_still_signed() {
        let mut spec = spec("eu-central-1", "logs");
        spec.url = Some("http://127.0.0.1:5000/".to_owned());
        let place = place(&spec).unwrap();
        assert_eq!(place.url, "http://127.0.0.1:5000/");
        assert_eq!(place.region, "eu-central-1");
    }

    #[test]
    fn what_is_no_part_of_a_host_name_is_refused() {
        for (region, service, words) in [
            ("", "logs", "has no region: expected `region`"),
            (
                "evil.example/",
                "logs",
                "`evil.example/` is no region of AWS",
            ),
            ("Frankfurt", "logs", "`Frankfurt` is no region"),
            ("eu-central-1", "", "expected AWS's name of a service"),
            (
                "eu-central-1",
                "x@evil.example/",
                "expected AWS's name of a service",
            ),
        ] {
            let error = place(&spec(region, service)).unwrap_err();
            assert!(error.message.contains(words), "{error}");
            assert_eq!(error.kind, ErrorKind::InvalidConfig);
        }
        let mut unsigned = spec("", "logs");
        unsigned.url = Some("http://127.0.0.1:5000/".to_owned());
        assert!(place(&unsigned).is_err(), "a signature names a region");
        unsigned.auth = AwsAuth::None;
        assert!(place(&unsigned).is_ok());
    }
}
