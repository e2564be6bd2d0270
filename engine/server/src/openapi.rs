//! The OpenAPI document of the endpoint, made from its handlers, and the page that shows it. The page comes from this program:
//! it asks no other server for anything.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder, SecurityRequirement};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::error::Refusal;

/// Where the document is.
pub(crate) const DOCUMENT: &str = "/openapi.json";
/// Where the page is.
const PAGE: &str = "/docs";
/// The name of the one way to say who one is.
const TOKEN: &str = "token";

/// What no handler names as its own: errors are the same everywhere.
#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(Refusal)))]
struct Shared;

/// What the document says beside the handlers.
pub(crate) fn frame() -> OpenApi {
    let info = InfoBuilder::new()
        .title("trawl")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "One query over every cluster and every source. Every answer says how complete it is.",
        ))
        .build();
    let shared = <Shared as utoipa::OpenApi>::openapi();
    OpenApiBuilder::new()
        .info(info)
        .components(shared.components)
        .build()
}

/// The document with what the derived one cannot say.
pub(crate) fn finished(mut document: OpenApi) -> OpenApi {
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("a token of the server's tokens file"))
        .build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(TOKEN, SecurityScheme::Http(scheme));
    document.security = Some(vec![SecurityRequirement::new(TOKEN, Vec::<String>::new())]);
    document
}

/// The document and its page.
pub(crate) fn page(document: OpenApi) -> SwaggerUi {
    // Its validator is a service on the internet.
    let config = Config::default().validator_url("none");
    SwaggerUi::new(PAGE).config(config).url(DOCUMENT, document)
}
