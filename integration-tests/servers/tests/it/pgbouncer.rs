use servers::{PgBouncer, PoolMode, Postgres};

use crate::lives;

#[tokio::test]
async fn it_lets_clients_through_and_is_gone_when_dropped() {
    let postgres = Postgres::start().await;
    for mode in [PoolMode::Session, PoolMode::Transaction] {
        let pooler = PgBouncer::start(&postgres, mode).await;
        assert!(pooler.url("app", "postgres").ends_with(&format!(":{}/postgres", pooler.port())));
        let pid = pooler.pid().unwrap();
        pooler.kill9().await;
        pooler.restart().await;
        assert!(!lives(pid));
        let pid = pooler.pid().unwrap();
        assert!(lives(pid));
        drop(pooler);
        assert!(!lives(pid), "{mode:?}");
    }
}
