//! A told entry as a template shows it: parts with their addresses.

use crate::app::summary::{Piece, Summary};
use crate::web::address;

/// A part of a sentence; `kind` is `text`, `version`, `link` or `environment` (then `text` is the site
/// and `more` the lane).
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Bit {
    pub kind: &'static str,
    /// A space, unless the part follows without one.
    pub lead: &'static str,
    pub text: String,
    pub more: String,
    pub href: String,
}

/// The parts of a told entry's sentence after its title.
pub fn bits(summary: &Summary) -> Vec<Bit> {
    summary.pieces.iter().map(bit).collect()
}

fn bit(piece: &Piece) -> Bit {
    let part = |kind, text: String, href: String| Bit {
        kind,
        lead: if text.starts_with([',', ':']) {
            ""
        } else {
            " "
        },
        text,
        more: String::new(),
        href,
    };
    match piece {
        Piece::Text(text) => part("text", text.clone(), String::new()),
        Piece::Version {
            ruleset: Some(ruleset),
            version,
        } => part(
            "version",
            format!("{ruleset} {version}"),
            address::version(ruleset, version),
        ),
        Piece::Version { version, .. } => part("version", version.to_string(), String::new()),
        Piece::Review { review, words } => part("link", words.clone(), address::review(review)),
        Piece::Entry(entry) => part("link", entry.to_string(), address::entry(entry)),
        Piece::Environment(environment) => Bit {
            more: environment.lane.to_string(),
            ..part("environment", environment.site.to_string(), String::new())
        },
    }
}
