//! What is refused of another site's accounts: named, kept as evidence, and nothing here changes.

use std::sync::Arc;

use rulegate::app::App;
use rulegate::app::reader::Reader;
use rulegate::app::sealing::{PublicKey, Sealed};
use rulegate_ledger::accounts::{AccountKind, Carried, CarriedAccount, Naming, Stamped};
use rulegate_ledger::checkpoint::SigningKey;
use rulegate_ledger::ids::Timestamp;

use super::given::{Scripted, alarm, grow, known, site, until};
use crate::proofs::given::{Ledger, key};

const HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNo";

/// An account of ipc1 that was made, given a password and opened at this time.
pub fn account(name: &str, at: i64) -> CarriedAccount {
    fn stamped<T>(value: T, at: i64) -> Stamped<T> {
        Stamped {
            value,
            at: Timestamp(at),
            site: "ipc1".parse().unwrap(),
        }
    }
    let naming = Naming {
        name: name.into(),
        display_name: name.into(),
        wanted: None,
    };
    CarriedAccount {
        id: format!("a-{name}").parse().unwrap(),
        kind: AccountKind::Person,
        created_at: Timestamp(at),
        naming: stamped(naming, at),
        password: stamped(Some(HASH.into()), at),
        closed: stamped(None, at),
    }
}

fn carried(accounts: Vec<CarriedAccount>) -> Carried {
    let tokens = Vec::new();
    Carried { accounts, tokens }
}

struct Given {
    app: Arc<App>,
    offers: Scripted,
    reader: Reader<Scripted>,
}

/// ipc2, which reads an ipc1 that says what it is told to say.
async fn given() -> Given {
    let app = site("ipc2").await;
    app.trust_keys(&[key("ipc1", 1).verifier()]);
    let offers = Scripted::new(Ledger::with("ipc1", 3));
    let reader = Reader::new(offers.clone());
    Given {
        app,
        offers,
        reader,
    }
}

impl Given {
    /// Answers with what `change` makes of an honest answer.
    fn offer(
        &self,
        by: SigningKey,
        plain: Vec<u8>,
        change: impl Fn(&mut Sealed) + Send + Sync + 'static,
    ) {
        let keys = [self.app.verifier_key()];
        let seal = move |to: &PublicKey| {
            let mut sealed = to.seal(&by, (-1, 7), &plain, &keys).unwrap();
            change(&mut sealed);
            Ok(Some(sealed))
        };
        *self.offers.accounts.lock().unwrap() = Some(Box::new(seal));
    }

    async fn round(&mut self) {
        self.reader.round(&self.app).await;
    }

    /// The sentence of the alarm that stands; nothing was taken over, the site goes on and reads the ledger.
    async fn refused(&mut self, code: &str) -> String {
        self.round().await;
        assert_eq!(alarm(&self.app), Some(code));
        assert_eq!(self.app.store.accounts().await.unwrap(), []);
        assert_eq!(self.app.store.accounts_version().await.unwrap(), 0);
        let kept = self.app.alarms().await.unwrap();
        assert_eq!(kept[0].code, code);
        self.round().await;
        assert_eq!(
            self.app.alarms().await.unwrap().len(),
            kept.len(),
            "kept once"
        );
        let name = format!("a-{}", kept.len());
        grow(&self.app, &name)
            .await
            .expect("its own ledger goes on");
        until("ipc1 is read on", async || known(&self.app, "ipc1") == 3).await;
        kept[0].sentence.clone()
    }
}

fn plain(carried: &Carried) -> Vec<u8> {
    serde_json::to_vec(carried).unwrap()
}

fn honest() -> Vec<u8> {
    plain(&carried(vec![account("eve", 5)]))
}

#[tokio::test]
async fn an_honest_answer_is_taken_and_ends_the_alarm() {
    let mut given = given().await;
    given.offer(key("ipc1", 2), honest(), |_| {});
    given.refused("bad_accounts").await;
    given.offer(key("ipc1", 1), honest(), |_| {});
    // It answers the same whatever it is asked: what was asked for anew is refused, what was not is taken.
    given.round().await;
    let accounts = given.app.store.accounts().await.unwrap();
    assert_eq!(accounts[0].name, "eve");
    assert_eq!(accounts[0].password_hash.as_deref(), Some(HASH));
    *given.offers.accounts.lock().unwrap() = None;
    given.round().await;
    assert_eq!(alarm(&given.app), None);
    assert!(given.app.peer.load().accounts.carried_at.is_some());
}

