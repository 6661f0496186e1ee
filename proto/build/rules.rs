//! Reads the options of one field. Every rule is taken out by the code that turns it into a check, and what is left at the
//! end fails the build: no rule is ever written down and then silently not applied.

use std::collections::BTreeMap;

use prost_reflect::{DynamicMessage, FieldDescriptor, MessageDescriptor, Value};

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The rules of one field or of the items of a list, by name.
pub struct Rules {
    owner: String,
    left: BTreeMap<String, Value>,
}

impl Rules {
    fn none(owner: &str) -> Rules {
        Rules { owner: owner.to_owned(), left: BTreeMap::new() }
    }

    fn of(owner: &str, message: &DynamicMessage) -> Result<Rules> {
        if message.extensions().next().is_some() || message.unknown_fields().next().is_some() {
            return Err(format!("{owner}: a rule that buf/validate/validate.proto does not define").into());
        }
        let left = message.fields().map(|(field, value)| (field.name().to_owned(), value.clone())).collect();
        Ok(Rules { owner: owner.to_owned(), left })
    }

    /// Takes the rules of one type, such as `string`, out of these.
    pub fn inner(&mut self, name: &str) -> Result<Rules> {
        match self.left.remove(name) {
            Some(Value::Message(message)) => Rules::of(&self.owner, &message),
            None => Ok(Rules::none(&self.owner)),
            Some(_) => Err(self.error(&format!("`{name}` holds no rules"))),
        }
    }

    /// Takes a number, whatever its type.
    pub fn number(&mut self, name: &str) -> Result<Option<f64>> {
        // two to the 53rd: as far as every whole number is exact
        const EXACT: i64 = 1 << 53;
        Ok(match self.left.remove(name) {
            None => None,
            Some(Value::F64(number)) if number.is_finite() => Some(number),
            Some(Value::I32(number)) => Some(f64::from(number)),
            Some(Value::I64(number)) if (-EXACT..=EXACT).contains(&number) => Some(number as f64),
            Some(Value::U64(number)) if number <= EXACT as u64 => Some(number as f64),
            Some(_) => return Err(self.error(&format!("`{name}` is no number that can be checked"))),
        })
    }

    /// Takes a yes; a written-out `false` is the same as nothing.
    pub fn flag(&mut self, name: &str) -> bool {
        matches!(self.left.remove(name), Some(Value::Bool(true)))
    }

    /// Takes a text.
    pub fn text(&mut self, name: &str) -> Option<String> {
        self.left.remove(name).and_then(|value| value.as_str().map(str::to_owned))
    }

    /// Takes a list; empty when there is none.
    pub fn list(&mut self, name: &str) -> Vec<Value> {
        self.left.remove(name).and_then(|value| value.as_list().map(<[Value]>::to_vec)).unwrap_or_default()
    }

    /// Makes sure that every rule was taken.
    pub fn done(self) -> Result<()> {
        match self.left.keys().next() {
            None => Ok(()),
            Some(name) => Err(self.error(&format!("build/validate.rs does not know the rule `{name}` here"))),
        }
    }

    /// An error that names the field.
    pub fn error(&self, message: &str) -> Box<dyn std::error::Error> {
        format!("{}: {message}", self.owner).into()
    }
}

/// Reads what a field's options ask for: its rules, and whether it must be given.
pub fn read(field: &FieldDescriptor) -> Result<(Rules, bool)> {
    let owner = field.full_name();
    let mut rules = Rules::none(owner);
    let mut required = false;
    for (extension, value) in field.options().extensions() {
        match (extension.full_name(), value) {
            ("buf.validate.field", Value::Message(message)) => rules = Rules::of(owner, message)?,
            ("google.api.field_behavior", Value::List(behaviors)) => {
                for behavior in behaviors.iter().filter_map(Value::as_enum_number) {
                    match behavior {
                        2 => required = true,
                        // OUTPUT_ONLY and INPUT_ONLY only inform
                        3 | 4 => {}
                        _ => {
                            return Err(
                                format!("{owner}: field_behavior {behavior} is not understood").into()
                            );
                        }
                    }
                }
            }
            // what the edge shows changes no rule
            (name, _) if name.starts_with("edge.v1.") => {}
            (name, _) => return Err(format!("{owner}: the option ({name}) is not understood").into()),
        }
    }
    Ok((rules, required))
}

/// Refuses rules on a whole message or oneof, of which the generator knows none.
pub fn refuse_message_rules(message: &MessageDescriptor) -> Result<()> {
    let oneofs = message.oneofs().map(|oneof| oneof.options());
    for options in oneofs.chain([message.options()]) {
        for (extension, _) in options.extensions() {
            if !extension.full_name().starts_with("edge.v1.") {
                let (owner, name) = (message.full_name(), extension.full_name());
                return Err(format!("{owner}: the option ({name}) is not understood").into());
            }
        }
    }
    Ok(())
}
