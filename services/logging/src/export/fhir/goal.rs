//! Goals: one resource for every target of every version, with the day from which it held.

use proto::program::v1::{
    ClinicalCheck, Config, NutrientTarget, ProgramRecord, Status, StrengthGoals, TargetKind,
};
use serde_json::{Value, json};

use super::terms::{self, loinc, loinc_as, ours, reference};

/// What is to be reached: in words, and as FHIR has it.
struct Aim {
    domain: &'static str,
    phase: Option<i32>,
    words: String,
    targets: Vec<Value>,
}

/// Every goal that a program ever had.
pub fn goals(patient: i64, record: &ProgramRecord) -> Vec<Value> {
    let program = record.program.clone().unwrap_or_default();
    let now = match program.status() {
        Status::Paused => "on-hold",
        Status::Completed => "completed",
        Status::Active | Status::Unspecified => "active",
    };
    let mut goals = Vec::new();
    for (place, config) in record.configs.iter().enumerate() {
        // the next version took the place of this one
        let successor = record.configs.get(place + 1);
        for (number, aim) in aims(config).into_iter().enumerate() {
            let mut goal = json!({
                "resourceType": "Goal",
                "id": format!("program-{}-v{}-{}", program.id, config.version, number + 1),
                "lifecycleStatus": if successor.is_some() { "completed" } else { now },
                "category": [ours("domain", aim.domain)],
                "description": {"text": aim.words},
                "subject": reference("Patient", patient),
                "startDate": config.effective_date,
            });
            if let Some(successor) = successor {
                goal["statusDate"] = json!(successor.effective_date);
            }
            if !aim.targets.is_empty() {
                goal["target"] = json!(aim.targets);
            }
            if let Some(phase) = aim.phase {
                goal["extension"] = json!([{"url": "urn:praan:phase", "valuePositiveInt": phase}]);
            }
            goals.push(goal);
        }
    }
    goals
}

fn aims(config: &Config) -> Vec<Aim> {
    let always = (None, &config.nutrition_goals, &config.strength_goals, &config.clinical_goals);
    let in_phases = config.phases.iter().map(|goals| {
        (Some(goals.phase), &goals.nutrition_goals, &goals.strength_goals, &goals.clinical_goals)
    });
    let mut aims = Vec::new();
    for (phase, nutrition, strength, clinical) in std::iter::once(always).chain(in_phases) {
        let targets = nutrition.iter().flat_map(|goals| &goals.targets).map(nutrient);
        let checks = clinical.iter().flat_map(|goals| &goals.checks).map(check);
        let all = targets.chain(strength.iter().map(training)).chain(checks);
        aims.extend(all.map(|aim| Aim { phase, ..aim }));
    }
    aims
}

fn nutrient(target: &NutrientTarget) -> Aim {
    let (measure, unit) = match target.nutrient.as_str() {
        "calories" => (loinc(&[terms::ENERGY]), ("kcal", "kcal")),
        other => (ours("nutrient", other), ("g", "g")),
    };
    let amount = |value: Option<f64>| terms::quantity(value.unwrap_or_default(), unit);
    let (value, low, high) = (target.value, target.low, target.high);
    let number = |value: Option<f64>| format!("{} {}", value.unwrap_or_default(), unit.0);
    let (words, detail, content) = match target.kind() {
        TargetKind::Range => {
            let range = json!({"low": amount(low), "high": amount(high)});
            (format!("from {} to {}", number(low), number(high)), "detailRange", range)
        }
        kind => {
            let (words, comparator) =
                if kind == TargetKind::Max { ("at most", "<=") } else { ("at least", ">=") };
            let mut bound = amount(value);
            bound["comparator"] = json!(comparator);
            (format!("{words} {}", number(value)), "detailQuantity", bound)
        }
    };
    let words = format!("{} a day: {words}", target.nutrient);
    Aim {
        domain: "nutrition",
        phase: None,
        words,
        targets: vec![json!({"measure": measure, detail: content})],
    }
}

