//! The generated checks, on real messages.

use proto::adherence::v1::{
    CheckinContribution, Measurement, RecordLogRequest, record_log_request::Contribution,
};
use proto::family::v1::{CreateGrantRequest, LogType, Role, UpdateMemberRequest};
use proto::identity::v1::{ListUsersRequest, RegisterRequest, UpdateMeRequest};
use proto::logging::v1::{
    Checkin, CreateLogRequest, CreateUploadRequest, Exercise, ExerciseSet, FoodItem, ListHistoryRequest,
    Macros, Nutrition, Upload, Workout, create_log_request::Payload,
};
use proto::program::v1::{
    ClinicalCheck, ControlRange, CreateProgramRequest, Goals, NutrientTarget, NutritionGoals,
    ReplaceConfigRequest, StrengthGoals, TargetKind,
};
use proto::{Validate, Violation};

const MAX_ID: i64 = 9_007_199_254_740_991;

fn says(message: &impl Validate) -> Vec<String> {
    let line = |violation: Violation| format!("{}: {}", violation.field, violation.message);
    message.validate().err().unwrap_or_default().into_iter().map(line).collect()
}

#[track_caller]
fn passes(message: &impl Validate) {
    assert_eq!(says(message), Vec::<String>::new());
}

fn register() -> RegisterRequest {
    RegisterRequest {
        email: "asha@example.com".into(),
        password: "correct horse".into(),
        full_name: "Asha Rao".into(),
    }
}

fn grant() -> CreateGrantRequest {
    CreateGrantRequest {
        member_id: 1,
        email: "doctor@example.com".into(),
        role: Role::Doctor.into(),
        log_types: vec![LogType::Checkin.into()],
        ..Default::default()
    }
}

fn log(payload: Payload) -> CreateLogRequest {
    CreateLogRequest { program_id: 1, payload: Some(payload), ..Default::default() }
}

fn target() -> NutrientTarget {
    NutrientTarget {
        nutrient: "protein_g".into(),
        kind: TargetKind::Min.into(),
        value: Some(90.0),
        ..Default::default()
    }
}

#[test]
fn a_range_holds_at_both_edges() {
    let checkin = |systolic| Checkin { systolic: Some(systolic), ..Default::default() };
    for inside in [40.0, 40.000001, 120.0, 300.0] {
        passes(&checkin(inside));
    }
    for outside in [39.999999, 300.000001, -1.0, 0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(says(&checkin(outside)), ["systolic: must be between 40 and 300"]);
    }
}

#[test]
fn an_open_edge_is_outside() {
    let goals = |weight| NutritionGoals { weight: Some(weight), targets: vec![target()] };
    passes(&goals(f64::MIN_POSITIVE));
    passes(&goals(100.0));
    for outside in [0.0, -0.0, 100.1, f64::NAN] {
        assert_eq!(says(&goals(outside)), ["weight: must be above 0 and at most 100"]);
    }
}

#[test]
fn a_whole_number_above_zero_starts_at_one() {
    let history = |program_id| ListHistoryRequest { program_id, ..Default::default() };
    for inside in [1, MAX_ID] {
        passes(&history(inside));
    }
    for outside in [0, -1, i64::MIN, MAX_ID + 1, i64::MAX] {
        assert_eq!(says(&history(outside)), [format!("program_id: must be between 1 and {MAX_ID}")]);
    }
}

#[test]
fn rules_of_an_optional_field_hold_only_when_it_is_given() {
    passes(&Checkin::default());
    passes(&UpdateMemberRequest { member_id: 1, ..Default::default() });
    let name = |name: &str| UpdateMeRequest { full_name: Some(name.into()), update_mask: None };
    passes(&name("A"));
    assert_eq!(says(&name("")), ["full_name: must be 1 to 200 characters"]);
}

#[test]
fn a_required_field_must_be_given() {
    assert_eq!(
        says(&RegisterRequest::default()),
        ["email: must be given", "password: must be given", "full_name: must be given"]
    );
    assert_eq!(says(&NutritionGoals::default()), ["targets: must be given"]);
    assert_eq!(says(&CreateGrantRequest { role: 0, ..grant() }), ["role: must be given"]);
    // a zero cannot be told from a number that was left out
    assert_eq!(
        says(&CreateUploadRequest { program_id: 1, content_type: "image/png".into(), content_length: 0 }),
        ["content_length: must be given, between 1 and 10485760"]
    );
    assert_eq!(
        says(&StrengthGoals { sessions_per_week: 15, ..Default::default() }),
        ["sessions_per_week: must be between 1 and 14"]
    );
}

