//! Tokens of service accounts: made with a secret that is shown once, listed, revoked.

use std::cmp::Reverse;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use serde::Deserialize;

use super::accounts::{changeable, crumbs};
use super::right_fields::RightFields;
use crate::app::AppError;
use crate::auth::token::NewToken;
use crate::auth::{Account, Token};
use crate::web::error::WebResult;
use crate::web::form::{Form, see};
use crate::web::notice::Link;
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::sent::FieldError;
use crate::web::{Portal, address, filters};
use rulegate_ledger::access::Role;
use rulegate_ledger::ids::Timestamp;

pub(super) fn routes() -> Routes {
    Routes::default()
        .form("/accounts/{name}/tokens", create)
        .form("/accounts/{name}/tokens/end", revoke)
}

/// A token without its secret.
pub(super) struct TokenRow {
    pub token: Arc<Token>,
    /// `good`, `expired` or `revoked`.
    pub state: &'static str,
}

/// An account's tokens: good ones first, then by end.
pub(super) fn token_rows(portal: &Portal, account: &Account, now: Timestamp) -> Vec<TokenRow> {
    let known = portal.auth.directory.known();
    let tokens = known.tokens.values().filter(|t| t.account == account.id);
    let row = |token: &Arc<Token>| TokenRow {
        state: match token.revoked_at {
            Some(_) => "revoked",
            None if token.expires_at > now => "good",
            None => "expired",
        },
        token: token.clone(),
    };
    let mut rows: Vec<TokenRow> = tokens.map(row).collect();
    rows.sort_by_cached_key(|row| {
        let token = &row.token;
        (
            row.state != "good",
            Reverse(token.expires_at),
            token.id.clone(),
        )
    });
    rows
}

/// What a new token is asked to be.
#[derive(Deserialize)]
struct TokenFields {
    #[serde(default)]
    name: String,
    #[serde(default)]
    days: String,
    #[serde(flatten)]
    right: RightFields,
}

#[derive(Template)]
#[template(path = "accounts/token.html")]
struct TokenPage {
    page: Page,
    crumbs: Vec<Link>,
    account: Arc<Account>,
    token: Token,
    secret: String,
}

/// Shows the secret on the answer itself: no address ever leads to it again, and nothing keeps it.
async fn create(
    State(portal): State<Portal>,
    Path(name): Path<String>,
    form: Form<TokenFields>,
) -> WebResult {
    let page = address::account(&name);
    let user = &form.user;
    let made = async {
        let account = changeable(&portal, user, &name)?;
        let wanted = wanted(&portal, &account, &form.fields, user.now)?;
        let made = portal.auth.make_token(wanted, &user.person.account.id);
        let (token, secret) = made.await?;
        Ok::<_, FieldError>((account, token, secret))
    };
    let (account, token, secret) = made.await.map_err(|error| form.refused(&page, error))?;
    let mut crumbs = crumbs();
    crumbs.push(Link::new(page, account.display_name.as_str()));
    Ok(page::html(&TokenPage {
        page: Page::new(&portal, user, "accounts", "A new token"),
        crumbs,
        account,
        token,
        secret,
    }))
}

fn wanted(
    portal: &Portal,
    account: &Account,
    fields: &TokenFields,
    now: Timestamp,
) -> Result<NewToken, FieldError> {
    if !account.is_service() {
        let only = "Only service accounts have tokens: a person signs in";
        return Err(FieldError::new("name", only));
    }
    let name = fields.name.trim();
    // The same form sent twice must not leave a second secret around.
    let mut good = token_rows(portal, account, now)
        .into_iter()
        .filter(|row| row.state == "good");
    if good.any(|row| row.token.name == name) {
        let taken = format!("A good token named {name} is there already: revoke it first");
        return Err(FieldError::new("name", taken));
    }
    let days = fields.days.trim().parse();
    Ok(NewToken {
        account: account.id.clone(),
        name: name.to_owned(),
        role: fields.right.role()?,
        scope: fields.right.scope()?,
        days: days.map_err(|_| FieldError::new("days", "Days are a whole number"))?,
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
    let page = address::account(&name);
    let (id, user) = (form.fields.id.as_str(), &form.user);
    let revoked = async {
        let account = changeable(&portal, user, &name)?;
        let rows = token_rows(&portal, &account, user.now);
        if !rows.iter().any(|row| row.token.id == id) {
            let (what, name) = ("token", id.chars().take(80).collect());
            return Err(AppError::NotFound { what, name });
        }
        portal.auth.revoke_token(id).await
    };
    revoked.await.map_err(|error| form.refused(&page, error))?;
    let by = user.person.account.id.as_str();
    tracing::info!(target: "audit", token = id, by, "token revoked");
    Ok(see(&page, "revoked"))
}
