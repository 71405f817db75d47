-- Same columns as migrations/sqlite/0004_carried_accounts.sql.

-- When and where an account was last named, given a password, closed or opened: of two sites' words the newer one
-- counts. `wanted_name` is the name it was given if another account had that name. `change` is the number that
-- account_change had after the row's last change: other sites ask for what changed after a number.
ALTER TABLE account ADD COLUMN named_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN named_site TEXT COLLATE "C" NOT NULL DEFAULT 'unclaimed';
ALTER TABLE account ADD COLUMN wanted_name TEXT;
ALTER TABLE account ADD COLUMN password_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN password_site TEXT COLLATE "C" NOT NULL DEFAULT 'unclaimed';
ALTER TABLE account ADD COLUMN closed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN closed_site TEXT COLLATE "C" NOT NULL DEFAULT 'unclaimed';
ALTER TABLE account ADD COLUMN change BIGINT NOT NULL DEFAULT 0;
ALTER TABLE token ADD COLUMN change BIGINT NOT NULL DEFAULT 0;

-- What is known of older rows: when anything last changed, and here.
UPDATE account SET
    named_at = changed_at, password_at = changed_at, closed_at = COALESCE(disabled_at, changed_at),
    named_site = (SELECT COALESCE(MAX(value), 'unclaimed') FROM meta WHERE name = 'site'),
    password_site = (SELECT COALESCE(MAX(value), 'unclaimed') FROM meta WHERE name = 'site'),
    closed_site = (SELECT COALESCE(MAX(value), 'unclaimed') FROM meta WHERE name = 'site');

-- Each row a number of its own, accounts before the tokens that name them.
UPDATE account SET change = numbered.number
    FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS number FROM account) AS numbered
    WHERE numbered.id = account.id;
UPDATE token SET change = numbered.number + (SELECT COUNT(*) FROM account)
    FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS number FROM token) AS numbered
    WHERE numbered.id = token.id;
UPDATE account_change SET version =
    version + (SELECT COUNT(*) FROM account) + (SELECT COUNT(*) FROM token);
