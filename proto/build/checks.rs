//! Turns the rules of one value into checks.

use std::collections::BTreeMap;

use prost_reflect::{EnumDescriptor, Value};

use crate::rules::{Result, Rules};

/// A check: the condition under which `value` is refused, and what to say then.
pub type Check = (String, String);

pub const MUST_BE_GIVEN: &str = "must be given";
pub const NO_NUL: &str = "must not contain NUL characters";
const DAY: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";

/// Checks a text. Patterns are named in `patterns`, each once.
pub fn text(mut rules: Rules, required: bool, patterns: &mut BTreeMap<String, String>) -> Result<Vec<Check>> {
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
        regex::Regex::new(&pattern).map_err(|error| rules.error(&error.to_string()))?;
        let next = format!("PATTERN_{}", patterns.len());
        let name = patterns.entry(pattern.clone()).or_insert(next);
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

/// Checks a message of `google.protobuf`, which to its sender is one value.
pub fn well_known(name: &str) -> Option<Check> {
    let (condition, message) = match name {
        "google.protobuf.Timestamp" => ("!is_time(value)", "must be a time from the year 1 to the year 9999"),
        // more than any message has fields
        "google.protobuf.FieldMask" => ("value.paths.len() > 100", "must name at most 100 fields"),
        _ => return None,
    };
    Some((condition.to_owned(), message.to_owned()))
}

/// Checks how many characters or items there are.
pub fn size(count: &str, verb: &str, noun: &str, min: Option<f64>, max: Option<f64>) -> Option<Check> {
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
pub fn number(mut rules: Rules, required: bool, whole: bool) -> Result<Vec<Check>> {
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
pub fn choice(kind: &EnumDescriptor, mut rules: Rules, required: bool) -> Result<Vec<Check>> {
    rules.flag("defined_only");
    let numbers = |values: Vec<Value>| values.iter().filter_map(Value::as_i32).collect::<Vec<i32>>();
    let (only, never) = (numbers(rules.list("in")), numbers(rules.list("not_in")));
    if only.iter().chain(&never).any(|number| kind.get_value(*number).is_none()) {
        return Err(rules.error("`in` and `not_in` must name values of the enum"));
    }
    let prefix = format!("{}_", crate::validate::snake(kind.name()).to_uppercase());
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

fn quoted(texts: &[&str]) -> String {
    texts.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>().join(", ")
}
