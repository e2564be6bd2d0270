//! `trawl plugin …`: one command, one file.

mod add;
mod build;
mod dev;
mod grant;
mod inspect;
mod list;
mod look;
mod new;
mod remove;
mod test;

use trawl_exec::{Inspection, Verdict};
use trawl_lang::Style;

use crate::args::{Global, Plugin};
use crate::exit::{Failure, Outcome};

/// Runs the command.
///
/// # Errors
/// Why there is nothing to give.
pub async fn run(global: &Global, command: Plugin, style: Style) -> Result<Outcome, Failure> {
    match command {
        Plugin::New(new) => new::run(&new),
        Plugin::Build(build) => build::run(global, &build).await,
        Plugin::Test(test) => test::run(global, &test).await,
        Plugin::Inspect(inspect) => inspect::run(global, &inspect).await,
        Plugin::Add(add) => add::run(global, &add).await,
        Plugin::Remove(remove) => remove::run(global, &remove),
        Plugin::List(list) => list::run(global, &list).await,
        Plugin::Dev(dev) => dev::run(global, &dev, style).await,
    }
}

/// A number of bytes, for people.
fn bytes(number: u64) -> String {
    match number {
        0..=9_999 => format!("{number} bytes"),
        10_000..=999_999 => format!("{} KB", number / 1_000),
        _ => format!("{}.{} MB", number / 1_000_000, number / 100_000 % 10),
    }
}

/// Why a component would be refused, a line for each reason.
fn refusals(found: &Inspection) -> Vec<String> {
    let imports = found
        .imports
        .iter()
        .filter_map(|import| match &import.verdict {
            Verdict::Refused(why) => Some(format!("it imports {}: {why}", import.name)),
            Verdict::Contract | Verdict::Runtime(_) => None,
        });
    found.problems.iter().cloned().chain(imports).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_units_that_people_read() {
        for (number, text) in [
            (0, "0 bytes"),
            (9_999, "9999 bytes"),
            (123_456, "123 KB"),
            (1_234_567, "1.2 MB"),
            (18_050_000, "18.0 MB"),
        ] {
            assert_eq!(bytes(number), text);
        }
    }
}
