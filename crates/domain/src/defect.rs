//! A build that is made to be caught: with the feature `broken-checks`, one check can be left out, to see that the
//! simulator or the drill misses it. Without the feature nothing can be left out.

/// A check that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// An approval counts only for exactly what was shown.
    Fingerprint,
    /// Nobody approves what they asked for, wrote or delivered.
    FourEyes,
    /// An intent goes on only from the pin that was shown.
    IntentPin,
    /// An intent is checked by the whole gate again where it waits.
    IntentGate,
    /// Every open hotfix is answered for.
    HotfixAnswers,
    /// A hotfix goes on top of what it was made on.
    OnTopOfPin,
    /// Nothing of another site is taken that no checkpoint of it covers.
    Checkpoint,
}

/// True if this build leaves the check out.
#[cfg(not(feature = "broken-checks"))]
pub const fn is_left_out(_: Defect) -> bool {
    false
}

#[cfg(feature = "broken-checks")]
mod switch {
    use super::Defect;
    use std::sync::atomic::{AtomicU8, Ordering};

    /// Number of the check left out, from 1; 0 for none.
    static LEFT_OUT: AtomicU8 = AtomicU8::new(0);

    const NAMES: [(&str, Defect); 7] = [
        ("fingerprint", Defect::Fingerprint),
        ("four-eyes", Defect::FourEyes),
        ("intent-pin", Defect::IntentPin),
        ("intent-gate", Defect::IntentGate),
        ("hotfix-answers", Defect::HotfixAnswers),
        ("on-top-of-pin", Defect::OnTopOfPin),
        ("checkpoint", Defect::Checkpoint),
    ];

    /// Leaves a check out from now on, in the whole process.
    ///
    /// Errors: there is no check of that name.
    pub fn leave_out(name: &str) -> Result<(), String> {
        let known = NAMES.iter().find(|(known, _)| *known == name);
        let (_, check) = known.ok_or_else(|| format!("there is no check {name}"))?;
        LEFT_OUT.store(*check as u8 + 1, Ordering::Relaxed);
        Ok(())
    }

    pub fn is_left_out(check: Defect) -> bool {
        LEFT_OUT.load(Ordering::Relaxed) == check as u8 + 1
    }
}

#[cfg(feature = "broken-checks")]
pub use switch::is_left_out;
#[cfg(feature = "broken-checks")]
pub use switch::leave_out;
