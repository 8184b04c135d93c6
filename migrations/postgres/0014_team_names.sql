-- A team's name as it is compared: without regard to case and Unicode form. Of teams whose names differ in no more than the
-- case of Latin letters already, the oldest has the key.
ALTER TABLE teams ADD COLUMN name_key TEXT;
UPDATE teams SET name_key = lower(trim(name) COLLATE "C")
WHERE NOT EXISTS (SELECT 1 FROM teams AS older WHERE lower(trim(older.name) COLLATE "C") = lower(trim(teams.name) COLLATE "C") AND older.id < teams.id);
CREATE UNIQUE INDEX teams_compared_name ON teams (name_key) WHERE name_key IS NOT NULL;
