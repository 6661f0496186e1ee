//! Every query goes by an index, and is bounded in time.

use backends::Database;
use chassis::clock::Clock;
use sea_orm::{FromQueryResult, Statement};

use super::super::Migrator;
use super::*;

#[derive(FromQueryResult)]
struct Step {
    detail: String,
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

const SCOPE: Scope = Scope { family_id: 1, program_id: 2 };

async fn plan(db: &Database, query: Select<Entity>) -> String {
    let Statement { sql, values, .. } = query.build(db.backend());
    let explained = format!("EXPLAIN QUERY PLAN {sql}");
    let statement = Statement { sql: explained, values, db_backend: db.backend() };
    let steps = Step::find_by_statement(statement)
        .all(db.read(Tenant::Own).await.unwrap().connection())
        .await
        .unwrap();
    steps.into_iter().map(|step| step.detail).collect::<Vec<_>>().join("; ")
}

async fn migrated() -> Database {
    let db = Database::in_memory(&Clock::fixed(instant("2026-03-20T12:00:00Z"))).await.unwrap();
    db.migrate::<Migrator>().await.unwrap();
    db
}

#[tokio::test]
async fn history_goes_down_the_key_without_sorting() {
    let db = migrated().await;
    for after in [None, Some(After { timestamp: instant("2026-03-01T00:00:00Z"), log_id: 7 })] {
        let history = History {
            scope: SCOPE,
            span: (instant("2026-02-01T00:00:00Z"), instant("2026-03-21T00:00:00Z")),
            log_types: LogType::ALL.to_vec(),
            after,
            limit: 21,
        };
        let plan = plan(&db, paging(&history)).await;
        let key = "USING INDEX sqlite_autoindex_daily_logs_1 (family_id=? AND program_id=? AND timestamp";
        assert!(plan.contains(key), "{plan}");
        assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "{plan}");
    }
}

#[tokio::test]
async fn a_log_is_found_by_its_id_within_its_month() {
    let db = migrated().await;
    let log_id = id::compose(instant("2026-03-20T12:00:00Z"), 7).unwrap();
    let locating = locating(log_id, id::month(log_id).unwrap());
    let by_id = plan(&db, locating).await;
    assert!(by_id.contains("USING INDEX daily_logs_id (id=?)"), "{by_id}");
    let in_scope = plan(&db, of_log(SCOPE, log_id).unwrap().filter(is_current())).await;
    assert!(in_scope.contains("SEARCH") && in_scope.contains("timestamp"), "{in_scope}");
}
