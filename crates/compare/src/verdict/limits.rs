//! How much work a verdict may cost. Counted in steps, not in seconds, so that the same texts
//! give the same answer on every machine.

use std::cell::Cell;

/// Bounds of one call of [`super::verdict_within`]. Past any of them the answer is
/// [`super::Verdict::CannotTell`] with the reason, never a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest text that is opened, in bytes; a larger one is only compared byte for byte.
    pub text_bytes_max: usize,
    /// Steps for one rule: a step is about one word read, hashed or compared.
    pub steps_max: u64,
    /// Units kept for one rule. All are counted and evidence; those past this number are summed up.
    pub units_max: usize,
    /// Levels of nesting that are followed in a structured text.
    pub depth_max: usize,
}

impl Default for Limits {
    /// A step costs some 30 ns at worst, so a rule takes well under a second of an idle core. The dearest rule of the
    /// corpus takes between 250,000 and 500,000 steps: 250,000 lose its *included*, 100,000 no more, and with 50,000
    /// sixteen rules end in cannot tell. Twice as many steps answer 21 more of the 82 kinds of hard 1 MB texts, none of
    /// them *included*, and take a third more time over all, half as much again for the worst.
    ///
    /// Levels: 15 change the units of one rule, 8 lose five verdicts. Bytes are what a rule may have at most; units are
    /// what a page can list.
    fn default() -> Limits {
        Limits {
            text_bytes_max: 8 << 20,
            steps_max: 4_500_000,
            units_max: 2_000,
            depth_max: 60,
        }
    }
}

/// What is left of the steps for one rule.
#[derive(Debug)]
pub(crate) struct Budget {
    left: Cell<u64>,
}

impl Budget {
    pub(crate) fn new(steps: u64) -> Budget {
        Budget {
            left: Cell::new(steps),
        }
    }

    /// Takes `steps`; false when there were fewer left, and from then on always.
    pub(crate) fn take(&self, steps: usize) -> bool {
        let left = self.left.get();
        let steps = steps as u64;
        if left < steps {
            self.left.set(0);
            return false;
        }
        self.left.set(left - steps);
        left > steps
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }
}
