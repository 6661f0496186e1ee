//! PgBouncer in between. Debian 12 has 1.18, which cannot serve us in transaction mode, and that is what is tested here: that it is
//! told apart. PgBouncer 1.21 and newer can be had from no registry that these tests may use; that the driver works through it,
//! with `max_prepared_statements`, was tried by hand on 1.25.2.

use std::sync::Arc;

use backends::{Action, Database, DbResultExt, Scope};
use chassis::clock::Clock;
use chassis::shutdown::Tasks;
use chassis::{Foundation, Kind};
use sea_orm::{ConnectionTrait, Statement};
use servers::{PgBouncer, PoolMode};
use tokio::sync::OnceCell;

use super::Own;
use super::dying::cause;
use crate::database::{Adapter, ready, somebody};

/// A database through a pooler in session mode; its owner goes past it.
#[derive(Clone, Default)]
struct InSessions {
    own: Own,
    pooler: Arc<OnceCell<PgBouncer>>,
}

impl Adapter for InSessions {
    async fn open(&self, clock: &Clock) -> Database {
        let start = async || PgBouncer::start(self.own.server().await, PoolMode::Session).await;
        let pooler = self.pooler.get_or_init(start).await;
        let mut settings = self.own.settings().await;
        settings.url = pooler.url("app", self.own.database().await);
        Database::connect(settings, &Foundation { clock: clock.clone(), tasks: Tasks::new() }).await.unwrap()
    }
}

mod in_sessions {
    use super::InSessions;

    crate::database::database_suite!(stamp_together: InSessions);
}

/// Also by the second process, which finds what the first left behind, and while others are busy.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_pooler_that_gives_prepared_statements_away_is_refused_at_the_start() {
    let adapter = Own::default();
    let pooler = PgBouncer::start(adapter.server().await, PoolMode::Transaction).await;
    let connect = async || {
        let mut settings = adapter.settings().await;
        settings.url = pooler.url("app", adapter.database().await);
        Database::connect(settings, &Foundation::system()).await.err().expect("a refusal")
    };
    for refused in [connect().await, connect().await] {
        assert_eq!(refused.kind(), Kind::IllegalState);
        let said = refused.to_string();
        for word in ["1.21", "max_prepared_statements", "session"] {
            assert!(said.contains(word), "{said}");
        }
    }
    for refused in futures_util::future::join_all((0..16).map(|_| connect())).await {
        assert_eq!(refused.kind(), Kind::IllegalState, "{refused}");
    }
}

/// As when somebody puts such a pooler there later.
#[tokio::test]
async fn a_statement_that_went_astray_is_explained() {
    let adapter = Own::default();
    let db = ready(&adapter).await;
    let tx = db.write(&somebody(), Action::Update, "Counter", Scope::Own).await.unwrap();
    let ask = || tx.connection().query_one_raw(Statement::from_string(db.backend(), "SELECT 1"));
    ask().await.unwrap();
    tx.connection().execute_unprepared("DEALLOCATE ALL").await.unwrap();
    let said = cause(&ask().await.stored().unwrap_err());
    assert!(said.contains("PgBouncer of 1.21"), "{said}");
}
