-- Same tables and columns as migrations/sqlite/0002_sites.sql.
-- The rights of the role that serves are in docs/operate/postgres-roles.sql.

-- The key with which the site signs its checkpoints. One row, made once. `secret` is absent if the key is
-- kept in a file.
CREATE TABLE identity (
    one          BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    origin       TEXT   NOT NULL,
    verifier_key TEXT   NOT NULL,
    secret       BYTEA  CHECK (length(secret) = 32)
);
CREATE TRIGGER identity_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON identity
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Signed words on how long a ledger is: of the own site as they were signed, of another as they were seen.
CREATE TABLE checkpoint (
    site  TEXT   COLLATE "C" NOT NULL,
    size  BIGINT             NOT NULL CHECK (size > 0),
    root  BYTEA              NOT NULL CHECK (length(root) = 32),
    note  TEXT               NOT NULL,
    at_us BIGINT             NOT NULL,
    PRIMARY KEY (site, size)
);
CREATE TRIGGER checkpoint_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What another site offered and was refused, each once, with what proves it.
CREATE TABLE alarm (
    site     TEXT   COLLATE "C" NOT NULL,
    at_us    BIGINT             NOT NULL,
    digest   BYTEA              NOT NULL CHECK (length(digest) = 32),
    code     TEXT               NOT NULL,
    sentence TEXT               NOT NULL,
    evidence TEXT               NOT NULL,
    PRIMARY KEY (site, digest)
);
CREATE TRIGGER alarm_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON alarm
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
