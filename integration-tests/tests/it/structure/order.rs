//! What lies where, and what lies nowhere.

use std::collections::BTreeSet;

use super::{dependencies, source};

/// What stands at the top; beside it only names that begin with a dot.
const TOP: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "Dockerfile",
    "LICENSE",
    "README.md",
    "clippy.toml",
    "gateway",
    "helm",
    "integration-tests",
    "proto",
    "rustfmt.toml",
    "scripts",
    "services",
];
/// What may come later.
const MAY_STAND_AT_THE_TOP: &[&str] = &["web"];
/// Names that say nothing, and so collect everything.
const VAGUE: &[&str] = &["mod", "utils", "util", "common", "helpers", "helper", "manager", "misc"];
/// What nobody leaves behind; written in two parts, so that this file can be searched as well.
const UNFINISHED: &[&str] = &[
    concat!("to", "do!"),
    concat!("unimple", "mented!"),
    concat!("#[ign", "ore"),
    concat!("FIX", "ME"),
    concat!("TO", "DO"),
];

#[test]
fn the_top_is_tidy() {
    let files = source::files();
    let top: BTreeSet<&str> =
        files.iter().map(|file| file.iter().next().unwrap().to_str().unwrap()).collect();
    let known = |name: &&str| name.starts_with('.') || MAY_STAND_AT_THE_TOP.contains(name);
    let top: Vec<&str> = top.into_iter().filter(|name| !known(name)).collect();
    assert_eq!(top, TOP);
}

#[test]
fn names_say_what_is_inside() {
    let stem = |file: &std::path::Path| file.file_stem().unwrap().to_str().unwrap().to_owned();
    let vague: Vec<_> =
        source::rust_files().into_iter().filter(|file| VAGUE.contains(&stem(file).as_str())).collect();
    assert!(vague.is_empty(), "{vague:?}");
}

#[test]
fn every_crate_says_what_it_is_for() {
    let silent: Vec<_> = source::rust_files()
        .into_iter()
        .filter(|file| file.ends_with("src/lib.rs") && !source::read(file).starts_with("//! "))
        .collect();
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn nothing_is_left_for_later() {
    let mut found = Vec::new();
    for file in source::rust_files() {
        for (number, line) in source::read(&file).lines().enumerate() {
            if UNFINISHED.iter().any(|mark| line.contains(mark)) {
                found.push(format!("{}:{}: {}", file.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_plan_of_the_house_names_every_service() {
    let crates = dependencies::crates();
    let services: BTreeSet<&str> =
        crates.keys().filter_map(|folder| folder.strip_prefix("services/")).chain(["gateway"]).collect();
    let plan = source::read("services/README.md");
    let planned: BTreeSet<&str> =
        plan.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(planned, services, "services/README.md (left) and the folders (right) differ");
}
