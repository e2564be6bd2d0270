//! Owns the floor: a bare client that fetches the same pages over the same kind of connection and throws the bytes away. Refuses to
//! decode anything.

use anyhow::{Context, Result, bail};
use futures::future::try_join_all;
use http_body_util::BodyExt;
use kube::config::{KubeConfigOptions, Kubeconfig};

use crate::Measured;
use crate::clock::Clock;
use crate::fleet::Fleet;

/// Objects a page, as the kube plugin asks for them.
const PAGE: usize = 500;

/// In which form the pages are asked for, as the plugin does.
#[derive(Debug, Clone, Copy)]
pub enum Accept {
    Json,
    Protobuf,
    MetadataJson,
    MetadataProtobuf,
}

impl Accept {
    fn header(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Protobuf => "application/vnd.kubernetes.protobuf",
            Self::MetadataJson => {
                "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
            }
            Self::MetadataProtobuf => {
                "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
            }
        }
    }
}

/// Connections to all API servers of a fleet, and the pages that there are.
pub struct Client {
    clusters: Vec<(kube::Client, Vec<String>)>,
}

impl Client {
    /// Connects, and walks the list of pods once to learn its pages.
    ///
    /// # Errors
    /// When an API server does not answer as one.
    pub async fn connect(fleet: &Fleet) -> Result<Self> {
        let kubeconfig = Kubeconfig::read_from(&fleet.kubeconfig)?;
        let mut clusters = Vec::new();
        for name in &fleet.clusters {
            let options = KubeConfigOptions {
                context: Some(name.clone()),
                ..KubeConfigOptions::default()
            };
            let config = kube::Config::from_custom_kubeconfig(kubeconfig.clone(), &options).await?;
            let client = kube::Client::try_from(config)?;
            let pages = pages(&client).await?;
            clusters.push((client, pages));
        }
        Ok(Self { clusters })
    }

    /// Fetches every page of every cluster, all clusters at once.
    ///
    /// # Errors
    /// When a page does not come whole.
    pub async fn read(&self, accept: Accept) -> Result<Measured> {
        let clock = Clock::start()?;
        let clusters = self.clusters.iter().map(|(client, pages)| async move {
            let mut bytes = 0_u64;
            for page in pages {
                bytes += discard(client, page, accept).await?;
            }
            anyhow::Ok(bytes)
        });
        let bytes = try_join_all(clusters).await?.into_iter().sum();
        Ok(Measured {
            cost: clock.stop()?,
            bytes,
            counted: 0,
            guests_ms: 0,
        })
    }
}

async fn answer(
    client: &kube::Client,
    page: &str,
    accept: Accept,
) -> Result<http::Response<kube::client::Body>> {
    let request = http::Request::get(page)
        .header("accept", accept.header())
        .header("accept-encoding", "identity")
        .body(kube::client::Body::empty())?;
    let response = client.send(request).await?;
    if !response.status().is_success() {
        bail!("GET {page}: {}", response.status());
    }
    let form = response.headers().get("content-type").cloned();
    let form = form
        .as_ref()
        .and_then(|form| form.to_str().ok())
        .unwrap_or_default();
    let wanted = accept.header().split(';').next().unwrap_or_default();
    if !form.starts_with(wanted) {
        bail!("GET {page}: expected {wanted}, got {form}");
    }
    Ok(response)
}

/// Reads a page to its end, and counts its bytes.
async fn discard(client: &kube::Client, page: &str, accept: Accept) -> Result<u64> {
    let mut body = answer(client, page, accept).await?.into_body();
    let mut bytes = 0_u64;
    while let Some(frame) = body.frame().await {
        let length = frame?.data_ref().map_or(0, |data| data.len());
        bytes += u64::try_from(length)?;
    }
    Ok(bytes)
}

/// The addresses of a list's pages, in order.
async fn pages(client: &kube::Client) -> Result<Vec<String>> {
    let first = format!("/api/v1/pods?limit={PAGE}");
    let mut pages = vec![first.clone()];
    loop {
        let page = pages.last().context("a first page")?;
        let response = answer(client, page, Accept::MetadataJson).await?;
        let body = response.into_body().collect().await?.to_bytes();
        let list: serde_json::Value = serde_json::from_slice(&body)?;
        match list
            .pointer("/metadata/continue")
            .and_then(|token| token.as_str())
        {
            Some(token) if !token.is_empty() => pages.push(format!("{first}&continue={token}")),
            _ => return Ok(pages),
        }
    }
}
