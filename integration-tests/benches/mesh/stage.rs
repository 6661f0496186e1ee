//! The servers, as durable as in production, and meshes that share them: all in one process, or each service a process of its own.

use integration_tests::process::{Environment, Process};
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
    store: Process,
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
}

impl Mesh {
    /// The address of its door.
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }
}

impl Stage {
    /// Starts the servers.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let objects = folder.path().join("objects");
        let (postgres, rabbitmq, redis, store) = tokio::join!(
            Postgres::start_durable(),
            RabbitMq::start(),
            Redis::start(),
            Process::objects(&objects)
        );
        Self { postgres, redis, rabbitmq, store, folder }
    }

    /// Everything in one process, on the servers.
    pub async fn one_process(&self) -> Mesh {
        self.one_process_with(&Environment::default()).await
    }

    /// The same with more environment variables.
    pub async fn one_process_with(&self, more: &Environment) -> Mesh {
        let (mut environment, database) = self.environment().await;
        environment.extend(more);
        let process = Process::up_with(&self.folder.path().join(&database), &environment).await;
        Mesh { url: process.url.clone(), processes: vec![process], database }
    }

    /// Each service a process of its own, and a worker, and the door.
    pub async fn many_processes(&self) -> Mesh {
        let (mut environment, database) = self.environment().await;
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
        Mesh { url, processes, database }
    }

    /// What a mesh with a database of its own finds around it.
    async fn environment(&self) -> (Environment, String) {
        let database = self.postgres.database().await;
        let credentials = self.folder.path().join("objects").join("credentials");
        let credentials = std::fs::read_to_string(credentials).expect("its credentials");
        let (access_key, secret_key) = credentials.trim().split_once('\n').expect("two lines");
        let mut environment = Environment::default();
        for (name, value) in [
            ("PRAAN_DATABASE_URL", self.postgres.url("postgres", &database)),
            ("PRAAN_AMQP_URL", self.rabbitmq.fresh_url()),
            ("PRAAN_REDIS_URL", self.redis.url()),
            ("PRAAN_S3_ENDPOINT", self.store.url.clone()),
            ("PRAAN_S3_BUCKET", "praan".to_owned()),
            ("AWS_ACCESS_KEY_ID", access_key.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", secret_key.to_owned()),
        ] {
            environment.set(name, value);
        }
        (environment, database)
    }
}
