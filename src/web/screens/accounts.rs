//! Accounts: everybody with their rights; making one; the table of roles.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;

use crate::app::AppError;
use crate::auth::accounts::NewAccount;
use crate::auth::{Account, AccountKind};
use crate::web::availability::Availability;
use crate::web::choice::{Choice, choices};
use crate::web::error::{WebError, WebResult, refuse};
use crate::web::form::{Form, fresh_once, see};
use crate::web::notice;
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::user::User;
use crate::web::{Portal, format};
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::State as Truth;
use rulegate_ledger::access::{Act, Grant, Role, Scope, allows};
use rulegate_ledger::ids::{AccountId, Timestamp};

pub(super) fn routes() -> Routes {
    Routes::default()
        .page("/accounts", show)
        .form("/accounts", create)
        .page("/accounts/roles", roles)
}

/// Accounts are for those who manage them and for those who audit.
pub(super) fn require_sight(user: &User) -> Result<(), WebError> {
    if user.may(Act::ExportLedger, &Scope::EVERYWHERE) {
        return Ok(());
    }
    user.require(Act::ManageAccounts, Scope::EVERYWHERE)
}

/// Whether this person may change accounts, and who can.
pub(super) fn manage(portal: &Portal, user: &User) -> Availability {
    let (act, scope) = (Act::ManageAccounts, Scope::EVERYWHERE);
    match user.may(act, &scope) {
        true => Availability::default(),
        false => Availability::refused(portal, user, None, &Refusal::NotAllowed { act, scope }),
    }
}

/// An error to show on the form that it came from; others become pages of their own.
pub(super) fn problem_of(error: AppError) -> Result<(StatusCode, String), WebError> {
    let outcome = error.outcome();
    match (&error, outcome.status) {
        (AppError::BadInput { .. } | AppError::Refused(_), status) if status != 403 => Ok((
            StatusCode::from_u16(status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY),
            outcome.sentence,
        )),
        _ => Err(error.into()),
    }
}

struct AccountRow {
    name: String,
    display_name: String,
    is_service: bool,
    closed: bool,
    rights: Vec<String>,
    conflict: bool,
    last: String,
    last_iso: String,
    href: String,
}

/// An account whose name another one had first, at a site that did not know of it.
struct DisplacedRow {
    text: String,
    href: String,
}

#[derive(Template)]
#[template(path = "accounts/accounts.html")]
struct AccountsPage {
    page: Page,
    rows: Vec<AccountRow>,
    displaced: Vec<DisplacedRow>,
    manage: Availability,
    once: String,
    problem: String,
    typed: NewFields,
    kinds: Vec<Choice>,
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

async fn show(State(portal): State<Portal>, user: User) -> WebResult {
    require_sight(&user)?;
    let view = view(&portal, &user, NewFields::default(), String::new()).await?;
    Ok(page::html(&view))
}

async fn view(
    portal: &Portal,
    user: &User,
    typed: NewFields,
    problem: String,
) -> Result<AccountsPage, WebError> {
    let last = portal.auth.last_sign_ins().await?;
    let truth = &user.snapshot.state;
    let known = portal.auth.directory.known();
    let mut rows: Vec<AccountRow> = known
        .accounts
        .values()
        .map(|account| account_row(truth, account, &last, user.now))
        .collect();
    let displaced = portal.auth.displaced().await?.into_iter();
    let displaced = displaced.filter_map(|found| {
        let name = known.accounts.get(&found.account)?.name.clone();
        let wanted = found.wanted;
        Some(DisplacedRow {
            text: format!(
                "{name} was made as {wanted} at one site while the other, which could not be asked, had another {wanted}. \
                 Both work; give one of them another name and tell both people."
            ),
            href: format!("/accounts/{name}"),
        })
    });
    let displaced = displaced.collect();
    rows.sort_by(|a, b| (a.is_service, &a.name).cmp(&(b.is_service, &b.name)));
    Ok(AccountsPage {
        page: Page::new(portal, user, "accounts", "Accounts"),
        rows,
        displaced,
        manage: manage(portal, user),
        once: fresh_once(),
        problem,
        kinds: choices(
            [
                ("person", "person, signs in with a password"),
                ("service", "service, speaks with tokens"),
            ],
            &typed.kind,
        ),
        typed,
    })
}

fn account_row(
    truth: &Truth,
    account: &Account,
    last: &[(AccountId, Timestamp)],
    now: Timestamp,
) -> AccountRow {
    let grants = truth.grants_of(&account.id);
    let last = last.iter().find(|(id, _)| *id == account.id);
    AccountRow {
        href: format!("/accounts/{}", account.name),
        name: account.name.clone(),
        display_name: account.display_name.clone(),
        is_service: account.kind == AccountKind::Service,
        closed: account.disabled_at.is_some(),
        conflict: !conflicts(&grants).is_empty(),
        rights: grants.iter().map(right_words).collect(),
        last: last.map_or(String::new(), |(_, at)| {
            format!("{} ago", format::ago(*at, now))
        }),
        last_iso: last.map_or(String::new(), |(_, at)| at.to_rfc3339()),
    }
}

/// `reviewer everywhere`, `author for owasp-crs at ipc2/prod`.
pub(super) fn right_words(grant: &Grant) -> String {
    let scope = grant.scope.words();
    match scope.as_str() {
        "everywhere" => format!("{} everywhere", grant.role.name()),
        _ => format!("{} for {scope}", grant.role.name()),
    }
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
            both.map(|judge| format!("{} and {}", right_words(author), right_words(judge))),
        );
    }
    found
}

async fn create(State(portal): State<Portal>, form: Form<NewFields>) -> WebResult {
    if !manage(&portal, &form.user).is_open() {
        return Err(refuse(Refusal::NotAllowed {
            act: Act::ManageAccounts,
            scope: Scope::EVERYWHERE,
        }));
    }
    let (user, fields) = (form.user, form.fields);
    let wanted = NewAccount {
        name: fields.name.clone(),
        display_name: fields.display_name.clone(),
        kind: match fields.kind.as_str() {
            "service" => AccountKind::Service,
            _ => AccountKind::Person,
        },
        password: fields.password.clone(),
    };
    match portal
        .auth
        .create_account(wanted, &user.person.account.id)
        .await
    {
        Ok(account) => Ok(see(&format!("/accounts/{}", account.name), "account-made")),
        Err(error) => {
            let (status, problem) = problem_of(error)?;
            let view = view(&portal, &user, fields, problem).await?;
            Ok((status, page::html(&view)).into_response())
        }
    }
}

struct ActRow {
    words: &'static str,
    /// One a role, in the order of the columns.
    may: Vec<bool>,
    token: bool,
}

#[derive(Template)]
#[template(path = "accounts/roles.html")]
struct RolesPage {
    page: Page,
    crumbs: Vec<notice::Link>,
    roles: Vec<&'static str>,
    acts: Vec<ActRow>,
}

async fn roles(State(portal): State<Portal>, user: User) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let act_row = |act: Act| ActRow {
        words: act.words(),
        may: Role::ALL.iter().map(|role| allows(*role, act)).collect(),
        token: !act.needs_a_person(),
    };
    Ok(page::html(&RolesPage {
        page: Page::new(&portal, &user, "accounts", "Who may do what"),
        crumbs: vec![notice::Link {
            href: "/accounts".into(),
            text: "Accounts".into(),
        }],
        roles: Role::ALL.iter().map(|role| role.name()).collect(),
        acts: Act::ALL.into_iter().map(act_row).collect(),
    }))
}
