//! A form that was refused, on its way back to the page it came from: with what was typed, and the refusal at its
//! field. Every form comes back this way, so no screen has to remember what it asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::app::AppError;
use crate::app::outcome::Outcome;
use rulegate_domain::refusal::Refusal;

/// Fields that belong to the form and not to the person who filled it.
const OF_THE_FORM: [&str; 6] = ["csrf", "once", "form", "fingerprint", "shown", "sight"];
/// Fields that say what a form is about or what was chosen: nothing that anybody wrote. Numbers at the end do not count.
const NOT_WRITTEN: [&str; 13] = [
    "also",
    "answer",
    "drop",
    "environment",
    "hotfix",
    "kept-bytes",
    "kept-path",
    "observation",
    "on_top_of",
    "path",
    "remove",
    "ruleset",
    "seen",
];
/// Names under which forms ask for a sentence: a refusal of any of them belongs to the one that the form has.
const SENTENCES: [&str; 4] = ["reason", "text", "note", "evidence"];

/// What was typed, and why it was not taken.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Which form of its page.
    form: String,
    /// Names and values as they came.
    fields: Vec<(String, String)>,
    /// Why it was refused.
    pub outcome: Outcome,
    /// The field that the refusal is about; empty if it is about no single one.
    field: String,
    /// A reference to quote; empty unless something broke.
    pub reference: String,
    /// The page no longer has the form, so what was typed is shown apart.
    pub is_orphan: bool,
    /// The page that is being made has the form.
    has_form: Arc<AtomicBool>,
}

/// A field as a form shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Field {
    pub id: String,
    pub value: String,
    /// Why the value was refused; empty if it was not.
    pub error: String,
}

/// Why a form's command could not be made, and which field it is about.
#[derive(Debug)]
pub struct FieldError {
    field: &'static str,
    error: AppError,
}

impl<E: Into<AppError>> From<E> for FieldError {
    fn from(error: E) -> FieldError {
        FieldError::at("", error)
    }
}

/// Says which field of a form an error is about.
pub trait InField<T> {
    /// The same with the field's name.
    fn in_field(self, field: &'static str) -> Result<T, FieldError>;
}

impl<T, E: Into<AppError>> InField<T> for Result<T, E> {
    fn in_field(self, field: &'static str) -> Result<T, FieldError> {
        self.map_err(|error| FieldError::at(field, error))
    }
}

impl FieldError {
    /// An error about a field.
    pub fn at(field: &'static str, error: impl Into<AppError>) -> FieldError {
        FieldError {
            field,
            error: error.into(),
        }
    }

    /// A sentence about a field, from the screen itself.
    pub fn new(field: &'static str, message: impl Into<String>) -> FieldError {
        let (code, message) = ("bad_field", message.into());
        FieldError::at(field, AppError::BadInput { code, message })
    }
}

impl Sent {
    /// What was sent as `form` with these fields and refused so. Passwords stay behind.
    pub fn new(form: &str, fields: &[(String, String)], refused: &FieldError) -> Sent {
        let fields: Vec<(String, String)> = fields
            .iter()
            .filter(|(name, _)| !name.contains("password") && !OF_THE_FORM.contains(&name.as_str()))
            .cloned()
            .collect();
        let field = match (refused.field, &refused.error) {
            ("", AppError::Refused(refusal)) => field_of(refusal, &fields),
            // What broke or is away lies at no field, wherever it was asked about.
            (field, error) if error.outcome().status < 500 => field.to_owned(),
            _ => String::new(),
        };
        let mut reference = String::new();
        if let AppError::Broken(_) = &refused.error {
            reference = uuid::Uuid::now_v7().to_string();
            refused.error.log(&reference);
        }
        Sent {
            form: form.to_owned(),
            outcome: refused.error.outcome(),
            fields,
            field,
            reference,
            is_orphan: false,
            has_form: Arc::default(),
        }
    }

    /// Notes that the page has the form.
    pub fn found(&self) {
        self.has_form.store(true, Ordering::Relaxed);
    }

    /// True if the page that was made has the form.
    pub fn has_form(&self) -> bool {
        self.has_form.load(Ordering::Relaxed)
    }

    /// The same for a page that no longer has the form.
    pub fn orphan(&self) -> Sent {
        Sent {
            is_orphan: true,
            ..self.clone()
        }
    }

    /// True if this form came back.
    pub fn is(&self, form: &str) -> bool {
        self.form == form
    }

    /// Names and values as they came.
    pub fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// The values that came under a name.
    pub fn values<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        let named = self.fields.iter().filter(move |(known, _)| known == name);
        named.map(|(_, value)| value.as_str())
    }

    /// The refusal if it is about this field.
    pub fn error_at(&self, name: &str) -> &str {
        match self.field == name {
            true => &self.outcome.sentence,
            false => "",
        }
    }

    /// Where on the page the refused field is; empty if the refusal is about no single one.
    pub fn href(&self) -> String {
        match self.field.as_str() {
            "" => String::new(),
            field => format!("#{}", field_id(&self.form, field)),
        }
    }

    /// What a person wrote, for a page that no longer has the form.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let written = |(name, _): &&(String, String)| {
            let name = name.trim_end_matches(|c: char| c.is_ascii_digit());
            !NOT_WRITTEN.contains(&name.trim_end_matches('-'))
        };
        let texts = self.fields.iter().filter(written);
        texts
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.trim().is_empty())
    }
}

/// A letter of an id, or what stands for it there.
pub fn plain(letter: char) -> char {
    match letter {
        '-' | '0'..='9' | 'A'..='Z' | 'a'..='z' => letter,
        _ => '_',
    }
}

/// The id of a form's field on its page.
pub fn field_id(form: &str, name: &str) -> String {
    format!("f-{form}-{name}").chars().map(plain).collect()
}

/// The field that a refusal is about, by the names that the form has.
fn field_of(refusal: &Refusal, fields: &[(String, String)]) -> String {
    let has = |name: &&&str| fields.iter().any(|(known, _)| known == **name);
    let one_of = |names: &[&str]| {
        names
            .iter()
            .find(has)
            .map_or(String::new(), |name| (*name).to_owned())
    };
    match refusal {
        Refusal::Missing { what } | Refusal::TooLong { what, .. } => {
            // "incident reference" is asked for as "incident".
            let first = what.split(' ').next().unwrap_or_default();
            match one_of(&[what, first]) {
                none if none.is_empty() => one_of(&SENTENCES),
                found => found,
            }
        }
        Refusal::EndsTooSoon | Refusal::EndsTooLate { .. } => one_of(&["ends", "until", "end"]),
        Refusal::BadLink { .. } => one_of(&["link", "links", "incident", "evidence"]),
        _ => String::new(),
    }
}
