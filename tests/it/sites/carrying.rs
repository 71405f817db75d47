//! Accounts and tokens at two deployments that read each other over HTTP.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use rulegate::app::reader;
use rulegate::app::sealing::SealingKey;
use rulegate::auth::accounts::NewAccount;
use rulegate::auth::{Account, AccountKind};
use rulegate::ops::server;
use rulegate::peer::{Peer, PeerSettings};
use rulegate_domain::command;
use rulegate_ledger::access::{Grant, Role, Scope};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::SiteName;
use tokio::sync::watch;

use super::given::{alarm, known, until};
use crate::harness::world::{PASSWORD, World};
use crate::proofs::given::key;
use crate::store::given::On;

const OTHER_PASSWORD: &str = "quite another long password";

/// A site that is served on a port of this machine.
struct Deployed {
    world: World,
    url: String,
    end: watch::Sender<bool>,
    _directory: Option<tempfile::TempDir>,
}

impl Deployed {
    async fn start(site: &str, on: On) -> Option<Deployed> {
        let given = crate::store::given::store(on).await?;
        let (store, directory) = (given.store.clone(), given.directory);
        let world = World::at(site, store).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (end, ended) = watch::channel(false);
        tokio::spawn(server::serve(listener, world.router.clone(), ended));
        let _directory = directory;
        Some(Deployed {
            world,
            url,
            end,
            _directory,
        })
    }

    /// Reads `other` with a token of this role.
    async fn read(&self, other: &Deployed, role: &str) {
        self.world.app.trust_keys(&[other.world.app.verifier_key()]);
        let settings = PeerSettings {
            site: other.world.app.config.site.clone(),
            url: other.url.clone(),
            token: other.world.token(role, Scope::EVERYWHERE).await,
            ca_file: None,
        };
        let peer = Peer::new(&settings).unwrap();
        reader::start_from(self.world.app.clone(), peer);
    }

    /// Switches it off: it answers nobody and asks nobody.
    fn stop(&self) {
        self.end.send_replace(true);
        self.world.app.powered.store(false, Ordering::SeqCst);
    }

    fn account(&self, name: &str) -> Option<std::sync::Arc<Account>> {
        self.world.portal.auth.directory.by_name(name)
    }

    fn hash(&self, name: &str) -> Option<String> {
        self.account(name)?.password_hash.clone()
    }

    async fn make(&self, name: &str) {
        let wanted = NewAccount {
            name: name.into(),
            display_name: String::new(),
            kind: AccountKind::Person,
            password: PASSWORD.into(),
        };
        let by = self.world.id("adam");
        let made = self.world.portal.auth.create_account(wanted, &by).await;
        made.unwrap();
    }

    async fn set_password(&self, name: &str, password: &str) {
        let account = self.account(name).unwrap();
        let (auth, by) = (&self.world.portal.auth, self.world.id("adam"));
        auth.set_password(&account, password, None, &by)
            .await
            .unwrap();
    }

    async fn set_closed(&self, name: &str, closed: bool) {
        let account = self.account(name).unwrap();
        let (auth, by) = (&self.world.portal.auth, self.world.id("adam"));
        auth.set_closed(&account, closed, &by).await.unwrap();
    }

    fn is_closed(&self, name: &str) -> bool {
        let account = self.account(name);
        account.is_some_and(|account| account.disabled_at.is_some())
    }

    async fn signs_in(&self, name: &str, password: &str) -> bool {
        let auth = &self.world.portal.auth;
        auth.sign_in(name, password, "127.0.0.1", "test")
            .await
            .is_ok()
    }
}

/// ipc2 and ipc1, which read each other.
struct Two {
    ipc2: Deployed,
    ipc1: Deployed,
}

impl Two {
    async fn start(on: On) -> Option<Two> {
        let ipc2 = Deployed::start("ipc2", on).await?;
        let ipc1 = Deployed::start("ipc1", on).await?;
        ipc1.read(&ipc2, "peer").await;
        ipc2.read(&ipc1, "peer").await;
        let two = Two { ipc2, ipc1 };
        two.carried().await;
        Some(two)
    }

