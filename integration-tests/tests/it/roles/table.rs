//! What everybody may do. A cell is the status that a role meets; the columns are those of [`super::scene::ROLES`].

use reqwest::Method;
use serde_json::{Value, json};

use super::scene::in_days;

/// One line of the table.
pub struct Row {
    pub rpc: &'static str,
    pub method: Method,
    pub path: &'static str,
    pub body: Value,
    pub cells: [u16; 6],
}

/// Everybody does it to what is the caller's own.
const fn own(success: u16) -> [u16; 6] {
    [success; 6]
}

/// Managers do it.
const fn managers(success: u16) -> [u16; 6] {
    [success, success, 403, 403, 403, 403]
}

/// Managers and holders of a grant that is in force look.
const READ: [u16; 6] = [200, 200, 200, 200, 403, 403];
/// The same of what this doctor is not granted.
const UNGRANTED: [u16; 6] = [200, 200, 200, 403, 403, 403];
/// It is for somebody who is not in the table.
const NOBODY: [u16; 6] = [403; 6];

/// The table, in an order in which each line finds what it needs: looking first, deleting last.
pub fn rows() -> Vec<Row> {
    [family(), logs(), scores(), programs(), members()].into_iter().flatten().collect()
}

fn row(rpc: &'static str, line: &'static str, body: Value, cells: [u16; 6]) -> Row {
    let (method, path) = line.split_once(' ').expect("a method and a path");
    Row { rpc, method: method.parse().expect("a method"), path, body, cells }
}

fn get(rpc: &'static str, path: &'static str, cells: [u16; 6]) -> Row {
    Row { rpc, method: Method::GET, path, body: Value::Null, cells }
}

fn family() -> Vec<Row> {
    let invite = json!({"email": "{fresh}"});
    let member = json!({"name": "Appa", "birth_date": "1950-01-01", "relation_type": "father"});
    let grant =
        json!({"email": "{email}", "role": "DOCTOR", "log_types": ["WORKOUT"], "not_after": in_days(9)});
    vec![
        get("FamilyService/GetFamily", "/api/v1/family", own(200)),
        get("FamilyService/ListManagers", "/api/v1/family/managers", own(200)),
        get("FamilyService/ListFamilyInvitations", "/api/v1/family/invitations", own(200)),
        get("FamilyService/ListInvitations", "/api/v1/invitations", own(200)),
        get("FamilyService/ListMembers", "/api/v1/members", own(200)),
        get("FamilyService/GetMember", "/api/v1/members/{member}", READ),
        get("FamilyService/ListGrants", "/api/v1/members/{member}/grants", managers(200)),
        row("FamilyService/InviteManager", "POST /api/v1/family/managers", invite, own(201)),
        row(
            "FamilyService/AcceptInvitation",
            "POST /api/v1/invitations/{invitation}/accept",
            json!({}),
            NOBODY,
        ),
        row(
            "FamilyService/DeclineInvitation",
            "POST /api/v1/invitations/{invitation}/decline",
            json!({}),
            NOBODY,
        ),
        row(
            "FamilyService/WithdrawInvitation",
            "DELETE /api/v1/family/invitations/{invitation}",
            Value::Null,
            managers(204),
        ),
        row(
            "FamilyService/RemoveManager",
            "DELETE /api/v1/family/managers/{user}",
            Value::Null,
            managers(204),
        ),
        row("FamilyService/CreateMember", "POST /api/v1/members", member, own(201)),
        row(
            "FamilyService/UpdateMember",
            "PATCH /api/v1/members/{member}",
            json!({"name": "Amma"}),
            managers(200),
        ),
        row("FamilyService/CreateGrant", "POST /api/v1/members/{member}/grants", grant, managers(201)),
    ]
}

