use chassis::time::timestamp;
use proto::identity::v1::{Jwk, User};

use crate::keys::encode_public;
use crate::store::entity::{signing_keys, users};

/// An account as its callers see it.
pub fn user(row: users::Model) -> User {
    User {
        id: row.id,
        email: row.email,
        full_name: row.full_name,
        created_at: Some(timestamp(row.created_at)),
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
