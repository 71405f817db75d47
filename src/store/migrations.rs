//! The tables of both databases, as numbered steps that are built into the binary.

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// A step's file name, e.g. `0001_store.sql`, with its text.
type Step = (&'static str, &'static str);

macro_rules! steps {
    ($engine:literal: $($file:literal),* $(,)?) => {
        &[$(($file, include_str!(concat!("../../migrations/", $engine, "/", $file)))),*]
    };
}

const SQLITE: &[Step] = steps!("sqlite":
    "0001_store.sql", "0002_sites.sql", "0003_seen.sql", "0004_carried_accounts.sql");
const POSTGRES: &[Step] = steps!("postgres":
    "0001_store.sql", "0002_sites.sql", "0003_seen.sql", "0004_carried_accounts.sql");

/// The steps of a SQLite file.
pub(super) fn sqlite() -> Migrator {
    migrator(SQLITE)
}

/// The steps of a PostgreSQL schema.
pub(super) fn postgres() -> Migrator {
    migrator(POSTGRES)
}

fn migrator(steps: &[Step]) -> Migrator {
    let step = |&(file, sql): &Step| {
        let name = file.strip_suffix(".sql").and_then(|f| f.split_once('_'));
        let (number, name) = name.expect("a step is called NUMBER_NAME.sql");
        let number = number.parse().expect("a step begins with its number");
        let name = name.replace('_', " ");
        Migration::new(
            number,
            name.into(),
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    };
    let mut migrator = Migrator::with_migrations(steps.iter().map(step).collect());
    // A newer program may have been here; its additions do not disturb this one.
    migrator.set_ignore_missing(true);
    migrator
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_built_in() {
        for (engine, steps) in [("sqlite", SQLITE), ("postgres", POSTGRES)] {
            let folder = format!("{}/migrations/{engine}", env!("CARGO_MANIFEST_DIR"));
            let mut files: Vec<String> = std::fs::read_dir(folder)
                .unwrap()
                .map(|file| file.unwrap().file_name().into_string().unwrap())
                .collect();
            files.sort();
            let built_in: Vec<&str> = steps.iter().map(|(file, _)| *file).collect();
            assert_eq!(built_in, files, "{engine}");
        }
    }
}
