//! One account: its rights, its password, its name, whether it is open.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use serde::Deserialize;

use super::accounts::{changeable, conflicts, crumbs, known, manage, require_sight};
use super::right_fields::RightFields;
use super::tokens::{TokenRow, token_rows};
use crate::auth::Account;
use crate::web::availability::Availability;
use crate::web::choice::{Choice, options, options_or_all};
use crate::web::error::WebResult;
use crate::web::form::{Form, see};
use crate::web::notice::Link;
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::sent::{FieldError, InField as _};
use crate::web::user::User;
use crate::web::{Portal, address, filters};
use rulegate_domain::command;
use rulegate_domain::refusal::Refusal;
use rulegate_ledger::access::{Grant, Role};

pub(super) fn routes() -> Routes {
    Routes::default()
        .page("/accounts/{name}", show)
        .form("/accounts/{name}/rights", grant)
        .form("/accounts/{name}/rights/end", revoke)
        .form("/accounts/{name}/password", set_password)
        .form("/accounts/{name}/state", set_state)
        .form("/accounts/{name}/name", rename)
}

#[derive(Template)]
#[template(path = "accounts/account.html")]
struct AccountPage {
    page: Page,
    crumbs: Vec<Link>,
    account: Arc<Account>,
    is_own: bool,
    rights: Vec<Grant>,
    conflicts: Vec<String>,
    tokens: Vec<TokenRow>,
    manage: Availability,
    roles: Vec<Choice>,
    /// The role chosen at first.
    role: &'static str,
    rulesets: Vec<Choice>,
    sites: Vec<Choice>,
    lanes: Vec<Choice>,
}

impl AccountPage {
    fn address(&self) -> String {
        address::account(&self.account.name)
    }
}

async fn show(State(portal): State<Portal>, user: User, Path(name): Path<String>) -> WebResult {
    require_sight(&user)?;
    let account = known(&portal, &name)?;
    let state = &user.snapshot.state;
    let rights = state.grants_of(&account.id);
    let is_service = account.is_service();
    let roles = Role::ALL
        .iter()
        .filter(|role| role.is_service() == is_service);
    Ok(page::html(&AccountPage {
        page: Page::new(&portal, &user, "accounts", account.display_name.clone()),
        crumbs: crumbs(),
        is_own: account.id == user.person.account.id,
        conflicts: conflicts(&rights),
        role: rights.first().map_or("", |grant| grant.role.name()),
        rights,
        tokens: token_rows(&portal, &account, user.now),
        manage: manage(&portal, &user),
        roles: options(roles.map(|role| (role.name(), role.name()))),
        rulesets: options_or_all("every rule set", state.rulesets()),
        sites: options_or_all("every site", &state.topology.sites),
        lanes: options_or_all("every lane", &state.topology.lanes),
        account,
    }))
}

async fn grant(
    State(portal): State<Portal>,
    Path(name): Path<String>,
    form: Form<RightFields>,
) -> WebResult {
    let grant = |fields: &RightFields| {
        let account = changeable(&portal, &form.user, &name)?;
        let grant = fields.grant(&account)?;
        if grant.role.is_service() != account.is_service() {
            let role = grant.role;
            return Err(FieldError::at("role", Refusal::ServiceRole { role }));
        }
        Ok(command::GrantRight { grant }.into())
    };
    let page = address::account(&name);
    form.execute(&portal, &page, grant).await?;
    Ok(see(&page, "granted"))
}

async fn revoke(
    State(portal): State<Portal>,
    Path(name): Path<String>,
    form: Form<RightFields>,
) -> WebResult {
    let revoke = |fields: &RightFields| {
        let account = changeable(&portal, &form.user, &name)?;
        Ok(command::RevokeRight {
            grant: fields.grant(&account)?,
            reason: fields.reason.clone(),
        }
        .into())
    };
    let page = address::account(&name);
    form.execute(&portal, &page, revoke).await?;
    Ok(see(&page, "revoked"))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PasswordField {
    password: String,
}

async fn set_password(
    State(portal): State<Portal>,
    Path(name): Path<String>,
    form: Form<PasswordField>,
) -> WebResult {
    let page = address::account(&name);
    let set = async {
        let account = changeable(&portal, &form.user, &name)?;
        let by = &form.user.person.account.id;
        let password = &form.fields.password;
        let set = portal.auth.set_password(&account, password, None, by);
        set.await.in_field("password")
    };
    set.await.map_err(|error| form.refused(&page, error))?;
    Ok(see(&page, "password-set"))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NameField {
    new_name: String,
}

async fn rename(
    State(portal): State<Portal>,
    Path(name): Path<String>,
    form: Form<NameField>,
) -> WebResult {
    let renamed = async {
        let account = changeable(&portal, &form.user, &name)?;
        let by = &form.user.person.account.id;
        let renamed = portal.auth.rename(&account, &form.fields.new_name, by);
        renamed.await.in_field("new_name")
    };
    let renamed = renamed
        .await
        .map_err(|error| form.refused(&address::account(&name), error))?;
    Ok(see(&address::account(&renamed), "account-renamed"))
}

#[derive(Deserialize)]
struct StateField {
    closed: bool,
}

async fn set_state(
    State(portal): State<Portal>,
    Path(name): Path<String>,
    form: Form<StateField>,
) -> WebResult {
    let (page, closed) = (address::account(&name), form.fields.closed);
    let set = async {
        let account = changeable(&portal, &form.user, &name)?;
        let by = &form.user.person.account.id;
        portal.auth.set_closed(&account, closed, by).await
    };
    set.await.map_err(|error| form.refused(&page, error))?;
    let word = match closed {
        true => "account-closed",
        false => "account-opened",
    };
    Ok(see(&page, word))
}
