//! Databases that are filled as a program of a time filled them: by statements for every schema, and by the present
//! program to compare with.

use rulegate::store::{Account, AccountKind, KeptAlarm, SignIn, SigningIdentity, Token};
use rulegate_ledger::access::{Role, Scope};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::{AccountId, Timestamp};

use super::given::{self, Given, On, site};
use crate::harness::export::Export;
use crate::proofs::given::key;

fn at(second: i64) -> Timestamp {
    Timestamp(1_700_000_000_000_000 + second * 1_000_000)
}

/// By id: somebody who signs in, a service, somebody who left.
fn accounts() -> [Account; 3] {
    let account = |id: &str, name: &str, kind, password: Option<&str>, closed| Account {
        id: id.parse().unwrap(),
        name: name.into(),
        display_name: format!("{name} O'Neill"),
        kind,
        password_hash: password.map(str::to_owned),
        created_at: at(1),
        changed_at: at(5),
        disabled_at: closed,
    };
    let (person, service) = (AccountKind::Person, AccountKind::Service);
    [
        account("a-1", "ana", person, Some("$argon2id$v=19$not-one"), None),
        account("a-2", "pipeline", service, None, None),
        account("a-3", "tom", person, None, Some(at(4))),
    ]
}

fn tokens() -> [Token; 2] {
    let token = |id: &str, revoked_at| Token {
        id: id.into(),
        account: "a-2".parse().unwrap(),
        name: "the build".into(),
        hash: Digest::of(id.as_bytes()),
        role: Role::Pipeline,
        scope: Scope::ruleset(&"crs".parse().unwrap()),
        created_at: at(2),
        created_by: "a-1".parse().unwrap(),
        expires_at: at(99),
        revoked_at,
    };
    [token("t-1", None), token("t-2", Some(at(3)))]
}

pub fn sign_in() -> SignIn {
    SignIn {
        token_hash: Digest::of(b"cookie"),
        account: "a-1".parse().unwrap(),
        created_at: at(6),
        seen_at: at(7),
        expires_at: at(99),
        reauthenticated_at: at(6),
        address: "127.0.0.1".into(),
        agent: "Firefox".into(),
    }
}

fn identity() -> SigningIdentity {
    let key = key("ipc2", 1);
    SigningIdentity {
        origin: key.origin().to_string(),
        verifier_key: key.verifier().to_string(),
        secret: Some(key.secret().to_vec()),
    }
}

fn alarm() -> KeptAlarm {
    KeptAlarm {
        site: site("ipc1"),
        at: at(8),
        code: "fork".into(),
        sentence: "two histories".into(),
        evidence: "a note\nand another".into(),
    }
}

pub fn seen() -> (AccountId, Digest) {
    ("a-1".parse().unwrap(), Digest::of(b"three texts"))
}

/// A review with a long trail.
pub const REVIEW: &str = "ipc2-29";

/// What every schema holds, written by the present program.
pub async fn fresh(on: On) -> Option<Given> {
    let given = given::store(on).await?;
    let store = &given.store;
    store.claim_identity(&site("ipc2")).await.unwrap();
    store.claim_signing_identity(&identity()).await.unwrap();
    for export in Export::older() {
        export.restore(store).await;
    }
    for account in accounts() {
        store.create_account(&account).await.unwrap();
    }
    for token in tokens() {
        store.insert_token(&token).await.unwrap();
    }
    store.insert_sign_in(&sign_in()).await.unwrap();
    store.put_alarm(&alarm()).await.unwrap();
    let ((account, shown), review) = (seen(), REVIEW.parse().unwrap());
    let marked = store.mark_seen(&account, &review, &[shown], at(9)).await;
    marked.unwrap();
    Some(given)
}

