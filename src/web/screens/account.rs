//! One account: its rights, its password, whether it is open; and one's own.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::accounts::{conflicts, manage, problem_of, require_sight, right_words};
use super::tokens::{TokenFields, TokenRow, token_rows};
use crate::app::AppError;
use crate::auth::sign_in::SignInError;
use crate::auth::{Account, AccountKind};
use crate::web::availability::Availability;
use crate::web::choice::{Choice, choices, choices_or_all};
use crate::web::error::{WebError, WebResult, refuse};
use crate::web::form::{Form, fresh_once, see};
use crate::web::notice::Link;
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::user::User;
use crate::web::{Portal, format};
use rulegate_domain::command::Command;
use rulegate_domain::refusal::Refusal;
use rulegate_ledger::access::{Act, Grant, Role, Scope};
use rulegate_ledger::environment::Topology;

pub(super) fn routes() -> Routes {
    Routes::default()
        .page("/accounts/{name}", show)
        .form("/accounts/{name}/rights", grant)
        .form("/accounts/{name}/rights/end", revoke)
        .form("/accounts/{name}/password", set_password)
        .form("/accounts/{name}/state", set_state)
        .form("/accounts/{name}/name", rename)
        .page("/me", me)
        .form("/me/password", change_password)
        .form("/me/sign-ins/end", end_sign_ins)
}

struct RightRow {
    words: String,
    grant: Grant,
}

impl RightRow {
    fn ruleset(&self) -> &str {
        self.grant
            .scope
            .ruleset
            .as_ref()
            .map_or("", |name| name.as_str())
    }
    fn site(&self) -> &str {
        self.grant
            .scope
            .site
            .as_ref()
            .map_or("", |name| name.as_str())
    }
    fn lane(&self) -> &str {
        self.grant
            .scope
            .lane
            .as_ref()
            .map_or("", |name| name.as_str())
    }
}

/// The three selects that bound a right or a token.
pub(super) struct ScopeChoices {
    pub rulesets: Vec<Choice>,
    pub sites: Vec<Choice>,
    pub lanes: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "accounts/account.html")]
pub(super) struct AccountPage {
    page: Page,
    crumbs: Vec<Link>,
    name: String,
    display_name: String,
    id: String,
    is_service: bool,
    is_own: bool,
    closed: bool,
    made: String,
    rights: Vec<RightRow>,
    conflicts: Vec<String>,
    roles: Vec<Choice>,
    scope: ScopeChoices,
    tokens: Vec<TokenRow>,
    token: TokenFields,
    manage: Availability,
    once: String,
    problem: String,
}

/// The account of an address.
pub(super) fn known(portal: &Portal, name: &str) -> Result<Arc<Account>, AppError> {
    let account = portal.auth.directory.by_name(name);
    account.ok_or_else(|| AppError::NotFound {
        what: "account",
        name: name.chars().take(80).collect(),
    })
}

/// Refuses who may not manage accounts.
pub(super) fn require_manager(portal: &Portal, user: &User) -> Result<(), WebError> {
    let (act, scope) = (Act::ManageAccounts, Scope::EVERYWHERE);
    match manage(portal, user).is_open() {
        true => Ok(()),
        false => Err(refuse(Refusal::NotAllowed { act, scope })),
    }
}

async fn show(State(portal): State<Portal>, user: User, Path(name): Path<String>) -> WebResult {
    require_sight(&user)?;
    let account = known(&portal, &name)?;
    Ok(page::html(&view(&portal, &user, &account)))
}

fn view(portal: &Portal, user: &User, account: &Account) -> AccountPage {
    let truth = &user.snapshot.state;
    let grants = truth.grants_of(&account.id);
    let is_service = account.kind == AccountKind::Service;
    let roles = Role::ALL
        .iter()
        .filter(|role| role.is_service() == is_service);
    let token_role = grants.first().map_or(Role::Pipeline, |grant| grant.role);
    AccountPage {
        page: Page::new(portal, user, "accounts", account.display_name.clone()),
        crumbs: vec![Link {
            href: "/accounts".into(),
            text: "Accounts".into(),
        }],
        name: account.name.clone(),
        display_name: account.display_name.clone(),
        id: account.id.to_string(),
        is_service,
        is_own: account.id == user.person.account.id,
        closed: account.disabled_at.is_some(),
        made: format::short_time(account.created_at),
        conflicts: conflicts(&grants),
        rights: grants
            .into_iter()
            .map(|grant| RightRow {
                words: right_words(&grant),
                grant,
            })
            .collect(),
        roles: choices(
            roles.map(|role| (role.name(), role.name())),
            token_role.name(),
        ),
        scope: scope_choices(user, &Scope::EVERYWHERE),
        tokens: token_rows(portal, account, user.now),
        token: TokenFields::default(),
        manage: manage(portal, user),
        once: fresh_once(),
        problem: String::new(),
    }
}

