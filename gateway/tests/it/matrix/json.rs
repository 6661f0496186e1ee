//! JSON as the contract has it, written and read a second time, in a way that only wants to be right: the gateway's own
//! transcoding is judged by this one.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, SecondsFormat};
use prost_reflect::{DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MapKey, MessageDescriptor};
use prost_reflect::{ReflectMessage, Value};
use serde_json::{Map, Value as Json, json};

use super::rpc::{option, text};

/// The names of the two properties that show the oneof of a field.
fn union(field: &FieldDescriptor) -> Option<(String, String)> {
    let oneof = field.containing_oneof().filter(|oneof| !oneof.is_synthetic())?;
    let union = option(&oneof.options(), "edge.v1.union").unwrap();
    Some((text(&union, "tag"), text(&union, "content")))
}

/// What is set of a message.
pub fn write(message: &DynamicMessage) -> Map<String, Json> {
    let mut object = Map::new();
    for (field, value) in message.fields() {
        let json = write_any(&field, value);
        match union(&field) {
            Some((tag, content)) => {
                object.insert(tag, json!(field.name().to_uppercase()));
                object.insert(content, json);
            }
            None => drop(object.insert(field.name().to_owned(), json)),
        }
    }
    object
}

fn write_any(field: &FieldDescriptor, value: &Value) -> Json {
    match value {
        Value::List(items) => items.iter().map(|item| write_one(&field.kind(), item)).collect(),
        Value::Map(entries) => {
            let Kind::Message(entry) = field.kind() else { panic!("a map has entries") };
            let kind = entry.map_entry_value_field().kind();
            let entry =
                |(key, value): (&MapKey, &Value)| (key.as_str().unwrap().to_owned(), write_one(&kind, value));
            Json::Object(entries.iter().map(entry).collect())
        }
        value => write_one(&field.kind(), value),
    }
}

fn write_one(kind: &Kind, value: &Value) -> Json {
    match value {
        Value::Bool(value) => json!(value),
        Value::I32(value) => json!(value),
        Value::I64(value) => json!(value),
        Value::F64(value) => json!(value),
        Value::String(value) => json!(value),
        Value::Bytes(value) => json!(BASE64_STANDARD.encode(value)),
        Value::EnumNumber(number) => {
            let Kind::Enum(choices) = kind else { panic!("an enum") };
            let value = choices.get_value(*number).unwrap();
            json!(value.name().strip_prefix(&prefix(choices)).unwrap())
        }
        Value::Message(message) => match message.descriptor().full_name() {
            "google.protobuf.Timestamp" => {
                let seconds = message.get_field_by_name("seconds").unwrap().as_i64().unwrap();
                let nanos = message.get_field_by_name("nanos").unwrap().as_i32().unwrap();
                let time = DateTime::from_timestamp(seconds, nanos as u32).unwrap();
                json!(time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
            }
            "google.protobuf.FieldMask" => write(message).remove("paths").unwrap_or_else(|| json!([])),
            _ => Json::Object(write(message)),
        },
        other => panic!("write a {other:?} here"),
    }
}

/// `LogType` has the values `LOG_TYPE_…`.
fn prefix(choices: &EnumDescriptor) -> String {
    choices.get_value(0).unwrap().name().strip_suffix("UNSPECIFIED").unwrap().to_owned()
}

/// The message that an object stands for. Fails on a property that the message has not.
pub fn read(descriptor: &MessageDescriptor, object: &Map<String, Json>) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    let mut left: Vec<&str> = object.keys().map(String::as_str).collect();
    for field in descriptor.fields() {
        let name = match union(&field) {
            None => field.name().to_owned(),
            Some((tag, content)) => {
                let is_this = object.get(&tag).is_some_and(|tag| *tag == field.name().to_uppercase());
                if !is_this {
                    continue;
                }
                left.retain(|name| *name != tag);
                content
            }
        };
        left.retain(|left| *left != name);
        if let Some(json) = object.get(&name).filter(|json| !json.is_null()) {
            message.set_field(&field, read_any(&field, json));
        }
    }
    assert!(left.is_empty(), "{} has no {left:?}", descriptor.full_name());
    message
}

fn read_any(field: &FieldDescriptor, json: &Json) -> Value {
    match (json, field.kind()) {
        (Json::Array(items), kind) if field.is_list() => {
            Value::List(items.iter().map(|item| read_one(&kind, item)).collect())
        }
        (Json::Object(entries), Kind::Message(entry)) if field.is_map() => {
            let kind = entry.map_entry_value_field().kind();
            let entry = |(key, json): (&String, &Json)| (MapKey::String(key.clone()), read_one(&kind, json));
            Value::Map(entries.iter().map(entry).collect())
        }
        (json, kind) => read_one(&kind, json),
    }
}

fn read_one(kind: &Kind, json: &Json) -> Value {
    match kind {
        Kind::Bool => Value::Bool(json.as_bool().unwrap()),
        Kind::Int32 => Value::I32(json.as_i64().unwrap().try_into().unwrap()),
        Kind::Int64 => Value::I64(json.as_i64().unwrap()),
        Kind::Double => Value::F64(json.as_f64().unwrap()),
        Kind::String => Value::String(json.as_str().unwrap().to_owned()),
        Kind::Bytes => Value::Bytes(BASE64_STANDARD.decode(json.as_str().unwrap()).unwrap().into()),
        Kind::Enum(choices) => {
            let name = prefix(choices) + json.as_str().unwrap();
            Value::EnumNumber(choices.get_value_by_name(&name).unwrap().number())
        }
        Kind::Message(descriptor) => Value::Message(match descriptor.full_name() {
            "google.protobuf.Timestamp" => {
                let time = DateTime::parse_from_rfc3339(json.as_str().unwrap()).unwrap();
                let mut message = DynamicMessage::new(descriptor.clone());
                message.set_field_by_name("seconds", Value::I64(time.timestamp()));
                message.set_field_by_name("nanos", Value::I32(time.timestamp_subsec_nanos() as i32));
                message
            }
            "google.protobuf.FieldMask" => read(descriptor, json!({"paths": json}).as_object().unwrap()),
            _ => read(descriptor, json.as_object().unwrap()),
        }),
        other => panic!("read a {other:?} here"),
    }
}
