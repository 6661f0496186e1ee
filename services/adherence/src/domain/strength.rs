//! The sessions of an ISO week so far against those due by now.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::goals::WholeSession;
use super::history::{History, Session};
use super::plan::Plan;
use super::week;

/// What a day's strength score was computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// The sessions due by now.
    pub due: i64,
    /// What the week's sessions are worth, in half sessions.
    pub half_credits: i64,
}

impl Inputs {
    /// Looks at the week so far; `planned` sessions a week are planned as of `day`. Only days that ask for strength count, and
    /// each session is held against the plan of its own day.
    pub fn of(planned: i64, plan: &Plan, history: &History, day: NaiveDate) -> Self {
        let mut counted = 0;
        let mut half_credits = 0;
        for day in week::so_far(day) {
            if let Some(goals) = plan.asked(day).strength {
                counted += 1;
                half_credits +=
                    history.sessions(day).map(|session| credit(session, goals.session)).sum::<i64>();
            }
        }
        Self { due: week::due(planned, counted), half_credits }
    }

    /// The share reached; none when nothing is due and nothing was done. More than is due is as good as what is due.
    pub fn share(&self) -> Option<f64> {
        match (self.due, self.half_credits) {
            (0, 0) => None,
            (0, _) => Some(1.0),
            (due, credits) => Some((credits as f64 / (2 * due) as f64).min(1.0)),
        }
    }
}

/// What a session is worth, in halves: a whole one from 80 % of the planned work on, half a one from 50 %.
fn credit(session: &Session, whole: WholeSession) -> i64 {
    let (done, planned) = match whole {
        WholeSession::Sets(sets) => (session.sets, sets),
        WholeSession::Minutes(minutes) => (session.minutes, minutes),
    };
    if 10 * done >= 8 * planned {
        2
    } else if 2 * done >= planned {
        1
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::{day, plan, session, strength, version};
    use crate::domain::goals::{Goals, Strength};
    use crate::domain::plan::Pause;
    use crate::domain::score::Score;

    #[test]
    fn a_session_is_worth_what_was_done_of_it() {
        let sets = |sets| Session { sets, minutes: 0 };
        let minutes = |minutes| Session { sets: 0, minutes };
        let cases = [
            (sets(10_000), WholeSession::Sets(10_000), 2),
            (sets(8_000), WholeSession::Sets(10_000), 2),
            (sets(7_999), WholeSession::Sets(10_000), 1),
            (sets(5_000), WholeSession::Sets(10_000), 1),
            (sets(4_999), WholeSession::Sets(10_000), 0),
            (sets(0), WholeSession::Sets(1_000), 0),
            (sets(90_000), WholeSession::Sets(10_000), 2),
            (sets(90_000), WholeSession::Minutes(10_000), 0),
            (minutes(36_000), WholeSession::Minutes(45_000), 2),
            (minutes(35_999), WholeSession::Minutes(45_000), 1),
            (minutes(22_499), WholeSession::Minutes(45_000), 0),
        ];
        for (session, whole, expected) in cases {
            assert_eq!(credit(&session, whole), expected, "{session:?} {whole:?}");
        }
    }

    /// A plan from Monday, 5 January 2026, with three sessions of ten sets a week.
    fn three() -> Plan {
        let mut plan = plan("2026-01-05");
        plan.versions =
            vec![version(1, "2026-01-05", Goals { strength: Some(strength(3)), ..Goals::default() })];
        plan
    }

    fn scores(plan: &Plan, history: &History, dates: &[&str]) -> Vec<Option<i32>> {
        let share = |date: &&str| {
            let planned = plan.asked(day(date)).strength?.sessions_per_week;
            Inputs::of(planned, plan, history, day(date)).share()
        };
        dates.iter().map(|date| share(date).map(|share| Score::of(share).hundredths())).collect()
    }

    const WEEK: [&str; 7] =
        ["2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08", "2026-01-09", "2026-01-10", "2026-01-11"];

    #[test]
    fn a_week_without_a_session_is_unknown_until_one_is_due() {
        let expected = [None, None, Some(0), Some(0), Some(0), Some(0), Some(0)];
        assert_eq!(scores(&three(), &History::default(), &WEEK), expected);
    }

    #[test]
    fn credit_is_held_against_what_is_due_so_far() {
        let history = History::of([session(1, "2026-01-06", 10_000), session(2, "2026-01-09", 5_000)]);
        let expected =
            [None, Some(10_000), Some(10_000), Some(10_000), Some(7_500), Some(7_500), Some(5_000)];
        assert_eq!(scores(&three(), &history, &WEEK), expected);
        // and the next week starts anew
        assert_eq!(scores(&three(), &history, &["2026-01-12", "2026-01-14"]), [None, Some(0)]);
    }

    #[test]
    fn more_than_due_is_enough() {
        let history = History::of((0..9).map(|n| session(n, "2026-01-05", 20_000)));
        assert_eq!(scores(&three(), &history, &WEEK), [Some(10_000); 7]);
    }

    #[test]
    fn days_that_do_not_count_neither_ask_nor_give() {
        let mut plan = three();
        plan.pauses = vec![Pause { from: day("2026-01-06"), resume: Some(day("2026-01-09")) }];
        let history = History::of([session(1, "2026-01-07", 10_000)]);
        let expected = [None, None, None, None, None, Some(0), Some(0)];
        assert_eq!(scores(&plan, &history, &WEEK), expected);
        // a program that starts on Thursday owes nothing for the days before
        plan.pauses.clear();
        plan.start = day("2026-01-08");
        let expected = [None, None, None, None, None, Some(0), Some(0)];
        assert_eq!(scores(&plan, &history, &WEEK), expected);
    }

    #[test]
    fn a_session_is_held_against_the_plan_of_its_own_day() {
        let mut plan = three();
        let harder = Strength { session: WholeSession::Sets(40_000), ..strength(3) };
        plan.versions.push(version(2, "2026-01-08", Goals { strength: Some(harder), ..Goals::default() }));
        let history = History::of([session(1, "2026-01-05", 10_000), session(2, "2026-01-08", 10_000)]);
        assert_eq!(scores(&plan, &history, &["2026-01-09"]), [Some(5_000)]);
    }
}
