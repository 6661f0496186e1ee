//! From an answer's message to JSON, straight to bytes: the names of the contract, whole numbers as numbers, times as
//! RFC 3339 in UTC, enums by their bare names, unions as tag and content.
//!
//! A field that may be absent is left out when it is, or `null` where the contract says so; one that may not is always there.
//! An enum's zero value says nothing, so it counts as absent.

use std::io::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chassis::Error;
use chrono::{DateTime, SecondsFormat};
use prost_reflect::{DynamicMessage, MapKey, Value};

use super::scalar::MOST_EXACT;
use crate::contract::{Contract, Field, Kind, Many, Shape, Slot, Union};

/// Writes a message as a JSON object.
pub fn write(
    out: &mut Vec<u8>,
    contract: &Contract,
    shape: &Shape,
    message: &DynamicMessage,
) -> Result<(), Error> {
    out.push(b'{');
    let begin = out.len();
    for slot in &shape.slots {
        match slot {
            Slot::Field(index) => write_field(out, begin, contract, &shape.fields[*index], message)?,
            // the content is written along with its tag
            Slot::Tag(index) => write_union(out, begin, contract, shape, &shape.unions[*index], message)?,
            Slot::Content(_) => {}
        }
    }
    out.push(b'}');
    Ok(())
}

/// A plain field as text: what REST prints, without quotes. `None` when it is absent or no single plain value.
pub fn printed(contract: &Contract, shape: &Shape, name: &str, message: &DynamicMessage) -> Option<String> {
    let field = shape.field(name).filter(|field| field.many == Many::One)?;
    let value = present(field, message)?;
    match (&field.kind, value.as_ref()) {
        (Kind::Message(_) | Kind::Time | Kind::Mask | Kind::Bytes, _) => None,
        (Kind::String, Value::String(text)) => Some(text.clone()),
        (Kind::Enum(choices), Value::EnumNumber(number)) => choices.name(*number).map(str::to_owned),
        (kind, value) => {
            let mut out = Vec::new();
            write_value(&mut out, contract, kind, value).ok()?;
            String::from_utf8(out).ok()
        }
    }
}

/// The value of a single field, or its zero value where that is a value; `None` when it is absent.
fn present<'m>(field: &Field, message: &'m DynamicMessage) -> Option<std::borrow::Cow<'m, Value>> {
    if field.presence && !message.has_field(&field.descriptor) {
        return None;
    }
    let value = message.get_field(&field.descriptor);
    match (&field.kind, value.as_ref()) {
        (Kind::Enum(choices), Value::EnumNumber(number)) if choices.name(*number).is_none() => None,
        _ => Some(value),
    }
}

fn write_field(
    out: &mut Vec<u8>,
    begin: usize,
    contract: &Contract,
    field: &Field,
    message: &DynamicMessage,
) -> Result<(), Error> {
    if field.many != Many::One {
        if field.hidden_when_empty && !message.has_field(&field.descriptor) {
            return Ok(());
        }
        write_name(out, begin, field.name());
        return write_many(out, contract, &field.kind, message.get_field(&field.descriptor).as_ref());
    }
    match present(field, message) {
        Some(value) => {
            write_name(out, begin, field.name());
            write_value(out, contract, &field.kind, &value)
        }
        None => {
            if field.nullable {
                write_name(out, begin, field.name());
                out.extend_from_slice(b"null");
            }
            Ok(())
        }
    }
}

fn write_union(
    out: &mut Vec<u8>,
    begin: usize,
    contract: &Contract,
    shape: &Shape,
    union: &Union,
    message: &DynamicMessage,
) -> Result<(), Error> {
    for case in &union.cases {
        let field = &shape.fields[case.field];
        if message.has_field(&field.descriptor) {
            write_name(out, begin, &union.tag);
            write_text(out, &case.tag);
            write_name(out, begin, &union.content);
            return write_value(out, contract, &field.kind, &message.get_field(&field.descriptor));
        }
    }
    Ok(())
}

