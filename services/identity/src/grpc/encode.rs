use chassis::page;
use chassis::time::timestamp;
use proto::identity::v1::{Jwk, Pagination, Session, User};

use crate::keys::encode_public;
use crate::store::entity::{sessions, signing_keys, users};
use crate::store::sessions::Position;

/// An account as its callers see it, and whether a provider has vouched for its address.
pub fn user(row: users::Model, email_verified: bool) -> User {
    User {
        id: row.id,
        email: row.email,
        full_name: row.full_name,
        created_at: Some(timestamp(row.created_at)),
        email_verified,
    }
}

/// A public key as a JSON Web Key.
pub fn jwk(row: signing_keys::Model) -> Jwk {
    Jwk {
        kty: "OKP".to_owned(),
        crv: "Ed25519".to_owned(),
        x: encode_public(&row.public_key),
        kid: row.kid,
        alg: "EdDSA".to_owned(),
        r#use: "sig".to_owned(),
    }
}

/// A session as its user sees it from the session `current`.
pub fn session(row: sessions::Model, current: i64) -> Session {
    Session {
        id: row.id,
        current: row.id == current,
        created_at: Some(timestamp(row.created_at)),
        last_used_at: Some(timestamp(row.last_used_at)),
        address: row.address,
        user_agent: row.user_agent,
    }
}

/// Where a list of sessions goes on.
pub fn pagination(scope: &str, rows: &[sessions::Model], more: bool) -> Pagination {
    let position = |row: &sessions::Model| -> Position { (row.created_at, row.id) };
    let next_cursor = rows.last().filter(|_| more).map(|row| page::encode(scope, &position(row)));
    Pagination { next_cursor, has_more: more }
}
