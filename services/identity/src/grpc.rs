//! Identity as its callers see it.

mod encode;

use chassis::clock::Clock;
use chassis::{Error, call, fields, page};
use proto::identity::v1::identity_service_server::IdentityService;
use proto::identity::v1::*;
use tonic::{Request, Response, Status};

use crate::domain::account;
use crate::error;
use crate::sign_in::SignIn;
use crate::store::Store;
use crate::store::entity::users;

/// The gRPC service.
pub struct Service {
    store: Store,
    sign_in: SignIn,
    clock: Clock,
}

impl Service {
    /// The service over its parts.
    pub fn new(store: Store, sign_in: SignIn, clock: Clock) -> Self {
        Self { store, sign_in, clock }
    }

    async fn shown(&self, user: users::Model) -> Result<User, Error> {
        let proved = self.store.proved([user.id]).await?;
        Ok(encode::user(user, !proved.is_empty()))
    }
}

#[tonic::async_trait]
impl IdentityService for Service {
    async fn register(&self, request: Request<RegisterRequest>) -> Result<Response<Tokens>, Status> {
        Ok(Response::new(self.sign_in.register(call::anonymous(request)?).await?))
    }

    async fn login(&self, request: Request<LoginRequest>) -> Result<Response<Tokens>, Status> {
        Ok(Response::new(self.sign_in.login(call::anonymous(request)?).await?))
    }

    async fn sign_in_with_id_token(
        &self,
        request: Request<SignInWithIdTokenRequest>,
    ) -> Result<Response<Tokens>, Status> {
        Ok(Response::new(self.sign_in.id_token(call::anonymous(request)?).await?))
    }

    async fn start_oidc_sign_in(
        &self,
        request: Request<StartOidcSignInRequest>,
    ) -> Result<Response<StartOidcSignInResponse>, Status> {
        Ok(Response::new(self.sign_in.start_oidc(call::anonymous(request)?).await?))
    }

    async fn finish_oidc_sign_in(
        &self,
        request: Request<FinishOidcSignInRequest>,
    ) -> Result<Response<Tokens>, Status> {
        Ok(Response::new(self.sign_in.finish_oidc(call::anonymous(request)?).await?))
    }

    async fn refresh(&self, request: Request<RefreshRequest>) -> Result<Response<Tokens>, Status> {
        Ok(Response::new(self.sign_in.refresh(call::anonymous(request)?).await?))
    }

    async fn logout(&self, request: Request<LogoutRequest>) -> Result<Response<LogoutResponse>, Status> {
        let call = call::user(request)?;
        self.store.sign_out(&call.actor(), call.caller.session_id, self.clock.now()).await?;
        Ok(Response::new(LogoutResponse {}))
    }

    async fn list_sessions(
        &self,
        request: Request<ListSessionsRequest>,
    ) -> Result<Response<ListSessionsResponse>, Status> {
        let call = call::user(request)?;
        let scope = format!("sessions:{}", call.caller.id);
        let (after, limit) = (page::decode(&scope, &call.message.cursor)?, page::limit(call.message.limit));
        let rows = self.store.sessions(call.caller.id, after, limit + 1, self.clock.now()).await?;
        let (rows, more) = page::cut(rows, limit);
        let pagination = Some(encode::pagination(&scope, &rows, more));
        let data = rows.into_iter().map(|row| encode::session(row, call.caller.session_id)).collect();
        Ok(Response::new(ListSessionsResponse { data, pagination }))
    }

    async fn delete_session(
        &self,
        request: Request<DeleteSessionRequest>,
    ) -> Result<Response<DeleteSessionResponse>, Status> {
        let call = call::user(request)?;
        self.store.revoke(&call.actor(), call.message.session_id, self.clock.now()).await?;
        Ok(Response::new(DeleteSessionResponse {}))
    }

    async fn get_jwks(&self, request: Request<GetJwksRequest>) -> Result<Response<Jwks>, Status> {
        call::anonymous(request)?;
        let keys = self.store.published_keys(self.clock.now()).await?;
        Ok(Response::new(Jwks { keys: keys.into_iter().map(encode::jwk).collect() }))
    }

    async fn get_me(&self, request: Request<GetMeRequest>) -> Result<Response<User>, Status> {
        let call = call::user(request)?;
        let user = self.store.user(call.caller.id).await?.ok_or_else(error::account_gone)?;
        Ok(Response::new(self.shown(user).await?))
    }

    async fn update_me(&self, request: Request<UpdateMeRequest>) -> Result<Response<User>, Status> {
        let call = call::user(request)?;
        let UpdateMeRequest { full_name, update_mask } = &call.message;
        fields::mask(update_mask.as_ref(), &[("full_name", full_name.is_some())])?;
        let full_name = account::full_name(full_name.as_deref().unwrap_or_default())?;
        let proved = !self.store.proved([call.caller.id]).await?.is_empty();
        let as_seen = |user: &users::Model| call.if_match.check(&encode::user(user.clone(), proved));
        let user = self.store.rename(&call.actor(), full_name, as_seen).await?;
        Ok(Response::new(encode::user(user.ok_or_else(error::account_gone)?, proved)))
    }

    async fn delete_me(
        &self,
        request: Request<DeleteMeRequest>,
    ) -> Result<Response<DeleteMeResponse>, Status> {
        let call = call::user(request)?;
        self.store.delete_user(&call.actor(), self.clock.now(), call.message.erase).await?;
        Ok(Response::new(DeleteMeResponse {}))
    }

    async fn change_password(
        &self,
        request: Request<ChangePasswordRequest>,
    ) -> Result<Response<ChangePasswordResponse>, Status> {
        self.sign_in.change_password(call::user(request)?).await?;
        Ok(Response::new(ChangePasswordResponse {}))
    }

    async fn check_session(
        &self,
        request: Request<CheckSessionRequest>,
    ) -> Result<Response<CheckSessionResponse>, Status> {
        let message = call::internal(request)?;
        let alive = self.store.session_alive(message.session_id, self.clock.now()).await?;
        Ok(Response::new(CheckSessionResponse { alive }))
    }

    async fn lookup_user(&self, request: Request<LookupUserRequest>) -> Result<Response<User>, Status> {
        let message = call::internal(request)?;
        let user = self.store.user_by_email(&account::address(&message.email)).await?;
        let user = user.ok_or_else(|| Error::not_found("there is no such account"))?;
        Ok(Response::new(self.shown(user).await?))
    }

    async fn list_users(
        &self,
        request: Request<ListUsersRequest>,
    ) -> Result<Response<ListUsersResponse>, Status> {
        let message = call::internal(request)?;
        let users = self.store.users(message.user_ids).await?;
        let proved = self.store.proved(users.iter().map(|user| user.id)).await?;
        let shown = |user: users::Model| {
            let email_verified = proved.contains(&user.id);
            encode::user(user, email_verified)
        };
        Ok(Response::new(ListUsersResponse { users: users.into_iter().map(shown).collect() }))
    }
}
