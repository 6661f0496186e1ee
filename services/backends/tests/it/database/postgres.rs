//! PostgreSQL: the suite, and what the walls between families, several processes, poolers and the server's death do to the adapter.

mod dying;
mod poolers;
mod relays;
mod replicas;
mod twins;
mod walls;

use std::sync::Arc;

use backends::Database;
use backends::db::Postgres;
use chassis::Foundation;
use chassis::clock::Clock;
use chassis::shutdown::Tasks;
use servers::Postgres as Server;
use tokio::sync::OnceCell;

use super::{Adapter, noon};

/// A database of its own on a server that its clones share. Its owner is no superuser, and who works with it owns nothing.
#[derive(Default)]
pub struct Own {
    server: Arc<OnceCell<Server>>,
    database: OnceCell<String>,
}

/// Another database on the same server.
impl Clone for Own {
    fn clone(&self) -> Self {
        Self { server: self.server.clone(), database: OnceCell::new() }
    }
}

impl Own {
    pub async fn server(&self) -> &Server {
        let start = || async {
            let server = Server::start().await;
            server.sql("postgres", "CREATE ROLE owner LOGIN CREATEROLE; CREATE ROLE app LOGIN").await;
            server
        };
        self.server.get_or_init(start).await
    }

    pub async fn database(&self) -> &str {
        let make = || async {
            let server = self.server().await;
            let name = server.database().await;
            server.sql("postgres", &format!("ALTER DATABASE {name} OWNER TO owner")).await;
            name
        };
        self.database.get_or_init(make).await
    }

    pub async fn settings(&self) -> Postgres {
        let (server, database) = (self.server().await, self.database().await);
        Postgres {
            direct_url: Some(server.url("owner", database)),
            ..Postgres::new(server.url("app", database), "test-service")
        }
    }

    /// Runs statements as the superuser, within the service's schema.
    pub async fn sql(&self, statements: &str) -> String {
        let statements = format!("SET search_path = test_service; {statements}");
        self.server().await.sql(self.database().await, &statements).await
    }
}

impl Adapter for Own {
    async fn open(&self, clock: &Clock) -> Database {
        let foundation = Foundation { clock: clock.clone(), tasks: Tasks::new() };
        Database::connect(self.settings().await, &foundation).await.unwrap()
    }
}

super::database_suite!(stamp_together: Own);
