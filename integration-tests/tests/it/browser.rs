//! A page in a real browser does the main job: over gRPC-web from an origin of its own, its photo straight to the object store, and
//! hears the result live. And the mesh shows its own docs there.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::process::Stdio;

use integration_tests::{Api, House, photo};
use serde_json::{Value, json};
use tokio::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn a_page_logs_a_meal_and_a_photo_and_hears_of_both() {
    let folder = tempfile::tempdir().expect("a folder");
    let picture = folder.path().join("meal.jpg");
    std::fs::write(&picture, photo::jpeg(7)).expect("a photo");
    let port = free_port().await;
    let house = House::with(|edge, _| edge.cors_origins = vec![format!("http://127.0.0.1:{port}")]).await;
    // kept beside the build, for a person to look at
    let screenshot = concat!(env!("CARGO_TARGET_TMPDIR"), "/page.png");
    let port = port.to_string();
    let shown = node(&[
        "browser.mjs".as_ref(),
        house.url.as_ref(),
        port.as_ref(),
        picture.as_ref(),
        screenshot.as_ref(),
    ])
    .await;
    assert_eq!(shown["after_meal"], "50");
    let after_photo: f64 = shown["after_photo"].as_str().and_then(|text| text.parse().ok()).expect("a score");
    assert!((50.0..=100.0).contains(&after_photo), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_docs_show_every_route_and_try_one() {
    let house = House::one_process().await;
    let screenshot = concat!(env!("CARGO_TARGET_TMPDIR"), "/docs.png");
    let shown = node(&["docs.mjs".as_ref(), house.url.as_ref(), screenshot.as_ref()]).await;
    let document = Api::nobody(&house.url).get("/openapi.json").await.expect(200);
    let described = document["paths"].as_object().expect("paths").iter().flat_map(|(path, operations)| {
        operations.as_object().expect("operations").keys().map(move |verb| format!("{verb} {path}"))
    });
    let routes = shown["routes"].as_array().expect("routes").iter().filter_map(Value::as_str);
    assert_eq!(routes.map(str::to_owned).collect::<BTreeSet<_>>(), described.collect());
    assert_eq!(shown["status"], "200", "of what was tried out");
    assert_eq!((&shown["complaints"], &shown["elsewhere"]), (&json!([]), &json!([])));
}

/// Runs a script of `clients` that prints one JSON object.
async fn node(arguments: &[&OsStr]) -> Value {
    let ran = Command::new("node")
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/clients"))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("node runs");
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    println!("{said}");
    serde_json::from_str(&said).expect("one JSON object")
}

/// A port that was free a moment ago: the house must know the page's origin before the page is there.
async fn free_port() -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    listener.local_addr().expect("its address").port()
}
