//! `praan demo`: the whole main job against a running mesh, through the public API alone, as a family would live it.
//!
//! Every step checks what it was told: above all, that the score moves by the impact each answer states.

mod chart;
mod client;
mod photo;

use std::time::Duration;

use chassis::Error;
use serde_json::{Value, json};

use client::{Client, Step};

/// How long a photo may take to be read before the demo gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the demo against the mesh at `url`. An error tells which step failed, and on what.
pub async fn run(url: &str) -> Result<(), Error> {
    let mut client = Client::new(url)?;
    client.say(&format!("Praan demo against {url}\n"));
    sign_up(&mut client).await?;
    let member = add_parent(&mut client).await?;
    let program = start_program(&mut client, member).await?;
    log_the_morning(&mut client, program).await?;
    let before = total(&client, program).await?;
    let photo = send_photo(&mut client, program).await?;
    see_it_read(&mut client, program, photo, before).await?;
    confirm(&mut client, program, photo).await?;
    look_back(&mut client, program, photo).await
}

async fn sign_up(client: &mut Client) -> Result<(), Error> {
    // example.org can receive no mail (RFC 2606), and a new name each time lets the demo run again
    let email = format!("asha.{}@example.org", &uuid::Uuid::new_v4().simple().to_string()[..8]);
    let account = json!({"email": email, "password": "a long demo password", "full_name": "Asha Rao"});
    let step = Step::post("sign up", "/api/v1/auth/register", account).expect(201);
    let answer = client.run(step, |_| email.clone()).await?;
    client.sign_in(&answer)
}

async fn add_parent(client: &mut Client) -> Result<i64, Error> {
    let parent = json!({
        "name": "Meera Rao", "birth_date": "1957-04-12", "relation_type": "mother", "time_zone": "Asia/Kolkata",
        "leaderboard_opt_in": true
    });
    let tell = |a: &Value| format!("{}, {} years, {}", text(a, "name"), a["age"], text(a, "time_zone"));
    let member = client.run(Step::post("add a parent", "/api/v1/members", parent).expect(201), tell).await?;
    id(&member)
}

async fn start_program(client: &mut Client, member: i64) -> Result<i64, Error> {
    let program = json!({
        "member_id": member,
        "title": "Ninety days of care",
        "config": {
            "nutrition_goals": {"targets": [
                {"nutrient": "protein_g", "kind": "MIN", "value": 60},
                {"nutrient": "calories", "kind": "RANGE", "low": 1200, "high": 1900}
            ]},
            "strength_goals": {"sessions_per_week": 3, "sets_per_session": 6},
            "clinical_goals": {"checks": [
                {"metric": "blood_pressure", "times_per_day": 2, "target": {"low": 100, "high": 135}}
            ]}
        }
    });
    let tell =
        |a: &Value| format!("{} to {}, phase {}", text(a, "start_date"), text(a, "end_date"), a["phase"]);
    let program =
        client.run(Step::post("start 90 days", "/api/v1/programs", program).expect(201), tell).await?;
    id(&program)
}

async fn log_the_morning(client: &mut Client, program: i64) -> Result<(), Error> {
    let logs = [
        (
            "log breakfast",
            "NUTRITION",
            json!({"calories": 420, "meal": "BREAKFAST",
            "macros": {"protein_g": 22, "carbs_g": 52, "fat_g": 14, "fiber_g": 7},
            "items": [{"name": "moong dal chilla", "quantity_g": 180}, {"name": "curd", "quantity_g": 100}]}),
        ),
        (
            "log a workout",
            "WORKOUT",
            json!({"duration_min": 25, "exercises": [
            {"name": "sit to stand", "sets": [{"reps": 10}, {"reps": 10}, {"reps": 8}]},
            {"name": "band row", "sets": [{"reps": 12, "weight_kg": 4}, {"reps": 12, "weight_kg": 4}, {"reps": 10, "weight_kg": 4}]}]}),
        ),
        ("log blood pressure", "CHECKIN", json!({"systolic": 128, "diastolic": 79, "heart_rate": 71})),
    ];
    for (title, log_type, payload) in logs {
        let before = total(client, program).await?;
        let log = json!({"program_id": program, "log_type": log_type, "payload": payload});
        let tell = |a: &Value| format!("{}, {}", text(a, "status"), text(a, "adherence_impact"));
        let answer = client.run(Step::post(title, "/api/v1/logs", log).expect(201), tell).await?;
        moved_as_stated(client, program, before, text(&answer, "adherence_impact")).await?;
    }
    Ok(())
}

