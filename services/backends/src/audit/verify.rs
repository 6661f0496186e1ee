//! Reads a whole audit trail, and finds whatever was changed, removed, put in, put in another order, or rolled back.

use std::collections::HashMap;

use chassis::Error;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    Statement, Value,
};

use super::chain::{self, Hash, Seal};
use super::checkpoint::{Notary, text};
use crate::db::{audit_chain, audit_checkpoint, audit_log, audit_seal};
use crate::error::DbResultExt;
use crate::{Database, Scope};

/// How many rows are read at a time.
const PAGE: u64 = 1_000;
/// How many faults are told; where there are more, these are enough.
const MOST_FAULTS: usize = 100;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many rows are chained.
    pub rows: i64,
    /// How many checkpoints vouch for them.
    pub checkpoints: i64,
    /// What is wrong; nothing in a trail that can be trusted.
    pub faults: Vec<String>,
}

/// Checks the trail of a service. `progress` hears of long work.
pub async fn verify(db: &Database, notary: &Notary, progress: impl Fn(&str)) -> Result<Report, Error> {
    let mut check = Check { db, notary, report: Report::default() };
    check.chains(&progress).await?;
    check.strays().await?;
    let seals = check.seals(&progress).await?;
    check.checkpoints(&seals).await?;
    Ok(check.report)
}

struct Check<'a> {
    db: &'a Database,
    notary: &'a Notary,
    report: Report,
}

