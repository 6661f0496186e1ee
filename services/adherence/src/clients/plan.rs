//! A plan as program writes it, read once and for all: quantities become whole thousandths here.

use chrono::NaiveDate;
use proto::program::v1 as wire;

use crate::domain::goals::{
    Bound, Check, Clinical, Goals, Nutrient, Nutrition, Often, Strength, Target, Version, WholeSession,
};
use crate::domain::plan::{Pause, Plan};
use crate::domain::{some_thousandths, thousandths};

/// The weight of what has none.
const ONE: i64 = 1_000;

/// Reads a plan; none when it breaks the contract.
pub fn read(plan: wire::Plan) -> Option<Plan> {
    Some(Plan {
        family_id: plan.family_id,
        program_id: plan.program_id,
        member_id: plan.member_id,
        version: plan.version,
        title: plan.title,
        start: date(&plan.start_date)?,
        end: date(&plan.end_date)?,
        pauses: plan.pauses.iter().map(pause).collect::<Option<_>>()?,
        versions: plan.configs.iter().map(version).collect::<Option<_>>()?,
        deleted: plan.deleted,
    })
}

fn date(text: &str) -> Option<NaiveDate> {
    text.parse().ok()
}

fn pause(pause: &wire::Pause) -> Option<Pause> {
    let resume = if pause.resume_date.is_empty() { None } else { Some(date(&pause.resume_date)?) };
    Some(Pause { from: date(&pause.from_date)?, resume })
}

fn version(config: &wire::Config) -> Option<Version> {
    let phase = |phase: &wire::PhaseGoals| {
        Some((phase.phase, goals(&phase.nutrition_goals, &phase.strength_goals, &phase.clinical_goals)?))
    };
    Some(Version {
        version: config.version,
        effective_date: date(&config.effective_date)?,
        goals: goals(&config.nutrition_goals, &config.strength_goals, &config.clinical_goals)?,
        phases: config.phases.iter().map(phase).collect::<Option<_>>()?,
    })
}

fn goals(
    nutrition: &Option<wire::NutritionGoals>,
    strength: &Option<wire::StrengthGoals>,
    clinical: &Option<wire::ClinicalGoals>,
) -> Option<Goals> {
    Some(Goals {
        nutrition: match nutrition {
            Some(goals) => Some(self::nutrition(goals)?),
            None => None,
        },
        strength: match strength {
            Some(goals) => Some(self::strength(goals)?),
            None => None,
        },
        clinical: match clinical {
            Some(goals) => Some(self::clinical(goals)?),
            None => None,
        },
    })
}

fn weight(weight: Option<f64>) -> i64 {
    weight.map_or(ONE, some_thousandths)
}

fn nutrition(goals: &wire::NutritionGoals) -> Option<Nutrition> {
    let targets = goals.targets.iter().map(target).collect::<Option<_>>()?;
    Some(Nutrition { weight: weight(goals.weight), targets })
}

fn target(target: &wire::NutrientTarget) -> Option<Target> {
    let nutrient = match target.nutrient.as_str() {
        "calories" => Nutrient::Calories,
        "protein_g" => Nutrient::ProteinG,
        "carbs_g" => Nutrient::CarbsG,
        "fat_g" => Nutrient::FatG,
        "fiber_g" => Nutrient::FiberG,
        "sugar_g" => Nutrient::SugarG,
        _ => return None,
    };
    let bound = match target.kind() {
        wire::TargetKind::Min => Bound::Min(some_thousandths(target.value?)),
        wire::TargetKind::Max => Bound::Max(some_thousandths(target.value?)),
        wire::TargetKind::Range => {
            Bound::Range(some_thousandths(target.low?), some_thousandths(target.high?))
        }
        wire::TargetKind::Unspecified => return None,
    };
    Some(Target { nutrient, bound, weight: weight(target.weight) })
}

fn strength(goals: &wire::StrengthGoals) -> Option<Strength> {
    let session = match (goals.sets_per_session, goals.minutes_per_session) {
        (Some(sets), None) => WholeSession::Sets(i64::from(sets) * 1_000),
        (None, Some(minutes)) => WholeSession::Minutes(i64::from(minutes) * 1_000),
        _ => return None,
    };
    Some(Strength {
        weight: weight(goals.weight),
        sessions_per_week: goals.sessions_per_week.into(),
        session,
    })
}