#[tokio::test]
async fn a_false_signature_is_refused() {
    let mut given = given().await;
    given.offer(key("ipc1", 2), honest(), |_| {});
    let told = given.refused("bad_accounts").await;
    assert!(
        told.contains("the signature of example.org/rulegate/e3/ipc1 under them is false"),
        "{told}"
    );
}

/// Makes another byte of the first one, whatever it was.
fn other_byte(digits: &mut String) {
    let other = if digits.starts_with("00") { "01" } else { "00" };
    digits.replace_range(0..2, other);
}

#[tokio::test]
async fn whatever_was_changed_on_the_way_is_refused() {
    let changes: [fn(&mut Sealed); 5] = [
        |sealed| other_byte(&mut sealed.sealed),
        |sealed| other_byte(&mut sealed.encapsulated),
        |sealed| sealed.upto = 9,
        |sealed| other_byte(&mut sealed.signature),
        |sealed| sealed.sealed = "no digits".into(),
    ];
    for change in changes {
        let mut given = given().await;
        given.offer(key("ipc1", 1), honest(), change);
        given.refused("bad_accounts").await;
    }
}

#[tokio::test]
async fn what_another_site_sealed_or_for_another_one_is_refused() {
    let mut given = given().await;
    given.offer(key("ipc9", 1), honest(), |_| {});
    let told = given.refused("bad_accounts").await;
    assert!(
        told.contains("they are of example.org/rulegate/e3/ipc9, whose key is not believed"),
        "{told}"
    );
    given.offer(key("ipc1", 1), honest(), |sealed| {
        sealed.to = key("ipc9", 1).origin().clone();
    });
    let told = given.refused("bad_accounts").await;
    assert!(
        told.contains("they are for example.org/rulegate/e3/ipc9"),
        "{told}"
    );
    given.offer(key("ipc1", 1), honest(), |sealed| sealed.since = 3);
    let told = given.refused("bad_accounts").await;
    assert!(told.contains("asked was for"), "{told}");
}

#[tokio::test]
async fn what_was_sealed_with_another_key_cannot_be_opened() {
    let mut given = given().await;
    // Signed by the right site, sealed for the right site's name, with a key of somebody else.
    let (by, plain) = (key("ipc1", 1), honest());
    let stranger = rulegate::app::sealing::SealingKey::of(&key("ipc2", 4));
    let keys = [key("ipc2", 4).verifier()];
    let seal = move |_: &PublicKey| {
        let sealed = stranger.public().seal(&by, (-1, 7), &plain, &keys);
        Ok(Some(sealed.unwrap()))
    };
    *given.offers.accounts.lock().unwrap() = Some(Box::new(seal));
    let told = given.refused("bad_accounts").await;
    assert!(told.contains("refused"), "{told}");
}

#[tokio::test]
async fn a_future_format_is_refused_until_this_program_is_upgraded() {
    let mut given = given().await;
    given.offer(key("ipc1", 1), honest(), |sealed| sealed.format = 2);
    let told = given.refused("newer_format").await;
    assert!(told.contains("it has format 2"), "{told}");
}

type Change = fn(&mut CarriedAccount);

#[tokio::test]
async fn accounts_that_cannot_be_are_refused_with_all_the_others() {
    let cannot: [(&str, Change); 5] = [
        ("nobody's account", |a| a.id = "site".parse().unwrap()),
        ("a name that is none", |a| {
            a.naming.value.name = "No Name".into()
        }),
        ("cannot be shown", |a| {
            a.naming.value.display_name = "a\u{1b}[2J".into()
        }),
        ("no known kind", |a| {
            a.password.value = Some("$2b$12$x".into())
        }),
        ("no known kind", |a| {
            a.password.value = Some(HASH.replace("m=19456", "m=4000000"));
        }),
    ];
    for (words, change) in cannot {
        let mut given = given().await;
        let mut wrong = account("wrong", 5);
        change(&mut wrong);
        let offered = carried(vec![account("eve", 5), wrong]);
        given.offer(key("ipc1", 1), plain(&offered), |_| {});
        let told = given.refused("bad_accounts").await;
        assert!(told.contains(words), "{told}");
    }
    let mut given = given().await;
    given.offer(
        key("ipc1", 1),
        b"{\"accounts\":[],\"more\":1}".to_vec(),
        |_| {},
    );
    let told = given.refused("bad_accounts").await;
    assert!(told.contains("not readable"), "{told}");
}