#[test]
fn a_text_is_measured_in_characters() {
    let named = |full_name: String| RegisterRequest { full_name, ..register() };
    passes(&named("क".repeat(200)));
    assert_eq!(says(&named("क".repeat(201))), ["full_name: must be 1 to 200 characters"]);
    let password = |password: String| RegisterRequest { password, ..register() };
    passes(&password("x".repeat(10)));
    passes(&password("x".repeat(128)));
    for wrong in ["x".repeat(9), "x".repeat(129)] {
        assert_eq!(says(&password(wrong)), ["password: must be 10 to 128 characters"]);
    }
}

#[test]
fn an_e_mail_address_has_a_name_and_a_host() {
    let email = |email: &str| RegisterRequest { email: email.into(), ..register() };
    for good in ["a@b.in", "first.last+tag@mail.example.co.uk", "o'neil@example.com", "a@localhost"] {
        passes(&email(good));
    }
    let long = format!("{}@example.com", "x".repeat(250));
    assert_eq!(says(&email(&long)), ["email: must be at most 254 characters"]);
    let wrong = [
        "a",
        "@b.in",
        "a@",
        "a b@c.in",
        "a@b@c.in",
        "a@-b.in",
        "a@b..in",
        "a@b.in\n",
        "Asha <a@b.in>",
        "ä@b.in",
    ];
    for wrong in wrong {
        assert_eq!(says(&email(wrong)), ["email: must be an e-mail address"], "{wrong:?}");
    }
}

#[test]
fn a_day_is_written_one_way() {
    let program = |day: &str| CreateProgramRequest {
        member_id: 1,
        title: "Strong at 70".into(),
        start_date: Some(day.into()),
        config: None,
    };
    passes(&program("2026-02-28"));
    for wrong in
        ["", "2026-2-28", "28.02.2026", "2026-02-28T00:00:00Z", " 2026-02-28", "2026-02-28\n", "२०२६-०२-२८"]
    {
        assert_eq!(says(&program(wrong)), ["start_date: must be a day as YYYY-MM-DD"], "{wrong:?}");
    }
}

#[test]
fn no_text_holds_a_nul_wherever_it_stands() {
    let nul = "must not contain NUL characters";
    assert_eq!(
        says(&RegisterRequest { full_name: "Asha\0".into(), ..register() }),
        [format!("full_name: {nul}")]
    );
    // even where no rule is written
    let upload =
        Upload { headers: [("content-type".to_owned(), "a\0b".to_owned())].into(), ..Default::default() };
    assert_eq!(says(&upload), [format!("headers: {nul}")]);
}

#[test]
fn a_choice_is_named_in_the_answer() {
    let nutrient = |nutrient: &str| NutrientTarget { nutrient: nutrient.into(), ..target() };
    passes(&nutrient("sugar_g"));
    for wrong in ["salt_g", "PROTEIN_G", "protein_g "] {
        assert_eq!(
            says(&nutrient(wrong)),
            ["nutrient: must be one of: calories, protein_g, carbs_g, fat_g, fiber_g, sugar_g"]
        );
    }
}

#[test]
fn an_enum_holds_a_value_of_the_contract() {
    passes(&CreateGrantRequest { role: Role::Member.into(), ..grant() });
    for wrong in [Role::FamilyManager as i32, 4, -1] {
        assert_eq!(
            says(&CreateGrantRequest { role: wrong, ..grant() }),
            ["role: must be one of: MEMBER, DOCTOR"]
        );
    }
    let history = |log_type| ListHistoryRequest { program_id: 1, log_type, ..Default::default() };
    passes(&history(0));
    passes(&history(3));
    assert_eq!(says(&history(4)), ["log_type: must be one of: NUTRITION, WORKOUT, CHECKIN"]);
}

#[test]
fn a_list_is_checked_whole_and_item_by_item() {
    let types = |log_types: &[i32]| CreateGrantRequest { log_types: log_types.to_vec(), ..grant() };
    passes(&types(&[]));
    passes(&types(&[1, 2, 3]));
    assert_eq!(says(&types(&[1, 2, 1])), ["log_types: must not have an item twice"]);
    assert_eq!(says(&types(&[1, 2, 3, 9])), ["log_types: must have at most 3 items"]);
    assert_eq!(
        says(&types(&[1, 0, 9])),
        [
            "log_types[1]: must be one of: NUTRITION, WORKOUT, CHECKIN",
            "log_types[2]: must be one of: NUTRITION, WORKOUT, CHECKIN"
        ]
    );
    let goals = |count| NutritionGoals { weight: None, targets: vec![target(); count] };
    passes(&goals(20));
    assert_eq!(says(&goals(21)), ["targets: must have 1 to 20 items"]);
    passes(&ListUsersRequest { user_ids: vec![1; 100] });
    assert_eq!(says(&ListUsersRequest { user_ids: vec![1; 101] }), ["user_ids: must have at most 100 items"]);
}

