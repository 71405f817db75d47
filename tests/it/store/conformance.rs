//! One suite for all three: each promise is a function over a fresh store.

use rulegate::domain::ledger::Head;
use rulegate::store::AppendError;

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
