//! The options of methods and fields.

use prost_reflect::{DynamicMessage, FieldDescriptor, Value};

pub fn extension(options: &DynamicMessage, name: &str) -> Option<DynamicMessage> {
    let (_, value) = options.extensions().find(|(extension, _)| extension.full_name() == name)?;
    match value {
        Value::Message(message) => Some(message.clone()),
        _ => Some(options.clone()),
    }
}

pub fn get(message: &DynamicMessage, name: &str) -> Option<Value> {
    message.fields().find(|(field, _)| field.name() == name).map(|(_, value)| value.clone())
}

/// A rule of a field; of a list, a rule of its items unless it is one of `repeated`.
pub fn rule(field: &FieldDescriptor, kind: &str, name: &str) -> Option<Value> {
    let mut rules = extension(&field.options(), "buf.validate.field")?;
    if field.is_list() && kind != "repeated" {
        for step in ["repeated", "items"] {
            rules = get(&rules, step)?.as_message()?.clone();
        }
    }
    get(get(&rules, kind)?.as_message()?, name)
}

pub fn least(field: &FieldDescriptor) -> Option<f64> {
    // above 0 is at least 1 among whole numbers; of others only whether there is a bound is asked
    number(field, "gte").or(number(field, "gt").map(|bound| bound + 1.0))
}

pub fn most(field: &FieldDescriptor) -> Option<f64> {
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
