//! Fills an empty database for the benchmarks: `bench_fill DATABASE ENTRIES RULES TOKENS`.
//!
//! ENTRIES valid, chained entries in the ledgers of both sites (three quarters in the own one, `ipc2`), the
//! newest a minute old; the rule set `bench` with RULES rules pinned in ipc2/prod; TOKENS tokens of pods there.
//! The entries tell of 50 rule sets whose releases each take about 25 entries: delivery, soft launch, a review
//! with comments, an answer and approvals, activations in two lanes, what was then observed, and in every third
//! release a hotfix from its making to its end. Prints what the drivers need as one line of JSON.

use std::error::Error;

use bytes::Bytes;
use rulegate::domain::access::{Grant, Role, Scope};
use rulegate::domain::digest::Digest;
use rulegate::domain::environment::Environment;
use rulegate::domain::event::*;
use rulegate::domain::ids::*;
use rulegate::domain::ledger::{Entry, Head, StoredEntry};
use rulegate::domain::manifest::{Change, Manifest};
use rulegate::domain::review::{Answer, Shown, ShownHotfix, ShownRule, ShownTarget, Subject};
use rulegate::domain::verdict::Verdict;
use rulegate::domain::version::VersionName;
use rulegate::store::{Account, AccountKind, SignIn, Store, Token};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Entries in one commit of the filling.
const GROUP: usize = 2_000;
const RULE_SETS: u64 = 50;
const PEOPLE: u64 = 24;
const TEXT: &str = "The threshold for card-not-present payments above 500 EUR was wrong for two issuers; compared with \
                    the incident's trace, the rule now asks for a second factor there. ";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [database, entries, rules, tokens] = arguments.as_slice() else {
        return Err("give DATABASE ENTRIES RULES TOKENS".into());
    };
    let (entries, rules, tokens): (u64, u64, u64) =
        (entries.parse()?, rules.parse()?, tokens.parse()?);
    let store = Store::open(database).await?;
    let own: SiteName = "ipc2".parse()?;
    let other: SiteName = "ipc1".parse()?;
    store.claim_identity(&own).await?;
    let now = Timestamp(chrono::Utc::now().timestamp_micros());
    let mut handles = Handles::make(&store, &own, now, tokens).await?;
    let checksum = keep_rules(&store, rules).await?;

    let there = if entries > 1_000 { entries / 4 } else { 0 };
    let mut ledger = Ledger::new(&store, own, entries - there, now, &handles.people);
    ledger.grants(&handles).await?;
    handles.review = Some(ledger.bench_rule_set(checksum, rules).await?);
    ledger.tell_until_full().await?;
    let head = ledger.head.seq;
    if there > 0 {
        let mut ledger = Ledger::new(&store, other, there, now, &handles.people);
        ledger.tell_until_full().await?;
    }
    // The index of SQLite follows in the background: closing now would leave it behind.
    tokio::time::sleep(std::time::Duration::from_secs(if entries > 1_000 {
        5
    } else {
        0
    }))
    .await;
    println!("{}", handles.json(head, checksum));
    store.close().await;
    Ok(())
}

