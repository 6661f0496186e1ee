use proto::program::v1::{
    ClinicalCheck, ClinicalGoals, ControlRange, Goals as Wire, NutrientTarget, NutritionGoals, PhaseGoals,
    StrengthGoals, TargetKind,
};

use super::{Domains, Goals};

fn target(nutrient: &str, kind: TargetKind, bounds: [Option<f64>; 3]) -> NutrientTarget {
    let [value, low, high] = bounds;
    NutrientTarget { nutrient: nutrient.into(), kind: kind.into(), value, low, high, weight: None }
}

fn eating(targets: Vec<NutrientTarget>) -> Wire {
    Wire { nutrition_goals: Some(NutritionGoals { weight: None, targets }), ..Wire::default() }
}

fn training(sets_per_session: Option<i32>, minutes_per_session: Option<i32>) -> StrengthGoals {
    StrengthGoals { weight: Some(2.0), sessions_per_week: 3, sets_per_session, minutes_per_session }
}

fn check(metric: &str, times_per_day: Option<i32>, times_per_week: Option<i32>) -> ClinicalCheck {
    ClinicalCheck { metric: metric.into(), times_per_day, times_per_week, target: None }
}

fn measuring(checks: Vec<ClinicalCheck>) -> Wire {
    Wire { clinical_goals: Some(ClinicalGoals { weight: None, checks }), ..Wire::default() }
}

/// The fields that are at fault.
fn faults(goals: &Wire, path: &str) -> Vec<String> {
    Goals::read(goals, path).err().unwrap_or_default().into_iter().map(|fault| fault.field).collect()
}

fn full() -> Wire {
    let targets = vec![
        target("protein_g", TargetKind::Min, [Some(60.5), None, None]),
        NutrientTarget { weight: Some(0.25), ..target("sugar_g", TargetKind::Max, [Some(25.0), None, None]) },
        target("calories", TargetKind::Range, [None, Some(1600.0), Some(2000.0)]),
    ];
    let pressure = ClinicalCheck {
        target: Some(ControlRange { low: 110.0, high: 135.0 }),
        ..check("blood_pressure", Some(2), None)
    };
    Wire {
        strength_goals: Some(training(Some(12), None)),
        phases: vec![
            PhaseGoals { phase: 3, strength_goals: Some(training(None, Some(45))), ..PhaseGoals::default() },
            PhaseGoals {
                phase: 1,
                clinical_goals: measuring(vec![check("weight", None, Some(1))]).clinical_goals,
                ..Default::default()
            },
        ],
        clinical_goals: measuring(vec![pressure]).clinical_goals,
        ..eating(targets)
    }
}

#[test]
fn goals_come_back_as_they_were_said_and_stored() {
    for wire in [full(), Wire::default()] {
        let goals = Goals::read(&wire, "").unwrap();
        assert_eq!(goals.to_wire(), wire);
        let stored = serde_json::to_string(&goals).unwrap();
        assert_eq!(serde_json::from_str::<Goals>(&stored).unwrap(), goals, "{stored}");
    }
}

/// A kind, its value, low and high, and the fields at fault.
type TargetCase = (TargetKind, [Option<f64>; 3], &'static [&'static str]);

#[test]
fn a_target_has_the_bounds_of_its_kind() {
    let one = Some(1.0);
    let cases: [TargetCase; 12] = [
        (TargetKind::Min, [one, None, None], &[]),
        (TargetKind::Min, [None, None, None], &["value"]),
        (TargetKind::Min, [one, one, None], &["low"]),
        (TargetKind::Max, [one, None, None], &[]),
        (TargetKind::Max, [None, None, one], &["value", "high"]),
        (TargetKind::Max, [one, one, one], &["low", "high"]),
        (TargetKind::Range, [None, one, one], &[]),
        (TargetKind::Range, [None, Some(1.5), one], &["high"]),
        (TargetKind::Range, [one, one, one], &["value"]),
        (TargetKind::Range, [None, one, None], &["high"]),
        (TargetKind::Range, [None, None, one], &["low"]),
        (TargetKind::Range, [None, None, None], &["low", "high"]),
    ];
    for (kind, bounds, expected) in cases {
        let goals = eating(vec![
            target("calories", TargetKind::Min, [one, None, None]),
            target("protein_g", kind, bounds),
        ]);
        let expected: Vec<_> =
            expected.iter().map(|field| format!("config.nutrition_goals.targets[1].{field}")).collect();
        assert_eq!(faults(&goals, "config."), expected, "{kind:?} {bounds:?}");
    }
}

