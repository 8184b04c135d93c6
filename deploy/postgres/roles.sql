-- Two roles for a Swath on PostgreSQL 15 or later: swath_owner owns the schema, `swath migrate` logs in as it;
-- swath_app is for the services, and cannot change or delete entries of the decision log and the audit log.
--
-- As a superuser, in Swath's own database:
--   SWATH_OWNER_PASSWORD=… SWATH_APP_PASSWORD=… psql -X -d swath -f roles.sql
-- or with -v owner_password=… -v app_password=…, if nobody else can read the command line. Run it before the first
-- `swath migrate`, because that needs the roles, and after every one, because only then can rights on new tables be
-- revoked. It may be run any number of times, and sets the passwords each time.
--
-- Existing tables belong to the role that made them: REASSIGN OWNED BY that_role TO swath_owner, and run this.

\set ON_ERROR_STOP on
\getenv owner_password SWATH_OWNER_PASSWORD
\getenv app_password SWATH_APP_PASSWORD
\if :{?owner_password}
\else
DO $$ BEGIN RAISE 'owner_password is not set'; END $$;
\endif
\if :{?app_password}
\else
DO $$ BEGIN RAISE 'app_password is not set'; END $$;
\endif

-- One transaction, so that no service ever sees incomplete rights.
BEGIN;
-- Keeps the passwords out of the server's log.
SET LOCAL log_statement = 'none';
SET LOCAL log_min_duration_statement = -1;
SET LOCAL log_min_error_statement = 'panic';

SELECT format('CREATE ROLE %I', name) FROM (VALUES ('swath_owner'), ('swath_app')) AS wanted (name)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec
ALTER ROLE swath_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'owner_password';
ALTER ROLE swath_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'app_password';

REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME" TO swath_owner, swath_app;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO swath_owner;
GRANT USAGE ON SCHEMA public TO swath_app;

-- Services that start before this is run again can use the tables of later migrations.
ALTER DEFAULT PRIVILEGES FOR ROLE swath_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO swath_app;
ALTER DEFAULT PRIVILEGES FOR ROLE swath_owner IN SCHEMA public GRANT USAGE ON SEQUENCES TO swath_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO swath_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO swath_app;

-- The logs may only be appended to. Views may only be read, because a change through a view has the rights of its owner and
-- so would reach the logs. Services read _sqlx_migrations while they wait for `swath migrate`.
SELECT format('REVOKE ALL ON %s FROM swath_app', oid::regclass), format('GRANT %s ON %s TO swath_app', rights, oid::regclass)
FROM pg_class, LATERAL (SELECT CASE WHEN relname IN ('decision_log', 'audit_log') THEN 'SELECT, INSERT' ELSE 'SELECT' END) AS given (rights)
WHERE relnamespace = 'public'::regnamespace
    AND (relkind IN ('v', 'm') OR relname IN ('decision_log', 'audit_log', '_sqlx_migrations') AND relkind IN ('r', 'p'))
\gexec
COMMIT;
