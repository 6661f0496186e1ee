use std::io::Write;
use std::sync::{Arc, Mutex};

use backends::Cache;
use backends::cache::redis::RedisCache;
use chassis::Kind;
use chassis::clock::Clock;
use servers::Redis;
use tracing_subscriber::fmt::MakeWriter;

use super::{assert_all_unavailable, foundation, patient, put, take, until_in_service};

const SECRET: &str = "xyzzy-7f3a";

/// Keeps all that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// From now on, at the finest level, of all crates in the process.
    fn keep() -> Self {
        let log = Self::default();
        let subscriber =
            tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone());
        subscriber.init();
        log
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_is_told_to_the_server_and_nobody_else() {
    let log = Log::keep();
    let server = Redis::start().await;
    let address = format!("127.0.0.1:{}", server.port());
    // no more rights than the module's documentation asks for
    let rights = "~praan:* &praan:* +@all -@dangerous";
    assert_eq!(server.say(&format!("ACL SETUSER app on >{SECRET} {rights}")).await, "+OK");
    assert_eq!(server.say("ACL SETUSER default off").await, "+OK");

    let url = format!("redis://app:{SECRET}@{address}/0");
    let cache = patient(&Clock::system(), &url).await;
    until_in_service(&*cache).await;
    assert!(put(&*cache, 1).await.unwrap());
    assert!(take(&*cache).await.unwrap().allowed);
    cache.delete("entry").await.unwrap();
    let mut heard = cache.subscribe("channel").await.unwrap();
    cache.publish("channel", "news".into()).await.unwrap();
    assert_eq!(heard.recv().await.unwrap(), "news");

    for wrong in [format!("redis://app:{SECRET}-not@{address}"), format!("redis://:{SECRET}@{address}")] {
        let cache = patient(&Clock::system(), &wrong).await;
        assert_all_unavailable(&*cache).await;
        take(&*cache).await.unwrap_err().log("taking");
    }
    for unreadable in [format!("redis//app:{SECRET}@{address}"), format!("{url},rediss://app:{SECRET}@a")] {
        let error = RedisCache::connect(&foundation(&Clock::system()), &unreadable).await.err().unwrap();
        assert_eq!(error.kind(), Kind::Invalid);
        error.log("connecting");
        assert!(!format!("{error} {error:?}").contains(SECRET));
    }
    let log = log.text();
    assert!(log.contains("out of service") && log.contains(&address), "{log}");
    assert!(!log.contains(SECRET), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_logged_once_and_not_by_each_call() {
    let log = Log::keep();
    let server = Redis::start().await;
    let cache = patient(&Clock::system(), &server.url()).await;
    server.kill9().await;
    for _ in 0..500 {
        assert!(take(&*cache).await.is_err());
    }
    server.restart().await;
    until_in_service(&*cache).await;
    let log = log.text();
    let count = |what: &str| log.lines().filter(|line| line.contains(what)).count();
    assert_eq!((count("redis is out of service"), count("redis is back in service")), (1, 1), "{log}");
}