/// A well-mixed number, the same in every run.
fn mix(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

async fn keep_rules(store: &Store, rules: u64) -> Outcome<Digest> {
    let contents: Vec<(String, Bytes)> = (0..rules)
        .map(|n| {
            let text = format!("rule {n}\n{}", TEXT.repeat(3 + (mix(n) % 6) as usize));
            (format!("group-{:02}/rule-{n:05}.yml", n % 40), text.into())
        })
        .collect();
    let manifest = Manifest::new(contents.iter().map(|(p, b)| (p.clone(), Digest::of(b))))?;
    let mut kept: Vec<(Digest, Bytes)> = contents
        .into_iter()
        .map(|(_, bytes)| (Digest::of(&bytes), bytes))
        .collect();
    kept.push((manifest.checksum(), manifest.text().into()));
    store.put_contents(&kept).await?;
    Ok(manifest.checksum())
}

/// Accounts, tokens and a sign-in that the drivers use.
struct Handles {
    people: Vec<AccountId>,
    reviewer: (AccountId, String),
    pipeline: (AccountId, String),
    pod: (AccountId, String),
    cookie: String,
    review: Option<ReviewId>,
}

impl Handles {
    async fn make(store: &Store, site: &SiteName, now: Timestamp, tokens: u64) -> Outcome<Handles> {
        let mut people = Vec::new();
        for n in 0..PEOPLE {
            people.push(account(store, &format!("person-{n}"), AccountKind::Person, now).await?);
        }
        let reviewer = people[0].clone();
        let pods = account(store, "pods", AccountKind::Service, now).await?;
        let pipeline = account(store, "pipeline", AccountKind::Service, now).await?;
        let here = Scope {
            ruleset: None,
            site: Some(site.clone()),
            lane: Some("prod".parse()?),
        };
        let mut pod = String::new();
        for _ in 0..tokens.max(1) {
            pod = token(store, &pods, Role::Pod, here.clone(), now).await?;
        }
        let cookie = rulegate::auth::random_secret();
        let sign_in = SignIn {
            token_hash: Digest::of(cookie.as_bytes()),
            account: reviewer.clone(),
            created_at: now,
            seen_at: now,
            expires_at: Timestamp(now.0 + Timestamp::DAY_US / 2),
            reauthenticated_at: now,
            address: "127.0.0.1".into(),
            agent: "bench".into(),
        };
        store.insert_sign_in(&sign_in).await?;
        let everywhere = Scope::EVERYWHERE;
        let reviewer_token =
            token(store, &reviewer, Role::Reviewer, everywhere.clone(), now).await?;
        let pipeline_token = token(store, &pipeline, Role::Pipeline, everywhere, now).await?;
        Ok(Handles {
            people,
            reviewer: (reviewer, reviewer_token),
            pipeline: (pipeline, pipeline_token),
            pod: (pods, pod),
            cookie,
            review: None,
        })
    }

    fn json(&self, head: u64, checksum: Digest) -> serde_json::Value {
        serde_json::json!({
            "reviewer": self.reviewer.1, "pipeline": self.pipeline.1, "pod": self.pod.1,
            "cookie": self.cookie, "review": self.review, "head": head, "ruleset": "bench",
            "checksum": checksum, "person": "person-1", "pipeline_account": self.pipeline.0,
        })
    }
}

async fn account(
    store: &Store,
    name: &str,
    kind: AccountKind,
    now: Timestamp,
) -> Outcome<AccountId> {
    let id: AccountId = uuid::Uuid::now_v7().to_string().parse()?;
    let account = Account {
        id: id.clone(),
        name: name.to_owned(),
        display_name: name.to_owned(),
        kind,
        password_hash: None,
        created_at: now,
        changed_at: now,
        disabled_at: None,
    };
    store.create_account(&account).await?;
    Ok(id)
}

async fn token(
    store: &Store,
    account: &AccountId,
    role: Role,
    scope: Scope,
    now: Timestamp,
) -> Outcome<String> {
    let secret = format!("rgt_{}", rulegate::auth::random_secret());
    let token = Token {
        id: uuid::Uuid::now_v7().to_string(),
        account: account.clone(),
        name: "bench".into(),
        hash: Digest::of(secret.as_bytes()),
        role,
        scope,
        created_at: now,
        created_by: account.clone(),
        expires_at: Timestamp(now.0 + 30 * Timestamp::DAY_US),
        revoked_at: None,
    };
    store.insert_token(&token).await?;
    Ok(secret)
}

/// One site's ledger while it is filled.
struct Ledger<'a> {
    store: &'a Store,
    site: SiteName,
    head: Head,
    stored: Head,
    waiting: Vec<StoredEntry>,
    entries: u64,
    until: Timestamp,
    people: &'a [AccountId],
}

