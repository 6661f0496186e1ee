//! Every service as a process of its own, on real servers that are this test's alone, each behind a wire that can be cut.

mod part;

use std::process::Output;

use servers::{Postgres, Proxy, RabbitMq, Redis};
use tempfile::TempDir;
use tokio::sync::Mutex;

use crate::process::{Environment, Process, operate};
use part::Body;
pub use part::{Fault, Part};

/// The services in the order they are started: each after those it calls.
const ORDER: [&str; 6] = ["identity", "family", "program", "adherence", "ai-inference", "logging"];
/// Who reads the photos.
pub const WORKER: &str = "inference-worker";
const DOOR: &str = "gateway";

/// The processes and the servers beneath them.
pub struct Fleet {
    /// In the order they were started: servers, services, workers, the door.
    pub parts: Vec<Part>,
    /// What the processes find around them.
    pub environment: Environment,
    database: String,
    folder: TempDir,
}

impl Fleet {
    /// Starts the servers, and then eight processes one after the other: six services, a worker, the door.
    pub async fn start() -> Self {
        Self::start_with(Environment::default(), 1).await
    }

    /// The same with environment variables, and several workers.
    pub async fn start_with(environment: Environment, workers: usize) -> Self {
        let mut fleet = Self::servers(environment).await;
        fleet.light_all(workers).await;
        fleet
    }

    /// Starts the processes one after the other.
    pub async fn light_all(&mut self, workers: usize) {
        for service in ORDER {
            self.light(service).await;
            let name = format!("PRAAN_{}_URL", service.to_uppercase().replace('-', "_"));
            let url = self.part(service).url();
            self.environment.set(&name, url);
        }
        for _ in 0..workers {
            self.light(WORKER).await;
        }
        self.light(DOOR).await;
    }

    /// Starts one more gateway beside the first.
    pub async fn another_door(&self) -> Process {
        self.another_door_with(&Environment::default()).await
    }

    /// The same with more environment variables.
    pub async fn another_door_with(&self, more: &Environment) -> Process {
        let mut environment = self.environment.clone();
        environment.extend(more);
        Process::serve_with(self.folder.path(), DOOR, &environment).await
    }

    /// Runs a command of the operator's to its end, such as `job purge`.
    pub async fn operate(&self, line: &str) -> Output {
        operate(self.folder.path(), line, &self.environment).await
    }

    /// Where the door is.
    pub fn url(&self) -> String {
        self.part(DOOR).url()
    }

    /// A part by its name.
    pub fn part(&self, name: &str) -> &Part {
        self.parts_called(name).next().unwrap_or_else(|| panic!("no part is called {name}"))
    }

    /// All parts of a name.
    pub fn parts_called(&self, name: &str) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(move |part| part.name == name)
    }

    /// Asks the primary database as its superuser, past the wire: a line for each row, columns parted by `|`.
    pub async fn sql(&self, statement: &str) -> String {
        self.postgres().sql(&self.database, statement).await
    }

    /// The primary database, past the wire.
    pub fn postgres(&self) -> &Postgres {
        match &self.part("postgres").body {
            Body::Postgres(postgres) => postgres,
            _ => panic!("the primary is PostgreSQL"),
        }
    }

    /// The cache, past the wire.
    pub fn redis(&self) -> &Redis {
        match &self.part("redis").body {
            Body::Redis(redis) => redis,
            _ => panic!("the cache is Redis"),
        }
    }

    /// How many events are due and still wait to leave, in all services.
    pub async fn outboxes(&self) -> usize {
        let count = "SELECT COALESCE(sum((xpath('/row/c/text()', query_to_xml(format(
            'SELECT count(*) AS c FROM %I.outbox WHERE due_at <= now()', schemaname), false, true, '')))[1]::text::bigint), 0)
            FROM pg_tables WHERE tablename = 'outbox'";
        self.sql(count).await.parse().expect("a number")
    }

    /// Where its data is, and that of the object store.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Ends every process by SIGTERM, the door first, and says whether all ended well.
    pub async fn stop(&mut self) -> bool {
        let mut well = true;
        for part in self.parts.iter().rev() {
            if let Body::Process(process) = &part.body {
                well &= process.lock().await.end().await;
            }
        }
        well
    }

    /// Starts the servers alone.
    pub async fn servers(mut environment: Environment) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let objects = folder.path().join("objects");
        let (postgres, rabbitmq, redis, store) =
            tokio::join!(Postgres::start(), RabbitMq::start(), Redis::start(), Process::objects(&objects));
        let database = postgres.database().await;
        let replica = postgres.start_replica().await;
        let credentials = std::fs::read_to_string(objects.join("credentials")).expect("its credentials");
        let (access_key, secret_key) = credentials.trim().split_once('\n').expect("two lines");
        let [primary_url, replica_url] =
            [&postgres, &replica].map(|server| server.url("postgres", &database));
        let (amqp_url, redis_url, store_url) = (rabbitmq.fresh_url(), redis.url(), store.url.clone());
        let parts = [
            ("postgres", postgres.port(), Body::Postgres(postgres), "PRAAN_DATABASE_URL", primary_url),
            ("replica", replica.port(), Body::Postgres(replica), "PRAAN_DATABASE_REPLICA_URLS", replica_url),
            ("rabbitmq", rabbitmq.port(), Body::RabbitMq(rabbitmq), "PRAAN_AMQP_URL", amqp_url),
            ("redis", redis.port(), Body::Redis(redis), "PRAAN_REDIS_URL", redis_url),
            ("s3", store.port(), Body::Process(Mutex::new(store)), "PRAAN_S3_ENDPOINT", store_url),
        ];
        environment.set("PRAAN_S3_BUCKET", "praan");
        // by the wire, all clients come from one address
        environment.set("PRAAN_CONNECTIONS_PER_CLIENT", "10000");
        environment.set("AWS_ACCESS_KEY_ID", access_key);
        environment.set("AWS_SECRET_ACCESS_KEY", secret_key);
        let mut fleet = Self { parts: Vec::new(), environment, database, folder };
        for (name, port, body, variable, url) in parts {
            let wire = Proxy::start(port).await;
            fleet.environment.set(variable, wire.url(&url));
            fleet.parts.push(Part { name, body, wire: Some(wire) });
        }
        fleet
    }

    async fn light(&mut self, name: &'static str) {
        let process = Process::serve_with(self.folder.path(), name, &self.environment).await;
        let wire = if name == WORKER { None } else { Some(Proxy::start(process.port()).await) };
        self.parts.push(Part { name, body: Body::Process(Mutex::new(process)), wire });
    }
}
