//! The interface for programs, through the router in-process.
mod contract;
