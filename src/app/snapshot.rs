//! What is true at one moment, with what pods are answered from.

use std::cmp::Ordering;
use std::sync::Arc;

use axum::http::HeaderValue;
use bytes::Bytes;
use imbl::{OrdMap, Vector};
use serde::Serialize;

use super::ledger_blocks::BLOCK_ENTRIES;
use crate::domain::digest::Digest;
use crate::domain::environment::Environment;
use crate::domain::event::Event;
use crate::domain::ids::{EntryRef, RuleSetName, SiteName, Timestamp};
use crate::domain::ledger::Entry;
use crate::domain::merkle::Frontier;
use crate::domain::state::{Pin, PinKey, State};
use crate::domain::version::VersionName;

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

    /// Takes note of an applied entry: if it moved a pin of this site, pods are told so from now on.
    pub fn note(&mut self, entry: &Entry) {
        let EntryRef { site, seq } = &entry.at_entry;
        if (seq - 1).is_multiple_of(BLOCK_ENTRIES) {
            let starts = self.block_starts.entry(site.clone()).or_default();
            starts.push_back(entry.at);
        }
        if entry.at_entry.site != self.state.own
            || !matches!(entry.fact.event, Event::VersionActivated(_))
        {
            return;
        }
        let (Some(ruleset), Some(lane)) = (&entry.fact.ruleset, &entry.fact.lane) else {
            return;
        };
        let environment = Environment::new(&self.state.own, lane);
        if let Some(pin) = self.state.pin(ruleset, &environment) {
            let view = AssignmentView::of(ruleset, &environment, pin);
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
            self.assignments
                .insert((ruleset.clone(), lane.clone()), Arc::new(assignment));
        }
    }
}
