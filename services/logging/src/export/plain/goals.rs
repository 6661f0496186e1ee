//! Goals in the words of the REST API: what is not said is left out.

use proto::program::v1::{
    ClinicalCheck, ClinicalGoals, Config, NutrientTarget, NutritionGoals, PhaseGoals, StrengthGoals,
};
use serde_json::{Map, Value, json};

use crate::export::text;

/// One version of the goals.
pub fn config(config: &Config) -> Value {
    let mut all = said([
        ("version", json!(config.version)),
        ("effective_date", json!(config.effective_date)),
        ("nutrition_goals", config.nutrition_goals.as_ref().map_or(Value::Null, nutrition)),
        ("strength_goals", config.strength_goals.as_ref().map_or(Value::Null, strength)),
        ("clinical_goals", config.clinical_goals.as_ref().map_or(Value::Null, clinical)),
    ]);
    if !config.phases.is_empty() {
        all.insert("phases".to_owned(), config.phases.iter().map(phase).collect());
    }
    Value::Object(all)
}

fn phase(goals: &PhaseGoals) -> Value {
    Value::Object(said([
        ("phase", json!(goals.phase)),
        ("nutrition_goals", goals.nutrition_goals.as_ref().map_or(Value::Null, nutrition)),
        ("strength_goals", goals.strength_goals.as_ref().map_or(Value::Null, strength)),
        ("clinical_goals", goals.clinical_goals.as_ref().map_or(Value::Null, clinical)),
    ]))
}

fn nutrition(goals: &NutritionGoals) -> Value {
    let target = |target: &NutrientTarget| {
        Value::Object(said([
            ("nutrient", json!(target.nutrient)),
            ("kind", json!(text::word(target.kind().as_str_name(), "TARGET_KIND_"))),
            ("value", json!(target.value)),
            ("low", json!(target.low)),
            ("high", json!(target.high)),
            ("weight", json!(target.weight)),
        ]))
    };
    let targets = goals.targets.iter().map(target).collect();
    Value::Object(said([("weight", json!(goals.weight)), ("targets", targets)]))
}

fn strength(goals: &StrengthGoals) -> Value {
    Value::Object(said([
        ("weight", json!(goals.weight)),
        ("sessions_per_week", json!(goals.sessions_per_week)),
        ("sets_per_session", json!(goals.sets_per_session)),
        ("minutes_per_session", json!(goals.minutes_per_session)),
    ]))
}

fn clinical(goals: &ClinicalGoals) -> Value {
    let check = |check: &ClinicalCheck| {
        let target = check.target.as_ref().map(|range| json!({"low": range.low, "high": range.high}));
        Value::Object(said([
            ("metric", json!(check.metric)),
            ("times_per_day", json!(check.times_per_day)),
            ("times_per_week", json!(check.times_per_week)),
            ("target", json!(target)),
        ]))
    };
    let checks = goals.checks.iter().map(check).collect();
    Value::Object(said([("weight", json!(goals.weight)), ("checks", checks)]))
}

fn said<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
