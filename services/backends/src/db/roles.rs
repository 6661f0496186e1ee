//! The roles of a service on PostgreSQL, named after its schema.

/// The role under which a service works: it owns nothing, and row-level security applies to it.
pub fn application(schema: &str) -> String {
    format!("praan_{schema}")
}

/// The role under which the audit trail of all families is chained and checked. It may add to the chain, and change nothing.
pub fn auditor(schema: &str) -> String {
    format!("praan_{schema}_auditor")
}

/// The role under which a service finds out whose a row is.
pub fn directory(schema: &str) -> String {
    format!("praan_{schema}_directory")
}
