//! How many requests are worked on at once, and who is let in when there are more. One place, which every public rpc passes,
//! whether it came as REST, gRPC or gRPC-web, before anything is counted or asked of a service.
//!
//! Each service has a turnstile of its own, so that one that is slow holds up no other. Whoever finds no place waits, first come, first
//! served, but not for long: an answer that comes too late is work for nobody. By the pace at which places come back it is known how
//! long a newcomer would wait; whoever would wait for too long is sent away at the door, and not after having waited. Where there has
//! always been somebody who waits, there is more to do than can be done, and nobody may wait for more than a moment (controlled delay,
//! as in CoDel); the more there are, the later they are asked to come again. Where some are sent away at the door, those who are in go
//! newest first (adaptive LIFO): few are served without a wait, and not all of them just too late. Those whose method is critical
//! (`edge.v1.Criticality`) go before all others. When too many wait, the newest of the least critical is sent away to make room.

mod class;
mod line;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use chassis::Error;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, UpDownCounter};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::contract::Method;
pub use class::Class;
use line::{LONG_MOMENT, Line, Lingering, Missed, Pass};

/// How many may be within.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// The requests worked on at once, for each service.
    pub at_once: usize,
    /// The requests that may wait for a place, for each service.
    pub waiting: usize,
    /// How long a request may wait.
    pub patience: Duration,
}

impl Default for Capacity {
    fn default() -> Self {
        Self { at_once: 128, waiting: 256, patience: Duration::from_millis(500) }
    }
}

/// For how long a request may be expected to wait where others always have.
const MOMENT: Duration = Duration::from_millis(30);

/// As how many times too much the demand counts at the most, when others are told when to come again.
const MOST_DEMAND: f64 = 4.0;

/// The turnstiles of all services.
pub struct Turnstiles {
    lines: HashMap<String, Arc<Line>>,
    patience: Duration,
    shed: Counter<u64>,
    at_work: UpDownCounter<i64>,
    waiting: UpDownCounter<i64>,
}

/// A request that is worked on, until it is dropped.
pub struct Admitted {
    _pass: Pass,
    _counted: Counted,
}

/// A request that has to go.
pub struct Refused {
    error: Error,
    lingering: Option<Lingering>,
}

impl Refused {
    /// Why, once it is time to tell.
    pub async fn told(self) -> Error {
        if let Some(lingering) = self.lingering {
            sleep(lingering.duration).await;
        }
        self.error
    }
}

/// One in a number that goes up and down.
struct Counted(UpDownCounter<i64>, [KeyValue; 1]);

impl Turnstiles {
    /// One for each service, by its full name.
    pub fn new(services: &BTreeSet<&str>, capacity: Capacity) -> Self {
        let meter = opentelemetry::global::meter("praan");
        let shed = meter
            .u64_counter("praan.admission.shed")
            .with_description(
                "How many requests the door refused since there was too much to do, by class and reason.",
            )
            .build();
        let at_work = meter
            .i64_up_down_counter("praan.admission.at_work")
            .with_description(
                "How many requests the door has let in, by service; streams count until they begin.",
            )
            .build();
        let waits = meter
            .i64_up_down_counter("praan.admission.waiting")
            .with_description("How many requests wait at the door, by class.")
            .build();
        for class in Class::ALL {
            // so that the first refusal shows as a change
            shed.add(
                0,
                &[KeyValue::new("class", class.name()), KeyValue::new("reason", Missed::Crowded.name())],
            );
        }
        let Capacity { at_once, waiting, patience } = capacity;
        let line = |service: &&str| ((*service).to_owned(), Line::new(at_once, waiting, patience));
        let lines = services.iter().map(line).collect();
        Self { lines, patience, shed, at_work, waiting: waits }
    }

