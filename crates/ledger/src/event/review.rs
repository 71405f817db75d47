//! Bodies of what is said in reviews.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::environment::Environment;
use crate::ids::ReviewId;
use crate::review::{Answer, Shown, Subject};
use crate::verdict::Verdict;
use crate::version::VersionName;

/// Body of `review.opened`. The entry's own number is the review's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ReviewOpened {
    pub subject: Subject,
    pub reason: String,
}

/// Body of `review.approved`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ReviewApproved {
    pub review: ReviewId,
    /// SHA-256 of `shown`'s JSON: what this approval is bound to.
    pub fingerprint: Digest,
    /// Exactly what was shown, so that a later page can say what changed since.
    pub shown: Shown,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Body of `review.rejected`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ReviewRejected {
    pub review: ReviewId,
    pub reason: String,
}

/// Body of `review.commented`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ReviewCommented {
    pub review: ReviewId,
    pub text: String,
}

/// Body of `review.answered`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ReviewAnswered {
    pub review: ReviewId,
    pub environment: Environment,
    pub hotfix: VersionName,
    pub path: String,
    /// The verdict that stood beside the question.
    pub verdict: Verdict,
    pub answer: Answer,
}

/// Body of `review.withdrawn`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ReviewWithdrawn {
    pub review: ReviewId,
    pub reason: String,
}

/// Body of `review.glass_broken`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct GlassBroken {
    pub review: ReviewId,
    pub reason: String,
    /// The codes of the checks that blocked.
    pub blocked: Vec<String>,
    pub fingerprint: Digest,
}

/// Body of `review.glass_reviewed`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct GlassReviewed {
    pub review: ReviewId,
    pub note: String,
}
