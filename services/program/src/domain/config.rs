//! Versions of a program's goals. A version holds from a day on; past days keep theirs.

use chrono::NaiveDate;

use super::goals::Goals;

/// One version of the goals.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub struct Config {
    /// Counted from 1.
    pub version: i32,
    /// The first day it holds.
    pub effective_date: NaiveDate,
    /// The goals.
    pub goals: Goals,
}

/// The first day of goals that are set today: today, or the program's first day when it has not begun.
pub fn effective_from(start: NaiveDate, today: NaiveDate) -> NaiveDate {
    today.max(start)
}

/// The version in force on a day: the latest that had begun to hold, so that of two changes on one day the later one wins.
pub fn in_force(configs: Vec<Config>, day: NaiveDate) -> Option<Config> {
    configs.into_iter().filter(|config| config.effective_date <= day).max_by_key(|config| config.version)
}

/// The versions that are in force on some day, oldest first: the others, replaced on the day they were set, decide nothing.
pub fn decisive(configs: Vec<Config>) -> Vec<Config> {
    let mut decisive: Vec<Config> = Vec::with_capacity(configs.len());
    for config in configs {
        while decisive.last().is_some_and(|earlier| earlier.effective_date >= config.effective_date) {
            decisive.pop();
        }
        decisive.push(config);
    }
    decisive
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn versions(days: &[&str]) -> Vec<Config> {
        let config = |(n, from): (usize, &&str)| Config {
            version: n as i32 + 1,
            effective_date: day(from),
            goals: Goals::default(),
        };
        days.iter().enumerate().map(config).collect()
    }

    #[test]
    fn goals_hold_from_today_or_from_the_first_day() {
        assert_eq!(effective_from(day("2026-01-01"), day("2026-02-01")), day("2026-02-01"));
        assert_eq!(effective_from(day("2026-03-01"), day("2026-02-01")), day("2026-03-01"));
    }

    #[test]
    fn the_later_version_of_a_day_wins_and_past_days_keep_theirs() {
        let all = versions(&["2026-01-01", "2026-01-05", "2026-01-05", "2026-01-09"]);
        let on = |text| in_force(all.clone(), day(text)).map(|config| config.version);
        assert_eq!(on("2025-12-31"), None);
        assert_eq!(on("2026-01-04"), Some(1));
        assert_eq!(on("2026-01-05"), Some(3));
        assert_eq!(on("2026-01-08"), Some(3));
        assert_eq!(on("2026-01-09"), Some(4));
    }

    /// A member who moves west can have a later version begin on an earlier day.
    #[test]
    fn leaving_out_what_decides_nothing_changes_no_day() {
        let all =
            versions(&["2026-01-01", "2026-01-05", "2026-01-05", "2026-01-09", "2026-01-08", "2026-01-12"]);
        let kept = decisive(all.clone());
        assert_eq!(kept.iter().map(|config| config.version).collect::<Vec<_>>(), [1, 3, 5, 6]);
        for offset in 0..20 {
            let day = day("2025-12-30") + chrono::Days::new(offset);
            assert_eq!(in_force(kept.clone(), day), in_force(all.clone(), day), "{day}");
        }
    }
}
