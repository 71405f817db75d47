//! A checkpoint: a site's signed word on how long its ledger is and what its root is.
//!
//! Source: C2SP tlog-checkpoint and signed-note; Ed25519 signatures (type 0x01). `docs/ledger-format.md`,
//! section "Checkpoint".

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::Signer as _;
use sha2::Digest as _;

use crate::digest::Digest;
use crate::ids::SiteName;
use crate::text;

/// The type of an Ed25519 signature in a key's id and in a verifier key.
const ED25519: u8 = 0x01;
/// A note is a few hundred bytes; this leaves room for signatures of witnesses.
const NOTE_SIZE_BYTES_MAX: usize = 16 * 1024;
/// Signatures looked at in one note.
const SIGNATURES_MAX: usize = 16;
const ORIGIN_SIZE_BYTES_MAX: usize = 255;

/// Which ledger of which installation: `<organisation>/rulegate/<installation>/<site>`. Also the name of its key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(std::sync::Arc<str>);

/// The text is no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "an origin is ORGANISATION/rulegate/INSTALLATION/SITE, each part 1 to 63 of A-Z a-z 0-9 . _ -, not {0:?}"
)]
pub struct OriginError(String);

impl Origin {
    /// The origin of `site` in an installation named `ORGANISATION/INSTALLATION`.
    pub fn of(installation: &str, site: &SiteName) -> Result<Origin, OriginError> {
        let named = installation
            .split_once('/')
            .map(|(organisation, name)| format!("{organisation}/rulegate/{name}/{site}"));
        named
            .ok_or_else(|| OriginError(installation.chars().take(80).collect()))?
            .parse()
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whose ledger.
    pub fn site(&self) -> SiteName {
        let site = self.0.rsplit('/').next().unwrap_or_default();
        site.parse().expect("an origin ends with a site's name")
    }
}

impl FromStr for Origin {
    type Err = OriginError;
    fn from_str(given: &str) -> Result<Origin, OriginError> {
        let parts: Vec<&str> = given.split('/').collect();
        let is_part = |part: &&str| {
            (1..=63).contains(&part.len())
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        };
        let is_good = parts.len() == 4
            && parts.iter().all(is_part)
            && parts[1] == "rulegate"
            && parts[3].parse::<SiteName>().is_ok()
            && given.len() <= ORIGIN_SIZE_BYTES_MAX;
        match is_good {
            true => Ok(Origin(given.into())),
            false => Err(OriginError(given.chars().take(80).collect())),
        }
    }
}
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
text::as_text!(Origin);

/// What a checkpoint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which ledger.
    pub origin: Origin,
    /// How many entries it has.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Digest,
}

impl Checkpoint {
    /// The three lines that are signed.
    pub fn text(&self) -> String {
        let (origin, size) = (&self.origin, self.size);
        format!("{origin}\n{size}\n{}\n", BASE64.encode(self.root.0))
    }

    /// The three lines as they stand in a note; byte for byte what [`Checkpoint::text`] writes.
    fn read(text: &str) -> Result<Checkpoint, NoteError> {
        let lines: Vec<&str> = text
            .strip_suffix('\n')
            .unwrap_or(text)
            .split('\n')
            .collect();
        let [origin, size, root, more @ ..] = &lines[..] else {
            return Err(NoteError::Malformed("a checkpoint has three lines"));
        };
        if !more.is_empty() {
            return Err(NoteError::Newer);
        }
        let origin: Origin = origin
            .parse()
            .map_err(|_| NoteError::Malformed("its first line is no origin"))?;
        let size: u64 = size
            .parse()
            .map_err(|_| NoteError::Malformed("its second line is no size"))?;
        let root: [u8; 32] = BASE64
            .decode(root)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(NoteError::Malformed("its third line is no root"))?;
        let root = Digest(root);
        let checkpoint = Checkpoint { origin, size, root };
        match checkpoint.text() == text {
            true => Ok(checkpoint),
            false => Err(NoteError::Malformed("it is not written as it must be")),
        }
    }
}

/// Why a note is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum NoteError {
    #[error("the checkpoint is not readable: {0}")]
    Malformed(&'static str),
    #[error("the checkpoint says more than this program understands: upgrade it")]
    Newer,
    #[error("the checkpoint of {origin} is signed by none of the keys that are trusted for it")]
    OtherKey { origin: String },
    #[error("the signature of {origin} under the checkpoint is false")]
    FalseSignature { origin: String },
}

