//! One check of the gate: its code, its words, and who can clear it.

use rulegate_ledger::access::Act;

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Fine.
    Pass,
    /// The review may go on; a person should know.
    Warn,
    /// The review may not be executed.
    Block,
}

/// Which check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum CheckKind {
    SameChecksum,
    PassedSoftLaunch,
    VerifiedAtTargets,
    HotfixesAnswered,
    NoUnexplainedDrift,
    NoFreezeOrHold,
    OnTopOfPin,
    Approvals,
    NotRecalled,
}

/// One check of the gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// Which.
    pub kind: CheckKind,
    /// What it found.
    pub outcome: Outcome,
    /// The facts behind it, in words; may be empty for a plain pass.
    pub evidence: String,
    /// Acts that can clear it, most direct first; empty where nothing can.
    pub cleared_by: Vec<Act>,
}

impl Check {
    pub(crate) fn pass(kind: CheckKind, evidence: impl Into<String>) -> Check {
        Check::found(Outcome::Pass, kind, evidence.into(), Vec::new())
    }
    pub(crate) fn warn(
        kind: CheckKind,
        evidence: impl Into<String>,
        cleared_by: Vec<Act>,
    ) -> Check {
        Check::found(Outcome::Warn, kind, evidence.into(), cleared_by)
    }
    pub(crate) fn block(
        kind: CheckKind,
        evidence: impl Into<String>,
        cleared_by: Vec<Act>,
    ) -> Check {
        Check::found(Outcome::Block, kind, evidence.into(), cleared_by)
    }

    fn found(outcome: Outcome, kind: CheckKind, evidence: String, cleared_by: Vec<Act>) -> Check {
        Check {
            kind,
            outcome,
            evidence,
            cleared_by,
        }
    }

    /// The check's stable code.
    pub fn code(&self) -> &'static str {
        match self.kind {
            CheckKind::SameChecksum => "same_checksum",
            CheckKind::PassedSoftLaunch => "passed_soft_launch",
            CheckKind::VerifiedAtTargets => "verified_at_targets",
            CheckKind::HotfixesAnswered => "hotfixes_answered",
            CheckKind::NoUnexplainedDrift => "no_unexplained_drift",
            CheckKind::NoFreezeOrHold => "no_freeze_or_hold",
            CheckKind::OnTopOfPin => "on_top_of_pin",
            CheckKind::Approvals => "approvals",
            CheckKind::NotRecalled => "not_recalled",
        }
    }

    /// The check in words, said the way its outcome is.
    pub fn title(&self) -> &'static str {
        match (self.kind, self.outcome) {
            (CheckKind::SameChecksum, Outcome::Pass) => "Same checksum at E1, E2 and E3",
            (CheckKind::SameChecksum, Outcome::Warn) => "Checksum at E1 or E2 not given",
            (CheckKind::SameChecksum, Outcome::Block) => "Another checksum at E1 or E2",
            (CheckKind::PassedSoftLaunch, Outcome::Block) => "Not passed in soft launch",
            (CheckKind::PassedSoftLaunch, _) => "Passed in soft launch",
            (CheckKind::VerifiedAtTargets, Outcome::Pass) => "Verified at every target site",
            (CheckKind::VerifiedAtTargets, _) => "Not yet verified at every target site",
            (CheckKind::HotfixesAnswered, Outcome::Block) => "An open hotfix is not answered",
            (CheckKind::HotfixesAnswered, _) => "Every open hotfix answered",
            (CheckKind::NoUnexplainedDrift, Outcome::Block) => "Unexplained drift in a target",
            (CheckKind::NoUnexplainedDrift, _) => "No unexplained drift",
            (CheckKind::NoFreezeOrHold, Outcome::Block) => "A freeze or hold is in force",
            (CheckKind::NoFreezeOrHold, _) => "No freeze or hold in force",
            (CheckKind::OnTopOfPin, Outcome::Block) => "Not on top of what runs",
            (CheckKind::OnTopOfPin, _) => "On top of what runs",
            (CheckKind::Approvals, Outcome::Block) => "Approvals are missing",
            (CheckKind::Approvals, _) => "Enough approvals by others",
            (CheckKind::NotRecalled, Outcome::Block) => "The version is recalled",
            (CheckKind::NotRecalled, _) => "Not recalled",
        }
    }

    /// Who can clear it, in words; empty unless it blocks or warns and somebody can.
    pub fn remedy(&self) -> String {
        if self.outcome == Outcome::Pass {
            return String::new();
        }
        let ways: Vec<String> = self
            .cleared_by
            .iter()
            .map(|act| {
                let roles: Vec<&str> = rulegate_ledger::access::roles_for(*act)
                    .into_iter()
                    .map(|role| role.name())
                    .collect();
                format!("{} can {}", roles.join(" or "), act.words())
            })
            .collect();
        if ways.is_empty() {
            String::new()
        } else {
            format!("{}.", ways.join("; "))
        }
    }
}
