//! One call boots the world: a site with accounts for every role, a router in-process, a clock to move.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use rulegate::app::execute::Executed;
use rulegate::app::hotfixing::Edits;
use rulegate::app::intake::Intake;
use rulegate::app::{App, AppError, Clock};
use rulegate::auth::token::NewToken;
use rulegate::cli::serve::{portal, router};
use rulegate::config::Config;
use rulegate::store::{Account, AccountKind, Store};
use rulegate::web::Portal;
use rulegate_domain::command::{self, Command, HotfixWords};
use rulegate_ledger::access::{Actor, Grant, Role, Scope, TokenBounds};
use rulegate_ledger::environment::{Environment, Topology};
use rulegate_ledger::event::{Event, Provenance};
use rulegate_ledger::ids::{AccountId, ReviewId, RuleSetName, Timestamp};
use rulegate_ledger::version::VersionName;
use tower::ServiceExt as _;

/// Names of the sample accounts: one a role, and second ones for four eyes.
pub const PEOPLE: &[(&str, Role)] = &[
    ("ana", Role::ReleaseAdmin),
    ("lucy", Role::ReleaseAdmin),
    ("rita", Role::Reviewer),
    ("tom", Role::Reviewer),
    ("theo", Role::Author),
    ("mara", Role::Validator),
    ("omar", Role::Operator),
    ("otto", Role::Auditor),
    ("adam", Role::Admin),
    ("pipeline", Role::Pipeline),
    ("pods", Role::Pod),
    ("mirror", Role::Mirror),
    ("peer", Role::Peer),
];

/// The password of every sample person.
pub const PASSWORD: &str = "correct horse battery";

/// A site with people, in memory unless opened on another store.
pub struct World {
    pub app: Arc<App>,
    pub portal: Portal,
    pub router: axum::Router,
    people: BTreeMap<&'static str, AccountId>,
}

/// What came back, with its text.
pub struct Answer {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("not JSON ({e}): {}", self.text))
    }
    /// Texts of everything that matches a CSS selector, white space folded.
    pub fn select(&self, selector: &str) -> Vec<String> {
        let page = scraper::Html::parse_document(&self.text);
        let selector = scraper::Selector::parse(selector).unwrap();
        page.select(&selector)
            .map(|e| {
                e.text()
                    .collect::<String>()
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect()
    }
    /// An attribute of everything that matches a CSS selector.
    pub fn attribute(&self, selector: &str, name: &str) -> Vec<String> {
        let page = scraper::Html::parse_document(&self.text);
        let selector = scraper::Selector::parse(selector).unwrap();
        page.select(&selector)
            .filter_map(|e| e.value().attr(name))
            .map(str::to_owned)
            .collect()
    }
}

pub fn ruleset() -> RuleSetName {
    "crs".parse().unwrap()
}
pub fn version(name: &str) -> VersionName {
    name.parse().unwrap()
}
pub fn environment(name: &str) -> Environment {
    name.parse().unwrap()
}
/// Rules from pairs of path and text.
pub fn rules(texts: &[(&str, &str)]) -> Intake {
    Intake::of(
        texts
            .iter()
            .map(|(path, text)| (path.to_string(), Bytes::from(text.to_string())))
            .collect(),
    )
    .unwrap()
}
/// The same as a tar archive.
pub fn tar_of(texts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, bytes) in texts {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, path, *bytes).unwrap();
    }
    tar.into_inner().unwrap()
}

impl World {
    /// ipc2 in memory.
    pub async fn new() -> World {
        World::on(Store::open("memory:").await.unwrap()).await
    }

    /// ipc2 on a given store; people are made if the store is empty.
    pub async fn on(store: Store) -> World {
        World::at("ipc2", store).await
    }

    /// A site on a given store. Rights are given at ipc2 and reach the other site with its ledger.
    pub async fn at(site: &str, store: Store) -> World {
        let config = Config {
            site: site.parse().unwrap(),
            topology: Topology::default(),
            listen: "127.0.0.1:0".parse().unwrap(),
            public_origin: None,
            demo: false,
        };
        let app = App::start(config, store, Clock::default()).await.unwrap();
        let people = make_people(&app).await;
        let portal = portal(app.clone(), None, Vec::new()).await;
        let router = router(portal.clone());
        World {
            app,
            portal,
            router,
            people,
        }
    }

    /// Waits until everything in the ledger is signed for.
    pub async fn signed(&self) {
        let head = self.app.snapshot().state.own_ledger().head.seq;
        let mut changes = self.app.signed_changes();
        let signed = changes.wait_for(|size| *size >= head);
        let patience = std::time::Duration::from_secs(20);
        tokio::time::timeout(patience, signed)
            .await
            .unwrap()
            .unwrap();
    }

    pub fn id(&self, name: &str) -> AccountId {
        self.people[name].clone()
    }

    pub fn actor(&self, name: &str) -> Actor {
        let role = PEOPLE.iter().find(|(known, _)| *known == name).unwrap().1;
        let token = role.is_service().then_some(TokenBounds {
            role,
            scope: Scope::EVERYWHERE,
        });
        Actor {
            account: self.id(name),
            token,
        }
    }

