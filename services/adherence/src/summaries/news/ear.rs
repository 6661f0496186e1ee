//! What one process makes of what it hears, and of what it does not.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::Message;

/// Who is silent for so long is no longer heard.
const SILENCE: Duration = Duration::from_secs(5);
/// How often everything falls while somebody is not heard.
const AGE: Duration = Duration::from_secs(60);
/// Who is silent for so long is gone without a goodbye.
const GONE: Duration = Duration::from_secs(3_600);
/// The same with one. Until then a process that stops may still write what it was asked for before.
const LEFT: Duration = Duration::from_secs(150);

/// What is worth nothing any more of what is at hand.
#[derive(Debug, PartialEq, Eq)]
pub enum Worthless {
    /// Some programs' summaries, or none.
    Some(Vec<i64>),
    /// All of them.
    All,
}

/// Listens for one process, by the clock that is passed to it.
pub struct Ear {
    me: Uuid,
    tellers: HashMap<Uuid, Heard>,
    /// When everything fell.
    fell: Instant,
}

struct Heard {
    number: u64,
    at: Instant,
    gone_after: Duration,
}

impl Heard {
    fn new(number: u64, at: Instant) -> Self {
        Self { number, at, gone_after: GONE }
    }
}

impl Ear {
    /// Which has heard nothing yet, also not itself.
    pub fn of(me: Uuid, now: Instant) -> Self {
        Self { me, tellers: HashMap::from([(me, Heard::new(0, now))]), fell: now }
    }

    /// What a message makes worthless.
    pub fn hear(&mut self, message: Message, now: Instant) -> Worthless {
        let Message { teller, number, programs } = message;
        let Some(number) = number else {
            self.tellers.entry(teller).and_modify(|heard| heard.gone_after = LEFT);
            return Worthless::Some(Vec::new());
        };
        // what nobody knows to have been said is said again
        let before = self.tellers.get(&teller).map_or(0, |heard| heard.number);
        self.tellers.insert(teller, Heard::new(number.max(before), now));
        if number > before + 1 {
            self.fell = now;
            Worthless::All
        } else if teller == self.me {
            Worthless::Some(Vec::new())
        } else {
            Worthless::Some(programs)
        }
    }

    /// What the silence of others makes worthless.
    pub fn listen(&mut self, now: Instant) -> Worthless {
        let silent_for = |heard: &Heard| now.saturating_duration_since(heard.at);
        let me = self.me;
        self.tellers.retain(|teller, heard| *teller == me || silent_for(heard) < heard.gone_after);
        let silent = self.tellers.values().any(|heard| silent_for(heard) > SILENCE);
        if silent && now.saturating_duration_since(self.fell) >= AGE {
            self.fell = now;
            return Worthless::All;
        }
        Worthless::Some(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(2);
    const NOTHING: Worthless = Worthless::Some(Vec::new());

    fn said(teller: Uuid, number: u64, programs: &[i64]) -> Message {
        Message { teller, number: Some(number), programs: programs.to_vec() }
    }

    fn goodbye(teller: Uuid) -> Message {
        Message { teller, number: None, programs: Vec::new() }
    }

    #[test]
    fn one_hears_of_what_others_tell_and_notices_what_is_missing() {
        let now = Instant::now();
        let mut ear = Ear::of(ME, now);
        assert_eq!(ear.hear(said(ME, 1, &[7]), now), NOTHING, "that is known here");
        assert_eq!(ear.hear(said(OTHER, 1, &[7, 8]), now), Worthless::Some(vec![7, 8]));
        assert_eq!(ear.hear(said(OTHER, 2, &[]), now), NOTHING);
        assert_eq!(ear.hear(said(OTHER, 4, &[9]), now), Worthless::All, "the third is missing");
        assert_eq!(ear.hear(said(OTHER, 5, &[9]), now), Worthless::Some(vec![9]));
        assert_eq!(ear.hear(said(OTHER, 5, &[9, 10]), now), Worthless::Some(vec![9, 10]), "it is said again");
        assert_eq!(ear.hear(said(OTHER, 4, &[9]), now), Worthless::Some(vec![9]), "and may come late");
        assert_eq!(ear.hear(said(OTHER, 6, &[]), now), NOTHING);
        assert_eq!(ear.hear(said(Uuid::from_u128(3), 9, &[]), now), Worthless::All, "eight were missed");
        assert_eq!(ear.hear(said(ME, 3, &[]), now), Worthless::All, "others may have missed it too");
    }

    /// When everything falls in 400 seconds, where the other is heard for the first 100 and says goodbye once.
    fn falls(goodbye_at: u64) -> Vec<u64> {
        let begun = Instant::now();
        let mut ear = Ear::of(ME, begun);
        let all = |second: &u64| {
            let (second, now) = (*second, begun + Duration::from_secs(*second));
            ear.hear(said(ME, second + 1, &[]), now);
            if second < 100 {
                ear.hear(said(OTHER, second + 1, &[]), now);
            }
            if second == goodbye_at {
                ear.hear(goodbye(OTHER), now);
            }
            ear.listen(now) == Worthless::All
        };
        (0..400).filter(all).collect()
    }

    #[test]
    fn while_somebody_is_silent_everything_falls_by_its_age() {
        assert_eq!(falls(300), [105, 165, 225, 285]);
    }

    #[test]
    fn who_says_goodbye_is_waited_for_until_it_writes_no_more() {
        assert_eq!(falls(100), [105, 165, 225]);
    }

    #[test]
    fn who_does_not_hear_itself_hears_nobody() {
        let begun = Instant::now();
        let mut ear = Ear::of(ME, begun);
        let falls = (0..130).filter(|s| ear.listen(begun + Duration::from_secs(*s)) == Worthless::All);
        assert_eq!(falls.collect::<Vec<_>>(), [60, 120]);
        // and who was gone for an hour is waited for no longer, but for itself
        ear.hear(said(OTHER, 1, &[]), begun);
        ear.hear(said(ME, 1, &[]), begun + Duration::from_secs(3_700));
        ear.listen(begun + Duration::from_secs(3_700));
        assert_eq!(ear.listen(begun + Duration::from_secs(3_704)), NOTHING);
    }
}
