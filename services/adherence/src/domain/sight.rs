//! What a person may see of the scores: the one place that decides it.
//!
//! A doctor may be granted some kinds of logs only. A domain's score is shown to whoever may see the logs it comes from; what
//! mixes the domains (total, coverage, averages, the leaderboard's place) only to whoever may see all of them, since it would
//! give the others away.

use chrono::NaiveDate;

use super::day::Scores;
use super::event::Event;
use super::score::{Band, Score};

/// A kind of health log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogType {
    /// Food and drink.
    Nutrition,
    /// Strength training.
    Workout,
    /// Vital signs.
    Checkin,
}

impl LogType {
    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            LogType::Nutrition => "NUTRITION",
            LogType::Workout => "WORKOUT",
            LogType::Checkin => "CHECKIN",
        }
    }

    /// The kind of a name in the database.
    pub fn named(name: &str) -> Option<Self> {
        [LogType::Nutrition, LogType::Workout, LogType::Checkin].into_iter().find(|kind| kind.name() == name)
    }
}

/// The kinds of logs somebody may see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    nutrition: bool,
    workout: bool,
    checkin: bool,
}

/// A day as somebody may see it. Only [`Sight::day`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shown {
    /// The day.
    pub date: NaiveDate,
    /// The nutrition score.
    pub nutrition: Option<Score>,
    /// The strength score.
    pub strength: Option<Score>,
    /// The clinical score.
    pub clinical: Option<Score>,
    /// The total.
    pub total: Option<Score>,
    /// The share of values within their targets.
    pub control: Option<Score>,
    /// How much is known.
    pub coverage: Option<Score>,
}

impl Shown {
    /// Where the total stands.
    pub fn band(&self) -> Option<Band> {
        self.total.map(Score::band)
    }
}

impl Sight {
    /// The sight of somebody who may see these kinds of logs.
    pub fn of(types: impl IntoIterator<Item = LogType>) -> Self {
        types.into_iter().fold(Self::default(), |sight, kind| match kind {
            LogType::Nutrition => Self { nutrition: true, ..sight },
            LogType::Workout => Self { workout: true, ..sight },
            LogType::Checkin => Self { checkin: true, ..sight },
        })
    }

    /// The sight of a family manager.
    pub fn whole() -> Self {
        Self { nutrition: true, workout: true, checkin: true }
    }

    /// A day as it may be seen.
    pub fn day(self, day: &Scores, today: NaiveDate) -> Shown {
        let all = self.is_whole();
        Shown {
            date: day.date,
            nutrition: day.nutrition.filter(|_| self.nutrition),
            strength: day.strength.filter(|_| self.workout),
            clinical: day.clinical.filter(|_| self.checkin),
            total: day.total.filter(|_| all),
            control: day.control.filter(|_| self.checkin),
            coverage: day.coverage(today).filter(|_| all),
        }
    }

    /// Whether everything may be seen, and so what mixes the domains.
    pub fn is_whole(self) -> bool {
        self == Self::whole()
    }

    /// An event as it may be seen; none when it is about a log of another kind, or about the total alone.
    pub fn event(self, event: Event) -> Option<Event> {
        let seen = match event.log_type {
            Some(LogType::Nutrition) => self.nutrition,
            Some(LogType::Workout) => self.workout,
            Some(LogType::Checkin) => self.checkin,
            None => self.is_whole(),
        };
        let total = event.total.filter(|_| self.is_whole());
        seen.then_some(Event { total, ..event })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::day::{Day, Details};
    use crate::domain::event::Kind;
    use crate::domain::fixture::day;

    fn full_day() -> Day {
        let strength = Some(crate::domain::strength::Inputs { due: 1, half_credits: 2 });
        let details = Details { strength, ..Details::default() };
        Day::new(day("2026-01-05"), [1, 2, 3, 4, 5].map(|n| Some(Score::stored(n))), details)
    }

    #[test]
    fn a_doctor_sees_the_granted_domains_and_nothing_that_mixes_them() {
        let shown = |types: &[LogType]| {
            let day = Sight::of(types.iter().copied()).day(&full_day(), day("2026-01-06"));
            let all = [day.nutrition, day.strength, day.clinical, day.total, day.control, day.coverage];
            all.map(|score| score.map(Score::hundredths))
        };
        let (n, w, c) = (LogType::Nutrition, LogType::Workout, LogType::Checkin);
        assert_eq!(shown(&[n, w, c]), [Some(1), Some(2), Some(3), Some(4), Some(5), Some(10_000)]);
        assert_eq!(shown(&[n, w]), [Some(1), Some(2), None, None, None, None]);
        assert_eq!(shown(&[c]), [None, None, Some(3), None, Some(5), None]);
        assert_eq!(shown(&[]), [None; 6]);
    }

    #[test]
    fn events_follow_the_kinds_of_logs() {
        let event = |log_type| Event {
            id: 1,
            kind: Kind::Log,
            log_id: 2,
            log_type,
            status: None,
            date: day("2026-01-05"),
            total: Some(Score::stored(7)),
            occurred_at: "2026-01-05T00:00:00Z".parse().unwrap(),
        };
        let doctor = Sight::of([LogType::Checkin]);
        for hidden in [Some(LogType::Nutrition), Some(LogType::Workout), None] {
            assert_eq!(doctor.event(event(hidden)), None);
            assert_eq!(Sight::whole().event(event(hidden)), Some(event(hidden)));
        }
        let granted = event(Some(LogType::Checkin));
        assert_eq!(doctor.event(granted.clone()), Some(Event { total: None, ..granted }));
    }
}
