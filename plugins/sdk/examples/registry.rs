//! A whole plugin: the repositories of an OCI registry and their tags, by the API of the distribution specification.

use std::rc::Rc;

use serde::{Deserialize, Serialize};
use trawl_sdk::filter::Texts;
use trawl_sdk::http::{get, paging};
use trawl_sdk::table::{About, Ask, Endpoint, Planned, Plugin, Read, Rows, Table};
use trawl_sdk::{Error, Transport};

/// One registry.
pub struct Registry {
    http: Rc<dyn Transport>,
}

impl Plugin for Registry {
    fn about() -> About {
        let what = "Repositories and tags of an OCI registry";
        About::new("registry", env!("CARGO_PKG_VERSION"), what).endpoint(
            Endpoint::http("registry", "The registry's API, below /v2").receives(["link"]),
        )
    }

    fn tables() -> Vec<&'static dyn Table<Self>> {
        vec![Repository::table(), Tag::table()]
    }

    fn connect(_config: &str, http: Rc<dyn Transport>) -> Result<Self, Error> {
        Ok(Self { http })
    }
}

/// Repositories of the registry
#[derive(Table)]
#[table(name = "repositories", key(name), calls("GET /v2/_catalog"))]
struct Repository {
    /// Its name, as images are pulled by
    name: String,
}

#[derive(Deserialize)]
struct Catalog {
    repositories: Option<Vec<String>>,
}

impl Read<Registry> for Repository {
    /// The names that the query leaves: the registry has no word for them, so that they are checked here.
    type Part = Texts;

    fn plan(_: &Registry, ask: &mut Ask<'_>) -> Result<Planned<Texts>, Error> {
        Ok(Planned::one(ask.filters.texts("name"), "GET /v2/_catalog"))
    }

    fn read(at: &Registry, names: &Texts, rows: &mut Rows<'_>) -> Result<(), Error> {
        let first = get("registry", ["v2", "_catalog"]).query("n", "100");
        rows.pages(
            first.pages(at.http.as_ref(), paging::link()),
            |rows, page: Catalog| {
                let all = page.repositories.unwrap_or_default().into_iter();
                all.filter(|name| names.matches(Some(name)))
                    .try_for_each(|name| rows.put(&Repository { name }))
            },
        )
    }
}

/// Tags of repositories; a query says of which
#[derive(Table)]
#[table(name = "tags", key(repository, name), required(repository))]
#[table(calls(
    "GET /v2/{a}/tags/list",
    "GET /v2/{a}/{b}/tags/list",
    "GET /v2/{a}/{b}/{c}/tags/list"
))]
struct Tag {
    /// The repository it is in
    repository: String,
    /// The tag
    name: String,
}

#[derive(Deserialize)]
struct Tags {
    tags: Option<Vec<String>>,
}

/// A repository, and which of its tags are wanted.
#[derive(Serialize, Deserialize)]
struct Wanted(String, Texts);

impl Read<Registry> for Tag {
    type Part = Wanted;

    fn plan(_: &Registry, ask: &mut Ask<'_>) -> Result<Planned<Wanted>, Error> {
        let (repositories, tags) = (ask.filters.texts("repository"), ask.filters.texts("name"));
        let listed = repositories.listed().ok_or_else(|| {
            Error::invalid_query(
                "expected the names of repositories, got another condition on `repository`",
            )
            .with_hint("write `where repository == \"…\"` or `where repository in (…)`")
        })?;
        let explain = format!("GET /v2/{{name}}/tags/list of {}", listed.join(", "));
        Ok(Planned::parts(
            listed
                .into_iter()
                .map(|name| Wanted(name.to_owned(), tags.clone())),
            explain,
        ))
    }

    fn read(
        at: &Registry,
        Wanted(repository, wanted): &Wanted,
        rows: &mut Rows<'_>,
    ) -> Result<(), Error> {
        let path = ["v2"]
            .into_iter()
            .chain(repository.split('/'))
            .chain(["tags", "list"]);
        let first = get("registry", path).query("n", "100");
        rows.pages(
            first.pages(at.http.as_ref(), paging::link()),
            |rows, page: Tags| {
                let all = page.tags.unwrap_or_default().into_iter();
                all.filter(|name| wanted.matches(Some(name)))
                    .try_for_each(|name| {
                        rows.put(&Tag {
                            repository: repository.clone(),
                            name,
                        })
                    })
            },
        )
    }
}

trawl_sdk::export_source!(Registry);