#[test]
fn a_nutrient_has_one_target_of_a_kind() {
    let min = || target("protein_g", TargetKind::Min, [Some(60.0), None, None]);
    let max = || target("protein_g", TargetKind::Max, [Some(90.0), None, None]);
    assert!(faults(&eating(vec![min(), max()]), "").is_empty());
    assert_eq!(faults(&eating(vec![min(), max(), min()]), ""), ["nutrition_goals.targets[2].nutrient"]);
}

#[test]
fn a_session_is_counted_in_sets_or_in_minutes() {
    let cases = [
        (Some(10), None, None),
        (None, Some(40), None),
        (None, None, Some("strength_goals.sets_per_session")),
        (Some(10), Some(40), Some("strength_goals.minutes_per_session")),
    ];
    for (sets, minutes, fault) in cases {
        let goals = Wire { strength_goals: Some(training(sets, minutes)), ..Wire::default() };
        assert_eq!(faults(&goals, "").first().map(String::as_str), fault, "{sets:?} {minutes:?}");
    }
}

#[test]
fn a_check_has_one_rhythm_a_metric_of_its_own_and_a_target_in_order() {
    let bad_target = ClinicalCheck {
        target: Some(ControlRange { low: 2.0, high: 1.0 }),
        ..check("weight", Some(1), None)
    };
    let cases = [
        (vec![check("weight", Some(1), None), check("spo2", None, Some(3))], vec![]),
        (vec![check("weight", None, None)], vec!["clinical_goals.checks[0].times_per_day"]),
        (vec![check("weight", Some(1), Some(1))], vec!["clinical_goals.checks[0].times_per_week"]),
        (
            vec![check("pain", Some(1), None), check("pain", None, Some(1))],
            vec!["clinical_goals.checks[1].metric"],
        ),
        (vec![bad_target], vec!["clinical_goals.checks[0].target.high"]),
    ];
    for (checks, expected) in cases {
        assert_eq!(faults(&measuring(checks), ""), expected);
    }
}

#[test]
fn phases_are_distinct_and_their_faults_are_found_where_they_are() {
    let phase = |phase| PhaseGoals { phase, ..PhaseGoals::default() };
    let twice = Wire { phases: vec![phase(1), phase(2), phase(1)], ..Wire::default() };
    assert_eq!(faults(&twice, "config."), ["config.phases[2].phase"]);
    let deep = Wire {
        phases: vec![phase(2), PhaseGoals { strength_goals: Some(training(None, None)), ..phase(1) }],
        ..Wire::default()
    };
    assert_eq!(faults(&deep, ""), ["phases[1].strength_goals.sets_per_session"]);
}

#[test]
fn all_faults_are_told_at_once() {
    let mut goals = measuring(vec![check("pain", None, None)]);
    goals.strength_goals = Some(training(None, None));
    goals.nutrition_goals = eating(vec![target("fat_g", TargetKind::Min, [None; 3])]).nutrition_goals;
    assert_eq!(faults(&goals, "").len(), 3);
}

#[test]
fn of_goals_one_sees_the_domains_one_may_and_no_phase_that_says_nothing_of_them() {
    let goals = Goals::read(&full(), "").unwrap();
    let all = Domains { nutrition: true, strength: true, clinical: true };
    assert_eq!(goals.clone().seen(all), goals);
    let clinical = goals.clone().seen(Domains { nutrition: false, strength: false, ..all });
    assert_eq!((&clinical.nutrition, &clinical.strength), (&None, &None));
    assert_eq!(clinical.clinical, goals.clinical);
    let said = |goals: &Goals| {
        goals
            .phases
            .iter()
            .map(|phase| (phase.nutrition.is_some(), phase.strength.is_some()))
            .collect::<Vec<_>>()
    };
    assert!(said(&clinical).iter().all(|hidden| *hidden == (false, false)));
    assert!(clinical.phases.iter().all(|phase| phase.clinical.is_some()), "{:?}", clinical.phases);
    let nothing = Domains { nutrition: false, strength: false, clinical: false };
    assert_eq!(goals.seen(nothing), Goals::default());
}
