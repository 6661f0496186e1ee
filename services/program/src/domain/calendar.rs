//! The days of a program: 90 of them, where the member lives, in three phases of 30.

use chrono::{Days, NaiveDate, TimeDelta};

/// From the first day of a program to its last.
const TO_THE_LAST: Days = Days::new(89);
/// The days of a phase.
const PHASE: i64 = 30;
/// How far from today a program may start.
const FURTHEST: TimeDelta = TimeDelta::days(365);

/// The last of the 90 days.
pub fn last_day(start: NaiveDate) -> NaiveDate {
    start + TO_THE_LAST
}

/// The phase on a day, 1 to 3: 1 before the program starts, and 3 after it ends.
pub fn phase(start: NaiveDate, day: NaiveDate) -> i32 {
    match (day - start).num_days() {
        ..PHASE => 1,
        PHASE..60 => 2,
        _ => 3,
    }
}

/// Whether a program may start on this day.
pub fn may_start(start: NaiveDate, today: NaiveDate) -> bool {
    (start - today).abs() <= FURTHEST
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn ninety_days_in_three_phases() {
        let start = day("2026-01-01");
        assert_eq!(last_day(start), day("2026-03-31"));
        let phases =
            [(-400, 1), (-1, 1), (0, 1), (29, 1), (30, 2), (59, 2), (60, 3), (89, 3), (90, 3), (400, 3)];
        for (offset, expected) in phases {
            assert_eq!(phase(start, start + TimeDelta::days(offset)), expected, "day {offset}");
        }
    }

    #[test]
    fn a_start_is_at_most_a_year_away() {
        let today = day("2026-06-15");
        for (offset, allowed) in [(-366, false), (-365, true), (0, true), (365, true), (366, false)] {
            assert_eq!(may_start(today + TimeDelta::days(offset), today), allowed, "{offset} days");
        }
    }
}