#[test]
fn a_path_leads_through_messages_lists_and_oneofs() {
    let meal = Nutrition {
        calories: Some(20_001.0),
        macros: Some(Macros { protein_g: Some(-1.0), ..Default::default() }),
        items: vec![
            FoodItem { name: "dal".into(), ..Default::default() },
            FoodItem { confidence: Some(1.01), ..Default::default() },
        ],
        ..Default::default()
    };
    assert_eq!(
        says(&log(Payload::Nutrition(meal))),
        [
            "nutrition.calories: must be between 0 and 20000",
            "nutrition.macros.protein_g: must be between 0 and 2000",
            "nutrition.items[1].name: must be given",
            "nutrition.items[1].confidence: must be between 0 and 1",
        ]
    );
    let sets = vec![ExerciseSet::default(), ExerciseSet { reps: Some(0), ..Default::default() }];
    let workout =
        Workout { exercises: vec![Exercise { name: "squat".into(), sets }], duration_min: Some(0.0) };
    assert_eq!(
        says(&log(Payload::Workout(workout))),
        [
            "workout.exercises[0].sets[1].reps: must be between 1 and 1000",
            "workout.duration_min: must be between 0.1 and 1440",
        ]
    );
    passes(&CreateLogRequest { program_id: 1, ..Default::default() });
}

#[test]
fn goals_are_checked_to_the_bottom() {
    let check = ClinicalCheck { metric: "glucose".into(), times_per_day: Some(25), ..Default::default() };
    let low = ClinicalCheck {
        metric: "glucose".into(),
        target: Some(ControlRange { low: f64::NAN, high: 2000.0 }),
        ..Default::default()
    };
    let clinical_goals = Some(proto::program::v1::ClinicalGoals { weight: None, checks: vec![check, low] });
    let config = Goals { clinical_goals: clinical_goals.clone(), ..Default::default() };
    let wrong = [
        "clinical_goals.checks[0].times_per_day: must be between 1 and 24",
        "clinical_goals.checks[1].target.low: must be between 0 and 2000",
    ];
    assert_eq!(says(&ReplaceConfigRequest { program_id: 1, clinical_goals, ..Default::default() }), wrong);
    let program =
        CreateProgramRequest { member_id: 1, title: "t".into(), start_date: None, config: Some(config) };
    assert_eq!(says(&program), wrong.map(|line| format!("config.{line}")));
}

#[test]
fn a_number_without_rules_is_finite_all_the_same() {
    let record = |value| RecordLogRequest {
        family_id: 1,
        program_id: 1,
        log_id: 1,
        revision: 1,
        status: 1,
        local_date: "2026-03-01".into(),
        today_date: "2026-03-01".into(),
        plan_version: 0,
        said_again: false,
        contribution: Some(Contribution::Checkin(CheckinContribution {
            measurements: vec![Measurement { metric: "spo2".into(), value }],
        })),
    };
    passes(&record(-1e300));
    for wrong in [f64::NAN, f64::INFINITY] {
        assert_eq!(says(&record(wrong)), ["checkin.measurements[0].value: must be a finite number"]);
    }
}

#[test]
fn a_timestamp_can_be_written_down() {
    let at = |seconds, nanos| CreateLogRequest {
        program_id: 1,
        timestamp: Some(prost_types::Timestamp { seconds, nanos }),
        ..Default::default()
    };
    passes(&at(-62_135_596_800, 0));
    passes(&at(253_402_300_799, 999_999_999));
    for (seconds, nanos) in
        [(-62_135_596_801, 0), (253_402_300_800, 0), (0, -1), (0, 1_000_000_000), (i64::MAX, 0)]
    {
        assert_eq!(says(&at(seconds, nanos)), ["timestamp: must be a time from the year 1 to the year 9999"]);
    }
}

#[test]
fn a_field_mask_is_bounded() {
    let mask = |count| UpdateMeRequest {
        full_name: None,
        update_mask: Some(prost_types::FieldMask { paths: vec!["full_name".into(); count] }),
    };
    passes(&mask(100));
    assert_eq!(says(&mask(101)), ["update_mask: must name at most 100 fields"]);
}

#[test]
fn no_answer_tells_more_than_twenty_violations_or_what_was_sent() {
    let secret = "hunter2 and a body weight of 71.5";
    let items =
        vec![FoodItem { name: secret.repeat(10), quantity_g: Some(71_500.0), ..Default::default() }; 50];
    let said = says(&log(Payload::Nutrition(Nutrition { items, ..Default::default() })));
    assert_eq!(said.len(), 20);
    assert!(said.iter().all(|line| !line.contains("hunter2") && !line.contains("71")), "{said:?}");
}
