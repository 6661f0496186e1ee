//! Writes `impl Validate` for every message of `praan.*`, as plain `if … else if …` over its fields.

use std::collections::BTreeMap;
use std::fmt::Write;

use prost_reflect::{DescriptorPool, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, Value};

use crate::rules::{self, Result, Rules};

/// A check: the condition under which `value` is refused, and what to say then.
type Check = (String, String);

const MUST_BE_GIVEN: &str = "must be given";
const DAY: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";

/// Writes the whole file.
pub fn generate(pool: &DescriptorPool) -> Result<String> {
    let mut writer = Writer::default();
    let mut code = String::new();
    for message in pool.all_messages().filter(|message| message.package_name().starts_with("praan.")) {
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
        checks.extend(size("value.len()", "have", "items", min, max));
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
            Kind::Message(kind) => match well_known(kind.full_name()) {
                Some(check) => vec![check],
                None => return Ok(format!("checker.message({at}, value);")),
            },
            Kind::Bool => Vec::new(),
            Kind::String => self.text(rules.inner("string")?, required)?,
            Kind::Int32 => number(rules.inner("int32")?, required, true)?,
            Kind::Int64 => number(rules.inner("int64")?, required, true)?,
            Kind::Double => number(rules.inner("double")?, required, false)?,
            Kind::Enum(kind) => choice(&kind, rules.inner("enum")?, required)?,
            _ => return Err(rules.error("build/validate.rs does not know this type")),
        };
        Ok(chain(at, &checks, ""))
    }

    fn text(&mut self, mut rules: Rules, required: bool) -> Result<Vec<Check>> {
        let mut checks = Vec::new();
        if required {
            checks.push(("value.is_empty()".to_owned(), MUST_BE_GIVEN.to_owned()));
        }
        checks.push(("has_nul(value)".to_owned(), NO_NUL.to_owned()));
        let (min, max) = (rules.number("min_len")?, rules.number("max_len")?);
        checks.extend(size("value.chars().count()", "be", "characters", min, max));
        if rules.flag("email") {
            checks.push(("!is_email(value)".to_owned(), "must be an e-mail address".to_owned()));
        }
        if let Some(pattern) = rules.text("pattern") {
            regex::Regex::new(&pattern)?;
            let next = format!("PATTERN_{}", self.patterns.len());
            let name = self.patterns.entry(pattern.clone()).or_insert(next);
            let message = match pattern.as_str() {
                DAY => "must be a day as YYYY-MM-DD".to_owned(),
                _ => format!("must match {pattern}"),
            };
            checks.push((format!("!matches(&{name}, value)"), message));
        }
        let choices = rules.list("in");
        let choices: Vec<&str> = choices.iter().filter_map(Value::as_str).collect();
        if !choices.is_empty() {
            let condition = format!("![{}].contains(&value.as_str())", quoted(&choices));
            checks.push((condition, format!("must be one of: {}", choices.join(", "))));
        }
        rules.done()?;
        Ok(checks)
    }
}

const NO_NUL: &str = "must not contain NUL characters";

/// Checks a message of `google.protobuf`, which to its sender is one value.
fn well_known(name: &str) -> Option<Check> {
    let (condition, message) = match name {
        "google.protobuf.Timestamp" => ("!is_time(value)", "must be a time from the year 1 to the year 9999"),
        // more than any message has fields
        "google.protobuf.FieldMask" => ("value.paths.len() > 100", "must name at most 100 fields"),
        _ => return None,
    };
    Some((condition.to_owned(), message.to_owned()))
}

/// Checks how many characters or items there are.
fn size(count: &str, verb: &str, noun: &str, min: Option<f64>, max: Option<f64>) -> Option<Check> {
    match (min, max) {
        (None, None) => None,
        (Some(min), None) => Some((format!("{count} < {min}"), format!("must {verb} at least {min} {noun}"))),
        (None, Some(max)) => Some((format!("{count} > {max}"), format!("must {verb} at most {max} {noun}"))),
        (Some(min), Some(max)) => Some((
            format!("!({min}..={max}).contains(&{count})"),
            format!("must {verb} {min} to {max} {noun}"),
        )),
    }
}

