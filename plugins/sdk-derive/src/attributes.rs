//! Owns the reading of `#[table(…)]`, `#[column(…)]` and doc comments; refuses keys that it does not know, by name.

use proc_macro2::Span;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Expr, Ident, Lit, LitStr, Meta, Path, Result, Token};

/// What `#[table(…)]` says.
#[derive(Default)]
pub(crate) struct TableAttributes {
    pub(crate) name: Option<LitStr>,
    pub(crate) aliases: Vec<LitStr>,
    pub(crate) key: Vec<Ident>,
    pub(crate) required: Vec<Vec<Ident>>,
    pub(crate) placement: Option<Ident>,
    pub(crate) calls: Vec<Operation>,
    pub(crate) endpoint: Option<LitStr>,
    pub(crate) arguments: Option<Path>,
}

/// An operation as text, taken apart: `POST / Logs_20140328.FilterLogEvents`.
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) action: Option<String>,
}

/// The methods of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Head,
    Post,
}

/// What `#[column(…)]` says.
#[derive(Default)]
pub(crate) struct ColumnAttributes {
    pub(crate) name: Option<LitStr>,
    pub(crate) shape: Option<LitStr>,
    pub(crate) skip: bool,
}

const TABLE_KEYS: &str = "name, aliases, key, required, placement, calls, endpoint, arguments";

impl TableAttributes {
    pub(crate) fn read(attributes: &[Attribute]) -> Result<Self> {
        let mut said = Self::default();
        for attribute in attributes.iter().filter(|it| it.path().is_ident("table")) {
            attribute.parse_nested_meta(|meta| {
                let key = meta.path.get_ident().map(Ident::to_string);
                match key.as_deref() {
                    Some("name") => said.name = Some(meta.value()?.parse()?),
                    Some("aliases") => {
                        let inner;
                        syn::parenthesized!(inner in meta.input);
                        said.aliases.extend(list::<LitStr>(&inner)?);
                    }
                    Some("key") => {
                        let inner;
                        syn::parenthesized!(inner in meta.input);
                        said.key.extend(list::<Ident>(&inner)?);
                    }
                    Some("required") => {
                        let inner;
                        syn::parenthesized!(inner in meta.input);
                        let groups = Punctuated::<Group, Token![,]>::parse_terminated(&inner)?;
                        said.required
                            .extend(groups.into_iter().map(|group| group.0));
                    }
                    Some("placement") => said.placement = Some(meta.value()?.parse()?),
                    Some("calls") => {
                        let inner;
                        syn::parenthesized!(inner in meta.input);
                        for text in list::<LitStr>(&inner)? {
                            said.calls.push(operation(&text)?);
                        }
                    }
                    Some("endpoint") => said.endpoint = Some(meta.value()?.parse()?),
                    Some("arguments") => said.arguments = Some(meta.value()?.parse()?),
                    _ => return Err(meta.error(format!("expected one of {TABLE_KEYS}"))),
                }
                Ok(())
            })?;
        }
        Ok(said)
    }
}

impl ColumnAttributes {
    pub(crate) fn read(attributes: &[Attribute]) -> Result<Self> {
        let mut said = Self::default();
        for attribute in attributes.iter().filter(|it| it.path().is_ident("column")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("name") {
                    said.name = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("shape") {
                    said.shape = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("skip") {
                    said.skip = true;
                } else {
                    return Err(meta.error("expected one of name, shape, skip"));
                }
                Ok(())
            })?;
        }
        Ok(said)
    }
}

/// `from | until`
struct Group(Vec<Ident>);

impl syn::parse::Parse for Group {
    fn parse(input: syn::parse::ParseStream<'_>) -> Result<Self> {
        let names = Punctuated::<Ident, Token![|]>::parse_separated_nonempty(input)?;
        Ok(Self(names.into_iter().collect()))
    }
}

fn list<T: syn::parse::Parse>(input: syn::parse::ParseStream<'_>) -> Result<Vec<T>> {
    let items = Punctuated::<T, Token![,]>::parse_terminated(input)?;
    Ok(items.into_iter().collect())
}

/// Takes an operation apart.
fn operation(text: &LitStr) -> Result<Operation> {
    let wrong = |what: &str| {
        Error::new(
            text.span(),
            format!("expected an operation such as `GET /v2/{{name...}}/tags/list`: {what}"),
        )
    };
    let value = text.value();
    let mut words = value.split_whitespace();
    let method = match words.next() {
        Some("GET") => Method::Get,
        Some("HEAD") => Method::Head,
        Some("POST") => Method::Post,
        _ => return Err(wrong("the method is GET, HEAD or POST")),
    };
    let path = words.next().filter(|path| path.starts_with('/'));
    let path = path.ok_or_else(|| wrong("the path begins with `/`"))?;
    let action = words.next().map(str::to_owned);
    if words.next().is_some() {
        return Err(wrong("nothing stands behind the action"));
    }
    Ok(Operation {
        method,
        path: path.to_owned(),
        action,
    })
}

/// The first paragraph of a doc comment, its lines joined.
pub(crate) fn description(attributes: &[Attribute], of: Span, what: &str) -> Result<String> {
    let lines = attributes.iter().filter_map(|attribute| {
        let Meta::NameValue(doc) = &attribute.meta else {
            return None;
        };
        match &doc.value {
            Expr::Lit(literal) if doc.path.is_ident("doc") => match &literal.lit {
                Lit::Str(text) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        }
    });
    let paragraph: Vec<String> = lines
        .skip_while(String::is_empty)
        .take_while(|line| !line.is_empty())
        .collect();
    if paragraph.is_empty() {
        return Err(Error::new(
            of,
            format!("expected a doc comment: it is the description of the {what} that users read"),
        ));
    }
    Ok(paragraph.join(" ").trim_end_matches('.').to_owned())
}

/// Where an attribute of a kind stands, for errors.
pub(crate) fn span_of(attributes: &[Attribute], name: &str) -> Option<Span> {
    let found = attributes.iter().find(|it| it.path().is_ident(name));
    found.map(Spanned::span)
}
