-- Same tables and columns as migrations/postgres/0002_sites.sql.

-- The key with which the site signs its checkpoints. One row, made once. `secret` is absent if the key is
-- kept in a file.
CREATE TABLE identity (
    one          INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    origin       TEXT    NOT NULL,
    verifier_key TEXT    NOT NULL,
    secret       BLOB    CHECK (length(secret) = 32)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER identity_never_updated BEFORE UPDATE ON identity
BEGIN SELECT RAISE(ABORT, 'identity is written once'); END;
CREATE TRIGGER identity_never_deleted BEFORE DELETE ON identity
BEGIN SELECT RAISE(ABORT, 'identity is written once'); END;

-- Signed words on how long a ledger is: of the own site as they were signed, of another as they were seen.
CREATE TABLE checkpoint (
    site  TEXT    NOT NULL,
    size  INTEGER NOT NULL CHECK (size > 0),
    root  BLOB    NOT NULL CHECK (length(root) = 32),
    note  TEXT    NOT NULL,
    at_us INTEGER NOT NULL,
    PRIMARY KEY (site, size)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER checkpoint_never_updated BEFORE UPDATE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'checkpoint is append-only'); END;
CREATE TRIGGER checkpoint_never_deleted BEFORE DELETE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'checkpoint is append-only'); END;

-- What another site offered and was refused, each once, with what proves it.
CREATE TABLE alarm (
    site     TEXT    NOT NULL,
    at_us    INTEGER NOT NULL,
    digest   BLOB    NOT NULL CHECK (length(digest) = 32),
    code     TEXT    NOT NULL,
    sentence TEXT    NOT NULL,
    evidence TEXT    NOT NULL,
    PRIMARY KEY (site, digest)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER alarm_never_updated BEFORE UPDATE ON alarm
BEGIN SELECT RAISE(ABORT, 'alarm is append-only'); END;
CREATE TRIGGER alarm_never_deleted BEFORE DELETE ON alarm
BEGIN SELECT RAISE(ABORT, 'alarm is append-only'); END;
