//! Random programs and histories. Every seed gives the same one again.

use chrono::{Days, NaiveDate};
use proto::adherence::v1::record_log_request::Contribution;
use proto::adherence::v1::*;
use proto::program::v1 as program;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};

use crate::house::{log, plan};

const NUTRIENTS: [&str; 6] = ["calories", "protein_g", "carbs_g", "fat_g", "fiber_g", "sugar_g"];
const METRICS: [&str; 3] = ["blood_pressure", "weight", "pain"];

/// The days around which a program begins: a new year, and the end of February in a leap year.
const BEGINNINGS: [(i32, u32, u32); 2] = [(2026, 1, 3), (2024, 2, 20)];

pub struct Random(StdRng, NaiveDate);

impl Random {
    pub fn seeded(seed: u64) -> Self {
        let (year, month, day) = BEGINNINGS[usize::from(seed % 4 == 3)];
        Self(StdRng::seed_from_u64(seed), NaiveDate::from_ymd_opt(year, month, day).unwrap())
    }

    fn chance(&mut self, of_ten: u32) -> bool {
        self.0.random_ratio(of_ten, 10)
    }

    /// A number with three decimals.
    fn number(&mut self, least: i64, most: i64) -> f64 {
        match self.chance(5) {
            true => self.0.random_range(least..=most) as f64,
            false => self.0.random_range(least * 1_000..=most * 1_000) as f64 / 1_000.0,
        }
    }

    fn weight(&mut self) -> Option<f64> {
        self.chance(3).then(|| self.0.random_range(1..=40) as f64 / 8.0)
    }

    /// A day around the first weeks of the program.
    pub fn day(&mut self) -> NaiveDate {
        self.1 + Days::new(self.0.random_range(0..24))
    }

    /// A plan with pauses, several versions of its goals, and goals of its phases.
    pub fn plan(&mut self, program_id: i64) -> program::Plan {
        let mut plan = plan(program_id, self.config(1));
        let start = self.day();
        plan.start_date = start.to_string();
        plan.configs[0].effective_date = start.to_string();
        plan.end_date = (start + Days::new(89)).to_string();
        if self.chance(2) {
            plan.end_date = (start + Days::new(self.0.random_range(0..20))).to_string();
        }
        plan
    }

    /// Changes a plan in one of the ways a plan can change.
    pub fn change(&mut self, plan: &mut program::Plan) {
        plan.version += 1;
        match self.0.random_range(0..5) {
            // and what was deleted may be restored
            0 => plan.deleted = !plan.deleted,
            1 => {
                let from = self.day();
                let resume = from + Days::new(self.0.random_range(0..6));
                let resume_date = if self.chance(7) { resume.to_string() } else { String::new() };
                plan.pauses.push(program::Pause { from_date: from.to_string(), resume_date });
            }
            _ => {
                let version = plan.configs.len() as i32 + 1;
                plan.configs.push(self.config(version));
            }
        }
    }

    fn config(&mut self, version: i32) -> program::Config {
        let phase = |random: &mut Self| program::PhaseGoals {
            phase: random.0.random_range(1..=2),
            nutrition_goals: random.chance(3).then(|| random.eating()),
            strength_goals: random.chance(3).then(|| random.training()),
            clinical_goals: random.chance(3).then(|| random.measuring()),
        };
        program::Config {
            version,
            effective_date: self.day().to_string(),
            nutrition_goals: self.chance(8).then(|| self.eating()),
            strength_goals: self.chance(8).then(|| self.training()),
            clinical_goals: self.chance(8).then(|| self.measuring()),
            phases: if self.chance(3) { vec![phase(self)] } else { Vec::new() },
        }
    }

    fn eating(&mut self) -> program::NutritionGoals {
        let target = |random: &mut Self| {
            let kinds = [program::TargetKind::Min, program::TargetKind::Max, program::TargetKind::Range];
            let kind = *kinds.choose(&mut random.0).unwrap();
            let (low, more) = (random.number(1, 300), random.number(0, 100));
            let range = kind == program::TargetKind::Range;
            program::NutrientTarget {
                nutrient: (*NUTRIENTS.choose(&mut random.0).unwrap()).to_owned(),
                kind: kind.into(),
                value: (!range).then_some(low),
                low: range.then_some(low),
                high: range.then_some(((low + more) * 1_000.0).round() / 1_000.0),
                weight: random.weight(),
            }
        };
        let targets = (0..self.0.random_range(1..=3)).map(|_| target(self)).collect();
        program::NutritionGoals { weight: self.weight(), targets }
    }

