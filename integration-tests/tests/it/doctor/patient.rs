//! Servers with something wrong, and what the doctor says of them.

use std::os::unix::fs::OpenOptionsExt;
use std::process::Stdio;

use integration_tests::fleet::Fleet;
use integration_tests::process::{Environment, binary};
use lapin::options::{BasicPublishOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, ConnectionProperties};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::process::Command;

/// Servers of one test, migrated, with keys.
pub struct Patient {
    pub fleet: Fleet,
}

/// What the doctor said.
pub struct Seen {
    pub well: bool,
    pub text: String,
}

impl Patient {
    pub async fn fresh() -> Self {
        let mut fleet = Fleet::servers(Environment::default()).await;
        for name in ["PRAAN_KEY_ENCRYPTION_KEY_FILE", "PRAAN_AUDIT_KEY_FILE"] {
            let file = fleet.folder().join(name);
            let mut made = std::fs::File::options();
            let key = made.write(true).create_new(true).mode(0o600).open(&file).expect("a file");
            std::io::Write::write_all(&mut &key, b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n")
                .expect("it is written");
            fleet.environment.set(name, file.display().to_string());
        }
        let patient = Self { fleet };
        let migrated = patient.praan("migrate", &[]).await;
        assert!(migrated.well, "{}", migrated.text);
        // as a process of logging would, when it starts
        let partitions = patient.praan("job partitions", &[]).await;
        assert!(partitions.well, "{}", partitions.text);
        patient
    }

    /// What the doctor says, with some variables changed.
    pub async fn examine(&self, changed: &[(&str, &str)]) -> Seen {
        self.praan("doctor", changed).await
    }

    async fn praan(&self, line: &str, changed: &[(&str, &str)]) -> Seen {
        let mut environment = self.fleet.environment.clone();
        changed.iter().for_each(|(name, value)| environment.set(name, *value));
        let mut command = Command::new(binary());
        environment.apply(command.args(line.split(' '))).arg("--data-dir").arg(self.fleet.folder());
        let ended = command.stdin(Stdio::null()).output().await.expect("it runs");
        let told = [ended.stdout, ended.stderr].concat();
        Seen { well: ended.status.success(), text: String::from_utf8_lossy(&told).into_owned() }
    }

    /// How many objects of checkups are in the bucket.
    pub async fn objects_left(&self) -> usize {
        let mut find = Command::new("find");
        find.arg(self.fleet.folder().join("objects")).args(["-path", "*checkup*", "-type", "f"]);
        let found = find.output().await.expect("find runs");
        String::from_utf8_lossy(&found.stdout).lines().count()
    }

    /// Makes a certificate that ends with a year, and its key; tells their files.
    pub fn certificate(&self, year: i32) -> (String, String) {
        let mut wish = rcgen::CertificateParams::new(["door".to_owned()]).expect("a name");
        (wish.not_before, wish.not_after) =
            (rcgen::date_time_ymd(2020, 1, 1), rcgen::date_time_ymd(year, 12, 31));
        let key = rcgen::KeyPair::generate().expect("a key");
        let certificate = wish.self_signed(&key).expect("a certificate");
        let file = |name: &str, text: String| {
            let file = self.fleet.folder().join(format!("{name}-{year}.pem"));
            std::fs::write(&file, text).expect("a file");
            std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600))
                .expect("its mode");
            file.display().to_string()
        };
        (file("certificate", certificate.pem()), file("key", key.serialize_pem()))
    }

    /// Puts a dead letter behind a queue.
    pub async fn bury(&self, queue: &str) {
        let channel = self.channel().await;
        let limits = [("x-delivery-limit", AMQPValue::LongLongInt(1_000_000_000))];
        let grave = format!("{queue}.dead");
        declare(&channel, &grave, "quorum", &limits).await;
        let text = |text: &str| AMQPValue::LongString(text.into());
        let handing_on = [
            ("x-delivery-limit", AMQPValue::LongLongInt(16)),
            ("x-dead-letter-routing-key", text(&grave)),
            ("x-dead-letter-exchange", text("")),
            ("x-dead-letter-strategy", text("at-least-once")),
            ("x-overflow", text("reject-publish")),
        ];
        declare(&channel, queue, "quorum", &handing_on).await;
        channel.confirm_select(Default::default()).await.expect("confirms");
        let options = BasicPublishOptions::default();
        let sent = channel.basic_publish("".into(), grave.as_str().into(), options, b"", Default::default());
        sent.await.expect("it is sent").await.expect("it is confirmed");
    }

    /// Makes a queue that is none of ours.
    pub async fn declare_classic(&self, queue: &str) {
        declare(&self.channel().await, queue, "classic", &[]).await;
    }

    async fn channel(&self) -> Channel {
        let url = self.fleet.environment.get("PRAAN_AMQP_URL");
        let connection = Connection::connect(url, ConnectionProperties::default()).await.expect("a broker");
        connection.create_channel().await.expect("a channel")
    }
}

impl Seen {
    /// How many findings are of a level.
    pub fn count(&self, level: &str) -> usize {
        self.text.lines().filter(|line| line.starts_with(&format!("{level} "))).count()
    }

    /// Something is told, with its remedy.
    pub fn also(&self, level: &str, name: &str, what: &str, remedy: &str) {
        let lines: Vec<&str> = self.text.lines().collect();
        let told = |pair: &[&str]| {
            pair[0].starts_with(&format!("{level:<8} {name:<20} "))
                && pair[0].contains(what)
                && pair[1].contains(remedy)
        };
        assert!(lines.windows(2).any(told), "{level} {name} {what} {remedy}:\n{}", self.text);
        assert_eq!(self.well, self.count("problem") == 0, "{}", self.text);
    }

    /// The same, and there is no other problem.
    pub fn alone(&self, level: &str, name: &str, remedy: &str) {
        self.also(level, name, "", remedy);
        assert_eq!((self.count("problem"), self.well), (1, false), "{}", self.text);
    }
}

/// A store that serves everything to everybody.
#[allow(clippy::disallowed_methods, reason = "it ends with the test")]
pub async fn open_to_all() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ =
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
        }
    });
    format!("http://{address}")
}

async fn declare(channel: &Channel, name: &str, kind: &str, arguments: &[(&str, AMQPValue)]) {
    let mut table = FieldTable::default();
    table.insert("x-queue-type".into(), AMQPValue::LongString(kind.into()));
    for (argument, value) in arguments {
        table.insert((*argument).into(), value.clone());
    }
    let durable = QueueDeclareOptions { durable: true, ..Default::default() };
    channel.queue_declare(name.into(), durable, table).await.expect("it is made");
}