/// A value of a row.
enum Value<'a> {
    Text(&'a str),
    Number(i64),
    Bytes(&'a [u8]),
    Null,
}
use Value::{Bytes, Null, Number, Text};

/// Statements that fill a database.
struct Rows {
    on: On,
    sql: String,
}

impl Rows {
    fn add(&mut self, table: &str, columns: &str, values: &[Value]) {
        let values: Vec<String> = values
            .iter()
            .map(|value| match value {
                Text(text) => format!("'{}'", text.replace('\'', "''")),
                Number(number) => number.to_string(),
                Bytes(bytes) if self.on == On::Postgres => format!("'\\x{}'", hex::encode(bytes)),
                Bytes(bytes) => format!("X'{}'", hex::encode(bytes)),
                Null => "NULL".to_owned(),
            })
            .collect();
        let values = values.join(", ");
        self.sql +=
            &format!("INSERT INTO {table} ({columns}) VALUES ({values}) ON CONFLICT DO NOTHING;\n");
    }
}

/// What a program with the schema `version` had written by the time it was replaced.
pub fn rows(on: On, version: i64) -> String {
    let mut rows = Rows {
        on,
        sql: String::new(),
    };
    rows.add("meta", "name, value", &[Text("site"), Text("ipc2")]);
    for export in Export::older() {
        for (digest, bytes) in &export.contents {
            let size = Number(bytes.len() as i64);
            rows.add(
                "content",
                "digest, size_bytes, bytes",
                &[Bytes(&digest.0), size, Bytes(bytes)],
            );
        }
        for (_, entry) in &export.entries {
            let review = entry.review.as_ref().map(|review| review.to_string());
            rows.add(
                "entry",
                "site, seq, at_us, actor, kind, ruleset, lane, version, review, command, bytes, hash",
                &[
                    Text(entry.site.as_str()),
                    Number(entry.seq as i64),
                    Number(entry.at.0),
                    Text(entry.actor.as_str()),
                    Text(&entry.kind),
                    entry.ruleset.as_ref().map_or(Null, |name| Text(name.as_str())),
                    entry.lane.as_ref().map_or(Null, |name| Text(name.as_str())),
                    entry.version.as_ref().map_or(Null, |name| Text(name.as_str())),
                    review.as_deref().map_or(Null, Text),
                    entry.command.as_ref().map_or(Null, |id| Text(id.as_str())),
                    Text(&entry.bytes),
                    Bytes(&entry.hash.0),
                ],
            );
        }
        // Since the second schema ledgers are signed for.
        for kept in export.checkpoints.iter().filter(|_| version >= 2) {
            let (size, at) = (Number(kept.size as i64), Number(kept.at.0));
            let values = [
                Text(export.site.as_str()),
                size,
                Bytes(&kept.root.0),
                Text(&kept.note),
                at,
            ];
            rows.add("checkpoint", "site, size, root, note, at_us", &values);
        }
    }
    for (number, account) in (1..).zip(&accounts()) {
        let closed = account.disabled_at.map_or(Null, |at| Number(at.0));
        let mut values = vec![
            Text(account.id.as_str()),
            Text(&account.name),
            Text(&account.display_name),
            Text(account.kind.name()),
            account.password_hash.as_deref().map_or(Null, Text),
            Number(account.created_at.0),
            Number(account.changed_at.0),
            closed,
        ];
        let mut columns =
            "id, name, display_name, kind, password_hash, created_at, changed_at, disabled_at"
                .to_owned();
        // Since the fourth each part of an account says when and where it was last changed.
        if version >= 4 {
            columns += ", named_at, password_at, closed_at, named_site, password_site, closed_site, change";
            let changed = account.changed_at.0;
            let closed = account.disabled_at.unwrap_or(account.changed_at).0;
            values.extend([Number(changed), Number(changed), Number(closed)]);
            values.extend([Text("ipc2"), Text("ipc2"), Text("ipc2"), Number(number)]);
        }
        rows.add("account", &columns, &values);
    }
    for (number, token) in (4..).zip(&tokens()) {
        let scope = serde_json::to_string(&token.scope).unwrap();
        let mut values = vec![
            Text(&token.id),
            Text(token.account.as_str()),
            Text(&token.name),
            Bytes(&token.hash.0),
            Text(token.role.name()),
            Text(&scope),
            Number(token.created_at.0),
            Text(token.created_by.as_str()),
            Number(token.expires_at.0),
            token.revoked_at.map_or(Null, |at| Number(at.0)),
        ];
        let mut columns =
            "id, account, name, hash, role, scope, created_at, created_by, expires_at, revoked_at"
                .to_owned();
        if version >= 4 {
            columns += ", change";
            values.push(Number(number));
        }
        rows.add("token", &columns, &values);
    }
    rows.sql += "UPDATE account_change SET version = 5;\n";
    let one = sign_in();
    rows.add(
        "sign_in",
        "token_hash, account, created_at, seen_at, expires_at, reauthenticated_at, address, agent",
        &[
            Bytes(&one.token_hash.0),
            Text(one.account.as_str()),
            Number(one.created_at.0),
            Number(one.seen_at.0),
            Number(one.expires_at.0),
            Number(one.reauthenticated_at.0),
            Text(&one.address),
            Text(&one.agent),
        ],
    );
    if version >= 2 {
        let (key, alarm) = (identity(), alarm());
        let secret = Bytes(key.secret.as_deref().unwrap());
        let values = [
            Number(1),
            Text(&key.origin),
            Text(&key.verifier_key),
            secret,
        ];
        rows.add("identity", "one, origin, verifier_key, secret", &values);
        let digest = Digest::of(alarm.evidence.as_bytes());
        let (site, at) = (Text(alarm.site.as_str()), Number(alarm.at.0));
        let said = [
            Text(&alarm.code),
            Text(&alarm.sentence),
            Text(&alarm.evidence),
        ];
        let [code, sentence, evidence] = said;
        let values = [site, at, Bytes(&digest.0), code, sentence, evidence];
        rows.add(
            "alarm",
            "site, at_us, digest, code, sentence, evidence",
            &values,
        );
    }
    if version >= 3 {
        let (account, shown) = seen();
        let values = [
            Text(account.as_str()),
            Text(REVIEW),
            Bytes(&shown.0),
            Number(at(9).0),
        ];
        rows.add("seen", "account, review, sight, at_us", &values);
    }
    rows.sql
}
