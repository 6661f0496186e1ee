//! A model that takes its time, and counts how often it is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The model, behind the chat completions of OpenAI.
pub struct SlowModel {
    pub url: String,
    asked: Arc<AtomicUsize>,
}

impl SlowModel {
    /// Starts one that takes so long for an answer.
    #[allow(clippy::disallowed_methods, reason = "it ends with the test")]
    pub async fn start(takes: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/v1", listener.local_addr().expect("its address"));
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, takes, count.clone()));
            }
        });
        Self { url, asked }
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn answer(mut stream: TcpStream, takes: Duration, asked: Arc<AtomicUsize>) {
    let mut bytes = Vec::new();
    while !is_whole(&bytes) {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
    }
    asked.fetch_add(1, Ordering::SeqCst);
    tokio::time::sleep(takes).await;
    let plate = json!({"items": [{"name": "Rice", "quantity_g": 150, "calories": 195, "protein_g": 4, "carbs_g": 42,
        "fat_g": 0.5, "fiber_g": 0.6, "sugar_g": 0.1, "confidence": 0.9}]});
    let message = json!({"role": "assistant", "content": plate.to_string()});
    let body = json!({"choices": [{"finish_reason": "stop", "message": message}]}).to_string();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
}

/// Whether a request has come to its end.
fn is_whole(bytes: &[u8]) -> bool {
    let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    let length = text.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    length
        .and_then(|length| length.parse::<usize>().ok())
        .is_none_or(|length| bytes.len() >= head + 4 + length)
}
