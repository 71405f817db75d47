//! Passwords: argon2id, behind a gate so that guessing cannot exhaust the machine.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// Hashes computed at a time; each takes 19 MiB and some 25 ms of a core.
const AT_A_TIME: usize = 2;
/// Sign-ins that may wait for the gate; beyond that people are asked to try again.
const WAITING_MAX: usize = 16;
/// Shortest password accepted.
pub const LENGTH_MIN: usize = 12;
/// Longest password accepted: long passphrases are fine, megabytes are not.
pub const LENGTH_MAX: usize = 256;

/// The gate before hashing.
pub struct Passwords {
    working: Semaphore,
    waiting: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Passwords {
            working: Semaphore::new(AT_A_TIME),
            waiting: Semaphore::new(AT_A_TIME + WAITING_MAX),
        }
    }
}

/// Too many sign-ins wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy;

/// Why a new password is refused.
///
/// Errors: a sentence that says what to do.
pub fn acceptable(password: &str, account_name: &str) -> Result<(), String> {
    let length = password.chars().count();
    if length < LENGTH_MIN {
        return Err(format!(
            "A password has at least {LENGTH_MIN} characters; a few words make a good one."
        ));
    }
    if password.len() > LENGTH_MAX {
        return Err(format!("A password has at most {LENGTH_MAX} characters."));
    }
    let lower = password.to_lowercase();
    let first = password.chars().next();
    let common = [
        "password", "rulegate", "123456", "qwerty", "letmein", "welcome",
    ];
    let is_guessable = lower.contains(&account_name.to_lowercase())
        || password.chars().all(|c| Some(c) == first)
        || common
            .iter()
            .any(|word| lower.starts_with(word) && length < word.len() + 8);
    if is_guessable {
        return Err(
            "This password is among the first that somebody would guess: choose another."
                .to_owned(),
        );
    }
    Ok(())
}

impl Passwords {
    /// The PHC string of a password, argon2id with 19 MiB, 2 passes, 1 lane.
    ///
    /// Errors: [`Busy`].
    pub async fn hash(&self, password: &str) -> Result<String, Busy> {
        let password = password.to_owned();
        self.gated(move || {
            Argon2::default()
                .hash_password(password.as_bytes())
                .expect("argon2 hashes any bytes")
                .to_string()
        })
        .await
    }

    /// True if `password` is the one that `hash` was made of. Without a hash the same work is done in
    /// vain, so that nobody learns from the time taken whether an account exists.
    ///
    /// Errors: [`Busy`].
    pub async fn verify(&self, hash: Option<String>, password: &str) -> Result<bool, Busy> {
        let password = password.to_owned();
        self.gated(move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODYS.to_owned());
            let Ok(parsed) = PasswordHash::new(&hash) else {
                return false;
            };
            Argon2::default()
                .verify_password(password.as_bytes(), &parsed)
                .is_ok()
                && known
        })
        .await
    }

    async fn gated<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let _place = self.waiting.try_acquire().map_err(|_| Busy)?;
        let _turn = self.working.acquire().await.map_err(|_| Busy)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| Busy)
    }
}

/// The hash of a password that was thrown away, with the same parameters as everybody's.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Yk8qfyUqO7v5oYxJ0r1m3Yw2z0xk1lq3b1w0mQw2u8E";

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_verifies_against_its_own_hash_only() {
        let gate = Passwords::default();
        let hash = gate.hash("correct horse battery").await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert_eq!(
            gate.verify(Some(hash.clone()), "correct horse battery")
                .await,
            Ok(true)
        );
        assert_eq!(
            gate.verify(Some(hash), "correct horse batterz").await,
            Ok(false)
        );
        assert_eq!(gate.verify(None, "anything").await, Ok(false));
    }

    #[test]
    fn nobodys_hash_costs_what_everybodys_does() {
        assert!(PasswordHash::new(NOBODYS).is_ok());
    }

    #[test]
    fn guessable_passwords_are_refused() {
        for bad in ["short", "aaaaaaaaaaaaaa", "password1234", "i-am-ana-ruiz!"] {
            assert!(acceptable(bad, "ana").is_err(), "{bad}");
        }
        assert!(acceptable("correct horse battery", "ana").is_ok());
    }
}
