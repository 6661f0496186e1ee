//! How documents write what is neither a number nor a text of a person.

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use prost_types::Timestamp;

use crate::domain::moment::Moment;

/// An instant, in UTC.
pub fn utc(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// An instant of another service; none where it says none.
pub fn instant(at: Option<&Timestamp>) -> Option<String> {
    let at = at?;
    DateTime::from_timestamp(at.seconds, at.nanos.try_into().ok()?).map(utc)
}

/// A moment as the member's clock showed it.
pub fn local(moment: &Moment) -> String {
    match FixedOffset::east_opt(moment.utc_offset_minutes * 60) {
        Some(zone) => moment.timestamp.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::AutoSi, true),
        None => utc(moment.timestamp),
    }
}

/// The value of an enum without the name of the enum, as REST writes it.
pub fn word<'a>(name: &'a str, prefix: &str) -> &'a str {
    name.strip_prefix(prefix).unwrap_or(name)
}

/// An item of a JSON list, after a comma unless it is the first.
pub fn item(out: &mut Vec<u8>, first: &mut bool, value: &serde_json::Value) {
    if !std::mem::replace(first, false) {
        out.push(b',');
    }
    out.extend_from_slice(value.to_string().as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_the_clock_on_the_wall_showed_it() {
        for (at, zone, text) in [
            ("2026-03-01T18:30:00Z", chrono_tz::Tz::Asia__Kolkata, "2026-03-02T00:00:00+05:30"),
            ("2026-03-01T18:30:00.125Z", chrono_tz::Tz::America__New_York, "2026-03-01T13:30:00.125-05:00"),
            ("2026-03-01T18:30:00Z", chrono_tz::Tz::UTC, "2026-03-01T18:30:00Z"),
        ] {
            assert_eq!(local(&Moment::new(at.parse().unwrap(), zone)), text);
        }
    }
}
