//! What tests stand on.
pub mod export;
pub mod golden;
pub mod postgres;
pub mod world;
