//! When a log happened: the instant, the member's local day, and how far the zone was from UTC.

use chrono::{DateTime, Days, NaiveDate, Offset, SubsecRound, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use super::Fault;

/// Logs may be older than the program by a week, for what was written down while it was being set up.
const DAYS_BEFORE: Days = Days::new(7);
/// Clocks of phones run ahead.
const AHEAD: TimeDelta = TimeDelta::minutes(5);
/// A member may have moved between zones since a log was made; no two are further apart than this.
const ZONES: TimeDelta = TimeDelta::days(2);

/// When something happened, as the member saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The instant, in whole microseconds.
    pub timestamp: DateTime<Utc>,
    /// The member's local day.
    pub local_date: NaiveDate,
    /// The zone's distance from UTC at that time.
    pub utc_offset_minutes: i32,
}

impl Moment {
    /// Places an instant in a zone.
    pub fn new(instant: DateTime<Utc>, zone: Tz) -> Self {
        let timestamp = instant.trunc_subsecs(6);
        let offset = timestamp.with_timezone(&zone).offset().fix();
        Self::at(timestamp, offset.local_minus_utc().div_euclid(60))
    }

    /// The same where the distance from UTC is known.
    pub fn at(timestamp: DateTime<Utc>, utc_offset_minutes: i32) -> Self {
        let local = timestamp + TimeDelta::minutes(utc_offset_minutes.into());
        Self { timestamp, local_date: local.date_naive(), utc_offset_minutes }
    }

    /// Places what the caller said, or now, within the time a program's logs may have.
    pub fn of_log(
        said: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
        program_start: NaiveDate,
        zone: Tz,
    ) -> Result<Self, Fault> {
        let moment = Self::new(said.unwrap_or(now), zone);
        if moment.timestamp < earliest(program_start, zone) {
            return Err(Fault::new("timestamp", "must not be earlier than 7 days before the program starts"));
        }
        if moment.timestamp > now + AHEAD {
            return Err(Fault::new("timestamp", "must not be more than 5 minutes ahead"));
        }
        Ok(moment)
    }
}

/// A span that holds every log a program can have by now, to bound what a query reads.
pub fn span(program_start: NaiveDate, now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    (earliest(program_start, Tz::UTC) - ZONES, now + AHEAD + ZONES)
}

fn earliest(program_start: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let day = program_start.checked_sub_days(DAYS_BEFORE).unwrap_or(program_start);
    start_of_day(day, zone)
}

/// The first instant of a local day. Where clocks are put forward at midnight, or a zone skipped the whole day when it
/// crossed the date line, that is the first instant after the gap.
fn start_of_day(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = day.and_time(chrono::NaiveTime::MIN);
    (0..=24 * 4)
        .find_map(|quarter| {
            zone.from_local_datetime(&(midnight + TimeDelta::minutes(15 * quarter))).earliest()
        })
        .map_or(midnight.and_utc(), |local| local.to_utc())
}

#[cfg(test)]
mod tests {
    use chrono::Datelike;
    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_log_belongs_to_the_local_day_and_keeps_the_offset() {
        for (instant, zone, date, offset) in [
            ("2026-03-01T18:29:59Z", Tz::Asia__Kolkata, "2026-03-01", 330),
            ("2026-03-01T18:30:00Z", Tz::Asia__Kolkata, "2026-03-02", 330),
            ("2026-03-08T09:59:59Z", Tz::America__Los_Angeles, "2026-03-08", -480),
            ("2026-03-08T10:00:00Z", Tz::America__Los_Angeles, "2026-03-08", -420),
            ("2026-11-01T06:30:00Z", Tz::America__New_York, "2026-11-01", -300),
            ("2026-01-01T10:00:00Z", Tz::Pacific__Kiritimati, "2026-01-02", 840),
            ("2026-01-01T00:00:00Z", Tz::UTC, "2026-01-01", 0),
        ] {
            let moment = Moment::new(at(instant), zone);
            assert_eq!(
                (moment.local_date, moment.utc_offset_minutes),
                (day(date), offset),
                "{instant} {zone}"
            );
        }
    }

    #[test]
    fn what_a_microsecond_cannot_hold_is_cut() {
        let moment = Moment::new(at("2026-03-01T00:00:00.123456999Z"), Tz::UTC);
        assert_eq!(moment.timestamp, at("2026-03-01T00:00:00.123456Z"));
    }

