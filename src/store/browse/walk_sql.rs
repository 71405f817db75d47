//! The statements of the walks, one pair an index, direction and database.

use super::{Direction, Index};
use crate::store::Store;
use crate::store::rows::entry_columns;

/// Whether a hit has another facet's value too, if one is wanted.
macro_rules! also {
    ($facet:literal, $value:literal) => {
        concat!(
            "(",
            $value,
            " IS NULL OR EXISTS (SELECT 1 FROM entry_index AS also WHERE also.site = $1 ",
            "AND also.facet = ",
            $facet,
            " AND also.value = ",
            $value,
            " AND also.seq = hit.seq))"
        )
    };
}

/// The statements of the walks. `$1` site, `$2` the indexed value (for the site itself ''), `$3` and `$4`
/// exclusive bounds of seq, `$5` rows to look at; then the other filters, NULL for none, and the page's size.
/// `$9` is a kind, or with `$10` the bounds of a family of kinds. PostgreSQL has an index a column, SQLite
/// one table for all.
macro_rules! walk_sql {
    (entry $column:literal, $order:literal) => {
        WalkSql {
            rows: concat!(
                "SELECT ", entry_columns!(), " FROM (SELECT ", entry_columns!(),
                " FROM entry WHERE site = $1 AND ", $column, " = $2 AND seq > $3 AND seq < $4 ORDER BY seq ",
                $order, " LIMIT $5) AS hit WHERE ($6 IS NULL OR ruleset = $6) AND ($7 IS NULL OR lane = $7) ",
                "AND ($8 IS NULL OR actor = $8) AND ($9 IS NULL OR $10 IS NOT NULL OR kind = $9) ",
                "AND ($10 IS NULL OR (kind >= $9 AND kind < $10)) ",
                "AND ($11 IS NULL OR version = $11) AND ($12 IS NULL OR review = $12) ORDER BY seq ",
                $order, " LIMIT $13"
            ),
            place: concat!(
                "SELECT seq FROM entry WHERE site = $1 AND ", $column,
                " = $2 AND seq > $3 AND seq < $4 ORDER BY seq ", $order, " LIMIT 1 OFFSET $5"
            ),
        }
    };
    // The other filters are looked up in the same index, so that only wanted entries are read.
    // CROSS JOIN: SQLite keeps this order of the two tables, and the hits stay in theirs; to ask for it
    // once more would make it sort them all before the first. `walk` checks it.
    (facet $facet:literal, $order:literal) => {
        WalkSql {
            rows: concat!(
                "SELECT e.site, e.seq, at_us, actor, kind, ruleset, lane, version, review, command, bytes, hash ",
                "FROM (SELECT seq FROM entry_index WHERE site = $1 AND facet = ", $facet,
                " AND value = $2 AND seq > $3 AND seq < $4 ORDER BY seq ", $order, " LIMIT $5) AS hit ",
                "CROSS JOIN entry AS e ON e.site = $1 AND e.seq = hit.seq WHERE ",
                also!("5", "$6"), " AND ", also!("6", "$7"), " AND ", also!("3", "$8"),
                " AND ($10 IS NOT NULL OR ", also!("4", "$9"), ") AND ", also!("2", "$11"), " AND ",
                also!("1", "$12"), " AND ($10 IS NULL OR (kind >= $9 AND kind < $10)) LIMIT $13"
            ),
            place: concat!(
                "SELECT seq FROM entry_index WHERE site = $1 AND facet = ", $facet,
                " AND value = $2 AND seq > $3 AND seq < $4 ORDER BY seq ", $order, " LIMIT 1 OFFSET $5"
            ),
        }
    };
    ($direction:expr, $sqlite:expr, $column:literal, $facet:literal) => {
        match ($sqlite, $direction) {
            (false, Direction::Older) => walk_sql!(entry $column, "DESC"),
            (false, Direction::Newer) => walk_sql!(entry $column, "ASC"),
            (true, Direction::Older) => walk_sql!(facet $facet, "DESC"),
            (true, Direction::Newer) => walk_sql!(facet $facet, "ASC"),
        }
    };
}

pub(super) struct WalkSql {
    /// Rows in the order of travel.
    pub(super) rows: &'static str,
    /// The number of the row that is `$5` rows further.
    pub(super) place: &'static str,
}

fn walk_sql(index: Index, direction: Direction, sqlite: bool) -> WalkSql {
    match index {
        Index::Site => walk_sql!(direction, false, "''", "0"),
        Index::Review => walk_sql!(direction, sqlite, "review", "1"),
        Index::Version => walk_sql!(direction, sqlite, "version", "2"),
        Index::Actor => walk_sql!(direction, sqlite, "actor", "3"),
        Index::Kind => walk_sql!(direction, sqlite, "kind", "4"),
        Index::RuleSet => walk_sql!(direction, sqlite, "ruleset", "5"),
        Index::Lane => walk_sql!(direction, sqlite, "lane", "6"),
    }
}

impl Store {
    pub(super) fn walk_sql(&self, index: Index, direction: Direction) -> WalkSql {
        walk_sql(index, direction, self.kind() == "sqlite")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::{AssertSqlSafe, Row};

    /// SQLite's plan of a statement, a line a step.
    async fn plan(pool: &sqlx::SqlitePool, sql: &str) -> String {
        let sql = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let steps = sqlx::raw_sql(sql).fetch_all(pool).await.unwrap();
        let steps: Vec<String> = steps.iter().map(|row| row.get("detail")).collect();
        steps.join("\n")
    }

    #[tokio::test]
    async fn walks_follow_their_indexes_and_sort_nothing() {
        const HIT: &str = "SEARCH entry_index USING PRIMARY KEY (site=? AND facet=? AND value=? AND seq>? AND seq<?)";
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("t.db").display());
        let _store = Store::open(&url).await.unwrap();
        let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
        for (index, name) in [
            (
                Index::Site,
                "entry USING PRIMARY KEY (site=? AND seq>? AND seq<?)",
            ),
            (Index::Review, HIT),
            (Index::Version, HIT),
            (Index::Actor, HIT),
            (Index::Kind, HIT),
            (Index::RuleSet, HIT),
            (Index::Lane, HIT),
        ] {
            for direction in [Direction::Older, Direction::Newer] {
                let sql = walk_sql(index, direction, true);
                for sql in [sql.rows, sql.place] {
                    let plan = plan(&pool, sql).await;
                    assert!(plan.contains(name), "{plan}");
                    assert!(
                        !plan.contains("B-TREE") && !plan.contains("SCAN entry"),
                        "{plan}"
                    );
                }
            }
        }
    }
}
