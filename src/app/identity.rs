//! The site's identity: its name, its ledger's origin and its signing key, made once and checked at every start.

use std::path::{Path, PathBuf};

use super::AppError;
use crate::store::{SigningIdentity, Store};
use rulegate_ledger::checkpoint::{Origin, SigningKey, VerifierKey};
use rulegate_ledger::ids::SiteName;

/// The installation's name if nobody gives one.
const INSTALLATION: &str = "local/e3";

/// A process's own identity as its settings give it, and the keys under which it believes others.
#[derive(Debug, Clone, Default)]
pub struct IdentitySettings {
    /// `ORGANISATION/INSTALLATION`; counts when the database is new and is checked afterwards.
    pub installation: Option<String>,
    /// Where the signing key is kept; without it the database keeps it.
    pub key_file: Option<PathBuf>,
    /// Keys under which other sites' checkpoints are believed.
    pub peer_keys: Vec<VerifierKey>,
    /// True for a command that works on the database beside the server: it makes no key and signs nothing. What it
    /// appends is signed by the server.
    pub is_guest: bool,
}

/// The key with which `site` signs, made now if the database is new.
///
/// Errors: [`AppError::Broken`] if the database signs for another origin or with another key than was given, or if
/// its key is in a file that was not named; the store's.
pub async fn establish(
    store: &Store,
    site: &SiteName,
    settings: &IdentitySettings,
) -> Result<SigningKey, AppError> {
    if settings.is_guest {
        return fresh(Origin::of(INSTALLATION, site).map_err(AppError::broken)?);
    }
    let kept = match store.signing_identity().await? {
        Some(kept) => kept,
        None => {
            let installation = settings.installation.as_deref().unwrap_or(INSTALLATION);
            let origin = Origin::of(installation, site).map_err(AppError::broken)?;
            let key = match &settings.key_file {
                Some(path) => made_file(path, origin)?,
                None => fresh(origin)?,
            };
            store
                .claim_signing_identity(&identity(&key, settings))
                .await?
        }
    };
    checked(&kept, site, settings)
}

/// What the database keeps of a key: the secret only if it is in no file.
fn identity(key: &SigningKey, settings: &IdentitySettings) -> SigningIdentity {
    SigningIdentity {
        origin: key.origin().to_string(),
        verifier_key: key.verifier().to_string(),
        secret: settings.key_file.is_none().then(|| key.secret().to_vec()),
    }
}

fn checked(
    kept: &SigningIdentity,
    site: &SiteName,
    settings: &IdentitySettings,
) -> Result<SigningKey, AppError> {
    let origin: Origin = kept.origin.parse().map_err(AppError::broken)?;
    let wanted = settings
        .installation
        .as_deref()
        .map_or(Ok(origin.clone()), |name| Origin::of(name, site))
        .map_err(AppError::broken)?;
    if origin != wanted || origin.site() != *site {
        return Err(AppError::broken(format!(
            "this database signs for {origin}, not for {wanted}: give the database or the installation that belong together"
        )));
    }
    let secret = kept
        .secret
        .as_deref()
        .map(|secret| {
            let seed = secret
                .try_into()
                .map_err(|_| AppError::broken("the signing key in the database is damaged"))?;
            Ok::<_, AppError>(SigningKey::new(origin.clone(), seed))
        })
        .transpose()?;
    let key = match (&settings.key_file, secret) {
        (Some(path), _) => from_file(path)?,
        (None, Some(key)) => key,
        (None, None) => {
            return Err(AppError::broken(format!(
                "the signing key of {origin} is kept in a file: name it with --key"
            )));
        }
    };
    if key.verifier().to_string() != kept.verifier_key {
        return Err(AppError::broken(format!(
            "this database signs with the key {}, but given was {}: other sites would not believe it",
            kept.verifier_key,
            key.verifier()
        )));
    }
    Ok(key)
}

/// The key with its secret from the file, or else from the database, if it is the one that the database names.
///
/// Errors: a sentence that says what does not fit.
pub fn check_secret(kept: &SigningIdentity, key_file: Option<&Path>) -> Result<SigningKey, String> {
    let told = |error: AppError| error.to_string();
    let origin: Origin = kept.origin.parse().map_err(|e| told(AppError::broken(e)))?;
    let settings = IdentitySettings {
        key_file: key_file.map(Path::to_owned),
        ..IdentitySettings::default()
    };
    checked(kept, &origin.site(), &settings).map_err(told)
}

fn fresh(origin: Origin) -> Result<SigningKey, AppError> {
    let mut seed = [0; 32];
    #[expect(clippy::disallowed_methods, reason = "here a site's key is made")]
    getrandom::fill(&mut seed).map_err(AppError::broken)?;
    Ok(SigningKey::new(origin, &seed))
}

/// The key in the file, which is written if it is not there: readable by its owner only, whole or not at all.
fn made_file(path: &Path, origin: Origin) -> Result<SigningKey, AppError> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    if path.exists() {
        let key = from_file(path)?;
        return match *key.origin() == origin {
            true => Ok(key),
            false => Err(AppError::broken(format!(
                "{} holds the key of {}, not of {origin}",
                path.display(),
                key.origin()
            ))),
        };
    }
    let key = fresh(origin)?;
    let cannot = |e: std::io::Error| {
        AppError::broken_while(
            format!("cannot write the signing key to {}", path.display()),
            e,
        )
    };
    let draft = path.with_extension("new");
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&draft)
        .map_err(cannot)?;
    writeln!(file, "{}", key.secret_text()).map_err(cannot)?;
    file.sync_all().map_err(cannot)?;
    // Of two processes that start at once one writes the file, the other reads it.
    match std::fs::hard_link(&draft, path) {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => return Err(cannot(e)),
        _ => {}
    }
    let _ = std::fs::remove_file(&draft);
    from_file(path)
}

fn from_file(path: &Path) -> Result<SigningKey, AppError> {
    let cannot = || format!("cannot read the signing key in {}", path.display());
    let text = std::fs::read_to_string(path).map_err(|e| AppError::broken_while(cannot(), e))?;
    SigningKey::from_secret_text(&text).map_err(|e| AppError::broken_while(cannot(), e))
}
