//! As much of identity as family asks for: who has which address. The real one is another crate, which no service may use.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws_lc_rs::signature::Ed25519KeyPair;
use chassis::Error;
use chassis::auth::{Authority, Claims, ISSUER};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use proto::identity::v1::identity_service_server::IdentityService;
use proto::identity::v1::*;
use tonic::{Request, Response, Status};

/// The people of the tests; an account's id is its place here, counted from 1.
const PEOPLE: [&str; 6] = ["asha", "ravi", "meera", "nila", "kumar", "stranger"];

pub fn id(name: &str) -> i64 {
    PEOPLE.iter().position(|person| *person == name).unwrap() as i64 + 1
}

pub fn email(name: &str) -> String {
    format!("{name}@example.com")
}

/// Accounts, and which of them are deleted, and whose address is proved.
#[derive(Clone, Default)]
pub struct Accounts {
    pub deleted: Arc<Mutex<HashSet<i64>>>,
    pub proved: Arc<Mutex<HashSet<i64>>>,
}

impl Accounts {
    fn living(&self) -> impl Iterator<Item = User> {
        let (deleted, proved) = (self.deleted.lock().unwrap().clone(), self.proved.lock().unwrap().clone());
        let user = move |name: &&str| User {
            id: id(name),
            email: email(name),
            full_name: name.to_string(),
            created_at: None,
            email_verified: proved.contains(&id(name)),
        };
        PEOPLE.iter().map(user).filter(move |user| !deleted.contains(&user.id))
    }
}

macro_rules! unasked {
    ($($method:ident: $request:ident => $answer:ident),* $(,)?) => {
        #[tonic::async_trait]
        impl IdentityService for Accounts {
            async fn lookup_user(&self, request: Request<LookupUserRequest>) -> Result<Response<User>, Status> {
                let email = request.into_inner().email.to_lowercase();
                let found = self.living().find(|user| user.email == email);
                found.map(Response::new).ok_or_else(|| Error::not_found("there is no such account").into())
            }

            async fn list_users(&self, request: Request<ListUsersRequest>) -> Result<Response<ListUsersResponse>, Status> {
                let ids = request.into_inner().user_ids;
                let users = self.living().filter(|user| ids.contains(&user.id)).collect();
                Ok(Response::new(ListUsersResponse { users }))
            }

            $(async fn $method(&self, _: Request<$request>) -> Result<Response<$answer>, Status> {
                Err(Status::unimplemented("family does not ask for this"))
            })*
        }
    };
}

unasked! {
    register: RegisterRequest => Tokens,
    login: LoginRequest => Tokens,
    sign_in_with_id_token: SignInWithIdTokenRequest => Tokens,
    start_oidc_sign_in: StartOidcSignInRequest => StartOidcSignInResponse,
    finish_oidc_sign_in: FinishOidcSignInRequest => Tokens,
    list_sessions: ListSessionsRequest => ListSessionsResponse,
    delete_session: DeleteSessionRequest => DeleteSessionResponse,
    refresh: RefreshRequest => Tokens,
    logout: LogoutRequest => LogoutResponse,
    get_jwks: GetJwksRequest => Jwks,
    get_me: GetMeRequest => User,
    update_me: UpdateMeRequest => User,
    delete_me: DeleteMeRequest => DeleteMeResponse,
    change_password: ChangePasswordRequest => ChangePasswordResponse,
    check_session: CheckSessionRequest => CheckSessionResponse,
}

/// A key of its own, and sessions that never end.
pub struct Issuer(Ed25519KeyPair);

impl Issuer {
    pub fn new() -> Self {
        Self(Ed25519KeyPair::generate().unwrap())
    }

    /// An access token that outlives every test.
    pub fn token(&self, user_id: i64) -> String {
        let (iss, aud) = (ISSUER.to_owned(), ISSUER.to_owned());
        let claims = Claims {
            iss,
            aud,
            sub: user_id.to_string(),
            sid: user_id,
            iat: 0,
            exp: 4_000_000_000,
            jti: String::new(),
        };
        let header = Header { kid: Some("test".to_owned()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, &claims, &self.key()).unwrap()
    }

    fn key(&self) -> EncodingKey {
        EncodingKey::from_ed_der(self.0.to_pkcs8v1().unwrap().as_ref())
    }
}

#[async_trait]
impl Authority for Issuer {
    async fn jwks(&self) -> Result<JwkSet, Error> {
        let mut jwk = Jwk::from_encoding_key(&self.key(), Algorithm::EdDSA).unwrap();
        jwk.common.key_id = Some("test".to_owned());
        Ok(JwkSet { keys: vec![jwk] })
    }

    async fn session_alive(&self, _: i64) -> Result<bool, Error> {
        Ok(true)
    }
}
