//! Writes what a fuzzer begins with: `seeds FOLDER DICTIONARY`. Every case and example of the language, every saved query,
//! and some generated texts, a file each; and the dictionary.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use trawl_lang::generate;

/// Generated texts among the seeds.
const GENERATED: u64 = 300;

fn main() -> io::Result<()> {
    let arguments: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let [folder, dictionary] = arguments.as_slice() else {
        return Err(io::Error::other("expected `seeds FOLDER DICTIONARY`"));
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut texts = Vec::new();
    for file in files(&root.join("engine/lang/tests/cases"))? {
        texts.extend(cases(&fs::read_to_string(file)?));
    }
    texts.extend(examples(&fs::read_to_string(
        root.join("engine/lang/GRAMMAR.md"),
    )?));
    for file in files(&root.join("tests/cases"))? {
        texts.extend(plan_cases(&fs::read_to_string(file)?));
    }
    for function in trawl_plan::functions::scalar::ALL {
        let prints = function.examples.iter();
        texts.extend(prints.map(|(example, _)| format!("print v = {example}")));
    }
    for file in files(&root.join("queries"))? {
        texts.push(fs::read_to_string(file)?);
    }
    texts.extend((0..GENERATED).map(|seed| generate::text(&generate::file(seed), seed)));
    fs::create_dir_all(folder)?;
    for (number, text) in texts.iter().enumerate() {
        fs::write(folder.join(format!("seed-{number:04}")), text)?;
    }
    fs::write(dictionary, trawl_fuzz::dictionary())
}

/// The files below a folder, which may be missing.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(Vec::new());
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(self::files(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The queries of a case file: `=== title`, the query, `---`, what comes of it.
fn cases(file: &str) -> Vec<String> {
    let parts = file.split("=== ").skip(1);
    parts
        .filter_map(|part| {
            let (_, rest) = part.split_once('\n')?;
            let (query, _) = rest.split_once("\n---")?;
            Some(query.to_owned())
        })
        .collect()
}

/// The queries of a case file of the whole engine: `== title`, the query, `-- rows` or another part.
fn plan_cases(file: &str) -> Vec<String> {
    let parts = format!("\n{file}");
    let parts = parts.split("\n== ").skip(1);
    parts
        .filter_map(|part| {
            let (_, rest) = part.split_once('\n')?;
            Some(rest.split("\n-- ").next()?.to_owned())
        })
        .collect()
}

/// The examples of a Markdown file.
fn examples(file: &str) -> Vec<String> {
    let blocks = file.split("```trawl\n").skip(1);
    blocks
        .filter_map(|block| Some(block.split_once("```")?.0.to_owned()))
        .collect()
}
