//! What can come of asking the app: the business said no, the store could not, or something broke.

use std::error::Error;
use std::sync::Arc;

use crate::store::{AppendError, StoreError};
use rulegate_domain::refusal::Refusal;
use rulegate_ledger::ids::NameError;
use rulegate_ledger::manifest::ManifestError;

/// Why the app did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The business said no; nothing was written.
    #[error("{}", .0.message())]
    Refused(Refusal),
    /// The text given is not a name, a manifest, an archive.
    #[error("{message}")]
    BadInput {
        /// Stable, e.g. `bad_archive`.
        code: &'static str,
        /// What is wrong, with what to do.
        message: String,
    },
    /// There is nothing of that name, or the caller may not know.
    #[error("there is no {what} {name}")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// Under which name.
        name: String,
    },
    /// Name and password do not belong together, or the account is closed: never said which.
    #[error("name and password do not belong together, or the account is closed")]
    WrongPassword,
    /// Passwords were tried too often, or by too many at once.
    #[error("{message}")]
    TooManyTries {
        /// What to wait for.
        message: String,
        /// How long.
        seconds: u32,
    },
    /// The same idempotency key came with another request.
    #[error("this idempotency key was used for another request")]
    KeyReused,
    /// The database is away; nothing was stored; worth trying again.
    #[error("the database is away: {0}")]
    Unavailable(String),
    /// The disk is full; nothing was stored.
    #[error("the disk is full")]
    Full,
    /// The connection broke while storing: it may or may not be stored. The same command id tells.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
    /// The ledger holds what this program does not know: it stopped writing.
    #[error("this process stopped writing: {0}")]
    StoppedWriting(String),
    /// The own ledger is shorter than what the site has signed: nothing is appended until it is whole again.
    #[error("nothing is appended at this site: {0}")]
    Behind(String),
    /// Something broke.
    #[error(transparent)]
    Broken(Arc<dyn Error + Send + Sync>),
}

/// What was being done when something broke. It tells the inner error too, for whoever prints no chain.
#[derive(Debug, thiserror::Error)]
#[error("{doing}: {source}")]
struct BrokeWhile {
    doing: String,
    source: Box<dyn Error + Send + Sync>,
}

impl AppError {
    /// Something broke; the error that told so is kept with all that is under it.
    pub fn broken(error: impl Into<Box<dyn Error + Send + Sync>>) -> AppError {
        AppError::Broken(Arc::from(error.into()))
    }

    /// As [`AppError::broken`], with what was being done.
    pub fn broken_while(
        doing: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> AppError {
        let (doing, source) = (doing.into(), source.into());
        AppError::broken(BrokeWhile { doing, source })
    }

    /// Notes what broke, with the reference that whoever asked is shown; other errors are no faults of ours.
    pub fn log(&self, reference: &str) {
        if let AppError::Broken(why) = self {
            tracing::error!(reference, why = chain(why.as_ref()), "something broke");
        }
    }
}

/// An error with all that is under it, for one line in the log. What a text says already is not said again.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let inner = source.to_string();
        if !text.ends_with(&inner) {
            text = format!("{text}: {inner}");
        }
        next = source.source();
    }
    text
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> AppError {
        AppError::Refused(refusal)
    }
}
impl From<NameError> for AppError {
    fn from(error: NameError) -> AppError {
        AppError::BadInput {
            code: "bad_name",
            message: error.to_string(),
        }
    }
}
impl From<ManifestError> for AppError {
    fn from(error: ManifestError) -> AppError {
        AppError::BadInput {
            code: "bad_rules",
            message: error.to_string(),
        }
    }
}
impl From<StoreError> for AppError {
    fn from(error: StoreError) -> AppError {
        match error {
            StoreError::Unavailable(why) => AppError::Unavailable(why),
            StoreError::Full => AppError::Full,
            other => AppError::broken(other),
        }
    }
}
impl From<AppendError> for AppError {
    fn from(error: AppendError) -> AppError {
        match error {
            AppendError::Full => AppError::Full,
            AppendError::Unavailable(why) => AppError::Unavailable(why),
            AppendError::Unknown(why) => AppError::Unknown(why),
            other => AppError::broken(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_names_every_cause_once() {
        let disk = std::io::Error::other("the disk is gone");
        let error = AppError::broken_while("cannot read the key", disk);
        assert_eq!(error.to_string(), "cannot read the key: the disk is gone");
        assert_eq!(error.source().unwrap().to_string(), "the disk is gone");
        assert_eq!(chain(&error), error.to_string());

        let under = AppError::broken(ManifestError::Empty);
        assert_eq!(chain(&under), ManifestError::Empty.to_string());
    }
}
