//! Sealing for one site: what is sealed, only that site opens, and it knows who sealed it.
//!
//! HPKE (RFC 9180) with X25519, HKDF-SHA256 and ChaCha20-Poly1305. A site's sealing key is derived from its signing
//! key and vouched for by it, so that it is kept, replaced and believed together with that key.

use hkdf::Hkdf;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use rulegate_ledger::checkpoint::{Origin, SigningKey, VerifierKey};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::SiteName;

/// The form of what is sealed.
pub const FORMAT: u32 = 1;
/// What the keys are for; a key for another purpose opens nothing of this.
const PURPOSE: &[u8] = b"rulegate sealed accounts";
/// What makes the sealing key out of the signing key.
const DERIVED_FOR: &[u8] = b"rulegate sealing key";

/// With what this site opens what was sealed for it.
pub struct SealingKey {
    secret: <X25519HkdfSha256 as hpke::Kem>::PrivateKey,
    public: PublicKey,
}

/// For whom to seal, in the name of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    /// Whose key it says to be.
    pub site: SiteName,
    /// 32 bytes as hexadecimal digits.
    pub key: String,
    /// That site's signature under it, as hexadecimal digits.
    pub signature: String,
}

/// Something sealed by one site for another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Sealed {
    /// The form of all this; 1.
    pub format: u32,
    /// Who sealed it.
    #[schema(value_type = String)]
    pub from: Origin,
    /// For whom.
    #[schema(value_type = String)]
    pub to: Origin,
    /// After which change it begins; -1: with the first.
    pub since: i64,
    /// Up to which change it goes.
    pub upto: i64,
    /// The encapsulated key, as hexadecimal digits.
    pub encapsulated: String,
    /// The sealed bytes, as hexadecimal digits.
    pub sealed: String,
    /// The sender's signature under everything above, as hexadecimal digits.
    pub signature: String,
}

/// Why something sealed is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It has a form that this program does not know.
    #[error("it has format {0}")]
    Newer(u32),
    /// It is not what was asked for, from whom it was asked.
    #[error("{0}")]
    NotBelieved(String),
}

impl SealingKey {
    /// The sealing key that belongs to a signing key: the same at every start and in every process.
    pub fn of(key: &SigningKey) -> SealingKey {
        let mut material = [0; 32];
        Hkdf::<Sha256>::new(None, &key.secret())
            .expand(DERIVED_FOR, &mut material)
            .expect("32 bytes can be derived");
        let (secret, public) = X25519HkdfSha256::derive_keypair(&material);
        let public_hex = hex::encode(public.to_bytes());
        let signature = key.vouch(&key_statement(&public_hex));
        SealingKey {
            secret,
            public: PublicKey {
                site: key.origin().site(),
                key: public_hex,
                signature: hex::encode(signature),
            },
        }
    }

    /// What others seal with.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Opens what `from` sealed for `own`. `keys` are those that are believed of that site.
    ///
    /// Errors: every [`SealError`]; it says whether sender, receiver, place, signature or seal is wrong.
    pub fn open(
        &self,
        sealed: &Sealed,
        (own, since): (&Origin, i64),
        keys: &[VerifierKey],
    ) -> Result<Vec<u8>, SealError> {
        let wrong = |why: String| Err(SealError::NotBelieved(why));
        if sealed.format != FORMAT {
            return Err(SealError::Newer(sealed.format));
        }
        let mut known = keys.iter().filter(|key| *key.origin() == sealed.from);
        let Some(first) = known.next() else {
            return wrong(format!(
                "they are of {}, whose key is not believed",
                sealed.from
            ));
        };
        if sealed.to != *own || sealed.since != since {
            return wrong(format!(
                "they are for {} after {}, asked was for {own} after {since}",
                sealed.to, sealed.since
            ));
        }
        let header = header(sealed, &self.public.key);
        let (Some(encapsulated), Some(bytes), Some(signature)) = (
            hex::decode(&sealed.encapsulated).ok(),
            hex::decode(&sealed.sealed).ok(),
            hex::decode(&sealed.signature).ok(),
        ) else {
            return wrong("they are not written as they must be".into());
        };
        let said = signed_text(&header, &encapsulated, &bytes);
        if !std::iter::once(first)
            .chain(known)
            .any(|key| key.has_vouched(&said, &signature))
        {
            return wrong(format!(
                "the signature of {} under them is false",
                sealed.from
            ));
        }
        let cannot =
            |_| SealError::NotBelieved("they cannot be opened with this site's key".into());
        let encapsulated = <X25519HkdfSha256 as hpke::Kem>::EncappedKey::from_bytes(&encapsulated)
            .map_err(cannot)?;
        hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &self.secret,
            &encapsulated,
            PURPOSE,
            &bytes,
            header.as_bytes(),
        )
        .map_err(cannot)
    }
}

