//! A record that left as plain JSON comes in again, in whatever family takes it in, and says the same there: every word of it, and
//! every score that follows from it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use chassis::clock::Clock;
use chrono::{Datelike, Days, Months, NaiveDate};
use integration_tests::House;
use integration_tests::api::{Api, goals, id};
use integration_tests::photo;
use integration_tests::process::Process;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::examples::{photo_log, until_read};
use crate::exports::changed_goals;

crate::stories::stories!(
    a_record_comes_in_as_it_left,
    what_time_has_done_to_a_record_comes_in_too,
    an_import_that_is_sent_again_is_one_member,
    a_record_that_cannot_be_true_is_refused_where_it_is_not,
    a_large_record_passes_the_door_and_a_larger_one_does_not,
);

const IMPORT: &str = "/api/v1/members/import";
/// How long scores may take to follow on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

async fn a_record_comes_in_as_it_left(house: &House) {
    let asha = house.sign_up().await;
    let member = record(&asha).await;
    let left = export(&asha, member).await;
    let ravi = house.sign_up().await;
    let answer = ravi.post(IMPORT, left.clone()).await.expect(201);
    let came = export(&ravi, id(&answer)).await;
    assert_alike(&same(&came), &same(&left), "");
    assert_ne!(came["member"]["id"], left["member"]["id"]);
    assert_eq!(
        answer["logs"],
        json!(left["programs"].as_array().expect("programs").iter().map(logs).sum::<usize>())
    );
    for (n, (new, old)) in programs(&answer["program_ids"]).zip(program_ids(&left)).enumerate() {
        assert_eq!(came["programs"][n]["id"], new);
        until_scored_alike(&ravi, new, &asha, old).await;
    }
    // who said it elsewhere is not known here, and who may look and did there means nothing here
    let me = ravi.get("/api/v1/users/me").await.expect(200)["id"].clone();
    let mut authors: Vec<Value> = revisions(&came).map(|revision| revision["author_id"].clone()).collect();
    authors.sort_by_key(Value::to_string);
    authors.dedup();
    assert_eq!(authors, [json!(0), me.clone()]);
    assert_eq!(came["grants"], json!([]));
    let trail = came["audit"].as_array().expect("a trail");
    for kind in ["Member", "Program", "DailyLog"] {
        let imported = |entry: &&Value| entry["action"] == "IMPORT" && entry["resource_type"] == kind;
        let found: Vec<_> = trail.iter().filter(imported).collect();
        assert!(found.iter().all(|entry| entry["actor_id"] == me) && !found.is_empty(), "{kind}: {trail:#?}");
    }
    assert!(trail.iter().all(|entry| entry["action"] != "AMEND"), "{trail:#?}");
    // the photo stayed where it was, and what was read from it came
    let photo =
        came["programs"][0]["logs"].as_array().expect("logs").iter().find(|log| log["image"].is_object());
    let photo = format!("/api/v1/logs/{}", id(photo.expect("a photo")));
    assert_eq!(ravi.get(&photo).await.expect(200)["image"]["processing_status"], "FAILED");
    ravi.get(&format!("{photo}/image")).await.expect(409);
    // and it lives on
    let log = json!({"log_type": "NUTRITION", "payload": {"calories": 300}});
    ravi.post(&format!("{photo}/amend"), log).await.expect(200);
    asha.get(&photo).await.expect(403);
}

