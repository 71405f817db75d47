//! What lies on the desk: texts, uploads, reason. Read from a form of either encoding; never lost on the way.

use std::collections::BTreeMap;

use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;

use crate::app::contents::Rules;
use crate::app::hotfixing::Edits;
use crate::web::Portal;
use crate::web::error::WebError;
use crate::web::form::{FORM_SIZE_BYTES_MAX, check_csrf};
use crate::web::typed;
use crate::web::user::User;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::Timestamp;

/// A rule's text as it stands in its field.
#[derive(Debug, Clone, Default)]
pub(super) struct Sheet {
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
    pub fn size(&self) -> String {
        crate::web::format::count(self.bytes.len(), "byte", "bytes")
    }
}

/// Something wrong with a field.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    pub name: String,
    pub text: String,
}

/// Everything on the desk.
#[derive(Debug, Clone, Default)]
pub(super) struct DraftForm {
    pub ruleset: String,
    /// The checksum of what the texts were written on.
    pub on_top_of: String,
    pub sheets: Vec<Sheet>,
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
    pub once: String,
}

/// A desk's form, sent by a signed-in person from a page of ours.
pub(super) struct Sent {
    pub user: User,
    pub draft_form: DraftForm,
    /// Only the preview is wanted, as a part of a page.
    pub is_fragment: bool,
}

impl Sent {
    pub fn once(&self) -> Option<&str> {
        Some(self.draft_form.once.as_str()).filter(|once| !once.is_empty())
    }
}

impl FromRequest<Portal> for Sent {
    type Rejection = WebError;

    async fn from_request(request: Request, portal: &Portal) -> Result<Sent, WebError> {
        use axum::extract::FromRequestParts as _;
        let (mut parts, body) = request.into_parts();
        let user = User::from_request_parts(&mut parts, portal).await?;
        let is_fragment = parts.headers.contains_key("x-preview");
        let kind = parts
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or("");
        let fields = if kind.starts_with("multipart/form-data") {
            multipart(Request::from_parts(parts, body), portal).await?
        } else {
            let bytes = axum::body::to_bytes(body, FORM_SIZE_BYTES_MAX)
                .await
                .map_err(|_| too_large())?;
            let pairs: Vec<(String, String)> = serde_html_form::from_bytes(&bytes)
                .map_err(|error| WebError::BadForm(format!("A field cannot be read: {error}.")))?;
            pairs
                .into_iter()
                .map(|(name, value)| Field {
                    name,
                    value: value.into(),
                    file: None,
                })
                .collect()
        };
        let text = |name: &str| {
            let field = fields.iter().find(|field| field.name == name);
            field
                .map(|field| String::from_utf8_lossy(&field.value).into_owned())
                .unwrap_or_default()
        };
        check_csrf(&user, &text("csrf"))?;
        Ok(Sent {
            user,
            draft_form: DraftForm::read(fields),
            is_fragment,
        })
    }
}

fn too_large() -> WebError {
    WebError::BadForm("It is larger than 16 MiB, or it did not arrive whole.".into())
}

/// One field of either encoding.
struct Field {
    name: String,
    value: Bytes,
    /// The file's name, if it is one.
    file: Option<String>,
}

async fn multipart(request: Request, portal: &Portal) -> Result<Vec<Field>, WebError> {
    let broken = |_| too_large();
    let mut form = Multipart::from_request(request, portal)
        .await
        .map_err(|_| WebError::BadForm("The form has no parts.".into()))?;
    let mut fields = Vec::new();
    while let Some(part) = form.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        let file = part.file_name().map(str::to_owned);
        let value = part.bytes().await.map_err(broken)?;
        fields.push(Field { name, value, file });
    }
    Ok(fields)
}

