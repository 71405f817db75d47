//! What somebody has in front of them when they look at one rule of a hotfix: which texts, exactly.

use rulegate_ledger::digest::Digest;

/// A rule's texts as a review shows them side by side. Marks of what was seen name its digest, so a rule counts as
/// seen exactly as long as nothing in it changed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ShownTexts<'a> {
    /// The rule.
    pub path: &'a str,
    /// Its text before the hotfix; none if the hotfix added it.
    pub baseline: Option<Digest>,
    /// Its text after the hotfix; none if the hotfix took it out.
    pub hotfix: Option<Digest>,
    /// Where its content stands in the planned version, with the texts there; empty if nowhere.
    pub planned: Vec<(&'a str, Digest)>,
}

impl ShownTexts<'_> {
    /// SHA-256 over all of it.
    pub fn digest(&self) -> Digest {
        let json = serde_json::to_string(self).expect("paths and digests are JSON");
        Digest::of(json.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_other_text_is_another_sight() {
        let digest = |text: &str| Digest::of(text.as_bytes());
        let shown = ShownTexts {
            path: "a.conf",
            baseline: Some(digest("one")),
            hotfix: Some(digest("two")),
            planned: vec![("a.conf", digest("three"))],
        };
        let others = [
            ShownTexts {
                path: "b.conf",
                ..shown.clone()
            },
            ShownTexts {
                baseline: None,
                ..shown.clone()
            },
            ShownTexts {
                hotfix: Some(digest("one")),
                ..shown.clone()
            },
            ShownTexts {
                planned: vec![("c.conf", digest("three"))],
                ..shown.clone()
            },
            ShownTexts {
                planned: vec![("a.conf", digest("four"))],
                ..shown.clone()
            },
        ];
        assert_eq!(shown.digest(), shown.clone().digest());
        assert!(others.iter().all(|other| other.digest() != shown.digest()));
    }
}