    /// Waits until each has asked the other once more.
    async fn carried(&self) {
        for site in [&self.ipc1, &self.ipc2] {
            let before = site.world.app.clock.now();
            until("accounts are carried", async || {
                let accounts = site.world.app.peer.load().accounts.clone();
                accounts.carried_at.is_some_and(|at| at > before)
            })
            .await;
        }
    }

    fn cut(&self, is_cut: bool) {
        for site in [&self.ipc1, &self.ipc2] {
            site.world.app.link_up.store(!is_cut, Ordering::SeqCst);
        }
    }
}

macro_rules! on_both {
    ($($name:ident,)*) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(two) = super::Two::start(super::On::Sqlite).await { super::$name(two).await; }
            })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(two) = super::Two::start(super::On::Postgres).await { super::$name(two).await; }
            })*
        }
    };
}
on_both!(
    people_sign_in_at_one_site_with_the_other_off,
    a_closed_account_is_closed_at_both_and_stays_so,
    the_newest_password_wins_at_both,
    programs_go_on_at_the_other_site,
    one_name_at_both_sites_loses_nobody,
);

async fn people_sign_in_at_one_site_with_the_other_off(two: Two) {
    let (ipc2, ipc1) = (&two.ipc2, &two.ipc1);
    ipc2.make("eve").await;
    let grant = Grant {
        account: ipc2.account("eve").unwrap().id.clone(),
        role: Role::Auditor,
        scope: Scope::EVERYWHERE,
    };
    let given = ipc2
        .world
        .act("adam", command::GrantRight { grant }.into())
        .await;
    let seq = given.unwrap().entry().unwrap().seq;
    until("the right is known", async || {
        known(&ipc1.world.app, "ipc2") >= seq
    })
    .await;
    until("the account is known", async || {
        ipc1.account("eve").is_some()
    })
    .await;
    ipc2.stop();
    let cookie = ipc1.world.sign_in("eve").await;
    let page = ipc1.world.get(&cookie, "/ledger").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!ipc1.signs_in("eve", OTHER_PASSWORD).await);
    // Both ways: an account of ipc1 was known at ipc2 all the same.
    assert_eq!(alarm(&ipc1.world.app), None);
}

async fn a_closed_account_is_closed_at_both_and_stays_so(two: Two) {
    let (ipc2, ipc1) = (&two.ipc2, &two.ipc1);
    let cookie = ipc2.world.sign_in("rita").await;
    assert_eq!(ipc2.world.get(&cookie, "/").await.status, StatusCode::OK);
    two.cut(true);
    ipc1.set_closed("rita", true).await;
    // Somebody who does not know of it gives her a new password at the other site, later.
    ipc2.set_password("tom", OTHER_PASSWORD).await;
    ipc2.set_password("rita", OTHER_PASSWORD).await;
    let cookie = {
        let auth = &ipc2.world.portal.auth;
        let signed_in = auth.sign_in("rita", OTHER_PASSWORD, "127.0.0.1", "test");
        format!("rulegate={}", signed_in.await.ok().unwrap().1)
    };
    assert_eq!(ipc2.world.get(&cookie, "/").await.status, StatusCode::OK);
    two.cut(false);
    until("closed there too", async || ipc2.is_closed("rita")).await;
    assert_eq!(
        ipc2.world.get(&cookie, "/").await.status,
        StatusCode::SEE_OTHER
    );
    let rita = ipc2.world.id("rita");
    let left = ipc2.world.app.store.sign_ins_of(&rita);
    assert_eq!(left.await.unwrap(), [], "her sign-ins are gone");
    assert!(!ipc2.signs_in("rita", OTHER_PASSWORD).await);
    two.carried().await;
    assert!(
        ipc1.is_closed("rita"),
        "the later password did not open it again"
    );
    // Only somebody who opens it opens it, and then the newest password counts.
    ipc2.set_closed("rita", false).await;
    until("open again", async || !ipc1.is_closed("rita")).await;
    assert!(ipc1.signs_in("rita", OTHER_PASSWORD).await);
}

