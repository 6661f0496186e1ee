//! The rules of a database that is divided by family, and those of its walls.

use super::{Tables, schemas};

/// What stays in one place, and why. Every other table has a `family_id` in each of its keys.
const UNDIVIDED: &[(&str, &str)] = &[
    ("*.audit_checkpoints", "they vouch for the trail of all families at once"),
    ("*.audit_seals", "they hold together what was chained at once, of whichever families"),
    ("*.erasure_receipts", "counts of what is no more"),
    ("*.changes", "what was changed of which family a moment ago, which others look for by its number"),
    ("*.erasures", "ids of what is no more, which others look for by who has followed"),
    ("*.idempotency", "a request is its user's, before it is known which family it is about"),
    ("*.inbox", "a message is handled once, whomever it is about"),
    ("*.outbox", "messages are claimed by whether they are due"),
    ("*.seaql_migrations", "which steps the schema has taken"),
    ("*.sequences", "ids are given once, over all families"),
    ("family.family_managers", "its key keeps a person to one family, so it cannot hold the family"),
    ("identity.identities", "accounts belong to no family"),
    ("identity.login_attempts", "accounts belong to no family"),
    ("identity.oidc_flows", "whose they are shows only when they end"),
    ("identity.refresh_tokens", "accounts belong to no family"),
    ("identity.sessions", "accounts belong to no family"),
    ("identity.signing_keys", "the house's own"),
    ("identity.spent_id_tokens", "whose they were nobody asks"),
    ("identity.users", "accounts belong to no family"),
    ("logging.log_archives", "a file of the archive holds many families"),
];

/// Tables and partitions of all services, with the number of the column `family_id` where there is one.
fn tables() -> String {
    format!(
        "WITH tables AS (
            SELECT pg_class.oid, relname, relnamespace::regnamespace::text AS schema, relispartition, relrowsecurity,
                relforcerowsecurity, (SELECT attnum FROM pg_attribute WHERE attrelid = pg_class.oid
                    AND attname = 'family_id' AND NOT attisdropped) AS family
            FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace::regnamespace::text IN ({}))",
        schemas()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_can_be_divided_by_family_or_says_why_not() {
    let all = Tables::make().await;
    let rows = async |select: &str| all.rows(&format!("{} {select}", tables())).await;

    let divided = "SELECT DISTINCT schema || '.' || relname FROM tables WHERE family IS NOT NULL AND NOT relispartition";
    assert!(rows(divided).await.contains(&"logging.daily_logs".to_owned()));
    let partitions = rows("SELECT relname FROM tables WHERE relispartition").await;
    assert!(partitions.len() > 12, "the months are there: {partitions:?}");

    // a key that lacks the family cannot be kept across nodes
    let undivided =
        "SELECT DISTINCT CASE WHEN shared > 1 THEN '*' ELSE schema END || '.' || relname AS name FROM (
            SELECT *, count(*) OVER (PARTITION BY relname) AS shared FROM tables) AS tables
        WHERE family IS NULL OR EXISTS (SELECT FROM pg_index
            WHERE indrelid = tables.oid AND indisunique AND family <> ALL (indkey)) ORDER BY name";
    let mut expected: Vec<_> = UNDIVIDED.iter().map(|(name, _)| *name).collect();
    expected.sort_unstable();
    let mut found = rows(undivided).await;
    found.sort_unstable();
    assert_eq!(found, expected);

    // each has a key, and each foreign key leads from a family's row to one of the same family
    let keyless = "SELECT schema || '.' || relname FROM tables WHERE NOT EXISTS (
        SELECT FROM pg_index WHERE indrelid = tables.oid AND indisprimary)";
    assert_eq!(rows(keyless).await, Vec::<String>::new());
    let crossing = "SELECT conrelid::regclass || '.' || conname FROM pg_constraint
        JOIN tables AS here ON here.oid = conrelid JOIN tables AS there ON there.oid = confrelid
        WHERE contype = 'f' AND (here.family IS NOT NULL OR there.family IS NOT NULL) AND NOT EXISTS (
            SELECT FROM unnest(conkey, confkey) AS pair (from_column, to_column)
            WHERE from_column = here.family AND to_column = there.family)";
    assert_eq!(rows(crossing).await, Vec::<String>::new());
    let keys = "SELECT count(*) > 2 FROM pg_constraint JOIN tables ON tables.oid = conrelid
        WHERE contype = 'f' AND family IS NOT NULL";
    assert_eq!(rows(keys).await, ["t"], "there are some");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_of_families_has_a_wall_that_nobody_owns() {
    let all = Tables::make().await;
    let rows = async |select: &str| all.rows(&format!("{} {select}", tables())).await;
    let none = Vec::<String>::new();

    let open = "SELECT schema || '.' || relname FROM tables WHERE family IS NOT NULL AND NOT relispartition
        AND NOT (relrowsecurity AND relforcerowsecurity
            AND EXISTS (SELECT FROM pg_policy WHERE polrelid = tables.oid))";
    assert_eq!(rows(open).await, none);

    // Citus runs a policy on each node, where a subquery would find nothing
    let policies = "FROM pg_policy JOIN tables ON tables.oid = polrelid CROSS JOIN LATERAL (VALUES
        (pg_get_expr(polqual, polrelid)), (pg_get_expr(polwithcheck, polrelid))) AS policy (says)";
    let asking =
        format!("SELECT schema || '.' || relname || ': ' || says {policies} WHERE says ~* '\\mselect\\M'");
    assert_eq!(rows(&asking).await, none);
    assert_eq!(rows(&format!("SELECT count(says) > 20 {policies}")).await, ["t"]);

    // a partition is a side door: it has no wall of its own, so the working roles have no right there
    let side_doors = "SELECT relname || ' ' || rolname FROM tables CROSS JOIN pg_roles
        WHERE relispartition AND (rolname = 'app' OR rolname = 'praan_' || schema OR rolname = 'praan_' || schema || '_directory'
            OR rolname = 'praan_' || schema || '_auditor')
        AND has_table_privilege(pg_roles.oid, tables.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')";
    assert_eq!(rows(side_doors).await, none);

    let working = "rolname = 'app' OR rolname LIKE 'praan\\_%'";
    let owned = format!(
        "SELECT rolname || ' owns ' || pg_describe_object(classid, objid, objsubid)
        FROM pg_shdepend JOIN pg_roles ON pg_roles.oid = refobjid WHERE deptype = 'o' AND ({working})"
    );
    assert_eq!(all.rows(&owned).await, none);
    let mighty = format!("SELECT rolname FROM pg_roles WHERE ({working}) AND (rolsuper OR rolbypassrls)");
    assert_eq!(all.rows(&mighty).await, none);
    assert_eq!(all.rows(&format!("SELECT count(*) FROM pg_roles WHERE {working}")).await, ["19"]);
}
