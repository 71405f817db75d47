//! Which of two sites' words about an account counts.

use proptest::prelude::*;
use rulegate_ledger::accounts::{Carried, CarriedAccount, settle};
use rulegate_ledger::ids::Timestamp;

use super::sealing::account;

fn all(accounts: Vec<CarriedAccount>) -> Carried {
    let tokens = Vec::new();
    Carried { accounts, tokens }
}

/// What a site knows after it was told.
fn told(known: &Carried, offered: &Carried) -> Carried {
    let written = settle(known, offered).unwrap();
    let mut accounts = known.accounts.clone();
    accounts.retain(|a| written.accounts.iter().all(|w| w.id != a.id));
    accounts.extend(written.accounts);
    accounts.sort_by(|a, b| a.id.cmp(&b.id));
    all(accounts)
}

/// Some word about one of three accounts, of which some have one name.
fn word() -> impl Strategy<Value = CarriedAccount> {
    let hash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$";
    let parts = (
        0..3u8,
        0..2u8,
        0..4i64,
        0..4i64,
        0..4i64,
        0..2u8,
        any::<bool>(),
    );
    parts.prop_map(
        move |(id, name, named, password, closed, site, is_closed)| {
            let mut word = account(["eve", "eva"][usize::from(name)], 1);
            word.id = format!("a-{id}").parse().unwrap();
            let site: rulegate_ledger::ids::SiteName =
                ["ipc1", "ipc2"][usize::from(site)].parse().unwrap();
            (word.naming.at, word.naming.site) = (Timestamp(named * 10), site.clone());
            (word.password.at, word.password.site) = (Timestamp(password), site.clone());
            word.password.value = Some(format!("{hash}{password}{site}"));
            (word.closed.at, word.closed.site) = (Timestamp(closed), site);
            word.closed.value = is_closed.then_some(Timestamp(closed));
            word
        },
    )
}

proptest! {
    #[test]
    fn both_sites_come_to_the_same(
        ours in proptest::collection::vec(word(), 0..6),
        theirs in proptest::collection::vec(word(), 0..6),
    ) {
        let mut here = told(&all(Vec::new()), &all(ours));
        let mut there = told(&all(Vec::new()), &all(theirs));
        // Names that are found out to be taken are told back, so it may take some rounds.
        for _ in 0..4 {
            let before = here.clone();
            here = told(&here, &there);
            there = told(&there, &before);
        }
        prop_assert_eq!(&here, &there);
        prop_assert_eq!(settle(&here, &there).unwrap(), Carried::default(), "what is known is no news");
        let names: std::collections::BTreeSet<_> =
            here.accounts.iter().map(|a| a.naming.value.name.clone()).collect();
        prop_assert_eq!(names.len(), here.accounts.len(), "each has a name of its own");
    }

    #[test]
    fn the_order_of_words_is_of_no_account(words in proptest::collection::vec(word(), 1..6)) {
        let merged = |words: &[CarriedAccount]| {
            let mut found: std::collections::BTreeMap<_, CarriedAccount> = Default::default();
            for word in words {
                let known = found.get(&word.id).map_or_else(|| word.clone(), |k| k.newest(word));
                found.insert(word.id.clone(), known);
            }
            found
        };
        let mut turned = words.clone();
        turned.reverse();
        prop_assert_eq!(merged(&words), merged(&turned));
    }
}

#[test]
fn a_later_password_does_not_open_a_closed_account() {
    let mut closed = account("eve", 1);
    (closed.closed.value, closed.closed.at) = (Some(Timestamp(10)), Timestamp(10));
    let mut password = account("eve", 1);
    password.password.at = Timestamp(20);
    for (one, other) in [(&closed, &password), (&password, &closed)] {
        let settled = one.newest(other);
        assert_eq!(settled.closed.value, Some(Timestamp(10)));
        assert_eq!(settled.password.at, Timestamp(20));
    }
    let mut opened = closed.clone();
    (opened.closed.value, opened.closed.at) = (None, Timestamp(11));
    assert_eq!(
        closed.newest(&opened).closed.value,
        None,
        "opened later on purpose"
    );
    opened.closed.at = Timestamp(10);
    opened.closed.site = "zzz".parse().unwrap();
    for (one, other) in [(&closed, &opened), (&opened, &closed)] {
        let settled = one.newest(other);
        assert!(
            settled.closed.value.is_some(),
            "at one instant closed counts"
        );
    }
}

#[test]
fn at_one_instant_the_site_decides() {
    let (mut one, mut other) = (account("eve", 1), account("eve", 1));
    (one.naming.site, one.naming.value.name) = ("ipc1".parse().unwrap(), "zoe".into());
    (other.naming.site, other.naming.value.name) = ("ipc2".parse().unwrap(), "eva".into());
    assert_eq!(one.newest(&other).naming.value.name, "eva");
    assert_eq!(other.newest(&one).naming.value.name, "eva");
}

#[test]
fn one_id_is_not_two_kinds() {
    let mut other = account("eve", 9);
    other.kind = rulegate_ledger::accounts::AccountKind::Service;
    let refused = settle(&all(vec![account("eve", 1)]), &all(vec![other])).unwrap_err();
    assert_eq!(
        refused,
        "the account a-eve is a person here and a service there"
    );
}
