//! Values that travel as text: read and written without a detour, names that recur kept once.

use std::cell::RefCell;
use std::sync::Arc;

/// Names that a thread remembers: those of one ledger page by far.
const REMEMBERED: usize = 4_096;

thread_local! {
    static RECENT: RefCell<Vec<Option<Arc<str>>>> = RefCell::new(vec![None; REMEMBERED]);
}

/// The text as a shared value. The same few accounts, sites and rule sets stand in entry after entry: whoever
/// keeps many of them keeps each once. Which of two equal values is returned makes no difference to anybody.
pub(super) fn shared(text: &str) -> Arc<str> {
    RECENT.with_borrow_mut(|recent| {
        let slot = &mut recent[place(text)];
        match slot {
            Some(known) if **known == *text => known.clone(),
            _ => slot.insert(text.into()).clone(),
        }
    })
}

/// `1 rule`, `3 rules`.
pub fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// FNV-1a over the text.
fn place(text: &str) -> usize {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    ((hash ^ (hash >> 32)) % REMEMBERED as u64) as usize
}

/// Reads and writes a type as its text, by its `FromStr` and `Display`.
macro_rules! as_text {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Reader;
                impl serde::de::Visitor<'_> for Reader {
                    type Value = $name;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("text")
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Reader)
            }
        }
    };
}
pub(super) use as_text;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_share_their_text() {
        assert!(Arc::ptr_eq(&shared("ipc2"), &shared("ipc2")));
        assert_eq!(&*shared("ipc1"), "ipc1");
    }
}
