use std::time::Instant;

use servers::Redis;

use crate::lives;

#[tokio::test]
async fn it_answers_and_is_gone_when_dropped() {
    let begin = Instant::now();
    let redis = Redis::start().await;
    println!("Redis was up after {:?}", begin.elapsed());
    assert_eq!(redis.url(), format!("redis://127.0.0.1:{}", redis.port()));
    assert_eq!(redis.say("SET greeting hello").await, "+OK");
    assert_eq!(redis.say("GET greeting").await, "hello");
    let pid = redis.pid().unwrap();
    assert!(lives(pid));
    drop(redis);
    assert!(!lives(pid));
}

#[tokio::test]
async fn a_killed_one_has_forgotten_everything() {
    let redis = Redis::start().await;
    assert_eq!(redis.say("SET greeting hello").await, "+OK");
    redis.kill9().await;
    redis.restart().await;
    assert_eq!(redis.say("DBSIZE").await, ":0");
}

#[tokio::test]
async fn a_cluster_shares_the_keys() {
    let begin = Instant::now();
    let cluster = Redis::cluster().await;
    println!("a cluster of Redis was whole after {:?}", begin.elapsed());
    assert_eq!(cluster.url().split(',').count(), 3);
    let mut here = 0;
    let mut elsewhere = 0;
    for n in 0..100 {
        match cluster.nodes[0].say(&format!("SET key{n} 1")).await {
            answer if answer == "+OK" => here += 1,
            answer if answer.starts_with("-MOVED") => elsewhere += 1,
            answer => panic!("{answer}"),
        }
    }
    assert!(here > 10 && elsewhere > 40, "{here} here, {elsewhere} elsewhere");
    cluster.nodes[1].kill9().await;
    cluster.nodes[1].restart().await;
    cluster.until_whole().await;
}
