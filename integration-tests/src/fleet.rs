//! Every service as a process of its own, on real servers that are this test's alone.

use std::time::Duration;

use backends::objects::embedded;
use chassis::Foundation;
use servers::{Postgres, RabbitMq, Redis, Server};
use tempfile::TempDir;

use crate::process::{Environment, Process};

/// The services in the order they are started: each after those it calls.
const ORDER: [&str; 7] = ["identity", "family", "program", "adherence", "ai-inference", "logging", "gateway"];

/// What can be harmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The primary database.
    Postgres,
    /// The broker.
    RabbitMq,
    /// The cache.
    Redis,
}

impl Target {
    /// Every target with every fault it is put to.
    pub fn all() -> impl Iterator<Item = (Target, &'static str)> {
        let targets = [Target::Postgres, Target::RabbitMq, Target::Redis];
        targets.into_iter().flat_map(|target| [(target, "kill -9"), (target, "SIGSTOP")])
    }
}

/// The processes and the servers beneath them.
pub struct Fleet {
    processes: Vec<(&'static str, Process)>,
    environment: Environment,
    /// The primary database.
    pub postgres: Postgres,
    /// The broker.
    pub rabbitmq: RabbitMq,
    /// The cache.
    pub redis: Redis,
    /// The object store runs here, and checks signatures as strictly as the real one.
    objects: Foundation,
    folder: TempDir,
}

impl Fleet {
    /// Starts the servers, and then the services one after the other.
    pub async fn start() -> Self {
        Self::start_with(Environment::default()).await
    }

    /// The same with environment variables for every service.
    pub async fn start_with(mut environment: Environment) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (postgres, rabbitmq, redis) = tokio::join!(Postgres::start(), RabbitMq::start(), Redis::start());
        let database = postgres.database().await;
        let objects = Foundation::system();
        let settings = embedded::Settings {
            address: ([127, 0, 0, 1], 0).into(),
            public_endpoint: None,
            directory: folder.path().join("objects"),
            bucket: "praan".to_owned(),
        };
        let store = embedded::start(&objects, settings).await.expect("an object store");
        let credentials =
            std::fs::read_to_string(folder.path().join("objects/credentials")).expect("its credentials");
        let (access_key, secret_key) = credentials.trim().split_once('\n').expect("two lines");
        environment.set("PRAAN_DATABASE_URL", postgres.url("postgres", &database));
        environment.set("PRAAN_AMQP_URL", rabbitmq.fresh_url());
        environment.set("PRAAN_REDIS_URL", redis.url());
        environment.set("PRAAN_S3_ENDPOINT", format!("http://{}", store.address));
        environment.set("PRAAN_S3_BUCKET", "praan");
        environment.set("AWS_ACCESS_KEY_ID", access_key);
        environment.set("AWS_SECRET_ACCESS_KEY", secret_key);
        let mut fleet =
            Self { processes: Vec::new(), environment, postgres, rabbitmq, redis, objects, folder };
        for service in ORDER {
            fleet.light(service).await;
        }
        fleet
    }

    /// Where the door is.
    pub fn url(&self) -> &str {
        self.processes.last().map(|(_, gateway)| gateway.url.as_str()).expect("the gateway is the last")
    }

    /// Ends every process by SIGTERM, the door first, and says whether all ended well.
    pub async fn stop(&mut self) -> bool {
        let mut well = true;
        while let Some((_, process)) = self.processes.pop() {
            well &= process.terminate().await;
        }
        well & self.objects.tasks.stop(Duration::from_secs(10)).await
    }

    /// Kills a part, or makes it stand still.
    pub async fn harm(&self, target: Target, fault: &str) {
        match fault {
            "kill -9" => self.server(target).kill9().await,
            _ => self.server(target).sigstop(),
        }
    }

    /// Starts it again, or lets it go on.
    pub async fn heal(&self, target: Target, fault: &str) {
        match fault {
            "kill -9" => self.server(target).restart().await,
            _ => self.server(target).sigcont(),
        }
    }

    fn server(&self, target: Target) -> &Server {
        match target {
            Target::Postgres => &self.postgres,
            Target::RabbitMq => &self.rabbitmq,
            Target::Redis => &self.redis,
        }
    }

    async fn light(&mut self, service: &'static str) {
        let process = Process::serve_with(self.folder.path(), service, &self.environment).await;
        let name = format!("PRAAN_{}_URL", service.to_uppercase().replace('-', "_"));
        if service != "gateway" {
            self.environment.set(&name, process.url.clone());
        }
        self.processes.push((service, process));
    }
}