    /// A command in somebody's name through the one door.
    pub async fn act(&self, name: &str, command: Command) -> Result<Executed, AppError> {
        self.app
            .execute(self.actor(name), command, self.app.fresh_command())
            .await
    }

    pub async fn release(&self, name: &str, texts: &[(&str, &str)]) -> Executed {
        let snapshot = self.app.keep(&rules(texts)).await.unwrap();
        let command = command::CommitRelease {
            ruleset: ruleset(),
            version: version(name),
            snapshot,
            provenance: Provenance::default(),
            evidence: Vec::new(),
        }
        .into();
        self.act("pipeline", command).await.unwrap()
    }

    /// The review that lucy opens for an activation.
    pub async fn ask(&self, name: &str, targets: &[&str]) -> ReviewId {
        let command = command::OpenActivation {
            ruleset: ruleset(),
            version: version(name),
            targets: targets.iter().map(|t| environment(t)).collect(),
            reason: "because".into(),
        }
        .into();
        opened(&self.act("lucy", command).await.unwrap())
    }

    pub async fn approve(&self, name: &str, review: &ReviewId) -> Result<Executed, AppError> {
        let fingerprint = self.fingerprint(review).await;
        let command = command::Approve {
            review: review.clone(),
            fingerprint,
            note: String::new(),
            evidence: Vec::new(),
        }
        .into();
        self.act(name, command).await
    }

    pub async fn execute_review(
        &self,
        name: &str,
        review: &ReviewId,
    ) -> Result<Executed, AppError> {
        let fingerprint = self.fingerprint(review).await;
        let command = command::Execute {
            review: review.clone(),
            fingerprint,
            break_glass: None,
            evidence: Vec::new(),
        }
        .into();
        self.act(name, command).await
    }

    pub async fn fingerprint(&self, review: &ReviewId) -> rulegate_ledger::digest::Digest {
        let snapshot = self.app.snapshot();
        self.app
            .gate(&snapshot.state, snapshot.state.review(review).unwrap())
            .await
            .unwrap()
            .fingerprint
    }

    /// Released, active in sl, passed, active in prod of ipc2.
    pub async fn live(&self, name: &str, texts: &[(&str, &str)]) {
        self.release(name, texts).await;
        let review = self.ask(name, &["ipc2/sl"]).await;
        self.execute_review("lucy", &review).await.unwrap();
        self.validate(name, true).await;
        let review = self.ask(name, &["ipc2/prod"]).await;
        self.approve("rita", &review).await.unwrap();
        self.execute_review("ana", &review).await.unwrap();
    }

    /// As [`World::live`] where hotfixes are open: whatever is not contained is answered by hand.
    pub async fn live_after_answer(&self, name: &str, texts: &[(&str, &str)]) {
        self.release(name, texts).await;
        let review = self.ask(name, &["ipc2/sl"]).await;
        self.execute_review("lucy", &review).await.unwrap();
        self.validate(name, true).await;
        let review = self.ask(name, &["ipc2/prod"]).await;
        let snapshot = self.app.snapshot();
        let gate = self
            .app
            .gate(&snapshot.state, snapshot.state.review(&review).unwrap())
            .await
            .unwrap();
        for (environment, hotfix, path) in gate.shown.unanswered() {
            let command = command::AnswerHotfix {
                review: review.clone(),
                environment: environment.clone(),
                hotfix: hotfix.clone(),
                paths: vec![path.to_owned()],
                answer: rulegate_ledger::review::Answer::ContainedByHand {
                    reason: "looked".into(),
                },
                evidence: Vec::new(),
            }
            .into();
            self.act("rita", command).await.unwrap();
        }
        self.approve("rita", &review).await.unwrap();
        self.execute_review("ana", &review).await.unwrap();
    }

    pub async fn validate(&self, name: &str, passed: bool) {
        let (ruleset, version, note) = (ruleset(), version(name), "looked at it".to_owned());
        let command = command::RecordValidation {
            ruleset,
            version,
            passed,
            note,
            links: Vec::new(),
        }
        .into();
        self.act("mara", command).await.unwrap();
    }

    /// theo's hotfix of ipc2/prod: these rules instead of what the pin holds under those paths; an empty text removes one.
    pub async fn propose_hotfix(&self, texts: &[(&str, &str)]) -> Result<ReviewId, AppError> {
        let environment = environment("ipc2/prod");
        let snapshot = self.app.snapshot();
        let pin = snapshot
            .state
            .pin(&ruleset(), &environment)
            .unwrap()
            .checksum;
        let edits: Edits = texts
            .iter()
            .map(|(path, text)| {
                let bytes = (!text.is_empty()).then(|| Bytes::from(text.to_string()));
                (path.to_string(), bytes)
            })
            .collect();
        let draft = self.app.draft(&pin, &edits).await.unwrap();
        let kept = self.app.keep_draft(&draft).await.unwrap();
        let command = command::ProposeHotfix {
            ruleset: ruleset(),
            environment,
            on_top_of: pin,
            snapshot: kept.snapshot,
            changes: kept.changes,
            lines_changed: kept.lines_changed,
            words: self.hotfix_words(),
        }
        .into();
        Ok(opened(&self.act("theo", command).await?))
    }

