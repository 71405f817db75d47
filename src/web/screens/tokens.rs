//! Tokens of service accounts: made with a secret that is shown once, listed, revoked.

use askama::Template;
use axum::extract::{Path, State};
use serde::Deserialize;

use super::account::{again, known, require_manager, scope_of};
use crate::app::AppError;
use crate::auth::token::NewToken;
use crate::auth::{Account, AccountKind};
use crate::web::error::WebResult;
use crate::web::form::{Form, see};
use crate::web::notice::Link;
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::{Portal, format};
use rulegate_ledger::access::Role;
use rulegate_ledger::ids::Timestamp;

pub(super) fn routes() -> Routes {
    Routes::default()
        .form("/accounts/{name}/tokens", create)
        .form("/accounts/{name}/tokens/end", revoke)
}

/// A token without its secret.
pub(super) struct TokenRow {
    pub id: String,
    pub name: String,
    pub bounds: String,
    pub made: String,
    pub ends: String,
    /// `good`, `expired` or `revoked`.
    pub state: &'static str,
    pub kind: &'static str,
}

/// What a new token is asked to be.
#[derive(Clone, Deserialize)]
#[serde(default)]
pub(super) struct TokenFields {
    pub name: String,
    #[serde(alias = "token_role")]
    pub role: String,
    #[serde(alias = "token_ruleset")]
    pub ruleset: String,
    #[serde(alias = "token_site")]
    pub site: String,
    #[serde(alias = "token_lane")]
    pub lane: String,
    pub days: String,
}

impl Default for TokenFields {
    fn default() -> Self {
        let none = String::new;
        TokenFields {
            name: none(),
            role: none(),
            ruleset: none(),
            site: none(),
            lane: none(),
            days: "90".into(),
        }
    }
}

/// An account's tokens: good ones first, then by end.
pub(super) fn token_rows(portal: &Portal, account: &Account, now: Timestamp) -> Vec<TokenRow> {
    let known = portal.auth.directory.known();
    let mut tokens: Vec<_> = known
        .tokens
        .values()
        .filter(|t| t.account == account.id)
        .collect();
    let good = |t: &crate::auth::Token| t.revoked_at.is_none() && t.expires_at > now;
    tokens.sort_by_key(|t| (!good(t), std::cmp::Reverse(t.expires_at), t.id.clone()));
    let row = |t: &std::sync::Arc<crate::auth::Token>| TokenRow {
        id: t.id.clone(),
        name: t.name.clone(),
        bounds: format!("{}, {}", t.role.name(), t.scope.words()),
        made: format!(
            "{} by {}",
            format::day(t.created_at),
            portal.auth.directory.name(&t.created_by)
        ),
        ends: format::day(t.expires_at),
        state: match (t.revoked_at, good(t)) {
            (Some(_), _) => "revoked",
            (None, true) => "good",
            (None, false) => "expired",
        },
        kind: if good(t) { "ok" } else { "mute" },
    };
    tokens.into_iter().map(row).collect()
}

#[derive(Template)]
#[template(path = "accounts/token.html")]
struct TokenPage {
    page: Page,
    crumbs: Vec<Link>,
    account: String,
    name: String,
    bounds: String,
    ends: String,
    secret: String,
    is_pod: bool,
}

/// Shows the secret on the answer itself: no address ever leads to it again, and nothing keeps it.
async fn create(
    State(portal): State<Portal>,
    Path(name): Path<String>,
    form: Form<TokenFields>,
) -> WebResult {
    require_manager(&portal, &form.user)?;
    let account = known(&portal, &name)?;
    let by = &form.user.person.account.id;
    let made = async {
        let wanted = wanted(&portal, &account, &form.fields, form.user.now)?;
        portal.auth.make_token(wanted, by).await
    };
    let (token, secret) = match made.await {
        Ok(made) => made,
        Err(error) => return again(&portal, &form.user, &account, form.fields, error),
    };
    let link = |href: String, text: &str| Link {
        href,
        text: text.to_owned(),
    };
    Ok(page::html(&TokenPage {
        page: Page::new(&portal, &form.user, "accounts", "A new token"),
        crumbs: vec![
            link("/accounts".into(), "Accounts"),
            link(format!("/accounts/{}", account.name), &account.display_name),
        ],
        account: account.display_name.clone(),
        bounds: format!("{}, {}", token.role.name(), token.scope.words()),
        ends: format::long_time(token.expires_at),
        is_pod: token.role == Role::Pod,
        name: token.name,
        secret,
    }))
}

fn wanted(
    portal: &Portal,
    account: &Account,
    fields: &TokenFields,
    now: Timestamp,
) -> Result<NewToken, AppError> {
    let bad = |message: String| AppError::BadInput {
        code: "bad_token",
        message,
    };
    if account.kind != AccountKind::Service {
        return Err(bad(
            "Only service accounts have tokens: a person signs in".into()
        ));
    }
    let name = fields.name.trim();
    // The same form sent twice must not leave a second secret around.
    let taken = token_rows(portal, account, now)
        .iter()
        .any(|token| token.state == "good" && token.name == name);
    if taken {
        return Err(bad(format!(
            "A good token named {name} is there already: revoke it first"
        )));
    }
    let role = Role::parse(&fields.role).ok_or_else(|| bad("Choose a role".into()))?;
    let days = fields.days.trim().parse();
    Ok(NewToken {
        account: account.id.clone(),
        name: name.to_owned(),
        role,
        scope: scope_of(&fields.ruleset, &fields.site, &fields.lane)?,
        days: days.map_err(|_| bad("Days are a whole number".into()))?,
    })
}

#[derive(Deserialize)]
struct Which {
    id: String,
}

async fn revoke(
    State(portal): State<Portal>,
    Path(name): Path<String>,
    form: Form<Which>,
) -> WebResult {
    require_manager(&portal, &form.user)?;
    let account = known(&portal, &name)?;
    let id = form.fields.id.as_str();
    let rows = token_rows(&portal, &account, form.user.now);
    if !rows.iter().any(|token| token.id == id) {
        let name = id.chars().take(80).collect();
        return Err(AppError::NotFound {
            what: "token",
            name,
        }
        .into());
    }
    portal.auth.revoke_token(id).await?;
    let by = form.user.person.account.id.as_str();
    tracing::info!(target: "audit", token = id, by, "token revoked");
    Ok(see(&format!("/accounts/{}", account.name), "revoked"))
}
