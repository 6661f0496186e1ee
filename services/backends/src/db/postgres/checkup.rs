//! Whether a PostgreSQL can serve, seen from the outside, before anything of ours is in it.

use std::time::Duration;

use chassis::Error;
use chassis::clock::Clock;
use chrono::{DateTime, Utc};
use sea_orm::{DbErr, RuntimeErr};
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{Connection, Executor, PgConnection, Row};
use tokio::time::{Instant, sleep};

use super::lsn::Lsn;
use super::{Postgres, pool, pooler};
use crate::checkup::Finding;
use crate::db::roles;
use crate::error::DbResultExt;

/// The oldest version that is used in tests, as `server_version_num` tells it.
const OLDEST: i32 = 150_000;
/// How far the database's clock may be from this machine's.
const MOST_APART: Duration = Duration::from_secs(1);
/// How long the server's writer may sleep, in milliseconds. A commit that waits for no disk is there after three times as long at the
/// most, and what would say it again is kept for a second.
const MOST_DELAY: i32 = 300;
/// How long a replica is waited for, and beyond what it is left alone by those who read.
const CATCHING_UP: Duration = Duration::from_secs(3);
const MOST_LAG: Duration = Duration::from_secs(1);

const AWAY: &str = "see that PostgreSQL is up and takes connections, and that host, user, password and database of the URL are right";

/// Whether the server is there, new enough, and takes writes; and whether its clock is ours.
pub async fn serves(settings: &Postgres, clock: &Clock) -> Vec<Finding> {
    let looked = async {
        let options = pool::options(&settings.url, settings.service)?;
        let mut connection = connect(&options).await?;
        let begun = (clock.now(), Instant::now());
        let row = ask(
            &mut connection,
            "SELECT current_setting('server_version'), current_setting('server_version_num')::int,
            pg_is_in_recovery(), clock_timestamp(), (SELECT setting::int FROM pg_settings WHERE name = 'wal_writer_delay')",
        )
        .await?;
        let between = begun.0 + begun.1.elapsed() / 2;
        let (version, number): (String, i32) = (cell(&row, 0)?, cell(&row, 1)?);
        let (is_replica, now): (bool, DateTime<Utc>) = (cell(&row, 2)?, cell(&row, 3)?);
        Ok(vec![
            judge_version(&version, number, is_replica),
            judge_clock((now - between).abs().to_std().unwrap_or_default()),
            judge_delay(cell(&row, 4)?),
        ])
    };
    looked
        .await
        .unwrap_or_else(|error: Error| vec![Finding::failed("it cannot be connected to", &error, AWAY)])
}

fn judge_version(version: &str, number: i32, is_replica: bool) -> Finding {
    if is_replica {
        return Finding::problem(
            "it is a replica, which takes no writes",
            "name the primary; replicas go into --database-replica-urls",
        );
    }
    match number < OLDEST {
        true => Finding::problem(format!("it is PostgreSQL {version}"), "run PostgreSQL 15 or newer"),
        false => Finding::ok(format!("PostgreSQL {version} takes writes")),
    }
}

fn judge_clock(apart: Duration) -> Finding {
    let told = format!("its clock and this machine's are {} ms apart", apart.as_millis());
    match apart > MOST_APART {
        true => Finding::warning(
            told,
            "see to NTP on both: rows are stamped by the one, tokens and links end by the other",
        ),
        false => Finding::ok(told),
    }
}

fn judge_delay(millis: i32) -> Finding {
    let told = format!("its wal_writer_delay is {millis} ms");
    match millis > MOST_DELAY {
        true => Finding::warning(
            format!("{told}: scores of its last seconds may be lost when it dies"),
            format!("set it to {MOST_DELAY} ms or less"),
        ),
        false => Finding::ok(told),
    }
}

/// Whether a pooler in between can serve us.
pub async fn pooled(settings: &Postgres) -> Finding {
    let checked = async { pooler::check(&pool::options(&settings.url, settings.service)?).await };
    match checked.await {
        Ok(()) => {
            Finding::ok("prepared statements stay with their client, with a pooler in between or without")
        }
        Err(error) => Finding::failed("the pooler cannot serve", &error, "see above"),
    }
}

/// Whether the owner may make what is missing of the schemas and roles of some services.
pub async fn owns(settings: &Postgres, services: &[&str]) -> Finding {
    let looked = async {
        let url = settings.direct_url.as_ref().unwrap_or(&settings.url);
        let mut connection = connect(&pool::options(url, settings.service)?).await?;
        let row = ask(&mut connection, &rights(services)).await?;
        let (user, database): (String, String) = (cell(&row, 0)?, cell(&row, 1)?);
        let (schemas, foreign, roles): (i64, i64, i64) = (cell(&row, 2)?, cell(&row, 3)?, cell(&row, 4)?);
        let (may_schemas, may_roles): (bool, bool) = (cell(&row, 5)?, cell(&row, 6)?);
        Ok(match () {
            () if foreign > 0 => Finding::problem(
                format!("{foreign} of the schemas do not belong to {user}"),
                format!("connect as their owner by the direct URL, or: ALTER SCHEMA … OWNER TO \"{user}\""),
            ),
            () if schemas > 0 && !may_schemas => Finding::problem(
                format!("{schemas} schemas are missing, and {user} may not make them"),
                format!("GRANT CREATE ON DATABASE \"{database}\" TO \"{user}\""),
            ),
            () if roles > 0 && !may_roles => Finding::problem(
                format!("{roles} roles are missing, and {user} may not make them"),
                format!("ALTER ROLE \"{user}\" CREATEROLE"),
            ),
            () => {
                Finding::ok(format!("{user} has the schemas and roles, or may make what is missing of them"))
            }
        })
    };
    looked.await.unwrap_or_else(|error: Error| {
        Finding::failed("the owner of the tables cannot connect", &error, AWAY)
    })
}

