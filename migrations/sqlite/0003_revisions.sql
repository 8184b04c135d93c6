-- Grows with every change of what people may do: whoever remembers that asks with one small read whether it still holds.
-- Kept by the database itself, so that no version of Swath and nobody at a prompt gets past it.
CREATE TABLE revisions (
    name TEXT PRIMARY KEY,
    number BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO revisions (name, number) VALUES ('people', 0);

CREATE TRIGGER members_made AFTER INSERT ON members BEGIN
    UPDATE revisions SET number = number + 1 WHERE name = 'people';
END;
CREATE TRIGGER members_changed AFTER UPDATE ON members BEGIN
    UPDATE revisions SET number = number + 1 WHERE name = 'people';
END;
CREATE TRIGGER members_removed AFTER DELETE ON members BEGIN
    UPDATE revisions SET number = number + 1 WHERE name = 'people';
END;
CREATE TRIGGER tokens_changed AFTER UPDATE ON tokens BEGIN
    UPDATE revisions SET number = number + 1 WHERE name = 'people';
END;
CREATE TRIGGER tokens_removed AFTER DELETE ON tokens BEGIN
    UPDATE revisions SET number = number + 1 WHERE name = 'people';
END;
CREATE TRIGGER users_changed AFTER UPDATE ON users BEGIN
    UPDATE revisions SET number = number + 1 WHERE name = 'people';
END;
CREATE TRIGGER users_removed AFTER DELETE ON users BEGIN
    UPDATE revisions SET number = number + 1 WHERE name = 'people';
END;
