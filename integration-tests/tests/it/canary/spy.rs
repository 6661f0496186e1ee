use std::fmt::Write;
use std::path::Path;

use integration_tests::fleet::Fleet;
use lapin::options::{BasicGetOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionProperties};

use super::birds::Birds;

/// Gives the servers passwords, and plants these and the store's key as secrets. The processes find them in files of `folder`.
pub async fn lock(fleet: &mut Fleet, birds: &Birds, folder: &Path) {
    let (redis, postgres) = (birds.text(), birds.text());
    let rights = "~praan:* &praan:* +@all -@dangerous";
    let locked = fleet.redis().say(&format!("ACL SETUSER app on >{redis} {rights}")).await;
    assert_eq!(locked, "+OK");
    let url = fleet.redis().url().replace("redis://", &format!("redis://app:{redis}@"));
    fleet.environment.set("PRAAN_REDIS_URL", url);
    // it trusts everybody, and so takes any password
    let url = fleet.environment.get("PRAAN_DATABASE_URL");
    let url = url.replace("postgres://postgres@", &format!("postgres://postgres:{postgres}@"));
    assert!(url.contains(&postgres));
    fleet.environment.set("PRAAN_DATABASE_URL", url);
    birds.secret(fleet.environment.get("AWS_SECRET_ACCESS_KEY"));
    for secret in ["PRAAN_REDIS_URL", "PRAAN_DATABASE_URL", "PRAAN_AMQP_URL", "AWS_SECRET_ACCESS_KEY"] {
        fleet.environment.move_to_file(secret, folder);
    }
}

/// Hears every message that passes the broker.
pub struct Spy {
    _connection: Connection,
    channel: Channel,
    queue: String,
}

impl Spy {
    /// Begins to listen.
    pub async fn listen(url: &str) -> Self {
        let connection = Connection::connect(url, ConnectionProperties::default()).await.expect("a broker");
        let channel = connection.create_channel().await.expect("a channel");
        let options = QueueDeclareOptions { exclusive: true, ..Default::default() };
        let queue =
            channel.queue_declare("spy".into(), options, FieldTable::default()).await.expect("a queue");
        let queue = queue.name().to_string();
        let (events, all) = ("praan.events".into(), "#".into());
        let bound = channel.queue_bind(
            queue.as_str().into(),
            events,
            all,
            QueueBindOptions::default(),
            FieldTable::default(),
        );
        bound.await.expect("it is bound");
        Self { _connection: connection, channel, queue }
    }

    /// All it has heard: a line for each message.
    pub async fn heard(&self) -> String {
        let mut heard = String::new();
        let options = BasicGetOptions { no_ack: true };
        while let Some(got) =
            self.channel.basic_get(self.queue.as_str().into(), options).await.expect("an answer")
        {
            let body = String::from_utf8_lossy(&got.delivery.data).replace('\n', " ");
            writeln!(heard, "{:?} {body} {:?}", got.delivery.routing_key, got.delivery.properties)
                .expect("a string grows");
        }
        for topic in ["program.changed", "image.uploaded", "image.read", "log.recorded", "log.imported"] {
            assert!(heard.contains(topic), "no {topic} was heard");
        }
        heard
    }
}

/// All keys of Redis and what is under them: a line for each.
pub async fn redis(url: &str) -> String {
    let client = redis::Client::open(url).expect("a URL");
    let mut link = client.get_multiplexed_async_connection().await.expect("Redis");
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut link).await.expect("the keys");
    let mut text = String::new();
    for key in keys {
        // a value of another type than a string would be an error
        let value: Option<Vec<u8>> =
            redis::cmd("GET").arg(&key).query_async(&mut link).await.expect("a string");
        let value = String::from_utf8_lossy(&value.unwrap_or_default()).replace('\n', " ");
        writeln!(text, "{key} {value}").expect("a string grows");
    }
    assert!(text.contains("edge:"), "the limits are not there: {text}");
    text
}
