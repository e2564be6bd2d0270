//! One AWS identity and its credential: found by AWS's own library, kept until shortly before it ends, shared by all
//! endpoints that are the same identity. Foreign errors are told in our words, since some quote what a program printed.

use std::error::Error as StdError;
use std::fmt;
use std::time::{Duration, SystemTime};

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::default_async_sleep;
use aws_smithy_async::time::SystemTimeSource;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::Instant;
use trawl_fleet::{AwsAuth, AwsRole, AwsSpec, HttpSpec, Tls};

use crate::aws::transport::Transport;
use crate::error::{Error, ErrorKind};
use crate::http_remote;
use crate::limits::{
    Bounds, FAILED_CREDENTIAL_AGE, MIN_CREDENTIAL_AGE, RENEW_BEFORE, SECRET_FILE_AGE,
};
use crate::quiet::quiet;
use crate::secret;

/// What AWS's logs call our sessions.
const SESSION_NAME: &str = "trawl";
/// What the chain looked through.
const NOWHERE: &str =
    "nothing in the environment, the profile, web identity, the container or the instance";
/// Of the words of AWS's library about its files.
const MAX_SAID_CHARACTERS: usize = 300;
/// The credential endpoints of this machine, container and instance: no proxy knows them.
const METADATA_HOSTS: &str = "169.254.169.254,169.254.170.2,169.254.170.23,fd00:ec2::254,fd00:ec2::23,localhost,127.0.0.0/8,::1";

/// Whatever a credential depends on. Two connections that agree in it are one identity.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    auth: AwsAuth,
    role: Option<AwsRole>,
    region: String,
    sts_url: Option<String>,
    tls: Tls,
    proxy: Option<String>,
}

impl Identity {
    /// Who a connection is; none where its requests are not signed.
    pub(crate) fn of(spec: &AwsSpec, region: &str) -> Option<Identity> {
        (spec.auth != AwsAuth::None).then(|| Identity {
            auth: spec.auth.clone(),
            role: spec.role.clone(),
            region: region.to_owned(),
            sts_url: spec.sts_url.clone(),
            tls: spec.tls.clone(),
            proxy: spec.proxy.clone(),
        })
    }

    /// Whose requests AWS counts: the account, or the key where the account is not known.
    pub(crate) fn account(&self, credentials: &Credentials) -> String {
        let of_role = self
            .role
            .as_ref()
            .and_then(|role| role.arn.split(':').nth(4));
        credentials
            .account_id()
            .map(|account| account.as_str())
            .or(of_role.filter(|account| !account.is_empty()))
            .unwrap_or(credentials.access_key_id())
            .to_owned()
    }

    /// The identity for messages.
    fn shown(&self) -> String {
        let base = match &self.auth {
            AwsAuth::Profile(name) => format!("the AWS profile `{name}`"),
            AwsAuth::Keys { access_key_id, .. } => format!("the AWS key {access_key_id}"),
            AwsAuth::Chain | AwsAuth::None => "AWS's default credential chain".to_owned(),
        };
        match &self.role {
            Some(role) => format!("the role {} through {base}", role.arn),
            None => base,
        }
    }
}

/// The credential of an identity, once for all its endpoints.
pub(crate) struct IdentityCredential {
    identity: Identity,
    client: OnceCell<reqwest::Client>,
    kept: Mutex<Option<Kept>>,
}

struct Kept {
    outcome: Result<Credentials, Error>,
    until: Option<Instant>,
    /// When it took the place of one that AWS refused.
    renewed: Option<Instant>,
}

impl Kept {
    /// Whether another one was asked for so lately that asking again would give the same: refused requests come by the dozen, and
    /// each fetch may run a program or call STS.
    fn is_fresh(&self, now: Instant) -> bool {
        self.renewed
            .is_some_and(|at| now.saturating_duration_since(at) < FAILED_CREDENTIAL_AGE)
    }
}

impl fmt::Debug for IdentityCredential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the credential of {}", self.identity.shown())
    }
}

impl IdentityCredential {
    pub(crate) fn new(identity: Identity) -> IdentityCredential {
        IdentityCredential {
            identity,
            client: OnceCell::new(),
            kept: Mutex::new(None),
        }
    }

