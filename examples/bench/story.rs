//! The story that fills a ledger: 50 rule sets whose releases each take about 25 entries.

use rulegate::store::Store;
use rulegate_compare::verdict::Verdict;
use rulegate_ledger::access::{Grant, Role, Scope};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::*;
use rulegate_ledger::ids::*;
use rulegate_ledger::ledger::{Entry, Head, StoredEntry};
use rulegate_ledger::manifest::Change;
use rulegate_ledger::review::{Answer, Shown, ShownHotfix, ShownRule, ShownTarget};
use rulegate_ledger::version::VersionName;

use super::facts::{TEXT, activated, committed, opened};
use super::handles::{Handles, PEOPLE};
use super::{Outcome, mix};

/// Entries in one commit of the filling.
const GROUP: usize = 2_000;
const RULE_SETS: u64 = 50;

/// One site's ledger while it is filled.
pub struct Ledger<'a> {
    store: &'a Store,
    site: SiteName,
    /// The last entry told.
    pub head: Head,
    stored: Head,
    waiting: Vec<StoredEntry>,
    entries: u64,
    until: Timestamp,
    people: &'a [AccountId],
}

impl<'a> Ledger<'a> {
    pub fn new(
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

    pub async fn grants(&mut self, handles: &Handles) -> Outcome<()> {
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
    pub async fn bench_rule_set(&mut self, checksum: Digest, rules: u64) -> Outcome<ReviewId> {
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

    pub async fn tell_until_full(&mut self) -> Outcome<()> {
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
            transfers: None,
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
