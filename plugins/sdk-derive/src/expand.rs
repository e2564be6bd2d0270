//! Owns the code that `#[derive(Table)]` writes; refuses columns twice, and keys and required filters that are no column.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Field, Fields, Ident, Result};

use crate::attributes::{ColumnAttributes, Method, TableAttributes, description, span_of};

/// A field that is a column.
struct Column<'f> {
    field: &'f Field,
    /// The field's identifier.
    ident: &'f Ident,
    name: String,
    description: String,
    said: ColumnAttributes,
}

/// The implementation of `trawl_sdk::table::Row`.
pub(crate) fn table(input: &DeriveInput) -> Result<TokenStream> {
    let said = TableAttributes::read(&input.attrs)?;
    if let Some(parameter) = input.generics.params.first() {
        let message = "expected a struct without parameters: a table has one list of columns";
        return Err(Error::new(parameter.span(), message));
    }
    let columns = columns(input)?;
    let row = &input.ident;
    let table_description = description(&input.attrs, row.span(), "table")?;
    let name = match &said.name {
        Some(name) => name.value(),
        None => snake(&row.unraw().to_string()),
    };
    let aliases = &said.aliases;
    let key = names(&columns, &said.key)?;
    let required: Vec<TokenStream> = said
        .required
        .iter()
        .map(|group| names(&columns, group).map(|names| quote!(&[#(#names),*])))
        .collect::<Result<_>>()?;
    let placement = placement(&said, &columns, &input.attrs)?;
    let endpoint = said.endpoint.as_ref().map(syn::LitStr::value);
    let endpoint = endpoint.unwrap_or_default();
    let calls = said.calls.iter().map(|operation| {
        let method = match operation.method {
            Method::Get => quote!(Get),
            Method::Head => quote!(Head),
            Method::Post => quote!(Post),
        };
        let path = &operation.path;
        let action = match &operation.action {
            Some(action) => {
                quote!(::core::option::Option::Some(::std::borrow::Cow::Borrowed(#action)))
            }
            None => quote!(::core::option::Option::None),
        };
        quote!(::trawl_sdk::table::Call {
            endpoint: #endpoint,
            method: ::trawl_sdk::types::Method::#method,
            path: ::std::borrow::Cow::Borrowed(#path),
            action: #action,
        })
    });
    let arguments = match &said.arguments {
        Some(path) => quote_spanned!(path.span()=> #path),
        None => quote!(::std::vec::Vec::new),
    };
    let fields = columns.iter().map(declared);
    let arms = columns.iter().enumerate().map(|(index, column)| {
        let ident = column.ident;
        // The span makes an error about the type point at the field.
        quote_spanned!(column.field.ty.span()=>
            #index => ::trawl_sdk::table::Value::append(&self.#ident, column, path),)
    });
    Ok(quote! {
        #[automatically_derived]
        impl ::trawl_sdk::table::Row for #row {
            const TABLE: ::trawl_sdk::table::Declared = ::trawl_sdk::table::Declared {
                name: #name,
                aliases: &[#(#aliases),*],
                description: #table_description,
                fields: &[#(#fields),*],
                key: &[#(#key),*],
                required: &[#(#required),*],
                placement: #placement,
                calls: &[#(#calls),*],
                arguments: #arguments,
            };

            fn append(
                &self,
                field: usize,
                column: &mut ::trawl_sdk::columns::ColumnBuilder,
                path: &[::trawl_sdk::types::PathStep],
            ) -> ::core::result::Result<(), ::trawl_sdk::Error> {
                match field {
                    #(#arms)*
                    _ => column.append_null(),
                }
            }
        }
    })
}

fn columns(input: &DeriveInput) -> Result<Vec<Column<'_>>> {
    let named = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Some(&fields.named),
            _ => None,
        },
        _ => None,
    };
    let fields = named.ok_or_else(|| {
        let message = "expected a struct with named fields: each is a column of the table";
        Error::new(input.ident.span(), message)
    })?;
    let mut columns: Vec<Column<'_>> = Vec::new();
    for field in fields {
        let said = ColumnAttributes::read(&field.attrs)?;
        let Some(ident) = field.ident.as_ref().filter(|_| !said.skip) else {
            continue;
        };
        let name = match &said.name {
            Some(name) => name.value(),
            None => ident.unraw().to_string(),
        };
        let at = said.name.as_ref().map_or(ident.span(), Spanned::span);
        if name.is_empty() {
            return Err(Error::new(
                at,
                "expected a column's name, got an empty text",
            ));
        }
        if columns.iter().any(|before| before.name == name) {
            return Err(Error::new(
                at,
                format!("the column `{name}` is there twice"),
            ));
        }
        columns.push(Column {
            description: description(&field.attrs, ident.span(), "column")?,
            field,
            ident,
            name,
            said,
        });
    }
    if columns.is_empty() {
        let message = "expected at least one field that is a column";
        return Err(Error::new(input.ident.span(), message));
    }
    Ok(columns)
}

/// The declaration of one column.
fn declared(column: &Column<'_>) -> TokenStream {
    let (name, description) = (&column.name, &column.description);
    let of = &column.field.ty;
    let shape = column.said.shape.as_ref();
    let shape = shape.map(|shape| quote!(.shaped(#shape)));
    quote_spanned!(of.span()=> ::trawl_sdk::records::Field::of::<#of>(#name, #description)#shape)
}

/// The columns' names of these fields.
fn names(columns: &[Column<'_>], idents: &[Ident]) -> Result<Vec<String>> {
    idents
        .iter()
        .map(|ident| {
            let wanted = ident.unraw().to_string();
            let found = columns
                .iter()
                .find(|column| column.ident == ident || column.name == wanted);
            found.map(|column| column.name.clone()).ok_or_else(|| {
                let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
                let message = format!(
                    "expected a column of the table ({}), got `{wanted}`",
                    names.join(", ")
                );
                Error::new(ident.span(), message)
            })
        })
        .collect()
}

fn placement(
    said: &TableAttributes,
    columns: &[Column<'_>],
    attributes: &[syn::Attribute],
) -> Result<TokenStream> {
    let word = said.placement.as_ref().map(Ident::to_string);
    let span = said
        .placement
        .as_ref()
        .map_or_else(Span::call_site, Ident::span);
    let variant = match word.as_deref() {
        None | Some("cluster") => quote!(Cluster),
        Some("connection") => quote!(Connection),
        Some("per_row") if columns.iter().any(|column| column.name == "cluster") => quote!(PerRow),
        Some("per_row") => {
            let at = span_of(attributes, "table").unwrap_or(span);
            let message = "expected a column `cluster`, since rows are placed one by one";
            return Err(Error::new(at, message));
        }
        Some(other) => {
            let message = format!("expected cluster, per_row or connection, got `{other}`");
            return Err(Error::new(span, message));
        }
    };
    Ok(quote!(::trawl_sdk::types::Placement::#variant))
}

/// `LogStream` as `log_stream`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (index, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let input: DeriveInput = syn::parse_str(text).unwrap();
        match table(&input) {
            Ok(code) => code.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (text, expected) in [
            ("/// x\nenum A { B }", "expected a struct with named fields"),
            (
                "/// x\nstruct A(i64);",
                "expected a struct with named fields",
            ),
            ("/// x\nstruct A {}", "expected at least one field"),
            (
                "/// x\nstruct A { #[column(skip)] a: i64 }",
                "expected at least one field",
            ),
            (
                "/// x\nstruct A<T> { /// y\n a: T }",
                "expected a struct without parameters",
            ),
            (
                "struct A { /// y\n a: i64 }",
                "expected a doc comment: it is the description of the table",
            ),
            (
                "/// x\nstruct A { a: i64 }",
                "expected a doc comment: it is the description of the column",
            ),
            (
                "/// x\nstruct A { /// y\n a: i64, /// z\n #[column(name = \"a\")] b: i64 }",
                "the column `a` is there twice",
            ),
            (
                "/// x\nstruct A { /// y\n #[column(name = \"\")] a: i64 }",
                "expected a column's name",
            ),
            (
                "/// x\nstruct A { /// y\n #[column(nme = \"a\")] a: i64 }",
                "expected one of name, shape, skip",
            ),
            (
                "/// x\n#[table(nme = \"a\")] struct A { /// y\n a: i64 }",
                "expected one of name, aliases",
            ),
            (
                "/// x\n#[table(key(b))] struct A { /// y\n a: i64 }",
                "expected a column of the table (a), got `b`",
            ),
            (
                "/// x\n#[table(required(a | b))] struct A { /// y\n a: i64 }",
                "expected a column of the table (a), got `b`",
            ),
            (
                "/// x\n#[table(placement = per_row)] struct A { /// y\n a: i64 }",
                "expected a column `cluster`",
            ),
            (
                "/// x\n#[table(placement = here)] struct A { /// y\n a: i64 }",
                "expected cluster, per_row or connection, got `here`",
            ),
            (
                "/// x\n#[table(calls(\"PUT /\"))] struct A { /// y\n a: i64 }",
                "the method is GET, HEAD or POST",
            ),
            (
                "/// x\n#[table(calls(\"GET a\"))] struct A { /// y\n a: i64 }",
                "the path begins with `/`",
            ),
            (
                "/// x\n#[table(calls(\"POST / A b\"))] struct A { /// y\n a: i64 }",
                "nothing stands behind the action",
            ),
        ] {
            let told = told(text);
            assert!(told.contains(expected), "{text}\n{told}");
        }
    }

    #[test]
    fn names_descriptions_and_keys_come_from_the_struct() {
        let code = told(
            "/// Lines of\n/// a log.\n///\n/// Not this.\n#[table(key(r#type, at), required(at), calls(\"POST / X.Y\"))]\n\
             struct LogLine { /// Its type.\n r#type: String, /// When\n at: Option<i64>, #[column(skip)] raw: String }",
        );
        for part in [
            "name : \"log_line\"",
            "description : \"Lines of a log\"",
            "of :: < String > (\"type\" , \"Its type\")",
            "key : & [\"type\" , \"at\"]",
            "required : & [& [\"at\"]]",
            "path : :: std :: borrow :: Cow :: Borrowed (\"/\") , action : :: core :: option :: Option :: Some (:: std :: borrow :: Cow :: Borrowed (\"X.Y\"))",
            "0usize => :: trawl_sdk :: table :: Value :: append (& self . r#type , column , path)",
        ] {
            assert!(code.contains(part), "{part}\n{code}");
        }
        assert!(!code.contains("self . raw"));
        assert!(!code.contains("Not this"));
    }
}
