//! From an answer on the wire to JSON, straight to bytes: the names of the contract, whole numbers as numbers, times as
//! RFC 3339 in UTC, enums by their bare names, unions as tag and content.
//!
//! A field that may be absent is left out when it is, or `null` where the contract says so; one that may not is always there.
//! An enum's zero value says nothing, so it counts as absent.

mod value;

use std::borrow::Cow;

use chassis::Error;

pub use super::wire::Fields;
use super::wire::Raw;
use crate::contract::{Contract, Field, Kind, Many, Shape, Slot, Union};
use value::{write_list, write_map, write_text, write_value, zero};

/// Writes a message as a JSON object.
pub fn write(
    out: &mut Vec<u8>,
    contract: &Contract,
    shape: &Shape,
    message: &Fields<'_>,
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
pub fn printed<'m>(
    contract: &Contract,
    shape: &Shape,
    name: &str,
    message: &Fields<'m>,
) -> Option<Cow<'m, str>> {
    let field = shape.field(name).filter(|field| field.many == Many::One)?;
    let value = present(field, message)?;
    match (&field.kind, value) {
        (Kind::Message(_) | Kind::Time | Kind::Mask | Kind::Bytes, _) => None,
        (Kind::String, Raw::Delimited(text)) => str::from_utf8(text).ok().map(Cow::Borrowed),
        (Kind::Enum(choices), Raw::Varint(number)) => {
            choices.name(number as i32).map(|name| Cow::Owned(name.to_owned()))
        }
        (kind, value) => {
            let mut out = Vec::new();
            write_value(&mut out, contract, kind, value).ok()?;
            String::from_utf8(out).ok().map(Cow::Owned)
        }
    }
}

/// The value of a single field, or its zero value where that is a value; `None` when it is absent.
fn present<'m>(field: &Field, message: &Fields<'m>) -> Option<Raw<'m>> {
    let value = match message.last(field.number) {
        Some(value) => value,
        None if field.presence => return None,
        None => zero(&field.kind),
    };
    match (&field.kind, value) {
        (Kind::Enum(choices), Raw::Varint(number)) if choices.name(number as i32).is_none() => None,
        _ => Some(value),
    }
}

fn write_field(
    out: &mut Vec<u8>,
    begin: usize,
    contract: &Contract,
    field: &Field,
    message: &Fields<'_>,
) -> Result<(), Error> {
    if field.many != Many::One {
        if field.hidden_when_empty && message.last(field.number).is_none() {
            return Ok(());
        }
        write_name(out, begin, field.name());
        let values = message.all(field.number);
        return match field.many {
            Many::Map => write_map(out, contract, &field.kind, values),
            Many::One | Many::List => write_list(out, contract, &field.kind, values),
        };
    }
    match present(field, message) {
        Some(value) => {
            write_name(out, begin, field.name());
            write_value(out, contract, &field.kind, value)
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
    message: &Fields<'_>,
) -> Result<(), Error> {
    let case_of = |number| union.cases.iter().find(|case| shape.fields[case.field].number == number);
    let held = message.last_of(|number| case_of(number).is_some());
    let Some((case, value)) = held.and_then(|(number, value)| Some((case_of(number)?, value))) else {
        return Ok(());
    };
    write_name(out, begin, &union.tag);
    write_text(out, &case.tag);
    write_name(out, begin, &union.content);
    write_value(out, contract, &shape.fields[case.field].kind, value)
}

/// A name of the contract, which needs no escapes.
fn write_name(out: &mut Vec<u8>, begin: usize, name: &str) {
    if out.len() > begin {
        out.push(b',');
    }
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}
