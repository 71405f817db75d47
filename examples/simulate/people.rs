//! Random people who want random things: mostly what the state offers, now and then nonsense.

use rulegate_domain::command::{self, Command, HotfixWords, SnapshotFacts};
use rulegate_domain::gate;
use rulegate_domain::gate::Gate;
use rulegate_domain::state::{Review, ReviewStatus, State};
use rulegate_ledger::access::{Actor, Grant, Role, Scope, TokenBounds};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::{PairOutcome, Provenance};
use rulegate_ledger::ids::{AccountId, RuleSetName, Timestamp};
use rulegate_ledger::policy::Policy;
use rulegate_ledger::review::{Answer, Subject};
use rulegate_ledger::version::VersionName;

use super::random::Random;
use super::shelf::Shelf;

/// Everybody, with their roles. Max holds many, so that only the four eyes stop him.
pub const PEOPLE: &[(&str, &[Role])] = &[
    ("ana", &[Role::ReleaseAdmin]),
    ("lucy", &[Role::ReleaseAdmin]),
    ("rita", &[Role::Reviewer]),
    ("tom", &[Role::Reviewer]),
    ("theo", &[Role::Author]),
    ("mara", &[Role::Validator]),
    ("omar", &[Role::Operator]),
    ("adam", &[Role::Admin]),
    ("pipeline", &[Role::Pipeline]),
    (
        "max",
        &[
            Role::ReleaseAdmin,
            Role::Reviewer,
            Role::Author,
            Role::Validator,
            Role::Operator,
        ],
    ),
];

pub const RULESETS: [&str; 2] = ["crs", "limits"];
const DAY: i64 = Timestamp::DAY_US;

pub fn account(name: &str) -> AccountId {
    name.parse().expect("a constant name")
}

pub fn actor(name: &str) -> Actor {
    let token = (name == "pipeline").then_some(TokenBounds {
        role: Role::Pipeline,
        scope: Scope::EVERYWHERE,
    });
    Actor {
        account: account(name),
        token,
    }
}

pub fn grants() -> Vec<Grant> {
    let mut grants = Vec::new();
    for (name, roles) in PEOPLE {
        for role in *roles {
            grants.push(Grant {
                account: account(name),
                role: *role,
                scope: Scope::EVERYWHERE,
            });
        }
    }
    grants
}

#[derive(Clone, Copy)]
enum Doing {
    Release,
    Ask,
    Approve,
    Execute,
    Glass,
    Validate,
    Hotfix,
    Answer,
    Reject,
    Withdraw,
    Discard,
    Recall,
    Hold,
    LiftHold,
    Freeze,
    LiftFreeze,
    Cancel,
    Declare,
    Bring,
    Merge,
    Decline,
    Pair,
    Accept,
    Observe,
    Adopt,
    Dismiss,
    Grant,
    Policy,
}

const DOINGS: &[(u64, Doing)] = &[
    (11, Doing::Release),
    (14, Doing::Ask),
    (26, Doing::Approve),
    (24, Doing::Execute),
    (2, Doing::Glass),
    (12, Doing::Validate),
    (18, Doing::Hotfix),
    (9, Doing::Answer),
    (1, Doing::Reject),
    (1, Doing::Withdraw),
    (1, Doing::Discard),
    (1, Doing::Recall),
    (1, Doing::Hold),
    (3, Doing::LiftHold),
    (1, Doing::Freeze),
    (3, Doing::LiftFreeze),
    (3, Doing::Cancel),
    (6, Doing::Declare),
    (7, Doing::Bring),
    (4, Doing::Merge),
    (1, Doing::Decline),
    (5, Doing::Pair),
    (1, Doing::Accept),
    (1, Doing::Observe),
    (3, Doing::Adopt),
    (2, Doing::Dismiss),
    (1, Doing::Grant),
    (1, Doing::Policy),
];

/// Somebody at a site who wants something.
pub struct Wish<'a> {
    pub random: &'a mut Random,
    pub state: &'a State,
    pub shelf: &'a mut Shelf,
    pub now: Timestamp,
}