/// A site's key for signing checkpoints. Whoever holds it can speak for the site's ledger.
#[derive(Clone)]
pub struct SigningKey {
    origin: Origin,
    key: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// From 32 secret random bytes.
    pub fn new(origin: Origin, seed: &[u8; 32]) -> SigningKey {
        let key = ed25519_dalek::SigningKey::from_bytes(seed);
        SigningKey { origin, key }
    }

    /// From the line that [`SigningKey::secret_text`] wrote.
    ///
    /// Errors: [`KeyError`].
    pub fn from_secret_text(text: &str) -> Result<SigningKey, KeyError> {
        let parts: Vec<&str> = text.trim_end().splitn(5, '+').collect();
        let ["PRIVATE", "KEY", origin, id, key] = parts[..] else {
            return Err(KeyError("it does not begin with PRIVATE+KEY+"));
        };
        let origin = origin
            .parse()
            .map_err(|_| KeyError("its name is no origin"))?;
        let key = BASE64.decode(key).unwrap_or_default();
        let seed: [u8; 32] = match key.split_first() {
            Some((&ED25519, seed)) => seed.try_into().ok(),
            _ => None,
        }
        .ok_or(KeyError("its key is none of Ed25519"))?;
        let key = SigningKey::new(origin, &seed);
        match hex::encode(key.verifier().id) == id {
            true => Ok(key),
            false => Err(KeyError("its id is not that of its name and key")),
        }
    }

    /// The 32 secret bytes.
    pub fn secret(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// The key with its secret in one line, as it stands in a key file: `PRIVATE+KEY+<origin>+<id>+<key>`.
    pub fn secret_text(&self) -> String {
        let mut key = vec![ED25519];
        key.extend_from_slice(&self.key.to_bytes());
        let (origin, id) = (&self.origin, hex::encode(self.verifier().id));
        format!("PRIVATE+KEY+{origin}+{id}+{}", BASE64.encode(key))
    }

    /// Whose key it is.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What others check signatures with.
    pub fn verifier(&self) -> VerifierKey {
        VerifierKey::new(self.origin.clone(), self.key.verifying_key())
    }

    /// A signed note that says how long the ledger is and what its root is. The same every time.
    pub fn sign(&self, size: u64, root: Digest) -> String {
        let origin = self.origin.clone();
        let text = Checkpoint { origin, size, root }.text();
        let mut signature = self.verifier().id.to_vec();
        signature.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        format!("{text}\n— {} {}\n", self.origin, BASE64.encode(signature))
    }
}

impl SigningKey {
    /// The site's signature under a statement that is no checkpoint.
    pub fn vouch(&self, text: &str) -> [u8; 64] {
        let said = statement(&self.origin, text);
        self.key.sign(said.as_bytes()).to_bytes()
    }
}

/// The bytes signed for a statement: no checkpoint begins like this, so that neither passes for the other.
fn statement(origin: &Origin, text: &str) -> String {
    format!("rulegate statement\n{origin}\n{text}")
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the signing key of {}", self.origin)
    }
}

/// What checkpoints of a ledger are checked with; as text `<origin>+<id>+<key>`.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    origin: Origin,
    /// The first four bytes of SHA-256 of the name, a line feed, the type and the public key.
    id: [u8; 4],
    key: ed25519_dalek::VerifyingKey,
}