    pub fn hotfix_words(&self) -> HotfixWords {
        let ends_at = Timestamp(self.app.clock.now().0 + 10 * Timestamp::DAY_US);
        HotfixWords {
            reason: "customers are locked out".into(),
            incident: "INC-1".into(),
            ends_at,
        }
    }

    /// A hotfix of ipc2/prod, approved by rita and executed by ana.
    pub async fn hotfix(&self, texts: &[(&str, &str)]) -> ReviewId {
        let review = self.propose_hotfix(texts).await.unwrap();
        self.approve("rita", &review).await.unwrap();
        self.execute_review("ana", &review).await.unwrap();
        review
    }

    /// A token of a service account with its secret.
    pub async fn token(&self, name: &str, scope: Scope) -> String {
        let role = PEOPLE.iter().find(|(known, _)| *known == name).unwrap().1;
        let wanted = NewToken {
            account: self.id(name),
            name: "test".into(),
            role,
            scope,
            days: 1,
        };
        // At the other site the right may still be on its way.
        let mut tries = 200;
        loop {
            let auth = &self.portal.auth;
            match auth.make_token(wanted.clone(), &self.id("adam")).await {
                Ok((_, secret)) => return secret,
                Err(error) if tries == 0 => panic!("no token for {name}: {error}"),
                Err(_) => tries -= 1,
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, mut body) = response.into_parts();
        let kind = parts.headers.get(header::CONTENT_TYPE);
        let bytes = match kind.is_some_and(|kind| kind == "text/event-stream") {
            // A stream never ends by itself: its first event is enough.
            true => body.frame().await.unwrap().unwrap().into_data().unwrap(),
            false => axum::body::to_bytes(body, usize::MAX).await.unwrap(),
        };
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// Signs a person in and returns the cookie.
    pub async fn sign_in(&self, name: &str) -> String {
        let (_, secret) = self
            .portal
            .auth
            .sign_in(name, PASSWORD, "127.0.0.1", "test")
            .await
            .ok()
            .unwrap();
        format!("rulegate={secret}")
    }

    pub async fn get(&self, cookie: &str, address: &str) -> Answer {
        let request = Request::get(address)
            .header(header::COOKIE, cookie)
            .header(header::HOST, "portal.test");
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Sends a form as the browser would; its token is added.
    pub async fn post(&self, cookie: &str, address: &str, fields: &[(&str, &str)]) -> Answer {
        let secret = cookie.strip_prefix("rulegate=").unwrap();
        let csrf = rulegate::auth::sign_in::csrf_of(secret);
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        let body = serde_html_form::to_string(all).unwrap();
        let request = Request::builder()
            .method(Method::POST)
            .uri(address)
            .header(header::COOKIE, cookie)
            .header(header::HOST, "portal.test")
            .header(header::ORIGIN, "http://portal.test")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// A request to the interface with a token.
    pub async fn api(
        &self,
        method: Method,
        token: &str,
        address: &str,
        body: impl Into<Body>,
    ) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(address)
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.send(request.body(body.into()).unwrap()).await
    }
}

/// The review that a command opened.
pub fn opened(done: &Executed) -> ReviewId {
    let entry = done
        .entries
        .iter()
        .find(|e| matches!(e.fact.event, Event::ReviewOpened(_)))
        .unwrap();
    ReviewId {
        site: entry.at_entry.site.clone(),
        seq: entry.at_entry.seq,
    }
}

async fn make_people(app: &Arc<App>) -> BTreeMap<&'static str, AccountId> {
    static HASH: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();
    let hash = HASH
        .get_or_init(|| async {
            rulegate::auth::password::Passwords::default()
                .hash(PASSWORD)
                .await
                .unwrap()
        })
        .await;
    let mut people = BTreeMap::new();
    for (name, role) in PEOPLE {
        if let Some(known) = app.store.account_by_name(name).await.unwrap() {
            people.insert(*name, known.id);
            continue;
        }
        let now = app.clock.now();
        let account = Account {
            id: format!("a-{name}").parse().unwrap(),
            name: name.to_string(),
            display_name: name.to_string(),
            kind: if role.is_service() {
                AccountKind::Service
            } else {
                AccountKind::Person
            },
            password_hash: (!role.is_service()).then(|| hash.clone()),
            created_at: now,
            changed_at: now,
            disabled_at: None,
        };
        app.store.create_account(&account).await.unwrap();
        if app.config.site != app.config.topology.sites[0] {
            people.insert(*name, account.id);
            continue;
        }
        let grant = Grant {
            account: account.id.clone(),
            role: *role,
            scope: Scope::EVERYWHERE,
        };
        app.execute(
            Actor::operator_console(),
            command::GrantRight { grant }.into(),
            app.fresh_command(),
        )
        .await
        .unwrap();
        people.insert(*name, account.id);
    }
    people
}
