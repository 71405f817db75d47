//! One line of an export by itself: everything about it that needs no other line. This is most of the work, and
//! lines can be read side by side.

use base64::Engine as _;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::checkpoint::{self, Checkpoint, VerifierKey};
use crate::digest::Digest;
use crate::event::Contents;
use crate::ids::SiteName;
use crate::ledger::Entry;
use crate::merkle;

/// What a line holds, or what is wrong with it by itself.
#[derive(Clone)]
pub struct Line(pub(super) Result<Form, String>);

#[derive(Clone)]
pub(super) enum Form {
    First(First),
    Content { digest: Digest, bytes: Vec<u8> },
    Entry(Box<EntryLine>),
    Checkpoint(Box<(Checkpoint, String)>),
    End(End),
}

/// What verification needs of an entry.
#[derive(Clone)]
pub(super) struct EntryLine {
    /// The entry without what it tells.
    pub entry: Entry,
    pub hash: Digest,
    pub leaf: Digest,
    /// What must or may stand before it.
    pub contents: Contents,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct First {
    #[serde(rename = "format")]
    _format: u32,
    pub site: SiteName,
    pub entries: u64,
    pub from: u64,
    #[serde(default)]
    pub key: Option<VerifierKey>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    pub entries: u64,
    pub contents: u64,
    pub checkpoints: u64,
    pub head: Digest,
    pub sha256: Digest,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstLine {
    export: First,
}

/// Only the format, to name a newer one.
#[derive(Deserialize)]
struct AnyFirstLine {
    export: AnyFirst,
}

#[derive(Deserialize)]
struct AnyFirst {
    format: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HashedLine<'a> {
    hash: Digest,
    #[serde(borrow)]
    entry: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContentLine {
    content: Digest,
    text: Option<String>,
    base64: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckpointLine {
    checkpoint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndLine {
    end: End,
}

impl Line {
    /// Reads a line with the line feed that ends it.
    pub fn read(line: &[u8]) -> Line {
        Line(form(line))
    }
}

fn form(line: &[u8]) -> Result<Form, String> {
    let Some((b'\n', text)) = line.split_last() else {
        return Err("the file ends inside this line".into());
    };
    let text = std::str::from_utf8(text).map_err(|_| "the line is not UTF-8".to_owned())?;
    if text.starts_with("{\"hash\":") {
        entry(text)
    } else if text.starts_with("{\"content\":") {
        content(text)
    } else if text.starts_with("{\"checkpoint\":") {
        checkpoint(text)
    } else if text.starts_with("{\"end\":") {
        end(text)
    } else if text.starts_with("{\"export\":") {
        first(text)
    } else {
        Err("this is no line of an export".into())
    }
}

fn first(text: &str) -> Result<Form, String> {
    if let Ok(any) = serde_json::from_str::<AnyFirstLine>(text)
        && any.export.format != super::FORMAT
    {
        return Err(format!(
            "the export has format {}, this program reads format {}",
            any.export.format,
            super::FORMAT
        ));
    }
    let changed = || "the first line was changed".to_owned();
    let first = serde_json::from_str::<FirstLine>(text)
        .map_err(|_| changed())?
        .export;
    match first.from == 1 && first_line(&first.site, first.entries, first.key.as_ref()) == text {
        true => Ok(Form::First(first)),
        false => Err(changed()),
    }
}

/// An export's first line, without its line feed.
pub fn first_line(site: &SiteName, entries: u64, key: Option<&VerifierKey>) -> String {
    let key = key.map_or("null".to_owned(), |key| format!("\"{key}\""));
    format!(
        "{{\"export\":{{\"format\":{},\"site\":\"{site}\",\"entries\":{entries},\"from\":1,\"key\":{key}}}}}",
        super::FORMAT
    )
}

/// An export's line of a checkpoint, without its line feed.
pub fn checkpoint_line(note: &str) -> String {
    let note = serde_json::to_string(note).expect("text is JSON");
    format!("{{\"checkpoint\":{note}}}")
}

/// An export's last line, without its line feed.
pub fn end_line(
    (entries, contents, checkpoints): (u64, u64, u64),
    head: Digest,
    sha256: Digest,
) -> String {
    format!(
        "{{\"end\":{{\"entries\":{entries},\"contents\":{contents},\"checkpoints\":{checkpoints},\"head\":\"{head}\",\"sha256\":\"{sha256}\"}}}}"
    )
}

fn content(text: &str) -> Result<Form, String> {
    let changed = || "a content line was changed".to_owned();
    let line: ContentLine = serde_json::from_str(text).map_err(|_| changed())?;
    let digest = line.content;
    let (bytes, again) = match (line.text, line.base64) {
        (Some(text), None) => {
            let json = serde_json::to_string(&text).map_err(|_| changed())?;
            let again = format!("{{\"content\":\"{digest}\",\"text\":{json}}}");
            (text.into_bytes(), again)
        }
        (None, Some(base64)) => {
            let bytes = base64::engine::general_purpose::STANDARD
                .decode(&base64)
                .map_err(|_| format!("content {digest} is not base64"))?;
            let again = format!("{{\"content\":\"{digest}\",\"base64\":\"{base64}\"}}");
            (bytes, again)
        }
        _ => return Err(changed()),
    };
    if again != text {
        return Err(format!("the line of content {digest} was changed"));
    }
    if Digest::of(&bytes) != digest {
        return Err(format!("content {digest} does not have the bytes it names"));
    }
    Ok(Form::Content { digest, bytes })
}

fn entry(text: &str) -> Result<Form, String> {
    let changed = || "the entry's line was changed".to_owned();
    let line: HashedLine = serde_json::from_str(text).map_err(|_| changed())?;
    let bytes = line.entry.get();
    // `{"hash":"<64>","entry":` and the closing brace: nothing else may stand on the line.
    if text.len() != bytes.len() + 84
        || &text[..9] != "{\"hash\":\""
        || &text[73..83] != "\",\"entry\":"
    {
        return Err(changed());
    }
    let hash = Digest::of(bytes.as_bytes());
    if hash != line.hash {
        return Err("its bytes do not have the hash beside them".into());
    }
    let entry = Entry::read(bytes).map_err(|error| error.to_string())?;
    let contents = entry.fact.event.contents();
    Ok(Form::Entry(Box::new(EntryLine {
        entry,
        hash,
        leaf: merkle::leaf(bytes.as_bytes()),
        contents,
    })))
}

fn checkpoint(text: &str) -> Result<Form, String> {
    let changed = || "a checkpoint's line was changed".to_owned();
    let line: CheckpointLine = serde_json::from_str(text).map_err(|_| changed())?;
    if checkpoint_line(&line.checkpoint) != text {
        return Err(changed());
    }
    let said = checkpoint::read_unverified(&line.checkpoint).map_err(|e| e.to_string())?;
    Ok(Form::Checkpoint(Box::new((said, line.checkpoint))))
}

fn end(text: &str) -> Result<Form, String> {
    let changed = || "the end line was changed".to_owned();
    let end = serde_json::from_str::<EndLine>(text)
        .map_err(|_| changed())?
        .end;
    let counts = (end.entries, end.contents, end.checkpoints);
    match end_line(counts, end.head, end.sha256) == text {
        true => Ok(Form::End(end)),
        false => Err(changed()),
    }
}