async fn the_newest_password_wins_at_both(two: Two) {
    let (ipc2, ipc1) = (&two.ipc2, &two.ipc1);
    let cookie = ipc1.world.sign_in("tom").await;
    two.cut(true);
    ipc2.set_password("ana", "the first long password").await;
    ipc1.set_password("tom", "the first long password").await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    ipc1.set_password("ana", OTHER_PASSWORD).await;
    ipc2.set_password("tom", OTHER_PASSWORD).await;
    assert_eq!(
        ipc1.world.get(&cookie, "/").await.status,
        StatusCode::SEE_OTHER
    );
    let again = {
        let auth = &ipc1.world.portal.auth;
        let signed_in = auth.sign_in("tom", "the first long password", "127.0.0.1", "test");
        format!("rulegate={}", signed_in.await.ok().unwrap().1)
    };
    two.cut(false);
    for name in ["ana", "tom"] {
        until("one password", async || ipc1.hash(name) == ipc2.hash(name)).await;
        for site in [ipc1, ipc2] {
            assert!(site.signs_in(name, OTHER_PASSWORD).await, "{name}");
            assert!(
                !site.signs_in(name, "the first long password").await,
                "{name}"
            );
        }
    }
    // Whoever signed in with the older password has to give the new one.
    let hash = Digest::of(again.strip_prefix("rulegate=").unwrap().as_bytes());
    assert_eq!(ipc1.world.app.store.sign_in(&hash).await.unwrap(), None);
    // What both know is said no more, and nothing moves.
    two.carried().await;
    let version = async || {
        let (one, two) = (&ipc1.world.app.store, &ipc2.world.app.store);
        (
            one.accounts_version().await.unwrap(),
            two.accounts_version().await.unwrap(),
        )
    };
    let before = version().await;
    two.carried().await;
    two.carried().await;
    assert_eq!(version().await, before);
}

async fn programs_go_on_at_the_other_site(two: Two) {
    let (ipc2, ipc1) = (&two.ipc2, &two.ipc1);
    let at = |site: &str| Scope {
        site: Some(site.parse().unwrap()),
        lane: Some("prod".parse().unwrap()),
        ruleset: None,
    };
    let pipeline = ipc2.world.token("pipeline", Scope::EVERYWHERE).await;
    let here = ipc2.world.token("pods", at("ipc1")).await;
    let there = ipc2.world.token("pods", at("ipc2")).await;
    let revoked = ipc2.world.token("pipeline", Scope::EVERYWHERE).await;
    let mirror = ipc2.world.token("mirror", Scope::EVERYWHERE).await;
    let hash = |secret: &str| Digest::of(secret.as_bytes());
    let token_at = |site: &Deployed, secret: &str| {
        let directory = &site.world.portal.auth.directory;
        directory.token(&hash(secret))
    };
    until("the last token is known", async || {
        token_at(ipc1, &revoked).is_some()
    })
    .await;
    two.carried().await;
    assert!(
        token_at(ipc1, &mirror).is_none(),
        "a reader's token is good at the site that gave it"
    );
    two.cut(true);
    let auth = &ipc1.world.portal.auth;
    let id = token_at(ipc1, &revoked).unwrap().id.clone();
    auth.revoke_token(&id).await.unwrap();
    two.cut(false);
    until("revoked there too", async || {
        token_at(ipc2, &revoked).is_some_and(|token| token.revoked_at.is_some())
    })
    .await;
    ipc2.stop();
    let ask = async |token: &str, address: &str| {
        let answer = ipc1.world.api(Method::GET, token, address, "").await;
        answer.status
    };
    assert_eq!(ask(&pipeline, "/api/v1/rulesets").await, StatusCode::OK);
    assert_eq!(
        ask(&revoked, "/api/v1/rulesets").await,
        StatusCode::UNAUTHORIZED
    );
    let assignment = "/api/v1/assignments/crs";
    assert_eq!(
        ask(&there, assignment).await,
        StatusCode::FORBIDDEN,
        "pods of the other site are told nothing here"
    );
    assert_ne!(ask(&here, assignment).await, StatusCode::FORBIDDEN);
    assert_ne!(ask(&here, assignment).await, StatusCode::UNAUTHORIZED);
}

