//! What is done about many families or many requests in one transaction, and what is told of changes.

use backends::{Action, Answered, Database, Kept, Scope, Subject, Tx};
use chassis::Kind;
use chassis::idempotency::Key;
use chassis::trusted::Told;
use uuid::Uuid;

use super::{Adapter, number, ready, somebody};

fn key(request_id: Uuid, body: u8) -> Key {
    Key { user_id: 7, request_id, fingerprint: [body; 32] }
}

fn answered(key: Key, resource_id: i64) -> Answered {
    // the one field of a message that is a string
    let answer = prost::Message::encode_to_vec(&format!("thing {resource_id}"));
    Answered { key, answer, resource_type: "Thing", resource_id }
}

pub async fn families(adapter: impl Adapter) {
    let db = ready(&adapter).await;
    let tx = db.open_for([4, 3, 4], Kept::AtOnce).await.unwrap();
    for n in 0..700 {
        let subject = Subject::of_family(3 + n % 2, n);
        tx.audit(&somebody(), Action::Create, "Thing", subject).await.unwrap();
    }
    tx.commit_quietly().await.unwrap();
    for family in [3, 4] {
        let sql = format!("SELECT COUNT(*) AS n FROM audit_logs WHERE family_id = {family}");
        let reader = db.read(Scope::Family(family)).await.unwrap();
        let statement = sea_orm::Statement::from_string(db.backend(), sql);
        let row =
            sea_orm::ConnectionTrait::query_one_raw(reader.connection(), statement).await.unwrap().unwrap();
        assert_eq!(row.try_get_by_index::<i64>(0).unwrap(), 350);
    }
}

async fn answer(db: &Database, all: &[Answered]) -> (Tx, usize) {
    let tx = db.open_for([1], Kept::AtOnce).await.unwrap();
    let new = tx.answer_once(all).await.unwrap();
    let all: Vec<_> = all.iter().map(|answered| (answered.key.user_id, answered.key.request_id)).collect();
    assert!(new.iter().all(|key| all.contains(key)));
    (tx, new.len())
}

pub async fn answers(adapter: impl Adapter) {
    let db = ready(&adapter).await;
    let [first, second, third] = [(); 3].map(|()| key(Uuid::new_v4(), 1));
    let (tx, new) = answer(&db, &[answered(first, 1), answered(second, 2)]).await;
    assert_eq!(new, 2);
    drop(tx);
    let (tx, new) = answer(&db, &[answered(first, 1), answered(second, 2)]).await;
    assert_eq!(new, 2, "what was rolled back may be done again");
    tx.commit_quietly().await.unwrap();
    let (tx, new) = answer(&db, &[answered(second, 8), answered(third, 9)]).await;
    assert_eq!(new, 1);
    tx.commit_quietly().await.unwrap();
    assert_eq!(db.answered::<String>(&second).await.unwrap(), ("thing 2".to_owned(), 2));
    assert_eq!(db.answered::<String>(&third).await.unwrap(), ("thing 9".to_owned(), 9));
    let other = key(second.request_id, 2);
    assert_eq!(db.answered::<String>(&other).await.unwrap_err().kind(), Kind::KeyReused);
    let never = key(Uuid::new_v4(), 1);
    assert_eq!(db.answered::<String>(&never).await.unwrap_err().kind(), Kind::InFlight);
    assert_eq!(number(&db, "SELECT COUNT(*) AS n FROM idempotency").await, 3);
}

async fn commit_new(db: &Database, all: &[Answered]) -> bool {
    let tx = db.open_for([1], Kept::AtOnce).await.unwrap();
    tx.publish("things.changed", &1).await.unwrap();
    tx.commit_new(all).await.unwrap()
}

pub async fn new_answers(adapter: impl Adapter) {
    let db = ready(&adapter).await;
    let [first, second] = [(); 2].map(|()| key(Uuid::new_v4(), 1));
    assert!(commit_new(&db, &[answered(first, 1)]).await);
    assert!(!commit_new(&db, &[answered(second, 2), answered(first, 3)]).await, "one was done before");
    assert_eq!(db.answered::<String>(&first).await.unwrap(), ("thing 1".to_owned(), 1));
    assert_eq!(number(&db, "SELECT COUNT(*) AS n FROM idempotency").await, 1);
    assert_eq!(number(&db, "SELECT COUNT(*) AS n FROM outbox").await, 1, "all or nothing");
    assert!(commit_new(&db, &[answered(second, 2)]).await);
}

async fn change(db: &Database, family_id: i64) {
    let tx = db.write(&somebody(), Action::Update, "Member", Scope::Family(family_id)).await.unwrap();
    tx.commit(Subject::of_family(family_id, 1)).await.unwrap();
}

pub async fn changes(adapter: impl Adapter) {
    let db = ready(&adapter).await;
    change(&db, 1).await;
    let told = |last, families: &[i64], forget| Told { last, families: families.to_vec(), forget };
    assert_eq!(db.changes(0).await.unwrap(), told(0, &[], false), "nobody wanted to know");
    db.tell_changes();
    change(&db, 3).await;
    change(&db, 4).await;
    change(&db, 3).await;
    assert_eq!(db.changes(0).await.unwrap(), told(3, &[3, 4, 3], true), "there may have been others before");
    assert_eq!(db.changes(1).await.unwrap(), told(3, &[4, 3], false));
    assert_eq!(db.changes(3).await.unwrap(), told(3, &[], false));
    assert_eq!(db.changes(9).await.unwrap(), told(0, &[], true), "as after a restore from an older copy");
    let tx = db.write(&somebody(), Action::Update, "Member", Scope::Family(5)).await.unwrap();
    tx.commit_quietly().await.unwrap();
    assert_eq!(db.changes(3).await.unwrap(), told(3, &[], false), "who commits quietly has changed nothing");
}
