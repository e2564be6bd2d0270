//! An AWS endpoint: the HTTP of any endpoint, with a signature in the place of a credential.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use tokio::time::Instant;
use trawl_fleet::{Auth, AwsSpec, HttpSpec};

use crate::aws::AwsShared;
use crate::aws::address::{self, Place};
use crate::aws::credential::{Identity, IdentityCredential};
use crate::aws::examine::examine;
use crate::aws::pace::{self, Counted};
use crate::aws::sign::{self, Signable};
use crate::error::Error;
use crate::http_remote::{HttpRemote, HttpSender};
use crate::limits::{Bounds, SECRET_FILE_AGE};
use crate::masked::Masks;
use crate::prepared::Prepared;
use crate::response::{Body, BoxError};

/// The client of an AWS endpoint.
#[derive(Debug)]
pub(crate) struct AwsRemote {
    place: Result<Place, Error>,
    http: HttpRemote,
    identity: Option<(Identity, Arc<IdentityCredential>)>,
    shared: AwsShared,
}

/// A client and the credential that signs.
#[derive(Debug, Clone)]
pub(crate) struct AwsSender {
    http: HttpSender,
    place: Place,
    signer: Option<Signer>,
    /// What AWS quotes in some of its refusals.
    masks: Masks,
}

#[derive(Debug, Clone)]
struct Signer {
    credentials: Credentials,
    account: String,
}

impl AwsRemote {
    pub(crate) fn new(spec: AwsSpec, compression: Option<bool>, shared: AwsShared) -> AwsRemote {
        let place = address::place(&spec);
        let identity = place.as_ref().ok().and_then(|place| {
            let identity = Identity::of(&spec, &place.region)?;
            let credential = shared.credential(&identity);
            Some((identity, credential))
        });
        let http = HttpSpec {
            url: place
                .as_ref()
                .map(|place| place.url.clone())
                .unwrap_or_default(),
            auth: Auth::None,
            tls: spec.tls,
            headers: spec.headers,
            proxy: spec.proxy,
            guard: None,
            limits: spec.limits,
        };
        AwsRemote {
            place,
            http: HttpRemote::new(http, compression),
            identity,
            shared,
        }
    }

    /// The address for messages.
    pub(crate) fn address(&self) -> String {
        match &self.place {
            Ok(_) => self.http.address(),
            Err(_) => "an AWS endpoint without an address ".to_owned(),
        }
    }

    pub(crate) fn has_credential(&self) -> bool {
        self.identity.is_some()
    }

    /// Gets the credential, another one than that of `refused`, and how long it may be used.
    ///
    /// # Errors
    /// The place is not known, or there is no credential.
    pub(crate) async fn sender(
        &self,
        bounds: &Bounds,
        refused: Option<&AwsSender>,
    ) -> Result<(AwsSender, Option<Duration>), Error> {
        let place = self.place.clone()?;
        let http = self.http.sender(bounds).await?;
        let mut age = self.http.can_change().then_some(SECRET_FILE_AGE);
        let signer = match &self.identity {
            None => None,
            Some((identity, credential)) => {
                let refused = refused
                    .and_then(|sender| sender.signer.as_ref())
                    .map(|signer| &signer.credentials);
                let (credentials, left) = credential.get(bounds, refused).await?;
                age = Some(age.map_or(left, |age| age.min(left)));
                Some(Signer {
                    account: identity.account(&credentials),
                    credentials,
                })
            }
        };
        let credentials = signer.iter().map(|signer| &signer.credentials);
        let secrets = credentials.flat_map(|it| {
            let token = it.session_token().map(str::as_bytes);
            std::iter::once(it.secret_access_key().as_bytes()).chain(token)
        });
        let masks = http.masks.and(secrets);
        let sender = AwsSender {
            http,
            place,
            signer,
            masks,
        };
        Ok((sender, age))
    }

    /// Waits until AWS's pace allows the request.
    ///
    /// # Errors
    /// `RateLimited` where that is after the deadline.
    pub(crate) async fn turn(
        &self,
        sender: &AwsSender,
        prepared: &Prepared,
        deadline: Option<Instant>,
    ) -> Result<(), Error> {
        let action = prepared.action.as_deref().unwrap_or_default();
        let (Some(rate), Some(signer)) = (
            pace::rate(&sender.place.service, action),
            sender.signer.as_ref(),
        ) else {
            return Ok(());
        };
        let counted = Counted {
            account: signer.account.clone(),
            url: sender.place.url.clone(),
            region: sender.place.region.clone(),
            action: action.to_owned(),
        };
        self.shared.pace().turn(counted, rate, deadline).await
    }
}

impl AwsSender {
    /// Signs and sends once. What AWS says is wrong is an extension of the response ([`crate::aws::Fault`]).
    pub(crate) async fn send(&self, prepared: &Prepared) -> Result<http::Response<Body>, BoxError> {
        let mut request = self.http.request(prepared)?;
        if let Some(Signer { credentials, .. }) = &self.signer {
            let signature = sign::signature(
                &Signable {
                    method: request.method().as_str(),
                    url: request.url().as_str(),
                    headers: request.headers(),
                    body: prepared.body.as_deref().unwrap_or_default(),
                    region: &self.place.region,
                    service: &self.place.service,
                },
                credentials,
                SystemTime::now(),
            )?;
            for (name, value) in signature {
                request.headers_mut().insert(name, value);
            }
        }
        let response = self.http.execute(request).await?;
        examine(self.masks.hide(response)).await
    }
}
