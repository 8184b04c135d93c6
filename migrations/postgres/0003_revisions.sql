-- Grows with every change of what people may do: whoever remembers that asks with one small read whether it still holds.
-- Kept by the database itself, so that no version of Swath and nobody at a prompt gets past it.
CREATE TABLE revisions (
    name TEXT PRIMARY KEY,
    number BIGINT NOT NULL
) WITH (fillfactor = 50);
INSERT INTO revisions (name, number) VALUES ('people', 0);

CREATE FUNCTION people_changed() RETURNS TRIGGER LANGUAGE plpgsql AS '
BEGIN
    UPDATE revisions SET number = number + 1 WHERE name = ''people'';
    RETURN NULL;
END';
CREATE TRIGGER members_changed AFTER INSERT OR UPDATE OR DELETE ON members
    FOR EACH STATEMENT EXECUTE FUNCTION people_changed();
CREATE TRIGGER tokens_changed AFTER UPDATE OR DELETE ON tokens FOR EACH STATEMENT EXECUTE FUNCTION people_changed();
CREATE TRIGGER users_changed AFTER UPDATE OR DELETE ON users FOR EACH STATEMENT EXECUTE FUNCTION people_changed();
