//! What is asked for, what was shown to whoever decides, and the decisions.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::environment::Environment;
use crate::event::Mode;
use crate::policy::Policy;
use crate::verdict::Verdict;
use crate::version::VersionName;

/// What a review asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Subject {
    /// Move pins forward or back, at the target environments in this order.
    Activation {
        version: VersionName,
        checksum: Digest,
        targets: Vec<Environment>,
        mode: Mode,
    },
    /// Activate a hotfix in the environment it was made for.
    Hotfix {
        version: VersionName,
        checksum: Digest,
        environment: Environment,
    },
    /// Declare a version bad everywhere.
    Recall {
        version: VersionName,
        checksum: Digest,
    },
    /// Change the policy.
    Policy { policy: Policy },
}

impl Subject {
    /// The version it is about.
    pub fn version(&self) -> Option<&VersionName> {
        match self {
            Subject::Activation { version, .. }
            | Subject::Hotfix { version, .. }
            | Subject::Recall { version, .. } => Some(version),
            Subject::Policy { .. } => None,
        }
    }

    /// The checksum it is about.
    pub fn checksum(&self) -> Option<Digest> {
        match self {
            Subject::Activation { checksum, .. }
            | Subject::Hotfix { checksum, .. }
            | Subject::Recall { checksum, .. } => Some(*checksum),
            Subject::Policy { .. } => None,
        }
    }

    /// True if it brings a hotfix of another site as it is.
    pub fn is_transfer(&self) -> bool {
        match self {
            Subject::Hotfix {
                version,
                environment,
                ..
            } => version
                .hotfix_origin()
                .is_some_and(|(site, _)| site != environment.site),
            _ => false,
        }
    }

    /// The environments whose pins it moves, in order; empty for a recall or a policy.
    pub fn targets(&self) -> &[Environment] {
        match self {
            Subject::Activation { targets, .. } => targets,
            Subject::Hotfix { environment, .. } => std::slice::from_ref(environment),
            Subject::Recall { .. } | Subject::Policy { .. } => &[],
        }
    }
}

/// A person's decision on one hotfix rule that the candidate does not contain by verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Answer {
    /// Checked by hand: the candidate contains it in another form, because ...
    ContainedByHand { reason: String },
    /// The change may be lost, because ...
    LossAccepted { reason: String },
    /// The next planned version must contain it: this review cannot go on.
    SentBack { reason: String },
}

impl Answer {
    /// The reason given.
    pub fn reason(&self) -> &str {
        match self {
            Answer::ContainedByHand { reason }
            | Answer::LossAccepted { reason }
            | Answer::SentBack { reason } => reason,
        }
    }

    /// True if the review may go on with this answer.
    pub fn lets_pass(&self) -> bool {
        !matches!(self, Answer::SentBack { .. })
    }
}

/// Exactly what was shown to whoever decided. Its JSON's SHA-256 is the fingerprint.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// What would go live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<Digest>,
    /// The target environments in the review's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<ShownTarget>,
    /// The policy asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
}

/// One target environment as it stood when it was shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ShownTarget {
    pub environment: Environment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<VersionName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin_checksum: Option<Digest>,
    /// Open hotfixes there, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hotfixes: Vec<ShownHotfix>,
}

/// One open hotfix with the verdicts and answers that stood beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ShownHotfix {
    pub hotfix: VersionName,
    pub checksum: Digest,
    /// Its rules by path.
    pub rules: Vec<ShownRule>,
}

/// One rule of a hotfix with its verdict and answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ShownRule {
    pub path: String,
    pub verdict: Verdict,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
}

impl ShownRule {
    /// True if nothing more has to be said about the rule.
    pub fn is_settled(&self) -> bool {
        self.verdict.is_contained() || self.answer.as_ref().is_some_and(Answer::lets_pass)
    }
}

/// One difference between what was approved and what is true now.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum ShownChange {
    /// The candidate or the policy asked for is another.
    Candidate,
    /// A target's pin moved.
    Pin {
        environment: Environment,
        then: Option<VersionName>,
        now: Option<VersionName>,
    },
    /// A hotfix became open in a target.
    HotfixAppeared {
        environment: Environment,
        hotfix: VersionName,
    },
    /// A hotfix is no longer open in a target.
    HotfixGone {
        environment: Environment,
        hotfix: VersionName,
    },
    /// A verdict changed.
    VerdictChanged {
        environment: Environment,
        hotfix: VersionName,
        path: String,
        then: Option<Verdict>,
        now: Option<Verdict>,
    },
    /// An answer changed.
    AnswerChanged {
        environment: Environment,
        hotfix: VersionName,
        path: String,
    },
}

