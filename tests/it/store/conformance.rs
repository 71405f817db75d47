//! One suite for all three: each promise is a function over a fresh store.

use std::time::Duration;

use bytes::Bytes;
use rulegate::store::{Account, AccountKind, AppendError, Fault, SignIn, Store, StoreError, Token};
use rulegate_ledger::access::{Role, Scope};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::{AccountId, Timestamp};
use rulegate_ledger::ledger::Head;

use super::carried::what_another_site_says_of_accounts_is_taken;
use super::given::{self, Given, On, chain, command, entry, head_of, site};

/// Declares each promise as a test on memory, SQLite and PostgreSQL.
macro_rules! on_each_database {
    ($($name:ident),* $(,)?) => {
        mod memory { $(super::on_one!($name, Memory);)* }
        mod sqlite { $(super::on_one!($name, Sqlite);)* }
        mod postgres { $(super::on_one!($name, Postgres);)* }
    };
}
macro_rules! on_one {
    ($name:ident, $on:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let on = super::On::$on;
            if let Some(given) = super::given::store(on).await {
                super::$name(given).await;
            }
        }
    };
}
use on_one;

on_each_database!(
    appends_only_at_the_expected_head,
    of_64_racing_appends_exactly_one_wins,
    a_group_is_stored_whole_or_not_at_all,
    a_command_is_stored_once,
    a_review_leaves_a_trail_across_sites,
    contents_are_kept_once,
    contents_under_a_wrong_digest_are_refused,
    many_contents_in_one_put,
    a_database_serves_one_site,
    listeners_are_woken,
    a_failed_append_is_stored_or_not_and_the_command_tells,
    a_failed_put_can_be_repeated,
    while_away_everything_says_so,
    a_full_disk_is_told_apart,
    accounts_are_kept,
    what_another_site_says_of_accounts_is_taken,
    sign_ins_are_kept_until_they_end,
    tokens_are_kept_and_revoked,
    what_was_seen_is_kept_and_taken_back,
);

async fn appends_only_at_the_expected_head(given: Given) {
    let (store, ipc2) = (&given.store, site("ipc2"));
    assert_eq!(store.head(&ipc2).await.unwrap(), Head::EMPTY);
    let entries = chain("ipc2", Head::EMPTY, 3);
    store.append(&ipc2, Head::EMPTY, &entries).await.unwrap();
    let head = head_of(&entries[2]);
    assert_eq!(store.head(&ipc2).await.unwrap(), head);

    // The same again, an old head, a head with another hash, a head that is not there yet.
    let moved = |done: Result<(), AppendError>| assert_eq!(done, Err(AppendError::HeadMoved));
    moved(store.append(&ipc2, Head::EMPTY, &entries).await);
    let old = head_of(&entries[1]);
    moved(
        store
            .append(&ipc2, old, &[entry("ipc2", old, "late")])
            .await,
    );
    let other = Head {
        hash: old.hash,
        ..head
    };
    moved(
        store
            .append(&ipc2, other, &[entry("ipc2", other, "forked")])
            .await,
    );
    let ahead = Head { seq: 9, ..head };
    moved(
        store
            .append(&ipc2, ahead, &[entry("ipc2", ahead, "early")])
            .await,
    );

    // Entries that cannot stand there are refused before anything is asked.
    for wrong in [
        entry("ipc1", head, "another site's"),
        entry("ipc2", old, "out of line"),
    ] {
        let refused = store.append(&ipc2, head, &[wrong]).await;
        assert!(
            matches!(refused, Err(AppendError::Refused(_))),
            "{refused:?}"
        );
    }
    store.append(&ipc2, head, &[]).await.unwrap();

    // Sites do not touch each other.
    let foreign = chain("ipc1", Head::EMPTY, 2);
    store
        .append_foreign(&site("ipc1"), Head::EMPTY, &foreign)
        .await
        .unwrap();
    assert_eq!(store.entries_after(&ipc2, 0, 100).await.unwrap(), entries);
    assert_eq!(
        store.entries_after(&ipc2, 1, 1).await.unwrap(),
        entries[1..2]
    );
    assert_eq!(
        store.entries_after(&site("ipc1"), 0, 100).await.unwrap(),
        foreign
    );
    assert_eq!(store.sites().await.unwrap(), [site("ipc1"), site("ipc2")]);
    assert_eq!(
        store.entry(&ipc2, 2).await.unwrap().as_ref(),
        Some(&entries[1])
    );
    assert_eq!(store.entry(&ipc2, 4).await.unwrap(), None);
    assert_eq!(store.entry(&ipc2, 0).await.unwrap(), None);
    let found = store.entry_by_hash(&foreign[1].hash).await.unwrap();
    assert_eq!(found.as_ref(), Some(&foreign[1]));
}

