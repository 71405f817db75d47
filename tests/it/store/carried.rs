//! Accounts and tokens on their way between sites, on each database.

use rulegate::store::{Account, AccountKind, SignIn, Store, Token};
use rulegate_ledger::access::{Role, Scope};
use rulegate_ledger::accounts::Carried;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::Timestamp;

use super::given::{Given, site};

const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA";

fn account(id: &str, name: &str, at: i64) -> Account {
    Account {
        id: id.parse().unwrap(),
        name: name.into(),
        display_name: name.into(),
        kind: AccountKind::Person,
        password_hash: Some(HASH.into()),
        created_at: Timestamp(at),
        changed_at: Timestamp(at),
        disabled_at: None,
    }
}

fn token(id: &str, account: &str, role: Role) -> Token {
    Token {
        id: id.into(),
        account: account.parse().unwrap(),
        name: "x".into(),
        hash: Digest::of(id.as_bytes()),
        role,
        scope: Scope::EVERYWHERE,
        created_at: Timestamp(1),
        created_by: account.parse().unwrap(),
        expires_at: Timestamp(1_000_000),
        revoked_at: None,
    }
}

async fn sign_in(store: &Store, secret: &str, account: &str, at: i64) {
    let sign_in = SignIn {
        token_hash: Digest::of(secret.as_bytes()),
        account: account.parse().unwrap(),
        created_at: Timestamp(at),
        seen_at: Timestamp(at),
        expires_at: Timestamp(1_000_000),
        reauthenticated_at: Timestamp(at),
        address: String::new(),
        agent: String::new(),
    };
    store.insert_sign_in(&sign_in).await.unwrap();
}