fn logs() -> Vec<Row> {
    let vitals = json!({"log_type": "CHECKIN", "payload": {"heart_rate": 64}});
    let mut new = vitals.clone();
    new["program_id"] = json!("{program}");
    let upload = json!({"program_id": "{program}", "content_type": "image/jpeg", "content_length": 10});
    let member = json!({"name": "Nani", "birth_date": "1940-01-01", "relation_type": "grandmother", "time_zone": "UTC"});
    let record = json!({"format": "praan.member/1", "member": member});
    vec![
        get("LoggingService/GetLog", "/api/v1/logs/{vitals}", READ),
        get("LoggingService/GetLog", "/api/v1/logs/{meal}", UNGRANTED),
        get("LoggingService/GetLog", "/api/v1/logs/{workout}", UNGRANTED),
        get("LoggingService/ListRevisions", "/api/v1/logs/{vitals}/revisions", READ),
        get("LoggingService/ListRevisions", "/api/v1/logs/{meal}/revisions", UNGRANTED),
        get("LoggingService/GetLogImage", "/api/v1/logs/{meal}/image", UNGRANTED),
        get("LoggingService/ListHistory", "/api/v1/programs/{program}/history", READ),
        get("LoggingService/ListHistory", "/api/v1/programs/{program}/history?log_type=CHECKIN", READ),
        get("LoggingService/ListHistory", "/api/v1/programs/{program}/history?log_type=NUTRITION", UNGRANTED),
        get("LoggingService/ListHistory", "/api/v1/programs/{program}/history?log_type=WORKOUT", UNGRANTED),
        get("LoggingService/ListAuditTrail", "/api/v1/audit?member_id={member}", managers(200)),
        get("LoggingService/ListAuditTrail", "/api/v1/audit", own(200)),
        // a doctor looks, and takes nothing along
        get("LoggingService/ExportMember", "/api/v1/members/{member}/export", UNGRANTED),
        get("LoggingService/ExportMember", "/api/v1/members/{member}/export?format=JSON", UNGRANTED),
        row("LoggingService/ImportMember", "POST /api/v1/members/import", record, own(201)),
        row("LoggingService/CreateLog", "POST /api/v1/logs", new, managers(201)),
        row("LoggingService/AmendLog", "POST /api/v1/logs/{vitals}/amend", vitals, managers(200)),
        row("LoggingService/VerifyLog", "POST /api/v1/logs/{meal}/verify", json!({}), managers(200)),
        row("LoggingService/CreateUpload", "POST /api/v1/uploads", upload, managers(201)),
    ]
}

fn scores() -> Vec<Row> {
    vec![
        get("AdherenceService/GetAdherence", "/api/v1/programs/{program}/adherence", READ),
        get("AdherenceService/GetDashboard", "/api/v1/programs/{program}/dashboard", READ),
        get("AdherenceService/WatchProgram", "/api/v1/programs/{program}/events", READ),
        get("AdherenceService/GetLeaderboard", "/api/v1/leaderboard", own(200)),
    ]
}

fn programs() -> Vec<Row> {
    let new = json!({"member_id": "{member}", "title": "Ninety more"});
    let change = |rpc, line, body: Value| {
        row(rpc, line, body, managers(if rpc.ends_with("DeleteProgram") { 204 } else { 200 }))
    };
    vec![
        get("ProgramService/ListPrograms", "/api/v1/programs?member_id={member}", READ),
        get("ProgramService/ListPrograms", "/api/v1/programs", own(200)),
        get("ProgramService/GetProgram", "/api/v1/programs/{program}", READ),
        get("ProgramService/GetConfig", "/api/v1/programs/{program}/config", READ),
        row("ProgramService/CreateProgram", "POST /api/v1/programs", new, managers(201)),
        change("ProgramService/UpdateProgram", "PATCH /api/v1/programs/{program}", json!({"title": "x"})),
        change(
            "ProgramService/ReplaceConfig",
            "PUT /api/v1/programs/{program}/config",
            integration_tests::api::goals(),
        ),
        change("ProgramService/PauseProgram", "POST /api/v1/programs/{program}/pause", json!({})),
        change("ProgramService/ResumeProgram", "POST /api/v1/programs/{program}/resume", json!({})),
        change("ProgramService/CompleteProgram", "POST /api/v1/programs/{program}/complete", json!({})),
        change("ProgramService/DeleteProgram", "DELETE /api/v1/programs/{program}", Value::Null),
        change("ProgramService/RestoreProgram", "POST /api/v1/programs/{program}/restore", json!({})),
    ]
}

fn members() -> Vec<Row> {
    vec![
        row(
            "FamilyService/DeleteGrant",
            "DELETE /api/v1/members/{member}/grants/{grant}",
            Value::Null,
            managers(204),
        ),
        row("FamilyService/DeleteMember", "DELETE /api/v1/members/{member}", Value::Null, managers(204)),
        row("FamilyService/RestoreMember", "POST /api/v1/members/{member}/restore", json!({}), managers(200)),
    ]
}