fn clinical(goals: &wire::ClinicalGoals) -> Option<Clinical> {
    let checks = goals.checks.iter().map(check).collect::<Option<_>>()?;
    Some(Clinical { weight: weight(goals.weight), checks })
}

fn check(check: &wire::ClinicalCheck) -> Option<Check> {
    let often = match (check.times_per_day, check.times_per_week) {
        (Some(times), None) => Often::Daily(times.into()),
        (None, Some(times)) => Often::Weekly(times.into()),
        _ => return None,
    };
    let target = check.target.as_ref().map(|target| (thousandths(target.low), thousandths(target.high)));
    Some(Check { metric: check.metric.clone(), often, target })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::day;

    fn wire_plan() -> wire::Plan {
        let target = wire::NutrientTarget {
            nutrient: "protein_g".into(),
            kind: wire::TargetKind::Min.into(),
            value: Some(60.5),
            weight: Some(0.0001),
            ..Default::default()
        };
        let check = wire::ClinicalCheck {
            metric: "weight".into(),
            times_per_week: Some(2),
            target: Some(wire::ControlRange { low: 0.0, high: 80.25 }),
            ..Default::default()
        };
        let strength =
            wire::StrengthGoals { sessions_per_week: 3, sets_per_session: Some(12), ..Default::default() };
        let config = wire::Config {
            version: 7,
            effective_date: "2026-01-01".into(),
            nutrition_goals: Some(wire::NutritionGoals { weight: Some(2.5), targets: vec![target] }),
            clinical_goals: Some(wire::ClinicalGoals { weight: None, checks: vec![check] }),
            phases: vec![wire::PhaseGoals { phase: 2, strength_goals: Some(strength), ..Default::default() }],
            ..Default::default()
        };
        let pause =
            |from: &str, resume: &str| wire::Pause { from_date: from.into(), resume_date: resume.into() };
        wire::Plan {
            program_id: 2,
            family_id: 1,
            member_id: 3,
            version: 9,
            title: "Stronger".into(),
            start_date: "2026-01-01".into(),
            end_date: "2026-03-31".into(),
            pauses: vec![pause("2026-01-05", "2026-01-07"), pause("2026-02-01", "")],
            configs: vec![config],
            deleted: false,
        }
    }

    #[test]
    fn a_plan_is_read_in_thousandths() {
        let plan = read(wire_plan()).unwrap();
        assert_eq!((plan.start, plan.end, plan.version), (day("2026-01-01"), day("2026-03-31"), 9));
        assert_eq!(plan.pauses[0], Pause { from: day("2026-01-05"), resume: Some(day("2026-01-07")) });
        assert_eq!(plan.pauses[1].resume, None);
        let version = &plan.versions[0];
        let nutrition = version.goals.nutrition.as_ref().unwrap();
        // a weight above zero never becomes zero
        let target = Target { nutrient: Nutrient::ProteinG, bound: Bound::Min(60_500), weight: 1 };
        assert_eq!((nutrition.weight, &nutrition.targets), (2_500, &vec![target]));
        let clinical = version.goals.clinical.as_ref().unwrap();
        let check = Check { metric: "weight".into(), often: Often::Weekly(2), target: Some((0, 80_250)) };
        assert_eq!((clinical.weight, &clinical.checks), (1_000, &vec![check]));
        let strength = Strength { weight: 1_000, sessions_per_week: 3, session: WholeSession::Sets(12_000) };
        assert_eq!(version.phases, [(2, Goals { strength: Some(strength), ..Goals::default() })]);
    }

    #[test]
    fn a_plan_that_breaks_the_contract_is_not_read() {
        let broken: [fn(&mut wire::Plan); 4] = [
            |plan| plan.start_date.clear(),
            |plan| plan.pauses[0].resume_date = "soon".into(),
            |plan| plan.configs[0].phases[0].strength_goals.as_mut().unwrap().sets_per_session = None,
            |plan| plan.configs[0].nutrition_goals.as_mut().unwrap().targets[0].value = None,
        ];
        for (n, breaks) in broken.iter().enumerate() {
            let mut plan = wire_plan();
            breaks(&mut plan);
            assert_eq!(read(plan), None, "{n}");
        }
    }
}