fn write_many(out: &mut Vec<u8>, contract: &Contract, kind: &Kind, value: &Value) -> Result<(), Error> {
    match value {
        Value::List(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_value(out, contract, kind, item)?;
            }
            out.push(b']');
        }
        Value::Map(entries) => {
            // a map has no order on the wire; the same answer shall have the same bytes
            let mut entries: Vec<_> =
                entries.iter().filter_map(|(key, value)| Some((key_text(key)?, value))).collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push(b'{');
            let begin = out.len();
            for (key, value) in entries {
                write_name(out, begin, key);
                write_value(out, contract, kind, value)?;
            }
            out.push(b'}');
        }
        _ => return Err(unexpected()),
    }
    Ok(())
}

fn write_value(out: &mut Vec<u8>, contract: &Contract, kind: &Kind, value: &Value) -> Result<(), Error> {
    match (kind, value) {
        (_, Value::Bool(value)) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        (_, Value::I32(value)) => write_whole(out, i64::from(*value)),
        (_, Value::I64(value)) => write_whole(out, *value),
        (_, Value::U32(value)) => write_whole(out, i64::from(*value)),
        // formatting into memory does not fail
        (_, Value::U64(value)) => drop(write!(out, "{value}")),
        (_, Value::F32(value)) => write_float(out, f64::from(*value)),
        (_, Value::F64(value)) => write_float(out, *value),
        (_, Value::String(text)) => write_text(out, text),
        (_, Value::Bytes(bytes)) => write_text(out, &BASE64_STANDARD.encode(bytes)),
        // in a list there is no leaving out
        (Kind::Enum(choices), Value::EnumNumber(number)) => match choices.name(*number) {
            Some(name) => write_text(out, name),
            None => out.extend_from_slice(b"null"),
        },
        (Kind::Time, Value::Message(time)) => write_time(out, time)?,
        (Kind::Mask, Value::Message(mask)) => {
            let paths = mask.get_field_by_name("paths").ok_or_else(unexpected)?;
            write_many(out, contract, &Kind::String, &paths)?;
        }
        (Kind::Message(id), Value::Message(message)) => write(out, contract, contract.shape(*id), message)?,
        _ => return Err(unexpected()),
    }
    Ok(())
}

fn write_name(out: &mut Vec<u8>, begin: usize, name: &str) {
    if out.len() > begin {
        out.push(b',');
    }
    write_text(out, name);
    out.push(b':');
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    // neither a text nor memory gives serde_json a reason to fail
    let _ = serde_json::to_writer(out, text);
}

fn write_whole(out: &mut Vec<u8>, value: i64) {
    let _ = write!(out, "{value}");
}

/// A number without a needless `.0`; what is no number is `null`, which is all that JSON has for it.
fn write_float(out: &mut Vec<u8>, value: f64) {
    if value.fract() == 0.0 && value.abs() <= MOST_EXACT as f64 {
        write_whole(out, value as i64);
    } else {
        let _ = serde_json::to_writer(out, &value);
    }
}

fn write_time(out: &mut Vec<u8>, time: &DynamicMessage) -> Result<(), Error> {
    let seconds = time.get_field_by_name("seconds").and_then(|value| value.as_i64());
    let nanos = time.get_field_by_name("nanos").and_then(|value| value.as_i32());
    let nanos = nanos.and_then(|nanos| u32::try_from(nanos).ok());
    let time = seconds.zip(nanos).and_then(|(seconds, nanos)| DateTime::from_timestamp(seconds, nanos));
    let time = time.ok_or_else(|| Error::internal("a service answered with a time that does not exist"))?;
    write_text(out, &time.to_rfc3339_opts(SecondsFormat::AutoSi, true));
    Ok(())
}

fn key_text(key: &MapKey) -> Option<&str> {
    match key {
        MapKey::String(text) => Some(text),
        _ => None,
    }
}

fn unexpected() -> Error {
    Error::internal("an answer is not of the shape that the contract gives it")
}
