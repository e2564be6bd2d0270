//! AWS's default credential chain. It reads the environment and files of the user, hence each case is a process of its
//! own with an environment of its own: this test binary once more, with [`child`] as its only test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking; the child tells its parent what came"
)]

mod support;

use std::path::Path;

use support::aws::{ask, assumed, endpoint, logs, signers};
use support::{Reply, Seen, Server, ok, status};
use trawl_fleet::{AwsAuth, AwsSpec};

const FAR: &str = "2099-01-01T00:00:00Z";
/// Tells the child where CloudWatch is.
const ADDRESS: &str = "TRAWL_TEST_AWS_URL";
/// Tells the child to use this profile alone.
const PROFILE: &str = "TRAWL_TEST_AWS_PROFILE";

/// Sends one request with the credential of the chain and says what came of it.
#[tokio::test]
async fn child() {
    let Ok(url) = std::env::var(ADDRESS) else {
        return;
    };
    let auth = std::env::var(PROFILE).map_or(AwsAuth::Chain, AwsAuth::Profile);
    let spec = AwsSpec { auth, ..logs(url) };
    match endpoint(spec).send(ask("DescribeLogGroups")).await {
        Ok(response) => println!("OUTCOME status {}", response.status),
        Err(error) => println!("OUTCOME {:?} {error}", error.kind),
    }
}

/// What the child said.
async fn outcome(server: &Server, folder: &Path, variables: &[(&str, String)]) -> String {
    let output = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .env(ADDRESS, server.url())
        // No test asks a real instance: where one is looked for, it is not there.
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1")
        .envs(
            variables
                .iter()
                .map(|(name, value)| (*name, value.as_str())),
        )
        .output()
        .await
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let line = said.lines().find_map(|line| line.split_once("OUTCOME "));
    line.expect(&said).1.to_owned()
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn json(key: &str) -> Reply {
    let body = serde_json::json!({
        "Version": 1,
        "Code": "Success",
        "Type": "AWS-HMAC",
        "AccessKeyId": key,
        "SecretAccessKey": "s3cret",
        "Token": "t0ken",
        "SessionToken": "t0ken",
        "Expiration": FAR,
        "LastUpdated": "2020-01-01T00:00:00Z",
    });
    ok(body.to_string()).with("x-aws-ec2-metadata-token-ttl-seconds", "600")
}

/// CloudWatch, STS, a container's and an instance's credential endpoint in one.
fn answer(seen: &Seen) -> Reply {
    match (seen.method.as_str(), seen.target.as_str()) {
        _ if seen.header("x-amz-target").is_some() => ok("{}"),
        (_, "/container") if seen.header("authorization") == Some("pod-token") => {
            json("ASIACONTAINER")
        }
        ("PUT", "/latest/api/token") => {
            ok("imds-token").with("x-aws-ec2-metadata-token-ttl-seconds", "600")
        }
        (_, target) if target.starts_with("/latest/") => {
            if seen.header("x-aws-ec2-metadata-token") != Some("imds-token") {
                return status(401);
            }
            match target.rsplit_once('/') {
                Some((_, "reader")) => json("ASIAINSTANCE"),
                _ if target.contains("security-credentials") => ok("reader"),
                _ => status(404),
            }
        }
        (_, "/federation/credentials?role_name=r&account_id=222")
            if seen.header("x-amz-sso_bearer_token") == Some("sso-token") =>
        {
            let body = serde_json::json!({"roleCredentials": {
                "accessKeyId": "ASIASSO",
                "secretAccessKey": "s3cret",
                "sessionToken": "t0ken",
                "expiration": 4_070_908_800_000_i64,
            }});
            ok(body.to_string())
        }
        ("POST", "/") if seen.body.contains("WebIdentityToken=jwt-of-the-pod") => {
            assumed(seen, "ASIAWEB", FAR)
        }
        ("POST", "/") if seen.body.contains("Action=AssumeRole&") => assumed(seen, "ASIAROLE", FAR),
        _ => status(404),
    }
}

#[tokio::test]
async fn each_link_of_the_chain_signs() {
    let server = Server::start(answer).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let config = write(
        folder,
        "config",
        "[profile static]\naws_access_key_id = AKIASTATIC\naws_secret_access_key = s\n\
         [profile process]\ncredential_process = echo '{\"Version\":1,\"AccessKeyId\":\"ASIAPROCESS\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\"}'\n\
         [profile role]\nrole_arn = arn:aws:iam::222:role/reader\nsource_profile = static\n\
         [profile sso]\nsso_session = s\nsso_account_id = 222\nsso_role_name = r\n\
         [sso-session s]\nsso_region = eu-central-1\nsso_start_url = https://x.awsapps.com/start\n",
    );
    // Where `aws sso login` leaves its token: the SHA-1 of the session's name.
    let cache = folder.join(".aws/sso/cache");
    std::fs::create_dir_all(&cache).unwrap();
    let name = "a0f1490a20d0211c997b44bc357e1972deab8ae3.json";
    let login = serde_json::json!({"accessToken": "sso-token", "expiresAt": FAR});
    write(&cache, name, &login.to_string());
    let credentials = write(
        folder,
        "credentials",
        "[default]\naws_access_key_id = AKIAFILE\naws_secret_access_key = s\n",
    );
    let token = write(folder, "token", "jwt-of-the-pod");
    let pod = write(folder, "pod", "pod-token");
    let url = server.url();
    let of = |pairs: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        pairs
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect()
    };
    let files = [
        ("AWS_CONFIG_FILE", config.as_str()),
        ("AWS_SHARED_CREDENTIALS_FILE", credentials.as_str()),
    ];
    let profile = |name| [files[0], files[1], ("AWS_PROFILE", name)];
    let sts = ("AWS_ENDPOINT_URL_STS", url.as_str());
    let container = format!("{url}/container");
    let cases = [
        (
            of(&[
                ("AWS_ACCESS_KEY_ID", "AKIAENV"),
                ("AWS_SECRET_ACCESS_KEY", "s"),
            ]),
            "AKIAENV",
        ),
        (of(&files), "AKIAFILE"),
        (of(&profile("static")), "AKIASTATIC"),
        (of(&profile("process")), "ASIAPROCESS"),
        (
            of(&[files[0], files[1], ("AWS_PROFILE", "role"), sts]),
            "ASIAROLE",
        ),
        (
            of(&[
                ("AWS_WEB_IDENTITY_TOKEN_FILE", &token),
                ("AWS_ROLE_ARN", "arn:aws:iam::222:role/reader"),
                sts,
            ]),
            "ASIAWEB",
        ),
        (
            of(&[
                ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &container),
                ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &pod),
            ]),
            "ASIACONTAINER",
        ),
        (
            of(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url)]),
            "ASIAINSTANCE",
        ),
        (
            of(&[
                files[0],
                ("AWS_PROFILE", "sso"),
                ("AWS_ENDPOINT_URL_SSO", &url),
            ]),
            "ASIASSO",
        ),
        // A profile that is named is used alone, whatever the environment says.
        (
            of(&[
                files[0],
                files[1],
                (PROFILE, "static"),
                ("AWS_ACCESS_KEY_ID", "AKIAENV"),
                ("AWS_SECRET_ACCESS_KEY", "s"),
            ]),
            "AKIASTATIC",
        ),
    ];
    for (variables, key) in cases {
        let said = outcome(&server, folder, &variables).await;
        assert_eq!(said, "status 200", "{key}");
        assert_eq!(signers(&server).last().unwrap(), key);
    }
}

