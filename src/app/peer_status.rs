//! What a process knows of the other site, and why a round of reading it ended early.

use super::AppError;
use super::source::SourceError;
use crate::store::{AppendError, StoreError};
use rulegate_ledger::ids::Timestamp;
use rulegate_ledger::trust::Alarm;

/// What is known of the other site.
#[derive(Debug, Clone, Default)]
pub struct PeerStatus {
    /// When it last answered.
    pub heard_at: Option<Timestamp>,
    /// How many entries its newest believed checkpoint covers.
    pub head_seq: u64,
    /// What went wrong since.
    pub trouble: Option<String>,
    /// What the reader refuses of it still.
    pub refused: Option<Alarm>,
    /// What is wrong with the copy kept here, found when it was folded.
    pub copy: Option<Alarm>,
    /// How it stands with its accounts.
    pub accounts: AccountsStatus,
}

impl PeerStatus {
    /// What is not believed now.
    pub fn alarm(&self) -> Option<&Alarm> {
        self.refused
            .as_ref()
            .or(self.copy.as_ref())
            .or(self.accounts.refused.as_ref())
    }
}

/// How it stands with the other site's accounts.
#[derive(Debug, Clone, Default)]
pub struct AccountsStatus {
    /// When all that was known there was known here.
    pub carried_at: Option<Timestamp>,
    /// Why they cannot be read for now.
    pub trouble: Option<String>,
    /// What was refused of them and still is.
    pub refused: Option<Alarm>,
}

/// Why a round ended early.
pub(super) enum RoundError {
    /// The site cannot be read for now.
    Trouble(String),
    /// Something offered is refused; with what proves it, as far as there is more than the alarm.
    Refused(Alarm, String),
    /// Somebody else brought the same entries first: begin anew.
    Overtaken,
}

impl From<Alarm> for RoundError {
    fn from(alarm: Alarm) -> RoundError {
        RoundError::Refused(alarm, String::new())
    }
}
impl From<SourceError> for RoundError {
    fn from(error: SourceError) -> RoundError {
        match error {
            SourceError::Newer(problem) => Alarm::NewerFormat { problem }.into(),
            other => RoundError::Trouble(other.to_string()),
        }
    }
}
impl From<AppError> for RoundError {
    fn from(error: AppError) -> RoundError {
        RoundError::Trouble(error.to_string())
    }
}
impl From<StoreError> for RoundError {
    fn from(error: StoreError) -> RoundError {
        RoundError::Trouble(error.to_string())
    }
}
impl From<AppendError> for RoundError {
    fn from(error: AppendError) -> RoundError {
        RoundError::Trouble(error.to_string())
    }
}
