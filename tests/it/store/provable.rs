//! Keys, checkpoints and alarms: the same promises on each database.

use rulegate::store::{ALARMS_MAX, KeptAlarm, KeptCheckpoint, SigningIdentity};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::Timestamp;

use super::given::{self, Given, On, site};

async fn each(check: impl AsyncFn(Given)) {
    for on in [On::Memory, On::Sqlite, On::Postgres] {
        if let Some(given) = given::store(on).await {
            check(given).await;
        }
    }
}

fn identity(secret: Option<u8>) -> SigningIdentity {
    SigningIdentity {
        origin: "example.org/rulegate/e3/ipc2".into(),
        verifier_key: format!("a key of {secret:?}"),
        secret: secret.map(|byte| vec![byte; 32]),
    }
}

fn checkpoint(size: u64) -> KeptCheckpoint {
    KeptCheckpoint {
        size,
        root: Digest::of(&size.to_be_bytes()),
        note: format!("note of {size} — signed\n"),
        at: Timestamp(1_763_720_000_000_000 + size as i64),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signing_key_is_kept_once() {
    each(async |given| {
        let store = &given.store;
        assert!(store.signing_identity().await.unwrap().is_none());
        let first = store.claim_signing_identity(&identity(Some(1))).await;
        let second = store.claim_signing_identity(&identity(Some(2))).await;
        assert!(first.unwrap() == identity(Some(1)));
        assert!(second.unwrap() == identity(Some(1)), "the first one stays");
    })
    .await;
    each(async |given| {
        let kept = given.store.claim_signing_identity(&identity(None)).await;
        assert!(kept.unwrap() == identity(None), "the secret is elsewhere");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checkpoints_are_kept_by_size() {
    each(async |given| {
        let (store, ipc1, ipc2) = (&given.store, site("ipc1"), site("ipc2"));
        assert_eq!(store.last_checkpoint(&ipc2).await.unwrap(), None);
        for size in [3, 8, 5, 1_000] {
            store
                .put_checkpoint(&ipc2, &checkpoint(size))
                .await
                .unwrap();
        }
        let other = KeptCheckpoint {
            note: "another".into(),
            ..checkpoint(8)
        };
        store.put_checkpoint(&ipc2, &other).await.unwrap();
        store.put_checkpoint(&ipc1, &checkpoint(7)).await.unwrap();
        let last = store.last_checkpoint(&ipc2).await.unwrap();
        assert_eq!(last, Some(checkpoint(1_000)));
        let upto = |size| store.checkpoint_upto(&ipc2, size);
        assert_eq!(
            upto(999).await.unwrap(),
            Some(checkpoint(8)),
            "the first of a size stays"
        );
        assert_eq!(upto(7).await.unwrap(), Some(checkpoint(5)));
        assert_eq!(upto(2).await.unwrap(), None);
        let page = store.checkpoints_after(&ipc2, 3, 2).await.unwrap();
        assert_eq!(page, [checkpoint(5), checkpoint(8)]);
        let page = store.checkpoints_after(&ipc1, 0, 9).await.unwrap();
        assert_eq!(page, [checkpoint(7)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alarms_are_kept_once_and_not_without_end() {
    each(async |given| {
        let store = &given.store;
        let alarm = |number: i64| KeptAlarm {
            site: site("ipc1"),
            at: Timestamp(number),
            code: "fork".into(),
            sentence: format!("number {}", number / 2),
            evidence: "a note\nand an entry".into(),
        };
        store.put_alarm(&alarm(2)).await.unwrap();
        store.put_alarm(&alarm(3)).await.unwrap();
        assert_eq!(
            store.alarms(9).await.unwrap(),
            [alarm(2)],
            "the same is kept once"
        );
        for number in 4..500 {
            store.put_alarm(&alarm(number)).await.unwrap();
        }
        let kept = store.alarms(1_000).await.unwrap();
        assert_eq!(kept.len(), ALARMS_MAX as usize);
        assert!(kept[0].at > kept[1].at, "the newest first");
    })
    .await;
}