/// The names are those of our services, and need no quoting.
fn rights(services: &[&str]) -> String {
    let schemas: Vec<String> = services.iter().map(|service| service.replace('-', "_")).collect();
    let roles = schemas
        .iter()
        .flat_map(|schema| [roles::application(schema), roles::directory(schema), roles::auditor(schema)]);
    let list =
        |names: Vec<String>| names.iter().map(|name| format!("('{name}')")).collect::<Vec<_>>().join(", ");
    format!(
        "SELECT current_user::text, current_database()::text,
            (SELECT count(*) FROM (VALUES {schemas}) AS s(name) WHERE to_regnamespace(s.name) IS NULL),
            (SELECT count(*) FROM (VALUES {schemas}) AS s(name) JOIN pg_namespace ON nspname = s.name WHERE NOT pg_has_role(nspowner, 'USAGE')),
            (SELECT count(*) FROM (VALUES {roles}) AS r(name) WHERE to_regrole(r.name) IS NULL),
            has_database_privilege(current_database(), 'CREATE'),
            (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user)",
        roles = list(roles.collect()),
        schemas = list(schemas.clone())
    )
}

/// Whether a replica shows what the primary has written, and how soon.
pub async fn follows(settings: &Postgres, replica: &str) -> Finding {
    let looked = async {
        let mut primary = connect(&pool::options(&settings.url, settings.service)?).await?;
        let mut replica = connect(&pool::options(replica, settings.service)?).await?;
        let is_replica: bool = cell(&ask(&mut replica, "SELECT pg_is_in_recovery()").await?, 0)?;
        if !is_replica {
            let remedy = "name a streaming replica in --database-replica-urls, or leave it out";
            return Ok(Finding::problem("it is no replica: it takes writes of its own", remedy));
        }
        let written: i64 = cell(&ask(&mut primary, Lsn::FLUSHED).await?, 0)?;
        let begun = Instant::now();
        loop {
            let replayed: i64 = cell(&ask(&mut replica, Lsn::REPLAYED).await?, 0)?;
            if replayed >= written || begun.elapsed() > CATCHING_UP {
                return Ok(judge_lag(begun.elapsed(), written - replayed));
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    let remedy = "see that it is up; until then its share of the reads goes to the primary";
    looked.await.unwrap_or_else(|error: Error| Finding::failed("it cannot be connected to", &error, remedy))
}

fn judge_lag(took: Duration, bytes: i64) -> Finding {
    let remedy = "look at pg_stat_replication on the primary, and at the replica's load: one that is a second behind is left alone";
    match () {
        () if bytes > 0 => {
            Finding::warning(format!("it is {bytes} bytes behind, and does not catch up"), remedy)
        }
        () if took > MOST_LAG => Finding::warning(format!("it is {} ms behind", took.as_millis()), remedy),
        () => Finding::ok(format!("it shows what the primary has written within {} ms", took.as_millis())),
    }
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, Error> {
    stored(PgConnection::connect_with(options).await)
}

async fn ask(connection: &mut PgConnection, sql: &str) -> Result<PgRow, Error> {
    stored(connection.fetch_one(sqlx::AssertSqlSafe(sql.to_owned())).await)
}

fn cell<'r, T: sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>>(
    row: &'r PgRow,
    at: usize,
) -> Result<T, Error> {
    stored(row.try_get(at))
}

fn stored<T>(done: Result<T, sqlx::Error>) -> Result<T, Error> {
    done.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(error.into()))).stored()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkup::Level;

    #[test]
    fn an_old_server_a_replica_a_wrong_clock_a_slow_writer_and_a_lag_are_told() {
        let version = |number, is_replica| judge_version("x", number, is_replica).level;
        assert_eq!(version(150_004, false), Level::Ok);
        assert_eq!(version(140_012, false), Level::Problem);
        assert_eq!(version(150_004, true), Level::Problem);
        let clock = |millis| judge_clock(Duration::from_millis(millis)).level;
        assert_eq!([clock(0), clock(1000), clock(1001)], [Level::Ok, Level::Ok, Level::Warning]);
        assert_eq!([judge_delay(300).level, judge_delay(301).level], [Level::Ok, Level::Warning]);
        let lag = |millis, bytes| judge_lag(Duration::from_millis(millis), bytes).level;
        assert_eq!([lag(1000, 0), lag(1001, 0), lag(3000, 1)], [Level::Ok, Level::Warning, Level::Warning]);
    }
}