impl PublicKey {
    /// Whose key it is by the word of one of `keys`, those that are believed of that site.
    ///
    /// Errors: a sentence, if none of them vouched for it.
    pub fn owner(&self, keys: &[VerifierKey]) -> Result<Origin, String> {
        let signature = hex::decode(&self.signature).unwrap_or_default();
        let statement = key_statement(&self.key);
        keys.iter()
            .filter(|key| key.origin().site() == self.site)
            .find(|key| key.has_vouched(&statement, &signature))
            .map(|key| key.origin().clone())
            .ok_or_else(|| {
                format!(
                    "the sealing key is signed by none of the keys that are believed for {}: give its key with --peer-key",
                    self.site
                )
            })
    }

    /// Seals bytes for the site whose key this is, in the name of `by`. For a key that none of `keys` vouched for
    /// nothing is ever sealed.
    ///
    /// Errors: a sentence that says why not.
    pub fn seal(
        &self,
        by: &SigningKey,
        (since, upto): (i64, i64),
        plain: &[u8],
        keys: &[VerifierKey],
    ) -> Result<Sealed, String> {
        let to = self.owner(keys)?;
        let no_key = |_| "the sealing key is no key".to_owned();
        let bytes = hex::decode(&self.key).map_err(|_| "the sealing key is no key".to_owned())?;
        let key = <X25519HkdfSha256 as hpke::Kem>::PublicKey::from_bytes(&bytes).map_err(no_key)?;
        let mut sealed = Sealed {
            format: FORMAT,
            from: by.origin().clone(),
            to,
            since,
            upto,
            encapsulated: String::new(),
            sealed: String::new(),
            signature: String::new(),
        };
        let header = header(&sealed, &self.key);
        let (encapsulated, bytes) = hpke::single_shot_seal::<
            ChaCha20Poly1305,
            HkdfSha256,
            X25519HkdfSha256,
        >(
            &OpModeS::Base, &key, PURPOSE, plain, header.as_bytes()
        )
        .map_err(no_key)?;
        let encapsulated = encapsulated.to_bytes();
        sealed.signature = hex::encode(by.vouch(&signed_text(&header, &encapsulated, &bytes)));
        sealed.encapsulated = hex::encode(encapsulated);
        sealed.sealed = hex::encode(bytes);
        Ok(sealed)
    }
}

fn key_statement(key: &str) -> String {
    format!("sealing key\n{key}\n")
}

/// What is said beside the sealed bytes; the seal itself is bound to it.
fn header(sealed: &Sealed, key: &str) -> String {
    let Sealed {
        format,
        from,
        to,
        since,
        upto,
        ..
    } = sealed;
    format!("sealed accounts {format}\n{from}\n{to}\n{key}\n{since}\n{upto}\n")
}

fn signed_text(header: &str, encapsulated: &[u8], bytes: &[u8]) -> String {
    let (encapsulated, bytes) = (hex::encode(encapsulated), Digest::of(bytes));
    format!("{header}{encapsulated}\n{bytes}\n")
}
