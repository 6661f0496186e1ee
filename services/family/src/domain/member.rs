//! Who a member is: name, birth, relation, zone.

use chassis::Error;
use chrono::{DateTime, Months, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

/// Nobody is older than this, in years.
const OLDEST: u32 = 130;

/// How long an import may take. Every request is far shorter; what is begun then and not finished never will be.
pub const LONGEST_IMPORT: TimeDelta = TimeDelta::days(1);

/// What a family says of a member.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub struct Profile {
    /// The name.
    pub name: String,
    /// The day of birth.
    pub birth_date: NaiveDate,
    /// What the member is to the family.
    pub relation_type: String,
    /// Where the member lives.
    pub time_zone: Tz,
    /// Whether the member takes part in the family's leaderboard.
    pub leaderboard_opt_in: bool,
}

/// What shall be said differently.
#[derive(Clone, Default)]
#[cfg_attr(test, derive(Debug))]
pub struct Changes {
    /// Another name.
    pub name: Option<String>,
    /// Another day of birth.
    pub birth_date: Option<NaiveDate>,
    /// Another relation.
    pub relation_type: Option<String>,
    /// Another zone.
    pub time_zone: Option<Tz>,
    /// Another wish.
    pub leaderboard_opt_in: Option<bool>,
}

impl Profile {
    /// A profile as it may be written: its day of birth is possible today.
    pub fn checked(self, now: DateTime<Utc>) -> Result<Self, Error> {
        birth_date(self.birth_date, today(self.time_zone, now))?;
        Ok(self)
    }

    /// The profile after some changes. A day of birth that nobody touches is not judged anew: it was possible once.
    pub fn changed(mut self, changes: Changes, now: DateTime<Utc>) -> Result<Self, Error> {
        let touched = changes.birth_date.is_some() || changes.time_zone.is_some();
        self.name = changes.name.unwrap_or(self.name);
        self.birth_date = changes.birth_date.unwrap_or(self.birth_date);
        self.relation_type = changes.relation_type.unwrap_or(self.relation_type);
        self.time_zone = changes.time_zone.unwrap_or(self.time_zone);
        self.leaderboard_opt_in = changes.leaderboard_opt_in.unwrap_or(self.leaderboard_opt_in);
        if touched { self.checked(now) } else { Ok(self) }
    }
}

/// Today, where the member lives.
pub fn today(zone: Tz, now: DateTime<Utc>) -> NaiveDate {
    now.with_timezone(&zone).date_naive()
}

/// The age in whole years on a day. Who was born on a 29 February grows older on 1 March in a common year.
pub fn age(birth_date: NaiveDate, today: NaiveDate) -> i32 {
    // a day in the future of a member who has moved west counts as the first
    today.years_since(birth_date).unwrap_or_default() as i32
}

fn birth_date(born: NaiveDate, today: NaiveDate) -> Result<(), Error> {
    if born > today {
        return Err(Error::invalid("birth_date", "must not be in the future"));
    }
    if today.checked_sub_months(Months::new(OLDEST * 12)).is_some_and(|oldest| born < oldest) {
        return Err(Error::invalid("birth_date", "must be at most 130 years ago"));
    }
    Ok(())
}

/// A name or a relation without blanks around it.
pub fn words(field: &str, text: &str) -> Result<String, Error> {
    let words = text.trim();
    if words.is_empty() {
        return Err(Error::invalid(field, "must not be blank"));
    }
    if words.chars().any(char::is_control) {
        return Err(Error::invalid(field, "must not contain control characters"));
    }
    Ok(words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn age_counts_whole_years() {
        for (born, today, years) in [
            ("1960-05-20", "2026-05-19", 65),
            ("1960-05-20", "2026-05-20", 66),
            ("2000-02-29", "2026-02-28", 25),
            ("2000-02-29", "2026-03-01", 26),
            ("2000-02-29", "2028-02-29", 28),
            ("2026-01-01", "2026-01-01", 0),
            ("2026-01-02", "2026-01-01", 0),
        ] {
            assert_eq!(age(day(born), day(today)), years, "{born} {today}");
        }
    }

    #[test]
    fn today_depends_on_the_zone() {
        let now = "2026-03-01T19:00:00Z".parse().unwrap();
        assert_eq!(today(Tz::UTC, now), day("2026-03-01"));
        assert_eq!(today(Tz::Asia__Kolkata, now), day("2026-03-02"));
        assert_eq!(today(Tz::Pacific__Pago_Pago, now), day("2026-03-01"));
    }

    #[test]
    fn births_lie_between_130_years_ago_and_today() {
        let today = day("2026-03-02");
        for (born, fine) in [
            ("2026-03-02", true),
            ("2026-03-03", false),
            ("1896-03-02", true),
            ("1896-03-01", false),
            ("0000-01-01", false),
        ] {
            assert_eq!(birth_date(day(born), today).is_ok(), fine, "{born}");
        }
    }

    #[test]
    fn a_change_leaves_the_rest_alone_and_judges_a_birth_in_the_new_zone() {
        let now = "2026-03-01T19:00:00Z".parse().unwrap();
        let amma = Profile {
            name: "Amma".into(),
            birth_date: day("2026-03-02"),
            relation_type: "daughter".into(),
            time_zone: Tz::Asia__Kolkata,
            leaderboard_opt_in: false,
        };
        assert!(amma.clone().checked(now).is_ok());
        let renamed =
            amma.clone().changed(Changes { name: Some("Anu".into()), ..Default::default() }, now).unwrap();
        assert_eq!(renamed, Profile { name: "Anu".into(), ..amma.clone() });
        let west = Changes { time_zone: Some(Tz::UTC), ..Default::default() };
        assert_eq!(amma.clone().changed(west, now).unwrap_err().fields()[0].field, "birth_date");
        let old = Profile { birth_date: day("1850-01-01"), ..amma };
        assert!(old.clone().checked(now).is_err());
        assert!(old.changed(Changes { leaderboard_opt_in: Some(true), ..Default::default() }, now).is_ok());
    }

    #[test]
    fn words_are_trimmed_and_say_something() {
        assert_eq!(words("name", "  Amma ").unwrap(), "Amma");
        for bad in ["", "  ", "Am\u{7}ma", "Am\nma"] {
            assert_eq!(words("name", bad).unwrap_err().fields()[0].field, "name");
        }
    }
}
