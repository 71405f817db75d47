//! Forms: read with their token checked first, acted upon once, then away from the page.

use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Redirect, Response};
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq as _;

use super::Portal;
use super::error::WebError;
use super::page::Notice;
use super::user::User;
use crate::app::AppError;
use crate::app::execute::Executed;
use rulegate_domain::command::Command;
use rulegate_ledger::ids::CommandId;

/// The most bytes of a form without files: a hotfix of several rules fits.
pub const FORM_SIZE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A form sent by a signed-in person from a page of ours.
pub struct Form<T> {
    /// Who sent it.
    pub user: User,
    /// Its fields.
    pub fields: T,
    /// The form's own id, so that sending it twice does it once.
    once: Option<String>,
}

/// Fields that every form carries.
#[derive(serde::Deserialize)]
struct Frame {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    once: Option<String>,
}

impl<T: DeserializeOwned> FromRequest<Portal> for Form<T> {
    type Rejection = WebError;

    async fn from_request(request: Request, portal: &Portal) -> Result<Form<T>, WebError> {
        use axum::extract::FromRequestParts as _;
        let (mut parts, body) = request.into_parts();
        let user = User::from_request_parts(&mut parts, portal).await?;
        let bytes = axum::body::to_bytes(body, FORM_SIZE_BYTES_MAX)
            .await
            .map_err(|_| {
                WebError::BadForm("It is larger than 16 MiB, or it did not arrive whole.".into())
            })?;
        let frame: Frame = read(&bytes)?;
        check_csrf(&user, &frame.csrf)?;
        Ok(Form {
            user,
            fields: read(&bytes)?,
            once: frame.once.filter(|once| !once.is_empty()),
        })
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WebError> {
    serde_html_form::from_bytes(bytes)
        .map_err(|error| WebError::BadForm(format!("A field is missing or wrong: {error}.")))
}

/// Refuses a form that does not carry the token of this sign-in.
pub fn check_csrf(user: &User, given: &str) -> Result<(), WebError> {
    if bool::from(given.as_bytes().ct_eq(user.person.csrf.as_bytes())) {
        Ok(())
    } else {
        Err(WebError::FormExpired)
    }
}

/// A fresh id for a form, so that sending it twice does it once.
pub fn fresh_once() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}

impl<T> Form<T> {
    /// Carries the command out in the person's name; the same form sent again is answered like the first.
    pub async fn execute(&self, portal: &Portal, command: Command) -> Result<Executed, AppError> {
        execute_once(portal, &self.user, self.once.as_deref(), command).await
    }
}

/// As [`Form::execute`], for forms read another way.
pub async fn execute_once(
    portal: &Portal,
    user: &User,
    once: Option<&str>,
    command: Command,
) -> Result<Executed, AppError> {
    let id: CommandId = match once {
        Some(once) => portal.app.keyed_command(
            &user.person.account.id,
            once,
            format!("{command:?}").as_bytes(),
        )?,
        None => portal.app.fresh_command(),
    };
    portal.app.execute(user.actor(), command, id).await
}

/// Away from the form, to a page that says what came of it. `done` is one of [`NOTICES`].
pub fn see(address: &str, done: &'static str) -> Response {
    let joint = if address.contains('?') { '&' } else { '?' };
    let (path, anchor) = address
        .split_once('#')
        .map_or((address, String::new()), |(p, a)| (p, format!("#{a}")));
    Redirect::to(&format!("{path}{joint}done={done}{anchor}")).into_response()
}

/// What a page says after a form, by a short word in its address: nobody can put own text there.
const NOTICES: &[(&str, &str)] = &[
    ("activation-asked", "The review is open."),
    (
        "hotfix-made",
        "The hotfix is made and waits in its review; nothing runs it yet.",
    ),
    ("answered", "The answer is recorded."),
    ("seen", "Marked as seen."),
    ("unseen", "No longer marked as seen."),
    (
        "approved",
        "Your approval is recorded, bound to exactly what is shown here.",
    ),
    ("rejected", "The review is rejected."),
    ("commented", "The comment is recorded."),
    ("withdrawn", "The review is withdrawn."),
    ("executed", "Executed."),
    (
        "glass-broken",
        "Executed past the gate. Two others have to look at it now.",
    ),
    ("looked", "After-review recorded."),
    ("validated", "Soft-launch result recorded."),
    ("recall-asked", "The recall waits in its review."),
    ("policy-asked", "The change of policy waits in its review."),
    ("discarded", "The hotfix is discarded."),
    ("dismissed", "The drift is dismissed until its end date."),
    ("held", "The hold is in force."),
    ("lifted", "Lifted."),
    ("frozen", "The freeze is in force."),
    ("declared", "The live site is declared."),
    ("transfer-asked", "The transfer waits in its review."),
    (
        "transfer-declined",
        "Recorded: the hotfix stays where it is.",
    ),
    ("pair-closed", "The pair is closed."),
    (
        "difference-accepted",
        "The difference is accepted while neither side moves.",
    ),
    ("cancelled", "The waiting activation is cancelled."),
    ("account-made", "The account is made."),
    (
        "account-closed",
        "The account is closed; its sign-ins and tokens end now.",
    ),
    ("account-renamed", "The account has another name now."),
    ("account-opened", "The account is open again."),
    (
        "password-set",
        "The password is set; other sign-ins of the account have ended.",
    ),
    ("granted", "The right is given."),
    ("revoked", "Taken back."),
    ("sign-ins-ended", "Your other sign-ins have ended."),
    ("signed-out", "You are signed out."),
    ("link-cut", "The link is cut."),
    ("link-mended", "The link is mended."),
    ("site-off", "The other site is switched off."),
    ("site-on", "The other site is switched on again."),
];

/// The message for an address with `done=...`.
pub fn notice_of(query: Option<&str>) -> Option<Notice> {
    let done = query?
        .split('&')
        .find_map(|pair| pair.strip_prefix("done="))?;
    let (_, text) = NOTICES.iter().find(|(word, _)| *word == done)?;
    Some(Notice {
        kind: "ok",
        text: (*text).to_owned(),
    })
}
