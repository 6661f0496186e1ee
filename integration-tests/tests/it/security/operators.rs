//! What an operator does against an attacker: locks the account that was stolen, and finds out that the audit trail was changed.
//! The processes of a fleet go on meanwhile; a process that has everything in it stops for it and starts again.

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use integration_tests::House;
use integration_tests::api::{Api, PASSWORD};
use integration_tests::fleet::Fleet;
use integration_tests::process::{Environment, Process, operate};
use sea_orm::{ConnectionTrait, Database};
use serde_json::json;
use tempfile::TempDir;

use crate::stories::Story;

/// Told with the other stories of many processes; those of one process are below.
pub const ALL: &[Story] = &[
    ("a_locked_users_tokens", |house| Box::pin(async { a_locked_users_tokens(&mut Mesh::of(house)).await })),
    ("a_tampered_trail", |house| Box::pin(async { a_tampered_trail(&mut Mesh::of(house)).await })),
];

mod one_process {
    use super::Mesh;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_locked_users_tokens() {
        super::a_locked_users_tokens(&mut Mesh::one_process().await).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_tampered_trail() {
        super::a_tampered_trail(&mut Mesh::one_process().await).await;
    }
}

async fn a_locked_users_tokens(mesh: &mut Mesh<'_>) {
    let (asha, ravi) = (Api::sign_up(&mesh.url()).await, Api::sign_up(&mesh.url()).await);
    let (elsewhere, refresh_token) = asha.log_in().await;
    let program = asha.start_program(asha.add_member().await).await;
    // one question to each service, each of which now trusts the sessions
    let paths = [
        "/api/v1/users/me".to_owned(),
        "/api/v1/members".to_owned(),
        format!("/api/v1/programs/{program}"),
        format!("/api/v1/programs/{program}/adherence"),
        format!("/api/v1/programs/{program}/history"),
    ];
    let all = async |who: &Api, status: u16| {
        for path in &paths {
            who.get(path).await.expect(status);
        }
    };
    all(&asha, 200).await;
    all(&elsewhere, 200).await;
    let locked = mesh.operate(&format!("account lock {}", asha.email)).await;
    assert!(locked.status.success() && said(&locked).contains("2 sessions were open"), "{locked:?}");
    tokio::time::sleep(Duration::from_secs(1)).await;
    all(&asha, 401).await;
    all(&elsewhere, 401).await;
    let nobody = Api::nobody(&mesh.url());
    nobody.post("/api/v1/auth/refresh", json!({"refresh_token": refresh_token})).await.expect(401);
    let login = json!({"email": asha.email, "password": PASSWORD});
    let told = nobody.post("/api/v1/auth/login", login).await.expect(401);
    assert!(told["detail"].as_str().is_some_and(|detail| detail.contains("locked")), "{told}");
    ravi.get("/api/v1/users/me").await.expect(200);

    let unlocked = mesh.operate(&format!("account unlock {}", asha.email)).await;
    assert!(unlocked.status.success(), "{unlocked:?}");
    all(&asha, 401).await;
    all(&asha.log_in().await.0, 200).await;
    let unknown = mesh.operate("account lock nobody@example.org").await;
    assert!(!unknown.status.success());
    assert!(
        String::from_utf8_lossy(&unknown.stderr).contains("no account has this e-mail address"),
        "{unknown:?}"
    );
}

async fn a_tampered_trail(mesh: &mut Mesh<'_>) {
    let asha = Api::sign_up(&mesh.url()).await;
    let member = asha.add_member().await;
    let rename = json!({"name": "Meera Rao"});
    asha.send(reqwest::Method::PATCH, &format!("/api/v1/members/{member}"), Some(rename), None)
        .await
        .expect(200);
    let sealed = mesh.operate("job seal-audit").await;
    assert!(sealed.status.success(), "{sealed:?}");
    let whole = mesh.operate("audit verify family").await;
    assert!(whole.status.success() && said(&whole).contains(" 0 faults"), "{whole:?}");

    let change = |from: &str, to: &str| {
        format!("UPDATE audit_logs SET action = '{to}' WHERE member_id = {member} AND action = '{from}'")
    };
    mesh.meddle(&change("UPDATE", "READ")).await;
    let changed = mesh.operate("audit verify family").await;
    assert!(!changed.status.success(), "{changed:?}");
    assert!(String::from_utf8_lossy(&changed.stderr).contains("cannot be trusted"), "{changed:?}");
    mesh.meddle(&change("READ", "UPDATE")).await;
    let restored = mesh.operate("audit verify family").await;
    assert!(restored.status.success(), "{restored:?}");
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A mesh and its operator.
enum Mesh<'a> {
    OneProcess(Box<Process>, TempDir),
    ManyProcesses(&'a Fleet),
}

impl<'a> Mesh<'a> {
    async fn one_process() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self::OneProcess(Box::new(Process::up(folder.path()).await), folder)
    }

    fn of(house: &'a House) -> Self {
        Self::ManyProcesses(house.fleet().expect("many processes"))
    }

    fn url(&self) -> String {
        match self {
            Self::OneProcess(process, _) => process.url.clone(),
            Self::ManyProcesses(fleet) => fleet.url(),
        }
    }

    async fn operate(&mut self, line: &str) -> Output {
        match self {
            Self::OneProcess(process, folder) => {
                assert!(process.end().await);
                let output = operate(folder.path(), line, &Environment::default()).await;
                process.restart().await;
                output
            }
            Self::ManyProcesses(fleet) => fleet.operate(line).await,
        }
    }

    /// Changes the trail of family, as one does who may do everything with the database.
    async fn meddle(&mut self, statement: &str) {
        match self {
            Self::OneProcess(process, folder) => {
                assert!(process.end().await);
                past_the_guards(&folder.path().join("family.db"), statement).await;
                process.restart().await;
            }
            Self::ManyProcesses(fleet) => {
                let past = "SET session_replication_role = replica; SET search_path = family";
                fleet.sql(&format!("{past}; {statement}")).await;
            }
        }
    }
}

/// Takes the triggers of the trail away for a statement.
async fn past_the_guards(file: &Path, statement: &str) {
    let db = Database::connect(format!("sqlite://{}", file.display())).await.expect("the database");
    let guards = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_logs'";
    let guards = db.query_all_raw(sea_orm::Statement::from_string(db.get_database_backend(), guards)).await;
    let guards: Vec<(String, String)> = guards
        .expect("its triggers")
        .iter()
        .map(|row| (row.try_get("", "name").expect("a name"), row.try_get("", "sql").expect("a statement")))
        .collect();
    assert!(!guards.is_empty(), "the trail is guarded");
    for (name, _) in &guards {
        db.execute_unprepared(&format!("DROP TRIGGER {name}")).await.expect("it goes");
    }
    db.execute_unprepared(statement).await.expect("it is changed");
    for (_, sql) in &guards {
        db.execute_unprepared(sql).await.expect("it comes back");
    }
    db.close().await.expect("it closes");
}