async fn one_name_at_both_sites_loses_nobody(two: Two) {
    let (ipc2, ipc1) = (&two.ipc2, &two.ipc1);
    two.cut(true);
    ipc2.make("eve").await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    ipc1.make("eve").await;
    ipc1.set_password("eve", OTHER_PASSWORD).await;
    let (first, second) = (
        ipc2.account("eve").unwrap().id.clone(),
        ipc1.account("eve").unwrap().id.clone(),
    );
    two.cut(false);
    let named = |site: &Deployed| {
        let directory = &site.world.portal.auth.directory;
        let name = |id| directory.account(id).map(|account| account.name.clone());
        (name(&first), name(&second))
    };
    until("both know both", async || {
        let (one, other) = (named(ipc1), named(ipc2));
        one == other && one.0.is_some() && one.1.is_some()
    })
    .await;
    let (Some(kept), Some(other)) = named(ipc1) else {
        unreachable!()
    };
    assert_eq!(kept, "eve", "who had the name first keeps it");
    assert!(other.starts_with("eve."), "{other}");
    for site in [ipc1, ipc2] {
        assert!(site.signs_in("eve", PASSWORD).await);
        assert!(
            !site.signs_in("eve", OTHER_PASSWORD).await,
            "nobody comes into the other's account"
        );
        assert!(site.signs_in(&other, OTHER_PASSWORD).await);
        let adam = site.world.sign_in("adam").await;
        let page = site.world.get(&adam, "/accounts").await;
        let told = page.select(".notice.warn").join(" ");
        assert!(told.contains(&format!("{other} was made as eve")), "{told}");
    }
    // An admin settles it, at either site.
    let adam = ipc2.world.sign_in("adam").await;
    let renamed = ipc2
        .world
        .post(
            &adam,
            &format!("/accounts/{other}/name"),
            &[("new_name", "eva")],
        )
        .await;
    assert_eq!(renamed.status, StatusCode::SEE_OTHER, "{}", renamed.text);
    until("renamed at both", async || {
        named(ipc1).1.as_deref() == Some("eva")
    })
    .await;
    let left = ipc1.world.app.store.displaced().await.unwrap();
    assert_eq!(left, []);
}

/// A deployment in memory that the other may read with a token of this role.
async fn read_as(role: &str) -> Two {
    let ipc2 = Deployed::start("ipc2", On::Memory).await.unwrap();
    let ipc1 = Deployed::start("ipc1", On::Memory).await.unwrap();
    ipc2.world.app.trust_keys(&[ipc1.world.app.verifier_key()]);
    ipc1.read(&ipc2, role).await;
    Two { ipc2, ipc1 }
}