#[tokio::test]
async fn what_gives_no_credential_is_named_and_quotes_nothing() {
    let server = Server::start(|_| status(404)).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let config = write(
        folder,
        "config",
        "[profile broken]\ncredential_process = echo s3cret-on-stderr >&2; exit 3\n\
         [profile chatty]\ncredential_process = echo s3cret-on-stdout\n\
         [profile sso]\nsso_session = s\nsso_account_id = 222\nsso_role_name = r\n\
         [sso-session s]\nsso_region = eu-central-1\nsso_start_url = https://x.awsapps.com/start\n",
    );
    let url = server.url();
    let container = format!("{url}/container");
    let profile = |name: &str| {
        vec![
            ("AWS_CONFIG_FILE", config.clone()),
            (PROFILE, name.to_owned()),
        ]
    };
    for (variables, words) in [
        (
            vec![],
            "no AWS credential from AWS's default credential chain: nothing in the environment, the profile",
        ),
        (
            profile("broken"),
            "from the AWS profile `broken`: its `credential_process` failed",
        ),
        (profile("chatty"), "from the AWS profile `chatty`:"),
        (profile("missing"), "profile `missing` was not defined"),
        (profile("sso"), "from the AWS profile `sso`:"),
        (
            vec![("AWS_CONTAINER_CREDENTIALS_FULL_URI", container)],
            "127.0.0.1 answered 404: no reason given",
        ),
    ] {
        let said = outcome(&server, folder, &variables).await;
        assert!(said.starts_with("Unauthenticated "), "{said}");
        assert!(said.contains(words), "{said}");
        assert!(!said.contains("s3cret"), "{said}");
    }
    assert_eq!(signers(&server), Vec::<String>::new());
}
