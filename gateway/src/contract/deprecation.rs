//! A method that will go away: since when it is not to be used any more, and until when it is served.

use chassis::Error;
use chrono::{NaiveDate, NaiveTime};
use http::{HeaderMap, HeaderValue};
use prost_reflect::{DynamicMessage, MethodDescriptor, Value};

use super::{extension, text, unfit};

/// What the answers of such a method say, as RFC 9745 and RFC 8594 have it.
pub struct Deprecation {
    since: HeaderValue,
    sunset: HeaderValue,
}

impl Deprecation {
    /// Reads it from the contract; `None` for a method that stays.
    pub(super) fn read(method: &MethodDescriptor) -> Result<Option<Self>, Error> {
        let told = match extension(&method.options(), "edge.v1.rule") {
            Some(Value::Message(rule)) => rule.get_field_by_name("deprecation").map(|told| told.into_owned()),
            _ => None,
        };
        let told = told.and_then(|told| told.as_message().cloned());
        let told = told.filter(|told| !text(told, "since").is_empty() || !text(told, "sunset").is_empty());
        let marked = method.options().get_field_by_name("deprecated").and_then(|mark| mark.as_bool());
        match (told, marked.unwrap_or_default()) {
            (None, false) => Ok(None),
            (Some(told), true) => {
                let date =
                    |field| date(&told, field).ok_or_else(|| unfit(method.full_name(), "a date is no date"));
                let midnight = |field| date(field).map(|date| date.and_time(NaiveTime::MIN).and_utc());
                let since = format!("@{}", midnight("since")?.timestamp());
                let sunset = midnight("sunset")?.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
                let value = |text: String| HeaderValue::try_from(text).map_err(Error::internal);
                Ok(Some(Self { since: value(since)?, sunset: value(sunset)? }))
            }
            _ => Err(unfit(method.full_name(), "`deprecated` and `edge.v1.rule.deprecation` go together")),
        }
    }

    /// Tells it to a caller.
    pub fn stamp(&self, headers: &mut HeaderMap) {
        headers.insert("deprecation", self.since.clone());
        headers.insert("sunset", self.sunset.clone());
    }
}

fn date(told: &DynamicMessage, field: &str) -> Option<NaiveDate> {
    text(told, field).parse().ok()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::contract::Contract;

    /// The contract of one method with these options.
    fn contract(options: &str) -> Result<Contract, Error> {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            r#"syntax = "proto3"; package old.v1;
            import "edge/v1/edge.proto"; import "google/api/annotations.proto";
            message Nothing {{}}
            service OldService {{
                rpc Do(Nothing) returns (Nothing) {{ option (google.api.http) = {{ get: "/api/v1/old" }}; {options} }}
            }}"#
        );
        std::fs::write(folder.path().join("old.proto"), text).unwrap();
        let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto");
        let mut compiler = protox::Compiler::new([folder.path(), &shared]).unwrap();
        compiler.include_imports(true).open_file("old.proto").unwrap();
        Contract::read(&compiler.descriptor_pool())
    }

    #[test]
    fn what_will_go_away_says_since_when_and_until_when() {
        let dated = r#"option (edge.v1.rule).deprecation = { since: "2027-01-31", sunset: "2027-07-31" };"#;
        let read = contract(&format!("option deprecated = true; {dated}")).unwrap();
        let method = read.method("/old.v1.OldService/Do").unwrap();
        let mut headers = HeaderMap::new();
        method.deprecation.as_ref().unwrap().stamp(&mut headers);
        assert_eq!(headers["deprecation"], "@1801353600");
        assert_eq!(headers["sunset"], "Sat, 31 Jul 2027 00:00:00 GMT");
        assert!(contract("").unwrap().method("/old.v1.OldService/Do").unwrap().deprecation.is_none());
        let undated = r#"option deprecated = true; option (edge.v1.rule).deprecation = { since: "soon", sunset: "2027-07-31" };"#;
        for unfit in ["option deprecated = true;", dated, undated] {
            assert!(contract(unfit).is_err(), "{unfit}");
        }
    }
}
