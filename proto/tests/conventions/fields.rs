use prost_reflect::{Kind, MessageDescriptor};

use crate::contract::{comments, fields, messages, requests, routes};
use crate::faults::Faults;
use crate::rules::{least, most, rule};

const MAX_ID: f64 = 9_007_199_254_740_991.0;

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
