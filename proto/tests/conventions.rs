//! The rules of the contract, checked on the contract. Each test names everything that breaks its rule.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::{
    DynamicMessage, EnumDescriptor, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor,
    MethodDescriptor, Value,
};
use proto::{Access, access, descriptors};

const MAX_ID: f64 = 9_007_199_254_740_991.0;

#[test]
fn a_package_is_a_directory_with_one_service_and_imports_no_other() {
    let mut faults = Faults::default();
    for file in files() {
        let (name, package) = (file.name(), file.package_name());
        let parts: Vec<&str> = package.split('.').collect();
        faults.unless(matches!(parts[..], ["praan", _, "v1"]), &format!("{package}: not praan.<service>.v1"));
        faults.unless(
            name.starts_with(&format!("{}/", parts.join("/"))),
            &format!("{name}: not the directory of {package}"),
        );
        for import in file.dependencies() {
            faults
                .unless(!import.name().starts_with("praan/"), &format!("{name}: imports {}", import.name()));
        }
        let services = descriptors().services().filter(|service| service.package_name() == package).count();
        faults.unless(services == 1, &format!("{package}: {services} services"));
    }
    assert_eq!(files().len(), 6);
    faults.none();
}

#[test]
fn everything_has_a_comment() {
    let mut faults = Faults::default();
    for file in descriptors().files().filter(|file| ours(file.package_name())) {
        let comments = comments(&file);
        let mut check = |path: &[i32], name: &str| {
            let written = comments.get(path).is_some_and(|comment| !comment.trim().is_empty());
            faults.unless(written, &format!("{name}: no comment"));
        };
        check(&[2], file.name());
        for message in file.messages() {
            check(message.path(), message.full_name());
            message.fields().for_each(|field| check(field.path(), field.full_name()));
            let oneofs = message.oneofs().filter(|oneof| !oneof.is_synthetic());
            oneofs.for_each(|oneof| check(oneof.path(), oneof.full_name()));
        }
        for kind in file.enums() {
            check(kind.path(), kind.full_name());
            kind.values().for_each(|value| check(value.path(), value.full_name()));
        }
        for service in file.services() {
            check(service.path(), service.full_name());
            service.methods().for_each(|method| check(method.path(), method.full_name()));
        }
        file.extensions().for_each(|extension| check(extension.path(), extension.full_name()));
    }
    faults.none();
}

