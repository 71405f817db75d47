//! Who asks: a bearer token, taken from the header once per request.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

use super::Api;
use super::problem::{Problem, refuse};
use crate::app::execute::Executed;
use crate::app::{AppError, Snapshot};
use crate::auth::token::{Bearer, TokenError};
use rulegate_domain::command::Command;
use rulegate_domain::refusal::Refusal;
use rulegate_ledger::access::{Act, Actor, Scope, allows};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::{CommandId, EntryRef, RuleSetName, Timestamp};

/// In a question: answer with a state that has this entry.
const AT_LEAST: &str = "rulegate-at-least";

/// Whoever asks, with the state as it was when the request came.
pub struct Caller {
    /// What is asked.
    pub api: Arc<Api>,
    /// The token and its account.
    pub bearer: Bearer,
    /// What is true.
    pub snapshot: Arc<Snapshot>,
    /// When the request came.
    pub now: Timestamp,
    /// What the caller has already.
    pub if_none_match: Option<HeaderValue>,
    key: Option<String>,
    /// Method, path and query: what an idempotency key is bound to, beside the body.
    request: String,
}

impl Caller {
    /// As the domain knows the caller.
    pub fn actor(&self) -> Actor {
        self.bearer.actor()
    }

    /// May the caller do this there?
    pub fn may(&self, act: Act, scope: &Scope) -> bool {
        self.snapshot.state.may(&self.actor(), act, scope)
    }

    /// Refuses what the caller may not do.
    pub fn require(&self, act: Act, scope: Scope) -> Result<(), Problem> {
        if self.may(act, &scope) {
            return Ok(());
        }
        Err(self.not_allowed(act, scope))
    }

    /// The refusal, with what the token is good for.
    pub fn not_allowed(&self, act: Act, scope: Scope) -> Problem {
        let token = &self.bearer.token;
        let bounds = format!(
            "This token speaks as {} for {}.",
            token.role.name(),
            token.scope.words()
        );
        refuse(Refusal::NotAllowed { act, scope }).with_detail(bounds)
    }

    /// Refuses whoever does not hold the right without any bounds: for what spans all rule sets and sites.
    pub fn require_unbounded(&self, act: Act) -> Result<(), Problem> {
        let token = &self.bearer.token;
        let state = &self.snapshot.state;
        let is_held = token.scope == Scope::EVERYWHERE
            && allows(token.role, act)
            && !act.needs_a_person()
            && state
                .grants_of(&self.bearer.account.id)
                .iter()
                .any(|grant| grant.role == token.role && grant.scope == Scope::EVERYWHERE);
        if is_held {
            return Ok(());
        }
        Err(self.not_allowed(act, Scope::EVERYWHERE))
    }

    /// May the caller see this rule set at all?
    pub fn sees(&self, ruleset: &RuleSetName) -> bool {
        self.may(Act::View, &Scope::ruleset(ruleset))
    }

    /// Refuses rule sets that the caller may not see or that do not exist, in this order.
    pub fn require_ruleset(&self, ruleset: &RuleSetName) -> Result<(), Problem> {
        self.require(Act::View, Scope::ruleset(ruleset))?;
        if !self.snapshot.state.has_ruleset(ruleset) {
            return Err(refuse(Refusal::UnknownRuleSet {
                ruleset: ruleset.clone(),
            }));
        }
        Ok(())
    }

    /// Executes a command under the caller's idempotency key, or a fresh id if there is none.
    pub async fn execute(
        &self,
        command: impl Into<Command>,
        body: &Digest,
    ) -> Result<Executed, AppError> {
        let id = self.command(body)?;
        let app = &self.api.app;
        app.execute(self.actor(), command.into(), id).await
    }

    /// The id of the caller's command: its idempotency key bound to the whole request.
    fn command(&self, body: &Digest) -> Result<CommandId, AppError> {
        match &self.key {
            None => Ok(self.api.app.fresh_command()),
            Some(key) => {
                let request = format!("{}\n{body}", self.request);
                let account = &self.bearer.account.id;
                let app = &self.api.app;
                app.keyed_command(account, key, request.as_bytes())
            }
        }
    }
}

impl FromRequestParts<Arc<Api>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Caller, Problem> {
        let bearer = bearer(api, &parts.headers)?;
        if let Some(entry) = at_least(&parts.headers)? {
            api.app.catch_up_to(&entry).await;
        }
        let address = parts
            .uri
            .path_and_query()
            .map_or("/", |address| address.as_str());
        Ok(Caller {
            api: api.clone(),
            bearer,
            snapshot: api.app.snapshot(),
            now: api.app.clock.now(),
            if_none_match: parts.headers.get(header::IF_NONE_MATCH).cloned(),
            key: idempotency_key(&parts.headers)?,
            request: format!("{} {address}", parts.method),
        })
    }
}

/// The entry that the caller has seen already, if it says so.
fn at_least(headers: &HeaderMap) -> Result<Option<EntryRef>, Problem> {
    let Some(value) = headers.get(AT_LEAST) else {
        return Ok(None);
    };
    let entry = value.to_str().ok().and_then(|text| text.parse().ok());
    entry.map(Some).ok_or_else(|| {
        Problem::bad_request(
            "bad_at_least",
            "The header Rulegate-At-Least is no entry as in ipc2#57, which the header Rulegate-Ledger of an answer was.",
        )
    })
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut keys = headers.get_all("idempotency-key").iter();
    let (Some(key), None) = (keys.next(), keys.next()) else {
        return match headers.contains_key("idempotency-key") {
            true => Err(Problem::bad_request(
                "bad_idempotency_key",
                "The header Idempotency-Key stands there more than once.",
            )),
            false => Ok(None),
        };
    };
    match key.to_str() {
        Ok(key) => Ok(Some(key.to_owned())),
        Err(_) => Err(Problem::bad_request(
            "bad_idempotency_key",
            "The idempotency key is not printable ASCII.",
        )),
    }
}

/// Who has the token in the header.
///
/// Errors: 401 saying whether it is missing, unknown, expired or revoked.
pub fn bearer(api: &Api, headers: &HeaderMap) -> Result<Bearer, Problem> {
    let secret = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, secret)| secret.trim())
        .filter(|secret| !secret.is_empty());
    let Some(secret) = secret else {
        let remedy = "Send the header 'Authorization: Bearer rgt_...' with a token of yours.";
        let problem = unauthorized("token_missing", "No token came with the request.", remedy);
        return Err(problem.with_challenge("Bearer realm=\"rulegate\""));
    };
    api.auth.bearer(secret).map_err(|error| {
        let problem = match error {
            TokenError::Unknown => unauthorized(
                "token_unknown",
                "There is no such token.",
                "Check that the whole token was sent, or ask an admin for one.",
            ),
            TokenError::Expired => unauthorized(
                "token_expired",
                "The token's end has come.",
                "Ask an admin for a new one.",
            ),
            TokenError::Revoked => unauthorized(
                "token_revoked",
                "The token was revoked or its account is closed.",
                "Ask an admin why, and for a new one.",
            ),
        };
        problem.with_challenge("Bearer realm=\"rulegate\", error=\"invalid_token\"")
    })
}

fn unauthorized(code: &'static str, sentence: &str, remedy: &str) -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        code,
        "Who is asking?",
        sentence,
        remedy,
    )
}
