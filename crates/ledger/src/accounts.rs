//! Accounts and tokens as they travel between sites: which of two words about one account counts.
//!
//! An account is three registers that are changed apart: how it is called, its password, whether it is open. Of
//! two values of a register the newer one counts, by time and then by site; at one instant closed beats open. So a
//! password changed at one site does not undo that the other one closed the account meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::access::{Role, Scope};
use crate::digest::Digest;
use crate::ids::{AccountId, SiteName, Timestamp};

/// The longest name.
const NAME_LENGTH_MAX: usize = 63;
/// A name to show is much shorter; more is no name.
const DISPLAY_SIZE_BYTES_MAX: usize = 1_000;
/// A hash with its salt and parameters is about 100 bytes.
const HASH_SIZE_BYTES_MAX: usize = 300;
/// Memory in KiB, rounds and lanes that a hash may ask for: checking one must not exhaust the machine.
const HASH_COSTS_MAX: [(&str, u32); 3] = [("m", 262_144), ("t", 16), ("p", 16)];

/// Who an account stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountKind {
    /// A human being.
    Person,
    /// A pipeline, a pod, another program.
    Service,
}

impl AccountKind {
    /// As stored: `person` or `service`.
    pub fn name(self) -> &'static str {
        match self {
            AccountKind::Person => "person",
            AccountKind::Service => "service",
        }
    }
}

impl std::str::FromStr for AccountKind {
    type Err = String;
    fn from_str(text: &str) -> Result<AccountKind, String> {
        match text {
            "person" => Ok(AccountKind::Person),
            "service" => Ok(AccountKind::Service),
            other => Err(format!("is {other:?}")),
        }
    }
}

/// A secret with which a program asks, kept as its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// For people and for revoking.
    pub id: String,
    /// In whose name it acts.
    pub account: AccountId,
    /// What it is for.
    pub name: String,
    /// SHA-256 of the secret.
    pub hash: Digest,
    /// The one role it can use.
    pub role: Role,
    /// Where.
    pub scope: Scope,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: AccountId,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Since when it is worth nothing.
    pub revoked_at: Option<Timestamp>,
}

impl Token {
    /// Whether it is good at every site. What another site's reader or a mirror speaks with is good only at the
    /// site that gave it.
    pub fn travels(&self) -> bool {
        !matches!(self.role, Role::Mirror | Role::Peer)
    }
}

/// A value with when and where it was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Stamped<T> {
    pub value: T,
    pub at: Timestamp,
    pub site: SiteName,
}

impl<T: Ord + Clone> Stamped<T> {
    /// The newer of two. The same at every site, in whatever order words come.
    fn newest(&self, other: &Stamped<T>) -> Stamped<T> {
        let order = |word: &Stamped<T>| (word.at, word.site.clone(), word.value.clone());
        match order(other) > order(self) {
            true => other.clone(),
            false => self.clone(),
        }
    }
}

/// How an account is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Naming {
    /// What is typed to sign in.
    pub name: String,
    /// What people read.
    pub display_name: String,
    /// The name that it was given, if another account had that name already: somebody has to rename one of them.
    pub wanted: Option<String>,
}

/// An account with all that counts at every site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarriedAccount {
    /// What the ledgers call it.
    pub id: AccountId,
    /// Person or service.
    pub kind: AccountKind,
    /// When it was made.
    pub created_at: Timestamp,
    /// How it is called.
    pub naming: Stamped<Naming>,
    /// Argon2id, in its text form.
    pub password: Stamped<Option<String>>,
    /// Since when it is closed; `None`: open.
    pub closed: Stamped<Option<Timestamp>>,
}

impl CarriedAccount {
    /// What counts of two words about one account.
    pub fn newest(&self, other: &CarriedAccount) -> CarriedAccount {
        CarriedAccount {
            id: self.id.clone(),
            kind: self.kind,
            created_at: self.created_at.min(other.created_at),
            naming: self.naming.newest(&other.naming),
            password: self.password.newest(&other.password),
            closed: newest_standing(&self.closed, &other.closed),
        }
    }

    /// When anything of it was last changed.
    pub fn changed_at(&self) -> Timestamp {
        let stamps = [self.naming.at, self.password.at, self.closed.at];
        stamps.into_iter().max().unwrap_or(self.created_at)
    }

    /// Errors: a sentence, if it cannot be an account.
    fn check(&self) -> Result<(), String> {
        let id = &self.id;
        let naming = &self.naming.value;
        if [AccountId::site_itself(), AccountId::operator_console()].contains(id) {
            return Err(format!("{id} is nobody's account"));
        }
        if !is_account_name(&naming.name)
            || naming
                .wanted
                .as_deref()
                .is_some_and(|name| !is_account_name(name))
        {
            return Err(format!("the account {id} has a name that is none"));
        }
        let shown = &naming.display_name;
        if shown.len() > DISPLAY_SIZE_BYTES_MAX || shown.chars().any(char::is_control) {
            return Err(format!(
                "the account {id} has a name to show that cannot be shown"
            ));
        }
        match &self.password.value {
            Some(hash) if !is_bearable(hash) => Err(format!(
                "the account {id} has a password hash of no known kind"
            )),
            _ => Ok(()),
        }
    }
}

/// Closing and opening: the newer one counts, and at one instant closing does.
fn newest_standing(
    ours: &Stamped<Option<Timestamp>>,
    theirs: &Stamped<Option<Timestamp>>,
) -> Stamped<Option<Timestamp>> {
    let order = |word: &Stamped<Option<Timestamp>>| {
        let is_closed = word.value.is_some();
        (word.at, is_closed, word.site.clone(), word.value)
    };
    match order(theirs) > order(ours) {
        true => theirs.clone(),
        false => ours.clone(),
    }
}