/// Checks the range of a number. Every double must be finite, rules or none.
fn number(mut rules: Rules, required: bool, whole: bool) -> Result<Vec<Check>> {
    rules.flag("finite");
    let (gte, gt) = (rules.number("gte")?, rules.number("gt")?);
    let (lte, lt) = (rules.number("lte")?, rules.number("lt")?);
    // among whole numbers, above 0 is at least 1
    let (gte, gt) = if whole { (gte.or(gt.map(|gt| gt + 1.0)), None) } else { (gte, gt) };
    let (lte, lt) = if whole { (lte.or(lt.map(|lt| lt - 1.0)), None) } else { (lte, lt) };
    let (low, high) = (gte.or(gt), lte.or(lt));
    if let (Some(low), Some(high)) = (low, high)
        && low >= high
    {
        return Err(rules.error("the range is empty"));
    }
    let bounds = [(gte, "at least", "<"), (gt, "above", "<="), (lte, "at most", ">"), (lt, "below", ">=")];
    let mut refused = if whole { Vec::new() } else { vec!["!value.is_finite()".to_owned()] };
    let mut said = Vec::new();
    for (bound, words, operator) in bounds {
        let Some(bound) = bound else { continue };
        let literal = if whole { format!("{bound}") } else { format!("{bound:?}") };
        refused.push(format!("*value {operator} {literal}"));
        said.push(format!("{words} {bound}"));
    }
    let range = match (gte, lte) {
        (Some(low), Some(high)) => format!("between {low} and {high}"),
        _ if said.is_empty() => "a finite number".to_owned(),
        _ => said.join(" and "),
    };
    let mut checks = Vec::new();
    if required {
        // without presence, a zero may be a number that was left out: only where it is refused anyway is that no matter
        let excluded = gte.is_some_and(|low| low > 0.0) || gt.is_some_and(|low| low >= 0.0);
        if !excluded {
            return Err(rules.error("REQUIRED needs `optional` or a range without zero"));
        }
        let zero = if whole { "*value == 0" } else { "*value == 0.0" };
        checks.push((zero.to_owned(), format!("{MUST_BE_GIVEN}, {range}")));
    }
    if !refused.is_empty() {
        checks.push((refused.join(" || "), format!("must be {range}")));
    }
    rules.done()?;
    Ok(checks)
}

/// Checks that an enum has one of the values it may have. A value the contract does not define is always refused.
fn choice(kind: &EnumDescriptor, mut rules: Rules, required: bool) -> Result<Vec<Check>> {
    rules.flag("defined_only");
    let numbers = |values: Vec<Value>| values.iter().filter_map(Value::as_i32).collect::<Vec<i32>>();
    let (only, never) = (numbers(rules.list("in")), numbers(rules.list("not_in")));
    if only.iter().chain(&never).any(|number| kind.get_value(*number).is_none()) {
        return Err(rules.error("`in` and `not_in` must name values of the enum"));
    }
    let prefix = format!("{}_", snake(kind.name()).to_uppercase());
    let (mut allowed, mut names) = (Vec::new(), Vec::new());
    for value in kind.values() {
        let number = value.number();
        if never.contains(&number) || (!only.is_empty() && !only.contains(&number)) {
            continue;
        }
        allowed.push(number.to_string());
        if number != 0 {
            names.push(value.name().strip_prefix(&prefix).unwrap_or(value.name()).to_owned());
        }
    }
    let mut checks = Vec::new();
    if required {
        if allowed.iter().any(|number| number == "0") {
            return Err(rules.error("REQUIRED needs `not_in: [0]`"));
        }
        checks.push(("*value == 0".to_owned(), MUST_BE_GIVEN.to_owned()));
    }
    checks.push((
        format!("!matches!(*value, {})", allowed.join(" | ")),
        format!("must be one of: {}", names.join(", ")),
    ));
    rules.done()?;
    Ok(checks)
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

fn quoted(texts: &[&str]) -> String {
    texts.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>().join(", ")
}

/// `image_key` → `ImageKey`
fn camel(name: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('_').filter(|word| !word.is_empty()).map(capital).collect()
}

/// `CreateLogRequest` → `create_log_request`
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
