use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// How many marks there are. Programs that share one make each other's summaries worthless, and never keep a wrong one.
const MARKS: usize = 1 << 18;

/// A mark for every program, which moves whenever its scores or its plan do.
#[derive(Clone)]
pub struct Marks(Arc<Kept>);

struct Kept {
    marks: Box<[AtomicU32]>,
    /// Moves with all of them.
    epoch: AtomicU32,
}

/// Where a mark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    epoch: u32,
    place: u32,
}

impl Mark {
    /// Whether this is the very next place after another.
    pub fn follows(self, other: Self) -> bool {
        self.epoch == other.epoch && self.place == other.place.wrapping_add(1)
    }
}

impl Default for Marks {
    fn default() -> Self {
        let marks = (0..MARKS).map(|_| AtomicU32::new(0)).collect();
        Self(Arc::new(Kept { marks, epoch: AtomicU32::new(0) }))
    }
}

impl Marks {
    /// Where it is.
    pub fn of(&self, program_id: i64) -> Mark {
        self.at(self.mark(program_id).load(Ordering::Acquire))
    }

    /// Moves it, and tells where it is then.
    pub fn move_on(&self, program_id: i64) -> Mark {
        self.at(self.mark(program_id).fetch_add(1, Ordering::AcqRel).wrapping_add(1))
    }

    /// Moves all of them.
    pub fn move_all(&self) {
        self.0.epoch.fetch_add(1, Ordering::AcqRel);
    }

    fn at(&self, place: u32) -> Mark {
        Mark { epoch: self.0.epoch.load(Ordering::Acquire), place }
    }

    fn mark(&self, program_id: i64) -> &AtomicU32 {
        &self.0.marks[program_id.rem_euclid(MARKS as i64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_moves_by_itself_or_with_all_others() {
        let marks = Marks::default();
        let before = (marks.of(7), marks.of(8));
        assert!(marks.move_on(7).follows(before.0));
        assert_eq!(marks.of(8), before.1);
        let moved = marks.of(7);
        marks.clone().move_all();
        assert!(marks.of(7) != moved && marks.of(8) != before.1);
        assert!(!marks.move_on(7).follows(moved), "more has happened than that");
    }
}