fn training(goals: &StrengthGoals) -> Aim {
    let target = |name: &str, value: i32, unit: &str| json!({"measure": ours("training", name), "detailQuantity": terms::quantity(f64::from(value), (unit, unit))});
    let mut words = format!("{} training sessions a week", goals.sessions_per_week);
    let mut targets = vec![target("sessions_per_week", goals.sessions_per_week, "/wk")];
    if let Some(sets) = goals.sets_per_session {
        words += &format!(" of {sets} sets");
        targets.push(target("sets_per_session", sets, "{sets}"));
    }
    if let Some(minutes) = goals.minutes_per_session {
        words += &format!(" of {minutes} minutes");
        targets.push(target("minutes_per_session", minutes, "min"));
    }
    Aim { domain: "strength", phase: None, words, targets }
}

fn check(check: &ClinicalCheck) -> Aim {
    let times = match (check.times_per_day, check.times_per_week) {
        (Some(times), _) => format!("{times} times a day"),
        (None, times) => format!("{} times a week", times.unwrap_or_default()),
    };
    // of the blood pressure, the systolic value is the one with a range
    let (measure, unit) = match terms::measure(&check.metric) {
        Some(measure) => (loinc(measure.loinc), measure.unit),
        None => (loinc_as("8480-6", "blood_pressure"), ("mmHg", "mm[Hg]")),
    };
    let mut target = json!({"measure": measure});
    if let Some(range) = &check.target {
        let bound = |value| terms::quantity(value, unit);
        target["detailRange"] = json!({"low": bound(range.low), "high": bound(range.high)});
    }
    let words = format!("measure {} {times}", check.metric);
    Aim { domain: "clinical", phase: None, words, targets: vec![target] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::program::v1::{ClinicalGoals, ControlRange, NutritionGoals, PhaseGoals, Program};

    fn config(version: i32, day: &str) -> Config {
        let protein = NutrientTarget {
            nutrient: "protein_g".into(),
            kind: TargetKind::Min.into(),
            value: Some(60.0),
            ..NutrientTarget::default()
        };
        let pressure = ClinicalCheck {
            metric: "blood_pressure".into(),
            times_per_day: Some(2),
            target: Some(ControlRange { low: 100.0, high: 130.0 }),
            ..ClinicalCheck::default()
        };
        Config {
            version,
            effective_date: day.into(),
            nutrition_goals: Some(NutritionGoals { weight: None, targets: vec![protein] }),
            clinical_goals: Some(ClinicalGoals { weight: None, checks: vec![pressure] }),
            phases: vec![PhaseGoals {
                phase: 2,
                strength_goals: Some(StrengthGoals { sessions_per_week: 3, ..StrengthGoals::default() }),
                ..PhaseGoals::default()
            }],
            ..Config::default()
        }
    }

    #[test]
    fn every_target_of_every_version_is_a_goal() {
        let record = ProgramRecord {
            program: Some(Program { id: 4, status: Status::Active.into(), ..Program::default() }),
            pauses: Vec::new(),
            configs: vec![config(1, "2026-03-01"), config(2, "2026-03-09")],
        };
        let goals = goals(5, &record);
        let facts: Vec<_> =
            goals.iter().map(|goal| (goal["id"].as_str().unwrap(), &goal["lifecycleStatus"])).collect();
        let (over, active) = (json!("completed"), json!("active"));
        assert_eq!(
            facts[..4],
            [
                ("program-4-v1-1", &over),
                ("program-4-v1-2", &over),
                ("program-4-v1-3", &over),
                ("program-4-v2-1", &active),
            ]
        );
        assert_eq!((&goals[0]["statusDate"], &goals[3]["statusDate"]), (&json!("2026-03-09"), &Value::Null));
        let protein = &goals[0]["target"][0]["detailQuantity"];
        assert_eq!(
            (&protein["comparator"], &protein["value"], &protein["code"]),
            (&json!(">="), &json!(60.0), &json!("g"))
        );
        assert_eq!(goals[1]["target"][0]["detailRange"]["high"]["code"], "mm[Hg]");
        assert_eq!(goals[2]["extension"][0]["valuePositiveInt"], 2);
    }
}
