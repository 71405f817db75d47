//! Forms: read with their token checked first, acted upon once, then away from the page; or back to it, refused.

use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq as _;

use super::Portal;
use super::error::WebError;
use super::sent::{FieldError, Sent};
use super::user::User;
use crate::app::execute::Executed;
use rulegate_domain::command::Command;
use rulegate_ledger::ids::CommandId;

/// The most bytes of a form without files: a hotfix of several rules fits.
pub const FORM_SIZE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The field with the name of a file that came with a form.
pub const FILE_NAME: &str = "kept-path";
/// The field with its bytes in base64: a file comes back with all else that was sent.
pub const FILE_BYTES: &str = "kept-bytes";

/// A form sent by a signed-in person from a page of ours.
pub struct Form<T> {
    /// Who sent it.
    pub user: User,
    /// Its fields.
    pub fields: T,
    /// The form as it came.
    sheet: Sheet,
}

/// A form as it came, whatever it asks for.
#[derive(Default)]
pub struct Sheet {
    /// Names and values in their order.
    pub fields: Vec<(String, String)>,
    /// The bytes that its id is made of.
    pub bytes: Bytes,
}

impl Sheet {
    /// The first value under a name; empty if there is none.
    pub fn value(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// Executes a command in the person's name; the same sheet sent again is answered like the first time.
    ///
    /// Errors: the form as it comes back on the page at `back`.
    pub async fn execute(
        &self,
        portal: &Portal,
        user: &User,
        back: &str,
        command: Result<Command, FieldError>,
    ) -> Result<Executed, WebError> {
        let executed = async {
            let command = command?;
            let id: CommandId = match self.value("once") {
                "" => portal.app.fresh_command(),
                once => portal
                    .app
                    .keyed_command(&user.person.account.id, once, &self.bytes)?,
            };
            Ok::<_, FieldError>(portal.app.execute(user.actor(), command, id).await?)
        };
        executed.await.map_err(|error| self.refused(back, error))
    }

    /// The sheet on its way back to the page at `back`.
    pub fn refused(&self, back: &str, error: impl Into<FieldError>) -> WebError {
        WebError::Refused {
            back: back.split('#').next().unwrap_or_default().to_owned(),
            sent: Box::new(Sent::new(self.value("form"), &self.fields, &error.into())),
        }
    }
}

impl<T: DeserializeOwned> FromRequest<Portal> for Form<T> {
    type Rejection = WebError;

    async fn from_request(request: Request, portal: &Portal) -> Result<Form<T>, WebError> {
        use axum::extract::FromRequestParts as _;
        let (mut parts, body) = request.into_parts();
        let user = User::from_request_parts(&mut parts, portal).await?;
        let kind = parts.headers.get(header::CONTENT_TYPE);
        let bytes = match kind.is_some_and(|k| k.as_bytes().starts_with(b"multipart/form-data")) {
            true => without_parts(Request::from_parts(parts, body)).await?,
            false => axum::body::to_bytes(body, FORM_SIZE_BYTES_MAX)
                .await
                .map_err(|_| too_large())?,
        };
        let sheet = Sheet {
            fields: read(&bytes)?,
            bytes,
        };
        check_csrf(&user, sheet.value("csrf"))?;
        Ok(Form {
            user,
            fields: read(&sheet.bytes)?,
            sheet,
        })
    }
}

fn too_large() -> WebError {
    WebError::BadForm("It is larger than 16 MiB, or it did not arrive whole.".into())
}

/// A form in parts as one without them. Of a file come its name and its bytes, a field each.
async fn without_parts(request: Request) -> Result<Bytes, WebError> {
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|_| WebError::BadForm("The form has no parts.".into()))?;
    let mut fields: Vec<(String, String)> = Vec::new();
    while let Some(part) = parts.next_field().await.map_err(|_| too_large())? {
        let name = part.name().unwrap_or_default().to_owned();
        let file = part.file_name().map(str::to_owned);
        let bytes = part.bytes().await.map_err(|_| too_large())?;
        match file {
            None => fields.push((name, String::from_utf8_lossy(&bytes).into_owned())),
            // A browser sends an empty part where no file was chosen.
            Some(file) if file.is_empty() => {}
            Some(file) => fields.extend([
                (FILE_NAME.to_owned(), file),
                (FILE_BYTES.to_owned(), BASE64.encode(&bytes)),
            ]),
        }
    }
    serde_html_form::to_string(&fields)
        .map(Bytes::from)
        .map_err(|error| WebError::BadForm(format!("A field cannot be read: {error}.")))
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

impl<T> Form<T> {
    /// As [`Sheet::execute`], with the command that the fields ask for.
    pub async fn execute(
        &self,
        portal: &Portal,
        back: &str,
        command: impl FnOnce(&T) -> Result<Command, FieldError>,
    ) -> Result<Executed, WebError> {
        let command = command(&self.fields);
        self.sheet.execute(portal, &self.user, back, command).await
    }

    /// As [`Sheet::refused`].
    pub fn refused(&self, back: &str, error: impl Into<FieldError>) -> WebError {
        self.sheet.refused(back, error)
    }
}

/// Away from the form, to a page that says what came of it. `done` is one of the notices.
pub fn see(address: &str, done: &'static str) -> Response {
    let joint = if address.contains('?') { '&' } else { '?' };
    let (path, anchor) = address
        .split_once('#')
        .map_or((address, String::new()), |(p, a)| (p, format!("#{a}")));
    Redirect::to(&format!("{path}{joint}done={done}{anchor}")).into_response()
}
