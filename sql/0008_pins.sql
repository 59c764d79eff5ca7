-- Tools as they were reviewed, and what waits for a review. A definition is canonical JSON of its name, title,
-- description, inputSchema, outputSchema and annotations; a pin is its SHA-256.

-- Servers whose first list was seen to its end: what comes later is new.
CREATE TABLE pin_servers (
	server   TEXT PRIMARY KEY,
	since_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE pins (
	server        TEXT NOT NULL,
	tool          TEXT NOT NULL,
	-- as it was reviewed; NULL: it never was
	pin           BLOB,
	definition    TEXT,
	told          INTEGER NOT NULL DEFAULT 0, -- what its list could say, see catalog/pins.h
	reviewed_us   INTEGER NOT NULL DEFAULT 0,
	reviewed_by   TEXT NOT NULL DEFAULT '', -- empty: nobody, it was there at first sight
	-- what waits, or was said no to; NULL: nothing
	waiting_pin   BLOB,
	waiting       TEXT,
	waiting_told  INTEGER NOT NULL DEFAULT 0,
	waiting_us    INTEGER NOT NULL DEFAULT 0,
	is_rejected   INTEGER NOT NULL DEFAULT 0 CHECK (is_rejected IN (0, 1)),
	rejected_by   TEXT NOT NULL DEFAULT '',
	findings      TEXT NOT NULL DEFAULT '[]', -- of what waits; JSON
	PRIMARY KEY (server, tool),
	CHECK ((pin IS NULL) = (definition IS NULL)),
	CHECK ((waiting_pin IS NULL) = (waiting IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX pins_waiting ON pins (server) WHERE waiting IS NOT NULL;

-- Who took what for reviewed, and what was said no to.
CREATE TABLE pin_log (
	id      INTEGER PRIMARY KEY,
	time_us INTEGER NOT NULL,
	server  TEXT NOT NULL,
	tool    TEXT NOT NULL,
	what    TEXT NOT NULL CHECK (what IN ('first', 'more', 'accepted', 'rejected')),
	pin     BLOB NOT NULL,
	person  TEXT NOT NULL,
	note    TEXT NOT NULL
) STRICT;
CREATE INDEX pin_log_tool ON pin_log (server, tool, id);
