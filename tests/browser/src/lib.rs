//! Browser journeys against a real demo.