async fn of_64_racing_appends_exactly_one_wins(given: Given) {
    let ipc2 = site("ipc2");
    for round in 0..3 {
        let head = given.store.head(&ipc2).await.unwrap();
        let mut racers = tokio::task::JoinSet::new();
        for racer in 0..64 {
            let (store, ipc2) = (given.store.clone(), ipc2.clone());
            racers.spawn(async move {
                let mine = entry("ipc2", head, &format!("racer {racer} of round {round}"));
                let done = store.append(&ipc2, head, std::slice::from_ref(&mine)).await;
                (mine, done)
            });
        }
        let mut winners = Vec::new();
        while let Some(raced) = racers.join_next().await {
            match raced.unwrap() {
                (mine, Ok(())) => winners.push(mine),
                (_, Err(AppendError::HeadMoved)) => {}
                (_, Err(other)) => panic!("{other:?}"),
            }
        }
        assert_eq!(winners.len(), 1);
        assert_eq!(given.store.head(&ipc2).await.unwrap(), head_of(&winners[0]));
    }
}

async fn a_group_is_stored_whole_or_not_at_all(given: Given) {
    let (store, ipc2) = (&given.store, site("ipc2"));
    let mut entries = chain("ipc2", Head::EMPTY, 1);
    entries[0].command = Some(command("c-first"));
    store.append(&ipc2, Head::EMPTY, &entries).await.unwrap();

    // More than one statement takes, with a known command at its very end.
    let head = head_of(&entries[0]);
    let mut group = chain("ipc2", head, 1_000);
    group[999].command = Some(command("c-first"));
    let refused = store.append(&ipc2, head, &group).await;
    assert_eq!(refused, Err(AppendError::CommandKnown));
    assert_eq!(store.head(&ipc2).await.unwrap(), head);

    group[999].command = Some(command("c-last"));
    store.append(&ipc2, head, &group).await.unwrap();
    entries.extend(group);
    assert_eq!(store.entries_after(&ipc2, 0, 2_000).await.unwrap(), entries);
}

async fn a_command_is_stored_once(given: Given) {
    let (store, ipc2) = (&given.store, site("ipc2"));
    let mut entries = chain("ipc2", Head::EMPTY, 50);
    entries[0].command = Some(command("c-1"));
    entries[45].command = Some(command("c-2"));
    store.append(&ipc2, Head::EMPTY, &entries).await.unwrap();
    let head = head_of(&entries[49]);

    let mut again = chain("ipc2", head, 2);
    again[0].command = Some(command("c-1"));
    let refused = store.append(&ipc2, head, &again).await;
    assert_eq!(refused, Err(AppendError::CommandKnown));
    again[0].command = Some(command("c-3"));
    again[1].command = Some(command("c-3"));
    let refused = store.append(&ipc2, head, &again).await;
    assert_eq!(refused, Err(AppendError::CommandKnown));
    // Another site's command of that name is another command.
    let mut foreign = chain("ipc1", Head::EMPTY, 1);
    foreign[0].command = Some(command("c-1"));
    store
        .append_foreign(&site("ipc1"), Head::EMPTY, &foreign)
        .await
        .unwrap();

    let of = async |name: &str| store.by_command(&ipc2, &command(name)).await.unwrap();
    assert_eq!(of("c-1").await, entries[..45]);
    assert_eq!(of("c-2").await, entries[45..]);
    assert_eq!(of("c-3").await, []);
}

