use std::collections::BTreeSet;

use chassis::{Actor, Call, Error, Origin};
use proto::identity::v1::{
    FinishOidcSignInRequest, SignInWithIdTokenRequest, StartOidcSignInRequest, StartOidcSignInResponse,
    Tokens,
};

use super::SignIn;
use crate::domain::id_token::Person;
use crate::domain::session::Proof;
use crate::error;
use crate::oidc::flow::Flow;
use crate::oidc::{CodeFlow, Provider};
use crate::store::identities::{Found, Identity};
use crate::store::sessions::{IdToken, NewSession, Opening};
use crate::store::users::NewUser;
use crate::tokens::{self, Drawn};

/// How often a sign-in is tried that another of the same person comes in the way of.
const ATTEMPTS: usize = 3;

/// Somebody whom a provider vouches for.
struct Visitor {
    identity: Identity,
    person: Person,
    origin: Origin,
    /// The token they came with, unless the house fetched it itself, by a code that works once.
    spends: Option<IdToken>,
    /// Whether they want a deleted account back.
    restore: bool,
}

impl Visitor {
    fn new(provider: &Provider, person: Person, origin: Origin) -> Self {
        let issuer = provider.settings.issuers[0].clone();
        Self {
            identity: Identity { issuer, subject: person.subject.clone() },
            person,
            origin,
            spends: None,
            restore: false,
        }
    }

    fn actor(&self, user_id: i64) -> Actor {
        Actor { user_id, request_id: self.origin.request_id, address: self.origin.address.clone() }
    }

    /// The address, which somebody new must have verified.
    fn verified_email(&self) -> Result<&str, Error> {
        match &self.person.email {
            Some((email, true)) => Ok(email),
            Some((_, false)) => Err(error::email_unverified()),
            None => Err(error::email_missing()),
        }
    }
}

impl SignIn {
    /// Opens a session by an ID token that the client got itself.
    pub async fn id_token(&self, call: Call<SignInWithIdTokenRequest, ()>) -> Result<Tokens, Error> {
        let SignInWithIdTokenRequest { provider, id_token, nonce, restore } = &call.message;
        let provider = self.oidc.provider(provider)?;
        let person = provider.person(id_token, nonce, &provider.settings.client_ids).await?;
        let spends = IdToken { hash: tokens::hash_signed(id_token), expires_at: person.until };
        let visitor = Visitor::new(provider, person, call.origin);
        self.welcome(Visitor { spends: Some(spends), restore: *restore, ..visitor }).await
    }

    /// Begins a flow.
    pub async fn start_oidc(
        &self,
        call: Call<StartOidcSignInRequest, ()>,
    ) -> Result<StartOidcSignInResponse, Error> {
        let StartOidcSignInRequest { provider: name, redirect_uri } = &call.message;
        let provider = self.oidc.provider(name)?;
        let code_flow = code_flow(provider)?;
        if !code_flow.redirect_uris.contains(redirect_uri) {
            return Err(Error::invalid(
                "redirect_uri",
                "must be one of those this provider is configured with",
            ));
        }
        let metadata = provider.metadata().await?;
        let Drawn { text, hash } = Drawn::draw()?;
        let url =
            Flow::of(&text, &self.lock).authorization_url((provider, &metadata, code_flow), redirect_uri);
        let kept = (name.clone(), redirect_uri.clone());
        self.store.begin_flow(&call.actor(0), hash, kept, self.clock.now()).await?;
        Ok(StartOidcSignInResponse { authorization_url: url.into(), flow: text })
    }