impl Wish<'_> {
    /// The next wish; none if the state offers nothing of the kind.
    pub fn next(&mut self) -> Option<(Actor, Command)> {
        let doing = self.random.weighted(DOINGS);
        let command = self.command(doing)?;
        Some((actor(self.person(doing)), command))
    }

    fn person(&mut self, doing: Doing) -> &'static str {
        if self.random.percent(12) {
            return "max";
        }
        if self.random.percent(3) {
            return PEOPLE[self.random.below(PEOPLE.len())].0;
        }
        let of: &[&'static str] = match doing {
            Doing::Release | Doing::Observe => &["pipeline"],
            Doing::Validate => &["mara"],
            Doing::Hotfix | Doing::Merge => &["theo"],
            Doing::Approve | Doing::Reject | Doing::Answer => &["rita", "tom", "ana"],
            Doing::Hold | Doing::LiftHold | Doing::Freeze | Doing::LiftFreeze => &["omar"],
            Doing::Declare | Doing::Cancel => &["omar"],
            Doing::Grant | Doing::Policy => &["adam"],
            _ => &["ana", "lucy"],
        };
        of[self.random.below(of.len())]
    }

    fn ruleset(&mut self) -> RuleSetName {
        let index = usize::from(!self.random.percent(80));
        RULESETS[index].parse().expect("a constant name")
    }

    fn environment(&mut self) -> Environment {
        let all = self.state.topology.environments();
        all[self.random.below(all.len())].clone()
    }

    fn own_production(&self) -> Environment {
        Environment::new(&self.state.own, self.state.topology.production())
    }

    fn reason(&mut self) -> String {
        format!("reason {}", self.random.below(1000))
    }

    /// Mostly a recent one.
    fn version(&mut self, ruleset: &RuleSetName) -> Option<VersionName> {
        let versions = self.state.versions(ruleset);
        let among = match self.random.percent(80) {
            true => versions.len().min(5),
            false => versions.len(),
        };
        let (name, _) = self.random.pick(&versions[..among])?;
        Some(name.clone())
    }

    /// An open review of this site, a recent one.
    fn review(&mut self) -> Option<Review> {
        let mut open = Vec::new();
        for review in self.state.waiting_reviews() {
            let mine = review.id.site == self.state.own;
            if mine && review.status == ReviewStatus::Open && open.len() < 6 {
                open.push(review);
            }
        }
        self.random.pick(&open).map(|review| Review::clone(review))
    }

    fn gate(&self, review: &Review) -> Option<Gate> {
        let evidence = self.shelf.judge(&gate::questions(self.state, review));
        gate::gate(self.state, review, &evidence, self.now).ok()
    }

    /// Mostly what is true now; sometimes what somebody was shown a while ago.
    fn fingerprint(&mut self, review: &Review, gate: &Gate) -> Digest {
        match review.approvals.first() {
            Some(earlier) if self.random.percent(15) => earlier.fingerprint,
            _ => gate.fingerprint,
        }
    }

    fn words(&mut self) -> HotfixWords {
        HotfixWords {
            reason: self.reason(),
            incident: format!("INC-{}", self.random.below(3)),
            ends_at: Timestamp(self.now.0 + 5 * DAY),
        }
    }

    fn edited(&mut self, base: &Digest) -> SnapshotFacts {
        let texts = self.shelf.edited(base, self.random);
        self.shelf.put(texts)
    }

    fn command(&mut self, doing: Doing) -> Option<Command> {
        let reason = self.reason();
        Some(match doing {
            Doing::Release => self.release(),
            Doing::Ask => self.ask(reason)?,
            Doing::Approve => {
                let review = self.review()?;
                let gate = self.gate(&review)?;
                command::Approve {
                    fingerprint: self.fingerprint(&review, &gate),
                    evidence: gate.evidence,
                    review: review.id,
                    note: String::new(),
                }
                .into()
            }
            Doing::Execute | Doing::Glass => {
                let review = self.review()?;
                let gate = self.gate(&review)?;
                command::Execute {
                    fingerprint: self.fingerprint(&review, &gate),
                    evidence: gate.evidence,
                    review: review.id,
                    break_glass: matches!(doing, Doing::Glass).then_some(reason),
                }
                .into()
            }
            Doing::Validate => {
                let ruleset = self.ruleset();
                let lane = self.state.topology.soft_launch();
                let here = Environment::new(&self.state.own, lane);
                let pin = self.state.pin(&ruleset, &here)?;
                command::RecordValidation {
                    version: pin.version.clone(),
                    passed: self.random.percent(85),
                    note: reason,
                    links: Vec::new(),
                    ruleset,
                }
                .into()
            }
            Doing::Hotfix => self.hotfix()?,
            Doing::Answer => self.answer(reason)?,
            Doing::Reject => command::Reject {
                review: self.review()?.id,
                reason,
            }
            .into(),
            Doing::Withdraw => command::Withdraw {
                review: self.review()?.id,
                reason,
            }
            .into(),
            Doing::Discard => {
                let ruleset = self.ruleset();
                let here = self.own_production();
                let open = self.state.open_hotfixes(&ruleset, &here);
                let hotfix = self.random.pick(&open)?.version.clone();
                command::DiscardHotfix {
                    ruleset,
                    hotfix,
                    reason,
                }
                .into()
            }
            Doing::Recall => {
                let ruleset = self.ruleset();
                let version = self.version(&ruleset)?;
                command::OpenRecall {
                    ruleset,
                    version,
                    reason,
                }
                .into()
            }
            Doing::Hold => command::PlaceHold {
                ruleset: None,
                lane: Some(self.environment().lane),
                reason,
            }
            .into(),
            Doing::Freeze => command::SetFreeze {
                ruleset: None,
                lane: Some(self.environment().lane),
                until: Timestamp(self.now.0 + DAY / 24),
                reason,
            }
            .into(),
            Doing::LiftHold => command::LiftHold {
                hold: self.state.own_ledger().holds.values().next()?.id.clone(),
                reason,
            }
            .into(),
            Doing::LiftFreeze => command::LiftFreeze {
                freeze: self.state.own_ledger().freezes.values().next()?.id.clone(),
                reason,
            }
            .into(),
            Doing::Cancel => {
                let waiting = self.state.waiting_intents();
                let intent = self.random.pick(&waiting)?.id.clone();
                command::CancelIntent { intent, reason }.into()
            }
            Doing::Declare => {
                let sites = &self.state.topology.sites;
                let live = sites[self.random.below(sites.len())].clone();
                command::DeclareLiveSite { live, reason }.into()
            }
            Doing::Bring | Doing::Decline | Doing::Merge => self.transfer(doing, reason)?,
            Doing::Pair => self.pair(reason)?,
            Doing::Accept => {
                let found = self.state.cold_differences();
                let found = self.random.pick(&found)?;
                command::AcceptDifference {
                    ruleset: found.ruleset.clone(),
                    environment: found.cold.clone(),
                    reason,
                }
                .into()
            }
            Doing::Observe => {
                let ruleset = self.ruleset();
                let environment = self.own_production();
                let pin = self.state.pin(&ruleset, &environment)?.checksum;
                let found = match self.random.percent(50) {
                    true => pin,
                    false => self.edited(&pin).checksum,
                };
                command::RecordObservation {
                    changes: self.shelf.changes(&pin, &found),
                    checksum: found,
                    ruleset,
                    environment,
                    pin,
                }
                .into()
            }
            Doing::Adopt | Doing::Dismiss => self.explain(doing, reason)?,
            Doing::Grant => {
                let all = grants();
                let grant = all[self.random.below(all.len())].clone();
                // Adam stays able to give back what he takes.
                match self.state.grants().contains(&grant) && grant.role != Role::Admin {
                    true => command::RevokeRight { grant, reason }.into(),
                    false => command::GrantRight { grant }.into(),
                }
            }
            Doing::Policy => {
                let policy = Policy {
                    production_approvals: 1 + self.random.below(2) as u32,
                    soft_launch_approvals: self.random.below(2) as u32,
                    ..Policy::default()
                };
                command::OpenPolicy { policy, reason }.into()
            }
        })
    }

    fn ask(&mut self, reason: String) -> Option<Command> {
        let ruleset = self.ruleset();
        let version = self.version(&ruleset)?;
        let mut targets = vec![self.environment()];
        if self.random.percent(40) {
            let lane = targets[0].lane.clone();
            let sites = self.state.topology.sites.iter();
            targets = sites.map(|site| Environment::new(site, &lane)).collect();
        }
        Some(
            command::OpenActivation {
                ruleset,
                version,
                targets,
                reason,
            }
            .into(),
        )
    }

    fn hotfix(&mut self) -> Option<Command> {
        let ruleset = self.ruleset();
        let environment = match self.random.percent(90) {
            true => self.own_production(),
            false => self.environment(),
        };
        let pin = self.state.pin(&ruleset, &environment)?.checksum;
        let snapshot = self.edited(&pin);
        Some(
            command::ProposeHotfix {
                changes: self.shelf.changes(&pin, &snapshot.checksum),
                lines_changed: 1,
                words: self.words(),
                on_top_of: pin,
                snapshot,
                ruleset,
                environment,
            }
            .into(),
        )
    }

    /// A planned version: often an edit of what runs somewhere, so that hotfixes are contained or not. Now and
    /// then a name that is taken: mostly the same delivery repeated.
    fn release(&mut self) -> Command {
        let ruleset = self.ruleset();
        let environment = self.environment();
        let planned = self.state.versions(&ruleset);
        let planned = planned.iter().filter(|(name, _)| !name.is_hotfix()).count();
        let number = planned + usize::from(self.random.percent(90));
        let version: VersionName = number.to_string().parse().expect("a number is a name");
        let known = self.state.version(&ruleset, &version).map(|f| f.checksum);
        let runs = self
            .state
            .pin(&ruleset, &environment)
            .map(|pin| pin.checksum);
        let snapshot = match (known, runs) {
            (Some(known), _) if self.random.percent(70) => {
                let texts = self.shelf.texts(&known).clone();
                self.shelf.put(texts)
            }
            (_, Some(base)) if self.random.percent(70) => self.edited(&base),
            _ => {
                let texts = self.shelf.fresh(self.random);
                self.shelf.put(texts)
            }
        };
        let environments = self.state.topology.environments();
        let mut questions = Vec::new();
        for environment in &environments {
            questions.extend(
                self.state
                    .questions(&ruleset, environment, snapshot.checksum),
            );
        }
        command::CommitRelease {
            evidence: self.shelf.judge(&questions),
            ruleset,
            version,
            snapshot,
            provenance: Provenance::default(),
        }
        .into()
    }

    fn answer(&mut self, reason: String) -> Option<Command> {
        let review = self.review()?;
        let gate = self.gate(&review)?;
        let open = gate.shown.unanswered();
        let (environment, hotfix, path) = self.random.pick(&open)?;
        let (environment, hotfix) = ((*environment).clone(), (*hotfix).clone());
        let path = (*path).to_owned();
        let answer = match self.random.below(10) {
            0 => Answer::SentBack { reason },
            1..5 => Answer::ContainedByHand { reason },
            _ => Answer::LossAccepted { reason },
        };
        Some(
            command::AnswerHotfix {
                review: review.id,
                environment,
                hotfix,
                paths: vec![path],
                answer,
                evidence: gate.evidence.clone(),
            }
            .into(),
        )
    }

    fn transfer(&mut self, doing: Doing, reason: String) -> Option<Command> {
        let state = self.state;
        let offered = state.offered_transfers(&state.own);
        let offered = self.random.pick(&offered)?;
        let ruleset = offered.hotfix.ruleset.clone();
        let hotfix = offered.hotfix.version.clone();
        let environment = offered.to.clone();
        let is_asked = state.waiting_reviews().into_iter().any(|review| {
            matches!(&review.subject, Subject::Hotfix { version, environment: at, .. }
                if *version == hotfix && *at == environment)
        });
        Some(match doing {
            Doing::Bring if is_asked => return None,
            Doing::Bring => command::OpenTransfer {
                ruleset,
                hotfix,
                environment,
                reason,
            }
            .into(),
            Doing::Decline => command::DeclineTransfer {
                ruleset,
                hotfix,
                environment,
                reason,
            }
            .into(),
            _ => {
                let pin = state.pin(&ruleset, &environment)?.checksum;
                let mut texts = self.shelf.texts(&pin).clone();
                for change in &offered.hotfix.changes {
                    match change.to {
                        Some(to) => texts.insert(change.path.clone(), to),
                        None => texts.remove(&change.path),
                    };
                }
                let snapshot = self.shelf.put(texts);
                command::MergeTransfer {
                    changes: self.shelf.changes(&pin, &snapshot.checksum),
                    lines_changed: 1,
                    words: self.words(),
                    on_top_of: pin,
                    snapshot,
                    ruleset,
                    hotfix,
                    environment,
                }
                .into()
            }
        })
    }

    fn pair(&mut self, reason: String) -> Option<Command> {
        let pairs = self.state.open_pairs();
        let pair = self.random.pick(&pairs)?;
        let first = pair.first.version.clone();
        let second = pair.second.version.clone();
        let keep = |hotfix: &VersionName| PairOutcome::Keep {
            hotfix: hotfix.clone(),
        };
        let outcome = match self.random.below(4) {
            0 => PairOutcome::Both,
            1 => keep(&first),
            2 => keep(&second),
            _ => PairOutcome::One,
        };
        Some(
            command::ClosePair {
                ruleset: pair.first.ruleset.clone(),
                first,
                second,
                outcome,
                reason,
                evidence: self.shelf.judge(&pair.questions()),
            }
            .into(),
        )
    }

    fn explain(&mut self, doing: Doing, reason: String) -> Option<Command> {
        let mut seen = self.state.observations();
        seen.retain(|o| o.environment.site == self.state.own && o.is_open(self.now));
        let (observation, checksum) = seen.first().map(|o| (o.id.clone(), o.checksum))?;
        Some(match doing {
            Doing::Adopt => {
                let texts = self.shelf.texts(&checksum).clone();
                command::AdoptDrift {
                    observation,
                    snapshot: self.shelf.put(texts),
                    lines_changed: 1,
                    words: self.words(),
                }
                .into()
            }
            _ => command::DismissDrift {
                observation,
                reason,
                ends_at: Timestamp(self.now.0 + DAY),
            }
            .into(),
        })
    }
}