    #[test]
    fn a_log_is_between_a_week_before_the_program_and_five_minutes_from_now() {
        let now = at("2026-03-20T12:00:00Z");
        for (said, zone, allowed) in [
            (None, Tz::Asia__Kolkata, true),
            (Some("2026-03-02T18:30:00Z"), Tz::Asia__Kolkata, true),
            (Some("2026-03-02T18:29:59.999999Z"), Tz::Asia__Kolkata, false),
            (Some("2026-03-03T00:00:00Z"), Tz::UTC, true),
            (Some("2026-03-02T23:59:59.999999Z"), Tz::UTC, false),
            (Some("2026-03-20T12:05:00Z"), Tz::UTC, true),
            (Some("2026-03-20T12:05:00.000001Z"), Tz::UTC, false),
            (Some("1970-01-01T00:00:00Z"), Tz::UTC, false),
            (Some("9999-12-31T23:59:59Z"), Tz::UTC, false),
        ] {
            let outcome = Moment::of_log(said.map(at), now, day("2026-03-10"), zone);
            assert_eq!(outcome.is_ok(), allowed, "{said:?} {zone}");
            if let Err(fault) = outcome {
                assert_eq!(fault.field, "timestamp");
            }
        }
    }

    #[test]
    fn a_program_that_has_yet_to_start_takes_logs_of_now() {
        let now = at("2026-03-20T12:00:00Z");
        assert!(Moment::of_log(None, now, day("2026-03-27"), Tz::UTC).is_ok());
        assert!(Moment::of_log(None, now, day("2026-03-28"), Tz::UTC).is_err());
    }

    #[test]
    fn a_day_without_midnight_starts_after_the_gap() {
        assert_eq!(start_of_day(day("2026-09-06"), Tz::America__Santiago), at("2026-09-06T04:00:00Z"));
        assert_eq!(start_of_day(day("2011-12-30"), Tz::Pacific__Apia), at("2011-12-30T10:00:00Z"));
        assert_eq!(start_of_day(day("2026-11-01"), Tz::America__New_York), at("2026-11-01T04:00:00Z"));
    }

    #[test]
    fn the_span_of_a_program_holds_its_first_and_its_last_possible_log_in_every_zone() {
        let now = at("2026-03-20T12:00:00Z");
        let (from, until) = span(day("2026-03-10"), now);
        for zone in [Tz::Pacific__Kiritimati, Tz::Etc__GMTPlus12, Tz::Asia__Kolkata] {
            assert!(from < earliest(day("2026-03-10"), zone), "{zone}");
        }
        assert!(until > now + AHEAD);
    }

    /// Zones of which the newer of the two libraries knows more: Moldova has changed its clocks at the hour of the EU since 2022.
    const REWRITTEN: [&str; 2] = ["Europe/Chisinau", "Europe/Tiraspol"];

    /// Held against another library with rules of its own (jiff): every zone it knows too, at random instants and around every
    /// change of its clocks, 29 February among the days.
    #[test]
    fn every_zone_has_the_day_and_the_offset_that_another_library_says() {
        let mut random = StdRng::seed_from_u64(29);
        let (from, until) = (at("2000-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z"));
        let (mut zones, mut changes, mut leap_days) = (0, 0, 0);
        for zone in chrono_tz::TZ_VARIANTS {
            // whose rules the two have of different years
            if REWRITTEN.contains(&zone.name()) {
                continue;
            }
            let Ok(other) = TimeZone::get(zone.name()) else { continue };
            zones += 1;
            let mut instants: Vec<i64> =
                (0..50).map(|_| random.random_range(from.timestamp()..until.timestamp())).collect();
            let following = other.following(Timestamp::from_second(from.timestamp()).unwrap());
            for change in following.take_while(|change| change.timestamp().as_second() < until.timestamp()) {
                let second = change.timestamp().as_second();
                instants.extend([-86_400, -3_601, -1, 0, 1, 3_599, 86_400].map(|near| second + near));
                changes += 1;
            }
            instants.push(at("2024-02-29T12:00:00Z").timestamp());
            for second in instants {
                let moment = Moment::new(DateTime::from_timestamp(second, 0).unwrap(), zone);
                let stamp = Timestamp::from_second(second).unwrap();
                let offset = other.to_offset(stamp).seconds().div_euclid(60);
                assert_eq!(
                    moment.local_date.to_string(),
                    other.to_datetime(stamp).date().to_string(),
                    "{zone} {second}"
                );
                assert_eq!(moment.utc_offset_minutes, offset, "{zone} {second}");
                leap_days += i32::from(moment.local_date.month() == 2 && moment.local_date.day() == 29);
                // the day begins at its first instant and not before
                let start = start_of_day(moment.local_date, zone);
                assert!(start <= moment.timestamp, "{zone} {second}");
                assert_eq!(Moment::new(start, zone).local_date, moment.local_date, "{zone} {second}");
                let before = Moment::new(start - TimeDelta::seconds(1), zone).local_date;
                assert!(before < moment.local_date, "{zone} {second}");
            }
        }
        println!("{zones} zones, {changes} changes of clocks, {leap_days} on a 29 February");
        assert!(zones > 400 && changes > 5_000 && leap_days > 300);
    }
}
