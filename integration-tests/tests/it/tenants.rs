//! The tables of all services on PostgreSQL, found in its catalog, so that a new one cannot be forgotten: whether they can be divided by
//! family, and whether the database itself keeps families apart.

mod schema;
mod walls;

use backends::Database;
use backends::db::Postgres as Settings;
use chassis::Foundation;
use integration_tests::process::{Environment, Process, binary};
use praan::options::Service;
use servers::Postgres;
use tokio::process::Command;

/// All services have migrated and stood on this. `owner` owns the tables, and the services connect as `app`.
struct Tables {
    server: Postgres,
    database: String,
}

impl Tables {
    async fn make() -> Self {
        let server = Postgres::start().await;
        server.sql("postgres", "CREATE ROLE owner LOGIN CREATEROLE; CREATE ROLE app LOGIN").await;
        let database = server.database().await;
        server.sql("postgres", &format!("ALTER DATABASE {database} OWNER TO owner")).await;
        let tables = Self { server, database };
        let folder = tempfile::tempdir().unwrap();
        let all: Vec<_> = Service::all().into_iter().map(Service::name).collect();
        let up = Process::serve_with(folder.path(), &all.join(" "), &tables.environment()).await;
        assert!(up.terminate().await);
        tables
    }

    fn environment(&self) -> Environment {
        let mut environment = Environment::default();
        environment.set("PRAAN_DATABASE_URL", self.server.url("app", &self.database));
        environment.set("PRAAN_DATABASE_DIRECT_URL", self.server.url("owner", &self.database));
        environment
    }

    /// The database as a service has it.
    async fn of(&self, service: Service) -> Database {
        let settings = Settings::new(self.server.url("app", &self.database), service.name());
        Database::connect(settings, &Foundation::system()).await.unwrap()
    }

    /// The rows of a query by the superuser, columns parted by `|`.
    async fn rows(&self, sql: &str) -> Vec<String> {
        self.server.sql(&self.database, sql).await.lines().map(str::to_owned).collect()
    }
}

/// The services that have a database.
fn services() -> impl Iterator<Item = Service> {
    Service::with_database()
}

/// The schema of a service.
fn schema(service: Service) -> String {
    service.name().replace('-', "_")
}

/// The schemas of all services, for a list in SQL.
fn schemas() -> String {
    services().map(|service| format!("'{}'", schema(service))).collect::<Vec<_>>().join(", ")
}

/// There is no Citus here: what it would be told is tested where it is made.
#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_no_citus_the_tables_are_migrated_and_the_remedy_is_told() {
    let tables = Tables::make().await;
    tables.server.sql(&tables.database, "DROP SCHEMA family CASCADE").await;
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(binary());
    command.args(["migrate", "--distribute", "--data-dir"]).arg(folder.path());
    let ended = tables.environment().apply(&mut command).output().await.unwrap();
    let (said, wrong) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(!ended.status.success());
    assert_eq!(said.matches("is up to date").count(), services().count(), "{said}{wrong}");
    for word in ["CREATE EXTENSION citus", "shared_preload_libraries", "audit_logs"] {
        assert!(wrong.contains(word), "{wrong}");
    }
    let family = "SELECT count(*) FROM pg_tables WHERE schemaname = 'family' AND tablename = 'members'";
    assert_eq!(tables.rows(family).await, ["1"]);
    // of the family's tables, each after those that it points to
    let mut command = Command::new(binary());
    command.args(["migrate", "family", "--distribute", "--data-dir"]).arg(folder.path());
    let ended = tables.environment().apply(&mut command).output().await.unwrap();
    let wrong = String::from_utf8_lossy(&ended.stderr);
    assert!(wrong.contains("to divide audit_chain, audit_logs, audit_pending, "), "{wrong}");
}
