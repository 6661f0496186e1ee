//! Many days in few numbers.

use chrono::{Days, NaiveDate};

use super::score::{Band, Score};
use super::sight::Shown;

/// The average of the days' totals; none when no day has one.
pub fn average<'a>(days: impl IntoIterator<Item = &'a Shown>) -> Option<Score> {
    Score::mean(days.into_iter().filter_map(|day| day.total))
}

/// The average of the seven days up to `last` less that of the seven before, in points; none when either has none.
pub fn trend(days: &[Shown], last: NaiveDate) -> Option<f64> {
    let now = average(week(days, last))?;
    let before = average(week(days, last - Days::new(7)))?;
    Some(f64::from(now.hundredths() - before.hundredths()) / 100.0)
}

/// Those of the days that are among the seven up to `last`.
pub fn week(days: &[Shown], last: NaiveDate) -> impl Iterator<Item = &Shown> {
    let first = last - Days::new(6);
    days.iter().filter(move |day| (first..=last).contains(&day.date))
}

/// How many days in a row are good, up to today; up to yesterday while today is not, since today is not over.
pub fn streak(days: &[Shown], today: NaiveDate) -> i32 {
    let good = |date: NaiveDate| days.iter().any(|day| day.date == date && day.band() == Some(Band::Good));
    let mut date = if good(today) { today } else { today - Days::new(1) };
    let mut streak = 0;
    while good(date) {
        streak += 1;
        date = date - Days::new(1);
    }
    streak
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::day::{Day, Details};
    use crate::domain::fixture::day;
    use crate::domain::sight::Sight;

    /// Days from the first of January 2026 with these totals.
    fn totals(totals: &[Option<i32>]) -> Vec<Shown> {
        let shown = |(n, total): (usize, &Option<i32>)| {
            let date = day("2026-01-01") + Days::new(n as u64);
            let total = total.map(Score::stored);
            let day = Day::new(date, [None, None, None, total, None], Details::default());
            Sight::whole().day(&day, date)
        };
        totals.iter().enumerate().map(shown).collect()
    }

    #[test]
    fn the_average_leaves_out_what_is_unknown() {
        assert_eq!(average(&totals(&[None, Some(10), None, Some(21)])), Some(Score::stored(16)));
        assert_eq!(average(&totals(&[None])), None);
    }

    #[test]
    fn the_trend_compares_two_weeks() {
        let mut days = vec![Some(5_000); 7];
        days.extend([None, None, None, None, None, None, Some(7_525)]);
        let days = totals(&days);
        assert_eq!(trend(&days, day("2026-01-14")), Some(25.25));
        // the second half of the first week against nothing
        assert_eq!(trend(&days, day("2026-01-07")), None);
        assert_eq!(trend(&days[7..], day("2026-01-14")), None);
        assert_eq!(week(&days, day("2026-01-14")).count(), 7);
    }

    #[test]
    fn a_streak_bears_with_today_but_with_no_other_day() {
        let good = Some(8_000);
        let streak = |all: &[Option<i32>]| super::streak(&totals(all), day("2026-01-04"));
        assert_eq!(streak(&[good, good, good, good]), 4);
        assert_eq!(streak(&[good, good, good, None]), 3);
        assert_eq!(streak(&[good, good, good, Some(7_999)]), 3);
        assert_eq!(streak(&[good, Some(7_999), good, good]), 2);
        assert_eq!(streak(&[good, good, None, None]), 0);
        assert_eq!(streak(&[]), 0);
    }
}