#[test]
fn an_enum_says_its_name_in_its_values_and_begins_with_nothing_said() {
    let mut faults = Faults::default();
    for kind in enums() {
        let prefix = snake(kind.name()).to_uppercase();
        let zero = kind.get_value(0).map(|value| value.name().to_owned());
        faults.unless(zero == Some(format!("{prefix}_UNSPECIFIED")), &format!("{}: zero", kind.full_name()));
        for value in kind.values() {
            faults.unless(value.name().starts_with(&format!("{prefix}_")), value.full_name());
        }
    }
    faults.none();
}

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
fn an_update_takes_a_mask_and_a_list_comes_in_pages() {
    let mut faults = Faults::default();
    for (method, _) in routes() {
        let (name, input, output) = (method.full_name(), method.input(), method.output());
        let is = |message: &MessageDescriptor, field: &str, kind: &str| {
            let field = message.get_field_by_name(field);
            field.is_some_and(|field| format!("{:?}", field.kind()).contains(kind))
        };
        if method.name().starts_with("Update") {
            faults.unless(
                is(&input, "update_mask", "google.protobuf.FieldMask"),
                &format!("{name}: no update_mask"),
            );
            let plain = fields(input.clone()).filter(|field| !field.supports_presence());
            for field in plain.filter(|field| field.kind() != Kind::Int64) {
                faults.unless(false, &format!("{}: cannot be left out", field.full_name()));
            }
        }
        if method.name().starts_with("List") {
            faults.unless(is(&input, "limit", "int32"), &format!("{name}: no limit"));
            faults.unless(is(&input, "cursor", "string"), &format!("{name}: no cursor"));
            let data = output.get_field_by_name("data").is_some_and(|field| field.is_list());
            faults.unless(data, &format!("{name}: no data"));
            faults.unless(is(&output, "pagination", "Pagination"), &format!("{name}: no pagination"));
        }
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

#[test]
fn an_instant_and_a_day_are_named_as_such() {
    let mut faults = Faults::default();
    for message in messages() {
        let comments = comments(&message.parent_file());
        for field in message.fields() {
            let (name, comment) = (field.name(), &comments[field.path()]);
            let full_name = field.full_name();
            let instant = name.ends_with("_at") || ["timestamp", "not_before", "not_after"].contains(&name);
            let is_instant = matches!(field.kind(), Kind::Message(kind) if kind.full_name() == "google.protobuf.Timestamp");
            faults.unless(instant == is_instant, &format!("{full_name}: an instant is called …_at"));
            let day = name.ends_with("_date") || ["date", "from", "to"].contains(&name);
            let is_day = comment.contains("`YYYY-MM-DD`");
            faults
                .unless(day == is_day, &format!("{full_name}: a day is called …_date and says `YYYY-MM-DD`"));
            faults
                .unless(!is_day || field.kind() == Kind::String, &format!("{full_name}: a day is a string"));
        }
    }
    faults.none();
}

#[test]
fn nothing_in_a_request_is_without_bounds() {
    let mut faults = Faults::default();
    for (message, public) in requests() {
        for field in message.fields() {
            let name = field.full_name();
            faults.unless(!field.is_map(), &format!("{name}: a map"));
            if field.is_list() {
                faults.unless(
                    rule(&field, "repeated", "max_items").is_some(),
                    &format!("{name}: no max_items"),
                );
            }
            if !public {
                continue;
            }
            let bounded = match field.kind() {
                Kind::String => {
                    ["max_len", "pattern", "in"].iter().any(|name| rule(&field, "string", name).is_some())
                }
                Kind::Int64 => least(&field) >= Some(0.0) && most(&field).is_some_and(|most| most <= MAX_ID),
                Kind::Int32 | Kind::Double => least(&field).is_some() && most(&field).is_some(),
                _ => true,
            };
            faults.unless(bounded, &format!("{name}: no bounds"));
        }
    }
    faults.none();
}

/// What a document repeats of another package is to be read as the other, number by number and under the same rules.
#[test]
fn what_a_record_says_of_goals_is_what_a_program_says() {
    let mut faults = Faults::default();
    let (mut seen, mut next) = (BTreeSet::new(), vec!["Config".to_owned()]);
    while let Some(name) = next.pop() {
        let message = |full_name: String| descriptors().get_message_by_name(&full_name).expect("a message");
        let planned = message(format!("praan.program.v1.{name}"));
        let recorded = message(format!("praan.logging.v1.Recorded{name}"));
        faults.unless(planned.fields().len() == recorded.fields().len(), &format!("{name}: fields"));
        for (field, theirs) in planned.fields().zip(recorded.fields()) {
            let said = |field: &FieldDescriptor| {
                let kind = match field.kind() {
                    Kind::Message(kind) => kind.name().trim_start_matches("Recorded").to_owned(),
                    Kind::Enum(kind) => kind.values().map(|value| value.name().to_owned()).collect(),
                    kind => format!("{kind:?}"),
                };
                (field.number(), field.name().to_owned(), field.cardinality(), kind)
            };
            faults.unless(said(&field) == said(&theirs), theirs.full_name());
            // the record's own version has bounds that the one that is shown needs not
            let same = extension(&field.options(), "buf.validate.field")
                == extension(&theirs.options(), "buf.validate.field");
            faults.unless(same || name == "Config", &format!("{}: rules", theirs.full_name()));
            if let Kind::Message(inner) = field.kind()
                && seen.insert(inner.name().to_owned())
            {
                next.push(inner.name().to_owned());
            }
        }
    }
    assert!(seen.len() > 5, "{seen:?}");
    faults.none();
}

/// What breaks a rule, gathered so that one run tells all.
#[derive(Default)]
struct Faults(BTreeSet<String>);

impl Faults {
    fn unless(&mut self, holds: bool, fault: &str) {
        if !holds {
            self.0.insert(fault.to_owned());
        }
    }

    #[track_caller]
    fn none(self) {
        assert!(self.0.is_empty(), "{:#?}", self.0);
    }
}

struct Route {
    verb: String,
    path: String,
    body: String,
}

fn ours(package: &str) -> bool {
    package.starts_with("praan.") || package.starts_with("edge.")
}

fn files() -> Vec<FileDescriptor> {
    descriptors().files().filter(|file| file.name().starts_with("praan/")).collect()
}

fn messages() -> impl Iterator<Item = MessageDescriptor> {
    descriptors()
        .all_messages()
        .filter(|message| message.package_name().starts_with("praan.") && !message.is_map_entry())
}

fn enums() -> impl Iterator<Item = EnumDescriptor> {
    descriptors().all_enums().filter(|kind| kind.parent_file().name().starts_with("praan/"))
}

fn methods() -> Vec<MethodDescriptor> {
    let services = descriptors().services().filter(|service| service.package_name().starts_with("praan."));
    services.flat_map(|service| service.methods().collect::<Vec<_>>()).collect()
}

fn fields(message: MessageDescriptor) -> impl Iterator<Item = FieldDescriptor> {
    message.fields().collect::<Vec<_>>().into_iter()
}

/// The public methods and where they are.
fn routes() -> Vec<(MethodDescriptor, Route)> {
    let route = |method: MethodDescriptor| {
        let http = extension(&method.options(), "google.api.http")?;
        let (pattern, path) = http.fields().find(|(field, _)| field.containing_oneof().is_some())?;
        let body = get(&http, "body").and_then(|body| body.as_str().map(str::to_owned)).unwrap_or_default();
        let route = Route { verb: pattern.name().to_owned(), path: path.as_str()?.to_owned(), body };
        Some((method, route))
    };
    methods().into_iter().filter_map(route).collect()
}

/// The messages that reach a service in a request, and whether one of those requests comes from outside.
fn requests() -> Vec<(MessageDescriptor, bool)> {
    let mut found: BTreeMap<String, (MessageDescriptor, bool)> = BTreeMap::new();
    let outside = |method: &MethodDescriptor| {
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        access(&path) != Some(Access::Internal)
    };
    let mut next: Vec<_> = methods().iter().map(|method| (method.input(), outside(method))).collect();
    while let Some((message, public)) = next.pop() {
        let known = found.get(message.full_name()).is_some_and(|(_, known)| *known || !public);
        if known || !ours(message.package_name()) {
            continue;
        }
        let inner = fields(message.clone()).filter_map(|field| field.kind().as_message().cloned());
        next.extend(inner.map(|inner| (inner, public)));
        found.insert(message.full_name().to_owned(), (message, public));
    }
    found.into_values().collect()
}

/// The comment above each element of a file, by its path.
fn comments(file: &FileDescriptor) -> BTreeMap<Vec<i32>, String> {
    let source = file.file_descriptor_proto().source_code_info.clone().unwrap_or_default();
    source
        .location
        .into_iter()
        .map(|place| (place.path, place.leading_comments.unwrap_or_default()))
        .collect()
}

fn extension(options: &DynamicMessage, name: &str) -> Option<DynamicMessage> {
    let (_, value) = options.extensions().find(|(extension, _)| extension.full_name() == name)?;
    match value {
        Value::Message(message) => Some(message.clone()),
        _ => Some(options.clone()),
    }
}

fn get(message: &DynamicMessage, name: &str) -> Option<Value> {
    message.fields().find(|(field, _)| field.name() == name).map(|(_, value)| value.clone())
}

/// A rule of a field; of a list, a rule of its items unless it is one of `repeated`.
fn rule(field: &FieldDescriptor, kind: &str, name: &str) -> Option<Value> {
    let mut rules = extension(&field.options(), "buf.validate.field")?;
    if field.is_list() && kind != "repeated" {
        for step in ["repeated", "items"] {
            rules = get(&rules, step)?.as_message()?.clone();
        }
    }
    get(get(&rules, kind)?.as_message()?, name)
}

fn least(field: &FieldDescriptor) -> Option<f64> {
    // above 0 is at least 1 among whole numbers; of others only whether there is a bound is asked
    number(field, "gte").or(number(field, "gt").map(|bound| bound + 1.0))
}

fn most(field: &FieldDescriptor) -> Option<f64> {
    number(field, "lte").or(number(field, "lt"))
}

fn number(field: &FieldDescriptor, name: &str) -> Option<f64> {
    match rule(field, &format!("{:?}", field.kind()), name)? {
        Value::I32(number) => Some(f64::from(number)),
        Value::I64(number) => Some(number as f64),
        Value::F64(number) => Some(number),
        _ => None,
    }
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
