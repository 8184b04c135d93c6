-- Which figures of the annotation a verdict is about, as a JSON list of their positions; NULL where it is about the item.
ALTER TABLE verdicts ADD COLUMN figures TEXT;

-- What a person has held since a moment.
CREATE INDEX grants_holder ON grants (holder, granted);
