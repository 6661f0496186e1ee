//! Services know each other as contracts, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{Dependency, DependencyKind, MetadataCommand, Package};

use super::source;

/// What a kind of crate may use of ours, and which crates of others it may never use; a `*` stands for any ending.
struct Rule {
    may: &'static [&'static str],
    never: &'static [&'static str],
}

const PROTO: Rule = Rule {
    may: &[],
    never: &["sea-orm*", "sqlx*", "axum*", "hyper*", "lapin*", "redis*", "aws-sdk-*", "aws-config", "s3s*"],
};
const CHASSIS: Rule = Rule {
    may: &["proto"],
    never: &["sea-orm*", "sqlx*", "axum*", "lapin*", "redis*", "aws-sdk-*", "aws-config", "s3s*"],
};
const BACKENDS: Rule = Rule { may: &["chassis", "test-servers"], never: &["axum*"] };
const SERVICE: Rule = Rule {
    may: &["proto", "chassis", "backends", "test-servers"],
    never: &["axum*", "lapin*", "redis*", "aws-sdk-*", "aws-config", "aws-smithy-*", "s3s*"],
};
/// Who reads photos for ai-inference, with a runtime that no other crate has to build.
const READER: Rule = Rule { may: &["ai-inference", "chassis"], never: SERVICE.never };
const GATEWAY: Rule = Rule {
    may: &["proto", "chassis", "backends", "test-servers"],
    never: &["sea-orm*", "sqlx*", "lapin*", "redis*", "aws-sdk-*", "aws-config", "s3s*"],
};

/// The servers that tests start: they know nothing of the house.
const SERVERS: Rule = Rule { may: &[], never: &["sea-orm*", "sqlx*", "lapin*", "redis*"] };

/// The rule of the crate in a folder; none for those that put the house together.
fn rule(folder: &str) -> Option<Rule> {
    match folder {
        "proto" => Some(PROTO),
        "services/chassis" => Some(CHASSIS),
        "services/backends" => Some(BACKENDS),
        "gateway" => Some(GATEWAY),
        "integration-tests/servers" => Some(SERVERS),
        "services/praan" | "integration-tests" | "integration-tests/targets" => None,
        "services/onnx" => Some(READER),
        service if service.starts_with("services/") => Some(SERVICE),
        other => panic!("{other} has no rule: say here what it may use"),
    }
}

/// The crates of the workspace, by folder.
pub fn crates() -> BTreeMap<String, Package> {
    let metadata = MetadataCommand::new().current_dir(source::root()).no_deps().exec().unwrap();
    let folder = |package: &Package| {
        let folder = package.manifest_path.parent().unwrap().strip_prefix(&metadata.workspace_root).unwrap();
        folder.as_str().to_owned()
    };
    metadata.workspace_packages().into_iter().map(|package| (folder(package), package.clone())).collect()
}

/// What is wrong with the dependencies of a crate. Those of its tests and build script count as well.
fn faults(rule: &Rule, uses: &[&str], ours: &BTreeSet<&str>) -> Vec<String> {
    let short = |name: &str| name.strip_prefix("praan-").unwrap_or(name).to_owned();
    let foreign = |name: &&&str| ours.contains(**name) && !rule.may.contains(&short(name).as_str());
    let banned = |name: &&&str| rule.never.iter().any(|pattern| matches(pattern, name));
    uses.iter().filter(|name| foreign(name) || banned(name)).map(|name| (*name).to_owned()).collect()
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

/// Any crate may test against real servers, and none may ship them.
fn is_server_for_tests(dependency: &Dependency) -> bool {
    dependency.kind == DependencyKind::Development && dependency.name == "praan-test-servers"
}

#[test]
fn every_crate_uses_only_what_it_may() {
    let crates = crates();
    let ours: BTreeSet<&str> = crates.values().map(|package| package.name.as_str()).collect();
    let mut wrong = Vec::new();
    for (folder, package) in &crates {
        let Some(rule) = rule(folder) else { continue };
        // a crate may name itself, to test with features that it does not have by itself
        let itself = |d: &&Dependency| d.name == package.name.as_str();
        let uses: Vec<&str> = package
            .dependencies
            .iter()
            .filter(|d| !itself(d) && !is_server_for_tests(d))
            .map(|d| d.name.as_str())
            .collect();
        wrong.extend(
            faults(&rule, &uses, &ours).into_iter().map(|name| format!("{folder} must not use {name}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// It takes longer to build than the rest of a service.
#[test]
fn the_runtime_of_models_is_built_only_when_it_is_asked_for() {
    let crates = crates();
    let of_reader = |package: &&Package| package.dependencies.iter().any(|d| d.name == "praan-onnx");
    let users: Vec<&Package> = crates.values().filter(of_reader).collect();
    let [praan] = users[..] else { panic!("more crates than praan use praan-onnx") };
    let optional = praan.dependencies.iter().any(|d| d.name == "praan-onnx" && d.optional);
    let by_default = praan.features.get("default").is_some_and(|features| !features.is_empty());
    assert!(praan.name.as_str() == "praan" && optional && !by_default, "{} always builds it", praan.name);
}

#[test]
fn a_forbidden_dependency_is_seen() {
    let ours = BTreeSet::from(["praan-proto", "praan-chassis", "praan-backends", "praan-family", "praan"]);
    let found = |rule, uses: &[&str]| faults(rule, uses, &ours);
    assert!(
        found(&SERVICE, &["praan-proto", "praan-chassis", "praan-backends", "sea-orm", "aws-lc-rs"])
            .is_empty()
    );
    assert_eq!(found(&SERVICE, &["praan-family"]), ["praan-family"]);
    assert_eq!(found(&SERVICE, &["axum", "aws-sdk-s3", "lapin"]), ["axum", "aws-sdk-s3", "lapin"]);
    assert_eq!(found(&GATEWAY, &["sea-orm-migration", "praan"]), ["sea-orm-migration", "praan"]);
    assert_eq!(found(&BACKENDS, &["praan-proto", "praan-chassis"]), ["praan-proto"]);
}
