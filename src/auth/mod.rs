//! Who is asking: passwords, sign-ins, tokens. Rights themselves are ledger facts and live in the domain.

pub mod accounts;
pub mod directory;
pub mod password;
pub mod sign_in;
pub mod throttle;
pub mod token;

use std::sync::Arc;

use crate::app::App;

pub use crate::store::{Account, AccountKind, SignIn, Token};

/// Everything that tells who is asking, for one site. Cheap to clone.
#[derive(Clone)]
pub struct Auth {
    /// Accounts and tokens in memory.
    pub directory: Arc<directory::Directory>,
    /// The gate before password hashing.
    pub passwords: Arc<password::Passwords>,
    /// Failed tries.
    pub throttle: Arc<throttle::Throttle>,
    sign_ins: Arc<sign_in::Cache>,
    app: Arc<App>,
}

impl Auth {
    /// Reads the accounts and keeps them fresh.
    ///
    /// A database that is away is not an error here: nobody can sign in until it is back.
    pub async fn start(app: Arc<App>) -> Auth {
        let directory = directory::start(app.clone()).await;
        Auth {
            directory,
            passwords: Arc::default(),
            throttle: Arc::default(),
            sign_ins: Arc::default(),
            app,
        }
    }
}

impl Auth {
    /// Reads accounts and tokens anew if another process changed them up to this number.
    pub async fn catch_up_to(&self, version: i64) {
        if version > self.directory.known().version
            && let Err(error) = self.directory.refresh(&self.app).await
        {
            tracing::debug!(%error, "accounts are not readable now");
        }
    }
}

/// 32 random bytes from the operating system, as 43 characters of base64url.
pub fn random_secret() -> String {
    use base64::Engine as _;
    let mut bytes = [0u8; 32];
    #[expect(clippy::disallowed_methods, reason = "here secrets are made")]
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