/// What the API does only with the days that pass: pauses that were, a member who has moved, a photo that is still to be read.
async fn what_time_has_done_to_a_record_comes_in_too(house: &House) {
    let asha = house.sign_up().await;
    let mut left = export(&asha, record(&asha).await).await;
    let program = &mut left["programs"][1];
    let start: NaiveDate = program["start_date"].as_str().expect("a day").parse().expect("a day");
    let day = |n: u64| (start + Days::new(n)).to_string();
    program["pauses"] = json!([
        {"from_date": day(6), "resume_date": day(9)}, {"from_date": day(20), "resume_date": null},
    ]);
    (program["status"], program["end_date"]) = (json!("PAUSED"), json!(day(89)));
    program["configs"][1]["effective_date"] = json!(day(5));
    let moved = &mut program["logs"][0];
    let revision = |n: u64, status: &str, author: i64, payload: Value| {
        json!({"revision": n, "status": status, "log_type": "NUTRITION", "payload": payload, "flags": [], "author_id": author,
            "recorded_at": format!("{}T03:00:00.250Z", day(10 + n)), "time_zone": "America/New_York"})
    };
    moved["timestamp"] = json!(format!("{}T03:30:00Z", day(10)));
    moved["local_date"] = json!(day(9));
    moved["utc_offset_minutes"] = json!(-240);
    moved["image"] =
        json!({"processing_status": "COMPLETED", "failure_reason": null, "model": "elsewhere/7"});
    moved["revisions"] = json!([
        revision(1, "PROCESSING", 5, json!({})),
        revision(
            2,
            "COMPLETED",
            0,
            json!({"calories": 410.0, "macros": {"protein_g": 31.5}, "items": [{"name": "दाल", "confidence": 0.75}]})
        ),
        revision(
            3,
            "VERIFIED",
            5,
            json!({"calories": 410.0, "macros": {"protein_g": 31.5}, "items": [{"name": "दाल", "confidence": 0.75}]})
        ),
        revision(
            4,
            "VERIFIED",
            6,
            json!({"calories": 9000.0, "macros": {"protein_g": 40.0, "carbs_g": 1.0, "fat_g": 1.0}})
        ),
    ]);
    moved["revisions"][3]["flags"] = json!([
        {"field": "calories", "message": "does not fit the macros, which make up about 173 kcal"},
    ]);
    let first = id(&asha.post(IMPORT, left.clone()).await.expect(201));
    let once = export(&asha, first).await;
    // the day decides the order, and the last log was moved
    assert_alike(&sorted(&once), &sorted(&left), "");
    let ravi = house.sign_up().await;
    let second = id(&ravi.post(IMPORT, once.clone()).await.expect(201));
    let twice = export(&ravi, second).await;
    assert_alike(&same(&twice), &same(&once), "");
    for (new, old) in program_ids(&twice).zip(program_ids(&once)) {
        until_scored_alike(&ravi, new, &asha, old).await;
    }
    let mut unread = left.clone();
    let log = &mut unread["programs"][1]["logs"][0];
    log["image"] = json!({"processing_status": "PENDING", "failure_reason": null, "model": null});
    log["revisions"].as_array_mut().expect("revisions").truncate(1);
    let third = id(&asha.post(IMPORT, unread).await.expect(201));
    let program = program_ids(&export(&asha, third).await).nth(1).expect("a program");
    let begun = Instant::now();
    loop {
        let history = asha.whole_history(program).await;
        let failed = history.iter().find(|log| log["status"] == "FAILED").map(|log| log["image"].clone());
        if let Some(image) = failed {
            break assert!(image["failure_reason"].is_string(), "{image}");
        }
        assert!(begun.elapsed() < PATIENCE, "a photo that nobody can read is waited for: {history:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Told in a house of its own: what is older than any month that was made ahead of time is looked for in many.
mod long_ago {
    use integration_tests::House;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_logged_long_ago_is_there_in_one_process() {
        super::what_was_logged_long_ago_finds_its_month(&House::one_process().await).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_logged_long_ago_is_there_in_many_processes() {
        let house = House::many_processes().await;
        super::what_was_logged_long_ago_finds_its_month(&house).await;
        assert!(house.stop().await, "every process ended well");
    }
}

async fn what_was_logged_long_ago_finds_its_month(house: &House) {
    let years_ago = Clock::system().now().date_naive() - Months::new(5 * 12);
    let first = years_ago.with_day(1).expect("a first day");
    let day = |n: u64| (first + Days::new(n)).to_string();
    let log = |n: u64| {
        let at = format!("{}T09:00:00Z", day(n));
        json!({"id": n, "timestamp": at, "local_date": day(n), "utc_offset_minutes": 330, "image": null, "revisions": [{
            "revision": 1, "status": "VERIFIED", "log_type": "CHECKIN", "payload": {"systolic": 131.0, "diastolic": 82.0},
            "flags": [], "author_id": 77, "recorded_at": at, "time_zone": "Asia/Kolkata"}]})
    };
    let logs: Vec<Value> = [70, 40, 40, 2].into_iter().map(log).collect();
    let program = json!({"id": 4, "title": "Long ago", "start_date": day(0), "end_date": day(89), "status": "COMPLETED",
        "created_at": format!("{}T08:00:00Z", day(0)), "pauses": [], "configs": [
            {"version": 1, "effective_date": day(0), "clinical_goals": {"checks": [{"metric": "blood_pressure", "times_per_day": 2}]}},
        ], "logs": logs});
    let member = json!({"id": 3, "name": "Nani", "birth_date": "1940-02-29", "relation_type": "grandmother",
        "time_zone": "Asia/Kolkata", "leaderboard_opt_in": true, "created_at": format!("{}T07:00:00Z", day(0))});
    let left = json!({"format": "praan.member/1", "exported_at": null, "member": member, "programs": [program], "grants": null, "audit": null});
    let asha = house.sign_up().await;
    let answer = asha.post(IMPORT, left.clone()).await.expect(201);
    assert_alike(&same(&export(&asha, id(&answer)).await), &same(&left), "");
    let program = programs(&answer["program_ids"]).next().expect("a program");
    let begun = Instant::now();
    // two of two on one day, one of two on two days, and none on the eighty-seven others
    while asha.get(&format!("/api/v1/programs/{program}/adherence")).await.expect(200)["average"] != 2.22 {
        assert!(begun.elapsed() < PATIENCE, "no score follows");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    if let Some(fleet) = house.fleet() {
        let month = first.format("logging.daily_logs_%Y_%m");
        let found = fleet.sql(&format!("SELECT count(*) FROM {month}")).await;
        let strays = fleet.sql("SELECT count(*) FROM logging.daily_logs_default").await;
        assert_eq!((found.as_str(), strays.as_str()), ("1", "0"));
    }
}

async fn an_import_that_is_sent_again_is_one_member(house: &House) {
    let asha = house.sign_up().await;
    let mut left = export(&asha, record(&asha).await).await;
    let ravi = house.sign_up().await;
    let request = Uuid::new_v4();
    let first = ravi.post_as(request, IMPORT, left.clone()).await.expect(201);
    assert_eq!(ravi.post_as(request, IMPORT, left.clone()).await.expect(201), first);
    let members = || async { ravi.get("/api/v1/members").await.expect(200)["data"].as_array().map(Vec::len) };
    assert_eq!(members().await, Some(1));
    assert_eq!(
        ravi.whole_history(programs(&first["program_ids"]).next().expect("one")).await.len(),
        logs(&left["programs"][0])
    );
    left["member"]["name"] = json!("Somebody else");
    ravi.post_as(request, IMPORT, left.clone()).await.expect(422);
    // another request is another member, and a member needs no program
    left["programs"] = json!([]);
    let bare = ravi.post(IMPORT, left).await.expect(201);
    assert_eq!((&bare["program_ids"], &bare["logs"], members().await), (&json!([]), &json!(0), Some(2)));
    let erased = format!("/api/v1/members/{}?erase=true", id(&first));
    ravi.send(Method::DELETE, &erased, None, None).await.expect(204);
    assert_eq!(members().await, Some(1));
}

async fn a_record_that_cannot_be_true_is_refused_where_it_is_not(house: &House) {
    let asha = house.sign_up().await;
    let left = export(&asha, record(&asha).await).await;
    let ravi = house.sign_up().await;
    let at = |kind: &str| {
        let logs = left["programs"][0]["logs"].as_array().expect("logs");
        logs.iter()
            .position(|log| log["revisions"][0]["log_type"] == kind && log["image"].is_null())
            .expect("a log")
    };
    let (vitals, meal, workout) = (at("CHECKIN"), at("NUTRITION"), at("WORKOUT"));
    let log = |n: usize, rest: &str| format!("/programs/0/logs/{n}{rest}");
    let cases = [
        ("/format".to_owned(), json!("praan.member/2"), "format"),
        ("/member/name".to_owned(), json!(" "), "member.name"),
        ("/member/birth_date".to_owned(), json!("1783-01-01"), "member.birth_date"),
        ("/member/time_zone".to_owned(), json!("Mars/Olympus"), "member.time_zone"),
        ("/programs/0/start_date".to_owned(), json!("2019-01-01"), "programs[0].start_date"),
        ("/programs/0/status".to_owned(), json!("PAUSED"), "programs[0].status"),
        ("/programs/0/configs/0/version".to_owned(), json!(7), "programs[0].configs[0].version"),
        (
            "/programs/0/configs/0/nutrition_goals/targets/0/value".to_owned(),
            json!(77777),
            "programs[0].configs[0].nutrition_goals.targets[0].value",
        ),
        (log(vitals, "/revisions/0/payload/systolic"), json!(7777), "revisions[0].payload.systolic"),
        (log(vitals, "/revisions/0/payload/systolic"), json!(41), "revisions[0].payload.systolic"),
        (log(vitals, "/revisions/0/payload/colour"), json!("red"), "revisions[0].payload.colour"),
        (log(vitals, "/revisions/0/log_type"), json!("WORKOUT"), "revisions[0].payload.diastolic"),
        (log(meal, "/revisions/0/status"), json!("COMPLETED"), "revisions[0].author_id"),
        (log(meal, "/revisions/0/recorded_at"), json!("2077-07-07T00:00:00Z"), "revisions[0].recorded_at"),
        (log(workout, "/timestamp"), json!("2019-01-01T00:00:00Z"), "timestamp"),
        (log(workout, "/local_date"), json!("2019-01-01"), "local_date"),
        (log(workout, "/revisions/0/revision"), json!(2), "revisions[0].revision"),
        (log(workout, "/image"), json!({"processing_status": "PENDING"}), "image"),
    ];
    for (pointer, value, field) in cases {
        let mut bad = left.clone();
        put(&mut bad, &pointer, value.clone());
        let answer = ravi.post(IMPORT, bad).await;
        let problem = answer.expect(400);
        let said = problem["errors"][0]["field"].as_str().expect("a field");
        let prefix = pointer.strip_prefix("/programs/0/logs/").and_then(|rest| rest.split('/').next());
        let field = prefix.map_or(field.to_owned(), |n| format!("programs[0].logs[{n}].{field}"));
        assert_eq!(said, field, "{pointer}: {problem}");
        let text = String::from_utf8_lossy(&answer.bytes);
        assert!(!text.contains("7777") && !text.contains("Mars") && !text.contains("red\""), "{text}");
    }
    for bad in ["", "{", "[]", "{\"format\": \"praan.member/1\"}", "{\"format\": 1, \"member\": null}"] {
        let request = reqwest::Client::new().post(format!("{}{IMPORT}", ravi.url)).body(bad);
        let request = request.bearer_auth(ravi.token.as_deref().expect("a token"));
        let answer = request.header("content-type", "application/json").send().await.expect("an answer");
        assert_eq!(answer.status(), 400, "{bad}");
    }
    assert_eq!(ravi.get("/api/v1/members").await.expect(200)["data"], json!([]));
}

async fn a_large_record_passes_the_door_and_a_larger_one_does_not(house: &House) {
    let asha = house.sign_up().await;
    let mut left = export(&asha, record(&asha).await).await;
    let entries = left["audit"].as_array().expect("a trail").clone();
    let size = entries.iter().map(|entry| entry.to_string().len() + 1).sum::<usize>();
    let trail = |mebibytes: usize| {
        json!(entries.iter().cycle().take(mebibytes * (1 << 20) * entries.len() / size).collect::<Vec<_>>())
    };
    left["audit"] = trail(3);
    let member = id(&asha.post(IMPORT, left.clone()).await.expect(201));
    assert_alike(&same(&export(&asha, member).await)["programs"], &same(&left)["programs"], "");
    left["audit"] = trail(17);
    let problem = asha.post(IMPORT, left).await.expect(413);
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("16 MiB")), "{problem}");
}

/// A member with two programs, and all that can be said: every kind of log, some corrected, some read from photos, on several days
/// of the first program, which has begun forty days ago and got new goals today.
async fn record(asha: &Api) -> i64 {
    let member = asha.add_member().await;
    let now = Clock::system().now();
    let ago = |days: u64, hour: u32| {
        let day = now.date_naive() - Days::new(days);
        day.and_hms_micro_opt(hour, 15, 0, 250).expect("a time").and_utc().to_rfc3339()
    };
    let start = (now.date_naive() - Days::new(40)).to_string();
    let early = json!({"member_id": member, "title": "Ninety days", "start_date": start, "config": goals()});
    let early = id(&asha.post("/api/v1/programs", early).await.expect(201));
    let config = format!("/api/v1/programs/{early}/config");
    let log = async |program: i64, at: String, log_type: &str, payload: Value| {
        let log = json!({"program_id": program, "timestamp": at, "log_type": log_type, "payload": payload});
        id(&asha.post("/api/v1/logs", log).await.expect(201))
    };
    let squats = json!({"duration_min": 45, "exercises": [{"name": "Squat", "sets": vec![json!({"reps": 5, "weight_kg": 40, "rpe": 7}); 6]}]});
    for days in [39, 36, 30, 29, 8, 2] {
        log(
            early,
            ago(days, 4),
            "NUTRITION",
            json!({"calories": 512.5, "macros": {"protein_g": 20 + days}, "meal": "LUNCH"}),
        )
        .await;
        log(early, ago(days, 4), "CHECKIN", json!({"systolic": 120 + days, "diastolic": 82})).await;
        log(early, ago(days, 16), "WORKOUT", squats.clone()).await;
    }
    asha.send(Method::PUT, &config, Some(changed_goals()), None).await.expect(200);
    // newest first, so that the program of today is the first of the document
    let program = asha.start_program(member).await;
    let today = || now.to_rfc3339();
    let vitals =
        log(program, today(), "CHECKIN", json!({"systolic": 182, "diastolic": 82, "glucose_mg_dl": 810}))
            .await;
    for heart_rate in [71, 72] {
        let amended = json!({"log_type": "CHECKIN", "payload": {"systolic": 128, "diastolic": 82, "heart_rate": heart_rate}});
        asha.post(&format!("/api/v1/logs/{vitals}/amend"), amended).await.expect(200);
    }
    log(program, today(), "WORKOUT", squats).await;
    let meal =
        json!({"calories": 600, "items": [{"name": "Dal \"tadka\"", "quantity_g": 180}, {"name": "पापड़"}]});
    log(program, today(), "NUTRITION", meal).await;
    for (n, photo) in [photo::jpeg(21), photo::jpeg(22), b"no picture".to_vec()].into_iter().enumerate() {
        let photo = photo_log(asha, program, photo).await;
        until_read(asha, photo).await;
        if n == 0 {
            asha.post(&format!("/api/v1/logs/{photo}/verify"), json!({})).await.expect(200);
        }
    }
    for step in ["pause", "resume"] {
        asha.post(&format!("/api/v1/programs/{program}/{step}"), json!({})).await.expect(200);
    }
    asha.post(&format!("/api/v1/programs/{early}/complete"), json!({})).await.expect(200);
    member
}

async fn export(api: &Api, member: i64) -> Value {
    api.get(&format!("/api/v1/members/{member}/export?format=JSON")).await.expect(200)
}

/// A document without what is of its place: the ids, who wrote, who may look and did, and when it was exported.
fn same(document: &Value) -> Value {
    let mut same = document.clone();
    for name in ["exported_at", "grants", "audit"] {
        same[name].take();
    }
    same["member"]["id"].take();
    for program in same["programs"].as_array_mut().expect("programs") {
        program["id"].take();
        for log in program["logs"].as_array_mut().expect("logs") {
            log["id"].take();
            for revision in log["revisions"].as_array_mut().expect("revisions") {
                let person = revision["author_id"] != 0;
                revision["author_id"] = json!(person);
            }
        }
    }
    same
}

/// The same with the logs in an order that no hand has made.
fn sorted(document: &Value) -> Value {
    let mut same = same(document);
    for program in same["programs"].as_array_mut().expect("programs") {
        program["logs"].as_array_mut().expect("logs").sort_by_key(Value::to_string);
    }
    same
}

/// Waits until two programs have the same scores on every day, and shows where they have not.
async fn until_scored_alike(one: &Api, program: i64, other: &Api, like: i64) {
    let scores = async |api: &Api, program: i64| {
        let mut scores = Vec::new();
        for of in ["adherence", "dashboard"] {
            let mut shown = api.get(&format!("/api/v1/programs/{program}/{of}")).await.expect(200);
            shown["program_id"].take();
            scores.push(shown);
        }
        scores
    };
    let begun = Instant::now();
    loop {
        // on a busy machine those of the original may follow late, too
        let (shown, wanted) = (scores(one, program).await, scores(other, like).await);
        if shown == wanted && shown[0]["average"].is_number() {
            return;
        }
        if begun.elapsed() > PATIENCE {
            assert_eq!(shown, wanted);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn program_ids(document: &Value) -> impl Iterator<Item = i64> {
    document["programs"].as_array().expect("programs").iter().map(id)
}

fn programs(ids: &Value) -> impl Iterator<Item = i64> {
    ids.as_array().expect("ids").iter().map(|id| id.as_i64().expect("an id"))
}

fn logs(program: &Value) -> usize {
    program["logs"].as_array().map_or(0, Vec::len)
}

fn revisions(document: &Value) -> impl Iterator<Item = &Value> {
    let programs = document["programs"].as_array().expect("programs").iter();
    let logs = programs.flat_map(|program| program["logs"].as_array().expect("logs"));
    logs.flat_map(|log| log["revisions"].as_array().expect("revisions"))
}

/// Compares two documents, and shows where they differ rather than both.
#[track_caller]
fn assert_alike(one: &Value, other: &Value, at: &str) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            assert!(one.keys().eq(other.keys()), "{at}: {:?} {:?}", one.keys(), other.keys());
            one.iter().for_each(|(name, value)| assert_alike(value, &other[name], &format!("{at}/{name}")));
        }
        (Value::Array(one), Value::Array(other)) => {
            assert_eq!(one.len(), other.len(), "{at}");
            let pairs = one.iter().zip(other).enumerate();
            pairs.for_each(|(n, (one, other))| assert_alike(one, other, &format!("{at}/{n}")));
        }
        _ => assert_eq!(one, other, "{at}"),
    }
}

/// Puts a value where a JSON pointer leads, be it there or not.
fn put(document: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {pointer}"));
    match parent {
        Value::Array(items) => items[name.parse::<usize>().expect("a number")] = value,
        parent => parent[name] = value,
    }
}

/// How often the process is killed.
const KILLS: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn an_import_whose_process_is_killed_is_whole_or_not_there_and_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut mesh = Process::up(folder.path()).await;
    let asha = Api::sign_up(&mesh.url).await;
    let original = record(&asha).await;
    let left = export(&asha, original).await;
    let members = async || -> BTreeSet<i64> {
        let page = asha.get("/api/v1/members?limit=100").await.expect(200);
        page["data"].as_array().expect("members").iter().map(id).collect()
    };
    let (mut known, mut answered, mut seen) = (BTreeSet::from([original]), 0, 0);
    for _ in 0..KILLS {
        let request = Uuid::new_v4();
        let moment = Duration::from_millis(random.random_range(0..120));
        let kill = async {
            tokio::time::sleep(moment).await;
            mesh.kill().await;
        };
        let (answer, ()) =
            tokio::join!(asha.try_send(Method::POST, IMPORT, Some(left.clone()), Some(request)), kill);
        mesh.restart().await;
        answered += usize::from(answer.is_ok_and(|answer| answer.status == 201));
        let shown = members().await;
        for member in shown.difference(&known) {
            assert_alike(&same(&export(&asha, *member).await), &same(&left), "");
            seen += 1;
        }
        let member = id(&asha.post_as(request, IMPORT, left.clone()).await.expect(201));
        assert_alike(&same(&export(&asha, member).await), &same(&left), "");
        assert!(shown.is_subset(&known) || shown.contains(&member), "another member than was seen");
        known.insert(member);
        assert_eq!(members().await, known);
    }
    println!("{KILLS} kills: {answered} imports were answered, {seen} were there, and all are in the end");
}
