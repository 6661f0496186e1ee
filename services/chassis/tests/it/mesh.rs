//! Links over real sockets, while the other end dies, falls ill and moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chassis::Link;
use chassis::mesh::{Dialer, Rules};
use chassis::shutdown::Tasks;
use h2::Reason;
use tonic::Code;

use crate::upstream::{Names, READ, Script, Upstream, WRITE, call, call_within};

const WELL: Script = |_| Some(Code::Ok);
const ILL: Script = |_| Some(Code::Unavailable);
const LONG: Duration = Duration::from_secs(3600);

/// Waits for something that the test has set going.
async fn until<T>(mut holds: impl AsyncFnMut() -> Option<T>) -> T {
    let wait = async {
        loop {
            if let Some(value) = holds().await {
                return value;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), wait).await.expect("it comes about")
}

fn named(names: &Arc<Names>, rules: Rules, tasks: &Tasks) -> Link {
    let dialer = Dialer::new(tasks).resolver(names.clone()).rules(rules);
    Link::remote(&"http://room:8080".parse().unwrap(), &dialer).unwrap()
}

#[tokio::test]
async fn calls_are_spread_over_a_name_and_go_on_when_one_dies_and_another_comes() {
    let (mut one, two, three) =
        (Upstream::start(WELL).await, Upstream::start(WELL).await, Upstream::start(WELL).await);
    let (names, tasks) = (Arc::new(Names::default()), Tasks::new());
    names.set(&[one.address, two.address]);
    let link = named(&names, Rules { resolve_every: Duration::from_millis(10), ..Rules::default() }, &tasks);
    for _ in 0..200 {
        assert_eq!(call(&link, WRITE).await, Code::Ok);
    }
    let (first, second) = (one.asked(), two.asked());
    assert!(first > 40 && second > 40 && first + second == 200, "{first} and {second}");

    one.kill();
    for path in [[READ; 50], [WRITE; 50]].concat() {
        assert_eq!(call(&link, path).await, Code::Ok, "{path}");
    }
    assert_eq!((one.asked(), two.asked()), (first, second + 100));

    names.set(&[three.address]);
    until(async || {
        assert_eq!(call(&link, WRITE).await, Code::Ok);
        (three.asked() > 0).then_some(())
    })
    .await;
    let second = two.asked();
    for _ in 0..50 {
        assert_eq!(call(&link, WRITE).await, Code::Ok);
    }
    assert_eq!(two.asked(), second, "it has left the name");
    assert!(tasks.stop(Duration::from_secs(10)).await, "the task that follows the name ends");
}

#[tokio::test]
async fn a_name_is_asked_for_at_once_when_its_address_fails() {
    let (mut old, new) = (Upstream::start(WELL).await, Upstream::start(WELL).await);
    let (names, tasks) = (Arc::new(Names::default()), Tasks::new());
    names.set(&[old.address]);
    let link =
        named(&names, Rules { resolve_every: LONG, break_after: u32::MAX, ..Rules::default() }, &tasks);
    assert_eq!(call(&link, WRITE).await, Code::Ok);
    names.set(&[new.address]);
    old.kill();
    until(async || (call(&link, READ).await == Code::Ok).then_some(())).await;
    assert_eq!(old.asked(), 1);
}

#[tokio::test]
async fn a_name_without_an_address_is_unavailable_and_its_task_ends_with_the_link() {
    let (names, tasks) = (Arc::new(Names::default()), Tasks::new());
    let link = named(&names, Rules::default(), &tasks);
    assert_eq!(call(&link, READ).await, Code::Unavailable);
    drop(link);
    until(async || (Arc::strong_count(&names) == 1).then_some(())).await;
}

#[tokio::test]
async fn a_read_is_sent_again_and_a_write_never() {
    let healing: Script = |n| Some(if n < 3 { Code::Unavailable } else { Code::Ok });
    for (path, script, code, asked) in [
        (READ, healing, Code::Ok, 3),
        (WRITE, healing, Code::Unavailable, 1),
        (READ, ILL, Code::Unavailable, 3),
        (READ, (|_| Some(Code::Internal)) as Script, Code::Internal, 1),
    ] {
        let upstream = Upstream::start(script).await;
        assert_eq!(call(&upstream.link(Rules::default()), path).await, code, "{path}");
        let timeouts = upstream.timeouts();
        assert_eq!(timeouts.len(), asked, "{path}");
        assert!(timeouts.is_sorted_by(|one, next| one > next), "each time there is less time: {timeouts:?}");
    }
}

/// Answers the first request as told, and those after it well.
async fn clumsy(first: fn(h2::server::SendResponse<bytes::Bytes>) -> bool) -> (Link, Arc<AtomicUsize>) {
    let listener = chassis::serve::listen(([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (asked, tasks) = (Arc::new(AtomicUsize::new(0)), Tasks::new());
    let count = asked.clone();
    tasks.spawn("clumsy", async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut connection = h2::server::handshake(stream).await.unwrap();
            while let Some(Ok((_, mut respond))) = connection.accept().await {
                if count.fetch_add(1, Ordering::SeqCst) > 0 {
                    let answer = http::Response::builder().header("grpc-status", "0").body(()).unwrap();
                    respond.send_response(answer, true).unwrap();
                } else if !first(respond) {
                    break;
                }
            }
        }
    });
    (Link::remote(&format!("http://{address}").parse().unwrap(), &Dialer::new(&tasks)).unwrap(), asked)
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_only_where_that_is_safe() {
    for (path, code, asked) in [(READ, Code::Ok, 2), (WRITE, Code::Unavailable, 1)] {
        let (link, count) = clumsy(|_| false).await;
        assert_eq!(call(&link, path).await, code, "{path}");
        assert_eq!(count.load(Ordering::SeqCst), asked, "{path}");
    }
}

#[tokio::test]
async fn what_a_leaving_peer_has_not_begun_is_sent_again_even_if_it_writes() {
    let (link, count) = clumsy(|mut respond| {
        respond.send_reset(Reason::REFUSED_STREAM);
        true
    })
    .await;
    assert_eq!(call(&link, WRITE).await, Code::Ok);
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_dead_room_sees_a_tenth_more_calls_at_most() {
    let upstream = Upstream::start(ILL).await;
    let link = upstream.link(Rules { break_after: u32::MAX, ..Rules::default() });
    for _ in 0..300 {
        assert_eq!(call(&link, READ).await, Code::Unavailable);
    }
    // a tenth, and the few that a link without many calls may have
    let asked = upstream.asked();
    assert!((301..=300 + 30 + 10).contains(&asked), "{asked}");
}

#[tokio::test]
async fn a_room_that_fails_again_and_again_is_left_alone() {
    let upstream = Upstream::start(ILL).await;
    let link = upstream.link(Rules { break_after: 3, rest: LONG, ..Rules::default() });
    for _ in 0..50 {
        assert_eq!(call(&link, WRITE).await, Code::Unavailable);
    }
    assert_eq!(upstream.asked(), 3);
}

#[tokio::test]
async fn a_room_that_is_well_again_is_found_out() {
    let upstream = Upstream::start(|n| Some(if n < 6 { Code::Unavailable } else { Code::Ok })).await;
    let link = upstream.link(Rules { break_after: 3, rest: Duration::from_millis(20), ..Rules::default() });
    until(async || (call(&link, WRITE).await == Code::Ok).then_some(())).await;
    assert_eq!(upstream.asked(), 6, "three failures, two probes that failed, one that did not");
    for _ in 0..50 {
        assert_eq!(call(&link, WRITE).await, Code::Ok);
    }
}

#[tokio::test]
async fn an_address_that_falls_silent_is_avoided() {
    let (silent, well) = (Upstream::start(|_| None).await, Upstream::start(WELL).await);
    let (names, tasks) = (Arc::new(Names::default()), Tasks::new());
    names.set(&[silent.address, well.address]);
    let link = named(&names, Rules { rest: LONG, ..Rules::default() }, &tasks);
    until(async || (call_within(&link, WRITE, "1100m").await == Code::DeadlineExceeded).then_some(())).await;
    for _ in 0..50 {
        assert_eq!(call(&link, WRITE).await, Code::Ok);
    }
    assert_eq!(silent.asked(), 1);
}

#[tokio::test]
async fn callers_in_a_hurry_open_no_breaker() {
    let upstream = Upstream::start(|n| (n > 20).then_some(Code::Ok)).await;
    let link = upstream.link(Rules { break_after: 3, rest: LONG, ..Rules::default() });
    until(async || {
        let code = call_within(&link, WRITE, "20m").await;
        assert!(matches!(code, Code::DeadlineExceeded | Code::Ok), "{code:?}");
        (code == Code::Ok).then_some(())
    })
    .await;
}
