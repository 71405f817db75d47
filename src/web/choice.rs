//! The options of a select.

/// One option, as the macros of forms take it.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Choice {
    pub value: String,
    pub text: String,
}

/// Options from pairs of value and text.
pub fn options(
    pairs: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
) -> Vec<Choice> {
    let option = |(value, text): (_, _)| Choice {
        value: Into::into(value),
        text: Into::into(text),
    };
    pairs.into_iter().map(option).collect()
}

/// Names that are their own texts, after a first option for "all" with an empty value.
pub fn options_or_all(all: &str, names: impl IntoIterator<Item = impl ToString>) -> Vec<Choice> {
    let first = (String::new(), all.to_owned());
    let named = names
        .into_iter()
        .map(|name| (name.to_string(), name.to_string()));
    options(std::iter::once(first).chain(named))
}
