//! What is true at one moment, with what pods are answered from.

use std::cmp::Ordering;
use std::sync::Arc;

use axum::http::HeaderValue;
use bytes::Bytes;
use imbl::{OrdMap, Vector};
use serde::Serialize;

use super::AppError;
use rulegate_domain::state::{Pin, PinKey, State};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::Event;
use rulegate_ledger::ids::{EntryRef, RuleSetName, SiteName, Timestamp};
use rulegate_ledger::ledger::Entry;
use rulegate_ledger::merkle::Frontier;
use rulegate_ledger::version::VersionName;

/// Entries in a block of a ledger; numbers 1 to 64 are block 0.
pub(super) const BLOCK_ENTRIES: u64 = 64;

/// The folded state and the answers to pods, made once when a pin moves.
#[derive(Clone)]
pub struct Snapshot {
    /// What is true.
    pub state: State,
    /// What pods of this site should run, by rule set and lane.
    pub assignments: OrdMap<PinKey, Arc<Assignment>>,
    /// When the first entry of each block was appended, by site: where a time is to be found in the ledger.
    block_starts: OrdMap<SiteName, Vector<Timestamp>>,
    /// The trees over other sites' entries as far as they are in the state.
    pub copies: OrdMap<SiteName, Arc<Frontier>>,
}

/// The answer to one question of a pod, ready to send.
pub struct Assignment {
    /// The pinned checksum.
    pub checksum: Digest,
    /// The entity tag, quoted.
    pub etag: HeaderValue,
    /// The JSON.
    pub body: Bytes,
}

/// What a pod should run now.
#[derive(Debug, Clone, Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct AssignmentView {
    /// The rule set.
    #[schema(value_type = String)]
    pub ruleset: RuleSetName,
    /// Site and lane, fixed by the pod's token.
    #[schema(value_type = String)]
    pub environment: Environment,
    /// The pinned version.
    #[schema(value_type = String)]
    pub version: VersionName,
    /// Its checksum: the SHA-256 of its manifest.
    #[schema(value_type = String)]
    pub checksum: Digest,
    /// Since when, UTC.
    #[schema(value_type = String)]
    pub since: Timestamp,
    /// Where its bytes are, relative to this server.
    pub bundle: String,
    /// Another version was decided for this environment and waits; it is not to be run yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub waiting: Option<VersionName>,
}

impl AssignmentView {
    /// The view of one pin.
    pub fn of(ruleset: &RuleSetName, environment: &Environment, pin: &Pin) -> AssignmentView {
        AssignmentView {
            ruleset: ruleset.clone(),
            environment: environment.clone(),
            version: pin.version.clone(),
            checksum: pin.checksum,
            since: pin.at,
            bundle: format!("/api/v1/bundles/{}", pin.checksum),
            waiting: None,
        }
    }
}

impl Snapshot {
    /// Nothing assigned yet.
    pub fn new(state: State) -> Snapshot {
        Snapshot {
            state,
            assignments: OrdMap::new(),
            block_starts: OrdMap::new(),
            copies: OrdMap::new(),
        }
    }

    /// How many of a site's blocks begin before an instant.
    pub(super) fn blocks_before(&self, site: &SiteName, at: Timestamp) -> u64 {
        let starts = self.block_starts.get(site);
        starts.map_or(0, |starts| {
            let found = starts.binary_search_by(|start| match *start < at {
                true => Ordering::Less,
                false => Ordering::Greater,
            });
            found.unwrap_or_else(|place| place) as u64
        })
    }

    /// Takes the next entry of a site's ledger in.
    ///
    /// Errors: [`AppError::Broken`] if it is not the next one; then nothing changed.
    pub(super) fn apply(&mut self, entry: &Entry, hash: Digest) -> Result<(), AppError> {
        self.state.apply(entry, hash).map_err(AppError::broken)?;
        self.note(entry);
        Ok(())
    }

    /// Takes note of an applied entry: if it moved a pin of this site, or decided that one should move, pods are
    /// told so from now on.
    fn note(&mut self, entry: &Entry) {
        let EntryRef { site, seq } = &entry.at_entry;
        if (seq - 1).is_multiple_of(BLOCK_ENTRIES) {
            let starts = self.block_starts.entry(site.clone()).or_default();
            starts.push_back(entry.at);
        }
        let own = &self.state.own;
        match &entry.fact.event {
            Event::VersionActivated(_) if entry.at_entry.site == *own => {
                if let (Some(ruleset), Some(lane)) = (&entry.fact.ruleset, &entry.fact.lane) {
                    self.assign(&ruleset.clone(), &Environment::new(own, lane));
                }
            }
            Event::IntentRecorded(body) if body.environment.site == *own => {
                if let Some(ruleset) = &entry.fact.ruleset {
                    self.assign(&ruleset.clone(), &body.environment.clone());
                }
            }
            Event::IntentCancelled(body) => {
                let decided = self.state.ledgers.get(&body.intent.site);
                let intent = decided.and_then(|ledger| ledger.intents.get(&body.intent.seq));
                if let Some(intent) = intent.cloned()
                    && intent.body.environment.site == *own
                {
                    self.assign(&intent.ruleset, &intent.body.environment);
                }
            }
            _ => {}
        }
    }

    fn assign(&mut self, ruleset: &RuleSetName, environment: &Environment) {
        let Some(pin) = self.state.pin(ruleset, environment) else {
            return;
        };
        let waiting =
            self.state.waiting_intents().into_iter().rfind(|intent| {
                intent.ruleset == *ruleset && intent.body.environment == *environment
            });
        let view = AssignmentView {
            waiting: waiting.map(|intent| intent.body.version.clone()),
            ..AssignmentView::of(ruleset, environment, pin)
        };
        let body: Bytes = serde_json::to_vec(&view)
            .expect("an assignment is JSON")
            .into();
        let tag = format!("\"{}\"", &Digest::of(&body).to_hex()[..32]);
        let etag = HeaderValue::from_str(&tag).expect("hex is a header value");
        let assignment = Assignment {
            checksum: pin.checksum,
            etag,
            body,
        };
        let key = (ruleset.clone(), environment.lane.clone());
        self.assignments.insert(key, Arc::new(assignment));
    }
}