/// The account's page again, with what is wrong.
pub(super) fn again(
    portal: &Portal,
    user: &User,
    account: &Account,
    typed: TokenFields,
    error: AppError,
) -> WebResult {
    let (status, problem) = problem_of(error)?;
    let mut view = view(portal, user, account);
    (view.problem, view.token) = (problem, typed);
    Ok((status, page::html(&view)).into_response())
}

pub(super) fn scope_choices(user: &User, now: &Scope) -> ScopeChoices {
    let truth = &user.snapshot.state;
    let Topology { sites, lanes } = &truth.topology;
    fn text(name: &Option<impl ToString>) -> String {
        name.as_ref().map_or(String::new(), ToString::to_string)
    }
    ScopeChoices {
        rulesets: choices_or_all("every rule set", truth.rulesets(), &text(&now.ruleset)),
        sites: choices_or_all("every site", sites, &text(&now.site)),
        lanes: choices_or_all("every lane", lanes, &text(&now.lane)),
    }
}

/// A role with its bounds as a form sends them.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct RightFields {
    pub role: String,
    pub ruleset: String,
    pub site: String,
    pub lane: String,
    pub reason: String,
}

impl RightFields {
    /// Reads role and bounds.
    ///
    /// Errors: [`AppError::BadInput`] for a role or name that cannot be.
    pub(super) fn read(&self) -> Result<(Role, Scope), AppError> {
        let role = Role::parse(&self.role).ok_or_else(|| AppError::BadInput {
            code: "bad_role",
            message: format!("{:?} is no role", self.role),
        })?;
        Ok((role, scope_of(&self.ruleset, &self.site, &self.lane)?))
    }
}

/// A scope from three fields, where an empty one is no bound.
pub(super) fn scope_of(ruleset: &str, site: &str, lane: &str) -> Result<Scope, AppError> {
    fn part<T>(text: &str) -> Result<Option<T>, AppError>
    where
        T: std::str::FromStr<Err = rulegate_ledger::ids::NameError>,
    {
        match text.trim() {
            "" => Ok(None),
            name => Ok(Some(name.parse()?)),
        }
    }
    Ok(Scope {
        ruleset: part(ruleset)?,
        site: part(site)?,
        lane: part(lane)?,
    })
}

async fn grant(
    State(portal): State<Portal>,
    Path(name): Path<String>,
    form: Form<RightFields>,
) -> WebResult {
    let account = known(&portal, &name)?;
    let given = async {
        let (role, scope) = form.fields.read()?;
        if role.is_service() != (account.kind == AccountKind::Service) {
            return Err(Refusal::ServiceRole { role }.into());
        }
        let grant = Grant {
            account: account.id.clone(),
            role,
            scope,
        };
        form.execute_raw(&portal, Command::Grant { grant }).await
    };
    after(&portal, &form.user, &account, given.await, "granted")
}

async fn revoke(
    State(portal): State<Portal>,
    Path(name): Path<String>,
    form: Form<RightFields>,
) -> WebResult {
    let account = known(&portal, &name)?;
    let taken = async {
        let (role, scope) = form.fields.read()?;
        let grant = Grant {
            account: account.id.clone(),
            role,
            scope,
        };
        let reason = form.fields.reason.clone();
        form.execute_raw(&portal, Command::Revoke { grant, reason })
            .await
    };
    after(&portal, &form.user, &account, taken.await, "revoked")
}

fn after<T>(
    portal: &Portal,
    user: &User,
    account: &Account,
    done: Result<T, AppError>,
    word: &'static str,
) -> WebResult {
    match done {
        Ok(_) => Ok(see(&format!("/accounts/{}", account.name), word)),
        Err(error) => again(portal, user, account, TokenFields::default(), error),
    }
}

#[derive(Deserialize)]
struct PasswordFields {
    #[serde(default)]
    old: String,
    #[serde(default)]
    password: String,
}

async fn set_password(
    State(portal): State<Portal>,
    Path(name): Path<String>,
    form: Form<PasswordFields>,
) -> WebResult {
    require_manager(&portal, &form.user)?;
    let account = known(&portal, &name)?;
    let by = &form.user.person.account.id;
    let set = portal
        .auth
        .set_password(&account, &form.fields.password, None, by);
    after(&portal, &form.user, &account, set.await, "password-set")
}