    /// The credential, and how long it may be used; another one than `refused`, if there is one. Others wait
    /// meanwhile, so that one is fetched for all.
    ///
    /// # Errors
    /// There is none; those who waited for it are told the same.
    pub(crate) async fn get(
        &self,
        bounds: &Bounds,
        refused: Option<&Credentials>,
    ) -> Result<(Credentials, Duration), Error> {
        let mut kept = self.kept.lock().await;
        let now = Instant::now();
        let good = kept.as_ref().filter(|kept| {
            kept.until.is_some_and(|until| now < until)
                && refused.is_none_or(|refused| {
                    kept.outcome.as_ref().ok() != Some(refused) || kept.is_fresh(now)
                })
        });
        if let Some(kept) = good {
            let left = kept.until.map(|until| until.saturating_duration_since(now));
            return kept
                .outcome
                .clone()
                .map(|credentials| (credentials, left.unwrap_or_default()));
        }
        let outcome = self.fetch(bounds).await;
        let age = match &outcome {
            Ok(credentials) => age(credentials.expiry(), SystemTime::now()),
            Err(_) => FAILED_CREDENTIAL_AGE,
        };
        *kept = Some(Kept {
            outcome: outcome.clone(),
            until: Instant::now().checked_add(age),
            renewed: refused.map(|_| Instant::now()),
        });
        outcome.map(|credentials| (credentials, age))
    }

    /// Asks for a credential anew: files are read again, and nothing of a run before is used.
    async fn fetch(&self, bounds: &Bounds) -> Result<Credentials, Error> {
        let client = self.client.get_or_try_init(|| self.client(bounds)).await?;
        let transport = Transport::new(client.clone());
        let region = Region::new(self.identity.region.clone());
        let config = ProviderConfig::default()
            .with_http_client(transport.clone())
            .with_region(Some(region.clone()));
        let provider = match &self.identity.auth {
            AwsAuth::Profile(name) => SharedCredentialsProvider::new(
                ProfileFileCredentialsProvider::builder()
                    .profile_name(name)
                    .configure(&config)
                    .build(),
            ),
            AwsAuth::Keys {
                access_key_id,
                secret_access_key,
                session_token,
            } => {
                let secret = secret::resolve(secret_access_key).await?;
                let token = match session_token {
                    Some(reference) => Some(secret::resolve(reference).await?),
                    None => None,
                };
                SharedCredentialsProvider::new(Credentials::new(
                    access_key_id,
                    secret.trimmed().exposed(),
                    token.map(|token| token.trimmed().exposed().to_owned()),
                    None,
                    "clusters.yaml",
                ))
            }
            AwsAuth::Chain | AwsAuth::None => {
                let chain = DefaultCredentialsChain::builder()
                    .region(region.clone())
                    .configure(config);
                SharedCredentialsProvider::new(quiet(chain.build()).await)
            }
        };
        let provider = match &self.identity.role {
            Some(role) => self.assumed(role, provider, &transport, region).await,
            None => provider,
        };
        quiet(provider.provide_credentials())
            .await
            .map_err(|error| self.none(&error, transport.failure()))
    }

    async fn assumed(
        &self,
        role: &AwsRole,
        base: SharedCredentialsProvider,
        transport: &Transport,
        region: Region,
    ) -> SharedCredentialsProvider {
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(transport.clone())
            .time_source(SystemTimeSource::new())
            .region(region);
        config.set_sleep_impl(default_async_sleep());
        config.set_endpoint_url(self.identity.sts_url.clone());
        let mut provider = AssumeRoleProvider::builder(&role.arn)
            .session_name(SESSION_NAME)
            .configure(&config.build());
        if let Some(external_id) = &role.external_id {
            provider = provider.external_id(external_id);
        }
        SharedCredentialsProvider::new(quiet(provider.build_from_provider(base)).await)
    }

    async fn client(&self, bounds: &Bounds) -> Result<reqwest::Client, Error> {
        let spec = HttpSpec {
            tls: self.identity.tls.clone(),
            proxy: self.identity.proxy.clone(),
            ..HttpSpec::default()
        };
        http_remote::client(
            &spec,
            false,
            bounds,
            reqwest::NoProxy::from_string(METADATA_HOSTS),
        )
        .await
    }

    fn none(&self, error: &CredentialsError, failure: Option<String>) -> Error {
        let who = self.identity.shown();
        // What is wrong with AWS's files is told in names and places alone.
        let is_configured = matches!(error, CredentialsError::InvalidConfiguration(_))
            || matches!(
                (error, &self.identity.auth),
                (
                    CredentialsError::CredentialsNotLoaded(_),
                    AwsAuth::Profile(_)
                )
            );
        let said = error.source().filter(|_| is_configured).map(|said| {
            let said = said.to_string();
            let visible = said.chars().filter(|c| !c.is_control());
            visible.take(MAX_SAID_CHARACTERS).collect::<String>()
        });
        // The text of any other may quote what a program printed, which can be a secret.
        let is_process = chain(error).any(|error| error.to_string().contains("external process"));
        let is_nowhere = matches!(error, CredentialsError::CredentialsNotLoaded(_));
        let because = match (said, failure) {
            (Some(said), _) => said,
            (None, Some(failure)) if is_nowhere => format!("{NOWHERE} ({failure})"),
            (None, Some(failure)) => failure,
            (None, None) if is_process => {
                "its `credential_process` failed, or printed no credential".to_owned()
            }
            (None, None) => match error {
                CredentialsError::CredentialsNotLoaded(_) => NOWHERE,
                CredentialsError::ProviderTimedOut(_) => "none came in time",
                _ => "it could not be had, or has ended",
            }
            .to_owned(),
        };
        Error::new(
            ErrorKind::Unauthenticated,
            format!("no AWS credential from {who}: {because}"),
        )
        .hint("try `aws sts get-caller-identity` as the same user (`aws sso login` where it is SSO), or set `auth` of the connection")
    }
}

