-- Same tables and columns as migrations/postgres/0001_store.sql, and entry_index and entry_indexed.

-- The ledgers of all sites. The bytes are what is hashed; the columns are copies for searching.
CREATE TABLE entry (
    site    TEXT    NOT NULL,
    seq     INTEGER NOT NULL CHECK (seq > 0),
    at_us   INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    ruleset TEXT,
    lane    TEXT,
    version TEXT,
    review  TEXT,
    command TEXT,
    bytes   TEXT    NOT NULL,
    hash    BLOB    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (site, seq)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX entry_command ON entry (site, command) WHERE command IS NOT NULL;

-- Where entries are found by what they are about. Here, unlike on PostgreSQL, secondary indexes would
-- halve the appends a second: each rewrites a page of its own with every commit. So entries come in
-- here in batches, up to entry_indexed.seq; younger ones are found by looking at them.
-- Facets: 1 review, 2 version, 3 actor, 4 kind, 5 ruleset, 6 lane.
CREATE TABLE entry_index (
    site  TEXT    NOT NULL,
    facet INTEGER NOT NULL,
    value TEXT    NOT NULL,
    seq   INTEGER NOT NULL,
    PRIMARY KEY (site, facet, value, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE entry_indexed (
    site TEXT    NOT NULL PRIMARY KEY,
    seq  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER entry_index_never_updated BEFORE UPDATE ON entry_index
BEGIN SELECT RAISE(ABORT, 'entry_index is append-only'); END;
CREATE TRIGGER entry_index_never_deleted BEFORE DELETE ON entry_index
BEGIN SELECT RAISE(ABORT, 'entry_index is append-only'); END;

CREATE TRIGGER entry_never_updated BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'entry is append-only'); END;
CREATE TRIGGER entry_never_deleted BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'entry is append-only'); END;

-- Contents of rules and manifests, each once.
CREATE TABLE content (
    digest     BLOB    NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    size_bytes INTEGER NOT NULL,
    bytes      BLOB    NOT NULL
) STRICT;

CREATE TRIGGER content_never_updated BEFORE UPDATE ON content
BEGIN SELECT RAISE(ABORT, 'content is append-only'); END;
CREATE TRIGGER content_never_deleted BEFORE DELETE ON content
BEGIN SELECT RAISE(ABORT, 'content is append-only'); END;

-- What the database is: `site` holds the name of the one site it serves.
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Accounts, sign-ins and tokens are not ledger facts: a name can be changed or erased here.
CREATE TABLE account (
    id            TEXT    NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL UNIQUE,
    display_name  TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    password_hash TEXT,
    created_at    INTEGER NOT NULL,
    changed_at    INTEGER NOT NULL,
    disabled_at   INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE sign_in (
    token_hash         BLOB    NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    account            TEXT    NOT NULL REFERENCES account (id),
    created_at         INTEGER NOT NULL,
    seen_at            INTEGER NOT NULL,
    expires_at         INTEGER NOT NULL,
    reauthenticated_at INTEGER NOT NULL,
    address            TEXT    NOT NULL,
    agent              TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_account ON sign_in (account);
CREATE INDEX sign_in_expires_at ON sign_in (expires_at);

CREATE TABLE token (
    id         TEXT    NOT NULL PRIMARY KEY,
    account    TEXT    NOT NULL REFERENCES account (id),
    name       TEXT    NOT NULL,
    hash       BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    role       TEXT    NOT NULL,
    scope      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT    NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

-- One row; its number grows with every change of an account or token.
CREATE TABLE account_change (
    one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO account_change (one, version) VALUES (1, 0);
