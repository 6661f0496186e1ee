use std::sync::{Arc, Mutex};

use backends::queue::{Handler, Message, Outcome};
use tokio::sync::Semaphore;

/// Keeps what it gets and answers as it is told.
pub struct Recorder {
    seen: Mutex<Vec<Message>>,
    answer: Box<dyn Fn(&Message) -> Outcome + Send + Sync>,
}

impl Recorder {
    pub fn new(answer: impl Fn(&Message) -> Outcome + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { seen: Mutex::default(), answer: Box::new(answer) })
    }

    pub fn seen(&self) -> Vec<Message> {
        self.seen.lock().unwrap().clone()
    }

    /// The numbers in the bodies, in order.
    pub fn numbers(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = self.seen().iter().map(|message| message.read().unwrap()).collect();
        numbers.sort_unstable();
        numbers
    }

    /// The number of the attempt, for each delivery.
    pub fn attempts(&self) -> Vec<u32> {
        self.seen().iter().map(|message| message.attempt).collect()
    }
}

#[async_trait::async_trait]
impl Handler for Recorder {
    async fn handle(&self, message: &Message) -> Outcome {
        self.seen.lock().unwrap().push(message.clone());
        (self.answer)(message)
    }
}

/// Finishes a message for each permit it is given.
pub struct Gated {
    pub begun: Semaphore,
    pub gate: Semaphore,
}

impl Gated {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { begun: Semaphore::new(0), gate: Semaphore::new(0) })
    }
}

#[async_trait::async_trait]
impl Handler for Gated {
    async fn handle(&self, _: &Message) -> Outcome {
        self.begun.add_permits(1);
        self.gate.acquire().await.unwrap().forget();
        Outcome::Done
    }
}
