use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// How many marks there are. Programs that share one make each other's summaries worthless, and never keep a wrong one.
const MARKS: usize = 1 << 16;

/// A mark for every program, which moves whenever its scores or its plan do.
#[derive(Clone)]
pub struct Marks(Arc<[AtomicU32]>);

impl Default for Marks {
    fn default() -> Self {
        Self((0..MARKS).map(|_| AtomicU32::new(0)).collect())
    }
}

impl Marks {
    /// Where it is.
    pub fn of(&self, program_id: i64) -> u32 {
        self.mark(program_id).load(Ordering::Acquire)
    }

    /// Moves it, and tells where it is then.
    pub fn move_on(&self, program_id: i64) -> u32 {
        self.mark(program_id).fetch_add(1, Ordering::AcqRel).wrapping_add(1)
    }

    /// Moves all of them.
    pub fn move_all(&self) {
        for mark in self.0.iter() {
            mark.fetch_add(1, Ordering::AcqRel);
        }
    }

    fn mark(&self, program_id: i64) -> &AtomicU32 {
        &self.0[program_id.rem_euclid(MARKS as i64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_moves_by_itself_or_with_all_others() {
        let marks = Marks::default();
        let of = |marks: &Marks| (marks.of(7), marks.of(8));
        assert_eq!(marks.move_on(7), 1);
        assert_eq!(of(&marks), (1, 0));
        marks.clone().move_all();
        assert_eq!(of(&marks), (2, 1));
    }
}
