use futures_util::FutureExt;
use tokio::time::Instant;

use super::Class::{Critical, Plain, Sheddable};
use super::pace::Pace;
use super::*;

const HOUR: Duration = Duration::from_secs(3_600);

fn waits(line: &Arc<Line>, class: Class) -> Turn {
    line.step_up(class, HOUR).err().flatten().unwrap()
}

fn pass(line: &Arc<Line>, class: Class) -> Pass {
    line.step_up(class, HOUR).ok().unwrap()
}

/// The class and number of each turn that has a pass by now, and the turn's fate otherwise.
fn fate(turn: &mut Turn) -> &'static str {
    match turn.now_or_never() {
        None => "waits",
        Some(Ok(_pass)) => "passed",
        Some(Err(missed)) => missed.name(),
    }
}

#[test]
fn critical_ones_go_first_and_of_equals_the_oldest() {
    let line = Line::new(1, 9, HOUR);
    let first = pass(&line, Plain);
    let mut turns: Vec<_> =
        [Sheddable, Plain, Critical, Plain, Critical, Sheddable].map(|class| waits(&line, class)).into();
    drop(first);
    let mut order = Vec::new();
    while !turns.is_empty() {
        let next =
            turns.iter_mut().position(|turn| turn.receiver.try_recv().is_ok_and(|_pass| true)).unwrap();
        order.push((turns[next].class, turns.remove(next).number));
    }
    let by_rank = [(Critical, 2), (Critical, 4), (Plain, 1), (Plain, 3), (Sheddable, 0), (Sheddable, 5)];
    assert_eq!(order, by_rank);
    assert_eq!(line.state().at_work, 0);
}

#[test]
fn when_too_many_wait_the_newest_of_the_least_critical_goes() {
    let line = Line::new(1, 3, HOUR);
    let _first = pass(&line, Plain);
    let mut old = [waits(&line, Sheddable), waits(&line, Sheddable), waits(&line, Plain)];
    assert!(matches!(line.step_up(Sheddable, HOUR), Err(None)), "its like were here first");
    let mut critical = waits(&line, Critical);
    assert_eq!(old.each_mut().map(fate), ["waits", "crowded", "waits"]);
    let mut plain = waits(&line, Plain);
    assert_eq!((fate(&mut old[0]), fate(&mut old[2])), ("crowded", "waits"));
    assert!(matches!(line.step_up(Plain, HOUR), Err(None)));
    let _second = waits(&line, Critical);
    assert_eq!((fate(&mut plain), fate(&mut old[2])), ("crowded", "waits"));
    let _third = waits(&line, Critical);
    assert_eq!(fate(&mut old[2]), "crowded");
    assert!(matches!(line.step_up(Critical, HOUR), Err(None)));
    assert_eq!(fate(&mut critical), "waits");
}

#[tokio::test(start_paused = true)]
async fn by_the_pace_of_the_last_it_is_known_how_long_the_next_would_wait() {
    let line = Line::new(1, 99, HOUR);
    let mut within = Some(pass(&line, Plain));
    for _ in 0..100 {
        let turn = waits(&line, Plain);
        tokio::time::sleep(Duration::from_millis(10)).await;
        drop(within.take());
        within = turn.now_or_never().unwrap().ok();
    }
    let _turns = [Plain, Plain, Sheddable].map(|class| waits(&line, class));
    let waits_for =
        |class, millis| matches!(line.step_up(class, Duration::from_millis(millis)), Err(Some(_)));
    // each of these leaves the line at once
    assert!(!waits_for(Plain, 29) && waits_for(Plain, 30));
    assert!(!waits_for(Sheddable, 39) && waits_for(Sheddable, 40));
    assert!(!waits_for(Critical, 9) && waits_for(Critical, 10));
}

#[tokio::test(start_paused = true)]
async fn while_some_are_refused_at_the_door_the_newest_go_first_and_nobody_waits_for_long() {
    let line = Line::new(1, 99, Duration::from_millis(50));
    let mut within = Some(pass(&line, Plain));
    let mut next = async |turns: &mut [Turn]| {
        tokio::time::sleep(Duration::from_millis(30)).await;
        drop(within.take());
        let next = turns.iter_mut().find_map(|turn| Some((turn.number, turn.now_or_never()?.ok()?)));
        let (number, place) = next.unwrap();
        within = Some(place);
        number
    };
    let mut turns: Vec<_> = [Plain; 4].map(|class| waits(&line, class)).into();
    assert_eq!((next(&mut turns).await, next(&mut turns[1..]).await), (0, 1), "it is not known how soon");
    line.state().pace = Pace::over(Duration::ZERO);
    line.state().pace.begin(Instant::now());
    assert_eq!(next(&mut turns[2..]).await, 2);
    assert!(matches!(line.step_up(Plain, Duration::ZERO), Err(None)));
    turns.extend([Plain; 2].map(|class| waits(&line, class)));
    assert_eq!(next(&mut turns[4..]).await, 5);
    assert_eq!((fate(&mut turns[3]), fate(&mut turns[4])), ("crowded", "waits"));
    tokio::time::sleep(Duration::from_secs(1)).await;
    turns.push(waits(&line, Plain));
    assert_eq!(next(&mut turns[4..5]).await, 4, "the oldest again");
}

#[test]
fn what_can_be_shed_leaves_places_free() {
    let line = Line::new(16, 9, HOUR);
    let passes = |class| std::iter::from_fn(|| line.step_up(class, HOUR).ok()).collect::<Vec<_>>();
    let sheddable = passes(Sheddable);
    let (plain, critical) = (passes(Plain), passes(Critical));
    assert_eq!((sheddable.len(), plain.len(), critical.len()), (8, 6, 2));
    let mut turns = [waits(&line, Plain), waits(&line, Critical)];
    drop(critical);
    assert_eq!(turns.each_mut().map(fate), ["waits", "passed"], "the last two are for what is critical");
}

#[test]
fn who_leaves_the_line_or_leaves_with_a_pass_holds_up_nobody() {
    let line = Line::new(1, 9, HOUR);
    let first = pass(&line, Plain);
    let (gone, granted, mut last) = (waits(&line, Plain), waits(&line, Critical), waits(&line, Sheddable));
    drop(gone);
    assert_eq!(line.state().waiting.each_ref().map(VecDeque::len), [1, 0, 1]);
    drop(first);
    assert_eq!(fate(&mut last), "waits");
    // it was let in, and never knew
    drop(granted);
    assert_eq!(fate(&mut last), "passed");
    assert_eq!(line.state().at_work, 0);
}

#[test]
fn nobody_waits_where_nobody_may() {
    let line = Line::new(1, 0, HOUR);
    let _first = pass(&line, Sheddable);
    assert!(Class::ALL.into_iter().all(|class| matches!(line.step_up(class, HOUR), Err(None))));
}
