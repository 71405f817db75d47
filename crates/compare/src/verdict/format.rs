//! Which format a text has, and its reading into a [`Doc`].
//!
//! ```text
//! base      | hotfix    | planned
//! limit = 1 | limit = 2 | limit = 2    a.toml: planned does not read as TOML,
//!           |           | [broken      so all three are statements: cannot tell
//! ```

use super::doc::{self, Doc};
use super::limits::{Budget, Limits};
use super::text::{self, Style};
use super::tree::{Edges, Node};
use super::{json, toml, xml, yaml};

/// A way of reading a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Yaml,
    Toml,
    Xml,
    Text,
}

/// The format that a path and the start of its text promise.
pub(crate) fn promised(path: &str, text: &str) -> Format {
    match extension(path).as_str() {
        "json" => Format::Json,
        "yaml" | "yml" => Format::Yaml,
        "toml" => Format::Toml,
        "xml" => Format::Xml,
        _ => match text.trim_start().as_bytes() {
            [b'{', ..] => Format::Json,
            [b'<', b'?' | b'!' | b'a'..=b'z', ..] => Format::Xml,
            [b'-', b'-', b'-', b'\n' | b'\r', ..] => Format::Yaml,
            [
                b'a',
                b'p',
                b'i',
                b'V',
                b'e',
                b'r',
                b's',
                b'i',
                b'o',
                b'n',
                b':',
                ..,
            ] => Format::Yaml,
            _ => Format::Text,
        },
    }
}

/// What follows the last dot of the file name, in lower case; of `x.conf.example` it is `example`.
pub(crate) fn extension(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.')
        .map_or("", |(_, extension)| extension)
        .to_ascii_lowercase()
}

/// Bytes as text: UTF-8 where all given texts are, else each byte as the character of its number,
/// which loses nothing.
pub(super) fn decode<const N: usize>(texts: [Option<&[u8]>; N]) -> [Option<String>; N] {
    let is_utf8 = texts
        .iter()
        .flatten()
        .all(|bytes| std::str::from_utf8(bytes).is_ok());
    texts.map(|bytes| {
        let bytes = bytes?;
        let text = match std::str::from_utf8(bytes) {
            Ok(text) if is_utf8 => text.to_owned(),
            _ => bytes.iter().map(|b| char::from(*b)).collect(),
        };
        Some(match without_mark(&text).len() {
            length if length < text.len() => text[text.len() - length..].to_owned(),
            _ => text,
        })
    })
}

/// A text without a byte order mark at its start.
pub(super) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Reads a text in one given format; None when it has another, or the budget is spent.
pub(super) fn read(
    format: Format,
    path: &str,
    text: &str,
    style: &Style,
    limits: &Limits,
    budget: &Budget,
) -> Option<Doc> {
    let depth = limits.depth_max;
    let nodes = |nodes: Option<Vec<Node>>| doc::from_nodes(&nodes?, budget);
    match format {
        Format::Json => nodes(json::parse(text, depth, budget).map(|node| vec![node])),
        Format::Yaml => nodes(yaml::parse(text, depth, Edges::Dropped, budget)),
        Format::Toml => nodes(toml::parse(text, depth, budget).map(|node| vec![node])),
        Format::Xml => {
            nodes(xml::parse(text, depth, Edges::Dropped, budget).map(|node| vec![node]))
        }
        Format::Text => text::parse(text, &extension(path), style, budget),
    }
}

/// Texts that were read in one format.
pub(super) struct Alike<const N: usize> {
    pub(super) format: Format,
    pub(super) docs: [Option<Doc>; N],
    /// The first text that does not read as the format that its path and start promise.
    pub(super) broken: Option<usize>,
}

/// Reads texts that are to be compared, all in the one format that fits every one of them. The
/// first text is known not to be of the promised format if `is_broken`. None when the budget is
/// spent.
pub(super) fn read_alike<const N: usize>(
    texts: [Option<(&str, &str)>; N],
    is_broken: bool,
    limits: &Limits,
    budget: &Budget,
) -> Option<Alike<N>> {
    let (path, text) = *texts.iter().flatten().next()?;
    let promised = promised(path, text);
    let formats: &[Format] = match promised {
        // What is no JSON may still be YAML, such as keys without quotes.
        Format::Json => &[Format::Json, Format::Yaml, Format::Text],
        Format::Text => &[Format::Text],
        _ => &[promised, Format::Text],
    };
    let mut broken = is_broken.then_some(0);
    'formats: for format in formats {
        if is_broken && *format == promised && promised != Format::Text {
            continue;
        }
        let style = match format {
            Format::Text => Style::of(text, &extension(path), budget),
            _ => Style::default(),
        };
        let mut docs = [const { None }; N];
        for (at, text) in texts.iter().enumerate() {
            let Some((path, text)) = text else { continue };
            let Some(doc) = read(*format, path, text, &style, limits, budget) else {
                if budget.is_spent() {
                    return None;
                }
                broken = broken.or(Some(at));
                continue 'formats;
            };
            docs[at] = Some(doc);
        }
        return Some(Alike {
            format: *format,
            docs,
            broken,
        });
    }
    None
}

/// Reads one text by itself, for finding things in it.
pub(super) fn read_one(path: &str, text: &str, limits: &Limits, budget: &Budget) -> Option<Doc> {
    let Alike { docs: [doc], .. } = read_alike([Some((path, text))], false, limits, budget)?;
    doc
}

/// Reads one text in the format that its path and start promise, cut as `style_of` is.
pub(super) fn read_as_promised(
    path: &str,
    text: &str,
    style_of: &str,
    limits: &Limits,
    budget: &Budget,
) -> Option<(Format, Doc)> {
    let format = promised(path, text);
    let style = match format {
        Format::Text => Style::of(style_of, &extension(path), budget),
        _ => Style::default(),
    };
    Some((format, read(format, path, text, &style, limits, budget)?))
}
