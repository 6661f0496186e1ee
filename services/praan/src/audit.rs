//! `praan audit verify`: whether the audit trails can be trusted.

use std::time::Duration;

use backends::audit::{Report, verify};
use chassis::{Error, Foundation};

use crate::house::Base;
use crate::migrate;
use crate::options::{Service, Verify};

/// Checks trails, says what it finds, and fails when anything is wrong.
pub async fn run(options: &Verify, say: impl Fn(&str)) -> Result<(), Error> {
    let foundation = Foundation::system();
    let base = Base::open(&options.storage, &foundation)?;
    base.objects().await?;
    let wanted = |service: &Service| options.services.is_empty() || options.services.contains(service);
    let mut faults = 0;
    for service in Service::with_database().filter(wanted) {
        let name = service.name();
        let db = base.database(service).await?;
        migrate::tables(service, &db).await?;
        let Report { rows, checkpoints, faults: found } =
            verify(&db, &base.notary(service)?, |progress| say(&format!("{name}: {progress}"))).await?;
        db.close().await?;
        for fault in &found {
            say(&format!("{name}: {fault}"));
        }
        say(&format!("{name}: {rows} rows, {checkpoints} checkpoints, {} faults", found.len()));
        faults += found.len();
    }
    foundation.tasks.stop(Duration::from_secs(10)).await;
    match faults {
        0 => Ok(()),
        faults => Err(Error::illegal_state(format!("the audit trail cannot be trusted: {faults} faults"))),
    }
}