#[tokio::test]
async fn a_mirror_reads_the_ledger_and_no_accounts() {
    let Two { ipc2, ipc1 } = read_as("mirror").await;
    ipc2.make("eve").await;
    ipc2.world.release("1", &[("a.conf", "one\n")]).await;
    let head = known(&ipc2.world.app, "ipc2");
    until("the ledger goes on", async || {
        known(&ipc1.world.app, "ipc2") >= head
    })
    .await;
    until("told why", async || {
        ipc1.world.app.peer.load().accounts.trouble.is_some()
    })
    .await;
    let status = ipc1.world.app.peer.load();
    let trouble = status.accounts.trouble.clone().unwrap();
    assert!(trouble.contains("not_allowed"), "{trouble}");
    assert_eq!((&status.trouble, status.alarm()), (&None, None));
    assert!(ipc1.account("eve").is_none());
    let ana = ipc1.world.sign_in("ana").await;
    let page = ipc1.world.get(&ana, "/sites").await;
    assert!(page.text.contains("not carried since this process started"));
    assert!(page.text.contains("not_allowed"), "{}", page.text);
    let token = ipc1.world.token("ana", Scope::EVERYWHERE).await;
    let told = ipc1
        .world
        .api(Method::GET, &token, "/api/v1/sites", "")
        .await;
    let accounts = &told.json()["sites"][0]["accounts"];
    assert_eq!(accounts["carried_at"], serde_json::Value::Null);
    assert_eq!(accounts["trouble"], trouble);
}

#[tokio::test]
async fn nothing_is_sealed_for_a_key_that_nobody_vouched_for() {
    let Two { ipc2, ipc1 } = read_as("peer").await;
    ipc2.make("eve").await;
    until("carried", async || ipc1.account("eve").is_some()).await;
    let token = ipc2.world.token("peer", Scope::EVERYWHERE).await;
    let ask = async |site: &str, key: &str, signature: &str| {
        let address =
            format!("/api/v1/accounts/sealed?since=-1&site={site}&key={key}&signature={signature}");
        ipc2.world.api(Method::GET, &token, &address, "").await
    };
    let right = ipc1.world.app.sealing_key().clone();
    let sealed = ask("ipc1", &right.key, &right.signature).await;
    assert_eq!(sealed.status, StatusCode::OK, "{}", sealed.text);
    let secrets = [
        ipc2.hash("eve").unwrap(),
        ipc2.account("eve").unwrap().id.to_string(),
        "$argon2id".into(),
        "eve".into(),
        Digest::of(token.as_bytes()).to_hex(),
    ];
    for secret in secrets {
        assert!(!sealed.text.contains(&secret), "{secret} is not sealed");
    }
    let sealed = serde_json::from_str(&sealed.text).unwrap();
    let own = ipc1.world.app.verifier_key().origin().clone();
    let keys = [ipc2.world.app.verifier_key()];
    let other = SealingKey::of(&key("ipc1", 7));
    let opened = other.open(&sealed, (&own, -1), &keys).unwrap_err();
    assert!(opened.to_string().contains("false"), "{opened}");
    // Somebody else's key, even in the name of the site; and the site's key with another signature.
    let (stranger, ipc2_own) = (other.public().clone(), ipc2.world.app.sealing_key().clone());
    for (site, key, signature) in [
        ("ipc1", &stranger.key, &stranger.signature),
        ("ipc1", &stranger.key, &right.signature),
        ("ipc1", &right.key, &stranger.signature),
        ("ipc9", &right.key, &right.signature),
        ("ipc2", &ipc2_own.key, &ipc2_own.signature),
    ] {
        let refused = ask(site, key, signature).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{site}");
        assert_eq!(refused.json()["code"], "bad_sealing_key");
    }
}

#[tokio::test]
async fn what_changed_is_told_once_and_to_the_other_site_only() {
    let Two { ipc2, ipc1 } = read_as("peer").await;
    let ipc1_key = ipc1.world.app.sealing_key().clone();
    let app = &ipc2.world.app;
    let sealed = app.sealed_accounts(-1, &ipc1_key).await.unwrap().unwrap();
    let again = app.sealed_accounts(sealed.upto, &ipc1_key).await.unwrap();
    assert_eq!(again, None);
    ipc2.make("eve").await;
    let more = app.sealed_accounts(sealed.upto, &ipc1_key).await.unwrap();
    let more = more.unwrap();
    assert_eq!((more.since, more.upto), (sealed.upto, sealed.upto + 1));
    assert!(more.sealed.len() < sealed.sealed.len());
    let site: SiteName = "ipc1".parse().unwrap();
    assert_eq!(more.to.site(), site);
}
