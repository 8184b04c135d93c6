-- SQLite drops a constraint only with its table, and keeps both: they cost it little.
SELECT 1;
