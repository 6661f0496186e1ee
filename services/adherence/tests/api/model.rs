//! The score once more, by other means: exact fractions over the messages as they travel, day by day and rule by rule, with
//! nothing shared with the service. Where the two differ, one of them is wrong.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};
use proto::adherence::v1::record_log_request::Contribution;
use proto::adherence::v1::{LogStatus, Measurement, RecordLogRequest};
use proto::program::v1::{ClinicalGoals, NutrientTarget, NutritionGoals, Plan, StrengthGoals, TargetKind};

/// A fraction of whole numbers, in lowest terms, its denominator above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction(i128, i128);

impl Fraction {
    const ZERO: Self = Self(0, 1);
    const ONE: Self = Self(1, 1);

    fn new(above: i128, below: i128) -> Self {
        let divisor = gcd(above.abs(), below.abs()) * below.signum();
        Self(above / divisor, below / divisor)
    }

    fn plus(self, other: Self) -> Self {
        let shared = gcd(self.1, other.1);
        Self::new(self.0 * (other.1 / shared) + other.0 * (self.1 / shared), self.1 / shared * other.1)
    }

    fn times(self, other: Self) -> Self {
        let (left, right) = (Self::new(self.0, other.1), Self::new(other.0, self.1));
        Self::new(left.0 * right.0, left.1 * right.1)
    }

    fn over(self, other: Self) -> Self {
        self.times(Self::new(other.1, other.0))
    }

    fn at_least(self, other: Self) -> Self {
        if self.0 * other.1 < other.0 * self.1 { other } else { self }
    }

    fn at_most(self, other: Self) -> Self {
        if self.0 * other.1 > other.0 * self.1 { other } else { self }
    }

    fn hundredths_of_a_point(self) -> i32 {
        ((self.0 * 20_000 + self.1) / (2 * self.1)) as i32
    }
}

fn gcd(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

/// The nearest thousandth; the random histories hold no halves of one.
fn exact(value: f64) -> Fraction {
    Fraction::new(format!("{value:.3}").replace('.', "").parse().unwrap(), 1_000)
}

/// The scores of a day, in hundredths of a point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scores {
    pub nutrition: Option<i32>,
    pub strength: Option<i32>,
    pub clinical: Option<i32>,
    pub total: Option<i32>,
    pub control: Option<i32>,
}

/// A plan, and what of the logs holds.
pub struct Model<'a> {
    plan: &'a Plan,
    logs: BTreeMap<i64, &'a RecordLogRequest>,
}