/// The text is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is no key, which looks like ORIGIN+8 hex digits+base64: {0}")]
pub struct KeyError(&'static str);

impl VerifierKey {
    fn new(origin: Origin, key: ed25519_dalek::VerifyingKey) -> VerifierKey {
        let mut hasher = sha2::Sha256::new();
        hasher.update(origin.as_str());
        hasher.update([b'\n', ED25519]);
        hasher.update(key.as_bytes());
        let hash: [u8; 32] = hasher.finalize().into();
        let id = [hash[0], hash[1], hash[2], hash[3]];
        VerifierKey { origin, id, key }
    }

    /// Whose ledger it checks.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// True if the holder of this key made the statement; see [`SigningKey::vouch`].
    pub fn has_vouched(&self, text: &str, signature: &[u8]) -> bool {
        let Ok(signature) = ed25519_dalek::Signature::from_slice(signature) else {
            return false;
        };
        let said = statement(&self.origin, text);
        self.key.verify_strict(said.as_bytes(), &signature).is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![ED25519];
        key.extend_from_slice(self.key.as_bytes());
        let (origin, id) = (&self.origin, hex::encode(self.id));
        write!(f, "{origin}+{id}+{}", BASE64.encode(key))
    }
}
impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl FromStr for VerifierKey {
    type Err = KeyError;
    fn from_str(given: &str) -> Result<VerifierKey, KeyError> {
        // Base64 may hold a plus sign, so only the first two count.
        let mut parts = given.splitn(3, '+');
        let (Some(origin), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError("a part is missing"));
        };
        let origin = origin
            .parse()
            .map_err(|_| KeyError("its name is no origin"))?;
        let key = BASE64
            .decode(key)
            .map_err(|_| KeyError("its key is not base64"))?;
        let key: [u8; 32] = match key.split_first() {
            Some((&ED25519, key)) => key.try_into().ok(),
            _ => None,
        }
        .ok_or(KeyError("its key is none of Ed25519"))?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(&key)
            .map_err(|_| KeyError("its key is none of Ed25519"))?;
        let made = VerifierKey::new(origin, key);
        match hex::encode(made.id) == id {
            true => Ok(made),
            false => Err(KeyError("its id is not that of its name and key")),
        }
    }
}
text::as_text!(VerifierKey);

/// Reads a signed note and believes it if one of `keys` signed it.
///
/// Signatures by others are passed over, as signatures of witnesses are. A false signature under the name and id
/// of one of the keys makes the whole note unbelievable.
///
/// Errors: every [`NoteError`].
pub fn open(note: &str, keys: &[VerifierKey]) -> Result<Checkpoint, NoteError> {
    let (text, checkpoint, signatures) = parts(note)?;
    let mut is_signed = false;
    let origin = || checkpoint.origin.to_string();
    for (name, id, signature) in signatures {
        let Some(key) = keys.iter().find(|key| {
            key.origin.as_str() == name && key.id == id && key.origin == checkpoint.origin
        }) else {
            continue;
        };
        let signature = ed25519_dalek::Signature::from_slice(&signature)
            .map_err(|_| NoteError::FalseSignature { origin: origin() })?;
        key.key
            .verify_strict(text.as_bytes(), &signature)
            .map_err(|_| NoteError::FalseSignature { origin: origin() })?;
        is_signed = true;
    }
    match is_signed {
        true => Ok(checkpoint),
        false => Err(NoteError::OtherKey { origin: origin() }),
    }
}

/// Reads what a note says without believing it.
///
/// Errors: [`NoteError::Malformed`] and [`NoteError::Newer`].
pub fn read_unverified(note: &str) -> Result<Checkpoint, NoteError> {
    parts(note).map(|(_, checkpoint, _)| checkpoint)
}

type Signature<'a> = (&'a str, [u8; 4], Vec<u8>);

/// The signed text, what it says, and the signatures under it.
fn parts(note: &str) -> Result<(&str, Checkpoint, Vec<Signature<'_>>), NoteError> {
    let malformed = NoteError::Malformed;
    if note.len() > NOTE_SIZE_BYTES_MAX {
        return Err(malformed("it is too long"));
    }
    if note.chars().any(|c| c < ' ' && c != '\n') {
        return Err(malformed("it holds control characters"));
    }
    let (_, lines) = note
        .rsplit_once("\n\n")
        .ok_or(malformed("no empty line stands before the signatures"))?;
    let text = &note[..note.len() - lines.len() - 1];
    let lines = lines
        .strip_suffix('\n')
        .ok_or(malformed("its last line is not ended"))?;
    let mut signatures = Vec::new();
    for line in lines.split('\n') {
        let signature = line
            .strip_prefix("— ")
            .and_then(|rest| rest.split_once(' '))
            .filter(|(name, _)| !name.is_empty() && !name.contains('+'));
        let bytes = signature
            .and_then(|(_, base64)| BASE64.decode(base64).ok())
            .filter(|bytes| bytes.len() > 4);
        let (Some((name, _)), Some(bytes)) = (signature, bytes) else {
            return Err(malformed("a signature line is none"));
        };
        if signatures.len() == SIGNATURES_MAX {
            return Err(malformed("it has too many signatures"));
        }
        let id = [bytes[0], bytes[1], bytes[2], bytes[3]];
        signatures.push((name, id, bytes[4..].to_vec()));
    }
    Ok((text, Checkpoint::read(text)?, signatures))
}
