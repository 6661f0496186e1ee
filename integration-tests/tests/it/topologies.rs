//! Every story once more, in eight processes on real servers.

use integration_tests::House;

use crate::stories::Story;
use crate::{
    audited, bad_input, examples, exports, grpc, guessing, imports, oidc, plans, preconditions, roles,
    security, sessions, strangers, writers,
};

/// The files of stories.
const FILES: [(&str, &[Story]); 18] = [
    ("audited", audited::ALL),
    ("examples", examples::ALL),
    ("exports", exports::ALL),
    ("oidc", oidc::ALL),
    ("sessions", sessions::ALL),
    ("strangers", strangers::ALL),
    ("grpc", grpc::ALL),
    ("guessing", guessing::ALL),
    ("imports", imports::ALL),
    ("bad_input", bad_input::ALL),
    ("writers", writers::ALL),
    ("preconditions", preconditions::ALL),
    ("roles", roles::ALL),
    ("security", security::ALL),
    ("security::forged_tokens", security::forged_tokens::ALL),
    ("security::keys", security::keys::ALL),
    ("security::operators", security::operators::ALL),
    ("security::words", security::words::ALL),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_story_in_many_processes_on_real_servers() {
    let house = House::many_processes().await;
    let postgres = house.fleet().expect("many processes").postgres();
    plans::tell(postgres).await;
    let mut told = 0;
    for (file, stories) in FILES {
        for (name, story) in stories {
            println!("many_processes {file}::{name}");
            story(&house).await;
            told += 1;
        }
    }
    println!("{told} stories in one_process (a test each), {told} in many_processes");
    plans::judge(&postgres.log());
    assert!(house.stop().await, "every process ended well");
}