impl Check<'_> {
    fn fault(&mut self, fault: impl Into<String>) {
        if self.report.faults.len() < MOST_FAULTS {
            self.report.faults.push(fault.into());
        }
    }

    /// Every family's chain, link by link.
    async fn chains(&mut self, progress: &impl Fn(&str)) -> Result<(), Error> {
        let (mut place, mut hash) = ((i64::MIN, 0), chain::beginning());
        loop {
            let (links, rows) = self.links(place).await?;
            let Some(last) = links.last() else { return Ok(()) };
            let end = (last.family_id, last.sequence);
            for link in &links {
                let (family_id, sequence) = (link.family_id, link.sequence);
                if place.0 != family_id {
                    (place, hash) = ((family_id, 0), chain::beginning());
                }
                if sequence != place.1 + 1 {
                    let next = place.1 + 1;
                    self.fault(format!("family {family_id}: row {next} is missing, row {sequence} follows"));
                }
                match rows.get(&(family_id, link.audit_id)) {
                    None => {
                        self.fault(format!("family {family_id}: row {sequence} was removed from audit_logs"))
                    }
                    Some(row) if chain::link(&hash, sequence, row)? != link.hash => {
                        self.fault(format!("family {family_id}: row {sequence} is not what was chained"));
                    }
                    Some(_) => {}
                }
                (place, hash) = ((family_id, sequence), link.hash.clone());
                self.report.rows += 1;
            }
            if self.report.rows % 100_000 < links.len() as i64 {
                progress(&format!("{} rows read", self.report.rows));
            }
            place = end;
        }
    }

    /// Some links after a place, and the rows that they are about.
    async fn links(
        &self,
        (family_id, sequence): (i64, i64),
    ) -> Result<(Vec<audit_chain::Model>, HashMap<(i64, i64), audit_log::Model>), Error> {
        let after = "WHERE (link.family_id, link.sequence) > ($1, $2) ORDER BY link.family_id, link.sequence";
        let ask = |select: &str| {
            let sql = format!("{select} {after} LIMIT {PAGE}");
            Statement::from_sql_and_values(self.db.backend(), sql, [family_id.into(), sequence.into()])
        };
        let reader = self.db.read_primary(Scope::Audit).await?;
        let links = audit_chain::Model::find_by_statement(ask("SELECT link.* FROM audit_chain AS link"));
        let links = links.all(reader.connection()).await.stored()?;
        let rows = audit_log::Model::find_by_statement(ask("SELECT log.* FROM audit_chain AS link
                JOIN audit_logs AS log ON log.family_id = link.family_id AND log.id = link.audit_id"));
        let rows = rows.all(reader.connection()).await.stored()?;
        Ok((links, rows.into_iter().map(|row| ((row.family_id, row.id), row)).collect()))
    }

    /// Rows that came in by no proper way, and those that went before they had a place.
    async fn strays(&mut self) -> Result<(), Error> {
        let unchained = "SELECT count(*) AS count FROM audit_logs AS log
            WHERE NOT EXISTS (SELECT 1 FROM audit_chain AS link WHERE link.family_id = log.family_id AND link.audit_id = log.id)
            AND NOT EXISTS (SELECT 1 FROM audit_pending AS pending
                WHERE pending.family_id = log.family_id AND pending.audit_id = log.id)";
        let gone = "SELECT count(*) AS count FROM audit_pending AS pending WHERE NOT EXISTS
            (SELECT 1 FROM audit_logs AS log WHERE log.family_id = pending.family_id AND log.id = pending.audit_id)";
        let late = "SELECT count(*) AS count FROM audit_pending AS pending
            JOIN audit_logs AS log ON log.family_id = pending.family_id AND log.id = pending.audit_id WHERE log.timestamp < $1";
        let minute_ago = self.db.clock().now() - chrono::TimeDelta::minutes(1);
        for (sql, values, fault) in [
            (unchained, vec![], "rows are in audit_logs that were never to be chained"),
            (gone, vec![], "rows were removed before they were chained"),
            (
                late,
                vec![minute_ago.into()],
                "rows wait to be chained for over a minute; `praan job seal-audit` chains them",
            ),
        ] {
            let count = self.count(sql, values).await?;
            if count > 0 {
                self.fault(format!("{count} {fault}"));
            }
        }
        Ok(())
    }

    async fn count(&self, sql: &str, values: Vec<Value>) -> Result<i64, Error> {
        let reader = self.db.read_primary(Scope::Audit).await?;
        let ask = Statement::from_sql_and_values(self.db.backend(), sql, values);
        let row = reader.connection().query_one_raw(ask).await.stored()?;
        row.ok_or_else(|| Error::internal("a count has no row"))?.try_get("", "count").stored()
    }

    /// Every seal against the links that it holds together; returns the digests and totals, by number.
    async fn seals(&mut self, progress: &impl Fn(&str)) -> Result<HashMap<i64, (Hash, i64)>, Error> {
        let (mut known, mut digest, mut total, mut number) = (HashMap::new(), chain::beginning(), 0, 0);
        loop {
            let reader = self.db.read_primary(Scope::Audit).await?;
            let page = audit_seal::Entity::find()
                .filter(audit_seal::Column::Number.gt(number))
                .order_by_asc(audit_seal::Column::Number)
                .limit(PAGE);
            let page = page.all(reader.connection()).await.stored()?;
            drop(reader);
            if page.is_empty() {
                break;
            }
            for seal in page {
                if seal.number != number + 1 {
                    self.fault(format!("seal {} is missing, seal {} follows", number + 1, seal.number));
                }
                let links = self.links_of(seal.number).await?;
                let mut computed = Seal::after(&digest, seal.number);
                links.iter().for_each(|link| computed.add(link.family_id, link.sequence, &link.hash));
                total += i64::try_from(links.len()).map_err(Error::internal)?;
                if computed.digest() != seal.digest || total != seal.total {
                    self.fault(format!("seal {} does not hold what was chained under it", seal.number));
                }
                (number, digest, total) = (seal.number, seal.digest.clone(), seal.total);
                known.insert(seal.number, (seal.digest, seal.total));
            }
            progress(&format!("{number} seals read"));
        }
        if total != self.report.rows {
            let rows = self.report.rows;
            self.fault(format!("{total} rows were sealed, and {rows} are chained"));
        }
        Ok(known)
    }

    async fn links_of(&self, seal: i64) -> Result<Vec<audit_chain::Model>, Error> {
        let reader = self.db.read_primary(Scope::Audit).await?;
        let links = audit_chain::Entity::find()
            .filter(audit_chain::Column::Seal.eq(seal))
            .order_by_asc(audit_chain::Column::FamilyId)
            .order_by_asc(audit_chain::Column::Sequence);
        links.all(reader.connection()).await.stored()
    }

    /// Every checkpoint against the seal it signs, and the last against its copy, beyond which there must be none.
    async fn checkpoints(&mut self, seals: &HashMap<i64, (Hash, i64)>) -> Result<(), Error> {
        let mut last = None;
        loop {
            let number = last.as_ref().map_or(0, |last: &audit_checkpoint::Model| last.number);
            let page = self.checkpoints_after(number).await?;
            if page.is_empty() {
                break;
            }
            for checkpoint in page {
                self.checkpoint(&checkpoint, last.as_ref(), seals);
                self.report.checkpoints += 1;
                last = Some(checkpoint);
            }
        }
        let number = last.as_ref().map_or(0, |last| last.number);
        if let Some(last) = &last
            && self.notary.objects.is_some()
            && self.notary.copied(number).await? != Some(self.notary.copy_of(last))
        {
            self.fault(format!("checkpoint {number} has no such copy in the object store"));
        }
        if self.notary.copied(number + 1).await?.is_some() {
            self.fault(format!(
                "the object store knows of checkpoint {}, and the database of none after {number}: it was rolled back",
                number + 1
            ));
        }
        if last.is_none()
            && self.report.rows > 0
            && self.count("SELECT count(*) AS count FROM audit_seals", vec![]).await? == 0
        {
            self.fault("rows are chained, and nothing holds them together");
        }
        Ok(())
    }

    fn checkpoint(
        &mut self,
        checkpoint: &audit_checkpoint::Model,
        last: Option<&audit_checkpoint::Model>,
        seals: &HashMap<i64, (Hash, i64)>,
    ) {
        let number = checkpoint.number;
        if last.map_or(0, |last| last.number) + 1 != number {
            self.fault(format!("a checkpoint before {number} is missing"));
        }
        match self.notary.key_of(&checkpoint.key_id) {
            None => {
                let (theirs, ours) = (&checkpoint.key_id, self.notary.key.id());
                self.fault(format!(
                    "checkpoint {number} is signed by key {theirs}, and the audit key at hand is {ours}"
                ));
            }
            Some(key) if !key.signed(&text(self.notary.service, checkpoint), &checkpoint.signature) => {
                self.fault(format!("checkpoint {number} is not what was signed"));
            }
            Some(_) => {}
        }
        if seals.get(&checkpoint.seal) != Some(&(checkpoint.digest.clone(), checkpoint.total)) {
            self.fault(format!("checkpoint {number} vouches for another trail"));
        }
    }

    async fn checkpoints_after(&self, number: i64) -> Result<Vec<audit_checkpoint::Model>, Error> {
        let reader = self.db.read_primary(Scope::Audit).await?;
        let page = audit_checkpoint::Entity::find()
            .filter(audit_checkpoint::Column::Number.gt(number))
            .order_by_asc(audit_checkpoint::Column::Number)
            .limit(PAGE);
        page.all(reader.connection()).await.stored()
    }
}
