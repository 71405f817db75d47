//! Two sites: what travels between them, what is refused, what is taken back.
mod carrying;
pub mod given;
mod identity;
mod read_your_writes;
mod reading;
mod recovery;
mod refusals;
mod sealing;
mod settling;
mod tls;
