-- Of a call that was not allowed: the labels that were on its session.
ALTER TABLE records ADD COLUMN session_labels TEXT NOT NULL DEFAULT '';
