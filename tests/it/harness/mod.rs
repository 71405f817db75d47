//! What tests stand on.
pub mod golden;
pub mod postgres;
pub mod world;