impl<'a> Ledger<'a> {
    fn new(
        store: &'a Store,
        site: SiteName,
        entries: u64,
        now: Timestamp,
        people: &'a [AccountId],
    ) -> Ledger<'a> {
        let (head, stored) = (Head::EMPTY, Head::EMPTY);
        let waiting = Vec::with_capacity(GROUP);
        let until = Timestamp(now.0 - 60_000_000);
        Ledger {
            store,
            site,
            head,
            stored,
            waiting,
            entries,
            until,
            people,
        }
    }

    /// Releases are delivered, and hotfixes made, at `ipc2`.
    fn is_primary(&self) -> bool {
        self.site.as_str() == "ipc2"
    }

    /// Appends a fact by a person and returns where it stands.
    async fn tell(
        &mut self,
        person: u64,
        ruleset: Option<&RuleSetName>,
        lane: Option<&LaneName>,
        event: impl Into<Event>,
    ) -> Outcome<EntryRef> {
        let at_entry = EntryRef {
            site: self.site.clone(),
            seq: self.head.seq + 1,
        };
        // Half a minute apart, the last of the planned ones at the end.
        let left = self.entries.saturating_sub(at_entry.seq);
        let at =
            Timestamp(self.until.0 - left as i64 * 30_000_000 - (mix(left) % 1_000_000) as i64);
        let entry = Entry {
            at_entry: at_entry.clone(),
            at: at.max(self.head.at),
            actor: self.people[(person % PEOPLE) as usize].clone(),
            command: uuid::Uuid::now_v7().to_string().parse()?,
            fact: Fact {
                ruleset: ruleset.cloned(),
                lane: lane.cloned(),
                event: event.into(),
            },
            prev: self.head.hash,
        };
        let sealed = entry.seal(true);
        self.head = Head {
            seq: at_entry.seq,
            hash: sealed.hash,
            at: entry.at,
        };
        self.waiting.push(sealed);
        if self.waiting.len() == GROUP {
            self.flush().await?;
        }
        Ok(at_entry)
    }

    async fn flush(&mut self) -> Outcome<()> {
        if !self.waiting.is_empty() {
            self.store
                .append(&self.site, self.stored, &self.waiting)
                .await?;
            self.waiting.clear();
            self.stored = self.head;
        }
        Ok(())
    }

    async fn grants(&mut self, handles: &Handles) -> Outcome<()> {
        let mut wanted = vec![
            (&handles.reviewer.0, Role::Reviewer),
            (&handles.reviewer.0, Role::Auditor),
            (&handles.pipeline.0, Role::Pipeline),
            (&handles.pod.0, Role::Pod),
        ];
        wanted.extend(
            self.people[1..]
                .iter()
                .map(|person| (person, Role::Reviewer)),
        );
        for (account, role) in wanted {
            let grant = Grant {
                account: account.clone(),
                role,
                scope: Scope::EVERYWHERE,
            };
            self.tell(0, None, None, AccessGranted { grant }).await?;
        }
        Ok(())
    }

    /// The rule set that pods ask for, and a review to comment on.
    async fn bench_rule_set(&mut self, checksum: Digest, rules: u64) -> Outcome<ReviewId> {
        let ruleset: RuleSetName = "bench".parse()?;
        let (version, lane): (VersionName, LaneName) = ("1.0.0".parse()?, "prod".parse()?);
        let release = committed(&version, checksum, rules as u32);
        self.tell(1, Some(&ruleset), None, release).await?;
        let environment = Environment::new(&self.site, &lane);
        let opened = opened(&version, checksum, vec![environment]);
        let review = self.tell(2, Some(&ruleset), Some(&lane), opened).await?;
        let review = ReviewId {
            site: review.site,
            seq: review.seq,
        };
        let moved = activated(&version, checksum, None, &review, self.people);
        self.tell(2, Some(&ruleset), Some(&lane), moved).await?;
        self.flush().await?;
        Ok(review)
    }

    async fn tell_until_full(&mut self) -> Outcome<()> {
        let mut last: Vec<Option<(VersionName, Digest)>> = vec![None; RULE_SETS as usize];
        let mut number = 0;
        while self.head.seq + 40 < self.entries {
            let slot = (mix(number) % RULE_SETS) as usize;
            let ruleset: RuleSetName = format!("rules-{slot:02}").parse()?;
            let version: VersionName = format!("{}.{}.0", number / 500, number % 500).parse()?;
            let checksum = Digest::of(format!("release {number}").as_bytes());
            let from = last[slot].replace((version.clone(), checksum));
            self.release(number, &ruleset, (&version, checksum), from)
                .await?;
            number += 1;
        }
        while self.head.seq < self.entries {
            let reason = format!("quiet hours {number}");
            let until = Timestamp(self.head.at.0 + Timestamp::DAY_US);
            self.tell(number, None, None, FreezeSet { reason, until })
                .await?;
        }
        self.flush().await
    }

    /// One release from its delivery to what runs afterwards.
    async fn release(
        &mut self,
        number: u64,
        ruleset: &RuleSetName,
        (version, checksum): (&VersionName, Digest),
        from: Option<(VersionName, Digest)>,
    ) -> Outcome<()> {
        let rs = Some(ruleset);
        let (sl, prod): (LaneName, LaneName) = ("sl".parse()?, "prod".parse()?);
        let here = Environment::new(&self.site, &prod);
        if self.is_primary() {
            self.tell(number, rs, None, committed(version, checksum, 3_000))
                .await?;
        } else {
            let received = ReleaseReceived {
                version: version.clone(),
                checksum,
                origin: format!("ipc2#{}", number * 25 + 60).parse()?,
            };
            self.tell(number, rs, None, received).await?;
        }
        let first = self
            .reviewed(number + 1, ruleset, &sl, (version, checksum), None)
            .await?;
        let moved = activated(version, checksum, from.clone(), &first, self.people);
        self.tell(number + 1, rs, Some(&sl), moved).await?;
        let passed = ValidationPassed {
            version: version.clone(),
            checksum,
            note: "2,951 of 2,951 regression tests; no new false positives in 14 h".into(),
            links: vec![format!("https://ci.example.org/runs/{number}")],
        };
        self.tell(number + 2, rs, Some(&sl), passed).await?;
        let hotfix = match &from {
            Some(below) if number.is_multiple_of(3) && self.is_primary() => {
                Some(self.hotfix(number, ruleset, &here, below).await?)
            }
            _ => None,
        };
        let shown = hotfix.clone().map(|(name, digest)| (name, digest, &here));
        let second = self
            .reviewed(number + 3, ruleset, &prod, (version, checksum), shown)
            .await?;
        let moved = activated(version, checksum, from, &second, self.people);
        self.tell(number + 3, rs, Some(&prod), moved).await?;
        if let Some((hotfix, _)) = hotfix {
            let absorbed = HotfixAbsorbed {
                environment: here,
                hotfix,
                by: version.clone(),
                review: Some(second),
            };
            self.tell(number + 3, rs, Some(&prod), absorbed).await?;
        }
        for lane in [&sl, &prod] {
            let observed = ObservationRecorded {
                checksum,
                pin: version.clone(),
                pin_checksum: checksum,
                changes: Vec::new(),
            };
            self.tell(number + 4, rs, Some(lane), observed).await?;
        }
        Ok(())
    }

    /// A review with comments, an answer if a hotfix is at stake, and two approvals.
    async fn reviewed(
        &mut self,
        number: u64,
        ruleset: &RuleSetName,
        lane: &LaneName,
        (version, checksum): (&VersionName, Digest),
        hotfix: Option<(VersionName, Digest, &Environment)>,
    ) -> Outcome<ReviewId> {
        let (rs, ln) = (Some(ruleset), Some(lane));
        let environment = Environment::new(&self.site, lane);
        let opened = opened(version, checksum, vec![environment.clone()]);
        let at = self.tell(number, rs, ln, opened).await?;
        let review = ReviewId {
            site: at.site,
            seq: at.seq,
        };
        for n in 0..3 + mix(number) % 3 {
            let body = ReviewCommented {
                review: review.clone(),
                text: format!(
                    "Point {n}: {}",
                    TEXT.repeat(1 + (mix(n + number) % 2) as usize)
                ),
            };
            self.tell(number + n, rs, ln, body).await?;
        }
        let mut hotfixes = Vec::new();
        if let Some((name, digest, environment)) = hotfix {
            let path = "cards/second-factor.yml".to_owned();
            let answer = Answer::ContainedByHand {
                reason: "compared line by line, the new rule asks for the same".into(),
            };
            let body = ReviewAnswered {
                review: review.clone(),
                environment: environment.clone(),
                hotfix: name.clone(),
                path: path.clone(),
                verdict: Verdict::CannotTell,
                answer: answer.clone(),
            };
            self.tell(number + 5, rs, ln, body).await?;
            let (verdict, answer) = (Verdict::CannotTell, Some(answer));
            let rules = vec![ShownRule {
                path,
                verdict,
                answer,
            }];
            hotfixes.push(ShownHotfix {
                hotfix: name,
                checksum: digest,
                rules,
            });
        }
        for n in 0..2 {
            let shown = Shown {
                candidate: Some(checksum),
                targets: vec![ShownTarget {
                    environment: environment.clone(),
                    pin: Some(version.clone()),
                    pin_checksum: Some(checksum),
                    hotfixes: hotfixes.clone(),
                }],
                policy: None,
            };
            let body = ReviewApproved {
                review: review.clone(),
                fingerprint: Digest::of(serde_json::to_string(&shown)?.as_bytes()),
                shown,
                note: String::new(),
            };
            self.tell(number + 7 + n, rs, ln, body).await?;
        }
        Ok(review)
    }

    /// A hotfix in production: made, reviewed, live.
    async fn hotfix(
        &mut self,
        number: u64,
        ruleset: &RuleSetName,
        environment: &Environment,
        (below, below_checksum): &(VersionName, Digest),
    ) -> Outcome<(VersionName, Digest)> {
        let version = VersionName::hotfix(below, &self.site, 1);
        let checksum = Digest::of(format!("hotfix {} {number}", self.site).as_bytes());
        let body = HotfixCommitted {
            version: version.clone(),
            checksum,
            rules: 3_000,
            size_bytes: 4_700_000,
            environment: environment.clone(),
            on_top_of: below.clone(),
            on_top_of_checksum: *below_checksum,
            changes: vec![Change {
                path: "cards/second-factor.yml".into(),
                from: Some(*below_checksum),
                to: Some(checksum),
            }],
            lines_changed: 4,
            reason: TEXT.trim().into(),
            incident: format!("INC-{number}"),
            ends_at: Timestamp(self.head.at.0 + 30 * Timestamp::DAY_US),
            adopts: None,
        };
        let (rs, lane) = (Some(ruleset), Some(&environment.lane));
        self.tell(number + 9, rs, lane, body).await?;
        let review = self
            .reviewed(
                number + 9,
                ruleset,
                &environment.lane,
                (&version, checksum),
                None,
            )
            .await?;
        let from = Some((below.clone(), *below_checksum));
        let mut moved = activated(&version, checksum, from, &review, self.people);
        moved.mode = Mode::Hotfix;
        self.tell(number + 9, rs, lane, moved).await?;
        Ok((version, checksum))
    }
}

