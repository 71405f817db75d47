//! One value a text, where three texts are compared: what the last planned version had, what the hotfix made of it,
//! what is to go live.
//!
//! ```text
//! base (4.17.0)    hotfix (4.17.0+ipc2.1)    planned (4.18.0)
//! limit 1000       limit 2000                limit 1000        the release undoes the hotfix
//! ```

/// A value for each of the three sides, so that no caller has to remember in which order they come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ThreeWay<T> {
    /// Of the last planned version that was in production, which the hotfix was made on.
    pub base: T,
    /// Of what production holds.
    pub hotfix: T,
    /// Of what is to go live.
    pub planned: T,
}

impl<T> ThreeWay<T> {
    /// The same of every side.
    pub fn map<U>(self, mut of: impl FnMut(T) -> U) -> ThreeWay<U> {
        ThreeWay {
            base: of(self.base),
            hotfix: of(self.hotfix),
            planned: of(self.planned),
        }
    }

    /// The same sides of two, together.
    pub fn zip<U>(self, other: ThreeWay<U>) -> ThreeWay<(T, U)> {
        ThreeWay {
            base: (self.base, other.base),
            hotfix: (self.hotfix, other.hotfix),
            planned: (self.planned, other.planned),
        }
    }

    /// The sides borrowed.
    pub fn as_ref(&self) -> ThreeWay<&T> {
        ThreeWay {
            base: &self.base,
            hotfix: &self.hotfix,
            planned: &self.planned,
        }
    }

    /// The sides from left to right, as a reader sees them.
    pub fn into_columns(self) -> [T; 3] {
        [self.base, self.hotfix, self.planned]
    }
}
