//! Values of each kind.

use std::collections::BTreeMap;
use std::io::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chassis::Error;
use chrono::{DateTime, SecondsFormat};

use super::super::scalar::MOST_EXACT;
use super::super::wire::{Fields, Raw, packed};
use super::write;
use crate::contract::{Contract, Kind};

/// What a field is that is not on the wire.
pub fn zero(kind: &Kind) -> Raw<'static> {
    match kind {
        Kind::Double => Raw::Fixed64([0; 8]),
        Kind::Float => Raw::Fixed32([0; 4]),
        Kind::Bool | Kind::Int32 | Kind::Int64 | Kind::Uint32 | Kind::Uint64 | Kind::Enum(_) => {
            Raw::Varint(0)
        }
        Kind::String | Kind::Bytes | Kind::Time | Kind::Mask | Kind::Message(_) => Raw::Delimited(&[]),
    }
}

/// Writes a list; numbers may be packed.
pub fn write_list<'m>(
    out: &mut Vec<u8>,
    contract: &Contract,
    kind: &Kind,
    values: impl Iterator<Item = Raw<'m>>,
) -> Result<(), Error> {
    out.push(b'[');
    let begin = out.len();
    let mut write = |value| {
        if out.len() > begin {
            out.push(b',');
        }
        write_value(out, contract, kind, value)
    };
    for value in values {
        match (kind, value) {
            (
                Kind::Bool | Kind::Enum(_) | Kind::Int32 | Kind::Int64 | Kind::Uint32 | Kind::Uint64,
                Raw::Delimited(list),
            ) => {
                packed(list)?.into_iter().try_for_each(&mut write)?;
            }
            (Kind::Double, Raw::Delimited(list)) => {
                list.as_chunks().0.iter().try_for_each(|bytes| write(Raw::Fixed64(*bytes)))?;
            }
            (Kind::Float, Raw::Delimited(list)) => {
                list.as_chunks().0.iter().try_for_each(|bytes| write(Raw::Fixed32(*bytes)))?;
            }
            (_, value) => write(value)?,
        }
    }
    out.push(b']');
    Ok(())
}

/// A map by text. It has no order on the wire; the same answer shall have the same bytes.
pub fn write_map<'m>(
    out: &mut Vec<u8>,
    contract: &Contract,
    kind: &Kind,
    entries: impl Iterator<Item = Raw<'m>>,
) -> Result<(), Error> {
    let entry = |entry: Raw<'m>| {
        let Raw::Delimited(entry) = entry else { return Err(unexpected()) };
        let entry = Fields::read(entry)?;
        let Raw::Delimited(key) = entry.last(1).unwrap_or(Raw::Delimited(&[])) else {
            return Err(unexpected());
        };
        Ok((text(key)?, entry.last(2).unwrap_or(zero(kind))))
    };
    let entries = entries.map(entry).collect::<Result<BTreeMap<_, _>, Error>>()?;
    out.push(b'{');
    let begin = out.len();
    for (key, value) in entries {
        if out.len() > begin {
            out.push(b',');
        }
        write_text(out, key);
        out.push(b':');
        write_value(out, contract, kind, value)?;
    }
    out.push(b'}');
    Ok(())
}

/// Writes a value.
pub fn write_value(out: &mut Vec<u8>, contract: &Contract, kind: &Kind, value: Raw<'_>) -> Result<(), Error> {
    match (kind, value) {
        (Kind::Bool, Raw::Varint(value)) => {
            out.extend_from_slice(if value != 0 { b"true" } else { b"false" })
        }
        (Kind::Int32, Raw::Varint(value)) => write_whole(out, i64::from(value as i32)),
        (Kind::Int64, Raw::Varint(value)) => write_whole(out, value as i64),
        (Kind::Uint32, Raw::Varint(value)) => write_whole(out, i64::from(value as u32)),
        // formatting into memory does not fail
        (Kind::Uint64, Raw::Varint(value)) => drop(write!(out, "{value}")),
        (Kind::Float, Raw::Fixed32(value)) => write_float(out, f64::from(f32::from_le_bytes(value))),
        (Kind::Double, Raw::Fixed64(value)) => write_float(out, f64::from_le_bytes(value)),
        (Kind::String, Raw::Delimited(value)) => write_text(out, text(value)?),
        (Kind::Bytes, Raw::Delimited(bytes)) => write_text(out, &BASE64_STANDARD.encode(bytes)),
        // in a list there is no leaving out
        (Kind::Enum(choices), Raw::Varint(number)) => match choices.name(number as i32) {
            Some(name) => write_text(out, name),
            None => out.extend_from_slice(b"null"),
        },
        (Kind::Time, Raw::Delimited(time)) => write_time(out, &Fields::read(time)?)?,
        (Kind::Mask, Raw::Delimited(mask)) => {
            write_list(out, contract, &Kind::String, Fields::read(mask)?.all(1))?;
        }
        (Kind::Message(id), Raw::Delimited(message)) => {
            write(out, contract, contract.shape(*id), &Fields::read(message)?)?;
        }
        _ => return Err(unexpected()),
    }
    Ok(())
}

/// Writes a text.
pub fn write_text(out: &mut Vec<u8>, text: &str) {
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

fn write_time(out: &mut Vec<u8>, time: &Fields<'_>) -> Result<(), Error> {
    let number = |field| match time.last(field) {
        None => Some(0),
        Some(Raw::Varint(number)) => Some(number as i64),
        Some(_) => None,
    };
    let nanos = number(2).and_then(|nanos| u32::try_from(nanos).ok());
    let time = number(1).zip(nanos).and_then(|(seconds, nanos)| DateTime::from_timestamp(seconds, nanos));
    let time = time.ok_or_else(|| Error::internal("a service answered with a time that does not exist"))?;
    write_text(out, &time.to_rfc3339_opts(SecondsFormat::AutoSi, true));
    Ok(())
}

fn text(bytes: &[u8]) -> Result<&str, Error> {
    str::from_utf8(bytes).map_err(|_| unexpected())
}

fn unexpected() -> Error {
    Error::internal("an answer is not of the shape that the contract gives it")
}
