//! `trawl run`: a saved query by its name, as `trawl query` runs a text; without a name what there is.

use trawl_lang::Style;
use trawl_saved::{Library, SavedQuery};

use crate::args::{Global, Run};
use crate::commands::query;
use crate::exit::{Failure, Outcome, QueryText};
use crate::output::{self, Table};

/// Runs, describes or lists.
///
/// # Errors
/// When there is no such query, it is wrong, or nothing can be given.
pub async fn run(global: &Global, args: Run, style: Style) -> Result<Outcome, Failure> {
    let library = library(&args);
    let Some(name) = &args.name else {
        output::data(list(&library).as_bytes())?;
        return Ok(Outcome::Complete);
    };
    let Some(saved) = library.get(name) else {
        let near = library.near(name);
        let near = near.map(|near| format!("; did you mean `{near}`?"));
        return Err(Failure::Usage(format!(
            "there is no saved query `{name}`{}; `trawl run` lists them, and --queries adds a folder of your own",
            near.unwrap_or_default()
        )));
    };
    if args.describe {
        output::data(output::shown(&described(saved)).as_bytes())?;
        return Ok(Outcome::Complete);
    }
    let text = QueryText {
        name: saved.name.clone(),
        text: saved.text.clone(),
    };
    query::ask(global, text, args.over, args.answering, style).await
}

/// What comes with trawl and, before it, what is in the folder. What of the folder is no query is said, and takes nothing else away.
fn library(args: &Run) -> Library {
    let bundled = Library::bundled();
    let Some(folder) = &args.queries else {
        return bundled.clone();
    };
    let (library, problems) = bundled.clone().with_folder(folder, bundled);
    for problem in problems {
        output::words(&format!("warning: {problem}"));
    }
    library
}

fn list(library: &Library) -> String {
    let mut table = Table::new(["name", "parameters", "title"].map(|it| (it.to_owned(), false)));
    for query in library.queries() {
        let parameters = query.parameters.iter().map(|it| match &it.default {
            Some(default) => format!("{}={default}", it.name),
            None => it.name.clone(),
        });
        let parameters: Vec<String> = parameters.collect();
        table.row([
            query.name.clone(),
            parameters.join(" "),
            query.title.clone(),
        ]);
    }
    table.text()
}

fn described(query: &SavedQuery) -> String {
    let mut text = format!("{}: {}\n", query.name, query.title);
    if !query.documentation.is_empty() {
        text.push_str(&format!("\n{}\n", query.documentation));
    }
    if !query.parameters.is_empty() {
        text.push_str("\nparameters\n");
    }
    for parameter in &query.parameters {
        let value = match &parameter.default {
            Some(default) => format!("[default: {default}]"),
            None => "(must be given)".to_owned(),
        };
        let meaning = parameter.description.as_deref().unwrap_or_default();
        let line = format!(
            "  -p {}=…  {}  {value}  {meaning}",
            parameter.name, parameter.ty
        );
        text.push_str(&format!("{}\n", line.trim_end()));
    }
    text.push_str(&format!("\n{}", query.text));
    text
}
