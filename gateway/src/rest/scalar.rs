//! One value that is not a message: from JSON, or from the text of a path or query, to the wire. An error says what is
//! allowed, never what was sent.

use std::borrow::Cow;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::DateTime;

use super::json::Json;
use super::wire;
use crate::contract::Kind;

/// The largest whole number that JSON carries exactly everywhere.
pub const MOST_EXACT: i64 = (1 << 53) - 1;

/// Up to here a number with a point or an exponent is read well enough to know which whole number was meant.
const MOST_SURE: f64 = 1e14;

/// Why a value does not fit.
pub type Misfit = Cow<'static, str>;

/// Writes a value of JSON as a field.
pub fn write_json(out: &mut Vec<u8>, field: u32, kind: &Kind, value: &Json<'_>) -> Result<(), Misfit> {
    match (kind, value) {
        (Kind::Bool, Json::Bool(value)) => wire::varint(out, field, u64::from(*value)),
        (Kind::Bool, _) => return Err("must be true or false".into()),
        (Kind::Float | Kind::Double, Json::Float(value)) => write_float(out, field, kind, *value)?,
        (Kind::Float | Kind::Double, Json::Natural(value)) => write_float(out, field, kind, *value as f64)?,
        (Kind::Float | Kind::Double, Json::Negative(value)) => write_float(out, field, kind, *value as f64)?,
        (Kind::Float | Kind::Double, _) => return Err("must be a number".into()),
        (Kind::Int32 | Kind::Int64 | Kind::Uint32 | Kind::Uint64, _) => {
            let number = match value {
                Json::Natural(value) => i64::try_from(*value).unwrap_or(i64::MAX),
                Json::Negative(value) => *value,
                // 3.0 is as whole as 3, to JSON Schema as to protobuf
                Json::Float(value) if value.fract() == 0.0 && value.abs() < MOST_SURE => *value as i64,
                _ => return Err("must be a whole number".into()),
            };
            write_whole(out, field, kind, number)?;
        }
        (Kind::Mask, Json::List(paths)) => write_mask(out, field, paths.iter().map(Json::as_text))?,
        (_, Json::Text(text)) => write_text(out, field, kind, text)?,
        (Kind::Mask, _) => return Err("must be a list of field names".into()),
        (Kind::Enum(choices), _) => return Err(format!("must be one of {}", choices.list()).into()),
        _ => return Err("must be a text".into()),
    }
    Ok(())
}

/// Writes a value that came as text, in a path or a query, as a field.
pub fn write_parameter(out: &mut Vec<u8>, field: u32, kind: &Kind, text: &str) -> Result<(), Misfit> {
    match kind {
        Kind::Bool => match text {
            "true" => wire::varint(out, field, 1),
            "false" => wire::varint(out, field, 0),
            _ => return Err("must be true or false".into()),
        },
        Kind::Int32 | Kind::Int64 | Kind::Uint32 | Kind::Uint64 => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err("must be a whole number".into());
            }
            // nothing but digits, so that a failure is a number too large for any range
            write_whole(out, field, kind, text.parse().unwrap_or(i64::MAX))?;
        }
        Kind::Float | Kind::Double => match serde_json::from_str(text) {
            Ok(number) => write_float(out, field, kind, number)?,
            Err(_) => return Err("must be a number".into()),
        },
        _ => write_text(out, field, kind, text)?,
    }
    Ok(())
}

fn write_text(out: &mut Vec<u8>, field: u32, kind: &Kind, text: &str) -> Result<(), Misfit> {
    match kind {
        Kind::String => wire::delimited(out, field, text.as_bytes()),
        Kind::Bytes => {
            let bytes = BASE64_STANDARD.decode(text).map_err(|_| "must be base64")?;
            wire::delimited(out, field, &bytes);
        }
        Kind::Enum(choices) => match choices.number(text) {
            Some(number) => wire::varint(out, field, i64::from(number) as u64),
            None => return Err(format!("must be one of {}", choices.list()).into()),
        },
        Kind::Time => write_time(out, field, text)?,
        Kind::Mask => {
            let paths = text.split(',').filter(|path| !path.is_empty());
            write_mask(out, field, paths.map(|path| Some(path.trim())))?;
        }
        _ => return Err("must not be a text".into()),
    }
    Ok(())
}

fn write_whole(out: &mut Vec<u8>, field: u32, kind: &Kind, number: i64) -> Result<(), Misfit> {
    let (least, most) = match kind {
        Kind::Int32 => (i64::from(i32::MIN), i64::from(i32::MAX)),
        Kind::Uint32 => (0, i64::from(u32::MAX)),
        Kind::Uint64 => (0, MOST_EXACT),
        _ => (-MOST_EXACT, MOST_EXACT),
    };
    if !(least..=most).contains(&number) {
        return Err(format!("must be between {least} and {most}").into());
    }
    wire::varint(out, field, number as u64);
    Ok(())
}

fn write_float(out: &mut Vec<u8>, field: u32, kind: &Kind, number: f64) -> Result<(), Misfit> {
    if let Kind::Double = kind {
        wire::double(out, field, number);
    } else if (number as f32).is_finite() {
        wire::float(out, field, number as f32);
    } else {
        return Err("must be a number of single precision".into());
    }
    Ok(())
}

fn write_time(out: &mut Vec<u8>, field: u32, text: &str) -> Result<(), Misfit> {
    // chrono also takes a blank for the T, which RFC 3339 leaves to agreement, and we agree on nothing
    let strict = text.as_bytes().get(10).is_some_and(|letter| letter.eq_ignore_ascii_case(&b'T'));
    let time = DateTime::parse_from_rfc3339(text).ok().filter(|_| strict);
    let time = time.ok_or("must be a time as RFC 3339 writes it, such as 2026-01-31T08:00:00Z")?;
    let mut inner = Vec::with_capacity(16);
    wire::varint(&mut inner, 1, time.timestamp() as u64);
    // a leap second counts past the end of its second, which a timestamp cannot
    wire::varint(&mut inner, 2, u64::from(time.timestamp_subsec_nanos().min(999_999_999)));
    wire::delimited(out, field, &inner);
    Ok(())
}

fn write_mask<'a>(
    out: &mut Vec<u8>,
    field: u32,
    paths: impl Iterator<Item = Option<&'a str>>,
) -> Result<(), Misfit> {
    let mut inner = Vec::new();
    for path in paths {
        let name = path.filter(|path| !path.is_empty()).ok_or("must be a list of field names")?;
        wire::delimited(&mut inner, 1, name.as_bytes());
    }
    wire::delimited(out, field, &inner);
    Ok(())
}
