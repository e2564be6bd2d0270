//! A plugin of somebody else, small and honest: tests install it, grant it its one operation, and replace it. They make other
//! versions of it by changing `1.0.0` and `/v1/things` in its component, so that both stand in it as they are here.
#![allow(missing_docs)] // Nobody calls it but the host, by the contract.

use std::rc::Rc;

use serde::Deserialize;
use trawl_sdk::http::{get, paging};
use trawl_sdk::table::{About, Ask, Endpoint, Planned, Plugin, Read, Rows, Table};
use trawl_sdk::{Error, Transport};

pub struct Stranger {
    http: Rc<dyn Transport>,
}

impl Plugin for Stranger {
    fn about() -> About {
        let about = About::new("stranger", "1.0.0", "Things of an HTTP API");
        about.endpoint(Endpoint::http("api", "The API that has the things"))
    }

    fn tables() -> Vec<&'static dyn Table<Self>> {
        vec![Thing::table()]
    }

    fn connect(_config: &str, http: Rc<dyn Transport>) -> Result<Self, Error> {
        Ok(Self { http })
    }
}

/// The things
#[derive(Table, Deserialize)]
#[table(name = "things", calls("GET /v1/things"))]
struct Thing {
    /// Its number
    n: i64,
}

impl Read<Stranger> for Thing {
    type Part = ();

    fn plan(_: &Stranger, _: &mut Ask<'_>) -> Result<Planned<()>, Error> {
        Ok(Planned::one((), "GET /v1/things"))
    }

    fn read(at: &Stranger, (): &(), rows: &mut Rows<'_>) -> Result<(), Error> {
        let path = "/v1/things".split('/').skip(1);
        let first = get("api", path);
        rows.pages(
            first.pages(at.http.as_ref(), paging::link()),
            |rows, page: Vec<Thing>| page.iter().try_for_each(|thing| rows.put(thing)),
        )
    }
}

trawl_sdk::export_source!(Stranger);
