//! Accounts, tokens and a sign-in that the drivers use.

use rulegate::store::{Account, AccountKind, SignIn, Store, Token};
use rulegate_ledger::access::{Role, Scope};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::*;

use super::Outcome;

/// People who act in the ledgers.
pub const PEOPLE: u64 = 24;

/// What the drivers need to know.
pub struct Handles {
    pub people: Vec<AccountId>,
    pub reviewer: (AccountId, String),
    pub pipeline: (AccountId, String),
    pub pod: (AccountId, String),
    cookie: String,
    /// A review to comment on.
    pub review: Option<ReviewId>,
}

impl Handles {
    pub async fn make(
        store: &Store,
        site: &SiteName,
        now: Timestamp,
        tokens: u64,
    ) -> Outcome<Handles> {
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

    pub fn json(&self, head: u64, checksum: Digest) -> serde_json::Value {
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