pub async fn what_another_site_says_of_accounts_is_taken(given: Given) {
    let here = &given.store;
    here.claim_identity(&site("ipc1")).await.unwrap();
    let there = Store::open("memory:").await.unwrap();
    there.claim_identity(&site("ipc2")).await.unwrap();
    for (id, name) in [("a-1", "maria"), ("a-2", "jonas"), ("a-3", "lea")] {
        there.create_account(&account(id, name, 10)).await.unwrap();
    }
    there
        .insert_token(&token("t-1", "a-1", Role::Pipeline))
        .await
        .unwrap();
    there
        .insert_token(&token("t-2", "a-1", Role::Peer))
        .await
        .unwrap();

    // All of it, once.
    let page = there.carried_after(-1, 100).await.unwrap();
    assert_eq!(page.upto, there.accounts_version().await.unwrap());
    assert_eq!(page.carried.tokens, [token("t-1", "a-1", Role::Pipeline)]);
    let before = here.accounts_version().await.unwrap();
    let written = here.take_carried(&page.carried).await.unwrap().unwrap();
    assert_eq!(written.accounts.len(), 3);
    assert_eq!(
        here.accounts().await.unwrap(),
        there.accounts().await.unwrap()
    );
    assert_eq!(here.tokens().await.unwrap(), page.carried.tokens);
    let version = here.accounts_version().await.unwrap();
    assert_eq!(version, before + 4, "each change has a number");
    let again = here.take_carried(&page.carried).await.unwrap().unwrap();
    assert_eq!(again, Carried::default());
    assert_eq!(here.accounts_version().await.unwrap(), version);

    // Told on by pages, the longest unchanged first; a token never without its account.
    let mut since = -1;
    let mut told = Carried::default();
    loop {
        let page = here.carried_after(since, 1).await.unwrap();
        if page.upto == since {
            break;
        }
        for token in &page.carried.tokens {
            assert!(page.carried.accounts.iter().any(|a| a.id == token.account));
        }
        since = page.upto;
        told.accounts.extend(page.carried.accounts);
        told.tokens.extend(page.carried.tokens);
    }
    assert_eq!(since, version);
    assert!(told.accounts.len() >= 3);
    assert_eq!(
        there.take_carried(&told).await.unwrap(),
        Ok(Carried::default())
    );

    // Closed there; a password given there; a name exchanged there; a token revoked there.
    for (secret, account, at) in [("one", "a-1", 20), ("two", "a-2", 20), ("three", "a-3", 40)] {
        sign_in(here, secret, account, at).await;
    }
    let cursor = there.accounts_version().await.unwrap();
    let at = Timestamp(30);
    there
        .set_disabled(&"a-1".parse().unwrap(), Some(at), at)
        .await
        .unwrap();
    there
        .set_password(&"a-2".parse().unwrap(), &HASH.replace("aGFzaA", "bmV1"), at)
        .await
        .unwrap();
    for (id, name) in [("a-2", "x"), ("a-3", "jonas"), ("a-2", "lea")] {
        there
            .rename(&id.parse().unwrap(), name, name, at)
            .await
            .unwrap();
    }
    there.revoke_token("t-1", at).await.unwrap();
    let page = there.carried_after(cursor, 100).await.unwrap();
    here.take_carried(&page.carried).await.unwrap().unwrap();
    let known = here.accounts().await.unwrap();
    assert_eq!(
        known.iter().map(|a| a.name.as_str()).collect::<Vec<_>>(),
        ["maria", "lea", "jonas"]
    );
    assert_eq!(known[0].disabled_at, Some(at));
    assert_eq!(known[1].password_hash, Some(HASH.replace("aGFzaA", "bmV1")));
    assert_eq!(here.tokens().await.unwrap()[0].revoked_at, Some(at));
    let signed_in = async |secret: &str| {
        let found = here.sign_in(&Digest::of(secret.as_bytes())).await;
        found.unwrap().is_some()
    };
    assert!(!signed_in("one").await, "closed");
    assert!(!signed_in("two").await, "with the password from before");
    assert!(signed_in("three").await, "of somebody else");

    // A word given here counts although the clock there went ahead.
    here.set_disabled(&"a-1".parse().unwrap(), None, Timestamp(5))
        .await
        .unwrap();
    let page = here.carried_after(version, 100).await.unwrap();
    there.take_carried(&page.carried).await.unwrap().unwrap();
    let opened = there
        .account(&"a-1".parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(opened.disabled_at, None);

    // One name, made at both.
    there
        .create_account(&account("a-8", "eve", 50))
        .await
        .unwrap();
    here.create_account(&account("a-9", "eve", 60))
        .await
        .unwrap();
    let (ours, theirs) = (
        here.carried_after(-1, 100).await.unwrap().carried,
        there.carried_after(-1, 100).await.unwrap().carried,
    );
    here.take_carried(&theirs).await.unwrap().unwrap();
    there.take_carried(&ours).await.unwrap().unwrap();
    let names = async |store: &Store| {
        let all = store.accounts().await.unwrap().into_iter();
        all.map(|a| (a.id.to_string(), a.name)).collect::<Vec<_>>()
    };
    assert_eq!(names(here).await, names(&there).await);
    assert_eq!(
        here.account_by_name("eve")
            .await
            .unwrap()
            .unwrap()
            .id
            .as_str(),
        "a-8"
    );
    let displaced = here.displaced().await.unwrap();
    assert_eq!(displaced, there.displaced().await.unwrap());
    assert_eq!(
        (displaced[0].account.as_str(), displaced[0].wanted.as_str()),
        ("a-9", "eve")
    );
    assert_eq!(displaced.len(), 1);

    // All or nothing.
    let before = names(here).await;
    let mut wrong = page.carried.clone();
    wrong.accounts[0].naming.at = Timestamp(1_000);
    wrong.accounts[0].naming.value.name = "new".into();
    wrong.tokens = vec![token("t-9", "a-none", Role::Pipeline)];
    let refused = here.take_carried(&wrong).await.unwrap().unwrap_err();
    assert_eq!(refused, "the token \"t-9\" is nobody's");
    assert_eq!(names(here).await, before);
}
