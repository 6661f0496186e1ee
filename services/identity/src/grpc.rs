//! Identity as its callers see it.

mod encode;

use chassis::clock::Clock;
use chassis::{Error, call, fields};
use proto::identity::v1::identity_service_server::IdentityService;
use proto::identity::v1::*;
use tonic::{Request, Response, Status};

use crate::domain::account;
use crate::error;
use crate::sign_in::SignIn;
use crate::store::Store;

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
}

#[tonic::async_trait]
impl IdentityService for Service {
    async fn register(&self, request: Request<RegisterRequest>) -> Result<Response<Tokens>, Status> {
        Ok(Response::new(self.sign_in.register(call::anonymous(request)?).await?))
    }

    async fn login(&self, request: Request<LoginRequest>) -> Result<Response<Tokens>, Status> {
        Ok(Response::new(self.sign_in.login(call::anonymous(request)?).await?))
    }

    async fn refresh(&self, request: Request<RefreshRequest>) -> Result<Response<Tokens>, Status> {
        Ok(Response::new(self.sign_in.refresh(call::anonymous(request)?).await?))
    }

    async fn logout(&self, request: Request<LogoutRequest>) -> Result<Response<LogoutResponse>, Status> {
        let call = call::user(request)?;
        self.store.sign_out(&call.actor(), call.caller.session_id, self.clock.now()).await?;
        Ok(Response::new(LogoutResponse {}))
    }

    async fn get_jwks(&self, request: Request<GetJwksRequest>) -> Result<Response<Jwks>, Status> {
        call::anonymous(request)?;
        let keys = self.store.usable_keys(self.clock.now()).await?;
        Ok(Response::new(Jwks { keys: keys.into_iter().map(encode::jwk).collect() }))
    }

    async fn get_me(&self, request: Request<GetMeRequest>) -> Result<Response<User>, Status> {
        let call = call::user(request)?;
        let user = self.store.user(call.caller.id).await?.ok_or_else(error::account_gone)?;
        Ok(Response::new(encode::user(user)))
    }

    async fn update_me(&self, request: Request<UpdateMeRequest>) -> Result<Response<User>, Status> {
        let call = call::user(request)?;
        let UpdateMeRequest { full_name, update_mask } = &call.message;
        fields::mask(update_mask.as_ref(), &[("full_name", full_name.is_some())])?;
        let full_name = account::full_name(full_name.as_deref().unwrap_or_default())?;
        let user = self.store.rename(&call.actor(), full_name).await?.ok_or_else(error::account_gone)?;
        Ok(Response::new(encode::user(user)))
    }

    async fn delete_me(
        &self,
        request: Request<DeleteMeRequest>,
    ) -> Result<Response<DeleteMeResponse>, Status> {
        let call = call::user(request)?;
        self.store.delete_user(&call.actor(), self.clock.now()).await?;
        Ok(Response::new(DeleteMeResponse {}))
    }

    async fn check_session(
        &self,
        request: Request<CheckSessionRequest>,
    ) -> Result<Response<CheckSessionResponse>, Status> {
        let message = call::internal(request)?;
        let alive = self.store.session_alive(message.session_id).await?;
        Ok(Response::new(CheckSessionResponse { alive }))
    }

    async fn lookup_user(&self, request: Request<LookupUserRequest>) -> Result<Response<User>, Status> {
        let message = call::internal(request)?;
        let user = self.store.user_by_email(&account::address(&message.email)).await?;
        let user = user.ok_or_else(|| Error::not_found("there is no such account"))?;
        Ok(Response::new(encode::user(user)))
    }

    async fn list_users(
        &self,
        request: Request<ListUsersRequest>,
    ) -> Result<Response<ListUsersResponse>, Status> {
        let message = call::internal(request)?;
        let users = self.store.users(message.user_ids).await?;
        Ok(Response::new(ListUsersResponse { users: users.into_iter().map(encode::user).collect() }))
    }
}
