use std::time::Duration;

/// Asks again until the answer is yes; a no for half a minute is a failure.
pub async fn until<F: Future<Output = bool>>(what: &str, mut ask: impl FnMut() -> F) {
    let asking = async {
        while !ask().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(
        tokio::time::timeout(Duration::from_secs(30), asking).await.is_ok(),
        "waited in vain for: {what}"
    );
}
