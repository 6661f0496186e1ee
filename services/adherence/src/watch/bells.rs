use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch::{Receiver, Sender};

/// One bell for every program that is watched in this process.
#[derive(Clone, Default)]
pub struct Bells(Arc<Mutex<HashMap<i64, Sender<()>>>>);

/// Hears a program's bell. The last one to go takes the bell down.
pub struct Listener {
    bells: Bells,
    program_id: i64,
    receiver: Receiver<()>,
}

impl Bells {
    /// Rings a program's bell, after the commit of what there is to hear of.
    pub fn ring(&self, program_id: i64) {
        if let Some(bell) = self.all().get(&program_id) {
            bell.send_replace(());
        }
    }

    /// Listens from now on.
    pub fn listen(&self, program_id: i64) -> Listener {
        let receiver = self.all().entry(program_id).or_default().subscribe();
        Listener { bells: self.clone(), program_id, receiver }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<i64, Sender<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    /// Resolves once the bell has rung since the last time, or since listening began.
    pub async fn rung(&mut self) {
        // an error would mean that the bell is gone, which it is not while somebody listens
        let _ = self.receiver.changed().await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut bells = self.bells.all();
        if bells.get(&self.program_id).is_some_and(|bell| bell.receiver_count() <= 1) {
            bells.remove(&self.program_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_bell_is_heard_by_all_who_listen_to_its_program() {
        let bells = Bells::default();
        bells.ring(1);
        let (mut first, mut second, mut other) = (bells.listen(1), bells.listen(1), bells.listen(2));
        assert!(first.rung().now_or_never().is_none(), "it rang before");
        bells.ring(1);
        bells.ring(1);
        assert!(first.rung().now_or_never().is_some());
        assert!(first.rung().now_or_never().is_none(), "heard once is enough");
        assert!(second.rung().now_or_never().is_some());
        assert!(other.rung().now_or_never().is_none());
    }

    #[test]
    fn the_last_listener_takes_the_bell_down() {
        let bells = Bells::default();
        let (first, second) = (bells.listen(1), bells.listen(1));
        drop(first);
        assert_eq!(bells.all().len(), 1);
        drop(second);
        assert!(bells.all().is_empty());
    }
}