fn committed(version: &VersionName, checksum: Digest, rules: u32) -> ReleaseCommitted {
    let stage = |name: &str| StageEvidence {
        build: Some(format!("{name}-{version}")),
        checksum: Some(checksum),
    };
    let finding = |environment: &str| DriftFinding {
        environment: environment.parse().expect("an environment"),
        finding: Finding::NoInterimHotfix,
    };
    ReleaseCommitted {
        version: version.clone(),
        checksum,
        rules,
        size_bytes: u64::from(rules) * 1_500,
        provenance: Provenance {
            commit: Some("dc9886a8e5f57bf64761a2c583621c25bf8018f5".into()),
            e1: stage("e1"),
            e2: stage("e2"),
            link: Some("https://ci.example.org/releases".into()),
        },
        drift: ["ipc2/sl", "ipc2/prod", "ipc1/sl", "ipc1/prod"]
            .map(finding)
            .to_vec(),
    }
}

fn opened(version: &VersionName, checksum: Digest, targets: Vec<Environment>) -> ReviewOpened {
    ReviewOpened {
        subject: Subject::Activation {
            version: version.clone(),
            checksum,
            targets,
            mode: Mode::Planned,
        },
        reason: format!("{version} has passed its tests and should go on this week"),
    }
}

fn activated(
    version: &VersionName,
    checksum: Digest,
    from: Option<(VersionName, Digest)>,
    review: &ReviewId,
    people: &[AccountId],
) -> VersionActivated {
    let (from, from_checksum) = from.unzip();
    VersionActivated {
        version: version.clone(),
        checksum,
        mode: Mode::Planned,
        from,
        from_checksum,
        review: Some(review.clone()),
        fulfils: None,
        fingerprint: Some(checksum),
        approved_by: people[..2].to_vec(),
    }
}
