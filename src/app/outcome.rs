//! One table of how every error looks from outside: it feeds pages and problem details alike.

use super::AppError;
use rulegate_domain::refusal::{Refusal, RefusalKind};
use rulegate_ledger::review::ShownChange;

/// How an error is told, on a page or as problem details.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The HTTP status.
    pub status: u16,
    /// Stable, shared by pages and interfaces.
    pub code: &'static str,
    /// A few words.
    pub title: &'static str,
    /// One or two sentences: what is the case.
    pub sentence: String,
    /// What to do next; may be empty.
    pub remedy: String,
    /// More, one line each, e.g. the checks that block.
    pub details: Vec<String>,
    /// Seconds after which trying again makes sense.
    pub retry_after_s: Option<u32>,
}

impl AppError {
    /// The error as it is told. Inner texts of what broke never leave the process.
    pub fn outcome(&self) -> Outcome {
        let told = |status, code, title, sentence: String, remedy: &str| Outcome {
            status,
            code,
            title,
            sentence,
            remedy: remedy.to_owned(),
            details: Vec::new(),
            retry_after_s: None,
        };
        match self {
            AppError::Refused(refusal) => refused(refusal),
            AppError::BadInput { code, message } => {
                told(422, code, "This cannot be taken", sentence_of(message), "Correct it and send it again; nothing was stored.")
            }
            AppError::NotFound { what, name } => {
                told(404, "not_found", "Not here", format!("There is no {what} {name}."), "Check the name or the address.")
            }
            AppError::WrongPassword => told(
                401,
                "wrong_password",
                "This does not sign you in",
                sentence_of(&self.to_string()),
                "",
            ),
            AppError::TooManyTries { message, seconds } => Outcome {
                retry_after_s: Some(*seconds),
                ..told(429, "too_many_tries", "Not now", sentence_of(message), "")
            },
            AppError::KeyReused => told(
                422,
                "idempotency_key_reused",
                "Key used for something else",
                "This idempotency key came before with another request.".into(),
                "Use a fresh key for a new request.",
            ),
            AppError::Unavailable(_) => Outcome {
                retry_after_s: Some(5),
                ..told(
                    503,
                    "database_away",
                    "The database is away",
                    "Nothing was stored. Pages that were in memory keep working.".into(),
                    "Try again in a few seconds.",
                )
            },
            AppError::Full => told(
                507,
                "disk_full",
                "The disk is full",
                "Nothing was stored and nothing is half-done; reading works.".into(),
                "Ask an operator to make room, then send it again.",
            ),
            AppError::Unknown(_) => Outcome {
                retry_after_s: Some(5),
                ..told(
                    503,
                    "outcome_unknown",
                    "The outcome is not known",
                    "The connection to the database broke at the moment of storing: it may or may not have happened.".into(),
                    "Look at the ledger, or send the same request with the same idempotency key: it never happens twice.",
                )
            },
            AppError::StoppedWriting(reason) => Outcome {
                details: vec![reason.clone()],
                ..told(
                    503,
                    "stopped_writing",
                    "This process writes no more",
                    "The ledger holds entries that this program does not know, so it no longer writes.".into(),
                    "Ask an operator to upgrade this process.",
                )
            },
            AppError::Behind(reason) => Outcome {
                details: vec![reason.clone()],
                ..told(
                    503,
                    "ledger_behind",
                    "This site takes no entries",
                    "Its ledger is not the one that it signed, so nothing may be appended; nothing was stored, reading works.".into(),
                    "Ask an operator to bring the missing entries back with `rulegate site recover`.",
                )
            },
            AppError::Broken(_) => told(
                500,
                "internal",
                "Something broke",
                "This is our fault; nothing is half-done.".into(),
                "Try again, and quote the reference below if it stays.",
            ),
        }
    }
}

fn sentence_of(message: &str) -> String {
    let mut sentence = message.trim_end_matches('.').to_owned();
    if let Some(first) = sentence.get(..1) {
        sentence.replace_range(..1, &first.to_uppercase());
    }
    sentence.push('.');
    sentence
}

fn refused(refusal: &Refusal) -> Outcome {
    let (status, title) = match refusal.kind() {
        RefusalKind::NotYours => (403, "Not yours to decide"),
        RefusalKind::NotFound => (404, "Not here"),
        RefusalKind::BadInput => (422, "This cannot be taken"),
        RefusalKind::Conflict => (409, "Not as things stand"),
    };
    let details = match refusal {
        Refusal::GateBlocked { checks } => checks
            .iter()
            .map(|check| format!("{}: {}. {}", check.title(), check.evidence, check.remedy()))
            .collect(),
        Refusal::Stale { changes } => folded(changes),
        _ => Vec::new(),
    };
    Outcome {
        status,
        code: refusal.code(),
        title,
        sentence: refusal.message(),
        remedy: refusal.remedy(),
        details,
        retry_after_s: None,
    }
}

/// What changed since it was shown, in words; many answers are one line with their number.
pub fn folded(changes: &[ShownChange]) -> Vec<String> {
    let is_answer = |change: &&ShownChange| matches!(change, ShownChange::AnswerChanged { .. });
    let answers = changes.iter().filter(is_answer).count();
    let told = changes
        .iter()
        .filter(|change| answers < 4 || !is_answer(change));
    let mut words: Vec<String> = told.map(ShownChange::words).collect();
    if answers >= 4 {
        words.push(format!("the answers for {answers} rules changed"));
    }
    words
}
