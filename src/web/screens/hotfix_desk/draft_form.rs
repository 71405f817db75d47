//! What lies on the desk: texts, uploads, reason. Read from the fields of its form; never lost on the way.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;

use crate::app::AppError;
use crate::app::contents::Rules;
use crate::app::hotfixing::{Draft, Edits};
use crate::web::Portal;
use crate::web::form::{FILE_BYTES, FILE_NAME};
use crate::web::sent::{FieldError, InField};
use crate::web::typed;
use rulegate_domain::command::HotfixWords;
use rulegate_ledger::digest::Digest;

/// Names and values of a form, in their order.
pub(super) type Fields = Vec<(String, String)>;

/// A rule's text as it stands in its field.
#[derive(Debug, Clone, Default)]
pub(super) struct RuleText {
    pub path: String,
    pub text: String,
    pub is_removed: bool,
}

/// A rule that came as a file.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    pub path: String,
    pub bytes: Bytes,
}

impl Upload {
    /// For a hidden field: nobody has to choose a file twice.
    pub fn base64(&self) -> String {
        BASE64.encode(&self.bytes)
    }
}

/// Everything on the desk.
#[derive(Debug, Clone, Default)]
pub(super) struct DraftForm {
    pub ruleset: String,
    /// The checksum of what the texts were written on.
    pub on_top_of: String,
    pub rules: Vec<RuleText>,
    pub uploads: Vec<Upload>,
    /// Where an uploaded rule goes whose name no rule has.
    pub folder: String,
    pub new_path: String,
    pub new_text: String,
    /// A rule to lay on the desk as well.
    pub more: String,
    pub reason: String,
    pub incident: String,
    /// A day, `2026-12-05`.
    pub ends: String,
}

impl DraftForm {
    /// What was sent, or came back.
    pub fn read(fields: &[(String, String)]) -> DraftForm {
        let mut draft = DraftForm::default();
        let mut rules: BTreeMap<usize, RuleText> = BTreeMap::new();
        for (name, value) in fields {
            let numbered = name
                .rsplit_once('-')
                .and_then(|(name, n)| Some((name, n.parse::<usize>().ok()?)));
            let field = match (name.as_str(), numbered) {
                (_, Some(("path", n))) => &mut rules.entry(n).or_default().path,
                (_, Some(("text", n))) => &mut rules.entry(n).or_default().text,
                (_, Some(("remove", n))) => {
                    rules.entry(n).or_default().is_removed = true;
                    continue;
                }
                (FILE_NAME, _) => {
                    let (path, bytes) = (value.clone(), Bytes::new());
                    draft.uploads.push(Upload { path, bytes });
                    continue;
                }
                (FILE_BYTES, _) => {
                    if let Some(mut upload) = draft.uploads.pop()
                        && let Ok(bytes) = BASE64.decode(value)
                    {
                        upload.bytes = bytes.into();
                        draft.uploads.push(upload);
                    }
                    continue;
                }
                ("drop", _) => {
                    draft.uploads.retain(|upload| upload.path != *value);
                    continue;
                }
                ("ruleset", _) => &mut draft.ruleset,
                ("on_top_of", _) => &mut draft.on_top_of,
                ("folder", _) => &mut draft.folder,
                ("new-path", _) => &mut draft.new_path,
                ("new-text", _) => &mut draft.new_text,
                ("more", _) => &mut draft.more,
                ("reason", _) => &mut draft.reason,
                ("incident", _) => &mut draft.incident,
                ("ends", _) => &mut draft.ends,
                _ => continue,
            };
            field.clone_from(value);
        }
        for path in [&mut draft.new_path, &mut draft.more] {
            *path = path.trim().to_owned();
        }
        draft.rules = rules.into_values().collect();
        draft.rules.retain(|rule| !rule.path.is_empty());
        draft
    }

