//! A program as a CarePlan.

use chrono::NaiveDate;
use proto::program::v1::{Pause, ProgramRecord, Status};
use serde_json::{Value, json};

use super::terms::reference;
use crate::export::text;

/// The program, with the goals it ever had.
pub fn care_plan(patient: i64, record: &ProgramRecord, goals: &[Value]) -> Value {
    let program = record.program.clone().unwrap_or_default();
    let status = match program.status() {
        Status::Active => "active",
        Status::Paused => "on-hold",
        Status::Completed => "completed",
        Status::Unspecified => "unknown",
    };
    let mut plan = json!({
        "resourceType": "CarePlan",
        "id": format!("program-{}", program.id),
        "identifier": [{"system": "urn:praan:program", "value": program.id.to_string()}],
        "status": status,
        "intent": "plan",
        "title": program.title,
        "subject": reference("Patient", patient),
        "period": {"start": program.start_date, "end": program.end_date},
    });
    if let Some(created) = text::instant(program.created_at.as_ref()) {
        plan["created"] = json!(created);
    }
    // an empty list is none
    let pauses: Vec<Value> = record.pauses.iter().filter_map(pause).collect();
    if !pauses.is_empty() {
        plan["extension"] = json!(pauses);
    }
    if !goals.is_empty() {
        let goal = |goal: &Value| reference("Goal", goal["id"].as_str().unwrap_or_default());
        plan["goal"] = goals.iter().map(goal).collect();
    }
    plan
}

/// Days that did not count, the last of them included. A pause that held no day is none.
fn pause(pause: &Pause) -> Option<Value> {
    let mut period = json!({"start": pause.from_date});
    if !pause.resume_date.is_empty() {
        let (from, resume): (NaiveDate, NaiveDate) =
            (pause.from_date.parse().ok()?, pause.resume_date.parse().ok()?);
        let last = resume.pred_opt().filter(|last| *last >= from)?;
        period["end"] = json!(last.to_string());
    }
    Some(json!({"url": "urn:praan:pause", "valuePeriod": period}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::program::v1::Program;

    #[test]
    fn a_program_is_a_plan_with_its_pauses() {
        let pause = |from: &str, resume: &str| Pause { from_date: from.into(), resume_date: resume.into() };
        let record = ProgramRecord {
            program: Some(Program { id: 42, status: Status::Paused.into(), ..Program::default() }),
            pauses: vec![
                pause("2026-03-01", "2026-03-05"),
                pause("2026-03-07", "2026-03-07"),
                pause("2026-03-09", ""),
            ],
            configs: Vec::new(),
        };
        let plan = care_plan(5, &record, &[json!({"id": "g"})]);
        assert_eq!((&plan["status"], &plan["subject"]), (&json!("on-hold"), &reference("Patient", 5)));
        assert_eq!(plan["goal"], json!([{"reference": "Goal/g"}]));
        let periods: Vec<&Value> =
            plan["extension"].as_array().unwrap().iter().map(|pause| &pause["valuePeriod"]).collect();
        assert_eq!(
            periods,
            [&json!({"start": "2026-03-01", "end": "2026-03-04"}), &json!({"start": "2026-03-09"})]
        );
    }
}
