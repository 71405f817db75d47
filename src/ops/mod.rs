//! Running the process: logs, health, the accept loop, an orderly end.

pub mod health;
pub mod logging;
pub mod server;
