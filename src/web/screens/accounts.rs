//! Accounts: everybody with their rights; making one; the table of roles.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use crate::app::AppError;
use crate::auth::accounts::NewAccount;
use crate::auth::{Account, AccountKind};
use crate::web::availability::Availability;
use crate::web::choice::{Choice, options};
use crate::web::error::WebResult;
use crate::web::form::{Form, see};
use crate::web::notice::Link;
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::sent::FieldError;
use crate::web::user::User;
use crate::web::{Portal, filters, format};
use rulegate_domain::refusal::Refusal;
use rulegate_ledger::access::{Act, Grant, Role, Scope, allows};
use rulegate_ledger::ids::Timestamp;

pub(super) fn routes() -> Routes {
    Routes::default()
        .page("/accounts", show)
        .form("/accounts", create)
        .page("/accounts/roles", roles)
}

/// Accounts are for those who manage them and for those who audit.
pub(super) fn require_sight(user: &User) -> Result<(), Refusal> {
    if user.may(Act::ExportLedger, &Scope::EVERYWHERE) {
        return Ok(());
    }
    require_manager(user)
}

/// Refuses who may not change accounts.
pub(super) fn require_manager(user: &User) -> Result<(), Refusal> {
    user.require(Act::ManageAccounts, Scope::EVERYWHERE)
}

/// Whether this person may change accounts, and who can.
pub(super) fn manage(portal: &Portal, user: &User) -> Availability {
    Availability::of_right(portal, user, Act::ManageAccounts, Scope::EVERYWHERE)
}

/// The way back to the list.
pub(super) fn crumbs() -> Vec<Link> {
    vec![Link::new("/accounts", "Accounts")]
}

struct AccountRow {
    account: Arc<Account>,
    grants: Vec<Grant>,
    last_sign_in: Option<Timestamp>,
}

impl AccountRow {
    fn writes_and_judges(&self) -> bool {
        !conflicts(&self.grants).is_empty()
    }
}

#[derive(Template)]
#[template(path = "accounts/accounts.html")]
struct AccountsPage {
    page: Page,
    rows: Vec<AccountRow>,
    /// Accounts whose name another one had first, at a site that did not know of it, with that name.
    displaced: Vec<(Arc<Account>, String)>,
    manage: Availability,
    kinds: Vec<Choice>,
}

async fn show(State(portal): State<Portal>, user: User) -> WebResult {
    require_sight(&user)?;
    let last: HashMap<_, _> = portal.auth.last_sign_ins().await?.into_iter().collect();
    let known = portal.auth.directory.known();
    let row = |account: &Arc<Account>| AccountRow {
        grants: user.snapshot.state.grants_of(&account.id),
        last_sign_in: last.get(&account.id).copied(),
        account: account.clone(),
    };
    let mut rows: Vec<AccountRow> = known.accounts.values().map(row).collect();
    rows.sort_by_cached_key(|row| (row.account.is_service(), row.account.name.clone()));
    let displaced = portal.auth.displaced().await?.into_iter();
    let displaced = displaced
        .filter_map(|found| Some((known.accounts.get(&found.account)?.clone(), found.wanted)));
    Ok(page::html(&AccountsPage {
        page: Page::new(&portal, &user, "accounts", "Accounts"),
        rows,
        displaced: displaced.collect(),
        manage: manage(&portal, &user),
        kinds: options([
            ("person", "person, signs in with a password"),
            ("service", "service, speaks with tokens"),
        ]),
    }))
}

/// Pairs of rights that let one person both write a change and judge it, in words. The gate still
/// keeps people from approving what is theirs; two such people could wave each other's work through.
pub(super) fn conflicts(grants: &[Grant]) -> Vec<String> {
    let judges = |role| matches!(role, Role::Reviewer | Role::ReleaseAdmin);
    let mut found = Vec::new();
    for author in grants.iter().filter(|g| g.role == Role::Author) {
        let both = grants
            .iter()
            .filter(|g| judges(g.role) && g.scope.reaches(&author.scope));
        found.extend(
            both.map(|judge| format!("{} and {}", format::right(author), format::right(judge))),
        );
    }
    found
}

/// The fields of the form for a new account.
#[derive(Default, Deserialize)]
#[serde(default)]
struct NewFields {
    name: String,
    display_name: String,
    kind: String,
    password: String,
}

async fn create(State(portal): State<Portal>, form: Form<NewFields>) -> WebResult {
    let fields = &form.fields;
    let made = async {
        require_manager(&form.user)?;
        let wanted = NewAccount {
            name: fields.name.clone(),
            display_name: fields.display_name.clone(),
            kind: match fields.kind.as_str() {
                "service" => AccountKind::Service,
                _ => AccountKind::Person,
            },
            password: fields.password.clone(),
        };
        let by = &form.user.person.account.id;
        let made = portal.auth.create_account(wanted, by).await;
        made.map_err(at_its_field)
    };
    let account = made
        .await
        .map_err(|error| form.refused("/accounts", error))?;
    Ok(see(&format!("/accounts/{}", account.name), "account-made"))
}

/// What is wrong with an account's name, shown name or password, at the field that it was typed into.
fn at_its_field(error: AppError) -> FieldError {
    let field = match error.outcome().code {
        "bad_account_name" | "account_exists" => "name",
        "bad_display_name" => "display_name",
        "bad_password" => "password",
        _ => "",
    };
    FieldError::at(field, error)
}

struct ActRow {
    act: Act,
    /// One a role, in the order of the columns.
    may: Vec<bool>,
}

#[derive(Template)]
#[template(path = "accounts/roles.html")]
struct RolesPage {
    page: Page,
    crumbs: Vec<Link>,
    acts: Vec<ActRow>,
}

async fn roles(State(portal): State<Portal>, user: User) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let act_row = |act: Act| ActRow {
        act,
        may: Role::ALL.iter().map(|role| allows(*role, act)).collect(),
    };
    Ok(page::html(&RolesPage {
        page: Page::new(&portal, &user, "accounts", "Who may do what"),
        crumbs: crumbs(),
        acts: Act::ALL.into_iter().map(act_row).collect(),
    }))
}

/// The account of an address.
pub(super) fn known(portal: &Portal, name: &str) -> Result<Arc<Account>, AppError> {
    let account = portal.auth.directory.by_name(name);
    account.ok_or_else(|| AppError::NotFound {
        what: "account",
        name: name.chars().take(80).collect(),
    })
}

/// The account that a form is about, for those who may change accounts.
pub(super) fn changeable(
    portal: &Portal,
    user: &User,
    name: &str,
) -> Result<Arc<Account>, AppError> {
    require_manager(user)?;
    known(portal, name)
}
