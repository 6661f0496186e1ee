//! ISO weeks, Monday to Sunday, and what is due in them.

use chrono::{Datelike, Days, NaiveDate};

/// The Monday of a day's week.
pub fn monday(day: NaiveDate) -> NaiveDate {
    day - Days::new(u64::from(day.weekday().num_days_from_monday()))
}

/// The Sunday of a day's week.
pub fn sunday(day: NaiveDate) -> NaiveDate {
    monday(day) + Days::new(6)
}

/// The days of the week so far, from Monday to the day itself.
pub fn so_far(day: NaiveDate) -> Vec<NaiveDate> {
    super::plan::days(monday(day), day)
}

/// How many of a week's `planned` times are due once `counted` of its days have counted.
pub fn due(planned: i64, counted: usize) -> i64 {
    planned * counted as i64 / 7
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::day;

    #[test]
    fn weeks_begin_on_monday() {
        // the first of January 2027 is the Friday of week 53 of 2026
        assert_eq!(
            (monday(day("2027-01-01")), sunday(day("2027-01-01"))),
            (day("2026-12-28"), day("2027-01-03"))
        );
        assert_eq!(
            (monday(day("2026-12-28")), sunday(day("2027-01-03"))),
            (day("2026-12-28"), day("2027-01-03"))
        );
        assert_eq!(so_far(day("2026-12-30")), [day("2026-12-28"), day("2026-12-29"), day("2026-12-30")]);
    }

    #[test]
    fn what_is_due_is_rounded_down() {
        let three: Vec<_> = (0..=7).map(|counted| due(3, counted)).collect();
        assert_eq!(three, [0, 0, 0, 1, 1, 2, 2, 3]);
        assert_eq!(due(14, 1), 2);
    }
}
