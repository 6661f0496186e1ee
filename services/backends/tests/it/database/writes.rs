use backends::{Action, DbResultExt, Scope, Subject, is_unique_violation};
use chassis::Kind;
use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

use super::{Adapter, count_up, counted, noon, number, ready, somebody};

#[derive(Debug, PartialEq, FromQueryResult)]
struct AuditRow {
    id: i64,
    family_id: i64,
    actor_id: i64,
    resource_type: String,
    resource_id: i64,
    action: String,
    outcome: String,
    ip_address: Option<String>,
    request_id: String,
    timestamp: DateTime<Utc>,
}

async fn audit_rows(db: &backends::Database) -> Vec<AuditRow> {
    let mut rows = Vec::new();
    for (family_id, scope) in [(0, Scope::Own), (3, Scope::Family(3)), (4, Scope::Family(4))] {
        let sql = format!("SELECT * FROM audit_logs WHERE family_id = {family_id} ORDER BY id");
        let (statement, reader) = (Statement::from_string(db.backend(), sql), db.read(scope).await.unwrap());
        rows.extend(AuditRow::find_by_statement(statement).all(reader.connection()).await.unwrap());
    }
    rows
}

pub async fn commit_with_audit(adapter: impl Adapter) {
    let db = ready(&adapter).await;
    let actor = somebody();
    let tx = db.write(&actor, Action::Create, "Member", Scope::Family(3)).await.unwrap();
    count_up(&tx).await.unwrap();
    tx.audit(&actor, Action::Grant, "Grant", Subject::outside(9)).await.unwrap();
    tx.commit(Subject::of_family(3, 42)).await.unwrap();
    assert_eq!(counted(&db).await, 1);
    let row = |id, family_id, resource_type: &str, resource_id, action: &str| AuditRow {
        id,
        family_id,
        actor_id: 7,
        resource_type: resource_type.to_owned(),
        resource_id,
        action: action.to_owned(),
        outcome: "SUCCESS".to_owned(),
        ip_address: Some("192.0.2.1".to_owned()),
        request_id: actor.request_id.to_string(),
        timestamp: noon(),
    };
    let want = [row(1, 0, "Grant", 9, "GRANT"), row(2, 3, "Member", 42, "CREATE")];
    assert_eq!(audit_rows(&db).await, want);
}

pub async fn rollback(adapter: impl Adapter) {
    let db = ready(&adapter).await;
    let tx = db.write(&somebody(), Action::Create, "Member", Scope::Own).await.unwrap();
    count_up(&tx).await.unwrap();
    tx.publish("things.changed", &1).await.unwrap();
    tx.audit(&somebody(), Action::Create, "Member", Subject::outside(1)).await.unwrap();
    drop(tx);
    // a write after it, so that the roll back is over
    db.write(&somebody(), Action::Update, "Member", Scope::Own)
        .await
        .unwrap()
        .commit_quietly()
        .await
        .unwrap();
    assert_eq!(counted(&db).await, 0);
    assert_eq!(number(&db, "SELECT COUNT(*) AS n FROM outbox").await, 0);
    assert_eq!(audit_rows(&db).await, []);
}

/// More than one statement takes, with what belongs to one family before it goes over to another.
pub async fn rows_for_later(adapter: impl Adapter) {
    let db = ready(&adapter).await;
    let actor = somebody();
    let tx = db.write(&actor, Action::Create, "Member", Scope::Family(3)).await.unwrap();
    tx.audit(&actor, Action::Grant, "Grant", Subject::of_family(3, 9)).await.unwrap();
    tx.enter(Scope::Family(4)).await.unwrap();
    for n in 0..20 {
        tx.publish("things.changed", &n).await.unwrap();
    }
    tx.commit(Subject::of_family(4, 42)).await.unwrap();
    assert_eq!(number(&db, "SELECT COUNT(*) AS n FROM outbox").await, 20);
    assert_eq!(audit_rows(&db).await.iter().map(|row| row.resource_id).collect::<Vec<_>>(), [9, 42]);
}

pub async fn denied(adapter: impl Adapter) {
    let db = ready(&adapter).await;
    let tx = db.write(&somebody(), Action::Login, "User", Scope::Own).await.unwrap();
    count_up(&tx).await.unwrap();
    tx.commit_denied(Subject::outside(7)).await.unwrap();
    assert_eq!(counted(&db).await, 1);
    assert_eq!(audit_rows(&db).await[0].outcome, "DENIED");
}

/// 16 tasks read, add one and write, 25 times each.
pub async fn no_lost_update(adapter: impl Adapter) {
    let db = ready(&adapter).await;
    let tx = db.write(&somebody(), Action::Create, "Counter", Scope::Own).await.unwrap();
    tx.connection().execute_unprepared("INSERT INTO counters (id, value) VALUES (1, 0)").await.unwrap();
    tx.commit_quietly().await.unwrap();
    // PostgreSQL needs to be told which row the transaction is going to change
    let lock = if db.backend() == sea_orm::DbBackend::Postgres { " FOR UPDATE" } else { "" };
    let read = format!("SELECT value FROM counters WHERE id = 1{lock}");
    let writers = (0..16).map(|_| {
        let (db, read) = (db.clone(), read.clone());
        tokio::spawn(async move {
            for _ in 0..25 {
                let tx = db.write(&somebody(), Action::Update, "Counter", Scope::Own).await.unwrap();
                let row =
                    tx.connection().query_one_raw(Statement::from_string(db.backend(), &read)).await.unwrap();
                let value: i64 = row.unwrap().try_get_by_index(0).unwrap();
                let write = format!("UPDATE counters SET value = {} WHERE id = 1", value + 1);
                tx.connection().execute_unprepared(&write).await.unwrap();
                tx.commit(Subject::outside(1)).await.unwrap();
            }
        })
    });
    join_all(writers).await.into_iter().for_each(Result::unwrap);
    assert_eq!(counted(&db).await, 400);
    assert_eq!(number(&db, "SELECT COUNT(*) AS n FROM audit_logs").await, 400);
}

pub async fn unique_violation(adapter: impl Adapter) {
    let db = ready(&adapter).await;
    let tx = db.write(&somebody(), Action::Create, "Counter", Scope::Own).await.unwrap();
    let insert = |id: i64| format!("INSERT INTO counters (id, value, note) VALUES ({id}, 0, '120 over 80')");
    tx.connection().execute_unprepared(&insert(1)).await.unwrap();
    let error = tx.connection().execute_unprepared(&insert(2)).await.unwrap_err();
    assert!(is_unique_violation(&error));
    let error = Err::<(), _>(error).stored().unwrap_err();
    assert_eq!(error.kind(), Kind::Internal);
    assert!(!format!("{error} {error:?}").contains("120"));
    drop(tx);
    let missing = db.read(Scope::Own).await.unwrap();
    let missing = missing.connection().execute_unprepared("SELECT nothing FROM nowhere").await.unwrap_err();
    assert!(!is_unique_violation(&missing));
}
