use backends::{Action, Database, Once, Scope, Subject};
use chassis::idempotency::Key;
use chassis::{Error, Kind};
use futures_util::future::join_all;
use uuid::Uuid;

use super::{Adapter, count_up, counted, ready, somebody};
use crate::wait;

fn key(user_id: i64, request_id: Uuid, body: u8) -> Key {
    Key { user_id, request_id, fingerprint: [body; 32] }
}

async fn ask(db: &Database, key: &Key) -> Result<Once<String>, Error> {
    db.write_once::<String>(key, &somebody(), Action::Create, "Thing", Scope::Family(1)).await
}

/// Does the request's work, and answers whether it was new.
async fn serve(db: &Database, key: &Key) -> Result<(String, i64, bool), Error> {
    match ask(db, key).await? {
        Once::Done { answer, resource_id } => Ok((answer, resource_id, false)),
        Once::New(tx) => {
            count_up(&tx).await?;
            let id = tx.next_id("things").await?;
            let answer = format!("thing {id}");
            tx.commit_with(Subject::of_family(1, id), &answer).await?;
            Ok((answer, id, true))
        }
    }
}

pub async fn replay(adapter: impl Adapter) {
    let db = ready(&adapter).await;
    let request = key(7, Uuid::new_v4(), 1);
    assert_eq!(serve(&db, &request).await.unwrap(), ("thing 1".to_owned(), 1, true));
    assert_eq!(serve(&db, &request).await.unwrap(), ("thing 1".to_owned(), 1, false));
    drop(db);
    let db = ready(&adapter).await;
    assert_eq!(serve(&db, &request).await.unwrap(), ("thing 1".to_owned(), 1, false), "after a restart too");
    assert_eq!(counted(&db).await, 1);
    let (_, _, new) = serve(&db, &key(8, request.request_id, 1)).await.unwrap();
    assert!(new, "another user's key is another key");
}

pub async fn other_body(adapter: impl Adapter) {
    let db = ready(&adapter).await;
    let request_id = Uuid::new_v4();
    serve(&db, &key(7, request_id, 1)).await.unwrap();
    assert_eq!(serve(&db, &key(7, request_id, 2)).await.unwrap_err().kind(), Kind::KeyReused);
    assert_eq!(counted(&db).await, 1);
    let (answer, ..) = serve(&db, &key(7, request_id, 1)).await.unwrap();
    assert_eq!(answer, "thing 1", "the first is still answered");
}

pub async fn in_flight(adapter: impl Adapter) {
    let db = ready(&adapter).await;
    let request = key(7, Uuid::new_v4(), 1);
    let Once::New(tx) = ask(&db, &request).await.unwrap() else { panic!("it is new") };
    assert_eq!(ask(&db, &request).await.err().unwrap().kind(), Kind::InFlight);
    tx.commit_with(Subject::outside(5), &"five".to_owned()).await.unwrap();
    let Once::Done { answer, resource_id } = ask(&db, &request).await.unwrap() else { panic!("it is done") };
    assert_eq!((answer.as_str(), resource_id), ("five", 5));
}

pub async fn failed(adapter: impl Adapter) {
    let db = ready(&adapter).await;
    let request = key(7, Uuid::new_v4(), 1);
    let Once::New(tx) = ask(&db, &request).await.unwrap() else { panic!("it is new") };
    count_up(&tx).await.unwrap();
    drop(tx);
    // a server hears of the end a moment later, and says so
    let repeat = async || match serve(&db, &request).await {
        Ok((.., new)) => new,
        Err(error) => {
            assert_eq!(error.kind(), Kind::InFlight);
            false
        }
    };
    wait::until("a repeat that is new", repeat).await;
    assert_eq!(counted(&db).await, 1);
}

/// 32 at once under one key: one effect, and nobody hears anything but the answer or "in flight".
pub async fn storm(adapter: impl Adapter) {
    let db = ready(&adapter).await;
    let request = key(7, Uuid::new_v4(), 1);
    let repeats = (0..32).map(|_| {
        let db = db.clone();
        tokio::spawn(async move { serve(&db, &request).await })
    });
    let mut new = 0;
    for answer in join_all(repeats).await {
        match answer.unwrap() {
            Ok((answer, _, fresh)) => {
                assert_eq!(answer, "thing 1");
                new += u32::from(fresh);
            }
            Err(error) => assert_eq!(error.kind(), Kind::InFlight),
        }
    }
    assert_eq!((new, counted(&db).await), (1, 1));
}