    /// Lays a rule on the desk. Errors: why it cannot be edited here.
    pub fn lay(&mut self, base: &Rules, path: &str) -> Result<(), String> {
        if self.rules.iter().any(|rule| rule.path == path) {
            return Ok(());
        }
        let bytes = base.texts.get(path);
        let bytes = bytes.ok_or_else(|| format!("There is no rule {path}."))?;
        if let Some(why) = typed::obstacle(bytes) {
            return Err(format!("{path} is {why}."));
        }
        self.rules.push(RuleText {
            path: path.to_owned(),
            text: String::from_utf8_lossy(bytes).into_owned(),
            is_removed: false,
        });
        Ok(())
    }

    /// Gives every upload the path of the rule it replaces: its own if there is such a rule, else that of the one
    /// rule with this file name, else the folder given.
    pub fn place_uploads(&mut self, base: &Rules) -> Result<(), FieldError> {
        let folder = self.folder.trim().trim_matches('/').to_owned();
        for upload in &mut self.uploads {
            if base.texts.contains_key(&upload.path) || upload.path.contains('/') {
                continue;
            }
            let named: Vec<&String> = base
                .texts
                .keys()
                .filter(|path| path.rsplit('/').next() == Some(upload.path.as_str()))
                .filter(|path| {
                    folder.is_empty()
                        || path.strip_suffix(&upload.path) == Some(&format!("{folder}/"))
                })
                .collect();
            match named[..] {
                [one] => upload.path = one.clone(),
                [] if !folder.is_empty() => upload.path = format!("{folder}/{}", upload.path),
                [] => {}
                _ => {
                    let text = format!(
                        "More than one rule is called {}: say in which folder it stands.",
                        upload.path
                    );
                    return Err(FieldError::new("folder", text));
                }
            }
        }
        Ok(())
    }

    /// What it changes, with the line ends of the rules as they are, and what is wrong with the new rule.
    pub fn edits(&self, base: &Rules) -> (Edits, Option<String>) {
        let mut edits = Edits::new();
        for rule in &self.rules {
            let before = base.texts.get(&rule.path);
            let bytes = (!rule.is_removed)
                .then(|| typed::as_before(&rule.text, before.map(|b| &b[..])).into());
            if before.is_some() || bytes.is_some() {
                edits.insert(rule.path.clone(), bytes);
            }
        }
        let mut problem = None;
        if self.new_path.is_empty() {
            if !self.new_text.trim().is_empty() {
                problem = Some("The new rule needs a path.".to_owned());
            }
        } else if base.texts.contains_key(&self.new_path) {
            problem = Some(format!(
                "{} is there already: lay it on the desk instead.",
                self.new_path
            ));
        } else {
            let bytes = typed::as_before(&self.new_text, None).into();
            edits.insert(self.new_path.clone(), Some(bytes));
        }
        for upload in &self.uploads {
            edits.insert(upload.path.clone(), Some(upload.bytes.clone()));
        }
        (edits, problem)
    }

    /// The checksum it was written on.
    pub fn base(&self) -> Result<Digest, AppError> {
        self.on_top_of.parse().map_err(|_| AppError::BadInput {
            code: "bad_form",
            message: "the form does not say what it was made on top of".into(),
        })
    }

    /// What it makes of what it was written on. Nothing is stored yet.
    pub async fn made(&mut self, portal: &Portal) -> Result<Draft, FieldError> {
        let on_top_of = self.base()?;
        let base = portal.app.rules(&on_top_of).await?;
        self.place_uploads(&base)?;
        let (edits, problem) = self.edits(&base);
        if let Some(problem) = problem {
            return Err(FieldError::new("new-path", problem));
        }
        match portal.app.draft(&on_top_of, &edits).await {
            Err(error @ AppError::BadInput { .. }) if !self.new_path.is_empty() => {
                Err(error).in_field("new-path")
            }
            draft => Ok(draft?),
        }
    }

    /// What the person says about it.
    pub fn words(&self) -> Result<HotfixWords, FieldError> {
        super::words(&self.reason, &self.incident, &self.ends)
    }
}
