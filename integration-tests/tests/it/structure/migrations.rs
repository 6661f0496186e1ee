//! A step of the tables only ever expands them: the release before works on while, and after, it is taken.

use std::path::{Path, PathBuf};

use super::source;

/// Steps from before there was a release to be compatible with. None is ever added.
const OLDER_THAN_THE_RULE: &[&str] = &["services/identity/src/store/migration/m0002_providers.rs"];
/// What would break a program that does not know the step.
const BREAKS: &[&str] =
    &["DROP ", "RENAME ", "TRUNCATE ", "ALTER COLUMN ", "SET NOT NULL", "ADD CONSTRAINT ", "ADD PRIMARY KEY"];

fn steps() -> Vec<PathBuf> {
    let is_step =
        |file: &PathBuf| file.parent().is_some_and(|folder| folder.ends_with("src/store/migration"));
    source::rust_files().into_iter().filter(is_step).collect()
}

/// What a step does that breaks the release before.
fn breaks(text: &str) -> Vec<String> {
    let added = regex::Regex::new(r"(?i)ADD COLUMN [^,;]*?NOT NULL(?P<rest>[^,;]*)").expect("sound");
    let code: String =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let upper = code.to_uppercase();
    let mut found: Vec<String> =
        BREAKS.iter().filter(|word| upper.contains(**word)).map(ToString::to_string).collect();
    let bare = added.captures_iter(&code).filter(|added| !added["rest"].to_uppercase().contains("DEFAULT"));
    found.extend(bare.map(|added| added[0].to_owned()));
    found
}

/// Whether a step says in its name that it takes away what the release before stopped using.
fn takes_away(file: &Path) -> bool {
    file.file_stem().is_some_and(|stem| stem.to_string_lossy().contains("_drop_"))
}

#[test]
fn every_step_only_expands() {
    let steps = steps();
    assert!(steps.len() >= 10, "{steps:?}");
    for file in steps.iter().filter(|file| !takes_away(file)) {
        let found = breaks(&source::read(file));
        let is_older = OLDER_THAN_THE_RULE.iter().any(|older| file == Path::new(older));
        assert_eq!(!found.is_empty(), is_older, "{}: {found:?}; see backends::db::Standing", file.display());
    }
}

#[test]
fn what_breaks_is_found() {
    for bad in [
        "\"ALTER TABLE users DROP COLUMN name\"",
        "\"ALTER TABLE users RENAME COLUMN name TO title\"",
        "\"ALTER TABLE users ADD COLUMN name TEXT NOT NULL\"",
        "\"alter table users alter column name type bigint\"",
    ] {
        assert!(!breaks(bad).is_empty(), "{bad}");
    }
    for good in [
        "/// What DROP TABLE does.\n\"ALTER TABLE users ADD COLUMN name TEXT\"",
        "\"ALTER TABLE users ADD COLUMN name TEXT NOT NULL DEFAULT ''\"",
        "\"CREATE TABLE users (id BIGINT NOT NULL)\"",
    ] {
        assert!(breaks(good).is_empty(), "{good}");
    }
}
