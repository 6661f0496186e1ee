//! On PostgreSQL it is the database that says what time it is, to a process whose clock is an hour fast or slow.

use backends::Database;
use backends::db::Postgres;
use chassis::Foundation;
use chassis::clock::Clock;
use chassis::shutdown::Tasks;
use chassis::time::timestamp;
use chrono::{DateTime, TimeDelta, Utc};
use proto::family::v1::*;
use servers::Postgres as Server;
use tonic::Code;

use crate::grants::{doctor, withdraw};
use crate::house::House;

/// Whether it happened now, by the true clock.
fn is_now(at: Option<prost_types::Timestamp>) -> bool {
    let at = at.and_then(|at| DateTime::<Utc>::from_timestamp(at.seconds, 0)).unwrap();
    (at - Clock::system().now()).abs() < TimeDelta::minutes(20)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_with_a_wrong_clock_neither_prolongs_nor_shortens_what_is_granted() {
    let server = Server::start().await;
    let now = Clock::system().now();
    for wrong in [TimeDelta::hours(1), TimeDelta::hours(-1)] {
        let clock = Clock::fixed(now + wrong);
        let foundation = Foundation { clock: clock.clone(), tasks: Tasks::new() };
        let settings = Postgres::new(server.url("postgres", &server.database().await), "family");
        let db = Database::connect(settings, &foundation).await.unwrap();
        let house = House::over(db, clock).await;
        let amma = house.create("asha", "Amma").await.id;
        let grant = async |whom, from: i64, to: i64| {
            let at = |minutes| Some(timestamp(now + TimeDelta::minutes(minutes)));
            let terms =
                CreateGrantRequest { not_before: at(from), not_after: at(to), ..doctor(&house, amma, whom) };
            house.grant("asha", terms).await
        };
        // over by the true clock and not by a slow one; over by a fast one; begun by a fast one; open by all
        assert_eq!(grant("ravi", -60, -30).await.unwrap_err().code(), Code::InvalidArgument, "{wrong}");
        let given = grant("ravi", -30, 30).await.unwrap();
        assert!(is_now(given.created_at), "{given:?}");
        grant("meera", 30, 600).await.unwrap();
        grant("nila", -600, 600).await.unwrap();
        for (whom, sees) in [("ravi", true), ("meera", false), ("nila", true)] {
            assert_eq!(house.authorize(whom, amma, Action::Read).await.is_ok(), sees, "{whom} {wrong}");
            assert_eq!(house.get(whom, amma).await.is_ok(), sees, "{whom} {wrong}");
            assert_eq!(house.visible(whom).await.contains(&amma), sees, "{whom} {wrong}");
        }
        withdraw(&house, amma, given.id).await.unwrap();
        assert!(house.authorize("ravi", amma, Action::Read).await.is_err());

        let invited = house.invite("asha", "kumar").await.unwrap();
        assert!(is_now(invited.created_at), "{invited:?}");
        assert!(is_now(house.accept("kumar", invited.id).await.unwrap().joined_at));
        house.delete("asha", amma).await.unwrap();
        house.restore("asha", amma).await.unwrap();
        assert_eq!(house.managers("asha").await.len(), 2);
    }
}
