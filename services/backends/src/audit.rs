//! The audit trail: who did what to whose data, and the proof that nobody changed what it says.
//!
//! Writes leave their rows in their own transactions ([`crate::Tx`]). Reads and denials are taken down by a [`Recorder`], in
//! batches. A [`Sealer`] gives every committed row its place in the chain of its family, and signs checkpoints; [`verify`] reads it
//! all again. What is changed before it is chained, within about a second, and a chain that is made anew from its last
//! checkpoint on, at most a minute old, can be told from the truth by nobody.

mod chain;
mod checkpoint;
mod page;
mod recorder;
mod sealer;
mod verify;

pub use checkpoint::{Key, Notary};
pub use recorder::Recorder;
pub use sealer::Sealer;
pub use verify::{Report, verify};
