use std::sync::{Arc, Mutex};

use backends::queue::{Handler, Message, Outcome};

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
