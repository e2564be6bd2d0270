//! AWS as the tests need it: an endpoint that may read logs, a request, and what a signature says.

use std::path::Path;

use trawl_connect::{
    Approval, AwsShared, Endpoint, EndpointOptions, Granted, Method, Operation, Request,
};
use trawl_fleet::{AwsAuth, AwsSpec, EndpointSpec, SecretRef};

use super::{Reply, Seen, Server, status};

/// CloudWatch Logs in eu-central-1 at this address, with the chain's credential.
pub fn logs(url: String) -> AwsSpec {
    AwsSpec {
        region: Some("eu-central-1".to_owned()),
        sts_url: Some(url.clone()),
        url: Some(url),
        ..AwsSpec::default().of_service("logs")
    }
}

/// A key pair whose secret is in a file of this folder.
pub fn keys(folder: &Path, access_key_id: &str) -> AwsAuth {
    let file = folder.join("secret");
    std::fs::write(&file, "hunter2hunter2\n").unwrap();
    AwsAuth::Keys {
        access_key_id: access_key_id.to_owned(),
        secret_access_key: SecretRef::File(file),
        session_token: None,
    }
}

pub fn approval() -> Approval {
    let operation = |action: &str| Operation {
        method: Method::Post,
        path: "/".to_owned(),
        action: Some(format!("Logs_20140328.{action}")),
    };
    Approval {
        granted: Granted::Declared,
        operations: ["FilterLogEvents", "DescribeLogGroups", "StartQuery"]
            .map(operation)
            .to_vec(),
        request_headers: vec!["Content-Type".into(), "X-Amz-Date".into()],
        response_headers: Vec::new(),
    }
}

pub fn endpoint(spec: AwsSpec) -> Endpoint {
    endpoint_with(spec, &AwsShared::default())
}

pub fn endpoint_with(spec: AwsSpec, shared: &AwsShared) -> Endpoint {
    let options = EndpointOptions {
        aws: shared.clone(),
        ..EndpointOptions::default()
    };
    Endpoint::with(EndpointSpec::Aws(spec), approval(), options)
}

pub fn ask(action: &str) -> Request {
    Request {
        method: Method::Post,
        path: Vec::new(),
        query: Vec::new(),
        headers: vec![
            ("Content-Type".into(), "application/x-amz-json-1.1".into()),
            ("X-Amz-Target".into(), format!("Logs_20140328.{action}")),
        ],
        body: Some("{}".into()),
        timeout: None,
    }
}

/// An error as AWS's JSON protocols answer it.
pub fn fault(code: u16, name: &str, message: &str) -> Reply {
    let body = serde_json::json!({"__type": name, "message": message});
    Reply {
        body: body.to_string().into_bytes(),
        ..status(code)
    }
}

/// What STS answers to `AssumeRole` or `AssumeRoleWithWebIdentity`.
pub fn assumed(seen: &Seen, key: &str, expiry: &str) -> Reply {
    let action = if seen.body.contains("AssumeRoleWithWebIdentity") {
        "AssumeRoleWithWebIdentity"
    } else {
        "AssumeRole"
    };
    let body = format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>\
         <AssumedRoleUser><Arn>arn:aws:sts::222:assumed-role/r/trawl</Arn><AssumedRoleId>A:trawl</AssumedRoleId></AssumedRoleUser>\
         <Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>s3cret</SecretAccessKey>\
         <SessionToken>t0ken-of-a-session</SessionToken><Expiration>{expiry}</Expiration></Credentials>\
         </{action}Result></{action}Response>"
    );
    Reply {
        status: 200,
        headers: vec![("content-type", "text/xml".into())],
        body: body.into_bytes(),
    }
}

/// The access keys that signed the requests for logs, in their order.
pub fn signers(server: &Server) -> Vec<String> {
    server
        .seen()
        .iter()
        .filter(|seen| seen.header("x-amz-target").is_some())
        .map(signer)
        .collect()
}

pub fn signer(seen: &Seen) -> String {
    let authorization = seen.header("authorization").unwrap();
    let (_, after) = authorization.split_once("Credential=").unwrap();
    after.split('/').next().unwrap().to_owned()
}
