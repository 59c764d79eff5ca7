-- What a policy's `results` took out of an answer, by kind and how often; and what made it look like
-- orders to the model.
ALTER TABLE records ADD COLUMN redactions TEXT NOT NULL DEFAULT '';
ALTER TABLE records ADD COLUMN injection TEXT NOT NULL DEFAULT '';
ALTER TABLE outcomes ADD COLUMN redactions TEXT NOT NULL DEFAULT '';
ALTER TABLE outcomes ADD COLUMN injection TEXT NOT NULL DEFAULT '';
