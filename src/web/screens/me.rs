//! One's own account: what one may do, where one is signed in, one's password.

use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use crate::auth::SignIn;
use crate::auth::sign_in::SignInError;
use crate::web::error::WebResult;
use crate::web::form::{Form, see};
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::sent::{FieldError, InField as _};
use crate::web::user::User;
use crate::web::{Portal, filters};
use rulegate_ledger::access::Grant;
use rulegate_ledger::digest::Digest;

pub(super) fn routes() -> Routes {
    Routes::default()
        .page("/me", show)
        .form("/me/password", change_password)
        .form("/me/sign-ins/end", end_sign_ins)
}

const PAGE: &str = "/me";

#[derive(Template)]
#[template(path = "accounts/me.html")]
struct MePage {
    page: Page,
    name: String,
    rights: Vec<Grant>,
    sign_ins: Vec<SignIn>,
    /// The sign-in with which the page was asked for.
    here: Digest,
}

impl MePage {
    fn is_elsewhere(&self) -> bool {
        self.sign_ins.iter().any(|s| s.token_hash != self.here)
    }
}

async fn show(State(portal): State<Portal>, user: User) -> WebResult {
    let account = &user.person.account;
    Ok(page::html(&MePage {
        page: Page::new(&portal, &user, "accounts", "Your account"),
        name: account.name.clone(),
        rights: user.snapshot.state.grants_of(&account.id),
        sign_ins: portal.auth.sign_ins_of(&account.id).await?,
        here: user.person.sign_in.token_hash,
    }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PasswordFields {
    old: String,
    password: String,
}

async fn change_password(State(portal): State<Portal>, form: Form<PasswordFields>) -> WebResult {
    let (person, fields) = (&form.user.person, &form.fields);
    let changed = async {
        let proved = portal.auth.prove_again(person, &fields.old).await;
        proved.map_err(|error| match error {
            SignInError::Wrong => FieldError::new("old", "The old password is another one"),
            error => error.into(),
        })?;
        let (account, but) = (&person.account, Some(&person.sign_in));
        let set = portal
            .auth
            .set_password(account, &fields.password, but, &account.id);
        set.await.in_field("password")
    };
    changed.await.map_err(|error| form.refused(PAGE, error))?;
    Ok(see(PAGE, "password-set"))
}

#[derive(Deserialize)]
struct Nothing {}

async fn end_sign_ins(State(portal): State<Portal>, form: Form<Nothing>) -> WebResult {
    let Nothing {} = form.fields;
    let person = &form.user.person;
    let ended = portal
        .auth
        .end_other_sign_ins(&person.account.id, Some(&person.sign_in));
    ended.await.map_err(|error| form.refused(PAGE, error))?;
    Ok(see(PAGE, "sign-ins-ended"))
}
