//! The demonstration's story, told through the same door as everything else: three releases of the OWASP
//! Core Rule Set, a hotfix live in production, and the next release waiting for a decision.

use std::sync::Arc;
use std::time::Duration;

use super::{DemoFile, DemoTokens, SampleAccount};
use crate::app::intake::Intake;
use crate::app::{App, AppError};
use crate::auth::Auth;
use crate::auth::token::NewToken;
use crate::store::{Account, AccountKind};
use rulegate_domain::command::{self, Command, HotfixWords, SnapshotFacts};
use rulegate_ledger::access::{Actor, Grant, Role, Scope, TokenBounds};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::{Provenance, StageEvidence};
use rulegate_ledger::ids::{AccountId, ReviewId, RuleSetName, Timestamp};
use rulegate_ledger::version::VersionName;

type StoryResult<T> = Result<T, Box<dyn std::error::Error>>;

/// Name, shown name, role.
const PEOPLE: &[(&str, &str, Role)] = &[
    ("ana", "Ana Ruiz", Role::ReleaseAdmin),
    ("rita", "Rita Novak", Role::Reviewer),
    ("theo", "Theo Brandt", Role::Author),
    ("mara", "Mara Keller", Role::Validator),
    ("omar", "Omar Haddad", Role::Operator),
    ("otto", "Otto Lind", Role::Auditor),
    ("adam", "Adam Weiss", Role::Admin),
    ("lucy", "Lucy Moreau", Role::ReleaseAdmin),
];
const SERVICES: &[(&str, &str, Role)] = &[
    ("pipeline", "Release pipeline", Role::Pipeline),
    ("pods", "Pods of ipc2/prod", Role::Pod),
];

const RELEASES: [(&str, &[u8]); 3] = [
    ("4.17.0", include_bytes!("../../../demo/crs-4.17.0.tar.gz")),
    ("4.17.1", include_bytes!("../../../demo/crs-4.17.1.tar.gz")),
    ("4.18.0", include_bytes!("../../../demo/crs-4.18.0.tar.gz")),
];
const COMMITS: [&str; 3] = [
    "dc9886a8e5f57bf64761a2c583621c25bf8018f5",
    "1e82784ecc5bb6ec85d1836e50caa72e5bf36095",
    "ad2b560a4fefbc2654f88acedc9480e029ca57fa",
];

/// How long the other site may take to follow before the story goes on.
const FOLLOW_PATIENCE: Duration = Duration::from_secs(20);
const HOUR_US: i64 = 3_600 * 1_000_000;

struct Teller<'a> {
    apps: &'a [Arc<App>; 2],
    ruleset: RuleSetName,
    people: Vec<AccountId>,
    started: Timestamp,
}

/// Tells the whole story and returns what the newcomer needs to know.
pub(super) async fn play(apps: &[Arc<App>; 2]) -> StoryResult<DemoFile> {
    let started = Clockless::now();
    let mut teller = Teller {
        apps,
        ruleset: "owasp-crs".parse()?,
        people: Vec::new(),
        started,
    };
    teller.at_hours_ago(14 * 24);
    let accounts = teller.make_people().await?;
    let first = teller.release(0, 13 * 24).await?;
    teller
        .soft_launch(&first, 12 * 24, "2,914 of 2,914 regression tests")
        .await?;
    teller.go_live(&first, 10 * 24).await?;
    teller.hotfix(50).await?;
    let next = teller.release(2, 26).await?;
    teller
        .soft_launch(
            &next,
            20,
            "2,951 of 2,951 regression tests; no new false positives in 14 h of traffic",
        )
        .await?;
    teller.at_hours_ago(3);
    let targets = teller.everywhere("prod");
    let reason =
        "4.18.0 has passed soft launch; it should replace 4.17 in production this week".to_owned();
    let command = command::OpenActivation {
        ruleset: teller.ruleset.clone(),
        version: next.clone(),
        targets,
        reason,
    }
    .into();
    teller.act("lucy", command).await?;
    for app in apps {
        app.clock.set_offset_us(0);
    }
    let tokens = teller.tokens().await?;
    Ok(DemoFile {
        url: String::new(),
        accounts,
        tokens,
        ruleset: teller.ruleset.to_string(),
        other_site: String::new(),
        databases: Default::default(),
    })
}

/// The real time, before the story moves the clocks.
struct Clockless;

impl Clockless {
    fn now() -> Timestamp {
        crate::app::Clock::default().now()
    }
}