    /// Lets a request in, at once or after a while; `left` is the time that its caller gives it. Fails when it has to go.
    pub async fn enter(&self, method: &Method, left: Option<Duration>) -> Result<Admitted, Refused> {
        let Some(line) = self.lines.get(&method.service) else {
            let error = Error::internal("a public service has no turnstile");
            return Err(Refused { error, lingering: None });
        };
        let (expected, most) = match line.is_crowded() {
            true => (MOMENT.min(self.patience), LONG_MOMENT.min(self.patience)),
            false => (self.patience, self.patience),
        };
        let left = left.unwrap_or(Duration::MAX);
        let entered = match line.step_up(method.class, expected.min(left)) {
            Ok(pass) => Ok(pass),
            Err(None) => Err(Missed::Crowded),
            Err(Some(turn)) => {
                let _counted = Counted::new(&self.waiting, KeyValue::new("class", method.class.name()));
                timeout(most.min(left), turn).await.unwrap_or(Err(Missed::Late))
            }
        };
        match entered {
            Ok(pass) => {
                let service = KeyValue::new("rpc.service", method.service.clone());
                Ok(Admitted { _pass: pass, _counted: Counted::new(&self.at_work, service) })
            }
            Err(missed) => {
                let class = KeyValue::new("class", method.class.name());
                self.shed.add(1, &[class, KeyValue::new("reason", missed.name())]);
                let error = Error::overloaded(retry_after(line.demand()));
                Err(Refused { error, lingering: line.refuse() })
            }
        }
    }
}

impl Counted {
    fn new(number: &UpDownCounter<i64>, label: KeyValue) -> Self {
        number.add(1, std::slice::from_ref(&label));
        Self(number.clone(), [label])
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.add(-1, &self.1);
    }
}

/// Between half a second and one and a half, so that those who are sent away together do not come back together; longer, the more of
/// them there are.
fn retry_after(demand: f64) -> Duration {
    // a version 4 id brings random bits without another dependency; the last sixteen hold neither version nor variant
    let chance = (Uuid::new_v4().as_u128() & 0xffff) as u32;
    let wait = Duration::from_millis(500)
        + Duration::from_secs(1).mul_f64(f64::from(chance) / f64::from(0x1_0000_u32));
    wait.mul_f64(demand.clamp(1.0, MOST_DEMAND))
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::contract::Contract;

    #[tokio::test(start_paused = true)]
    async fn where_there_is_always_somebody_nobody_waits_for_long() {
        let contract = Contract::read(proto::descriptors()).unwrap();
        let method = contract.methods().next().unwrap().clone();
        let capacity = Capacity { at_once: 1, waiting: 9, patience: Duration::from_millis(500) };
        let turnstiles = Turnstiles::new(&contract.services(), capacity);
        let begun = Instant::now();
        // how long one waits who comes then, while all places are taken
        let waits = async |millis| {
            sleep(Duration::from_millis(millis)).await;
            let came = Instant::now();
            assert!(turnstiles.enter(&method, None).await.is_err());
            came.elapsed().as_millis()
        };
        let within = turnstiles.enter(&method, None).await.ok().unwrap();
        let waited = tokio::join!(waits(0), waits(400), waits(600), waits(700));
        assert_eq!(waited, (500, 500, 60, 60));
        // the line was empty for a moment, and all is as before
        assert_eq!(waits(300).await, 500);
        assert_eq!(begun.elapsed().as_millis(), 1_700);
        drop(within);
        assert!(turnstiles.enter(&method, None).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn who_would_wait_for_too_long_is_sent_away_at_the_door() {
        let contract = Contract::read(proto::descriptors()).unwrap();
        let method = contract.methods().next().unwrap().clone();
        let capacity = Capacity { at_once: 1, waiting: 99, patience: Duration::from_millis(450) };
        let turnstiles = Turnstiles::new(&contract.services(), capacity);
        // ten a second
        let works = async || {
            let came = Instant::now();
            let entered = turnstiles.enter(&method, None).await;
            let waited = came.elapsed().as_millis();
            sleep(Duration::from_millis(100)).await;
            entered.ok().map(|_within| waited)
        };
        let first = tokio::join!(works(), works(), works(), works());
        assert_eq!(first, (Some(0), Some(100), Some(200), Some(300)), "nobody knew the pace yet");
        let mut waited = futures_util::future::join_all((0..9).map(|_| works())).await;
        waited.sort_unstable();
        let of_five = [None, None, None, None, Some(0), Some(100), Some(200), Some(300), Some(400)];
        assert_eq!(waited, of_five);
    }

    #[test]
    fn the_more_there_are_the_later_they_come_again() {
        for (demand, from, until) in [(0.5, 500, 1500), (2.0, 1000, 3000), (9.0, 2000, 6000)] {
            let after = retry_after(demand);
            assert!((from..until).contains(&after.as_millis()), "{demand}: {after:?}");
        }
    }
}
