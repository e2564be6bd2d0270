//! What the AWS endpoints of one process have in common: credentials by identity, and AWS's pace. It is handed to them
//! with [`crate::EndpointOptions`]; nothing of it is global.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::aws::credential::{Identity, IdentityCredential};
use crate::aws::pace::Pace;

/// Credentials and turns that all clones share: endpoints of the same options are one customer of AWS.
#[derive(Clone, Default)]
pub struct AwsShared {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    /// As many as the inventory has identities.
    credentials: Mutex<HashMap<Identity, Arc<IdentityCredential>>>,
    pace: Pace,
}

impl fmt::Debug for AwsShared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AwsShared").finish_non_exhaustive()
    }
}

impl AwsShared {
    /// The credential of this identity, the same for all who ask.
    pub(crate) fn credential(&self, identity: &Identity) -> Arc<IdentityCredential> {
        let credentials = self.inner.credentials.lock();
        let mut credentials = credentials.unwrap_or_else(PoisonError::into_inner);
        let credential = credentials
            .entry(identity.clone())
            .or_insert_with(|| Arc::new(IdentityCredential::new(identity.clone())));
        Arc::clone(credential)
    }

    pub(crate) fn pace(&self) -> &Pace {
        &self.inner.pace
    }
}