    /// Ends a flow. It is over with the first try, whatever comes of it.
    pub async fn finish_oidc(&self, call: Call<FinishOidcSignInRequest, ()>) -> Result<Tokens, Error> {
        let FinishOidcSignInRequest { flow: secret, state, code, iss, restore } = &call.message;
        let hash = tokens::hash(secret);
        let begun = self.store.take_flow(&call.actor(0), &hash, self.clock.now()).await?;
        let begun = begun.ok_or_else(error::bad_flow)?;
        let provider = self.oidc.provider(&begun.provider)?;
        let code_flow = code_flow(provider)?;
        let metadata = provider.metadata().await?;
        let flow = Flow::of(secret, &self.lock);
        flow.check(state, iss.as_deref(), provider, &metadata)?;
        let token = flow.exchange(code, &begun.redirect_uri, (provider, &metadata, code_flow)).await?;
        let client = BTreeSet::from([code_flow.client_id.clone()]);
        let person = provider.person(&token, &flow.nonce, &client).await?;
        let visitor = Visitor::new(provider, person, call.origin);
        self.welcome(Visitor { restore: *restore, ..visitor }).await
    }

    async fn welcome(&self, visitor: Visitor) -> Result<Tokens, Error> {
        for _ in 0..ATTEMPTS {
            let welcomed = match self.store.account_of(&visitor.identity).await? {
                Some(found) => self.again(&visitor, found).await?,
                None => self.first_time(&visitor).await?,
            };
            if let Some(tokens) = welcomed {
                return Ok(tokens);
            }
        }
        Err(Error::unavailable("an account kept changing while its owner signed in"))
    }

    async fn again(
        &self,
        visitor: &Visitor,
        Found { user_id, deleted }: Found,
    ) -> Result<Option<Tokens>, Error> {
        if deleted {
            return self.restored(visitor, user_id).await;
        }
        let (session, tokens) = self.session_of(visitor, user_id).await?;
        let entered = self.store.enter(&visitor.actor(user_id), session).await?;
        Ok(entered.then_some(tokens))
    }

    /// Takes the deletion back of an account whose owner wants that, for the next try to find it alive.
    async fn restored(&self, visitor: &Visitor, user_id: i64) -> Result<Option<Tokens>, Error> {
        let actor = visitor.actor(user_id);
        match visitor.restore && self.store.restore_user(&actor, self.clock.now()).await? {
            true => Ok(None),
            false => Err(error::account_gone()),
        }
    }

    async fn session_of(&self, visitor: &Visitor, user_id: i64) -> Result<(NewSession, Tokens), Error> {
        let opening = Opening { proof: Proof::Provider, spends: visitor.spends.clone() };
        self.new_session(user_id, &visitor.origin, opening).await
    }

    /// Ties the visitor to the account of the address, or opens one.
    async fn first_time(&self, visitor: &Visitor) -> Result<Option<Tokens>, Error> {
        let email = visitor.verified_email()?;
        let (identity, no_password) = (visitor.identity.clone(), self.passwords.none());
        match self.store.account_at(email).await? {
            Some(Found { deleted: true, user_id }) => self.restored(visitor, user_id).await,
            Some(Found { user_id, .. }) => {
                let (session, tokens) = self.session_of(visitor, user_id).await?;
                let actor = visitor.actor(user_id);
                let linked = self.store.link(&actor, identity, session, no_password).await?;
                Ok(linked.then_some(tokens))
            }
            None => {
                let id = self.store.next_user_id().await?;
                let (session, tokens) = self.session_of(visitor, id).await?;
                let user = NewUser {
                    id,
                    email: email.to_owned(),
                    password_hash: no_password,
                    full_name: full_name(&visitor.person, email),
                    session,
                };
                let opened = self.store.register_identity(&visitor.actor(id), identity, user).await?;
                Ok(opened.then_some(tokens))
            }
        }
    }
}

fn code_flow(provider: &Provider) -> Result<&CodeFlow, Error> {
    let code_flow = provider.settings.code_flow.as_ref();
    code_flow.ok_or_else(|| {
        Error::invalid("provider", "is not configured for this flow; send an ID token instead")
    })
}

/// What the provider calls the person, or else what stands before the @ of the address.
fn full_name(person: &Person, email: &str) -> String {
    let local = || email.split('@').next().unwrap_or(email).to_owned();
    person.name.clone().unwrap_or_else(local)
}
