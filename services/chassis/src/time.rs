//! Times as the contracts write them.

use chrono::{DateTime, NaiveDate, SubsecRound, TimeDelta, Utc};
use chrono_tz::Tz;
use prost_types::Timestamp;

use crate::Error;

/// How far the clocks of two houses may be apart.
const APART: TimeDelta = TimeDelta::minutes(5);

/// An instant as the wire has it.
pub fn timestamp(at: DateTime<Utc>) -> Timestamp {
    Timestamp { seconds: at.timestamp(), nanos: at.timestamp_subsec_nanos() as i32 }
}

/// Reads an instant, in whole microseconds, between the years 1900 and 2200.
pub fn instant(field: &str, at: &Timestamp) -> Result<DateTime<Utc>, Error> {
    let nanos = u32::try_from(at.nanos).ok();
    nanos
        .and_then(|nanos| DateTime::from_timestamp(at.seconds, nanos))
        .filter(|at| (1900..2200).contains(&chrono::Datelike::year(at)))
        .map(|at| at.trunc_subsecs(6))
        .ok_or_else(|| Error::invalid(field, "must be a time between the years 1900 and 2200"))
}

/// The same of what has happened, by whosever clock.
pub fn past(field: &str, at: &Timestamp, now: DateTime<Utc>) -> Result<DateTime<Utc>, Error> {
    let at = instant(field, at)?;
    if at > now + APART { Err(Error::invalid(field, "must not be in the future")) } else { Ok(at) }
}

/// Reads a civil day, `YYYY-MM-DD`.
pub fn date(field: &str, text: &str) -> Result<NaiveDate, Error> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .map_err(|_| Error::invalid(field, "must be a day that exists, as YYYY-MM-DD"))
}

/// Reads an IANA time zone.
pub fn zone(field: &str, name: &str) -> Result<Tz, Error> {
    name.parse().map_err(|_| Error::invalid(field, "must be an IANA time zone, such as Asia/Kolkata"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_happened_is_at_most_as_far_ahead_as_clocks_are_apart() {
        let now: DateTime<Utc> = "2026-03-20T12:00:00Z".parse().unwrap();
        for (ahead, past) in [(-1_000_000, true), (0, true), (300, true), (301, false)] {
            let at = now + TimeDelta::seconds(ahead);
            assert_eq!(super::past("at", &timestamp(at), now).ok(), past.then_some(at), "{ahead}");
        }
    }
}
