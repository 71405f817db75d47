-- What a person has seen of a review: a rule with its texts in baseline, hotfix and planned, as the
-- SHA-256 over its path and their digests. Not a ledger fact: nobody is held to it, and it can be taken back.
CREATE TABLE seen (
    account TEXT COLLATE "C" NOT NULL,
    review  TEXT COLLATE "C" NOT NULL,
    sight   BYTEA            NOT NULL CHECK (length(sight) = 32),
    at_us   BIGINT           NOT NULL,
    PRIMARY KEY (account, review, sight)
);
