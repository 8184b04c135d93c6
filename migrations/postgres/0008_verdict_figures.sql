-- Which figures of the annotation a verdict is about, as a JSON list of their positions; NULL where it is about the item.
ALTER TABLE verdicts ADD COLUMN figures TEXT;
