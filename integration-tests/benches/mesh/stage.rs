//! The servers, as durable as in production, and meshes that share them: all in one process, or each service a process of its own.

use integration_tests::process::{Environment, Process};
use serde_json::{Map, Value, json};
use servers::{Postgres, RabbitMq, Redis};
use tempfile::TempDir;

/// The services in the order they are started: each after those it calls.
const ORDER: [&str; 6] = ["identity", "family", "program", "adherence", "ai-inference", "logging"];

/// The servers.
pub struct Stage {
    /// Where everything durable is.
    pub postgres: Postgres,
    /// Where limits and news are.
    pub redis: Redis,
    /// Where photos wait.
    pub rabbitmq: RabbitMq,
    folder: TempDir,
}

/// A running mesh.
pub struct Mesh {
    /// Where its door is.
    pub url: String,
    /// Its processes: one, or eight with the door last.
    pub processes: Vec<Process>,
    /// Its database.
    pub database: String,
    /// Its objects: seals of another mesh's audit trail among them would say that this one's was rolled back.
    _store: Process,
}

/// What a mesh finds around it.
struct Ground {
    environment: Environment,
    database: String,
    store: Process,
}

impl Mesh {
    /// The address of its door.
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }
}

/// Limits that are counted and never reached.
fn limits_of_none() -> Value {
    const MANY: u32 = 1_000_000;
    let routes =
        ["logs", "auth/register", "auth/login"].map(|route| (format!("POST /api/v1/{route}"), MANY.into()));
    json!({"per_user": MANY, "per_address": MANY, "routes": Map::from_iter(routes)})
}

impl Stage {
    /// Starts the servers.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (postgres, rabbitmq, redis) =
            tokio::join!(Postgres::start_durable(), RabbitMq::start(), Redis::start());
        Self { postgres, redis, rabbitmq, folder }
    }

    /// The number that a query answers.
    pub async fn number(&self, database: &str, sql: &str) -> f64 {
        self.postgres.sql(database, sql).await.trim().parse().expect("a number")
    }

    /// Has whoever commits first wait so many microseconds, and those who come meanwhile with it, as for a slower disk.
    pub async fn delay_commits(&self, micros: u32) {
        for set in [&format!("commit_delay = {micros}"), "commit_siblings = 0"] {
            self.postgres.sql("postgres", &format!("ALTER SYSTEM SET {set}")).await;
        }
        self.postgres.sql("postgres", "SELECT pg_reload_conf()").await;
    }

    /// Everything in one process, on the servers.
    pub async fn one_process(&self) -> Mesh {
        self.one_process_with(&Environment::default()).await
    }

    /// The same with more environment variables.
    pub async fn one_process_with(&self, more: &Environment) -> Mesh {
        let Ground { mut environment, database, store } = self.ground().await;
        environment.extend(more);
        let process = Process::up_with(&self.folder.path().join(&database), &environment).await;
        Mesh { url: process.url.clone(), processes: vec![process], database, _store: store }
    }

    /// Each service a process of its own, and a worker, and the door.
    pub async fn many_processes(&self) -> Mesh {
        let Ground { mut environment, database, store } = self.ground().await;
        let folder = self.folder.path().join(&database);
        let mut processes = Vec::new();
        for service in ORDER {
            let process = Process::serve_with(&folder, service, &environment).await;
            let name = format!("PRAAN_{}_URL", service.to_uppercase().replace('-', "_"));
            environment.set(&name, &process.url);
            processes.push(process);
        }
        for room in ["inference-worker", "gateway"] {
            processes.push(Process::serve_with(&folder, room, &environment).await);
        }
        let url = processes.last().expect("the door").url.clone();
        Mesh { url, processes, database, _store: store }
    }

    /// With a database and a store of the mesh's own.
    async fn ground(&self) -> Ground {
        let database = self.postgres.database().await;
        let objects = self.folder.path().join(format!("{database}-objects"));
        let store = Process::objects(&objects).await;
        let credentials = objects.join("credentials");
        let credentials = std::fs::read_to_string(credentials).expect("its credentials");
        let (access_key, secret_key) = credentials.trim().split_once('\n').expect("two lines");
        let limits = self.folder.path().join(format!("{database}-limits.json"));
        std::fs::write(&limits, json!({"limits": limits_of_none()}).to_string()).expect("a file");
        let mut environment = Environment::default();
        for (name, value) in [
            ("PRAAN_RATE_LIMITS", "on".to_owned()),
            ("PRAAN_RELOAD_FILE", limits.display().to_string()),
            ("PRAAN_DATABASE_URL", self.postgres.url("postgres", &database)),
            ("PRAAN_AMQP_URL", self.rabbitmq.fresh_url()),
            ("PRAAN_REDIS_URL", self.redis.url()),
            ("PRAAN_S3_ENDPOINT", store.url.clone()),
            ("PRAAN_S3_BUCKET", "praan".to_owned()),
            ("AWS_ACCESS_KEY_ID", access_key.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", secret_key.to_owned()),
        ] {
            environment.set(name, value);
        }
        Ground { environment, database, store }
    }
}