    fn training(&mut self) -> program::StrengthGoals {
        let sets = self.chance(5);
        program::StrengthGoals {
            weight: self.weight(),
            sessions_per_week: self.0.random_range(1..=14),
            sets_per_session: sets.then(|| self.0.random_range(1..=20)),
            minutes_per_session: (!sets).then(|| self.0.random_range(1..=60)),
        }
    }

    fn measuring(&mut self) -> program::ClinicalGoals {
        let mut metrics = METRICS.to_vec();
        metrics.shuffle(&mut self.0);
        metrics.truncate(self.0.random_range(1..=3));
        let check = |random: &mut Self, metric: &str| {
            let daily = random.chance(5);
            let low = random.0.random_range(0..100) as f64;
            program::ClinicalCheck {
                metric: metric.into(),
                times_per_day: daily.then(|| random.0.random_range(1..=4)),
                times_per_week: (!daily).then(|| random.0.random_range(1..=28)),
                target: random.chance(6).then_some(program::ControlRange { low, high: low + 50.0 }),
            }
        };
        let checks = metrics.iter().map(|metric| check(self, metric)).collect();
        program::ClinicalGoals { weight: self.weight(), checks }
    }

    /// Every revision of a few logs, each once, in the order they were written.
    pub fn logs(&mut self, program_id: i64) -> Vec<RecordLogRequest> {
        let mut all = Vec::new();
        for log_id in 1..=self.0.random_range(1..=7) {
            let mut day = self.day();
            let kind = self.0.random_range(0..3);
            for revision in 1..=*[1, 1, 1, 2, 3].choose(&mut self.0).unwrap() {
                let mut revised = log(log_id, &day.to_string(), self.contribution(kind));
                revised.program_id = program_id;
                revised.revision = revision;
                revised.today_date = (day + Days::new(self.0.random_range(0..5))).to_string();
                if self.chance(2) {
                    let status = if self.chance(5) { LogStatus::Processing } else { LogStatus::Failed };
                    revised.status = status.into();
                    revised.contribution = None;
                }
                all.push(revised);
                if self.chance(4) {
                    day = self.day();
                }
            }
        }
        all
    }

    fn contribution(&mut self, kind: u32) -> Contribution {
        let number = |random: &mut Self| random.chance(5).then(|| random.number(0, 300));
        match kind {
            0 => Contribution::Nutrition(NutritionContribution {
                calories: number(self),
                protein_g: number(self),
                carbs_g: number(self),
                fat_g: number(self),
                fiber_g: number(self),
                sugar_g: number(self),
            }),
            1 => {
                let (sets, minutes) = (self.0.random_range(0..=20), self.number(0, 60));
                Contribution::Workout(WorkoutContribution { sets, minutes })
            }
            _ => {
                let taken = |random: &mut Self| {
                    let metric = (*METRICS.choose(&mut random.0).unwrap()).to_owned();
                    Measurement { metric, value: random.0.random_range(0..=150) as f64 }
                };
                let measurements = (0..self.0.random_range(1..=3)).map(|_| taken(self)).collect();
                Contribution::Checkin(CheckinContribution { measurements })
            }
        }
    }

    /// Some of them twice, all of them in disorder.
    pub fn jumbled(&mut self, logs: &[RecordLogRequest]) -> Vec<RecordLogRequest> {
        let mut jumbled = logs.to_vec();
        jumbled.extend(logs.iter().filter(|_| self.0.random_ratio(2, 10)).cloned());
        jumbled.shuffle(&mut self.0);
        jumbled
    }

    /// Where in a list of this length something happens, up to three times; beyond its end nothing does.
    pub fn moments(&mut self, length: usize) -> Vec<usize> {
        (0..3).map(|_| self.0.random_range(0..=length * 2)).collect()
    }
}