fn day_of(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

impl<'a> Model<'a> {
    pub fn of(plan: &'a Plan, told: impl IntoIterator<Item = &'a RecordLogRequest>) -> Self {
        let mut logs = BTreeMap::new();
        for log in told {
            let held = logs.entry(log.log_id).or_insert(log);
            if log.revision > held.revision {
                *held = log;
            }
        }
        Self { plan, logs }
    }

    fn rests_or_is_not_there(&self, day: NaiveDate) -> bool {
        let plan = self.plan;
        let resting = plan.pauses.iter().any(|pause| {
            day >= day_of(&pause.from_date)
                && (pause.resume_date.is_empty() || day < day_of(&pause.resume_date))
        });
        plan.deleted || resting || day < day_of(&plan.start_date) || day > day_of(&plan.end_date)
    }

    fn goals(
        &self,
        day: NaiveDate,
    ) -> (Option<&NutritionGoals>, Option<&StrengthGoals>, Option<&ClinicalGoals>) {
        if self.rests_or_is_not_there(day) {
            return (None, None, None);
        }
        let mut found = None;
        for config in &self.plan.configs {
            let newer = found.is_none_or(|found: &proto::program::v1::Config| config.version > found.version);
            if day_of(&config.effective_date) <= day && newer {
                found = Some(config);
            }
        }
        let Some(config) = found else { return (None, None, None) };
        let phase = 1 + ((day - day_of(&self.plan.start_date)).num_days() / 30).min(2) as i32;
        let (mut eating, mut training, mut measuring) =
            (config.nutrition_goals.as_ref(), config.strength_goals.as_ref(), config.clinical_goals.as_ref());
        for different in config.phases.iter().filter(|different| different.phase == phase) {
            eating = different.nutrition_goals.as_ref().or(eating);
            training = different.strength_goals.as_ref().or(training);
            measuring = different.clinical_goals.as_ref().or(measuring);
        }
        (eating, training, measuring)
    }

    fn of_day(&self, day: NaiveDate) -> impl Iterator<Item = &Contribution> {
        let theirs = self.logs.values().filter(move |log| day_of(&log.local_date) == day);
        let said = theirs.filter(|log| matches!(log.status(), LogStatus::Verified | LogStatus::Completed));
        said.filter_map(|log| log.contribution.as_ref())
    }

    fn measured(&self, day: NaiveDate, metric: &str) -> Vec<&Measurement> {
        let mut taken = Vec::new();
        for contribution in self.of_day(day) {
            if let Contribution::Checkin(checkin) = contribution {
                taken.extend(checkin.measurements.iter().filter(|taken| taken.metric == metric));
            }
        }
        taken
    }

    /// The days of the week up to this one.
    fn week(day: NaiveDate) -> Vec<NaiveDate> {
        let first = day - Days::new(day.weekday().num_days_from_monday().into());
        first.iter_days().take_while(|other| *other <= day).collect()
    }

    fn nutrition(&self, day: NaiveDate) -> Option<Fraction> {
        let goals = self.goals(day).0?;
        let mut eaten: BTreeMap<&str, Fraction> = BTreeMap::new();
        let mut meals = 0;
        for contribution in self.of_day(day) {
            let Contribution::Nutrition(meal) = contribution else { continue };
            meals += 1;
            for (name, amount) in [
                ("calories", meal.calories),
                ("protein_g", meal.protein_g),
                ("carbs_g", meal.carbs_g),
                ("fat_g", meal.fat_g),
                ("fiber_g", meal.fiber_g),
                ("sugar_g", meal.sugar_g),
            ] {
                if let Some(amount) = amount {
                    let sum = eaten.entry(name).or_insert(Fraction::ZERO);
                    *sum = sum.plus(exact(amount));
                }
            }
        }
        if meals == 0 {
            return None;
        }
        let scored = goals.targets.iter().map(|target| {
            let weight = target.weight.map_or(Fraction::ONE, exact);
            (weight, target_score(target, eaten.get(target.nutrient.as_str()).copied()))
        });
        mean(scored)
    }

    fn strength(&self, day: NaiveDate) -> Option<Fraction> {
        let planned = self.goals(day).1?.sessions_per_week;
        let (mut days, mut credit) = (0, Fraction::ZERO);
        for other in Self::week(day) {
            let Some(goals) = self.goals(other).1 else { continue };
            days += 1;
            for contribution in self.of_day(other) {
                let Contribution::Workout(workout) = contribution else { continue };
                let share = match (goals.sets_per_session, goals.minutes_per_session) {
                    (Some(sets), _) => Fraction::new(workout.sets.into(), sets.into()),
                    (_, minutes) => exact(workout.minutes).over(Fraction::new(minutes.unwrap().into(), 1)),
                };
                credit = credit.plus(match share {
                    share if share.at_least(Fraction::new(4, 5)) == share => Fraction::ONE,
                    share if share.at_least(Fraction::new(1, 2)) == share => Fraction::new(1, 2),
                    _ => Fraction::ZERO,
                });
            }
        }
        match (planned * days / 7, credit) {
            (0, Fraction::ZERO) => None,
            (0, _) => Some(Fraction::ONE),
            (due, credit) => Some(credit.over(Fraction::new(due.into(), 1)).at_most(Fraction::ONE)),
        }
    }

    fn clinical(&self, day: NaiveDate) -> Option<Fraction> {
        let goals = self.goals(day).2?;
        let week: Vec<_> =
            Self::week(day).into_iter().filter(|other| self.goals(*other).2.is_some()).collect();
        let (mut expected, mut done) = (0, 0);
        for check in &goals.checks {
            let (asked, taken) = match (check.times_per_day, check.times_per_week) {
                (Some(times), _) => (times, self.measured(day, &check.metric).len()),
                (_, times) => {
                    let taken = week.iter().map(|other| self.measured(*other, &check.metric).len()).sum();
                    (times.unwrap() * week.len() as i32 / 7, taken)
                }
            };
            expected += asked;
            done += asked.min(taken as i32);
        }
        (expected > 0).then(|| Fraction::new(done.into(), expected.into()))
    }

    fn control(&self, day: NaiveDate) -> Option<Fraction> {
        let (mut all, mut within) = (0, 0);
        for check in &self.goals(day).2?.checks {
            let Some(target) = &check.target else { continue };
            for taken in self.measured(day, &check.metric) {
                all += 1;
                within += i128::from(target.low <= taken.value && taken.value <= target.high);
            }
        }
        (all > 0).then(|| Fraction::new(within, all))
    }

    pub fn scores(&self, day: NaiveDate) -> Scores {
        let (nutrition, strength, clinical) = (self.nutrition(day), self.strength(day), self.clinical(day));
        let (eating, training, measuring) = self.goals(day);
        let weight = |weight: Option<Option<f64>>| weight.flatten().map_or(Fraction::ONE, exact);
        let total = mean([
            (weight(measuring.map(|goals| goals.weight)), clinical),
            (weight(training.map(|goals| goals.weight)), strength),
            (weight(eating.map(|goals| goals.weight)), nutrition),
        ]);
        let rounded = |share: Option<Fraction>| share.map(Fraction::hundredths_of_a_point);
        Scores {
            nutrition: rounded(nutrition),
            strength: rounded(strength),
            clinical: rounded(clinical),
            total: rounded(total),
            control: rounded(self.control(day)),
        }
    }
}

fn mean(scored: impl IntoIterator<Item = (Fraction, Option<Fraction>)>) -> Option<Fraction> {
    let (mut sum, mut weights) = (Fraction::ZERO, Fraction::ZERO);
    for (weight, score) in scored {
        if let Some(score) = score {
            sum = sum.plus(weight.times(score));
            weights = weights.plus(weight);
        }
    }
    (weights != Fraction::ZERO).then(|| sum.over(weights))
}

fn target_score(target: &NutrientTarget, eaten: Option<Fraction>) -> Option<Fraction> {
    let given = |bound: Option<f64>| exact(bound.unwrap());
    let minus = |a: Fraction, b: Fraction| a.plus(Fraction(-b.0, b.1));
    // 1 at the bound, 0 at half of it beyond
    let falling = |distance: Fraction, bound: Fraction| {
        minus(Fraction::ONE, distance.over(bound.times(Fraction::new(1, 2)))).at_least(Fraction::ZERO)
    };
    let above = |x: Fraction, bound: Fraction| falling(minus(x, bound).at_least(Fraction::ZERO), bound);
    match (target.kind(), eaten) {
        (TargetKind::Max, None) => None,
        (TargetKind::Max, Some(x)) => Some(above(x, given(target.value))),
        (TargetKind::Min, x) => {
            Some(x.unwrap_or(Fraction::ZERO).over(given(target.value)).at_most(Fraction::ONE))
        }
        (_, x) => {
            let (x, low, high) = (x.unwrap_or(Fraction::ZERO), given(target.low), given(target.high));
            let below = falling(minus(low, x).at_least(Fraction::ZERO), low);
            Some(below.at_most(above(x, high)))
        }
    }
}
