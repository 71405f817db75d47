-- Rights of the two database roles of rulegate on PostgreSQL. Run as the database's owner, after the
-- first start with the owner's role has created the tables:
--
--   psql -d rulegate -v app=rulegate_app -f postgres-roles.sql
--
-- The owner's role runs migrations. The role that serves cannot change or remove a ledger entry or a
-- content even if the triggers were dropped: it may only insert and read them.

CREATE ROLE :"app" LOGIN;

GRANT USAGE ON SCHEMA public TO :"app";
GRANT SELECT, INSERT ON entry, content, meta, identity, checkpoint, alarm TO :"app";
GRANT SELECT, INSERT, UPDATE ON account, token TO :"app";
GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in TO :"app";
GRANT SELECT, INSERT, DELETE ON seen TO :"app";
GRANT SELECT, UPDATE ON account_change TO :"app";
GRANT SELECT ON _sqlx_migrations TO :"app";
