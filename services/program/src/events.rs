//! What program tells the others, in the past tense. Ids only, never health data.

use backends::Tx;
use chassis::Error;
use serde::Serialize;

use crate::domain::program::Program;

/// A program's goals, state or title changed; `version` is that of the plan it has now.
#[derive(Serialize)]
struct ProgramChanged {
    program_id: i64,
    family_id: i64,
    version: i64,
}

/// Leaves the news of a change in the outbox.
pub async fn program_changed(tx: &Tx, program: &Program) -> Result<(), Error> {
    let Program { id: program_id, family_id, plan_version: version, .. } = *program;
    tx.publish("program.changed", &ProgramChanged { program_id, family_id, version }).await?;
    Ok(())
}