/// 1 to 63 of a-z, 0-9, '.', '_' and '-'.
pub fn is_account_name(name: &str) -> bool {
    (1..=NAME_LENGTH_MAX).contains(&name.len())
        && name.bytes().all(|b| {
            b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-')
        })
}

/// An argon2id hash that a sign-in may be checked against.
fn is_bearable(hash: &str) -> bool {
    let parts: Vec<&str> = hash.split('$').collect();
    let ["", "argon2id", _, costs, _, _] = parts[..] else {
        return false;
    };
    let is_allowed = |cost: &str| {
        let Some((name, value)) = cost.split_once('=') else {
            return false;
        };
        let limit = HASH_COSTS_MAX.iter().find(|(known, _)| *known == name);
        limit.is_some_and(|(_, most)| value.parse::<u32>().is_ok_and(|value| value <= *most))
    };
    hash.len() <= HASH_SIZE_BYTES_MAX && costs.split(',').all(is_allowed)
}

/// Accounts and tokens, as many as travel at a time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Carried {
    pub accounts: Vec<CarriedAccount>,
    pub tokens: Vec<Token>,
}

/// What has to be written so that all of `offered` is taken account of; empty if everything is known. All accounts
/// and tokens of this site are in `known`.
///
/// Errors: a sentence, if something offered cannot be; then nothing of it may be written.
pub fn settle(known: &Carried, offered: &Carried) -> Result<Carried, String> {
    let ours: BTreeMap<&AccountId, &CarriedAccount> =
        known.accounts.iter().map(|a| (&a.id, a)).collect();
    let mut all: BTreeMap<AccountId, CarriedAccount> = known
        .accounts
        .iter()
        .map(|account| (account.id.clone(), account.clone()))
        .collect();
    for account in &offered.accounts {
        account.check()?;
        let settled = match all.get(&account.id) {
            Some(known) if known.kind != account.kind => {
                return Err(format!(
                    "the account {} is a {} here and a {} there",
                    account.id,
                    known.kind.name(),
                    account.kind.name()
                ));
            }
            Some(known) => known.newest(account),
            None => account.clone(),
        };
        all.insert(account.id.clone(), settled);
    }
    tell_apart(&mut all);
    let tokens = settle_tokens(&known.tokens, &offered.tokens, &all)?;
    let accounts = all
        .into_values()
        .filter(|account| ours.get(&account.id) != Some(&account))
        .collect();
    Ok(Carried { accounts, tokens })
}

/// Of several accounts with one name the one keeps it that had it first. Each other one gets a name of its own,
/// the same at every site, until somebody renames it: nobody's account is lost or opened by another's password.
fn tell_apart(all: &mut BTreeMap<AccountId, CarriedAccount>) {
    for digits in [8, 16, 32] {
        let mut by_name: BTreeMap<&str, Vec<&CarriedAccount>> = BTreeMap::new();
        for account in all.values() {
            let name = account.naming.value.name.as_str();
            by_name.entry(name).or_default().push(account);
        }
        let mut later: Vec<AccountId> = Vec::new();
        for mut namesakes in by_name.into_values() {
            namesakes.sort_by_key(|a| (a.naming.at, a.naming.site.clone(), a.id.clone()));
            later.extend(namesakes.iter().skip(1).map(|account| account.id.clone()));
        }
        if later.is_empty() {
            return;
        }
        for id in later {
            if let Some(account) = all.get_mut(&id) {
                let naming = &mut account.naming;
                let given = naming.value.wanted.clone();
                let given = given.unwrap_or_else(|| naming.value.name.clone());
                naming.value.name = other_name(&given, &id, digits);
                naming.value.wanted = Some(given);
                // Newer than the word that it replaces, and the same wherever it is found out.
                naming.at = Timestamp(naming.at.0.saturating_add(1));
            }
        }
    }
}

fn other_name(name: &str, id: &AccountId, digits: usize) -> String {
    let kept: String = name.chars().take(NAME_LENGTH_MAX - 1 - digits).collect();
    let hex = Digest::of(id.as_str().as_bytes()).to_hex();
    format!("{kept}.{}", &hex[..digits])
}

/// Tokens never change but for their revocation, of which the first stands.
fn settle_tokens(
    known: &[Token],
    offered: &[Token],
    accounts: &BTreeMap<AccountId, CarriedAccount>,
) -> Result<Vec<Token>, String> {
    let by_id: BTreeMap<&str, &Token> = known.iter().map(|t| (t.id.as_str(), t)).collect();
    let hashes: BTreeSet<Digest> = known.iter().map(|token| token.hash).collect();
    let mut written: Vec<Token> = Vec::new();
    for token in offered.iter().filter(|token| token.travels()) {
        let is_named = (1..=120).contains(&token.id.len()) && token.name.len() <= 1_000;
        if !accounts.contains_key(&token.account) || !is_named {
            return Err(format!("the token {:?} is nobody's", token.id));
        }
        let settled = match by_id.get(token.id.as_str()) {
            Some(ours) => {
                let revoked_at = [ours.revoked_at, token.revoked_at];
                let revoked_at = revoked_at.into_iter().flatten().min();
                let as_ours = Token {
                    revoked_at: ours.revoked_at,
                    ..token.clone()
                };
                if as_ours != **ours {
                    return Err(format!("the token {} is another one here", token.id));
                }
                Token {
                    revoked_at,
                    ..token.clone()
                }
            }
            None if hashes.contains(&token.hash)
                || written.iter().any(|w| w.hash == token.hash) =>
            {
                return Err(format!("the token {} has another one's secret", token.id));
            }
            None => token.clone(),
        };
        if by_id.get(token.id.as_str()) != Some(&&settled) {
            written.push(settled);
        }
    }
    Ok(written)
}
