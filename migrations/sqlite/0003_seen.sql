-- What a person has seen of a review: a rule with its texts in baseline, hotfix and planned, as the
-- SHA-256 over its path and their digests. Not a ledger fact: nobody is held to it, and it can be taken back.
CREATE TABLE seen (
    account TEXT    NOT NULL,
    review  TEXT    NOT NULL,
    sight   BLOB    NOT NULL CHECK (length(sight) = 32),
    at_us   INTEGER NOT NULL,
    PRIMARY KEY (account, review, sight)
) STRICT, WITHOUT ROWID;
