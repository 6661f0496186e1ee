//! A page in a real browser does the main job: over gRPC-web from an origin of its own, its photo straight to the object store, and
//! hears the result live.

use std::process::Stdio;

use integration_tests::{House, photo};
use serde_json::Value;
use tokio::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn a_page_logs_a_meal_and_a_photo_and_hears_of_both() {
    let clients = concat!(env!("CARGO_MANIFEST_DIR"), "/clients");
    let folder = tempfile::tempdir().expect("a folder");
    let picture = folder.path().join("meal.jpg");
    std::fs::write(&picture, photo::jpeg(7)).expect("a photo");
    let port = free_port().await;
    let house = House::with(|edge, _| edge.cors_origins = vec![format!("http://127.0.0.1:{port}")]).await;
    // kept beside the build, for a person to look at
    let screenshot = concat!(env!("CARGO_TARGET_TMPDIR"), "/page.png");
    let ran = Command::new("node")
        .args(["browser.mjs", &house.url, &port.to_string()])
        .args([picture.as_os_str(), screenshot.as_ref()])
        .current_dir(clients)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("node runs");
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    println!("{said}the page is shown in {screenshot}");
    let shown: Value = serde_json::from_str(&said).expect("one JSON object");
    assert_eq!(shown["after_meal"], "50");
    let after_photo: f64 = shown["after_photo"].as_str().and_then(|text| text.parse().ok()).expect("a score");
    assert!((50.0..=100.0).contains(&after_photo), "{shown}");
}

/// A port that was free a moment ago: the house must know the page's origin before the page is there.
async fn free_port() -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    listener.local_addr().expect("its address").port()
}