async fn send_photo(client: &mut Client, program: i64) -> Result<i64, Error> {
    let photo = photo::plate()?;
    let wish = json!({"program_id": program, "content_type": "image/jpeg", "content_length": photo.len()});
    let tell = |a: &Value| format!("{} until {}", text(a, "method"), text(a, "expires_at"));
    let upload = client.run(Step::post("ask to upload", "/api/v1/uploads", wish).expect(201), tell).await?;
    client.upload(&upload, photo).await?;
    let log = json!({"program_id": program, "log_type": "NUTRITION", "image_key": upload["image_key"]});
    let answer = client
        .run(Step::post("log the photo", "/api/v1/logs", log).expect(202), |a| text(a, "status").into())
        .await?;
    id(&answer)
}

async fn see_it_read(client: &mut Client, program: i64, photo: i64, before: f64) -> Result<(), Error> {
    let path = format!("/api/v1/logs/{photo}");
    let read = client.until("photo is read", &path, PATIENCE, |a| text(a, "status") != "PROCESSING").await?;
    if text(&read, "status") != "COMPLETED" {
        return Err(failed(
            "photo is read",
            format!("the photo ended {}: {}", text(&read, "status"), read["image"]),
        ));
    }
    // the score hears of it a moment after the log; every plate has some protein, so it moves
    let dashboard = format!("/api/v1/programs/{program}/dashboard");
    let followed =
        |a: &Value| (a["today"]["total_score"].as_f64().unwrap_or(0.0) - before).abs() > f64::EPSILON;
    client.until("the score follows", &dashboard, PATIENCE, followed).await.map(drop)
}

async fn confirm(client: &mut Client, program: i64, photo: i64) -> Result<(), Error> {
    let before = total(client, program).await?;
    let verify = Step::post("confirm it", format!("/api/v1/logs/{photo}/verify"), json!({}));
    client.run(verify, |a| format!("{}, revision {}", text(a, "status"), a["revision"])).await?;
    // a confirmation says the same again, so the score must stand still
    moved_as_stated(client, program, before, "+0 points").await
}

async fn look_back(client: &mut Client, program: i64, photo: i64) -> Result<(), Error> {
    let history = Step::get("read history", format!("/api/v1/programs/{program}/history?limit=20"));
    let tell = |a: &Value| format!("{} logs", a["data"].as_array().map_or(0, Vec::len));
    let history = client.run(history, tell).await?;
    let statuses = history["data"].as_array().into_iter().flatten();
    if !statuses.clone().any(|log| log["id"] == photo && text(log, "status") == "VERIFIED") {
        return Err(failed("read history", "the confirmed photo is not in it".into()));
    }
    let board = Step::get("leaderboard", "/api/v1/leaderboard".to_owned());
    client.run(board, |a| format!("{} in it", a["entries"].as_array().map_or(0, Vec::len))).await?;
    let dashboard = Step::get("dashboard", format!("/api/v1/programs/{program}/dashboard"));
    let tell = |a: &Value| format!("day {} of 90, total {}", a["day_number"], a["today"]["total_score"]);
    let dashboard = client.run(dashboard, tell).await?;
    client.say(&chart::today(&dashboard["today"]));
    client.say("All steps green.");
    Ok(())
}

/// Today's total, 0 where there is none yet.
async fn total(client: &Client, program: i64) -> Result<f64, Error> {
    let dashboard = client.quietly(&format!("/api/v1/programs/{program}/dashboard")).await?;
    Ok(dashboard["today"]["total_score"].as_f64().unwrap_or(0.0))
}

async fn moved_as_stated(client: &Client, program: i64, before: f64, impact: &str) -> Result<(), Error> {
    let stated = impact.trim_end_matches(" points").parse::<f64>();
    let stated = stated.map_err(|_| failed("score", format!("the impact reads {impact:?}")))?;
    let moved = total(client, program).await? - before;
    // the impact is shown with one decimal, the totals with two
    if (moved - stated).abs() > 0.0501 {
        return Err(failed("score", format!("the total moved by {moved:.2}, the answer said {impact}")));
    }
    Ok(())
}

fn id(answer: &Value) -> Result<i64, Error> {
    answer["id"].as_i64().ok_or_else(|| failed("id", "the answer has none".into()))
}

fn text<'a>(answer: &'a Value, field: &str) -> &'a str {
    answer[field].as_str().unwrap_or_default()
}

fn failed(step: &str, why: String) -> Error {
    Error::illegal_state(format!("step \"{step}\": {why}"))
}