#[derive(Deserialize)]
struct NameFields {
    #[serde(default)]
    new_name: String,
}

async fn rename(
    State(portal): State<Portal>,
    Path(name): Path<String>,
    form: Form<NameFields>,
) -> WebResult {
    require_manager(&portal, &form.user)?;
    let account = known(&portal, &name)?;
    let by = &form.user.person.account.id;
    match portal
        .auth
        .rename(&account, &form.fields.new_name, by)
        .await
    {
        Ok(name) => Ok(see(&format!("/accounts/{name}"), "account-renamed")),
        Err(error) => again(&portal, &form.user, &account, TokenFields::default(), error),
    }
}

#[derive(Deserialize)]
struct StateFields {
    closed: bool,
}

async fn set_state(
    State(portal): State<Portal>,
    Path(name): Path<String>,
    form: Form<StateFields>,
) -> WebResult {
    require_manager(&portal, &form.user)?;
    let account = known(&portal, &name)?;
    let closed = form.fields.closed;
    let by = &form.user.person.account.id;
    let set = portal.auth.set_closed(&account, closed, by).await;
    let word = if closed {
        "account-closed"
    } else {
        "account-opened"
    };
    after(&portal, &form.user, &account, set, word)
}

struct SignInRow {
    here: bool,
    since: String,
    seen: String,
    address: String,
    agent: String,
}

#[derive(Template)]
#[template(path = "accounts/me.html")]
struct MePage {
    page: Page,
    name: String,
    rights: Vec<String>,
    sign_ins: Vec<SignInRow>,
    others: usize,
    problem: String,
}

async fn me(State(portal): State<Portal>, user: User) -> WebResult {
    me_page(&portal, &user, StatusCode::OK, String::new()).await
}

async fn me_page(portal: &Portal, user: &User, status: StatusCode, problem: String) -> WebResult {
    let account = &user.person.account;
    let found = portal.auth.sign_ins_of(&account.id).await?;
    let row = |s: &crate::auth::SignIn| SignInRow {
        here: s.token_hash == user.person.sign_in.token_hash,
        since: format::short_time(s.created_at),
        seen: format!("{} ago", format::ago(s.seen_at, user.now)),
        address: crate::app::summary::visible(&s.address),
        agent: crate::app::summary::visible(&s.agent),
    };
    let sign_ins: Vec<SignInRow> = found.iter().map(row).collect();
    let grants = user.snapshot.state.grants_of(&account.id);
    let view = MePage {
        page: Page::new(portal, user, "accounts", "Your account"),
        name: account.name.clone(),
        rights: grants.iter().map(right_words).collect(),
        others: sign_ins.iter().filter(|s| !s.here).count(),
        sign_ins,
        problem,
    };
    Ok((status, page::html(&view)).into_response())
}

async fn change_password(State(portal): State<Portal>, form: Form<PasswordFields>) -> WebResult {
    let (user, fields) = (&form.user, &form.fields);
    let no = |status, problem: String| me_page(&portal, user, status, problem);
    match portal.auth.prove_again(&user.person, &fields.old).await {
        Ok(()) => {}
        Err(SignInError::Wrong) => {
            let problem = "The old password is another one.".to_owned();
            return no(StatusCode::UNPROCESSABLE_ENTITY, problem).await;
        }
        Err(SignInError::Wait { seconds }) => {
            let wait = format::count(seconds as usize, "second", "seconds");
            return no(
                StatusCode::TOO_MANY_REQUESTS,
                format!("Too many tries: wait {wait}."),
            )
            .await;
        }
        Err(SignInError::Busy) => {
            let problem = "Sign-in is busy: try again in a few seconds.".to_owned();
            return no(StatusCode::TOO_MANY_REQUESTS, problem).await;
        }
        Err(SignInError::App(error)) => return Err(error.into()),
    }
    let account = &user.person.account;
    let but = Some(&user.person.sign_in);
    match portal
        .auth
        .set_password(account, &fields.password, but, &account.id)
        .await
    {
        Ok(()) => Ok(see("/me", "password-set")),
        Err(error) => {
            let (status, problem) = problem_of(error)?;
            no(status, problem).await
        }
    }
}

#[derive(Deserialize)]
struct Nothing {}

async fn end_sign_ins(
    State(portal): State<Portal>,
    form: Form<Nothing>,
) -> Result<Response, WebError> {
    let Nothing {} = form.fields;
    let person = &form.user.person;
    let but = Some(&person.sign_in);
    portal
        .auth
        .end_other_sign_ins(&person.account.id, but)
        .await?;
    Ok(see("/me", "sign-ins-ended"))
}