async fn a_review_leaves_a_trail_across_sites(given: Given) {
    let store = &given.store;
    let review = || Some("ipc2-1".parse().unwrap());
    let mut here = chain("ipc2", Head::EMPTY, 4);
    let mut there = chain("ipc1", Head::EMPTY, 3);
    (here[0].review, here[3].review, there[1].review) = (review(), review(), review());
    here[1].review = Some("ipc2-2".parse().unwrap());
    there[1].at = here[2].at;
    there[2].at = here[3].at;
    store
        .append(&site("ipc2"), Head::EMPTY, &here)
        .await
        .unwrap();
    store
        .append_foreign(&site("ipc1"), Head::EMPTY, &there)
        .await
        .unwrap();
    let trail = store.review_trail(&review().unwrap()).await.unwrap();
    assert_eq!(trail, [here[0].clone(), there[1].clone(), here[3].clone()]);
    let none = store
        .review_trail(&"ipc1-9".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(none, []);
}

fn content(text: &str) -> (Digest, Bytes) {
    (Digest::of(text.as_bytes()), Bytes::from(text.to_owned()))
}

async fn contents_are_kept_once(given: Given) {
    let store = &given.store;
    let (a, b, empty) = (content("a rule"), content("b rule"), content(""));
    let put = [a.clone(), b.clone(), a.clone(), empty.clone()];
    assert_eq!(store.put_contents(&put).await.unwrap(), 3);
    assert_eq!(store.put_contents(&put).await.unwrap(), 0);
    let c = content("c rule");
    assert_eq!(
        store.put_contents(&[c.clone(), b.clone()]).await.unwrap(),
        1
    );
    assert_eq!(store.put_contents(&[]).await.unwrap(), 0);

    assert_eq!(store.content(&a.0).await.unwrap(), Some(a.1.clone()));
    assert_eq!(store.content(&empty.0).await.unwrap(), Some(Bytes::new()));
    let absent = Digest::of(b"absent");
    assert_eq!(store.content(&absent).await.unwrap(), None);
    let some = store.contents(&[a.0, absent, c.0]).await.unwrap();
    assert_eq!(some, [a.clone(), c.clone()].into_iter().collect());
    let also = Digest::of(b"also absent");
    let missing = store
        .contents_missing(&[also, a.0, absent, also, b.0])
        .await
        .unwrap();
    assert_eq!(missing, [also, absent]);
    assert_eq!(store.contents_missing(&[]).await.unwrap(), []);
}

async fn contents_under_a_wrong_digest_are_refused(given: Given) {
    let right = content("right");
    let wrong = (Digest::of(b"promised"), Bytes::from_static(b"delivered"));
    let refused = given
        .store
        .put_contents(&[right.clone(), wrong.clone()])
        .await;
    assert!(
        matches!(refused, Err(AppendError::Refused(_))),
        "{refused:?}"
    );
    assert_eq!(given.store.content(&wrong.0).await.unwrap(), None);
    assert_eq!(given.store.content(&right.0).await.unwrap(), None);
}

async fn many_contents_in_one_put(given: Given) {
    let store = &given.store;
    let mut many: Vec<_> = (0..3_000).map(|n| content(&format!("rule {n}"))).collect();
    // One that fills a commit by itself.
    let big = Bytes::from(vec![b'x'; 20 << 20]);
    many.push((Digest::of(&big), big));
    let (one, two) = tokio::join!(store.put_contents(&many), store.put_contents(&many));
    assert_eq!(one.unwrap() + two.unwrap(), 3_001);
    let digests: Vec<Digest> = many.iter().map(|(digest, _)| *digest).collect();
    assert_eq!(store.contents_missing(&digests).await.unwrap(), []);
    let read = store.contents(&digests).await.unwrap();
    assert!(many.iter().all(|(digest, bytes)| read[digest] == bytes));
}

async fn a_database_serves_one_site(given: Given) {
    let store = &given.store;
    assert_eq!(store.identity().await.unwrap(), None);
    store.claim_identity(&site("ipc2")).await.unwrap();
    store.claim_identity(&site("ipc2")).await.unwrap();
    assert_eq!(store.identity().await.unwrap(), Some(site("ipc2")));
    match store.claim_identity(&site("ipc1")).await {
        Err(StoreError::OtherSite { found, wanted }) => {
            assert_eq!((found, wanted), (site("ipc2"), site("ipc1")));
        }
        other => panic!("{other:?}"),
    }
}

async fn listeners_are_woken(given: Given) {
    let store = &given.store;
    let mut wakeups = store.listen().await.unwrap();
    let early = tokio::time::timeout(Duration::from_millis(50), wakeups.next()).await;
    assert!(early.is_err(), "a hint before anything happened");
    let head = Head::EMPTY;
    store
        .append(&site("ipc2"), head, &[entry("ipc2", head, "one")])
        .await
        .unwrap();
    let hint = tokio::time::timeout(Duration::from_secs(5), wakeups.next()).await;
    assert!(hint.is_ok(), "no hint of an append");
    // A refused append is no reason to look.
    let _ = store
        .append(&site("ipc2"), head, &[entry("ipc2", head, "two")])
        .await;
    let idle = tokio::time::timeout(Duration::from_millis(50), wakeups.next()).await;
    assert!(idle.is_err(), "a hint without an append");
}

async fn a_failed_append_is_stored_or_not_and_the_command_tells(given: Given) {
    let (store, ipc2) = (&given.store, site("ipc2"));
    let mut head = Head::EMPTY;
    for (at, (fault, stored)) in [
        (Fault::Unavailable, false),
        (Fault::UnknownNotStored, false),
        (Fault::UnknownStored, true),
        (Fault::Full, false),
    ]
    .into_iter()
    .enumerate()
    {
        let id = command(&format!("c-{at}"));
        let mut group = chain("ipc2", head, 2);
        group[0].command = Some(id.clone());
        given.faults.on_append(fault);
        let failed = store.append(&ipc2, head, &group).await.unwrap_err();
        match fault {
            Fault::Unavailable => assert!(matches!(failed, AppendError::Unavailable(_))),
            Fault::Full => assert_eq!(failed, AppendError::Full),
            _ => assert!(matches!(failed, AppendError::Unknown(_))),
        }
        let found = store.by_command(&ipc2, &id).await.unwrap();
        if stored {
            assert_eq!(found, group);
        } else {
            assert_eq!(found, []);
            store.append(&ipc2, head, &group).await.unwrap();
        }
        head = head_of(&group[1]);
        assert_eq!(store.head(&ipc2).await.unwrap(), head);
    }
}

async fn a_failed_put_can_be_repeated(given: Given) {
    let store = &given.store;
    for (at, (fault, new_again)) in [
        (Fault::Unavailable, 2),
        (Fault::UnknownNotStored, 2),
        (Fault::UnknownStored, 0),
        (Fault::Full, 2),
    ]
    .into_iter()
    .enumerate()
    {
        let put = [content(&format!("one {at}")), content(&format!("two {at}"))];
        given.faults.on_put(fault);
        assert!(store.put_contents(&put).await.is_err());
        assert_eq!(
            store.put_contents(&put).await.unwrap(),
            new_again,
            "{fault:?}"
        );
        assert_eq!(
            store.contents(&[put[0].0, put[1].0]).await.unwrap().len(),
            2
        );
    }
}

async fn while_away_everything_says_so(given: Given) {
    let (store, ipc2) = (&given.store, site("ipc2"));
    given.faults.set_away(true);
    let one = [entry("ipc2", Head::EMPTY, "one")];
    let refused = store.append(&ipc2, Head::EMPTY, &one).await;
    assert!(matches!(refused, Err(AppendError::Unavailable(_))));
    let put = store.put_contents(&[content("x")]).await;
    assert!(matches!(put, Err(AppendError::Unavailable(_))));
    assert!(matches!(
        store.head(&ipc2).await,
        Err(StoreError::Unavailable(_))
    ));
    assert!(matches!(
        store.ping().await,
        Err(StoreError::Unavailable(_))
    ));
    given.faults.set_away(false);
    store.ping().await.unwrap();
    store.append(&ipc2, Head::EMPTY, &one).await.unwrap();
}

/// Only SQLite's file can be bounded here; the other databases go through the same steps unbounded.
async fn a_full_disk_is_told_apart(given: Given) {
    let (store, ipc2) = (&given.store, site("ipc2"));
    let head = Head::EMPTY;
    let first = chain("ipc2", head, 3);
    store.append(&ipc2, head, &first).await.unwrap();
    let head = head_of(&first[2]);
    let group = chain("ipc2", head, 1_000);
    let big = Bytes::from(vec![b'y'; 1 << 20]);
    let put = [(Digest::of(&big), big)];
    if store.kind() == "sqlite" {
        store.limit_pages(Some(60)).await.unwrap();
        assert_eq!(
            store.append(&ipc2, head, &group).await,
            Err(AppendError::Full)
        );
        assert_eq!(store.put_contents(&put).await, Err(AppendError::Full));
        // Reading goes on, and nothing is half there.
        assert_eq!(store.entries_after(&ipc2, 0, 9_999).await.unwrap(), first);
        assert_eq!(store.content(&put[0].0).await.unwrap(), None);
        store.limit_pages(None).await.unwrap();
    }
    store.append(&ipc2, head, &group).await.unwrap();
    store.put_contents(&put).await.unwrap();
    assert_eq!(store.head(&ipc2).await.unwrap().seq, 1_003);
}

fn account(id: &str, name: &str) -> Account {
    Account {
        id: id.parse().unwrap(),
        name: name.into(),
        display_name: "María Ñandú".into(),
        kind: AccountKind::Person,
        password_hash: None,
        created_at: Timestamp(1),
        changed_at: Timestamp(1),
        disabled_at: None,
    }
}

async fn accounts_are_kept(given: Given) {
    let store = &given.store;
    let (mut maria, pipeline) = (
        account("a-1", "maria"),
        Account {
            kind: AccountKind::Service,
            ..account("a-2", "pipeline")
        },
    );
    let version = store.accounts_version().await.unwrap();
    store.create_account(&maria).await.unwrap();
    store.create_account(&pipeline).await.unwrap();
    let taken = store.create_account(&account("a-3", "maria")).await;
    assert!(
        matches!(taken, Err(StoreError::Taken("an account of this name"))),
        "{taken:?}"
    );
    let taken = store.create_account(&account("a-1", "other")).await;
    assert!(
        matches!(taken, Err(StoreError::Taken("this id"))),
        "{taken:?}"
    );
    assert_eq!(store.accounts_version().await.unwrap(), version + 2);

    assert!(
        store
            .set_password(&maria.id, "$argon2id$x", Timestamp(2))
            .await
            .unwrap()
    );
    assert!(
        store
            .set_disabled(&maria.id, Some(Timestamp(3)), Timestamp(3))
            .await
            .unwrap()
    );
    assert!(
        store
            .rename(&maria.id, "maria.g", "María", Timestamp(4))
            .await
            .unwrap()
    );
    let taken = store.rename(&maria.id, "pipeline", "x", Timestamp(5)).await;
    assert!(
        matches!(taken, Err(StoreError::Taken("an account of this name"))),
        "{taken:?}"
    );
    let nobody: AccountId = "a-9".parse().unwrap();
    assert!(
        !store
            .set_disabled(&nobody, None, Timestamp(5))
            .await
            .unwrap()
    );
    (maria.password_hash, maria.disabled_at) = (Some("$argon2id$x".into()), Some(Timestamp(3)));
    (maria.name, maria.display_name) = ("maria.g".into(), "María".into());
    maria.changed_at = Timestamp(4);
    assert_eq!(store.account(&maria.id).await.unwrap(), Some(maria.clone()));
    assert_eq!(
        store.account_by_name("maria.g").await.unwrap(),
        Some(maria.clone())
    );
    assert_eq!(store.account_by_name("maria").await.unwrap(), None);
    assert_eq!(store.account(&nobody).await.unwrap(), None);
    assert_eq!(store.accounts().await.unwrap(), [maria, pipeline]);
    assert!(store.accounts_version().await.unwrap() >= version + 5);
}

async fn signed_in(store: &Store, secret: &str, account: &str, until: i64) -> SignIn {
    let sign_in = SignIn {
        token_hash: Digest::of(secret.as_bytes()),
        account: account.parse().unwrap(),
        created_at: Timestamp(1),
        seen_at: Timestamp(1),
        expires_at: Timestamp(until),
        reauthenticated_at: Timestamp(1),
        address: "127.0.0.1".into(),
        agent: "Firefox".into(),
    };
    store.insert_sign_in(&sign_in).await.unwrap();
    sign_in
}

async fn sign_ins_are_kept_until_they_end(given: Given) {
    let store = &given.store;
    store
        .create_account(&account("a-1", "maria"))
        .await
        .unwrap();
    store
        .create_account(&account("a-2", "jonas"))
        .await
        .unwrap();
    let version = store.accounts_version().await.unwrap();
    let mut one = signed_in(store, "s1", "a-1", 100).await;
    let two = signed_in(store, "s2", "a-1", 200).await;
    let three = signed_in(store, "s3", "a-2", 300).await;
    let four = signed_in(store, "s4", "a-2", 400).await;
    store
        .touch_sign_in(&one.token_hash, Timestamp(50), Timestamp(150))
        .await
        .unwrap();
    store
        .set_reauthenticated(&one.token_hash, Timestamp(60))
        .await
        .unwrap();
    (one.seen_at, one.expires_at) = (Timestamp(50), Timestamp(150));
    one.reauthenticated_at = Timestamp(60);
    assert_eq!(
        store.sign_in(&one.token_hash).await.unwrap(),
        Some(one.clone())
    );
    assert_eq!(
        store.delete_expired_sign_ins(Timestamp(150)).await.unwrap(),
        1
    );
    assert_eq!(store.sign_in(&one.token_hash).await.unwrap(), None);
    store.delete_sign_in(&three.token_hash).await.unwrap();
    store.delete_sign_in(&three.token_hash).await.unwrap();
    assert_eq!(store.delete_sign_ins_of(&two.account).await.unwrap(), 1);
    assert_eq!(store.sign_in(&four.token_hash).await.unwrap(), Some(four));
    assert_eq!(store.accounts_version().await.unwrap(), version);
}

async fn tokens_are_kept_and_revoked(given: Given) {
    let store = &given.store;
    store
        .create_account(&account("a-1", "pipeline"))
        .await
        .unwrap();
    let mut token = Token {
        id: "t-1".into(),
        account: "a-1".parse().unwrap(),
        name: "nightly".into(),
        hash: Digest::of(b"secret"),
        role: Role::Pipeline,
        scope: Scope::ruleset(&"owasp-crs".parse().unwrap()),
        created_at: Timestamp(1),
        created_by: "a-1".parse().unwrap(),
        expires_at: Timestamp(9),
        revoked_at: None,
    };
    let version = store.accounts_version().await.unwrap();
    store.insert_token(&token).await.unwrap();
    let twice = Token {
        id: "t-2".into(),
        ..token.clone()
    };
    assert!(matches!(
        store.insert_token(&twice).await,
        Err(StoreError::Taken("this id"))
    ));
    assert!(store.revoke_token("t-1", Timestamp(5)).await.unwrap());
    assert!(!store.revoke_token("t-1", Timestamp(6)).await.unwrap());
    assert!(!store.revoke_token("t-9", Timestamp(6)).await.unwrap());
    token.revoked_at = Some(Timestamp(5));
    assert_eq!(store.tokens().await.unwrap(), [token]);
    assert_eq!(store.accounts_version().await.unwrap(), version + 2);
}

async fn what_was_seen_is_kept_and_taken_back(given: Given) {
    let store = &given.store;
    let (maria, jonas) = ("a-1".parse().unwrap(), "a-2".parse().unwrap());
    let (one, two) = ("ipc2-1".parse().unwrap(), "ipc2-2".parse().unwrap());
    let sights: Vec<Digest> = (0..500)
        .map(|n| Digest::of(format!("rule {n}").as_bytes()))
        .collect();
    assert!(store.seen(&maria, &one).await.unwrap().is_empty());
    let mark = async |account, review, sights: &[Digest], at| {
        let at = Timestamp(at);
        store.mark_seen(account, review, sights, at).await.unwrap();
    };
    mark(&maria, &one, &sights, 1).await;
    mark(&maria, &one, &sights[..2], 2).await;
    mark(&maria, &two, &sights[..1], 3).await;
    mark(&jonas, &one, &sights[1..3], 4).await;
    mark(&jonas, &one, &[], 5).await;
    store.unmark_seen(&maria, &one, &sights[3..]).await.unwrap();
    store.unmark_seen(&maria, &one, &sights[3..]).await.unwrap();
    let seen = async |account, review| store.seen(account, review).await.unwrap();
    let set = |sights: &[Digest]| sights.iter().copied().collect();
    assert_eq!(seen(&maria, &one).await, set(&sights[..3]));
    assert_eq!(seen(&maria, &two).await, set(&sights[..1]));
    assert_eq!(seen(&jonas, &one).await, set(&sights[1..3]));
    assert!(seen(&jonas, &two).await.is_empty());
}