impl Teller<'_> {
    fn at_hours_ago(&self, hours: i64) {
        for app in self.apps {
            app.clock.set_offset_us(-hours * HOUR_US);
        }
    }

    fn person(&self, name: &str) -> AccountId {
        let all = PEOPLE.iter().chain(SERVICES);
        let index = all
            .into_iter()
            .position(|(known, _, _)| *known == name)
            .expect("a name of the story");
        self.people[index].clone()
    }

    async fn act(
        &self,
        name: &str,
        command: Command,
    ) -> Result<crate::app::execute::Executed, AppError> {
        let account = self.person(name);
        let token = (name == "pipeline").then_some(TokenBounds {
            role: Role::Pipeline,
            scope: Scope::EVERYWHERE,
        });
        let app = &self.apps[0];
        app.execute(Actor { account, token }, command, app.fresh_command())
            .await
    }

    fn everywhere(&self, lane: &str) -> Vec<Environment> {
        let topology = &self.apps[0].config.topology;
        topology
            .environments()
            .into_iter()
            .filter(|environment| environment.lane.as_str() == lane)
            .collect()
    }

    async fn make_people(&mut self) -> StoryResult<Vec<SampleAccount>> {
        let mut samples = Vec::new();
        let auth = Auth::start(self.apps[0].clone()).await;
        for (name, display_name, role) in PEOPLE.iter().chain(SERVICES) {
            let is_service = role.is_service();
            let password = format!("{name}-tries-rulegate");
            let hash = match is_service {
                true => None,
                false => Some(
                    auth.passwords
                        .hash(&password)
                        .await
                        .map_err(|_| "the machine is too busy")?,
                ),
            };
            let now = self.apps[0].clock.now();
            let account = Account {
                id: uuid::Uuid::now_v7().to_string().parse()?,
                name: (*name).to_owned(),
                display_name: (*display_name).to_owned(),
                kind: if is_service {
                    AccountKind::Service
                } else {
                    AccountKind::Person
                },
                password_hash: hash,
                created_at: now,
                changed_at: now,
                disabled_at: None,
            };
            for app in self.apps {
                app.store.create_account(&account).await?;
            }
            let grant = Grant {
                account: account.id.clone(),
                role: *role,
                scope: Scope::EVERYWHERE,
            };
            let app = &self.apps[0];
            app.execute(
                Actor::operator_console(),
                command::GrantRight { grant }.into(),
                app.fresh_command(),
            )
            .await?;
            self.people.push(account.id);
            if !is_service {
                samples.push(SampleAccount {
                    name: (*name).to_owned(),
                    password,
                    role: role.name().to_owned(),
                });
            }
        }
        Ok(samples)
    }

    async fn release(&self, index: usize, hours_ago: i64) -> StoryResult<VersionName> {
        self.at_hours_ago(hours_ago);
        let (version, archive) = RELEASES[index];
        let version: VersionName = version.parse()?;
        let snapshot = self.keep(archive).await?;
        let stage = |build: &str| StageEvidence {
            build: Some(build.to_owned()),
            checksum: Some(snapshot.checksum),
        };
        let provenance = Provenance {
            commit: Some(COMMITS[index].to_owned()),
            e1: stage(&format!("e1-{}", 961 + 15 * index)),
            e2: stage(&format!("e2-{}", 388 + 7 * index)),
            link: Some(format!(
                "https://github.com/coreruleset/coreruleset/releases/tag/v{version}"
            )),
        };
        let ruleset = self.ruleset.clone();
        let command = command::CommitRelease {
            ruleset,
            version: version.clone(),
            snapshot,
            provenance,
            evidence: Vec::new(),
        }
        .into();
        self.act("pipeline", command).await?;
        Ok(version)
    }

    async fn keep(&self, archive: &[u8]) -> Result<SnapshotFacts, AppError> {
        self.apps[0].keep(&Intake::unpack(archive)?).await
    }

    /// Opens a review in lucy's name, has it approved where that is needed, and executes it.
    async fn activate(
        &self,
        version: &VersionName,
        lane: &str,
        reason: &str,
        approver: Option<&str>,
    ) -> StoryResult<()> {
        let targets = self.everywhere(lane);
        let command = command::OpenActivation {
            ruleset: self.ruleset.clone(),
            version: version.clone(),
            targets: targets.clone(),
            reason: reason.to_owned(),
        }
        .into();
        let review = self
            .act("lucy", command)
            .await?
            .review()
            .ok_or("a review was opened")?;
        self.carry_through(&review, approver.as_slice(), "lucy")
            .await?;
        for target in &targets {
            self.follow(target, version).await?;
        }
        Ok(())
    }

    async fn carry_through(
        &self,
        review: &ReviewId,
        approvers: &[&str],
        executor: &str,
    ) -> StoryResult<()> {
        for approver in approvers {
            let (note, evidence) = (String::new(), Vec::new());
            let fingerprint = self.fingerprint(review).await?;
            self.act(
                approver,
                command::Approve {
                    review: review.clone(),
                    fingerprint,
                    note,
                    evidence,
                }
                .into(),
            )
            .await?;
        }
        let fingerprint = self.fingerprint(review).await?;
        let command = command::Execute {
            review: review.clone(),
            fingerprint,
            break_glass: None,
            evidence: Vec::new(),
        }
        .into();
        self.act(executor, command).await?;
        Ok(())
    }

    async fn fingerprint(&self, id: &ReviewId) -> StoryResult<Digest> {
        let app = &self.apps[0];
        let snapshot = app.snapshot();
        let review = snapshot.state.review(id).ok_or("the review is there")?;
        Ok(app.gate(&snapshot.state, review).await?.fingerprint)
    }

    /// Waits until a site runs a version: the other one follows by itself.
    async fn follow(&self, environment: &Environment, version: &VersionName) -> StoryResult<()> {
        let deadline = tokio::time::Instant::now() + FOLLOW_PATIENCE;
        loop {
            let snapshot = self.apps[0].snapshot();
            if snapshot
                .state
                .pin(&self.ruleset, environment)
                .is_some_and(|pin| pin.version == *version)
            {
                return Ok(());
            }
            if tokio::time::Instant::now() > deadline {
                return Err(format!("{environment} did not follow to {version}").into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn soft_launch(
        &self,
        version: &VersionName,
        hours_ago: i64,
        evidence: &str,
    ) -> StoryResult<()> {
        self.at_hours_ago(hours_ago);
        self.activate(version, "sl", "try it in soft launch", None)
            .await?;
        self.at_hours_ago(hours_ago - 14);
        let (ruleset, version, note) = (self.ruleset.clone(), version.clone(), evidence.to_owned());
        self.act(
            "mara",
            command::RecordValidation {
                ruleset,
                version,
                passed: true,
                note,
                links: Vec::new(),
            }
            .into(),
        )
        .await?;
        Ok(())
    }

    async fn go_live(&self, version: &VersionName, hours_ago: i64) -> StoryResult<()> {
        self.at_hours_ago(hours_ago);
        self.activate(version, "prod", "it passed soft launch", Some("rita"))
            .await
    }

    /// The content of 4.17.1, made straight in production: more rules than the cap, so two approve.
    async fn hotfix(&self, hours_ago: i64) -> StoryResult<()> {
        self.at_hours_ago(hours_ago);
        let app = &self.apps[0];
        let environment = self.everywhere("prod").remove(0);
        let snapshot = app.snapshot();
        let pin = snapshot
            .state
            .pin(&self.ruleset, &environment)
            .ok_or("production runs something")?;
        let after = Intake::unpack(RELEASES[1].1)?;
        let draft = app.draft_of(&pin.checksum, after).await?;
        let kept = app.keep_draft(&draft).await?;
        let words = HotfixWords {
            reason:
                "Rules 942340 and 934190 lock out customers who write LaTeX: the fixes of 4.17.1, ahead of 4.18.0"
                    .to_owned(),
            incident: "INC-5531".to_owned(),
            ends_at: Timestamp(self.started.0 + 12 * Timestamp::DAY_US),
        };
        let command = command::ProposeHotfix {
            ruleset: self.ruleset.clone(),
            environment,
            on_top_of: pin.checksum,
            snapshot: kept.snapshot,
            changes: kept.changes,
            lines_changed: kept.lines_changed,
            words,
        }
        .into();
        let review = self
            .act("theo", command)
            .await?
            .review()
            .ok_or("a review was opened")?;
        self.at_hours_ago(hours_ago - 1);
        self.carry_through(&review, &["rita", "lucy"], "ana").await
    }

    async fn tokens(&self) -> StoryResult<DemoTokens> {
        let auth = Auth::start(self.apps[0].clone()).await;
        let by = self.person("adam");
        let pipeline = NewToken {
            account: self.person("pipeline"),
            name: "demonstration pipeline".to_owned(),
            role: Role::Pipeline,
            scope: Scope::EVERYWHERE,
            days: 90,
        };
        let production = self.everywhere("prod").remove(0);
        let pod = NewToken {
            account: self.person("pods"),
            name: "demonstration pod of ipc2/prod".to_owned(),
            role: Role::Pod,
            scope: Scope {
                ruleset: None,
                site: Some(production.site),
                lane: Some(production.lane),
            },
            days: 90,
        };
        let (_, pipeline) = auth.make_token(pipeline, &by).await?;
        let (_, pod) = auth.make_token(pod, &by).await?;
        Ok(DemoTokens { pipeline, pod })
    }
}
