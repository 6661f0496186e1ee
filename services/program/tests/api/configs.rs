//! Goals change, and past days keep theirs.

use proto::program::v1::*;

use crate::house::{House, fields, for_mother};

fn steps(sessions_per_week: i32) -> Option<StrengthGoals> {
    let sets_per_session = Some(10);
    Some(StrengthGoals { weight: None, sessions_per_week, sets_per_session, minutes_per_session: None })
}

fn training(program_id: i64, sessions_per_week: i32) -> ReplaceConfigRequest {
    ReplaceConfigRequest { program_id, strength_goals: steps(sessions_per_week), ..Default::default() }
}

/// The versions in the plan, each with its first day and its sessions a week.
fn versions(plan: &Plan) -> Vec<(i32, &str, i32)> {
    let sessions =
        |config: &Config| config.strength_goals.as_ref().map_or(0, |goals| goals.sessions_per_week);
    plan.configs
        .iter()
        .map(|config| (config.version, config.effective_date.as_str(), sessions(config)))
        .collect()
}

#[tokio::test]
async fn without_goals_there_is_version_zero() {
    let house = House::open().await;
    let id = house.started().await.id;
    assert_eq!(house.config(id).await.unwrap(), Config::default());
    assert!(house.plan(id).await.unwrap().configs.is_empty());
}

#[tokio::test]
async fn goals_of_the_beginning_hold_from_the_first_day() {
    let house = House::open().await;
    for (start, version_in_force) in [("2026-01-01", 1), ("2026-04-01", 1)] {
        let config = Some(Goals { strength_goals: steps(3), ..Default::default() });
        let request = CreateProgramRequest { start_date: Some(start.into()), config, ..for_mother() };
        let id = house.create(request).await.unwrap().id;
        assert_eq!(versions(&house.plan(id).await.unwrap()), [(1, start, 3)]);
        assert_eq!(house.config(id).await.unwrap().version, version_in_force);
    }
}

#[tokio::test]
async fn a_change_holds_from_today_and_the_later_of_a_day_wins() {
    let house = House::open().await;
    let id = house.started().await.id;
    assert_eq!(house.replace(training(id, 1)).await.unwrap().effective_date, "2026-03-02");
    house.later(2);
    assert_eq!(house.replace(training(id, 2)).await.unwrap().version, 2);
    assert_eq!(house.replace(training(id, 3)).await.unwrap().version, 3);
    assert_eq!(versions(&house.plan(id).await.unwrap()), [(1, "2026-03-02", 1), (3, "2026-03-04", 3)]);
    let config = house.config(id).await.unwrap();
    assert_eq!((config.version, config.strength_goals), (3, steps(3)));
    // and goals can be taken away
    let none = ReplaceConfigRequest { program_id: id, ..Default::default() };
    house.replace(none).await.unwrap();
    assert_eq!(house.config(id).await.unwrap().strength_goals, None);
}

#[tokio::test]
async fn before_the_program_begins_a_change_holds_from_its_first_day() {
    let house = House::open().await;
    let request = CreateProgramRequest { start_date: Some("2026-04-01".into()), ..for_mother() };
    let id = house.create(request).await.unwrap().id;
    assert_eq!(house.replace(training(id, 2)).await.unwrap().effective_date, "2026-04-01");
    assert_eq!(house.config(id).await.unwrap().version, 1);
}

#[tokio::test]
async fn goals_that_make_no_sense_are_refused_where_they_stand() {
    let house = House::open().await;
    let id = house.started().await.id;
    let nonsense = NutrientTarget {
        nutrient: "protein_g".into(),
        kind: TargetKind::Range.into(),
        value: Some(60.0),
        low: Some(60.0),
        high: Some(90.0),
        weight: None,
    };
    let nutrition_goals = Some(NutritionGoals { weight: None, targets: vec![nonsense] });
    let config = Some(Goals { nutrition_goals: nutrition_goals.clone(), ..Default::default() });
    let created = house.create(CreateProgramRequest { config, ..for_mother() }).await;
    assert_eq!(fields(created), ["config.nutrition_goals.targets[0].value"]);
    let replaced =
        house.replace(ReplaceConfigRequest { program_id: id, nutrition_goals, ..Default::default() }).await;
    assert_eq!(fields(replaced), ["nutrition_goals.targets[0].value"]);
    // what the contract alone can tell is told at the same paths
    let strength_goals =
        Some(StrengthGoals { sessions_per_week: 15, sets_per_session: Some(1), ..Default::default() });
    let phases = vec![PhaseGoals { phase: 2, strength_goals, ..Default::default() }];
    let replaced = house.replace(ReplaceConfigRequest { program_id: id, phases, ..Default::default() }).await;
    assert_eq!(fields(replaced), ["phases[0].strength_goals.sessions_per_week"]);
    assert_eq!((house.count("program_configs").await, house.count("care_programs").await), (0, 1));
}
