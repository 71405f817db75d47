//! The options of a select.

/// One option, as the macros of forms take it.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Choice {
    pub value: String,
    pub text: String,
    pub selected: bool,
}

/// Options from pairs of value and text; `now` is the value chosen.
pub fn choices(
    pairs: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    now: &str,
) -> Vec<Choice> {
    pairs
        .into_iter()
        .map(|(value, text)| {
            let value = value.into();
            Choice {
                selected: value == now,
                text: text.into(),
                value,
            }
        })
        .collect()
}

/// As [`choices`] with names that are their own texts, after a first one for "all" with an empty value.
pub fn choices_or_all(
    all: &str,
    names: impl IntoIterator<Item = impl ToString>,
    now: &str,
) -> Vec<Choice> {
    let first = (String::new(), all.to_owned());
    let named = names
        .into_iter()
        .map(|name| (name.to_string(), name.to_string()));
    choices(std::iter::once(first).chain(named), now)
}

/// Options of a form that remembers by itself what was chosen.
pub fn options(
    pairs: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
) -> Vec<Choice> {
    choices(pairs, "")
}

/// As [`options`], after a first one for "all" with an empty value.
pub fn options_or_all(all: &str, names: impl IntoIterator<Item = impl ToString>) -> Vec<Choice> {
    choices_or_all(all, names, "")
}
