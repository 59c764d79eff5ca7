-- A sliding window has a row for each of its slots: 0 a fixed window, 1 a slot (enum quota_kind).

ALTER TABLE counters ADD COLUMN kind INTEGER NOT NULL DEFAULT 0 CHECK (kind IN (0, 1));
