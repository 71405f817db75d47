-- Same tables and columns as migrations/sqlite/0001_store.sql.
-- Text sorts bytewise (COLLATE "C") so that both databases order alike.
-- The rights of the role that serves are in docs/operate/postgres-roles.sql.

-- The ledgers of all sites. The bytes are what is hashed; the columns are copies for searching.
CREATE TABLE entry (
    site    TEXT   COLLATE "C" NOT NULL,
    seq     BIGINT             NOT NULL CHECK (seq > 0),
    at_us   BIGINT             NOT NULL,
    actor   TEXT   COLLATE "C" NOT NULL,
    kind    TEXT   COLLATE "C" NOT NULL,
    ruleset TEXT   COLLATE "C",
    lane    TEXT   COLLATE "C",
    version TEXT   COLLATE "C",
    review  TEXT   COLLATE "C",
    command TEXT   COLLATE "C",
    bytes   TEXT   COLLATE "C" NOT NULL,
    hash    BYTEA              NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (site, seq)
);

CREATE UNIQUE INDEX entry_command ON entry (site, command) WHERE command IS NOT NULL;
CREATE INDEX entry_kind    ON entry (site, kind, seq);
CREATE INDEX entry_actor   ON entry (site, actor, seq);
CREATE INDEX entry_ruleset ON entry (site, ruleset, seq) WHERE ruleset IS NOT NULL;
CREATE INDEX entry_lane    ON entry (site, lane, seq)    WHERE lane IS NOT NULL;
CREATE INDEX entry_version ON entry (site, version, seq) WHERE version IS NOT NULL;
CREATE INDEX entry_review  ON entry (site, review, seq)  WHERE review IS NOT NULL;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER entry_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Contents of rules and manifests, each once. Not compressed: rules are small and read whole.
CREATE TABLE content (
    digest     BYTEA  NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    size_bytes BIGINT NOT NULL,
    bytes      BYTEA  NOT NULL
);
ALTER TABLE content ALTER COLUMN bytes SET STORAGE EXTERNAL;
CREATE TRIGGER content_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON content
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What the database is: `site` holds the name of the one site it serves.
CREATE TABLE meta (
    name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT             NOT NULL
);

-- Accounts, sign-ins and tokens are not ledger facts: a name can be changed or erased here.
CREATE TABLE account (
    id            TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    name          TEXT   COLLATE "C" NOT NULL UNIQUE,
    display_name  TEXT               NOT NULL,
    kind          TEXT               NOT NULL,
    password_hash TEXT,
    created_at    BIGINT             NOT NULL,
    changed_at    BIGINT             NOT NULL,
    disabled_at   BIGINT
);

CREATE TABLE sign_in (
    token_hash         BYTEA            NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    account            TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    created_at         BIGINT           NOT NULL,
    seen_at            BIGINT           NOT NULL,
    expires_at         BIGINT           NOT NULL,
    reauthenticated_at BIGINT           NOT NULL,
    address            TEXT             NOT NULL,
    agent              TEXT             NOT NULL
);
CREATE INDEX sign_in_account ON sign_in (account);
CREATE INDEX sign_in_expires_at ON sign_in (expires_at);

CREATE TABLE token (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    account    TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    name       TEXT             NOT NULL,
    hash       BYTEA            NOT NULL UNIQUE CHECK (length(hash) = 32),
    role       TEXT             NOT NULL,
    scope      TEXT             NOT NULL,
    created_at BIGINT           NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT           NOT NULL,
    revoked_at BIGINT
);

-- One row; its number grows with every change of an account or token.
CREATE TABLE account_change (
    one     BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    version BIGINT NOT NULL
);
INSERT INTO account_change (one, version) VALUES (1, 0);