/// How long a credential is used: until shortly before it ends. One that names no end is looked up again as a file
/// is, since that may be what it came from.
fn age(expiry: Option<SystemTime>, now: SystemTime) -> Duration {
    match expiry {
        None => SECRET_FILE_AGE,
        Some(expiry) => expiry
            .duration_since(now)
            .unwrap_or_default()
            .saturating_sub(RENEW_BEFORE)
            .max(MIN_CREDENTIAL_AGE),
    }
}

/// An error and what it came from.
fn chain<'a>(error: &'a CredentialsError) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let first: &'a (dyn StdError + 'static) = error;
    std::iter::successors(Some(first), |error| {
        let error: &'a (dyn StdError + 'static) = *error;
        error.source()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;
    use trawl_fleet::{Limits, SecretRef};

    #[test]
    fn a_credential_is_renewed_before_it_ends() {
        let now = UNIX_EPOCH + Duration::from_secs(1_000);
        for (expiry, expected) in [
            (None, SECRET_FILE_AGE),
            (Some(1_000 + 3_600), Duration::from_secs(3_570)),
            (Some(1_000 + 31), MIN_CREDENTIAL_AGE),
            (Some(1_000), MIN_CREDENTIAL_AGE),
            (Some(10), MIN_CREDENTIAL_AGE),
        ] {
            let expiry = expiry.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds));
            assert_eq!(age(expiry, now), expected, "{expiry:?}");
        }
    }

    /// A key pair whose secret is in this file.
    fn from_file(file: &std::path::Path) -> IdentityCredential {
        let spec = AwsSpec {
            auth: AwsAuth::Keys {
                access_key_id: "AKIA".to_owned(),
                secret_access_key: SecretRef::File(file.to_owned()),
                session_token: None,
            },
            ..AwsSpec::default()
        };
        IdentityCredential::new(Identity::of(&spec, "eu-central-1").unwrap())
    }

    async fn secret(
        credential: &IdentityCredential,
        refused: Option<&Credentials>,
    ) -> Result<String, Error> {
        let bounds = Bounds::of(&Limits::default());
        let (credentials, _) = credential.get(&bounds, refused).await?;
        Ok(credentials.secret_access_key().to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn a_credential_is_kept_until_its_end_or_until_it_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "one").unwrap();
        let credential = from_file(&file);
        assert_eq!(secret(&credential, None).await.unwrap(), "one");
        std::fs::write(&file, "two").unwrap();
        assert_eq!(secret(&credential, None).await.unwrap(), "one");
        tokio::time::advance(SECRET_FILE_AGE).await;
        assert_eq!(secret(&credential, None).await.unwrap(), "two");
        std::fs::write(&file, "three").unwrap();
        let of = |secret: &str| Credentials::new("AKIA", secret, None, None, "clusters.yaml");
        let another = secret(&credential, Some(&of("one"))).await.unwrap();
        assert_eq!(another, "two", "another endpoint has renewed it already");
        let renewed = secret(&credential, Some(&of("two"))).await.unwrap();
        assert_eq!(renewed, "three");
        assert!(!format!("{credential:?}").contains("three"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_kept_for_those_who_wait_and_no_longer() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        let credential = from_file(&file);
        assert!(secret(&credential, None).await.is_err());
        std::fs::write(&file, "one").unwrap();
        assert!(secret(&credential, None).await.is_err());
        tokio::time::advance(FAILED_CREDENTIAL_AGE).await;
        assert_eq!(secret(&credential, None).await.unwrap(), "one");
    }

    #[test]
    fn aws_counts_by_account_where_it_is_known() {
        let identity = |arn: Option<&str>| {
            let role = arn.map(|arn| AwsRole {
                arn: arn.to_owned(),
                external_id: None,
            });
            let spec = AwsSpec {
                role,
                ..AwsSpec::default()
            };
            Identity::of(&spec, "eu-central-1").unwrap()
        };
        let keys = Credentials::new("AKIA1", "s", None, None, "test");
        let known = Credentials::builder()
            .access_key_id("AKIA1")
            .secret_access_key("s")
            .account_id("111")
            .provider_name("test")
            .build();
        let role = Some("arn:aws:iam::222:role/r");
        assert_eq!(identity(None).account(&keys), "AKIA1");
        assert_eq!(identity(role).account(&keys), "222");
        assert_eq!(identity(role).account(&known), "111");
    }
}