impl ShownChange {
    /// The change as a sentence without a full stop.
    pub fn words(&self) -> String {
        let name =
            |v: &Option<VersionName>| v.as_ref().map_or("nothing".to_owned(), |v| v.to_string());
        match self {
            ShownChange::Candidate => "what would go live is another".to_owned(),
            ShownChange::Pin {
                environment,
                then,
                now,
            } => {
                format!(
                    "the pin of {environment} moved from {} to {}",
                    name(then),
                    name(now)
                )
            }
            ShownChange::HotfixAppeared {
                environment,
                hotfix,
            } => {
                format!("hotfix {hotfix} became open in {environment}")
            }
            ShownChange::HotfixGone {
                environment,
                hotfix,
            } => {
                format!("hotfix {hotfix} is no longer open in {environment}")
            }
            ShownChange::VerdictChanged {
                environment,
                hotfix,
                path,
                ..
            } => {
                format!("the verdict on {path} of hotfix {hotfix} in {environment} changed")
            }
            ShownChange::AnswerChanged {
                environment,
                hotfix,
                path,
            } => {
                format!("the answer for {path} of hotfix {hotfix} in {environment} changed")
            }
        }
    }
}

impl Shown {
    /// What an approval of exactly this is bound to.
    pub fn fingerprint(&self) -> Digest {
        Digest::of(
            serde_json::to_string(self)
                .expect("what was shown is JSON")
                .as_bytes(),
        )
    }

    /// Rules that still need an answer, as (environment, hotfix, path).
    pub fn unanswered(&self) -> Vec<(&Environment, &VersionName, &str)> {
        self.rules()
            .filter(|(_, _, rule)| !rule.is_settled())
            .map(|(e, h, rule)| (e, h, rule.path.as_str()))
            .collect()
    }

    /// How many of those were answered by sending the candidate back: it cannot pass without them.
    pub fn sent_back(&self) -> usize {
        let sent_back = |rule: &ShownRule| matches!(rule.answer, Some(Answer::SentBack { .. }));
        self.rules()
            .filter(|(_, _, rule)| !rule.is_settled() && sent_back(rule))
            .count()
    }

    /// Every hotfix rule shown.
    pub fn rules(&self) -> impl Iterator<Item = (&Environment, &VersionName, &ShownRule)> {
        self.targets.iter().flat_map(|target| {
            target.hotfixes.iter().flat_map(move |h| {
                h.rules
                    .iter()
                    .map(move |rule| (&target.environment, &h.hotfix, rule))
            })
        })
    }

    /// What differs between this and `now`; empty exactly if the fingerprints are equal.
    pub fn changes_until(&self, now: &Shown) -> Vec<ShownChange> {
        let mut changes = Vec::new();
        if self.candidate != now.candidate
            || self.policy != now.policy
            || self.targets.len() != now.targets.len()
        {
            changes.push(ShownChange::Candidate);
        }
        for (then, now) in self.targets.iter().zip(&now.targets) {
            target_changes(then, now, &mut changes);
        }
        if changes.is_empty() && self.fingerprint() != now.fingerprint() {
            changes.push(ShownChange::Candidate);
        }
        changes
    }
}

fn target_changes(then: &ShownTarget, now: &ShownTarget, changes: &mut Vec<ShownChange>) {
    let environment = &now.environment;
    if then.pin_checksum != now.pin_checksum || then.pin != now.pin {
        changes.push(ShownChange::Pin {
            environment: environment.clone(),
            then: then.pin.clone(),
            now: now.pin.clone(),
        });
    }
    for old in &then.hotfixes {
        if !now.hotfixes.iter().any(|h| h.hotfix == old.hotfix) {
            changes.push(ShownChange::HotfixGone {
                environment: environment.clone(),
                hotfix: old.hotfix.clone(),
            });
        }
    }
    for new in &now.hotfixes {
        let Some(old) = then.hotfixes.iter().find(|h| h.hotfix == new.hotfix) else {
            changes.push(ShownChange::HotfixAppeared {
                environment: environment.clone(),
                hotfix: new.hotfix.clone(),
            });
            continue;
        };
        let paths: std::collections::BTreeSet<&String> = old
            .rules
            .iter()
            .chain(&new.rules)
            .map(|rule| &rule.path)
            .collect();
        for path in paths {
            let before = old.rules.iter().find(|rule| rule.path == *path);
            let after = new.rules.iter().find(|rule| rule.path == *path);
            if before.map(|r| r.verdict) != after.map(|r| r.verdict) {
                changes.push(ShownChange::VerdictChanged {
                    environment: environment.clone(),
                    hotfix: new.hotfix.clone(),
                    path: path.clone(),
                    then: before.map(|r| r.verdict),
                    now: after.map(|r| r.verdict),
                });
            } else if before.map(|r| &r.answer) != after.map(|r| &r.answer) {
                changes.push(ShownChange::AnswerChanged {
                    environment: environment.clone(),
                    hotfix: new.hotfix.clone(),
                    path: path.clone(),
                });
            }
        }
    }
}
