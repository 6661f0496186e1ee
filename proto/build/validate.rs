//! Writes `impl Validate` for every message of ours, as plain `if … else if …` over its fields.

use std::collections::BTreeMap;
use std::fmt::Write;

use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};

use crate::checks::{self, Check, MUST_BE_GIVEN, NO_NUL};
use crate::rules::{self, Result, Rules};

/// Writes the whole file.
pub fn generate(pool: &DescriptorPool) -> Result<String> {
    let mut writer = Writer::default();
    let mut code = String::new();
    for message in pool
        .all_messages()
        .filter(|message| ["audit.", "praan."].iter().any(|ours| message.package_name().starts_with(ours)))
    {
        if !message.is_map_entry() {
            code += &writer.message(&message)?;
        }
    }
    for (pattern, name) in &writer.patterns {
        writeln!(code, "static {name}: Pattern = Pattern::new(|| regex::Regex::new({pattern:?}).ok());")?;
    }
    Ok(code)
}

#[derive(Default)]
struct Writer {
    /// The names of the statics that hold the compiled patterns.
    patterns: BTreeMap<String, String>,
}

impl Writer {
    fn message(&mut self, message: &MessageDescriptor) -> Result<String> {
        rules::refuse_message_rules(message)?;
        if message.parent_message().is_some() {
            return Err(format!("{}: nested messages are not understood", message.full_name()).into());
        }
        let package = message.package_name().trim_start_matches("praan.").replace('.', "::");
        let path = format!("crate::{package}::{}", message.name());
        let mut body = String::new();
        for field in message.fields() {
            body += &self.field(message, &package, &field)?;
        }
        Ok(format!("impl Validate for {path} {{ fn check(&self, checker: &mut Checker) {{\n{body}}} }}\n"))
    }

    fn field(
        &mut self,
        message: &MessageDescriptor,
        package: &str,
        field: &FieldDescriptor,
    ) -> Result<String> {
        let (mut rules, required) = rules::read(field)?;
        let name = field.name();
        let at = format!("{name:?}");
        let code = if field.is_map() {
            if required {
                return Err(rules.error("REQUIRED is not understood at a map"));
            }
            // maps carry no rules, and only texts that must be storable
            format!(
                "if self.r#{name}.iter().any(|(k, v)| has_nul(k) || has_nul(v)) {{ checker.reject({at}, {NO_NUL:?}); }}\n"
            )
        } else if field.is_list() {
            self.list(field, &mut rules, required)?
        } else {
            let presence = field.supports_presence();
            let inner = self.value(field, &mut rules, required && !presence, &at)?;
            let oneof = field.containing_oneof().filter(|oneof| !oneof.is_synthetic());
            if let Some(oneof) = oneof {
                if required {
                    return Err(rules.error("REQUIRED says nothing of a case of a oneof"));
                }
                let case = format!("{}::{}::{}", snake(message.name()), camel(oneof.name()), camel(name));
                format!(
                    "if let Some(crate::{package}::{case}(value)) = &self.r#{} {{ {inner} }}\n",
                    oneof.name()
                )
            } else if presence {
                let absent = if required {
                    format!(" else {{ {} }}", reject(&at, MUST_BE_GIVEN))
                } else {
                    String::new()
                };
                format!("if let Some(value) = &self.r#{name} {{ {inner} }}{absent}\n")
            } else if inner.is_empty() {
                inner
            } else {
                format!("let value = &self.r#{name}; {inner}\n")
            }
        };
        rules.done()?;
        Ok(code)
    }

    fn list(&mut self, field: &FieldDescriptor, outer: &mut Rules, required: bool) -> Result<String> {
        let (name, mut rules) = (field.name(), outer.inner("repeated")?);
        let (min, max) = (rules.number("min_items")?, rules.number("max_items")?);
        let mut checks = Vec::new();
        if required {
            checks.push(("value.is_empty()".to_owned(), MUST_BE_GIVEN.to_owned()));
        }
        checks.extend(checks::size("value.len()", "have", "items", min, max));
        if rules.flag("unique") {
            // each item is compared with each
            max.ok_or_else(|| rules.error("`unique` needs `max_items`"))?;
            checks.push(("has_duplicates(value)".to_owned(), "must not have an item twice".to_owned()));
        }
        let mut item_rules = rules.inner("items")?;
        let item = self.value(field, &mut item_rules, false, &format!("({name:?}, index)"))?;
        item_rules.done()?;
        rules.done()?;
        let items = if item.is_empty() {
            item
        } else {
            format!("for (index, value) in value.iter().enumerate() {{ {item} }}")
        };
        Ok(format!("let value = &self.r#{name}; {}\n", chain(&format!("{name:?}"), &checks, &items)))
    }

    /// Writes the checks of one `value`, a reference to what the field holds.
    fn value(
        &mut self,
        field: &FieldDescriptor,
        rules: &mut Rules,
        required: bool,
        at: &str,
    ) -> Result<String> {
        let checks = match field.kind() {
            Kind::Message(kind) => match checks::well_known(kind.full_name()) {
                Some(check) => vec![check],
                None => return Ok(format!("checker.message({at}, value);")),
            },
            Kind::Bool => Vec::new(),
            Kind::String => checks::text(rules.inner("string")?, required, &mut self.patterns)?,
            Kind::Int32 => checks::number(rules.inner("int32")?, required, true)?,
            Kind::Int64 => checks::number(rules.inner("int64")?, required, true)?,
            Kind::Double => checks::number(rules.inner("double")?, required, false)?,
            Kind::Enum(kind) => checks::choice(&kind, rules.inner("enum")?, required)?,
            _ => return Err(rules.error("build/validate.rs does not know this type")),
        };
        Ok(chain(at, &checks, ""))
    }
}

/// Writes checks of which the first that fails speaks, and what comes after all have passed.
fn chain(at: &str, checks: &[Check], last: &str) -> String {
    let reject = |(condition, message): &Check| format!("if {condition} {{ {} }}", reject(at, message));
    let mut branches: Vec<String> = checks.iter().map(reject).collect();
    if branches.is_empty() {
        return last.to_owned();
    }
    if !last.is_empty() {
        branches.push(format!("{{ {last} }}"));
    }
    branches.join(" else ")
}

fn reject(at: &str, message: &str) -> String {
    format!("checker.reject({at}, {message:?});")
}

/// `image_key` → `ImageKey`
pub fn camel(name: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('_').filter(|word| !word.is_empty()).map(capital).collect()
}

/// `CreateLogRequest` → `create_log_request`
pub fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