impl DraftForm {
    fn read(fields: Vec<Field>) -> DraftForm {
        let mut draft_form = DraftForm::default();
        let mut sheets: BTreeMap<usize, Sheet> = BTreeMap::new();
        let mut kept: Vec<(String, String)> = Vec::new();
        for field in fields {
            if let Some(name) = field.file {
                if field.name == "upload" && !name.is_empty() {
                    draft_form.uploads.push(Upload {
                        path: name,
                        bytes: field.value,
                    });
                }
                continue;
            }
            let value = String::from_utf8_lossy(&field.value).into_owned();
            let numbered = field
                .name
                .rsplit_once('-')
                .and_then(|(name, n)| Some((name, n.parse::<usize>().ok()?)));
            match (field.name.as_str(), numbered) {
                (_, Some(("path", n))) => sheets.entry(n).or_default().path = value,
                (_, Some(("text", n))) => sheets.entry(n).or_default().text = value,
                (_, Some(("remove", n))) => sheets.entry(n).or_default().is_removed = true,
                ("kept-path", _) => kept.push((value, String::new())),
                ("kept-bytes", _) => {
                    if let Some(last) = kept.last_mut() {
                        last.1 = value;
                    }
                }
                ("drop", _) => kept.retain(|(path, _)| *path != value),
                ("ruleset", _) => draft_form.ruleset = value,
                ("on_top_of", _) => draft_form.on_top_of = value,
                ("folder", _) => draft_form.folder = value,
                ("new-path", _) => draft_form.new_path = value.trim().to_owned(),
                ("new-text", _) => draft_form.new_text = value,
                ("more", _) => draft_form.more = value.trim().to_owned(),
                ("reason", _) => draft_form.reason = value,
                ("incident", _) => draft_form.incident = value,
                ("ends", _) => draft_form.ends = value,
                ("once", _) => draft_form.once = value,
                _ => {}
            }
        }
        draft_form.sheets = sheets
            .into_values()
            .filter(|sheet| !sheet.path.is_empty())
            .collect();
        for (path, bytes) in kept {
            if let Ok(bytes) = BASE64.decode(bytes) {
                draft_form.uploads.push(Upload {
                    path,
                    bytes: bytes.into(),
                });
            }
        }
        draft_form
    }

    /// Lays a rule on the desk. Errors: why it cannot be edited here.
    pub fn lay(&mut self, base: &Rules, path: &str) -> Result<(), Problem> {
        let problem = |text: String| Problem {
            name: "more".into(),
            text,
        };
        if self.sheets.iter().any(|sheet| sheet.path == path) {
            return Ok(());
        }
        let bytes = base
            .texts
            .get(path)
            .ok_or_else(|| problem(format!("There is no rule {path}.")))?;
        if let Some(why) = typed::obstacle(bytes) {
            return Err(problem(format!("{path} is {why}.")));
        }
        let text = String::from_utf8_lossy(bytes).into_owned();
        self.sheets.push(Sheet {
            path: path.to_owned(),
            text,
            is_removed: false,
        });
        Ok(())
    }

    /// Gives every upload the path of the rule it replaces: its own if there is such a rule, else that of the one
    /// rule with this file name, else the folder given.
    pub fn place_uploads(&mut self, base: &Rules) -> Vec<Problem> {
        let mut problems = Vec::new();
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
                _ => problems.push(Problem {
                    name: "folder".into(),
                    text: format!(
                        "More than one rule is called {}: say in which folder it stands.",
                        upload.path
                    ),
                }),
            }
        }
        problems
    }

    /// What the draft_form changes, with the line ends of the rules as they are.
    pub fn edits(&self, base: &Rules) -> (Edits, Vec<Problem>) {
        let (mut edits, mut problems) = (Edits::new(), Vec::new());
        for sheet in &self.sheets {
            let before = base.texts.get(&sheet.path);
            let bytes = (!sheet.is_removed)
                .then(|| typed::as_before(&sheet.text, before.map(|b| &b[..])).into());
            if before.is_some() || bytes.is_some() {
                edits.insert(sheet.path.clone(), bytes);
            }
        }
        if !self.new_path.is_empty() {
            if base.texts.contains_key(&self.new_path) {
                let text = format!(
                    "{} is there already: lay it on the desk instead.",
                    self.new_path
                );
                problems.push(Problem {
                    name: "new-path".into(),
                    text,
                });
            } else {
                edits.insert(
                    self.new_path.clone(),
                    Some(typed::as_before(&self.new_text, None).into()),
                );
            }
        } else if !self.new_text.trim().is_empty() {
            problems.push(Problem {
                name: "new-path".into(),
                text: "The new rule needs a path.".into(),
            });
        }
        for upload in &self.uploads {
            edits.insert(upload.path.clone(), Some(upload.bytes.clone()));
        }
        (edits, problems)
    }

    /// The checksum it was written on.
    pub fn base(&self) -> Result<Digest, WebError> {
        self.on_top_of
            .parse()
            .map_err(|_| WebError::BadForm("It does not say what it was made on top of.".into()))
    }

    /// The last instant of the end date.
    pub fn ends_at(&self) -> Option<Timestamp> {
        end_of_day(&self.ends)
    }
}

/// The last second of a UTC day named by `2026-12-05`: an end date includes its day.
pub(in crate::web::screens) fn end_of_day(day: &str) -> Option<Timestamp> {
    let start = Timestamp::parse_day(day.trim())?;
    Some(Timestamp(
        start.0.checked_add(Timestamp::DAY_US)? - 1_000_000,
    ))
}
