use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::{Kind, MethodDescriptor, Value};

use crate::contract::{Route, fields, messages, methods, routes, snake};
use crate::faults::Faults;
use crate::rules::{extension, get, least};

#[test]
fn a_route_is_public_unique_and_fits_its_verb() {
    let mut faults = Faults::default();
    let mut seen = BTreeMap::new();
    for (method, route) in routes() {
        let name = method.full_name();
        let public = route.path.starts_with("/api/v1/") || route.path.starts_with("/.well-known/");
        faults.unless(public, &format!("{name}: {}", route.path));
        let with_body = matches!(route.verb.as_str(), "post" | "put" | "patch");
        faults.unless(route.body == if with_body { "*" } else { "" }, &format!("{name}: body"));
        // the name of a variable makes no other path
        let shape: Vec<&str> =
            route.path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect();
        if let Some(other) = seen.insert((route.verb.clone(), shape.join("/")), name.to_owned()) {
            faults.unless(false, &format!("{name}: the route of {other}"));
        }
        for variable in route.path.split('/').filter_map(|part| part.strip_prefix('{')) {
            let field = method.input().get_field_by_name(variable.trim_end_matches('}'));
            let fits =
                field.as_ref().is_some_and(|field| field.kind() == Kind::Int64 && least(field) >= Some(1.0));
            faults.unless(fits, &format!("{name}: {{{variable} is no id of the request"));
        }
        let verb = ["Get", "List", "Watch", "Export", "Update", "Replace", "Delete", "Remove"]
            .into_iter()
            .zip(["get", "get", "get", "get", "patch", "put", "delete", "delete"]);
        for (prefix, verb) in verb.filter(|(prefix, _)| method.name().starts_with(prefix)) {
            faults.unless(route.verb == verb, &format!("{name}: {prefix}… by {}", route.verb));
        }
    }
    assert!(seen.len() > 30, "the routes are read");
    faults.none();
}

/// What is called again after a failure is decided by these words of the contract.
#[test]
fn what_only_reads_says_so_and_what_the_public_may_change_does_not() {
    use prost_types::method_options::IdempotencyLevel::{IdempotencyUnknown, Idempotent, NoSideEffects};
    let gets: BTreeSet<String> = routes()
        .into_iter()
        .filter(|(_, route)| route.verb == "get")
        .map(|(method, _)| method.full_name().to_owned())
        .collect();
    let mut faults = Faults::default();
    for method in methods() {
        let (name, route) = (method.full_name(), extension(&method.options(), "google.api.http"));
        let reads = ["Get", "List", "Watch", "Check", "Lookup", "Authorize"];
        let wanted = match method.name() {
            // a family comes into being when it is first asked for
            "GetFamily" | "GetHousehold" => Idempotent,
            "RecordLog" | "KeepInferences" => Idempotent,
            _ if gets.contains(name) => NoSideEffects,
            read if route.is_none() && reads.iter().any(|verb| read.starts_with(verb)) => NoSideEffects,
            _ => IdempotencyUnknown,
        };
        let options = method.method_descriptor_proto().options.clone().unwrap_or_default();
        faults.unless(
            options.idempotency_level() == wanted,
            &format!("{name}: {}", options.idempotency_level().as_str_name()),
        );
        // a request that is sent again must be known whole
        faults.unless(!method.is_client_streaming(), &format!("{name}: a stream of requests"));
    }
    assert!(gets.len() > 15, "the routes are read");
    faults.none();
}

#[test]
fn what_the_edge_shows_is_there_to_be_shown() {
    let mut faults = Faults::default();
    for (method, _) in routes() {
        let options = method.options();
        let Some(rule) = extension(&options, "edge.v1.rule") else { continue };
        let name = method.full_name();
        let success = get(&rule, "success").and_then(|value| value.as_i32()).unwrap_or(0);
        faults.unless([0, 201, 202, 204].contains(&success), &format!("{name}: {success}"));
        let media_types = get(&rule, "media_types").is_some();
        let is_body = method.output().full_name() == "google.api.HttpBody";
        faults
            .unless(media_types == is_body, &format!("{name}: a body says what it may be, and only a body"));
        let empty = method.output().fields().len() == 0;
        faults.unless(
            (success == 204) == empty,
            &format!("{name}: 204 is for an empty answer, and only for it"),
        );
        for outcome in get(&rule, "outcomes").iter().flat_map(|list| list.as_list().unwrap_or_default()) {
            let text = |name| {
                outcome.as_message().and_then(|outcome| get(outcome, name)).unwrap_or(Value::Bool(false))
            };
            let field = method.output().get_field_by_name(text("field").as_str().unwrap_or_default());
            let Some(Kind::Enum(kind)) = field.map(|field| field.kind()) else {
                faults.unless(false, &format!("{name}: an outcome of no enum"));
                continue;
            };
            let value = format!(
                "{}_{}",
                snake(kind.name()).to_uppercase(),
                text("value").as_str().unwrap_or_default()
            );
            faults.unless(kind.get_value_by_name(&value).is_some(), &format!("{name}: no {value}"));
        }
    }
    for field in messages().flat_map(fields) {
        let nullable = extension(&field.options(), "edge.v1.nullable").is_some();
        faults.unless(!nullable || field.supports_presence(), &format!("{}: never null", field.full_name()));
    }
    faults.none();
}

#[test]
fn what_replaces_heeds_the_version_that_a_get_shows() {
    let mut faults = Faults::default();
    let all = routes();
    for (method, route) in &all {
        let rule = extension(&method.options(), "edge.v1.rule");
        let conditional = rule.and_then(|rule| get(&rule, "conditional")?.as_bool()).unwrap_or_default();
        let replaces = ["patch", "put"].contains(&route.verb.as_str());
        faults.unless(conditional == replaces, &format!("{}: conditional", method.full_name()));
        let shows = |(other, at): &(MethodDescriptor, Route)| {
            at.verb == "get" && at.path == route.path && other.output() == method.output()
        };
        let shown = all.iter().any(shows);
        faults.unless(!conditional || shown, &format!("{}: no GET shows the same", method.full_name()));
    }
    faults.none();
}
