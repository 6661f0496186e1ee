//! The rules that the contract sets for a field (`buf.validate`), as JSON Schema says them.

use prost_reflect::{DynamicMessage, Value as Rule};
use serde_json::{Map, Value, json};

use crate::contract::{Field, Kind, Many, extension};

/// A JSON Schema in the making.
pub type Schema = Map<String, Value>;

/// Adds the rules of a field to its schema.
pub fn add(schema: &mut Schema, field: &Field) {
    let options = field.descriptor.options();
    let Some(Rule::Message(rules)) = extension(&options, "buf.validate.field") else { return };
    rules_of(schema, &rules, &field.kind);
}

/// Whether a request has to give the field.
pub fn required(field: &Field) -> bool {
    /// `google.api.FieldBehavior.REQUIRED`
    const REQUIRED: i32 = 2;
    let behaviors = extension(&field.descriptor.options(), "google.api.field_behavior");
    let behaviors = behaviors.as_ref().and_then(Rule::as_list).unwrap_or_default();
    behaviors.iter().any(|behavior| behavior.as_enum_number() == Some(REQUIRED))
}

/// What "required" means beyond being there: a text or list must not be empty.
pub fn not_empty(schema: &mut Schema, field: &Field) {
    let bound = match (field.many, &field.kind) {
        (Many::List, _) => "minItems",
        (Many::One, Kind::String) => "minLength",
        _ => return,
    };
    schema.entry(bound).or_insert(json!(1));
}

fn rules_of(schema: &mut Schema, rules: &DynamicMessage, kind: &Kind) {
    // exactly one is set: int64, string, repeated …
    for (_, of_kind) in rules.fields() {
        for (rule, value) in of_kind.as_message().into_iter().flat_map(DynamicMessage::fields) {
            match (rule.name(), value) {
                ("items", Rule::Message(items)) => {
                    if let Some(Value::Object(inner)) = schema.get_mut("items") {
                        rules_of(inner, items, kind);
                    }
                }
                (name, value) => rule_of(schema, name, value, kind),
            }
        }
    }
}

/// How the contract says that a text is a civil day; JSON Schema has a word for it.
const DAY: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";

fn rule_of(schema: &mut Schema, rule: &str, value: &Rule, kind: &Kind) {
    let keyword = match rule {
        "gt" => "exclusiveMinimum",
        "gte" => "minimum",
        "lt" => "exclusiveMaximum",
        "lte" => "maximum",
        "const" => "const",
        "in" => "enum",
        "min_len" => "minLength",
        "max_len" => "maxLength",
        "pattern" if value.as_str() == Some(DAY) => {
            return drop(schema.insert("format".into(), json!("date")));
        }
        "pattern" => "pattern",
        "min_items" => "minItems",
        "max_items" => "maxItems",
        "unique" => "uniqueItems",
        "email" => return drop(schema.insert("format".into(), json!("email"))),
        "uuid" => return drop(schema.insert("format".into(), json!("uuid"))),
        "uri" => return drop(schema.insert("format".into(), json!("uri"))),
        // zero is never among an enum's names, a number of JSON is always finite, and the rest has no keyword
        _ => return,
    };
    if let Some(value) = plain(value, kind) {
        schema.insert(keyword.into(), value);
    }
}

fn plain(value: &Rule, kind: &Kind) -> Option<Value> {
    Some(match (kind, value) {
        (Kind::Enum(choices), Rule::I32(number)) => json!(choices.name(*number)?),
        (_, Rule::Bool(value)) => json!(value),
        (_, Rule::I32(value)) => json!(value),
        (_, Rule::I64(value)) => json!(value),
        (_, Rule::U32(value)) => json!(value),
        (_, Rule::U64(value)) => json!(value),
        (_, Rule::F32(value)) => json!(value),
        (_, Rule::F64(value)) => json!(value),
        (_, Rule::String(text)) => json!(text),
        (_, Rule::List(items)) => Value::Array(items.iter().filter_map(|item| plain(item, kind)).collect()),
        _ => return None,
    })
}
